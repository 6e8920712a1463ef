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
    for (uint row0 = 0; row0 < rows; row0 += 4) { // four at once: see r0i_vk_shape_of on llvmpipe's loops
        vec4 values[4];
        UNROLL for (uint i = 0; i < 4; i++) {
            uint row = min(row0 + i, rows - 1), at = row * cols + c;
            values[i] = FETCH(1, dy, at) * FETCH(2, x, at) * fetch_one(rstd, 3, row);
        }
        UNROLL for (uint i = 0; i < 4; i++) sum += row0 + i < rows ? values[i] : vec4(0);
    }
    dw[(first(0) + c) / 4] = FETCH(0, dw_before, c) + sum;
}
