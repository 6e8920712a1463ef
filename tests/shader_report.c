// Every pipeline that the library makes, through the compiler of one driver. `shader_report FOLDER [MODEL]` writes a
// file per pipeline with what VK_KHR_pipeline_executable_properties tells of it. tests/shader_report.py runs it on all
// drivers and reads the files; `make shader-report` runs that.
//
// Nothing is computed, so no hardware is needed: AMD's compiler serves a GPU that is only named (RADV_FORCE_FAMILY),
// and Mesa's drm-shims pretend that others are there. Queries, shader modules, layouts and pipelines go to the driver;
// the calls that would need the hardware (memory, commands, submits) end here, doing nothing. The library does not
// notice: it is run as ever, on models of real sizes, and asks for the pipelines that it would use on that device.
#include <dlfcn.h>
#define dlsym report_dlsym // where the library gets vkGetInstanceProcAddr from
static void *report_dlsym(void *library, const char *name);
#define R0_IMPLEMENTATION
#include "../r0.h"
#undef dlsym

enum { MAX_PIPELINES = 1024, MAX_HANDLES = 1 << 20, SCRATCH = 1 << 30 };

// A pipeline, and of all that it was used for, the op with the most work.
typedef struct record {
    VkPipeline handle;
    VkShaderModule module;
    char op[64], model[64];
    const char *kernel;         // which of the op's: its name goes on so
    uint32_t constants[16], constant_count;
    uint32_t args[8], arg_count;
    double work;
    long dispatches;
} record;

// The one program's state; hooks have no other place for it.
static struct {
    PFN_vkGetInstanceProcAddr instance_proc;
    PFN_vkGetDeviceProcAddr device_proc;
    VkInstance instance;
    VkDevice device;
    PFN_vkCreateComputePipelines create_pipelines;
    char folder[512];
    record records[MAX_PIPELINES];
    int count;
    uint64_t handles;           // given out by stubs
    VkDeviceSize *sizes;        // (MAX_HANDLES) of those that are buffers and memory
    char *scratch;              // what mapped memory looks like; never touched as a whole
    size_t mapped;              // bytes of it that are mapped
    char model[64];             // what runs now
    r0i_op op;
    bool in_op;
    const void *args;
    size_t args_size;
    bool seen[R0I_OP_COUNT];
    const r0i_device_functions *functions; // of the device, before `run` was replaced
} report;

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "shader_report: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    exit(1);
}

// -- what a pipeline became --

static void write_statistics(FILE *file, const VkPipelineExecutableInfoKHR *which)
{
    PFN_vkGetPipelineExecutableStatisticsKHR get = (PFN_vkGetPipelineExecutableStatisticsKHR)
        report.device_proc(report.device, "vkGetPipelineExecutableStatisticsKHR");
    VkPipelineExecutableStatisticKHR list[64];
    uint32_t count = R0I_COUNT(list);
    memset(list, 0, sizeof list);
    for (uint32_t i = 0; i < count; i++) list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    if (!get || get(report.device, which, &count, list) < 0) return;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR) continue; // no number
        fprintf(file, "stat %s = ", list[i].name);
        if (list[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR)
            fprintf(file, "%g\n", list[i].value.f64);
        else fprintf(file, "%lld\n", (long long)list[i].value.i64);
    }
}

// The text of every stage of the compiler, the machine's own last.
static void write_representations(FILE *file, const VkPipelineExecutableInfoKHR *which)
{
    PFN_vkGetPipelineExecutableInternalRepresentationsKHR get = (PFN_vkGetPipelineExecutableInternalRepresentationsKHR)
        report.device_proc(report.device, "vkGetPipelineExecutableInternalRepresentationsKHR");
    VkPipelineExecutableInternalRepresentationKHR list[16];
    uint32_t count = R0I_COUNT(list);
    memset(list, 0, sizeof list);
    for (uint32_t i = 0; i < count; i++)
        list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
    if (!get || get(report.device, which, &count, list) < 0) return;
    for (uint32_t i = 0; i < count; i++) list[i].pData = calloc(list[i].dataSize + 1, 1);
    if (get(report.device, which, &count, list) < 0) count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].isText) fprintf(file, "---- %s\n%s\n", list[i].name, (const char *)list[i].pData);
        free(list[i].pData);
    }
}

static void write_executables(FILE *file, VkPipeline pipeline)
{
    PFN_vkGetPipelineExecutablePropertiesKHR get = (PFN_vkGetPipelineExecutablePropertiesKHR)
        report.device_proc(report.device, "vkGetPipelineExecutablePropertiesKHR");
    VkPipelineInfoKHR info = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
    VkPipelineExecutablePropertiesKHR list[4];
    uint32_t count = R0I_COUNT(list);
    memset(list, 0, sizeof list);
    for (uint32_t i = 0; i < count; i++) list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR;
    if (!get || get(report.device, &info, &count, list) < 0) die("the driver tells nothing of its pipelines", NULL);
    for (uint32_t i = 0; i < count; i++) {
        VkPipelineExecutableInfoKHR which = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, i};
        fprintf(file, "executable %s\nsubgroup %u\n", list[i].name, (unsigned)list[i].subgroupSize);
        write_statistics(file, &which);
        write_representations(file, &which);
    }
}

static void write_record(const record *r, int number)
{
    char path[640];
    snprintf(path, sizeof path, "%s/%03d-%s.txt", report.folder, number, r->op);
    FILE *file = fopen(path, "w");
    if (!file) die("cannot write", path);
    fprintf(file, "op %s%s\nmodel %s\ndispatches %ld\nwork %g\narguments", r->op, r->kernel, r->model, r->dispatches,
            r->work);
    for (uint32_t i = 0; i < r->arg_count; i++) fprintf(file, " %u", (unsigned)r->args[i]);
    fprintf(file, "\nconstants");
    for (uint32_t i = 0; i < r->constant_count; i++) fprintf(file, " %u", (unsigned)r->constants[i]);
    fprintf(file, "\n");
    write_executables(file, r->handle);
    fclose(file);
}

// -- hooks: calls that are watched --

// The device the library asks for, and one extension more.
static VKAPI_ATTR VkResult VKAPI_CALL hook_create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                                                         const VkAllocationCallbacks *allocator, VkDevice *device)
{
    const char *names[64];
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = R0_ZERO;
    VkDeviceCreateInfo more = *info;
    if (info->enabledExtensionCount + 1 > R0I_COUNT(names)) die("too many extensions", NULL);
    bool there = false; // the library asked for it
    for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
        names[i] = info->ppEnabledExtensionNames[i];
        there |= !strcmp(names[i], VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME);
    }
    if (!there) names[more.enabledExtensionCount++] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
    more.ppEnabledExtensionNames = names;
    feature.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR;
    feature.pipelineExecutableInfo = VK_TRUE;
    feature.pNext = (void *)info->pNext;
    if (!there) more.pNext = &feature;
    PFN_vkCreateDevice create = (PFN_vkCreateDevice)report.instance_proc(report.instance, "vkCreateDevice");
    VkResult result = create(physical, &more, allocator, device);
    if (result) die("no device with VK_KHR_pipeline_executable_properties", NULL);
    report.device = *device;
    report.create_pipelines = (PFN_vkCreateComputePipelines)report.device_proc(*device, "vkCreateComputePipelines");
    return result;
}

static void record_constants(record *r, const VkSpecializationInfo *info)
{
    for (uint32_t i = 0; info && i < info->mapEntryCount && i < R0I_COUNT(r->constants); i++) {
        memcpy(&r->constants[i], (const char *)info->pData + info->pMapEntries[i].offset,
               R0I_MIN(info->pMapEntries[i].size, sizeof(uint32_t)));
        r->constant_count = i + 1;
    }
}

static VKAPI_ATTR VkResult VKAPI_CALL hook_create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                            const VkComputePipelineCreateInfo *infos,
                                                            const VkAllocationCallbacks *allocator,
                                                            VkPipeline *pipelines)
{
    for (uint32_t i = 0; i < count; i++) {
        VkComputePipelineCreateInfo info = infos[i];
        record *r = &report.records[report.count];
        if (report.count++ == MAX_PIPELINES) die("too many pipelines", NULL);
        info.flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR |
                      VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
        VkResult result = report.create_pipelines(device, cache, 1, &info, allocator, &pipelines[i]);
        if (result) return result;
        r->handle = pipelines[i];
        snprintf(r->op, sizeof r->op, "%s", report.in_op ? r0i_ops[report.op].name : "start");
        snprintf(r->model, sizeof r->model, "%s", report.model);
        r->kernel = info.stage.flags ? ", matrix units" : ""; // who asks for full subgroups
        record_constants(r, info.stage.pSpecializationInfo);
    }
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL hook_bind_pipeline(VkCommandBuffer commands, VkPipelineBindPoint point,
                                                     VkPipeline pipeline)
{
    (void)commands, (void)point;
    for (int i = 0; i < report.count; i++) {
        record *r = &report.records[i];
        if (r->handle != pipeline || !report.in_op) continue;
        r0i_op_facts facts = r0i_op_look(report.op, report.args);
        double work = (double)facts.items * facts.work;
        r->dispatches++;
        if (work <= r->work) continue;
        r->work = work;
        r->arg_count = (uint32_t)R0I_MIN(report.args_size / 4, R0I_COUNT(r->args));
        memcpy(r->args, report.args, r->arg_count * sizeof(uint32_t));
        snprintf(r->op, sizeof r->op, "%s", r0i_ops[report.op].name);
        snprintf(r->model, sizeof r->model, "%s", report.model);
    }
}

static void hook_run(r0i_device *device, r0i_op op, const void *args, size_t args_size, const r0i_view *views)
{
    report.op = op, report.in_op = true, report.args = args, report.args_size = args_size;
    report.seen[op] = true;
    report.functions->run(device, op, args, args_size, views);
    report.in_op = false;
}

// -- stubs: calls that end here --

static VKAPI_ATTR VkResult VKAPI_CALL stub_success(void)
{
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL stub_create(void *device, const void *info, const void *allocator, uint64_t *made)
{
    (void)device, (void)info, (void)allocator;
    *made = (uintptr_t)&report; // never looked into
    return VK_SUCCESS;
}

static uint64_t handle_of(VkDeviceSize size)
{
    if (++report.handles >= MAX_HANDLES) die("too many objects", NULL);
    report.sizes[report.handles] = size;
    return report.handles;
}

static VKAPI_ATTR VkResult VKAPI_CALL stub_buffer(VkDevice device, const VkBufferCreateInfo *info,
                                                  const VkAllocationCallbacks *allocator, VkBuffer *made)
{
    (void)device, (void)allocator;
    *made = (VkBuffer)(uintptr_t)handle_of(info->size);
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL stub_memory(VkDevice device, const VkMemoryAllocateInfo *info,
                                                  const VkAllocationCallbacks *allocator, VkDeviceMemory *made)
{
    (void)device, (void)allocator;
    *made = (VkDeviceMemory)(uintptr_t)handle_of(info->allocationSize);
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL stub_allocate_commands(VkDevice device, const VkCommandBufferAllocateInfo *info,
                                                             VkCommandBuffer *made)
{
    (void)device;
    for (uint32_t i = 0; i < info->commandBufferCount; i++) made[i] = (VkCommandBuffer)&report;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL stub_allocate_sets(VkDevice device, const VkDescriptorSetAllocateInfo *info,
                                                         VkDescriptorSet *made)
{
    (void)device;
    for (uint32_t i = 0; i < info->descriptorSetCount; i++) made[i] = (VkDescriptorSet)(uintptr_t)&report;
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL stub_get_queue(VkDevice device, uint32_t family, uint32_t index, VkQueue *queue)
{
    (void)device, (void)family, (void)index;
    *queue = (VkQueue)&report;
}

static VKAPI_ATTR void VKAPI_CALL stub_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *needs)
{
    (void)device;
    memset(needs, 0, sizeof *needs);
    needs->size = (report.sizes[(uintptr_t)buffer] + 255) / 256 * 256;
    needs->alignment = 256, needs->memoryTypeBits = 3;
}

// All mapped memory is one place. Only staging memory is mapped: see stub_memories.
static VKAPI_ATTR VkResult VKAPI_CALL stub_map(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
                                               VkDeviceSize size, VkMemoryMapFlags flags, void **data)
{
    (void)device, (void)size, (void)flags;
    if (report.sizes[(uintptr_t)memory] > SCRATCH) die("more memory is mapped than this program lends", NULL);
    report.mapped = R0I_MAX(report.mapped, (size_t)report.sizes[(uintptr_t)memory]);
    *data = report.scratch + offset;
    return VK_SUCCESS;
}

// What was "computed" is zero.
static VKAPI_ATTR VkResult VKAPI_CALL stub_submit(VkQueue queue, uint32_t count, const VkSubmitInfo *submits,
                                                  VkFence fence)
{
    (void)queue, (void)count, (void)submits, (void)fence;
    memset(report.scratch, 0, report.mapped);
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL stub_queries(VkDevice device, VkQueryPool pool, uint32_t first, uint32_t count,
                                                   size_t size, void *data, VkDeviceSize stride,
                                                   VkQueryResultFlags flags)
{
    (void)device, (void)pool, (void)first, (void)count, (void)stride, (void)flags;
    memset(data, 0, size);
    return VK_SUCCESS;
}

// Memory that is far from the CPU, and some to carry data there, so that buffers cost nothing here.
static VKAPI_ATTR void VKAPI_CALL stub_memories(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *memories)
{
    (void)physical;
    memset(memories, 0, sizeof *memories);
    memories->memoryTypeCount = memories->memoryHeapCount = 2;
    memories->memoryTypes[0].propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    memories->memoryTypes[1].heapIndex = 1;
    memories->memoryTypes[1].propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT |
                                             VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    memories->memoryHeaps[0].size = memories->memoryHeaps[1].size = (VkDeviceSize)64 << 30;
    memories->memoryHeaps[0].flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;
}

// -- which call goes where --

static PFN_vkVoidFunction find(const char *name)
{
    static const struct { const char *name; PFN_vkVoidFunction function; } table[] = {
        {"vkCreateDevice", (PFN_vkVoidFunction)hook_create_device},
        {"vkCreateComputePipelines", (PFN_vkVoidFunction)hook_create_pipelines},
        {"vkCmdBindPipeline", (PFN_vkVoidFunction)hook_bind_pipeline},
        {"vkCreateBuffer", (PFN_vkVoidFunction)stub_buffer},
        {"vkAllocateMemory", (PFN_vkVoidFunction)stub_memory},
        {"vkAllocateCommandBuffers", (PFN_vkVoidFunction)stub_allocate_commands},
        {"vkAllocateDescriptorSets", (PFN_vkVoidFunction)stub_allocate_sets},
        {"vkGetDeviceQueue", (PFN_vkVoidFunction)stub_get_queue},
        {"vkGetBufferMemoryRequirements", (PFN_vkVoidFunction)stub_requirements},
        {"vkMapMemory", (PFN_vkVoidFunction)stub_map},
        {"vkQueueSubmit", (PFN_vkVoidFunction)stub_submit},
        {"vkGetQueryPoolResults", (PFN_vkVoidFunction)stub_queries},
        {"vkGetPhysicalDeviceMemoryProperties", (PFN_vkVoidFunction)stub_memories},
    };
    for (size_t i = 0; i < R0I_COUNT(table); i++)
        if (!strcmp(table[i].name, name)) return table[i].function;
    return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL hook_device_proc(VkDevice device, const char *name)
{
    static const char *const real[] = {"ShaderModule", "DescriptorSetLayout", "PipelineLayout", "PipelineCache",
                                       "DestroyPipeline", "DestroyDevice", "PipelineExecutable"};
    PFN_vkVoidFunction function = report.device_proc(device, name);
    if (!function || find(name)) return function ? find(name) : NULL;
    for (size_t i = 0; i < R0I_COUNT(real); i++)
        if (strstr(name, real[i])) return function;
    if (!strncmp(name, "vkCreate", 8)) return (PFN_vkVoidFunction)stub_create;
    return (PFN_vkVoidFunction)stub_success;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL hook_instance_proc(VkInstance instance, const char *name)
{
    PFN_vkVoidFunction function = report.instance_proc(instance, name);
    if (instance) report.instance = instance;
    if (!function) return NULL;
    if (!strcmp(name, "vkGetDeviceProcAddr")) {
        report.device_proc = (PFN_vkGetDeviceProcAddr)function;
        return (PFN_vkVoidFunction)hook_device_proc;
    }
    return find(name) ? find(name) : function;
}

static void *report_dlsym(void *library, const char *name)
{
    void *found = dlsym(library, name), *hook;
    PFN_vkGetInstanceProcAddr function = hook_instance_proc;
    if (!found || strcmp(name, "vkGetInstanceProcAddr")) return found;
    memcpy(&report.instance_proc, &found, sizeof found);
    memcpy(&hook, &function, sizeof hook);
    return hook;
}

// -- what is run --

typedef struct shape {
    const char *name;
    r0_architecture architecture;
    int vocab, hidden, intermediate, heads, kv_heads, head_dim, tokens;
} shape;

// One layer of each, and a part of the vocabulary: the ops are the same.
static const shape shapes[] = {
    {"tiny", R0_QWEN3, 49, 128, 320, 4, 2, 32, 64},
    {"Qwen2.5-0.5B", R0_QWEN2, 12288, 896, 4864, 14, 2, 64, 512},
    {"Qwen3-4B", R0_QWEN3, 12288, 2560, 9728, 32, 8, 128, 512},
};

static r0_model_config config_of(const shape *s)
{
    r0_model_config c = R0_ZERO;
    c.architecture = s->architecture;
    c.vocab_size = s->vocab, c.hidden_size = s->hidden, c.intermediate_size = s->intermediate, c.layers = 1;
    c.heads = s->heads, c.kv_heads = s->kv_heads, c.head_dim = s->head_dim, c.max_positions = 2 * s->tokens;
    c.rms_norm_eps = 1e-6f, c.rope_theta = 1e6;
    c.qkv_bias = s->architecture == R0_QWEN2;
    c.qk_norm = s->architecture == R0_QWEN3;
    c.tied_embeddings = true;
    c.eos_tokens[0] = 3, c.eos_count = 1, c.bos_token = c.pad_token = -1;
    return c;
}

static r0_status no_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    (void)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = 1;
    return R0_OK;
}

enum { SEQUENCES = 4, LONGEST = 512 };

static r0_status run_training(r0_model *model, const r0_sequence *sequences)
{
    r0_trainer *trainer;
    r0_trainer_desc desc = R0_ZERO;
    float norm;
    desc.temperature = 1;
    R0I_TRY(r0_trainer_create(model, &desc, &trainer));
    R0I_TRY(r0_trainer_backward(trainer, sequences, SEQUENCES, no_loss, NULL));
    R0I_TRY(r0_trainer_step(trainer, 1e-3f, &norm));
    r0_trainer_destroy(trainer);
    return R0_OK;
}

// Weights of 16 bits are not trained, but adapters on them are.
static r0_status run_adapter(r0_model *base, const r0_sequence *sequences)
{
    r0_lora_desc desc = R0_ZERO;
    r0_model *adapter;
    desc.rank = 16;
    R0I_TRY(r0_lora_create(base, &desc, 1, &adapter));
    R0I_TRY(run_training(adapter, sequences));
    r0_model_destroy(adapter);
    return R0_OK;
}

// Log-probabilities, a training step, and completions: all that a loop of R-Zero asks of a device. The weights are
// whatever the memory holds.
static r0_status run_model(r0_context *r0, const shape *s, r0i_format format)
{
    static int32_t tokens[LONGEST];
    static float logp[SEQUENCES * LONGEST], entropy[SEQUENCES * LONGEST], certainty[SEQUENCES * LONGEST];
    r0_model_config c = config_of(s);
    r0_model *model;
    r0_sequence sequences[SEQUENCES];
    for (int i = 0; i < LONGEST; i++) tokens[i] = 4 + i % (s->vocab - 4);
    for (int i = 0; i < SEQUENCES; i++) {
        r0_sequence q = {tokens, s->tokens, 8};
        sequences[i] = q;
    }
    R0I_TRY(r0i_model_allocate(r0, &c, format, NULL, &model));
    R0I_TRY(r0_logp(model, sequences, SEQUENCES, 1, logp, entropy, certainty));
    R0I_TRY(format == R0I_FORMAT_REAL ? run_training(model, sequences) : run_adapter(model, sequences));
    r0_sampling sampling = {1, 4, .95f, 20, 1};
    r0_rollouts rollouts;
    for (int i = 0; i < SEQUENCES; i++) sequences[i].length = 16;
    R0I_TRY(r0_generate(model, sequences, SEQUENCES, 16, &sampling, &rollouts));
    r0_rollouts_free(r0, &rollouts);
    R0I_TRY(r0_generate(model, sequences, 1, 4, &sampling, &rollouts)); // few rows at a time
    r0_rollouts_free(r0, &rollouts);
    r0_model_destroy(model);
    return R0_OK;
}

// Runs all models. A device that refuses one (a tensor larger than it binds) is told of, and the report goes on.
static void run_models(r0_context *r0, const char *only, FILE *file)
{
    for (size_t i = 0; i < R0I_COUNT(shapes); i++) {
        if (only && strcmp(shapes[i].name, only)) continue;
        for (int format = 0; format < 3 && !r0->device->status; format++) {
            static const char *const names[] = {"", ", bf16", ", f16"}; // in the order of r0i_format
            snprintf(report.model, sizeof report.model, "%s%s", shapes[i].name, names[format]);
            if (run_model(r0, &shapes[i], (r0i_format)format))
                fprintf(file, "refused %s: %s\n", report.model, r0_error(r0));
            r0i_vk *vk = r0i_vk_of(r0->device);
            vk->kernels.cooperative = vk->units.m && format;
            if (vk->kernels.cooperative && run_model(r0, &shapes[i], (r0i_format)format))
                fprintf(file, "refused %s on matrix units: %s\n", report.model, r0_error(r0));
            vk->kernels.cooperative = 0;
        }
    }
    // Ops that these models do not use.
    for (int op = 0; op < R0I_OP_COUNT; op++)
        if (!report.seen[op]) fprintf(file, "unseen %s\n", r0i_ops[op].name);
}

int main(int argc, char **argv)
{
    r0_context_desc desc = R0_ZERO;
    r0i_vk_options options = R0_ZERO;
    r0_context *r0;
    if (argc != 2 && argc != 3) die("usage: shader_report FOLDER [MODEL]", NULL);
    snprintf(report.folder, sizeof report.folder, "%s", argv[1]);
    report.scratch = (char *)calloc(SCRATCH, 1);
    report.sizes = (VkDeviceSize *)calloc(MAX_HANDLES, sizeof *report.sizes);
    if (!report.scratch || !report.sizes) die("no memory", NULL);
    snprintf(report.model, sizeof report.model, "start");
    desc.device = "cpu";
    if (r0_context_create(&desc, &r0)) die("no context", r0_error(r0));
    r0i_device_destroy(r0->device);
    // Without the self-test: it would find that nothing is computed, and refuse the fast paths.
    if (r0i_vk_device_open(r0, R0I_VK_BEST, &options, &r0->device)) die("no Vulkan device", r0_error(r0));
    r0i_device_functions functions = *r0->device->functions;
    report.functions = r0->device->functions;
    functions.run = hook_run;
    r0->device->functions = &functions;
    char path[640];
    snprintf(path, sizeof path, "%s/device.txt", report.folder);
    FILE *file = fopen(path, "w");
    if (!file) die("cannot write", path);
    fprintf(file, "device %s\nkernels %s\n", r0_device_name(r0), r0_device_kernels(r0)); // as chosen by default
    run_models(r0, argc > 2 ? argv[2] : NULL, file);
    fclose(file);
    for (int i = 0; i < report.count; i++) write_record(&report.records[i], i);
    printf("%d pipelines on %s\n", report.count, r0_device_name(r0));
    r0->device->functions = report.functions;
    r0_context_destroy(r0);
    return 0;
}
