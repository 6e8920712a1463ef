// r0 tokenize --model DIR TEXT...: text into tokens and back. One JSON line per text; with --check, a file of
// {"text", "ids"} lines is compared with what r0 makes of it.

typedef struct tokenize_run {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    unsigned flags;
    int lines, matched, returned;
} tokenize_run;

static void tokenize_print_quoted(const char *data, size_t size)
{
    r0_span text = {data, size};
    cli_put_quoted(stdout, text);
}

static void tokenize_print_ids(const int32_t *ids, size_t count)
{
    printf("[");
    for (size_t i = 0; i < count; i++) printf("%s%d", i ? "," : "", (int)ids[i]);
    printf("]");
}

// {"text": .., "ids": [..], "tokens": [..]}
static r0_status tokenize_show(tokenize_run *run, r0_span text)
{
    r0_tokens tokens;
    r0_status status = r0_tokenizer_encode(run->tokenizer, text, run->flags, &tokens);
    if (status) return status;
    printf("{\"text\":");
    tokenize_print_quoted(text.data, text.size);
    printf(",\"ids\":");
    tokenize_print_ids(tokens.ids, tokens.count);
    printf(",\"tokens\":[");
    for (size_t i = 0; i < tokens.count && !status; i++) {
        char *one;
        size_t size;
        status = r0_tokenizer_decode(run->tokenizer, &tokens.ids[i], 1, R0_DECODE_BYTES, &one, &size);
        if (i) printf(",");
        if (!status) tokenize_print_quoted(one, size);
        r0_text_free(run->r0, one);
    }
    printf("]}\n");
    r0_tokens_free(run->r0, &tokens);
    return status;
}

static bool tokenize_same(const r0_tokens *tokens, const r0_json *ids)
{
    if (tokens->count != ids->count) return false;
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i].type != R0_JSON_NUMBER || (double)tokens->ids[i] != ids->items[i].number) return false;
    return true;
}

// Whether the ids, decoded and encoded again, are the ids: nothing was lost on the way. Where decoding gave the text
// back, encoding it again would only repeat itself.
static bool tokenize_returns(tokenize_run *run, r0_span original, const r0_tokens *tokens)
{
    char *text;
    r0_span span = R0_ZERO;
    r0_tokens again;
    if (r0_tokenizer_decode(run->tokenizer, tokens->ids, tokens->count, R0_DECODE_BYTES, &text, &span.size))
        return false;
    span.data = text;
    if (span.size == original.size && !memcmp(text, original.data, span.size)) {
        r0_text_free(run->r0, text);
        return true;
    }
    unsigned flags = run->flags & ~(unsigned)R0_TOKENIZE_ADD_SPECIAL; // they stand in the text now
    bool same = r0_tokenizer_encode(run->tokenizer, span, flags, &again) == R0_OK && again.count == tokens->count &&
                (!again.count || !memcmp(again.ids, tokens->ids, again.count * sizeof *again.ids));
    r0_tokens_free(run->r0, &again);
    r0_text_free(run->r0, text);
    return same;
}

static r0_status tokenize_check_line(void *user, int line, const r0_json *value)
{
    tokenize_run *run = (tokenize_run *)user;
    r0_span text = r0_json_get_text(value, "text");
    const r0_json *ids = r0_json_get(value, "ids");
    r0_tokens tokens;
    run->lines++;
    if (!text.data || !ids || ids->type != R0_JSON_ARRAY) { // counts as a mismatch: a check must not go empty
        printf("line %d: %s\n", line, text.data ? "\"ids\" is not a list" : "\"text\" is not a text");
        return R0_OK;
    }
    if (r0_tokenizer_encode(run->tokenizer, text, run->flags, &tokens)) {
        printf("line %d: %s\n", line, r0_error(run->r0));
        return R0_OK;
    }
    bool same = tokenize_same(&tokens, ids);
    run->matched += same;
    run->returned += tokenize_returns(run, text, &tokens);
    if (!same) {
        printf("line %d: ", line);
        tokenize_print_quoted(text.data, text.size);
        printf(" gives ");
        tokenize_print_ids(tokens.ids, tokens.count);
        printf("\n");
    }
    r0_tokens_free(run->r0, &tokens);
    return R0_OK;
}

static int tokenize_check(tokenize_run *run, const char *path)
{
    if (r0_json_lines(run->r0, path, tokenize_check_line, run)) return cli_error(run->r0);
    printf("round trip %d of %d\n", run->returned, run->lines);
    printf("match %d of %d\n", run->matched, run->lines);
    return run->lines && run->matched == run->lines ? CLI_OK : CLI_FAILED;
}

// The arguments are ids: prints their text.
static int tokenize_decode(tokenize_run *run, int argc, char **argv)
{
    int32_t *ids = (int32_t *)cli_alloc((size_t)argc, sizeof *ids);
    size_t count = 0, size = 0;
    char *text = NULL;
    int code = CLI_OK;
    for (int i = 1; i < argc && !code; i++) {
        char *end;
        long id = strtol(argv[i], &end, 10);
        if (end != argv[i] && !*end && id >= 0 && id <= INT32_MAX)
            ids[count++] = (int32_t)id;
        else
            fprintf(stderr, "%s: \"%s\" is not a token id\n", cli.name, argv[i]), code = CLI_USAGE;
    }
    if (!code && r0_tokenizer_decode(run->tokenizer, ids, count, 0, &text, &size)) code = cli_error(run->r0);
    if (!code) cli_put(stdout, text, size), printf("\n");
    r0_text_free(run->r0, text);
    free(ids);
    return code;
}

static int tokenize_run_all(tokenize_run *run, const char *check, bool decode, int argc, char **argv)
{
    if (check) return tokenize_check(run, check);
    if (decode) return tokenize_decode(run, argc, argv);
    for (int i = 1; i < argc; i++) {
        r0_span text = {argv[i], strlen(argv[i])};
        if (tokenize_show(run, text)) return cli_error(run->r0);
    }
    return CLI_OK;
}

static int cmd_tokenize(r0_context *r0, int argc, char **argv)
{
    const char *model = NULL, *check = NULL;
    bool decode = false, add = false, plain = false;
    const cli_option options[] = {
        {"model", CLI_TEXT, &model, "folder with tokenizer.json"},
        {"check", CLI_TEXT, &check, "compare with the {\"text\",\"ids\"} lines of this file"},
        {"decode", CLI_FLAG, &decode, "the arguments are ids: print their text"},
        {"add-special", CLI_FLAG, &add, "add the special tokens that the folder puts around a text"},
        {"plain", CLI_FLAG, &plain, "special tokens in the text are text like any other"},
    };
    int code = cli_parse("r0 tokenize --model DIR TEXT...: prints {\"text\",\"ids\",\"tokens\"} for each text.\n"
                         "With --check, prints every mismatch, and \"match N of M\" last.",
                         options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (!model || (!check && argc < 2)) {
        fprintf(stderr, "%s: needs --model and %s; see %s --help\n", cli.name, model ? "a text" : "its folder",
                cli.name);
        return CLI_USAGE;
    }
    tokenize_run run = {r0, NULL, 0, 0, 0, 0};
    run.flags = (plain ? 0u : (unsigned)R0_TOKENIZE_SPECIAL) | (add ? (unsigned)R0_TOKENIZE_ADD_SPECIAL : 0u);
    if (r0_tokenizer_load(r0, model, &run.tokenizer)) return cli_error(r0);
    code = tokenize_run_all(&run, check, decode, argc, argv);
    r0_tokenizer_destroy(run.tokenizer);
    return code;
}
