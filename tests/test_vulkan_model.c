// The whole model on Vulkan against the CPU: log-probabilities, entropies and gradients of the same tokens, decoding
// against the forward pass. Catches: what no single op shows, above all a missing barrier or a buffer that is reused
// too early.
// Bits: two runs on the same device must agree; across devices sums are rounded differently and weights after a step
// may not be compared (AdamW's first step is about the gradient's sign), so gradients are.

#include "model.h"
#ifndef R0_NO_VULKAN

typedef struct vk_result {
    float logp[TEST_RESPONSES], entropy[TEST_RESPONSES], certainty[TEST_RESPONSES], norm;
    float *gradients; // (size)
    size_t size;
} vk_result;

static r0_status vk_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    (void)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = .1f + .05f * (float)((micro->token + i) % 7);
    return R0_OK;
}

// rank 0: the model itself, else an adapter on it.
static void vk_model_run(test *t, r0_context *r0, const r0_model_config *c, int rank, vk_result *result)
{
    r0_model *model, *base;
    r0_trainer *trainer;
    test_sequences s;
    test_sequences_make(&s, c->vocab_size);
    r0_trainer_desc desc = R0_ZERO;
    desc.temperature = .8f, desc.micro_batch = 16; // several micro-batches
    if (!CHECK(r0_model_create(r0, c, 5, &base) == R0_OK, "%s", r0_error(r0))) return;
    model = base;
    r0_lora_desc lora = R0_ZERO;
    lora.rank = rank;
    if (rank) CHECK(r0_lora_create(base, &lora, 1, &model) == R0_OK, "%s", r0_error(r0));
    CHECK(r0_trainer_create(model, &desc, &trainer) == R0_OK, "%s", r0_error(r0));
    CHECK(r0_logp(model, s.items, 3, .8f, result->logp, result->entropy, result->certainty) == R0_OK, "%s",
          r0_error(r0));
    CHECK(r0_trainer_backward(trainer, s.items, 3, vk_loss, NULL) == R0_OK, "%s", r0_error(r0));
    result->size = model->parts[0].elements;
    result->gradients = (float *)calloc(result->size, sizeof(float));
    CHECK(r0i_read(r0i_view_all(&trainer->gradients.parts[0]), result->gradients) == R0_OK, "%s", r0_error(r0));
    CHECK(r0_trainer_step(trainer, 1e-3f, &result->norm) == R0_OK, "%s", r0_error(r0));
    r0_trainer_destroy(trainer);
    if (rank) r0_model_destroy(model);
    r0_model_destroy(base);
}

static double vk_worst(const float *a, const float *b, size_t count)
{
    double worst = 0, scale = 1e-6;
    for (size_t i = 0; i < count; i++) {
        scale = fmax(scale, fabs((double)a[i]));
        worst = fmax(worst, fabs((double)a[i] - b[i]));
    }
    return worst / scale;
}

static void vk_model_compare(test *t, r0_context *vulkan, const r0_model_config *c, int rank, const char *name)
{
    vk_result cpu, vk, again;
    memset(&cpu, 0, sizeof cpu);
    vk = again = cpu;
    vk_model_run(t, t->r0, c, rank, &cpu);
    vk_model_run(t, vulkan, c, rank, &vk);
    vk_model_run(t, vulkan, c, rank, &again);
    CHECK(vk_worst(cpu.logp, vk.logp, TEST_RESPONSES) < 1e-5, "%s: logp %g", name,
          vk_worst(cpu.logp, vk.logp, TEST_RESPONSES));
    CHECK(vk_worst(cpu.entropy, vk.entropy, TEST_RESPONSES) < 1e-5, "%s: entropy", name);
    CHECK(vk_worst(cpu.certainty, vk.certainty, TEST_RESPONSES) < 1e-4, "%s: certainty", name);
    double worst = vk_worst(cpu.gradients, vk.gradients, cpu.size);
    CHECK(worst < 1e-5, "%s: gradients differ by %g of the largest", name, worst);
    CHECK(fabs((double)cpu.norm / vk.norm - 1) < 1e-5 && cpu.norm > 0, "%s: norm %g and %g", name, (double)cpu.norm,
          (double)vk.norm);
    CHECK(!memcmp(vk.logp, again.logp, sizeof vk.logp) &&
              !memcmp(vk.gradients, again.gradients, vk.size * sizeof(float)),
          "%s: two runs differ", name);
    free(cpu.gradients), free(vk.gradients), free(again.gradients);
}

// What decoding through the cache says of its tokens is what the forward pass says, and each completion is the same
// whether it was generated alone or beside others.
static void vk_model_generate(test *t, r0_context *r0)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    r0_model *model;
    test_sequences s;
    test_sequences_make(&s, c.vocab_size);
    r0_sequence prompts[3];
    for (int i = 0; i < 3; i++) prompts[i] = s.items[i], prompts[i].length = 3 + 2 * i;
    CHECK(r0_model_create(r0, &c, 5, &model) == R0_OK);
    r0_sampling sampling = {1, 12, .95f, 20, 99};
    r0_rollouts all, one;
    if (!CHECK(r0_generate(model, prompts, 3, 6, &sampling, &all) == R0_OK, "%s", r0_error(r0))) return;
    CHECK(r0_generate(model, prompts, 1, 6, &sampling, &one) == R0_OK && all.count == 18 && one.count == 6);
    double worst = 0;
    for (int i = 0; i < all.count; i++) {
        const r0_rollout *r = &all.items[i];
        int32_t tokens[64];
        float logp[64];
        int prompt = prompts[r->prompt].length;
        memcpy(tokens, prompts[r->prompt].tokens, sizeof(int32_t) * (size_t)prompt);
        memcpy(tokens + prompt, r->tokens, sizeof(int32_t) * (size_t)r->length);
        r0_sequence whole = {tokens, prompt + r->length, prompt};
        CHECK(r0_logp(model, &whole, 1, 1, logp, NULL, NULL) == R0_OK, "%s", r0_error(r0));
        worst = fmax(worst, vk_worst(logp, r->logp, (size_t)r->length));
        if (i < 6)
            CHECK(one.items[i].length == r->length && !memcmp(one.items[i].tokens, r->tokens, 4 * (size_t)r->length));
        if (i < 6) CHECK(!memcmp(one.items[i].logp, r->logp, sizeof(float) * (size_t)r->length), "rollout %d", i);
    }
    CHECK(worst < 1e-5, "decode and forward differ by %g", worst);
    r0_rollouts_free(r0, &one);
    r0_rollouts_free(r0, &all);
    r0_model_destroy(model);
}

// A context on a device of these options, beside the one that "vulkan" opens.
static r0_context *vk_context(test *t, const r0i_vk_options *options)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    desc.log = test_log;
    if (!CHECK(!r0_context_create(&desc, &r0))) return NULL;
    r0i_device_destroy(r0->device);
    r0->device = NULL;
    CHECK(!r0i_vk_device_open(r0, R0I_VK_BEST, options, &r0->device), "%s", r0_error(r0));
    return r0;
}

static r0_rollouts vk_limited_rollouts(test *t, r0_context *r0, const r0_model_config *c)
{
    r0_rollouts rollouts;
    r0_model *model;
    test_sequences s;
    r0_sampling sampling = {1, 12, .95f, 20, 99};
    test_sequences_make(&s, c->vocab_size);
    for (int i = 0; i < 3; i++) s.items[i].length = 3 + 2 * i;
    CHECK(!r0_model_create(r0, c, 5, &model), "%s", r0_error(r0));
    CHECK(!r0_generate(model, s.items, 3, 4, &sampling, &rollouts), "%s", r0_error(r0));
    r0_model_destroy(model);
    return rollouts;
}

static PFN_vkCmdFillBuffer vk_fill_buffer;
static int vk_fills;

static VKAPI_ATTR void VKAPI_CALL vk_fill_counted(VkCommandBuffer commands, VkBuffer to, VkDeviceSize at,
                                                  VkDeviceSize size, uint32_t value)
{
    vk_fills++;
    vk_fill_buffer(commands, to, at, size, value);
}

// Forward, gradients, a step and decoding on a device that binds 17,000 bytes at a time and allocates 8 MiB: most
// weights, the embedding and everything flat are cut. And on one whose buffers the CPU does not see, as a discrete
// card's: the bits must be the same. Catches: a part at the wrong place, a sum in another order, an early transfer.
static void vk_model_limited(test *t)
{
    r0i_vk_options options = R0_ZERO;
    r0_model_config c = test_small_config(R0_QWEN3);
    vk_result results[3];
    r0_rollouts rollouts[3];
    r0_context *contexts[3];
    c.hidden_size = 64, c.intermediate_size = 160, c.head_dim = 16, c.vocab_size = 401;
    memset(results, 0, sizeof results);
    vk_fills = 0;
    for (int i = 0; i < 3; i++) {
        if (!(contexts[i] = vk_context(t, &options))) return;
        r0i_vk *vk = r0i_vk_of(contexts[i]->device);
        vk_fill_buffer = vk->api.CmdFillBuffer;
        if (i == 2) vk->api.CmdFillBuffer = vk_fill_counted;
        vk_model_run(t, contexts[i], &c, 0, &results[i]);
        rollouts[i] = vk_limited_rollouts(t, contexts[i], &c);
        options.max_range = i ? 0 : 17000, options.max_allocation = i ? 0 : 1 << 23, options.staged = i > 0;
    }
    CHECK(vk_fills > 0);
    for (int other = 1; other < 3; other++) {
        const vk_result *whole = &results[0], *parts = &results[other];
        CHECK(whole->size && whole->norm > 0 && whole->norm == parts->norm, "norm %g and %g", (double)whole->norm,
              (double)parts->norm);
        CHECK(!memcmp(whole->logp, parts->logp, sizeof whole->logp), "logp");
        CHECK(!memcmp(whole->entropy, parts->entropy, sizeof whole->entropy), "entropy");
        CHECK(!memcmp(whole->gradients, parts->gradients, whole->size * sizeof(float)), "gradients: %g",
              vk_worst(whole->gradients, parts->gradients, whole->size));
        CHECK(rollouts[0].count == 12 && rollouts[other].count == 12);
        for (int i = 0; i < rollouts[0].count; i++) {
            const r0_rollout *a = &rollouts[0].items[i], *b = &rollouts[other].items[i];
            CHECK(a->length == b->length && !memcmp(a->tokens, b->tokens, 4 * (size_t)a->length) &&
                      !memcmp(a->logp, b->logp, sizeof(float) * (size_t)a->length), "rollout %d", i);
        }
    }
    for (int i = 0; i < 3; i++) {
        free(results[i].gradients);
        r0_rollouts_free(contexts[i], &rollouts[i]);
        r0_context_destroy(contexts[i]);
    }
}

// A mini-batch of GRPO whose loss the device computes, against one whose loss the host computes in between.
typedef struct vk_grpo {
    test_grpo_learner learner;
    float logp[TEST_RESPONSES], entropy[TEST_RESPONSES], room[3 * TEST_RESPONSES];
} vk_grpo;

static r0_status vk_grpo_queue(void *user, const r0i_workspace *w, const r0_micro_batch *micro)
{
    vk_grpo *g = (vk_grpo *)user;
    r0_grpo_batch part = r0_grpo_batch_part(&g->learner.mini, micro);
    r0i_loss_queue(w, &part, r0i_loss_form_of(g->learner.recipe->loss), &g->learner.config, g->room);
    return R0_OK;
}

static r0_status vk_grpo_host(void *user, const r0_micro_batch *micro, float *dlogp)
{
    vk_grpo *g = (vk_grpo *)user;
    memcpy(g->logp + micro->token, micro->logp, sizeof(float) * (size_t)micro->tokens);
    memcpy(g->entropy + micro->token, micro->entropy, sizeof(float) * (size_t)micro->tokens);
    return test_grpo_micro(&g->learner, micro, dlogp);
}

// Catches: a loss or a clip of the device that is not the host's, micro-batches that overwrite what was put aside, and
// a step that waits for the host: from the first pass to AdamW there must be one wait, in the end.
static void vk_step_queued(test *t, r0_context *r0, const char *recipe)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    test_sequences s;
    float old[TEST_RESPONSES], ref[TEST_RESPONSES], advantage[3] = {1.5f, -.5f, -1}, norm[2];
    float *gradients[2] = {NULL, NULL};
    int begin[4] = {0};
    vk_grpo runs[2];
    size_t size = 0;
    memset(runs, 0, sizeof runs);
    test_sequences_make(&s, c.vocab_size);
    for (int i = 0; i < 3; i++) begin[i + 1] = begin[i] + s.items[i].length - s.items[i].prompt_length;
    for (int run = 0; run < 2; run++) {
        r0_model *model;
        r0_trainer *trainer;
        r0_trainer_desc desc = R0_ZERO;
        vk_grpo *g = &runs[run];
        desc.micro_batch = 16;
        CHECK(!r0_model_create(r0, &c, 5, &model) && !r0_trainer_create(model, &desc, &trainer), "%s", r0_error(r0));
        CHECK(!r0_logp(model, s.items, 3, 1, old, NULL, NULL), "%s", r0_error(r0));
        for (int i = 0; i < TEST_RESPONSES; i++) {
            ref[i] = old[i] + .05f * (float)(i % 5 - 2);
            old[i] += .15f * (float)(i % 4 - 1);
        }
        g->learner.recipe = r0_grpo_recipe_find(recipe);
        g->learner.config = g->learner.recipe->config, g->learner.config.max_length = 20;
        g->learner.mini.sequences = 3, g->learner.mini.begin = begin, g->learner.mini.advantage = advantage;
        g->learner.mini.logp_old = old, g->learner.mini.logp_ref = ref;
        r0i_vk *vk = r0i_vk_of(r0->device);
        CHECK(!r0i_vk_finish(r0->device));
        uint64_t waits = vk->waits;
        if (run) CHECK(!r0i_trainer_queue(trainer, s.items, 3, vk_grpo_queue, g), "%s", r0_error(r0));
        else CHECK(!r0_trainer_backward(trainer, s.items, 3, vk_grpo_host, g), "%s", r0_error(r0));
        if (run) CHECK(vk->waits == waits, "%d waits before the step", (int)(vk->waits - waits));
        size = model->parts[0].elements;
        gradients[run] = (float *)calloc(size, sizeof(float));
        CHECK(!r0i_read(r0i_view_all(&trainer->gradients.parts[0]), gradients[run]), "%s", r0_error(r0));
        waits = vk->waits;
        CHECK(!r0_trainer_step(trainer, 1e-3f, &norm[run]), "%s", r0_error(r0));
        CHECK(vk->waits == waits + 1, "%d waits in a step", (int)(vk->waits - waits));
        if (run) CHECK(!r0i_trainer_replay(trainer, vk_grpo_host, g), "%s", r0_error(r0));
        r0_trainer_destroy(trainer), r0_model_destroy(model);
    }
    double worst = vk_worst(gradients[0], gradients[1], size);
    CHECK(worst < 1e-5 && fabsf(norm[0] - norm[1]) <= 1e-5f * norm[0], "%s: gradients differ by %g, norms %g and %g",
          recipe, worst, (double)norm[0], (double)norm[1]);
    CHECK(!memcmp(runs[0].logp, runs[1].logp, sizeof runs[0].logp) &&
              !memcmp(runs[0].entropy, runs[1].entropy, sizeof runs[0].entropy), "%s: other logp or entropy", recipe);
    CHECK(!memcmp(&runs[0].learner.stats, &runs[1].learner.stats, sizeof runs[0].learner.stats) &&
              runs[0].learner.stats.tokens == TEST_RESPONSES, "%s: other statistics", recipe);
    free(gradients[0]), free(gradients[1]);
}

// A gradient that is not finite: an error, and nothing has changed.
static void vk_step_refused(test *t, r0_context *r0)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    r0_model *model;
    r0_trainer *trainer;
    CHECK(!r0_model_create(r0, &c, 5, &model) && !r0_trainer_create(model, NULL, &trainer), "%s", r0_error(r0));
    size_t size = model->parts[0].elements, bytes = size * sizeof(float);
    float *before = (float *)calloc(size, sizeof(float)), *after = (float *)calloc(size, sizeof(float));
    float bad = NAN, norm;
    CHECK(!r0i_read(r0i_view_all(&model->parameters.parts[0]), before), "%s", r0_error(r0));
    r0i_write(r0i_view_part(r0i_view_all(&trainer->gradients.parts[0]), 7, 1, 4), &bad);
    CHECK(r0_trainer_step(trainer, 1e-3f, &norm) == R0_ERROR_LIMIT && strstr(r0_error(r0), "is not finite"), "%s",
          r0_error(r0));
    CHECK(!r0i_read(r0i_view_all(&model->parameters.parts[0]), after) && !memcmp(before, after, bytes),
          "weights moved");
    CHECK(!r0i_read(r0i_view_all(&trainer->m.parts[0]), after), "%s", r0_error(r0));
    for (size_t i = 0; i < size; i++) before[i] = 0;
    CHECK(!memcmp(before, after, bytes) && trainer->steps == 0, "moments moved");
    free(before), free(after);
    r0_trainer_destroy(trainer), r0_model_destroy(model);
}

// Where AdamW's moments lie changes no bit.
static void vk_moments_on_host(test *t)
{
    float *weights[2] = {NULL, NULL};
    size_t count = 0;
    for (int away = 0; away < 2; away++) {
        r0_context_desc desc = R0_ZERO;
        r0_context *r0;
        r0_model *model;
        r0_trainer *trainer;
        r0_model_config c = test_small_config(R0_QWEN3);
        test_sequences s;
        test_sequences_make(&s, c.vocab_size);
        desc.device = "vulkan", desc.moments_on_host = away;
        CHECK(!r0_context_create(&desc, &r0) && !r0_model_create(r0, &c, 5, &model), "%s", r0_error(r0));
        CHECK(!r0_trainer_create(model, NULL, &trainer), "%s", r0_error(r0));
        for (int i = 0; i < 3; i++)
            CHECK(!r0_trainer_supervised(trainer, s.items, 3, 1e-2f, NULL), "%s", r0_error(r0));
        count = model->parts[0].elements;
        weights[away] = (float *)calloc(count, sizeof(float));
        CHECK(!r0i_read(r0i_view_all(&model->parameters.parts[0]), weights[away]), "%s", r0_error(r0));
        r0_trainer_destroy(trainer), r0_model_destroy(model);
        r0_context_destroy(r0);
    }
    CHECK(!memcmp(weights[0], weights[1], count * sizeof(float)), "moments on the host change the weights");
    free(weights[0]), free(weights[1]);
}

static void test_vulkan_model(test *t)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "vulkan";
    desc.log = test_log;
    if (r0_context_create(&desc, &r0)) {
        SKIP("no Vulkan device: %s", r0_error(r0));
        r0_context_destroy(r0);
        return;
    }
    r0_model_config qwen3 = test_small_config(R0_QWEN3), qwen2 = test_small_config(R0_QWEN2),
                    llama = test_small_config(R0_LLAMA);
    vk_model_compare(t, r0, &qwen3, 0, "qwen3");
    vk_model_compare(t, r0, &qwen3, 2, "an adapter on qwen3");
    vk_model_compare(t, r0, &qwen2, 5, "an adapter on qwen2");
    vk_model_compare(t, r0, &qwen2, 0, "qwen2");
    vk_model_compare(t, r0, &llama, 0, "llama");
    for (int i = R0_MISTRAL; i <= R0_GEMMA3; i++) {
        r0_model_config c = test_small_config((r0_architecture)i);
        vk_model_compare(t, r0, &c, i == R0_OLMO2 ? 2 : 0, "a newer architecture");
    }
    qwen3.hidden_size = 128, qwen3.intermediate_size = 320, qwen3.head_dim = 32, qwen3.layers = 3,
    qwen3.vocab_size = 49;
    vk_model_compare(t, r0, &qwen3, 0, "the tiny model's shape");
    vk_model_generate(t, r0);
    vk_model_limited(t);
    vk_moments_on_host(t);
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) // cispo and sapo run on the host always
        if (r0i_loss_form_of(r0i_grpo_recipes[i].loss)) vk_step_queued(t, r0, r0i_grpo_recipes[i].name);
    test_grpo_goldens(t, r0);
    vk_step_refused(t, r0);
    CHECK(r0->device->bytes == r0i_vk_of(r0->device)->sums.size, "%zu bytes of device buffers leaked",
          r0->device->bytes);
    r0_context_destroy(r0);
}

#else
static void test_vulkan_model(test *t)
{
    SKIP("built without Vulkan");
}
#endif
