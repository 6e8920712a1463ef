// r0 init --shape NAME --out DIR: a model folder of exact shape with random weights, written a piece at a time: for
// seeing what a model of that size takes, and for comparing r0 with other programs, without downloading one.
#include "random_model.h"

typedef struct init_shape {
    const char *name;
    r0_architecture family;
    int vocab, hidden, inner, layers, heads, kv_heads, head_dim, positions;
    double theta, llama3_factor; // factor 0: no scaling
    bool tied;
} init_shape;

// Published models of the architectures that r0 runs, as their config.json says, and a small one.
static const init_shape init_shapes[] = {
    //  name           family    vocab  hidden  inner lay  H  G  dim  positions theta factor tied
    {"15m",          R0_QWEN3,   8192,   288,  1024,  8,  8, 4,  48,    2048, 1e4,  0, true},
    {"qwen2.5-0.5b", R0_QWEN2, 151936,   896,  4864, 24, 14, 2,  64,   32768, 1e6,  0, true},
    {"qwen3-0.6b",   R0_QWEN3, 151936,  1024,  3072, 28, 16, 8, 128,   40960, 1e6,  0, true},
    {"qwen3-1.7b",   R0_QWEN3, 151936,  2048,  6144, 28, 16, 8, 128,   40960, 1e6,  0, true},
    {"qwen3-4b",     R0_QWEN3, 151936,  2560,  9728, 36, 32, 8, 128,   40960, 1e6,  0, true},
    {"qwen3-8b",     R0_QWEN3, 151936,  4096, 12288, 36, 32, 8, 128,   40960, 1e6,  0, false},
    {"llama3.2-1b",  R0_LLAMA, 128256,  2048,  8192, 16, 32, 8,  64,  131072, 5e5, 32, true},
    {"llama3.2-3b",  R0_LLAMA, 128256,  3072,  8192, 28, 24, 8, 128,  131072, 5e5, 32, true},
};

static void init_config(const init_shape *s, r0_model_config *c)
{
    memset(c, 0, sizeof *c);
    c->architecture = s->family;
    c->vocab_size = s->vocab, c->hidden_size = s->hidden, c->intermediate_size = s->inner, c->layers = s->layers;
    c->heads = s->heads, c->kv_heads = s->kv_heads, c->head_dim = s->head_dim, c->max_positions = s->positions;
    c->rms_norm_eps = s->family == R0_LLAMA ? 1e-5f : 1e-6f;
    c->rope_theta = s->theta;
    if (s->llama3_factor > 0) {
        c->rope_scaling.factor = s->llama3_factor;
        c->rope_scaling.low_freq_factor = 1, c->rope_scaling.high_freq_factor = 4;
        c->rope_scaling.original_max_positions = 8192;
    }
    c->qkv_bias = s->family == R0_QWEN2;
    c->qk_norm = s->family == R0_QWEN3;
    c->tied_embeddings = s->tied;
    // the last id ends a text: random weights have no tokenizer that would name another
    c->eos_tokens[0] = s->vocab - 1, c->eos_count = 1;
    c->bos_token = c->pad_token = -1;
}

static int init_find(const char *name, r0_model_config *config)
{
    const char *guess = NULL;
    for (int i = 0; i < CLI_COUNT(init_shapes); i++) {
        if (!strcmp(name, init_shapes[i].name)) return init_config(&init_shapes[i], config), CLI_GO;
        guess = cli_closer(name, guess, init_shapes[i].name);
    }
    fprintf(stderr, "%s: no shape \"%s\"; ", cli.name, name);
    if (guess) fprintf(stderr, "did you mean \"%s\"?\n", guess);
    else fprintf(stderr, "see %s --help\n", cli.name);
    return CLI_USAGE;
}

static int init_write(r0_context *r0, const r0_model_config *config, int seed, const char *dtype, const char *out)
{
    char error[512];
    if (!random_model_write(r0, config, (uint64_t)seed, dtype, out, error))
        return fprintf(stderr, "%s: %s\n", cli.name, error), CLI_FAILED;
    printf("wrote %s: %lld parameters, %s, seed %d\n", out, (long long)r0_model_config_parameters(config), dtype, seed);
    return CLI_OK;
}

static int cmd_init(r0_context *r0, int argc, char **argv)
{
    const char *shape = NULL, *from = NULL, *out = NULL, *dtype = "bf16";
    int seed = 1;
    const cli_option options[] = {
        {"shape", CLI_TEXT, &shape, "a known shape"},
        {"config", CLI_TEXT, &from, "or the shape of another folder: it needs config.json alone"},
        {"out", CLI_TEXT, &out, "folder to write, without weights so far"},
        {"dtype", CLI_TEXT, &dtype, "bf16, f16 or f32"},
        {"seed", CLI_INT, &seed, "same seed, same bytes"},
    };
    int code = cli_parse("r0 init --shape NAME --out DIR: a model folder of exact shape with random weights. Shapes:\n"
                         "15m, qwen2.5-0.5b, qwen3-0.6b, qwen3-1.7b, qwen3-4b, qwen3-8b, llama3.2-1b, llama3.2-3b",
                         options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    if (!out || !shape == !from)
        return fprintf(stderr, "%s: needs --out, and --shape or --config; see %s --help\n", cli.name, cli.name),
               CLI_USAGE;
    r0_model_config config;
    code = shape ? init_find(shape, &config) : CLI_GO;
    if (from && r0_model_config_read(r0, from, &config)) code = cli_error(r0);
    return code == CLI_GO ? init_write(r0, &config, seed, dtype, out) : code;
}
