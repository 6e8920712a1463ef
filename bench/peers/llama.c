// Tokens generated per second through llama.cpp on its CPU backend, for bench/models.py to compare with.
//     make build/peer_llama LLAMA=/path/to/llama.cpp     (built there with cmake; LLAMA_BUILD names its build folder)
//     build/peer_llama MODEL.gguf THREADS generate ROWS PROMPT NEW
// One measurement per line read from stdin, as build/bench_models makes them: ROWS prompts of PROMPT tokens are read,
// then NEW tokens drawn for each at temperature 1 from the whole vocabulary, the rows in one batch. What is not set
// here is llama.cpp's default, 16-bit keys and values among it.
#include "llama.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct peer {
    struct llama_model *model;
    struct llama_context *context;
    struct llama_sampler *sampler;
    struct llama_batch batch;
    int rows, prompt, more, vocab;
} peer;

static double peer_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Errors and warnings only.
static void peer_log(enum ggml_log_level level, const char *text, void *user)
{
    (void)user;
    if (level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN) fputs(text, stderr);
}

static void peer_add(struct llama_batch *b, llama_token token, int position, int row, bool wanted)
{
    int i = b->n_tokens++;
    b->token[i] = token, b->pos[i] = position, b->logits[i] = wanted;
    b->n_seq_id[i] = 1, b->seq_id[i][0] = row;
}

static bool peer_open(peer *p, const char *path, int threads)
{
    struct llama_model_params model = llama_model_default_params();
    struct llama_context_params c = llama_context_default_params();
    llama_log_set(peer_log, NULL);
    llama_backend_init();
    p->model = llama_model_load_from_file(path, model);
    if (!p->model) return false;
    p->vocab = llama_vocab_n_tokens(llama_model_get_vocab(p->model));
    c.n_seq_max = (uint32_t)p->rows;
    c.n_ctx = (uint32_t)(p->rows * ((p->prompt + p->more + 255) / 256 * 256)); // it rounds up to 256 a row
    c.n_batch = c.n_ubatch = (uint32_t)(p->rows * p->prompt);
    c.n_threads = c.n_threads_batch = threads;
    p->context = llama_init_from_model(p->model, c);
    p->sampler = llama_sampler_init_dist(1);
    p->batch = llama_batch_init((int)c.n_batch, 0, 1);
    return p->context && p->sampler;
}

// The prompts, then `more` tokens for each row; how many were drawn, or a negative number.
static int peer_generate(peer *p)
{
    struct llama_batch *b = &p->batch;
    llama_memory_clear(llama_get_memory(p->context), false);
    b->n_tokens = 0;
    for (int row = 0; row < p->rows; row++)
        for (int k = 0; k < p->prompt; k++)
            peer_add(b, (llama_token)((unsigned)(row * 7919 + k * 104729) % (unsigned)p->vocab), k, row,
                     k == p->prompt - 1);
    int drawn = 0;
    for (int step = 0; step < p->more; step++) {
        llama_token tokens[256];
        if (llama_decode(p->context, *b)) return -1;
        for (int row = 0; row < p->rows; row++, drawn++) {
            int at = step ? row : (row + 1) * p->prompt - 1; // which token of the batch gave this row's logits
            tokens[row] = llama_sampler_sample(p->sampler, p->context, at);
        }
        b->n_tokens = 0;
        for (int row = 0; row < p->rows; row++) peer_add(b, tokens[row], p->prompt + step, row, true);
    }
    return drawn;
}

int main(int argc, char **argv)
{
    peer p = {0};
    char line[8];
    if (argc != 7 || strcmp(argv[3], "generate") != 0)
        return fputs("peer_llama MODEL.gguf THREADS generate ROWS PROMPT NEW\n", stderr), 2;
    p.rows = atoi(argv[4]), p.prompt = atoi(argv[5]), p.more = atoi(argv[6]);
    if (p.rows < 1 || p.rows > 256 || p.prompt < 1 || p.more < 1) return fputs("numbers out of range\n", stderr), 2;
    if (!peer_open(&p, argv[1], atoi(argv[2]))) return fprintf(stderr, "%s: cannot be loaded\n", argv[1]), 1;
    while (fgets(line, sizeof line, stdin)) {
        double start = peer_seconds();
        int tokens = peer_generate(&p);
        double seconds = peer_seconds() - start;
        if (tokens < 0) return fputs("peer_llama: llama_decode failed\n", stderr), 1;
        printf("{\"seconds\":%.6f,\"tokens\":%d,\"per_second\":%.1f}\n", seconds, tokens, tokens / seconds);
        fflush(stdout);
    }
    llama_batch_free(p.batch);
    llama_sampler_free(p.sampler);
    llama_free(p.context);
    llama_model_free(p.model);
    return 0;
}
