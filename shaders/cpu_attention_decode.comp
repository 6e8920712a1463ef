// attention_decode on CPU devices: y_a = sum_j p_aj v_j over the first length[a] cached keys of slot[a]
// Four keys at a time, as vectors: an invocation fetches them once for HEADS query heads that share them.
// C twin: r0i_cpu_attention_decode. Grid: one invocation per (row, HEADS query heads). Constants: 0 workgroup size,
// 1 HEADS, 2 head size, 3 vectors.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; uint capacity; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 4) readonly buffer Slot { uint slot[]; };
layout(binding = 5) readonly buffer LengthOf { uint length_of[]; };
TEXEL_INPUT(1, q);
TEXEL_INPUT(2, cache_k);
TEXEL_INPUT(3, cache_v);

const uint KEYS = 4;

void main()
{
    uint head = invocation() * HEADS;
    if (head >= rows * heads) return;
    uint a = head / heads, g = head % heads / (heads / kv_heads);
    uint keys = length_of[first(5) + a], slot_first = slot[first(4) + a] * capacity;
    vec4 query[HEADS * QUADS], sum[HEADS * QUADS];
    float top[HEADS], total[HEADS];
    UNROLL for (uint h = 0; h < HEADS; h++) {
        top[h] = -1.0 / 0.0;
        total[h] = 0;
    }
    UNROLL for (uint d = 0; d < HEADS * QUADS; d++) {
        query[d] = FETCH(1, q, head * D + 4 * d) * scale;
        sum[d] = vec4(0);
    }
    for (uint j0 = 0; j0 < keys; j0 += KEYS) {
        uint at[KEYS];
        vec4 dots[HEADS * KEYS], p[HEADS];
        UNROLL for (uint s = 0; s < KEYS; s++) {
            at[s] = ((slot_first + min(j0 + s, keys - 1)) * kv_heads + g) * QUADS;
            UNROLL for (uint h = 0; h < HEADS; h++) dots[h * KEYS + s] = vec4(0);
            UNROLL for (uint d = 0; d < QUADS; d++) {
                vec4 key = FETCH_TEXEL(2, cache_k, texels[2] + at[s] + d);
                UNROLL for (uint h = 0; h < HEADS; h++)
                    dots[h * KEYS + s] = fma(query[h * QUADS + d], key, dots[h * KEYS + s]);
            }
        }
        UNROLL for (uint h = 0; h < HEADS; h++) {
            vec4 score = vec4(-1.0 / 0.0);
            UNROLL for (uint s = 0; s < KEYS; s++)
                if (j0 + s < keys) score[s] = sum_of(dots[h * KEYS + s]);
            float higher = max(top[h], largest_of(score)), keep = higher > top[h] ? exp(top[h] - higher) : 1;
            p[h] = exp(score - higher);
            total[h] = total[h] * keep + sum_of(p[h]);
            top[h] = higher;
            UNROLL for (uint d = 0; d < QUADS; d++) sum[h * QUADS + d] *= keep;
        }
        UNROLL for (uint d = 0; d < QUADS; d++) {
            vec4 values[KEYS];
            UNROLL for (uint s = 0; s < KEYS; s++) values[s] = FETCH_TEXEL(3, cache_v, texels[3] + at[s] + d);
            UNROLL for (uint h = 0; h < HEADS; h++) {
                vec4 running = sum[h * QUADS + d];
                UNROLL for (uint s = 0; s < KEYS; s++) running = fma(vec4(p[h][s]), values[s], running);
                sum[h * QUADS + d] = running;
            }
        }
    }
    UNROLL for (uint d = 0; d < HEADS * QUADS; d++) y[(first(0) + head * D) / 4 + d] = sum[d] / total[d / QUADS];
}
