// The matmul for CPU devices: one invocation holds 8 x 8 sums and takes 4 of k at a time, everything fetched as
// texels first
// (cpu.glsl). X_ALONG_K and W_ALONG_K say how the operands lie: rows along k, or along the rows (columns) of y.
// The sums run over k in the same order as in matmul.glsl: the same bits. Constants: 0 workgroup size, 1 whether 4
// leaves a rest
// of k, 3 vectors.

layout(constant_id = 1) const uint K_REST = 0;

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
}

vec4 along_k(vec4 values, uint k0)
{
    return mix(values, vec4(0), greaterThanEqual(uvec4(k0, k0 + 1, k0 + 2, k0 + 3), uvec4(k)));
}

void store(uint row, uint col, vec4 sum)
{
    if (row >= m || col >= n) return;
    uint at = first(0) + row * Y_PITCH + col;
    if ((VECTORS & 1) != 0) {
        y_vectors[at / 4] = accumulate != 0 ? y_vectors[at / 4] + sum : sum;
        return;
    }
    UNROLL for (uint j = 0; j < 4; j++)
        if (col + j < n) y[at + j] = accumulate != 0 ? y[at + j] + sum[j] : sum[j];
}

void main()
{
    uint across = (n + 7) / 8, row0 = invocation() / across * 8, col0 = invocation() % across * 8;
    if (row0 >= m) return;
    vec4 sum[16]; // row i, columns 0 .. 3 and 4 .. 7 at 2 i and 2 i + 1
    UNROLL for (uint i = 0; i < 16; i++) sum[i] = vec4(0);
    for (uint k0 = 0; k0 < k; k0 += 4) {
        vec4 xs[8], ws[8]; // along k: one per row; else two per step of k
        UNROLL for (uint i = 0; i < 8; i++) {
            uint kk = min(k0 + i / 2, k - 1), part = i % 2 * 4;
            xs[i] = X_ALONG_K != 0 ? FETCH(1, x, min(row0 + i, m - 1) * X_PITCH + k0)
                                   : FETCH(1, x, kk * X_PITCH + row0 + part);
            ws[i] = W_ALONG_K != 0 ? FETCH(2, w, min(col0 + i, n - 1) * k + k0) : FETCH(2, w, kk * n + col0 + part);
        }
        if (K_REST != 0 && k0 + 4 > k) {
            UNROLL for (uint i = 0; i < 8; i++) {
                if (X_ALONG_K != 0) xs[i] = along_k(xs[i], k0);
                else if (k0 + i / 2 >= k) xs[i] = vec4(0);
                if (W_ALONG_K != 0) ws[i] = along_k(ws[i], k0);
            }
        }
        UNROLL for (uint s = 0; s < 4; s++) {
            vec4 low = ws[s * 2], high = ws[s * 2 + 1];
            if (W_ALONG_K != 0) {
                low = vec4(ws[0][s], ws[1][s], ws[2][s], ws[3][s]);
                high = vec4(ws[4][s], ws[5][s], ws[6][s], ws[7][s]);
            }
            UNROLL for (uint i = 0; i < 8; i++) {
                vec4 left = vec4(X_ALONG_K != 0 ? xs[i][s] : xs[s * 2 + i / 4][i % 4]);
                sum[2 * i] = fma(left, low, sum[2 * i]);
                sum[2 * i + 1] = fma(left, high, sum[2 * i + 1]);
            }
        }
    }
    UNROLL for (uint i = 0; i < 8; i++) {
        store(row0 + i, col0, sum[2 * i]);
        store(row0 + i, col0 + 4, sum[2 * i + 1]);
    }
}
