// The world of the tiny model: arithmetic questions in seven families, an oracle that knows every answer, and worked
// solutions. tiny_corpus.h makes documents of them, and a base model is pretrained on those. R-Zero needs a base that
// is able but not good. Two properties of this corpus see to that, and both are engineered (see
// examples/tiny/README.md):
//
//   slips           The worked solutions make mistakes, and a mistake is carried on to the end. A model that learns
//                   them answers wrongly now and then, but seldom twice in the same way: a majority knows better.
//   direct answers  From level 3 on most solutions box an answer without any step. Greedy decoding picks up that
//                   habit; step-by-step samples are rarer, agree with each other, and win the vote.
//
//   family  level is                example and its worked solution
//   chain   operations, 1-8         7+5-3                            7+5=12;12-3=9;\boxed{9}
//   word    operations, 1-6         Tom has 7 eggs, gets 5.          7+5=12;\boxed{12}
//   var     operations, 1-6         a=5;b=a+3;b?                     5+3=8;\boxed{8}
//   add     digits less one, 1-4    47+85                            7+5=12;4+8+1=13;\boxed{132}
//   mul     digits, 1-4             47*6                             7*6=42;4*6+4=28;\boxed{282}
//   max     comparisons, 1-6        max 47 12 88                     47,12=47;47,88=88;\boxed{88}
//   sub     digits less one, 1-4    52-38                            12-8=4;5-3-1=1;\boxed{14}
//
// The last two are the transfer families: they stand in solver documents only, so the base challenger does not know
// them, and they tell whether what a solver learns on its own questions carries over to what nobody asks about.
// In sub a digit that is too small is written with the ten that it borrows, and the next digit pays 1 for it.
//
// Uses libc only, keeps no global state, and gives the same documents on every system: the random numbers are integer
// arithmetic, and probabilities are only compared, never summed.
#ifndef TINY_TASK_H
#define TINY_TASK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    TINY_QUESTION = 128, // bytes that hold any question of the generator, its NUL included
    TINY_ANSWER = 72,    // bytes that hold any answer of the oracle
    TINY_SOLUTION = 256, // bytes that hold any steps
    TINY_DOCUMENT = 640, // bytes that hold any document
    TINY_OPERATIONS = 64,
    TINY_DIGITS = 64,
    TINY_STAGES = 3
};

typedef enum tiny_family {
    TINY_CHAIN,
    TINY_WORD,
    TINY_VAR,
    TINY_ADD,
    TINY_MUL,
    TINY_MAIN_FAMILIES, // the challenger's families end here
    TINY_MAX = TINY_MAIN_FAMILIES,
    TINY_SUB,
    TINY_FAMILIES
} tiny_family;

// How often a family occurs (parts of 100 in solver documents; the challenger's five keep their proportions) and how
// far its levels go in the corpus. A question may go further: the oracle answers `chain` with ten operations as well.
typedef struct tiny_family_info {
    const char *name;
    int levels;
    int weight;
} tiny_family_info;

static const tiny_family_info tiny_families[TINY_FAMILIES] = {
    {"chain", 8, 30}, {"word", 6, 16}, {"var", 6, 16}, {"add", 4, 14}, {"mul", 4, 12}, {"max", 6, 6}, {"sub", 4, 6},
};

// What changes between the stages of pretraining. Arrays by level: 1, 2, and 3 or above.
typedef struct tiny_stage {
    int steps;               // of 32 documents each
    double learning_rate;
    double slip[3];          // probability that a step's result is wrong
    bool slips_follow_carry; // 1.6 slip where a carry or ten is crossed, 0.4 slip elsewhere
    double solver_decay;     // level k is drawn with probability proportional to decay^k
    double challenger_decay;
    double direct[3];        // share of solver documents that box an answer without steps
} tiny_stage;

static const tiny_stage tiny_stages[TINY_STAGES] = {
    {5600, 3e-3, {.15, .15, .15}, false, .6, .6, {0, 0, 0}},
    {4400, 2e-3, {.15, .15, .15}, true, .75, .45, {0, 0, 0}},
    {2640, 1.5e-3, {0, .15, .06}, true, .8, .1, {0, 0, .6}},
};

static const double tiny_challenger_share = .30;   // of all documents
static const double tiny_challenger_broken = .06;  // of the challenger's: a tag or the box is missing
static const double tiny_solver_unboxed = .03;     // of the solver's worked ones: the answer stands without its box
static const double tiny_minus_share = .45;        // of the operations that may be a subtraction

// -- random numbers: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014); the state is a counter, so it cannot run dry --

typedef struct tiny_random {
    uint64_t state;
} tiny_random;

static inline uint64_t tiny_random_next(tiny_random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

// [0, bound); the bias is below bound / 2^32.
static inline int tiny_random_below(tiny_random *random, int bound)
{
    return (int)((tiny_random_next(random) >> 32) * (uint64_t)bound >> 32);
}

// [low, high], both included.
static inline int tiny_random_between(tiny_random *random, int low, int high)
{
    return low + tiny_random_below(random, high - low + 1);
}

static inline bool tiny_random_chance(tiny_random *random, double probability)
{
    return (double)(tiny_random_next(random) >> 11) / 9007199254740992.0 < probability;
}

// -- text: appends to a buffer of fixed size; what does not fit sets `full` --

typedef struct tiny_text {
    char *data;
    size_t size, capacity; // bytes; the NUL is not in size
    bool full;
} tiny_text;

static inline tiny_text tiny_text_make(char *data, size_t capacity)
{
    tiny_text text = {data, 0, capacity, capacity == 0};
    if (capacity) data[0] = 0;
    return text;
}

#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 2, 3)))
#endif
static inline void tiny_text_print(tiny_text *text, const char *format, ...)
{
    if (text->full) return;
    va_list list;
    va_start(list, format);
    int size = vsnprintf(text->data + text->size, text->capacity - text->size, format, list);
    va_end(list);
    text->full = size < 0 || (size_t)size >= text->capacity - text->size;
    if (!text->full) text->size += (size_t)size;
}

// -- problems: a question taken apart --

static const char *const tiny_names[] = {"Tom", "Ann", "Sam", "Eva"};
static const char *const tiny_things[] = {"pens", "eggs", "nuts"};

typedef struct tiny_problem {
    tiny_family family;
    int level;
    int name, thing;                  // word
    int first;                        // chain, word, var: the total at the start; max: the first number
    int count;                        // chain, word, var, max: how many operands follow
    char sign[TINY_OPERATIONS];       // chain, word, var: '+' or '-'
    int operand[TINY_OPERATIONS];
    char a[TINY_DIGITS], b[TINY_DIGITS]; // add, sub, mul: the two numbers in decimal, without leading zeros
} tiny_problem;

// Operands 1-9; a subtraction only where the total stays at 0 or above.
static inline void tiny_draw_operations(tiny_random *random, tiny_problem *problem)
{
    int total = problem->first = tiny_random_between(random, 1, 9);
    problem->count = problem->level;
    for (int i = 0; i < problem->count; i++) {
        int y = problem->operand[i] = tiny_random_between(random, 1, 9);
        bool minus = total >= y && tiny_random_chance(random, tiny_minus_share);
        problem->sign[i] = minus ? '-' : '+';
        total += minus ? -y : y;
    }
}

// A number of exactly `digits` digits, the smallest one `low`.
static inline void tiny_draw_number(tiny_random *random, int digits, int low, char number[TINY_DIGITS])
{
    int end = 10;
    for (int i = 1; i < digits; i++) end *= 10;
    snprintf(number, TINY_DIGITS, "%d", tiny_random_between(random, digits > 1 ? end / 10 : low, end - 1));
}

// Two numbers in decimal, without leading zeros: is a < b?
static inline bool tiny_is_less(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    return m != n ? m < n : strcmp(a, b) < 0;
}

static inline void tiny_draw_numbers(tiny_random *random, tiny_problem *problem)
{
    if (problem->family == TINY_MUL) {
        tiny_draw_number(random, problem->level, 2, problem->a);
        tiny_draw_number(random, 1, 2, problem->b);
        return;
    }
    char *a = problem->a, *b = problem->b, swapped[TINY_DIGITS];
    tiny_draw_number(random, problem->level + 1, 1, a);
    tiny_draw_number(random, problem->level + 1, 1, b);
    if (problem->family == TINY_SUB && tiny_is_less(a, b)) {
        memcpy(swapped, a, TINY_DIGITS);
        memcpy(a, b, TINY_DIGITS);
        memcpy(b, swapped, TINY_DIGITS);
    }
}

// Draws a well-posed problem of this family and level (1 to tiny_families[family].levels).
static inline void tiny_problem_draw(tiny_random *random, tiny_family family, int level, tiny_problem *problem)
{
    memset(problem, 0, sizeof *problem);
    problem->family = family;
    problem->level = level;
    switch (family) {
    case TINY_CHAIN: case TINY_WORD: case TINY_VAR:
        tiny_draw_operations(random, problem);
        problem->name = family == TINY_WORD ? tiny_random_below(random, 4) : 0;
        problem->thing = family == TINY_WORD ? tiny_random_below(random, 3) : 0;
        break;
    case TINY_MAX:
        problem->first = tiny_random_between(random, 10, 99);
        problem->count = level;
        for (int i = 0; i < level; i++) problem->operand[i] = tiny_random_between(random, 10, 99);
        break;
    default: tiny_draw_numbers(random, problem);
    }
}

// The question as text.
static inline void tiny_problem_write(const tiny_problem *problem, char question[TINY_QUESTION])
{
    tiny_text text = tiny_text_make(question, TINY_QUESTION);
    const int *y = problem->operand;
    const char *sign = problem->sign;
    switch (problem->family) {
    case TINY_CHAIN:
        tiny_text_print(&text, "%d", problem->first);
        for (int i = 0; i < problem->count; i++) tiny_text_print(&text, "%c%d", sign[i], y[i]);
        break;
    case TINY_WORD:
        tiny_text_print(&text, "%s has %d %s", tiny_names[problem->name], problem->first, tiny_things[problem->thing]);
        for (int i = 0; i < problem->count; i++)
            tiny_text_print(&text, ", %s %d", sign[i] == '+' ? "gets" : "loses", y[i]);
        tiny_text_print(&text, ".");
        break;
    case TINY_VAR:
        tiny_text_print(&text, "a=%d;", problem->first);
        for (int i = 0; i < problem->count; i++) tiny_text_print(&text, "%c=%c%c%d;", 'b' + i, 'a' + i, sign[i], y[i]);
        tiny_text_print(&text, "%c?", 'a' + problem->count);
        break;
    case TINY_MAX:
        tiny_text_print(&text, "max %d", problem->first);
        for (int i = 0; i < problem->count; i++) tiny_text_print(&text, " %d", y[i]);
        break;
    default: {
        char operation = problem->family == TINY_ADD ? '+' : problem->family == TINY_SUB ? '-' : '*';
        tiny_text_print(&text, "%s%c%s", problem->a, operation, problem->b);
    }
    }
}

// -- parsing: text taken apart again. Each returns whether the text was there, and moves `at` past it --

static inline bool tiny_take(const char **at, const char *text)
{
    size_t size = strlen(text);
    if (strncmp(*at, text, size) != 0) return false;
    *at += size;
    return true;
}

static inline bool tiny_take_digit(const char **at, int *value)
{
    if (**at < '0' || **at > '9') return false;
    *value = *(*at)++ - '0';
    return true;
}

static inline bool tiny_take_one_of(const char **at, const char *const *texts, int count, int *which)
{
    for (*which = 0; *which < count; ++*which)
        if (tiny_take(at, texts[*which])) return true;
    return false;
}

static inline bool tiny_take_number(const char **at, char number[TINY_DIGITS])
{
    size_t size = strspn(*at, "0123456789");
    if (size == 0 || size >= TINY_DIGITS || **at == '0') return false;
    memcpy(number, *at, size);
    number[size] = 0;
    *at += size;
    return true;
}

static inline bool tiny_push(tiny_problem *problem, char sign, int operand)
{
    if (problem->count == TINY_OPERATIONS) return false;
    problem->sign[problem->count] = sign;
    problem->operand[problem->count++] = operand;
    return true;
}

// sign and digit: +5
static inline bool tiny_take_operation(const char **at, tiny_problem *problem)
{
    char sign = **at;
    int y;
    if (sign != '+' && sign != '-') return false;
    ++*at;
    return tiny_take_digit(at, &y) && tiny_push(problem, sign, y);
}

static inline bool tiny_parse_chain(const char *at, tiny_problem *problem)
{
    if (!tiny_take_digit(&at, &problem->first)) return false;
    do {
        if (!tiny_take_operation(&at, problem)) return false;
    } while (*at);
    return true;
}

static inline bool tiny_parse_word(const char *at, tiny_problem *problem)
{
    static const char *const verbs[] = {", gets ", ", loses "};
    int verb, y;
    if (!tiny_take_one_of(&at, tiny_names, 4, &problem->name) || !tiny_take(&at, " has ")) return false;
    if (!tiny_take_digit(&at, &problem->first) || !tiny_take(&at, " ")) return false;
    if (!tiny_take_one_of(&at, tiny_things, 3, &problem->thing)) return false;
    do {
        if (!tiny_take_one_of(&at, verbs, 2, &verb) || !tiny_take_digit(&at, &y)) return false;
        if (!tiny_push(problem, verb == 0 ? '+' : '-', y)) return false;
    } while (!tiny_take(&at, "."));
    return *at == 0;
}

// Each variable is named by the next letter and uses the one before it; the last one is asked for.
static inline bool tiny_parse_var(const char *at, tiny_problem *problem)
{
    if (!tiny_take(&at, "a=") || !tiny_take_digit(&at, &problem->first) || !tiny_take(&at, ";")) return false;
    do {
        char head[4] = {(char)('b' + problem->count), '=', (char)('a' + problem->count), 0};
        if (problem->count == 9 || !tiny_take(&at, head)) return false; // letters end at j
        if (!tiny_take_operation(&at, problem) || !tiny_take(&at, ";")) return false;
    } while (at[0] && at[1] != '?');
    return at[0] == 'a' + problem->count && at[2] == 0;
}

// a+b and a-b: two digits or more each; a*b: b is one digit.
static inline bool tiny_parse_numbers(const char *at, char operation, tiny_problem *problem)
{
    int digit;
    if (!tiny_take_number(&at, problem->a) || *at++ != operation) return false;
    size_t m = strlen(problem->a);
    if (operation == '*') {
        if (!tiny_take_digit(&at, &digit) || *at) return false;
        snprintf(problem->b, TINY_DIGITS, "%d", digit);
        problem->level = (int)m;
        return true;
    }
    if (!tiny_take_number(&at, problem->b) || *at) return false;
    size_t n = strlen(problem->b);
    problem->level = (int)(m > n ? m : n) - 1;
    return m >= 2 && n >= 2;
}

static inline bool tiny_parse_max(const char *at, tiny_problem *problem)
{
    int tens, ones, numbers = 0;
    if (!tiny_take(&at, "max")) return false;
    do {
        if (!tiny_take(&at, " ") || !tiny_take_digit(&at, &tens) || !tiny_take_digit(&at, &ones)) return false;
        if (numbers++ == 0) problem->first = 10 * tens + ones;
        else if (!tiny_push(problem, 0, 10 * tens + ones)) return false;
    } while (*at);
    return numbers >= 2;
}

static inline bool tiny_parse_as(const char *question, tiny_family family, tiny_problem *problem)
{
    memset(problem, 0, sizeof *problem);
    problem->family = family;
    bool good = false;
    switch (family) {
    case TINY_CHAIN: good = tiny_parse_chain(question, problem); break;
    case TINY_WORD: good = tiny_parse_word(question, problem); break;
    case TINY_VAR: good = tiny_parse_var(question, problem); break;
    case TINY_ADD: good = tiny_parse_numbers(question, '+', problem); break;
    case TINY_MUL: good = tiny_parse_numbers(question, '*', problem); break;
    case TINY_MAX: good = tiny_parse_max(question, problem); break;
    case TINY_SUB: good = tiny_parse_numbers(question, '-', problem); break;
    default: break;
    }
    if (problem->count) problem->level = problem->count;
    return good;
}

// Takes a question apart: family, level and operands. False when it belongs to no family; a question that does may
// still be ill-posed (tiny_answer tells). No two families share a question.
static inline bool tiny_classify(const char *question, tiny_problem *problem)
{
    for (int family = 0; family < TINY_FAMILIES; family++)
        if (tiny_parse_as(question, (tiny_family)family, problem)) return true;
    memset(problem, 0, sizeof *problem);
    return false;
}

// -- the oracle --

// Digit i from the right, 0 beyond the number's end.
static inline int tiny_digit(const char *number, size_t i)
{
    size_t size = strlen(number);
    return i < size ? number[size - 1 - i] - '0' : 0;
}

// Digits, the lowest first, as text without leading zeros.
static inline void tiny_write_digits(const int *digits, size_t count, char answer[TINY_ANSWER])
{
    while (count > 1 && digits[count - 1] == 0) count--;
    for (size_t i = 0; i < count; i++) answer[i] = (char)('0' + digits[count - 1 - i]);
    answer[count] = 0;
}

// Schoolbook arithmetic, so that a long question is answered exactly too.
static inline void tiny_answer_numbers(const tiny_problem *problem, char answer[TINY_ANSWER])
{
    int digits[TINY_DIGITS + 1], carry = 0;
    size_t m = strlen(problem->a), n = strlen(problem->b), size = (m > n ? m : n) + 1;
    for (size_t i = 0; i < size; i++) {
        int a = tiny_digit(problem->a, i), b = tiny_digit(problem->b, i), value;
        if (problem->family == TINY_ADD) value = a + b + carry;
        else if (problem->family == TINY_SUB) value = a - b + carry;
        else value = a * tiny_digit(problem->b, 0) + carry;
        digits[i] = (value + 10) % 10;
        carry = (value + 10) / 10 - 1; // rounds down; sub borrows: -1
    }
    tiny_write_digits(digits, size, answer);
}

// The exact answer to a question. False: the question belongs to no family or is ill-posed (a running total falls
// below zero on the way), and `answer` is empty.
static inline bool tiny_answer(const char *question, char answer[TINY_ANSWER])
{
    tiny_problem problem;
    answer[0] = 0;
    if (!tiny_classify(question, &problem)) return false;
    int total = problem.first;
    switch (problem.family) {
    case TINY_CHAIN: case TINY_WORD: case TINY_VAR:
        for (int i = 0; i < problem.count; i++) {
            total += problem.sign[i] == '+' ? problem.operand[i] : -problem.operand[i];
            if (total < 0) return false;
        }
        break;
    case TINY_MAX:
        for (int i = 0; i < problem.count; i++)
            if (problem.operand[i] > total) total = problem.operand[i];
        break;
    default:
        if (problem.family == TINY_SUB && tiny_is_less(problem.a, problem.b)) return false;
        tiny_answer_numbers(&problem, answer);
        return true;
    }
    snprintf(answer, TINY_ANSWER, "%d", total);
    return true;
}

// -- worked solutions, with slips --

// How a solution errs; a zero struct never does.
typedef struct tiny_slips {
    double probability; // of each step
    bool follow_carry;  // 1.6 times that where a carry or ten is crossed, 0.4 times elsewhere
} tiny_slips;

// The value that a slip writes instead: half of them one off, a quarter two or three off, a quarter with another
// last digit (which may be the right one).
static inline int tiny_slip_value(tiny_random *random, int value)
{
    static const int distant[4] = {-2, 2, -3, 3};
    int kind = tiny_random_below(random, 4);
    if (kind < 2) value += tiny_random_below(random, 2) ? 1 : -1;
    else if (kind == 2) value += distant[tiny_random_below(random, 4)];
    else value = value / 10 * 10 + tiny_random_below(random, 10);
    return value < 0 ? 0 : value;
}

// The value as a step writes it; `hard`: a carry or ten is crossed.
static inline int tiny_slip(tiny_random *random, const tiny_slips *slips, int value, bool hard)
{
    double probability = slips->probability;
    if (slips->follow_carry) probability *= hard ? 1.6 : .4;
    return tiny_random_chance(random, probability) ? tiny_slip_value(random, value) : value;
}

// chain, word, var: one running total. Slips may push it below zero later: the solution stops at zero.
static inline int tiny_solve_operations(const tiny_problem *p, tiny_random *random, const tiny_slips *slips,
                                        tiny_text *steps)
{
    int total = p->first;
    for (int i = 0; i < p->count; i++) {
        int result = p->sign[i] == '+' ? total + p->operand[i] : total - p->operand[i];
        if (result < 0) result = 0;
        result = tiny_slip(random, slips, result, result / 10 != total / 10);
        tiny_text_print(steps, "%d%c%d=%d;", total, p->sign[i], p->operand[i], result);
        total = result;
    }
    return total;
}

// A slip keeps the smaller one. Nothing is carried here, so the plain probability holds.
static inline int tiny_solve_max(const tiny_problem *p, tiny_random *random, const tiny_slips *slips, tiny_text *steps)
{
    int best = p->first;
    for (int i = 0; i < p->count; i++) {
        int y = p->operand[i];
        bool smaller = tiny_random_chance(random, slips->probability);
        int kept = (y > best) != smaller ? y : best;
        tiny_text_print(steps, "%d,%d=%d;", best, y, kept);
        best = kept;
    }
    return best;
}

// add and mul: a digit and what was carried into it; the carry follows from the value written, slip or not.
static inline void tiny_solve_carry(const tiny_problem *p, tiny_random *random, const tiny_slips *slips,
                                    tiny_text *steps, char answer[TINY_ANSWER])
{
    int digits[TINY_DIGITS + 1], carry = 0;
    bool add = p->family == TINY_ADD;
    size_t m = strlen(p->a), n = strlen(p->b), size = add && n > m ? n : m;
    for (size_t i = 0; i < size; i++) {
        int a = tiny_digit(p->a, i), b = tiny_digit(p->b, add ? i : 0);
        int exact = (add ? a + b : a * b) + carry;
        int value = tiny_slip(random, slips, exact, exact > 9);
        tiny_text_print(steps, "%d%c%d", a, add ? '+' : '*', b);
        if (carry) tiny_text_print(steps, "+%d", carry);
        tiny_text_print(steps, "=%d;", value);
        digits[i] = value % 10;
        carry = value / 10;
    }
    digits[size] = carry;
    tiny_write_digits(digits, size + 1, answer);
}

// sub: the borrow follows from the question alone, so a slip spoils its own digit only.
static inline void tiny_solve_borrow(const tiny_problem *p, tiny_random *random, const tiny_slips *slips,
                                     tiny_text *steps, char answer[TINY_ANSWER])
{
    int digits[TINY_DIGITS + 1], borrow = 0;
    size_t size = strlen(p->a);
    for (size_t i = 0; i < size; i++) {
        int a = tiny_digit(p->a, i), b = tiny_digit(p->b, i);
        bool short_of = a - b - borrow < 0;
        if (short_of) a += 10;
        int value = tiny_slip(random, slips, a - b - borrow, short_of);
        tiny_text_print(steps, "%d-%d", a, b);
        if (borrow) tiny_text_print(steps, "-%d", borrow);
        tiny_text_print(steps, "=%d;", value);
        digits[i] = value % 10;
        borrow = short_of;
    }
    tiny_write_digits(digits, size, answer);
}

// Writes the steps of a solution ("7+5=12;12-3=9;") and the answer that they arrive at. Without slips that is the
// oracle's. The problem must be well-posed, and of a level that the generator draws.
static inline void tiny_solve(const tiny_problem *problem, tiny_random *random, const tiny_slips *slips,
                              char steps[TINY_SOLUTION], char answer[TINY_ANSWER])
{
    tiny_text text = tiny_text_make(steps, TINY_SOLUTION);
    switch (problem->family) {
    case TINY_CHAIN: case TINY_WORD: case TINY_VAR:
        snprintf(answer, TINY_ANSWER, "%d", tiny_solve_operations(problem, random, slips, &text));
        break;
    case TINY_MAX: snprintf(answer, TINY_ANSWER, "%d", tiny_solve_max(problem, random, slips, &text)); break;
    case TINY_SUB: tiny_solve_borrow(problem, random, slips, &text, answer); break;
    default: tiny_solve_carry(problem, random, slips, &text, answer);
    }
}

#endif // TINY_TASK_H
