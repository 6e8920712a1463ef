// grpo_loss: d loss / d logp of every token of a mini-batch's part, by the formulas of >>grpo in r0.h: the surrogate
// clipped at both ends of the ratio, perhaps the dual clip, and the k3 estimate of the KL to the reference.
// C twin: r0i_cpu_grpo_loss. Grid: one team per response (team.glsl). Constants: 0 workgroup size, 1 team.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint sequences; uint tokens; float clip_low; float clip_high; float dual_clip; float kl_coef; uint whole;
#include "common.glsl"
#include "team.glsl"

layout(binding = 0) writeonly buffer Dlogp { float dlogp[]; };
layout(binding = 1) readonly buffer Logp { float logp[]; };
layout(binding = 2) readonly buffer Old { float logp_old[]; };
layout(binding = 3) readonly buffer Ref { float logp_ref[]; };
layout(binding = 4) readonly buffer Weight { float weight[]; };
layout(binding = 5) readonly buffer Advantage { float advantage[]; };
layout(binding = 6) readonly buffer First { int response[]; };

float log_ratio(uint t)
{
    return logp[first(1) + t] - logp_old[first(2) + t];
}

// d / d logp of max(-a rho, -a clip(rho)), at most -dual_clip a where a is negative.
float surrogate_slope(float ratio, float a)
{
    if (a > 0 && ratio > 1 + clip_high) return 0;
    if (a < 0 && ratio < 1 - clip_low) return 0;
    if (a < 0 && dual_clip > 0 && ratio > dual_clip) return 0;
    return a == 0 ? 0 : -a * ratio;
}

// e^d - 1 without the cancellation near 0, where all tokens are as long as the policy is near the reference.
float exp_minus_1(float d)
{
    return abs(d) < 0.1 ? d * (1 + d * (0.5 + d * (1.0 / 6 + d * (1.0 / 24 + d / 120)))) : exp(d) - 1;
}

// d / d logp of k3 = e^d - 1 - d with d = ref - logp; flat where k3 exceeds 10.
float kl_slope(float d)
{
    float grown = exp_minus_1(d);
    return grown - d > 10 ? 0 : -grown;
}

void main()
{
    uint s = team_index();
    if (s >= sequences) return;
    uint begin = uint(response[first(6) + s]), end = uint(response[first(6) + s + 1]);
    float a = advantage[first(5) + s], mean = 0;
    if (whole != 0) {
        float sum = 0, count = 0;
        for (uint t = begin + team_lane(); t < end; t += TEAM)
            if (weight[first(4) + t] != 0) sum += log_ratio(t), count += 1;
        mean = team_sum(sum) / max(1, team_sum(count));
    }
    for (uint t = begin + team_lane(); t < end; t += TEAM) {
        float log_rho = whole != 0 ? mean : log_ratio(t);
        float slope = abs(log_rho) > 20 ? 0 : surrogate_slope(exp(log_rho), a); // as r0i_rho: flat beyond e^20
        slope += kl_coef * kl_slope(logp_ref[first(3) + t] - logp[first(1) + t]);
        dlogp[first(0) + t] = weight[first(4) + t] != 0 ? weight[first(4) + t] * slope : 0;
    }
}
