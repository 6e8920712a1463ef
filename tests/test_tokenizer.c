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

static void test_golden_file(test *t, r0_tokenizer *tokenizer, const char *folder, const char *name, unsigned flags,
                             bool back)
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

// The full vocabularies, where `make data` or a folder beside the checkout has them. decode gives NFC(text), which the
// goldens' own texts mostly are.
static void test_tokenizer_full(test *t)
{
    static const char *const names[] = {"qwen3", "qwen2.5", "llama3"};
    bool made[3] = {false, false, false};
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        char name[64], folder[512], file[600];
        r0_tokenizer *tokenizer;
        snprintf(name, sizeof name, "tokenizers/%s", names[i]);
        for (int place = 0; test_data(name, &place, folder); made[i] = true) {
            double start = r0i_seconds();
            if (!CHECK(r0_tokenizer_load(t->r0, folder, &tokenizer) == R0_OK, "%s", r0_error(t->r0))) continue;
            if (getenv("R0_TEST_LOG")) printf("%s loads in %.2f s\n", names[i], r0i_seconds() - start);
            test_golden_file(t, tokenizer, folder, "golden.jsonl", R0_TOKENIZE_SPECIAL, false);
            if (i == 2)
                test_golden_file(t, tokenizer, folder, "golden_special.jsonl",
                                 R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL, false);
            snprintf(file, sizeof file, "%s/chat_golden.jsonl", folder);
            if (r0i_file_exists(file)) test_chat_file(t, tokenizer, folder);
            r0_tokenizer_destroy(tokenizer);
        }
    }
    if (!made[0] || !made[2]) SKIP("full vocabularies of Qwen and Llama 3: `make data` fetches them");
}

// decode(ids) of any ids, cut characters and all: {"ids", "text", "skipped"}.
static r0_status test_decode_line(void *user, int line, const r0_json *value)
{
    test_golden *g = (test_golden *)user;
    const r0_json *list = r0_json_get(value, "ids");
    int32_t ids[64];
    size_t count = R0I_MIN(list->count, R0I_COUNT(ids));
    for (size_t i = 0; i < count; i++) ids[i] = (int32_t)list->items[i].number;
    g->lines++;
    bool same = true;
    for (int skip = 0; skip < 2; skip++) {
        r0_span want = r0_json_get_text(value, skip ? "skipped" : "text");
        char *text = NULL;
        size_t size = 0;
        r0_status status =
            r0_tokenizer_decode(g->tokenizer, ids, count, skip ? R0_DECODE_SKIP_SPECIAL : 0, &text, &size);
        same = same && !status && size == want.size && !memcmp(text, want.data, size);
        if (!same) printf("line %d: \"%s\" instead of \"%s\"\n", line, text ? text : r0_error(g->t->r0), want.data);
        r0_text_free(g->t->r0, text);
    }
    g->good += same;
    return R0_OK;
}

static const char test_tokenizers[] = "tests/data/tokenizers";

// Small tokenizers with the expressions, normal forms, post-processors and templates of the families that r0 reads.
static void test_tokenizer_small(test *t)
{
    static const char *const names[] = {"gpt2", "qwen", "llama", "prefix", "chars"};
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        char folder[256], path[300];
        r0_tokenizer *k;
        snprintf(folder, sizeof folder, "%s/%s", test_tokenizers, names[i]);
        if (!CHECK(r0_tokenizer_load(t->r0, folder, &k) == R0_OK, "%s", r0_error(t->r0))) continue;
        test_golden_file(t, k, folder, "golden.jsonl", R0_TOKENIZE_SPECIAL, true);
        test_golden_file(t, k, folder, "golden_special.jsonl", R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL, true);
        test_golden g = {t, k, 0, false, 0, 0};
        snprintf(path, sizeof path, "%s/decode.jsonl", folder);
        CHECK(r0_json_lines(t->r0, path, test_decode_line, &g) == R0_OK, "%s", r0_error(t->r0));
        CHECK(g.lines > 0 && g.good == g.lines, "%s: %d of %d lines match", path, g.good, g.lines);
        test_chat_file(t, k, folder);
        r0_tokenizer_destroy(k);
    }
}

// The tables against what the script saw: a checksum over every code point.
static uint64_t test_fnv(uint64_t h, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) h = (h ^ ((const unsigned char *)data)[i]) * 0x100000001B3u;
    return h;
}

static uint64_t test_unicode_nfc(test *t, const r0i_unicode *u, bool around)
{
    uint64_t h = 0xCBF29CE484222325u;
    (void)t;
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint32_t in[4] = {'e', c, 0x323, 0x301}, out[32];
        uint8_t marks[16];
        if (c >= 0xD800 && c < 0xE000) continue;
        size_t count = around ? r0i_nfc(u, in, 4, out, marks) : r0i_nfc(u, in + 1, 1, out, marks);
        for (size_t i = 0; i < count; i++) {
            char bytes[4];
            h = test_fnv(h, bytes, (size_t)r0i_utf8_encode(out[i], bytes));
        }
    }
    return h;
}

static void test_unicode(test *t)
{
    r0i_arena arena = {t->r0, NULL};
    r0i_unicode u;
    r0_json *want;
    char hex[3][20], path[256];
    uint64_t classes = 0xCBF29CE484222325u;
    memset(&u, 0, sizeof u);
    snprintf(path, sizeof path, "%s/unicode.json", test_tokenizers);
    if (!CHECK(r0_json_parse_file(t->r0, path, &want) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(r0i_unicode_read(&arena, &u) == R0_OK);
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint8_t which = (uint8_t)r0i_unicode_class(&u, c);
        classes = test_fnv(classes, &which, 1);
    }
    snprintf(hex[0], sizeof hex[0], "%016llx", (unsigned long long)classes);
    snprintf(hex[1], sizeof hex[1], "%016llx", (unsigned long long)test_unicode_nfc(t, &u, false));
    snprintf(hex[2], sizeof hex[2], "%016llx", (unsigned long long)test_unicode_nfc(t, &u, true));
    CHECK(r0i_span_is(r0_json_get_text(want, "classes"), hex[0]), "classes of all code points: %s", hex[0]);
    CHECK(r0i_span_is(r0_json_get_text(want, "nfc"), hex[1]), "NFC of all code points: %s", hex[1]);
    CHECK(r0i_span_is(r0_json_get_text(want, "nfc_marks"), hex[2]), "NFC of all code points between marks: %s", hex[2]);
    r0_json_destroy(t->r0, want);
    r0i_arena_free(&arena);
}

// -- expressions: what the subset means, and that the rest is refused --

static void test_pattern_one(test *t, const r0i_unicode *u, const char *pattern, const char *text, int want)
{
    r0i_arena arena = {t->r0, NULL};
    r0i_pattern compiled;
    uint32_t codes[64];
    memset(&compiled, 0, sizeof compiled);
    if (CHECK(r0i_pattern_compile(&arena, "it", r0i_span_of(pattern), &compiled) == R0_OK, "%s", r0_error(t->r0))) {
        size_t count = r0i_codes_of(r0i_span_of(text), codes);
        r0i_matcher m = {u, &compiled, codes, count, 0, 100000};
        int64_t end = r0i_matcher_at(&m, compiled.first, 0);
        CHECK(end == want, "/%s/ on \"%s\": ends at %d, not %d", pattern, text, (int)end, want);
    }
    r0i_arena_free(&arena);
}

static void test_patterns(test *t)
{
    static const struct {
        const char *pattern, *text;
        int end;
    } rows[] = {
        {"a|ab", "ab", 1},
        {"(?:a|ab)c", "abc", 3},
        {"a?b", "b", 1},
        {"a*", "", 0},
        {"a+", "b", -1},
        {"a{2,3}", "aaaa", 3},
        {"a{2}", "a", -1},
        {"a{2,}", "aaaaa", 5},
        {"a*ab", "aaab", 4},
        {"a*+ab", "aaab", -1},
        {"a?+ab", "ab", -1},
        {"\\s+(?!\\S)", "   x", 2},
        {"\\s+(?!\\S)", "   ", 3},
        {"\\s+(?!\\S)", " x", -1},
        {"\\s*[\\r\\n]+", "  \n \n x", 5},
        {"a(?=b)", "ab", 1},
        {"a(?=b)", "ac", -1},
        {"[^\\s\\p{L}\\p{N}]+",
         "+-\xE2\x82\xAC"
         "a",
         3},
        {"[a-c]+", "abcd", 3},
        {"[^a-c]+", "xyza", 3},
        {"[\\-\\]x]+", "-]xa", 3},
        {"[a-]+", "-a-b", 3},
        {".+", "ab\nc", 2},
        {"(?i:'S|'ll)", "'LL", 3},
        {"(?i:'s)", "'\xC5\xBF", 2},
        {"(?:ab)?c", "abc", 3},
        {"(?:ab)?c", "c", 1},
        {"(?:ab)?abc", "abc", 3},
        {"\\p{M}", "\xCC\x81", 1},
        {"\\P{L}+", "12a", 2},
        {"\\S+", "ab c", 2},
        {"(?:|a)b", "ab", 2},
        {"[\xE4\xB8\x80-\xE9\xBE\xA5]+", "\xE6\x95\xB0x", 1},
        {"((a|b)(c|d))", "bd", 2},
        {"\\.", "a", -1},
        {"^a$", "a", 1},
        {"^a$", "ab", -1},
        {"a$\\n^b", "a\nb", 3},
        {"a^b", "ab", -1},
        {"[^(\\s|[.,])]+", "ab.c", 2},
        {"\\d+\\D", "12\xC2\xB2", 3},                    // a superscript is no digit
        {"\\w+", "a_1\xCC\x81\xC2\xB2\xC2\xBC-", 6},     // but a letter of a word, to this engine
        {"\\W", "\xE2\x82\xAC", 1},
        {"[\\p{Lu}\\p{Lt}]+\\p{Ll}", "\xC3\x89\xC7\x85z", 3},
        {"[\\p{P}\\p{S}]+", "!+$\xE2\x82\xAC\xE2\x80\x94z", 5},
        {"\\p{Lo}\\p{Lm}?\\P{Lo}", "\xE6\x95\xB0x", 2},
        {"\\p{Nd}\\p{No}\\p{Nl}", "1\xC2\xBD\xE2\x85\xA3", 3},
    };
    static const char *const refused[] = {
        "(",      "a)", "[a", "*a",    "a**",    "(?:a)*", "(?<x>a)", "\\h", "\\p{Han}",      "\\p{", "a{2",
        "a{3,2}", "[^[^a]]", "[[a[b]]]", "[[:alpha:]]", "[a&&b]", "[z-a]",  "\\",      "a+?", "(?i:\xC3\xA9)", "\\bx"};
    r0i_arena arena = {t->r0, NULL};
    r0i_unicode u;
    memset(&u, 0, sizeof u);
    CHECK(r0i_unicode_read(&arena, &u) == R0_OK);
    for (size_t i = 0; i < R0I_COUNT(rows); i++) test_pattern_one(t, &u, rows[i].pattern, rows[i].text, rows[i].end);
    for (size_t i = 0; i < R0I_COUNT(refused); i++) {
        r0i_pattern compiled;
        memset(&compiled, 0, sizeof compiled);
        r0_status status = r0i_pattern_compile(&arena, "it", r0i_span_of(refused[i]), &compiled);
        CHECK(status == R0_ERROR_UNSUPPORTED && strstr(r0_error(t->r0), "at byte"), "/%s/ is accepted", refused[i]);
    }
    char deep[300] = "";
    for (int i = 0; i < 40; i++) strcat(deep, "(");
    r0i_pattern compiled;
    CHECK(r0i_pattern_compile(&arena, "it", r0i_span_of(deep), &compiled) == R0_ERROR_UNSUPPORTED);
    r0i_arena_free(&arena);
}

// -- flags, ids, bytes --

static bool test_encodes(test *t, r0_tokenizer *k, r0_span text, unsigned flags, const char *tokens)
{
    r0_tokens made;
    r0i_text seen = {t->r0, NULL, 0, 0, false};
    if (r0_tokenizer_encode(k, text, flags, &made)) return false;
    for (size_t i = 0; i < made.count; i++) {
        char *one;
        size_t size;
        if (i) r0i_text_append(&seen, "|", 1);
        if (r0_tokenizer_decode(k, &made.ids[i], 1, R0_DECODE_BYTES, &one, &size) == R0_OK)
            r0i_text_append(&seen, one, size);
        r0_text_free(t->r0, one);
    }
    bool same = r0i_span_is(r0i_span_of(tokens), seen.data ? seen.data : "");
    if (!same) printf("\"%s\" instead of \"%s\"\n", seen.data, tokens);
    r0i_text_free(&seen);
    r0_tokens_free(t->r0, &made);
    return same;
}

static void test_tokenizer_chars(test *t)
{
    r0_tokenizer *k;
    if (!CHECK(r0_tokenizer_load(t->r0, "tests/data/tokenizers/chars", &k) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(test_encodes(t, k, r0i_span_of("[S]Tom has 12<sep>"), R0_TOKENIZE_SPECIAL, "[S]|Tom| has |1|2|<sep>"));
    CHECK(test_encodes(t, k, r0i_span_of("[Q]\\boxed{}"), 0, "[Q]|\\boxed{|}"), "other added tokens need no flag");
    CHECK(r0_tokenizer_id(k, " has ") >= 0 && r0_tokenizer_id(k, "<eos>") >= 0 && r0_tokenizer_id(k, "7") >= 0);
    CHECK(r0_tokenizer_id(k, "<no>") == -1 && r0_tokenizer_id(k, "") == -1);
    r0_tokens tokens = {(int32_t *)1, 1};
    CHECK(r0_tokenizer_encode(k, r0i_span_of("ab<eos>"), 0, &tokens) == R0_ERROR_ARGUMENT);
    CHECK(!tokens.ids && !tokens.count, "nothing to free after a failure");
    CHECK(strstr(r0_error(t->r0), "byte 0x3c at offset 2"), "%s", r0_error(t->r0));
    CHECK(r0_tokenizer_encode(k, r0i_span_of("a has #"), 0, &tokens) == R0_ERROR_ARGUMENT);
    CHECK(strstr(r0_error(t->r0), "0x23 at offset 6"), "%s", r0_error(t->r0));
    int32_t bad[2] = {3, 60};
    char *text;
    size_t size;
    CHECK(r0_tokenizer_decode(k, bad, 2, 0, &text, &size) == R0_ERROR_ARGUMENT && !text);
    CHECK(strstr(r0_error(t->r0), "id 60 at index 1"), "%s", r0_error(t->r0));
    bad[1] = -1;
    CHECK(r0_tokenizer_decode(k, bad, 2, 0, &text, &size) == R0_ERROR_ARGUMENT && strstr(r0_error(t->r0), "id -1"));
    // a model may sample rows that no token has
    char *known;
    size_t known_size;
    CHECK(r0_tokenizer_decode(k, bad, 2, R0_DECODE_SKIP_UNKNOWN, &text, &size) == R0_OK);
    CHECK(r0_tokenizer_decode(k, bad, 1, 0, &known, &known_size) == R0_OK, "%s", r0_error(t->r0));
    CHECK(size && size == known_size && !memcmp(text, known, size), "what is unknown is not left out");
    r0_text_free(t->r0, known);
    r0_text_free(t->r0, text);
    CHECK(r0_tokenizer_decode(k, bad, 0, 0, &text, &size) == R0_OK && text && !size && !*text,
          "no ids: the empty text");
    r0_text_free(t->r0, text);
    r0_tokenizer_destroy(k);
    r0_tokenizer_destroy(NULL);
}

// What "text" of one case gives, special tokens by name and the rest as text, is "want": only the prompt's own special
// tokens count, however the question is written.
static void test_prompt_one(test *t, r0_tokenizer *k, const char *prompt, const char *question, bool chat,
                            const char *want)
{
    r0i_text seen = {t->r0, NULL, 0, 0, false};
    r0_tokens tokens;
    if (!CHECK(r0_prompt_encode(k, r0i_span_of(prompt), r0i_span_of(question), chat, &tokens) == R0_OK, "%s",
               r0_error(t->r0))) return;
    for (size_t i = 0; i < tokens.count; i++) {
        r0_span text = k->tokens[tokens.ids[i]];
        bool special = k->kinds[tokens.ids[i]] == R0I_TOKEN_SPECIAL;
        r0i_text_print(&seen, "%s%.*s%s", special ? "[" : "", (int)text.size, text.data, special ? "]" : "");
    }
    CHECK(seen.data && !strcmp(seen.data, want), "\"%s\" in \"%s\" gives %s", question, prompt, seen.data);
    r0i_text_free(&seen);
    r0_tokens_free(t->r0, &tokens);
}

// A question cannot speak with the prompt's voice; a begin token stands in front once; pieces are not encoded apart.
static void test_prompts(test *t)
{
    static const struct { const char *prompt, *question, *want; bool chat; } rows[] = {
        {"user: {question}", "hi", "[<|begin_of_text|>]user: hi", false},
        {"<|begin_of_text|>{question}", "hi", "[<|begin_of_text|>]hi", false},
        {"<|begin_of_text|>{question}<|eot_id|>", "hi", "[<|begin_of_text|>]hi[<|eot_id|>]", true},
        {"{question}<|eot_id|>x", "a<|eot_id|>b", "a<|eot_id|>b[<|eot_id|>]x", true},
        {"{question}|>", "<|begin_of_text|><|eot_id", "[<|begin_of_text|>]<|begin_of_text|><|eot_id|>", false},
        {"<|eot{question}", "_id|>", "<|eot_id|>", true},
        {"<|eot_id|>{question}", "e\xCC\x81<|eot_id|>", "[<|eot_id|>]e\xCC\x81<|eot_id|>", true},
        {"no place", "hi", "[<|begin_of_text|>]no place", false},
        {"{question}{question}", "", "[<|begin_of_text|>]{question}", false},
    };
    r0_tokenizer *k;
    if (!CHECK(r0_tokenizer_load(t->r0, "tests/data/tokenizers/llama", &k) == R0_OK, "%s", r0_error(t->r0))) return;
    for (size_t i = 0; i < R0I_COUNT(rows); i++)
        test_prompt_one(t, k, rows[i].prompt, rows[i].question, rows[i].chat, rows[i].want);
    k->chat_template.size = 0; // as a base model: the plain form has no begin token of its own
    test_prompt_one(t, k, "user: {question}", "hi", true, "[<|begin_of_text|>]user: hi");
    r0_tokens once, whole;
    CHECK(!r0_tokenizer_encode(k, r0i_span_of("user: What is the"), R0_TOKENIZE_ADD_SPECIAL, &once));
    CHECK(!r0_prompt_encode(k, r0i_span_of("user: Wh{question}e"), r0i_span_of("at is th"), true, &whole));
    CHECK(once.count == whole.count && !memcmp(once.ids, whole.ids, once.count * sizeof *once.ids));
    r0_tokens_free(t->r0, &once);
    r0_tokens_free(t->r0, &whole);
    r0_tokenizer_destroy(k);
}

static void test_tokenizer_bytes(test *t)
{
    r0_tokenizer *k;
    if (!CHECK(r0_tokenizer_load(t->r0, "tests/data/tokenizers/qwen", &k) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(test_encodes(t, k, r0i_span_of("<|im_end|>"), R0_TOKENIZE_SPECIAL, "<|im_end|>"));
    CHECK(test_encodes(t, k, r0i_span_of("<|im_end|>"), 0, "<|||i|m|_|e|n|d|||>"), "without the flag it is plain text");
    r0_span raw = {"a\xFF\xC3(\xE2\x82\0\x80z", 9}; // what is not UTF-8 passes through, byte by byte
    r0_tokens tokens;
    char *text;
    size_t size;
    CHECK(r0_tokenizer_encode(k, raw, 0, &tokens) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_tokenizer_decode(k, tokens.ids, tokens.count, R0_DECODE_BYTES, &text, &size) == R0_OK);
    CHECK(size == raw.size && !memcmp(text, raw.data, size));
    r0_text_free(t->r0, text);
    CHECK(r0_tokenizer_decode(k, tokens.ids, tokens.count, 0, &text, &size) == R0_OK);
    const char *repaired = "a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\0\xEF\xBF\xBDz";
    CHECK(size == 16 && !memcmp(text, repaired, size), "one U+FFFD for each broken sequence: %s", text);
    r0_text_free(t->r0, text);
    r0_tokens_free(t->r0, &tokens);
    r0_tokenizer_destroy(k);
}

// A megabyte of anything takes well under a second of work: the limit is loose, quadratic time would take hours.
static r0_status test_tokenizer_from(test *t, const char *json, r0_tokenizer **k);

// Steps of every kind, against Hugging Face tokenizers (tests/make_steps.py).
static r0_status test_steps_line(void *user, int line, const r0_json *value)
{
    test_golden *g = (test_golden *)user;
    const r0_json *json = r0_json_get(value, "tokenizer"), *cases = r0_json_get(value, "cases");
    r0_tokenizer *k = R0I_NEW(g->t->r0, r0_tokenizer, 1);
    r0i_loader l;
    memset(&l, 0, sizeof l);
    l.context = l.scratch.context = k->context = k->arena.context = g->t->r0;
    l.t = k, l.path = k->folder = (char *)(uintptr_t)"steps.jsonl";
    r0_status status = r0i_unicode_read(&k->arena, &k->unicode);
    if (!status) status = r0i_load_json(&l, json);
    for (size_t i = 0; i < cases->count; i++) {
        const r0_json *ids = &cases->items[i].items[1];
        r0_tokens tokens = {NULL, 0};
        bool same = !status && !r0_tokenizer_encode(k, cases->items[i].items[0].text, R0_TOKENIZE_SPECIAL, &tokens);
        same = same && tokens.count == ids->count;
        for (size_t n = 0; same && n < tokens.count; n++) same = tokens.ids[n] == (int32_t)ids->items[n].number;
        if (!same) printf("line %d: \"%s\" differs %s\n", line, cases->items[i].items[0].text.data, r0_error(g->t->r0));
        g->lines++, g->good += same;
        r0_tokens_free(g->t->r0, &tokens);
    }
    r0i_text_free(&l.scratch);
    r0_tokenizer_destroy(k);
    return R0_OK;
}

static void test_steps(test *t)
{
    test_golden g = {t, NULL, 0, false, 0, 0};
    const char *path = "tests/data/tokenizers/steps.jsonl";
    CHECK(r0_json_lines(t->r0, path, test_steps_line, &g) == R0_OK, "%s", r0_error(t->r0));
    CHECK(g.lines > 400 && g.good == g.lines, "%d of %d texts match", g.good, g.lines);
}

// What decoding a vocabulary of characters gives: bytes from <0xNN>, blanks, and none in front.
static void test_characters_back(test *t)
{
    static const char json[] =
        "{'model':{'type':'BPE','unk_token':'?','vocab':{'?':0,'\xE2\x96\x81':1,'a':2,'\xE2\x96\x81"
        "a':3,'b':4},'merges':['\xE2\x96\x81 a']},'normalizer':{'type':'Sequence','normalizers':[{'type':'Prepend',"
        "'prepend':'\xE2\x96\x81'},{'type':'Replace','pattern':{'String':' '},'content':'\xE2\x96\x81'}]},"
        "'decoder':{'type':'Sequence','decoders':[{'type':'Strip','content':' ','start':1,'stop':0}]}}";
    r0_tokenizer *k;
    r0_tokens tokens;
    char *text;
    size_t size;
    if (!CHECK(test_tokenizer_from(t, json, &k) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(r0_tokenizer_encode(k, r0i_span_of("ab  ax"), 0, &tokens) == R0_OK && tokens.count == 5);
    CHECK(r0_tokenizer_decode(k, tokens.ids, tokens.count, 0, &text, &size) == R0_OK && !strcmp(text, "ab  a?"));
    r0_text_free(t->r0, text);
    r0_tokens_free(t->r0, &tokens);
    r0_tokenizer_destroy(k);
}

static void test_tokenizer_time(test *t)
{
    static const char *const texts[] = {"a",    " ",   "\n", "7",         "<|", "a\xCC\x81\xCC\x96", "\xCC\x81\xCC\x96",
                                        "\xFF", " \n", "'s", "the answer"};
    size_t size = 1000000;
    r0_tokenizer *k;
    char *text = R0I_NEW(t->r0, char, size);
    if (CHECK(r0_tokenizer_load(t->r0, "tests/data/tokenizers/qwen", &k) == R0_OK, "%s", r0_error(t->r0))) {
        for (size_t i = 0; i < R0I_COUNT(texts); i++) {
            r0_span span = {text, size - size % strlen(texts[i])};
            r0_tokens tokens;
            clock_t start = clock(); // of the processor: other programs do not count
            for (size_t at = 0; at < span.size; at++) text[at] = texts[i][at % strlen(texts[i])];
            CHECK(r0_tokenizer_encode(k, span, R0_TOKENIZE_SPECIAL, &tokens) == R0_OK, "%s", r0_error(t->r0));
            double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
            CHECK(seconds < 10, "1 MB of \"%s\" took %.1f s", texts[i], seconds);
            r0_tokens_free(t->r0, &tokens);
        }
    }
    r0_tokenizer_destroy(k);
    r0i_free(t->r0, text);
}

// -- files that must be refused, and how --

// Loads a tokenizer.json that is written here with ' for ".
static r0_status test_tokenizer_from(test *t, const char *json, r0_tokenizer **k)
{
    const char *folder = "build/test-tokenizer", *path = "build/test-tokenizer/tokenizer.json";
    char text[1024];
    size_t size = strlen(json);
    for (size_t i = 0; i <= size && i < sizeof text; i++) text[i] = json[i] == '\'' ? '"' : json[i];
    CHECK(size < sizeof text && r0i_folder_create(t->r0, folder) == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, path, text, size) == R0_OK);
    return r0_tokenizer_load(t->r0, folder, k);
}

#define TEST_PRE   "'pre_tokenizer':{'type':'ByteLevel','add_prefix_space':false}"
#define TEST_MODEL "'model':{'type':'BPE','vocab':{'a':0,'b':1,'ab':2},'merges':['a b']}"
#define TEST_STEPS(steps)                                                                                              \
    "{" TEST_MODEL ",'pre_tokenizer':{'type':'Sequence','pretokenizers':[" steps ",{'type':'ByteLevel'}]}}"
#define TEST_POST(post)   "{" TEST_MODEL "," TEST_PRE ",'post_processor':{'type':" post "}}"
#define TEST_ADDED(added) "{" TEST_MODEL "," TEST_PRE ",'added_tokens':" added "}"
#define TEST_OTHER(model) "{" TEST_PRE ",'model':{" model "}}"

static void test_tokenizer_hostile(test *t)
{
    static const struct {
        const char *json, *error;
    } rows[] = {
        {"", "expected a value"},
        {"[]", "model: expected an object"},
        {TEST_OTHER("'type':'Unigram','vocab':[]"), "model.type \"Unigram\" is not supported"},
        {TEST_OTHER("'vocab':[],'merges':[]"), "model.vocab: expected an object"},
        {TEST_OTHER("'vocab':{}"), "model.merges: expected an array"},
        {TEST_OTHER("'vocab':{'a':-1},'merges':[]"), "model.vocab: an id is not"},
        {TEST_OTHER("'vocab':{'a':2000000000},'merges':[]"), "model.vocab: an id is not"},
        {TEST_OTHER("'vocab':{'a':0.5},'merges':[]"), "model.vocab: an id is not"},
        {TEST_OTHER("'vocab':{'a':'0'},'merges':[]"), "model.vocab: an id is not"},
        {TEST_OTHER("'vocab':{'a':0,'b':0},'merges':[]"), "two tokens have the same id"},
        {TEST_OTHER("'vocab':{'a':0,'b':1},'merges':['ab']"), "model.merges[0]: expected"},
        {TEST_OTHER("'vocab':{'a':0,'b':1},'merges':['a b']"), "model.merges[0]: a part"},
        {TEST_OTHER("'vocab':{'a':0,'b':1},'merges':[['a']]"), "model.merges[0]: expected"},
        {TEST_OTHER("'vocab':{'a':0},'merges':['\xE2\x82\xAC a']"), "not in the byte-level alphabet"},
        {TEST_OTHER("'vocab':{},'merges':[],'byte_fallback':true"), "byte_fallback beside ByteLevel, \"true\""},
        {TEST_OTHER("'vocab':{},'merges':[],'dropout':0.1"), "dropout \"0.1\""},
        {TEST_OTHER("'vocab':{},'merges':[],'end_of_word_suffix':'</w>'"), "end_of_word_suffix \"</w>\""},
        {"{'model':{'type':'Unigram','vocab':[]}}", "model.type \"Unigram\" is not supported"},
        {"{" TEST_MODEL ",'pre_tokenizer':{'type':'Metaspace'}}", "Metaspace beside other steps"},
        {"{" TEST_MODEL ",'pre_tokenizer':{'type':'Whitespace'}}", "pre_tokenizer \"Whitespace\" is not supported"},
        {"{'model':{'type':'BPE','byte_fallback':true,'vocab':{'<0x00>':0},'merges':[]}}", "not all of <0x00>"},
        {"{'model':{'type':'BPE','unk_token':'?','vocab':{'a':0},'merges':[]}}", "unk_token: not in model.vocab"},
        {"{" TEST_MODEL ",'pre_tokenizer':{'type':'Sequence','pretokenizers':[{'type':'ByteLevel'},"
         "{'type':'Digits'}]}}",
         "a step behind ByteLevel"},
        {"{" TEST_MODEL "," TEST_PRE ",'normalizer':{'type':'NFKC'}}", "normalizer \"NFKC\" is not supported"},
        {TEST_POST("'BertProcessing'"), "post_processor \"BertProcessing\""},
        {TEST_POST("'TemplateProcessing'"), "post_processor.single: expected an array"},
        {TEST_POST("'TemplateProcessing','single':[{'SpecialToken':{'id':'x'}}]"), "has no ids"},
        {TEST_POST("'TemplateProcessing','single':[{'SpecialToken':{'id':'x'}}],'special_tokens':{'x':{'ids':[7]}}"),
         "outside of the vocabulary"},
        {TEST_ADDED("{}"), "added_tokens: expected an array"},
        {TEST_ADDED("[7]"), "added_tokens: an id is not"},
        {TEST_ADDED("[{'id':3}]"), "a content is missing"},
        {TEST_ADDED("[{'id':0,'content':'x'}]"), "two tokens have the same id"},
        {TEST_ADDED("[{'id':3,'content':'x'},{'id':3,'content':'y'}]"), "two tokens have the same id"},
        {TEST_ADDED("[{'id':3,'content':'a'}]"), "added_tokens: \"a\" has id 3 here and 0 in model.vocab"},
        {TEST_STEPS("{'type':'Split','behavior':'Both','pattern':{'Regex':'a'}}"), "Split behavior \"Both\""},
        {TEST_STEPS("{'type':'Split','behavior':'Isolated','pattern':{'Regex':'(a'}}"), "pattern \"(a\": at byte 2"},
        {TEST_STEPS("{'type':'Split','behavior':'Isolated','pattern':7}"), "expected a pattern"},
        {TEST_STEPS("{'type':'ByteLevel'}"), "ByteLevel twice"},
    };
    r0_tokenizer *k;
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_status status = test_tokenizer_from(t, rows[i].json, &k);
        CHECK(status && !k && strstr(r0_error(t->r0), rows[i].error), "%s\n    says \"%s\"", rows[i].json,
              status ? r0_error(t->r0) : "nothing");
        r0_tokenizer_destroy(k);
    }
    CHECK(r0_tokenizer_load(t->r0, "build/no-such-folder", &k) == R0_ERROR_FILE && !k);
    CHECK(strstr(r0_error(t->r0), "no-such-folder: there is no such folder"), "%s", r0_error(t->r0));
    CHECK(test_tokenizer_from(t, "{" TEST_MODEL "," TEST_PRE "}", &k) == R0_OK, "%s", r0_error(t->r0));
    CHECK(test_encodes(t, k, r0i_span_of("abba"), R0_TOKENIZE_ADD_SPECIAL, "ab|b|a"));
    r0_tokenizer_destroy(k);
}

// An expression that would backtrack for ever runs into its budget; a literal is no expression.
static void test_tokenizer_steps(test *t)
{
    r0_tokenizer *k;
    r0_tokens tokens;
    char text[2001];
    const char *slow = TEST_STEPS("{'type':'Split','behavior':'Isolated','pattern':{'Regex':'a*a*a*a*a*b'}}");
    const char *literal = TEST_STEPS("{'type':'Split','behavior':'Isolated','pattern':{'String':'(a'}}");
    memset(text, 'a', 2000);
    text[2000] = 0;
    if (!CHECK(test_tokenizer_from(t, slow, &k) == R0_OK, "%s", r0_error(t->r0))) return;
    k->stage_count = 1; // the slow step alone
    CHECK(r0_tokenizer_encode(k, r0i_span_of(text), 0, &tokens) == R0_ERROR_LIMIT);
    CHECK(strstr(r0_error(t->r0), "too many steps"), "%s", r0_error(t->r0));
    r0_tokenizer_destroy(k);
    CHECK(test_tokenizer_from(t, literal, &k) == R0_OK, "%s", r0_error(t->r0));
    r0_tokenizer_destroy(k);
}

// -- chat: what cannot be rendered says so --

static void test_chat_errors(test *t)
{
    static const char *const unknown[] = {"{% include 'x' %}", "{{ messages[0].content|wordwrap }}"};
    r0_message message = {r0i_span_of("user"), r0i_span_of("hi")};
    r0_tokenizer *k;
    char *text;
    size_t size;
    const char *path = "build/test-tokenizer/chat_template.jinja";
    for (size_t i = 0; i < R0I_COUNT(unknown); i++) {
        CHECK(r0i_folder_create(t->r0, "build/test-tokenizer") == R0_OK);
        CHECK(r0i_file_write_atomic(t->r0, path, unknown[i], strlen(unknown[i])) == R0_OK);
        CHECK(test_tokenizer_from(t, "{" TEST_MODEL "," TEST_PRE "}", &k) == R0_OK, "%s", r0_error(t->r0));
        CHECK(r0_chat_render(k, &message, 1, true, &text, &size) == R0_ERROR_UNSUPPORTED && !text);
        CHECK(strstr(r0_error(t->r0), "build/test-tokenizer: chat template, line 1: "), "%s", r0_error(t->r0));
        r0_tokenizer_destroy(k);
    }
    remove(path);
    const char *config = "build/test-tokenizer/tokenizer_config.json";
    CHECK(r0i_file_write_atomic(t->r0, config, "[1]", 3) == R0_OK);
    CHECK(test_tokenizer_from(t, "{" TEST_MODEL "," TEST_PRE "}", &k) == R0_ERROR_FORMAT);
    CHECK(strstr(r0_error(t->r0), "tokenizer_config.json: not an object"), "%s", r0_error(t->r0));
    remove(config);
    CHECK(test_tokenizer_from(t, "{" TEST_MODEL "," TEST_PRE "}", &k) == R0_OK, "%s", r0_error(t->r0));
    r0_message two[2] = {{r0i_span_of("system"), r0i_span_of("be brief")}, message};
    CHECK(r0_chat_render(k, two, 2, true, &text, &size) == R0_OK && !strcmp(text, "system: be brief\nuser: hi"));
    r0_text_free(t->r0, text);
    CHECK(r0_chat_render(k, two, 0, true, &text, &size) == R0_ERROR_ARGUMENT && !text);
    two[0].role = r0i_span_of("tool");
    CHECK(r0_chat_render(k, two, 2, true, &text, &size) == R0_ERROR_ARGUMENT);
    CHECK(strstr(r0_error(t->r0), "role \"tool\""), "%s", r0_error(t->r0));
    r0_tokenizer_destroy(k);
}

// -- the k-th allocation fails: an error, no crash, no leak --

typedef struct test_failing {
    int left;
    size_t live;
} test_failing;

static void *test_failing_resize(void *user, void *pointer, size_t old_size, size_t new_size)
{
    test_failing *f = (test_failing *)user;
    if (!new_size) {
        f->live -= old_size;
        free(pointer);
        return NULL;
    }
    if (f->left-- <= 0) return NULL;
    void *fresh = realloc(pointer, new_size);
    if (fresh) f->live += new_size - old_size;
    return fresh;
}

static r0_status test_tokenizer_all(r0_context *r0, const char *folder)
{
    r0_tokenizer *k;
    r0_tokens tokens = R0_ZERO;
    r0_message message = {r0i_span_of("user"), r0i_span_of("cafe\xCC\x81 7")};
    char *text = NULL;
    size_t size;
    r0_status status = r0_tokenizer_load(r0, folder, &k);
    if (status) return status;
    status = r0_chat_render(k, &message, 1, true, &text, &size);
    r0_span span = {text, size};
    if (!status) status = r0_tokenizer_encode(k, span, R0_TOKENIZE_SPECIAL, &tokens);
    r0_text_free(r0, text);
    text = NULL;
    if (!status) status = r0_tokenizer_decode(k, tokens.ids, tokens.count, 0, &text, &size);
    r0_text_free(r0, text);
    r0_tokens_free(r0, &tokens);
    r0_tokenizer_destroy(k);
    return status;
}

static void test_tokenizer_memory(test *t)
{
    static const char *const folders[] = {"tests/data/tokenizers/qwen", "tests/data/tokenizers/prefix"};
    int done = 0, refused = 0;
    for (int k = 0; k < 2000 && done < 2; k++) {
        test_failing failing = {k, 0};
        r0_context_desc desc = R0_ZERO;
        r0_context *r0;
        desc.device = "cpu", desc.threads = 1, desc.resize = test_failing_resize, desc.user = &failing;
        if (!r0_context_create(&desc, &r0)) {
            r0_status status = test_tokenizer_all(r0, folders[done]);
            refused += status == R0_ERROR_MEMORY;
            if (status == R0_OK)
                done++, k = 0;
            else if (status != R0_ERROR_MEMORY)
                CHECK(false, "allocation %d: %s", k, r0_error(r0));
        }
        r0_context_destroy(r0);
        if (failing.live) CHECK(false, "allocation %d leaks %zu bytes", k, failing.live);
    }
    CHECK(done == 2 && refused > 50, "%d folders, %d refused allocations", done, refused);
}

// -- a tokenizer of one's own, and what a folder that was saved holds --

static void test_own_refused(test *t, const char *const *words, int count, int special, const char *text)
{
    r0_tokenizer *k;
    CHECK(r0_tokenizer_create(t->r0, words, count, special, NULL, &k) == R0_ERROR_ARGUMENT && !k &&
          strstr(r0_error(t->r0), text), "%s", r0_error(t->r0));
}

static void test_own_cut(test *t, r0_tokenizer *k, const char *text, unsigned flags, const int32_t *want, size_t count)
{
    r0_tokens got;
    char *back;
    size_t size;
    if (!CHECK(r0_tokenizer_encode(k, r0i_span_of(text), flags, &got) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(got.count == count && !memcmp(got.ids, want, count * sizeof *want), "\"%s\": %zu tokens", text, got.count);
    CHECK(r0_tokenizer_decode(k, got.ids, got.count, 0, &back, &size) == R0_OK && !strcmp(back, text), "\"%s\"", back);
    r0_text_free(t->r0, back);
    r0_tokens_free(t->r0, &got);
}

static void test_tokenizer_own(test *t)
{
    const char *const words[] = {"<s>", "}", "sort", "sorts", " ", "a", "b", "\n", "\xC3\xA9", "\\boxed{", "s", "\xFF"};
    const char *const twice[] = {"a", "bc", "a"}, *const also[] = {"a", "bc", "bc"}, *const empty[] = {"a", ""};
    const char *const bad[] = {"a\xFFz"}, *const folder = "build/own_tokenizer";
    const char *const chat = "{% for m in messages %}<s>{{ m.content }}}{% endfor %}";
    const int32_t parsed[] = {0, 3, 4, 2, 5, 8, 1, 7, 9, 6, 11}, plain[] = {5, 1, 10};
    r0_model_config c = R0_ZERO;
    r0_tokenizer *k, *again;
    r0_tokens none;
    r0_model *model;
    test_own_refused(t, twice, 3, 0, "word 2 is there twice");
    test_own_refused(t, also, 3, 1, "word 2 is there twice");
    test_own_refused(t, empty, 2, 0, "word 1 is empty");
    test_own_refused(t, bad, 1, 0, "word 0");
    test_own_refused(t, words, 2, 3, "3 special tokens of 2 words");
    if (!CHECK(r0_tokenizer_create(t->r0, words, 12, 2, chat, &k) == R0_OK, "%s", r0_error(t->r0))) return;
    // What is saved beside a model is a folder that opens; it cuts as what was saved does, and so does a copy of it.
    c.architecture = R0_QWEN3, c.vocab_size = 12, c.hidden_size = 8, c.intermediate_size = 8, c.layers = 1;
    c.heads = c.kv_heads = 1, c.head_dim = 8, c.max_positions = 16, c.rope_theta = 1e4, c.rms_norm_eps = 1e-6f;
    c.tied_embeddings = c.qk_norm = true, c.eos_count = 1, c.bos_token = c.pad_token = -1;
    CHECK(r0_model_create(t->r0, &c, 1, &model) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_model_save(model, folder) == R0_OK && r0_tokenizer_save(k, folder) == R0_OK, "%s", r0_error(t->r0));
    r0_model_destroy(model);
    CHECK(r0_model_load(t->r0, folder, &model) == R0_OK, "%s", r0_error(t->r0));
    r0_model_destroy(model);
    for (int round = 0; round < 3; round++) {
        const r0_message message = {{"user", 4}, {"a", 1}};
        char *text;
        size_t size;
        r0_tokens raw;
        test_own_cut(t, k, "<s>sorts sorta\xC3\xA9}\n\\boxed{b", R0_TOKENIZE_SPECIAL, parsed, 10);
        test_own_cut(t, k, "a}s", 0, plain, 3); // a byte has no id but its own
        CHECK(r0_tokenizer_encode(k, r0i_span_of("b\xFF"), 0, &raw) == R0_OK && raw.count == 2 && raw.ids[1] == 11);
        r0_tokens_free(t->r0, &raw);
        CHECK(r0_tokenizer_encode(k, r0i_span_of("abc"), 0, &none) == R0_ERROR_ARGUMENT, "c is no word");
        CHECK(r0_tokenizer_encode(k, r0i_span_of("<s>"), 0, &none) == R0_ERROR_ARGUMENT, "a special token is not text");
        CHECK(r0_tokenizer_id(k, "sorts") == 3 && r0_tokenizer_id(k, " ") == 4 && r0_tokenizer_id(k, "c") == -1);
        CHECK(r0_chat_render(k, &message, 1, true, &text, &size) == R0_OK && !strcmp(text, "<s>a}"), "%s", text);
        r0_text_free(t->r0, text);
        if (round == 1) CHECK(r0_tokenizer_save(k, "build/own_tokenizer_copy") == R0_OK, "%s", r0_error(t->r0));
        r0_status status = r0_tokenizer_load(t->r0, round ? "build/own_tokenizer_copy" : folder, &again);
        if (!CHECK(round == 2 || status == R0_OK, "%s", r0_error(t->r0))) break;
        r0_tokenizer_destroy(k);
        k = again;
    }
    r0_tokenizer_destroy(k);
}

static void test_tokenizer(test *t)
{
    test_unicode(t);
    test_patterns(t);
    test_tokenizer_small(t);
    test_tokenizer_chars(t);
    test_tokenizer_bytes(t);
    test_prompts(t);
    test_steps(t);
    test_characters_back(t);
    test_tokenizer_time(t);
    test_tokenizer_hostile(t);
    test_tokenizer_steps(t);
    test_chat_errors(t);
    test_tokenizer_memory(t);
    test_tokenizer_own(t);
    test_tokenizer_full(t);
}
