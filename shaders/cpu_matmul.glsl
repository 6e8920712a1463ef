// The matmul for CPU devices: a subgroup of LANES invocations makes ROWS x (LANES COLS) elements of y, each lane ROWS x
// COLS of them in registers, 4 of k at a time, everything fetched as texels first (cpu.glsl). A lane fetches the
// columns of w that are its own; what it fetches of x is for all of them: piece p, four floats, is fetched by lane
// p % LANES, and a shuffle by a constant hands each number round. That is a third of the fetches that each lane would
// need on its own, and llvmpipe calls a function of 45 instructions for a fetch but shuffles with one.
// X_ALONG_K and W_ALONG_K say how the operands lie: rows along k, or along the rows (columns) of y.
// The sums run over k in the same order as in matmul.glsl, whatever ROWS and COLS are: the same bits.
// Constants: 0 workgroup size, equal to LANES, 1 whether 4 leaves a rest of k, 3 vectors, 5 LANES, 6 ROWS, 7 COLS (a
// multiple of 4, as ROWS must be where x lies along its rows).
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(constant_id = 1) const uint K_REST = 0;
layout(constant_id = 5) const uint LANES = 8;
layout(constant_id = 6) const uint ROWS = 16;
layout(constant_id = 7) const uint COLS = 8;

// The piece and its component that hold x of row `i` at k0 + s.
#define X_PIECE(i, s) (X_ALONG_K != 0 ? (i) : (s) * (ROWS / 4) + (i) / 4)
#define X_PLACE(i, s) (X_ALONG_K != 0 ? (s) : (i) % 4)
const uint X_FETCHES = (ROWS + LANES - 1) / LANES;

// Elements from row to row of the operand whose columns are the weight's rows.
uint strided(uint dense)
{
    return stride != 0 ? stride : dense;
}

vec4 along_k(vec4 values, uint k0)
{
    return mix(values, vec4(0), greaterThanEqual(uvec4(k0, k0 + 1, k0 + 2, k0 + 3), uvec4(k)));
}

// Where piece `piece` of x begins, and that of w: along k piece i of w is column i, else it is columns
// 4 (i % (COLS / 4)) .. of step i / (COLS / 4).
uint x_texel(uint row0, uint piece)
{
    if (X_ALONG_K != 0) return TEXEL(1, min(row0 + piece, m - 1) * X_PITCH);
    return TEXEL(1, piece / (ROWS / 4) * X_PITCH + row0 + piece % (ROWS / 4) * 4);
}

uint w_texel(uint col0, uint piece)
{
    if (W_ALONG_K != 0) return TEXEL(2, min(col0 + piece, n - 1) * k);
    return TEXEL(2, piece / (COLS / 4) * n + col0 + piece % (COLS / 4) * 4);
}

// Beyond k everything counts 0.
vec4 x_inside(vec4 values, uint k0, uint piece)
{
    if (K_REST == 0) return values;
    if (X_ALONG_K != 0) return along_k(values, k0);
    return k0 + piece / (ROWS / 4) < k ? values : vec4(0);
}

vec4 w_inside(vec4 values, uint k0, uint piece)
{
    if (K_REST == 0) return values;
    if (W_ALONG_K != 0) return along_k(values, k0);
    return k0 + piece / (COLS / 4) < k ? values : vec4(0);
}

void store(uint row, uint col, vec4 sum)
{
    if (row >= m || col >= n) return;
    if (accumulate != 0) sum += FETCH(0, y_before, row * Y_PITCH + col);
    uint at = first(0) + row * Y_PITCH + col;
    if ((VECTORS & 1) != 0) {
        y_vectors[at / 4] = sum;
        return;
    }
    UNROLL for (uint j = 0; j < 4; j++)
        if (col + j < n) y[at + j] = sum[j];
}

void main()
{
    uint across = (n + COLS * LANES - 1) / (COLS * LANES), lane = gl_SubgroupInvocationID;
    uint row0 = group_index() / across * ROWS, col0 = (group_index() % across * LANES + lane) * COLS;
    float sum[ROWS * COLS];
    UNROLL for (uint i = 0; i < ROWS * COLS; i++) sum[i] = 0;
    uint x_at[X_FETCHES], w_at[COLS];
    UNROLL for (uint i = 0; i < X_FETCHES; i++) x_at[i] = x_texel(row0, i * LANES + lane);
    UNROLL for (uint i = 0; i < COLS; i++) w_at[i] = w_texel(col0, i);
    for (uint k0 = 0; k0 < k; k0 += 4) {
        uint x_step = TEXEL_STEP(1, X_ALONG_K != 0 ? k0 : k0 * X_PITCH);
        uint w_step = TEXEL_STEP(2, W_ALONG_K != 0 ? k0 : k0 * n);
        vec4 xs[X_FETCHES], ws[COLS];
        UNROLL for (uint i = 0; i < X_FETCHES; i++)
            xs[i] = x_inside(FETCH_TEXEL(1, x, x_at[i] + x_step), k0, i * LANES + lane);
        UNROLL for (uint i = 0; i < COLS; i++) ws[i] = w_inside(FETCH_TEXEL(2, w, w_at[i] + w_step), k0, i);
        UNROLL for (uint i = 0; i < ROWS; i++)
            UNROLL for (uint j = 0; j < COLS; j++) {
                float running = sum[i * COLS + j];
                UNROLL for (uint s = 0; s < 4; s++) {
                    float left = subgroupShuffle(xs[X_PIECE(i, s) / LANES][X_PLACE(i, s)], X_PIECE(i, s) % LANES);
                    float right = W_ALONG_K != 0 ? ws[j][s] : ws[s * (COLS / 4) + j / 4][j % 4];
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
