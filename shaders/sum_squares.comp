// sum_squares: partial[b] = sum of x^2 over block b of 4096 elements
// C twin: r0i_cpu_sum_squares. Grid: one team per block (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "team.glsl"

layout(binding = 0) writeonly buffer Partial { float partial[]; };
layout(binding = 1) readonly buffer X { float x[]; };

const uint BLOCK = 4096;

void main()
{
    uint block = team_index();
    if (block >= (count + BLOCK - 1) / BLOCK) return;
    uint end = min(count, (block + 1) * BLOCK);
    float sum = 0;
    for (uint i = block * BLOCK + team_lane(); i < end; i += TEAM) sum = fma(x[first(1) + i], x[first(1) + i], sum);
    sum = team_sum(sum);
    if (team_lane() == 0) partial[first(0) + block] = sum;
}
