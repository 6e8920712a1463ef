// attention_decode on CPU devices: y_a = sum_j p_aj v_j over the first length[a] cached keys of slot[a]
// Four keys at a time; see cpu_attention.glsl.
// C twin: r0i_cpu_attention_decode. Grid: one invocation per (row, query head). Constants: 0 workgroup size, 2 head
// size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; uint capacity; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 4) readonly buffer Slot { uint slot[]; };
layout(binding = 5) readonly buffer LengthOf { uint length_of[]; };
TEXEL_INPUT(1, q);
TEXEL_INPUT(2, cache_k);
TEXEL_INPUT(3, cache_v);

void main()
{
    uint i = invocation();
    if (i >= rows * heads) return;
    uint a = i / heads, g = i % heads / (heads / kv_heads);
    uint keys = length_of[first(5) + a], slot_first = slot[first(4) + a] * capacity;
    vec4 query[QUADS], sum[QUADS];
    float top = -1.0 / 0.0, total = 0;
    UNROLL for (uint d = 0; d < QUADS; d++) query[d] = FETCH(1, q, i * D + 4 * d) * scale;
    UNROLL for (uint d = 0; d < QUADS; d++) sum[d] = vec4(0);
    for (uint j0 = 0; j0 < keys; j0 += 4) {
        vec4 score = vec4(-1.0 / 0.0);
        UNROLL for (uint s = 0; s < 4; s++) {
            uint at = ((slot_first + min(j0 + s, keys - 1)) * kv_heads + g) * D;
            vec4 dots = vec4(0);
            UNROLL for (uint d = 0; d < QUADS; d++) dots = fma(query[d], FETCH(2, cache_k, at + 4 * d), dots);
            if (j0 + s < keys) score[s] = sum_of(dots);
        }
        float higher = max(top, largest_of(score)), keep = exp(top - higher);
        vec4 p = exp(score - higher);
        UNROLL for (uint d = 0; d < QUADS; d++) {
            sum[d] *= keep;
            UNROLL for (uint s = 0; s < 4; s++) {
                uint at = ((slot_first + min(j0 + s, keys - 1)) * kv_heads + g) * D;
                sum[d] = fma(vec4(p[s]), FETCH(3, cache_v, at + 4 * d), sum[d]);
            }
        }
        total = total * keep + sum_of(p);
        top = higher;
    }
    UNROLL for (uint d = 0; d < QUADS; d++) y[(first(0) + i * D) / 4 + d] = sum[d] / total;
}
