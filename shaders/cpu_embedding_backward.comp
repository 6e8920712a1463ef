// embedding_backward on CPU devices: dtable[ids[u]] += sum of dy[order[j]] for j in starts[u] .. starts[u+1]
// C twin: r0i_cpu_embedding_backward. Grid: one invocation per (u, 4 columns); rows = U; see cpu.glsl.
// Constants: 0 workgroup size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; uint first_id; uint count; uint format;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Dtable { vec4 dtable[]; };
TEXEL_INPUT(0, dtable_before);
TEXEL_INPUT(1, dy);
TEXEL_INPUT(2, order);
TEXEL_INPUT(3, starts);
TEXEL_INPUT(4, ids);

void main()
{
    uint at = invocation() * 4, u = at / cols, c = at % cols;
    if (u >= rows) return;
    uint id = fetch_word(ids, 4, u) - first_id, end = fetch_word(starts, 3, u + 1);
    if (id >= count) return;
    vec4 sum = vec4(0);
    for (uint j = fetch_word(starts, 3, u); j < end; j++)
        sum += FETCH(1, dy, fetch_word(order, 2, j) * cols + c);
    dtable[(first(0) + id * cols + c) / 4] = FETCH(0, dtable_before, id * cols + c) + sum;
}
