// `r0 pretrain`: makes an embedded base from a fixed seed, on the corpus of its world (tiny_corpus.h, ladder_corpus.h).
// Same seed, same file.
#ifndef CMD_PRETRAIN_H
#define CMD_PRETRAIN_H

#include "cli.h"
#include "ladder_corpus.h"
#include "tiny_corpus.h"

enum { PRETRAIN_BATCH = 32, PRETRAIN_POOL = 16, PRETRAIN_WARMUP = 100, PRETRAIN_TOKENS = 192, PRETRAIN_LEVELS = 32 };

// What pretraining asks of a world.
typedef struct pretrain_world {
    const char *name, *folder;
    int stages, seed;    // seed: of the base that the repository holds
    int answer;          // tokens of a solution at most
    int levels;          // the ladder's longest documents; 0: those of the recipe
    tiny_set held_out;   // what the corpus leaves out; with levels, it also tells how good the base is
    tiny_corpus tiny;
    ladder_corpus ladder;
} pretrain_world;

static bool pretrain_is_tiny(const pretrain_world *world) { return world->stages > 1; }

static void pretrain_world_open(pretrain_world *world, const char *name)
{
    bool tiny = !strcmp(name, "tiny");
    world->name = tiny ? "tiny" : "ladder";
    world->folder = tiny ? "examples/tiny" : "examples/ladder";
    world->stages = tiny ? TINY_STAGES : 1;
    world->seed = tiny ? 7 : 8;
    world->answer = tiny ? 72 : 88;
    if (tiny) tiny_set_add_held_out(&world->held_out), tiny_set_add_transfer(&world->held_out);
    else ladder_set_add(&world->held_out);
}

static int pretrain_world_steps(const pretrain_world *world, int stage)
{
    return pretrain_is_tiny(world) ? tiny_stages[stage - 1].steps : ladder_steps;
}

static double pretrain_world_rate(const pretrain_world *world, int stage)
{
    return pretrain_is_tiny(world) ? tiny_stages[stage - 1].learning_rate : ladder_learning_rate;
}

static void pretrain_world_begin(pretrain_world *world, uint64_t seed, int stage, int steps)
{
    if (pretrain_is_tiny(world)) tiny_corpus_init(&world->tiny, seed, stage, &world->held_out);
    else ladder_corpus_init(&world->ladder, seed, (int64_t)steps * PRETRAIN_BATCH, &world->held_out);
    if (world->levels) world->ladder.levels = world->levels;
}

static void pretrain_world_next(pretrain_world *world, char text[TINY_DOCUMENT], int *prompt_bytes)
{
    if (pretrain_is_tiny(world)) tiny_corpus_next(&world->tiny, text, TINY_DOCUMENT, prompt_bytes);
    else ladder_corpus_next(&world->ladder, text, TINY_DOCUMENT, prompt_bytes);
}

static tiny_random *pretrain_world_random(pretrain_world *world)
{
    return pretrain_is_tiny(world) ? &world->tiny.random : &world->ladder.random;
}

typedef struct pretrain_document {
    int32_t tokens[PRETRAIN_TOKENS];
    int length, prompt_length;
} pretrain_document;

// A pool of 16 batches, sorted by length and cut into batches, which are then drawn in random order.
typedef struct pretrain_state {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    r0_trainer *trainer;
    pretrain_world world;
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
        pretrain_world_next(&s->world, text, &prompt_bytes);
        r0_status status = pretrain_encode(s, text, prompt_bytes, &s->pool[i]);
        if (status) return status;
    }
    qsort(s->pool, PRETRAIN_BATCH * PRETRAIN_POOL, sizeof s->pool[0], pretrain_shorter);
    for (int i = 0; i < PRETRAIN_POOL; i++) s->order[i] = i;
    for (int i = PRETRAIN_POOL - 1; i > 0; i--) {
        int j = tiny_random_below(pretrain_world_random(&s->world), i + 1), swapped = s->order[i];
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
static r0_status pretrain_stage(pretrain_state *s, r0_model *model, uint64_t seed, int stage, int steps)
{
    r0_trainer_desc desc = R0_ZERO;
    desc.beta2 = .98f;
    desc.weight_decay = .01f;
    r0_status status = r0_trainer_create(model, &desc, &s->trainer);
    if (status) return status;
    pretrain_world_begin(&s->world, seed, stage, steps);
    s->next = PRETRAIN_POOL;
    double mean = 0;
    time_t wall = time(NULL);
    int64_t tokens = 0;
    for (int step = 0; !status && step < steps; step++) {
        float loss = 0;
        status = pretrain_step(s, pretrain_rate(pretrain_world_rate(&s->world, stage), step, steps), &loss, &tokens);
        mean += (loss - mean) * (step ? .02 : 1);
        if (!status && cli_cancel(NULL)) status = R0_ERROR_CANCELLED;
        double seconds = difftime(time(NULL), wall) + 1e-3;
        if (step % 10 == 9 || step + 1 == steps) pretrain_report(stage, step + 1, steps, mean, tokens, seconds);
    }
    r0_trainer_destroy(s->trainer);
    return status;
}

// Greedy accuracy on the held-out questions of every level. A base that fails from some level on in one way has a
// cliff: votes agree there on what is wrong, and loops stay below it. It is found here, before any loop.
static r0_status pretrain_look(pretrain_state *s, r0_model *model, int *cliff)
{
    const tiny_set *set = &s->world.held_out;
    int count = tiny_set_count(set), asked[PRETRAIN_LEVELS + 1] = {0}, right[PRETRAIN_LEVELS + 1] = {0}, levels = 0;
    r0_sampling greedy = R0_ZERO;
    r0_rollouts rollouts;
    r0_span *questions = (r0_span *)calloc((size_t)count, sizeof *questions);
    *cliff = 0;
    if (!questions) return R0_ERROR_MEMORY;
    for (int i = 0; i < count; i++) {
        questions[i].data = set->items[i].key;
        questions[i].size = strlen(set->items[i].key);
    }
    greedy.max_new_tokens = s->world.answer;
    r0_status status = r0_ask(model, s->tokenizer, "[S]{question}<sep>", questions, count, 1, &greedy, &rollouts);
    for (int i = 0; !status && i < count; i++) {
        const tiny_item *item = &set->items[i];
        r0_span answer;
        bool boxed = r0_answer_extract(rollouts.items[i].text, R0_ANSWER_BOXED, &answer);
        int level = item->level < PRETRAIN_LEVELS ? item->level : PRETRAIN_LEVELS;
        asked[level]++;
        size_t size = strlen(item->answer);
        right[level] += boxed && answer.size == size && !memcmp(answer.data, item->answer, size);
        levels = level > levels ? level : levels;
    }
    if (!status) r0_rollouts_free(s->r0, &rollouts);
    free(questions);
    if (status) return status;
    printf("greedy accuracy by level:");
    for (int k = 1; k <= levels; k++) printf(" %.2f", asked[k] ? (double)right[k] / asked[k] : 0.0);
    if (s->world.levels && s->world.levels < levels) levels = s->world.levels; // above them no document has taught it
    *cliff = ladder_cliff(right, asked, levels);
    printf("\n");
    return R0_OK;
}

// A folder that holds another tokenizer would keep it, and the new weights mean nothing with it: refused at once.
static r0_status pretrain_check_out(r0_context *r0, const char *from, const char *out)
{
    const char *const folders[] = {from, out};
    char path[2][2048], *text[2] = {NULL, NULL};
    size_t size[2] = {0, 0};
    r0_status status = R0_OK;
    for (int i = 0; i < 2; i++) snprintf(path[i], sizeof path[i], "%s/tokenizer.json", folders[i]);
    if (!r0i_file_exists(path[0]) || !r0i_file_exists(path[1])) return R0_OK;
    for (int i = 0; !status && i < 2; i++)
        status = r0i_file_read_within(r0, path[i], R0I_MOST_DOCUMENT, &text[i], &size[i]);
    if (!status && (size[0] != size[1] || memcmp(text[0], text[1], size[0])))
        status = r0i_fail(r0, R0_ERROR_FILE, "%s differs from %s: a model with another tokenizer is there; name "
                          "another --out", path[1], path[0]);
    for (int i = 0; i < 2; i++) r0i_free(r0, text[i]);
    return status;
}

// Copies what other commands need beside the weights, where `out` does not have it: `out` may be `from`.
static bool pretrain_complete(const char *from, const char *out)
{
    static const char *const names[] = {"tokenizer.json", "tokenizer_config.json", "heldout.jsonl", "transfer.jsonl"};
    char path[2048];
    for (int i = 0; i < CLI_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", out, names[i]);
        if (!r0i_file_exists(path) && !cli_copy(from, out, names[i])) return false;
    }
    return true;
}

// The held-out sets are the world's: where `from` has none (a folder of another size), they are written anew.
static bool pretrain_write_sets(const pretrain_world *world, const char *out)
{
    bool tiny = pretrain_is_tiny(world), good = true;
    for (int transfer = 0; good && transfer < 1 + tiny; transfer++) {
        char path[2048];
        snprintf(path, sizeof path, "%s/%s", out, transfer ? "transfer.jsonl" : "heldout.jsonl");
        if (r0i_file_exists(path)) continue;
        tiny_set set = R0_ZERO;
        if (transfer) tiny_set_add_transfer(&set);
        else if (tiny) tiny_set_add_held_out(&set);
        else ladder_set_add(&set);
        good = tiny ? tiny_set_write(&set, path) : ladder_set_write(&set, path);
        if (!good) fprintf(stderr, "r0 pretrain: %s: cannot be written\n", path);
        tiny_set_free(&set);
    }
    return good;
}

static int cmd_pretrain(r0_context *r0, int argc, char **argv)
{
    static pretrain_state state;
    const char *world = "tiny", *from = NULL, *out = NULL;
    char folder[64];
    int seed = 0, percent = 100, levels = 0, cliff = 0;
    const cli_option options[] = {
        {"world", CLI_TEXT, &world, "tiny or ladder: what the corpus is about"},
        {"from", CLI_TEXT, &from, "folder with config.json and tokenizer.json; default: examples/WORLD"},
        {"out", CLI_TEXT, &out, "folder to write the model to; default: build/WORLD"},
        {"seed", CLI_INT, &seed, "seed of weights and corpus; 0: that of examples/WORLD"},
        {"levels", CLI_INT, &levels, "of the ladder's documents at most, 1..24 (default 24): a loop can climb higher"},
        {"percent", CLI_INT, &percent, "of the steps of the recipe: less is quicker and worse"},
    };
    int code = cli_parse("r0 pretrain: train an embedded base model from its own corpus", options, CLI_COUNT(options),
                         &argc, argv);
    if (code != CLI_GO) return code;
    if (percent < 1 || percent > 100)
        return fprintf(stderr, "r0 pretrain: --percent %d is not within 1..100\n", percent), CLI_USAGE;
    if (strcmp(world, "tiny") && strcmp(world, "ladder"))
        return fprintf(stderr, "r0 pretrain: --world %s is neither tiny nor ladder\n", world), CLI_USAGE;
    if (levels && (strcmp(world, "ladder") || levels < 1 || levels > LADDER_CORPUS_LEVELS))
        return fprintf(stderr, "r0 pretrain: --levels %d: the world ladder has 1..%d\n", levels, LADDER_CORPUS_LEVELS),
               CLI_USAGE;
    pretrain_world_open(&state.world, world);
    state.world.levels = levels;
    snprintf(folder, sizeof folder, "build/%s", state.world.name);
    if (!from) from = state.world.folder;
    if (!out) out = folder;
    if (!seed) seed = state.world.seed;
    r0_model_config config;
    r0_model *model = NULL;
    state.r0 = r0;
    r0_status status = pretrain_check_out(r0, from, out);
    if (!status) status = r0_model_config_read(r0, from, &config);
    if (!status) status = r0_tokenizer_load(r0, from, &state.tokenizer);
    if (!status) status = r0_model_create(r0, &config, (uint64_t)seed, &model);
    for (int stage = 1; !status && stage <= state.world.stages; stage++) {
        int steps = pretrain_world_steps(&state.world, stage) * percent / 100;
        status = pretrain_stage(&state, model, (uint64_t)seed, stage, steps > 1 ? steps : 1);
    }
    if (!status) status = r0_model_save(model, out);
    if (!status)
        printf("wrote %s/model.safetensors: %lld parameters, seed %d\n", out,
               (long long)r0_model_parameter_count(model), seed);
    if (!status) status = pretrain_look(&state, model, &cliff);
    bool whole = !status && pretrain_complete(from, out) && pretrain_write_sets(&state.world, out);
    if (!status && cliff)
        fprintf(stderr, "warning: a cliff at level %d: loops stay below it; try another --seed\n", cliff);
    code = status ? cli_error(r0) : whole ? CLI_OK : CLI_FAILED;
    r0_model_destroy(model);
    r0_tokenizer_destroy(state.tokenizer);
    tiny_set_free(&state.world.held_out);
    return code;
}

#endif
