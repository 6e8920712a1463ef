// attention_backward_q: dq_t = scale sum_j ds_tj k_j with ds = p (dy_t . v_j - delta_t), delta = dy . y, p = exp(scale q.k - lse)
// The probabilities are made again from lse, so no (N,N) matrix is ever stored.
// C twin: r0i_cpu_attention_backward_q. Grid: one invocation per (row, query head). Constants: 0 workgroup size, 2 head size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"

layout(constant_id = 2) const uint D = 64; // the head's size, so that arrays of it live in registers

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
    uint i = invocation();
    if (i >= rows * heads) return;
    uint t = i / heads, h = i % heads, g = h / (heads / kv_heads);
    float query[D], grad[D], sum[D], dot = 0;
    UNROLL for (uint d = 0; d < D; d++) {
        query[d] = q[first(5) + i * D + d] * scale;
        grad[d] = dy[first(2) + i * D + d];
        dot = fma(grad[d], y[first(3) + i * D + d], dot);
        sum[d] = 0;
    }
    for (uint j = begin[first(8) + t]; j <= t; j++) {
        uint at = (j * kv_heads + g) * D;
        float score = 0, dp = 0;
        UNROLL for (uint d = 0; d < D; d++) {
            score = fma(query[d], k[first(6) + at + d], score);
            dp = fma(grad[d], v[first(7) + at + d], dp);
        }
        float ds = exp(score - lse[first(4) + i]) * (dp - dot) * scale;
        UNROLL for (uint d = 0; d < D; d++) sum[d] = fma(ds, k[first(6) + at + d], sum[d]);
    }
    UNROLL for (uint d = 0; d < D; d++) dq[first(0) + i * D + d] = sum[d];
    delta[first(1) + i] = dot;
}
