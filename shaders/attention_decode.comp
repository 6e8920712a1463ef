// attention_decode: y_a = sum_j p_aj v_j over the first length[a] cached keys of row a, the last `window` of them, page
// by page: one new token per active row
// With SPLIT, a workgroup has the keys of so many positions and leaves what attention_join needs.
// Bound by reading the cache once: HEADS query heads share what is read. SIZE keys at a time: for the scores an
// invocation has a key, for the sums a vector of the head and every PARTS-th key.
// C twin: r0i_cpu_attention_decode. Grid: one workgroup per row, key/value head, HEADS of its query heads, and part.
// Constants: those of heads.glsl, 4 the cache's format (halves.glsl), 5 SPLIT, 6 HEADS (at most 8).
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows, heads, kv_heads, dim, page, most; float scale; uint window, format, longest;
#include "common.glsl"
#include "heads.glsl"
#include "halves.glsl"

layout(constant_id = 5) const uint SPLIT = 0;
layout(constant_id = 6) const uint HEADS = 1;
const uint PARTS = QUADS < SIZE ? SIZE / QUADS : 1, EACH = (QUADS + SIZE - 1) / SIZE, STRIPES = 16;
const float LOWEST = -3e38; // fast math knows no infinity
const uint AHEAD = 4; // vectors read before they are used
const uint HELD = HEADS * EACH;

OPERAND(0, writeonly, Y, y);
OPERAND(1, readonly, Q, q);
OPERAND(2, readonly, CacheK, cache_k);
OPERAND(3, readonly, CacheV, cache_v);
layout(binding = 2) readonly buffer KeyWords { uint cache_k_words[]; };
layout(binding = 3) readonly buffer ValueWords { uint cache_v_words[]; };
layout(binding = 4) readonly buffer Table { uint table[]; };
layout(binding = 5) readonly buffer LengthOf { uint length_of[]; };

// Vector c of a row of the cache. D is even: a vector is two words, the last one maybe a single one.
#define CACHED(k, name, row, c) (FORMAT == 0 ? FETCH(k, name, row, c) : (c) < QUADS ?                                  \
    vec4(widen(name##_words[first(k) + (row) * (D / 2) + 2 * (c)], FORMAT),                                            \
         4 * (c) + 2 < D ? widen(name##_words[first(k) + (row) * (D / 2) + 2 * (c) + 1], FORMAT) : vec2(0)) : vec4(0))

shared vec4 query[HEADS * QUADS], joined[SIZE];
shared float weights[SIZE * HEADS], stripes[STRIPES * HEADS];
uint lane;

// Of all invocations' values of each head: the largest, or the sum. weights is free for it.
float joined_value(uint h, bool largest)
{
    float value = stripes[h * STRIPES];
    UNROLL for (uint i = 1; i < STRIPES; i++) {
        float other = stripes[h * STRIPES + i];
        value = largest ? max(value, other) : value + other;
    }
    return value;
}

void join(float values[HEADS], bool largest)
{
    barrier();
    UNROLL for (uint h = 0; h < HEADS; h++) weights[h * SIZE + lane] = values[h];
    barrier();
    if (lane < STRIPES * HEADS) {
        uint at = lane / STRIPES * SIZE + lane % STRIPES * (SIZE / STRIPES);
        float value = weights[at];
        UNROLL for (uint i = 1; i < SIZE / STRIPES; i++)
            value = largest ? max(value, weights[at + i]) : value + weights[at + i];
        stripes[lane] = value;
    }
    barrier();
}

void main()
{
    lane = gl_LocalInvocationID.x;
    uint parts = SPLIT == 0 ? 1 : (longest + SPLIT - 1) / SPLIT, piece = group_index() % parts;
    uint blocks = (SHARE + HEADS - 1) / HEADS, unit = group_index() / parts / blocks;
    uint head = group_index() / parts % blocks * HEADS, a = unit / kv_heads, group = unit % kv_heads;
    uint part = lane / QUADS;
    if (a >= rows) return;
    uint stop = length_of[first(5) + a], from = window == 0 || stop < window ? 0 : stop - window;
    if (SPLIT != 0) {
        from = max(from, piece * SPLIT), stop = min(stop, (piece + 1) * SPLIT);
        if (from >= stop) return;
    }
    uint query_first = a * heads + group * SHARE + head, count = min(HEADS, SHARE - head);
    float top[HEADS], total[HEADS], score[HEADS];
    vec4 sums[HELD];
    for (uint e = lane; e < count * QUADS; e += SIZE) query[e] = FETCH(1, q, query_first + e / QUADS, e % QUADS);
    UNROLL for (uint h = 0; h < HEADS; h++) {
        top[h] = LOWEST;
        total[h] = 0;
    }
    UNROLL for (uint i = 0; i < HELD; i++) sums[i] = vec4(0);
    barrier();
    for (uint j0 = from / SIZE * SIZE; j0 < stop; j0 += SIZE) {
        uint begin = table[first(4) + a * most + j0 / SIZE] * page; // of a page of SIZE, or there is but one
        uint left = min(SIZE, stop - j0), key = (begin + min(lane, left - 1)) * kv_heads + group;
        UNROLL for (uint h = 0; h < HEADS; h++) score[h] = 0;
        ROLLED for (uint c0 = 0; c0 < QUADS; c0 += AHEAD) {
            vec4 keys[AHEAD];
            UNROLL for (uint c = 0; c < AHEAD; c++) keys[c] = CACHED(2, cache_k, key, c0 + c);
            UNROLL for (uint h = 0; h < HEADS; h++)
                UNROLL for (uint c = 0; c < AHEAD; c++) {
                    vec4 with = query[h * QUADS + min(c0 + c, QUADS - 1)];
                    UNROLL for (uint d = 0; d < 4; d++) score[h] = fma(keys[c][d], with[d], score[h]);
                }
        }
        bool seen = lane < left && j0 + lane >= from;
        UNROLL for (uint h = 0; h < HEADS; h++) score[h] = seen ? score[h] * scale : LOWEST;
        join(score, true);
        UNROLL for (uint h = 0; h < HEADS; h++) {
            float higher = max(top[h], joined_value(h, true)), keep = exp(top[h] - higher), p = exp(score[h] - higher);
            weights[lane * HEADS + h] = p;
            total[h] = total[h] * keep + p;
            UNROLL for (uint n = 0; n < EACH; n++) sums[h * EACH + n] *= keep;
            top[h] = higher;
        }
        barrier();
        ROLLED for (uint j = part; j < left && part < PARTS; j += AHEAD * PARTS) {
            vec4 values[AHEAD * EACH];
            UNROLL for (uint s = 0; s < AHEAD; s++) {
                uint row = (begin + min(j + s * PARTS, left - 1)) * kv_heads + group;
                UNROLL for (uint n = 0; n < EACH; n++)
                    values[s * EACH + n] = CACHED(3, cache_v, row, lane % QUADS + n * SIZE);
            }
            UNROLL for (uint s = 0; s < AHEAD; s++)
                UNROLL for (uint h = 0; h < HEADS; h++) {
                    uint at = min(j + s * PARTS, left - 1) * HEADS + h;
                    float p = j + s * PARTS < left ? weights[at] : 0;
                    UNROLL for (uint n = 0; n < EACH; n++)
                        sums[h * EACH + n] = fma(vec4(p), values[s * EACH + n], sums[h * EACH + n]);
                }
        }
    }
    join(total, false);
    if (SPLIT != 0 && lane < count) {
        float mine = top[0];
        UNROLL for (uint h = 1; h < HEADS; h++) mine = lane == h ? top[h] : mine;
        uint at = first(0) + rows * heads * parts * D + ((query_first + lane) * parts + piece) * 2;
        y_floats[at] = mine;
        y_floats[at + 1] = joined_value(lane, false);
    }
    UNROLL for (uint h = 0; h < HEADS; h++)
        UNROLL for (uint n = 0; n < EACH; n++) {
            barrier();
            joined[lane] = sums[h * EACH + n];
            barrier();
            uint c = lane + n * SIZE;
            if (h >= count || c >= QUADS) continue;
            vec4 sum = joined[lane];
            for (uint i = 1; i < PARTS; i++) sum += joined[lane + i * QUADS];
            uint row = (query_first + h) * parts + piece;
            if (SPLIT == 0) sum /= joined_value(h, false);
            if (VECTORS != 0) y[first(0) / 4 + row * QUADS + c] = sum;
            else for (uint d = 0; d < 4; d++)
                if (4 * c + d < D) y_floats[first(0) + row * D + 4 * c + d] = sum[d];
        }
}
