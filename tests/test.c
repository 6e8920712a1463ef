// The test runner: `build/test` runs every group, `build/test NAME...` those named.
// Ends in "N passed, N failed, N skipped".
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"
#include "test.h"

static bool test_check(test *t, bool good, const char *file, int line, const char *what, const char *format, ...)
{
    if (good) {
        t->passed++;
        return true;
    }
    t->failed++;
    if (t->failed > 50) return false; // enough to read
    printf("FAIL %s:%d: %s ", file, line, what);
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    return false;
}

static void test_skip(test *t, const char *format, ...)
{
    t->skipped++;
    printf("SKIP %s: ", t->group);
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
}

// Walks through the places where a file of data lies: in the repository (small), what `make data` fetched, a folder of
// data beside the checkout. `place` counts up from 0; false: there is no further one.
static bool test_data(const char *name, int *place, char path[512])
{
    static const char *const places[] = {"tests/data", "build/data", "../shared/data", "../../shared/data"};
    while (*place < (int)R0I_COUNT(places)) {
        snprintf(path, 512, "%s/%s", places[(*place)++], name);
        if (!r0i_file_exists(path)) continue;
        if (*place == 3) *place = 4; // one of the last two
        return true;
    }
    return false;
}

static void test_log(void *user, r0_log_level level, const char *text)
{
    (void)user;
    if (getenv("R0_TEST_LOG")) fprintf(stderr, "[%d] %s\n", (int)level, text);
}

#include "groups.h" // generated into the build folder: includes every test_*.c and defines TEST_GROUPS(X)

typedef void (*test_group_fn)(test *t);
static const struct { const char *name; test_group_fn run; } test_groups[] = {
#define X(name) {#name, test_##name},
    TEST_GROUPS(X)
#undef X
};

// build/test: all groups; build/test ops vote: these; build/test -ops: all but these.
static bool test_named(int argc, char **argv, const char *name)
{
    bool some = false, named = false;
    for (int i = 1; i < argc; i++) {
        if (*argv[i] == '-' && !strcmp(argv[i] + 1, name)) return false;
        if (*argv[i] != '-') some = true, named |= !strcmp(argv[i], name);
    }
    return named || !some;
}

// The CPU device holds no host memory of its own once its buffers are gone: what a group made, it must have released.
static void test_no_leak(test *t)
{
    CHECK(t->r0->device->bytes == 0, "%zu bytes of device buffers leaked", t->r0->device->bytes);
    CHECK(t->r0->bytes == t->bytes_at_start, "%zu bytes leaked", t->r0->bytes - t->bytes_at_start);
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0, skipped = 0, groups = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < R0I_COUNT(test_groups); i++) {
        if (!test_named(argc, argv, test_groups[i].name)) continue;
        test t;
        memset(&t, 0, sizeof t);
        t.group = test_groups[i].name;
        r0_context_desc desc = R0_ZERO;
        desc.device = "cpu";
        desc.log = test_log;
        if (r0_context_create(&desc, &t.r0)) {
            printf("FAIL %s: no context: %s\n", t.group, r0_error(t.r0));
            failed++;
            r0_context_destroy(t.r0);
            continue;
        }
        t.bytes_at_start = t.r0->bytes;
        double start = r0i_seconds();
        test_groups[i].run(&t);
        test_no_leak(&t);
        r0_context_destroy(t.r0);
        printf("%-14s %d passed, %d failed, %d skipped (%.1f s)\n", t.group, t.passed, t.failed, t.skipped,
               r0i_seconds() - start);
        passed += t.passed, failed += t.failed, skipped += t.skipped, groups++;
    }
    if (!groups) printf("no such group\n"), failed++;
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}
