// token_logp_backward: dlogits = (onehot(target) - p) dlogp / T with p = exp(logits / T - lse); may be in place
// C twin: r0i_cpu_token_logp_backward. Grid: one invocation per logit. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint vocab; float inv_temperature;
#include "common.glsl"

layout(binding = 0) writeonly buffer Dlogits { float dlogits[]; };
layout(binding = 1) readonly buffer Logits { float logits[]; };
layout(binding = 2) readonly buffer Lse { float lse[]; };
layout(binding = 3) readonly buffer Target { uint target[]; };
layout(binding = 4) readonly buffer Dlogp { float dlogp[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * vocab) return;
    uint row = i / vocab, hit = target[first(3) + row];
    float p = exp(logits[first(1) + i] * inv_temperature - lse[first(2) + row]);
    dlogits[first(0) + i] = ((i % vocab == hit ? 1 : 0) - p) * dlogp[first(4) + row] * inv_temperature;
}
