// Rows of numbers on CPU devices (cpu.glsl), each handled by a subgroup of LANES invocations, four numbers a lane at a
// time: without a barrier, and long rows stay below the 65,535 turns that llvmpipe allows a loop. What lanes found is
// joined by shuffles in one fixed order: a row's bits depend on nothing else. Short rows are a lane's own (ALONE): what
// a row costs however short it is, shuffles and stores, then serves LANES rows at once.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "cpu.glsl"

layout(constant_id = 1) const uint ALONE = 0;
layout(constant_id = 2) const uint SHIFTED = 1;
layout(constant_id = 5) const uint LANES = 8;
const uint TURN = 4; // vectors of a lane in a turn of a loop

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

// What a turn reads: elements at .. at + 4 TURN - 1 of operand k. Where some rows begin within a vector (SHIFTED) they
// are shifted, by two places and by one: it is the same numbers that are summed together wherever a row lies.
#define LANES_FETCH(k, name, at, values) lanes_fetch(name, k, at, values)
void lanes_fetch(samplerBuffer texels_of, uint k, uint at, out vec4 values[TURN])
{
    if (SHIFTED == 0 || (VECTORS >> k & 1) == 0) {
        UNROLL for (uint i = 0; i < TURN; i++) values[i] = FETCH(k, texels_of, at + 4 * i);
        return;
    }
    vec4 whole[TURN + 1], even[TURN + 1];
    bvec4 by_two = bvec4((at & 2) != 0), by_one = bvec4((at & 1) != 0);
    UNROLL for (uint i = 0; i <= TURN; i++) whole[i] = FETCH(k, texels_of, (at & ~3u) + 4 * i);
    UNROLL for (uint i = 0; i < TURN; i++) even[i] = mix(whole[i], vec4(whole[i].zw, whole[i + 1].xy), by_two);
    even[TURN] = mix(whole[TURN], whole[TURN].zzzz, by_two);
    UNROLL for (uint i = 0; i < TURN; i++) values[i] = mix(even[i], vec4(even[i].yzw, even[i + 1].x), by_one);
}
