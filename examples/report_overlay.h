// overlay_write puts several runs on one page: accuracy, label accuracy, what is kept, in what their records differ.
//
// Runs of one setting with several seeds are one arm: folders NAME-SEED side by side, where run.json says that seed, as
// `r0 evolve --study` and examples/smol/study.py leave them. An arm is drawn as the mean of its runs with a 95 %
// interval (r0_seeds_mean), each run as a thin line. A mean ends where the first of its runs ends: it never rests on
// other runs at one iteration than at the next. What cannot be shown, the page lists.
#ifndef REPORT_OVERLAY_H
#define REPORT_OVERLAY_H

#include "report.h"

enum { OVERLAY_SETS = 12, OVERLAY_FIELDS = 256, OVERLAY_TEXT = 240 };

typedef enum overlay_what {
    OVERLAY_PASS1,
    OVERLAY_GREEDY,
    OVERLAY_MAJORITY,
    OVERLAY_LABELS,
    OVERLAY_KEPT,
    OVERLAY_VALID
} overlay_what;

typedef struct overlay_run {
    report *read;               // what its files say
    r0_json *record;            // run.json, or NULL
    const char *folder, *name;  // name: the last part of the folder
    int arm, slot[OVERLAY_SETS]; // where `read` has this set; -1: nowhere
    long seed;                  // -1: not known
    int reached;                // the last iteration with an evaluation; of a run without any, the last
    bool counted;               // in the arm's mean
} overlay_run;

typedef struct overlay_arm {
    char name[96];
    size_t stem;                // bytes of its runs' folders that are the same: "study/full"
    const char *folder;         // of its first run
    int all, runs, reached;     // its runs; those in its mean; the last iteration that all of these reached
} overlay_arm;

typedef struct overlay {
    r0_context *r0;
    report *page;               // the sheet, the file, what is left out
    const char *path;           // of the page
    overlay_run *runs;
    int count, arm_count, set_count, most; // most: the last iteration of any run
    overlay_arm arms[REPORT_ARMS];
    struct { char name[48], hash[24]; double draws; } sets[OVERLAY_SETS];
    r0_interval score[2][REPORT_ARMS][OVERLAY_SETS][REPORT_ITERATIONS]; // pass@1, greedy; NAN: not known
    r0_interval gain[REPORT_ARMS][OVERLAY_SETS]; // of pass@1, from the base to the last iteration that all reached
} overlay;

static const r0_interval overlay_none = {NAN, NAN, NAN};

// -- reading --

// The seed that ends a folder's name ("full-3"), where the run's record agrees; else the whole folder is the stem.
static size_t overlay_stem(const char *folder, long seed)
{
    size_t size = strlen(folder), digits = size;
    while (digits && r0i_is_digit(folder[digits - 1])) digits--;
    bool named = digits < size && size - digits < 10 && digits > 1 && folder[digits - 1] == '-';
    return named && seed >= 0 && strtol(folder + digits, NULL, 10) == seed ? digits - 1 : size;
}

static r0_status overlay_arm_of(overlay *o, overlay_run *run)
{
    size_t stem = overlay_stem(run->folder, run->seed);
    bool alone = stem == strlen(run->folder);
    for (run->arm = 0; run->arm < o->arm_count; run->arm++) {
        const overlay_arm *arm = &o->arms[run->arm];
        if (!alone && arm->stem == stem && arm->folder[stem] && !memcmp(arm->folder, run->folder, stem)) break;
    }
    if (run->arm == REPORT_ARMS)
        return r0i_fail(o->r0, R0_ERROR_LIMIT, "report: %s is of a 17th arm: at most %d are told apart on a page; name "
                        "fewer folders", run->folder, REPORT_ARMS);
    overlay_arm *arm = &o->arms[run->arm];
    if (run->arm == o->arm_count) {
        arm->folder = run->folder, arm->stem = stem;
        o->arm_count++;
    }
    arm->all++;
    return R0_OK;
}

// Arms are called by the last part of their stems, or by the whole where two would have one name.
static void overlay_name_arms(overlay *o)
{
    bool twice[REPORT_ARMS] = {false};
    for (int pass = 0; pass < 2; pass++)
        for (int a = 0; a < o->arm_count; a++) {
            overlay_arm *arm = &o->arms[a];
            size_t from = pass ? 0 : arm->stem;
            while (!pass && from && arm->folder[from - 1] != '/' && arm->folder[from - 1] != '\\') from--;
            if (pass && arm->stem >= sizeof arm->name) from = arm->stem - sizeof arm->name + 1;
            if (pass && !twice[a]) continue;
            r0_span name = {arm->folder + from, arm->stem - from};
            report_copy(arm->name, sizeof arm->name, name);
            for (int b = 0; !pass && b < a; b++)
                if (!strcmp(arm->name, o->arms[b].name)) twice[a] = twice[b] = true;
        }
}

// The mean is of all runs of an arm but those that have nothing after the base yet, as long as others have.
static void overlay_count(overlay *o)
{
    for (int a = 0; a < o->arm_count; a++) {
        overlay_arm *arm = &o->arms[a];
        int longest = 0;
        for (int k = 0; k < o->count; k++)
            if (o->runs[k].arm == a && o->runs[k].reached > longest) longest = o->runs[k].reached;
        arm->reached = longest;
        for (int k = 0; k < o->count; k++) {
            overlay_run *run = &o->runs[k];
            if (run->arm != a) continue;
            run->counted = run->reached > 0 || !longest;
            arm->runs += run->counted;
            if (run->counted && run->reached < arm->reached) arm->reached = run->reached;
            if (!run->counted)
                report_missing(o->page, run->folder, "no iteration of it has been evaluated: the arm's mean is of the "
                                                     "other runs");
        }
    }
}

// Sets are the same when name and content are: the record has a hash of it.
static void overlay_find_sets(overlay *o, overlay_run *run)
{
    const report *read = run->read;
    const r0_json *sets = r0_json_get(run->record, "sets");
    for (int s = 0; s < OVERLAY_SETS; s++) run->slot[s] = -1;
    for (int k = 0; k < read->sets; k++) {
        const char *name = read->set[k][0] ? read->set[k] : "benchmark";
        r0_span hash = R0_ZERO;
        int s = 0;
        if (!read->iteration[0].score[k].there && !read->iteration[read->iterations].score[k].there) continue;
        for (size_t i = 0; sets && i < sets->count; i++)
            if (report_is(r0_json_get_text(&sets->items[i], "name"), name))
                hash = r0_json_get_text(&sets->items[i], "hash");
        while (s < o->set_count && (strcmp(o->sets[s].name, name) ||
                                    strcmp(o->sets[s].hash, hash.data ? hash.data : ""))) s++;
        if (s == OVERLAY_SETS) {
            report_missing(o->page, name, "a page has room for 12 sets");
            continue;
        }
        run->slot[s] = k;
        if (s < o->set_count) continue;
        snprintf(o->sets[s].name, sizeof o->sets[s].name, "%s", name);
        snprintf(o->sets[s].hash, sizeof o->sets[s].hash, "%.23s", hash.data ? hash.data : "");
        o->sets[s].draws = read->draws;
        o->set_count++;
    }
}

static r0_status overlay_read_run(overlay *o, overlay_run *run, const char *folder)
{
    char path[1024];
    run->folder = run->name = folder;
    for (const char *c = folder; *c; c++)
        if ((*c == '/' || *c == '\\') && c[1]) run->name = c + 1;
    run->seed = -1;
    run->read = (report *)calloc(1, sizeof *run->read);
    if (!run->read) return r0i_fail(o->r0, R0_ERROR_MEMORY, "report: out of memory");
    run->read->r0 = o->r0;
    run->read->folder = folder;
    report_read(run->read);
    if (run->read->unread[0]) return r0i_fail(o->r0, R0_ERROR_FILE, "%s: %s", folder, run->read->unread);
    if (report_path(run->read, "run.json", path)) R0I_TRY(r0_json_parse_file(o->r0, path, &run->record));
    const r0_json *seed = r0_json_get(run->record, "seed");
    if (seed && seed->type == R0_JSON_STRING) run->seed = strtol(seed->text.data, NULL, 10);
    if (seed && seed->type == R0_JSON_NUMBER) run->seed = (long)seed->number;
    for (run->reached = run->read->iterations; run->reached > 0; run->reached--)
        if (run->read->iteration[run->reached].score[0].there) break;
    if (!run->reached && !run->read->iteration[0].score[0].there) run->reached = run->read->iterations;
    o->most = o->most > run->reached ? o->most : run->reached;
    overlay_find_sets(o, run);
    return overlay_arm_of(o, run);
}

// The answers of one run to one set, question by question.
typedef struct overlay_scores {
    const char *set;
    double *values[2];          // pass@1, greedy
    size_t count, room;
    uint64_t ids;               // of the questions, in order
    bool failed;
} overlay_scores;

static r0_status overlay_read_score(void *user, int line, const r0_json *value)
{
    overlay_scores *s = (overlay_scores *)user;
    r0_span set = r0_json_get_text(value, "set"), id = r0_json_get_text(value, "id");
    (void)line;
    if (set.size && !report_is(set, s->set)) return R0_OK;
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 256;
        for (int k = 0; k < 2; k++) {
            double *more = (double *)realloc(s->values[k], s->room * sizeof(double));
            if (!more) return s->failed = true, R0_ERROR_MEMORY;
            s->values[k] = more;
        }
    }
    s->values[0][s->count] = report_number(value, "correct") / report_number(value, "samples");
    s->values[1][s->count++] = r0_json_get_bool(value, "greedy", false);
    s->ids = s->ids * 1099511628211u + r0i_hash_of(id.data, id.size);
    return R0_OK;
}

static double overlay_average(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return count ? sum / (double)count : NAN;
}

// Scores (runs, questions) of an arm on a set after an iteration. False: `why` says what is wrong with the first bad
// file; it is empty where a run has no score there at all.
static bool overlay_table(overlay *o, int a, int set, int iteration, double *table[2], size_t *questions,
                          char why[OVERLAY_TEXT])
{
    size_t row = 0;
    uint64_t ids = 0;
    bool good = true;
    *why = 0;
    table[0] = table[1] = NULL;
    for (int k = 0; good && k < o->count; k++) {
        const overlay_run *run = &o->runs[k];
        char path[1024], name[40];
        if (run->arm != a || !run->counted) continue;
        const report_score *known = run->slot[set] < 0 ? NULL : &run->read->iteration[iteration].score[run->slot[set]];
        if (!known || !known->there) return free(table[0]), free(table[1]), false;
        overlay_scores s = {o->sets[set].name, {NULL, NULL}, 0, 0, 0, false};
        snprintf(name, sizeof name, "evaluation-%d.jsonl", iteration);
        if (!report_path(run->read, name, path))
            snprintf(why, OVERLAY_TEXT, "%.120s: there is no %s", run->folder, name);
        else if (r0_json_lines(o->r0, path, overlay_read_score, &s))
            snprintf(why, OVERLAY_TEXT, "%.220s", s.failed ? "out of memory" : r0_error(o->r0));
        else if (!s.count || !(fabs(overlay_average(s.values[0], s.count) - known->pass1) < 1e-6))
            snprintf(why, OVERLAY_TEXT, "%.120s: %s does not have the pass1 of metrics.jsonl", run->folder, name);
        else if (row && (s.count != *questions || s.ids != ids))
            snprintf(why, OVERLAY_TEXT, "%.120s: %s has other questions than the arm's first run", run->folder, name);
        good = !*why;
        *questions = s.count, ids = s.ids;
        for (int m = 0; good && m < 2; m++) {
            if (!row) table[m] = (double *)calloc((size_t)o->arms[a].runs * s.count, sizeof(double));
            if (table[m]) memcpy(table[m] + row * s.count, s.values[m], s.count * sizeof(double));
            else good = false, snprintf(why, OVERLAY_TEXT, "out of memory");
        }
        row++;
        free(s.values[0]);
        free(s.values[1]);
    }
    if (!good) free(table[0]), free(table[1]);
    return good;
}

// Of one run; NAN: not there.
static double overlay_value(const overlay_run *run, overlay_what what, int set, int iteration)
{
    const report_iteration *it = &run->read->iteration[iteration];
    if (iteration > run->reached) return NAN;
    if (what == OVERLAY_LABELS) return it->label_accuracy;
    if (what == OVERLAY_KEPT) return it->kept;
    if (what == OVERLAY_VALID) return it->proposed > 0 ? it->valid / it->proposed : NAN;
    const report_score *score = run->slot[set] < 0 ? NULL : &it->score[run->slot[set]];
    if (!score || !score->there) return NAN;
    return what == OVERLAY_PASS1 ? score->pass1 : what == OVERLAY_GREEDY ? score->greedy : score->majority;
}

// The mean over an arm's runs, with Student's interval over them; of one run its value, of labels with Wilson's.
static r0_interval overlay_plain(const overlay *o, int a, overlay_what what, int set, int iteration)
{
    double values[REPORT_THIN], kept = NAN;
    size_t count = 0;
    r0_interval mean = overlay_none;
    for (int k = 0; k < o->count; k++) {
        if (o->runs[k].arm != a || !o->runs[k].counted) continue;
        values[count++] = overlay_value(&o->runs[k], what, set, iteration);
        kept = overlay_value(&o->runs[k], OVERLAY_KEPT, set, iteration);
        if (isnan(values[count - 1])) return mean;
    }
    if (count > 1 && r0_seeds_mean(o->r0, values, count, 1, &mean)) return overlay_none;
    if (count == 1) mean.value = values[0];
    if (count == 1 && what == OVERLAY_LABELS && kept > 0) report_wilson(mean.value, kept, &mean.low, &mean.high);
    if (what == OVERLAY_KEPT || isnan(mean.low)) return mean;
    mean.low = fmax(0, mean.low), mean.high = fmin(1, mean.high); // of a share
    return mean;
}

// Accuracy of an arm: over runs and questions where their files tell, else over runs, which the page says.
static void overlay_measure(overlay *o, int a, int set, int iteration, char told[OVERLAY_TEXT])
{
    double *now[2], *base[2];
    size_t questions, asked;
    char why[OVERLAY_TEXT];
    r0_interval *score[2] = {&o->score[0][a][set][iteration], &o->score[1][a][set][iteration]};
    for (int m = 0; m < 2; m++) *score[m] = overlay_plain(o, a, m ? OVERLAY_GREEDY : OVERLAY_PASS1, set, iteration);
    if (!overlay_table(o, a, set, iteration, now, &questions, why)) {
        if (*why && !*told) snprintf(told, OVERLAY_TEXT, "%s", why);
        return;
    }
    size_t runs = (size_t)o->arms[a].runs;
    for (int m = 0; m < 2; m++)
        if (r0_seeds_mean(o->r0, now[m], runs, questions, score[m])) *score[m] = overlay_none;
        else score[m]->low = fmax(0, score[m]->low), score[m]->high = fmin(1, score[m]->high);
    if (iteration && iteration == o->arms[a].reached && overlay_table(o, a, set, 0, base, &asked, why)) {
        for (size_t i = 0; i < runs * questions && asked == questions; i++) now[0][i] -= base[0][i];
        if (asked != questions || r0_seeds_mean(o->r0, now[0], runs, questions, &o->gain[a][set]))
            o->gain[a][set] = overlay_none;
        free(base[0]);
        free(base[1]);
    }
    free(now[0]);
    free(now[1]);
}

static void overlay_measure_all(overlay *o)
{
    char what[OVERLAY_TEXT], why[OVERLAY_TEXT];
    for (int a = 0; a < o->arm_count; a++) {
        const overlay_arm *arm = &o->arms[a];
        int longest = arm->reached;
        for (int k = 0; k < o->count; k++)
            if (o->runs[k].arm == a && o->runs[k].reached > longest) longest = o->runs[k].reached;
        if (longest > arm->reached) {
            snprintf(what, sizeof what, "Mean of %s after iteration %d", arm->name, arm->reached);
            report_missing(o->page, what, "not all of its runs have come further");
        }
        for (int set = 0; set < o->set_count; set++) {
            *why = 0;
            o->gain[a][set] = overlay_none;
            for (int i = 0; i < REPORT_ITERATIONS; i++) {
                o->score[0][a][set][i] = o->score[1][a][set][i] = overlay_none;
                if (i <= arm->reached) overlay_measure(o, a, set, i, why);
            }
            snprintf(what, sizeof what, "Intervals over questions of %s on %s", arm->name, o->sets[set].name);
            if (*why) report_missing(o->page, what, why);
        }
    }
}

static r0_interval overlay_mean(const overlay *o, int a, overlay_what what, int set, int iteration)
{
    if (iteration > o->arms[a].reached) return overlay_none;
    return what <= OVERLAY_GREEDY ? o->score[what][a][set][iteration] : overlay_plain(o, a, what, set, iteration);
}

// -- the page --

static void overlay_chart(overlay *o, overlay_what what, int set, const char *title, const char *note, const char *y)
{
    report_chart *chart = report_chart_begin(o->page, title, note, y);
    chart->percent = what != OVERLAY_KEPT;
    chart->full = what == OVERLAY_LABELS;
    chart->from_zero = what >= OVERLAY_LABELS;
    chart->first = what >= OVERLAY_LABELS;
    chart->points = o->most + 1 - chart->first;
    chart->apart = fmin(5, 240. / (chart->points > 0 ? chart->points : 1) / o->arm_count);
    chart->banded = chart->points > 9 && o->arm_count <= 3;
    for (int a = 0; a < o->arm_count; a++) {
        report_series *series = report_series_add(chart, o->arms[a].name);
        for (int i = 0; i < chart->points; i++) {
            r0_interval mean = overlay_mean(o, a, what, set, i + chart->first);
            series->y[i] = mean.value, series->low[i] = mean.low, series->high[i] = mean.high;
        }
    }
    for (int k = 0; k < o->count; k++) {
        const overlay_run *run = &o->runs[k];
        if (o->arms[run->arm].all < 2) continue;
        int t = chart->thin_count++;
        chart->thin_of[t] = run->arm, chart->thin_name[t] = run->name;
        for (int i = 0; i < chart->points; i++) chart->thin[t][i] = overlay_value(run, what, set, i + chart->first);
    }
    report_chart_end(o->page, "no run has it");
}

static void overlay_charts(overlay *o)
{
    static const struct { overlay_what what; const char *title, *note, *y; } curation[] = {
        {OVERLAY_LABELS, "Label accuracy", "How often the majority's answer to a kept question is the true one.",
         "labels that are right"},
        {OVERLAY_KEPT, "Kept questions", "Neither too easy nor too hard: what the solver is trained on.", "questions"},
        {OVERLAY_VALID, "Well-formed proposals", "Share of an iteration's proposals that are valid.",
         "share of proposals"},
    };
    char title[160], note[320], majority[40];
    report *r = o->page;
    report_put(r, "<h2>Does it get better?</h2>\n<p>Means of an arm's runs with 95&nbsp;%% intervals over runs and "
                  "questions (r0_seeds_mean); thin lines are single runs. An arm of one run has the interval over "
                  "questions alone: it says nothing of other seeds.</p>\n<div class=\"cards\">\n");
    for (int set = 0; set < o->set_count; set++) {
        bool twice = false;
        for (int k = 0; k < o->set_count; k++) twice |= k != set && !strcmp(o->sets[k].name, o->sets[set].name);
        snprintf(majority, sizeof majority, "Majority@%.0f", o->sets[set].draws);
        const char *names[] = {"pass@1", "Greedy", majority};
        for (int what = OVERLAY_PASS1; what <= OVERLAY_MAJORITY; what++) {
            snprintf(title, sizeof title, "%s on %s%s%.8s%s", names[what], o->sets[set].name, twice ? " (" : "",
                     twice ? o->sets[set].hash : "", twice ? ")" : "");
            snprintf(note, sizeof note, "%s", what == OVERLAY_PASS1 ? "One sampled answer is right." :
                     what == OVERLAY_GREEDY ? "The most likely answer is right." :
                     "The most frequent answer is right; intervals over runs.");
            overlay_chart(o, (overlay_what)what, set, title, note, "correct answers");
        }
    }
    report_put(r, "</div>\n<h2>What is it trained on?</h2>\n<p>Intervals over runs; of the label accuracy of an arm of "
                  "one run, Wilson's over its questions.</p>\n<div class=\"cards\">\n");
    for (int i = 0; i < 3; i++)
        overlay_chart(o, curation[i].what, 0, curation[i].title, curation[i].note, curation[i].y);
    report_put(r, "</div>\n");
}

// "43.9 % 40.1-47.7", a count with its interval, or a dash.
static void overlay_cell(report *r, r0_interval i, bool percent, bool sign)
{
    double unit = percent ? 100 : 1;
    if (isnan(i.value)) {
        report_put(r, "<td>\xE2\x80\x93</td>");
        return;
    }
    report_put(r, sign ? "<td>%+.1f%s" : "<td>%.1f%s", unit * i.value, percent && !sign ? "\xC2\xA0%" : "");
    if (!isnan(i.low) && !isnan(i.high))
        report_put(r, sign ? " <small>%+.1f to %+.1f</small>" : " <small>%.1f\xE2\x80\x93%.1f</small>", unit * i.low,
                   unit * i.high);
    report_put(r, "</td>");
}

static void overlay_swatch(report *r, int arm)
{
    report_put(r, "<svg viewBox=\"0 0 24 10\" width=\"24\" height=\"10\" aria-hidden=\"true\"><path class=\"line s%d\" "
                  "d=\"M0 5H24\"/><circle class=\"f%d\" cx=\"12\" cy=\"5\" r=\"3\"/></svg> ",
               report_class(arm), report_class(arm));
}

// Every arm from the base to the last iteration that all of its runs reached.
static void overlay_arms(overlay *o)
{
    report *r = o->page;
    report_put(r, "<div class=\"scroll\" tabindex=\"0\"><table class=\"numbers\"><thead><tr><th class=\"first\" "
                  "rowspan=\"2\">arm</th><th rowspan=\"2\">runs</th><th rowspan=\"2\">iterations</th>");
    for (int set = 0; set < o->set_count; set++) {
        report_put(r, "<th colspan=\"3\">pass@1 on ");
        report_text(r, o->sets[set].name);
        report_put(r, "</th>");
    }
    report_put(r, "<th rowspan=\"2\">right labels</th><th rowspan=\"2\">kept</th></tr>\n<tr>");
    for (int set = 0; set < o->set_count; set++) report_put(r, "<th>base</th><th>last</th><th>gain, points</th>");
    report_put(r, "</tr></thead>\n<tbody>\n");
    for (int a = 0; a < o->arm_count; a++) {
        int last = o->arms[a].reached;
        report_put(r, "<tr><th class=\"first\" scope=\"row\">");
        overlay_swatch(r, a);
        report_text(r, o->arms[a].name);
        report_put(r, o->arms[a].runs < o->arms[a].all ? "</th><td>%d of %d" : "</th><td>%d", o->arms[a].runs,
                   o->arms[a].all);
        report_put(r, "</td><td>%d</td>", last);
        for (int set = 0; set < o->set_count; set++) {
            report_cell(r, o->score[0][a][set][0].value, true);
            overlay_cell(r, last ? o->score[0][a][set][last] : overlay_none, true, false);
            overlay_cell(r, o->gain[a][set], true, true);
        }
        overlay_cell(r, overlay_mean(o, a, OVERLAY_LABELS, 0, last), true, false);
        overlay_cell(r, overlay_mean(o, a, OVERLAY_KEPT, 0, last), false, false);
        report_put(r, "</tr>\n");
    }
    report_put(r, "</tbody></table></div>\n<p>Last, labels and kept: of the last iteration that all runs of the arm "
                  "have reached. Gain: of the same runs on the same questions, which the two intervals by themselves "
                  "do not say.</p>\n");
}

static void overlay_numbers(overlay *o)
{
    report *r = o->page;
    report_put(r, "<h2>All numbers</h2>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"numbers\"><thead>"
                  "<tr><th class=\"first\" rowspan=\"2\">arm</th><th rowspan=\"2\">iteration</th>");
    for (int set = 0; set < o->set_count; set++) {
        report_put(r, "<th colspan=\"3\">");
        report_text(r, o->sets[set].name);
        report_put(r, "</th>");
    }
    report_put(r, "<th rowspan=\"2\">right labels</th><th rowspan=\"2\">kept</th><th rowspan=\"2\">valid</th></tr>\n"
                  "<tr>");
    for (int set = 0; set < o->set_count; set++)
        report_put(r, "<th>pass@1 <small>95&nbsp;%%</small></th><th>greedy</th><th>majority@%.0f</th>",
                   o->sets[set].draws);
    report_put(r, "</tr></thead>\n<tbody>\n");
    for (int a = 0; a < o->arm_count; a++)
        for (int i = 0; i <= o->arms[a].reached; i++) {
            report_put(r, "<tr><th class=\"first\" scope=\"row\">");
            report_text(r, o->arms[a].name);
            report_put(r, i ? "</th><td>%d</td>" : "</th><td>base</td>", i);
            for (int set = 0; set < o->set_count; set++)
                for (int what = OVERLAY_PASS1; what <= OVERLAY_MAJORITY; what++)
                    overlay_cell(r, overlay_mean(o, a, (overlay_what)what, set, i), true, false);
            overlay_cell(r, overlay_mean(o, a, OVERLAY_LABELS, 0, i), true, false);
            overlay_cell(r, overlay_mean(o, a, OVERLAY_KEPT, 0, i), false, false);
            report_cell(r, overlay_mean(o, a, OVERLAY_VALID, 0, i).value, true);
            report_put(r, "</tr>\n");
        }
    report_put(r, "</tbody></table></div>\n");
}

// A field of the record as text. Numbers are shown with the fewest digits that are this float: .001, not
// .0010000000474974513.
static void overlay_field(const r0_json *value, char text[OVERLAY_TEXT])
{
    snprintf(text, OVERLAY_TEXT, "\xE2\x80\x93");
    if (!value) return;
    if (value->type == R0_JSON_STRING) report_copy(text, OVERLAY_TEXT, value->text);
    for (int digits = 1; value->type == R0_JSON_NUMBER && digits < 18; digits++) {
        snprintf(text, OVERLAY_TEXT, "%.*g", digits, value->number);
        double shown = strtod(text, NULL);
        if (shown == value->number || (digits > 5 && (float)shown == (float)value->number)) break;
    }
    if (value->type == R0_JSON_TRUE || value->type == R0_JSON_FALSE)
        snprintf(text, OVERLAY_TEXT, value->type == R0_JSON_TRUE ? "true" : "false");
    size_t used = 0;
    for (size_t i = 0; value->type == R0_JSON_ARRAY && i < value->count && used < OVERLAY_TEXT - 100; i++) { // sets
        r0_span name = r0_json_get_text(&value->items[i], "name");
        used += (size_t)snprintf(text + used, OVERLAY_TEXT - used, "%s%.40s: %.0f questions", i ? ", " : "",
                                 name.data ? name.data : "?", r0_json_get_number(&value->items[i], "questions", 0));
    }
}

static const r0_json *overlay_get(const r0_json *record, const char *name)
{
    const r0_json *config = r0_json_get(record, "config");
    return r0_json_get(record, name) ? r0_json_get(record, name) : r0_json_get(config, name);
}

// The different values of an arm's runs, separated by commas; of a folder's text too long for a cell the rest is cut.
static void overlay_difference_cell(overlay *o, int a, const char *name)
{
    char shown[REPORT_THIN][24], text[OVERLAY_TEXT];
    int count = 0;
    report_put(o->page, "<td>");
    for (int k = 0; k < o->count; k++) {
        bool known = false;
        char hash[24];
        if (o->runs[k].arm != a) continue;
        overlay_field(overlay_get(o->runs[k].record, name), text);
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)r0i_hash_of(text, strlen(text)));
        for (int i = 0; i < count; i++) known |= !strcmp(shown[i], hash);
        if (known) continue;
        memcpy(shown[count], hash, sizeof hash);
        if (count++) report_put(o->page, ", ");
        report_text(o->page, text);
    }
    report_put(o->page, "</td>");
}

// Fields of run.json that are not the same in all runs. The seed is told apart: it differs within an arm.
static void overlay_differences(overlay *o)
{
    static const char *const passed[] = {"format", "checksum", "sets", "config", "given"};
    const char *names[OVERLAY_FIELDS];
    char text[2][OVERLAY_TEXT];
    int count = 0, rows = 0, records = 0;
    report *r = o->page;
    for (int k = 0; k < o->count; k++) {
        const r0_json *parts[] = {o->runs[k].record, r0_json_get(o->runs[k].record, "config")};
        records += parts[0] != NULL;
        for (int p = 0; p < 2; p++)
            for (size_t i = 0; parts[p] && parts[p]->type == R0_JSON_OBJECT && i < parts[p]->count; i++) {
                const char *name = parts[p]->keys[i].data;
                bool known = count == OVERLAY_FIELDS;
                for (size_t n = 0; n < sizeof passed / sizeof *passed; n++) known |= !p && !strcmp(name, passed[n]);
                for (int n = 0; n < count; n++) known |= !strcmp(names[n], name);
                if (!known) names[count++] = name;
            }
        if (!o->runs[k].record) {
            snprintf(text[0], sizeof text[0], "Config of %.120s", o->runs[k].folder);
            report_missing(r, text[0], "it has no run.json");
        }
    }
    report_put(r, "<h2>In what do they differ?</h2>\n");
    for (int n = 0; n < count && records > 1; n++) {
        bool same = true;
        overlay_field(overlay_get(o->runs[0].record, names[n]), text[0]);
        for (int k = 1; same && k < o->count; k++) {
            overlay_field(overlay_get(o->runs[k].record, names[n]), text[1]);
            same = !o->runs[k].record || !strcmp(text[0], text[1]);
        }
        if (same) continue;
        if (!rows++) {
            report_put(r, "<div class=\"scroll\" tabindex=\"0\"><table class=\"numbers differ\"><thead><tr>"
                          "<th class=\"first\">run.json</th>");
            for (int a = 0; a < o->arm_count; a++) {
                report_put(r, "<th>");
                overlay_swatch(r, a);
                report_text(r, o->arms[a].name);
                report_put(r, "</th>");
            }
            report_put(r, "</tr></thead>\n<tbody>\n");
        }
        report_put(r, "<tr><th class=\"first\" scope=\"row\">");
        report_text(r, names[n]);
        report_put(r, "</th>");
        for (int a = 0; a < o->arm_count; a++) overlay_difference_cell(o, a, names[n]);
        report_put(r, "</tr>\n");
    }
    if (rows) report_put(r, "</tbody></table></div>\n");
    else report_put(r, "<p>In nothing that their records say.</p>\n");
}

// A link from the page to a run's own page, where it has one and the way there is plain.
static void overlay_link(overlay *o, const overlay_run *run)
{
    char path[1024];
    const char *to = run->folder, *end = o->path;
    for (const char *c = o->path; *c; c++)
        if (*c == '/' || *c == '\\') end = c + 1;
    size_t folder = (size_t)(end - o->path);
    bool there = report_path(run->read, "report.html", path), plain = *to == '/' || !folder;
    if (folder && !strncmp(to, o->path, folder)) plain = true, to += folder;
    if (there && plain) {
        report_put(o->page, "<a href=\"");
        for (const char *c = to; *c; c++)
            if (r0i_is_digit(*c) || strchr("/._-~", *c) || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))
                report_put(o->page, "%c", *c);
            else report_put(o->page, "%%%02X", (unsigned char)*c);
        report_put(o->page, "/report.html\">");
    }
    report_text(o->page, run->folder);
    if (there && plain) report_put(o->page, "</a>");
}

static void overlay_list(overlay *o)
{
    report *r = o->page;
    report_put(r, "<h2>Runs</h2>\n<ul class=\"runs\">\n");
    for (int k = 0; k < o->count; k++) {
        const overlay_run *run = &o->runs[k];
        const r0_json *warnings = r0_json_get(run->read->summary, "warnings");
        report_put(r, "<li>");
        overlay_swatch(r, run->arm);
        overlay_link(o, run);
        report_put(r, ": %d iteration%s", run->reached, run->reached == 1 ? "" : "s");
        if (!run->read->summary) report_put(r, ", not finished");
        for (size_t i = 0; warnings && warnings->type == R0_JSON_ARRAY && i < warnings->count; i++) {
            report_put(r, "<br><small>warning: ");
            report_text(r, warnings->items[i].type == R0_JSON_STRING ? warnings->items[i].text.data : "");
            report_put(r, "</small>");
        }
        report_put(r, "</li>\n");
    }
    report_put(r, "</ul>\n");
}

static const char *const overlay_style[] = {
    ".thin { fill: none; stroke-width: 1; opacity: .4; stroke-dasharray: none }",
    ".numbers.differ td, .numbers.differ th { text-align: left }",
    ".numbers.differ td { white-space: normal; overflow-wrap: anywhere; min-width: 9em }",
    ".scroll + p { margin-top: .6em }",
    ".runs { columns: 32em; column-gap: 24px }",
    ".runs li { overflow-wrap: anywhere; break-inside: avoid; padding: 1px 0 }",
    "@media print { .runs { font-size: 8px } .numbers.differ td { min-width: 0 } }",
    "a { color: var(--c0) }",
};

static void overlay_put(overlay *o)
{
    report *r = o->page;
    report_put(r, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>R0: %d runs</title>"
                  "\n<style>\n", o->count);
    REPORT_STYLE(r, report_page_style);
    report_put_colors(r);
    REPORT_STYLE(r, overlay_style);
    for (int i = 0; i < 8; i++) // the second eight arms: dots, hollow markers
        report_put(r, ".s%d{stroke:var(--c%d);stroke-dasharray:1 4}.f%d{fill:var(--card);stroke:var(--c%d)}\n", i + 9,
                   i, i + 9, i);
    report_put(r, "</style></head>\n<body><main>\n<h1>R0: %d runs compared</h1>\n", o->count);
    overlay_arms(o);
    overlay_charts(o);
    overlay_differences(o);
    overlay_numbers(o);
    overlay_list(o);
    if (r->missing_count) report_left_out(r);
    report_put(r, "</main></body></html>\n");
}

// Writes the page of these run folders to `path`. R0_ERROR_FILE: it cannot be written, or a file of a run cannot be
// read; R0_ERROR_LIMIT: too many runs or arms; R0_ERROR_MEMORY. Without a page nothing is changed.
static r0_status overlay_write(r0_context *r0, const char *const *folders, int count, const char *path)
{
    overlay *o = (overlay *)calloc(1, sizeof *o);
    r0_status status = R0_OK;
    if (count > REPORT_THIN)
        status = r0i_fail(r0, R0_ERROR_LIMIT, "report: %d runs: at most %d fit on a page", count, REPORT_THIN);
    if (o && !status) {
        o->r0 = r0, o->path = path;
        o->page = (report *)calloc(1, sizeof *o->page);
        o->runs = (overlay_run *)calloc((size_t)count, sizeof *o->runs);
    }
    if (!status && !(o && o->page && o->runs)) status = r0i_fail(r0, R0_ERROR_MEMORY, "report: out of memory");
    if (!status) o->page->r0 = r0, o->page->folder = "";
    for (; !status && o->count < count; o->count++) status = overlay_read_run(o, &o->runs[o->count], folders[o->count]);
    if (!status) {
        overlay_name_arms(o);
        overlay_count(o);
        overlay_measure_all(o);
        status = report_open(o->page, path);
    }
    if (!status) {
        overlay_put(o);
        status = report_close(o->page, path);
    }
    for (int k = 0; o && o->runs && k < count; k++) {
        overlay_run *run = &o->runs[k];
        if (run->read) r0_json_destroy(r0, run->read->summary), free(run->read->steps);
        r0_json_destroy(r0, run->record);
        free(run->read);
    }
    if (o) free(o->runs), free(o->page);
    free(o);
    return status;
}

#endif // REPORT_OVERLAY_H
