// libFuzzer: any two texts as answers, by both judges, and any text as a response. No crash, no leak, no undefined
// behavior; bounded steps and time; R0's own reflexive and symmetric.
//     make fuzz-answer
// The input is gold, a line feed, pred; lines of a response may follow.
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

#include "../examples/mathruler.h"

static struct {
    r0_context *r0;
    size_t bytes;
    uint32_t steps;
    double seconds;
} fuzz;

static double fuzz_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; } // processor time

static void fuzz_report(void)
{
    fprintf(stderr, "worst pair: %u steps, %.3f ms\n", fuzz.steps, 1e3 * fuzz.seconds);
    r0_context_destroy(fuzz.r0);
}

static void fuzz_start(void)
{
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu";
    desc.threads = 1;
    desc.memory_limit = 64u << 20;
    if (r0_context_create(&desc, &fuzz.r0)) abort();
    fuzz.bytes = fuzz.r0->bytes;
    atexit(fuzz_report);
}

static r0_equality fuzz_equal(r0_span gold, r0_span pred, bool mathruler)
{
    r0_verdict verdict;
    double start = fuzz_seconds();
    if (mathruler) verdict = mathruler_grade(fuzz.r0, gold, pred);
    else if (r0_answer_equal(fuzz.r0, gold, pred, 0, &verdict)) abort();
    double took = fuzz_seconds() - start;
    if (verdict.steps > fuzz.steps) fuzz.steps = verdict.steps;
    if (took > fuzz.seconds) fuzz.seconds = took;
    if (verdict.steps > (mathruler ? 2u : 1u) * R0_JUDGE_STEPS) abort();
    if (!verdict.reason || fuzz.r0->bytes != fuzz.bytes) abort();
    return verdict.equal;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!fuzz.r0) fuzz_start();
    const char *text = (const char *)data, *line = size ? (const char *)memchr(text, '\n', size) : NULL;
    r0_span whole = {text, size}, gold = whole, pred = {text, 0}, answer;
    if (line) gold = r0i_span(text, line), pred = r0i_span(line + 1, text + size);
    for (unsigned forms = 1; forms < 128; forms = 2 * forms + 1) {
        if (!r0_answer_extract(whole, forms, &answer)) continue;
        if (answer.data < text || answer.data + answer.size > text + size) abort();
    }
    r0_equality there = fuzz_equal(gold, pred, false), back = fuzz_equal(pred, gold, false);
    if ((there == R0_EQUAL) != (back == R0_EQUAL)) abort();
    if (fuzz_equal(gold, gold, false) != R0_EQUAL) abort();
    fuzz_equal(gold, pred, true);
    fuzz_equal(pred, gold, true);
    return 0;
}
