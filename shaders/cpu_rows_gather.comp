// rows_gather on CPU devices: y[r] = x[index[r]]
// C twin: r0i_cpu_rows_gather. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
TEXEL_INPUT(1, x);
TEXEL_INPUT(2, index);

void main()
{
    uint at = invocation() * 4;
    if (at < rows * cols) y[(first(0) + at) / 4] = FETCH(1, x, fetch_word(index, 2, at / cols) * cols + at % cols);
}
