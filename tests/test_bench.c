// Benchmark files. Catches: questions lost or cut, references that no answer can equal, samples that depend on chance.

static const char *bench_try(test *t, const char *text, r0_bench *bench)
{
    CHECK(r0i_file_write_atomic(t->r0, "build/test-bench.jsonl", text, strlen(text)) == R0_OK);
    return r0_bench_load(t->r0, "build/test-bench.jsonl", bench) ? r0_error(t->r0) : "";
}

static void test_bench_read(test *t)
{
    r0_bench bench;
    char prompt[64];
    const char *error =
        bench_try(t,
                  "{\"id\": \"a/1\", \"question\": \"1+1?\", \"answer\": \"2\", \"subject\": \"sums\"}\n\n"
                  "{\"question\": \"\\u00e9?\", \"answer\": 0.50}\n"
                  "{\"id\": 7, \"question\": \"Which?\", \"answer\": \"B\", \"choices\": [\"x\", \"y\", \"\"]}\n",
                  &bench);
    if (!CHECK(!error[0] && bench.count == 3, "%s", error)) return;
    CHECK(!strcmp(bench.items[0].id.data, "a/1") && !strcmp(bench.items[0].answer.data, "2") &&
          bench.items[0].choice_count == 0);
    CHECK(!strcmp(bench.items[1].id.data, "3") && !strcmp(bench.items[1].answer.data, "0.50") &&
          bench.items[1].question.size == 3);
    CHECK(!strcmp(bench.items[2].id.data, "7") && bench.items[2].choice_count == 3);
    CHECK(r0_bench_prompt(&bench.items[0], prompt, sizeof prompt) == 4 && !strcmp(prompt, "1+1?"));
    static const char whole[] = "Which?\n\nOptions:\nA. x\nB. y\nC. \n";
    CHECK(r0_bench_prompt(&bench.items[2], prompt, sizeof prompt) == strlen(whole) && !strcmp(prompt, whole), "%s",
          prompt);
    for (size_t size = 1; size < sizeof whole; size++) { // whatever fits, and a NUL; nothing behind it
        memset(prompt, '#', sizeof prompt);
        CHECK(r0_bench_prompt(&bench.items[2], prompt, size) == strlen(whole));
        CHECK(!strncmp(prompt, whole, size - 1) && !prompt[size - 1] && prompt[size] == '#');
    }
    CHECK(r0_bench_prompt(&bench.items[2], NULL, 0) == strlen(whole));
    r0_bench_free(t->r0, &bench);
    CHECK(!bench.items && !bench.count);
}

static void test_bench_refused(test *t)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "holds no questions"},
        {"{\"question\":\"q\",\"answer\":\"1\"}\n{\"question\":\"q\"}", "jsonl:2: \"answer\" is missing"},
        {"{\"question\":\"\",\"answer\":\"1\"}", "jsonl:1: \"question\" is missing"},
        {"{\"question\":5,\"answer\":\"1\"}", "\"question\" is missing, empty or not a text"},
        {"{\"question\":\"q\",\"answer\":\"C\",\"choices\":[\"x\",\"y\"]}",
         "\"C\" is not the letter of a choice (A to B)"},
        {"{\"question\":\"q\",\"answer\":\"x\",\"choices\":[\"x\",\"y\"]}", "not the letter"},
        {"{\"question\":\"q\",\"answer\":\"A\",\"choices\":[]}", "1 to 26"},
        {"{\"question\":\"q\",\"answer\":\"A\",\"choices\":[\"x\",2]}", "choice B is not a text"},
        {"[1]", "\"question\" is missing"},
        {"{\"question\":\"q\",", "jsonl:1:"},
    };
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        r0_bench bench;
        const char *error = bench_try(t, cases[i].text, &bench);
        CHECK(strstr(error, cases[i].error), "case %zu: \"%s\"", i, error);
        CHECK(!bench.items && !bench.memory);
        r0_bench_free(t->r0, &bench);
    }
}

static void test_bench_sample(test *t)
{
    char text[4096] = "";
    r0_bench bench, again;
    for (int i = 0; i < 60; i++) snprintf(text + strlen(text), 64, "{\"question\":\"%d\",\"answer\":\"x\"}\n", i);
    CHECK(!bench_try(t, text, &bench)[0] && !bench_try(t, text, &again)[0]);
    r0_bench_sample(&bench, 20, 3);
    r0_bench_sample(&again, 20, 3);
    int seen[60] = {0}, moved = 0, twice = 0;
    CHECK(bench.count == 20 && again.count == 20);
    for (size_t i = 0; i < bench.count; i++) {
        int q = atoi(bench.items[i].question.data);
        twice += seen[q]++;
        moved += q != (int)i;
        CHECK(q == atoi(again.items[i].question.data));
    }
    CHECK(twice == 0 && moved > 10, "%d %d", twice, moved);
    r0_bench_sample(&bench, 100, 4);
    CHECK(bench.count == 20);
    r0_bench_free(t->r0, &bench);
    r0_bench_free(t->r0, &again);
}

// Every line of real benchmarks is read: twenty of two of them in the repository, whole ones where they lie beside it.
static void test_bench_files(test *t)
{
    static const struct {
        const char *name;
        size_t count;
        bool choices;
    } files[] = {
        {"gsm8k", 1319, false},       {"math500", 500, false},   {"aime24", 30, false},
        {"amc23", 40, false},         {"asdiv", 2215, false},    {"olympiadbench", 675, false},
        {"minerva_math", 272, false}, {"mmlu_stem", 3018, true}, {"mmlu_pro", 12032, true},
        {"sat_math", 32, true},       {"bbeh_mini", 460, false}, {"supergpqa_sample", 300, true},
    };
    int read = 0;
    for (size_t i = 0; i < R0I_COUNT(files); i++) {
        char name[64], path[512];
        int place = 0;
        snprintf(name, sizeof name, "benchmarks/%s.jsonl", files[i].name);
        for (; test_data(name, &place, path); read++) {
            r0_bench bench;
            CHECK(r0_bench_load(t->r0, path, &bench) == R0_OK, "%s", r0_error(t->r0));
            CHECK(bench.count == (strncmp(path, "tests/", 6) ? files[i].count : 20), "%s: %zu", path, bench.count);
            CHECK(bench.count && (bench.items[0].choice_count > 0) == files[i].choices, "%s", path);
            r0_bench_free(t->r0, &bench);
        }
    }
    CHECK(read >= 2, "%d files", read);
}

static void test_bench(test *t)
{
    test_bench_read(t);
    test_bench_refused(t);
    test_bench_sample(t);
    test_bench_files(t);
}
