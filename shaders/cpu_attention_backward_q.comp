// attention_backward_q on CPU devices: dq_t = scale sum_j ds_tj k_j, ds = p (dy_t . v_j - delta_t), delta = dy . y
// p = exp(scale q.k - lse) is made again, two keys at a time; see cpu_attention.glsl.
// C twin: r0i_cpu_attention_backward_q. Grid: one invocation per (row, query head). Constants: 0 workgroup size, 2
// head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Dq { vec4 dq[]; };
layout(binding = 1) writeonly buffer Delta { float delta[]; };
layout(binding = 4) readonly buffer Lse { float lse[]; };
layout(binding = 8) readonly buffer Begin { uint begin[]; };
TEXEL_INPUT(2, dy);
TEXEL_INPUT(3, y);
TEXEL_INPUT(5, q);
TEXEL_INPUT(6, k);
TEXEL_INPUT(7, v);

void main()
{
    uint i = invocation();
    if (i >= rows * heads) return;
    uint t = i / heads, g = i % heads / (heads / kv_heads);
    vec4 query[QUADS], grad[QUADS], sum[QUADS], dots = vec4(0);
    UNROLL for (uint d = 0; d < QUADS; d++) {
        query[d] = FETCH(5, q, i * D + 4 * d) * scale;
        grad[d] = FETCH(2, dy, i * D + 4 * d);
        dots = fma(grad[d], FETCH(3, y, i * D + 4 * d), dots);
        sum[d] = vec4(0);
    }
    float row_delta = sum_of(dots), row_lse = lse[first(4) + i];
    for (uint j0 = begin[first(8) + t]; j0 <= t; j0 += 2) {
        UNROLL for (uint s = 0; s < 2; s++) {
            uint at = (min(j0 + s, t) * kv_heads + g) * D;
            vec4 key[QUADS], score = vec4(0), dp = vec4(0);
            UNROLL for (uint d = 0; d < QUADS; d++) {
                key[d] = FETCH(6, k, at + 4 * d);
                score = fma(query[d], key[d], score);
                dp = fma(grad[d], FETCH(7, v, at + 4 * d), dp);
            }
            float p = j0 + s <= t ? exp(sum_of(score) - row_lse) : 0, ds = p * (sum_of(dp) - row_delta) * scale;
            UNROLL for (uint d = 0; d < QUADS; d++) sum[d] = fma(vec4(ds), key[d], sum[d]);
        }
    }
    UNROLL for (uint d = 0; d < QUADS; d++) dq[(first(0) + i * D) / 4 + d] = sum[d];
    delta[first(1) + i] = row_delta;
}
