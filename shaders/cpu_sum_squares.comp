// sum_squares on CPU devices: partial[b] = the sum of the squares of elements 4096 b .. 4096 b + 4095
// C twin: r0i_cpu_sum_squares. Grid: one invocation per block of 4096; see cpu.glsl. Constants: 0 workgroup
// size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; float value;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Partial { float partial[]; };
TEXEL_INPUT(1, x);

void main()
{
    uint begin = invocation() * 4096;
    if (begin >= count) return;
    uint end = min(begin + 4096, count);
    vec4 sum = vec4(0);
    for (uint at = begin; at < end; at += 16) {
        vec4 values[4];
        UNROLL for (uint i = 0; i < 4; i++) values[i] = FETCH(1, x, at + 4 * i);
        UNROLL for (uint i = 0; i < 4; i++) {
            uint e = at + 4 * i;
            values[i] = mix(values[i], vec4(0), greaterThanEqual(uvec4(e, e + 1, e + 2, e + 3), uvec4(end)));
            sum = fma(values[i], values[i], sum);
        }
    }
    partial[first(0) + invocation()] = (sum.x + sum.y) + (sum.z + sum.w);
}
