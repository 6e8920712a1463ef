// sample on CPU devices, short rows: sample.comp says how. The logits are read four at a time, those of a row's
// neighbours left out where it begins or ends within a vector.
// C twin: r0i_cpu_sample. Grid: one invocation per row. Constants: 0 workgroup size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float temperature; uint top_k; float top_p;
#include "common.glsl"
#include "cpu.glsl"
#include "philox.glsl"

layout(binding = 0) writeonly buffer Token { uint token[]; };
layout(binding = 1) writeonly buffer Logp { float logp[]; };
TEXEL_INPUT(2, logits);
layout(binding = 3) readonly buffer Key { uint key[]; };
layout(binding = 4) readonly buffer Position { uint position[]; };

struct Keep {
    uint order; // tokens above it are kept,
    uint limit; // and of those equal to it the ids below this
};

uint base, begin;   // of this row's logits; of the vectors that hold them
float inverse, top; // 1 / T; the largest logit / T

// Orders as the floats do; -0 counts as 0.
uvec4 order_of(vec4 values)
{
    uvec4 bits = mix(floatBitsToUint(values), uvec4(0), equal(values, vec4(0)));
    return mix(bits | 0x80000000u, ~bits, notEqual(bits >> 31, uvec4(0)));
}

// Ids of the four logits from `at` on; `vocab` and above: of no token.
uvec4 ids_of(uint at)
{
    return uvec4(at, at + 1, at + 2, at + 3) - base;
}

// What the kept of them weigh: 1, or their probability's numerator.
vec4 weights_of(vec4 values, uvec4 ids, Keep keep, bool counting)
{
    uvec4 order = order_of(values), above = uvec4(greaterThan(order, uvec4(keep.order)));
    uvec4 tied = uvec4(equal(order, uvec4(keep.order))) & uvec4(lessThan(ids, uvec4(keep.limit)));
    uvec4 kept = (above | tied) & uvec4(lessThan(ids, uvec4(vocab)));
    return mix(vec4(0), counting ? vec4(1) : exp(values * inverse - top), equal(kept, uvec4(1)));
}

// How many tokens are kept, or their mass.
float measure(Keep keep, bool counting)
{
    vec4 sum = vec4(0);
    for (uint at = begin; at < base + vocab; at += 8) {
        vec4 low = FETCH(2, logits, at), high = FETCH(2, logits, at + 4);
        sum += weights_of(low, ids_of(at), keep, counting);
        sum += weights_of(high, ids_of(at + 4), keep, counting);
    }
    return (sum.x + sum.y) + (sum.z + sum.w);
}

// Of `many` tokens that equal the threshold keeps the first `wanted`: finds the id where they end.
uint tie_limit(uint order, float above, float wanted)
{
    uint limit = 0; // the largest id below which fewer than `wanted` lie
    for (uint bit = 1u << findMSB(vocab); bit != 0; bit >>= 1)
        if (measure(Keep(order, limit | bit), true) - above < wanted && (limit | bit) <= vocab) limit |= bit;
    return limit + 1;
}

// The fewest of the largest tokens within `within` whose measure reaches `goal`.
Keep cut(Keep within, float goal, bool counting)
{
    uint order = 0;
    for (uint bit = 0x80000000u; bit != 0; bit >>= 1) {
        uint higher = order | bit;
        float reached = measure(Keep(higher, vocab), counting);
        if (higher <= within.order || (reached >= goal && reached > 0)) order = higher; // 0: the largest token
    }
    Keep all = within;
    if (order > within.order) all = Keep(order, vocab);
    float above = measure(Keep(all.order, 0), true), ties = measure(all, true) - above;
    float logit = uintBitsToFloat(all.order >> 31 != 0 ? all.order & 0x7fffffffu : ~all.order);
    float one = counting ? 1 : exp(logit * inverse - top);
    float wanted = clamp(ceil((goal - measure(Keep(all.order, 0), counting)) / one), 1, ties);
    uint limit = tie_limit(all.order, above, wanted);
    if (wanted < ties) all.limit = limit;
    return all;
}

// The first id at which the running mass passes `goal`, the last one kept when rounding leaves none; that mass.
uint walk(Keep keep, float goal, out float sum)
{
    uint last = 0;
    sum = 0;
    for (uint at = begin; at < base + vocab; at += 4) {
        uvec4 ids = ids_of(at);
        vec4 weights = weights_of(FETCH(2, logits, at), ids, keep, false);
        UNROLL for (uint i = 0; i < 4; i++)
            if (weights[i] > 0 && sum <= goal) {
                sum += weights[i];
                last = ids[i];
            }
    }
    return last;
}

void main()
{
    const float lowest = -1.0 / 0.0;
    uint row = invocation(), best = vocab;
    if (row >= rows) return;
    base = row * vocab;
    begin = (VECTORS & 4) != 0 ? base & ~3u : base;
    inverse = temperature > 0 ? 1 / temperature : 1;
    float highest = lowest, all, found;
    for (uint at = begin; at < base + vocab; at += 4) { // and the lowest id that holds the largest
        vec4 values = mix(vec4(lowest), FETCH(2, logits, at), lessThan(ids_of(at), uvec4(vocab)));
        UNROLL for (uint i = 0; i < 4; i++)
            if (values[i] > highest) {
                highest = values[i];
                best = ids_of(at)[i];
            }
    }
    top = highest * inverse;
    Keep keep = Keep(0, vocab);
    float mass = measure(keep, false), chosen;
    if (temperature > 0) {
        if (top_k > 0 && top_k < vocab) keep = cut(keep, float(top_k), true);
        if (top_p < 1) keep = cut(keep, top_p * measure(keep, false), false);
        walk(keep, 1.0 / 0.0, all);
        uvec2 row_key = uvec2(key[first(3) + row * 2], key[first(3) + row * 2 + 1]);
        best = walk(keep, philox_uniform(row_key, position[first(4) + row]) * all, found);
    }
    best = min(best, vocab - 1);
    uint place = (VECTORS & 4) != 0 ? (base + best) % 4 : 0;
    token[first(0) + row] = best;
    logp[first(1) + row] = FETCH(2, logits, base + best - place)[place] * inverse - top - log(mass);
}
