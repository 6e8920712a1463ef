// Every CPU op, then whole steps of the tiny model with the time of each op in them.
//     make build/bench_bench && build/bench_bench [ops|steps] [threads]
// Ceilings are measured in the same run: our own sgemm rate at 512^3 for what computes, memcpy for what moves memory;
// beside the matmuls stands OpenBLAS, when dlopen finds it (R0_OPENBLAS names the library). Bytes count each
// operand once.
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"
#ifndef _WIN32
#include <dlfcn.h>
#endif

typedef struct bench {
    r0_context *r0;
    r0i_device *d;
    double copy, flops; // the ceilings: bytes/s (read + written), flop/s
    void (*sgemm32)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    void (*sgemm64)(int, int, int, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t,
                    float, float *, int64_t);
} bench;

// One thread is timed by the processor time it took, so that a busy machine does not count; several by the wall clock.
static bool bench_wall;

static double bench_now(void)
{
#ifndef _WIN32
    struct timespec now;
    if (!bench_wall && !clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now))
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
    return r0i_seconds();
}

// -- timing: the best of several stretches of at least `stretch` seconds --

typedef void (*bench_fn)(void *user);

static double bench_seconds(bench_fn run, void *user)
{
    const double stretch = .03;
    double best = 1e9;
    int repeats = 1;
    run(user); // warm caches
    for (int round = 0; round < 5;) {
        double start = bench_now();
        for (int i = 0; i < repeats; i++) run(user);
        double seconds = bench_now() - start;
        if (seconds < stretch / 4 && repeats < 1 << 24) {
            repeats *= 2;
            continue;
        }
        best = R0I_MIN(best, seconds / repeats);
        round++;
    }
    return best;
}

// -- one op --

typedef struct bench_op {
    r0i_device *d;
    r0i_op op;
    const void *args;
    size_t args_size;
    size_t count[R0I_MAX_OPERANDS]; // elements
    r0i_buffer buffer[R0I_MAX_OPERANDS];
    r0i_view view[R0I_MAX_OPERANDS];
} bench_op;

static void bench_op_run(void *user)
{
    bench_op *o = (bench_op *)user;
    r0i_run(o->d, o->op, o->args, o->args_size, o->view);
}

static void bench_op_make(bench *b, bench_op *o, r0i_op op, const void *args, size_t args_size)
{
    uint32_t words[R0I_SHAPE_WORDS] = {0};
    memset(o, 0, sizeof *o);
    memcpy(words, args, R0I_MIN(args_size, sizeof words));
    o->d = b->d, o->op = op, o->args = args, o->args_size = args_size;
    for (int i = 0; r0i_op_shapes(op)[i]; i++) o->count[i] = (size_t)r0i_op_elements(r0i_op_shapes(op)[i], words);
}

static bool bench_op_fill(bench_op *o)
{
    for (int i = 0; r0i_op_shapes(o->op)[i]; i++) {
        if (r0i_buffer_create(o->d, o->count[i], 4, &o->buffer[i])) return false;
        for (size_t e = 0; e < o->count[i]; e++)
            ((float *)o->buffer[i].host)[e] = 2 * r0i_random_uniform(r0i_key_make((uint64_t)i), e) - 1;
        o->view[i] = r0i_view_all(&o->buffer[i]);
    }
    return true;
}

static void bench_op_free(bench_op *o)
{
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) r0i_buffer_destroy(&o->buffer[i]);
}

static double bench_op_bytes(const bench_op *o)
{
    double bytes = 0;
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) bytes += (double)o->count[i] * 4;
    return bytes;
}

// One row of the table; flops 0: the op moves memory, and its rate is compared with memcpy's.
static void bench_row(bench *b, bench_op *o, const char *shape, double flops)
{
    const char *name = r0i_op_look(o->op, o->args).name;
    double seconds = bench_seconds(bench_op_run, o);
    if (flops > 0)
        printf("%-26s %-26s %10.1f us %8.1f GF/s  %3.0f %% of sgemm\n", name, shape, seconds * 1e6,
               flops / seconds * 1e-9, 100 * flops / seconds / b->flops);
    else
        printf("%-26s %-26s %10.1f us %8.1f GB/s  %3.0f %% of memcpy\n", name, shape, seconds * 1e6,
               bench_op_bytes(o) / seconds * 1e-9, 100 * bench_op_bytes(o) / seconds / b->copy);
}

// -- ceilings and the peer --

typedef struct bench_copy {
    char *to, *from;
    size_t size;
} bench_copy;

static void bench_copy_run(void *user)
{
    bench_copy *c = (bench_copy *)user;
    memcpy(c->to, c->from, c->size);
}

static void bench_ceilings(bench *b)
{
    static const size_t sizes[] = {1 << 18, 1 << 22, 1 << 27};
    for (size_t i = 0; i < R0I_COUNT(sizes); i++) {
        bench_copy c = {R0I_NEW(b->r0, char, sizes[i]), R0I_NEW(b->r0, char, sizes[i]), sizes[i]};
        if (!c.to || !c.from) return;
        double rate = 2 * (double)sizes[i] / bench_seconds(bench_copy_run, &c);
        if (sizes[i] == 1 << 22) b->copy = rate; // what the tiny model's activations take
        printf("memcpy %9zu bytes: %.1f GB/s read + written\n", sizes[i], rate * 1e-9);
        r0i_free(b->r0, c.to);
        r0i_free(b->r0, c.from);
    }
    r0i_matmul_args a = {512, 512, 512, 0};
    bench_op o;
    bench_op_make(b, &o, R0I_OP_matmul_nn, &a, sizeof a);
    if (!bench_op_fill(&o)) return;
    b->flops = 2.0 * 512 * 512 * 512 / bench_seconds(bench_op_run, &o);
    printf("sgemm 512^3: %.1f GF/s\n", b->flops * 1e-9);
    bench_op_free(&o);
}

static void bench_openblas(bench *b)
{
#ifndef _WIN32
    const char *named = getenv("R0_OPENBLAS"), *names[] = {named ? named : "libopenblas.so.0", "libopenblas.so"};
    void *library = NULL;
    for (size_t i = 0; i < R0I_COUNT(names) && !library; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        printf("OpenBLAS: not found\n");
        return;
    }
    void (*threads)(int);
    char *(*core)(void);
    *(void **)&b->sgemm32 = dlsym(library, "cblas_sgemm");
    *(void **)&b->sgemm64 = dlsym(library, "scipy_cblas_sgemm64_"); // as packed with numpy
    *(void **)&threads = dlsym(library, b->sgemm64 ? "scipy_openblas_set_num_threads64_" : "openblas_set_num_threads");
    *(void **)&core = dlsym(library, b->sgemm64 ? "scipy_openblas_get_corename64_" : "openblas_get_corename");
    if (threads) threads(b->r0->threads);
    printf("OpenBLAS: kernels for %s, %d threads\n", core ? core() : "?", b->r0->threads);
#else
    (void)b;
#endif
}

// -- matmuls --

typedef struct bench_peer {
    bench *b;
    bench_op *o;
} bench_peer;

static void bench_peer_run(void *user)
{
    bench_peer *p = (bench_peer *)user;
    const r0i_matmul_args *a = (const r0i_matmul_args *)p->o->args;
    int tn = p->o->op == R0I_OP_matmul_tn, nt = p->o->op == R0I_OP_matmul_nt, m = (int)a->m, n = (int)a->n,
        k = (int)a->k;
    float *y = (float *)p->o->buffer[0].host;
    const float *x = (const float *)p->o->buffer[1].host, *w = (const float *)p->o->buffer[2].host;
    if (p->b->sgemm64)
        p->b->sgemm64(101, tn ? 112 : 111, nt ? 112 : 111, m, n, k, 1, x, tn ? m : k, w, nt ? k : n, 0, y, n);
    else
        p->b->sgemm32(101, tn ? 112 : 111, nt ? 112 : 111, m, n, k, 1, x, tn ? m : k, w, nt ? k : n, 0, y, n);
}

static void bench_matmuls(bench *b)
{
    static const uint32_t sizes[][3] = {
        {1, 128, 128},    {1, 320, 128},    {16, 320, 128},   {64, 128, 128},    {64, 320, 128},  {64, 128, 320},
        {64, 49, 128},    {256, 128, 128},  {256, 320, 128},  {256, 128, 320},   {256, 64, 128},  {256, 49, 128},
        {1280, 320, 128}, {2000, 128, 128}, {2000, 320, 128}, {2000, 128, 320},  {2000, 49, 128}, {128, 128, 2000},
        {320, 128, 2000}, {128, 320, 2000}, {512, 512, 512},  {1024, 1024, 1024}};
    static const r0i_op ops[] = {R0I_OP_matmul_nt, R0I_OP_matmul_nn, R0I_OP_matmul_tn};
    printf("\n%-12s %-18s %12s %12s %12s %s\n", "matmul", "m x n x k", "us", "GF/s", "OpenBLAS", "");
    for (size_t s = 0; s < R0I_COUNT(sizes); s++)
        for (int i = 0; i < 3; i++) {
            r0i_matmul_args a = {sizes[s][0], sizes[s][1], sizes[s][2], 0};
            bench_op o;
            bench_op_make(b, &o, ops[i], &a, sizeof a);
            if (!bench_op_fill(&o)) return;
            bench_peer peer = {b, &o};
            double flops = 2.0 * a.m * a.n * a.k, ours = bench_seconds(bench_op_run, &o);
            char shape[64];
            snprintf(shape, sizeof shape, "%u x %u x %u", a.m, a.n, a.k);
            printf("%-12s %-18s %12.1f %12.1f", r0i_op_look(ops[i], &a).name, shape, ours * 1e6, flops / ours * 1e-9);
            if (b->sgemm32 || b->sgemm64) {
                double theirs = bench_seconds(bench_peer_run, &peer);
                printf(" %12.1f %5.0f %%", flops / theirs * 1e-9, 100 * theirs / ours);
            }
            printf("\n");
            bench_op_free(&o);
        }
}

// -- attention: sequences of `length` rows, N rows in all; flops count the causal half --

static void bench_attention(bench *b, uint32_t rows, uint32_t length, uint32_t heads, uint32_t kv_heads, uint32_t dim)
{
    static const struct { r0i_op op; int integers, dots; } ops[] = {
        {R0I_OP_attention_forward, 5, 2}, {R0I_OP_attention_backward_q, 8, 3}, {R0I_OP_attention_backward_kv, 8, 4}};
    r0i_attention_args a = {rows, heads, kv_heads, dim, 1 / sqrtf((float)dim)};
    double pairs = 0;
    char shape[64];
    snprintf(shape, sizeof shape, "%u x %u, %u/%u x %u", rows / length, length, heads, kv_heads, dim);
    for (int i = 0; i < 3; i++) {
        bench_op o;
        bench_op_make(b, &o, ops[i].op, &a, sizeof a);
        if (!bench_op_fill(&o)) return;
        int32_t *at = (int32_t *)o.buffer[ops[i].integers].host;
        pairs = 0;
        for (uint32_t r = 0; r < rows; r++) {
            uint32_t first = r / length * length, end = R0I_MIN(first + length, rows);
            at[r] = (int32_t)(i == 2 ? end : first);
            pairs += r - first + 1;
        }
        bench_row(b, &o, shape, pairs * heads * dim * 2 * ops[i].dots);
        bench_op_free(&o);
    }
}

static void bench_decode_attention(bench *b, uint32_t rows, uint32_t keys, uint32_t heads, uint32_t kv_heads,
                                   uint32_t dim)
{
    r0i_decode_args a = {rows, heads, kv_heads, dim, keys, 1 / sqrtf((float)dim)};
    bench_op o;
    char shape[64];
    snprintf(shape, sizeof shape, "%u rows, %u keys, %u/%u x %u", rows, keys, heads, kv_heads, dim);
    bench_op_make(b, &o, R0I_OP_attention_decode, &a, sizeof a);
    o.count[2] = o.count[3] = (size_t)rows * keys * kv_heads * dim;
    if (!bench_op_fill(&o)) return;
    for (uint32_t r = 0; r < rows; r++) {
        ((int32_t *)o.buffer[4].host)[r] = (int32_t)r;
        ((int32_t *)o.buffer[5].host)[r] = (int32_t)keys;
    }
    bench_row(b, &o, shape, (double)rows * keys * heads * dim * 4);
    bench_op_free(&o);
}

// -- the others --

static void bench_simple(bench *b, r0i_op op, const void *args, size_t args_size, const char *shape)
{
    bench_op o;
    bench_op_make(b, &o, op, args, args_size);
    if (op == R0I_OP_rope) o.count[2] = 64 * ((const r0i_rope_args *)args)->dim;
    if (!bench_op_fill(&o)) return;
    int integers = op == R0I_OP_rope                  ? 1
                   : op == R0I_OP_token_logp_forward  ? 5
                   : op == R0I_OP_token_logp_backward ? 3
                                                      : -1;
    if (op == R0I_OP_sample) integers = 4;
    if (integers >= 0)
        for (size_t i = 0; i < o.count[integers]; i++) ((int32_t *)o.buffer[integers].host)[i] = (int32_t)(i % 48);
    if (op == R0I_OP_adamw)
        for (size_t i = 0; i < o.count[2]; i++) ((float *)o.buffer[2].host)[i] = .5f; // second moments are positive
    bench_row(b, &o, shape, 0);
    bench_op_free(&o);
}

static void bench_sample(bench *b, uint32_t rows, uint32_t vocab, uint32_t top_k, float top_p)
{
    r0i_sample_args a = {rows, vocab, 1, top_k, top_p};
    char shape[64];
    snprintf(shape, sizeof shape, "%u x %u, k %u, p %g", rows, vocab, top_k, (double)top_p);
    bench_simple(b, R0I_OP_sample, &a, sizeof a, shape);
}

static void bench_others(bench *b)
{
    r0i_norm_args wide = {2000, 128, 1e-6f, 0}, heads = {8000, 32, 1e-6f, 0};
    r0i_rope_args rope = {2000, 4, 32, 1};
    r0i_rows_args rows = {2000, 128};
    r0i_count_args swiglu = {2000 * 320, 0}, parameters = {523456, 0};
    r0i_logp_args small = {2000, 49, 1}, large = {16, 151936, 1};
    r0i_adamw_args adamw = {523456, 1e-3f, .9f, .999f, 1e-8f, .01f, .5f, .5f, 1};
    bench_simple(b, R0I_OP_rms_norm_forward, &wide, sizeof wide, "2000 x 128");
    bench_simple(b, R0I_OP_rms_norm_backward, &wide, sizeof wide, "2000 x 128");
    bench_simple(b, R0I_OP_rms_norm_weight_backward, &wide, sizeof wide, "2000 x 128");
    bench_simple(b, R0I_OP_rms_norm_forward, &heads, sizeof heads, "8000 x 32");
    bench_simple(b, R0I_OP_rms_norm_backward, &heads, sizeof heads, "8000 x 32");
    bench_simple(b, R0I_OP_rms_norm_weight_backward, &heads, sizeof heads, "8000 x 32");
    bench_simple(b, R0I_OP_rope, &rope, sizeof rope, "2000 x 4 x 32");
    bench_simple(b, R0I_OP_bias_forward, &rows, sizeof rows, "2000 x 128");
    bench_simple(b, R0I_OP_bias_backward, &rows, sizeof rows, "2000 x 128");
    bench_simple(b, R0I_OP_swiglu_forward, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_swiglu_backward, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_add, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_fill, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_scale, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_token_logp_forward, &small, sizeof small, "2000 x 49");
    bench_simple(b, R0I_OP_token_logp_backward, &small, sizeof small, "2000 x 49");
    bench_simple(b, R0I_OP_token_logp_forward, &large, sizeof large, "16 x 151936");
    bench_simple(b, R0I_OP_token_logp_backward, &large, sizeof large, "16 x 151936");
    bench_sample(b, 256, 49, 0, 1);
    bench_sample(b, 256, 49, 40, 1);
    bench_sample(b, 256, 49, 0, .99f);
    bench_sample(b, 16, 151936, 0, 1);
    bench_sample(b, 16, 151936, 20, .95f);
    bench_sample(b, 16, 151936, 0, .99f);
    bench_simple(b, R0I_OP_adamw, &adamw, sizeof adamw, "523456");
    bench_simple(b, R0I_OP_sum_squares, &parameters, sizeof parameters, "523456");
}

// -- steps of the tiny model, with the time of every op in them --

static double profile_seconds[R0I_OP_COUNT];
static long profile_calls[R0I_OP_COUNT];

static void profile_run(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    double start = bench_now();
    r0i_cpu_run(device, op, args, args_size, views);
    profile_seconds[op] += bench_now() - start;
    profile_calls[op]++;
}

static void profile_print(double wall, const char *unit, double units)
{
    static const uint32_t none[16] = {0};
    double ops = 0;
    printf("%.3f s, %.0f %s/s\n", wall, units / wall, unit);
    for (int round = 0; round < R0I_OP_COUNT; round++) {
        int most = 0;
        for (int i = 1; i < R0I_OP_COUNT; i++)
            if (profile_seconds[i] > profile_seconds[most]) most = i;
        if (!profile_calls[most]) break;
        printf("    %-26s %5.1f %%  %7ld calls of %8.1f us\n", r0i_op_look((r0i_op)most, none).name,
               100 * profile_seconds[most] / wall, profile_calls[most],
               1e6 * profile_seconds[most] / (double)profile_calls[most]);
        ops += profile_seconds[most];
        profile_seconds[most] = 0, profile_calls[most] = 0;
    }
    printf("    %-26s %5.1f %%\n", "outside of ops", 100 * (wall - ops) / wall);
}

static void bench_steps(bench *b)
{
    enum { SEQUENCES = 40, LENGTH = 50, PROMPT = 12 };
    r0i_device_functions profiled = *b->d->functions;
    const r0i_device_functions *plain = b->d->functions;
    profiled.run = profile_run;
    r0_model_config c = R0_ZERO;
    c.architecture = R0_QWEN3, c.vocab_size = 49, c.hidden_size = 128, c.intermediate_size = 320, c.layers = 3;
    c.heads = 4, c.kv_heads = 2, c.head_dim = 32, c.max_positions = 256, c.rms_norm_eps = 1e-6f, c.rope_theta = 1e4;
    c.qk_norm = c.tied_embeddings = true, c.eos_tokens[0] = 3, c.eos_count = 1, c.bos_token = c.pad_token = -1;
    static int32_t tokens[SEQUENCES][LENGTH];
    r0_sequence sequences[SEQUENCES], prompts[64];
    for (int s = 0; s < SEQUENCES; s++) {
        for (int i = 0; i < LENGTH; i++)
            tokens[s][i] =
                (int32_t)r0i_random_below(r0i_key_make(5), (uint64_t)(s * LENGTH + i), (uint64_t)c.vocab_size);
        r0_sequence whole = {tokens[s], LENGTH, PROMPT};
        sequences[s] = whole;
    }
    for (int s = 0; s < 64; s++) {
        prompts[s] = sequences[s % SEQUENCES];
        prompts[s].length = PROMPT;
    }
    r0_model *model;
    r0_trainer *trainer;
    if (r0_model_create(b->r0, &c, 1, &model) || r0_trainer_create(model, NULL, &trainer)) return;
    r0_sampling votes = {1, 40, 1, 72, 7}, proposals = {1, 0, .99f, 48, 7};
    for (int round = 0; round < 2; round++) {
        r0_rollouts rollouts;
        b->d->functions = &profiled;
        double start = bench_now(), made = 0;
        if (r0_generate(model, prompts, 64, 10, round ? &proposals : &votes, &rollouts)) return;
        for (int i = 0; i < rollouts.count; i++) made += rollouts.items[i].length;
        printf("\ngenerate 64 prompts x 10 samples, %s: ",
               round ? "top_p .99, <= 48 tokens" : "top_k 40, <= 72 tokens");
        profile_print(bench_now() - start, "tokens", made);
        r0_rollouts_free(b->r0, &rollouts);
    }
    double start = bench_now();
    float loss;
    for (int i = 0; i < 10; i++) r0_trainer_supervised(trainer, sequences, SEQUENCES, 1e-3f, &loss);
    printf("\ntrain 10 steps of %d sequences of %d tokens: ", SEQUENCES, LENGTH);
    profile_print(bench_now() - start, "tokens", 10.0 * SEQUENCES * (LENGTH - 1));
    b->d->functions = plain;
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
}

static void bench_commit(void)
{
#ifndef _WIN32
    char line[64] = "";
    FILE *git = popen("git rev-parse --short HEAD 2>/dev/null", "r");
    if (git && fgets(line, sizeof line, git)) printf("commit %s", line);
    if (git) pclose(git);
#endif
}

int main(int argc, char **argv)
{
    bench b;
    r0_context_desc desc = R0_ZERO;
    memset(&b, 0, sizeof b);
    const char *what = argc > 1 ? argv[1] : "all";
    desc.device = "cpu";
    desc.threads = argc > 2 ? atoi(argv[2]) : 1;
    if (r0_context_create(&desc, &b.r0)) {
        printf("%s\n", r0_error(b.r0));
        return 1;
    }
    b.d = b.r0->device;
    bench_wall = b.r0->threads > 1;
    printf("%s\n", r0_device_name(b.r0));
    bench_commit();
    if (strcmp(what, "steps")) {
        bench_ceilings(&b);
        bench_openblas(&b);
        bench_matmuls(&b);
        printf("\n");
        bench_attention(&b, 2000, 50, 4, 2, 32);
        bench_attention(&b, 2000, 1000, 4, 2, 32);
        bench_attention(&b, 512, 512, 16, 8, 128);
        bench_decode_attention(&b, 256, 60, 4, 2, 32);
        bench_decode_attention(&b, 1024, 60, 4, 2, 32);
        bench_decode_attention(&b, 16, 1000, 16, 8, 128);
        bench_others(&b);
    }
    if (strcmp(what, "ops")) bench_steps(&b);
    bool failed = b.d->status != R0_OK;
    if (failed) printf("%s\n", r0_error(b.r0));
    r0_context_destroy(b.r0);
    return failed;
}
