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

// A question of the tiny world in other words: word problems are told of another name and other things. The other
// families have no other words.
static bool tiny_vary(void *user, r0_span question, uint64_t key, char *varied, size_t capacity)
{
    char text[TINY_QUESTION], written[TINY_QUESTION];
    tiny_problem problem;
    tiny_random random = {key};
    (void)user;
    if (question.size >= sizeof text) return false;
    memcpy(text, question.data, question.size);
    text[question.size] = 0;
    if (!tiny_classify(text, &problem) || problem.family != TINY_WORD) return false;
    problem.name = tiny_random_below(&random, 4);
    problem.thing = tiny_random_below(&random, 3);
    tiny_problem_write(&problem, written);
    return snprintf(varied, capacity, "%s", written) < (int)capacity;
}

// "sums" is a world of any model that reads English, so it is asked for by name. With `grammar` a proposal that is no
// question of it is malformed.
static void world_sums(world *w, bool grammar)
{
    w->name = "sums", w->preset = "paper";
    w->task.oracle = sums_oracle, w->task.vary = sums_vary, w->task.valid = grammar ? sums_valid : sums_open;
}

// Models of the tiny world and of the ladder have these tokens; any other model has a world of its own.
static r0_status world_of(r0_context *r0, const char *folder, world *w)
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
