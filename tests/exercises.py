"""The exercises of README.md: every row of their table is run as it stands there, an edit being made in a copy of r0.h,
and what comes out must lie near what the row says and point where its lesson points. Catches: an exercise that rots, a
number that is no longer true, a control that does nothing. Numbers differ a little between processors (see README), so
each has a range; a lesson has none.

    python3 tests/exercises.py            all of them
    python3 tests/exercises.py 0 1        these rows
    python3 tests/exercises.py ladder     those of examples/ladder/README.md
"""
import json, os, re, shlex, shutil, subprocess, sys

counts = {"passed": 0, "failed": 0, "skipped": 0}
COLUMNS = ("kept", "right labels", "pass@1")
# How far a number may be from the README's: a share of it, and at least so much.
NEAR = {"kept": (1 / 3, 8), "right labels": (0, .12), "pass@1": (0, .05)}

# What a row teaches, in terms of its own numbers, those of other rows and the base's pass@1: row, text, condition.
LESSONS = [
    (0, "the solver learns", lambda x, base: x[0]["pass@1"] > base + .06),
    (1, "an untrained challenger leaves little to learn", lambda x, base: x[1]["kept"] < x[0]["kept"] / 2 and
     x[1]["pass@1"] < x[0]["pass@1"] - .04),
    (2, "wrong labels harm", lambda x, base: x[2]["pass@1"] < base),
    (3, "without the filter most steps teach nothing", lambda x, base: x[3]["kept"] > 2 * x[0]["kept"] and
     x[3]["pass@1"] < x[0]["pass@1"] - .03),
    (4, "true labels teach more", lambda x, base: x[4]["pass@1"] > x[0]["pass@1"] + .02),
    (5, "the penalty makes no difference at this size", lambda x, base: abs(x[5]["pass@1"] - x[0]["pass@1"]) < .06),
    (6, "easy questions have right labels and teach little", lambda x, base: x[6]["right labels"] > .95 and
     x[6]["kept"] > x[0]["kept"] and x[6]["pass@1"] < x[0]["pass@1"] - .04),
    (7, "a challenger paid for agreement asks what is known", lambda x, base: x[7]["kept"] < x[0]["kept"] / 4 and
     x[7]["pass@1"] < base + .03),
]


# The exercises of the ladder: one iteration without one part of the guard each.
LADDER_COLUMNS = {"kept": "kept", "agreement": "agreement_mean", "margin": "margin", "in other words": "probed_margin",
                  "under the base": "base_logp"}
LADDER_NEAR = {"kept": (1 / 3, 8), "agreement": (0, .08), "margin": (0, .12), "in other words": (0, .15),
               "under the base": (0, .15), "pass@1": (0, .08)}
LADDER_LESSONS = [
    (1, "without the peak the votes split", lambda x, whole: x["agreement"] < whole["agreement"] - .05 and
     x["kept"] < whole["kept"]),
    (2, "the paper's band keeps what hangs on few votes", lambda x, whole: x["margin"] < whole["margin"] - .2),
    (3, "votes that read the same words look surer than they are", lambda x, whole: x["margin"] - x["in other words"] >
     whole["margin"] - whole["in other words"]),
    (4, "without the anchor questions leave the base", lambda x, whole: x["under the base"] < whole["under the base"]),
    (5, "a few steps of GRPO teach less", lambda x, whole: x["pass@1"] < whole["pass@1"] - .05),
]


def check(what, problem=""):
    counts["failed" if problem else "passed"] += 1
    if problem:
        print(f"FAIL exercises: {what}: {problem}")


def rows_of(readme):
    """{number: (what, options, {column: number})} of the README's table of exercises."""
    head = re.search(r"^\| *\| change \| add \|(.*)\|\n\|[-|]+\n((?:\|.*\n)+)", readme, flags=re.M)
    columns = [c.strip() for c in head.group(1).split("|")]
    assert tuple(columns) == COLUMNS, columns
    rows = {}
    for line in head.group(2).strip().split("\n"):
        number, what, added, *values = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        options = [option for option in re.findall(r"`([^`]+)`", added) if option != "make"]
        rows[int(number)] = what, options, {c: float(v) for c, v in zip(columns, values) if v != "-"}
    return rows


def program_with(edit, folder):
    """A program made from r0.h with one replacement."""
    old, new = edit
    os.makedirs(folder)
    with open("r0.h", encoding="utf-8") as file:
        source = file.read()
    if source.count(old) != 1:
        return None, f"r0.h holds {old!r} {source.count(old)} times"
    with open(f"{folder}/r0.h", "w", encoding="utf-8") as file:
        file.write(source.replace(old, new))
    shutil.copytree("examples", f"{folder}/examples")
    command = (f"{os.environ.get('CC', 'cc')} {os.environ.get('CPPFLAGS', '')} -std=c11 -O1 -ffp-contract=off "
               f"-DR0_NO_VULKAN {folder}/examples/r0.c -o {folder}/r0 -lm -lpthread")
    done = subprocess.run(command + (" -ldl" if sys.platform == "linux" else ""), shell=True, capture_output=True,
                          text=True)
    return f"{folder}/r0", done.stderr[:500] if done.returncode else ""


def run(number, what, options, folder):
    """The numbers of one row; None when it could not be run."""
    program, edit = "build/r0", re.search(r"`([^`]+)` → `([^`]+)`", what)
    if edit:
        program, problem = program_with(edit.groups(), folder)
        check(f"exercise {number} can be made", problem)
        if problem:
            return None
    command = [program, "--device", "cpu", "evolve", "--iterations", "1"] + shlex.split(" ".join(options))
    done = subprocess.run(command + ["--run", f"{folder}/run"], capture_output=True, text=True)
    check(f"exercise {number} runs", done.stderr[-500:] if done.returncode else "")
    if done.returncode:
        return None
    with open(f"{folder}/run/summary.json") as file:
        summary = json.load(file)
    last = summary["iterations"][-1]
    return {"kept": last["kept"], "right labels": last.get("label_accuracy"), "pass@1": last["pass1"],
            "base": summary["base"]["pass1"]}


def ladder():
    with open("examples/ladder/README.md", encoding="utf-8") as file:
        head = re.search(r"^\| *\| without \| add \|(.*)\|\n\|[-|]+\n((?:\|.*\n)+)", file.read(), flags=re.M)
    columns = [c.strip() for c in head.group(1).split("|")]
    got = {}
    for line in head.group(2).strip().split("\n"):
        number, what, added, *values = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        folder = f"build/exercises/ladder-{number}"
        options = ["--world", "ladder"] + [option for option in re.findall(r"`([^`]+)`", added)]
        found = run(int(number), what, options, folder)
        if found is None:
            continue
        with open(f"{folder}/run/metrics.jsonl") as file:
            curation = [m for m in map(json.loads, file) if m["phase"] == "curation"][-1]
        got[int(number)] = {column: curation[name] for column, name in LADDER_COLUMNS.items()}
        got[int(number)]["pass@1"] = found["pass@1"]
        print(f"ladder {number}: " + ", ".join(f"{c} {got[int(number)][c]:.3f}" for c in columns))
        for column, value in zip(columns, map(float, values)):
            share, least = LADDER_NEAR[column]
            far = abs(got[int(number)][column] - value) > max(share * abs(value), least)
            check(f"ladder {number}: {column}", f"{got[int(number)][column]}, the README says {value}" if far else "")
    for number, text, holds in LADDER_LESSONS:
        if {0, number} <= set(got):
            check(f"ladder {number}: {text}", "" if holds(got[number], got[0]) else f"{got[number]}, whole {got[0]}")


def main():
    with open("README.md", encoding="utf-8") as file:
        rows = rows_of(file.read())
    shutil.rmtree("build/exercises", ignore_errors=True)
    if len(sys.argv) < 2 or "ladder" in sys.argv:
        ladder()
    wanted = [int(number) for number in sys.argv[1:] if number != "ladder"] or ([] if sys.argv[1:] else sorted(rows))
    got = {}
    for number in wanted:
        what, options, stated = rows[number]
        found = run(number, what, options, f"build/exercises/{number}")
        if found is None:
            continue
        got[number] = found
        print(f"{number}: " + ", ".join(f"{c} {found[c]}" for c in COLUMNS))
        for column, value in stated.items():
            share, least = NEAR[column]
            far = found[column] is None or abs(found[column] - value) > max(share * value, least)
            check(f"exercise {number}: {column}", f"{found[column]}, README says {value}" if far else "")
    for number, text, holds in LESSONS:
        if {number, 0} <= set(got):
            check(f"exercise {number}: {text}", "" if holds(got, got[0]["base"]) else f"{got[number]}")


main()
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
