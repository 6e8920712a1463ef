// bias_backward on CPU devices: db[c] += sum over rows of dy
// C twin: r0i_cpu_bias_backward. Grid: one invocation per 4 columns; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Db { vec4 db[]; };
TEXEL_INPUT(0, db_before);
TEXEL_INPUT(1, dy);

void main()
{
    uint c = invocation() * 4;
    if (c >= cols) return;
    vec4 sum = vec4(0);
    for (uint row = 0; row < rows; row += 8) {
        vec4 values[8];
        UNROLL for (uint i = 0; i < 8; i++) values[i] = FETCH(1, dy, min(row + i, rows - 1) * cols + c);
        UNROLL for (uint i = 0; i < 8; i++) sum += row + i < rows ? values[i] : vec4(0);
    }
    db[(first(0) + c) / 4] = FETCH(0, db_before, c) + sum;
}
