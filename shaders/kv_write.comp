// kv_write: cache[slot[i]][position[i]] = x[row[i]]: new keys or values join their sequences
// C twin: r0i_cpu_kv_write. Grid: one invocation per element. Constants: 0 workgroup size.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; uint cols; uint capacity;
#include "common.glsl"

layout(binding = 0) writeonly buffer Cache { float cache[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Row { uint row[]; };
layout(binding = 3) readonly buffer Slot { uint slot[]; };
layout(binding = 4) readonly buffer Position { uint position[]; };

void main()
{
    uint index = invocation();
    if (index >= count * cols) return;
    uint i = index / cols, c = index % cols;
    uint to = slot[first(3) + i] * capacity + position[first(4) + i];
    cache[first(0) + to * cols + c] = x[first(1) + row[first(2) + i] * cols + c];
}
