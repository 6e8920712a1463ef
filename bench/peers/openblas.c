// sgemm of OpenBLAS, for the benchmark programs to compare with. The library is found at run time: R0_OPENBLAS names
// it, else the system's. OPENBLAS_CORETYPE, set by who starts this program, chooses its kernels.
//     peer_openblas THREADS                then one request per line on stdin: see bench/bench.h
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct peer {
    void (*sgemm32)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    void (*sgemm64)(int, int, int, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t,
                    float, float *, int64_t);
    clockid_t clock;
    char request[256], layout[8];
    int m, n, k;
    float *y, *x, *w;
} peer;

static double peer_now(const peer *p)
{
    struct timespec now;
    clock_gettime(p->clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void peer_run(const peer *p)
{
    enum { row_major = 101, straight = 111, turned = 112 };
    bool tn = !strcmp(p->layout, "tn"), nt = !strcmp(p->layout, "nt");
    int m = p->m, n = p->n, k = p->k;
    if (p->sgemm64)
        p->sgemm64(row_major, tn ? turned : straight, nt ? turned : straight, m, n, k, 1, p->x, tn ? m : k, p->w,
                   nt ? k : n, 0, p->y, n);
    else
        p->sgemm32(row_major, tn ? turned : straight, nt ? turned : straight, m, n, k, 1, p->x, tn ? m : k, p->w,
                   nt ? k : n, 0, p->y, n);
}

static float *peer_new(size_t count)
{
    float *to = malloc(count * sizeof *to);
    uint32_t state = 1;
    for (size_t i = 0; to && i < count; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = (float)(state >> 8) / 8388608.0f - 1;
    }
    return to;
}

static bool peer_prepare(peer *p, const char *request)
{
    char format[8];
    p->request[0] = 0;
    free(p->y), free(p->x), free(p->w);
    p->y = p->x = p->w = NULL;
    if (sscanf(request, "matmul %7s %7s %d %d %d", p->layout, format, &p->m, &p->n, &p->k) != 5) return false;
    if (strcmp(format, "f32")) return false;
    p->y = peer_new((size_t)p->m * (size_t)p->n);
    p->x = peer_new((size_t)p->m * (size_t)p->k);
    p->w = peer_new((size_t)p->n * (size_t)p->k);
    if (!p->y || !p->x || !p->w) return false;
    peer_run(p);
    snprintf(p->request, sizeof p->request, "%s", request);
    return true;
}

static double peer_seconds(const peer *p)
{
    double best = 1e9, stretch = .02;
    for (int round = 0; round < 3; round++) {
        double start = peer_now(p), seconds;
        int runs = 0;
        do {
            peer_run(p);
            runs++;
            seconds = peer_now(p) - start;
        } while (seconds < stretch);
        if (seconds / runs < best) best = seconds / runs;
    }
    return best;
}

// numpy and scipy pack OpenBLAS with 64-bit integers and names of their own.
static bool peer_open(peer *p, int threads)
{
    const char *named = getenv("R0_OPENBLAS"), *names[] = {named ? named : "libopenblas.so.0", "libopenblas.so"};
    void *library = NULL, (*set_threads)(int);
    char *(*core)(void), *(*config)(void);
    for (int i = 0; i < 2 && !library; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    *(void **)&p->sgemm32 = dlsym(library, "cblas_sgemm");
    *(void **)&p->sgemm64 = dlsym(library, "scipy_cblas_sgemm64_");
    bool packed = p->sgemm64 != NULL;
    *(void **)&set_threads =
        dlsym(library, packed ? "scipy_openblas_set_num_threads64_" : "openblas_set_num_threads");
    *(void **)&core = dlsym(library, packed ? "scipy_openblas_get_corename64_" : "openblas_get_corename");
    *(void **)&config = dlsym(library, packed ? "scipy_openblas_get_config64_" : "openblas_get_config");
    if ((!p->sgemm32 && !p->sgemm64) || !set_threads || !core || !config) return false;
    set_threads(threads);
    printf("OpenBLAS %.15s, kernels for %s, %d thread%s\n", config() + strlen("OpenBLAS "), core(), threads,
           threads > 1 ? "s" : "");
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    peer p;
    char line[256];
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    memset(&p, 0, sizeof p);
    p.clock = threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC; // as bench_now
    if (!peer_open(&p, threads)) return 1;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        bool ready = (p.request[0] && !strcmp(line, p.request)) || peer_prepare(&p, line);
        if (ready) printf("%.9g\n", peer_seconds(&p));
        else printf("none: no such op\n");
        fflush(stdout);
    }
    return 0;
}
