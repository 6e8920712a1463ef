// bias_backward: db[c] += sum over rows of dy
// C twin: r0i_cpu_bias_backward. Grid: one invocation per column; rows are added in order. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"

layout(binding = 0) buffer Db { float db[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };

void main()
{
    uint c = invocation();
    if (c >= cols) return;
    float sum = 0;
    for (uint row = 0; row < rows; row += 4)
        UNROLL for (uint j = 0; j < 4; j++)
            if (row + j < rows) sum += dy[first(1) + (row + j) * cols + c];
    db[first(0) + c] += sum;
}
