// report_write turns a run folder into report.html: one file, no network, no script, inline SVG, light and dark.
//
//     report_write(r0, "runs/2026-01-31");      // reads summary.json, metrics.jsonl, questions-1.jsonl, ... there
//
// The files are read as far as they are there. What is missing, a file or a field, leaves its chart out, and the page
// lists what it left out and why, so that a half-finished run can be looked at too.
//
//   summary.json       the run, and the evaluation of the base and of every iteration
//   metrics.jsonl      one line per training step, curation and evaluation
//   questions-N.jsonl  what the challenger proposed in iteration N, with the solver's votes
//
// Reading fills struct report; after it come the charts (one function per kind of chart), the tables, and the page.
#ifndef REPORT_H
#define REPORT_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_task.h"

enum {
    REPORT_ITERATIONS = 33,  // the base is number 0; later ones are left out
    REPORT_SETS = 7,         // set 0 is the benchmark itself
    REPORT_BINS = 33,        // of the agreement histogram
    REPORT_PARTS = 9,        // families or levels told apart
    REPORT_ROWS = 40,        // of a heat map
    REPORT_SERIES = 5,
    REPORT_ARMS = 16,        // of a page of several runs
    REPORT_THIN = 160,       // lines of single seeds
    REPORT_POINTS = 600,     // of a chart; more training steps than that are thinned out
    REPORT_SAMPLES = 14,     // questions shown per iteration
    REPORT_VOTES = 5,        // answers shown per question
    REPORT_MISSING = 64,
    REPORT_MISSING_TEXT = 256
};

// What a training step tells: X(field, its name in metrics.jsonl). Runs before version 0.2 have the field's name there.
#define REPORT_FIELDS(X)                                                                                               \
    X(reward_mean, "reward") X(reward_std, "reward_std") X(zero_variance, "frac_reward_zero_std") X(kl, "kl")          \
    X(entropy, "entropy") X(clip_low, "clip_ratio/low_mean") X(clip_high, "clip_ratio/high_mean")                      \
    X(grad_norm, "grad_norm") X(length_mean, "completions/mean_length") X(length_min, "completions/min_length")        \
    X(length_max, "completions/max_length") X(truncated, "completions/clipped_ratio")                                  \
    X(cluster_share, "cluster_share") X(valid, "valid")

typedef enum report_field {
#define X(field, name) REPORT_##field,
    REPORT_FIELDS(X)
#undef X
    REPORT_FIELD_COUNT
} report_field;

static const char *const report_field_names[][2] = {
#define X(field, name) {name, #field},
    REPORT_FIELDS(X)
#undef X
};

typedef struct report_step {
    int iteration;
    bool solver;
    double value[REPORT_FIELD_COUNT]; // NAN: not there
} report_step;

typedef struct report_score {
    bool there;
    double pass1, low, high, greedy, majority, pass_k; // shares of questions; NAN: not there
    double unboxed, unfinished; // shares of responses
} report_score;

// One iteration; number 0 is the base, which has scores only. Numbers that are not there are NAN.
typedef struct report_iteration {
    report_score score[REPORT_SETS];
    double proposed, valid, distinct, kept, label_accuracy, agreement, length, seconds;
    int bins;                               // of the histogram; 0: not there
    double histogram[REPORT_BINS];          // questions by how many of bins - 1 votes agreed
    double part[2][REPORT_PARTS];           // questions by family and by level
    double asked[11], right[11];            // labels with a known answer, by agreement in tenths; right ones
} report_iteration;

typedef struct report_series {
    const char *name;
    double y[REPORT_POINTS], low[REPORT_POINTS], high[REPORT_POINTS]; // NAN: no point, no interval
} report_series;

typedef enum report_kind { REPORT_LINES, REPORT_BARS, REPORT_STACKED } report_kind;

// One chart at a time is filled and drawn: this is the sheet.
typedef struct report_chart {
    report_kind kind;
    const char *title, *note, *x_title, *y_title;
    bool percent;            // values are shares
    bool full;               // the axis spans 0 to 100 %
    bool from_zero;          // the axis includes 0
    bool steps;              // x is the training step; otherwise what `labels` says
    int points, count, first; // first: label of point 0, for charts by iteration
    double bottom, top, tick; // the y axis
    double apart;            // of neighboring series by iteration, so that their intervals can be told apart
    bool banded;             // intervals as bands, not as whiskers
    report_series series[REPORT_ARMS];
    int thin_count;          // lines without markers, behind the others: series they belong to, values, names
    int thin_of[REPORT_THIN];
    double thin[REPORT_THIN][REPORT_ITERATIONS];
    const char *thin_name[REPORT_THIN];
} report_chart;

// Shares by row and iteration. Rows stand in the order in which they were met, the first one lowest.
typedef struct report_heat {
    char row[REPORT_ROWS][24];
    int rows;
    double sum[REPORT_ITERATIONS][REPORT_ROWS], count[REPORT_ITERATIONS][REPORT_ROWS];
} report_heat;

enum { REPORT_HEAT_ACCURACY, REPORT_HEAT_ASKED, REPORT_HEAT_VOTES, REPORT_HEATS };

typedef struct report_question {
    char text[640], own[96], label[96], oracle[96], verdict[24], answers[REPORT_VOTES][96];
    int counts[REPORT_VOTES], answer_count, more; // more: votes for answers that are not listed
    double agreement;
    int correct; // 1, 0, or -1: unknown
} report_question;

typedef struct report {
    r0_context *r0;
    const char *folder;
    FILE *out;
    char path[1032];         // where `out` writes until it is whole
    char unread[REPORT_MISSING_TEXT]; // the first file that is there and could not be read; "": none
    r0_json *summary;        // NULL: not there
    int iterations;          // the last iteration seen
    report_iteration iteration[REPORT_ITERATIONS];
    char set[REPORT_SETS][48];
    int sets;
    char part[2][REPORT_PARTS][24]; // names of families and levels
    int parts[2];
    report_heat heat[REPORT_HEATS];
    double draws;            // of a question in an evaluation: k of majority@k and pass@k
    report_step *steps;
    int step_count, step_capacity;
    bool out_of_memory;
    char missing[REPORT_MISSING][2][REPORT_MISSING_TEXT]; // what, and why
    int missing_count;
    report_chart chart;
    report_question samples[REPORT_SAMPLES];
    int sample_count, sample_kinds[8];
    int current;             // the iteration whose questions are being read
} report;

// -- writing --

#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 2, 3)))
#endif
static void report_put(report *r, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(r->out, format, list);
    va_end(list);
}

// What stands for a character in HTML; NULL: the character itself.
static const char *report_entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    default: return (unsigned char)c < 32 || c == 127 ? " " : NULL;
    }
}

// Text that may come from the run: nothing in it is markup.
static void report_text(report *r, const char *text)
{
    for (const char *c = text; *c; c++) {
        const char *entity = report_entity(*c);
        if (entity) fputs(entity, r->out);
        else fputc(*c, r->out);
    }
}

// Copies as much as fits, cut between characters, with an ellipsis where something was cut.
static void report_copy(char *to, size_t capacity, r0_span from)
{
    size_t size = from.size;
    if (size >= capacity) {
        size = capacity - 4;
        while (size && ((unsigned char)from.data[size] & 0xC0) == 0x80) size--;
    }
    if (size) memcpy(to, from.data, size);
    to[size] = 0;
    if (size < from.size) memcpy(to + size, "\xE2\x80\xA6", 4);
}

// `what` cannot be shown, because of `why`.
static void report_missing(report *r, const char *what, const char *why)
{
    if (r->missing_count == REPORT_MISSING) return;
    r0_span texts[2] = {{what, strlen(what)}, {why, strlen(why)}};
    for (int i = 0; i < 2; i++) report_copy(r->missing[r->missing_count][i], REPORT_MISSING_TEXT, texts[i]);
    r->missing_count++;
}

// A file that is there and cannot be read, or not to its end: the page lists it, and report_write fails with this text.
static void report_unread(report *r, const char *name)
{
    report_missing(r, name, r0_error(r->r0));
    if (!r->unread[0]) report_copy(r->unread, sizeof r->unread, r0i_span_of(r0_error(r->r0)));
}

// -- reading --

static double report_number(const r0_json *object, const char *key)
{
    return r0_json_get_number(object, key, NAN);
}

// The index of `name` in a list of names; it is added when there is room. -1: full.
static int report_name(char *names, size_t width, int capacity, int *count, r0_span name)
{
    char copy[64];
    report_copy(copy, width < sizeof copy ? width : sizeof copy, name);
    for (int i = 0; i < *count; i++)
        if (!strcmp(names + (size_t)i * width, copy)) return i;
    if (*count == capacity) return -1;
    memcpy(names + (size_t)*count * width, copy, strlen(copy) + 1);
    return (*count)++;
}

static int report_set(report *r, r0_span name)
{
    return report_name(r->set[0], sizeof r->set[0], REPORT_SETS, &r->sets, name);
}

static void report_read_score(report *r, report_score *score, const r0_json *object)
{
    const r0_json *interval = r0_json_get(object, "pass1_ci");
    if (!r0_json_get(object, "pass1") && !r0_json_get(object, "greedy")) return;
    score->there = true;
    score->majority = score->pass_k = NAN;
    score->pass1 = report_number(object, "pass1");
    score->greedy = report_number(object, "greedy");
    for (size_t i = 0; i < object->count; i++) { // majK and passK, for any K but 1
        const char *key = object->keys[i].data;
        int k;
        char end;
        if (sscanf(key, "maj%d%c", &k, &end) == 1) { // of one answer there is no majority
            r->draws = k;
            if (k > 1) score->majority = report_number(object, key);
        }
        if (sscanf(key, "pass%d%c", &k, &end) == 1 && k > 1) score->pass_k = report_number(object, key);
    }
    if (r0_json_get(object, "unboxed")) score->unboxed = report_number(object, "unboxed");
    if (r0_json_get(object, "unfinished")) score->unfinished = report_number(object, "unfinished");
    bool pair = interval && interval->type == R0_JSON_ARRAY && interval->count == 2;
    bool numbers = pair && interval->items[0].type == R0_JSON_NUMBER && interval->items[1].type == R0_JSON_NUMBER;
    score->low = numbers ? interval->items[0].number : NAN;
    score->high = numbers ? interval->items[1].number : NAN;
}

static void report_read_scores(report *r, int iteration, const r0_json *object)
{
    const r0_json *sets = r0_json_get(object, "sets");
    report_read_score(r, &r->iteration[iteration].score[0], object);
    // The benchmark may stand among the sets, under its name.
    if (!r->set[0][0] && sets && sets->type == R0_JSON_OBJECT && sets->count &&
        report_number(&sets->items[0], "pass1") == report_number(object, "pass1"))
        report_copy(r->set[0], sizeof r->set[0], sets->keys[0]);
    for (size_t i = 0; sets && sets->type == R0_JSON_OBJECT && i < sets->count; i++) {
        int set = report_set(r, sets->keys[i]);
        if (set >= 0) report_read_score(r, &r->iteration[iteration].score[set], &sets->items[i]);
    }
}

// Takes the number when it is there; what another file told before stays otherwise.
static void report_take(double *value, const r0_json *object, const char *key)
{
    *value = r0_json_get_number(object, key, *value);
}

static void report_read_histogram(report_iteration *it, const r0_json *histogram)
{
    if (!histogram || histogram->type != R0_JSON_ARRAY || histogram->count < 2) return;
    if (histogram->count > REPORT_BINS) return;
    it->bins = (int)histogram->count;
    for (int i = 0; i < it->bins; i++) {
        const r0_json *item = &histogram->items[i];
        it->histogram[i] = item->type == R0_JSON_NUMBER ? item->number : 0;
    }
}

// {"chain": 12, "word": 3}
static void report_read_parts(report *r, report_iteration *it, int which, const r0_json *parts)
{
    for (size_t i = 0; parts && parts->type == R0_JSON_OBJECT && i < parts->count; i++) {
        int part = report_name(r->part[which][0], sizeof r->part[which][0], REPORT_PARTS, &r->parts[which],
                               parts->keys[i]);
        if (part >= 0 && parts->items[i].type == R0_JSON_NUMBER) it->part[which][part] = parts->items[i].number;
    }
}

// A curation line of metrics.jsonl, or an iteration of summary.json: they share their names.
static void report_read_curation(report *r, int iteration, const r0_json *object)
{
    report_iteration *it = &r->iteration[iteration];
    report_take(&it->proposed, object, "proposed");
    report_take(&it->valid, object, "valid");
    report_take(&it->distinct, object, "distinct");
    report_take(&it->kept, object, "kept");
    report_take(&it->label_accuracy, object, "label_accuracy");
    report_take(&it->agreement, object, "agreement_mean");
    report_take(&it->agreement, object, "agreement");
    report_take(&it->length, object, "length");
    report_take(&it->seconds, object, "seconds");
    report_read_histogram(it, r0_json_get(object, "agreement_histogram"));
    report_read_histogram(it, r0_json_get(object, "agreement"));
    report_read_parts(r, it, 0, r0_json_get(object, "families"));
    report_read_parts(r, it, 1, r0_json_get(object, "levels"));
}

static void report_read_step(report *r, int iteration, bool solver, const r0_json *line)
{
    if (r->step_count == r->step_capacity) {
        int capacity = r->step_capacity ? 2 * r->step_capacity : 256;
        report_step *bigger = (report_step *)realloc(r->steps, (size_t)capacity * sizeof(report_step));
        if (!bigger) {
            r->out_of_memory = true;
            snprintf(r->unread, sizeof r->unread, "out of memory: the later training steps");
            return;
        }
        r->steps = bigger;
        r->step_capacity = capacity;
    }
    report_step *step = &r->steps[r->step_count++];
    step->iteration = iteration;
    step->solver = solver;
    for (int i = 0; i < REPORT_FIELD_COUNT; i++) {
        const char *const *names = report_field_names[i];
        step->value[i] = report_number(line, names[r0_json_get(line, names[0]) == NULL]);
    }
}

static bool report_is(r0_span text, const char *word)
{
    return text.size == strlen(word) && (text.size == 0 || !memcmp(text.data, word, text.size));
}

// The iteration that a line names; -1 when it names none, or one too many.
static int report_line_iteration(report *r, const r0_json *line)
{
    double number = report_number(line, "iteration");
    if (!(number >= 0 && number < REPORT_ITERATIONS)) return -1;
    if (number > r->iterations) r->iterations = (int)number;
    return (int)number;
}

static r0_status report_read_metrics_line(void *user, int number, const r0_json *line)
{
    report *r = (report *)user;
    r0_span phase = r0_json_get_text(line, "phase"), set = r0_json_get_text(line, "set");
    int iteration = report_line_iteration(r, line);
    (void)number;
    if (iteration < 0) return R0_OK;
    if (report_is(phase, "curation")) report_read_curation(r, iteration, line);
    if (report_is(phase, "challenger") || report_is(phase, "solver"))
        report_read_step(r, iteration, report_is(phase, "solver"), line);
    if (!report_is(phase, "evaluation")) return R0_OK;
    if (set.size && !iteration && !r->set[0][0] && !r->iteration[0].score[0].there) // the headline comes first
        report_copy(r->set[0], sizeof r->set[0], set);
    int index = set.size == 0 || report_is(set, "heldout") || report_is(set, "main") ? 0 : report_set(r, set);
    if (index >= 0) report_read_score(r, &r->iteration[iteration].score[index], line);
    return R0_OK;
}

static bool report_path(const report *r, const char *name, char path[1024])
{
    snprintf(path, 1024, "%s/%s", r->folder, name);
    return r0i_file_exists(path);
}

// The level of an evaluation question stands in its id, between the last two dashes: "chain-2-000", "ladder-12-007".
static r0_status report_read_evaluation(void *user, int number, const r0_json *line)
{
    report *r = (report *)user;
    report_heat *heat = &r->heat[REPORT_HEAT_ACCURACY];
    r0_span id = r0_json_get_text(line, "id"), set = r0_json_get_text(line, "set");
    double correct = report_number(line, "correct"), samples = report_number(line, "samples");
    size_t end = id.size, level;
    (void)number;
    if (set.size && !report_is(set, "heldout") && !report_is(set, "main")) return R0_OK;
    while (end && id.data[end - 1] != '-') end--;
    for (level = end ? end - 1 : 0; level && r0i_is_digit(id.data[level - 1]);) level--;
    if (!level || level + 1 >= end || id.data[level - 1] != '-' || !(samples > 0)) return R0_OK;
    r0_span name = {id.data, end - 1};
    int row = report_name(heat->row[0], sizeof heat->row[0], REPORT_ROWS, &heat->rows, name);
    if (row >= 0) heat->sum[r->current][row] += correct / samples, heat->count[r->current][row]++;
    return R0_OK;
}

static void report_read_evaluations(report *r)
{
    char path[1024], name[32];
    for (r->current = 0; r->current <= r->iterations; r->current++) {
        snprintf(name, sizeof name, "evaluation-%d.jsonl", r->current);
        if (report_path(r, name, path) && r0_json_lines(r->r0, path, report_read_evaluation, r)) report_unread(r, name);
    }
}

static void report_read_summary(report *r)
{
    const r0_json *iterations = r0_json_get(r->summary, "iterations"), *final = r0_json_get(r->summary, "final");
    report_read_scores(r, 0, r0_json_get(r->summary, "base"));
    int count = iterations && iterations->type == R0_JSON_ARRAY ? (int)iterations->count : 0;
    for (int i = 0; i < count && i + 1 < REPORT_ITERATIONS; i++) {
        if (r->iterations < i + 1) r->iterations = i + 1;
        report_read_scores(r, i + 1, &iterations->items[i]);
        report_read_curation(r, i + 1, &iterations->items[i]);
    }
    // a run that ended in its first iteration calls the base's evaluation its final one
    bool last = r0_json_get_number(final, "iteration", r->iterations) == r->iterations;
    if (count == 0 && r->iterations > 0 && last && !r->iteration[r->iterations].score[0].there)
        report_read_scores(r, r->iterations, final);
}

static void report_read(report *r)
{
    char path[1024];
    for (int i = 0; i < REPORT_ITERATIONS; i++) {
        report_iteration *it = &r->iteration[i];
        it->proposed = it->valid = it->distinct = it->kept = NAN;
        it->label_accuracy = it->agreement = it->length = it->seconds = NAN;
        for (int set = 0; set < REPORT_SETS; set++) it->score[set].unboxed = it->score[set].unfinished = NAN;
    }
    r->sets = 1; // the benchmark, which has no name
    r->draws = 10;
    if (!report_path(r, "metrics.jsonl", path)) report_missing(r, "metrics.jsonl", "there is no such file");
    else if (r0_json_lines(r->r0, path, report_read_metrics_line, r))
        report_unread(r, "metrics.jsonl");
    if (!report_path(r, "summary.json", path)) report_missing(r, "summary.json", "there is no such file");
    else if (r0_json_parse_file(r->r0, path, &r->summary)) report_unread(r, "summary.json");
    report_read_summary(r);
    report_read_evaluations(r);
}

// -- charts: a sheet of 400 x 250 units, the plot inside --

enum { REPORT_WIDTH = 400, REPORT_HEIGHT = 250 };
enum { REPORT_LEFT = 62, REPORT_RIGHT = 388, REPORT_TOP = 16, REPORT_BOTTOM = 208 };

static report_chart *report_chart_begin(report *r, const char *title, const char *note, const char *y_title)
{
    report_chart *chart = &r->chart;
    memset(chart, 0, sizeof *chart);
    chart->title = title;
    chart->note = note;
    chart->x_title = "iteration";
    chart->y_title = y_title;
    chart->apart = 5;
    return chart;
}

static report_series *report_series_add(report_chart *chart, const char *name)
{
    report_series *series = &chart->series[chart->count++];
    series->name = name;
    for (int i = 0; i < REPORT_POINTS; i++) series->y[i] = series->low[i] = series->high[i] = NAN;
    return series;
}

static void report_widen(double value, double *low, double *high)
{
    if (isnan(value)) return;
    if (isnan(*low) || value < *low) *low = value;
    if (isnan(*high) || value > *high) *high = value;
}

// The range of everything that is drawn; false when there is nothing.
static bool report_range(const report_chart *chart, double *low, double *high)
{
    double sum[REPORT_POINTS] = {0};
    *low = *high = NAN;
    for (int s = 0; s < chart->count; s++)
        for (int i = 0; i < chart->points; i++) {
            const report_series *series = &chart->series[s];
            if (chart->kind == REPORT_STACKED && !isnan(series->y[i]))
                report_widen(sum[i] += series->y[i], low, high);
            else report_widen(series->y[i], low, high);
            report_widen(series->low[i], low, high);
            report_widen(series->high[i], low, high);
        }
    for (int t = 0; t < chart->thin_count; t++)
        for (int i = 0; i < chart->points; i++) report_widen(chart->thin[t][i], low, high);
    return !isnan(*low);
}

// 1, 2 or 5 times a power of ten: the smallest such number that is not below `value`.
static double report_nice(double value)
{
    double power = pow(10, floor(log10(value)));
    double digit = value / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static bool report_scale(report_chart *chart)
{
    double low, high;
    if (!report_range(chart, &low, &high)) return false;
    if (chart->from_zero || chart->kind != REPORT_LINES) low = fmin(low, 0);
    if (chart->full) low = 0, high = 1;
    if (high - low < 1e-9 * (1 + fabs(high))) high = low + (low == 0 ? 1 : fabs(low));
    chart->tick = chart->full ? .25 : report_nice((high - low) / 5);
    chart->bottom = floor(low / chart->tick + 1e-6) * chart->tick;
    chart->top = ceil(high / chart->tick - 1e-6) * chart->tick;
    return true;
}

static double report_y(const report_chart *chart, double value)
{
    double share = (value - chart->bottom) / (chart->top - chart->bottom);
    return REPORT_BOTTOM - (REPORT_BOTTOM - REPORT_TOP) * fmax(0, fmin(1, share));
}

// Steps run from edge to edge; iterations stand in the middle of their slots.
static double report_x(const report_chart *chart, double i)
{
    double width = REPORT_RIGHT - REPORT_LEFT;
    if (!chart->steps) return REPORT_LEFT + width * (i + .5) / chart->points;
    return chart->points > 1 ? REPORT_LEFT + 4 + (width - 8) * i / (chart->points - 1) : REPORT_LEFT + width / 2;
}

// A value as it is printed: "43.9 %" or "0.0123".
static void report_value(report *r, const report_chart *chart, double value)
{
    if (chart->percent) report_put(r, "%.1f\xC2\xA0%%", 100 * value);
    else if (value == floor(value) && fabs(value) < 1e6) report_put(r, "%.0f", value);
    else report_put(r, "%.3g", value);
}

static void report_y_axis(report *r, const report_chart *chart)
{
    int ticks = (int)floor((chart->top - chart->bottom) / chart->tick + .5);
    for (int i = 0; i <= ticks; i++) {
        double value = chart->bottom + i * chart->tick, y = report_y(chart, value);
        if (fabs(value) < chart->tick * 1e-6) value = 0;
        report_put(r, "<path class=\"%s\" d=\"M%d %.1fH%d\"/>", i ? "grid" : "axis", REPORT_LEFT, y, REPORT_RIGHT);
        report_put(r, "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", REPORT_LEFT - 6, y + 4);
        report_put(r, chart->percent ? "%.4g\xC2\xA0%%</text>\n" : "%.4g</text>\n",
                   chart->percent ? 100 * value : value);
    }
    report_put(r, "<text class=\"name\" transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
               (REPORT_TOP + REPORT_BOTTOM) / 2, chart->y_title);
}

static void report_x_label(report *r, const report_chart *chart, int i)
{
    report_put(r, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", report_x(chart, i),
               REPORT_BOTTOM + 16);
    if (chart->steps) report_put(r, "%d</text>", i + 1);
    else if (i + chart->first == 0) report_put(r, "base</text>");
    else report_put(r, "%d</text>", i + chart->first);
}

static void report_x_axis(report *r, const report_chart *chart)
{
    int every = chart->steps ? (int)report_nice(fmax(1, chart->points / 7.)) : (chart->points + 11) / 12;
    if (chart->steps) report_x_label(r, chart, 0);
    for (int i = chart->steps ? every - 1 : 0; i < chart->points; i += every)
        if (!chart->steps || i) report_x_label(r, chart, i);
    report_put(r, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
               (REPORT_LEFT + REPORT_RIGHT) / 2, REPORT_HEIGHT - 6, chart->x_title);
}

// Step charts: a line where each iteration begins.
static void report_marks(report *r, const report_chart *chart)
{
    int every = (r->step_count + REPORT_POINTS - 1) / REPORT_POINTS;
    double last = -100;
    for (int i = 0; i < r->step_count; i++) {
        if (i && r->steps[i].iteration == r->steps[i - 1].iteration) continue;
        double x = report_x(chart, i / every - (i ? .5 : 0));
        if (i) report_put(r, "<path class=\"mark\" d=\"M%.1f %dV%d\"/>", x, REPORT_TOP, REPORT_BOTTOM);
        if (x - last < 70) continue;
        report_put(r, "<text class=\"small\" x=\"%.1f\" y=\"%d\">iteration %d</text>", x + 3, REPORT_TOP - 4,
                   r->steps[i].iteration);
        last = x;
    }
}

// Where the points from `from` on first have a gap.
static int report_run_end(const double *values, int from, int points)
{
    while (from < points && !isnan(values[from])) from++;
    return from;
}

// The class of a series: 8 is what has the color of text.
static int report_class(int index) { return index + (index >= 8); }

static void report_band(report *r, const report_chart *chart, const report_series *series, int index)
{
    for (int i = 0; i < chart->points; i++) {
        int end = report_run_end(series->low, i, chart->points);
        if (end == i) continue;
        report_put(r, "<path class=\"band f%d\" d=\"", report_class(index));
        for (int k = i; k < end; k++)
            report_put(r, "%c%.1f %.1f", k == i ? 'M' : 'L', report_x(chart, k), report_y(chart, series->high[k]));
        for (int k = end - 1; k >= i; k--)
            report_put(r, "L%.1f %.1f", report_x(chart, k), report_y(chart, series->low[k]));
        report_put(r, "Z\"/>\n");
        i = end;
    }
}

// An interval as an upright bar with caps.
static void report_whisker(report *r, const report_chart *chart, const report_series *series, int index, int i,
                           double x)
{
    if (isnan(series->low[i]) || isnan(series->high[i])) return;
    double low = report_y(chart, series->low[i]), high = report_y(chart, series->high[i]);
    report_put(r, "<path class=\"whisker s%d\" d=\"M%.1f %.1fH%.1fM%.1f %.1fV%.1fM%.1f %.1fH%.1f\"/>", index, x - 4,
               high, x + 4, x, high, low, x - 4, low, x + 4);
}

// What the mouse shows: "pass@1, iteration 2: 68.6 % (64.2 to 72.7 %)".
static void report_hint(report *r, const report_chart *chart, const report_series *series, int i)
{
    report_put(r, "<title>");
    report_text(r, series->name);
    if (chart->steps) report_put(r, ", step %d: ", i + 1);
    else if (i + chart->first == 0) report_put(r, ", base: ");
    else report_put(r, ", %s %d: ", chart->x_title, i + chart->first);
    report_value(r, chart, series->y[i]);
    if (!isnan(series->low[i]) && !isnan(series->high[i])) {
        report_put(r, " (");
        report_value(r, chart, series->low[i]);
        report_put(r, " to ");
        report_value(r, chart, series->high[i]);
        report_put(r, ")");
    }
    report_put(r, "</title>");
}

static void report_line(report *r, const report_chart *chart, const report_series *series, int index)
{
    double shift = chart->steps || chart->banded ? 0 : chart->apart * (index - (chart->count - 1) / 2.);
    int shown = report_class(index);
    report_put(r, "<path class=\"line s%d\" d=\"", shown);
    for (int i = 0; i < chart->points; i++) {
        if (isnan(series->y[i])) continue;
        bool joined = i && (!isnan(series->y[i - 1]));
        report_put(r, "%c%.1f %.1f", joined ? 'L' : 'M', report_x(chart, i) + shift, report_y(chart, series->y[i]));
    }
    report_put(r, "\"/>\n");
    for (int i = 0; i < chart->points; i++) {
        if (isnan(series->y[i])) continue;
        if (!chart->steps && !chart->banded) report_whisker(r, chart, series, shown, i, report_x(chart, i) + shift);
        double radius = chart->steps ? (chart->points > 150 ? 1.2 : 2) : 3.5;
        report_put(r, "<circle class=\"f%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\">", shown, report_x(chart, i) + shift,
                   report_y(chart, series->y[i]), radius);
        report_hint(r, chart, series, i);
        report_put(r, "</circle>\n");
    }
}

// Bars side by side, or on top of each other: `base` is where each stack stands.
static void report_bars(report *r, const report_chart *chart, const report_series *series, int index, double *base)
{
    bool stacked = chart->kind == REPORT_STACKED;
    double slot = (double)(REPORT_RIGHT - REPORT_LEFT) / chart->points, all = fmin(slot * .8, stacked ? 56. : 130.);
    double width = stacked ? all : all / chart->count;
    for (int i = 0; i < chart->points; i++) {
        if (isnan(series->y[i])) continue;
        double x = report_x(chart, i) - all / 2 + (stacked ? 0 : index * width);
        double bottom = report_y(chart, base[i]), top = report_y(chart, base[i] + series->y[i]);
        report_put(r, "<rect class=\"f%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">", index, x + .5, top,
                   fmax(width - 1, 1), bottom - top);
        report_hint(r, chart, series, i);
        report_put(r, "</rect>\n");
        if (!stacked) report_whisker(r, chart, series, 8, i, x + width / 2);
        if (stacked) base[i] += series->y[i];
        if (stacked || width < 18) continue;
        double above = isnan(series->high[i]) ? top : report_y(chart, series->high[i]);
        report_put(r, "<text class=\"small\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x + width / 2, above - 4);
        report_put(r, chart->percent ? "%.0f\xC2\xA0%%</text>\n" : "%.4g</text>\n",
                   series->y[i] * (chart->percent ? 100 : 1));
    }
}

static void report_figure_begin(report *r, const char *title, const char *note, const char *extra)
{
    report_put(r, "<figure class=\"card%s\"><figcaption><h3>", extra);
    report_text(r, title);
    report_put(r, "</h3><p>%s</p></figcaption>\n", note);
}

static bool report_has_points(const report_chart *chart, const report_series *series)
{
    int i = 0;
    while (i < chart->points && isnan(series->y[i])) i++;
    return i < chart->points;
}

static void report_legend(report *r, const report_chart *chart)
{
    if (chart->count < 2) return;
    report_put(r, "<ul class=\"legend\">");
    for (int s = 0; s < chart->count; s++) {
        if (!report_has_points(chart, &chart->series[s])) continue;
        report_put(r, "<li><svg viewBox=\"0 0 24 10\" width=\"24\" height=\"10\" aria-hidden=\"true\">");
        if (chart->kind != REPORT_LINES)
            report_put(r, "<rect class=\"f%d\" x=\"6\" width=\"12\" height=\"10\"/></svg>", s);
        else
            report_put(
                r, "<path class=\"line s%d\" d=\"M0 5H24\"/><circle class=\"f%d\" cx=\"12\" cy=\"5\" r=\"3\"/></svg>",
                report_class(s), report_class(s));
        report_text(r, chart->series[s].name);
        report_put(r, "</li>");
    }
    report_put(r, "</ul>\n");
}

// What stands on the sheet: axes, then the series.
static void report_plot(report *r, const report_chart *chart)
{
    double base[REPORT_POINTS] = {0};
    report_y_axis(r, chart);
    report_x_axis(r, chart);
    if (chart->steps) report_marks(r, chart);
    for (int t = 0; t < chart->thin_count; t++) {
        report_put(r, "<path class=\"thin s%d\" d=\"", report_class(chart->thin_of[t]));
        for (int i = 0; i < chart->points; i++)
            if (!isnan(chart->thin[t][i]))
                report_put(r, "%c%.1f %.1f", i && !isnan(chart->thin[t][i - 1]) ? 'L' : 'M', report_x(chart, i),
                           report_y(chart, chart->thin[t][i]));
        report_put(r, "\"><title>");
        report_text(r, chart->thin_name[t]);
        report_put(r, "</title></path>\n");
    }
    for (int s = 0; s < chart->count && (chart->steps || chart->banded); s++)
        report_band(r, chart, &chart->series[s], s);
    for (int s = 0; s < chart->count; s++) {
        if (chart->kind == REPORT_LINES) report_line(r, chart, &chart->series[s], s);
        else report_bars(r, chart, &chart->series[s], s, base);
    }
}

// Draws the sheet. A chart without any value is left out: `source` says what would have held it.
static void report_chart_end(report *r, const char *source)
{
    report_chart *chart = &r->chart;
    if (chart->points == 0 || !report_scale(chart)) {
        report_missing(r, chart->title, source);
        return;
    }
    report_figure_begin(r, chart->title, chart->note, chart->steps ? " steps" : "");
    report_legend(r, chart);
    report_put(r, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", REPORT_WIDTH, REPORT_HEIGHT);
    report_text(r, chart->title);
    report_put(r, "\">\n");
    report_plot(r, chart);
    report_put(r, "</svg></figure>\n");
}

// -- heat maps: a row of cells per level, a column per iteration; what is not known stays empty --

static const char *report_heat_row(const report_heat *heat, int row)
{
    return heat->row[row] + (strncmp(heat->row[row], "ladder-", 7) ? 0 : 7);
}

// `first`: the iteration of the first column. Colors are stretched so that `full` is the darkest.
static void report_heat_map(report *r, const report_heat *heat, int first, double full, const char *title,
                            const char *note, const char *y_title)
{
    enum { LEFT = 84, TOP = 8, LEAST = 11, MOST = 22, TALL = 240 };
    if (!heat->rows || r->iterations < first) return; // a world without levels
    double width = (double)(REPORT_RIGHT - LEFT) / (r->iterations + 1 - first);
    int cell = R0I_MAX(LEAST, R0I_MIN(MOST, TALL / heat->rows));
    int bottom = TOP + heat->rows * cell, every = (r->iterations + 11) / 12;
    report_figure_begin(r, title, note, "");
    report_put(r, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", REPORT_WIDTH, bottom + 42);
    report_text(r, title);
    report_put(r, "\">\n");
    for (int row = 0; row < heat->rows; row++) {
        int y = bottom - (row + 1) * cell;
        report_put(r, "<text class=\"small\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 5, y + cell / 2 + 4);
        if (heat->rows <= 12 || row % 2 == 0 || row == heat->rows - 1) report_text(r, report_heat_row(heat, row));
        report_put(r, "</text>\n");
        for (int i = first; i <= r->iterations; i++) {
            double count = heat->count[i][row], value = count > 0 ? heat->sum[i][row] / count : NAN;
            if (isnan(value)) continue;
            report_put(r, "<rect class=\"f0\" fill-opacity=\"%.3f\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
                          "height=\"%d\"><title>", value > 0 ? .06 + .94 * fmin(1, value / full) : .02,
                       LEFT + (i - first) * width, y, fmax(width - 1, 1), cell - 1);
            report_text(r, report_heat_row(heat, row));
            if (i) report_put(r, ", iteration %d", i);
            report_put(r, ": %.1f\xC2\xA0%% of %.0f</title></rect>\n", 100 * value, count);
        }
    }
    for (int i = first; i <= r->iterations; i += every) {
        report_put(r, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                   LEFT + (i - first + .5) * width, bottom + 15);
        if (i) report_put(r, "%d</text>\n", i);
        else report_put(r, "base</text>\n");
    }
    report_put(r, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">iteration</text>\n"
                  "<text class=\"name\" transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n"
                  "</svg></figure>\n", (LEFT + REPORT_RIGHT) / 2, bottom + 34, TOP + heat->rows * cell / 2, y_title);
}

// -- the charts of this report --

static void report_chart_scores(report *r, int set)
{
    char title[128], note[256];
    bool named = r->set[set][0] && strcmp(r->set[set], "heldout") && strcmp(r->set[set], "main");
    snprintf(title, sizeof title, "Accuracy on %s", named ? r->set[set] : "the benchmark");
    snprintf(note, sizeof note, "%s Whiskers: 95&nbsp;%% interval of pass@1.",
             set ? "A further set, never trained on: does the gain carry over?" : "Held out, never trained on.");
    report_chart *chart = report_chart_begin(r, title, note, "correct answers");
    report_series *pass1 = report_series_add(chart, "pass@1"), *greedy = report_series_add(chart, "greedy");
    char names[2][32];
    snprintf(names[0], sizeof names[0], "majority@%.0f", r->draws);
    snprintf(names[1], sizeof names[1], "pass@%.0f", r->draws);
    report_series *majority = report_series_add(chart, names[0]), *pass_k = report_series_add(chart, names[1]);
    chart->percent = chart->full = true;
    chart->points = r->iterations + 1;
    for (int i = 0; i <= r->iterations; i++) {
        const report_score *score = &r->iteration[i].score[set];
        if (!score->there) continue;
        pass1->y[i] = score->pass1, pass1->low[i] = score->low, pass1->high[i] = score->high;
        greedy->y[i] = score->greedy, majority->y[i] = score->majority, pass_k->y[i] = score->pass_k;
    }
    report_chart_end(r, "no evaluation of the base or of an iteration");
}

// A chart over iterations 1, 2, ... begins.
static report_chart *report_chart_curation(report *r, const char *title, const char *note, const char *y_title)
{
    report_chart *chart = report_chart_begin(r, title, note, y_title);
    chart->kind = REPORT_BARS;
    chart->first = 1;
    chart->points = r->iterations;
    return chart;
}

static void report_chart_funnel(report *r)
{
    const char *note = "Valid: well-formed. Distinct: valid and not proposed before. "
                       "Kept: distinct, and neither too easy nor too hard.";
    report_chart *chart = report_chart_curation(r, "From proposal to training set", note, "questions");
    report_series *proposed = report_series_add(chart, "proposed"), *valid = report_series_add(chart, "valid");
    report_series *distinct = report_series_add(chart, "distinct"), *kept = report_series_add(chart, "kept");
    for (int i = 0; i < r->iterations; i++) {
        const report_iteration *it = &r->iteration[i + 1];
        proposed->y[i] = it->proposed, valid->y[i] = it->valid, distinct->y[i] = it->distinct, kept->y[i] = it->kept;
    }
    report_chart_end(r, "no proposed, valid, distinct or kept in summary.json or a curation line");
}

// Wilson's 95 % interval of a share p of n: it stays within 0 and 1, and is right for small n.
static void report_wilson(double p, double n, double *low, double *high)
{
    double z = 1.959964, scale = 1 + z * z / n, middle = (p + z * z / (2 * n)) / scale;
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale;
    *low = fmax(0, middle - half);
    *high = fmin(1, middle + half);
}

static void report_chart_labels(report *r)
{
    report_chart *chart = report_chart_curation(r, "Label accuracy",
        "How often the majority's answer to a kept question is the true one. Whiskers: 95&nbsp;% Wilson interval.",
        "labels that are right");
    report_series *labels = report_series_add(chart, "label accuracy");
    chart->percent = chart->full = true;
    for (int i = 0; i < r->iterations; i++) {
        const report_iteration *it = &r->iteration[i + 1];
        labels->y[i] = it->label_accuracy;
        if (it->kept > 0) report_wilson(it->label_accuracy, it->kept, &labels->low[i], &labels->high[i]);
    }
    report_chart_end(r, "no label_accuracy (it needs an oracle) in summary.json or a curation line");
}

static void report_chart_diversity(report *r)
{
    report_chart *chart = report_chart_curation(r, "Distinct questions",
        "Share of the valid questions that repeat no earlier one.", "share of valid questions");
    report_series *series = report_series_add(chart, "distinct");
    chart->percent = chart->full = true;
    for (int i = 0; i < r->iterations; i++) {
        const report_iteration *it = &r->iteration[i + 1];
        if (it->valid > 0) series->y[i] = it->distinct / it->valid;
    }
    report_chart_end(r, "no distinct and valid in summary.json or a curation line");
}

static void report_chart_parts(report *r, int which, const char *title, const char *note)
{
    report_chart *chart = report_chart_curation(r, title, note, "questions");
    chart->kind = REPORT_STACKED;
    for (int part = 0; part < r->parts[which]; part++) {
        report_series *series = report_series_add(chart, r->part[which][part]);
        for (int i = 0; i < r->iterations; i++) series->y[i] = r->iteration[i + 1].part[which][part];
    }
    report_chart_end(r,
                     which ? "no \"levels\" in summary.json or a curation line (only a task with levels has them)"
                           : "no \"families\" in summary.json or a curation line (only a task with families has them)");
}

// Are the labels of large majorities right more often? One line per iteration, the last five.
static void report_chart_trust(report *r)
{
    char names[REPORT_SERIES][24];
    int first = r->iterations > REPORT_SERIES ? r->iterations - REPORT_SERIES + 1 : 1;
    report_chart *chart = report_chart_begin(
        r, "Can the majority be trusted?",
        "Share of right labels by agreement, all valid questions whose answer is known; cells of five or more.",
        "labels that are right");
    chart->x_title = "votes out of 10 that agree";
    chart->percent = chart->full = true;
    chart->points = 10;
    chart->first = 1;
    for (int i = first; i <= r->iterations; i++) {
        snprintf(names[i - first], sizeof names[0], "iteration %d", i);
        report_series *series = report_series_add(chart, names[i - first]);
        for (int k = 1; k <= 10; k++) {
            const report_iteration *it = &r->iteration[i];
            if (it->asked[k] >= 5) series->y[k - 1] = it->right[k] / it->asked[k];
        }
    }
    report_chart_end(r, "no label_correct in questions-N.jsonl (it needs an oracle)");
}

// One panel of the agreement histogram.
static void report_histogram(report *r, int iteration)
{
    const report_iteration *it = &r->iteration[iteration];
    int width = 380, left = 32, right = 374, top = 24, bottom = 132;
    double most = 1, slot = (double)(right - left) / it->bins;
    for (int i = 0; i < it->bins; i++) most = fmax(most, it->histogram[i]);
    report_put(r,
               "<svg class=\"chart\" viewBox=\"0 0 %d 170\" role=\"img\" aria-label=\"Agreement in iteration %d\">\n"
               "<text class=\"head\" x=\"%d\" y=\"14\">Iteration %d</text>\n",
               width, iteration, left, iteration);
    for (int i = 0; i < it->bins; i++) {
        double x = left + i * slot, height = (bottom - top - 12) * it->histogram[i] / most;
        bool kept = fabs((double)i / (it->bins - 1) - .5) <= .25 + 1e-9;
        report_put(
            r,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%d of %d votes agree: "
            "%.0f questions</title></rect>\n",
            kept ? "f0" : "dull", x + 1, bottom - height, slot - 2, height, i, it->bins - 1, it->histogram[i]);
        if (it->histogram[i] > 0 && it->bins <= 13)
            report_put(r, "<text class=\"small\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>\n",
                       x + slot / 2, bottom - height - 3, it->histogram[i]);
        if (it->bins <= 13 || i % 4 == 0)
            report_put(r, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", x + slot / 2,
                       bottom + 15, i);
    }
    report_put(r,
               "<path class=\"axis\" d=\"M%d %dH%d\"/><text class=\"name\" x=\"%d\" y=\"%d\" "
               "text-anchor=\"middle\">votes out of "
               "%d that agree</text>\n",
               left, bottom, right, (left + right) / 2, bottom + 33, it->bins - 1);
    report_put(r,
               "<text class=\"name\" transform=\"translate(14 %d) rotate(-90)\" "
               "text-anchor=\"middle\">questions</text></svg>\n",
               (top + bottom) / 2);
}

static void report_chart_agreement(report *r)
{
    const char *title = "Agreement of the votes";
    int there = 0;
    for (int i = 1; i <= r->iterations; i++) there += r->iteration[i].bins > 0;
    if (!there) {
        report_missing(r, title, "no agreement_histogram in a curation line of metrics.jsonl");
        return;
    }
    report_figure_begin(
        r, title,
        "Questions by the size of the solver's largest group of equal answers. The colored bars lie in the "
        "band of the paper, a quarter to three quarters: neither too easy nor too hard.",
        " wide");
    report_put(r, "<div class=\"panels\">\n");
    for (int i = 1; i <= r->iterations; i++)
        if (r->iteration[i].bins > 0) report_histogram(r, i);
    report_put(r, "</div></figure>\n");
}

// Charts by training step, challenger and solver in one. A band, where there is one, runs from field `low` to field
// `high`; with `spread` it is the mean less and plus them.
typedef struct report_step_chart {
    report_field field, low, high; // REPORT_FIELD_COUNT: no band
    bool spread, percent;
    const char *title, *note, *y_title;
} report_step_chart;

enum { REPORT_NO_BAND = REPORT_FIELD_COUNT };
#define REPORT_PLAIN(field) REPORT_##field, (report_field)REPORT_NO_BAND, (report_field)REPORT_NO_BAND, false

static const report_step_chart report_step_charts[] = {
    {REPORT_reward_mean, REPORT_reward_std, REPORT_reward_std, true, false, "Reward",
     "Mean over a step's rollouts; the band is one standard deviation to each side.", "reward"},
    {REPORT_PLAIN(zero_variance), true, "Groups without a signal",
     "Groups whose rollouts all earn the same reward teach nothing.", "share of groups"},
    {REPORT_PLAIN(entropy), false, "Entropy", "Of the next token, mean over completion tokens.", "nats per token"},
    {REPORT_PLAIN(kl), false, "Distance from the phase's start",
     "KL divergence to the reference policy, estimated per token.", "nats per token"},
    {REPORT_length_mean, REPORT_length_min, REPORT_length_max, false, false, "Length of completions",
     "Mean of a step; the band runs from the shortest to the longest.", "tokens"},
    {REPORT_PLAIN(truncated), true, "Truncated completions", "Cut off at the length limit, before an end token.",
     "share of completions"},
    {REPORT_PLAIN(clip_low), true, "Tokens clipped below",
     "Share of tokens whose probability ratio fell below the trust region.", "share of tokens"},
    {REPORT_PLAIN(clip_high), true, "Tokens clipped above",
     "Share of tokens whose probability ratio rose above the trust region.", "share of tokens"},
    {REPORT_PLAIN(grad_norm), false, "Gradient norm", "Before clipping.", "L2 norm"},
    {REPORT_PLAIN(valid), true, "Well-formed proposals",
     "Share of the challenger's rollouts that hold a question and an answer.", "share of rollouts"},
    {REPORT_PLAIN(cluster_share), true, "Largest cluster",
     "Share of a step's questions in the largest group of similar ones: does the challenger repeat itself?",
     "share of questions"},
};

static double report_step_value(const report_step *step, report_field field)
{
    return field < REPORT_FIELD_COUNT ? step->value[field] : NAN;
}

static void report_chart_step(report *r, const report_step_chart *what)
{
    char source[96];
    report_chart *chart = report_chart_begin(r, what->title, what->note, what->y_title);
    report_series *roles[2] = {report_series_add(chart, "challenger"), report_series_add(chart, "solver")};
    int every = (r->step_count + REPORT_POINTS - 1) / REPORT_POINTS;
    chart->steps = true;
    chart->percent = what->percent;
    chart->from_zero = what->field != REPORT_reward_mean;
    chart->x_title = every > 1 ? "training step of the run (thinned out)" : "training step of the run";
    for (int i = 0; i < r->step_count; i += every) {
        const report_step *step = &r->steps[i];
        report_series *series = roles[step->solver];
        double y = series->y[chart->points] = step->value[what->field];
        double low = report_step_value(step, what->low), high = report_step_value(step, what->high);
        series->low[chart->points] = what->spread ? y - low : low;
        series->high[chart->points] = what->spread ? y + high : high;
        chart->points++;
    }
    snprintf(source, sizeof source, "no %s in the training lines of metrics.jsonl", report_field_names[what->field][0]);
    report_chart_end(r, source);
}

// -- tables --

static void report_cell(report *r, double value, bool percent)
{
    if (isnan(value)) report_put(r, "<td>\xE2\x80\x93</td>");
    else if (percent) report_put(r, "<td>%.1f\xC2\xA0%%</td>", 100 * value);
    else report_put(r, value == floor(value) ? "<td>%.0f</td>" : "<td>%.1f</td>", value);
}

static void report_score_cells(report *r, const report_score *score)
{
    bool interval = score->there && !isnan(score->low);
    if (!score->there || isnan(score->pass1)) report_put(r, "<td>\xE2\x80\x93</td>");
    else report_put(r, "<td>%.1f\xC2\xA0%%", 100 * score->pass1);
    if (interval) report_put(r, " <small>%.1f\xE2\x80\x93%.1f</small></td>", 100 * score->low, 100 * score->high);
    else if (score->there && !isnan(score->pass1)) report_put(r, "</td>");
    report_cell(r, score->there ? score->greedy : NAN, true);
    for (int k = 0; k < 2 && r->draws > 1; k++)
        report_cell(r, !score->there ? NAN : k ? score->pass_k : score->majority, true);
    report_cell(r, score->there ? score->unboxed : NAN, true);
    report_cell(r, score->there ? score->unfinished : NAN, true);
}

static void report_table_row(report *r, int iteration)
{
    const report_iteration *it = &r->iteration[iteration];
    report_put(r, "<tr><th class=\"first\" scope=\"row\">");
    report_put(r, iteration ? "%d</th>" : "base</th>", iteration);
    report_score_cells(r, &it->score[0]);
    for (int set = 1; set < r->sets; set++) {
        bool there = it->score[set].there;
        report_cell(r, there ? it->score[set].pass1 : NAN, true);
        report_cell(r, there ? it->score[set].greedy : NAN, true);
    }
    report_cell(r, it->proposed, false);
    report_cell(r, it->valid, false);
    report_cell(r, it->distinct, false);
    report_cell(r, it->kept, false);
    report_cell(r, it->label_accuracy, true);
    report_cell(r, it->length, false);
    report_cell(r, it->seconds, false);
    report_put(r, "</tr>\n");
}

static void report_table(report *r)
{
    report_put(r, "<h2>All numbers</h2>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"numbers\"><thead>"
                  "<tr><th class=\"first\" rowspan=\"2\">iteration</th><th colspan=\"%d\">benchmark</th>",
               r->draws > 1 ? 6 : 4);
    for (int set = 1; set < r->sets; set++) {
        report_put(r, "<th colspan=\"2\">");
        report_text(r, r->set[set]);
        report_put(r, "</th>");
    }
    report_put(r, "<th colspan=\"4\">questions</th><th rowspan=\"2\">right labels</th>"
                  "<th rowspan=\"2\">tokens</th><th rowspan=\"2\">seconds</th></tr>\n<tr><th>pass@1 "
                  "<small>95&nbsp;%%</small></th><th>greedy</th>");
    if (r->draws > 1) report_put(r, "<th>majority@%.0f</th><th>pass@%.0f</th>", r->draws, r->draws);
    report_put(r, "<th>no box</th><th>cut off</th>");
    for (int set = 1; set < r->sets; set++) report_put(r, "<th>pass@1</th><th>greedy</th>");
    report_put(r, "<th>proposed</th><th>valid</th><th>distinct</th><th>kept</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i <= r->iterations; i++) report_table_row(r, i);
    report_put(r, "</tbody></table></div>\n");
}

// -- sample questions --

// How many questions of each kind are shown per iteration, so that the rare kinds have their place.
typedef struct report_kind_info {
    const char *verdict, *text;
    int correct; // as report_question's; 2: any
    int quota;
} report_kind_info;

static const report_kind_info report_kinds[8] = {
    {"kept", "kept", 1, 4},           {"kept", "kept", 0, 3},           {"kept", "kept", -1, 3},
    {"too_easy", "too easy", 2, 2},   {"too_hard", "too hard", 2, 2},   {"malformed", "malformed", 2, 1},
    {"repeat", "repeat", 2, 1},       {"", "", 2, 1}, // held_out, no_majority and whatever else
};

static int report_kind_of(r0_span verdict, int correct)
{
    for (int i = 0; i < 7; i++)
        if (report_is(verdict, report_kinds[i].verdict) &&
            (report_kinds[i].correct == 2 || report_kinds[i].correct == correct))
            return i;
    return 7;
}

static void report_read_votes(report_question *q, const r0_json *votes)
{
    for (size_t i = 0; votes && votes->type == R0_JSON_ARRAY && i < votes->count; i++) {
        const r0_json *answer = r0_json_get(&votes->items[i], "answer");
        int count = (int)fmax(0, fmin(1e6, r0_json_get_number(&votes->items[i], "count", 0)));
        if (q->answer_count == REPORT_VOTES) {
            q->more += count;
            continue;
        }
        r0_span none = {"(no answer)", 11}, text = answer && answer->type == R0_JSON_STRING ? answer->text : none;
        report_copy(q->answers[q->answer_count], sizeof q->answers[0], text.size ? text : none);
        q->counts[q->answer_count++] = count;
    }
}

// What the challenger asks: on the ladder a question says its level. Every iteration counts what it asked in all rows.
static void report_read_level(report_heat *heat, int iteration, r0_span text)
{
    ladder_problem problem;
    if (!text.size || !ladder_parse(text, &problem)) return;
    for (; heat->rows < LADDER_LEVELS; heat->rows++) snprintf(heat->row[heat->rows], 24, "%d", heat->rows + 1);
    for (int row = 0; row < heat->rows; row++) heat->count[iteration][row]++;
    heat->sum[iteration][problem.level - 1]++;
}

// Right labels by the number of votes that agree, out of ten.
static void report_heat_votes(report *r)
{
    report_heat *heat = &r->heat[REPORT_HEAT_VOTES];
    for (int i = 1; i <= r->iterations; i++)
        for (int k = 1; k <= 10; k++) {
            if (r->iteration[i].asked[k] < 1) continue;
            for (; heat->rows < 10; heat->rows++) snprintf(heat->row[heat->rows], 24, "%d", heat->rows + 1);
            heat->sum[i][k - 1] = r->iteration[i].right[k], heat->count[i][k - 1] = r->iteration[i].asked[k];
        }
    report_heat_map(r, heat, 1, 1, "Right labels by votes",
                    "Share of right labels by how many votes of ten agree, all valid questions whose answer is known. "
                    "Dark: all are right.", "votes that agree");
}

static void report_heat_asked(report *r)
{
    const report_heat *heat = &r->heat[REPORT_HEAT_ASKED];
    double most = 0;
    for (int i = 1; i <= r->iterations; i++)
        for (int row = 0; row < heat->rows; row++)
            if (heat->count[i][row] > 0) most = fmax(most, heat->sum[i][row] / heat->count[i][row]);
    report_heat_map(r, heat, 1, most > 0 ? most : 1, "What the challenger asks",
                    "Share of an iteration's questions by level. Dark: the largest share in this run.", "level");
}

static r0_status report_read_question(void *user, int number, const r0_json *line)
{
    report *r = (report *)user;
    report_iteration *it = &r->iteration[r->current];
    const r0_json *known = r0_json_get(line, "label_correct");
    int correct = known && known->type == R0_JSON_TRUE ? 1 : known && known->type == R0_JSON_FALSE ? 0 : -1;
    double agreement = report_number(line, "agreement");
    (void)number;
    r0_span verdict = r0_json_get_text(line, "verdict"), text = r0_json_get_text(line, "question");
    if (correct >= 0 && agreement >= 0 && agreement <= 1) {
        int tenth = (int)(agreement * 10 + .5);
        it->asked[tenth]++, it->right[tenth] += correct;
    }
    report_read_level(&r->heat[REPORT_HEAT_ASKED], r->current, text);
    int kind = report_kind_of(verdict, correct);
    if (r->sample_count == REPORT_SAMPLES || r->sample_kinds[kind] == report_kinds[kind].quota) return R0_OK;
    r->sample_kinds[kind]++;
    report_question *q = &r->samples[r->sample_count++];
    memset(q, 0, sizeof *q);
    report_copy(q->text, sizeof q->text, r0_json_get_text(line, "question"));
    report_copy(q->own, sizeof q->own, r0_json_get_text(line, "answer"));
    report_copy(q->label, sizeof q->label, r0_json_get_text(line, "label"));
    report_copy(q->oracle, sizeof q->oracle, r0_json_get_text(line, "oracle"));
    report_copy(q->verdict, sizeof q->verdict, verdict);
    q->agreement = agreement;
    q->correct = correct;
    report_read_votes(q, r0_json_get(line, "votes"));
    return R0_OK;
}

static void report_question_votes(report *r, const report_question *q)
{
    int all = q->more;
    for (int i = 0; i < q->answer_count; i++) all += q->counts[i];
    report_put(r, "<td data-label=\"votes\">");
    if (!all) report_put(r, "\xE2\x80\x93");
    for (int i = 0; i < q->answer_count && all; i++) {
        report_put(r, "<span class=\"vote%s\" style=\"--share:%d%%\"><b>",
                   !strcmp(q->answers[i], q->label) ? " won" : "", 100 * q->counts[i] / all);
        report_text(r, q->answers[i]);
        report_put(r, "</b> \xC3\x97%d</span> ", q->counts[i]);
    }
    if (q->more) report_put(r, "<span class=\"vote\">others \xC3\x97%d</span>", q->more);
    report_put(r, "</td>");
}

static void report_question_row(report *r, const report_question *q)
{
    const char *marks[] = {"<i class=\"none\">not known</i>", "<i class=\"bad\">\xE2\x9C\x97 wrong</i>",
                           "<i class=\"good\">\xE2\x9C\x93 right</i>"};
    report_put(r, "<tr><td data-label=\"question\"><code>");
    report_text(r, q->text);
    report_put(r, "</code></td><td data-label=\"own answer\">");
    report_text(r, q->own[0] ? q->own : "\xE2\x80\x93");
    report_put(r, "</td>");
    report_question_votes(r, q);
    report_put(r, "<td data-label=\"label\">");
    report_text(r, q->label[0] ? q->label : "\xE2\x80\x93");
    if (!isnan(q->agreement) && q->label[0]) report_put(r, " <small>%.0f\xC2\xA0%%</small>", 100 * q->agreement);
    report_put(r, "</td><td data-label=\"truth\">");
    report_text(r, q->oracle[0] ? q->oracle : "\xE2\x80\x93");
    report_put(r, " %s</td><td data-label=\"verdict\"><span class=\"verdict %s\">",
               q->label[0] ? marks[q->correct + 1] : "", !strcmp(q->verdict, "kept") ? "kept" : "");
    char verdict[sizeof q->verdict];
    snprintf(verdict, sizeof verdict, "%s", q->verdict);
    for (char *c = verdict; *c; c++) *c = *c == '_' ? ' ' : *c;
    report_text(r, verdict);
    report_put(r, "</span></td></tr>\n");
}

// Reads every questions-N.jsonl: twice in all, since the chart of trust stands above the samples.
static void report_read_questions(report *r, int iteration)
{
    char path[1024], name[32];
    snprintf(name, sizeof name, "questions-%d.jsonl", iteration);
    r->current = iteration;
    r->sample_count = 0;
    memset(r->sample_kinds, 0, sizeof r->sample_kinds);
    memset(r->iteration[iteration].asked, 0, sizeof r->iteration[iteration].asked);
    memset(r->iteration[iteration].right, 0, sizeof r->iteration[iteration].right);
    memset(r->heat[REPORT_HEAT_ASKED].sum[iteration], 0, sizeof r->heat[0].sum[0]);
    memset(r->heat[REPORT_HEAT_ASKED].count[iteration], 0, sizeof r->heat[0].count[0]);
    if (!report_path(r, name, path)) report_missing(r, name, "there is no such file");
    else if (r0_json_lines(r->r0, path, report_read_question, r)) report_unread(r, name);
}

static void report_samples(report *r)
{
    int told = r->missing_count;
    report_put(r, "<h2>Sample questions</h2>\n<p>The first of each kind, in the order in which they were proposed. "
                  "Own answer: what the challenger boxed. Label: the answer of most votes. Truth: what the "
                  "oracle says, which training never sees.</p>\n");
    int tables = 0;
    for (int i = 1; i <= r->iterations; i++) {
        report_read_questions(r, i);
        if (!r->sample_count) continue;
        report_put(r,
                   "<details%s><summary>Iteration %d</summary><table "
                   "class=\"questions\"><thead><tr><th>question</th><th>own answer</th>"
                   "<th>votes</th><th>label</th><th>truth</th><th>verdict</th></tr></thead><tbody>\n",
                   i == 1 || i == r->iterations ? " open" : "", i);
        for (int kind = 0; kind < 8; kind++)
            for (int k = 0; k < r->sample_count; k++) {
                r0_span verdict = {r->samples[k].verdict, strlen(r->samples[k].verdict)};
                if (report_kind_of(verdict, r->samples[k].correct) == kind) report_question_row(r, &r->samples[k]);
            }
        report_put(r, "</tbody></table></details>\n");
        tables++;
    }
    r->missing_count = told; // what is missing was told when the chart of trust read the same files
    if (!tables) report_put(r, "<p>None: there is no questions-N.jsonl.</p>\n");
}

// -- the page --

// The colors are --c0 to --c7, chosen to be told apart in both modes and with most kinds of color blindness; lines
// differ in their dashes as well. Narrow screens turn the table of questions into one card each. A chart that is a file
// of its own has the first two parts.
static const char *const report_color_style[] = {
    ":root {",
    "  --bg: #f6f7f9; --card: #fff; --text: #1c2330; --soft: #5b6576; --line: #dde1e8; --axis: #8b94a3;",
    "  --good: #1a7f37; --bad: #c0262d; --dull: #c3cad5;",
    "  --c0: #0b6bcb; --c1: #d5590a; --c2: #0a8f6a; --c3: #a4459b;",
    "  --c4: #b58900; --c5: #4f86a8; --c6: #7d5a3c; --c7: #6c63c7;",
    "}",
    "@media (prefers-color-scheme: dark) {",
    "  :root {",
    "    --bg: #0f131a; --card: #181e28; --text: #e4e8ef; --soft: #9aa5b6; --line: #2b3442; --axis: #6b7687;",
    "    --good: #57c878; --bad: #ff7b78; --dull: #465163;",
    "    --c0: #5aa9f8; --c1: #ff9650; --c2: #3fcf9f; --c3: #e08bd8;",
    "    --c4: #e3b93c; --c5: #86bede; --c6: #c79f7d; --c7: #aaa3ff;",
    "  }",
    "}",
};

static const char *const report_chart_style[] = {
    ".chart text { fill: var(--soft); font-size: 12px; font-family: inherit }",
    ".chart .small { font-size: 10.5px }",
    ".chart .head { fill: var(--text); font-weight: 600; font-size: 13px }",
    ".grid, .axis, .mark { fill: none; stroke: var(--line) }",
    ".axis { stroke: var(--axis) }",
    ".mark { stroke: var(--axis); stroke-dasharray: 2 4 }",
    ".line { fill: none; stroke-width: 2; stroke-linejoin: round }",
    ".band { opacity: .16 }",
    ".dull { fill: var(--dull) }",
    ".s1 { stroke-dasharray: 7 3 }",
    ".s2 { stroke-dasharray: 2 3 }",
    ".s3 { stroke-dasharray: 8 3 2 3 }",
    ".s8 { stroke: var(--text) }",
    ".whisker { fill: none; stroke-width: 1.4 }",
    ".whisker, .steps .line { stroke-dasharray: none }",
};

static const char *const report_page_style[] = {
    "* { box-sizing: border-box }",
    "html { color-scheme: light dark }",
    "body { margin: 0; background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, Roboto, sans-serif }",
    "main { max-width: 1440px; margin: auto; padding: 24px 32px 64px }",
    "h1 { font-size: 1.7rem; margin: .2em 0 }",
    "h2 { font-size: 1.25rem; margin: 2em 0 .4em }",
    "h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }",
    "p { margin: .2em 0 .8em; color: var(--soft); max-width: 75ch }",
    "small { color: var(--soft); font-size: .8em }",
    "code { font: .92em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }",
    "i { font-style: normal; font-size: .88rem; white-space: nowrap }",
    "ul { list-style: none; padding: 0; margin: 0 }",
    ".facts { display: flex; flex-wrap: wrap; gap: 2px 20px; color: var(--soft) }",
    ".facts b { color: var(--text); font-weight: 600; overflow-wrap: anywhere }",
    ".good, .up { color: var(--good) }",
    ".bad, .down { color: var(--bad) }",
    ".none, .left-out li { color: var(--soft) }",
    ".tile, .card, .scroll, details { background: var(--card); border: 1px solid var(--line); border-radius: 10px }",
    ".tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px }",
    ".tiles { margin-top: 20px }",
    ".tile { padding: 12px 16px }",
    ".tile span { display: block; font-size: .85rem }",
    ".tile span:not([class]) { color: var(--soft) }",
    ".tile b { font-size: 1.6rem; line-height: 1.3 }",
    ".cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 16px }",
    ".card { display: flex; flex-direction: column; min-width: 0; margin: 0; padding: 14px 16px 8px }",
    ".card.wide { grid-column: 1 / -1 }",
    ".card p { font-size: .85rem; line-height: 1.35; margin: .15em 0 .5em; max-width: none }",
    ".card > svg { margin-top: auto }",
    ".panels { display: grid; gap: 8px 20px }",
    ".panels { grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 420px)) }",
    ".legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 0 0 6px; font-size: .85rem }",
    ".legend li { display: flex; gap: 6px; align-items: center }",
    ".chart { width: 100%; height: auto; display: block }",
    "table { border-collapse: collapse; width: 100% }",
    "th, td { padding: 6px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }",
    "th { font-size: .82rem; color: var(--soft); font-weight: 600 }",
    "tbody tr:last-child > * { border-bottom: 0 }",
    ".scroll { overflow-x: auto }",
    ".numbers { font-variant-numeric: tabular-nums; white-space: nowrap; font-size: .92rem }",
    ".numbers td, .numbers th { padding: 6px 8px; text-align: right }",
    ".numbers thead th[colspan] { text-align: center }",
    ".numbers .first { text-align: left; position: sticky; left: 0; background: var(--card) }",
    "details { margin: 10px 0; overflow: hidden }",
    "summary { padding: 10px 16px; font-weight: 600; cursor: pointer }",
    ".questions td:first-child { width: 32% }",
    ".written td:first-child { width: auto; white-space: nowrap }",
    ".written code { white-space: pre-wrap }",
    ".vote { display: inline-block; margin: 1px 2px; padding: 0 7px; border-radius: 6px; font-size: .88rem }",
    ".vote { --full: color-mix(in srgb, var(--dull) 55%, transparent); overflow-wrap: anywhere }",
    ".vote { --rest: color-mix(in srgb, var(--dull) 18%, transparent) }",
    ".vote { background: linear-gradient(90deg, var(--full) var(--share, 0%), var(--rest) 0) }",
    ".won { --full: color-mix(in srgb, var(--c0) 40%, transparent) }",
    ".won { --rest: color-mix(in srgb, var(--c0) 12%, transparent) }",
    ".verdict { white-space: nowrap; padding: 1px 8px; border-radius: 20px; font-size: .85rem }",
    ".verdict { border: 1px solid var(--line) }",
    ".verdict.kept { border-color: var(--c0); color: var(--c0) }",
    "@media (max-width: 760px) {",
    "  main { padding: 16px 14px 48px }",
    "  .tiles { grid-template-columns: 1fr 1fr }",
    "  .chart text { font-size: 13.5px }",
    "  .chart .small { font-size: 12px }",
    "  .questions thead { display: none }",
    "  .questions tr { display: block; padding: 8px 14px; border-bottom: 1px solid var(--line) }",
    "  .questions td { display: flex; flex-wrap: wrap; gap: 2px 6px; border: 0; padding: 2px 0 }",
    "  .questions td:first-child { width: auto }",
    "  .questions td::before { content: attr(data-label); color: var(--soft); font-size: .82rem; flex: 0 0 7.2em }",
    "  .questions td[data-label=question]::before, .written td[data-label=completion]::before { display: none }",
    "}",
    "@page { margin: 12mm }",
    "@media print {",
    "  :root { --bg: #fff; --card: #fff; color-scheme: light }",
    "  body { background: #fff; font-size: 10px }",
    "  main { max-width: none; padding: 0 }",
    "  h1 { font-size: 17px } h2 { font-size: 13px; margin: 10px 0 4px } h3 { font-size: 10px; margin: 0 }",
    "  h2 { break-after: avoid } .card p, .legend, .tile span { font-size: 8.5px }",
    "  p { margin: 2px 0 } .cards { display: block; columns: 2; column-gap: 8px }",
    "  .card { display: block; margin: 0 0 8px; padding: 6px; box-shadow: none; break-inside: avoid }",
    "  .tiles { grid-template-columns: repeat(6, 1fr); gap: 4px }",
    "  .tile { padding: 4px 6px } .tile b { font-size: 13px }",
    "  th, td, .numbers td, .numbers th { padding: 1px 4px; font-size: 7.5px }",
    "  .scroll { overflow: visible } details { display: none }",
    "}",
};

#define REPORT_STYLE(r, lines) report_put_style(r, lines, sizeof(lines) / sizeof *(lines))

static void report_put_style(report *r, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) report_put(r, "%s\n", lines[i]);
}

static void report_put_colors(report *r)
{
    REPORT_STYLE(r, report_color_style);
    REPORT_STYLE(r, report_chart_style);
    for (int i = 0; i < 8; i++) report_put(r, ".s%d{stroke:var(--c%d)}.f%d{fill:var(--c%d)}", i, i, i, i);
    report_put(r, "\n.f8{fill:var(--dull)}");
}

static void report_head(report *r)
{
    report_put(r, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>R0 run: ");
    report_text(r, r->folder);
    report_put(r, "</title>\n<style>\n");
    REPORT_STYLE(r, report_page_style);
    report_put_colors(r);
    report_put(r, "</style></head>\n<body><main>\n<h1>R0: how this model taught itself</h1>\n");
}

static void report_fact(report *r, const char *name)
{
    const r0_json *value = r0_json_get(r->summary, name);
    if (!value || (value->type != R0_JSON_STRING && value->type != R0_JSON_NUMBER)) return;
    bool seconds = !strcmp(name, "seconds") && value->type == R0_JSON_NUMBER;
    report_put(r, "<li>%s <b>", seconds ? "took" : name);
    if (seconds)
        report_put(r, value->number < 600 ? "%.0f s" : "%.0f min", value->number / (value->number < 600 ? 1 : 60));
    else report_text(r, value->text.data);
    report_put(r, "</b></li>");
}

static void report_facts(report *r)
{
    static const char *const facts[] = {"model", "preset", "seed", "device", "seconds"};
    report_put(r, "<ul class=\"facts\"><li>run <b>");
    report_text(r, r->folder);
    report_put(r, "</b></li>");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) report_fact(r, facts[i]);
    report_put(r, "</ul>\n");
}

// "43.9 % -> 74.3 %", with the difference in points.
static void report_tile(report *r, const char *name, double from, double to)
{
    if (isnan(from) || isnan(to)) return;
    double points = 100 * (to - from);
    report_put(r, "<div class=\"tile\"><span>");
    report_text(r, name);
    report_put(
        r, "</span><b>%.1f\xC2\xA0%%</b><span>from %.1f\xC2\xA0%%</span><span class=\"%s\">%+.1f points</span></div>\n",
        100 * to, 100 * from, points < 0 ? "down" : "up", points);
}

static void report_tiles(report *r)
{
    const report_score *base = &r->iteration[0].score[0], *last = &r->iteration[r->iterations].score[0];
    const report_iteration *it = &r->iteration[r->iterations];
    if (r->iterations == 0) return;
    report_put(r, "<div class=\"tiles\">\n");
    if (base->there && last->there) {
        report_tile(r, "pass@1", base->pass1, last->pass1);
        report_tile(r, "greedy", base->greedy, last->greedy);
        char name[32];
        snprintf(name, sizeof name, "majority@%.0f", r->draws);
        report_tile(r, name, base->majority, last->majority);
        snprintf(name, sizeof name, "pass@%.0f", r->draws);
        report_tile(r, name, base->pass_k, last->pass_k);
    }
    for (int set = 1; set < r->sets; set++) {
        char name[96];
        snprintf(name, sizeof name, "%s, pass@1", r->set[set]);
        const report_score *from = &r->iteration[0].score[set], *to = &it->score[set];
        if (from->there && to->there) report_tile(r, name, from->pass1, to->pass1);
    }
    if (!isnan(it->label_accuracy))
        report_put(
            r,
            "<div class=\"tile\"><span>label accuracy</span><b>%.0f\xC2\xA0%%</b><span>in iteration %d</span></div>\n",
            100 * it->label_accuracy, r->iterations);
    report_put(r, "</div>\n");
}

// What the run itself warns of.
static void report_warnings(report *r)
{
    const r0_json *list = r0_json_get(r->summary, "warnings");
    if (!list || list->type != R0_JSON_ARRAY || !list->count) return;
    report_put(r, "<h2>Warnings</h2>\n<ul class=\"left-out\">\n");
    for (size_t i = 0; i < list->count; i++) {
        report_put(r, "<li>");
        report_text(r, list->items[i].type == R0_JSON_STRING ? list->items[i].text.data : "");
        report_put(r, "</li>\n");
    }
    report_put(r, "</ul>\n");
}

enum { REPORT_COMPLETIONS = 24, REPORT_ANSWERS = 6, REPORT_COMPLETION = 1200 }; // shown of an iteration; bytes of each

// A row of that table; numbers that are not there are NAN. The lines of what was written stay lines.
static void report_written(report *r, const char *step, const r0_json *line, const char *text, const char *what,
                           double reward, double advantage)
{
    char copy[REPORT_COMPLETION];
    report_put(r, "<tr><td data-label=\"step\">%s</td><td data-label=\"completion\"><div>", step);
    report_copy(copy, sizeof copy, r0_json_get_text(line, "question"));
    if (copy[0]) report_put(r, "<small>"), report_text(r, copy), report_put(r, "</small><br>");
    report_copy(copy, sizeof copy, r0_json_get_text(line, text));
    report_put(r, "<code>");
    for (char *from = copy, *end; *from; from = end + (*end == '\n')) {
        end = from + strcspn(from, "\n");
        bool more = *end == '\n';
        *end = 0;
        report_text(r, from);
        if (more) *end = '\n', report_put(r, "\n");
    }
    report_put(r, "</code></div></td><td data-label=\"what it is\">");
    report_text(r, what);
    report_put(r, "</td>");
    for (int i = 0; i < 2; i++) {
        double value = i ? advantage : reward;
        report_put(r, isnan(value) ? "<td data-label=\"%s\">\xE2\x80\x93</td>" : "<td data-label=\"%s\">%.2f</td>",
                   i ? "advantage" : "reward", value);
    }
    report_put(r, "</tr>\n");
}

static r0_status report_completion(void *user, int number, const r0_json *line)
{
    report *r = (report *)user;
    char what[160], place[40];
    r0_span phase = r0_json_get_text(line, "phase"), malformed = r0_json_get_text(line, "malformed");
    r0_span answer = r0_json_get_text(line, "answer"), label = r0_json_get_text(line, "label");
    double step = report_number(line, "step"), agreement = report_number(line, "agreement");
    (void)number;
    // of a curation the first six; else the first two of every fourth step
    bool curation = report_is(phase, "curation");
    int kind = curation ? 2 : report_is(phase, "solver"), *last = &r->sample_kinds[3], *seen = &r->sample_kinds[4];
    int at = isnan(step) ? -1 : 2 * (int)fmin(1e6, step) + kind;
    *seen = at == *last ? *seen + 1 : 1, *last = at;
    bool wanted = curation ? *seen <= 6 : *seen <= 2 && (isnan(step) || (int)fmin(1e6, step) % 4 == 1);
    if (!wanted || r->sample_count >= REPORT_COMPLETIONS) return R0_OK;
    r->sample_count++;
    bool cut = !r0_json_get_bool(line, "finished", true);
    if (malformed.size) snprintf(what, sizeof what, "%.120s", malformed.data);
    else if (!isnan(agreement)) snprintf(what, sizeof what, "agreement %.2f", agreement);
    else snprintf(what, sizeof what, "%sanswer %.50s, label %.50s", cut ? "cut off; " : "",
                  answer.size ? answer.data : "none", label.size ? label.data : "none");
    snprintf(place, sizeof place, isnan(step) ? "%s" : "%s %.0f",
             curation ? "curation" : kind ? "solver" : "challenger", step);
    report_written(r, place, line, "completion", what, report_number(line, "reward"), report_number(line, "advantage"));
    return R0_OK;
}

// The most likely answers to held-out questions that evaluation-K.jsonl keeps: the first right ones, the first wrong.
static r0_status report_answer(void *user, int number, const r0_json *line)
{
    report *r = (report *)user;
    char what[160];
    r0_span id = r0_json_get_text(line, "id");
    bool right = r0_json_get_bool(line, "greedy", false);
    double samples = report_number(line, "samples"), boxed = report_number(line, "unboxed");
    (void)number;
    if (!r0_json_get_text(line, "response").size || r->sample_kinds[right] >= REPORT_ANSWERS / 2) return R0_OK;
    r->sample_kinds[right]++;
    snprintf(what, sizeof what, "%.60s: %s; sampled %.0f of %.0f right%s", id.data ? id.data : "",
             right ? "right" : "wrong", report_number(line, "correct"), samples,
             boxed > 0 ? ", some without a box" : "");
    report_written(r, "held out", line, "response", what, NAN, NAN);
    return R0_OK;
}

// What the models wrote, and what it was paid.
static void report_completions(report *r)
{
    static const char *const files[] = {"completions", "evaluation"};
    char path[1024], name[40];
    int tables = 0;
    for (int i = 1; i < REPORT_ITERATIONS && i <= r->iterations + 1; i++) {
        bool begun = false;
        for (int k = 0; k < 2; k++) {
            snprintf(name, sizeof name, "%s-%d.jsonl", files[k], i);
            if (!report_path(r, name, path) || (k && !begun)) continue;
            if (!tables++)
                report_put(r, "<h2>Completions</h2>\n<p>Some of what the models wrote, whole, with reward and "
                              "advantage in their group (completions-N.jsonl has more), and of the solver's most "
                              "likely answers to held-out questions after the iteration (evaluation-N.jsonl has "
                              "all).</p>\n");
            if (!begun)
                report_put(r, "<details><summary>Iteration %d</summary><table class=\"questions written\"><thead>"
                              "<tr><th>step</th><th>completion</th><th>what it is</th><th>reward</th>"
                              "<th>advantage</th></tr></thead><tbody>\n", i);
            begun = true;
            r->sample_count = 0;
            memset(r->sample_kinds, 0, sizeof r->sample_kinds);
            if (r0_json_lines(r->r0, path, k ? report_answer : report_completion, r)) report_unread(r, name);
        }
        if (begun) report_put(r, "</tbody></table></details>\n");
    }
}

// What the page was made of, beside it.
static void report_data(report *r)
{
    static const char *const names[] = {"run.json", "metrics.jsonl", "timings.jsonl", "summary.json"};
    static const char *const numbered[] = {"questions", "evaluation", "completions"};
    char path[1024], name[40];
    const char *before = "<h2>Data</h2>\n<p class=\"data\">";
    for (int k = 0; k < 4 + 3 * R0_MAX_ITERATIONS; k++) {
        if (k < 4) snprintf(name, sizeof name, "%s", names[k]);
        else snprintf(name, sizeof name, "%s-%d.jsonl", numbered[(k - 4) / R0_MAX_ITERATIONS],
                      (k - 4) % R0_MAX_ITERATIONS + 1);
        if (!report_path(r, name, path)) continue;
        report_put(r, "%s<a href=\"%s\">%s</a>", before, name, name);
        before = " \xC2\xB7 ";
    }
    if (*before != '<') report_put(r, "</p>\n");
}

static void report_left_out(report *r)
{
    report_put(r, "<h2>Left out</h2>\n<ul class=\"left-out\">\n");
    for (int i = 0; i < r->missing_count; i++) {
        report_put(r, "<li><b>");
        report_text(r, r->missing[i][0]);
        report_put(r, "</b>: ");
        report_text(r, r->missing[i][1]);
        report_put(r, "</li>\n");
    }
    report_put(r, "</ul>\n");
}

static void report_body(report *r)
{
    report_facts(r);
    report_warnings(r);
    report_tiles(r);
    report_put(r, "<h2>Does it get better?</h2>\n<p>pass@1: one sampled answer is right. Greedy: the most likely "
                  "answer is.");
    if (r->draws > 1)
        report_put(r, " Majority@%.0f: the most frequent of %.0f is. Pass@%.0f: at least one of %.0f is.", r->draws,
                   r->draws, r->draws, r->draws);
    report_put(r, "</p>\n<div class=\"cards\">\n");
    for (int set = 0; set < r->sets; set++) report_chart_scores(r, set);
    if (r->sets == 1)
        report_missing(r, "Accuracy on further sets",
                       "no \"sets\" in summary.json and no evaluation line with another set");
    report_heat_map(r, &r->heat[REPORT_HEAT_ACCURACY], 0, 1, "Accuracy by level",
                    "pass@1 on the benchmark's questions of each level. Dark: all answers are right.", "level");
    report_put(r, "</div>\n<h2>What does the challenger ask?</h2>\n<p>Questions are proposed, voted on, and kept when "
                  "the solver is of two "
                  "minds about them; the majority's answer becomes the label.</p>\n<div class=\"cards\">\n");
    report_chart_funnel(r);
    report_chart_labels(r);
    for (int i = 1; i <= r->iterations; i++) report_read_questions(r, i);
    report_chart_trust(r);
    report_heat_votes(r);
    report_heat_asked(r);
    report_chart_agreement(r);
    report_chart_diversity(r);
    report_chart_parts(r, 0, "Families", "Questions of the curation by family.");
    report_chart_parts(r, 1, "Levels", "Questions of the curation by level: does the challenger climb?");
    report_put(r, "</div>\n<h2>How does training go?</h2>\n<p>Every training step of the run in order; dotted lines "
                  "mark where an iteration "
                  "begins.</p>\n<div class=\"cards\">\n");
    for (size_t i = 0; i < sizeof report_step_charts / sizeof *report_step_charts; i++)
        report_chart_step(r, &report_step_charts[i]);
    report_put(r, "</div>\n");
    report_table(r);
    report_samples(r);
    report_completions(r);
    report_data(r);
    if (r->out_of_memory) report_missing(r, "Training steps", "out of memory: the later ones are not shown");
    if (r->missing_count) report_left_out(r);
    report_put(r, "</main></body></html>\n");
}

// -- one chart as a file of its own --

// Title, note and legend stand above the sheet, which is moved down by so much.
enum { REPORT_ABOVE = 58 };

static void report_svg_legend(report *r, const report_chart *chart)
{
    int x = 12;
    for (int s = 0; s < chart->count; s++) {
        const char *name = chart->series[s].name;
        report_put(r, "<path class=\"line s%d\" d=\"M%d 50h20\"/>", s, x);
        report_put(r, "<circle class=\"f%d\" cx=\"%d\" cy=\"50\" r=\"3.5\"/>", s, x + 10);
        report_put(r, "<text class=\"key\" x=\"%d\" y=\"54\">", x + 25);
        report_text(r, name);
        report_put(r, "</text>\n");
        x += 38 + (int)(6.2 * (double)strlen(name));
    }
}

// A page is written beside its place and renamed when it is whole and on the disk, as all files of a run are.
static r0_status report_open(report *r, const char *path)
{
    const char *why;
    snprintf(r->path, sizeof r->path, "%s.tmp", path);
    r->out = r0i_file_open(r->path, "wb", &why);
    return r->out ? R0_OK : r0i_fail(r->r0, R0_ERROR_FILE, "%s: cannot be written: %s", r->path, why);
}

static r0_status report_close(report *r, const char *path)
{
    bool good = r0i_file_sync(r->out) && !ferror(r->out);
    int why = errno;
    if (fclose(r->out) && good) good = false, why = errno;
    if (good && r0i_file_rename(r->path, path)) return R0_OK;
    r0_status status = r0i_fail(r->r0, R0_ERROR_FILE, "%s: cannot be written: %s", path, strerror(good ? errno : why));
    remove(r->path);
    return status;
}

// Writes the chart as an SVG that a page can embed: lines by iteration, colors for light and dark. R0_ERROR_ARGUMENT:
// no value to draw; R0_ERROR_FILE: it cannot be written.
static r0_status report_svg(report *r, const char *path)
{
    report_chart *chart = &r->chart;
    if (!report_scale(chart)) return r0i_fail(r->r0, R0_ERROR_ARGUMENT, "%s: there is nothing to draw", path);
    R0I_TRY(report_open(r, path));
    report_put(r, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"640\" viewBox=\"0 0 %d %d\" "
                  "role=\"img\">\n<title>",
               REPORT_WIDTH, REPORT_HEIGHT + REPORT_ABOVE);
    report_text(r, chart->title);
    report_put(r, "</title>\n<style>\n");
    report_put_colors(r);
    report_put(r, "\nsvg { font-family: system-ui, Roboto, sans-serif }\n"
                  ".chart .key { fill: var(--text); font-size: 11px }\n</style>\n"
                  "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"var(--card)\"/>\n");
    report_put(r, "<text class=\"head\" x=\"12\" y=\"19\">");
    report_text(r, chart->title);
    report_put(r, "</text><text class=\"small\" x=\"12\" y=\"34\">");
    report_text(r, chart->note);
    report_put(r, "</text>\n");
    report_svg_legend(r, chart);
    report_put(r, "<g transform=\"translate(0 %d)\">\n", REPORT_ABOVE);
    report_plot(r, chart);
    report_put(r, "</g></svg>\n");
    return report_close(r, path);
}

// Writes report.html into the run folder. R0_ERROR_FILE: it cannot be written, or it lacks what a file holds that could
// not be read: the page is there then and lists it. R0_ERROR_MEMORY.
static r0_status report_write(r0_context *r0, const char *run_folder)
{
    char path[1024];
    report *r = (report *)calloc(1, sizeof(report));
    if (!r) return r0i_fail(r0, R0_ERROR_MEMORY, "report: out of memory");
    r->r0 = r0;
    r->folder = run_folder;
    snprintf(path, sizeof path, "%s/report.html", run_folder);
    r0_status status = report_open(r, path);
    if (!status) {
        report_read(r);
        report_head(r);
        report_body(r);
        status = report_close(r, path);
    }
    if (!status && r->unread[0]) status = r0i_fail(r0, R0_ERROR_FILE, "%s: a part is missing: %s", path, r->unread);
    r0_json_destroy(r0, r->summary);
    free(r->steps);
    free(r);
    return status;
}

#endif // REPORT_H
