// attention_forward: y_t = sum_j p_tj v_j, p = softmax_j(scale q_t . k_j), j in begin[t] .. t, no more than the last
// `window` of them; lse = its log sum exp
// Online softmax: one pass over the keys keeps a running maximum and rescales what was summed when it grows. Keys come
// in tiles that begin where their sequence does, one sequence after another: a row's bits depend on nothing else.
// C twin: r0i_cpu_attention_forward. Grid: one workgroup per OWN units and key/value head; see attention.glsl for
// that and the constants.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale; uint window;
#include "common.glsl"
#include "attention.glsl"

OPERAND(0, writeonly, Y, y);
layout(binding = 1) writeonly buffer Lse { float lse[]; };
OPERAND(2, readonly, Q, q);
OPERAND(3, readonly, K, k);
OPERAND(4, readonly, V, v);
layout(binding = 5) readonly buffer Begin { uint begin[]; };

const float LOWEST = -3e38; // fast math knows no infinity

uint begin_of(uint row)
{
    return begin[first(5) + row];
}

// One past the last row up to `last` that is of the same sequence as `row`.
uint end_of(uint row, uint last)
{
    uint from = begin_of(row), end = last + 1;
    if (begin_of(last) != from)
        for (end = row + 1; begin_of(end) == from;) end++;
    return end;
}

void main()
{
    locate();
    u0 = group_index() / kv_heads * OWN;
    uint last = min(u0 + OWN, rows * SHARE) - 1;
    uint own_row[OWN_PARTS], key_rows[STREAM_PARTS], row[4];
    float top[4], total[4];
    vec4 sums[HELD];
    UNROLL for (uint i = 0; i < OWN_PARTS; i++) own_row[i] = unit_row(min(u0 + slot + SIZE / DEPTH * i, last));
    UNROLL for (uint i = 0; i < 4; i++) {
        row[i] = min(u0 + down + DOWN * i, last) / SHARE;
        top[i] = LOWEST;
        total[i] = 0;
    }
    UNROLL for (uint i = 0; i < HELD; i++) sums[i] = vec4(0);
    for (uint r = u0 / SHARE; r <= last / SHARE;) { // one sequence after another; mostly it is one
        uint from = begin_of(r), end = end_of(r, last / SHARE);
        int seen[4], hidden[4]; // the last key that a row sees, and the last one before those that it sees
        UNROLL for (uint i = 0; i < 4; i++) {
            seen[i] = row[i] >= r && row[i] < end ? int(row[i]) : -1;
            hidden[i] = int(window_begin(from, row[i])) - 1;
        }
        // a tile that row r does not see, no row does
        for (j0 = from + (window_begin(from, r) - from) / STREAM * STREAM; j0 < end; j0 += STREAM) {
            float p[16];
            UNROLL for (uint i = 0; i < STREAM_PARTS; i++)
                key_rows[i] = key_row(min(slot + SIZE / DEPTH * i, end - 1 - j0));
            SCORES(p, 2, q, own_row, 3, k, key_rows)
            vec4 highest;
            UNROLL for (uint i = 0; i < 4; i++) {
                highest[i] = top[i];
                UNROLL for (uint j = 0; j < 4; j++) {
                    int key = int(j0 + across + ACROSS * j);
                    p[4 * i + j] = hidden[i] < key && key <= seen[i] ? p[4 * i + j] * scale : LOWEST;
                    highest[i] = max(highest[i], p[4 * i + j]);
                }
            }
            highest = rows_max(highest);
            UNROLL for (uint i = 0; i < 4; i++) {
                float keep = highest[i] == top[i] ? 1 : exp(top[i] - highest[i]);
                total[i] *= keep;
                UNROLL for (uint j = 0; j < 4; j++) {
                    p[4 * i + j] = p[4 * i + j] == LOWEST ? 0 : exp(p[4 * i + j] - highest[i]);
                    total[i] += p[4 * i + j];
                }
                UNROLL for (uint n = 0; n < EACH; n++) sums[i * EACH + n] *= keep;
                top[i] = highest[i];
            }
            weigh(p);
            SUMS(sums, 4, v, key_row, end - j0)
        }
        r = end;
    }
    vec4 mass = rows_sum(vec4(total[0], total[1], total[2], total[3]));
    bool inside[4];
    uint at[4];
    UNROLL for (uint i = 0; i < 4; i++) {
        uint u = u0 + down + DOWN * i;
        inside[i] = u <= last;
        at[i] = unit_row(min(u, last));
        UNROLL for (uint n = 0; n < EACH; n++) sums[i * EACH + n] /= mass[i];
        if (inside[i] && across == 0) lse[first(1) + at[i]] = top[i] + log(mass[i]);
    }
    STORE(0, y, at, inside, sums)
}
