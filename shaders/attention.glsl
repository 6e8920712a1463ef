// What the attention kernels share: a workgroup of 128 works on a tile, OWN rows of its own against STREAM
// others at a time, which is two small matmuls. Rows are the D numbers of a head.
//   scores  S (OWN, STREAM) = own rows . the others: an invocation holds 4 x 4 of them. Both come through shared
//           memory, DEPTH vectors of four at a time: 8 reads of a vector for 64 FMAs
//   sums    Y (OWN, D) += P (OWN, STREAM) others: P lies in shared memory, the others come TURN at a time; an
//           invocation holds the sums of its 4 rows and every ACROSS-th vector of the head
// Both add in one order, ascending, so a row's bits do not depend on its neighbors. Query heads that share keys and
// values are rows of one tile: unit u is head u % SHARE of the group at row u / SHARE.
// 16 KiB of shared memory, the least that a device may have, or 19 with OWN 16. No subgroup operations: their size
// differs.
// Constants: 0 workgroup size (128), 1 SHARE, 2 D, 3 VECTORS: heads are whole vectors and begin at such, 5 NARROW: few
// registers, so inner loops stay short; 6 OWN (64; 32 or 16 where sums of a longer head would take too many registers).

#include "heads.glsl"

layout(constant_id = 5) const uint NARROW = 0;
layout(constant_id = 6) const uint OWN = 64;
const uint DEPTH = 4, DOWN = OWN / 4, ACROSS = SIZE / DOWN, STREAM = 4 * ACROSS;
const uint EACH = (QUADS + ACROSS - 1) / ACROSS; // vectors of a head that are an invocation's
const uint TURN = QUADS <= 12 ? 32 : QUADS <= 24 ? 16 : QUADS <= 48 ? 8 : QUADS <= 96 ? 4 : 1;
const uint OWN_PARTS = (DEPTH * OWN + SIZE - 1) / SIZE; // that an invocation fetches
const uint STREAM_PARTS = DEPTH * STREAM / SIZE;
const uint TURN_PARTS = (TURN * QUADS + SIZE - 1) / SIZE;
const uint HELD = 4 * EACH; // vectors of sums

shared vec4 staged[DEPTH * (OWN + STREAM)]; // parts of rows; TURN whole ones
shared vec4 weights[STREAM * DOWN];         // P: of the four rows of an invocation
shared vec4 partial[SIZE];

uint down, across; // the invocation holds rows down + DOWN i and others across + ACROSS j,
uint slot;         // and fetches those slot + SIZE / DEPTH i
uint group;        // key/value head
uint u0, j0;       // the first unit and the first key of the tile

void locate()
{
    down = gl_LocalInvocationID.x % DOWN;
    across = gl_LocalInvocationID.x / DOWN;
    slot = gl_LocalInvocationID.x / DEPTH;
    group = group_index() % kv_heads;
}

// Where unit u, and the tile's key j, lie in operands.
uint unit_row(uint u)
{
    return u / SHARE * heads + group * SHARE + u % SHARE;
}

uint key_row(uint j)
{
    return (j0 + j) * kv_heads + group;
}

// The first row that `row` sees of its sequence, which begins at `from`.
uint window_begin(uint from, uint row)
{
    return window == 0 || row + 1 - from <= window ? from : row + 1 - window;
}

// Stores the sums of an invocation's four rows: row i lies at rows[i] of operand k, if it is inside.
#define STORE(k, name, rows, inside, values)                                                                           \
    UNROLL for (uint i = 0; i < 4; i++)                                                                                \
        UNROLL for (uint n = 0; n < EACH; n++) {                                                                       \
            uint c = across + ACROSS * n;                                                                              \
            if (!inside[i] || c >= QUADS) continue;                                                                    \
            if (VECTORS != 0) name[first(k) / 4 + rows[i] * QUADS + c] = values[i * EACH + n];                         \
            else for (uint d = 0; d < 4; d++)                                                                          \
                if (4 * c + d < D) name##_floats[first(k) + rows[i] * D + 4 * c + d] = values[i * EACH + n][d];        \
        }

// Where vector c of row `slot` of `count` staged ones lies: neither those who write it nor those who read it meet at a
// bank. Rows of one multiple of 8 trade places.
uint place(uint c, uint slot, uint count)
{
    return c * count + (slot ^ 2 * c);
}

void stage(vec4 own[OWN_PARTS], vec4 others[STREAM_PARTS])
{
    uint c = gl_LocalInvocationID.x % DEPTH;
    barrier();
    UNROLL for (uint i = 0; i < OWN_PARTS; i++)
        if (DEPTH * OWN >= SIZE || slot < OWN) staged[place(c, slot + SIZE / DEPTH * i, OWN)] = own[i];
    UNROLL for (uint i = 0; i < STREAM_PARTS; i++)
        staged[DEPTH * OWN + place(c, slot + SIZE / DEPTH * i, STREAM)] = others[i];
    barrier();
}

// Adds the products of what is staged to the 4 x 4 scores: of part c, of all.
void multiply_part(inout float scores[16], uint c)
{
    vec4 b[4];
    UNROLL for (uint j = 0; j < 4; j++) b[j] = staged[DEPTH * OWN + place(c, across, STREAM) + ACROSS * j];
    UNROLL for (uint i = 0; i < 4; i++) {
        vec4 a = staged[DOWN < 8 ? place(c, down + DOWN * i, OWN) : place(c, down, OWN) + DOWN * i];
        UNROLL for (uint d = 0; d < 4; d++)
            UNROLL for (uint j = 0; j < 4; j++) scores[4 * i + j] = fma(a[d], b[j][d], scores[4 * i + j]);
    }
}

void multiply(inout float scores[16])
{
    if (NARROW == 0) UNROLL for (uint c = 0; c < DEPTH; c++) multiply_part(scores, c);
    else ROLLED for (uint c = 0; c < DEPTH; c++) multiply_part(scores, c);
}

// scores = rows of operand k . rows of operand l; own_row and other_row say where those lie that an invocation fetches.
#define SCORES(scores, k, own, own_row, l, others, other_row)                                                          \
    UNROLL for (uint e = 0; e < 16; e++) scores[e] = 0;                                                                \
    ROLLED for (uint c0 = 0; c0 < QUADS; c0 += DEPTH) {                                                                \
        vec4 own_parts[OWN_PARTS], other_parts[STREAM_PARTS];                                                          \
        uint c = c0 + gl_LocalInvocationID.x % DEPTH;                                                                  \
        UNROLL for (uint i = 0; i < OWN_PARTS; i++) own_parts[i] = FETCH(k, own, own_row[i], c);                       \
        UNROLL for (uint i = 0; i < STREAM_PARTS; i++) other_parts[i] = FETCH(l, others, other_row[i], c);             \
        stage(own_parts, other_parts);                                                                                 \
        multiply(scores);                                                                                              \
    }

// The invocation's 4 x 4 of P become known to all (SUMS has the barrier), and are read again by itself.
void weigh(float p[16])
{
    UNROLL for (uint j = 0; j < 4; j++)
        weights[(across + ACROSS * j) * DOWN + down] = vec4(p[j], p[4 + j], p[8 + j], p[12 + j]);
}

float weighed(uint i, uint j)
{
    return weights[(across + ACROSS * j) * DOWN + down][i];
}

void stage_rows(vec4 rows[TURN_PARTS])
{
    barrier();
    UNROLL for (uint i = 0; i < TURN_PARTS; i++) {
        uint e = gl_LocalInvocationID.x + SIZE * i;
        if (TURN * QUADS % SIZE == 0 || e < TURN * QUADS) staged[e] = rows[i];
    }
    barrier();
}

// Adds the TURN staged rows, the others from `j` on, by their weights: row s, all.
void add_row(inout vec4 sums[HELD], uint j, uint s)
{
    vec4 p = weights[(j + s) * DOWN + down];
    UNROLL for (uint n = 0; n < EACH; n++) {
        vec4 row = staged[s * QUADS + min(across + ACROSS * n, QUADS - 1)];
        UNROLL for (uint i = 0; i < 4; i++) sums[i * EACH + n] = fma(vec4(p[i]), row, sums[i * EACH + n]);
    }
}

void add_weighted(inout vec4 sums[HELD], uint j)
{
    if (NARROW == 0) UNROLL for (uint s = 0; s < TURN; s++) add_row(sums, j, s);
    else ROLLED for (uint s = 0; s < TURN; s++) add_row(sums, j, s);
}

// sums += P rows of operand k: row_of(j) says where row `j` of the `count` others lies.
#define SUMS(sums, k, name, row_of, count)                                                                             \
    ROLLED for (uint j = 0; j < STREAM; j += TURN) {                                                                   \
        if (j >= (count)) break;                                                                                       \
        vec4 parts[TURN_PARTS];                                                                                        \
        UNROLL for (uint i = 0; i < TURN_PARTS; i++) {                                                                 \
            uint e = gl_LocalInvocationID.x + SIZE * i, at = row_of(min(j + e / QUADS, (count) - 1));                  \
            parts[i] = FETCH(k, name, at, e % QUADS);                                                                  \
        }                                                                                                              \
        stage_rows(parts);                                                                                             \
        add_weighted(sums, j);                                                                                         \
    }

// Over the invocations that hold the same four rows; the barrier before the next use is the caller's.
vec4 rows_max(vec4 values)
{
    partial[across * DOWN + down] = values;
    barrier();
    UNROLL for (uint i = 0; i < ACROSS; i++) values = max(values, partial[i * DOWN + down]);
    return values;
}

vec4 rows_sum(vec4 values)
{
    vec4 sum = vec4(0);
    barrier();
    partial[across * DOWN + down] = values;
    barrier();
    UNROLL for (uint i = 0; i < ACROSS; i++) sum += partial[i * DOWN + down];
    return sum;
}
