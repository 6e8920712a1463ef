#!/usr/bin/env python3
"""Writes coldstart.jsonl, questions.jsonl and levels.jsonl beside this file, from one seed:
python3 examples/smol/make.py

coldstart.jsonl: examples for both roles, given to the model before any loop (r0 sft). They are data: what R-Zero adds
is measured from there on. questions.jsonl: 160 of the same kind without answers, for TTRL. levels.jsonl: questions to
measure on, 100 of each of six levels. A quarter of all problems
is held out by a hash of their numbers and signs (sums_held_out of examples/sums_task.h): levels.jsonl holds only such,
the other two none, and no run in the world "sums" trains on one.
"""
import json
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
SOLVER = 120  # examples of each role
CHALLENGER = 120
LEVEL = 100

LEADS = ["What is {}?", "Calculate {}.", "Compute {}.", "Find {}.", "Work out {}.", "How much is {}?"]
MEN, WOMEN = ["Tom", "Ben", "Sam", "Leo"], ["Mia", "Ann", "Eva", "Zoe"]
THINGS = ["pens", "apples", "books", "coins", "cards", "shells", "balls", "stamps"]
MORE, LESS = ["gets", "buys", "finds", "wins"], ["gives away", "loses", "sells", "uses"]
BOXES = ["boxes", "bags", "jars"]


def plain(first, times, items, space=" "):
    text = str(first) + (f"{space}*{space}{times}" if times else "")
    return text + "".join(f"{space}{'-' if i < 0 else '+'}{space}{abs(i)}" for i in items)


def held_out(first, times, items):
    if times:
        first, times = min(first, times), max(first, times)
    elif len(items) == 1 and 0 <= items[0] < first:
        first, items = items[0], [first]
    key = 0x811C9DC5
    for byte in plain(first, times, items, "").encode():
        key = (key ^ byte) * 0x01000193 & 0xFFFFFFFF
    return (key >> 8) % 4 == 0


def question(rng, first, times, items, story):
    if not story:
        return rng.choice(LEADS).format(plain(first, times, items))
    man = rng.random() < .5
    name, thing = rng.choice(MEN if man else WOMEN), rng.choice(THINGS)
    text = f"{name} has {first} " + (f"{rng.choice(BOXES)} with {times} {thing} each." if times else f"{thing}.")
    for i in items:
        verb = rng.choice(LESS if i < 0 else MORE)
        text += f" {'He' if man else 'She'} {verb} {abs(i)}{'' if i < 0 else ' more'}."
    return text + f" How many {thing} does {name} have{' now' if items else ''}?"


def solution(first, times, items):
    total, steps = first, []
    if times:
        total = first * times
        steps.append(f"{first} * {times} = {total}.")
    for i in items:
        steps.append(f"{total} {'-' if i < 0 else '+'} {abs(i)} = {total + i}.")
        total += i
    return total, " ".join(steps) + f" \\boxed{{{total}}}"


def draw(rng, level):
    """(first, times, items) of one of the levels; no total is below 0."""
    one, two = (lambda: rng.randint(1, 9)), (lambda: rng.randint(10, 99))
    if level == "sum1":
        return one(), 0, [one()]
    if level == "sum2":
        return two(), 0, [two()]
    if level == "difference":
        a, b = two(), rng.choice([one, two])()
        return max(a, b), 0, [-min(a, b)]
    if level == "product":
        return rng.randint(2, 12), rng.randint(2, 9), []
    steps = 2 if level == "two" else 3
    product = rng.random() < .4
    total, times = (rng.randint(2, 9), rng.randint(2, 9)) if product else (rng.choice([one, two])(), 0)
    first, items = total, []
    total = total * (times or 1)
    while len(items) + product < steps:
        i = rng.choice([one, two])() * rng.choice([1, -1])
        if total + i >= 0:
            items.append(i)
            total += i
    return first, times, items


NAMES = ["sum1", "sum2", "difference", "product", "two", "three"]


def problem(rng, level, wanted):
    while True:
        p = draw(rng, level)
        if held_out(*p) == wanted:
            return p


def main():
    rng, lines = random.Random(19), []
    texts = {role: json.load(open(os.path.join(HERE, role + ".json"))) for role in ("challenger", "solver")}
    shares = ["sum1", "sum2", "sum2", "difference", "difference", "difference", "product", "two"]
    for n in range(SOLVER):
        p = problem(rng, shares[n % 8], False)
        asked = question(rng, *p, story=rng.random() < .4)
        turns = [dict(t, content=t["content"].replace("{question}", asked)) for t in texts["solver"]]
        lines.append({"messages": turns + [{"role": "assistant", "content": solution(*p)[1]}]})
    for n in range(CHALLENGER):
        p = problem(rng, shares[n % 8], False)
        asked = question(rng, *p, story=rng.random() < .4)
        answer = f"<question>{asked}</question>\n\\boxed{{{solution(*p)[0]}}}"
        lines.append({"messages": texts["challenger"] + [{"role": "assistant", "content": answer}]})
    with open(os.path.join(HERE, "coldstart.jsonl"), "w", newline="\n") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)
    with open(os.path.join(HERE, "questions.jsonl"), "w", newline="\n") as out:
        for n in range(160):
            p = problem(rng, shares[n % 8], False)
            out.write(json.dumps({"question": question(rng, *p, story=rng.random() < .4)}) + "\n")
    seen = set()
    with open(os.path.join(HERE, "levels.jsonl"), "w", newline="\n") as out:
        for level in NAMES:
            count = 0
            while count < LEVEL:
                p = problem(rng, level, True)
                asked = question(rng, *p, story=rng.random() < .4)
                if asked in seen:
                    continue
                seen.add(asked)
                line = {"id": f"{level}/{count}", "question": asked, "answer": str(solution(*p)[0])}
                out.write(json.dumps(line) + "\n")
                count += 1


if __name__ == "__main__":
    main()
