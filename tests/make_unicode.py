"""Makes the Unicode tables at the end of chapter >>tokenizer in r0.h, and the checksums that the tests hold them to.

All is what Hugging Face tokenizers do. Categories come from the Oniguruma inside them (Unicode 16.0), so that pieces
split exactly as theirs do. Normal forms come from their own tables, which are those of Unicode 9.0: canonical
decompositions, compositions and combining classes are read from Python's unicodedata where tokenizers know them, too,
and a mark or a decomposition that is younger counts for nothing. Run: python tests/make_unicode.py

The stream, base85 of variable-length integers (7 bits a byte, low first):
  runs:           count, then length * 32 + class for runs of equal class that cover 0..0x10FFFF
  marks:          count, then gap, length, combining class for runs with class > 0
  decompositions: count, then delta * 3 + kind (0 one code point, 1 two that compose again, 2 two that do not),
                  then zigzag deltas of the first and of the second code point against the previous ones
"""
import os
import unicodedata
from tokenizers import Regex, normalizers, pre_tokenizers

HERE = os.path.dirname(os.path.abspath(__file__))
ROW = 110
CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


NFC, NFD = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str


def varint(n):
    out = []
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return out + [n]


def zigzag(n):
    return varint(2 * n if n >= 0 else -2 * n - 1)


# Classes in the order of r0i_class, 0 being what has none (unassigned, surrogates): general categories, of which Nw, Sw
# and Space are parts of No, So and Cc: what counts for \w although it is a number or a symbol, and white space.
NAMES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Nw Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Sw Zs Zl Zp Cc Space Cf Co").split()


def matches(pattern):
    """The code points that an expression of tokenizers matches: what is left out when they are removed."""
    text = "".join(map(chr, CODES))
    out, end = [], 0
    for _, (begin, stop) in pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text):
        out += CODES[end:begin]
        end = stop
    return out + CODES[end:]


def classes():
    table = bytearray(0x110000)
    category = {name: set(matches(r"\p{%s}+" % name)) for name in NAMES if len(name) == 2 and name[1] != "w"}
    space, word, digit = (set(matches(r"\%s+" % name)) for name in "swd")
    category["Nw"], category["Sw"] = category["No"] & word, category["So"] & word
    category["Space"] = category["Cc"] & space
    for whole, part in ("No", "Nw"), ("So", "Sw"), ("Cc", "Space"):
        category[whole] -= category[part]
    union = lambda names: set().union(*(category[name] for name in names.split()))
    assert space == union("Zs Zl Zp Space") and digit == category["Nd"]
    assert word == union("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl Nw Pc Sw")
    for k, name in enumerate(NAMES, 1):
        for c in category[name]:
            assert not table[c]
            table[c] = k
    return table


def runs(table):
    out, start = [], 0
    for c in range(1, len(table) + 1):
        if c == len(table) or table[c] != table[start]:
            out.append((start, c - start, table[start]))
            start = c
    return out


def combining_class(c):
    """Python's, if tokenizers order the mark: behind a higher class, or in front of a lower one."""
    k = unicodedata.combining(chr(c))
    text = "\u0345" + chr(c) if k < 240 else chr(c) + "\u0334"  # classes 240 and 1
    return k if k and NFD("a" + text) != "a" + text else 0


def decompositions():
    out = []
    for c in CODES:
        text = unicodedata.decomposition(chr(c))
        if not text or text[0] == "<" or NFD(chr(c)) == chr(c):
            continue
        parts = [int(x, 16) for x in text.split()]
        assert NFD(chr(c)) == unicodedata.normalize("NFD", chr(c))
        back = NFC("".join(map(chr, parts))) == chr(c)
        assert len(parts) == 2 or not back
        out.append((c, 0 if len(parts) == 1 else 1 if back else 2, parts))
    return out


def stream(table):
    out = []
    everything = runs(table)
    out += varint(len(everything))
    for _, length, k in everything:
        out += varint(length * 32 + k)
    combining = bytearray(0x110000)
    for c in CODES:
        combining[c] = combining_class(c)
    marks = [r for r in runs(combining) if r[2]]
    out += varint(len(marks))
    end = 0
    for start, length, k in marks:
        out += varint(start - end) + varint(length) + varint(k)
        end = start + length
    rows = decompositions()
    out += varint(len(rows))
    code, before = 0, [0, 0]
    for c, kind, parts in rows:
        out += varint((c - code) * 3 + kind)
        for i, part in enumerate(parts):
            out += zigzag(part - before[i])
            before[i] = part
        code = c
    return bytes(out)


def base85(data):
    data += bytes(-len(data) % 4)
    out = ""
    for i in range(0, len(data), 4):
        n = int.from_bytes(data[i:i + 4], "big")
        out += "".join(chr(35 + n // 85 ** k % 85) for k in (4, 3, 2, 1, 0))
    return out.replace("\\", "x").replace("?", "y")  # neither escapes nor trigraphs


def fnv(data, h=0xCBF29CE484222325):
    for b in data:
        h = (h ^ b) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


def checksums(table):
    """What tests/test_tokenizer.c recomputes: classes of all code points, NFC of each, NFC of each between marks."""
    single = fnv("".join(NFC(chr(c)) for c in CODES).encode())
    around = fnv("".join(NFC("e" + chr(c) + "\u0323\u0301") for c in CODES).encode())
    return fnv(bytes(table)), single, around


def main():
    table = classes()
    text = base85(stream(table))
    lines = ['    "%s",' % text[i:i + ROW] for i in range(0, len(text), ROW)]
    begin, end = "// (unicode tables: generated by tests/make_unicode.py)\n", "// (end of the unicode tables)\n"
    path = os.path.join(HERE, "..", "r0.h")
    header = open(path, encoding="utf-8").read()
    head, rest = header.split(begin)
    tail = rest.split(end)[1]
    block = "static const char *const r0i_unicode_rows[] = {\n" + "\n".join(lines) + "\n};\n"
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + begin + block + end + tail)
    with open(os.path.join(HERE, "data", "tokenizers", "unicode.json"), "w") as f:
        names = ("classes", "nfc", "nfc_marks")
        f.write("{%s}\n" % ", ".join('"%s": "%016x"' % x for x in zip(names, checksums(table))))
    print(len(lines), "rows")


main()
