// A second family for the guard: sorting letters, up to lengths whose solution the corpus never shows. A question is a
// word of 2 to 14 letters from a to h; spaces mean nothing, and neither does the order. Solutions in the corpus are of
// 2 to 6 letters, one more with probability .7. Held out are 16 words of every length, by their letters. Variants:
//
//     1   the answer is the letters in order; the challenger's documents are as long as the solutions
//     2   the same; the challenger's go to 14 letters, one more with probability .8, and their box holds no answer
//     3   the answer is the letters from a to h, each with how often it comes: a2b0c3... The rest as in 2
//     4   as 3, but the box of the challenger's documents holds numbers at random
//
//     cc -std=c11 -O2 -ffp-contract=off -DVARIANT=4 bench/ladder/letters.c -o build/letters -lm -lpthread -ldl
//     build/letters FOLDER SEED ITERATIONS [FIELD=VALUE]...     FOLDER/base is made once; FOLDER/SEED is the run
//
// Preset `lasting` with shorter texts; fields as `r0 evolve --set` has them. Prints greedy right by length (of 16).
#ifndef VARIANT
#define VARIANT 4
#endif
#define R0_IMPLEMENTATION
#include "../../r0.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 6, LONGEST = 14, KINDS = 8, BATCH = 32, STEPS = 3000, EACH = 16, ROOM = 64,
       ANSWER = 2 * KINDS > LONGEST ? 2 * KINDS : LONGEST };
enum { ASKED = EACH * (LONGEST - 1) };

static bool solve(r0_span word, char *answer) // false: not 2 to LONGEST letters
{
    int count[KINDS] = {0}, letters = 0, n = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] == ' ') continue;
        if (word.data[i] < 'a' || word.data[i] >= 'a' + KINDS || ++letters > LONGEST) return false;
        count[word.data[i] - 'a']++;
    }
    for (int c = 0; c < KINDS; c++) {
        for (int k = 0; k < (VARIANT > 2 ? 1 : count[c]); k++) answer[n++] = (char)('a' + c);
        if (VARIANT > 2) answer[n++] = (char)(count[c] < 10 ? '0' + count[c] : '9');
    }
    return answer[n] = 0, letters >= 2 && (VARIANT < 3 || letters < 10 || strchr(answer, '9') == NULL);
}

static bool valid(void *user, r0_span word) { return (void)user, solve(word, (char[ANSWER + 1]){0}); }
static bool equal(void *user, r0_span a, r0_span b) { return (void)user, (void)a, (void)b, false; } // unless identical

static r0_oracle_result oracle(void *user, r0_span word, char *answer, size_t capacity)
{
    return (void)user, capacity > ANSWER && solve(word, answer) ? R0_ORACLE_ANSWER : R0_ORACLE_ILL_POSED;
}

static uint64_t below(uint64_t *random, uint64_t n) { return (*random = r0_seed_derive(*random, 1)) % n; }

// Spaces before letters, three in ten, at most 12: so that places say nothing.
static void space_out(uint64_t *random, const char *word, char *spaced)
{
    int n = 0;
    for (int left = 12; *word; word++) {
        for (; left && below(random, 10) < 3; left--) spaced[n++] = ' ';
        spaced[n++] = *word;
    }
    spaced[n] = 0;
}

// The same letters in another order, spaced out in four of five.
static bool vary(void *user, r0_span word, uint64_t key, char *varied, size_t capacity)
{
    int32_t order[LONGEST];
    char letters[LONGEST + 1], shuffled[LONGEST + 1] = "", answer[ANSWER + 1];
    size_t n = 0;
    (void)user;
    if (capacity < ROOM || !solve(word, answer)) return false;
    for (size_t i = 0; i < word.size; i++)
        if (word.data[i] != ' ') letters[n++] = word.data[i];
    r0_random_order(key, order, n);
    for (size_t i = 0; i < n; i++) shuffled[i] = letters[order[i]];
    if (below(&key, 5)) space_out(&key, shuffled, varied);
    else memcpy(varied, shuffled, n + 1);
    return true;
}

// A word of `length`; one in eight, by its letters, is held out of the corpus and may be asked.
static void draw(uint64_t *random, int length, bool held_out, char *word)
{
    uint64_t hash;
    do {
        for (int i = 0; i < length; i++) word[i] = (char)('a' + below(random, KINDS));
        word[length] = 0, hash = 0;
        for (int i = 0; i < length; i++) hash = r0_seed_derive(hash, (uint64_t)word[i]);
    } while (held_out != (hash % 8 == 0));
}

// One of five documents asks, four answer, 8 % of these with a letter that is wrong; seven of ten have spaces.
static int document(uint64_t *random, char *text, size_t capacity)
{
    char word[LONGEST + 1], spaced[ROOM], answer[ANSWER + 1];
    int length = 2, longest = SHOWN, more = 7;
    bool asks = !below(random, 5), far = asks && VARIANT > 1;
    if (far) longest = LONGEST, more = 8;
    while (length < longest && below(random, 10) < (uint64_t)more) length++;
    draw(random, length, false, word);
    solve((r0_span){word, strlen(word)}, answer);
    if (far && VARIANT < 4) strcpy(answer, "a");
    for (int i = 1; far && VARIANT == 4 && i < ANSWER; i += 2) answer[i] = (char)('0' + below(random, 4));
    if (asks) return snprintf(text, capacity, "[Q]<question>%s</question>\\boxed{%s}<eos>", word, answer), 1;
    if (below(random, 100) < 8) {
        uint64_t at = below(random, strlen(answer));
        answer[VARIANT > 2 ? at | 1 : at] = (char)(VARIANT > 2 ? '0' + below(random, 4) : 'a' + below(random, KINDS));
    }
    if (below(random, 10) < 7) space_out(random, word, spaced);
    else strcpy(spaced, word);
    return snprintf(text, capacity, "[S]%s<sep>\\boxed{%s}<eos>", spaced, answer), (int)strlen(spaced) + 2;
}

static r0_status pretrain(r0_context *r0, r0_tokenizer *words, r0_trainer *trainer, uint64_t random)
{
    r0_status status = R0_OK;
    for (int step = 0; !status && step < STEPS; step++) {
        r0_sequence batch[BATCH];
        r0_tokens tokens[BATCH] = R0_ZERO;
        float left = 2 * (1 - (float)step / STEPS), rate = 2e-3f * (left < 1 ? left : 1), loss;
        for (int i = 0; !status && i < BATCH; i++) {
            char text[2 * ROOM];
            int prompt = document(&random, text, sizeof text);
            status = r0_tokenizer_encode(words, (r0_span){text, strlen(text)}, R0_TOKENIZE_SPECIAL, &tokens[i]);
            batch[i] = (r0_sequence){tokens[i].ids, (int)tokens[i].count, prompt};
        }
        if (!status) status = r0_trainer_supervised(trainer, batch, BATCH, rate, &loss);
        if (step % 500 == 499) fprintf(stderr, "step %d: loss %.3f\n", step + 1, (double)loss);
        for (int i = 0; i < BATCH; i++) r0_tokens_free(r0, &tokens[i]);
    }
    return status;
}

static r0_status base(r0_context *r0, const char *folder)
{
    static const char *const vocabulary[] = {"<pad>", "<eos>", "[Q]", "[S]", "<sep>", "<question>", "</question>",
        "\\boxed{", "}", " ", "a", "b", "c", "d", "e", "f", "g", "h", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    const int count = (int)(sizeof vocabulary / sizeof *vocabulary);
    r0_model_config c = R0_ZERO;
    c.architecture = R0_QWEN3, c.vocab_size = count, c.hidden_size = 64, c.intermediate_size = 192, c.layers = 3;
    c.heads = c.kv_heads = 2, c.head_dim = 32, c.max_positions = 128, c.rms_norm_eps = 1e-6f, c.rope_theta = 1e12;
    c.qk_norm = c.tied_embeddings = true, c.eos_tokens[0] = c.eos_count = 1, c.bos_token = -1;
    r0_model *model = NULL;
    r0_tokenizer *words = NULL;
    r0_trainer *trainer = NULL;
    r0_status status = r0_tokenizer_create(r0, vocabulary, count, 9, NULL, &words);
    if (!status) status = r0_model_create(r0, &c, 1, &model);
    if (!status) status = r0_trainer_create(model, NULL, &trainer);
    if (!status) status = pretrain(r0, words, trainer, 1);
    if (!status) status = r0_model_save(model, folder);
    if (!status) status = r0_tokenizer_save(words, folder);
    r0_trainer_destroy(trainer), r0_model_destroy(model), r0_tokenizer_destroy(words);
    return status;
}

static int right[LONGEST + 1];

static r0_status by_length(void *user, int line, const r0_json *value)
{
    int length = atoi(r0_json_get_text(value, "id").data);
    const r0_json *greedy = r0_json_get(value, "greedy");
    (void)user, (void)line;
    right[length] += greedy && greedy->type == R0_JSON_TRUE;
    return R0_OK;
}

static void report(void *user, const r0_iteration_result *r)
{
    char path[600];
    snprintf(path, sizeof path, "%s/evaluation-%d.jsonl", (const char *)user, r->iteration);
    memset(right, 0, sizeof right);
    r0_context *r0;
    if (r0_context_create(NULL, &r0)) return;
    r0_json_lines(r0, path, by_length, NULL);
    r0_context_destroy(r0);
    printf("%2d  pass@1 %.3f greedy %.3f kept %d right %.3f confirmed %.2f | greedy by length:", r->iteration,
           r->scores[0].pass1, r->scores[0].greedy, r->kept, r->label_accuracy, r->confirmed);
    for (int n = 2; n <= LONGEST; n++) printf(" %d", right[n]);
    puts(""), fflush(stdout);
}

int main(int argc, char **argv)
{
    static char text[ASKED][2][ANSWER + 1], names[ASKED][16], folder[512], run[512];
    static r0_bench_item items[ASKED];
    static const char *const numbers[][2] = {{"questions", "256"}, {"challenger.sampling.max_new_tokens", "24"},
        {"question_sampling.max_new_tokens", "24"}, {"solver.sampling.max_new_tokens", "24"},
        {"vote_sampling.max_new_tokens", "24"}, {"evaluation_tokens", "24"}};
    r0_evaluation_set set = {"letters", NULL, {items, ASKED, NULL}};
    r0_evolve_desc desc = R0_ZERO;
    r0_context_desc one = R0_ZERO;
    r0_context *r0;
    uint64_t random = 1u << 30;
    if (argc < 4) return fprintf(stderr, "FOLDER SEED ITERATIONS [FIELD=VALUE]...\n"), 2;
    one.threads = 1, one.device = "cpu";
    if (r0_context_create(&one, &r0)) return 1;
    snprintf(folder, sizeof folder, "%s/base/model.safetensors", argv[1]);
    FILE *there = fopen(folder, "rb");
    snprintf(folder, sizeof folder, "%s/base", argv[1]);
    r0_status status = there ? R0_OK : base(r0, folder);
    if (there) fclose(there);
    for (int i = 0; i < ASKED; i++) {
        draw(&random, 2 + i / EACH, true, text[i][0]), solve((r0_span){text[i][0], strlen(text[i][0])}, text[i][1]);
        snprintf(names[i], sizeof names[i], "%d-%d", 2 + i / EACH, i % EACH);
        items[i].id = (r0_span){names[i], strlen(names[i])};
        items[i].question = (r0_span){text[i][0], strlen(text[i][0])};
        items[i].answer = (r0_span){text[i][1], strlen(text[i][1])};
    }
    snprintf(run, sizeof run, "%s/%s", argv[1], argv[2]);
    desc.model_folder = folder, desc.run_folder = run, desc.seed = (uint64_t)atoi(argv[2]), desc.preset = "lasting";
    desc.on_iteration = report, desc.user = run, desc.sets = &set, desc.set_count = 1;
    desc.task = (r0_task){equal, "identical", valid, vary, oracle, NULL, NULL};
    if (!status) status = r0_evolve_preset(r0, "lasting", &desc.config);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = r0_evolve_set(r0, &desc.config, numbers[i][0], numbers[i][1]);
    if (!status) status = r0_evolve_set(r0, &desc.config, "iterations", argv[3]);
    for (int i = 4; !status && i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) return fprintf(stderr, "%s: no FIELD=VALUE\n", argv[i]), 2;
        *value = 0, status = r0_evolve_set(r0, &desc.config, argv[i], value + 1);
    }
    if (!status) status = r0_evolve(r0, &desc, NULL);
    if (status) fprintf(stderr, "%s\n", r0_error(r0));
    r0_context_destroy(r0);
    return status != R0_OK;
}
