// token_logp_forward on CPU devices: logp, entropy, certainty, lse of rows of logits; see token_logp_forward.comp
// C twin: r0i_cpu_token_logp_forward. Grid: one subgroup per row; see cpu_lanes.glsl. Constants: 0 workgroup
// size, 3 vectors, 5 LANES.
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
    return lanes_sum((values.x + values.y) + (values.z + values.w));
}

void main()
{
    const float lowest = -1.0 / 0.0;
    uint row = lanes_row(), lane = gl_SubgroupInvocationID, base = row * vocab;
    if (row >= rows) return;
    vec4 tops = vec4(lowest);
    for (uint j = lane * 4; j < vocab; j += LANES * 4)
        tops = max(tops, lanes_inside(FETCH(4, logits, base + j) * inv_temperature, j, vocab, lowest));
    float top = lanes_max(max(max(tops.x, tops.y), max(tops.z, tops.w)));
    vec4 masses = vec4(0), moments = vec4(0), sums = vec4(0); // relative to the largest, so that nothing overflows
    for (uint j = lane * 4; j < vocab; j += LANES * 4) {
        vec4 z = FETCH(4, logits, base + j) * inv_temperature - top, p = lanes_inside(exp(z), j, vocab, 0);
        z = lanes_inside(z, j, vocab, 0);
        masses += p;
        moments += p * z;
        sums += z;
    }
    float mass = sum_of(masses), moment = sum_of(moments), sum = sum_of(sums), log_mass = log(mass);
    uint hit = base + fetch_word(target, 5, row), place = (VECTORS & 16) != 0 ? hit % 4 : 0;
    float chosen = FETCH(4, logits, hit - place)[place];
    if (lane != 0) return;
    logp[first(0) + row] = chosen * inv_temperature - top - log_mass;
    entropy[first(1) + row] = log_mass - moment / mass;
    certainty[first(2) + row] = log_mass - sum / float(vocab) - log(float(vocab));
    lse[first(3) + row] = top + log_mass;
}
