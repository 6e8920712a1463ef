// bias_backward: db[c] += sum over rows of dy
// C twin: r0i_cpu_bias_backward. Grid: one invocation per column and part of the rows (columns.glsl).
// Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"
#include "columns.glsl"

layout(binding = 0) buffer Db { float db[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };

void main()
{
    if (!columns_locate()) return;
    float sum = 0;
    COLUMNS_SUM(sum, dy[first(1) + at])
    uint to = first(0) + columns_to;
    db[to] = columns_alone ? db[to] + sum : sum;
}
