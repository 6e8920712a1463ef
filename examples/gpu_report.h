// r0 selftest --gpu-report: what a GPU is, whether it computes right and how fast, in five minutes at most. It ends in
// a block to paste into a bug report; --json FILE has every number. Sizes follow the measured speed, so that a
// processor which plays a GPU comes to the end too. cmd_selftest.h, which includes this, has the ops.
//
// Rates are shares of what the same card reached in the same run: ops that compute, of a big matmul; ops that move
// memory, of a big copy. What R0 aims at on a card of its own: 90 % of the copy, and matmuls at half of the f32 peak
// that its maker names, which no program can ask for.

typedef struct gpu_options {
    bool wanted;
    const char *json;
    double limit; // seconds
} gpu_options;

#ifdef R0_NO_VULKAN
static int gpu_report_run(r0_context *r0, const gpu_options *o)
{
    (void)r0, (void)o;
    fprintf(stderr, "%s: this program was built without Vulkan\n", cli.name);
    return CLI_FAILED;
}
#else

enum { GPU_ROWS = 160, GPU_SPEEDS = 8 };

// Tokens a second of a model of `layers` layers and `vocab` words; `whole`: computed for all of Qwen3-0.6B, 0: not.
typedef struct gpu_speed {
    char name[48];
    int layers, vocab;
    double measured, whole;
} gpu_speed;

typedef struct gpu_report {
    r0_context *r0, *cpu;
    r0i_device *gpu;
    r0i_vk *vk;
    const gpu_options *o;
    double begin;
    double copy, matmul;   // ceilings: bytes/s; flop/s of f32,
    double without, with;  // and of bf16 weights, without and with matrix units
    selftest_row rows[GPU_ROWS];
    bool units[GPU_ROWS];               // the row ran on matrix units
    char error[1024];                   // the first
    int count, failed;
    gpu_speed speeds[GPU_SPEEDS];
    int speed_count;
    double grpo, grpo_norm;             // largest difference of the GRPO step; -1: not made
    bool on_units, cut;                 // matrix units are in use; something was left out for lack of time
} gpu_report;

static double gpu_left(const gpu_report *g)
{
    return g->o->limit - (r0i_seconds() - g->begin);
}

static const gpu_report *gpu_running; // for gpu_cancel

// Ctrl-C, or the time is up but for what it takes to tell.
static bool gpu_cancel(void *user)
{
    return cli_cancel(user) || gpu_left(gpu_running) < .02 * gpu_running->o->limit;
}

static bool gpu_ends(const gpu_report *g)
{
    return cli_stop || g->gpu->status;
}

// The first error is kept for the end.
static void gpu_fails(gpu_report *g, const char *what, const char *error)
{
    g->failed++;
    if (!*g->error) snprintf(g->error, sizeof g->error, "%.200s: %.800s", what, error);
    printf("FAIL %s: %s\n", what, error);
}

// Seconds that the device has been at work, or that have passed.
static double gpu_clock(const gpu_report *g)
{
    double busy = selftest_busy(g->gpu);
    return busy < 0 ? r0i_seconds() : busy;
}

// -- ceilings --

// Bytes a second, read and written: copies that double until one takes 20 ms.
static r0_status gpu_copy(gpu_report *g)
{
    r0i_buffer buffers[2] = {R0_ZERO, R0_ZERO};
    r0_status status = R0_OK;
    size_t most = (size_t)R0I_MIN((uint64_t)1 << 29, g->gpu->memory / 8);
    for (size_t size = (size_t)1 << 20; !status && size <= most && !gpu_ends(g); size *= 2) {
        double best = 1e30;
        for (int i = 0; i < 2 && !status; i++) status = r0i_buffer_create(g->gpu, size, 1, &buffers[i]);
        for (int turn = 0; turn < 4 && !status; turn++) {
            double start = gpu_clock(g);
            g->gpu->functions->copy(g->gpu, r0i_view_all(&buffers[0]), r0i_view_all(&buffers[1]));
            status = g->gpu->functions->finish(g->gpu);
            if (turn && gpu_clock(g) > start) best = R0I_MIN(best, gpu_clock(g) - start);
        }
        for (int i = 0; i < 2; i++) r0i_buffer_destroy(&buffers[i]);
        if (!status) g->copy = R0I_MAX(g->copy, 2 * (double)size / best);
        if (best > .02) break;
    }
    return status;
}

// flop/s of square matmuls that double until one takes 50 ms, with weights of this format.
static r0_status gpu_matmul(gpu_report *g, uint32_t format, double *rate)
{
    r0_status status = R0_OK;
    *rate = 0;
    for (uint32_t n = 256; !status && n <= 8192 && gpu_left(g) > 0 && !gpu_ends(g); n *= 2) {
        r0i_buffer buffers[3] = {R0_ZERO, R0_ZERO, R0_ZERO};
        r0i_view views[3];
        const r0i_matmul_args a = {n, n, n, 0, 0, format};
        double best = 1e30;
        for (int i = 0; i < 3 && !status; i++) status = r0i_buffer_create(g->gpu, (size_t)n * n, 4, &buffers[i]);
        for (int i = 0; i < 3; i++) views[i] = r0i_view_all(&buffers[i]);
        views[2] = r0i_view_part(views[2], 0, (size_t)n * n, format ? 2 : 4);
        views[2].format = format;
        for (int turn = 0; turn < 4 && !status && (turn < 2 || best < 1); turn++) {
            double start = gpu_clock(g);
            r0i_run(g->gpu, R0I_OP_matmul_nt, &a, sizeof a, views);
            status = g->gpu->functions->finish(g->gpu);
            if (turn && gpu_clock(g) > start) best = R0I_MIN(best, gpu_clock(g) - start);
        }
        for (int i = 0; i < 3; i++) r0i_buffer_destroy(&buffers[i]);
        if (!status) *rate = R0I_MAX(*rate, 2. * n * n * n / best);
        if (best > .05) break;
    }
    return status;
}

// Turns matrix units on or off, by the words of the device's own choice. False: it has none, or gets them wrong.
static bool gpu_units(gpu_report *g, bool on)
{
    char text[sizeof g->gpu->kernels];
    snprintf(text, sizeof text, "%s", g->gpu->kernels);
    char *at = strstr(text, "cooperative ");
    if (!at) return false;
    at[12] = on ? '1' : '0';
    return r0i_device_kernels_set(g->gpu, text);
}

static r0_status gpu_ceilings(gpu_report *g)
{
    R0I_TRY(gpu_copy(g));
    R0I_TRY(gpu_matmul(g, R0I_FORMAT_REAL, &g->matmul));
    printf("ceilings   copy %.1f GB/s, matmul f32 %.1f GFLOP/s", g->copy * 1e-9, g->matmul * 1e-9);
    bool had = g->vk->kernels.cooperative;
    g->on_units = had;
    if (g->vk->units.m) gpu_units(g, false);
    R0I_TRY(gpu_matmul(g, R0I_FORMAT_BF16, &g->without));
    printf(", bf16 weights %.1f", g->without * 1e-9);
    if (!g->vk->processor && gpu_units(g, true)) { // a processor that plays them compiles for minutes
        R0I_TRY(gpu_matmul(g, R0I_FORMAT_BF16, &g->with));
        printf(", on matrix units %.1f", g->with * 1e-9);
    }
    const char *played = g->vk->processor ? " (matrix units are played: not tried)" : "";
    printf("%s\n", g->vk->units.m ? played : " (no matrix units)");
    if (g->vk->units.m && !(g->vk->refused & R0I_VK_COOPERATIVE)) gpu_units(g, had);
    return R0_OK;
}

// -- ops --

// Of what: ops with more than four flops a byte are held against the matmul.
static double gpu_share(const gpu_report *g, const selftest_row *row, bool units, bool *computes)
{
    double top = units ? g->with : g->matmul;
    *computes = row->flops > 4 * row->bytes;
    if (!(row->seconds[1] > 0)) return 0;
    return *computes ? row->flops / row->seconds[1] / top : row->bytes / row->seconds[1] / g->copy;
}

static void gpu_print_row(const gpu_report *g, int at)
{
    const selftest_row *row = &g->rows[at];
    bool computes;
    double share = gpu_share(g, row, g->units[at], &computes), seconds = R0I_MAX(row->seconds[1], 1e-12);
    printf("%-34s %-5s %8.1e %10.3f ms %9.1f %s %4.0f %% of the %s%s\n", row->name, row->good ? "ok" : "FAIL",
           row->worst, row->seconds[1] * 1e3, (computes ? row->flops : row->bytes) / seconds * 1e-9,
           computes ? "GFLOP/s" : "GB/s   ", 100 * share, computes ? "matmul" : "copy",
           g->units[at] ? ", matrix units" : "");
}

static void gpu_row(void *user, const selftest_row *row, const char *error)
{
    gpu_report *g = (gpu_report *)user;
    if (g->count == GPU_ROWS) return;
    g->rows[g->count] = *row;
    bool halves = strstr(row->name, " BF16") || strstr(row->name, " F16");
    g->units[g->count] = g->vk->kernels.cooperative && halves && !strncmp(row->name, "matmul_n", 8);
    gpu_print_row(g, g->count++);
    if (!row->good)
        gpu_fails(g, row->name, error ? error : row->worst == row->worst ? "differs from the CPU" : "is not a number");
    fflush(stdout);
}

// All ops once; those on 16-bit weights again with the other setting of matrix units, where there are such.
static void gpu_ops(gpu_report *g)
{
    static const selftest_size sizes[] = {{"0.6B", 4096, 512, 1024, 3072, 16, 8, 128, 151936, 64},
                                          {"0.6B, fewer rows", 1024, 256, 1024, 3072, 16, 8, 128, 32768, 32},
                                          {"small", 256, 64, 128, 320, 4, 2, 32, 512, 32}};
    bool memory = g->gpu->memory >= (uint64_t)6 << 30;
    selftest_state s = R0_ZERO;
    s.r0 = g->cpu, s.devices[0] = g->cpu->device, s.devices[1] = g->gpu, s.row = gpu_row, s.user = g;
    s.size = &sizes[g->matmul >= 1e12 && memory ? 0 : g->matmul >= 5e10 && g->gpu->memory >= (uint64_t)2 << 30 ? 1 : 2];
    s.seconds = s.size == &sizes[2] ? .01 : .05, s.tolerance = 1e-4;
    printf("\nops, size %s: %u rows, hidden %u, inner %u, vocabulary %u\n%-34s %-5s %8s\n", s.size->name, s.size->N,
           s.size->C, s.size->F, s.size->V, "", "", "error");
    r0_status (*const parts[])(selftest_state *) = {selftest_matmuls, selftest_formats, selftest_heads, selftest_rows,
                                                    selftest_counts};
    for (int i = 0; i < CLI_COUNT(parts) && !gpu_ends(g); i++) {
        if (i && gpu_left(g) < .3 * g->o->limit) g->cut = true;
        else if (parts[i](&s) && !gpu_ends(g)) gpu_fails(g, "ops", r0_error(g->r0));
    }
    if (!g->with || gpu_ends(g) || !gpu_units(g, !g->on_units)) return;
    s.halves = true;
    if (gpu_left(g) > .3 * g->o->limit) selftest_formats(&s);
    gpu_units(g, g->on_units);
}

// -- whole models --

// Seconds of a training step on `rows` sequences of `length` tokens, or of a token of each of `rows` answers.
static r0_status gpu_model_time(gpu_report *g, const r0_model_config *c, bool train, int rows, int length,
                                double *seconds)
{
    r0_model *model = NULL;
    r0_trainer *trainer = NULL;
    r0_sequence *items = (r0_sequence *)cli_alloc((size_t)rows, sizeof *items);
    int given = train ? length : 8; // tokens of a row before anything is drawn
    int32_t *tokens = (int32_t *)cli_alloc((size_t)rows * (size_t)given, sizeof *tokens);
    double best = 1e30;
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < given; k++) tokens[i * given + k] = (i * 31 + k * 17) % (c->vocab_size - 1);
        items[i].tokens = tokens + i * given, items[i].length = given, items[i].prompt_length = train ? 1 : given;
    }
    r0_status status = r0_model_create(g->r0, c, 1, &model);
    if (!status && train) status = r0_trainer_create(model, NULL, &trainer);
    for (int turn = 0; turn < 3 && !status; turn++) { // the first compiles, the third is a luxury
        if (turn == 2 && gpu_left(g) < .3 * g->o->limit) break;
        double start = r0i_seconds(), spent = 0;
        if (train) {
            float loss;
            status = r0_trainer_supervised(trainer, items, rows, 1e-6f, &loss);
            if (!status) status = g->gpu->functions->finish(g->gpu);
            spent = r0i_seconds() - start;
        }
        for (int half = 0; half < 2 && !train && !status; half++) { // the prompts' own pass goes out of the difference
            r0_sampling sampling = {1, 0, 1, half ? length : length / 2, 7};
            r0_rollouts rollouts;
            start = r0i_seconds();
            status = r0_generate(model, items, rows, 1, &sampling, &rollouts);
            spent = r0i_seconds() - start - spent;
            r0_rollouts_free(g->r0, &rollouts);
        }
        if (turn && spent > 0) best = R0I_MIN(best, train ? spent : spent / (length - length / 2));
    }
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
    free(items), free(tokens);
    *seconds = best < 1e30 ? best : 0;
    return status;
}

// Two depths tell what a layer takes; what is left is embedding and head, which grow with the vocabulary. Both make the
// whole model: computed, as a card need not hold it.
static r0_status gpu_speed_of(gpu_report *g, const r0_model_config *whole, int vocab, int more, bool train, int rows,
                              int length)
{
    gpu_speed *speed = &g->speeds[g->speed_count];
    r0_model_config c = *whole;
    double seconds[2], tokens = train ? (double)rows * length : rows;
    memset(speed, 0, sizeof *speed);
    c.vocab_size = vocab, c.eos_count = 0, c.max_positions = 1024;
    for (int i = 0; i < 2; i++) {
        c.layers = i ? more : 1;
        R0I_TRY(gpu_model_time(g, &c, train, rows, length, &seconds[i]));
        if (gpu_ends(g)) return R0_OK;
    }
    double layer = (seconds[1] - seconds[0]) / (more - 1), rest = seconds[0] - layer;
    speed->layers = more, speed->vocab = vocab;
    if (train) snprintf(speed->name, sizeof speed->name, "training, %d x %d tokens", rows, length);
    else snprintf(speed->name, sizeof speed->name, "decoding, %d at once", rows);
    speed->measured = seconds[1] > 0 ? tokens / seconds[1] : 0;
    if (layer > 0 && rest > 0 && seconds[0] > 0)
        speed->whole = tokens / (rest * whole->vocab_size / vocab + layer * whole->layers);
    g->speed_count++;
    printf("%-28s %9.1f tokens/s with %d layers and %d words; ", speed->name, speed->measured, more, vocab);
    if (speed->whole > 0) printf("computed for all 28 and 151,936: %.1f\n", speed->whole);
    else printf("too noisy to compute the whole model\n");
    fflush(stdout);
    return R0_OK;
}

static void gpu_models(gpu_report *g)
{
    static const struct { double flops; int vocab, more, rows, length, decode[3], tokens; } plans[] = {
        {1e12, 151936, 5, 8, 256, {1, 16, 64}, 64},
        {5e10, 16384, 3, 2, 128, {1, 8, 32}, 32},
        {0, 1024, 2, 1, 16, {1, 4, 0}, 4}};
    r0_model_config c;
    int plan = 0;
    if (init_find("qwen3-0.6b", &c) != CLI_GO) return;
    while (plans[plan].flops > g->matmul || (plan == 0 && g->gpu->memory < (uint64_t)8 << 30)) plan++;
    printf("\nmodels in the shape of Qwen3-0.6B, random weights, float32\n");
    for (int i = -1; i < 3 && !gpu_ends(g); i++) {
        int rows = i < 0 ? plans[plan].rows : plans[plan].decode[i];
        if (!rows) continue;
        if (gpu_left(g) < .12 * g->o->limit) {
            g->cut = true;
            break;
        }
        r0_status status = gpu_speed_of(g, &c, plans[plan].vocab, plans[plan].more, i < 0, rows,
                                        i < 0 ? plans[plan].length : plans[plan].tokens);
        if (status == R0_ERROR_CANCELLED) {
            g->cut = true;
            break;
        }
        if (status) gpu_fails(g, "models", r0_error(g->r0));
    }
}

// -- a step of GRPO --

// What a step changed, for the CPU's rollouts on both. AdamW's first step is the gradient's sign, which rounding may
// turn; an epsilon of 1 makes the change proportional to the gradient, so that weights can be compared.
static r0_status gpu_grpo_step(r0_context *r0, const r0_model_config *c, const r0_sequence *prompts,
                               r0_rollouts *rollouts, float **change, size_t *size, double *norm)
{
    enum { PROMPTS = 2, SAMPLES = 8, NEW = 12 };
    r0_model *model = NULL, *reference = NULL;
    r0_trainer *trainer = NULL;
    r0_trainer_desc desc = R0_ZERO;
    r0_update_stats stats = R0_ZERO;
    r0_sampling sampling = {1, 0, 1, NEW, 3};
    float reward[PROMPTS * SAMPLES], *before = NULL;
    desc.epsilon = 1;
    r0_status status = r0_model_create(r0, c, 5, &model);
    if (!status) status = r0_model_create(r0, c, 6, &reference);
    if (!status) status = r0_trainer_create(model, &desc, &trainer);
    if (!status && !rollouts->count) status = r0_generate(model, prompts, PROMPTS, SAMPLES, &sampling, rollouts);
    *size = status ? 0 : model->parts[0].elements;
    *change = (float *)cli_alloc(*size, sizeof **change), before = (float *)cli_alloc(*size, sizeof *before);
    for (int i = 0; i < PROMPTS * SAMPLES && !status; i++)
        reward[i] = (float)(rollouts->items[i].tokens[0] % 5 + rollouts->items[i].length) / 17;
    if (!status) status = r0i_read(r0i_view_all(&model->parameters.parts[0]), before);
    if (!status)
        status = r0_grpo_update(trainer, reference, prompts, rollouts, SAMPLES, reward, r0_grpo_recipe_find("grpo"), 1,
                                1, 1, &stats);
    if (!status) status = r0i_read(r0i_view_all(&model->parameters.parts[0]), *change);
    for (size_t i = 0; i < *size; i++) (*change)[i] -= before[i];
    *norm = stats.grad_norm;
    free(before);
    r0_trainer_destroy(trainer);
    r0_model_destroy(reference);
    r0_model_destroy(model);
    return status;
}

static void gpu_grpo(gpu_report *g)
{
    static const int32_t words[] = {1, 7, 3, 9, 4, 2};
    const r0_sequence prompts[2] = {{words, 4, 4}, {words + 1, 5, 5}};
    r0_rollouts rollouts = R0_ZERO;
    r0_model_config c = R0_ZERO;
    float *changes[2] = {NULL, NULL};
    size_t sizes[2];
    double norms[2], most = 0, worst = 0;
    if (gpu_ends(g) || init_find("15m", &c) != CLI_GO) return;
    c.vocab_size = 64, c.hidden_size = 64, c.intermediate_size = 160, c.layers = 2, c.heads = 4, c.kv_heads = 2;
    c.head_dim = 16, c.eos_tokens[0] = 63;
    r0_status status = gpu_grpo_step(g->cpu, &c, prompts, &rollouts, &changes[0], &sizes[0], &norms[0]);
    if (!status) status = gpu_grpo_step(g->r0, &c, prompts, &rollouts, &changes[1], &sizes[1], &norms[1]);
    for (size_t i = 0; !status && i < sizes[0]; i++) {
        double a = changes[0][i], b = changes[1][i];
        most = R0I_MAX(most, fabs(a));
        worst = fabs(a - b) <= worst ? worst : fabs(a - b); // a NaN wins
    }
    if (status) gpu_fails(g, "a step of GRPO", r0_error(*r0_error(g->r0) ? g->r0 : g->cpu));
    else {
        g->grpo = worst / most, g->grpo_norm = norms[1] / norms[0] - 1;
        printf("\na step of GRPO on %zu weights: the largest difference from the CPU is %.1e of the largest change\n",
               sizes[0], g->grpo);
        if (!(g->grpo < 1e-4) || !(fabs(g->grpo_norm) < 1e-4)) gpu_fails(g, "a step of GRPO", "differs from the CPU");
    }
    r0_rollouts_free(g->cpu, &rollouts);
    free(changes[0]), free(changes[1]);
}

// -- what is told --

static void gpu_print_device(const gpu_report *g)
{
    const r0i_vk *vk = g->vk;
    VkPhysicalDeviceProperties p = r0i_vk_properties(&vk->api, vk->physical);
    printf("device     %s\n", g->gpu->name);
    printf("           %s, %04x:%04x, Vulkan %u.%u.%u, driver version %u, uuid ", r0i_vk_type_name(p.deviceType),
           (unsigned)p.vendorID, (unsigned)p.deviceID, (unsigned)VK_VERSION_MAJOR(p.apiVersion),
           (unsigned)VK_VERSION_MINOR(p.apiVersion), (unsigned)VK_VERSION_PATCH(p.apiVersion), (unsigned)vk->driver);
    for (size_t i = 0; i < sizeof vk->uuid; i++) printf("%02x", vk->uuid[i]);
    printf("\nkernels    %s\n", g->gpu->kernels);
    if (vk->units.m)
        printf("           matrix units %u x %u x %u by %u lanes, %s\n", (unsigned)vk->units.m, (unsigned)vk->units.n,
               (unsigned)vk->units.k, (unsigned)vk->units.lanes, vk->kernels.cooperative ? "in use" : "not in use");
    printf("limits     shared memory %u, invocations %u, range %.0f MiB, allocation %.0f MiB, alignment %u\n",
           (unsigned)vk->limits.maxComputeSharedMemorySize, (unsigned)vk->limits.maxComputeWorkGroupInvocations,
           (double)vk->max_range / (1 << 20), (double)vk->max_allocation / (1 << 20),
           (unsigned)vk->limits.minStorageBufferOffsetAlignment);
    printf("memory    ");
    for (uint32_t i = 0; i < vk->memories.memoryHeapCount; i++)
        printf(" %.2f GiB%s", (double)vk->memories.memoryHeaps[i].size / (1 << 30),
               vk->memories.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT ? " its own" : "");
    printf("; type %u%s, staging %u%s\n", (unsigned)vk->buffer_type, vk->mapped ? ", seen by the CPU" : "",
           (unsigned)vk->staging_type, vk->has_budget ? ", has a budget" : "");
    printf("queue      family %u, %s\nCPU        %s\n", (unsigned)vk->family,
           vk->stamps ? "with a clock: times of ops are the device's" : "no clock: times of ops are the host's",
           g->cpu->device->name);
}

static void gpu_print_block(const gpu_report *g)
{
    int slow[6], slows = 0;
    printf("\n----- paste from here -----\nR0 %s GPU report, %.0f s\n", R0_VERSION, r0i_seconds() - g->begin);
    gpu_print_device(g);
    printf("ceilings   copy %.1f GB/s, matmul f32 %.1f GFLOP/s, bf16 weights %.1f, on matrix units ", g->copy * 1e-9,
           g->matmul * 1e-9, g->without * 1e-9);
    if (g->with > 0) printf("%.1f\n", g->with * 1e-9);
    else printf("%s\n", !g->vk->units.m ? "(it has none)" : g->vk->processor ? "(played: not tried)" : "not measured");
    int good = 0;
    bool computes;
    for (int i = 0; i < g->count; i++) { // by insertion: the lowest shares stay
        double share = gpu_share(g, &g->rows[i], g->units[i], &computes);
        int at = R0I_MIN(slows, 5);
        good += g->rows[i].good;
        if (!(share > 0)) continue;
        for (; at > 0 && gpu_share(g, &g->rows[slow[at - 1]], g->units[slow[at - 1]], &computes) > share; at--)
            slow[at] = slow[at - 1];
        slow[at] = i;
        slows = R0I_MIN(slows + 1, 5);
    }
    printf("ops        %d of %d agree with the CPU\n", good, g->count);
    for (int i = 0; i < g->count; i++)
        if (!g->rows[i].good) gpu_print_row(g, i);
    if (slows) printf("furthest from their ceilings:\n");
    for (int i = 0; i < slows; i++) gpu_print_row(g, slow[i]);
    for (int i = 0; i < g->speed_count; i++) {
        const gpu_speed *s = &g->speeds[i];
        char whole[32] = "too noisy to tell";
        if (s->whole > 0) snprintf(whole, sizeof whole, "%.1f", s->whole);
        printf("%-28s %9.1f tokens/s (%d layers, %d words), Qwen3-0.6B computed: %s\n", s->name, s->measured, s->layers,
               s->vocab, whole);
    }
    if (g->grpo >= 0) printf("GRPO step  off by %.1e of the largest change\n", g->grpo);
    if (g->cut) printf("left out   what did not fit into %.0f s\n", g->o->limit);
    if (*g->error) printf("ERROR      %s\n", g->error);
    printf("%s\n----- to here -----\n", cli_stop   ? "STOPPED before the end"
                                       : g->failed ? "FAILED"
                                       : g->cut    ? "no fault in what was run"
                                                   : "no fault found");
}

static void gpu_print_json(const gpu_report *g, FILE *out)
{
    const r0i_vk *vk = g->vk;
    fprintf(out, "{\"r0\":\"%s\",\"device\":", R0_VERSION);
    cli_put_quoted(out, r0i_span_of(g->gpu->name));
    fprintf(out, ",\"kernels\":");
    cli_put_quoted(out, r0i_span_of(g->gpu->kernels));
    fprintf(out, ",\"cpu\":");
    cli_put_quoted(out, r0i_span_of(g->cpu->device->name));
    fprintf(out, ",\"driver_version\":%u,\"device_clock\":%s,\"matrix_units\":[%u,%u,%u],\"on_matrix_units\":%s",
            (unsigned)vk->driver, vk->stamps ? "true" : "false", (unsigned)vk->units.m, (unsigned)vk->units.n,
            (unsigned)vk->units.k, g->on_units ? "true" : "false");
    fprintf(out, ",\"limits\":{\"shared_memory\":%u,\"range\":%.0f,\"allocation\":%.0f,\"memory\":%.0f}",
            (unsigned)vk->limits.maxComputeSharedMemorySize, (double)vk->max_range, (double)vk->max_allocation,
            (double)g->gpu->memory);
    fprintf(out, ",\"copy_bytes_per_second\":%.0f,\"matmul_flops\":%.0f,\"bf16_flops\":%.0f,\"matrix_unit_flops\":%.0f",
            g->copy, g->matmul, g->without, g->with);
    fprintf(out, ",\"ops\":[");
    for (int i = 0; i < g->count; i++) {
        const selftest_row *row = &g->rows[i];
        bool computes;
        double share = gpu_share(g, row, g->units[i], &computes);
        bool known = row->worst == row->worst && row->worst < 1e300;
        fprintf(out, "%s\n{\"op\":\"%s\",\"good\":%s,\"matrix_units\":%s", i ? "," : "", row->name,
                row->good ? "true" : "false", g->units[i] ? "true" : "false");
        fprintf(out, ",\"seconds\":%.9g,\"flops\":%.0f,", row->seconds[1], row->flops);
        fprintf(out, "\"bytes\":%.0f,\"ceiling\":\"%s\",\"share\":%.4f,\"error\":", row->bytes,
                computes ? "matmul" : "copy", share);
        if (known) fprintf(out, "%.3g}", row->worst);
        else fprintf(out, "null}");
    }
    fprintf(out, "],\n\"models\":[");
    for (int i = 0; i < g->speed_count; i++) {
        fprintf(out, "%s\n{\"what\":\"%s\",\"layers\":%d,\"vocabulary\":%d,\"tokens_per_second\":%.2f,"
                "\"computed_whole\":", i ? "," : "", g->speeds[i].name, g->speeds[i].layers, g->speeds[i].vocab,
                g->speeds[i].measured);
        if (g->speeds[i].whole > 0) fprintf(out, "%.2f}", g->speeds[i].whole);
        else fprintf(out, "null}");
    }
    fprintf(out, "],\n\"grpo_difference\":");
    if (g->grpo >= 0 && g->grpo < 1e300) fprintf(out, "%.3g", g->grpo);
    else fprintf(out, "null");
    fprintf(out, ",\"seconds\":%.1f,\"failed\":%d,\"stopped\":%s,\"left_out\":%s,\"first_error\":",
            r0i_seconds() - g->begin, g->failed, cli_stop ? "true" : "false", g->cut ? "true" : "false");
    cli_put_quoted(out, r0i_span_of(g->error));
    fprintf(out, "}\n");
}

static int gpu_report_run(r0_context *r0, const gpu_options *o)
{
    r0_context_desc desc = R0_ZERO;
    int code = CLI_OK;
    if (r0->device->is_cpu)
        return fprintf(stderr, "%s: --gpu-report needs a Vulkan device (--device vulkan); r0 devices lists them\n",
                       cli.name), CLI_FAILED;
    if (!(o->limit > 0 && o->limit <= 300))
        return fprintf(stderr, "%s: --limit: %g is not within 0 to 300\n", cli.name, o->limit), CLI_USAGE;
    gpu_report *g = (gpu_report *)cli_alloc(1, sizeof *g);
    g->r0 = r0, g->gpu = r0->device, g->vk = r0i_vk_of(r0->device), g->o = o, g->begin = r0i_seconds(), g->grpo = -1;
    desc.device = "cpu", desc.threads = r0->desc.threads, desc.cancel = r0->desc.cancel = gpu_cancel;
    gpu_running = g;
    if (r0_context_create(&desc, &g->cpu)) code = cli_error(g->cpu);
    FILE *json = code == CLI_OK && o->json ? cli_open(o->json, "wb") : NULL;
    if (code == CLI_OK && o->json && !json) code = CLI_FAILED;
    if (code == CLI_OK) {
        printf("R0 %s GPU report. It measures a copy and a matmul, runs every op against the CPU, trains and decodes\n"
               "in the shape of Qwen3-0.6B with random weights, and makes a step of GRPO on both. That takes about\n"
               "%s, %.0f s at most (--limit); Ctrl-C stops it. Nothing is written%s%s.\n\n", R0_VERSION,
               g->vk->processor ? "two minutes" : "a minute or two", o->limit, o->json ? " but " : "",
               o->json ? o->json : "");
        gpu_print_device(g);
        fflush(stdout);
        if (gpu_ceilings(g) && !cli_stop) gpu_fails(g, "ceilings", r0_error(r0));
        fflush(stdout);
        if (!gpu_ends(g)) gpu_ops(g);
        if (!gpu_ends(g)) gpu_grpo(g);
        if (!gpu_ends(g)) gpu_models(g);
        if (g->gpu->status && !g->failed) gpu_fails(g, "the device", r0_error(r0));
        gpu_print_block(g);
        if (json) gpu_print_json(g, json);
        code = g->failed ? CLI_FAILED : cli_stop ? cli_stopped() : CLI_OK;
    }
    if (json && !cli_close(json, o->json)) code = CLI_FAILED;
    r0->desc.cancel = cli_cancel;
    r0_context_destroy(g->cpu);
    free(g);
    return code;
}
#endif
