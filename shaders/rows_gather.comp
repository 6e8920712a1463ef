// rows_gather: y[r] = x[index[r]]
// C twin: r0i_cpu_rows_gather. Grid: one invocation per element of y (N,C). Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Index { uint index[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * cols) return;
    y[first(0) + i] = x[first(1) + index[first(2) + i / cols] * cols + i % cols];
}
