"""`r0 report` on several runs, as event files and as CSV, from run folders made here. Catches: a seed in the wrong arm, a
mean over other runs than it says, an interval that is none, markup of a run taken for ours, a difference of configs
that is not told, a record whose checksum TensorBoard refuses, a table that no reader of RFC 4180 takes.

    python3 tests/check_pages.py      needs build/r0; asks TensorBoard too, where it is installed"""
import csv, html.parser, io, json, os, pathlib, shutil, struct, subprocess, sys

os.chdir(pathlib.Path(__file__).resolve().parent.parent)
work = pathlib.Path("build/pages")
passed = failed = skipped = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAIL pages: {what}")


def skip(why):
    global skipped
    skipped += 1
    print(f"SKIP pages: {why}")


def r0(*words, code=0):
    run = subprocess.run(["build/r0", "--device", "cpu", "--threads", "1", "report", *map(str, words)],
                         capture_output=True)
    check(run.returncode == code, f"report {words}: code {run.returncode}: {run.stderr.decode()[-300:]}")
    return run.stdout.decode(), run.stderr.decode()


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def make(folder, seed, right, iterations=2, more=None, kept=10, planned=2):
    """A run: right[i] of its four questions are answered right after iteration i, and one of four samples else."""
    folder.mkdir(parents=True)
    config = {"iterations": planned, "frozen_challenger": 0, "challenger.learning_rate": 0.0010000000474974513}
    record = {"format": 2, "device": "cpu", "model": "m", "seed": str(seed), "config": {**config, **(more or {})},
              "sets": [{"name": "held", "path": "held.jsonl", "questions": 4, "hash": "00ff"}], "checksum": str(seed)}
    (folder / "run.json").write_text(json.dumps(record))
    metrics, timings = [], []
    for i in range(iterations + 1):
        if i:
            metrics += [{"iteration": i, "phase": "challenger", "step": s, "reward": s / 4, "valid": 1} for s in (1, 2)]
            metrics.append({"iteration": i, "phase": "curation", "proposed": 40, "valid": 30, "distinct": 30,
                            "kept": kept, "label_accuracy": kept / 40, "families": {"a,b": 3},
                            "agreement_histogram": [1, 2]})
            metrics += [{"iteration": i, "phase": "solver", "step": s, "reward": 1} for s in (1, 2, 3)]
        correct = [4] * right[i] + [1] * (4 - right[i])
        pass1 = sum(correct) / 16
        metrics.append({"iteration": i, "phase": "evaluation", "set": "held", "questions": 4, "samples": 4,
                        "pass1": pass1, "pass1_ci": [pass1 - .1, pass1 + .1], "greedy": right[i] / 4, "maj4": .5,
                        "pass4": 1})
        lines(folder / f"evaluation-{i}.jsonl", [{"set": "held", "id": f"q-{q}", "samples": 4, "correct": c,
                                                  "greedy": c == 4} for q, c in enumerate(correct)])
        timings.append({"iteration": i, "phase": "evaluation" if i else "base", "seconds": 2.5, "generated_tokens": 7,
                        "trained_tokens": 0})
    lines(folder / "metrics.jsonl", metrics)
    lines(folder / "timings.jsonl", timings)
    return folder


class Page(html.parser.HTMLParser):
    """Text, rows of tables, and whether all elements nest."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.rows, self.good, self.thin = [], [], True, 0
        self.feed(text)
        self.good &= not self.stack

    def handle_starttag(self, tag, attributes):
        if tag in ("meta", "br"):
            return
        self.stack.append(tag)
        self.thin += dict(attributes).get("class", "").startswith("thin ")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.thin += dict(attributes).get("class", "").startswith("thin ")

    def handle_endtag(self, tag):
        self.good &= bool(self.stack) and self.stack.pop() == tag

    def handle_data(self, text):
        if {"td", "th"} & set(self.stack):
            self.rows[-1][-1] += text

    def row(self, *start):
        return next((r for r in self.rows if [c.strip() for c in r[:len(start)]] == list(start)), [])


def overlay():
    study = work / "study"
    for seed, right, kept in ((1, (1, 2, 3), 10), (2, (1, 2, 4), 20), (10, (1, 3, 4), 30)):
        make(study / f"full-{seed}", seed, right, kept=kept)
    for seed in (1, 2):
        make(study / f"frozen-{seed}", seed, (1, 1, 1), more={"frozen_challenger": 1}, kept=20)
    make(study / "20261122-7", 8, (1, 1, 1), more={"x <b>": "<i>&"})  # no seed 7: a name, and an arm of its own
    make(study / "frozen-3", 3, (1, 1, 1), iterations=0, more={"frozen_challenger": 1})  # not come far
    (study / "notes").mkdir()
    out, _ = r0(study)
    check(out.strip() == f"{study}/report.html", f"the path printed: {out}")
    text = (study / "report.html").read_text()
    page = Page(text)
    check(page.good, "the page does not nest")
    check("<script" not in text and "http:" not in text and "https:" not in text and "nan" not in text,
          "the page is not self-contained or holds no number")
    arms = page.row("full")
    check(arms[1:3] == ["3", "2"], f"full: {arms}")
    check(arms[3].startswith("43.8") and arms[4].startswith("93.8"), f"means of .4375 and (13+16+16)/48: {arms}")
    check(arms[5].startswith("+50.0"), f"gain: {arms}")
    # three runs, 10, 20 and 30 kept: 20 +- 4.3027 * 10 / sqrt(3)
    check(arms[7].replace("\u2013", " ") == "20.0 -4.8 44.8", f"Student's interval over three runs: {arms}")
    check(page.row("frozen")[1:3] == ["2 of 3", "2"], f"frozen: {page.row('frozen')}")
    check(page.row("20261122-7")[1:3] == ["1", "2"], f"a run of its own: {page.row('20261122-7')}")
    check(page.row("20261122-7")[5].startswith("+0.0 +0.0 to +0.0"), f"its gain: {page.row('20261122-7')}")
    check(page.row("full", "1")[2].startswith("68.8"), f"(10 + 10 + 13) of 48: {page.row('full', '1')}")
    check(page.row("frozen_challenger")[1:] == ["0", "1", "0"] or
          sorted(page.row("frozen_challenger")[1:]) == ["0", "0", "1"], "what differs")
    check("1, 2, 10" in page.row("seed"), f"seeds in order: {page.row('seed')}")
    check("&lt;i&gt;&amp;" in text and "<i>&" not in text, "text of a run is text")
    check("learning_rate" not in text, "what is the same is not told")
    check(page.thin == 6 * 6, f"a thin line for each of six runs of two arms in six charts, not {page.thin}")
    check("no iteration of it has been evaluated" in text and "frozen-3" in text, "who is left out of a mean")
    check(text.count("href=\"full-10/report.html\"") == 0, "a link to a page that is not there")
    r0(study / "full-10")
    one = (study / "full-10" / "report.html").read_text()
    check("how this model taught itself" in one and "thin" not in one, "one run has its own page")
    r0(study)
    check("href=\"full-10/report.html\"" in (study / "report.html").read_text(), "a link to a run's own page")
    # other folders: a name of one's own for the page, arms of one name told apart, other questions
    make(work / "other" / "full-1", 1, (1, 2, 3))
    lines(work / "other" / "full-1" / "evaluation-2.jsonl", [{"set": "held", "id": "x", "samples": 4, "correct": 1}])
    r0(study / "full-1", study / "full-2", str(work / "other" / "full-1") + "/", "--out", work / "two.html")
    text = (work / "two.html").read_text()
    page = Page(text)
    check(page.good and page.row(str(study / "full")) and page.row(str(work / "other" / "full")),
          "arms of one name in two folders")
    check("evaluation-2.jsonl does not have the pass1 of metrics.jsonl" in text, "a file that contradicts the journal")
    dead = make(work / "dead", 1, (1, 1, 1), iterations=0)  # ended before the first evaluation after the base
    with open(dead / "metrics.jsonl", "a") as file:
        file.write('{"iteration": 1, "phase": "challenger", "step": 1, "reward": 0}\n')
    lines(dead / "completions-1.jsonl", [{"phase": "challenger", "step": 1, "reward": 0, "advantage": 0,
                                          "completion": "two <b>\n  lines", "malformed": "was cut off"}])
    base = {"pass1": .4375, "greedy": .25, "maj4": .5}
    (dead / "summary.json").write_text(json.dumps({"base": {"iteration": 0, **base}, "iterations": [],
                                                   "final": {"iteration": 0, **base}, "warnings": ["dead & gone"]}))
    r0(dead)
    text = (dead / "report.html").read_text()
    check(Page(text).good and "<code>two &lt;b&gt;\n  lines</code>" in text and "was cut off" in text,
          "a completion's lines stay lines")
    check("dead &amp; gone" in text, "the run's warnings")
    check("pass@1, base: 43.8" in text and "pass@1, iteration 1" not in text and "points</span>" not in text,
          "a score for an iteration that was never evaluated")
    short = work / "short"
    make(short / "a-1", 1, (1, 2, 3)), make(short / "a-2", 2, (1, 2), iterations=1)
    r0(short)
    page = Page((short / "report.html").read_text())
    check([r[1:3] for r in page.rows if r[0].strip() == "a"][0] == ["2", "1"] and
          [r[1] for r in page.rows if r[0].strip() == "a"][1:] == ["base", "1"], "the mean ends where one run ends")
    check("Mean of a after iteration 1" in (short / "report.html").read_text(), "which is told")


def errors():
    full = work / "study" / "full-1"
    empty = work / "empty"
    empty.mkdir()
    for words, code, text in (
            ((), 2, "name a run folder"), ((full, empty), 1, f"{empty}: is no run and holds none"),
            ((full, work / "none"), 1, "none: is no run and holds none"), ((full, full), 2, "full-1 is named twice"),
            ((full, "--out", "x"), 2, "--out is for several runs"), (("--csv", empty), 1, "is no run and holds none"),
            (("--csv", "--tensorboard", "x", full), 2, "only one of"),
            (("--tensorboard", work / "tb", full, work / "other" / "full-1"), 2, "would both be"),
            ((full, work / "study" / "full-2", "--out", work / "no" / "such.html"), 1, "cannot be written")):
        check(text in r0(*words, code=code)[1], f"report {words} does not say: {text}")
    bad = work / "bad"
    for name in ("a", "b"):
        make(bad / name, 1, (1, 1, 1))
    with open(bad / "b" / "metrics.jsonl", "a") as file:
        file.write("{\"iteration\":\n")
    for words in ((bad,), ("--csv", bad), ("--tensorboard", work / "tb2", bad)):
        check("b/metrics.jsonl" in r0(*words, code=1)[1], f"a broken journal is not named: {words}")
    many = work / "many"
    for i in range(17):
        make(many / f"arm{chr(97 + i)}", 1, (1, 1, 1), iterations=0)
    check("17th arm" in r0(many, code=1)[1], "more arms than can be told apart")


def table():
    comma = make(work / "a,\"b\"", 1, (1, 2, 3))
    out = subprocess.run(["build/r0", "report", "--csv", str(comma), "build/pages/study/full-2"],
                         capture_output=True).stdout
    check(out.count(b"\r\n") == out.count(b"\n") == out.count(b"\r") and out.endswith(b"\r\n"), "lines end in CR LF")
    rows = list(csv.DictReader(io.StringIO(out.decode(), newline=""), strict=True))
    check(len({len(r) for r in rows}) == 1 and None not in rows[0], "all rows have all columns")
    check([r["run"] for r in rows] == [str(comma)] * 9 + ["build/pages/study/full-2"] * 9, "runs")
    check([(r["iteration"], r["phase"]) for r in rows[:5]] == [("0", "evaluation"), ("1", "challenger"),
          ("1", "curation"), ("1", "solver"), ("1", "evaluation")], "one row per iteration and phase")
    challenger, curation, solver, evaluation = rows[1:5]
    check((challenger["lines"], challenger["reward"]) == ("2", "0.375"), "the mean of two steps")
    check((solver["lines"], solver["reward"], solver["kept"]) == ("3", "1", ""), "what a phase lacks is empty")
    check((curation["kept"], curation["families/a,b"], curation["agreement_histogram/1"]) == ("10", "3", "2"),
          "parts of an object and of a list")
    check((evaluation["held/pass1"], evaluation["held/pass1_low"], evaluation["seconds"]) == ("0.625", "0.525", "2.5"),
          f"an evaluation and its time: {evaluation}")
    check(rows[0]["seconds"] == "2.5", "the base's time stands with its evaluation")


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def message(data):
    """[(field, value)] of a protocol buffer: varints, doubles, floats, bytes."""
    at, out = 0, []

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        if key & 7 == 0:
            value = varint()
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif key & 7 == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            size = varint()
            value, at = data[at:at + size], at + size
        out.append((key >> 3, value))
    return out


def events():
    check(crc32c(b"123456789") == 0xe3069283, "the test's own CRC-32C")
    folder = work / "board"
    out, _ = r0("--tensorboard", folder, work / "study" / "full-1", work / "study" / "full-10")
    paths = [folder / name / "events.out.tfevents.r0" for name in ("full-1", "full-10")]
    check(out.split() == [str(p) for p in paths], f"the paths printed: {out}")
    data, at, scalars, first = paths[0].read_bytes(), 0, {}, None
    while at < len(data):
        size, = struct.unpack_from("<Q", data, at)
        body = data[at + 12:at + 12 + size]
        check(struct.unpack_from("<I", data, at + 8)[0] == masked(data[at:at + 8]) and len(body) == size and
              struct.unpack_from("<I", data, at + 12 + size)[0] == masked(body), f"checksums of the record at {at}")
        at += 16 + size
        event = dict(message(body))
        if first is None:
            first = event.get(3)
        for field, value in message(event.get(5, b"")):
            value = dict(message(value))
            scalars.setdefault(value[1].decode(), []).append((event.get(2), round(value[2], 6)))
    check(first == b"brain.Event:2", f"the version comes first: {first}")
    want = {"evaluation/held/pass1": [(0, .4375), (1, .625), (2, .8125)],
            "challenger/reward": [(1, .25), (2, .5), (3, .25), (4, .5)],
            "solver/reward": [(i, 1) for i in range(1, 7)], "curation/kept": [(1, 10), (2, 10)],
            "curation/families/a,b": [(1, 3), (2, 3)]}
    for tag, values in want.items():
        check(scalars.get(tag) == values, f"{tag}: {scalars.get(tag)}")
    check("curation/agreement_histogram/0" not in scalars, "a histogram is no scalar")
    before = paths[0].read_bytes()
    r0("--tensorboard", folder, work / "study" / "full-1")
    check(paths[0].read_bytes() == before, "the same run, the same bytes")
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except Exception as why:
        return skip(f"no TensorBoard (pip install tensorboard): this test alone read the event files ({why})")
    for path in paths:
        board = EventAccumulator(str(path.parent))
        board.Reload()
        check(path != paths[0] or set(board.Tags()["scalars"]) == set(scalars), "TensorBoard's tags")
        if path == paths[0]:
            for tag, values in want.items():
                read = [(e.step, round(e.value, 6)) for e in board.Scalars(tag)]
                check(read == values, f"TensorBoard reads {tag}: {read}")
        check(board.Tags()["scalars"], f"TensorBoard reads nothing of {path}")


shutil.rmtree(work, ignore_errors=True)
overlay()
errors()
table()
events()
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed != 0)
