"""The programs that are timed, and their counts of the same things."""
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Scripts"))
from tshark import tshark_version, whose_marks  # noqa: E402

FLOOR = os.path.join(HERE, "../../../shared/bench/floor.c")


def output(*command, either=False):
    """The standard output of `command`, with `either` also its standard error. Exits if it fails."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT if either else subprocess.PIPE, text=True, errors="replace")
    if result.returncode:
        sys.exit(f"make bench: {' '.join(command)} ended with {result.returncode}: {result.stderr or result.stdout}")
    return result.stdout


class Programs:
    """The command lines of the programs. Those in C are compiled into `folder`."""

    def __init__(self, tool, folder):
        self.tool, self.folder = tool, folder
        for name, *libraries in (("generate",), ("measure",), ("count", "-lpcap")):
            output("cc", "-O2", f"{HERE}/{name}.c", *libraries, "-o", f"{folder}/{name}")
        self.has_floor = os.path.exists(FLOOR)
        if self.has_floor:
            output("cc", "-O2", "-march=native", "-w", FLOOR, "-o", f"{folder}/floor")
        self.has_jobs = "--jobs" in output(tool, "analyze", "--help")
        self.wireshark = whose_marks(tshark_version())

    def generate(self, path, packets, connections, kind):
        """Writes a capture and returns the numbers of its packets, connections and keep-alives."""
        text = output(f"{self.folder}/generate", path, str(packets), str(connections), kind)
        return dict(zip(("packets", "connections", "keep-alives"), map(int, re.findall(r"\d+", text))))

    def analyze(self, path, *options):
        return [self.tool, "analyze", "-q", *options, path]

    def marks(self, path, *options):
        return [self.tool, "analyze", "--format", "tsv", "--marks", *options, path]

    def floor(self, path, connections):
        # The smallest table that is at most three quarters full is the fastest.
        return [f"{self.folder}/floor", path, str(max(10, (connections * 4 // 3 + 1).bit_length()))]

    def count(self, path):
        return [f"{self.folder}/count", path]

    def tcpdump(self, path):
        return ["tcpdump", "-r", path, "-w", "/dev/null"]

    def cat(self, path):
        return ["cat", path]

    def tcptrace(self, path):
        return ["tcptrace", "-n", path]

    def tshark(self, path):
        # The same task: print the frames that are keep-alives.
        return ["tshark", "-n", "-r", path, "-Y", "tcp.analysis.keep_alive", "-T", "fields", "-e", "frame.number"]

    def versions(self):
        found = {}
        for name, command in (("tshark", ["tshark", "--version"]), ("tcpdump", ["tcpdump", "--version"]),
                              ("tcptrace", ["tcptrace", "-version"]), ("gzip", ["gzip", "--version"]),
                              ("zstd", ["zstd", "--version"])):
            text = subprocess.run(command, capture_output=True, text=True, errors="replace")
            number = re.search(r"\d+\.\d+[.\d]*", text.stdout + text.stderr)
            found[name] = number[0].rstrip(".") if number else ""
        return ", ".join(f"{name} {number}" for name, number in found.items())

    def summary(self, path, *options):
        return json.loads(output(self.tool, "analyze", "-q", "--format", "jsonl", *options, path).splitlines()[-1])

    def answers(self, path, connections, floor, slow, options=()):
        """The counts of each program for `path`: {question: {program: count}}. Those of tcpalive are with `options`.

        With `floor` also those of the C floor, which knows only plain IPv4; with `slow` those of tcptrace and tshark.
        """
        ours = self.summary(path, "--wireshark", self.wireshark, *options)
        found = {
            "packets": {
                "tcpalive": ours["packets"],
                "libpcap loop": int(output(*self.count(path)).split()[0]),
                "tcpdump": int(re.search(r"(\d+) packets?\b", output("tcpdump", "--count", "-r", path))[1]),
            },
            "connections": {"tcpalive": ours["connections"]},
            "keep-alives": {"tcpalive": ours["marks"]["keep_alive"]},
            "keep-alive ACKs": {"tcpalive": ours["marks"]["keep_alive_ack"]},
        }
        if floor and self.has_floor:
            text = output(*self.floor(path, connections))
            for question in ("packets", "connections"):
                found[question]["C floor"] = int(re.search(rf"{question}=(\d+)", text)[1])
        if slow:
            text = output(*self.tcptrace(path))
            found["packets"]["tcptrace"] = int(re.search(r"(\d+) packets seen", text)[1])
            found["connections"]["tcptrace"] = max(map(int, re.findall(r"^ *(\d+): ", text, re.MULTILINE)), default=0)
            fields = ("frame.number", "tcp.stream", "tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack")
            text = output("tshark", "-n", "-r", path, "-T", "fields", *(word for f in fields for word in ("-e", f)))
            frames = [line.split("\t") for line in text.splitlines()]
            found["packets"]["tshark"] = len(frames)
            found["connections"]["tshark"] = len({frame[1] for frame in frames} - {""})
            found["keep-alives"]["tshark"] = sum(frame[2] != "" for frame in frames)
            found["keep-alive ACKs"]["tshark"] = sum(frame[3] != "" for frame in frames)
        return found


def pin():
    """The prefix that runs a command on one processor; empty if there is none."""
    if not shutil.which("taskset"):
        return []
    return ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
