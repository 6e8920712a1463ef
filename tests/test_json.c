// JSON. Catches: accepting what RFC 8259 forbids, wrong positions in errors, lost digits, surrogates taken apart,
// deep nesting that eats the stack, writing what cannot be read back.

static r0_status test_json_read(test *t, const char *text, r0_json **value)
{
    r0_span span = {text, strlen(text)};
    return r0_json_parse(t->r0, "it", span, value);
}

static void test_json_good(test *t)
{
    r0_json *v;
    const char *text = " {\"a\": [1, -2.5e3, true, false, null], \"b\": {\"c\": \"x\\ty\"}, \"a\": 7} ";
    CHECK(test_json_read(t, text, &v) == R0_OK, "%s", r0_error(t->r0));
    CHECK(v->type == R0_JSON_OBJECT && v->count == 3 && v->items[0].count == 5 && v->offset == 1);
    CHECK(v->items[0].items[1].number == -2500 && !strcmp(v->items[0].items[1].text.data, "-2.5e3"));
    CHECK(v->items[0].items[2].type == R0_JSON_TRUE && v->items[0].items[4].type == R0_JSON_NULL);
    CHECK(r0_json_get_number(v, "a", 0) == 7, "the last of two equal names wins");
    CHECK(!strcmp(r0_json_get_text(r0_json_get(v, "b"), "c").data, "x\ty"));
    CHECK(r0_json_get(v, "aa") == NULL && r0_json_get(NULL, "a") == NULL && r0_json_get(&v->items[0], "a") == NULL);
    CHECK(r0_json_get_number(v, "b", 3) == 3 && !r0_json_get_text(v, "a").data && r0_json_get_bool(v, "a", true));
    r0_json_destroy(t->r0, v);
    r0_json_destroy(t->r0, NULL);
    CHECK(test_json_read(t, "\xEF\xBB\xBF[]", &v) == R0_OK && v->count == 0, "byte order mark");
    r0_json_destroy(t->r0, v);
}

static void test_json_strings(test *t)
{
    static const struct { const char *json, *text; size_t size; } rows[] = {
        {"\"\"", "", 0},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"\xF0\x9F\x98\x80\x7F\"", "\xF0\x9F\x98\x80\x7F", 5},
        {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8},
    };
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_json *v;
        if (!CHECK(test_json_read(t, rows[i].json, &v) == R0_OK, "%s", r0_error(t->r0))) continue;
        bool same = v->text.size == rows[i].size && !memcmp(v->text.data, rows[i].text, rows[i].size + 1);
        CHECK(same, "%s", rows[i].json);
        r0_json_destroy(t->r0, v);
    }
}

// Each row: a text, and what the error must say.
static void test_json_bad(test *t)
{
    static const struct { const char *json, *error; } rows[] = {
        {"", "it:1:1: expected a value, found the end"},
        {"{\"a\":1,\n \"b\" 2}", "it:2:6: expected ':' after the name, found '2'"},
        {"[\"\xC3\xA9\xC3\xA9\" x]", "it:1:7: expected ',' or ']', found 'x'"},
        {"[1,]", "it:1:4: expected a value, found ']'"},
        {"{\"a\":1,}", "it:1:8: expected a name in quotes, found '}'"},
        {"{a:1}", "it:1:2: expected a name in quotes, found 'a'"},
        {"[1 2]", "',' or ']'"},
        {"{\"a\":1 \"b\":2}", "',' or '}'"},
        {"[", "found the end"},
        {"tru", "it:1:4: expected true, found the end"},
        {"nulL", "expected null, found 'L'"},
        {"01", "it:1:2: expected nothing more after the value, found '1'"},
        {"+1", "expected a value"},
        {".5", "expected a value"},
        {"-", "a digit, found the end"},
        {"1.", "a digit after the point"},
        {"1.e5", "a digit after the point"},
        {"1e+", "a digit in the exponent"},
        {"1e999", "it:1:1: expected a number that fits a double"},
        {"NaN", "expected a value"},
        {"\"abc", "'\"' at the end of the string, found the end"},
        {"\"a\nb\"", "an escape for the control character, found byte 0x0a"},
        {"\"\\x\"", "one of \"\\/bfnrtu after \\, found 'x'"},
        {"\"\\u12g4\"", "it:1:6: expected four hexadecimal digits after \\u, found 'g'"},
        {"\"\\ud800\"", "a low surrogate"},
        {"\"\\ud800\\u0041\"", "a low surrogate"},
        {"\"\\udc00\"", "a high surrogate before"},
        {"\"\xC0\x80\"", "valid UTF-8, found byte 0xc0"},
        {"\"\xED\xA0\x80\"", "valid UTF-8, found byte 0xed"},
        {"\"\xF4\x90\x80\x80\"", "valid UTF-8"},
        {"\"\xE2\x82\"", "valid UTF-8"},
        {"[1] // no", "nothing more after the value"},
        {"'a'", "expected a value"},
    };
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_json *v = (r0_json *)1;
        r0_status status = test_json_read(t, rows[i].json, &v);
        CHECK(status == R0_ERROR_FORMAT && !v && strstr(r0_error(t->r0), rows[i].error), "%s: \"%s\"", rows[i].json,
              status ? r0_error(t->r0) : "accepted");
        if (!status) r0_json_destroy(t->r0, v);
    }
}

static void test_json_depth(test *t)
{
    for (int depth = 127; depth < 131; depth++) {
        char text[300];
        r0_json *v;
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = 0;
        CHECK((test_json_read(t, text, &v) == R0_OK) == (depth <= 128), "depth %d", depth);
        r0_json_destroy(t->r0, v);
    }
    size_t size = 1 << 20; // a megabyte of brackets must end at once
    char *many = R0I_NEW(t->r0, char, size + 1);
    memset(many, '[', size);
    r0_json *v;
    CHECK(test_json_read(t, many, &v) == R0_ERROR_FORMAT && strstr(r0_error(t->r0), "128 levels"));
    r0i_free(t->r0, many);
}

// The hard cases of decimal rounding, against values that the compiler has read.
static void test_json_numbers(test *t)
{
    static const struct { const char *text; double value; } rows[] = {
        {"0", 0}, {"-0", -0.0}, {"0.1", 0.1}, {"123456789012345678", 123456789012345678.0},
        {"1e22", 1e22}, {"1e23", 1e23},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000000000000000000001", 9007199254740994.0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308}, {"4.9406564584124654e-324", 4.9406564584124654e-324},
        {"2e-324", 0}, {"1.7976931348623157e308", 1.7976931348623157e308}, {"0.000001", 1e-6}, {"1E-7", 1e-7},
        {"0e99999999999999999999", 0}, {"1e-99999999999999999999", 0}, {"3.14159", 3.14159},
    };
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_json *v;
        if (!CHECK(test_json_read(t, rows[i].text, &v) == R0_OK, "%s", r0_error(t->r0))) continue;
        bool same = v->number == rows[i].value && signbit(v->number) == signbit(rows[i].value);
        CHECK(same, "%s: %.17g", rows[i].text, v->number);
        r0_json_destroy(t->r0, v);
    }
    // 1 + 2^-53 is halfway between two doubles; a digit far beyond the 800 that are kept decides
    char text[1200];
    r0_json *v;
    int n = snprintf(text, sizeof text, "1.00000000000000011102230246251565404236316680908203125");
    memset(text + n, '0', 1000);
    text[n + 1000] = 0;
    CHECK(test_json_read(t, text, &v) == R0_OK && v->number == 1.0);
    r0_json_destroy(t->r0, v);
    text[n + 999] = '1';
    CHECK(test_json_read(t, text, &v) == R0_OK && v->number == 1.0 + DBL_EPSILON, "%.17g", v ? v->number : -1);
    r0_json_destroy(t->r0, v);
}

static void test_json_write(test *t)
{
    static const struct { double value; const char *text; } rows[] = {
        {0, "0"}, {-0.0, "-0"}, {1, "1"}, {-12, "-12"}, {0.1, "0.1"}, {0.5, "0.5"}, {1e15, "1000000000000000"},
        {1e16, "1e16"},
        {1e-7, "1e-7"}, {0.0001, "0.0001"}, {123.456, "123.456"}, {1.5e-7, "1.5e-7"}, {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e308"}, {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e100, "1e100"}, {INFINITY, "null"}, {NAN, "null"}, {120, "120"}, {9007199254740993.0, "9007199254740992"},
    };
    char out[64];
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        CHECK(r0_json_format(rows[i].value, out, sizeof out) == strlen(rows[i].text) && !strcmp(out, rows[i].text),
              "%s instead of %s", out, rows[i].text);
    }
    r0i_key key = r0i_key_make(7);
    for (uint64_t i = 0; i < 20000; i++) { // any double reads back the same
        uint64_t bits = (uint64_t)r0i_random_u32(key, 2 * i) << 32 | r0i_random_u32(key, 2 * i + 1);
        double value;
        r0_json *v;
        memcpy(&value, &bits, 8);
        if (!isfinite(value)) continue;
        r0_json_format(value, out, sizeof out);
        bool same = test_json_read(t, out, &v) == R0_OK && v->number == value;
        if (!same || i == 0) CHECK(same, "%.17g as %s", value, out);
        r0_json_destroy(t->r0, v);
    }
    r0_span hard = {"q\"\\\n\x01\x7F\xC3\xA9\xFF\0z", 11};
    const char *quoted = "\"q\\\"\\\\\\n\\u0001\\u007f\xC3\xA9\\ufffd\\u0000z\"";
    CHECK(r0_json_quote(hard, out, sizeof out) == strlen(quoted) && !strcmp(out, quoted), "%s", out);
    CHECK(r0_json_quote(hard, out, 5) == strlen(quoted) && !strcmp(out, "\"q\\\""), "cut where it still fits: %s", out);
    CHECK(r0_json_quote(hard, NULL, 0) == strlen(quoted));
    r0i_text text = {t->r0, NULL, 0, 0, false};
    r0i_json_write_string(&text, hard);
    r0i_json_write_number(&text, 2.5);
    CHECK(text.size == strlen(quoted) + 3 && !memcmp(text.data, quoted, strlen(quoted)));
    r0i_text_free(&text);
}

typedef struct test_json_seen { r0_context *r0; int calls, last_line, stop_at; double sum; } test_json_seen;

static r0_status test_json_each(void *user, int line, const r0_json *value)
{
    test_json_seen *seen = (test_json_seen *)user;
    seen->calls++;
    seen->last_line = line;
    seen->sum += r0_json_get_number(value, "n", -1000);
    if (line == seen->stop_at) return r0i_fail(seen->r0, R0_ERROR_ARGUMENT, "n is too odd");
    return R0_OK;
}

static void test_json_files(test *t)
{
    const char *path = "build/test-json.jsonl", *lines = "{\"n\":1}\r\n\n  \t\r\n{\"n\":2}\n{\"n\":4}";
    test_json_seen seen = {t->r0, 0, 0, 0, 0};
    CHECK(r0i_file_write_atomic(t->r0, path, lines, strlen(lines)) == R0_OK);
    CHECK(r0_json_lines(t->r0, path, test_json_each, &seen) == R0_OK, "%s", r0_error(t->r0));
    CHECK(seen.calls == 3 && seen.last_line == 5 && seen.sum == 7);
    seen.stop_at = 4;
    CHECK(r0_json_lines(t->r0, path, test_json_each, &seen) == R0_ERROR_ARGUMENT && seen.last_line == 4);
    CHECK(!strcmp(r0_error(t->r0), "build/test-json.jsonl:4: n is too odd"), "%s", r0_error(t->r0));
    lines = "{\"n\":1}\n{\"n\":}\n";
    CHECK(r0i_file_write_atomic(t->r0, path, lines, strlen(lines)) == R0_OK);
    CHECK(r0_json_lines(t->r0, path, test_json_each, &seen) == R0_ERROR_FORMAT);
    CHECK(strstr(r0_error(t->r0), "test-json.jsonl:2:6: expected a value, found '}'"), "%s", r0_error(t->r0));
    CHECK(r0_json_lines(t->r0, "build/no-such.jsonl", test_json_each, &seen) == R0_ERROR_FILE);
    r0_json *v;
    lines = "[1,\n2]";
    CHECK(r0i_file_write_atomic(t->r0, path, lines, strlen(lines)) == R0_OK);
    CHECK(r0_json_parse_file(t->r0, path, &v) == R0_OK && v->count == 2);
    r0_json_destroy(t->r0, v);
    remove(path);
}

static void test_json(test *t)
{
    test_json_good(t);
    test_json_strings(t);
    test_json_bad(t);
    test_json_depth(t);
    test_json_numbers(t);
    test_json_write(t);
    test_json_files(t);
}
