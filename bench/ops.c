// Every op, then on the CPU whole steps of the tiny model with the time of each op in them.
//     make build/bench_ops build/peer_openblas && build/bench_ops [all|ops|steps|attention] [threads] [device]
// Ceilings are measured in the same run: our own sgemm rate at 512^3 for what computes, memcpy for what moves memory;
// beside the matmuls stands OpenBLAS, when it is there. Bytes count each operand once.
#include "bench.h"

// A driver that computes on this processor does so in one thread of its own (LP_NUM_THREADS=0), unless that is set.
typedef struct bench {
    r0_context *r0;
    r0i_device *d;
    bool wall;
    double copy, flops; // the ceilings: bytes/s (read + written), flop/s
    bench_peer blas;
} bench;

// One row of the table; flops 0: the op moves memory, and its rate is compared with memcpy's.
static void bench_row(bench *b, bench_op *o, const char *shape, double flops)
{
    const char *name = r0i_ops[o->op].name;
    double seconds = bench_seconds(bench_op_run, o, b->wall);
    if (flops > 0)
        printf("%-26s %-26s %10.1f us %8.1f GF/s  %3.0f %% of sgemm\n", name, shape, seconds * 1e6,
               flops / seconds * 1e-9, 100 * flops / seconds / b->flops);
    else
        printf("%-26s %-26s %10.1f us %8.1f GB/s  %3.0f %% of memcpy\n", name, shape, seconds * 1e6,
               bench_op_bytes(o) / seconds * 1e-9, 100 * bench_op_bytes(o) / seconds / b->copy);
}

// -- ceilings --

static void bench_ceilings(bench *b)
{
    static const size_t sizes[] = {1 << 18, 1 << 22, 1 << 27};
    for (size_t i = 0; i < R0I_COUNT(sizes); i++) {
        double rate = bench_copy_rate(b->r0, sizes[i]);
        if (sizes[i] == 1 << 22) b->copy = rate; // what the tiny model's activations take
        printf("memcpy %9zu bytes: %.1f GB/s read + written\n", sizes[i], rate * 1e-9);
    }
    b->flops = bench_sgemm_rate(b->d, 512, b->wall);
    printf("sgemm 512^3: %.1f GF/s\n", b->flops * 1e-9);
}

// Operand i: first, first + step, ... as words of 32 bits, wrapped at `wrap` (0: not at all).
static bool bench_integers(bench_op *o, int operand, uint32_t first, uint32_t step, uint32_t wrap)
{
    uint32_t *words = R0I_NEW(o->d->context, uint32_t, o->count[operand]);
    if (!words) return false;
    for (size_t i = 0; i < o->count[operand]; i++) {
        words[i] = first + (uint32_t)i * step;
        if (wrap) words[i] %= wrap;
    }
    bench_op_write(o, operand, words);
    r0i_free(o->d->context, words);
    return true;
}

// -- matmuls --

static void bench_matmuls(bench *b)
{
    static const uint32_t sizes[][3] = {
        {1, 128, 128},    {1, 320, 128},    {16, 320, 128},   {64, 128, 128},    {64, 320, 128},  {64, 128, 320},
        {64, 49, 128},    {256, 128, 128},  {256, 320, 128},  {256, 128, 320},   {256, 64, 128},  {256, 49, 128},
        {1280, 320, 128}, {2000, 128, 128}, {2000, 320, 128}, {2000, 128, 320},  {2000, 49, 128}, {128, 128, 2000},
        {320, 128, 2000}, {128, 320, 2000}, {512, 512, 512},  {1024, 1024, 1024}};
    static const r0i_op ops[] = {R0I_OP_matmul_nt, R0I_OP_matmul_nn, R0I_OP_matmul_tn};
    static const char *const layouts[] = {"nt", "nn", "tn"};
    printf("\n%-12s %-18s %12s %12s %12s %s\n", "matmul", "m x n x k", "us", "GF/s", "OpenBLAS", "");
    for (size_t s = 0; s < R0I_COUNT(sizes); s++)
        for (int i = 0; i < 3; i++) {
            r0i_matmul_args a = {sizes[s][0], sizes[s][1], sizes[s][2], 0, 0, 0};
            bench_op o;
            bench_op_make(b->d, &o, ops[i], &a, sizeof a);
            if (!bench_op_fill(&o)) return;
            double flops = 2.0 * a.m * a.n * a.k;
            bench_timer ours = {bench_op_run, &o, b->wall, 0, 0};
            char shape[64], request[64];
            snprintf(request, sizeof request, "matmul %s f32 %u %u %u", layouts[i], a.m, a.n, a.k);
            bench_peer_forget(&b->blas);
            for (int round = 0; round < 2; round++) {
                bench_round(&ours);
                bench_peer_ask(&b->blas, request);
            }
            snprintf(shape, sizeof shape, "%u x %u x %u", a.m, a.n, a.k);
            printf("%-12s %-18s %12.1f %12.1f", r0i_ops[ops[i]].name, shape,
                   ours.seconds * 1e6, flops / ours.seconds * 1e-9);
            if (b->blas.seconds > 0)
                printf(" %12.1f %5.0f %%", flops / b->blas.seconds * 1e-9, 100 * b->blas.seconds / ours.seconds);
            printf("\n");
            bench_op_free(&o);
        }
}

// What follows a projection, inside of its matmul: beside the rows above, and add, bias and swiglu below.
static void bench_fused(bench *b)
{
    static const struct { uint32_t m, n, k, epilogue, rank; const char *name; } rows[] = {
        {64, 128, 320, R0I_RESIDUAL, 0, "residual"}, {2000, 128, 320, R0I_RESIDUAL, 0, "residual"},
        {64, 320, 128, R0I_GATED, 0, "gated"},       {2000, 320, 128, R0I_GATED, 0, "gated"},
        {64, 128, 128, R0I_BIAS, 0, "bias"},         {2000, 128, 128, R0I_BIAS, 0, "bias"},
        {64, 128, 128, 0, 16, "rank 16"},            {2000, 128, 128, 0, 16, "rank 16"}};
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        const r0i_fused_args fused = {{rows[i].m, rows[i].n, rows[i].k, rows[i].epilogue, 0, 0}, rows[i].rank};
        r0i_matmul_args a = fused.sum;
        char shape[64];
        bench_op o;
        snprintf(shape, sizeof shape, "%u x %u x %u, %s", a.m, a.n, a.k, rows[i].name);
        bench_op_make(b->d, &o, R0I_OP_matmul_nt_fused, &fused, sizeof fused);
        if (bench_op_fill(&o)) bench_row(b, &o, shape, 2.0 * a.m * a.n * a.k);
        bench_op_free(&o);
    }
}

// Frozen weights of 16 bits and in blocks: a projection of one row, of a few, of a micro-batch, and its backward pass.
static void bench_formats(bench *b)
{
    static const uint32_t rows[] = {1, 4, 256};
    for (uint32_t format = R0I_FORMAT_REAL; format <= R0I_FORMAT_Q6_K; format++)
        for (size_t i = 0; i <= R0I_COUNT(rows); i++) {
            r0i_matmul_args a = {rows[i % R0I_COUNT(rows)], 3072, 1024, 0, 0, format};
            bool back = i == R0I_COUNT(rows);
            char shape[64];
            bench_op o;
            if (back) a.m = 256, a.n = 1024, a.k = 3072;
            snprintf(shape, sizeof shape, "%u x %u x %u, %s", a.m, a.n, a.k, r0i_dtype_name(r0i_format_dtype(format)));
            bench_op_make(b->d, &o, back ? R0I_OP_matmul_nn : R0I_OP_matmul_nt, &a, sizeof a);
            o.format[2] = format;
            if (bench_op_fill(&o)) bench_row(b, &o, shape, 2.0 * a.m * a.n * a.k);
            bench_op_free(&o);
        }
}

// -- attention: sequences of `length` rows, N rows in all; flops count the causal half --

static void bench_attention(bench *b, uint32_t rows, uint32_t length, uint32_t heads, uint32_t kv_heads, uint32_t dim)
{
    static const struct { r0i_op op; int integers, dots; } ops[] = {
        {R0I_OP_attention_forward, 5, 2}, {R0I_OP_attention_backward_q, 8, 3}, {R0I_OP_attention_backward_kv, 8, 4}};
    r0i_attention_args a = {rows, heads, kv_heads, dim, 1 / sqrtf((float)dim), 0};
    double pairs = 0;
    char shape[64];
    snprintf(shape, sizeof shape, "%u x %u, %u/%u x %u", rows / length, length, heads, kv_heads, dim);
    for (int i = 0; i < 3; i++) {
        bench_op o;
        bench_op_make(b->d, &o, ops[i].op, &a, sizeof a);
        if (!bench_op_fill(&o)) return;
        if (!bench_op_sequences(&o, ops[i].integers, rows, length, i == 2)) return;
        pairs = 0;
        for (uint32_t r = 0; r < rows; r++) pairs += r % length + 1;
        bench_row(b, &o, shape, pairs * heads * dim * 2 * ops[i].dots);
        bench_op_free(&o);
    }
}

static void bench_decode_attention(bench *b, uint32_t rows, uint32_t keys, uint32_t heads, uint32_t kv_heads,
                                   uint32_t dim)
{
    uint32_t page = R0I_MIN(keys, R0I_PAGE), most = (keys + page - 1) / page;
    r0i_decode_args a = {rows, heads, kv_heads, dim, page, most, 1 / sqrtf((float)dim), 0, 0, keys};
    bench_op o;
    char shape[64];
    snprintf(shape, sizeof shape, "%u rows, %u keys, %u/%u x %u", rows, keys, heads, kv_heads, dim);
    bench_op_make(b->d, &o, R0I_OP_attention_decode, &a, sizeof a);
    o.count[2] = o.count[3] = (size_t)rows * most * page * kv_heads * dim;
    if (!bench_op_fill(&o)) return;
    if (!bench_integers(&o, 4, 0, 1, rows * most) || !bench_integers(&o, 5, keys, 0, 0)) return;
    bench_row(b, &o, shape, (double)rows * keys * heads * dim * 4);
    bench_op_free(&o);
}

// -- the others --

static void bench_simple(bench *b, r0i_op op, const void *args, size_t args_size, const char *shape)
{
    bench_op o;
    bench_op_make(b->d, &o, op, args, args_size);
    if (op == R0I_OP_rope) o.count[2] = 64 * ((const r0i_rope_args *)args)->dim;
    if (op == R0I_OP_decode_qkv) { // a cache of 64 positions, weights of two norms, 64 angles
        const r0i_qkv_args *a = (const r0i_qkv_args *)args;
        o.count[1] = o.count[2] = (size_t)64 * a->kv_heads * a->dim, o.count[4] = 2 * a->dim, o.count[6] = 64 * a->dim;
    }
    if (!bench_op_fill(&o)) return;
    int integers = op == R0I_OP_rope                  ? 1
                   : op == R0I_OP_token_logp_forward  ? 5
                   : op == R0I_OP_token_logp_backward ? 3
                                                      : -1;
    if (op == R0I_OP_sample) integers = 4;
    if (op == R0I_OP_attention_join && !bench_integers(&o, 2, 4096, 0, 0)) return;
    if (op == R0I_OP_decode_qkv) integers = 5;
    if (op == R0I_OP_decode_qkv && !bench_integers(&o, 7, 0, 1, 64)) return;
    if (integers >= 0 && !bench_integers(&o, integers, 0, 1, 48)) return;
    if (op == R0I_OP_grpo_loss && !bench_integers(&o, 6, 0, 60, 0)) return;
    if (op == R0I_OP_adamw && !bench_integers(&o, 2, 0x3f000000, 0, 0)) return; // second moments are positive: .5f
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
    r0i_norm_args wide = {2000, 128, 1e-6f, 0, 0}, heads = {8000, 32, 1e-6f, 0, 0};
    r0i_rope_args rope = {2000, 4, 32, 1};
    r0i_rows_args rows = {2000, 128};
    r0i_count_args swiglu = {2000 * 320, 0}, parameters = {523456, 0};
    r0i_logp_args small = {2000, 49, 1}, large = {16, 151936, 1};
    r0i_adamw_args adamw = {523456, 1e-3f, .9f, .999f, 1e-8f, .01f, .5f, .5f};
    r0i_grpo_args grpo = {192, 192 * 60, .2f, .3f, 3, .01f, 0};
    r0i_count_args sums = {128, 1};
    r0i_parts_args parts = {523456, 10, 0};
    r0i_lora_args few = {64, 16, 1024, 3, 2}, many = {2000, 16, 1024, 1, 2};
    r0i_join_args join = {32, 16, 8, 128, 512, 0};
    r0i_qkv_args qkv = {64, 16, 8, 128, 1, 128, 1, 0, 1e-6f, 0, 0};
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
    bench_simple(b, R0I_OP_geglu_forward, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_geglu_backward, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_add, &swiglu, sizeof swiglu, "2000 x 320");
    bench_simple(b, R0I_OP_sum_parts, &parts, sizeof parts, "10 x 523456");
    bench_simple(b, R0I_OP_lora_middle, &few, sizeof few, "64 x 16 x 1024, 3");
    bench_simple(b, R0I_OP_lora_middle, &many, sizeof many, "2000 x 16 x 1024");
    bench_simple(b, R0I_OP_attention_join, &join, sizeof join, "32 x 16 x 128, 8 parts");
    bench_simple(b, R0I_OP_decode_qkv, &qkv, sizeof qkv, "64 x 16/8 x 128");
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
    bench_simple(b, R0I_OP_grad_norm, &sums, sizeof sums, "128");
    bench_simple(b, R0I_OP_grpo_loss, &grpo, sizeof grpo, "192 x 60");
}

// -- steps of the tiny model, with the time of every op in them --

static double profile_seconds[R0I_OP_COUNT];
static long profile_calls[R0I_OP_COUNT];

static void profile_run(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    double start = bench_now(false);
    r0i_cpu_run(device, op, args, args_size, views);
    profile_seconds[op] += bench_now(false) - start;
    profile_calls[op]++;
}

static void profile_print(double wall, const char *unit, double units)
{
    double ops = 0;
    printf("%.3f s, %.0f %s/s\n", wall, units / wall, unit);
    for (int round = 0; round < R0I_OP_COUNT; round++) {
        int most = 0;
        for (int i = 1; i < R0I_OP_COUNT; i++)
            if (profile_seconds[i] > profile_seconds[most]) most = i;
        if (!profile_calls[most]) break;
        printf("    %-26s %5.1f %%  %7ld calls of %8.1f us\n", r0i_ops[most].name,
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
        double start = bench_now(false), made = 0;
        if (r0_generate(model, prompts, 64, 10, round ? &proposals : &votes, &rollouts)) return;
        for (int i = 0; i < rollouts.count; i++) made += rollouts.items[i].length;
        printf("\ngenerate 64 prompts x 10 samples, %s: ",
               round ? "top_p .99, <= 48 tokens" : "top_k 40, <= 72 tokens");
        profile_print(bench_now(false) - start, "tokens", made);
        r0_rollouts_free(b->r0, &rollouts);
    }
    double start = bench_now(false);
    float loss;
    for (int i = 0; i < 10; i++) r0_trainer_supervised(trainer, sequences, SEQUENCES, 1e-3f, &loss);
    printf("\ntrain 10 steps of %d sequences of %d tokens: ", SEQUENCES, LENGTH);
    profile_print(bench_now(false) - start, "tokens", 10.0 * SEQUENCES * (LENGTH - 1));
    b->d->functions = plain;
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
}

static void bench_blas(bench *b)
{
    char threads[16];
    snprintf(threads, sizeof threads, "%d", b->r0->threads);
    const char *arguments[] = {"build/peer_openblas", threads, NULL};
    printf("OpenBLAS: %s\n", bench_peer_start(&b->blas, arguments) ? b->blas.name : "not found");
}

int main(int argc, char **argv)
{
    bench b;
    r0_context_desc desc = R0_ZERO;
    memset(&b, 0, sizeof b);
    const char *what = argc > 1 ? argv[1] : "all";
    desc.device = argc > 3 ? argv[3] : "cpu";
    desc.threads = argc > 2 ? atoi(argv[2]) : 1;
#ifndef _WIN32
    setenv("LP_NUM_THREADS", "0", 0);
#endif
    if (r0_context_create(&desc, &b.r0)) {
        printf("%s\n", r0_error(b.r0));
        return 1;
    }
    b.d = b.r0->device;
    b.wall = b.r0->threads > 1 || (!b.d->is_cpu && getenv("R0_BENCH_WALL"));
    printf("%s\n", r0_device_name(b.r0));
    bench_machine();
    if (strcmp(what, "steps")) {
        bench_ceilings(&b);
        bench_blas(&b);
        if (strcmp(what, "attention")) bench_matmuls(&b);
        printf("\n");
        if (strcmp(what, "attention")) bench_fused(&b), bench_formats(&b);
        bench_attention(&b, 2000, 50, 4, 2, 32);
        bench_attention(&b, 2000, 1000, 4, 2, 32);
        bench_attention(&b, 512, 512, 16, 8, 128);
        bench_decode_attention(&b, 256, 60, 4, 2, 32);
        bench_decode_attention(&b, 1024, 60, 4, 2, 32);
        bench_decode_attention(&b, 16, 1000, 16, 8, 128);
        if (strcmp(what, "attention")) bench_others(&b);
    }
    if (strcmp(what, "ops") && strcmp(what, "attention") && b.d->is_cpu) bench_steps(&b);
    bench_peer_stop(&b.blas);
    bool failed = b.d->status != R0_OK;
    if (failed) printf("%s\n", r0_error(b.r0));
    r0_context_destroy(b.r0);
    return failed;
}
