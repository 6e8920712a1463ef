// The matmul of three ops: y (M,N) = sum over k of X_AT(row, k) W_AT(k, col).
//
// Every element is summed over k in ascending order by one invocation, whatever the shape: a row's bits do not depend
// on how many other rows there are. Two kernels, chosen by specialization constant 1:
//   1  GPU: 256 invocations share a tile of 16 ROWS x 16 COLS through shared memory, 16 of k at a time; each holds
//      ROWS x COLS sums, four neighbours by four, 64 apart. Shared memory is read four numbers at once: two reads for
//      4 x 4 FMAs, four for 8 x 8, which asks least of it but takes 88 registers.
//   0  CPU device: one invocation holds 8 x 8 sums and nothing is shared, since a barrier costs more than it saves
// there.
// The grid is flat: tiles row by row. Constants: 0 workgroup size (256 for the first kernel), 4 format of w, 6 ROWS,
// 7 COLS (both 4 or 8).

layout(constant_id = 1) const uint TILED = 0;
layout(constant_id = 6) const uint ROWS = 4;
layout(constant_id = 7) const uint COLS = 4;

const uint DEPTH = 16, X_TILE = 16 * ROWS, W_TILE = 16 * COLS;
const uint X_PITCH4 = X_TILE / 4 + 1, W_PITCH4 = W_TILE / 4 + 1; // vectors of four: the odd one spreads the banks
shared vec4 x_tile[DEPTH * X_PITCH4], w_tile[DEPTH * W_PITCH4];

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
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

// Where a sum begins: at 0, or (matmul_nn with accumulate 2) where an earlier part of k has left it in y.
float sum_before(uint row, uint col)
{
    bool goes_on = X_ALONG_K != 0 && W_ALONG_K == 0 && accumulate == 2 && row < m && col < n;
    return goes_on ? y[first(0) + row * Y_PITCH + col] : 0;
}

// Loads DEPTH of k for the whole tile, zeros outside; neighbours in the workgroup read neighbours in memory.
void load_tiles(uint row0, uint col0, uint k0)
{
    UNROLL for (uint i = 0; i < ROWS; i++) {
        uint e = gl_LocalInvocationID.x + i * 256;
        uint kk = X_ALONG_K != 0 ? e % DEPTH : e / X_TILE, r = X_ALONG_K != 0 ? e / DEPTH : e % X_TILE;
        x_tile[kk * X_PITCH4 + r / 4][r % 4] = row0 + r < m && k0 + kk < k ? X_AT(row0 + r, k0 + kk) : 0;
    }
    UNROLL for (uint i = 0; i < COLS; i++) {
        uint e = gl_LocalInvocationID.x + i * 256;
        uint kk = W_ALONG_K != 0 ? e % DEPTH : e / W_TILE, c = W_ALONG_K != 0 ? e / DEPTH : e % W_TILE;
        w_tile[kk * W_PITCH4 + c / 4][c % 4] = col0 + c < n && k0 + kk < k ? W_AT(k0 + kk, col0 + c) : 0;
    }
}

void tiled()
{
    uint across = (n + W_TILE - 1) / W_TILE, row0 = group_index() / across * X_TILE;
    uint col0 = group_index() % across * W_TILE, lane_row = gl_LocalInvocationID.x / 16;
    uint lane_col = gl_LocalInvocationID.x % 16;
    uint row = row0 + lane_row * 4, col = col0 + lane_col * 4; // of the first four by four
    float sum[ROWS * COLS];
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j++)
            sum[i * COLS + j] = sum_before(row + i / 4 * 64 + i % 4, col + j / 4 * 64 + j % 4);
    for (uint k0 = 0; k0 < k; k0 += DEPTH) {
        load_tiles(row0, col0, k0);
        barrier();
        UNROLL for (uint kk = 0; kk < DEPTH; kk++) {
            vec4 xs[ROWS / 4], ws[COLS / 4];
            UNROLL for (uint i = 0; i < ROWS / 4; i++) xs[i] = x_tile[kk * X_PITCH4 + i * 16 + lane_row];
            UNROLL for (uint j = 0; j < COLS / 4; j++) ws[j] = w_tile[kk * W_PITCH4 + j * 16 + lane_col];
            UNROLL for (uint i = 0; i < ROWS; i++)
                UNROLL for (uint j = 0; j < COLS; j++)
                    sum[i * COLS + j] = fma(xs[i / 4][i % 4], ws[j / 4][j % 4], sum[i * COLS + j]);
        }
        barrier();
    }
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j++)
            store(row + i / 4 * 64 + i % 4, col + j / 4 * 64 + j % 4, sum[i * COLS + j]);
}

// STEP of k go at once: less of the loop's own cost, and llvmpipe counts its turns (see r0i_vk_shape_of). What lies
// beyond
// k is read again from the last place and counts 0.
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
            float inside = k0 + s < k ? 1 : 0;
            UNROLL for (uint i = 0; i < 8; i++) xs[s * 8 + i] = X_AT(min(row0 + i, m - 1), kk) * inside;
            UNROLL for (uint j = 0; j < 8; j++) ws[s * 8 + j] = W_AT(kk, min(col0 + j, n - 1));
        }
        UNROLL for (uint s = 0; s < STEP; s++)
            UNROLL for (uint i = 0; i < 8; i++)
                UNROLL for (uint j = 0; j < 8; j++) sum[i * 8 + j] = fma(xs[s * 8 + i], ws[s * 8 + j], sum[i * 8 + j]);
    }
    UNROLL for (uint i = 0; i < 64; i++) store(row0 + i / 8, col0 + i % 8, sum[i]);
}

void main()
{
    if (TILED != 0) tiled();
    else blocked();
}
