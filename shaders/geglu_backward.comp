// geglu_backward: dup = dy gelu(g), dgate = dy up (s + g s (1 - s) b (1 + 3 c g^2)), s the sigmoid of gelu(g) = g s
// C twin: r0i_cpu_geglu_backward. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "gelu.glsl"

layout(binding = 0) writeonly buffer Dgate { float dgate[]; };
layout(binding = 1) writeonly buffer Dup { float dup[]; };
layout(binding = 2) readonly buffer Dy { float dy[]; };
layout(binding = 3) readonly buffer Gate { float gate[]; };
layout(binding = 4) readonly buffer Up { float up[]; };

void main()
{
    uint i = invocation();
    if (i >= count) return;
    float d = dy[first(2) + i], g = gate[first(3) + i], u = up[first(4) + i], s = gelu_sigmoid(g);
    dgate[first(0) + i] = d * u * (s + g * s * (1 - s) * GELU_B * (1 + 3 * GELU_C * min(g * g, 1e4)));
    dup[first(1) + i] = d * g * s;
}
