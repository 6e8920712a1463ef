"""examples/python/r0.py against the library: layouts of all structs, and what its classes promise.

    make build/libr0.so && python3 tests/check_python.py

Catches: a struct or a constant that Python sees elsewhere than C does, a binding that leaks or mistakes an argument, an
exception that is lost in a callback.
"""
import ctypes, os, shutil, subprocess, sys

sys.dont_write_bytecode = True
sys.path.insert(0, "examples/python")
import r0

counts = {"passed": 0, "failed": 0}


def check(good, *what):
    counts["passed" if good else "failed"] += 1
    if not good:
        print("FAIL python:", *what)


def layouts():
    """Sizes, offsets and constants as the compiler has them."""
    folder = "build/python"
    os.makedirs(folder, exist_ok=True)
    lines, expected = [], []
    for name, made in list(r0.c.names.items()):
        if name.startswith("R0_") and isinstance(made, int):
            lines.append(f'printf("%lld\\n", (long long){name});')
            expected.append((name, made))
        if not (isinstance(made, type) and issubclass(made, ctypes.Structure) and hasattr(made, "_fields_")):
            continue
        lines.append(f'printf("%zu\\n", sizeof({name}));')
        expected.append((name, ctypes.sizeof(made)))
        for field, _ in made._fields_:
            lines.append(f'printf("%zu\\n", offsetof({name}, {field}));')
            expected.append((f"{name}.{field}", getattr(made, field).offset))
    with open(f"{folder}/layout.c", "w", encoding="utf-8") as file:
        file.write('#include "../../r0.h"\n#include <stdio.h>\nint main(void) {' + "\n".join(lines) + "return 0; }\n")
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, f"{folder}/layout.c", "-o", f"{folder}/layout"], check=True)
    found = subprocess.run([f"{folder}/layout"], capture_output=True, text=True, check=True).stdout.split()
    check(len(expected) > 300 and len(found) == len(expected), len(found), len(expected))
    for (name, value), number in zip(expected, found):
        check(int(number) == value, f"{name}: {value} in Python, {number} in C")


def model(context):
    tiny = context.load("examples/tiny")
    once = tiny.generate(["[S]8+5<sep>", "[S]3+4<sep>"], temperature=0, max_new_tokens=40)
    check([len(group) for group in once] == [1, 1] and all(group[0].finished for group in once), once)
    command = ["build/r0", "--device", "cpu", "generate", "--model", "examples/tiny", "--prompt", "[S]8+5<sep>",
               "--temperature", "0", "--max-new", "40"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    check(once[0][0].text in shown, once[0][0].text, "and by the program", shown)
    many = tiny.generate("[S]8+5<sep>", n=5, seed=3, max_new_tokens=40)[0]
    check(many == tiny.generate("[S]8+5<sep>", n=5, seed=3, max_new_tokens=40)[0], "the same seed, another answer")
    ids = tiny.encode("[S]8+5<sep>")
    check(tiny.decode(ids) == "[S]8+5<sep>" and tiny.decode(ids, flags=r0.c.R0_DECODE_SKIP_SPECIAL) == "8+5", ids)
    rows = tiny.logits(ids)
    check(len(rows) == len(ids) and len(rows[0]) == 49, len(rows))
    best = max(range(49), key=rows[-1].__getitem__)
    check(best == once[0][0].tokens[0], "greedy's first token", best, once[0][0].tokens)
    return tiny


def session(context, tiny):
    heard = []
    with r0.Session(tiny) as s:
        first = s.say("[S]8+5-4<sep>").generate(tell=heard.append, temperature=0, special=True)
        alone = tiny.generate("[S]8+5-4<sep>", temperature=0, max_new_tokens=60)[0][0]
        check(first.tokens == alone.tokens and first.logp == alone.logp and first.finished, first, alone)
        check("".join(heard) == first.text == alone.text + "<eos>" and len(heard) > 5, heard)
        length = r0.c.r0_session_tokens(s.pointer).count
        enough = s.say("[S]3*4-7<sep>").generate(tell=lambda piece: False, temperature=0, special=True)
        check(len(enough.tokens) == 1 and not enough.finished, enough)
        context.check(r0.c.r0_session_rewind(s.pointer, length))
        again = s.say("[S]3*4-7<sep>").generate(temperature=0, special=True)
        check(again.tokens[0] == enough.tokens[0] and again.finished, again)
        stopped = s.say("[S]8+5-4<sep>").generate(stops=["="], temperature=0, special=True)
        check("=" not in stopped.text and r0.c.r0_session_tokens(s.pointer).count > length, stopped)
        try:
            s.say("[S]8+5<sep>").generate(tell=lambda piece: 1 / 0, temperature=0)
            check(False, "a listener that raises")
        except ZeroDivisionError:
            check(True)


def training(context, tiny):
    adapter = tiny.lora(rank=4)
    trainer = r0.Trainer(adapter)
    chains = ["[S]7+5-3+8-2<sep>", "[S]8-3+7+7-5<sep>"]
    rewards = [trainer.grpo(chains, lambda p, x: -len(x.tokens), n=16, learning_rate=1e-2, max_new_tokens=40,
                            temperature=1).reward.mean for _ in range(6)]
    check(rewards[-1] > rewards[0] + 1, "what is paid for being short stays long", rewards)
    check(tiny.generate("[S]8+5<sep>", temperature=0)[0] != [], "the base still answers")
    adapter.save("build/python/adapter")
    again = context.load("build/python/adapter")
    a, b = (x.generate("[S]8+5<sep>", temperature=0, max_new_tokens=40)[0][0] for x in (adapter, again))
    check(a == b, a, b)
    try:
        trainer.grpo(["[S]8+5<sep>"], lambda p, x: 1 / 0, n=2)
        check(False, "a reward that raises")
    except ZeroDivisionError:
        check(True)
    again.close(), trainer.close(), adapter.close()


def evolve(context):
    seen, asked = [], []
    shutil.rmtree("build/python/run", ignore_errors=True)
    small = {"iterations": 1, "challenger__steps": 1, "solver__steps": 1, "questions": 32, "evaluation_samples": 1}

    def valid(question):
        asked.append(question)
        return "+" in question

    context.evolve("examples/tiny", "build/python/run", sets={"transfer": "examples/tiny/transfer.jsonl"}, valid=valid,
                   oracle=lambda q: None, on_iteration=lambda r: seen.append((r.iteration, r.scores[0].questions)),
                   **small)
    check(seen == [(0, 120), (1, 120)], seen)
    check(len(asked) > 40 and os.path.exists("build/python/run/solver/model.safetensors"), len(asked))
    shutil.rmtree("build/python/run", ignore_errors=True)
    try:
        context.evolve("examples/tiny", "build/python/run", valid=lambda q: 1 / 0, **small)
        check(False, "a callback that raises")
    except ZeroDivisionError:
        check(True)


def judging(context):
    check(context.equal("\\frac{1}{2}", "0.5") is True and context.equal("1", "2") is False)
    winner, vote = context.vote(["1/2", "", "0.5", "3", "1/2"])
    check((winner, vote.votes, vote.total, vote.clusters) == ("1/2", 3, 5, 2), winner, vote.votes, vote.clusters)
    check(context.vote(["", ""])[0] is None)


def tour():
    """The notebook, cell by cell, and what it says."""
    done = subprocess.run([sys.executable, "examples/python/tour.py"], capture_output=True, text=True)
    shown = done.stdout
    check(done.returncode == 0 and not done.stderr, done.stderr[-600:])
    tokens = [float(line.split()[2]) for line in shown.split("\n") if line.startswith("step ")]
    check(len(tokens) == 8 and tokens[-1] < tokens[0] - 1, "the reward teaches nothing", tokens)
    check("13-4=9;\\boxed{9}" in shown and "8|+|5|=" in shown and "iteration 1: " in shown, shown)


layouts()
tour()
with r0.Context(device="cpu", threads=1) as context:
    tiny = model(context)
    session(context, tiny)
    judging(context)
    training(context, tiny)
    evolve(context)
    tiny.close()
    for wrong in (lambda: context.load("build/nowhere"), lambda: context.evolve("examples/tiny", "x", nonsense=1)):
        try:
            wrong()
            check(False, "an error is not raised")
        except r0.Error as error:
            check(("nowhere" in str(error) or "nonsense" in str(error)) and error.status.startswith("R0_ERROR"), error)
    report = r0.c.r0_memory_report()
    r0.c.r0_memory(context.pointer, report)
    check(report.buffers.bytes == 0, report.buffers.bytes, "bytes of buffers are left")
print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
sys.exit(counts["failed"] != 0)
