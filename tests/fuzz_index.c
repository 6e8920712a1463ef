// libFuzzer: any bytes as a model.safetensors.index.json over three small shards, two of which share a tensor. An index
// never leads out of its folder; what it opens holds every tensor that it names, where it says; nothing may leak.
//     make fuzz-index
#include "fuzz.h"

static char fuzz_folder[64];

static void fuzz_write(const char *name, const void *data, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) abort();
}

// A shard of one or two tensors of two floats each.
static void fuzz_shard(const char *name, const char *first, const char *second)
{
    char file[400];
    int size = snprintf(file + 8, sizeof file - 8, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}",
                        first);
    if (second)
        size += snprintf(file + 8 + size, sizeof file - 8 - (size_t)size,
                         ",\"%s\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[8,16]}", second);
    file[8 + size++] = '}';
    for (int i = 0; i < 8; i++) file[i] = (char)((uint64_t)size >> 8 * i & 0xFF);
    memset(file + 8 + size, 1, 16);
    fuzz_write(name, file, 8 + (size_t)size + (second ? 16 : 8));
}

static void fuzz_start(void)
{
    snprintf(fuzz_folder, sizeof fuzz_folder, "build/fuzz_index.%d", (int)getpid());
    r0_context *r0;
    if (r0_context_create(NULL, &r0) || r0i_folder_create(r0, fuzz_folder)) abort();
    r0_context_destroy(r0);
    fuzz_shard("a.safetensors", "x", "y");
    fuzz_shard("b.safetensors", "z", NULL);
    fuzz_shard("c.safetensors", "x", NULL);
}

static void fuzz_check(r0_context *r0, const r0i_safetensors *file)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < file->shard_count; i++) {
        const char *name = file->shards[i].path + strlen(fuzz_folder) + 1;
        if (memcmp(file->shards[i].path, fuzz_folder, strlen(fuzz_folder)) || strchr(name, '/')) abort();
    }
    for (size_t i = 0; i < file->count; i++) {
        const r0i_tensor_entry *entry = &file->entries[i];
        float values[4];
        if (r0i_safetensors_find(file, entry->name.data) != entry || entry->size != 8) abort();
        for (size_t b = 0; b < entry->size; b++) sum += entry->data[b];
        if (r0i_safetensors_read_f32(r0, file, entry->name.data, entry->shape, entry->rank, values)) abort();
    }
    if (sum != 8 * file->count) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!fuzz_folder[0]) fuzz_start();
    r0i_safetensors *file;
    r0_context *r0 = fuzz_context();
    size_t bytes = r0->bytes;
    fuzz_write("model.safetensors.index.json", data, size);
    if (r0i_safetensors_open(r0, fuzz_folder, &file) == R0_OK) fuzz_check(r0, file);
    else if (file || !*r0_error(r0)) abort();
    r0i_safetensors_close(file);
    if (r0->bytes != bytes) abort(); // leaked
    r0_context_destroy(r0);
    return 0;
}
