// libFuzzer: a data file of `r0 sft`, with a tokenizer and Qwen3's template. Examples must lie within the ids, with a
// prompt and known ids; what is refused must have a text; nothing may leak.
//     make fuzz-sft
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#ifndef R0_NO_VULKAN
#define R0_NO_VULKAN
#endif
#include "../r0.h"

#include <unistd.h>
#include "../examples/sft_data.h"

static void fuzz_check(bool good)
{
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static r0_context *r0;
    static r0_tokenizer *tokenizer;
    static r0_model_config config;
    static char path[64];
    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu", desc.threads = 1, desc.memory_limit = 256u << 20;
    if (!r0) {
        snprintf(path, sizeof path, "/dev/shm/r0-fuzz-sft-%d.jsonl", (int)getpid());
        fuzz_check(r0_context_create(&desc, &r0) == R0_OK);
        fuzz_check(r0_tokenizer_load(r0, "tests/data/tokenizers/qwen", &tokenizer) == R0_OK);
        config.vocab_size = 496, config.bos_token = -1;
        config.eos_tokens[0] = r0_tokenizer_id(tokenizer, "<|im_end|>"), config.eos_count = 1;
    }
    sft_data d = R0_ZERO;
    size_t bytes = r0->bytes;
    d.r0 = r0, d.tokenizer = tokenizer, d.config = &config, d.longest = 1000, d.ignored = "id,source";
    d.left_out = 5, d.warned_begin = d.warned_end = true; // nothing is printed
    d.chat = (sft_chat *)memset(arrays_grow(NULL, sizeof *d.chat), 0, sizeof *d.chat);
    d.path = path;
    fuzz_check(r0i_file_write_atomic(r0, path, data, size) == R0_OK);
    if (r0_json_lines(r0, path, sft_line, &d)) fuzz_check(d.problem[0] || *r0_error(r0));
    for (int i = 0; i < d.count; i++) {
        const sft_example *e = &d.examples[i];
        fuzz_check(e->prompt_length > 0 && e->prompt_length <= e->length && e->length <= d.longest);
        fuzz_check(e->first + (size_t)e->length <= arrlenu(d.ids));
        for (int k = 0; k < e->length; k++)
            fuzz_check(d.ids[e->first + (size_t)k] >= 0 && d.ids[e->first + (size_t)k] < config.vocab_size);
    }
    fuzz_check(!arrlen(d.chat->joined) && r0->bytes == bytes);
    sft_data_free(&d);
    return 0;
}
