// rms_norm_backward on CPU devices: dx = rstd * (dy w - x rstd^2 mean(dy w x)); accumulate: dx += instead of dx =
// C twin: r0i_cpu_rms_norm_backward. Grid: one invocation per row; see cpu.glsl. Constants: 0 workgroup size, 3
// vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer DxVectors { vec4 dx[]; };
layout(binding = 0) writeonly buffer DxFloats { float dx_floats[]; };
TEXEL_INPUT(0, dx_before);
TEXEL_INPUT(1, dy);
TEXEL_INPUT(2, x);
TEXEL_INPUT(3, w);
TEXEL_INPUT(4, rstd);

void main()
{
    uint row = invocation(), base = row * cols;
    if (row >= rows) return;
    vec4 dots = vec4(0);
    for (uint c = 0; c < cols; c += 4) dots += FETCH(1, dy, base + c) * FETCH(3, w, c) * FETCH(2, x, base + c);
    float scale = fetch_one(rstd, 4, row);
    float mean = (dots.x + dots.y + dots.z + dots.w) / float(cols) * scale * scale;
    for (uint c = 0; c < cols; c += 4) {
        vec4 d = scale * (FETCH(1, dy, base + c) * FETCH(3, w, c) - FETCH(2, x, base + c) * mean);
        if (accumulate != 0) d += FETCH(0, dx_before, base + c);
        dx[(first(0) + base + c) / 4] = d;
    }
}
