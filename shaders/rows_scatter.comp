// rows_scatter: dx[index[r]] = dy[r]; the indices differ from each other
// C twin: r0i_cpu_rows_scatter. Grid: one invocation per element of dy (N,C). Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"

layout(binding = 0) writeonly buffer Dx { float dx[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };
layout(binding = 2) readonly buffer Index { uint index[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * cols) return;
    dx[first(0) + index[first(2) + i / cols] * cols + i % cols] = dy[first(1) + i];
}
