#!/usr/bin/env python3
"""Checks the relative links of Markdown files: links.py [FILE...], in the repository by default those of the documentation.

A link must lead to a file of the repository, and its anchor to a heading there, with the anchors that Git hosts make. Each
line of a table whose last column is headed `test` must name a test, as `Suite.function`, or a target of the Makefile.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "captures/README.md", "docs/verdicts.md", "Examples/README.md"]
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.M | re.S)


def documents():
    """The Markdown files with links that a Git host shows."""
    catalog = sorted((ROOT / "Sources/tcpalive/Documentation.docc").glob("*.md"))
    return [path for path in (ROOT / name for name in DOCUMENTS) if path.exists()] + catalog


def headings(text):
    """The headings of a Markdown text by their anchor on a Git host."""
    found = {}
    for title in re.findall(r"^#+ +(.+?) *$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M):
        title = re.sub(r"[`*]", "", title)
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        repeated = anchor
        number = 0
        while repeated in found:
            number += 1
            repeated = f"{anchor}-{number}"
        found[repeated] = title
    return found


def links(text):
    """The relative links of a Markdown text outside code: (path, anchor, match)."""
    code = [match.span() for match in CODE.finditer(text)]
    for match in LINK.finditer(text):
        inside = any(start <= match.start(3) < end for start, end in code)
        if not inside and not re.match(r"[a-z]+:", match[3]):
            path, _, anchor = match[3].partition("#")
            yield path, anchor, match


def tests():
    """The names of all tests, as Suite.function, and of the targets of the Makefile, as `make target`."""
    found = {f"make {target}" for target in re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)}
    for path in (ROOT / "Tests").rglob("*.swift"):
        suite = None
        for line in path.read_text().splitlines():
            declared = re.match(r"(?:final class|struct) (\w+Tests)\b", line)
            function = re.match(r"    func (\w+)\(", line)
            suite = declared[1] if declared else suite
            if suite and function:
                found.add(f"{suite}.{function[1]}")
    return found


def unknown_tests(text):
    """What the last column of tables headed `test` names and does not exist, with its position in the text."""
    known, at, inside = None, 0, False
    for line in text.splitlines(keepends=True):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[-1] == "test":
            inside, known = True, known or tests()
        elif inside and not set(cells[-1]) <= set("-:") and cells[-1].strip("`") not in known:
            yield cells[-1], at
        at += len(line)


def errors(path):
    """A sentence for each link of `path` that leads nowhere, and the number of links."""
    text, wrong, count = path.read_text(), [], 0
    for name, anchor, match in links(text):
        count += 1
        target = (path.parent / name).resolve() if name else path
        where = f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        if not target.is_relative_to(ROOT) or not target.exists():
            wrong.append(f"{where}: {match[3]} does not exist")
        elif anchor and (target.suffix != ".md" or anchor not in headings(target.read_text())):
            wrong.append(f"{where}: {name or path.name} has no heading for #{anchor}")
    for name, at in unknown_tests(text):
        wrong.append(f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, at) + 1}: there is no test {name}")
    return wrong, count


def main():
    paths = [pathlib.Path(name).resolve() for name in sys.argv[1:]] or documents()
    wrong, count = [], 0
    for path in paths:
        here, number = errors(path)
        wrong += here
        count += number
    if wrong:
        sys.exit("\n".join(wrong))
    if not count:
        sys.exit("no link was found")
    print(f"{count} links in {len(paths)} files lead to what exists")


if __name__ == "__main__":
    main()
