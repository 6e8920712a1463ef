// The matmul for CPU devices: a subgroup of LANES invocations makes ROWS x (LANES COLS) elements of y, each lane ROWS
// x COLS of them in registers, 4 of k at a time, everything fetched as texels first (cpu.glsl). A lane fetches the
// columns of w that are its own; what it fetches of x is for all of them: piece p, four floats, is fetched by lane p %
// LANES, and a shuffle by a constant hands each number round. That is a third of the fetches that each lane would need
// on its own, and llvmpipe calls a function of 45 instructions for a fetch but shuffles with one. X_ALONG_K and
// W_ALONG_K say how the operands lie: rows along k, or along the rows (columns) of y. STEP of k go at once; as many
// numbers are a piece of w: 8 when they are 16-bit numbers (weights.glsl) and its rows are whole texels.
// The sums run over k in the same order as in matmul.glsl, whatever ROWS and COLS are: the same bits. Constants: 0
// workgroup size, equal to LANES, 1 whether STEP leaves a rest of k, 2 STEP, 3 vectors, 4 format of w, 5 LANES, 6 ROWS
// (a multiple of 4 where x lies along its rows), 7 COLS (4 or 8, with 16-bit weights 8).
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(constant_id = 1) const uint K_REST = 0;
layout(constant_id = 2) const uint STEP = 4;
layout(constant_id = 5) const uint LANES = 8;
layout(constant_id = 6) const uint ROWS = 16;
layout(constant_id = 7) const uint COLS = 8;

#define PACKED (STEP == 8)

// Piece p of x: along k row p % ROWS at k0 + 4 (p / ROWS), else rows 4 (p % (ROWS / 4)) .. at k0 + p / (ROWS / 4).
// Here are the piece and the place in it of row `i` at k0 + s.
#define X_PIECE(i, s) (X_ALONG_K != 0 ? (s) / 4 * ROWS + (i) : (s) * (ROWS / 4) + (i) / 4)
#define X_PLACE(i, s) (X_ALONG_K != 0 ? (s) % 4 : (i) % 4)
const uint X_FETCHES = (ROWS * (STEP / 4) + LANES - 1) / LANES;

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
}

vec4 along_k(vec4 values, uint k0)
{
    return mix(values, vec4(0), greaterThanEqual(uvec4(k0, k0 + 1, k0 + 2, k0 + 3), uvec4(k)));
}

uint x_texel(uint row0, uint piece)
{
    if (X_ALONG_K != 0) return TEXEL(1, min(row0 + piece % ROWS, m - 1) * X_PITCH + piece / ROWS * 4);
    return TEXEL(1, piece / (ROWS / 4) * X_PITCH + row0 + piece % (ROWS / 4) * 4);
}

// Beyond k everything counts 0.
vec4 x_inside(vec4 values, uint k0, uint piece)
{
    if (K_REST == 0) return values;
    if (X_ALONG_K != 0) return along_k(values, k0 + piece / ROWS * 4);
    return k0 + piece / (ROWS / 4) < k ? values : vec4(0);
}

// Where piece `piece` of w begins: along k column `piece`, else STEP columns of a step of k. 16-bit numbers that are
// not PACKED are found one by one, so there it is an element.
uint w_texels(uint elements)
{
    return PACKED ? elements / 8 : FORMAT != 0 ? elements : TEXEL_STEP(2, elements);
}

uint w_texel(uint col0, uint piece)
{
    uint at = piece / (COLS / STEP) * n + col0 + piece % (COLS / STEP) * STEP;
    if (W_ALONG_K != 0) at = min(col0 + piece, n - 1) * k;
    return (FORMAT != 0 && !PACKED ? 0 : texels[2]) + w_texels(at);
}

float w_number(uint at)
{
    return widen(floatBitsToUint(fetch_one(w, 2, at / 2)), at % 2);
}

vec4 fetch_w(uint at, uint k0, uint piece)
{
    vec4 values;
    if (FORMAT != 0 && !PACKED) values = vec4(w_number(at), w_number(at + 1), w_number(at + 2), w_number(at + 3));
    else values = FETCH_TEXEL(2, w, at);
    if (K_REST == 0) return values;
    if (W_ALONG_K != 0) return PACKED ? values : along_k(values, k0); // rows of whole texels have no rest
    return k0 + piece / (COLS / STEP) < k ? values : vec4(0);
}

// Number `i` of a piece of w.
float number(vec4 values, uint i)
{
    return PACKED ? widen(floatBitsToUint(values[i / 2]), i % 2) : values[i];
}

void store(uint row, uint col, vec4 sum)
{
    if (row >= m || col >= n) return;
#ifdef FUSED
    FINISH(vec4, sum, row * Y_PITCH + col, col)
    sum = finished;
#else
    if (accumulate == 1) sum += FETCH(0, y_before, row * Y_PITCH + col);
#endif
    uint at = first(0) + row * Y_PITCH + col;
    if ((VECTORS & 1) != 0) {
        y_vectors[at / 4] = sum;
        return;
    }
    UNROLL for (uint j = 0; j < 4; j++)
        if (col + j < n) y[at + j] = sum[j];
}

// Where sums begin: at 0, or (matmul_nn with accumulate 2) where an earlier part of k has left them in y.
vec4 sum_before(uint row, uint col)
{
    bool goes_on = X_ALONG_K != 0 && W_ALONG_K == 0 && accumulate == 2 && row < m && col < n;
    return goes_on ? FETCH(0, y_before, row * Y_PITCH + col) : vec4(0);
}

void main()
{
    uint across = (n + COLS * LANES - 1) / (COLS * LANES), lane = gl_SubgroupInvocationID;
    uint row0 = group_index() / across * ROWS, col0 = (group_index() % across * LANES + lane) * COLS;
    float sum[ROWS * COLS];
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j += 4) {
            vec4 before = sum_before(row0 + i, col0 + j);
            UNROLL for (uint p = 0; p < 4; p++) sum[i * COLS + j + p] = before[p];
        }
    uint x_at[X_FETCHES], w_at[COLS];
    UNROLL for (uint i = 0; i < X_FETCHES; i++) x_at[i] = x_texel(row0, i * LANES + lane);
    UNROLL for (uint i = 0; i < COLS; i++) w_at[i] = w_texel(col0, i);
    for (uint k0 = 0; k0 < k; k0 += STEP) {
        uint x_step = TEXEL_STEP(1, X_ALONG_K != 0 ? k0 : k0 * X_PITCH);
        uint w_step = w_texels(W_ALONG_K != 0 ? k0 : k0 * n);
        vec4 xs[X_FETCHES], ws[COLS];
        UNROLL for (uint i = 0; i < X_FETCHES; i++)
            xs[i] = x_inside(FETCH_TEXEL(1, x, x_at[i] + x_step), k0, i * LANES + lane);
        UNROLL for (uint i = 0; i < COLS; i++) ws[i] = fetch_w(w_at[i] + w_step, k0, i);
        UNROLL for (uint i = 0; i < ROWS; i++)
            UNROLL for (uint j = 0; j < COLS; j++) {
                float running = sum[i * COLS + j];
                UNROLL for (uint s = 0; s < STEP; s++) {
                    float left = subgroupShuffle(xs[X_PIECE(i, s) / LANES][X_PLACE(i, s)], X_PIECE(i, s) % LANES);
                    float right = W_ALONG_K != 0 ? number(ws[j], s)
                                                 : number(ws[s * (COLS / STEP) + j / STEP], j % STEP);
                    running = fma(left, right, running);
                }
                sum[i * COLS + j] = running;
            }
    }
    UNROLL for (uint i = 0; i < ROWS; i++)
        UNROLL for (uint j = 0; j < COLS; j += 4) {
            uint at = i * COLS + j;
            store(row0 + i, col0 + j, vec4(sum[at], sum[at + 1], sum[at + 2], sum[at + 3]));
        }
}
