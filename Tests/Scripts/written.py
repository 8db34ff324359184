#!/usr/bin/env python3
"""Compares the files that `analyze -w` and `extract` write with the report, as tshark reads them.

    written.py TCPALIVE DIRECTORY...

For every capture below the directories: the comments that tshark reads are the words of the report, in order, with the
verdict on the connection, except comments with a finding. If the capture comes from standard input, which can be read
only once, they have no verdict. tshark marks the commented packets of both files as tcpalive marks those of the capture,
and the report of the file of `analyze -w` is that of the capture. Only the last of several fragments is extracted, so
their marks are not compared. Prints a line for each file that differs and the totals. Exits with 1 on any difference,
with 2 if nothing was compared.
"""
import concurrent.futures
import json
import os
import re
import sys
import tempfile

from capture_files import captures
from tshark import MARKS, run, tshark_version, whose_marks

EVENT = re.compile(r" *[0-9]+  [0-9:.]+ IP6? (?:.*?, length [0-9]+  (.*)|.*?: ICMP6? (.*?), quoting .*)")
# The comment on an ICMP error has more words than its line in the report.
ICMP_COMMENT = re.compile(r"tcpalive: ICMP: (.*?), from [^ ,]*(?:, [0-9]+ probes? unanswered)?")

# The beginning of a comment with a finding.
FINDING = re.compile(r"tcpalive: [a-z_]+ \((?:ok|notice|warning|failure), confidence ")


def reported(tool, version, path):
    """The words of the report on each event, in order; None if the file cannot be read."""
    result = run(tool, "analyze", "--wireshark", version, path)
    if result.returncode not in (0, 3):
        return None
    return [found[1] or "ICMP " + found[2] for found in map(EVENT.fullmatch, result.stdout.splitlines()) if found]


def judged(tool, version, path):
    """The verdict on the connection of each event, in order."""
    lines = run(tool, "analyze", "--wireshark", version, "--format", "jsonl", path).stdout.splitlines()
    records = [json.loads(line) for line in lines]
    verdicts = {record["connection"]: record["verdict"] for record in records if "verdict" in record}
    return [verdicts[record["connection"]] for record in records if record["type"] == "tcpalive.event/2"]


def marked(tool, version, path):
    """The marks of each marked packet, in order."""
    lines = run(tool, "analyze", "--wireshark", version, "--marks", path).stdout.splitlines()
    return [tuple(line.split("\t")[1].split(",")) for line in lines]


def commented(path):
    """The comments that tshark reads, in order, and its marks of each of their packets."""
    fields = [word for mark in MARKS for word in ("-e", f"tcp.analysis.{mark}")]
    result = run("tshark", "-n", "-r", path, "-Y", "frame.comment", "-T", "fields", "-e", "frame.comment", *fields)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    if result.returncode:
        rows.append([result.stderr.strip()])
    # tshark separates several comments of a packet by commas.
    comments = [comment for row in rows for comment in re.split(",(?=tcpalive: )", row[0])]
    comments = [ICMP_COMMENT.sub(r"tcpalive: ICMP \1", comment) for comment in comments if not FINDING.match(comment)]
    return comments, [tuple(mark for mark, value in zip(MARKS, row[1:]) if value) for row in rows]


def compare(tool, version, path):
    """(path, comments, what differs)."""
    words = reported(tool, version, path)
    if words is None:
        return path, None, ""
    with tempfile.TemporaryDirectory() as folder:
        whole, part, once = (os.path.join(folder, name + ".pcapng") for name in ("whole", "part", "once"))
        with open(path, "rb") as source:
            runs = (run(tool, "analyze", "-q", "--wireshark", version, "-w", whole, path),
                    run(tool, "extract", "--wireshark", version, "--snaplen", "256", "-w", part, path),
                    run(tool, "analyze", "-q", "--wireshark", version, "-w", once, "-", stdin=source))
        for result in runs:
            if result.returncode not in (0, 3):
                return path, 0, f"exit {result.returncode}: {result.stderr.strip()}"
        differing = []
        plain = ["tcpalive: " + word for word in words]
        full = [f"tcpalive: {word} (connection: {verdict})"
                for word, verdict in zip(words, judged(tool, version, path), strict=True)]
        ours = marked(tool, version, path)
        for name, file, expected in (("analyze -w", whole, full), ("extract", part, full), ("analyze - -w", once, plain)):
            comments, marks = commented(file)
            if comments != expected:
                differing.append(f"{name}: comments {comments} instead of {expected}")
            if file != part and reported(tool, version, file) != words:
                differing.append(f"{name}: reported otherwise")
            theirs = [names for names in marks if names]
            if theirs != ours and not (file == part and os.path.basename(path).startswith("fragments-")):
                differing.append(f"{name}: tshark marks {theirs} instead of {ours}")
        return path, len(words), "; ".join(differing)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tool, directories = sys.argv[1], sys.argv[2:]
    version = whose_marks(tshark_version())
    files = comments = wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, count, text in pool.map(lambda path: compare(tool, version, path), captures(directories)):
            if count is None:
                continue
            files += 1
            comments += count
            if text:
                wrong += 1
                print(f"DIFFERS  {path}: {text}")
    print(f"{files} files written and read back by tshark ({comments} comments), {wrong} differ")
    if not files:
        print("nothing was compared", file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if wrong else 0)


main()
