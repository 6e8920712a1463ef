"""examples/python/r0.py beside the program: tokens per second of processor time, one thread, in turns.

    make build/r0 build/libr0.so && python3 bench/python.py [--model DIR] [--prompt TEXT] [--new 40] [--samples 4096]

Both draw the same completions. What starting and loading take is measured with one token each, and taken off. Table:
bench/decode.md.
"""
import argparse, os, resource, statistics, subprocess, sys

ASK = """
import sys
sys.path.insert(0, "examples/python")
import r0
with r0.Context(device="cpu", threads=1, cache_dtype="auto") as context:
    with context.load(sys.argv[1]) as model:
        made = model.generate(sys.argv[2], n=int(sys.argv[3]), max_new_tokens=int(sys.argv[4]))[0]
        print(sum(len(one.tokens) for one in made))
"""


def processor(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def main():
    parse = argparse.ArgumentParser()
    for name, default in (("model", "examples/tiny"), ("prompt", "[S]7+5-3+8-2<sep>"), ("new", 40), ("samples", 4096),
                          ("rounds", 7)):
        parse.add_argument(f"--{name}", default=default, type=type(default))
    o = parse.parse_args()
    program = ["build/r0", "--device", "cpu", "--threads", "1", "generate", "--model", o.model, "--prompt", o.prompt]

    def turn(samples, new):
        mine = processor([sys.executable, "-c", ASK, o.model, o.prompt, str(samples), str(new)])
        other = processor([*program, "--samples", str(samples), "--max-new", str(new)])
        tokens = int(mine[1].stdout), int(other[1].stderr.split(" tokens in ")[0].split()[-1])
        assert tokens[0] == tokens[1], f"other tokens: {tokens}"
        return mine[0], other[0], tokens[0]
    rows = []
    for _ in range(o.rounds):
        start, whole = turn(1, 1), turn(o.samples, o.new)
        rows.append([whole[2] / (whole[k] - start[k]) for k in (0, 1)])
        print(f"Python {rows[-1][0]:.0f}, program {rows[-1][1]:.0f} tokens/s: {rows[-1][0] / rows[-1][1]:.3f}",
              flush=True)
    best = [max(row[k] for row in rows) for k in (0, 1)]
    print(f"best: {best[0]:.0f}, {best[1]:.0f}, {best[0] / best[1]:.3f}; median of the ratios "
          f"{statistics.median(row[0] / row[1] for row in rows):.3f}")


os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
main()
