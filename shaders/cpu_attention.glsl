// What the attention kernels for CPU devices share (cpu.glsl). D, the head size, is specialization constant 2, and a
// head is QUADS vectors of four floats. A subgroup of LANES invocations works on a block: each lane holds EACH queries
// (or keys), in registers, and all of them meet the same TURN keys (or queries) in a turn of the loop. Those are
// fetched once for the subgroup, piece p by lane p % LANES, and handed round by shuffles, as in cpu_matmul.glsl.
// Softmax needs no word between lanes. HEADS of the EACH are query heads that share keys, the others rows.
// A turn begins at a multiple of TURN from where the row's own sequence begins, and what a row may not see leaves its
// numbers as they are: its bits depend neither on its neighbours nor on where its sequence lies.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "cpu.glsl"

layout(constant_id = 1) const uint HEADS = 1;
layout(constant_id = 2) const uint D = 64;
layout(constant_id = 5) const uint LANES = 8;
layout(constant_id = 6) const uint TURN = 4;
layout(constant_id = 7) const uint EACH = 2;
const uint QUADS = D / 4;
const uint FETCHES = (TURN * QUADS + LANES - 1) / LANES; // of one operand in a turn
const uint SPAN = LANES * (EACH / HEADS);                // rows of a block

// Vector c of what was fetched for the `j`-th of a turn.
#define SHARED(pieces, j, c) handed(pieces[((j) * QUADS + (c)) / LANES], ((j) * QUADS + (c)) % LANES)
vec4 handed(vec4 piece, uint lane)
{
    return vec4(subgroupShuffle(piece.x, lane), subgroupShuffle(piece.y, lane), subgroupShuffle(piece.z, lane),
                subgroupShuffle(piece.w, lane));
}

// Where piece `p` of a turn of keys lies that begins with key 0 of head `g`, and that of the same place of key `last`.
uint piece_of(uint p, uint g, uint kv_heads)
{
    return (p / QUADS * kv_heads + g) * QUADS + p % QUADS;
}

uint last_piece(uint p, uint g, uint kv_heads, uint last)
{
    return (last * kv_heads + g) * QUADS + p % QUADS;
}

float sum_of(vec4 values)
{
    return (values.x + values.y) + (values.z + values.w);
}

float largest_of(vec4 values)
{
    return max(max(values.x, values.y), max(values.z, values.w));
}
