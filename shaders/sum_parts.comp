// sum_parts: y = sum over parts of x (parts, count), in order; accumulate: y += instead of y =
// C twin: r0i_cpu_sum_parts. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; uint parts; uint accumulate;
#include "common.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };

void main()
{
    uint i = invocation();
    if (i >= count) return;
    float sum = 0;
    for (uint part = 0; part < parts; part += 4) {
        float values[4];
        UNROLL for (uint j = 0; j < 4; j++) values[j] = x[first(1) + min(part + j, parts - 1) * count + i];
        UNROLL for (uint j = 0; j < 4; j++)
            if (part + j < parts) sum += values[j];
    }
    y[first(0) + i] = accumulate != 0 ? y[first(0) + i] + sum : sum;
}
