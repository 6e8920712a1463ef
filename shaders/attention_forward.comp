// attention_forward: y_t = sum_j p_tj v_j, p = softmax_j(scale q_t . k_j), j in begin[t] .. t; lse = its log sum exp
// Online softmax: one pass over the keys keeps a running maximum and rescales what was summed when it grows.
// C twin: r0i_cpu_attention_forward. Grid: one team per (row, query head); see attention.glsl. Constants: 0 and 1
// workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "attention.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) writeonly buffer Lse { float lse[]; };
layout(binding = 2) readonly buffer Q { float q[]; };
layout(binding = 3) readonly buffer K { float k[]; };
layout(binding = 4) readonly buffer V { float v[]; };
layout(binding = 5) readonly buffer Begin { uint begin[]; };

void main()
{
    uint i = group_index(), lane = team_lane();
    if (i >= rows * heads) return;
    uint t = i / heads, g = i % heads / (heads / kv_heads), stop = t + 1;
    for (uint d = lane; d < D; d += TEAM) left[d] = q[first(2) + i * D + d] * scale;
    float sum[PLACES], top = -1.0 / 0.0, total = 0;
    for (uint n = 0; n < PLACES; n++) sum[n] = 0;
    barrier();
    for (uint j0 = begin[first(5) + t]; j0 < stop; j0 += TEAM) {
        float score = -1.0 / 0.0;
        if (j0 + lane < stop) {
            uint at = first(3) + ((j0 + lane) * kv_heads + g) * D;
            score = 0;
            for (uint d = 0; d < D; d++) score = fma(left[d], k[at + d], score);
        }
        float higher = max(top, team_max(score)), keep = exp(top - higher), p = exp(score - higher);
        total = total * keep + team_sum(p);
        weights[lane] = p;
        barrier();
        for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) {
            float running = sum[n] * keep;
            uint at = first(4) + ((j0) * kv_heads + g) * D + lane + n * TEAM;
            for (uint j = 0; j < min(TEAM, stop - j0); j++)
                running = fma(weights[j], v[at + j * kv_heads * D], running);
            sum[n] = running;
        }
        top = higher;
    }
    for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) y[first(0) + i * D + lane + n * TEAM] = sum[n] / total;
    if (lane == 0) lse[first(1) + i] = top + log(total);
}
