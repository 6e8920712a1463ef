"""The words of the house, for tests/check_house.py: how things are called, how comments are broken into lines, and
whether a `>>tag` leads to where it says. Catches: two spellings of one idea, what a reflow leaves behind, signposts that
point to a chapter from which the thing has moved away."""
import glob, os, re, sys

sys.path.insert(0, "examples")
sys.dont_write_bytecode = True
import book

# What is said instead. A rollout is one completion; many of them are a batch or a step.
WORDS = [(r"\broll" + r"-outs?\b", "rollout"), (r"\boptim" + r"is(er|ed|ing|ation)", "optimiz..."),
         (r"\b(re|un)?normal" + r"is(e|ed|er|ing|ation)", "normaliz..."), (r"\bneigh" + "bour", "neighbor"),
         (r"\bbehav" + "iour", "behavior"), (r"\bcol" + "our", "color"), (r"\bquant" + "ised", "quantized"),
         (r"\binitial" + "is", "initializ..."), (r"\brecogn" + "is", "recogniz..."), (r"\bcent" + r"red?\b", "center"),
         (r"\blabel" + "led", "labeled"), (r"\bfav" + "our", "favor"), (r"\bstabil" + "is", "stabiliz...")]

# Chapters of r0.h, and folders, whose words are still to be swept.
PENDING = ()

SHORT = 16  # a last line of one or two words and at most so many characters is an orphan


def texts():
    """(name, text) of everything that is written by hand."""
    names = ["r0.h", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile"]
    for pattern in ("examples/*.[ch]", "examples/*.py", "examples/python/*.py", "examples/*/README.md", "tests/*.[ch]", "tests/*.py",
                    "tests/*.sh", "bench/*.[ch]", "bench/*.py", "bench/*.md", "shaders/*.comp", "shaders/*.glsl", ".ci/*",
                    ".ci/package/*", ".ci/package/*/*"):
        names += filter(os.path.isfile, sorted(glob.glob(pattern)))
    for name in names:
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if name == "r0.h":
            text = "".join(re.sub(r"[^\n]", "", part) if tag in PENDING else part
                           for tag, _, part in book.chapters_of(text) if tag != "spirv")
        if not name.startswith(PENDING):
            yield name, text


def paragraphs(lines):
    """Lists of line numbers, from 0: comment lines that flow on from one another. Laid out text (maths, tables, headings,
    code) belongs to none; an item of a list is one."""
    found, run, key = [], [], None
    for number, line in enumerate(lines + [""]):
        m = re.match(r"( *)//( *)(\S.*)$", line)
        laid_out = m and (len(m.group(2)) >= 4 or m.group(3)[0] == "|" or
                          re.match(r">>\w|-- .* -+$", m.group(3)) or re.search(r"\S {3,}\S", m.group(3)))
        if not m or laid_out:
            found.append(run)
            run, key = [], None
            continue
        item = re.match(r"- |\d+\. ", m.group(3))
        this = m.group(1), m.group(2) + " " * (len(item.group()) if item else 0)
        if item or this != key:
            found.append(run)
            run, key = [], this
        run.append(number)
    return [run for run in found if run]


def orphans(name, text):
    lines = text.split("\n")
    for run in paragraphs(lines):
        last = re.sub(r"^ *// *", "", lines[run[-1]])
        if len(run) > 1 and len(last) <= SHORT and len(last.split()) <= 2:
            yield f"{name}:{run[-1] + 1}: {last}"


def tags_of(name, text):
    """(line, tag) of every mention in a comment of C, or anywhere in other texts; `>>tag` itself stands for any."""
    if name.endswith((".c", ".h", ".comp", ".glsl")):
        text = "\n".join(" ".join(re.findall(r"//.*", line)) for line in text.split("\n"))
    for number, line in enumerate(text.split("\n"), 1):
        for tag in re.findall(r"(?<![\w>)\]])>>([a-z]\w*)", line):
            if tag != "tag":
                yield number, tag


def wrong_places(source):
    """Mentions of a tag beside a name that is defined in another chapter: `name (>>tag)`, a declaration that ends in
    `// >>tag`, and the prototypes below a heading `-- ... (>>tag) --` of >>cast, which names all chapters they are from."""
    places = book.Book(source).where
    home = {name: kinds["function"][0] for name, kinds in places.items() if "function" in kinds}
    heading, chapter = [], None
    for number, line in enumerate(source.split("\n"), 1):
        tag = re.match(r"// >>(\w+)", line)
        chapter = tag.group(1) if tag else chapter
        if tag or re.match(r"// -- .* -+$", line):
            heading = re.findall(r">>(\w+)", line) if chapter == "cast" and not tag else []
        prototype = re.match(r"static .*?\b(r0i_\w+)\([^{]*$", line)
        if prototype and heading and home.get(prototype.group(1), heading[0]) not in heading:
            yield f"line {number}: {prototype.group(1)} is in >>{home[prototype.group(1)]}, not in >>{heading[0]}"
        for name, mentioned in re.findall(r"\b(r0i?_\w+)\(?\)? \(>>(\w+)", line):
            if home.get(name, mentioned) != mentioned:
                yield f"line {number}: {name} is in >>{home[name]}, not in >>{mentioned}"
        end = re.match(r".*?\b(r0i?_\w+)\([^{]*\);\s*// >>(\w+)", line)
        if end and home.get(end.group(1), end.group(2)) != end.group(2):
            yield f"line {number}: {end.group(1)} is in >>{home[end.group(1)]}, not in >>{end.group(2)}"


def lost_names(source):
    """Names in comments that nothing in r0.h has any more; a name that others begin with stands for them."""
    code = re.sub(r"//[^\n]*|/\*.*?\*/", " ", source, flags=re.S)
    names = set(re.findall(r"\b[Rr]0[Ii]?_\w+", code))
    for number, line in enumerate(source.split("\n"), 1):
        for name in re.findall(r"\b[Rr]0[Ii]?_\w+", " ".join(re.findall(r"//.*", line))):
            if name not in names and not any(other.startswith(name) for other in names) and \
                    not name.startswith("r0i_fast_"):  # named by R0I_K
                yield f"line {number}: {name}"


def run(check):
    wrong, broken, lost = [], [], []
    tags = None
    for name, text in texts():
        tags = tags or {tag for tag, _, _ in book.chapters_of(book.read())}
        for pattern, instead in WORDS:
            wrong += [f"{name}:{text.count(chr(10), 0, m.start()) + 1}: {m.group()}, not {instead}"
                      for m in re.finditer(pattern, text, flags=re.I)]
        if name.endswith((".c", ".h", ".comp", ".glsl")):
            broken += orphans(name, text)
        if not name.endswith((".sh", "Makefile")) and not name.startswith(".ci"):
            lost += [f"{name}:{line}: >>{tag}" for line, tag in tags_of(name, text) if tag not in tags]
    check("one word for one thing, in American spelling", wrong)
    check("no comment ends in a line of one or two short words", broken)
    check("every >>tag is a chapter", lost)
    source = book.read()
    check("names in comments exist", lost_names(source[:source.rfind("\n// >>spirv")]))
    check("tags stand beside what is defined in their chapter", wrong_places(source))
