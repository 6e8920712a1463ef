// The oracle of the tiny world as r0_task wants it: it only reports how many labels are right.
#ifndef TINY_ORACLE_H
#define TINY_ORACLE_H

#include "tiny_task.h"

// A text in the alphabet of the tiny world that belongs to no family, or whose total falls below zero, has no right
// answer; any other text is none of this oracle's business.
static r0_oracle_result tiny_oracle(void *user, r0_span question, char *answer, size_t capacity)
{
    char text[TINY_QUESTION], exact[TINY_ANSWER];
    (void)user;
    if (question.size >= sizeof text) return R0_ORACLE_UNKNOWN;
    memcpy(text, question.data, question.size);
    text[question.size] = 0;
    if (tiny_answer(text, exact)) {
        snprintf(answer, capacity, "%s", exact);
        return R0_ORACLE_ANSWER;
    }
    static const char letters[] = "0123456789+-*=;,.? abcdefghij";
    for (const char *c = text; *c; c++) {
        const char *word = "TomAnnSamEvahasgetslosespenseggsnutsmax";
        if (!strchr(letters, *c) && !strchr(word, *c)) return R0_ORACLE_UNKNOWN;
    }
    return R0_ORACLE_ILL_POSED;
}

#endif
