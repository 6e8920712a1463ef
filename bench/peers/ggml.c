// One op at a time through ggml, on its CPU or its Vulkan backend, for the benchmark programs to compare with.
//     make bench GGML=/path/to/ggml        (built there with cmake; GGML_BUILD names its build folder)
//     peer_ggml cpu|vulkan THREADS         then one request per line on stdin: see bench/bench.h
// A request is answered by the best time of one op in seconds, or by a reason why there is none.
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml-vulkan.h"
#include "ggml.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Processor time of the process; with a software Vulkan driver, without that of this thread, which spins while it waits.
// As bench_now: several threads, and R0_BENCH_WALL, take the wall clock.
static bool peer_wall, peer_spins;

static double peer_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double peer_now(void)
{
    if (peer_wall) return peer_clock(CLOCK_MONOTONIC);
    return peer_clock(CLOCK_PROCESS_CPUTIME_ID) - (peer_spins ? peer_clock(CLOCK_THREAD_CPUTIME_ID) : 0);
}

// The graph of the last request: rounds of the same one find it warm.
typedef struct peer {
    ggml_backend_t backend;
    char request[256];
    struct ggml_context *ctx;
    struct ggml_cgraph *graph;
    ggml_backend_buffer_t buffer;
    int copies; // of the op in the graph, so that its submission does not count for much
    const char *problem;
} peer;

static struct ggml_tensor *peer_new(peer *p, enum ggml_type type, int64_t a, int64_t b, int64_t c, int64_t d)
{
    struct ggml_tensor *t = ggml_new_tensor_4d(p->ctx, type, a, b, c, d);
    ggml_set_input(t);
    return t;
}

// y (m, n) in our order is ggml's tensor of ne (n, m). Its mul_mat wants both operands with k innermost.
static struct ggml_tensor *peer_matmul(peer *p, const char *layout, const char *format, int m, int n, int k)
{
    enum ggml_type type = !strcmp(format, "bf16")  ? GGML_TYPE_BF16
                          : !strcmp(format, "f16") ? GGML_TYPE_F16
                                                   : GGML_TYPE_F32;
    bool nt = !strcmp(layout, "nt"), tn = !strcmp(layout, "tn");
    struct ggml_tensor *w = nt ? peer_new(p, type, k, n, 1, 1) : peer_new(p, type, n, k, 1, 1);
    struct ggml_tensor *x = tn ? peer_new(p, GGML_TYPE_F32, m, k, 1, 1) : peer_new(p, GGML_TYPE_F32, k, m, 1, 1);
    struct ggml_tensor *y = NULL;
    for (int i = 0; i < p->copies; i++) {
        struct ggml_tensor *a = nt ? w : ggml_cont(p->ctx, ggml_transpose(p->ctx, w));
        y = ggml_mul_mat(p->ctx, a, tn ? ggml_cont(p->ctx, ggml_transpose(p->ctx, x)) : x);
        ggml_build_forward_expand(p->graph, y);
    }
    return y;
}

// Causal attention of `sequences` of `length` rows each; the mask is filled by peer_fill.
static void peer_attention(peer *p, int sequences, int length, int heads, int kv_heads, int dim)
{
    struct ggml_tensor *q = peer_new(p, GGML_TYPE_F32, dim, length, heads, sequences);
    struct ggml_tensor *k = peer_new(p, GGML_TYPE_F32, dim, length, kv_heads, sequences);
    struct ggml_tensor *v = peer_new(p, GGML_TYPE_F32, dim, length, kv_heads, sequences);
    struct ggml_tensor *mask = peer_new(p, GGML_TYPE_F16, length, length, 1, 1);
    ggml_set_name(mask, "mask");
    for (int i = 0; i < p->copies; i++)
        ggml_build_forward_expand(p->graph,
                                  ggml_flash_attn_ext(p->ctx, q, k, v, mask, 1 / sqrtf((float)dim), 0, 0));
}

static void peer_rows(peer *p, bool softmax, int rows, int cols)
{
    struct ggml_tensor *x = peer_new(p, GGML_TYPE_F32, cols, rows, 1, 1);
    struct ggml_tensor *w = peer_new(p, GGML_TYPE_F32, cols, 1, 1, 1);
    for (int i = 0; i < p->copies; i++)
        ggml_build_forward_expand(p->graph, softmax ? ggml_soft_max(p->ctx, x)
                                                    : ggml_mul(p->ctx, ggml_rms_norm(p->ctx, x, 1e-6f), w));
}

static void peer_fill(struct ggml_tensor *t)
{
    size_t count = (size_t)ggml_nelements(t), rows = (size_t)t->ne[0];
    bool mask = !strcmp(t->name, "mask");
    float *value = malloc(count * sizeof *value);
    void *packed = malloc(ggml_nbytes(t));
    uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        value[i] = mask ? (i % rows > i / rows ? -INFINITY : 0) : (float)(state >> 8) / 8388608.0f - 1;
    }
    if (t->type == GGML_TYPE_F16) ggml_fp32_to_fp16_row(value, packed, (int64_t)count);
    else if (t->type == GGML_TYPE_BF16) ggml_fp32_to_bf16_row(value, packed, (int64_t)count);
    else memcpy(packed, value, ggml_nbytes(t));
    ggml_backend_tensor_set(t, packed, 0, ggml_nbytes(t));
    free(value);
    free(packed);
}

static void peer_drop(peer *p)
{
    if (p->buffer) ggml_backend_buffer_free(p->buffer);
    if (p->ctx) ggml_free(p->ctx);
    p->buffer = NULL, p->ctx = NULL, p->request[0] = 0;
}

static bool peer_supported(peer *p)
{
    for (int i = 0; i < ggml_graph_n_nodes(p->graph); i++) {
        struct ggml_tensor *t = ggml_graph_node(p->graph, i);
        if (ggml_backend_supports_op(p->backend, t)) continue;
        p->problem = ggml_op_desc(t);
        return false;
    }
    return true;
}

// Builds the graph of a request; false: p->problem says why not.
static bool peer_build(peer *p, const char *request)
{
    int n[5] = {0};
    char layout[8], format[8];
    struct ggml_init_params room = {ggml_tensor_overhead() * 256 + ggml_graph_overhead(), NULL, true};
    peer_drop(p);
    p->problem = "an unknown request";
    p->ctx = ggml_init(room);
    p->graph = ggml_new_graph(p->ctx);
    p->copies = 1;
    if (sscanf(request, "matmul %7s %7s %d %d %d", layout, format, n, n + 1, n + 2) == 5) {
        p->copies = (double)n[0] * n[1] * n[2] < 2e7 ? 8 : 1;
        peer_matmul(p, layout, format, n[0], n[1], n[2]);
    } else if (sscanf(request, "attention %d %d %d %d %d", n, n + 1, n + 2, n + 3, n + 4) == 5) {
        peer_attention(p, n[0], n[1], n[2], n[3], n[4]);
    } else if (sscanf(request, "softmax %d %d", n, n + 1) == 2) {
        p->copies = 4;
        peer_rows(p, true, n[0], n[1]);
    } else if (sscanf(request, "rms_norm %d %d", n, n + 1) == 2) {
        p->copies = 4;
        peer_rows(p, false, n[0], n[1]);
    } else {
        return false;
    }
    if (!peer_supported(p)) return false;
    p->problem = "out of memory";
    p->buffer = ggml_backend_alloc_ctx_tensors(p->ctx, p->backend);
    if (!p->buffer) return false;
    for (struct ggml_tensor *t = ggml_get_first_tensor(p->ctx); t; t = ggml_get_next_tensor(p->ctx, t))
        if (t->flags & GGML_TENSOR_FLAG_INPUT) peer_fill(t);
    snprintf(p->request, sizeof p->request, "%s", request);
    ggml_backend_graph_compute(p->backend, p->graph); // compiles and warms
    return true;
}

// The best of three stretches.
static double peer_seconds(peer *p)
{
    double best = 1e9, stretch = .02;
    for (int round = 0; round < 3; round++) {
        double start = peer_now(), seconds;
        int runs = 0;
        do {
            if (ggml_backend_graph_compute(p->backend, p->graph) != GGML_STATUS_SUCCESS) return -1;
            runs++;
            seconds = peer_now() - start;
        } while (seconds < stretch);
        if (seconds / runs < best) best = seconds / runs;
        if (seconds > .3) break; // slow enough to be exact
    }
    return best / p->copies;
}

int main(int argc, char **argv)
{
    peer p;
    char line[256], about[256] = "its CPU";
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    bool vulkan = argc > 1 && !strcmp(argv[1], "vulkan");
    memset(&p, 0, sizeof p);
    peer_wall = threads > 1 || getenv("R0_BENCH_WALL") != NULL, peer_spins = vulkan;
    if (vulkan) {
        setenv("GGML_VK_VISIBLE_DEVICES", "0", 0); // else ggml refuses devices that are processors
        p.backend = ggml_backend_vk_init(0);
        if (p.backend) ggml_backend_vk_get_device_description(0, about, sizeof about);
    } else {
        p.backend = ggml_backend_cpu_init();
        if (p.backend) ggml_backend_cpu_set_n_threads(p.backend, threads);
    }
    if (!p.backend) return 1;
    printf("ggml %s (%s), %s, %d thread%s\n", ggml_version(), ggml_commit(), about, threads, threads > 1 ? "s" : "");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        bool built = (p.request[0] && !strcmp(line, p.request)) || peer_build(&p, line);
        if (built) printf("%.9g\n", peer_seconds(&p));
        else printf("none: %s\n", p.problem);
        fflush(stdout);
    }
    peer_drop(&p);
    ggml_backend_free(p.backend);
    return 0;
}
