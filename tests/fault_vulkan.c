// A Vulkan loader (libvulkan.so.1, found by LD_LIBRARY_PATH) that hands every call on to the real one, R0_FAULT_VULKAN,
// but lets the k-th call of those that can fail do so: R0_FAULT="K RESULT"; or, R0_FAULT="K RESULT WaitForFences", of
// those of one name. RESULT 6: the process dies there. "K 7 CmdDispatchBase": from the k-th dispatch on nothing is
// computed, and nobody is told. R0_FAULT_COUNT=PATH receives how many calls there were. A call with up to twelve
// arguments, all of them integers or pointers, is handed on without knowing them, as 64-bit ABIs of Unix allow.
#define VK_NO_PROTOTYPES
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

#define CALLS(X)                                                                                                       \
    X(CreateInstance) X(EnumerateInstanceExtensionProperties) X(EnumeratePhysicalDevices)                              \
    X(EnumerateDeviceExtensionProperties) X(CreateDevice) X(GetFenceStatus) X(CreateBuffer) X(AllocateMemory)          \
    X(BindBufferMemory) X(MapMemory) X(CreateShaderModule) X(CreateDescriptorSetLayout) X(CreatePipelineLayout)        \
    X(CreateComputePipelines) X(CreateDescriptorPool) X(ResetDescriptorPool) X(AllocateDescriptorSets)                 \
    X(CreateCommandPool) X(CreateQueryPool) X(GetQueryPoolResults) X(AllocateCommandBuffers) X(BeginCommandBuffer)     \
    X(EndCommandBuffer) X(CreateFence) X(WaitForFences) X(ResetFences) X(QueueSubmit) X(EnumerateInstanceVersion)      \
    X(CmdDispatchBase)

typedef intptr_t word;
typedef int (*any_call)(word, word, word, word, word, word, word, word, word, word, word, word);

static long calls, chosen;
static int result;
static char only[64];

static int fault(const char *name)
{
    if (*only ? strcmp(name, only) : !strcmp(name, "CmdDispatchBase")) return 0; // that one cannot fail
    if (++calls != chosen && (result != 7 || calls < chosen || !chosen)) return 0;
    if (result == 7) return result;
    fprintf(stderr, "(fault: call %ld)\n", calls);
    if (result == 6) _Exit(134);
    return result;
}

#define X(name)                                                                                                        \
    static any_call real_##name;                                                                                       \
    static int wrap_##name(word a, word b, word c, word d, word e, word f, word g, word h, word i, word j, word k,     \
                           word l)                                                                                     \
    {                                                                                                                  \
        int fails = fault(#name);                                                                                      \
        return fails ? fails : real_##name(a, b, c, d, e, f, g, h, i, j, k, l);                                        \
    }
CALLS(X)
#undef X

static PFN_vkGetInstanceProcAddr real_instance;
static PFN_vkGetDeviceProcAddr real_device;
static PFN_vkVoidFunction find_device(VkDevice device, const char *name);

static PFN_vkVoidFunction wrapped(const char *name, PFN_vkVoidFunction real)
{
    if (!real) return NULL;
#define X(one)                                                                                                         \
    if (!strcmp(name, "vk" #one)) return real_##one = (any_call)(void *)real, (PFN_vkVoidFunction)(void *)wrap_##one;
    CALLS(X)
#undef X
    if (!strcmp(name, "vkGetDeviceProcAddr")) {
        real_device = (PFN_vkGetDeviceProcAddr)real;
        return (PFN_vkVoidFunction)find_device;
    }
    return real;
}

static PFN_vkVoidFunction find_device(VkDevice device, const char *name)
{
    return wrapped(name, real_device(device, name));
}

__attribute__((visibility("default"))) PFN_vkVoidFunction vkGetInstanceProcAddr(VkInstance instance, const char *name)
{
    if (!real_instance) {
        const char *fault = getenv("R0_FAULT"), *path = getenv("R0_FAULT_VULKAN");
        void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
        if (fault) sscanf(fault, "%ld %d %63s", &chosen, &result, only);
        if (library) real_instance = (PFN_vkGetInstanceProcAddr)dlsym(library, "vkGetInstanceProcAddr");
        if (!real_instance) return NULL;
    }
    return wrapped(name, real_instance(instance, name));
}

__attribute__((destructor)) static void fault_end(void)
{
    const char *path = getenv("R0_FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) fprintf(file, "%ld\n", calls), fclose(file);
}
