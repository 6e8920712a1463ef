// r0 grade: when are two answers the same? Reads pairs, prints one JSON verdict per line, and how
// they agree with labels.

#include "mathruler.h"

typedef struct grade_run {
    r0_context *r0;
    bool mathruler;
    int equal, unequal, equal_found, unequal_kept, undecided; // against the labels
    bool failed;                                             // an error has been printed
} grade_run;

static bool grade_holds(r0_span text, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= text.size; i++)
        if (!memcmp(text.data + i, word, size)) return true;
    return false;
}

// What may be looked for in a text; 0: it is a bare answer.
static unsigned grade_forms(const r0_json *targets, r0_span text)
{
    unsigned forms = R0_ANSWER_BOXES | R0_ANSWER_PHRASE;
    if (targets && targets->type == R0_JSON_ARRAY) {
        for (size_t i = 0; i < targets->count; i++) {
            const char *target = targets->items[i].type == R0_JSON_STRING ? targets->items[i].text.data : "";
            forms |= !strcmp(target, "latex") ? R0_ANSWER_MATH : !strcmp(target, "expr") ? R0_ANSWER_NUMBER : 0;
        }
        return forms;
    }
    if (grade_holds(text, "\\boxed") || grade_holds(text, "\\fbox")) return forms | R0_ANSWER_MATH | R0_ANSWER_NUMBER;
    if (grade_holds(text, "####") || grade_holds(text, "answer") || grade_holds(text, "Answer"))
        return forms | R0_ANSWER_HASHES | R0_ANSWER_MATH | R0_ANSWER_NUMBER;
    return 0;
}

// A bare answer as it is, a text's answer where one is found. False: a text without an answer.
static bool grade_answer(const grade_run *run, const r0_json *targets, r0_span text, r0_span *answer)
{
    unsigned forms = run->mathruler ? 0 : grade_forms(targets, text);
    *answer = text;
    if (!forms || r0_answer_extract(text, forms, answer)) return true;
    if (targets) return false;
    *answer = text; // "no answer": a bare answer after all
    return true;
}

static void grade_print(const r0_verdict *verdict)
{
    static const char *const words[] = {"false", "true", "null"};
    printf("{\"equal\":%s,\"reason\":\"%s\",\"steps\":%u}\n", words[verdict->equal], verdict->reason, verdict->steps);
}

static r0_status grade_line(void *user, int line, const r0_json *value)
{
    grade_run *run = (grade_run *)user;
    const r0_json *gold = r0_json_get(value, "gold"), *pred = r0_json_get(value, "pred"),
                  *label = r0_json_get(value, "equal");
    const r0_json *targets = r0_json_get(value, "targets");
    r0_verdict verdict = {R0_UNEQUAL, "no answer", 0};
    r0_span gold_answer, pred_answer;
    if (!gold || !pred || gold->type != R0_JSON_STRING || pred->type != R0_JSON_STRING) {
        fprintf(stderr, "%s: line %d: no texts \"gold\" and \"pred\"\n", cli.name, line);
        run->failed = true;
        return R0_ERROR_FORMAT;
    }
    if (grade_answer(run, targets, gold->text, &gold_answer) && grade_answer(run, targets, pred->text, &pred_answer)) {
        int places = (int)fmax(1, fmin(15, r0_json_get_number(value, "precision", 6)));
        r0_status status = R0_OK;
        if (run->mathruler) verdict = mathruler_grade(run->r0, gold_answer, pred_answer);
        else status = r0_answer_equal(run->r0, gold_answer, pred_answer, places, &verdict);
        if (status) return status;
    }
    grade_print(&verdict);
    run->undecided += verdict.equal == R0_UNDECIDED;
    if (!label || (label->type != R0_JSON_TRUE && label->type != R0_JSON_FALSE)) return R0_OK;
    bool wanted = label->type == R0_JSON_TRUE, found = verdict.equal == R0_EQUAL;
    run->equal += wanted, run->unequal += !wanted;
    run->equal_found += wanted && found, run->unequal_kept += !wanted && !found;
    return R0_OK;
}

static int cmd_grade(r0_context *r0, int argc, char **argv)
{
    grade_run run = {r0, false, 0, 0, 0, 0, 0, false};
    const char *mode = "strict";
    const cli_option options[] = {
        {"mode", CLI_TEXT, &mode, "strict (default), or mathruler: R-Zero's training reward"}};
    int code = cli_parse(
        "r0 grade FILE.jsonl: are \"gold\" and \"pred\" of each line the same answer?\n"
        "Both are bare answers, or whole texts that hold \\boxed{...}, \"####\" or the word answer (strict\n"
        "mode finds the answer in them; mathruler mode takes every text as it is). A line may also hold\n"
        "  \"targets\"    [\"latex\",\"expr\"] or one of them: both are whole texts; what to look for in them\n"
        "  \"precision\"  decimal places to which decimals must agree (6)\n"
        "  \"equal\"      true or false: a label; then the last three lines count the agreement\n"
        "Prints {\"equal\":true|false|null,\"reason\":...,\"steps\":...} per line; null is undecided and\n"
        "counts as unequal.",
        options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc != 2 || (strcmp(mode, "strict") && strcmp(mode, "mathruler"))) {
        fprintf(stderr, "%s: needs one file, and --mode strict or mathruler\n", cli.name);
        return CLI_USAGE;
    }
    run.mathruler = strcmp(mode, "strict") != 0;
    if (r0_json_lines(r0, argv[1], grade_line, &run)) return run.failed ? CLI_FAILED : cli_error(r0);
    if (run.undecided) fprintf(stderr, "undecided %d (counted as unequal)\n", run.undecided);
    if (run.equal + run.unequal == 0) return CLI_OK;
    printf("equals found %d of %d\n", run.equal_found, run.equal);
    printf("unequals kept %d of %d\n", run.unequal_kept, run.unequal);
    printf("agree %d of %d\n", run.equal_found + run.unequal_kept, run.equal + run.unequal);
    return CLI_OK;
}
