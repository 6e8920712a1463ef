// grad_norm: the norm from partial sums of squares, and the factor that clips it to `value` (0: no clip). A norm that
// is not finite makes the factor -1, at which adamw changes nothing.
// C twin: r0i_cpu_grad_norm. Grid: one team (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "team.glsl"

layout(binding = 0) writeonly buffer Clip { float clip[]; };
layout(binding = 1) readonly buffer Partial { float partial[]; };

void main()
{
    if (team_index() > 0) return;
    float sum = 0;
    for (uint i = team_lane(); i < count; i += 4 * TEAM) { // four reads under way, added in the same order
        float values[4];
        UNROLL for (uint j = 0; j < 4; j++) values[j] = partial[first(1) + min(i + j * TEAM, count - 1)];
        UNROLL for (uint j = 0; j < 4; j++)
            if (i + j * TEAM < count) sum += values[j];
    }
    float norm = sqrt(team_sum(sum));
    if (team_lane() > 0) return;
    clip[first(0)] = norm;
    bool finite = (floatBitsToUint(norm) & 0x7fffffffu) < 0x7149f2cau; // |norm| < 1e30, by bits: fast math has no NaN
    clip[first(0) + 1] = !finite ? -1 : value > 0 && norm > value ? value / (norm + 1e-6) : 1;
}
