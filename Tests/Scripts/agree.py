#!/usr/bin/env python3
"""Compares the marks of tcpalive with tshark's, frame by frame, for every capture below the directories.

    agree.py TCPALIVE DIRECTORY...

Prints a line for each file that differs (with the first differing frames and their chain of protocols) and the
totals. Exits with 1 on any difference, with 2 if nothing was compared.
"""
import concurrent.futures
import os
import sys

from capture_files import captures
from tshark import MARKS, run, tshark_version, whose_marks

FILTER = " || ".join(f"tcp.analysis.{mark}" for mark in MARKS)


def tshark_marks(path):
    fields = [word for mark in MARKS for word in ("-e", f"tcp.analysis.{mark}")]
    result = run("tshark", "-n", "-r", path, "-Y", FILTER, "-T", "fields", "-e", "frame.number", *fields)
    marks = {}
    for line in result.stdout.splitlines():
        frame, *values = line.split("\t")
        marks[int(frame)] = tuple(mark for mark, value in zip(MARKS, values) if value)
    return marks, result


def our_marks(tool, version, path):
    result = run(tool, "analyze", "--wireshark", version, "--format", "tsv", "--marks", path)
    marks = {}
    for line in result.stdout.splitlines():
        frame, names = line.split("\t")
        kept = tuple(mark for mark in MARKS if mark in names.split(","))
        if kept:
            marks[int(frame)] = kept
    return marks, result


def compare(tool, version, path):
    """(path, frames, text, kind). The kind is same, differs, unread (by tcpalive) or tshark (not read by tshark)."""
    ours, result = our_marks(tool, version, path)
    if result.returncode not in (0, 2, 3):
        return path, 0, f"exit {result.returncode}: {result.stderr.strip()}", "differs"
    theirs, judge = tshark_marks(path)
    if result.returncode == 2:
        # A pcap or pcapng file that only tcpalive refuses is a difference, with or without marks.
        refused = theirs or (begins_as_ours(path) and reads(path))
        return path, 0, result.stderr.strip(), "differs" if refused else "unread"
    if judge.returncode not in (0, 2) or (judge.returncode == 2 and not theirs and not reads(path)):
        return path, 0, judge.stderr.strip().splitlines()[-1] if judge.stderr.strip() else "", "tshark"
    differing = sorted(f for f in ours.keys() | theirs.keys() if ours.get(f) != theirs.get(f))
    if not differing:
        return path, len(theirs), "", "same"
    shown = []
    for frame in differing[:5]:
        chain = run("tshark", "-n", "-r", path, "-Y", f"frame.number == {frame}", "-T", "fields",
                    "-e", "frame.protocols").stdout.strip()
        shown.append(f"frame {frame}: ours {','.join(ours.get(frame, ('none',)))}, "
                     f"tshark {','.join(theirs.get(frame, ('none',)))} [{chain}]")
    more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
    return path, len(theirs), f"{len(differing)} frames differ: " + "; ".join(shown) + more, "differs"


def begins_as_ours(path):
    """Whether the file begins with a magic number of pcap or pcapng."""
    with open(path, "rb") as file:
        magic = file.read(4)
    kinds = (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d", b"\xa1\xb2\xcd\x34")
    return magic == b"\x0a\x0d\x0d\x0a" or magic in kinds or magic[::-1] in kinds


def reads(path):
    """Whether tshark reads at least one packet of the file."""
    return bool(run("tshark", "-n", "-r", path, "-c", "1", "-T", "fields", "-e", "frame.number").stdout.strip())


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tool, directories = sys.argv[1], sys.argv[2:]
    found = tshark_version()
    version = whose_marks(found)
    print(f"tshark {found[0]}.{found[1]}; our marks as Wireshark {version}")
    counts = dict.fromkeys(("same", "differs", "unread", "tshark"), 0)
    frames = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = pool.map(lambda path: compare(tool, version, path), captures(directories))
        for path, marked, text, kind in jobs:
            counts[kind] += 1
            frames += marked
            if kind == "differs":
                print(f"DIFFERS  {path}: {text}")
            elif kind == "unread":
                print(f"not read {text}")
            elif kind == "tshark":
                print(f"tshark cannot read {path}: {text}")
    print(f"{counts['same']} files agree ({frames} marked frames), {counts['differs']} differ, "
          f"{counts['unread']} of a format that is not read, {counts['tshark']} not read by tshark")
    if not counts["same"] and not counts["differs"]:
        print("nothing was compared", file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if counts["differs"] else 0)


main()
