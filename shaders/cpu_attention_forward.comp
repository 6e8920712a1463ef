// attention_forward on CPU devices: y_t = sum_j p_tj v_j, p = softmax_j(scale q_t . k_j); lse = its log sum exp
// Online softmax, as in attention_forward.comp, four keys at a time; see cpu_attention.glsl.
// C twin: r0i_cpu_attention_forward. Grid: one invocation per (row, query head). Constants: 0 workgroup size, 2
// head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 1) writeonly buffer Lse { float lse[]; };
layout(binding = 5) readonly buffer Begin { uint begin[]; };
TEXEL_INPUT(2, q);
TEXEL_INPUT(3, k);
TEXEL_INPUT(4, v);

void main()
{
    uint i = invocation();
    if (i >= rows * heads) return;
    uint t = i / heads, g = i % heads / (heads / kv_heads);
    vec4 query[QUADS], sum[QUADS];
    float top = -1.0 / 0.0, total = 0;
    UNROLL for (uint d = 0; d < QUADS; d++) query[d] = FETCH(2, q, i * D + 4 * d) * scale;
    UNROLL for (uint d = 0; d < QUADS; d++) sum[d] = vec4(0);
    for (uint j0 = begin[first(5) + t]; j0 < t + 1; j0 += 4) {
        vec4 score = vec4(-1.0 / 0.0);
        UNROLL for (uint s = 0; s < 4; s++) {
            uint at = (min(j0 + s, t + 1 - 1) * kv_heads + g) * D;
            vec4 dots = vec4(0);
            UNROLL for (uint d = 0; d < QUADS; d++) dots = fma(query[d], FETCH(3, k, at + 4 * d), dots);
            if (j0 + s < t + 1) score[s] = sum_of(dots);
        }
        float higher = max(top, largest_of(score)), keep = exp(top - higher);
        vec4 p = exp(score - higher);
        UNROLL for (uint d = 0; d < QUADS; d++) {
            sum[d] *= keep;
            UNROLL for (uint s = 0; s < 4; s++) {
                uint at = (min(j0 + s, t + 1 - 1) * kv_heads + g) * D;
                sum[d] = fma(vec4(p[s]), FETCH(4, v, at + 4 * d), sum[d]);
            }
        }
        total = total * keep + sum_of(p);
        top = higher;
    }
    UNROLL for (uint d = 0; d < QUADS; d++) y[(first(0) + i * D) / 4 + d] = sum[d] / total;
    lse[first(1) + i] = top + log(total);
}
