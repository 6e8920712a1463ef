// rope on CPU devices: rotates the pairs (x_i, x_{i+D/2}) of every head in place
// C twin: r0i_cpu_rope. Grid: one invocation per 4 pairs; see cpu.glsl. Constants: 0 workgroup size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint dim; float sign_of;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer XVectors { vec4 x[]; };
layout(binding = 0) writeonly buffer XFloats { float x_floats[]; };
layout(binding = 1) readonly buffer Position { uint position[]; };
TEXEL_INPUT(0, x_before);
TEXEL_INPUT(2, table);

void main()
{
    uint i = invocation() * 4, pairs = dim / 2;
    if (i >= rows * heads * pairs) return;
    uint pair = i % pairs, head = i / pairs, low = head * dim + pair, high = low + pairs;
    uint angle = (position[first(1) + head / heads] * pairs + pair) * 2;
    vec4 a = FETCH(0, x_before, low), b = FETCH(0, x_before, high);
    vec4 two = FETCH(2, table, angle), more = FETCH(2, table, angle + 4);
    vec4 c = vec4(two.xz, more.xz), s = vec4(two.yw, more.yw) * sign_of;
    x[(first(0) + low) / 4] = a * c - b * s;
    x[(first(0) + high) / 4] = b * c + a * s;
}
