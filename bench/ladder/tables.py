#!/usr/bin/env python3
"""Tables of the ladder's study, from what is finished at this moment.

    make build/libr0.so && python3 bench/ladder/tables.py FOLDER > bench/ladder/study.md

Intervals are 95 % over seeds and questions (r0_seeds_mean); differences are paired by seed and question. A row says how
many runs it rests on; an arm without two runs has no interval. Runs that have not ended are listed apart."""
import collections, ctypes, json, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../examples/python")]
sys.dont_write_bytecode = True
import r0, study

LATE, LEAST = range(10, 16), 64  # the iterations of the headline; fewer kept questions than this train nothing
context = r0.Context()


def scores(folder, run):
    """[iteration] -> (pass@1 of every question, greedy of every question)"""
    found = []
    for t in range(len(run["iterations"])):
        path = os.path.join(folder, run["base"], "%s-%d" % (run["arm"], run["seed"]), "evaluation-%d.jsonl" % t)
        lines = [json.loads(line) for line in open(path)]
        found.append(([e["correct"] / e["samples"] for e in lines], [float(e["greedy"]) for e in lines]))
    return found


def mean_of(lists):
    return [sum(column) / len(lists) for column in zip(*lists)]


def interval(rows):
    """rows: (seeds) of (questions)"""
    flat = (ctypes.c_double * (len(rows) * len(rows[0])))(*[x for row in rows for x in row])
    out = r0.c.r0_interval()
    if r0.c.r0_seeds_mean(context.pointer, flat, len(rows), len(rows[0]), ctypes.byref(out)):
        raise SystemExit("r0_seeds_mean failed")
    return out.value, out.low, out.high


def show(rows, sign=False):
    if not rows:
        return "-"
    if len(rows) < 2:
        return ("%+.3f" if sign else "%.3f") % mean_of(rows and [mean_of([[x] for x in rows[0]])])[0] + " (one run)"
    return ("%+.3f [%+.3f, %+.3f]" if sign else "%.3f [%.3f, %.3f]") % interval(rows)


def late(run):
    have = [run["scores"][t][0] for t in LATE if t < len(run["scores"])]
    return mean_of(have) if have else None


def best(run):
    """The best iteration of a run by its mean pass@1."""
    return max(run["scores"], key=lambda s: sum(s[0]))[0]


def trained_labels(run):
    return [i["label_accuracy"] for i in run["iterations"][1:]
            if i.get("label_accuracy") is not None and i.get("kept", 0) >= LEAST]


def arm_row(runs):
    lates = [x for x in map(late, runs) if x]
    last = [r["scores"][-1] for r in runs]
    labels = [x for r in runs for x in trained_labels(r)]
    falls = [max(i["pass1"] for i in r["iterations"]) - r["iterations"][-1]["pass1"] for r in runs]
    base = [x for r in runs for x in r["scores"][0][0]]
    return "| %.3f | %s | %s | %.3f | %s | %.3f |" % (
        sum(base) / len(base), show(lates), show([s[1] for s in last]),
        sum(max(i["pass1"] for i in r["iterations"]) for r in runs) / len(runs),
        "%.3f / %.3f" % (min(labels), sum(labels) / len(labels)) if labels else "-", max(falls))


def paired(a, b, of_a, of_b):
    common = sorted(set(a) & set(b))
    rows = [[x - y for x, y in zip(of_a(a[s]), of_b(b[s]))] for s in common if of_a(a[s]) and of_b(b[s])]
    return show(rows, True) + " (%d)" % len(rows)


def demands(arms):
    """What the headline asks for, number by number."""
    runs = list(arms["lasting"].values())
    labels = [x for r in runs for x in trained_labels(r)]
    falls = [max(i["pass1"] for i in r["iterations"]) - r["iterations"][-1]["pass1"] for r in runs]
    print("\n| asked of lasting | wanted | found |\n|---|---|---|")
    means = [x for x in map(late, runs) if x]
    print("| pass@1, iterations %d to %d | >= .95 | %s |" % (LATE[0], LATE[-1], show(means)))
    for arm, what, least in (("untrained", late, ".10"), ("plain-grammar", best, ".15"), ("plain", best, ".15")):
        if arm in arms:
            where = "best iteration of " if what == best else ""
            found = paired(arms["lasting"], arms[arm], late, what)
            print("| less the %s%s (runs) | >= %s, 0 outside | %s |" % (where, arm, least, found))
    print("| right labels, least of an iteration that trained | >= .95 | %.3f |" % min(labels))
    print("| largest fall of a run from its best to its last | <= .03 | %.3f |" % max(falls))


def by_level(arm, runs):
    """Greedy accuracy by level, mean over runs."""
    levels = len(runs[0]["iterations"][0]["level_greedy"])
    print("\n| greedy by level, %s | %s |" % (arm, " | ".join(map(str, range(1, levels + 1)))))
    print("|---|" + "---|" * levels)
    for t in range(0, 16, 3):
        its = [r["iterations"][t] for r in runs if t < len(r["iterations"])]
        if its:
            means = mean_of([i["level_greedy"] for i in its])
            print("| iteration %d | %s |" % (t, " | ".join("%.2f" % x for x in means)))


def overview(table):
    """A line per base: its headline."""
    print("\n| base | before: pass@1, greedy | lasting: pass@1, iterations %d to %d (runs) | greedy, last | less the "
          "untrained (runs) | less the best iteration of plain-grammar (runs) | labels, least | largest fall |\n"
          "|---|---|---|---|---|---|---|---|" % (LATE[0], LATE[-1]))
    for base, arms in table.items():
        runs = list(arms.get("lasting", {}).values())
        if not runs:
            continue
        labels = [x for r in runs for x in trained_labels(r)]
        falls = [max(i["pass1"] for i in r["iterations"]) - r["iterations"][-1]["pass1"] for r in runs]
        first = [r["iterations"][0] for r in runs]
        than = [paired(arms["lasting"], arms[arm], late, of) if arm in arms else "-"
                for arm, of in (("untrained", late), ("plain-grammar", best))]
        print("| %s | %.3f, %.3f | %s (%d) | %.3f | %s | %s | %s | %.3f |" % (
            base, sum(i["pass1"] for i in first) / len(runs), sum(i["greedy"] for i in first) / len(runs),
            show([x for x in map(late, runs) if x]).replace(" (one run)", ""), len(runs),
            sum(r["iterations"][-1]["greedy"] for r in runs) / len(runs), than[0], than[1],
            "%.3f" % min(labels) if labels else "-", max(falls)))


def unfinished(folder):
    """Runs that have not ended, as far as they are."""
    for base in sorted(os.listdir(folder)):
        for name in sorted(os.listdir(os.path.join(folder, base)) if os.path.isdir(os.path.join(folder, base)) else []):
            run = os.path.join(folder, base, name)
            if os.path.exists(run + ".done") or not os.path.exists(os.path.join(run, "metrics.jsonl")):
                continue
            its = [i for i in study.rows(run) if "pass1" in i]
            kept = [i["label_accuracy"] for i in its if i.get("label_accuracy") is not None]
            yield base, name, len(its) - 1, " ".join("%.3f" % i["pass1"] for i in its), " ".join(
                "%.2f" % x for x in kept)


def main():
    folder, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    table = collections.OrderedDict()
    for line in open(os.path.join(folder, "results.jsonl")):
        run = json.loads(line)
        run["scores"] = scores(folder, run)
        table.setdefault(run["base"], collections.OrderedDict()).setdefault(run["arm"], {})[run["seed"]] = run
    versions = sorted({r["binary"] for arms in table.values() for runs in arms.values() for r in runs.values()})
    count = sum(len(runs) for arms in table.values() for runs in arms.values())
    print("%d runs; program %s; CPU, one thread. `runs` below %d: unfinished." % (count, ", ".join(versions), wanted))
    table = {base: table[base] for base in sorted(table, key=lambda b: (-len(table[b]), b))}
    overview(table)
    for base, arms in table.items():
        arms = {a: arms[a] for a in study.ARMS if a in arms}
        print("\n## Base %s\n" % base)
        print("| arm | runs | base pass@1 | pass@1, iterations %d to %d | greedy, last | best pass@1 of a run, mean | "
              "right labels where it trained: least / mean | largest fall from a run's best |" % (LATE[0], LATE[-1]))
        print("|---|---|---|---|---|---|---|---|")
        for arm, runs in arms.items():
            print("| %s | %d of %d %s" % (arm, len(runs), wanted, arm_row(list(runs.values()))))
        if "lasting" not in arms:
            continue
        demands(arms)
        if len(arms) > 1:
            print("\n| lasting minus | pass@1, iterations %d to %d (runs) | lasting there minus the other's best "
                  "iteration |\n|---|---|---|" % (LATE[0], LATE[-1]))
        for arm, runs in arms.items():
            if arm != "lasting":
                print("| %s | %s | %s |" % (arm, paired(arms["lasting"], runs, late, late),
                                            paired(arms["lasting"], runs, late, best)))
        shown = {a: arms[a] for a in ("lasting", "untrained", "plain-grammar", "plain") if a in arms}
        print("\n| iteration | " + " | ".join("%s: pass@1 / greedy, right labels" % a for a in shown) + " |")
        print("|---|" + "---|" * len(shown))
        for t in range(16):
            cells = []
            for runs in shown.values():
                its = [r["iterations"][t] for r in runs.values() if t < len(r["iterations"])]
                labels = [i["label_accuracy"] for i in its if i.get("label_accuracy") is not None]
                cells.append("%.3f / %.3f%s" % (sum(i["pass1"] for i in its) / len(its),
                                                sum(i["greedy"] for i in its) / len(its),
                                                ", %.2f" % (sum(labels) / len(labels)) if labels else "")
                             if its else "-")
            print("| %d | " % t + " | ".join(cells) + " |")
        for arm in [x for x in ("lasting", "untrained") if x in arms]:
            by_level(arm, list(arms[arm].values()))
    rest = list(unfinished(folder))
    if rest:
        print("\n## Not ended\n\n| base | run | iterations | pass@1 from the base on | right labels |")
        print("|---|---|---|---|---|")
    for row in rest:
        print("| %s | %s | %d of 15 | %s | %s |" % row)


main()
