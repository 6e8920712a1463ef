// kv_round: y = the nearest number of the cache's format, in place
// C twin: r0i_cpu_kv_round. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; uint format;
#include "common.glsl"
#include "halves.glsl"

layout(binding = 0) buffer Y { float y[]; };

void main()
{
    uint i = invocation();
    if (i < count) y[first(0) + i] = widen(narrow(y[first(0) + i], format), format).x;
}
