// MathRuler's grade_answer(answer, reference), which judged the answers in R-Zero's released training, followed step by
// step, because its quirks are part of what was trained against. The presets `paper` and `released` of the program
// train by it; r0.h's own judge (r0_answer_equal) is what everything else uses.
//
//     desc.task.equal = mathruler_equal;      // in training
//     desc.task.user = r0;                    // its context
//     r0_verdict verdict = mathruler_grade(r0, reference, answer);
//
//   1. both texts through the MATH normalizer (prm800k's math_normalize): equal texts are equal ("normalized text")
//   2. both through its own normalizer: \text, $, %, "or"/"and", million, units, degrees, floats near an integer;
//      LaTeX becomes plain text as pylatexenc does it (braces vanish: x^{k+1} is x^k+1); mixed numbers, no spaces,
//      lower case
//   3. equal texts are equal ("text"); an empty answer is not ("empty")
//   4. tuples and intervals split at commas: same brackets, same length, members in order ("tuple")
//   5. two fractions of integers must be the same text ("fractions"); an integer needs an integer ("integer"); else
//      sympy's simplify(a - b) == 0 ("value"), where the pair holds at most two different letters, no ^{ or ^(, no
//      a^b^c and no exponent of two digits
//
// It is not symmetric: 5 a reference and "" an answer differ, and so do others. Step 5 is identity testing here: what
// sympy would read is written as LaTeX in which nothing is left to interpretation, and r0_answer_equal compares it, in
// bounded time. What remains different: simplify overlooks some identities. tests/data/mathruler_pairs.jsonl holds what
// the original says.
#ifndef MATHRULER_H
#define MATHRULER_H

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../r0.h"

enum {
    RULER_DEPTH = 60,      // of recursion
    RULER_LIMIT = 10240,   // bytes of an answer, as in r0_answer_equal
    RULER_SYMBOLS = 32     // different names in one pair
};
#define RULER_COUNT(array) (sizeof(array) / sizeof((array)[0]))

// -- texts --

static bool ruler_is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool ruler_is_digit(char c) { return c >= '0' && c <= '9'; }
static bool ruler_is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static char ruler_fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static bool ruler_one_of(char c, const char *set) { return c && strchr(set, c); }
static const char *ruler_first(const char *a, const char *b) { return a < b ? a : b; }

static r0_span ruler_cut(const char *begin, const char *end)
{
    r0_span span = {begin, (size_t)(end - begin)};
    return span;
}

static r0_span ruler_span_of(const char *text) { return ruler_cut(text, text + strlen(text)); }

static bool ruler_same(r0_span a, r0_span b)
{
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

static bool ruler_is(r0_span span, const char *text) { return ruler_same(span, ruler_span_of(text)); }

static bool ruler_among(r0_span span, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ruler_is(span, words[i])) return true;
    return false;
}

static r0_span ruler_trim(r0_span span)
{
    while (span.size && ruler_is_space(span.data[0])) span.data++, span.size--;
    while (span.size && ruler_is_space(span.data[span.size - 1])) span.size--;
    return span;
}

// Does a lower-case word stand at `at`, in any case?
static bool ruler_word_at(const char *at, const char *end, const char *word)
{
    for (; *word; at++, word++)
        if (at >= end || ruler_fold(*at) != *word) return false;
    return true;
}

// The first place of `what`, NULL when there is none.
static const char *ruler_find(r0_span text, const char *what)
{
    size_t size = strlen(what);
    for (const char *c = text.data, *end = c + text.size; (size_t)(end - c) >= size; c++) {
        c = (const char *)memchr(c, *what, (size_t)(end - c) - size + 1);
        if (!c) break;
        if (!memcmp(c, what, size)) return c;
    }
    return NULL;
}

// Bytes of the character at `c`: Python counts characters, and so must the steps that take "the next character".
static size_t ruler_utf8_size(const char *c, const char *end)
{
    const char *d = c + 1;
    while (d < end && ((uint8_t)*d & 0xC0) == 0x80) d++;
    return (size_t)(d - c);
}

// Where memory ends the program does, as a verdict that nobody reached must not become "unequal" in a vote.
static void ruler_no_memory(void)
{
    fputs("mathruler: out of memory\n", stderr);
    exit(1);
}

// A text that grows.
typedef struct ruler_text {
    char *data;
    size_t size, capacity;
} ruler_text;

static void ruler_put(ruler_text *text, const char *data, size_t size)
{
    if (!size) return;
    if (text->capacity - text->size < size) {
        size_t capacity = 2 * text->capacity + size + 64;
        char *grown = (char *)realloc(text->data, capacity);
        if (!grown) ruler_no_memory();
        text->data = grown, text->capacity = capacity;
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
}

static void ruler_puts(ruler_text *text, const char *data) { ruler_put(text, data, strlen(data)); }

// One of the two texts on its way through the steps.
typedef struct ruler {
    ruler_text text;
    uint32_t steps; // work done
    bool broken;    // the original raised an exception: the text stays what it was
} ruler;

static r0_span ruler_span(const ruler *r)
{
    r0_span span = {r->text.data ? r->text.data : "", r->text.size};
    return span;
}

static void ruler_set(ruler *r, ruler_text fresh)
{
    free(r->text.data);
    r->text = fresh;
    r->steps += (uint32_t)(fresh.size / 16) + 1;
}

static void ruler_copy(ruler *r, r0_span text)
{
    ruler_text fresh = R0_ZERO;
    ruler_put(&fresh, text.data, text.size);
    ruler_set(r, fresh);
}

// str.replace: every occurrence, left to right. Texts without one, nearly all, are not copied.
static void ruler_replace(ruler *r, const char *what, const char *with)
{
    r0_span rest = ruler_span(r);
    const char *end = rest.data + rest.size, *found = ruler_find(rest, what);
    if (!found) return;
    ruler_text fresh = R0_ZERO;
    for (; found; found = ruler_find(rest, what)) {
        ruler_put(&fresh, rest.data, (size_t)(found - rest.data));
        ruler_puts(&fresh, with);
        rest = ruler_cut(found + strlen(what), end);
    }
    ruler_put(&fresh, rest.data, rest.size);
    ruler_set(r, fresh);
}

static size_t ruler_utf8_count(r0_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) count += ((uint8_t)text.data[i] & 0xC0) != 0x80;
    return count;
}

// ^\\text\{(.+?)\}$ : the content, or the text itself.
static r0_span ruler_unwrap(r0_span text)
{
    bool whole = text.size > 7 && !memcmp(text.data, "\\text{", 6) && text.data[text.size - 1] == '}';
    return whole && !memchr(text.data, '\n', text.size) ? ruler_cut(text.data + 6, text.data + text.size - 1) : text;
}

// -- step 1: the MATH normalizer --
//
// Hendrycks' normalizer of the MATH benchmark by way of prm800k. It works on strings: \frac12 gets its braces,
// units on the right vanish, "x=" vanishes. Where the original runs off the end of a string, Python raises, and
// the text stays unchanged.

// "\sqrt3" becomes "\sqrt{3}".
static void ruler_fix_roots(ruler *r)
{
    r0_span rest = ruler_span(r);
    const char *end = rest.data + rest.size, *found = ruler_find(rest, "\\sqrt");
    if (!found) return;
    ruler_text fresh = R0_ZERO;
    for (; found; found = ruler_find(rest, "\\sqrt")) {
        const char *after = found + 5;
        ruler_put(&fresh, rest.data, (size_t)(after - rest.data));
        bool empty = after == end || ruler_find(ruler_cut(after, ruler_first(after + 5, end)), "\\sqrt") == after;
        r->broken |= empty;
        if (!empty && *after != '{') {
            size_t size = ruler_utf8_size(after, end);
            ruler_puts(&fresh, "{");
            ruler_put(&fresh, after, size);
            ruler_puts(&fresh, "}");
            after += size;
        }
        rest = ruler_cut(after, end);
    }
    ruler_put(&fresh, rest.data, rest.size);
    ruler_set(r, fresh);
}

// "\frac12" becomes "\frac{1}{2}", "\frac1{72}" becomes "\frac{1}{72}".
static void ruler_fix_fractions(ruler *r)
{
    r0_span rest = ruler_span(r);
    const char *end = rest.data + rest.size, *found = ruler_find(rest, "\\frac");
    if (!found) return;
    ruler_text fresh = R0_ZERO;
    bool kept = false;
    for (; found && !kept; found = ruler_find(rest, "\\frac")) {
        const char *after = found + 5, *next = ruler_find(ruler_cut(after, end), "\\frac"), *stop = next ? next : end;
        ruler_put(&fresh, rest.data, (size_t)(after - rest.data));
        if (after == stop) r->broken = true;
        if (after < stop && *after != '{') {
            const char *second = after + ruler_utf8_size(after, stop);
            if (second >= stop) kept = true; // one character is left: the original gives up
            size_t size = kept ? 0 : ruler_utf8_size(second, stop);
            ruler_puts(&fresh, "{");
            ruler_put(&fresh, after, (size_t)(second - after));
            ruler_put(&fresh, !kept && *second == '{' ? "}" : "}{", !kept && *second == '{' ? 1 : 2);
            ruler_put(&fresh, second, size);
            if (!kept && *second != '{') ruler_puts(&fresh, "}");
            after = second + size;
        }
        rest = ruler_cut(after, end);
    }
    ruler_put(&fresh, rest.data, rest.size);
    if (kept) free(fresh.data);
    else ruler_set(r, fresh);
}

// An integer as Python prints it: no sign but '-', no leading zeros.
static bool ruler_canonical_integer(r0_span text)
{
    const char *c = text.data, *end = c + text.size;
    if (c < end && *c == '-') c++;
    if (c == end || (*c == '0' && text.size > 1)) return false;
    for (; c < end; c++)
        if (!ruler_is_digit(*c)) return false;
    return true;
}

// "a/b" of integers becomes "\frac{a}{b}".
static void ruler_fix_slash(ruler *r)
{
    r0_span text = ruler_span(r);
    const char *slash = text.size ? (const char *)memchr(text.data, '/', text.size) : NULL,
               *end = text.data + text.size;
    if (!slash || memchr(slash + 1, '/', (size_t)(end - slash - 1))) return;
    r0_span a = ruler_cut(text.data, slash), b = ruler_cut(slash + 1, end);
    if (!ruler_canonical_integer(a) || !ruler_canonical_integer(b)) return;
    ruler_text fresh = R0_ZERO;
    ruler_puts(&fresh, "\\frac{");
    ruler_put(&fresh, a.data, a.size);
    ruler_puts(&fresh, "}{");
    ruler_put(&fresh, b.data, b.size);
    ruler_puts(&fresh, "}");
    ruler_set(r, fresh);
}

// "5\text{ cm}": what follows "\text{ " is a unit, where it occurs once.
static void ruler_drop_unit(ruler *r)
{
    const char *found = ruler_find(ruler_span(r), "\\text{ ");
    if (!found) return;
    r0_span before = ruler_cut(r->text.data, found), after = ruler_cut(found + 7, r->text.data + r->text.size);
    if (ruler_find(after, "\\text{ ")) r->broken = true;
    else ruler_copy(r, before);
}

// "x = 5" becomes "5" where at most two characters stand before the only '='.
static void ruler_drop_name(ruler *r)
{
    const char *equals = ruler_find(ruler_span(r), "=");
    if (!equals) return;
    r0_span name = ruler_cut(r->text.data, equals), value = ruler_cut(equals + 1, r->text.data + r->text.size);
    if (!ruler_find(value, "=") && ruler_utf8_count(name) <= 2) ruler_copy(r, value);
}

// _strip_string of the original, statement by statement. Where that raises, the unwrapped text is the result.
static void ruler_math(ruler *r, r0_span answer)
{
    static const char *const drop[] = {"\n", "\\!"}, *const drop_later[] = {"\\left", "\\right", "^{\\circ}", "^\\circ",
                                                                            "\\$"};
    r0_span unwrapped = ruler_unwrap(ruler_trim(answer));
    if (unwrapped.data != ruler_trim(answer).data) unwrapped = ruler_trim(unwrapped);
    ruler_copy(r, unwrapped);
    for (size_t i = 0; i < RULER_COUNT(drop); i++) ruler_replace(r, drop[i], "");
    ruler_replace(r, "\\\\", "\\");
    ruler_replace(r, "tfrac", "frac");
    ruler_replace(r, "dfrac", "frac");
    for (size_t i = 0; i < RULER_COUNT(drop_later); i++) ruler_replace(r, drop_later[i], "");
    ruler_drop_unit(r);
    ruler_replace(r, "\\%", "");
    ruler_replace(r, "%", "");
    ruler_replace(r, " .", " 0.");
    ruler_replace(r, "{.", "{0.");
    if (r->text.size && *r->text.data == '.') {
        ruler_text fresh = R0_ZERO;
        ruler_puts(&fresh, "0");
        ruler_put(&fresh, r->text.data, r->text.size);
        ruler_set(r, fresh);
    }
    if (r->text.size) {
        ruler_drop_name(r);
        ruler_fix_roots(r);
        ruler_replace(r, " ", "");
        ruler_fix_fractions(r);
        if (ruler_is(ruler_span(r), "0.5")) ruler_copy(r, ruler_span_of("\\frac{1}{2}"));
        ruler_fix_slash(r);
    }
    if (r->broken) ruler_copy(r, unwrapped);
}

// -- step 2: LaTeX to plain text, as pylatexenc does it --
//
// The table was printed by pylatexenc itself (tests/make_plain_commands.py). Commands that it does not know
// print nothing, their arguments print themselves; white space after a command vanishes, white space alone
// between two constructs too.

static const struct { const char *name, *text; } ruler_plain_commands[] = {
    {"alpha", "\xCE\xB1"}, {"beta", "\xCE\xB2"}, {"gamma", "\xCE\xB3"}, {"delta", "\xCE\xB4"},
    {"epsilon", "\xCF\xB5"}, {"varepsilon", "\xCE\xB5"}, {"zeta", "\xCE\xB6"}, {"eta", "\xCE\xB7"},
    {"theta", "\xCE\xB8"}, {"vartheta", "\xCF\x91"}, {"iota", "\xCE\xB9"}, {"kappa", "\xCE\xBA"},
    {"lambda", "\xCE\xBB"}, {"mu", "\xCE\xBC"}, {"nu", "\xCE\xBD"}, {"xi", "\xCE\xBE"}, {"pi", "\xCF\x80"},
    {"rho", "\xCF\x81"}, {"sigma", "\xCF\x83"}, {"tau", "\xCF\x84"}, {"upsilon", "\xCF\x85"},
    {"phi", "\xCF\x95"}, {"varphi", "\xCF\x86"}, {"chi", "\xCF\x87"}, {"psi", "\xCF\x88"},
    {"omega", "\xCF\x89"}, {"Gamma", "\xCE\x93"}, {"Delta", "\xCE\x94"}, {"Theta", "\xCE\x98"},
    {"Lambda", "\xCE\x9B"}, {"Xi", "\xCE\x9E"}, {"Pi", "\xCE\xA0"}, {"Sigma", "\xCE\xA3"},
    {"Upsilon", "\xCE\xA5"}, {"Phi", "\xCE\xA6"}, {"Psi", "\xCE\xA8"}, {"Omega", "\xCE\xA9"},
    {"cdot", "\xC2\xB7"}, {"times", "\xC3\x97"}, {"div", "\xC3\xB7"}, {"pm", "\xC2\xB1"},
    {"mp", "\xE2\x88\x93"}, {"infty", "\xE2\x88\x9E"}, {"le", "\xE2\x89\xA4"}, {"leq", "\xE2\x89\xA4"},
    {"ge", "\xE2\x89\xA5"}, {"geq", "\xE2\x89\xA5"}, {"neq", "\xE2\x89\xA0"}, {"equiv", "\xE2\x89\xA1"},
    {"approx", "\xE2\x89\x88"}, {"sim", "\xE2\x88\xBC"}, {"simeq", "\xE2\x89\x83"}, {"cong", "\xE2\x89\x85"},
    {"propto", "\xE2\x88\x9D"}, {"ll", "\xE2\x89\xAA"}, {"gg", "\xE2\x89\xAB"}, {"leqslant", "\xE2\xA9\xBD"},
    {"geqslant", "\xE2\xA9\xBE"}, {"in", "\xE2\x88\x88"}, {"notin", "\xE2\x88\x89"}, {"ni", "\xE2\x88\x8B"},
    {"subset", "\xE2\x8A\x82"}, {"subseteq", "\xE2\x8A\x86"}, {"supset", "\xE2\x8A\x83"},
    {"supseteq", "\xE2\x8A\x87"}, {"cup", "\xE2\x88\xAA"}, {"cap", "\xE2\x88\xA9"}, {"bigcup", "\xE2\x8B\x83"},
    {"bigcap", "\xE2\x8B\x82"}, {"setminus", "\xE2\x88\x96"}, {"emptyset", "\xE2\x88\x85"},
    {"varnothing", "\xE2\x88\x85"}, {"forall", "\xE2\x88\x80"}, {"exists", "\xE2\x88\x83"},
    {"partial", "\xE2\x88\x82"}, {"nabla", "\xE2\x88\x87"}, {"ell", "\xE2\x84\x93"}, {"hbar", "\xC4\xA7"},
    {"sum", "\xE2\x88\x91"}, {"prod", "\xE2\x88\x8F"}, {"int", "\xE2\x88\xAB"}, {"oint", "\xE2\x88\xAE"},
    {"circ", "\xE2\x88\x98"}, {"bullet", "\xE2\x88\x99"}, {"star", "\xE2\x8B\x86"}, {"ast", "\xE2\x88\x97"},
    {"dagger", "\xE2\x80\xA0"}, {"oplus", "\xE2\x8A\x95"}, {"otimes", "\xE2\x8A\x97"}, {"perp", "\xE2\x8A\xA5"},
    {"parallel", "\xE2\x88\xA5"}, {"angle", "\xE2\x88\xA0"}, {"to", "\xE2\x86\x92"},
    {"rightarrow", "\xE2\x86\x92"}, {"leftarrow", "\xE2\x86\x90"}, {"Rightarrow", "\xE2\x87\x92"},
    {"Leftarrow", "\xE2\x87\x90"}, {"leftrightarrow", "\xE2\x86\x94"}, {"Leftrightarrow", "\xE2\x87\x94"},
    {"mapsto", "\xE2\x86\xA6"}, {"uparrow", "\xE2\x86\x91"}, {"downarrow", "\xE2\x86\x93"},
    {"ldots", "\xE2\x80\xA6"}, {"dots", "\xE2\x80\xA6"}, {"cdots", "\xE2\x8B\xAF"}, {"vdots", "\xE2\x8B\xAE"},
    {"ddots", "\xE2\x8B\xB1"}, {"prime", "'"}, {"mid", "|"}, {"vert", "|"}, {"lvert", "|"}, {"rvert", "|"},
    {"Vert", "\xE2\x80\x96"}, {"lVert", "\xE2\x80\x96"}, {"rVert", "\xE2\x80\x96"}, {"langle", "\xE2\x9F\xA8"},
    {"rangle", "\xE2\x9F\xA9"}, {"lfloor", "\xE2\x8C\x8A"}, {"rfloor", "\xE2\x8C\x8B"},
    {"lceil", "\xE2\x8C\x88"}, {"rceil", "\xE2\x8C\x89"}, {"lbrace", "{"}, {"rbrace", "}"}, {"backslash", "\\"},
    {"aleph", "\xE2\x84\xB5"}, {"square", "\xE2\x96\xA1"}, {"sin", "sin"}, {"cos", "cos"}, {"tan", "tan"},
    {"sinh", "sinh"}, {"cosh", "cosh"}, {"tanh", "tanh"}, {"arcsin", "arcsin"}, {"arccos", "arccos"},
    {"arctan", "arctan"}, {"ln", "ln"}, {"log", "log"}, {"exp", "exp"}, {"max", "max"}, {"min", "min"},
    {"sup", "sup"}, {"inf", "inf"}, {"lim", "lim"}, {"limsup", "lim sup"}, {"liminf", "lim inf"},
    {"prec", "\xE2\x89\xBA"}, {"succ", "\xE2\x89\xBB"}, {"textdegree", "\xC2\xB0"}, {"quad", "  "}, {"qquad", "    "},
};

typedef struct ruler_latex {
    const char *at, *end;
    ruler_text *out;
    int depth;
    bool failed;
    int matrix; // open ones
} ruler_latex;

static void ruler_plain_run(ruler_latex *p, char stop);

// The argument of a command: a group, a command, or one character.
static void ruler_plain_argument(ruler_latex *p)
{
    while (p->at < p->end && ruler_is_space(*p->at)) p->at++;
    if (p->at >= p->end) {
        p->failed = true;
    } else if (*p->at == '{') {
        p->at++;
        ruler_plain_run(p, '}');
    } else if (*p->at == '\\') {
        const char *c = p->at + 1;
        while (c < p->end && ruler_is_letter(*c)) c++;
        if (c < p->at + 2) c = ruler_first(p->at + 2, p->end);
        ruler_latex one = {p->at, c, p->out, p->depth, false, p->matrix};
        ruler_plain_run(&one, 0);
        p->at = one.end;
    } else {
        size_t size = ruler_utf8_size(p->at, p->end);
        ruler_put(p->out, p->at, size);
        p->at += size;
    }
}

// An argument that prints nothing.
static void ruler_plain_skip_argument(ruler_latex *p)
{
    size_t size = p->out->size;
    ruler_plain_argument(p);
    p->out->size = size;
}

// Styled letters are letters of their own: bold at U+1D400 and U+1D41A, double-struck at U+1D538 but for C H N P Q R Z,
// which Unicode had before.
static void ruler_plain_style(ruler_latex *p, uint32_t upper, uint32_t lower)
{
    size_t from = p->out->size;
    ruler_plain_argument(p);
    char copy[256];
    size_t size = p->out->size - from;
    if (p->failed || !size || size > sizeof copy) return;
    memcpy(copy, p->out->data + from, size);
    p->out->size = from;
    for (size_t i = 0; i < size; i++) {
        char c = copy[i];
        uint32_t code = c >= 'A' && c <= 'Z'   ? upper + (uint32_t)(c - 'A')
                        : c >= 'a' && c <= 'z' ? lower + (uint32_t)(c - 'a')
                                               : 0;
        char utf8[4] = {(char)(0xF0 | code >> 18), (char)(0x80 | (code >> 12 & 63)), (char)(0x80 | (code >> 6 & 63)),
                        (char)(0x80 | (code & 63))};
        static const char old[] = "CHNPQRZ", last[] = {'\x82', '\x8D', '\x95', '\x99', '\x9A', '\x9D', '\xA4'};
        const char *struck = upper == 0x1D538 && ruler_one_of(c, old) ? strchr(old, c) : NULL;
        if (struck) {
            char three[3] = {'\xE2', '\x84', last[struck - old]};
            ruler_put(p->out, three, 3);
        } else if (code) ruler_put(p->out, utf8, 4);
        else ruler_put(p->out, &c, 1);
    }
}

// a/b without brackets around either: \frac{1+x}{2} becomes 1+x/2, on both sides alike.
static void ruler_plain_fraction(ruler_latex *p)
{
    ruler_plain_argument(p);
    ruler_puts(p->out, "/");
    if (!p->failed) ruler_plain_argument(p);
}

// The index of a root is lost: the original prints \sqrt[3]{2} as the square root.
static void ruler_plain_root(ruler_latex *p)
{
    while (p->at < p->end && ruler_is_space(*p->at)) p->at++;
    if (p->at < p->end && *p->at == '[') {
        const char *close = (const char *)memchr(p->at, ']', (size_t)(p->end - p->at));
        if (close) p->at = close + 1;
    }
    ruler_puts(p->out, "\xE2\x88\x9A(");
    ruler_plain_argument(p);
    ruler_puts(p->out, ")");
}

// The brace that closes the one at `open`, or NULL.
static const char *ruler_brace_close(const char *open, const char *end)
{
    size_t depth = 0;
    for (const char *c = open; c < end; c++) {
        if (*c == '\\') c++;
        else if (*c == '{') depth++;
        else if (*c == '}' && --depth == 0) return c;
    }
    return NULL;
}

// \begin{pmatrix} prints "[ ", \end{pmatrix} " ]", with "; " between rows and blanks between cells; other environments
// print what is in them.
static void ruler_plain_environment(ruler_latex *p, bool begin)
{
    if (p->at >= p->end || *p->at != '{') return;
    const char *close = ruler_brace_close(p->at, p->end);
    if (!close) return;
    r0_span name = ruler_cut(p->at + 1, close);
    bool matrix = ruler_is(name, "array") || ruler_is(name, "pmatrix") || ruler_is(name, "bmatrix") ||
                  ruler_is(name, "smallmatrix");
    p->at = close + 1;
    if (begin && ruler_is(name, "array")) ruler_plain_skip_argument(p);
    if (matrix) ruler_put(p->out, begin ? "[ " : " ]", 2), p->matrix += begin ? 1 : -1;
}

// An accent stands behind every character that it belongs to.
static void ruler_plain_accent(ruler_latex *p, const char *accent)
{
    size_t from = p->out->size;
    char copy[256];
    ruler_plain_argument(p);
    size_t size = p->out->size - from;
    if (p->failed || !size || size > sizeof copy) return;
    memcpy(copy, p->out->data + from, size);
    p->out->size = from;
    for (size_t i = 0, step; i < size; i += step) {
        step = ruler_utf8_size(copy + i, copy + size);
        ruler_put(p->out, copy + i, step);
        ruler_puts(p->out, accent);
    }
}

// One command. Those that are not in the table print nothing, but what follows in braces remains.
static void ruler_plain_name(ruler_latex *p, r0_span name)
{
    static const char *const accents[][2] = {
        {"acute", "\xCC\x81"}, {"grave", "\xCC\x80"}, {"hat", "\xCC\x82"},   {"tilde", "\xCC\x83"},
        {"bar", "\xCC\x85"},   {"dot", "\xCC\x87"},   {"ddot", "\xCC\x88"},  {"check", "\xCC\x8C"},
        {"breve", "\xCC\x86"}, {"vec", "\xE2\x83\x97"}, {"not", "\xCC\xB8"},
    };
    for (size_t i = 0; i < RULER_COUNT(accents); i++)
        if (ruler_is(name, accents[i][0])) ruler_plain_accent(p, accents[i][1]);
    static const char *const dropped[] = {"mbox", "label", "hspace", "vspace", "color", "textcolor", "ref"};
    if (ruler_is(name, "frac") || ruler_is(name, "nicefrac")) ruler_plain_fraction(p);
    else if (ruler_is(name, "sqrt")) ruler_plain_root(p);
    else if (ruler_is(name, "mathbf")) ruler_plain_style(p, 0x1D400, 0x1D41A);
    else if (ruler_is(name, "mathbb")) ruler_plain_style(p, 0x1D538, 0x1D552);
    else if (ruler_is(name, "begin") || ruler_is(name, "end")) ruler_plain_environment(p, *name.data == 'b');
    else if (ruler_among(name, dropped, RULER_COUNT(dropped))) ruler_plain_skip_argument(p);
    for (size_t i = 0; i < RULER_COUNT(ruler_plain_commands); i++) {
        if (*name.data != *ruler_plain_commands[i].name || !ruler_is(name, ruler_plain_commands[i].name)) continue;
        ruler_put(p->out, ruler_plain_commands[i].text, strlen(ruler_plain_commands[i].text));
        break;
    }
}

// After a backslash.
static void ruler_plain_command(ruler_latex *p)
{
    const char *c = ++p->at;
    if (c >= p->end) return;
    if (!ruler_is_letter(*c)) {
        p->at++;
        if (*c == '\\') ruler_puts(p->out, p->matrix > 0 ? "; " : "\n");
        else if (ruler_one_of(*c, "{}%$#_&")) ruler_put(p->out, c, 1);
        else if (ruler_one_of(*c, ",;: ")) ruler_puts(p->out, " ");
        return;
    }
    while (c < p->end && ruler_is_letter(*c)) c++;
    r0_span name = ruler_cut(p->at, c);
    if (c < p->end && *c == '*') c++;
    p->at = c;
    while (p->at < p->end && ruler_is_space(*p->at)) p->at++; // the space after a command vanishes
    ruler_plain_name(p, name);
}

// A run of text up to `stop` (0: the end). White space alone between two constructs vanishes.
static void ruler_plain_run(ruler_latex *p, char stop)
{
    if (++p->depth > RULER_DEPTH) p->failed = true;
    while (p->at < p->end && !p->failed) {
        const char *from = p->at;
        bool blank = true;
        while (p->at < p->end && !ruler_one_of(*p->at, "\\{}&~")) blank &= ruler_is_space(*p->at++);
        if (!blank) ruler_put(p->out, from, (size_t)(p->at - from));
        if (p->at >= p->end) break;
        char c = *p->at;
        if (c == '\\') {
            ruler_plain_command(p);
            continue;
        }
        p->at++;
        if (c == '}' && stop == '}') break;
        if (c == '{') ruler_plain_run(p, '}');
        if (c == '&') ruler_puts(p->out, p->matrix > 0 ? " " : "   ");
        if (c == '~') ruler_puts(p->out, "\xC2\xA0");
    }
    p->depth--;
}

// _parse_latex of the original: only texts with a backslash pass through it.
static void ruler_plain(ruler *r)
{
    static const char *const words[][2] = {
        {"\xE2\x88\x9A", "sqrt"}, {"\xCF\x80", "pi"}, {"\xE2\x88\x9E", "inf"},
        {"\xE2\x88\xAA", "U"},    {"\xC2\xB7", "*"},  {"\xC3\x97", "*"},
    };
    if (!ruler_find(ruler_span(r), "\\")) return;
    ruler_replace(r, "\\tfrac", "\\frac");
    ruler_replace(r, "\\dfrac", "\\frac");
    ruler_replace(r, "\\frac", " \\frac");
    ruler_replace(r, "---", "\xE2\x80\x94"); // dashes, as TeX has them
    ruler_replace(r, "--", "\xE2\x80\x93");
    ruler_text fresh = R0_ZERO;
    ruler_latex p = {r->text.data, r->text.data + r->text.size, &fresh, 0, false, 0};
    ruler_plain_run(&p, 0);
    if (p.failed) { // the original raised, and kept what it had
        free(fresh.data);
        return;
    }
    ruler_set(r, fresh);
    for (size_t i = 0; i < RULER_COUNT(words); i++) ruler_replace(r, words[i][0], words[i][1]);
    r0_span text = ruler_trim(ruler_span(r));
    if (text.size != r->text.size) ruler_copy(r, text);
}

// -- step 2: its own normalizer --
//
// Here lie most of the quirks that a policy can learn to exploit: "day" vanishes from "Monday" and "cm" from any
// word, 1.24e-8 is the integer 0, and what is an integer to float() loses all else.

// Python's float(): optional white space, sign, digits with '.', exponent; inf and nan. Between two digits may be one
// '_', and full-width digits are digits.
static bool ruler_python_float(r0_span text, double *value)
{
    char copy[512], plain[512];
    size_t size = 0;
    text = ruler_trim(text);
    for (size_t i = 0; i < text.size && text.size < sizeof plain; i++) {
        const unsigned char *u = (const unsigned char *)text.data + i;
        bool wide = i + 2 < text.size && u[0] == 0xEF && u[1] == 0xBC && u[2] >= 0x90 && u[2] <= 0x99;
        bool joins = u[0] == '_' && size && ruler_is_digit(plain[size - 1]) && i + 1 < text.size &&
                     (ruler_is_digit((char)u[1]) || u[1] == 0xEF);
        if (wide) plain[size++] = (char)('0' + u[2] - 0x90), i += 2;
        else if (!joins) plain[size++] = (char)u[0];
    }
    if (text.size < sizeof plain) text.data = plain, text.size = size;
    const char *c = text.data, *end = c + text.size;
    if (c < end && (*c == '-' || *c == '+')) c++;
    const char *digits = c;
    size_t count = 0;
    while (c < end && ruler_is_digit(*c)) c++, count++;
    if (c < end && *c == '.')
        for (c++; c < end && ruler_is_digit(*c);) c++, count++;
    if (!count) {
        bool word = ruler_word_at(digits, end, "inf") || ruler_word_at(digits, end, "nan");
        *value = INFINITY;
        return word && (end - digits == 3 || (ruler_word_at(digits, end, "infinity") && end - digits == 8));
    }
    if (c < end && (*c == 'e' || *c == 'E')) {
        c++;
        if (c < end && (*c == '-' || *c == '+')) c++;
        const char *power = c;
        while (c < end && ruler_is_digit(*c)) c++;
        if (c == power) return false;
    }
    if (c != end || text.size >= sizeof copy) return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *value = strtod(copy, NULL);
    return true;
}

// The original's idea of an integer: 1.24e-8 is one.
static bool ruler_near_integer(double x) { return !isinf(x) && fabs(x - nearbyint(x)) <= 1e-7; }

// str(int(x)): a double has all its digits printed, and no negative zero.
static void ruler_print_integer(ruler *r, double x)
{
    char text[320]; // DBL_MAX has 309 digits
    snprintf(text, sizeof text, "%.0f", x == 0 ? 0.0 : x);
    ruler_copy(r, ruler_span_of(text));
}

// Removes "unit(es)(s) *(^digits)" wherever it stands.
static void ruler_remove_unit(ruler *r, const char *unit)
{
    r0_span rest = ruler_span(r);
    const char *end = rest.data + rest.size, *found = ruler_find(rest, unit);
    if (!found) return;
    ruler_text fresh = R0_ZERO;
    for (; found; found = ruler_find(rest, unit)) {
        ruler_put(&fresh, rest.data, (size_t)(found - rest.data));
        const char *c = found + strlen(unit);
        if (end - c >= 2 && c[0] == 'e' && c[1] == 's') c += 2;
        if (c < end && *c == 's') c++;
        while (c < end && *c == ' ') c++;
        if (c + 1 < end && *c == '^' && ruler_is_digit(c[1]))
            for (c++; c < end && ruler_is_digit(*c);) c++;
        rest = ruler_cut(c, end);
    }
    ruler_put(&fresh, rest.data, rest.size);
    ruler_set(r, fresh);
}

// Removes `first`, blanks, `last`: "^ \circ" and "- " alike. keep: bytes of the match that stay.
static void ruler_remove_spaced(ruler *r, const char *first, const char *last, size_t keep, bool after)
{
    r0_span rest = ruler_span(r);
    const char *end = rest.data + rest.size, *found = ruler_find(rest, first);
    if (!found) return;
    ruler_text fresh = R0_ZERO;
    for (; found; found = ruler_find(rest, first)) {
        const char *c = found + strlen(first);
        while (c < end && *c == ' ') c++;
        bool match = after || ruler_find(ruler_cut(c, ruler_first(c + strlen(last), end)), last) == c;
        const char *stop = match ? found + keep : found + strlen(first);
        ruler_put(&fresh, rest.data, (size_t)(stop - rest.data));
        rest = ruler_cut(match ? c + strlen(last) : stop, end);
    }
    ruler_put(&fresh, rest.data, rest.size);
    ruler_set(r, fresh);
}

// "7 3/4" becomes "7+3/4".
static void ruler_mix(ruler *r)
{
    ruler_text fresh = R0_ZERO;
    const char *begin = ruler_span(r).data, *end = begin + r->text.size,
               *from = begin; // matches do not overlap: from the last one
    for (const char *c = begin + 1; c < end; c++) {
        const char *gap = c;
        while (c < end && *c == ' ') c++;
        if (c == gap || c == end || gap <= from || !ruler_is_digit(gap[-1]) || !ruler_is_digit(*c)) continue;
        ruler_put(&fresh, from, (size_t)(gap - from));
        ruler_puts(&fresh, "+");
        ruler_put(&fresh, c, 1);
        from = c + 1;
    }
    ruler_put(&fresh, from, (size_t)(end - from));
    ruler_set(r, fresh);
}

// Removes commas in front of exactly three digits, between digits; returns the size that is left.
static size_t ruler_strip_commas(char *text, size_t size)
{
    for (bool changed = size > 0; changed;) { // a pass takes every second comma of a run
        size_t kept = 0, used = 0;
        changed = false;
        for (size_t i = 0; i < size; i++) {
            bool group = text[i] == ',' && i > used && ruler_is_digit(text[i - 1]) && size - i > 3 &&
                         ruler_is_digit(text[i + 1]) && ruler_is_digit(text[i + 2]) && ruler_is_digit(text[i + 3]) &&
                         (i + 4 == size || !ruler_is_digit(text[i + 4]));
            if (group) used = i + 5, changed = true;
            else text[kept++] = text[i];
        }
        size = kept;
    }
    return size;
}

// Lower case for ASCII and Greek.
static void ruler_lower(ruler *r)
{
    for (size_t i = 0; i < r->text.size; i++) {
        char *c = &r->text.data[i];
        *c = ruler_fold(*c);
        if ((uint8_t)c[0] != 0xCE || i + 1 >= r->text.size) continue;
        uint8_t low = (uint8_t)c[1];
        if (low >= 0x91 && low <= 0x9F) c[1] = (char)(low + 0x20);
        else if (low >= 0xA0 && low <= 0xA9) c[0] = (char)0xCF, c[1] = (char)(low - 0x20);
    }
}

// _str_is_int on a span: commas of thousands do not count.
static bool ruler_is_integer(r0_span text)
{
    char copy[1024];
    double value;
    if (text.size > sizeof copy) return false;
    memcpy(copy, text.data, text.size);
    r0_span number = {copy, ruler_strip_commas(copy, text.size)};
    return ruler_python_float(number, &value) && ruler_near_integer(value);
}

// _normalize of the original, statement by statement.
static void ruler_normalize(ruler *r, r0_span answer)
{
    static const char *const words[][2] = {
        {"\\%", "%"}, {"\\$", "$"}, {"$", ""}, {"%", ""}, {" or ", " , "}, {" and ", " , "},
        {"million", "*10^6"}, {"billion", "*10^9"}, {"trillion", "*10^12"},
    };
    static const char *const units[] = {"degree", "cm",   "centimeter", "meter", "mile", "second", "minute", "hour",
                                        "day",    "week", "month",      "year",  "foot", "feet",   "inch",   "yard"};
    double value;
    ruler_copy(r, ruler_unwrap(answer));
    for (size_t i = 0; i < RULER_COUNT(words); i++) ruler_replace(r, words[i][0], words[i][1]);
    for (size_t i = 0; i < RULER_COUNT(units); i++) ruler_remove_unit(r, units[i]);
    ruler_remove_spaced(r, "^", "\\circ", 0, false);
    r0_span text = ruler_span(r);
    if (text.size && text.data[0] == '{' && text.data[text.size - 1] == '}')
        ruler_copy(r, ruler_cut(text.data + 1, text.data + text.size - 1));
    ruler_remove_spaced(r, ",\\!", "", 0, true);
    if (ruler_python_float(ruler_span(r), &value) && ruler_near_integer(value))
        ruler_print_integer(r, nearbyint(value));
    ruler_plain(r);
    ruler_remove_spaced(r, "-", "", 1, true);
    ruler_mix(r);
    ruler_replace(r, " ", "");
    ruler_replace(r, "{", "");
    ruler_replace(r, "}", "");
    ruler_lower(r);
    if (ruler_is_integer(ruler_span(r))) {
        ruler_replace(r, ",", "");
        if (ruler_python_float(ruler_span(r), &value)) ruler_print_integer(r, trunc(value));
    }
}

// -- step 5: plain text as sympy reads it --
//
//   sum = product { (+|-) product }    product = unary { [* | /] unary }    unary = - unary | power
//   power = postfix [ ^ unary ]        postfix = atom { ! }                 juxtaposition binds like *
//
// While a text is read, what it means is written as LaTeX: every bracket and product is there, a name is x_{k}, a
// decimal is its digits times a power of ten (exact, where r0_answer_equal would round), a / b is a (b)^{-1}. Beside it
// goes the value in doubles, which is what sympy calculates with where a decimal occurs.

// The names in a pair; equal names have equal numbers.
typedef struct ruler_names {
    r0_span names[RULER_SYMBOLS];
    int count;
} ruler_names;

typedef struct ruler_value {
    double real; // NaN: none, or not a real number
    bool exact;  // a rational number, of no root and no function
} ruler_value;

typedef struct ruler_reader {
    const char *at, *end;
    const char *split; // a name was cut into letters up to here
    ruler_text latex;
    ruler_names *names;
    int depth;
    bool failed, spent; // not Python; too long or too deep
    bool decimal, long_decimal, symbol;
} ruler_reader;

static ruler_value ruler_read_sum(ruler_reader *p);
static ruler_value ruler_read_unary(ruler_reader *p);

static ruler_value ruler_none(ruler_reader *p)
{
    ruler_value none = {NAN, false};
    p->failed = true;
    return none;
}

static void ruler_write(ruler_reader *p, const char *text)
{
    ruler_puts(&p->latex, text);
    if (p->latex.size > RULER_LIMIT) p->spent = true;
}

// Opens a bracket in front of what was written from `from` on.
static void ruler_write_before(ruler_reader *p, size_t from)
{
    ruler_write(p, "(");
    memmove(p->latex.data + from + 1, p->latex.data + from, p->latex.size - from - 1);
    p->latex.data[from] = '(';
}

// White space between tokens. A no-break space is an error to Python, and stays one.
static const char *ruler_skip(ruler_reader *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t')) p->at++;
    return p->at;
}

static bool ruler_at(ruler_reader *p, char sign) { return ruler_skip(p) < p->end && *p->at == sign; }

// Is the character at `c` a letter to Python? Good for Latin, Greek, Cyrillic, CJK and mathematical alphabets.
static bool ruler_python_letter(const char *c, const char *end)
{
    uint8_t a = (uint8_t)c[0], b = c + 1 < end ? (uint8_t)c[1] : 0;
    if (a < 0x80) return ruler_is_letter(*c);
    if (a == 0xC3) return b != 0x97 && b != 0xB7;
    if (a == 0xE2) return b == 0x84; // letterlike
    return (a >= 0xC4 && a <= 0xCA) || (a >= 0xCD && a <= 0xD4) || (a >= 0xE3 && a <= 0xED) || a == 0xF0;
}

// A literal of Python: no leading zeros, maybe an exponent, maybe imaginary.
static ruler_value ruler_read_number(ruler_reader *p)
{
    const char *begin = p->at, *c = begin, *point = NULL, *mantissa;
    char copy[512], power[32];
    long exponent = 0;
    while (c < p->end && ruler_is_digit(*c)) c++;
    if (c < p->end && *c == '.')
        for (point = c++; c < p->end && ruler_is_digit(*c);) c++;
    mantissa = c;
    if (c < p->end && *c == 'e') {
        const char *d = c + 1 + (c + 1 < p->end && (c[1] == '-' || c[1] == '+')), *digits = d;
        while (d < p->end && ruler_is_digit(*d)) d++;
        if (d > digits && d - digits < 7) c = d;
    }
    if (!point && c == mantissa && *begin == '0' && c - begin > 1) p->failed = true; // Python has no 012
    size_t size = (size_t)(c - begin);
    if (size >= sizeof copy) return p->spent = true, ruler_none(p);
    memcpy(copy, begin, size);
    copy[size] = 0;
    p->at = c;
    ruler_value v = {strtod(copy, NULL), true};
    if (c > mantissa) exponent = strtol(copy + (mantissa - begin) + 1, NULL, 10);
    if (point) exponent -= (long)(mantissa - point - 1), p->long_decimal |= size > 16;
    p->decimal |= point || c > mantissa;
    bool imaginary = c < p->end && *c == 'j'; // 2j
    ruler_write(p, imaginary || exponent ? "(" : "");
    ruler_put(&p->latex, begin, (size_t)((point ? point : mantissa) - begin));
    if (point) ruler_put(&p->latex, point + 1, (size_t)(mantissa - point - 1));
    snprintf(power, sizeof power, "\\cdot 10^{%ld}", exponent);
    if (exponent) ruler_write(p, power);
    if (imaginary) p->at++, v.real = NAN, v.exact = false, ruler_write(p, "\\cdot i");
    ruler_write(p, imaginary || exponent ? ")" : "");
    return v;
}

static double ruler_cot(double x) { return 1 / tan(x); }
static double ruler_sec(double x) { return 1 / cos(x); }
static double ruler_csc(double x) { return 1 / sin(x); }

static const struct {
    const char *name, *latex;
    double (*of)(double);
} ruler_functions[] = {
    {"sin", "sin", sin},        {"cos", "cos", cos},        {"tan", "tan", tan},        {"cot", "cot", ruler_cot},
    {"sec", "sec", ruler_sec},  {"csc", "csc", ruler_csc},  {"sinh", "sinh", sinh},     {"cosh", "cosh", cosh},
    {"tanh", "tanh", tanh},     {"arcsin", "arcsin", asin}, {"arccos", "arccos", acos}, {"arctan", "arctan", atan},
    {"asin", "arcsin", asin},   {"acos", "arccos", acos},   {"atan", "arctan", atan},   {"exp", "exp", exp},
    {"ln", "ln", log},          {"log", "ln", log},         {"sqrt", "sqrt", sqrt},
};

// A function needs its bracket: "sqrt2" is no root to sympy.
static ruler_value ruler_read_call(ruler_reader *p, int function)
{
    bool root = ruler_functions[function].of == (double (*)(double))sqrt;
    if (!ruler_at(p, '(')) return ruler_none(p);
    p->at++;
    ruler_write(p, "(\\");
    ruler_write(p, ruler_functions[function].latex);
    ruler_write(p, root ? "{" : "(");
    ruler_value v = ruler_read_sum(p);
    ruler_write(p, root ? "})" : "))");
    if (!ruler_at(p, ')')) return ruler_none(p);
    p->at++;
    v.real = ruler_functions[function].of(v.real);
    v.exact = false;
    return v;
}

// A name: a known one, one with an underscore as a whole, else its first letter (the others follow as factors).
static ruler_value ruler_read_name(ruler_reader *p)
{
    static const char *const keywords[] = {"as", "is", "in", "if", "or", "and", "not", "for", "def", "del", "try"};
    static const char *const greek[] = {"mu", "nu", "xi", "eta", "rho", "chi", "psi", "phi", "tau"};
    const char *begin = p->at, *c = begin;
    char text[16];
    bool whole = false;
    while (c < p->end &&
           (ruler_python_letter(c, p->end) || ruler_is_digit(*c) || *c == '_' || ((uint8_t)*c & 0xC0) == 0x80))
        whole |= *c++ == '_';
    r0_span name = ruler_cut(begin, c);
    if (begin < p->split) name.size = ruler_utf8_size(begin, p->end);
    if (ruler_among(name, keywords, RULER_COUNT(keywords))) return ruler_none(p);
    if (ruler_is(name, "pi") || ruler_is(name, "oo")) {
        ruler_value constant = {*begin == 'p' ? 3.14159265358979323846 : INFINITY, false};
        p->at = c;
        ruler_write(p, *begin == 'p' ? "\\pi " : "\\infty ");
        return constant;
    }
    for (int i = 0; i < (int)RULER_COUNT(ruler_functions); i++)
        if (ruler_is(name, ruler_functions[i].name)) return p->at = c, ruler_read_call(p, i);
    if (!whole && !ruler_among(name, greek, RULER_COUNT(greek))) name.size = ruler_utf8_size(begin, p->end);
    if (p->split < c) p->split = c;
    p->at = begin + name.size;
    int k = 0;
    while (k < p->names->count && !ruler_same(p->names->names[k], name)) k++;
    if (k == RULER_SYMBOLS) return p->spent = true, ruler_none(p);
    p->names->names[k] = name;
    if (k == p->names->count) p->names->count++;
    snprintf(text, sizeof text, "x_{%d}", k);
    ruler_write(p, text);
    ruler_value symbol = {NAN, true};
    p->symbol = true;
    return symbol;
}

// A number, a name, or a sum in brackets; Python knows no others that could equal anything here.
static ruler_value ruler_read_atom(ruler_reader *p)
{
    if (ruler_skip(p) >= p->end || p->spent) return ruler_none(p);
    if (ruler_is_digit(*p->at) || (*p->at == '.' && p->at + 1 < p->end && ruler_is_digit(p->at[1])))
        return ruler_read_number(p);
    if (*p->at == '_' || ruler_python_letter(p->at, p->end)) return ruler_read_name(p);
    if (*p->at != '(') return ruler_none(p);
    p->at++;
    ruler_write(p, "(");
    ruler_value v = ruler_read_sum(p);
    ruler_write(p, ")");
    if (!ruler_at(p, ')')) return ruler_none(p);
    p->at++;
    return v;
}

static double ruler_factorial(double n)
{
    double product = n >= 0 && n == floor(n) ? 1 : NAN;
    if (n > 170) return INFINITY;
    for (double i = 2; i <= n; i++) product *= i;
    return product;
}

// -x^2 is -(x^2), x^-1 is allowed, and a^b^c is a^(b^c).
static ruler_value ruler_read_unary(ruler_reader *p)
{
    if (p->depth >= RULER_DEPTH) p->spent = true;
    if (p->spent || p->failed) return ruler_none(p);
    size_t from = p->latex.size;
    ruler_value v;
    p->depth++;
    if (ruler_at(p, '-') || ruler_at(p, '+')) {
        bool negative = *p->at++ == '-';
        ruler_write(p, negative ? "(-" : "");
        v = ruler_read_unary(p);
        ruler_write(p, negative ? ")" : "");
        if (negative) v.real = -v.real;
        return p->depth--, v;
    }
    v = ruler_read_atom(p);
    for (; !p->failed && !p->spent && ruler_at(p, '!'); p->at++) {
        ruler_write_before(p, from);
        ruler_write(p, ")!");
        v.real = ruler_factorial(v.real);
    }
    bool stars = !p->failed && ruler_at(p, '*') && p->at + 1 < p->end && p->at[1] == '*';
    if (stars || (!p->failed && ruler_at(p, '^'))) {
        p->at += 1 + stars;
        ruler_write(p, "^{");
        ruler_value exponent = ruler_read_unary(p);
        ruler_write(p, "}");
        v.exact &= exponent.exact && exponent.real == floor(exponent.real);
        v.real = pow(v.real, exponent.real);
    }
    p->depth--;
    return v;
}

// Juxtaposition is a plain product here: 1/2x is (1/2)x, unlike in LaTeX.
static ruler_value ruler_read_product(ruler_reader *p)
{
    ruler_value v = ruler_read_unary(p);
    while (!p->failed && !p->spent && ruler_skip(p) < p->end) {
        bool divide = *p->at == '/', beside = ruler_is_digit(*p->at) || ruler_python_letter(p->at, p->end);
        if (divide || *p->at == '*') p->at++;
        else if (*p->at != '(' && *p->at != '_' && !beside) break;
        ruler_write(p, divide ? "\\cdot (" : "\\cdot ");
        ruler_value factor = ruler_read_unary(p);
        ruler_write(p, divide ? ")^{-1}" : "");
        v.real = divide ? v.real / factor.real : v.real * factor.real;
        v.exact &= factor.exact;
    }
    return v;
}

static ruler_value ruler_read_sum(ruler_reader *p)
{
    if (p->depth >= RULER_DEPTH) p->spent = true;
    if (p->spent || p->failed) return ruler_none(p);
    p->depth++;
    ruler_value v = ruler_read_product(p);
    while (!p->failed && !p->spent && (ruler_at(p, '+') || ruler_at(p, '-'))) {
        bool minus = *p->at++ == '-';
        ruler_write(p, minus ? "-" : "+");
        ruler_value term = ruler_read_product(p);
        v.real = minus ? v.real - term.real : v.real + term.real;
        v.exact &= term.exact;
    }
    p->depth--;
    return v;
}

// At most two different letters in both texts, without those of sqrt and frac; and no dangerous exponents.
static bool ruler_may_evaluate(r0_span a, r0_span b)
{
    uint32_t letters[3] = {0, 0, 0};
    int count = 0;
    r0_span both[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        const char *c = both[k].data, *end = c + both[k].size;
        while (c < end) {
            if (ruler_word_at(c, end, "sqrt") || ruler_word_at(c, end, "frac")) {
                c += 4;
                continue;
            }
            if (*c == '^' && c + 1 < end) {
                const char *d = c + 1;
                while (d < end && ruler_is_digit(*d)) d++;
                if (c[1] == '{' || c[1] == '(' || d - c > 2 || (d > c + 1 && d < end && *d == '^')) return false;
            }
            size_t size = ruler_utf8_size(c, end);
            uint32_t code = 0;
            for (size_t i = 0; i < size && i < 4; i++) code = code << 8 | (uint8_t)c[i];
            bool known = !ruler_python_letter(c, end);
            for (int i = 0; i < count; i++) known |= letters[i] == code;
            if (!known && count == 2) return false;
            if (!known) letters[count++] = code;
            c += size;
        }
    }
    return true;
}

// simplify(a - b) == 0. Decimals are doubles to sympy, so constants with one must agree to the last bit.
static r0_equality ruler_evaluate(r0_context *r0, r0_span gold, r0_span pred, r0_verdict *verdict)
{
    r0_span texts[2] = {gold, pred}, latex[2];
    ruler_names names = R0_ZERO;
    ruler_reader p[2] = R0_ZERO;
    ruler_value v[2];
    bool failed = false, spent = false, decimal = false, long_decimal = false, symbol = false;
    if (!ruler_may_evaluate(gold, pred)) return R0_UNEQUAL;
    for (int k = 0; k < 2; k++) {
        p[k].at = p[k].split = texts[k].data;
        p[k].end = texts[k].data + texts[k].size;
        p[k].names = &names;
        v[k] = ruler_read_sum(&p[k]);
        failed |= p[k].failed || ruler_skip(&p[k]) < p[k].end;
        spent |= p[k].spent;
        decimal |= p[k].decimal, long_decimal |= p[k].long_decimal, symbol |= p[k].symbol;
        latex[k].data = p[k].latex.data ? p[k].latex.data : "";
        latex[k].size = p[k].latex.size;
    }
    r0_verdict found = {R0_UNEQUAL, "", 0};
    if (!spent && !failed && r0_answer_equal(r0, latex[0], latex[1], 0, &found)) ruler_no_memory();
    if (spent) found.equal = R0_UNDECIDED;
    verdict->steps += found.steps;
    free(p[0].latex.data);
    free(p[1].latex.data);
    if (spent || failed || !decimal || symbol) return found.equal;
    if (found.equal == R0_EQUAL && v[0].exact != v[1].exact) found.equal = R0_UNEQUAL; // no decimal is a root
    bool same = v[0].real == v[1].real && fabs(v[0].real) <= DBL_MAX;
    return found.equal == R0_UNEQUAL && !long_decimal && same ? R0_EQUAL : found.equal;
}

// ^-?[0-9]+.?/0*[1-9][0-9]*.?$ : a fraction of integers, maybe with a stray character after either.
static bool ruler_is_fraction(r0_span text)
{
    const char *c = text.data, *end = c + text.size;
    if (c < end && *c == '-') c++;
    const char *digits = c;
    while (c < end && ruler_is_digit(*c)) c++;
    if (c == digits) return false;
    if (c < end && *c != '/') c += ruler_utf8_size(c, end);
    if (c >= end || *c++ != '/') return false;
    while (c < end && *c == '0') c++;
    digits = c;
    while (c < end && ruler_is_digit(*c)) c++;
    if (c == digits) return false;
    return c == end || c + ruler_utf8_size(c, end) == end;
}

static r0_equality ruler_decide(r0_verdict *verdict, r0_equality equal, const char *reason)
{
    verdict->reason = reason;
    return equal;
}

// The three rules of step 5.
static r0_equality ruler_compare_member(r0_context *r0, r0_span gold, r0_span pred, r0_verdict *verdict)
{
    if (ruler_is_fraction(gold) && ruler_is_fraction(pred))
        return ruler_decide(verdict, ruler_same(gold, pred) ? R0_EQUAL : R0_UNEQUAL, "fractions");
    if (ruler_is_integer(gold) != ruler_is_integer(pred)) return ruler_decide(verdict, R0_UNEQUAL, "integer");
    return ruler_decide(verdict, ruler_evaluate(r0, gold, pred, verdict), "value");
}

// Does the text open and close with a bracket, and hold none between? Then its members are split at commas.
static bool ruler_is_tuple(r0_span text)
{
    if (text.size < 3 || !ruler_one_of(text.data[0], "()[]") || !ruler_one_of(text.data[text.size - 1], "()[]"))
        return false;
    for (size_t i = 1; i + 1 < text.size; i++)
        if (text.data[i] && ruler_one_of(text.data[i], "()[]")) return false;
    return true;
}

// Takes the next member off `rest`.
static r0_span ruler_member(r0_span *rest, bool tuple)
{
    const char *comma = tuple && rest->size ? (const char *)memchr(rest->data, ',', rest->size) : NULL,
               *end = rest->data + rest->size;
    r0_span member = ruler_cut(rest->data, comma ? comma : end);
    *rest = comma ? ruler_cut(comma + 1, end) : ruler_cut(NULL, NULL);
    return ruler_trim(member);
}

// How many members there are; an empty text has none.
static size_t ruler_count(r0_span text, bool tuple)
{
    size_t count = 1;
    for (size_t i = 0; i < text.size && tuple; i++) count += text.data[i] == ',';
    return text.size ? count : 0;
}

// Steps 3 to 5. The brackets are compared before the commas of thousands vanish, as in the original.
static r0_equality ruler_compare(r0_context *r0, ruler *gold, ruler *pred, r0_verdict *verdict)
{
    r0_span a = ruler_span(gold), b = ruler_span(pred);
    if (ruler_same(a, b)) return ruler_decide(verdict, R0_EQUAL, "text");
    if (!b.size) return ruler_decide(verdict, R0_UNEQUAL, "empty");
    char first = a.size ? a.data[0] : 0, last = a.size ? a.data[a.size - 1] : 0;
    bool brackets = first == b.data[0] && last == b.data[b.size - 1];
    gold->text.size = ruler_strip_commas(gold->text.data, gold->text.size);
    pred->text.size = ruler_strip_commas(pred->text.data, pred->text.size);
    a = ruler_span(gold), b = ruler_span(pred);
    bool tuple_a = ruler_is_tuple(a), tuple_b = ruler_is_tuple(b);
    size_t count = ruler_count(a, tuple_a);
    if ((count > 1 && !brackets) || count != ruler_count(b, tuple_b))
        return ruler_decide(verdict, R0_UNEQUAL, "tuple");
    if (tuple_a) a = ruler_cut(a.data + 1, a.data + a.size - 1);
    if (tuple_b) b = ruler_cut(b.data + 1, b.data + b.size - 1);
    r0_equality equal = R0_UNEQUAL;
    for (size_t i = 0; i < count; i++) {
        r0_span x = ruler_member(&a, tuple_a), y = ruler_member(&b, tuple_b);
        equal = ruler_compare_member(r0, x, y, verdict);
        if (equal != R0_EQUAL || verdict->steps > R0_JUDGE_STEPS) break;
    }
    return equal;
}

// grade_answer(pred, gold). R0_UNDECIDED, to be counted as unequal, where a text is too long or the work would exceed
// R0_JUDGE_STEPS. Thread-safe as r0_answer_equal is.
static r0_verdict mathruler_grade(r0_context *r0, r0_span gold, r0_span pred)
{
    r0_verdict verdict = {R0_EQUAL, "identical", 1};
    ruler a = R0_ZERO, b = R0_ZERO;
    if (ruler_same(gold, pred)) return verdict;
    verdict.equal = ruler_decide(&verdict, R0_UNDECIDED, "too long");
    if (gold.size > RULER_LIMIT || pred.size > RULER_LIMIT) return verdict;
    ruler_math(&a, gold);
    ruler_math(&b, pred);
    if (ruler_same(ruler_span(&a), ruler_span(&b))) {
        verdict.equal = ruler_decide(&verdict, R0_EQUAL, "normalized text");
    } else {
        ruler_normalize(&a, gold);
        ruler_normalize(&b, pred);
        verdict.equal = ruler_compare(r0, &a, &b, &verdict);
    }
    verdict.steps += a.steps + b.steps;
    if (verdict.steps > R0_JUDGE_STEPS) verdict.equal = ruler_decide(&verdict, R0_UNDECIDED, "step budget");
    free(a.text.data);
    free(b.text.data);
    return verdict;
}

// As an r0_equal_fn: user is the r0_context, a the answer, b the reference. What is undecided is unequal.
static bool mathruler_equal(void *user, r0_span a, r0_span b)
{
    return mathruler_grade((r0_context *)user, b, a).equal == R0_EQUAL;
}

#endif
