// BLEU and clusters. Catches: white space that Python splits on and we do not (or the other way round), the shared
// index counting a k-gram twice or in the wrong text, merges that scikit-learn would not make, labels out of order,
// leaks when memory runs out half way. Goldens: tests/make_repetition_goldens.py; more of them beside the checkout.

static r0_span test_repetition_span(const char *text)
{
    r0_span span = {text, strlen(text)};
    return span;
}

typedef struct test_repetition_run {
    test *t;
    int bleus, clusters;
} test_repetition_run;

static void test_repetition_partition(test *t, int line, const r0_json *questions, const r0_json *labels,
                                      const r0_json *shares)
{
    int n = (int)questions->count, got[512], wrong = 0;
    float share[512];
    r0_span texts[512] = R0_ZERO;
    if (!CHECK(n <= 512, "line %d", line)) return;
    for (int i = 0; i < n; i++) texts[i] = questions->items[i].text;
    CHECK(r0_repetition_share(t->r0, texts, n, 0, share, got) == R0_OK, "%s", r0_error(t->r0));
    for (int i = 0; i < n; i++) {
        int size = 0;
        for (int j = 0; j < n; j++) {
            wrong += (got[i] == got[j]) != (labels->items[i].number == labels->items[j].number);
            size += got[i] == got[j];
        }
        CHECK(share[i] == (float)((double)size / n), "line %d", line);
        if (shares) CHECK(fabs(share[i] - shares->items[i].number) < 1e-6, "line %d", line);
    }
    CHECK(!wrong, "line %d: %d pairs", line, wrong);
}

static r0_status test_repetition_golden(void *user, int line, const r0_json *v)
{
    test_repetition_run *run = (test_repetition_run *)user;
    test *t = run->t;
    const r0_json *questions = r0_json_get(v, "questions");
    if (questions) {
        test_repetition_partition(t, line, questions, r0_json_get(v, "labels"), r0_json_get(v, "share"));
        run->clusters++;
        return R0_OK;
    }
    double bleu = -1, expected = r0_json_get_number(v, "bleu", 9);
    CHECK(!r0_repetition_bleu(t->r0, r0_json_get_text(v, "hyp"), r0_json_get_text(v, "ref"), &bleu));
    CHECK(fabs(bleu - expected) < 1e-12, "line %d: %.17g for %.17g", line, bleu, expected);
    run->bleus++;
    return R0_OK;
}

static void test_repetition_goldens(test *t)
{
    test_repetition_run own = {t, 0, 0}, more = {t, 0, 0};
    CHECK(!r0_json_lines(t->r0, "tests/data/repetition.jsonl", test_repetition_golden, &own), "%s", r0_error(t->r0));
    CHECK(own.bleus == 80 && own.clusters == 24);
    for (int i = 0, place = 0; i < 2; i++, place = 0) {
        char path[512];
        while (test_data(i ? "repetition/cluster.jsonl" : "repetition/bleu.jsonl", &place, path)) {
            CHECK(!r0_json_lines(t->r0, path, test_repetition_golden, &more), "%s", r0_error(t->r0));
            CHECK(more.bleus >= 150 && (!i || more.clusters >= 12), "%s: %d %d", path, more.bleus, more.clusters);
        }
    }
}

// The whole of BLEU in the plainest way: every k-gram of the hypothesis looked for in the reference.
static double test_repetition_plain(char words[2][40][2], const int count[2])
{
    int32_t matches[4] = {0, 0, 0, 0};
    for (int k = 1; k <= 4; k++) {
        bool used[40] = {false};
        for (int i = 0; i + k <= count[0]; i++)
            for (int j = 0; j + k <= count[1]; j++)
                if (!used[j] && !memcmp(words[0][i], words[1][j], (size_t)k * 2)) {
                    used[j] = true;
                    matches[k - 1]++;
                    break;
                }
    }
    double log_sum = 0;
    if (!matches[0]) return 0;
    for (int k = 0; k < 4; k++) log_sum += log((matches[k] ? matches[k] : .1) / R0I_MAX(1, count[0] - k)) / 4;
    return (count[0] > count[1] ? 1 : exp(1 - (double)count[1] / count[0])) * exp(log_sum);
}

// The index over many texts against the plain way, pair by pair: one-letter words, so a k-gram is 2 k bytes in a row.
static void test_repetition_index(test *t)
{
    enum { TEXTS = 40 };
    static char words[TEXTS][40][2];
    int count[TEXTS], wrong = 0;
    r0_span texts[TEXTS];
    double *distance = R0I_NEW(t->r0, double, TEXTS * TEXTS);
    r0i_key key = r0i_key_make(5);
    for (int i = 0; i < TEXTS; i++) {
        count[i] = (int)r0i_random_below(key, (uint64_t)i, 40);
        for (int w = 0; w < count[i]; w++) {
            words[i][w][0] = (char)('a' + r0i_random_below(key, (uint64_t)(1000 + 40 * i + w), 4));
            words[i][w][1] = ' ';
        }
        texts[i].data = words[i][0];
        texts[i].size = (size_t)count[i] * 2;
    }
    CHECK(r0i_bleu_distances(t->r0, texts, TEXTS, distance) == R0_OK);
    for (int i = 0; i < TEXTS; i++)
        for (int j = i + 1; j < TEXTS; j++) {
            char pair[2][40][2];
            int counts[2] = {count[i], count[j]};
            memcpy(pair[0], words[i], sizeof pair[0]);
            memcpy(pair[1], words[j], sizeof pair[1]);
            wrong += fabs(*r0i_pair(distance, TEXTS, i, j) - (1 - test_repetition_plain(pair, counts))) > 1e-12;
        }
    CHECK(!wrong, "%d pairs", wrong);
    r0i_free(t->r0, distance);
}

static void test_repetition_edges(test *t)
{
    r0_span q[6] = {test_repetition_span("a b c d e"), test_repetition_span(""), test_repetition_span("a b c d e"),
                    test_repetition_span(""), test_repetition_span("  \n"), {NULL, 0}};
    float share[6];
    int labels[6];
    CHECK(!r0_repetition_share(t->r0, q, 6, 12, share, labels));
    CHECK(labels[0] == 0 && labels[1] == 1 && labels[2] == 0 && labels[3] == 2 && labels[4] == 3 && labels[5] == 4,
          "two empty texts share nothing, so they are no repeats");
    CHECK(share[0] == 2.0f / 12 && share[1] == 1.0f / 12);
    CHECK(!r0_repetition_share(t->r0, q, 1, 0, share, NULL) && share[0] == 1);
    CHECK(!r0_repetition_share(t->r0, q, 0, 0, share, labels));
    CHECK(r0_repetition_share(t->r0, q, 40000, 0, share, labels) == R0_ERROR_LIMIT);
    CHECK(r0_repetition_share(t->r0, q, 2, -1, share, labels) == R0_ERROR_ARGUMENT);
}

// Random bytes, rich in pieces of white space and tags: nothing reads past the end (each text is a block of its own, so
// the sanitizers see it), and a text is one cluster with its copy from three words on (BLEU .56).
static void test_repetition_bytes(test *t)
{
    static const char pieces[] = "\xE2\x80\xA8\xC2\x85\xE3\x80\x80\xE1\x9A\x80\xE2\x81\x9F ab<think/>\\boxed{}1+(";
    r0i_key key = r0i_key_make(9);
    for (int round = 0; round < 400; round++) {
        size_t size = (size_t)r0i_random_below(key, (uint64_t)round << 16, 30), words = 0, at = 0;
        char *data = (char *)malloc(size + 1);
        for (size_t i = 0; i < size; i++)
            data[i] = pieces[r0i_random_below(key, (uint64_t)round << 16 | (i + 1), sizeof pieces - 1)];
        char *exact = (char *)realloc(data, size ? size : 1);
        r0_span text = {exact, size}, twice[2] = {text, text};
        float share[2];
        int64_t value;
        int labels[2];
        while (r0i_next_word(text, &at).size) words++;
        CHECK(at == size && words <= size);
        CHECK(!r0_repetition_share(t->r0, twice, 2, 0, share, labels));
        CHECK((labels[0] == labels[1]) == (words >= 3), "%d: %zu words", round, words);
        CHECK(!r0i_response_has_format(text) || size > 20);
        CHECK(r0i_expression_execute(text, &value) == NULL || value == 0);
        free(exact);
    }
}

// Every allocation fails once: each time a clean error and nothing left behind (the runner checks for leaks).
static void test_repetition_memory(test *t)
{
    r0_span q[3] = {test_repetition_span("a b c d"), test_repetition_span("a b c e"), test_repetition_span("x")};
    float share[3];
    size_t limit = t->r0->bytes, failures = 0;
    r0_status status = R0_ERROR_MEMORY;
    for (t->r0->desc.memory_limit = limit + 1; status && failures < 100000; t->r0->desc.memory_limit += 16) {
        status = r0_repetition_share(t->r0, q, 3, 0, share, NULL);
        failures += status == R0_ERROR_MEMORY;
        CHECK(t->r0->bytes == limit && (status == R0_OK || status == R0_ERROR_MEMORY));
    }
    t->r0->desc.memory_limit = 0;
    CHECK(!status && failures > 20, "%zu failures", failures);
}

static void test_repetition(test *t)
{
    test_repetition_goldens(t);
    test_repetition_index(t);
    test_repetition_edges(t);
    test_repetition_bytes(t);
    test_repetition_memory(t);
}
