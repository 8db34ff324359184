#!/usr/bin/env python3
"""Checks that the text report fits the terminal.

    widths.py TCPALIVE DIRECTORY...

Runs `analyze` on each capture below the directories, on a terminal of 80 columns. Those in folders called verdicts or scenes
are also shown on terminals of 100 and 160 columns, and with timelines. No line may be wider than the terminal, no address may
be broken, and the findings must have the same words as on a wide terminal.
"""
import concurrent.futures
import fcntl
import os
import pty
import re
import struct
import sys
import termios

from capture_files import captures

WIDEST = 5000
EVERY = (([], (80,)),)
DETAILED = (([], (80, 100, 160)), (["-q", "-v"], (80,)))
SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(?:[.:]\d+)?|\[[0-9a-f:.]+\]:\d+")
NOTE = re.compile(r"Omitted to fit \d+ columns: ([^.]*)\.")


def on_terminal(columns, command):
    """The output of `command` on a new terminal, without colours, and the number of its colours."""
    process, terminal = pty.fork()
    if process == 0:
        # Set the size before anything is drawn. Standard error would draw progress and complaints.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        environment = {"PATH": os.environ["PATH"], "TZ": "UTC", "TERM": "xterm"}
        os.execve(command[0], command, environment)
    drawn = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # EIO: the other end is closed.
            break
        if not part:
            break
        drawn += part
    os.close(terminal)
    os.waitpid(process, 0)
    text = drawn.decode().replace("\r\n", "\n")
    return SEQUENCE.sub("", text), len(SEQUENCE.findall(text))


def findings(text):
    """The words of the blocks below the table, which are wrapped but never shortened."""
    match = re.search(r"^(?:failure|warning|notice|ok)  .*?(?=^\S*Marked|^Nothing is marked|\Z)", text, re.M | re.S)
    text = match.group() if match else ""
    return re.sub(r"Flags and numbers of segments omitted to fit \d+ columns\.", "", text).split()


def check(tool, path):
    """What is wrong with the reports about `path`, and the numbers of reports, notes and stacked tables."""
    faults, reports, notes, stacked = [], 0, 0, 0
    is_detailed = os.path.basename(os.path.dirname(path)) in ("verdicts", "scenes")
    for options, widths in DETAILED if is_detailed else EVERY:
        command = [tool, "analyze", *options, path]
        wide, _ = on_terminal(WIDEST, command) if is_detailed else ("", 0)
        addresses = set(ADDRESS.findall(wide))
        for columns in widths:
            text, colors = on_terminal(columns, command)
            reports += 1
            notes += bool(NOTE.search(" ".join(text.split())))
            stacked += bool(re.search(r"^stream  verdict(?!.*originator)", text, re.M))
            faults += [f"{path} {options}: {len(line)} of {columns} columns: {line}" for line in text.split("\n")
                       if len(line) > columns]
            if not is_detailed:
                continue
            broken = set(ADDRESS.findall(text)) - addresses
            if broken:
                faults.append(f"{path} {options}: broken addresses at {columns} columns: {sorted(broken)}")
            if findings(text) != findings(wide):
                faults.append(f"{path} {options}: other findings at {columns} columns")
            if re.search(r"^(failure|warning|notice)  ", text, re.M) and not colors:
                faults.append(f"{path} {options}: no colours at {columns} columns")
    return faults, reports, notes, stacked


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tool = os.path.abspath(sys.argv[1])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda path: check(tool, path), captures(sys.argv[2:])))
    faults = [fault for result in results for fault in result[0]]
    reports, notes, stacked = (sum(result[index] for result in results) for index in (1, 2, 3))
    print("\n".join(faults[:40]))
    print(f"{len(results)} captures, {reports} reports, {notes} with omitted columns, {stacked} with stacked tables, "
          f"{len(faults)} faults")
    # A check that sees no narrow table, or no report, checks nothing.
    sys.exit(1 if faults or not notes else 0)


main()
