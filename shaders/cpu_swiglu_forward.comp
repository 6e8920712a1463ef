// swiglu_forward on CPU devices: y = silu(gate) up
// C twin: r0i_cpu_swiglu_forward. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size, 3
// vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer YVectors { vec4 y[]; };
layout(binding = 0) writeonly buffer YFloats { float y_floats[]; };
TEXEL_INPUT(1, gate);
TEXEL_INPUT(2, up);

void main()
{
    uint at = invocation() * 4;
    if (at >= count) return;
    vec4 g = FETCH(1, gate, at), result = g / (1 + exp(-g)) * FETCH(2, up, at);
    STORE(0, y, y_floats, at, count, result);
}
