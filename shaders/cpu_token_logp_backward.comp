// token_logp_backward on CPU devices: dlogits = (onehot(target) - p) dlogp / T, p = exp(logits / T - lse); may be in
// place
// C twin: r0i_cpu_token_logp_backward. Grid: one subgroup per row, or one lane; see cpu_lanes.glsl. Constants: 0
// workgroup size, 1 ALONE, 3 vectors, 5 LANES.
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

void alone()
{
    uint row = invocation();
    if (row >= rows) return;
    uint base = row * vocab, end = base + vocab, hit = base + fetch_word(target, 3, row);
    float row_lse = fetch_one(lse, 2, row), weight = fetch_one(dlogp, 4, row) * inv_temperature;
    for (uint at = (VECTORS & 2) != 0 ? base & ~3u : base; at < end; at += 4) {
        vec4 p = exp(FETCH(1, logits, at) * inv_temperature - row_lse);
        vec4 grad = (vec4(equal(uvec4(at, at + 1, at + 2, at + 3), uvec4(hit))) - p) * weight;
        UNROLL for (uint i = 0; i < 4; i++)
            if (at + i >= base && at + i < end) dlogits_floats[first(0) + at + i] = grad[i];
    }
}

void together()
{
    uint row = lanes_row(), base = row * vocab;
    if (row >= rows) return;
    float row_lse = fetch_one(lse, 2, row), weight = fetch_one(dlogp, 4, row) * inv_temperature;
    uint hit = fetch_word(target, 3, row);
    for (uint j = gl_SubgroupInvocationID * 4; j < vocab; j += LANES * 4) {
        vec4 p = exp(FETCH(1, logits, base + j) * inv_temperature - row_lse);
        vec4 grad = (vec4(equal(uvec4(j, j + 1, j + 2, j + 3), uvec4(hit))) - p) * weight;
        if ((VECTORS & 1) != 0) dlogits[(first(0) + base + j) / 4] = grad;
        else UNROLL for (uint i = 0; i < 4; i++)
            if (j + i < vocab) dlogits_floats[first(0) + base + j + i] = grad[i];
    }
}

void main()
{
    if (ALONE != 0) alone();
    else together();
}
