// libFuzzer: any bytes as a GGUF file. What is taken must give texts that the readers of folders take or refuse with a
// reason, and tensors that are readable in full; nothing may leak or run long.
//     make fuzz-gguf
#include "fuzz.h"

// The texts that it stands for are JSON, whatever was in the file.
static void fuzz_text(r0_context *r0, const r0i_gguf *g, r0_status (*print)(const r0i_gguf *, r0i_text *), bool config)
{
    r0i_text out = {r0, NULL, 0, 0, false};
    r0_model_config shape;
    r0_json *document;
    if (print(g, &out) == R0_OK) {
        r0_span text = {out.data, out.size};
        if (r0_json_parse(r0, "fuzz.gguf", text, &document)) abort();
        memset(&shape, 0, sizeof shape);
        if (config) r0i_config_parse(r0, "fuzz.gguf", document, &shape);
        r0_json_destroy(r0, document);
    } else if (!r0_error(r0)[0]) {
        abort();
    }
    r0i_text_free(&out);
}

static void fuzz_tensors(r0_context *r0, r0i_gguf *g)
{
    r0i_shard shard;
    r0i_safetensors file;
    memset(&shard, 0, sizeof shard), memset(&file, 0, sizeof file);
    shard.gguf = g, shard.path = (char *)(uintptr_t)g->path;
    file.context = r0, file.shards = &shard, file.shard_count = 1;
    if (r0i_safetensors_merge(&file) == R0_OK)
        for (size_t i = 0; i < file.count; i++) {
            const r0i_tensor_entry *entry = &file.entries[i];
            size_t count = 1;
            for (int d = 0; d < entry->rank; d++) count *= (size_t)entry->shape[d];
            float *values = R0I_NEW(r0, float, count);
            if (values && r0i_safetensors_read_f32(r0, &file, entry->name.data, entry->shape, entry->rank, values))
                abort();
            r0i_free(r0, values);
        }
    r0i_free(r0, file.entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    r0_context *r0 = fuzz_context();
    size_t bytes = r0->bytes;
    uint8_t *copy = fuzz_copy(data, size);
    r0i_gguf *g = R0I_NEW(r0, r0i_gguf, 1);
    g->context = g->arena.context = r0;
    g->path = "fuzz.gguf";
    g->map.data = copy, g->map.size = size;
    if (r0i_gguf_read(g) == R0_OK) {
        fuzz_text(r0, g, r0i_gguf_config, true);
        fuzz_text(r0, g, r0i_gguf_tokenizer, false);
        fuzz_text(r0, g, r0i_gguf_tokenizer_config, false);
        fuzz_tensors(r0, g);
    }
    memset(&g->map, 0, sizeof g->map);
    r0i_gguf_close(g);
    free(copy);
    if (r0->bytes != bytes) abort(); // leaked
    r0_context_destroy(r0);
    return 0;
}
