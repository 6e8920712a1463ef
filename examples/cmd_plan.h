// r0 plan MODEL [options of evolve]: what a run would take, before any of it is allocated: memory by part, with all
// weights trained and with adapters; whether activations are computed again; the largest micro-batch that fits; the
// time of each phase, from a short measured probe of models of the same shape but with one or two layers and few words.
#ifndef CMD_PLAN_H
#define CMD_PLAN_H

#include <math.h>
#include "cli.h"

typedef struct plan_options {
    const char *preset, *set, *dtype, *ranks, *speeds;
    int rank, prompt;
    double memory, link; // GiB; GB/s
    bool no_probe;
} plan_options;

// -- how long the prompts are --

// Tokens of a role's prompt with nothing in the place of {question}.
static r0_status plan_prompt(r0_context *r0, r0_tokenizer *tokenizer, const r0_evolve_config *c, const char *system,
                             const char *user, int *tokens)
{
    static const char mark[] = "{question}";
    r0_message messages[2];
    r0_span plain = {user, strlen(user)}, role[2] = {{"system", 6}, {"user", 4}};
    char *text = NULL;
    size_t size = 0;
    int first = system[0] ? 0 : 1;
    messages[0].role = role[0], messages[0].content.data = system, messages[0].content.size = strlen(system);
    messages[1].role = role[1], messages[1].content = plain;
    r0_status status = c->chat ? r0_chat_render(tokenizer, messages + first, (size_t)(2 - first), true, &text, &size)
                               : R0_OK;
    r0_span rendered = {text ? text : plain.data, text ? size : plain.size};
    *tokens = 1; // a begin token
    for (size_t at = 0; !status && at < rendered.size;) { // the pieces around {question}
        const char *end = strstr(rendered.data + at, mark);
        r0_span piece = {rendered.data + at, end ? (size_t)(end - rendered.data) - at : rendered.size - at};
        r0_tokens ids = {NULL, 0};
        status = r0_tokenizer_encode(tokenizer, piece, R0_TOKENIZE_SPECIAL, &ids);
        *tokens += (int)ids.count;
        r0_tokens_free(r0, &ids);
        at += piece.size + (end ? sizeof mark - 1 : 0);
    }
    r0_text_free(r0, text);
    return status;
}

// Both roles' longest prompts: exact for the challenger, which has but one; for the solver with a question as long as a
// completion of the challenger may be. Without a tokenizer in the folder: `fallback` for both.
static r0_status plan_prompts(r0_context *r0, const char *folder, const r0_model_config *shape,
                              const r0_evolve_config *c, int fallback, int prompts[2])
{
    char path[2048];
    r0_tokenizer *tokenizer;
    prompts[0] = prompts[1] = fallback;
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    if (!r0i_file_exists(path) && !r0i_is_gguf(folder)) return R0_OK;
    r0_status status = r0_tokenizer_load(r0, folder, &tokenizer);
    if (!status) status = plan_prompt(r0, tokenizer, c, c->challenger_system, c->challenger_prompt, &prompts[0]);
    if (!status) status = plan_prompt(r0, tokenizer, c, c->solver_system, c->solver_prompt, &prompts[1]);
    int question = c->question_sampling.max_new_tokens;
    int longest = shape->max_positions - c->vote_sampling.max_new_tokens;
    if (c->challenger.sampling.max_new_tokens > question) question = c->challenger.sampling.max_new_tokens;
    prompts[1] += question;
    if (prompts[1] > longest) prompts[1] = longest > 1 ? longest : 1;
    r0_tokenizer_destroy(tokenizer);
    return status;
}

// -- the probe --

// Seconds per token; of a decode pass whatever its rows; of an AdamW step.
typedef struct plan_rate {
    double sample, train, pass, step;
} plan_rate;

enum { PLAN_ROWS = 32, PLAN_FEW = 8, PLAN_NEW = 8, PLAN_LENGTH = 64, PLAN_SEQUENCES = 8 };

static r0_status plan_flat_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    (void)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = -1e-3f;
    return R0_OK;
}

static r0_status plan_measure_training(r0_model *model, bool recompute, double *seconds, double *step)
{
    static int32_t tokens[PLAN_LENGTH];
    float logp[PLAN_LENGTH], norm;
    r0_sequence sequences[PLAN_SEQUENCES];
    r0_trainer_desc desc = R0_ZERO;
    r0_trainer *trainer;
    desc.recompute = recompute;
    for (int i = 0; i < PLAN_LENGTH; i++) tokens[i] = i % 7;
    for (int i = 0; i < PLAN_SEQUENCES; i++)
        sequences[i].tokens = tokens, sequences[i].length = PLAN_LENGTH, sequences[i].prompt_length = PLAN_LENGTH / 4;
    r0_status status = r0_trainer_create(model, &desc, &trainer);
    *seconds = *step = 1e30;
    for (int turn = 0; !status && turn < 3; turn++) { // the first warms up
        double start = cli_seconds();
        status = r0_trainer_backward(trainer, sequences, PLAN_SEQUENCES, plan_flat_loss, NULL);
        if (!status) status = r0_logp(model, sequences, 1, 1, logp, NULL, NULL); // waits for the device
        double took = (cli_seconds() - start) / (PLAN_LENGTH * (PLAN_SEQUENCES + 1.0 / 3));
        if (turn && took < *seconds) *seconds = took;
        start = cli_seconds();
        if (!status) status = r0_trainer_step(trainer, 0, &norm);
        if (turn) *step = fmin(*step, cli_seconds() - start);
    }
    r0_trainer_destroy(trainer);
    return status;
}

static r0_status plan_measure_sampling(r0_context *r0, r0_model *model, int rows, double *seconds)
{
    static const int32_t prompt[PLAN_LENGTH] = {1, 2, 3};
    r0_sequence sequence = {prompt, 3, 3};
    r0_sampling sampling = {1, 0, 1, PLAN_NEW, 1};
    r0_status status = R0_OK;
    *seconds = 1e30;
    for (int turn = 0; !status && turn < 3; turn++) {
        r0_rollouts rollouts;
        double start = cli_seconds();
        status = r0_generate(model, &sequence, 1, rows, &sampling, &rollouts);
        double took = (cli_seconds() - start) / (rows * PLAN_NEW);
        if (!status) r0_rollouts_free(r0, &rollouts);
        if (turn && took < *seconds) *seconds = took;
    }
    return status;
}

static r0_status plan_probe_one(r0_context *r0, const r0_model_config *shape, const r0_evolve_config *c,
                                plan_rate *rate)
{
    r0_model *base, *model;
    r0_lora_desc desc = R0_ZERO;
    r0_status status = r0_model_create(r0, shape, 1, &base);
    model = base;
    desc.rank = c->lora_rank;
    if (!status && desc.rank) status = r0_lora_create(base, &desc, 1, &model);
    double few = 0; // a pass of r rows takes pass + r x: two measurements tell both
    if (!status) status = plan_measure_sampling(r0, model, PLAN_ROWS, &rate->sample);
    if (!status) status = plan_measure_sampling(r0, model, PLAN_FEW, &few);
    rate->pass = fmax(0, (few - rate->sample) * PLAN_ROWS * PLAN_FEW / (PLAN_ROWS - PLAN_FEW));
    if (!status) status = plan_measure_training(model, c->recompute, &rate->train, &rate->step);
    if (model != base) r0_model_destroy(model);
    r0_model_destroy(base);
    return status;
}

// cost(L, V) = a + b L + c V, from three small models; linear, as the ops are.
static r0_status plan_probe(r0_context *r0, const r0_model_config *shape, const r0_evolve_config *config,
                            plan_rate *out)
{
    static const int layers[3] = {1, 2, 1}, words[3] = {2048, 2048, 4096};
    plan_rate rate[3];
    r0_status status = R0_OK;
    for (int i = 0; !status && i < 3; i++) {
        r0_model_config small = *shape;
        small.layers = layers[i];
        small.vocab_size = words[i] < shape->vocab_size ? words[i] : shape->vocab_size;
        small.eos_count = 0; // every completion takes all its tokens
        small.bos_token = small.pad_token = -1;
        status = plan_probe_one(r0, &small, config, &rate[i]);
    }
    double more = (double)shape->layers - 1, wider = ((double)shape->vocab_size - words[0]) / (words[2] - words[0]);
    if (shape->vocab_size <= words[2]) wider = 0;
    if (status) return status;
#define PLAN_LINE(field)                                                                                               \
    out->field = rate[0].field + more * fmax(0, rate[1].field - rate[0].field) +                                       \
                 wider * fmax(0, rate[2].field - rate[0].field)
    PLAN_LINE(sample);
    PLAN_LINE(train);
    PLAN_LINE(pass);
    PLAN_LINE(step);
#undef PLAN_LINE
    return R0_OK;
}

// -- what is printed --

// In GiB, small models in MiB.
static void plan_row(const char *name, uint64_t full, uint64_t adapters, double unit)
{
    printf("  %-34s %9.2f %9.2f\n", name, (double)full / unit, (double)adapters / unit);
}

static void plan_print_memory(const r0_plan *full, const r0_plan *lora, const char *dtype, int rank, double limit)
{
    char head[64];
    snprintf(head, sizeof head, "LoRA %d, base %s", rank, dtype);
    bool small = full->peak < (uint64_t)1 << 30;
    double unit = small ? 1048576 : 1073741824;
    printf("\n%s on the device                       full (F32)  %s\n", small ? "MiB" : "GiB", head);
    plan_row("base, frozen", full->base, lora->base, unit);
    plan_row("challenger and solver", full->roles, lora->roles, unit);
    plan_row("reference (phase start)", full->reference, lora->reference, unit);
    plan_row("gradients", full->gradients, lora->gradients, unit);
    plan_row("optimizer moments", full->moments, lora->moments, unit);
    plan_row("activations, training", full->training, lora->training, unit);
    plan_row("KV cache", full->cache, lora->cache, unit);
    plan_row("activations, sampling", full->sampling, lora->sampling, unit);
    plan_row("peak, at once", full->peak, lora->peak, unit);
    printf("  %-34s %9s %9s\n", "recompute (saves activations)", full->recompute ? "yes" : "no",
           lora->recompute ? "yes" : "no");
    printf("  %-34s %9d %9d\n", "completions side by side", full->slots, lora->slots);
    printf("  %-34s %9d %9d\n", "tokens of a micro-batch", full->micro_batch, lora->micro_batch);
    if (limit <= 0) return;
    printf("  %-34s %9d %9d\n", "largest that fits", full->largest_micro_batch, lora->largest_micro_batch);
    printf("  fits into %.1f GiB: %-16s %9s %9s\n", limit / 1073741824, "", (double)full->peak <= limit ? "yes" : "no",
           (double)lora->peak <= limit ? "yes" : "no");
}

// Activation checkpointing is one setting away where it was not chosen: what it would make of the peak.
static r0_status plan_print_recompute(r0_context *r0, const r0_model_config *shape, r0_evolve_config full,
                                      r0_evolve_config lora, const int prompts[2], double limit)
{
    r0_plan plan[2];
    full.recompute = lora.recompute = true;
    r0_status status = r0_evolve_plan(r0, shape, &full, prompts[0], prompts[1], (uint64_t)limit, &plan[0]);
    if (!status) status = r0_evolve_plan(r0, shape, &lora, prompts[0], prompts[1], (uint64_t)limit, &plan[1]);
    if (status) return status;
    double unit = plan[0].peak < (uint64_t)1 << 30 ? 1048576 : 1073741824;
    plan_row("peak with --set recompute=true", plan[0].peak, plan[1].peak, unit);
    if (limit > 0)
        printf("  %-34s %9d %9d\n", "largest micro-batch then", plan[0].largest_micro_batch,
               plan[1].largest_micro_batch);
    return R0_OK;
}

// In a phase a checkpoint holds both roles, the reference and two moments, in float32: two are kept while the next is
// written. Rollouts stay until the next checkpoint: 8 bytes a token of the phase that samples most, if it has none.
static void plan_print_disk(const r0_evolve_config *c, const r0_plan *full, const r0_plan *lora)
{
    const r0_plan *plans[] = {full, lora};
    double vote = c->vote_sampling.max_new_tokens, asked = (double)c->challenger.groups * c->challenger.n;
    double tokens[] = {c->challenger.steps * asked * (c->challenger.sampling.max_new_tokens + c->votes * vote),
                       c->questions * (c->question_sampling.max_new_tokens + c->curation_votes * vote),
                       (double)c->solver.steps * c->solver.groups * c->solver.n * c->solver.sampling.max_new_tokens};
    uint64_t checkpoints[2], models[2], rollouts = (uint64_t)(8 * fmax(tokens[0], fmax(tokens[1], tokens[2])));
    for (int i = 0; i < 2; i++) {
        models[i] = plans[i]->roles;
        checkpoints[i] = 3 * (plans[i]->roles + plans[i]->reference + plans[i]->moments);
    }
    double unit = full->peak < (uint64_t)1 << 30 ? 1048576 : 1073741824;
    plan_row("on disk: checkpoints, at most", checkpoints[0], checkpoints[1], unit);
    plan_row("on disk: rollouts, at most", rollouts, rollouts, unit);
    plan_row("on disk: the evolved models", models[0], models[1], unit);
}

typedef struct plan_work {
    double sampled, prefilled, trained; // tokens; prefilled: forward only
} plan_work;

static void plan_print_phase(const char *name, const plan_work *work, const plan_rate rates[2])
{
    double seconds[2];
    for (int i = 0; i < 2; i++)
        seconds[i] = work->sampled * rates[i].sample + work->trained * rates[i].train +
                     work->prefilled * rates[i].train / 3;
    printf("  %-12s %14.0f %14.0f %12.0f %12.0f\n", name, work->sampled, work->trained, seconds[0], seconds[1]);
}

static void plan_print_time(const r0_evolve_config *c, const int prompts[2], const plan_rate rates[2],
                            const char *source)
{
    double challenger = (double)c->challenger.steps * c->challenger.groups * c->challenger.n;
    double solver = (double)c->solver.steps * c->solver.groups * c->solver.n, asked = c->questions;
    double new_question = c->challenger.sampling.max_new_tokens, new_answer = c->solver.sampling.max_new_tokens;
    double vote = c->vote_sampling.max_new_tokens;
    plan_work work[3] = {
        {challenger * (new_question + c->votes * vote), challenger * (2 * prompts[0] + new_question + prompts[1]),
         challenger * (prompts[0] + new_question)},
        {asked * (c->question_sampling.max_new_tokens + c->curation_votes * vote), asked * prompts[1], 0},
        {solver * new_answer, solver * (prompts[1] + new_answer), solver * (prompts[1] + new_answer)},
    };
    printf("\nOne iteration, if every completion takes all its tokens    seconds\n");
    printf("  %-12s %14s %14s %12s %12s\n", "phase", "sampled", "trained", "full", "LoRA");
    plan_print_phase("challenger", &work[0], rates);
    plan_print_phase("curation", &work[1], rates);
    plan_print_phase("solver", &work[2], rates);
    printf("  %s: %.3g and %.3g tokens/s sampled, %.3g and %.3g trained\n", source,
           1 / rates[0].sample, 1 / rates[1].sample, 1 / rates[0].train, 1 / rates[1].train);
}

// -- several ranks --

// One phase of an iteration: two kinds of calls of r0_generate, so many, of so many completions; response tokens and
// rows that train; optimizer steps.
typedef struct plan_phase {
    const char *name;
    double calls[2], requests[2], new_tokens[2];
    double trained, rows, updates;
} plan_phase;

// Seconds of a rank; bytes that it receives.
typedef struct plan_share {
    double sampling, training, adamw, bytes;
} plan_share;

// A rank decodes its share of the requests `slots` at a time. A pass costs the same for one row or for some, until its
// rows cost more than reading the weights does; with as few rows sampling stops scaling. The gradient of a shard is
// one rank's work, the reference's forward is cut evenly, AdamW is everyone's. As many shards as ranks: every rank gets
// its slice of all gradients, and then all of their sum.
static plan_share plan_rank(const plan_phase *p, const plan_rate *rate, double weights, int slots, int ranks)
{
    plan_share s = R0_ZERO;
    double row = fmax(0, rate->sample - rate->pass / PLAN_ROWS), others = (ranks - 1.0) / ranks;
    for (int k = 0; k < 2; k++) {
        double own = ceil(p->requests[k] / ranks), turns = ceil(own / slots);
        s.sampling += p->calls[k] * p->new_tokens[k] * (turns * rate->pass + own * row);
        s.bytes += p->calls[k] * p->requests[k] * p->new_tokens[k] * 8 * others; // token and logp
    }
    s.training = p->rows * rate->train * 4 / 3 / ranks;
    s.adamw = p->updates * rate->step;
    s.bytes += (p->trained * 12 + p->updates * 8 * weights) * others; // logp twice, entropy
    return s;
}

// The last line: all phases. Returns its seconds.
static double plan_print_share(const char *name, int ranks, const plan_share *s, double link, double alone)
{
    double moving = s->bytes / (link * 1e9), all = s->sampling + s->training + s->adamw + moving;
    printf("  %-12s %6d %12.0f %12.0f %10.0f %12.0f %12.0f", name, ranks, s->sampling, s->training, s->adamw, moving,
           all);
    if (!strcmp(name, "all")) printf(" %7.1f x", alone > 0 ? alone / all : 1);
    printf("\n");
    return all;
}

static void plan_print_ranks(const plan_phase phases[3], const plan_rate *rate, const r0_plan *plan,
                             const plan_options *o, const char *what)
{
    double alone = 0, weights = (double)plan->trained, piece = fmin(16, 4 * weights / 1048576), most = 0;
    for (int i = 0; i < 6; i++) most = fmax(most, phases[i / 2].requests[i % 2] * phases[i / 2].new_tokens[i % 2] * 8);
    printf("\n%s by several ranks, seconds of one iteration; as many shards as ranks, %.3g GB/s to each rank\n", what,
           o->link);
    printf("  %-12s %6s %12s %12s %10s %12s %12s %9s\n", "phase", "ranks", "sampling", "training", "AdamW",
           "collectives", "all", "speed");
    for (const char *at = o->ranks; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        int ranks = atoi(at) > 0 ? atoi(at) : 1;
        plan_share sum = R0_ZERO;
        for (int i = 0; i < 3; i++) {
            plan_share s = plan_rank(&phases[i], rate, weights, plan->slots, ranks);
            sum.sampling += s.sampling, sum.training += s.training, sum.adamw += s.adamw, sum.bytes += s.bytes;
            plan_print_share(phases[i].name, ranks, &s, o->link, 0);
        }
        double all = plan_print_share("all", ranks, &sum, o->link, alone);
        if (alone <= 0) alone = all;
        printf("    to each rank: gradients %.4g MB an optimizer step, %.3g MiB at a time; rollouts up to %.4g MB a "
               "call; %d bytes an agreement\n", 8e-6 * weights * (ranks - 1) / ranks, piece, most / 1e6, 256 * ranks);
        printf("    memory of a rank: %.2f GiB on the device, as of one alone; on the host %.2f GiB of rollouts and up "
               "to %.2f to gather\n", (double)plan->peak / 1073741824, most / 1073741824,
               (most * (1 + 1. / ranks) + 2 * piece * 1048576) / 1073741824);
    }
    double floor = 0, row = fmax(0, rate->sample - rate->pass / PLAN_ROWS);
    for (int i = 0; i < 6; i++)
        floor += phases[i / 2].calls[i % 2] * phases[i / 2].new_tokens[i % 2] * (rate->pass + row);
    printf("    no number of ranks samples in less than %.0f seconds: a completion's tokens come one after another\n",
           floor);
}

static void plan_ranks(const r0_evolve_config *c, const int prompts[2], const plan_rate rates[2],
                       const r0_plan *const plans[2], plan_options o)
{
    const r0_phase_config *q = &c->challenger, *s = &c->solver;
    double proposed = (double)q->groups * q->n, answered = (double)s->groups * s->n, part = fmin(c->questions, 512);
    double new_question = q->sampling.max_new_tokens, new_answer = s->sampling.max_new_tokens;
    double vote = c->vote_sampling.max_new_tokens, curated = c->question_sampling.max_new_tokens;
    double parts = ceil(c->questions / part);
    const plan_phase phases[3] = {
        {"challenger", {q->steps, q->steps}, {proposed, proposed * c->votes}, {new_question, vote},
         q->steps * proposed * new_question, q->steps * proposed * (prompts[0] + new_question),
         (double)q->steps * q->mini_batches},
        {"curation", {parts, parts}, {part, part * c->curation_votes}, {curated, vote}, 0, 0, 0},
        {"solver", {s->steps, 0}, {answered, 0}, {new_answer, 0}, s->steps * answered * new_answer,
         s->steps * answered * (prompts[1] + new_answer), (double)s->steps * s->mini_batches},
    };
    char list[256];
    snprintf(list, sizeof list, "1,%.250s", o.ranks);
    o.ranks = list;
    plan_print_ranks(phases, &rates[0], plans[0], &o, "All weights trained");
    plan_print_ranks(phases, &rates[1], plans[1], &o, "Adapters trained");
}

// Four numbers of another machine.
static bool plan_speeds(const char *text, plan_rate *rate)
{
    double a, b, c, d;
    char more;
    bool good = sscanf(text, "%lf,%lf,%lf,%lf%c", &a, &b, &c, &d, &more) == 4 && a > 0 && b > 0 && c >= 0 && d >= 0;
    if (good) rate->sample = 1 / a, rate->train = 1 / b, rate->pass = c / 1e3, rate->step = d / 1e3;
    return good;
}

// -- the command --

static int plan_run(r0_context *r0, const char *folder, const plan_options *o)
{
    r0_model_config shape;
    r0_evolve_config config, lora_config;
    r0_plan full, lora;
    int prompts[2];
    double limit = o->memory > 0 ? o->memory * 1073741824 : (double)r0i_device_room(r0->device);
    printf("device      %s\n", r0_device_name(r0));
    r0_status status = r0_model_config_read(r0, folder, &shape);
    if (!status) status = r0_evolve_preset(r0, o->preset, &config);
    if (!status) status = cli_set_fields(r0, o->set, &config);
    if (!status) status = plan_prompts(r0, folder, &shape, &config, o->prompt, prompts);
    if (status) return cli_error(r0);
    printf("prompts     %d tokens for the challenger, up to %d for the solver\n", prompts[0], prompts[1]);
    lora_config = config;
    if (!lora_config.lora_rank) lora_config.lora_rank = o->rank;
    if (!lora_config.dtype[0]) snprintf(lora_config.dtype, sizeof lora_config.dtype, "%s", o->dtype);
    config.lora_rank = 0, config.dtype[0] = 0;
    status = r0_evolve_plan(r0, &shape, &config, prompts[0], prompts[1], (uint64_t)limit, &full);
    if (!status) status = r0_evolve_plan(r0, &shape, &lora_config, prompts[0], prompts[1], (uint64_t)limit, &lora);
    if (status) return cli_error(r0);
    printf("model       %s: %lld weights; an adapter of rank %d has %lld\n", folder, (long long)full.weights,
           lora_config.lora_rank, (long long)lora.trained);
    plan_print_memory(&full, &lora, lora_config.dtype, lora_config.lora_rank, limit);
    if ((!full.recompute || !lora.recompute) && plan_print_recompute(r0, &shape, config, lora_config, prompts, limit))
        return cli_error(r0);
    plan_print_disk(&config, &full, &lora);
    if (o->no_probe) return CLI_OK;
    config.recompute = full.recompute, lora_config.recompute = lora.recompute;
    plan_rate rates[2] = R0_ZERO;
    fflush(stdout);
    if (o->speeds && !plan_speeds(o->speeds, &rates[0]))
        return fprintf(stderr, "%s: --speeds \"%s\" is not four numbers\n", cli.name, o->speeds), CLI_USAGE;
    rates[1] = rates[0];
    if (!o->speeds) status = plan_probe(r0, &shape, &config, &rates[0]);
    if (!status && !o->speeds) status = plan_probe(r0, &shape, &lora_config, &rates[1]);
    if (status) return cli_error(r0);
    plan_print_time(&config, prompts, rates,
                    o->speeds ? "as --speeds says" : "measured on models of one and two layers");
    const r0_plan *const plans[2] = {&full, &lora};
    if (o->ranks[0]) plan_ranks(&config, prompts, rates, plans, *o);
    return CLI_OK;
}

static int cmd_plan(r0_context *r0, int argc, char **argv)
{
    plan_options o = R0_ZERO;
    o.preset = "paper", o.dtype = "BF16", o.rank = 16, o.prompt = 256;
    o.ranks = "", o.link = 12.5;
    const cli_option options[] = {
        {"preset", CLI_TEXT, &o.preset, "tiny, paper or released"},
        {"set", CLI_TEXT, &o.set, "FIELD=VALUE,...: any number of the run, as in r0 evolve"},
        {"lora-rank", CLI_INT, &o.rank, "rank of the adapters in the second column"},
        {"dtype", CLI_TEXT, &o.dtype, "of the frozen base there: f32, bf16, f16, q8_0 or q4_0"},
        {"prompt", CLI_INT, &o.prompt, "tokens of a prompt, where the folder has no tokenizer"},
        {"memory", CLI_REAL, &o.memory, "GiB to fit into; 0: what is free on the device"},
        {"no-probe", CLI_FLAG, &o.no_probe, "memory only: measure no times"},
        {"ranks", CLI_TEXT, &o.ranks, "N,N,...: the time of so many ranks too (examples/06_mpi.c)"},
        {"link", CLI_REAL, &o.link, "GB/s that each rank sends and receives"},
        {"speeds", CLI_TEXT, &o.speeds,
         "A,B,C,D instead of a measurement: tokens/s sampled 32 side by side and trained; ms of a pass and of AdamW"},
    };
    int code = cli_parse("r0 plan MODEL: what a run takes, before it is started", options, CLI_COUNT(options), &argc,
                         argv);
    if (code != CLI_GO) return code;
    if (argc != 2) return fprintf(stderr, "%s: needs one model folder (config.json is enough)\n", cli.name), CLI_USAGE;
    return plan_run(r0, argv[1], &o);
}

#endif
