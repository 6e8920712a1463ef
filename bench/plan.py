"""What a run takes, by `r0 plan`: Qwen3's shapes x how the frozen base is held x the longest response.

    make && python bench/plan.py [FOLDER]       prints the tables of bench/plan.md

Only config.json of each model is made (in FOLDER, by default build/plan-shapes): nothing is allocated.
"""
import json, os, re, subprocess, sys

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "build/plan-shapes"
SHAPES = {  # hidden, intermediate, layers, heads, key heads, tied
    "0.6B": (1024, 3072, 28, 16, 8, True), "1.7B": (2048, 6144, 28, 16, 8, True),
    "4B": (2560, 9728, 36, 32, 8, True), "8B": (4096, 12288, 36, 32, 8, False)}
ROLES = ["challenger.sampling", "solver.sampling", "vote_sampling", "question_sampling"]


def folder(name):
    hidden, middle, layers, heads, keys, tied = SHAPES[name]
    path = os.path.join(FOLDER, "qwen3-" + name.lower())
    os.makedirs(path, exist_ok=True)
    config = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": hidden, "head_dim": 128,
              "intermediate_size": middle, "num_hidden_layers": layers, "num_attention_heads": heads,
              "num_key_value_heads": keys, "vocab_size": 151936, "max_position_embeddings": 40960,
              "rms_norm_eps": 1e-6, "rope_theta": 1000000, "tie_word_embeddings": tied, "hidden_act": "silu",
              "bos_token_id": 151643, "eos_token_id": 151645}
    with open(os.path.join(path, "config.json"), "w") as file:
        json.dump(config, file)
    return path


def plan(name, dtype, response, memory, full=False, kv="auto"):
    """(peak in GiB, completions side by side, largest micro-batch, recompute) of the adapter's column, or the first."""
    sizes = ",".join(f"{role}.max_new_tokens={response}" for role in ROLES)
    text = subprocess.run(["build/r0", "--device", "cpu", "--kv", kv, "plan", folder(name), "--no-probe", "--memory",
                           str(memory), "--dtype", dtype, "--lora-rank", "16", "--set", sizes], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    unit = 1024 if "MiB on the device" in text else 1
    pick = lambda row: re.search(f"^  {row} +(\\S+) +(\\S+)$", text, re.M).group(1 if full else 2)
    return (float(pick("peak, at once")) / unit, int(pick("completions side by side")),
            int(pick("largest that fits")), pick("recompute .saves activations."))


def row(name, dtype, response, memory, full=False, kv="auto"):
    peak, slots, largest, recompute = plan(name, dtype, response, memory, full, kv)
    fits = "" if peak <= memory else ", does not fit"
    print(f"| {name} | {dtype if not full else 'f32, all trained'} | {response} | {memory} | {peak:.2f}{fits} | "
          f"{recompute} | {slots} | {largest} |")


HEAD = "| Qwen3 | base | response | GiB that there are | peak, GiB | recompute | side by side | largest micro-batch |"
print(HEAD + "\n|---|---|---|---|---|---|---|---|")
for name, dtype, memory in (("4B", "q8_0", 7.2), ("4B", "q4_0", 5.5), ("8B", "q8_0", 15.9), ("8B", "q4_0", 11.9)):
    row(name, dtype, 1024, memory)
row("0.6B", "f32", 1024, 23.9, True)
row("0.6B", "bf16", 1024, 23.9)
print("\n" + HEAD + "\n|---|---|---|---|---|---|---|---|")
for name in ("1.7B", "4B", "8B"):
    for dtype in ("bf16", "q8_0", "q4_0"):
        for response in (256, 1024, 4096):
            row(name, dtype, response, 23.9)
print("\n| Qwen3 | keys and values | response | completions side by side in 23.9 GiB |\n|---|---|---|---|")
for kv in ("f32", "f16"):
    print(f"| 4B, q8_0 | {kv} | 4096 | {plan('4B', 'q8_0', 4096, 23.9, kv=kv)[1]} |")
