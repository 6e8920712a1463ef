// The transformer as a whole. Catches: sequences that see each other in a pack,
// a decode that differs from training's forward, completions that depend on batching, a trainer that does not learn.

#include "model.h"

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
        CHECK(!memcmp(logp, r->logp, sizeof(float) * (size_t)r->length), "rollout %d: %g against %g", i,
              (double)logp[0], (double)r->logp[0]);
        CHECK(r->finished == (r->tokens[r->length - 1] == 3) && (r->finished || r->length == 20));
        if (i < 6)
            CHECK(one.items[i].length == r->length && !memcmp(one.items[i].tokens, r->tokens, 4 * (size_t)r->length));
        lengths += r->length, finished += r->finished;
    }
    CHECK(finished > 0 && lengths > 50);
    r0_rollouts_free(t->r0, &one);
    r0_rollouts_free(t->r0, &all);
    int32_t ones[60]; // 60 tokens and 20 new ones are more than the 64 positions
    for (int i = 0; i < 60; i++) ones[i] = 1;
    prompts[1].tokens = ones, prompts[1].length = 60;
    CHECK(r0_generate(model, prompts, 3, 1, &sampling, &all) == R0_ERROR_LIMIT);
    CHECK(strstr(r0_error(t->r0), "prompt 1") != NULL, "%s", r0_error(t->r0));
    CHECK(all.count == 0 && !all.items);
    ones[7] = c.vocab_size;
    prompts[1].length = 9;
    CHECK(r0_generate(model, prompts, 3, 1, &sampling, &all) == R0_ERROR_ARGUMENT);
    CHECK(strstr(r0_error(t->r0), "token 19") != NULL, "%s", r0_error(t->r0));
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
        const r0i_buffer *weights = &model->parameters.parts[0];
        const unsigned char *bytes = (const unsigned char *)weights->host;
        for (size_t i = 0; i < weights->size; i++) hash[run] = (hash[run] ^ bytes[i]) * 1099511628211u;
        r0_trainer_destroy(trainer);
        r0_model_destroy(model);
        r0_context_destroy(r0);
    }
    CHECK(first > 2 && last[0] < .05f, "loss %g -> %g", (double)first, (double)last[0]);
    CHECK(hash[0] == hash[1]);
}

// The memory of a pass comes in parts that any driver grants, and every view lies within one of them. Catches: a part
// that outgrows the limit, two views in the same place, a count that is not what is handed out.
static void test_transformer_parts(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    r0_model *model;
    r0i_workspace w;
    size_t bytes = 0;
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    CHECK(r0i_workspace_create(model, 3000, true, false, &w) == R0_OK, "%s", r0_error(t->r0));
    for (int i = 0; i < w.memory.count; i++) {
        CHECK(w.memory.parts[i].size <= (size_t)R0I_PART_BYTES, "part %d has %zu bytes", i, w.memory.parts[i].size);
        bytes += w.memory.parts[i].size;
    }
    CHECK(w.memory.count > 2 && bytes == r0i_workspace_bytes(model, 3000, true, false), "%d parts, %zu bytes",
          w.memory.count, bytes);
    r0i_view views[] = {w.layers[0].x, w.layers[0].gate, w.layers[0].up, w.layers[1].x, w.layers[1].gate,
                        w.logits,      w.logp,           w.ids,          w.dx,          w.dlogp};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        CHECK(views[i].offset + views[i].size <= views[i].buffer->size, "view %zu leaves its part", i);
        for (size_t j = 0; j < i; j++)
            CHECK(views[i].buffer != views[j].buffer || views[i].offset + views[i].size <= views[j].offset ||
                      views[j].offset + views[j].size <= views[i].offset, "views %zu and %zu overlap", i, j);
    }
    r0i_workspace_destroy(&w);
    r0_model_destroy(model);
}

static void test_transformer(test *t)
{
    test_transformer_packing(t);
    test_transformer_generate(t);
    test_transformer_learns(t);
    test_transformer_parts(t);
}
