// How a run starts on a model that knows no world, and how it ends when nothing can be learned. Catches: an opened
// answer that is not part of what is parsed, few-shot turns that are lost, a dead run that goes on or does not say why,
// completions without their reward, estimates of the time that are off.
#include "run.h"

static void test_starts_render(test *t, r0_tokenizer *tokenizer, bool chat, const char *system, const char *user,
                               const char *want, const char *opened)
{
    r0i_text none = {t->r0, NULL, 0, 0, false};
    r0i_prompt prompt = {none, none};
    r0_status status = r0i_prompt_render(tokenizer, chat, system, user, &prompt);
    const char *text = prompt.text.data ? prompt.text.data : "";
    if (!want) CHECK(status != R0_OK, "%s", user);
    else CHECK(!status && !strcmp(text, want), "%s: %s: %s", user, text, status ? r0_error(t->r0) : "");
    const char *begun = prompt.opened.data ? prompt.opened.data : "";
    if (want) CHECK(!strcmp(begun, opened), "%s: %s", user, begun);
    r0i_prompt_free(&prompt);
}

#define TEST_TURNS "[{\"role\":\"user\",\"content\":\"1+1\"},{\"role\":\"assistant\",\"content\":\"2\"},"              \
                   "{\"role\":\"user\",\"content\":\"{question}\"}"

// By the plain template ("role: content"), which a folder without one has.
static void test_starts_prompts(test *t)
{
    r0_tokenizer *tokenizer = NULL;
    if (!CHECK(!r0_tokenizer_load(t->r0, "examples/tiny", &tokenizer), "%s", r0_error(t->r0))) return;
    char want[256], *text;
    size_t size;
    r0_message one[2] = {{{"system", 6}, {"S", 1}}, {{"user", 4}, {"U", 1}}};
    CHECK(!r0_chat_render(tokenizer, one, 2, true, &text, &size), "%s", r0_error(t->r0));
    test_starts_render(t, tokenizer, true, "S", "U", text, "");
    r0_text_free(t->r0, text);
    test_starts_render(t, tokenizer, false, "S", "U", "U", "");
    r0_message turns[3] = {{{"user", 4}, {"1+1", 3}}, {{"assistant", 9}, {"2", 1}}, {{"user", 4}, {"{question}", 10}}};
    CHECK(!r0_chat_render(tokenizer, turns, 3, true, &text, &size), "%s", r0_error(t->r0));
    test_starts_render(t, tokenizer, true, "", TEST_TURNS "]", text, "");
    snprintf(want, sizeof want, "%sIt is \\boxed{", text);
    test_starts_render(t, tokenizer, true, "", TEST_TURNS ",{\"role\":\"assistant\",\"content\":\"It is \\\\boxed{\"}]",
                       want, "It is \\boxed{");
    r0_text_free(t->r0, text);
    test_starts_render(t, tokenizer, true, "S", TEST_TURNS "]", NULL, "");  // two system texts
    test_starts_render(t, tokenizer, true, "", TEST_TURNS, NULL, "");       // not closed
    test_starts_render(t, tokenizer, true, "", "[{\"role\":\"assistant\",\"content\":\"x\"}]", NULL, "");
    test_starts_render(t, tokenizer, false, "", TEST_TURNS, TEST_TURNS, ""); // a text like any other
    r0_tokenizer_destroy(tokenizer);
}

// What a prompt has opened is part of what is parsed: here a question block, and a box.
static void test_starts_opened(test *t)
{
    for (int opened = 0; opened < 2; opened++) {
        r0i_evolution run;
        r0_evolve_desc desc = R0_ZERO;
        r0i_step s;
        r0i_question q;
        r0_rollout rollout = R0_ZERO;
        r0_tokens tokens, boxed;
        r0_span text, answer;
        memset(&run, 0, sizeof run), memset(&s, 0, sizeof s), memset(&q, 0, sizeof q);
        run.context = s.arena.context = run.solver_prompt.text.context = t->r0, run.desc = &desc;
        run.solver_prompt.opened.context = run.challenger_prompt.opened.context = t->r0;
        CHECK(!r0_evolve_preset(t->r0, "tiny", &run.config) && !r0_model_load(t->r0, "examples/tiny", &run.solver));
        CHECK(!r0_tokenizer_load(t->r0, "examples/tiny", &run.tokenizer));
        r0i_text_print(&run.solver_prompt.text, "%s", run.config.solver_prompt);
        if (opened) r0i_text_print(&run.challenger_prompt.opened, "<question>");
        if (opened) r0i_text_print(&run.solver_prompt.opened, "\\boxed{13} = ");
        run.baseline = r0i_baseline_of(R0_REWARD_R_ZERO);
        CHECK(!r0_tokenizer_encode(run.tokenizer, r0i_span_of("8+5</question>\\boxed{13}"), R0_TOKENIZE_SPECIAL,
                                   &tokens), "%s", r0_error(t->r0));
        rollout.tokens = tokens.ids, rollout.length = (int)tokens.count, rollout.finished = true;
        s.rollouts.items = &rollout, s.rollouts.count = 1, s.question = &q;
        r0i_parse(&run, &s);
        CHECK(!run.status && q.valid == (opened == 1), "opened %d: valid %d", opened, q.valid);
        CHECK(opened || !strcmp(q.malformed, "has no <question> block"), "%s", q.malformed);
        CHECK(!r0_tokenizer_encode(run.tokenizer, r0i_span_of("8+5"), 0, &boxed), "%s", r0_error(t->r0));
        rollout.tokens = boxed.ids, rollout.length = (int)boxed.count;
        CHECK(!r0i_rollout_answer(&run, &s.arena, &rollout, &text, &answer));
        CHECK(opened ? answer.size == 2 && !memcmp(answer.data, "13", 2) : !answer.size, "%.*s", (int)answer.size,
              answer.data);
        r0_tokens_free(t->r0, &tokens), r0_tokens_free(t->r0, &boxed);
        r0i_arena_free(&s.arena);
        r0i_prompt_free(&run.solver_prompt), r0i_prompt_free(&run.challenger_prompt);
        r0_tokenizer_destroy(run.tokenizer);
        r0_model_destroy(run.solver);
    }
}

typedef struct test_starts_lines { int lines, paid, malformed, answers; double advantage; } test_starts_lines;

static r0_status test_starts_line(void *user, int number, const r0_json *value)
{
    test_starts_lines *all = (test_starts_lines *)user;
    const r0_json *reward = r0_json_get(value, "reward"), *advantage = r0_json_get(value, "advantage");
    (void)number;
    all->lines++;
    all->paid += reward && advantage && reward->type == R0_JSON_NUMBER && advantage->type == R0_JSON_NUMBER;
    all->malformed += r0_json_get_text(value, "malformed").size > 0 && r0_json_get_text(value, "completion").size > 0;
    all->answers += r0_json_get_text(value, "question").size > 0 && r0_json_get_text(value, "label").size > 0;
    all->advantage += fabs(r0_json_get_number(value, "advantage", 0));
    return R0_OK;
}

static bool test_starts_refuse(void *user, r0_span question)
{
    (void)user, (void)question;
    return false;
}

// A challenger that answers instead of asking; a task that wants no question; nothing kept. Each ends the run, with the
// reason in the error and among the warnings of summary.json; max_dead 0 lets it go on.
static void test_starts_dead(test *t, r0_evaluation_set *set)
{
    static const struct { const char *folder, *prompt, *error; bool refuse, band; int max_dead, steps; } cases[] = {
        {"build/starts/answers", "[S]1+1<sep>", "challenger, step 2: no proposal was valid", false, false, 2, 3},
        {"build/starts/refused", "[Q]", "is no question of the task", true, false, 2, 3},
        {"build/starts/curated", "[S]1+1<sep>", "curation: no proposal was valid", false, false, 2, 1},
        {"build/starts/band", "[Q]", "curation: no question was kept", false, true, 2, 1},
        {"build/starts/goes-on", "[S]1+1<sep>", NULL, false, false, 0, 2},
    };
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        r0_evolve_desc desc;
        char path[128], *text = NULL;
        size_t size;
        test_starts_lines all = {0, 0, 0, 0, 0};
        test_evolve_desc(t->r0, set, cases[i].folder, &desc);
        snprintf(desc.config.challenger_prompt, sizeof desc.config.challenger_prompt, "%s", cases[i].prompt);
        desc.config.iterations = 1, desc.config.max_dead = cases[i].max_dead;
        desc.config.challenger.steps = cases[i].steps;
        if (cases[i].refuse) desc.task.valid = test_starts_refuse;
        if (cases[i].band) desc.config.guard.accept_low = desc.config.guard.accept_high = .01;
        r0_status status = r0_evolve(t->r0, &desc, NULL);
        const char *error = cases[i].error;
        if (error) CHECK(status == R0_ERROR_LIMIT && strstr(r0_error(t->r0), error), "%s", r0_error(t->r0));
        else CHECK(!status, "%s", r0_error(t->r0));
        snprintf(path, sizeof path, "%s/completions-1.jsonl", cases[i].folder);
        CHECK(!r0_json_lines(t->r0, path, test_starts_line, &all), "%s", r0_error(t->r0));
        if (!cases[i].band) CHECK(all.malformed == all.lines, "%s: %d of %d", path, all.malformed, all.lines);
        CHECK(all.paid >= 4, "%s: %d", path, all.paid);
        snprintf(path, sizeof path, "%s/summary.json", cases[i].folder);
        CHECK(!r0i_file_read(t->r0, path, &text, &size), "%s", r0_error(t->r0));
        CHECK(text && strstr(text, error ? error : "\"iteration 1: 0 % of the proposals were valid\""), "%s: %s", path,
              text ? text : "");
        r0i_free(t->r0, text);
    }
}

// A run that lives keeps what was answered, with question, label, reward and advantage.
static void test_starts_completions(test *t, r0_evaluation_set *set)
{
    r0_evolve_desc desc;
    test_starts_lines all = {0, 0, 0, 0, 0}, held = {0, 0, 0, 0, 0};
    test_evolve_desc(t->r0, set, "build/starts/alive", &desc);
    desc.config.iterations = 1;
    CHECK(!r0_evolve(t->r0, &desc, NULL), "%s", r0_error(t->r0));
    CHECK(!r0_json_lines(t->r0, "build/starts/alive/completions-1.jsonl", test_starts_line, &all), "%s",
          r0_error(t->r0));
    CHECK(all.paid == 16 && all.answers == 8 && all.advantage > 1, "%d paid, %d answers, %g", all.paid, all.answers,
          all.advantage); // 2 steps of each role, 4 of each
    CHECK(!r0_json_lines(t->r0, "build/starts/alive/evaluation-1.jsonl", test_starts_line, &held));
    CHECK(held.lines == (int)set->bench.count, "%d", held.lines);
}

typedef struct test_starts_eta { int64_t tokens[4096]; double left[4096]; int count; r0_context *r0; } test_starts_eta;

static void test_starts_progress(void *user, const r0_progress *p)
{
    test_starts_eta *e = (test_starts_eta *)user;
    if (e->count == 4096 || !e->r0 || !e->r0->progress_rollouts || p->seconds <= 0) return;
    e->tokens[e->count] = e->r0->progress_tokens;
    e->left[e->count++] = p->eta_seconds < 0 ? -1 : p->eta_seconds / p->seconds;
}

// The time left is as the tokens left, within a factor of 2 from a tenth of the tokens on, and it is said by then when
// a phase went before. (At a constant rate of tokens; a clock would measure the machine.)
static void test_starts_estimate(test *t)
{
    static test_starts_eta e;
    r0_context_desc desc = R0_ZERO;
    r0_model *model = NULL;
    r0_tokenizer *tokenizer = NULL;
    desc.threads = 1, desc.progress = test_starts_progress, desc.user = &e;
    desc.cache_bytes = 1 << 20; // some dozens of rows at a time
    memset(&e, 0, sizeof e);
    CHECK(!r0_context_create(&desc, &e.r0) && !r0_model_load(e.r0, "examples/tiny", &model) &&
          !r0_tokenizer_load(e.r0, "examples/tiny", &tokenizer), "%s", r0_error(e.r0));
    r0_span questions[3] = {r0i_span_of("8+5"), r0i_span_of("3*4"), r0i_span_of("7+5-3+2+6")};
    r0_sampling sampling = {1, 0, 1, 72, 1};
    for (int phase = 0; phase < 2 && model && tokenizer; phase++) {
        r0_rollouts rollouts;
        int said = 0, off = 0, looked = 0;
        e.count = 0;
        r0_progress_begin(e.r0, "asking", 0, 900);
        CHECK(!r0_ask(model, tokenizer, "[S]{question}<sep>", questions, 3, 300, &sampling, &rollouts), "%s",
              r0_error(e.r0));
        int64_t whole = e.r0->progress_tokens;
        for (int i = 0; i < e.count; i++) {
            double left = (double)(whole - e.tokens[i]) / (double)R0I_MAX((int64_t)1, e.tokens[i]);
            if (10 * e.tokens[i] < whole || 10 * (whole - e.tokens[i]) < whole) continue;
            looked++, said += e.left[i] >= 0;
            off += e.left[i] >= 0 && (e.left[i] > 2 * left || 2 * e.left[i] < left);
        }
        CHECK(looked >= 5 && !off, "phase %d: %d of %d estimates are off", phase, off, looked);
        CHECK(said * 10 >= looked * (phase ? 10 : 5), "phase %d: %d of %d", phase, said, looked);
        r0_rollouts_free(e.r0, &rollouts);
        r0_progress_begin(e.r0, NULL, 0, 0);
    }
    r0_tokenizer_destroy(tokenizer);
    r0_model_destroy(model);
    r0_context_destroy(e.r0);
}

static void test_starts(test *t)
{
    r0_evaluation_set set = R0_ZERO;
    test_starts_prompts(t);
    test_starts_opened(t);
    test_starts_estimate(t);
    set.name = "heldout";
    if (!CHECK(!r0_bench_load(t->r0, "examples/tiny/heldout.jsonl", &set.bench), "%s", r0_error(t->r0))) return;
    r0_bench_sample(&set.bench, 24, 1);
    CHECK(system("rm -rf build/starts || rmdir /s /q build\\starts") == 0);
    test_starts_dead(t, &set);
    test_starts_completions(t, &set);
    r0_bench_free(t->r0, &set.bench);
}
