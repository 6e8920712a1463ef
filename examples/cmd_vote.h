// r0 vote FILE.jsonl: the majority answer among many responses to a question. For every line {"question","responses"}:
//   {"majority":"3","votes":7,"total":8,"agreement":0.875,"tally":[{"answer":"3","votes":7},{"answer":"4","votes":1}]}
// with "gold":"3","correct":true behind it when the line has "gold", and at the end one line {"summary":{...}}.
// The answer of a response is what it boxes; responses without one count in `total`.

#include "mathruler.h"

typedef struct vote_run {
    r0_context *r0;
    bool mathruler;
    r0_vote_rules rules;
    unsigned forms;
    bool quiet, failed;        // failed: a comparison ran out of memory
    int questions, answered;   // lines; lines whose majority is an answer
    int graded, correct;       // lines with gold; majority equals it
    int undecided;             // comparisons that met their budget: taken as unequal
    double agreement;          // sum
} vote_run;

// Is `a` an acceptable form of `b`?
static bool vote_equal(void *user, r0_span a, r0_span b)
{
    vote_run *run = (vote_run *)user;
    r0_verdict verdict = R0_ZERO;
    if (run->mathruler) verdict = mathruler_grade(run->r0, b, a);
    else if (r0_answer_equal(run->r0, b, a, 0, &verdict)) run->failed = true;
    run->undecided += verdict.equal == R0_UNDECIDED;
    return verdict.equal == R0_EQUAL;
}

static void vote_print_number(const char *name, double value)
{
    char text[32];
    r0_json_format(value, text, sizeof text);
    printf(",\"%s\":%s", name, text);
}

// Clusters in order of appearance.
static void vote_print_tally(const r0_span *answers, const int *cluster, int count)
{
    bool first = true;
    printf(",\"tally\":[");
    for (int i = 0; i < count; i++) {
        int votes = 0;
        if (cluster[i] != i) continue;
        for (int j = i; j < count; j++) votes += cluster[j] == i;
        printf("%s{\"answer\":", first ? "" : ",");
        cli_put_quoted(stdout, answers[i]);
        printf(",\"votes\":%d}", votes);
        first = false;
    }
    printf("]");
}

static void vote_print(const r0_vote *vote, const r0_span *answers, const int *cluster, int count, r0_span gold,
                       bool correct)
{
    printf("{\"majority\":");
    if (vote->pseudo_label >= 0) cli_put_quoted(stdout, answers[vote->pseudo_label]);
    else printf("null");
    printf(",\"votes\":%d,\"total\":%d", vote->votes, vote->total);
    vote_print_number("agreement", vote->agreement);
    vote_print_tally(answers, cluster, count);
    if (gold.data) {
        printf(",\"gold\":");
        cli_put_quoted(stdout, gold);
        printf(",\"correct\":%s", correct ? "true" : "false");
    }
    printf("}\n");
}

static r0_status vote_count(vote_run *run, const r0_json *responses, r0_span gold, r0_span *answers, int *cluster)
{
    r0_vote vote;
    int count = (int)responses->count;
    for (int i = 0; i < count; i++) r0_answer_extract(responses->items[i].text, run->forms, &answers[i]);
    r0_status status = r0_vote_count(run->r0, answers, count, &run->rules, vote_equal, run, cluster, &vote);
    if (status || run->failed) return status ? status : R0_ERROR_MEMORY;
    bool answered = vote.pseudo_label >= 0;
    bool correct = answered && gold.data && vote_equal(run, answers[vote.pseudo_label], gold);
    run->questions++;
    run->answered += answered;
    run->graded += gold.data != NULL;
    run->correct += correct;
    run->agreement += vote.agreement;
    if (!run->quiet) vote_print(&vote, answers, cluster, count, gold, correct);
    return R0_OK;
}

static r0_status vote_line(void *user, int number, const r0_json *line)
{
    vote_run *run = (vote_run *)user;
    const r0_json *responses = r0_json_get(line, "responses");
    if (!responses || responses->type != R0_JSON_ARRAY || responses->count > 4096) {
        fprintf(stderr, "line %d: no list \"responses\" of at most 4096: skipped\n", number);
        return R0_OK;
    }
    r0_span *answers = (r0_span *)calloc(responses->count + 1, sizeof *answers);
    int *cluster = (int *)calloc(responses->count + 1, sizeof *cluster);
    r0_status status = R0_ERROR_MEMORY;
    if (answers && cluster) status = vote_count(run, responses, r0_json_get_text(line, "gold"), answers, cluster);
    free(answers);
    free(cluster);
    return status;
}

static void vote_print_summary(const vote_run *run)
{
    printf("{\"summary\":{\"questions\":%d,\"answered\":%d", run->questions, run->answered);
    vote_print_number("mean_agreement", run->questions ? run->agreement / run->questions : 0);
    printf(",\"graded\":%d,\"correct\":%d", run->graded, run->correct);
    vote_print_number("accuracy", run->graded ? (double)run->correct / run->graded : 0);
    printf(",\"undecided_comparisons\":%d}}\n", run->undecided);
}

static int cmd_vote(r0_context *r0, int argc, char **argv)
{
    vote_run run = R0_ZERO;
    bool any = false;
    const cli_option options[] = {
        {"any", CLI_FLAG, &any, "also take answers without a box (after \"answer is\", the last formula or number)"},
        {"mathruler", CLI_FLAG, &run.mathruler, "compare as R-Zero's released reward does"},
        {"drop-empty", CLI_FLAG, &run.rules.drop_empty, "responses without an answer leave the total"},
        {"same-no", CLI_FLAG, &run.rules.same_no, "answers that hold \"no \" are one (released code)"},
        {"summary", CLI_FLAG, &run.quiet, "print only the last line"},
    };
    int code = cli_parse("r0 vote FILE.jsonl: the majority answer of each line {\"question\",\"responses\"[,\"gold\"]}",
                         options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc != 2) {
        fprintf(stderr, "%s: needs one file\n", cli.name);
        return CLI_USAGE;
    }
    run.r0 = r0;
    run.forms = R0_ANSWER_BOXED;
    if (any) run.forms |= R0_ANSWER_HASHES | R0_ANSWER_PHRASE | R0_ANSWER_MATH | R0_ANSWER_NUMBER;
    if (r0_json_lines(r0, argv[1], vote_line, &run)) return cli_error(r0);
    vote_print_summary(&run);
    return CLI_OK;
}
