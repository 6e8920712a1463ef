// Whole models: generated and trained tokens per second. bench/models.py calls it beside PyTorch.
//     build/bench_models                                             the tiny model, a round of each
//     build/bench_models FOLDER DEVICE generate ROWS PROMPT NEW [THREADS DTYPE [KV]]   ROWS answers of NEW tokens
//     build/bench_models FOLDER DEVICE train ROWS LENGTH             one step of AdamW on ROWS sequences
// Prints a line {"seconds", "cpu", "tokens", "per_second"} for each line read from stdin, so that a peer takes turns;
// without arguments three. `cpu`: the processor's time, of all threads.
#define R0_IMPLEMENTATION
#include "../r0.h"

#include <time.h>

typedef struct bench_models {
    r0_context *r0;
    r0_model *model;
    r0_trainer *trainer;
    r0_sequence *rows;
    int count, new_tokens;
    uint64_t round;
} bench_models;

// Tokens that differ from row to row; the last token of the vocabulary is the end token of folders made by `r0 init`.
static r0_status models_rows(bench_models *b, int count, int length, int prompt)
{
    int vocab = r0_model_shape(b->model)->vocab_size;
    b->count = count;
    b->rows = R0I_NEW(b->r0, r0_sequence, count);
    for (int i = 0; b->rows && i < count; i++) {
        int32_t *ids = R0I_NEW(b->r0, int32_t, length);
        if (!ids) return R0_ERROR_MEMORY;
        for (int k = 0; k < length; k++)
            ids[k] = (int32_t)r0i_random_below(r0i_key_make((uint64_t)i), (uint64_t)k, (uint64_t)vocab - 1);
        r0_sequence row = {ids, length, prompt};
        b->rows[i] = row;
    }
    return b->rows ? R0_OK : R0_ERROR_MEMORY;
}

// One measurement: seconds, and the tokens that were made or trained on.
static r0_status models_round(bench_models *b, double *seconds, int64_t *tokens)
{
    double start = r0i_seconds();
    r0_status status;
    *tokens = 0;
    if (b->trainer) {
        float loss;
        status = r0_trainer_supervised(b->trainer, b->rows, b->count, 1e-6f, &loss);
        if (!status) status = b->r0->device->functions->finish(b->r0->device);
        for (int i = 0; i < b->count; i++) *tokens += b->rows[i].length;
    } else {
        r0_sampling sampling = {1, 0, 1, b->new_tokens, b->round++};
        r0_rollouts rollouts;
        status = r0_generate(b->model, b->rows, b->count, 1, &sampling, &rollouts);
        for (int i = 0; i < rollouts.count; i++) *tokens += rollouts.items[i].length;
        r0_rollouts_free(b->r0, &rollouts);
    }
    *seconds = r0i_seconds() - start;
    return status;
}

static r0_status models_open(bench_models *b, const char *folder, const char *device, bool train, int rows, int length,
                             char **options)
{
    r0_context_desc desc = R0_ZERO;
    desc.device = device;
    if (options) desc.threads = atoi(options[0]), desc.cache_dtype = options[2];
    r0_status status = r0_context_create(&desc, &b->r0);
    if (!status) status = r0_model_load_as(b->r0, folder, options ? options[1] : "F32", &b->model);
    if (!status && train) status = r0_trainer_create(b->model, NULL, &b->trainer);
    if (!status) status = models_rows(b, rows, length, train ? 1 : length);
    return status;
}

static void models_close(bench_models *b)
{
    for (int i = 0; b->rows && i < b->count; i++) r0i_free(b->r0, (void *)(uintptr_t)b->rows[i].tokens);
    if (b->r0) r0i_free(b->r0, b->rows);
    r0_trainer_destroy(b->trainer);
    r0_model_destroy(b->model);
    r0_context_destroy(b->r0);
}

// `rounds` measurements, or one per line of stdin.
static int models_measure(const char *folder, const char *device, bool train, int rows, int length, int more,
                          int rounds, char **options)
{
    bench_models b = R0_ZERO;
    char line[8];
    b.new_tokens = more;
    r0_status status = models_open(&b, folder, device, train, rows, length, options);
    for (int i = 0; !status && (rounds ? i < rounds : fgets(line, sizeof line, stdin) != NULL); i++) {
        double seconds;
        int64_t tokens;
        clock_t before = clock();
        status = models_round(&b, &seconds, &tokens);
        printf("{\"seconds\":%.6f,\"cpu\":%.6f,\"tokens\":%lld,\"per_second\":%.1f}\n", seconds,
               (double)(clock() - before) / CLOCKS_PER_SEC, (long long)tokens, (double)tokens / seconds);
        fflush(stdout);
    }
    if (status) fprintf(stderr, "bench_models: %s\n", r0_error(b.r0));
    models_close(&b);
    return status != R0_OK;
}

int main(int argc, char **argv)
{
    if (argc >= 6) {
        bool train = !strcmp(argv[3], "train");
        if (train ? argc == 6 : argc == 7 || argc == 9 || argc == 10) // argv ends in NULL
            return models_measure(argv[1], argv[2], train, atoi(argv[4]), atoi(argv[5]), train ? 0 : atoi(argv[6]), 0,
                                  argc >= 9 ? argv + 7 : NULL);
    }
    if (argc != 1) return fputs("see the head of bench/models.c\n", stderr), 2;
    puts("tiny, generating 64 x 64 tokens");
    int code = models_measure("examples/tiny", "cpu", false, 64, 16, 64, 3, NULL);
    puts("tiny, training on 32 x 128 tokens");
    return code | models_measure("examples/tiny", "cpu", true, 32, 128, 0, 3, NULL);
}
