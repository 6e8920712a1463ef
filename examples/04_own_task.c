// R-Zero on a task of your own: you bring what only you can know, r0_evolve does the rest.
// Here the task is chains of sums, 7+5-3. It says which questions are allowed and when two answers are the same; and it
// knows the truth, which is only reported and never trained on. One short iteration, to be quick: r0 evolve does more.
//
//     cc -O2 -ffp-contract=off examples/04_own_task.c -o build/04_own_task -lm -lpthread -ldl
//     rm -rf build/own_task && build/04_own_task
//
// Expected output (the numbers depend on the model's weights):
//   | base: ... of 20 right
//   | iteration 1: ... of 20 right; kept ... of ... questions, ...% of the labels right
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The value of "7+5-3"; false when the text is no such chain.
static bool chain_value(r0_span question, long *value)
{
    const char *c = question.data, *end = c + question.size;
    long sign = 1;
    *value = 0;
    for (;;) {
        long number = 0;
        const char *digits = c;
        while (c < end && *c >= '0' && *c <= '9' && c - digits < 6) number = 10 * number + (*c++ - '0');
        if (c == digits) return false;
        *value += sign * number;
        if (c == end) return true;
        if (*c != '+' && *c != '-') return false;
        sign = *c++ == '-' ? -1 : 1;
    }
}

static bool is_chain(void *user, r0_span question)
{
    long value;
    (void)user;
    return chain_value(question, &value);
}

// Whole numbers are the same when their values are: "09" is "9".
static bool same_number(void *user, r0_span a, r0_span b)
{
    long x, y;
    (void)user;
    return chain_value(a, &x) && chain_value(b, &y) && x == y;
}

static r0_oracle_result truth(void *user, r0_span question, char *answer, size_t capacity)
{
    long value;
    (void)user;
    if (!chain_value(question, &value)) return R0_ORACLE_UNKNOWN;
    snprintf(answer, capacity, "%ld", value);
    return value < 0 ? R0_ORACLE_ILL_POSED : R0_ORACLE_ANSWER; // the model knows no negative numbers
}

static void report(void *user, const r0_iteration_result *r)
{
    (void)user;
    double right = r->scores[0].pass1 * r->scores[0].questions;
    if (r->iteration == 0) printf("base: %.1f of %d right\n", right, r->scores[0].questions);
    else printf("iteration %d: %.1f of %d right; kept %d of %d questions, %.0f%% of the labels right\n", r->iteration,
                right, r->scores[0].questions, r->kept, r->proposed, 100 * r->label_accuracy);
}

static r0_status evolve(r0_context *r0)
{
    static const char *const numbers[][2] = {
        {"iterations", "1"},       {"challenger.steps", "4"},      {"solver.steps", "4"},
        {"questions", "64"},       {"evaluation_samples", "4"},    {"challenger.groups", "2"},
        {"solver.groups", "12"},   {"challenger.mini_batches", "2"},
    };
    r0_evaluation_set set = {"chains", NULL, R0_ZERO};
    r0_evolve_desc desc = R0_ZERO;
    desc.model_folder = "examples/tiny";
    desc.run_folder = "build/own_task";
    desc.seed = 1;
    desc.preset = "tiny";
    desc.task.equal = same_number;
    desc.task.valid = is_chain;
    desc.task.oracle = truth;
    desc.sets = &set;
    desc.set_count = 1;
    desc.on_iteration = report;
    r0_status status = r0_bench_load(r0, "examples/tiny/heldout.jsonl", &set.bench);
    if (!status) r0_bench_sample(&set.bench, 20, 1);
    if (!status) status = r0_evolve_preset(r0, "tiny", &desc.config);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = r0_evolve_set(r0, &desc.config, numbers[i][0], numbers[i][1]);
    if (!status) status = r0_evolve(r0, &desc, NULL);
    r0_bench_free(r0, &set.bench);
    return status;
}

int main(void)
{
    r0_context *r0;
    r0_status status = r0_context_create(NULL, &r0);
    if (!status) status = evolve(r0);
    if (status) printf("%s\n", r0_error(r0));
    r0_context_destroy(r0);
    return status != R0_OK;
}
