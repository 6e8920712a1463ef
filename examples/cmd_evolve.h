// `r0 evolve`: the loop of R-Zero on a model folder, by default on the embedded tiny base. Shows the device,
// progress, a table row for every iteration and sample questions; leaves a run folder with report.html behind.
#ifndef CMD_EVOLVE_H
#define CMD_EVOLVE_H

#include <time.h>

#include "cli.h"
#include "cmd_plan.h"
#include "mathruler.h"
#include "report.h"
#include "study.h"
#include "world.h"

enum { EVOLVE_SHOWN = 5, EVOLVE_LIST = 8192, EVOLVE_PROBE = 64 }; // bytes of a list of paths; questions probed
static const double EVOLVE_CONFIRMED = .97; // --stop-when-labels-rot: fewer labels confirmed than this end the run

typedef struct evolve_options {
    const char *model, *world, *run, *resume, *preset, *judge, *bench, *set;
    const char *study, *arms, *reward, *questions;
    const char *dtype, *targets, *base_name, *template_set[CLI_TEXTS_ROOM];
    const char *challenger_prompt, *solver_prompt;
    int iterations, seed, seeds, lora, limit;
    int counts[R0_MAX_SETS]; // questions of each evaluation file; 0: all
    double checkpoint;
    bool only_bench, chosen, adapter_rates, frozen, no_repetition, no_filter, random_labels, oracle_labels;
    bool stop; // when labels rot
} evolve_options;

// -- what the user sees --

static void evolve_print_head(const r0_scores *s)
{
    char majority[24] = "maj@k", pass[24] = "pass@k";
    if (s->samples) snprintf(majority, sizeof majority, "maj@%d", s->samples);
    if (s->samples) snprintf(pass, sizeof pass, "pass@%d", s->samples);
    printf("\n%4s %21s %7s %7s %7s %6s %6s %9s %7s %5s %5s %5s %6s %6s %7s\n", "iter", "pass@1 [95 %]", "greedy",
           majority, pass, "no box", "cut", "proposed", "valid", "dist", "kept", "agree", "label", "length", "seconds");
}

// Of no question there is no figure.
static void evolve_print_scores(const r0_scores *s)
{
    if (!s->questions) printf(" %21s %7s %7s %7s %6s %6s", "-", "-", "-", "-", "-", "-");
    else printf(" %6.3f [%.3f, %.3f] %7.3f %7.3f %7.3f %6.3f %6.3f", s->pass1, s->pass1_low, s->pass1_high, s->greedy,
                s->majority, s->pass_k, s->unboxed, s->unfinished);
}

static void evolve_print_row(const r0_iteration_result *r)
{
    const r0_scores *s = &r->scores[0];
    printf("%4d", r->iteration);
    evolve_print_scores(s);
    if (r->iteration) {
        printf(" %9d %7d %5d %5d", r->proposed, r->valid, r->distinct, r->kept);
        if (r->agreement > 0) printf(" %5.2f", r->agreement);
        else printf(" %5s", "-"); // nobody voted
        if (r->label_accuracy >= 0) printf(" %6.2f", r->label_accuracy);
        else printf(" %6s", "-");
        printf(" %6.1f", r->length);
    } else {
        printf(" %9s %7s %5s %5s %5s %6s %6.1f", "-", "-", "-", "-", "-", "-", s->length);
    }
    printf(" %7.1f\n", r->seconds);
    for (int b = 1; b < r->set_count; b++) {
        printf("%4s", "");
        evolve_print_scores(&r->scores[b]);
        printf("  on %s (%d questions)\n", cli_text(r->scores[b].name), r->scores[b].questions);
    }
    fflush(stdout);
}

typedef struct evolve_view {
    r0_context *r0;
    const char *run_folder;
    int shown;
} evolve_view;

// One kept question with its tally: `7+5-3` -> 9 (6 of 10; 3 said 8) ...
static r0_status evolve_show_question(void *user, int line, const r0_json *value)
{
    evolve_view *view = (evolve_view *)user;
    r0_span verdict = r0_json_get_text(value, "verdict"), question = r0_json_get_text(value, "question");
    const r0_json *votes = r0_json_get(value, "votes"), *correct = r0_json_get(value, "label_correct");
    (void)line;
    if (!verdict.data || strcmp(verdict.data, "kept") || view->shown >= EVOLVE_SHOWN || !votes || !votes->count)
        return R0_OK; // fixed questions, and those of an executor, were not voted on
    if (!view->shown++) printf("       kept questions with their votes (* the label):\n");
    printf("       %-44s", cli_text(question.data));
    r0_span label = r0_json_get_text(value, "label");
    for (size_t i = 0; i < votes->count && i < 6; i++) {
        r0_span answer = r0_json_get_text(&votes->items[i], "answer");
        bool chosen = answer.data && label.data && !strcmp(answer.data, label.data);
        printf(" %s%s x%d", chosen ? "*" : "", answer.data && answer.size ? cli_text(answer.data) : "(none)",
               (int)fmax(0, fmin(1e6, r0_json_get_number(&votes->items[i], "count", 0))));
    }
    if (correct && correct->type == R0_JSON_FALSE) {
        r0_span truth = r0_json_get_text(value, "oracle");
        if (truth.data) printf("   (truly %s)", cli_text(truth.data));
        else printf("   (ill-posed)");
    }
    printf("\n");
    return R0_OK;
}

static void evolve_on_iteration(void *user, const r0_iteration_result *result)
{
    evolve_view *view = (evolve_view *)user;
    char path[EVOLVE_LIST];
    cli_clear_bar();
    if (!result->iteration) evolve_print_head(&result->scores[0]);
    evolve_print_row(result);
    view->shown = 0;
    snprintf(path, sizeof path, "%s/questions-%d.jsonl", view->run_folder, result->iteration);
    if (result->iteration && r0_json_lines(view->r0, path, evolve_show_question, view))
        fprintf(stderr, "%s: warning: the questions cannot be shown: %s\n", cli.name, r0_error(view->r0));
}

// To a program that reads the output; a reader is told where it is.
static void evolve_print_summary(const char *run_folder)
{
    char path[1024], line[4096];
    snprintf(path, sizeof path, "%s/summary.json", run_folder);
    if (cli_isatty(stdout)) {
        printf("summary: %s\n", path);
        return;
    }
    FILE *file = cli_open(path, "rb");
    if (!file) return;
    for (size_t got; (got = fread(line, 1, sizeof line, file)) > 0;) cli_put(stdout, line, got);
    fclose(file);
}

// Of the newest completions-K.jsonl the last three lines: what a run that ended early had from the model.
typedef struct evolve_last {
    char text[3][1200];
    int count;
} evolve_last;

static r0_status evolve_last_line(void *user, int line, const r0_json *value)
{
    evolve_last *last = (evolve_last *)user;
    r0_span completion = r0_json_get_text(value, "completion"), malformed = r0_json_get_text(value, "malformed");
    (void)line;
    snprintf(last->text[last->count++ % 3], sizeof last->text[0], "%.700s%s%.100s%s",
             completion.data ? completion.data : "", malformed.size ? "   <- " : "",
             malformed.size ? malformed.data : "", completion.size > 700 ? " (and more)" : "");
    return R0_OK;
}

static void evolve_print_completions(r0_context *r0, const char *run_folder)
{
    char path[EVOLVE_LIST];
    evolve_last last;
    memset(&last, 0, sizeof last);
    for (int i = R0_MAX_ITERATIONS; i > 0 && !last.count; i--) {
        snprintf(path, sizeof path, "%s/completions-%d.jsonl", run_folder, i);
        if (r0i_file_exists(path) && r0_json_lines(r0, path, evolve_last_line, &last)) return;
    }
    for (int i = last.count < 3 ? 0 : last.count - 3; i < last.count; i++)
        fprintf(stderr, "completion %d: %s\n", i + 1, cli_text(last.text[i % 3]));
}

// -- what is asked --

// A prompt from a file: a list of messages, which may hold turns that were answered and the first words of the answer,
// or the user's text alone.
static r0_status evolve_set_prompt(r0_context *r0, const char *path, bool challenger, r0_evolve_config *config)
{
    char text[8200];
    if (!path) return R0_OK;
    FILE *file = cli_open(path, "rb");
    if (!file) return R0_ERROR_FILE;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    while (size && strchr(" \t\r\n", text[size - 1])) size--;
    text[size] = 0;
    if (strlen(text) < size || !size)
        return fprintf(stderr, "r0 evolve: %s: %s\n", path, size ? "holds a NUL" : "is empty"), R0_ERROR_FORMAT;
    if (*text == '[') (challenger ? config->challenger_system : config->solver_system)[0] = 0; // it is in the list
    r0_status status = r0_evolve_set(r0, config, challenger ? "challenger_prompt" : "solver_prompt", text);
    if (status) cli_error(r0);
    return status;
}

// The published rate is one for all weights. AdamW moves every number by about the rate in a step, and an adapter's
// product begins at 0: at 1e-6 fifteen steps move the logits by .02.
static const float evolve_adapter_rate = 1e-4f;

static void evolve_set_rates(evolve_options *o, r0_evolve_config *config)
{
    struct { const char *name; float *rate; } rates[] = {
        {"challenger.learning_rate", &config->challenger.learning_rate},
        {"solver.learning_rate", &config->solver.learning_rate},
    };
    for (int i = 0; i < 2 && config->lora_rank; i++) {
        if (*rates[i].rate > 1e-5f || (o->set && strstr(o->set, rates[i].name))) continue;
        *rates[i].rate = evolve_adapter_rate;
        o->adapter_rates = true;
    }
}

static r0_status evolve_set_all(r0_context *r0, evolve_options *o, r0_evolve_config *config)
{
    r0_status status = r0_evolve_set(r0, config, "question_file", o->questions);
    if (!status && o->reward) status = r0_evolve_set(r0, config, "reward", o->reward);
    if (!status && o->dtype) status = r0_evolve_set(r0, config, "dtype", o->dtype);
    if (!status && o->targets) status = r0_evolve_set(r0, config, "lora_targets", o->targets);
    if (!status) status = cli_set_fields(r0, o->set, config);
    if (!status) status = cli_template_keep(r0, o->template_set, config);
    if (status) return cli_error(r0), status;
    status = evolve_set_prompt(r0, o->challenger_prompt, true, config);
    if (!status) status = evolve_set_prompt(r0, o->solver_prompt, false, config);
    if (status) return status;
    if (o->iterations) config->iterations = o->iterations;
    if (o->lora) config->lora_rank = o->lora;
    if (!config->lora_rank && study_exists(o->model, "adapter_config.json")) { // it goes on as what it is
        char path[EVOLVE_LIST];
        r0_json *adapter;
        snprintf(path, sizeof path, "%s/adapter_config.json", o->model);
        if (r0_json_parse_file(r0, path, &adapter)) return cli_error(r0), R0_ERROR_FORMAT;
        config->lora_rank = (int)fmax(0, fmin(4096, r0_json_get_number(adapter, "r", 0)));
        r0_json_destroy(r0, adapter);
    }
    evolve_set_rates(o, config);
    if (o->stop && !config->guard.probe) config->guard.probe = EVOLVE_PROBE;
    if (o->stop && config->guard.stop_below == 0) config->guard.stop_below = EVOLVE_CONFIRMED;
    config->frozen_challenger |= o->frozen;
    config->no_repetition_penalty |= o->no_repetition;
    config->no_filter |= o->no_filter;
    config->random_labels |= o->random_labels;
    config->oracle_labels |= o->oracle_labels;
    return R0_OK;
}

// The presets that train by the authors' judge.
static bool evolve_is_published(const char *preset) { return !strcmp(preset, "paper") || !strcmp(preset, "released"); }

typedef char evolve_paths[R0_MAX_SETS][EVOLVE_LIST];

// A run that goes on takes its preset, and with it its judge, from its own record; its model and its evaluation files
// too, unless others are named.
static r0_status evolve_take_recorded(r0_context *r0, evolve_options *o)
{
    static char path[EVOLVE_LIST], model[EVOLVE_LIST], bench[EVOLVE_LIST], preset[64], judge[80];
    r0_json *record;
    snprintf(path, sizeof path, "%s/run.json", o->resume);
    r0_status status = r0_json_parse_file(r0, path, &record);
    if (status) return status;
    r0_span name = r0_json_get_text(record, "model"), recorded = r0_json_get_text(record, "preset");
    const r0_json *sets = r0_json_get(record, "sets");
    if (recorded.data) snprintf(preset, sizeof preset, "%s", recorded.data), o->preset = preset;
    r0_span judged = r0_json_get_text(record, "judge");
    if (judged.data) {
        snprintf(judge, sizeof judge, "%s", judged.data);
        char *world = strstr(judge, ", world sums");
        if (world) *world = 0, o->world = strstr(judged.data, "sums-open") ? "sums-open" : "sums";
        o->judge = judge;
    }
    if (!o->model && name.data) snprintf(model, sizeof model, "%s", name.data), o->model = model;
    for (size_t i = 0; !o->bench && sets && i < sets->count; i++) {
        r0_span file = r0_json_get_text(&sets->items[i], "path");
        size_t used = strlen(bench);
        if (i < R0_MAX_SETS) o->counts[i] = (int)r0_json_get_number(&sets->items[i], "questions", 0);
        if (file.data) snprintf(bench + used, sizeof bench - used, "%s%s", used ? "," : "", file.data);
    }
    if (!o->bench && bench[0]) o->bench = bench, o->only_bench = true;
    r0_json_destroy(r0, record);
    return R0_OK;
}

// Its numbers, for what is shown; r0_evolve reads them itself, and says what is wrong with them.
static void evolve_take_config(r0_context *r0, const evolve_options *o, r0_evolve_desc *desc)
{
    char path[EVOLVE_LIST], value[8300];
    r0_json *record;
    snprintf(path, sizeof path, "%s/run.json", o->resume);
    if (r0_json_parse_file(r0, path, &record)) return;
    const r0_json *config = r0_json_get(record, "config");
    for (size_t i = 0; config && config->type == R0_JSON_OBJECT && i < config->count; i++) {
        r0_span text = config->items[i].text;
        snprintf(value, sizeof value, "%.*s", text.data ? (int)text.size : 0, text.data ? text.data : "");
        r0_evolve_set(r0, &desc->config, config->keys[i].data, value);
    }
    r0_span seed = r0_json_get_text(record, "seed");
    if (seed.data) desc->seed = strtoull(seed.data, NULL, 10);
    desc->iterations = o->iterations;
    if (o->iterations) desc->config.iterations = o->iterations;
    r0_json_destroy(r0, record);
}

// What a run that goes on would ignore, since it is what its record says.
static int evolve_refuse_ignored(const evolve_options *o)
{
    static const char *const fixed[] = {"world", "challenger-prompt", "solver-prompt", "limit", "preset",
                                        "judge", "run", "seed", "reward", "questions", "lora-rank",
                                        "lora-targets", "base-name", "dtype", "set", "template-set", "study", "seeds",
                                        "arms", "frozen-challenger", "no-repetition-penalty", "no-filter",
                                        "random-labels", "oracle-labels", "stop-when-labels-rot"};
    int found = 0;
    for (int i = 0; i < CLI_COUNT(fixed); i++)
        if (cli_given(fixed[i])) fprintf(stderr, "%s--%s", found++ ? ", " : "r0 evolve: ", fixed[i]);
    if (!found) return CLI_GO;
    fprintf(stderr, ": a run goes on with what %s/run.json says; only --iterations can be another number\n", o->resume);
    return CLI_USAGE;
}

// The sets that the model's folder brings (heldout.jsonl is the headline), and those that --bench adds.
static void evolve_all_sets(evolve_options *o, char *list, size_t size)
{
    static const char *const own[] = {"heldout.jsonl", "transfer.jsonl"};
    size_t used = 0;
    list[0] = 0;
    for (int i = 0; i < CLI_COUNT(own) && !o->only_bench; i++)
        if (study_exists(o->model, own[i]))
            used += (size_t)snprintf(list + used, size - used, "%s%s/%.32s", used ? "," : "", o->model, own[i]);
    int own_count = 0;
    for (size_t i = 0; i < used; i++) own_count += !i || list[i] == ',';
    for (int i = own_count; i < R0_MAX_SETS && !o->resume; i++) o->counts[i] = o->limit;
    if (o->bench && used < size) snprintf(list + used, size - used, "%s%s", used ? "," : "", o->bench);
}

// Evaluation files, separated by commas; `copy` is cut into names, which the sets borrow.
static r0_status evolve_load_sets(r0_context *r0, char *copy, const r0_evolve_desc *desc, const int *counts,
                                  evolve_paths paths, r0_evaluation_set *sets, int *count)
{
    char *at = copy;
    r0_status status = R0_OK;
    for (*count = 0; !status && *at && *count < R0_MAX_SETS;) {
        char *end = at + strcspn(at, ",");
        if (*end) *end++ = 0;
        snprintf(paths[*count], sizeof paths[0], "%s", at);
        status = r0_bench_load(r0, at, &sets[*count].bench);
        if (!status && counts[*count] > 0) r0_bench_sample(&sets[*count].bench, (size_t)counts[*count], desc->seed);
        char *name = strrchr(at, '/') ? strrchr(at, '/') + 1 : at, *suffix = strstr(name, ".jsonl");
        if (suffix) *suffix = 0;
        sets[*count].name = name;
        sets[*count].path = paths[*count];
        if (!status) ++*count;
        at = end;
    }
    return status;
}

static const char *evolve_default_run(void)
{
    static char name[64];
    time_t now = time(NULL);
    strftime(name, sizeof name, "runs/%Y%m%d-%H%M%S", localtime(&now));
    return name;
}

static void evolve_print_start(r0_context *r0, const evolve_options *o, const r0_evolve_desc *desc)
{
    const r0_evolve_config *c = &desc->config;
    printf("device      %s\n", r0_device_name(r0));
    printf("model       %s, preset %s%s, seed %llu\n", cli_text(desc->model_folder), desc->preset,
           o->chosen ? " (as the model's tokens say; --preset names another)" : "", (unsigned long long)desc->seed);
    if (c->lora_rank)
        printf("adapters    rank %d, learning rates %g and %g%s\n", c->lora_rank, (double)c->challenger.learning_rate,
               (double)c->solver.learning_rate, o->adapter_rates ? " (the preset's 1e-06 is for all weights)" : "");
    printf("run folder  %s\n", desc->run_folder);
    for (int b = 0; b < desc->set_count; b++)
        printf("%s %s: %d questions, never trained on; a proposal that repeats one is dropped\n",
               b ? "           " : "evaluation ", cli_text(desc->sets[b].name), (int)desc->sets[b].bench.count);
    if (!desc->set_count)
        printf("evaluation  none: --bench names files of questions to measure on, --limit how many of each\n");
    if (!strcmp(desc->model_folder, "examples/tiny") || !strcmp(desc->model_folder, "examples/ladder"))
        printf("            (drawn once from a fixed seed; the corpus that made this base leaves all of them out)\n");
    bool fixed = c->reward == R0_REWARD_TTRL || c->reward == R0_REWARD_RENT || c->reward == R0_REWARD_INTUITOR;
    if (fixed)
        printf("loop        %d iterations on the questions of %s;\n", c->iterations, cli_text(c->question_file));
    else
        printf("loop        %d iterations: challenger %d steps x %d questions, %d votes each; "
               "curation of %d questions;\n",
               c->iterations, c->challenger.steps, c->challenger.groups * c->challenger.n, c->votes, c->questions);
    if (c->guard.answers_kept)
        printf("            solver %d steps x %d documents, half of them from earlier iterations\n",
               c->guard.rehearsal_steps, c->guard.rehearsal_batch);
    else printf("            solver up to %d steps x %d answers\n", c->solver.steps, c->solver.groups * c->solver.n);
    fflush(stdout);
}

// An adapter's shape and tokenizer are its base's. The folder of that, or NULL: the model is none, or has no base here.
static char *evolve_base(r0_context *r0, const char *folder)
{
    r0_json *config = NULL;
    r0_lora_desc lora;
    char *base = NULL;
    bool found = r0i_is_adapter(folder) && !r0i_adapter_config(r0, folder, &config, &lora) &&
                 !r0i_adapter_base(r0, folder, lora.base_name ? lora.base_name : "", &base);
    r0_json_destroy(r0, config);
    if (found) return base;
    r0i_free(r0, base);
    return NULL;
}

// Activation checkpointing where a new run does not fit without: chosen once, recorded in run.json, kept by a resume.
// Of several ranks the one with the least memory decides. What is wrong with model or config r0_evolve says.
static void evolve_plan(r0_context *r0, r0_evolve_desc *desc)
{
    r0_model_config shape;
    r0_plan plan = R0_ZERO;
    int prompts[2];
    const double gib = 1073741824;
    uint64_t room = (uint64_t)r0i_device_room(r0->device);
    bool asked = desc->config.recompute, needed = asked;
    if (desc->resume) return;
    char *base = evolve_base(r0, desc->model_folder);
    const char *folder = base ? base : desc->model_folder;
    if (!r0_model_config_read(r0, folder, &shape) && !plan_prompts(r0, folder, &shape, &desc->config, 1, prompts) &&
        !r0_evolve_plan(r0, &shape, &desc->config, prompts[0], prompts[1], room, &plan)) needed = plan.recompute;
    r0i_free(r0, base);
    if (r0i_ranks_agree(r0, R0_OK, &needed, NULL)) return;
    desc->config.recompute = needed;
    if (needed && !asked)
        printf("memory      recompute is on: without it the run would not fit into %.2f GiB; %.2f are planned\n",
               (double)room / gib, (double)plan.peak / gib);
    if (room && plan.peak > room)
        printf("memory      warning: up to %.2f GiB are planned, %.2f are free (r0 plan says for what)\n",
               (double)plan.peak / gib, (double)room / gib);
    fflush(stdout);
}

static const char *evolve_in(const char *folder, const char *name)
{
    static char path[EVOLVE_LIST];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int evolve_run(r0_context *r0, const evolve_options *o, const r0_evolve_desc *given)
{
    r0_evolve_desc own = *given, *desc = &own; // lives no longer than what it is made to point to
    evolve_view view = {r0, desc->run_folder, 0};
    r0_evaluation_set sets[R0_MAX_SETS];
    char names[EVOLVE_LIST];
    static evolve_paths paths;
    int code = CLI_OK;
    memset(sets, 0, sizeof sets);
    snprintf(names, sizeof names, "%s", o->bench);
    r0_status status = evolve_load_sets(r0, names, desc, o->counts, paths, sets, &desc->set_count);
    desc->sets = sets;
    desc->on_iteration = cli.follows ? NULL : evolve_on_iteration;
    desc->user = &view;
    if (!status && !o->study) evolve_print_start(r0, o, desc);
    if (!status) evolve_plan(r0, desc);
    if (!status && o->study) {
        desc->on_iteration = NULL;
        if (!o->set || !strstr(o->set, "max_dead")) desc->config.max_dead = 0; // a control may have nothing to learn
        status = study_all(r0, desc, o->study, o->seeds, o->arms);
    } else if (!status) {
        status = r0_evolve(r0, desc, NULL);
        cli_clear_bar();
        if (!status && !cli.follows) status = report_write(r0, desc->run_folder);
    }
    if (status) code = cli_error(r0);
    if (status == R0_ERROR_LIMIT && !o->study && !cli.follows) {
        evolve_print_completions(r0, desc->run_folder);
        if (r0i_file_exists(evolve_in(desc->run_folder, "summary.json")) && !report_write(r0, desc->run_folder))
            fprintf(stderr, "report: %s/report.html\n", desc->run_folder);
    }
    if (status == R0_ERROR_CANCELLED && !o->study)
        fprintf(stderr, "r0 evolve: go on with: build/r0 evolve --resume %s\n", desc->run_folder);
    if (!status && o->study) printf("%s/study.md\n", o->study);
    else if (!status) {
        printf("\nreport: %s/report.html\n", desc->run_folder);
        evolve_print_summary(desc->run_folder);
    }
    for (int b = 0; b < R0_MAX_SETS; b++) r0_bench_free(r0, &sets[b].bench);
    return code;
}

static int cmd_evolve(r0_context *r0, int argc, char **argv)
{
    evolve_options o = R0_ZERO;
    o.seed = 1;
    o.seeds = 5;
    const cli_option options[] = {
        {"model", CLI_TEXT, &o.model, "model folder: challenger and solver start from it (default examples/tiny)"},
        {"world", CLI_TEXT, &o.world,
         "tiny or ladder: examples/WORLD as --model, with its preset; sums: arithmetic in English, of any --model; "
         "sums-open: the same, and any question may be asked"},
        {"preset", CLI_TEXT, &o.preset, "tiny, lasting, paper or released (default: as the model's world wants it)"},
        {"judge", CLI_TEXT, &o.judge,
         "strict, or mathruler: R-Zero's own reward (default: paper and released mathruler)"},
        {"challenger-prompt", CLI_TEXT, &o.challenger_prompt,
         "file: the user's text, or a JSON list of messages (few-shot turns, an answer's first words)"},
        {"solver-prompt", CLI_TEXT, &o.solver_prompt, "the same for the solver; {question} marks the question"},
        {"bench", CLI_TEXT, &o.bench, "more evaluation files, separated by commas"},
        {"limit", CLI_INT, &o.limit, "so many questions of each of these, drawn by the seed; 0: all"},
        {"only-bench", CLI_FLAG, &o.only_bench, "evaluate on the files of --bench alone"},
        {"run", CLI_TEXT, &o.run, "folder for all results (default: runs/DATE-TIME)"},
        {"resume", CLI_TEXT, &o.resume, "go on with the run in this folder"},
        {"seed", CLI_INT, &o.seed, "everything random follows from it"},
        {"iterations", CLI_INT, &o.iterations, "0: as the preset says"},
        {"reward", CLI_TEXT, &o.reward, "r_zero, or a baseline: ttrl, rent, intuitor, absolute_zero"},
        {"questions", CLI_TEXT, &o.questions,
         "JSON Lines with \"question\": what ttrl, rent and intuitor train on (default: MODEL/questions.jsonl)"},
        {"lora-rank", CLI_INT, &o.lora, "train adapters of this rank on one frozen base; 0: as --model is"},
        {"lora-targets", CLI_TEXT, &o.targets, "layers that get one, e.g. q_proj,v_proj; default: all seven"},
        {"base-name", CLI_TEXT, &o.base_name, "what adapters name as their base, e.g. org/model; default: --model"},
        {"dtype", CLI_TEXT, &o.dtype, "of the frozen base: f32 (default), bf16, f16, q8_0, q4_0 or stored"},
        {"set", CLI_TEXT, &o.set, "FIELD=VALUE,...: any number of the config, as run.json names it"},
        CLI_TEMPLATE_SET(o.template_set),
        {"checkpoint", CLI_REAL, &o.checkpoint, "seconds between checkpoints; 0: 5; below 0: every step"},
        {"frozen-challenger", CLI_FLAG, &o.frozen, "control: the challenger is never trained"},
        {"no-repetition-penalty", CLI_FLAG, &o.no_repetition, "ablation"},
        {"no-filter", CLI_FLAG, &o.no_filter, "ablation: every question with a majority is kept"},
        {"random-labels", CLI_FLAG, &o.random_labels, "control: labels are shuffled"},
        {"study", CLI_TEXT, &o.study, "FOLDER: run the loop and its controls over several seeds, and tabulate"},
        {"seeds", CLI_INT, &o.seeds, "of the study, counted up from --seed"},
        {"arms", CLI_TEXT, &o.arms, "of the study, separated by commas; default: all"},
        {"oracle-labels", CLI_FLAG, &o.oracle_labels, "control: labels are the truth"},
        {"stop-when-labels-rot", CLI_FLAG, &o.stop,
         "end the run when the votes on rewordings confirm fewer than guard.stop_below of the labels (default .97)"},
    };
    int code = cli_parse("r0 evolve: let a model teach itself", options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (o.seeds < 1 || o.seeds > 1000)
        return fprintf(stderr, "r0 evolve: --seeds %d is not within 1..1000\n", o.seeds), CLI_USAGE;
    if (argc > 1) return fprintf(stderr, "r0 evolve: unexpected \"%s\"\n", argv[1]), CLI_USAGE;
    cli_results_in_files();
    if (o.resume && (code = evolve_refuse_ignored(&o)) != CLI_GO) return code;
    if (o.resume && evolve_take_recorded(r0, &o)) return cli_error(r0);
    char folder[64];
    bool open = o.world && !strcmp(o.world, "sums-open"), sums = open || (o.world && !strcmp(o.world, "sums"));
    if (o.world && !sums && strcmp(o.world, "tiny") && strcmp(o.world, "ladder"))
        return fprintf(stderr, "r0 evolve: --world %s is none of tiny, ladder, sums, sums-open\n", o.world), CLI_USAGE;
    if (o.limit < 0) return fprintf(stderr, "r0 evolve: --limit %d is below 0\n", o.limit), CLI_USAGE;
    if (sums && !o.model)
        return fprintf(stderr, "r0 evolve: --world %s needs --model, see examples/smol\n", o.world), CLI_USAGE;
    snprintf(folder, sizeof folder, "examples/%.40s", o.world && !sums ? o.world : "tiny");
    if (!o.model) o.model = folder;
    world w;
    if (world_of(r0, o.model, &w)) return cli_error(r0);
    if (sums) world_sums(&w, !open);
    o.chosen = !o.preset;
    if (!o.preset) o.preset = w.preset;
    if (!strcmp(o.preset, "lasting") && !strcmp(w.name, "tiny")) w.task.valid = tiny_valid; // part of the guard
    char bench[EVOLVE_LIST], questions[512] = "";
    if (strlen(o.model) < 490 && study_exists(o.model, "questions.jsonl"))
        snprintf(questions, sizeof questions, "%.490s/questions.jsonl", o.model);
    if (!o.questions) o.questions = questions;
    evolve_all_sets(&o, bench, sizeof bench);
    int files = *bench != 0;
    for (const char *c = bench; *c; c++) files += *c == ',';
    if (files > R0_MAX_SETS || strlen(bench) + 1 >= sizeof bench)
        return fprintf(stderr, "r0 evolve: --bench: %d files with %d bytes of paths: at most %d and %d\n", files,
                       (int)strlen(bench), R0_MAX_SETS, EVOLVE_LIST - 2), CLI_USAGE;
    o.bench = bench;
    r0_evolve_desc desc = R0_ZERO;
    desc.model_folder = o.model;
    desc.base_name = o.base_name;
    desc.run_folder = o.resume ? o.resume : o.run ? o.run : evolve_default_run();
    desc.resume = o.resume != NULL;
    desc.seed = (uint64_t)o.seed;
    desc.preset = o.preset;
    desc.checkpoint_seconds = o.checkpoint;
    desc.task = w.task;
    desc.task.user = r0;
    if (!o.judge) o.judge = evolve_is_published(o.preset) ? "mathruler" : "strict";
    if (strcmp(o.judge, "mathruler") && strcmp(o.judge, "strict"))
        return fprintf(stderr, "r0 evolve: --judge %s is neither strict nor mathruler\n", o.judge), CLI_USAGE;
    if (!strcmp(o.judge, "mathruler")) desc.task.equal = mathruler_equal;
    char judge[80]; // run.json's name of it says the world, too, where the model does not
    snprintf(judge, sizeof judge, "%s%s%s", o.judge, sums ? ", world " : "", sums ? o.world : "");
    desc.task.judge = judge;
    bool known = !r0_evolve_preset(r0, o.preset, &desc.config);
    if (o.resume) evolve_take_config(r0, &o, &desc);
    else if (!known) return cli_error(r0);
    else if (evolve_set_all(r0, &o, &desc.config)) return CLI_FAILED;
    return evolve_run(r0, &o, &desc);
}

#endif
