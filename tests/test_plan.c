// What a run was said to take against what it took, and the loop on adapters. Catches: a part of the memory that the
// plan forgets, a run on adapters that a resume changes, an adapter that cannot be used afterwards, settings that
// contradict each other.

#include "run.h"

typedef struct plan_stop {
    int left;
} plan_stop;

static bool plan_cancel(void *user)
{
    return ((plan_stop *)user)->left-- == 0;
}

static r0_context *plan_context(plan_stop *stop)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    desc.cancel = stop ? plan_cancel : NULL;
    desc.user = stop;
    return r0_context_create(&desc, &r0) ? NULL : r0;
}

// A shorter one yet; the second step of the solver is what samples beside the first one's activations.
static void plan_desc(r0_context *r0, const char *folder, r0_evolve_desc *desc)
{
    test_evolve_desc(r0, NULL, folder, desc);
    desc->config.iterations = 1;
    desc->config.challenger.steps = 1, desc->config.challenger.groups = 2, desc->config.challenger.mini_batches = 1;
    desc->config.solver.groups = 24, desc->config.questions = 64; // enough to fill what was planned
}

// The plan is an upper bound, and no wasteful one.
static void plan_against_run(test *t, const char *name, int rank, const char *dtype, bool recompute)
{
    r0_context *r0 = plan_context(NULL);
    r0_evolve_desc desc;
    r0_model_config shape;
    r0_plan plan;
    r0_memory_report memory;
    char folder[64];
    snprintf(folder, sizeof folder, "build/plan/%s", name);
    plan_desc(r0, folder, &desc);
    desc.config.lora_rank = rank;
    if (rank == 2) snprintf(desc.config.lora_targets, sizeof desc.config.lora_targets, "q_proj,v_proj");
    snprintf(desc.config.dtype, sizeof desc.config.dtype, "%s", dtype);
    desc.config.recompute = recompute;
    CHECK(r0_model_config_read(r0, "examples/tiny", &shape) == R0_OK);
    CHECK(r0_evolve_plan(r0, &shape, &desc.config, 2, 51, (uint64_t)1 << 27, &plan) == R0_OK, "%s", r0_error(r0));
    CHECK(r0_evolve(r0, &desc, NULL) == R0_OK, "%s", r0_error(r0));
    r0_memory(r0, &memory);
    double ratio = (double)memory.buffers.peak_bytes / (double)plan.peak;
    printf("  %-10s planned %.1f MB, took %.1f MB (%.2f)\n", name, (double)plan.peak / 1e6,
           (double)memory.buffers.peak_bytes / 1e6, ratio);
    CHECK(ratio <= 1.005 && ratio >= .9, "%s: took %.3f of what was planned", name, ratio);
    CHECK(plan.largest_micro_batch > 0, "%s", name);
    r0_context_destroy(r0);
}

// Activations are computed again where the peak is beyond the limit without, and nowhere else.
static void plan_recompute(test *t, const r0_model_config *shape, r0_evolve_config *c)
{
    r0_plan plain, less, plan;
    CHECK(!r0_evolve_plan(t->r0, shape, c, 2, 51, 0, &plain) && !plain.recompute);
    c->recompute = true;
    CHECK(!r0_evolve_plan(t->r0, shape, c, 2, 51, 0, &less) && less.recompute && less.peak < plain.peak);
    c->recompute = false;
    uint64_t spare = plain.cache + plain.peak / 100; // the cache would give way first
    CHECK(!r0_evolve_plan(t->r0, shape, c, 2, 51, plain.peak + spare, &plan) && !plan.recompute);
    CHECK(!r0_evolve_plan(t->r0, shape, c, 2, 51, less.peak + spare, &plan) && plan.recompute);
    CHECK(plan.training == less.training && plan.peak <= less.peak + spare);
}

// The largest micro-batch is the largest: its peak fits, that of the next size does not.
static void plan_largest(test *t)
{
    r0_evolve_config c;
    r0_model_config shape;
    r0_plan plan, again;
    uint64_t limit = (uint64_t)100 << 20;
    CHECK(r0_model_config_read(t->r0, "examples/tiny", &shape) == R0_OK && !r0_evolve_preset(t->r0, "tiny", &c));
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, limit, &plan) == R0_OK, "%s", r0_error(t->r0));
    c.micro_batch = plan.largest_micro_batch;
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, limit, &again) == R0_OK && again.peak <= limit);
    c.micro_batch += 16;
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, limit, &again) == R0_OK && (again.peak > limit || again.recompute));
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, 1 << 20, &again) == R0_OK && again.largest_micro_batch == 0);
    plan_recompute(t, &shape, &c);
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 0, 51, limit, &again) == R0_ERROR_ARGUMENT);
    snprintf(c.dtype, sizeof c.dtype, "BF16");
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, limit, &again) == R0_ERROR_ARGUMENT);
    CHECK(strstr(r0_error(t->r0), "lora_rank"), "%s", r0_error(t->r0));
    snprintf(c.dtype, sizeof c.dtype, "Q4");
    c.lora_rank = 2;
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, limit, &again) == R0_ERROR_ARGUMENT);
    CHECK(strstr(r0_error(t->r0), "\"Q4\""), "%s", r0_error(t->r0));
}

static void plan_same_files(test *t, const char *a, const char *b, const char *const *names)
{
    for (; *names; names++) {
        char first[128], second[128];
        snprintf(first, sizeof first, "build/plan/%s/%s", a, *names);
        snprintf(second, sizeof second, "build/plan/%s/%s", b, *names);
        CHECK(test_same_file(t->r0, first, second), "%s differs from %s", second, first);
    }
}

// Stopped over and over, a run on adapters ends with the bits of the run in one go, although it computes activations
// again, which it was told at its start alone. Weights of the base that were rounded to blocks are the same blocks
// after every stop: the folder names the dtype.
static void plan_adapters_resume(test *t)
{
    r0_evolve_desc desc;
    r0_status status = R0_ERROR_CANCELLED;
    for (int turn = 0; turn < 12 && status == R0_ERROR_CANCELLED; turn++) {
        plan_stop stop = {40 << turn}; // polls until it says stop
        r0_context *r0 = plan_context(&stop);
        plan_desc(r0, "build/plan/resumed", &desc);
        desc.config.lora_rank = 3;
        if (!turn) snprintf(desc.config.dtype, sizeof desc.config.dtype, "q8_0"), desc.config.recompute = true;
        desc.resume = turn > 0;
        status = r0_evolve(r0, &desc, NULL);
        CHECK(status == R0_OK || status == R0_ERROR_CANCELLED, "%s", r0_error(r0));
        r0_context_destroy(r0);
    }
    CHECK(status == R0_OK, "never came to an end");
    static const char *const names[] = {"metrics.jsonl", "questions-1.jsonl", "solver/adapter_model.safetensors",
                                        "challenger/adapter_model.safetensors", "solver/adapter_config.json", NULL};
    plan_same_files(t, "blocks", "resumed", names);
    char *record;
    size_t size;
    CHECK(!r0i_file_read(t->r0, "build/plan/resumed/run.json", &record, &size) &&
          strstr(record, "\"recompute\":1"), "%s", r0_error(t->r0));
    r0i_free(t->r0, record);
    // the solver opens with its base, and has learned something
    r0_model *solver, *base;
    CHECK(r0_model_load(t->r0, "build/plan/lora/solver", &solver) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_model_load(t->r0, "examples/tiny", &base) == R0_OK, "%s", r0_error(t->r0));
    int32_t tokens[6] = {1, 5, 6, 7, 8, 9};
    r0_sequence sequence = {tokens, 6, 1};
    float logp[2][5];
    CHECK(!r0_logp(solver, &sequence, 1, 1, logp[0], NULL, NULL));
    CHECK(!r0_logp(base, &sequence, 1, 1, logp[1], NULL, NULL));
    CHECK(memcmp(logp[0], logp[1], sizeof logp[0]), "the solver is the base");
    r0_model_destroy(solver), r0_model_destroy(base);
}

static void test_plan(test *t)
{
#if defined(_WIN32)
    CHECK(system("rmdir /s /q build\\plan") >= 0);
#else
    CHECK(system("rm -rf build/plan") == 0);
#endif
    plan_largest(t);
    plan_against_run(t, "targets", 2, "BF16", true);
    if (getenv("R0_TEST_SMALL")) return; // the sanitizers have seen every part by now
    plan_against_run(t, "full", 0, "", false);
    plan_against_run(t, "recompute", 0, "", true);
    static const char *const names[] = {"metrics.jsonl", "questions-1.jsonl", "solver/model.safetensors",
                                        "challenger/model.safetensors", NULL};
    plan_same_files(t, "full", "recompute", names);
    plan_against_run(t, "lora", 3, "", false);
    plan_against_run(t, "blocks", 3, "q8_0", false);
    plan_adapters_resume(t);
}
