// r0 grade: when are two answers the same? Reads pairs, prints one JSON verdict per line, and how they agree with labels.

typedef struct grade_run {
    r0_context *r0;
    r0_judge_mode mode;
    int equal, unequal, equal_found, unequal_kept, undecided; // against the labels
} grade_run;

static int grade_usage(FILE *to)
{
    fprintf(to, "usage: r0 grade [--mode strict|mathruler] FILE.jsonl\n"
                "Each line is an object with \"gold\" and \"pred\": bare answers, or whole texts that hold \\boxed{...}, \"####\" or\n"
                "the word answer (strict mode finds the answer in them; mathruler mode takes every text as it is).\n"
                "  \"equal\"      true or false: a label; then the last three lines tell how often the verdicts agree with the labels\n"
                "  \"targets\"    [\"latex\",\"expr\"] or one of them: both sides are whole texts, and what may be looked for in them\n"
                "  \"precision\"  decimal places to which decimals must agree (default 6)\n"
                "Prints {\"equal\":true|false|null,\"reason\":...,\"steps\":...} per line; null is undecided and counts as unequal.\n");
    return to == stderr ? 2 : 0;
}

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
    unsigned forms = run->mode == R0_JUDGE_STRICT ? grade_forms(targets, text) : 0;
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
    const r0_json *gold = r0_json_get(value, "gold"), *pred = r0_json_get(value, "pred"), *label = r0_json_get(value, "equal");
    const r0_json *targets = r0_json_get(value, "targets");
    r0_verdict verdict = {R0_UNEQUAL, "no answer", 0};
    r0_span gold_answer, pred_answer;
    if (!gold || !pred || gold->type != R0_JSON_STRING || pred->type != R0_JSON_STRING) {
        fprintf(stderr, "r0 grade: line %d: no texts \"gold\" and \"pred\"\n", line);
        return R0_ERROR_FORMAT;
    }
    if (grade_answer(run, targets, gold->text, &gold_answer) && grade_answer(run, targets, pred->text, &pred_answer)) {
        int places = (int)r0_json_get_number(value, "precision", 6);
        r0_status status = r0_answer_equal_places(run->r0, gold_answer, pred_answer, run->mode, places, &verdict);
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
    grade_run run = {r0, R0_JUDGE_STRICT, 0, 0, 0, 0, 0};
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return grade_usage(stdout);
        if (!strcmp(argv[i], "--mode") && i + 1 < argc) {
            const char *mode = argv[++i];
            if (strcmp(mode, "strict") && strcmp(mode, "mathruler")) {
                fprintf(stderr, "r0 grade: --mode %s: neither strict nor mathruler\n", mode);
                return 2;
            }
            run.mode = strcmp(mode, "strict") ? R0_JUDGE_MATHRULER : R0_JUDGE_STRICT;
        } else if (argv[i][0] == '-' || path) {
            return grade_usage(stderr);
        } else {
            path = argv[i];
        }
    }
    if (!path) return grade_usage(stderr);
    if (r0_json_lines(r0, path, grade_line, &run)) {
        fprintf(stderr, "r0 grade: %s\n", r0_error(r0));
        return 1;
    }
    if (run.undecided) fprintf(stderr, "undecided %d (counted as unequal)\n", run.undecided);
    if (run.equal + run.unequal == 0) return 0;
    printf("equals found %d of %d\n", run.equal_found, run.equal);
    printf("unequals kept %d of %d\n", run.unequal_kept, run.unequal);
    printf("agree %d of %d\n", run.equal_found + run.unequal_kept, run.equal + run.unequal);
    return 0;
}
