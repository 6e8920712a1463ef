// libFuzzer: an adapter's folder: adapter_config.json, a NUL, adapter_model.safetensors. What is taken must compute, be
// saved and read again; what is refused must have a text; nothing may leak.
//     make fuzz-adapter
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#ifndef R0_NO_VULKAN
#define R0_NO_VULKAN
#endif
#include "../r0.h"

#include <unistd.h>
#include "model.h"

static void fuzz_check(bool good)
{
    if (!good) abort();
}

static void fuzz_adapter(r0_model *base, const char *folder, const char *again)
{
    static const int32_t ids[] = {1, 5, 3, 2};
    float logits[19];
    r0_model *model, *other = NULL;
    if (r0_lora_load(base, folder, &model)) {
        fuzz_check(*r0_error(base->context) && !model);
        return;
    }
    fuzz_check(r0_logits(model, ids, 4, 3, logits) == R0_OK);
    fuzz_check(r0_model_save(model, again) == R0_OK && r0_lora_load(base, again, &other) == R0_OK);
    fuzz_check(model->tensor_count == other->tensor_count && model->lora_scale == other->lora_scale);
    r0_model_destroy(other);
    r0_model_destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[64], again[80], path[2][160];
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_model *base;
    r0_model_config config = test_small_config(R0_QWEN3);
    const uint8_t *end = size ? (const uint8_t *)memchr(data, 0, size) : NULL;
    size_t length = end ? (size_t)(end - data) : size, rest = end ? size - length - 1 : 0;
    desc.device = "cpu", desc.threads = 1, desc.memory_limit = 64u << 20;
    fuzz_check(r0_context_create(&desc, &r0) == R0_OK);
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/dev/shm/r0-fuzz-adapter-%d", (int)getpid());
        snprintf(again, sizeof again, "%s/again", folder);
        snprintf(path[0], sizeof path[0], "%s/adapter_config.json", folder);
        snprintf(path[1], sizeof path[1], "%s/adapter_model.safetensors", folder);
        fuzz_check(r0i_folder_create(r0, again) == R0_OK);
    }
    fuzz_check(r0_model_create(r0, &config, 5, &base) == R0_OK);
    size_t bytes = r0->bytes, buffers = r0->device->bytes;
    fuzz_check(r0i_file_write_atomic(r0, path[0], data, length) == R0_OK);
    fuzz_check(r0i_file_write_atomic(r0, path[1], data + size - rest, rest) == R0_OK);
    fuzz_adapter(base, folder, again);
    fuzz_check(r0->bytes - bytes == r0->device->bytes - buffers && r0->device->bytes - buffers <= 64 * 4 * 64);
    r0_model_destroy(base);
    r0_context_destroy(r0);
    return 0;
}
