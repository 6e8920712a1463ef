"""The code that README.md and the first screen of r0.h show must compile without warnings and run; the README must not
hold unfinished output, and what it says of commands and options must be true. Prints the counts at the end.

A C block of the README that has a main() is compiled, linked with build/r0.o and run in an empty folder beside r0.h,
with the tiny model at examples/tiny reachable; other C blocks are part of r0.h or of an example, and what the table of
stops names is there.
"""
import glob, os, re, shutil, subprocess, sys

sys.path.insert(0, "examples")
sys.dont_write_bytecode = True
import book

counts = {"passed": 0, "failed": 0, "skipped": 0}
here = os.getcwd()
folder = os.path.join(here, "build", "readme")


def check(what, problem=""):
    counts["failed" if problem else "passed"] += 1
    if problem:
        print(f"FAIL readme: {what}: {problem.strip()[:1500]}")


def run(command, seconds=300):
    try:
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"took more than {seconds} s"
    return "" if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout[-600:]}{done.stderr[-600:]}"


def compile_and_run(what, text, language):
    cc = os.environ.get("CC", "cc") if language == "c" else os.environ.get("CXX", "c++")
    standard = "-std=c11" if language == "c" else "-std=c++17 -x c++"
    name = f"{re.sub('[^a-z0-9]+', '_', what.lower())}_{language}"
    define = "#define R0_IMPLEMENTATION\n"
    check(f"{what} defines R0_IMPLEMENTATION", "" if define in text else "it does not")
    with open(f"{folder}/{name}.c", "w") as file:
        file.write(text.replace(define, "\n"))
    flags = f"{os.environ.get('CPPFLAGS', '')} {standard} -O1 -Wall -Wextra -pedantic -Werror"
    libs = "-lm -lpthread" + (" -ldl" if sys.platform == "linux" else "")
    problem = run(f"{cc} {flags} {name}.c -x none ../r0.o -o {name} {libs}")
    check(f"{what} compiles as {language}", problem)
    if not problem:
        check(f"{what} runs as {language}", run(f"./{name}"))


def title_program():
    """The indented program in the comment at the top of r0.h, from its #define to the brace that ends it."""
    head = open("r0.h").read().split("*/")[0]
    rows = [row[7:] for row in head.split("\n") if row.startswith("       ") or not row]
    found = re.search(r"#define R0_IMPLEMENTATION\n#include.*?\n}\n", "\n".join(rows), flags=re.S)
    return found.group() if found else None


def check_stops(readme):
    """The table of stops: each tag is a chapter, the function is defined in that chapter, and the test exists."""
    stops = re.findall(r"^\| (\d+)\. [^|]*\|[^|]*\| `>>(\w+)` \| `(\w+)` \| `(\w+)` \|$", readme, flags=re.M)
    check("twelve stops", "" if [int(s[0]) for s in stops] == list(range(1, 13)) else f"found {[s[0] for s in stops]}")
    places = book.Book(book.read()).where
    tests = "".join(open(f).read() for f in glob.glob("tests/test_*.c"))
    for number, tag, function, test in stops:
        found = places.get(function, {}).get("function")
        check(f"stop {number}: {function} stands in >>{tag}",
              "" if found and found[0] == tag else f"it is defined in {f'>>{found[0]}' if found else 'no chapter'}")
        check(f"stop {number}: {test}", "" if re.search(rf"^static void {test}\(test ", tests, flags=re.M) else
              "there is no such test")


def main():
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/examples")
    shutil.copy("r0.h", folder)
    if os.path.isdir("examples/tiny"):
        os.symlink(os.path.join(here, "examples/tiny"), f"{folder}/examples/tiny")
    readme = open("README.md").read()
    blocks = re.findall(r"^```c\n(.*?)^```", readme, flags=re.M | re.S)
    check("README has C code", "" if blocks else "no ```c block found")
    programs = [b for b in blocks if re.search(r"\bmain\(", b)]
    check("README has a program", "" if programs else "no ```c block with main()")
    for number, text in enumerate(programs, 1):
        compile_and_run(f"README program {number}", text, "c")
    everywhere = open("r0.h").read() + "".join(open(f).read() for f in glob.glob("examples/*.[ch]"))
    for text in (b for b in blocks if b not in programs):
        check("code that is shown is part of r0.h or of an example",
              "" if text.strip() in everywhere else text.strip().split("\n")[0])
    check_stops(readme)
    program = title_program()
    check("r0.h begins with a program", "" if program else "none found in the first comment")
    if program:
        compile_and_run("first screen of r0.h", program, "c")
        compile_and_run("first screen of r0.h", program, "c++")
    quoted = re.findall(r"^```\n\$ (build/r0 [^\n]*--help)\n(.*?)^```", readme, flags=re.M | re.S)
    check("README quotes the program's help", "" if quoted else "no block of build/r0 --help")
    for command, text in quoted:
        printed = subprocess.run(command.split(), capture_output=True, text=True).stdout
        wrong = [line for line in text.split("\n") if line not in printed.split("\n")]
        check(f"{command} prints what README shows", "" if printed == text else f"other lines: {wrong[:3]}")
    check("README has no unfinished output", "; ".join(l for l in readme.split("\n") if "TODO" in l))
    check("links lead somewhere", " ".join(
        path for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", readme) if not os.path.exists(path)))
    targets = set(" ".join(re.findall(r"^([a-z -]+):", open("Makefile").read(), flags=re.M)).split())
    check("make targets exist", " ".join(
        t for t in re.findall(r"`make ([a-z-]+)", readme) if t not in targets))
    sources = open("examples/r0.c").read() + "".join(open(f).read() for f in glob.glob("examples/*.h"))
    commands = set(re.findall(r"^    X\((\w+), ", sources, flags=re.M))
    check("commands exist", " ".join(c for c in re.findall(r"build/r0 ([a-z]+)", readme) if c not in commands))
    options = set(re.findall(r"build/r0[^\n`]* --([a-z-]+)", readme))
    check("options exist", " ".join(o for o in options if f'"{o}"' not in sources and f"--{o}" not in sources))


main()
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
