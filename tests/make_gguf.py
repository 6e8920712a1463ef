"""Makes tests/data/gguf: what PyPI's gguf says of blocks, and small GGUF models.

python tests/make_gguf.py        (needs numpy, torch, gguf, safetensors; run make_hf.py first)

blocks.safetensors: blocks of random bytes of every type (NAME.bytes) and the floats that they stand for (NAME.floats);
floats (values) and their blocks as gguf rounds them (Q8_0.rounded, Q4_0.rounded).

FAMILY.gguf: the models of tests/data/hf as llama.cpp's converters write them (rows of q and k in pairs, RoPE's factors
as a tensor), with a tokenizer of 64 tokens. types.gguf: a Llama with a matrix of every type, and types.safetensors what
its matrices are as floats; sentence.gguf: its tokenizer is SentencePiece's.
"""

import json
import math
import os
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type, GGUFWriter
from gguf.quants import dequantize, quantize
from safetensors import safe_open
from safetensors.numpy import save_file

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "gguf")
# where a block has its halves: scales of ordinary size there, so that no value is NaN
BLOCKS = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208]}


def blocks():
    random = np.random.default_rng(14)
    out = {}
    for name, halves in BLOCKS.items():
        weights, size = GGML_QUANT_SIZES[Type[name]]
        count = max(2, 512 // weights)
        raw = random.integers(0, 256, (count, size), dtype=np.uint8)
        for at in halves:
            half = (random.standard_normal(count) * 2.0 ** random.integers(-20, 4, count)).astype(np.float16)
            half[0] = np.float16(6e-8)  # subnormal
            raw[:, at : at + 2] = half.view(np.uint8).reshape(count, 2)
        out[name + ".bytes"] = raw
        out[name + ".floats"] = dequantize(raw, Type[name])
    values = (random.standard_normal((24, 32)) * 2.0 ** random.integers(-12, 6, (24, 1))).astype(np.float32)
    values[0] = 0
    values[1, 3:9] = [1.5, -1.5, 1.5, -1.5, 0.25, -0.25]  # equal magnitudes: the first one counts
    values[2] = np.arange(-16, 16) * 0.5  # halves between two steps
    out["values"] = values
    out["Q8_0.rounded"] = quantize(values, Type.Q8_0)
    out["Q4_0.rounded"] = quantize(values, Type.Q4_0)
    save_file(out, os.path.join(DATA, "blocks.safetensors"))


LAYER = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "post_attention_layernorm": "ffn_norm",
}
BEHIND = {"post_attention_layernorm": "post_attention_norm", "post_feedforward_layernorm": "post_ffw_norm"}
PLAIN = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
         "lm_head.weight": "output.weight"}
FAMILIES = {"llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "granite": "granite", "olmo2": "olmo2",
            "llama-yarn": "llama"}  # not SmolLM3: GGUF cannot say that the second of two layers has no RoPE
PAIRED = ("llama", "granite")


def pairs(rows, heads):
    """Rows i and i + D/2 of a head become 2i and 2i + 1: what llama.cpp's RoPE of Llama turns."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def renamed(name, family):
    if name in PLAIN:
        return PLAIN[name]
    _, _, layer, rest = name.split(".", 3)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{ {**LAYER, **(BEHIND if family == 'olmo2' else {})}[part] }.{kind}"


def factors(rope, dim):
    """Llama 3's rule, as llama.cpp's converter turns it into a tensor."""
    out = []
    for i in range(dim // 2):
        wave = 2 * math.pi * rope["rope_theta"] ** (2 * i / dim)
        turns = rope["original_max_position_embeddings"] / wave
        smooth = (turns - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
        smooth = min(1, max(0, smooth))
        out.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(out, dtype=np.float32)


def add_tokenizer(writer, sentence=False):
    if sentence:
        words = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
        words += ["\u2581", "t", "h", "e", "a", "\u2581t", "he", "\u2581the", "th", "at", "\u2581that", "\n\n"]
        words += ["\u00e9"]
        types = [2, 3, 3] + [6] * 256 + [1] * 11 + [4] + [1]
        ranked = ["\u2581t", "he", "th", "at", "\u2581the", "\u2581that"]
        scores = [-1.0 - ranked.index(w) if w in ranked else -99.0 if t == 1 else 0.0 for w, t in zip(words, types)]
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_scores(scores)
        writer.add_add_bos_token(True)
        writer.add_add_space_prefix(True)
        writer.add_unk_token_id(0)
    else:
        letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + [str(d) for d in range(10)]
        words = ["<pad>", "<s>", "</s>"] + letters + ["\u0120", "\u010a", ".", "th", "the", "\u0120t"]
        words += ["an", "and", "he"]
        types = [3, 3, 3] + [1] * (len(words) - 3)
        while len(words) < 64:
            words.append(f"[PAD{len(words)}]")
            types.append(5)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("smollm")
        writer.add_token_merges(["t h", "th e", "\u0120 t", "a n", "an d", "h e"])
        writer.add_add_bos_token(False)
        writer.add_pad_token_id(0)
    writer.add_token_list(words)
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{% for m in messages %}{{ '<s>' + m['content'] + '</s>' }}{% endfor %}")
    return len(words)


def add_config(writer, c, family, vocab):
    rope = c.get("rope_parameters") or {}
    head_dim = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_head_count(c["num_attention_heads"])
    writer.add_head_count_kv(c["num_key_value_heads"])
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_layer_norm_rms_eps(c["rms_norm_eps"])
    writer.add_vocab_size(vocab)
    writer.add_rope_dimension_count(head_dim)
    writer.add_rope_freq_base(rope.get("rope_theta", 10000.0))
    if rope.get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", factors(rope, head_dim))
    if rope.get("rope_type") == "yarn":
        writer.add_string(f"{family}.rope.scaling.type", "yarn")
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if family == "granite":
        writer.add_embedding_scale(c["embedding_multiplier"])
        writer.add_residual_scale(c["residual_multiplier"])
        writer.add_attention_scale(c["attention_multiplier"])
        writer.add_logit_scale(c["logits_scaling"])


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def model(name, family):
    folder = os.path.join(os.path.dirname(DATA), "hf", name)
    c = json.load(open(os.path.join(folder, "config.json")))
    writer = GGUFWriter(os.path.join(DATA, name + ".gguf"), family)
    add_config(writer, c, family, c["vocab_size"])
    add_tokenizer(writer)
    with safe_open(os.path.join(folder, "model.safetensors"), "pt") as tensors:
        for key in tensors.keys():
            value = tensors.get_tensor(key).float().numpy()
            if family in PAIRED and "self_attn.q_proj" in key:
                value = pairs(value, c["num_attention_heads"])
            if family in PAIRED and "self_attn.k_proj" in key:
                value = pairs(value, c["num_key_value_heads"])
            kind = {"llama": Type.F16, "qwen3": Type.F16, "granite": Type.F32}.get(name, Type.BF16)
            if value.ndim == 1 or kind == Type.F32:
                writer.add_tensor(renamed(key, family), value)
            else:
                writer.add_tensor(renamed(key, family), quantize(value, kind), raw_dtype=kind)
    finish(writer)


def types(sentence=False):
    """One layer of width 256, its matrices random blocks of every type."""
    random = np.random.default_rng(15)
    c = dict(max_position_embeddings=64, hidden_size=256, num_hidden_layers=1, intermediate_size=32,
             num_attention_heads=4, num_key_value_heads=2, head_dim=8, rms_norm_eps=1e-5)
    if sentence:
        c.update(hidden_size=8, intermediate_size=4, num_attention_heads=2, num_key_value_heads=1, head_dim=4)
    writer = GGUFWriter(os.path.join(DATA, "sentence.gguf" if sentence else "types.gguf"), "llama")
    vocab = add_tokenizer(writer, sentence)
    add_config(writer, c, "llama", vocab)
    kinds = {"token_embd": "Q8_0", "blk.0.attn_q": "Q4_1", "blk.0.attn_k": "Q5_0", "blk.0.attn_v": "Q6_K",
             "blk.0.attn_output": "Q5_1", "blk.0.ffn_gate": "Q4_K", "blk.0.ffn_up": "Q5_K", "blk.0.ffn_down": "Q4_0"}
    out, width, head = {}, c["hidden_size"], c["head_dim"]
    for part, kind in kinds.items():
        heads = {"attn_q": c["num_attention_heads"], "attn_k": c["num_key_value_heads"]}.get(part[6:])
        narrow = {"attn_q": c["num_attention_heads"] * head, "attn_k": c["num_key_value_heads"] * head,
                  "attn_v": c["num_key_value_heads"] * head, "ffn_gate": c["intermediate_size"],
                  "ffn_up": c["intermediate_size"]}.get(part[6:], width)
        rows = vocab if part == "token_embd" else narrow
        cols = {"attn_output": c["num_attention_heads"] * head, "ffn_down": c["intermediate_size"]}.get(part[6:], width)
        if sentence:
            writer.add_tensor(part + ".weight", (0.1 * random.standard_normal((rows, cols))).astype(np.float32))
            continue
        weights, size = GGML_QUANT_SIZES[Type[kind]]
        raw = random.integers(0, 256, (rows * cols // weights, size), dtype=np.uint8)
        for at in BLOCKS[kind]:
            half = (random.standard_normal(len(raw)) * 0.3 / 2 ** (6 if kind.endswith("K") else 4)).astype(np.float16)
            raw[:, at : at + 2] = half.view(np.uint8).reshape(-1, 2)
        raw = raw.reshape(rows, -1)
        floats = dequantize(raw, Type[kind])
        writer.add_tensor(part + ".weight", raw, raw_dtype=Type[kind])
        if heads:  # as the folder has them
            floats = floats.reshape(heads, rows // heads // 2, 2, cols).swapaxes(1, 2).reshape(rows, cols)
        layer = {v: k for k, v in LAYER.items()}.get(part[6:])
        out[f"model.layers.0.{layer}.weight" if layer else "model.embed_tokens.weight"] = floats
    for part in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(part + ".weight", np.ones(width, dtype=np.float32))
    finish(writer)
    if not sentence:
        rows = {k: v[:: max(1, len(v) // 8)].copy() for k, v in out.items()}  # some, at equal distances
        save_file(rows, os.path.join(DATA, "types.safetensors"))


if __name__ == "__main__":
    os.makedirs(DATA, exist_ok=True)
    blocks()
    for folder, family in FAMILIES.items():
        model(folder, family)
    types()
    types(sentence=True)
