// One GRPO step on a model of real size, with what it takes: load, sample, log-probabilities of the policy and of a
// frozen reference, backward, AdamW, and the sampling of the step after it. What a run of R-Zero holds at once is held
// here: both roles, the reference, the trainer, and beside it a sampling call. `make check-large` runs it on folders
// that `r0 init` makes.
//     large FOLDER DEVICE sample|full|lora F32|BF16|Q8_0|Q4_0 [ROLLOUTS TOKENS PROMPT]
// The dtype is how the weights lie in memory; full needs F32. One line of JSON; the exit code is 0 when all went
// well and what must hold held: log-probabilities are finite, those of sampling are those of training and those of the
// reference those of the policy that it is a copy of, the step moved the weights, and what r0_evolve_plan said that all
// of this would take is within a tenth of what it took.
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

#include <sys/resource.h>

enum { LARGE_RANK = 16, LARGE_MICRO_BATCH = 512 };

typedef struct large {
    r0_context *r0;
    r0_model *base, *policy;     // policy: the base, or an adapter on it
    r0_model *other, *reference; // the role that is not trained now; the policy at the start
    r0_plan plan;
    r0_sequence prompts[64], whole[64];
    r0_rollouts rollouts;
    float *logp, *logp_reference, *now, advantages[64];
    int tokens;              // of all responses
    int count, new_tokens, prompt;
    int passes;              // until the library is told to stop; 0: never
    double drift, reference_drift;
} large;

static bool large_cancel(void *user)
{
    large *l = (large *)user;
    return l->passes > 0 && --l->passes == 0;
}

static double large_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Prints how long it took since `from`, the processor time and the peak of the process so far.
static double large_stage(const char *name, double from)
{
    struct rusage use;
    double now = large_seconds();
    getrusage(RUSAGE_SELF, &use);
    double spent = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                   1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    fprintf(stderr, "%-12s %7.1f s, so far %.0f s of a processor, peak %.2f GiB\n", name, now - from, spent,
            (double)use.ru_maxrss / (1 << 20));
    printf(",\"%s_seconds\":%.2f,\"%s_processor\":%.1f", name, now - from, name, spent);
    return large_seconds();
}

// Another model with the policy's weights.
static r0_status large_role(large *l, const char *folder, bool adapter, const char *dtype, r0_model **model)
{
    r0_lora_desc lora = R0_ZERO;
    lora.rank = LARGE_RANK, lora.alpha = 2 * LARGE_RANK;
    return adapter ? r0_lora_create(l->base, &lora, 1, model) : r0_model_load_as(l->r0, folder, dtype, model);
}

static r0_status large_open(large *l, const char *folder, const char *mode, const char *dtype)
{
    bool adapter = !strcmp(mode, "lora");
    r0_status status = r0_model_load_as(l->r0, folder, dtype, &l->base);
    l->policy = l->base;
    if (!strcmp(mode, "sample")) return status;
    if (!status && adapter) status = large_role(l, folder, true, dtype, &l->policy);
    if (!status) status = large_role(l, folder, adapter, dtype, &l->other);
    if (!status) status = large_role(l, folder, adapter, dtype, &l->reference);
    return status;
}

// The run whose first step this is.
static r0_status large_plan(large *l, const char *mode, const char *dtype)
{
    r0_evolve_config c;
    r0_status status = r0_evolve_preset(l->r0, "paper", &c);
    if (status || !strcmp(mode, "sample")) return status;
    c.challenger.groups = c.solver.groups = l->count / 2, c.challenger.n = c.solver.n = 2;
    c.challenger.mini_batches = c.solver.mini_batches = 1;
    c.votes = c.curation_votes = c.questions = 1;
    c.challenger.sampling.max_new_tokens = c.solver.sampling.max_new_tokens = l->new_tokens;
    c.vote_sampling.max_new_tokens = c.question_sampling.max_new_tokens = l->new_tokens;
    c.micro_batch = LARGE_MICRO_BATCH;
    c.lora_rank = strcmp(mode, "lora") ? 0 : LARGE_RANK;
    snprintf(c.dtype, sizeof c.dtype, "%s", dtype);
    return r0_evolve_plan(l->r0, r0_model_shape(l->base), &c, l->prompt, l->prompt, 0, &l->plan);
}

// Prompts of unequal lengths, two rollouts each.
static r0_status large_sample(large *l)
{
    int vocab = r0_model_shape(l->base)->vocab_size, groups = l->count / 2;
    r0_sampling sampling = {1, 0, .99f, l->new_tokens, 7};
    for (int i = 0; i < groups; i++) {
        int length = l->prompt - i * l->prompt / 8;
        int32_t *ids = (int32_t *)calloc((size_t)length, sizeof *ids);
        for (int k = 0; k < length; k++) ids[k] = (int32_t)((uint32_t)(i * 7919 + k * 104729) % (uint32_t)vocab);
        r0_sequence q = {ids, length, length};
        l->prompts[i] = q;
    }
    r0_status status = r0_generate(l->policy, l->prompts, groups, 2, &sampling, &l->rollouts);
    for (int i = 0; !status && i < l->count; i++) {
        const r0_rollout *r = &l->rollouts.items[i];
        const r0_sequence *q = &l->prompts[r->prompt];
        int32_t *ids = (int32_t *)calloc((size_t)(q->length + r->length), sizeof *ids);
        memcpy(ids, q->tokens, sizeof *ids * (size_t)q->length);
        memcpy(ids + q->length, r->tokens, sizeof *ids * (size_t)r->length);
        r0_sequence whole = {ids, q->length + r->length, q->length};
        l->whole[i] = whole;
        l->tokens += r->length;
    }
    return status;
}

// Training's log-probabilities of the rollouts; the largest difference to those of sampling.
static r0_status large_logp(large *l, r0_model *model, float *logp, double *drift)
{
    r0_status status = r0_logp(model, l->whole, l->count, 1, logp, NULL, NULL);
    for (int i = 0, at = 0; !status && drift && i < l->count; i++)
        for (int k = 0; k < l->rollouts.items[i].length; k++, at++)
            *drift = fmax(*drift, fabs((double)logp[at] - l->rollouts.items[i].logp[k]));
    return status;
}

typedef struct large_loss_state {
    const large *l;
    r0_grpo_config config;
    r0_grpo_stats stats;
    int begin[65];
} large_loss_state;

static r0_status large_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    large_loss_state *s = (large_loss_state *)user;
    r0_grpo_batch mini = R0_ZERO;
    mini.sequences = s->l->count;
    mini.begin = s->begin;
    mini.logp_old = s->l->logp;
    mini.logp_ref = s->l->logp_reference;
    mini.advantage = s->l->advantages;
    mini.micro_batches = 1;
    r0_grpo_batch part = r0_grpo_batch_part(&mini, micro);
    r0_grpo_loss(&part, &s->config, dlogp, &s->stats);
    return R0_OK;
}

// What comes after the step while the trainer stands: log-probabilities of the new policy, and the next sampling, which
// is stopped when all that it takes is there.
static r0_status large_after(large *l)
{
    r0_sampling sampling = {1, 0, .99f, l->new_tokens, 8};
    r0_rollouts rollouts;
    double start = large_seconds();
    r0_status status = large_logp(l, l->policy, l->now, NULL);
    if (status) return status;
    l->passes = 2;
    status = r0_generate(l->policy, l->prompts, l->count / 2, 2, &sampling, &rollouts);
    l->passes = 0;
    if (!status) r0_rollouts_free(l->r0, &rollouts);
    large_stage("after", start);
    return status == R0_ERROR_CANCELLED ? R0_OK : status;
}

static r0_status large_train(large *l, float *norm)
{
    large_loss_state s = R0_ZERO;
    r0_trainer_desc desc = R0_ZERO;
    r0_trainer *trainer;
    float rewards[64];
    s.l = l;
    s.config = r0_grpo_recipe_find("grpo")->config;
    for (int i = 0; i < l->count; i++) {
        s.begin[i + 1] = s.begin[i] + l->rollouts.items[i].length;
        rewards[i] = (float)(i % 2); // one of the two rollouts of a prompt is right
    }
    r0_grpo_advantages(rewards, l->count / 2, 2, l->advantages);
    desc.micro_batch = LARGE_MICRO_BATCH;
    double start = large_seconds();
    r0_status status = r0_trainer_create(l->policy, &desc, &trainer);
    if (status) return status;
    status = r0_trainer_backward(trainer, l->whole, l->count, large_loss, &s);
    start = large_stage("backward", start);
    if (!status) status = r0_trainer_step(trainer, 1e-4f, norm);
    large_stage("adamw", start);
    if (!status) status = large_after(l);
    r0_trainer_destroy(trainer);
    return status;
}

static r0_status large_step(large *l)
{
    float norm = 0;
    double start = large_seconds(), moved = 0;
    l->logp = (float *)calloc((size_t)l->tokens, sizeof *l->logp);
    l->logp_reference = (float *)calloc((size_t)l->tokens, sizeof *l->logp_reference);
    l->now = (float *)calloc((size_t)l->tokens, sizeof *l->now);
    r0_status status = large_logp(l, l->policy, l->logp, &l->drift);
    start = large_stage("logp", start);
    if (!status) status = large_logp(l, l->reference, l->logp_reference, &l->reference_drift);
    start = large_stage("reference", start);
    if (!status) status = large_train(l, &norm);
    for (int i = 0; !status && i < l->tokens; i++) moved = fmax(moved, fabs((double)l->now[i] - l->logp[i]));
    printf(",\"drift\":%.3g,\"grad_norm\":%.5g,\"moved\":%.3g", l->drift, (double)norm, moved);
    if (status) return status;
    bool good = l->drift < 1e-5 && l->reference_drift < 1e-5 && norm > 0 && norm < 1e9f && moved > 0 && moved < 1e9;
    if (!good)
        fprintf(stderr, "drift %g, reference's %g, gradient norm %g, moved %g: not as it must be\n", l->drift,
                l->reference_drift, (double)norm, moved);
    return good ? R0_OK : R0_ERROR_INTERNAL;
}

static void large_row(const char *name, uint64_t planned, uint64_t took)
{
    fprintf(stderr, "  %-18s %8.3f %8.3f GiB\n", name, (double)planned / (1 << 30), (double)took / (1 << 30));
}

// Planned and taken, by what it is for. False when the sums are further apart than a tenth.
static bool large_compare(const large *l, const r0_memory_report *m)
{
    const r0_plan *p = &l->plan;
    uint64_t weights = p->base + p->roles + p->reference, took = m->buffers.peak_bytes;
    fprintf(stderr, "  %-18s %8s %8s\n", "", "planned", "took");
    large_row("weights", weights, m->purposes[R0_MEMORY_PARAMETERS].peak_bytes);
    large_row("gradients", p->gradients, m->purposes[R0_MEMORY_GRADIENTS].peak_bytes);
    large_row("moments", p->moments, m->purposes[R0_MEMORY_MOMENTS].peak_bytes);
    large_row("keys and values", p->cache, m->purposes[R0_MEMORY_KV].peak_bytes);
    large_row("all at once", p->peak, took);
    printf(",\"planned_gib\":%.3f", (double)p->peak / (1 << 30));
    return fabs((double)took / (double)p->peak - 1) <= .1;
}

static bool large_report(const large *l)
{
    struct rusage use;
    r0_memory_report memory;
    getrusage(RUSAGE_SELF, &use);
    r0_memory(l->r0, &memory);
    bool good = !l->plan.peak || large_compare(l, &memory);
    printf(",\"peak_gib\":%.2f,\"buffers_gib\":%.3f,\"device\":\"%s\"}\n", (double)use.ru_maxrss / (1 << 20),
           (double)memory.buffers.peak_bytes / (1 << 30), r0_device_name(l->r0));
    if (!good) fprintf(stderr, "large: the plan is further than a tenth from what it took\n");
    return good;
}

static void large_close(large *l)
{
    for (int i = 0; i < l->count; i++) {
        free((void *)(uintptr_t)l->prompts[i].tokens);
        free((void *)(uintptr_t)l->whole[i].tokens);
    }
    r0_rollouts_free(l->r0, &l->rollouts);
    r0_model_destroy(l->reference);
    r0_model_destroy(l->other);
    if (l->policy != l->base) r0_model_destroy(l->policy);
    r0_model_destroy(l->base);
    free(l->logp), free(l->logp_reference), free(l->now);
    r0_context_destroy(l->r0);
}

int main(int argc, char **argv)
{
    large l = R0_ZERO;
    r0_context_desc desc = R0_ZERO;
    if (argc != 5 && argc != 8)
        return fputs("large FOLDER DEVICE sample|full|lora F32|BF16|Q8_0|Q4_0 [ROLLOUTS TOKENS PROMPT]\n", stderr), 2;
    l.count = argc > 5 ? atoi(argv[5]) : 8, l.new_tokens = argc > 6 ? atoi(argv[6]) : 128;
    l.prompt = argc > 7 ? atoi(argv[7]) : 64;
    if (l.count < 2 || l.count > 16 || l.count % 2 || l.new_tokens < 1 || l.prompt < 1) return 2;
    desc.device = argv[2];
    desc.cancel = large_cancel, desc.user = &l;
    double begin = large_seconds(), start = begin;
    printf("{\"mode\":\"%s\",\"weights\":\"%s\"", argv[3], argv[4]);
    r0_status status = r0_context_create(&desc, &l.r0);
    if (!status) status = large_open(&l, argv[1], argv[3], argv[4]);
    if (!status) status = large_plan(&l, argv[3], argv[4]);
    start = large_stage("load", start);
    if (!status) status = large_sample(&l);
    double sampled = large_seconds() - start;
    large_stage("sample", start);
    printf(",\"tokens\":%d,\"tokens_per_second\":%.2f", l.tokens, l.tokens / sampled);
    if (!status && strcmp(argv[3], "sample") != 0) status = large_step(&l);
    large_stage("all", begin);
    bool planned = large_report(&l);
    if (status) fprintf(stderr, "large: %s\n", r0_error(l.r0));
    large_close(&l);
    return status != R0_OK || (!planned && strcmp(argv[3], "sample") != 0);
}
