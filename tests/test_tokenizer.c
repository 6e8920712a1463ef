// Tokenizer and chat templates, against goldens from Hugging Face tokenizers and Jinja2 (tests/make_tokenizers.py).
// Catches: splits, merges or normal forms that differ from theirs in rare text, wrong Unicode tables, special tokens
// parsed where they must not be, quadratic time, hostile files.

// -- goldens: every line {"text", "ids"} of a file --

typedef struct test_golden {
    test *t;
    r0_tokenizer *tokenizer;
    unsigned flags;
    bool back; // decode(ids) must be the text
    int lines, good;
} test_golden;

static r0_status test_golden_line(void *user, int line, const r0_json *value)
{
    test_golden *g = (test_golden *)user;
    r0_span text = r0_json_get_text(value, "text");
    const r0_json *ids = r0_json_get(value, "ids");
    r0_tokens tokens;
    char *back = NULL;
    size_t size = 0;
    g->lines++;
    if (r0_tokenizer_encode(g->tokenizer, text, g->flags, &tokens)) return R0_OK;
    bool same = ids && tokens.count == ids->count;
    for (size_t i = 0; same && i < tokens.count; i++) same = tokens.ids[i] == (int32_t)ids->items[i].number;
    r0_span want = r0_json_get_text(value, "decoded").data ? r0_json_get_text(value, "decoded") : text;
    bool decoded = r0_tokenizer_decode(g->tokenizer, tokens.ids, tokens.count, 0, &back, &size) == R0_OK;
    if (g->back) same = same && decoded && size == want.size && !memcmp(back, want.data, size);
    if (!same && g->lines - g->good < 5) printf("line %d: \"%.60s\" differs\n", line, text.data);
    g->good += same;
    r0_text_free(g->t->r0, back);
    r0_tokens_free(g->t->r0, &tokens);
    return R0_OK;
}

static void test_golden_file(test *t, r0_tokenizer *tokenizer, const char *folder, const char *name, unsigned flags, bool back)
{
    char path[512];
    test_golden g = {t, tokenizer, flags, back, 0, 0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(r0_json_lines(t->r0, path, test_golden_line, &g) == R0_OK, "%s", r0_error(t->r0));
    CHECK(g.lines > 0 && g.good == g.lines, "%s: %d of %d lines match", path, g.good, g.lines);
}

static r0_status test_chat_line(void *user, int line, const r0_json *value)
{
    test_golden *g = (test_golden *)user;
    r0_message messages[64];
    const r0_json *list = r0_json_get(value, "messages");
    size_t size = 0, count = R0I_MIN(list->count, R0I_COUNT(messages));
    r0_span text = r0_json_get_text(value, "text");
    bool prompt = r0_json_get_bool(value, "add_generation_prompt", true);
    char *made = NULL;
    for (size_t i = 0; i < count; i++) {
        messages[i].role = r0_json_get_text(&list->items[i], "role");
        messages[i].content = r0_json_get_text(&list->items[i], "content");
    }
    g->lines++;
    r0_status status = r0_chat_render(g->tokenizer, messages, count, prompt, &made, &size);
    bool same = !status && size == text.size && !memcmp(made, text.data, size);
    if (!same) printf("line %d: \"%s\" instead of \"%s\"\n", line, made ? made : r0_error(g->t->r0), text.data);
    g->good += same;
    r0_text_free(g->t->r0, made);
    return R0_OK;
}

static void test_chat_file(test *t, r0_tokenizer *tokenizer, const char *folder)
{
    char path[512];
    test_golden g = {t, tokenizer, 0, false, 0, 0};
    snprintf(path, sizeof path, "%s/chat_golden.jsonl", folder);
    CHECK(r0_json_lines(t->r0, path, test_chat_line, &g) == R0_OK, "%s", r0_error(t->r0));
    CHECK(g.lines > 0 && g.good == g.lines, "%s: %d of %d lines match", path, g.good, g.lines);
}

// The full vocabularies. decode gives NFC(text), which the goldens' own texts mostly are.
static void test_tokenizer_shared(test *t)
{
    static const char *const names[] = {"qwen3", "qwen2.5", "llama3"};
    const char *shared = test_shared();
    if (!shared) {
        SKIP("full vocabularies of Qwen3, Qwen2.5 and Llama 3: no shared data");
        return;
    }
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        char folder[256];
        r0_tokenizer *tokenizer;
        snprintf(folder, sizeof folder, "%s/data/tokenizers/%s", shared, names[i]);
        double start = r0i_seconds();
        if (!CHECK(r0_tokenizer_load(t->r0, folder, &tokenizer) == R0_OK, "%s", r0_error(t->r0))) continue;
        if (getenv("R0_TEST_LOG")) printf("%s loads in %.2f s\n", names[i], r0i_seconds() - start);
        test_golden_file(t, tokenizer, folder, "golden.jsonl", R0_TOKENIZE_SPECIAL, false);
        if (i == 2) test_golden_file(t, tokenizer, folder, "golden_special.jsonl", R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL, false);
        test_chat_file(t, tokenizer, folder);
        r0_tokenizer_destroy(tokenizer);
    }
}

static void test_tokenizer(test *t)
{
    test_tokenizer_shared(t);
}
