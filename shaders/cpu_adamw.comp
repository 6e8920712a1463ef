// adamw on CPU devices: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
// w -= lr (m / c1 / (sqrt(v / c2) + eps) + wd w); g is scaled first by grad_norm's factor (below 0: no step is taken).
// C twin: r0i_cpu_adamw. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float lr; float beta1; float beta2; float eps; float weight_decay; \
    float correction1; float correction2;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer WVectors { vec4 w[]; };
layout(binding = 0) writeonly buffer WFloats { float w_floats[]; };
layout(binding = 1) writeonly buffer MVectors { vec4 m[]; };
layout(binding = 1) writeonly buffer MFloats { float m_floats[]; };
layout(binding = 2) writeonly buffer VVectors { vec4 v[]; };
layout(binding = 2) writeonly buffer VFloats { float v_floats[]; };
TEXEL_INPUT(0, w_before);
TEXEL_INPUT(1, m_before);
TEXEL_INPUT(2, v_before);
TEXEL_INPUT(3, g);
TEXEL_INPUT(4, clip);

void main()
{
    uint at = invocation() * 4;
    float factor = fetch_one(clip, 4, 1);
    if (at >= count || factor < 0) return;
    vec4 grad = FETCH(3, g, at) * factor, weight = FETCH(0, w_before, at);
    vec4 mean = beta1 * FETCH(1, m_before, at) + (1 - beta1) * grad;
    vec4 square = beta2 * FETCH(2, v_before, at) + (1 - beta2) * grad * grad;
    vec4 way = mean / correction1 / (sqrt(square / correction2) + eps);
    weight -= lr * (way + weight_decay * weight);
    STORE(1, m, m_floats, at, count, mean);
    STORE(2, v, v_floats, at, count, square);
    STORE(0, w, w_floats, at, count, weight);
}
