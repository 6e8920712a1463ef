#!/usr/bin/env python3
"""The study: does a loop on a real pretrained model gain, and what does each part of it do? CPU, resumable.

    python3 examples/smol/study.py run --model smol/warm --bench asdiv.jsonl,svamp.jsonl --out smol/study
    python3 examples/smol/study.py table --out smol/study > bench/study-smol.md
    python3 examples/smol/study.py rows --out smol/study > smol/study/results.jsonl          (what bench/figure.c draws)

`run` goes through all arms and seeds, one process at a time; what is finished is not done again, what was cut off goes
on (r0 evolve --resume), so it can be killed at any time; a second `run` beside it takes what the first has not begun.
Every run is an ordinary run folder with its report. Its levels (examples/smol/levels.jsonl, held out) are measured
after every iteration; asdiv and svamp, of which nothing is trained, are measured before and after, greedy and sampled
once, by `r0 eval` on LIMIT questions each.
`table` needs nothing but the standard library and says of every number how many seeds it rests on.
"""
import argparse
import fcntl
import json
import math
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT, SEEDS, ITERATIONS = 400, 3, 3

# 3 x 32 proposals with 8 votes, 128 curated questions with 10 votes, 6 x 128 answers of at most 72 tokens. What is not
# here is R-Zero as published (preset paper); adapters of rank 16 on a bf16 base, rate 1e-4. Some 600 processor seconds
# an iteration (an estimate).
LOOP = ("challenger.steps=3,challenger.groups=2,challenger.n=16,challenger.sampling.max_new_tokens=96,votes=8,"
        "questions=128,question_sampling.max_new_tokens=96,vote_sampling.max_new_tokens=72,solver.steps=6,"
        "solver.groups=16,solver.n=8,solver.max_passes=8,solver.sampling.max_new_tokens=72,evaluation_samples=1,"
        "evaluation_tokens=72,max_dead=0")
# Pay for .8 and accept from .8 on, votes on rewordings, challenger anchored to the base; supervised steps on votes that
# gave the label, with rehearsal. GRPO's 768 answers are not drawn, so 192 questions are voted on: about as many rollouts.
GUARD = ("questions=192,guard.peak=.8,guard.malformed=-.25,guard.accept_low=.8,guard.accept_high=1,guard.variants=1,"
         "guard.anchor_kl=.1,guard.answers_kept=4,guard.rehearsal_steps=24,guard.rehearsal_batch=16,"
         "guard.rehearsal_rate=2e-4,guard.least_kept=16")

ARMS = {  # name: (world, what is set on top, further options, in words)
    "r-zero": ("sums-open", "", [], "R-Zero as published"),
    "guarded": ("sums", GUARD, [], "R-Zero with the guard and a grammar"),
    "untrained": ("sums", GUARD, ["--frozen-challenger"], "guarded, challenger untrained"),
    "shuffled": ("sums-open", "", ["--random-labels"], "R-Zero, labels shuffled"),
    "ttrl": ("sums", "solver.steps=9", [  # about as much time as 3,040 rollouts and 864 trained sequences take
        "--reward", "ttrl", "--questions", os.path.join(HERE, "questions.jsonl")],
             "TTRL, for as long, on 160 fixed unlabeled questions"),
    "true": ("sums", "", ["--oracle-labels"], "R-Zero with a grammar, the truth for its labels: a ceiling"),
}
ONCE = ["true"]  # arms that need one seed: they say why, not how much
LEVELS = ["sum1", "sum2", "difference", "product", "two", "three"]


def lines(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def call(command, log):
    with open(log, "a") as out:
        out.write("$ " + " ".join(command) + "\n")
        out.flush()
        return subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode


def bench(args, model, out):
    """Greedy and one sample on LIMIT questions of every set; goes on where it stopped."""
    if os.path.exists(os.path.join(out, "done")):
        return True
    os.makedirs(out, exist_ok=True)
    code = call([args.r0, "--threads", str(args.threads), "eval", "--model", model, "--dtype", "bf16", "--bench",
                 args.bench, "--limit", str(LIMIT), "--samples", "1", "--max-new", "96", "--prompt-file",
                 os.path.join(HERE, "solver.json"), "--out", out], out + ".log")
    if code == 0:
        open(os.path.join(out, "done"), "w").close()
    return code == 0


def one(args, arm, seed):
    world, fields, more, _ = ARMS[arm]
    run = os.path.join(args.out, f"{arm}-{seed}")
    lock = open(run + ".lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    last = os.path.join(run, f"evaluation-{ITERATIONS}.jsonl")
    if not (os.path.exists(last) and os.path.exists(os.path.join(run, "solver"))):
        command = [args.r0, "--threads", str(args.threads), "evolve"]
        if os.path.exists(os.path.join(run, "run.json")):
            command += ["--resume", run]
        else:
            fields = LOOP + ("," + fields if fields else "")
            command += ["--model", args.model, "--world", world, "--preset", "paper", "--judge", "strict",
                        "--lora-rank", "16", "--dtype", "bf16", "--seed", str(seed), "--iterations", str(ITERATIONS),
                        "--challenger-prompt", os.path.join(HERE, "challenger.json"), "--solver-prompt",
                        os.path.join(HERE, "solver.json"), "--only-bench", "--bench",
                        os.path.join(HERE, "levels.jsonl"), "--run", run, "--set", fields] + more
        code = call(command, run + ".log")
        if code:
            print(f"{arm} {seed}: exit code {code}, see {run}.log", flush=True)
            return False
    return bench(args, os.path.join(run, "solver"), run + "-bench")


def run_all(args):
    os.makedirs(args.out, exist_ok=True)
    todo = [(arm, seed) for seed in range(1, args.seeds + 1) for arm in ARMS
            if arm in args.arms and (seed == 1 or arm not in ONCE)]
    bench(args, args.model, os.path.join(args.out, "base-bench"))
    for arm, seed in todo:
        began = time.time()
        good = one(args, arm, seed)
        state = {True: "done", False: "failed", None: "another process is at it"}[good]
        print(f"{arm} {seed}: {state}, {time.time() - began:.0f} s", flush=True)


# -- the table --

def student(df):
    """97.5 % point of Student's t, from a table; beyond it, Cornish-Fisher."""
    table = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228}
    if df in table:
        return table[df]
    z = 1.959964
    return z + (z ** 3 + z) / (4 * df) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df * df)


def mean_interval(rows):
    """rows: a list of questions for each seed. Mean and half width of 95 % over seeds and questions (two-way random
    effects, as r0_seeds_mean computes it)."""
    S, Q = len(rows), len(rows[0])
    mean = sum(map(sum, rows)) / (S * Q)
    row = [sum(r) / Q for r in rows]
    column = [sum(r[q] for r in rows) / S for q in range(Q)]
    ms_q = S * sum((c - mean) ** 2 for c in column) / (Q - 1)
    if S == 1:
        return mean, 1.959964 * math.sqrt(sum((x - mean) ** 2 for x in rows[0]) / (Q - 1) / Q)
    ms_s = Q * sum((r - mean) ** 2 for r in row) / (S - 1)
    ms_e = sum((rows[s][q] - row[s] - column[q] + mean) ** 2 for s in range(S) for q in range(Q)) / ((S - 1) * (Q - 1))
    square = max(ms_s + ms_q - ms_e, min(ms_s, ms_q))
    parts = ms_s ** 2 / (S - 1) + (ms_q ** 2 + ms_e ** 2 / (S - 1)) / (Q - 1)
    df = max(S - 1, square ** 2 / parts if parts else 0)
    return mean, student(int(df)) * math.sqrt(square / (S * Q))


def show(pair):
    return "–" if pair is None else f"{pair[0]:.3f} ± {pair[1]:.3f}"


def levels_of(run, iteration, what):
    path = os.path.join(run, f"evaluation-{iteration}.jsonl")
    if not os.path.exists(path):
        return None
    rows = {x["id"]: x for x in lines(path)}
    return {i: float(x["greedy"]) if what == "greedy" else x["correct"] / x["samples"] for i, x in rows.items()}


def bench_of(folder):
    """{(set, id): (greedy, mean)} of a measurement that is finished."""
    if not os.path.exists(os.path.join(folder, "done")):
        return None
    scores = {}
    for x in lines(os.path.join(folder, "responses.jsonl")):
        samples = x.get("samples", [])
        right = sum(s["verdict"] == "right" for s in samples)
        greedy = x.get("greedy", {}).get("verdict") == "right"
        scores[(x["set"], x["id"])] = float(greedy), right / max(1, len(samples))
    return scores


def questions_of(run, iteration):
    path = os.path.join(run, f"questions-{iteration}.jsonl")
    return lines(path) if os.path.exists(path) else None


def table(args):
    runs = {(arm, seed): os.path.join(args.out, f"{arm}-{seed}") for arm in ARMS for seed in range(1, SEEDS + 1)}
    done = {k for k, run in runs.items() if os.path.exists(os.path.join(run, "solver"))}
    benched = {k for k, run in runs.items() if bench_of(run + "-bench") is not None}
    wanted = [(arm, seed) for arm, seed in runs if seed == 1 or arm not in ONCE]
    whole = all(k in benched for k in wanted)
    print("# R-Zero on SmolLM2-135M-Instruct, cold-started\n")
    print(f"{'All' if whole else 'UNFINISHED: ' + str(len(done)) + ' of'} {len(wanted)} runs ({len(ARMS) - len(ONCE)} "
          f"arms x {SEEDS} seeds and {', '.join(ONCE)} once, {ITERATIONS} iterations each); {len(benched)} measured on "
          "asdiv and svamp. "
          "Made by `examples/smol/study.py`, which says what each arm is. Means with 95 % intervals over seeds and "
          "questions; a number rests on the seeds that are named beside it.\n")
    print("## Levels: 600 held-out questions\n")
    print("| arm | iteration | seeds | pass@1 (of 1) | greedy | " + " | ".join(LEVELS) + " |")
    print("|---|---|---|---|---|" + "---|" * len(LEVELS))
    for arm in ARMS:
        for k in range(ITERATIONS + 1):
            got = {s: (levels_of(runs[arm, s], k, "mean"), levels_of(runs[arm, s], k, "greedy"))
                   for s in range(1, SEEDS + 1)}
            got = {s: v for s, v in got.items() if v[0]}
            if not got:
                continue
            ids = sorted(next(iter(got.values()))[0])
            rows = [[[v[w][i] for i in ids] for v in got.values()] for w in range(2)]
            each = []
            for level in LEVELS:
                part = [i for i in ids if i.startswith(level + "/")]
                each.append(sum(v[0][i] for v in got.values() for i in part) / (len(part) * len(got)))
            print(f"| {arm} | {k} | {len(got)} | {show(mean_interval(rows[0]))} | {show(mean_interval(rows[1]))} | "
                  + " | ".join(f"{x:.2f}" for x in each) + " |")
    print("\n## Differences on the levels, last iteration, paired by seed and question\n")
    print("All 600: pass@1 and greedy; then pass@1 of the 100 of each level.\n")
    print("| a | b | seeds | pass@1, a - b | greedy, a - b | " + " | ".join(LEVELS) + " |\n|---|---|---|---|---|" +
          "---|" * len(LEVELS))
    pairs = [(arm, None) for arm in ARMS] + [("guarded", "untrained"), ("guarded", "r-zero"), ("guarded", "shuffled"),
                                             ("guarded", "ttrl"), ("r-zero", "shuffled"), ("r-zero", "ttrl"),
                                             ("ttrl", "shuffled"), ("true", "r-zero"), ("true", "shuffled")]
    for a, b in pairs:
        shared = [s for s in range(1, SEEDS + 1) if (a, s) in done and (b is None or (b, s) in done)]
        if not shared:
            continue
        cells = []
        for what, level in [("mean", ""), ("greedy", "")] + [("mean", level + "/") for level in LEVELS]:
            rows = []
            for s in shared:
                x = levels_of(runs[a, s], ITERATIONS, what)
                y = levels_of(runs[b, s], ITERATIONS, what) if b else levels_of(runs[a, s], 0, what)
                rows.append([x[i] - y[i] for i in sorted(x) if i.startswith(level)])
            cells.append(show(mean_interval(rows)))
        print(f"| {a} | {b or 'its base'} | {len(shared)} | " + " | ".join(cells) + " |")
    base = bench_of(os.path.join(args.out, "base-bench"))
    print("\n## asdiv and svamp, none ever trained on\n")
    if not base:
        print("The base is not measured yet.")
    else:
        print("| arm | set | questions | seeds | greedy | sampled | greedy - base | sampled - base |\n"
              "|---|---|---|---|---|---|---|---|")
        for name in sorted({k[0] for k in base}):
            ids = sorted(k for k in base if k[0] == name)
            print(f"| base | {name} | {len(ids)} | 1 | {show(mean_interval([[base[i][0] for i in ids]]))} | "
                  f"{show(mean_interval([[base[i][1] for i in ids]]))} | | |")
            for arm in ARMS:
                got = [bench_of(runs[arm, s] + "-bench") for s in range(1, SEEDS + 1) if (arm, s) in benched]
                if not got:
                    continue
                cells = [show(mean_interval([[g[i][w] for i in ids] for g in got])) for w in range(2)]
                cells += [show(mean_interval([[g[i][w] - base[i][w] for i in ids] for g in got])) for w in range(2)]
                print(f"| {arm} | {name} | {len(ids)} | {len(got)} | " + " | ".join(cells) + " |")
    print("\n## What was asked, and how many labels are right\n")
    print("Right: by `sums_oracle`, of the kept questions that it can read.\n")
    print("| arm | iteration | seeds | valid | kept | read by the oracle | right labels | agreement |\n"
          "|---|---|---|---|---|---|---|---|")
    for arm in (a for a in ARMS if a != "ttrl"):  # whose questions are given, and have no label
        for k in range(1, ITERATIONS + 1):
            all_ = [q for q in (questions_of(runs[arm, s], k) for s in range(1, SEEDS + 1)) if q]
            if not all_:
                continue
            flat = [q for questions in all_ for q in questions]
            kept = [q for q in flat if q["verdict"] == "kept"]
            known = [q for q in kept if q["label_correct"] is not None]
            right = sum(q["label_correct"] for q in known)
            agree = [q["agreement"] for q in flat if q["verdict"] != "malformed"]
            print(f"| {arm} | {k} | {len(all_)} | {sum(q['verdict'] != 'malformed' for q in flat)} of {len(flat)} | "
                  f"{len(kept)} | {len(known)} | {right} | {sum(agree) / max(1, len(agree)):.2f} |")
    print("\n## Which labels are right, by kind and votes\n")
    print("All questions that the oracle can read, kept or not, of all iterations: right labels of how many.\n")
    print("| arm | kind | below 5 of 10 | 5 to 7 | 8, 9 | 10 |\n|---|---|---|---|---|---|")
    for arm in (a for a in ARMS if a != "ttrl"):
        counts = {}
        for s in range(1, SEEDS + 1):
            for k in range(1, ITERATIONS + 1):
                for q in questions_of(runs[arm, s], k) or []:
                    if q["label_correct"] is not None:
                        cell = counts.setdefault((kind_of(q), bucket_of(q["agreement"])), [0, 0])
                        cell[0] += q["label_correct"]
                        cell[1] += 1
        for kind in KINDS if counts else []:
            cells = [counts.get((kind, b), [0, 0]) for b in range(4)]
            print(f"| {arm} | {kind} | " + " | ".join(f"{right} of {all_}" for right, all_ in cells) + " |")
    print("\n## Questions with their votes, first seed: ten kept with a right label, ten with a wrong one, ten others\n")
    for arm in ("r-zero", "guarded"):
        for k in range(1, ITERATIONS + 1):
            asked = questions_of(runs[arm, 1], k)
            if not asked:
                continue
            kinds = [[q for q in asked if q["verdict"] == "kept" and q["label_correct"] is True],
                     [q for q in asked if q["verdict"] == "kept" and q["label_correct"] is False],
                     [q for q in asked if q["verdict"] not in ("kept", "malformed")]]
            print(f"<details><summary>{arm}, iteration {k}</summary>\n\n"
                  "| question | votes | label | truth | verdict |\n|---|---|---|---|---|")
            for kind in kinds:
                for q in kind[:10]:
                    votes = ", ".join(f"{v['answer']} x{v['count']}" for v in
                                      sorted(q["votes"], key=lambda v: -v["count"])[:5])
                    cells = [q["question"], votes, q["label"] or "", q["oracle"] or "", q["verdict"]]
                    print("| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |")
            print("\n</details>\n")


KINDS = ["sum", "difference", "product", "more steps", "no answer"]


def kind_of(question):
    """By what makes its truth of its two numbers; the words do not matter."""
    if question["oracle"] is None:
        return KINDS[4]
    numbers = [int(n) for n in re.findall(r"\d+", question["question"])]
    if len(numbers) == 2:
        a, b = numbers
        for kind, value in zip(KINDS, (a + b, abs(a - b), a * b)):
            if question["oracle"].lstrip("-") == str(value):
                return kind
    return KINDS[3]


def bucket_of(agreement):
    votes = round(agreement * 10)
    return (votes >= 5) + (votes >= 8) + (votes == 10)


def rows(args):
    """A line for each finished run: arm, seed, pass@1 of its levels by iteration, the base first."""
    for arm in ARMS:
        for seed in range(1, SEEDS + 1):
            run = os.path.join(args.out, f"{arm}-{seed}")
            got = [levels_of(run, k, "mean") for k in range(ITERATIONS + 1)]
            if all(got):
                print(json.dumps({"base": "smol", "arm": arm, "seed": seed,
                                  "iterations": [{"pass1": sum(x.values()) / len(x)} for x in got]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "table", "rows"])
    parser.add_argument("--r0", default="build/r0")
    parser.add_argument("--model", help="the cold-started model folder")
    parser.add_argument("--bench", help="asdiv.jsonl,svamp.jsonl with their paths")
    parser.add_argument("--out", required=True)
    parser.add_argument("--arms", default=",".join(ARMS), help="of " + ", ".join(ARMS))
    parser.add_argument("--seeds", type=int, choices=range(1, SEEDS + 1), default=SEEDS)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.what == "run" and not (args.model and args.bench):
        sys.exit("run needs --model and --bench")
    args.arms = args.arms.split(",")
    for arm in args.arms:
        if arm not in ARMS:
            sys.exit(f"--arms: there is no arm {arm!r}, but {', '.join(ARMS)}")
    {"run": run_all, "table": table, "rows": rows}[args.what](args)


if __name__ == "__main__":
    main()
