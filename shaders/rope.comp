// rope: rotates every head's pairs (x_i, x_{i+D/2}) in place by the angle of the row's position
// sign -1 is the inverse rotation, which is the backward pass. Halves, as Hugging Face has it, not neighbors.
// C twin: r0i_cpu_rope. Grid: one invocation per pair. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint dim; float sign_of;
#include "common.glsl"

layout(binding = 0) buffer X { float x[]; };
layout(binding = 1) readonly buffer Position { uint position[]; };
layout(binding = 2) readonly buffer Table { float table[]; };

void main()
{
    uint i = invocation(), pairs = dim / 2;
    if (i >= rows * heads * pairs) return;
    uint pair = i % pairs, head = i / pairs, row = head / heads;
    uint angle = first(2) + (position[first(1) + row] * pairs + pair) * 2;
    float c = table[angle], s = table[angle + 1] * sign_of;
    uint low = first(0) + head * dim + pair, high = low + pairs;
    float a = x[low], b = x[high];
    x[low] = a * c - b * s;
    x[high] = b * c + a * s;
}
