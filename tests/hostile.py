"""Files that are none, in every place where R0 opens one: FIFOs, sockets, devices, folders, links, files without end.
Only Python's own library. Prints the counts at the end.

    python3 tests/hostile.py [every] [PART...]       (after make build/r0; from the project's folder)
"""
import json, os, pty, select, shutil, socket, struct, subprocess, sys, time, resource

counts = {"passed": 0, "failed": 0, "skipped": 0}
FOLDER = "build/hostile"
SECONDS, MEGABYTES = 1, 64  # what a refusal may take
TINY = "examples/tiny"
EVERY = "every" in sys.argv  # every file of a run as a link, not three
KINDS = {"fifo": "is a FIFO", "socket": "is a socket", "device": "is a device", "folder": "is a folder"}


def check(good, what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print("FAIL hostile:", what)
    return good


def r0(arguments, seconds=20):
    """(exit code or "hangs", what it printed, processor seconds, MB) of build/r0."""
    command = ["build/r0", "--device", "cpu", "--threads", "1", *map(str, arguments)]
    with open(FOLDER + "/printed", "w+b") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        end, done = time.monotonic() + seconds, (0, 0, None)
        while not done[0]:
            done = os.wait4(child.pid, os.WNOHANG)
            if not done[0] and time.monotonic() > end:
                child.kill()
                os.wait4(child.pid, 0)
                child.returncode = -9
                return "hangs", "", seconds, 0
            if not done[0]:
                time.sleep(.002)
        child.returncode = os.waitstatus_to_exitcode(done[1])
        out.seek(0)
        text = out.read().decode(errors="replace")
    return child.returncode, text, done[2].ru_utime + done[2].ru_stime, done[2].ru_maxrss / 1024


def put(path, kind):
    """Places something that is no file at `path`."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(os.path.dirname(path))  # a socket's path is short
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(os.path.basename(path))
        os.chdir(here)
    elif kind == "device":
        os.symlink("/dev/zero", path)
    else:
        os.makedirs(path)


def fresh(name, *sources):
    """build/hostile/NAME with copies of files and folders: SOURCE, or SOURCE:NAME within."""
    folder = f"{FOLDER}/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for source in sources:
        source, _, target = source.partition(":")
        if os.path.isdir(source):
            shutil.copytree(source, f"{folder}/{target}" if target else folder, dirs_exist_ok=True)
        else:
            shutil.copy(source, f"{folder}/{target or os.path.basename(source)}")
    return folder


def refused(arguments, path, reason, seconds=SECONDS, megabytes=MEGABYTES):
    """The command ends, soon and small, and says what is wrong with which file."""
    code, text, spent, memory = r0(arguments)
    what = f"{' '.join(arguments[:2])} with {path} that {reason}"
    good = check(code not in (0, "hangs") and code > 0, f"{what}: exit code {code} {text[-200:]}")
    if good:
        check(os.path.basename(path) in text and reason in text, f"{what}: says {text[-300:]!r}")
        # Linux counts what this script had when it started the program as the program's.
        most = max(megabytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + 4)
        check(spent < seconds and memory < most, f"{what}: took {spent:.2f} s and {memory:.0f} MB")


EVOLVE = ["--quiet", "--seed", "5", "--checkpoint", "-1", "--only-bench"]
SMALL = "iterations=1,challenger.steps=1,questions=64,votes=4,solver.steps=1,evaluation_samples=1"


def places():
    """(what is copied, the file in its place, the command); {} is the folder."""
    generate = ["generate", "--model", "{}", "--prompt", "[S]1+1<sep>", "--max-new", "2"]
    for name in ("config.json", "generation_config.json", "tokenizer.json", "model.safetensors"):
        yield [TINY], name, generate
    yield [TINY], "config.json", ["inspect", "{}"]
    yield [TINY], "model.safetensors", ["inspect", "{}/model.safetensors"]
    qwen = "tests/data/hf/qwen3"
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        yield ["tests/data/tokenizers/qwen"], name, ["chat", "--model", "{}", "--show", "hello"]
    yield [qwen + "/config.json"], "model.safetensors.index.json", ["inspect", "{}"]
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        yield ["tests/data/lora/qwen3"], name, ["merge", "{}", "--base", qwen, "--out", "{}/out"]
    questions = f"{FOLDER}/questions.jsonl"
    yield [questions], "questions.jsonl", ["eval", "--model", TINY, "--bench", "{}/questions.jsonl", "--samples", "1"]
    yield [questions], "questions.jsonl", ["evolve", *EVOLVE, "--bench", "{}/questions.jsonl", "--run", "{}/run"]
    yield [questions], "given.jsonl", ["evolve", *EVOLVE, "--bench", questions, "--run", "{}/run", "--reward", "ttrl",
                                       "--questions", "{}/given.jsonl"]
    evaluated = f"{FOLDER}/evaluated"
    for name in ("settings.json", "responses.jsonl", "lock"):
        yield [evaluated], name, ["eval", "--model", TINY, "--bench", questions, "--samples", "1", "--out", "{}"]
        if name != "lock":
            yield [evaluated], name, ["eval", "--regrade", "{}"]
    for command in ("grade", "repetition", "vote"):
        yield [questions], "lines.jsonl", [command, "{}/lines.jsonl"]
    for command in ("tokenize", "chat"):
        yield [questions], "lines.jsonl", [command, "--model", TINY, "--check", "{}/lines.jsonl"]
    data = f"{FOLDER}/data.jsonl"
    sft = ["sft", "--model", TINY, "--data", "{}/data.jsonl", "--out", "{}/out", "--held-out", "{}/held.jsonl"]
    for name in ("data.jsonl", "held.jsonl"):
        yield [data, data + ":held.jsonl"], name, sft
    for name in ("sft.json", "lock"):
        yield [f"{FOLDER}/tuned"], name, ["sft", "--resume", "{}"]
    stories = next((p for p in ("../shared", "../../shared") if os.path.exists(p + "/data/models/stories260K")), None)
    if stories:
        source = stories + "/data/models/stories260K"
        for name in ("stories260K.bin", "tok512.bin"):
            yield [source], name, ["convert", "--model", "{}/stories260K.bin", "--tokenizer", "{}/tok512.bin",
                                   "--out", "{}/out"]
    gguf = ["tests/data/gguf/qwen3.gguf:model.gguf"]
    for command in (["logits", "--model", "{}/model.gguf", "--ids", "1"], ["tokenize", "--model", "{}/model.gguf", "the"],
                    ["convert", "{}/model.gguf", "--out", "{}/out"]):
        yield gguf, "model.gguf", command
    run = f"{FOLDER}/run"
    newest = max(n for n in os.listdir(run) if n.startswith("checkpoint-"))
    for name in ("run.json", "questions-1.jsonl", "metrics.jsonl", "lock", "rollouts.bin"):
        yield [run], name, ["evolve", "--resume", "{}"]
    for name in ("summary.json", "questions-1.jsonl", "metrics.jsonl"):
        yield [run], name, ["report", "{}"]
    yield [run], "report.html.tmp", ["report", "{}"]
    yield [run], newest, ["inspect", "{}/" + newest]


# Catches: fopen and open that wait for the other end of a FIFO, readers of /dev/zero, files that are passed over
# because they cannot be read.
def in_place_of_files():
    for sources, name, command in places():
        for kind, reason in KINDS.items():
            folder = fresh("place", *sources)
            put(f"{folder}/{name}", kind)
            if (name.endswith(".tmp") or name == "lock") and kind == "device":
                reason = "is a symbolic link"  # is refused before what it leads to is looked at
            refused([a.replace("{}", folder) for a in command], f"{folder}/{name}", reason)


# Catches: a size that is believed, and asked of the machine's memory, before it is compared with the file.
def ggufs():
    with open("tests/data/gguf/qwen3.gguf", "rb") as file:
        good = file.read()
    folder, huge = fresh("gguf"), struct.pack("<Q", 2**63 - 1)
    key = good.index(b"tokenizer.ggml.tokens") + 21  # behind it: array, texts, their count, the first one's size
    changes = [(at, huge) for at in (8, 16, 24, key + 8, key + 16)] + [(4, struct.pack("<I", 9)), (key, b"\xff" * 4)]
    for at, bytes_ in changes + [(len(good) * i // 16, None) for i in range(1, 16)]:
        with open(folder + "/model.gguf", "wb") as file:
            file.write(good[:at] + bytes_ + good[at + len(bytes_):] if bytes_ else good[:at])
        for command in (["logits", "--model", folder + "/model.gguf", "--ids", "1"],
                        ["convert", folder + "/model.gguf", "--out", folder + "/out"]):
            refused(command, folder + "/model.gguf", "")
        check(not os.path.exists(folder + "/out"), f"a bad GGUF file at {at} leaves a folder")


# Catches: a resume that hangs in a checkpoint, or that stops although the one before it is good.
def checkpoints():
    names = sorted(n for n in os.listdir(f"{FOLDER}/run") if n.startswith("checkpoint-"))
    for kind in KINDS:
        folder = fresh("place", f"{FOLDER}/run")
        put(f"{folder}/{names[-1]}", kind)
        code, text, _, _ = r0(["evolve", "--quiet", "--resume", folder], 60)
        good = code == 0 or (code == 1 and kind == "folder" and "cannot be written" in text)
        check(good and f"{names[-1]}: cannot be opened: {KINDS[kind]}" in text,
              f"resume beside a {kind}: exit code {code} {text[-300:]}")


# Catches: a configuration of gigabytes that is read before it is refused.
def sizes():
    for name, size in (("config.json", 5 << 20), ("generation_config.json", 1 << 33), ("tokenizer.json", 300 << 20)):
        folder = fresh("place", TINY)
        with open(f"{folder}/{name}", "ab") as file:
            file.truncate(size)  # a hole: takes no room
        refused(["generate", "--model", folder, "--prompt", "1"], name, f"has {size} bytes")
    folder = fresh("place", TINY)
    os.truncate(f"{folder}/model.safetensors", 1 << 38)
    refused(["generate", "--model", folder, "--prompt", "1"], "model.safetensors", "bytes")


# Catches: weights that are allocated before the file is asked whether it has them.
def shapes():
    for field, value in (("intermediate_size", 1 << 20), ("hidden_size", 1 << 16), ("vocab_size", 1 << 22),
                         ("num_hidden_layers", 1000)):
        folder = fresh("place", TINY)
        config = json.load(open(f"{folder}/config.json"))
        config[field] = value
        json.dump(config, open(f"{folder}/config.json", "w"))
        refused(["generate", "--model", folder, "--prompt", "1"], "tensor", "shape", megabytes=16)


# Catches: writing through a link that somebody put into a run's folder.
def links():
    victim, text = f"{FOLDER}/victim", b"not yours\n"
    written = [n for n in sorted(os.listdir(f"{FOLDER}/run")) if os.path.isfile(f"{FOLDER}/run/{n}")]
    check(len(written) >= 9, f"a run writes {written}")
    if not EVERY:
        written = ["metrics.jsonl", "questions-1.jsonl", "report.html"]
    for name in written:
        for link in (name, name + ".tmp"):
            if link == "run.json":
                continue  # a folder that has one holds a run
            if link == "metrics.jsonl.tmp" and not EVERY:
                continue  # only a resume writes it
            folder = f"{FOLDER}/linked"
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            open(victim, "wb").write(text)
            os.symlink("../victim", f"{folder}/{link}")
            code, said, _, _ = r0(["evolve", *EVOLVE, "--bench", f"{FOLDER}/questions.jsonl", "--run", folder,
                                   "--set", SMALL], 60)
            same = open(victim, "rb").read() == text
            # Names that are only ever renamed over may be links: the link goes, what it leads to stays.
            renamed = code == 0 and not os.path.islink(f"{folder}/{link}")
            untouched = code == 0 and os.path.islink(f"{folder}/{link}")
            good = renamed or untouched or (code == 1 and link in said and "is a symbolic link" in said)
            check(same and good, f"{link} is a link: exit code {code}, written through: {not same}: {said[-200:]}")


def on_terminal(*arguments, seconds=60):
    """What a terminal receives of stdout and stderr, and the exit code."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(["build/r0", "--device", "cpu", "--threads", "1", "--quiet", *arguments], stdout=theirs,
                             stderr=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    got = b""
    while select.select([ours], [], [], seconds)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not piece:
            break
        got += piece
    os.close(ours)
    return got, child.wait(seconds)


def obeyed(got):
    """What a terminal would obey in `got`, but for line ends and tabs."""
    text = got.decode(errors="surrogateescape")
    return sorted({hex(ord(c)) for c in text if (ord(c) < 32 and c not in "\r\n\t") or 0x7f <= ord(c) < 0xa0 or
                   0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069 or 0xdc80 <= ord(c) <= 0xdcff})


# Catches: titles that are set, lines that are overwritten and text that is turned around by a file or by a model.
def terminals():
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:  # a chroot without /dev/pts
        counts["skipped"] += 1
        return print(f"SKIP hostile: no terminal to write to ({error})")
    evil = "\x1b]0;title\x07\x9b2J\x7f\u202e\u2066 end"
    shown = [b"\\x1B", b"\\x07", b"\\xC2\\x9B", b"\\x7F", b"\\xE2\\x80\\xAE", b"\\xE2\\x81\\xA6"]

    def tell(what, wanted, *arguments, code=None, seconds=60):
        got, found = on_terminal(*arguments, seconds=seconds)
        missing = [w for w in wanted if w not in got]
        check(not obeyed(got) and not missing and code in (None, found),
              f"{what}: {obeyed(got)} reach the terminal, {missing} are not shown, exit code {found}: {got[-300:]}")

    # An error that quotes a file; a line of a file; metadata; a message as a template writes it.
    folder = fresh("place", TINY)
    config = json.load(open(f"{folder}/config.json"))
    json.dump({**config, "architectures": [evil]}, open(f"{folder}/config.json", "w"))
    tell("an architecture", shown, "generate", "--model", folder, "--prompt", "1", code=1)
    tell("an architecture", shown, "inspect", folder, code=1)
    data = struct.pack("<Q", 0)
    header = json.dumps({"__metadata__": {"note": evil}, "x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})
    with open(f"{folder}/x.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header.encode() + b"\0\0\0\0")
    tell("metadata", shown, "inspect", f"{folder}/x.safetensors")
    line = json.dumps({"question": evil, "answer": "1", "id": evil, "responses": ["\\boxed{" + evil + "}"] * 2,
                       "gold": evil, "pred": evil, "text": evil, "ids": [1],
                       "messages": [{"role": "user", "content": evil}]}, ensure_ascii=False)
    open(f"{folder}/lines.jsonl", "w").write(line + "\n")
    open(f"{folder}/torn.jsonl", "w").write('{"prompt": "' + evil)
    tell("votes", shown[2:3] + shown[4:], "vote", "--any", f"{folder}/lines.jsonl")
    tell("grades", [], "grade", f"{folder}/lines.jsonl")
    tell("tokens", shown[2:3] + shown[4:], "tokenize", "--model", "tests/data/tokenizers/qwen", "--check",
         f"{folder}/lines.jsonl", code=1)
    tell("a chat", shown, "chat", "--model", "tests/data/tokenizers/qwen", "--check", f"{folder}/lines.jsonl", code=1)
    tell("a chat", shown, "chat", "--model", "tests/data/tokenizers/qwen", "--show", evil, code=0)
    tell("a torn line", [], "sft", "--model", TINY, "--data", f"{folder}/torn.jsonl", "--out", f"{folder}/out", code=1)
    tell("a question", shown, "eval", "--model", TINY, "--bench", f"{folder}/lines.jsonl", "--samples", "1", code=1)
    # A model that writes such bytes: + is ESC, - is U+009B, = is U+202E for it, in the byte-level alphabet.
    folder = fresh("place", TINY)
    tokens = open(f"{folder}/tokenizer.json", encoding="utf-8").read()
    for sign, bytes_ in (("+", "\u011b"), ("-", "\u00c2\u013d"), ("=", "\u00e2\u0122\u00ae")):
        check(f'"{sign}": ' in tokens, f"the tiny model has a {sign}")
        tokens = tokens.replace(f'"{sign}": ', f'"{bytes_}": ')
    open(f"{folder}/tokenizer.json", "w", encoding="utf-8").write(tokens)
    ask = ["generate", "--model", folder, "--prompt", "[Q]", "--samples", "16", "--max-new", "40"]
    tell("a model's text", [shown[0], shown[2]], *ask, code=0)
    raw = subprocess.run(["build/r0", "--device", "cpu", "--quiet", *ask], capture_output=True).stdout
    check(b"\x1b" in raw and b"\xc2\x9b" in raw and b"\\x1B" not in raw, "a file receives the bytes as they are")
    with open(TINY + "/heldout.jsonl") as file, open(f"{folder}/plain.jsonl", "w") as out:
        out.writelines([line for line in file if not set(json.loads(line)["question"]) & set("+-=")][:4])
    tell("a run's table", [shown[0], b"kept questions"], "evolve", *EVOLVE[1:], "--model", folder, "--bench",
         f"{folder}/plain.jsonl", "--run", f"{folder}/run", "--no-filter", "--set", SMALL, code=0, seconds=120)


# Catches: text that is drawn from NaN, and an accuracy of 0 that means nothing.
def numbers():
    listed = subprocess.run(["build/r0", "devices"], capture_output=True, text=True).stdout
    devices = ["cpu"] + ["vulkan:0"] * ("vulkan:0 " in listed)
    if len(devices) == 1:
        counts["skipped"] += 1
        print("SKIP hostile: no Vulkan device: NaN weights on the CPU alone")
    with open(TINY + "/model.safetensors", "rb") as file:
        whole = file.read()
    size = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8:8 + size])
    up, down = "model.layers.1.mlp.up_proj.weight", "model.layers.2.mlp.down_proj.weight"
    for name, every, value, blamed in ((up, 0, float("nan"), f'tensor "{up}": value 7'),
                                       (up, 0, float("inf"), f'tensor "{up}": value 7'), (down, 1, 1e38, "layer 2")):
        weights = bytearray(whole)
        first, last = (8 + size + offset for offset in header[name]["data_offsets"])
        for at in range(first, last, 4) if every else [first + 28]:
            old = struct.unpack_from("<f", weights, at)[0]
            struct.pack_into("<f", weights, at, old * value if every else value)
        folder = fresh("place", TINY)
        open(f"{folder}/model.safetensors", "wb").write(weights)
        for device in devices:
            for command in (["generate", "--model", folder, "--prompt", "[S]1+1<sep>", "--max-new", "8"],
                            ["eval", "--model", folder, "--bench", FOLDER + "/questions.jsonl", "--samples", "1"]):
                code, text, _, _ = r0(["--device", device, *command], 60)
                check(code == 1 and "the logits are not finite" in text and blamed in text,
                      f"{command[0]} on {device}, {name} is {value:g}: exit code {code}: {text[-200:]}")


def prepare():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    with open(TINY + "/heldout.jsonl") as file, open(FOLDER + "/questions.jsonl", "w") as out:
        out.writelines(file.readline() for _ in range(4))
    evolve = ["evolve", *EVOLVE, "--bench", FOLDER + "/questions.jsonl"]
    code, text, _, _ = r0([*evolve, "--run", FOLDER + "/run", "--set", SMALL], 60)
    check(code == 0, "a run to put things into: " + text)
    code, text, _, _ = r0(["eval", "--model", TINY, "--bench", FOLDER + "/questions.jsonl", "--samples", "1", "--out",
                           FOLDER + "/evaluated"])
    check(code == 0, "an evaluation: " + text)
    with open(FOLDER + "/data.jsonl", "w") as file:
        for i in range(9):
            file.write(json.dumps({"prompt": f"[S]{i}+1<sep>", "response": f"\\boxed{{{i + 1}}}"}) + "\n")
    code, text, _, _ = r0(["sft", "--model", TINY, "--data", FOLDER + "/data.jsonl", "--out", FOLDER + "/tuned"], 60)
    check(code == 0, "a fine-tuned model: " + text)


if __name__ == "__main__":
    prepare()
    parts = {"files": in_place_of_files, "checkpoints": checkpoints, "sizes": sizes, "shapes": shapes, "ggufs": ggufs,
             "terminals": terminals, "numbers": numbers, "links": links}
    for name in [a for a in sys.argv[1:] if a in parts] or parts:
        begin = time.monotonic()
        parts[name]()
        print(f"{name}: {time.monotonic() - begin:.0f} s")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    sys.exit(counts["failed"] != 0)
