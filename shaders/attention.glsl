// What the attention kernels share: a team (team.glsl) works on one row and head. TEAM keys at a time, first each
// invocation
// takes one key and makes its score, reading along the head; then each takes one place of the head, or every
// TEAM-th, and
// sums over those keys, neighbours reading neighbours. So no invocation holds a head in registers, whatever its
// size D,
// specialization constant 2, and a row's sums have one order, whatever its neighbours.

#include "team.glsl"

layout(constant_id = 2) const uint D = 64;
const uint PLACES = (D + TEAM - 1) / TEAM; // of the head, per invocation

shared float left[D], right[D];         // the team's own row: a query, or a key and its value
shared float weights[TEAM], slopes[TEAM]; // of the keys at hand
