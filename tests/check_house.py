"""The house rules of r0.h, checked without a compiler. Each check names what it catches; prints the counts at the end.

    python3 tests/check_house.py [-v]     -v lists every function longer than 40 lines
"""
import glob, re, statistics, sys

sys.dont_write_bytecode = True
import check_words

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(what, problems):
    """One check: `problems` is a list of texts, empty when all is well."""
    problems = list(problems)
    counts["failed" if problems else "passed"] += 1
    for problem in problems[:12]:
        print(f"FAIL house: {what}: {problem}")
    if len(problems) > 12:
        print(f"FAIL house: {what}: ... and {len(problems) - 12} more")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def strip(text):
    """Comments, strings and character constants become blanks: what is left is code, on the same lines and columns."""
    token = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    return re.sub(token, blank, text, flags=re.S)


def strip_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.M)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def top_level(code):
    """The code with everything inside braces blanked, but for the braces themselves; extern "C" braces do not occur."""
    out, depth = [], 0
    for c in code:
        if c == "}":
            depth = max(0, depth - 1)
        out.append(c if depth == 0 or c == "\n" else " ")
        if c == "{":
            depth += 1
    return "".join(out)


def functions(code):
    """(name, first line, last line, declaration) of every function that is defined."""
    found, top = [], top_level(code)
    for m in re.finditer(r"([A-Za-z_][\w \t\n*(),\[\].]*?)\b(\w+)\s*\(([^;{}]*)\)\s*\{", top):
        if m.group(2) in ("enum", "struct", "union") or "=" in m.group():
            continue
        depth, end = 1, m.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        found.append((m.group(2), line_of(code, m.start(2)), line_of(code, end), " ".join(m.group(1).split())))
    return found


source = open("r0.h", encoding="utf-8").read()
lines = source.split("\n")
generated = source.rfind("\n// >>spirv")
hand = source[:generated] if generated > 0 else source
code = strip(hand)
# What >>kernels compiles once per instruction set: R0I_K(name) stands for r0i_<set>_name.
code = re.sub(r"(?<!define )R0I_K\((\w+)\)", lambda m: f"r0i_{m.group(1)}".ljust(len(m.group())), code)
plain = strip_preprocessor(code)
implementation = hand.index("#if defined(R0_IMPLEMENTATION)")
declared = functions(plain)


def check_contents():
    listed = re.findall(r"^//   >>(\w+)  +\S", source, flags=re.M)
    tags = re.findall(r"^// >>(\w+)\b", source, flags=re.M)
    check("the list of contents names the chapters, in order",
          [] if listed == tags else [f"listed {listed}, found {tags}"])
    check("every chapter is found once", {f">>{t} twice" for t in tags if tags.count(t) > 1})


def check_functions():
    public = set(re.findall(r"^R0_API\b[^;{]*?\b(\w+)\(", plain[:implementation], flags=re.M))
    defined = {f[0] for f in declared if f[3].startswith("R0_API")}
    check("public functions begin with r0_", [n for n in public | defined if not n.startswith("r0_")])
    check("public functions are declared and defined",
          [f"{n} is not defined" for n in sorted(public - defined)] +
          [f"{n} is not declared in >>api" for n in sorted(defined - public)])
    check("internal functions are static and begin with r0i_",
          [f"line {line}: {name}" for name, line, _, how in declared
           if not how.startswith("R0_API") and not ("static" in how and name.startswith("r0i_")) and
           not re.search(r"R0I_(THREAD_RESULT|INLINE|KERNEL)\b", how) and name != "R0I_FAST_OP"])
    check("public functions are documented in >>api", undocumented(public))
    names = [f[0] for f in declared]
    check("functions were found at all", [] if len(names) > 50 else [f"only {len(names)}: is the parser blind?"])


def undocumented(public):
    """A comment stands above a declaration or above the block (no empty line) that it is part of, or ends its line."""
    good = False
    for number, line in enumerate(lines[:line_of(hand, implementation)], 1):
        good = good and line.strip() != "" or line.startswith("//")
        m = re.match(r"R0_API\b.*?\b(\w+)\(", line)
        if m and m.group(1) in public and not good and "//" not in line:
            yield f"line {number}: {m.group(1)}"


# Names of compilers and systems that r0.h uses.
SYSTEM = (r"__BYTE_ORDER__|__ORDER_BIG_ENDIAN__|"
          r"__cplusplus|_WIN32|__GNUC__|__clang__|_MSC_VER|__has_include|__attribute__|__restrict|__STRICT_ANSI__|"
          r"__APPLE__|__linux__|__MINGW\w*|__USE_MINGW_ANSI_STDIO|__declspec|__FILE__|_SC_\w+|__has_builtin|"
          r"__x86_64__|_M_X64|__aarch64__|__ARM_\w+|__AVX\w*|__FMA__|__SSE\w*|__m\d+\w?|_mm\w*|_MM_\w+|__cpuid\w*|"
          r"_get_osfhandle|_filelengthi64|__O_NOFOLLOW|_xgetbv|__builtin_\w+|_Pragma|__asm__|__FAST_MATH__|__wasi__|__atomic_\w+|__ATOMIC_\w+|"
          r"_mkdir|_rmdir|_commit|_fileno|_getcwd|_unlink|_fseeki64|_ftelli64|_stat\w*|_findfirst\w*")


def check_names():
    names = re.finditer(r"(?<![#\w])_\w+|\b\w*__\w*", code)
    reserved = [f"line {line_of(code, m.start())}: {m.group()}" for m in names if not re.fullmatch(SYSTEM, m.group())]
    check("no names that C reserves (leading _ or __)", reserved)
    foreign = r"__USE_MINGW_ANSI_STDIO|WIN32_LEAN_AND_MEAN|NOMINMAX|VK_NO_PROTOTYPES"
    macros = [(m.group(1), m.start(1)) for m in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", code, flags=re.M)]
    check("macros begin with R0_ or R0I_", [f"line {line_of(code, at)}: {name}" for name, at in macros
                                            if not re.match(r"R0I?_", name) and not re.fullmatch(foreign, name)])
    typedef = r"^typedef\b[^;(]*?(?:\(\*(?=\w+\)))?(\w+)(?:\)\([^;]*\)|\[[^;]*\])?;"
    types = [(m.group(1), m.start(1)) for m in re.finditer(typedef, top_level(plain), flags=re.M)]
    check("types begin with r0_ or r0i_", [f"line {line_of(plain, at)}: {name}" for name, at in types
                                           if not re.match(r"r0i?_", name)])


def check_library():
    calls = r"\b(v?printf|puts|putchar|perror|exit|_Exit|quick_exit|abort|assert|raise|s?rand|system)\s*\("
    check("the library never prints, exits, aborts or asserts",
          [f"line {line_of(plain, m.start())}: {m.group(1)}" for m in re.finditer(calls, plain)] +
          [f"line {line_of(plain, m.start())}: {m.group()}" for m in re.finditer(r"\bstd(out|err|in)\b", plain)])
    check("every error has a text (only a failed allocation has set it already)",
          [f"line {line_of(plain, m.start())}: {m.group()}" for m in
           re.finditer(r"return R0_ERROR_(?!MEMORY)\w+;|(?<![=!]) = R0_ERROR_(?!MEMORY)\w+;", plain)])
    check("no global mutable state", mutable_state())
    opens = r"(?<![\w.>])(fopen|open|openat|CreateFile[AW]?|_w?fopen|_w?open)\s*\("
    door = [f"r0.h:{line_of(plain, m.start())}" for m in re.finditer(opens, plain)
            if chapter_at(line_of(plain, m.start())) != "platform"]
    for name in sorted(glob.glob("examples/*.[ch]")):
        text = strip(open(name, encoding="utf-8").read())
        door += [f"{name}:{line_of(text, m.start())}" for m in re.finditer(opens, text)]
    check("every file passes r0i_file_open or r0i_map_open of >>platform", door)
    own = (r"<(errno|float|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|time|dirent|fcntl|pthread|sched|"
           r"stdatomic|unistd|windows|direct|dlfcn|io|intrin|immintrin|arm_neon|cpuid|sys/\w+|vulkan/vulkan)\.h>|R0_HEADER_FILE")
    check("no header but those of C, the system and Vulkan",
          [f"line {line_of(code, m.start())}: {m.group(1)}" for m in
           re.finditer(r"^[ \t]*#[ \t]*include[ \t]+(\S+)", code, flags=re.M) if not re.fullmatch(own, m.group(1))])


def mutable_state():
    for m in re.finditer(r"\bstatic\b([^;{}=(]*)([;{=(])", plain):
        what = " ".join(m.group(1).split())
        if m.group(2) == "(" or not what:
            continue
        last = what.rsplit("*", 1)[1] if "*" in what else what
        if not re.search(r"\bconst\b", last if "*" in what else what):
            yield f"line {line_of(plain, m.start())}: static {what}"
    for m in re.finditer(r"^(?!typedef|struct|enum|union|static|extern|R0_API|return|else|case)([A-Za-z_][\w \t*]*\w\s*"
                         r"(?:\[[^\]]*\])*)\s*[=;]", top_level(plain), flags=re.M):
        if " " in m.group(1).strip():
            yield f"line {line_of(plain, m.start())}: {m.group(1).strip()}"


def check_text():
    files = ["r0.h"] + sorted(glob.glob("examples/*.[ch]") + glob.glob("tests/*.[ch]") + glob.glob("bench/*.[ch]") +
                              glob.glob("shaders/*.comp") + glob.glob("shaders/*.glsl"))
    wide, tabs, left = [], [], []
    for name in files:
        for number, line in enumerate(open(name, encoding="utf-8").read().split("\n"), 1):
            if len(line) > 120:
                wide.append(f"{name}:{number}: {len(line)} columns")
            if "\t" in line or line != line.rstrip():
                tabs.append(f"{name}:{number}")
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
                left.append(f"{name}:{number}: {line.strip()[:60]}")
    check("lines are at most 120 columns", wide)
    check("no tabs, no blanks at line ends", tabs)
    check("nothing is left to do", left)


def check_commands():
    table = set(re.findall(r"^    X\((\w+), ", open("examples/r0.c").read(), flags=re.M))
    files = {re.search(r"cmd_(\w+)\.h", name).group(1) for name in glob.glob("examples/cmd_*.h")}
    check("every examples/cmd_*.h is in the table of examples/r0.c", sorted(files - table))


def chapters():
    """(name, first line) of every chapter."""
    return [(m.group(1), line_of(source, m.start())) for m in re.finditer(r"^// >>(\w+)\b", source, flags=re.M)]


def chapter_at(line):
    return next((name for name, first in reversed(chapter_list) if first <= line), "title")


chapter_list = chapters()

# What a reader feels: lines by hand, comments included.
BUDGETS = {"evolve": 450, "challenger": 150, "vote": 220, "grpo": 600, "rollout": 480, "transformer": 750}
CORE, API, HAND = 2600, 950, 36_750
STEPS = ("r0i_challenger_step", "r0i_curation", "r0i_solver_step", "r0_grpo_update", "r0i_mini_batch",
         "r0i_micro_batch")


def check_budgets():
    """Catches: rooms that grow until the algorithm drowns in them again."""
    sizes = {name: after - first for (name, first), (_, after) in zip(chapter_list, chapter_list[1:])}
    core, hand_lines = sum(sizes[name] for name in BUDGETS), hand.count("\n")
    print(f"lines: core {core}, api {sizes['api']}, by hand {hand_lines}; " +
          ", ".join(f"{name} {size}" for name, size in sizes.items()))
    check("chapters keep their budgets", [f">>{n} has {sizes[n]} lines of {most}" for n, most in BUDGETS.items()
                                          if sizes[n] > most])
    check(f"the core has <= {CORE} lines", [f"{core}"] if core > CORE else [])
    check(f">>api has <= {API} lines", [f"{sizes['api']}"] if sizes["api"] > API else [])
    check(f"by hand r0.h has <= {HAND} lines", [f"{hand_lines}"] if hand_lines > HAND else [])


def check_one_page():
    """The loop, its phases and its steps stand in >>evolve, and what drowned them does not come back."""
    place = {name: (first, last) for name, first, last, _ in declared}
    steps = sum(place[name][1] - place[name][0] + 1 for name in STEPS)
    check("the six steps stand in >>evolve", [n for n in STEPS if chapter_at(place[n][0]) != "evolve"])
    check("the six steps have <= 90 lines together", [f"{steps}"] if steps > 90 else [])
    core = [(n, line) for n, line in enumerate(code.split("\n"), 1) if chapter_at(n) in BUDGETS]
    asked = [f"line {n}" for n, line in core for _ in re.findall(r"config\.reward\b|->baseline\b", line)]
    check("the core asks at most 3 times what pays", asked if len(asked) > 3 else [])
    alien = r"\.jsonl?\b|safetensors|(?<!lora_desc\.)\branks?\b|\b(ttrl|rent|intuitor|absolute[ _]zero)\b"
    check("no chapter of the core names a file, a JSON field, a rank or another paper",
          [f"line {n}: {m.group()}" for n, line in enumerate(lines, 1) if chapter_at(n) in BUDGETS
           for m in re.finditer(alien, line, flags=re.I)])


def uses():
    """{chapter: {chapter: names}}: whose functions and tables a chapter's code uses."""
    table = r"^static const [\w ]+?\**(?:const )?(\w+)(?:\[[^\]]*\])* = ?\{"
    body = re.sub(r"(?<!define )R0I_K\((\w+)\)", lambda m: f"r0ik_{m.group(1)}".ljust(len(m.group())), strip(hand))
    home = {name: chapter_at(first) for name, first, _, _ in reversed(functions(strip_preprocessor(body)))}
    home.update((m.group(1), chapter_at(line_of(body, m.start()))) for m in re.finditer(table, body, flags=re.M))
    found = {}
    for number, line in enumerate(body.split("\n"), 1):
        chapter = chapter_at(number)
        for name in re.findall(r"\br0i?k?_\w+", line) if chapter not in ("api", "cast") else ():
            if home.get(name, chapter) != chapter:
                found.setdefault(chapter, {}).setdefault(home[name], set()).add(name)
    return found


def check_circles():
    """No chapter calls back, by whatever way round, into one that calls it: every circle is named with what closes it."""
    arrows, state, circles = uses(), {}, []

    def visit(chapter, path):
        if state.get(chapter) == "done":
            return
        if chapter in path:
            ring = path[path.index(chapter):] + [chapter]
            circles.append(" -> ".join(ring) + ": " + "; ".join(
                f"{a} uses {', '.join(sorted(arrows[a][b])[:3])}" for a, b in zip(ring, ring[1:])))
            return
        for other in arrows.get(chapter, ()):
            visit(other, path + [chapter])
        state[chapter] = "done"

    for chapter in arrows:
        visit(chapter, [])
    check("chapters were found to use each other", [] if len(arrows) > 20 else [f"only {len(arrows)}: blind?"])
    check("no chapters call each other in a circle", circles)


def check_fields():
    """r0_evolve_set calls a field by its place in r0_evolve_config, as >>api says: its list is the struct's, no less."""
    api = strip("\n".join(lines[dict(chapter_list)["api"]:dict(chapter_list)["cast"]]))

    def places(struct, before=""):
        body = re.search(r"typedef struct " + struct + r" \{([^}]*)\}", api).group(1)
        for kind, names in re.findall(r"(\w+) (\w+[^;]*);", body):
            for name in re.findall(r"(\w+)(?:\[\d+\])?(?:,|$)", names):
                if f"typedef struct {kind} {{" in api:
                    yield from places(kind, before + name + ".")
                else:
                    yield before + name

    struct = {n for n in places("r0_evolve_config") if not n.endswith(".seed")}
    struct -= {"challenger.max_passes", "grpo.micro_responses"}
    table = re.search(r"define R0I_EVOLVE_FIELDS\(X\)(.*?\n)\n", hand, flags=re.S).group(1)
    listed = set(re.findall(r"X\(([\w.]+),", table))
    check("fields were found at all", [] if len(listed) > 60 else [f"only {len(listed)}: blind?"])
    check("r0_evolve_set takes what stands in r0_evolve_config", [f"{n} is in one of the two" for n in struct ^ listed])


def comment_ratios():
    """Comment lines per line of code: of everything by hand, and chapter by chapter. The models have 0.22 to 0.49."""
    chapter, rows = "title", {}
    for before, after in zip(hand.split("\n"), code.split("\n")):
        tag = re.match(r"// >>(\w+)", before)
        chapter = tag.group(1) if tag else chapter
        row = rows.setdefault(chapter, [0, 0])
        row[bool(after.strip())] += bool(before.strip())
    whole = sum(r[0] for r in rows.values()) / sum(r[1] for r in rows.values())
    return whole, {name: row[0] / row[1] for name, row in rows.items() if row[1]}


def check_lengths():
    lengths = sorted((last - first + 1, name) for name, first, last, _ in declared)
    sizes = [n for n, _ in lengths]
    median, p90 = statistics.median(sizes), sizes[int(.9 * len(sizes))]
    print(f"r0.h by hand: {hand.count(chr(10))} lines, {len(sizes)} functions, lengths: median {median:g}, p90 {p90}, "
          f"longest {lengths[-1][1]} ({lengths[-1][0]})")
    print("longest: " + ", ".join(f"{name} {n}" for n, name in lengths[:-9:-1]))
    whole, chapters = comment_ratios()
    print(f"comment lines per line of code: {whole:.2f}; " + ", ".join(f"{n} {r:.2f}" for n, r in chapters.items()))
    if "-v" in sys.argv:
        print("\n".join(f"  {n:4} {name}" for n, name in lengths[::-1] if n > 40))
    check("functions: median <= 15 lines", [] if median <= 15 else [f"{median}"])
    check("functions: nine of ten <= 55 lines", [] if p90 <= 55 else [f"{p90}"])
    check("functions: none above 130 lines", [f"{name} has {n}" for n, name in lengths if n > 130])


for part in (check_contents, check_functions, check_names, check_library, check_text, check_commands, check_lengths, check_budgets,
             check_one_page, check_circles, check_fields):
    part()
check_words.run(check)
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
