// Memory, text, random numbers, threads, files. Catches: lost zeroing, broken limits, streams that depend on order.

static void test_platform_memory(test *t)
{
    unsigned char *block = R0I_NEW(t->r0, unsigned char, 100);
    CHECK(((uintptr_t)block & 63) == 0);
    block[0] = 7;
    block = R0I_RENEW(t->r0, block, unsigned char, 1000);
    CHECK(block[0] == 7 && block[999] == 0);
    r0i_free(t->r0, block);
    CHECK(r0i_alloc(t->r0, SIZE_MAX / 2, 4) == NULL);
    CHECK(strstr(r0_error(t->r0), "overflow") != NULL, "%s", r0_error(t->r0));
    r0i_arena arena = {t->r0, NULL};
    for (int i = 0; i < 1000; i++) CHECK(((uintptr_t)r0i_arena_alloc(&arena, 1, (size_t)i * 7) & 15) == 0);
    r0i_arena_free(&arena);
}

static void test_platform_text(test *t)
{
    r0i_text text = {t->r0, NULL, 0, 0, false};
    for (int i = 0; i < 1000; i++) r0i_text_print(&text, "%d,", i);
    r0i_text_print(&text, "%0700d", 5);
    CHECK(text.size == 3890 + 700 && !text.data[text.size], "%zu", text.size);
    r0i_text_free(&text);
}

// Nothing that a terminal obeys comes through, everything else as it is; what is cut is cut between characters.
static void test_platform_visible(test *t)
{
    char four[4], out[32], all[32];
    bool good = true;
    for (uint32_t code = 0; code < 0x110000; code++) {
        if (code >= 0xD800 && code < 0xE000) continue;
        size_t size = (size_t)r0i_utf8_encode(code, four), length = r0i_visible(four, size, out, sizeof out);
        bool obeyed = (code < 32 && code != '\n' && code != '\t') || (code >= 127 && code < 160) ||
                      (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
        good &= obeyed ? length == 4 * size && !memcmp(out, "\\x", 2) : length == size && !memcmp(out, four, size);
        for (size_t room = 1; room <= length; room++) good &= r0i_visible(four, size, all, room) < room && !all[0];
    }
    CHECK(good);
    r0i_visible("a\x1b[2J\xff\xc3\xa9\xc3", 9, out, sizeof out);
    CHECK(!strcmp(out, "a\\x1B[2J\\xFF\xc3\xa9\\xC3"), "%s", out);
    r0i_fail(t->r0, R0_ERROR_FORMAT, "%s", "\x1b]0;x\x07\n\xc2\x9b");
    CHECK(!strcmp(r0_error(t->r0), "\\x1B]0;x\\x07\n\\xC2\\x9B"), "%s", r0_error(t->r0));
}

// Known answers of Random123's kat_vectors for philox4x32-10.
static void test_platform_random(test *t)
{
    uint32_t zero[4] = {0, 0, 0, 0}, ones[4] = {~0u, ~0u, ~0u, ~0u}, out[4];
    r0i_key k0 = {0, 0}, k1 = {~0u, ~0u};
    r0i_philox(zero, k0, out);
    CHECK(out[0] == 0x6627e8d5u && out[1] == 0xe169c58du && out[2] == 0xbc57ac4cu && out[3] == 0x9b00dbd8u);
    r0i_philox(ones, k1, out);
    CHECK(out[0] == 0x408f276du && out[1] == 0x41c83b0eu && out[2] == 0xa20bc7c6u && out[3] == 0x6d5451fdu);
    double sum = 0, squares = 0;
    for (int i = 0; i < 20000; i++) {
        double x = r0i_random_normal(r0i_key_make(1), (uint64_t)i);
        sum += x, squares += x * x;
    }
    CHECK(fabs(sum / 20000) < .03 && fabs(squares / 20000 - 1) < .05);
}

static void test_platform_work(void *user, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) ((int *)user)[i]++;
}

static void test_platform_threads(test *t)
{
    int hits[1000] = {0};
    for (int round = 0; round < 200; round++) r0i_parallel(t->r0, round * 5, 3, test_platform_work, hits);
    bool good = true;
    for (int i = 0; i < 1000; i++) good &= hits[i] == 199 - i / 5;
    CHECK(good);
}

static void test_platform_files(test *t)
{
    char *data;
    size_t size;
    CHECK(r0i_folder_create(t->r0, "build/test-files/a/b") == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, "build/test-files/a/b/c", "xyz", 3) == R0_OK);
    CHECK(r0i_file_read(t->r0, "build/test-files/a/b/c", &data, &size) == R0_OK && size == 3 && !strcmp(data, "xyz"));
    r0i_free(t->r0, data);
    r0i_map map;
    CHECK(r0i_map_open(t->r0, "build/test-files/a/b/c", &map) == R0_OK && map.size == 3 && !memcmp(map.data, "xyz", 3));
    r0i_map_close(&map);
    CHECK(r0i_file_read(t->r0, "build/no-such-file", &data, &size) == R0_ERROR_FILE);
    CHECK(strstr(r0_error(t->r0), "no-such-file"), "%s", r0_error(t->r0));
    CHECK(r0i_folder_create(t->r0, "build/test-files/a/b/c/d") == R0_ERROR_FILE);
}

// -- elementary functions: near the true values, and the same bits on every machine --

static double platform_function(const char *name, double x, double y)
{
    return !strcmp(name, "exp") ? r0i_exp64(x) : !strcmp(name, "expm1") ? r0i_expm1_64(x)
         : !strcmp(name, "log") ? r0i_log64(x) : !strcmp(name, "pow") ? r0i_pow64(x, y)
         : !strcmp(name, "sin") ? r0i_sin64(x) : !strcmp(name, "cos") ? r0i_cos64(x)
         : !strcmp(name, "sinh") ? r0i_sinh64(x) : !strcmp(name, "atan") ? r0i_atan64(x)
         : !strcmp(name, "hypot") ? r0i_hypot64(x, y) : !strcmp(name, "gamma") ? r0i_gamma64(x)
         : !strcmp(name, "lgamma") ? r0i_lgamma64(x) : (double)NAN;
}

static void test_platform_functions(test *t)
{
    static const struct { const char *name; double ulp; } bounds[] = {
        {"exp", 1}, {"expm1", 4}, {"log", 1}, {"pow", 1}, {"sin", 1}, {"cos", 1}, {"sinh", 5}, {"atan", 5},
        {"hypot", 3}, {"gamma", 270}, {"lgamma", 180}};
    char line[200], name[16];
    int lines = 0;
    FILE *file = fopen("tests/data/elementary.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        double x, y, want;
        int exponent;
        if (sscanf(line, "%15s %la %la %la", name, &x, &y, &want) != 4) continue;
        lines++;
        frexp(want, &exponent);
        double got = platform_function(name, x, y), unit = ldexp(1, (exponent < -1021 ? -1021 : exponent) - 53);
        if (!strcmp(name, "pow")) unit *= 1 + fabs(y * log(x));
        if (!strcmp(name, "lgamma")) unit = 1.1e-16 * fmax(1, fabs(want));
        for (size_t i = 0; i < R0I_COUNT(bounds); i++) {
            if (strcmp(name, bounds[i].name)) continue;
            CHECK(fabs(got - want) <= bounds[i].ulp * unit, "%s(%a, %a) = %a, not %a", name, x, y, got, want);
        }
    }
    if (file) fclose(file);
    CHECK(lines == 396, "%d", lines);
    double zero = 0, one = 1;
    CHECK(r0i_exp64(-INFINITY) == 0 && isinf(r0i_exp64(710)) && isnan(r0i_exp64(NAN)) && r0i_exp64(zero) == 1 &&
          r0i_exp64(-745) == 4.9406564584124654e-324 && r0i_exp64(-746) == 0 && isinf(r0i_exp64(INFINITY)));
    CHECK(isinf(r0i_log64(zero)) && isnan(r0i_log64(-one)) && isinf(r0i_log64(INFINITY)) && r0i_log64(one) == 0 &&
          fabs(r0i_log64(4.9406564584124654e-324) + 744.44007192138122) < 1e-12);
    CHECK(r0i_pow64(2, 10) == 1024 && r0i_pow64(10, -3) == .001 && r0i_pow64(-2, 3) == -8 &&
          r0i_pow64(zero, zero) == 1 && r0i_pow64(zero, .5) == 0 && isnan(r0i_pow64(-2, .5)));
    CHECK(isnan(r0i_sin64(1e16)) && isnan(r0i_cos64(INFINITY)) && r0i_sin64(zero) == 0 && r0i_cos64(zero) == 1);
    CHECK(isinf(r0i_gamma64(172)) && isnan(r0i_gamma64(-one)) && isinf(r0i_hypot64(INFINITY, NAN)) &&
          isnan(r0i_hypot64(NAN, 1)) && r0i_hypot64(zero, zero) == 0 && r0i_expm1_64(-INFINITY) == -1);
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < 20000; i++)
        for (size_t f = 0; f < R0I_COUNT(bounds); f++) {
            double x = r0i_random_normal(r0i_key_make(7), (uint64_t)i) * (i % 4 ? 3 : 50);
            double y = platform_function(bounds[f].name, f == 2 || f > 8 ? fabs(x) : x, (double)i / 9973);
            uint64_t bits = 0;
            if (y == y) memcpy(&bits, &y, sizeof bits); // the bits of a NaN are the processor's
            hash = (hash ^ bits) * 1099511628211u;
        }
    if (!r0i_cpu_inexact(R0I_CPU_BASE)) CHECK(hash == 0x842ec1c2e303a5c1u, "%llx", (unsigned long long)hash);
}

static void test_platform(test *t)
{
    test_platform_functions(t);
    test_platform_memory(t);
    test_platform_text(t);
    test_platform_visible(t);
    test_platform_random(t);
    test_platform_threads(t);
    test_platform_files(t);
}
