// The matmul of three ops: y (M,N) = sum over k of x and w, whose elements (row, k) and (k, col) lie
// at X_INDEX and in row W_ROW, column W_COL of W_COLS.
//
// Every element is summed over k in ascending order by one invocation, whatever the shape: a row's bits do not depend
// on how many other rows there are. Two kernels, chosen by specialization constant 1:
//   1  256 invocations, 16 x 16, share a tile of 16 ROWS x 16 COLS through shared memory, DEPTH of k at a time;
//      each holds ROWS x COLS sums. While they are added to, the next tile is already on its way into registers.
//      8 x 8 sums a lane ask least of shared memory but take most registers and give the fewest workgroups; 1 x 1 with
//      a DEPTH of 128 is for few rows, where all that counts is that w is read once, by many workgroups.
//   0  one invocation holds 8 x 8 sums and nothing is shared: for devices that get shared memory wrong
//      (r0i_vk_self_test).
// Memory is read four numbers at once, neighbors as they lie: along k or along the rows (columns) of y, which
// X_ALONG_K and W_ALONG_K say; so is shared memory, where only x of matmul_nn is turned as it is written. What lies
// beyond y's edge is read again from the last place and not stored; beyond k it counts 0. Neither needs a branch.
// The grid is flat: tiles row by row. Constants: 0 workgroup size (256 for the first kernel), 2 bits: 1 DEPTH leaves a
// rest of k, 2 the sums go on from where an earlier part of k has left them in y; 3 which operands are whole vectors
// (bit i: the rows of operand i begin at multiples of four elements), 4 format of w, 5 DEPTH, 6 ROWS, 7 COLS (where
// vectors lie along the rows or columns: multiples of 4).

layout(constant_id = 1) const uint TILED = 0;
layout(constant_id = 2) const uint PARTS = 0;
layout(constant_id = 3) const uint VECTORS = 0;
layout(constant_id = 5) const uint DEPTH = 16;
layout(constant_id = 6) const uint ROWS = 4;
layout(constant_id = 7) const uint COLS = 4;

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer XVectors { vec4 x_vectors[]; };
layout(binding = 2) readonly buffer W { float w[]; };
layout(binding = 2) readonly buffer WVectors { vec4 w_vectors[]; };
layout(binding = 2) readonly buffer WWords { uint w_words[]; };
layout(binding = 2) readonly buffer WPairs { uvec2 w_pairs[]; };
#define W_WORD(at) w_words[at]
#include "blocks.glsl"
#define W_INDEX(kk, col) ((W_ROW(kk, col)) * (W_COLS) + (W_COL(kk, col)))

// A tile in shared memory: rows (columns) of vectors along k where both operands lie so, else for each k vectors of
// rows (columns). A vector more than is needed spreads them over the banks.
#if X_ALONG_K && W_ALONG_K
#define TILES_ALONG_K 1
#else
#define TILES_ALONG_K 0
#endif
const bool K_REST = (PARTS & 1) != 0;
const uint X_TILE = 16 * ROWS, W_TILE = 16 * COLS, LONG = DEPTH / 4 + 1, X_PITCH = X_TILE / 4 + 1;
const uint W_PITCH = W_TILE / 4 + 1;
shared vec4 x_tile[TILES_ALONG_K != 0 ? X_TILE * LONG : DEPTH * X_PITCH];
shared vec4 w_tile[TILES_ALONG_K != 0 ? W_TILE * LONG : DEPTH * W_PITCH];
const uint X_PIECES = X_TILE * DEPTH / 1024, W_PIECES = W_TILE * DEPTH / 1024; // vectors that an invocation brings

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
}

float weight(uint kk, uint col)
{
    uint at = W_INDEX(kk, col);
    if (BLOCKS) return block_quad(W_ROW(kk, col), W_COL(kk, col) & ~3, W_COLS)[W_COL(kk, col) % 4];
    return FORMAT == 0 ? w[first(2) + at] : widen(w_words[first(2) + at / 2], at % 2);
}

void store(uint row, uint col, float sum)
{
    if (row >= m || col >= n) return;
    uint at = row * Y_PITCH + col;
#ifdef FUSED
    FINISH(float, sum, at, col)
    y[first(0) + at] = finished;
#else
    y[first(0) + at] = accumulate == 1 ? y[first(0) + at] + sum : sum;
#endif
}

float sum_before(uint row, uint col)
{
    return (PARTS & 2) != 0 && row < m && col < n ? y[first(0) + row * Y_PITCH + col] : 0;
}

// The invocation's piece `i` of a tile of `rows` rows (columns): the row and the k where it begins.
uvec2 piece_of(uint i, bool along_k, uint rows)
{
    uint e = gl_LocalInvocationID.x + i * 256;
    return along_k ? uvec2(e / (DEPTH / 4), e % (DEPTH / 4) * 4) : uvec2(e % (rows / 4) * 4, e / (rows / 4));
}

// Of w. In blocks neighboring words are those of neighboring rows.
uvec2 w_piece_of(uint i)
{
    uint e = gl_LocalInvocationID.x + i * 256;
    if (!BLOCKS) return piece_of(i, W_ALONG_K != 0, W_TILE);
    return W_ALONG_K != 0 ? uvec2(e % W_TILE, e / W_TILE * 4) : uvec2(e / DEPTH * 4, e % DEPTH);
}

void keep_x(uvec2 piece, vec4 values)
{
    if (TILES_ALONG_K != 0) x_tile[piece.x * LONG + piece.y / 4] = values;
    else if (X_ALONG_K == 0) x_tile[piece.y * X_PITCH + piece.x / 4] = values;
    else UNROLL for (uint j = 0; j < 4; j++) x_tile[(piece.y + j) * X_PITCH + piece.x / 4][piece.x % 4] = values[j];
}

void keep_w(uvec2 piece, vec4 values)
{
    w_tile[TILES_ALONG_K != 0 ? piece.x * LONG + piece.y / 4 : piece.y * W_PITCH + piece.x / 4] = values;
}

vec4 inside(vec4 values, uint kk, bool along_k)
{
    if (!K_REST) return values;
    if (!along_k) return kk < k ? values : vec4(0);
    return mix(values, vec4(0), greaterThanEqual(uvec4(kk, kk + 1, kk + 2, kk + 3), uvec4(k)));
}

// The vector of x where a piece begins at the first k; later ones lie whole steps of X_STEP behind it.
uint x_begin(uint row, uint kk)
{
    row = min(row, m - (X_ALONG_K != 0 ? 1 : 4));
    return (first(1) + X_INDEX(row, min(kk, k - (X_ALONG_K != 0 ? 4 : 1)))) / 4;
}

vec4 load_x(uint begin, uint row, uint kk, uint k0)
{
    vec4 values;
    if ((VECTORS & 2) != 0) {
        values = x_vectors[begin + (!K_REST || kk < k ? k0 / 4 : 0) * X_STEP];
        return inside(values, kk, X_ALONG_K != 0);
    }
    UNROLL for (uint j = 0; j < 4; j++)
        values[j] = X_ALONG_K != 0 ? x[first(1) + X_INDEX(min(row, m - 1), min(kk + j, k - 1))]
                                   : x[first(1) + X_INDEX(min(row + j, m - 1), min(kk, k - 1))];
    return inside(values, kk, X_ALONG_K != 0);
}

uint w_begin(uint col, uint kk)
{
    col = min(col, n - (W_ALONG_K != 0 ? 1 : 4));
    uint at = W_INDEX(min(kk, k - (W_ALONG_K != 0 ? 4 : 1)), col);
    return FORMAT == 0 ? (first(2) + at) / 4 : first(2) / 2 + at / 4;
}

vec4 load_w(uint begin, uint col, uint kk, uint k0)
{
    vec4 values;
    if (BLOCKS) {
        kk = min(kk, k - 1), col = min(col, n - (W_ALONG_K != 0 ? 1 : 4));
        return inside(block_quad(W_ROW(kk, col), W_COL(kk, col) & ~3, W_COLS), kk, W_ALONG_K != 0);
    }
    if ((VECTORS & 4) != 0) {
        uint at = begin + (!K_REST || kk < k ? k0 / 4 : 0) * W_STEP;
        if (FORMAT == 0) return inside(w_vectors[at], kk, W_ALONG_K != 0);
        uvec2 pairs = w_pairs[at];
        values = vec4(widen(pairs.x, 0), widen(pairs.x, 1), widen(pairs.y, 0), widen(pairs.y, 1));
        return inside(values, kk, W_ALONG_K != 0);
    }
    UNROLL for (uint j = 0; j < 4; j++)
        values[j] = W_ALONG_K != 0 ? weight(min(kk + j, k - 1), min(col, n - 1))
                                   : weight(min(kk, k - 1), min(col + j, n - 1));
    return inside(values, kk, W_ALONG_K != 0);
}

// Row (column) `i` of an invocation's sums, as it reads them from a tile: 16 apart, or four neighbors by four.
uint sum_at(uint lane, uint i)
{
    return TILES_ALONG_K != 0 ? lane + i * 16 : lane * 4 + i / 4 * 64 + i % 4;
}

void tiled()
{
    uint across = (n + W_TILE - 1) / W_TILE, row0 = group_index() / across * X_TILE;
    uint col0 = group_index() % across * W_TILE, lane_row = gl_LocalInvocationID.x / 16;
    uint lane_col = gl_LocalInvocationID.x % 16;
    float sum[ROWS * COLS];
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j++)
            sum[i * COLS + j] = sum_before(row0 + sum_at(lane_row, i), col0 + sum_at(lane_col, j));
    uvec2 x_piece[X_PIECES], w_piece[W_PIECES];
    uint x_at[X_PIECES], w_at[W_PIECES];
    vec4 x_next[X_PIECES], w_next[W_PIECES];
    UNROLL for (uint i = 0; i < X_PIECES; i++) {
        x_piece[i] = piece_of(i, X_ALONG_K != 0, X_TILE);
        x_at[i] = x_begin(row0 + x_piece[i].x, x_piece[i].y);
        x_next[i] = load_x(x_at[i], row0 + x_piece[i].x, x_piece[i].y, 0);
    }
    UNROLL for (uint i = 0; i < W_PIECES; i++) {
        w_piece[i] = w_piece_of(i);
        w_at[i] = w_begin(col0 + w_piece[i].x, w_piece[i].y);
        w_next[i] = load_w(w_at[i], col0 + w_piece[i].x, w_piece[i].y, 0);
    }
    for (uint k0 = 0; k0 < k; k0 += DEPTH) {
        UNROLL for (uint i = 0; i < X_PIECES; i++) keep_x(x_piece[i], x_next[i]);
        UNROLL for (uint i = 0; i < W_PIECES; i++) keep_w(w_piece[i], w_next[i]);
        barrier();
        uint next = k0 + DEPTH;
        if (next < k) {
            UNROLL for (uint i = 0; i < X_PIECES; i++)
                x_next[i] = load_x(x_at[i], row0 + x_piece[i].x, next + x_piece[i].y, next);
            UNROLL for (uint i = 0; i < W_PIECES; i++)
                w_next[i] = load_w(w_at[i], col0 + w_piece[i].x, next + w_piece[i].y, next);
        }
#if TILES_ALONG_K
        if (ROWS > 1 || row0 + lane_row < m) // of few rows, the others have only brought numbers
            UNROLL for (uint kk = 0; kk < DEPTH / 4; kk++) {
                vec4 ws[COLS];
                UNROLL for (uint j = 0; j < COLS; j++) ws[j] = w_tile[(lane_col + j * 16) * LONG + kk];
                UNROLL for (uint i = 0; i < ROWS; i++) {
                    vec4 xs = x_tile[(lane_row + i * 16) * LONG + kk];
                    UNROLL for (uint s = 0; s < 4; s++)
                        UNROLL for (uint j = 0; j < COLS; j++)
                            sum[i * COLS + j] = fma(xs[s], ws[j][s], sum[i * COLS + j]);
                }
            }
#else
        UNROLL for (uint kk = 0; kk < DEPTH; kk++) {
            vec4 xs[ROWS / 4], ws[COLS / 4];
            UNROLL for (uint i = 0; i < ROWS / 4; i++) xs[i] = x_tile[kk * X_PITCH + i * 16 + lane_row];
            UNROLL for (uint j = 0; j < COLS / 4; j++) ws[j] = w_tile[kk * W_PITCH + j * 16 + lane_col];
            UNROLL for (uint i = 0; i < ROWS; i++)
                UNROLL for (uint j = 0; j < COLS; j++)
                    sum[i * COLS + j] = fma(xs[i / 4][i % 4], ws[j / 4][j % 4], sum[i * COLS + j]);
        }
#endif
        barrier();
    }
#ifdef FUSED
    if ((EPILOGUE & 8) != 0) // as low_rank, but each number is read once for all sums of an invocation
        for (uint r0 = 0; r0 < rank; r0 += 4) {
            float xs[4 * ROWS], ws[4 * COLS];
            UNROLL for (uint s = 0; s < 4; s++) {
                uint r = min(r0 + s, rank - 1);
                UNROLL for (uint i = 0; i < ROWS; i++)
                    xs[s * ROWS + i] = low[first(5) + min(row0 + sum_at(lane_row, i), m - 1) * rank + r];
                UNROLL for (uint j = 0; j < COLS; j++)
                    ws[s * COLS + j] = r0 + s < rank
                        ? up[first(6) + min(col0 + sum_at(lane_col, j), n - 1) * rank + r] : 0;
            }
            UNROLL for (uint s = 0; s < 4; s++)
                UNROLL for (uint i = 0; i < ROWS; i++)
                    UNROLL for (uint j = 0; j < COLS; j++)
                        sum[i * COLS + j] = fma(xs[s * ROWS + i], ws[s * COLS + j], sum[i * COLS + j]);
        }
#endif
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j++)
            store(row0 + sum_at(lane_row, i), col0 + sum_at(lane_col, j), sum[i * COLS + j]);
}

// STEP of k go at once: less of the loop's own cost.
void blocked()
{
    const uint STEP = 4;
    uint across = (n + 7) / 8, row0 = invocation() / across * 8, col0 = invocation() % across * 8;
    if (row0 >= m) return;
    float sum[64];
    UNROLL for (uint i = 0; i < 64; i++) sum[i] = sum_before(row0 + i / 8, col0 + i % 8);
    for (uint k0 = 0; k0 < k; k0 += STEP) {
        float xs[8 * STEP], ws[8 * STEP];
        UNROLL for (uint s = 0; s < STEP; s++) {
            uint kk = min(k0 + s, k - 1);
            float counts = k0 + s < k ? 1 : 0;
            UNROLL for (uint i = 0; i < 8; i++)
                xs[s * 8 + i] = x[first(1) + X_INDEX(min(row0 + i, m - 1), kk)] * counts;
            UNROLL for (uint j = 0; j < 8; j++) ws[s * 8 + j] = weight(kk, min(col0 + j, n - 1));
        }
        UNROLL for (uint s = 0; s < STEP; s++)
            UNROLL for (uint i = 0; i < 8; i++)
                UNROLL for (uint j = 0; j < 8; j++) sum[i * 8 + j] = fma(xs[s * 8 + i], ws[s * 8 + j], sum[i * 8 + j]);
    }
#ifdef FUSED
    UNROLL for (uint i = 0; i < 64; i++) sum[i] = low_rank(row0 + i / 8, col0 + i % 8, sum[i]);
#endif
    UNROLL for (uint i = 0; i < 64; i++) store(row0 + i / 8, col0 + i % 8, sum[i]);
}

void main()
{
    if (TILED != 0) tiled();
    else blocked();
}
