// What the benchmark programs share: timing, ops with random operands, ceilings, and peers: other libraries, each in a
// process of its own that answers one request per line, so that both sides of a comparison take turns within one run.
//
//     matmul LAYOUT FORMAT M N K      y (M, N) of R0I_OPS, LAYOUT nt, nn or tn, FORMAT (of w) f32, bf16 or f16
//     attention S T H G D             causal, S sequences of T rows, H query and G key/value heads of D; forward
//     attention_backward S T H G D    its backward alone
//     softmax ROWS COLS  ·  rms_norm ROWS COLS
//     train S T P V C F L H G D       one step on S sequences of T tokens, the first P of which are given
//     decode S T P V C F L H G D      T tokens for each of S prompts of P tokens, the prompts' own pass included
//
// The answer is a line too: seconds, or "none: why". A peer's first line says who it is.
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define R0_IMPLEMENTATION
#include "../r0.h"
#ifndef _WIN32
#include <signal.h>
#include <sys/wait.h>
#endif

// -- timing --

// What one thread does is timed by the processor time of the process, so that a busy machine does not count (Vulkan on
// a software driver with LP_NUM_THREADS=0 too; a real GPU needs R0_BENCH_WALL=1); several threads, by the wall clock.
static double bench_now(bool wall)
{
#ifndef _WIN32
    struct timespec now;
    if (!wall && !clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now))
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
    (void)wall;
    return r0i_seconds();
}

// Does the work `repeats` times and waits for it.
typedef void (*bench_fn)(void *user, int repeats);

// The best stretch so far. Rounds can be interleaved with those of others.
typedef struct bench_timer {
    bench_fn run;
    void *user;
    bool wall;
    int repeats;    // in a stretch
    double seconds; // of one repeat, the best; 0: not run yet
} bench_timer;

static void bench_round(bench_timer *t)
{
    const double stretch = .02;
    if (!t->repeats) {
        t->run(t->user, 1); // compiles, and warms caches
        for (t->repeats = 1; t->repeats < 1 << 24; t->repeats *= 2) {
            double start = bench_now(t->wall);
            t->run(t->user, t->repeats);
            if (bench_now(t->wall) - start > stretch / 2) break;
        }
    }
    for (int i = 0; i < 3; i++) {
        double start = bench_now(t->wall);
        t->run(t->user, t->repeats);
        double seconds = (bench_now(t->wall) - start) / t->repeats;
        if (!t->seconds || seconds < t->seconds) t->seconds = seconds;
    }
}

static double bench_seconds(bench_fn run, void *user, bool wall)
{
    bench_timer t = {run, user, wall, 0, 0};
    for (int round = 0; round < 2; round++) bench_round(&t);
    return t.seconds;
}

// -- one op --

typedef struct bench_op {
    r0i_device *d;
    r0i_op op;
    uint32_t args[32];
    size_t args_size;
    size_t count[R0I_MAX_OPERANDS];    // elements, of 4 bytes: two weights of 16 bits, eight of 4
    uint32_t format[R0I_MAX_OPERANDS]; // r0i_format
    r0i_buffer buffer[R0I_MAX_OPERANDS];
    r0i_view view[R0I_MAX_OPERANDS];
} bench_op;

static void bench_op_run(void *user, int repeats)
{
    bench_op *o = (bench_op *)user;
    for (int i = 0; i < repeats; i++) r0i_run(o->d, o->op, o->args, o->args_size, o->view);
    o->d->functions->finish(o->d);
}

// Counts of the operands by the op table; correct them before bench_op_fill where indices decide.
static void bench_op_make(r0i_device *d, bench_op *o, r0i_op op, const void *args, size_t args_size)
{
    memset(o, 0, sizeof *o);
    memcpy(o->args, args, R0I_MIN(args_size, sizeof o->args));
    o->d = d, o->op = op, o->args_size = args_size;
    for (int i = 0; r0i_ops[op].shapes[i]; i++) o->count[i] = (size_t)r0i_op_elements(r0i_ops[op].shapes[i], o->args);
}

// Operand i from the host.
static void bench_op_write(bench_op *o, int i, const void *from)
{
    r0i_write(o->view[i], from);
}

// Buffers with numbers between -1 and 1.
static bool bench_op_fill(bench_op *o)
{
    for (int i = 0; r0i_ops[o->op].shapes[i]; i++) {
        uint32_t format = o->format[i], state = (uint32_t)i + 1;
        if (r0i_buffer_create(o->d, o->count[i], 4, &o->buffer[i])) return false;
        float *from = (float *)r0i_alloc(o->d->context, o->buffer[i].size, 1);
        if (!from) return false;
        for (size_t e = 0; e < o->count[i]; e++) memset(&from[e], 0x2E, 4); // of blocks: all scales are .09
        for (size_t e = 0; !R0I_IS_BLOCKS(format) && e < (format ? 2 : 1) * o->count[i]; e++) {
            state = state * 1664525u + 1013904223u;
            float value = (float)(state >> 8) / 8388608.0f - 1;
            if (!format) from[e] = value;
            else ((uint16_t *)from)[e] = format == R0I_FORMAT_F16 ? r0i_f32_to_f16(value) : r0i_f32_to_bf16(value);
        }
        o->view[i] = r0i_view_all(&o->buffer[i]);
        o->view[i].format = format;
        bench_op_write(o, i, from);
        r0i_free(o->d->context, from);
    }
    return true;
}

static void bench_op_free(bench_op *o)
{
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) r0i_buffer_destroy(&o->buffer[i]);
}

// Each operand once.
static inline double bench_op_bytes(const bench_op *o)
{
    double bytes = 0;
    for (int i = 0; i < R0I_MAX_OPERANDS; i++) bytes += (double)o->buffer[i].size;
    return bytes;
}

// Rows of `sequences` of `length` each: where row r's sequence begins, or ends.
R0I_UNUSED static bool bench_op_sequences(bench_op *o, int operand, uint32_t rows, uint32_t length, bool ends)
{
    int32_t *at = R0I_NEW(o->d->context, int32_t, rows);
    if (!at) return false;
    for (uint32_t r = 0; r < rows; r++) {
        uint32_t first = r / length * length;
        at[r] = (int32_t)(ends ? R0I_MIN(first + length, rows) : first);
    }
    bench_op_write(o, operand, at);
    r0i_free(o->d->context, at);
    return true;
}

// -- ceilings --

typedef struct bench_copy {
    char *to, *from;
    size_t size;
} bench_copy;

static void bench_copy_run(void *user, int repeats)
{
    bench_copy *c = (bench_copy *)user;
    for (int i = 0; i < repeats; i++) {
        memcpy(c->to, c->from, c->size);
        c->from[i % 64] = c->to[i % 32]; // no copy can be left out
    }
}

// Bytes per second, read and written.
static double bench_copy_rate(r0_context *r0, size_t size)
{
    bench_copy c = {R0I_NEW(r0, char, size), R0I_NEW(r0, char, size), size};
    double rate = c.to && c.from ? 2 * (double)size / bench_seconds(bench_copy_run, &c, false) : 0;
    r0i_free(r0, c.to);
    r0i_free(r0, c.from);
    return rate;
}

// Our own sgemm at m = n = k, flop/s.
static double bench_sgemm_rate(r0i_device *d, uint32_t size, bool wall)
{
    r0i_matmul_args a = R0_ZERO;
    a.m = a.n = a.k = size;
    bench_op o;
    bench_op_make(d, &o, R0I_OP_matmul_nn, &a, sizeof a);
    double rate = bench_op_fill(&o) ? 2.0 * size * size * size / bench_seconds(bench_op_run, &o, wall) : 0;
    bench_op_free(&o);
    return rate;
}

// -- peers --

enum { BENCH_ARGUMENTS = 4 };
typedef struct bench_peer {
    bool runs;
    char name[256];
    const char *arguments[BENCH_ARGUMENTS]; // to start it again
    FILE *to, *from;
    int pid, deaths;
    double seconds;  // best answer to the request at hand; 0: none
    char why[128];   // ... because
} bench_peer;

// Starts p->arguments; false when it does not run or does not say who it is.
static bool bench_peer_run(bench_peer *p)
{
    p->runs = false;
#ifndef _WIN32
    int down[2], up[2];
    signal(SIGPIPE, SIG_IGN); // a peer that died is found by its missing answer
    if (pipe(down)) return false;
    if (pipe(up)) return close(down[0]), close(down[1]), false;
    char *argv[BENCH_ARGUMENTS] = {0};
    for (int i = 0; i + 1 < BENCH_ARGUMENTS && p->arguments[i]; i++) argv[i] = (char *)(uintptr_t)p->arguments[i];
    p->pid = fork();
    if (p->pid == 0) {
        dup2(down[0], 0), dup2(up[1], 1);
        close(down[0]), close(down[1]), close(up[0]), close(up[1]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(down[0]), close(up[1]);
    p->to = fdopen(down[1], "w"), p->from = fdopen(up[0], "r");
    if (p->pid > 0 && p->to && p->from && fgets(p->name, sizeof p->name, p->from)) {
        p->name[strcspn(p->name, "\n")] = 0;
        p->runs = true;
    }
#endif
    return p->runs;
}

static void bench_peer_end(bench_peer *p)
{
    if (p->to) fclose(p->to);
    if (p->from) fclose(p->from);
#ifndef _WIN32
    if (p->pid > 0) waitpid(p->pid, NULL, 0);
#endif
    p->to = p->from = NULL, p->pid = 0, p->runs = false;
}

// `arguments` end with NULL.
static bool bench_peer_start(bench_peer *p, const char *const *arguments)
{
    memset(p, 0, sizeof *p);
    for (int i = 0; i + 1 < BENCH_ARGUMENTS && arguments[i]; i++) p->arguments[i] = arguments[i];
    return bench_peer_run(p);
}

static void bench_peer_stop(bench_peer *p)
{
    bench_peer_end(p);
    memset(p, 0, sizeof *p);
}

static void bench_peer_forget(bench_peer *p)
{
    p->seconds = 0, p->why[0] = 0;
}

// One more round of a request; the best is kept. A peer that dies is started again, up to five times in all.
static void bench_peer_ask(bench_peer *p, const char *request)
{
    char line[256];
    if (!p->runs || p->why[0]) return;
    fprintf(p->to, "%s\n", request);
    fflush(p->to);
    if (!fgets(line, sizeof line, p->from)) {
        fprintf(stderr, "%s: it died at \"%s\"\n", p->name, request);
        bench_peer_end(p);
        if (++p->deaths > 5 || !bench_peer_run(p)) snprintf(p->why, sizeof p->why, "it died");
        return;
    }
    double seconds = atof(line);
    line[strcspn(line, "\n")] = 0;
    if (seconds <= 0) snprintf(p->why, sizeof p->why, "%.120s", line);
    else if (!p->seconds || seconds < p->seconds) p->seconds = seconds;
}

// -- who measured, and where --

static void bench_line_of(const char *command, char *line, int size)
{
    line[0] = 0;
#ifndef _WIN32
    FILE *pipe = popen(command, "r");
    if (pipe && !fgets(line, size, pipe)) line[0] = 0;
    if (pipe) pclose(pipe);
    line[strcspn(line, "\n")] = 0;
#else
    (void)command, (void)size;
#endif
}

static void bench_machine(void)
{
    char commit[64], cpu[128], cores[16], load[64], compiler[128];
    bench_line_of("git describe --always --dirty --exclude='*' 2>/dev/null", commit, sizeof commit);
    bench_line_of("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null", cpu, sizeof cpu);
    bench_line_of("nproc 2>/dev/null", cores, sizeof cores);
    bench_line_of("cut -d' ' -f1-3 /proc/loadavg 2>/dev/null", load, sizeof load);
#ifdef __VERSION__
    snprintf(compiler, sizeof compiler, "%s", __VERSION__);
#else
    snprintf(compiler, sizeof compiler, "?");
#endif
    printf("commit %s, compiler %s, processor \"%s\" x %s, load at the start %s\n", commit, compiler, cpu, cores, load);
}

#endif
