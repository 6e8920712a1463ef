// The k-th allocation fails, for every k. Catches: a result of r0i_alloc that nobody looks at, memory lost on the way
// out of an error, a destructor that meets a half-made object, an error without a text.
#include "model.h"

typedef struct memory_fault {
    long count, fail_at; // allocations so far; the one that fails (0: none)
    bool forever;        // ... and all after it
    long live;           // blocks in use
    size_t bytes;        // in them
} memory_fault;

static void *memory_fault_resize(void *user, void *pointer, size_t old_size, size_t new_size)
{
    memory_fault *fault = (memory_fault *)user;
    if (!new_size) {
        if (pointer) fault->live--, fault->bytes -= old_size;
        free(pointer);
        return NULL;
    }
    fault->count++;
    long k = fault->fail_at;
    if (k && (fault->count == k || (fault->forever && fault->count > k))) return NULL;
    void *fresh = realloc(pointer, new_size);
    if (fresh && !pointer) fault->live++;
    if (fresh) fault->bytes += new_size - (pointer ? old_size : 0);
    return fresh;
}

// What runs with a failing allocation in it. It releases all that it made, whatever happens.
typedef r0_status (*memory_scenario)(r0_context *r0);

static r0_status memory_nothing(r0_context *r0)
{
    (void)r0;
    return R0_OK;
}

static r0_status memory_json(r0_context *r0)
{
    const char *text =
        "{\"a\": [1, 2.5e3, true, null, \"\\u00e9\\n\"], \"b\": {\"c\": [[[]]], \"d\": \"text\"}, \"a\": 7}";
    r0_span span = {text, strlen(text)};
    r0_json *document;
    r0_status status = r0_json_parse(r0, "text", span, &document);
    r0_json_destroy(r0, document);
    return status;
}

static r0_status memory_tokenizer(r0_context *r0)
{
    r0_tokenizer *tokenizer;
    r0_tokens tokens = R0_ZERO;
    char *text = NULL;
    size_t size;
    r0_span question = {"[S]7+5-3<sep>", 13};
    r0_status status = r0_tokenizer_load(r0, "examples/tiny", &tokenizer);
    if (!status) status = r0_tokenizer_encode(tokenizer, question, R0_TOKENIZE_SPECIAL, &tokens);
    if (!status) status = r0_tokenizer_decode(tokenizer, tokens.ids, tokens.count, 0, &text, &size);
    r0_text_free(r0, text);
    r0_tokens_free(r0, &tokens);
    r0_tokenizer_destroy(tokenizer);
    return status;
}


static r0_status memory_files(r0_context *r0)
{
    r0_model_config config = test_small_config(R0_QWEN2);
    r0_model *model, *again = NULL;
    r0_status status = r0_model_create(r0, &config, 1, &model);
    if (!status) status = r0_model_save(model, "build/test-memory");
    if (!status) status = r0_model_load(r0, "build/test-memory", &again);
    r0_model_destroy(again);
    r0_model_destroy(model);
    return status;
}

static r0_status memory_generate(r0_context *r0)
{
    r0_model_config config = test_small_config(R0_QWEN3);
    r0_model *model;
    test_sequences s;
    test_sequences_make(&s, config.vocab_size);
    r0_sampling sampling = R0_ZERO;
    sampling.temperature = 1, sampling.top_k = 5, sampling.max_new_tokens = 6;
    r0_rollouts rollouts = R0_ZERO;
    r0_status status = r0_model_create(r0, &config, 1, &model);
    if (!status) status = r0_generate(model, s.items, 3, 2, &sampling, &rollouts);
    r0_rollouts_free(r0, &rollouts);
    r0_model_destroy(model);
    return status;
}

static r0_status memory_ask(r0_context *r0)
{
    r0_model_config config = test_small_config(R0_QWEN3);
    r0_model *model = NULL;
    r0_tokenizer *tokenizer = NULL;
    const r0_span questions[] = {{"7+5-3", 5}, {"47+85", 5}};
    r0_sampling sampling = {1, 0, 1, 4, 9};
    r0_rollouts rollouts = R0_ZERO;
    config.vocab_size = 49;
    r0_status status = r0_model_create(r0, &config, 1, &model);
    if (!status) status = r0_tokenizer_load(r0, "examples/tiny", &tokenizer);
    if (!status) status = r0_ask(model, tokenizer, "[S]{question}<sep>", questions, 2, 2, &sampling, &rollouts);
    r0_rollouts_free(r0, &rollouts);
    r0_tokenizer_destroy(tokenizer);
    r0_model_destroy(model);
    return status;
}

static r0_status memory_train(r0_context *r0)
{
    r0_model_config config = test_small_config(R0_LLAMA);
    r0_model *model;
    r0_trainer *trainer = NULL;
    r0_trainer_desc desc = R0_ZERO;
    test_sequences s;
    test_sequences_make(&s, config.vocab_size);
    float loss;
    r0_status status = r0_model_create(r0, &config, 1, &model);
    if (!status) status = r0_trainer_create(model, &desc, &trainer);
    if (!status) status = r0_trainer_supervised(trainer, s.items, 3, 1e-3f, &loss);
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
    return status;
}

static r0_status memory_votes(r0_context *r0)
{
    static const r0_span texts[5] = {{"1/2", 3}, {"0.5", 3}, {"a b c d e", 9}, {"a b c d f", 9}, {"", 0}};
    r0_vote vote;
    float share[5];
    int repeated[5];
    r0_verdict equal;
    r0_status status = r0_vote_count(r0, texts, 5, NULL, NULL, NULL, NULL, &vote);
    if (!status) status = r0_answer_equal(r0, texts[0], texts[1], 0, &equal);
    if (!status) status = r0_repetition_share(r0, texts, 5, 0, share, NULL);
    if (!status) status = r0_text_repeats(r0, texts, 5, repeated);
    return status;
}

// One run with the k-th allocation failing. Returns whether k was beyond the last allocation.
static bool memory_try(test *t, const char *name, memory_scenario scenario, long k, bool forever)
{
    memory_fault fault = {0, k, forever, 0, 0};
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu";
    desc.threads = 2;
    desc.resize = memory_fault_resize;
    desc.user = &fault;
    r0_context *r0;
    r0_status status = r0_context_create(&desc, &r0);
    size_t before = r0 ? r0->bytes : 0;
    if (!status) {
        status = scenario(r0);
        CHECK(r0->bytes == before, "%s, allocation %ld: %zu bytes kept", name, k, r0->bytes - before);
    }
    bool reached = fault.count >= k && k > 0;
    CHECK(reached || status == R0_OK, "%s: %s", name, r0_error(r0));
    CHECK(status == R0_OK || status == R0_ERROR_MEMORY, "%s, allocation %ld: status %d", name, k, (int)status);
    CHECK(status == R0_OK || r0_error(r0)[0], "%s, allocation %ld: no text", name, k);
    r0_context_destroy(r0);
    CHECK(fault.live == 0 && fault.bytes == 0, "%s, allocation %ld: %ld blocks, %zu bytes leaked", name, k, fault.live,
          fault.bytes);
    return !reached;
}

static void memory_run(test *t, const char *name, memory_scenario scenario)
{
    long k = 1;
    while (k < 100000 && !memory_try(t, name, scenario, k, false)) k++;
    CHECK(k > 2 && k < 100000, "%s: %ld allocations", name, k - 1);
    for (long last = k, i = 1; i < last; i++) memory_try(t, name, scenario, i, true);
}

// The limit of the descriptor holds, and what it refuses is an error with a text.
static void memory_limit(test *t)
{
    for (size_t limit = 1 << 10; limit <= 1 << 22; limit <<= 1) {
        memory_fault fault = {0, 0, false, 0, 0};
        r0_context_desc desc = R0_ZERO;
        desc.device = "cpu";
        desc.threads = 1;
        desc.memory_limit = limit;
        desc.resize = memory_fault_resize;
        desc.user = &fault;
        r0_context *r0;
        r0_status status = r0_context_create(&desc, &r0);
        if (!status) status = memory_train(r0);
        CHECK(status == R0_OK || status == R0_ERROR_MEMORY, "limit %zu: %s", limit, r0_error(r0));
        CHECK(r0->peak_bytes <= limit, "limit %zu: %zu bytes", limit, r0->peak_bytes);
        CHECK(limit > 1 << 12 || status, "a model trains in %zu bytes?", limit);
        CHECK(limit < 1 << 22 || !status, "%s", r0_error(r0));
        r0_context_destroy(r0);
        CHECK(fault.live == 0, "limit %zu: %ld blocks leaked", limit, fault.live);
    }
}

// The report names what buffers are for, now and at the peak. Catches: a buffer under the wrong name, a peak that
// falls, bytes that stay after the release.
static void memory_report(test *t)
{
    r0_model_config config = test_small_config(R0_QWEN3);
    r0_memory_report before, with, after;
    r0_model *model;
    r0_trainer *trainer;
    r0_memory(t->r0, &before);
    CHECK(!r0_model_create(t->r0, &config, 1, &model) && !r0_trainer_create(model, NULL, &trainer));
    r0_memory(t->r0, &with);
    uint64_t weights = 4 * (uint64_t)r0_model_parameter_count(model);
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
    r0_memory(t->r0, &after);
    uint64_t parameters = with.purposes[R0_MEMORY_PARAMETERS].bytes;
    CHECK(parameters >= weights && parameters < 2 * weights);
    CHECK(with.purposes[R0_MEMORY_GRADIENTS].bytes >= weights && with.purposes[R0_MEMORY_MOMENTS].bytes >= 2 * weights);
    CHECK(with.buffers.bytes >= 4 * weights && with.host.bytes > with.buffers.bytes);
    CHECK(with.reserved.bytes == with.buffers.bytes, "the CPU device reserves nothing more");
    for (int i = 0; i < R0_MEMORY_COUNT; i++) {
        CHECK(after.purposes[i].bytes == before.purposes[i].bytes, "purpose %d", i);
        CHECK(after.purposes[i].peak_bytes >= with.purposes[i].bytes, "purpose %d", i);
    }
    CHECK(after.buffers.peak_bytes >= with.buffers.bytes && after.host.bytes == before.host.bytes);
}

static void test_memory(test *t)
{
    memory_report(t);
    memory_run(t, "context", memory_nothing);
    memory_run(t, "json", memory_json);
    memory_run(t, "votes", memory_votes);
    memory_run(t, "tokenizer", memory_tokenizer);
    memory_run(t, "generate", memory_generate);
    memory_run(t, "ask", memory_ask);
    memory_run(t, "train", memory_train);
    memory_run(t, "files", memory_files);
    memory_limit(t);
}
