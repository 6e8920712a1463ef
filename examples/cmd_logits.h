// r0 logits --model DIR --ids 1,2,3: what a model says after each token, as one line of JSON: for comparing it with
// another program's, and for looking at it.
//     {"ids": [..], "first": F, "vocab_size": V, "logits": [[V numbers], ..], "token_logprobs": [..]}
// logits[i] is what the model says after ids[0 .. first + i]; --last keeps the last row alone. token_logprobs[j] is
// log p(ids[first + j + 1]) of row j. Nine digits: the float32 can be read back exactly.

#include <math.h>

static int logits_parse_ids(const char *text, int32_t **ids, int *count)
{
    *count = 0;
    *ids = (int32_t *)malloc((strlen(text) / 2 + 1) * sizeof **ids); // a digit and a comma each
    if (!*ids) return fprintf(stderr, "%s: out of memory\n", cli.name), CLI_FAILED;
    while (*text) {
        char *end;
        long id = strtol(text, &end, 10);
        bool digit = *text >= '0' && *text <= '9';
        if (!digit || (*end && *end != ',') || (*end == ',' && !end[1]) || id > INT32_MAX) {
            fprintf(stderr, "%s: --ids: \"%.20s\" is not a list of token ids like 1,2,3\n", cli.name, text);
            return CLI_USAGE;
        }
        (*ids)[(*count)++] = (int32_t)id;
        text = *end ? end + 1 : end;
    }
    return CLI_GO;
}

static double logits_logp(const float *z, int vocab, int32_t token)
{
    double largest = z[0], sum = 0;
    for (int j = 1; j < vocab; j++) largest = z[j] > largest ? (double)z[j] : largest;
    for (int j = 0; j < vocab; j++) sum += exp((double)z[j] - largest);
    return (double)z[token] - largest - log(sum);
}

static void logits_print(const int32_t *ids, int count, int first, const float *logits, int vocab)
{
    printf("{\"ids\":[");
    for (int i = 0; i < count; i++) printf("%s%d", i ? "," : "", (int)ids[i]);
    printf("],\"first\":%d,\"vocab_size\":%d,\"logits\":[", first, vocab);
    for (int i = first; i < count; i++) {
        const float *z = logits + (size_t)(i - first) * (size_t)vocab;
        printf("%s[", i > first ? "," : "");
        for (int j = 0; j < vocab; j++) printf("%s%.9g", j ? "," : "", (double)z[j]);
        printf("]");
    }
    printf("],\"token_logprobs\":[");
    for (int i = first; i + 1 < count; i++)
        printf("%s%.9g", i > first ? "," : "",
               logits_logp(logits + (size_t)(i - first) * (size_t)vocab, vocab, ids[i + 1]));
    printf("]}\n");
}

static int logits_run(r0_context *r0, r0_model *model, const int32_t *ids, int count, bool last)
{
    int vocab = r0_model_shape(model)->vocab_size, first = last ? count - 1 : 0;
    float *logits = (float *)calloc((size_t)(count - first) * (size_t)vocab, sizeof *logits);
    int code = CLI_OK;
    if (!logits) fprintf(stderr, "%s: no memory for %d x %d logits: try --last\n", cli.name, count - first, vocab);
    if (!logits) return CLI_FAILED;
    if (r0_logits(model, ids, count, first, logits)) code = cli_error(r0);
    else logits_print(ids, count, first, logits, vocab);
    free(logits);
    return code;
}

static int cmd_logits(r0_context *r0, int argc, char **argv)
{
    const char *folder = NULL, *dtype = "f32", *list = NULL;
    bool last = false;
    const cli_option options[] = {
        {"model", CLI_TEXT, &folder, "model folder"},
        {"dtype", CLI_TEXT, &dtype, "of its weights in memory: f32, bf16, f16, q8_0, q4_0 or stored"},
        {"ids", CLI_TEXT, &list, "token ids, e.g. 1,2,3; r0 tokenize makes them of a text"},
        {"last", CLI_FLAG, &last, "of the last position alone; else of every position"},
    };
    int32_t *ids = NULL;
    int count = 0;
    int code = cli_parse("r0 logits --model DIR --ids 1,2,3: what a model says after each token, as one line of JSON:\n"
                         "{\"ids\", \"first\", \"vocab_size\", \"logits\", \"token_logprobs\"}, where logits[i] are "
                         "the logits\nafter ids[0 .. first + i], and token_logprobs[i] the log-probability of the id "
                         "that follows.", options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    if (!folder || !list || !*list)
        return fprintf(stderr, "%s: needs --model and --ids; see %s --help\n", cli.name, cli.name), CLI_USAGE;
    code = logits_parse_ids(list, &ids, &count);
    r0_model *model = NULL;
    if (code == CLI_GO) {
        code = r0_model_load_as(r0, folder, dtype, &model) ? cli_error(r0) : logits_run(r0, model, ids, count, last);
        r0_model_destroy(model);
    }
    free(ids);
    return code;
}
