// adamw: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w -= lr (m / c1 / (sqrt(v / c2) + eps) + wd w)
// g is scaled first by grad_norm's factor (below 0: no step is taken); c1, c2 correct the bias of m and v, which began
// at 0.
// C twin: r0i_cpu_adamw. Grid: one invocation per parameter. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float lr; float beta1; float beta2; float eps; float weight_decay; \
    float correction1; float correction2;
#include "common.glsl"

layout(binding = 0) buffer W { float w[]; };
layout(binding = 1) buffer M { float m[]; };
layout(binding = 2) buffer V { float v[]; };
layout(binding = 3) readonly buffer G { float g[]; };
layout(binding = 4) readonly buffer Clip { float clip[]; };

void main()
{
    uint i = invocation();
    float factor = clip[first(4) + 1];
    if (i >= count || factor < 0) return;
    float grad = g[first(3) + i] * factor;
    float mean = beta1 * m[first(1) + i] + (1 - beta1) * grad;
    float square = beta2 * v[first(2) + i] + (1 - beta2) * grad * grad;
    float weight = w[first(0) + i];
    m[first(1) + i] = mean;
    v[first(2) + i] = square;
    float way = mean / correction1 / (sqrt(square / correction2) + eps);
    w[first(0) + i] = weight - lr * (way + weight_decay * weight);
}
