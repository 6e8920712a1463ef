"""r0 selftest --gpu-report: comes to its end on any driver, tells what is wrong, can be stopped. No time is asserted.

    python3 tests/gpu_report.py
"""
import json, os, signal, subprocess, sys

FOLDER = "build/gpu_report"
counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(good, what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print("FAIL gpu_report:", what)
    return good


def skip(why):
    counts["skipped"] += 1
    print("SKIP gpu_report:", why)


def command(*arguments):
    return ["build/r0", "--threads", "1", *arguments]


def report(*more, fault=None, limit="30", **environment):
    """(exit code, text, JSON or None) of a report; `fault` as tests/fault_vulkan.c has it."""
    path = FOLDER + "/report.json"
    if os.path.exists(path):
        os.remove(path)
    if fault:
        environment |= {"R0_FAULT": fault, **LOADER}
    ask = command("--device", "vulkan", "selftest", "--gpu-report", "--limit", limit, "--json", path, *more)
    environment = {**os.environ, **environment}
    done = subprocess.run(ask, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    try:
        with open(path) as file:
            found = json.load(file)
    except (OSError, ValueError):
        found = None
    return done.returncode, done.stdout + done.stderr, found


def whole(code, text, found, expected, what):
    """The block and the JSON are there, and speak of the same."""
    if not check(found is not None, f"{what}: no JSON: exit code {code}: {text[-400:]}"):
        return False
    block = text[text.find("----- paste from here -----"):]
    good = sum(op["good"] for op in found["ops"])
    check(code == expected, f"{what}: exit code {code}, not {expected}: {text[-400:]}")
    check("----- to here -----" in block and "device     vulkan:" in block and "ceilings" in block, f"{what}: {block}")
    check(f"{good} of {len(found['ops'])} agree with the CPU" in block, f"{what}: {block[:800]}")
    return check((found["failed"] != 0) == (expected == 1), f"{what}: {found['failed']} failed: {found['first_error']}")


# Catches: a report that hangs, ends without its block, or calls a wrong device right.
def good():
    code, text, found = report()
    if not whole(code, text, found, 0, "a report"):
        return
    check(text.find("at most") < text.find("ceilings"), "it says beforehand how long it takes")
    check(len(found["ops"]) >= 10 and all(op["good"] and op["share"] >= 0 for op in found["ops"]), found["ops"])
    check(found["copy_bytes_per_second"] > 0 and found["matmul_flops"] > 0, "no ceilings")
    check(found["left_out"] or (len(found["models"]) > 1 and found["grpo_difference"] < 1e-4), found)


# Catches: wrong numbers that are reported as right; a failing device that ends in silence.
def wrong():
    look = subprocess.run(command("--device", "vulkan", "devices"), capture_output=True, text=True,
                          env={**os.environ, "R0_FAULT": "0 0 CmdDispatchBase",
                               "R0_FAULT_COUNT": FOLDER + "/count", **LOADER})
    with open(FOLDER + "/count") as file:
        dispatches = int(file.read())
    if not check(look.returncode == 0 and dispatches > 5, f"{dispatches} dispatches: {look.stderr}"):
        return
    code, text, found = report(fault=f"{dispatches + 1} 7 CmdDispatchBase", limit="10")
    if whole(code, text, found, 1, "dispatches that compute nothing"):
        check(sum(not op["good"] for op in found["ops"]) >= 10 and "FAILED" in text, text[-800:])
    code, text, found = report(fault=f"{dispatches + 40} -4 QueueSubmit", limit="10")
    if whole(code, text, found, 1, "a device that is lost"):
        check("VK_ERROR_DEVICE_LOST" in found["first_error"] and "ERROR " in text, text[-800:])


# Catches: a report that cannot be stopped, or leaves no word when it is.
def stopped():
    run = subprocess.Popen(command("--device", "vulkan", "selftest", "--gpu-report", "--limit", "60"), text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = ""
    for line in run.stdout:
        text += line
        if line.startswith("matmul_nt"):
            run.send_signal(signal.SIGINT)
            break
    text += run.communicate()[0]
    good = run.returncode == 128 + signal.SIGINT and "STOPPED before the end" in text
    check(good, f"stopped: exit code {run.returncode}: {text[-400:]}")


def usage():
    for arguments, expected, says in ((["--device", "cpu", "selftest", "--gpu-report"], 1, "needs a Vulkan device"),
                                      (["--device", "cpu", "selftest", "--json", "x"], 2, "goes with --gpu-report")):
        done = subprocess.run(command(*arguments), capture_output=True, text=True)
        check(done.returncode == expected and says in done.stderr, f"{arguments}: {done.returncode}: {done.stderr}")
    code, text, _ = report(limit="301")
    check(code == 2 and "not within 0 to 300" in text, f"--limit 301: {code}: {text}")


if __name__ == "__main__":
    os.makedirs(FOLDER + "/vulkan", exist_ok=True)
    real = next((p for p in ("/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1",
                             "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1") if os.path.exists(p)), None)
    listed = subprocess.run(["build/r0", "devices"], capture_output=True, text=True).stdout
    if not real or "vulkan:0 " not in listed:
        skip("no Vulkan device")
    else:
        LOADER = {"R0_FAULT_VULKAN": real, "LD_LIBRARY_PATH": os.path.abspath(FOLDER + "/vulkan")}
        built = subprocess.run([*os.environ.get("CC", "cc").split(), "-O1", "-shared", "-fPIC", "-w",
                                "-Wl,-soname,libvulkan.so.1", "-o", FOLDER + "/vulkan/libvulkan.so.1",
                                "tests/fault_vulkan.c", "-ldl"], capture_output=True, text=True)
        good()
        if built.returncode:
            skip("the loader that fails cannot be built: " + built.stderr[:200])
        else:
            wrong()
        stopped()
        usage()
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    sys.exit(counts["failed"] != 0)
