// rms_norm_forward on CPU devices: y = x * rstd * w with rstd = 1 / sqrt(mean(x^2) + eps)
// C twin: r0i_cpu_rms_norm_forward. Grid: one invocation per row; see cpu.glsl. Constants: 0 workgroup size, 3
// vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer YVectors { vec4 y[]; };
layout(binding = 0) writeonly buffer YFloats { float y_floats[]; };
layout(binding = 1) writeonly buffer Rstd { float rstd[]; };
TEXEL_INPUT(2, x);
TEXEL_INPUT(3, w);

void main()
{
    uint row = invocation(), base = row * cols;
    if (row >= rows) return;
    vec4 squares = vec4(0);
    for (uint c = 0; c < cols; c += 4) {
        vec4 value = FETCH(2, x, base + c);
        squares = fma(value, value, squares);
    }
    float scale = 1 / sqrt((squares.x + squares.y + squares.z + squares.w) / float(cols) + eps);
    for (uint c = 0; c < cols; c += 4) y[(first(0) + base + c) / 4] = FETCH(2, x, base + c) * scale * FETCH(3, w, c);
    rstd[first(1) + row] = scale;
}
