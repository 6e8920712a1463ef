"""Two ways to read r0.h, made from it and never edited. Standard library only.

    make chapters     build/chapters/01_title.c, 02_contents.c, ...: r0.h cut at its tags, for tools and for review;
                      one after the other they are r0.h, byte for byte
    make book         build/book.html: the chapters from >>title to >>transformer as one page, prose beside code

A chapter begins at its line `// >>tag` and the list at >>contents says which tags there are: nothing else is known here
of r0.h. In the book a comment that begins a line is prose, what follows it is code; every >>tag and every name that is
defined on the page is a link. No script, no picture, nothing from a network; it prints (A4, landscape).
"""
import html, os, re, sys

FIRST, LAST = "title", "transformer"  # what the book holds
PIECE = 256 << 10                     # bytes of a chapter's file at most; a larger chapter becomes several
WIDE = 76                             # columns of maths that fit beside code; what is wider stands above it


# -- cutting --

def read(path="r0.h"):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def chapters_of(source):
    """[(tag, what >>contents says of it, text)]; the texts, joined, are the source."""
    listed = re.findall(r"^//   >>(\w+)  +(\S.*)$", source, flags=re.M)
    if not listed:
        sys.exit("book: r0.h has no list of contents")
    starts = []
    for tag, _ in listed:
        found = [m.start() for m in re.finditer(rf"^// >>{tag}\b", source, flags=re.M)]
        if len(found) != 1:
            sys.exit(f"book: r0.h has {len(found)} lines that begin with // >>{tag}")
        starts.append(found[0])
    starts[0] = 0  # the first comment stands above the first tag
    if starts != sorted(starts):
        sys.exit("book: the chapters do not stand in the order of >>contents")
    ends = starts[1:] + [len(source)]
    return [(tag, about, source[a:b]) for (tag, about), a, b in zip(listed, starts, ends)]


def pieces_of(text):
    """The text in pieces of at most PIECE bytes, cut between lines."""
    pieces, size = [[]], 0
    for line in text.splitlines(keepends=True):
        length = len(line.encode())
        if size and size + length > PIECE:
            pieces.append([])
            size = 0
        pieces[-1].append(line)
        size += length
    return ["".join(piece) for piece in pieces]


def chapter_files(chapters):
    """[(file name, tag, text)] in order."""
    files = []
    for number, (tag, _, text) in enumerate(chapters, 1):
        pieces = pieces_of(text)
        for k, piece in enumerate(pieces, 1):
            files.append((f"{number:02}_{tag}{f'_{k}' if len(pieces) > 1 else ''}.c", tag, piece))
    return files


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def write_chapters(folder, chapters):
    os.makedirs(folder, exist_ok=True)
    files = chapter_files(chapters)
    for old in set(os.listdir(folder)) - {name for name, _, _ in files}:
        if re.fullmatch(r"\d\d_\w+\.c", old):
            os.remove(os.path.join(folder, old))
    for name, _, text in files:
        write(os.path.join(folder, name), text)
    return files


# -- reading C --

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<macro>(?<![^\n])[ \t]*\#[ \t]*\w+)
  | (?P<number>(?<![\w.])(?:\.?\d(?:[eEpP][+-]|[\w.])*))
  | (?P<name>[A-Za-z_]\w*)
  | (?P<other>\s+|.)""", re.S | re.X)

KEYWORDS = set("""if else for while do switch case default break continue return goto sizeof static const extern inline
    struct enum union typedef register volatile NULL true false""".split())
TYPES = set("""void char short int long float double signed unsigned bool size_t int8_t uint8_t int16_t uint16_t int32_t
    uint32_t int64_t uint64_t ptrdiff_t va_list FILE""".split())


def tokens_of(text):
    return [(m.lastgroup, m.group()) for m in TOKEN.finditer(text)]


def names_of(text, line):
    """[(kind, name, line)] of what stands at the top level of a text that begins at `line`: function (defined),
    prototype, type, macro."""
    found, depth, statement = [], 0, []

    def directive(m):
        define = re.match(r"[ \t]*#[ \t]*define[ \t]+(R0I?_\w+)", m.group())
        if define:
            found.append(("macro", define.group(1), line + text.count("\n", 0, m.start())))
        return re.sub(r"[^\n]", " ", m.group())

    at, text = line, re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    for kind, token in tokens_of(re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", directive, text, flags=re.M)):
        if kind in ("name", "other") and not token.isspace():
            if token == "}" and depth:
                depth -= 1
                if depth == 0 and not ends_later(statement):
                    statement = []
                    continue
            if depth == 0:
                statement.append((token, at))
            if token == "{":
                if depth == 0:
                    found += defined(statement)
                depth += 1
            elif token == ";" and depth == 0:
                found += declared(statement)
                statement = []
        at += token.count("\n")
    return found


def ends_later(statement):
    """After the } of a struct, an enum or an initializer comes more; after that of a function nothing does."""
    words = [word for word, _ in statement]
    return words[:1] in (["typedef"], ["struct"], ["enum"], ["union"]) or "=" in words


def name_before_arguments(statement):
    for (word, at), (following, _) in zip(statement, statement[1:]):
        if following == "(" and re.fullmatch(r"r0i?_\w+", word):
            return word, at
    return None


def defined(statement):
    words = [word for word, _ in statement]
    name = name_before_arguments(statement)
    if words[0] in ("typedef", "struct", "enum", "union") or "=" in words or not name:
        return []
    return [("function", *name)]


def declared(statement):
    words = [word for word, _ in statement]
    if words[0] == "typedef":
        if "(" in words and "{" not in words:  # typedef r0_status (*r0_name_fn)(...);
            i = words.index("(")
            return [("type", words[i + 2], statement[i + 2][1])] if words[i + 1] == "*" else []
        names = [(w, at) for w, at in statement if re.fullmatch(r"r0i?_\w+", w)]
        return [("type", *names[-1])] if names else []
    name = name_before_arguments(statement)
    return [("prototype", *name)] if name and "=" not in words else []


# -- rows: prose beside code --

def rows_of(text, line):
    """[(first line, comment lines, code lines)] of a chapter. A comment that begins a line and follows a line of code,
    or an empty one, begins a row."""
    rows, lines, block, ended = [], text.split("\n"), False, False
    for number, content in enumerate(lines, line):
        starts_block = not block and content.startswith("/*")
        prose = block or starts_block or content.startswith("//")
        if starts_block:
            block = True
        if not rows or ended or prose and rows[-1][2]:
            rows.append((number, [], []))
        rows[-1][1 if prose else 2].append(content)
        ended = block and content.rstrip().endswith("*/")
        block = block and not ended
    return rows


def stripped(comment):
    """The comment's lines without their slashes."""
    if comment[0].startswith("/*"):
        lines = "\n".join(comment)[2:].replace("*/", "").split("\n")
        return [line[3:] if line.startswith("   ") else line.lstrip() for line in lines]
    return [re.sub(r"^//+ ?", "", line) for line in comment]


def indent_of(line):
    return len(line) - len(line.lstrip())


def looks_laid_out(line, base):
    """Maths, a table or code: indented, or with columns."""
    return indent_of(line) - base >= 3 or re.search(r"\S {3,}\S", line) is not None


def parts_of(comment):
    """[(kind, lines)]: "tag", "heading", "text", "item" (of a list) or "pre" (kept as it is)."""
    parts, lines = [], stripped(comment)
    used = [indent_of(line) for line in lines if line.strip() and not line.startswith((">>", "-- "))]
    base = min(used, default=0)
    groups = [[]]
    for line in lines:
        if line.startswith(">>") or re.match(r"-- .* -+$", line):
            groups += [[line], []]
        elif line.strip():
            groups[-1].append(line)
        else:
            groups.append([])
    for group in filter(None, groups):
        if group[0].startswith(">>"):
            parts.append(("tag", group))
        elif re.match(r"-- .* -+$", group[0]):
            parts.append(("heading", group))
        else:
            laid_out = [looks_laid_out(line, base) for line in group]
            if 2 * sum(laid_out) > len(group):
                laid_out = [True] * len(group)
            for line, pre in zip(group, laid_out):
                kind = "pre" if pre else "item" if re.match(r" *(?:-|\d+\.) ", line) else "text"
                last = parts[-1][0] if parts and line is not group[0] else None
                if kind != "item" and (kind == last or last == "item" and kind == "text" and indent_of(line) > base):
                    parts[-1][1].append(line)
                else:
                    parts.append((kind, [line]))
    # Maths on both sides of an empty comment line belongs together.
    joined = []
    for kind, group in parts:
        if kind == "pre" and joined and joined[-1][0] == "pre":
            joined[-1][1].extend([""] + group)
        else:
            joined.append((kind, list(group)))
    return joined


# -- the page --

class Book:
    def __init__(self, source):
        self.all = chapters_of(source)
        tags = [tag for tag, _, _ in self.all]
        self.shown = self.all[tags.index(FIRST):tags.index(LAST) + 1]
        self.rest = self.all[tags.index(LAST) + 1:]
        self.tags = set(tags)
        self.first_line, self.where, line = {}, {}, 1
        for tag, _, text in self.all:
            self.first_line[tag] = line
            for kind, name, at in names_of(text, line):
                self.where.setdefault(name, {}).setdefault(kind, (tag, at))
            line += text.count("\n")
        shown = {tag for tag, _, _ in self.shown}
        # What a use of a name leads to, and what the name at that place leads back to.
        self.target, self.ids = {}, {}
        for name, places in self.where.items():
            here = {kind: at for kind, (tag, at) in places.items() if tag in shown}
            for kind in ("function", "type", "macro", "prototype"):
                if kind in here:
                    self.target.setdefault(name, self.anchor(kind, name))
                    self.ids[here[kind], name] = self.anchor(kind, name)
        self.made = set()

    @staticmethod
    def anchor(kind, name):
        return f"p-{name}" if kind == "prototype" else name

    # Where a name is defined, for the mouse.
    def hint(self, name):
        places = self.where[name]
        for kind in ("function", "type", "macro", "prototype"):
            if kind in places:
                return f"{kind} in >>{places[kind][0]}"

    def link(self, name, line=None):
        """The name as a link to its definition; where it stands in line `line` of code, perhaps as an anchor too."""
        text = html.escape(name)
        own = self.ids.get((line, name))
        anchor = ""
        if own and own not in self.made:
            self.made.add(own)
            anchor = f' id="{own}"'
        target = self.target.get(name)
        if own and target == own:  # here it is: back to its prototype, where there is one
            both = f"p-{name}"
            target = both if (both in self.ids.values() and both != own) else own
        if not target:
            return text
        return f'<a{anchor} href="#{target}" title="{html.escape(self.hint(name))}">{text}</a>'

    def prose(self, text):
        """Text with its tags, names and papers as links."""
        out, at = [], 0
        for m in re.finditer(r">>(\w+)|\barXiv (\d{4}\.\d{4,5})|`([^`\n]+)`|\b[Rr]0[Ii]?_\w+", text):
            out.append(html.escape(text[at:m.start()], quote=False))
            at = m.end()
            if m.group(1) and m.group(1) in self.tags:
                out.append(f'<a class="tag" href="#{m.group(1)}">&gt;&gt;{m.group(1)}</a>')
            elif m.group(2):
                out.append(f'<a href="https://arxiv.org/abs/{m.group(2)}">{m.group()}</a>')
            elif m.group(3):
                out.append(f"<code>{self.names(m.group(3))}</code>")
            elif m.group() in self.target:
                out.append(f"<code>{self.link(m.group())}</code>")
            else:
                out.append(html.escape(m.group(), quote=False))
        return "".join(out) + html.escape(text[at:], quote=False)

    def names(self, text):
        parts = re.split(r"([Rr]0[Ii]?_\w+)", text)
        return "".join(self.link(p) if i % 2 else html.escape(p, quote=False) for i, p in enumerate(parts))

    def code(self, lines, line):
        """Lines of code, colored."""
        out = []
        for kind, token in tokens_of("\n".join(lines)):
            if kind == "name":
                if token in KEYWORDS or token in TYPES:
                    out.append(f'<b class="{"k" if token in KEYWORDS else "t"}">{token}</b>')
                else:
                    out.append(self.link(token, line) if token in self.where else token)
            elif kind == "comment":
                parts = [f"<i>{self.prose(part)}</i>" if part else "" for part in token.split("\n")]
                out.append("\n".join(parts))
            elif kind == "other":
                out.append(html.escape(token, quote=False))
            else:
                name = {"string": "s", "macro": "m", "number": "n"}[kind]
                out.append(f'<b class="{name}">{html.escape(token, quote=False)}</b>')
            line += token.count("\n")
        return "".join(out)

    def heading(self, tag, about):
        number = [t for t, _, _ in self.all].index(tag) + 1
        return f'<h2 id="{tag}"><a href="#{tag}">&gt;&gt;{tag}</a> <small>{number}. {self.prose(about)}</small></h2>\n'

    def prose_parts(self, parts):
        out = []
        for kind, lines in parts:
            if kind == "tag":
                rest = re.sub(r"^>>\w+\s*", "", lines[0])
                out.append(f"<p>{self.prose(rest)}</p>" if rest else "")
            elif kind == "heading":
                out.append(f"<h3>{self.prose(lines[0].strip('- '))}</h3>")
            elif kind == "pre":
                least = min(indent_of(line) for line in lines if line.strip())
                text = "\n".join(self.prose(line[least:].rstrip()) for line in lines)
                out.append(f"<pre>{text}</pre>")
            else:
                text = " ".join(line.strip() for line in lines)
                out.append(f"""<p{' class="item"' if kind == "item" else ""}>{self.prose(text)}</p>""")
        return "\n".join(part for part in out if part)

    def row(self, first, comment, code):
        while code and not code[-1].strip():
            code = code[:-1]
        skipped = 0
        while skipped < len(code) and not code[skipped].strip():
            skipped += 1
        code = code[skipped:]
        parts = parts_of(comment) if comment else []
        left = self.prose_parts(parts)
        if not left and not code:
            return ""
        headings = [part for part in parts if part[0] == "heading"]
        widest = max((len(line) - indent_of(line) for what, lines in parts for line in lines if what == "pre"),
                     default=0)
        kind = "row" + (" alone" if not code else " wide" if widest > WIDE else "") + (" part" if headings else "")
        number = f'<a class="line" href="#L{first}">r0.h:{first}</a>'
        right = f'<pre class="code">{self.code(code, first + len(comment) + skipped)}</pre>' if code else ""
        return f'<section class="{kind}" id="L{first}"><div class="prose">{number}{left}</div>{right}</section>\n'

    def chapter(self, tag, about, text):
        out = [f"<article>\n{self.heading(tag, about)}"]
        for first, comment, code in rows_of(text, self.first_line[tag]):
            out.append(self.row(first, comment, code))
        return "".join(out) + "</article>\n"

    def page(self, files):
        nav = "".join(f'<a href="#{tag}">{tag}</a> ' for tag, _, _ in self.shown)
        out = [HEAD % (STYLE, nav)]
        out += [self.chapter(*chapter) for chapter in self.shown]
        out.append('<article id="rest"><h2>The rest of r0.h</h2>\n<p>What the chapters above stand on. '
                   "<code>make chapters</code> cuts every chapter into a file of its own.</p>\n<dl>\n")
        for tag, about, text in self.rest:
            links = " ".join(f'<a href="chapters/{name}">{name}</a>' for name, of, _ in files if of == tag)
            size = f"{text.count(chr(10)):,} lines from r0.h:{self.first_line[tag]}"
            out.append(f'<dt id="{tag}">&gt;&gt;{tag}</dt><dd>{self.prose(about)}<br><small>{size}: {links}</small>'
                       "</dd>\n")
        return "".join(out) + "</dl></article>\n</main></body></html>\n"


HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>r0.h, read from the top</title>
<style>
%s</style></head>
<body><nav>%s<a href="#rest">the rest</a></nav>
<main>
<h1>r0.h, read from the top</h1>
"""

# Beside each other from 1,240 px on (the code has 120 columns); below that prose stands above its code. Printed, both
# columns are kept, on landscape paper.
STYLE = """:root { --bg: #fdfdfb; --code: #f4f5f1; --text: #1d2129; --soft: #667080; --line: #dfe1da; --link: #0b57a4;
  --k: #7a3e9d; --s: #8a4b08; --n: #1b6e53; --m: #9a3324; --t: #2a6a7c; --i: #4c6b3f }
@media (prefers-color-scheme: dark) { :root { --bg: #14171c; --code: #1b1f26; --text: #dde1e8; --soft: #939cab;
  --line: #2f353f; --link: #7db8f5; --k: #c89bea; --s: #e0b07a; --n: #74cfae; --m: #f09a88; --t: #7cc4d8;
  --i: #9dbd8c } }
* { box-sizing: border-box }
html { color-scheme: light dark; scroll-padding-top: 48px; -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--bg); color: var(--text); font: 15.5px/1.5 Georgia, "Noto Serif", serif }
main { max-width: 1520px; margin: auto; padding: 8px 24px 80px }
nav { position: sticky; top: 0; z-index: 1; display: flex; gap: 16px; padding: 9px 24px; overflow-x: auto;
  background: var(--bg); border-bottom: 1px solid var(--line); font: 13px/1.5 system-ui, sans-serif;
  white-space: nowrap }
h1 { font-size: 1.7rem; margin: .8em 0 0 }
article:first-of-type h2 { margin-top: 1em }
h2 { font-size: 1.45rem; margin: 2.4em 0 .6em; padding-top: .5em; border-top: 3px solid var(--text) }
h2 small { font-weight: normal; font-size: 1rem; color: var(--soft) }
h3 { font-size: 1.08rem; margin: .4em 0 .5em }
p { margin: 0 0 .7em; overflow-wrap: anywhere }
.item { padding-left: 1.3em; text-indent: -1em; margin: -.3em 0 .6em }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
:target { background: color-mix(in srgb, var(--link) 18%, transparent) }
section:target, h2:target, dt:target { background: none; box-shadow: -4px 0 var(--link) }
pre, code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 11.5px }
p code, dd code { font-size: .84em }
pre { margin: 0 0 .8em; line-height: 1.45; overflow-x: auto; tab-size: 4 }
.row { padding: 10px 0; border-top: 1px solid var(--line) }
.row > .code { background: var(--code); padding: 10px 12px; border-radius: 6px; margin: 0; min-width: 0 }
.alone p, .wide p { max-width: 90ch }
.alone pre, .wide .prose pre { font-size: 13px }
.part { border-top: 2px solid var(--soft); margin-top: 18px }
article > .part:nth-child(2) { border-top: 1px solid var(--line); margin-top: 0 }
.line { float: right; margin-left: 12px; font: 11px/1.9 system-ui, sans-serif; color: var(--soft) }
.code b { font-weight: normal } .code i { font-style: normal; color: var(--i) }
.k { color: var(--k) } .t { color: var(--t) } .s { color: var(--s) } .n { color: var(--n) } .m { color: var(--m) }
.code a { color: inherit; border-bottom: 1px dotted color-mix(in srgb, var(--link) 60%, transparent) }
.code a[id] { color: var(--link); font-weight: 600; border: 0 }
dt { font-weight: 600; margin-top: .8em } dd { margin: 0 0 0 1.5em }
small { color: var(--soft) }
@media (min-width: 1240px) {
  .row { display: grid; grid-template-columns: minmax(0, 1fr) 864px; gap: 0 24px; align-items: start }
  .wide, .alone { display: block }
}
@media (max-width: 700px) {
  main { padding: 4px 14px 60px } nav { padding: 9px 14px } h2 { margin-top: 1.6em }
  .row > .code { margin: 0 -14px; border-radius: 0; padding: 10px 14px }
}
@page { size: A4 landscape; margin: 12mm 10mm }
@media print {
  :root { --bg: #fff; --code: #f4f5f1; --text: #000; --soft: #555; --line: #ccc; --link: #000 }
  body { font-size: 8.6pt } nav { display: none } main { max-width: none; padding: 0 }
  pre, code { font-size: 6.3pt } .line { font-size: 6pt } pre { overflow: visible; white-space: pre-wrap }
  article { break-before: page } article:first-of-type { break-before: auto } h2, h3 { break-after: avoid }
  .row { display: grid; grid-template-columns: minmax(0, 1fr) 168mm; gap: 0 5mm; align-items: start }
  .wide, .alone { display: block } .row > .code { padding: 4px 6px } p { orphans: 3; widows: 3 }
}
"""


def main():
    if sys.argv[1:] not in (["chapters"], ["book"]):
        sys.exit(__doc__)
    source = read()
    files = write_chapters("build/chapters", chapters_of(source))
    if sys.argv[1] == "chapters":
        print(f"build/chapters: {len(files)} files, the largest {max(len(t.encode()) for _, _, t in files) >> 10} KiB")
        return
    write("build/book.html", Book(source).page(files))
    print("build/book.html")


if __name__ == "__main__":
    main()
