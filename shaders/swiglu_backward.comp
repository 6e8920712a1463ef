// swiglu_backward: dup = dy silu(g), dgate = dy up s (1 + g (1 - s)) with s = 1 / (1 + exp(-g))
// C twin: r0i_cpu_swiglu_backward. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"

layout(binding = 0) writeonly buffer Dgate { float dgate[]; };
layout(binding = 1) writeonly buffer Dup { float dup[]; };
layout(binding = 2) readonly buffer Dy { float dy[]; };
layout(binding = 3) readonly buffer Gate { float gate[]; };
layout(binding = 4) readonly buffer Up { float up[]; };

void main()
{
    uint i = invocation();
    if (i >= count) return;
    float d = dy[first(2) + i], g = gate[first(3) + i], u = up[first(4) + i], s = 1 / (1 + exp(-g));
    dgate[first(0) + i] = d * u * s * (1 + g * (1 - s));
    dup[first(1) + i] = d * g * s;
}
