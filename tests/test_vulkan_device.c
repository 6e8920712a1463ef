// What the Vulkan device does around its kernels, each test on limits or failures that are provoked: operands above
// the largest range, allocations above the largest size.
// (test_vulkan.c, which is included before, has vk_open, vk_close and vk_case.)
#ifndef R0_NO_VULKAN

// Two devices in one context: b->cpu without limits, b->vk with operands of at most `range` bytes.
static bool vk_limited(test *t, vk_bench *b, r0_context **context, size_t range, bool gpu_kernels, size_t *bytes)
{
    r0i_vk_options options = R0_ZERO;
    memset(b, 0, sizeof *b);
    options.gpu_kernels = gpu_kernels;
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
    VK_CASE(embedding_forward, "fif", 0, embedding, N, C, 0, V);
    VK_LIMITS(V);
    VK_CASE(embedding_forward, "fif", 0, embedding, N, C, V / 3, V / 2);
    VK_SIZES((size_t)V * C, (size_t)2 * 16 * C, (size_t)2 * 16);
    VK_LIMITS(V);
    VK_CASE(embedding_backward, "ffosu", 0, embedding, 16, C, 0, V);
    for (uint32_t accumulate = 0; accumulate < 2; accumulate++) {
        VK_CASE(rms_norm_forward, "ffff", 0, norm, N, C, 1e-6f, accumulate);
        VK_CASE(rms_norm_backward, "ffffp", 0, norm, N, C, 1e-6f, accumulate);
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
    VK_CASE(add, "ff", 0, count, count, 0);
    VK_CASE(sum_squares, "ff", 0, count, count, 0);
    VK_CASE(fill, "f", 0, count, count, 0.25f);
    VK_CASE(adamw, "ffpf", 0, adamw, count, 1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 0.1f, 0.001f, 0.5f);
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

static void vk_parts(test *t, bool gpu_kernels)
{
    enum { RANGE = 20000 };
    r0_context *context;
    size_t bytes;
    vk_bench b;
    if (!vk_limited(t, &b, &context, RANGE, gpu_kernels, &bytes)) return;
    for (int vectors = 0; vectors < 2; vectors++) {
        b.pad = vectors ? 20 : 19;
        vk_parts_rows(&b, 101, 64, 203);
        vk_parts_rows(&b, 70, 80, 500);
        vk_parts_counts(&b, 20000);
        vk_parts_counts(&b, 33001);
    }
    vk_parts_refused(t, &b, RANGE);
    vk_limited_close(t, &b, context, bytes);
}

static void test_vulkan_device(test *t)
{
    vk_parts(t, false);
    if (t->skipped) return;
    vk_parts(t, true);
}

#else
static void test_vulkan_device(test *t)
{
    SKIP("built without Vulkan");
}
#endif
