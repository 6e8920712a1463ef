"""Model folders through the command line: the pretrained stories260K converted and compared with its goldens, folders
of random weights, logits as JSON, supervised fine-tuning. Only Python's own library. Prints the counts at the end.

    python3 tests/models.py        (after make build/r0; from the project's folder)
"""
import json, math, os, shutil, subprocess, sys

counts = {"passed": 0, "failed": 0, "skipped": 0}
FOLDER = "build/models"
SHARED = next((p for p in ("../shared", "../../shared") if os.path.exists(p + "/data/models")), None)


def check(good, what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print("FAIL models:", what)
    return good


def r0(*arguments, code=0):
    """Runs build/r0 and returns (stdout, stderr); another exit code than expected is a failed check."""
    done = subprocess.run(["build/r0", "--device", "cpu", *map(str, arguments)], capture_output=True, text=True)
    check(done.returncode == code, f"{arguments}: exit code {done.returncode}: {done.stderr[-300:]}")
    return done.stdout, done.stderr


def logits(folder, ids, *more):
    return json.loads(r0("logits", "--model", folder, "--ids", ",".join(map(str, ids)), *more)[0])


# Catches: RoPE on the wrong pairs, layers in the wrong order, a norm's epsilon, a tokenizer that merges otherwise.
def stories():
    if not SHARED:
        counts["skipped"] += 1
        print("SKIP models: no ../shared/data/models: stories260K is not compared with its goldens")
        return
    source, folder = SHARED + "/data/models/stories260K", FOLDER + "/stories"
    r0("convert", "--model", source + "/stories260K.bin", "--tokenizer", source + "/tok512.bin", "--out", folder)
    worst_logit = worst_logp = 0
    kinds = set()
    for line in open(source + "/golden.jsonl"):
        golden = json.loads(line)
        kinds.add(golden["kind"])
        if golden["kind"] == "greedy":
            stories_greedy(folder, golden)
            continue
        ours = logits(folder, golden["ids"])
        pairs = list(zip(ours["token_logprobs"], golden["token_logprobs"], strict=True))
        worst_logp = max([worst_logp] + [abs(a - b) for a, b in pairs])
        pairs = list(zip(ours["logits"][-1], golden["last_logits"], strict=True))
        worst_logit = max([worst_logit] + [abs(a - b) for a, b in pairs])
        for row, entropy in zip(ours["logits"], golden["entropy"], strict=True):
            total = math.log(sum(math.exp(z) for z in row))
            worst_logp = max(worst_logp, abs(sum(math.exp(z - total) * (total - z) for z in row) - entropy))
    check(kinds == {"greedy", "logprobs"}, f"stories260K: goldens of both kinds, found {kinds}")
    # the goldens have six and five decimals
    check(worst_logp < 2e-5, f"stories260K: log-probabilities and entropies off by {worst_logp}")
    check(worst_logit < 1e-4, f"stories260K: logits off by {worst_logit}")
    print(f"stories260K: log-probabilities and entropies within {worst_logp:.1e}, logits within {worst_logit:.1e}")


def stories_greedy(folder, golden):
    prompt, ids, n = golden["prompt"], golden["ids"], len(golden["prompt_ids"])
    spaced = " " + prompt if prompt else ""
    made = json.loads(r0("tokenize", "--model", folder, "--add-special", "--", spaced)[0])["ids"] if prompt else [1]
    check(made == golden["prompt_ids"], f"stories260K: {prompt!r} gives {made}")
    rows = logits(folder, ids)["logits"]
    best = [row.index(max(row)) for row in rows[n - 1:-1]]
    check(ids[:n] == golden["prompt_ids"] and best == ids[n:], f"stories260K: greedy after {prompt!r} gives {best}")
    more = len(ids) - n
    text = r0("--quiet", "generate", "--model", folder, "--prompt", spaced, "--temperature", 0, "--max-new", more)[0]
    text = text.removesuffix("\n").removesuffix(" [cut off]")
    check((prompt + text if prompt else text.lstrip(" ")) == golden["text"], f"stories260K: {prompt!r} goes on {text!r}")


# Catches: a folder that cannot be loaded, weights that depend on threads, a --last that is another row.
def random_folders():
    config = FOLDER + "/shape"
    os.makedirs(config, exist_ok=True)
    with open(config + "/config.json", "w") as file:
        json.dump({"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 4099, "hidden_size": 48,
                   "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                   "head_dim": 16, "max_position_embeddings": 128, "tie_word_embeddings": True, "eos_token_id": 3,
                   "rms_norm_eps": 1e-6, "rope_theta": 10000.0}, file)
    files = []
    for threads, dtype in ((1, "f32"), (2, "f32"), (2, "bf16")):
        out = f"{FOLDER}/random-{threads}-{dtype}"
        r0("--threads", threads, "init", "--config", config, "--out", out, "--dtype", dtype, "--seed", 5)
        check("no problems" in r0("inspect", out)[0], f"{out}: inspect finds problems")
        files.append(open(out + "/model.safetensors", "rb").read())
    check(files[0] == files[1], "random weights depend on the number of threads")
    check(len(files[2]) < .51 * len(files[0]), "bf16 takes half the room")
    ids = [1, 4098, 7, 7, 0]
    whole = logits(FOLDER + "/random-1-f32", ids)
    last = logits(FOLDER + "/random-1-f32", ids, "--last")
    check(len(whole["logits"]) == 5 and all(len(row) == 4099 for row in whole["logits"]), "logits of every position")
    check(last["first"] == 4 and last["logits"] == whole["logits"][4:], "--last is the last row")
    prefix = logits(FOLDER + "/random-1-f32", ids[:3])
    check(prefix["logits"] == whole["logits"][:3], "rows do not depend on what follows")
    check(len(whole["token_logprobs"]) == 4 and max(whole["token_logprobs"]) < 0, "token_logprobs")
    check("token 4099 at 1" in r0("logits", "--model", FOLDER + "/random-1-f32", "--ids", "1,4099", code=1)[1],
          "a token outside of the vocabulary is named")
    for bad in ("1,", ",1", "1,x", "-1", "1 2", "99999999999"):
        check("is not a list of token ids" in r0("logits", "--model", config, "--ids=" + bad, code=2)[1], f"--ids {bad}")
    check("did you mean" in r0("init", "--shape", "qwen3-06b", "--out", config, code=2)[1], "a shape that is no shape")
    check("none of bf16" in r0("init", "--config", config, "--out", config, "--dtype", "i8", code=2)[1], "a dtype")


# Catches: sizes that are believed, a header that asks for more than the file has.
def convert_bad():
    def write(name, data):
        path = f"{FOLDER}/{name}"
        with open(path, "wb") as file:
            file.write(data)
        return path

    def header(*numbers):
        return b"".join(n.to_bytes(4, "little", signed=True) for n in numbers)
    short = write("short.bin", b"abc")
    negative = write("negative.bin", header(64, 172, 5, 8, 3, 512, 512) + bytes(100))
    huge = write("huge.bin", header(65532, 1048575, 1024, 2, 1, 1 << 21, 1 << 23) + bytes(100))
    cut = write("cut.bin", header(64, 172, 5, 8, 4, 512, 512) + bytes(5000))
    for path, text in ((short, "too short"), (negative, "header"), (huge, "announces"), (cut, "announces"),
                       (FOLDER + "/none.bin", "none.bin")):
        check(text in r0("convert", "--model", path, "--out", FOLDER + "/never", code=1)[1], f"convert {path}")
    check(not os.path.exists(FOLDER + "/never"), "nothing is written for a file that cannot be converted")


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
stories()
random_folders()
convert_bad()
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
