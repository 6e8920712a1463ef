"""Model folders through the command line: llama2.c's files converted and compared with a forward pass in plain Python
(and the pretrained stories260K with its goldens, where it lies beside the checkout), folders of random weights, logits
as JSON, supervised fine-tuning. Only Python's own library. Prints the counts at the end.

    python3 tests/models.py        (after make build/r0; from the project's folder)
"""
import json, math, os, random, shutil, signal, struct, subprocess, sys, time

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


PIECES = [*" abdehinorst.", " t", "he", " the", "an", "and", " and", "in", "er", "on", " s", "st", "or"]
PIECES = ["<unk>", "\n<s>\n", "\n</s>\n", *(f"<0x{b:02X}>" for b in range(256)), *PIECES]


def small_tokens(text):
    """llama2.c's way: a begin token, a space in front, a letter a token, then the pair of the best score first."""
    ids = [PIECES.index(c) for c in " " + text] if text else []
    while True:
        pairs = [(PIECES.index(a), i) for i in range(len(ids) - 1)
                 if (a := PIECES[ids[i]] + PIECES[ids[i + 1]]) in PIECES]  # an earlier piece has a better score
        if not pairs:
            return [1, *ids]
        piece, at = min(pairs)
        ids[at:at + 2] = [piece]


def small_forward(w, ids):
    """(logits, ...) of every position in double precision: pairs next to each other turn, two heads share a key."""
    dim, heads, kv, size = 16, 4, 2, 4
    dot = lambda a, b: sum(x * y for x, y in zip(a, b, strict=True))
    times = lambda matrix, x: [dot(row, x) for row in matrix]
    norm = lambda x, g: [v * s / math.sqrt(dot(x, x) / dim + 1e-5) for v, s in zip(x, g, strict=True)]

    def turn(x, at):
        out = []
        for i in range(0, len(x), 2):
            angle = at * 10000 ** (-(i % size) / size)
            out += [x[i] * math.cos(angle) - x[i + 1] * math.sin(angle),
                    x[i] * math.sin(angle) + x[i + 1] * math.cos(angle)]
        return out

    cache, rows = [([], []) for _ in w["wq"]], []
    for at, token in enumerate(ids):
        x = w["embed"][0][token]
        for l, (keys, values) in enumerate(cache):
            h = norm(x, w["rms_att"][0][l])
            q = turn(times(w["wq"][l], h), at)
            keys.append(turn(times(w["wk"][l], h), at))
            values.append(times(w["wv"][l], h))
            mixed = []
            for head in range(heads):
                part = slice(head // (heads // kv) * size, head // (heads // kv) * size + size)
                e = [math.exp(dot(q[head * size:head * size + size], k[part]) / math.sqrt(size)) for k in keys]
                mixed += [sum(p * v[part][i] for p, v in zip(e, values)) / sum(e) for i in range(size)]
            x = [a + b for a, b in zip(x, times(w["wo"][l], mixed))]
            h = norm(x, w["rms_ffn"][0][l])
            gate = [g / (1 + math.exp(-g)) * u for g, u in zip(times(w["w1"][l], h), times(w["w3"][l], h))]
            x = [a + b for a, b in zip(x, times(w["w2"][l], gate))]
        rows.append(times(w["embed"][0], norm(x, w["rms_final"][0][0])))
    return rows


def small_model(source):
    """Files as llama2.c exports them, of random weights, with the goldens of the two functions above."""
    r = random.Random(5)
    os.makedirs(source, exist_ok=True)
    shapes = [("embed", 1, len(PIECES), 16), ("rms_att", 1, 2, 16), ("wq", 2, 16, 16), ("wk", 2, 8, 16), ("wv", 2, 8, 16),
              ("wo", 2, 16, 16), ("rms_ffn", 1, 2, 16), ("w1", 2, 24, 16), ("w2", 2, 16, 24), ("w3", 2, 24, 16),
              ("rms_final", 1, 1, 16)]
    single = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
    w = {name: [[[single(r.gauss(1, .3) if "rms" in name else r.gauss(0, .4)) for _ in range(columns)]
                 for _ in range(rows)] for _ in range(layers)] for name, layers, rows, columns in shapes}
    w["embed"][0][:259] = [[single(v / 16) for v in row] for row in w["embed"][0][:259]]  # bytes are not said
    with open(source + "/stories260K.bin", "wb") as file:
        file.write(struct.pack("<7i", 16, 24, 2, 4, 2, len(PIECES), 32))
        for name, *_ in shapes:
            file.write(b"".join(struct.pack(f"<{len(row)}f", *row) for layer in w[name] for row in layer))
        file.write(struct.pack("<f", 7) * 2 * 32 * 2)  # its tables of cosines and sines, to be passed over
    with open(source + "/tok512.bin", "wb") as file:
        file.write(struct.pack("<i", max(map(len, PIECES))))
        for i, piece in enumerate(PIECES):
            file.write(struct.pack("<fi", -i if i > 258 else 0, len(piece)) + piece.encode())
    with open(source + "/golden.jsonl", "w") as file:
        for prompt in ("", "the", "and the rain", "he is on it. the"):
            begun = small_tokens(prompt)
            ids = list(begun)
            while len(ids) < 24:
                row = small_forward(w, ids)[-1]
                ids.append(row.index(max(row)))
            text = "".join(PIECES[i] for i in ids[1:]).removeprefix(" ")
            file.write(json.dumps({"kind": "greedy", "prompt": prompt, "prompt_ids": begun, "ids": ids, "text": text}) + "\n")
        ids = [1, *(r.randrange(len(PIECES)) for _ in range(20))]
        rows, logps, entropy = small_forward(w, ids), [], []
        for at, row in enumerate(rows):
            total = math.log(sum(math.exp(z) for z in row))
            logps += [rows[at][ids[at + 1]] - total] if at + 1 < len(ids) else []
            entropy.append(sum(math.exp(z - total) * (total - z) for z in row))
        file.write(json.dumps({"kind": "logprobs", "ids": ids, "token_logprobs": logps, "last_logits": rows[-1],
                               "entropy": entropy}) + "\n")


# Catches: RoPE on the wrong pairs, layers in the wrong order, a norm's epsilon, a tokenizer that merges otherwise.
def stories(source, name):
    folder = f"{FOLDER}/{name}"
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
    check(kinds == {"greedy", "logprobs"}, f"{name}: goldens of both kinds, found {kinds}")
    # the goldens have six and five decimals
    check(worst_logp < 2e-5, f"{name}: log-probabilities and entropies off by {worst_logp}")
    check(worst_logit < 1e-4, f"{name}: logits off by {worst_logit}")
    print(f"{name}: log-probabilities and entropies within {worst_logp:.1e}, logits within {worst_logit:.1e}")


def stories_greedy(folder, golden):
    prompt, ids, n = golden["prompt"], golden["ids"], len(golden["prompt_ids"])
    spaced = " " + prompt if prompt else ""
    made = json.loads(r0("tokenize", "--model", folder, "--add-special", "--", spaced)[0])["ids"] if prompt else [1]
    check(made == golden["prompt_ids"], f"{folder}: {prompt!r} gives {made}")
    rows = logits(folder, ids)["logits"]
    best = [row.index(max(row)) for row in rows[n - 1:-1]]
    check(ids[:n] == golden["prompt_ids"] and best == ids[n:], f"{folder}: greedy after {prompt!r} gives {best}")
    more = len(ids) - n
    text = r0("--quiet", "generate", "--model", folder, "--prompt", spaced, "--temperature", 0, "--max-new", more)[0]
    text = text.removesuffix("\n").removesuffix(" [cut off]")
    check((prompt + text if prompt else text.lstrip(" ")) == golden["text"], f"{folder}: {prompt!r} goes on {text!r}")


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
    for threads, dtype in ((1, "f32"), (2, "f32"), (2, "bf16"), (1, "f16")):
        out = f"{FOLDER}/random-{threads}-{dtype}"
        shutil.rmtree(out, ignore_errors=True)
        r0("--threads", threads, "init", "--config", config, "--out", out, "--dtype", dtype, "--seed", 5)
        check("no problems" in r0("inspect", out)[0], f"{out}: inspect finds problems")
        files.append(open(out + "/model.safetensors", "rb").read())
    check(files[0] == files[1], "random weights depend on the number of threads")
    check("holds weights already" in r0("init", "--config", config, "--out", out, code=1)[1], "weights are not replaced")
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
    check('"i8" is none of' in r0("init", "--config", config, "--out", config, "--dtype", "i8", code=1)[1], "a dtype")


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


def write_lines(name, rows):
    path = f"{FOLDER}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    return path


def metrics(folder):
    return [json.loads(line) for line in open(folder + "/metrics.jsonl")]


# Sums that the tiny model has never seen written like this.
def sums(count):
    return [{"prompt": f"[S]{i}+{7 * i % 50}<sep>", "response": f"\\boxed{{{i}}}"} for i in range(1, count + 1)]


# Catches: a loss on the prompt or without the end token, a turn's border at the wrong token, the wrong turn.
def sft_loss():
    folder, tokenizer = FOLDER + "/sft-model", "tests/data/tokenizers/qwen"
    config = FOLDER + "/sft-config"
    os.makedirs(config, exist_ok=True)
    with open(config + "/config.json", "w") as file:
        json.dump({"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 496, "hidden_size": 32,
                   "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                   "max_position_embeddings": 128, "eos_token_id": 482, "rms_norm_eps": 1e-6, "rope_theta": 1e4}, file)
    shutil.rmtree(folder, ignore_errors=True)
    r0("init", "--config", config, "--out", folder, "--dtype", "f32")
    for name in os.listdir(tokenizer):
        shutil.copy(f"{tokenizer}/{name}", folder)
    turns = [("user", "hi"), ("assistant", "yes"), ("user", "and?"), ("assistant", "no")]
    chat = {"messages": [{"role": role, "content": text} for role, text in turns]}
    first = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    second = first + "yes<|im_end|>\n<|im_start|>user\nand?<|im_end|>\n<|im_start|>assistant\n"
    thought = "<think>\n\n</think>\n\n"
    cases = {"pair": ([{"prompt": "a b", "response": "c d"}], [("a b", "c d<|im_end|>")]),
             "pair with its own end": ([{"prompt": "a", "completion": "b<|im_end|>"}], [("a", "b<|im_end|>")]),
             # Qwen3's template opens the last turn with an empty thought, and leaves those of earlier turns out
             "chat": ([chat], [(first, thought + "yes<|im_end|>"), (second, thought + "no<|im_end|>")]),
             "chat of two lists": ([{"prompt": chat["messages"][:3], "completion": chat["messages"][3:]}],
                                   [(second, thought + "no<|im_end|>")]),
             "chat of ShareGPT": ([{"id": None, "conversations": [{"from": "human", "value": "hi"},
                                                                  {"from": "gpt", "value": "yes"}]}],
                                  [(first, thought + "yes<|im_end|>")]),
             "chat of Alpaca": ([{"instruction": "hi", "input": "", "output": "yes"}],
                                [(first, thought + "yes<|im_end|>")]),
             "chat with a turn of weight 0": ([{"messages": [{**m, "weight": 0} if m["content"] == "yes" else m
                                                             for m in chat["messages"]]}],
                                              [(second, thought + "no<|im_end|>")]),
             "chat with parts": ([{"messages": [{"role": "user", "content": [{"type": "text", "text": "h"},
                                                                             {"type": "text", "text": "i"}]},
                                                chat["messages"][1]]}], [(first, thought + "yes<|im_end|>")])}
    for name, (lines, parts) in cases.items():
        data, out = write_lines("one.jsonl", lines), f"{FOLDER}/sft-{name.replace(' ', '-')}"
        made = json.loads(r0("sft", "--model", folder, "--data", data, "--out", out, "--steps", 1, "--batch", len(parts),
                             "--held-out-share", 0)[0])
        total, count = 0, 0
        for part in parts:
            ids = [json.loads(row)["ids"] for row in r0("tokenize", "--model", folder, "--", *part)[0].splitlines()]
            logp = logits(folder, ids[0] + ids[1])["token_logprobs"][len(ids[0]) - 1:]
            total, count = total - sum(logp), count + len(logp)
        check(made["examples"] == len(parts) and abs(metrics(out)[0]["loss"] - total / count) < 1e-5,
              f"sft of a {name}: {made}, loss {metrics(out)[0]}, expected {total / count}")
    check("no problems" in r0("inspect", FOLDER + "/sft-chat")[0], "what sft writes is a model folder")
    for bad, text in (([{**chat["messages"][0], "content": "a<|im_end|>b"}, chat["messages"][1]],
                       'special token "<|im_end|>"'),
                      ([chat["messages"][0], {**chat["messages"][1], "weight": .5}], "weight"),
                      ([chat["messages"][0], {**chat["messages"][1], "mood": "good"}], '"mood" of a message'),
                      (chat["messages"][1:], "nothing before it"),
                      ([chat["messages"][0], {**chat["messages"][1], "reasoning_content": "so"}],
                       'template leaves out "reasoning_content"')):
        data = write_lines("bad-chat.jsonl", [{"messages": bad}])
        error = r0("sft", "--model", folder, "--data", data, "--out", FOLDER + "/never", code=1)[1]
        check("bad-chat.jsonl:1: " in error and text in error, f"{text}: {error}")
    data = write_lines("cut.jsonl", [{"prompt": "a", "response": "b<|im_end|>c"}])
    error = r0("sft", "--model", folder, "--data", data, "--out", FOLDER + "/never", code=1)[1]
    check("end token before its end" in error, f"a response that ends in the middle: {error}")
    with open(config + "/config.json") as file:
        base = {**json.load(file), "eos_token_id": 481}
    with open(folder + "/config.json", "w") as file:  # as in base models: another end token than the template writes
        json.dump(base, file)
    os.remove(folder + "/generation_config.json")
    out = FOLDER + "/sft-base"
    error = r0("sft", "--model", folder, "--data", write_lines("one.jsonl", [chat]), "--out", out, "--steps", 1,
               "--held-out-share", 0)[1]
    check('ends a turn with "<|im_end|>"' in error and error.count("warning") == 1, f"another end token: {error}")
    check("One of 2 examples" in error and first + ">>>" + thought + "yes<|im_end|>" in error,
          f"one example is shown: {error}")


# A run with a checkpoint at every step, interrupted after some.
def sft_stopped(out, options):
    started = subprocess.Popen(["build/r0", "--device", "cpu", "sft", "--out", out, *map(str, options),
                                "--checkpoint-seconds", "0"], stderr=subprocess.PIPE, text=True)
    for _ in range(2000):
        if os.path.exists(out + "/metrics.jsonl") and len(metrics_lines(out)) > 6:
            break
        time.sleep(.01)
    started.send_signal(signal.SIGINT)
    error = started.communicate()[1]
    check(started.returncode == 130 and "--resume " + out in error, f"Ctrl-C: {started.returncode}: {error[-200:]}")
    done = len(metrics_lines(out))
    check(1 < done < 40, f"it was stopped on the way ({done} lines)")


# Catches: a run that learns nothing, a resumed run that differs, an order that depends on where it was interrupted.
def sft_run():
    data, other = write_lines("sums.jsonl", sums(60)), write_lines("other.jsonl", sums(61))
    options = ["--model", "examples/tiny", "--data", data, "--lr", 1e-3, "--epochs", 6, "--batch", 8, "--quiet"]
    whole, parts = FOLDER + "/sft-whole", FOLDER + "/sft-parts"
    made = json.loads(r0("sft", "--out", whole, *options)[0])
    check(made["held_out"] == 3 and made["examples"] == 57, f"held-out examples are set aside: {made}")
    check(made["held_out_after"] < .5 * made["held_out_before"], f"sft learns: {made}")
    rows = metrics(whole)
    check([r["step"] for r in rows if "loss" in r] == list(range(1, 44)), "a line of metrics per step")
    check("held_out" in rows[0] and rows[-1]["held_out"] < rows[0]["held_out"], "held-out loss before and after")
    check(max(r["learning_rate"] for r in rows if "loss" in r) == 1e-3, "the learning rate reaches its peak")
    sft_stopped(parts, options)
    with open(parts + "/metrics.jsonl", "a") as file:
        file.write('{"step":999,"loss":1,')  # what a power cut leaves
    r0("sft", "--resume", parts)
    check(metrics(parts) == rows, "a resumed run has the same metrics")
    same = [open(f + "/model.safetensors", "rb").read() for f in (whole, parts)]
    check(same[0] == same[1], "a resumed run ends with the same weights")
    check(not os.path.exists(parts + "/checkpoint.safetensors"), "the checkpoint goes when the run is done")
    adapter = FOLDER + "/sft-adapter"
    made = json.loads(r0("sft", "--out", adapter, *options, "--lora-rank", 4, "--dtype", "BF16", "--lr", 1e-2)[0])
    check(made["held_out_after"] < .8 * made["held_out_before"], f"an adapter learns: {made}")
    check(os.path.exists(adapter + "/adapter_config.json") and not os.path.exists(adapter + "/config.json") and
          os.path.getsize(adapter + "/adapter_model.safetensors") < 300000, "an adapter's folder")
    named = json.load(open(adapter + "/adapter_config.json"))["base_model_name_or_path"]
    check(named == os.path.abspath("examples/tiny"), f"the adapter's base is found from any folder: {named}")
    r0("sft", "--out", adapter + "-named", *options, "--lora-rank", 4, "--steps", 1, "--base-name", "org/model")
    named = json.load(open(adapter + "-named/adapter_config.json"))["base_model_name_or_path"]
    check(named == "org/model", f"--base-name: {named}")
    ids = [4, 20, 21]
    check(logits(adapter, ids)["logits"] != logits("examples/tiny", ids)["logits"], "the adapter is used when loaded")
    check("holds a run" in r0("sft", "--out", whole, *options, code=1)[1], "a run is not written over")
    shutil.copy(other, data)
    check("not what it was" in r0("sft", "--resume", parts, code=1)[1], "other data is no resume")
    check("sft.json" in r0("sft", "--resume", FOLDER + "/none", code=1)[1], "nothing to resume")


def metrics_lines(folder):
    return open(folder + "/metrics.jsonl").read().splitlines()


# Catches: a resume that forgets the adapter, its rank or targets, the base's 16 bits, or half of AdamW; a checkpoint of
# another adapter that is taken; a base that was trained along.
def sft_adapter_resume():
    data = write_lines("adapter.jsonl", sums(60))
    options = ["--model", "examples/tiny", "--data", data, "--lr", 1e-2, "--epochs", 6, "--batch", 8, "--quiet"]
    base = open("examples/tiny/model.safetensors", "rb").read()
    for name, more in {"f32": ["--lora-rank", 3, "--lora-targets", "q_proj,down_proj"],
                       "bf16": ["--lora-rank", 4, "--lora-alpha", 8, "--dtype", "BF16"]}.items():
        whole, parts = f"{FOLDER}/adapter-{name}", f"{FOLDER}/adapter-{name}-parts"
        r0("sft", "--out", whole, *options, *more)
        sft_stopped(parts, options + more)
        check(os.path.exists(parts + "/checkpoint.safetensors"), f"{name}: a checkpoint of the adapter")
        if name == "bf16":  # the checkpoint of another adapter
            own, other = parts + "/checkpoint.safetensors", f"{FOLDER}/adapter-f32-parts/kept.safetensors"
            shutil.move(own, FOLDER + "/kept.safetensors")
            shutil.copy(other, own)
            check("weights" in r0("sft", "--resume", parts, code=1)[1], "the checkpoint of another adapter is refused")
            shutil.move(FOLDER + "/kept.safetensors", own)
        else:
            shutil.copy(parts + "/checkpoint.safetensors", parts + "/kept.safetensors")
        r0("sft", "--resume", parts)
        check(metrics(parts) == metrics(whole), f"{name}: a resumed adapter has the same metrics")
        for file in ("adapter_model.safetensors", "adapter_config.json"):
            same = [open(f"{f}/{file}", "rb").read() for f in (whole, parts)]
            check(same[0] == same[1], f"{name}: a resumed adapter ends with the same {file}")
        check(not os.path.exists(parts + "/checkpoint.safetensors"), f"{name}: the checkpoint goes when the run is done")
    check(open("examples/tiny/model.safetensors", "rb").read() == base, "the base stays as it was")


# Catches: a bad line that is skipped in silence, or an error that does not say where.
def sft_bad():
    good = {"prompt": "[S]1+1<sep>", "response": "2"}
    for number, (bad, text) in enumerate([('{"prompt": "x"', ":2"), ({"prompt": "[S]"}, "neither"),
                                          ({"prompt": 1, "response": "2"}, "not two texts"), ([1], "neither"),
                                          ({**good, "id": 7}, '"id" is no field'), ({"text": "1+1=2"}, "neither"),
                                          ({"prompt": "[S]", "completion": []}, "not two texts or two lists"),
                                          ({**good, "system": "s"}, '"system" is no field'),
                                          ({"messages": [{"role": "user", "content": "1"}]}, "no assistant turn"),
                                          ({"messages": [{"role": "user"}]}, "without"),
                                          ({"prompt": "", "response": "2"}, "prompt has no tokens"),
                                          ({"prompt": "[S]\u00e9", "response": "2"}, "has no token")]):
        data = write_lines("bad.jsonl", [good, bad, good])
        error = r0("sft", "--model", "examples/tiny", "--data", data, "--out", f"{FOLDER}/bad-{number}", code=1)[1]
        check("bad.jsonl:2" in error and text in error and error.count("\n") == 1, f"bad line {bad}: {error}")
        check(not os.path.exists(f"{FOLDER}/bad-{number}"), "a bad line leaves no folder")
    data = write_lines("ids.jsonl", [{**good, "id": 7, "source": "x"}, good])
    r0("sft", "--model", "examples/tiny", "--data", data, "--out", FOLDER + "/ignored", "--ignore", "id,source",
       "--steps", 1, "--held-out-share", 0)
    data = write_lines("long.jsonl", [good, {"prompt": "[S]" + "1+" * 200 + "1<sep>", "response": "2"}, good])
    out, error = r0("sft", "--model", "examples/tiny", "--data", data, "--out", FOLDER + "/long", "--held-out-share", 0)
    check("long.jsonl:2: left out" in error and json.loads(out)["left_out"] == 1, f"a long example: {error}")
    for option in (["--lr", 0], ["--batch", 0], ["--schedule", "cosine"], ["--held-out-share", 1]):
        r0("sft", "--model", "examples/tiny", "--data", data, "--out", FOLDER + "/never", *option, code=2)
    r0("sft", "--model", "examples/tiny", code=2)


# GGUF's types: number, weights and bytes of a block, and where in it scales lie as halves.
TYPES = {"F32": (0, 1, 4, ()), "F16": (1, 1, 2, ()), "BF16": (30, 1, 2, ()), "Q4_0": (2, 32, 18, (0,)),
         "Q4_1": (3, 32, 20, (0, 2)), "Q5_0": (6, 32, 22, (0,)), "Q5_1": (7, 32, 24, (0, 2)), "Q8_0": (8, 32, 34, (0,)),
         "Q4_K": (12, 256, 144, (0, 2)), "Q5_K": (13, 256, 176, (0, 2)), "Q6_K": (14, 256, 210, (208,))}


def gguf_read(data):
    """(where the tensors' list begins, [(name, shape, type)]) of tests/data/gguf/types.gguf."""
    sizes, at = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}, 24
    number = lambda kind, where: struct.unpack_from("<" + kind, data, where)[0]
    for _ in range(number("Q", 16)):
        at += 8 + number("Q", at)
        kind, count, at = number("I", at), 1, at + 4
        if kind == 9:
            kind, count, at = number("I", at), number("Q", at + 4), at + 12
        for _ in range(count):
            at += 8 + number("Q", at) if kind == 8 else sizes[kind]
    begin, tensors = at, []
    for _ in range(number("Q", 8)):
        name, at = data[at + 8:at + 8 + number("Q", at)], at + 8 + number("Q", at)
        rank = number("I", at)
        tensors.append((name, [number("Q", at + 4 + 8 * i) for i in range(rank)], number("I", at + 4 + 8 * rank)))
        at += 16 + 8 * rank
    return begin, tensors


def gguf_of(name, path):
    """tests/data/gguf/types.gguf with other matrices: random blocks of one type, where they fit into the rows."""
    with open("tests/data/gguf/types.gguf", "rb") as file:
        data = file.read()
    draw, kinds = random.Random(name), {number: (w, b, at) for number, w, b, at in TYPES.values()}
    begin, tensors = gguf_read(data)
    bits = {"Q8_0": 8, "Q6_K": 12, "Q5_K": 11, "Q4_K": 10}.get(name, 4)
    head, body = data[:begin], b""
    for tensor, shape, number in tensors:
        if len(shape) == 2 and shape[0] % TYPES[name][1] == 0:
            number = TYPES[name][0]
        weights, size, halves = kinds[number]
        head += struct.pack("<Q", len(tensor)) + tensor + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}QIQ", *shape, number, len(body))
        for _ in range(math.prod(shape) // weights):
            if weights == 1:
                value = struct.pack("<f", draw.gauss(1 if len(shape) == 1 else 0, .1))
                half = value[2:] if number == 30 else struct.pack("<e", *struct.unpack("<f", value))
                body += value if size == 4 else half
                continue
            block = bytearray(draw.randbytes(size))
            for at in halves:
                scale = draw.gauss(0, .3) / 2 ** (bits if weights == 256 or bits == 8 else 4)
                block[at:at + 2] = struct.pack("<e", scale)
            body += block
        body += bytes(-len(body) % 32)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + body)


# Every type of GGUF through the program: as it is stored, on the CPU and on Vulkan, beside the float32 folder that it
# becomes. Catches: a type that a device unpacks
# otherwise, rows of heads in another order.
def gguf_types():
    vulkan = subprocess.run(["build/r0", "--device", "vulkan", "devices"], capture_output=True).returncode == 0
    if not vulkan:
        counts["skipped"] += 1
        print("SKIP models: no Vulkan device for the types of GGUF")
    data = write_lines("types.jsonl", [{"prompt": "the", "response": "and 12"}, {"prompt": "and", "response": "the"}])
    for name in TYPES:
        file, folder, apart = f"{FOLDER}/{name}.gguf", f"{FOLDER}/{name}-floats", []
        gguf_of(name, file)
        r0("convert", file, "--out", folder)
        ids = [3, 17, 40, 5, 60, 22, 9]
        floats = [z for row in logits(folder, ids)["logits"] for z in row]
        for device in ["cpu", "vulkan"][:1 + vulkan]:
            stored = logits(file, ids, "--dtype", "stored", "--device", device)["logits"]
            apart.append(max(abs(a - b) for a, b in zip(floats, [z for row in stored for z in row], strict=True)))
        largest = max(map(abs, floats))
        what = f"{name}: logits up to {largest}, on the devices {apart} from its floats'"
        check(.1 < largest < 1e3 and apart[0] == 0 and apart[-1] <= 1e-5 * max(1, largest), what)
        losses = []
        for model, dtype in ((folder, "F32"), (file, "stored")):
            out = f"{FOLDER}/{name}-{dtype}-tuned"
            r0("sft", "--model", model, "--data", data, "--out", out, "--steps", 3, "--batch", 2, "--lora-rank", 2,
               "--dtype", dtype, "--held-out-share", 0, "--lr", 1e-2)
            losses.append([line.get("loss") for line in metrics(out)])
        check(losses[0] == losses[1], f"{name}: an adapter on its blocks learns {losses[1]}, on its floats {losses[0]}")
        print(f"{name}: logits up to {largest:.2f}; from the floats' on the CPU {apart[0]:.1e}" +
              (f", on Vulkan {apart[1]:.1e}" if vulkan else "") + ", an adapter's losses the same")


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
gguf_types()
small_model(FOLDER + "/llama2c")
stories(FOLDER + "/llama2c", "llama2c-small")
if SHARED:
    stories(SHARED + "/data/models/stories260K", "stories260K")
random_folders()
convert_bad()
sft_loss()
sft_run()
sft_adapter_resume()
sft_bad()
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
