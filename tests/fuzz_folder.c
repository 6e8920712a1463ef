// libFuzzer: a model folder with an index and two shards. The input is three sizes (two bytes each, low byte first),
// then the texts of model.safetensors.index.json, one.safetensors, two.safetensors and, what is left, config.json.
// Files go through the disk, mapped as a user's would be. What is taken must be readable in full; whatever is wrong
// must have a text; nothing may leak.
//     clang -g -O1 -fsanitize=fuzzer,address,undefined -o build/fuzz_folder tests/fuzz_folder.c -lm
//     build/fuzz_folder build/corpus_folder tests/corpus/folder
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#ifndef R0_NO_VULKAN
#define R0_NO_VULKAN
#endif
#include "../r0.h"

#include <unistd.h>

static void fuzz_check(bool good)
{
    if (!good) abort();
}

static void fuzz_write(const char *folder, const char *name, const uint8_t *data, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    fuzz_check(file && fwrite(data, 1, size, file) == size);
    fclose(file);
}

// Reads every byte of every tensor, so that the sanitizer sees where the data lies.
static void fuzz_read(r0_context *r0, const r0i_safetensors *file)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < file->count; i++) {
        const r0i_tensor_entry *entry = &file->entries[i];
        fuzz_check(r0i_safetensors_find(file, entry->name.data) == entry);
        for (size_t b = 0; b < entry->size; b++) sum = (uint8_t)(sum + entry->data[b]);
    }
    r0i_safetensors_verify(file);
    (void)r0;
}

// What is found reads back as JSON, whatever bytes names and errors have.
static void fuzz_inspect(r0_context *r0, const char *folder)
{
    char *text;
    r0_json *found;
    if (r0_model_inspect(r0, folder, &text)) return;
    fuzz_check(r0_json_parse(r0, "found", r0i_span_of(text), &found) == R0_OK);
    const r0_json *problems = r0_json_get(found, "problems");
    for (size_t i = 0; i < problems->count; i++) fuzz_check(problems->items[i].text.size > 0);
    fuzz_check(r0_json_get(found, "tensors") && r0_json_get(found, "missing"));
    r0_json_destroy(r0, found);
    r0_text_free(r0, text);
}

static void fuzz_folder(r0_context *r0, const char *folder)
{
    r0i_safetensors *file;
    r0_model *model;
    if (r0i_safetensors_open(r0, folder, &file) == R0_OK) {
        fuzz_read(r0, file);
        r0i_safetensors_close(file);
    } else {
        fuzz_check(*r0_error(r0) != 0);
    }
    fuzz_inspect(r0, folder);
    r0_status status = r0_model_load(r0, folder, &model);
    fuzz_check((status == R0_OK) == (model != NULL));
    r0_model_destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"model.safetensors.index.json", "one.safetensors", "two.safetensors"};
    static char folder[64];
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    desc.threads = 1;
    desc.memory_limit = 64u << 20;
    if (size < 6) return 0;
    const uint8_t *at = data + 6, *end = data + size;
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/dev/shm/r0-fuzz-%d", (int)getpid());
        fuzz_check(r0_context_create(&desc, &r0) == R0_OK && r0i_folder_create(r0, folder) == R0_OK);
        r0_context_destroy(r0);
    }
    for (int i = 0; i < 3; i++) {
        size_t length = R0I_MIN((size_t)(data[2 * i] | data[2 * i + 1] << 8), (size_t)(end - at));
        fuzz_write(folder, names[i], at, length);
        at += length;
    }
    fuzz_write(folder, "config.json", at, (size_t)(end - at));
    fuzz_check(r0_context_create(&desc, &r0) == R0_OK);
    size_t bytes = r0->bytes;
    fuzz_folder(r0, folder);
    fuzz_check(r0->bytes == bytes && r0->device->bytes == 0);
    r0_context_destroy(r0);
    return 0;
}
