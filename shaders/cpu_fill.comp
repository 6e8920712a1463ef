// fill on CPU devices: y = value
// C twin: r0i_cpu_fill. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer YVectors { vec4 y[]; };
layout(binding = 0) writeonly buffer YFloats { float y_floats[]; };

void main()
{
    uint at = invocation() * 4;
    if (at >= count) return;
    STORE(0, y, y_floats, at, count, vec4(value));
}
