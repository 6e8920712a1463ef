// bias_forward on CPU devices: y += b, row by row
// C twin: r0i_cpu_bias_forward. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
TEXEL_INPUT(0, y_before);
TEXEL_INPUT(1, b);

void main()
{
    uint at = invocation() * 4;
    if (at < rows * cols) y[(first(0) + at) / 4] = FETCH(0, y_before, at) + FETCH(1, b, at % cols);
}
