// r0 chat --model DIR "question": the chat as the model's template writes it, which is what the model would
// read. With --check, a file of {"messages", "text"} lines (and "variables", "add_generation_prompt") is
// compared with what r0 renders.

typedef struct chat_run {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    int lines, matched;
} chat_run;

static r0_status chat_check_line(void *user, int line, const r0_json *value)
{
    chat_run *run = (chat_run *)user;
    r0_span want = r0_json_get_text(value, "text");
    char *text;
    size_t size;
    run->lines++; // whatever is wrong with it: a check must not go empty
    if (!want.data) return printf("line %d: \"text\" is not a text\n", line), R0_OK;
    bool prompt = r0_json_get_bool(value, "add_generation_prompt", true);
    if (r0_chat_render_json(run->tokenizer, r0_json_get(value, "messages"), r0_json_get(value, "variables"), prompt,
                            &text, &size))
        return printf("line %d: %s\n", line, r0_error(run->r0)), R0_OK;
    bool same = size == want.size && !memcmp(text, want.data, size);
    run->matched += same;
    if (!same) {
        printf("line %d: renders as\n", line), cli_put(stdout, text, size);
        printf("\ninstead of\n"), cli_put(stdout, want.data, want.size);
        printf("\n");
    }
    r0_text_free(run->r0, text);
    return R0_OK;
}

static int chat_check(chat_run *run, const char *path)
{
    if (r0_json_lines(run->r0, path, chat_check_line, run)) return cli_error(run->r0);
    printf("match %d of %d\n", run->matched, run->lines);
    return run->lines && run->matched == run->lines ? CLI_OK : CLI_FAILED;
}

static int chat_show(chat_run *run, const char *system, const char *user)
{
    r0_message messages[2];
    size_t count = 0, size;
    char *text;
    if (system) {
        messages[count].role.data = "system", messages[count].role.size = 6;
        messages[count].content.data = system, messages[count].content.size = strlen(system);
        count++;
    }
    messages[count].role.data = "user", messages[count].role.size = 4;
    messages[count].content.data = user, messages[count].content.size = strlen(user);
    if (r0_chat_render(run->tokenizer, messages, count + 1, true, &text, &size)) return cli_error(run->r0);
    cli_put(stdout, text, size);
    printf("\n");
    r0_text_free(run->r0, text);
    return CLI_OK;
}

static int cmd_chat(r0_context *r0, int argc, char **argv)
{
    const char *model = NULL, *check = NULL, *system = NULL, *set[CLI_TEXTS_ROOM] = {NULL};
    const cli_option options[] = {
        {"model", CLI_TEXT, &model, "folder with tokenizer.json, tokenizer_config.json, chat_template.jinja"},
        {"system", CLI_TEXT, &system, "a system message in front"},
        CLI_TEMPLATE_SET(set),
        {"check", CLI_TEXT, &check, "compare with the {\"messages\",\"text\"} lines of this file"},
    };
    int code = cli_parse("r0 chat --model DIR QUESTION: prints the question as the model's chat template writes it.\n"
                         "With --check, prints every mismatch, and \"match N of M\" last.",
                         options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (!model || (check ? argc != 1 : argc != 2)) {
        fprintf(stderr, "%s: needs --model and one question, or --check; see %s --help\n", cli.name, cli.name);
        return CLI_USAGE;
    }
    chat_run run = {r0, NULL, 0, 0};
    if (r0_tokenizer_load(r0, model, &run.tokenizer)) return cli_error(r0);
    code = cli_template_set(r0, run.tokenizer, set);
    if (!code) code = check ? chat_check(&run, check) : chat_show(&run, system, argv[1]);
    r0_tokenizer_destroy(run.tokenizer);
    return code;
}
