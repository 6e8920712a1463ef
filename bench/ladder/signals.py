#!/usr/bin/env python3
"""How well signals that need no answer key announce rotten labels: AUC over the run-iterations of the study.

    python3 bench/ladder/signals.py FOLDER [FOLDER ...]

A run-iteration is one curation that kept something. It is rotten when fewer than .9 of its labels are right. AUC: how
often a rotten one has the worse signal than a sound one, ties half. Within: only pairs of the same iteration number, so
that a signal which only tells early from late gains nothing. The stop rule is tuned on runs with odd seeds and tested
on those with even seeds: the threshold is the largest that stops no sound odd run-iteration."""
import json, os, sys

ROTTEN = .9
SIGNALS = {  # name: how a larger number of it means more rot
    "confirmed": lambda i: -i["confirmed"], "probed margin": lambda i: -i["probed_margin"],
    "margin less probed margin": lambda i: i["margin"] - i["probed_margin"],
    "agreement": lambda i: -i["agreement_mean"], "vote entropy": lambda i: i["vote_entropy"],
    "questions under the base": lambda i: -i["base_logp"],
    "kept share": lambda i: -i["kept"] / i["proposed"],
    "challenger's entropy": lambda i: -i["entropy"] if i.get("entropy") is not None else None,
}


def auc(pairs):
    wins = [(a > b) + .5 * (a == b) for a, b in pairs]
    return "%.2f (%d pairs)" % (sum(wins) / len(wins), len(wins)) if wins else "-"


def main():
    rows = []
    for folder in sys.argv[1:]:
        for line in open(os.path.join(folder, "results.jsonl")):
            run = json.loads(line)
            rows += [dict(i, run=run) for i in run["iterations"]
                     if i.get("kept") and i.get("label_accuracy") is not None and i.get("confirmed") is not None]
    rotten = [i for i in rows if i["label_accuracy"] < ROTTEN]
    sound = [i for i in rows if i["label_accuracy"] >= ROTTEN]
    print("%d run-iterations of %d runs, %d of them rotten (labels right < %.2f).\n" % (
        len(rows), len({(i["run"]["base"], i["run"]["arm"], i["run"]["seed"]) for i in rows}), len(rotten), ROTTEN))
    print("| signal | AUC | within an iteration |\n|---|---|---|")
    for name, of in SIGNALS.items():
        a, b = ([(of(i), i["iteration"]) for i in part if of(i) is not None] for part in (rotten, sound))
        print("| %s | %s | %s |" % (name, auc([(x, y) for x, _ in a for y, _ in b]),
                                    auc([(x, y) for x, s in a for y, t in b if s == t])))
    odd = [i for i in sound if i["run"]["seed"] % 2]
    if odd and rotten:
        least = min(i["confirmed"] for i in odd)
        even = [i for i in rows if i["run"]["seed"] % 2 == 0]
        stop = [i for i in even if i["confirmed"] < least]
        print("\nStop below %.3f of labels confirmed (least of sound odd run-iterations). On even seeds: stops %d of "
              "%d rotten and %d of %d sound run-iterations." % (
                  least, sum(i in rotten for i in stop), sum(i in rotten for i in even),
                  sum(i in sound for i in stop), sum(i in sound for i in even)))


main()
