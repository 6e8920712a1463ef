"""Pairs of answers with the verdict of MathRuler's grade_answer, from random expressions: tests/data/mathruler_pairs.jsonl.

    pip install mathruler sympy==1.14.0 pylatexenc tqdm
    python3 tests/make_mathruler_pairs.py 400 > tests/data/mathruler_pairs.jsonl
"""
import json, random, signal, sys
from mathruler.grader import grade_answer

R = random.Random(20)


def number():
    return R.choice([str(R.randint(0, 20)), str(R.randint(-9, 9)), str(R.randint(100, 99999)), "%.2f" % R.uniform(0, 9)])


def expression(depth):
    kind = R.randint(0, 9 if depth else 2)
    if kind < 3:
        return R.choice([str(R.randint(1, 12)), R.choice("xyna"), "\\pi", "\\sqrt{%d}" % R.randint(2, 12), "i"])
    a, b = expression(depth - 1), expression(depth - 1)
    return [f"{a} + {b}", f"{a} - {b}", f"\\frac{{{a}}}{{{b}}}", f"{a} \\cdot {b}", f"({a})({b})",
            f"{R.choice('xyn2')}^{R.randint(2, 4)}", f"\\sqrt{{{a}}}"][kind - 3]


def change(s):
    return R.choice([
        lambda: s.replace("\\frac", "\\dfrac"), lambda: s.replace(" ", ""), lambda: f"${s}$",
        lambda: s + R.choice([" cm", "\\text{ meters}", "\\%", "^\\circ", " \\text{ units}", ".", " degrees"]),
        lambda: R.choice(["x = ", "x=", "k="]) + s, lambda: f"\\text{{{s}}}", lambda: f"({s})",
        lambda: s.replace("(", "\\left(").replace(")", "\\right)"), lambda: s.replace(",", ", "),
        lambda: s.replace("1", "2", 1), lambda: s + ".0", lambda: "-" + s, lambda: s.replace(", ", " \\text{ and } ", 1),
        lambda: s.replace("\\cdot", "\\times"), lambda: " + ".join(reversed(s.split(" + "))),
    ])()


def pair():
    kind = R.randint(0, 2)
    if kind == 0:
        gold = expression(2)
        return gold, R.choice([change(gold), change(gold), expression(1)])
    if kind == 1:
        a, b = R.randint(1, 50), R.randint(2, 20)
        forms = ["\\frac{%d}{%d}" % (a, b), f"{a}/{b}", "\\frac{%d}{%d}" % (2 * a, 2 * b), "%.3f" % (a / b),
                 "%d \\frac{%d}{%d}" % (a // b, a % b, b), "%.2f\\%%" % (100 * a / b), str(a * b), f"{a * b:,}"]
        return R.choice(forms), R.choice(forms)
    gold = f"({number()}, {number()})"
    return gold, R.choice([change(gold), gold.replace("(", "["), gold.replace(", ", ",")])


def late(*_):
    raise TimeoutError


signal.signal(signal.SIGALRM, late)
seen = set()
while len(seen) < int(sys.argv[1]):
    gold, pred = pair()
    if (gold, pred) in seen or len(gold) > 100:
        continue
    signal.alarm(10)
    try:
        equal = bool(grade_answer(pred, gold))
    except TimeoutError:
        continue
    finally:
        signal.alarm(0)
    seen.add((gold, pred))
    print(json.dumps({"gold": gold, "pred": pred, "equal": equal}), flush=True)
