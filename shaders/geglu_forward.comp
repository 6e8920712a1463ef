// geglu_forward: y = gelu(gate) up with gelu(g) = g / (1 + exp(-b (g + c g^3))): GELU by tanh
// C twin: r0i_cpu_geglu_forward. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "gelu.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer Gate { float gate[]; };
layout(binding = 2) readonly buffer Up { float up[]; };

void main()
{
    uint i = invocation();
    if (i >= count) return;
    float g = gate[first(1) + i];
    y[first(0) + i] = g * gelu_sigmoid(g) * up[first(2) + i];
}
