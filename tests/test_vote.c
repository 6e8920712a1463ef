// Votes, curation, rewards. Catches: an answer that joins the wrong cluster, a tie that goes to the later answer, empty
// answers in the wrong denominator, a question at the edge of the filter that floating point throws out, mixed rewards,
// text that is executed although it is no expression.
#include "../examples/mathruler.h"

static r0_span test_vote_span(const char *text)
{
    r0_span span = {text, strlen(text)};
    return span;
}

// Equal when the first letters are; "<" equals only when asked in one direction: (bigger, smaller).
static bool test_vote_equal(void *user, r0_span a, r0_span b)
{
    ++*(int *)user;
    if (a.data[0] == '<' && b.data[0] == '<') return a.size > b.size;
    return a.data[0] == b.data[0];
}

// Answers, then what must come out: pseudo_label, votes, total, clusters with each rule.
static void test_vote_tables(test *t)
{
    static const struct {
        const char *answers[8];
        r0_vote_rules rules;
        int label, votes, total, clusters, cluster[8];
    } rows[] = {
        {{"a", "b1", "b2", "c"}, {false, false}, 1, 2, 4, 3, {0, 1, 1, 3}},
        {{"a", "b", "b", "a"}, {false, false}, 0, 2, 4, 2, {0, 1, 1, 0}},           // tie: first seen
        {{"", "b", "", ""}, {false, false}, 1, 1, 4, 1, {-1, 1, -1, -1}},           // empty answers count ...
        {{"", "b", "", ""}, {true, false}, 1, 1, 1, 1, {-1, 1, -1, -1}},            // ... or leave
        {{"", "", ""}, {false, false}, -1, 0, 3, 0, {-1, -1, -1}},
        {{"", ""}, {true, false}, -1, 0, 0, 0, {-1, -1}},
        {{"<", "<<", "<<<"}, {false, false}, 0, 3, 3, 1, {0, 0, 0}},                // first direction
        {{"<<<", "<<", "<"}, {false, false}, 0, 3, 3, 1, {0, 0, 0}},                // second direction
        {{"no real root", "There is No solution", "x"}, {false, true}, 0, 2, 3, 2, {0, 0, 2}},
        {{"no real root", "There is No solution", "x"}, {false, false}, 0, 1, 3, 3, {0, 1, 2}},
        {{"no", "There is no"}, {false, true}, 0, 1, 2, 2, {0, 1}},                 // "no " needs its space
        {{0}, {false, false}, -1, 0, 0, 0, {0}},
    };
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_span answers[8];
        r0_vote vote;
        int count = 0, cluster[8], calls = 0;
        for (; count < 8 && rows[i].answers[count]; count++) answers[count] = test_vote_span(rows[i].answers[count]);
        CHECK(!r0_vote_count(t->r0, answers, count, &rows[i].rules, test_vote_equal, &calls, cluster, &vote));
        CHECK(vote.pseudo_label == rows[i].label && vote.votes == rows[i].votes && vote.total == rows[i].total &&
              vote.clusters == rows[i].clusters, "row %zu: %d %d %d %d", i, vote.pseudo_label, vote.votes, vote.total,
              vote.clusters);
        CHECK(!memcmp(cluster, rows[i].cluster, (size_t)count * sizeof(int)), "row %zu", i);
        CHECK(vote.agreement == (vote.total ? (double)vote.votes / vote.total : 0), "row %zu", i);
        r0_vote again;
        CHECK(!r0_vote_count(t->r0, answers, count, &rows[i].rules, test_vote_equal, &calls, NULL, &again));
        CHECK(again.pseudo_label == vote.pseudo_label && again.votes == vote.votes);
    }
}

// Identical text never reaches the judge; without a judge text alone decides; a negative count is refused.
static void test_vote_calls(test *t)
{
    r0_span answers[4] = {test_vote_span("7"), test_vote_span("7"), test_vote_span("7.0"), test_vote_span("7")};
    r0_vote vote;
    int calls = 0;
    CHECK(!r0_vote_count(t->r0, answers, 4, NULL, test_vote_equal, &calls, NULL, &vote));
    CHECK(vote.votes == 4 && calls == 1);
    CHECK(!r0_vote_count(t->r0, answers, 4, NULL, NULL, NULL, NULL, &vote) && vote.votes == 3 && vote.clusters == 2);
    CHECK(r0_equal_strict(t->r0, test_vote_span("1/2"), test_vote_span("\\frac{2}{4}")));
    // A question in the box of its answer is no answer, a unit is no arithmetic.
    static const char *const unpaid[] = {"7+5", "7 + 5", "(7)+5", "\\frac{24}{2}", "3!*2", "2^{3}+4", "\\sqrt{144}",
                                         "24/2", "12;12"};
    static const char *const paid[] = {"x=12", "12 cm", "12^\\circ", "12^{\\circ}", "12.0", " 12", "+12", "36 cm^2"};
    for (int i = 0; i < (int)R0I_COUNT(unpaid); i++)
        CHECK(!r0_equal_strict(t->r0, test_vote_span(unpaid[i]), test_vote_span("12")) &&
              !r0_equal_strict(t->r0, test_vote_span("12"), test_vote_span(unpaid[i])), "%s", unpaid[i]);
    for (int i = 0; i < (int)R0I_COUNT(paid); i++)
        CHECK(r0_equal_strict(t->r0, test_vote_span(paid[i]), test_vote_span(i == 7 ? "36" : "12")), "%s", paid[i]);
    CHECK(!r0_equal_strict(t->r0, test_vote_span("x = -5"), test_vote_span("5")));
    CHECK(r0_equal_strict(t->r0, test_vote_span("x = -5"), test_vote_span("-5")));
    CHECK(!mathruler_equal(t->r0, test_vote_span("\\frac{2}{4}"), test_vote_span("\\frac{1}{2}")));
    CHECK(r0_vote_count(t->r0, answers, -1, NULL, NULL, NULL, NULL, &vote) == R0_ERROR_ARGUMENT);
}

// Nine answers of pools that judges read in two ways, in eight orders: votes, agreement and groups are the same ones.
static void test_vote_order(test *t)
{
    static const char *const pools[][6] = {
        {"20\\%", "20", "0.2", "\\frac15", "20%", "0.20"},
        {"1,000", "1000", "0, 1", "1", "0", "\\{0,1\\}"},
        {"90^\\circ", "\\frac{\\pi}{2}", "90", "1.5708", "90 degrees", "\\pi/2"},
        {"\\log 2", "\\ln 2", "\\log_{10} 2", "0.693147", "0.301030", "\\lg 2"},
        {"x=5", "5", "y=5", "5 cm", "5 kg", "\\$5"},
        {"[1,2]", "(1,2)", "1,2", "1\\le x\\le2", "\\{1,2\\}", "2,1"},
        {"1\\pm2", "-1, 3", "3, -1", "3", "\\{-1,3\\}", "(-1,3)"},
        {"1/3", "0.333", "0.3333", "0.333333", "0.33333333", "33.3333\\%"},
        {"3:30", "3:30 PM", "15:30", "3:30 AM", "7/2", "3.5"},
        {"5", "5 dollars", "5 cents", "\\$0.05", "5\\text{ cents}", "0.05"},
    };
    for (int mode = 0; mode < 2; mode++)
        for (int set = 0; set < 240; set++) {
            r0i_key key = r0i_key_derive(r0i_key_make(11), (uint64_t)set);
            const char *const *pool = pools[set % (int)R0I_COUNT(pools)];
            r0_span answers[9];
            r0_vote first = R0_ZERO, vote;
            for (int i = 0; i < 9; i++) answers[i] = test_vote_span(pool[r0i_random_below(key, (uint64_t)i, 6)]);
            for (int order = 0; order < 8; order++) {
                r0_equal_fn equal = mode ? mathruler_equal : r0_equal_strict;
                CHECK(!r0_vote_count(t->r0, answers, 9, NULL, equal, t->r0, NULL, order ? &vote : &first));
                if (order)
                    CHECK(vote.votes == first.votes && vote.clusters == first.clusters,
                          "judge %d, set %d, order %d: %d of %d, "
                          "not %d of %d",
                          mode, set, order, vote.votes, vote.clusters, first.votes, first.clusters);
                for (int i = 8; i; i--) { // Fisher and Yates
                    int k = (int)r0i_random_below(key, (uint64_t)(100 * (order + 1) + i), (uint64_t)i + 1);
                    r0_span swap = answers[i];
                    answers[i] = answers[k], answers[k] = swap;
                }
            }
        }
}

// A judge that is out of memory has not said "unequal".
static void *test_vote_refuse(void *user, void *pointer, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size > 10000) return NULL;
    if (new_size) return realloc(pointer, new_size);
    free(pointer);
    return NULL;
}

static void test_vote_memory(test *t)
{
    r0_span answers[2] = {test_vote_span("1/2"), test_vote_span("2/4")};
    r0_resize_fn kept = t->r0->desc.resize;
    r0_vote vote;
    t->r0->desc.resize = test_vote_refuse;
    CHECK(r0_vote_count(t->r0, answers, 2, NULL, r0_equal_strict, t->r0, NULL, &vote) == R0_ERROR_MEMORY);
    t->r0->desc.resize = kept;
    CHECK(!r0_vote_count(t->r0, answers, 2, NULL, r0_equal_strict, t->r0, NULL, &vote) && vote.votes == 2);
}

// Every count out of 9 and 10 against the rule in rational numbers.
static void test_vote_filters(test *t)
{
    for (int total = 1; total <= 40; total++)
        for (int votes = 0; votes <= total; votes++) {
            CHECK(r0_filter_paper(votes, total) == (4 * votes >= total && 4 * votes <= 3 * total));
            CHECK(r0_filter_released(votes, total) == (10 * votes >= 3 * total && 10 * votes <= 8 * total));
            CHECK(r0_filter_tiny(votes, total) == (10 * votes >= 3 * total && 10 * votes <= 7 * total));
        }
    for (int votes = 0; votes <= 10; votes++) {
        CHECK(r0_filter_paper(votes, 10) == (votes >= 3 && votes <= 7));
        CHECK(r0_filter_tiny(votes, 10) == (votes >= 3 && votes <= 7));
        CHECK(r0_filter_released(votes, 10) == (votes >= 3 && votes <= 8)); // 0.3 and 0.8 exactly are in
    }
    CHECK(!r0_filter_paper(0, 0) && !r0_filter_released(0, 0) && !r0_filter_tiny(0, 0));
    CHECK(r0i_question_is_dropped(test_vote_span("A BoX of pens"), test_vote_span("3")));
    CHECK(r0i_question_is_dropped(test_vote_span("\xE8\xAF\x81\xE6\x98\x8E x"), test_vote_span("3")));
    CHECK(r0i_question_is_dropped(test_vote_span("How many?"), test_vote_span("3 \\Text{cm}")));
    CHECK(!r0i_question_is_dropped(test_vote_span("How many text b o x?"), test_vote_span("bo")));
}

static void test_vote_repeats(test *t)
{
    r0_span a = test_vote_span("a"), b = test_vote_span("b"), none = test_vote_span("");
    r0_span texts[5] = {a, b, a, none, none};
    int repeated[5];
    CHECK(!r0_text_repeats(t->r0, texts, 5, repeated));
    CHECK(repeated[0] == 0 && repeated[1] == 1 && repeated[2] == 0 && repeated[3] == 3 && repeated[4] == 3);
    CHECK(!r0_text_repeats(t->r0, texts, 0, repeated));
}

static void test_vote_rewards(test *t)
{
    static const struct { bool valid; double p, share, paper, released, tiny; } rows[] = {
        {true, .5, 0, 1, .5, 1},         {true, .5, .25, .75, .25, .75}, {true, 1, .25, 0, -.25, -.25},
        {true, .75, .25, .25, 0, .25},   {true, .25, .5, 0, -.25, 0},    {true, 0, 0, 0, 0, 0},
        {false, 0, .125, 0, -1.125, -1}, {false, .5, 0, 0, -1, -1},
    };
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        CHECK(r0_challenger_reward_paper(rows[i].valid, rows[i].p, rows[i].share) == rows[i].paper, "row %zu", i);
        CHECK(r0_challenger_reward_released(rows[i].valid, rows[i].p, rows[i].share) == rows[i].released, "row %zu", i);
        CHECK(r0_challenger_reward_tiny(rows[i].valid, rows[i].p, rows[i].share) == rows[i].tiny, "row %zu", i);
    }
    r0_span good = test_vote_span("<think>a</think> \\boxed{1}"), bad = test_vote_span("\\boxed{1}");
    CHECK(r0_solver_reward_paper(true) == 1 && r0_solver_reward_paper(false) == 0);
    CHECK(r0_solver_reward_released(true, good) == 1 && r0_solver_reward_released(true, bad) == .9);
    CHECK(r0_solver_reward_released(false, good) == .1 && r0_solver_reward_released(false, bad) == 0);
    CHECK(r0_solver_reward_tiny(true, true, true) == 1 && r0_solver_reward_tiny(true, true, false) == .9);
    CHECK(r0_solver_reward_tiny(false, true, true) == .1 && r0_solver_reward_tiny(false, false, true) == 0);
}

// Each row checked with Python: re.sub(r"\s*(<|>|/)\s*", r"\1", ...), then
// re.fullmatch(r"<think>.*</think>.*\\boxed\{.*\}.*", ..., DOTALL).
static void test_vote_format(test *t)
{
    static const struct { const char *response; bool good; } rows[] = {
        {"<think></think>\\boxed{}", true},
        {" \n<think>x\n</think>y \\boxed{1} z", true},
        {"< think >a< / think >\\boxed{2}", true},
        {"\xE3\x80\x80<think\xC2\xA0>a</think>\\boxed{2}", true}, // Unicode white space
        {"a<think></think>\\boxed{}", false},                    // must begin with the tag
        {"<think>\\boxed{1}</think>", false},                    // boxed inside only
        {"<think></think>\\boxed {1}", false},
        {"<think></think>\\boxed{1", false},
        {"<think><think></think></think>\\boxed{\\boxed{1}", true},
        {"<thi nk></think>\\boxed{1}", false},
        {"", false},
    };
    for (size_t i = 0; i < R0I_COUNT(rows); i++)
        CHECK(r0i_response_has_format(test_vote_span(rows[i].response)) == rows[i].good, "%s", rows[i].response);
}

// The rewards of TTRL, RENT, Intuitor and Absolute Zero, by hand.
static void test_vote_baselines(test *t)
{
    r0_span b = test_vote_span("b"), answers[5] = {b, test_vote_span("a"), b, test_vote_span(""), test_vote_span("c")};
    r0_span nothing[2] = {{NULL, 0}, {NULL, 0}};
    static const float right[5] = {1, 0, 1, 0, 0};
    float rewards[5], values[2] = {1, .5f};
    int cluster[5];
    r0_vote vote;
    CHECK(!r0_vote_count(t->r0, answers, 5, NULL, NULL, NULL, cluster, &vote));
    r0i_ttrl_rewards(cluster, 5, &vote, rewards);
    CHECK(!memcmp(rewards, right, sizeof right));
    CHECK(!r0_vote_count(t->r0, nothing, 2, NULL, NULL, NULL, cluster, &vote));
    r0i_ttrl_rewards(cluster, 2, &vote, rewards);
    CHECK(rewards[0] == 0 && rewards[1] == 0, "nobody answered: nobody is in the majority");
    CHECK(r0i_rent_reward(values, 2) == -.75 && r0i_intuitor_reward(values, 2) == .75);
    CHECK(r0i_rent_reward(values, 0) == 0 && r0i_intuitor_reward(values, 0) == 0);
    CHECK(r0i_absolute_zero_proposer_reward(true, 0, 8) == 0 && r0i_absolute_zero_proposer_reward(true, 8, 8) == 0);
    CHECK(r0i_absolute_zero_proposer_reward(true, 2, 8) == .75 && r0i_absolute_zero_proposer_reward(false, 2, 8) == -1);
    CHECK(r0i_absolute_zero_proposer_reward(true, 0, 0) == 0);
    CHECK(r0i_absolute_zero_solver_reward(true, true) == 1 && r0i_absolute_zero_solver_reward(false, true) == -.5 &&
          r0i_absolute_zero_solver_reward(false, false) == -1);
}

// Each row: an expression, its value, or what the refusal must say.
static void test_vote_expressions(test *t)
{
    static const struct { const char *text; int64_t value; const char *error; } rows[] = {
        {"7+5-3", 9, NULL}, {" 347 * 6 ", 2082, NULL}, {"2+3*4", 14, NULL}, {"(2+3)*4", 20, NULL}, {"20-5-5", 10, NULL},
        {"100/5/4", 5, NULL}, {"-7%3", 2, NULL}, {"7%-3", 1, NULL}, {"-(2--3)", -5, NULL}, {"+-+4", -4, NULL},
        {"9223372036854775807", INT64_MAX, NULL}, {"-9223372036854775807-1", INT64_MIN, NULL}, {"(0-9)/3", -3, NULL},
        {"(-9223372036854775807-1)%-1", 0, NULL}, {"-1*9223372036854775807", -INT64_MAX, NULL},
        {"9223372036854775808", 0, "64 bits"}, {"9223372036854775807+1", 0, "64 bits"}, {"0", 0, NULL},
        {"4294967296*4294967296", 0, "64 bits"}, {"18446744073709551617", 0, "64 bits"},
        {"(-9223372036854775807-1)/-1", 0, "64 bits"}, {"-9223372036854775807-2", 0, "64 bits"},
        {"7/2", 0, "remainder"},
        {"1/0", 0, "zero"}, {"1%(2-2)", 0, "zero"}, {"", 0, "missing"}, {"2+", 0, "missing"}, {"(2", 0, ")"},
        {"2)", 0, "operator"}, {"2 3", 0, "operator"}, {"2**3", 0, "missing"}, {"a", 0, "missing"},
        {"1.5", 0, "operator"},
        {"__import__('os')", 0, "missing"}, {"9/0+()", 0, "zero"},
    };
    int64_t value;
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        const char *error = r0i_expression_execute(test_vote_span(rows[i].text), &value);
        bool same = !error == !rows[i].error && (!error || strstr(error, rows[i].error)) && value == rows[i].value;
        CHECK(same, "%s: %lld, %s", rows[i].text, (long long)value, error ? error : "no error");
    }
    char deep[4096];
    for (int depth = 60; depth < 2000; depth += 4) { // parentheses are bounded, signs cost no stack
        memset(deep, '(', (size_t)depth);
        deep[depth] = '1';
        memset(deep + depth + 1, ')', (size_t)depth);
        r0_span text = {deep, 2 * (size_t)depth + 1};
        CHECK((r0i_expression_execute(text, &value) == NULL) == (depth <= 64) && value == (depth <= 64));
    }
    memset(deep, '-', sizeof deep);
    deep[4095] = '1';
    r0_span signs = {deep, sizeof deep};
    CHECK(!r0i_expression_execute(signs, &value) && value == -1);
}

// Responses of a model, eight to a question, with a verdict on each by another grader: the majority that comes out of
// extraction and clustering must be right exactly where that grader says so. The repository's are the tiny model's.
typedef struct test_vote_run {
    test *t;
    int lines, right, agree;
} test_vote_run;

static r0_status test_vote_response(void *user, int line, const r0_json *v)
{
    test_vote_run *run = (test_vote_run *)user;
    test *t = run->t;
    const r0_json *responses = r0_json_get(v, "responses"), *scores = r0_json_get(v, "scores");
    r0_span answers[16], gold = r0_json_get_text(v, "gold");
    r0_vote vote;
    int count = (int)responses->count;
    if (!CHECK(count <= 16 && scores->count == responses->count, "line %d", line)) return R0_OK;
    for (int i = 0; i < count; i++) r0_answer_extract(responses->items[i].text, R0_ANSWER_BOXED, &answers[i]);
    CHECK(!r0_vote_count(t->r0, answers, count, NULL, r0_equal_strict, t->r0, NULL, &vote) && vote.pseudo_label >= 0);
    bool right = vote.pseudo_label >= 0 && r0_equal_strict(t->r0, answers[vote.pseudo_label], gold);
    bool expected = vote.pseudo_label >= 0 && scores->items[vote.pseudo_label].type == R0_JSON_TRUE;
    run->lines++;
    run->right += right;
    run->agree += right == expected;
    if (right != expected) printf("note vote: line %d: ours %d, theirs %d\n", line, right, expected);
    return R0_OK;
}

static void test_vote_responses(test *t)
{
    char path[512];
    int place = 0, files = 0;
    for (; test_data("answers/responses.jsonl", &place, path); files++) {
        test_vote_run run = {t, 0, 0, 0};
        CHECK(!r0_json_lines(t->r0, path, test_vote_response, &run), "%s", r0_error(t->r0));
        CHECK(run.lines == 40 && run.right >= (files ? 36 : 20) && run.agree >= 39, "%s: %d, %d, %d", path, run.lines,
              run.right, run.agree);
    }
    CHECK(files, "no responses to vote on");
}

static void test_vote(test *t)
{
    test_vote_responses(t);
    test_vote_baselines(t);
    test_vote_expressions(t);
    test_vote_tables(t);
    test_vote_calls(t);
    test_vote_order(t);
    test_vote_memory(t);
    test_vote_filters(t);
    test_vote_repeats(t);
    test_vote_rewards(t);
    test_vote_format(t);
}
