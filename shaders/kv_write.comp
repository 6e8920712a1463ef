// kv_write: cache[place[i]] = x[row[i]]: new keys or values join their sequences, in the cache's format
// C twin: r0i_cpu_kv_write. Grid: one invocation per element; of 16 bits, every other one writes two.
// Constants: 0 workgroup size, 4 the cache's format (halves.glsl).
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint count; uint cols; uint format;
#include "common.glsl"
#include "halves.glsl"

layout(binding = 0) writeonly buffer Cache { float cache[]; };
layout(binding = 0) writeonly buffer CacheWords { uint cache_words[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Row { uint row[]; };
layout(binding = 3) readonly buffer Place { uint place[]; };

void main()
{
    uint index = invocation();
    if (index >= count * cols) return;
    uint i = index / cols, c = index % cols, from = first(1) + row[first(2) + i] * cols + c;
    uint to = place[first(3) + i] * cols + c;
    if (FORMAT == 0) cache[first(0) + to] = x[from];
    else if (c % 2 == 0) cache_words[first(0) + to / 2] = narrow(x[from], FORMAT) | narrow(x[from + 1], FORMAT) << 16;
}
