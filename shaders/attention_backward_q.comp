// attention_backward_q: dq_t = scale sum_j ds_tj k_j with ds = p (dy_t . v_j - delta_t), delta = dy . y, p =
// exp(scale q.k - lse)
// The probabilities are made again from lse, so no (N,N) matrix is ever stored.
// C twin: r0i_cpu_attention_backward_q. Grid: one workgroup per OWN units and key/value head; see attention.glsl for
// that and the constants.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale; uint window;
#include "common.glsl"
#include "attention.glsl"

OPERAND(0, writeonly, Dq, dq);
layout(binding = 1) writeonly buffer Delta { float delta[]; };
OPERAND(2, readonly, Dy, dy);
OPERAND(3, readonly, Y, y);
layout(binding = 4) readonly buffer Lse { float lse[]; };
OPERAND(5, readonly, Q, q);
OPERAND(6, readonly, K, k);
OPERAND(7, readonly, V, v);
layout(binding = 8) readonly buffer Begin { uint begin[]; };

void main()
{
    locate();
    u0 = group_index() / kv_heads * OWN;
    uint last = min(u0 + OWN, rows * SHARE) - 1, end = last / SHARE + 1;
    uint own_row[OWN_PARTS], key_rows[STREAM_PARTS], row[4], begins[4], at[4];
    float row_lse[4];
    bool inside[4];
    vec4 sums[HELD], row_delta = vec4(0);
    UNROLL for (uint i = 0; i < OWN_PARTS; i++) own_row[i] = unit_row(min(u0 + slot + SIZE / DEPTH * i, last));
    UNROLL for (uint i = 0; i < 4; i++) {
        uint u = u0 + down + DOWN * i;
        inside[i] = u <= last;
        at[i] = unit_row(min(u, last));
        row[i] = min(u, last) / SHARE;
        begins[i] = window_begin(begin[first(8) + row[i]], row[i]);
        row_lse[i] = lse[first(4) + at[i]];
        UNROLL for (uint n = 0; n < EACH; n++) {
            uint c = across + ACROSS * n;
            if (c < QUADS) row_delta[i] += dot(FETCH(2, dy, at[i], c), FETCH(3, y, at[i], c));
        }
    }
    row_delta = rows_sum(row_delta);
    UNROLL for (uint i = 0; i < HELD; i++) sums[i] = vec4(0);
    for (j0 = window_begin(begin[first(8) + u0 / SHARE], u0 / SHARE); j0 < end; j0 += STREAM) {
        float s[16]; // scores, then dy . v
        UNROLL for (uint i = 0; i < STREAM_PARTS; i++)
            key_rows[i] = key_row(min(slot + SIZE / DEPTH * i, end - 1 - j0));
        SCORES(s, 5, q, own_row, 6, k, key_rows)
        UNROLL for (uint i = 0; i < 4; i++)
            UNROLL for (uint j = 0; j < 4; j++) {
                uint key = j0 + across + ACROSS * j;
                bool seen = begins[i] <= key && key <= row[i];
                s[4 * i + j] = seen ? exp(s[4 * i + j] * scale - row_lse[i]) * scale : 0;
            }
        weigh(s); // which frees registers
        SCORES(s, 2, dy, own_row, 7, v, key_rows)
        UNROLL for (uint i = 0; i < 4; i++)
            UNROLL for (uint j = 0; j < 4; j++) s[4 * i + j] = weighed(i, j) * (s[4 * i + j] - row_delta[i]);
        weigh(s);
        SUMS(sums, 6, k, key_row, end - j0)
    }
    STORE(0, dq, at, inside, sums)
    UNROLL for (uint i = 0; i < 4; i++)
        if (inside[i] && across == 0) delta[first(1) + at[i]] = row_delta[i];
}
