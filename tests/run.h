// A small run of the loop on the tiny model, for every test that needs one.
#ifndef TEST_RUN_H
#define TEST_RUN_H

// A small run: about two seconds.
static void test_evolve_desc(r0_context *r0, r0_evaluation_set *set, const char *folder, r0_evolve_desc *desc)
{
    r0_evolve_desc zero = R0_ZERO;
    *desc = zero;
    desc->model_folder = "examples/tiny";
    desc->run_folder = folder;
    desc->preset = "tiny";
    desc->seed = 11;
    desc->checkpoint_seconds = -1;
    r0_evolve_preset(r0, "tiny", &desc->config);
    desc->config.iterations = 2;
    desc->config.challenger.steps = 2;
    desc->config.questions = 64, desc->config.votes = 6;
    desc->config.solver.steps = 2;
    desc->config.evaluation_samples = 2;
    if (getenv("R0_TEST_SMALL")) {
        desc->config.challenger.groups = desc->config.iterations = 1;
        desc->config.solver.groups = 6, desc->config.questions = 32;
    }
    desc->sets = set;
    desc->set_count = set != NULL;
}

static bool test_same_file(r0_context *r0, const char *a, const char *b)
{
    char *x = NULL, *y = NULL;
    size_t m = 0, n = 0;
    bool same = !r0i_file_read(r0, a, &x, &m) && !r0i_file_read(r0, b, &y, &n) && m == n && !memcmp(x, y, m);
    r0i_free(r0, x);
    r0i_free(r0, y);
    return same;
}

#endif
