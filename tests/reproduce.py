"""`make reproduce`: README's numbers from scratch, digit by digit, on any machine of class cpu:fma. What is finished
stays in build/reproduce, so that a stopped run goes on; prints every difference, and fails if there is one.

    python3 tests/reproduce.py                  all parts
    python3 tests/reproduce.py quickstart       this part
"""
import json, os, re, subprocess, sys, time

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
    """Every row of bench/study-tiny.md, from which README's headline and its table of results are taken."""
    subprocess.run([*r0, "--study", f"{base}/study", "--arms", arms], check=True)
    with open(f"{base}/study/study.md") as file:
        found = {tuple(line.split(" | ")[:2]): line for line in file if line.startswith("| ")}
    with open("bench/study-tiny.md") as file:
        stated = {tuple(line.split(" | ")[:2]): line for line in file if line.startswith("| ")}
    for row in sorted(stated):
        compare(f"study {' '.join(row)}", stated[row].strip(), found.get(row, "nothing").strip())


parts = {"quickstart": (quickstart, 1), "exercises": (exercises, 4), "study": (study, 40)}
wanted = sys.argv[1:] or list(parts)
os.makedirs(base, exist_ok=True)
print(", ".join(f"{name}: some {parts[name][1]} minutes of one core" for name in wanted), flush=True)
for name in wanted:
    started = time.time()
    parts[name][0]()
    print(f"{name}: {time.time() - started:.0f} s", flush=True)
print(f"{same} the same, {differ} different")
sys.exit(differ != 0)
