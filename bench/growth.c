// How cost grows: with tokens, sequence length, width and threads. A slope is d log(time) / d log(size): 1
// is linear, 2 quadratic.
//     make build/bench_growth && build/bench_growth [cpu|vulkan] [quick]        prints Markdown
#include "bench.h"

typedef struct growth {
    r0_context *r0;
    bool wall, quick;
} growth;

// -- a series: sizes, seconds, slopes --

enum { GROWTH_POINTS = 10 };
typedef struct growth_series {
    int count;
    double size[GROWTH_POINTS], seconds[GROWTH_POINTS];
} growth_series;

static void growth_point(growth_series *s, double size, double seconds)
{
    if (s->count < GROWTH_POINTS && seconds > 0) s->size[s->count] = size, s->seconds[s->count++] = seconds;
}

// Least squares over the points [from, count).
static double growth_slope(const growth_series *s, int from)
{
    double n = s->count - from, x = 0, y = 0, xx = 0, xy = 0;
    for (int i = from; i < s->count; i++) {
        double lx = log(s->size[i]), ly = log(s->seconds[i]);
        x += lx, y += ly, xx += lx * lx, xy += lx * ly;
    }
    return n > 1 ? (n * xy - x * y) / (n * xx - x * x) : 0;
}

// `theory` is the slope expected at the largest sizes.
static void growth_print(const char *name, const char *unit, const growth_series *s, const char *theory)
{
    printf("\n### %s\n\n| %s |", name, unit);
    for (int i = 0; i < s->count; i++) printf(" %.0f |", s->size[i]);
    printf(" slope, all | slope, upper half | theory |\n|---|");
    for (int i = 0; i < s->count + 3; i++) printf("---|");
    printf("\n| ms |");
    for (int i = 0; i < s->count; i++) printf(s->seconds[i] < .01 ? " %.3f |" : " %.1f |", s->seconds[i] * 1e3);
    printf(" %.2f | %.2f | %s |\n", growth_slope(s, 0), growth_slope(s, s->count / 2), theory);
    fflush(stdout);
}

// -- models --

typedef struct growth_model {
    r0_model *model;
    r0_trainer *trainer;
    r0_sequence *sequences;
    int32_t *tokens;
    int count, new_tokens; // sequences; 0: trains
} growth_model;

static void growth_run(void *user, int repeats)
{
    growth_model *g = (growth_model *)user;
    for (int i = 0; i < repeats; i++) {
        if (!g->new_tokens) {
            if (r0_trainer_supervised(g->trainer, g->sequences, g->count, 1e-3f, NULL)) exit(1);
        } else {
            r0_sampling sampling = {1, 0, 1, g->new_tokens, 7};
            r0_rollouts rollouts;
            if (r0_generate(g->model, g->sequences, g->count, 1, &sampling, &rollouts)) exit(1);
            r0_rollouts_free(g->model->context, &rollouts);
        }
    }
}

// Seconds of one step on `count` sequences of `length` tokens, or of `new_tokens` after prompts of that length.
static double growth_seconds(const growth *b, int width, int count, int length, int new_tokens)
{
    r0_model_config c = R0_ZERO;
    growth_model g;
    memset(&g, 0, sizeof g);
    g.count = count, g.new_tokens = new_tokens;
    c.architecture = R0_QWEN3, c.vocab_size = 49, c.hidden_size = width, c.intermediate_size = width * 5 / 2;
    c.layers = 3, c.heads = width / 32, c.kv_heads = c.heads / 2, c.head_dim = 32, c.max_positions = 8192;
    c.rms_norm_eps = 1e-6f, c.rope_theta = 1e4, c.qk_norm = c.tied_embeddings = true, c.bos_token = c.pad_token = -1;
    g.tokens = R0I_NEW(b->r0, int32_t, (size_t)count * (size_t)length);
    g.sequences = R0I_NEW(b->r0, r0_sequence, count);
    if (!g.tokens || !g.sequences || r0_model_create(b->r0, &c, 1, &g.model)) return 0;
    if (!new_tokens && r0_trainer_create(g.model, NULL, &g.trainer)) return 0;
    for (int i = 0; i < count * length; i++) g.tokens[i] = (int32_t)r0i_random_below(r0i_key_make(5), (uint64_t)i, 49);
    for (int i = 0; i < count; i++) {
        r0_sequence one = {g.tokens + (size_t)i * (size_t)length, length, 1};
        g.sequences[i] = one;
    }
    double seconds = bench_seconds(growth_run, &g, b->wall);
    r0_trainer_destroy(g.trainer);
    r0_model_destroy(g.model);
    r0i_free(b->r0, g.sequences);
    r0i_free(b->r0, g.tokens);
    return seconds;
}

static void growth_models(const growth *b)
{
    growth_series s;
    int most = b->quick ? 1024 : 8192, longest = b->quick ? 512 : 4096;
    memset(&s, 0, sizeof s);
    for (int tokens = 64; tokens <= most; tokens *= 2)
        growth_point(&s, tokens, growth_seconds(b, 128, tokens / 32, 33, 0));
    growth_print("Training step, sequences of 32 tokens, more and more of them", "tokens", &s, "1");
    memset(&s, 0, sizeof s);
    for (int length = 128; length <= longest; length *= 2)
        growth_point(&s, length, growth_seconds(b, 128, longest / length, length + 1, 0));
    growth_print("Training step, always as many tokens, in ever longer sequences", "sequence length", &s,
                 "0 while matmuls rule, 1 once attention does");
    memset(&s, 0, sizeof s);
    for (int length = 128; length <= longest; length *= 2)
        growth_point(&s, length, growth_seconds(b, 128, 1, length + 1, 0));
    growth_print("Training step, one sequence", "sequence length", &s, "1 while matmuls rule, 2 once attention does");
    memset(&s, 0, sizeof s);
    for (int width = 64; width <= (b->quick ? 256 : 1024); width *= 2)
        growth_point(&s, width, growth_seconds(b, width, 8, 65, 0));
    growth_print("Training step, 512 tokens", "width", &s, "2");
    memset(&s, 0, sizeof s);
    for (int tokens = 64; tokens <= (b->quick ? 512 : 2048); tokens *= 2)
        growth_point(&s, tokens, growth_seconds(b, 128, 16, 4, tokens));
    growth_print("Decoding, 16 sequences", "new tokens", &s, "1 while matmuls rule, 2 once attention does");
    memset(&s, 0, sizeof s);
    for (int rows = 1; rows <= 256; rows *= 4) growth_point(&s, rows, growth_seconds(b, 128, rows, 4, 32));
    growth_print("Decoding 32 tokens", "sequences", &s, "1, below while an op's start counts");
}

// -- threads: the wall clock, matmul and a training step --

static void growth_threads(const growth *b)
{
    long cores = 1;
#ifndef _WIN32
    cores = sysconf(_SC_NPROCESSORS_ONLN);
#endif
    printf("\n### Threads (wall clock; %ld cores)\n\n", cores);
    printf("| threads | matmul 512^3, GF/s | training step of 2048 tokens, ms |\n|---|---|---|\n");
    for (int threads = 1; threads <= cores; threads *= 2) {
        growth one = *b;
        r0_context_desc desc = R0_ZERO;
        desc.device = "cpu", desc.threads = threads;
        one.wall = true;
        if (r0_context_create(&desc, &one.r0)) return;
        double rate = bench_sgemm_rate(one.r0->device, 512, true);
        printf("| %d | %.1f | %.1f |\n", threads, rate * 1e-9, 1e3 * growth_seconds(&one, 128, 64, 33, 0));
        r0_context_destroy(one.r0);
    }
}

int main(int argc, char **argv)
{
    growth b;
    r0_context_desc desc = R0_ZERO;
    memset(&b, 0, sizeof b);
    setenv("LP_NUM_THREADS", "0", 0);
    b.quick = argc > 2 && !strcmp(argv[2], "quick"), b.wall = getenv("R0_BENCH_WALL") != NULL;
    desc.device = argc > 1 ? argv[1] : "cpu", desc.threads = 1;
    if (r0_context_create(&desc, &b.r0)) {
        printf("%s\n", r0_error(b.r0));
        return 1;
    }
    printf("# Growth of cost, as measured\n\n`build/bench_growth %s%s`, ", desc.device, b.quick ? " quick" : "");
    bench_machine();
    printf("\n%s. The tiny model (3 layers, width 128, heads of 32) unless said; one thread, processor time.\n",
           r0_device_name(b.r0));
    growth_models(&b);
    if (b.r0->device->is_cpu) growth_threads(&b);
    r0_context_destroy(b.r0);
    return 0;
}
