// The matmul of three ops: y (M,N) = sum over k of X_AT(row, k) W_AT(k, col).
//
// Every element is summed over k in ascending order by one invocation, whatever the shape: a row's bits do not depend
// on how many other rows there are. Two kernels, chosen by specialization constant 1:
//   1  GPU: 256 invocations share a tile of 64 x 64 through shared memory, 16 of k at a time; each holds 4 x 4 sums,
//      16 apart, so that neighbours store neighbours. 32 registers for the operands and sums: occupancy stays high.
//   0  CPU device: one invocation holds 8 x 8 sums and nothing is shared, since a barrier costs more than it saves
// there.
// The grid is flat: tiles row by row. Constant 0 is the workgroup's size (256 for the first kernel).

layout(constant_id = 1) const uint TILED = 0;

const uint TILE = 64, DEPTH = 16, PITCH = TILE + 1;
shared float x_tile[DEPTH * PITCH], w_tile[DEPTH * PITCH];

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
}

void store(uint row, uint col, float sum)
{
    if (row >= m || col >= n) return;
    uint at = first(0) + row * Y_PITCH + col;
    y[at] = accumulate == 1 ? y[at] + sum : sum;
}

// Where a sum begins: at 0, or (matmul_nn with accumulate 2) where an earlier part of k has left it in y.
float sum_before(uint row, uint col)
{
    bool goes_on = X_ALONG_K != 0 && W_ALONG_K == 0 && accumulate == 2 && row < m && col < n;
    return goes_on ? y[first(0) + row * Y_PITCH + col] : 0;
}

// Loads DEPTH x TILE of both operands, zeros outside; neighbours in the workgroup read neighbours in memory.
void load_tiles(uint row0, uint col0, uint k0)
{
    for (uint e = gl_LocalInvocationID.x; e < DEPTH * TILE; e += 256) {
        uint xk = X_ALONG_K != 0 ? e % DEPTH : e / TILE, xr = X_ALONG_K != 0 ? e / DEPTH : e % TILE;
        uint wk = W_ALONG_K != 0 ? e % DEPTH : e / TILE, wc = W_ALONG_K != 0 ? e / DEPTH : e % TILE;
        x_tile[xk * PITCH + xr] = row0 + xr < m && k0 + xk < k ? X_AT(row0 + xr, k0 + xk) : 0;
        w_tile[wk * PITCH + wc] = col0 + wc < n && k0 + wk < k ? W_AT(k0 + wk, col0 + wc) : 0;
    }
}

void tiled()
{
    uint across = (n + TILE - 1) / TILE;
    uint row0 = group_index() / across * TILE, col0 = group_index() % across * TILE;
    uint lane_row = gl_LocalInvocationID.x / 16, lane_col = gl_LocalInvocationID.x % 16;
    float sum[16];
    UNROLL for (uint i = 0; i < 16; i++)
        sum[i] = sum_before(row0 + lane_row + i / 4 * 16, col0 + lane_col + i % 4 * 16);
    for (uint k0 = 0; k0 < k; k0 += DEPTH) {
        load_tiles(row0, col0, k0);
        barrier();
        for (uint kk = 0; kk < DEPTH; kk++) {
            float xs[4], ws[4];
            UNROLL for (uint i = 0; i < 4; i++) xs[i] = x_tile[kk * PITCH + lane_row + i * 16];
            UNROLL for (uint j = 0; j < 4; j++) ws[j] = w_tile[kk * PITCH + lane_col + j * 16];
            UNROLL for (uint i = 0; i < 4; i++)
                UNROLL for (uint j = 0; j < 4; j++) sum[i * 4 + j] = fma(xs[i], ws[j], sum[i * 4 + j]);
        }
        barrier();
    }
    UNROLL for (uint i = 0; i < 16; i++) store(row0 + lane_row + i / 4 * 16, col0 + lane_col + i % 4 * 16, sum[i]);
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
