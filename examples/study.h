// `r0 evolve --study`: the loop and its controls over several seeds. Every arm and seed is an ordinary run folder; one
// that is finished is not run again, so that a study can be stopped and continued. The last part reads the runs and
// writes study.md, means with 95 % intervals over seeds and questions, and figure.svg: pass@1 of
// R-Zero and of two controls after every iteration.
#ifndef STUDY_H
#define STUDY_H

#include "cli.h"
#include "report.h"

// An arm: what is changed, as FIELD=VALUE,... on top of the preset, and how many iterations.
typedef struct study_arm {
    const char *name, *set, *about;
    int iterations;
} study_arm;

static const study_arm study_arms[] = {
    {"full", "", "R-Zero", 3},
    {"untrained", "frozen_challenger=1", "challenger untrained", 3},
    {"random-labels", "random_labels=1", "labels shuffled", 3},
    {"no-repetition", "no_repetition_penalty=1", "no repetition penalty", 3},
    {"no-filter", "no_filter=1", "every question with a majority is kept", 3},
    {"untrained-1024", "frozen_challenger=1,questions=1024", "untrained challenger, four times the questions", 3},
    {"untrained-no-filter", "frozen_challenger=1,no_filter=1", "untrained challenger, no filter", 3},
    {"long", "", "eight iterations", 8},
    // Other ways to learn without labels: as many optimizer steps on as many answers of the solver as `full`, and, in
    // ttrl-rollouts, as many rollouts as `full` spends on proposals, votes and answers together:
    // 8 x 64 x 11 + 256 x 11 + 12 x 192 = 56 x 192.
    {"ttrl", "reward=ttrl", "TTRL: majority of the group, fixed questions", 3},
    {"rent", "reward=rent", "RENT: low entropy, fixed questions", 3},
    {"intuitor", "reward=intuitor", "Intuitor: self-certainty, fixed questions", 3},
    {"absolute-zero", "reward=absolute_zero", "Absolute Zero: one policy, labels from an executor", 3},
    {"ttrl-rollouts", "reward=ttrl,solver.steps=56", "TTRL, as many rollouts in all", 3},
};

typedef struct study {
    r0_context *r0;
    const char *folder;   // of the study
    int seeds, first_seed;
    const char *only;     // arms, separated by commas; NULL: all
    int questions;        // of the headline set
    double *scores[2];    // (seeds, questions) of one arm and iteration: pass@1, greedy; filled by study_read
} study;

// -- running --

static void study_run_folder(const study *s, const study_arm *arm, int seed, char *path, size_t size)
{
    snprintf(path, size, "%s/%s-%d", s->folder, arm->name, seed);
}

static bool study_exists(const char *folder, const char *name)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return r0i_file_exists(path);
}

static bool study_wants(const study *s, const study_arm *arm)
{
    if (!s->only) return true;
    size_t size = strlen(arm->name);
    for (const char *at = s->only; *at; at += strcspn(at, ","), at += *at == ',')
        if (!strncmp(at, arm->name, size) && (at[size] == ',' || !at[size])) return true;
    return false;
}

// One arm with one seed, from where it stands.
static r0_status study_run(study *s, const study_arm *arm, int seed, const r0_evolve_desc *base, char *set)
{
    char folder[1024];
    r0_evolve_desc desc = *base;
    study_run_folder(s, arm, seed, folder, sizeof folder);
    if (study_exists(folder, "solver/model.safetensors")) return R0_OK;
    desc.run_folder = folder;
    desc.resume = study_exists(folder, "run.json");
    desc.seed = (uint64_t)seed;
    desc.config.iterations = arm->iterations;
    for (char *at = set; *at;) {
        char *end = at + strcspn(at, ","), *value = strchr(at, '=');
        if (*end) *end++ = 0;
        *value++ = 0;
        r0_status status = r0_evolve_set(s->r0, &desc.config, at, value);
        if (status) return status;
        at = end;
    }
    fprintf(stderr, "study: %s, seed %d\n", arm->name, seed);
    return r0_evolve(s->r0, &desc, NULL);
}

// -- reading --

typedef struct study_reader {
    study *s;
    const char *name; // of the headline set
    int seed, at;
} study_reader;

static r0_status study_read_question(void *user, int line, const r0_json *value)
{
    study_reader *r = (study_reader *)user;
    (void)line;
    r0_span name = r0_json_get_text(value, "set");
    if (!name.data || strcmp(name.data, r->name) || r->at >= r->s->questions) return R0_OK;
    size_t at = (size_t)r->seed * (size_t)r->s->questions + (size_t)r->at++;
    r->s->scores[0][at] = r0_json_get_number(value, "correct", 0) / r0_json_get_number(value, "samples", 1);
    r->s->scores[1][at] = r0_json_get_bool(value, "greedy", false);
    return R0_OK;
}

// The scores of an arm after an iteration, for all seeds. False: a run is missing or unfinished.
static bool study_read(study *s, const study_arm *arm, int iteration, const char *set_name)
{
    for (int seed = 0; seed < s->seeds; seed++) {
        char folder[1024], path[1200];
        study_reader reader = {s, set_name, seed, 0};
        study_run_folder(s, arm, s->first_seed + seed, folder, sizeof folder);
        snprintf(path, sizeof path, "%s/evaluation-%d.jsonl", folder, iteration);
        if (!study_exists(folder, "solver/model.safetensors")) return false;
        if (r0_json_lines(s->r0, path, study_read_question, &reader) || reader.at != s->questions) return false;
    }
    return true;
}

// Mean over seeds of a number in the iteration entries of summary.json; *known says how many had one.
static double study_mean(study *s, const study_arm *arm, int iteration, const char *field, int *known)
{
    double sum = 0;
    *known = 0;
    for (int seed = 0; seed < s->seeds; seed++) {
        char folder[1024], path[1200];
        r0_json *summary;
        study_run_folder(s, arm, s->first_seed + seed, folder, sizeof folder);
        snprintf(path, sizeof path, "%s/summary.json", folder);
        if (r0_json_parse_file(s->r0, path, &summary)) continue;
        const r0_json *iterations = r0_json_get(summary, "iterations");
        const r0_json *value = iterations && (size_t)iteration <= iterations->count
                                   ? r0_json_get(&iterations->items[iteration - 1], field) : NULL;
        if (value && value->type == R0_JSON_NUMBER) sum += value->number, ++*known;
        r0_json_destroy(s->r0, summary);
    }
    return *known ? sum / *known : 0;
}

static void study_print_interval(FILE *out, r0_interval i, bool sign)
{
    fprintf(out, sign ? " %+.3f [%+.3f, %+.3f] |" : " %.3f [%.3f, %.3f] |", i.value, i.low, i.high);
}

static r0_status study_intervals(study *s, r0_interval out[2])
{
    for (int k = 0; k < 2; k++) {
        r0_status status = r0_seeds_mean(s->r0, s->scores[k], (size_t)s->seeds, (size_t)s->questions, &out[k]);
        if (status) return status;
    }
    return R0_OK;
}

// The base is iteration 0 of every arm, and the same in all.
static r0_status study_print_base(study *s, const char *set_name, FILE *out)
{
    r0_interval scores[2];
    if (!study_read(s, &study_arms[0], 0, set_name)) return R0_OK;
    r0_status status = study_intervals(s, scores);
    if (status) return status;
    fprintf(out, "| base | 0 |");
    study_print_interval(out, scores[0], false);
    study_print_interval(out, scores[1], false);
    fprintf(out, " - | - | before any training |\n");
    return R0_OK;
}

// The arms of figure.svg.
static bool study_is_drawn(const study_arm *arm)
{
    return !strcmp(arm->name, "full") || !strcmp(arm->name, "untrained") || !strcmp(arm->name, "random-labels");
}

static r0_status study_print_arm(study *s, const study_arm *arm, const char *set_name, FILE *out)
{
    // A baseline may be best early and fall: its row after three iterations alone would hide that.
    bool every = arm->iterations > 3 || !arm->set[0] || strstr(arm->set, "reward=") || study_is_drawn(arm);
    for (int i = every ? 1 : arm->iterations; i <= arm->iterations; i++) {
        r0_interval scores[2];
        int known;
        if (!study_read(s, arm, i, set_name)) return R0_OK;
        r0_status status = study_intervals(s, scores);
        if (status) return status;
        fprintf(out, "| %s | %d |", arm->name, i);
        study_print_interval(out, scores[0], false);
        study_print_interval(out, scores[1], false);
        fprintf(out, " %.1f |", study_mean(s, arm, i, "kept", &known));
        double accuracy = study_mean(s, arm, i, "label_accuracy", &known);
        if (known) fprintf(out, " %.2f |", accuracy);
        else fprintf(out, " - |");
        fprintf(out, " %s |\n", arm->about);
    }
    return R0_OK;
}

// a - b, question by question and seed by seed.
static r0_status study_print_difference(study *s, const study_arm *a, int ia, const study_arm *b, int ib,
                                        const char *set_name, const char *what, FILE *out)
{
    size_t count = (size_t)s->seeds * (size_t)s->questions;
    double *first[2] = {(double *)calloc(count, sizeof(double)), (double *)calloc(count, sizeof(double))};
    r0_interval difference[2];
    r0_status status = R0_OK;
    bool good = first[0] && first[1] && study_read(s, a, ia, set_name);
    for (int k = 0; good && k < 2; k++) memcpy(first[k], s->scores[k], count * sizeof(double));
    good = good && study_read(s, b, ib, set_name);
    for (int k = 0; good && k < 2; k++)
        for (size_t i = 0; i < count; i++) s->scores[k][i] = first[k][i] - s->scores[k][i];
    if (good) status = study_intervals(s, difference);
    if (good && !status) {
        fprintf(out, "| %s |", what);
        study_print_interval(out, difference[0], true);
        study_print_interval(out, difference[1], true);
        fprintf(out, "\n");
    }
    free(first[0]);
    free(first[1]);
    return status;
}

static r0_status study_write(study *s, const char *set_name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/study.md", s->folder);
    const char *why;
    FILE *out = r0i_file_open(path, "wb", &why);
    r0_status status = R0_OK;
    if (!out) return r0i_fail(s->r0, R0_ERROR_FILE, "%s: cannot be written: %s", path, why);
    fprintf(
        out,
        "Device %s; seeds %d to %d; %d questions of %s; 95 %% intervals over seeds and questions (r0_seeds_mean).\n\n",
        r0_device_name(s->r0), s->first_seed, s->first_seed + s->seeds - 1, s->questions, set_name);
    fprintf(out,
            "| arm | iteration | pass@1 | greedy | kept | label accuracy | what |\n|---|---|---|---|---|---|---|\n");
    status = study_print_base(s, set_name, out);
    for (int i = 0; !status && i < CLI_COUNT(study_arms); i++)
        if (study_wants(s, &study_arms[i])) status = study_print_arm(s, &study_arms[i], set_name, out);
    fprintf(out, "\n| difference | pass@1 | greedy |\n|---|---|---|\n");
    const study_arm *full = &study_arms[0];
    if (!status) status = study_print_difference(s, full, 3, full, 0, set_name, "full - base", out);
    for (int i = 1; !status && i < CLI_COUNT(study_arms); i++) {
        char what[128];
        if (study_arms[i].iterations != 3 || !study_wants(s, &study_arms[i])) continue;
        snprintf(what, sizeof what, "full - %s", study_arms[i].name);
        status = study_print_difference(s, full, 3, &study_arms[i], 3, set_name, what, out);
        snprintf(what, sizeof what, "%s - base", study_arms[i].name);
        if (!status) status = study_print_difference(s, &study_arms[i], 3, &study_arms[i], 0, set_name, what, out);
    }
    bool good = !fflush(out) && !ferror(out);
    if (!fclose(out) && good) return status;
    return r0i_fail(s->r0, R0_ERROR_FILE, "%s: cannot be written: %s", path, strerror(errno));
}

// pass@1 of one arm as a line of the chart; an arm that was not run has no line.
static r0_status study_draw_arm(study *s, const study_arm *arm, const char *set_name, report_chart *chart)
{
    if (!study_read(s, arm, arm->iterations, set_name)) return R0_OK;
    report_series *series = report_series_add(chart, arm->about);
    for (int i = 0; i <= arm->iterations && study_read(s, arm, i, set_name); i++) {
        r0_interval scores[2];
        r0_status status = study_intervals(s, scores);
        if (status) return status;
        series->y[i] = scores[0].value, series->low[i] = scores[0].low, series->high[i] = scores[0].high;
    }
    chart->points = arm->iterations + 1 > chart->points ? arm->iterations + 1 : chart->points;
    return R0_OK;
}

static r0_status study_draw(study *s, const char *set_name)
{
    char path[1024], note[160];
    report *r = (report *)calloc(1, sizeof *r);
    r0_status status = R0_OK;
    if (!r) return r0i_fail(s->r0, R0_ERROR_MEMORY, "study: out of memory");
    r->r0 = s->r0;
    snprintf(path, sizeof path, "%s/figure.svg", s->folder);
    snprintf(note, sizeof note, "pass@1 of %d held-out questions, %d seeds; bars: 95 %% intervals", s->questions,
             s->seeds);
    report_chart *chart = report_chart_begin(r, "Accuracy after every iteration", note, "right answers");
    chart->percent = true;
    for (int i = 0; !status && i < CLI_COUNT(study_arms); i++)
        if (study_is_drawn(&study_arms[i]) && study_wants(s, &study_arms[i]))
            status = study_draw_arm(s, &study_arms[i], set_name, chart);
    if (!status && chart->count) status = report_svg(r, path);
    free(r);
    return status;
}

// Runs what is missing and writes the tables. `base` holds model, preset, config, task and evaluation sets.
static r0_status study_all(r0_context *r0, const r0_evolve_desc *base, const char *folder, int seeds, const char *only)
{
    study s = {r0, folder, seeds, (int)base->seed, only, (int)base->sets[0].bench.count, {NULL, NULL}};
    size_t count = (size_t)seeds * (size_t)s.questions;
    r0_status status = R0_OK;
    for (int seed = 0; !status && seed < seeds; seed++)
        for (int i = 0; !status && i < CLI_COUNT(study_arms); i++) {
            char set[256];
            snprintf(set, sizeof set, "%s", study_arms[i].set);
            if (study_wants(&s, &study_arms[i])) status = study_run(&s, &study_arms[i], s.first_seed + seed, base, set);
        }
    s.scores[0] = (double *)calloc(count, sizeof(double));
    s.scores[1] = (double *)calloc(count, sizeof(double));
    if (!status && !(s.scores[0] && s.scores[1])) status = r0i_fail(r0, R0_ERROR_MEMORY, "study: out of memory");
    if (!status) status = study_write(&s, base->sets[0].name);
    if (!status) status = study_draw(&s, base->sets[0].name);
    free(s.scores[0]);
    free(s.scores[1]);
    return status;
}

#endif
