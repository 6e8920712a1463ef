// One GRPO step on a model of real size, with what it takes: load, sample, log-probabilities against a frozen
// reference, backward, AdamW. `make check-large` runs it on folders that `r0 init` makes.
//     large FOLDER DEVICE sample|full|lora F32|BF16 [ROLLOUTS TOKENS PROMPT]
// F32 or BF16 is how the weights lie in memory; full needs F32. One line of JSON; the exit code is 0 when all went
// well and what must hold held: log-probabilities are finite and those of sampling are those of training, the step
// moved the weights, and the loss of the same rollouts is another afterwards.
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

#include <sys/resource.h>

typedef struct large {
    r0_context *r0;
    r0_model *base, *policy; // policy: the base, or an adapter on it
    r0_sequence prompts[64], whole[64];
    r0_rollouts rollouts;
    float *logp, *now, advantages[64];
    int tokens;              // of all responses
    int count, new_tokens, prompt;
    double drift;
} large;

static double large_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Prints how long it took since `from`, and the peak of the process so far.
static double large_stage(const char *name, double from)
{
    struct rusage use;
    double now = large_seconds();
    getrusage(RUSAGE_SELF, &use);
    fprintf(stderr, "%-12s %7.1f s, peak %.2f GiB\n", name, now - from, (double)use.ru_maxrss / (1 << 20));
    printf(",\"%s_seconds\":%.2f", name, now - from);
    return large_seconds();
}

static r0_status large_open(large *l, const char *folder, const char *mode, const char *dtype)
{
    r0_status status = r0_model_load_as(l->r0, folder, dtype, &l->base);
    l->policy = l->base;
    if (!status && !strcmp(mode, "lora")) {
        r0_lora_desc lora = R0_ZERO;
        lora.rank = 16, lora.alpha = 32;
        status = r0_lora_create(l->base, &lora, 1, &l->policy);
    }
    return status;
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
static r0_status large_logp(large *l, float *logp, bool compare)
{
    r0_status status = r0_logp(l->policy, l->whole, l->count, 1, logp, NULL, NULL);
    for (int i = 0, at = 0; !status && compare && i < l->count; i++)
        for (int k = 0; k < l->rollouts.items[i].length; k++, at++)
            l->drift = fmax(l->drift, fabs((double)logp[at] - l->rollouts.items[i].logp[k]));
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
    mini.logp_old = mini.logp_ref = s->l->logp; // the first step: the policy is the one that sampled
    mini.advantage = s->l->advantages;
    mini.micro_batches = 1;
    r0_grpo_batch part = r0_grpo_batch_part(&mini, micro);
    r0_grpo_loss(&part, &s->config, dlogp, &s->stats);
    return R0_OK;
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
    desc.micro_batch = 512;
    double start = large_seconds();
    r0_status status = r0_trainer_create(l->policy, &desc, &trainer);
    if (status) return status;
    status = r0_trainer_backward(trainer, l->whole, l->count, large_loss, &s);
    start = large_stage("backward", start);
    if (!status) status = r0_trainer_step(trainer, 1e-4f, norm);
    large_stage("adamw", start);
    r0_trainer_destroy(trainer);
    return status;
}

static r0_status large_step(large *l)
{
    float norm = 0;
    double start = large_seconds(), moved = 0;
    l->logp = (float *)calloc((size_t)l->tokens, sizeof *l->logp);
    l->now = (float *)calloc((size_t)l->tokens, sizeof *l->now);
    r0_status status = large_logp(l, l->logp, true);
    start = large_stage("logp", start);
    if (!status) status = large_train(l, &norm);
    if (!status) status = large_logp(l, l->now, false);
    for (int i = 0; !status && i < l->tokens; i++) moved = fmax(moved, fabs((double)l->now[i] - l->logp[i]));
    printf(",\"drift\":%.3g,\"grad_norm\":%.5g,\"moved\":%.3g", l->drift, (double)norm, moved);
    if (status) return status;
    bool good = l->drift < 1e-5 && norm > 0 && norm < 1e9f && moved > 0 && moved < 1e9;
    if (!good)
        fprintf(stderr, "drift %g, gradient norm %g, moved %g: not as it must be\n", l->drift, (double)norm, moved);
    return good ? R0_OK : R0_ERROR_INTERNAL;
}

static void large_report(const large *l)
{
    struct rusage use;
    r0_memory_report memory;
    getrusage(RUSAGE_SELF, &use);
    r0_memory(l->r0, &memory);
    for (int i = 0; i < R0_MEMORY_COUNT; i++)
        if (memory.purposes[i].peak_bytes >> 20)
            fprintf(stderr, "  %-18s %8.2f GiB\n", r0_memory_name((r0_memory_purpose)i),
                    (double)memory.purposes[i].peak_bytes / (1 << 30));
    printf(",\"peak_gib\":%.2f,\"buffers_gib\":%.2f,\"device\":\"%s\"}\n", (double)use.ru_maxrss / (1 << 20),
           (double)memory.buffers.peak_bytes / (1 << 30), r0_device_name(l->r0));
}

static void large_close(large *l)
{
    for (int i = 0; i < l->count; i++) {
        free((void *)(uintptr_t)l->prompts[i].tokens);
        free((void *)(uintptr_t)l->whole[i].tokens);
    }
    r0_rollouts_free(l->r0, &l->rollouts);
    if (l->policy != l->base) r0_model_destroy(l->policy);
    r0_model_destroy(l->base);
    free(l->logp), free(l->now);
    r0_context_destroy(l->r0);
}

int main(int argc, char **argv)
{
    large l = R0_ZERO;
    r0_context_desc desc = R0_ZERO;
    if (argc != 5 && argc != 8)
        return fputs("large FOLDER DEVICE sample|full|lora F32|BF16 [ROLLOUTS TOKENS PROMPT]\n", stderr), 2;
    l.count = argc > 5 ? atoi(argv[5]) : 8, l.new_tokens = argc > 6 ? atoi(argv[6]) : 128;
    l.prompt = argc > 7 ? atoi(argv[7]) : 64;
    if (l.count < 2 || l.count > 16 || l.count % 2 || l.new_tokens < 1 || l.prompt < 1) return 2;
    desc.device = argv[2];
    double begin = large_seconds(), start = begin;
    printf("{\"mode\":\"%s\",\"weights\":\"%s\"", argv[3], argv[4]);
    r0_status status = r0_context_create(&desc, &l.r0);
    if (!status) status = large_open(&l, argv[1], argv[3], argv[4]);
    start = large_stage("load", start);
    if (!status) status = large_sample(&l);
    double sampled = large_seconds() - start;
    large_stage("sample", start);
    printf(",\"tokens\":%d,\"tokens_per_second\":%.2f", l.tokens, l.tokens / sampled);
    if (!status && strcmp(argv[3], "sample") != 0) status = large_step(&l);
    large_stage("all", begin);
    large_report(&l);
    if (status) fprintf(stderr, "large: %s\n", r0_error(l.r0));
    large_close(&l);
    return status != R0_OK;
}
