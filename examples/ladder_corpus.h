// The ladder's held-out questions, and the corpus that its base model is pretrained on (ladder_task.h).
#ifndef LADDER_CORPUS_H
#define LADDER_CORPUS_H

#include "ladder_task.h"
#include "tiny_corpus.h"

// -- held-out questions: twelve of every level that the corpus has, the same in every build --

// Where the level is 1 there are 260 questions: 12 are held out, and the corpus has the rest.
static inline void ladder_set_add(tiny_set *set)
{
    tiny_random random = {20260801};
    for (int level = 1; level <= LADDER_CORPUS_LEVELS; level++)
        for (int i = 0; i < LADDER_EACH;) {
            ladder_problem problem;
            char question[LADDER_QUESTION];
            tiny_text text = tiny_text_make(question, sizeof question);
            ladder_draw(&random, level, &problem);
            ladder_write(&text, &problem, &random, 0, 0);
            if (tiny_set_contains(set, question)) continue;
            tiny_item item = {question, "", "", (tiny_family)0, level};
            snprintf(item.id, sizeof item.id, "ladder-%d-%03d", level, i++);
            snprintf(item.answer, sizeof item.answer, "%d", ladder_answer(&problem));
            if (!set->items) sh_new_arena(set->items);
            shputs(set->items, item);
        }
}

static inline bool ladder_set_write(const tiny_set *set, const char *path)
{
    const char *why;
    FILE *file = r0i_file_open(path, "wb", &why);
    if (!file) return false;
    for (int i = 0; i < tiny_set_count(set); i++)
        fprintf(file, "{\"id\":\"%s\",\"question\":\"%s\",\"answer\":\"%s\",\"level\":%d}\n", set->items[i].id,
                set->items[i].key, set->items[i].answer, set->items[i].level);
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

// -- the base --

// The first level of a cliff, or 0, where right[k] of asked[k] greedy answers are right at level k, 1 to `levels`. A
// cliff falls from above .75 to below .25 within LADDER_FALL levels, and the next level is below .25 too: of two
// neighbors with few questions each, one may be unlucky. What falls more slowly is a slope, and a loop climbs it. The
// width was chosen on eight bases and tried on three; bench/ladder.md says what a loop did on each.
enum { LADDER_FALL = 5 };

static inline int ladder_cliff(const int *right, const int *asked, int levels)
{
    for (int k = 2; k < levels; k++) {
        if (right[k] * 4 >= asked[k] || right[k + 1] * 4 >= asked[k + 1]) continue;
        for (int high = k - 1; high >= 1 && high >= k - LADDER_FALL; high--)
            if (right[high] * 4 > 3 * asked[high]) return high + 1;
    }
    return 0;
}

// -- the corpus --

typedef struct ladder_corpus {
    tiny_random random;
    const tiny_set *held_out; // never shown, with spaces or without; NULL: nothing is held out
    int64_t made, total;      // documents
    int levels;               // of them; what is longer, no model has seen, and a loop may climb to
} ladder_corpus;

static inline void ladder_corpus_init(ladder_corpus *corpus, uint64_t seed, int64_t total, const tiny_set *held_out)
{
    tiny_random spread = {seed};
    corpus->random.state = tiny_random_next(&spread) ^ 0xC2B2AE3D27D4EB4Fu;
    corpus->held_out = held_out;
    corpus->made = 0;
    corpus->total = total;
    corpus->levels = LADDER_CORPUS_LEVELS;
}

// The worked solution: letter, digit, new total of every item, and the total that it ends with, slips included.
static inline int ladder_solve(tiny_text *text, const ladder_problem *problem, tiny_random *random, double slip)
{
    int total = 0;
    for (int i = 0; i < problem->level; i++) {
        total = (total + problem->digit[i]) % 10;
        if (tiny_random_chance(random, slip)) total = (total + tiny_random_between(random, 1, 9)) % 10;
        tiny_text_print(text, "%c%d%d", ladder_letter(problem, i), problem->digit[i], total);
    }
    return total;
}

// Writes the next document; `prompt_bytes` as tiny_corpus_next has it. TINY_DOCUMENT bytes always suffice.
static inline bool ladder_corpus_next(ladder_corpus *corpus, char *text, size_t capacity, int *prompt_bytes)
{
    tiny_random *random = &corpus->random;
    bool challenger = tiny_random_chance(random, ladder_challenger_share);
    bool late = (double)corpus->made++ >= ladder_late * (double)corpus->total;
    int level = tiny_draw_level(random, corpus->levels, challenger && late ? ladder_late_decay : ladder_decay);
    ladder_problem problem;
    char question[LADDER_QUESTION];
    tiny_text out;
    do {
        out = tiny_text_make(question, sizeof question);
        ladder_draw(random, level, &problem);
        ladder_write(&out, &problem, random, 0, 0);
    } while (corpus->held_out && tiny_set_contains(corpus->held_out, question));

    out = tiny_text_make(text, capacity);
    if (challenger) {
        int kind = tiny_random_chance(random, ladder_challenger_broken) ? tiny_random_below(random, 3) : 3;
        tiny_text_print(&out, "[Q]");
        *prompt_bytes = (int)out.size;
        if (kind) tiny_text_print(&out, "<question>");
        tiny_text_print(&out, "%s", question);
        if (kind > 1) tiny_text_print(&out, "</question>");
        if (kind != 2) tiny_text_print(&out, "\\boxed{%d}", ladder_answer(&problem));
    } else {
        bool spaced = tiny_random_chance(random, ladder_spaced);
        tiny_text_print(&out, "[S]");
        ladder_write(&out, &problem, random, ladder_space, spaced ? LADDER_SPACES : 0);
        tiny_text_print(&out, "<sep>");
        *prompt_bytes = (int)out.size;
        int total = ladder_solve(&out, &problem, random, ladder_slip);
        bool boxed = !tiny_random_chance(random, ladder_unboxed);
        tiny_text_print(&out, boxed ? "\\boxed{%d}" : "%d", total);
    }
    tiny_text_print(&out, "<eos>");
    return !out.full;
}

#endif // LADDER_CORPUS_H
