#!/usr/bin/env python3
"""The study of the ladder: bases x arms x loop seeds, one single-threaded run at a time and stream.

    build/r0 pretrain --world ladder --seed 10 --out BASES/10          (examples/ladder is base 8)
    python3 bench/ladder/study.py run  FOLDER --r0 build/r0 --bases BASES   goes on where it stands; several may run
    python3 bench/ladder/study.py todo FOLDER --bases BASES                 what is left, in its order

A run is FOLDER/BASE/ARM-SEED, an ordinary run folder. A finished one adds a row to FOLDER/results.jsonl and keeps its
journals, not its checkpoints. tables.py reads the rows."""
import argparse, fcntl, hashlib, json, os, shutil, subprocess, sys, time

OFF = {"peak": "guard.peak=0", "band": "guard.accept_low=0,guard.accept_high=0", "variants": "guard.variants=false",
       "anchor": "guard.anchor_kl=0", "rehearsal": "guard.answers_kept=0", "least": "guard.least_kept=0"}
PARTS = ["peak", "band", "variants", "anchor", "rehearsal"]

# Arms as --set lists on top of preset `lasting`. Plain: no part of the guard; grammar: what is no question of the
# ladder is malformed.
ARMS = {"lasting": "", "untrained": "frozen_challenger=1", "plain-grammar": ",".join(OFF.values()),
        "plain": ",".join(OFF.values()) + ",no_grammar=1", "shuffled": "random_labels=1", "true": "oracle_labels=1"}
ARMS.update({"without-" + p: OFF[p] for p in PARTS})
ARMS["floor"] = "guard.floor=.3"  # OpenSIR's: no pay below a solve rate
ARMS["one-model"] = "one_model=1"  # one policy asks and answers
ARMS["mild"] = "guard.malformed=0"  # what is no question is paid like one that everybody answers
ARMS["mild05"] = "guard.malformed=-.05"
ARMS["drmild"] = "recipe=dr_grpo,guard.malformed=-.05"
ARMS["dr"] = "recipe=dr_grpo"  # advantages are not divided by the deviation within a group
ARMS["light-anchor"] = "guard.anchor_kl=.03"  # a third of the preset's
ARMS["light"] = "guard.anchor_kl=.03,guard.malformed=-.05"  # and a fifth of its fine
ARMS["vocabulary"] = "guard.vocabulary=.15"  # arXiv 2604.03472: tokens out of the challenger's reach, others each step
ARMS["grpo"] = OFF["rehearsal"] + ",solver.sampling.top_p=1"
ARMS.update({"only-" + p: ",".join(v for k, v in OFF.items() if k != p) for p in PARTS})


# Bases of other sizes, from config.json with hidden_size, intermediate_size and heads halved and doubled.
SIZES = ["d32", "d128"]


def order(bases, seeds):
    """What is there at any time is useful: the headline on the first base, then on the others, then the rest."""
    first = ["lasting", "untrained", "plain-grammar", "plain"]
    rest = [a for a in ARMS if a not in first]
    head = [(bases[0], a, s) for s in seeds for a in first[:3]] + [(bases[0], "plain", s) for s in seeds]
    head += [(b, a, s) for s in seeds for b in bases[1:] for a in first]
    sizes = [(b, a, s) for s in seeds[:3] for b in SIZES for a in first[:3]]
    return head + [(b, a, s) for b in bases[:3] for s in seeds for a in rest] + sizes


def rows(folder):
    """What a finished run says: its metrics by iteration, and the right answers by level."""
    found = {}
    for line in open(os.path.join(folder, "metrics.jsonl")):
        m = json.loads(line)
        it = found.setdefault(m["iteration"], {"iteration": m["iteration"]})
        if m["phase"] == "curation":
            it.update({k: m[k] for k in m if k not in ("iteration", "phase")})
        elif m["phase"] == "evaluation":
            it.update(pass1=m["pass1"], greedy=m["greedy"], majority=m["maj4"])
        elif m["phase"] == "challenger":
            it["entropy"] = m.get("entropy")
    for t, it in found.items():
        levels = {}
        path = os.path.join(folder, "evaluation-%d.jsonl" % t)
        for line in open(path) if "pass1" in it else []:
            e = json.loads(line)
            k = int(e["id"].split("-")[1])
            n, p, g = levels.get(k, (0, 0, 0))
            levels[k] = (n + 1, p + e["correct"] / e["samples"], g + e["greedy"])
        it["level_pass1"] = [round(p / n, 4) for _, (n, p, g) in sorted(levels.items())]
        it["level_greedy"] = [round(g / n, 4) for _, (n, p, g) in sorted(levels.items())]
    return [found[t] for t in sorted(found)]


def one(o, base, arm, seed):
    """False: another stream has it, or it is done."""
    home = os.path.join(o.folder, str(base))
    run = os.path.join(home, "%s-%d" % (arm, seed))
    os.makedirs(home, exist_ok=True)
    lock = open(run + ".lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    if os.path.exists(run + ".done") or os.path.exists(run + ".failed"):
        return False
    model = os.path.join(o.bases, str(base))
    command = [o.r0, "--threads", "1", "--device", "cpu", "--quiet", "evolve"]
    if os.path.exists(os.path.join(run, "run.json")):
        command += ["--resume", run]
    else:
        shutil.rmtree(run, ignore_errors=True)
        # max_dead=0: a control may have nothing to learn, and goes on.
        command += ["--model", model, "--seed", str(seed), "--run", run]
        command += ["--set", ARMS[arm] + ",max_dead=0"] if ARMS[arm] else []
    with open(run + ".log", "a") as log:
        before = os.times()
        code = subprocess.run(command, stdout=log, stderr=log).returncode
        after = os.times()
    if code:
        if code > 0 and code not in (130, 143):
            open(run + ".failed", "w").write("exit status %d\n" % code)
        return True
    row = {"base": base, "arm": arm, "seed": seed, "set": ARMS[arm], "binary": o.version,
           "cpu_seconds": round(after.children_user - before.children_user, 1), "iterations": rows(run)}
    with open(os.path.join(o.folder, "results.jsonl"), "a") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        out.write(json.dumps(row) + "\n")
    open(run + ".done", "w").close()
    for name in os.listdir(run):
        if name.startswith("checkpoint") or name in ("challenger", "rehearsal.jsonl", "report.html"):
            path = os.path.join(run, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    return True


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["run", "todo"])
    p.add_argument("folder")
    p.add_argument("--r0", default="build/r0")
    p.add_argument("--bases", required=True)
    p.add_argument("--use", default="8,10,12,11", help="names of bases, the first one first")
    p.add_argument("--only", help="BASE/ARM-SEED,...: these runs and no others")
    p.add_argument("--seeds", type=int, default=5)
    o = p.parse_args()
    todo = order(o.use.split(","), list(range(1, o.seeds + 1)))
    if o.only:
        todo = [(n.split("/")[0], *n.split("/")[1].rsplit("-", 1)) for n in o.only.split(",")]
        todo = [(base, arm, int(seed)) for base, arm, seed in todo]
    done = lambda t: os.path.exists(os.path.join(o.folder, t[0], "%s-%d.done" % t[1:]))
    if o.what == "todo":
        for t in todo:
            print("done" if done(t) else "    ", *t)
        return
    o.version = hashlib.sha256(open(o.r0, "rb").read()).hexdigest()[:12]
    for base, arm, seed in todo:
        weights = os.path.join(o.bases, base, "model.safetensors")
        if not os.path.exists(weights):
            print("waits for %s (r0 pretrain --out)" % weights, file=sys.stderr, flush=True)
        while not os.path.exists(weights):
            time.sleep(60)  # it is still being made
        one(o, base, arm, seed)


if __name__ == "__main__":
    sys.exit(main())
