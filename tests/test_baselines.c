// TTRL, RENT, Intuitor and Absolute Zero in the loop, reduced. Catches: a reward that is another's, labels of the
// question file that leak into training, a held-out question that is trained on, a phase that runs although nobody
// asks, a resume that changes bits or goes on with other questions, an executor that is not asked.

#include "run.h"

static const char *const test_baselines_names[] = {"r_zero", "ttrl", "rent", "intuitor", "absolute_zero"};
#include "../examples/tiny_oracle.h"

#define TEST_BASELINES_FILE "build/baselines/questions.jsonl"

// Fixed questions of the tiny world, one of them held out, one twice, one that the vocabulary cannot write; with labels
// that are wrong on purpose.
static void test_baselines_write(test *t, const r0_evaluation_set *set)
{
    r0i_text out = {t->r0, NULL, 0, 0, false};
    for (int i = 2; i < 10; i++)
        r0i_text_print(&out, "{\"question\":\"%d+%d-1+2\",\"answer\":\"999\"}\n", i, 11 - i);
    r0i_text_print(&out, "{\"question\":\"3+8-1+2\"}\n{\"question\":\"what?\"}\n{\"question\":\"%.*s\"}\n",
                   (int)set->bench.items[0].question.size, set->bench.items[0].question.data);
    CHECK(r0i_folder_create(t->r0, "build/baselines") == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, TEST_BASELINES_FILE, out.data, out.size) == R0_OK);
    r0i_text_free(&out);
}

// A small run: about a second.
static void test_baselines_desc(r0_context *r0, r0_evaluation_set *set, const char *reward, const char *folder,
                                r0_evolve_desc *desc)
{
    static char path[8][64];
    static int turn;
    snprintf(path[turn % 8], sizeof path[0], "build/baselines/%s", folder);
    test_evolve_desc(r0, set, path[turn++ % 8], desc);
    desc->seed = 12;
    desc->task.oracle = tiny_oracle;
    desc->config.iterations = 2;
    desc->config.challenger.groups = 1;
    desc->config.questions = 24, desc->config.votes = 4, desc->config.curation_votes = 4;
    desc->config.solver.groups = 6;
    r0_evolve_set(r0, &desc->config, "reward", reward);
    r0_evolve_set(r0, &desc->config, "question_file", TEST_BASELINES_FILE);
}

// -- the rewards themselves, against a count by hand --

// Two questions and eight answers to each, as the solver phase would have them.
typedef struct test_baselines_batch {
    r0i_evolution run;
    r0_evolve_desc desc;
    r0i_step step;
    r0i_arena arena;
    r0i_question kept[2];
    const r0i_question *asked[2];
    r0_sequence prompts[2];
    r0_rollouts rollouts;
    r0_span answers[16], given[16];
    bool right[32];
    float rewards[16], entropy[16], certainty[16]; // entropy and certainty: means over the tokens of a rollout
} test_baselines_batch;

static void test_baselines_question(test *t, test_baselines_batch *b, int i, const char *text, const char *label)
{
    r0i_question *q = &b->kept[i];
    r0_span template_text = r0i_span_of(b->run.config.solver_prompt);
    q->text = r0i_span_of(text);
    q->label = q->truth = r0i_span_of(label);
    q->oracle = R0_ORACLE_ANSWER;
    CHECK(!r0i_prompt_encode(&b->run, &b->arena, template_text, q->text, &q->prompt, &q->prompt_length));
    r0_sequence prompt = {q->prompt, q->prompt_length, q->prompt_length};
    b->prompts[i] = prompt;
}

// Entropy and self-certainty of every token, from a call that has nothing to do with rewards.
static void test_baselines_confidence(test *t, test_baselines_batch *b)
{
    r0_sequence *sequences;
    float values[3][16 * 72];
    CHECK(!r0i_sequences_of(&b->arena, b->prompts, &b->rollouts, &sequences));
    CHECK(!r0_logp(b->run.solver, sequences, 16, 1, values[0], values[1], values[2]));
    for (int i = 0, at = 0; i < 16; i++) {
        double entropy = 0, certainty = 0;
        int length = b->rollouts.items[i].length;
        for (int k = 0; k < length; k++, at++) entropy += values[1][at], certainty += values[2][at];
        b->entropy[i] = (float)(entropy / length);
        b->certainty[i] = (float)(certainty / length);
    }
}

static void test_baselines_open(test *t, test_baselines_batch *b)
{
    memset(b, 0, sizeof *b);
    b->run.context = b->arena.context = t->r0;
    b->run.desc = &b->desc;
    b->run.kept = b->kept;
    b->run.result = R0I_NEW(t->r0, r0_evolve_result, 1);
    b->run.now = &b->run.result->iterations[0];
    CHECK(!r0_evolve_preset(t->r0, "tiny", &b->run.config));
    CHECK(!r0_model_load(t->r0, "examples/tiny", &b->run.solver));
    CHECK(!r0_tokenizer_load(t->r0, "examples/tiny", &b->run.tokenizer));
    test_baselines_question(t, b, 0, "8+5-4", "9");
    test_baselines_question(t, b, 1, "7+6+9+8-3+5", "32");
    r0_sampling sampling = b->run.config.solver.sampling;
    sampling.seed = 3;
    CHECK(!r0_generate(b->run.solver, b->prompts, 2, 8, &sampling, &b->rollouts));
    for (int i = 0; i < 16; i++) {
        r0_span text;
        CHECK(!r0i_rollout_answer(&b->run, &b->arena, &b->rollouts.items[i], &text, &b->answers[i]));
    }
    test_baselines_confidence(t, b);
}

static void test_baselines_close(test *t, test_baselines_batch *b)
{
    r0_rollouts_free(t->r0, &b->rollouts);
    r0i_arena_free(&b->step.arena);
    r0i_arena_free(&b->arena);
    r0_model_destroy(b->run.solver);
    r0_tokenizer_destroy(b->run.tokenizer);
    r0i_free(t->r0, b->run.result);
}

// How many answers of the group of rollout i are the same text as its own; 0: it has none.
static int test_baselines_same(const test_baselines_batch *b, int i)
{
    int same = 0;
    for (int k = i / 8 * 8; k < i / 8 * 8 + 8; k++)
        same += b->answers[i].size && r0i_span_equal(b->answers[i], b->answers[k]);
    return same;
}

// What a reward should say of rollout i. Of TTRL: whether its answer is the most frequent of its group, the
// first of several such.
static double test_baselines_expected(const test_baselines_batch *b, const char *reward, int i)
{
    const r0i_question *q = &b->kept[i / 8];
    bool right = r0i_span_equal(b->answers[i], q->label), boxed = b->answers[i].size != 0;
    if (!strcmp(reward, "rent")) return -(double)b->entropy[i];
    if (!strcmp(reward, "intuitor")) return (double)b->certainty[i];
    if (!strcmp(reward, "absolute_zero")) return right ? 1 : boxed ? -.5 : -1;
    if (!strcmp(reward, "r_zero")) return .9 * right + .1 * (boxed && b->rollouts.items[i].finished);
    int best = i / 8 * 8;
    for (int k = best; k < i / 8 * 8 + 8; k++)
        if (test_baselines_same(b, k) > test_baselines_same(b, best)) best = k;
    return boxed && r0i_span_equal(b->answers[i], b->answers[best]);
}

// Votes on a question that was executed say how often the policy is right; they do not touch the label.
static void test_baselines_votes(test *t, test_baselines_batch *b)
{
    r0i_question executed = b->kept[0], voted = b->kept[0];
    memset(&voted.label, 0, sizeof voted.label);
    executed.label = r0i_span_of("999");
    CHECK(!r0i_question_majority(&b->run, &b->step, &executed, b->rollouts.items, 8));
    CHECK(!r0i_question_majority(&b->run, &b->step, &voted, b->rollouts.items, 8));
    CHECK(executed.answer_count == 8 && r0i_span_equal(executed.label, r0i_span_of("999")));
    CHECK(voted.label.size && voted.vote.pseudo_label == executed.vote.pseudo_label);
}

// Catches: a reward table in another order than r0_reward, entropy for certainty, a sign, a mean over the wrong tokens.
static void test_baselines_rewards(test *t)
{
    static test_baselines_batch b;
    test_baselines_open(t, &b);
    r0i_step *s = &b.step;
    b.asked[0] = &b.kept[0], b.asked[1] = &b.kept[1];
    s->arena.context = t->r0, s->prompts = b.prompts, s->rollouts = b.rollouts, s->asked = b.asked;
    s->answer = b.given, s->correct = b.right, s->format = b.right + 16;
    s->groups = 2, s->n = 8, s->count = 16, s->reward = b.rewards, s->sampling = &b.run.config.solver.sampling;
    for (size_t k = 0; k < R0I_COUNT(test_baselines_names); k++) {
        const char *name = test_baselines_names[k];
        double spread = 0;
        CHECK(r0_evolve_set(t->r0, &b.run.config, "reward", name) == R0_OK && b.run.config.reward == (r0_reward)k);
        b.run.baseline = r0i_baseline_of(b.run.config.reward);
        r0i_reward(&b.run, s);
        CHECK(b.run.status == R0_OK, "%s", r0_error(t->r0));
        for (int i = 0; i < 16; i++) {
            double expected = test_baselines_expected(&b, name, i);
            CHECK(fabs((double)b.rewards[i] - expected) < 1e-5, "%s, rollout %d: %g, expected %g", name, i,
                  (double)b.rewards[i], expected);
            spread = R0I_MAX(spread, fabs((double)b.rewards[i] - (double)b.rewards[0]));
        }
        CHECK(spread > .01, "%s: the rollouts of this test are all worth the same", name);
    }
    CHECK(b.run.labels_known == 2, "two groups voted once");
    test_baselines_votes(t, &b);
    test_baselines_close(t, &b);
}

// The proposer's reward: 1 - p by the executor's answer, not by the majority.
static void test_baselines_learnability(test *t)
{
    r0i_evolution run;
    r0_evolve_desc desc = R0_ZERO;
    r0i_question q;
    r0_span seven = r0i_span_of("7"), eight = r0i_span_of("8"), none = R0_ZERO;
    r0_span answers[4] = {eight, eight, eight, seven};
    memset(&run, 0, sizeof run);
    memset(&q, 0, sizeof q);
    run.context = t->r0, run.desc = &desc;
    run.baseline = r0i_baseline_of(R0_REWARD_ABSOLUTE_ZERO);
    q.valid = true, q.text = r0i_span_of("3+4"), q.label = seven, q.answers = answers, q.answer_count = 4;
    q.vote.agreement = .75;
    CHECK(r0i_challenger_reward(&run, &q, 0) == .75, "one of four is right");
    answers[3] = none;
    CHECK(r0i_challenger_reward(&run, &q, 0) == 0, "none is right");
    q.valid = false;
    CHECK(r0i_challenger_reward(&run, &q, 0) == -1, "cannot be executed");
    run.baseline = r0i_baseline_of(R0_REWARD_R_ZERO), run.config.rules = R0_RULES_TINY, q.valid = true;
    CHECK(r0i_challenger_reward(&run, &q, 0) == .5, "R-Zero looks at the agreement");
}

// -- the loop --

typedef struct test_baselines_lines {
    int challenger, solver;
    double low, high; // of reward in the solver's lines
} test_baselines_lines;

static r0_status test_baselines_line(void *user, int line, const r0_json *value)
{
    test_baselines_lines *lines = (test_baselines_lines *)user;
    r0_span phase = r0_json_get_text(value, "phase");
    double mean = r0_json_get_number(value, "reward", NAN);
    (void)line;
    lines->challenger += !strcmp(phase.data, "challenger");
    if (strcmp(phase.data, "solver")) return R0_OK;
    lines->solver++;
    lines->low = R0I_MIN(lines->low, mean);
    lines->high = R0I_MAX(lines->high, mean);
    return R0_OK;
}

// Whether metrics.jsonl says what this reward can say: entropy below 0, certainty above what any vote can pay.
static void test_baselines_metrics(test *t, const char *reward, const char *folder)
{
    char path[128];
    test_baselines_lines lines = {0, 0, 1e9, -1e9};
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    CHECK(r0_json_lines(t->r0, path, test_baselines_line, &lines) == R0_OK, "%s", r0_error(t->r0));
    CHECK(lines.solver == 4 && lines.challenger == (!strcmp(reward, "absolute_zero") ? 4 : 0), "%s: %d, %d", reward,
          lines.solver, lines.challenger);
    bool rent = !strcmp(reward, "rent"), intuitor = !strcmp(reward, "intuitor"), ttrl = !strcmp(reward, "ttrl");
    double low = rent ? -log(49.) : intuitor ? 1.5 : ttrl ? 1. / 8 : -1, high = rent ? 0 : intuitor ? 100 : 1;
    CHECK(lines.low >= low && lines.high <= high, "%s: %g to %g is not within %g to %g", reward, lines.low, lines.high,
          low, high);
}

// What curation let through: of the file everything but the repeat, the unwritable and the held-out question, with no
// label; of Absolute Zero's proposals what can be executed, with the right label.
static r0_status test_baselines_kept(void *user, int line, const r0_json *value)
{
    int *counts = (int *)user; // kept, of these with a label, held_out, malformed, repeat
    r0_span verdict = r0_json_get_text(value, "verdict"), label = r0_json_get_text(value, "label");
    (void)line;
    counts[0] += !strcmp(verdict.data, "kept");
    counts[1] += !strcmp(verdict.data, "kept") && label.size;
    counts[2] += !strcmp(verdict.data, "held_out");
    counts[3] += !strcmp(verdict.data, "malformed");
    counts[4] += !strcmp(verdict.data, "repeat");
    return R0_OK;
}

static r0_evolve_result test_baselines_result; // of the whole run, to compare one in parts with

static void test_baselines_whole(test *t, r0_evaluation_set *set, const char *reward)
{
    const r0_evolve_result *result = &test_baselines_result;
    r0_evolve_desc desc;
    char path[128];
    int counts[5] = {0};
    bool executed = !strcmp(reward, "absolute_zero");
    test_baselines_desc(t->r0, set, reward, reward, &desc);
    CHECK(r0_evolve(t->r0, &desc, &test_baselines_result) == R0_OK, "%s: %s", reward, r0_error(t->r0));
    test_baselines_metrics(t, reward, desc.run_folder);
    snprintf(path, sizeof path, "%s/questions-2.jsonl", desc.run_folder);
    CHECK(r0_json_lines(t->r0, path, test_baselines_kept, counts) == R0_OK, "%s", r0_error(t->r0));
    CHECK(result->count == 3 && result->iterations[2].kept == counts[0] && counts[0] > 0, "%s: %d", reward, counts[0]);
    if (executed) CHECK(counts[1] == counts[0]);
    else CHECK(counts[0] == 8 && !counts[1] && counts[2] == 1 && counts[3] == 1 && counts[4] == 1, "%d %d %d %d %d",
               counts[0], counts[1], counts[2], counts[3], counts[4]);
    double accuracy = result->iterations[2].label_accuracy;
    bool sane = executed ? accuracy > .8 : strcmp(reward, "ttrl") ? accuracy < 0 : accuracy > .1 && accuracy <= 1;
    CHECK(sane, "%s: label accuracy %g", reward, accuracy);
    snprintf(path, sizeof path, "%s/challenger/config.json", desc.run_folder);
    CHECK(!r0i_file_exists(path), "%s has no challenger", reward);
}

static bool test_baselines_stop(void *user)
{
    return (*(int *)user)-- == 0;
}

// Stopped again and again, on one thread: the very files of the whole run.
static void test_baselines_resume(test *t, r0_evaluation_set *set, const char *reward)
{
    static const char *const files[] = {"metrics.jsonl", "questions-2.jsonl", "evaluation-2.jsonl",
                                        "solver/model.safetensors"};
    static r0_evolve_result result;
    r0_status status = R0_ERROR_CANCELLED;
    r0_evolve_desc desc;
    int runs = 0, stopped = 0;
    for (; status == R0_ERROR_CANCELLED && runs < 100; runs++) {
        int left = 150 + 60 * runs;
        r0_context_desc own = R0_ZERO;
        r0_context *r0;
        own.device = "cpu", own.threads = 1, own.cancel = test_baselines_stop, own.user = &left;
        if (!CHECK(r0_context_create(&own, &r0) == R0_OK)) return;
        test_baselines_desc(r0, set, reward, "parts", &desc);
        desc.resume = runs > 0;
        status = r0_evolve(r0, &desc, &result);
        CHECK(status == R0_OK || status == R0_ERROR_CANCELLED, "%s: %s", reward, r0_error(r0));
        stopped += status == R0_ERROR_CANCELLED;
        CHECK(r0->device->bytes == 0, "%s: %zu bytes leaked by a stopped run", reward, r0->device->bytes);
        r0_context_destroy(r0);
    }
    CHECK(stopped >= 2, "%s: stopped %d times", reward, stopped);
    for (int i = 1; i <= 2; i++)
        CHECK(result.iterations[i].label_accuracy == test_baselines_result.iterations[i].label_accuracy, "%s: %g, %g",
              reward, result.iterations[i].label_accuracy, test_baselines_result.iterations[i].label_accuracy);
    for (size_t i = 0; i < R0I_COUNT(files); i++) {
        char whole[128], parts[128];
        snprintf(whole, sizeof whole, "build/baselines/%s/%s", reward, files[i]);
        snprintf(parts, sizeof parts, "build/baselines/parts/%s", files[i]);
        CHECK(test_same_file(t->r0, whole, parts), "%s differs", whole);
    }
    CHECK(system("rm -rf build/baselines/parts || rmdir /s /q build\\baselines\\parts") == 0);
}

// Absolute Zero has one policy: proposing alone, with no solver step, moves the solver.
static void test_baselines_one_policy(test *t, r0_evaluation_set *set)
{
    r0_evolve_desc desc;
    r0_model *base, *solver;
    test_baselines_desc(t->r0, set, "absolute_zero", "proposer", &desc);
    desc.config.iterations = 1, desc.config.solver.steps = 0;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(!r0_model_load(t->r0, "examples/tiny", &base));
    CHECK(!r0_model_load(t->r0, "build/baselines/proposer/solver", &solver));
    bool moved = false;
    for (int i = 0; i < base->parameters.count; i++)
        moved |= memcmp(base->parameters.parts[i].host, solver->parameters.parts[i].host,
                        base->parameters.parts[i].size) != 0;
    CHECK(moved);
    r0_model_destroy(base);
    r0_model_destroy(solver);
}

// An executor of the caller's own: it takes every question, and its word is the label.
static bool test_baselines_seven(void *user, r0_span question, char *answer, size_t capacity)
{
    ++*(int *)user;
    snprintf(answer, capacity, "7");
    return question.size > 0;
}

static r0_status test_baselines_all_seven(void *user, int line, const r0_json *value)
{
    r0_span verdict = r0_json_get_text(value, "verdict"), label = r0_json_get_text(value, "label");
    (void)line;
    if (!strcmp(verdict.data, "kept") && strcmp(label.data, "7")) *(bool *)user = false;
    return R0_OK;
}

static void test_baselines_executor(test *t, r0_evaluation_set *set)
{
    int calls = 0;
    bool all = true;
    r0_evolve_desc desc;
    test_baselines_desc(t->r0, set, "absolute_zero", "executor", &desc);
    desc.config.iterations = 1;
    desc.task.execute = test_baselines_seven, desc.task.oracle = NULL, desc.task.user = &calls;
    desc.run_folder = "build/baselines/flat"; // it pays all proposals alike, so there is no gradient
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_ERROR_LIMIT && strstr(r0_error(t->r0), "no gradient"), "%s",
          r0_error(t->r0));
    desc.run_folder = "build/baselines/anchored"; // but the anchor has one
    desc.config.guard.anchor_kl = .1;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    desc.config.guard.anchor_kl = 0;
    desc.run_folder = "build/baselines/executor";
    desc.config.max_dead = calls = 0;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_json_lines(t->r0, "build/baselines/executor/questions-1.jsonl", test_baselines_all_seven, &all) == R0_OK);
    CHECK(calls > 30 && all, "%d calls", calls);
}

// -- bad input --

static void test_baselines_refuses(test *t, r0_evaluation_set *set, const char *what, const char *file,
                                   const char *text, r0_status expected, const char *names)
{
    r0_evolve_desc desc;
    test_baselines_desc(t->r0, set, "ttrl", "refused", &desc);
    if (text) CHECK(r0i_file_write_atomic(t->r0, file, text, strlen(text)) == R0_OK);
    snprintf(desc.config.question_file, sizeof desc.config.question_file, "%s", file);
    CHECK(r0_evolve(t->r0, &desc, NULL) == expected && strstr(r0_error(t->r0), names), "%s: %s", what, r0_error(t->r0));
    CHECK(!r0i_file_exists("build/baselines/refused/run.json"), "%s: refused before anything is written", what);
}

static void test_baselines_bad_input(test *t, r0_evaluation_set *set)
{
    const char *file = "build/baselines/bad.jsonl";
    r0_evolve_desc desc;
    test_baselines_refuses(t, set, "no file named", "", NULL, R0_ERROR_ARGUMENT, "question_file");
    test_baselines_refuses(t, set, "missing", "build/baselines/none.jsonl", NULL, R0_ERROR_FILE, "none.jsonl");
    test_baselines_refuses(t, set, "empty", file, "\n", R0_ERROR_FORMAT, "no questions");
    test_baselines_refuses(t, set, "no question", file, "{\"question\":\"1+2\"}\n{\"answer\":\"3\"}\n", R0_ERROR_FORMAT,
                           "bad.jsonl:2");
    test_baselines_refuses(t, set, "no JSON", file, "{\"question\":\n", R0_ERROR_FORMAT, "bad.jsonl:1");
    CHECK(r0_evolve_set(t->r0, &desc.config, "reward", "entropy") == R0_ERROR_ARGUMENT &&
          strstr(r0_error(t->r0), "\"entropy\" is none of r_zero, ttrl"));
    // A run that goes on wants the questions that it began with.
    CHECK(r0i_file_write_atomic(t->r0, TEST_BASELINES_FILE, "{\"question\":\"1+2\"}\n", 19) == R0_OK);
    test_baselines_desc(t->r0, set, "ttrl", "ttrl", &desc);
    desc.resume = true;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_ERROR_ARGUMENT && strstr(r0_error(t->r0), "not the questions"), "%s",
          r0_error(t->r0));
}

static void test_baselines(test *t)
{
    r0_evaluation_set set = {"held-out", NULL, R0_ZERO};
    bool small = getenv("R0_TEST_SMALL") != NULL; // under the sanitizers: every path once
    test_baselines_rewards(t);
    test_baselines_learnability(t);
    if (!CHECK(r0_bench_load(t->r0, "examples/tiny/heldout.jsonl", &set.bench) == R0_OK, "%s", r0_error(t->r0))) return;
    r0_bench_sample(&set.bench, small ? 4 : 16, 1);
    CHECK(system("rm -rf build/baselines || rmdir /s /q build\\baselines") == 0);
    test_baselines_write(t, &set);
    for (size_t k = 1; k < R0I_COUNT(test_baselines_names); k++) {
        test_baselines_whole(t, &set, test_baselines_names[k]);
        if (!small) test_baselines_resume(t, &set, test_baselines_names[k]);
    }
    test_baselines_one_policy(t, &set);
    test_baselines_executor(t, &set);
    test_baselines_bad_input(t, &set);
    r0_bench_free(t->r0, &set.bench);
}
