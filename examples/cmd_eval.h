// `r0 eval`: measures a model on benchmarks, one greedy response and k samples per question. With --out every question
// is stored as soon as it is answered, and a second call goes on where the first one stopped; stored runs can be judged
// again (--regrade) and compared (--compare) without the model.
//
// The random numbers of a response follow from the seed, the name of its set and its place in it: the same command
// gives the same responses, whether it was interrupted or not, and whatever other sets are measured.
#ifndef CMD_EVAL_H
#define CMD_EVAL_H

#include <sys/stat.h>
#if defined(_WIN32)
#include <direct.h>
#endif

#include "cli.h"
#include "eval_compare.h"
#include "eval_results.h"

typedef struct eval_options {
    const char *model, *dtype, *bench, *out, *prompt, *system, *prompt_file, *shots, *mode, *regrade;
    const char *template_set[CLI_TEXTS_ROOM];
    double temperature, top_p;
    int samples, top_k, max_new, limit, seed, batch, shot_count;
    bool compare, any, skip;
} eval_options;

// A benchmark with its prompts.
typedef struct eval_source {
    const char *name, *path;
    r0_bench bench;
    r0_tokens *prompts; // (bench.count); empty where the question cannot be encoded
    char **skipped;     // (bench.count) why not; NULL: it can
} eval_source;

enum { EVAL_SETTINGS = 20 };

// What a run must agree in to be continued.
typedef struct eval_setting {
    const char *name, *text; // text NULL: a number
    double value, tolerance;
} eval_setting;

typedef struct eval_run {
    r0_context *r0;
    eval_options *o;
    eval_judge judge;
    r0_tokenizer *tokenizer;
    r0_model *model;
    char *prompt;         // with {question} in it
    char *opened;         // what of the answer it holds already
    bool chat;            // r0_chat_render wrote it
    eval_source sources[EVAL_SETS];
    int source_count, longest; // longest prompt, tokens
    int max_new;
    eval_results results;
    eval_setting settings[EVAL_SETTINGS];
    int setting_count;
    char questions[17];   // hash of what is asked
    char path[1024];      // of responses.jsonl
    FILE *file;
    size_t stored;        // questions that were in the file
    char why[1152];       // what is wrong with a stored line
    eval_response responses[EVAL_SAMPLES + 1];
} eval_run;

// FNV-1a, 64 bits.
static uint64_t eval_hash(uint64_t hash, r0_span text)
{
    for (size_t i = 0; i < text.size; i++) hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u; // ends the text: "ab", "c" is not "a", "bc"
}

#define EVAL_HASH_START 0xcbf29ce484222325u

// -- questions --

static int eval_load_set(eval_run *run, const char *path)
{
    if (run->source_count == EVAL_SETS) return eval_fail("--bench: more than %d files", EVAL_SETS);
    eval_source *source = &run->sources[run->source_count];
    const char *slash = strrchr(path, '/');
    source->path = path;
    source->name = slash ? slash + 1 : path;
    for (int i = 0; i < run->source_count; i++)
        if (!strcmp(run->sources[i].name, source->name))
            return eval_fail("--bench: %s and %s have the same name", run->sources[i].path, path);
    if (r0_bench_load(run->r0, path, &source->bench)) return cli_error(run->r0);
    run->source_count++;
    if (run->o->limit) r0_bench_sample(&source->bench, (size_t)run->o->limit, (uint64_t)run->o->seed);
    source->prompts = (r0_tokens *)calloc(source->bench.count, sizeof *source->prompts);
    source->skipped = (char **)calloc(source->bench.count, sizeof *source->skipped);
    return source->prompts && source->skipped ? CLI_OK : eval_fail("out of memory");
}

// `names`: files, separated by commas; it is cut into pieces that the sources borrow.
static int eval_load_sets(eval_run *run, char *names)
{
    uint64_t hash = EVAL_HASH_START;
    for (char *at = names; *at;) {
        char *end = at + strcspn(at, ",");
        if (*end) *end++ = 0;
        if (*at) {
            int code = eval_load_set(run, at);
            if (code) return code;
        }
        at = end;
    }
    if (!run->source_count) return eval_fail("--bench names no file");
    for (int s = 0; s < run->source_count; s++) {
        const r0_bench *bench = &run->sources[s].bench;
        hash = eval_hash(hash, eval_span(run->sources[s].name));
        for (size_t i = 0; i < bench->count; i++) {
            hash = eval_hash(eval_hash(hash, bench->items[i].id), bench->items[i].question);
            hash = eval_hash(hash, bench->items[i].answer);
            for (int c = 0; c < bench->items[i].choice_count; c++) hash = eval_hash(hash, bench->items[i].choices[c]);
        }
    }
    snprintf(run->questions, sizeof run->questions, "%08lx%08lx", (unsigned long)(hash >> 32),
             (unsigned long)(hash & 0xffffffffu));
    return CLI_OK;
}

// -- prompts --

static char *eval_copy(r0_span text)
{
    char *copy = (char *)malloc(text.size + 1);
    if (copy && text.size) memcpy(copy, text.data, text.size);
    if (copy) copy[text.size] = 0;
    return copy;
}

// The turns that stand before the question: of JSON Lines with "question" and "response" (or "answer") the first
// --shot-count. A chat model sees answered turns, any other "Question: ...\nAnswer: ..." one after another.
typedef struct eval_shots {
    eval_run *run;
    r0i_text *out;
    int count;
} eval_shots;

static r0_status eval_shot(void *user, int line, const r0_json *value)
{
    eval_shots *s = (eval_shots *)user;
    r0_span question = r0_json_get_text(value, "question"), response = r0_json_get_text(value, "response");
    if (!response.data) response = r0_json_get_text(value, "answer");
    if (!question.size || !response.size)
        return r0i_fail(s->run->r0, R0_ERROR_FORMAT, "%s:%d: no texts \"question\" and \"response\"",
                        s->run->o->shots, line);
    if (s->count >= s->run->o->shot_count) return R0_OK;
    s->count++;
    if (s->run->chat) {
        r0i_text_append(s->out, ",{\"role\":\"user\",\"content\":", 26);
        r0i_json_write_string(s->out, question);
        r0i_text_append(s->out, "},{\"role\":\"assistant\",\"content\":", 33);
        r0i_json_write_string(s->out, response);
        r0i_text_append(s->out, "}", 1);
    } else {
        r0i_text_print(s->out, "Question: %.*s\nAnswer: %.*s\n\n", (int)question.size, question.data,
                       (int)response.size, response.data);
    }
    return R0_OK;
}

// Renders a system and a user text or a list of messages, as a run does, into run->prompt.
static int eval_render(eval_run *run, const char *system, const char *user)
{
    r0i_text none = {run->r0, NULL, 0, 0, false};
    r0i_prompt prompt = {none, none};
    r0_status status = r0i_prompt_render(run->tokenizer, run->chat, system, user, &prompt);
    r0_span rendered = {prompt.text.data, prompt.text.size}, opened = {prompt.opened.data, prompt.opened.size};
    if (!status) run->prompt = eval_copy(rendered), run->opened = eval_copy(opened);
    r0i_prompt_free(&prompt);
    if (status) return cli_error(run->r0);
    return run->prompt && run->opened ? CLI_OK : eval_fail("out of memory");
}

static int eval_prompt_with_shots(eval_run *run, const char *system, const char *user)
{
    if (!run->o->shots) return eval_render(run, system, user);
    r0i_text text = {run->r0, NULL, 0, 0, false};
    eval_shots shots = {run, &text, 0};
    if (run->chat) { // a list of messages
        r0i_text_print(&text, "[{\"role\":\"system\",\"content\":");
        r0i_json_write_string(&text, eval_span(system));
        r0i_text_print(&text, "}");
    }
    int code = r0_json_lines(run->r0, run->o->shots, eval_shot, &shots) ? cli_error(run->r0) : CLI_OK;
    if (!code && shots.count < run->o->shot_count)
        code = eval_fail("%s: %d lines are fewer than --shot-count %d", run->o->shots, shots.count,
                         run->o->shot_count);
    if (run->chat) {
        r0i_text_print(&text, ",{\"role\":\"user\",\"content\":");
        r0i_json_write_string(&text, eval_span(user));
        r0i_text_print(&text, "}]");
    } else r0i_text_print(&text, "Question: %s\nAnswer:", user);
    if (!code && r0i_text_status(&text)) code = eval_fail("out of memory");
    if (!code) code = eval_render(run, "", text.data);
    r0i_text_free(&text);
    return code;
}

static int eval_read_prompt(eval_run *run, char text[16400])
{
    FILE *file = cli_open(run->o->prompt_file, "rb");
    if (!file) return CLI_FAILED;
    size_t size = fread(text, 1, 16399, file);
    fclose(file);
    while (size && strchr(" \t\r\n", text[size - 1])) size--;
    text[size] = 0;
    if (strlen(text) == size && strstr(text, "{question}") && size < 16390) return CLI_OK;
    return eval_fail("%s: holds no {question}, or a NUL, or more than 16,389 bytes", run->o->prompt_file);
}

// The prompt, and as many new tokens and samples as its preset has, where nothing else was asked for.
static int eval_choose_prompt(eval_run *run)
{
    eval_options *o = run->o;
    r0_evolve_config config;
    if (!o->prompt) o->prompt = r0_tokenizer_id(run->tokenizer, "[S]") >= 0 ? "tiny" : "chat";
    bool tiny = !strcmp(o->prompt, "tiny"), chat = !strcmp(o->prompt, "chat");
    if (r0_evolve_preset(run->r0, tiny ? "tiny" : "paper", &config)) return cli_error(run->r0);
    run->max_new = o->max_new ? o->max_new : config.evaluation_tokens;
    run->chat = chat;
    if (o->prompt_file) {
        char text[16400];
        int code = eval_read_prompt(run, text);
        if (code) return code;
        bool listed = *text == '[';
        if (listed && (o->system || o->shots))
            return eval_fail("--prompt-file %s is a list of messages: system text and shots stand in it",
                             o->prompt_file);
        return eval_prompt_with_shots(run, !chat || listed ? "" : o->system ? o->system : config.solver_system, text);
    }
    if (chat) return eval_prompt_with_shots(run, o->system ? o->system : config.solver_system, config.solver_prompt);
    if (o->system) return eval_fail("--system: prompt \"%s\" has no place for it", o->prompt);
    if (tiny && o->shots) return eval_fail("--shots: prompt \"tiny\" has no place for them");
    return eval_prompt_with_shots(run, "", tiny ? config.solver_prompt : "{question}");
}

// A question that cannot be encoded ends the run, or is left out when that was asked for.
static int eval_encode_item(eval_run *run, eval_source *source, size_t i)
{
    const r0_bench_item *item = &source->bench.items[i];
    size_t size = r0_bench_prompt(item, NULL, 0);
    char *text = (char *)malloc(size + 1);
    if (!text) return eval_fail("out of memory");
    r0_bench_prompt(item, text, size + 1);
    r0_span question = {text, size};
    r0_status status = r0_prompt_encode(run->tokenizer, eval_span(run->prompt), question, run->chat,
                                        &source->prompts[i]);
    free(text);
    if ((int)source->prompts[i].count > run->longest) run->longest = (int)source->prompts[i].count;
    if (!status) return CLI_OK;
    if (status != R0_ERROR_ARGUMENT) return cli_error(run->r0);
    if (!run->o->skip)
        return eval_fail("%s: question \"%s\" cannot be encoded: %s (--skip-unencodable counts it as wrong)",
                         source->path, item->id.data, r0_error(run->r0));
    source->skipped[i] = eval_copy(eval_span(r0_error(run->r0)));
    return source->skipped[i] ? CLI_OK : eval_fail("out of memory");
}

// Every prompt must fit: better to say so now than after hours. A length that was not asked for is shortened.
static int eval_encode_all(eval_run *run)
{
    for (int s = 0; s < run->source_count; s++)
        for (size_t i = 0; i < run->sources[s].bench.count; i++) {
            int code = eval_encode_item(run, &run->sources[s], i);
            if (code) return code;
        }
    int room = r0_model_shape(run->model)->max_positions - run->longest;
    if (!run->o->max_new && room > 0 && run->max_new > room) run->max_new = room;
    if (run->max_new <= room) return CLI_OK;
    return eval_fail("the longest prompt has %d tokens: with --max-new %d that is more than the model's %d positions",
                     run->longest, run->max_new, r0_model_shape(run->model)->max_positions);
}

// -- the folder of results --

static bool eval_make_one(const char *path)
{
#if defined(_WIN32)
    return _mkdir(path) == 0 || errno == EEXIST;
#else
    return mkdir(path, 0777) == 0 || errno == EEXIST;
#endif
}

// With its parents.
static int eval_make_folder(const char *folder)
{
    char part[1024];
    size_t size = strlen(folder);
    if (size + 32 > sizeof part) return eval_fail("--out: the path is too long");
    for (size_t i = 1; i <= size; i++) {
        if (i < size && folder[i] != '/') continue;
        memcpy(part, folder, i);
        part[i] = 0;
        if (!eval_make_one(part) && i == size)
            return eval_fail("%s: folder cannot be created: %s", folder, strerror(errno));
    }
    return CLI_OK;
}

static void eval_set_number(eval_run *run, const char *name, double value)
{
    eval_setting *setting = &run->settings[run->setting_count++];
    memset(setting, 0, sizeof *setting);
    setting->name = name;
    setting->value = value;
}

static void eval_set_text(eval_run *run, const char *name, const char *text)
{
    eval_set_number(run, name, 0);
    run->settings[run->setting_count - 1].text = text;
}

// A number that tells one set of weights from another, wherever they are stored: the mean log-probability of the first
// prompt. Devices differ in the last digits, other weights by more.
static int eval_fingerprint(eval_run *run, double *mean)
{
    const r0_tokens *first = NULL;
    *mean = 0;
    for (int s = 0; s < run->source_count && !first; s++)
        for (size_t i = 0; i < run->sources[s].bench.count && !first; i++)
            if (!run->sources[s].skipped[i] && run->sources[s].prompts[i].count > 1)
                first = &run->sources[s].prompts[i];
    if (!first) return CLI_OK;
    int count = (int)first->count - 1;
    r0_sequence sequence = {first->ids, count + 1, 1};
    float *logp = (float *)malloc((size_t)count * sizeof *logp);
    if (!logp) return eval_fail("out of memory");
    r0_status status = r0_logp(run->model, &sequence, 1, 1, logp, NULL, NULL);
    for (int i = 0; !status && i < count; i++) *mean += (double)logp[i] / count;
    free(logp);
    return status ? cli_error(run->r0) : CLI_OK;
}

static int eval_list_settings(eval_run *run)
{
    const eval_options *o = run->o;
    double weights;
    int code = eval_fingerprint(run, &weights);
    if (code) return code;
    eval_set_number(run, "format", 1);
    eval_set_text(run, "questions", run->questions);
    eval_set_number(run, "parameters", (double)r0_model_parameter_count(run->model));
    eval_set_number(run, "weights", weights);
    run->settings[run->setting_count - 1].tolerance = 1e-4;
    eval_set_text(run, "prompt", run->prompt);
    eval_set_number(run, "samples", o->samples);
    eval_set_number(run, "temperature", o->temperature);
    eval_set_number(run, "top_p", o->top_p);
    eval_set_number(run, "top_k", o->top_k);
    eval_set_number(run, "max_new", run->max_new);
    eval_set_number(run, "seed", o->seed);
    eval_set_number(run, "batch", o->batch);
    eval_set_text(run, "mode", eval_modes[run->judge.mathruler]);
    eval_set_number(run, "any", o->any);
    return CLI_OK;
}

static int eval_close(FILE *file, const char *path)
{
    bool good = !fflush(file) && !ferror(file);
    if (!fclose(file) && good) return CLI_OK;
    return eval_fail("%s: cannot be written: %s", path, errno ? strerror(errno) : "unknown error");
}

static int eval_write_settings(const eval_run *run, const char *path)
{
    FILE *file = cli_open(path, "wb");
    if (!file) return CLI_FAILED;
    fprintf(file, "{");
    eval_put_text(file, "model", eval_span(run->o->model)); // these two are for the reader
    fprintf(file, ",\n "), eval_put_text(file, "device", eval_span(r0_device_name(run->r0)));
    for (int i = 0; i < run->setting_count; i++) {
        const eval_setting *s = &run->settings[i];
        fprintf(file, ",\n ");
        if (s->text) eval_put_text(file, s->name, eval_span(s->text));
        else eval_put_number(file, s->name, s->value);
    }
    fprintf(file, "}\n");
    return eval_close(file, path);
}

static int eval_check_setting(const eval_setting *s, const char *path, const r0_json *root)
{
    const r0_json *value = r0_json_get(root, s->name);
    r0_json_type wanted = s->text ? R0_JSON_STRING : R0_JSON_NUMBER;
    if (!value || value->type != wanted) return eval_fail("%s: \"%s\" is missing or malformed", path, s->name);
    bool same = s->text ? !strcmp(value->text.data, s->text) : fabs(value->number - s->value) <= s->tolerance;
    if (same) return CLI_OK;
    if (!strcmp(s->name, "questions")) return eval_fail("%s: this run asked other questions; name another --out", path);
    if (!strcmp(s->name, "weights")) return eval_fail("%s: this run had other weights; name another --out", path);
    if (s->text)
        return eval_fail("%s: %s was \"%.60s\" and is \"%.60s\" now; name another --out", path, s->name,
                         value->text.data, s->text);
    return eval_fail("%s: %s was %g and is %g now; name another --out", path, s->name, value->number, s->value);
}

static int eval_check_settings(const eval_run *run, const char *path)
{
    r0_json *root;
    int code = CLI_OK;
    if (r0_json_parse_file(run->r0, path, &root)) return cli_error(run->r0);
    for (int i = 0; i < run->setting_count && !code; i++) code = eval_check_setting(&run->settings[i], path, root);
    r0_span device = r0_json_get_text(root, "device");
    if (!code && device.data && strcmp(device.data, r0_device_name(run->r0)))
        fprintf(stderr, "warning: %s: the run began on \"%s\", here is \"%s\": responses may differ\n", path,
                cli_text(device.data), r0_device_name(run->r0));
    r0_json_destroy(run->r0, root);
    return code;
}

// -- going on --

// Bytes up to the end of the last whole line; -1: the file cannot be read.
static long long eval_whole_lines(const char *path, long long *size)
{
    char block[65536];
    long long whole = 0;
    *size = 0;
    FILE *file = cli_open(path, "rb");
    if (!file) return -1;
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0; *size += (long long)got)
        for (size_t i = 0; i < got; i++)
            if (block[i] == '\n') whole = *size + (long long)i + 1;
    bool good = !ferror(file);
    fclose(file);
    return good ? whole : -1;
}

static bool eval_copy_bytes(FILE *from, FILE *to, long long size)
{
    char block[65536];
    while (size > 0) {
        size_t want = size < (long long)sizeof block ? (size_t)size : sizeof block, got = fread(block, 1, want, from);
        if (!got || fwrite(block, 1, got, to) != got) return false;
        size -= (long long)got;
    }
    return true;
}

// A process that is killed while it writes leaves a torn last line: the whole ones are kept.
static int eval_drop_torn_line(const char *path)
{
    char part[1040];
    long long size, whole = eval_whole_lines(path, &size);
    if (whole < 0) return eval_fail("%s: cannot be read", path);
    if (whole == size) return CLI_OK;
    snprintf(part, sizeof part, "%s.part", path);
    FILE *from = cli_open(path, "rb"), *to = cli_open(part, "wb");
    bool good = from && to && eval_copy_bytes(from, to, whole);
    if (from) fclose(from);
    if (to && fclose(to)) good = false;
    if (good && rename(part, path)) good = !remove(path) && !rename(part, path); // Windows does not replace
    return good ? CLI_OK : eval_fail("%s: the torn last line cannot be removed", path);
}

// The question at place `index` of all sets; false when there are not so many.
static bool eval_question_at(const eval_run *run, size_t index, eval_question *q)
{
    memset(q, 0, sizeof *q);
    for (int s = 0; s < run->source_count; s++) {
        const eval_source *source = &run->sources[s];
        if (index < source->bench.count) {
            const r0_bench_item *item = &source->bench.items[index];
            q->set = eval_span(source->name);
            q->id = item->id;
            q->question = item->question;
            q->gold = item->answer;
            q->choices = item->choice_count;
            q->skipped = source->skipped[index];
            q->samples = q->skipped ? 0 : run->o->samples;
            return true;
        }
        index -= source->bench.count;
    }
    return false;
}

// A stored question must be the one that comes here. It is judged again rather than believed: that takes no time.
static r0_status eval_resume_line(void *user, int line, const r0_json *value)
{
    eval_run *run = (eval_run *)user;
    eval_question q, here;
    const char *wrong = eval_read_question(value, &q, run->responses);
    if (!wrong && !eval_question_at(run, run->stored, &here)) wrong = "there are not so many questions";
    bool same = !wrong && eval_same(q.set, here.set) && eval_same(q.id, here.id) &&
                eval_same(q.question, here.question) && eval_same(q.gold, here.gold) && q.samples == here.samples &&
                !q.skipped == !here.skipped;
    if (!wrong && !same) wrong = "is not the question that comes here";
    if (wrong) {
        snprintf(run->why, sizeof run->why, "%s:%d: %s", run->path, line, wrong);
        return R0_ERROR_FORMAT;
    }
    run->stored++;
    r0_status status = eval_judge_question(&run->judge, &q, run->responses);
    return status ? status : eval_add(&run->results, &q, run->responses) ? R0_OK : R0_ERROR_MEMORY;
}

static int eval_resume(eval_run *run, const char *settings)
{
    int code = eval_check_settings(run, settings);
    if (!code && r0i_file_exists(run->path)) {
        code = eval_drop_torn_line(run->path);
        if (!code && r0_json_lines(run->r0, run->path, eval_resume_line, run))
            code = run->why[0] ? eval_fail("%s", run->why) : cli_error(run->r0);
    }
    return code;
}

// Opens --out: a new run, or one to go on with.
static int eval_open(eval_run *run)
{
    char settings[1024];
    int code = eval_list_settings(run);
    if (code || !run->o->out) return code;
    snprintf(settings, sizeof settings, "%s/settings.json", run->o->out);
    snprintf(run->path, sizeof run->path, "%s/responses.jsonl", run->o->out);
    if (r0i_file_exists(settings)) code = eval_resume(run, settings);
    else if (r0i_file_exists(run->path)) code = eval_fail("%s: there is no settings.json beside it", run->path);
    else code = eval_write_settings(run, settings);
    if (code) return code;
    if (run->stored) fprintf(stderr, "%s: going on after %zu questions\n", run->o->out, run->stored);
    run->file = cli_open(run->path, "ab");
    return run->file ? CLI_OK : CLI_FAILED;
}

// -- asking --

// Streams of random numbers that do not meet: (seed, set, first question of the part).
static uint64_t eval_seed(const eval_run *run, const eval_source *source, size_t first)
{
    char text[64];
    snprintf(text, sizeof text, "%d %zu", run->o->seed, first);
    return eval_hash(eval_hash(EVAL_HASH_START, eval_span(source->name)), eval_span(text));
}

// The text behind what the prompt opened, without the end token.
static r0_status eval_decode(eval_run *run, const r0_rollout *rollout, eval_response *response)
{
    char *text;
    memset(response, 0, sizeof *response);
    response->tokens = rollout->length;
    response->finished = rollout->finished;
    size_t count = (size_t)(rollout->length - rollout->finished);
    size_t size;
    r0i_text whole = {run->r0, NULL, 0, 0, false};
    r0_status status = r0_tokenizer_decode(run->tokenizer, rollout->tokens, count, R0_DECODE_SKIP_UNKNOWN, &text,
                                           &size);
    if (status) return status;
    r0i_text_append(&whole, run->opened, strlen(run->opened));
    r0i_text_append(&whole, text, size);
    r0_text_free(run->r0, text);
    response->text.data = whole.data, response->text.size = whole.size;
    return r0i_text_status(&whole);
}

// Judges, scores and stores one question.
static int eval_take(eval_run *run, size_t index, const r0_rollout *greedy, const r0_rollout *samples)
{
    eval_question q;
    r0_status status = R0_OK;
    eval_question_at(run, index, &q);
    memset(run->responses, 0, sizeof run->responses);
    for (int i = 0; !status && !q.skipped && i <= q.samples; i++)
        status = eval_decode(run, i ? &samples[i - 1] : greedy, &run->responses[i]);
    if (!status) status = eval_judge_question(&run->judge, &q, run->responses);
    int code = status ? cli_error(run->r0) : CLI_OK;
    if (!code && !eval_add(&run->results, &q, run->responses)) code = eval_fail("out of memory");
    if (!code && run->file) code = eval_put_question(run->file, run->path, &q, run->responses);
    for (int i = 0; i <= q.samples; i++) r0_text_free(run->r0, (char *)run->responses[i].text.data);
    return code;
}

// Questions [first, first + count) of a source; the first has this place among all. What is stored is not taken again.
static int eval_ask(eval_run *run, const eval_source *source, size_t first, size_t count, size_t place)
{
    r0_sequence *prompts = (r0_sequence *)calloc(count, sizeof *prompts);
    r0_sampling sampling = {(float)run->o->temperature, run->o->top_k, (float)run->o->top_p, run->max_new, 0};
    r0_sampling greedy = R0_ZERO;
    r0_rollouts single = R0_ZERO, samples = R0_ZERO;
    int asked = 0, k = run->o->samples, code = CLI_OK;
    if (!prompts) return eval_fail("out of memory");
    for (size_t i = first; i < first + count; i++) {
        if (source->skipped[i]) continue;
        prompts[asked].tokens = source->prompts[i].ids;
        prompts[asked].length = prompts[asked].prompt_length = (int)source->prompts[i].count;
        asked++;
    }
    greedy.max_new_tokens = run->max_new;
    sampling.seed = eval_seed(run, source, first);
    r0_status status = r0_generate(run->model, prompts, asked, 1, &greedy, &single);
    if (!status && k) status = r0_generate(run->model, prompts, asked, k, &sampling, &samples);
    if (status) code = cli_error(run->r0);
    int at = 0;
    for (size_t i = 0; i < count && !code; i++) {
        bool skipped = source->skipped[first + i] != NULL;
        if (place + i >= run->stored)
            code = eval_take(run, place + i, skipped ? NULL : &single.items[at],
                             k && !skipped ? &samples.items[at * k] : NULL);
        at += !skipped;
    }
    r0_rollouts_free(run->r0, &single);
    r0_rollouts_free(run->r0, &samples);
    free(prompts);
    return code;
}

// Goes through all parts; `ask` false only counts what is left. A part that is stored in part is asked whole, so that
// its random numbers are the same.
static int eval_ask_all(eval_run *run, bool ask, long long *done, long long *total)
{
    size_t place = 0;
    for (int s = 0; s < run->source_count; s++) {
        const eval_source *source = &run->sources[s];
        for (size_t first = 0; first < source->bench.count; first += (size_t)run->o->batch) {
            size_t count = source->bench.count - first;
            if (count > (size_t)run->o->batch) count = (size_t)run->o->batch;
            bool stored = place + count <= run->stored;
            long long rollouts = 0;
            for (size_t i = 0; i < count; i++) rollouts += source->skipped[first + i] ? 0 : run->o->samples + 1;
            *total += rollouts;
            *done += stored ? rollouts : 0;
            int code = ask && !stored ? eval_ask(run, source, first, count, place) : CLI_OK;
            if (code) return code;
            place += count;
        }
    }
    return CLI_OK;
}

static int eval_measure_run(eval_run *run, char *names)
{
    long long done = 0, total = 0;
    int code = eval_load_sets(run, names);
    if (!code && run->o->out) code = eval_make_folder(run->o->out);
    if (!code && run->o->out) code = cli_lock(run->r0, run->o->out);
    if (!code && r0_tokenizer_load(run->r0, run->o->model, &run->tokenizer)) code = cli_error(run->r0);
    if (!code) code = cli_template_set(run->r0, run->tokenizer, run->o->template_set);
    if (!code) code = eval_choose_prompt(run);
    if (!code && r0_model_load_as(run->r0, run->o->model, run->o->dtype, &run->model)) code = cli_error(run->r0);
    if (!code) code = eval_encode_all(run);
    if (!code) code = eval_open(run);
    if (code) return code;
    eval_ask_all(run, false, &done, &total);
    if (done < total) r0_progress_begin(run->r0, "evaluation", done, total);
    code = eval_ask_all(run, true, &done, &total);
    r0_progress_begin(run->r0, NULL, 0, 0);
    if (cli_stop && code == cli_stopped() && run->file)
        fprintf(stderr, "%zu questions are stored in %s: the same command goes on\n", run->results.count, run->o->out);
    if (run->file) {
        int closed = eval_close(run->file, run->path);
        if (!code) code = closed;
    }
    return code ? code : eval_print(run->r0, &run->results, run->o->model);
}

static void eval_free_sources(eval_run *run)
{
    for (int s = 0; s < run->source_count; s++) {
        eval_source *source = &run->sources[s];
        for (size_t i = 0; i < source->bench.count; i++) {
            if (source->prompts) r0_tokens_free(run->r0, &source->prompts[i]);
            if (source->skipped) free(source->skipped[i]);
        }
        free(source->prompts);
        free(source->skipped);
        r0_bench_free(run->r0, &source->bench);
    }
}

static int eval_measure(r0_context *r0, eval_options *o, eval_judge judge)
{
    eval_run *run = (eval_run *)calloc(1, sizeof *run);
    char *names = eval_copy(eval_span(o->bench));
    int code = CLI_FAILED;
    if (run && names) {
        run->r0 = r0;
        run->o = o;
        run->judge = judge;
        run->results.samples = o->samples;
        code = eval_measure_run(run, names);
        eval_free_sources(run);
        eval_results_free(&run->results);
        r0_model_destroy(run->model);
        r0_tokenizer_destroy(run->tokenizer);
        free(run->prompt);
        free(run->opened);
    } else {
        eval_fail("out of memory");
    }
    free(names);
    free(run);
    return code;
}

// -- judging again --

// The settings of the run that is judged again, with the new judge.
static int eval_regrade_settings(const r0_json *root, const eval_options *o, const eval_judge *judge)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/settings.json", o->out);
    FILE *file = cli_open(path, "wb");
    if (!file) return CLI_FAILED;
    fprintf(file, "{");
    eval_put_text(file, "regraded", eval_span(o->regrade));
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->keys[i].data;
        const r0_json *value = &root->items[i];
        if (!strcmp(key, "regraded")) continue;
        fprintf(file, ",\n ");
        if (!strcmp(key, "mode")) eval_put_text(file, key, eval_span(eval_modes[judge->mathruler]));
        else if (!strcmp(key, "any")) eval_put_number(file, key, judge->any);
        else if (value->type == R0_JSON_STRING) eval_put_text(file, key, value->text);
        else eval_put_number(file, key, value->number);
    }
    fprintf(file, "}\n");
    return eval_close(file, path);
}

// Opens the folder for the new verdicts, if one was named.
static int eval_regrade_open(const r0_json *root, const eval_options *o, eval_stored *run, char *path, size_t size)
{
    if (!o->out) return CLI_OK;
    int code = eval_make_folder(o->out);
    if (!code) code = cli_lock(run->judge->r0, o->out);
    snprintf(path, size, "%s/responses.jsonl", o->out);
    if (!code && r0i_file_exists(path)) code = eval_fail("%s: there is a run already; name another --out", path);
    if (!code) code = eval_regrade_settings(root, o, run->judge);
    if (code) return code;
    run->copy_path = path;
    run->copy = cli_open(path, "wb");
    return run->copy ? CLI_OK : CLI_FAILED;
}

static bool eval_is_mathruler(const char *name) { return !strcmp(name, eval_modes[1]); }

// By default judged as the run itself was: then no verdict changes, unless the judge did.
static int eval_regrade(r0_context *r0, const eval_options *o, eval_judge judge)
{
    eval_stored *run = (eval_stored *)calloc(1, sizeof *run);
    r0_json *root = NULL;
    char path[1024];
    int code = CLI_OK;
    if (!run) return eval_fail("out of memory");
    snprintf(path, sizeof path, "%s/settings.json", o->regrade);
    if (r0_json_parse_file(r0, path, &root)) code = cli_error(r0);
    r0_span mode = r0_json_get_text(root, "mode");
    if (!code && !o->mode && mode.data) judge.mathruler = eval_is_mathruler(mode.data);
    if (!code && r0_json_get_number(root, "any", 0) != 0) judge.any = true;
    run->judge = &judge;
    if (!code) code = eval_regrade_open(root, o, run, path, sizeof path);
    if (!code) code = eval_stored_read(r0, o->regrade, run);
    if (run->copy) {
        int closed = eval_close(run->copy, path);
        if (!code) code = closed;
    }
    if (!code) {
        printf("judged again: %s, %s; verdicts that changed: %lld\n", o->regrade, eval_modes[judge.mathruler],
               run->changed);
        code = eval_print(r0, &run->results, o->regrade);
    }
    r0_json_destroy(r0, root);
    eval_results_free(&run->results);
    free(run);
    return code;
}

// -- the command --

static int eval_usage(const char *what)
{
    fprintf(stderr, "%s: %s; see %s --help\n", cli.name, what, cli.name);
    return CLI_USAGE;
}

static int eval_check_options(const eval_options *o)
{
    const char *prompt = o->prompt ? o->prompt : "chat";
    if (o->samples < 0 || o->samples > EVAL_SAMPLES) return eval_usage("--samples is not within 0..256");
    if (!(o->temperature > 0 && o->temperature <= 100)) return eval_usage("--temperature is not above 0 and up to 100");
    if (!(o->top_p > 0 && o->top_p <= 1)) return eval_usage("--top-p is not above 0 and up to 1");
    if (o->top_k < 0) return eval_usage("--top-k is below 0");
    if (o->max_new < 0 || o->max_new > 1000000) return eval_usage("--max-new is not within 0..1000000");
    if (o->limit < 0) return eval_usage("--limit is below 0");
    if (o->shot_count < 1 || o->shot_count > 64) return eval_usage("--shot-count is not within 1..64");
    if (o->batch < 1 || o->batch > 65536) return eval_usage("--batch is not within 1..65536");
    if (strcmp(prompt, "tiny") && strcmp(prompt, "chat") && strcmp(prompt, "plain"))
        return eval_usage("--prompt is none of tiny, chat, plain");
    if (o->mode && strcmp(o->mode, eval_modes[0]) && strcmp(o->mode, eval_modes[1]))
        return eval_usage("--mode is neither strict nor mathruler");
    return CLI_GO;
}

static int cmd_eval(r0_context *r0, int argc, char **argv)
{
    eval_options o = R0_ZERO;
    o.dtype = "f32";
    o.temperature = o.top_p = 1;
    o.samples = 10;
    o.batch = 128;
    o.seed = 1;
    o.shot_count = 4;
    const cli_option options[] = {
        {"model", CLI_TEXT, &o.model, "model folder"},
        {"dtype", CLI_TEXT, &o.dtype, "of its weights in memory: f32, bf16, f16, q8_0, q4_0 or stored"},
        {"bench", CLI_TEXT, &o.bench, "files, FILE,...: {\"id\",\"question\",\"answer\"[,\"choices\"]} lines"},
        {"out", CLI_TEXT, &o.out, "folder for responses.jsonl and settings.json; the same command goes on there"},
        {"samples", CLI_INT, &o.samples, "k per question, beside one greedy response; 0: only that one"},
        {"temperature", CLI_REAL, &o.temperature, "of the samples"},
        {"top-p", CLI_REAL, &o.top_p, "of the samples; 1: all"},
        {"top-k", CLI_INT, &o.top_k, "of the samples; 0: all"},
        {"max-new", CLI_INT, &o.max_new, "longest response, tokens; 0: 72 for prompt tiny, else 4096 or what fits"},
        {"limit", CLI_INT, &o.limit, "questions drawn at random from each file; 0: all, in order"},
        {"seed", CLI_INT, &o.seed, "samples and drawn questions follow from it"},
        {"batch", CLI_INT, &o.batch, "questions answered and stored at a time"},
        {"prompt", CLI_TEXT, &o.prompt, "tiny, chat or plain; by default tiny where the tokenizer has [S], else chat"},
        {"system", CLI_TEXT, &o.system, "system text for prompt chat; by default that of preset paper"},
        {"prompt-file", CLI_TEXT, &o.prompt_file,
         "the user's text, or a JSON list of messages (few-shot turns, an answer's first words), with {question}"},
        {"shots", CLI_TEXT, &o.shots, "JSON Lines with \"question\" and \"response\": turns before the question"},
        {"shot-count", CLI_INT, &o.shot_count, "so many of them, the first"},
        CLI_TEMPLATE_SET(o.template_set),
        {"mode", CLI_TEXT, &o.mode, "judge: strict (default) or mathruler, R-Zero's training reward"},
        {"any", CLI_FLAG, &o.any, "answers without a box count as well"},
        {"skip-unencodable", CLI_FLAG, &o.skip, "questions that the tokenizer cannot encode count as wrong"},
        {"regrade", CLI_TEXT, &o.regrade, "DIR: judge its responses again, without the model (--out keeps the result)"},
        {"compare", CLI_FLAG, &o.compare, "A B: compare the stored runs in these two folders"},
    };
    int code = cli_parse("r0 eval --model DIR --bench FILE[,FILE...]: measure a model, with 95 % intervals\n"
                         "r0 eval --regrade DIR                    judge stored responses again\n"
                         "r0 eval --compare DIR_A DIR_B            is one better, or is it noise?\n"
                         "Prints a table, and the same as one JSON object in the last line.",
                         options, CLI_COUNT(options), &argc, argv);
    if (code == CLI_GO) code = eval_check_options(&o);
    if (code != CLI_GO) return code;
    eval_judge judge = {r0, o.mode && eval_is_mathruler(o.mode), o.any, false};
    if (o.compare) return argc == 3 ? eval_compare(r0, argv[1], argv[2]) : eval_usage("--compare needs two folders");
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    if (o.regrade) return eval_regrade(r0, &o, judge);
    if (!o.model || !o.bench) return eval_usage("needs --model and --bench, or --regrade, or --compare");
    return eval_measure(r0, &o, judge);
}

#endif
