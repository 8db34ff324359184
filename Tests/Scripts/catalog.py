#!/usr/bin/env python3
"""Builds the documentation of the command with DocC: catalog.py OUTPUT. A warning is an error.

The articles in Sources/tcpalive/Documentation.docc have relative links, which a Git host follows. DocC does not resolve
those, so this works on a copy: links between articles become DocC's own, docs/verdicts.md becomes an article, and of a link
to another file of the repository only the words remain.
"""
import pathlib
import re
import shutil
import subprocess
import sys

from links import ROOT, headings, links

CATALOG = ROOT / "Sources/tcpalive/Documentation.docc"
# Files that are articles in the copy, with the names that they have there.
ARTICLES = {path.resolve(): path.stem for path in CATALOG.glob("*.md")} | {ROOT / "docs/verdicts.md": "AllVerdicts"}
MAIN = "tcpalive"


def converted(path):
    """The text of the article at `path`, with the links of DocC."""
    text = path.read_text()
    for name, anchor, match in reversed(list(links(text))):
        target = (path.parent / name).resolve() if name else path
        if target not in ARTICLES:
            replacement = match[2]
        else:
            address = ARTICLES[target]
            if anchor:
                # DocC's anchors keep the case, and have a hyphen for all that is not a letter or a digit.
                title = headings(target.read_text())[anchor]
                address += "#" + re.sub(r"[^\w]+", "-", title).strip("-")
            # Lists of topics may contain only links without words of their own.
            alone = text[:match.start()].endswith("\n- ") and text[match.end():match.end() + 1] == "\n"
            replacement = f"<doc:{address}>" if alone else f"[{match[2]}](doc:{address})"
        text = text[:match.start()] + replacement + text[match.end():]
    if ARTICLES[path] == MAIN:
        title, rest = text.split("\n", 1)
        text = f"{title}\n\n@Metadata {{\n  @TechnologyRoot\n}}\n{rest}"
    # A generated file has no abstract.
    return text


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    output = pathlib.Path(sys.argv[1])
    copy = output / "tcpalive.docc"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for path, name in ARTICLES.items():
        (copy / f"{name}.md").write_text(converted(path))
    docc = [shutil.which("docc")] if shutil.which("docc") else ["xcrun", "docc"]
    subprocess.run(
        [*docc, "convert", str(copy), "--output-path", str(output / "tcpalive.doccarchive"), "--warnings-as-errors",
         "--fallback-display-name", "tcpalive", "--fallback-bundle-identifier", "tcpalive"], check=True)
    pages = list((output / "tcpalive.doccarchive/data/documentation").rglob("*.json"))
    if len(pages) != len(ARTICLES):
        sys.exit(f"{len(ARTICLES)} articles became {len(pages)} pages")
    print(f"{len(pages)} pages in {output / 'tcpalive.doccarchive'}")


main()
