// embedding_forward on CPU devices: y[t] = table[ids[t]]; first_id and count as in embedding_forward.comp
// C twin: r0i_cpu_embedding_forward. Grid: one invocation per 4 elements; see cpu.glsl. Constants: 0 workgroup
// size, 3 vectors, 4 format of the table.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint cols; uint first_id; uint count; uint format;
#include "common.glsl"
#include "cpu.glsl"
#include "weights.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
TEXEL_INPUT(1, ids);
TEXEL_INPUT(2, table);

void main()
{
    uint at = invocation() * 4;
    if (at >= rows * cols) return;
    uint id = fetch_word(ids, 1, at / cols) - first_id, from = id * cols + at % cols;
    if (id >= count) return;
    vec4 value;
    if (FORMAT == 0) {
        value = FETCH(2, table, from);
    } else { // eight numbers to a texel
        uvec4 words = floatBitsToUint(FETCH_TEXEL(2, table, texels[2] + from / 8));
        uvec2 pairs = from % 8 == 0 ? words.xy : words.zw;
        value = vec4(widen(pairs.x, 0), widen(pairs.x, 1), widen(pairs.y, 0), widen(pairs.y, 1));
    }
    y[(first(0) + at) / 4] = value;
}
