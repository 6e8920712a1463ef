// `r0 pretrain`: makes the embedded tiny base from a fixed seed, on the corpus of tiny_corpus.h. Same seed, same file.
#ifndef CMD_PRETRAIN_H
#define CMD_PRETRAIN_H

#include "cli.h"
#include "tiny_corpus.h"

enum { PRETRAIN_BATCH = 32, PRETRAIN_POOL = 16, PRETRAIN_WARMUP = 100, PRETRAIN_TOKENS = 192 };

typedef struct pretrain_document {
    int32_t tokens[PRETRAIN_TOKENS];
    int length, prompt_length;
} pretrain_document;

// A pool of 16 batches, sorted by length and cut into batches, which are then drawn in random order.
typedef struct pretrain_state {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    r0_trainer *trainer;
    tiny_corpus corpus;
    pretrain_document pool[PRETRAIN_BATCH * PRETRAIN_POOL];
    int order[PRETRAIN_POOL]; // batches of the pool, shuffled
    int next;                 // in `order`
} pretrain_state;

static int pretrain_shorter(const void *a, const void *b)
{
    const pretrain_document *x = (const pretrain_document *)a, *y = (const pretrain_document *)b;
    if (x->length != y->length) return x->length - y->length;
    return memcmp(x->tokens, y->tokens, sizeof(int32_t) * (size_t)x->length); // a total order: qsort is not stable
}

// A document as tokens. The prompt and the response are encoded apart, so that the mask falls between tokens.
static r0_status pretrain_encode(pretrain_state *s, const char *text, int prompt_bytes, pretrain_document *document)
{
    const r0_span parts[2] = {{text, (size_t)prompt_bytes}, {text + prompt_bytes, strlen(text + prompt_bytes)}};
    document->length = 0;
    for (int i = 0; i < 2; i++) {
        r0_tokens tokens;
        r0_status status = r0_tokenizer_encode(s->tokenizer, parts[i], R0_TOKENIZE_SPECIAL, &tokens);
        if (status) return status;
        for (size_t k = 0; k < tokens.count && document->length < PRETRAIN_TOKENS; k++)
            document->tokens[document->length++] = tokens.ids[k];
        r0_tokens_free(s->r0, &tokens);
        if (!i) document->prompt_length = document->length;
    }
    return R0_OK;
}

static r0_status pretrain_fill(pretrain_state *s)
{
    for (int i = 0; i < PRETRAIN_BATCH * PRETRAIN_POOL; i++) {
        char text[TINY_DOCUMENT];
        int prompt_bytes;
        tiny_corpus_next(&s->corpus, text, sizeof text, &prompt_bytes);
        r0_status status = pretrain_encode(s, text, prompt_bytes, &s->pool[i]);
        if (status) return status;
    }
    qsort(s->pool, PRETRAIN_BATCH * PRETRAIN_POOL, sizeof s->pool[0], pretrain_shorter);
    for (int i = 0; i < PRETRAIN_POOL; i++) s->order[i] = i;
    for (int i = PRETRAIN_POOL - 1; i > 0; i--) {
        int j = tiny_random_below(&s->corpus.random, i + 1), swapped = s->order[i];
        s->order[i] = s->order[j];
        s->order[j] = swapped;
    }
    s->next = 0;
    return R0_OK;
}

// Warm-up, flat to the half, then linear to 5 %.
static double pretrain_rate(double peak, int step, int steps)
{
    double warm = step < PRETRAIN_WARMUP ? (step + 1.0) / PRETRAIN_WARMUP : 1, left = (steps - step) / (steps * .5);
    return peak * warm * (left >= 1 ? 1 : left > .05 ? left : .05);
}

static r0_status pretrain_step(pretrain_state *s, double rate, float *loss, int64_t *tokens)
{
    if (s->next == PRETRAIN_POOL) {
        r0_status status = pretrain_fill(s);
        if (status) return status;
    }
    r0_sequence batch[PRETRAIN_BATCH];
    const pretrain_document *documents = &s->pool[s->order[s->next++] * PRETRAIN_BATCH];
    for (int i = 0; i < PRETRAIN_BATCH; i++) {
        r0_sequence q = {documents[i].tokens, documents[i].length, documents[i].prompt_length};
        batch[i] = q;
        *tokens += q.length;
    }
    return r0_trainer_supervised(s->trainer, batch, PRETRAIN_BATCH, (float)rate, loss);
}

static void pretrain_report(int stage, int step, int steps, double loss, int64_t tokens, double seconds)
{
    r0_progress p;
    memset(&p, 0, sizeof p);
    p.phase = "pretrain", p.unit = "steps", p.iteration = stage, p.done = step, p.total = steps;
    p.seconds = seconds, p.rate = step / seconds, p.eta_seconds = (steps - step) / p.rate;
    cli_progress(NULL, &p);
    if (step % 500 == 0 || step == steps)
        fprintf(stderr, "stage %d step %d/%d loss %.4f, %.0f tokens/s\n", stage, step, steps, loss,
                (double)tokens / seconds);
}

// One stage: its own corpus schedule, a fresh optimizer, its own learning rate.
static r0_status pretrain_stage(pretrain_state *s, r0_model *model, uint64_t seed, int stage, int steps,
                                const tiny_set *held_out)
{
    r0_trainer_desc desc = R0_ZERO;
    desc.beta2 = .98f;
    desc.weight_decay = .01f;
    r0_status status = r0_trainer_create(model, &desc, &s->trainer);
    if (status) return status;
    tiny_corpus_init(&s->corpus, seed, stage, held_out);
    s->next = PRETRAIN_POOL;
    double mean = 0;
    time_t wall = time(NULL);
    int64_t tokens = 0;
    for (int step = 0; !status && step < steps; step++) {
        float loss = 0;
        status = pretrain_step(s, pretrain_rate(tiny_stages[stage - 1].learning_rate, step, steps), &loss, &tokens);
        mean += (loss - mean) * (step ? .02 : 1);
        if (!status && cli_cancel(NULL)) status = R0_ERROR_CANCELLED;
        double seconds = difftime(time(NULL), wall) + 1e-3;
        if (step % 10 == 9 || step + 1 == steps) pretrain_report(stage, step + 1, steps, mean, tokens, seconds);
    }
    r0_trainer_destroy(s->trainer);
    return status;
}

static int cmd_pretrain(r0_context *r0, int argc, char **argv)
{
    const char *from = "examples/tiny", *out = "build/tiny";
    int seed = 7, percent = 100;
    const cli_option options[] = {
        {"from", CLI_TEXT, &from, "folder with config.json and tokenizer.json"},
        {"out", CLI_TEXT, &out, "folder to write the model to"},
        {"seed", CLI_INT, &seed, "seed of weights and corpus"},
        {"percent", CLI_INT, &percent, "of the steps of the recipe: less is quicker and worse"},
    };
    int code = cli_parse("r0 pretrain: train the tiny base model from its own corpus, in three stages", options,
                         CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (percent < 1 || percent > 100)
        return fprintf(stderr, "r0 pretrain: --percent %d is not within 1..100\n", percent), CLI_USAGE;
    static pretrain_state state;
    tiny_set held_out = R0_ZERO;
    tiny_set_add_held_out(&held_out);
    tiny_set_add_transfer(&held_out);
    r0_model_config config;
    r0_model *model = NULL;
    state.r0 = r0;
    r0_status status = r0_model_config_read(r0, from, &config);
    if (!status) status = r0_tokenizer_load(r0, from, &state.tokenizer);
    if (!status) status = r0_model_create(r0, &config, (uint64_t)seed, &model);
    for (int stage = 1; !status && stage <= TINY_STAGES; stage++) {
        int steps = tiny_stages[stage - 1].steps * percent / 100;
        status = pretrain_stage(&state, model, (uint64_t)seed, stage, steps > 1 ? steps : 1, &held_out);
    }
    if (!status) status = r0_model_save(model, out);
    if (!status)
        printf("wrote %s/model.safetensors: %lld parameters, seed %d\n", out,
               (long long)r0_model_parameter_count(model), seed);
    code = status ? cli_error(r0) : CLI_OK;
    r0_model_destroy(model);
    r0_tokenizer_destroy(state.tokenizer);
    tiny_set_free(&held_out);
    return code;
}

#endif
