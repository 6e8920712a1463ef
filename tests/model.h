// A small random model and three sequences, for the tests of the transformer.
#ifndef TEST_MODEL_H
#define TEST_MODEL_H

static r0_model_config test_small_config(r0_architecture architecture)
{
    r0_model_config c;
    memset(&c, 0, sizeof c);
    c.architecture = architecture;
    c.vocab_size = 19, c.hidden_size = 24, c.intermediate_size = 40, c.layers = 2;
    c.heads = 4, c.kv_heads = 2, c.head_dim = 8, c.max_positions = 64;
    c.rms_norm_eps = 1e-6f, c.rope_theta = 1e4;
    bool granite = architecture == R0_GRANITE, smol = architecture == R0_SMOLLM3, olmo = architecture == R0_OLMO2;
    bool gemma = architecture == R0_GEMMA3;
    c.qkv_bias = architecture == R0_QWEN2 || granite || olmo;
    c.o_bias = granite || olmo;
    c.mlp_bias = granite || smol;
    c.qk_norm = architecture == R0_QWEN3 || olmo || gemma;
    c.post_norm = olmo;
    c.tied_embeddings = architecture != R0_LLAMA && architecture != R0_MISTRAL;
    if (smol) c.layer_flags[1] = R0_LAYER_NO_ROPE;
    if (gemma) { // the first layer sees 4 tokens, and turns otherwise than the second
        c.both_norms = c.gelu = c.root_embeddings = true, c.norm_offset = 1, c.attention_scale = .3;
        c.rope_local_theta = 100, c.rope_scaling.kind = R0_ROPE_LINEAR, c.rope_scaling.factor = 2;
        c.window = 4, c.layer_flags[0] = R0_LAYER_WINDOW;
    }
    if (granite) c.embedding_scale = .4, c.residual_scale = 1.6, c.attention_scale = .5, c.logits_divisor = .7;
    if (architecture == R0_MISTRAL) {
        c.rope_scaling.kind = R0_ROPE_YARN, c.rope_scaling.factor = 4, c.rope_scaling.attention_factor = 1.2;
        c.rope_scaling.low_freq_factor = 1, c.rope_scaling.high_freq_factor = 4;
        c.rope_scaling.original_max_positions = 16;
    }
    c.eos_tokens[0] = 3, c.eos_count = 1, c.bos_token = c.pad_token = -1;
    return c;
}

// Three sequences of unequal length.
typedef struct test_sequences {
    int32_t tokens[3][24];
    r0_sequence items[3];
} test_sequences;

static void test_sequences_make(test_sequences *s, int vocab)
{
    static const int lengths[3] = {9, 17, 5}, prompts[3] = {1, 6, 2};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 24; j++)
            s->tokens[i][j] = (int32_t)r0i_random_below(r0i_key_make(7), (uint64_t)(i * 24 + j), (uint64_t)vocab);
        r0_sequence q = {s->tokens[i], lengths[i], prompts[i]};
        s->items[i] = q;
    }
}

enum { TEST_RESPONSES = 8 + 11 + 3 };

#endif
