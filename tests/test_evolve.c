// The loop on the tiny model, reduced. Catches: a run that depends on threads, a resume that changes bits or loses
// lines, a damaged checkpoint taken for good, labels that leak, controls that do nothing, bad input that is accepted.

#include "run.h"

#if defined(_WIN32)
#define TEST_REMOVE "rmdir /s /q build\\evolve"
#else
#define TEST_REMOVE "rm -rf build/evolve"
#endif

static bool test_same_run(r0_context *r0, const char *a, const char *b)
{
    static const char *const files[] = {"metrics.jsonl", "questions-1.jsonl", "evaluation-1.jsonl",
                                        "solver/model.safetensors", "challenger/model.safetensors"};
    for (size_t i = 0; i < R0I_COUNT(files); i++) {
        char x[256], y[256];
        snprintf(x, sizeof x, "%s/%s", a, files[i]);
        snprintf(y, sizeof y, "%s/%s", b, files[i]);
        if (!test_same_file(r0, x, y)) return printf("differs: %s\n", x) < 0;
    }
    return true;
}

typedef struct test_stopper {
    int left; // polls until it says stop
} test_stopper;

static bool test_stop(void *user)
{
    return ((test_stopper *)user)->left-- == 0;
}

// Says stop once the run has written its fourth checkpoint.
static bool test_stop_at_fourth(void *user)
{
    (void)user;
    return r0i_file_exists("build/evolve/damaged/checkpoint-0000000004.safetensors");
}

static r0_context *test_evolve_context(int threads, test_stopper *stopper)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    desc.threads = threads;
    desc.cancel = stopper ? test_stop : test_stop_at_fourth;
    desc.user = stopper;
    desc.log = NULL;
    return r0_context_create(&desc, &r0) ? NULL : r0;
}

static void test_evolve_whole(test *t, r0_evaluation_set *set, int iterations)
{
    static r0_evolve_result result;
    r0_evolve_desc desc;
    test_evolve_desc(t->r0, set, "build/evolve/whole", &desc);
    CHECK(r0_evolve(t->r0, &desc, &result) == R0_OK, "%s", r0_error(t->r0));
    CHECK(result.count == iterations + 1 && result.iterations[iterations].iteration == iterations);
    CHECK(result.iterations[1].proposed == desc.config.questions && result.iterations[1].kept > 0);
    CHECK(result.iterations[0].scores[0].questions == (int)set->bench.count);
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_ERROR_FILE && strstr(r0_error(t->r0), "build/evolve/whole"));
    r0_json *summary;
    CHECK(r0_json_parse_file(t->r0, "build/evolve/whole/summary.json", &summary) == R0_OK);
    CHECK(fabs(r0_json_get_number(r0_json_get(summary, "base"), "pass1", -1) - result.iterations[0].scores[0].pass1) <
          1e-12);
    CHECK((int)r0_json_get(summary, "iterations")->count == iterations);
    r0_json_destroy(t->r0, summary);
}

// One thread, stopped again and again after a few polls, each time `more` of them, and resumed. Returns how often.
static int test_evolve_parts(test *t, r0_evaluation_set *set, const char *folder, int first, int more,
                             void (*describe)(r0_context *, r0_evaluation_set *, const char *, r0_evolve_desc *))
{
    r0_status status = R0_ERROR_CANCELLED;
    int runs = 0;
    for (; status == R0_ERROR_CANCELLED && runs < 200; runs++) {
        test_stopper stopper = {first + more * runs};
        r0_context *r0 = test_evolve_context(1, &stopper);
        r0_evolve_desc desc;
        describe(r0, set, folder, &desc);
        desc.resume = runs > 0;
        status = r0_evolve(r0, &desc, NULL);
        CHECK(status == R0_OK || status == R0_ERROR_CANCELLED, "%s", r0_error(r0));
        CHECK(r0->device->bytes == 0, "%zu bytes leaked by a stopped run", r0->device->bytes);
        r0_context_destroy(r0);
    }
    return runs - 1;
}

// In parts: the very files of the whole run.
static void test_evolve_resume(test *t, r0_evaluation_set *set, int least)
{
    int polls = least == 1 ? 400 : 300;
    int stopped = test_evolve_parts(t, set, "build/evolve/parts", polls, polls == 400 ? 400 : 200, test_evolve_desc);
    CHECK(stopped >= least, "stopped %d times", stopped);
    CHECK(test_same_run(t->r0, "build/evolve/whole", "build/evolve/parts"));
}

// Checkpoints inside of phases, on a clock of its own: with steps, phases and costs of models of any size, all together
// take a twentieth of the time at most, those at changes of phase included. Catches: a share that grows with the model;
// a run that keeps nothing for hours.
static void test_evolve_share(test *t)
{
    static const double costs[] = {.002, .5, 20, 400}, steps[] = {.1, 4, 60, 1500}; // of five arrays; seconds
    r0_evolve_desc desc = R0_ZERO;
    for (size_t c = 0; c < R0I_COUNT(costs); c++)
        for (size_t s = 0; s < R0I_COUNT(steps); s++) {
            r0i_evolution *run = (r0i_evolution *)calloc(1, sizeof *run);
            double now = 1000, phase = 30 * R0I_MAX(1, R0I_MAX(costs[c], steps[s])), next = now;
            double inside = 0, longest = 0;
            if (!run) return;
            run->desc = &desc, run->opened = run->last_checkpoint = now;
            while (now < 1000 + 40 * phase) {
                bool change = now >= next;
                double cost = costs[c] * (change ? .4 : 1); // two of the five
                if (change) next = now + phase;
                if (change || r0i_checkpoint_due(run, now, cost)) {
                    if (!change) inside++, longest = fmax(longest, now - run->last_checkpoint);
                    now += cost, run->checkpoint_spent += cost, run->last_checkpoint = now;
                }
                now += steps[s];
            }
            double share = run->checkpoint_spent / (now - run->opened);
            CHECK(share <= .0501, "cost %g, steps of %g s: %g of the time", costs[c], steps[s], share);
            CHECK(inside > 0 && longest <= phase, "cost %g, steps of %g s: %g inside", costs[c], steps[s], inside);
            free(run);
        }
}

// The newest checkpoint of a stopped run loses a byte: the one before it serves, and the result is the same.
static void test_evolve_damage(test *t, r0_evaluation_set *set)
{
    r0_context *r0 = test_evolve_context(1, NULL);
    r0_evolve_desc desc;
    test_evolve_desc(r0, set, "build/evolve/damaged", &desc);
    CHECK(r0_evolve(r0, &desc, NULL) == R0_ERROR_CANCELLED);
    r0_context_destroy(r0);
    int64_t *steps = NULL;
    size_t count = 0;
    CHECK(r0i_checkpoint_list(t->r0, "build/evolve/damaged", &steps, &count) == R0_OK && count == 2, "%zu", count);
    char *path = NULL, *data = NULL;
    size_t size;
    if (count && !r0i_checkpoint_path(t->r0, "build/evolve/damaged", steps[0], &path) &&
        !r0i_file_read(t->r0, path, &data, &size)) {
        data[size / 2] ^= 1;
        CHECK(r0i_file_write_atomic(t->r0, path, data, size) == R0_OK);
    }
    r0i_free(t->r0, data);
    r0i_free(t->r0, path);
    r0i_free(t->r0, steps);
    desc.resume = true;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(test_same_run(t->r0, "build/evolve/whole", "build/evolve/damaged"));
}

// A frozen challenger proposes with the base's words; random labels keep the questions and move the labels.
static void test_evolve_controls(test *t, r0_evaluation_set *set)
{
    static r0_evolve_result result;
    r0_evolve_desc desc;
    test_evolve_desc(t->r0, set, "build/evolve/control", &desc);
    desc.config.iterations = 1;
    desc.config.frozen_challenger = desc.config.random_labels = desc.config.no_filter = true;
    CHECK(r0_evolve(t->r0, &desc, &result) == R0_OK, "%s", r0_error(t->r0));
    CHECK(result.iterations[1].kept > result.iterations[1].distinct / 2);
    r0_model *base, *challenger, *solver;
    CHECK(r0_model_load(t->r0, "examples/tiny", &base) == R0_OK);
    CHECK(r0_model_load(t->r0, "build/evolve/control/challenger", &challenger) == R0_OK);
    CHECK(r0_model_load(t->r0, "build/evolve/control/solver", &solver) == R0_OK);
    bool solver_moved = false;
    for (int i = 0; i < base->part_count; i++) {
        const r0i_buffer *was = &base->parameters.parts[i];
        CHECK(!memcmp(was->host, challenger->parameters.parts[i].host, was->size));
        solver_moved |= memcmp(was->host, solver->parameters.parts[i].host, was->size) != 0;
    }
    CHECK(solver_moved && base->part_count > 1, "the tiny model has several parts in this build");
    r0_model_destroy(base);
    r0_model_destroy(challenger);
    r0_model_destroy(solver);
}

static void test_evolve_refuses(test *t, r0_evaluation_set *set, const char *what, r0_status expected,
                                const char *names)
{
    r0_evolve_desc desc;
    test_evolve_desc(t->r0, set, "build/evolve/refused", &desc);
    if (!strcmp(what, "model")) desc.model_folder = "build/no-such-model";
    if (!strcmp(what, "run")) desc.run_folder = "build/evolve/whole/metrics.jsonl/run";
    if (!strcmp(what, "resume")) desc.run_folder = "build/evolve/nothing", desc.resume = true;
    if (!strcmp(what, "n")) desc.config.solver.n = 1;
    if (!strcmp(what, "recipe")) snprintf(desc.config.recipe, sizeof desc.config.recipe, "ppo");
    if (!strcmp(what, "prompt")) snprintf(desc.config.solver_prompt, sizeof desc.config.solver_prompt, "[S]");
    if (!strcmp(what, "tokens")) desc.config.evaluation_tokens = 1000;
    CHECK(r0_evolve(t->r0, &desc, NULL) == expected, "%s: %s", what, r0_error(t->r0));
    CHECK(strstr(r0_error(t->r0), names) != NULL, "%s: %s", what, r0_error(t->r0));
}

static void test_evolve_bad_input(test *t, r0_evaluation_set *set)
{
    test_evolve_refuses(t, set, "model", R0_ERROR_FILE, "no-such-model");
    test_evolve_refuses(t, set, "run", R0_ERROR_FILE, "metrics.jsonl");
    test_evolve_refuses(t, set, "resume", R0_ERROR_FILE, "build/evolve/nothing");
    test_evolve_refuses(t, set, "n", R0_ERROR_ARGUMENT, "solver.n");
    test_evolve_refuses(t, set, "recipe", R0_ERROR_ARGUMENT, "ppo");
    test_evolve_refuses(t, set, "prompt", R0_ERROR_ARGUMENT, "{question}");
    test_evolve_refuses(t, set, "tokens", R0_ERROR_LIMIT, "positions");
    r0_evolve_config config;
    CHECK(r0_evolve_preset(t->r0, "huge", &config) == R0_ERROR_ARGUMENT && strstr(r0_error(t->r0), "huge"));
    CHECK(r0_evolve_preset(t->r0, "released", &config) == R0_OK && config.challenger.mini_batches == 32);
    CHECK(r0_evolve_set(t->r0, &config, "solver.n", "8") == R0_OK && config.solver.n == 8);
    CHECK(r0_evolve_set(t->r0, &config, "rules", "tiny") == R0_OK && config.rules == R0_RULES_TINY);
    CHECK(r0_evolve_set(t->r0, &config, "solver.n", "many") == R0_ERROR_ARGUMENT);
    CHECK(r0_evolve_set(t->r0, &config, "solver.m", "8") == R0_ERROR_ARGUMENT && strstr(r0_error(t->r0), "solver.m"));
}

// What a damaged or hostile run folder may hold, with right checksums. Catches: more results than there is room for,
// numbers that no int holds, a position that the run cannot have, fields that are ignored.
#define TEST_RESULT(i) "{\"iteration\":" #i ",\"sets\":{},\"proposed\":4,\"valid\":3,\"distinct\":2,\"kept\":1," \
                       "\"agreement\":0.5,\"length\":1,\"seconds\":1,\"generated_tokens\":1,\"trained_tokens\":1}"
#define TEST_STATE "{\"run\":\"000000000000002a\",\"iteration\":1,\"phase\":3,\"step\":2,\"trainer_steps\":4," \
                   "\"length_count\":0,\"labels_known\":0,\"labels_right\":0,\"skipped_row\":0," \
                   "\"dead_row\":0,\"length_sum\":0," \
                   "\"iteration_seconds\":1,\"phase_generated\":1,\"phase_trained\":1,\"phase_seconds\":1," \
                   "\"seconds\":1,\"files\":[],\"results\":[" TEST_RESULT(0) "," TEST_RESULT(1) "]}"

// The state with the first `from` replaced by `to`.
static r0_status test_state_read(r0_context *r0, r0i_evolution *run, const char *from, const char *to)
{
    r0i_text text = {r0, NULL, 0, 0, false};
    r0_json *state = NULL;
    const char *whole = TEST_STATE, *at = strstr(whole, from);
    r0i_text_print(&text, "%.*s%s%s", (int)(at ? at - whole : 0), whole, to, at ? at + strlen(from) : "");
    r0_status status = r0_json_parse(r0, "state", r0i_span_of(text.data), &state);
    if (!status) status = r0i_state_read(run, "here/checkpoint-1", state);
    if (!status) status = r0i_files_read(run, "here/checkpoint-1", r0_json_get(state, "files"));
    r0_json_destroy(r0, state);
    r0i_text_free(&text);
    return status;
}

static void test_evolve_bad_folder(test *t)
{
    static const struct { const char *from, *to, *names; } cases[] = {
        {"\"iteration\":1", "\"iteration\":-1", "iteration"},   {"\"iteration\":1", "\"iteration\":1e11", "iteration"},
        {"\"iteration\":1", "\"iteration\":2", "phase"},        {"\"iteration\":1", "\"iteration\":3", "results"},
        {"\"phase\":3", "\"phase\":5", "phase"},                {"\"phase\":3", "\"phase\":2.5", "phase"},
        {"\"phase\":3", "\"phase\":2", "step"},                 {"\"step\":2", "\"step\":-5", "step"},
        {"\"step\":2", "\"step\":-1e300", "step"},              {"\"step\":2", "\"step\":13", "step"},
        {"\"step\":2", "\"step\":\"2\"", "step"},               {",\"step\":2", "", "step"},
        {"\"trainer_steps\":4", "\"trainer_steps\":5", "trainer_steps"},
        {"\"trainer_steps\":4", "\"trainer_steps\":-1", "trainer_steps"},
        {"\"kept\":1", "\"kept\":-100000000000", "kept"},       {"\"kept\":1", "\"kept\":4", "kept"},
        {"\"iteration\":0", "\"iteration\":1", "iteration"},    {"\"sets\":{}", "\"sets\":[{}]", "sets"},
        {"\"sets\":{}", "\"sets\":{\"a\":{}}", "sets"},         {"\"files\":[]", "\"files\":{}", "files"},
        {"\"labels_right\":0", "\"labels_right\":1", "labels_right"},
        {"\"run\":\"000000000000002a\"", "\"run\":1", "another run"},
        {"\"files\":[]", "\"files\":[{\"name\":\"../x.jsonl\",\"bytes\":0,\"hash\":\"0123456789abcdef\"}]", "files"},
        {"\"files\":[]", "\"files\":[{\"name\":\"x.jsonl\",\"bytes\":-1,\"hash\":\"0123456789abcdef\"}]", "files"},
        {"\"files\":[]", "\"files\":[{\"name\":\"x.jsonl\",\"bytes\":1,\"hash\":\"0123456789abcdef\"}]", "x.jsonl"},
    };
    r0i_evolution run;
    r0_evolve_desc desc = R0_ZERO;
    r0_json *config = NULL;
    memset(&run, 0, sizeof run);
    desc.run_folder = "here";
    run.context = t->r0, run.desc = &desc, run.identity = 42;
    CHECK(r0_evolve_preset(t->r0, "tiny", &run.config) == R0_OK);
    run.result = R0I_NEW(t->r0, r0_evolve_result, 1);
    CHECK(test_state_read(t->r0, &run, "here", "") != R0_OK, "nothing was replaced");
    CHECK(test_state_read(t->r0, &run, "\"step\":2", "\"step\":12") == R0_OK, "%s", r0_error(t->r0));
    CHECK(run.step == 12 && run.result->count == 2 && run.now == &run.result->iterations[1] && run.now->kept == 1);
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        CHECK(test_state_read(t->r0, &run, cases[i].from, cases[i].to) != R0_OK, "%s: taken", cases[i].to);
        CHECK(strstr(r0_error(t->r0), cases[i].names) && strstr(r0_error(t->r0), "here/"), "%s: %s", cases[i].to,
              r0_error(t->r0));
    }
    // 65 results and more: as many as there is room for, in an iteration that has none
    r0i_text many = {t->r0, NULL, 0, 0, false};
    r0i_text_print(&many, "\"results\":[");
    for (int i = 0; i < R0_MAX_ITERATIONS; i++) r0i_text_print(&many, "{},");
    CHECK(test_state_read(t->r0, &run, "\"results\":[", many.data) != R0_OK && strstr(r0_error(t->r0), "results"), "%s",
          r0_error(t->r0));
    r0i_text_free(&many);
    CHECK(r0_json_parse(t->r0, "run", r0i_span_of("{\"rules\":1e300}"), &config) == R0_OK);
    CHECK(r0i_run_read_fields(&run, "run", config) == R0_ERROR_FORMAT && strstr(r0_error(t->r0), "\"rules\""));
    r0_json_destroy(t->r0, config);
    r0i_free(t->r0, run.files);
    r0i_free(t->r0, run.result);
}

// What was drawn before a kill is drawn only once; what a torn or changed file holds is drawn again. Each of the eight
// rollouts has a record; more of them where a call took a tenth of a second (a slow machine): of unfinished ones, too.
static void test_evolve_drawn(test *t)
{
    r0i_evolution run;
    r0_evolve_desc desc = R0_ZERO;
    r0_sampling sampling = {1, 0, 1, 12, 5};
    int32_t ids[] = {3, 4, 5};
    r0_sequence prompts[] = {{ids, 3, 3}, {ids, 2, 2}};
    r0_rollouts first, again;
    memset(&run, 0, sizeof run);
    desc.run_folder = "build/evolve";
    run.context = run.drawn.pending.context = t->r0, run.desc = &desc;
    CHECK(r0_model_load(t->r0, "examples/tiny", &run.solver) == R0_OK && !r0i_folder_create(t->r0, "build/evolve"));
    r0i_key key = r0i_key_make(9);
    double begun = r0i_seconds();
    CHECK(!r0i_run_generate(&run, run.solver, prompts, 2, 4, &sampling, key, &first), "%s", r0_error(t->r0));
    int most = r0i_seconds() - begun < .1 ? 8 : INT_MAX;
    CHECK(!r0i_drawn_close(&run, false) && !r0i_drawn_open(&run));
    CHECK(run.drawn.count >= 8 && run.drawn.count <= most, "%d", run.drawn.count);
    for (int part = 0; part < 3; part++) { // whole; a byte of the second record changed; cut in the last, then added to
        char *data;
        int before = run.drawn.count;
        size_t size, second = sizeof(r0i_drawn_head) + 8 * (size_t)run.drawn.records[0]->length + 40;
        if (part) {
            r0i_drawn_close(&run, false);
            CHECK(!r0i_file_read(t->r0, "build/evolve/rollouts.bin", &data, &size));
            data[second] ^= part == 1;
            CHECK(!r0i_file_write_atomic(t->r0, "build/evolve/rollouts.bin", data, size - (part == 2 ? 5 : 0)));
            r0i_free(t->r0, data);
            CHECK(!r0i_drawn_open(&run) && run.drawn.count == before - 1, "%d, then %d", before, run.drawn.count);
        }
        begun = r0i_seconds();
        CHECK(!r0i_run_generate(&run, run.solver, prompts, 2, 4, &sampling, key, &again), "%s", r0_error(t->r0));
        if (r0i_seconds() - begun >= .1) most = INT_MAX;
        for (int i = 0; i < 8; i++) {
            const r0_rollout *x = &first.items[i], *y = &again.items[i];
            CHECK(x->length == y->length && x->finished == y->finished &&
                  !memcmp(x->tokens, y->tokens, (size_t)x->length * 4) &&
                  !memcmp(x->logp, y->logp, (size_t)x->length * 4), "part %d, rollout %d", part, i);
        }
        r0_rollouts_free(t->r0, &again);
        CHECK(!r0i_drawn_close(&run, false) && !r0i_drawn_open(&run));
        CHECK(run.drawn.count >= 8 && run.drawn.count <= most, "part %d: %d", part, run.drawn.count);
    }
    CHECK(!r0i_drawn_close(&run, true) && !r0i_file_exists("build/evolve/rollouts.bin"));
    r0_rollouts_free(t->r0, &first);
    r0_model_destroy(run.solver);
}

// A proposal's parts: the last closed block counts, and a box must follow the rules.
static void test_evolve_proposals(test *t)
{
    static const struct { const char *text, *question, *answer; } cases[] = {
        {"<question>1+2</question>\\boxed{3}", "1+2", "3"},
        {"<question>old</question> so <question>\n new \n</question>\n\\boxed{\\frac{1}{2}}", "new", "\\frac{1}{2}"},
        {"<question>open \\boxed{3}", NULL, NULL},
        {"<question></question>\\boxed{3}", NULL, NULL},
        {"<question>1+2</question>3", NULL, NULL},
        {"1+2</question>\\boxed{3}", NULL, NULL},
    };
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        r0_span question, answer;
        bool good = r0_proposal_parse(r0i_span_of(cases[i].text), &question, &answer);
        CHECK(good == (cases[i].question != NULL), "%s", cases[i].text);
        if (good && cases[i].question)
            CHECK(question.size == strlen(cases[i].question) &&
                      !memcmp(question.data, cases[i].question, question.size) &&
                      answer.size == strlen(cases[i].answer) && !memcmp(answer.data, cases[i].answer, answer.size),
                  "%s", cases[i].text);
    }
}

// The released code votes on every question block, boxed answer or not, cut off or not; the paper's rules do not.
static void test_evolve_released(test *t)
{
    static const char text[] = "<question>8+5</question> The answer is 13.";
    r0_span question, answer;
    CHECK(!r0_proposal_parse(r0i_span_of(text), &question, &answer));
    CHECK(r0i_question_block(r0i_span_of(text), &question) && r0i_span_is(question, "8+5"));
    CHECK(!r0i_question_block(r0i_span_of("<question> </question>"), &question));
    for (int released = 0; released < 2; released++) {
        r0i_evolution run;
        r0_evolve_desc desc = R0_ZERO;
        r0i_step s;
        r0i_question q;
        r0_rollout rollout = R0_ZERO;
        r0_tokens tokens;
        memset(&run, 0, sizeof run), memset(&s, 0, sizeof s), memset(&q, 0, sizeof q);
        run.context = s.arena.context = run.solver_prompt.text.context = t->r0, run.desc = &desc;
        CHECK(!r0_evolve_preset(t->r0, "tiny", &run.config) && !r0_model_load(t->r0, "examples/tiny", &run.solver));
        CHECK(!r0_tokenizer_load(t->r0, "examples/tiny", &run.tokenizer));
        r0i_text_print(&run.solver_prompt.text, "%s", run.config.solver_prompt);
        run.baseline = r0i_baseline_of(R0_REWARD_R_ZERO);
        if (released) run.config.rules = R0_RULES_RELEASED;
        r0_span proposal = r0i_span_of("<question>8+5</question>");
        CHECK(!r0_tokenizer_encode(run.tokenizer, proposal, R0_TOKENIZE_SPECIAL, &tokens), "%s", r0_error(t->r0));
        rollout.tokens = tokens.ids, rollout.length = (int)tokens.count;
        s.rollouts.items = &rollout, s.rollouts.count = 1, s.question = &q;
        r0i_parse(&run, &s);
        CHECK(!run.status && q.valid == (released == 1), "released %d: %d", released, q.valid);
        // Positions for the vote alone do not do: the solver phase must have room too.
        memset(&q, 0, sizeof q);
        run.config.solver.sampling.max_new_tokens = run.solver->config.max_positions;
        r0i_parse(&run, &s);
        CHECK(!q.valid, "a question that the solver phase has no room for");
        r0_tokens_free(t->r0, &tokens);
        r0i_arena_free(&s.arena);
        r0i_prompt_free(&run.solver_prompt);
        r0_tokenizer_destroy(run.tokenizer);
        r0_model_destroy(run.solver);
    }
}

// Gradients that are not finite: one step may have them; so many in a row end the run, with a reason.
static void test_evolve_skipped(test *t)
{
    r0i_evolution run;
    r0_evolve_desc desc = R0_ZERO;
    memset(&run, 0, sizeof run);
    desc.run_folder = "here";
    run.context = t->r0, run.desc = &desc, run.phase = R0I_PHASE_SOLVER;
    CHECK(!r0_evolve_preset(t->r0, "tiny", &run.config) && run.config.max_skipped == 3);
    static const int skipped[] = {1, 2, 0, 1, 1};
    for (size_t i = 0; i < R0I_COUNT(skipped); i++) {
        r0i_count_skipped(&run, skipped[i]);
        CHECK(!run.status, "%zu", i);
    }
    r0i_count_skipped(&run, 1);
    CHECK(run.status == R0_ERROR_LIMIT && strstr(r0_error(t->r0), "3 steps in a row"), "%s", r0_error(t->r0));
}

static void test_evolve(test *t)
{
    r0_evaluation_set set = {"held-out", NULL, R0_ZERO};
    test_evolve_share(t);
    test_evolve_proposals(t);
    test_evolve_released(t);
    test_evolve_skipped(t);
    test_evolve_bad_folder(t);
    if (!CHECK(r0_bench_load(t->r0, "examples/tiny/heldout.jsonl", &set.bench) == R0_OK, "%s", r0_error(t->r0))) return;
    bool small = getenv("R0_TEST_SMALL") != NULL; // under the sanitizers, which are slow: every path once
    r0_bench_sample(&set.bench, small ? 6 : 40, 1);
    CHECK(system(TEST_REMOVE) == 0);
    test_evolve_drawn(t);
    test_evolve_whole(t, &set, small ? 1 : 2);
    test_evolve_resume(t, &set, small ? 1 : 3);
    if (!small) test_evolve_damage(t, &set);
    test_evolve_controls(t, &set);
    test_evolve_bad_input(t, &set);
    r0_bench_free(t->r0, &set.bench);
}
