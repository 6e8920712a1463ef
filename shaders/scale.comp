// scale: y *= value
// C twin: r0i_cpu_scale. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"

layout(binding = 0) buffer Y { float y[]; };

void main()
{
    uint i = invocation();
    if (i < count) y[first(0) + i] *= value;
}
