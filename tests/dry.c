// Steps of real size on Vulkan without a GPU: a driver of a few stubs stands where the loader would be, takes commands,
// and counts. What a step of Qwen3-0.6B and 4B asks of a GPU is then numbers that may not grow: dispatches, barriers,
// submits, host waits, copies, how many workgroups the smallest dispatches have, and the longest loop that few of them
// run alone. Two numbers of a card (what it computes, what it reads) make the time of a step, as an estimate.
//     dry [MODEL]          a table, then "N passed, N failed, N skipped"
// No memory is touched but the transfers'; every number that is read back is zero.
#define R0_IMPLEMENTATION
#include "../r0.h"

enum { DRY_WIDE = 96 }; // workgroups that fill a large GPU: those of a Radeon 7900 XTX, say

// What a dispatch takes: matmuls at `matmul` TFLOP/s (what kernels like ours reach, bench/shaders.md), memory at
// `bytes` GB/s, a turn of a loop that waits for memory `turn` microseconds, a barrier `barrier` of them. `units`
// workgroups run at once.
typedef struct dry_card {
    const char *name;
    double matmul, bytes, turn, barrier;
    int units;
} dry_card;

static const dry_card dry_cards[] = {
    {"7900 XTX", 18, 860, .5, 2.5, 96}, {"A770", 5, 450, .7, 4, 32}, {"780M", 2.3, 80, .6, 3, 12}};
enum { DRY_CARDS = 3 };

typedef struct dry_counts {
    double dispatches, barriers, submits, waits, copies, fills, head, seconds[DRY_CARDS];
} dry_counts;

typedef struct dry_driver {
    VkPhysicalDeviceType type;
    uint8_t card;           // its UUID
    VkDriverId id;
} dry_driver;

typedef struct dry {
    r0_context *r0;
    r0i_vk *vk;
    dry_counts now, before, after;
    int pass;
    char *memory[64];       // of allocations that are mapped
    int allocations;
    const r0i_vk_pipeline *bound;
    uint32_t push[R0I_VK_PUSH];
    double bytes[R0I_MAX_OPERANDS], stamp; // of the set that was written last; nanoseconds on the first card
    uint64_t stamps[64];
    uint32_t vocab, longest; // of the scenario: the head's rows; keys that a row sees
    uint64_t turns, turn_groups, least; // the longest loop of a dispatch below DRY_WIDE; the smallest matmul
    const char *turn_name, *least_name;
    int gib, free_gib;      // of the card's own memory; what others leave of it, 0: the driver does not say
    const struct dry_driver *drivers; // a list of devices
    const VkQueueFlags *families;     // of the queues, 0 at the end
    bool hangs;             // no fence is signaled
    double waited, patience; // seconds for fences, and after how many of them somebody asks to stop
    int warnings;
    int passed, failed;
} dry;

static dry d;

#define DRY(name, result, ...) static VKAPI_ATTR result VKAPI_CALL dry_##name(__VA_ARGS__)

// Handles are numbers that mean nothing, but for memory.
static void *dry_handle(void)
{
    static uintptr_t next = 64;
    return (void *)(next += 64);
}

// A discrete card: memory of its own, and some that the CPU sees.
DRY(GetPhysicalDeviceMemoryProperties, void, VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *m)
{
    (void)physical;
    memset(m, 0, sizeof *m);
    m->memoryHeapCount = m->memoryTypeCount = 2;
    m->memoryHeaps[0].size = (VkDeviceSize)d.gib << 30, m->memoryHeaps[0].flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;
    m->memoryHeaps[1].size = (VkDeviceSize)32 << 30;
    m->memoryTypes[0].propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    m->memoryTypes[1].heapIndex = 1;
    m->memoryTypes[1].propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
                                      VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
}

DRY(GetPhysicalDeviceProperties2, void, VkPhysicalDevice physical, VkPhysicalDeviceProperties2 *p)
{
    bool listed = d.drivers && (uintptr_t)physical >= (uintptr_t)d.drivers;
    const dry_driver *driver = listed ? (const dry_driver *)physical : NULL;
    VkPhysicalDeviceLimits *l = &p->properties.limits;
    memset(&p->properties, 0, sizeof p->properties);
    snprintf(p->properties.deviceName, sizeof p->properties.deviceName, "dry");
    p->properties.apiVersion = VK_MAKE_VERSION(1, 1, 0);
    p->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    p->properties.vendorID = 0x1002; // a Radeon: 256 registers a lane
    l->maxStorageBufferRange = UINT32_MAX, l->maxPerStageDescriptorStorageBuffers = 64;
    l->maxComputeWorkGroupInvocations = l->maxComputeWorkGroupSize[0] = 1024;
    l->maxComputeSharedMemorySize = 32768, l->minStorageBufferOffsetAlignment = 64;
    l->maxMemoryAllocationCount = 4096, l->timestampPeriod = 1;
    if (listed) p->properties.deviceType = driver->type, p->properties.apiVersion = VK_MAKE_VERSION(1, 3, 0);
    for (VkBaseOutStructure *s = (VkBaseOutStructure *)p->pNext; s; s = s->pNext)
        if (listed && s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES)
            ((VkPhysicalDeviceIDProperties *)s)->deviceUUID[0] = driver->card;
        else if (listed && s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES)
            ((VkPhysicalDeviceDriverProperties *)s)->driverID = driver->id;
        else if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES)
            ((VkPhysicalDeviceMaintenance3Properties *)s)->maxMemoryAllocationSize = (VkDeviceSize)1 << 40;
}

DRY(GetPhysicalDeviceQueueFamilyProperties, void, VkPhysicalDevice physical, uint32_t *count,
    VkQueueFamilyProperties *f)
{
    (void)physical;
    *count = 1;
    memset(f, 0, sizeof *f);
    f->queueFlags = VK_QUEUE_COMPUTE_BIT, f->timestampValidBits = 64;
    for (*count = d.families ? 0 : 1; d.families && d.families[*count]; ++*count)
        memset(&f[*count], 0, sizeof *f), f[*count].queueFlags = d.families[*count];
}

// With VK_EXT_memory_budget: others hold all but d.free_gib of the card's memory.
DRY(GetPhysicalDeviceMemoryProperties2, void, VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties2 *m)
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget = (VkPhysicalDeviceMemoryBudgetPropertiesEXT *)m->pNext;
    dry_GetPhysicalDeviceMemoryProperties(physical, &m->memoryProperties);
    budget->heapBudget[0] = (VkDeviceSize)d.gib << 30, budget->heapBudget[1] = m->memoryProperties.memoryHeaps[1].size;
    budget->heapUsage[0] = (VkDeviceSize)(d.gib - d.free_gib) << 30;
}

DRY(EnumerateDeviceExtensionProperties, VkResult, VkPhysicalDevice physical, const char *layer, uint32_t *count,
    VkExtensionProperties *e)
{
    (void)physical, (void)layer;
    *count = d.free_gib ? 1 : 0;
    if (e && *count) snprintf(e->extensionName, sizeof e->extensionName, "VK_EXT_memory_budget");
    return VK_SUCCESS;
}

DRY(WaitForFences, VkResult, VkDevice device, uint32_t count, const VkFence *fences, VkBool32 all, uint64_t time)
{
    (void)device, (void)count, (void)fences, (void)all;
    d.waited += (double)time * 1e-9;
    return d.hangs ? VK_TIMEOUT : VK_SUCCESS;
}

DRY(AllocateMemory, VkResult, VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *a,
    VkDeviceMemory *memory)
{
    (void)device, (void)a;
    uint32_t at = (uint32_t)d.allocations++ % 64;
    *memory = (VkDeviceMemory)dry_handle();
    if (info->memoryTypeIndex == 1) d.memory[at] = (char *)calloc(1, (size_t)info->allocationSize);
    return VK_SUCCESS;
}

DRY(MapMemory, VkResult, VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size,
    VkMemoryMapFlags flags, void **pointer)
{
    (void)device, (void)memory, (void)offset, (void)size, (void)flags;
    *pointer = d.memory[(d.allocations - 1) % 64];
    return *pointer ? VK_SUCCESS : VK_ERROR_MEMORY_MAP_FAILED;
}

DRY(GetBufferMemoryRequirements, void, VkDevice device, VkBuffer buffer, VkMemoryRequirements *needs)
{
    (void)device;
    needs->size = ((const VkDeviceSize *)buffer)[0], needs->alignment = 256, needs->memoryTypeBits = 3;
}

DRY(CreateBuffer, VkResult, VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *a,
    VkBuffer *b)
{
    (void)device, (void)a;
    VkDeviceSize *size = (VkDeviceSize *)malloc(sizeof *size);
    *size = info->size;
    *b = (VkBuffer)size;
    return VK_SUCCESS;
}

DRY(DestroyBuffer, void, VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *a)
{
    (void)device, (void)a;
    free((void *)buffer);
}

DRY(UpdateDescriptorSets, void, VkDevice device, uint32_t count, const VkWriteDescriptorSet *w, uint32_t copies,
    const VkCopyDescriptorSet *c)
{
    (void)device, (void)count, (void)copies, (void)c;
    for (uint32_t i = 0; i < w->descriptorCount; i++) d.bytes[i] = (double)w->pBufferInfo[i].range;
}

DRY(CmdBindPipeline, void, VkCommandBuffer commands, VkPipelineBindPoint point, VkPipeline pipeline)
{
    (void)commands, (void)point;
    for (int op = 0; op < R0I_OP_COUNT; op++)
        for (const r0i_vk_pipeline *p = d.vk->pipelines[op]; p; p = p->next)
            if (p->pipeline == pipeline) d.bound = p;
}

DRY(CmdPushConstants, void, VkCommandBuffer commands, VkPipelineLayout layout, VkShaderStageFlags stages,
    uint32_t offset, uint32_t size, const void *values)
{
    (void)commands, (void)layout, (void)stages, (void)offset;
    memcpy(d.push, values, size);
}

static r0i_op dry_op(void)
{
    for (int op = 0; op < R0I_OP_COUNT; op++)
        for (const r0i_vk_pipeline *p = d.vk->pipelines[op]; p; p = p->next)
            if (p == d.bound) return (r0i_op)op;
    return R0I_OP_COUNT;
}

// How often the longest loop of an invocation goes round, by what the shader's text says.
static double dry_turns(r0i_op op, const uint32_t *a, const uint32_t *constants)
{
    double team = 256, cols = a[1];
    switch (op) {
    case R0I_OP_matmul_nt:
    case R0I_OP_matmul_nn:
    case R0I_OP_matmul_tn: return ceil(a[2] / (double)constants[5]);
    case R0I_OP_matmul_nt_fused: return ceil(a[2] / (double)constants[5]) + ceil(a[6] / 4.);
    case R0I_OP_lora_middle: return ceil(a[2] / 256.);
    case R0I_OP_rms_norm_forward:
    case R0I_OP_rms_norm_backward: return 2 * ceil(cols / team);
    case R0I_OP_rms_norm_weight_backward:
    case R0I_OP_bias_backward: return R0I_PART_ROWS(a[0]) / 4.;
    case R0I_OP_sum_parts: return ceil(a[1] / 4.);
    case R0I_OP_attention_forward:
    case R0I_OP_attention_backward_q:
    case R0I_OP_attention_backward_kv: return ceil(d.longest / (4 * 128 / (constants[6] / 4.)));
    case R0I_OP_attention_decode: return ceil((constants[5] ? R0I_MIN(constants[5], d.longest) : d.longest) / 128.);
    case R0I_OP_attention_join: return 2 * a[2];
    case R0I_OP_sample: // passes over the logits, four at a time
        return ceil(cols / (4 * team)) * (a[2] == 0 ? 3 : 3 + (a[3] ? 6 : 0) + (a[4] < 0x3f800000 ? 5 : 0));
    case R0I_OP_token_logp_forward: return 2 * ceil(cols / team);
    case R0I_OP_sum_squares: return 16;
    case R0I_OP_grad_norm: return ceil(a[0] / (4 * team));
    default: return 1;
    }
}

DRY(CmdDispatchBase, void, VkCommandBuffer commands, uint32_t x0, uint32_t y0, uint32_t z0, uint32_t x, uint32_t y,
    uint32_t z)
{
    (void)commands, (void)x0, (void)y0, (void)z0, (void)z;
    r0i_op op = dry_op();
    const uint32_t *a = d.push + R0I_VK_OFFSETS;
    r0i_op_facts facts = r0i_op_look(op, a);
    double groups = (double)x * y, turns = dry_turns(op, a, d.bound->constants), bytes = 0;
    r0i_view views[R0I_MAX_OPERANDS] = R0_ZERO;
    for (int i = 0; i < r0i_ops[op].buffers; i++)
        if (strchr("WUES", r0i_ops[op].shapes[i])) views[i].format = d.bound->constants[4];
    double all = (double)r0i_vk_shape_for(d.vk, op, a, views).groups, share = groups < all ? groups / all : 1;
    for (int i = 0; i < r0i_ops[op].buffers; i++) { // views may be longer than what the op looks at
        double needed = 4. * (double)r0i_op_elements(r0i_ops[op].shapes[i], a);
        bytes += needed > 0 ? R0I_MIN(needed, d.bytes[i]) : d.bytes[i];
    }
    bool matmul = r0i_ops[op].grid == R0I_GRID_TILE || op == R0I_OP_lora_middle; // of its parts, the whole counts
    d.now.dispatches++;
    if (matmul && a[1] == d.vocab && op == R0I_OP_matmul_nt) d.now.head++;
    if (all < DRY_WIDE && turns > (double)d.turns)
        d.turns = (uint64_t)turns, d.turn_groups = (uint64_t)all, d.turn_name = r0i_ops[op].name;
    if (matmul && all < (double)d.least) d.least = (uint64_t)all, d.least_name = r0i_ops[op].name;
    // What is bound as a table or cache is read in part.
    if (op == R0I_OP_embedding_forward || op == R0I_OP_embedding_backward) bytes = 8. * a[0] * a[1];
    if (op == R0I_OP_attention_decode) bytes = 4. * a[0] * a[2] * a[3] * d.longest;
    if (op == R0I_OP_decode_qkv) bytes = 8. * a[0] * (a[1] + 2 * a[2]) * a[3];
    if (op == R0I_OP_kv_write) bytes = 8. * a[0] * a[1];
    for (int i = 0; i < DRY_CARDS; i++) {
        const dry_card *card = &dry_cards[i];
        double rate = (matmul || r0i_ops[op].grid == R0I_GRID_HEAD ? card->matmul : card->matmul / 2) * 1e12;
        double busy = R0I_MIN(1, groups / card->units), waves = ceil(groups / (card->units * 8.));
        double compute = share * (double)facts.items * facts.work / (rate * busy);
        double memory = share * bytes / (card->bytes * 1e9);
        double seconds = R0I_MAX(R0I_MAX(compute, memory / R0I_MIN(1, 4 * busy)), turns * waves * card->turn * 1e-6);
        d.now.seconds[i] += seconds;
        if (!i) d.stamp += seconds * 1e9;
    }
}

DRY(CmdPipelineBarrier, void, VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to,
    VkDependencyFlags flags, uint32_t count, const VkMemoryBarrier *barriers, uint32_t b,
    const VkBufferMemoryBarrier *c, uint32_t e, const VkImageMemoryBarrier *f)
{
    (void)commands, (void)from, (void)to, (void)flags, (void)count, (void)barriers, (void)b, (void)c, (void)e, (void)f;
    d.now.barriers++;
    for (int i = 0; i < DRY_CARDS; i++) d.now.seconds[i] += dry_cards[i].barrier * 1e-6;
}

DRY(CmdCopyBuffer, void, VkCommandBuffer commands, VkBuffer from, VkBuffer to, uint32_t count, const VkBufferCopy *c)
{
    (void)commands, (void)from, (void)to, (void)count, (void)c;
    d.now.copies++;
}

DRY(CmdFillBuffer, void, VkCommandBuffer commands, VkBuffer to, VkDeviceSize at, VkDeviceSize size, uint32_t value)
{
    (void)commands, (void)to, (void)at, (void)size, (void)value;
    d.now.fills++;
}

DRY(CmdWriteTimestamp, void, VkCommandBuffer commands, VkPipelineStageFlagBits stage, VkQueryPool pool, uint32_t at)
{
    (void)commands, (void)stage, (void)pool;
    d.stamps[at % 64] = (uint64_t)d.stamp;
}

DRY(GetQueryPoolResults, VkResult, VkDevice device, VkQueryPool pool, uint32_t first, uint32_t count, size_t size,
    void *data, VkDeviceSize stride, VkQueryResultFlags flags)
{
    (void)device, (void)pool, (void)size, (void)stride, (void)flags;
    memcpy(data, &d.stamps[first], count * sizeof(uint64_t));
    return VK_SUCCESS;
}

DRY(QueueSubmit, VkResult, VkQueue queue, uint32_t count, const VkSubmitInfo *submit, VkFence fence)
{
    (void)queue, (void)count, (void)submit, (void)fence;
    d.now.submits++;
    return VK_SUCCESS;
}

DRY(AllocateCommandBuffers, VkResult, VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *c)
{
    (void)device;
    for (uint32_t i = 0; i < info->commandBufferCount; i++) c[i] = (VkCommandBuffer)dry_handle();
    return VK_SUCCESS;
}

DRY(AllocateDescriptorSets, VkResult, VkDevice device, const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *set)
{
    (void)device, (void)info;
    *set = (VkDescriptorSet)dry_handle();
    return VK_SUCCESS;
}

DRY(CreateComputePipelines, VkResult, VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *info, const VkAllocationCallbacks *a, VkPipeline *pipeline)
{
    (void)device, (void)cache, (void)count, (void)info, (void)a;
    *pipeline = (VkPipeline)dry_handle();
    return VK_SUCCESS;
}

// Makers of handles that nobody looks at, and calls that do nothing.
static VKAPI_ATTR VkResult VKAPI_CALL dry_make(VkDevice device, const void *info, const void *a, uint64_t *handle)
{
    (void)device, (void)info, (void)a;
    *handle = (uint64_t)(uintptr_t)dry_handle();
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL dry_nothing(void)
{
    return VK_SUCCESS;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL dry_device_function(VkDevice device, const char *name)
{
    (void)device;
    static const char *const make[] = {"vkCreateShaderModule", "vkCreateDescriptorSetLayout", "vkCreatePipelineLayout",
                                       "vkCreateDescriptorPool", "vkCreateCommandPool", "vkCreateQueryPool",
                                       "vkCreateFence"};
#define X(one) if (!strcmp(name, "vk" #one)) return (PFN_vkVoidFunction)dry_##one;
    X(AllocateMemory) X(MapMemory) X(GetBufferMemoryRequirements) X(CreateBuffer) X(DestroyBuffer)
    X(UpdateDescriptorSets) X(CmdBindPipeline) X(CmdPushConstants) X(CmdDispatchBase) X(CmdPipelineBarrier)
    X(CmdCopyBuffer) X(CmdFillBuffer) X(CmdWriteTimestamp) X(GetQueryPoolResults) X(QueueSubmit)
    X(AllocateCommandBuffers) X(AllocateDescriptorSets) X(CreateComputePipelines) X(WaitForFences)
    for (size_t i = 0; i < R0I_COUNT(make); i++)
        if (!strcmp(name, make[i])) return (PFN_vkVoidFunction)dry_make;
    return (PFN_vkVoidFunction)dry_nothing;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL dry_function(VkInstance instance, const char *name)
{
    (void)instance;
    X(GetPhysicalDeviceMemoryProperties) X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceQueueFamilyProperties)
    X(GetPhysicalDeviceMemoryProperties2) X(EnumerateDeviceExtensionProperties)
#undef X
    if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)dry_device_function;
    return (PFN_vkVoidFunction)dry_nothing;
}

static bool dry_cancel(void *user);

static void dry_log(void *user, r0_log_level level, const char *text)
{
    (void)user, (void)text;
    d.warnings += level == R0_LOG_WARNING;
}

static bool dry_open(int gib, int free_gib)
{
    static r0_vulkan_desc host;
    r0_context_desc desc = R0_ZERO;
    r0i_vk_options options = R0_ZERO;
    desc.cancel = dry_cancel, desc.log = dry_log;
    desc.device = "cpu", desc.threads = 1, desc.cache_dtype = "auto";
    host.get_instance_proc_addr = (r0_function)dry_function;
    host.instance = host.physical_device = host.device = host.queue = dry_handle();
    options.host = &host;
    memset(&d, 0, sizeof d);
    d.gib = gib, d.free_gib = free_gib;
    if (r0_context_create(&desc, &d.r0)) return false;
    r0i_device_destroy(d.r0->device);
    d.r0->device = NULL;
    if (r0i_vk_device_open(d.r0, -1, &options, &d.r0->device)) return printf("%s\n", r0_error(d.r0)), false;
    d.vk = r0i_vk_of(d.r0->device);
    return true;
}

static void dry_close(void)
{
    r0_context_destroy(d.r0);
    for (int i = 0; i < 64; i++) free(d.memory[i]);
}

// -- scenarios --

typedef struct dry_model {
    const char *name;
    int hidden, inner, layers, heads;
} dry_model;

static const dry_model dry_models[] = {{"Qwen3-0.6B", 1024, 3072, 28, 16}, {"Qwen3-4B", 2560, 9728, 36, 32}};

static r0_status dry_model_make(const dry_model *m, bool lora, r0i_format format, r0_model **base, r0_model **policy)
{
    r0_model_config c = R0_ZERO;
    r0_lora_desc adapter = R0_ZERO;
    c.architecture = R0_QWEN3;
    c.vocab_size = 151936, c.hidden_size = m->hidden, c.intermediate_size = m->inner, c.layers = m->layers;
    c.heads = m->heads, c.kv_heads = 8, c.head_dim = 128, c.max_positions = 40960;
    c.rms_norm_eps = 1e-6f, c.rope_theta = 1e6, c.qk_norm = c.tied_embeddings = true, c.pad_token = c.bos_token = -1;
    R0I_TRY(r0i_model_allocate(d.r0, &c, format, NULL, base));
    *policy = *base;
    adapter.rank = 16, adapter.alpha = 32;
    return lora ? r0_lora_create(*base, &adapter, 1, policy) : R0_OK;
}

// The library asks before every pass: the step between the fourth and the fifth question is counted, when paces are
// known, then it is told to stop.
static bool dry_cancel(void *user)
{
    (void)user;
    if (d.hangs) return d.waited >= d.patience;
    if (++d.pass == 5) d.before = d.now, d.before.waits = (double)d.vk->waits, d.turns = 0, d.least = UINT64_MAX;
    if (d.pass == 6) d.after = d.now, d.after.waits = (double)d.vk->waits;
    return d.pass >= 6;
}

static void dry_difference(dry_counts *step)
{
    for (size_t k = 0; k < sizeof *step / sizeof(double); k++)
        ((double *)step)[k] = ((double *)&d.after)[k] - ((double *)&d.before)[k];
}

static r0_status dry_decode(r0_model *model, int rows, int keys, dry_counts *step)
{
    enum { MOST = 8000, NEW = 1000 };
    static int32_t tokens[MOST];
    const r0_sequence prompt = {tokens, keys, keys};
    r0_sampling sampling = R0_ZERO;
    r0_rollouts rollouts;
    d.longest = (uint32_t)keys, d.pass = 0;
    sampling.max_new_tokens = NEW, sampling.temperature = 1, sampling.top_p = 0.99f;
    r0_status status = r0_generate(model, &prompt, 1, rows, &sampling, &rollouts);
    dry_difference(step);
    return status == R0_ERROR_CANCELLED ? R0_OK : status;
}

// `rows` rows in sequences of 255, of which 200 are the response's; a whole update. `alike`: they have one prompt.
static r0_status dry_train(r0_model *model, int rows, bool alike, dry_counts *step)
{
    enum { LONG = 256, RESPONSE = 200 };
    static int32_t tokens[16][LONG];
    static float logp[LONG];
    r0_sequence prompts[16];
    r0_rollout items[16];
    r0_rollouts rollouts = R0_ZERO;
    r0_trainer_desc desc = R0_ZERO;
    r0_trainer *trainer;
    float rewards[16];
    int count = (rows + LONG - 2) / (LONG - 1), length = R0I_MIN(LONG, rows + 1);
    int response = R0I_MIN(RESPONSE, length - 1);
    memset(items, 0, sizeof items);
    for (int i = 0; i < 16 * LONG; i++) tokens[i / LONG][i % LONG] = i % LONG * 577 % 151936;
    for (int i = 0; i < 16 && !alike; i++) tokens[i][0] = i; // they part with the first token
    for (int i = 0; i < count; i++) {
        prompts[i].tokens = tokens[i], prompts[i].length = prompts[i].prompt_length = length - response;
        items[i].tokens = tokens[i], items[i].logp = logp, items[i].length = response, items[i].prompt = i;
        items[i].finished = true, rewards[i] = (float)(i % 2);
    }
    rollouts.items = items, rollouts.count = count;
    desc.micro_batch = rows;
    d.pass = -1000000; // goes on
    d.longest = (uint32_t)length;
    const r0_grpo_recipe *recipe = r0_grpo_recipe_find("grpo");
    R0I_TRY(r0_trainer_create(model, &desc, &trainer));
    for (int i = 0; i < 2; i++) {
        d.before = d.now, d.before.waits = (double)d.vk->waits;
        d.turns = 0, d.least = UINT64_MAX;
        R0I_TRY(r0_grpo_update(trainer, NULL, prompts, &rollouts, 1, rewards, recipe, 1e-6f, 1, 1, NULL));
        d.after = d.now, d.after.waits = (double)d.vk->waits;
    }
    dry_difference(step);
    r0_trainer_destroy(trainer);
    return R0_OK;
}

// What a step may take at most; 0: nobody asks. `matmul`: workgroups of the smallest matmul at least. 0.6B, then 4B.
typedef struct dry_row {
    const char *what;
    int rows, keys; // that a row of a decode sees; 0: a training step
    bool lora;
    r0i_format format;
    double dispatches[2], barriers[2], submits[2], waits, copies, head, turns, matmul;
} dry_row;

static const dry_row dry_rows[] = {
    {"decode", 1, 1000, false, R0I_FORMAT_BF16, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode", 16, 1000, false, R0I_FORMAT_BF16, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode", 32, 1000, false, R0I_FORMAT_BF16, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode", 64, 1000, false, R0I_FORMAT_BF16, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode at 8,000 keys", 1, 8000, false, R0I_FORMAT_BF16, {285, 365}, {289, 369}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode at 8,000 keys", 16, 8000, false, R0I_FORMAT_BF16, {285, 365}, {289, 369}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, LoRA", 1, 1000, true, R0I_FORMAT_BF16, {453, 581}, {373, 478}, {2, 3}, 1, 10, 1, 1192, 4},
    {"decode, LoRA", 16, 1000, true, R0I_FORMAT_BF16, {453, 581}, {373, 478}, {2, 3}, 1, 10, 1, 1192, 64},
    {"decode, LoRA", 32, 1000, true, R0I_FORMAT_BF16, {453, 581}, {373, 478}, {2, 3}, 1, 10, 1, 1192, 64},
    {"decode, LoRA", 64, 1000, true, R0I_FORMAT_BF16, {453, 581}, {373, 478}, {2, 3}, 1, 10, 1, 1192, 64},
    {"decode, Q8_0", 1, 1000, false, R0I_FORMAT_Q8_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q8_0", 16, 1000, false, R0I_FORMAT_Q8_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q8_0", 32, 1000, false, R0I_FORMAT_Q8_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q8_0", 64, 1000, false, R0I_FORMAT_Q8_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q4_0", 1, 1000, false, R0I_FORMAT_Q4_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q4_0", 16, 1000, false, R0I_FORMAT_Q4_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q4_0", 32, 1000, false, R0I_FORMAT_Q4_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q4_0", 64, 1000, false, R0I_FORMAT_Q4_0, {257, 329}, {261, 333}, {2, 2}, 1, 10, 1, 1192, 64},
    {"decode, Q4_0, LoRA", 32, 1000, true, R0I_FORMAT_Q4_0, {453, 581}, {373, 478}, {2, 3}, 1, 10, 1, 1192, 64},
    {"train", 1, 0, false, R0I_FORMAT_REAL, {1276, 1706}, {706, 952}, {5, 7}, 1, 18, 2, 1188, 16},
    {"train", 16, 0, false, R0I_FORMAT_REAL, {1332, 1778}, {735, 989}, {6, 8}, 1, 18, 2, 1188, 16},
    {"train", 64, 0, false, R0I_FORMAT_REAL, {1333, 1779}, {736, 989}, {6, 7}, 1, 18, 2, 1188, 16},
    {"train", 2040, 0, false, R0I_FORMAT_REAL, {1430, 2016}, {754, 1226}, {6, 54}, 1, 18, 6, 1024, 64},
    {"train, LoRA", 2040, 0, true, R0I_FORMAT_BF16, {2280, 3057}, {1422, 1996}, {10, 40}, 1, 18, 6, 1024, 16},
    {"train, one prompt", 2040, 0, false, R0I_FORMAT_REAL, {1850, 2556}, {926, 1414}, {8, 54}, 1, 23, 6, 1024, 64},
    {"train, LoRA, one prompt", 2040, 0, true, R0I_FORMAT_BF16, {2700, 3597}, {1591, 2201}, {11, 40}, 1, 23, 6, 1024,
     16},
};

static void dry_hold(const dry_model *m, const dry_row *r, const char *what, double got, double most)
{
    bool good = !most || got <= most;
    d.passed += good, d.failed += !good;
    if (!good) printf("FAIL dry: %s, %s of %d rows: %g %s, %g at most\n", m->name, r->what, r->rows, got, what, most);
}

static void dry_run(const dry_model *m, const dry_row *r, int which)
{
    r0_model *base, *policy;
    dry_counts step;
    int passed = d.passed, failed = d.failed;
    memset(&step, 0, sizeof step);
    if (!dry_open(which && !r->keys && !r->lora ? 80 : 24, 0)) exit(2);
    d.passed = passed, d.failed = failed, d.vocab = 151936;
    r0_status status = dry_model_make(m, r->lora, r->format, &base, &policy);
    bool alike = strstr(r->what, "one prompt") != NULL;
    if (!status && r->keys) status = dry_decode(policy, r->rows, r->keys, &step);
    else if (!status) status = dry_train(policy, r->rows, alike, &step);
    if (status) printf("FAIL dry: %s, %s: %s\n", m->name, r->what, r0_error(d.r0)), d.failed++;
    printf("| %s, %s, %d | %g | %g | %g | %g | %g | %g | %g | %s %llu | %s %llu x %llu | %.3g | %.3g | %.3g |\n",
           m->name, r->what, r->rows, step.dispatches, step.barriers, step.submits, step.waits, step.copies, step.fills,
           step.head, d.least_name, (unsigned long long)d.least, d.turn_name ? d.turn_name : "",
           (unsigned long long)d.turn_groups, (unsigned long long)d.turns, step.seconds[0] * 1e3,
           step.seconds[1] * 1e3, step.seconds[2] * 1e3);
    dry_hold(m, r, "dispatches", step.dispatches, r->dispatches[which]);
    dry_hold(m, r, "barriers", step.barriers, r->barriers[which]);
    dry_hold(m, r, "submits", step.submits, r->submits[which]);
    dry_hold(m, r, "waits", step.waits, r->waits);
    dry_hold(m, r, "copies", step.copies, r->copies);
    dry_hold(m, r, "rounds of the head", step.head, r->head);
    dry_hold(m, r, "turns of a loop in few workgroups", (double)d.turns, r->turns);
    dry_hold(m, r, "workgroups too few in a matmul", r->matmul - (double)d.least, r->matmul ? 1e-9 : 0);
    if (policy != base) r0_model_destroy(policy);
    r0_model_destroy(base);
    dry_close();
}

// -- what is chosen, refused and waited for --

#define DRY_CHECK(condition)                                                                                           \
    ((condition) ? d.passed++ : (d.failed++, printf("FAIL dry: line %d: %s\n", __LINE__, #condition)))

enum { OWN = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, SEEN = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
       VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, QUICK = VK_MEMORY_PROPERTY_HOST_CACHED_BIT };

// Memory as drivers lay it out. `buffers`, `spare`: the heaps that are to be chosen.
static const struct dry_layout {
    const char *name;
    bool unified, mapped;
    uint32_t buffers, spare;
    struct { double gib; bool own; } heaps[3];
    struct { uint32_t heap; VkMemoryPropertyFlags flags; } types[7];
} dry_layouts[] = {
    {"AMD integrated, Windows", true, false, 0, 1, {{3.75, 1}, {13.66, 0}, {.25, 1}},
     {{0, OWN}, {1, SEEN}, {2, OWN | SEEN}, {1, SEEN | QUICK}}},
    {"Radeon 780M, RADV", true, true, 1, 0, {{10, 0}, {20, 1}},
     {{0, SEEN}, {1, OWN}, {1, OWN | SEEN}, {0, SEEN | QUICK}, {1, OWN | SEEN | QUICK}, {1, OWN}}},
    {"Radeon 7900 XTX, whole BAR", false, false, 0, 0, {{24, 1}, {32, 0}},
     {{0, OWN}, {1, SEEN}, {0, OWN | SEEN}, {1, SEEN | QUICK}}},
    {"small BAR", false, false, 0, 0, {{7.75, 1}, {16, 0}, {.25, 1}},
     {{0, OWN}, {1, SEEN}, {2, OWN | SEEN}, {1, SEEN | QUICK}}},
    {"Arc A770, GeForce", false, false, 0, 0, {{16, 1}, {32, 0}}, {{0, OWN}, {1, SEEN}, {1, SEEN | QUICK}}},
    {"Iris Xe, Adreno, Mali, M2", true, true, 0, 0, {{24, 1}}, {{0, OWN}, {0, OWN | SEEN}, {0, OWN | SEEN | QUICK}}},
};

static void dry_memories(void)
{
    for (size_t i = 0; i < R0I_COUNT(dry_layouts); i++) {
        const struct dry_layout *l = &dry_layouts[i];
        r0i_vk vk;
        memset(&vk, 0, sizeof vk);
        for (; vk.memories.memoryHeapCount < 3 && l->heaps[vk.memories.memoryHeapCount].gib > 0;) {
            VkMemoryHeap *heap = &vk.memories.memoryHeaps[vk.memories.memoryHeapCount];
            heap->size = (VkDeviceSize)(l->heaps[vk.memories.memoryHeapCount].gib * (1 << 30));
            heap->flags = l->heaps[vk.memories.memoryHeapCount++].own ? VK_MEMORY_HEAP_DEVICE_LOCAL_BIT : 0;
        }
        for (; vk.memories.memoryTypeCount < 7 && l->types[vk.memories.memoryTypeCount].flags;) {
            VkMemoryType *type = &vk.memories.memoryTypes[vk.memories.memoryTypeCount];
            type->heapIndex = l->types[vk.memories.memoryTypeCount].heap;
            type->propertyFlags = l->types[vk.memories.memoryTypeCount++].flags;
        }
        bool good = !r0i_vk_choose_memory(&vk, l->unified) && vk.mapped == l->mapped &&
                    vk.memories.memoryTypes[vk.buffer_type].heapIndex == l->buffers &&
                    vk.memories.memoryTypes[vk.spare_type].heapIndex == l->spare;
        if (!good) printf("%s: heaps %u, %u\n", l->name, (unsigned)vk.memories.memoryTypes[vk.buffer_type].heapIndex,
                          (unsigned)vk.memories.memoryTypes[vk.spare_type].heapIndex);
        DRY_CHECK(good);
    }
}

static void dry_choices(void)
{
    const VkPhysicalDeviceType GPU = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    const dry_driver drivers[] = {{VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, 1, VK_DRIVER_ID_MESA_RADV},
                                  {GPU, 2, VK_DRIVER_ID_AMD_OPEN_SOURCE},
                                  {GPU, 2, VK_DRIVER_ID_MESA_RADV},
                                  {GPU, 3, VK_DRIVER_ID_NVIDIA_PROPRIETARY}};
    static const VkQueueFlags families[] = {VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT, VK_QUEUE_TRANSFER_BIT,
                                            VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, VK_QUEUE_COMPUTE_BIT, 0};
    VkPhysicalDevice devices[4];
    r0i_buffer buffer, small;
    const size_t gib = (size_t)1 << 30;
    float zero;
    for (int i = 0; i < 4; i++) devices[i] = (VkPhysicalDevice)(uintptr_t)&drivers[i];
    d.drivers = drivers;
    DRY_CHECK(r0i_vk_choose(&d.vk->api, devices, 4, R0I_VK_BEST) == 2);
    DRY_CHECK(r0i_vk_choose(&d.vk->api, devices, 2, R0I_VK_REAL_GPU) == 1);
    DRY_CHECK(r0i_vk_choose(&d.vk->api, devices, 4, 1) == 1); // asked for by its number
    d.drivers = NULL, d.families = families;
    DRY_CHECK(!r0i_vk_find_queue(d.vk) && d.vk->family == 2);
    d.families = families + 3;
    DRY_CHECK(!r0i_vk_find_queue(d.vk) && d.vk->family == 0);
    d.families = families + 4;
    DRY_CHECK(r0i_vk_find_queue(d.vk) == R0_ERROR_DEVICE);

    // 24 GiB, of which others leave 5: 6 are refused, and the device goes on.
    DRY_CHECK(r0i_buffer_create(d.r0->device, 6 * gib, 1, &buffer) == R0_ERROR_MEMORY);
    DRY_CHECK(strstr(r0_error(d.r0), "6442450944 bytes") && strstr(r0_error(d.r0), "25769803776") &&
              strstr(r0_error(d.r0), "5368709120 are free"));
    DRY_CHECK(!r0i_buffer_create(d.r0->device, 4 * gib, 1, &buffer) && !r0i_buffer_create(d.r0->device, 4, 4, &small));
    DRY_CHECK(!r0i_read(r0i_view_part(r0i_view_all(&small), 0, 1, 4), &zero));

    // A fence that is not signaled: a word a minute; who asks to stop is heard at once after ten seconds.
    d.hangs = true, d.warnings = 0, d.waited = 0, d.patience = 2;
    DRY_CHECK(r0i_vk_fence_wait(d.vk, &d.vk->frames[0]) == VK_TIMEOUT);
    DRY_CHECK(d.warnings == 0 && d.waited > 9.9 && d.waited < 10.1);
    d.waited = 0, d.patience = 200;
    DRY_CHECK(r0i_read(r0i_view_part(r0i_view_all(&small), 0, 1, 4), &zero) == R0_ERROR_DEVICE);
    DRY_CHECK(d.warnings == 3 && d.waited > 199.9 && d.waited < 240 && strstr(r0_error(d.r0), "VK_TIMEOUT"));
    r0i_buffer_destroy(&small), r0i_buffer_destroy(&buffer);
}

int main(int count, char **words)
{
    int passed = 0, failed = 0;
    if (!dry_open(24, 5)) return 2;
    dry_memories();
    dry_choices();
    passed = d.passed, failed = d.failed;
    dry_close();
    printf("| a step of | dispatches | barriers | submits | waits | copies | fills | head rounds | smallest matmul, "
           "workgroups | longest loop in less than %d workgroups | ms on %s | %s | %s |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
           (int)DRY_WIDE, dry_cards[0].name, dry_cards[1].name, dry_cards[2].name);
    for (int i = 0; i < (int)R0I_COUNT(dry_models); i++)
        for (size_t j = 0; j < R0I_COUNT(dry_rows); j++) {
            if (count > 1 && !strstr(dry_models[i].name, words[1])) continue;
            d.passed = passed, d.failed = failed;
            dry_run(&dry_models[i], &dry_rows[j], i);
            passed = d.passed, failed = d.failed;
        }
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
