// libFuzzer: a tokenizer.json and a text. The input is the text's size (one byte), the text, then the file; the text
// is also put through a fixed tokenizer. Nothing may crash, leak, or take memory out of proportion. A context and the
// Unicode tables, which every run would make anew, are kept, so that a run is the file and the text alone.
//     make fuzz-tokenizer
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

static void fuzz_check(bool good)
{
    if (!good) abort();
}

// Any text that encodes must decode to something that encodes to the same ids, when no token eats white space.
static void fuzz_encode(r0_tokenizer *k, r0_span text, unsigned flags)
{
    r0_context *r0 = k->context;
    r0_tokens tokens;
    r0_message message = {{"user", 4}, text};
    char *back;
    size_t size;
    r0_status status = r0_tokenizer_encode(k, text, flags, &tokens);
    fuzz_check(status != R0_ERROR_MEMORY);
    if (status == R0_OK) {
        fuzz_check(tokens.count <= 16 * text.size + 4096);
        for (size_t i = 0; i < tokens.count; i++) fuzz_check(tokens.ids[i] >= 0 && tokens.ids[i] < k->vocab_size);
        fuzz_check(r0_tokenizer_decode(k, tokens.ids, tokens.count, 0, &back, &size) == R0_OK);
        for (size_t i = 0; i < size;) { // decoded text is valid UTF-8
            uint32_t code;
            int length = r0i_utf8_decode(back + i, size - i, &code);
            fuzz_check(length > 0);
            i += (size_t)length;
        }
        r0_text_free(r0, back);
    }
    r0_tokens_free(r0, &tokens);
    if (flags) return;
    if (r0_chat_render(k, &message, 1, true, &back, &size) == R0_OK) fuzz_check(back[size] == 0);
    r0_text_free(r0, back);
}

// Memory stays in proportion to the file, whose limit the context has.
static void fuzz_load(r0_context *r0, const r0_tokenizer *fixed, r0_span json, r0_span text)
{
    r0_tokenizer *k = R0I_NEW(r0, r0_tokenizer, 1);
    r0i_loader l;
    r0_json *root;
    memset(&l, 0, sizeof l);
    l.context = l.scratch.context = k->context = k->arena.context = r0;
    l.t = k;
    l.path = "fuzz";
    k->folder = (char *)(uintptr_t)"fuzz";
    k->unicode = fixed->unicode; // the other tokenizer's arena holds them
    r0_status status = r0_json_parse(r0, "fuzz", json, &root);
    fuzz_check(status != R0_ERROR_MEMORY);
    if (status == R0_OK) {
        status = r0i_load_json(&l, root);
        fuzz_check(!status || *r0_error(r0));
        fuzz_check(status != R0_ERROR_MEMORY);
        if (!status) {
            k->chat_template = r0_json_get_text(root, "chat_template");
            for (unsigned flags = 0; flags < 4; flags++) fuzz_encode(k, text, flags);
        }
        r0_json_destroy(r0, root);
    }
    r0i_text_free(&l.scratch);
    r0_tokenizer_destroy(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static r0_context *fixed, *r0;
    static r0_tokenizer *qwen;
    if (!fixed) {
        r0_context_desc desc = R0_ZERO;
        desc.device = "cpu";
        desc.threads = 1;
        fuzz_check(r0_context_create(&desc, &fixed) == R0_OK && r0_context_create(&desc, &r0) == R0_OK);
        fuzz_check(r0_tokenizer_load(fixed, "tests/data/tokenizers/qwen", &qwen) == R0_OK);
    }
    if (!size) return 0;
    size_t length = R0I_MIN((size_t)data[0], size - 1);
    r0_span text = {(const char *)data + 1, length}, json = {(const char *)data + 1 + length, size - 1 - length};
    for (unsigned flags = 0; flags < 4; flags++) fuzz_encode(qwen, text, flags);
    size_t bytes = r0->bytes;
    r0->desc.memory_limit = fixed->desc.memory_limit = (64u << 20) + 4096 * size;
    r0->error[0] = 0;
    fuzz_load(r0, qwen, json, text);
    fuzz_check(r0->bytes == bytes);
    return 0;
}
