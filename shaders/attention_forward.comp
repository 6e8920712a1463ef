// attention_forward: y_t = sum_j p_tj v_j, p = softmax_j(scale q_t . k_j), j in begin[t] .. t; lse = its log sum exp
// Online softmax: one pass over the keys keeps a running maximum and rescales what was summed when it grows.
// C twin: r0i_cpu_attention_forward. Grid: one invocation per (row, query head). Constants: 0 workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"

layout(constant_id = 2) const uint D = 64; // the head's size, so that arrays of it live in registers

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) writeonly buffer Lse { float lse[]; };
layout(binding = 2) readonly buffer Q { float q[]; };
layout(binding = 3) readonly buffer K { float k[]; };
layout(binding = 4) readonly buffer V { float v[]; };
layout(binding = 5) readonly buffer Begin { uint begin[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * heads) return;
    uint t = i / heads, h = i % heads, g = h / (heads / kv_heads);
    float query[D], sum[D], top = -1.0 / 0.0, total = 0;
    UNROLL for (uint d = 0; d < D; d++) query[d] = q[first(2) + i * D + d] * scale;
    UNROLL for (uint d = 0; d < D; d++) sum[d] = 0;
    for (uint j = begin[first(5) + t]; j <= t; j++) {
        uint at = (j * kv_heads + g) * D;
        float score = 0;
        UNROLL for (uint d = 0; d < D; d++) score = fma(query[d], k[first(3) + at + d], score);
        float higher = max(top, score), keep = exp(top - higher), p = exp(score - higher);
        total = total * keep + p;
        UNROLL for (uint d = 0; d < D; d++) sum[d] = fma(p, v[first(4) + at + d], sum[d] * keep);
        top = higher;
    }
    UNROLL for (uint d = 0; d < D; d++) y[first(0) + i * D + d] = sum[d] / total;
    lse[first(1) + i] = top + log(total);
}
