"""Both ways. Loads in transformers what r0.h wrote (left in build/ by `build/test checkpoint hf`: copies in F32, F16 and
BF16, and what r0_model_save makes) and compares it with the model that it was made from: config, every weight, logits,
end tokens. And makes the goldens of tests/data/parity again: folders by `r0 init`, every logit by transformers and by
`r0 logits`, gradients by transformers beside those committed.

    make check-hf PYTHON=...        (needs torch, transformers; not part of `make test`)
"""

import json
import os
import subprocess
import sys
import make_hf
import make_parity
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

FIELDS = [
    "architectures",
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "rms_norm_eps",
    "rope_parameters",
    "tie_word_embeddings",
    "eos_token_id",
    "bos_token_id",
    "pad_token_id",
    "hidden_act",
    "sliding_window",
    "no_rope_layers",
    "attention_bias",
    "mlp_bias",
    "embedding_multiplier",
    "residual_multiplier",
    "attention_multiplier",
    "logits_scaling",
]
passed, failed = 0, 0


def check(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAIL hf:", what)


def compare(name, ours):
    theirs = f"tests/data/hf/{name}"
    if not os.path.exists(ours + "/model.safetensors"):
        check(False, f"{ours} is missing: run build/test checkpoint hf")
        return
    a, b = AutoConfig.from_pretrained(ours), AutoConfig.from_pretrained(theirs)
    for field in FIELDS:
        x, y = getattr(a, field, None), getattr(b, field, None)
        if field == "eos_token_id":  # config.json gets the whole list of generation_config.json
            y = GenerationConfig.from_pretrained(theirs).eos_token_id
        if field == "rope_parameters":  # what was left out is written out
            x = {key: x.get(key) for key in y}
        check(x == y, f"{name}: config {field}: {x} is not {y}")
    check(
        GenerationConfig.from_pretrained(ours).eos_token_id
        == GenerationConfig.from_pretrained(theirs).eos_token_id,
        f"{name}: end tokens",
    )
    p, info = AutoModelForCausalLM.from_pretrained(ours, dtype=torch.float32, output_loading_info=True)
    q = AutoModelForCausalLM.from_pretrained(theirs, dtype=torch.float32)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        check(not info[kind], f"{name}: {kind}: {info[kind]}")
    left, right = p.state_dict(), q.state_dict()
    check(left.keys() == right.keys() and len(left) > 20, f"{name}: names of the weights")
    for key in right:
        check(torch.equal(left[key], right[key]), f"{name}: {key} differs")
    ids = torch.arange(1, 20)[None]
    with torch.no_grad():
        check(torch.equal(p(ids).logits, q(ids).logits), f"{name}: logits differ")
    with safe_open(ours + "/model.safetensors", "pt") as file:
        check(len(file.metadata()["r0_checksum"]) == 16, f"{name}: metadata")


def ours(folder, ids):
    done = subprocess.run(["build/r0", "--device", "cpu", "logits", "--model", folder, "--ids", ",".join(map(str, ids))],
                          capture_output=True, text=True, check=True)
    return torch.tensor(json.loads(done.stdout)["logits"])


def parity(name):
    """Every logit of the first 300 positions of each sequence; the committed golden against one made now."""
    config, sequences = make_parity.CASES[name]
    folder = make_parity.folder_of(name, config)
    model, worst = make_parity.load(folder), 0.0
    for s, (length, _) in enumerate(sequences):
        ids = make_parity.tokens(min(length, 300), s, config["vocab_size"])
        with torch.no_grad():
            theirs = model(input_ids=torch.tensor(ids)[None]).logits[0]
        worst = max(worst, float((ours(folder, ids) - theirs).abs().max()))
    check(worst < 2e-5, f"{name}: a logit off by {worst}")
    new, old = make_parity.compute(name, model), json.load(open(f"tests/data/parity/{name}/golden.json"))
    check(new["gradients"].keys() == old["gradients"].keys(), f"{name}: the golden has other gradients")
    drift = max(abs(a - b) / old["gradients"][k][0] for k in old["gradients"]
                for a, b in zip(new["gradients"][k], old["gradients"][k], strict=True))
    check(drift < 1e-4 and abs(new["loss"] - old["loss"]) < 1e-5, f"{name}: made again, the golden differs by {drift}")
    print(f"{name}: every logit within {worst:.1e}; golden made again within {drift:.1e}")


for case in make_parity.CASES:
    parity(case)
for family in make_hf.FAMILIES:
    if family in ("qwen2", "qwen3", "llama"):
        compare(family, f"build/test-checkpoint/hf-{family}")
    compare(family, f"build/test-hf/{family}")
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
