// GGUF. Catches: weights unpacked or rounded otherwise than the formats' reference does; a model that is another one in
// GGUF than in the folder that it was made from; a file that lies about its sizes; keys, types, tokens passed over.

// Bit for bit what PyPI's gguf computes (tests/make_gguf.py).
static void test_gguf_blocks(test *t)
{
    static const int types[] = {R0I_Q4_0, R0I_Q4_1, R0I_Q5_0, R0I_Q5_1, R0I_Q8_0, R0I_Q4_K, R0I_Q5_K, R0I_Q6_K};
    r0i_safetensors *file;
    char name[32];
    r0_status status = r0i_safetensors_open(t->r0, "tests/data/gguf/blocks.safetensors", &file);
    if (!CHECK(!status, "%s", r0_error(t->r0))) return;
    for (size_t i = 0; i < R0I_COUNT(types); i++) {
        r0i_block block = r0i_block_of(types[i]);
        snprintf(name, sizeof name, "%s.bytes", r0i_dtype_name(types[i]));
        const r0i_tensor_entry *bytes = r0i_safetensors_find(file, name);
        snprintf(name, sizeof name, "%s.floats", r0i_dtype_name(types[i]));
        const r0i_tensor_entry *floats = r0i_safetensors_find(file, name);
        if (!CHECK(bytes && floats && bytes->shape[1] == block.bytes && floats->shape[1] == block.weights)) continue;
        size_t count = floats->size / 4;
        float *got = R0I_NEW(t->r0, float, count);
        r0i_floats_load(types[i], bytes->data, count, got);
        CHECK(!memcmp(got, floats->data, floats->size), "%s", name);
        r0i_free(t->r0, got);
    }
    const r0i_tensor_entry *values = r0i_safetensors_find(file, "values");
    for (int i = 0; values && i < 2; i++) {
        static uint8_t blocks[24 * 34];
        static float floats[24 * 32];
        const r0i_tensor_entry *rounded = r0i_safetensors_find(file, i ? "Q4_0.rounded" : "Q8_0.rounded");
        if (!CHECK(values->size == sizeof floats && rounded && rounded->size <= sizeof blocks)) continue;
        memcpy(floats, values->data, sizeof floats);
        r0i_blocks_store(i ? R0I_Q4_0 : R0I_Q8_0, floats, R0I_COUNT(floats), blocks);
        CHECK(!memcmp(blocks, rounded->data, rounded->size), "%d", i);
    }
    r0i_safetensors_close(file);
}

// A block with a weight that is no number does not become one with other numbers.
static void test_gguf_not_finite(test *t)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 6; i++) {
        float values[32] = {1, -3, 2}, back[32];
        uint8_t block[34];
        int dtype = i % 2 ? R0I_Q4_0 : R0I_Q8_0, finite = 0;
        values[7] = bad[i / 2];
        r0i_blocks_store(dtype, values, 32, block);
        r0i_floats_load(dtype, block, 32, back);
        for (int k = 0; k < 32; k++) finite += isfinite(back[k]) != 0;
        CHECK(!finite, "%d: %d", i, finite);
    }
}

// All weights of two models, bit for bit.
static bool gguf_same_weights(test *t, r0_model *a, r0_model *b)
{
    bool same = a->tensor_count == b->tensor_count;
    for (size_t i = 0; same && i < a->tensor_count; i++) {
        const r0i_tensor *x = &a->tensors[i], *y = &b->tensors[i];
        size_t count = (size_t)x->rows * x->cols;
        same = !strcmp(x->name, y->name) && x->rows == y->rows && x->cols == y->cols;
        float *u = R0I_NEW(t->r0, float, count), *v = R0I_NEW(t->r0, float, count);
        same = same && !r0i_tensor_read(a, x, 0, count, u) && !r0i_tensor_read(b, y, 0, count, v) &&
               !memcmp(u, v, count * sizeof *u);
        CHECK(same, "%s", x->name);
        r0i_free(t->r0, u), r0i_free(t->r0, v);
    }
    return same;
}

// What converters that are not ours make of a folder is that folder again; so is what R0 makes of it.
static void test_gguf_families(test *t)
{
    static const char *const names[] = {"llama", "qwen2", "qwen3", "granite", "olmo2", "llama-yarn"};
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        char folder[64], file[64];
        r0_model *a = NULL, *b = NULL, *c = NULL;
        snprintf(folder, sizeof folder, "tests/data/hf/%s", names[i]);
        snprintf(file, sizeof file, "tests/data/gguf/%s.gguf", names[i]);
        bool loaded = !r0_model_load(t->r0, folder, &a) && !r0_model_load(t->r0, file, &b);
        if (CHECK(loaded, "%s", r0_error(t->r0))) {
            r0_model_config x = *r0_model_shape(a), y = *r0_model_shape(b);
            CHECK(gguf_same_weights(t, a, b), "%s", file);
            memset(x.eos_tokens, 0, sizeof x.eos_tokens), memset(y.eos_tokens, 0, sizeof y.eos_tokens);
            memset(&x.generation, 0, sizeof x.generation), memset(&y.generation, 0, sizeof y.generation);
            x.eos_count = y.eos_count, x.bos_token = y.bos_token, x.pad_token = y.pad_token; // the file's own
            CHECK(!memcmp(&x, &y, sizeof x), "%s: the shapes differ", file);
            bool again = !r0_gguf_write(b, file, "f32", "build/test.gguf");
            again = again && !r0_model_load(t->r0, "build/test.gguf", &c);
            if (CHECK(again, "%s", r0_error(t->r0))) {
                x = *r0_model_shape(b), y = *r0_model_shape(c);
                CHECK(gguf_same_weights(t, b, c) && !memcmp(&x, &y, sizeof x), "%s written again", file);
            }
        }
        r0_model_destroy(a), r0_model_destroy(b), r0_model_destroy(c);
    }
}

// A matrix of every type, rows in pairs among them: what gguf makes of the same bytes.
static void test_gguf_types(test *t)
{
    r0_model *model;
    r0i_safetensors *file;
    if (!CHECK(!r0_model_load(t->r0, "tests/data/gguf/types.gguf", &model), "%s", r0_error(t->r0))) return;
    r0_status status = r0i_safetensors_open(t->r0, "tests/data/gguf/types.safetensors", &file);
    size_t seen = 0;
    for (size_t i = 0; !status && i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        const r0i_tensor_entry *entry = r0i_safetensors_find(file, tensor->name);
        if (!entry) continue;
        size_t step = R0I_MAX((size_t)1, tensor->rows / 8), wrong = 0;
        float *row = R0I_NEW(t->r0, float, tensor->cols);
        for (size_t k = 0; k * step < tensor->rows; k++)
            wrong += r0i_tensor_read(model, tensor, k * step * tensor->cols, tensor->cols, row) ||
                     memcmp(row, entry->data + k * tensor->cols * 4, tensor->cols * 4);
        CHECK(!wrong, "%s: %zu rows", tensor->name, wrong);
        r0i_free(t->r0, row);
        seen++;
    }
    CHECK(seen == 8, "%zu", seen);
    if (!status) r0i_safetensors_close(file);
    r0_model_destroy(model);
}

static void gguf_tokens(test *t, const char *model, const char *text, unsigned flags, const char *expected)
{
    r0_tokenizer *tokenizer;
    r0_tokens ids = {NULL, 0};
    char found[256] = "";
    if (!CHECK(!r0_tokenizer_load(t->r0, model, &tokenizer), "%s", r0_error(t->r0))) return;
    CHECK(!r0_tokenizer_encode(tokenizer, r0i_span_of(text), flags, &ids), "%s", r0_error(t->r0));
    for (size_t i = 0; i < ids.count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d", i ? " " : "", (int)ids.ids[i]);
    CHECK(!strcmp(found, expected), "%s: \"%s\" is %s, not %s", model, text, found, expected);
    r0_tokens_free(t->r0, &ids);
    r0_tokenizer_destroy(tokenizer);
}

// Both kinds, as the file has them and as R0 writes them. "the that" in the order of the scores: the parts t, he of
// "_the" come first.
static void test_gguf_tokenizers(test *t)
{
    r0_model *model;
    static const char *const files[] = {"tests/data/gguf/sentence.gguf", "build/test.gguf"};
    if (!CHECK(!r0_model_load(t->r0, files[0], &model), "%s", r0_error(t->r0))) return;
    CHECK(!r0_gguf_write(model, files[0], "q8_0", files[1]), "%s", r0_error(t->r0));
    for (int i = 0; i < 2; i++) {
        gguf_tokens(t, files[i], "the that\n\n\xC3\xBC", R0_TOKENIZE_ADD_SPECIAL, "1 266 264 261 268 270 259 198 191");
        gguf_tokens(t, files[i], "<s>h", R0_TOKENIZE_SPECIAL, "1 259 261");
    }
    r0_model_destroy(model);
    gguf_tokens(t, "tests/data/gguf/qwen2.gguf", "the and 12</s>", R0_TOKENIZE_SPECIAL, "43 39 46 39 30 31 2");
}

// Bytes of a good file with one place changed; "" cuts it off there.
static void gguf_refused(test *t, const char *data, size_t size, size_t at, const char *bytes, size_t count,
                         const char *message)
{
    char *copy = R0I_NEW(t->r0, char, size);
    r0_model *model;
    memcpy(copy, data, size);
    memcpy(copy + at, bytes, count);
    CHECK(!r0i_file_write_atomic(t->r0, "build/hostile.gguf", copy, count ? size : at));
    r0_status status = r0_model_load(t->r0, "build/hostile.gguf", &model);
    CHECK(status && (strstr(r0_error(t->r0), message) != NULL), "at %zu: \"%s\", not \"%s\"", at,
          status ? r0_error(t->r0) : "taken", message);
    r0i_free(t->r0, copy);
}

static size_t gguf_behind(const char *data, size_t size, const char *text)
{
    for (size_t i = 0; i + strlen(text) <= size; i++)
        if (!memcmp(data + i, text, strlen(text))) return i + strlen(text);
    return 0;
}

static void test_gguf_hostile(test *t)
{
    char *data;
    size_t size;
    if (!CHECK(!r0i_file_read(t->r0, "tests/data/gguf/olmo2.gguf", &data, &size), "%s", r0_error(t->r0))) return;
    gguf_refused(t, data, size, 0, "GGUE", 4, "does not begin with \"GGUF\"");
    gguf_refused(t, data, size, 4, "\0\0\0\3", 4, "(big-endian)");
    gguf_refused(t, data, size, 8, "\377\377\377\377", 4, "are too many");
    gguf_refused(t, data, size, 24, "\377\377\377\377\377\377\377\377", 8, "cut off within a key");
    gguf_refused(t, data, size, gguf_behind(data, size, "general.architecture") + 12, "qwen9", 5,
                 "general.architecture = \"qwen9\": none of llama, qwen2");
    gguf_refused(t, data, size, gguf_behind(data, size, "olmo2.embedding_len"), "x", 1,
                 "olmo2.embedding_lenxth = 16: R0 does not know this key");
    gguf_refused(t, data, size, gguf_behind(data, size, "olmo2.block_count") + 4, "\377\377\377\377", 4,
                 "olmo2.block_count = 4294967295: not a whole number");
    gguf_refused(t, data, size, gguf_behind(data, size, "olmo2.block_count"), "\11", 1, "cut off within");
    gguf_refused(t, data, size, gguf_behind(data, size, "olmo2.vocab_size") + 4, "\7", 1, "not the rows of token_embd");
    size_t tensor = gguf_behind(data, size, "token_embd.weight");
    gguf_refused(t, data, size, tensor + 20, "\12", 1, "tensor \"token_embd.weight\": type 10 (Q2_K) cannot be read");
    gguf_refused(t, data, size, tensor + 20, "\377\377\377\377", 4, "type 4294967295 (unknown) cannot be read");
    gguf_refused(t, data, size, tensor, "\3", 1, "neither a vector nor a matrix");
    gguf_refused(t, data, size, tensor + 12, "\0\0\0\0\0\0\0\0", 8, "the product of its shape is 0");
    gguf_refused(t, data, size, tensor + 4, "\377\377\377\377\377\377\377\177", 8, "the product of its shape");
    gguf_refused(t, data, size, tensor + 24, "\1", 1, "do not lie within the file");
    gguf_refused(t, data, size, tensor - 17, "tokex", 5, "not one that R0 knows");
    gguf_refused(t, data, size, size - 4096, "", 0, "(cut off?)");
    for (size_t at = 1056; at < tensor; at += 97) gguf_refused(t, data, size, at, "", 0, "cut off");
    r0i_free(t->r0, data);
}

static void test_gguf(test *t)
{
    test_gguf_blocks(t);
    test_gguf_not_finite(t);
    test_gguf_families(t);
    test_gguf_types(t);
    test_gguf_tokenizers(t);
    test_gguf_hostile(t);
}
