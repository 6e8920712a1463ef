"""Makes tests/data/hf: one tiny random model per family, and what transformers computes from it.

python tests/make_hf.py [FAMILY ...]        (those that are missing or named; needs torch, transformers, safetensors; see tests/data/hf/README.md for the layout)
"""

import os
import sys
import torch
import transformers
from safetensors.torch import save_file
from transformers import (Gemma3ForCausalLM, Gemma3TextConfig, GraniteConfig, GraniteForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig,
                          MistralForCausalLM, Olmo2Config, Olmo2ForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM, SmolLM3Config, SmolLM3ForCausalLM)

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "hf")
COMMON = dict(
    vocab_size=64,
    hidden_size=32,
    intermediate_size=20,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
)
SMALL = {**COMMON, "hidden_size": 16, "intermediate_size": 12, "max_position_embeddings": 64}
LENGTHS = [4, 7, 2]
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=16)

FAMILIES = {
    # name: (class, config, type of the stored weights)
    "qwen2": (
        Qwen2ForCausalLM,
        Qwen2Config(**COMMON, tie_word_embeddings=True, eos_token_id=3, bos_token_id=1, rope_theta=1000000.0),
        torch.bfloat16,
    ),
    # H * D = 40 is not C = 32
    "qwen3": (
        Qwen3ForCausalLM,
        Qwen3Config(**COMMON, head_dim=10, tie_word_embeddings=True, eos_token_id=3, rope_theta=1000000.0),
        torch.float16,
    ),
    # wavelengths 6, 63, 628, 6283 against 16 and 64: kept, blended and divided ones all occur
    "llama": (
        LlamaForCausalLM,
        LlamaConfig(
            **COMMON,
            tie_word_embeddings=False,
            rms_norm_eps=1e-5,
            bos_token_id=1,
            eos_token_id=2,
            rope_scaling=dict(
                rope_type="llama3",
                rope_theta=10000.0,
                factor=8.0,
                low_freq_factor=1.0,
                high_freq_factor=4.0,
                original_max_position_embeddings=64,
            )
        ),
        torch.bfloat16,
    ),
    # a window that no sequence leaves; H * D = 24 is not C = 16
    "mistral": (
        MistralForCausalLM,
        MistralConfig(**SMALL, head_dim=6, sliding_window=8, rope_theta=1000000.0),
        torch.bfloat16,
    ),
    # the second layer has no RoPE; torch would give the row of a padding token no gradient
    "smollm3": (
        SmolLM3ForCausalLM,
        SmolLM3Config(**SMALL, no_rope_layers=[1, 0], mlp_bias=True, pad_token_id=None, eos_token_id=2, bos_token_id=1),
        torch.bfloat16,
    ),
    "granite": (
        GraniteForCausalLM,
        GraniteConfig(**SMALL, embedding_multiplier=6.0, residual_multiplier=0.22, attention_multiplier=0.4,
                      logits_scaling=3.0, attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
        torch.bfloat16,
    ),
    "olmo2": (
        Olmo2ForCausalLM,
        Olmo2Config(**SMALL, attention_bias=True, rms_norm_eps=1e-6, eos_token_id=2, pad_token_id=None),
        torch.bfloat16,
    ),
    # biases of q, k, v and o in front of the norms of heads; positions divided by 2
    "qwen3-linear": (
        Qwen3ForCausalLM,
        Qwen3Config(**SMALL, head_dim=8, attention_bias=True, eos_token_id=3,
                    rope_scaling=dict(rope_type="linear", rope_theta=10000.0, factor=2.0)),
        torch.bfloat16,
    ),
    # all biases; YaRN with frequencies that are kept, blended and divided
    "llama-yarn": (
        LlamaForCausalLM,
        LlamaConfig(**{**SMALL, "hidden_size": 24}, head_dim=16, attention_bias=True, mlp_bias=True, rope_scaling=YARN),
        torch.bfloat16,
    ),
    # a ramp between fractions of pairs, and a factor that the file gives
    "qwen2-yarn": (
        Qwen2ForCausalLM,
        Qwen2Config(**SMALL, eos_token_id=3, rope_scaling=dict(**YARN, beta_fast=2.0, beta_slow=0.5, truncate=False,
                                                               attention_factor=1.25)),
        torch.bfloat16,
    ),
    # four norms a layer, gelu, and layers that see 3 tokens and turn by another theta than the rest, which divide by 4;
    # the root of the embeddings' size, rounded to bfloat16, is another number
    "gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig(**{**SMALL, "num_hidden_layers": 3, "hidden_size": 24}, head_dim=8, sliding_window=3,
                         query_pre_attn_scalar=12, pad_token_id=None, attention_bias=True,
                         layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                         rope_parameters={"full_attention": dict(rope_type="linear", rope_theta=1e6, factor=4.0),
                                          "sliding_attention": dict(rope_type="default", rope_theta=100.0)}),
        torch.bfloat16,
    ),
    # the second layer sees 3 tokens
    "qwen3-window": (
        Qwen3ForCausalLM,
        Qwen3Config(**SMALL, head_dim=8, eos_token_id=3, use_sliding_window=True, sliding_window=3, max_window_layers=1),
        torch.bfloat16,
    ),
}


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            one = "norm" in name and not isinstance(model, Gemma3ForCausalLM)  # whose norms count from 1
            p.copy_(1 + 0.2 * noise if one else 0.2 * noise)


def golden(model, seed):
    generator = torch.Generator().manual_seed(seed)
    ids, targets, rows, loss_sum, count = [], [], [], 0.0, 0
    for length in LENGTHS:  # one at a time: no padding takes part
        x = torch.randint(0, COMMON["vocab_size"], (length,), generator=generator)
        z = model(input_ids=x[None]).logits[0]
        loss_sum = loss_sum + torch.nn.functional.cross_entropy(z[:-1], x[1:], reduction="sum")
        ids += x.tolist()
        targets += x[1:].tolist() + [-1]
        rows.append(z)
        count += length - 1
    loss = loss_sum / count
    model.zero_grad()
    loss.backward()
    out = {
        "ids": torch.tensor(ids, dtype=torch.int32),
        "targets": torch.tensor(targets, dtype=torch.int32),
        "lengths": torch.tensor(LENGTHS, dtype=torch.int32),
        "logits": torch.cat(rows).detach(),
        "loss": loss.detach().reshape(1),
    }
    for name, p in model.named_parameters():  # a tied head appears once, as the embedding
        out["grad." + name] = p.grad.clone()
    return {k: v.contiguous() for k, v in out.items()}


def main():
    os.makedirs(HERE, exist_ok=True)
    for index, (name, (cls, config, dtype)) in enumerate(FAMILIES.items()):
        folder = os.path.join(HERE, name)
        if os.path.exists(folder) and name not in sys.argv[1:]:  # made before
            continue
        config._attn_implementation = "eager"
        model = cls(config)
        randomize(model, 10 + index)
        model.to(dtype).save_pretrained(folder)
        model = cls.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        )  # what the file really holds
        save_file(
            golden(model, 20 + index),
            os.path.join(folder, "golden.safetensors"),
            metadata={"transformers": transformers.__version__},
        )
        if name == "llama":
            transformers.GenerationConfig(bos_token_id=1, eos_token_id=[2, 5]).save_pretrained(folder)


if __name__ == "__main__":
    main()
