"""Makes the small tokenizers under tests/data/tokenizers and their goldens, with Hugging Face tokenizers and Jinja2.

Each folder is an ordinary Hugging Face folder: the pre-tokenizer expressions, normalizers, post-processors, added
tokens and chat templates of the families that r0 reads, over a vocabulary of a few hundred tokens trained on the texts
below. golden.jsonl holds {"text", "ids", "decoded"} (special tokens in the text parsed, none added), golden_special.jsonl
the same with those that the folder adds, decode.jsonl {"ids", "text"}, chat_golden.jsonl {"messages",
"add_generation_prompt", "text"}. Run: python tests/make_tokenizers.py
"""
import json
import os
import random
import unicodedata

import jinja2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "tokenizers")

TRAINING = """
Question: Tom has 7 apples, buys 15 more and gives away 8. How many apples does Tom have now? He has 7+15-8=14 apples.
Let x and y be real numbers with x+y=10 and xy=21. Then x^2+y^2=(x+y)^2-2xy=100-42=58, so the answer is \\boxed{58}.
We'll show that it's true for every n; they're equal, I'm sure, and that's what we've proved. You'd see it, wouldn't you?
The sum of the first 100 numbers is 5050. The product 1234*5678 is 7006652. In 2024 there were 366 days.
def solve(a, b):
    for i in range(10):
        if a[i] == b[i]:
            return {"answer": a[i] + 1}

Die Straße führt über die Brücke. L'été est déjà fini. El niño comió piñas. Привет, как дела? 数学的问题很难。答案是三。
""" * 3

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")

CHATML = """{%- if messages[0]['role'] != 'system' %}
    {{- '<|im_start|>system\\nYou solve problems and write \\\\boxed{}.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {{- "<|im_start|>" + message['role'] + "\\n" + message["content"] + "<|im_end|>" + "\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
# Answers before the last question lose their thoughts, later ones show them in one form: the rule of Qwen3.
CHATML_THINK = """{%- set ns = namespace(last_query_index=messages|length - 1, found=false) %}
{%- for message in messages[::-1] %}
    {%- set tool = message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>') %}
    {%- if not ns.found and message.role == 'user' and not tool %}
        {%- set ns.found = true %}
        {%- set ns.last_query_index = messages|length - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in message.content %}
            {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
            {%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
# The same rule with a variable of its own for the content, as later templates have it.
CHATML_LATER = """{%- set ns = namespace(last_query_index=messages|length - 1, found=false) %}
{%- for message in messages[::-1] %}
    {%- set tool = message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>') %}
    {%- if not ns.found and message.role == 'user' and not tool %}
        {%- set ns.found = true %}
        {%- set ns.last_query_index = messages|length - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}{%- set content = message.content %}{%- endif %}
    {%- if message.role == 'assistant' %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in content %}
            {%- set later = content.split('</think>')[-1].lstrip('\\n') %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = later %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
HEADERS = """{%- for message in messages %}
    {%- set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' %}
    {%- if loop.first %}{%- set content = bos_token + content %}{%- endif %}
    {{- content }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
"""
# Llama 3.1: knowledge cut-off and a date stand in front of the system message.
DATED = """{{- bos_token }}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- set system_message = "" %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
"""


def special(*names):
    return [AddedToken(n, special=True, normalized=False) for n in names]


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(pre, normalizer, size):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    t.train_from_iterator([TRAINING], trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=[], show_progress=False))
    return t


def make_gpt2():
    t = train(pre_tokenizers.ByteLevel(add_prefix_space=False), None, 420)
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.add_special_tokens(special("<|endoftext|>"))
    return t, CHATML_LATER, {}


def make_qwen():
    t = train(split(QWEN), normalizers.NFC(), 480)
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_start|"))
    t.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False),
                  AddedToken("we\u0323", normalized=True), AddedToken(" end", normalized=False, rstrip=True),
                  AddedToken("<l>", normalized=False, lstrip=True), AddedToken("word", normalized=True, single_word=True)])
    return t, CHATML_THINK, {"eos_token": "<|im_end|>", "bos_token": None}


def make_llama():
    t = train(split(LLAMA), None, 480)
    t.model.ignore_merges = True
    t.add_special_tokens(special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"))
    bos = "<|begin_of_text|>"
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=bos + " $A", pair=bos + " $A " + bos + ":1 $B:1",
                                      special_tokens=[(bos, t.token_to_id(bos))])])
    return t, HEADERS, {"bos_token": {"content": bos, "special": True}, "eos_token": "<|eot_id|>"}


def make_prefix():
    """Odd but legal: digits on their own first, a space put in front, something behind the text, a chat template."""
    t = train(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                       pre_tokenizers.ByteLevel(add_prefix_space=True)]), None, 400)
    t.add_special_tokens(special("<s>", "</s>", "<|im_start|>", "<|im_end|>"))
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(n, t.token_to_id(n)) for n in ("<s>", "</s>")])
    return t, CHATML, {"bos_token": "<s>"}


def make_chars():
    """The shape of the tiny model's vocabulary: single characters, no merges, the rest added tokens."""
    letters = "0123456789+-*=;,.?:abcdefghijklmnopqrstuvwxyzT "
    byte_level = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(c)[0][0] for c in letters]
    t = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(byte_level)}, merges=[]))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(special("<pad>", "<eos>", "<sep>"))
    t.add_tokens([AddedToken(n, normalized=False) for n in
                  ("[Q]", "[S]", "<question>", "</question>", "\\boxed{", "}", " has ", " gets ", " loses ", "Tom")])
    return t, DATED, {"bos_token": "<sep>", "eos_token": "<eos>", "pad_token": "<pad>"}


HARD = [
    "", " ", "  ", "\n", "\r\n", " \n \n", "a", "it's", "IT'S", "It'\u017f", "we'LL don't", "'s", " 's", "''s", "x'y",
    "Hello, world!", "  leading", "trailing  ", "a  b   c    d", "tab\tand\u00a0nbsp\u2003em\u3000wide", "line\n\n\nline", "x \n y",
    "1", "12", "123", "1234", "1234567890", "3.14159", "1,000,000", "\u0661\u0662\u0663\u0664", "\u00bd\u00b2\u2167", "x2y3",
    "caf\u00e9", "cafe\u0301", "e\u0323\u0302", "e\u0302\u0323", "\u1e69 s\u0323\u0307 s\u0307\u0323", "\u212b A\u030a \u00c5", "\u0344",
    "\ud55c\uae00 \u1112\u1161\u11ab \u1112\u1161", "\uf900\u2f81a", "\u0958 \u0915\u093c", "\ufb01 \ufb03", "\u0301start",
    "\u6570\u5b66\u7684\u95ee\u9898", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u0645\u0631\u062d\u0628\u0627", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\U0001f600\U0001f44d\U0001f3fd", "\U0001d7d8\U0001d400",
    "<|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "<|im_start|", "<|im_start", "<|im_end|><|im_end|>", "a<|eot_id|>b",
    "<think>\n\n</think>\n\nyes", "<think", "</think></think>", " end  of", "x end\n\ny", "a  <l> b", "\n<l>", "<l><l>",
    "word", "words", "a word.", "sword", "word_", "(word)", "word\u0301", "w\u1eb9s", "a we\u0323 b", "we", "we\u0323\u0301",
    "<s>x</s>", "\\boxed{\\frac{1}{2}}", "$x^{2}+y_{1}$", "!!??..", "...\n\n", "a.b,c;d", "({[<>]})", "->=>==!=", "#include <x.h>",
    "def f(x):\n    return x**2\n", "\u200b\u200d\ufeff\ufffd", "\x00\x01\x7f\x80", "e" * 70, "ab" * 50, " " * 70, "\n" * 20, "7" * 31,
    TRAINING[:400],
    " end end  end", " end \n end", "word\u200d word", "\u200cword", "e\u07fd\u0323", "o\u0301\u1df6\u0323", "\U00011938 \U00011935\U00011930",
]
TINY = ["[S]7+5-3<sep>7+5=12;12-3=9;\\boxed{9}<eos>", "[Q]<question>a=5;b=a+3;b?</question>\\boxed{8}<eos><pad><pad>",
        "Tom has 7 eggs, gets 5, loses 3.", " has  has ", "Tom", "T", "T om", " has", "}", "", " ", "\\boxed{\\boxed{}}", "12345"]


def random_texts(seed, count):
    """Text where the rules meet: every class, marks that compose, pieces of special tokens."""
    r = random.Random(seed)
    pools = [list("abcstmdlrvESTMDLRV"), list(" \n\r\t\u00a0\u2003\u2028\u3000\x85"), list("0123456789\u0663\u2167\u0967"),
             list("'\"!?.,-_(){}<>|/\\=+*^$"), [chr(c) for c in (0x300, 0x301, 0x302, 0x307, 0x308, 0x323, 0x327, 0x328, 0x345, 0x5b0, 0x94d, 0x3099)],
             list("e\u00e9o\u00fc\u00dfn\u00f1A\u00c5\u03a9\u0416\u0561\u05d0\u0639\u0915\u3042\u6f22\ud55c\u1112\u1161\u11ab\u017f"),
             ["<|im_start|>", "<|im_end|>", "<think>", "word", " end", "<l>", "w\u1eb9", "we\u0323", "'ll", "'RE", "\r\n", "  ", "<|eot_id|>", "the", " answer"]]
    out = []
    for _ in range(count):
        weights = [r.random() ** 2 for _ in pools]
        out.append("".join(r.choice(r.choices(pools, weights)[0]) for _ in range(r.choice([2, 4, 8, 16, 30]))))
    return out


CHATS = [
    [("user", "What is 2+2?")],
    [("system", "Reason step by step."), ("user", "What is 2+2?")],
    [("system", "A"), ("user", "  two spaces  \n"), ("assistant", "4\n"), ("user", "\u3000Sure?\u00a0")],
    [("user", "q"), ("assistant", "<think>\nhm\n\n</think>\n\nfour"), ("user", "and 3+3?")],
    [("user", "q"), ("assistant", "<think>\nhm\n</think>\n\nfour")],
    [("user", "q"), ("assistant", "four")],
    [("user", "q"), ("assistant", "<think>a</think>b"), ("assistant", "c</think>\nd"), ("assistant", "plain")],
    [("user", "q"), ("assistant", "</think>odd</think>\n\nend"), ("user", "r")],
    [("user", "q"), ("assistant", "<think>x</think>y"), ("user", "<tool_response>z</tool_response>")],
    [("assistant", "first"), ("assistant", "second")],
    [("system", "s"), ("system", "t"), ("user", "")],
]


def chats(template, config):
    env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    bos = config.get("bos_token")
    bos = bos["content"] if isinstance(bos, dict) else bos
    for chat in CHATS:
        messages = [{"role": r, "content": c} for r, c in chat]
        for prompt in (True, False):
            text = env.from_string(template).render(messages=messages, add_generation_prompt=prompt, bos_token=bos)
            yield {"messages": messages, "add_generation_prompt": prompt, "text": text}


def write(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=True) + "\n")


def golden(t, text, add):
    e = t.encode(text, add_special_tokens=add).ids
    return {"text": text, "ids": e, "decoded": t.decode(e, skip_special_tokens=False)}


def main():
    makers = {"gpt2": make_gpt2, "qwen": make_qwen, "llama": make_llama, "prefix": make_prefix, "chars": make_chars}
    for seed, (name, make) in enumerate(makers.items()):
        folder = os.path.join(HERE, name)
        os.makedirs(folder, exist_ok=True)
        t, template, config = make()
        text = json.loads(t.to_str())
        if name == "gpt2":  # the older way to write merges
            text["model"]["merges"] = [" ".join(m) for m in text["model"]["merges"]]
        if name != "llama" and template:
            config["chat_template"] = template
        with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as f:
            json.dump(text, f, ensure_ascii=False, separators=(",", ":"))
        with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as f:
            json.dump(config, f, indent=1)
        if name == "llama":
            with open(os.path.join(folder, "chat_template.jinja"), "w", encoding="utf-8") as f:
                f.write(template)
        t = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        texts = TINY if name == "chars" else HARD + random_texts(seed, 150)
        write(os.path.join(folder, "golden.jsonl"), [golden(t, x, False) for x in texts])
        write(os.path.join(folder, "golden_special.jsonl"), [golden(t, x, True) for x in texts[:20]])
        r = random.Random(seed)
        ids = [i for i in range(t.get_vocab_size()) if (t.id_to_token(i) or "").isascii() or i < 256]
        rows = [[r.choice(ids) for _ in range(r.choice([1, 2, 5, 20]))] for _ in range(60)]
        write(os.path.join(folder, "decode.jsonl"), [
            {"ids": x, "text": t.decode(x, skip_special_tokens=False), "skipped": t.decode(x, skip_special_tokens=True)} for x in rows])
        if template:
            write(os.path.join(folder, "chat_golden.jsonl"), chats(template, config))


if __name__ == "__main__":
    main()
