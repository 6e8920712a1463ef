"""Checks examples/tiny with Hugging Face's tokenizers and, if they are installed, transformers and torch.

    build/r0 tiny show 1 5000 | python3 tests/check_tiny.py

Documents are read from standard input. Catches: tokens that split, texts that do not survive, tags that can be
smuggled into a question, a config that is not the model that we mean.
"""
import re
import sys
from pathlib import Path

from tokenizers import Tokenizer

folder = str(Path(__file__).parent.parent / "examples" / "tiny")
tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
plain = Tokenizer.from_file(folder + "/tokenizer.json")
plain.encode_special_tokens = True  # special tokens are not parsed

pieces = re.compile(
    r"\[Q\]|\[S\]|</?question>|\\boxed\{|<eos>|<sep>|<pad>|Tom|Ann|Sam|Eva| has | gets | loses | pens| eggs| nuts|max|."
)
documents = tokens = longest = 0
for line in sys.stdin:
    text = line.rstrip("\n")
    encoded = tokenizer.encode(text, add_special_tokens=False)
    expected = ["Ġ" if p == " " else p for p in pieces.findall(text)]
    assert encoded.tokens == expected, (text, encoded.tokens)
    assert tokenizer.decode(encoded.ids, skip_special_tokens=False) == text, text
    assert encoded.tokens[-1] == "<eos>" and encoded.tokens[0] in ("[Q]", "[S]"), text
    if encoded.tokens[0] == "[S]":
        question = text[3 : text.index("<sep>")]
        assert plain.decode(plain.encode(question).ids, skip_special_tokens=False) == question, question
    documents, tokens, longest = documents + 1, tokens + len(encoded), max(longest, len(encoded))
assert documents >= 100, "give documents on standard input"

for bad in ("7+5}", "<question>7+5", "7+5</question>", "\\boxed{9", "[Q]7+5", "[S]7", "7+5<eos>", "7<sep>", "<pad>7", "x+1"):
    assert plain.decode(plain.encode(bad).ids, skip_special_tokens=False) != bad, bad
assert tokenizer.get_vocab_size() == 49
assert sorted(tokenizer.get_vocab().values()) == list(range(49))
print(f"{documents} documents, {tokens} tokens ({tokens / documents:.1f} each, at most {longest}), all as intended")

try:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
except ImportError:
    print("SKIP transformers: not installed")
    sys.exit()
auto = AutoTokenizer.from_pretrained(folder)
assert (auto.pad_token_id, auto.eos_token_id, len(auto)) == (0, 7, 49)
assert auto("[S]7+5<sep>")["input_ids"] == tokenizer.encode("[S]7+5<sep>").ids
model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
assert type(model).__name__ == "Qwen3ForCausalLM"
assert sum(p.numel() for p in model.parameters()) == 523456
print("transformers loads it: Qwen3ForCausalLM, 523,456 parameters")
