// The repetition penalty at the size of the released code's steps: 2,048 questions of 100 words, one core.
//     make build/bench_repetition && build/bench_repetition [questions [words]]
// Two texts: ordinary ones (words drawn by Zipf's law from 2,000) and the worst kind (families of edited copies).
#define R0_IMPLEMENTATION
#include "../r0.h"

// A word by Zipf's law of exponent 1: the inverse of its distribution function is about vocabulary^u.
static int draw_word(r0i_key key, uint64_t counter, int vocabulary)
{
    return (int)pow(vocabulary, r0i_random_uniform(key, counter));
}

// `words` words per question; copies: each question is one of 32 seeds with every tenth word drawn anew.
static char *make_questions(r0_context *r0, int questions, int words, bool copies, r0_span *texts)
{
    r0i_text all = {r0, NULL, 0, 0, false};
    size_t *begin = R0I_NEW(r0, size_t, questions + 1);
    r0i_key key = r0i_key_make(1), family = r0i_key_make(2);
    for (int q = 0; q < questions; q++) {
        for (int w = 0; w < words; w++) {
            uint64_t at = (uint64_t)q * (uint64_t)words + (uint64_t)w;
            bool fresh = !copies || r0i_random_below(family, at, 10) == 0;
            r0i_text_print(&all, "w%d ", draw_word(key, fresh ? at : (uint64_t)(q % 32) << 40 | (uint64_t)w, 2000));
        }
        begin[q + 1] = all.size;
    }
    for (int q = 0; q < questions; q++) texts[q].data = all.data + begin[q], texts[q].size = begin[q + 1] - begin[q];
    r0i_free(r0, begin);
    return all.data;
}

static void bench_row(r0_context *r0, const char *name, int questions, int words, bool copies)
{
    r0_span *texts = R0I_NEW(r0, r0_span, questions);
    float *share = R0I_NEW(r0, float, questions);
    int *labels = R0I_NEW(r0, int, questions), clusters = 0;
    char *data = make_questions(r0, questions, words, copies, texts);
    clock_t start = clock(); // processor time: what one core needs, whatever else runs
    r0_status status = r0_repetition_share(r0, texts, questions, 0, share, labels);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    for (int i = 0; i < questions && !status; i++) clusters = R0I_MAX(clusters, labels[i] + 1);
    if (status) printf("%-10s %s\n", name, r0_error(r0));
    else printf("%-10s %5d questions x %3d words: %6.2f s of one core, %d clusters, peak %.0f MB\n", name, questions,
                words, seconds, clusters, (double)r0->peak_bytes / 1e6);
    r0i_free(r0, data);
    r0i_free(r0, texts);
    r0i_free(r0, share);
    r0i_free(r0, labels);
}

int main(int argc, char **argv)
{
    int questions = argc > 1 ? atoi(argv[1]) : 2048, words = argc > 2 ? atoi(argv[2]) : 100;
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    desc.threads = 1;
    if (questions < 1 || words < 1 || r0_context_create(&desc, &r0)) return 1;
    bench_row(r0, "ordinary", questions, words, false);
    bench_row(r0, "copies", questions, words, true);
    r0_context_destroy(r0);
    return 0;
}
