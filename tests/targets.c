// The small run of tests/targets.py as a program of its own, with the bytes of `r0 evolve`: what the loop does not call
// is left out by R0_STATIC, so that a compiler for another machine is done with it in a fraction of the time.
//     PROGRAM DEVICE QUESTIONS.jsonl FOLDER FIELD=VALUE...
#define R0_STATIC
#define R0_IMPLEMENTATION
#include "../r0.h"

#include "../examples/tiny_oracle.h"

int main(int argc, char **argv)
{
    r0_evaluation_set set = {"few", NULL, R0_ZERO};
    r0_evolve_desc desc = R0_ZERO;
    r0_context_desc machine = R0_ZERO;
    r0_context *r0;
    if (argc < 4) return puts("targets DEVICE QUESTIONS.jsonl FOLDER FIELD=VALUE..."), 2;
    machine.device = argv[1], machine.threads = 1;
    if (r0_context_create(&machine, &r0)) return puts("no context"), 1;
    set.path = argv[2], desc.run_folder = argv[3], desc.model_folder = "examples/tiny", desc.preset = "tiny";
    desc.seed = 1, desc.sets = &set, desc.set_count = 1, desc.task.oracle = tiny_oracle;
    r0_status status = r0_evolve_preset(r0, "tiny", &desc.config);
    for (int i = 4; !status && i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value) *value++ = 0;
        status = value ? r0_evolve_set(r0, &desc.config, argv[i], value) : R0_ERROR_ARGUMENT;
    }
    if (!status) status = r0_bench_load(r0, set.path, &set.bench);
    if (!status) status = r0_evolve(r0, &desc, NULL);
    if (status) fprintf(stderr, "%s\n", r0_error(r0));
    r0_bench_free(r0, &set.bench);
    r0_context_destroy(r0);
    return status != R0_OK;
}
