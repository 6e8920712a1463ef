"""Makes tests/data/parity: what transformers computes from random models of many shapes, too large to be committed.

    make build/r0 && python tests/make_parity.py        (needs torch, transformers; see tests/data/parity/README.md)

The weights are not stored: `r0 init` writes the same folder from config.json here and in tests/test_parity.c. Of the
results, a few logits and, per gradient, its norm and its products with eight fixed vectors of +1 and -1 are kept: if a
gradient g is off by e, such a product is off by about |e|, whatever e is.
"""
import json, os, shutil, subprocess, sys
import numpy, torch, transformers
from transformers import AutoModelForCausalLM

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "parity")
FOLDERS = "build/parity-hf"
SEED, PROJECTIONS, COLUMNS = 5, 8, 12

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
         "bos_token_id": 1, "eos_token_id": 2}
QWEN2 = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
         "bos_token_id": None, "eos_token_id": 3}
QWEN3 = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
         "bos_token_id": None, "eos_token_id": 3}


def llama3(factor, original, theta):
    return {"rope_theta": theta, "rope_scaling": {
        "rope_type": "llama3", "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": original}}


def shape(vocab, hidden, inner, layers, heads, kv_heads, head_dim, tied, positions=4096):
    return {"vocab_size": vocab, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
            "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim,
            "tie_word_embeddings": tied, "max_position_embeddings": positions, "hidden_act": "silu"}


# name: (config, [(length, prompt length), ...]); sequences are packed in this order, without padding
CASES = {
    "llama-gqa1": ({**LLAMA, **shape(331, 64, 96, 3, 4, 4, 16, False)}, [(33, 1), (2, 1), (150, 20), (64, 63)]),
    "qwen2-gqa2": ({**QWEN2, **shape(257, 48, 80, 3, 4, 2, 12, True)}, [(5, 2), (129, 1), (40, 39), (77, 8)]),
    "qwen2-gqa7": ({**QWEN2, **shape(600, 112, 60, 2, 14, 2, 8, False)}, [(90, 3), (17, 1), (3, 2)]),
    "qwen3-gqa4": ({**QWEN3, **shape(512, 40, 72, 3, 8, 2, 16, True)}, [(1, 1), (100, 7), (31, 5), (2, 1)]),
    "qwen3-gqa8": ({**QWEN3, **shape(400, 96, 33, 2, 8, 1, 32, False)}, [(65, 1), (200, 100), (9, 3)]),
    # wavelengths on both sides of original / factor: kept, blended and divided frequencies, far beyond `original`
    "llama3-scaled": ({**LLAMA, **llama3(32.0, 128, 500000.0), **shape(300, 64, 64, 2, 8, 2, 16, True)},
                      [(600, 1), (7, 1), (300, 150)]),
    "qwen3-4096": ({**QWEN3, **shape(500, 64, 96, 2, 4, 2, 32, True)}, [(37, 1), (4096, 10), (700, 2)]),
    "qwen2-4096": ({**QWEN2, **shape(300, 64, 64, 2, 4, 1, 16, True)}, [(4096, 4000)]),
    "llama3-4096": ({**LLAMA, **llama3(8.0, 1024, 500000.0), **shape(300, 48, 64, 2, 4, 4, 16, False)},
                    [(2, 1), (4096, 1)]),
}


def tokens(length, sequence, vocab):
    x, out = 12345 + 977 * sequence, []
    for _ in range(length):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        out.append((x >> 8) % vocab)
    return out


def signs(count, projection):
    """+1 or -1 for every element: a bit of a mixed counter."""
    h = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761) + numpy.uint32(40503 * (projection + 1))
    for by, times in ((15, 2246822519), (13, 3266489917)):
        h = (h ^ h >> numpy.uint32(by)) * numpy.uint32(times)
    return numpy.where((h >> numpy.uint32(16)) & 1, 1.0, -1.0)


def folder_of(name, config):
    """The case's model, as `r0 init` writes it."""
    source, out = os.path.join(HERE, name), os.path.join(FOLDERS, name)
    os.makedirs(source, exist_ok=True)
    shutil.rmtree(out, ignore_errors=True)
    with open(source + "/config.json", "w") as file:
        json.dump(config, file, indent=1)
        file.write("\n")
    subprocess.run(["build/r0", "--device", "cpu", "init", "--config", source, "--out", out, "--dtype", "f32",
                    "--seed", str(SEED)], check=True, stdout=subprocess.DEVNULL)
    return out


def load(folder, dtype=torch.float32):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager")


def compute(name, model):
    """Every sequence alone: no padding takes part."""
    config, sequences = CASES[name]
    vocab, rows, total, count = config["vocab_size"], [], 0.0, 0
    for s, (length, prompt) in enumerate(sequences):
        ids = torch.tensor(tokens(length, s, vocab))
        z = model(input_ids=ids[None]).logits[0]
        if length > prompt:
            total = total + torch.nn.functional.cross_entropy(z[prompt - 1:-1], ids[prompt:], reduction="sum")
        count += length - prompt
        for row in sorted({0, length // 3, length - 1}):
            values = z[row].detach().double()
            columns = [(row + 17 + k * (vocab // COLUMNS)) % vocab for k in range(COLUMNS)]
            rows.append({"sequence": s, "row": row, "lse": float(torch.logsumexp(values, 0)),
                         "columns": columns, "logits": [float(values[c]) for c in columns]})
    loss = total / count
    model.zero_grad()
    loss.backward()
    gradients = {}
    for key, p in model.named_parameters():  # a tied head appears once, as the embedding
        g = p.grad.double().numpy().reshape(-1)
        gradients[key] = [float(numpy.linalg.norm(g))] + [float(g @ signs(g.size, k)) for k in range(PROJECTIONS)]
    return {"transformers": transformers.__version__, "seed": SEED, "sequences": sequences, "loss": float(loss.detach()),
            "rows": rows, "gradients": gradients}


def rounded(value):
    """Nine digits: what a float32 holds."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, (list, tuple)) else value


def main():
    for name in sys.argv[1:] or CASES:
        golden = rounded(compute(name, load(folder_of(name, CASES[name][0]))))
        with open(os.path.join(HERE, name, "golden.json"), "w") as file:
            file.write(json.dumps(golden, separators=(",", ":")).replace(',"', ',\n"') + "\n")
        print(name, "loss", golden["loss"])


if __name__ == "__main__":
    main()
