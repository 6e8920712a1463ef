// token_logp_forward: z = logits / T; lse = log sum exp z; logp = z[target] - lse; entropy = lse - sum p z;
// certainty = lse - mean z - log V (self-certainty: KL of the uniform distribution from p)
// C twin: r0i_cpu_token_logp_forward. Grid: one team per row (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float inv_temperature;
#include "common.glsl"
#include "team.glsl"

layout(binding = 0) writeonly buffer Logp { float logp[]; };
layout(binding = 1) writeonly buffer Entropy { float entropy[]; };
layout(binding = 2) writeonly buffer Certainty { float certainty[]; };
layout(binding = 3) writeonly buffer Lse { float lse[]; };
layout(binding = 4) readonly buffer Logits { float logits[]; };
layout(binding = 5) readonly buffer Target { uint target[]; };

void main()
{
    uint row = team_index();
    if (row >= rows) return;
    uint base = first(4) + row * vocab;
    float top = -3e38;
    for (uint j = team_lane(); j < vocab; j += TEAM) top = max(top, logits[base + j] * inv_temperature);
    top = team_max(top);
    float mass = 0, moment = 0, sum = 0; // relative to the largest, so that nothing overflows
    for (uint j = team_lane(); j < vocab; j += TEAM) {
        float z = logits[base + j] * inv_temperature - top, p = exp(z);
        mass += p;
        moment += p * z;
        sum += z;
    }
    mass = team_sum(mass);
    moment = team_sum(moment);
    sum = team_sum(sum);
    if (team_lane() != 0) return;
    float log_mass = log(mass);
    logp[first(0) + row] = logits[base + target[first(5) + row]] * inv_temperature - top - log_mass;
    entropy[first(1) + row] = log_mass - moment / mass;
    certainty[first(2) + row] = log_mass - sum / float(vocab) - log(float(vocab));
    lse[first(3) + row] = top + log_mass;
}
