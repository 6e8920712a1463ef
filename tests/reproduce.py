"""`make reproduce`: README's numbers from scratch, digit by digit, on any machine of class cpu:fma. What is finished
stays in build/reproduce, so that a stopped run goes on; prints every difference, and fails if there is one.

    python3 tests/reproduce.py                  all parts
    python3 tests/reproduce.py quickstart       this part
"""
import glob, json, os, re, subprocess, sys, time

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
base = "build/reproduce"
r0 = ["build/r0", "--device", "cpu:fma", "--quiet", "evolve"]
arms = "full,untrained,random-labels,untrained-1024,untrained-no-filter,no-filter,no-repetition,long"
same = differ = 0


def compare(what, stated, found):
    global same, differ
    same, differ = same + (stated == found), differ + (stated != found)
    if stated != found:
        print(f"DIFFERENT {what}: {stated} is stated, {found} comes out")


def readme():
    with open("README.md", encoding="utf-8") as file:
        return file.read()


def digits(value, like):
    """A number with as many digits as the one that is stated, without a leading zero where that has none."""
    text = f"{value:.{len(like.partition('.')[2])}f}"
    return text[1:] if like.startswith(".") and text.startswith("0.") else text


def quickstart():
    """The table of `make run`."""
    folder = f"{base}/quickstart"
    if not os.path.exists(f"{folder}/summary.json"):
        how = ["--resume", folder] if os.path.exists(f"{folder}/run.json") else ["--seed", "1", "--run", folder]
        print("quickstart: three iterations", flush=True)
        subprocess.run([*r0, *how], check=True, stdout=subprocess.DEVNULL)
    with open(f"{folder}/summary.json") as file:
        summary = json.load(file)
    cell = r" +(\S+)"
    rows = re.findall(rf"^ +(\d)  (\d\.\d+) \[(\S+), (\S+)\]{4 * cell} +\S+ +\S+{cell}", readme(), re.M)
    assert len(rows) == 4, rows
    for number, *stated, proposed, kept in rows:
        one = [summary["base"], *summary["iterations"]][int(number)]
        found = [one["pass1"], *one["pass1_ci"], one["greedy"], one["maj10"], one["pass10"]]
        compare(f"quickstart, iteration {number}", stated, [digits(f, s) for f, s in zip(found, stated)])
        if kept != "-":
            compare(f"quickstart, iteration {number}, kept", kept, str(one["kept"]))


def exercises():
    """The table of exercises, each row by tests/exercises.py."""
    table = re.search(r"^\| *\| change \| add \|.*\n\|[-|]+\n((?:\|.*\n)+)", readme(), flags=re.M).group(1)
    for line in table.strip().split("\n"):
        number, _, _, *stated = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        kept = f"{base}/exercise-{number}.txt"
        if not os.path.exists(kept):
            print(f"exercise {number}", flush=True)
            done = subprocess.run([sys.executable, "tests/exercises.py", number], capture_output=True, text=True)
            if not re.search(rf"^{number}: ", done.stdout, re.M):
                raise SystemExit(f"exercise {number}: {done.stdout[-600:]}{done.stderr[-600:]}")
            with open(kept, "w") as file:
                file.write(done.stdout)
        with open(kept) as file:
            found = re.search(rf"^{number}: kept (\S+), right labels (\S+), pass@1 (\S+)", file.read(), re.M).groups()
        found = [digits(float(f), s) if s != "-" else "-" for f, s in zip(found, stated)]
        compare(f"exercise {number} (kept, right labels, pass@1)", stated, found)


def study():
    """Every row of bench/study-tiny.md, and README's headline and table of results, which are taken from the same runs."""
    with subprocess.Popen([*r0, "--study", f"{base}/study", "--arms", arms], stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:  # "study: ARM, seed N", before it begins
            finished = len(glob.glob(f"{base}/study/*/solver/model.safetensors"))
            print(f"{line.strip()} ({finished} of {5 * (arms.count(',') + 1)} runs are finished)", flush=True)
    if run.returncode:
        raise SystemExit("the study ended with an error")
    rows = []
    for path in (f"{base}/study/study.md", "bench/study-tiny.md"):
        with open(path) as file:
            rows.append({tuple(line.strip("| \n").split(" | ")[:2]): line.strip() for line in file if line[:2] == "| "})
    found, stated = rows
    for row in sorted(stated):  # of the differences, the second cell is a number
        there = [line for key, line in found.items() if key[0] == row[0] and (key == row or " - " in row[0])]
        compare(f"study {row[0]} {row[1]}", stated[row], there[0] if there else "nothing")
    readme_results({row: line.strip("| ").split(" | ") for row, line in found.items()})


def majority(arm, iteration):
    """The mean over seeds of majority@10 on the held-out questions."""
    values = []
    for seed in range(1, 6):
        with open(f"{base}/study/{arm}-{seed}/summary.json") as file:
            run = json.load(file)
        values.append([run["base"], *run["iterations"]][iteration]["sets"]["heldout"]["maj10"])
    return sum(values) / len(values)


def readme_results(rows):
    """README states fewer digits, no zero in front, and majority@10 besides."""
    names = {"base": ("base", 0), "**R-Zero**": ("full", 3), "challenger untrained": ("untrained", 3),
             "untrained, 1,024 questions instead of 256": ("untrained-1024", 3),
             "untrained, no filter": ("untrained-no-filter", 3), "labels shuffled": ("random-labels", 3),
             "no filter": ("no-filter", 3), "no repetition penalty": ("no-repetition", 3), "eight iterations": ("long", 8)}
    table = re.search(r"^\| after 3 iterations \|.*\n\|[-|]+\n((?:\|.*\n)+)", readme(), flags=re.M).group(1)
    number = r"\d*\.\d+|\d+"
    for line in table.strip().split("\n"):
        name, *cells = [cell.strip() for cell in line.strip("|").split(" |")]
        arm, iteration = names.pop(name)
        row = next(row for key, row in rows.items() if key == (arm, str(iteration)))
        found = [row[2], row[3], str(majority("full" if arm == "base" else arm, iteration)), row[4], row[5]]
        for what, stated, one in zip(("pass@1", "greedy", "majority@10", "kept", "right labels"), cells, found):
            stated, one = re.findall(number, stated), re.findall(number, one)
            if stated:
                compare(f"README, {name}, {what}", stated, [digits(float(f), s) for s, f in zip(stated, one)])
    assert not names, names
    stated = re.search(r"\*\*([\d.]+) points of pass@1 \(95 % interval ([\d.]+) to ([\d.]+)\)", readme()).groups()
    gain = next(row for key, row in rows.items() if key[0] == "full - untrained")[1]
    compare("README, headline", list(stated), [f"{100 * float(f):.1f}" for f in re.findall(r"[+-]?\d\.\d+", gain)])


parts = {"quickstart": (quickstart, 1), "exercises": (exercises, 4), "study": (study, 30)}
wanted = sys.argv[1:] or list(parts)
os.makedirs(base, exist_ok=True)
print("minutes of one core, about:", ", ".join(f"{name} {parts[name][1]}" for name in wanted), flush=True)
for name in wanted:
    started = time.time()
    parts[name][0]()
    print(f"{name}: {time.time() - started:.0f} s", flush=True)
print(f"{same} the same, {differ} different")
sys.exit(differ != 0)
