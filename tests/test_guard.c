// The guard: each part does what it says, alone; the buffer survives a resume; what cannot work is refused. Catches: a
// reward whose peak is elsewhere, bounds that fall to rounding, votes that all read the same words, documents of
// another answer, a challenger anchored to itself, a buffer that forgets or doubles.
#include "../examples/ladder_task.h"
#include "run.h"

static void test_guard_reward_and_band(test *t)
{
    r0_guard_config g = R0_ZERO;
    g.peak = .5;
    for (int votes = 0; votes <= 10; votes++) {
        double p = votes / 10.0, paper = r0_challenger_reward_tiny(true, p, .25);
        CHECK(fabs(r0i_guard_reward(&g, true, p, .25) - paper) < 1e-15, "%g", p); // the paper's hill
    }
    g.peak = .8, g.malformed = -.25;
    CHECK(r0i_guard_reward(&g, true, .8, 0) == 1 && r0i_guard_reward(&g, true, 1, 0) == 0);
    CHECK(fabs(r0i_guard_reward(&g, true, .4, .125) - .375) < 1e-15);
    CHECK(fabs(r0i_guard_reward(&g, true, .9, 0) - .5) < 1e-12);
    CHECK(r0i_guard_reward(&g, false, .8, .5) == -.25);
    g.floor = .5;
    CHECK(r0i_guard_reward(&g, true, .4, 0) == -.25 && r0i_guard_reward(&g, true, .8, 0) == 1);
    g.accept_low = .3, g.accept_high = .7;
    for (int total = 1; total <= 40; total++)
        for (int votes = 0; votes <= total; votes++) {
            r0_vote vote = {0, votes, total, 1, (double)votes / total};
            CHECK(r0i_guard_accepts(&g, &vote) == r0_filter_tiny(votes, total), "%d of %d", votes, total);
        }
}

static void test_guard_desc(r0_context *r0, r0_evaluation_set *set, const char *folder, r0_evolve_desc *desc)
{
    test_evolve_desc(r0, set, folder, desc);
    r0_evolve_preset(r0, "lasting", &desc->config);
    desc->model_folder = "examples/ladder";
    desc->preset = "lasting";
    desc->task.oracle = ladder_oracle, desc->task.valid = ladder_valid, desc->task.vary = ladder_vary;
    desc->config.iterations = 2;
    desc->config.challenger.steps = 2, desc->config.votes = 4;
    desc->config.questions = 48, desc->config.curation_votes = 5;
    desc->config.guard.rehearsal_steps = 6, desc->config.guard.rehearsal_batch = 8;
    desc->config.guard.least_kept = 2;
    desc->config.evaluation_samples = 2;
}

static void test_guard_refuses(test *t, r0_evaluation_set *set, const char *field, const char *value, const char *text)
{
    r0_evolve_desc desc;
    test_guard_desc(t->r0, set, "build/guard/refused", &desc);
    if (!strcmp(field, "vary")) desc.task.vary = NULL;
    else CHECK(r0_evolve_set(t->r0, &desc.config, field, value) == R0_OK, "%s", r0_error(t->r0));
    if (!strcmp(field, "guard.probe")) desc.config.guard.stop_below = .5;
    if (!strcmp(field, "guard.peak")) desc.config.guard.floor = .5;
    if (!strcmp(field, "one_model")) desc.config.guard.vocabulary = .5;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_ERROR_ARGUMENT && strstr(r0_error(t->r0), text), "%s: %s", field,
          r0_error(t->r0));
    CHECK(!r0i_file_exists("build/guard/refused/run.json"));
}

typedef struct test_documents {
    test *t;
    r0_tokenizer *tokenizer;
    int count, per_iteration[3], varied, right;
} test_documents;

// Every line is a question of the world with an answer that the majority gave: on the ladder nearly always the truth.
static r0_status test_document_line(void *user, int line, const r0_json *value)
{
    test_documents *d = (test_documents *)user;
    test *t = d->t;
    int32_t ids[512];
    size_t count = 0, size;
    for (int k = 0; k < 2; k++) {
        const r0_json *part = r0_json_get(value, k ? "response" : "prompt");
        for (size_t i = 0; i < part->count; i++) ids[count++] = (int32_t)part->items[i].number;
    }
    char *text = NULL;
    if (!CHECK(!r0_tokenizer_decode(d->tokenizer, ids, count, 0, &text, &size), "%s", r0_error(t->r0))) return R0_OK;
    char *cut = strstr(text, "<sep>");
    if (CHECK(cut && !strncmp(text, "[S]", 3) && strstr(text, "}<eos>"), "line %d: %s", line, text)) {
        ladder_problem problem;
        r0_span question = {text + 3, (size_t)(cut - text) - 3}, answer;
        r0_span rest = {cut, strlen(cut)};
        CHECK(ladder_parse(question, &problem), "line %d: %s", line, text);
        CHECK(r0_answer_extract(rest, R0_ANSWER_BOXED, &answer) && answer.size == 1, "line %d: %s", line, text);
        d->right += answer.data[0] - '0' == ladder_answer(&problem);
        d->varied += memchr(question.data, ' ', question.size) != NULL;
    }
    d->per_iteration[r0i_json_get_int(value, "iteration", 0)]++;
    d->count++;
    r0_text_free(t->r0, text);
    return R0_OK;
}

static void test_guard_run(test *t, r0_evaluation_set *set)
{
    static r0_evolve_result result;
    r0_evolve_desc desc;
    test_documents d = {t, NULL, 0, {0}, 0, 0};
    test_guard_desc(t->r0, set, "build/guard/whole", &desc);
    if (!CHECK(r0_evolve(t->r0, &desc, &result) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(result.iterations[1].kept >= 2 && result.iterations[2].kept >= 2, "%d and %d kept", result.iterations[1].kept,
          result.iterations[2].kept);
    CHECK(r0_tokenizer_load(t->r0, "examples/ladder", &d.tokenizer) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_json_lines(t->r0, "build/guard/whole/rehearsal.jsonl", test_document_line, &d) == R0_OK, "%s",
          r0_error(t->r0));
    r0_tokenizer_destroy(d.tokenizer);
    for (int k = 1; k <= 2; k++) // the first 4 votes of a question at most, and of a band of .8 at least 4 of 5 agree
        CHECK(d.per_iteration[k] > 2 * result.iterations[k].kept && d.per_iteration[k] <= 4 * result.iterations[k].kept,
              "iteration %d: %d documents of %d questions", k, d.per_iteration[k], result.iterations[k].kept);
    CHECK(d.varied * 10 > d.count * 4 && d.varied < d.count, "%d of %d with spaces", d.varied, d.count);
    CHECK(d.right * 10 > d.count * 9, "%d of %d right", d.right, d.count);
    CHECK(result.iterations[0].confirmed == -1, "%g", result.iterations[0].confirmed);
    CHECK(result.iterations[1].confirmed > .8, "%g", result.iterations[1].confirmed);
}

// The controls reach the buffer: answers that are dealt to other questions are right by chance, true ones always.
static void test_guard_controls(test *t, r0_evaluation_set *set)
{
    for (int truth = 0; truth < 2; truth++) {
        r0_evolve_desc desc;
        test_documents d = {t, NULL, 0, {0}, 0, 0};
        const char *folder = truth ? "build/guard/truth" : "build/guard/shuffled";
        char path[64];
        test_guard_desc(t->r0, set, folder, &desc);
        desc.config.iterations = 1, desc.config.guard.accept_low = .4; // so that majorities are wrong at times
        desc.config.oracle_labels = truth, desc.config.random_labels = !truth;
        CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
        snprintf(path, sizeof path, "%s/rehearsal.jsonl", folder);
        CHECK(r0_tokenizer_load(t->r0, "examples/ladder", &d.tokenizer) == R0_OK, "%s", r0_error(t->r0));
        CHECK(r0_json_lines(t->r0, path, test_document_line, &d) == R0_OK, "%s", r0_error(t->r0));
        r0_tokenizer_destroy(d.tokenizer);
        CHECK(d.count > 60 && (truth ? d.right == d.count : d.right * 10 < d.count * 4), "%s: %d of %d right", folder,
              d.right, d.count);
    }
}

// A rewording that means something else: what reads it confirms no label.
static bool test_guard_lie(void *user, r0_span question, uint64_t key, char *varied, size_t capacity)
{
    ladder_problem problem;
    tiny_random random = {key};
    tiny_text text = tiny_text_make(varied, capacity);
    (void)user;
    if (!ladder_parse(question, &problem)) return false;
    problem.digit[0] = (problem.digit[0] + 1) % 10;
    ladder_write(&text, &problem, &random, 0, 0);
    return !text.full;
}

static bool test_guard_refuse_all(void *user, r0_span question)
{
    (void)user, (void)question;
    return false;
}

// The probe changes no bit of what is trained; labels that it does not confirm end the run before they teach, and a
// run that ended so does not go on. One policy in both roles; a grammar that is switched off.
static void test_guard_probe(test *t, r0_evaluation_set *set)
{
    static r0_evolve_result result;
    r0_evolve_desc desc;
    test_guard_desc(t->r0, set, "build/guard/blind", &desc);
    desc.config.guard.probe = 0;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(test_same_file(t->r0, "build/guard/whole/solver/model.safetensors",
                         "build/guard/blind/solver/model.safetensors"));
    CHECK(test_same_file(t->r0, "build/guard/whole/rehearsal.jsonl", "build/guard/blind/rehearsal.jsonl"));
    for (int again = 0; again < 2; again++) {
        test_guard_desc(t->r0, set, "build/guard/rotten", &desc);
        desc.task.vary = test_guard_lie, desc.config.guard.variants = false, desc.config.guard.stop_below = .5;
        desc.resume = again;
        CHECK(r0_evolve(t->r0, &desc, &result) == R0_OK, "%s", r0_error(t->r0));
        CHECK(result.count == 2 && result.iterations[1].confirmed >= 0 && result.iterations[1].confirmed < .4,
              "%d iterations, %g", result.count, result.iterations[1].confirmed);
    }
    CHECK(test_same_file(t->r0, "build/guard/rotten/solver/model.safetensors",
                         "build/guard/floor0/solver/model.safetensors"), "it trained on rotten labels");
    test_guard_desc(t->r0, set, "build/guard/one", &desc);
    desc.config.one_model = desc.config.no_grammar = true, desc.task.valid = test_guard_refuse_all;
    desc.config.iterations = 1;
    CHECK(r0_evolve(t->r0, &desc, &result) == R0_OK && result.iterations[1].kept > 2, "%s", r0_error(t->r0));
    CHECK(test_same_file(t->r0, "build/guard/one/solver/model.safetensors",
                         "build/guard/one/challenger/model.safetensors"));
}

typedef struct test_letters {
    bool seen[256];
    double drift, kl;
    int steps, questions;
} test_letters;

static r0_status test_letters_line(void *user, int line, const r0_json *value)
{
    test_letters *l = (test_letters *)user;
    r0_span text = r0_json_get_text(value, "question"), phase = r0_json_get_text(value, "phase");
    (void)line;
    for (size_t i = 0; i < text.size; i++) l->seen[(unsigned char)text.data[i]] = true;
    l->questions += text.size > 0;
    if (!r0i_span_is(phase, "challenger")) return R0_OK;
    l->steps++;
    l->drift = fmax(l->drift, r0_json_get_number(value, "drift", 1));
    l->kl = fmax(l->kl, r0_json_get_number(value, "kl", 1e9));
    return R0_OK;
}

// How many letters and digits all questions of a curation have; drift and KL of the challenger's steps.
static int test_guard_letters(test *t, const char *folder, int iteration, test_letters *l)
{
    char path[2][64];
    int seen = 0;
    memset(l, 0, sizeof *l);
    snprintf(path[0], sizeof path[0], "%s/questions-%d.jsonl", folder, iteration);
    snprintf(path[1], sizeof path[1], "%s/metrics.jsonl", folder);
    for (int i = 0; i < 2; i++)
        CHECK(r0_json_lines(t->r0, path[i], test_letters_line, l) == R0_OK, "%s", r0_error(t->r0));
    for (int c = 0; c < 256; c++) seen += l->seen[c] && (r0i_is_digit((char)c) || (c >= 'a' && c <= 'z'));
    return seen;
}

static void test_guard_half_desc(r0_context *r0, r0_evaluation_set *set, const char *folder, r0_evolve_desc *desc)
{
    test_guard_desc(r0, set, folder, desc);
    desc->config.guard.vocabulary = .5, desc->config.no_grammar = true, desc->config.guard.variants = false;
    desc->config.guard.probe = desc->config.guard.least_kept = 0;
}

// Half of the vocabulary out of reach: whole letters and digits are in no question, others the next time. Sampling
// and training agree about the probabilities (drift), and the KL is to a reference with the same mask. The frame is
// whole, for there are questions. A run that is stopped and resumed has the same masks.
static void test_guard_vocabulary(test *t, r0_evaluation_set *set)
{
    static const char *const files[] = {"metrics.jsonl", "questions-2.jsonl", "challenger/model.safetensors"};
    r0_evolve_desc desc;
    test_letters whole, half[2];
    test_guard_half_desc(t->r0, set, "build/guard/half", &desc);
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    int all = test_guard_letters(t, "build/guard/whole", 1, &whole);
    for (int k = 0; k < 2; k++) {
        int seen = test_guard_letters(t, "build/guard/half", 1 + k, &half[k]);
        CHECK(all > 30 && seen > 5 && seen < 28, "%d of 36 letters and digits, %d", all, seen);
        CHECK(half[k].questions > 24 && half[k].steps == 4, "%d questions, %d steps", half[k].questions, half[k].steps);
        CHECK(half[k].drift < 1e-4 && half[k].kl < 1, "drift %g, KL %g", half[k].drift, half[k].kl);
    }
    CHECK(memcmp(half[0].seen, half[1].seen, sizeof half[0].seen) != 0);
    CHECK(test_evolve_parts(t, set, "build/guard/half-parts", 150, 50, test_guard_half_desc) > 3);
    for (size_t i = 0; i < R0I_COUNT(files); i++) {
        char x[256], y[256];
        snprintf(x, sizeof x, "build/guard/half/%s", files[i]);
        snprintf(y, sizeof y, "build/guard/half-parts/%s", files[i]);
        CHECK(test_same_file(t->r0, x, y), "%s", files[i]);
    }
}

// Stopped again and again, resumed each time: the files of the whole run, its buffer too.
static void test_guard_resume(test *t, r0_evaluation_set *set)
{
    static const char *const files[] = {"metrics.jsonl", "rehearsal.jsonl", "questions-2.jsonl",
                                        "solver/model.safetensors", "challenger/model.safetensors"};
    int stopped = test_evolve_parts(t, set, "build/guard/parts", 150, 50, test_guard_desc);
    CHECK(stopped > 3, "stopped %d times", stopped);
    for (size_t i = 0; i < R0I_COUNT(files); i++) {
        char x[256], y[256];
        snprintf(x, sizeof x, "build/guard/whole/%s", files[i]);
        snprintf(y, sizeof y, "build/guard/parts/%s", files[i]);
        CHECK(test_same_file(t->r0, x, y), "%s", files[i]);
    }
}

// Anchored or not, the first iteration is the same: its phase starts from the base. The second is not.
static void test_guard_anchor(test *t, r0_evaluation_set *set)
{
    r0_evolve_desc desc;
    test_guard_desc(t->r0, set, "build/guard/loose", &desc);
    desc.config.grpo.kl_coef = desc.config.guard.anchor_kl;
    desc.config.guard.anchor_kl = 0;
    CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(test_same_file(t->r0, "build/guard/whole/questions-1.jsonl", "build/guard/loose/questions-1.jsonl"));
    CHECK(!test_same_file(t->r0, "build/guard/whole/questions-2.jsonl", "build/guard/loose/questions-2.jsonl"));
}

// GRPO in the place of rehearsal, and a floor that no iteration reaches: no step of the solver.
static void test_guard_floor(test *t, r0_evaluation_set *set)
{
    r0_evolve_desc desc;
    for (int grpo = 0; grpo < 2; grpo++) {
        test_guard_desc(t->r0, set, grpo ? "build/guard/floor1" : "build/guard/floor0", &desc);
        desc.config.iterations = 1, desc.config.guard.least_kept = 49;
        if (grpo) desc.config.guard.answers_kept = 0;
        CHECK(r0_evolve(t->r0, &desc, NULL) == R0_OK, "%s", r0_error(t->r0));
    }
    CHECK(test_same_file(t->r0, "build/guard/floor0/solver/model.safetensors",
                         "build/guard/floor1/solver/model.safetensors"));
    CHECK(!test_same_file(t->r0, "build/guard/floor0/solver/model.safetensors",
                          "build/guard/whole/solver/model.safetensors"));
}

static void test_guard(test *t)
{
    r0_evaluation_set set = {"heldout", NULL, R0_ZERO};
    test_guard_reward_and_band(t);
    if (!CHECK(!r0_bench_load(t->r0, "examples/ladder/heldout.jsonl", &set.bench), "%s", r0_error(t->r0))) return;
    r0_bench_sample(&set.bench, 12, 1);
    CHECK(system("rm -rf build/guard") == 0);
    test_guard_refuses(t, &set, "vary", "", "r0_task.vary");
    test_guard_refuses(t, &set, "guard.accept_high", "0.5", "guard.accept_low");
    test_guard_refuses(t, &set, "guard.rehearsal_batch", "0", "guard.rehearsal_batch");
    test_guard_refuses(t, &set, "guard.probe", "0", "guard.stop_below needs guard.probe");
    test_guard_refuses(t, &set, "guard.peak", "0", "guard.floor needs guard.peak");
    test_guard_refuses(t, &set, "one_model", "1", "guard.vocabulary needs a challenger of its own");
    test_guard_run(t, &set);
    test_guard_resume(t, &set);
    test_guard_anchor(t, &set);
    test_guard_floor(t, &set);
    test_guard_controls(t, &set);
    test_guard_probe(t, &set);
    test_guard_vocabulary(t, &set);
    r0_bench_free(t->r0, &set.bench);
}
