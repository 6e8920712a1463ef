// The world "ladder": oracle, variants, held-out questions, corpus. Catches: wrong answers, texts that are taken for
// questions, variants that mean something else, documents that do not parse or that show what is held out, other
// documents on another system.
#include "../examples/arrays.h"

#ifndef HAVE_STB_DS
static void test_ladder(test *t)
{
    SKIP("no stb_ds.h: the corpus of the ladder is not built");
}
#else
#include "../examples/ladder_corpus.h"

static r0_span test_ladder_span(const char *text)
{
    r0_span span = {text, strlen(text)};
    return span;
}

// `answer` NULL: no question of this world.
static void test_ladder_expect(test *t, const char *question, int level, const char *answer)
{
    ladder_problem problem;
    char found[8] = "";
    bool mine = ladder_parse(test_ladder_span(question), &problem);
    r0_oracle_result result = ladder_oracle(NULL, test_ladder_span(question), found, sizeof found);
    CHECK(mine == (answer != NULL) && ladder_valid(NULL, test_ladder_span(question)) == mine, "%s", question);
    CHECK(!mine || problem.level == level, "%s: level %d", question, problem.level);
    CHECK(result == (answer ? R0_ORACLE_ANSWER : R0_ORACLE_ILL_POSED), "%s", question);
    CHECK(!strcmp(found, answer ? answer : ""), "%s: %s", question, found);
}

static void test_ladder_oracle(test *t)
{
    test_ladder_expect(t, "+y0z6a3b8", 4, "7");
    test_ladder_expect(t, "+  y0 z6a3  b8 ", 4, "7");
    test_ladder_expect(t, "+a9", 1, "9");
    test_ladder_expect(t, "+z9a9", 2, "8");
    test_ladder_expect(t, "+a1b1c1d1e1f1g1h1i1j1k1l1m1n1o1p1q1r1s1t1u1v1w1x1y1z1", 26, "6");
    const char *const wrong[] = {"", "+", "+ ", "a1b2", "+a1c2", "+a1b", "+ab2", "+a1b2x", "-a1b2", " +a1", "+A1",
                                 "+a 1", "+a12", "+a1,b2", "+a1b1c1d1e1f1g1h1i1j1k1l1m1n1o1p1q1r1s1t1u1v1w1x1y1z1a1"};
    for (int i = 0; i < (int)R0I_COUNT(wrong); i++) test_ladder_expect(t, wrong[i], 0, NULL);
}

// Same answer, same level, other letters at times and other spaces; the same key, the same text; no room, no text.
static void test_ladder_variants(test *t)
{
    tiny_random random = {5};
    int moved = 0, spaced = 0;
    for (int i = 0; i < 2000; i++) {
        ladder_problem problem, same;
        char question[LADDER_QUESTION], varied[LADDER_QUESTION], again[LADDER_QUESTION];
        tiny_text text = tiny_text_make(question, sizeof question);
        ladder_draw(&random, 1 + i % LADDER_LEVELS, &problem);
        ladder_write(&text, &problem, &random, .3, 8);
        uint64_t key = tiny_random_next(&random);
        bool made = ladder_vary(NULL, test_ladder_span(question), key, varied, sizeof varied);
        CHECK(made && ladder_vary(NULL, test_ladder_span(question), key, again, sizeof again), "%s", question);
        CHECK(!strcmp(varied, again), "%s: %s, then %s", question, varied, again);
        CHECK(ladder_parse(test_ladder_span(varied), &same), "%s", varied);
        CHECK(same.level == problem.level, "%s: %s", question, varied);
        CHECK(ladder_answer(&same) == ladder_answer(&problem), "%s: %s", question, varied);
        CHECK(!memcmp(same.digit, problem.digit, sizeof same.digit), "%s: %s", question, varied);
        moved += same.first != problem.first;
        spaced += strchr(varied, ' ') != NULL;
    }
    CHECK(moved > 1800 && spaced > 1300 && spaced < 1700, "%d moved, %d spaced", moved, spaced);
    char small[4];
    CHECK(!ladder_vary(NULL, test_ladder_span("+a1b2"), 1, small, sizeof small), "%s", small);
    CHECK(!ladder_vary(NULL, test_ladder_span("what?"), 1, small, sizeof small), "%s", small);
}

static void test_ladder_held_out(test *t, const tiny_set *set)
{
    CHECK(tiny_set_count(set) == LADDER_EACH * LADDER_CORPUS_LEVELS, "%d", tiny_set_count(set));
    for (int i = 0; i < tiny_set_count(set); i++)
        test_ladder_expect(t, set->items[i].key, set->items[i].level, set->items[i].answer);
    FILE *file = fopen("examples/ladder/heldout.jsonl", "rb");
    CHECK(file != NULL, "examples/ladder/heldout.jsonl");
    char line[256], expected[256];
    for (int i = 0; file && i < tiny_set_count(set); i++) {
        const tiny_item *item = &set->items[i];
        snprintf(expected, sizeof expected, "{\"id\":\"%s\",\"question\":\"%s\",\"answer\":\"%s\",\"level\":%d}\n",
                 item->id, item->key, item->answer, item->level);
        CHECK(fgets(line, sizeof line, file) && !strcmp(line, expected), "%s", item->id);
    }
    CHECK(file && !fgets(line, sizeof line, file), "more questions than the world holds out");
    if (file) fclose(file);
}

// The question of a document, between its tags, and what follows it.
static bool test_ladder_take(const char *text, r0_span *question, const char **rest)
{
    const char *begin = strstr(text, "<question>") ? strstr(text, "<question>") + 10 : text + 3;
    const char *end = strstr(begin, "<sep>") ? strstr(begin, "<sep>") : strpbrk(begin, "<\\");
    question->data = begin, question->size = end ? (size_t)(end - begin) : 0;
    *rest = end;
    return end != NULL;
}

// A corpus of short documents: both roles stop at its longest level, which occurs.
static void test_ladder_short(test *t)
{
    ladder_corpus corpus;
    int longest[2] = {0}, prompt;
    ladder_corpus_init(&corpus, 8, 20000, NULL);
    corpus.levels = 7;
    for (int i = 0; i < 20000; i++) {
        char text[TINY_DOCUMENT];
        r0_span question;
        const char *rest;
        ladder_problem problem;
        if (!ladder_corpus_next(&corpus, text, sizeof text, &prompt) || !test_ladder_take(text, &question, &rest) ||
            !ladder_parse(question, &problem)) {
            CHECK(false, "%s", text);
            continue;
        }
        longest[text[1] == 'Q'] = R0I_MAX(longest[text[1] == 'Q'], problem.level);
    }
    CHECK(longest[0] == 7 && longest[1] == 7, "%d, %d", longest[0], longest[1]);
}

static void test_ladder_corpus(test *t, const tiny_set *apart)
{
    ladder_corpus corpus;
    int challengers = 0, spaced = 0, slips = 0, totals = 0, broken = 0, unboxed = 0, long_ones = 0, prompt;
    uint64_t hash = 1469598103934665603u; // FNV-1a of all documents: the same on every system
    const int count = 20000;
    ladder_corpus_init(&corpus, 8, count, apart);
    for (int i = 0; i < count; i++) {
        char text[TINY_DOCUMENT], bare[LADDER_QUESTION];
        r0_span question;
        const char *rest;
        ladder_problem problem = R0_ZERO;
        CHECK(ladder_corpus_next(&corpus, text, sizeof text, &prompt), "%s", text);
        for (const char *c = text; *c; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211u;
        CHECK(test_ladder_take(text, &question, &rest) && ladder_parse(question, &problem), "%s", text);
        tiny_text written = tiny_text_make(bare, sizeof bare);
        ladder_write(&written, &problem, &corpus.random, 0, 0);
        CHECK(!tiny_set_contains(apart, bare), "held out, and in the corpus: %s", text);
        CHECK(problem.level <= LADDER_CORPUS_LEVELS, "%s", text);
        long_ones += problem.level >= 12;
        if (text[1] == 'Q') {
            CHECK(prompt == 3 && !memchr(question.data, ' ', question.size), "%s", text);
            challengers++;
            broken += !strstr(text, "<question>") || !strstr(text, "</question>") || !strstr(text, "\\boxed{");
            continue;
        }
        CHECK(!strncmp(text + prompt - 5, "<sep>", 5), "%s", text);
        spaced += memchr(question.data, ' ', question.size) != NULL;
        unboxed += strstr(text, "\\boxed{") == NULL;
        rest += 5;
        for (int k = 0, total = 0; k < problem.level; k++, rest += 3) {
            CHECK(rest[0] == ladder_letter(&problem, k) && rest[1] == '0' + problem.digit[k], "%s", text);
            totals++, slips += rest[2] - '0' != (total + problem.digit[k]) % 10;
            total = rest[2] - '0';
        }
    }
    const int solvers = count - challengers;
    CHECK(challengers > .19 * count && challengers < .21 * count, "%d challengers", challengers);
    CHECK(slips > .075 * totals && slips < .085 * totals, "%d slips of %d", slips, totals);
    CHECK(spaced > .63 * solvers && spaced < .68 * solvers, "%d spaced of %d", spaced, solvers);
    CHECK(broken > .03 * challengers && broken < .05 * challengers, "%d broken of %d", broken, challengers);
    CHECK(unboxed > .015 * solvers && unboxed < .026 * solvers, "%d unboxed of %d", unboxed, solvers);
    CHECK(long_ones > .015 * count && long_ones < .025 * count, "%d of level 12 and above", long_ones);
    CHECK(hash == 0xf090c1154abbe569u, "documents: %016llx", (unsigned long long)hash);
}

// Of twelve greedy answers a level: bases that `r0 pretrain` made (sound, slopes, cliffs), and others near a cliff.
static void test_ladder_cliff(test *t)
{
    static const struct {
        const char *what;
        int levels, cliff, right[26];
    } cases[] = {
        {"seed 8", 24, 0, {0, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 11,
                           10, 10}},
        {"seed 10", 24, 0, {0, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 12, 9, 8, 7, 6, 3, 2, 1, 1}},
        {"levels 14", 24, 0, {0, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 8, 6, 2, 3, 3, 1,
                              1}},
        {"seed 11", 24, 12, {0, 12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 11, 6, 1, 0, 0, 1, 0, 1, 2, 1, 2, 2, 2, 1}},
        {"seed 12", 24, 12, {0, 12, 12, 12, 12, 12, 12, 12, 12, 11, 12, 12, 5, 5, 1, 5, 2, 0, 0, 0, 1, 1, 1, 0, 2}},
        {"five levels", 9, 4, {0, 12, 12, 12, 6, 6, 6, 6, 0, 0}},
        {"six levels", 10, 0, {0, 12, 12, 12, 6, 6, 6, 6, 6, 0, 0}},
        {"at once", 6, 4, {0, 12, 12, 12, 0, 0, 0}},
        {"at level 2", 4, 2, {0, 12, 0, 0, 0}},
        {"one unlucky level", 6, 0, {0, 12, 12, 12, 2, 12, 12}},
        {"three quarters are not above", 5, 0, {0, 9, 9, 0, 0, 0}},
        {"a quarter is not below", 5, 0, {0, 12, 12, 3, 3, 3}},
        {"the last level has no next", 4, 0, {0, 12, 12, 12, 0, 0}}, // nor is level 5 looked at
        {"never high", 5, 0, {0, 8, 1, 0, 0, 0}},
        {"one level", 1, 0, {0, 12}},
    };
    int asked[26];
    for (int k = 0; k < 26; k++) asked[k] = LADDER_EACH;
    for (int i = 0; i < (int)R0I_COUNT(cases); i++) {
        int cliff = ladder_cliff(cases[i].right, asked, cases[i].levels);
        CHECK(cliff == cases[i].cliff, "%s: %d", cases[i].what, cliff);
    }
}

static void test_ladder(test *t)
{
    tiny_set apart = R0_ZERO;
    ladder_set_add(&apart);
    test_ladder_cliff(t);
    test_ladder_short(t);
    test_ladder_oracle(t);
    test_ladder_variants(t);
    test_ladder_held_out(t, &apart);
    test_ladder_corpus(t, &apart);
    tiny_set_free(&apart);
}
#endif
