// token_logp_forward on CPU devices: logp, entropy, certainty, lse of rows of logits; see token_logp_forward.comp
// C twin: r0i_cpu_token_logp_forward. Grid: one subgroup per row, or one lane; see cpu_lanes.glsl. Constants: 0
// workgroup size, 1 ALONE, 3 vectors, 5 LANES.
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

float sum_of(vec4 values)
{
    float sum = (values.x + values.y) + (values.z + values.w);
    return ALONE != 0 ? sum : lanes_sum(sum);
}

const float LOWEST = -1.0 / 0.0;

void give(uint row, uint base, float top, float mass, float moment, float sum)
{
    float log_mass = log(mass);
    uint hit = base + fetch_word(target, 5, row), place = (VECTORS & 16) != 0 ? hit % 4 : 0;
    float chosen = FETCH(4, logits, hit - place)[place];
    logp[first(0) + row] = chosen * inv_temperature - top - log_mass;
    entropy[first(1) + row] = log_mass - moment / mass;
    certainty[first(2) + row] = log_mass - sum / float(vocab) - log(float(vocab));
    lse[first(3) + row] = top + log_mass;
}

// A row may begin and end within a vector of four, whose other numbers are its neighbours': they count as `rest`.
vec4 own_part(vec4 values, uint at, uint begin, uint end, float rest)
{
    uvec4 i = uvec4(at, at + 1, at + 2, at + 3);
    return mix(values, vec4(rest), notEqual(uvec4(greaterThanEqual(i, uvec4(begin))) & uvec4(lessThan(i, uvec4(end))),
                                            uvec4(1)));
}

void alone()
{
    const uint STEP = 8; // elements of a turn
    uint row = invocation();
    if (row >= rows) return;
    uint base = row * vocab, end = base + vocab, begin = (VECTORS & 16) != 0 ? base & ~3u : base;
    vec4 tops = vec4(LOWEST);
    for (uint at = begin; at < end; at += STEP) {
        vec4 values[STEP / 4];
        UNROLL for (uint i = 0; i < STEP / 4; i++) values[i] = FETCH(4, logits, at + 4 * i) * inv_temperature;
        UNROLL for (uint i = 0; i < STEP / 4; i++) tops = max(tops, own_part(values[i], at + 4 * i, base, end, LOWEST));
    }
    float top = max(max(tops.x, tops.y), max(tops.z, tops.w));
    vec4 masses = vec4(0), moments = vec4(0), sums = vec4(0);
    for (uint at = begin; at < end; at += STEP) {
        vec4 values[STEP / 4];
        UNROLL for (uint i = 0; i < STEP / 4; i++) values[i] = FETCH(4, logits, at + 4 * i) * inv_temperature - top;
        UNROLL for (uint i = 0; i < STEP / 4; i++) {
            vec4 p = own_part(exp(values[i]), at + 4 * i, base, end, 0);
            vec4 z = own_part(values[i], at + 4 * i, base, end, 0);
            masses += p;
            moments += p * z;
            sums += z;
        }
    }
    give(row, base, top, sum_of(masses), sum_of(moments), sum_of(sums));
}

void together()
{
    uint row = lanes_row(), lane = gl_SubgroupInvocationID, base = row * vocab;
    if (row >= rows) return;
    vec4 tops = vec4(LOWEST);
    for (uint j = lane * 4; j < vocab; j += LANES * 4)
        tops = max(tops, lanes_inside(FETCH(4, logits, base + j) * inv_temperature, j, vocab, LOWEST));
    float top = lanes_max(max(max(tops.x, tops.y), max(tops.z, tops.w)));
    vec4 masses = vec4(0), moments = vec4(0), sums = vec4(0); // relative to the largest, so that nothing overflows
    for (uint j = lane * 4; j < vocab; j += LANES * 4) {
        vec4 z = FETCH(4, logits, base + j) * inv_temperature - top, p = lanes_inside(exp(z), j, vocab, 0);
        z = lanes_inside(z, j, vocab, 0);
        masses += p;
        moments += p * z;
        sums += z;
    }
    float mass = sum_of(masses), moment = sum_of(moments), sum = sum_of(sums);
    if (lane == 0) give(row, base, top, mass, moment, sum);
}

void main()
{
    if (ALONE != 0) alone();
    else together();
}
