// rows_scatter on CPU devices: dx[index[r]] = dy[r]; the indices differ from each other
// C twin: r0i_cpu_rows_scatter. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Dx { vec4 dx[]; };
TEXEL_INPUT(1, dy);
TEXEL_INPUT(2, index);

void main()
{
    uint at = invocation() * 4;
    if (at < rows * cols)
        dx[(first(0) + fetch_word(index, 2, at / cols) * cols + at % cols) / 4] = FETCH(1, dy, at);
}
