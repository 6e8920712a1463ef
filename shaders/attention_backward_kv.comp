// attention_backward_kv: dv_j = sum_t p_tj dy_t, dk_j = scale sum_t ds_tj q_t, over t in j .. end[j] and the heads
// that share k, v
// Each key gathers from its queries, so it has one writer and one order: no atomics. A turn is one (row, head) that
// sees j.
// C twin: r0i_cpu_attention_backward_kv. Grid: one team per (row, key/value head); see attention.glsl. Constants: 0
// and 1 workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "attention.glsl"

layout(binding = 0) writeonly buffer Dk { float dk[]; };
layout(binding = 1) writeonly buffer Dv { float dv[]; };
layout(binding = 2) readonly buffer Dy { float dy[]; };
layout(binding = 3) readonly buffer Lse { float lse[]; };
layout(binding = 4) readonly buffer Delta { float delta[]; };
layout(binding = 5) readonly buffer Q { float q[]; };
layout(binding = 6) readonly buffer K { float k[]; };
layout(binding = 7) readonly buffer V { float v[]; };
layout(binding = 8) readonly buffer End { uint end[]; };

uint row_of(uint turn, uint j, uint g, uint share)
{
    return (j + turn / share) * heads + g * share + turn % share;
}

void main()
{
    uint i = group_index(), lane = team_lane();
    if (i >= rows * kv_heads) return;
    uint j = i / kv_heads, g = i % kv_heads, share = heads / kv_heads, turns = (end[first(8) + j] - j) * share;
    float key_sum[PLACES], value_sum[PLACES];
    for (uint n = 0; n < PLACES; n++) key_sum[n] = value_sum[n] = 0;
    for (uint d = lane; d < D; d += TEAM) {
        left[d] = k[first(6) + i * D + d] * scale;
        right[d] = v[first(7) + i * D + d];
    }
    barrier();
    for (uint turn = 0; turn < turns; turn += TEAM) {
        float p = 0, slope = 0;
        if (turn + lane < turns) {
            uint row = row_of(turn + lane, j, g, share);
            float score = 0, dp = 0;
            for (uint d = 0; d < D; d++) {
                score = fma(left[d], q[first(5) + row * D + d], score);
                dp = fma(right[d], dy[first(2) + row * D + d], dp);
            }
            p = exp(score - lse[first(3) + row]);
            slope = p * (dp - delta[first(4) + row]) * scale;
        }
        barrier();
        weights[lane] = p;
        slopes[lane] = slope;
        barrier();
        for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++)
            for (uint u = 0; u < min(TEAM, turns - turn); u++) {
                uint at = row_of(turn + u, j, g, share) * D + lane + n * TEAM;
                key_sum[n] = fma(slopes[u], q[first(5) + at], key_sum[n]);
                value_sum[n] = fma(weights[u], dy[first(2) + at], value_sum[n]);
            }
    }
    for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) {
        dk[first(0) + i * D + lane + n * TEAM] = key_sum[n];
        dv[first(1) + i * D + lane + n * TEAM] = value_sum[n];
    }
}
