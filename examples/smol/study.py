#!/usr/bin/env python3
"""The study: does a loop on a real pretrained model gain, and what does each part of it do? CPU, resumable.

    python3 examples/smol/study.py run --model smol/warm --bench asdiv.jsonl,svamp.jsonl --out smol/study
    python3 examples/smol/study.py table --kept smol/study/kept > table.md
    python3 examples/smol/study.py rows --kept smol/study/kept > smol/study/results.jsonl    (what bench/figure.c draws)

`run` goes through all arms and seeds, one process at a time; what is finished is not done again, what was cut off goes
on (r0 evolve --resume), so it can be killed at any time; a second `run` beside it takes what the first has not begun.
Every run is an ordinary run folder with its report. Its levels (examples/smol/levels.jsonl, held out) are measured
after every iteration; asdiv and svamp, of which nothing is trained, are measured before and after, greedy and sampled
once, by `r0 eval` on LIMIT questions each.
Of a finished run, ARM-SEED.json in --kept has what the table needs, question by question, in some 10 kB: a study may be
made on several machines, and --kept bench/smol goes on with the one that is in the repository.
`table` needs nothing but the standard library and says of every number how many seeds it rests on.
"""
import argparse
import fcntl
import glob
import hashlib
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
ONCE = ["true"]  # arms that need one seed, if any: they say why, not how much
SHOWN = ["r-zero", "guarded"]  # of whose questions some are kept
ARM_PAIRS = [("r-zero", "untrained"), ("r-zero", "shuffled"), ("r-zero", "ttrl"), ("ttrl", "shuffled"),
             ("guarded", "untrained"), ("guarded", "r-zero"), ("guarded", "shuffled"), ("guarded", "ttrl"),
             ("true", "r-zero"), ("true", "shuffled")]
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
    if os.path.exists(kept_path(args, arm, seed)):
        return True
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
    if not bench(args, os.path.join(run, "solver"), run + "-bench"):
        return False
    keep(args, arm, seed)
    return True


def run_all(args):
    os.makedirs(args.out, exist_ok=True)
    os.makedirs(args.kept, exist_ok=True)
    todo = [(arm, seed) for seed in args.seeds for arm in ARMS if arm in args.arms and (seed == 1 or arm not in ONCE)]
    if not os.path.exists(kept_path(args, "base", 0)):
        if not bench(args, args.model, os.path.join(args.out, "base-bench")):
            sys.exit(f"the base cannot be measured, see {args.out}/base-bench.log")
        keep(args, "base", 0)
    with open(kept_path(args, "base", 0)) as file:
        if json.load(file)["sha256"] != weights_hash(args.model):
            sys.exit(f"{args.model} has other weights than the base of {kept_path(args, 'base', 0)}: runs from two bases "
                     "are no study; give the same base, or another --kept")
    for arm, seed in todo:
        began = time.time()
        good = one(args, arm, seed)
        state = {True: "done", False: "failed", None: "another process is at it"}[good]
        print(f"{arm} {seed}: {state}, {time.time() - began:.0f} s", flush=True)


# -- intervals --

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


# -- what is kept of a run --

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


def kept_path(args, arm, seed):
    return os.path.join(args.kept, f"{arm}-{seed}.json")


def levels_kept(run, iteration):
    """"greedy" and "sampled": a digit for each question in the order of their ids, 1 for a right answer."""
    rows_ = sorted(lines(os.path.join(run, f"evaluation-{iteration}.jsonl")), key=lambda x: x["id"])
    return {"greedy": "".join(str(int(x["greedy"])) for x in rows_),
            "sampled": "".join(str(x["correct"]) for x in rows_)}  # of one sample


def bench_kept(folder):
    """The same of each set that was measured."""
    sets = {}
    for x in sorted(lines(os.path.join(folder, "responses.jsonl")), key=lambda x: (x["set"], x["id"])):
        scores = sets.setdefault(x["set"].replace(".jsonl", ""), {"greedy": "", "sampled": ""})
        scores["greedy"] += str(int(x["greedy"]["verdict"] == "right"))
        scores["sampled"] += str(int(x["samples"][0]["verdict"] == "right"))
    return sets


def questions_kept(questions, shown):
    """What an iteration asked, counted; `shown`: some questions with their votes, good and bad."""
    kept = [q for q in questions if q["verdict"] == "kept"]
    known = [q for q in kept if q["label_correct"] is not None]
    valid = [q for q in questions if q["verdict"] != "malformed"]
    kinds = {kind: [[0, 0] for _ in range(4)] for kind in KINDS}
    for q in questions:
        if q["label_correct"] is not None:
            cell = kinds[kind_of(q)][bucket_of(q["agreement"])]
            cell[0] += q["label_correct"]
            cell[1] += 1
    result = {"asked": len(questions), "valid": len(valid), "kept": len(kept), "known": len(known),
              "right": sum(q["label_correct"] for q in known), "agreement": sum(q["agreement"] for q in valid),
              "kinds": kinds}
    if shown:
        result["shown"] = []
        for some in ([q for q in kept if q["label_correct"] is True], [q for q in kept if q["label_correct"] is False],
                     [q for q in questions if q["verdict"] not in ("kept", "malformed")]):
            for q in some[:10]:
                votes = sorted(q["votes"], key=lambda v: -v["count"])[:5]
                result["shown"].append([q["question"], ", ".join(f"{v['answer']} x{v['count']}" for v in votes),
                                        q["label"] or "", q["oracle"] or "", q["verdict"]])
    return result


def weights_hash(model):
    """Of all weights of a folder: runs of one study start from the same ones."""
    digest = hashlib.sha256()
    for path in sorted(glob.glob(os.path.join(model, "*.safetensors"))):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def keep(args, arm, seed):
    run = os.path.join(args.out, "base" if arm == "base" else f"{arm}-{seed}")
    data = {"arm": arm, "seed": seed, "bench": bench_kept(run + "-bench")}
    if arm == "base":
        data["sha256"] = weights_hash(args.model)
    else:
        data["levels"] = [levels_kept(run, k) for k in range(ITERATIONS + 1)]
        data["questions"] = [questions_kept(lines(os.path.join(run, f"questions-{k}.jsonl")), arm in SHOWN)
                             for k in range(1, ITERATIONS + 1)] if arm != "ttrl" else []  # given ones have no label
    path = kept_path(args, arm, seed)
    with open(path + ".new", "w") as file:
        file.write("{" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, ensure_ascii=False)
                                    for k, v in data.items()) + "}\n")
    os.replace(path + ".new", path)


def kept_runs(args):
    """{(arm, seed): what is kept of it}"""
    runs = {}
    for arm in ARMS:
        for seed in range(1, SEEDS + 1):
            if os.path.exists(kept_path(args, arm, seed)):
                with open(kept_path(args, arm, seed)) as file:
                    runs[arm, seed] = json.load(file)
    if len({run["levels"][0]["greedy"] for run in runs.values()}) > 1:  # which depends on no seed
        sys.exit(f"{args.kept}: not all runs begin with the same greedy answers: they are not from one base")
    return runs


def earlier_runs(args):
    """Runs from another build of the base, of which only a table is left: pass@1 of the levels by iteration, and last
    iteration minus base with its interval over questions. They stand beside the others, run by run, and in no mean of
    questions."""
    path = os.path.join(args.kept, "earlier.json")
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return {(run["arm"], run["seed"]): run for run in json.load(file)}


def scores_of(digits):
    return [float(x) for x in digits]


# -- the table --

def base_bench(args):
    """What the base has on each set; nothing before it is measured."""
    if not os.path.exists(kept_path(args, "base", 0)):
        return {}
    with open(kept_path(args, "base", 0)) as file:
        return json.load(file)["bench"]


def mean_of_runs(gains):
    """Of some runs' (gain, half width over questions; None: not known). From three runs on with an interval over seeds
    (Student) and questions (as if what the questions do to one run, they did to all): not too narrow, whatever the runs
    share."""
    count, mean = len(gains), sum(gain for gain, _ in gains) / len(gains)
    halves = [half for _, half in gains if half is not None]
    if count < 3 or not halves:
        return f"{mean:.3f}"
    square = sum((gain - mean) ** 2 for gain, _ in gains) / (count - 1)
    half = math.sqrt(student(count - 1) ** 2 * square / count + (sum(halves) / len(halves)) ** 2)
    return show((mean, half))


def against_each_other(runs, gains):
    """Last iterations of two arms, seed by seed: what one gained less what the other did, from the same base. Of runs
    whose answers are kept also over questions."""
    print("\n## Arms against each other, seed by seed\n")
    print("On the levels, last iteration, a - b of the same seed and base (with a star above: from rounded gains); "
          "means of three seeds over seeds and questions."
          "\n\n| a | b | pass@1, by seed | mean | greedy, by seed | mean |\n" + "|---" * 6 + "|")
    for a, b in ARM_PAIRS:
        both = sorted(seed for arm, seed in gains if arm == a and (b, seed) in gains)
        # a kept run and one that began at another base have nothing in common
        both = [seed for seed in both if ((a, seed) in runs) == ((b, seed) in runs)]
        cells = []
        for column, what in enumerate(("sampled", "greedy")):
            differences = []
            for seed in both:
                half = None
                if (a, seed) in runs:
                    x, y = (scores_of(runs[arm, seed]["levels"][ITERATIONS][what]) for arm in (a, b))
                    half = mean_interval([[i - j for i, j in zip(x, y)]])[1]
                differences.append((gains[a, seed][column][0] - gains[b, seed][column][0], half))
            if differences:
                cells += [", ".join(f"{x:+.3f}" for x, _ in differences), mean_of_runs(differences)]
        if cells:
            print(f"| {a} | {b} | " + " | ".join(cells) + " |")


def each_run(args, runs):
    """Last iteration minus base of every run by itself: do the seeds agree?"""
    gains, earlier, base = {}, earlier_runs(args), base_bench(args)
    for key, run in runs.items():
        first, last = run["levels"][0], run["levels"][ITERATIONS]
        pairs = [(first["sampled"], last["sampled"]), (first["greedy"], last["greedy"])]
        pairs += [(base[name]["greedy"], run["bench"][name]["greedy"]) for name in sorted(base)]
        gains[key] = [mean_interval([[y - x for x, y in zip(scores_of(a), scores_of(b))]]) for a, b in pairs]
    for key, run in earlier.items():
        if key not in gains:
            gains[key] = [run[what] for what in ("pass@1", "greedy", "asdiv", "svamp")]
    print("\n## Each run by itself\n")
    print("Last iteration minus base, with 95 % intervals over questions; means of three runs over seeds as well."
          + (" Runs with a star began at another build of the same recipe's base (smol/first.md)." if earlier else "")
          + "\n\n| arm | seed | levels, pass@1 | levels, greedy | asdiv, greedy | svamp, greedy |\n" + "|---" * 6 + "|")
    for arm in ARMS:
        mine = sorted(seed for a, seed in gains if a == arm)
        for seed in mine:
            star = "" if (arm, seed) in runs else " *"
            print(f"| {arm} | {seed}{star} | " + " | ".join(show(x) for x in gains[arm, seed]) + " |")
        if len(mine) > 1:
            columns = min(len(gains[arm, seed]) for seed in mine)
            cells = [mean_of_runs([gains[arm, seed][i] for seed in mine]) for i in range(columns)]
            print(f"| {arm} | mean of {len(mine)} | " + " | ".join(cells) + " |")
    against_each_other(runs, gains)


def table(args):
    runs = kept_runs(args)
    level_of = sorted(x["id"] for x in lines(os.path.join(HERE, "levels.jsonl")))
    parts = {level: [i for i, name in enumerate(level_of) if name.startswith(level + "/")] for level in LEVELS}
    seeds = {arm: [seed for a, seed in sorted(runs) if a == arm] for arm in ARMS}
    wanted = [arm for arm in ARMS if arm not in ONCE]
    made = sum(len(seeds[arm]) for arm in wanted)
    earlier = sum(arm in wanted and (arm, seed) not in runs for arm, seed in earlier_runs(args))
    whole = made + earlier == SEEDS * len(wanted)
    print("# R-Zero on SmolLM2-135M-Instruct, cold-started\n")
    print(f"{'All' if whole else f'UNFINISHED: {made + earlier} of'} {SEEDS * len(wanted)} runs ({len(wanted)} arms x "
          f"{SEEDS} seeds, {ITERATIONS} iterations each)"
          + (f", {earlier} of them from an earlier build of the base: only the parts run by run, seed by seed have these. "
             if earlier else ". ") +
          "Made by `examples/smol/study.py`, which says what each arm is. Means with 95 % intervals over seeds and "
          "questions; a number rests on as many seeds as stand beside it.\n")
    print(f"## Levels: {len(level_of)} held-out questions\n")
    print("| arm | iteration | seeds | pass@1 (of 1) | greedy | " + " | ".join(LEVELS) + " |")
    print("|---|---|---|---|---|" + "---|" * len(LEVELS))
    for arm in (a for a in ARMS if seeds[a]):
        for k in range(ITERATIONS + 1):
            rows_ = {what: [scores_of(runs[arm, s]["levels"][k][what]) for s in seeds[arm]]
                     for what in ("sampled", "greedy")}
            each = [sum(row[i] for row in rows_["sampled"] for i in some) / (len(some) * len(seeds[arm]))
                    for some in parts.values()]
            print(f"| {arm} | {k} | {len(seeds[arm])} | {show(mean_interval(rows_['sampled']))} | "
                  f"{show(mean_interval(rows_['greedy']))} | " + " | ".join(f"{x:.2f}" for x in each) + " |")
    print("\n## Differences on the levels, last iteration, paired by seed and question\n")
    print(f"All {len(level_of)}: pass@1 and greedy; then pass@1 of those of each level.\n")
    print("| a | b | seeds | pass@1, a - b | greedy, a - b | " + " | ".join(LEVELS) + " |\n|---|---|---|---|---|" +
          "---|" * len(LEVELS))
    for a, b in [(arm, None) for arm in ARMS] + ARM_PAIRS:
        both = [s for s in seeds[a] if b is None or s in seeds[b]]
        if not both:
            continue
        cells = []
        for what, some in [("sampled", None), ("greedy", None)] + [("sampled", parts[level]) for level in LEVELS]:
            differences = []
            for s in both:
                x = scores_of(runs[a, s]["levels"][ITERATIONS][what])
                y = scores_of(runs[b, s]["levels"][ITERATIONS][what] if b else runs[a, s]["levels"][0][what])
                differences.append([x[i] - y[i] for i in (some or range(len(x)))])
            cells.append(show(mean_interval(differences)))
        print(f"| {a} | {b or 'its base'} | {len(both)} | " + " | ".join(cells) + " |")
    print("\n## asdiv and svamp, none ever trained on\n")
    base = base_bench(args)
    if not base:
        print("The base is not measured yet.")
    else:
        print("| arm | set | questions | seeds | greedy | sampled | greedy - base | sampled - base |\n"
              "|---|---|---|---|---|---|---|---|")
        for name in sorted(base):
            start = {what: scores_of(base[name][what]) for what in ("greedy", "sampled")}
            print(f"| base | {name} | {len(start['greedy'])} | 1 | {show(mean_interval([start['greedy']]))} | "
                  f"{show(mean_interval([start['sampled']]))} | | |")
            for arm in (a for a in ARMS if seeds[a]):
                got = {what: [scores_of(runs[arm, s]["bench"][name][what]) for s in seeds[arm]]
                       for what in ("greedy", "sampled")}
                cells = [show(mean_interval(got[what])) for what in ("greedy", "sampled")]
                cells += [show(mean_interval([[x - y for x, y in zip(g, start[what])] for g in got[what]]))
                          for what in ("greedy", "sampled")]
                print(f"| {arm} | {name} | {len(start['greedy'])} | {len(seeds[arm])} | " + " | ".join(cells) + " |")
    each_run(args, runs)
    print("\n## What was asked, and how many labels are right\n")
    print("Right: by `sums_oracle`, of the kept questions that it can read.\n")
    print("| arm | iteration | seeds | valid | kept | read by the oracle | right labels | agreement |\n"
          "|---|---|---|---|---|---|---|---|")
    asking = [arm for arm in ARMS if seeds[arm] and arm != "ttrl"]  # whose questions are given
    for arm in asking:
        for k in range(ITERATIONS):
            asked = [runs[arm, s]["questions"][k] for s in seeds[arm]]
            sums = {key: sum(x[key] for x in asked) for key in asked[0] if key not in ("kinds", "shown")}
            print(f"| {arm} | {k + 1} | {len(asked)} | {sums['valid']} of {sums['asked']} | {sums['kept']} | "
                  f"{sums['known']} | {sums['right']} | {sums['agreement'] / max(1, sums['valid']):.2f} |")
    print("\n## Which labels are right, by kind and votes\n")
    print("All questions that the oracle can read, kept or not, of all iterations: right labels of how many.\n")
    print("| arm | kind | below 5 of 10 | 5 to 7 | 8, 9 | 10 |\n|---|---|---|---|---|---|")
    for arm in asking:
        for kind in KINDS:
            cells = [[sum(q["kinds"][kind][b][i] for s in seeds[arm] for q in runs[arm, s]["questions"])
                      for i in range(2)] for b in range(4)]
            print(f"| {arm} | {kind} | " + " | ".join(f"{right} of {all_}" for right, all_ in cells) + " |")
    print("\n## Questions with their votes: ten kept with a right label, ten with a wrong one, ten others\n")
    for arm in (a for a in SHOWN if seeds[a]):
        for k in range(ITERATIONS):
            print(f"<details><summary>{arm}, seed {seeds[arm][0]}, iteration {k + 1}</summary>\n\n"
                  "| question | votes | label | truth | verdict |\n|---|---|---|---|---|")
            for cells in runs[arm, seeds[arm][0]]["questions"][k]["shown"]:
                print("| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |")
            print("\n</details>\n")


def rows(args):
    """A line for each finished run: arm, seed, pass@1 of its levels by iteration, the base first."""
    for (arm, seed), run in kept_runs(args).items():
        got = [scores_of(x["sampled"]) for x in run["levels"]]
        print(json.dumps({"base": "smol", "arm": arm, "seed": seed,
                          "iterations": [{"pass1": sum(x) / len(x)} for x in got]}))
    for (arm, seed), run in earlier_runs(args).items():
        if not os.path.exists(kept_path(args, arm, seed)):
            print(json.dumps({"base": "smol", "arm": arm, "seed": seed,
                              "iterations": [{"pass1": x} for x in run["levels"]]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "table", "rows"])
    parser.add_argument("--r0", default="build/r0")
    parser.add_argument("--model", help="the cold-started model folder")
    parser.add_argument("--bench", help="asdiv.jsonl,svamp.jsonl with their paths")
    parser.add_argument("--out", help="where the run folders are")
    parser.add_argument("--kept", help="where the results are; OUT/kept")
    parser.add_argument("--arms", default=",".join(ARMS), help="of " + ", ".join(ARMS))
    parser.add_argument("--seeds", default=",".join(map(str, range(1, SEEDS + 1))), help="of 1 to %d" % SEEDS)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.what == "run" and not (args.model and args.bench and args.out):
        sys.exit("run needs --model, --bench and --out")
    if not (args.kept or args.out):
        sys.exit(f"{args.what} needs --kept")
    args.kept = args.kept or os.path.join(args.out, "kept")
    args.arms = args.arms.split(",")
    for arm in args.arms:
        if arm not in ARMS:
            sys.exit(f"--arms: there is no arm {arm!r}, but {', '.join(ARMS)}")
    for seed in args.seeds.split(","):
        if not seed.isdigit() or not 1 <= int(seed) <= SEEDS:
            sys.exit(f"--seeds: {seed!r} is none of 1 to {SEEDS}")
    args.seeds = [int(seed) for seed in args.seeds.split(",")]
    {"run": run_all, "table": table, "rows": rows}[args.what](args)


if __name__ == "__main__":
    main()
