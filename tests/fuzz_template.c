// libFuzzer: a chat template and a chat. The input is the template, and behind a NUL maybe the chat as JSON: a list of
// messages, or an object with "messages" and variables. Nothing may crash, leak, run for ever or take memory out of
// proportion; what comes out is a text or an error that names a line.
//     make fuzz-template
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

static void fuzz_check(bool good)
{
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static r0_context *r0;
    static r0_tokenizer *k;
    static const char usual[] =
        "[{\"role\":\"system\",\"content\":\" s\\n\"},{\"role\":\"user\",\"content\":\"\xC3\xA9 q?\"},{\"role\":"
        "\"assistant\",\"content\":\"<think>t</think>a\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
        "{\"x\":1.5}}}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}]";
    if (!r0) {
        r0_context_desc desc = R0_ZERO;
        desc.device = "cpu";
        desc.threads = 1;
        fuzz_check(r0_context_create(&desc, &r0) == R0_OK);
        fuzz_check(r0_tokenizer_load(r0, "tests/data/tokenizers/qwen", &k) == R0_OK);
    }
    const uint8_t *nul = size ? (const uint8_t *)memchr(data, 0, size) : NULL;
    r0_span source = {(const char *)data, nul ? (size_t)(nul - data) : size}, json = {usual, sizeof usual - 1};
    if (nul && size - source.size > 1) json.data = (const char *)nul + 1, json.size = size - source.size - 1;
    size_t bytes = r0->bytes, written;
    r0_json *chat;
    char *text;
    r0->error[0] = 0;
    if (r0_json_parse(r0, "fuzz", json, &chat) != R0_OK) return 0;
    const r0_json *messages = chat->type == R0_JSON_OBJECT ? r0_json_get(chat, "messages") : chat;
    k->chat_template = source;
    for (int prompt = 0; prompt < 2; prompt++) {
        r0_status status = r0_chat_render_json(k, messages, chat->type == R0_JSON_OBJECT ? chat : NULL, prompt, &text,
                                               &written);
        fuzz_check(status != R0_ERROR_MEMORY);
        fuzz_check(status ? !text && *r0_error(r0) : text && !text[written]);
        if (source.size && messages && messages->type == R0_JSON_ARRAY && messages->count && status)
            fuzz_check(strstr(r0_error(r0), "chat template, line ") != NULL);
        r0_text_free(r0, text);
    }
    r0_json_destroy(r0, chat);
    fuzz_check(r0->bytes == bytes);
    return 0;
}
