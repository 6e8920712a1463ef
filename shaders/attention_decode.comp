// attention_decode: y_a = sum_j p_aj v_j over the first length[a] cached keys of slot[a]: one new token per active
// row
// C twin: r0i_cpu_attention_decode. Grid: one team per (row, query head); see attention.glsl. Constants: 0 and 1
// workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; uint capacity; float scale;
#include "common.glsl"
#include "attention.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer Q { float q[]; };
layout(binding = 2) readonly buffer CacheK { float cache_k[]; };
layout(binding = 3) readonly buffer CacheV { float cache_v[]; };
layout(binding = 4) readonly buffer Slot { uint slot[]; };
layout(binding = 5) readonly buffer LengthOf { uint length_of[]; };

void main()
{
    uint i = group_index(), lane = team_lane();
    if (i >= rows * heads) return;
    uint a = i / heads, g = i % heads / (heads / kv_heads);
    uint stop = length_of[first(5) + a], slot_first = slot[first(4) + a] * capacity;
    for (uint d = lane; d < D; d += TEAM) left[d] = q[first(1) + i * D + d] * scale;
    float sum[PLACES], top = -1.0 / 0.0, total = 0;
    for (uint n = 0; n < PLACES; n++) sum[n] = 0;
    barrier();
    for (uint j0 = 0; j0 < stop; j0 += TEAM) {
        float score = -1.0 / 0.0;
        if (j0 + lane < stop) {
            uint at = first(2) + ((slot_first + j0 + lane) * kv_heads + g) * D;
            score = 0;
            for (uint d = 0; d < D; d++) score = fma(left[d], cache_k[at + d], score);
        }
        float higher = max(top, team_max(score)), keep = exp(top - higher), p = exp(score - higher);
        total = total * keep + team_sum(p);
        weights[lane] = p;
        barrier();
        for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) {
            float running = sum[n] * keep;
            uint at = first(3) + ((slot_first + j0) * kv_heads + g) * D + lane + n * TEAM;
            for (uint j = 0; j < min(TEAM, stop - j0); j++)
                running = fma(weights[j], cache_v[at + j * kv_heads * D], running);
            sum[n] = running;
        }
        top = higher;
    }
    for (uint n = 0; n < PLACES && lane + n * TEAM < D; n++) y[first(0) + i * D + lane + n * TEAM] = sum[n] / total;
}
