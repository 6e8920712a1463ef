// libFuzzer: any bytes as JSON. What parses must be written and parse again; nothing may leak or run long.
//     make fuzz-json
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

static void fuzz_write(r0i_text *out, const r0_json *v)
{
    static const char *const words[] = {"null", "false", "true"};
    if (v->type <= R0_JSON_TRUE) r0i_text_print(out, "%s", words[v->type]);
    if (v->type == R0_JSON_NUMBER) r0i_json_write_number(out, v->number);
    if (v->type == R0_JSON_STRING) r0i_json_write_string(out, v->text);
    if (v->type < R0_JSON_ARRAY) return;
    r0i_text_append(out, v->type == R0_JSON_ARRAY ? "[" : "{", 1);
    for (size_t i = 0; i < v->count; i++) {
        if (i) r0i_text_append(out, ",", 1);
        if (v->keys) r0i_json_write_string(out, v->keys[i]), r0i_text_append(out, ":", 1);
        fuzz_write(out, &v->items[i]);
    }
    r0i_text_append(out, v->type == R0_JSON_ARRAY ? "]" : "}", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0_json *document, *again;
    desc.device = "cpu";
    desc.threads = 1;
    desc.memory_limit = 256u << 20;
    if (r0_context_create(&desc, &r0)) abort();
    size_t bytes = r0->bytes;
    r0_span text = {(const char *)data, size};
    if (r0_json_parse(r0, "fuzz", text, &document) == R0_OK) {
        r0i_text first = {r0, NULL, 0, 0, false}, second = {r0, NULL, 0, 0, false};
        fuzz_write(&first, document);
        r0_span written = {first.data, first.size};
        if (r0_json_parse(r0, "written", written, &again)) abort();
        fuzz_write(&second, again);
        if (first.size != second.size || memcmp(first.data, second.data, first.size)) abort();
        r0i_text_free(&first);
        r0i_text_free(&second);
        r0_json_destroy(r0, again);
        r0_json_destroy(r0, document);
    } else if (document || !*r0_error(r0)) {
        abort();
    }
    if (r0->bytes != bytes) abort();
    r0_context_destroy(r0);
    return 0;
}
