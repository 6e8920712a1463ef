// The report page, from made-up run folders: whole, empty, broken, odd; and one chart as a file. Catches: a chart that
// vanishes, markup that does not nest, numbers that are no numbers, text of the run taken for markup, a crash on
// half-written files.
#include "../examples/report.h"

static void test_report_file(test *t, const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(!r0i_folder_create(t->r0, folder) && !r0i_file_write_atomic(t->r0, path, text, strlen(text)), "%s", path);
}

// Elements nest and close, attributes are quoted; empty elements and <.../> may stand alone. Returns the first fault.
static const char *test_report_nesting(const char *html)
{
    const char *names[64];
    size_t sizes[64], depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/'), *end = name;
        size_t size = strcspn(name, " />\n");
        for (bool quoted = false; *end && (quoted || *end != '>'); end++) {
            if (*end == '"') quoted = !quoted;
            if (!quoted && *end == '<') return at;
        }
        if (!*end || size == 0) return at;
        bool alone = at[1] == '!' || end[-1] == '/' || !strncmp(name, "meta", 4);
        if (at[1] == '/') {
            if (depth == 0 || sizes[depth - 1] != size || strncmp(names[depth - 1], name, size) != 0) return at;
            depth--;
        } else if (!alone) {
            if (depth == 64) return at;
            names[depth] = name, sizes[depth++] = size;
        }
        at = end;
    }
    return depth ? names[depth - 1] : NULL;
}

// The page of a folder; r0i_free.
static char *test_report_page(test *t, const char *folder, r0_status status)
{
    char path[256], *page = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/report.html", folder);
    CHECK(report_write(t->r0, folder) == status, "%s: %s", folder, r0_error(t->r0));
    CHECK(!r0i_file_read(t->r0, path, &page, &size), "%s", r0_error(t->r0));
    if (!page) return NULL;
    const char *fault = test_report_nesting(page);
    CHECK(!fault, "%s: %.60s", folder, fault ? fault : "");
    CHECK(strlen(page) == size, "%s holds a NUL", folder);
    CHECK(!strstr(page, "nan") && !strstr(page, "inf\"") && !strstr(page, "inf "), "%s: a number is not finite",
          folder);
    CHECK(!strstr(page, "http:") && !strstr(page, "https:") && !strstr(page, "<script"), "%s is not self-contained",
          folder);
    return page;
}

static const char *const test_report_titles[] = {
    "Accuracy on the benchmark",
    "Accuracy on max",
    "Accuracy on sub",
    "Accuracy by level",
    "From proposal to training set",
    "Label accuracy",
    "Can the majority be trusted?",
    "Right labels by votes",
    "What the challenger asks",
    "Agreement of the votes",
    "Distinct questions",
    "Families",
    "Levels",
    "Reward",
    "Groups without a signal",
    "Entropy",
    "Distance from the phase's start",
    "Length of completions",
    "Truncated completions", "Tokens clipped below", "Tokens clipped above",
    "Gradient norm",
    "Well-formed proposals",
    "Largest cluster",
};

static const char test_report_summary[] =
    "{\"device\":\"cpu\",\"seconds\":93.4,\"model\":\"m <1> & \\\"2\\\"\",\"preset\":\"tiny\",\"seed\":0,"
    "\"base\":{\"pass1\":0.44,\"pass1_ci\":[0.4,0.48],\"greedy\":0.5,\"maj10\":0.61,\"pass10\":0.9,"
    "\"sets\":{\"max\":{\"pass1\":0.46,\"greedy\":0.5},\"sub\":{\"pass1\":0.41,\"pass1_ci\":[0.3,0.5]}}},"
    "\"iterations\":[{\"pass1\":0.53,\"pass1_ci\":[0.5,0.56],\"greedy\":0.6,\"maj10\":0.7,\"pass10\":0.91,"
    "\"sets\":{\"max\":{\"pass1\":0.47},\"sub\":{\"pass1\":0.5}},\"label_accuracy\":0.9,\"proposed\":256,\"valid\":250,"
    "\"distinct\":200,\"kept\":50,\"agreement\":0.6,\"length\":20.5,\"seconds\":30}]}";

static const char test_report_metrics[] =
    "{\"iteration\":1,\"phase\":\"challenger\",\"step\":1,\"reward_mean\":-0.2,\"reward_std\":0.3,\"zero_variance\":0."
    "1,"
    "\"kl\":0.01,\"entropy\":1.2,\"clip_low\":0.001,\"clip_high\":0.002,\"grad_norm\":1.5,\"length_mean\":15,"
    "\"length_min\":5,\"length_max\":48,\"truncated\":0.02,\"cluster_share\":0.06,\"valid\":0.9}\n"
    "{\"iteration\":1,\"phase\":\"curation\",\"agreement_histogram\":[1,2,3,4,5,6,7,8,9,10,11],"
    "\"families\":{\"chain\":30,\"word\":20},\"levels\":{\"1\":40,\"2\":10}}\n"
    "{\"iteration\":1,\"phase\":\"solver\",\"step\":1,\"reward\":0.6,\"reward_std\":0.2,\"frac_reward_zero_std\":0.2,"
    "\"kl\":0.01,\"entropy\":0.4,\"clip_low\":0.001,\"clip_high\":0.002,\"grad_norm\":0.5,\"length_mean\":30,"
    "\"length_min\":6,\"length_max\":72,\"truncated\":0.0}\n"
    "{\"iteration\":1,\"phase\":\"evaluation\",\"set\":\"sub\",\"pass1\":0.52}\n";

static const char test_report_question[] =
    "{\"question\":\"7+5 <b>&\\\"x\\\"\",\"answer\":\"12\",\"votes\":[{\"answer\":\"12\",\"count\":6},{\"answer\":null,"
    "\"count\":1},{\"answer\":\"13\",\"count\":3}],\"label\":\"12\",\"agreement\":0.6,\"verdict\":\"kept\",\"oracle\":"
    "\"12\","
    "\"label_correct\":true}\n";

static const char test_report_ladder[] =
    "{\"question\":\"+a1b2\",\"answer\":\"3\",\"votes\":[],\"label\":\"3\",\"agreement\":0.9,\"verdict\":\"kept\"}\n";

static const char test_report_evaluation[] =
    "{\"set\":\"heldout\",\"id\":\"ladder-1-000\",\"samples\":4,\"correct\":4,\"greedy\":true}\n"
    "{\"set\":\"heldout\",\"id\":\"ladder-2-000\",\"samples\":4,\"correct\":1,\"greedy\":true}\n"
    "{\"set\":\"heldout\",\"id\":\"ladder-2-001\",\"samples\":4,\"correct\":2,\"greedy\":true}\n"
    "{\"set\":\"heldout\",\"id\":\"no level\",\"samples\":4,\"correct\":0,\"greedy\":true}\n"
    "{\"set\":\"sub\",\"id\":\"sub-9-000\",\"samples\":4,\"correct\":4,\"greedy\":true}\n";

static void test_report_whole(test *t)
{
    char questions[6 * sizeof test_report_question + sizeof test_report_ladder] = "";
    for (int i = 0; i < 6; i++) strcat(questions, test_report_question);
    strcat(questions, test_report_ladder);
    test_report_file(t, "build/test-report/whole", "evaluation-1.jsonl", test_report_evaluation);
    test_report_file(t, "build/test-report/whole", "summary.json", test_report_summary);
    test_report_file(t, "build/test-report/whole", "metrics.jsonl", test_report_metrics);
    test_report_file(t, "build/test-report/whole", "questions-1.jsonl", questions);
    char *page = test_report_page(t, "build/test-report/whole", R0_OK);
    if (!page) return;
    int charts = 0;
    for (const char *c = page; (c = strstr(c, "<svg class=\"chart\"")) != NULL; c++) charts++;
    CHECK(charts == (int)R0I_COUNT(test_report_titles), "%d charts", charts);
    for (size_t i = 0; i < R0I_COUNT(test_report_titles); i++) {
        char title[96];
        snprintf(title, sizeof title, "<h3>%s</h3>", test_report_titles[i]);
        CHECK(strstr(page, title), "%s", title);
    }
    CHECK(!strstr(page, "<h2>Left out</h2>"), "something was left out of a whole run");
    CHECK(strstr(page, "m &lt;1&gt; &amp; &quot;2&quot;") && strstr(page, "7+5 &lt;b&gt;&amp;&quot;x&quot;"));
    CHECK(strstr(page, "from 44.0\xC2\xA0%") && strstr(page, "+9.0 points") &&
          strstr(page, "pass@1, iteration 1: 53.0"));
    CHECK(strstr(page, "(no answer)") && strstr(page, "10 of 10 votes agree: 11 questions"));
    CHECK(strstr(page, "<title>1, iteration 1: 100.0\xC2\xA0% of 1<") &&
          strstr(page, "<title>2, iteration 1: 37.5\xC2\xA0% of 2<") && !strstr(page, "sub-9"), "accuracy by level");
    CHECK(strstr(page, "<title>6, iteration 1: 100.0\xC2\xA0% of 6<"), "right labels by votes");
    CHECK(strstr(page, "<title>2, iteration 1: 100.0\xC2\xA0% of 1<"), "the one question of the ladder is of level 2");
    CHECK(strstr(page, "right") && strstr(page, "100.0\xC2\xA0%"), "six right labels of six");
    r0i_free(t->r0, page);
}

// An empty folder gives a page that says so; so does one whose files are broken.
static void test_report_missing(test *t)
{
    CHECK(!r0i_folder_create(t->r0, "build/test-report/empty"));
    char *page = test_report_page(t, "build/test-report/empty", R0_OK);
    if (page) {
        CHECK(!strstr(page, "<svg class=\"chart\"") && strstr(page, "<h2>Left out</h2>"));
        CHECK(strstr(page, "<b>summary.json</b>") && strstr(page, "<b>metrics.jsonl</b>") &&
              strstr(page, "<b>Reward</b>"));
    }
    r0i_free(t->r0, page);
    const char *broken = "build/test-report/broken";
    test_report_file(t, broken, "summary.json", "{\"base\":{\"pass1\":0.4");
    test_report_file(t, broken, "metrics.jsonl", test_report_metrics);
    test_report_file(t, broken, "questions-1.jsonl", "{\"question\":\"1+1\",\"verdict\":\"malformed\"}\n[]\n{\"ques");
    page = test_report_page(t, broken, R0_ERROR_FILE);
    CHECK(strstr(r0_error(t->r0), "report.html: a part is missing: build/test-report/broken/summary.json"), "%s",
          r0_error(t->r0));
    if (page) CHECK(strstr(page, "<h3>Reward</h3>") && strstr(page, "<b>questions-1.jsonl</b>") && strstr(page, "1+1"));
    r0i_free(t->r0, page);
    CHECK(report_write(t->r0, "build/test-report/no/such/folder") == R0_ERROR_FILE);
}

// Wrong types, absurd numbers, many iterations and sets, long texts.
static void test_report_odd(test *t)
{
    const char *odd = "build/test-report/odd";
    r0i_text metrics = {t->r0, NULL, 0, 0, false}, question = {t->r0, NULL, 0, 0, false};
    for (int i = -1; i < 45; i++) {
        for (int k = 0; k < 40; k++)
            r0i_text_print(
                &metrics,
                "{\"iteration\":%d,\"phase\":\"solver\",\"reward_mean\":%s,\"reward_std\":\"?\",\"kl\":1e300,"
                "\"entropy\":0,\"grad_norm\":-1e-300,\"length_mean\":%d}\n",
                i, k % 3 ? "0.5" : "null", k);
        r0i_text_print(
            &metrics,
            "{\"iteration\":%d,\"phase\":\"evaluation\",\"set\":\"<set-%d-with-a-very-long-name-&-more-than-fits>\","
            "\"pass1\":0.5,\"pass1_ci\":[null,2]}\n",
            i, i);
        r0i_text_print(
            &metrics,
            "{\"iteration\":%d,\"phase\":\"curation\",\"kept\":0,\"valid\":0,\"distinct\":0,\"label_accuracy\":0,"
            "\"agreement_histogram\":[0,\"x\",0],\"families\":{\"<f%d>\":1}}\n",
            i, i);
    }
    r0i_text_print(&question, "{\"question\":\"");
    for (int i = 0; i < 1000; i++) r0i_text_print(&question, "\xC3\xA9");
    r0i_text_print(&question,
                   "\",\"answer\":7,\"votes\":[{},3,{\"answer\":\"\",\"count\":-4},{\"count\":1e99}],\"agreement\":7,"
                   "\"verdict\":\"kept\",\"label\":\"<i>\",\"label_correct\":\"yes\"}\n");
    test_report_file(t, odd, "metrics.jsonl", metrics.data);
    test_report_file(t, odd, "questions-2.jsonl", question.data);
    test_report_file(t, odd, "summary.json",
                     "{\"base\":[],\"iterations\":{\"a\":1},\"seconds\":\"long\",\"device\":null}");
    char *page = test_report_page(t, odd, R0_OK);
    if (page) CHECK(strstr(page, "&lt;i&gt;") && strstr(page, "\xE2\x80\xA6") && !strstr(page, "<f1>"));
    r0i_free(t->r0, page);
    r0i_text_free(&metrics);
    r0i_text_free(&question);
}

// One chart as a file of its own: it nests, names its lines, draws a point per value and none for what is missing.
static void test_report_figure(test *t)
{
    const char *path = "build/test-report/figure.svg";
    report *r = (report *)calloc(1, sizeof *r);
    char *figure = NULL;
    size_t size;
    if (!CHECK(r)) return;
    r->r0 = t->r0;
    CHECK(!r0i_folder_create(t->r0, "build/test-report"));
    report_chart *chart = report_chart_begin(r, "Accuracy <1>", "two lines", "right answers");
    chart->percent = true;
    chart->points = 3;
    CHECK(report_svg(r, path) == R0_ERROR_ARGUMENT, "a chart without a value");
    report_series *first = report_series_add(chart, "R-Zero"), *second = report_series_add(chart, "a & b");
    for (int i = 0; i < 3; i++) first->y[i] = .4 + .1 * i, first->low[i] = .35 + .1 * i, first->high[i] = .45 + .1 * i;
    second->y[0] = .4;
    CHECK(report_svg(r, path) == R0_OK && !r0i_file_read(t->r0, path, &figure, &size), "%s", r0_error(t->r0));
    if (figure) {
        int points = 0;
        const char *fault = test_report_nesting(figure);
        CHECK(!fault, "%.60s", fault ? fault : "");
        for (const char *c = strstr(figure, "<g "); (c = strstr(c, "<circle")) != NULL; c++) points++;
        CHECK(points == 4, "%d points", points);
        CHECK(strstr(figure, ">R-Zero<") && strstr(figure, ">a &amp; b<") && strstr(figure, "Accuracy &lt;1&gt;"));
        CHECK(strstr(figure, "R-Zero, iteration 2: 60.0") && strstr(figure, "(55.0") && !strstr(figure, "nan"));
    }
    CHECK(report_svg(r, "build/test-report/no/such/figure.svg") == R0_ERROR_FILE);
    r0i_free(t->r0, figure);
    free(r);
}

static void test_report(test *t)
{
    test_report_whole(t);
    test_report_figure(t);
    test_report_missing(t);
    test_report_odd(t);
}
