// token_logp_forward on CPU devices: logp, entropy, certainty, lse of rows of logits; see token_logp_forward.comp
// One pass with one exponential a logit. With m the largest logit so far and x = (logit - m) / (T ln 2), a lane keeps
//     mass = sum 2^x    moment = sum 2^x x    sum = sum logit
// and where a turn of the loop finds a larger m, by d = (old m - new m) / (T ln 2) < 0:
//     mass' = 2^d mass    moment' = 2^d (moment + d mass)
// The same joins the lanes. At the end ln sum exp z = m / T + ln mass and sum p (z - m / T) = ln 2 moment / mass.
// C twin: r0i_cpu_token_logp_forward. Grid: one subgroup per row, or one lane; see cpu_lanes.glsl. Constants: 0
// workgroup size, 1 ALONE, 2 SHIFTED, 3 vectors, 5 LANES.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float inv_temperature;
#include "common.glsl"
#include "cpu_lanes.glsl"

layout(binding = 0) writeonly buffer Logp { float logp[]; };
layout(binding = 1) writeonly buffer Entropy { float entropy[]; };
layout(binding = 2) writeonly buffer Certainty { float certainty[]; };
layout(binding = 3) writeonly buffer Lse { float lse[]; };
TEXEL_INPUT(4, logits);
TEXEL_INPUT(5, target);

const float LOWEST = -1e30; // finite: times a mass of 0 it is 0
const float LN_2 = 0.69314718056;

float top = LOWEST, mass = 0, moment = 0, sum = 0;

float sum_of(vec4 values)
{
    return (values.x + values.y) + (values.z + values.w);
}

float largest_of(vec4 values)
{
    return max(max(values.x, values.y), max(values.z, values.w));
}

// Makes `higher` the logit that mass and moment are relative to. llvmpipe's exp2(0) is 1 - 7.5e-8: too little to be
// multiplied with in every turn.
void lift(float higher, float scale)
{
    float d = (top - higher) * scale, keep = higher > top ? exp2(d) : 1;
    moment = keep * (moment + d * mass);
    mass *= keep;
    top = higher;
}

// Takes the logits of one turn; with `edge`, only those below `end`.
void turn(uint at, float scale, bool edge, uint end)
{
    vec4 values[TURN], tops = vec4(LOWEST), masses = vec4(0), moments = vec4(0), sums = vec4(0);
    LANES_FETCH(4, logits, at, values);
    UNROLL for (uint i = 0; i < TURN; i++) {
        if (edge) values[i] = lanes_inside(values[i], at + 4 * i, end, LOWEST);
        tops = max(tops, values[i]);
    }
    lift(max(top, largest_of(tops)), scale);
    UNROLL for (uint i = 0; i < TURN; i++) {
        vec4 x = (values[i] - top) * scale, p = exp2(x);
        masses += p;
        moments += p * x;
        sums += edge ? lanes_inside(values[i], at + 4 * i, end, 0) : values[i];
    }
    mass += sum_of(masses);
    moment += sum_of(moments);
    sum += sum_of(sums);
}

void give(uint row)
{
    uint base = row * vocab, hit = base + fetch_word(target, 5, row), place = (VECTORS & 16) != 0 ? hit % 4 : 0;
    float log_mass = log(mass), chosen = FETCH(4, logits, hit - place)[place];
    logp[first(0) + row] = (chosen - top) * inv_temperature - log_mass;
    entropy[first(1) + row] = log_mass - moment / mass * LN_2;
    certainty[first(2) + row] = log_mass - (sum / float(vocab) - top) * inv_temperature - log(float(vocab));
    lse[first(3) + row] = top * inv_temperature + log_mass;
}

void main()
{
    uint row = ALONE != 0 ? invocation() : lanes_row(), lane = ALONE != 0 ? 0 : gl_SubgroupInvocationID;
    if (row >= rows) return;
    uint skip = 4 * TURN * lane, span = 4 * TURN * (ALONE != 0 ? 1 : LANES);
    uint base = row * vocab, end = base + vocab, at = base + skip;
    float scale = inv_temperature / LN_2;
    turn(at, scale, true, end); // apart from the loop, which llvmpipe then makes 10 % faster
    for (at += span; at - skip + span <= end; at += span) turn(at, scale, false, end);
    if (at - skip < end) turn(at, scale, true, end);
    if (ALONE == 0) {
        lift(lanes_max(top), scale);
        mass = lanes_sum(mass);
        moment = lanes_sum(moment);
        sum = lanes_sum(sum);
    }
    if (lane == 0) give(row);
}
