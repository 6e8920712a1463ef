#!/usr/bin/env python3
"""How well signals that need no answer key announce rotten labels: AUC over run-iterations.

    python3 bench/ladder/signals.py FOLDER [FOLDER ...]

Every run folder below the folders is read, ended or not (metrics.jsonl; runs with guard.probe), but for controls whose
labels are not those of the votes. A run-iteration is one
curation that kept something. It is rotten when fewer than .9 of its labels are right. AUC: how often a rotten one has
the worse signal than a sound one, ties half. Within: only pairs of the same iteration number, so that a signal which
only tells early from late gains nothing. Two stop rules, their thresholds chosen on runs with odd seeds and tested on
those with even seeds: fewer labels confirmed than a share, and questions less likely under the base than a multiple of
the run's first iteration. Chosen is what stops most rotten ones less sound ones, in shares of each. Then thresholds of
`guard.stop_below` that one might take without looking."""
import json, os, re, sys

ROTTEN = .9
SIGNALS = {  # name: how a larger number of it means more rot
    "confirmed": lambda i: -i["confirmed"], "probed margin": lambda i: -i["probed_margin"],
    "margin less probed margin": lambda i: i["margin"] - i["probed_margin"],
    "agreement": lambda i: -i["agreement_mean"], "vote entropy": lambda i: i["vote_entropy"],
    "questions under the base": lambda i: -i["base_logp"],
    "the same, over the run's first": lambda i: i["base_logp"] / i["first"]["base_logp"],
    "kept share": lambda i: -i["kept"] / i["proposed"],
    "challenger's entropy": lambda i: -i["entropy"] if i.get("entropy") is not None else None,
}
CONTROLS = "shuffled", "true"  # what these train on is not what the votes say
RULES = {"confirmed": "confirmed", "questions under the base, over the run's first": "the same, over the run's first"}


def run_of(path):
    found = {}
    for line in open(path):
        m = json.loads(line)
        if m["phase"] in ("curation", "challenger"):
            it = found.setdefault(m["iteration"], {"iteration": m["iteration"], "run": os.path.dirname(path)})
            it.update(m if m["phase"] == "curation" else {"entropy": m.get("entropy")})
    its = [i for i in found.values() if i.get("kept") and i.get("label_accuracy") is not None and
           i.get("confirmed") is not None and i.get("base_logp") is not None]
    for i in its:
        i["first"], i["seed"] = its[0], int(re.split("[-/]", i["run"])[-1])
    return its


def auc(pairs):
    wins = [(a > b) + .5 * (a == b) for a, b in pairs]
    return "%.2f (%d pairs)" % (sum(wins) / len(wins), len(wins)) if wins else "-"


def share(part, of, threshold):
    return sum(of(i) > threshold for i in part) / len(part) if part else 0


def main():
    homes = [home for folder in sys.argv[1:] for home, _, files in sorted(os.walk(folder)) if "metrics.jsonl" in files]
    rows = [i for home in homes if not os.path.basename(home).startswith(CONTROLS)
            for i in run_of(os.path.join(home, "metrics.jsonl"))]
    rotten = [i for i in rows if i["label_accuracy"] < ROTTEN]
    sound = [i for i in rows if i["label_accuracy"] >= ROTTEN]
    print("%d run-iterations of %d runs, %d of them rotten (labels right < %.2f), in %d runs.\n" % (
        len(rows), len({i["run"] for i in rows}), len(rotten), ROTTEN, len({i["run"] for i in rotten})))
    print("| signal | AUC | within an iteration |\n|---|---|---|")
    for name, of in SIGNALS.items():
        a, b = ([(of(i), i["iteration"]) for i in part if of(i) is not None] for part in (rotten, sound))
        print("| %s | %s | %s |" % (name, auc([(x, y) for x, _ in a for y, _ in b]),
                                    auc([(x, y) for x, s in a for y, t in b if s == t])))
    print("\n| stop rule | threshold | odd seeds: rotten, sound stopped | even seeds: rotten, sound stopped |")
    print("|---|---|---|---|")
    odd, even = ([[i for i in part if i["seed"] % 2 == k] for part in (rotten, sound)] for k in (1, 0))
    rules = [(name, SIGNALS[signal], None) for name, signal in RULES.items()]
    rules += [("confirmed, as given", SIGNALS["confirmed"], -x) for x in (.8, .9, .95, .97)]
    for name, of, threshold in rules:
        if threshold is None and odd[0] and odd[1]:
            values = {of(i) - 1e-9 for i in odd[0]}
            threshold = max(values, key=lambda x: share(odd[0], of, x) - share(odd[1], of, x))
        if threshold is None:
            continue
        counts = ["%d of %d, %d of %d" % tuple(n for part in side for n in (sum(of(i) > threshold for i in part),
                                                                          len(part))) for side in (odd, even)]
        print("| %s | %.3f | %s | %s |" % (name, abs(threshold), *counts))


main()
