// rms_norm_weight_backward on CPU devices: dw[c] += sum over rows of dy x rstd
// C twin: r0i_cpu_rms_norm_weight_backward. Grid: one invocation per 4 columns; see cpu.glsl. Constants: 0
// workgroup size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer DwVectors { vec4 dw[]; };
layout(binding = 0) writeonly buffer DwFloats { float dw_floats[]; };
TEXEL_INPUT(0, dw_before);
TEXEL_INPUT(1, dy);
TEXEL_INPUT(2, x);
TEXEL_INPUT(3, rstd);

void main()
{
    uint c = invocation() * 4;
    if (c >= cols) return;
    vec4 sum = vec4(0);
    for (uint row = 0; row < rows; row++)
        sum += FETCH(1, dy, row * cols + c) * FETCH(2, x, row * cols + c) * fetch_one(rstd, 3, row);
    dw[(first(0) + c) / 4] = FETCH(0, dw_before, c) + sum;
}
