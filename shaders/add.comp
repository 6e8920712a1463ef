// add: y += x
// C twin: r0i_cpu_add. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };

void main()
{
    uint i = invocation();
    if (i < count) y[first(0) + i] += x[first(1) + i];
}
