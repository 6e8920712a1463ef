// attention_backward_kv on CPU devices: dv_j = sum_t p_tj dy_t, dk_j = scale sum_t ds_tj q_t over the rows that see
// key j
// and the heads that share it; see cpu_attention.glsl.
// C twin: r0i_cpu_attention_backward_kv. Grid: one invocation per (row, key/value head). Constants: 0 workgroup
// size, 2 head
// size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Dk { vec4 dk[]; };
layout(binding = 1) writeonly buffer Dv { vec4 dv[]; };
layout(binding = 8) readonly buffer End { uint end[]; };
TEXEL_INPUT(2, dy);
TEXEL_INPUT(3, lse);
TEXEL_INPUT(4, delta);
TEXEL_INPUT(5, q);
TEXEL_INPUT(6, k);
TEXEL_INPUT(7, v);

void main()
{
    uint i = invocation();
    if (i >= rows * kv_heads) return;
    uint j = i / kv_heads, g = i % kv_heads, share = heads / kv_heads, stop = end[first(8) + j];
    vec4 key[QUADS], value[QUADS], key_sum[QUADS], value_sum[QUADS];
    UNROLL for (uint d = 0; d < QUADS; d++) {
        key[d] = FETCH(6, k, i * D + 4 * d) * scale;
        value[d] = FETCH(7, v, i * D + 4 * d);
        key_sum[d] = value_sum[d] = vec4(0);
    }
    for (uint turn = 0; turn < (stop - j) * share; turn++) {
        uint row = (j + turn / share) * heads + g * share + turn % share, at = row * D;
        vec4 query[QUADS], grad[QUADS], score = vec4(0), dp = vec4(0);
        UNROLL for (uint d = 0; d < QUADS; d++) {
            query[d] = FETCH(5, q, at + 4 * d);
            grad[d] = FETCH(2, dy, at + 4 * d);
            score = fma(key[d], query[d], score);
            dp = fma(value[d], grad[d], dp);
        }
        float p = exp(sum_of(score) - fetch_one(lse, 3, row));
        float ds = p * (sum_of(dp) - fetch_one(delta, 4, row)) * scale;
        UNROLL for (uint d = 0; d < QUADS; d++) {
            key_sum[d] = fma(vec4(ds), query[d], key_sum[d]);
            value_sum[d] = fma(vec4(p), grad[d], value_sum[d]);
        }
    }
    UNROLL for (uint d = 0; d < QUADS; d++) {
        dk[(first(0) + i * D) / 4 + d] = key_sum[d];
        dv[(first(1) + i * D) / 4 + d] = value_sum[d];
    }
}
