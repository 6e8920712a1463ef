// r0 repetition FILE.jsonl: how much questions repeat each other. One JSON line of values per line of the file:
//   {"questions": [...]}  -> {"clusters": 3, "labels": [...], "share": [...]}    share: size of the cluster / questions
//   {"hyp": .., "ref": ..} -> {"bleu": 0.31}
// Where the line holds what is expected ("labels" or "share"; "bleu"), the last line says "match N of M".

typedef struct repetition_run {
    r0_context *r0;
    int expected, matched;
    bool quiet;
} repetition_run;

static void repetition_print_number(double value)
{
    char text[32];
    r0_json_format(value, text, sizeof text);
    printf("%s", text);
}

// Labels are arbitrary numbers: two labelings are the same partition when every pair agrees on being together.
static bool repetition_same_partition(const int *labels, const r0_json *expected, int count)
{
    if (expected->type != R0_JSON_ARRAY || expected->count != (size_t)count) return false;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            if ((labels[i] == labels[j]) != (expected->items[i].number == expected->items[j].number)) return false;
    return true;
}

static bool repetition_same_share(const float *share, const r0_json *expected, int count)
{
    if (expected->type != R0_JSON_ARRAY || expected->count != (size_t)count) return false;
    for (int i = 0; i < count; i++) {
        double off = share[i] - expected->items[i].number;
        if (off > 1e-6 || off < -1e-6) return false;
    }
    return true;
}

static void repetition_print_clusters(const int *labels, const float *share, int count)
{
    int clusters = 0;
    for (int i = 0; i < count; i++)
        if (labels[i] >= clusters) clusters = labels[i] + 1;
    printf("{\"clusters\":%d,\"labels\":[", clusters);
    for (int i = 0; i < count; i++) printf("%s%d", i ? "," : "", labels[i]);
    printf("],\"share\":[");
    for (int i = 0; i < count; i++) {
        if (i) printf(",");
        repetition_print_number((int)(share[i] * (float)count + .5f) / (double)count); // whole texts of the count
    }
    printf("]}\n");
}

static r0_status repetition_clusters(repetition_run *run, const r0_json *line, const r0_json *questions)
{
    int count = (int)questions->count;
    r0_span *texts = (r0_span *)calloc(questions->count + 1, sizeof *texts);
    int *labels = (int *)calloc(questions->count + 1, sizeof *labels);
    float *share = (float *)calloc(questions->count + 1, sizeof *share);
    r0_status status = texts && labels && share ? R0_OK : R0_ERROR_MEMORY;
    for (int i = 0; i < count && !status; i++) texts[i] = questions->items[i].text;
    if (!status) status = r0_repetition_share(run->r0, texts, count, 0, share, labels);
    if (!status) {
        const r0_json *wanted = r0_json_get(line, "labels"), *shares = r0_json_get(line, "share");
        if (!run->quiet) repetition_print_clusters(labels, share, count);
        run->expected += wanted || shares;
        run->matched += (wanted || shares) && (!wanted || repetition_same_partition(labels, wanted, count)) &&
                        (!shares || repetition_same_share(share, shares, count));
    }
    free(texts);
    free(labels);
    free(share);
    return status;
}

static r0_status repetition_bleu(repetition_run *run, const r0_json *line)
{
    double bleu;
    r0_status status = r0_repetition_bleu(run->r0, r0_json_get_text(line, "hyp"), r0_json_get_text(line, "ref"), &bleu);
    if (status) return status;
    if (!run->quiet) {
        printf("{\"bleu\":");
        repetition_print_number(bleu);
        printf("}\n");
    }
    if (r0_json_get(line, "bleu")) {
        double off = bleu - r0_json_get_number(line, "bleu", 9);
        run->expected++;
        run->matched += off < 1e-12 && off > -1e-12;
    }
    return R0_OK;
}

static r0_status repetition_line(void *user, int number, const r0_json *line)
{
    repetition_run *run = (repetition_run *)user;
    const r0_json *questions = r0_json_get(line, "questions");
    if (questions && questions->type == R0_JSON_ARRAY) return repetition_clusters(run, line, questions);
    if (r0_json_get_text(line, "hyp").data && r0_json_get_text(line, "ref").data) return repetition_bleu(run, line);
    fprintf(stderr, "line %d: neither \"questions\" nor \"hyp\" and \"ref\": skipped\n", number);
    return R0_OK;
}

static int cmd_repetition(r0_context *r0, int argc, char **argv)
{
    repetition_run run = {r0, 0, 0, false};
    const cli_option options[] = {{"summary", CLI_FLAG, &run.quiet, "print only the last line"}};
    int code =
        cli_parse("r0 repetition FILE.jsonl: BLEU of {\"hyp\",\"ref\"} lines, clusters of {\"questions\"} lines.\n"
                  "Lines may hold what is expected (\"bleu\"; \"labels\" or \"share\"); then the last line\n"
                  "counts the matches.",
                  options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc != 2) {
        fprintf(stderr, "%s: needs one file\n", cli.name);
        return CLI_USAGE;
    }
    if (r0_json_lines(r0, argv[1], repetition_line, &run)) return cli_error(r0);
    if (run.expected) printf("match %d of %d\n", run.matched, run.expected);
    return run.matched == run.expected ? CLI_OK : CLI_FAILED;
}
