// embedding_forward: y[t] = table[ids[t] - first_id] where that is below count; other rows stay as they are
// C twin: r0i_cpu_embedding_forward. Grid: one invocation per element of y (N,C). Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; uint first_id; uint count; uint format;
#include "common.glsl"
layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer Ids { uint ids[]; };
layout(binding = 2) readonly buffer Table { float table[]; };
layout(binding = 2) readonly buffer TableWords { uint table_words[]; };
#define W_WORD(at) table_words[at]
#include "weights.glsl"
#include "blocks.glsl"

void main()
{
    uint i = invocation();
    if (i >= rows * cols) return;
    uint id = ids[first(1) + i / cols] - first_id; // a token before first_id wraps around, beyond any count
    if (id >= count) return;
    uint col = i % cols, at = id * cols + col;
    if (BLOCKS) y[first(0) + i] = block_quad(id, col & ~3, cols)[col % 4];
    else y[first(0) + i] = FORMAT == 0 ? table[first(2) + at] : widen(table_words[first(2) + at / 2], at % 2);
}
