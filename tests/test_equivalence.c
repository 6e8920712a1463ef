// When two answers are the same. Each pair names the rule that must decide it, so that nothing is right by accident.
// Catches: lost notations, false equals, rules that hold one way only, work that is not bounded.
#include "../examples/mathruler.h"

typedef struct equal_case {
    const char *gold, *pred;
    r0_equality equal;
    const char *reason; // NULL: any
} equal_case;

#define SAME R0_EQUAL
#define DIFFERS R0_UNEQUAL

static const equal_case equal_strict[] = {
    {"", "", SAME, "identical"},
    {"x", " x\n", SAME, "identical"},
    {"007", "7", SAME, "integers"},
    {"-0", "0", SAME, "integers"},
    {"12", "-12", DIFFERS, "integers"},
    {"99999999999999999999999999", "99999999999999999999999998", DIFFERS, "integers"},
    // exact numbers
    {"\\frac{1}{2}", "0.5", SAME, "decimal"},
    {"\\frac12", "1/2", SAME, "value"},
    {"\\dfrac{3}{6}", "\\tfrac{1}{2}", SAME, "value"},
    {"2\\frac{1}{3}", "\\frac{7}{3}", SAME, "value"},
    {"2 1/3", "7/3", SAME, "value"},
    {"-1\\frac12", "-\\frac32", SAME, "value"},
    {"10^{30}+1", "10^{30}", DIFFERS, "value"},
    {"100000000000000000000000000000000000001/3", "100000000000000000000000000000000000002/3", DIFFERS, "value"},
    {"2^{100}", "1267650600228229401496703205376", SAME, "value"},
    {"\\frac{10!}{8!}", "90", SAME, "value"},
    {"\\binom{10}{3}", "120", SAME, "value"},
    {"0.\\overline{3}", "1/3", SAME, "value"},
    {"0.1\\overline{6}", "\\frac{1}{6}", SAME, "value"},
    {"204_5", "54", SAME, "value"},
    {"1101_2", "13", SAME, "value"},
    {"204_{5}", "204_5", SAME, "value"},
    // decimals
    {"0.333333", "1/3", SAME, "decimal"},
    {"0.33", "1/3", DIFFERS, NULL},
    {"1.5e-3", "0.0015", SAME, "decimal"},
    {"6 \\times 10^{-3}", "0.006", SAME, "decimal"},
    {"1e-20", "2e-20", DIFFERS, NULL},
    {"1.0e-9", "1.1e-9", DIFFERS, NULL},
    {"1,22", "1.22", SAME, "decimal"},
    {"3{,}14", "3.14", SAME, "decimal"},
    // thousands
    {"1,234,567", "1234567", SAME, "value"},
    {"10{,}000", "10000", SAME, "value"},
    {"11,\\! 111,\\! 100", "11111100", SAME, "value"},
    {"12\\,345", "12345", SAME, "value"},
    {"100,200", "200, 100", DIFFERS, NULL},
    {"(2,251,252)", "(2, 251, \\frac{504}{2})", SAME, "tuple"},
    // irrational
    {"\\sqrt{8}", "2\\sqrt2", SAME, "value"},
    {"\\frac{1}{\\sqrt{3}}", "\\frac{\\sqrt{3}}{3}", SAME, "value"},
    {"\\sqrt{2}+\\sqrt{3}", "\\sqrt{5+2\\sqrt{6}}", SAME, "value"},
    {"\\sqrt{2}", "1.414", DIFFERS, NULL},
    {"\\pi", "3.14159265", SAME, "decimal"},
    {"\\pi", "\\frac{22}{7}", DIFFERS, "value"},
    {"\xCF\x80/2", "\\frac{\\pi}{2}", SAME, "value"},
    {"e^{i\\pi}", "-1", SAME, "value"},
    {"\\sqrt[3]{-8}", "-2", SAME, "value"},
    {"\\log_2 8", "3", SAME, "value"},
    {"\\ln e^2", "2", SAME, "value"},
    {"\\log 2", "\\ln 2", SAME, "value"},
    {"\\sin 30^\\circ", "\\frac12", SAME, "value"},
    {"\\sin^2 x + \\cos^2 x", "1", SAME, "value"},
    {"\\tan x", "\\frac{\\sin x}{\\cos x}", SAME, "value"},
    {"\\arctan 1", "\\pi/4", SAME, "value"},
    {"3+4i", "4i+3", SAME, "value"},
    {"\\frac{1}{2+2i}", "\\frac14-\\frac i4", SAME, "value"},
    // symbols
    {"(x+1)^2", "x^2+2x+1", SAME, "value"},
    {"(x+1)^2", "x^2+2x+2", DIFFERS, "value"},
    {"(x-y)(x+y)", "x^2-y^2", SAME, "value"},
    {"\\frac{x^2-1}{x-1}", "x+1", SAME, "value"},
    {"ab", "ba", SAME, "value"},
    {"x_{1}+x_2", "x_2+x_1", SAME, "value"},
    {"x", "y", DIFFERS, "value"},
    {"\\sqrt{x^2}", "x", DIFFERS, "value"},
    {"\\sqrt{x^2}", "|x|", SAME, "value"},
    {"\\sqrt{\\frac{9}{4}}", "1.5", SAME, "decimal"},
    {"\\sqrt{x}\\sqrt{y}", "\\sqrt{xy}", SAME, "value"},
    {"2\\ln x", "\\ln(x^2)", SAME, "value"},
    {"2^{n+1}", "2\\cdot 2^n", SAME, "value"},
    {"n!", "n\\cdot(n-1)!", SAME, "value"},
    {"\\alpha", "\xCE\xB1", SAME, "text"},
    {"y'", "y", DIFFERS, NULL},
    {"f(x)", "f(y)", DIFFERS, "value"},
    // units, percent, degrees, currency
    {"5\\text{ cm}^2", "5", SAME, "value"},
    {"36 mL", "36", SAME, "value"},
    {"12\\,\\mathrm{m/s}", "12", SAME, "value"},
    {"(30, 60) degrees", "(30,60)", SAME, NULL},
    {"4\\tau^\\circ", "4\\tau", SAME, "value"},
    {"\\$25", "25", SAME, NULL},
    {"25 dollars", "25", SAME, NULL},
    {"20\\%", "20", SAME, "value"},
    {"20\\%", "0.2", SAME, "decimal"},
    {"20\\%", "2", DIFFERS, NULL},
    {"20\\%", "20 percent", SAME, "value"},
    {"90^\\circ", "90", SAME, "value"},
    {"90^{\\circ}", "\\frac{\\pi}{2}", SAME, "value"},
    {"90^\\circ", "1.5", DIFFERS, NULL},
    // collections
    {"1, 2", "2 \\text{ and } 1", SAME, "list"},
    {"1,2,3", "\\{3,2,1\\}", SAME, "list"},
    {"1,2", "1,2,3", DIFFERS, "list"},
    {"5or9", "9, 5", SAME, "list"},
    {"3 \\pm \\sqrt{2}", "3-\\sqrt2, 3+\\sqrt2", SAME, "list"},
    {"\\pm 2021", "2021", DIFFERS, "list"},
    {"(1,2)", "(2,1)", DIFFERS, NULL},
    {"(1,2)", "[1,2]", DIFFERS, "interval"},
    {"[2,3)", "[2, 3 )", SAME, NULL},
    {"(-\\infty, 2]", "(-\\infty,2]", SAME, NULL},
    {"(-\\infty, 2]", "(-\\infty,3]", DIFFERS, NULL},
    {"[1,2]\\cup[3,4]", "[3,4] \\cup [1,2]", SAME, "union"},
    {"(1,\\frac92)", "(1,4.5)", SAME, NULL},
    {"(1,2),(3,4)", "(3,4) and (1,2)", SAME, "list"},
    {"\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1 & 2 \\\\ 3 & \\frac82\\end{bmatrix}", SAME,
     "matrix"},
    {"\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}1&2\\end{pmatrix}", DIFFERS, "matrix"},
    {"\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1,2)", SAME, "matrix"},
    {"\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\\begin{pmatrix}1\\\\1\\end{pmatrix}",
     "\\begin{pmatrix}3\\\\7\\end{pmatrix}", SAME, "matrix"},
    {"2\\begin{pmatrix}1\\\\1\\end{pmatrix}+\\begin{pmatrix}1\\\\0\\end{pmatrix}",
     "\\begin{pmatrix}3\\\\2\\end{pmatrix}", SAME, "matrix"},
    // relations
    {"x=5", "5", SAME, "assignment"},
    {"x=5", "y=5", DIFFERS, "relation"},
    {"f(x)=x+1", "x+1", SAME, "assignment"},
    {"x \\in [1,2]", "[1,2]", SAME, NULL},
    {"x=1,y=2", "1,2", SAME, "tuple"},
    {"x=1,y=2", "2,1", DIFFERS, "tuple"},
    {"x=1,y=2", "y=2, x=1", SAME, "list"},
    {"x<1", "-x>-1", SAME, "relation"},
    {"x=x", "4=4=4=4", DIFFERS, NULL},
    {"x<1", "x\\le 1", DIFFERS, "relation"},
    {"x<1", "x>1", DIFFERS, "relation"},
    {"1<x<2", "2>x>1", SAME, "relation"},
    {"2x+4y-3=0", "y=-\\frac12x+\\frac34", SAME, "relation"},
    {"x^2+y^2=1", "x^2+y^2=2", DIFFERS, "relation"},
    {"z=1+1=2", "z=3-1=2", SAME, "assignment"},
    {"a^2+b=0", "0", DIFFERS, "relation"},
    {"11:21", "22:42", SAME, "ratio"},
    {"1:2", "1/2", SAME, "ratio"},
    {"1:2:3", "1:2:4", DIFFERS, "ratio"},
    {"12:00", "12:30", DIFFERS, NULL},
    // words and choices
    {"\\text{Even}", "even", SAME, "words"},
    {"\\text{no solution}", "No  solution.", SAME, "words"},
    {"east", "seat", DIFFERS, "words"},
    {"\\text{(B)}", "B", SAME, "choice"},
    {"B", "(B) 5", SAME, "choice"},
    {"B", "(C) 5", DIFFERS, NULL},
    // what cannot be parsed
    {"\\foo{", "\\foo {", SAME, "text"},
    {"\\frac{", "\\frac{1", DIFFERS, "text"},
    {"1/0", "5", R0_UNDECIDED, NULL},
    {"\\sum_{k=1}{5}k", "0", R0_UNDECIDED, NULL}, // no upper bound
    {"\\prod_{i=1}{4}(2i-1)", "1", R0_UNDECIDED, NULL},
    {"10^{10^{10}}", "10^{10^{11}}", R0_UNDECIDED, NULL},
};

static r0_verdict test_equal(test *t, const char *gold, const char *pred, bool mathruler)
{
    r0_verdict verdict;
    r0_span a = {gold, strlen(gold)}, b = {pred, strlen(pred)};
    if (mathruler) return mathruler_grade(t->r0, a, b);
    CHECK(r0_answer_equal(t->r0, a, b, 0, &verdict) == R0_OK, "%s", r0_error(t->r0));
    return verdict;
}

static void test_equal_cases(test *t, const equal_case *cases, size_t count, bool mathruler)
{
    for (size_t i = 0; i < count; i++) {
        const equal_case *c = &cases[i];
        r0_verdict verdict = test_equal(t, c->gold, c->pred, mathruler);
        CHECK(verdict.equal == c->equal, "%s | %s: %d by %s", c->gold, c->pred, verdict.equal, verdict.reason);
        if (c->reason)
            CHECK(!strcmp(verdict.reason, c->reason), "%s | %s: by %s, not %s", c->gold, c->pred, verdict.reason,
                  c->reason);
        if (mathruler) continue;
        r0_verdict back = test_equal(t, c->pred, c->gold, mathruler);
        CHECK(back.equal == c->equal, "%s | %s: not symmetric (%s)", c->gold, c->pred, back.reason);
        CHECK(test_equal(t, c->gold, c->gold, mathruler).equal == R0_EQUAL, "%s: not reflexive", c->gold);
    }
}


// MathRuler's quirks, each from a line of its code.
static const equal_case equal_mathruler[] = {
    {"\\frac{1}{2}", "0.5", SAME, NULL},
    {"\\frac{1}{2}", "\\frac{2}{4}", DIFFERS, "fractions"},     // unreduced fractions are not the same
    {"2", "\\frac{4}{2}", DIFFERS, "integer"},                  // an integer wants an integer
    {"5 or 9", "5 , 9", SAME, "text"},
    {"5, 9", "9, 5", DIFFERS, NULL},
    {"x = 5", "5", SAME, "normalized text"},                    // two characters before '='
    {"abc=5", "5", DIFFERS, NULL},
    {"2", "2 \\text{ and } 3", SAME, "normalized text"},        // what follows "\text{ " is a unit
    {"2^{k}", "2^{k+1} - 1", SAME, "value"},                    // braces vanish: 2^k+1-1
    {"x^{10}", "x^{5}x^{5}", DIFFERS, NULL},                    // two-digit exponents are not looked at
    {"(x+1)^2", "x^2+2x+1", SAME, "value"},
    {"xyz", "zyx", DIFFERS, NULL},                              // three letters: not evaluated
    {"36", "36 cm^2", SAME, NULL},
    {"36", "36 mL", DIFFERS, NULL},
    {"50\\%", "50", SAME, "normalized text"},
    {"1,234", "1234", SAME, "text"},
    {"(1,2)", "[1,2]", DIFFERS, "tuple"},
    {"(1,\\frac{9}{2})", "(1,4.5)", SAME, "value"},
    {"5 million", "5000000", DIFFERS, NULL},
    {"3\\frac{1}{2}", "\\frac{7}{2}", SAME, "value"},
    {"1.0", "1", SAME, "text"},
    {"\\text{Yes}", "yes", SAME, "text"},
    {"4.123105625617661", "\\sqrt{17}", DIFFERS, "value"},      // no decimal is a root
    {"", "", SAME, "identical"},
    {"5", "", DIFFERS, NULL},
    {"\\frac", "\\frac{1}", DIFFERS, NULL},
};

// A labeled file of pairs: how many of the equals were found, how many of the unequals were kept.
typedef struct equal_run {
    test *t;
    bool mathruler;
    int equals, found, unequals, kept, undecided;
    uint32_t steps;
    double seconds, total;
    int kinds;
    struct { char name[32]; int equals, found, unequals, kept; } kind[64]; // of lines that name theirs
} equal_run;

// Processor time: other processes do not count.
static double equal_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static bool equal_extract(const r0_json *line, r0_span text, r0_span *answer)
{
    const r0_json *targets = r0_json_get(line, "targets");
    unsigned forms = R0_ANSWER_BOXES | R0_ANSWER_PHRASE;
    *answer = text;
    bool marked = r0i_span_holds(text, "answer") || r0i_span_holds(text, "####"); // as `r0 grade` looks for it
    if (!targets && !marked && !r0i_span_holds(text, "\\boxed")) return true;
    if (!targets) forms |= R0_ANSWER_MATH | R0_ANSWER_NUMBER | (marked ? R0_ANSWER_HASHES : 0);
    for (size_t i = 0; targets && i < targets->count; i++)
        forms |= !strcmp(targets->items[i].text.data, "latex") ? R0_ANSWER_MATH : R0_ANSWER_NUMBER;
    if (r0_answer_extract(text, forms, answer)) return true;
    *answer = text;
    return !targets;
}

static void equal_count_kind(equal_run *run, r0_span kind, bool wanted, r0_equality equal)
{
    int k = 0;
    if (!kind.size || kind.size >= sizeof run->kind[0].name) return;
    while (k < run->kinds && strncmp(run->kind[k].name, kind.data, kind.size)) k++;
    if (k == (int)R0I_COUNT(run->kind)) return;
    if (k == run->kinds) memcpy(run->kind[run->kinds++].name, kind.data, kind.size);
    run->kind[k].equals += wanted, run->kind[k].unequals += !wanted;
    run->kind[k].found += wanted && equal == R0_EQUAL, run->kind[k].kept += !wanted && equal != R0_EQUAL;
}

static r0_status equal_line(void *user, int number, const r0_json *line)
{
    equal_run *run = (equal_run *)user;
    r0_span gold = r0_json_get_text(line, "gold"), pred = r0_json_get_text(line, "pred");
    bool wanted = r0_json_get_bool(line, "equal", false), strict = !run->mathruler;
    r0_verdict verdict = {R0_UNEQUAL, "no answer", 0}, back;
    (void)number;
    if (!strict || (equal_extract(line, r0_json_get_text(line, "gold"), &gold) &&
                    equal_extract(line, r0_json_get_text(line, "pred"), &pred))) {
        double start = equal_seconds();
        int places = R0I_MAX(1, (int)r0_json_get_number(line, "precision", 6));
        r0_status status = R0_OK;
        if (strict) status = r0_answer_equal(run->t->r0, gold, pred, places, &verdict);
        else verdict = mathruler_grade(run->t->r0, gold, pred);
        double took = equal_seconds() - start;
        if (status) return status;
        run->seconds = R0I_MAX(run->seconds, took), run->total += took;
        test *t = run->t;
        if (strict && !r0_answer_equal(run->t->r0, pred, gold, places, &back))
            CHECK(verdict.equal == back.equal, "%.*s | %.*s: not symmetric", (int)gold.size, gold.data, (int)pred.size,
                  pred.data);
    }
    run->steps = R0I_MAX(run->steps, verdict.steps);
    run->undecided += verdict.equal == R0_UNDECIDED;
    run->equals += wanted, run->unequals += !wanted;
    run->found += wanted && verdict.equal == R0_EQUAL;
    run->kept += !wanted && verdict.equal != R0_EQUAL;
    equal_count_kind(run, r0_json_get_text(line, "kind"), wanted, verdict.equal);
    return R0_OK;
}

// The rates in percent are asserted; see tests/data/judge_disagreements.md for what is left.
static void test_equal_file(test *t, const char *path, bool mathruler, double found, double kept)
{
    const char *name = strrchr(path, '/') + 1;
    equal_run run;
    memset(&run, 0, sizeof run);
    run.t = t, run.mathruler = mathruler;
    CHECK(r0_json_lines(t->r0, path, equal_line, &run) == R0_OK, "%s", r0_error(t->r0));
    CHECK(run.equals > 0 && run.unequals > 0, "%s: nothing to compare", name);
    CHECK(100.0 * run.found >= found * run.equals, "%s: equals found %d of %d", name, run.found, run.equals);
    CHECK(100.0 * run.kept >= kept * run.unequals, "%s: unequals kept %d of %d", name, run.kept, run.unequals);
    for (int k = 0; k < run.kinds; k++) { // 80 % of the equals of every kind, 92 % of the unequals
        CHECK(10 * run.kind[k].found >= 8 * run.kind[k].equals, "%s, %s: equals found %d of %d", name, run.kind[k].name,
              run.kind[k].found, run.kind[k].equals);
        CHECK(100 * run.kind[k].kept >= 92 * run.kind[k].unequals, "%s, %s: unequals kept %d of %d", name,
              run.kind[k].name, run.kind[k].kept, run.kind[k].unequals);
    }
    printf(
        "  %-22s equals found %d of %d, unequals kept %d of %d, undecided %d, worst %u steps %.0f us, mean %.0f us\n",
        name, run.found, run.equals, run.kept, run.unequals, run.undecided, run.steps, 1e6 * run.seconds,
        1e6 * run.total / (run.equals + run.unequals));
}

// Wherever the file lies; the repository has one of every kind.
static void test_equal_files(test *t, const char *name, bool mathruler, double found, double kept)
{
    char path[512];
    for (int place = 0; test_data(name, &place, path);) test_equal_file(t, path, mathruler, found, kept);
}

// A random edit: one byte removed, doubled or exchanged for another of the text.
static void equal_mutate(char *text, size_t *size, r0i_key key, uint64_t draw)
{
    size_t at = (size_t)r0i_random_below(key, draw, *size), other = (size_t)r0i_random_below(key, draw + 1, *size);
    switch (r0i_random_below(key, draw + 2, 3)) {
    case 0: memmove(text + at, text + at + 1, *size - at - 1), --*size; break;
    case 1: memmove(text + at + 1, text + at, *size - at), ++*size; break;
    default: text[at] = text[other];
    }
}

// The judge is an equivalence as far as it can be checked: reflexive and symmetric, on what people write and on
// damaged versions of it.
static r0_status equal_property_line(void *user, int number, const r0_json *line)
{
    test *t = (test *)user;
    r0_span texts[2] = {r0_json_get_text(line, "gold"), r0_json_get_text(line, "pred")};
    r0i_key key = r0i_key_derive(r0i_key_make(7), (uint64_t)number);
    for (int side = 0; side < 2; side++) {
        char edited[300];
        size_t size = texts[side].size;
        if (!size || size > 250) continue;
        memcpy(edited, texts[side].data, size);
        for (uint64_t round = 0; round < 8 && size; round++) {
            equal_mutate(edited, &size, key, 16 * (uint64_t)side + 1000 * round);
            r0_span changed = {edited, size};
            r0_verdict there, back, self;
            r0_answer_equal(t->r0, texts[side], changed, 0, &there);
            r0_answer_equal(t->r0, changed, texts[side], 0, &back);
            r0_answer_equal(t->r0, changed, changed, 0, &self);
            CHECK(there.equal == back.equal, "%.*s | %.*s: %d there by %s, %d back by %s", (int)texts[side].size,
                  texts[side].data, (int)size, edited, there.equal, there.reason, back.equal, back.reason);
            CHECK(self.equal == R0_EQUAL, "%.*s: not reflexive", (int)size, edited);
        }
    }
    return R0_OK;
}

static void test_equal_properties(test *t)
{
    static const char *const names[] = {"answers/math_verify.jsonl", "answers/model_outputs.jsonl",
                                        "answers/mathruler.jsonl", "answers/hendrycks_math.jsonl",
                                        "mathruler_pairs.jsonl"};
    int files = 0;
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        char path[512];
        for (int place = 0; test_data(names[i], &place, path); files++)
            CHECK(r0_json_lines(t->r0, path, equal_property_line, t) == R0_OK, "%s", r0_error(t->r0));
    }
    CHECK(files >= 4, "%d files of pairs", files);
}

// Inputs made to hang or overflow: each must end within the budget. The clock is asked about loops that charge nothing;
// a second is a hundred times what the slowest pair takes here, so that no slow machine fails.
static void test_equal_attacks(test *t)
{
    static const char *const units[] = {
        "(",      "{",  "\\frac{", "-",      "9",        "!",     "^2",         "x",
        "\\sqrt", "1,", "\\pm 1",  "|",      "\\boxed{", "1/",    "\\text{ a}", "\\begin{pmatrix}1&",
        "x=",     "<1", "\xFF",    "\\left", "sin",      "2000!", "9^9",        "(1,",
        "1 ",     "%",  "1:",      "\\log_"};
    char text[2][10240];
    for (size_t i = 0; i < R0I_COUNT(units); i++) {
        for (size_t size = 40; size <= sizeof text[0]; size *= 16) {
            size_t unit = strlen(units[i]);
            for (size_t k = 0; k < size; k++) text[0][k] = text[1][k] = units[i][k % unit];
            text[1][size - 1] = '7';
            r0_span a = {text[0], size}, b = {text[1], size};
            for (int ruler = 0; ruler < 2; ruler++) {
                r0_verdict verdict;
                double start = equal_seconds();
                if (ruler) verdict = mathruler_grade(t->r0, a, b);
                else CHECK(r0_answer_equal(t->r0, a, b, 0, &verdict) == R0_OK, "%s", r0_error(t->r0));
                CHECK(verdict.steps <= (ruler ? 2u : 1u) * R0_JUDGE_STEPS, "%s: %u steps", units[i], verdict.steps);
                CHECK(equal_seconds() - start < 1, "\"%s\" x %zu, judge %d: %.1f ms", units[i], size, ruler,
                      1e3 * (equal_seconds() - start));
            }
        }
    }
}

// The common case must not allocate: a context whose allocator refuses serves it.
static void *equal_refuse(void *user, void *pointer, size_t old_size, size_t new_size)
{
    (void)user, (void)pointer, (void)old_size, (void)new_size;
    return NULL;
}

static void test_equal_memory(test *t)
{
    r0_resize_fn kept = t->r0->desc.resize;
    t->r0->desc.resize = equal_refuse;
    CHECK(test_equal(t, "12", "13", false).equal == R0_UNEQUAL);
    CHECK(test_equal(t, "\\frac12", "\\frac12", false).equal == R0_EQUAL);
    r0_span a = {"1/2", 3}, b = {"0.5", 3};
    r0_verdict verdict;
    CHECK(r0_answer_equal(t->r0, a, b, 0, &verdict) == R0_ERROR_MEMORY);
    t->r0->desc.resize = kept;
}

static int equal_left; // allocations that still succeed

static void *equal_resize(void *user, void *pointer, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size) return equal_left-- > 0 ? realloc(pointer, new_size) : NULL;
    free(pointer);
    return NULL;
}

// The k-th allocation fails, for every k: an error or the verdict, never a wrong verdict, never a leak.
static void test_equal_kth_allocation(test *t)
{
    static const char *const pairs[][2] = {{"1,2,x", "x,2,1"}, {"(1,\\frac{4}{4})", "(1,1.0)"}, {"3 \\dfrac12", "3.5"}};
    r0_resize_fn kept = t->r0->desc.resize;
    for (size_t i = 0; i < R0I_COUNT(pairs); i++) {
        r0_span gold = {pairs[i][0], strlen(pairs[i][0])}, pred = {pairs[i][1], strlen(pairs[i][1])};
        r0_verdict wanted = test_equal(t, pairs[i][0], pairs[i][1], false), verdict;
        t->r0->desc.resize = equal_resize;
        int failures = 0;
        for (int k = 0; k < 60; k++) {
            size_t bytes = t->r0->bytes;
            equal_left = k;
            r0_status status = r0_answer_equal(t->r0, gold, pred, 0, &verdict);
            failures += status == R0_ERROR_MEMORY;
            CHECK(status ? status == R0_ERROR_MEMORY : verdict.equal == wanted.equal, "%s: allocation %d",
                  pairs[i][0], k);
            CHECK(t->r0->bytes == bytes, "%s: allocation %d leaks", pairs[i][0], k);
        }
        t->r0->desc.resize = kept;
        CHECK(failures > 0 && failures < 60, "%s: %d failures", pairs[i][0], failures);
    }
}

static void test_equivalence(test *t)
{
    test_equal_cases(t, equal_strict, R0I_COUNT(equal_strict), false);
    test_equal_cases(t, equal_mathruler, R0I_COUNT(equal_mathruler), true);
    test_equal_file(t, "tests/data/mathruler_pairs.jsonl", true, 100, 100); // tests/make_mathruler_pairs.py
    test_equal_file(t, "tests/data/answer_kinds.jsonl", false, 98, 99.5); // own pairs of 44 kinds
    test_equal_files(t, "answers/kinds.jsonl", false, 98, 98.5);
    test_equal_files(t, "answers/mathruler.jsonl", true, 100, 100);
    test_equal_files(t, "answers/math_verify.jsonl", false, 93, 95);
    test_equal_files(t, "answers/model_outputs.jsonl", false, 87, 97.5); // the rest: errors of the labels
    test_equal_files(t, "answers/hendrycks_math.jsonl", false, 100, 50);
    test_equal_properties(t);
    test_equal_attacks(t);
    test_equal_memory(t);
    test_equal_kth_allocation(t);
}
