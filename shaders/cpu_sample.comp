// sample on CPU devices: what sample.comp does, with a subgroup or a lane for each row and without shared memory.
// The threshold of a cut is found four bits at a time, in an integer that orders as floats do: a pass over the row
// measures (counts, or sums exp((logit - largest) / T)) what reaches each of the 15 next thresholds, and the largest
// that still holds enough goes on. Thresholds are compared as floats. Where a running measure passes a goal (the draw;
// the last of equal tokens that stays), the lanes measure a part of the ids each, and then parts of the part that holds
// the place.
// A row takes up to 28 passes: R0I_VK_SAMPLED_ROW says how many logits llvmpipe's 65,535 turns of loops suffice for.
// C twin: r0i_cpu_sample. Grid: one subgroup per row, or one lane; see cpu_lanes.glsl. Constants: 0 workgroup size,
// 1 ALONE, 2 SHIFTED, 3 vectors, 5 LANES.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float temperature; uint top_k; float top_p;
#include "common.glsl"
#include "cpu_lanes.glsl"
#include "philox.glsl"

layout(binding = 0) writeonly buffer Token { uint token[]; };
layout(binding = 1) writeonly buffer Logp { float logp[]; };
TEXEL_INPUT(2, logits);
layout(binding = 3) readonly buffer Key { uint key[]; };
layout(binding = 4) readonly buffer Position { uint position[]; };

const uint BITS = 4, STEPS = (1 << BITS) - 1; // thresholds of a pass
const uint ROW_LANES = ALONE != 0 ? 1 : LANES;
const float HIGHEST = 1.0 / 0.0, LOWEST = -HIGHEST;

struct Keep {
    uint order; // tokens above it are kept,
    uint limit; // and of those equal to it the ids below this,
    float most; // but none above this value
};

uint base, end, lane; // of this row's logits
float scale, top;     // 1 / (T ln 2); the largest logit

// The float that `order` stands for; there are none below -infinity, and what is above infinity no float reaches.
float value_of(uint order)
{
    return order < 0x007fffffu ? LOWEST : uintBitsToFloat(order >> 31 != 0 ? order & 0x7fffffffu : ~order);
}

// Orders as the floats do; -0 counts as 0.
uint order_of(float value)
{
    uint bits = value == 0 ? 0 : floatBitsToUint(value);
    return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

vec4 weights_of(vec4 values, bool counting)
{
    return counting ? vec4(1) : exp2((values - top) * scale);
}

float sum_of(vec4 values)
{
    return (values.x + values.y) + (values.z + values.w);
}

// Of the tokens at .. at + 3 those below `to` that are kept: what they weigh.
vec4 kept_weights(vec4 values, uint at, uint to, Keep keep, bool counting)
{
    float least = value_of(keep.order);
    vec4 weights = mix(vec4(0), weights_of(values, counting), greaterThanEqual(values, vec4(least)));
    weights = mix(vec4(0), weights, lessThanEqual(values, vec4(keep.most)));
    vec4 tied = lanes_inside(weights, at, base + keep.limit, 0);
    return lanes_inside(mix(weights, tied, equal(values, vec4(least))), at, to, 0);
}

// How many of the tokens from .. to are kept, or their mass, with `step` between this lane's turns.
float measure(uint from, uint to, uint step, Keep keep, bool counting)
{
    float sum = 0;
    for (uint at = from; at < to; at += step) {
        vec4 values[TURN], sums = vec4(0);
        LANES_FETCH(2, logits, at, values);
        UNROLL for (uint i = 0; i < TURN; i++) sums += kept_weights(values[i], at + 4 * i, to, keep, counting);
        sum += sum_of(sums);
    }
    return sum;
}

float measure_all(Keep keep, bool counting)
{
    float sum = measure(base + 4 * TURN * lane, end, 4 * TURN * ROW_LANES, keep, counting);
    return ALONE != 0 ? sum : lanes_sum(sum);
}

// The largest order whose tokens measure `goal`, at least that of the largest token; `within` is enough for any goal.
uint threshold(Keep within, float goal, bool counting)
{
    uint order = 0;
    for (uint shift = 32; shift > 0;) {
        float reached[STEPS], least[STEPS];
        shift -= BITS;
        UNROLL for (uint j = 0; j < STEPS; j++) {
            reached[j] = 0;
            least[j] = value_of(order | (j + 1) << shift);
        }
        for (uint at = base + 4 * TURN * lane; at < end; at += 4 * TURN * ROW_LANES) {
            vec4 values[TURN];
            LANES_FETCH(2, logits, at, values);
            vec4 weights[TURN];
            UNROLL for (uint i = 0; i < TURN; i++)
                weights[i] = lanes_inside(weights_of(values[i], counting), at + 4 * i, end, 0);
            UNROLL for (uint j = 0; j < STEPS; j++) {
                vec4 sums = vec4(0);
                UNROLL for (uint i = 0; i < TURN; i++)
                    sums += mix(vec4(0), weights[i], greaterThanEqual(values[i], vec4(least[j])));
                reached[j] += sum_of(sums);
            }
        }
        uint digit = 0;
        UNROLL for (uint j = 0; j < STEPS; j++) {
            float all = ALONE != 0 ? reached[j] : lanes_sum(reached[j]);
            bool enough = (order | (j + 1) << shift) <= within.order || (all >= goal && all > 0);
            digit += enough ? 1 : 0;
        }
        order |= digit << shift;
    }
    return order;
}

// Walks the tokens at .. to - 1 of a turn until their running measure `sum` passes `goal`; `last` is the last kept one
// that was met.
void walk(uint at, uint to, Keep keep, bool counting, float goal, inout float sum, inout uint last)
{
    vec4 values[TURN];
    LANES_FETCH(2, logits, at, values);
    UNROLL for (uint i = 0; i < TURN; i++) {
        vec4 weights = kept_weights(values[i], at + 4 * i, to, keep, counting);
        UNROLL for (uint j = 0; j < 4; j++)
            if (weights[j] > 0 && sum <= goal) {
                sum += weights[j];
                last = at + 4 * i + j - base;
            }
    }
}

// The first id at which the running measure of the kept passes `goal`; the last one kept when rounding leaves none.
uint locate(Keep keep, bool counting, float goal)
{
    uint begin = base, to = end, last = 0, part = ALONE != 0 ? 0 : vocab;
    float sum = 0;
    while (part > 4 * TURN) {
        part = ((to - begin + LANES - 1) / LANES + 3) & ~3u;
        uint from = min(begin + part * lane, to);
        float mine = measure(from, min(from + part, to), 4 * TURN, keep, counting), before = 0;
        sum = 0;
        UNROLL for (uint i = 0; i < LANES; i++) {
            float its = subgroupShuffle(mine, i);
            if (its > 0 && sum <= goal) {
                before = sum;
                last = i;
                sum += its;
            }
        }
        goal -= before;
        begin += part * last;
        to = min(begin + part, to);
        last = begin - base;
        sum = 0;
    }
    for (uint at = begin; at < to; at += 4 * TURN) walk(at, to, keep, counting, goal, sum, last);
    return last;
}

// The fewest of the largest tokens within `within` whose measure reaches `goal`; of those that equal the threshold, the
// lowest ids.
Keep cut(Keep within, float goal, bool counting)
{
    uint order = threshold(within, goal, counting);
    Keep all = within, above, ties;
    if (order > within.order) all = Keep(order, vocab, HIGHEST);
    above = Keep(all.order, 0, HIGHEST);
    ties = Keep(all.order, all.limit, value_of(all.order));
    float one = weights_of(vec4(ties.most), counting).x, count = measure_all(ties, true);
    float wanted = clamp(ceil((goal - measure_all(above, counting)) / one), 1, count);
    uint last = locate(ties, true, wanted - 1);
    if (wanted < count) all.limit = last + 1;
    return all;
}

void main()
{
    uint row = ALONE != 0 ? invocation() : lanes_row();
    if (row >= rows) return;
    lane = ALONE != 0 ? 0 : gl_SubgroupInvocationID;
    base = row * vocab, end = base + vocab;
    float inverse = temperature > 0 ? 1 / temperature : 1;
    scale = inverse / 0.69314718056;
    top = LOWEST;
    for (uint at = base + 4 * TURN * lane; at < end; at += 4 * TURN * ROW_LANES) {
        vec4 values[TURN];
        LANES_FETCH(2, logits, at, values);
        UNROLL for (uint i = 0; i < TURN; i++) {
            vec4 inside = lanes_inside(values[i], at + 4 * i, end, LOWEST);
            top = max(top, max(max(inside.x, inside.y), max(inside.z, inside.w)));
        }
    }
    if (ALONE == 0) top = lanes_max(top);
    Keep keep = Keep(0, vocab, HIGHEST);
    float mass = measure_all(keep, false), kept = mass, goal = 0;
    for (uint cuts = 0; cuts < 2; cuts++) { // top-k, then top-p within it
        bool counting = cuts == 0;
        if (temperature <= 0 || (counting ? top_k == 0 || top_k >= vocab : top_p >= 1)) continue;
        keep = cut(keep, counting ? float(top_k) : top_p * kept, counting);
        kept = measure_all(keep, false);
    }
    if (temperature > 0) {
        uvec2 row_key = uvec2(key[first(3) + row * 2], key[first(3) + row * 2 + 1]);
        goal = philox_uniform(row_key, position[first(4) + row]) * kept;
    } else keep.order = order_of(top); // and the first of the largest
    uint id = locate(keep, temperature <= 0, goal);
    if (lane != 0) return;
    uint place = (VECTORS & 4) != 0 ? (base + id) % 4 : 0;
    token[first(0) + row] = id;
    logp[first(1) + row] = (FETCH(2, logits, base + id - place)[place] - top) * inverse - log(mass);
}
