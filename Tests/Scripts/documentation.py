#!/usr/bin/env python3
"""Runs the examples of README.md, CONTRIBUTING.md and the articles, and compares what they print with what is written.

    documentation.py [--all] [--rewrite] TCPALIVE [FILE...]

An example is a fenced block with the language `console`. A line that begins with "$ " is a command, a line that begins
with "> " continues it, and the lines up to the next command are its output, on standard output and standard error.

- A line "..." in the output stands for one or more other lines. Everything else must be equal.
- The commands of a file run one after the other in one scratch directory, which looks like the repository. The time zone
  is UTC, and the terminal has 120 columns. The commands of a block share a shell.
- A comment before a block gives what it needs: `<!-- needs tshark -->` names programs, `<!-- needs root -->` says that
  network namespaces are necessary. If a program is missing, the block is skipped, and a line says so.
- A comment that begins with `<!-- live` makes the block a live example: it runs on a host of a network of two
  (two-hosts.sh), and the other lines of the comment are a shell script that runs there at the same time. Without --all,
  live examples are skipped, and a line says so.
- In live examples these stand for any other of their kind: times of day, dates, numbers with a fraction or with five or
  more digits, process numbers such as [812], and durations such as 1m45s. "1.020 s to 1.028 s" stands for one such number as well. The number of spaces
  between words does not matter, and lines may be broken elsewhere; the terminal has 100 columns.

With --all, nothing may be skipped. With --rewrite, outputs that differ are replaced by what was printed, for review.

In blocks with the language `sh`, the options of tcpalive must be in its help, and the targets of make in the Makefile.
Each comparison is also tried with an altered copy of what is written, which must be found to differ.
"""
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "Sources/tcpalive/Documentation.docc").glob("*.md"))]
BLOCK = re.compile(r"(?:^<!--(?P<comment>(?:(?!-->).|\n)*)-->\n+)?^```(?P<language>\w*)\n(?P<text>(?:.*\n)*?)^```$", re.M)
LIMIT = 120  # seconds


class Example:
    """The commands of a block with their outputs, and what the comment before it asks for."""

    def __init__(self, comment, text):
        lines = (comment or "").strip().splitlines()
        self.live = bool(lines) and lines[0].startswith("live")
        self.script = "\n".join(lines[1:]) if self.live else ""
        self.needs = lines[0].split()[1:] if lines and lines[0].startswith("needs") else []
        self.steps = []  # [lines of the command, lines of its output]
        for line in text.splitlines():
            if line.startswith("$ "):
                self.steps.append(([line], []))
            elif line.startswith("> ") and self.steps and not self.steps[-1][1]:
                self.steps[-1][0].append(line)
            elif self.steps:
                self.steps[-1][1].append(line)
            else:
                raise ValueError(f"the block begins with an output: {line}")
        if not self.steps:
            raise ValueError("the block has no command")

    def missing(self, everything):
        """Why the example cannot run here, or None."""
        if self.live and not everything:
            return "needs network namespaces"
        if "root" in self.needs and os.geteuid() != 0:
            return "needs root"
        return next((f"needs {name}" for name in self.needs if name != "root" and not shutil.which(name)), None)

    def run(self, directory, environment):
        """What each command prints, as lists of lines."""
        script = []
        for number, (command, _) in enumerate(self.steps):
            words = "\n".join(line[2:] for line in command)
            script.append(f"{{ {words}\n}} >$OUTPUTS/{number} 2>&1")
        with tempfile.TemporaryDirectory() as outputs:
            program = ["bash", "-c", "\n".join(script)]
            if self.live:
                # So narrow that the length of a sequence number does not decide what fits a line.
                environment = {**environment, "COLUMNS": "100"}
                beside = f"{{ {self.script}\n}} >$OUTPUTS/beside 2>&1 &\n" if self.script else ""
                program = [str(ROOT / "Tests/Scripts/two-hosts.sh"), "bash", "-c", beside + "\n".join(script)]
            ran = subprocess.run(
                program, cwd=directory, env={**environment, "OUTPUTS": outputs}, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=LIMIT)
            files = [pathlib.Path(outputs, str(number)) for number in range(len(self.steps))]
            if not all(path.exists() for path in files):
                raise RuntimeError(f"the commands did not run: {ran.stderr.strip()}")
            return [path.read_text().splitlines() for path in files]


def general(text):
    """`text` of a live example without what differs from run to run."""
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "<date>", text)
    text = re.sub(r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "<time>", text)
    text = re.sub(r"\b(\d+h)?\d+m\d+s\b", "<duration>", text)
    text = re.sub(r"(?<=\w)\[\d+\]", "[<process>]", text)
    text = re.sub(r"(?<![\d.])\d+\.\d+(?![\d.]*\.\d)", "<number>", text)
    text = re.sub(r"(?<![\d])\d{5,}(?!\d)", "<large number>", text)
    text = " ".join(text.split())
    return re.sub(r"<number> (\w+) to <number> \1\b", r"<number> \1", text)


def agrees(written, printed, live):
    """Whether the lines `printed` are what `written` says, lines "..." in mind."""
    if not live:
        pattern = "".join("(?:.*\n)+" if line == "..." else re.escape(line) + "\n" for line in written)
        return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None
    parts = [general(part) for part in re.split(r"^\.\.\.$", "\n".join(written), flags=re.M)]
    pattern = " .+ ".join(re.escape(part) for part in parts).strip()
    return re.fullmatch(pattern, general("\n".join(printed))) is not None


def check_comparison(written, printed, live):
    """Ends the run if the comparison accepts an altered copy of `written`."""
    altered = [written + ["one line more"]] + [
        written[:index] + [line + " altered"] + written[index + 1:]
        for index, line in enumerate(written) if line != "..."]
    for copy in altered:
        if agrees(copy, printed, live) and "..." not in copy[-2:]:
            sys.exit("the comparison accepts an altered output:\n" + "\n".join(copy))


def rewritten(written, printed):
    """`printed` with the omissions of `written`: from a line like the first to one like the last between two "..."."""
    def closest(line, begin, end):
        return max(
            range(begin, max(begin, end)), default=begin,
            key=lambda at: difflib.SequenceMatcher(None, printed[at], line, autojunk=False).ratio())

    parts = [[]]
    for line in written:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    if len(parts) == 1:
        return printed
    result, after = [], 0
    for index, part in enumerate(parts):
        if index > 0:
            result.append("...")
        if not part:
            continue
        start = 0 if index == 0 else closest(part[0], after, len(printed))
        end = start + 1
        if len(part) > 1:
            end = closest(part[-1], start + 1, min(len(printed), start + 2 * len(part) + 2)) + 1
        # What was one line may be broken now.
        while end < len(printed) and printed[end].strip() and printed[end].strip() in part[-1]:
            end += 1
        if index == len(parts) - 1:
            end = len(printed)
        result += printed[start:end]
        after = end
    return result


def helps(tool):
    """The help of the tool and of each subcommand, by name."""
    def text(*words):
        return subprocess.run([tool, *words, "--help"], capture_output=True, text=True).stdout
    whole = text()
    names = re.findall(r"^  ([a-z-]+) {3,}", whole.split("SUBCOMMANDS:")[-1], re.M)
    return {"": whole, **{name: text(name) for name in names}}


def usage_errors(block, texts, targets):
    """What is wrong in a block of commands without output."""
    for line in block.splitlines():
        line = line.split("#")[0]
        for words in re.findall(r"\btcpalive +([^|;&<>]*)", line):
            words = words.split()
            name = words[0] if words and words[0] in texts else ""
            if words and not words[0].startswith("-") and not name:
                yield f"tcpalive has no subcommand {words[0]}: {line.strip()}"
            for word in words:
                option = re.match(r"-{1,2}[A-Za-z][\w-]*", word)
                if option and not re.search(rf"(?<![\w-]){re.escape(option[0])}(?![\w-])", texts[name]):
                    yield f"tcpalive {name} has no option {option[0]}: {line.strip()}"
        for target in re.findall(r"(?:^|sudo )make +([a-z-]+)", line):
            if target not in targets:
                yield f"make has no target {target}"


def main():
    flags = {word for word in sys.argv[1:] if word.startswith("--")}
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not words or flags - {"--all", "--rewrite"}:
        sys.exit(__doc__)
    everything, rewriting = "--all" in flags, "--rewrite" in flags
    tool, documents = os.path.abspath(words[0]), words[1:] or DOCUMENTS
    if not os.access(tool, os.X_OK):
        sys.exit(f"{tool} is not a program")
    texts = helps(tool)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    failures = total = 0
    for document in documents:
        path = ROOT / document
        if not path.exists():
            sys.exit(f"{document} does not exist")
        text = path.read_text()
        run, skipped, edits = 0, {}, []
        with tempfile.TemporaryDirectory() as scratch:
            for entry in ROOT.iterdir():
                if not entry.name.startswith("."):
                    os.symlink(entry, os.path.join(scratch, entry.name))
            programs = os.path.join(scratch, ".bin")
            os.mkdir(programs)
            os.symlink(tool, os.path.join(programs, "tcpalive"))
            environment = {
                "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin", "HOME": scratch, "TZ": "UTC",
                "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "120"}
            for match in BLOCK.finditer(text):
                line = text[:match.start("text")].count("\n")
                if match["language"] == "sh":
                    for error in usage_errors(match["text"], texts, targets):
                        print(f"{document}:{line}: {error}")
                        failures += 1
                if match["language"] != "console":
                    if match["text"].startswith("$ "):
                        print(f"{document}:{line}: a block with a command must have the language console")
                        failures += 1
                    continue
                try:
                    example = Example(match["comment"], match["text"])
                    reason = example.missing(everything)
                    if reason and everything:
                        raise RuntimeError(reason)
                    if reason:
                        skipped[reason] = skipped.get(reason, 0) + 1
                        continue
                    outputs = example.run(scratch, environment)
                except (ValueError, RuntimeError, subprocess.TimeoutExpired) as error:
                    print(f"{document}:{line}: {error}")
                    failures += 1
                    continue
                run += 1
                new = []
                for (command, written), printed in zip(example.steps, outputs):
                    new += command
                    if agrees(written, printed, example.live):
                        check_comparison(written, printed, example.live)
                        new += written
                        continue
                    shortened = rewritten(written, printed)
                    new += shortened
                    if rewriting:
                        continue
                    failures += 1
                    print(f"{document}:{line}: {command[0]}")
                    shown = printed if shortened == written else shortened
                    for row in difflib.unified_diff(written, shown, "written", "printed", lineterm="", n=2):
                        print(f"    {row}")
                edits.append((match.start("text"), match.end("text"), "".join(row + "\n" for row in new)))
        if rewriting:
            for start, end, replacement in reversed(edits):
                text = text[:start] + replacement + text[end:]
            path.write_text(text)
        total += run
        notes = "".join(f"; {count} skipped: {reason}" for reason, count in skipped.items())
        if run or skipped:
            print(f"{document}: {run} examples run{notes}")
    if total == 0:
        sys.exit("no example was run")
    if failures:
        sys.exit(f"{failures} differences; make docs rewrites the outputs")


main()
