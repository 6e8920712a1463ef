// rms_norm_weight_backward: dw[c] += sum over rows of dy x rstd
// C twin: r0i_cpu_rms_norm_weight_backward. Grid: one invocation per column, neighbors read neighbors; rows are added
// in order. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate;
#include "common.glsl"

layout(binding = 0) buffer Dw { float dw[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };
layout(binding = 2) readonly buffer X { float x[]; };
layout(binding = 3) readonly buffer Rstd { float rstd[]; };

void main()
{
    uint c = invocation();
    if (c >= cols) return;
    float sum = 0;
    for (uint row = 0; row < rows; row += 4)
        UNROLL for (uint j = 0; j < 4; j++) {
            uint r = row + j, at = r * cols + c;
            if (r < rows) sum += dy[first(1) + at] * x[first(2) + at] * rstd[first(3) + r];
        }
    dw[first(0) + c] += sum;
}
