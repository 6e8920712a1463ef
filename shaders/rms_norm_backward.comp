// rms_norm_backward: dx = rstd * (dy w - x rstd^2 mean(dy w x)), row by row; accumulate: dx += instead of dx =
// From y = x rstd w and d rstd / dx = -rstd^3 x / C; w stands for offset + w.
// C twin: r0i_cpu_rms_norm_backward. Grid: one team per row (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate; float offset;
#include "common.glsl"
#include "team.glsl"

layout(binding = 0) buffer Dx { float dx[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };
layout(binding = 2) readonly buffer X { float x[]; };
layout(binding = 3) readonly buffer W { float w[]; };
layout(binding = 4) readonly buffer Rstd { float rstd[]; };

void main()
{
    uint row = team_index();
    if (row >= rows) return;
    uint base = row * cols;
    float scale = rstd[first(4) + row], dot = 0;
    for (uint c = team_lane(); c < cols; c += TEAM)
        dot += dy[first(1) + base + c] * (offset + w[first(3) + c]) * x[first(2) + base + c];
    float mean = team_sum(dot) / float(cols) * scale * scale;
    for (uint c = team_lane(); c < cols; c += TEAM) {
        float d = scale * (dy[first(1) + base + c] * (offset + w[first(3) + c]) - x[first(2) + base + c] * mean);
        uint at = first(0) + base + c;
        dx[at] = accumulate != 0 ? dx[at] + d : d;
    }
}
