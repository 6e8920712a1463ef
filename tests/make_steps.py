"""Makes tests/data/tokenizers/steps.jsonl: small tokenizers of every kind of step, and what Hugging Face tokenizers
makes of difficult texts with them. Run: python tests/make_steps.py   (tokenizers 0.23.3)

A line is {"tokenizer": what tokenizer.json holds, "cases": [[text, ids], ..]}. Which steps meet is drawn at random,
from a fixed seed: splits by expression with all behaviors, inverted or not, Digits, Punctuation, ByteLevel; or
characters with and without bytes for those that are missing, Prepend, Replace, Metaspace of all schemes.
"""
import json
import os
import random
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers as steps

TEXTS = ["", "a", " a", "a b", "  a  b ", "1234 56,7!", "\u00e9\u65e5\u672c x", "a.b,,c!?", "it's 12:30", "\n\n a\tb\n",
         "xxxxx", "a\u2581b", "\u2581 a", "\u00bd \u00b2 \u2014 \u00abq\u00bb", "a<s>b", " <s>x<s> ", "a <n> b", "ABCdef",
         "\U0001f600 ok", "$5 + 6 ~ `x` ^_^ |", "1a2b3c", "   ", "a\u0301b", "don't", "---a--b-", "b1 ,.!\u00e9\u2581\n\u65e5A"]
PATTERNS = [Regex(r"\p{N}+"), Regex(r"\s+"), Regex(r"[\p{P}\p{S}]"), Regex(r"\w+"), Regex(r"\s+$"), Regex(r"^."),
            Regex(r"[a[bc]]+"), " ", ",", "\u2581"]
BEHAVIORS = ["isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next"]


def train(pieces, alphabet, count):
    """Byte-pair encoding of the pieces, the most frequent pair first, of equal ones the first in order."""
    vocab, words, merges = {c: i for i, c in enumerate(alphabet)}, [list(p) for p in pieces], []
    for _ in range(count):
        pairs = {}
        for word in words:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        if not pairs:
            break
        best = max(sorted(pairs), key=pairs.get)
        merges.append(best)
        vocab.setdefault("".join(best), len(vocab))
        for word in words:
            for i in range(len(word) - 2, -1, -1):
                if i + 1 < len(word) and (word[i], word[i + 1]) == best:
                    word[i:i + 2] = ["".join(best)]
    return vocab, merges


def over_bytes(r):
    parts = []
    for _ in range(r.randint(0, 2)):
        kind = r.random()
        if kind < .6:
            parts.append(steps.Split(r.choice(PATTERNS), r.choice(BEHAVIORS), r.random() < .4))
        elif kind < .8:
            parts.append(steps.Punctuation(r.choice(BEHAVIORS)))
        else:
            parts.append(steps.Digits(r.random() < .5))
    parts.append(steps.ByteLevel(add_prefix_space=r.random() < .3, use_regex=r.random() < .4))
    pre = steps.Sequence(parts)
    pieces = [piece for text in TEXTS for piece, _ in pre.pre_tokenize_str(text)]
    made = Tokenizer(models.BPE(*train(pieces, sorted(steps.ByteLevel.alphabet()), 24)))
    made.pre_tokenizer = pre
    return made


def over_characters(r):
    kind = r.choice(["llama", "gemma", "metaspace", "metaspace", "metaspace", "prepend"])
    bytes_too, norm, pre = r.random() < .6, None, None
    if kind == "llama":
        norm = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    if kind == "gemma":
        norm, pre = normalizers.Replace(" ", "\u2581"), steps.Split(" ", "merged_with_previous")
    if kind == "metaspace":
        pre = steps.Metaspace("\u2581", r.choice(["always", "first", "never"]), r.random() < .5)
    if kind == "prepend":
        norm = normalizers.Prepend("\u2581")
    alphabet = ["<unk>", "<s>"] + (["<0x%02X>" % b for b in range(256)] if bytes_too else [])
    alphabet += sorted({c for text in TEXTS for c in text if c < "\x80" or c in "\u2581\u00e9\u65e5"})
    pieces = []
    for text in TEXTS:
        text = norm.normalize_str(text) if norm else text
        pieces += [piece for piece, _ in pre.pre_tokenize_str(text)] if pre else [text]
    pieces = [[c for c in piece if c in alphabet] for piece in pieces]
    made = Tokenizer(models.BPE(*train(pieces, alphabet, 24), unk_token="<unk>", fuse_unk=r.random() < .5,
                                byte_fallback=bytes_too))
    if norm:
        made.normalizer = norm
    if pre:
        made.pre_tokenizer = pre
    return made


def main():
    r = random.Random(7)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "data", "tokenizers", "steps.jsonl"), "w", encoding="utf-8") as f:
        for i in range(16):
            made = (over_characters if i % 2 else over_bytes)(r)
            made.add_special_tokens([AddedToken("<s>", normalized=r.random() < .3, special=True, rstrip=r.random() < .2)])
            made.add_tokens([AddedToken("<n>", normalized=r.random() < .7, single_word=r.random() < .2)])
            cases = [[text, made.encode(text, add_special_tokens=False).ids] for text in TEXTS]
            line = {"tokenizer": json.loads(made.to_str()), "cases": cases}
            f.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
