// rms_norm_weight_backward: dw[c] += sum over rows of dy x rstd
// C twin: r0i_cpu_rms_norm_weight_backward. Grid: one invocation per column and part of the rows (columns.glsl).
// Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate;
#include "common.glsl"
#include "columns.glsl"

layout(binding = 0) buffer Dw { float dw[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };
layout(binding = 2) readonly buffer X { float x[]; };
layout(binding = 3) readonly buffer Rstd { float rstd[]; };

void main()
{
    if (!columns_locate()) return;
    float sum = 0;
    COLUMNS_SUM(sum, dy[first(1) + at] * x[first(2) + at] * rstd[first(3) + r])
    uint to = first(0) + columns_to;
    dw[to] = columns_alone ? dw[to] + sum : sum;
}
