// rms_norm_forward: y = x * rstd * (offset + w) with rstd = 1 / sqrt(mean(x^2) + eps), row by row
// C twin: r0i_cpu_rms_norm_forward. Grid: one team per row (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; float eps; uint accumulate; float offset;
#include "common.glsl"
#include "team.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) writeonly buffer Rstd { float rstd[]; };
layout(binding = 2) readonly buffer X { float x[]; };
layout(binding = 3) readonly buffer W { float w[]; };

void main()
{
    uint row = team_index();
    if (row >= rows) return;
    uint x0 = first(2) + row * cols, y0 = first(0) + row * cols;
    float squares = 0;
    for (uint c = team_lane(); c < cols; c += TEAM) squares += x[x0 + c] * x[x0 + c];
    float scale = 1 / sqrt(team_sum(squares) / float(cols) + eps);
    for (uint c = team_lane(); c < cols; c += TEAM) y[y0 + c] = x[x0 + c] * scale * (offset + w[first(3) + c]);
    if (team_lane() == 0) rstd[first(1) + row] = scale;
}
