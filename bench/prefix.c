// What it saves that sequences which begin alike share rows (>>prefix): the same sequences in two orders, in turns.
// Side by side, the answers to a prompt compute it once; apart, neighbors have nothing in common.
//     make build/bench_prefix && build/bench_prefix
// Two layers of SmolLM2-135M's shape and as much of its head as belongs to them, one thread; a step's forward and
// backward, and a prefill of prompts that begin with a template or with examples. Results: bench/prefix.md.
#define R0_IMPLEMENTATION
#include "../r0.h"

enum { PREFIX_GROUPS = 2, PREFIX_EACH = 8, PREFIX_ALL = PREFIX_GROUPS * PREFIX_EACH, PREFIX_VOCAB = 3328 };

typedef struct prefix_bench {
    r0_model *model;
    r0_trainer *trainer; // NULL: a prefill
    r0_sequence items[2][PREFIX_ALL];
    int order;           // 0: side by side, 1: apart
    int32_t *tokens;
} prefix_bench;

static r0_status prefix_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    (void)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = 1e-3f;
    return R0_OK;
}

static double prefix_run(prefix_bench *p)
{
    clock_t start = clock(); // processor time: whatever else runs
    r0_sampling sampling = R0_ZERO;
    sampling.max_new_tokens = 1;
    r0_rollouts rollouts;
    const r0_sequence *items = p->items[p->order];
    r0_status status = p->trainer ? r0_trainer_backward(p->trainer, items, PREFIX_ALL, prefix_loss, NULL)
                                  : r0_generate(p->model, items, PREFIX_ALL, 1, &sampling, &rollouts);
    if (status) printf("%s\n", r0_error(p->model->context)), exit(1);
    if (!p->trainer) r0_rollouts_free(p->model->context, &rollouts);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

// `alike` tokens that a group has in common, of `length`.
static void prefix_row(const char *name, r0_model *model, bool train, int alike, int length)
{
    prefix_bench p;
    memset(&p, 0, sizeof p);
    p.model = model, p.tokens = R0I_NEW(model->context, int32_t, PREFIX_ALL * length);
    r0_trainer_desc desc = R0_ZERO;
    if (train && r0_trainer_create(model, &desc, &p.trainer)) printf("%s\n", r0_error(model->context)), exit(1);
    for (int g = 0; g < PREFIX_GROUPS; g++)
        for (int i = 0; i < PREFIX_EACH; i++) {
            int32_t *tokens = p.tokens + (g * PREFIX_EACH + i) * length;
            for (int t = 0; t < length; t++)
                tokens[t] = (int32_t)r0i_random_below(r0i_key_make((uint64_t)(t < alike ? g : 100 + 8 * g + i)),
                                                      (uint64_t)t, PREFIX_VOCAB);
            r0_sequence q = {tokens, length, alike};
            p.items[0][g * PREFIX_EACH + i] = p.items[1][i * PREFIX_GROUPS + g] = q;
        }
    double best[2] = {0, 0};
    for (int turn = 0; turn < 6; turn++) {
        p.order = turn % 2;
        double seconds = prefix_run(&p);
        if (turn < 2 || seconds < best[p.order]) best[p.order] = seconds;
    }
    printf("| %s, %d tokens, %d alike | %.3f | %.3f | %.2f |\n", name, length, alike, best[1], best[0],
           best[1] / best[0]);
    fflush(stdout);
    r0_trainer_destroy(p.trainer);
    r0i_free(model->context, p.tokens);
}

int main(void)
{
    r0_context_desc desc = R0_ZERO;
    r0_model_config c = R0_ZERO;
    r0_context *r0;
    r0_model *model, *adapter;
    r0_lora_desc lora = R0_ZERO;
    desc.device = "cpu", desc.threads = 1;
    c.architecture = R0_LLAMA, c.vocab_size = PREFIX_VOCAB, c.hidden_size = 576, c.intermediate_size = 1536;
    c.layers = 2, c.heads = 9, c.kv_heads = 3, c.head_dim = 64, c.max_positions = 2048;
    c.rms_norm_eps = 1e-5f, c.rope_theta = 1e5;
    c.tied_embeddings = true, c.bos_token = c.pad_token = -1, lora.rank = 16;
    if (r0_context_create(&desc, &r0)) return 1;
    if (r0_model_create(r0, &c, 1, &model) || r0_lora_create(model, &lora, 1, &adapter)) {
        printf("%s\n", r0_error(r0));
        return 1;
    }
    printf("| %d sequences in groups of %d | apart, s | side by side, s | times |\n|---|---|---|---|\n", PREFIX_ALL,
           PREFIX_EACH);
    prefix_row("a step with adapters", adapter, true, 50, 72);
    prefix_row("a step with adapters", adapter, true, 50, 150);
    prefix_row("a step with adapters", adapter, true, 100, 400);
    prefix_row("a step of all weights", model, true, 50, 72);
    prefix_row("a prefill", adapter, false, 24, 50);
    prefix_row("a prefill behind examples", adapter, false, 200, 230);
    r0_model_destroy(adapter);
    r0_model_destroy(model);
    r0_context_destroy(r0);
    return 0;
}
