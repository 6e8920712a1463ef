// r0 selftest: every operation on the chosen device against the plain CPU reference, checked and timed. One block to
// paste into a bug report. It looks inside r0.h, which examples/r0.c implements, because ops are no public matter.

// The sizes of one run: N rows in sequences of S, C hidden, F of the SwiGLU, H and G heads of D, V
// words, A rows decoding.
typedef struct selftest_size {
    const char *name;
    uint32_t N, S, C, F, H, G, D, V, A;
} selftest_size;

static const selftest_size selftest_sizes[] = {
    {"tiny", 1024, 64, 128, 320, 4, 2, 32, 49, 256},
    {"small", 512, 256, 1024, 3072, 16, 8, 128, 32768, 32},
    {"large", 1024, 512, 2560, 9728, 32, 8, 128, 151936, 64},
};

// What one op came to: the largest difference, relative to the largest value; seconds on the CPU (0: not timed) and on
// the device; what it computes and, each operand once, moves.
typedef struct selftest_row {
    char name[64];
    bool good;
    double worst, seconds[2], flops, bytes;
} selftest_row;

typedef struct selftest_state {
    r0_context *r0;
    r0i_device *devices[2]; // the CPU, the one under test
    void (*row)(void *user, const selftest_row *row, const char *error); // NULL: a line is printed; error: NULL or why
    void *user;
    const selftest_size *size;
    double seconds;         // to spend on each timing
    const char *format;     // of the weights, where they are not floats
    bool halves;            // of the formats only those of 16 bits
    double tolerance;
    int failed;
} selftest_state;

// One op: its arguments, the elements of each operand and what fills it: f normal, p positive, i below a limit, u
// falling from the limit, b and e begin and end of sequences, l 1 .. limit, s starts by two, k any bits; '0' + a
// r0i_format: weights in 16 bits or in blocks.
typedef struct selftest_case {
    r0i_op op;
    const char *name, *kinds;
    const void *args;
    size_t args_size;
    size_t counts[R0I_MAX_OPERANDS];
    uint32_t limit, sequence;
    int outputs;
    double flops;
} selftest_case;

static void selftest_fill(const selftest_case *c, int operand, uint32_t *to)
{
    r0i_key key = {17, (uint32_t)operand};
    uint32_t format = (uint32_t)(c->kinds[operand] - '0');
    if (R0I_IS_BLOCKS(format) && format <= R0I_FORMAT_Q6_K) {
        random_slabs(format, c->counts[operand], 17, ldexpf(.5f, -(int)(R0I_LOW_BITS(format))), to);
        return;
    }
    for (size_t i = 0; i < c->counts[operand]; i++) {
        uint32_t at = (uint32_t)i, bits = r0i_random_u32(key, i), run = c->sequence;
        float value = (float)(bits >> 8) / 16777216.0f;
        switch (c->kinds[operand]) {
        case 'f': value = 2 * value - 1; break;
        case 'p': value += 0.5f; break;
        case 'i': at = bits % c->limit; break;
        case 'u': at = c->limit - 1 - at % c->limit; break;
        case 'l': at = 1 + bits % c->limit; break;
        case 's': at = 2 * at; break;
        case 'b': at = at / run * run; break;
        case 'e': at = R0I_MIN((at / run + 1) * run, (uint32_t)c->counts[operand]); break;
        case '0' + R0I_FORMAT_BF16: at = (bits & 0x807F807F) | 0x3E803E80; break; // .25 to .5
        case '0' + R0I_FORMAT_F16: at = (bits & 0x83FF83FF) | 0x34003400; break;
        default: at = bits;
        }
        if (c->kinds[operand] == 'f' || c->kinds[operand] == 'p') memcpy(&to[i], &value, sizeof value);
        else to[i] = at;
    }
}

// Seconds that the device was at work so far by its own clock; negative: it has none.
static double selftest_busy(const r0i_device *device)
{
#ifndef R0_NO_VULKAN
    if (!device->is_cpu && ((const r0i_vk *)device->state)->stamps) return ((const r0i_vk *)device->state)->busy;
#endif
    (void)device;
    return -1;
}

// Seconds of one call, by the device's clock where it has one: batches double while there is time, and the best counts.
static double selftest_time(const selftest_state *s, r0i_device *device, const selftest_case *c, const r0i_view *views)
{
    double best = 1e30, begin = r0i_seconds();
    for (int batch = 1; r0i_seconds() - begin < s->seconds || best > 1e29; batch = R0I_MIN(2 * batch, 64)) {
        double start = r0i_seconds(), busy = selftest_busy(device);
        for (int i = 0; i < batch; i++) r0i_run(device, c->op, c->args, c->args_size, views);
        if (device->functions->finish(device)) break;
        double spent = busy < 0 ? r0i_seconds() - start : selftest_busy(device) - busy;
        if (spent > 0) best = R0I_MIN(best, spent / batch);
        if (batch > 1 && r0i_seconds() - begin > 8 * s->seconds) break; // a clock that stands still
    }
    return best;
}

// The largest difference of an output's values, relative to the largest value.
static double selftest_difference(const float *a, const float *b, size_t count, bool integer)
{
    double worst = 0, scale = 1e-3;
    for (size_t i = 0; i < count; i++) {
        if (integer) {
            worst += memcmp(&a[i], &b[i], sizeof a[i]) != 0; // draws that fell on the other side of a rounding
            scale = 1;
            continue;
        }
        scale = fmax(scale, fabs((double)a[i]));
        worst = fabs((double)a[i] - b[i]) <= worst ? worst : fabs((double)a[i] - b[i]); // a NaN wins
    }
    return integer ? worst / (double)count * 1e-3 : worst / scale;
}

static r0_status selftest_buffers(selftest_state *s, const selftest_case *c, r0i_buffer buffers[2][R0I_MAX_OPERANDS])
{
    for (int i = 0; c->kinds[i]; i++) {
        uint32_t *values = R0I_NEW(s->r0, uint32_t, c->counts[i]);
        if (!values) return R0_ERROR_MEMORY;
        selftest_fill(c, i, values);
        r0_status status = R0_OK;
        for (int d = 0; d < 2 && !status; d++) {
            status = r0i_buffer_create(s->devices[d], c->counts[i], 4, &buffers[d][i]);
            if (!status) r0i_write(r0i_view_all(&buffers[d][i]), values);
        }
        r0i_free(s->r0, values);
        if (status) return status;
    }
    return R0_OK;
}

// The worst difference over the outputs after one call on each device.
static r0_status selftest_compare(selftest_state *s, const selftest_case *c, r0i_view views[2][R0I_MAX_OPERANDS],
                                  double *worst)
{
    r0_status status = R0_OK;
    for (int d = 0; d < 2; d++) r0i_run(s->devices[d], c->op, c->args, c->args_size, views[d]);
    for (int i = 0; i < c->outputs && !status; i++) {
        float *a = R0I_NEW(s->r0, float, c->counts[i]), *b = R0I_NEW(s->r0, float, c->counts[i]);
        status = a && b ? r0i_read(views[0][i], a) : R0_ERROR_MEMORY;
        if (!status) status = r0i_read(views[1][i], b);
        double difference = status ? 0 : selftest_difference(a, b, c->counts[i], !strchr("fp", c->kinds[i]));
        *worst = difference <= *worst ? *worst : difference;
        r0i_free(s->r0, a);
        r0i_free(s->r0, b);
    }
    return status;
}

// Bytes of an operand that a call touches: of a table or a cache, only the rows that indices name.
static double selftest_bytes(const selftest_case *c, int operand)
{
    uint32_t a[4] = {0, 0, 0, 0};
    double all = 4.0 * (double)c->counts[operand];
    memcpy(a, c->args, R0I_MIN(c->args_size, sizeof a));
    if (c->op == R0I_OP_embedding_forward && operand == 2) return all * R0I_MIN(1, (double)a[0] / a[3]);
    if (c->op == R0I_OP_kv_write && operand < 2) return 4.0 * a[0] * a[1];
    if (c->op == R0I_OP_attention_decode && (operand == 2 || operand == 3)) // lengths are 1 .. limit
        return R0I_MIN(all, 2.0 * a[0] * a[2] * a[3] * (c->limit + 1));
    return all;
}

static r0_status selftest_run(selftest_state *s, const selftest_case *c)
{
    r0i_buffer buffers[2][R0I_MAX_OPERANDS];
    r0i_view views[2][R0I_MAX_OPERANDS];
    selftest_row row = R0_ZERO;
    snprintf(row.name, sizeof row.name, "%s", c->name);
    row.flops = c->flops;
    memset(buffers, 0, sizeof buffers);
    r0_status status = selftest_buffers(s, c, buffers);
    for (int i = 0; c->kinds[i]; i++) {
        for (int d = 0; d < 2; d++) views[d][i] = r0i_view_all(&buffers[d][i]);
        if (c->kinds[i] < 'a') views[0][i].format = views[1][i].format = (uint32_t)(c->kinds[i] - '0');
        row.bytes += selftest_bytes(c, i);
    }
    if (!status) status = selftest_compare(s, c, views, &row.worst);
    for (int d = s->row != NULL; d < 2 && !status; d++) row.seconds[d] = selftest_time(s, s->devices[d], c, views[d]);
    if (!status) status = s->devices[1]->status;
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < R0I_MAX_OPERANDS; i++) r0i_buffer_destroy(&buffers[d][i]);
    row.good = !status && row.worst <= s->tolerance;
    s->failed += !row.good;
    const char *error = status ? r0_error(*r0_error(s->devices[1]->context) ? s->devices[1]->context : s->r0) : NULL;
    if (s->row) {
        s->row(s->user, &row, error);
        return cli_stop || s->devices[1]->status ? R0_ERROR_CANCELLED : R0_OK;
    }
    printf("%-26s %-5s %8.1e %9.3f %9.3f %8.2fx %9.2f %9.2f\n", c->name, row.good ? "ok" : "FAIL", row.worst,
           row.seconds[0] * 1e3, row.seconds[1] * 1e3, row.seconds[0] / row.seconds[1],
           c->flops / row.seconds[1] * 1e-9, row.bytes / row.seconds[1] * 1e-9);
    if (error) printf("    %s\n", error);
    fflush(stdout);
    return cli_stop ? R0_ERROR_CANCELLED : R0_OK;
}

// Fills in what the op table knows; the sizes of operands that indices decide come in `more`, in order.
static r0_status selftest_op(selftest_state *s, r0i_op op, const char *kinds, int outputs, uint32_t limit,
                             const void *args, size_t args_size, const size_t *more)
{
    static char name[64];
    selftest_case c = R0_ZERO;
    uint32_t words[R0I_SHAPE_WORDS] = {0, 0, 0, 0, 0, 0};
    memcpy(words, args, R0I_MIN(args_size, sizeof words));
    r0i_op_facts facts = r0i_op_look(op, args);
    snprintf(name, sizeof name, "%s", r0i_ops[op].name);
    if (r0i_ops[op].grid == R0I_GRID_TILE) // a matmul
        snprintf(name, sizeof name, "%s %ux%ux%u", r0i_ops[op].name, words[0], words[1], words[2]);
    if (s->row && s->format) snprintf(name + strlen(name), sizeof name - strlen(name), " %s", s->format);
    c.op = op, c.name = name, c.kinds = kinds, c.args = args, c.args_size = args_size, c.outputs = outputs;
    c.limit = limit, c.sequence = s->size->S, c.flops = (double)facts.items * facts.work;
    for (int i = 0; kinds[i]; i++) {
        char shape = r0i_ops[op].shapes[i];
        c.counts[i] = strchr(".ES", shape) ? *more++ : (size_t)r0i_op_elements(shape, words);
    }
    return selftest_run(s, &c);
}

// kinds, outputs, limit, argument type and arguments; MORE holds the sizes of operands that indices decide.
#define SELFTEST(op, kinds, outputs, limit, type, ...)                                                                 \
    do {                                                                                                               \
        r0i_##type##_args selftest_args = {__VA_ARGS__};                                                               \
        R0I_TRY(selftest_op(s, R0I_OP_##op, kinds, outputs, limit, &selftest_args, sizeof selftest_args, more));       \
    } while (0)
#define MORE(...) do { size_t list[] = {__VA_ARGS__}; memcpy(more, list, sizeof list); } while (0)

static r0_status selftest_rows(selftest_state *s)
{
    const selftest_size *z = s->size;
    uint32_t N = z->N, C = z->C, V = z->V, A = z->A, part = R0I_MIN(N, 65536 / V + 64);
    size_t more[3] = {(size_t)V * C, 0, 0};
    SELFTEST(embedding_forward, "fif", 1, V, embedding, N, C, 0, V, 0);
    MORE((size_t)V * C, (size_t)2 * V * C, (size_t)2 * V);
    if (V <= 4096) SELFTEST(embedding_backward, "ffusu", 1, V, embedding, V, C, 0, V, 0);
    else MORE((size_t)4096 * C, (size_t)8192 * C, (size_t)8192);
    if (V > 4096) SELFTEST(embedding_backward, "ffusu", 1, 4096, embedding, 4096, C, 0, V, 0);
    SELFTEST(rms_norm_forward, "ffff", 2, 0, norm, N, C, 1e-6f, 0, 1);
    SELFTEST(rms_norm_backward, "ffffp", 1, 0, norm, N, C, 1e-6f, 1, 1);
    SELFTEST(rms_norm_weight_backward, "fffp", 1, 0, norm, N, C, 1e-6f, 1, 0);
    SELFTEST(bias_forward, "ff", 1, 0, rows, N, C);
    SELFTEST(bias_backward, "ff", 1, 0, rows, N, C);
    MORE((size_t)N * C);
    SELFTEST(rows_gather, "ffi", 1, N, rows, N, C);
    SELFTEST(rows_scatter, "ffu", 1, N, rows, N, C);
    MORE((size_t)A * z->S * z->G * z->D, (size_t)A * z->G * z->D);
    SELFTEST(kv_write, "ffuu", 1, R0I_MIN(A, z->S), kv, R0I_MIN(A, z->S), z->G * z->D, 0);
    SELFTEST(kv_round, "f", 1, 0, kv_round, N * z->G * z->D, R0I_FORMAT_F16);
    SELFTEST(token_logp_forward, "fffffi", 4, V, logp, part, V, 1);
    SELFTEST(token_logp_backward, "fffif", 1, V, logp, part, V, 1);
    SELFTEST(sample, "kffki", 2, 1000, sample, A, V, 1, 0, 1);
    SELFTEST(sample, "kffki", 2, 1000, sample, A, V, 1, 40, 0.95f);
    return R0_OK;
}

static r0_status selftest_matmuls(selftest_state *s)
{
    const selftest_size *z = s->size;
    uint32_t N = z->N, C = z->C, F = z->F, V = z->V, A = z->A, part = R0I_MIN(N, 65536 / V + 64);
    size_t more[1] = {0};
    SELFTEST(matmul_nt, "fff", 1, 0, matmul, N, C, C, 0, 0, 0);
    SELFTEST(matmul_nt, "fff", 1, 0, matmul, N, F, C, 0, 0, 0);
    SELFTEST(matmul_nt, "fff", 1, 0, matmul, N, C, F, 0, 0, 0);
    SELFTEST(matmul_nt, "fff", 1, 0, matmul, A, F, C, 0, 0, 0);
    SELFTEST(matmul_nt, "fff", 1, 0, matmul, 1, F, C, 0, 0, 0);
    SELFTEST(matmul_nt, "fff", 1, 0, matmul, part, V, C, 0, 0, 0);
    SELFTEST(lora_middle, "fffff", 1, 0, lora, A, 16, C, 3, 2);
    SELFTEST(matmul_nn, "fff", 1, 0, matmul, N, C, F, 0, 0, 0);
    SELFTEST(matmul_nn, "fff", 1, 0, matmul, N, F, C, 0, 0, 0);
    SELFTEST(matmul_tn, "fff", 1, 0, matmul, F, C, N, 0, 0, 0);
    SELFTEST(matmul_tn, "fff", 1, 0, matmul, C, F, N, 0, 0, 0);
    return R0_OK;
}

// Frozen weights as they are stored: of 16 bits, and in blocks.
static r0_status selftest_formats(selftest_state *s)
{
    const selftest_size *z = s->size;
    for (uint32_t f = R0I_FORMAT_BF16; f <= (s->halves ? R0I_FORMAT_F16 : R0I_FORMAT_Q6_K); f++) {
        uint32_t C = (z->C + 255) / 256 * 256, F = z->F, A = z->A, V = R0I_MIN(z->V, 32768);
        char matmul[] = {'f', 'f', (char)('0' + f), 0}, table[] = {'f', 'i', (char)('0' + f), 0};
        size_t more[1] = {(size_t)r0i_format_bytes(f, V, C) / 4};
        s->format = r0i_dtype_name(r0i_format_dtype(f));
        if (!s->row) printf("%s\n", s->format);
        SELFTEST(matmul_nt, matmul, 1, 0, matmul, A, F, C, 0, 0, f);
        SELFTEST(matmul_nt, matmul, 1, 0, matmul, 1, F, C, 0, 0, f);
        SELFTEST(matmul_nn, matmul, 1, 0, matmul, A, C, F, 0, 0, f);
        SELFTEST(embedding_forward, table, 1, V, embedding, A, C, 0, V, f);
    }
    s->format = NULL;
    return R0_OK;
}

static r0_status selftest_heads(selftest_state *s)
{
    const selftest_size *z = s->size;
    uint32_t N = z->N, H = z->H, G = z->G, D = z->D, A = z->A;
    float scale = 1 / sqrtf((float)D);
    size_t more[2] = {(size_t)z->S * D, 0};
    SELFTEST(rope, "fif", 1, z->S, rope, N, H, D, 1);
    SELFTEST(attention_forward, "fffffb", 2, 0, attention, N, H, G, D, scale, 0);
    SELFTEST(attention_backward_q, "ffffffffb", 2, 0, attention, N, H, G, D, scale, 0);
    SELFTEST(attention_backward_kv, "ffffffffe", 2, 0, attention, N, H, G, D, scale, 0);
    SELFTEST(attention_forward, "fffffb", 2, 0, attention, N, H, G, D, scale, R0I_MAX(1, N / 4));
    SELFTEST(attention_backward_q, "ffffffffb", 2, 0, attention, N, H, G, D, scale, R0I_MAX(1, N / 4));
    SELFTEST(attention_backward_kv, "ffffffffe", 2, 0, attention, N, H, G, D, scale, R0I_MAX(1, N / 4));
    uint32_t page = R0I_MIN(z->S, R0I_PAGE), most = (z->S + page - 1) / page;
    MORE((size_t)A * most * page * G * D, (size_t)A * most * page * G * D);
    SELFTEST(attention_decode, "ffffil", 1, R0I_MIN(A, z->S), decode, A, H, G, D, page, most, scale, 0, 0, z->S);
    SELFTEST(attention_decode, "ffffil", 1, R0I_MIN(A, z->S), decode, A, H, G, D, page, most, scale, z->S / 2, 0,
             z->S);
    return R0_OK;
}

static r0_status selftest_counts(selftest_state *s)
{
    const selftest_size *z = s->size;
    uint32_t count = z->N * z->F, weights = z->C * z->F * 4;
    size_t more[1] = {0};
    SELFTEST(swiglu_forward, "fff", 1, 0, count, count, 0);
    SELFTEST(swiglu_backward, "fffff", 2, 0, count, count, 0);
    SELFTEST(geglu_forward, "fff", 1, 0, count, count, 0);
    SELFTEST(geglu_backward, "fffff", 2, 0, count, count, 0);
    SELFTEST(add, "ff", 1, 0, count, z->N * z->C, 0);
    SELFTEST(grpo_loss, "ffffpfs", 1, 0, grpo, z->N, 2 * z->N, .2f, .3f, 3, .01f, 0);
    SELFTEST(adamw, "ffpfp", 3, 0, adamw, weights, 1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 0.1f, 0.001f);
    SELFTEST(sum_squares, "ff", 1, 0, count, weights, 0);
    SELFTEST(grad_norm, "fp", 1, 0, count, (weights + 4095) / 4096, 1);
    SELFTEST(fill, "f", 1, 0, count, weights, 0.25f);
    SELFTEST(scale, "f", 1, 0, count, weights, 0.3f);
    return R0_OK;
}

#include "gpu_report.h"

static int selftest_all(selftest_state *s)
{
    printf("R0 %s selftest, size %s: N %u, C %u, F %u, H %u, G %u, D %u, V %u, A %u\n", R0_VERSION, s->size->name,
           s->size->N, s->size->C, s->size->F, s->size->H, s->size->G, s->size->D, s->size->V, s->size->A);
    printf("device     %s\nreference  %s\n\n", s->devices[1]->name, s->devices[0]->name);
    printf("%-26s %-5s %8s %9s %9s %9s %9s %9s\n", "op", "", "error", "cpu ms", "device ms", "faster", "GFLOP/s",
           "GB/s");
    bool stopped = selftest_matmuls(s) || selftest_formats(s) || selftest_heads(s) || selftest_rows(s) ||
                   selftest_counts(s);
    if (stopped) return cli_stopped();
    printf("\n%s\n",
           s->failed ? "FAILED: the device computes something else than the CPU" : "all ops agree with the CPU");
    return s->failed ? CLI_FAILED : CLI_OK;
}

static int cmd_selftest(r0_context *r0, int argc, char **argv)
{
    const char *name = "tiny";
    double seconds = 0.05;
    gpu_options gpu = {false, NULL, 240};
    const cli_option options[] = {
        {"size", CLI_TEXT, &name, "tiny, small (0.6B) or large (4B): whose matrices"},
        {"seconds", CLI_REAL, &seconds, "time to spend on each measurement"},
        {"gpu-report", CLI_FLAG, &gpu.wanted, "what a GPU is, whether it computes right, how fast: for a bug report"},
        {"json", CLI_TEXT, &gpu.json, "of the report: a file for all of it"},
        {"limit", CLI_REAL, &gpu.limit, "of the report: seconds that it takes at most, 300 or less"},
    };
    int code =
        cli_parse("r0 selftest: compares every operation of the device with the plain CPU reference, and times both",
                  options, CLI_COUNT(options), &argc, argv);
    if (code != CLI_GO) return code;
    if (!gpu.wanted && gpu.json) return fprintf(stderr, "%s: --json goes with --gpu-report\n", cli.name), CLI_USAGE;
    if (gpu.wanted) return gpu_report_run(r0, &gpu);
    selftest_state s = R0_ZERO;
    for (int i = 0; i < CLI_COUNT(selftest_sizes); i++)
        if (!strcmp(name, selftest_sizes[i].name)) s.size = &selftest_sizes[i];
    if (!s.size) return fprintf(stderr, "r0 selftest: --size is tiny, small or large\n"), CLI_USAGE;
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu";
    r0_context *cpu;
    if (r0_context_create(&desc, &cpu)) return cli_error(cpu);
    s.r0 = cpu, s.seconds = seconds, s.tolerance = 1e-4;
    s.devices[0] = cpu->device, s.devices[1] = r0->device;
    code = selftest_all(&s);
    r0_context_destroy(cpu);
    return code;
}
