// When two answers are the same. Each pair names the rule that must decide it, so that nothing is right by accident.
// Catches: lost notations, false equals, rules that hold one way only, work that is not bounded.

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
    {"1,22", "1.22", SAME, "comma"},
    {"3{,}14", "3.14", SAME, "decimal"},
    // thousands
    {"1,234,567", "1234567", SAME, "value"},
    {"10{,}000", "10000", SAME, "value"},
    {"11,\\! 111,\\! 100", "11111100", SAME, "value"},
    {"12\\,345", "12345", SAME, "text"},
    {"100,200", "200, 100", SAME, "list"},
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
    {"\\sqrt{x}\\sqrt{y}", "\\sqrt{xy}", SAME, "value"},
    {"2\\ln x", "\\ln(x^2)", SAME, "value"},
    {"2^{n+1}", "2\\cdot 2^n", SAME, "value"},
    {"n!", "n\\cdot(n-1)!", SAME, "value"},
    {"\\alpha", "\xCE\xB1", SAME, "value"},
    {"y'", "y", DIFFERS, NULL},
    {"f(x)", "f(y)", DIFFERS, "value"},
    // units, percent, degrees, currency
    {"5\\text{ cm}^2", "5", SAME, "value"},
    {"36 mL", "36", SAME, "value"},
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
    {"\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1 & 2 \\\\ 3 & \\frac82\\end{bmatrix}", SAME, "matrix"},
    {"\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}1&2\\end{pmatrix}", DIFFERS, "matrix"},
    {"\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1,2)", SAME, "matrix"},
    {"\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\\begin{pmatrix}1\\\\1\\end{pmatrix}", "\\begin{pmatrix}3\\\\7\\end{pmatrix}", SAME, "matrix"},
    {"2\\begin{pmatrix}1\\\\1\\end{pmatrix}+\\begin{pmatrix}1\\\\0\\end{pmatrix}", "\\begin{pmatrix}3\\\\2\\end{pmatrix}", SAME, "matrix"},
    // relations
    {"x=5", "5", SAME, "assignment"},
    {"x=5", "y=5", DIFFERS, "relation"},
    {"f(x)=x+1", "x+1", SAME, "assignment"},
    {"x \\in [1,2]", "[1,2]", SAME, NULL},
    {"x=1,y=2", "1,2", SAME, "tuple"},
    {"x=1,y=2", "2,1", DIFFERS, "tuple"},
    {"x=1,y=2", "y=2, x=1", SAME, "list"},
    {"x<1", "-x>-1", SAME, "relation"},
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
    {"10^{10^{10}}", "10^{10^{11}}", R0_UNDECIDED, NULL},
};

static r0_verdict test_equal(test *t, const char *gold, const char *pred, r0_judge_mode mode)
{
    r0_verdict verdict;
    r0_span a = {gold, strlen(gold)}, b = {pred, strlen(pred)};
    CHECK(r0_answer_equal(t->r0, a, b, mode, &verdict) == R0_OK, "%s", r0_error(t->r0));
    return verdict;
}

static void test_equal_cases(test *t, const equal_case *cases, size_t count, r0_judge_mode mode)
{
    for (size_t i = 0; i < count; i++) {
        const equal_case *c = &cases[i];
        r0_verdict verdict = test_equal(t, c->gold, c->pred, mode);
        CHECK(verdict.equal == c->equal, "%s | %s: %d by %s", c->gold, c->pred, verdict.equal, verdict.reason);
        if (c->reason) CHECK(!strcmp(verdict.reason, c->reason), "%s | %s: by %s, not %s", c->gold, c->pred, verdict.reason, c->reason);
        if (mode != R0_JUDGE_STRICT) continue;
        r0_verdict back = test_equal(t, c->pred, c->gold, mode);
        CHECK(back.equal == c->equal, "%s | %s: not symmetric (%s)", c->gold, c->pred, back.reason);
        CHECK(test_equal(t, c->gold, c->gold, mode).equal == R0_EQUAL, "%s: not reflexive", c->gold);
    }
}

static void test_equivalence(test *t)
{
    test_equal_cases(t, equal_strict, R0I_COUNT(equal_strict), R0_JUDGE_STRICT);
}
