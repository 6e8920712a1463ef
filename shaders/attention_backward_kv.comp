// attention_backward_kv: dv_j = sum_t p_tj dy_t, dk_j = scale sum_t ds_tj q_t, over t in j .. end[j] and the heads that share k, v
// Each key gathers from its queries, so it has one writer and one order: no atomics.
// C twin: r0i_cpu_attention_backward_kv. Grid: one invocation per (row, key/value head). Constants: 0 workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"

layout(constant_id = 2) const uint D = 64; // the head's size, so that arrays of it live in registers

layout(binding = 0) writeonly buffer Dk { float dk[]; };
layout(binding = 1) writeonly buffer Dv { float dv[]; };
layout(binding = 2) readonly buffer Dy { float dy[]; };
layout(binding = 3) readonly buffer Lse { float lse[]; };
layout(binding = 4) readonly buffer Delta { float delta[]; };
layout(binding = 5) readonly buffer Q { float q[]; };
layout(binding = 6) readonly buffer K { float k[]; };
layout(binding = 7) readonly buffer V { float v[]; };
layout(binding = 8) readonly buffer End { uint end[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * kv_heads) return;
    uint j = i / kv_heads, g = i % kv_heads, share = heads / kv_heads, stop = end[first(8) + j];
    float key[D], value[D], key_sum[D], value_sum[D];
    UNROLL for (uint d = 0; d < D; d++) {
        key[d] = k[first(6) + i * D + d] * scale;
        value[d] = v[first(7) + i * D + d];
        key_sum[d] = value_sum[d] = 0;
    }
    for (uint t = j; t < stop; t++)
        for (uint h = g * share; h < (g + 1) * share; h++) {
            uint row = t * heads + h, at = row * D;
            float score = 0, dp = 0;
            UNROLL for (uint d = 0; d < D; d++) {
                score = fma(key[d], q[first(5) + at + d], score);
                dp = fma(value[d], dy[first(2) + at + d], dp);
            }
            float p = exp(score - lse[first(3) + row]), ds = p * (dp - delta[first(4) + row]) * scale;
            UNROLL for (uint d = 0; d < D; d++) {
                key_sum[d] = fma(ds, q[first(5) + at + d], key_sum[d]);
                value_sum[d] = fma(p, dy[first(2) + at + d], value_sum[d]);
            }
        }
    UNROLL for (uint d = 0; d < D; d++) {
        dk[first(0) + i * D + d] = key_sum[d];
        dv[first(1) + i * D + d] = value_sum[d];
    }
}
