// Extraction of answers from responses. Catches: a wrong box among several, a box that never closes, escaped braces,
// phrases that reach too far, and scans that are not linear.

typedef struct extract_case {
    unsigned forms;
    const char *text, *answer; // NULL: none
} extract_case;

static const extract_case extract_cases[] = {
    // boxes
    {R0_ANSWER_BOXED, "so \\boxed{5}", "5"},
    {R0_ANSWER_BOXED, "\\boxed{1} then \\boxed{2}.", "2"},
    {R0_ANSWER_BOXED, "\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"},
    {R0_ANSWER_BOXED, "\\boxed {  x^{2}  }", "x^{2}"},
    {R0_ANSWER_BOXED, "\\fbox{7}", "7"},
    {R0_ANSWER_BOXED, "\\boxed{\\boxed{3}}", "3"},
    {R0_ANSWER_BOXED, "\\boxed{4} and \\boxed{5", "4"}, // the last is unfinished
    {R0_ANSWER_BOXED, "\\boxed{5", NULL},
    {R0_ANSWER_BOXED, "\\boxed5", NULL},
    {R0_ANSWER_BOXED, "\\boxed{\\{1,2\\}}", "\\{1,2\\}"},
    {R0_ANSWER_BOXED, "\\boxed{\\left\\{ 1 \\right.}", "\\left\\{ 1 \\right."}, // set braces need no partner
    {R0_ANSWER_BOXED, "\\boxed{a\\\\}", "a\\\\"},                               // a line break, then the brace
    {R0_ANSWER_BOXED, "}}}\\boxed{8}{{{", "8"},
    {R0_ANSWER_BOXED, "\\boxed{}", ""},
    {R0_ANSWER_BOXED, "no box", NULL},
    {R0_ANSWER_BOXED, "", NULL},
    {R0_ANSWER_BOXES, "$\\boxed{1}$ and $\\boxed{2}$", "\\boxed{1}$ and $\\boxed{2}"},
    {R0_ANSWER_BOXES, "\\boxed{1}, then at long last and after due consideration we find \\boxed{2}",
     "\\boxed{1}, then at long last and after due consideration we find \\boxed{2}"},
    {R0_ANSWER_BOXES, "\\boxed{1}, let me check this result again. Yes: \\boxed{1}", "1"},
    {R0_ANSWER_BOXES, "\\boxed{1} is wrong so we take another way now \\boxed{2}", "2"},
    // GSM8K
    {R0_ANSWER_HASHES, "1+1=2\n#### 72\n", "72"},
    {R0_ANSWER_HASHES, "#### ", NULL},
    {R0_ANSWER_HASHES, "### 72", NULL},
    // phrases
    {R0_ANSWER_PHRASE | R0_ANSWER_NUMBER, "The answer is 12. I checked 3 times", "12"},
    {R0_ANSWER_PHRASE | R0_ANSWER_NUMBER, "The final answer to all of this is: 1,234.5 dollars. 7", "1,234.5"},
    {R0_ANSWER_PHRASE | R0_ANSWER_MATH, "answer: $x=3$, not $4$", "x=3"},
    {R0_ANSWER_PHRASE | R0_ANSWER_NUMBER, "answer: 5 answer: 6", "6"},
    {R0_ANSWER_BOXES | R0_ANSWER_PHRASE | R0_ANSWER_MATH,
     "\\boxed{1} Final Answer: The final answer is $(0, 0)$. I hope", "(0, 0)"},
    {R0_ANSWER_BOXES | R0_ANSWER_PHRASE | R0_ANSWER_MATH, "The answer is $2$, that is \\boxed{3}", "3"},
    // formulas and numbers
    {R0_ANSWER_MATH, "$1$ and $2$ and $3$", "1$ and $2$ and $3"},
    {R0_ANSWER_MATH, "so \\(a\\) or \\[b\n\\]", "a\\) or \\[b"},
    {R0_ANSWER_MATH, "$$x$$", "x"},
    {R0_ANSWER_MATH, "$ \n 9 \n $", NULL}, // inline formulas stay on a line
    {R0_ANSWER_MATH, "is -\\frac{10}{9}", "-\\frac{10}{9}"},
    {R0_ANSWER_MATH, "$28$ percent", "28$ percent"},
    {R0_ANSWER_NUMBER, "it grew by 100%.", "100%"},
    {R0_ANSWER_NUMBER, "1,000.99 in all", "1,000.99"},
    {R0_ANSWER_NUMBER,
     "costs \xE2\x82\xAC"
     "5",
     "5"},
    {R0_ANSWER_NUMBER, "x2 y3", NULL},
    {R0_ANSWER_NUMBER, "it is 3*(4 + 5) here", "3*(4 + 5)"},
    {R0_ANSWER_NUMBER, "10 20", "20"},
    // choices
    {R0_ANSWER_CHOICE, "The right one is (C).", "C"},
    {R0_ANSWER_CHOICE, "**B**", "B"},
    {R0_ANSWER_CHOICE, "A man has I think B\n", "B"},
    {R0_ANSWER_CHOICE, "A man", NULL},
};

// Whole responses as `--any` takes them: what is found must equal the answer, or nothing may be found.
static const struct { const char *text, *answer; } extract_open[] = {
    {"The answer is (2, 3).", "(2,3)"},
    {"So the solutions are found. The answer is 3, 5 and 7.", "3,5,7"},
    {"Therefore the answer is 5 or 7.", "5 \\text{ or } 7"},
    {"The answer is {1, 2, 3}.", "\\{1,2,3\\}"},
    {"The answer is 12\\pi (about 37.7).", "12\\pi"},
    {"The answer is Tuesday.", "Tuesday"},
    {"The answer is No.", "No"},
    {"Answer: yes, no, yes", "yes, no, yes"},
    {"I compute. The answer is 3.14e-5.", "3.14e-5"},
    {"The train leaves, so the answer is 5:30 PM.", "5:30 PM"},
    {"<answer>12</answer>", "12"},
    {"<think>hm 4</think><answer> (1, 2) </answer>", "(1,2)"},
    {"\xE7\xAD\x94\xE6\xA1\x88\xEF\xBC\x9A" "42", "42"},
    {"\xE7\xAD\x94\xE6\xA1\x88\xE6\x98\xAF" "42\xE3\x80\x82", "42"},
    {"The result is \xE2\x88\x92" "7", "-7"},
    {"The answer is \xE2\x88\x92" "7.", "-7"},
    {"The answer is **18**.", "18"},
    {"**Final Answer:** 18", "18"},
    {"The final answer is 1,250 dollars.", "1250"},
    {"ANSWER: 7", "7"},
    {"The answer is x = 4.", "4"},
    {"The answer to this question is clearly 9.", "9"},
    {"So the answer is $\\frac{1}{2}$.", "\\frac12"},
    {"The answer is $(1,2)$, as claimed.", "(1,2)"},
    {"The answer is 42 because 6 times 7 is 42.", "42"},
    {"The answer is 2/3, which is about 0.67.", "2/3"},
    {"The answer is [1, 4).", "[1,4)"},
    {"We get 3 + 4 = 7. The answer is 7. I checked it twice.", "7"},
    {"The answer is \"red\".", "red"},
    {"The answer is north-west.", "northwest"},
    {"First 12, then 15. #### 15", "15"},
    {"In total she has 3 * 4 = 12 apples.", "12"},
    {"So we get \\boxed{5}.", "5"},
    {"<think>\\boxed{3} no</think> It is \\boxed{4}.", "4"},
    {"<think>maybe \\boxed{9}</think> The answer is 7.", "7"},
    {"The answer is x^2 + 1.", "x^2+1"},
    {"The answer is 3.5.", "3.5"},
    {"Hence the answer should be 15%.", "15\\%"},
    {"Final answer: 2 hours 30 minutes", "2.5 hours"},
    {"The answer is A = 5.", "5"},
    {"<think>so far \\boxed{3}", NULL},
    {"At first I got \\boxed{41}, but rechecking gives \\boxed{42}.", "42"},
};

static const struct { const char *text; char letter; } extract_letters[] = {
    {"The answer is B because a car moves.", 'B'},
    {"The answer is C because I computed it.", 'C'},
    {"ANSWER: b", 'B'},
    {"Answer: D", 'D'},
    {"Option (E) is right, since (A) fails and (B) fails.", 'E'},
    {"B is the correct answer. C is wrong.", 'B'},
    {"The correct option is (D).", 'D'},
    {"I would choose option G", 'G'},
    {"So the answer is (B). ", 'B'},
    {"The answer is **C**.", 'C'},
    {"The answer is \\boxed{F}", 'F'},
    {"The answer is $\\text{(A)}$.", 'A'},
    {"Answer seems to be A", 'A'},
    {"A perfect answer would mention dogs. The answer is D.", 'D'},
    {"The answer is (C), not (A).", 'C'},
    {"After a long walk, the best choice is H.", 'H'},
    {"C", 'C'},
    {"(B) 42", 'B'},
    {"The answer is: J", 'J'},
    {"\xE7\xAD\x94\xE6\xA1\x88\xEF\xBC\x9A" "A", 'A'},
    {"The correct choice is C, as 3 > 2.", 'C'},
};

static void test_extract_any(test *t)
{
    unsigned forms = R0_ANSWER_BOXED | R0_ANSWER_HASHES | R0_ANSWER_PHRASE;
    r0_span answer;
    for (size_t i = 0; i < R0I_COUNT(extract_open); i++) {
        r0_span text = r0i_span_of(extract_open[i].text);
        bool found = r0_answer_extract(text, forms | R0_ANSWER_MATH | R0_ANSWER_NUMBER, &answer);
        r0_verdict verdict = R0_ZERO;
        bool boxed = r0_answer_extract(text, R0_ANSWER_BOXED, &answer);
        if (!extract_open[i].answer) {
            CHECK(!boxed, "%s: %.*s", extract_open[i].text, (int)answer.size, answer.data);
            continue;
        }
        r0_answer_extract(text, forms | R0_ANSWER_MATH | R0_ANSWER_NUMBER, &answer);
        CHECK(found && !r0_answer_equal(t->r0, r0i_span_of(extract_open[i].answer), answer, 0, &verdict) &&
              verdict.equal == R0_EQUAL, "%s: %.*s", extract_open[i].text, (int)answer.size, answer.data);
    }
    for (size_t i = 0; i < R0I_COUNT(extract_letters); i++) {
        bool found = r0_answer_extract(r0i_span_of(extract_letters[i].text), forms | R0_ANSWER_CHOICE, &answer);
        CHECK(found && answer.size == 1 && r0i_fold(*answer.data) == r0i_fold(extract_letters[i].letter), "%s: %.*s",
              extract_letters[i].text, (int)answer.size, answer.data);
    }
}

// A response of a megabyte of openers: anything quadratic would take minutes.
static void test_extract_linear(test *t)
{
    static const char *const units[] = {"\\boxed{",         "{",  "\\", "$",         "\\[", "$$ ", "answer ",
                                        "final answer is ", "1 ", "- ", "\\boxed{}", "#",   " ("};
    size_t size = 1 << 20;
    char *text = R0I_NEW(t->r0, char, size);
    for (size_t i = 0; i < R0I_COUNT(units); i++) {
        for (size_t k = 0, unit = strlen(units[i]); k < size; k++) text[k] = units[i][k % unit];
        r0_span span = {text, size}, answer;
        clock_t start = clock(); // processor time
        r0_answer_extract(
            span, R0_ANSWER_BOXES | R0_ANSWER_PHRASE | R0_ANSWER_MATH | R0_ANSWER_NUMBER | R0_ANSWER_CHOICE, &answer);
        r0_answer_extract(span, R0_ANSWER_BOXED | R0_ANSWER_HASHES, &answer);
        CHECK(clock() - start < 2 * CLOCKS_PER_SEC, "\"%s\" repeated: %.2f s", units[i],
              (double)(clock() - start) / CLOCKS_PER_SEC);
    }
    r0i_free(t->r0, text);
}

static void test_extract(test *t)
{
    for (size_t i = 0; i < R0I_COUNT(extract_cases); i++) {
        const extract_case *c = &extract_cases[i];
        r0_span text = {c->text, strlen(c->text)}, answer;
        bool found = r0_answer_extract(text, c->forms, &answer);
        CHECK(found == (c->answer != NULL), "%s: found %d: %.*s", c->text, found, (int)answer.size, answer.data);
        if (found && c->answer)
            CHECK(answer.size == strlen(c->answer) && !memcmp(answer.data, c->answer, answer.size), "%s: %.*s", c->text,
                  (int)answer.size, answer.data);
        if (found) CHECK(answer.data >= c->text && answer.data + answer.size <= c->text + strlen(c->text));
    }
    test_extract_any(t);
    test_extract_linear(t);
}
