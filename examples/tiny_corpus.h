// The questions that are held out, and the corpus of documents that the tiny base model is pretrained on: tiny_task.h
// says what is in them.
//
//     tiny_set apart = R0_ZERO;                          // what the corpus must never show
//     tiny_set_add_held_out(&apart);                     // the 500 questions of examples/tiny/heldout.jsonl
//     tiny_set_add_transfer(&apart);                     // the 120 of examples/tiny/transfer.jsonl
//     tiny_corpus corpus;
//     tiny_corpus_init(&corpus, 7, 1, &apart);           // seed 7, stage 1
//     char text[TINY_DOCUMENT];
//     int prompt;
//     while (training) tiny_corpus_next(&corpus, text, sizeof text, &prompt);
//     tiny_set_free(&apart);
#ifndef TINY_CORPUS_H
#define TINY_CORPUS_H

#include <limits.h>

#include "arrays.h"
#include "tiny_task.h"

// -- sets: the questions that are held out, by their exact text --

enum { TINY_HELD_OUT = 500, TINY_TRANSFER = 120, TINY_UNLABELLED = 500 };

typedef struct tiny_item {
    char *key;   // the question
    char id[24]; // chain-3-017
    char answer[16];
    tiny_family family;
    int level;
} tiny_item;

typedef struct tiny_set {
    tiny_item *items; // a string map, in the order in which they came
} tiny_set;

static inline int tiny_set_count(const tiny_set *set)
{
    return (int)shlen(set->items);
}

static inline bool tiny_set_contains(const tiny_set *set, const char *question)
{
    tiny_item *items = set->items; // stb_ds writes to the pointer that it is given
    return items && shgeti(items, question) >= 0;
}

static inline void tiny_set_free(tiny_set *set)
{
    shfree(set->items);
}

// Adds a problem as number `index` of its family and level. False: its question is there already.
static inline bool tiny_set_add(tiny_set *set, const tiny_problem *problem, int index)
{
    char question[TINY_QUESTION], answer[TINY_ANSWER];
    tiny_problem_write(problem, question);
    if (tiny_set_contains(set, question) || !tiny_answer(question, answer)) return false;
    tiny_item item = {question, "", "", problem->family, problem->level};
    snprintf(item.id, sizeof item.id, "%s-%d-%03d", tiny_families[problem->family].name, problem->level % 100,
             index % 1000);
    snprintf(item.answer, sizeof item.answer, "%.15s", answer);
    if (!set->items) sh_new_arena(set->items); // which keeps copies of the keys
    shputs(set->items, item);
    return true;
}

// Level 1 has but 126 questions in chain and var and 64 in mul: an eighth is held out there, and the
// corpus keeps the rest.
static inline int tiny_held_out_limit(tiny_family family, int level)
{
    if (level > 1) return INT_MAX;
    return family == TINY_MUL ? 8 : family == TINY_CHAIN || family == TINY_VAR ? 15 : INT_MAX;
}

// Adds `total` distinct questions of families [from, to), in turn over all families and levels.
static inline void tiny_set_fill(tiny_set *set, uint64_t seed, tiny_family from, tiny_family to, int total)
{
    tiny_random random = {seed};
    for (int index = 0; total > 0; index++)
        for (int family = from; family < (int)to; family++)
            for (int level = 1; level <= tiny_families[family].levels && total > 0; level++) {
                if (index >= tiny_held_out_limit((tiny_family)family, level)) continue;
                tiny_problem problem;
                do tiny_problem_draw(&random, (tiny_family)family, level, &problem);
                while (!tiny_set_add(set, &problem, index));
                total--;
            }
}

// The benchmark: 500 questions over the five main families, the same in every build.
static inline void tiny_set_add_held_out(tiny_set *set)
{
    tiny_set_fill(set, 20250804, TINY_CHAIN, TINY_MAIN_FAMILIES, TINY_HELD_OUT);
}

// The transfer benchmark: 120 questions over max and sub.
static inline void tiny_set_add_transfer(tiny_set *set)
{
    tiny_set_fill(set, 20250805, TINY_MAIN_FAMILIES, TINY_FAMILIES, TINY_TRANSFER);
}

// Fixed questions for the baselines that have no challenger (TTRL, RENT, Intuitor): as many as the benchmark holds,
// over the same families and levels, none of them in the set yet. They need no answers, and none is written.
static inline void tiny_set_add_unlabelled(tiny_set *set)
{
    tiny_set_fill(set, 20250806, TINY_CHAIN, TINY_MAIN_FAMILIES, TINY_UNLABELLED);
}

static inline bool tiny_set_write_unlabelled(const tiny_set *set, int first, const char *path)
{
    const char *why;
    FILE *file = r0i_file_open(path, "wb", &why);
    if (!file) return false;
    for (int i = first; i < tiny_set_count(set); i++)
        fprintf(file, "{\"id\":\"train-%s\",\"question\":\"%s\"}\n", set->items[i].id, set->items[i].key);
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

// One JSON object per line: id, question, answer, family, level. No text of the generator needs escapes.
static inline bool tiny_set_write(const tiny_set *set, const char *path)
{
    const char *why;
    FILE *file = r0i_file_open(path, "wb", &why);
    if (!file) return false;
    for (int i = 0; i < tiny_set_count(set); i++) {
        const tiny_item *item = &set->items[i];
        fprintf(file, "{\"id\":\"%s\",\"question\":\"%s\",\"answer\":\"%s\",\"family\":\"%s\",\"level\":%d}\n",
                item->id, item->key, item->answer, tiny_families[item->family].name, item->level);
    }
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

// -- the corpus --

typedef enum tiny_style {
    TINY_WORKED,           // [S]7+5-3<sep>7+5=12;12-3=9;\boxed{9}<eos>
    TINY_DIRECT,           // [S]7+5-3<sep>\boxed{9}<eos>
    TINY_UNBOXED,          // [S]7+5-3<sep>7+5=12;12-3=9;9<eos>
    TINY_PROPOSAL,         // [Q]<question>7+5-3</question>\boxed{9}<eos>
    TINY_PROPOSAL_BARE,    // [Q]7+5-3<eos>
    TINY_PROPOSAL_NO_BOX,  // [Q]<question>7+5-3</question><eos>
    TINY_PROPOSAL_UNCLOSED // [Q]<question>7+5-3\boxed{9}<eos>
} tiny_style;

typedef struct tiny_corpus {
    tiny_random random;
    const tiny_stage *stage;
    const tiny_set *held_out; // never shown; NULL: nothing is held out
    tiny_problem problem;     // of the document made last, and the rest of it
    tiny_style style;
    char question[TINY_QUESTION], steps[TINY_SOLUTION], answer[TINY_ANSWER]; // the answer as written, slips included
} tiny_corpus;

// `stage` is 1, 2 or 3 (another value is taken as the nearest). The set is borrowed.
static inline void tiny_corpus_init(tiny_corpus *corpus, uint64_t seed, int stage, const tiny_set *held_out)
{
    memset(corpus, 0, sizeof *corpus);
    int index = stage < 1 ? 0 : stage > TINY_STAGES ? TINY_STAGES - 1 : stage - 1;
    corpus->stage = &tiny_stages[index];
    corpus->held_out = held_out;
    // Seeds are spread by one draw each, so that stages and neighboring seeds share no stretch of the counter.
    tiny_random spread = {seed};
    corpus->random.state = tiny_random_next(&spread) ^ (uint64_t)(index + 1) * 0xD1B54A32D192ED03u;
}

// The probability that belongs to a level, in an array of three.
static inline double tiny_by_level(const double schedule[3], int level)
{
    return schedule[level >= 3 ? 2 : level - 1];
}

static inline tiny_family tiny_draw_family(tiny_random *random, int families)
{
    int total = 0, family = 0;
    for (int i = 0; i < families; i++) total += tiny_families[i].weight;
    int at = tiny_random_below(random, total);
    while (at >= tiny_families[family].weight) at -= tiny_families[family++].weight;
    return (tiny_family)family;
}

// Level k with probability proportional to decay^k: climb with probability decay; who climbs past the top starts again.
static inline int tiny_draw_level(tiny_random *random, int levels, double decay)
{
    int level;
    do {
        level = 1;
        while (level <= levels && tiny_random_chance(random, decay)) level++;
    } while (level > levels);
    return level;
}

static inline tiny_style tiny_draw_style(tiny_random *random, bool challenger, double direct)
{
    if (challenger) {
        if (!tiny_random_chance(random, tiny_challenger_broken)) return TINY_PROPOSAL;
        int kind = tiny_random_below(random, 10);
        return kind < 4 ? TINY_PROPOSAL_BARE : kind < 7 ? TINY_PROPOSAL_NO_BOX : TINY_PROPOSAL_UNCLOSED;
    }
    if (tiny_random_chance(random, direct)) return TINY_DIRECT;
    return tiny_random_chance(random, tiny_solver_unboxed) ? TINY_UNBOXED : TINY_WORKED;
}

// Draws family and level, and then a question of both that is not held out: holding out must not bend the schedule.
static inline void tiny_draw_question(tiny_corpus *corpus, bool challenger)
{
    const tiny_stage *stage = corpus->stage;
    tiny_family family = tiny_draw_family(&corpus->random, challenger ? TINY_MAIN_FAMILIES : TINY_FAMILIES);
    double decay = challenger ? stage->challenger_decay : stage->solver_decay;
    int level = tiny_draw_level(&corpus->random, tiny_families[family].levels, decay);
    do {
        tiny_problem_draw(&corpus->random, family, level, &corpus->problem);
        tiny_problem_write(&corpus->problem, corpus->question);
    } while (corpus->held_out && tiny_set_contains(corpus->held_out, corpus->question));
}

// Writes the next document as text, to be encoded with special tokens parsed. `prompt_bytes`: how many leading bytes
// carry no loss: through <sep> for the solver; for the challenger the role token alone, which nothing predicts.
// False: it does not fit (TINY_DOCUMENT bytes always do).
static inline bool tiny_corpus_next(tiny_corpus *corpus, char *text, size_t capacity, int *prompt_bytes)
{
    bool challenger = tiny_random_chance(&corpus->random, tiny_challenger_share);
    tiny_draw_question(corpus, challenger);
    const char *q = corpus->question, *a = corpus->answer;
    const tiny_stage *stage = corpus->stage;
    int level = corpus->problem.level;
    tiny_slips slips = {tiny_by_level(stage->slip, level), stage->slips_follow_carry};
    tiny_solve(&corpus->problem, &corpus->random, &slips, corpus->steps, corpus->answer);
    corpus->style = tiny_draw_style(&corpus->random, challenger, tiny_by_level(stage->direct, level));

    tiny_text out = tiny_text_make(text, capacity);
    tiny_text_print(&out, "%s%s%s", challenger ? "[Q]" : "[S]", challenger ? "" : q, challenger ? "" : "<sep>");
    *prompt_bytes = (int)out.size;
    switch (corpus->style) {
    case TINY_WORKED: tiny_text_print(&out, "%s\\boxed{%s}", corpus->steps, a); break;
    case TINY_DIRECT: tiny_text_print(&out, "\\boxed{%s}", a); break;
    case TINY_UNBOXED: tiny_text_print(&out, "%s%s", corpus->steps, a); break;
    case TINY_PROPOSAL: tiny_text_print(&out, "<question>%s</question>\\boxed{%s}", q, a); break;
    case TINY_PROPOSAL_BARE: tiny_text_print(&out, "%s", q); break;
    case TINY_PROPOSAL_NO_BOX: tiny_text_print(&out, "<question>%s</question>", q); break;
    case TINY_PROPOSAL_UNCLOSED: tiny_text_print(&out, "<question>%s\\boxed{%s}", q, a); break;
    }
    tiny_text_print(&out, "<eos>");
    return !out.full;
}

#endif // TINY_CORPUS_H
