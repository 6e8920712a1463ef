// Votes, curation, rewards. Catches: an answer that joins the wrong cluster, a tie that goes to the later answer, empty
// answers in the wrong denominator, a question at the edge of the filter that floating point throws out, mixed-up rewards.

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
    CHECK(r0_vote_count(t->r0, answers, -1, NULL, NULL, NULL, NULL, &vote) == R0_ERROR_ARGUMENT);
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
    CHECK(r0_question_is_dropped(test_vote_span("A BoX of pens"), test_vote_span("3")));
    CHECK(r0_question_is_dropped(test_vote_span("\xE8\xAF\x81\xE6\x98\x8E x"), test_vote_span("3")));
    CHECK(r0_question_is_dropped(test_vote_span("How many?"), test_vote_span("3 \\Text{cm}")));
    CHECK(!r0_question_is_dropped(test_vote_span("How many text b o x?"), test_vote_span("bo")));
}

static void test_vote_repeats(test *t)
{
    r0_span a = test_vote_span("a"), b = test_vote_span("b"), none = test_vote_span(""), texts[5] = {a, b, a, none, none};
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
        CHECK(r0_response_has_format(test_vote_span(rows[i].response)) == rows[i].good, "%s", rows[i].response);
}

static void test_vote(test *t)
{
    test_vote_tables(t);
    test_vote_calls(t);
    test_vote_filters(t);
    test_vote_repeats(t);
    test_vote_rewards(t);
    test_vote_format(t);
}
