"""`make chapters` and `make book` (examples/book.py). Catches: a cut that loses a byte, a chapter too large for tools
that stop at 1 MiB, a link that leads nowhere, a tag or a function that is no link, a comment or a line of code that the
page lost, markup that does not nest, anything that a browser would have to fetch. Prints the counts at the end."""
import html.parser, os, re, sys

sys.path.insert(0, "examples")
sys.dont_write_bytecode = True
import book

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(what, problems):
    problems = list(problems)
    counts["failed" if problems else "passed"] += 1
    for problem in problems[:8]:
        print(f"FAIL book: {what}: {problem}")
    if len(problems) > 8:
        print(f"FAIL book: {what}: ... and {len(problems) - 8} more")


class Page(html.parser.HTMLParser):
    """What the tests ask of a page."""
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.ids, self.links = [], [], [], []
        self.code, self.prose, self.tags = [], [], []  # text within <pre class="code">, within .prose; links to tags
        self.feed(text)
        self.faults += [f"{tag} is never closed" for tag, _ in self.open]

    def handle_starttag(self, tag, attributes):
        got = dict(attributes)
        self.ids += [got["id"]] if "id" in got else []
        self.links += [got["href"]] if "href" in got else []
        self.faults += [f"{tag} loads {value}" for name, value in attributes if name in ("src", "srcset", "data")]
        self.faults += [f"a <{tag}>"] if tag in ("script", "link", "img", "iframe", "object") else []
        if tag not in ("meta", "br"):
            self.open.append((tag, got.get("class") or ""))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()

    def handle_data(self, text):
        classes = [name for _, name in self.open]
        if ("a", "line") in self.open:
            return
        if "code" in classes:
            self.code.append(text)
        elif "prose" in classes:
            self.prose.append(text)
        if ("a", "tag") in self.open:
            self.tags.append(text)


def words(text):
    """What is left of a text when layout, comment marks and quotes of code are gone."""
    return re.sub(r"[\s`/*-]+", "", text)


def check_chapters(source, folder):
    files = book.write_chapters(folder, book.chapters_of(source))
    joined = b"".join(open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder)))
    check("the chapters, one after the other, are r0.h", [] if joined == open("r0.h", "rb").read() else ["they differ"])
    check("names sort as the chapters stand", [] if [f[0] for f in files] == sorted(f[0] for f in files) else ["no"])
    check("no file is near 1 MiB", [f"{name}: {len(text.encode())} bytes" for name, _, text in files
                                    if len(text.encode()) > 512 << 10])
    return files


def check_page(source, files):
    made = book.Book(source)
    page = Page(made.page(files))
    check("markup nests and loads nothing", page.faults)
    check("no style fetches", re.findall(r"@import|url\([^)]*\)", book.STYLE))
    ids, names = set(page.ids), {name for name, _, _ in files}
    check("every anchor stands once", [] if len(page.ids) == len(ids) else [f"{len(page.ids)} for {len(ids)} places"])
    check("every link resolves", [link for link in page.links if not (
        link[1:] in ids if link.startswith("#") else re.sub(r"^chapters/", "", link) in names or
        re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{4,5}", link))])
    shown = "".join(text for _, _, text in made.shown)
    heads = [f">>{tag}" for tag, _, _ in made.shown]
    mentioned = [tag for tag in re.findall(r">>\w+", shown) if tag[2:] in made.tags]
    check("every >>tag is a link", [] if sorted(mentioned) == sorted(page.tags + heads) else
          [f"{len(mentioned)} in the chapters, {len(page.tags + heads)} on the page"])
    return made, page, shown


def check_names(made, page):
    """Every function of the book's chapters, found by a simpler look at the lines, is an anchor and is linked to."""
    defined = set()
    for _, _, text in made.shown:
        defined |= set(re.findall(r"^(?:static|R0_API)[\w *]*[ *](r0i?_\w+)\([^;{}]*\)\n\{", text, flags=re.M))
    check("functions were found", [] if len(defined) > 100 else [str(len(defined))])
    ids, linked = set(page.ids), {link[1:] for link in page.links}
    check("every function is an anchor", sorted(defined - ids))
    check("every function is linked to", sorted(defined - linked))
    calls = sum(len(re.findall(r"\b%s\(" % name, text)) for name in sorted(defined)[::9] for _, _, text in made.shown)
    links = sum(page.links.count("#" + name) + page.links.count("#p-" + name) for name in sorted(defined)[::9])
    check("every call of a function is a link", [] if links >= calls else [f"{calls} calls, {links} links"])


def check_nothing_lost(page, shown):
    rows = book.rows_of(shown, 1)
    want, got = (re.sub(r"[\s`]", "", "".join(text)) for text in
                 ((line for _, _, lines in rows for line in lines), page.code))
    check("no code is lost", [] if want == got else ["the page's code is not r0.h's"])
    # The tag's own line is the heading of the chapter.
    prose = "\n".join(re.sub(r"^// >>\w+", "", line) for _, lines, _ in rows for line in lines)
    want, got = words(prose), words("".join(page.prose))
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
    check("no comment is lost", [] if want == got else [f"...{want[max(0, at - 40):at + 40]}... is not "
                                                        f"...{got[max(0, at - 40):at + 40]}..."])


def main():
    source = book.read()
    files = check_chapters(source, "build/test_chapters")
    made, page, shown = check_page(source, files)
    check_names(made, page)
    check_nothing_lost(page, shown)


main()
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] != 0)
