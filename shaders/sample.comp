// sample: draws a token from softmax(logits / T) cut to top_k and top_p; logp of the untruncated softmax at T
// T = 0 takes the largest logit, the lowest id among equals. A cut needs no sorting: it is a threshold on the logit,
// found bit by bit in an integer that orders as floats do, and among the tokens equal to it the lowest ids stay.
//   top_k: the largest threshold that k tokens reach; top_p: then the largest whose tokens hold p of what is left
// The draw walks the ids in order until their mass passes u times the total, u from Philox at (key, position).
// C twin: r0i_cpu_sample. Grid: one team per row (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float temperature; uint top_k; float top_p;
#include "common.glsl"
#include "team.glsl"
#include "philox.glsl"

layout(binding = 0) writeonly buffer Token { uint token[]; };
layout(binding = 1) writeonly buffer Logp { float logp[]; };
layout(binding = 2) readonly buffer Logits { float logits[]; };
layout(binding = 3) readonly buffer Key { uint key[]; };
layout(binding = 4) readonly buffer Position { uint position[]; };

struct Keep {
    uint order; // tokens above it are kept,
    uint limit; // and of those equal to it the ids below this
};

uint base;          // of this row's logits
float inverse, top; // 1 / T; the largest logit / T
shared float chunk_mass[gl_WorkGroupSize.x];
shared uint chosen;

// Orders as the floats do; -0 counts as 0.
uint order_of(float value)
{
    uint bits = value == 0 ? 0 : floatBitsToUint(value);
    return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

bool kept(Keep keep, uint id)
{
    uint order = order_of(logits[base + id]);
    return order > keep.order || order == keep.order && id < keep.limit;
}

float weight(uint id)
{
    return exp(logits[base + id] * inverse - top);
}

// How many tokens are kept, or their mass. Four at a time, in the same order: most of the op's time is these loads.
float measure(Keep keep, bool counting)
{
    float sum = 0;
    for (uint id = team_lane(); id < vocab; id += 4 * TEAM)
        UNROLL for (uint j = 0; j < 4; j++)
            if (id + j * TEAM < vocab && kept(keep, id + j * TEAM)) sum += counting ? 1 : weight(id + j * TEAM);
    return team_sum(sum);
}

// Of `many` tokens that equal the threshold keeps the first `wanted`: finds the id where they end.
uint tie_limit(uint order, float above, float wanted)
{
    uint limit = 0; // the largest id below which fewer than `wanted` lie
    for (uint bit = 1u << 30; bit != 0; bit >>= 1)
        if ((limit | bit) <= vocab && measure(Keep(order, limit | bit), true) - above < wanted) limit |= bit;
    return limit + 1;
}

// The fewest of the largest tokens within `within` whose measure reaches `goal`.
Keep cut(Keep within, float goal, bool counting)
{
    uint order = 0;
    for (uint bit = 0x80000000u; bit != 0; bit >>= 1) {
        uint higher = order | bit;
        float reached = higher <= within.order ? goal : measure(Keep(higher, vocab), counting);
        if (reached >= goal && (reached > 0 || higher <= within.order)) order = higher; // 0: the largest token
    }
    Keep all = order > within.order ? Keep(order, vocab) : within;
    float above = measure(Keep(all.order, 0), true), ties = measure(all, true) - above;
    float logit = uintBitsToFloat(all.order >> 31 != 0 ? all.order & 0x7fffffffu : ~all.order);
    float one = counting ? 1 : exp(logit * inverse - top);
    float wanted = clamp(ceil((goal - measure(Keep(all.order, 0), counting)) / one), 1, ties);
    return wanted < ties ? Keep(all.order, tie_limit(all.order, above, wanted)) : all;
}

// The first id in begin .. end at which the running mass passes `goal`; the last one kept when rounding leaves none.
uint walk(Keep keep, uint begin, uint end, float goal)
{
    float sum = 0;
    uint last = begin;
    for (uint id = begin; id < end && sum <= goal; id++)
        if (kept(keep, id)) {
            sum += weight(id);
            last = id;
        }
    return last;
}

// Every invocation weighs a contiguous part of the ids; the one whose part holds the goal walks it.
uint draw(Keep keep, float u)
{
    uint lane = team_lane(), part = (vocab + TEAM - 1) / TEAM;
    uint begin = min(lane * part, vocab), end = min(begin + part, vocab);
    float mass = 0, total = 0, before = 0;
    for (uint id = begin; id < end; id++)
        if (kept(keep, id)) mass += weight(id);
    if (TEAM == 1) return walk(keep, 0, vocab, u * mass);
    chunk_mass[lane] = mass;
    barrier();
    uint holder = 0, last = 0;
    for (uint i = 0; i < TEAM; i++) {
        total += chunk_mass[i];
        if (chunk_mass[i] > 0) last = i;
    }
    for (; holder < last && before + chunk_mass[holder] <= u * total; holder++) before += chunk_mass[holder];
    if (lane == holder) chosen = walk(keep, begin, end, u * total - before);
    barrier();
    return chosen;
}

// The lowest id that holds the largest logit.
uint largest(float value)
{
    uint id = team_lane();
    while (id < vocab && logits[base + id] != value) id += TEAM;
    return uint(-team_max(-float(min(id, vocab - 1))));
}

void main()
{
    uint row = team_index();
    if (row >= rows) return;
    base = first(2) + row * vocab;
    inverse = temperature > 0 ? 1 / temperature : 1;
    float highest = -1.0 / 0.0;
    for (uint id = team_lane(); id < vocab; id += TEAM) highest = max(highest, logits[base + id]);
    highest = team_max(highest);
    top = highest * inverse;
    Keep keep = Keep(0, vocab);
    float mass = measure(keep, false);
    uint id;
    if (temperature > 0) {
        if (top_k > 0 && top_k < vocab) keep = cut(keep, float(top_k), true);
        if (top_p < 1) keep = cut(keep, top_p * measure(keep, false), false);
        uvec2 row_key = uvec2(key[first(3) + row * 2], key[first(3) + row * 2 + 1]);
        id = draw(keep, philox_uniform(row_key, position[first(4) + row]));
    } else {
        id = largest(highest);
    }
    if (team_lane() != 0) return;
    token[first(0) + row] = id;
    logp[first(1) + row] = logits[base + id] * inverse - top - log(mass);
}
