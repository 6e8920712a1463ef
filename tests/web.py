#!/usr/bin/env python3
"""`make web` in headless Chromium, wide and narrow: the page computes the program's numbers of class cpu:portable to
the byte, nothing of it is wider than the window, nothing throws, it answers one's own question. A file, no server.
Catches: WASI calls that the page lacks, other sums in the browser, a layout that a phone cannot show.

    python3 tests/web.py [--picture FILE.png]     also saves what the wide window shows"""
import base64, json, os, pathlib, re, shutil, subprocess, sys, tempfile, time

root = pathlib.Path(__file__).resolve().parent.parent
os.chdir(root)
short = "challenger.steps=1,challenger.groups=2,solver.steps=1,solver.groups=4,questions=24,evaluation_samples=2"
passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAIL web: {what}")


def leave(why):
    print(f"SKIP web: {why}\n{passed} passed, {failed} failed, 1 skipped")
    sys.exit(failed != 0)


class Browser:
    """Chromium by its debugging pipe: messages are JSON, each ended by a zero byte."""

    def __init__(self, program, width, height):
        there, self.out = os.pipe()
        self.back, here = os.pipe()
        self.folder, self.buffer, self.count, self.session, self.errors = tempfile.mkdtemp(), b"", 0, None, []

        def wire():  # it reads descriptor 3 and writes 4
            ends = os.dup(there), os.dup(here)
            os.dup2(ends[0], 3), os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             f"--user-data-dir={self.folder}", "about:blank"], preexec_fn=wire, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(there), os.close(here)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Page.enable"), self.call("Runtime.enable")

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                more = os.read(self.back, 1 << 16)
                if not more:
                    raise RuntimeError("Chromium ended")
                self.buffer += more
            one, self.buffer = self.buffer.split(b"\0", 1)
            answer = json.loads(one)
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(answer["params"]["exceptionDetails"]["text"])
            if answer.get("id") == self.count:
                return answer["result"]

    def run(self, code):
        return self.call("Runtime.evaluate", expression=code, returnByValue=True)["result"].get("value")

    def wait(self, code, seconds):
        end = time.time() + seconds
        while time.time() < end:
            if self.run(code):
                return True
            time.sleep(.5)
        return False

    def close(self):
        self.process.terminate(), self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def look(program, width, height, evolves, picture):
    browser = Browser(program, width, height)
    whole = picture and evolves
    browser.call("Page.navigate", url=f"file://{root}/build/web/index.html" + ("" if whole else "#" + short))
    check(browser.wait("document.readyState === 'complete' && typeof start === 'function'", 60), f"{width}: no page")
    if whole:
        browser.run("at('iterations').value = 3, options(), 0")
    if evolves:
        browser.run("start(), 0")
        done = browser.wait("window.result", 3000 if whole else 600)
        check(done, f"no end: {browser.run('at(`state`).textContent')}")
        result = browser.run("window.result") or {"code": -1, "rows": []}
        check(result["code"] == 0, f"code {result['code']}: {browser.run('at(`log`).textContent')}")
        if not whole:
            native = pathlib.Path("build/web/native")
            shutil.rmtree(native, ignore_errors=True)
            subprocess.run(["build/r0", "--device", "cpu:portable", "evolve", "--seed", "1", "--iterations", "1",
                            "--set", f"evaluation_samples=4,{short}", "--run", str(native)], capture_output=True)
            check(result.get("metrics") == (native / "metrics.jsonl").read_text(), "metrics.jsonl is not the program's")
        check(browser.run("document.querySelectorAll('#asked .q').length") > 0, "no questions are shown")
        check(browser.run("document.querySelectorAll('#chart circle').length") == 3 * len(result["rows"]), "the chart")
        browser.run("ask(), 0")
        check(browser.wait("window.answered", 120) and "×" in browser.run("at('after').textContent"), "no answer")
    wide = browser.run("document.documentElement.scrollWidth - innerWidth")
    check(wide is not None and wide <= 0, f"at {width} the page is {wide} too wide")
    check(not browser.errors, f"thrown: {browser.errors}")
    if whole:
        shot = browser.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(picture).write_bytes(base64.b64decode(shot))
    browser.close()


def report(program):
    """The page of the run above, and of it and its copy: nothing too wide; six sheets of paper at most for one run."""
    runs = [pathlib.Path("build/web/native"), pathlib.Path("build/web/again")]
    shutil.rmtree(runs[1], ignore_errors=True)
    shutil.copytree(*runs)
    both = root / "build/web/both.html"
    made = subprocess.run(["build/r0", "report", *map(str, runs), "--out", str(both)], capture_output=True, text=True)
    check(made.returncode == 0, f"r0 report: {made.stderr}")
    for page in (root / runs[0] / "report.html", both):
        for width, height in ((1200, 1000), (390, 844)):
            browser = Browser(program, width, height)
            browser.call("Page.navigate", url=f"file://{page}")
            browser.wait("document.readyState === 'complete'", 60)
            wide = browser.run("document.documentElement.scrollWidth - innerWidth")
            check(wide is not None and wide <= 0, f"{page.name} at {width} is {wide} too wide")
            if width == 1200:
                pdf = base64.b64decode(browser.call("Page.printToPDF")["data"])
                sheets = len(re.findall(rb"/Type\s*/Page\b", pdf))
                check(0 < sheets <= 6, f"{page.name} is printed on {sheets} sheets")
            browser.close()


def main():
    program = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    made = subprocess.run(["make", "-s", "web"], capture_output=True, text=True)
    if made.returncode:
        if "No module named ziglang" in made.stderr:
            leave("no zig (python3 -m pip install ziglang)")
        check(False, f"make web: {made.stderr[-500:]}")
        leave("no page")
    check(pathlib.Path("build/web/r0.wasm").stat().st_size < 2 << 20, "r0.wasm has 2 MiB or more")
    text = pathlib.Path("build/web/index.html").read_text()
    check("http://" not in text and text.count("https://") == 1, "the page asks the network for something")
    if not program:
        leave("no Chromium")
    try:
        Browser(program, 1200, 1000).close()
    except (RuntimeError, OSError) as error:  # Ubuntu's chromium-browser is a script that asks for a snap
        leave(f"{program} does not start: {error}")
    picture = sys.argv[2] if sys.argv[1:2] == ["--picture"] else None
    look(program, 1200, 1000, True, picture)
    look(program, 390, 844, False, None)
    if not picture:
        report(program)


main()
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
