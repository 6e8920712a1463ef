// attention_join: y = the attention of a row's head, from what attention_decode left of every `split` positions: the
// sum, and behind all of these the largest score and the total.
// C twin: r0i_cpu_attention_join, with the maths. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows, heads, parts, dim, split, window;
#include "common.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer Sums { float sums[]; };
layout(binding = 2) readonly buffer LengthOf { uint length_of[]; };

void main()
{
    uint i = invocation(), unit = i / dim, a = unit / heads;
    if (a >= rows) return;
    uint stop = length_of[first(2) + a], from = window == 0 || stop < window ? 0 : stop - window;
    uint begin = from / split, end = (stop + split - 1) / split;
    uint at = first(1) + unit * parts * dim + i % dim, tops = first(1) + (rows * heads * dim + unit * 2) * parts;
    float most = sums[tops + 2 * begin], sum = 0, total = 0;
    for (uint p = begin + 1; p < end; p++) most = max(most, sums[tops + 2 * p]);
    for (uint p = begin; p < end; p++) {
        float top = sums[tops + 2 * p], keep = top < most ? exp(top - most) : 1;
        total = fma(sums[tops + 2 * p + 1], keep, total);
        sum = fma(sums[at + p * dim], keep, sum);
    }
    y[first(0) + i] = sum / total;
}
