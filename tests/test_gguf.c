// GGUF. Catches: weights unpacked or rounded otherwise than the formats' reference does.

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

static void test_gguf(test *t)
{
    test_gguf_blocks(t);
    test_gguf_not_finite(t);
}
