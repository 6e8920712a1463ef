"""Changes of a run's files between a stop and a resume: each is refused with the file's name, or the run ends with the
bits of one that nobody touched. One process works on a run; a stop by a signal loses nothing.

    python3 tests/trust.py [--all] [PART...]     --all: 20 tries at a second process, else 3
"""
import glob, json, os, re, resource, shutil, signal, subprocess, sys, time

R0 = os.environ.get("R0", "build/r0")
FOLDER = os.environ.get("TRUST_FOLDER", "build/trust")
counts = {"passed": 0, "failed": 0}
SET = "iterations=2,challenger.steps=2,questions=48,votes=4,solver.steps=6,solver.max_passes=60,evaluation_samples=2"
START = ["--quiet", "--threads", "1", "--device", "cpu", "evolve", "--seed", "5", "--checkpoint", "-1", "--only-bench"]
RESULTS = ["metrics.jsonl", "questions-1.jsonl", "questions-2.jsonl", "evaluation-0.jsonl", "evaluation-1.jsonl",
           "evaluation-2.jsonl", "solver/model.safetensors", "challenger/model.safetensors"]


def check(good, what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print(f"FAIL trust: {what}")


def r0(arguments, **more):
    return subprocess.run([R0, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def resume(folder, *more, **how):
    return r0([*START[:6], "--resume", folder, "--checkpoint", "-1", *more], **how)


def spent():
    """Processor seconds of the children that have ended: what a busy machine does not stretch."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def read(path):
    return open(path, "rb").read()


def start(folder, questions, until, model="examples/tiny"):
    """A run that is killed once `until` is true of the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    job = subprocess.Popen([R0, *START, "--model", model, "--bench", questions, "--run", folder, "--set", SET],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while job.poll() is None and not until(folder):
        time.sleep(.005)
    job.kill()
    job.wait()


def in_solver(folder):
    try:
        lines = open(folder + "/metrics.jsonl").read().split("\n")
    except OSError:
        return False
    return any('"iteration":2,"phase":"solver","step":3' in line for line in lines)


def edit(name, change):
    def apply(folder):
        path = f"{folder}/{name}"
        data = read(path)
        new = change(data)
        assert new != data, name
        open(path, "wb").write(new)
    return name, apply


def drop(name):
    return name, lambda folder: os.remove(f"{folder}/{name}")


def swap(old, new, count=1):
    return lambda data: re.sub(old, new, data, count=count)


def state(old, new, sealed=False):
    """Both checkpoints' states changed, with right checksums of the files; `sealed`: of the states, too."""
    def apply(folder):
        for path in glob.glob(folder + "/checkpoint-*.safetensors"):
            data = bytearray(read(path))
            size = int.from_bytes(data[:8], "little")
            header = json.loads(data[8:8 + size])
            metadata = header["__metadata__"]
            before = metadata["r0_state"]
            metadata["r0_state"] = re.sub(old, new, before, count=1, flags=re.S)
            assert metadata["r0_state"] != before, old
            if sealed:
                metadata["r0_state_hash"] = "%016x" % xxh64(metadata["r0_state"].encode())
            header = json.dumps(header, separators=(",", ":")).encode()
            header += b" " * (-len(header) % 8)
            data = bytearray(len(header).to_bytes(8, "little") + header) + data[8 + size:]
            at = data.index(b'"r0_checksum":"') + 15
            data[at:at + 16] = b"0" * 16
            data[at:at + 16] = b"%016x" % xxh64(bytes(data))
            open(path, "wb").write(data)
    return "checkpoint", apply


# XXH64, by its description (Yann Collet): checkpoints carry it, and so does a forged one.
M = (1 << 64) - 1
P = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def turn(x, by):
    return (x << by | x >> (64 - by)) & M


def mix(lane, x):
    return turn(lane + x * P[1] & M, 31) * P[0] & M


def xxh64(data):
    import struct
    at, n = 0, len(data)
    if n >= 32:
        a, b, c, d = (P[0] + P[1]) & M, P[1], 0, -P[0] & M
        words = struct.unpack(f"<{n // 32 * 4}Q", data[:n // 32 * 32])
        for i in range(0, len(words), 4):
            a, b, c, d = mix(a, words[i]), mix(b, words[i + 1]), mix(c, words[i + 2]), mix(d, words[i + 3])
        h = (turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18)) & M
        for lane in (a, b, c, d):
            h = ((h ^ mix(0, lane)) * P[0] + P[3]) & M
        at = n // 32 * 32
    else:
        h = P[4]
    h = h + n & M
    while n - at >= 8:
        h = (turn(h ^ mix(0, int.from_bytes(data[at:at + 8], "little")), 27) * P[0] + P[3]) & M
        at += 8
    if n - at >= 4:
        h = (turn(h ^ int.from_bytes(data[at:at + 4], "little") * P[0] & M, 23) * P[1] + P[2]) & M
        at += 4
    for byte in data[at:]:
        h = turn(h ^ byte * P[4] & M, 11) * P[0] & M
    h ^= h >> 33
    h = h * P[1] & M
    h ^= h >> 29
    h = h * P[2] & M
    return h ^ h >> 32


def changes():
    run = "run.json"
    yield from (edit(run, f) for f in (
        swap(rb'"format":2', b'"format":3'), swap(rb'"format":2,', b""),
        swap(rb'"format":2', b'"format":2,"extra":1'),
        swap(rb'"seed":"5"', b'"seed":"6"'), swap(rb'"seed":"5"', b'"seed":5'), swap(rb'"seed":"5"', b'"seed":"abc"'),
        swap(rb'"seed":"5",', b""), swap(rb'"solver.n":8', b'"solver.n":6.7'),
        swap(rb'"solver.n":8', b'"solver.n":"8"'), swap(rb'"solver.n":8,', b""),
        swap(rb'"solver.n":8', b'"solver.n":7'), swap(rb'"solver.n":8', b'"solver.m":1,"solver.n":8'),
        swap(rb'"solver.learning_rate":[^,]*', b'"solver.learning_rate":0.5'),
        swap(rb'"iterations":2', b'"iterations":3'),
        swap(rb'"iterations":2', b'"iterations":-2'), swap(rb'"judge":"strict"', b'"judge":"mathruler"'),
        swap(rb'"model_hash":"..', b'"model_hash":"zz'), swap(rb'\}\}?\n?$', b""), lambda d: b"", lambda d: b"\0" + d,
        swap(rb'"sets":\[.*?\]', b'"sets":[]'), swap(rb'"preset":"tiny"', b'"preset":"paper"'),
        swap(rb'"device":"', b'"device":"x')))
    yield drop(run)
    for name in ("questions-2.jsonl", "questions-1.jsonl", "evaluation-1.jsonl", "metrics.jsonl"):
        yield drop(name)
        yield edit(name, lambda d: d[:len(d) // 2])
        yield edit(name, lambda d: d[:40] + bytes([d[40] ^ 1]) + d[41:])
    yield edit("questions-2.jsonl", swap(rb'"label":"(\d+)"', b'"label":"99"'))
    yield edit("questions-2.jsonl", swap(rb'"label":"(\d+)"', b'"label":"99"', 0))
    yield edit("questions-2.jsonl", swap(rb'"question":"[^"]*"', b'"question":"1+1"', 0))
    yield edit("questions-2.jsonl", swap(rb'"verdict":"kept"', b'"verdict":"dropped"'))
    yield edit("metrics.jsonl", lambda d: d + b'{"a":1}\n')
    yield edit("timings.jsonl", swap(rb'"seconds":\d', b'"seconds":x'))
    yield edit("summary.json", swap(rb'"pass1":0', b'"pass1":1'))
    yield drop("summary.json")
    yield drop("rollouts.bin") if os.path.exists(f"{FOLDER}/stopped/rollouts.bin") else drop("lock")
    for name, value in (("step", -5), ("step", 4999), ("iteration", 1), ("iteration", 2000000000), ("length_sum", 9),
                        ("trainer_steps", 99999), ("kept", 4999)):
        yield state(f'"{name}":-?[\\d.]+', f'"{name}":{value}')
        if name != "length_sum":  # 9 is within its bounds
            yield state(f'"{name}":-?[\\d.]+', f'"{name}":{value}', True)
    yield state(r'"results":\[(\{.*?\}),\{"iteration":1', lambda m: '"results":[' + ",".join(m[1] for _ in range(64)) +
                ',{"iteration":1', True)
    yield state('"phase":3', '"phase":9', True)
    yield state('"files":\\[', '"files":[{"name":"../run.json","bytes":1,"hash":"0123456789abcdef"},', True)


# What `r0 plan` says of the disk is what a run takes there.
def disk():
    text = r0(["plan", "examples/tiny", "--preset", "tiny", "--no-probe", "--set", SET]).stdout
    told = [float(row.split()[-2]) for row in text.split("\n") if "on disk: " in row]
    largest = max(os.path.getsize(p) for p in glob.glob(f"{FOLDER}/stopped/checkpoint-*")) / 2 ** 20
    models = sum(os.path.getsize(f"{FOLDER}/whole/{n}/model.safetensors") for n in ("solver", "challenger")) / 2 ** 20
    check(abs(told[0] / 3 - largest) < .01 * largest and abs(told[2] - models) < .01 * models,
          f"plan: {told}, a checkpoint has {largest:.2f} MiB, the models {models:.2f}")


def flat(items):
    for item in items:
        if isinstance(item, tuple) and len(item) == 1:
            item = item[0]
        if isinstance(item, tuple):
            yield item


def files():
    questions = f"{FOLDER}/q.jsonl"
    whole, stopped, work = (f"{FOLDER}/{n}" for n in ("whole", "stopped", "work"))
    check(r0([*START, "--bench", questions, "--run", whole, "--set", SET]).returncode == 0, "the undisturbed run")
    start(stopped, questions, in_solver)
    tried = same = refused = 0
    for name, apply in [("", lambda folder: None), *flat(changes())]:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(stopped, work)
        apply(work)
        done = resume(work)
        tried += 1
        if done.returncode:
            good = name in done.stderr and name != ""
            refused += good
        else:
            compared = [n for n in RESULTS if n != name]
            good = all(read(f"{whole}/{n}") == read(f"{work}/{n}") for n in compared)
            same += good
        check(good, f"change {tried} of {name}: exit code {done.returncode}, {done.stderr[-200:]}")
    print(f"{tried} changes: {refused} refused by name, {same} with the same bits")
    disk()


def inputs():
    questions, model = f"{FOLDER}/q.jsonl", f"{FOLDER}/model"
    shutil.rmtree(model, ignore_errors=True)
    shutil.copytree("examples/tiny", model)
    start(f"{FOLDER}/moved", questions, in_solver, model)
    for path, change in ((model + "/model.safetensors", lambda d: d[:-4] + bytes([d[-4] ^ 1]) + d[-3:]),
                         (model + "/tokenizer.json", lambda d: d + b" "),
                         (questions, lambda d: d.replace(b'"answer"', b'"answer" ', 1).replace(b"1", b"2", 1))):
        data = read(path)
        open(path, "wb").write(change(data))
        done = resume(f"{FOLDER}/moved")
        open(path, "wb").write(data)
        check(done.returncode == 1 and "began with" in done.stderr, f"{path}: {done.returncode} {done.stderr[-200:]}")


# The wall clock goes back by an hour: checkpoints are made as before, and no phase takes negative seconds.
def clocks():
    shim, folder = f"{FOLDER}/shim.so", f"{FOLDER}/clock"
    compiler = os.environ.get("CC", "cc").split()
    if subprocess.run([*compiler, "-O1", "-shared", "-fPIC", "-w", "-o", shim, "tests/fault_shim.c", "-ldl"],
                      capture_output=True).returncode:
        print("SKIP trust: clocks: tests/fault_shim.c is for glibc")
        return
    for kind in ("clock", "clocks"):
        shutil.rmtree(folder, ignore_errors=True)
        environment = {**os.environ, "LD_PRELOAD": os.path.abspath(shim), "R0_FAULT": kind + " 300"}
        done = r0([*START, "--bench", f"{FOLDER}/q.jsonl", "--run", folder, "--set", SET], env=environment)
        names = [max(os.path.basename(p) for p in glob.glob(f"{f}/checkpoint-*")) for f in (f"{FOLDER}/whole", folder)]
        least = min(json.loads(line)["seconds"] for line in open(folder + "/timings.jsonl"))
        good = done.returncode == 0 and names[0] == names[1] and least >= 0
        # Were it another clock that R0 asks, this is what would be seen: the test can fail.
        check(good == (kind == "clock"), f"{kind}: {done.returncode} {names} {least}")


def second(path, job, command):
    """A second process is refused at once, naming the lock, and the first goes on."""
    while job.poll() is None and not os.path.exists(path):
        time.sleep(.01)
    time.sleep(.2)
    before = spent()
    done = r0(command, timeout=60)
    good = done.returncode == 1 and path in done.stderr and spent() - before < 1 and job.poll() is None
    job.kill()
    job.wait()
    check(good, f"{' '.join(command[:8])}: {done.returncode} {done.stderr[-200:]}")


# Fine-tuning and evaluating, as training.
def other_locks():
    data, folder = f"{FOLDER}/data.jsonl", f"{FOLDER}/tuned"
    with open(data, "w") as file:
        for i in range(99):
            file.write(json.dumps({"prompt": f"[S]{i}+1<sep>", "response": f"\\boxed{{{i + 1}}}"}) + "\n")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = [*START[:5], "sft", "--model", "examples/tiny", "--data", data, "--out", folder, "--steps", "100000"]
    second(folder + "/lock", subprocess.Popen([R0, *first], **quiet), first)
    again = [*START[:5], "sft", "--resume", folder]
    second(folder + "/lock", subprocess.Popen([R0, *again], **quiet), again)
    first = [*START[:5], "eval", "--model", "examples/tiny", "--bench", "examples/tiny/heldout.jsonl", "--batch", "8",
             "--samples", "200", "--out", f"{FOLDER}/evaluated"]
    for _ in range(2):
        second(f"{FOLDER}/evaluated/lock", subprocess.Popen([R0, *first], **quiet), first)


def locks(tries):
    folder = f"{FOLDER}/locked"
    good = 0
    shutil.rmtree(folder, ignore_errors=True)
    more = SET.replace("questions=48", "questions=4000")
    command = [R0, *START, "--bench", f"{FOLDER}/q.jsonl", "--run", folder, "--set", more]
    for i in range(tries):
        if i:
            command = [R0, "--quiet", "evolve", "--resume", folder, "--checkpoint", "-1"]
        job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while job.poll() is None and not os.path.exists(folder + "/run.json"):
            time.sleep(.01)
        time.sleep(.4)
        before = spent()
        second = resume(folder, timeout=60)
        took = spent() - before
        good += second.returncode == 1 and f"{folder}/lock" in second.stderr and took < 1 and job.poll() is None
        job.kill()
        job.wait()
        for line in (open(folder + "/metrics.jsonl") if os.path.exists(folder + "/metrics.jsonl") else []):
            if line.endswith("\n"):
                json.loads(line)
    check(good == tries, f"locks: {good} of {tries}")
    print(f"locks: {good} of {tries}")


def signals():
    questions, whole = f"{FOLDER}/q.jsonl", f"{FOLDER}/whole"
    for name, code in (("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)):
        folder = f"{FOLDER}/{name}"
        shutil.rmtree(folder, ignore_errors=True)
        command = [R0, *START[:-3], "--checkpoint", "1000", "--only-bench", "--bench", questions, "--run", folder]
        job = subprocess.Popen([*command, "--set", SET], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while job.poll() is None and not in_solver(folder):
            time.sleep(.005)
        job.send_signal(getattr(signal, name))
        text = job.communicate()[1]
        check(job.returncode == code and "can be resumed" in text, f"{name}: {job.returncode} {text[-200:]}")
        done = resume(folder)
        same = all(read(f"{whole}/{n}") == read(f"{folder}/{n}") for n in RESULTS)
        check(done.returncode == 0 and same, f"{name}: bits")
    # A file that may not grow: the system's signal does not end the run without a text, and nothing is lost.
    folder = f"{FOLDER}/limited"
    shutil.rmtree(folder, ignore_errors=True)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))  # the base's checkpoint has 4 MB
    done = r0([*START, "--bench", questions, "--run", folder, "--set", SET], preexec_fn=limit)
    check(done.returncode == 1 and "File too large" in done.stderr and folder in done.stderr,
          f"SIGXFSZ: {done.returncode} {done.stderr[-200:]}")
    done = resume(folder)
    same = all(read(f"{whole}/{n}") == read(f"{folder}/{n}") for n in RESULTS)
    check(done.returncode == 0 and same, f"SIGXFSZ: bits: {done.stderr[-200:]}")
    folder = f"{FOLDER}/closed"
    shutil.rmtree(folder, ignore_errors=True)
    job = subprocess.Popen([R0, *START, "--bench", questions, "--run", folder, "--set", SET], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    job.stdout.close()
    text = job.stderr.read().decode()
    check(job.wait() == 0 and "standard output" in text, f"closed stdout: {job.returncode} {text[-200:]}")
    for path in glob.glob(folder + "/checkpoint-*"):
        os.remove(path)
    lines = read(folder + "/metrics.jsonl")
    done = resume(folder)
    check(done.returncode == 1 and "no checkpoint" in done.stderr and read(folder + "/metrics.jsonl") == lines, "F18")


# A phase of one round: all its rollouts are drawn at once, none ends before the last pass. Killed again and again it
# ends, and what a kill costs is little: the start, the pass over what was there, and a 16th of the phase.
def rounds():
    model, questions, folder = (f"{FOLDER}/{n}" for n in ("endless", "one.jsonl", "rounds"))
    os.makedirs(f"{FOLDER}/shape", exist_ok=True)
    config = json.load(open("examples/tiny/config.json"))
    config.update(hidden_size=192, intermediate_size=512, num_hidden_layers=4, eos_token_id=None)
    json.dump(config, open(f"{FOLDER}/shape/config.json", "w"))
    done = r0(["init", "--config", f"{FOLDER}/shape", "--dtype", "f32", "--out", model])
    check(done.returncode == 0, done.stderr)
    shutil.copy("examples/tiny/tokenizer.json", model)
    with open(f"{FOLDER}/q.jsonl") as source, open(questions, "w") as out:
        out.write(source.readline())
    numbers = "iterations=1,challenger.steps=0,questions=240,question_sampling.max_new_tokens=160,solver.steps=0," \
              "evaluation_samples=1,evaluation_tokens=1,max_dead=0"
    first = [R0, *START, "--model", model, "--bench", questions, "--set", numbers, "--run"]
    again = [R0, *START[:6], "--checkpoint", "-1", "--resume"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*first, folder + "/whole"], **quiet)

    def phase(run):
        lines = [json.loads(line) for line in open(run + "/timings.jsonl")]
        return sum(line["seconds"] for line in lines if line["phase"] == "curation")

    whole, spent, kills = phase(folder + "/whole"), 0, 0
    job = subprocess.Popen([*first, folder + "/parts"], **quiet)
    while job.poll() is None and kills < 20:
        drawn, started = folder + "/parts/rollouts.bin", time.time()
        while job.poll() is None and not (os.path.exists(drawn) and os.path.getmtime(drawn) > started):
            time.sleep(.01)  # until it draws: how long a start takes is another matter
        begin = time.monotonic()
        while job.poll() is None and time.monotonic() - begin < whole / 4:
            time.sleep(.01)
        if job.poll() is None:
            job.kill()
            job.wait()
            kills += 1
            spent += time.monotonic() - begin
            job = subprocess.Popen([*again, folder + "/parts"], **quiet)
    same = job.poll() == 0 and all(read(f"{folder}/whole/{n}") == read(f"{folder}/parts/{n}")
                                   for n in RESULTS[:2] + RESULTS[-2:])
    check(job.returncode == 0 and kills >= 3 and same, f"rounds: {kills} kills, {whole:.1f} s alone, bits: {same}")
    print(f"rounds: a phase of {whole:.1f} s in one round, killed {kills} times every {whole / 4:.1f} s: "
          f"{spent + phase(folder + '/parts'):.1f} s in all")


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it is ignored, and R0 leaves it so
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    with open("examples/tiny/heldout.jsonl") as source, open(f"{FOLDER}/q.jsonl", "w") as out:
        out.writelines(source.readline() for _ in range(12))
    parts = {"files": files, "inputs": inputs, "signals": signals, "rounds": rounds,
             "clocks": clocks, "locks": lambda: locks(20 if "--all" in sys.argv else 3), "other": other_locks}
    for name in [a for a in sys.argv[1:] if a in parts] or parts:
        parts[name]()
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    sys.exit(counts["failed"] != 0)
