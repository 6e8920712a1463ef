#!/usr/bin/env python3
"""The same bytes on every machine: a small run of `evolve`, by class of results, for each target that can be built and
run here. The sums are those of tests/data/targets.txt; what this machine lacks is skipped by name. Catches: a libm, a
sum or a contraction that one target does otherwise; processors that are not recognized; targets that do not build.
The program is built and linked for each without optimizing, and says its version where something runs it; what gives
the sums is tests/targets.c, optimized: the loop alone takes a compiler less time than the program.

    python3 tests/targets.py [NAME ...]     only these targets"""
import hashlib, os, pathlib, platform, shutil, subprocess, sys

root = pathlib.Path(__file__).resolve().parent.parent
os.chdir(root)
work = root / "build" / "targets"
work.mkdir(parents=True, exist_ok=True)
passed = failed = skipped = 0
program = ["build/r0"]
sums = dict(line.split() for line in open("tests/data/targets.txt") if not line.startswith("#"))
plain = ["-g0", "-ffp-contract=off", "-std=gnu11", "-DR0_NO_VULKAN"]
whole = [*plain, "-O0", "-fno-sanitize=undefined", "examples/r0.c"]
part = [*plain, "-O1", "tests/targets.c"]
wasi = ["-msimd128", "-DR0_NO_THREADS", "-D_WASI_EMULATED_MMAN", "-D_WASI_EMULATED_SIGNAL", "-lwasi-emulated-mman",
        "-lwasi-emulated-signal", "-Wl,-z,stack-size=4194304"]
numbers = ("challenger.steps=1,challenger.groups=2,challenger.n=4,votes=4,solver.steps=1,solver.groups=2,solver.n=4,"
           "questions=8,curation_votes=6,evaluation_samples=1")
options = f"evolve --seed 1 --iterations 1 --only-bench --bench build/targets/few.jsonl --set {numbers} --run".split()
# name, flags of zig cc, what runs it, the class that it takes by itself, classes of which it must give the sums
table = [
    ("x86_64-linux-musl", ["-static"], [], None, ["portable", "fma"]),
    ("aarch64-linux-musl", ["-static"], ["qemu-aarch64-static", "qemu-aarch64"], "fma", ["fma"]),
    ("riscv64-linux-musl", ["-static"], ["qemu-riscv64-static", "qemu-riscv64"], "portable", ["portable"]),
    ("arm-linux-musleabihf", ["-static"], ["qemu-arm-static", "qemu-arm"], "portable", ["portable"]),
    ("x86_64-windows-gnu", [], ["wine"], None, ["portable"]),
    ("wasm32-wasi", wasi, ["wasmtime"], "portable", ["portable"]),
    ("arm-linux-gnueabihf", [], None, None, []),
    ("aarch64-macos", [], None, None, []),
]


def say(good, what):
    global passed, failed
    passed, failed = passed + good, failed + (not good)
    if not good:
        print(f"FAIL targets: {what}")


def skip(what):
    global skipped
    skipped += 1
    print(f"SKIP targets: {what}")


def of_venv(module):
    python = root / "build" / "tools" / "bin" / "python"
    for one in (str(python), sys.executable):
        if os.path.exists(one) and not subprocess.run([one, "-c", f"import {module}"], capture_output=True).returncode:
            return one
    return None


def run(name, command, kind):
    """The sum of what a run leaves, or what went wrong; `kind` None: the class that the program takes by itself."""
    folder = work / f"run-{name}-{kind}"
    shutil.rmtree(folder, ignore_errors=True)
    place, device = f"build/targets/{folder.name}", f"cpu:{kind}" if kind else "cpu"
    command = [*command, "--device", device, "--threads", "1", *options, place] if command == program else [
        *command, device, "build/targets/few.jsonl", place, "iterations=1", *numbers.split(",")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600,
                              env={**os.environ, "WINEDEBUG": "-all"})
    except subprocess.TimeoutExpired:
        return "no end within 600 s"
    if done.returncode:
        return f"exit code {done.returncode}: {(done.stderr or done.stdout)[-300:]}"
    made = hashlib.sha256()
    for file in ("metrics.jsonl", "questions-1.jsonl", "solver/model.safetensors", "challenger/model.safetensors"):
        made.update((folder / file).read_bytes())
    shutil.rmtree(folder)
    return made.hexdigest()[:16]


def held(name, command, kind, expected):
    got = run(name, command, kind)
    print(f"{name:24} {kind or 'by itself':10} {got}")
    say(got == sums[expected], f"{name}, cpu:{kind}: {got}, not {sums[expected]} of class {expected}")


def native():
    """This machine's own compiler and C library; vectors of any length are one class."""
    held("native", program, "portable", "portable")
    flags = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    for level, flag in (("avx2", " fma "), ("avx512", " avx512f ")):
        if flag in flags:
            held("native", program, level, "fma")
        else:
            skip(f"native: no {level}")
    if shutil.which("taskset"):
        told = subprocess.run(["taskset", "-c", "0", "build/r0", "--device", "cpu", "devices"], capture_output=True,
                              text=True)
        say("(1 threads" in told.stdout, f"affinity: one core allowed: {told.stdout}")
    refused = subprocess.run(["build/r0", "--device", "cpu:fast", "devices"], capture_output=True, text=True)
    say(refused.returncode != 0 and "neither fma nor portable" in refused.stderr, f"cpu:fast: {refused.stderr}")


def resumed():
    """A run goes on in the class that it began with, whatever the machine would take by itself."""
    folder = "build/targets/resumed"
    shutil.rmtree(folder, ignore_errors=True)
    first = ["build/r0", "--device", "cpu:portable", *options, folder]
    more = ["build/r0", "--device", "cpu", "evolve", "--resume", folder, "--iterations", "2"]
    code = [subprocess.run(c, capture_output=True, text=True) for c in (first, more)]
    at_once = "build/targets/at_once"
    shutil.rmtree(at_once, ignore_errors=True)
    once = [*first[:-1], at_once]
    once[once.index("--iterations") + 1] = "2"
    code.append(subprocess.run(once, capture_output=True, text=True))
    say(not any(c.returncode for c in code), "resume: " + " ".join(c.stderr[-200:] for c in code if c.returncode))
    weights = [pathlib.Path(f, "solver/model.safetensors") for f in (folder, at_once)]
    same = [file.read_bytes() for file in weights] if all(file.exists() for file in weights) else [1, 2]
    say(same[0] == same[1], "resume: a portable run that went on by --device cpu has other bytes")


def main():
    wanted = sys.argv[1:]
    few = open("examples/tiny/heldout.jsonl").read().split("\n")[:3]
    (work / "few.jsonl").write_text("\n".join(few) + "\n")
    if not wanted or "native" in wanted:
        native()
        resumed()
    zig, wasmtime = of_venv("ziglang"), of_venv("wasmtime")
    for name, flags, runners, own, kinds in table:
        if wanted and name not in wanted:
            continue
        if not zig:
            skip(f"{name}: no zig (python3 -m pip install ziglang)")
            continue
        ending = ".exe" if "windows" in name else ".wasm" if "wasm" in name else ""
        runner = next((r for r in runners or () if shutil.which(r)), None)
        before = [wasmtime, "tests/wasi.py"] if "wasm" in name else [runner] if runner else []
        wasm, runs = runners == ["wasmtime"], runners is not None
        if runs:
            runs = bool(before and before[0]) if runners else platform.machine() == "x86_64"
        for what, source in (("r0", whole), ("run", part))[:2 if runs else 1]:
            out = work / f"{what}-{name}{ending}"
            built = subprocess.run([zig, "-m", "ziglang", "cc", "-target", name, *source, *flags, "-o", str(out)],
                                   capture_output=True, text=True)
            say(built.returncode == 0, f"{name}: {source[-1]} does not compile: {built.stderr[-600:]}")
            if built.returncode:
                runs = False
            elif runs and what == "r0" and not wasm:  # a wasm module is compiled once more before it runs
                told = subprocess.run([*before, str(out), "--version"], capture_output=True, text=True,
                                      env={**os.environ, "WINEDEBUG": "-all"})
                say(told.returncode == 0 and told.stdout.startswith("r0 "), f"{name}: --version: {told.stdout}"
                    f"{told.stderr[-300:]}")
        if not runs:
            if runners is not None:
                skip(f"{name}: compiled, no {' or '.join(runners) or 'x86-64'} to run it")
            continue
        command = [*before, str(out)]
        for kind in kinds:
            if kind == "fma" and name.startswith("x86") and " fma " not in open("/proc/cpuinfo").read():
                skip(f"{name}: no fma here")
                continue
            held(name, command, None if kind == own else kind, kind)


main()
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed != 0)
