#!/usr/bin/env python3
"""Makes manual pages of what ArgumentParser's plugin generate-manual writes.

    manual.py TOOL FROM TO

FROM is the folder with the plugin's pages, TO that of the finished ones. The plugin copies the discussion of a command as
one text. This script gives its parts sections of their own (EXAMPLES, EXIT STATUS), keeps the lines of lists and examples
apart, groups the options as in the help, and adds their values, the list of commands, and references between the pages.
"""
import json
import re
import subprocess
import sys
import textwrap

# A line such as "Examples:" or "Exit status (...):", followed by indented lines.
HEADING = re.compile(r"^[A-Z][^.]*:$")
SECTIONS = {"Examples": "EXAMPLES", "Exit status": "EXIT STATUS"}
# "  10  timed out"
ENTRY = re.compile(r"^\s+(\S+)\s{2,}(\S.*)$")


def escaped(text):
    """Text whose options keep their ASCII hyphens. The plugin has escaped backslashes already."""
    return re.sub(r"(?<![\w-])--?(?=[\w,.:;) ]|$)", lambda hyphens: hyphens[0].replace("-", r"\-"), text)


def plain(text):
    """Lines of text: each sentence begins a line, as roff expects. None is taken for a request."""
    sentences = re.split(r"(?<=[a-z0-9)\]][.?!]) +(?=[A-Z-])", escaped(text))
    lines = [line for sentence in sentences
             for line in textwrap.wrap(sentence, 78, break_long_words=False, break_on_hyphens=False)]
    return [r"\&" + line if line[:1] in (".", "'") else line for line in lines]


def body(lines):
    """Paragraphs of plain text, as roff."""
    out, paragraph = [], []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line.strip().removeprefix(r"\&"))
        elif paragraph:
            out += [".Pp"] * bool(out) + plain(" ".join(paragraph))
            paragraph = []
    return out


def block(lines):
    """Indented lines as a tagged list if each has an entry, otherwise literally."""
    entries = []
    for line in lines:
        if entry := ENTRY.match(line):
            entries.append([entry[1], entry[2]])
        elif entries:
            entries[-1][1] += " " + line.strip()
        else:
            literal = [line.removeprefix(r"\&").removeprefix("  ").replace("-", r"\-") for line in lines]
            return [".Bd -literal", *(r"\&" + line if line[:1] in (".", "'") else line for line in literal), ".Ed"]
    out = [".Bl -tag -width Ds"]
    for tag, text in entries:
        out += [f".It {tag}", *plain(text)]
    return out + [".El"]


def discussion(lines):
    """Splits the text of a command: the lines of the description, and those of the named sections."""
    description, sections = [], {}
    index = 0
    while index < len(lines):
        line = lines[index]
        end = index + 1
        while end < len(lines) and lines[end].startswith("  "):
            end += 1
        if not HEADING.match(line) or end == index + 1:
            description.append(line)
            index += 1
            continue
        words = re.sub(r" \(.*\)", "", line[:-1])
        indented = block(lines[index + 1:end])
        # What follows up to the next heading or blank line belongs to the section.
        rest = end
        while rest < len(lines) and lines[rest].strip() and not HEADING.match(lines[rest]):
            rest += 1
        name = SECTIONS.get(words)
        if name:
            after = body(lines[end:rest])
            note = re.search(r"\((.*)\)", line)
            sections[name] = (plain(note[1][0].upper() + note[1][1:] + ".") if note else []) + indented
            sections[name] += [".Pp", *after] if after else []
        else:
            description += ["", line]
            description.append(indented)
            rest = end
        index = rest
    out = []
    run = []
    for line in [*description, []]:
        if isinstance(line, list):
            out += body(run) + line
            run = [""] if line else []
        else:
            run.append(line)
    return out, sections


def options(text, command):
    """The options, under the titles of the help and with the values that the plugin leaves out."""
    arguments = [argument for argument in command.get("arguments", []) if argument["shouldDisplay"]]
    items = re.split(r"^\.It ", text.split("\n", 1)[1].removesuffix("\n").removesuffix(".El"), flags=re.M)[1:]
    if len(items) != len(arguments):
        sys.exit(f"manual.py: {command['commandName']}: {len(items)} options, but {len(arguments)} in the help")
    groups = {}
    for item, argument in zip(items, arguments):
        tag, _, words = item.partition("\n")
        words = words.replace("\n", " ").replace(".Pp", "").strip()
        notes = []
        if values := argument.get("allValueStrings") or argument.get("allValues"):
            notes.append("values: " + ", ".join(values))
        if (default := argument.get("defaultValue")) and "(default" not in words:
            notes.append(f"default: {default}")
        words += f" ({'; '.join(notes)})" if notes else ""
        groups.setdefault(argument.get("sectionTitle") or "General", []).extend([f".It {tag}", *plain(words)])
    if list(groups) == ["General"]:
        return [".Bl -tag -width 6n", *groups["General"], ".El"]
    return [line for title in sorted(groups, key=lambda title: title == "General")
            for line in (f".Ss {title}", ".Bl -tag -width 6n", *groups[title], ".El")]


def page(text, command, name, pages):
    """The finished page, from what the plugin wrote about `command`; `pages` has the names and abstracts of all."""
    parts = re.split(r"^\.Sh (.*)$", text, flags=re.M)
    head, given = parts[0].strip("\n").split("\n"), dict(zip((title.strip('"') for title in parts[1::2]), parts[2::2]))
    about, called = pages[name].rstrip("."), name.replace("-", " ", 1)
    words, listed = re.match(r"(.*?)(^\.Bl.*)\Z", given["DESCRIPTION"], re.M | re.S).groups()
    description, sections = discussion(words.strip("\n").split("\n"))
    out = [line for line in head if line[:3] not in (".Dt", ".Os")]
    out += [f".Dt {name.upper()} 1", ".Os", ".Sh NAME", f".Nm {name}", f".Nd {about[0].lower()}{about[1:]}"]
    out += [".Sh SYNOPSIS", f".Nm {called}", *given["SYNOPSIS"].strip("\n").split("\n")[1:], ".Sh DESCRIPTION"]
    out += description or plain(pages[name])
    others = [other for other in pages if other != name] if name == "tcpalive" else ["tcpalive"]
    if name == "tcpalive":
        out += [".Sh COMMANDS", ".Bl -tag -width Ds"]
        out += [line for other in others for line in (f".It Xr {other} 1", *plain(pages[other]))] + [".El"]
    out += [".Sh OPTIONS", *options(listed, command)]
    for title in ("EXIT STATUS", "EXAMPLES"):
        out += [f".Sh {title}", *sections[title]] if title in sections else []
    out += [".Sh SEE ALSO", *(f".Xr {other} 1 ," for other in [*sorted(others), "tcpdump", "wireshark"]), ".Xr tcp 7"]
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    tool, plugin, folder = sys.argv[1:]
    help = json.loads(subprocess.run([tool, "--experimental-dump-help"], check=True, capture_output=True).stdout)
    root = help["command"]
    commands = {"tcpalive": root} | {
        f"tcpalive-{command['commandName']}": command for command in root["subcommands"]
        if command["shouldDisplay"] and command["commandName"] != "help"}
    pages = {name: command["abstract"] for name, command in commands.items()}
    for name, command in commands.items():
        with open(f"{plugin}/{name.replace('-', '.', 1)}.1", encoding="utf-8") as file:
            text = file.read()
        with open(f"{folder}/{name}.1", "w", encoding="utf-8") as file:
            file.write(page(text, command, name, pages))


main()
