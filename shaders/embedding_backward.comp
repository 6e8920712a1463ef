// embedding_backward: dtable[ids[u] - first_id] += sum of dy[order[j]] for j in starts[u] .. starts[u+1], where that
// row is below count
// The caller has grouped the rows by token, so every row of the table has one writer and the sum one order: no
// atomics.
// C twin: r0i_cpu_embedding_backward. Grid: one invocation per (u, column); rows = U. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; uint first_id; uint count; uint format;
#include "common.glsl"

layout(binding = 0) buffer Dtable { float dtable[]; };
layout(binding = 1) readonly buffer Dy { float dy[]; };
layout(binding = 2) readonly buffer Order { uint order[]; };
layout(binding = 3) readonly buffer Starts { uint starts[]; };
layout(binding = 4) readonly buffer Ids { uint ids[]; };

void main()
{
    uint i = invocation();
    if (i >= rows * cols) return;
    uint u = i / cols, c = i % cols, id = ids[first(4) + u] - first_id;
    if (id >= count) return;
    uint end = starts[first(3) + u + 1];
    float sum = 0;
    for (uint j = starts[first(3) + u]; j < end; j++) sum += dy[first(1) + order[first(2) + j] * cols + c];
    dtable[first(0) + id * cols + c] += sum;
}
