// Sampling whole completions. Catches: a rollout whose log-probabilities are not those of training at the sizes that
// models have, an end token that does not end, a token that top-k or top-p excludes, completions that depend on how
// much memory the cache may take, a cache that takes more.

#include "model.h"

static r0_status rollout_context(r0_context **r0, const char *device, int64_t cache_bytes)
{
    r0_context_desc desc = R0_ZERO;
    desc.device = device;
    desc.log = test_log;
    desc.cache_bytes = cache_bytes;
    return r0_context_create(&desc, r0);
}

// The rollout as a sequence of prompt and response; free its tokens.
static r0_sequence rollout_sequence(const r0_sequence *prompt, const r0_rollout *r)
{
    int32_t *tokens = (int32_t *)malloc(sizeof(int32_t) * (size_t)(prompt->length + r->length));
    memcpy(tokens, prompt->tokens, sizeof(int32_t) * (size_t)prompt->length);
    memcpy(tokens + prompt->length, r->tokens, sizeof(int32_t) * (size_t)r->length);
    r0_sequence whole = {tokens, prompt->length + r->length, prompt->length};
    return whole;
}

static int32_t *rollout_prompt(int length, int salt, int vocab)
{
    int32_t *tokens = (int32_t *)malloc(sizeof(int32_t) * (size_t)length);
    for (int i = 0; i < length; i++)
        tokens[i] = (int32_t)r0i_random_below(r0i_key_make(11), (uint64_t)(i * 31 + salt), (uint64_t)vocab);
    return tokens;
}

// -- drift: heads of 128 as Qwen3 and Llama 3 have them, prompts of 1 to 700 tokens, a vocabulary with an odd tail --

static double rollout_drift(test *t, r0_context *r0, const r0_model_config *c, int samples, int *different)
{
    static const int lengths[4] = {700, 1, 129, 64};
    r0_sequence prompts[4];
    r0_model *model;
    r0_rollouts rollouts;
    r0_sampling sampling = {1, 0, .98f, 40, 3};
    double worst = 0;
    for (int i = 0; i < 4; i++) {
        r0_sequence q = {rollout_prompt(lengths[i], i, c->vocab_size), lengths[i], lengths[i]};
        prompts[i] = q;
    }
    CHECK(r0_model_create(r0, c, 9, &model) == R0_OK, "%s", r0_error(r0));
    CHECK(r0_generate(model, prompts, 4, samples, &sampling, &rollouts) == R0_OK, "%s", r0_error(r0));
    for (int i = 0; i < rollouts.count; i++) {
        float logp[40];
        r0_sequence whole = rollout_sequence(&prompts[rollouts.items[i].prompt], &rollouts.items[i]);
        CHECK(r0_logp(model, &whole, 1, 1, logp, NULL, NULL) == R0_OK, "%s", r0_error(r0));
        for (int k = 0; k < rollouts.items[i].length; k++) {
            worst = fmax(worst, fabs((double)logp[k] - rollouts.items[i].logp[k]));
            *different += logp[k] != rollouts.items[i].logp[k];
        }
        free((void *)(uintptr_t)whole.tokens);
    }
    r0_rollouts_free(r0, &rollouts);
    r0_model_destroy(model);
    for (int i = 0; i < 4; i++) free((void *)(uintptr_t)prompts[i].tokens);
    return worst;
}

static void test_rollout_drift(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    c.vocab_size = 5003, c.hidden_size = 256, c.intermediate_size = 384, c.layers = 3;
    c.heads = 8, c.kv_heads = 2, c.head_dim = 128, c.max_positions = 1024;
    if (getenv("R0_TEST_SMALL")) c.vocab_size = 503, c.layers = 1, c.hidden_size = c.intermediate_size = 64;
    int different = 0;
    double worst = rollout_drift(t, t->r0, &c, 3, &different);
    CHECK(different == 0, "cpu: %d log-probabilities differ from training's, by up to %g", different, worst);
#ifndef R0_NO_VULKAN
    r0_context *r0;
    if (rollout_context(&r0, "vulkan", 0)) {
        SKIP("no Vulkan device: %s", r0_error(r0));
    } else { // as long rows and as large heads, but fewer of them: software drivers are slow
        c.vocab_size = 1003, c.layers = 1, c.heads = 4, c.hidden_size = c.intermediate_size = 128;
        worst = rollout_drift(t, r0, &c, 1, &different);
        CHECK(worst < 1e-5, "vulkan: %d log-probabilities differ from training's, by up to %g", different, worst);
    }
    r0_context_destroy(r0);
#endif
}

// -- where a completion ends --

static void test_rollout_ends(test *t)
{
    r0_model_config c = test_small_config(R0_LLAMA);
    int32_t start[1] = {1};
    r0_sequence prompt = {start, 1, 1};
    r0_sampling sampling = {1, 0, 1, 12, 4};
    r0_rollouts r;
    r0_model *model;
    int ended[3] = {0, 0, 0}, cut = 0;
    c.eos_tokens[0] = 3, c.eos_tokens[1] = 7, c.eos_tokens[2] = 18, c.eos_count = 3; // Llama 3 and Qwen have several
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    if (!CHECK(r0_generate(model, &prompt, 1, 120, &sampling, &r) == R0_OK, "%s", r0_error(t->r0))) return;
    for (int i = 0; i < r.count; i++) {
        const r0_rollout *one = &r.items[i];
        for (int k = 0; k < one->length; k++)
            for (int e = 0; e < 3; e++)
                if (one->tokens[k] == c.eos_tokens[e]) {
                    CHECK(k == one->length - 1 && one->finished, "rollout %d goes on behind an end token", i);
                    ended[e]++;
                }
        CHECK(one->finished || one->length == sampling.max_new_tokens, "rollout %d: %d tokens", i, one->length);
        cut += !one->finished;
    }
    CHECK(ended[0] && ended[1] && ended[2] && cut && ended[0] + ended[1] + ended[2] + cut == 120,
          "ends %d, %d, %d, cut off %d", ended[0], ended[1], ended[2], cut);
    r0_rollouts_free(t->r0, &r);
    r0_model_destroy(model);
}

// -- top-k and top-p, against logits sorted here --

static int rollout_larger(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

// The smallest probability that sampling may draw from, and whether another token is so close to it that
// rounding could decide.
static double rollout_least(const float *z, int vocab, const r0_sampling *s)
{
    double p[64], sum = 0, kept = 0, mass = 0;
    for (int j = 0; j < vocab; j++) sum += p[j] = exp((double)z[j] / s->temperature);
    for (int j = 0; j < vocab; j++) p[j] /= sum;
    qsort(p, (size_t)vocab, sizeof *p, rollout_larger);
    int most = s->top_k && s->top_k < vocab ? s->top_k : vocab, n = 0;
    for (int j = 0; j < most; j++) kept += p[j];
    while (n < most && mass < s->top_p * kept - 1e-6) mass += p[n++];
    return p[n - 1] * (1 - 1e-5);
}

static void rollout_cuts(test *t, r0_model *model, const r0_sampling *sampling)
{
    const int vocab = r0_model_shape(model)->vocab_size;
    int32_t start[3] = {1, 5, 9};
    r0_sequence prompt = {start, 3, 3};
    r0_rollouts r;
    int kinds = 0, seen[64] = {0};
    if (!CHECK(r0_generate(model, &prompt, 1, 40, sampling, &r) == R0_OK, "%s", r0_error(t->r0))) return;
    for (int i = 0; i < r.count; i++) {
        float z[24 * 64];
        r0_sequence whole = rollout_sequence(&prompt, &r.items[i]);
        CHECK(r0_logits(model, whole.tokens, whole.length - 1, 2, z) == R0_OK, "%s", r0_error(t->r0));
        for (int k = 0; k < r.items[i].length; k++) {
            const float *row = z + k * vocab;
            double sum = 0;
            for (int j = 0; j < vocab; j++) sum += exp((double)row[j] / sampling->temperature);
            double p = exp((double)row[r.items[i].tokens[k]] / sampling->temperature) / sum;
            CHECK(p >= rollout_least(row, vocab, sampling), "top_k %d, top_p %g: drew a token of probability %g",
                  sampling->top_k, (double)sampling->top_p, p);
            CHECK(fabs(log(p) - r.items[i].logp[k]) < 1e-5, "the log-probability is that of the whole softmax");
            kinds += !seen[r.items[i].tokens[k]]++;
        }
        free((void *)(uintptr_t)whole.tokens);
    }
    CHECK(kinds >= (sampling->top_k == 1 ? 1 : 2), "%d different tokens", kinds);
    r0_rollouts_free(t->r0, &r);
}

static void test_rollout_cuts(test *t)
{
    const r0_sampling cases[] = {{1, 1, 1, 20, 1}, {1, 3, 1, 20, 2}, {.7f, 0, .6f, 20, 3}, {1.4f, 6, .8f, 20, 4},
                                 {1, 0, .05f, 20, 5}};
    r0_model_config c = test_small_config(R0_QWEN2);
    r0_model *model;
    c.vocab_size = 61;
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    for (size_t i = 0; i < R0I_COUNT(cases); i++) rollout_cuts(t, model, &cases[i]);
    r0_model_destroy(model);
}

// -- the bound of the cache --

static void test_rollout_cache(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    int64_t slot = (int64_t)(30 + 20) * c.kv_heads * c.head_dim * c.layers * 2 * (int64_t)sizeof(r0i_real);
    r0_sequence prompts[3];
    r0_rollouts all, some;
    r0_model *model, *bounded;
    r0_context *r0;
    r0_sampling sampling = {1, 0, 1, 20, 99};
    for (int i = 0; i < 3; i++) {
        r0_sequence q = {rollout_prompt(10 * (i + 1), i, c.vocab_size), 10 * (i + 1), 10 * (i + 1)};
        prompts[i] = q;
    }
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    CHECK(r0_generate(model, prompts, 3, 4, &sampling, &all) == R0_OK, "%s", r0_error(t->r0));
    for (int slots = 0; slots < 3; slots++) {
        CHECK(rollout_context(&r0, "cpu", slot * slots + slot * 3 / 4) == R0_OK);
        CHECK(r0_model_create(r0, &c, 5, &bounded) == R0_OK);
        if (!slots) { // enough for the first prompt alone
            CHECK(r0_generate(bounded, prompts, 3, 4, &sampling, &some) == R0_ERROR_LIMIT);
            CHECK(strstr(r0_error(r0), "prompt 1") && strstr(r0_error(r0), "cache_bytes"), "%s", r0_error(r0));
            CHECK(!some.items && !some.count);
        } else if (CHECK(r0_generate(bounded, prompts, 3, 4, &sampling, &some) == R0_OK, "%s", r0_error(r0))) {
            for (int i = 0; i < all.count; i++)
                CHECK(all.items[i].length == some.items[i].length &&
                          !memcmp(all.items[i].tokens, some.items[i].tokens, 4 * (size_t)all.items[i].length) &&
                          !memcmp(all.items[i].logp, some.items[i].logp, 4 * (size_t)all.items[i].length),
                      "rollout %d depends on the cache's size", i);
            r0_rollouts_free(r0, &some);
            size_t peak = r0->device->purposes[R0_MEMORY_KV].peak_bytes; // tensors are padded to 256 bytes
            CHECK(peak > 0 && peak <= (size_t)(slot * slots) + 256 * 2 * (size_t)c.layers, "%zu bytes", peak);
        }
        r0_model_destroy(bounded);
        r0_context_destroy(r0);
    }
    CHECK(rollout_context(&r0, "cpu", -1) == R0_ERROR_ARGUMENT);
    CHECK(strstr(r0_error(r0), "cache_bytes") != NULL, "%s", r0_error(r0));
    r0_context_destroy(r0);
    r0_rollouts_free(t->r0, &all);
    r0_model_destroy(model);
    for (int i = 0; i < 3; i++) free((void *)(uintptr_t)prompts[i].tokens);
}

// The rollouts of two prompts, three each; the first 37, 74, ... tokens of each are taken from `begun`, if it is there.
static void rollout_begun(test *t, r0_model *model, const r0_sequence *prompts, const r0_sampling *sampling,
                          const r0_rollouts *begun, r0_rollouts *r)
{
    CHECK(r0i_generate_begin(model, prompts, 2, 3, sampling, r) == R0_OK, "%s", r0_error(t->r0));
    for (int i = 1; begun && i < r->count; i++) {
        r->items[i].length = 37 * i;
        memcpy((void *)(uintptr_t)r->items[i].tokens, begun->items[i].tokens, 4 * (size_t)(37 * i));
        memcpy((void *)(uintptr_t)r->items[i].logp, begun->items[i].logp, 4 * (size_t)(37 * i));
    }
    CHECK(r0i_kv_repeats(model) && !r0i_generate_rest(model, prompts, 3, sampling, r, begun ? 4 : 0, NULL, NULL));
}

// Long answers in a cache of four pages: two sequences start, both want a third page, one starts anew. Then, and in
// every format, tokens and log-probabilities are those of a cache that holds all, and the log-probabilities are the
// trainer's to the bit. So they are where answers go on behind what is there of them. Catches: pages mixed up, draws
// that depend on waiting, a forward that rounds in another way.
static void test_rollout_pages(test *t)
{
    static const char *const formats[] = {"F32", "BF16", "F16"};
    enum { NEW = 300 };
    r0_model_config c = test_small_config(R0_QWEN3);
    c.max_positions = 512, c.eos_count = 0;
    r0_sequence prompts[2] = {{rollout_prompt(10, 0, c.vocab_size), 10, 10},
                              {rollout_prompt(30, 1, c.vocab_size), 30, 30}};
    r0_sampling sampling = {1, 0, 1, NEW, 99};
    float logp[NEW];
    int different = 0;
    r0_context *whole_cache[3], *r0;
    r0_rollouts all[3], some;
    for (int f = 0; f < 3; f++) {
        r0_context_desc desc = R0_ZERO;
        int64_t page = (int64_t)128 * c.kv_heads * c.head_dim * c.layers * 2 * (f ? 2 : (int64_t)sizeof(r0i_real));
        for (int way = 0; way < 4; way++) {
            r0_model *model;
            bool bounded = way & 1;
            desc.device = "cpu", desc.cache_dtype = formats[f], desc.cache_bytes = bounded ? 4 * page : 0;
            CHECK(r0_context_create(&desc, &r0) == R0_OK);
            CHECK(r0_model_create(r0, &c, 5, &model) == R0_OK);
            r0_rollouts *r = way ? &some : &all[f];
            rollout_begun(t, model, prompts, &sampling, way > 1 ? &all[f] : NULL, r);
            size_t peak = r0->device->purposes[R0_MEMORY_KV].peak_bytes;
            CHECK(!bounded || peak == (size_t)(4 * page), "%zu bytes", peak);
            for (int i = 0; i < r->count; i++) {
                const r0_rollout *a = &all[f].items[i], *b = &r->items[i];
                r0_sequence whole = rollout_sequence(&prompts[i / 3], b);
                CHECK(a->length == NEW && b->length == NEW && !memcmp(a->tokens, b->tokens, 4 * NEW) &&
                      !memcmp(a->logp, b->logp, 4 * NEW), "%s: rollout %d depends on its way, %d", formats[f], i, way);
                CHECK(!r0_logp(model, &whole, 1, 1, logp, NULL, NULL) && !memcmp(logp, b->logp, 4 * NEW),
                      "%s: the log-probabilities of rollout %d are not the trainer's", formats[f], i);
                for (int k = 0; k < NEW; k++) different += a->logp[k] != all[0].items[i].logp[k];
                free((void *)(uintptr_t)whole.tokens);
            }
            r0_model_destroy(model);
            if (!way) whole_cache[f] = r0;
            else r0_rollouts_free(r0, r), r0_context_destroy(r0);
        }
    }
    CHECK(different > 0, "a cache of 16 bits changes nothing");
    for (int f = 0; f < 3; f++) r0_rollouts_free(whole_cache[f], &all[f]), r0_context_destroy(whole_cache[f]);
    for (int i = 0; i < 2; i++) free((void *)(uintptr_t)prompts[i].tokens);
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu", desc.cache_dtype = "Q8_0";
    CHECK(r0_context_create(&desc, &r0) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "cache_dtype") != NULL);
    r0_context_destroy(r0);
}

static r0_status rollout_pass(void *user, int request)
{
    if (request < 0) ++*(int *)user; // told of after every pass
    return R0_OK;
}

// Few short rows decode side by side: a pass is a token of each. Catches: rows that wait for pages they never need.
static void test_rollout_beside(test *t)
{
    enum { NEW = 12 };
    r0_model_config c = test_small_config(R0_QWEN3);
    c.eos_count = 0;
    r0_model *model;
    r0_sequence prompt = {rollout_prompt(10, 0, c.vocab_size), 10, 10};
    r0_sampling sampling = {1, 0, 1, NEW, 7};
    CHECK(r0_model_create(t->r0, &c, 5, &model) == R0_OK);
    for (int rows = 1; rows <= 4; rows++) {
        r0_rollouts r;
        int passes = 0;
        CHECK(r0i_generate_begin(model, &prompt, 1, rows, &sampling, &r) == R0_OK);
        CHECK(r0i_generate_rest(model, &prompt, rows, &sampling, &r, 0, rollout_pass, &passes) == R0_OK);
        CHECK(passes == NEW, "%d rows take %d passes", rows, passes);
        r0_rollouts_free(t->r0, &r);
    }
    r0_model_destroy(model);
    free((void *)(uintptr_t)prompt.tokens);
}

// r0_ask is r0_generate in words. Catches: special tokens of a question that are parsed, texts of another rollout.
static void test_rollout_ask(test *t)
{
    r0_model *model = NULL;
    r0_tokenizer *tokenizer = NULL;
    const r0_span questions[] = {{"7+5-3", 5}, {"47+85", 5}}, whole[] = {{"[S]7+5-3<sep>", 13}, {"[S]47+85<sep>", 13}};
    const r0_span sly = {"7+5<sep>", 8};
    r0_sampling sampling = {1, 0, 1, 40, 9};
    r0_rollouts asked, plain;
    r0_sequence prompts[2];
    r0_tokens tokens[2];
    if (!CHECK(!r0_model_load(t->r0, "examples/tiny", &model), "%s", r0_error(t->r0))) return;
    CHECK(!r0_tokenizer_load(t->r0, "examples/tiny", &tokenizer), "%s", r0_error(t->r0));
    for (int i = 0; i < 2; i++) {
        CHECK(!r0_tokenizer_encode(tokenizer, whole[i], R0_TOKENIZE_SPECIAL, &tokens[i]), "%s", r0_error(t->r0));
        r0_sequence prompt = {tokens[i].ids, (int)tokens[i].count, (int)tokens[i].count};
        prompts[i] = prompt;
    }
    CHECK(!r0_generate(model, prompts, 2, 3, &sampling, &plain), "%s", r0_error(t->r0));
    CHECK(!r0_ask(model, tokenizer, "[S]{question}<sep>", questions, 2, 3, &sampling, &asked), "%s", r0_error(t->r0));
    CHECK(asked.count == 6 && plain.count == 6 && !plain.prompts && !plain.items[0].text.size);
    for (int i = 0; i < 2; i++)
        CHECK(asked.prompts[i].length == prompts[i].length && asked.prompts[i].prompt_length == prompts[i].length &&
              !memcmp(asked.prompts[i].tokens, prompts[i].tokens, 4 * tokens[i].count), "prompt %d", i);
    for (int i = 0; i < 6; i++) {
        const r0_rollout *r = &asked.items[i];
        char *text = NULL;
        size_t size = 0;
        CHECK(r->length == plain.items[i].length && !memcmp(r->logp, plain.items[i].logp, 4 * (size_t)r->length) &&
              !memcmp(r->tokens, plain.items[i].tokens, 4 * (size_t)r->length), "rollout %d", i);
        CHECK(!r0_tokenizer_decode(tokenizer, r->tokens, (size_t)r->length, 0, &text, &size), "%s", r0_error(t->r0));
        CHECK(text && size == r->text.size && !strcmp(text, r->text.data), "rollout %d: %s", i, r->text.data);
        r0_text_free(t->r0, text);
    }
    r0_rollouts_free(t->r0, &asked);
    CHECK(r0_ask(model, tokenizer, "[S]{question}<sep>", &sly, 1, 3, &sampling, &asked) == R0_ERROR_ARGUMENT);
    CHECK(!asked.count && !asked.items && !asked.prompts && !asked.memory);
    CHECK(!r0_ask(model, tokenizer, "[Q]", NULL, 2, 2, &sampling, &asked), "%s", r0_error(t->r0));
    CHECK(asked.count == 4 && asked.prompts[1].length == 1 && asked.items[0].text.size > 0);
    r0_rollouts_free(t->r0, &asked);
    r0_rollouts_free(t->r0, &plain);
    for (int i = 0; i < 2; i++) r0_tokens_free(t->r0, &tokens[i]);
    r0_tokenizer_destroy(tokenizer);
    r0_model_destroy(model);
}

// Catches: a seed below another that repeats it or its neighbor, an order that is not one or not equally likely.
static void test_rollout_seeds(test *t)
{
    int32_t order[3];
    int seen[27] = {0}, kinds = 0;
    CHECK(r0_seed_derive(5, 0) != 5 && r0_seed_derive(5, 0) != r0_seed_derive(5, 1));
    CHECK(r0_seed_derive(r0_seed_derive(5, 1), 2) != r0_seed_derive(r0_seed_derive(5, 2), 1));
    CHECK(r0i_key_seed(r0i_key_derive(r0i_key_make(5), 1)) == r0_seed_derive(5, 1)); // as r0_evolve derives its own
    for (int i = 0; i < 6000; i++) {
        r0_random_order(r0_seed_derive(1, (uint64_t)i), order, 3);
        seen[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    for (int i = 0; i < 27; i++) {
        bool order_of_three = i / 9 != i / 3 % 3 && i / 3 % 3 != i % 3 && i / 9 != i % 3;
        CHECK(order_of_three ? abs(seen[i] - 1000) < 120 : seen[i] == 0, "order %d: %d times", i, seen[i]);
        kinds += seen[i] > 0;
    }
    CHECK(kinds == 6);
    r0_random_order(1, order, 0);
}

static void test_rollout(test *t)
{
    test_rollout_drift(t);
    test_rollout_ends(t);
    test_rollout_cuts(t);
    test_rollout_cache(t);
    test_rollout_pages(t);
    test_rollout_beside(t);
    test_rollout_ask(t);
    test_rollout_seeds(t);
}
