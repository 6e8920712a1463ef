// attention_backward_q: dq_t = scale sum_j ds_tj k_j with ds = p (dy_t . v_j - delta_t), delta = dy . y, p =
// exp(scale q.k - lse)
// The probabilities are made again from lse, so no (N,N) matrix is ever stored.
// C twin: r0i_cpu_attention_backward_q. Grid: one team per (row, query head); see attention.glsl. Constants: 0 and
// 1 workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "attention.glsl"

layout(binding = 0) writeonly buffer Dq { float dq[]; };
layout(binding = 1) writeonly buffer Delta { float delta[]; };
layout(binding = 2) readonly buffer Dy { float dy[]; };
layout(binding = 3) readonly buffer Y { float y[]; };
layout(binding = 4) readonly buffer Lse { float lse[]; };
layout(binding = 5) readonly buffer Q { float q[]; };
layout(binding = 6) readonly buffer K { float k[]; };
layout(binding = 7) readonly buffer V { float v[]; };
layout(binding = 8) readonly buffer Begin { uint begin[]; };

void main()
{
    uint i = group_index(), lane = team_lane();
    if (i >= rows * heads) return;
    uint t = i / heads, g = i % heads / (heads / kv_heads);
    float sum[PLACES], own = 0, row_lse = lse[first(4) + i];
    for (uint n = 0; n < PLACES; n++) sum[n] = 0;
    for (uint d = lane; d < D; d += TEAM) {
        left[d] = q[first(5) + i * D + d] * scale;
        right[d] = dy[first(2) + i * D + d];
        own = fma(right[d], y[first(3) + i * D + d], own);
    }
    float row_delta = team_sum(own); // its barriers also show left and right to all
    for (uint j0 = begin[first(8) + t]; j0 <= t; j0 += TEAM) {
        float slope = 0;
        if (j0 + lane <= t) {
            uint at = ((j0 + lane) * kv_heads + g) * D;
            float score = 0, dp = 0;
            for (uint d = 0; d < D; d++) {
                score = fma(left[d], k[first(6) + at + d], score);
                dp = fma(right[d], v[first(7) + at + d], dp);
            }
            slope = exp(score - row_lse) * (dp - row_delta) * scale;
        }
        barrier();
        slopes[lane] = slope;
        barrier();
        for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) {
            uint at = first(6) + (j0 * kv_heads + g) * D + lane + n * TEAM;
            float running = sum[n];
            for (uint j = 0; j < min(TEAM, t + 1 - j0); j++)
                running = fma(slopes[j], k[at + j * kv_heads * D], running);
            sum[n] = running;
        }
    }
    for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) dq[first(0) + i * D + lane + n * TEAM] = sum[n];
    if (lane == 0) delta[first(1) + i] = row_delta;
}
