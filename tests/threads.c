// Built with ThreadSanitizer by `make check`: whole runs with 1 to 4 threads, then eight contexts in eight threads of a
// program, all with the bits of the first. Catches: races, contexts that share something, stacks that are too small for
// the thread-local storage of a program (that of ThreadSanitizer takes 767 KiB of each).
#define R0_IMPLEMENTATION
#include "../r0.h"

#include "run.h"

enum { CONTEXTS = 8 };

static const char *const files[] = {"metrics.jsonl", "questions-1.jsonl", "solver/model.safetensors",
                                    "challenger/model.safetensors"};

typedef struct threads_run {
    char folder[64], error[1200];
    int threads;
} threads_run;

static void *threads_evolve(void *user)
{
    threads_run *run = (threads_run *)user;
    r0_context_desc desc = R0_ZERO;
    r0_evolve_desc evolve;
    r0_context *r0;
    desc.device = "cpu";
    desc.threads = run->threads;
    if (r0_context_create(&desc, &r0)) return snprintf(run->error, sizeof run->error, "no context"), NULL;
    test_evolve_desc(r0, NULL, run->folder, &evolve);
    evolve.config.iterations = evolve.config.challenger.steps = evolve.config.solver.steps = 1;
    evolve.config.challenger.groups = 2, evolve.config.challenger.n = evolve.config.solver.n = 4;
    evolve.config.questions = 8, evolve.config.votes = 2, evolve.config.solver.groups = 2;
    evolve.config.max_dead = 0; // a run of one step may teach nothing
    if (r0_evolve(r0, &evolve, NULL)) snprintf(run->error, sizeof run->error, "%s", r0_error(r0));
    if (r0->threads != run->threads) snprintf(run->error, sizeof run->error, "%d threads", r0->threads);
    r0_context_destroy(r0);
    return NULL;
}

int main(void)
{
    static threads_run runs[4 + CONTEXTS];
    pthread_t callers[CONTEXTS];
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    int passed = 0, failed = 0;
    desc.device = "cpu", desc.threads = 1;
    if (r0_context_create(&desc, &r0)) return 1;
    for (int i = 0; i < 4 + CONTEXTS; i++) {
        snprintf(runs[i].folder, sizeof runs[i].folder, "build/threads-runs/%d", i);
        runs[i].threads = i < 4 ? i + 1 : 1 + i % 2;
        if (i < 4) threads_evolve(&runs[i]);
    }
    for (int i = 0; i < CONTEXTS; i++)
        if (pthread_create(&callers[i], NULL, threads_evolve, &runs[4 + i])) return puts("FAIL threads: no thread"), 1;
    for (int i = 0; i < CONTEXTS; i++) pthread_join(callers[i], NULL);
    for (int i = 0; i < 4 + CONTEXTS; i++) {
        bool good = !runs[i].error[0];
        for (size_t k = 0; k < R0I_COUNT(files) && good; k++) {
            char a[128], b[128];
            snprintf(a, sizeof a, "%s/%s", runs[0].folder, files[k]);
            snprintf(b, sizeof b, "%s/%s", runs[i].folder, files[k]);
            good = test_same_file(r0, a, b);
            if (!good) snprintf(runs[i].error, sizeof runs[i].error, "%s differs", b);
        }
        if (good) passed++;
        else failed++, printf("FAIL threads: run %d, %d threads: %s\n", i, runs[i].threads, runs[i].error);
    }
    r0_context_destroy(r0);
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
