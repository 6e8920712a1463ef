// Every op under the limits of real devices, one row each. Catches: an alignment, a size of shared memory or a range
// that was taken for granted, and a tile that the registers of a vendor's chips cannot hold.
// (test_vulkan.c, which is included before, has vk_bench, vk_open and the cases.)
#ifndef R0_NO_VULKAN

// What drivers say of a device, in bytes, and how many lanes its subgroups have. From: Mesa's own drivers asked for the
// chip without it (RADV 22.3 and 26.2, ANV 25.0, NVK and Turnip 26.2; tests/shader_report.py has how); MoltenVK on an
// M1, which the M2 is taken for: vulkano-rs/vulkano#1919 (range), KhronosGroup/MoltenVK#834 (alignment),
// gfx-rs/wgpu#5551 (shared memory, invocations, lanes); Mali-G615: leegao/bionic-vulkan-wrapper#124 (range), the rest
// of it what R0 asks for at least, as no report was found. Memory: the makers' data sheets; half of 16 GiB where it is
// shared. `sums` is what is tested by it: those of a lane in the largest tile of a matmul.
typedef struct vk_device_row {
    const char *name;
    uint32_t vendor, alignment, shared, invocations, lanes_least, lanes_most;
    uint64_t range, allocation, heap;
    uint32_t sums;
} vk_device_row;

#define VK_4G ((uint64_t)1 << 32)
static const vk_device_row vk_devices[] = {
    {"Radeon RX 7900 XTX", 0x1002, 4, 65536, 1024, 32, 64, VK_4G - 1, VK_4G - 4, 6 * VK_4G, 64},
    {"Radeon 780M", 0x1002, 4, 65536, 1024, 32, 64, VK_4G - 1, VK_4G - 4, 2 * VK_4G, 64},
    {"Radeon Vega 8", 0x1002, 4, 65536, 1024, 64, 64, VK_4G - 1, VK_4G - 4, 2 * VK_4G, 64},
    {"Arc A770", 0x8086, 4, 65536, 1024, 8, 32, VK_4G - 1, VK_4G, 4 * VK_4G, 32},
    {"Iris Xe", 0x8086, 4, 65536, 1024, 8, 32, VK_4G / 2, VK_4G / 2, 2 * VK_4G, 32},
    {"GeForce RTX 3090", 0x10de, 16, 49152, 1024, 32, 32, VK_4G - 1, VK_4G / 2, 6 * VK_4G, 64},
    {"Adreno 740", 0x5143, 4, 32768, 1024, 64, 128, VK_4G / 32, VK_4G - 1, 2 * VK_4G, 64},
    {"Mali-G615", 0x13b5, 256, 16384, 256, 16, 16, VK_4G / 2, VK_4G / 4, 2 * VK_4G, 16},
    {"M2 through MoltenVK", 0x106b, 16, 32768, 1024, 4, 32, VK_4G - 1, VK_4G, 2 * VK_4G, 32},
};

static const vk_device_row *vk_row; // a hook has no other place for it

// Ranges and allocations are a 1,024th, so that small operands meet them; an allocation is at least what staging takes.
static void vk_row_limit(r0i_vk *vk)
{
    enum { SCALE = 1024 };
    VkPhysicalDeviceLimits *limits = &vk->limits;
    limits->minStorageBufferOffsetAlignment = R0I_MAX(limits->minStorageBufferOffsetAlignment, vk_row->alignment);
    limits->maxComputeSharedMemorySize = R0I_MIN(limits->maxComputeSharedMemorySize, vk_row->shared);
    limits->maxComputeWorkGroupInvocations = R0I_MIN(limits->maxComputeWorkGroupInvocations, vk_row->invocations);
    limits->maxComputeWorkGroupSize[0] = R0I_MIN(limits->maxComputeWorkGroupSize[0], vk_row->invocations);
    vk->max_range = (size_t)R0I_MIN(vk->max_range, vk_row->range / SCALE);
    vk->max_allocation = R0I_MIN(vk->max_allocation, R0I_MAX(vk_row->allocation / SCALE, (uint64_t)R0I_VK_STAGING));
    for (uint32_t i = 0; i < vk->memories.memoryHeapCount; i++)
        vk->memories.memoryHeaps[i].size = R0I_MIN(vk->memories.memoryHeaps[i].size, vk_row->heap);
    bool processor = vk->processor;
    vk->processor = false; // for what the vendor's chips can hold
    for (int op = 0; op < R0I_OP_COUNT; op++) vk->registers[op] = r0i_vk_registers(vk, vk_row->vendor);
    vk->processor = processor;
}

static uint32_t vk_row_sums(const r0i_vk *vk, r0i_op op, const r0i_view *views)
{
    const r0i_matmul_args a = {2040, 1024, 1024, 0, 0, R0I_FORMAT_REAL};
    r0i_vk_shape shape = r0i_vk_shape_for(vk, op, &a, views);
    return shape.constants[6] * shape.constants[7];
}

// The default tiles, and what they ask of shared memory (matmul.glsl, attention.glsl).
static void vk_row_tiles(test *t, const r0i_vk *device)
{
    static const r0i_op heads[] = {R0I_OP_attention_forward, R0I_OP_attention_backward_q, R0I_OP_attention_backward_kv};
    static const r0i_op matmuls[] = {R0I_OP_matmul_nt, R0I_OP_matmul_nn, R0I_OP_matmul_tn};
    r0i_view views[R0I_MAX_OPERANDS];
    r0i_vk copy = *device;
    memset(views, 0, sizeof views);
    for (size_t i = 0; i < R0I_COUNT(matmuls); i++) {
        uint32_t sums = vk_row_sums(device, matmuls[i], views), most = vk_row->shared < 20480 ? 16 : vk_row->sums;
        CHECK(sums == most, "%s: %s has %u sums a lane, not %u", vk_row->name, r0i_ops[matmuls[i]].name, sums, most);
    }
    for (size_t i = 0; i < R0I_COUNT(heads); i++)
        for (uint32_t dim = 32; dim <= 256; dim *= 2) {
            r0i_attention_args a = {512, 8, 2, dim, .1f, 0};
            r0i_vk_shape shape = r0i_vk_shape_for(device, heads[i], &a, views);
            uint32_t own = shape.constants[6], held = own * dim / 128;
            if (heads[i] == R0I_OP_attention_backward_kv) held *= 2;
            bool small = own == 16 || vk_row->shared < 20480;
            CHECK(own == 16 ? vk_row->shared >= 20480 : own == 32 || own == 64, "%s: %u rows", vk_row->name, own);
            CHECK(held <= device->registers[heads[i]] / 2u || small, "%s: %s at head size %u holds %u sums a lane",
                  vk_row->name, r0i_ops[heads[i]].name, dim, held);
        }
    // Units of 16 x 16 with as few lanes as there may be: the largest tile only where its sums fit.
    copy.units.m = copy.units.n = copy.units.k = 16, copy.units.lanes = R0I_MIN(vk_row->lanes_least, 64u);
    copy.kernels.cooperative = 1, copy.refused = 0, copy.processor = false;
    CHECK(r0i_vk_kernels_default(&copy).cooperative == (vk_row->sums == 64), "%s: matrix units", vk_row->name);
    views[2].format = R0I_FORMAT_BF16;
    const r0i_matmul_args a = {2040, 1024, 1024, 0, 0, R0I_FORMAT_BF16};
    r0i_vk_shape shape = r0i_vk_shape_for(&copy, R0I_OP_matmul_nt, &a, views);
    uint32_t each = shape.constants[6], held = each * each * 256 / copy.units.lanes;
    CHECK(shape.cooperative && (each == 2 || held <= copy.registers[0] / 2u), "%s: %u sums a lane on matrix units",
          vk_row->name, held);
}

static void vk_row_ops(vk_bench *b)
{
    r0i_vk *vk = r0i_vk_of(b->vk);
    uint32_t limits[1] = {0};
    size_t sizes[1] = {0};
    b->pad = 19;
    vk_row_cases(b, 7, 33, 49);
    vk_matmul_cases(b, 5, 9, 17);
    vk_sample_cases(b, 5, 101);
    vk_head_cases(b, 9, 4, 2, 6);
    b->pad = 20;
    vk_format_cases(b, 20, 64, 16);
    vk_block_cases(b, 5, 7, 32, 1u << R0I_FORMAT_Q8_0 | 1u << R0I_FORMAT_Q5_K);
    vk_head_cases(b, 9, 4, 2, 16);
    if (vk->max_range > 1 << 20) { // else the cache of their decoding cases is refused
        vk_head_cases(b, 9, 4, 2, 64);
        vk_head_cases(b, 9, 2, 2, 128);
    }
    vk_count_cases(b, 2500);
    vk_response_cases(b);
    // Beyond the smallest range.
    VK_CASE(swiglu_forward, "fff", 1e-6, count, 40001, 0);
    VK_CASE(add, "ff", 0, count, 40001, 0);
    VK_CASE(sum_squares, "ff", 1e-6, count, 40001, 0);
    VK_CASE(matmul_nt, "fff", 3e-6, matmul, 8, 500, 80, 0, 0, 0);
    VK_CASE(matmul_nn, "fff", 3e-6, matmul, 8, 80, 500, 0, 0, 0);
    vk->kernels.large_tiles = vk->limits.maxComputeSharedMemorySize >= 20480; // one tile is enough for the largest
    vk_matmul_cases(b, 130, 131, 33);
}

static void vk_limits_row(test *t, const vk_device_row *row)
{
    r0i_vk_options options = R0_ZERO;
    r0_context *context;
    size_t bytes;
    vk_bench b;
    memset(&b, 0, sizeof b);
    vk_row = row;
    options.limit = vk_row_limit, options.self_test = true;
    b.vk = vk_open(t, &context, &options, &bytes);
    if (!b.vk) return;
    r0i_vk *vk = r0i_vk_of(b.vk);
    CHECK(vk->limits.minStorageBufferOffsetAlignment >= row->alignment && vk->max_range <= row->range / 1024 &&
              vk->limits.maxComputeSharedMemorySize <= row->shared && b.vk->memory <= row->heap, "%s", row->name);
    CHECK(!vk->refused, "%s: refused %u", row->name, (unsigned)vk->refused);
    b.t = t, b.cpu = t->r0->device, b.mode = row->name, b.slack = 1;
    vk_row_tiles(t, vk);
    vk_row_ops(&b);
    for (int op = 0; op < R0I_OP_COUNT; op++) CHECK(b.seen[op], "%s: %s was not tested", row->name, r0i_ops[op].name);
    vk_close(t, context, b.vk, bytes);
}

// -- a compiler that says what it spills --

static int vk_spilling; // pipelines that spill before one does not

static VKAPI_ATTR VkResult VKAPI_CALL vk_statistics(VkDevice device, const VkPipelineExecutableInfoKHR *info,
                                                    uint32_t *count, VkPipelineExecutableStatisticKHR *list)
{
    (void)device, (void)info;
    if (*count < 3) return VK_INCOMPLETE;
    *count = 3;
    strcpy(list[0].name, "Spilled SGPRs"); // AMD, and NVK: both cost little
    strcpy(list[1].name, "Spills to reg");
    list[0].value.u64 = list[1].value.u64 = 9;
    strcpy(list[2].name, "Spill count");
    list[2].value.u64 = vk_spilling-- > 0;
    return VK_SUCCESS;
}

// A tile that spills is left for the next smaller one, of that op alone, with the same bits.
static void vk_limits_spills(test *t)
{
    for (int spills = 0; spills <= 3; spills++) {
        static const uint32_t sums[] = {64, 32, 16, 16}; // there is none smaller: it serves although it spills
        r0i_vk_options options = R0_ZERO;
        r0_context *context;
        size_t bytes;
        uint32_t limits[1] = {0};
        size_t sizes[1] = {0};
        vk_bench bench, *b = &bench;
        memset(b, 0, sizeof bench);
        b->vk = vk_open(t, &context, &options, &bytes);
        if (!b->vk) return;
        r0i_vk *vk = r0i_vk_of(b->vk);
        b->t = t, b->cpu = t->r0->device, b->mode = "spilled", b->slack = 1, b->pad = 20;
        vk->kernels.large_tiles = 1;
        vk->statistics = vk_statistics;
        vk_spilling = spills;
        VK_CASE(matmul_nn, "fff", 3e-6, matmul, 130, 131, 33, 0, 0, 0);
        r0i_view views[R0I_MAX_OPERANDS];
        memset(views, 0, sizeof views);
        CHECK(vk_row_sums(vk, R0I_OP_matmul_nn, views) == sums[spills], "%d spill: %u sums", spills,
              vk_row_sums(vk, R0I_OP_matmul_nn, views));
        CHECK(vk_spilling == (spills == 3 ? 0 : -1), "%d", vk_spilling);
        CHECK(vk->registers[R0I_OP_matmul_nt] == 256, "another op has fewer registers");
        vk_close(t, context, b->vk, bytes);
    }
}

static void test_vulkan_limits(test *t)
{
    vk_limits_spills(t);
    if (t->skipped) return;
    for (size_t i = 0; i < R0I_COUNT(vk_devices); i++) vk_limits_row(t, &vk_devices[i]);
}

#else
static void test_vulkan_limits(test *t)
{
    SKIP("built without Vulkan");
}
#endif
