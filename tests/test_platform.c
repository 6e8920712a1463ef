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

static void test_platform(test *t)
{
    test_platform_memory(t);
    test_platform_text(t);
    test_platform_visible(t);
    test_platform_random(t);
    test_platform_threads(t);
    test_platform_files(t);
}
