// sample: draws a token from softmax(logits / T) cut to top_k and top_p; logp of the untruncated softmax at T
// T = 0 takes the largest logit, the lowest id among equals. A cut needs no sorting: it is a threshold on the logit in
// an integer that orders as floats do, found byte by byte from the highest (r0i_select in r0.h), and among the tokens
// equal to it the lowest ids stay. Masses are integers, shares of 2^32: what 256 bins of them hold does not depend on
// who adds first. Passes over the logits: the largest, the mass; top_k four, its ties, what it leaves; top_p four, its
// ties; the draw, which sums by segments of ids and then walks the one in which the mass passes u times the total, u
// from Philox at (key, position).
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

const float LOWEST = -3e38;
uint base;          // of this row's logits
float inverse, top; // 1 / T; the largest logit / T
float scale;        // from a weight to its share
shared uint bins[256], parts[256];
uint own_bins[256]; // of a team of one

// Orders as the floats do; -0 counts as 0.
uint order_of(float value)
{
    uint bits = value == 0 ? 0 : floatBitsToUint(value);
    return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

bool kept(Keep keep, uint order, uint id)
{
    return order > keep.order || order == keep.order && id < keep.limit;
}

float weight(float logit)
{
    return exp(logit * inverse - top);
}

uint share(float logit)
{
    return uint(weight(logit) * scale + 0.5);
}

// The mass of what is kept, four at a time, in the order of token_logp_forward: most of the op's time is these loads.
float measure(Keep keep)
{
    float sum = 0;
    for (uint id = team_lane(); id < vocab; id += 4 * TEAM)
        UNROLL for (uint j = 0; j < 4; j++)
            if (id + j * TEAM < vocab) {
                float logit = logits[base + id + j * TEAM];
                if (kept(keep, order_of(logit), id + j * TEAM)) sum += weight(logit);
            }
    return team_sum(sum);
}

uint bin_of(uint i)
{
    return TEAM == 1 ? own_bins[i] : bins[i];
}

void bins_clear()
{
    if (TEAM != 1) barrier();
    for (uint i = team_lane(); i < 256; i += TEAM) {
        if (TEAM == 1) own_bins[i] = 0;
        else bins[i] = 0;
    }
    if (TEAM != 1) barrier();
}

void bins_add(uint i, uint value)
{
    if (TEAM == 1) own_bins[i] += value;
    else if (value != 0) atomicAdd(bins[i], value);
}

// What all bins hold, once all have added.
uint bins_total()
{
    uint total = 0;
    if (TEAM != 1) barrier();
    for (uint i = 0; i < 256; i++) total += bin_of(i);
    return total;
}

// In a search for ties a token that equals the threshold counts 1, else a kept one its share.
uint value_at(Keep keep, bool ties, uint id)
{
    if (id >= vocab) return 0;
    float logit = logits[base + id];
    uint order = order_of(logit);
    if (ties) return order == keep.order ? 1 : 0;
    return kept(keep, order, id) ? share(logit) : 0;
}

// The first id at which the running sum passes u times the total, or for ties is `wanted`.
uint seek(Keep keep, bool ties, float u, uint wanted)
{
    uint segment = (vocab + 1024 * TEAM - 1) / (1024 * TEAM) * 4 * TEAM, before = 0, s = 0, high, low; // 256 at most
    bins_clear();
    for (uint begin = 0; begin < vocab; begin += segment) {
        uint sum = 0;
        for (uint id = begin + team_lane(); id < begin + segment; id += 4 * TEAM)
            UNROLL for (uint j = 0; j < 4; j++) sum += value_at(keep, ties, id + j * TEAM);
        bins_add(begin / segment, sum);
    }
    uint total = bins_total();
    umulExtended(uint(u * 16777216.0), total, high, low); // u has 24 bits
    uint goal = ties ? wanted - 1 : high << 8 | low >> 24;
    for (; s < 255 && before + bin_of(s) <= goal; s++) before += bin_of(s);
    for (uint begin = s * segment; begin < (s + 1) * segment; begin += TEAM) {
        uint value = value_at(keep, ties, begin + team_lane());
        if (TEAM != 1) {
            barrier();
            parts[team_lane()] = value;
            barrier();
        }
        for (uint i = 0; i < TEAM; i++) {
            uint of = TEAM == 1 ? value : parts[i];
            if (before + of > goal) return begin + i;
            before += of;
        }
    }
    return vocab - 1;
}

// The fewest of the largest tokens within `within` that are `goal` tokens, or hold `goal` of its mass.
Keep cut(Keep within, float goal, bool counting)
{
    uint prefix = 0, above = 0, held = 0, wanted = 0;
    for (uint shift = 24; shift < 32; shift -= 8) { // past 0 it wraps
        bins_clear();
        for (uint first = team_lane(); first < vocab; first += 4 * TEAM)
            UNROLL for (uint j = 0; j < 4; j++) {
                uint id = first + j * TEAM;
                float logit = logits[base + min(id, vocab - 1)];
                uint order = order_of(logit);
                bool shares = shift == 24 || (order ^ prefix) >> min(shift + 8, 31u) == 0;
                if (id < vocab && shares && kept(within, order, id))
                    bins_add(order >> shift & 255, counting ? 1 : share(logit));
            }
        uint total = bins_total(), bin = 255, lowest = 0;
        if (shift == 24) wanted = counting ? uint(goal) : clamp(uint(ceil(goal * float(total))), 1, total);
        while (lowest < 255 && bin_of(lowest) == 0) lowest++;
        for (; bin > lowest && above + bin_of(bin) < wanted; bin--) above += bin_of(bin);
        held = bin_of(bin);
        prefix |= bin << shift;
    }
    Keep all = Keep(prefix, prefix == within.order ? within.limit : vocab);
    uint one = counting ? 1 : share(uintBitsToFloat(prefix >> 31 != 0 ? prefix & 0x7fffffffu : ~prefix));
    if (one == 0 || wanted <= above) return all;
    uint ties = held / one, keeps = (wanted - above + one - 1) / one;
    return keeps < ties ? Keep(prefix, seek(all, true, 0, keeps) + 1) : all;
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
    float highest = LOWEST;
    for (uint id = team_lane(); id < vocab; id += 4 * TEAM)
        UNROLL for (uint j = 0; j < 4; j++) highest = max(highest, logits[base + min(id + j * TEAM, vocab - 1)]);
    highest = team_max(highest);
    top = highest * inverse;
    Keep keep = Keep(0, vocab);
    float mass = measure(keep);
    uint id;
    if (temperature > 0) {
        const float WHOLE = 4290000000.0; // below 2^32 by more than rounding can add
        scale = WHOLE / mass;
        if (top_k > 0 && top_k < vocab) {
            keep = cut(keep, float(top_k), true);
            if (top_p < 1) scale = WHOLE / measure(keep);
        }
        if (top_p < 1) keep = cut(keep, top_p, false);
        uvec2 row_key = uvec2(key[first(3) + row * 2], key[first(3) + row * 2 + 1]);
        id = seek(keep, false, philox_uniform(row_key, position[first(4) + row]), 0);
    } else {
        id = largest(highest);
    }
    if (team_lane() != 0) return;
    token[first(0) + row] = id;
    logp[first(1) + row] = logits[base + id] * inverse - top - log(mass);
}
