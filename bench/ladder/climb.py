#!/usr/bin/env python3
"""Draws greedy accuracy by level and iteration, mean over loop seeds, an arm beside the other, as SVG.

    python3 bench/ladder/climb.py FOLDER BASE LONGEST > bench/ladder/climb.svg     (LONGEST: of the corpus' levels)
"""
import json, os, sys

CELL, LEFT, TOP, GAP = 15, 44, 78, 46
TITLES = {"lasting": "lasting", "light": "lighter anchor and fine", "untrained": "untrained challenger"}


def color(share):
    """From near white to a dark blue, evenly in lightness."""
    low, high = (238, 243, 250), (8, 72, 156)
    return "#%02x%02x%02x" % tuple(round(a + (b - a) * share) for a, b in zip(low, high))


def text(x, y, words, size=12, anchor="start", weight="normal", fill="#57606f"):
    return ('<text x="%g" y="%g" font-size="%g" text-anchor="%s" font-weight="%s" fill="%s">%s</text>'
            % (x, y, size, anchor, weight, fill, words))


def panel(left, title, runs, longest):
    """runs: [run][iteration][level]"""
    iterations, levels = min(map(len, runs)), len(runs[0][0])
    out = [text(left, TOP - 10, "%s, %d seeds" % (title, len(runs)), 13, fill="#1b2330")]
    for t in range(iterations):
        for k in range(levels):
            share = sum(run[t][k] for run in runs) / len(runs)
            out.append('<rect x="%g" y="%g" width="%g" height="%g" fill="%s"/>'
                       % (left + CELL * t, TOP + CELL * (levels - 1 - k), CELL - 1, CELL - 1, color(share)))
    y = TOP + CELL * (levels - longest) - .5
    out.append('<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="#d1570f" stroke-width="2"/>'
               % (left - 4, y, left + CELL * iterations + 3, y))
    for k in [1, 5, 10, longest, 20, levels]:
        out.append(text(left - 7, TOP + CELL * (levels - k) + 11, k, 11, "end"))
    for t in range(0, iterations, 5):
        out.append(text(left + CELL * t + 7, TOP + CELL * levels + 14, t if t else "base", 11, "middle"))
    return out


def main():
    folder, base, longest = sys.argv[1], sys.argv[2], int(sys.argv[3])
    arms = {arm: [] for arm in TITLES}
    for line in open(os.path.join(folder, "results.jsonl")):
        run = json.loads(line)
        if run["base"] == base and run["arm"] in arms:
            arms[run["arm"]].append([i["level_greedy"] for i in run["iterations"]])
    arms = {arm: runs for arm, runs in arms.items() if runs}
    wide = CELL * max(len(r) for runs in arms.values() for r in runs)
    levels = len(arms["lasting"][0][0])
    width, height = LEFT + len(arms) * (wide + GAP) - GAP + 14, TOP + CELL * levels + 40
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family='
           '"system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">' % (width, height, width, height),
           '<rect width="100%" height="100%" fill="#ffffff"/>',
           text(12, 26, "Longer than anything in the corpus", 17, weight="bold", fill="#1b2330"),
           text(12, 45, "greedy accuracy by level (up) and iteration; no document is above the line")]
    for i, (arm, runs) in enumerate(arms.items()):
        out += panel(LEFT + i * (wide + GAP), TITLES[arm], runs, longest)
    for i in range(6):
        x = width - 14 - 22 * (6 - i)
        out.append('<rect x="%g" y="%g" width="22" height="10" fill="%s"/>' % (x, height - 18, color(i / 5)))
    out.append(text(width - 14 - 22 * 6 - 6, height - 9, "0", 11, "end"))
    out.append(text(width - 10, height - 9, "1", 11))
    print("\n".join(out + ["</svg>"]))


main()
