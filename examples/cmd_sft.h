// r0 sft: supervised fine-tuning, cross-entropy on the responses of a JSON Lines file (sft_data.h says what a line may
// be). The run folder is the result: a model folder, with metrics.jsonl beside the weights.
//
// A run is decided by its options, its data and its seed: the order of the examples in an epoch is a shuffle keyed by
// (seed, epoch), so a step needs to know nothing of the steps before it but the weights and AdamW's moments. These are
// in checkpoint.safetensors while the run lasts; `r0 sft --resume FOLDER` goes on from it, and on the CPU ends with the
// bits of a run that was never stopped.
#ifndef CMD_SFT_H
#define CMD_SFT_H

#include <math.h>
#include "cli.h"
#include "sft_data.h"

typedef struct sft_options {
    const char *model, *data, *held_out, *out, *resume, *schedule, *dtype, *lora_targets, *base_name, *ignore;
    const char *template_set[CLI_TEXTS_ROOM];
    double lora_alpha, held_out_share, epochs, learning_rate, warmup, weight_decay, max_grad_norm, checkpoint_seconds;
    int batch, micro_batch, max_length, seed, steps, lora_rank;
    bool recompute;
} sft_options;

typedef struct sft_run {
    r0_context *r0;
    sft_options o;
    r0_model *base, *model;       // model: what is trained, the base or an adapter on it
    r0_tokenizer *tokenizer;
    r0_trainer *trainer;
    sft_data data, held_out_data; // held_out_data: of --held-out
    int *order;                   // examples of `data`: held-out ones last
    int train_count;
    int *epoch_order;             // (train_count) shuffled for `epoch`
    int epoch;
    int step, steps;
    double started, saved;        // clock; of the last checkpoint
    int first_step;               // of this process
    double loss_before, loss_after; // held out
    double loss;                  // of the last step
    long long tokens;             // given and learned, in this process
} sft_run;

// splitmix64: any state gives an independent-looking number.
static uint64_t sft_mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

// Fisher-Yates; number i of stream (seed, what) is sft_mix of both.
static void sft_shuffle(int *values, int count, int seed, int what)
{
    uint64_t stream = sft_mix(sft_mix((uint64_t)(uint32_t)seed) ^ (uint64_t)(uint32_t)what);
    for (int i = count - 1; i > 0; i--) {
        int j = (int)(sft_mix(stream + (uint64_t)i) % (uint64_t)(i + 1)), swapped = values[i];
        values[i] = values[j];
        values[j] = swapped;
    }
}

static r0_sequence sft_sequence(const sft_data *d, int index)
{
    const sft_example *e = &d->examples[index];
    r0_sequence sequence = {d->ids + e->first, e->length, e->prompt_length};
    return sequence;
}

// -- the run's folder --

// Options are recorded by walking the table that parses them, so that a new one needs no code here.
static int sft_record(const sft_run *run, const cli_option *options, int count)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/sft.json", run->o.out);
    FILE *file = cli_open(path, "wb");
    if (!file) return CLI_FAILED;
    fprintf(file, "{\"data_hash\":\"%016llx\"", (unsigned long long)(run->data.hash ^ run->held_out_data.hash));
    for (int i = 0; i < count; i++) {
        const cli_option *o = &options[i];
        char text[2048] = "null";
        r0_span value = R0_ZERO;
        if (!strcmp(o->name, "out") || !strcmp(o->name, "resume")) continue;
        if (o->kind == CLI_TEXT && *(const char **)o->value) {
            value.data = *(const char **)o->value, value.size = strlen(value.data);
            r0_json_quote(value, text, sizeof text);
        }
        if (o->kind == CLI_INT) snprintf(text, sizeof text, "%d", *(int *)o->value);
        if (o->kind == CLI_REAL) r0_json_format(*(double *)o->value, text, sizeof text);
        if (o->kind == CLI_FLAG) snprintf(text, sizeof text, *(bool *)o->value ? "true" : "false");
        fprintf(file, ",\n \"%s\":%s", o->name, text);
    }
    fprintf(file, "}\n");
    return cli_close(file, path) ? CLI_OK : CLI_FAILED;
}

static int sft_recall(r0_context *r0, const char *folder, const cli_option *options, int count, r0_json **recorded)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/sft.json", folder);
    if (r0_json_parse_file(r0, path, recorded)) return cli_error(r0);
    for (int i = 0; i < count; i++) {
        const cli_option *o = &options[i];
        const r0_json *value = r0_json_get(*recorded, o->name);
        if (!value) continue;
        if (o->kind == CLI_TEXT && value->type == R0_JSON_STRING) *(const char **)o->value = value->text.data;
        if (o->kind == CLI_INT && value->type == R0_JSON_NUMBER) *(int *)o->value = (int)value->number;
        if (o->kind == CLI_REAL && value->type == R0_JSON_NUMBER) *(double *)o->value = value->number;
        if (o->kind == CLI_FLAG) *(bool *)o->value = value->type == R0_JSON_TRUE;
    }
    return CLI_OK;
}

// Keeps the lines of metrics.jsonl up to `step`: what came after the checkpoint will be done again.
static int sft_cut_metrics(const sft_run *run)
{
    char path[1024], line[512], *kept = NULL;
    int now;
    snprintf(path, sizeof path, "%s/metrics.jsonl", run->o.out);
    FILE *file = r0i_file_exists(path) ? cli_open(path, "rb") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        size_t size = strlen(line);
        if (sscanf(line, "{\"step\":%d,", &now) != 1 || now > run->step || line[size - 1] != '\n') break;
        memcpy(arraddnptr(kept, size), line, size);
    }
    if (file) fclose(file);
    file = cli_open(path, "wb");
    if (file && kept) fwrite(kept, 1, arrlenu(kept), file);
    arrfree(kept);
    return file && cli_close(file, path) ? CLI_OK : CLI_FAILED;
}

static int sft_write_metric(const sft_run *run, const char *format, double a, double b)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/metrics.jsonl", run->o.out);
    FILE *file = cli_open(path, "ab");
    if (!file) return CLI_FAILED;
    fprintf(file, "{\"step\":%d,", run->step);
    fprintf(file, format, a, b);
    fputs("}\n", file);
    return cli_close(file, path) ? CLI_OK : CLI_FAILED;
}

static int sft_checkpoint(sft_run *run)
{
    char path[1024], note[96];
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", run->o.out);
    snprintf(note, sizeof note, "%d %.17g", run->step, run->loss_before);
    run->saved = cli_seconds();
    return r0_trainer_save(run->trainer, path, note) ? cli_error(run->r0) : CLI_OK;
}

// -- training --

// Mean cross-entropy over the held-out responses; NaN when there are none.
static int sft_held_out(sft_run *run, double *loss)
{
    const sft_data *d = run->o.held_out ? &run->held_out_data : &run->data;
    int from = run->o.held_out ? 0 : run->train_count, count = (int)arrlen(d->examples) - from;
    double sum = 0, tokens = 0;
    int code = CLI_OK;
    for (int at = 0; !code && at < count; at += 16) { // some at a time: the sums stay small
        r0_sequence part[16];
        int some = count - at < 16 ? count - at : 16;
        size_t responses = 0;
        for (int i = 0; i < some; i++) {
            part[i] = sft_sequence(d, run->o.held_out ? at + i : run->order[from + at + i]);
            responses += (size_t)(part[i].length - part[i].prompt_length);
        }
        float *logp = (float *)malloc(responses * sizeof *logp);
        if (!logp) code = CLI_FAILED, fprintf(stderr, "%s: out of memory\n", cli.name);
        else if (r0_logp(run->model, part, some, 1, logp, NULL, NULL)) code = cli_error(run->r0);
        for (size_t i = 0; !code && i < responses; i++) sum -= (double)logp[i];
        tokens += (double)responses;
        free(logp);
    }
    *loss = tokens > 0 ? sum / tokens : NAN;
    return code;
}

// Linear warm-up, then flat, or linear to a tenth.
static double sft_rate(const sft_run *run)
{
    double warmup = ceil(run->o.warmup * run->steps), done = run->step;
    if (done < warmup) return run->o.learning_rate * (done + 1) / warmup;
    if (!strcmp(run->o.schedule, "constant")) return run->o.learning_rate;
    return run->o.learning_rate * (1 - .9 * (done - warmup) / (run->steps - warmup));
}

// The batch of a step: epochs follow one another, a batch may reach into the next one.
static void sft_batch(sft_run *run, r0_sequence *batch)
{
    for (int i = 0; i < run->o.batch; i++) {
        long long at = (long long)run->step * run->o.batch + i;
        int epoch = (int)(at / run->train_count);
        if (epoch != run->epoch) {
            memcpy(run->epoch_order, run->order, (size_t)run->train_count * sizeof *run->order);
            sft_shuffle(run->epoch_order, run->train_count, run->o.seed, epoch + 1);
            run->epoch = epoch;
        }
        batch[i] = sft_sequence(&run->data, run->epoch_order[at % run->train_count]);
    }
}

static void sft_progress(const sft_run *run)
{
    r0_progress p;
    char unit[96];
    int done = run->step - run->first_step;
    memset(&p, 0, sizeof p);
    p.phase = "sft", p.unit = unit, p.done = run->step, p.total = run->steps;
    p.seconds = cli_seconds() - run->started;
    p.eta_seconds = done ? (run->steps - run->step) * p.seconds / done : -1;
    snprintf(unit, sizeof unit, "steps, loss %.4f, %.0f tokens/s", run->loss,
             p.seconds > 0 ? (double)run->tokens / p.seconds : 0);
    cli_progress(NULL, &p);
}

// What the model will see, whole: a wrong template or a border at the wrong place is found here or not at all.
static void sft_show(const sft_run *run)
{
    r0_sequence s = sft_sequence(&run->data, run->order[0]);
    char *prompt = NULL, *response = NULL;
    size_t size, learned;
    if (!cli.quiet && !r0_tokenizer_decode(run->tokenizer, s.tokens, (size_t)s.prompt_length, 0, &prompt, &size) &&
        !r0_tokenizer_decode(run->tokenizer, s.tokens + s.prompt_length, (size_t)(s.length - s.prompt_length), 0,
                             &response, &learned)) {
        fprintf(stderr, "One of %d examples: %d tokens are given, the %d behind >>> are learned\n", run->train_count,
                s.prompt_length, s.length - s.prompt_length);
        cli_put(stderr, prompt, size), fputs(">>>", stderr);
        cli_put(stderr, response, learned), fputs("\n", stderr);
    }
    r0_text_free(run->r0, prompt);
    r0_text_free(run->r0, response);
}

static int sft_steps(sft_run *run)
{
    r0_sequence *batch = (r0_sequence *)malloc((size_t)run->o.batch * sizeof *batch);
    int code = batch ? CLI_OK : CLI_FAILED;
    while (!code && run->step < run->steps && !cli_stop) {
        float loss;
        double rate = sft_rate(run);
        sft_batch(run, batch);
        if (r0_trainer_supervised(run->trainer, batch, run->o.batch, (float)rate, &loss)) code = cli_error(run->r0);
        if (code) break;
        for (int i = 0; i < run->o.batch; i++) run->tokens += batch[i].length;
        run->step++;
        run->loss = (double)loss;
        code = sft_write_metric(run, "\"loss\":%.9g,\"learning_rate\":%.9g", run->loss, rate);
        bool due = cli_seconds() - run->saved >= run->o.checkpoint_seconds;
        if (!code && due && run->step < run->steps) code = sft_checkpoint(run);
        sft_progress(run);
    }
    free(batch);
    if (code || !cli_stop || run->step == run->steps) return code;
    code = sft_checkpoint(run);
    if (!code) fprintf(stderr, "%s: stopped after step %d of %d; go on with: r0 sft --resume %s\n", cli.name, run->step,
                       run->steps, run->o.out);
    return code ? code : cli_stopped();
}

static int sft_finish(sft_run *run)
{
    char path[1024];
    int code = sft_held_out(run, &run->loss_after);
    if (!code) code = sft_write_metric(run, isnan(run->loss_after) ? "\"done\":true" : "\"held_out\":%.9g",
                                       run->loss_after, 0);
    if (!code && (r0_model_save(run->model, run->o.out) || r0_tokenizer_copy(run->r0, run->o.model, run->o.out)))
        code = cli_error(run->r0);
    if (code) return code;
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", run->o.out);
    remove(path);
    printf("{\"out\":");
    r0_span out = {run->o.out, strlen(run->o.out)};
    if (r0_json_quote(out, path, sizeof path) < sizeof path) fputs(path, stdout);
    printf(",\"examples\":%d,\"held_out\":%d,\"left_out\":%d,\"steps\":%d,\"loss\":%.6g", run->train_count,
           (int)(run->o.held_out ? arrlen(run->held_out_data.examples) : arrlen(run->data.examples) - run->train_count),
           run->data.left_out + run->held_out_data.left_out, run->steps, run->loss);
    if (!isnan(run->loss_after))
        printf(",\"held_out_before\":%.6g,\"held_out_after\":%.6g", run->loss_before, run->loss_after);
    r0_memory_report memory; // what training took of the device, for the next choice of batch and rank
    r0_memory(run->r0, &memory);
    printf(",\"peak_bytes\":%llu}\n", (unsigned long long)memory.buffers.peak_bytes);
    return CLI_OK;
}

// -- opening --

static int sft_read_data(sft_run *run)
{
    sft_data *d = &run->data, *h = &run->held_out_data;
    d->r0 = run->r0;
    d->tokenizer = run->tokenizer;
    d->ignored = run->o.ignore;
    d->config = r0_model_shape(run->model);
    if (!d->config->eos_count) return fprintf(stderr, "%s: %s has no end token\n", cli.name, run->o.model), CLI_FAILED;
    d->longest = run->o.max_length && run->o.max_length < d->config->max_positions ? run->o.max_length
                                                                                   : d->config->max_positions;
    *h = *d;
    h->hash = 1; // the same examples here and there must not cancel out
    int code = sft_read(d, run->o.data);
    if (!code && run->o.held_out) code = sft_read(h, run->o.held_out);
    if (code) return code;
    int count = (int)arrlen(d->examples);
    run->order = (int *)malloc(((size_t)count + 1) * sizeof *run->order);
    run->epoch_order = (int *)malloc(((size_t)count + 1) * sizeof *run->order);
    if (!run->order || !run->epoch_order) return fprintf(stderr, "%s: out of memory\n", cli.name), CLI_FAILED;
    for (int i = 0; i < count; i++) run->order[i] = i;
    int held = run->o.held_out ? 0 : (int)ceil(run->o.held_out_share * count);
    if (held) sft_shuffle(run->order, count, run->o.seed, 0);
    run->train_count = count - held;
    if (run->train_count < 1)
        return fprintf(stderr, "%s: %s: %d example%s, of which %d would be held out for the loss: none is left\n",
                       cli.name, run->o.data, count, count == 1 ? "" : "s", held), CLI_FAILED;
    run->epoch = -1;
    double steps = run->o.steps ? run->o.steps : ceil(run->o.epochs * run->train_count / run->o.batch);
    if (!(steps >= 1 && steps <= 1e9)) return fprintf(stderr, "%s: %g steps\n", cli.name, steps), CLI_USAGE;
    run->steps = (int)steps;
    return CLI_OK;
}

// A new run computes activations again where they would not fit beside gradients and moments: recorded, as the bits do
// not depend on it. A micro-batch is as large as the longest batch, or the longest example where that is more.
static int sft_trainer(sft_run *run)
{
    r0_trainer_desc desc = R0_ZERO;
    const double gib = 1073741824;
    long long longest = 1, all = 0;
    for (int i = 0; i < run->train_count; i++) {
        int length = run->data.examples[run->order[i]].length;
        if (length > longest) longest = length;
        all += length;
    }
    if (longest * run->o.batch < all) all = longest * run->o.batch;
    if (all > run->o.micro_batch) all = run->o.micro_batch;
    if (all < longest) all = longest;
    uint64_t room = (uint64_t)r0i_device_room(run->r0->device), state = 3 * r0i_plan_bytes(run->model, false);
    uint64_t whole = state + r0i_workspace_bytes(run->model, (uint32_t)all, true, false);
    uint64_t less = state + r0i_workspace_bytes(run->model, (uint32_t)all, true, true);
    if (room && whole > room && less < whole && !run->o.recompute && !run->o.resume) {
        run->o.recompute = true;
        fprintf(stderr, "%s: recompute is on: of %.2f GiB that are free training would take %.2f, so it takes %.2f\n",
                cli.name, (double)room / gib, (double)whole / gib, (double)less / gib);
    }
    desc.weight_decay = (float)run->o.weight_decay;
    desc.max_grad_norm = (float)run->o.max_grad_norm;
    desc.micro_batch = run->o.micro_batch;
    desc.recompute = run->o.recompute;
    return r0_trainer_create(run->model, &desc, &run->trainer) ? cli_error(run->r0) : CLI_OK;
}

static int sft_open(sft_run *run)
{
    if (r0_model_load_as(run->r0, run->o.model, run->o.dtype, &run->base) ||
        r0_tokenizer_load(run->r0, run->o.model, &run->tokenizer)) return cli_error(run->r0);
    int code = cli_template_set(run->r0, run->tokenizer, run->o.template_set);
    if (code) return code;
    run->model = run->base;
    if (run->o.lora_rank) {
        r0_lora_desc lora = R0_ZERO;
        lora.rank = run->o.lora_rank, lora.alpha = (float)run->o.lora_alpha;
        lora.targets = run->o.lora_targets, lora.base_name = run->o.base_name ? run->o.base_name : run->o.model;
        if (r0_lora_create(run->base, &lora, (uint64_t)run->o.seed, &run->model)) return cli_error(run->r0);
    }
    code = sft_read_data(run);
    return code ? code : sft_trainer(run);
}

// Restores the checkpoint of a run that was stopped; without one it begins again.
static int sft_resume(sft_run *run, const r0_json *recorded)
{
    char path[1024], hash[24], *note;
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)(run->data.hash ^ run->held_out_data.hash));
    r0_span before = r0_json_get_text(recorded, "data_hash");
    if (before.size != strlen(hash) || memcmp(before.data, hash, before.size) != 0) {
        fprintf(stderr, "%s: %s: the data is not what it was when the run began\n", cli.name, run->o.data);
        return CLI_FAILED;
    }
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", run->o.out);
    if (!r0i_file_exists(path)) return sft_cut_metrics(run);
    if (r0_trainer_load(run->trainer, path, &note)) return cli_error(run->r0);
    bool good = sscanf(note, "%d %lf", &run->step, &run->loss_before) == 2 && run->step > 0 && run->step <= run->steps;
    r0_text_free(run->r0, note);
    if (!good) return fprintf(stderr, "%s: %s: not a checkpoint of this run\n", cli.name, path), CLI_FAILED;
    return sft_cut_metrics(run);
}

static int sft_begin(sft_run *run, const cli_option *options, int count)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/sft.json", run->o.out);
    if (r0i_folder_create(run->r0, run->o.out)) return cli_error(run->r0);
    int code = cli_lock(run->r0, run->o.out);
    if (code) return code;
    if (r0i_file_exists(path)) {
        fprintf(stderr, "%s: %s holds a run: --resume it, or name another folder\n", cli.name, run->o.out);
        return CLI_FAILED;
    }
    // An adapter's folder holds no config.json, which would make it a model's.
    if (run->o.lora_rank ? r0_model_save(run->model, run->o.out)
                         : r0_model_config_write(run->r0, run->o.out, r0_model_shape(run->model)))
        return cli_error(run->r0);
    code = sft_record(run, options, count);
    return code ? code : sft_cut_metrics(run);
}

static int sft_check_options(const sft_options *o)
{
    const char *wrong = NULL;
    bool adapter = o->lora_rank != 0;
    if (!o->model || !o->data || !o->out) wrong = "needs --model, --data and --out, or --resume";
    else if (o->batch < 1 || o->batch > 1 << 20) wrong = "--batch is not within 1..1048576";
    else if (o->micro_batch < 1 || o->max_length < 0 || o->steps < 0) wrong = "tokens and steps cannot be negative";
    else if (!(o->epochs > 0 && o->epochs <= 1e6)) wrong = "--epochs is not above 0";
    else if (!(o->learning_rate > 0 && o->learning_rate <= 1)) wrong = "--lr is not above 0 and up to 1";
    else if (!(o->warmup >= 0 && o->warmup <= 1)) wrong = "--warmup is not within 0..1";
    else if (!(o->weight_decay >= 0 && o->weight_decay <= 1)) wrong = "--weight-decay is not within 0..1";
    else if (!(o->max_grad_norm != 0)) wrong = "--max-grad-norm is 0; a negative one is none";
    else if (!(o->held_out_share >= 0 && o->held_out_share < 1)) wrong = "--held-out-share is not within 0..1";
    else if (strcmp(o->schedule, "linear") != 0 && strcmp(o->schedule, "constant") != 0)
        wrong = "--schedule is neither linear nor constant";
    else if (o->lora_rank < 0 || o->lora_alpha < 0) wrong = "--lora-rank or --lora-alpha is below 0";
    else if (!adapter && (o->lora_targets || o->lora_alpha > 0 || o->base_name))
        wrong = "--lora-alpha, --lora-targets, --base-name: no --lora-rank";
    else if (!adapter && strcmp(o->dtype, "F32") != 0 && strcmp(o->dtype, "f32") != 0)
        wrong = "--dtype other than f32 needs --lora-rank";
    else if (strlen(o->out) > 900 || strlen(o->model) > 900) wrong = "a folder's name is too long";
    if (!wrong) return CLI_OK;
    fprintf(stderr, "%s: %s; see %s --help\n", cli.name, wrong, cli.name);
    return CLI_USAGE;
}

static int sft_all(sft_run *run, const cli_option *options, int count, const r0_json *recorded)
{
    int code = recorded ? cli_lock(run->r0, run->o.out) : CLI_OK; // a new run's folder is not there yet
    if (!code) code = sft_open(run);
    if (!code) code = recorded ? sft_resume(run, recorded) : sft_begin(run, options, count);
    if (code) return code;
    run->started = run->saved = cli_seconds();
    run->first_step = run->step;
    if (!run->step) {
        code = sft_held_out(run, &run->loss_before);
        if (!code && !isnan(run->loss_before)) code = sft_write_metric(run, "\"held_out\":%.9g", run->loss_before, 0);
    }
    if (!code && run->step < run->steps) sft_show(run);
    if (!code) code = sft_steps(run);
    return code ? code : sft_finish(run);
}

static int cmd_sft(r0_context *r0, int argc, char **argv)
{
    sft_run run = R0_ZERO;
    sft_options *o = &run.o;
    r0_json *recorded = NULL;
    o->schedule = "linear", o->dtype = "F32";
    o->epochs = 1, o->learning_rate = 1e-5, o->warmup = .03, o->weight_decay = .01, o->max_grad_norm = 1;
    o->held_out_share = .05, o->checkpoint_seconds = 60, o->batch = 16, o->micro_batch = 2048, o->seed = 1;
    const cli_option options[] = {
        {"model", CLI_TEXT, &o->model, "model folder to start from"},
        {"data", CLI_TEXT, &o->data, "JSON Lines, as sft_data.h lists them: messages, prompt and response, .."},
        {"ignore", CLI_TEXT, &o->ignore, "fields of the data to pass over, e.g. id,source"},
        {"out", CLI_TEXT, &o->out, "folder for the run and the model that it makes"},
        {"resume", CLI_TEXT, &o->resume, "go on with the run in this folder; its own options are used"},
        CLI_TEMPLATE_SET(o->template_set),
        {"held-out", CLI_TEXT, &o->held_out, "another file, to measure the loss on; never trained on"},
        {"held-out-share", CLI_REAL, &o->held_out_share, "without it: this share of the data; 0: none"},
        {"epochs", CLI_REAL, &o->epochs, "passes over the data"},
        {"steps", CLI_INT, &o->steps, "instead of epochs: optimizer steps"},
        {"batch", CLI_INT, &o->batch, "examples in a step"},
        {"lora-rank", CLI_INT, &o->lora_rank, "train an adapter of this rank on the frozen model; 0: the model itself"},
        {"lora-alpha", CLI_REAL, &o->lora_alpha, "its factor is alpha / rank; 0: 1"},
        {"lora-targets", CLI_TEXT, &o->lora_targets, "layers that get one, e.g. q_proj,v_proj; default: all seven"},
        {"base-name", CLI_TEXT, &o->base_name, "what the adapter says it belongs to, e.g. org/model; default: --model"},
        {"dtype", CLI_TEXT, &o->dtype, "F32; of a frozen base also BF16, F16, Q8_0, Q4_0 or STORED"},
        {"micro-batch", CLI_INT, &o->micro_batch, "tokens at a time: bounds the memory, changes nothing else"},
        {"recompute", CLI_FLAG, &o->recompute, "keep few activations, compute the others again; on where it must be"},
        {"max-length", CLI_INT, &o->max_length, "longer examples are left out; 0: what the model can"},
        {"lr", CLI_REAL, &o->learning_rate, "learning rate at its peak"},
        {"schedule", CLI_TEXT, &o->schedule, "linear (to a tenth) or constant"},
        {"warmup", CLI_REAL, &o->warmup, "share of the steps in which the rate rises"},
        {"weight-decay", CLI_REAL, &o->weight_decay, "of AdamW"},
        {"max-grad-norm", CLI_REAL, &o->max_grad_norm, "gradients are clipped to it; negative: never"},
        {"checkpoint-seconds", CLI_REAL, &o->checkpoint_seconds, "time between checkpoints; 0: every step"},
        {"seed", CLI_INT, &o->seed, "order of the examples and choice of the held-out ones"},
    };
    int code = cli_parse("r0 sft --model DIR --data FILE.jsonl --out DIR: supervised fine-tuning on the responses of\n"
                         "a JSON Lines file. Ctrl-C stops at a checkpoint, from which --resume goes on.", options,
                         CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    run.r0 = r0;
    code = CLI_OK;
    if (o->resume) code = sft_recall(r0, o->resume, options, CLI_COUNT(options), &recorded);
    if (o->resume) o->out = o->resume;
    if (!code) code = sft_check_options(o);
    if (!code) code = sft_all(&run, options, CLI_COUNT(options), recorded);
    r0_trainer_destroy(run.trainer);
    r0_tokenizer_destroy(run.tokenizer);
    if (run.model != run.base) r0_model_destroy(run.model);
    r0_model_destroy(run.base);
    r0_json_destroy(r0, recorded);
    sft_data_free(&run.data), sft_data_free(&run.held_out_data);
    free(run.order), free(run.epoch_order);
    return code;
}

#endif
