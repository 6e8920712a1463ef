// The table of targets: R0 on the CPU and on Vulkan beside OpenBLAS, ggml and PyTorch, all in one run, taking turns.
//     make build/bench_targets build/peer_openblas build/peer_ggml GGML=/path/to/ggml
//     [PYTHON=/path/with/torch] build/bench_targets [quick | "matmul attention rows steps" or some of them]
// A peer that is not there is named and its columns stay empty. Vulkan is whatever R0_BENCH_DEVICE names, else a GPU;
// software drivers are for tests, so without a GPU its columns stay empty too.
#include "bench.h"

enum { TARGETS_THREADS = 2 };

typedef enum targets_who { CPU, VULKAN, BLAS, GGML_CPU, GGML_VULKAN, TORCH, WHO_COUNT } targets_who;
static const char *const targets_names[WHO_COUNT] = {"r0 cpu", "r0 vulkan", "OpenBLAS", "ggml CPU", "ggml Vulkan",
                                                     "PyTorch"};

// What a target asks of one ratio: how many rows were looked at, and the lowest, highest and mean (of logarithms).
typedef struct targets_goal {
    const char *name, *ratio;
    double target;
    int rows;
    double low, high, logs;
} targets_goal;

typedef enum targets_goal_id {
    CPU_BLAS,
    CPU_TRAIN,
    CPU_DECODE,
    CPU_TRAIN_15M,
    CPU_SGEMM_15M,
    GOAL_COUNT
} targets_goal_id;

typedef struct targets {
    bool quick, wall; // wall: Vulkan computes elsewhere than on this processor
    r0_context *one, *many, *vulkan; // NULL: not there
    bench_peer peer[WHO_COUNT], torch_many;
    double sgemm_one, sgemm_many, copy; // ceilings: flop/s, bytes/s
    targets_goal goal[GOAL_COUNT];
} targets;

static void targets_goals(targets *b)
{
    static const targets_goal goals[GOAL_COUNT] = {
        {"matmul f32, CPU", "r0 cpu / OpenBLAS", .8, 0, 0, 0, 0},
        {"train the tiny model, 2 threads", "r0 cpu / PyTorch", 2, 0, 0, 0, 0},
        {"decode the tiny model, 2 threads", "r0 cpu / PyTorch", 2, 0, 0, 0, 0},
        {"train a 15M model, 2 threads", "r0 cpu / PyTorch", 1.2, 0, 0, 0, 0},
        {"... or", "r0 cpu / the measured sgemm rate", .65, 0, 0, 0, 0}};
    memcpy(b->goal, goals, sizeof goals);
}

static void targets_count(targets *b, targets_goal_id id, double ratio)
{
    targets_goal *g = &b->goal[id];
    if (!(ratio > 0)) return;
    if (!g->rows || ratio < g->low) g->low = ratio;
    if (!g->rows || ratio > g->high) g->high = ratio;
    g->logs += log(ratio);
    g->rows++;
}

static double targets_ratio(double a, double b)
{
    return a > 0 && b > 0 ? a / b : 0;
}

// -- a row: one or two ops of ours and one request to the peers --

typedef struct targets_case {
    bench_op op[2];
    int ops;
} targets_case;

static void targets_case_run(void *user, int repeats)
{
    targets_case *c = (targets_case *)user;
    for (int i = 0; i < repeats; i++)
        for (bench_op *o = c->op; o < c->op + c->ops; o++) r0i_run(o->d, o->op, o->args, o->args_size, o->view);
    c->op[0].d->functions->finish(c->op[0].d);
}

typedef bool (*targets_make_fn)(r0i_device *d, targets_case *c, const void *shape);

// Seconds of everyone for one row; 0 where there is none.
static void targets_measure(targets *b, const char *request, targets_make_fn make, const void *shape,
                            double seconds[WHO_COUNT])
{
    r0_context *ours[2] = {b->one, b->vulkan};
    targets_case cases[2];
    bench_timer timer[2];
    bool runs[2];
    memset(cases, 0, sizeof cases);
    memset(timer, 0, sizeof timer);
    for (int i = 0; i < 2; i++) {
        runs[i] = ours[i] && make(ours[i]->device, &cases[i], shape);
        timer[i].run = targets_case_run, timer[i].user = &cases[i];
        timer[i].wall = i == 1 && b->wall;
    }
    for (int who = BLAS; who < WHO_COUNT; who++) bench_peer_forget(&b->peer[who]);
    for (int round = 0; round < (b->quick ? 1 : 4); round++) {
        for (int i = 0; i < 2; i++)
            if (runs[i]) bench_round(&timer[i]);
        for (int who = BLAS; who < WHO_COUNT; who++) bench_peer_ask(&b->peer[who], request);
    }
    for (int who = 0; who < WHO_COUNT; who++)
        seconds[who] = who < BLAS ? timer[who].seconds : b->peer[who].seconds;
    for (int i = 0; i < 2; i++) {
        if (runs[i] && ours[i]->device->status) {
            fprintf(stderr, "%s: %s\n", request, r0_error(ours[i]));
            exit(1);
        }
        for (int o = 0; o < 2; o++) bench_op_free(&cases[i].op[o]);
    }
}

static void targets_head(const char *title, const char *unit)
{
    printf("\n## %s, one thread, %s\n\n| |", title, unit);
    for (int who = 0; who < WHO_COUNT; who++) printf(" %s |", targets_names[who]);
    printf(" cpu / OpenBLAS | vulkan / ggml Vulkan | vulkan / OpenBLAS |\n|---|");
    for (int who = 0; who < WHO_COUNT + 3; who++) printf("---|");
    printf("\n");
}

static void targets_print(const char *name, double work, const double seconds[WHO_COUNT])
{
    printf("| %s |", name);
    for (int who = 0; who < WHO_COUNT; who++) {
        double rate = seconds[who] > 0 ? work / seconds[who] * 1e-9 : 0;
        if (rate > 0) printf(rate < 10 ? " %.2f |" : " %.1f |", rate);
        else printf(" - |");
    }
    double share = 100 * targets_ratio(seconds[BLAS], seconds[CPU]);
    double times = targets_ratio(seconds[GGML_VULKAN], seconds[VULKAN]);
    double below = 100 * targets_ratio(seconds[BLAS], seconds[VULKAN]);
    printf(share > 0 ? " %.0f %% |" : " - |", share);
    printf(times > 0 ? " %.1f |" : " - |", times);
    printf(below > 0 ? " %.0f %% |\n" : " - |\n", below);
    fflush(stdout);
}

// -- matmul --

typedef struct targets_matmul {
    const char *layout, *format;
    uint32_t m, n, k;
} targets_matmul;

static bool targets_make_matmul(r0i_device *d, targets_case *c, const void *shape)
{
    const targets_matmul *s = (const targets_matmul *)shape;
    r0i_op op = !strcmp(s->layout, "nt") ? R0I_OP_matmul_nt : !strcmp(s->layout, "nn") ? R0I_OP_matmul_nn
                                                                                       : R0I_OP_matmul_tn;
    r0i_matmul_args a = R0_ZERO;
    a.m = s->m, a.n = s->n, a.k = s->k;
    a.format = !strcmp(s->format, "bf16") ? R0I_FORMAT_BF16 : !strcmp(s->format, "f16") ? R0I_FORMAT_F16 : 0;
    bench_op_make(d, &c->op[0], op, &a, sizeof a);
    c->op[0].format[2] = a.format;
    c->ops = 1;
    return bench_op_fill(&c->op[0]);
}

static void targets_matmul_row(targets *b, const targets_matmul *s)
{
    char request[64], name[64];
    double seconds[WHO_COUNT];
    bool f32 = !strcmp(s->format, "f32"), few = s->m < 64;
    if (b->quick && (double)s->m * s->n * s->k > 2e8) return;
    snprintf(request, sizeof request, "matmul %s %s %u %u %u", s->layout, s->format, s->m, s->n, s->k);
    snprintf(name, sizeof name, "%s %s %u x %u x %u", s->layout, s->format, s->m, s->n, s->k);
    targets_measure(b, request, targets_make_matmul, s, seconds);
    targets_print(name, 2.0 * s->m * s->n * s->k, seconds);
    if (!f32 || few) return;
    targets_count(b, CPU_BLAS, targets_ratio(seconds[BLAS], seconds[CPU]));
}

// Layers of the tiny model (C 128, F 320), of a 15M model (288, 768) and of Qwen3-0.6B (1024, 3072); nt is a forward,
// nn the gradient of its input, tn that of its weight. Few rows are decoding: memory is their ceiling.
static void targets_matmuls(targets *b)
{
    static const targets_matmul rows[] = {
        {"nt", "f32", 512, 512, 512},    {"nn", "f32", 512, 512, 512},   {"tn", "f32", 512, 512, 512},
        {"nt", "f32", 512, 512, 128},    {"nn", "f32", 512, 128, 512},   {"tn", "f32", 512, 128, 512},
        {"nt", "f32", 2000, 320, 128},   {"nn", "f32", 2000, 128, 320},  {"tn", "f32", 320, 128, 2000},
        {"nt", "f32", 2048, 768, 288},   {"nn", "f32", 2048, 288, 768},  {"tn", "f32", 768, 288, 2048},
        {"nt", "f32", 512, 3072, 1024},  {"nn", "f32", 512, 1024, 3072}, {"tn", "f32", 3072, 1024, 512},
        {"nt", "f32", 1024, 1024, 1024}, {"nn", "f32", 1024, 1024, 1024}, {"tn", "f32", 1024, 1024, 1024},
        {"nt", "bf16", 512, 512, 512},   {"nt", "bf16", 512, 512, 128},  {"nn", "bf16", 512, 512, 512},
        {"nt", "bf16", 512, 3072, 1024}, {"nt", "f16", 512, 512, 512},   {"nt", "f32", 1, 3072, 1024},
        {"nt", "bf16", 1, 3072, 1024},   {"nt", "f32", 16, 3072, 1024},  {"nt", "bf16", 16, 3072, 1024}};
    targets_head("Matmul", "GF/s");
    for (size_t i = 0; i < R0I_COUNT(rows); i++) targets_matmul_row(b, &rows[i]);
}

// -- attention: flops of the causal half --

// A forward is two products of matrices, our backward seven: backward_q makes scores and dy v again and sums dq;
// backward_kv makes both once more and sums dk and dv. Work that is not done twice would be 5 / 2.
#define TARGETS_BACKWARD 3.5

typedef struct targets_attention {
    uint32_t sequences, length, heads, kv_heads, dim;
} targets_attention;

static bool targets_make_forward(r0i_device *d, targets_case *c, const void *shape)
{
    const targets_attention *s = (const targets_attention *)shape;
    uint32_t rows = s->sequences * s->length;
    r0i_attention_args a = {rows, s->heads, s->kv_heads, s->dim, 1 / sqrtf((float)s->dim), 0};
    bench_op_make(d, &c->op[0], R0I_OP_attention_forward, &a, sizeof a);
    c->ops = 1;
    return bench_op_fill(&c->op[0]) && bench_op_sequences(&c->op[0], 5, rows, s->length, false);
}

static bool targets_make_backward(r0i_device *d, targets_case *c, const void *shape)
{
    const targets_attention *s = (const targets_attention *)shape;
    uint32_t rows = s->sequences * s->length;
    r0i_attention_args a = {rows, s->heads, s->kv_heads, s->dim, 1 / sqrtf((float)s->dim), 0};
    bench_op_make(d, &c->op[0], R0I_OP_attention_backward_q, &a, sizeof a);
    bench_op_make(d, &c->op[1], R0I_OP_attention_backward_kv, &a, sizeof a);
    c->ops = 2;
    return bench_op_fill(&c->op[0]) && bench_op_sequences(&c->op[0], 8, rows, s->length, false) &&
           bench_op_fill(&c->op[1]) && bench_op_sequences(&c->op[1], 8, rows, s->length, true);
}

static void targets_attentions(targets *b)
{
    static const targets_attention rows[] = {
        {40, 50, 4, 2, 32}, {4, 512, 4, 2, 32}, {4, 512, 6, 6, 48}, {2, 512, 8, 8, 64}, {1, 512, 16, 8, 128}};
    targets_head("Attention, causal", "GF/s of the causal half; a backward counts 3.5 x its forward (7 products for 2; "
                                      "x 5/7 for the 5 that one pass would need)");
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        const targets_attention *s = &rows[i];
        char request[96], name[96];
        double forward[WHO_COUNT], backward[WHO_COUNT];
        double work = 4.0 * s->sequences * s->length * (s->length + 1) / 2 * s->heads * s->dim;
        if (b->quick && s->dim > 32) continue;
        snprintf(request, sizeof request, "attention %u %u %u %u %u", s->sequences, s->length, s->heads, s->kv_heads,
                 s->dim);
        snprintf(name, sizeof name, "forward, %u x %u rows, %u/%u heads of %u", s->sequences, s->length, s->heads,
                 s->kv_heads, s->dim);
        targets_measure(b, request, targets_make_forward, s, forward);
        targets_print(name, work, forward);
        snprintf(request, sizeof request, "attention_backward %u %u %u %u %u", s->sequences, s->length, s->heads,
                 s->kv_heads, s->dim);
        targets_measure(b, request, targets_make_backward, s, backward);
        targets_print("... backward", TARGETS_BACKWARD * work, backward);
    }
}

// -- rows: bytes of x and y, each counted once --

static bool targets_make_softmax(r0i_device *d, targets_case *c, const void *shape)
{
    const uint32_t *s = (const uint32_t *)shape;
    r0i_logp_args a = {s[0], s[1], 1};
    int32_t *target = R0I_NEW(d->context, int32_t, s[0]);
    bench_op_make(d, &c->op[0], R0I_OP_token_logp_forward, &a, sizeof a);
    bench_op_make(d, &c->op[1], R0I_OP_token_logp_backward, &a, sizeof a);
    c->ops = 2;
    if (!target || !bench_op_fill(&c->op[0]) || !bench_op_fill(&c->op[1])) return false;
    bench_op_write(&c->op[0], 5, target);
    bench_op_write(&c->op[1], 3, target);
    r0i_free(d->context, target);
    return true;
}

static bool targets_make_norm(r0i_device *d, targets_case *c, const void *shape)
{
    const uint32_t *s = (const uint32_t *)shape;
    r0i_norm_args a = {s[0], s[1], 1e-6f, 0, 0};
    bench_op_make(d, &c->op[0], R0I_OP_rms_norm_forward, &a, sizeof a);
    c->ops = 1;
    return bench_op_fill(&c->op[0]);
}

static void targets_rows(targets *b)
{
    static const uint32_t softmax[][2] = {{2000, 49}, {2048, 512}, {64, 32000}, {16, 151936}};
    static const uint32_t norm[][2] = {{2000, 128}, {8000, 32}, {2048, 288}, {512, 1024}};
    targets_head("Softmax and RMSNorm", "GB/s, x and y counted once. Ours is token_logp_forward, which also gives "
                                        "log-probability, entropy and certainty, and token_logp_backward, which writes "
                                        "the row of probabilities");
    for (size_t i = 0; i < R0I_COUNT(softmax) + R0I_COUNT(norm); i++) {
        bool is_softmax = i < R0I_COUNT(softmax);
        const uint32_t *s = is_softmax ? softmax[i] : norm[i - R0I_COUNT(softmax)];
        char request[64], name[64];
        double seconds[WHO_COUNT];
        if (b->quick && (double)s[0] * s[1] > 1e6) continue;
        snprintf(request, sizeof request, "%s %u %u", is_softmax ? "softmax" : "rms_norm", s[0], s[1]);
        snprintf(name, sizeof name, "%s %u x %u", is_softmax ? "softmax" : "RMSNorm", s[0], s[1]);
        targets_measure(b, request, is_softmax ? targets_make_softmax : targets_make_norm, s, seconds);
        targets_print(name, 8.0 * s[0] * s[1], seconds);
    }
}

// -- whole steps --

typedef struct targets_step {
    const char *name;
    bool trains;
    int sequences, length, prompt; // decode: `length` new tokens after the prompt
    int V, C, F, L, H, G, D;
} targets_step;

// Ours on one device.
typedef struct targets_run {
    const targets_step *step;
    r0_model *model;
    r0_trainer *trainer;
    r0_sequence *sequences;
    int32_t *tokens;
    r0_status status;
} targets_run;

static void targets_step_run(void *user, int repeats)
{
    targets_run *r = (targets_run *)user;
    const targets_step *s = r->step;
    r0_sampling sampling = {1, 0, 1, s->length, 7};
    for (int i = 0; i < repeats && !r->status; i++) {
        if (s->trains) {
            r->status = r0_trainer_supervised(r->trainer, r->sequences, s->sequences, 1e-3f, NULL);
        } else {
            r0_rollouts rollouts;
            r->status = r0_generate(r->model, r->sequences, s->sequences, 1, &sampling, &rollouts);
            if (!r->status) r0_rollouts_free(r->model->context, &rollouts);
        }
    }
}

static void targets_run_free(r0_context *r0, targets_run *r)
{
    r0_trainer_destroy(r->trainer);
    r0_model_destroy(r->model);
    r0i_free(r0, r->sequences);
    r0i_free(r0, r->tokens);
    memset(r, 0, sizeof *r);
}

static bool targets_run_make(r0_context *r0, const targets_step *s, targets_run *r)
{
    int length = s->trains ? s->length : s->prompt;
    r0_model_config c = R0_ZERO;
    memset(r, 0, sizeof *r);
    if (!r0) return false;
    c.architecture = R0_QWEN3, c.vocab_size = s->V, c.hidden_size = s->C, c.intermediate_size = s->F, c.layers = s->L;
    c.heads = s->H, c.kv_heads = s->G, c.head_dim = s->D, c.max_positions = 4096, c.rms_norm_eps = 1e-6f;
    c.rope_theta = 1e4, c.qk_norm = c.tied_embeddings = true, c.bos_token = c.pad_token = -1;
    r->step = s;
    r->tokens = R0I_NEW(r0, int32_t, s->sequences * length);
    r->sequences = R0I_NEW(r0, r0_sequence, s->sequences);
    if (!r->tokens || !r->sequences) return false;
    for (int i = 0; i < s->sequences * length; i++)
        r->tokens[i] = (int32_t)r0i_random_below(r0i_key_make(5), (uint64_t)i, (uint64_t)s->V);
    for (int i = 0; i < s->sequences; i++) {
        r0_sequence one = {r->tokens + i * length, length, s->prompt};
        r->sequences[i] = one;
    }
    bool made = !r0_model_create(r0, &c, 1, &r->model);
    if (made && s->trains) made = !r0_trainer_create(r->model, NULL, &r->trainer);
    if (!made) fprintf(stderr, "%s: %s\n", s->name, r0_error(r0));
    return made;
}

// Flops of a training step's matmuls and attention: 6 per weight and row that passes it, 3.5 attention forwards.
static double targets_step_flops(const targets_step *s)
{
    double rows = (double)s->sequences * (s->length - 1), picked = (double)s->sequences * (s->length - s->prompt);
    double layer = (double)s->C * s->D * (2 * s->H + 2 * s->G) + 3.0 * s->C * s->F;
    double pairs = (double)s->sequences * (s->length - 1) * s->length / 2;
    return 6 * (rows * layer * s->L + picked * s->V * s->C) + 3.5 * 4 * pairs * s->H * s->D * s->L;
}

// Seconds of: r0 with one and with two threads, r0 on Vulkan, PyTorch with one and with two threads.
static void targets_step_measure(targets *b, const targets_step *s, double seconds[5])
{
    r0_context *ours[3] = {b->one, b->many, b->vulkan};
    bench_peer *peers[2] = {&b->peer[TORCH], &b->torch_many};
    targets_run run[3];
    bench_timer timer[3];
    bool runs[3];
    char request[160];
    memset(timer, 0, sizeof timer);
    snprintf(request, sizeof request, "%s %d %d %d %d %d %d %d %d %d %d", s->trains ? "train" : "decode", s->sequences,
             s->length, s->prompt, s->V, s->C, s->F, s->L, s->H, s->G, s->D);
    for (int i = 0; i < 3; i++) {
        runs[i] = targets_run_make(ours[i], s, &run[i]) && !(i == 2 && s->C > 128 && b->quick);
        timer[i].run = targets_step_run, timer[i].user = &run[i];
        timer[i].wall = i == 1 || (i == 2 && b->wall);
    }
    for (int i = 0; i < 2; i++) bench_peer_forget(peers[i]);
    for (int round = 0; round < (b->quick ? 1 : 3); round++) {
        for (int i = 0; i < 3; i++)
            if (runs[i]) bench_round(&timer[i]);
        for (int i = 0; i < 2; i++) bench_peer_ask(peers[i], request);
    }
    for (int i = 0; i < 3; i++) {
        seconds[i] = run[i].status ? 0 : timer[i].seconds;
        if (run[i].status) fprintf(stderr, "%s: %s\n", s->name, r0_error(ours[i]));
        if (ours[i]) targets_run_free(ours[i], &run[i]);
    }
    for (int i = 0; i < 2; i++) seconds[3 + i] = peers[i]->seconds;
}

static void targets_steps(targets *b)
{
    static const targets_step steps[] = {
        {"train the tiny model", true, 40, 51, 12, 49, 128, 320, 3, 4, 2, 32},
        {"decode the tiny model, batch 64", false, 64, 64, 12, 49, 128, 320, 3, 4, 2, 32},
        {"train a 15M model", true, 8, 257, 1, 32000, 288, 768, 6, 6, 6, 48},
        {"decode a 15M model, batch 16", false, 16, 32, 16, 32000, 288, 768, 6, 6, 6, 48},
        {"decode a 15M model, batch 1", false, 1, 32, 16, 32000, 288, 768, 6, 6, 6, 48}};
    printf("\n## Whole steps, tokens/s\n\n| | r0 cpu, 1 thread | r0 cpu, 2 threads | r0 vulkan | PyTorch, 1 thread | "
           "PyTorch, 2 threads | cpu / PyTorch, 1 thread | 2 threads | of the sgemm rate, 2 threads |\n"
           "|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < R0I_COUNT(steps); i++) {
        const targets_step *s = &steps[i];
        double seconds[5], tokens = (double)s->sequences * (s->trains ? s->length - 1 : s->length);
        if (b->quick && s->C > 128) continue;
        targets_step_measure(b, s, seconds);
        printf("| %s |", s->name);
        for (int who = 0; who < 5; who++) printf(seconds[who] > 0 ? " %.0f |" : " - |", tokens / seconds[who]);
        double one = targets_ratio(seconds[3], seconds[0]), many = targets_ratio(seconds[4], seconds[1]);
        double share = s->trains ? targets_ratio(targets_step_flops(s) / seconds[1], b->sgemm_many) : 0;
        printf(one > 0 ? " %.2f |" : " - |", one);
        printf(many > 0 ? " %.2f |" : " - |", many);
        printf(share > 0 ? " %.0f %% |\n" : " - |\n", 100 * share);
        fflush(stdout);
        if (s->C > 128 && s->trains) targets_count(b, CPU_TRAIN_15M, many), targets_count(b, CPU_SGEMM_15M, share);
        else if (s->C == 128) targets_count(b, s->trains ? CPU_TRAIN : CPU_DECODE, many);
    }
}

// -- the whole --

static void targets_summary(const targets *b)
{
    printf("\n## Targets\n\n| | ratio | target | lowest | mean | highest | |\n|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < GOAL_COUNT; i++) {
        const targets_goal *g = &b->goal[i];
        double mean = g->rows ? exp(g->logs / g->rows) : 0;
        printf("| %s | %s | %g |", g->name, g->ratio, g->target);
        if (g->rows) printf(" %.3g | %.3g | %.3g | ", g->low, mean, g->high);
        else printf(" - | - | - | ");
        printf("%s |\n", !g->rows              ? "not measured"
                         : g->low >= g->target ? "met"
                         : mean >= g->target   ? "met by the mean"
                                               : "missed");
    }
}

static void targets_peer(bench_peer *p, const char *what, const char *const *arguments, const char *hint)
{
    if (bench_peer_start(p, arguments)) printf("- %s: %s\n", what, p->name);
    else printf("- %s: ABSENT, its columns stay empty (%s)\n", what, hint);
    fflush(stdout);
}

// OpenBLAS with the best of its kernels that this processor can run.
static void targets_openblas(targets *b)
{
    static const char *const cores[] = {"SKYLAKEX", "ZEN", "HASWELL"};
    const char *arguments[] = {"build/peer_openblas", "1", NULL}, *given = getenv("OPENBLAS_CORETYPE");
    double best = 0;
    char name[32] = "";
    for (size_t i = 0; i < R0I_COUNT(cores); i++) {
#ifdef R0I_HAVE_AVX
        if (i == 0 && !__builtin_cpu_supports("avx512f")) continue;
#endif
        if (!given) setenv("OPENBLAS_CORETYPE", cores[i], 1);
        bench_peer p;
        if (bench_peer_start(&p, arguments)) {
            for (int round = 0; round < 3; round++) bench_peer_ask(&p, "matmul nn f32 512 512 512");
            if (p.seconds > 0 && (!best || p.seconds < best))
                best = p.seconds, snprintf(name, sizeof name, "%s", given ? given : cores[i]);
        }
        bench_peer_stop(&p);
    }
    if (name[0]) setenv("OPENBLAS_CORETYPE", name, 1);
    targets_peer(&b->peer[BLAS], "OpenBLAS", arguments, "apt install libopenblas0-serial, or R0_OPENBLAS=its file");
    if (name[0]) printf("  - OPENBLAS_CORETYPE=%s\n", name);
}

static void targets_peers(targets *b)
{
    char threads[16];
    const char *python = getenv("PYTHON") ? getenv("PYTHON") : "python3";
    const char *torch[] = {python, "bench/peers/torch_peer.py", "1", NULL};
    const char *cpu[] = {"build/peer_ggml", "cpu", "1", NULL}, *vulkan[] = {"build/peer_ggml", "vulkan", "1", NULL};
    snprintf(threads, sizeof threads, "%d", TARGETS_THREADS);
    targets_openblas(b);
    targets_peer(&b->peer[GGML_CPU], "ggml CPU", cpu, "make bench GGML=/path/to/ggml");
    targets_peer(&b->peer[GGML_VULKAN], "ggml Vulkan", vulkan, "make bench GGML=/path/to/ggml");
    targets_peer(&b->peer[TORCH], "PyTorch", torch, "make bench PYTHON=/path/with/torch");
    torch[2] = threads;
    if (b->peer[TORCH].runs) targets_peer(&b->torch_many, "PyTorch", torch, "");
}

static bool targets_contexts(targets *b)
{
    const char *device = getenv("R0_BENCH_DEVICE") ? getenv("R0_BENCH_DEVICE") : "auto"; // a GPU, else the CPU
    r0_context_desc one = R0_ZERO, many = R0_ZERO, vulkan = R0_ZERO;
    one.device = many.device = "cpu", vulkan.device = device;
    one.threads = vulkan.threads = 1, many.threads = TARGETS_THREADS;
    if (r0_context_create(&one, &b->one)) return false;
    if (r0_context_create(&many, &b->many)) return false;
    printf("- %s\n- %s\n", r0_device_name(b->one), r0_device_name(b->many));
    r0_status status = r0_context_create(&vulkan, &b->vulkan);
    if (status || b->vulkan->device->is_cpu) {
        printf("- Vulkan: ABSENT, its columns stay empty (%s)\n", status ? r0_error(b->vulkan) : "no GPU");
        r0_context_destroy(b->vulkan);
        b->vulkan = NULL;
    } else {
        printf("- %s\n", r0_device_name(b->vulkan));
    }
    return true;
}

static void targets_ceilings(targets *b)
{
    b->sgemm_one = bench_sgemm_rate(b->one->device, 512, false);
    b->sgemm_many = bench_sgemm_rate(b->many->device, 512, true);
    b->copy = bench_copy_rate(b->one, (size_t)1 << 27);
    printf("- ceilings: our sgemm at 512^3 %.1f GF/s with one thread, %.1f with two; memory copy, read + written, "
           "%.1f GB/s (128 MiB), %.1f GB/s (4 MiB)\n", b->sgemm_one * 1e-9, b->sgemm_many * 1e-9, b->copy * 1e-9,
           bench_copy_rate(b->one, (size_t)1 << 22) * 1e-9);
}

int main(int argc, char **argv)
{
    targets b;
    memset(&b, 0, sizeof b);
    const char *only = "matmul attention rows steps";
    b.quick = argc > 1 && !strcmp(argv[1], "quick");
    if (argc > 1 && !b.quick) only = argv[1];
    b.wall = getenv("R0_BENCH_WALL") != NULL;
    targets_goals(&b);
    printf("# Targets, as measured\n\n`build/bench_targets%s%s`, ", argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    bench_machine();
    printf("\n");
    if (!targets_contexts(&b)) return 1;
    targets_peers(&b);
    targets_ceilings(&b);
    if (strstr(only, "matmul")) targets_matmuls(&b);
    if (strstr(only, "attention")) targets_attentions(&b);
    if (strstr(only, "rows")) targets_rows(&b);
    if (strstr(only, "steps")) targets_steps(&b);
    targets_summary(&b);
    for (int who = 0; who < WHO_COUNT; who++) bench_peer_stop(&b.peer[who]);
    bench_peer_stop(&b.torch_many);
    r0_context_destroy(b.one);
    r0_context_destroy(b.many);
    r0_context_destroy(b.vulkan);
    return 0;
}
