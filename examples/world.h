// Which world a model belongs to, by its tokens: what the program knows of its questions, and the preset made for it.
#ifndef WORLD_H
#define WORLD_H

#include "ladder_task.h"
#include "sums_task.h"
#include "tiny_oracle.h"

typedef struct world {
    const char *name, *preset;
    r0_task task; // oracle, grammar and rewordings, as far as the world has them
} world;

// A question of the tiny world that means the same. Chains, word problems and variables are one arithmetic in three
// notations, so each becomes any of them; the summands of a sum change places, the numbers of a maximum are shuffled.
// Products and differences have no other form.
static inline bool tiny_vary(void *user, r0_span question, uint64_t key, char *varied, size_t capacity)
{
    static const tiny_family notations[] = {TINY_CHAIN, TINY_WORD, TINY_VAR};
    char text[TINY_QUESTION], written[TINY_QUESTION], number[TINY_DIGITS];
    tiny_problem p;
    tiny_random random = {key};
    (void)user;
    if (question.size >= sizeof text) return false;
    memcpy(text, question.data, question.size);
    text[question.size] = 0;
    if (!tiny_classify(text, &p) || p.family == TINY_MUL || p.family == TINY_SUB) return false;
    if (p.family == TINY_ADD && tiny_random_chance(&random, .5)) {
        memcpy(number, p.a, sizeof number);
        memcpy(p.a, p.b, sizeof number);
        memcpy(p.b, number, sizeof number);
    } else if (p.family == TINY_MAX) {
        for (int i = p.count; i > 0; i--) { // number 0 is p.first
            int k = tiny_random_below(&random, i + 1), *other = k ? &p.operand[k - 1] : &p.first, y = *other;
            *other = p.operand[i - 1], p.operand[i - 1] = y;
        }
    } else if (p.family != TINY_ADD) {
        p.family = notations[tiny_random_below(&random, p.count <= 9 ? 3 : 2)]; // letters end at j
        p.name = tiny_random_below(&random, 4);
        p.thing = tiny_random_below(&random, 3);
    }
    tiny_problem_write(&p, written);
    return snprintf(varied, capacity, "%s", written) < (int)capacity;
}

// The grammar, for the preset `lasting`: a family's form, in which nobody ever has fewer than no eggs (without this
// half, all votes agree that 7-6-8 is 0). It says whether there is an answer, never which.
static inline bool tiny_valid(void *user, r0_span question)
{
    char text[TINY_QUESTION], answer[TINY_ANSWER];
    tiny_problem p;
    (void)user;
    if (question.size >= sizeof text) return false;
    memcpy(text, question.data, question.size);
    text[question.size] = 0;
    return tiny_classify(text, &p) && tiny_answer(text, answer);
}

// "sums" is a world of any model that reads English, so it is asked for by name. With `grammar` a proposal that is no
// question of it is malformed.
static inline void world_sums(world *w, bool grammar)
{
    w->name = "sums", w->preset = "paper";
    w->task.oracle = sums_oracle, w->task.vary = sums_vary, w->task.valid = grammar ? sums_valid : sums_open;
}

// Models of the tiny world and of the ladder have these tokens; any other model has a world of its own.
static inline r0_status world_of(r0_context *r0, const char *folder, world *w)
{
    r0_tokenizer *tokenizer;
    memset(w, 0, sizeof *w);
    w->name = "", w->preset = "paper";
    r0_status status = r0_tokenizer_load(r0, folder, &tokenizer);
    if (status) return status;
    bool roles = r0_tokenizer_id(tokenizer, "[Q]") >= 0 && r0_tokenizer_id(tokenizer, "[S]") >= 0;
    bool tiny = roles && r0_tokenizer_id(tokenizer, "Tom") >= 0;
    r0_tokenizer_destroy(tokenizer);
    if (!roles) return R0_OK;
    w->name = w->preset = "tiny";
    w->task.oracle = tiny_oracle;
    w->task.vary = tiny_vary;
    if (!tiny) {
        w->name = "ladder", w->preset = "lasting";
        w->task.oracle = ladder_oracle, w->task.valid = ladder_valid, w->task.vary = ladder_vary;
    }
    return R0_OK;
}

#endif
