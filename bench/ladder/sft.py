#!/usr/bin/env python3
"""R-Zero, then supervised fine-tuning, against fine-tuning alone, at equal data and steps.

    make build/libr0.so && python3 bench/ladder/sft.py OUT --r0 build/r0 --base examples/ladder [--questions 256] RUN...

RUN: finished run folders (study.py's), one a loop seed; each has solver/. Questions are drawn from the run's number in
the list, levels 1 to 24 alike, none that is held out; their solutions are right, without spaces. The same file, steps
and seed train the base and the run's solver. Measured on the base's heldout.jsonl, 4 samples. Prints a table with the
paired difference (r0_seeds_mean)."""
import argparse, ctypes, json, os, random, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/python"))
sys.dont_write_bytecode = True
import r0

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write_data(path, seed, count, held_out):
    draw = random.Random(seed)
    with open(path, "w") as out:
        made = 0
        while made < count:
            level, first = 1 + made % 24, draw.randrange(26)
            items = [(LETTERS[(first + i) % 26], draw.randrange(10)) for i in range(level)]
            question = "+" + "".join("%s%d" % item for item in items)
            if question in held_out:
                continue
            total, steps = 0, ""
            for letter, digit in items:
                total = (total + digit) % 10
                steps += "%s%d%d" % (letter, digit, total)
            line = {"prompt": "[S]%s<sep>" % question, "response": "%s\\boxed{%d}" % (steps, total)}
            out.write(json.dumps(line) + "\n")
            made += 1


def call(o, *words):
    subprocess.run([o.r0, "--threads", "1", "--device", "cpu", "--quiet", *map(str, words)], check=True,
                   stdout=subprocess.DEVNULL)


def measure(o, model, folder):
    """right answers of the four samples, and greedy: two lists over the held-out questions"""
    bench = os.path.join(o.base, "heldout.jsonl")
    call(o, "eval", "--model", model, "--bench", bench, "--samples", 4, "--max-new", 88, "--seed", 1, "--out", folder)
    lines = [json.loads(line) for line in open(os.path.join(folder, "responses.jsonl"))]
    lines.sort(key=lambda line: line["id"])
    return ([sum(s["verdict"] == "right" for s in line["samples"]) / len(line["samples"]) for line in lines],
            [float(line["greedy"]["verdict"] == "right") for line in lines])


def interval(context, rows):
    if len(rows) < 2:
        return "%.3f (one run)" % (sum(rows[0]) / len(rows[0]))
    flat = (ctypes.c_double * (len(rows) * len(rows[0])))(*[x for row in rows for x in row])
    out = r0.c.r0_interval()
    if r0.c.r0_seeds_mean(context.pointer, flat, len(rows), len(rows[0]), ctypes.byref(out)):
        raise SystemExit("r0_seeds_mean failed")
    return "%.3f [%.3f, %.3f]" % (out.value, out.low, out.high)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("runs", nargs="+")
    p.add_argument("--r0", default="build/r0")
    p.add_argument("--base", default="examples/ladder")
    p.add_argument("--questions", type=int, default=256)
    p.add_argument("--steps", type=int, default=80)
    p.add_argument("--lr", type=float, default=1e-4)
    o = p.parse_args()
    held_out = {json.loads(line)["question"] for line in open(os.path.join(o.base, "heldout.jsonl"))}
    scores = {"fine-tuned": [], "R-Zero": [], "R-Zero, then fine-tuned": []}
    for number, run in enumerate(o.runs, 1):
        folder = os.path.join(o.out, str(number))
        os.makedirs(folder, exist_ok=True)
        data = os.path.join(folder, "data.jsonl")
        write_data(data, number, o.questions, held_out)
        for name, start in (("fine-tuned", o.base), ("R-Zero, then fine-tuned", os.path.join(run, "solver"))):
            model = os.path.join(folder, "base" if start == o.base else "solver")
            if not os.path.exists(os.path.join(model, "model.safetensors")):
                call(o, "sft", "--model", start, "--data", data, "--steps", o.steps, "--batch", 32, "--lr", o.lr,
                     "--held-out-share", 0, "--seed", number, "--out", model)
            scores[name].append(measure(o, model, model + "-eval"))
        scores["R-Zero"].append(measure(o, os.path.join(run, "solver"), os.path.join(folder, "before-eval")))
    context = r0.Context()
    print("%d runs; %d labelled questions, %d steps x 32, rate %g.\n" % (len(o.runs), o.questions, o.steps, o.lr))
    print("| model | pass@1 | greedy |\n|---|---|---|")
    for name, runs in scores.items():
        print("| %s | %s | %s |" % (name, *(interval(context, [r[k] for r in runs]) for k in (0, 1))))
    both = list(zip(scores["R-Zero, then fine-tuned"], scores["fine-tuned"]))
    print("| difference, paired | %s | %s |" % tuple(
        interval(context, [[x - y for x, y in zip(a[k], b[k])] for a, b in both]) for k in (0, 1)))


main()
