// r0 chat --model DIR: a conversation, a line of stdin a turn, answers as they are drawn; with a QUESTION, one turn.
// --show prints the question as the model's template writes it, which is what the model would read. With --check, a
// file of {"messages", "text"} lines (and "variables", "add_generation_prompt") is compared with what r0 renders.

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

// -- a conversation --

typedef struct chat_talk {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    r0_session *session;
    r0_message *messages; // (count) whose texts belong to the list
    size_t count;
    r0_sampling sampling;
} chat_talk;

// All but the end token.
static bool chat_piece(void *user, const r0_rollout *answer, r0_span text)
{
    (void)user;
    if (!answer->finished) cli_put(stdout, text.data, text.size);
    return !fflush(stdout);
}

static void chat_add(chat_talk *talk, const char *role, const char *text, size_t size)
{
    talk->messages = (r0_message *)cli_realloc(talk->messages, (talk->count + 1) * sizeof *talk->messages);
    r0_message *m = &talk->messages[talk->count++];
    char *copy = (char *)cli_alloc(size + 1, 1);
    memcpy(copy, text, size);
    copy[size] = 0;
    m->role.data = role, m->role.size = strlen(role);
    m->content.data = copy, m->content.size = size;
}

// The whole conversation is rendered anew: a template may write an earlier turn otherwise than it did then. Of its
// tokens the session reads those that it has not read.
static int chat_read(chat_talk *talk)
{
    char *text;
    size_t size;
    r0_tokens tokens;
    if (r0_chat_render(talk->tokenizer, talk->messages, talk->count, true, &text, &size))
        return cli_error(talk->r0);
    r0_span rendered = {text, size}, none = {"", 0};
    r0_status status = r0_prompt_encode(talk->tokenizer, rendered, none, true, &tokens);
    r0_text_free(talk->r0, text);
    if (status) return cli_error(talk->r0);
    r0_tokens known = r0_session_tokens(talk->session);
    size_t same = 0;
    while (same < tokens.count && same < known.count && tokens.ids[same] == known.ids[same]) same++;
    status = r0_session_rewind(talk->session, (int)same);
    if (!status) status = r0_session_append(talk->session, tokens.ids + same, (int)(tokens.count - same));
    r0_tokens_free(talk->r0, &tokens);
    return status ? cli_error(talk->r0) : CLI_OK;
}

static int chat_turn(chat_talk *talk, const char *question)
{
    r0_stream stream = {chat_piece, NULL, NULL, 0, 0};
    r0_rollout answer;
    char *text;
    size_t size;
    chat_add(talk, "user", question, strlen(question));
    int code = chat_read(talk);
    if (code) return code;
    r0_status status = r0_session_generate(talk->session, &talk->sampling, &stream, &answer);
    printf("\n");
    if (status) return cli_error(talk->r0);
    if (!answer.finished && !cli.quiet) fprintf(stderr, "(cut off)\n");
    size_t count = (size_t)(answer.length - answer.finished);
    if (r0_tokenizer_decode(talk->tokenizer, answer.tokens, count, R0_DECODE_SKIP_UNKNOWN, &text, &size))
        return cli_error(talk->r0);
    chat_add(talk, "assistant", text, size);
    r0_text_free(talk->r0, text);
    return CLI_OK;
}

// A line without its end, of any length, or NULL at the end of stdin.
static char *chat_line(void)
{
    char *line = NULL;
    size_t size = 0;
    int c;
    if (cli.terminal && !cli.quiet) fputs("> ", stderr);
    do {
        c = getchar();
        if (c == EOF && !size) return free(line), NULL;
        if (size % 4096 == 0) line = (char *)cli_realloc(line, size + 4096);
        line[size++] = c == EOF || c == '\n' ? 0 : (char)c;
    } while (c != EOF && c != '\n');
    return line;
}

static int chat_talk_all(chat_talk *talk, const char *system, const char *question)
{
    int code = CLI_OK;
    if (system) chat_add(talk, "system", system, strlen(system));
    if (question) return chat_turn(talk, question);
    for (char *line; !code && !cli_stop && (line = chat_line()) != NULL; free(line))
        if (*line) code = chat_turn(talk, line);
    return code;
}

static int cmd_chat(r0_context *r0, int argc, char **argv)
{
    const char *model = NULL, *check = NULL, *system = NULL, *dtype = "f32", *set[CLI_TEXTS_ROOM] = {NULL};
    double temperature = .7, top_p = .95;
    int top_k = 0, max_new = 0, positions = 0, seed = 1;
    bool show = false;
    const cli_option options[] = {
        {"model", CLI_TEXT, &model, "model folder or GGUF file; for --show and --check, without weights too"},
        {"dtype", CLI_TEXT, &dtype, "of its weights in memory: f32, bf16, f16, q8_0, q4_0 or stored"},
        {"system", CLI_TEXT, &system, "a system message in front"},
        CLI_TEMPLATE_SET(set),
        {"temperature", CLI_REAL, &temperature, "0: greedy"},
        {"top-p", CLI_REAL, &top_p, "1: all"},
        {"top-k", CLI_INT, &top_k, "0: all"},
        {"max-new", CLI_INT, &max_new, "longest answer, tokens; 0: while there is room"},
        {"positions", CLI_INT, &positions, "tokens of the whole conversation; 0: 4096 or what the model has"},
        {"seed", CLI_INT, &seed, "everything random follows from it"},
        {"show", CLI_FLAG, &show, "print the question as the template writes it, and draw nothing"},
        {"check", CLI_TEXT, &check, "compare with the {\"messages\",\"text\"} lines of this file"},
    };
    int code = cli_parse("r0 chat --model DIR [QUESTION]: a conversation, one line of stdin a turn; with a QUESTION,\n"
                         "one answer. --show prints the prompt instead; --check every mismatch, and \"match N of M\".",
                         options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (!model || argc > 2 || (check && argc != 1) || (show && argc != 2)) {
        fprintf(stderr, "%s: needs --model; --show one question, --check none; see %s --help\n", cli.name, cli.name);
        return CLI_USAGE;
    }
    if (!(temperature >= 0 && temperature <= 100) || !(top_p > 0 && top_p <= 1) || top_k < 0 || max_new < 0 ||
        max_new > 1000000 || positions < 0)
        return fprintf(stderr, "%s: a number is out of range; see %s --help\n", cli.name, cli.name), CLI_USAGE;
    chat_run run = {r0, NULL, 0, 0};
    chat_talk talk = R0_ZERO;
    r0_model *weights = NULL;
    if (r0_tokenizer_load(r0, model, &run.tokenizer)) return cli_error(r0);
    code = cli_template_set(r0, run.tokenizer, set);
    if (!code && check) code = chat_check(&run, check);
    else if (!code && show) code = chat_show(&run, system, argv[1]);
    else if (!code) {
        talk.r0 = r0, talk.tokenizer = run.tokenizer;
        talk.sampling.temperature = (float)temperature, talk.sampling.top_k = top_k;
        talk.sampling.top_p = (float)top_p, talk.sampling.max_new_tokens = max_new;
        talk.sampling.seed = (uint64_t)seed;
        if (r0_model_load_as(r0, model, dtype, &weights) ||
            r0_session_create(weights, run.tokenizer, positions, &talk.session)) code = cli_error(r0);
        else code = chat_talk_all(&talk, system, argc > 1 ? argv[1] : NULL);
    }
    for (size_t i = 0; i < talk.count; i++) free((void *)(uintptr_t)talk.messages[i].content.data);
    free(talk.messages);
    r0_session_destroy(talk.session);
    r0_model_destroy(weights);
    r0_tokenizer_destroy(run.tokenizer);
    return code;
}
