// swiglu_backward on CPU devices: dup = dy silu(g), dgate = dy up s (1 + g (1 - s)) with s = 1 / (1 + exp(-g))
// C twin: r0i_cpu_swiglu_backward. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer DgateVectors { vec4 dgate[]; };
layout(binding = 0) writeonly buffer DgateFloats { float dgate_floats[]; };
layout(binding = 1) writeonly buffer DupVectors { vec4 dup[]; };
layout(binding = 1) writeonly buffer DupFloats { float dup_floats[]; };
TEXEL_INPUT(2, dy);
TEXEL_INPUT(3, gate);
TEXEL_INPUT(4, up);

void main()
{
    uint at = invocation() * 4;
    if (at >= count) return;
    vec4 d = FETCH(2, dy, at), g = FETCH(3, gate, at), u = FETCH(4, up, at), s = 1 / (1 + exp(-g));
    vec4 gate_part = d * u * s * (1 + g * (1 - s)), up_part = d * g * s;
    STORE(0, dgate, dgate_floats, at, count, gate_part);
    STORE(1, dup, dup_floats, at, count, up_part);
}
