// Adapters (parity with PEFT is in test_hf.c). Catches: an adapter that changes its base or another adapter, a start
// that is not the base, a copy that is none, settings that nobody checked, a folder that another base accepts, a
// recomputed backward pass with other bits.

#include "model.h"

static r0_status lora_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    (void)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = -.1f * (float)(1 + (micro->token + i) % 5);
    return R0_OK;
}

static void lora_logp(test *t, r0_model *model, test_sequences *s, float *logp)
{
    CHECK(r0_logp(model, s->items, 3, 1, logp, NULL, NULL) == R0_OK, "%s", r0_error(t->r0));
}

static void lora_two_on_one(test *t, const r0_model_config *c)
{
    test_sequences s;
    test_sequences_make(&s, c->vocab_size);
    r0_model *base, *one = NULL, *two = NULL, *frozen = NULL;
    r0_lora_desc desc = R0_ZERO;
    desc.rank = 3, desc.alpha = 6;
    float plain[TEST_RESPONSES], before[TEST_RESPONSES], after[TEST_RESPONSES], loss[2];
    CHECK(r0_model_create(t->r0, c, 5, &base) == R0_OK && r0_lora_create(base, &desc, 1, &one) == R0_OK, "%s",
          r0_error(t->r0));
    desc.targets = "v_proj,down_proj";
    CHECK(r0_lora_create(base, &desc, 2, &two) == R0_OK && r0_lora_create(base, &desc, 3, &frozen) == R0_OK, "%s",
          r0_error(t->r0));
    CHECK(one->tensor_count == 2 * 7 * (size_t)c->layers && two->tensor_count == 2 * 2 * (size_t)c->layers);
    lora_logp(t, base, &s, plain);
    lora_logp(t, one, &s, before);
    CHECK(!memcmp(plain, before, sizeof plain), "a new adapter is not its base");
    r0_trainer *trainer;
    CHECK(r0_trainer_create(two, NULL, &trainer) == R0_OK, "%s", r0_error(t->r0));
    for (int i = 0; i < 80; i++)
        CHECK(r0_trainer_supervised(trainer, s.items, 3, 1e-2f, &loss[i > 0]) == R0_OK, "%s", r0_error(t->r0));
    r0_trainer_destroy(trainer);
    CHECK(loss[1] < .9f * loss[0], "loss %g after %g", (double)loss[1], (double)loss[0]);
    lora_logp(t, base, &s, after);
    CHECK(!memcmp(plain, after, sizeof plain), "training an adapter moved the base");
    lora_logp(t, one, &s, after);
    CHECK(!memcmp(plain, after, sizeof plain), "training an adapter moved another");
    lora_logp(t, two, &s, before);
    CHECK(memcmp(plain, before, sizeof plain));
    CHECK(r0_model_copy(frozen, two) == R0_OK, "%s", r0_error(t->r0));
    lora_logp(t, frozen, &s, after);
    CHECK(!memcmp(before, after, sizeof before), "a copy with other bits");
    CHECK(r0_model_copy(one, two) == R0_ERROR_ARGUMENT && r0_model_copy(base, two) == R0_ERROR_ARGUMENT);
    CHECK(r0_lora_merge(base) == R0_ERROR_ARGUMENT);
    r0_model_destroy(one), r0_model_destroy(two), r0_model_destroy(frozen), r0_model_destroy(base);
}

static void lora_refused(test *t, r0_model *base, const r0_lora_desc *desc, const char *why)
{
    r0_model *model;
    CHECK(r0_lora_create(base, desc, 1, &model) != R0_OK && !model && strstr(r0_error(t->r0), why), "%s: %s", why,
          r0_error(t->r0));
}

static void lora_bad_settings(test *t)
{
    r0_model *base, *adapter;
    r0_model_config c = test_small_config(R0_QWEN3);
    CHECK(r0_model_create(t->r0, &c, 5, &base) == R0_OK);
    r0_lora_desc desc = R0_ZERO;
    lora_refused(t, base, &desc, "rank 0");
    desc.rank = 5000;
    lora_refused(t, base, &desc, "rank 5000");
    desc.rank = 2, desc.alpha = -1;
    lora_refused(t, base, &desc, "alpha -1");
    desc.alpha = NAN;
    lora_refused(t, base, &desc, "alpha");
    desc.alpha = 0, desc.targets = "q_proj,w_proj";
    lora_refused(t, base, &desc, "\"w_proj\"");
    desc.targets = "";
    lora_refused(t, base, &desc, "no target");
    desc.targets = "q_proj";
    CHECK(r0_lora_create(base, &desc, 1, &adapter) == R0_OK && adapter->lora_scale == 1, "%s", r0_error(t->r0));
    lora_refused(t, adapter, &desc, "itself an adapter");
    CHECK(r0_model_save(adapter, "build/lora") == R0_OK, "%s", r0_error(t->r0));
    r0_model_destroy(adapter);
    // onto a base of other shapes
    r0_model *other;
    c.hidden_size = 32;
    CHECK(r0_model_create(t->r0, &c, 5, &other) == R0_OK);
    CHECK(r0_lora_load(other, "build/lora", &adapter) == R0_ERROR_FORMAT && !adapter);
    CHECK(strstr(r0_error(t->r0), "lora_A") && strstr(r0_error(t->r0), "build/lora"), "%s", r0_error(t->r0));
    // a folder that names no base
    CHECK(r0_model_load(t->r0, "build/lora", &adapter) == R0_ERROR_FILE && !adapter);
    CHECK(strstr(r0_error(t->r0), "base_model_name_or_path"), "%s", r0_error(t->r0));
    r0_model_destroy(other), r0_model_destroy(base);
}

// What PEFT can ask for and R0 does not compute; and damaged files.
static void lora_bad_folders(test *t)
{
    static const struct { const char *config, *why; } cases[] = {
        {"{\"peft_type\":\"LORA\",\"r\":2,\"use_dora\":true}", "use_dora"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"bias\":\"all\"}", "\"all\""},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"modules_to_save\":[\"lm_head\"]}", "modules_to_save"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"rank_pattern\":{\"q_proj\":4}}", "rank_pattern"},
        {"{\"peft_type\":\"IA3\",\"r\":2}", "\"IA3\""},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"init_lora_weights\":\"pissa_niter_4\"}",
         "init_lora_weights = \"pissa_niter_4\""},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"loftq_config\":{\"loftq_bits\":4}}", "loftq_config"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"use_next_thing\":true}", "use_next_thing = true: R0 does not know"},
        {"{\"peft_type\":\"LORA\",\"r\":2.5}", "r 2.5"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":0}", "lora_alpha 0"},
        {"{\"peft_type\":\"LORA\",", "adapter_config.json"},
        {"{\"peft_type\":\"LORA\",\"r\":2}", "adapter_model.safetensors"}, // missing
    };
    r0_model *base, *adapter;
    r0_model_config c = test_small_config(R0_QWEN3);
    CHECK(r0_model_create(t->r0, &c, 5, &base) == R0_OK && r0i_folder_create(t->r0, "build/lora-bad") == R0_OK);
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        CHECK(r0i_file_write_atomic(t->r0, "build/lora-bad/adapter_config.json", cases[i].config,
                                    strlen(cases[i].config)) == R0_OK);
        CHECK(r0_lora_load(base, "build/lora-bad", &adapter) != R0_OK && !adapter);
        CHECK(strstr(r0_error(t->r0), cases[i].why), "%s: %s", cases[i].why, r0_error(t->r0));
    }
    r0_model_destroy(base);
}

static void lora_gradients(test *t, r0_model *model, test_sequences *s, bool recompute, float *gradients)
{
    r0_trainer *trainer;
    r0_trainer_desc desc = R0_ZERO;
    desc.micro_batch = 16, desc.recompute = recompute;
    CHECK(r0_trainer_create(model, &desc, &trainer) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_trainer_backward(trainer, s->items, 3, lora_loss, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0i_read_floats(t->r0, r0i_view_all(&trainer->gradients.parts[0]), gradients) == R0_OK);
    r0_trainer_destroy(trainer);
}

// Activation checkpointing, of whole models and of adapters: fewer bytes, the same bits.
static void lora_recompute(test *t, r0_model *model, test_sequences *s)
{
    size_t count = model->parts[0].elements;
    float *kept = (float *)calloc(count, sizeof(float)), *again = (float *)calloc(count, sizeof(float));
    lora_gradients(t, model, s, false, kept);
    lora_gradients(t, model, s, true, again);
    CHECK(!memcmp(kept, again, count * sizeof(float)), "recomputing changed the gradient");
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += fabs((double)kept[i]);
    CHECK(sum > 0);
    size_t all = r0i_workspace_bytes(model, 16, true, false), few = r0i_workspace_bytes(model, 16, true, true);
    CHECK(few < all, "%zu bytes instead of %zu", few, all);
    free(kept), free(again);
}

static void test_lora(test *t)
{
    for (int family = R0_QWEN2; family <= R0_GEMMA3; family++) {
        r0_model *base, *adapter;
        r0_model_config c = test_small_config((r0_architecture)family);
        test_sequences s;
        test_sequences_make(&s, c.vocab_size);
        lora_two_on_one(t, &c);
        c.layers = 4;
        r0_lora_desc desc = R0_ZERO;
        desc.rank = 2;
        CHECK(r0_model_create(t->r0, &c, 5, &base) == R0_OK && r0_lora_create(base, &desc, 1, &adapter) == R0_OK);
        lora_recompute(t, base, &s);
        lora_recompute(t, adapter, &s);
        r0_model_destroy(adapter), r0_model_destroy(base);
    }
    lora_bad_settings(t);
    lora_bad_folders(t);
}
