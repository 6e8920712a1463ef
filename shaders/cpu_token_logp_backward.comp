// token_logp_backward on CPU devices: dlogits = (onehot(target) - p) dlogp / T, p = exp(logits / T - lse); may be in
// place. A store costs more than what it stores, and the least in whole vectors: of a row that begins or ends within
// one, those few elements are stored one by one (SHIFTED).
// C twin: r0i_cpu_token_logp_backward. Grid: one subgroup per row, or one lane; see cpu_lanes.glsl. Constants: 0
// workgroup size, 1 ALONE, 2 SHIFTED, 3 vectors, 5 LANES.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float inv_temperature;
#include "common.glsl"
#include "cpu_lanes.glsl"

layout(binding = 0) writeonly buffer DlogitsVectors { vec4 dlogits[]; };
layout(binding = 0) writeonly buffer DlogitsFloats { float dlogits_floats[]; };
TEXEL_INPUT(1, logits);
TEXEL_INPUT(2, lse);
TEXEL_INPUT(3, target);
TEXEL_INPUT(4, dlogp);

uint hit;
float row_lse, weight;

// Of the logits at .. at + 3.
vec4 gradient(vec4 values, uint at)
{
    vec4 p = exp(values * inv_temperature - row_lse);
    return (vec4(equal(uvec4(at, at + 1, at + 2, at + 3), uvec4(hit))) - p) * weight;
}

float gradient_of_one(uint at)
{
    float value = (VECTORS & 2) != 0 ? FETCH(1, logits, at - at % 4)[at % 4] : fetch_one(logits, 1, at);
    return gradient(vec4(value), at).x;
}

void main()
{
    uint row = ALONE != 0 ? invocation() : lanes_row();
    uint lane = ALONE != 0 ? 0 : gl_SubgroupInvocationID, lanes = ALONE != 0 ? 1 : LANES;
    if (row >= rows) return;
    uint base = row * vocab, end = base + vocab;
    hit = base + fetch_word(target, 3, row);
    row_lse = fetch_one(lse, 2, row);
    weight = fetch_one(dlogp, 4, row) * inv_temperature;
    if ((VECTORS & 3) != 3) { // both must be vectors
        for (uint at = base + lane; at < end; at += lanes) dlogits_floats[first(0) + at] = gradient_of_one(at);
        return;
    }
    uint from = (base + 3) & ~3u, to = max(from, end & ~3u), stride = 4 * lanes; // whole vectors lie in from .. to
    for (uint at = from + 4 * lane; at < to; at += TURN * stride) {
        vec4 values[TURN];
        UNROLL for (uint i = 0; i < TURN; i++) values[i] = FETCH(1, logits, at + i * stride);
        UNROLL for (uint i = 0; i < TURN; i++) values[i] = gradient(values[i], at + i * stride);
        UNROLL for (uint i = 0; i < TURN; i++)
            if (at + i * stride < to) dlogits[(first(0) + at + i * stride) / 4] = values[i];
    }
    if (SHIFTED == 0) return;
    for (uint i = lane; i < 6; i += lanes) { // up to three before the vectors, and three behind
        uint at = i < 3 ? base + i : to + i - 3;
        float value = gradient_of_one(at);
        if (at < (i < 3 ? min(from, end) : end)) dlogits_floats[first(0) + at] = value;
    }
}
