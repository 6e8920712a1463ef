// `r0 eval --compare A B`: two stored runs, question by question. Most of the spread of a benchmark is questions being
// easy or hard for both; in the difference it cancels, so this sees less than half of what two separate intervals hide.
#ifndef EVAL_COMPARE_H
#define EVAL_COMPARE_H

#include "eval_results.h"

typedef struct eval_stored {
    eval_results results;
    eval_judge *judge;   // NULL: the stored verdicts count
    FILE *copy;          // every line judged anew is written here; NULL: nowhere
    const char *copy_path;
    long long changed;   // verdicts
    char why[256];       // what is wrong with the current line
    bool reported;       // an error has been printed
    eval_response responses[EVAL_SAMPLES + 1];
} eval_stored;

// -- reading a stored run --

// Every question of a run has the same number of samples.
static bool eval_samples_agree(eval_results *results, const eval_question *q)
{
    if (q->skipped) return true;
    if (results->samples < 0) results->samples = q->samples;
    return results->samples == q->samples;
}

static r0_status eval_stored_judge(eval_stored *run, eval_question *q)
{
    r0_equality before[EVAL_SAMPLES + 1];
    for (int i = 0; !q->skipped && i <= q->samples; i++) before[i] = run->responses[i].equal;
    r0_status status = eval_judge_question(run->judge, q, run->responses);
    for (int i = 0; !status && !q->skipped && i <= q->samples; i++)
        run->changed += before[i] != run->responses[i].equal;
    if (!status && run->copy && eval_put_question(run->copy, run->copy_path, q, run->responses)) {
        run->reported = true;
        return R0_ERROR_FILE;
    }
    return status;
}

static r0_status eval_stored_line(void *user, int line, const r0_json *value)
{
    eval_stored *run = (eval_stored *)user;
    eval_question q;
    const char *wrong = eval_read_question(value, &q, run->responses);
    if (!wrong && !eval_samples_agree(&run->results, &q)) wrong = "another number of samples than the lines before";
    if (wrong) {
        snprintf(run->why, sizeof run->why, "line %d: %s", line, wrong);
        return R0_ERROR_FORMAT;
    }
    if (run->judge) {
        r0_status status = eval_stored_judge(run, &q);
        if (status) return status;
    }
    return eval_add(&run->results, &q, run->responses) ? R0_OK : R0_ERROR_MEMORY;
}

// Reads FOLDER/responses.jsonl into run->results.
static int eval_stored_read(r0_context *r0, const char *folder, eval_stored *run)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/responses.jsonl", folder);
    run->results.samples = -1;
    r0_status status = r0_json_lines(r0, path, eval_stored_line, run);
    if (!status && !run->results.count) return eval_fail("%s: holds no questions", path);
    if (!status) return CLI_OK;
    if (run->reported) return CLI_FAILED;
    return run->why[0] ? eval_fail("%s: %s", path, run->why) : cli_error(r0);
}

// -- comparing --

static int eval_entry_order(const void *a, const void *b)
{
    const eval_entry *x = (const eval_entry *)a, *y = (const eval_entry *)b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

// Keeps in both runs what both have, in the same order. Returns how many questions that are.
static size_t eval_pair(eval_results *a, eval_results *b)
{
    size_t i = 0, j = 0, kept = 0;
    qsort(a->entries, a->count, sizeof *a->entries, eval_entry_order);
    qsort(b->entries, b->count, sizeof *b->entries, eval_entry_order);
    while (i < a->count && j < b->count) {
        int order = strcmp(a->entries[i].key, b->entries[j].key);
        if (order) {
            if (order < 0) i++;
            else j++;
            continue;
        }
        eval_entry x = a->entries[kept], y = b->entries[kept]; // swapped, so that every text is freed once
        a->entries[kept] = a->entries[i], a->entries[i++] = x;
        b->entries[kept] = b->entries[j], b->entries[j++] = y;
        kept++;
    }
    return kept;
}

static void eval_print_comparison(const char *set, const char *metric, const double mean[2], const r0_comparison *c)
{
    bool noise = c->difference.low <= 0 && c->difference.high >= 0;
    printf("%-22s %-12s %.3f %.3f  %+.3f [%+.3f, %+.3f]  %8.3g  %5lld : %-5lld  %s\n", cli_text(set), metric, mean[0],
           mean[1], c->difference.value, c->difference.low, c->difference.high, c->p_value, (long long)c->a_better,
           (long long)c->b_better, noise ? "within noise" : c->difference.value > 0 ? "A is better" : "B is better");
}

static void eval_put_comparison(const char *set, const char *metric, size_t questions, const double mean[2],
                                const r0_comparison *c)
{
    static const char *const names[] = {"a", "b", "difference", "low", "high", "p"};
    const double values[] = {mean[0], mean[1], c->difference.value, c->difference.low, c->difference.high, c->p_value};
    printf("{");
    eval_put_text(stdout, "set", eval_span(set));
    printf(",\"metric\":\"%s\",\"questions\":%zu", metric, questions);
    for (int i = 0; i < CLI_COUNT(names); i++) {
        printf(",");
        eval_put_number(stdout, names[i], values[i]);
    }
    bool noise = c->difference.low <= 0 && c->difference.high >= 0;
    printf(",\"a_better\":%lld,\"b_better\":%lld,\"within_noise\":%s}", (long long)c->a_better, (long long)c->b_better,
           noise ? "true" : "false");
}

// One metric on one set (NULL: all), as a row or as JSON.
static int eval_compare_one(r0_context *r0, const eval_results *a, const eval_results *b, size_t count, const char *set,
                            int metric, bool json)
{
    double *x = (double *)malloc(2 * (count + 1) * sizeof *x), *y = x + count, mean[2] = {0, 0};
    size_t n = 0;
    r0_comparison comparison;
    char name[32];
    if (!x) return eval_fail("out of memory");
    for (size_t i = 0; i < count; i++) {
        if (set && strcmp(a->entries[i].set, set)) continue;
        x[n] = a->entries[i].score[metric], y[n] = b->entries[i].score[metric];
        mean[0] += x[n], mean[1] += y[n];
        n++;
    }
    mean[0] /= (double)n, mean[1] /= (double)n;
    r0_status status = r0_compare(r0, x, y, n, &comparison);
    free(x);
    if (status) return cli_error(r0);
    eval_metric_name(metric, a->samples == b->samples ? a->samples : 0, name, sizeof name);
    if (json) eval_put_comparison(set ? set : "all", name, n, mean, &comparison);
    else eval_print_comparison(set ? set : "all", name, mean, &comparison);
    return CLI_OK;
}

static int eval_compare_print(r0_context *r0, const eval_results *a, const eval_results *b, size_t count)
{
    eval_results paired = *a;
    const char *names[EVAL_SETS];
    paired.count = count;
    int sets = eval_set_names(&paired, names), rows = sets + (sets > 1), code = CLI_OK;
    // Of different numbers of samples the shares compare, the majorities and pass rates do not.
    int metrics = a->samples <= 0 || b->samples <= 0 ? 1 : a->samples == b->samples ? EVAL_METRICS : EVAL_MAJORITY;
    if (a->samples != b->samples)
        printf("A has %d samples a question, B %d: majority and pass are not compared\n", a->samples, b->samples);
    printf("%-22s %-12s %-5s %-5s  %-23s  %8s  %-13s\n", "set", "metric", "A", "B", "A - B [95 %]", "p",
           "A : B better");
    for (int json = 0; json < 2; json++) {
        if (json) printf("{\"compare\":[");
        for (int i = 0; i < rows * metrics && !code; i++) {
            if (json && i) printf(",");
            const char *set = i / metrics < sets ? names[i / metrics] : NULL;
            code = eval_compare_one(r0, a, b, count, set, i % metrics, json);
        }
        if (json) printf("]}\n");
    }
    return code;
}

static int eval_compare(r0_context *r0, const char *folder_a, const char *folder_b)
{
    eval_stored *runs = (eval_stored *)calloc(2, sizeof *runs);
    if (!runs) return eval_fail("out of memory");
    eval_results *a = &runs[0].results, *b = &runs[1].results;
    int code = eval_stored_read(r0, folder_a, &runs[0]);
    if (!code) code = eval_stored_read(r0, folder_b, &runs[1]);
    size_t kept = code ? 0 : eval_pair(a, b);
    if (!code && !kept) code = eval_fail("%s and %s have no question in common", folder_a, folder_b);
    if (!code) {
        printf("A  %s\nB  %s\n%zu questions in both", folder_a, folder_b, kept);
        if (a->count > kept || b->count > kept)
            printf("; left out: %zu that only A has, %zu that only B has", a->count - kept, b->count - kept);
        printf("\n\n");
        code = eval_compare_print(r0, a, b, kept);
    }
    eval_results_free(a);
    eval_results_free(b);
    free(runs);
    return code;
}

#endif
