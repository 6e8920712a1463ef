// The matmul of 16-bit weights on matrix units (VK_KHR_cooperative_matrix): y (M,N) = x W with x in float32.
//
// The units multiply small matrices of f16 and add in f32: sums (ROWS x COLS of them in a subgroup) += x w, where x has
// UNIT_M x UNIT_K numbers and w UNIT_K x UNIT_N. To lose nothing that matters, what goes in is made of f16 with care:
//   x  is two halves. A row is scaled by s = 2^p such that its largest number is in [2^14, 2^15), and
//          hi = the 11 bits of a half nearest to s x,  lo = f16(s x - hi),  sum += lo w,  sum += hi w
//      |s x - hi| <= 2^-11 |s x|, of which the conversion to lo loses 2^-10 at most (drivers may chop): 2^-21 |s x|. Or
//      where a half is below the smallest normal one, which hardware may flush to zero: 2^-14 <= 2^-28 max |s x|.
//   w  in f16 is itself. In bf16 it is scaled by a power of two per column, too: the 8 bits of a bf16 fit into a half
//      exactly as long as the number is normal there, which is to say above 2^-28 of the largest of its column. What is
//      smaller differs by no more than 2^-28 of that largest one.
// With sums in f32 that are off by at most 2^-22 of what they hold per step of UNIT_K (matrix units chop, too),
//     |y - exact| <= (2^-21 + K / UNIT_K 2^-22) sum_k |x||w| + 2^-27 (max |x| sum_k |w| + max |w| sum_k |x|)
// which for K = 12288 and UNIT_K = 16 is 2e-4 in the very worst case of errors that all have one sign and full size,
// and 1e-6 as measured. Both scales are powers of two, found by reading rows and columns once before (what is largest
// does not depend on any order), so they depend on the row and on the column alone: a row's bits do not depend on the
// others, as everywhere.
//
// A workgroup has SUBGROUPS subgroups, DOWN of them below each other, and they share a tile of X_TILE rows and W_TILE
// columns through shared memory, DEPTH of k at a time. Memory is read in quads: four neighbors. Sums leave by shared
// memory too, since which lane holds which element is the driver's secret.
// The grid is flat: tiles row by row. Constants: 0 workgroup size, 1 to 3 UNIT_M, UNIT_N, UNIT_K, 4 format of w,
// 5 lanes of a subgroup, 6 ROWS, which COLS equals, 7 WHOLE: quads of x begin at whole vectors, those of w at whole
// words, and none ends beyond its row.

layout(constant_id = 1) const uint UNIT_M = 8;
layout(constant_id = 2) const uint UNIT_N = 8;
layout(constant_id = 3) const uint UNIT_K = 8;
layout(constant_id = 5) const uint LANES = 8;
layout(constant_id = 6) const uint ROWS = 1;
layout(constant_id = 7) const uint WHOLE = 0;
layout(constant_id = 0) const uint INVOCATIONS = 32;

const uint DEPTH = 16, COLS = ROWS; // UNIT_K divides DEPTH
const uint SUBGROUPS = INVOCATIONS / LANES, DOWN = ROWS > 1 ? 2 : 1, ACROSS = SUBGROUPS / DOWN;
const uint X_TILE = DOWN * ROWS * UNIT_M, W_TILE = ACROSS * COLS * UNIT_N;
const uint X_QUADS = X_TILE * DEPTH / 4, W_QUADS = W_TILE * DEPTH / 4;
// From row to row in shared memory, in quads; two more than needed spread the banks and keep rows at 16 bytes.
const uint X_PITCH = DEPTH / 4 + 2, W_PITCH = (W_ALONG_K != 0 ? DEPTH : W_TILE) / 4 + 2;
const uint W_LINES = W_ALONG_K != 0 ? W_TILE : DEPTH;

shared f16vec4 x_hi[X_TILE * X_PITCH], x_lo[X_TILE * X_PITCH], w_tile[W_LINES * W_PITCH];
shared float results[SUBGROUPS * UNIT_M * UNIT_N];
shared uint x_most[X_TILE], w_most[W_TILE]; // the largest |x| of a row, |w| of a column, as bits: they compare alike

// -- SPV_KHR_cooperative_matrix, in the words of GL_EXT_spirv_intrinsics, which older compilers of GLSL know --
//
// TYPE is OpTypeCooperativeMatrixKHR: component (as bits: 16 is float16_t, 32 is float), scope, rows, columns (1000 + i
// is specialization constant i), use. The instruction takes ids of all that; shaders/build.py puts them in.
#define MATRICES extensions = ["SPV_KHR_cooperative_matrix"], capabilities = [6022]
#define TYPE(bits, rows, cols, use) spirv_type(MATRICES, id = 4456, bits, 3u /* subgroup */, rows, cols, use)
#define MATRIX_X TYPE(16u, 1001u, 1003u, 0u) // (UNIT_M, UNIT_K) of halves, the left one of a product
#define MATRIX_W TYPE(16u, 1003u, 1002u, 1u) // (UNIT_K, UNIT_N) of halves, the right one
#define SUMS TYPE(32u, 1001u, 1002u, 2u)     // (UNIT_M, UNIT_N) of floats
#define BY_ROWS 0u                           // neighbors in memory are those of a row
#define BY_COLS 1u
// Shared memory that other invocations have written, or will read: MakePointerVisible (Available) | NonPrivate, and
// the scope of that is the workgroup.
#define READ 0x30u, 2u
#define WRITTEN 0x28u, 2u

// OpCooperativeMatrixLoadKHR, ...StoreKHR: `pitch` quads (floats) from row to row, or column to column.
spirv_instruction(MATRICES, id = 4457)
MATRIX_X load_x(spirv_by_reference f16vec4 from, uint order, uint pitch, spirv_literal uint access, uint scope);
spirv_instruction(MATRICES, id = 4457)
MATRIX_W load_w(spirv_by_reference f16vec4 from, uint order, uint pitch, spirv_literal uint access, uint scope);
spirv_instruction(MATRICES, id = 4458)
void store_sums(spirv_by_reference float to, SUMS sums, uint order, uint pitch, spirv_literal uint access, uint scope);
spirv_instruction(MATRICES, id = 4459)
SUMS multiply_add(MATRIX_X x, MATRIX_W w, SUMS sums); // OpCooperativeMatrixMulAddKHR
spirv_instruction(id = 80)
SUMS filled(float with); // OpCompositeConstruct

// -- reading --

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
}

// x[row][kk .. kk + 3]; rows beyond the last are the last one again, what is beyond k counts 0.
vec4 x_quad(uint row, uint kk)
{
    uint begin = first(1) + min(row, m - 1) * X_ROW;
    if (WHOLE != 0) {
        vec4 quad = x4[(begin + min(kk, k - 4)) / 4];
        return kk < k ? quad : vec4(0);
    }
    vec4 quad;
    UNROLL for (uint i = 0; i < 4; i++) {
        float value = x[begin + min(kk + i, k - 1)];
        quad[i] = kk + i < k ? value : 0;
    }
    return quad;
}

// Four neighbors of w, which has `lines` rows of `cols` in memory.
vec4 w_quad(uint line, uint col, uint lines, uint cols)
{
    uint begin = min(line, lines - 1) * cols;
    vec4 quad;
    if (WHOLE != 0) {
        uint at = first(2) + (begin + min(col, cols - 4)) / 2;
        uint low = w_words[at], high = w_words[at + 1];
        quad = vec4(widen(low, 0), widen(low, 1), widen(high, 0), widen(high, 1));
        return line < lines && col < cols ? quad : vec4(0);
    }
    UNROLL for (uint i = 0; i < 4; i++) {
        uint at = begin + min(col + i, cols - 1);
        float value = widen(w_words[first(2) + at / 2], at % 2);
        quad[i] = line < lines && col + i < cols ? value : 0;
    }
    return quad;
}

// Quad `e` of the tile of w.
vec4 w_quad_of(uint e, uint col0, uint k0)
{
    if (W_ALONG_K != 0) return w_quad(col0 + e / (DEPTH / 4), k0 + e % (DEPTH / 4) * 4, n, k);
    return w_quad(k0 + e / (W_TILE / 4), col0 + e % (W_TILE / 4) * 4, k, n);
}

// -- scales --

// The p for which 2^p brings numbers up to `most` (as bits) to [2^14, 2^15), as far as floats go.
int power_for(uint most)
{
    return clamp(141 - int(most >> 23), -126, 126);
}

float power_of_two(int p)
{
    return uintBitsToFloat(uint(127 + p) << 23);
}

uvec4 size_of(vec4 quad)
{
    return floatBitsToUint(abs(quad));
}

uint most_of(uvec4 bits)
{
    return max(max(bits.x, bits.y), max(bits.z, bits.w));
}

// Each invocation looks at the quads that it will load later: always the same rows, the same columns.
void find_scales(uint row0, uint col0)
{
    const uint X_TURNS = (X_QUADS + INVOCATIONS - 1) / INVOCATIONS, W_TURNS = (W_QUADS + INVOCATIONS - 1) / INVOCATIONS;
    uint xs[X_TURNS];
    uvec4 ws[W_TURNS];
    UNROLL for (uint i = 0; i < X_TURNS; i++) xs[i] = 0;
    UNROLL for (uint i = 0; i < W_TURNS; i++) ws[i] = uvec4(0);
    for (uint e = gl_LocalInvocationID.x; e < max(X_TILE, W_TILE); e += INVOCATIONS) {
        if (e < X_TILE) x_most[e] = 0;
        if (e < W_TILE) w_most[e] = 0;
    }
    barrier();
    for (uint k0 = 0; k0 < k; k0 += DEPTH) {
        UNROLL for (uint i = 0; i < X_TURNS; i++) {
            uint e = gl_LocalInvocationID.x + i * INVOCATIONS;
            xs[i] = max(xs[i], most_of(size_of(x_quad(row0 + e / (DEPTH / 4), k0 + e % (DEPTH / 4) * 4))));
        }
        if (FORMAT == 1) UNROLL for (uint i = 0; i < W_TURNS; i++)
            ws[i] = max(ws[i], size_of(w_quad_of(gl_LocalInvocationID.x + i * INVOCATIONS, col0, k0)));
    }
    UNROLL for (uint i = 0; i < X_TURNS; i++) {
        uint e = gl_LocalInvocationID.x + i * INVOCATIONS;
        if (e < X_QUADS) atomicMax(x_most[e / (DEPTH / 4)], xs[i]);
    }
    if (FORMAT == 1) UNROLL for (uint i = 0; i < W_TURNS; i++) {
        uint e = gl_LocalInvocationID.x + i * INVOCATIONS;
        if (e >= W_QUADS) continue;
        if (W_ALONG_K != 0) atomicMax(w_most[e / (DEPTH / 4)], most_of(ws[i]));
        else UNROLL for (uint j = 0; j < 4; j++) atomicMax(w_most[e % (W_TILE / 4) * 4 + j], ws[i][j]);
    }
    barrier();
}

// -- the tile --

// Where x is cut in two, bits are dropped by hand: compilers take float(float16_t(a)) to be a.
void load_tiles(uint row0, uint col0, uint k0)
{
    UNROLL for (uint i = 0; i < X_QUADS; i += INVOCATIONS) {
        uint e = gl_LocalInvocationID.x + i, row = e / (DEPTH / 4), kk = e % (DEPTH / 4);
        if (X_QUADS % INVOCATIONS != 0 && e >= X_QUADS) break;
        vec4 scaled = x_quad(row0 + row, k0 + kk * 4) * power_of_two(power_for(x_most[row]));
        vec4 hi = uintBitsToFloat(floatBitsToUint(scaled) + 0x1000 & 0xffffe000);
        x_hi[row * X_PITCH + kk] = f16vec4(hi);
        x_lo[row * X_PITCH + kk] = f16vec4(scaled - hi);
    }
    UNROLL for (uint i = 0; i < W_QUADS; i += INVOCATIONS) {
        uint e = gl_LocalInvocationID.x + i;
        const uint LINE = W_ALONG_K != 0 ? DEPTH / 4 : W_TILE / 4; // quads
        if (W_QUADS % INVOCATIONS != 0 && e >= W_QUADS) break;
        vec4 quad = w_quad_of(e, col0, k0);
        if (FORMAT == 1 && W_ALONG_K != 0) quad *= power_of_two(power_for(w_most[e / LINE]));
        if (FORMAT == 1 && W_ALONG_K == 0)
            UNROLL for (uint j = 0; j < 4; j++) quad[j] *= power_of_two(power_for(w_most[e % LINE * 4 + j]));
        w_tile[e / LINE * W_PITCH + e % LINE] = f16vec4(quad);
    }
}

// Writes the sums of one matrix to y, whose part begins at (row0, col0) of the tile at (tile_row, tile_col). The scales
// go in two halves, of which neither over- nor underflows unless the result does.
void leave(uint tile_row, uint tile_col, uint row0, uint col0)
{
    // Much code, but compilers do not unroll around a loop that stays, and `sums` would go to memory.
    UNROLL for (uint i = 0; i < UNIT_M * UNIT_N; i += LANES) {
        uint e = gl_SubgroupInvocationID + i, r = row0 + e / UNIT_N, c = col0 + e % UNIT_N;
        uint row = tile_row + r, col = tile_col + c, at = row * Y_PITCH + col;
        if (e >= UNIT_M * UNIT_N || row >= m || col >= n) continue;
        int back = -power_for(x_most[r]) - (FORMAT == 1 ? power_for(w_most[c]) : 0);
        float sum = results[gl_SubgroupID * (UNIT_M * UNIT_N) + e] * power_of_two(back / 2);
        sum *= power_of_two(back - back / 2);
#ifdef FUSED
        sum = low_rank(row, col, sum);
        FINISH(float, sum, at, col)
        y[first(0) + at] = finished;
#else
        y[first(0) + at] = accumulate != 0 ? y[first(0) + at] + sum : sum;
#endif
    }
}

void main()
{
    uint across = (n + W_TILE - 1) / W_TILE, tile_row = group_index() / across * X_TILE;
    uint tile_col = group_index() % across * W_TILE;
    uint row0 = gl_SubgroupID / ACROSS * ROWS * UNIT_M, col0 = gl_SubgroupID % ACROSS * COLS * UNIT_N;
    find_scales(tile_row, tile_col);
    SUMS sums[ROWS * COLS];
    UNROLL for (uint i = 0; i < ROWS * COLS; i++) sums[i] = filled(0.0);
    for (uint k0 = 0; k0 < k; k0 += DEPTH) {
        load_tiles(tile_row, tile_col, k0);
        barrier();
        for (uint kk = 0; kk < DEPTH; kk += UNIT_K) { // once where UNIT_K is 16
            MATRIX_W ws[COLS];
            UNROLL for (uint j = 0; j < COLS; j++) {
                uint col = col0 + j * UNIT_N;
                if (W_ALONG_K != 0) ws[j] = load_w(w_tile[col * W_PITCH + kk / 4], BY_COLS, W_PITCH, READ);
                else ws[j] = load_w(w_tile[kk * W_PITCH + col / 4], BY_ROWS, W_PITCH, READ);
            }
            UNROLL for (uint i = 0; i < ROWS; i++) {
                uint at = (row0 + i * UNIT_M) * X_PITCH + kk / 4;
                MATRIX_X lo = load_x(x_lo[at], BY_ROWS, X_PITCH, READ), hi = load_x(x_hi[at], BY_ROWS, X_PITCH, READ);
                UNROLL for (uint j = 0; j < COLS; j++) sums[i * COLS + j] = multiply_add(lo, ws[j], sums[i * COLS + j]);
                UNROLL for (uint j = 0; j < COLS; j++) sums[i * COLS + j] = multiply_add(hi, ws[j], sums[i * COLS + j]);
            }
        }
        barrier();
    }
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j++) {
            store_sums(results[gl_SubgroupID * (UNIT_M * UNIT_N)], sums[i * COLS + j], BY_ROWS, UNIT_N, WRITTEN);
            subgroupBarrier();
            leave(tile_row, tile_col, row0 + i * UNIT_M, col0 + j * UNIT_N);
            subgroupBarrier();
        }
}
