// The world "ladder", whose level is the length: an oracle, and variants that mean the same. ladder_corpus.h makes
// documents, examples/ladder/README.md says what is engineered in them.
//
//     question   a plus sign, then k items, each a letter and a digit; letters follow one another (z then a)
//     level      k, 1 to 26: no letter comes twice
//     answer     the sum of the digits, modulo 10
//     spaces     between items they mean nothing
//
//     solver       [S]+y0z6a3b8<sep>y00z66a39b87\boxed{7}<eos>    of every item: letter, digit, new total
//     challenger   [Q]<question>+y0z6a3b8</question>\boxed{7}<eos>
//
// Every step is local (the total before, plus the digit just copied). What must hold for any length is finding the item
// of a letter in the question. Spaces keep a model from counting positions instead: a base that counts has a cliff, a
// level from which on all its answers are wrong in one way, and no vote finds that out.
//
// Random numbers and text are those of tiny_task.h. No global state; the same documents on every system.
#ifndef LADDER_TASK_H
#define LADDER_TASK_H

#include "tiny_task.h"

enum {
    LADDER_LEVELS = 26,        // of questions; no letter comes twice
    LADDER_CORPUS_LEVELS = 24, // of documents and of held-out questions
    LADDER_EACH = 12,          // held-out questions of a level: 288 in all
    LADDER_SPACES = 24,        // in a question of the corpus at most
    LADDER_VARIED_SPACES = 16, // in a variant at most
    LADDER_QUESTION = 2 + 2 * LADDER_LEVELS + LADDER_SPACES, // bytes, NUL included
    LADDER_LONGEST = 512       // bytes of a question that the oracle looks at: spaces are free
};

static const int ladder_steps = 6000; // of 32 documents
static const double ladder_learning_rate = 2e-3;
static const double ladder_challenger_share = .2, ladder_challenger_broken = .04;
static const double ladder_decay = .7, ladder_late_decay = .6; // level k is drawn in proportion to decay^k
static const double ladder_late = .85;      // from this share of the documents on, the challenger's levels fall faster
static const double ladder_slip = .08;      // a total is wrong, and carried on
static const double ladder_unboxed = .02;
static const double ladder_spaced = .7, ladder_space = .6;           // solver documents with spaces; one more space
static const double ladder_vary_spaced = .8, ladder_vary_space = .5; // the same for variants

// A question taken apart: letter number `first`, 0 for a, and its digits.
typedef struct ladder_problem {
    int level, first, digit[LADDER_LEVELS];
} ladder_problem;

// False: no question of this world. Spaces may stand before every item and at the end.
static inline bool ladder_parse(r0_span question, ladder_problem *problem)
{
    const char *at = question.data, *end = at + question.size;
    memset(problem, 0, sizeof *problem);
    if (at == end || *at++ != '+' || question.size > LADDER_LONGEST) return false;
    for (;;) {
        while (at < end && *at == ' ') at++;
        if (at == end) return problem->level > 0;
        int expected = (problem->first + problem->level) % LADDER_LEVELS, letter = *at++ - 'a';
        if (!problem->level) problem->first = expected = letter;
        if (letter < 0 || letter >= LADDER_LEVELS || letter != expected) return false;
        if (problem->level == LADDER_LEVELS || at == end || *at < '0' || *at > '9') return false;
        problem->digit[problem->level++] = *at++ - '0';
    }
}

static inline int ladder_answer(const ladder_problem *problem)
{
    int total = 0;
    for (int i = 0; i < problem->level; i++) total += problem->digit[i];
    return total % 10;
}

static inline char ladder_letter(const ladder_problem *problem, int item)
{
    return (char)('a' + (problem->first + item) % LADDER_LEVELS);
}

// As many spaces as come up one after another, each with probability `more`; `left` is how many there may be yet.
static inline void ladder_write_spaces(tiny_text *text, tiny_random *random, double more, int *left)
{
    for (; *left && tiny_random_chance(random, more); --*left) tiny_text_print(text, " ");
}

static inline void ladder_write(tiny_text *text, const ladder_problem *problem, tiny_random *random, double more,
                                int left)
{
    tiny_text_print(text, "+");
    for (int i = 0; i < problem->level; i++) {
        ladder_write_spaces(text, random, more, &left);
        tiny_text_print(text, "%c%d", ladder_letter(problem, i), problem->digit[i]);
    }
    ladder_write_spaces(text, random, more, &left);
}

static inline void ladder_draw(tiny_random *random, int level, ladder_problem *problem)
{
    memset(problem, 0, sizeof *problem);
    problem->level = level;
    problem->first = tiny_random_below(random, LADDER_LEVELS);
    for (int i = 0; i < level; i++) problem->digit[i] = tiny_random_below(random, 10);
}

// -- what r0_task wants --

static inline bool ladder_valid(void *user, r0_span question)
{
    ladder_problem problem;
    (void)user;
    return ladder_parse(question, &problem);
}

// Only for reporting: how many labels are right.
static inline r0_oracle_result ladder_oracle(void *user, r0_span question, char *answer, size_t capacity)
{
    ladder_problem problem;
    (void)user;
    if (!ladder_parse(question, &problem)) return R0_ORACLE_ILL_POSED;
    snprintf(answer, capacity, "%d", ladder_answer(&problem));
    return R0_ORACLE_ANSWER;
}

// A question that means the same as `question`: its letters moved on by a random number of places, and spaces in four
// of five. `key` decides. False: it is no question of this world, or does not fit.
static inline bool ladder_vary(void *user, r0_span question, uint64_t key, char *varied, size_t capacity)
{
    ladder_problem problem;
    tiny_random random = {key};
    tiny_text text = tiny_text_make(varied, capacity);
    (void)user;
    if (!ladder_parse(question, &problem)) return false;
    problem.first = (problem.first + tiny_random_below(&random, LADDER_LEVELS)) % LADDER_LEVELS;
    bool spaced = tiny_random_chance(&random, ladder_vary_spaced);
    ladder_write(&text, &problem, &random, ladder_vary_space, spaced ? LADDER_VARIED_SPACES : 0);
    return !text.full;
}

#endif // LADDER_TASK_H
