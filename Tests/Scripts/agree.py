#!/usr/bin/env python3
"""Compares the marks and the numbers of tcpalive with tshark's, frame by frame, for every capture below the directories.

    agree.py TCPALIVE DIRECTORY...

The numbers are `tcp_stream`, `seq_rel` and `ack_rel` of each event, which are tshark's tcp.stream, tcp.seq and tcp.ack.
A frame with several segments is searched for the one with the sequence number of the event. A segment that an ICMP error
quotes has no relative numbers, so only its stream is compared. Prints a line for each file
that differs (with the first differing frames and their chain of protocols) and the totals. Exits with 1 on any
difference, with 2 if nothing was compared.
"""
import concurrent.futures
import json
import os
import sys

from capture_files import captures
from tshark import MARKS, run, tshark_version, whose_marks

# tshark's fields and ours, in the same order. The raw numbers find the segment of an event in its frame.
RAW = ("tcp.seq_raw", "tcp.ack_raw")
ANY = object()
NUMBERS = {"tcp.stream": "tcp_stream", "tcp.seq": "seq_rel", "tcp.ack": "ack_rel"}


def tshark_frames(path):
    """The marks of each marked frame, the values of `RAW` and `NUMBERS` of each frame with TCP, and how tshark ended."""
    names = [*RAW, *NUMBERS, *(f"tcp.analysis.{mark}" for mark in MARKS)]
    fields = [word for name in ("frame.number", *names) for word in ("-e", name)]
    result = run("tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields", *fields)
    marks, numbers = {}, {}
    for line in result.stdout.splitlines():
        frame, *values = line.split("\t")
        count = len(RAW) + len(NUMBERS)
        numbers[int(frame)] = values[:count]
        names = tuple(mark for mark, value in zip(MARKS, values[count:]) if value)
        if names:
            marks[int(frame)] = names
    return marks, numbers, result


def our_marks(tool, version, path):
    result = run(tool, "analyze", "--wireshark", version, "--format", "tsv", "--marks", path)
    marks = {}
    for line in result.stdout.splitlines():
        frame, names = line.split("\t")
        kept = tuple(mark for mark in MARKS if mark in names.split(","))
        if kept:
            marks[int(frame)] = kept
    return marks, result


def our_numbers(tool, version, path):
    """(frame, raw sequence number, numbers of `NUMBERS`) of each event; a number that the event lacks is None.

    The sequence number is None if an ICMP error quotes the segment. Events whose quote is too short for Wireshark, which
    have no window, are left out.
    """
    lines = run(tool, "analyze", "--wireshark", version, "--format", "jsonl", path).stdout.splitlines()
    records = [json.loads(line) for line in lines]
    return [(record["frame"], None if record["kind"] == "icmp_error" else record["seq"],
             tuple(record.get(name, ANY if name == "ack_rel" and has_no_peer(record) else None)
                   for name in NUMBERS.values()))
            for record in records if record["type"].startswith("tcpalive.event/") and "win" in record]


def has_no_peer(record):
    """Whether a relative acknowledgment number means nothing: no ACK flag, or the connection has only one end.

    tshark shows one, and we show none.
    """
    ends = [(record[f"{end}_ip"], record[f"{end}_port"]) for end in ("src", "dst")]
    return "A" not in record["flags"] or ends[0] == ends[1]


def segments_of(values):
    """The raw sequence number and the numbers of each segment of a frame, from tshark's `values`; one that is quoted has None."""
    raw, _, *numbers = [[int(number) for number in value.split(",") if number] for value in values]
    return [(sequence, tuple(one_of(values, index, len(raw)) for values in numbers))
            for index, sequence in enumerate(raw)] + [(None, (stream, ANY, ANY)) for stream in numbers[0]]


def one_of(values, index, count):
    """The value of segment `index` of a frame with `count` segments; ANY if only some of them have one."""
    if len(values) == count:
        return values[index]
    return ANY if values else None


def compare_numbers(tool, version, path, theirs):
    """(events compared, descriptions of those that differ). tshark shows no number beyond a bogus header length."""
    ours = our_numbers(tool, version, path)
    compared = 0
    wrong = []
    for frame, sequence, numbers in ours:
        found = [their for raw, their in segments_of(theirs[frame]) if raw == sequence] if frame in theirs else []
        if not found:
            wrong.append(f"frame {frame}: tshark has no segment with sequence number {sequence}")
            continue
        compared += 1
        pairs = [[pair for pair in zip(NUMBERS.values(), numbers, their)
                  if pair[1] != pair[2] and pair[1] is not ANY and pair[2] not in (None, ANY)] for their in found]
        pairs = min(pairs, key=len)
        wrong += [f"frame {frame}: {name} {our}, tshark {their}" for name, our, their in pairs]
    return compared, wrong


def compare(tool, version, path):
    """(path, frames, text, kind, events). The kind is same, differs, unread (by tcpalive) or tshark (not read by it)."""
    ours, result = our_marks(tool, version, path)
    if result.returncode not in (0, 2, 3):
        return path, 0, f"exit {result.returncode}: {result.stderr.strip()}", "differs", 0
    theirs, numbers, judge = tshark_frames(path)
    if result.returncode == 2:
        # A pcap or pcapng file that only tcpalive refuses is a difference, with or without marks.
        refused = theirs or (begins_as_ours(path) and reads(path))
        return path, 0, result.stderr.strip(), "differs" if refused else "unread", 0
    if judge.returncode not in (0, 2) or (judge.returncode == 2 and not theirs and not reads(path)):
        return path, 0, judge.stderr.strip().splitlines()[-1] if judge.stderr.strip() else "", "tshark", 0
    differing = sorted(f for f in ours.keys() | theirs.keys() if ours.get(f) != theirs.get(f))
    if not differing:
        events, wrong = compare_numbers(tool, version, path, numbers)
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        text = f"{len(wrong)} numbers differ: " + "; ".join(wrong[:5]) + more if wrong else ""
        return path, len(theirs), text, "differs" if wrong else "same", events
    shown = []
    for frame in differing[:5]:
        chain = run("tshark", "-n", "-r", path, "-Y", f"frame.number == {frame}", "-T", "fields",
                    "-e", "frame.protocols").stdout.strip()
        shown.append(f"frame {frame}: ours {','.join(ours.get(frame, ('none',)))}, "
                     f"tshark {','.join(theirs.get(frame, ('none',)))} [{chain}]")
    more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
    return path, len(theirs), f"{len(differing)} frames differ: " + "; ".join(shown) + more, "differs", 0


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
    frames = events = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = pool.map(lambda path: compare(tool, version, path), captures(directories))
        for path, marked, text, kind, numbered in jobs:
            counts[kind] += 1
            frames += marked
            events += numbered
            if kind == "differs":
                print(f"DIFFERS  {path}: {text}")
            elif kind == "unread":
                print(f"not read {text}")
            elif kind == "tshark":
                print(f"tshark cannot read {path}: {text}")
    print(f"{events} events compared: stream, relative sequence and acknowledgment number")
    print(f"{counts['same']} files agree ({frames} marked frames), {counts['differs']} differ, "
          f"{counts['unread']} of a format that is not read, {counts['tshark']} not read by tshark")
    if not counts["same"] and not counts["differs"]:
        print("nothing was compared", file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if counts["differs"] else 0)


main()
