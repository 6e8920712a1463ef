// Rows of numbers on CPU devices (cpu.glsl), each handled by a subgroup of LANES invocations, four numbers a lane at a
// time: without a barrier, and long rows stay below the 65,535 turns that llvmpipe allows a loop. What lanes found is
// joined by shuffles in one fixed order: a row's bits depend on nothing else. Short rows are a lane's own (ALONE): what
// a row costs however short it is, shuffles and stores, then serves LANES rows at once.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "cpu.glsl"

layout(constant_id = 1) const uint ALONE = 0;
layout(constant_id = 5) const uint LANES = 8;

uint lanes_row()
{
    return group_index() * gl_NumSubgroups + gl_SubgroupID;
}

float lanes_sum(float value)
{
    UNROLL for (uint width = LANES / 2; width > 0; width /= 2) value += subgroupShuffleXor(value, width);
    return value;
}

float lanes_max(float value)
{
    UNROLL for (uint width = LANES / 2; width > 0; width /= 2) value = max(value, subgroupShuffleXor(value, width));
    return value;
}

// `values` are elements j .. j + 3 of a row; what lies beyond its end becomes `rest`.
vec4 lanes_inside(vec4 values, uint j, uint end, float rest)
{
    return mix(values, vec4(rest), greaterThanEqual(uvec4(j, j + 1, j + 2, j + 3), uvec4(end)));
}
