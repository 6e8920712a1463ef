// attention_decode: y_a = sum_j p_aj v_j over the first length[a] cached keys of slot[a]: one new token per active row
// C twin: r0i_cpu_attention_decode. Grid: one invocation per (row, query head). Constants: 0 workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; uint capacity; float scale;
#include "common.glsl"

layout(constant_id = 2) const uint D = 64; // the head's size, so that arrays of it live in registers

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer Q { float q[]; };
layout(binding = 2) readonly buffer CacheK { float cache_k[]; };
layout(binding = 3) readonly buffer CacheV { float cache_v[]; };
layout(binding = 4) readonly buffer Slot { uint slot[]; };
layout(binding = 5) readonly buffer LengthOf { uint length_of[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * heads) return;
    uint a = i / heads, h = i % heads, g = h / (heads / kv_heads);
    uint keys = length_of[first(5) + a], slot_first = slot[first(4) + a] * capacity;
    float query[D], sum[D], top = -1.0 / 0.0, total = 0;
    UNROLL for (uint d = 0; d < D; d++) query[d] = q[first(1) + i * D + d] * scale;
    UNROLL for (uint d = 0; d < D; d++) sum[d] = 0;
    for (uint j = 0; j < keys; j++) {
        uint at = ((slot_first + j) * kv_heads + g) * D;
        float score = 0;
        UNROLL for (uint d = 0; d < D; d++) score = fma(query[d], cache_k[first(2) + at + d], score);
        float higher = max(top, score), keep = exp(top - higher), p = exp(score - higher);
        total = total * keep + p;
        UNROLL for (uint d = 0; d < D; d++) sum[d] = fma(p, cache_v[first(3) + at + d], sum[d] * keep);
        top = higher;
    }
    UNROLL for (uint d = 0; d < D; d++) y[first(0) + i * D + d] = sum[d] / total;
}
