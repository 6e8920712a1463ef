// Safetensors, config.json, run folders. Catches: files that lie about their sizes, silent conversions, damaged
// checkpoints that are taken for whole ones, configs that would give another model than the one named.

static const char checkpoint_folder[] = "build/test-checkpoint";

static char *checkpoint_path(const char *name)
{
    static char path[4][256];
    static int turn;
    char *out = path[turn++ & 3];
    snprintf(out, 256, "%s/%s", checkpoint_folder, name);
    return out;
}

// Known answers of xxHash's own sanity check, and independence from how the input is cut.
static void test_checkpoint_hash(test *t)
{
    uint8_t bytes[1000];
    for (int i = 0; i < 1000; i++) bytes[i] = (uint8_t)(i * 7 + (i >> 3));
    r0i_hash hash = r0i_hash_begin();
    CHECK(r0i_hash_end(&hash) == 0xEF46DB3751D8E999u);
    r0i_hash_add(&hash, "abc", 3);
    CHECK(r0i_hash_end(&hash) == 0x44BC2CF5AD770999u);
    hash = r0i_hash_begin();
    const char *text = "Nobody inspects the spammish repetition";
    r0i_hash_add(&hash, text, strlen(text));
    CHECK(r0i_hash_end(&hash) == 0xFBCEA83C8A378BF1u, "%llx", (unsigned long long)r0i_hash_end(&hash));
    hash = r0i_hash_begin();
    r0i_hash_add(&hash, bytes, 1000);
    uint64_t whole = r0i_hash_end(&hash);
    for (size_t step = 1; step < 70; step += 3) {
        r0i_hash parts = r0i_hash_begin();
        for (size_t at = 0; at < 1000; at += step) r0i_hash_add(&parts, bytes + at, R0I_MIN(step, 1000 - at));
        CHECK(r0i_hash_end(&parts) == whole);
    }
}

// Every half value survives; rounding is to nearest even, also into the subnormals and into infinity.
static void test_checkpoint_halves(test *t)
{
    int wrong16 = 0, wrongb = 0;
    for (uint32_t i = 0; i < 65536; i++) {
        bool nan16 = (i & 0x7C00) == 0x7C00 && (i & 0x3FF), nanb = (i & 0x7F80) == 0x7F80 && (i & 0x7F);
        float a = r0i_f16_to_f32((uint16_t)i), b = r0i_bf16_to_f32((uint16_t)i);
        wrong16 += nan16 ? !isnan(a) || !isnan(r0i_f16_to_f32(r0i_f32_to_f16(a))) : r0i_f32_to_f16(a) != i;
        wrongb += nanb ? !isnan(b) || !isnan(r0i_bf16_to_f32(r0i_f32_to_bf16(b))) : r0i_f32_to_bf16(b) != i;
    }
    CHECK(wrong16 == 0 && wrongb == 0, "%d %d", wrong16, wrongb);
    CHECK(r0i_f16_to_f32(0x3555) == 0.333251953125f && r0i_f16_to_f32(1) == 5.9604644775390625e-8f);
    CHECK(r0i_f32_to_f16(65519.99f) == 0x7BFF && r0i_f32_to_f16(65520.f) == 0x7C00 && r0i_f32_to_f16(-1e30f) == 0xFC00);
    CHECK(r0i_f32_to_f16(2049.f) == 0x6800 && r0i_f32_to_f16(2051.f) == 0x6802); // ties: to even
    CHECK(r0i_f32_to_f16(2.98023223876953125e-8f) == 0 && r0i_f32_to_f16(2.99e-8f) == 1 &&
          r0i_f32_to_f16(8.94069671630859375e-8f) == 2);
    CHECK(r0i_f32_to_bf16(1.00390625f) == 0x3F80 && r0i_f32_to_bf16(1.01171875f) == 0x3F82 &&
          r0i_f32_to_bf16(3.4e38f) == 0x7F80);
}

static r0i_tensor_out checkpoint_out(const char *name, int dtype, int rank, int64_t a, int64_t b, const void *data)
{
    r0i_tensor_out out;
    memset(&out, 0, sizeof out);
    out.name = name, out.dtype = dtype, out.rank = rank, out.shape[0] = a, out.shape[1] = b, out.data = data;
    return out;
}

static void test_checkpoint_round_trip(test *t)
{
    static const uint8_t raw[3] = {1, 2, 255};
    static const int64_t big[2] = {-5, (int64_t)1 << 60};
    float values[6] = {1, -2.5f, 3e-8f, 1e30f, 0.1f, -0.0f}, back[6];
    const int64_t shape[2] = {2, 3}, wrong[2] = {3, 2};
    r0i_tensor_out out[5] = {
        checkpoint_out("raw", R0I_U8, 1, 3, 0, raw),       checkpoint_out("w", R0I_F32, 2, 2, 3, values),
        checkpoint_out("half", R0I_BF16, 2, 2, 3, values), checkpoint_out("big", R0I_I64, 1, 2, 0, big),
        checkpoint_out("none", R0I_F32, 2, 0, 3, values),
    };
    char *one = checkpoint_path("one.safetensors"), *two = checkpoint_path("two.safetensors"), *a, *b;
    size_t size_a, size_b;
    r0i_safetensors *file;
    CHECK(r0i_safetensors_write(t->r0, one, out, 5, "{\"step\": \"12\", \"note\": \"a\\\"b\"}") == R0_OK, "%s",
          r0_error(t->r0));
    CHECK(r0i_safetensors_write(t->r0, two, out, 5, "{\"step\": \"12\", \"note\": \"a\\\"b\"}") == R0_OK);
    CHECK(r0i_file_read(t->r0, one, &a, &size_a) == R0_OK && r0i_file_read(t->r0, two, &b, &size_b) == R0_OK);
    CHECK(size_a == size_b && !memcmp(a, b, size_a));
    r0i_free(t->r0, a), r0i_free(t->r0, b);
    if (!CHECK(r0i_safetensors_open(t->r0, one, &file) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(r0i_safetensors_verify(file) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0i_safetensors_read_f32(t->r0, file, "w", shape, 2, back) == R0_OK && !memcmp(back, values, sizeof back));
    CHECK(r0i_safetensors_read_f32(t->r0, file, "half", shape, 2, back) == R0_OK && back[1] == -2.5f &&
          back[4] == 0.10009765625f);
    CHECK(!memcmp(r0i_safetensors_find(file, "big")->data, big, 16) &&
          !memcmp(r0i_safetensors_find(file, "raw")->data, raw, 3));
    CHECK(r0i_safetensors_find(file, "none")->size == 0 && !r0i_safetensors_find(file, "wa") &&
          !r0i_safetensors_find(file, ""));
    CHECK(!strcmp(r0_json_get_text(r0i_safetensors_metadata(file), "note").data, "a\"b"));
    CHECK(r0i_safetensors_read_f32(t->r0, file, "w", wrong, 2, back) == R0_ERROR_FORMAT);
    CHECK(strstr(r0_error(t->r0), "one.safetensors: tensor \"w\": expected shape (3, 2), found (2, 3)"), "%s",
          r0_error(t->r0));
    CHECK(r0i_safetensors_read_f32(t->r0, file, "v", wrong, 2, back) == R0_ERROR_FORMAT &&
          strstr(r0_error(t->r0), "\"v\" of shape (3, 2) is missing"));
    CHECK(r0i_safetensors_read_f32(t->r0, file, "raw", &file->entries[3].shape[0], 1, back) == R0_ERROR_UNSUPPORTED &&
          strstr(r0_error(t->r0), "U8"));
    r0i_safetensors_close(file);
}

static void test_checkpoint_refused(test *t)
{
    float x[2] = {1, 2};
    char *path = checkpoint_path("never.safetensors");
    r0i_tensor_out twice[2] = {checkpoint_out("x", R0I_F32, 1, 2, 0, x), checkpoint_out("x", R0I_F32, 1, 2, 0, x)};
    r0i_tensor_out quote = checkpoint_out("a\"b", R0I_F32, 1, 2, 0, x),
                   huge = checkpoint_out("h", R0I_F32, 2, INT64_MAX, 8, x);
    CHECK(r0i_safetensors_write(t->r0, path, twice, 2, NULL) == R0_ERROR_ARGUMENT);
    CHECK(r0i_safetensors_write(t->r0, path, &quote, 1, NULL) == R0_ERROR_ARGUMENT);
    CHECK(r0i_safetensors_write(t->r0, path, &huge, 1, NULL) == R0_ERROR_ARGUMENT);
    CHECK(r0i_safetensors_write(t->r0, path, twice, 1, "{\"a\":1}") == R0_ERROR_ARGUMENT);
    CHECK(r0i_safetensors_write(t->r0, "build/no-such-folder/x.safetensors", twice, 1, NULL) == R0_ERROR_FILE);
    CHECK(strstr(r0_error(t->r0), "no-such-folder"));
    CHECK(!r0i_file_exists(path));
}

// Writes a file with the given header text and `bytes` of data, and opens it: the error text, "" when it opens.
static const char *checkpoint_try(test *t, const char *header, size_t bytes)
{
    char *path = checkpoint_path("try.safetensors"), content[2048];
    size_t size = strlen(header);
    r0i_safetensors *file;
    memset(content, 0, sizeof content);
    r0i_store_le64((uint8_t *)content, size);
    memcpy(content + 8, header, size);
    CHECK(r0i_file_write_atomic(t->r0, path, content, 8 + size + bytes) == R0_OK);
    if (r0i_safetensors_open(t->r0, path, &file)) return r0_error(t->r0);
    r0i_safetensors_close(file);
    return "";
}

static void test_checkpoint_malformed(test *t)
{
    static const struct {
        const char *header;
        size_t bytes;
        const char *error;
    } cases[] = {
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, ""},
        {"{}", 0, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ", 4, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, "tensor \"a\": bytes 0..8 lie beyond"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, "the last 1 bytes belong to no tensor"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "\"a\": type and shape need 12 bytes"},
        {"{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype \"F31\" is not known"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "whole numbers >= 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,0.5],\"data_offsets\":[0,8]}}", 8,
         "whole numbers >= 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "overflows"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[9007199254740992,512],\"data_offsets\":[0,0]}}", 0, "overflows"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "more than 8 dimensions"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "data_offsets"},
        {"{\"a\":[1]}", 8, "not an object"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_"
         "offsets\":[4,8]}}",
         8, "\"a\" and \"b\" overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_"
         "offsets\":[5,8]}}",
         8, "\"b\": the bytes before it"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_"
         "offsets\":[0,0]}}",
         0, "\"a\" is in"},
        {"{\"\\u0000\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "odd characters"},
        {"[1]", 0, "does not begin with '{'"},
        {"{\"a\"", 0, "expected"},
    };
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        const char *error = checkpoint_try(t, cases[i].header, cases[i].bytes);
        CHECK(cases[i].error[0] ? strstr(error, cases[i].error) != NULL : !error[0], "case %zu: \"%s\"", i, error);
        CHECK(!error[0] || strstr(error, "try.safetensors") != NULL, "case %zu does not name the file: %s", i, error);
    }
    char *path = checkpoint_path("try.safetensors");
    r0i_safetensors *file;
    CHECK(r0i_file_write_atomic(t->r0, path, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F{}", 10) == R0_OK);
    CHECK(r0i_safetensors_open(t->r0, path, &file) == R0_ERROR_FORMAT && !file);
    CHECK(r0i_file_write_atomic(t->r0, path, "", 0) == R0_OK);
    CHECK(r0i_safetensors_open(t->r0, path, &file) == R0_ERROR_FORMAT && strstr(r0_error(t->r0), "too short"));
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1192135128\n";
    CHECK(r0i_file_write_atomic(t->r0, path, pointer, sizeof pointer - 1) == R0_OK);
    CHECK(r0i_safetensors_open(t->r0, path, &file) == R0_ERROR_FORMAT && strstr(r0_error(t->r0), "git lfs pull"));
    CHECK(r0i_safetensors_open(t->r0, "build", &file) == R0_ERROR_FILE && strstr(r0_error(t->r0), "neither"));
    CHECK(r0i_folder_create(t->r0, "build/test-pickled") == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, "build/test-pickled/pytorch_model.bin", "PK", 2) == R0_OK);
    CHECK(r0i_safetensors_open(t->r0, "build/test-pickled", &file) == R0_ERROR_FILE);
    CHECK(strstr(r0_error(t->r0), "pytorch_model.bin cannot be read"), "%s", r0_error(t->r0));
}

// One flipped bit anywhere but in the size field is found: in names, in the checksum itself, in the data.
static void test_checkpoint_damage(test *t)
{
    float values[64];
    char *path = checkpoint_path("damaged.safetensors"), *data;
    size_t size;
    for (int i = 0; i < 64; i++) values[i] = (float)i;
    r0i_tensor_out out = checkpoint_out("weights", R0I_F32, 1, 64, 0, values);
    CHECK(r0i_safetensors_write(t->r0, path, &out, 1, NULL) == R0_OK);
    CHECK(r0i_file_read(t->r0, path, &data, &size) == R0_OK);
    int unnoticed = 0;
    for (size_t i = 0; i < size; i += 3) {
        r0i_safetensors *file;
        data[i] = (char)(data[i] ^ 4);
        CHECK(r0i_file_write_atomic(t->r0, path, data, size) == R0_OK);
        if (r0i_safetensors_open(t->r0, path, &file) == R0_OK) {
            bool known = r0_json_get(r0i_safetensors_metadata(file), "r0_checksum") != NULL;
            unnoticed += known && r0i_safetensors_verify(file) == R0_OK;
            r0i_safetensors_close(file);
        }
        data[i] = (char)(data[i] ^ 4);
    }
    CHECK(unnoticed == 0, "%d", unnoticed);
    r0i_free(t->r0, data);
}

static void test_checkpoint_shards(test *t)
{
    static const char good[] = "{\"metadata\":{},\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}}";
    static const char swapped[] = "{\"weight_map\":{\"a\":\"s2.safetensors\",\"b\":\"s1.safetensors\"}}";
    static const char outside[] = "{\"weight_map\":{\"a\":\"../s2.safetensors\"}}";
    float x[2] = {1, 2}, y[2];
    const int64_t shape[1] = {2};
    char *index = checkpoint_path("model.safetensors.index.json");
    r0i_safetensors *file;
    r0i_tensor_out a = checkpoint_out("a", R0I_F32, 1, 2, 0, x), b = checkpoint_out("b", R0I_F16, 1, 2, 0, x);
    CHECK(r0i_safetensors_write(t->r0, checkpoint_path("s1.safetensors"), &a, 1, NULL) == R0_OK);
    CHECK(r0i_safetensors_write(t->r0, checkpoint_path("s2.safetensors"), &b, 1, NULL) == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, index, good, sizeof good - 1) == R0_OK);
    if (CHECK(r0i_safetensors_open(t->r0, checkpoint_folder, &file) == R0_OK, "%s", r0_error(t->r0))) {
        CHECK(file->count == 2 && r0i_safetensors_read_f32(t->r0, file, "b", shape, 1, y) == R0_OK && y[1] == 2);
        r0i_safetensors_close(file);
    }
    CHECK(r0i_file_write_atomic(t->r0, index, swapped, sizeof swapped - 1) == R0_OK);
    CHECK(r0i_safetensors_open(t->r0, index, &file) == R0_ERROR_FORMAT && strstr(r0_error(t->r0), "\"a\" is not in s2"),
          "%s", r0_error(t->r0));
    CHECK(r0i_file_write_atomic(t->r0, index, outside, sizeof outside - 1) == R0_OK);
    CHECK(r0i_safetensors_open(t->r0, index, &file) == R0_ERROR_FORMAT && strstr(r0_error(t->r0), "not a file name"));
    remove(index);
}

// What transformers wrote is read as transformers means it.
static void test_checkpoint_hf(test *t)
{
    static const char *const names[] = {"qwen2", "qwen3", "llama"};
    for (int i = 0; i < 3; i++) {
        char folder[64];
        r0_model_config config;
        r0i_safetensors *file;
        snprintf(folder, sizeof folder, "tests/data/hf/%s", names[i]);
        CHECK(r0_model_config_read(t->r0, folder, &config) == R0_OK, "%s", r0_error(t->r0));
        CHECK(config.architecture == (r0_architecture)i && config.hidden_size == 32 && config.kv_heads == 2 &&
              config.layers == 2);
        CHECK(config.head_dim == (i == 1 ? 10 : 8) && config.qkv_bias == (i == 0) && config.qk_norm == (i == 1));
        CHECK(config.tied_embeddings == (i < 2) && config.rope_theta == (i < 2 ? 1e6 : 1e4));
        CHECK(config.eos_count == (i == 2 ? 2 : 1) && config.eos_tokens[0] == (i == 2 ? 2 : 3) &&
              config.bos_token == (i == 1 ? -1 : 1));
        CHECK(config.rope_scaling.factor == (i == 2 ? 8 : 0) &&
              config.rope_scaling.original_max_positions == (i == 2 ? 64 : 0));
        if (!CHECK(r0i_safetensors_open(t->r0, folder, &file) == R0_OK, "%s", r0_error(t->r0))) continue;
        int64_t count = 0;
        for (size_t e = 0; e < file->count; e++)
            count += (int64_t)(file->entries[e].size / r0i_dtype_size(file->entries[e].dtype));
        CHECK(count == r0_model_config_parameters(&config), "%s: %lld parameters", names[i], (long long)count);
        r0i_safetensors_close(file);
    }
}

// Parses a config made of `extra` fields and a sound rest: the error text, "" when it is taken.
static const char *checkpoint_config(test *t, const char *architecture, const char *extra, r0_model_config *config)
{
    char text[1024];
    int size = snprintf(text, sizeof text,
                        "{\"architectures\":[\"%s\"],\"vocab_size\":100,\"hidden_size\":64,\"intermediate_size\":96,"
                        "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"num_key_value_heads\":2%s%s}",
                        architecture, extra[0] ? "," : "", extra);
    remove(checkpoint_path("generation_config.json"));
    CHECK(r0i_file_write_atomic(t->r0, checkpoint_path("config.json"), text, (size_t)size) == R0_OK);
    return r0_model_config_read(t->r0, checkpoint_folder, config) ? r0_error(t->r0) : "";
}

static void test_checkpoint_config_values(test *t)
{
    r0_model_config c;
    const char *error = checkpoint_config(t, "Qwen3ForCausalLM", "", &c);
    CHECK(!error[0] && c.head_dim == 128 && c.max_positions == 32768 && c.rope_theta == 10000 && c.eos_count == 0 &&
              c.bos_token == -1,
          "%s", error);
    error = checkpoint_config(t, "LlamaForCausalLM", "\"num_key_value_heads\":null,\"rope_theta\":5e5", &c);
    CHECK(!error[0] && c.kv_heads == 4 && c.head_dim == 16 && c.bos_token == 1 && c.eos_tokens[0] == 2 &&
              c.rope_theta == 5e5,
          "%s", error);
    error = checkpoint_config(
        t, "Qwen2ForCausalLM",
        "\"eos_token_id\":[7,9],\"use_sliding_window\":false,\"sliding_window\":4096,\"rope_scaling\":null", &c);
    CHECK(!error[0] && c.eos_count == 2 && c.eos_tokens[1] == 9 && c.head_dim == 16, "%s", error);
    error = checkpoint_config(t, "Qwen2ForCausalLM",
                              "\"use_sliding_window\":true,\"sliding_window\":4096,\"max_window_layers\":2,"
                              "\"hidden_act\":\"swish\"", &c);
    CHECK(!error[0] && !c.window, "%s", error); // no layer reaches the window; swish is silu
    error = checkpoint_config(t, "Qwen2ForCausalLM",
                              "\"use_sliding_window\":true,\"sliding_window\":64,\"max_window_layers\":1", &c);
    CHECK(!error[0] && c.window == 64 && c.max_positions == 32768 && c.layer_flags[1] == R0_LAYER_WINDOW, "%s",
          error);
    error = checkpoint_config(t, "MistralForCausalLM", "", &c); // the class's own window
    CHECK(!error[0] && c.max_positions == 131072 && c.window == 4096, "%s", error);
    error = checkpoint_config(t, "MistralForCausalLM", "\"sliding_window\":null,\"future\":null", &c);
    CHECK(!error[0] && c.max_positions == 131072 && !c.window, "%s", error);
    error = checkpoint_config(t, "SmolLM3ForCausalLM", "\"no_rope_layer_interval\":2,\"quantization_config\":null", &c);
    CHECK(!error[0] && !c.layer_flags[0] && c.layer_flags[1] == R0_LAYER_NO_ROPE && c.rope_theta == 2e6 &&
              c.tied_embeddings && c.bos_token == -1, "%s", error);
    error = checkpoint_config(t, "GraniteForCausalLM", "\"residual_multiplier\":0.5,\"attention_bias\":true", &c);
    CHECK(!error[0] && c.residual_scale == .5 && c.attention_scale == 1 && c.qkv_bias && c.o_bias, "%s", error);
    error = checkpoint_config(t, "Gemma3ForCausalLM", // as transformers 4 writes it
                              "\"rope_theta\":2e6,\"rope_local_base_freq\":5e3,\"sliding_window_pattern\":2,"
                              "\"sliding_window\":512,\"query_pre_attn_scalar\":64,\"cache_implementation\":\"hybrid\","
                              "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8}", &c);
    CHECK(!error[0] && c.rope_theta == 2e6 && c.rope_local_theta == 5e3 && c.rope_scaling.factor == 8 &&
              c.window == 512 && c.layer_flags[0] == R0_LAYER_WINDOW && !c.layer_flags[1] && c.norm_offset == 1 &&
              c.attention_scale == .125 && c.both_norms && c.gelu && c.head_dim == 256 && c.tied_embeddings &&
              c.bos_token == 2 && c.eos_tokens[0] == 1 && c.pad_token == 0, "%s", error);
    error = checkpoint_config(t, "Gemma3ForCausalLM", "", &c); // its class's numbers
    CHECK(!error[0] && c.rope_theta == 1e6 && c.rope_local_theta == 1e4 && c.window == 4096 &&
              c.layer_flags[1] == R0_LAYER_WINDOW && c.attention_scale == 1 / 16., "%s", error);
    error = checkpoint_config(t, "LlamaForCausalLM", "\"model_type\":\"internlm3\",\"num_experts\":0", &c);
    CHECK(!error[0] && c.rms_norm_eps == 1e-5f && c.head_dim == 128, "%s", error);
    error = checkpoint_config(t, "LlamaForCausalLM",
                              "\"max_position_embeddings\":512,\"rope_scaling\":{\"type\":\"llama3\",\"factor\":8,"
                              "\"low_freq_factor\":1,\"high_freq_factor\":4}",
                              &c);
    CHECK(!error[0] && c.rope_scaling.original_max_positions == 512 && c.rope_scaling.high_freq_factor == 4, "%s",
          error);
}

static void test_checkpoint_config_refused(test *t)
{
    static const struct {
        const char *architecture, *extra, *error;
    } cases[] = {
        {"MixtralForCausalLM", "", "MixtralForCausalLM"},
        {"Qwen2ForCausalLM", "\"num_key_value_heads\":3", "num_key_value_heads = 3"},
        {"Qwen2ForCausalLM", "\"num_key_value_heads\":0", "num_key_value_heads = 0"},
        {"Qwen2ForCausalLM", "\"hidden_size\":null", "hidden_size is missing"},
        {"Qwen2ForCausalLM", "\"hidden_size\":\"64\"", "hidden_size = \"64\" is not a whole number"},
        {"Qwen2ForCausalLM", "\"hidden_size\":64.5", "hidden_size = 64.5 is not a whole number"},
        {"Qwen2ForCausalLM", "\"hidden_size\":1e12", "hidden_size = 1000000000000 is not a whole number"},
        {"Qwen2ForCausalLM", "\"hidden_size\":1000000000", "hidden_size = 1e+09 is not within"},
        {"Qwen2ForCausalLM", "\"num_attention_heads\":0", "num_attention_heads = 0"},
        {"Qwen3ForCausalLM", "\"head_dim\":15", "head_dim = 15 is odd"},
        {"Qwen3ForCausalLM", "\"head_dim\":-8", "head_dim = -8"},
        {"Qwen2ForCausalLM", "\"rms_norm_eps\":-1", "rms_norm_eps = -1"},
        {"Qwen2ForCausalLM", "\"rope_theta\":0", "rope_theta = 0"},
        {"Qwen2ForCausalLM", "\"eos_token_id\":100", "eos_token_id = 100 is not a token (0..99)"},
        {"Qwen2ForCausalLM", "\"eos_token_id\":[1,\"x\"]", "eos_token_id = \"x\" is not a token"},
        {"Qwen2ForCausalLM", "\"eos_token_id\":[1,2,3,4,5,6,7,8,9]", "9 end tokens"},
        {"Qwen2ForCausalLM", "\"pad_token_id\":100", "pad_token_id = 100"},
        {"Qwen2ForCausalLM", "\"tie_word_embeddings\":1", "tie_word_embeddings = 1 is neither"},
        {"Qwen2ForCausalLM", "\"hidden_act\":\"gelu\"", "hidden_act = \"gelu\": only silu"},
        {"Qwen2ForCausalLM", "\"attention_bias\":true", "attention_bias = true"},
        {"MistralForCausalLM", "\"mlp_bias\":true", "mlp_bias"},
        {"LlamaForCausalLM", "\"quantization_config\":{\"bits\":4}", "quantization_config: quantized"},
        {"LlamaForCausalLM", "\"quantization\":{\"bits\":4}", "quantization: quantized"},
        {"Qwen2ForCausalLM", "\"quantization_config\":{\"quant_method\":\"awq\"}", "quant_method = \"awq\": quantized"},
        {"Qwen3ForCausalLM", "\"num_experts\":8", "num_experts = 8: a mixture"},
        {"Qwen2ForCausalLM", "\"layer_types\":[\"full_attention\",\"sliding_attention\"]",
         "layer_types = \"sliding_attention\": there is no sliding_window"},
        {"Qwen2ForCausalLM", "\"layer_types\":[\"full_attention\",\"linear_attention\"]", "linear_attention"},
        {"Qwen2ForCausalLM", "\"layer_types\":[\"full_attention\"]", "layer_types is no list of 2"},
        {"Qwen2ForCausalLM", "\"layer_types\":\"full_attention\"", "layer_types is no list of 2"},
        {"Qwen2ForCausalLM", "\"is_causal\":false", "is_causal = false"},
        {"LlamaForCausalLM", "\"model_type\":\"granite\"", "model_type = \"granite\" is not computed by"},
        {"Qwen3ForSequenceClassification", "\"model_type\":\"qwen3\"",
         "\"Qwen3ForSequenceClassification\" is none of Qwen2"},
        {"LlamaForCausalLM", "\"embedding_multiplier\":2", "embedding_multiplier = 2: this family"},
        {"GraniteForCausalLM", "\"residual_multiplier\":0", "residual_multiplier = 0 is not within"},
        {"SmolLM3ForCausalLM", "\"no_rope_layers\":[1]", "no_rope_layers is no list of 2"},
        {"Qwen3ForCausalLM", "\"no_rope_layers\":[1,0]", "no_rope_layers: this family"},
        {"LlamaForCausalLM", "\"final_logit_softcapping\":30", "final_logit_softcapping = 30: softcapping"},
        {"Gemma3ForCausalLM", "\"attn_logit_softcapping\":50", "attn_logit_softcapping = 50: softcapping"},
        {"Gemma3ForCausalLM", "\"use_bidirectional_attention\":true", "use_bidirectional_attention"},
        {"Gemma3ForCausalLM", "\"hidden_activation\":\"gelu\"", "hidden_activation = \"gelu\": only gelu_pytorch"},
        {"Gemma3ForCausalLM", "\"query_pre_attn_scalar\":0", "query_pre_attn_scalar = "},
        {"Gemma3ForCausalLM", "\"rope_parameters\":{\"rope_type\":\"default\"}",
         "rope_type = \"default\": R0 does not"},
        {"Gemma3ForCausalLM", "\"rope_parameters\":{\"sliding_attention\":{\"rope_type\":\"linear\"}}",
         "rope_type = \"linear\": only default"},
        {"Gemma3ForConditionalGeneration", "\"model_type\":\"gemma3\"", "\"Gemma3ForConditionalGeneration\" is none"},
        {"Gemma2ForCausalLM", "\"model_type\":\"gemma2\"", "\"Gemma2ForCausalLM\" is none"},
        {"LlamaForCausalLM", "\"sliding_window\":1024", "sliding_window = 1024: this family has no windows"},
        {"LlamaForCausalLM", "\"rope_scaling\":{\"rope_type\":\"longrope\",\"factor\":4}",
         "rope_type = \"longrope\""},
        {"LlamaForCausalLM", "\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4,\"mix\":1}",
         "mix = 1: R0 does not"},
        {"LlamaForCausalLM", "\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4,\"beta_slow\":40}",
         "beta_fast = 32"},
        {"LlamaForCausalLM",
         "\"original_max_position_embeddings\":8,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4}",
         "original_max_position_embeddings = 8"},
        {"Qwen3ForCausalLM", "\"rope_parameters\":{\"full_attention\":{\"rope_theta\":1e6}}",
         "RoPE that differs by layer"},
        {"LlamaForCausalLM", "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":0}", "factor = 0"},
        {"LlamaForCausalLM", "\"rope_scaling\":{\"rope_type\":\"llama3\"}", "rope_type llama3: factor is missing"},
        {"LlamaForCausalLM",
         "\"rope_parameters\":{\"rope_type\":\"llama3\",\"factor\":2,\"low_freq_factor\":4,\"high_freq_factor\":1}",
         "high_freq_factor = 1"},
        {"LlamaForCausalLM", "\"rope_parameters\":{\"rope_type\":\"default\",\"partial_rotary_factor\":0.5}",
         "partial_rotary_factor = 0.5"},
        {"Qwen2ForCausalLM", "\"rms_norm_eps\":\"small\"", "rms_norm_eps = \"small\" is not a number"},
    };
    r0_model_config c;
    for (size_t i = 0; i < R0I_COUNT(cases); i++) {
        const char *error = checkpoint_config(t, cases[i].architecture, cases[i].extra, &c);
        CHECK(strstr(error, cases[i].error) && strstr(error, "config.json: "), "case %zu: \"%s\"", i, error);
        CHECK(c.vocab_size == 0); // nothing half-read is left behind
    }
}

// Written and read again, a config is the same one; the file does not hold 9.99999997e-07.
static void test_checkpoint_config_round_trip(test *t)
{
    static const char *const names[] = {"qwen2", "qwen3", "llama", "mistral", "smollm3", "granite", "olmo2", "gemma3"};
    char *text;
    size_t size;
    for (int i = 0; i <= R0_GEMMA3; i++) {
        r0_model_config a, b;
        char folder[64];
        snprintf(folder, sizeof folder, "tests/data/hf/%s", names[i]);
        CHECK(r0_model_config_read(t->r0, folder, &a) == R0_OK, "%s", r0_error(t->r0));
        a.rope_theta = 1e7 + 0.125;
        a.generation.temperature = .6, a.generation.top_k = 20, a.generation.greedy = i % 2;
        CHECK(a.architecture == (r0_architecture)i);
        CHECK(r0_model_config_write(t->r0, checkpoint_path("written"), &a) == R0_OK, "%s", r0_error(t->r0));
        CHECK(r0_model_config_read(t->r0, checkpoint_path("written"), &b) == R0_OK, "%s", r0_error(t->r0));
        CHECK(!memcmp(&a, &b, sizeof a), "%s", names[i]);
        CHECK(r0i_file_read(t->r0, checkpoint_path("written/config.json"), &text, &size) == R0_OK);
        CHECK(strstr(text, i == 2 ? "\"rms_norm_eps\": 0.00001," : "\"rms_norm_eps\": 1e-6,"), "%s", text);
        r0i_free(t->r0, text);
        a.post_norm = !a.post_norm; // what the class of that name does not compute
        CHECK(r0_model_config_write(t->r0, checkpoint_path("written"), &a) == R0_ERROR_ARGUMENT);
        a.post_norm = !a.post_norm, a.heads = 3;
        CHECK(r0_model_config_write(t->r0, checkpoint_path("written"), &a) != R0_OK);
    }
}

static void checkpoint_make(test *t, const char *folder, int64_t step)
{
    float value = (float)step;
    char *path;
    r0i_tensor_out out = checkpoint_out("w", R0I_F32, 1, 1, 0, &value);
    CHECK(r0i_checkpoint_path(t->r0, folder, step, &path) == R0_OK);
    CHECK(r0i_safetensors_write(t->r0, path, &out, 1, NULL) == R0_OK, "%s", r0_error(t->r0));
    r0i_free(t->r0, path);
}

// Turns one bit of the file at the end.
static void checkpoint_damage(test *t, const char *folder, int64_t step)
{
    char *path, *data;
    size_t size;
    CHECK(r0i_checkpoint_path(t->r0, folder, step, &path) == R0_OK);
    CHECK(r0i_file_read(t->r0, path, &data, &size) == R0_OK);
    data[size - 1] = (char)(data[size - 1] ^ 1);
    CHECK(r0i_file_write_atomic(t->r0, path, data, size) == R0_OK);
    r0i_free(t->r0, data);
    r0i_free(t->r0, path);
}

// A run that lost its newest checkpoint goes on from the one before; one that lost all does not start over in silence.
static void test_checkpoint_rotation(test *t)
{
    const char *folder = "build/test-checkpoint/rotation";
    const int64_t made[] = {3, 12, 5, 999999999, 10000000001}; // the last is no checkpoint: its number is too large
    int64_t step, *steps;
    size_t count;
    r0i_safetensors *file;
    CHECK(r0i_folder_create(t->r0, folder) == R0_OK && r0i_checkpoint_prune(t->r0, folder, 0) == R0_OK);
    CHECK(r0i_checkpoint_newest(t->r0, folder, &file, &step) == R0_OK && !file && step == -1);
    CHECK(r0i_file_write_atomic(t->r0, checkpoint_path("rotation/checkpoint-7.safetensors"), "x", 1) == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, checkpoint_path("rotation/checkpoint-0000000099.safetensors.old"), "x", 1) ==
          R0_OK);
    for (size_t i = 0; i < R0I_COUNT(made); i++) checkpoint_make(t, folder, made[i]);
    CHECK(r0i_checkpoint_list(t->r0, folder, &steps, &count) == R0_OK && count == 4);
    CHECK(count == 4 && steps[0] == 999999999 && steps[1] == 12 && steps[2] == 5 && steps[3] == 3);
    r0i_free(t->r0, steps);
    CHECK(r0i_checkpoint_newest(t->r0, folder, &file, &step) == R0_OK && step == 999999999);
    r0i_safetensors_close(file);
    checkpoint_damage(t, folder, 999999999);
    CHECK(r0i_checkpoint_newest(t->r0, folder, &file, &step) == R0_OK && step == 12 && file);
    CHECK(file && r0i_safetensors_find(file, "w")->data[3] == 0x41); // 12.0f is 0x41400000
    r0i_safetensors_close(file);
    CHECK(r0i_checkpoint_prune(t->r0, folder, 3) == R0_OK);
    CHECK(r0i_checkpoint_list(t->r0, folder, &steps, &count) == R0_OK && count == 3 && steps[2] == 5);
    r0i_free(t->r0, steps);
    checkpoint_damage(t, folder, 12), checkpoint_damage(t, folder, 5);
    CHECK(r0i_checkpoint_newest(t->r0, folder, &file, &step) == R0_ERROR_FORMAT && !file && step == -1);
    CHECK(strstr(r0_error(t->r0), "checkpoint-0000000005.safetensors: damaged"), "%s", r0_error(t->r0));
    CHECK(r0i_checkpoint_newest(t->r0, "build/no-such-run", &file, &step) == R0_ERROR_FILE);
}

static bool checkpoint_holds(test *t, const char *path, const char *text)
{
    char *data;
    size_t size;
    if (r0i_file_read(t->r0, path, &data, &size)) return false;
    bool same = size == strlen(text) && !memcmp(data, text, size);
    r0i_free(t->r0, data);
    return same;
}

// After a resume, lines past the checkpoint are gone and nothing else; a file that lost lines is an error.
static void test_checkpoint_append(test *t)
{
    const char *path = "build/test-checkpoint/lines.jsonl";
    remove(path);
    CHECK(r0i_file_append(t->r0, path, "one\n", 4) == R0_OK && r0i_file_append(t->r0, path, "two\n", 4) == R0_OK);
    CHECK(checkpoint_holds(t, path, "one\ntwo\n"));
    CHECK(r0i_file_truncate(t->r0, path, 9) == R0_ERROR_FORMAT);
    CHECK(strstr(r0_error(t->r0), "has 8 bytes, 9 of it are needed"), "%s", r0_error(t->r0));
    CHECK(r0i_file_truncate(t->r0, path, 4) == R0_OK && r0i_file_append(t->r0, path, "2\n", 2) == R0_OK);
    CHECK(checkpoint_holds(t, path, "one\n2\n"));
    CHECK(r0i_file_append(t->r0, "build/no-such-folder/lines", "x", 1) == R0_ERROR_FILE);
}

typedef struct checkpoint_seen {
    int tensors, metadata, missing;
    char problems[4096];
} checkpoint_seen;

static int checkpoint_inspect(test *t, const char *path, checkpoint_seen *seen);

// Copies a model through our reader and writer; tests/check_hf.py sees whether transformers finds the same model.
// `extra`: one more tensor, `scale` times the first one, which is the embedding; NULL: none.
static void checkpoint_copy_with(test *t, const char *from, const char *to, int dtype, const char *extra, float scale)
{
    char name[128];
    r0_model_config config;
    r0i_safetensors *file;
    r0i_tensor_out out[32];
    memset(out, 0, sizeof out);
    CHECK(r0_model_config_read(t->r0, from, &config) == R0_OK && r0_model_config_write(t->r0, to, &config) == R0_OK);
    if (!CHECK(r0i_safetensors_open(t->r0, from, &file) == R0_OK && file->count <= R0I_COUNT(out))) return;
    for (size_t i = 0; i < file->count; i++) {
        const r0i_tensor_entry *e = &file->entries[i];
        float *values = R0I_NEW(t->r0, float, e->size / r0i_dtype_size(e->dtype));
        CHECK(r0i_safetensors_read_f32(t->r0, file, e->name.data, e->shape, e->rank, values) == R0_OK);
        out[i] = checkpoint_out(e->name.data, dtype, e->rank, e->shape[0], e->shape[1], values);
    }
    float more[64 * 32];
    size_t count = file->count, size = (size_t)(out[0].shape[0] * out[0].shape[1]);
    if (extra && CHECK(!strcmp(out[0].name, "model.embed_tokens.weight") && size <= R0I_COUNT(more))) {
        for (size_t i = 0; i < size; i++) more[i] = scale * ((const float *)out[0].data)[i];
        out[count++] = checkpoint_out(extra, dtype, 2, out[0].shape[0], out[0].shape[1], more);
    }
    snprintf(name, sizeof name, "%s/model.safetensors", to);
    CHECK(r0i_safetensors_write(t->r0, name, out, count, NULL) == R0_OK, "%s", r0_error(t->r0));
    for (size_t i = 0; i < file->count; i++) r0i_free(t->r0, (void *)(uintptr_t)out[i].data);
    r0i_safetensors_close(file);
}

static void checkpoint_copy_model(test *t, const char *from, const char *to, int dtype)
{
    checkpoint_copy_with(t, from, to, dtype, NULL, 0);
}

// The last warning.
static void checkpoint_warning(void *user, r0_log_level level, const char *text)
{
    if (level == R0_LOG_WARNING) snprintf((char *)user, 256, "%s", text);
}

// Tensors that a model has no use for. Catches: a head that differs from the embedding that it is tied to, dropped in
// silence (transformers 5 takes the head); biases that a config does not speak of; and a complaint about what is usual:
// Qwen3-0.6B's file holds its tied head, too, old Llama files the rotary frequencies.
static void test_checkpoint_unused(test *t)
{
    static const char folder[] = "build/test-checkpoint/unused";
    static const struct { const char *name; float scale; int problems; const char *warning, *error; } rows[] = {
        {"lm_head.weight", 1, 0, "", ""},
        {"lm_head.weight", 2, 1, "", "model.safetensors: tensor \"lm_head.weight\": tie_word_embeddings"},
        {"model.layers.0.self_attn.rotary_emb.inv_freq", 1, 0, "", ""},
        {"model.layers.0.self_attn.o_proj.bias", 1, 1,
         "model.safetensors: tensor \"model.layers.0.self_attn.o_proj.bias\" is no part", ""},
    };
    r0_context_desc kept = t->r0->desc;
    char warning[256];
    t->r0->desc.log = checkpoint_warning, t->r0->desc.user = warning;
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_model *model;
        checkpoint_seen seen;
        checkpoint_copy_with(t, "tests/data/hf/qwen2", folder, R0I_BF16, rows[i].name, rows[i].scale);
        warning[0] = 0;
        r0_status status = r0_model_load(t->r0, folder, &model);
        CHECK((status == R0_OK) == !rows[i].error[0] && (!status || strstr(r0_error(t->r0), rows[i].error)), "%s",
              r0_error(t->r0));
        CHECK(rows[i].warning[0] ? strstr(warning, rows[i].warning) != NULL : !warning[0], "%s", warning);
        r0_model_destroy(model);
        CHECK(checkpoint_inspect(t, folder, &seen) == rows[i].problems, "%s", seen.problems);
    }
    t->r0->desc = kept;
}

// What newcomers give first: the hub's name of a model, or a file of the folder.
static void test_checkpoint_no_folder(test *t)
{
    static const struct { const char *path, *error; } rows[] = {
        {"Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B: there is no such folder. R0 downloads nothing"},
        {"tests/data/hf/qwen2/config.json", "config.json: is a file. R0"},
        {"", ": there is no such folder"},
    };
    char *json;
    for (size_t i = 0; i < R0I_COUNT(rows); i++) {
        r0_model *model;
        r0_tokenizer *tokenizer;
        r0_model_config config;
        CHECK(r0_model_load(t->r0, rows[i].path, &model) == R0_ERROR_FILE && strstr(r0_error(t->r0), rows[i].error),
              "%s", r0_error(t->r0));
        CHECK(r0_tokenizer_load(t->r0, rows[i].path, &tokenizer) == R0_ERROR_FILE &&
              strstr(r0_error(t->r0), rows[i].error), "%s", r0_error(t->r0));
        CHECK(r0_model_config_read(t->r0, rows[i].path, &config) == R0_ERROR_FILE &&
              strstr(r0_error(t->r0), rows[i].error), "%s", r0_error(t->r0));
        CHECK(r0_model_inspect(t->r0, rows[i].path, &json) != R0_OK && !json);
    }
    checkpoint_seen seen; // an adapter can be looked into, but is no model
    r0_model_config config;
    CHECK(checkpoint_inspect(t, "tests/data/lora/llama", &seen) == 0 && seen.tensors > 0, "%s", seen.problems);
    CHECK(r0_model_config_read(t->r0, "tests/data/lora/llama", &config) == R0_ERROR_FILE &&
          strstr(r0_error(t->r0), "lora/llama: is an adapter"), "%s", r0_error(t->r0));
}

// A list of what r0_model_inspect found; every tensor in it has a name and a shape.
static const r0_json *checkpoint_list(test *t, const r0_json *found, const char *name)
{
    const r0_json *list = r0_json_get(found, name);
    CHECK(list && list->type == R0_JSON_ARRAY, "%s", name);
    for (size_t i = 0; list && i < list->count; i++)
        CHECK(list->items[i].type == R0_JSON_STRING || (r0_json_get_text(&list->items[i], "name").size &&
              r0_json_get(&list->items[i], "shape")->type == R0_JSON_ARRAY));
    return list;
}

static int checkpoint_inspect(test *t, const char *path, checkpoint_seen *seen)
{
    char *text;
    r0_json *found;
    memset(seen, 0, sizeof *seen);
    if (!CHECK(r0_model_inspect(t->r0, path, &text) == R0_OK, "%s", r0_error(t->r0))) return -1;
    CHECK(r0_json_parse(t->r0, path, r0i_span_of(text), &found) == R0_OK, "%s", r0_error(t->r0));
    r0_text_free(t->r0, text);
    const r0_json *tensors = checkpoint_list(t, found, "tensors"), *missing = checkpoint_list(t, found, "missing");
    const r0_json *problems = checkpoint_list(t, found, "problems");
    for (size_t i = 0; i < tensors->count; i++)
        seen->tensors += r0_json_get_number(&tensors->items[i], "bytes", 0) > 0 &&
                         r0_json_get_text(&tensors->items[i], "file").size > 0;
    seen->metadata = (int)r0_json_get(found, "metadata")->count;
    seen->missing = (int)missing->count;
    for (size_t i = 0, used = 0; i < problems->count + missing->count && used < sizeof seen->problems; i++) {
        bool problem = i < problems->count;
        r0_span line = problem ? problems->items[i].text
                               : r0_json_get_text(&missing->items[i - problems->count], "name");
        used += (size_t)snprintf(seen->problems + used, sizeof seen->problems - used, "%s%s\n",
                                 problem ? "" : "missing ", line.data);
    }
    int count = (int)problems->count;
    r0_json_destroy(t->r0, found);
    return count;
}

// All that is wrong is named, and nothing that is right.
static void test_checkpoint_inspect(test *t)
{
    checkpoint_seen seen;
    char *json;
    int problems;
    r0_model_config config;
    float values[64] = {0};
    CHECK(checkpoint_inspect(t, "tests/data/hf/qwen2", &seen) == 0, "%s", seen.problems);
    CHECK(seen.tensors == 26 && seen.metadata == 1 && seen.missing == 0);
    CHECK(checkpoint_inspect(t, "tests/data/hf/qwen3", &seen) == 0 &&
          checkpoint_inspect(t, "tests/data/hf/llama", &seen) == 0);
    CHECK(checkpoint_inspect(t, "tests/data/hf/llama/golden.safetensors", &seen) == 0 && seen.tensors == 26);
    const char *folder = "build/test-checkpoint/broken";
    CHECK(r0_model_config_read(t->r0, "tests/data/hf/llama", &config) == R0_OK);
    CHECK(r0_model_config_write(t->r0, folder, &config) == R0_OK);
    CHECK(checkpoint_inspect(t, folder, &seen) == 1 && strstr(seen.problems, "neither model.safetensors") &&
          seen.missing == 21, "%d\n%s", seen.missing, seen.problems);
    values[5] = INFINITY;
    r0i_tensor_out out[3] = {
        checkpoint_out("model.norm.weight", R0I_F32, 1, 31, 0, values),
        checkpoint_out("extra", R0I_F16, 1, 4, 0, values),
        checkpoint_out("model.layers.0.input_layernorm.weight", R0I_I32, 1, 32, 0, values),
    };
    CHECK(r0i_safetensors_write(t->r0, checkpoint_path("broken/model.safetensors"), out, 3, NULL) == R0_OK);
    problems = checkpoint_inspect(t, folder, &seen);
    CHECK(problems == 4 && seen.missing == 19, "%d, %d\n%s", problems, seen.missing, seen.problems);
    CHECK(strstr(seen.problems, "model.norm.weight: expected (32), found (31)\n"));
    CHECK(strstr(seen.problems, "model.norm.weight: 1 values are not finite\n"));
    CHECK(strstr(seen.problems, "extra: not part of this architecture"));
    CHECK(strstr(seen.problems, "model.layers.0.input_layernorm.weight: stored as I32"));
    CHECK(strstr(seen.problems, "missing model.layers.1.mlp.down_proj.weight\n"), "%s", seen.problems);
    CHECK(r0_model_inspect(t->r0, "build/no-such-model", &json) == R0_ERROR_FILE && !json);
    remove(checkpoint_path("broken/model.safetensors"));
}

// Memory that refuses the allocation number `left` and all after it.
static void *checkpoint_resize(void *user, void *pointer, size_t old_size, size_t new_size)
{
    int *left = (int *)user;
    (void)old_size;
    if (!new_size) return free(pointer), NULL;
    return *left >= 0 && (*left)-- == 0 ? (++*left, NULL) : realloc(pointer, new_size);
}

static r0_status checkpoint_everything(r0_context *r0)
{
    static const int counts[3] = {3, 2, 1};
    const double scores[6] = {0, 1, 1, 0, 1, .5};
    float value = 1;
    r0_model_config config;
    r0i_safetensors *file;
    r0_bench bench;
    r0_interval interval;
    r0_comparison comparison;
    int64_t step;
    double chance;
    char *json;
    r0i_tensor_out out = checkpoint_out("w", R0I_F32, 1, 1, 0, &value);
    R0I_TRY(r0_model_config_read(r0, "tests/data/hf/llama", &config));
    R0I_TRY(r0_model_config_write(r0, "build/test-checkpoint/memory", &config));
    R0I_TRY(r0i_safetensors_write(r0, "build/test-checkpoint/memory/checkpoint-0000000001.safetensors", &out, 1,
                                  "{\"a\":\"b\"}"));
    R0I_TRY(r0i_safetensors_open(r0, "build/test-checkpoint/memory-shards", &file));
    r0i_safetensors_close(file);
    R0I_TRY(r0i_checkpoint_newest(r0, "build/test-checkpoint/memory", &file, &step));
    r0i_safetensors_close(file);
    R0I_TRY(r0i_checkpoint_prune(r0, "build/test-checkpoint/memory", 0));
    R0I_TRY(r0_model_inspect(r0, "tests/data/hf/qwen3", &json));
    r0_text_free(r0, json);
    R0I_TRY(r0i_file_append(r0, "build/test-checkpoint/memory/lines", "x", 1));
    R0I_TRY(r0i_file_truncate(r0, "build/test-checkpoint/memory/lines", 0));
    R0I_TRY(r0_bench_load(r0, "build/test-checkpoint/memory-bench", &bench));
    r0_bench_free(r0, &bench);
    R0I_TRY(r0_majority_at_k(r0, counts, 3, 1, 8, 4, &chance));
    R0I_TRY(r0_seeds_mean(r0, scores, 2, 3, &interval));
    return r0_compare(r0, scores, scores + 3, 3, &comparison);
}

// Whichever allocation fails, the error says so and nothing is lost.
static void test_checkpoint_memory(test *t)
{
    static const char index[] = "{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}}";
    static const char bench[] = "{\"question\":\"q\",\"answer\":\"A\",\"choices\":[\"x\",\"y\"]}\n";
    float value = 1;
    int left = -1, k = 0;
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    r0i_tensor_out a = checkpoint_out("a", R0I_F32, 1, 1, 0, &value), b = checkpoint_out("b", R0I_F32, 1, 1, 0, &value);
    desc.device = "cpu", desc.threads = 1, desc.resize = checkpoint_resize, desc.user = &left;
    CHECK(r0i_folder_create(t->r0, checkpoint_path("memory-shards")) == R0_OK);
    CHECK(r0i_safetensors_write(t->r0, checkpoint_path("memory-shards/s1.safetensors"), &a, 1, NULL) == R0_OK);
    CHECK(r0i_safetensors_write(t->r0, checkpoint_path("memory-shards/s2.safetensors"), &b, 1, NULL) == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, checkpoint_path("memory-shards/model.safetensors.index.json"), index,
                                sizeof index - 1) == R0_OK);
    CHECK(r0i_file_write_atomic(t->r0, checkpoint_path("memory-bench"), bench, sizeof bench - 1) == R0_OK);
    if (!CHECK(r0_context_create(&desc, &r0) == R0_OK)) return;
    size_t bytes = r0->bytes;
    r0_status status = R0_ERROR_MEMORY;
    for (; k < 2000 && status; k++) {
        left = k;
        status = checkpoint_everything(r0);
        CHECK(status == R0_OK || status == R0_ERROR_MEMORY, "allocation %d: %s", k, r0_error(r0));
        CHECK(r0->bytes == bytes, "allocation %d: %zu bytes lost", k, r0->bytes - bytes);
    }
    CHECK(status == R0_OK && k > 50, "%d allocations", k);
    left = -1;
    r0_context_destroy(r0);
}

static void test_checkpoint(test *t)
{
    CHECK(r0i_folder_create(t->r0, checkpoint_folder) == R0_OK);
    remove(checkpoint_path("model.safetensors"));
    test_checkpoint_hash(t);
    test_checkpoint_halves(t);
    test_checkpoint_round_trip(t);
    test_checkpoint_refused(t);
    test_checkpoint_malformed(t);
    test_checkpoint_damage(t);
    test_checkpoint_shards(t);
    test_checkpoint_hf(t);
    test_checkpoint_config_values(t);
    test_checkpoint_config_refused(t);
    test_checkpoint_config_round_trip(t);
    test_checkpoint_rotation(t);
    test_checkpoint_append(t);
    test_checkpoint_inspect(t);
    test_checkpoint_unused(t);
    test_checkpoint_no_folder(t);
    test_checkpoint_memory(t);
    checkpoint_copy_model(t, "tests/data/hf/qwen2", "build/test-checkpoint/hf-qwen2", R0I_F32);
    checkpoint_copy_model(t, "tests/data/hf/qwen3", "build/test-checkpoint/hf-qwen3", R0I_F16);
    checkpoint_copy_model(t, "tests/data/hf/llama", "build/test-checkpoint/hf-llama", R0I_BF16);
}
