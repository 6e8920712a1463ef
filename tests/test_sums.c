// The world "sums" (examples/sums_task.h): what it reads, the truth, rewordings that mean the same, what is held out.
// A reader that takes a question for another one would report right labels as wrong, or train on what is measured.

#include "../examples/sums_task.h"

static const struct { const char *question, *answer; } test_sums_cases[] = { // "": ill-posed; NULL: no question
    {"What is 34 + 27 - 12?", "49"},
    {"34+27", "61"},
    {"Compute 6 \xC3\x97 7.", "42"},
    {"Find the value of 3 times 4 minus 20 = ?", "-8"},
    {"What is 100000000 + 1?", NULL},
    {"What is 07 + 1?", NULL},
    {"What is 7?", NULL},
    {"What is 2 + 3 * 4?", NULL},
    {"What is 8 / 2?", NULL},
    {"What is 1 + 2? And 3?", NULL},
    {"What is 0 * 5?", "0"},
    {"Tom has 34 pens. He buys 27 more. He gives away 12. How many pens does Tom have now?", "49"},
    {"Mia has 6 bags with 7 shells each. How many shells does Mia have?", "42"},
    {"Eva has 5 coins. Eva gives 2 coins to her brother. How many coins does she have left?", "3"},
    {"Sam has 5 coins. He loses 9. How many coins does Sam have now?", ""},
    {"Sam has 5 coins. He loses 9. How many pens does Sam have now?", NULL},
    {"Sam has 5 coins. Ben loses 2. How many coins does Sam have now?", NULL},
    {"Sam has 5 coins. He loses 2. How many coins does Ben have now?", NULL},
    {"Sam has 5 coins. How many coins does Sam have?", NULL},
    {"Sam has 5 coins. He buys 2 more. How many coins does Sam need?", NULL},
    {"Sam has 5 coins. He loses 2 more. How many coins does Sam have?", NULL},
    {"", NULL},
    {"How", NULL},
    {"Sam", NULL},
};

static void test_sums_reads(test *t)
{
    for (size_t i = 0; i < sizeof test_sums_cases / sizeof *test_sums_cases; i++) {
        const char *want = test_sums_cases[i].answer, *text = test_sums_cases[i].question;
        char answer[64] = "";
        r0_oracle_result got = sums_oracle(NULL, r0i_span_of(text), answer, sizeof answer);
        r0_oracle_result expected = !want ? R0_ORACLE_UNKNOWN : *want ? R0_ORACLE_ANSWER : R0_ORACLE_ILL_POSED;
        CHECK(got == expected && (!want || !strcmp(answer, want)), "\"%s\": %d, \"%s\"", text, (int)got, answer);
    }
}

// A rewording has the same truth and, but for order, the same numbers; it is read again; other keys, other words.
static void test_sums_varies(test *t)
{
    for (size_t i = 0; i < sizeof test_sums_cases / sizeof *test_sums_cases; i++) {
        char varied[512], before[512] = "", answer[64] = "", truth[64] = "";
        r0_span question = r0i_span_of(test_sums_cases[i].question);
        sums_problem p;
        int different = 0;
        bool known = sums_parse(question, &p);
        sums_oracle(NULL, question, truth, sizeof truth);
        for (uint64_t key = 0; key < 40; key++) {
            bool made = sums_vary(NULL, question, key, varied, sizeof varied);
            CHECK(made == known, "%s", question.data);
            if (!made) break;
            sums_oracle(NULL, r0i_span_of(varied), answer, sizeof answer);
            CHECK(!strcmp(answer, truth) && sums_open(NULL, question) == sums_open(NULL, r0i_span_of(varied)), "%s",
                  varied);
            different += strcmp(varied, before) != 0;
            strcpy(before, varied);
        }
        CHECK(!known || different > 20, "%s: %d", question.data, different);
        CHECK(!sums_vary(NULL, question, 1, varied, 8), "a rewording that does not fit");
    }
}

typedef struct test_sums_file {
    test *t;
    bool levels;
    int lines, asked;
} test_sums_file;

static r0_status test_sums_line(void *user, int number, const r0_json *line)
{
    test_sums_file *file = (test_sums_file *)user;
    test *t = file->t;
    r0_span question = r0_json_get_text(line, "question"), answer = r0_json_get_text(line, "answer"), own, boxed;
    const r0_json *messages = r0_json_get(line, "messages");
    char truth[64] = "";
    file->lines++;
    if (messages) { // of the cold start: the solver's question, or the challenger's answer
        r0_span asked = r0_json_get_text(&messages->items[1], "content");
        answer = r0_json_get_text(&messages->items[2], "content");
        question = asked;
        if (r0_proposal_parse(answer, &own, &boxed)) question = own;
        else CHECK(r0_answer_extract(answer, R0_ANSWER_BOXED, &boxed), "line %d: no box", number);
        answer = boxed;
    }
    file->asked += sums_oracle(NULL, question, truth, sizeof truth) == R0_ORACLE_ANSWER &&
                   strlen(truth) == answer.size && !memcmp(truth, answer.data, answer.size);
    CHECK(sums_open(NULL, question) != file->levels, "line %d: \"%.*s\" is on the wrong side", number,
          (int)question.size, question.data);
    return R0_OK;
}

// examples/smol: every answer is the truth; what is given holds nothing that is measured.
static void test_sums_files(test *t)
{
    static const char *const names[] = {"coldstart", "levels"};
    for (int i = 0; i < 2; i++) {
        char path[64];
        test_sums_file file = {t, i == 1, 0, 0};
        snprintf(path, sizeof path, "examples/smol/%s.jsonl", names[i]);
        CHECK(!r0_json_lines(t->r0, path, test_sums_line, &file), "%s", r0_error(t->r0));
        CHECK(file.lines == (i ? 600 : 240) && file.asked == file.lines, "%s: %d lines, %d right", path, file.lines,
              file.asked);
    }
}

static void test_sums(test *t)
{
    test_sums_reads(t);
    test_sums_varies(t);
    test_sums_files(t);
}
