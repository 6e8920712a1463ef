// The world "sums": arithmetic as it is asked in English, for models that were trained on text. A reader of questions
// gives an oracle (only for reporting), rewordings that mean the same, and a grammar. examples/smol has the recipe.
//
//     question   What is 34 + 27 - 12?     What is 6 * 7?
//     or told    Tom has 34 pens. He buys 27 more. He gives away 12. How many pens does Tom have now?
//                Mia has 6 bags with 7 shells each. How many shells does Mia have?
//     level      the number of operations: at most one product, and it comes first
//     answer     what comes out, an integer; a story in which somebody has less than nothing is ill-posed
//
// A quarter of all problems, by a hash of their numbers and signs, is held out whatever the words: examples/smol's
// levels are drawn from it, and no loop in this world trains on it.
//
// No global state; any text is safe to read. Random numbers and text are those of tiny_task.h.
#ifndef SUMS_TASK_H
#define SUMS_TASK_H

#include <ctype.h>

#include "tiny_task.h"

enum { SUMS_ITEMS = 8, SUMS_DIGITS = 5, SUMS_WORD = 24, SUMS_LONGEST = 600 };

typedef struct sums_problem {
    bool story;
    int first, times;             // times 0: the problem begins with no product
    int count, items[SUMS_ITEMS]; // what is added, with its sign
} sums_problem;

typedef struct sums_reader {
    const char *at, *end;
    char word[SUMS_WORD]; // the last one read
} sums_reader;

// The next word, number or mark; an empty text at the end and where a word is too long. A multiplication sign is "*".
static inline const char *sums_next(sums_reader *r)
{
    size_t used = 0;
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n')) r->at++;
    if (r->at + 1 < r->end && !memcmp(r->at, "\xC3\x97", 2)) {
        r->at += 2;
        return strcpy(r->word, "*");
    }
    int (*kind)(int) = r->at == r->end                     ? NULL
                       : isdigit((unsigned char)*r->at)    ? isdigit
                       : isalpha((unsigned char)*r->at)    ? isalpha
                                                           : NULL;
    while (kind && r->at < r->end && kind((unsigned char)*r->at) && used + 1 < sizeof r->word)
        r->word[used++] = *r->at++;
    if (kind && r->at < r->end && kind((unsigned char)*r->at)) used = 0; // too long: no word of this world
    if (!kind && r->at < r->end) r->word[used++] = *r->at++;
    r->word[used] = 0;
    return r->word;
}

// Reads `word` if it comes next.
static inline bool sums_takes(sums_reader *r, const char *word)
{
    sums_reader before = *r;
    if (!strcmp(sums_next(r), word)) return true;
    *r = before;
    return false;
}

static inline bool sums_takes_one(sums_reader *r, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (sums_takes(r, words[i])) return true;
    return false;
}

static inline bool sums_number(sums_reader *r, int *number)
{
    const char *word = sums_next(r);
    size_t size = strlen(word);
    if (!isdigit((unsigned char)word[0]) || size > SUMS_DIGITS || (size > 1 && word[0] == '0')) return false;
    *number = atoi(word);
    return true;
}

static inline bool sums_add(sums_problem *p, int item)
{
    if (p->count == SUMS_ITEMS) return false;
    p->items[p->count++] = item;
    return true;
}

// What is 34 + 27 - 12?
static inline bool sums_read_plain(sums_reader *r, sums_problem *p)
{
    static const char *const leads[] = {"What is", "Calculate", "Compute", "Find", "Work out", "How much is"};
    static const char *const plus[] = {"+", "plus", NULL}, *const minus[] = {"-", "minus", NULL};
    static const char *const times[] = {"*", "x", "times", NULL};
    size_t lead = 0, left = (size_t)(r->end - r->at);
    for (int i = 0; i < 6 && !lead; i++)
        if (left > strlen(leads[i]) && !memcmp(r->at, leads[i], strlen(leads[i]))) lead = strlen(leads[i]);
    r->at += lead;
    if (lead && sums_takes(r, "the") && !(sums_takes(r, "value") && sums_takes(r, "of"))) return false;
    if (!sums_number(r, &p->first)) return false;
    if (sums_takes_one(r, times) && (!sums_number(r, &p->times) || !p->times)) return false;
    for (;;) {
        int sign = sums_takes_one(r, plus) ? 1 : sums_takes_one(r, minus) ? -1 : 0, number;
        if (!sign) break;
        if (!sums_number(r, &number) || !sums_add(p, sign * number)) return false;
    }
    if (sums_takes(r, "=")) sums_takes(r, "?");
    else if (!sums_takes(r, "?")) sums_takes(r, ".");
    return !*sums_next(r) && r->at == r->end && (p->times || p->count);
}

static const char *const sums_more[] = {"gets", "buys", "finds", "wins", "makes", "picks", "receives", "collects",
                                        "adds", NULL};
static const char *const sums_less[] = {"gives", "loses", "sells", "uses", "eats", "drops", "breaks", "throws", NULL};
static const char *const sums_boxes[] = {"boxes", "bags", "baskets", "jars", "packs", "bowls", "rows", NULL};
static const char *const sums_pronouns[] = {"He", "She", "They", NULL};

// He gives away 12.  He buys 27 more pens.
static inline bool sums_read_step(sums_reader *r, sums_problem *p, const char *thing)
{
    static const char *const ends[] = {"to", "with", NULL}, *const others[] = {"friend", "brother", "sister", NULL};
    int sign = sums_takes_one(r, sums_more) ? 1 : sums_takes_one(r, sums_less) ? -1 : 0, number;
    if (!sign) return false;
    bool away = sign < 0 && sums_takes(r, "away");
    if (!sums_number(r, &number) || !sums_add(p, sign * number)) return false;
    if (sums_takes(r, "more") && sign < 0) return false;
    sums_takes(r, thing);
    if (sign < 0 && !away) sums_takes(r, "away");
    if (sign < 0 && sums_takes_one(r, ends)) {
        if (sums_takes(r, "a") || sums_takes(r, "his") || sums_takes(r, "her")) {
            if (!sums_takes_one(r, others)) return false;
        } else if (!isupper((unsigned char)*sums_next(r))) return false;
    }
    return sums_takes(r, ".");
}

// Tom has 34 pens. He buys 27 more. How many pens does Tom have now?
static inline bool sums_read_story(sums_reader *r, sums_problem *p)
{
    static const char *const after[] = {"now", "left", "altogether", NULL}, *const he[] = {"he", "she", "they", NULL};
    char name[SUMS_WORD], thing[SUMS_WORD];
    int number;
    p->story = true;
    strcpy(name, sums_next(r));
    if (!isupper((unsigned char)name[0]) || !sums_takes(r, "has") || !sums_number(r, &p->first)) return false;
    strcpy(thing, sums_next(r));
    for (int i = 0; sums_boxes[i]; i++) {
        if (strcmp(thing, sums_boxes[i]) || (!sums_takes(r, "with") && !sums_takes(r, "of"))) continue;
        if (!sums_number(r, &number) || !number) return false;
        p->times = number;
        strcpy(thing, sums_next(r));
        if (!sums_takes(r, "each")) return false;
        break;
    }
    if (!islower((unsigned char)thing[0]) || !sums_takes(r, ".")) return false;
    while (!sums_takes(r, "How"))
        if ((!sums_takes(r, name) && !sums_takes_one(r, sums_pronouns)) || !sums_read_step(r, p, thing)) return false;
    if (!sums_takes(r, "many") || !sums_takes(r, thing) || (!sums_takes(r, "does") && !sums_takes(r, "do")) ||
        (!sums_takes(r, name) && !sums_takes_one(r, he)) || !sums_takes(r, "have"))
        return false;
    if (sums_takes(r, "in")) {
        if (!sums_takes(r, "all") && !sums_takes(r, "total")) return false;
    } else sums_takes_one(r, after);
    return sums_takes(r, "?") && !*sums_next(r) && r->at == r->end && (p->times || p->count);
}

// False: no question of this world.
static inline bool sums_parse(r0_span question, sums_problem *p)
{
    sums_reader reader = {question.data, question.data + question.size, ""}, plain = reader;
    if (!question.size || question.size > SUMS_LONGEST || memchr(question.data, 0, question.size)) return false;
    memset(p, 0, sizeof *p);
    if (sums_read_plain(&plain, p)) return true;
    memset(p, 0, sizeof *p);
    return sums_read_story(&reader, p);
}

// False: a story in which somebody has less than nothing.
static inline bool sums_answer(const sums_problem *p, long long *answer)
{
    bool good = true;
    *answer = (long long)p->first * (p->times ? p->times : 1);
    for (int i = 0; i < p->count; i++) *answer += p->items[i], good &= *answer >= 0;
    return good || !p->story;
}

// Numbers and signs, whatever the words; the two of a sum or product in order of size.
static inline void sums_write_plain(tiny_text *text, const sums_problem *p, bool sorted)
{
    bool sum = p->count == 1 && p->items[0] >= 0;
    bool swap = sorted && (p->times ? p->times < p->first : sum && p->items[0] < p->first);
    int a = p->first, b = p->times ? p->times : p->count ? p->items[0] : 0;
    const char *space = sorted ? "" : " ";
    tiny_text_print(text, "%d", swap ? b : a);
    if (p->times) tiny_text_print(text, "%s*%s%d", space, space, swap ? a : b);
    for (int i = 0; i < p->count; i++) {
        int item = i || p->times || !swap ? p->items[i] : a;
        tiny_text_print(text, "%s%c%s%d", space, item < 0 ? '-' : '+', space, abs(item));
    }
}

// One in four, by FNV-1a (32 bits) of the problem as "27+34" or "6*7-5".
static inline bool sums_held_out(const sums_problem *p)
{
    char key[128];
    tiny_text text = tiny_text_make(key, sizeof key);
    uint32_t hash = 0x811c9dc5u;
    sums_write_plain(&text, p, true);
    for (const char *c = key; *c; c++) hash = (hash ^ (unsigned char)*c) * 0x01000193u;
    return (hash >> 8) % 4 == 0;
}

// -- what r0_task wants --

// The grammar. A problem that is held out is refused, too.
static inline bool sums_valid(void *user, r0_span question)
{
    sums_problem problem;
    (void)user;
    return sums_parse(question, &problem) && !sums_held_out(&problem);
}

// Without a grammar any question may be asked, but for what is held out.
static inline bool sums_open(void *user, r0_span question)
{
    sums_problem problem;
    (void)user;
    return !sums_parse(question, &problem) || !sums_held_out(&problem);
}

// Only for reporting: how many labels are right, of the questions that it can read.
static inline r0_oracle_result sums_oracle(void *user, r0_span question, char *answer, size_t capacity)
{
    sums_problem problem;
    long long truth;
    (void)user;
    if (!sums_parse(question, &problem)) return R0_ORACLE_UNKNOWN;
    if (!sums_answer(&problem, &truth)) return R0_ORACLE_ILL_POSED;
    snprintf(answer, capacity, "%lld", truth);
    return R0_ORACLE_ANSWER;
}

// The same problem in other words: another lead, a sum turned round; a story of somebody else and other things, in
// which things come and go in other ways.
static inline bool sums_vary(void *user, r0_span question, uint64_t key, char *varied, size_t capacity)
{
    static const char *const leads[] = {"What is %s?", "Calculate %s.", "Compute %s.", "Find %s.", "Work out %s.",
                                        "How much is %s?"};
    static const char *const names[] = {"Tom", "Ben", "Sam", "Leo", "Mia", "Ann", "Eva", "Zoe"};
    static const char *const things[] = {"pens", "apples", "books", "coins", "cards", "shells", "balls", "stamps"};
    static const char *const more[] = {"gets", "buys", "finds", "wins"}, *const boxes[] = {"boxes", "bags", "jars"};
    static const char *const less[] = {"gives away", "loses", "sells", "uses"};
    sums_problem p;
    tiny_random random = {key};
    tiny_text text = tiny_text_make(varied, capacity);
    char plain[128];
    (void)user;
    if (!sums_parse(question, &p)) return false;
    bool turned = tiny_random_chance(&random, .5);
    if (turned && !p.story && p.first && (p.times || (p.count == 1 && p.items[0] > 0))) {
        int *other = p.times ? &p.times : &p.items[0], first = p.first;
        p.first = *other, *other = first;
    }
    if (!p.story) {
        tiny_text expression = tiny_text_make(plain, sizeof plain);
        sums_write_plain(&expression, &p, false);
        const char *lead = leads[tiny_random_below(&random, 6)], *mark = strstr(lead, "%s");
        tiny_text_print(&text, "%.*s%s%s", (int)(mark - lead), lead, plain, mark + 2);
        return !text.full;
    }
    int who = tiny_random_below(&random, 8);
    const char *name = names[who], *he = who < 4 ? "He" : "She", *thing = things[tiny_random_below(&random, 8)];
    tiny_text_print(&text, "%s has %d ", name, p.first);
    if (p.times) tiny_text_print(&text, "%s with %d ", boxes[tiny_random_below(&random, 3)], p.times);
    tiny_text_print(&text, "%s%s.", thing, p.times ? " each" : "");
    for (int i = 0; i < p.count; i++) {
        const char *verb = p.items[i] < 0 ? less[tiny_random_below(&random, 4)] : more[tiny_random_below(&random, 4)];
        tiny_text_print(&text, " %s %s %d%s.", he, verb, abs(p.items[i]), p.items[i] < 0 ? "" : " more");
    }
    tiny_text_print(&text, " How many %s does %s have%s?", thing, name, p.count ? " now" : "");
    return !text.full;
}

#endif // SUMS_TASK_H
