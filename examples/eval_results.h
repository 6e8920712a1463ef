// What `r0 eval` knows of a question after its responses: judging, scores, the stored lines (responses.jsonl), tables.
// The stored lines hold every response in full, so that they can be judged again without the model.
#ifndef EVAL_RESULTS_H
#define EVAL_RESULTS_H

#include <math.h>
#include <stdarg.h>

#include "arrays.h"
#include "cli.h"
#include "mathruler.h"

enum { EVAL_SAMPLES = 256, EVAL_SETS = 32 };

// Scores of a question, each in [0, 1]: the greedy answer is right; the share of right samples; the chance that the
// majority of the samples is right, ties decided by lot; some sample is right.
enum { EVAL_GREEDY, EVAL_MEAN, EVAL_MAJORITY, EVAL_PASS, EVAL_METRICS };

typedef struct eval_response {
    r0_span text;   // without the end token
    r0_span answer; // a part of the text; data NULL: none
    int tokens;     // the end token counts
    bool finished;  // else it was cut off at the longest length
    r0_equality equal;
    const char *reason;
} eval_response;

typedef struct eval_question {
    r0_span set, id, question, gold;
    int choices;         // multiple choice when > 0
    const char *skipped; // why it was not asked; NULL: it was
    int samples;
    double majority;
} eval_question;

// One question in the results.
typedef struct eval_entry {
    char *set, *key; // the key tells a question from all others: set, id, question, gold
    size_t order;
    double score[EVAL_METRICS];
    int responses, unfinished, unboxed, undecided;
    bool skipped;
    double tokens;   // of all samples; of the greedy response where there are none
} eval_entry;

typedef struct eval_results {
    eval_entry *entries; // growing
    size_t count;
    int samples; // k; -1: not known yet
} eval_results;

typedef struct eval_judge {
    r0_context *r0;
    bool mathruler;  // judged by it, else by r0_answer_equal
    bool any;        // answers without a box count as well
    bool failed;     // a comparison ran out of memory
} eval_judge;

static const char *const eval_modes[] = {"strict", "mathruler"};
static const char *const eval_verdicts[] = {"wrong", "right", "undecided"}; // as r0_equality counts

static int eval_fail(const char *format, ...)
{
    char text[2048];
    va_list list;
    cli_clear_bar();
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "%s: %s\n", cli.name, cli_text(text));
    return CLI_FAILED;
}

static r0_span eval_span(const char *text)
{
    r0_span span = {text, strlen(text)};
    return span;
}

static bool eval_same(r0_span a, r0_span b)
{
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

// -- judging --

// The answer of a response. Of a multiple choice, the letter in what was boxed: "(C)" and "\text{C. both}" are C.
static void eval_extract(const eval_judge *judge, const eval_question *q, eval_response *response)
{
    unsigned forms = R0_ANSWER_BOXED;
    r0_span letter;
    if (judge->any) forms |= R0_ANSWER_HASHES | R0_ANSWER_PHRASE;
    if (judge->any) forms |= q->choices ? R0_ANSWER_CHOICE : R0_ANSWER_MATH | R0_ANSWER_NUMBER;
    if (!r0_answer_extract(response->text, forms, &response->answer) || !response->answer.size) {
        memset(&response->answer, 0, sizeof response->answer);
    } else if (q->choices && r0_answer_extract(response->answer, R0_ANSWER_CHOICE, &letter)) {
        response->answer = letter;
    }
    if (q->choices && response->answer.size == 1 && *response->answer.data >= 'a' && *response->answer.data <= 'j') {
        response->answer.data = "ABCDEFGHIJ" + (*response->answer.data - 'a'); // "Answer: b"
    }
}

static r0_verdict eval_verdict(eval_judge *judge, r0_span gold, r0_span answer)
{
    if (judge->mathruler) return mathruler_grade(judge->r0, gold, answer);
    r0_verdict verdict = R0_ZERO;
    if (r0_answer_equal(judge->r0, gold, answer, 0, &verdict)) judge->failed = true;
    return verdict;
}

static void eval_judge_one(eval_judge *judge, const eval_question *q, eval_response *response)
{
    r0_verdict verdict = {R0_UNEQUAL, "no answer", 0};
    eval_extract(judge, q, response);
    if (response->answer.data) verdict = eval_verdict(judge, q->gold, response->answer);
    response->equal = verdict.equal;
    response->reason = verdict.reason;
}

// Is `a` an acceptable form of `b`?
static bool eval_equal(void *user, r0_span a, r0_span b)
{
    return eval_verdict((eval_judge *)user, b, a).equal == R0_EQUAL;
}

// The chance that the majority of the samples is right.
static r0_status eval_majority(eval_judge *judge, const eval_response *samples, int k, double *majority)
{
    r0_span answers[EVAL_SAMPLES] = R0_ZERO;
    int cluster[EVAL_SAMPLES], counts[EVAL_SAMPLES], answer_count = 0, right = -1;
    r0_vote vote;
    *majority = 0;
    for (int i = 0; i < k; i++) answers[i] = samples[i].answer;
    r0_status status = r0_vote_count(judge->r0, answers, k, NULL, eval_equal, judge, cluster, &vote);
    for (int i = 0; !status && i < k; i++) {
        if (cluster[i] != i) continue;
        counts[answer_count] = 0;
        for (int j = i; j < k; j++) counts[answer_count] += cluster[j] == i;
        if (right < 0 && samples[i].equal == R0_EQUAL) right = answer_count;
        answer_count++;
    }
    return status ? status : r0_majority_at_k(judge->r0, counts, answer_count, right, k, k, majority);
}

// Judges the greedy response, responses[0], and the samples behind it.
static r0_status eval_judge_question(eval_judge *judge, eval_question *q, eval_response *responses)
{
    q->majority = 0;
    for (int i = 0; !q->skipped && i <= q->samples; i++) eval_judge_one(judge, q, &responses[i]);
    r0_status status = R0_OK;
    if (!q->skipped && q->samples) status = eval_majority(judge, responses + 1, q->samples, &q->majority);
    return judge->failed ? R0_ERROR_MEMORY : status;
}

// -- results --

// What two runs must share to be about the same question.
static char *eval_key(const eval_question *q)
{
    const r0_span parts[] = {q->set, q->id, q->question, q->gold};
    size_t size = 0;
    for (int i = 0; i < 4; i++) size += parts[i].size + 1;
    char *key = (char *)malloc(size), *at = key;
    for (int i = 0; key && i < 4; i++) {
        memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
        *at++ = i < 3 ? '\n' : 0;
    }
    return key;
}

static void eval_score(eval_entry *entry, const eval_question *q, const eval_response *responses)
{
    int k = q->samples, correct = 0;
    entry->skipped = q->skipped != NULL;
    for (int i = 0; !q->skipped && i <= k; i++) {
        entry->responses++;
        entry->unfinished += !responses[i].finished;
        entry->unboxed += !responses[i].answer.data;
        entry->undecided += responses[i].equal == R0_UNDECIDED;
        if (i || !k) entry->tokens += responses[i].tokens;
        correct += i && responses[i].equal == R0_EQUAL;
    }
    if (q->skipped) return;
    entry->score[EVAL_GREEDY] = responses[0].equal == R0_EQUAL;
    entry->score[EVAL_MEAN] = k ? (double)correct / k : 0;
    entry->score[EVAL_MAJORITY] = q->majority;
    entry->score[EVAL_PASS] = correct > 0;
}

// Adds a judged question; false when memory ran out.
static bool eval_add(eval_results *results, const eval_question *q, const eval_response *responses)
{
    eval_entry *entry = arraddnptr(results->entries, 1);
    memset(entry, 0, sizeof *entry);
    entry->set = (char *)malloc(q->set.size + 1);
    entry->key = eval_key(q);
    entry->order = results->count++;
    if (!entry->set || !entry->key) return false;
    memcpy(entry->set, q->set.data, q->set.size);
    entry->set[q->set.size] = 0;
    eval_score(entry, q, responses);
    return true;
}

static void eval_results_free(eval_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        free(results->entries[i].set);
        free(results->entries[i].key);
    }
    arrfree(results->entries);
    memset(results, 0, sizeof *results);
}

// -- stored lines --

static void eval_put_text(FILE *file, const char *name, r0_span text)
{
    fprintf(file, "\"%s\":", name);
    cli_put_quoted(file, text);
}

static void eval_put_number(FILE *file, const char *name, double value)
{
    char text[32];
    r0_json_format(value, text, sizeof text);
    fprintf(file, "\"%s\":%s", name, text);
}

static void eval_put_response(FILE *file, const eval_response *r)
{
    fputc('{', file);
    eval_put_text(file, "text", r->text);
    fprintf(file, ",\"finished\":%s,\"tokens\":%d,", r->finished ? "true" : "false", r->tokens);
    if (r->answer.data) eval_put_text(file, "answer", r->answer);
    else fprintf(file, "\"answer\":null");
    fprintf(file, ",\"verdict\":\"%s\",", eval_verdicts[r->equal]);
    eval_put_text(file, "reason", eval_span(r->reason));
    fputc('}', file);
}

// One line of responses.jsonl, down to the disk.
static int eval_put_question(FILE *file, const char *path, const eval_question *q, const eval_response *responses)
{
    errno = 0;
    fputc('{', file);
    eval_put_text(file, "set", q->set);
    fputc(',', file), eval_put_text(file, "id", q->id);
    fputc(',', file), eval_put_text(file, "question", q->question);
    fputc(',', file), eval_put_text(file, "gold", q->gold);
    fprintf(file, ",\"choices\":%d", q->choices);
    if (q->skipped) {
        fputc(',', file), eval_put_text(file, "skipped", eval_span(q->skipped));
    } else {
        fprintf(file, ",\"greedy\":");
        eval_put_response(file, &responses[0]);
        fprintf(file, ",\"samples\":[");
        for (int i = 1; i <= q->samples; i++) {
            if (i > 1) fputc(',', file);
            eval_put_response(file, &responses[i]);
        }
        fprintf(file, "],");
        eval_put_number(file, "majority", q->majority);
    }
    fprintf(file, "}\n");
    if (!fflush(file) && !ferror(file)) return CLI_OK;
    return eval_fail("%s: cannot be written: %s", path, errno ? strerror(errno) : "unknown error");
}

static bool eval_read_response(const r0_json *value, eval_response *r)
{
    r0_span verdict = r0_json_get_text(value, "verdict");
    memset(r, 0, sizeof *r);
    r->text = r0_json_get_text(value, "text");
    r->answer = r0_json_get_text(value, "answer");
    r->tokens = (int)fmax(0, fmin(1e9, r0_json_get_number(value, "tokens", 0)));
    r->finished = r0_json_get_bool(value, "finished", false);
    r->reason = "";
    for (int i = 0; verdict.data && i < 3; i++)
        if (!strcmp(verdict.data, eval_verdicts[i])) {
            r->equal = (r0_equality)i;
            return r->text.data != NULL;
        }
    return false;
}

// Reads a stored line, verdicts included; what it holds is borrowed from `line`. Returns what is wrong, or NULL.
static const char *eval_read_question(const r0_json *line, eval_question *q, eval_response *responses)
{
    const r0_json *samples = r0_json_get(line, "samples");
    memset(q, 0, sizeof *q);
    q->set = r0_json_get_text(line, "set");
    q->id = r0_json_get_text(line, "id");
    q->question = r0_json_get_text(line, "question");
    q->gold = r0_json_get_text(line, "gold");
    q->choices = (int)fmax(0, fmin(1e6, r0_json_get_number(line, "choices", 0)));
    q->skipped = r0_json_get_text(line, "skipped").data;
    q->majority = r0_json_get_number(line, "majority", 0);
    if (!q->set.data || !q->id.data || !q->question.data || !q->gold.data)
        return "no texts \"set\", \"id\", \"question\", \"gold\"";
    if (q->skipped) return NULL;
    if (!eval_read_response(r0_json_get(line, "greedy"), &responses[0])) return "no response \"greedy\"";
    if (!samples || samples->type != R0_JSON_ARRAY || samples->count > EVAL_SAMPLES) return "no list \"samples\"";
    q->samples = (int)samples->count;
    for (int i = 0; i < q->samples; i++)
        if (!eval_read_response(&samples->items[i], &responses[i + 1])) return "a malformed response in \"samples\"";
    return NULL;
}

// -- tables --

static const char *eval_metric_name(int metric, int k, char *buffer, size_t size)
{
    static const char *const names[] = {"greedy", "mean@%d", "majority@%d", "pass@%d"};
    static const char *const plain[] = {"greedy", "mean", "majority", "pass"};
    if (k > 0 && metric) snprintf(buffer, size, names[metric], k);
    else snprintf(buffer, size, "%s", plain[metric]);
    return buffer;
}

typedef struct eval_summary {
    const char *name;
    size_t questions;
    long long responses, unfinished, unboxed, undecided, skipped;
    double tokens;
    r0_interval score[EVAL_METRICS];
} eval_summary;

// The set (NULL: all sets) in numbers.
static int eval_summarize(r0_context *r0, const eval_results *results, const char *set, eval_summary *s)
{
    double *scores = (double *)malloc((results->count + 1) * sizeof *scores);
    int metrics = results->samples > 0 ? EVAL_METRICS : 1;
    r0_status status = R0_OK;
    memset(s, 0, sizeof *s);
    s->name = set ? set : "all";
    if (!scores) return eval_fail("out of memory");
    for (int m = 0; !status && m < metrics; m++) {
        size_t count = 0;
        for (size_t i = 0; i < results->count; i++)
            if (!set || !strcmp(results->entries[i].set, set)) scores[count++] = results->entries[i].score[m];
        s->questions = count;
        status = r0_bootstrap_mean(r0, scores, count, &s->score[m]);
    }
    free(scores);
    for (size_t i = 0; i < results->count; i++) {
        const eval_entry *e = &results->entries[i];
        if (set && strcmp(e->set, set)) continue;
        s->responses += e->responses, s->unfinished += e->unfinished, s->unboxed += e->unboxed;
        s->undecided += e->undecided, s->skipped += e->skipped, s->tokens += e->tokens;
    }
    return status ? cli_error(r0) : CLI_OK;
}

// The names of the sets in order of appearance; at most EVAL_SETS.
static int eval_set_names(const eval_results *results, const char *names[EVAL_SETS])
{
    int count = 0;
    for (size_t i = 0; i < results->count; i++) {
        bool known = false;
        for (int s = 0; s < count && !known; s++) known = !strcmp(names[s], results->entries[i].set);
        if (!known && count < EVAL_SETS) names[count++] = results->entries[i].set;
    }
    return count;
}

static double eval_length(const eval_summary *s, int k)
{
    double asked = (double)s->questions - (double)s->skipped;
    return asked > 0 ? s->tokens / (asked * (k > 0 ? k : 1)) : 0;
}

static void eval_print_row(const eval_summary *s, int k)
{
    printf("%-22s %9zu", cli_text(s->name), s->questions);
    for (int m = 0; m < (k > 0 ? EVAL_METRICS : 1); m++)
        printf("  %.3f [%.3f, %.3f]", s->score[m].value, s->score[m].low, s->score[m].high);
    printf("  %10lld %10lld %7lld %9lld %7.1f\n", s->responses, s->unfinished, s->unboxed, s->undecided,
           eval_length(s, k));
}

static void eval_print_json(const eval_summary *s, int k)
{
    static const char *const names[] = {"greedy", "mean", "majority", "pass"};
    printf("{");
    eval_put_text(stdout, "set", eval_span(s->name));
    printf(",\"questions\":%zu,\"samples\":%d", s->questions, k > 0 ? k : 0);
    for (int m = 0; m < (k > 0 ? EVAL_METRICS : 1); m++) {
        printf(",\"%s\":{", names[m]);
        eval_put_number(stdout, "value", s->score[m].value);
        printf(","), eval_put_number(stdout, "low", s->score[m].low);
        printf(","), eval_put_number(stdout, "high", s->score[m].high);
        printf("}");
    }
    printf(",\"responses\":%lld,\"unfinished\":%lld,\"unboxed\":%lld,\"undecided\":%lld,\"skipped\":%lld,",
           s->responses, s->unfinished, s->unboxed, s->undecided, s->skipped);
    eval_put_number(stdout, "length", eval_length(s, k));
    printf("}");
}

// The table, a row for each set and one for all, and the same as JSON in the last line. `about` goes into that line.
static int eval_print(r0_context *r0, const eval_results *results, const char *about)
{
    const char *names[EVAL_SETS];
    eval_summary rows[EVAL_SETS + 1];
    char name[32];
    int sets = eval_set_names(results, names), count = sets + (sets > 1), k = results->samples;
    for (int i = 0; i < count; i++)
        if (eval_summarize(r0, results, i < sets ? names[i] : NULL, &rows[i])) return CLI_FAILED;
    printf("%-22s %9s", "set", "questions");
    for (int m = 0; m < (k > 0 ? EVAL_METRICS : 1); m++) {
        char title[48];
        snprintf(title, sizeof title, "%s [95 %%]", eval_metric_name(m, k, name, sizeof name));
        printf("  %-20s", title);
    }
    printf("  %10s %10s %7s %9s %7s\n", "responses", "unfinished", "unboxed", "undecided", "length");
    for (int i = 0; i < count; i++) eval_print_row(&rows[i], k);
    for (int i = 0; i < sets; i++)
        if (rows[i].skipped)
            printf("%s: %lld questions could not be asked and count as wrong\n", cli_text(rows[i].name),
                   rows[i].skipped);
    printf("{");
    eval_put_text(stdout, "about", eval_span(about));
    printf(",\"sets\":[");
    for (int i = 0; i < count; i++) {
        if (i) printf(",");
        eval_print_json(&rows[i], k);
    }
    printf("]}\n");
    return CLI_OK;
}

#endif
