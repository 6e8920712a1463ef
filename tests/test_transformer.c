// The transformer as a whole. Catches: a wrong gradient anywhere in the chain, sequences that see each other in a pack,
// a decode that differs from training's forward, completions that depend on batching, a trainer that does not learn.

static r0_model_config test_small_config(r0_architecture architecture)
{
    r0_model_config c;
    memset(&c, 0, sizeof c);
    c.architecture = architecture;
    c.vocab_size = 19, c.hidden_size = 24, c.intermediate_size = 40, c.layers = 2;
    c.heads = 4, c.kv_heads = 2, c.head_dim = 8, c.max_positions = 64;
    c.rms_norm_eps = 1e-6f, c.rope_theta = 1e4;
    c.qkv_bias = architecture == R0_QWEN2;
    c.qk_norm = architecture == R0_QWEN3;
    c.tied_embeddings = architecture != R0_LLAMA;
    c.eos_tokens[0] = 3, c.eos_count = 1, c.bos_token = c.pad_token = -1;
    return c;
}

// Three sequences of unequal length.
typedef struct test_sequences {
    int32_t tokens[3][24];
    r0_sequence items[3];
} test_sequences;

static void test_sequences_make(test_sequences *s, int vocab)
{
    static const int lengths[3] = {9, 17, 5}, prompts[3] = {1, 6, 2};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 24; j++)
            s->tokens[i][j] = (int32_t)r0i_random_below(r0i_key_make(7), (uint64_t)(i * 24 + j), (uint64_t)vocab);
        r0_sequence q = {s->tokens[i], lengths[i], prompts[i]};
        s->items[i] = q;
    }
}

enum { TEST_RESPONSES = 8 + 11 + 3 };

// A loss with another weight for every token, so that no two gradients can be confused.
static float test_loss_weight(int token)
{
    return .1f + .05f * (float)(token % 7);
}

static r0_status test_weighted_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    for (int i = 0; i < micro->tokens; i++) {
        dlogp[i] = test_loss_weight(micro->token + i);
        *(double *)user += (double)micro->logp[i] * test_loss_weight(micro->token + i);
    }
    return R0_OK;
}

static double test_loss_of(r0_model *model, const test_sequences *s)
{
    float logp[TEST_RESPONSES];
    double sum = 0;
    if (r0_logp(model, s->items, 3, .8f, logp, NULL, NULL)) return NAN;
    for (int i = 0; i < TEST_RESPONSES; i++) sum += (double)logp[i] * test_loss_weight(i);
    return sum;
}

// Central differences of a sample of every tensor's weights. float32 leaves noise of about 1e-4 of the loss / step.
static void test_transformer_gradient(test *t, r0_architecture architecture)
{
    r0_model_config c = test_small_config(architecture);
    r0_model *model;
    r0_trainer *trainer;
    test_sequences s;
    test_sequences_make(&s, c.vocab_size);
    r0_trainer_desc desc = R0_ZERO;
    desc.temperature = .8f, desc.micro_batch = 16; // several micro-batches
    if (!CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(r0_trainer_create(model, &desc, &trainer) == R0_OK);
    double loss = 0;
    CHECK(r0_trainer_backward(trainer, s.items, 3, test_weighted_loss, &loss) == R0_OK, "%s", r0_error(t->r0));
    CHECK(fabs(loss - test_loss_of(model, &s)) < 1e-4);
    r0i_real *w = (r0i_real *)model->parameters.host, *g = (r0i_real *)trainer->gradients.host;
    double step = sizeof(r0i_real) == 8 ? 1e-3 : 1e-2;
    for (size_t i = 0; i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        double error = 0, norm = 0;
        for (uint64_t k = 0; k < 12; k++) {
            size_t at = tensor->offset + r0i_random_below(r0i_key_make(i), k, (uint64_t)tensor->rows * tensor->cols);
            r0i_real kept = w[at];
            w[at] = (r0i_real)(kept + step);
            double up = test_loss_of(model, &s);
            w[at] = (r0i_real)(kept - step);
            double down = test_loss_of(model, &s), numeric = (up - down) / (2 * step);
            w[at] = kept;
            error += (numeric - g[at]) * (numeric - g[at]), norm += (double)g[at] * g[at];
        }
        double relative = sqrt(error / (norm + 1e-12));
        // logp comes back in float32, so even the double build sees noise of about 3e-7 / step.
        CHECK(relative < (sizeof(r0i_real) == 8 ? 1e-3 : 2e-2) || sqrt(error) < (sizeof(r0i_real) == 8 ? 1e-3 : 5e-3), "%s: relative error %g", tensor->name,
              relative);
    }
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
}

// Each sequence alone must give the very bits that it gives in a pack.
static void test_transformer_packing(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    r0_model *model;
    test_sequences s;
    float packed[TEST_RESPONSES], alone[TEST_RESPONSES];
    test_sequences_make(&s, c.vocab_size);
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    CHECK(r0_logp(model, s.items, 3, 1, packed, NULL, NULL) == R0_OK);
    for (int i = 0, at = 0; i < 3; at += s.items[i].length - s.items[i].prompt_length, i++)
        CHECK(r0_logp(model, &s.items[i], 1, 1, alone + at, NULL, NULL) == R0_OK);
    CHECK(!memcmp(packed, alone, sizeof packed));
    r0_model_destroy(model);
}

// What generation says of its tokens is what training's forward says, bit for bit on the CPU; and the completions of a
// prompt do not depend on what else is generated.
static void test_transformer_generate(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    r0_model *model;
    test_sequences s;
    test_sequences_make(&s, c.vocab_size);
    r0_sequence prompts[3];
    for (int i = 0; i < 3; i++) prompts[i] = s.items[i], prompts[i].length = 3 + 2 * i;
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    r0_sampling sampling = {1, 12, .95f, 20, 99};
    r0_rollouts all, one;
    CHECK(r0_generate(model, prompts, 3, 6, &sampling, &all) == R0_OK, "%s", r0_error(t->r0));
    CHECK(all.count == 18);
    CHECK(r0_generate(model, prompts, 1, 6, &sampling, &one) == R0_OK);
    int lengths = 0, finished = 0;
    for (int i = 0; i < all.count; i++) {
        const r0_rollout *r = &all.items[i];
        int32_t tokens[64];
        float logp[64];
        memcpy(tokens, prompts[r->prompt].tokens, sizeof(int32_t) * (size_t)prompts[r->prompt].length);
        memcpy(tokens + prompts[r->prompt].length, r->tokens, sizeof(int32_t) * (size_t)r->length);
        r0_sequence whole = {tokens, prompts[r->prompt].length + r->length, prompts[r->prompt].length};
        CHECK(r0_logp(model, &whole, 1, 1, logp, NULL, NULL) == R0_OK);
        CHECK(!memcmp(logp, r->logp, sizeof(float) * (size_t)r->length), "rollout %d: %g against %g", i, (double)logp[0],
              (double)r->logp[0]);
        CHECK(r->finished == (r->tokens[r->length - 1] == 3) && (r->finished || r->length == 20));
        if (i < 6) CHECK(one.items[i].length == r->length && !memcmp(one.items[i].tokens, r->tokens, 4 * (size_t)r->length));
        lengths += r->length, finished += r->finished;
    }
    CHECK(finished > 0 && lengths > 50);
    r0_rollouts_free(t->r0, &one);
    r0_rollouts_free(t->r0, &all);
    prompts[1].length = 60;
    CHECK(r0_generate(model, prompts, 3, 1, &sampling, &all) == R0_ERROR_ARGUMENT || strstr(r0_error(t->r0), "prompt 1"));
    r0_model_destroy(model);
}

// Memorises three sequences; the same run on one thread and on two gives the same bits.
static void test_transformer_learns(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    test_sequences s;
    test_sequences_make(&s, c.vocab_size);
    float last[2] = {0, 0}, first = 0;
    uint64_t hash[2] = {0, 0};
    for (int run = 0; run < 2; run++) {
        r0_context_desc desc = R0_ZERO;
        desc.device = "cpu", desc.threads = run + 1;
        r0_context *r0;
        r0_model *model;
        r0_trainer *trainer;
        CHECK(r0_context_create(&desc, &r0) == R0_OK);
        CHECK(r0_model_create(r0, &c, 5, &model) == R0_OK);
        CHECK(r0_trainer_create(model, NULL, &trainer) == R0_OK);
        for (int i = 0; i < 60; i++) {
            CHECK(r0_trainer_supervised(trainer, s.items, 3, 1e-2f, &last[run]) == R0_OK, "%s", r0_error(r0));
            if (!i) first = last[run];
        }
        const unsigned char *bytes = (const unsigned char *)model->parameters.host;
        for (size_t i = 0; i < model->parameters.size; i++) hash[run] = (hash[run] ^ bytes[i]) * 1099511628211u;
        r0_trainer_destroy(trainer);
        r0_model_destroy(model);
        r0_context_destroy(r0);
    }
    CHECK(first > 2 && last[0] < .05f, "loss %g -> %g", (double)first, (double)last[0]);
    CHECK(hash[0] == hash[1]);
}

static void test_transformer(test *t)
{
    test_transformer_gradient(t, R0_QWEN3);
    test_transformer_gradient(t, R0_QWEN2);
    test_transformer_gradient(t, R0_LLAMA);
    test_transformer_packing(t);
    test_transformer_generate(t);
    test_transformer_learns(t);
}
