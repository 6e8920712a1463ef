// kv_write on CPU devices: cache[slot[i]][position[i]] = x[row[i]]: new keys or values join their sequences
// C twin: r0i_cpu_kv_write. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup size,
// 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; uint cols; uint capacity;
#include "common.glsl"
#include "cpu.glsl"

layout(binding = 0) writeonly buffer Cache { vec4 cache[]; };
TEXEL_INPUT(1, x);
TEXEL_INPUT(2, row);
TEXEL_INPUT(3, slot);
TEXEL_INPUT(4, position);

void main()
{
    uint at = invocation() * 4;
    if (at >= count * cols) return;
    uint i = at / cols, c = at % cols, to = fetch_word(slot, 3, i) * capacity + fetch_word(position, 4, i);
    cache[(first(0) + to * cols + c) / 4] = FETCH(1, x, fetch_word(row, 2, i) * cols + c);
}
