// R-Zero in a world of your own, from its vocabulary to the evolved model; nothing of the arithmetic world is used. A
// question here is a word of letters, its answer the same letters in order: dbca, \boxed{abcd}. A base of 66,000
// weights sees a little of it; then challenger and solver go on alone, and the oracle only reports. About ten seconds.
//     cc -O2 -ffp-contract=off examples/07_own_world.c -o build/07_own_world -lm -lpthread -ldl
//     rm -rf build/own_world && build/07_own_world
// Expected output (seed 1: 85 of 120, then 104):
//   | iteration 0: ... of 120 right; 0 of 0 questions kept, 0 with the right label
//   | iteration 3: ... of 120 right; ... of 400 questions kept, ... with the right label
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST = 7, KINDS = 8, BATCH = 32, STEPS = 300, ASKED = 120 };

// -- the world: what a question is, and all that is known of it --

static bool sort(r0_span word, char *sorted) // false: not 2 to LONGEST letters
{
    size_t n = 0;
    for (char c = 'a'; c < 'a' + KINDS; c++)
        for (size_t i = 0; i < word.size && word.size <= LONGEST; i++)
            if (word.data[i] == c) sorted[n++] = c;
    return sorted[n] = 0, n == word.size && n >= 2;
}
static bool valid(void *user, r0_span word) { return (void)user, sort(word, (char[LONGEST + 1]){0}); }
static bool equal(void *user, r0_span a, r0_span b) { return (void)user, (void)a, (void)b, false; } // unless identical
static r0_oracle_result oracle(void *user, r0_span word, char *answer, size_t capacity)
{
    return (void)user, capacity > LONGEST && sort(word, answer) ? R0_ORACLE_ANSWER : R0_ORACLE_ILL_POSED;
}
static bool vary(void *user, r0_span word, uint64_t key, char *varied, size_t capacity) // the same in another order
{
    int32_t order[LONGEST];
    if (word.size > LONGEST || word.size >= capacity) return (void)user, false;
    r0_random_order(key, order, word.size);
    for (size_t i = 0; i < word.size; i++) varied[i] = word.data[order[i]];
    return varied[word.size] = 0, true;
}

// A random word and its answer; one in eight, by its letters, is held out of the corpus and may be asked.
static void draw(uint64_t *random, bool held_out, char word[LONGEST + 1], char sorted[LONGEST + 1])
{
    uint64_t hash;
    do {
        int n = 0, length = 2 + (int)(r0_seed_derive(7, ++*random) % (LONGEST - 1));
        for (hash = 0; n < length; hash = r0_seed_derive(hash, (uint64_t)word[n++]))
            word[n] = (char)('a' + r0_seed_derive(7, ++*random) % KINDS);
        word[n] = 0, sort((r0_span){word, (size_t)n}, sorted);
    } while (held_out != (hash % 8 == 0));
}

// -- a base that has seen a little of it --

static r0_status pretrain(r0_context *r0, r0_tokenizer *words, r0_trainer *trainer)
{
    char word[LONGEST + 1], sorted[LONGEST + 1], text[64];
    uint64_t random = 0;
    r0_status status = R0_OK;
    for (int step = 0; !status && step < STEPS; step++) {
        r0_sequence batch[BATCH];
        r0_tokens tokens[BATCH] = R0_ZERO;
        for (int i = 0; !status && i < BATCH; i++) { // half of the documents ask, half answer
            draw(&random, false, word, sorted);
            const char *form = i % 2 ? "[Q]<question>%s</question>\\boxed{%s}<eos>" : "[S]%s<sep>\\boxed{%s}<eos>";
            r0_span document = {text, (size_t)snprintf(text, sizeof text, form, word, sorted)};
            status = r0_tokenizer_encode(words, document, R0_TOKENIZE_SPECIAL, &tokens[i]);
            batch[i] = (r0_sequence){tokens[i].ids, (int)tokens[i].count, i % 2 ? 1 : (int)strlen(word) + 2};
        }
        if (!status) status = r0_trainer_supervised(trainer, batch, BATCH, 3e-3f, NULL);
        for (int i = 0; i < BATCH; i++) r0_tokens_free(r0, &tokens[i]);
    }
    return status;
}

// -- and what it makes of itself --

static void report(void *user, const r0_iteration_result *r)
{
    (void)user, printf("iteration %d: %.0f of %d right; %d of %d questions kept, %d with the right label\n",
        r->iteration, r->scores[0].pass1 * ASKED, ASKED, r->kept, r->proposed, (int)(r->kept * r->label_accuracy + .5));
}

static r0_status evolve(r0_context *r0)
{
    static char text[ASKED][2][LONGEST + 1];
    static r0_bench_item items[ASKED];
    r0_evaluation_set set = {"letters", NULL, {items, ASKED, NULL}};
    r0_evolve_desc desc = {.model_folder = "build/own_world/base", .run_folder = "build/own_world/run", .seed = 1,
        .preset = "lasting", .task = {equal, "identical", valid, vary, oracle, NULL, NULL}, .on_iteration = report,
        .sets = &set, .set_count = 1};
    r0_status status = r0_evolve_preset(r0, desc.preset, &desc.config);
    r0_evolve_config *c = &desc.config;
    uint64_t random = 1u << 30;
    for (int i = 0; i < ASKED; i++) {
        draw(&random, true, text[i][0], text[i][1]);
        items[i].id = items[i].question = (r0_span){text[i][0], strlen(text[i][0])};
        items[i].answer = (r0_span){text[i][1], strlen(text[i][1])};
    }
    c->iterations = 3, c->challenger.steps = 8, c->questions = 400;
    c->challenger.sampling.max_new_tokens = c->question_sampling.max_new_tokens = 24;
    c->solver.sampling.max_new_tokens = c->vote_sampling.max_new_tokens = c->evaluation_tokens = 12;
    return status ? status : r0_evolve(r0, &desc, NULL);
}

int main(void)
{
    static const char *const vocabulary[] = {"<pad>", "<eos>", "[Q]", "[S]", "<sep>", "<question>", "</question>",
        "\\boxed{", "}", "a", "b", "c", "d", "e", "f", "g", "h"}; // the texts of the preset's prompts, and letters
    r0_model_config shape = {.architecture = R0_QWEN3, .vocab_size = 17, .hidden_size = 64, .intermediate_size = 128,
        .layers = 2, .heads = 4, .kv_heads = 2, .head_dim = 16, .max_positions = 64, .rope_theta = 1e4, .qk_norm = true,
        .rms_norm_eps = 1e-6f, .tied_embeddings = true, .eos_tokens = {1}, .eos_count = 1, .bos_token = -1};
    r0_context *r0;
    r0_model *model = NULL;
    r0_tokenizer *words = NULL;
    r0_trainer *trainer = NULL;
    bool good = !r0_context_create(NULL, &r0) && !r0_tokenizer_create(r0, vocabulary, 17, 9, NULL, &words) &&
                !r0_model_create(r0, &shape, 1, &model) && !r0_trainer_create(model, NULL, &trainer) &&
                !pretrain(r0, words, trainer) && !r0_model_save(model, "build/own_world/base") &&
                !r0_tokenizer_save(words, "build/own_world/base") && !evolve(r0);
    if (!good) puts(r0_error(r0));
    r0_trainer_destroy(trainer), r0_model_destroy(model), r0_tokenizer_destroy(words), r0_context_destroy(r0);
    return !good;
}
