// Every op on Vulkan against the CPU, on random inputs of odd sizes. Catches: a shader that differs from its C
// twin, that writes outside its operands (sentinels stand before and after each) or into its inputs, missing
// barriers, lost submits.
#ifndef R0_NO_VULKAN
#include "../examples/random_model.h"

enum { VK_SENTINEL = 0x4b3c2d1e };

typedef struct vk_bench {
    test *t;
    r0i_device *cpu, *vk;
    const char *mode;
    size_t pad; // sentinels before and after an operand: odd, so that none begins where a descriptor may;
                // or a multiple of 4, which kernels that read vectors want
    uint64_t draws;             // of the random numbers
    bool seen[R0I_OP_COUNT];
    const uint32_t *limits;     // of the case's index operands, in order
    double slack;               // factor on tolerances: float sums of very long rows wander
    const size_t *sizes;        // elements of the operands whose shape letter is '.', in order
} vk_bench;

typedef union vk_word {
    float f;
    uint32_t u;
} vk_word;

static double vk_random(vk_bench *b)
{
    r0i_key key = {11, 7};
    return r0i_random_uniform(key, b->draws++);
}

// Values by kind: f normal, p in .5 .. 1.5, t halves, of which many are equal, n and m six times f and t, i indices
// below a limit, u different indices, l 1 .. limit, o a permutation, s starts that rise by up to 3 (so o has as many as
// the last), r starts 700 apart, b and e the sequences' ends: rows in runs of 5 (70, 2000 when so many), k any
// bits, w pairs of bf16, h pairs of f16, '0' + a r0i_format whole slabs of its blocks.
static void vk_fill(vk_bench *b, char kind, vk_word *to, size_t count)
{
    r0i_key key = {3, 9};
    uint32_t limit = strchr("iul", kind) ? *b->limits++ : 0, run = count < 100 ? 5 : count < 1000 ? 70 : 2000;
    if (kind >= '0' + R0I_FORMAT_Q4_0 && kind <= '0' + R0I_FORMAT_Q6_K) {
        random_slabs((uint32_t)(kind - '0'), count, b->draws, 0, &to->u);
        b->draws += count;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)i;
        switch (kind) {
        case 'f': to[i].f = (float)r0i_random_normal(key, b->draws++); break;
        case 'p': to[i].f = (float)(0.5 + vk_random(b)); break;
        case 't': to[i].f = (float)(int)(2 * r0i_random_normal(key, b->draws++)) / 2; break;
        case 'n': to[i].f = (float)(6 * r0i_random_normal(key, b->draws++)); break;
        case 'm': to[i].f = (float)(3 * (int)(2 * r0i_random_normal(key, b->draws++))); break;
        case 'i': to[i].u = (uint32_t)(vk_random(b) * limit); break;
        case 'l': to[i].u = 1 + (uint32_t)(vk_random(b) * limit); break;
        case 'u': to[i].u = limit - 1 - at; break;
        case 'o': to[i].u = (uint32_t)count - 1 - at; break;
        case 's': to[i].u = at * 2; break;
        case 'r': to[i].u = at * 700; break;
        case 'b': to[i].u = at / run * run; break;
        case 'w':
        case 'h':
            to[i].u = 0;
            for (int half = 0; half < 2; half++) {
                float value = (float)r0i_random_normal(key, b->draws++);
                uint32_t bits = kind == 'w' ? r0i_f32_to_bf16(value) : r0i_f32_to_f16(value * 1e-3f); // subnormals too
                to[i].u |= bits << 16 * half;
            }
            break;
        case 'e': to[i].u = R0I_MIN((at / run + 1) * run, (uint32_t)count); break;
        default: to[i].u = r0i_random_u32(key, b->draws++);
        }
    }
}

// One operand: the same words in a buffer of each device, sentinels around.
typedef struct vk_operand {
    size_t count, pad;
    vk_word *words, *got; // count + 2 * pad
    r0i_buffer buffers[2];
} vk_operand;

static void vk_operand_make(vk_bench *b, vk_operand *o, char kind, size_t count)
{
    size_t all = count + 2 * b->pad;
    o->count = count, o->pad = b->pad;
    o->words = (vk_word *)malloc(all * sizeof(vk_word));
    o->got = (vk_word *)malloc(all * sizeof(vk_word));
    for (size_t i = 0; i < all; i++) o->words[i].u = VK_SENTINEL;
    vk_fill(b, kind, o->words + b->pad, count);
    r0i_device *devices[2] = {b->cpu, b->vk};
    test *t = b->t;
    for (int d = 0; d < 2; d++) {
        CHECK(r0i_buffer_create(devices[d], all, 4, &o->buffers[d]) == R0_OK, "%s", r0_error(devices[d]->context));
        r0i_write(r0i_view_all(&o->buffers[d]), o->words);
    }
}

// Largest difference of what both devices hold, relative to the largest value, or to `scale`; infinite when a sentinel,
// an input, or a bit of an integer differs.
static double vk_operand_compare(vk_operand *o, bool written, bool integer, double scale)
{
    size_t all = o->count + 2 * o->pad;
    vk_word *want = o->words, *got = o->got;
    if (!written) {
        if (r0i_read(r0i_view_all(&o->buffers[1]), got)) return INFINITY;
        return memcmp(want, got, all * sizeof(vk_word)) ? INFINITY : 0;
    }
    if (r0i_read(r0i_view_all(&o->buffers[0]), want) || r0i_read(r0i_view_all(&o->buffers[1]), got)) return INFINITY;
    double worst = 0;
    for (size_t i = 0; i < all; i++) {
        bool inside = i >= o->pad && i < o->pad + o->count;
        if ((!inside || integer) && want[i].u != got[i].u) return INFINITY;
        if (!inside || integer) continue;
        if (!(fabsf(got[i].f) < 1e30f)) return INFINITY; // also NaN
        scale = fmax(scale, fabs(want[i].f));
        worst = fmax(worst, fabs((double)want[i].f - got[i].f));
    }
    return worst / scale;
}

static void vk_operand_free(vk_operand *o)
{
    for (int d = 0; d < 2; d++) r0i_buffer_destroy(&o->buffers[d]);
    free(o->words);
    free(o->got);
}

static void vk_case(vk_bench *b, r0i_op op, const char *kinds, const void *args, size_t args_size, double tolerance,
                    const uint32_t *limits, const size_t *sizes)
{
    test *t = b->t;
    vk_operand operands[R0I_MAX_OPERANDS];
    r0i_view views[2][R0I_MAX_OPERANDS];
    uint32_t words[R0I_SHAPE_WORDS] = {0};
    memcpy(words, args, R0I_MIN(args_size, sizeof words));
    const char *shapes = r0i_ops[op].shapes;
    b->limits = limits, b->sizes = sizes;
    memset(operands, 0, sizeof operands);
    for (int i = 0; kinds[i]; i++) {
        size_t count = strchr(".ES", shapes[i]) ? *b->sizes++ : (size_t)r0i_op_elements(shapes[i], words);
        vk_operand_make(b, &operands[i], kinds[i], count);
        for (int d = 0; d < 2; d++) {
            views[d][i] = r0i_view_part(r0i_view_all(&operands[i].buffers[d]), b->pad, count, 4);
            views[d][i].format = kinds[i] == 'w'   ? R0I_FORMAT_BF16
                                 : kinds[i] == 'h' ? R0I_FORMAT_F16
                                 : kinds[i] < 'a'  ? (uint32_t)(kinds[i] - '0')
                                                   : R0I_FORMAT_REAL;
        }
    }
    r0i_run(b->cpu, op, args, args_size, views[0]);
    r0i_run(b->vk, op, args, args_size, views[1]);
    for (int i = 0; kinds[i]; i++) {
        bool written = i < r0i_ops[op].written;
        double scale = op == R0I_OP_token_logp_forward ? 1 : 1e-3; // differences of logarithms, which round as these do
        double difference = vk_operand_compare(&operands[i], written, strchr("fptnm", kinds[i]) == NULL, scale);
        CHECK(difference <= tolerance * b->slack, "%s, %s, operand %d of %zu: difference %g %s", r0i_ops[op].name,
              b->mode, i, operands[i].count, difference, b->vk->status ? r0_error(b->vk->context) : "");
    }
    for (int i = 0; kinds[i]; i++) vk_operand_free(&operands[i]);
    b->seen[op] = true;
}

#define VK_CASE(name, kinds, tolerance, type, ...)                                                                     \
    do {                                                                                                               \
        r0i_##type##_args vk_args = {__VA_ARGS__};                                                                     \
        vk_case(b, R0I_OP_##name, kinds, &vk_args, sizeof vk_args, tolerance, limits, sizes);                          \
    } while (0)
#define VK_LIMITS(...) do { uint32_t list[] = {__VA_ARGS__}; memcpy(limits, list, sizeof list); } while (0)
#define VK_SIZES(...) do { size_t list[] = {__VA_ARGS__}; memcpy(sizes, list, sizeof list); } while (0)

// Rows of tokens: N rows, C columns, V table rows.
static void vk_row_cases(vk_bench *b, uint32_t N, uint32_t C, uint32_t V)
{
    uint32_t limits[4] = {V, V, V, V};
    size_t sizes[3] = {(size_t)V * C, 0, 0};
    VK_CASE(embedding_forward, "fif", 0, embedding, N, C, 0, V, 0);
    VK_LIMITS(V);
    VK_SIZES((size_t)V * C, (size_t)2 * N * C, (size_t)2 * N);
    if (N <= V) VK_CASE(embedding_backward, "ffosu", 1e-6, embedding, N, C, 0, V, 0);
    VK_LIMITS(V);
    VK_SIZES((size_t)(V / 2) * C, (size_t)2 * N * C, (size_t)2 * N);
    if (N <= V) VK_CASE(embedding_backward, "ffosu", 1e-6, embedding, N, C, V / 3, V / 2, 0);
    VK_LIMITS(V, V);
    VK_CASE(embedding_forward, "fif", 0, embedding, N, C, V / 3, V / 2, 0);
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
        VK_CASE(rms_norm_forward, "ffff", 2e-6, norm, N, C, 1e-6f, accumulate, (float)accumulate);
        VK_CASE(rms_norm_backward, "ffffp", 5e-6, norm, N, C, 1e-6f, accumulate, (float)accumulate);
    }
    VK_CASE(rms_norm_weight_backward, "fffp", 5e-6, norm, N, C, 1e-6f, 1, 0);
    VK_CASE(bias_forward, "ff", 1e-6, rows, N, C);
    VK_CASE(bias_backward, "ff", 5e-6, rows, N, C);
    VK_SIZES((size_t)V * C);
    VK_CASE(rows_gather, "ffi", 0, rows, N, C);
    VK_LIMITS(R0I_MAX(N, V));
    VK_SIZES((size_t)R0I_MAX(N, V) * C);
    VK_CASE(rows_scatter, "ffu", 0, rows, N, C);
    VK_LIMITS(V, N + 3);
    VK_SIZES((size_t)(N + 3) * C, (size_t)V * C);
    VK_CASE(kv_write, "ffiu", 0, kv, N, C, 0);
    for (uint32_t format = R0I_FORMAT_BF16; C % 2 == 0 && format <= R0I_FORMAT_F16; format++) {
        VK_LIMITS(V, N + 3);
        VK_SIZES((size_t)(N + 3) * C / 2, (size_t)V * C);
        VK_CASE(kv_write, format == R0I_FORMAT_F16 ? "hfiu" : "wfiu", 0, kv, N, C, format);
    }
    VK_CASE(kv_round, "f", 0, kv_round, N * C, R0I_FORMAT_BF16);
    VK_CASE(kv_round, "f", 0, kv_round, N * C, R0I_FORMAT_F16);
    VK_LIMITS(V);
    VK_CASE(token_logp_forward, "fffffi", 3e-6, logp, N, V, 0.7f);
    VK_CASE(token_logp_backward, "fffif", 5e-6, logp, N, V, 1.25f);
}

static void vk_matmul_cases(vk_bench *b, uint32_t M, uint32_t N, uint32_t K)
{
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    uint32_t wide = R0I_MAX(M, R0I_MAX(N, K)) + 4; // a part of wider rows
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++)
        for (uint32_t stride = 0; stride <= R0I_MIN(wide, 200u); stride += wide) {
            VK_CASE(matmul_nt, "fff", 3e-6, matmul, M, N, K, accumulate, stride, 0);
            VK_CASE(matmul_nn, "fff", 3e-6, matmul, M, N, K, accumulate, stride, 0);
            VK_CASE(matmul_tn, "fff", 3e-6, matmul, M, N, K, accumulate, stride, 0);
            VK_CASE(matmul_nt_fused, "fffffff", 3e-6, fused, {M, N, K, accumulate ? R0I_GATED : 3, stride, 0}, 0);
        }
    uint64_t draws = b->draws;
    for (uint32_t i = 0; i < 3; i++) { // adapters: of ranks that are whole vectors and not, and of up to three weights
        uint32_t rank = i == 1 ? 8 : 1 + i * 2;
        VK_CASE(matmul_nt_fused, "fffffff", 3e-6, fused, {M, N, K, i * 2, i * wide, 0}, rank);
        VK_CASE(lora_middle, "fffff", 3e-6, lora, M, rank, K, 1 + i, .5f);
    }
    b->draws = draws; // the cases after these have the numbers that they had without
}

// Weights of 16 bits: M rows, N x K weights; as a table, K rows of N.
static void vk_format_cases(vk_bench *b, uint32_t M, uint32_t N, uint32_t K)
{
    static const char *const matmul[] = {NULL, "ffw", "ffh"}, *const embedding[] = {NULL, "fiw", "fih"};
    static const char *const fused[] = {NULL, "ffwffff", "ffhffff"};
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    for (uint32_t format = R0I_FORMAT_BF16; format <= R0I_FORMAT_F16; format++) {
        VK_CASE(matmul_nt, matmul[format], 3e-6, matmul, M, N, K, 0, 0, format);
        VK_CASE(matmul_nt, matmul[format], 3e-6, matmul, M, N, K, 1, N + 4, format);
        VK_CASE(matmul_nt_fused, fused[format], 3e-6, fused, {M, N, K, R0I_RESIDUAL, N + 4, format}, 0);
        VK_CASE(matmul_nn, matmul[format], 3e-6, matmul, M, N, K, 0, 0, format);
        VK_CASE(matmul_nn, matmul[format], 3e-6, matmul, M, N, K, 1, K + 4, format);
        VK_LIMITS(K);
        VK_SIZES(((size_t)K * N + 1) / 2);
        VK_CASE(embedding_forward, embedding[format], 0, embedding, M, N, 0, K, format);
    }
}

// Weights in blocks, the same: N is not of whole slabs, K of whole blocks of 32 only where the format has them.
static void vk_block_cases(vk_bench *b, uint32_t M, uint32_t N, uint32_t K, uint32_t formats)
{
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    uint64_t draws = b->draws;
    for (uint32_t f = R0I_FORMAT_Q4_0; f <= R0I_FORMAT_Q6_K; f++) {
        uint32_t block = R0I_BLOCK(f), cols = (K + block - 1) / block * block;
        char nt[] = {'f', 'f', (char)('0' + f), 0}, fused[] = {'f', 'f', (char)('0' + f), 'f', 'f', 'f', 'f', 0};
        char table[] = {'f', 'i', (char)('0' + f), 0};
        if (!(formats >> f & 1)) continue;
        VK_CASE(matmul_nt, nt, 3e-6, matmul, M, N, cols, 0, 0, f);
        VK_CASE(matmul_nt, nt, 3e-6, matmul, M, N, cols, 1, N + 4, f);
        VK_CASE(matmul_nt_fused, fused, 3e-6, fused, {M, N, cols, R0I_RESIDUAL, N + 4, f}, 6);
        VK_CASE(matmul_nn, nt, 3e-6, matmul, M, cols, N, 0, 0, f);
        VK_CASE(matmul_nn, nt, 3e-6, matmul, M, cols, N, 1, N + 4, f);
        VK_LIMITS(N);
        VK_SIZES((size_t)r0i_format_bytes(f, N, cols) / 4);
        VK_CASE(embedding_forward, table, 1e-7, embedding, M, cols, 0, N, f);
    }
    b->draws = draws; // the cases after these have the numbers that they had without
}

static void vk_decode_cases(vk_bench *b, uint32_t N, uint32_t H, uint32_t G, uint32_t D)
{
    uint32_t limits[2];
    size_t sizes[4];
    for (uint32_t how = 0; how < 6; how++) { // what is rounded to 16 bits must be the same bits: neither norm nor rope
        static const char *const kinds[] = {"ffffpifu", "fwwfpifu", "fhhfpifu"};
        uint32_t format = how < 4 ? 0 : how - 3;
        size_t cache = (size_t)(N + 2) * G * D / (format ? 2 : 1);
        VK_LIMITS(23, N + 2);
        VK_SIZES(cache, cache, 3 * D, (size_t)23 * D);
        VK_CASE(decode_qkv, kinds[format], 5e-6, qkv, N, H, G, D, !format && how & 1, 2 * D, !format && how & 2, format,
                1e-6f, (float)(how == 3), how % 3 == 1);
    }
}

static void vk_head_cases(vk_bench *b, uint32_t N, uint32_t H, uint32_t G, uint32_t D)
{
    uint32_t limits[3] = {23, 0, 0}, capacity = 13;
    size_t sizes[2] = {(size_t)23 * D, 0};
    VK_CASE(rope, "fif", 2e-6, rope, N, H, D, 1);
    VK_LIMITS(23);
    VK_CASE(rope, "fif", 2e-6, rope, N, H, D, -1);
    for (uint32_t window = 0; window < 6; window += 5) {
        VK_CASE(attention_forward, "fffffb", 5e-6, attention, N, H, G, D, 0.3f, window);
        VK_CASE(attention_backward_q, "ffffffffb", 2e-5, attention, N, H, G, D, 0.1f, window);
        VK_CASE(attention_backward_kv, "ffffffffe", 2e-5, attention, N, H, G, D, 0.1f, window);
    }
    vk_decode_cases(b, N, H, G, D);
    VK_LIMITS(N + 2, capacity);
    VK_SIZES((size_t)(N + 2) * capacity * G * D, (size_t)(N + 2) * capacity * G * D);
    VK_CASE(attention_decode, "fffful", 5e-6, decode, N, H, G, D, capacity, 1, 0.3f, 0, 0, 0);
    VK_CASE(attention_decode, "fffful", 5e-6, decode, N, H, G, D, capacity, 1, 0.3f, 5, 0, 0);
    for (uint32_t format = R0I_FORMAT_REAL; N < 20 && format <= R0I_FORMAT_F16; format++) { // pages in any order
        static const char *const kinds[] = {"ffffil", "ffwwil", "ffhhil"};
        size_t half = format ? 2 : 1, cache = (size_t)4 * R0I_PAGE * G * D / half;
        VK_LIMITS(4, 3 * R0I_PAGE);
        VK_SIZES(cache, cache);
        VK_CASE(attention_decode, kinds[format], 5e-6, decode, N, H, G, D, R0I_PAGE, 3, 0.3f, format * 100, format, 0);
        uint64_t draws = b->draws;
        VK_LIMITS(4, 3 * R0I_PAGE); // the same in three parts
        VK_CASE(attention_decode, kinds[format], 5e-6, decode, N, H, G, D, R0I_PAGE, 3, 0.3f, format * 100, format,
                3 * R0I_PAGE);
        VK_LIMITS(16);
        VK_CASE(attention_join, "fpl", 5e-6, join, N, H, 4, D, 4, format * 5);
        b->draws = draws;
    }
}

static void vk_count_cases(vk_bench *b, uint32_t count)
{
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    VK_CASE(swiglu_forward, "fff", 1e-6, count, count, 0);
    VK_CASE(swiglu_backward, "fffff", 1e-6, count, count, 0);
    VK_CASE(geglu_forward, "fff", 1e-6, count, count, 0);
    VK_CASE(geglu_backward, "fffff", 2e-6, count, count, 0);
    VK_CASE(add, "ff", 0, count, count, 0);
    VK_CASE(sum_parts, "ff", 2e-6, parts, count, 7, 0);
    VK_CASE(sum_parts, "ff", 2e-6, parts, count, 12, 1);
    VK_CASE(sum_squares, "ff", 5e-6, count, count, 0);
    VK_CASE(fill, "f", 0, count, count, 0.25f);
    VK_CASE(scale, "f", 0, count, count, 0.3f);
    VK_CASE(adamw, "ffpfp", 2e-6, adamw, count, 1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 0.1f, 0.001f);
    VK_CASE(grad_norm, "fp", 5e-6, count, count, 1.5f);
    VK_CASE(grad_norm, "fp", 5e-6, count, count, 0);
    VK_CASE(grpo_loss, "ffffpfs", 5e-6, grpo, count, 2 * count, .2f, .3f, 3, .01f, 0);
    VK_CASE(grpo_loss, "ffffpfs", 5e-6, grpo, count, 2 * count, .02f, .03f, 0, 0, 1);
}

static void vk_sample_cases(vk_bench *b, uint32_t rows, uint32_t V)
{
    static const struct { float temperature; uint32_t top_k; float top_p;
    } how[] = {
        {0, 0, 1},    {1, 0, 1}, {0.7f, 5, 1},  {1.3f, 0, 0.8f},
        {1, 7, 0.6f}, {1, 1, 1}, {1, 0, 1e-6f}, {1, 1000000, 0.99f},
    };
    uint32_t limits[1];
    size_t sizes[1] = {0};
    for (size_t i = 0; i < R0I_COUNT(how); i++) {
        const char *kinds[2] = {"kffki", "kftki"}; // ties: at the largest logit, and where a cut is
        // Of many tokens as likely as each other a rounding decides; so in long rows few are likely, and where one is
        // nearly certain the difference of its logp is relative to next to nothing.
        double tolerance = V > 10000 ? 5e-4 : 5e-6;
        if (V > 10000) kinds[0] = "kfnki", kinds[1] = "kfmki";
        for (int ties = 0; ties < 2; ties++) {
            VK_LIMITS(4096);
            VK_CASE(sample, kinds[ties], tolerance, sample, rows, V, how[i].temperature, how[i].top_k, how[i].top_p);
        }
    }
}

// Rows shorter than a team, as long, longer, and those of which a team's members have unequal parts.
// Certainty is a difference of logarithms: .25 here, of such as 9, whose last bit is 9.5e-7. That is what is seen.
static void vk_logp_cases(vk_bench *b)
{
    static const uint32_t vocabs[] = {2, 3, 255, 256, 257, 1031, 5120};
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    for (size_t i = 0; i < R0I_COUNT(vocabs); i++) {
        VK_LIMITS(vocabs[i]);
        VK_CASE(token_logp_forward, "fffffi", 3e-6, logp, 11, vocabs[i], 0.7f);
        VK_CASE(token_logp_backward, "fffif", 5e-6, logp, 11, vocabs[i], 1.25f);
    }
}

// Responses of 700 tokens: more than the 256 invocations of a team (r0i_vk_shape_of) have one each of.
static void vk_response_cases(vk_bench *b)
{
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    VK_CASE(grpo_loss, "ffffpfr", 5e-6, grpo, 3, 2100, .2f, .3f, 3, .01f, 0);
    VK_CASE(grpo_loss, "ffffpfr", 5e-6, grpo, 3, 2100, .02f, .03f, 0, 0, 1);
}

// What a device is turned to: usual kernels; staging memory and many small submits; kernels that share no memory.
typedef enum vk_mode_kind { VK_USUAL, VK_STAGED, VK_UNSHARED } vk_mode_kind;

// Every op at odd sizes. Attention has no kernel that shares nothing; staging and submits know no shapes.
static void vk_all_cases(vk_bench *b, vk_mode_kind kind)
{
    vk_row_cases(b, 67, 131, 257);
    vk_matmul_cases(b, 67, 131, 33);
    vk_format_cases(b, 5, 7, 13);
    vk_block_cases(b, 5, 7, 32, kind == VK_USUAL ? ~0u : 1u << R0I_FORMAT_Q8_0 | 1u << R0I_FORMAT_Q5_K);
    vk_count_cases(b, 4097);
    vk_sample_cases(b, 61, 49);
    if (kind != VK_UNSHARED) vk_head_cases(b, 17, 6, 2, 32);
    else vk_decode_cases(b, 5, 4, 2, 6);
    if (kind == VK_STAGED) return;
    vk_row_cases(b, 1, 1, 2);
    vk_row_cases(b, 7, 33, 49);
    vk_matmul_cases(b, 1, 1, 1);
    vk_matmul_cases(b, 5, 9, 17);
    vk_format_cases(b, 1, 1, 1);
    vk_format_cases(b, 70, 66, 34);
    vk_block_cases(b, 70, 66, 96, 1u << R0I_FORMAT_Q4_1 | 1u << R0I_FORMAT_Q6_K);
    vk_count_cases(b, 1);
    vk_sample_cases(b, 1, 1);
    vk_sample_cases(b, 5, 1031);
    if (kind == VK_UNSHARED) return;
    vk_matmul_cases(b, 130, 65, 200);
    vk_head_cases(b, 1, 1, 1, 2);
    vk_head_cases(b, 33, 4, 4, 64);
    vk_count_cases(b, 70001);
}

// Operands that begin at whole vectors, rows of whole vectors and not.
static void vk_vector_cases(vk_bench *b)
{
    vk_row_cases(b, 7, 32, 52);
    vk_logp_cases(b);
    vk_sample_cases(b, 9, 256);
    vk_matmul_cases(b, 12, 20, 36);
    vk_matmul_cases(b, 36, 28, 17);
    vk_matmul_cases(b, 1, 72, 6);
    vk_format_cases(b, 20, 64, 16);
    vk_format_cases(b, 6, 24, 13);
    vk_block_cases(b, 20, 64, 64, 1u << R0I_FORMAT_Q4_0 | 1u << R0I_FORMAT_Q4_K);
    vk_head_cases(b, 17, 6, 2, 32);
    vk_head_cases(b, 19, 6, 2, 4); // heads of a vector, of fewer vectors than lanes, of no power of two, and long ones
    vk_head_cases(b, 8, 4, 1, 16);
    vk_head_cases(b, 23, 3, 3, 80);
    vk_head_cases(b, 33, 4, 2, 128);
    vk_count_cases(b, 2052);
}

// Tiles of attention.glsl: sequences that end within one and that pass several, heads that share keys in every way,
// of all sizes, of whole vectors and not.
static void vk_tile_cases(vk_bench *b)
{
    vk_head_cases(b, 5, 2, 2, 6);
    vk_head_cases(b, 180, 7, 1, 64);
    vk_head_cases(b, 101, 9, 1, 80);
    vk_head_cases(b, 150, 3, 1, 128);
}

// Where llvmpipe would stop counting, were a turn one number: more than 65535 rows in a sum, and many passes over the
// vocabulary of Qwen's models.
static void vk_long_cases(vk_bench *b)
{
    uint32_t limits[1] = {4096};
    size_t sizes[1] = {0};
    b->slack = 20;
    VK_CASE(rms_norm_weight_backward, "fffp", 5e-6, norm, 70001, 3, 1e-6f, 1, 0);
    VK_CASE(bias_backward, "ff", 5e-6, rows, 70001, 3);
    VK_CASE(sample, "kfmki", 5e-4, sample, 2, 151936, 1, 50, 0.9f);
    b->slack = 1;
}

static char vk_weight_kind(uint32_t format)
{
    return (char)(R0I_IS_BLOCKS(format) ? '0' + (int)format : format ? 'w' : 'f');
}

// The first rows of a matmul alone, and among all: the same bits, although other tiles make them.
static void vk_row_bits(vk_bench *b, r0i_op op, uint32_t n, uint32_t k, r0i_format format)
{
    enum { M = 40 };
    static const uint32_t alone[] = {1, 3, 8, 17, M};
    test *t = b->t;
    vk_operand operands[3];
    r0i_view views[3];
    size_t counts[3] = {(size_t)M * n, (size_t)M * k, (size_t)n * k};
    vk_word *all = (vk_word *)malloc(counts[0] * 4);
    for (int i = 0; i < 3; i++) {
        vk_operand_make(b, &operands[i], i == 2 ? vk_weight_kind(format) : 'f', counts[i]);
        views[i] = r0i_view_part(r0i_view_all(&operands[i].buffers[1]), b->pad, counts[i], 4);
    }
    views[2].format = format;
    for (size_t i = R0I_COUNT(alone); i-- > 0;) {
        r0i_matmul_args a = {alone[i], n, k, 0, 0, format};
        vk_word *got = alone[i] == M ? all : operands[0].got;
        size_t count = (size_t)alone[i] * n;
        r0i_run(b->vk, op, &a, sizeof a, views);
        CHECK(!r0i_read(r0i_view_part(views[0], 0, count, 4), got), "%s", r0_error(b->vk->context));
        CHECK(!memcmp(all, got, count * 4), "%s, %s: %u rows of %u x %u alone have other bits than among %d",
              r0i_ops[op].name, b->mode, alone[i], n, k, M);
    }
    for (int i = 0; i < 3; i++) vk_operand_free(&operands[i]);
    free(all);
}

// The same logits in every row, which begin at different places within vectors: the same bits. Catches: a kernel that
// sums by where a row lies, so that a sequence's log-probability would hang on its place in the batch.
static void vk_logp_bits(vk_bench *b, uint32_t vocab)
{
    enum { ROWS = 9 };
    test *t = b->t;
    vk_operand operands[6];
    r0i_view views[6];
    uint32_t limits[1] = {1};
    b->limits = limits;
    for (int i = 0; i < 6; i++) {
        size_t count = i == 4 ? (size_t)ROWS * vocab : ROWS;
        vk_operand_make(b, &operands[i], i == 5 ? 'i' : 'f', count);
        views[i] = r0i_view_part(r0i_view_all(&operands[i].buffers[1]), b->pad, count, 4);
    }
    vk_word *logits = operands[4].words + b->pad;
    for (uint32_t row = 1; row < ROWS; row++) memcpy(logits + (size_t)row * vocab, logits, vocab * sizeof *logits);
    r0i_write(views[4], logits);
    r0i_logp_args a = {ROWS, vocab, 0.7f};
    r0i_run(b->vk, R0I_OP_token_logp_forward, &a, sizeof a, views);
    for (int i = 0; i < 4; i++) {
        CHECK(!r0i_read(views[i], operands[i].got), "%s", r0_error(b->vk->context));
        for (uint32_t row = 1; row < ROWS; row++)
            CHECK(operands[i].got[row].u == operands[i].got[0].u, "%s: token_logp_forward of %u logits, output %d: "
                  "row %u has other bits than row 0", b->mode, vocab, i, row);
    }
    for (int i = 0; i < 6; i++) vk_operand_free(&operands[i]);
}

// What follows the sums inside of matmul_nt_fused, and the same as ops of their own: the same bits.
static void vk_fused_bits(vk_bench *b, uint32_t m, uint32_t n, uint32_t k, r0i_format format)
{
    static const uint32_t epilogues[] = {R0I_BIAS, R0I_BIAS | R0I_RESIDUAL, R0I_RESIDUAL, R0I_GATED};
    test *t = b->t;
    size_t counts[6] = {(size_t)m * n, (size_t)m * k, (size_t)n * k, n, (size_t)m * n, (size_t)m * n};
    vk_operand o[6]; // y, x, w, bias, z, y by several ops
    r0i_view v[6];
    for (int i = 0; i < 6; i++) {
        vk_operand_make(b, &o[i], i == 2 ? vk_weight_kind(format) : 'f', counts[i]);
        v[i] = r0i_view_part(r0i_view_all(&o[i].buffers[1]), b->pad, counts[i], 4);
    }
    v[2].format = format;
    for (size_t e = 0; e < R0I_COUNT(epilogues); e++) {
        r0i_matmul_nt_fused(b->vk, v[0], v[1], v[2], v[3], v[4], v[0], v[0], m, n, k, 0, epilogues[e]);
        r0i_matmul_nt(b->vk, v[5], v[1], v[2], m, n, k, 0);
        if (epilogues[e] & R0I_BIAS) r0i_bias_forward(b->vk, v[5], v[3], m, n);
        if (epilogues[e] & R0I_RESIDUAL) r0i_add(b->vk, v[5], v[4], m * n, 0);
        if (epilogues[e] & R0I_GATED) r0i_swiglu_forward(b->vk, v[5], v[4], v[5], m * n, 0);
        CHECK(!r0i_read(v[0], o[0].got) && !r0i_read(v[5], o[5].got), "%s", r0_error(b->vk->context));
        CHECK(!memcmp(o[0].got, o[5].got, counts[0] * 4), "%s: %u x %u x %u, format %d: epilogue %u has other bits "
              "than ops of its own", b->mode, m, n, k, (int)format, (unsigned)epilogues[e]);
    }
    for (int i = 0; i < 6; i++) vk_operand_free(&o[i]);
}

// An adapter's share goes on with the sum: the bits of one matmul whose k is longer by the rank. And what it is made of
// has the same bits for a row alone, for a few, for many, and for one adapter or three.
static void vk_lora_bits(vk_bench *b, uint32_t m, uint32_t n, uint32_t k, uint32_t rank)
{
    test *t = b->t;
    uint32_t both = k + rank, sizes[] = {m * n, m * n, m * k, n * k, m * rank, n * rank, m * both, n * both,
                                         3 * m * rank, 3 * m * rank, rank * k};
    vk_operand o[R0I_COUNT(sizes)]; // y, y by one matmul, x, w, low, up, x | low, w | up, x A' thrice, once, A
    r0i_view v[R0I_COUNT(sizes)], none = R0_ZERO;
    for (size_t i = 0; i < R0I_COUNT(sizes); i++) {
        vk_operand_make(b, &o[i], 'f', sizes[i]);
        v[i] = r0i_view_part(r0i_view_all(&o[i].buffers[1]), b->pad, sizes[i], 4);
    }
    for (size_t i = 6; i < 8; i++) {
        for (uint32_t row = 0; row < (i == 6 ? m : n); row++) {
            vk_word *to = o[i].words + b->pad + (size_t)row * both;
            memcpy(to, o[i - 4].words + b->pad + (size_t)row * k, k * 4);
            memcpy(to + k, o[i - 2].words + b->pad + (size_t)row * rank, rank * 4);
        }
        r0i_write(v[i], o[i].words + b->pad);
    }
    r0i_matmul_nt_fused(b->vk, v[0], v[2], v[3], none, none, v[4], v[5], m, n, k, rank, 0);
    r0i_matmul_nt(b->vk, v[1], v[6], v[7], m, n, both, 0);
    CHECK(!r0i_read(v[0], o[0].got) && !r0i_read(v[1], o[1].got), "%s", r0_error(b->vk->context));
    CHECK(!memcmp(o[0].got, o[1].got, sizes[0] * 4), "%s: %u x %u x %u, rank %u: not the bits of a longer k", b->mode,
          m, n, k, rank);
    const r0i_view a[3] = {v[10], v[10], v[10]};
    r0i_lora_middles(b->vk, v[8], v[2], a, m, rank, k, 3, .5f);
    CHECK(!r0i_read(v[8], o[8].got), "%s", r0_error(b->vk->context));
    for (uint32_t rows = 1; rows <= m; rows = rows < m && rows * 3 > m ? m : rows * 3) {
        r0i_lora_middles(b->vk, v[9], v[2], a, rows, rank, k, 1, .5f);
        CHECK(!r0i_read(v[9], o[9].got), "%s", r0_error(b->vk->context));
        for (uint32_t part = 0; part < 3; part++)
            CHECK(!memcmp(o[9].got, o[8].got + (size_t)part * m * rank, (size_t)rows * rank * 4),
                  "%s: lora_middle of %u x %u x %u: %u rows have other bits than all", b->mode, m, rank, k, rows);
    }
    for (size_t i = 0; i < R0I_COUNT(sizes); i++) vk_operand_free(&o[i]);
}

// Sequences of 5, 13, 3 and 20 rows attend all at once, and the third and the fourth alone, elsewhere in memory and in
// other blocks: the same bits. Operands in the order of forward, backward_q, backward_kv.
enum { VK_PACKED = 41 };

static void vk_attention_run(vk_bench *b, r0i_op op, r0i_attention_args a, uint32_t first, const int32_t *bounds,
                             vk_word *out)
{
    test *t = b->t;
    uint32_t wide = a.heads * a.dim, narrow = a.kv_heads * a.dim;
    uint32_t columns[3][9] = {{wide, a.heads, wide, narrow, narrow, 1, 0, 0, 0},
                              {wide, a.heads, wide, wide, a.heads, wide, narrow, narrow, 1},
                              {narrow, narrow, wide, a.heads, a.heads, wide, narrow, narrow, 1}};
    const uint32_t *cols = columns[op - R0I_OP_attention_forward];
    r0i_buffer buffers[R0I_MAX_OPERANDS];
    r0i_view views[R0I_MAX_OPERANDS];
    int count = r0i_ops[op].buffers;
    memset(buffers, 0, sizeof buffers);
    memset(views, 0, sizeof views);
    for (int i = 0; i < count; i++) {
        size_t size = (size_t)a.rows * cols[i];
        vk_word *words = (vk_word *)malloc(size * 4);
        for (size_t e = 0; e < size; e++)
            words[e].f = (float)r0i_random_normal(r0i_key_make((uint64_t)i + 1), first * cols[i] + e);
        if (i == count - 1) memcpy(words, bounds, size * 4);
        CHECK(!r0i_buffer_create(b->vk, size, 4, &buffers[i]), "%s", r0_error(b->vk->context));
        views[i] = r0i_view_all(&buffers[i]);
        r0i_write(views[i], words);
        free(words);
    }
    r0i_run(b->vk, op, &a, sizeof a, views);
    for (int i = 0; i < r0i_ops[op].written; i++) {
        CHECK(!r0i_read(views[i], out), "%s", r0_error(b->vk->context));
        out += (size_t)a.rows * cols[i];
    }
    for (int i = 0; i < count; i++) r0i_buffer_destroy(&buffers[i]);
}

static void vk_attention_bits(vk_bench *b, r0i_op op, uint32_t heads, uint32_t kv_heads, uint32_t dim, uint32_t window)
{
    static const uint32_t starts[] = {0, 5, 18, 21, VK_PACKED};
    test *t = b->t;
    bool ends = op == R0I_OP_attention_backward_kv;
    r0i_attention_args a = {VK_PACKED, heads, kv_heads, dim, .2f, window};
    uint32_t cols[2] = {ends ? kv_heads * dim : heads * dim, ends ? kv_heads * dim : heads};
    int32_t bounds[VK_PACKED];
    vk_word *all = (vk_word *)malloc(VK_PACKED * (cols[0] + cols[1]) * 4);
    vk_word *alone = (vk_word *)malloc(VK_PACKED * (cols[0] + cols[1]) * 4);
    for (uint32_t s = 0; s < 4; s++)
        for (uint32_t r = starts[s]; r < starts[s + 1]; r++) bounds[r] = (int32_t)starts[ends ? s + 1 : s];
    vk_attention_run(b, op, a, 0, bounds, all);
    for (uint32_t s = 2; s < 4; s++) {
        a.rows = starts[s + 1] - starts[s];
        for (uint32_t r = 0; r < a.rows; r++) bounds[r] = ends ? (int32_t)a.rows : 0;
        vk_attention_run(b, op, a, starts[s], bounds, alone);
        const vk_word *first = all + starts[s] * cols[0], *second = all + VK_PACKED * cols[0] + starts[s] * cols[1];
        CHECK(!memcmp(alone, first, a.rows * cols[0] * 4) &&
                  !memcmp(alone + a.rows * cols[0], second, a.rows * cols[1] * 4),
              "%s, %s: %u/%u heads of %u: sequence %u alone has other bits than among others", r0i_ops[op].name,
              b->mode, heads, kv_heads, dim, s);
    }
    free(all);
    free(alone);
}

// Rows of 1 to 300 keys decode together, split by the longest, and each alone: the same bits. Catches: parts that begin
// elsewhere in another batch, a row of one part that is summed otherwise where nothing is split.
static void vk_decode_bits(vk_bench *b, uint32_t heads, uint32_t kv_heads, uint32_t dim, uint32_t window)
{
    enum { ROWS = 7, MOST = 3 };
    static const uint32_t lengths[ROWS] = {1, 300, 128, 129, 57, 256, 260};
    test *t = b->t;
    size_t row = (size_t)heads * dim, cache = (size_t)ROWS * MOST * R0I_PAGE * kv_heads * dim;
    size_t sizes[] = {ROWS * row, ROWS * row, cache, cache, ROWS * MOST, ROWS};
    uint32_t limits[] = {ROWS * MOST, 1};
    vk_operand o[6]; // y, q, k, v, table, length
    r0i_view v[6], one[6];
    vk_word *all = (vk_word *)malloc(ROWS * row * 4);
    b->limits = limits;
    for (int i = 0; i < 6; i++) {
        vk_operand_make(b, &o[i], "ffffil"[i], sizes[i]);
        v[i] = r0i_view_part(r0i_view_all(&o[i].buffers[1]), b->pad, sizes[i], 4);
    }
    r0i_write(v[5], lengths);
    r0i_attention_decode(b->vk, v[0], v[1], v[2], v[3], v[4], v[5], ROWS, heads, kv_heads, dim, R0I_PAGE, MOST, .2f,
                         window, 300);
    CHECK(!r0i_read(v[0], all), "%s", r0_error(b->vk->context));
    for (uint32_t r = 0; r < ROWS; r++) {
        memcpy(one, v, sizeof one);
        for (int i = 0; i < 2; i++) one[i] = r0i_view_part(v[i], r * row, row, 4);
        one[4] = r0i_view_part(v[4], (size_t)r * MOST, MOST, 4), one[5] = r0i_view_part(v[5], r, 1, 4);
        r0i_attention_decode(b->vk, one[0], one[1], one[2], one[3], one[4], one[5], 1, heads, kv_heads, dim, R0I_PAGE,
                             MOST, .2f, window, lengths[r]);
        CHECK(!r0i_read(one[0], o[0].got), "%s", r0_error(b->vk->context));
        CHECK(!memcmp(o[0].got, all + r * row, row * 4), "%s: %u/%u heads of %u, window %u: a row of %u keys alone has "
              "other bits than among longer ones", b->mode, heads, kv_heads, dim, window, lengths[r]);
    }
    for (int i = 0; i < 6; i++) vk_operand_free(&o[i]);
    free(all);
}

static void vk_attention_invariance(vk_bench *b)
{
    for (int op = R0I_OP_attention_forward; op <= R0I_OP_attention_backward_kv; op++) {
        vk_attention_bits(b, (r0i_op)op, 4, 2, 32, 0);
        vk_attention_bits(b, (r0i_op)op, 3, 1, 64, 0);
        vk_attention_bits(b, (r0i_op)op, 2, 2, 128, 0);
        if (op == R0I_OP_attention_forward) vk_attention_bits(b, (r0i_op)op, 4, 2, 32, 7);
    }
    vk_decode_bits(b, 4, 2, 32, 0);
    vk_decode_bits(b, 3, 1, 6, 130);
}

static void vk_row_invariance(vk_bench *b)
{
    static const r0i_op ops[] = {R0I_OP_matmul_nt, R0I_OP_matmul_nn};
    for (size_t i = 0; i < R0I_COUNT(ops); i++) {
        vk_row_bits(b, ops[i], 128, 64, R0I_FORMAT_REAL);
        vk_row_bits(b, ops[i], 49, 37, R0I_FORMAT_REAL);
        vk_row_bits(b, ops[i], 128, 64, R0I_FORMAT_BF16);
        vk_row_bits(b, ops[i], 128, 64, R0I_FORMAT_Q8_0);
    }
    for (uint32_t vocab = 49; vocab < 4000; vocab = vocab * 3 + 2) vk_logp_bits(b, vocab);
}

static void vk_fused_invariance(vk_bench *b)
{
    vk_fused_bits(b, 40, 128, 64, R0I_FORMAT_REAL);
    vk_fused_bits(b, 3, 49, 37, R0I_FORMAT_REAL);
    vk_fused_bits(b, 70, 131, 33, R0I_FORMAT_REAL);
    vk_fused_bits(b, 5, 128, 64, R0I_FORMAT_BF16);
    vk_fused_bits(b, 5, 130, 64, R0I_FORMAT_Q4_0);
    uint64_t draws = b->draws;
    vk_lora_bits(b, 5, 49, 37, 3);
    vk_lora_bits(b, 60, 33, 64, 8);
    vk_lora_bits(b, 300, 70, 64, 16);
    b->draws = draws;
}

// A device of its own context; NULL without a driver.
static r0i_device *vk_open(test *t, r0_context **context, const r0i_vk_options *options, size_t *bytes)
{
    r0_context_desc desc = R0_ZERO;
    r0i_device *device = NULL;
    *bytes = 0;
    desc.device = "cpu";
    desc.threads = 1;
    desc.log = test_log;
    if (!CHECK(r0_context_create(&desc, context) == R0_OK)) return NULL;
    *bytes = (*context)->bytes;
    if (r0i_vk_device_open(*context, R0I_VK_BEST, options, &device)) {
        SKIP("no Vulkan device: %s", r0_error(*context));
        r0_context_destroy(*context);
    }
    return device;
}

static void vk_close(test *t, r0_context *context, r0i_device *device, size_t bytes)
{
    CHECK(r0i_vk_finish(device) == R0_OK, "%s", r0_error(context));
    CHECK(device->bytes == r0i_vk_of(device)->sums.size, "%zu bytes leaked", device->bytes);
    r0i_device_destroy(device);
    CHECK(context->bytes == bytes, "%zu bytes of host memory leaked", context->bytes - bytes);
    r0_context_destroy(context);
}

static void vk_mode(test *t, const char *mode, vk_mode_kind kind)
{
    r0i_vk_options options = R0_ZERO;
    options.staged = kind == VK_STAGED, options.target = kind == VK_STAGED ? 1e-5 : 0;
    r0_context *context;
    size_t bytes;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    vk_bench b;
    memset(&b, 0, sizeof b);
    b.t = t, b.cpu = t->r0->device, b.vk = device, b.mode = mode, b.slack = 1;
    if (kind == VK_USUAL) printf("  on %s\n", device->name);
    if (kind == VK_UNSHARED) r0i_vk_of(device)->refused = R0I_VK_SHARED;
    b.pad = 19;
    vk_all_cases(&b, kind);
    b.pad = 20;
    vk_response_cases(&b);
    if (kind == VK_USUAL) {
        vk_vector_cases(&b);
        vk_tile_cases(&b);
        vk_long_cases(&b);
        vk_attention_invariance(&b);
    }
    if (kind != VK_STAGED) vk_row_invariance(&b), vk_fused_invariance(&b);
    for (int op = 0; op < R0I_OP_COUNT; op++)
        CHECK(b.seen[op] || (kind == VK_UNSHARED && r0i_ops[op].grid != R0I_GRID_TEAM), "%s was not tested",
              r0i_ops[op].name);
    vk_close(t, context, device, bytes);
}

// Weights in blocks that do not fit into what is bound at once. Catches: a part that begins within a slab.
static void vk_limited_blocks(test *t)
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    vk_bench b;
    options.max_range = 17000;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    memset(&b, 0, sizeof b);
    b.t = t, b.cpu = t->r0->device, b.vk = device, b.mode = "17,000 bytes at a time", b.slack = 1, b.pad = 20;
    vk_block_cases(&b, 5, 100, 768, 1u << R0I_FORMAT_Q8_0 | 1u << R0I_FORMAT_Q5_K);
    CHECK(r0i_vk_finish(device) == R0_OK, "%s", r0_error(context));
    r0i_buffer_destroy(&r0i_vk_of(device)->sums); // kept until the device goes
    vk_close(t, context, device, bytes);
}

// Kernels that are asked for by name: small matmuls through large tiles, the same bits as through small ones.
static void vk_named_kernels(test *t)
{
    // the beginning of their names, as matrix units are named too where there are any
    static const char *const modes[] = {"large tiles 1, few rows 0", "large tiles 3, few rows 64"};
    for (size_t i = 0; i < R0I_COUNT(modes); i++) {
        r0i_vk_options options = R0_ZERO;
        r0_context *context;
        size_t bytes;
        vk_bench b;
        options.kernels = modes[i];
        r0i_device *device = vk_open(t, &context, &options, &bytes);
        if (!device) return;
        r0i_vk *vk = r0i_vk_of(device);
        CHECK(!strncmp(device->kernels, modes[i], strlen(modes[i])), "%s", device->kernels);
        memset(&b, 0, sizeof b);
        b.t = t, b.cpu = t->r0->device, b.vk = device, b.mode = modes[i], b.slack = 1, b.pad = 20;
        if (i) {
            vk_matmul_cases(&b, 31, 36, 148);
            vk_matmul_cases(&b, 61, 36, 148);
            vk_matmul_cases(&b, 1, 20, 256);
            vk_format_cases(&b, 17, 24, 64);
            vk_block_cases(&b, 17, 24, 160, 1u << R0I_FORMAT_Q8_0);
        } else {
            vk_matmul_cases(&b, 130, 131, 33);
            vk_matmul_cases(&b, 132, 136, 48); // rows of whole vectors and not, k of whole tiles and not
            vk_format_cases(&b, 132, 136, 48);
            vk_block_cases(&b, 132, 136, 288, 1u << R0I_FORMAT_Q5_1);
        }
        vk_row_invariance(&b);
        static const uint32_t least[] = {0, 1, 5}; // 200 x 140: 4 x 4, 8 x 8 and 8 x 4 sums a lane
        vk_word *bits[3];
        for (uint32_t tiles = 0; tiles < 3; tiles++) {
            r0i_matmul_args a = {200, 140, 77, 0, 0, R0I_FORMAT_REAL};
            vk_operand operands[3];
            r0i_view views[3];
            size_t counts[3] = {200 * 140, 200 * 77, 140 * 77};
            b.draws = 0;
            vk->kernels.large_tiles = least[tiles];
            for (int o = 0; o < 3; o++) {
                vk_operand_make(&b, &operands[o], 'f', counts[o]);
                views[o] = r0i_view_part(r0i_view_all(&operands[o].buffers[1]), b.pad, counts[o], 4);
            }
            bits[tiles] = (vk_word *)malloc(counts[0] * 4);
            r0i_run(device, R0I_OP_matmul_nn, &a, sizeof a, views);
            CHECK(!r0i_read(views[0], bits[tiles]), "%s", r0_error(context));
            for (int o = 0; o < 3; o++) vk_operand_free(&operands[o]);
        }
        for (int tiles = 1; tiles < 3; tiles++)
            CHECK(!memcmp(bits[0], bits[tiles], 200 * 140 * 4), "large tiles give other bits than small ones");
        for (int tiles = 0; tiles < 3; tiles++) free(bits[tiles]);
        vk_close(t, context, device, bytes);
    }
}

// -- matrix units --

// Matmuls of 16-bit weights on matrix units: every tile, odd shapes, strides and accumulation, f16 weights that are
// subnormal. Rows and columns of very different sizes. Catches: matrices in the wrong order of elements, edges that are
// read or written beyond, halves whose rest is lost (off by 5e-4), scales that overflow a half.
// The largest tile is tried once for each op only: lavapipe's compiler takes 12 s for it, 1 to 3 for others.
static void vk_unit_cases(vk_bench *b)
{
    uint32_t um = r0i_vk_of(b->vk)->units.m, un = r0i_vk_of(b->vk)->units.n, limits[1] = {0};
    size_t sizes[1] = {0};
    for (uint32_t pad = 19; pad <= 20; pad++) { // operands that begin at whole vectors, and others
        b->pad = pad;
        vk_format_cases(b, 1, 1, 1);
        vk_format_cases(b, um - 1, 4 * un + 4, 20);
        vk_format_cases(b, um, 4 * un, 16);
        vk_format_cases(b, um + 1, 4 * un + 1, 33);
        vk_format_cases(b, 9 * um + 2, 9 * un + 4, 48);
    }
    r0i_vk_of(b->vk)->kernels.large_tiles = 1;
    for (uint32_t m = 8 * um; m < 24 * um; m += 8 * um + 3) {
        VK_CASE(matmul_nt, "ffw", 3e-6, matmul, m, 8 * un + 5, 36, 0, 0, R0I_FORMAT_BF16);
        VK_CASE(matmul_nn, "ffh", 3e-6, matmul, m, 8 * un + 4, 36, 1, 0, R0I_FORMAT_F16);
    }
    r0i_vk_of(b->vk)->kernels.large_tiles = 0;
}

// y = x w^T for rows of x and of w whose sizes are 2^(-60 .. 60): the error of each element of y is told relative to
// the sum of |x||w|, of which rounding takes its part.
static double vk_unit_error(test *t, vk_bench *b, uint32_t rows, uint32_t k, bool f16)
{
    enum { N = 24 };
    r0i_buffer buffers[3];
    r0i_view views[3];
    size_t counts[3] = {(size_t)rows * N, (size_t)rows * k, (size_t)N * k / 2};
    r0i_matmul_args a = {rows, N, k, 0, 0, f16 ? R0I_FORMAT_F16 : R0I_FORMAT_BF16};
    float *x = (float *)malloc(counts[1] * 4), *y = (float *)malloc(counts[0] * 4);
    uint16_t *w = (uint16_t *)malloc(counts[2] * 4);
    double worst = 0;
    for (size_t i = 0; i < counts[1]; i++)
        x[i] = (float)ldexp(r0i_random_normal(r0i_key_make(5), i), (int)(i / k * 37 % 121) - 60);
    for (size_t i = 0; i < 2 * counts[2]; i++) {
        float value = (float)ldexp(r0i_random_normal(r0i_key_make(6), i), f16 ? 0 : (int)(i / k * 41 % 121) - 60);
        w[i] = f16 ? r0i_f32_to_f16(value) : r0i_f32_to_bf16(value);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(!r0i_buffer_create(b->vk, counts[i], 4, &buffers[i]));
        views[i] = r0i_view_all(&buffers[i]);
    }
    views[2].format = f16 ? R0I_FORMAT_F16 : R0I_FORMAT_BF16;
    r0i_write(views[1], x);
    r0i_write(views[2], w);
    r0i_run(b->vk, R0I_OP_matmul_nt, &a, sizeof a, views);
    CHECK(!r0i_read(views[0], y), "%s", r0_error(b->vk->context));
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < N; c++) {
            double sum = 0, size = 0;
            for (uint32_t i = 0; i < k; i++) {
                uint16_t bits = w[(size_t)c * k + i];
                double term = (double)x[(size_t)r * k + i] * (f16 ? r0i_f16_to_f32(bits) : r0i_bf16_to_f32(bits));
                sum += term, size += fabs(term);
            }
            double error = fabs(y[(size_t)r * N + c] - sum) / size;
            worst = error <= worst ? worst : error == error ? error : INFINITY;
        }
    for (int i = 0; i < 3; i++) r0i_buffer_destroy(&buffers[i]);
    free(x);
    free(y);
    free(w);
    return worst;
}

// What is not finite stays so, and what is zero stays zero. Catches: an overflow that the scale hides.
static void vk_unit_specials(test *t, vk_bench *b)
{
    enum { M = 4, N = 8, K = 16 };
    r0i_buffer buffers[3];
    float x[M * K] = {0}, y[M * N];
    uint16_t w[N * K];
    r0i_matmul_args a = {M, N, K, 0, 0, R0I_FORMAT_BF16};
    size_t counts[3] = {M * N, M * K, N * K / 2};
    r0i_view views[3];
    for (int i = 0; i < N * K; i++) w[i] = r0i_f32_to_bf16(i < K ? 0.f : 1.5f);
    for (int i = 0; i < K; i++) x[i] = 1, x[2 * K + i] = 3e38f / 64; // row 1 is zero
    x[3] = INFINITY, x[3 * K + 7] = NAN;
    for (int i = 0; i < 3; i++) {
        CHECK(!r0i_buffer_create(b->vk, counts[i], 4, &buffers[i]));
        views[i] = r0i_view_all(&buffers[i]);
    }
    views[2].format = R0I_FORMAT_BF16;
    r0i_write(views[1], x);
    r0i_write(views[2], w);
    r0i_run(b->vk, R0I_OP_matmul_nt, &a, sizeof a, views);
    CHECK(!r0i_read(views[0], y), "%s", r0_error(b->vk->context));
    for (int c = 1; c < N; c++) {
        CHECK(!isfinite(y[c]) && y[N + c] == 0 && isnan(y[3 * N + c]), "%g %g %g", y[c], y[N + c], y[3 * N + c]);
        CHECK(fabs(y[2 * N + c] / (3e38f / 64 * 24) - 1) < 1e-6, "%g", y[2 * N + c]);
    }
    CHECK(y[N] == 0 && y[2 * N] == 0);
    for (int i = 0; i < 3; i++) r0i_buffer_destroy(&buffers[i]);
}

static void vk_units(test *t)
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    vk_bench b;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    const r0i_vk_units *units = &r0i_vk_of(device)->units;
    if (!units->m) {
        SKIP("%s offers no cooperative matrices that the matmul could use", device->name);
        CHECK(!r0i_device_kernels_set(device, "large tiles 64, cooperative 1") && !strstr(device->kernels, "coop"));
        vk_close(t, context, device, bytes);
        return;
    }
    CHECK(!strcmp(device->kernels, "large tiles 64, few rows 64, cooperative 0"), "%s", device->kernels);
    memset(&b, 0, sizeof b);
    b.t = t, b.cpu = t->r0->device, b.vk = device, b.slack = 1, b.mode = "cooperative matrices";
    CHECK(r0i_device_kernels_set(device, "large tiles 0, cooperative 1"), "%s", device->kernels);
    vk_unit_cases(&b);
    vk_unit_specials(t, &b);
    for (int f16 = 0; f16 < 2; f16++)
        for (uint32_t k = 64; k <= 4096; k *= 8) {
            double few = vk_unit_error(t, &b, 7, k, f16), many = vk_unit_error(t, &b, 8 * units->m + 3, k, f16);
            printf("  matrix units %ux%ux%u, %s, K %u: off by %.1e of |x||w|\n", (unsigned)units->m,
                   (unsigned)units->n, (unsigned)units->k, f16 ? "f16" : "bf16", (unsigned)k, fmax(few, many));
            CHECK(few < 2e-6 && many < 2e-6, "K %u, %s: off by %g, %g", (unsigned)k, f16 ? "f16" : "bf16", few, many);
        }
    static const r0i_op ops[] = {R0I_OP_matmul_nt, R0I_OP_matmul_nn};
    for (size_t i = 0; i < R0I_COUNT(ops); i++) {
        vk_row_bits(&b, ops[i], 128, 64, R0I_FORMAT_BF16);
        vk_row_bits(&b, ops[i], 50, 38, R0I_FORMAT_BF16);
        vk_fused_bits(&b, i ? 5 : 40, 128, 64, R0I_FORMAT_BF16);
        int made = 0;
        for (r0i_vk_pipeline *p = r0i_vk_of(device)->pipelines[ops[i]]; p; p = p->next) made += p->cooperative;
        CHECK(made == 9, "%d pipelines: 2 tiles for 2 kinds of weights, whole vectors or not, and a large one", made);
    }
    vk_close(t, context, device, bytes);
}

// The file of a device in `folder` after a start with that folder; what the device says it uses.
static void vk_tuned(test *t, const char *folder, char path[256], char kernels[64])
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    options.cache_folder = folder;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    r0i_text text = {context, NULL, 0, 0, false};
    r0i_vk_kernels_path(r0i_vk_of(device), folder, &text);
    snprintf(path, 256, "%s", text.data);
    snprintf(kernels, 64, "%s", device->kernels);
    r0i_text_free(&text);
    vk_close(t, context, device, bytes);
}

// What was measured is kept and obeyed; what cannot be read is measured again; names that are none are refused.
static void vk_measured_kernels(test *t)
{
    char path[256] = "", kernels[64], again[64], *data = NULL;
    size_t size = 0;
    vk_tuned(t, "build", path, kernels);
    remove(path);
    vk_tuned(t, "build", path, kernels);
    vk_tuned(t, "build", path, again);
    CHECK(!strcmp(again, kernels) && strstr(kernels, "large tiles"), "\"%s\", then \"%s\"", kernels, again);
    if (!CHECK(r0i_file_read(t->r0, path, &data, &size) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(strstr(data, kernels), "\"%s\" is not in %s", kernels, path);
    const char *other = "large tiles 7777";
    char edited[512];
    snprintf(edited, sizeof edited, "%.*s\n%s\n", (int)strcspn(data, "\n"), data, other);
    CHECK(r0i_file_write_atomic(t->r0, path, edited, strlen(edited)) == R0_OK);
    vk_tuned(t, "build", path, again);
    CHECK(strcmp(again, kernels) && !strncmp(again, other, strlen(other)), "the file says \"%s\", \"%s\" is used",
          edited, again);
    CHECK(r0i_file_write_atomic(t->r0, path, "R0 \xff\n", 5) == R0_OK);
    vk_tuned(t, "build", path, again);
    r0i_free(t->r0, data);
    CHECK(r0i_file_read(t->r0, path, &data, &size) == R0_OK && strstr(data, again) && size > 20, "%s", data);
    r0i_free(t->r0, data);
    static const char *const wrong[] = {"texels 1", // of a version that had kernels of their own for software drivers
                                        "large tiles", "large tiles 4x", "large tiles 4, few rows", "fast"};
    for (size_t i = 0; i < R0I_COUNT(wrong); i++) {
        r0_context_desc desc = R0_ZERO;
        r0_context *context;
        desc.device = "vulkan", desc.threads = 1, desc.kernels = wrong[i];
        CHECK(r0_context_create(&desc, &context) == R0_ERROR_ARGUMENT && strstr(r0_error(context), "is not for"),
              "%s: %s", wrong[i], r0_error(context));
        r0_context_destroy(context);
    }
}

static void test_vulkan(test *t)
{
    vk_mode(t, "usual kernels", VK_USUAL);
    if (t->skipped) return;
    vk_named_kernels(t);
    vk_limited_blocks(t);
    vk_units(t);
    vk_measured_kernels(t);
    vk_mode(t, "without shared memory", VK_UNSHARED);
    vk_mode(t, "staged, many small submits", VK_STAGED);
}

#else
static void test_vulkan(test *t)
{
    SKIP("built without Vulkan");
}
#endif
