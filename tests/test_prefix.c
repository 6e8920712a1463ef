// Sequences that begin alike share rows. Catches: a shared row that is another sequence's, a key without the gradient
// of one of its copies, a row with two targets, rows that are counted twice or not shared at all.

#include "model.h"

enum { PREFIX_SEQUENCES = 10, PREFIX_LONGEST = 32 };

typedef struct prefix_case {
    int32_t tokens[PREFIX_SEQUENCES][PREFIX_LONGEST];
    r0_sequence items[PREFIX_SEQUENCES];
    uint32_t rows, spread; // that differ, and in all
    int targets;
} prefix_case;

// Prompts A of 20 tokens and B of 24, of which 17 are A's, as a template's are: A with three answers, of which two
// begin alike, B with two. The second once more with two tokens of its answer in the prompt, and the same again. Then
// two sequences with too little in common, 10 tokens, and one of a single row.
static void prefix_make(prefix_case *s, int vocab)
{
    static const struct { int length, prompt, like, common; } of[PREFIX_SEQUENCES] = {
        {25, 20, 0, 0},  {29, 20, 0, 22}, {21, 20, 0, 20}, {30, 24, 0, 17},
        {27, 24, 3, 24}, {30, 26, 4, 26}, {30, 26, 5, 30}, {12, 4, 7, 0},
        {13, 11, 7, 10}, {2, 1, 9, 0},
    };
    memset(s, 0, sizeof *s);
    for (int i = 0; i < PREFIX_SEQUENCES; i++) {
        const int32_t *like = s->tokens[of[i].like];
        for (int j = 0; j < of[i].length; j++) {
            s->tokens[i][j] = (int32_t)r0i_random_below(r0i_key_make(7), (uint64_t)(i * 64 + j), (uint64_t)vocab);
            if (j < of[i].common) s->tokens[i][j] = like[j];
            else if (j == of[i].common && j) s->tokens[i][j] = (like[j] + 1) % vocab; // here at the latest they part
        }
        r0_sequence q = {s->tokens[i], of[i].length, of[i].prompt};
        s->items[i] = q;
        s->spread += (uint32_t)of[i].length - 1, s->targets += of[i].length - of[i].prompt;
    }
    // What predicts in a sequence is not shared with those before it.
    s->rows = 24 + (28 - 19) + (20 - 19) + (29 - 17) + (26 - 23) + (29 - 25) + (29 - 25) + 11 + 12 + 1;
}

static r0_status prefix_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    const float *weight = (const float *)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = weight[micro->token + i];
    return R0_OK;
}

// Gradients of all sequences, micro_batch rows at a time, or each in a call of its own, whose rows are not shared. The
// caller frees what is returned.
static r0i_real *prefix_gradients(test *t, r0_model *model, const prefix_case *s, bool apart, int micro_batch,
                                  bool recompute)
{
    r0_context *r0 = model->context;
    float weight[64];
    for (int i = 0; i < 64; i++) weight[i] = .1f + .05f * (float)(i % 7);
    r0_trainer_desc desc = R0_ZERO;
    desc.temperature = .8f, desc.micro_batch = micro_batch, desc.recompute = recompute;
    r0_trainer *trainer;
    if (!CHECK(r0_trainer_create(model, &desc, &trainer) == R0_OK, "%s", r0_error(r0))) return NULL;
    int token = 0;
    for (int i = 0; i < PREFIX_SEQUENCES; i += apart ? 1 : PREFIX_SEQUENCES) {
        CHECK(!r0_trainer_backward(trainer, s->items + i, apart ? 1 : PREFIX_SEQUENCES, prefix_loss, weight + token),
              "%s", r0_error(r0));
        CHECK(micro_batch < 512 || trainer->workspace.spread == (apart ? 0 : s->spread), "%u rows of attention",
              trainer->workspace.spread);
        token += s->items[i].length - s->items[i].prompt_length;
    }
    r0i_real *all = (r0i_real *)calloc(model->size, sizeof *all);
    CHECK(all && !r0i_read(r0i_view_all(&trainer->gradients.parts[0]), all));
    r0_trainer_destroy(trainer);
    return all;
}

static double prefix_worst(const r0i_real *a, const r0i_real *b, size_t count)
{
    double worst = 0, scale = 1e-6;
    for (size_t i = 0; i < count; i++) {
        scale = fmax(scale, fabs((double)a[i]));
        worst = fmax(worst, fabs((double)(a[i] - b[i])));
    }
    return worst / scale;
}

// The same log-probabilities, bit by bit, and the same answers; gradients but for the order of their sums.
static void prefix_model(test *t, r0_model *model, const prefix_case *s, const char *name)
{
    r0_context *r0 = model->context;
    bool cpu = r0->device->is_cpu;
    float all[64], alone[64];
    CHECK(!r0_logp(model, s->items, PREFIX_SEQUENCES, .8f, all, NULL, NULL), "%s", r0_error(r0));
    for (int i = 0, at = 0; i < PREFIX_SEQUENCES; at += s->items[i].length - s->items[i].prompt_length, i++)
        CHECK(!r0_logp(model, &s->items[i], 1, .8f, alone + at, NULL, NULL), "%s", r0_error(r0));
    for (int i = 0; i < s->targets; i++)
        CHECK(cpu ? all[i] == alone[i] : fabsf(all[i] - alone[i]) < 1e-5f, "%s: logp %d is %g, alone %g", name, i,
              (double)all[i], (double)alone[i]);
    r0_sampling sampling = R0_ZERO;
    sampling.max_new_tokens = 8;
    r0_rollouts together, apart;
    if (CHECK(!r0_generate(model, s->items, PREFIX_SEQUENCES, 2, &sampling, &together), "%s", r0_error(r0))) {
        for (int i = 0; i < 2 * PREFIX_SEQUENCES; i += cpu ? 1 : 5) {
            if (!CHECK(!r0_generate(model, &s->items[i / 2], 1, 1, &sampling, &apart), "%s", r0_error(r0))) continue;
            const r0_rollout *a = &together.items[i], *b = apart.items;
            CHECK(a->length == b->length && !memcmp(a->tokens, b->tokens, (size_t)a->length * sizeof *a->tokens) &&
                      (!cpu || !memcmp(a->logp, b->logp, (size_t)a->length * sizeof *a->logp)),
                  "%s: the answer to prompt %d", name, i / 2);
            r0_rollouts_free(r0, &apart);
        }
        r0_rollouts_free(r0, &together);
    }
    r0i_real *once = prefix_gradients(t, model, s, false, 512, false);
    r0i_real *each = prefix_gradients(t, model, s, true, 512, false);
    r0i_real *again = prefix_gradients(t, model, s, false, 512, true);
    r0i_real *parts = prefix_gradients(t, model, s, false, 60, false); // two sequences of a group, then the others
    if (once && each && again && parts) {
        double worst = prefix_worst(each, once, model->size), limit = sizeof(r0i_real) == 8 ? 1e-12 : 1e-5;
        CHECK(worst < limit, "%s: gradients differ by %g of the largest", name, worst);
        worst = prefix_worst(each, parts, model->size);
        CHECK(worst < limit, "%s: in micro-batches gradients differ by %g of the largest", name, worst);
        CHECK(!memcmp(once, again, model->size * sizeof *once), "%s: recomputed, gradients differ", name);
    }
    free(once), free(each), free(again), free(parts);
}

static void prefix_architecture(test *t, r0_context *r0, r0_architecture architecture, int head_dim, int rank)
{
    r0_model_config c = test_small_config(architecture);
    c.hidden_size = R0I_ALIKE_WIDTH; // from which on rows are shared
    if (head_dim) c.head_dim = head_dim;
    r0_model *base, *model;
    prefix_case s;
    r0i_workspace w;
    r0i_pack pack;
    char name[48];
    snprintf(name, sizeof name, "architecture %d, D %d, rank %d", (int)architecture, c.head_dim, rank);
    prefix_make(&s, c.vocab_size);
    if (!CHECK(r0_model_create(r0, &c, 5, &base) == R0_OK, "%s", r0_error(r0))) return;
    model = base;
    r0_lora_desc lora = R0_ZERO;
    lora.rank = rank;
    if (rank) CHECK(r0_lora_create(base, &lora, 1, &model) == R0_OK, "%s", r0_error(r0));
    if (CHECK(!r0i_workspace_create(model, s.spread, true, false, &w))) {
        CHECK(!r0i_pack_sequences(&w, s.spread, s.items, 0, PREFIX_SEQUENCES, &pack));
        CHECK(pack.count == PREFIX_SEQUENCES && pack.rows == s.rows && (int)pack.targets == s.targets,
              "%s: %d sequences, %u rows and not %u", name, pack.count, pack.rows, s.rows);
        r0i_workspace_destroy(&w);
    }
    prefix_model(t, model, &s, name);
    if (rank) r0_model_destroy(model);
    r0_model_destroy(base);
}

static void test_prefix(test *t)
{
    for (int rank = 0; rank < 3; rank += 2)
        for (int i = R0_QWEN2; i <= R0_GEMMA3; i++) prefix_architecture(t, t->r0, (r0_architecture)i, 0, rank);
    prefix_architecture(t, t->r0, R0_QWEN3, 32, 0); // attention's kernels by vectors
    static const char *const devices[] = {"cpu", "vulkan"}, *const caches[] = {"BF16", "F32"};
    for (int i = 0; i < 2; i++) {
        r0_context_desc desc = R0_ZERO;
        r0_context *r0;
        desc.device = devices[i], desc.cache_dtype = caches[i];
        if (r0_context_create(&desc, &r0)) SKIP("%s", r0_error(r0));
        else prefix_architecture(t, r0, R0_QWEN3, 0, 2);
        r0_context_destroy(r0);
    }
}
