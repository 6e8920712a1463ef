"""What a program meets when the machine fails: file operations that go wrong or are the last, no memory, a lost device.
Each is let happen at the k-th call (tests/fault_shim.c, tests/fault_vulkan.c), k drawn from all there are.
    no crash; an error has a text; exit code 0 means that everything is there; a run that is resumed has the same bits

    python3 tests/faults.py [every] [PART...]     every: all k, hours; otherwise a draw of them, a minute or two a part
"""
import os, random, re, shutil, signal, subprocess, sys, time

counts = {"passed": 0, "failed": 0, "skipped": 0}
FOLDER = "build/faults"
EVERY = "every" in sys.argv
DRAW = random.Random(int(os.environ.get("R0_FAULT_SEED", "16")))
TINY = "examples/tiny"
ENOSPC, EIO = 28, 5


def check(good, what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print("FAIL faults:", what)
    return good


def build(source, out, *flags):
    if os.path.exists(out) and os.path.getmtime(out) > os.path.getmtime(source):
        return True
    compiler = os.environ.get("CC", "cc").split()
    return subprocess.run([*compiler, "-O1", "-g", "-shared", "-fPIC", "-w", *flags, "-o", out, source, "-ldl"],
                          capture_output=True).returncode == 0


def skip(why):
    counts["skipped"] += 1
    print("SKIP faults:", why)


def r0(arguments, fault="", **more):
    """(exit code, stdout, stderr) of build/r0 with this fault, and with what else is to be in its environment."""
    environment = {**os.environ, "R0_FAULT": fault, "R0_FAULT_COUNT": FOLDER + "/count", **more}
    command = ["build/r0", "--threads", "1", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, env=environment, stdin=subprocess.DEVNULL, timeout=600)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def shimmed(arguments, fault=""):
    return r0(["--device", "cpu", *arguments], fault, LD_PRELOAD=os.path.abspath(FOLDER + "/shim.so"))


def counted():
    return [int(n) for n in open(FOLDER + "/count").read().split()]


def drawn(total, few):
    """All of 1..total, or one of each of `few` equal parts of it."""
    if EVERY or total <= few:
        return list(range(1, total + 1))
    return [total * i // few + DRAW.randint(1, max(1, total * (i + 1) // few - total * i // few)) for i in range(few)]


def told(code, text):
    """An error's text: more than the program's name."""
    return code < 0 or re.search(r"^[^:\n]+: \S", text, re.M)


SMALL = ["--seed", "5", "--checkpoint", "-1", "--only-bench", "--bench", FOLDER + "/questions.jsonl", "--set",
         "iterations=1,challenger.steps=2,questions=48,votes=4,solver.steps=2,evaluation_samples=1,challenger.groups=8"]
SAME = ("metrics.jsonl", "questions-1.jsonl", "evaluation-0.jsonl", "evaluation-1.jsonl", "solver/model.safetensors",
        "challenger/model.safetensors", "solver/adapter_model.safetensors", "challenger/adapter_model.safetensors")
KINDS = {"full": [], "lora": ["--lora-rank", "2"]}


def read(path):
    return open(path, "rb").read() if os.path.exists(path) else None


def differing(whole, part):
    """The names of what an undisturbed run left and the other one has not."""
    return [n for n in SAME if read(f"{whole}/{n}") != read(f"{part}/{n}")]


def whole_report(folder):
    path = folder + "/report.html"
    return os.path.exists(path) and not re.search(rb"<li><b>[a-z0-9-]+[.]jsonl?</b>", open(path, "rb").read())


# Catches: files written in place, writes and closes whose errors nobody looks at, state that no checkpoint has.
def files():
    for kind, options in KINDS.items():
        whole, part = f"{FOLDER}/{kind}", f"{FOLDER}/part"
        code, _, text = shimmed(["evolve", *SMALL, *options, "--run", whole])
        weights = ["solver/model.safetensors", "solver/adapter_model.safetensors"][kind == "lora"]
        good = code == 0 and whole_report(whole) and read(f"{whole}/{weights}")
        if not check(good, f"{kind}: an undisturbed run: {text}"):
            return
        operations, writes, _ = counted()
        faults = [(f"kill {k}", "kill") for k in drawn(operations, 6)]
        faults += [(f"torn {k}", "kill") for k in drawn(writes, 3)]
        faults += [(f"file {k} {ENOSPC if kind == 'full' else EIO}", "") for k in drawn(operations, 6)]
        faults += [(f"files {k} {ENOSPC}", "") for k in drawn(operations, 2)]
        for fault, ends in faults:
            shutil.rmtree(part, ignore_errors=True)
            code, _, text = shimmed(["evolve", *SMALL, *options, "--run", part], fault)
            what = f"{kind}, {fault} of {operations}: exit code {code}: {text[-200:]}"
            kind_of, k = fault.split()[:2]
            over = ends and code == 0 and counted()[kind_of == "torn"] < int(k)  # how often is kept goes by the clock
            well = code == -signal.SIGKILL if ends else code in (0, 1) and (code == 0 or told(code, text))
            check(over or well, what)
            if code == 0 and (over or not ends):
                check(not differing(whole, part) and whole_report(part),
                      f"{what}: ends well, {differing(whole, part)} differ")
            if code != 0:
                again = ["--resume", part] if os.path.exists(part + "/run.json") else [*SMALL, *options, "--run", part]
                if again[0] != "--resume":
                    shutil.rmtree(part, ignore_errors=True)
                code, _, text = shimmed(["evolve", *again])
                check(code == 0 and not differing(whole, part),
                      f"{what}; then {code}: {text[-200:]}: {differing(whole, part)} differ")


# Catches: results of malloc that nobody looks at, errors without a text, output with parts missing and exit code 0.
def mallocs():
    bench, run, out = FOLDER + "/questions.jsonl", FOLDER + "/full", FOLDER + "/out"
    if not os.path.exists(run + "/summary.json"):
        code, _, text = shimmed(["evolve", *SMALL, "--run", run])
        check(code == 0, f"a run to report on: {text}")
    data = FOLDER + "/data.jsonl"
    with open(data, "w") as file:
        for i in range(9):
            file.write('{"prompt": "[S]%d+1<sep>", "response": "%d"}\n' % (i, i + 1))
    evolve = ["evolve", *SMALL, "--run", out]
    programs = [(["generate", "--model", TINY, "--prompt", "[S]1+1<sep>", "--max-new", "4"], 12),
                (["tokenize", "--model", TINY, "12+3", "Tom has 3 pens."], 12), (["inspect", TINY], 12),
                (["eval", "--model", TINY, "--bench", bench, "--samples", "1"], 16),
                (["eval", "--model", TINY, "--bench", bench, "--samples", "1", "--out", out], 8),
                (["report", run], 16), (["sft", "--model", TINY, "--data", data, "--out", out], 8),
                (["sft", "--model", TINY, "--data", data, "--out", out, "--lora-rank", "2"], 6), (evolve, 12),
                ([*evolve, "--judge", "mathruler"], 8)]
    for arguments, few in programs:
        shutil.rmtree(out, ignore_errors=True)
        code, whole, text = shimmed(arguments)
        if not check(code == 0, f"{arguments[0]}: {text}"):
            continue
        total = counted()[2]
        kept = {n: read(f"{out}/{n}") for n in SAME + ("responses.jsonl", "model.safetensors")}
        for k in drawn(total, few):
            shutil.rmtree(out, ignore_errors=True)
            code, got, text = shimmed(arguments, f"malloc {k}")
            what = f"{arguments[0]}, allocation {k} of {total}: exit code {code}: {text[-200:]}"
            text += got.decode(errors="replace") * (arguments[0] == "inspect")  # its problems are its output
            if not check(code in (0, 1) and (code == 0 or told(code, text)), what) or code:
                continue
            lost = [n for n in kept if read(f"{out}/{n}") != kept[n]]
            if arguments[0] == "report":
                lost += ["report.html"] * (not whole_report(run))
            elif arguments[0] not in ("evolve", "sft"):  # those tell the time
                lost += ["its output"] * (got != whole)
            check(not lost, f"{what}, without {lost}")


# Catches: results of Vulkan calls that nobody looks at, hangs on a lost device.
def vulkan():
    real = next((p for p in ("/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1",
                             "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1") if os.path.exists(p)), None)
    listed = subprocess.run(["build/r0", "devices"], capture_output=True, text=True).stdout
    if not real or "vulkan:0 " not in listed:
        return skip("no Vulkan device")
    os.makedirs(FOLDER + "/vulkan", exist_ok=True)
    if not build("tests/fault_vulkan.c", FOLDER + "/vulkan/libvulkan.so.1", "-Wl,-soname,libvulkan.so.1"):
        return skip("the loader that fails cannot be built")
    paths = {"R0_FAULT_VULKAN": real, "LD_LIBRARY_PATH": os.path.abspath(FOLDER + "/vulkan")}
    ask = ["--device", "vulkan:0", "generate", "--model", TINY, "--prompt", "[S]1+1<sep>", "--samples", "3"]
    code, whole, text = r0(ask, **paths)
    if not check(code == 0, f"generate on Vulkan: {text}"):
        return
    total = counted()[0]
    check(total > 100, f"{total} calls of the device that can fail")
    for i, k in enumerate(drawn(total, 24)):
        result = (-4, -2, -1, -3)[i % 4]  # device lost; out of device memory, of host memory; initialization failed
        code, got, text = r0(ask, f"{k} {result}", **paths)
        text = text.replace(f"(fault: call {k})\n", "")
        what = f"generate, call {k} of {total} returns {result}: exit code {code}: {text[-200:]}"
        check(code == 0 and got == whole or code == 1 and told(code, text), what)
    # A wait that fails has not waited: the device may still be at work on memory that is about to be given back.
    r0(ask, "0 0 WaitForFences", **paths)
    waits = counted()[0]
    check(waits > 3, f"{waits} waits")
    for k in range(1, waits + 1):
        code, got, text = r0(ask, f"{k} {(-4, -2)[k % 2]} WaitForFences", **paths)
        if f"(fault: call {k})" not in text:
            continue  # submits are cut by time: this run waited less often
        what = f"wait {k} of {waits} fails: exit code {code}: {text[-200:]}"
        check(code == 1 and "vkWaitForFences" in text and "VK_ERROR" in text, what)
    # A kernel that does not compile: the plainer one gives the same answer, or it is said that there is none.
    r0(ask, "0 0 CreateComputePipelines", **paths)
    kernels, plainer = counted()[0], 0
    for k in range(1, kernels + 1):
        code, got, text = r0(ask, f"{k} -3 CreateComputePipelines", **paths)
        went = code == 0 and got == whole and "done without shared memory" in text
        plainer += went
        what = f"kernel {k} of {kernels} does not compile: exit code {code}: {text[-200:]}"
        check(went or code == 1 and ("does not compile" in text or "computes" in text), what)
    check(kernels > 8 and plainer, f"{plainer} of {kernels} kernels have a plainer one")
    # A compiler that dies, or a submit that does: known at the next start; a kernel that does so twice is not tried again.
    cache = FOLDER + "/cache"
    look = ["--device", "vulkan:0", "--cache-folder", cache, "--kernels", "large tiles 64", "devices"]
    for fault in ("1 6 CreateComputePipelines", "2 6 QueueSubmit"):
        shutil.rmtree(cache, ignore_errors=True)
        os.makedirs(cache)
        for start, (dies, ends, says) in enumerate(((True, 134, ""), (False, 0, "took the process with it before"),
                                                    (True, 134, ""), (False, 1, "took the process with it twice"))):
            code, _, text = r0(look, fault if dies else "", **paths)
            check(code == ends and says in text, f"{fault}, start {start + 1}: exit code {code}: {text[-300:]}")


def little():
    """A machine with little memory: activations are computed again, which is said and recorded; the same bits."""
    data = FOLDER + "/examples.jsonl"
    with open(data, "w") as file:
        file.writelines('{"prompt":"[S]%d+%d<sep>","response":"%d"}\n' % (i, i, 2 * i) for i in range(1, 40))
    evolve = ["evolve", "--seed", "3", "--only-bench", "--bench", FOLDER + "/questions.jsonl", "--iterations", "1",
              "--set", "challenger.steps=1,questions=64,votes=4,solver.steps=1,evaluation_samples=1"]
    sft = ["sft", "--model", TINY, "--data", data, "--steps", "3", "--batch", "32"]
    adapter = FOLDER + "/adapter"
    code, out, error = shimmed([*sft[:-4], "--steps", "1", "--batch", "4", "--lora-rank", "4", "--out", adapter], "")
    check(code == 0, f"{adapter}: {code} {out} {error}")
    for name, command, weights, record, option in (
            ("sft", sft, "model.safetensors", "sft.json", "--out"),
            ("evolve", evolve, "solver/model.safetensors", "run.json", "--run"),
            ("adapter", [*evolve, "--model", adapter], "solver/adapter_model.safetensors", "run.json", "--run")):
        runs = [f"{FOLDER}/{name}-{kind}" for kind in ("much", "little")]
        for run, fault in zip(runs, ("", "little %d" % (14 << 10 if name == "sft" else 50 << 10))):
            code, out, error = shimmed([*command, option, run], fault)
            said = "recompute is on" in out.decode() + error
            check(code == 0 and said == (fault != ""), f"{run}: {code} {out} {error}")
            with open(f"{run}/{record}") as file:
                recorded = re.search('"recompute": ?(true|1)', file.read()) is not None
            check(recorded == (fault != ""), f"{run}: {record}")
        check(*[len({open(f"{run}/{weights}", "rb").read() for run in runs}) == 1, f"{name}: other weights"])


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    with open(TINY + "/heldout.jsonl") as file, open(FOLDER + "/questions.jsonl", "w") as out:
        out.writelines(file.readline() for _ in range(4))
    parts = {"files": files, "mallocs": mallocs, "little": little, "vulkan": vulkan}
    shim = sys.platform == "linux" and build("tests/fault_shim.c", FOLDER + "/shim.so")
    for name in [a for a in sys.argv[1:] if a in parts] or parts:
        begin = time.monotonic()
        if shim or name == "vulkan":
            parts[name]()
        else:
            skip(f"{name}: no glibc to put something in front of")
        print(f"{name}: {time.monotonic() - begin:.0f} s")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    sys.exit(counts["failed"] != 0)
