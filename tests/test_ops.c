// Every CPU op: the fast versions against the references (test_gradients checks those), with a tolerance per op;
// bits that must not depend on threads, on where the rows are cut or on the batch; sampling against a sort; operand
// checks. Catches: a kernel wrong at odd sizes, a tail that rounds differently, a rollout whose log-probabilities
// drift from the trainer's, a race between threads, an operand too small.

typedef struct ops_case {
    r0i_op op;
    const void *args;
    size_t args_size;
    float tolerance;                         // relative to the largest value of each output
    size_t count[R0I_MAX_OPERANDS];          // elements
    const int32_t *ints[R0I_MAX_OPERANDS];   // content of an i32 operand; NULL: normal random numbers
    r0i_buffer inputs[R0I_MAX_OPERANDS], outputs[R0I_MAX_OPERANDS]; // the case, and the reference's result
} ops_case;

static ops_case ops_make(r0i_op op, const void *args, size_t args_size, float tolerance)
{
    ops_case c;
    uint32_t words[R0I_SHAPE_WORDS] = {0};
    memset(&c, 0, sizeof c);
    memcpy(words, args, R0I_MIN(args_size, sizeof words));
    c.op = op, c.args = args, c.args_size = args_size, c.tolerance = tolerance;
    for (int i = 0; r0i_ops[op].shapes[i]; i++) c.count[i] = (size_t)r0i_op_elements(r0i_ops[op].shapes[i], words);
    return c;
}

// The format of operand i: 16-bit numbers come in pairs, one element of four bytes.
static uint32_t ops_format(const ops_case *c, int i)
{
    bool weights = i == 2 && c->op >= R0I_OP_matmul_nt && c->op <= R0I_OP_matmul_nt_fused;
    if (c->op == R0I_OP_attention_decode && (i == 2 || i == 3)) return ((const r0i_decode_args *)c->args)->format;
    return weights ? ((const r0i_matmul_args *)c->args)->format : R0I_FORMAT_REAL;
}

// Normal random numbers of operand i. Drawn once: operands are filled thousands of times, which would take longer than
// the ops. The period is prime, so that no two rows are the same.
static float ops_normal(int i, size_t e)
{
    enum { PERIOD = 65521 };
    static float drawn[PERIOD];
    static bool all;
    for (size_t k = 0; !all && k < PERIOD; k++) drawn[k] = (float)r0i_random_normal(r0i_key_make(1), k);
    all = true;
    return drawn[(e + 9973 * (size_t)i) % PERIOD];
}

static void ops_fill(r0i_buffer *buffer, const ops_case *c, int i)
{
    if (c->ints[i]) {
        memcpy(buffer->host, c->ints[i], c->count[i] * 4);
        return;
    }
    for (size_t e = 0; e < c->count[i]; e++) ((float *)buffer->host)[e] = ops_normal(i, e);
    uint32_t format = ops_format(c, i);
    for (size_t e = 0; format && e < c->count[i]; e++)
        for (size_t half = 0; half < 2; half++) {
            float value = ops_normal(i, 2 * e + half);
            ((uint16_t *)buffer->host)[2 * e + half] =
                format == R0I_FORMAT_BF16 ? r0i_f32_to_bf16(value) : r0i_f32_to_f16(value);
        }
    // second moments, the clip's factor, sums of squares and reciprocal deviations are positive
    if ((c->op == R0I_OP_adamw && (i == 2 || i == 4)) || (c->op == R0I_OP_grad_norm && i == 1) ||
        (c->op == R0I_OP_rms_norm_backward && i == 4))
        for (size_t e = 0; e < c->count[i]; e++) ((float *)buffer->host)[e] = fabsf(((float *)buffer->host)[e]) + .1f;
}

static void ops_views(r0i_buffer *buffers, r0i_view *views)
{
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) views[i] = r0i_view_all(&buffers[i]);
}

// Fresh operands, as ops_fill makes them, with a guard of 16 elements behind each.
static void ops_setup(test *t, const ops_case *c, r0i_buffer *buffers, r0i_view *views)
{
    for (int i = 0; r0i_ops[c->op].shapes[i]; i++) {
        CHECK(r0i_buffer_create(t->r0->device, c->count[i] + 16, 4, &buffers[i]) == R0_OK);
        ops_fill(&buffers[i], c, i);
        memset((char *)buffers[i].host + c->count[i] * 4, 0x5a, 64);
    }
    ops_views(buffers, views);
}

static void ops_release(r0i_buffer *buffers)
{
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) r0i_buffer_destroy(&buffers[i]);
}

static bool ops_guards_hold(const ops_case *c, const r0i_buffer *buffers)
{
    bool good = true;
    for (int i = 0; r0i_ops[c->op].shapes[i]; i++)
        for (int e = 0; e < 64; e++) good &= ((unsigned char *)buffers[i].host)[c->count[i] * 4 + (size_t)e] == 0x5a;
    return good;
}

static const char *ops_name(const ops_case *c)
{
    return r0i_ops[c->op].name;
}

// Written operands of `got` against the reference's.
static void ops_close(test *t, const ops_case *c, const r0i_buffer *got, r0i_cpu_level level)
{
    for (int i = 0; i < r0i_ops[c->op].written; i++) {
        const float *x = (const float *)c->outputs[i].host, *y = (const float *)got[i].host;
        double worst = 0, largest = 0;
        for (size_t e = 0; e < c->count[i]; e++) {
            worst = R0I_MAX(worst, fabs((double)x[e] - y[e]));
            largest = R0I_MAX(largest, fabs((double)x[e]));
            if (y[e] != y[e]) worst = HUGE_VAL;
        }
        CHECK(worst <= c->tolerance * (largest + 1e-6), "%s: %s: output %d is off by %g of %g", ops_name(c),
              r0i_cpu_level_name(level), i, worst, largest);
    }
    CHECK(ops_guards_hold(c, got), "%s: %s: wrote behind its output", ops_name(c), r0i_cpu_level_name(level));
}

static void ops_same(test *t, const ops_case *c, const r0i_buffer *a, const r0i_buffer *b, const char *what)
{
    for (int i = 0; i < r0i_ops[c->op].written; i++)
        CHECK(!memcmp(a[i].host, b[i].host, c->count[i] * 4), "%s: output %d depends on %s", ops_name(c), i, what);
}

// The kernel on its items cut into uneven parts.
static void ops_run_cut(const ops_case *c, r0i_cpu_op_fn run, r0i_buffer *buffers)
{
    void *operands[R0I_MAX_OPERANDS];
    int64_t items = r0i_op_look(c->op, c->args).items;
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) operands[i] = buffers[i].host;
    for (int64_t begin = 0, size = 1; begin < items; begin += size, size = size * 3 % 7 + 1)
        run(c->args, operands, begin, R0I_MIN(items, begin + size));
}

static void ops_check_level(test *t, ops_case *c, r0i_cpu_level level)
{
    r0i_buffer whole[R0I_MAX_OPERANDS], cut[R0I_MAX_OPERANDS];
    r0i_view views[R0I_MAX_OPERANDS];
    memset(whole, 0, sizeof whole);
    memset(cut, 0, sizeof cut);
    ops_setup(t, c, whole, views);
    r0i_cpu_run_at(level, t->r0->device, c->op, c->args, views);
    ops_close(t, c, whole, level);
    r0i_cpu_op_fn run = level == R0I_CPU_REFERENCE ? r0i_cpu_reference(c->op) : r0i_fast_op(level, c->op);
    if (run) {
        ops_setup(t, c, cut, views);
        ops_run_cut(c, run, cut);
        ops_same(t, c, whole, cut, "where its items are cut");
        ops_release(cut);
    }
    int threads = t->r0->threads;
    for (t->r0->threads = 1; t->r0->threads < threads; t->r0->threads++) {
        ops_setup(t, c, cut, views);
        r0i_cpu_run_at(level, t->r0->device, c->op, c->args, views);
        ops_same(t, c, whole, cut, "the number of threads");
        ops_release(cut);
    }
    ops_release(whole);
}

// AVX2 and AVX-512 are of one class: the same bits.
static void ops_check_class(test *t, ops_case *c)
{
    r0i_buffer one[R0I_MAX_OPERANDS], other[R0I_MAX_OPERANDS];
    r0i_view views[R0I_MAX_OPERANDS];
    memset(one, 0, sizeof one);
    memset(other, 0, sizeof other);
    ops_setup(t, c, one, views);
    r0i_cpu_run_at(R0I_CPU_FUSED, t->r0->device, c->op, c->args, views);
    ops_setup(t, c, other, views);
    r0i_cpu_run_at(R0I_CPU_WIDE, t->r0->device, c->op, c->args, views);
    ops_same(t, c, one, other, "the length of vectors");
    ops_release(one);
    ops_release(other);
}

static void ops_check(test *t, ops_case *c)
{
    r0i_view views[R0I_MAX_OPERANDS];
    ops_setup(t, c, c->outputs, views);
    r0i_cpu_run_at(R0I_CPU_REFERENCE, t->r0->device, c->op, c->args, views);
    for (int level = R0I_CPU_REFERENCE; level <= (int)r0i_cpu_best_level(); level++)
        ops_check_level(t, c, (r0i_cpu_level)level);
    if (r0i_cpu_best_level() == R0I_CPU_WIDE) ops_check_class(t, c);
    ops_release(c->outputs);
}

#define OPS_CHECK(op, args, tolerance)                                                                                 \
    do {                                                                                                               \
        ops_case ops_c = ops_make(R0I_OP_##op, &(args), sizeof(args), tolerance);                                      \
        ops_check(t, &ops_c);                                                                                          \
    } while (0)

static void test_ops_matmul(test *t)
{
    static const uint32_t sizes[][3] = {{1, 1, 1},       {1, 49, 128},  {5, 7, 9},    {6, 16, 128},
                                        {13, 33, 65},    {64, 49, 128}, {65, 17, 40}, {97, 100, 321},
                                        {250, 128, 130}, {31, 8, 700},  {128, 5, 3},  {3, 200, 1000}};
    for (size_t i = 0; i < R0I_COUNT(sizes); i++)
        for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
            r0i_matmul_args a = {sizes[i][0], sizes[i][1], sizes[i][2], accumulate, 0, 0};
            OPS_CHECK(matmul_nt, a, 3e-6f);
            OPS_CHECK(matmul_nn, a, 3e-6f);
            OPS_CHECK(matmul_tn, a, 3e-6f);
            a.stride = 3 + R0I_MAX(a.m, R0I_MAX(a.n, a.k)); // a part of wider rows
            OPS_CHECK(matmul_nt, a, 3e-6f);
            OPS_CHECK(matmul_nn, a, 3e-6f);
            OPS_CHECK(matmul_tn, a, 3e-6f);
            a.stride = 0;
            for (a.format = R0I_FORMAT_BF16; a.format <= R0I_FORMAT_F16; a.format++) {
                OPS_CHECK(matmul_nt, a, 3e-6f);
                OPS_CHECK(matmul_nn, a, 3e-6f);
            }
        }
}

// What follows the sums inside of matmul_nt_fused, and the same as ops of their own: the same bits, at every level.
// Catches: an epilogue in another order, on a block of columns that is not its own, or before the sums are whole.
static void test_ops_fused(test *t)
{
    static const uint32_t sizes[][3] = {{1, 1, 1}, {3, 49, 128}, {13, 33, 65}, {97, 100, 321}, {300, 130, 700}};
    for (size_t i = 0; i < 7 * R0I_COUNT(sizes); i++) {
        r0i_matmul_args plain = {sizes[i / 7][0], sizes[i / 7][1], sizes[i / 7][2], 0, 0, 0};
        r0i_fused_args a = {plain, 0};
        r0i_rows_args rows = {plain.m, plain.n};
        r0i_count_args count = {plain.m * plain.n, 0};
        r0i_lora_args lora = {plain.m, 5, plain.k, (uint32_t)(1 + i % 3), .5f};
        OPS_CHECK(lora_middle, lora, 0);
        a.sum.accumulate = (uint32_t)(1 + i % 7);
        // what cuts the largest into blocks does not look at which of the three follow: all of them, once
        if (i / 7 == R0I_COUNT(sizes) - 1 && a.sum.accumulate != (R0I_BIAS | R0I_RESIDUAL | R0I_GATED)) continue;
        OPS_CHECK(matmul_nt_fused, a, 3e-6f);
        ops_case c = ops_make(R0I_OP_matmul_nt_fused, &a, sizeof a, 0);
        for (int level = R0I_CPU_REFERENCE; level <= (int)r0i_cpu_best_level(); level++) {
            r0i_buffer one[R0I_MAX_OPERANDS], several[R0I_MAX_OPERANDS];
            r0i_view views[R0I_MAX_OPERANDS];
            memset(one, 0, sizeof one);
            memset(several, 0, sizeof several);
            ops_setup(t, &c, one, views);
            r0i_cpu_run_at((r0i_cpu_level)level, t->r0->device, c.op, &a, views);
            ops_setup(t, &c, several, views);
            r0i_view biased[] = {views[0], views[3]}, added[] = {views[0], views[4]};
            r0i_view gated[] = {views[0], views[4], views[0]};
            r0i_cpu_run_at((r0i_cpu_level)level, t->r0->device, R0I_OP_matmul_nt, &plain, views);
            if (a.sum.accumulate & R0I_BIAS)
                r0i_cpu_run_at((r0i_cpu_level)level, t->r0->device, R0I_OP_bias_forward, &rows, biased);
            if (a.sum.accumulate & R0I_RESIDUAL)
                r0i_cpu_run_at((r0i_cpu_level)level, t->r0->device, R0I_OP_add, &count, added);
            if (a.sum.accumulate & R0I_GATED)
                r0i_cpu_run_at((r0i_cpu_level)level, t->r0->device, R0I_OP_swiglu_forward, &count, gated);
            ops_same(t, &c, one, several, "whether its epilogue is fused");
            ops_release(one);
            ops_release(several);
        }
        a.sum.stride = plain.n + 3, a.rank = (uint32_t)(i % 3) * 4;
        OPS_CHECK(matmul_nt_fused, a, 3e-6f);
        a.sum.format = R0I_FORMAT_BF16;
        OPS_CHECK(matmul_nt_fused, a, 3e-6f);
    }
}

static void test_ops_rows(test *t)
{
    static const uint32_t cols[] = {1, 7, 8, 32, 49, 128, 131};
    for (size_t i = 0; i < R0I_COUNT(cols); i++) {
        r0i_norm_args norm = {23, cols[i], 1e-6f, (uint32_t)(i & 1), i & 2 ? 1 : 0};
        r0i_rows_args rows = {23, cols[i]};
        OPS_CHECK(rms_norm_forward, norm, 2e-6f);
        OPS_CHECK(rms_norm_backward, norm, 5e-6f);
        OPS_CHECK(rms_norm_weight_backward, norm, 5e-6f);
        OPS_CHECK(bias_forward, rows, 1e-6f);
        OPS_CHECK(bias_backward, rows, 2e-6f);
        r0i_logp_args logp = {23, cols[i], 1 / .7f};
        int32_t target[23];
        for (int r = 0; r < 23; r++) target[r] = (int32_t)(r * 5 % (int)cols[i]);
        ops_case c = ops_make(R0I_OP_token_logp_forward, &logp, sizeof logp, 3e-6f);
        c.ints[5] = target;
        ops_check(t, &c);
        c = ops_make(R0I_OP_token_logp_backward, &logp, sizeof logp, 3e-6f);
        c.ints[3] = target;
        ops_check(t, &c);
    }
}

static void test_ops_elements(test *t)
{
    static const uint32_t counts[] = {1, 5, 8, 100, 4097, 9001};
    for (size_t i = 0; i < R0I_COUNT(counts); i++) {
        r0i_count_args count = {counts[i], 2.5f};
        r0i_parts_args parts = {counts[i], 3, (uint32_t)(i & 1)};
        OPS_CHECK(swiglu_forward, count, 1e-6f);
        OPS_CHECK(swiglu_backward, count, 1e-6f);
        OPS_CHECK(geglu_forward, count, 1e-6f);
        OPS_CHECK(geglu_backward, count, 2e-6f);
        OPS_CHECK(add, count, 0);
        OPS_CHECK(sum_parts, parts, 0);
        OPS_CHECK(fill, count, 0);
        OPS_CHECK(scale, count, 0);
        OPS_CHECK(sum_squares, count, 5e-6f);
        OPS_CHECK(grad_norm, count, 1e-6f);
        r0i_adamw_args adamw = {counts[i], 1e-2f, .9f, .999f, 1e-8f, .01f, .5f, .25f};
        OPS_CHECK(adamw, adamw, 1e-6f);
    }
}

static void test_ops_rope(test *t)
{
    int32_t position[9] = {0, 5, 3, 8, 8, 1, 2, 7, 4};
    static const uint32_t dims[] = {2, 6, 32, 40, 128};
    for (size_t i = 0; i < R0I_COUNT(dims); i++) {
        r0i_rope_args a = {9, 3, dims[i], i & 1 ? 1.f : -1.f};
        ops_case c = ops_make(R0I_OP_rope, &a, sizeof a, 1e-6f);
        c.ints[1] = position;
        c.count[2] = 9 * dims[i];
        ops_check(t, &c);
    }
}

static void test_ops_tables(test *t)
{
    static const int32_t ids[] = {2, 0, 2, 3, 2, 0}, order[] = {1, 5, 0, 2, 4, 3}, starts[] = {0, 2, 5, 6},
                         unique[] = {0, 2, 3};
    static const int32_t index[] = {6, 0, 3, 5, 2, 1}, place[] = {4, 3, 9, 10, 7, 0};
    r0i_rows_args rows = {6, 19};
    r0i_embedding_args all = {6, 19, 0, 4, 0}, part = {6, 19, 1, 2, 0}; // part: tokens 1 and 2 only
    r0i_embedding_args tokens = {3, 19, 0, 4, 0}, some = {3, 19, 2, 2, 0};
    r0i_kv_args kv = {6, 19, 0};
    r0i_kv_round_args rounded = {6 * 19, R0I_FORMAT_BF16};
    ops_case c = ops_make(R0I_OP_embedding_forward, &all, sizeof all, 0);
    c.ints[1] = ids, c.count[2] = 4 * 19;
    ops_check(t, &c);
    c.args = &part;
    ops_check(t, &c);
    c = ops_make(R0I_OP_embedding_backward, &tokens, sizeof tokens, 1e-6f);
    c.ints[2] = order, c.ints[3] = starts, c.ints[4] = unique;
    c.count[0] = 4 * 19, c.count[1] = 6 * 19, c.count[2] = 6;
    ops_check(t, &c);
    c.args = &some;
    ops_check(t, &c);
    c = ops_make(R0I_OP_rows_gather, &rows, sizeof rows, 0);
    c.ints[2] = index, c.count[1] = 7 * 19;
    ops_check(t, &c);
    c = ops_make(R0I_OP_rows_scatter, &rows, sizeof rows, 0);
    c.ints[2] = index, c.count[0] = 7 * 19;
    ops_check(t, &c);
    c = ops_make(R0I_OP_kv_write, &kv, sizeof kv, 0);
    c.ints[2] = index, c.ints[3] = place;
    c.count[0] = 3 * 4 * 19, c.count[1] = 7 * 19;
    ops_check(t, &c);
    c = ops_make(R0I_OP_kv_round, &rounded, sizeof rounded, 0);
    ops_check(t, &c);
    r0i_qkv_args qkv = {6, 4, 2, 10, 1, 10, 1, 0, 1e-6f, 0, 0}, apart = {6, 4, 2, 10, 1, 10, 1, 0, 1e-6f, 0, 1};
    c = ops_make(R0I_OP_decode_qkv, &qkv, sizeof qkv, 0);
    c.ints[5] = index, c.ints[7] = place;
    c.count[1] = c.count[2] = 11 * 2 * 10, c.count[4] = 20, c.count[6] = 7 * 10;
    ops_check(t, &c);
    c.args = &apart;
    ops_check(t, &c);
}

// A cache of 16 bits holds what kv_round leaves, and holds it exactly: that packed rows and cache agree rests on it.
static void test_ops_kv_round(test *t)
{
    static const float values[] = {0, -0.0f, 1, 1.0004883f, 1.0004882f, 65504, 65519, 1e30f, -70000, 6e-8f, 2e-8f,
                                   3e-5f, .333333f, -1234.56f, 2049, 2051};
    enum { COUNT = R0I_COUNT(values) };
    r0i_device *d = t->r0->device;
    int32_t place[COUNT];
    r0i_buffer y, cache, ints;
    CHECK(!r0i_buffer_create(d, COUNT, 4, &y) && !r0i_buffer_create(d, COUNT, 4, &cache));
    CHECK(!r0i_buffer_create(d, COUNT, 4, &ints));
    for (int i = 0; i < COUNT; i++) place[i] = COUNT - 1 - i;
    r0i_write(r0i_view_all(&ints), place);
    for (uint32_t format = R0I_FORMAT_BF16; format <= R0I_FORMAT_F16; format++) {
        r0i_view halves = r0i_view_all(&cache);
        halves.format = format;
        r0i_write(r0i_view_all(&y), values);
        r0i_kv_write(d, halves, r0i_view_all(&y), r0i_view_all(&ints), r0i_view_all(&ints), COUNT, 1);
        r0i_kv_round(d, r0i_view_all(&y), COUNT, format);
        for (int i = 0; i < COUNT; i++) {
            float got = ((float *)y.host)[i], kept = (float)r0i_weight_at(cache.host, format, (size_t)i);
            float bound = fabsf(values[i]) * (format == R0I_FORMAT_F16 ? 1 / 2048.f : 1 / 256.f) + 3e-8f;
            CHECK(!memcmp(&got, &kept, 4), "format %u: %g is kept as %g, rounded to %g", format, (double)values[i],
                  (double)kept, (double)got);
            CHECK(fabsf(got - values[i]) <= bound || (format == R0I_FORMAT_F16 && fabsf(got) == 65504), "%g: %g",
                  (double)values[i], (double)got);
        }
        r0i_kv_round(d, r0i_view_all(&y), COUNT, format); // once is enough
        for (int i = 0; i < COUNT; i++)
            CHECK(((float *)y.host)[i] == (float)r0i_weight_at(cache.host, format, (size_t)i));
    }
    r0i_buffer_destroy(&y), r0i_buffer_destroy(&cache), r0i_buffer_destroy(&ints);
}

// -- attention --

enum { OPS_T = 77 };

// Sequences of 1, 40, 33 and 3 rows.
static void ops_sequences(int32_t *begin, int32_t *end)
{
    static const int32_t starts[] = {0, 1, 41, 74, OPS_T};
    for (int s = 0; s < 4; s++)
        for (int32_t r = starts[s]; r < starts[s + 1]; r++) begin[r] = starts[s], end[r] = starts[s + 1];
}

// Forward and backward of sequences that begin and end there, row by row.
static void ops_attention_cases(test *t, const r0i_attention_args *a, const int32_t *begin, const int32_t *end)
{
    ops_case c = ops_make(R0I_OP_attention_forward, a, sizeof *a, 3e-6f);
    c.ints[5] = begin;
    ops_check(t, &c);
    c = ops_make(R0I_OP_attention_backward_q, a, sizeof *a, 1e-5f);
    c.ints[8] = begin;
    ops_check(t, &c);
    c = ops_make(R0I_OP_attention_backward_kv, a, sizeof *a, 1e-5f);
    c.ints[8] = end;
    ops_check(t, &c);
}

static void test_ops_attention(test *t)
{
    int32_t begin[OPS_T], end[OPS_T];
    static const uint32_t shapes[][3] = {{4, 2, 32}, {3, 1, 6}, {2, 2, 64}, {6, 2, 8}, {2, 1, 128}};
    ops_sequences(begin, end);
    static const uint32_t windows[] = {0, 36, 1, 5, 0};
    for (size_t i = 0; i < R0I_COUNT(shapes); i++) {
        uint32_t window = windows[i];
        float scale = 1 / sqrtf((float)shapes[i][2]);
        r0i_attention_args a = {OPS_T, shapes[i][0], shapes[i][1], shapes[i][2], scale, window};
        ops_attention_cases(t, &a, begin, end);
        static const int32_t slot[] = {2, 0, 3, 1, 4}, length[] = {1, 8, 9, 20, 17};
        r0i_decode_args d = {5, shapes[i][0], shapes[i][1], shapes[i][2], 20, 1, .2f, window, 0, 0};
        ops_case c = ops_make(R0I_OP_attention_decode, &d, sizeof d, 3e-6f);
        c.ints[4] = slot, c.ints[5] = length;
        c.count[2] = c.count[3] = 5 * 20 * (size_t)(d.kv_heads * d.dim);
        ops_check(t, &c);
        r0i_join_args join = {5, shapes[i][0], 4, shapes[i][2], 5, window};
        c = ops_make(R0I_OP_attention_join, &join, sizeof join, 0);
        c.ints[2] = length;
        ops_check(t, &c);
    }
}

// Sequences of several chunks of keys. Catches: a chunk that is left out and seen, a window that ends a chunk too late.
static void test_ops_attention_windows(test *t)
{
    enum { T = 300 };
    static const int32_t table[] = {4, 0, 3, 1, 5, 2}, length[] = {299, 130};
    int32_t begin[T], end[T];
    for (int32_t r = 0; r < T; r++) begin[r] = r < 9 ? 0 : 9, end[r] = r < 9 ? 9 : T;
    for (uint32_t window = 40; window <= 160; window += 120) {
        r0i_attention_args a = {T, 2, 1, 16, .25f, window};
        ops_attention_cases(t, &a, begin, end);
        for (uint32_t format = R0I_FORMAT_REAL; format <= R0I_FORMAT_F16; format++) { // pages in any order
            r0i_decode_args d = {2, 2, 1, 16, R0I_PAGE, 3, .2f, window, format, 0};
            ops_case c = ops_make(R0I_OP_attention_decode, &d, sizeof d, 3e-6f);
            c.ints[4] = table, c.ints[5] = length;
            c.count[2] = c.count[3] = 6 * R0I_PAGE * 16 / (format ? 2 : 1);
            ops_check(t, &c);
        }
    }
}

// The rows of a packed sequence, decoded one at a time over a cache that holds the same keys, must
// come out the same bits.
static void test_ops_decode_is_forward(test *t, uint32_t window)
{
    enum { H = 4, G = 2, D = 32, CAPACITY = 50 };
    int32_t begin[OPS_T], end[OPS_T], slot[OPS_T], place[OPS_T], row[OPS_T];
    r0_context *r0 = t->r0;
    r0i_device *d = r0->device;
    r0i_attention_args a = {OPS_T, H, G, D, .2f, window};
    ops_case c = ops_make(R0I_OP_attention_forward, &a, sizeof a, 0);
    r0i_buffer packed[R0I_MAX_OPERANDS], ints[4], cache[2], y;
    r0i_view v[R0I_MAX_OPERANDS];
    memset(packed, 0, sizeof packed);
    ops_sequences(begin, end);
    c.ints[5] = begin;
    ops_setup(t, &c, packed, v);
    r0i_attention_forward(d, v[0], v[1], v[2], v[3], v[4], v[5], OPS_T, H, G, D, .2f, window);
    for (int i = 0; i < 2; i++) CHECK(r0i_buffer_create(d, 4 * CAPACITY * G * D, 4, &cache[i]) == R0_OK);
    for (int i = 0; i < 4; i++) CHECK(r0i_buffer_create(d, OPS_T, 4, &ints[i]) == R0_OK);
    CHECK(r0i_buffer_create(d, OPS_T * H * D, 4, &y) == R0_OK);
    for (int32_t r = 0; r < OPS_T; r++) {
        slot[r] = begin[r] == 0 ? 0 : begin[r] == 1 ? 1 : begin[r] == 41 ? 2 : 3;
        place[r] = slot[r] * CAPACITY + r - begin[r], row[r] = r;
        end[r] = r - begin[r] + 1; // keys seen
    }
    const int32_t *values[] = {row, slot, place, end};
    for (int i = 0; i < 4; i++) r0i_write(r0i_view_part(r0i_view_all(&ints[i]), 0, OPS_T, 4), values[i]);
    r0i_view rows = r0i_view_all(&ints[0]), slots = r0i_view_all(&ints[1]), at = r0i_view_all(&ints[2]),
             seen = r0i_view_all(&ints[3]);
    r0i_view ck = r0i_view_all(&cache[0]), cv = r0i_view_all(&cache[1]);
    r0i_kv_write(d, ck, v[3], rows, at, OPS_T, G * D);
    r0i_kv_write(d, cv, v[4], rows, at, OPS_T, G * D);
    for (size_t r = 0; r < OPS_T; r++) // one row at a time: another batch as well
        r0i_attention_decode(d, r0i_view_part(r0i_view_all(&y), r * H * D, H * D, 4),
                             r0i_view_part(v[2], r * H * D, H * D, 4), ck, cv, r0i_view_part(slots, r, 1, 4),
                             r0i_view_part(seen, r, 1, 4), 1, H, G, D, CAPACITY, 1, .2f, window, 0);
    CHECK(!memcmp(y.host, packed[0].host, OPS_T * H * D * 4), "attention_decode and attention_forward differ");
    CHECK(d->status == R0_OK, "%s", r0_error(r0));
    ops_release(packed);
    for (int i = 0; i < 2; i++) r0i_buffer_destroy(&cache[i]);
    for (int i = 0; i < 4; i++) r0i_buffer_destroy(&ints[i]);
    r0i_buffer_destroy(&y);
}

// Weights of 16 bits must give the very bits of the same weights in float32, every number of them, whatever
// the shape. Catches: subnormals, infinities and NaNs widened wrongly, a tail of columns or of k forgotten, a
// row that knows its batch.
static void test_ops_matmul_halves(test *t)
{
    static const uint32_t shapes[][3] = {{1, 65536, 1}, {1, 49, 1000}, {3, 37, 331}, {9, 33, 129}, {64, 100, 640}};
    r0i_device *d = t->r0->device;
    for (size_t i = 0; i < 4 * R0I_COUNT(shapes); i++) {
        uint32_t m = shapes[i / 4][0], n = shapes[i / 4][1], k = shapes[i / 4][2], turned = i / 2 % 2, sizes = n * k;
        uint32_t format = i % 2 ? R0I_FORMAT_F16 : R0I_FORMAT_BF16;
        r0i_buffer x, half, wide, y, expected;
        CHECK(!r0i_buffer_create(d, m * k, 4, &x) && !r0i_buffer_create(d, sizes / 2 + 1, 4, &half) &&
              !r0i_buffer_create(d, sizes, 4, &wide) && !r0i_buffer_create(d, m * n, 4, &y) &&
              !r0i_buffer_create(d, m * n, 4, &expected));
        for (uint32_t e = 0; e < m * k; e++)
            ((float *)x.host)[e] = k == 1 ? 1 : (float)r0i_random_normal(r0i_key_make(1), e);
        for (uint32_t e = 0; e < sizes; e++) {
            float value = (float)r0i_random_normal(r0i_key_make(2), e);
            uint16_t bits = format == R0I_FORMAT_BF16 ? r0i_f32_to_bf16(value) : r0i_f32_to_f16(value);
            if (k == 1) bits = (uint16_t)e;
            ((uint16_t *)half.host)[e] = bits;
            ((float *)wide.host)[e] = format == R0I_FORMAT_BF16 ? r0i_bf16_to_f32(bits) : r0i_f16_to_f32(bits);
        }
        r0i_view w = r0i_view_all(&half);
        w.format = format;
        (turned ? r0i_matmul_nn : r0i_matmul_nt)(d, r0i_view_all(&y), r0i_view_all(&x), w, m, n, k, 0);
        (turned ? r0i_matmul_nn : r0i_matmul_nt)(d, r0i_view_all(&expected), r0i_view_all(&x), r0i_view_all(&wide), m,
                                                 n, k, 0);
        uint32_t differ = 0;
        for (uint32_t e = 0; e < m * n; e++) {
            float a = ((float *)y.host)[e], b = ((float *)expected.host)[e];
            differ += !(isnan(a) && isnan(b)) && memcmp(&a, &b, 4);
        }
        CHECK(!differ, "%u of %u x %u x %u, format %u, turned %u", differ, m, n, k, format, turned);
        r0i_buffer_destroy(&x), r0i_buffer_destroy(&half), r0i_buffer_destroy(&wide), r0i_buffer_destroy(&y);
        r0i_buffer_destroy(&expected);
    }
}

// Rows of a product alone, against the same rows within many: every number of rows has kernels of its own.
static void test_ops_matmul_batch(test *t)
{
    static const uint32_t few[] = {1, 4, 7, 24, 64, 128, 129};
    static const uint32_t shapes[][2] = {{49, 128}, {320, 128}, {128, 320}, {100, 1000}};
    for (size_t s = 0; s < R0I_COUNT(shapes); s++) {
        uint32_t n = shapes[s][0], k = shapes[s][1], m = 301;
        r0i_device *d = t->r0->device;
        r0i_buffer x, w, y, one;
        CHECK(!r0i_buffer_create(d, m * k, 4, &x) && !r0i_buffer_create(d, n * k, 4, &w) &&
              !r0i_buffer_create(d, m * n, 4, &y) && !r0i_buffer_create(d, 129 * n, 4, &one));
        for (uint32_t i = 0; i < m * k; i++) ((float *)x.host)[i] = (float)r0i_random_normal(r0i_key_make(1), i);
        for (uint32_t i = 0; i < n * k; i++) ((float *)w.host)[i] = (float)r0i_random_normal(r0i_key_make(2), i);
        for (int turned = 0; turned < 2; turned++)
            for (size_t f = 0; f < R0I_COUNT(few); f++) {
                uint32_t rows = few[f];
                void (*matmul)(r0i_device *, r0i_view, r0i_view, r0i_view, uint32_t, uint32_t, uint32_t, uint32_t) =
                    turned ? r0i_matmul_nn : r0i_matmul_nt;
                matmul(d, r0i_view_all(&y), r0i_view_all(&x), r0i_view_all(&w), m, n, k, 0);
                for (uint32_t r = 0; r + rows <= m; r += 29) {
                    matmul(d, r0i_view_all(&one), r0i_view_part(r0i_view_all(&x), r * k, rows * k, 4), r0i_view_all(&w),
                           rows, n, k, 0);
                    CHECK(!memcmp(one.host, (float *)y.host + r * n, rows * n * 4),
                          "a row depends on its neighbors: %u of them, n %u, k %u", rows, n, k);
                }
            }
        r0i_buffer_destroy(&x), r0i_buffer_destroy(&w), r0i_buffer_destroy(&y), r0i_buffer_destroy(&one);
    }
}

// -- sampling --

// Sorts the vocabulary by probability (ties: lower id first) and marks what top-k and then top-p keep.
static void ops_kept_by_sort(const float *z, int V, float T, int top_k, float top_p, bool *kept)
{
    int order[64];
    double total = 0, run = 0;
    for (int i = 0; i < V; i++) {
        int at = i;
        for (; at > 0 && z[order[at - 1]] < z[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    int K = top_k > 0 && top_k < V ? top_k : V;
    for (int i = 0; i < K; i++) total += exp((z[order[i]] - z[order[0]]) / (double)T);
    for (int i = 0; i < V; i++) {
        kept[order[i]] = i < K && (i == 0 || run < top_p * total);
        run += exp((z[order[i]] - z[order[0]]) / (double)T);
    }
}

static void ops_sample_case(test *t, float T, uint32_t top_k, float top_p)
{
    enum { A = 4000, V = 49 };
    r0i_device *d = t->r0->device;
    r0i_buffer b[5];
    size_t counts[5] = {A, A, A * V, 2 * A, A};
    for (int i = 0; i < 5; i++) CHECK(r0i_buffer_create(d, counts[i], 4, &b[i]) == R0_OK);
    float *logits = (float *)b[2].host, *logp = (float *)b[1].host;
    int32_t *token = (int32_t *)b[0].host;
    for (int i = 0; i < V; i++)
        logits[i] = roundf((float)r0i_random_normal(r0i_key_make(3), (uint64_t)i) * 4) / 2; // with ties
    bool kept[V];
    ops_kept_by_sort(logits, V, T, (int)top_k, top_p, kept);
    double p[V], total = 0, all = 0;
    for (int i = 0; i < V; i++) p[i] = exp(logits[i] / (double)T), all += p[i], total += kept[i] ? p[i] : 0;
    for (int r = 0; r < A; r++) {
        memcpy(logits + r * V, logits, V * sizeof *logits);
        ((uint32_t *)b[3].host)[2 * r] = (uint32_t)r, ((uint32_t *)b[3].host)[2 * r + 1] = 9;
        ((int32_t *)b[4].host)[r] = r % 11;
    }
    r0i_sample(d, r0i_view_all(&b[0]), r0i_view_all(&b[1]), r0i_view_all(&b[2]), r0i_view_all(&b[3]),
               r0i_view_all(&b[4]), A, V, T, top_k, top_p);
    int hits[V] = {0}, wrong = 0;
    double off = 0, chi = 0;
    for (int r = 0; r < A; r++) {
        hits[token[r]]++;
        off = R0I_MAX(off, fabs(logp[r] - log(p[token[r]] / all)));
        r0i_key key = {(uint32_t)r, 9}; // the inverse transform in token order, by hand
        double u = r0i_random_uniform(key, (uint64_t)(r % 11)), run = 0;
        int expected = 0;
        for (int i = 0; i < V && run <= u * total; i++)
            if (kept[i]) run += p[i], expected = i;
        wrong += token[r] != expected;
    }
    for (int i = 0; i < V; i++) {
        double mean = kept[i] ? A * p[i] / total : 0;
        CHECK(kept[i] || !hits[i], "T %g, top_k %u, top_p %g: drew token %d, which is cut off", T, top_k, top_p, i);
        if (mean > 0) chi += (hits[i] - mean) * (hits[i] - mean) / mean;
    }
    CHECK(wrong <= 2, "T %g, top_k %u, top_p %g: %d of %d tokens are not the inverse transform's", T, top_k, top_p,
          wrong, A);
    CHECK(off < 1e-5, "logp is off by %g", off);
    CHECK(chi < 110, "chi squared %g", chi);
    for (int i = 0; i < 5; i++) r0i_buffer_destroy(&b[i]);
}

// The log-probability of a sampled token: the same bits as token_logp_forward's at the same temperature.
static void test_ops_sample_logp(test *t)
{
    static const uint32_t vocab[] = {49, 50, 51, 1000, 3001};
    static const float temperature[] = {0, .6f, 1, 1.3f};
    r0i_device *d = t->r0->device;
    for (size_t c = 0; c < R0I_COUNT(vocab) * R0I_COUNT(temperature); c++) {
        uint32_t V = vocab[c % 5], A = 37;
        float T = temperature[c / 5];
        size_t counts[] = {A, A, A * V, 2 * A, A, A, A, A, A};
        r0i_buffer b[9];
        r0i_view v[9];
        for (int i = 0; i < 9; i++) {
            CHECK(r0i_buffer_create(d, counts[i], 4, &b[i]) == R0_OK);
            v[i] = r0i_view_all(&b[i]);
        }
        for (size_t i = 0; i < A * V; i++) ((float *)b[2].host)[i] = 3 * (float)r0i_random_normal(r0i_key_make(c), i);
        for (uint32_t i = 0; i < 2 * A; i++) ((uint32_t *)b[3].host)[i] = i;
        r0i_sample(d, v[0], v[1], v[2], v[3], v[4], A, V, T, 40, .95f);
        r0i_token_logp_forward(d, v[5], v[6], v[7], v[8], v[2], v[0], A, V, T > 0 ? 1 / T : 1);
        CHECK(!memcmp(b[1].host, b[5].host, A * 4), "sample and token_logp_forward differ: V %u, T %g", V, T);
        if (T == 0)
            for (uint32_t r = 0; r < A; r++)
                CHECK(((int32_t *)b[0].host)[r] == r0i_argmax((float *)b[2].host + r * V, V));
        for (int i = 0; i < 9; i++) r0i_buffer_destroy(&b[i]);
    }
}

// Large vocabularies take other paths (candidates, pieces): every level must draw what the reference draws.
static void test_ops_sample_large(test *t)
{
    static const struct { uint32_t V, top_k; float top_p, spread, step;
    } cases[] = {
        {300, 40, .9f, 3, .5f}, {1024, 0, .95f, 2, 0}, {1025, 20, 1, 1, .25f},   {3001, 20, .95f, 3, 0},
        {20000, 0, .9f, 5, 0},  {20000, 0, 1, 1, 0},   {20000, 0, .99f, .1f, 0}, // the last is too flat for candidates
        {20000, 7, 1, 1, 1},    {5000, 50, 1, 0, 0},   {30000, 1024, .5f, 4, 0}, // many equals; the largest k
        {20000, 200, 1, .3f, .5f},                     // few above, and thousands of equals where the cut is
    };
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        uint32_t V = cases[i].V, A = 60;
        r0i_sample_args a = {A, V, .8f, cases[i].top_k, cases[i].top_p};
        ops_case c = ops_make(R0I_OP_sample, &a, sizeof a, 0);
        r0i_buffer b[R0I_MAX_OPERANDS];
        r0i_view v[R0I_MAX_OPERANDS];
        int32_t expected[60];
        memset(b, 0, sizeof b);
        ops_setup(t, &c, b, v);
        for (uint32_t e = 0; e < A * V; e++) {
            float *z = (float *)b[2].host + e;
            *z *= cases[i].spread;
            if (cases[i].step > 0) *z = roundf(*z / cases[i].step) * cases[i].step;
        }
        for (uint32_t e = 0; e < 2 * A; e++) ((uint32_t *)b[3].host)[e] = e * 77 + (uint32_t)i;
        for (uint32_t e = 0; e < A; e++) ((int32_t *)b[4].host)[e] = (int32_t)e;
        r0i_cpu_run_at(R0I_CPU_REFERENCE, t->r0->device, R0I_OP_sample, &a, v);
        memcpy(expected, b[0].host, sizeof expected);
        for (int level = R0I_CPU_BASE; level <= (int)r0i_cpu_best_level(); level++) {
            int wrong = 0;
            r0i_cpu_run_at((r0i_cpu_level)level, t->r0->device, R0I_OP_sample, &a, v);
            for (uint32_t e = 0; e < A; e++) wrong += ((int32_t *)b[0].host)[e] != expected[e];
            CHECK(wrong <= 1, "case %zu: %s draws %d of %u tokens differently", i,
                  r0i_cpu_level_name((r0i_cpu_level)level), wrong, A);
        }
        ops_release(b);
    }
}

// -- the kernels' exp --

static void test_ops_exp(test *t)
{
#ifdef R0I_HAVE_AVX
    if (r0i_cpu_best_level() < R0I_CPU_FUSED) return;
    double worst = 0;
    for (double x = -87.2; x < 88.7; x += .00037) {
        float from[8], to[8];
        for (int i = 0; i < 8; i++) from[i] = (float)(x + i * .00004);
        r0i_fast_weigh_avx2(to, from, 8, 0, 1);
        for (int i = 0; i < 8; i++) {
            double exact = exp((double)from[i]);
            worst = R0I_MAX(worst, fabs(to[i] - exact) / ((double)nextafterf((float)exact, INFINITY) - (float)exact));
        }
    }
    CHECK(worst <= 2, "exp is off by %g ulp", worst);
    float ends[8] = {-INFINITY, -200, -104, -95, 0, 89, INFINITY, NAN}, to[8];
    r0i_fast_weigh_avx2(to, ends, 8, 0, 1);
    CHECK(to[0] == 0 && to[1] == 0 && to[2] == 0 && to[4] == 1 && to[5] == INFINITY && to[6] == INFINITY &&
          to[7] != to[7]);
    CHECK(fabs(to[3] / exp(-95.0) - 1) < 1e-3, "subnormal: %g", to[3]);
#else
    SKIP("no AVX2");
#endif
}

// -- operands too small mark the device --

static void test_ops_operands(test *t)
{
    for (int op = 0; op < R0I_OP_COUNT; op++)
        CHECK(r0i_ops[op].buffers <= R0I_MAX_OPERANDS && r0i_ops[op].written > 0, "%s", r0i_ops[op].name);
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    CHECK(r0_context_create(&desc, &r0) == R0_OK);
    r0i_buffer x, y;
    CHECK(!r0i_buffer_create(r0->device, 10, 4, &x) && !r0i_buffer_create(r0->device, 9, 4, &y));
    r0i_add(r0->device, r0i_view_all(&x), r0i_view_all(&y), 10, 0);
    CHECK(r0->device->functions->finish(r0->device) == R0_ERROR_INTERNAL && strstr(r0_error(r0), "add: operand 1"),
          "%s", r0_error(r0));
    r0i_buffer_destroy(&x), r0i_buffer_destroy(&y);
    r0_context_destroy(r0);
}

static void test_ops(test *t)
{
    test_ops_matmul(t);
    test_ops_fused(t);
    test_ops_rows(t);
    test_ops_elements(t);
    test_ops_rope(t);
    test_ops_tables(t);
    test_ops_kv_round(t);
    test_ops_attention(t);
    test_ops_attention_windows(t);
    test_ops_decode_is_forward(t, 0);
    test_ops_decode_is_forward(t, 13);
    test_ops_matmul_batch(t);
    test_ops_matmul_halves(t);
    ops_sample_case(t, 1, 0, 1);
    ops_sample_case(t, .7f, 40, 1);
    ops_sample_case(t, 1, 0, .9f);
    ops_sample_case(t, 1.3f, 10, .8f);
    ops_sample_case(t, 1, 1, 1);
    ops_sample_case(t, 1, 7, .01f);
    test_ops_sample_logp(t);
    test_ops_sample_large(t);
    test_ops_exp(t);
    test_ops_operands(t);
}
