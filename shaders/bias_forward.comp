// bias_forward: y += b, row by row
// C twin: r0i_cpu_bias_forward. Grid: one invocation per element of y (N,C). Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer B { float b[]; };

void main()
{
    uint i = invocation();
    if (i < rows * cols) y[first(0) + i] += b[first(1) + i % cols];
}
