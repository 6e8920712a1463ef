// The tiny world: oracle, generator, corpus, held-out sets. Catches: wrong answers, ambiguous questions, documents that
// do not parse, held-out questions in the corpus, slips that stray from their schedule, results that differ by system.
#include "../examples/arrays.h"

#ifndef HAVE_STB_DS
static void test_tiny(test *t)
{
    SKIP("no stb_ds.h: the corpus of the tiny world is not built");
}
#else
#include "../examples/tiny_corpus.h"
#include "../examples/world.h"

static void test_tiny_expect(test *t, const char *question, const char *family, int level, const char *answer)
{
    tiny_problem problem;
    char found[TINY_ANSWER];
    bool mine = tiny_classify(question, &problem), posed = tiny_answer(question, found);
    CHECK(mine == (family != NULL), "%s", question);
    if (mine && family)
        CHECK(!strcmp(tiny_families[problem.family].name, family) && problem.level == level, "%s", question);
    CHECK(posed == (answer != NULL) && !strcmp(found, answer ? answer : ""), "%s -> '%s'", question, found);
}

// Answers written by hand, ill-posed questions, and near misses that belong to no family.
static void test_tiny_oracle_cases(test *t)
{
    test_tiny_expect(t, "7+5-3", "chain", 2, "9");
    test_tiny_expect(t, "3-5+4", "chain", 2, NULL); // below zero on the way
    test_tiny_expect(t, "1+2+3+4+5+6+7+8+9+9+9", "chain", 10, "63");
    test_tiny_expect(t, "Tom has 7 eggs, gets 5, loses 3.", "word", 2, "9");
    test_tiny_expect(t, "Eva has 7 nuts, loses 8, gets 3.", "word", 2, NULL);
    test_tiny_expect(t, "a=5;b=a+3;c=b-2;c?", "var", 2, "6");
    test_tiny_expect(t, "a=1;b=a-2;b?", "var", 1, NULL);
    test_tiny_expect(t, "a=9;b=a+1;c=b+1;d=c+1;e=d+1;f=e+1;g=f+1;h=g+1;i=h+1;j=i+1;j?", "var", 9, "18");
    test_tiny_expect(t, "47+85", "add", 1, "132");
    test_tiny_expect(t, "99+1234", "add", 3, "1333");
    test_tiny_expect(t, "99999999999999999999+10", "add", 19, "100000000000000000009");
    test_tiny_expect(t, "347*6", "mul", 3, "2082");
    test_tiny_expect(t, "347*0", "mul", 3, "0");
    test_tiny_expect(t, "999999999999999999999*9", "mul", 21, "8999999999999999999991");
    test_tiny_expect(t, "max 47 12 88", "max", 2, "88");
    test_tiny_expect(t, "52-38", "sub", 1, "14");
    test_tiny_expect(t, "1000-99", "sub", 3, "901");
    test_tiny_expect(t, "38-38", "sub", 1, "0");
    test_tiny_expect(t, "38-52", "sub", 1, NULL);
    test_tiny_expect(t, "100000000000000000000-10", "sub", 20, "99999999999999999990");
    static const char *const foreign[] = {
        "",
        "7",
        "+",
        "7+",
        "+7",
        "7++5",
        "7+5 ",
        " 7+5",
        "7*5-3",
        "12+5",
        "5+12",
        "47+85+3",
        "047+85",
        "7+5=12",
        "52-8",
        "347*12",
        "0*5",
        "*5",
        "347*",
        "max",
        "max 47",
        "max 47 1",
        "max 47 123",
        "max47 12",
        "max 47 12 ",
        "max  47 12",
        "a=5;a?",
        "a=5;b=a+3;a?",
        "a=5;b=a+3;c?",
        "a=5;c=a+3;c?",
        "a=5;b=b+3;b?",
        "a=5;b=a+3;b",
        "a=5;b=a+3;b??",
        "a=12;b=a+3;b?",
        "b=5;c=b+1;c?",
        "Tom has 7 eggs.",
        "Tom has 7 eggs, gets 5",
        "Tom has 7 eggs, gets 5..",
        "Bob has 7 eggs, gets 5.",
        "Tom has 12 eggs, gets 5.",
        "Tom has 7 eggs, gets 5. ",
        "Tom has 7 eggs gets 5.",
        "a=9;b=a+1;c=b+1;d=c+1;e=d+1;f=e+1;g=f+1;h=g+1;i=h+1;j=i+1;k=j+1;k?",
        "1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+"
        "1"
        "+1+1+1+1+1+1+1+1+1+1+1+1",
        "1234567890123456789012345678901234567890123456789012345678901234567890*7",
    };
    for (size_t i = 0; i < R0I_COUNT(foreign); i++) test_tiny_expect(t, foreign[i], NULL, 0, NULL);
}

static void test_tiny_compare(test *t, const char *question, long expected, int64_t *wrong)
{
    char answer[TINY_ANSWER], right[32];
    bool posed = tiny_answer(question, answer);
    snprintf(right, sizeof right, "%ld", expected);
    bool good = expected < 0 ? !posed : posed && !strcmp(answer, right);
    if (!good && ++*wrong <= 3) CHECK(good, "%s -> %s, not %s", question, answer, right);
}

// Every pair of numbers up to three digits, and every chain, word and var of two operations, against plain C integers.
static void test_tiny_oracle_brute(test *t)
{
    char question[TINY_QUESTION];
    int64_t wrong = 0;
    for (int a = 10; a < 1000; a += 1 + a / 100)
        for (int b = 10; b < 1000; b += 1 + b / 60) {
            snprintf(question, sizeof question, "%d+%d", a, b);
            test_tiny_compare(t, question, a + b, &wrong);
            snprintf(question, sizeof question, "%d-%d", a, b);
            test_tiny_compare(t, question, a - b, &wrong);
            snprintf(question, sizeof question, "%d*%d", a * b, b % 10);
            test_tiny_compare(t, question, (long)a * b * (b % 10), &wrong);
            snprintf(question, sizeof question, "max %d %d", a % 90 + 10, b % 90 + 10);
            test_tiny_compare(t, question, R0I_MAX(a % 90, b % 90) + 10, &wrong);
        }
    for (int i = 0; i < 4000; i++) {
        int x = i % 10, y = i / 10 % 10, z = i / 100 % 10;
        bool plus_y = i / 1000 & 1, plus_z = i / 2000 & 1;
        int first = plus_y ? x + y : x - y, second = plus_z ? first + z : first - z;
        long expected = first < 0 || second < 0 ? -1 : second;
        snprintf(question, sizeof question, "%d%c%d%c%d", x, plus_y ? '+' : '-', y, plus_z ? '+' : '-', z);
        test_tiny_compare(t, question, expected, &wrong);
        snprintf(question, sizeof question, "Sam has %d pens, %s %d, %s %d.", x, plus_y ? "gets" : "loses", y,
                 plus_z ? "gets" : "loses", z);
        test_tiny_compare(t, question, expected, &wrong);
        snprintf(question, sizeof question, "a=%d;b=a%c%d;c=b%c%d;c?", x, plus_y ? '+' : '-', y, plus_z ? '+' : '-', z);
        test_tiny_compare(t, question, expected, &wrong);
    }
    CHECK(wrong == 0, "%lld wrong", (long long)wrong);
}

// One step of a solution, "4+8+1=13;" or "47,12=47;", taken apart and worked out anew. False: malformed.
typedef struct test_tiny_step {
    int left, right, carried; // carried: what the third operand adds or takes away
    char operation;
    int exact, written;
    bool hard;
} test_tiny_step;

static bool test_tiny_read_step(const char **at, tiny_family family, test_tiny_step *s)
{
    int used = 0;
    memset(s, 0, sizeof *s);
    if (sscanf(*at, "%d%c%d%n", &s->left, &s->operation, &s->right, &used) != 3) return false;
    const char *rest = *at + used;
    if (*rest == '+' || *rest == '-') s->carried = (int)strtol(rest, (char **)(void *)&rest, 10);
    if (*rest++ != '=') return false;
    s->written = (int)strtol(rest, (char **)(void *)&rest, 10);
    if (*rest++ != ';') return false;
    *at = rest;
    switch (s->operation) {
    case '+': s->exact = s->left + s->right; break;
    case '-': s->exact = s->left - s->right; break;
    case '*': s->exact = s->left * s->right; break;
    case ',': s->exact = R0I_MAX(s->left, s->right); break;
    default: return false;
    }
    s->exact += s->carried;
    bool running = family == TINY_CHAIN || family == TINY_WORD || family == TINY_VAR;
    s->hard = family == TINY_SUB ? s->left > 9 : running ? s->exact / 10 != s->left / 10 : s->exact > 9;
    return true;
}

// Drawn problems: the text is classified as what was drawn, the oracle answers it, and a solution without slips has
// only right steps, as many as the level asks, and arrives at the oracle's answer.
static void test_tiny_generator(test *t)
{
    tiny_random random = {1};
    tiny_slips never = {0, true};
    for (int family = 0; family < TINY_FAMILIES; family++) {
        int failures = 0, total = 20000;
        for (int i = 0; i < total; i++) {
            tiny_problem problem, parsed;
            test_tiny_step step;
            char question[TINY_QUESTION], steps[TINY_SOLUTION], answer[TINY_ANSWER], oracle[TINY_ANSWER];
            int level = 1 + i % tiny_families[family].levels, count = 0;
            tiny_problem_draw(&random, (tiny_family)family, level, &problem);
            tiny_problem_write(&problem, question);
            bool good = tiny_classify(question, &parsed) && !memcmp(&parsed, &problem, sizeof parsed);
            tiny_solve(&problem, &random, &never, steps, answer);
            good = good && tiny_answer(question, oracle) && !strcmp(answer, oracle);
            const char *at = steps;
            for (; good && *at; count++)
                good = test_tiny_read_step(&at, (tiny_family)family, &step) && step.written == step.exact;
            good = good && count == level + (family == TINY_ADD || family == TINY_SUB);
            if (!good && failures++ < 3) printf("     %s | %s | %s | %s\n", question, steps, answer, oracle);
        }
        CHECK(failures == 0, "%s: %d of %d", tiny_families[family].name, failures, total);
    }
}

// x of n, expected with probability p: within 4.5 standard deviations (and one, for small counts).
static void test_tiny_binomial(test *t, const char *what, int stage, int64_t x, int64_t n, double p)
{
    double deviation = fabs((double)x - p * (double)n), allowed = 4.5 * sqrt(p * (1 - p) * (double)n) + (p > 0 ? 1 : 0);
    CHECK(n > 0 && deviation <= allowed, "%s, stage %d: %lld of %lld, expected %.4f", what, stage, (long long)x,
          (long long)n, p);
}

typedef struct test_tiny_counts {
    int64_t documents, challenger, broken, unboxed, boxable, level1[2], family[2][TINY_FAMILIES], role[2];
    int64_t direct[3], solver[3];
    int64_t steps[3][2], slips[3][2]; // by level and difficulty
} test_tiny_counts;

// The document again, from its parts, by a table that is not the generator's.
static bool test_tiny_document(const tiny_corpus *c, const char *text, int prompt)
{
    static const char *const shapes[] = {
        "[S]Q<sep>SBA}<eos>",
        "[S]Q<sep>BA}<eos>",
        "[S]Q<sep>SA<eos>",
        "[Q]<question>Q</question>BA}<eos>",
        "[Q]Q<eos>",
        "[Q]<question>Q</question><eos>",
        "[Q]<question>QBA}<eos>",
    };
    char expected[TINY_DOCUMENT] = "", *out = expected;
    for (const char *s = shapes[c->style]; *s; s++) {
        bool in_tag = s > shapes[c->style] && s[-1] == '[';
        const char *part = in_tag ? NULL : *s == 'Q' ? c->question : *s == 'S' ? c->steps : *s == 'A' ? c->answer
                         : *s == 'B' ? "\\boxed{" : NULL;
        if (part) out += sprintf(out, "%s", part);
        else *out++ = *s, *out = 0;
    }
    const char *separator = strstr(text, "<sep>");
    int masked = separator ? (int)(separator - text) + 5 : 3;
    return !strcmp(text, expected) && prompt == masked && (text[1] == 'S') == (separator != NULL);
}

static void test_tiny_count_slips(const tiny_corpus *c, test_tiny_counts *n, int *malformed)
{
    test_tiny_step step;
    int level = R0I_MIN(c->problem.level, 3) - 1;
    if (c->problem.family == TINY_MAX) return; // plain probability: below
    for (const char *at = c->steps; *at;) {
        if (!test_tiny_read_step(&at, c->problem.family, &step)) {
            ++*malformed;
            return;
        }
        if (step.exact < 3) continue; // a slip may be cut at zero there
        n->steps[level][step.hard]++;
        n->slips[level][step.hard] += step.written != step.exact;
    }
}

static bool test_tiny_in_list(const tiny_set *set, const char *question)
{
    for (int i = 0; i < tiny_set_count(set); i++)
        if (!strcmp(set->items[i].key, question)) return true;
    return false;
}

static void test_tiny_count(test *t, int stage, const tiny_set *apart, int total, test_tiny_counts *n)
{
    tiny_corpus corpus;
    char text[TINY_DOCUMENT];
    int prompt, bad = 0, shown = 0, malformed = 0;
    tiny_corpus_init(&corpus, 11, stage, apart);
    for (int i = 0; i < total; i++) {
        bool good = tiny_corpus_next(&corpus, text, sizeof text, &prompt) && test_tiny_document(&corpus, text, prompt);
        if (!good && bad++ < 3) printf("     document: %s\n", text);
        bool challenger = text[1] == 'Q';
        int level = R0I_MIN(corpus.problem.level, 3) - 1;
        shown += test_tiny_in_list(apart, corpus.question);
        n->documents++, n->role[challenger]++, n->family[challenger][corpus.problem.family]++;
        n->level1[challenger] += corpus.problem.family == TINY_ADD && corpus.problem.level == 1;
        n->broken += corpus.style >= TINY_PROPOSAL_BARE;
        if (!challenger) n->solver[level]++, n->direct[level] += corpus.style == TINY_DIRECT;
        if (!challenger) n->boxable += corpus.style != TINY_DIRECT, n->unboxed += corpus.style == TINY_UNBOXED;
        test_tiny_count_slips(&corpus, n, &malformed);
    }
    CHECK(bad == 0 && malformed == 0, "%d bad documents, %d malformed solutions", bad, malformed);
    CHECK(shown == 0, "%d held-out questions in %d documents of stage %d", shown, total, stage);
}

// The corpus of each stage, 200,000 documents in all, against its schedule.
static void test_tiny_corpus(test *t, const tiny_set *apart)
{
    static const double slip[3][3] = {{.15, .15, .15}, {.15, .15, .15}, {0, .15, .06}};
    static const double direct[3] = {0, 0, .6}, decay[3][2] = {{.6, .6}, {.75, .45}, {.8, .1}};
    for (int stage = 1; stage <= 3; stage++) {
        test_tiny_counts n;
        memset(&n, 0, sizeof n);
        test_tiny_count(t, stage, apart, stage == 1 ? 66668 : 66666, &n);
        test_tiny_binomial(t, "challenger documents", stage, n.role[1], n.documents, .3);
        test_tiny_binomial(t, "malformed proposals", stage, n.broken, n.role[1], .06);
        test_tiny_binomial(t, "unboxed solutions", stage, n.unboxed, n.boxable, .03);
        test_tiny_binomial(t, "chain, solver", stage, n.family[0][TINY_CHAIN], n.role[0], .30);
        test_tiny_binomial(t, "max, solver", stage, n.family[0][TINY_MAX], n.role[0], .06);
        test_tiny_binomial(t, "sub, solver", stage, n.family[0][TINY_SUB], n.role[0], .06);
        test_tiny_binomial(t, "word, challenger", stage, n.family[1][TINY_WORD], n.role[1], .16 / .88);
        CHECK(n.family[1][TINY_MAX] + n.family[1][TINY_SUB] == 0, "a challenger was shown a transfer family");
        for (int role = 0; role < 2; role++) { // add has four levels and no held-out cap: 1 / (1 + d + d^2 + d^3)
            double d = decay[stage - 1][role];
            test_tiny_binomial(t, role ? "add-1, challenger" : "add-1, solver", stage, n.level1[role],
                               n.family[role][TINY_ADD], 1 / (1 + d + d * d + d * d * d));
        }
        for (int level = 0; level < 3; level++) {
            double e = slip[stage - 1][level] * .975; // one slip in forty writes the right digit again
            test_tiny_binomial(t, "direct", stage, n.direct[level], n.solver[level], stage == 3 ? direct[level] : 0);
            for (int hard = 0; hard < 2; hard++)
                test_tiny_binomial(t, hard ? "slips, hard" : "slips, easy", stage, n.slips[level][hard],
                                   n.steps[level][hard], stage == 1 ? e : hard ? 1.6 * e : .4 * e);
        }
    }
}

// The sets are full, distinct, rightly answered, spread over all levels, and equal to the files in examples/tiny.
static void test_tiny_sets(test *t, const tiny_set *apart)
{
    int per[TINY_FAMILIES][16] = {{0}};
    CHECK(tiny_set_count(apart) == TINY_HELD_OUT + TINY_TRANSFER, "%d", tiny_set_count(apart));
    for (int i = 0; i < tiny_set_count(apart); i++) {
        const tiny_item *item = &apart->items[i];
        char answer[TINY_ANSWER];
        bool twice = false;
        for (int j = 0; j < i; j++) twice |= !strcmp(apart->items[j].key, item->key);
        CHECK(!twice && tiny_set_contains(apart, item->key), "%s", item->key);
        CHECK(tiny_answer(item->key, answer) && !strcmp(answer, item->answer), "%s", item->key);
        CHECK((item->family < TINY_MAIN_FAMILIES) == (i < TINY_HELD_OUT), "%s", item->id);
        per[item->family][item->level]++;
    }
    for (int family = 0; family < TINY_FAMILIES; family++)
        for (int level = 1; level <= tiny_families[family].levels; level++)
            CHECK(per[family][level] >= (level == 1 ? 8 : 12) && per[family][level] <= 19, "%d-%d", family, level);
    CHECK(!tiny_set_contains(apart, "7+5-3+no") && !tiny_set_contains(apart, ""));
}

// heldout, transfer, and the questions that fixed-question baselines train on, which are in neither of the others.
static void test_tiny_files(test *t)
{
    static const char *const names[] = {"heldout", "transfer", "questions"};
    for (int which = 0; which < 3; which++) {
        char path[64], *committed = NULL, *fresh = NULL;
        size_t size = 0, fresh_size = 1;
        tiny_set of = R0_ZERO, *set = &of;
        if (which != 1) tiny_set_add_held_out(set);
        if (which != 0) tiny_set_add_transfer(set);
        int apart = tiny_set_count(set);
        if (which == 2) tiny_set_add_unlabelled(set);
        CHECK(which != 2 || (tiny_set_count(set) == apart + TINY_UNLABELLED && apart == TINY_HELD_OUT + TINY_TRANSFER));
        CHECK(which == 2 ? tiny_set_write_unlabelled(set, apart, "build/test-tiny.jsonl")
                         : tiny_set_write(set, "build/test-tiny.jsonl"));
        snprintf(path, sizeof path, "examples/tiny/%s.jsonl", names[which]);
        CHECK(!r0i_file_read(t->r0, path, &committed, &size), "%s", r0_error(t->r0));
        CHECK(!r0i_file_read(t->r0, "build/test-tiny.jsonl", &fresh, &fresh_size));
        CHECK(size == fresh_size && committed && !memcmp(committed, fresh, size), "%s is not what the generator makes",
              path);
        r0i_free(t->r0, committed);
        r0i_free(t->r0, fresh);
        tiny_set_free(set);
    }
}

// The same documents on every system, and others for another seed or stage; measures the speed as well.
static void test_tiny_repeats(test *t, const tiny_set *apart)
{
    uint32_t hashes[3];
    char text[TINY_DOCUMENT];
    int prompt;
    for (int which = 0; which < 3; which++) {
        tiny_corpus corpus;
        tiny_corpus_init(&corpus, which == 1 ? 8 : 7, which == 2 ? 2 : 1, apart);
        hashes[which] = 2166136261u;
        for (int i = 0; i < 5000; i++) {
            tiny_corpus_next(&corpus, text, sizeof text, &prompt);
            for (const char *c = text; *c; c++) hashes[which] = (hashes[which] ^ (uint8_t)*c) * 16777619u;
        }
    }
    CHECK(hashes[0] == 0x920bb111u, "seed 7, stage 1: 0x%08x", hashes[0]);
    CHECK(hashes[1] != hashes[0] && hashes[2] != hashes[0] && hashes[1] != hashes[2]);
    tiny_corpus corpus;
    tiny_corpus_init(&corpus, 7, 1, NULL);
    CHECK(!tiny_corpus_next(&corpus, text, 8, &prompt) && strlen(text) < 8, "a document in 8 bytes");
}

static bool test_tiny_encode(r0_tokenizer *tokenizer, const char *text, size_t size, unsigned flags, r0_tokens *tokens)
{
    r0_span span = {text, size};
    return r0_tokenizer_encode(tokenizer, span, flags, tokens) == R0_OK;
}

// A document becomes tokens and text again, ends in <eos>, and its prompt is a prefix in tokens as in bytes; its
// question, as plain text, is the same tokens that stand in it. Returns the number of tokens; 0: something is wrong.
static size_t test_tiny_tokens(test *t, r0_tokenizer *tokenizer, const tiny_corpus *corpus, const char *text,
                               int prompt)
{
    r0_tokens all = {NULL, 0}, head = {NULL, 0}, question = {NULL, 0};
    char *back = NULL;
    size_t size = 0, count = 0;
    bool good = test_tiny_encode(tokenizer, text, strlen(text), R0_TOKENIZE_SPECIAL, &all) && all.count > 2;
    good = good && test_tiny_encode(tokenizer, text, (size_t)prompt, R0_TOKENIZE_SPECIAL, &head);
    good = good && test_tiny_encode(tokenizer, corpus->question, strlen(corpus->question), 0, &question);
    good = good && r0_tokenizer_decode(tokenizer, all.ids, all.count, 0, &back, &size) == R0_OK && !strcmp(back, text);
    good = good && head.count < all.count && !memcmp(head.ids, all.ids, head.count * sizeof *all.ids);
    good = good && all.ids[all.count - 1] == r0_tokenizer_id(tokenizer, "<eos>");
    int32_t role = r0_tokenizer_id(tokenizer, text[1] == 'Q' ? "[Q]" : "[S]");
    good = good && all.ids[0] == role && head.count == (text[1] == 'Q' ? 1 : question.count + 2);
    size_t at = text[1] == 'Q' && corpus->style != TINY_PROPOSAL_BARE ? 2 : 1;
    good = good && !memcmp(question.ids, all.ids + at, question.count * sizeof *all.ids);
    if (good) count = all.count;
    r0_tokens_free(t->r0, &all);
    r0_tokens_free(t->r0, &head);
    r0_tokens_free(t->r0, &question);
    r0_text_free(t->r0, back);
    return count;
}

// The committed tokenizer reads the corpus as intended, and no tag can be smuggled into a question.
static void test_tiny_tokenizer(test *t)
{
    static const char *const ids[] = {"<pad>", "[Q]",   "[S]",    "<question>", "</question>", "\\boxed{",
                                      "j",     "<eos>", "<sep>",  "Tom",        "Ann",         "Sam",
                                      "Eva",   " has ", " gets ", " loses "};
    static const char *const refused[] = {"7+5}", "<question>7+5", "7+5</question>", "\\boxed{9",
                                          "[Q]7", "7<eos>",        "7<sep>9"};
    r0_tokenizer *tokenizer;
    r0_tokens tokens = {NULL, 0};
    char text[TINY_DOCUMENT];
    int prompt, bad = 0;
    if (!CHECK(!r0_tokenizer_load(t->r0, "examples/tiny", &tokenizer), "%s", r0_error(t->r0))) return;
    CHECK(r0_tokenizer_id(tokenizer, "}") == 48);
    for (size_t i = 0; i < R0I_COUNT(ids); i++) CHECK(r0_tokenizer_id(tokenizer, ids[i]) == (int32_t)i, "%s", ids[i]);
    for (size_t i = 0; i < R0I_COUNT(refused); i++) {
        CHECK(!test_tiny_encode(tokenizer, refused[i], strlen(refused[i]), 0, &tokens), "%s was encoded", refused[i]);
        r0_tokens_free(t->r0, &tokens);
    }
    for (int stage = 1; stage <= 3; stage++) {
        tiny_corpus corpus;
        size_t longest = 0;
        tiny_corpus_init(&corpus, 3, stage, NULL);
        for (int i = 0; i < 3000; i++) {
            tiny_corpus_next(&corpus, text, sizeof text, &prompt);
            size_t count = test_tiny_tokens(t, tokenizer, &corpus, text, prompt);
            if (!count && bad++ < 3) printf("     tokens: %s\n", text);
            longest = R0I_MAX(longest, count);
        }
        CHECK(longest <= 128, "%zu tokens", longest); // well within the model's 256 positions
    }
    CHECK(bad == 0, "%d documents", bad);
    r0_tokenizer_destroy(tokenizer);
}

static void test_tiny_config(test *t)
{
    r0_model_config config;
    if (!CHECK(!r0_model_config_read(t->r0, "examples/tiny", &config), "%s", r0_error(t->r0))) return;
    CHECK(r0_model_config_parameters(&config) == 523456 && config.vocab_size == 49 && config.max_positions == 256);
    CHECK(config.eos_count == 1 && config.eos_tokens[0] == 7 && config.pad_token == 0 && config.bos_token == -1);
}

// What tiny_vary makes of a question has the same answer, also where that is none, and is of the grammar where the
// question is; every family but the two that have one form comes out in several.
static void test_tiny_vary(test *t)
{
    tiny_random random = {11};
    int others[TINY_FAMILIES] = {0};
    for (int i = 0; i < 7000; i++) {
        tiny_problem p;
        char question[TINY_QUESTION], varied[TINY_QUESTION], truth[TINY_ANSWER], same[TINY_ANSWER];
        int family = i % TINY_FAMILIES, level = 1 + i / TINY_FAMILIES % (family < TINY_ADD ? 12 : 4);
        tiny_problem_draw(&random, (tiny_family)family, family == TINY_VAR && level > 9 ? 9 : level, &p);
        for (int k = 0; k < p.count && i % 3 == 0 && family < TINY_ADD; k++) p.sign[k] = '-'; // mostly below zero
        tiny_problem_write(&p, question);
        bool form = family != TINY_MUL && family != TINY_SUB;
        CHECK(tiny_vary(NULL, r0i_span_of(question), (uint64_t)i, varied, sizeof varied) == form, "%s", question);
        if (!form) continue;
        bool posed = tiny_answer(question, truth);
        CHECK(tiny_answer(varied, same) == posed && (!posed || !strcmp(truth, same)), "%s, %s", question, varied);
        CHECK(tiny_valid(NULL, r0i_span_of(question)) == posed, "%s", question);
        CHECK(!tiny_vary(NULL, r0i_span_of(question), (uint64_t)i, varied, strlen(varied)), "%s fits", varied);
        others[family] += strcmp(question, varied) != 0;
    }
    for (int f = 0; f < TINY_FAMILIES; f++)
        CHECK((others[f] > 300) == (f != TINY_MUL && f != TINY_SUB), "%s: %d", tiny_families[f].name, others[f]);
    CHECK(!tiny_valid(NULL, r0i_span_of("2+3=")) && !tiny_valid(NULL, r0i_span_of("7-6-8")));
}

static void test_tiny(test *t)
{
    tiny_set of = R0_ZERO, *apart = &of;
    tiny_set_add_held_out(apart);
    tiny_set_add_transfer(apart);
    test_tiny_oracle_cases(t);
    test_tiny_oracle_brute(t);
    test_tiny_generator(t);
    test_tiny_sets(t, apart);
    test_tiny_files(t);
    test_tiny_corpus(t, apart);
    test_tiny_repeats(t, apart);
    test_tiny_vary(t);
    test_tiny_tokenizer(t);
    test_tiny_config(t);
    tiny_set_free(apart);
}
#endif // HAVE_STB_DS
