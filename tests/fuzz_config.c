// libFuzzer: config.json, generation_config.json and tokenizer_config.json, parted by NUL, beside a sound
// tokenizer.json. A config that is taken must be written and read again as the same one, and give finite rotations;
// what is refused must have a text; nothing may leak.
//     make fuzz-config
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#ifndef R0_NO_VULKAN
#define R0_NO_VULKAN
#endif
#include "../r0.h"

#include <unistd.h>

static char fuzz_folder[64], fuzz_again[80];

static void fuzz_check(bool good)
{
    if (!good) abort();
}

static void fuzz_file(r0_context *r0, const char *folder, const char *name, const char *data, size_t size)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    fuzz_check(r0i_file_write_atomic(r0, path, data, size) == R0_OK);
}

static void fuzz_start(r0_context *r0)
{
    char *data;
    size_t size;
    snprintf(fuzz_folder, sizeof fuzz_folder, "/dev/shm/r0-fuzz-config-%d", (int)getpid());
    snprintf(fuzz_again, sizeof fuzz_again, "%s/again", fuzz_folder);
    fuzz_check(r0i_folder_create(r0, fuzz_again) == R0_OK);
    fuzz_check(r0i_file_read(r0, "tests/data/tokenizers/qwen/tokenizer.json", &data, &size) == R0_OK);
    fuzz_file(r0, fuzz_folder, "tokenizer.json", data, size);
    r0i_free(r0, data);
}

static void fuzz_config(r0_context *r0)
{
    r0_model_config config, again;
    if (r0_model_config_read(r0, fuzz_folder, &config)) {
        fuzz_check(*r0_error(r0) && !config.vocab_size);
        return;
    }
    for (int i = 0; i < config.head_dim; i++) { // every pair of a head, with the RoPE of layers that have a window last
        bool local = i >= config.head_dim / 2 && config.rope_local_theta > 0;
        double frequency = r0i_rope_frequency(&config, local, i % (config.head_dim / 2));
        fuzz_check(frequency >= 0 && frequency <= 1);
    }
    fuzz_check(r0_model_config_parameters(&config) > 0 && config.max_positions > 0);
    fuzz_check(r0_model_config_write(r0, fuzz_again, &config) == R0_OK);
    fuzz_check(r0_model_config_read(r0, fuzz_again, &again) == R0_OK && !memcmp(&config, &again, sizeof config));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"config.json", "generation_config.json", "tokenizer_config.json"};
    const r0_message message = {{"user", 4}, {"hi", 2}};
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_tokenizer *tokenizer;
    char *text;
    desc.device = "cpu", desc.threads = 1, desc.memory_limit = 256u << 20;
    fuzz_check(r0_context_create(&desc, &r0) == R0_OK);
    if (!fuzz_folder[0]) fuzz_start(r0);
    size_t bytes = r0->bytes;
    for (int i = 0; i < 3; i++) {
        const uint8_t *end = i < 2 && size ? (const uint8_t *)memchr(data, 0, size) : NULL;
        size_t length = end ? (size_t)(end - data) : size;
        fuzz_file(r0, fuzz_folder, names[i], (const char *)data, length);
        data += length + (end != NULL), size -= length + (end != NULL);
    }
    fuzz_config(r0);
    if (r0_tokenizer_load(r0, fuzz_folder, &tokenizer) == R0_OK) {
        if (r0_chat_render(tokenizer, &message, 1, true, &text, &size)) fuzz_check(*r0_error(r0) && !text);
        r0_text_free(r0, text);
        r0_tokenizer_destroy(tokenizer);
    } else {
        fuzz_check(*r0_error(r0) != 0);
    }
    fuzz_check(r0->bytes == bytes);
    r0_context_destroy(r0);
    return 0;
}
