// Chat templates, against goldens from transformers and Jinja2 (tests/make_templates.py). Catches: white space that a
// tag takes or leaves wrongly, precedence, Python's rules for texts, lists and numbers, names that pass as undefined,
// templates without end, errors without a line.

enum { TEST_REFUSED = 38 }; // templates of the goldens that Jinja renders and R0 refuses, each with its reason

typedef struct test_templates {
    test *t;
    r0_tokenizer *k;
    r0_json *chat; // what a line without messages means
    char *template_text;
    int lines, good, refused;
} test_templates;

static r0_status test_template_line(void *user, int line, const r0_json *value)
{
    test_templates *s = (test_templates *)user;
    const r0_json *messages = r0_json_get(value, "messages");
    r0_span text = r0_json_get_text(value, "text"), template_text = r0_json_get_text(value, "template");
    char *made = NULL;
    size_t size = 0;
    if (line == 1) return R0_OK; // the chat: test_template_goldens
    if (template_text.data) {
        free(s->template_text);
        s->template_text = (char *)malloc(template_text.size + 1);
        memcpy(s->template_text, template_text.data, template_text.size + 1);
        s->k->chat_template.data = s->template_text, s->k->chat_template.size = template_text.size;
    }
    s->lines++;
    r0_status status = r0_chat_render_json(s->k, messages ? messages : r0_json_get(s->chat, "messages"),
                                           r0_json_get(value, "variables"), r0_json_get_bool(value, "prompt", true),
                                           &made, &size);
    bool refused = status != R0_OK && text.data, same = !status && text.data && size == text.size;
    same = same && !memcmp(made, text.data, size);
    if (status && !strstr(r0_error(s->t->r0), "chat template, line ")) printf("no line: %s\n", r0_error(s->t->r0));
    else s->good += same || status;
    s->refused += refused;
    if (!same && !status) printf("line %d: \"%s\" instead of \"%s\"\n", line, made, text.data ? text.data : "an error");
    r0_text_free(s->t->r0, made);
    return R0_OK;
}

static void test_template_goldens(test *t, r0_tokenizer *k)
{
    test_templates s = {t, k, NULL, NULL, 0, 0, 0};
    static const char path[] = "tests/data/templates.jsonl";
    r0_span first = R0_ZERO, kept = k->chat_template;
    char *data;
    CHECK(r0i_file_read(t->r0, path, &data, &first.size) == R0_OK, "%s", r0_error(t->r0));
    first.data = data, first.size = strcspn(data, "\n");
    CHECK(r0_json_parse(t->r0, path, first, &s.chat) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_json_lines(t->r0, path, test_template_line, &s) == R0_OK, "%s", r0_error(t->r0));
    CHECK(s.lines > 300 && s.good == s.lines, "%d of %d templates render as they should", s.good, s.lines);
    CHECK(s.refused == TEST_REFUSED, "%d templates are refused that Jinja renders, not %d", s.refused, TEST_REFUSED);
    k->chat_template = kept;
    free(s.template_text);
    r0_json_destroy(t->r0, s.chat);
    r0i_free(t->r0, data);
}

static r0_status test_template_render(r0_tokenizer *k, const char *template_text, char **text)
{
    r0_message message = {r0i_span_of("user"), r0i_span_of("hi")};
    size_t size;
    k->chat_template = r0i_span_of(template_text);
    return r0_chat_render(k, &message, 1, true, text, &size);
}

// Each would run for ever, or take all memory; the error says which limit, and on which line.
static void test_template_limits(test *t, r0_tokenizer *k)
{
    static const char *const hostile[][2] = {
        {"{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "too m"},
        {"x\n{% set ns = namespace(t='aaaaaaaa') %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
         "line 2: the template "},
        {"{{ 'abcdefgh' * 99999999999 }}", "too"},
        {"{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "nested too deeply"},
        {"{% macro f(x) %}{% for i in [1] %}{{ [f(x ~ '')|trim, {'k': 1}]|join }}{% endfor %}{% endmacro %}{{ f(1) }}",
         "nested too deeply"},
        {"{% set ns = namespace(a=[]) %}{% for i in range(200) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}",
         "values are nested too deeply"},
        {"{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}", "printing a namespace"},
        {"{% call x %}{% endcall %}", "expected a call"},
        {"{% call x or y %}{% endcall %}", "expected a call"},
        {"{% set x = 'a' * 99999 %}{% for i in range(9999) %}{{ (x ~ 'b') in x }}{% endfor %}", "too m"},
    };
    char *text, deep[1024];
    for (size_t i = 0; i < R0I_COUNT(hostile); i++) {
        CHECK(test_template_render(k, hostile[i][0], &text) != R0_OK && !text, "%s", hostile[i][0]);
        CHECK(strstr(r0_error(t->r0), hostile[i][1]), "%s", r0_error(t->r0));
    }
    memset(deep, '(', sizeof deep), memcpy(deep, "{{", 2), deep[sizeof deep - 1] = 0;
    CHECK(test_template_render(k, deep, &text) == R0_ERROR_LIMIT, "%s", r0_error(t->r0));
    for (size_t i = 2; i + 5 < sizeof deep; i += 4) memcpy(deep + i, "not ", 4);
    CHECK(test_template_render(k, deep, &text) == R0_ERROR_LIMIT, "%s", r0_error(t->r0));
    CHECK(test_template_render(k, "{% if x %}\n\n{{ nope.a }}{% else %}\n{{ nope.b }}{% endif %}", &text) ==
              R0_ERROR_ARGUMENT && strstr(r0_error(t->r0), "line 4: \"nope\" is undefined"), "%s", r0_error(t->r0));
    CHECK(test_template_render(k, "\n{{ raise_exception('no such role') }}", &text) == R0_ERROR_ARGUMENT &&
              strstr(r0_error(t->r0), "line 2: it refuses the chat: no such role"), "%s", r0_error(t->r0));
}

// What a caller sets, and dates: strftime_now tells `now`, checked against known days.
static void test_template_variables(test *t, r0_tokenizer *k)
{
    static const char *const set[][2] = {
        {"flag", "false"}, {"count", "3"}, {"word", "a b"}, {"list", "[1, {\"a\": null}]"}, {"date", "2026-11-28"},
        {"word", "later"}};
    static const char *const days[][2] = {
        {"2026-11-28", "Saturday 28 November 2026"}, {"2000-02-29", "Tuesday 29 February 2000"},
        {"1970-01-01", "Thursday 01 January 1970"}, {"2100-03-01", "Monday 01 March 2100"},
        {"2024-12-31", "Tuesday 31 December 2024"}};
    char *text;
    for (size_t i = 0; i < R0I_COUNT(set); i++)
        CHECK(r0_chat_set(k, set[i][0], r0i_span_of(set[i][1])) == R0_OK, "%s", r0_error(t->r0));
    CHECK(test_template_render(k, "{{ flag }} {{ count + 1 }} {{ word }} {{ list[1].a }} {{ date }}", &text) == R0_OK,
          "%s", r0_error(t->r0));
    CHECK(text && !strcmp(text, "False 4 later None 2026-11-28"), "%s", text ? text : "nothing");
    r0_text_free(t->r0, text);
    CHECK(r0_chat_set(k, "tools", r0i_span_of("[1,")) == R0_ERROR_FORMAT, "%s", r0_error(t->r0));
    CHECK(r0i_chat_set_lines(k, "word=of a line\nflag=true") == R0_OK, "%s", r0_error(t->r0));
    CHECK(test_template_render(k, "{{ word }} {{ flag }}", &text) == R0_OK && !strcmp(text, "of a line True"));
    r0_text_free(t->r0, text);
    CHECK(r0i_chat_set_lines(k, "a=1\nno equals") == R0_ERROR_ARGUMENT, "%s", r0_error(t->r0));
    CHECK(r0_chat_set(k, "now", r0i_span_of("yesterday")) == R0_ERROR_ARGUMENT, "%s", r0_error(t->r0));
    for (size_t i = 0; i < R0I_COUNT(days); i++) {
        CHECK(r0_chat_set(k, "now", r0i_span_of(days[i][0])) == R0_OK, "%s", r0_error(t->r0));
        CHECK(test_template_render(k, "{{ strftime_now('%A %d %B %Y') }}", &text) == R0_OK, "%s", r0_error(t->r0));
        CHECK(text && !strcmp(text, days[i][1]), "%s", text ? text : "nothing");
        r0_text_free(t->r0, text);
    }
}

static void test_template(test *t)
{
    r0_tokenizer *k;
    CHECK(r0_tokenizer_load(t->r0, "tests/data/tokenizers/qwen", &k) == R0_OK, "%s", r0_error(t->r0));
    r0_span kept = k->chat_template;
    CHECK(r0_chat_set(k, "bos_token", r0i_span_of("<bos>")) == R0_OK);
    CHECK(r0_chat_set(k, "eos_token", r0i_span_of("<eos>")) == R0_OK);
    while (!k->variables->document) k->variables = k->variables->next; // the goldens know none of the folder's names
    test_template_goldens(t, k);
    test_template_limits(t, k);
    test_template_variables(t, k);
    k->chat_template = kept;
    r0_tokenizer_destroy(k);
}
