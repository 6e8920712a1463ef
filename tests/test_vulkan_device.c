// What the Vulkan device does around its kernels, each test on limits or failures that are provoked: operands above
// the largest range, allocations above the largest size, submits and their budget, a device that is lost.
// (test_vulkan.c, which is included before, has vk_open, vk_close and vk_case.)
#ifndef R0_NO_VULKAN

// Two devices in one context: b->cpu without limits, b->vk with operands of at most `range` bytes.
static bool vk_limited(test *t, vk_bench *b, r0_context **context, size_t range, size_t *bytes)
{
    r0i_vk_options options = R0_ZERO;
    memset(b, 0, sizeof *b);
    b->cpu = vk_open(t, context, &options, bytes);
    if (!b->cpu) return false;
    options.max_range = range;
    if (!CHECK(r0i_vk_device_open(*context, R0I_VK_BEST, &options, &b->vk) == R0_OK)) return false;
    b->t = t, b->slack = 1, b->mode = "in parts";
    return true;
}

static void vk_limited_close(test *t, vk_bench *b, r0_context *context, size_t bytes)
{
    CHECK(r0i_vk_finish(b->vk) == R0_OK, "%s", r0_error(context));
    r0i_device_destroy(b->vk);
    vk_close(t, context, b->cpu, bytes);
}

// An op in parts has the bits of the same op in one piece. Catches: a part that begins at the wrong place, rows that
// two parts write, or none.
static void vk_parts_rows(vk_bench *b, uint32_t N, uint32_t C, uint32_t V)
{
    uint32_t limits[4] = {V, V, V, V};
    size_t sizes[3] = {(size_t)V * C, 0, 0};
    VK_CASE(embedding_forward, "fif", 0, embedding, N, C, 0, V, 0);
    VK_LIMITS(V);
    VK_CASE(embedding_forward, "fif", 0, embedding, N, C, V / 3, V / 2, 0);
    VK_SIZES((size_t)V * C, (size_t)2 * 16 * C, (size_t)2 * 16);
    VK_LIMITS(V);
    VK_CASE(embedding_backward, "ffosu", 0, embedding, 16, C, 0, V, 0);
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
        VK_CASE(rms_norm_forward, "ffff", 0, norm, N, C, 1e-6f, accumulate, 1);
        VK_CASE(rms_norm_backward, "ffffp", 0, norm, N, C, 1e-6f, accumulate, 1);
    }
    VK_CASE(bias_forward, "ff", 0, rows, N, C);
    VK_LIMITS(23);
    VK_SIZES((size_t)23 * 16);
    VK_CASE(rope, "fif", 0, rope, N, C / 16, 16, 1);
    VK_SIZES((size_t)60 * C);
    VK_LIMITS(60);
    VK_CASE(rows_gather, "ffi", 0, rows, N, C);
    VK_LIMITS(V, V, 4096);
    VK_CASE(token_logp_forward, "fffffi", 0, logp, N, V, 0.7f);
    VK_CASE(token_logp_backward, "fffif", 0, logp, N, V, 1.25f);
    VK_CASE(sample, "kffki", 0, sample, N, V, 0.7f, 9, 0.9f);
}

static void vk_parts_counts(vk_bench *b, uint32_t count)
{
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    VK_CASE(swiglu_forward, "fff", 0, count, count, 0);
    VK_CASE(swiglu_backward, "fffff", 0, count, count, 0);
    VK_CASE(geglu_forward, "fff", 0, count, count, 0);
    VK_CASE(geglu_backward, "fffff", 0, count, count, 0);
    VK_CASE(add, "ff", 0, count, count, 0);
    VK_CASE(sum_squares, "ff", 0, count, count, 0);
    VK_CASE(fill, "f", 0, count, count, 0.25f);
    VK_CASE(scale, "f", 0, count, count, 0.3f);
    VK_CASE(adamw, "ffpfp", 0, adamw, count, 1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 0.1f, 0.001f);
}

// A weight of R x C for T tokens: forward, gradients of what goes in and of the weight. Rows of the strided operand are
// `rest` further apart than they are long.
static void vk_parts_matmul(vk_bench *b, uint32_t T, uint32_t R, uint32_t C, uint32_t rest)
{
    static const char *const kinds[] = {"fff", "ffw", "ffh"};
    uint32_t limits[1] = {0}, stride = rest ? R + rest : 0;
    size_t sizes[1] = {0};
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
        for (uint32_t format = 0; format < (R % 2 && !accumulate ? 3 : 1); format++) {
            VK_CASE(matmul_nt, kinds[format], 0, matmul, T, R, C, accumulate, stride, format);
            VK_CASE(matmul_nn, kinds[format], 0, matmul, T, C, R, accumulate, stride, format);
        }
        VK_CASE(matmul_nt_fused, "fffffff", 0, fused, {T, R, C, accumulate ? R0I_GATED : 3, stride, 0},
                accumulate * 4);
        VK_CASE(lora_middle, "fffff", 0, lora, T, 4, C, 1 + accumulate, .5f);
        VK_CASE(matmul_tn, "fff", 0, matmul, R, C, T, accumulate, stride, 0);
    }
}

static PFN_vkCreateComputePipelines vk_compiles;
static int vk_compiled, vk_refuses; // how often it was asked; what is refused: 1 kernels that share memory, 2 all

static VKAPI_ATTR VkResult VKAPI_CALL vk_compile(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                 const VkComputePipelineCreateInfo *info,
                                                 const VkAllocationCallbacks *a, VkPipeline *pipeline)
{
    const uint32_t *constants = (const uint32_t *)info->stage.pSpecializationInfo->pData;
    vk_compiled++;
    if (vk_refuses == 2 || (vk_refuses && constants[1])) return VK_ERROR_INITIALIZATION_FAILED;
    return vk_compiles(device, cache, count, info, a, pipeline);
}

// A driver that cannot compile a kernel. Catches: a run that ends where a plainer kernel would do, one that goes on
// with what was not computed, a driver that is asked again at every op, kernels that change for other shapes as well.
static void vk_compile_refused(test *t)
{
    enum { M = 5, N = 40, K = 36 };
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    float x[M * K], w[N * K], want[M * N], got[M * N];
    r0i_buffer buffers[3];
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    r0i_vk *vk = r0i_vk_of(device);
    const size_t counts[3] = {M * N, M * K, N * K};
    r0i_view v[3];
    for (int i = 0; i < M * K; i++) x[i] = (float)(i % 7 - 3);
    for (int i = 0; i < N * K; i++) w[i] = (float)(i % 5 - 2) / 3;
    for (int i = 0; i < 3; i++) {
        CHECK(!r0i_buffer_create(device, counts[i], 4, &buffers[i]));
        v[i] = r0i_view_all(&buffers[i]);
    }
    r0i_write(v[1], x), r0i_write(v[2], w);
    r0i_matmul_nt(device, v[0], v[1], v[2], M, N, K, 0);
    CHECK(!r0i_read(v[0], want), "%s", r0_error(context));
    vk_compiles = vk->api.CreateComputePipelines, vk->api.CreateComputePipelines = vk_compile;
    vk_refuses = 1, vk_compiled = 0;
    for (int i = 0; i < 3; i++) { // of other constants than before: sums that are added
        r0i_fill(device, v[0], M * N, 0);
        r0i_matmul_nt_fused(device, v[0], v[1], v[2], v[0], v[0], v[0], v[0], M, N, K, 0, R0I_RESIDUAL);
        CHECK(!r0i_read(v[0], got) && !memcmp(want, got, sizeof want), "%s", r0_error(context));
    }
    CHECK(vk_compiled == 3, "asked %d times: for fill, the kernel, the plainer one", vk_compiled);
    r0i_matmul_nt(device, v[0], v[1], v[2], M, N, K, 0); // is there, and stays
    CHECK(!r0i_read(v[0], got) && !memcmp(want, got, sizeof want) && vk_compiled == 3 && !vk->refused);
    vk_refuses = 2;
    r0i_rope(device, v[0], v[1], v[2], 1, 1, 4, 1);
    CHECK(r0i_read(v[0], got) == R0_ERROR_DEVICE && strstr(r0_error(context), "the shader of rope does not compile"),
          "%s", r0_error(context));
    vk->api.CreateComputePipelines = vk_compiles;
    for (int i = 0; i < 3; i++) r0i_buffer_destroy(&buffers[i]);
    device->status = R0_OK; // for the close
    vk_close(t, context, device, bytes);
}

// What cannot be cut is refused, with the size and the limit.
static void vk_parts_refused(test *t, vk_bench *b, size_t range)
{
    r0i_buffer q, cache;
    char want[32];
    snprintf(want, sizeof want, "%zu at once", range);
    CHECK(!r0i_buffer_create(b->vk, 64 * range, 4, &q) && !r0i_buffer_create(b->vk, 64, 4, &cache));
    r0i_bias_backward(b->vk, r0i_view_all(&cache), r0i_view_all(&q), (uint32_t)range, 64);
    CHECK(r0i_vk_finish(b->vk) == R0_ERROR_LIMIT && strstr(r0_error(b->vk->context), want) &&
              strstr(r0_error(b->vk->context), "bias_backward: operand 1"), "%s", r0_error(b->vk->context));
    r0i_buffer_destroy(&q);
    r0i_buffer_destroy(&cache);
    b->vk->status = R0_OK; // for the close
}

static void vk_parts(test *t)
{
    enum { RANGE = 20000 };
    r0_context *context;
    size_t bytes;
    vk_bench b;
    if (!vk_limited(t, &b, &context, RANGE, &bytes)) return;
    for (int vectors = 0; vectors < 2; vectors++) {
        b.pad = vectors ? 20 : 19;
        if (vectors) {
            vk_parts_rows(&b, 70, 80, 500);
            vk_parts_matmul(&b, 8, 500, 80, 0);
            vk_parts_counts(&b, 20000);
        } else {
            vk_parts_rows(&b, 101, 64, 203);
            vk_parts_matmul(&b, 13, 301, 71, 3);
            vk_parts_matmul(&b, 63, 77, 77, 0);
            vk_parts_counts(&b, 33001);
        }
    }
    vk_parts_refused(t, &b, RANGE);
    vk_limited_close(t, &b, context, bytes);
}

// -- memory --

// Many buffers share few allocations, lie apart, start as zeros although the memory was used before, and give it all
// back. Catches: pieces that overlap, pieces that are lost, memory that is handed out with old contents.
static void vk_pool(test *t, bool staged)
{
    enum { BUFFERS = 200 };
    r0i_vk_options options = R0_ZERO;
    r0i_buffer buffers[BUFFERS];
    r0_context *context;
    size_t bytes, wrong = 0, dirty = 0, total = 0;
    options.staged = staged;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    int before = device->allocations, most = 0;
    memset(buffers, 0, sizeof buffers);
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < BUFFERS; i++) {
            uint32_t words[2000], count = (uint32_t)(i * 37 + round * 61) % 1999 + 1;
            if ((i + round) % 3 == 0 && round) r0i_buffer_destroy(&buffers[i]);
            if (buffers[i].device) continue;
            if (!CHECK(!r0i_buffer_create(device, count, 4, &buffers[i]), "%s", r0_error(context))) return;
            CHECK(!r0i_read(r0i_view_all(&buffers[i]), words));
            for (uint32_t j = 0; j < count; j++) dirty += words[j] != 0, words[j] = (uint32_t)i << 16 | j;
            r0i_write(r0i_view_all(&buffers[i]), words);
        }
        most = R0I_MAX(most, device->allocations - before);
        for (int i = 0; i < BUFFERS; i++) {
            uint32_t words[2000], count = (uint32_t)(buffers[i].size / 4);
            CHECK(!r0i_read(r0i_view_all(&buffers[i]), words));
            for (uint32_t j = 0; j < count; j++) wrong += words[j] != ((uint32_t)i << 16 | j);
        }
    }
    for (int i = 0; i < BUFFERS; i++) total += buffers[i].size;
    CHECK(!dirty && !wrong, "%zu words of fresh buffers are not 0, %zu of used ones were overwritten", dirty, wrong);
    CHECK(most < BUFFERS / 4, "%d allocations for %d buffers", most, (int)BUFFERS);
    CHECK(device->bytes == total && device->reserved.bytes >= total &&
              device->reserved.bytes < 3 * total + R0I_VK_STAGING,
          "%zu bytes in buffers, %zu expected, %llu reserved", device->bytes, total,
          (unsigned long long)device->reserved.bytes);
    for (int i = 0; i < BUFFERS; i += 2) r0i_buffer_destroy(&buffers[i]);
    for (int i = 1; i < BUFFERS; i += 2) r0i_buffer_destroy(&buffers[i]);
    for (r0i_vk_block *b = r0i_vk_of(device)->blocks; b; b = b->next)
        CHECK(!b->pieces->next, "a block stays in pieces");
    vk_close(t, context, device, bytes);
}

// A workspace that grows step by step keeps no earlier size, and one of the same size costs no new allocation.
static void vk_pool_growing(test *t)
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    r0i_buffer buffer;
    size_t bytes;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    uint64_t start = device->reserved.bytes;
    for (size_t size = 1 << 17; size <= (size_t)1 << 22; size *= 2) {
        CHECK(!r0i_buffer_create_for(device, R0_MEMORY_ACTIVATIONS, size, 1, &buffer), "%s", r0_error(context));
        CHECK(device->reserved.bytes <= start + size + 65536, "%llu bytes reserved for %zu",
              (unsigned long long)(device->reserved.bytes - start), size);
        VkDeviceMemory memory = ((r0i_vk_memory *)buffer.handle)->block->memory;
        r0i_buffer_destroy(&buffer);
        CHECK(!r0i_buffer_create(device, size, 1, &buffer));
        CHECK(((r0i_vk_memory *)buffer.handle)->block->memory == memory, "%zu bytes were allocated again", size);
        r0i_buffer_destroy(&buffer);
    }
    CHECK(device->purposes[R0_MEMORY_ACTIVATIONS].peak_bytes == (uint64_t)1 << 22 &&
          !device->purposes[R0_MEMORY_ACTIVATIONS].bytes && !device->purposes[R0_MEMORY_OTHER].bytes);
    vk_close(t, context, device, bytes);
}

// Refused, with what it is for, how large it is and what the device allows.
static void vk_pool_refused(test *t)
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    r0i_buffer buffers[4];
    size_t bytes;
    options.max_allocation = 1 << 23, options.max_allocations = 3;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    CHECK(r0i_buffer_create_for(device, R0_MEMORY_KV, 9 << 20, 1, &buffers[0]) == R0_ERROR_LIMIT &&
          strstr(r0_error(context), "KV cache take 9437184 bytes") && strstr(r0_error(context), "allows 8388608 bytes"),
          "%s", r0_error(context));
    for (int i = 0; i < 2; i++) CHECK(!r0i_buffer_create(device, 1 << 20, 1, &buffers[i]), "%s", r0_error(context));
    CHECK(r0i_buffer_create(device, 1 << 20, 1, &buffers[2]) == R0_ERROR_MEMORY &&
          strstr(r0_error(context), "allows 3 allocations"), "%s", r0_error(context));
    r0i_buffer_destroy(&buffers[0]);
    CHECK(!r0i_buffer_create(device, 1 << 20, 1, &buffers[2]), "%s", r0_error(context));
    r0i_buffer_destroy(&buffers[1]);
    r0i_buffer_destroy(&buffers[2]);
    vk_close(t, context, device, bytes);
}

// -- submits --

static void vk_work(r0i_device *device, r0i_buffer *buffers, uint32_t size, int count)
{
    for (int i = 0; i < count; i++)
        r0i_matmul_nt(device, r0i_view_all(&buffers[0]), r0i_view_all(&buffers[1]), r0i_view_all(&buffers[2]), size,
                      size, size, 0);
}

// A device that takes `truth` seconds per flop, as the pace hears of it: submits are filled up to the target.
static double vk_learned(r0i_vk *vk, double start, double truth)
{
    vk->pace[R0I_OP_matmul_nt] = start;
    for (int i = 0; i < 100; i++) {
        r0i_vk_frame frame;
        memset(&frame, 0, sizeof frame);
        double flops = vk->target / vk->pace[R0I_OP_matmul_nt];
        frame.dispatches = 4;
        frame.cost = frame.costs[R0I_OP_matmul_nt] = vk->target;
        r0i_vk_learn(vk, &frame, truth * flops + 4 * R0I_VK_DISPATCH);
    }
    return vk->pace[R0I_OP_matmul_nt];
}

// Submits are cut by the pace of their ops, and the pace follows what they take, with the queue's own clock and
// without. Catches: a pace that runs away or stays behind, submits that grow beyond what a system's watchdog allows.
static void vk_submits(test *t, bool no_timestamps)
{
    enum { SIZE = 256 };
    r0i_vk_options options = R0_ZERO;
    r0i_buffer buffers[3];
    r0_context *context;
    size_t bytes;
    options.no_timestamps = no_timestamps, options.target = 0.01;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    r0i_vk *vk = r0i_vk_of(device);
    double *pace = &vk->pace[R0I_OP_matmul_nt], flops = 2. * SIZE * SIZE * SIZE;
    CHECK(!vk->stamps == no_timestamps);
    for (int i = 0; i < 3; i++) CHECK(!r0i_buffer_create(device, SIZE * SIZE, 4, &buffers[i]));
    vk_work(device, buffers, SIZE, 20);
    CHECK(!r0i_vk_finish(device) && *pace >= 1e-15 && *pace <= 1e-3, "a pace of %g", *pace);
    // of ops that should take .3 of the target each, three make a submit and the fourth begins the next
    *pace = .3 * vk->target / flops;
    vk_work(device, buffers, SIZE, 3);
    CHECK(vk->recording && vk->frames[vk->frame].dispatches == 3);
    uint64_t before = vk->serial;
    vk_work(device, buffers, SIZE, 1);
    CHECK(vk->recording && vk->serial == before + 1 && vk->frames[vk->frame].dispatches == 1);
    CHECK(!r0i_vk_finish(device));
    // one that should take three targets is dispatched in parts, each in a submit of its own
    before = vk->serial;
    *pace = 3 * vk->target / flops;
    vk_work(device, buffers, SIZE, 1);
    CHECK(!r0i_vk_finish(device) && vk->serial - before >= 3, "%d submits", (int)(vk->serial - before));
    for (int slow = 0; slow < 2; slow++) {
        double truth = 3e-11, learned = vk_learned(vk, slow ? 1e-9 : 1e-13, truth);
        CHECK(fabs(learned / truth - 1) < .01, "learned %g for %g", learned, truth);
    }
    for (int i = 0; i < 3; i++) r0i_buffer_destroy(&buffers[i]);
    vk_close(t, context, device, bytes);
}

// A lost device says what ran, refuses everything from then on with the same text, and can still be taken apart.
static void vk_lost(test *t)
{
    r0i_vk_options options = R0_ZERO;
    r0i_buffer buffers[4];
    r0_context *context;
    char first[1024];
    size_t bytes;
    options.lose_at = 2;
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    for (int i = 0; i < 3; i++) CHECK(!r0i_buffer_create(device, 64 * 64, 4, &buffers[i]));
    vk_work(device, buffers, 64, 1);
    CHECK(!r0i_vk_finish(device), "%s", r0_error(context));
    r0i_fill(device, r0i_view_all(&buffers[0]), 9, 1);
    vk_work(device, buffers, 64, 3);
    CHECK(r0i_read(r0i_view_part(r0i_view_all(&buffers[0]), 0, 9, 4), first) == R0_ERROR_DEVICE);
    snprintf(first, sizeof first, "%s", r0_error(context));
    CHECK(strstr(first, "VK_ERROR_DEVICE_LOST") && strstr(first, "fill, matmul_nt x3") && strstr(first, "submit 2") &&
              strstr(first, "checkpoint"), "%s", first);
    CHECK(r0i_buffer_create(device, 1, 4, &buffers[3]) == R0_ERROR_DEVICE && !strcmp(r0_error(context), first));
    vk_work(device, buffers, 64, 1);
    CHECK(r0i_vk_finish(device) == R0_ERROR_DEVICE && !strcmp(r0_error(context), first));
    for (int i = 0; i < 3; i++) r0i_buffer_destroy(&buffers[i]);
    CHECK(device->bytes == r0i_vk_of(device)->sums.size);
    r0i_device_destroy(device);
    CHECK(context->bytes == bytes, "%zu bytes of host memory leaked", context->bytes - bytes);
    r0_context_destroy(context);
}

// The first start asks for `kernels`, a resumed run finds them in run.json.
static r0_status vk_lost_evolve(r0_evaluation_set *set, const char *folder, bool resume, const char *kernels,
                                uint64_t lose_at, uint64_t *serial, char *error, size_t size)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_evolve_desc run;
    desc.device = "vulkan";
    desc.threads = 1;
    if (!resume) desc.kernels = kernels;
    r0_status status = r0_context_create(&desc, &r0);
    if (!status) {
        r0i_vk_of(r0->device)->lose_at = lose_at;
        test_evolve_desc(r0, set, folder, &run);
        run.config.iterations = 1, run.config.challenger.steps = run.config.solver.steps = 1;
        run.config.challenger.groups = 2, run.config.solver.groups = 6, run.config.questions = 8, run.config.votes = 3;
        run.config.challenger.n = run.config.solver.n = 4, run.config.curation_votes = 3;
        run.config.no_filter = true; // the solver trains, whatever the votes
        run.config.challenger.mini_batches = run.config.solver.mini_batches = 1; // software drivers are slow
        run.config.evaluation_samples = 1, run.config.max_dead = 0; // a run of one step may teach nothing
        run.checkpoint_seconds = 0;
        run.resume = resume;
        status = r0_evolve(r0, &run, NULL);
        *serial = r0i_vk_of(r0->device)->serial;
        if (strncmp(r0_device_kernels(r0), kernels, strlen(kernels))) status = R0_ERROR_INTERNAL;
    }
    snprintf(error, size, "%s", r0_error(r0));
    r0_context_destroy(r0);
    return status;
}

// A run whose device is lost, again and again, ends with the files of one that was left alone; and goes on with the
// kernels that it began with, which are not those that the device would choose.
static void vk_lost_run(test *t)
{
    r0_evaluation_set set = {"held-out", NULL, R0_ZERO};
    const char *kernels = "large tiles 0";
    char error[1024];
    uint64_t all, some;
    int lost = 0;
    if (getenv("R0_TEST_SMALL")) return;
    if (!CHECK(r0_bench_load(t->r0, "examples/tiny/heldout.jsonl", &set.bench) == R0_OK, "%s", r0_error(t->r0))) return;
    r0_bench_sample(&set.bench, 2, 1);
    CHECK(system(TEST_REMOVE) == 0);
    r0_status status = vk_lost_evolve(&set, "build/evolve/vulkan", false, kernels, 0, &all, error, sizeof error);
    CHECK(status == R0_OK && all > 20, "%s", error);
    for (int i = 0; i < 20; i++) {
        status = vk_lost_evolve(&set, "build/evolve/lost", i > 0, kernels, i < 2 ? all / 2 : 0, &some, error,
                                sizeof error);
        if (!status) break;
        CHECK(status == R0_ERROR_DEVICE && strstr(error, "VK_ERROR_DEVICE_LOST"), "%s", error);
        lost++;
    }
    CHECK(!status && lost > 0, "lost %d times; %s", lost, error);
    CHECK(test_same_run(t->r0, "build/evolve/vulkan", "build/evolve/lost"), "a lost device changed the result");
    r0_bench_free(t->r0, &set.bench);
}

// -- a host program with a device of its own --

typedef struct vk_host {
    r0i_vk_api api;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    int locks, unlocks;
} vk_host;

static void vk_host_lock(void *user)
{
    ((vk_host *)user)->locks++;
}

static void vk_host_unlock(void *user)
{
    ((vk_host *)user)->unlocks++;
}

// As a program does it that draws, say: nothing here knows of r0. `features` are enabled where given.
static bool vk_host_open(vk_host *host, const r0i_vk_features *features)
{
    float priority = 1;
    memset(host, 0, sizeof *host);
    if (r0i_vk_api_open(&host->api)) return false;
    uint32_t count = 1;
    host->api.EnumeratePhysicalDevices(host->api.instance, &count, &host->physical);
    VkDeviceQueueCreateInfo queue = R0_ZERO;
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkDeviceCreateInfo info = R0_ZERO;
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.pNext = features;
    info.enabledExtensionCount = features ? R0I_COUNT(r0i_vk_unit_extensions) : 0;
    info.ppEnabledExtensionNames = r0i_vk_unit_extensions;
    if (!count || host->api.CreateDevice(host->physical, &info, NULL, &host->device) != VK_SUCCESS) return false;
    host->api.GetDeviceQueue = (PFN_vkGetDeviceQueue)host->api.GetDeviceProcAddr(host->device, "vkGetDeviceQueue");
    host->api.GetDeviceQueue(host->device, 0, 0, &host->queue);
    return true;
}

// The host's device still works, and is the host's to destroy.
static void vk_host_close(test *t, vk_host *host)
{
    PFN_vkDeviceWaitIdle wait = (PFN_vkDeviceWaitIdle)host->api.GetDeviceProcAddr(host->device, "vkDeviceWaitIdle");
    PFN_vkDestroyDevice destroy =
        (PFN_vkDestroyDevice)host->api.GetDeviceProcAddr(host->device, "vkDestroyDevice");
    CHECK(wait(host->device) == VK_SUCCESS);
    destroy(host->device, NULL);
    r0i_vk_api_close(&host->api);
}

// r0 computes on it, submits under the host's lock, and leaves it as it was. Catches: a handle of the host that is
// destroyed (the validation layer says so, too), a submit without the lock, a half-filled descriptor that is taken.
static void vk_borrowed(test *t)
{
    vk_host host;
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_model_config config = test_small_config(R0_QWEN3);
    test_sequences s;
    float logp[2][TEST_RESPONSES];
    if (!CHECK(vk_host_open(&host, NULL))) return;
    desc.vulkan.get_instance_proc_addr = (r0_function)host.api.GetInstanceProcAddr;
    desc.vulkan.instance = host.api.instance, desc.vulkan.physical_device = host.physical;
    desc.vulkan.device = host.device, desc.vulkan.queue = host.queue;
    desc.vulkan.lock_queue = vk_host_lock, desc.vulkan.unlock_queue = vk_host_unlock;
    desc.user = &host;
    test_sequences_make(&s, config.vocab_size);
    for (int i = 0; i < 2; i++) {
        r0_model *model;
        CHECK(!r0_context_create(&desc, &r0), "%s", r0_error(r0));
        CHECK(strstr(r0_device_name(r0), "vulkan: the host's ") == r0_device_name(r0), "%s", r0_device_name(r0));
        CHECK(!r0_model_create(r0, &config, 5, &model) && !r0_logp(model, s.items, 3, 1, logp[i], NULL, NULL));
        r0_model_destroy(model);
        r0_context_destroy(r0);
    }
    CHECK(!memcmp(logp[0], logp[1], sizeof logp[0]) && host.locks > 0 && host.locks == host.unlocks);
    desc.device = "cpu";
    CHECK(r0_context_create(&desc, &r0) == R0_OK && r0->device->is_cpu);
    r0_context_destroy(r0);
    desc.device = "vulkan:0";
    CHECK(r0_context_create(&desc, &r0) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "vulkan:0"), "%s", r0_error(r0));
    r0_context_destroy(r0);
    desc.device = NULL, desc.vulkan.queue = NULL;
    CHECK(r0_context_create(&desc, &r0) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "queue"), "%s", r0_error(r0));
    r0_context_destroy(r0);
    vk_host_close(t, &host);
}

// By index and by a part of the name; what is not there, or more than one, is refused with a list of what there is.
static void vk_choice(test *t)
{
    r0_device_info devices[R0I_VK_MAX_DEVICES];
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    char name[160];
    int count, same = 0;
    CHECK(!r0_devices(t->r0, devices, R0I_VK_MAX_DEVICES, &count) && count > 0);
    for (int i = 0; i < count; i++) same += r0i_vk_name_has(devices[i].name, devices[0].name);
    snprintf(name, sizeof name, "vulkan:%s", devices[0].name);
    for (int i = 7; name[i]; i++) name[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    desc.device = name;
    CHECK((r0_context_create(&desc, &r0) == R0_OK) == (same == 1), "%s: %s", name, r0_error(r0));
    CHECK(same != 1 || strstr(r0_device_name(r0), "vulkan:0 ") == r0_device_name(r0), "%s", r0_device_name(r0));
    r0_context_destroy(r0);
    desc.device = "vulkan:no such";
    CHECK(r0_context_create(&desc, &r0) == R0_ERROR_DEVICE && strstr(r0_error(r0), devices[0].name) &&
              strstr(r0_error(r0), "no such"), "%s", r0_error(r0));
    r0_context_destroy(r0);
    desc.device = "vulkan:99";
    CHECK(r0_context_create(&desc, &r0) == R0_ERROR_DEVICE && strstr(r0_error(r0), "99"), "%s", r0_error(r0));
    r0_context_destroy(r0);
}

// -- self-test --

// Every fast path that is found wrong is refused, said so, and replaced by one that is right. Catches: a fallback that
// is not taken, or that takes the next wrong path.
static void vk_self(test *t, uint32_t spoil, const char *says)
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    vk_bench b;
    memset(&b, 0, sizeof b);
    options.self_test = true, options.spoil = spoil;
    b.vk = vk_open(t, &context, &options, &bytes);
    if (!b.vk) return;
    r0i_vk *vk = r0i_vk_of(b.vk);
    uint32_t has = R0I_VK_SHARED | (vk->units.m ? R0I_VK_COOPERATIVE : 0);
    CHECK(vk->refused == (spoil & has), "refused %u of %u", (unsigned)vk->refused, (unsigned)spoil);
    CHECK((strstr(b.vk->name, "without") ? strstr(b.vk->name, says) : spoil & has ? NULL : says) != NULL, "%s",
          b.vk->name);
    b.t = t, b.cpu = t->r0->device, b.mode = says, b.slack = 1, b.pad = 20;
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    for (uint32_t format = 0; format < 3; format++) {
        static const char *const kinds[] = {"fff", "ffw", "ffh"};
        r0i_matmul_args args = {9, 40, 64, 0, 0, format};
        vk_case(&b, R0I_OP_matmul_nt, kinds[format], &args, sizeof args, 3e-6, limits, sizes);
    }
    const r0i_count_args rows = {1 << 20, 0};
    uint32_t members = r0i_vk_shape_of(vk, R0I_OP_grad_norm, &rows).constants[1];
    CHECK(members == (spoil == R0I_VK_SHARED ? 1 : 256), "%s: %u share a long row", says,
          (unsigned)members);
    vk_close(t, context, b.vk, bytes);
}

// The same for matrix units, which are tested only when somebody asks for them: at the start, or a run that is resumed.
static void vk_self_units(test *t, uint32_t spoil)
{
    const char *kernels = "large tiles 0, few rows 16, cooperative 1";
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    for (int resumed = 1; resumed >= 0; resumed--) {
        options.self_test = true, options.spoil = spoil;
        options.kernels = resumed ? NULL : kernels;
        r0i_device *device = vk_open(t, &context, &options, &bytes);
        if (!device) return;
        r0i_vk *vk = r0i_vk_of(device);
        if (!vk->units.m) { // vk_units says so
            vk_close(t, context, device, bytes);
            return;
        }
        if (resumed) CHECK(r0i_device_kernels_set(device, kernels) == !spoil);
        CHECK(vk->kernels.cooperative == !spoil && !vk->units_wait && vk->refused == spoil, "%u, refused %u",
              (unsigned)vk->kernels.cooperative, (unsigned)vk->refused);
        const char *told = spoil ? "large tiles 0, few rows 16, cooperative 0" : kernels;
        CHECK(!strcmp(device->kernels, told), "%s", device->kernels);
        vk_close(t, context, device, bytes);
    }
}

// A host's device uses matrix units only if the host says that they are enabled. Catches: a pipeline of features that
// are not (the validation layer says so).
static void vk_borrowed_units(test *t)
{
    vk_host host;
    r0i_vk finder;
    r0i_vk_features features;
    if (!CHECK(vk_host_open(&host, NULL))) return;
    memset(&finder, 0, sizeof finder);
    finder.api = host.api, finder.physical = host.physical, finder.context = t->r0;
    bool has = r0i_vk_features_find(&finder, &features);
    vk_host_close(t, &host);
    for (int enabled = 0; enabled <= (int)has; enabled++) {
        r0i_vk_options options = R0_ZERO;
        r0_vulkan_desc desc = R0_ZERO;
        r0_context *context;
        size_t bytes, sizes[1] = {0};
        uint32_t limits[1] = {0};
        vk_bench bench, *b = &bench;
        if (!CHECK(vk_host_open(&host, enabled ? &features : NULL))) return;
        desc.get_instance_proc_addr = (r0_function)host.api.GetInstanceProcAddr;
        desc.instance = host.api.instance, desc.physical_device = host.physical;
        desc.device = host.device, desc.queue = host.queue, desc.cooperative_matrix = enabled;
        options.host = &desc;
        memset(b, 0, sizeof bench);
        b->vk = vk_open(t, &context, &options, &bytes);
        if (!b->vk) return;
        CHECK(enabled || !r0i_vk_of(b->vk)->units.m);
        CHECK(r0i_device_kernels_set(b->vk, "large tiles 0, cooperative 1") == (r0i_vk_of(b->vk)->units.m != 0));
        b->t = t, b->cpu = t->r0->device, b->mode = "a host's matrix units", b->slack = 1, b->pad = 20;
        VK_CASE(matmul_nt, "ffw", 3e-6, matmul, 5, 40, 32, 0, 0, R0I_FORMAT_BF16);
        vk_close(t, context, b->vk, bytes);
        vk_host_close(t, &host);
    }
}

// Opens a device with the folder's file of trials; NULL when that is refused, and why.
static bool vk_trial(test *t, const char *folder, uint32_t spoil, uint32_t refused, const char *says, char why[512])
{
    r0_context_desc desc = R0_ZERO;
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    r0i_device *device = NULL;
    desc.device = "cpu", desc.threads = 1;
    options.cache_folder = folder, options.self_test = true, options.spoil = spoil;
    options.kernels = "large tiles 64"; // nothing is measured
    if (!CHECK(r0_context_create(&desc, &context) == R0_OK)) return false;
    r0_status status = r0i_vk_device_open(context, R0I_VK_BEST, &options, &device);
    snprintf(why, 512, "%.511s", r0_error(context));
    if (device) {
        CHECK(r0i_vk_of(device)->refused == refused, "%s: refused %u", says, (unsigned)r0i_vk_of(device)->refused);
        CHECK(!refused == !strstr(device->name, "without"), "%s: %s", says, device->name);
        r0i_device_destroy(device);
    }
    r0_context_destroy(context);
    return !status;
}

// What died is not tried again, what was wrong neither, until the driver is another one; who is just trying is left
// alone. Catches: a crash at every start; a good path refused for another process's trial. (faults.py has real ones.)
static void vk_trials(test *t)
{
    enum { NONE = 0, SHARED = R0I_VK_SHARED };
    const char *folder = "build/trials";
    char path[300], lock[300], why[512], *text = NULL;
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes, size;
    CHECK(!r0i_folder_create(t->r0, folder));
    options.cache_folder = folder, options.kernels = "large tiles 64";
    r0i_device *device = vk_open(t, &context, &options, &bytes);
    if (!device) return;
    snprintf(path, sizeof path, "%s", r0i_vk_of(device)->trials.data);
    vk_close(t, context, device, bytes);
    remove(path);
    CHECK(vk_trial(t, folder, NONE, NONE, "new", why), "%s", why);
    if (!CHECK(!r0i_file_read(t->r0, path, &text, &size), "%s", r0_error(t->r0))) return;
    CHECK(strchr(text, '\n') == text + size - 1, "no kernel is under way: %s", text);
    CHECK(vk_trial(t, folder, SHARED, SHARED, "found wrong", why), "%s", why);
    CHECK(vk_trial(t, folder, SHARED, SHARED, "known wrong", why), "%s", why);
    CHECK(!r0i_file_write_atomic(t->r0, path, text, size));

    const char *shared = "try matmul_nt by shared memory\n", *plain = "try attention_forward by plain kernels\n";
    r0i_lock held = R0_ZERO;
    snprintf(lock, sizeof lock, "%.*s.lock", (int)(strlen(path) - 4), path);
    CHECK(!r0i_file_append(t->r0, path, shared, strlen(shared)));
    CHECK(!r0i_lock_take(t->r0, lock, &held), "%s", r0_error(t->r0));
    if (held.held) CHECK(vk_trial(t, folder, NONE, NONE, "another process is trying", why), "%s", why);
    r0i_lock_free(&held);
    for (int i = 0; i < 2; i++) // a processor refuses shared memory for tests alone
        CHECK(vk_trial(t, folder, SHARED, SHARED, "died", why), "%s", why);
    r0i_free(t->r0, text);
    CHECK(!r0i_file_read(t->r0, path, &text, &size) && strstr(text, "\ndied matmul_nt by shared memory\n"), "%s", text);
    text[3] ^= 1; // of another version
    CHECK(!r0i_file_write_atomic(t->r0, path, text, size));
    CHECK(vk_trial(t, folder, NONE, NONE, "of another version", why), "%s", why);
    CHECK(!r0i_file_append(t->r0, path, plain, strlen(plain)));
    for (int i = 0; i < 2; i++) CHECK(vk_trial(t, folder, NONE, NONE, "tried once more", why), "%s", why);
    CHECK(!r0i_file_append(t->r0, path, plain, strlen(plain)));
    for (int i = 0; i < 2; i++)
        CHECK(!vk_trial(t, folder, NONE, NONE, "twice", why) && strstr(why, path) && strstr(why, "twice"), "%s", why);
    remove(path);
    r0i_free(t->r0, text);
}

static void test_vulkan_device(test *t)
{
    vk_parts(t);
    if (t->skipped) return;
    vk_pool(t, false);
    vk_pool(t, true);
    vk_pool_growing(t);
    vk_pool_refused(t);
    vk_submits(t, false);
    vk_submits(t, true);
    vk_lost(t);
    vk_borrowed(t);
    vk_choice(t);
    vk_self(t, 0, "all paths");
    vk_self(t, R0I_VK_SHARED, "without shared memory");
    vk_self_units(t, 0);
    vk_self_units(t, R0I_VK_COOPERATIVE);
    vk_borrowed_units(t);
    vk_trials(t);
    vk_lost_run(t);
    vk_compile_refused(t);
}

#else
static void test_vulkan_device(test *t)
{
    SKIP("built without Vulkan");
}
#endif
