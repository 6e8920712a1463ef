// libFuzzer: any bytes as a safetensors file, or, after a first byte 'c', as a config.json. What is taken must be
// readable in full, what is written must read back the same; nothing may leak or run long.
//     make fuzz-safetensors
#include "fuzz.h"

static void fuzz_config(r0_context *r0, r0_span text)
{
    r0_json *document, *again;
    r0_model_config config, back;
    memset(&config, 0, sizeof config), memset(&back, 0, sizeof back);
    if (r0_json_parse(r0, "config.json", text, &document)) return;
    if (r0i_config_parse(r0, "config.json", document, &config) == R0_OK) {
        r0i_text written = {r0, NULL, 0, 0, false};
        if (r0_model_config_parameters(&config) <= 0) abort();
        r0i_config_print(&written, &config);
        r0_span span = {written.data, written.size};
        if (r0_json_parse(r0, "written", span, &again) || r0i_config_parse(r0, "written", again, &back)) abort();
        if (memcmp(&config, &back, sizeof config)) abort();
        r0_json_destroy(r0, again);
        r0i_text_free(&written);
    }
    r0_json_destroy(r0, document);
}

// Reads every byte of every tensor, so that the sanitizer sees where the data lies.
static void fuzz_read(r0_context *r0, const r0i_safetensors *file)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < file->count; i++) {
        const r0i_tensor_entry *entry = &file->entries[i];
        if (r0i_safetensors_find(file, entry->name.data) != entry) abort();
        for (size_t b = 0; b < entry->size; b++) sum += entry->data[b];
        float *values = R0I_NEW(r0, float, entry->size / r0i_dtype_size(entry->dtype) + 1);
        r0_status status = r0i_safetensors_read_f32(r0, file, entry->name.data, entry->shape, entry->rank, values);
        if ((status == R0_OK) != (entry->dtype <= R0I_BF16)) abort();
        r0i_free(r0, values);
    }
    r0i_hash hash = r0i_hash_begin();
    r0i_hash_add(&hash, &sum, sizeof sum);
    r0i_safetensors_verify(file);
}

static void fuzz_file(r0_context *r0, const uint8_t *data, size_t size)
{
    r0i_safetensors *file = R0I_NEW(r0, r0i_safetensors, 1);
    uint8_t *copy = fuzz_copy(data, size);
    file->context = r0;
    file->shards = R0I_NEW(r0, r0i_shard, 1);
    file->shard_count = 1;
    if (r0i_path_join(r0, "", "fuzz.safetensors", &file->shards[0].path)) abort();
    file->shards[0].map.data = copy;
    file->shards[0].map.size = size;
    if (r0i_shard_header(r0, &file->shards[0]) == R0_OK && r0i_safetensors_merge(file) == R0_OK) fuzz_read(r0, file);
    memset(&file->shards[0].map, 0, sizeof(r0i_map));
    r0i_safetensors_close(file);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    r0_context *r0 = fuzz_context();
    size_t bytes = r0->bytes;
    r0_span text = {(const char *)data + 1, size - 1};
    if (size && data[0] == 'c')
        fuzz_config(r0, text);
    else
        fuzz_file(r0, data, size);
    if (r0->bytes != bytes) abort(); // leaked
    r0_context_destroy(r0);
    return 0;
}
