// attention_backward_kv: dv_j = sum_t p_tj dy_t, dk_j = scale sum_t ds_tj q_t, over t in j .. end[j], no more than
// `window` of them, and the heads that share k, v
// Each key gathers from its queries, so it has one writer and one order: no atomics. Here a tile's own rows are keys,
// and the others units.
// C twin: r0i_cpu_attention_backward_kv. Grid: one workgroup per OWN keys and key/value head; see attention.glsl for
// that and the constants.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale; uint window;
#include "common.glsl"
#include "attention.glsl"

OPERAND(0, writeonly, Dk, dk);
OPERAND(1, writeonly, Dv, dv);
OPERAND(2, readonly, Dy, dy);
layout(binding = 3) readonly buffer Lse { float lse[]; };
layout(binding = 4) readonly buffer Delta { float delta[]; };
OPERAND(5, readonly, Q, q);
OPERAND(6, readonly, K, k);
OPERAND(7, readonly, V, v);
layout(binding = 8) readonly buffer End { uint end[]; };

uint window_end(uint key)
{
    uint behind = end[first(8) + key];
    return window == 0 ? behind : min(behind, key + window);
}

uint tile_unit(uint j)
{
    return unit_row(u0 + j);
}

void main()
{
    locate();
    j0 = group_index() / kv_heads * OWN;
    uint last = min(j0 + OWN, rows) - 1, stop = window_end(last) * SHARE;
    uint own_row[OWN_PARTS], unit_rows[STREAM_PARTS], ends[4];
    vec4 key_sums[HELD], value_sums[HELD];
    UNROLL for (uint i = 0; i < OWN_PARTS; i++) own_row[i] = key_row(min(slot + SIZE / DEPTH * i, last - j0));
    UNROLL for (uint i = 0; i < 4; i++) ends[i] = window_end(min(j0 + down + DOWN * i, last));
    UNROLL for (uint i = 0; i < HELD; i++) key_sums[i] = value_sums[i] = vec4(0);
    for (u0 = j0 * SHARE; u0 < stop; u0 += STREAM) {
        float s[16]; // scores, then v . dy
        uint left = stop - u0;
        UNROLL for (uint i = 0; i < STREAM_PARTS; i++) unit_rows[i] = tile_unit(min(slot + SIZE / DEPTH * i, left - 1));
        SCORES(s, 6, k, own_row, 5, q, unit_rows)
        UNROLL for (uint j = 0; j < 4; j++) {
            uint u = u0 + across + ACROSS * j, t = u / SHARE;
            float unit_lse = lse[first(3) + unit_row(min(u, stop - 1))];
            UNROLL for (uint i = 0; i < 4; i++) {
                bool seen = j0 + down + DOWN * i <= t && t < ends[i];
                s[4 * i + j] = seen ? exp(s[4 * i + j] * scale - unit_lse) : 0;
            }
        }
        weigh(s);
        SUMS(value_sums, 2, dy, tile_unit, left)
        SCORES(s, 7, v, own_row, 2, dy, unit_rows)
        UNROLL for (uint j = 0; j < 4; j++) {
            float unit_delta = delta[first(4) + unit_row(min(u0 + across + ACROSS * j, stop - 1))];
            UNROLL for (uint i = 0; i < 4; i++) s[4 * i + j] = weighed(i, j) * (s[4 * i + j] - unit_delta) * scale;
        }
        weigh(s);
        SUMS(key_sums, 5, q, tile_unit, left)
    }
    uint at[4];
    bool inside[4];
    UNROLL for (uint i = 0; i < 4; i++) {
        inside[i] = j0 + down + DOWN * i <= last;
        at[i] = key_row(min(down + DOWN * i, last - j0));
    }
    STORE(0, dk, at, inside, key_sums)
    STORE(1, dv, at, inside, value_sums)
}
