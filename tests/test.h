// What the tests stand on. tests/test.c includes r0.h with its implementation and then every tests/test_*.c, so that
// groups see internal functions. A group is one file tests/test_NAME.c with `static void test_NAME(test *t)`.
#ifndef TEST_H
#define TEST_H

typedef struct test {
    const char *group;
    r0_context *r0;           // cpu device, as many threads as cores
    size_t bytes_at_start;    // host memory of the context before the group ran
    int passed, failed, skipped;
    bool good;                // of the check that runs: evaluated before the values that its text shows
} test;

// One check. Names what failed; never stops the group.
#define CHECK(condition, ...) \
    (t->good = (condition) != 0, test_check(t, t->good, __FILE__, __LINE__, #condition, " " __VA_ARGS__))
// Loud: something this machine lacks.
#define SKIP(...) test_skip(t, " " __VA_ARGS__)

static bool test_check(test *t, bool good, const char *file, int line, const char *what, const char *format, ...)
    R0I_PRINTF(6, 7);
static void test_skip(test *t, const char *format, ...) R0I_PRINTF(2, 3);

// The folder of shared data beside the project, or NULL when it is not there (then SKIP).
static bool test_data(const char *name, int *place, char path[512]);

#endif
