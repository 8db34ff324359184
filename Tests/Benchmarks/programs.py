"""The programs that are timed, and what they answer to the same questions."""
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
    """What `command` prints, with `either` on standard error too. Ends the whole where it fails."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT if either else subprocess.PIPE, text=True, errors="replace")
    if result.returncode:
        sys.exit(f"make bench: {' '.join(command)} ended with {result.returncode}: {result.stderr or result.stdout}")
    return result.stdout


class Programs:
    """Their command lines. Those in C are compiled into `folder`."""

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
        """Writes a capture, and tells what is in it."""
        told = output(f"{self.folder}/generate", path, str(packets), str(connections), kind)
        return dict(zip(("packets", "connections", "keep-alives"), map(int, re.findall(r"\d+", told))))

    def analyze(self, path, *options):
        return [self.tool, "analyze", "-q", *options, path]

    def marks(self, path):
        return [self.tool, "analyze", "--format", "tsv", "--marks", path]

    def floor(self, path, connections):
        # Its table may be three quarters full, and is fastest where it is no larger than that needs.
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
        # The same question: which frames are keep-alives.
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

    def answers(self, path, connections, floor, slow):
        """Who says how many of what there are in `path`: by question, by program.

        With `floor`, the C floor is asked too, which knows plain IPv4 only; with `slow`, tcptrace and tshark.
        """
        ours = self.summary(path, "--wireshark", self.wireshark)
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
            told = output(*self.floor(path, connections))
            for question in ("packets", "connections"):
                found[question]["C floor"] = int(re.search(rf"{question}=(\d+)", told)[1])
        if slow:
            told = output(*self.tcptrace(path))
            found["packets"]["tcptrace"] = int(re.search(r"(\d+) packets seen", told)[1])
            found["connections"]["tcptrace"] = max(map(int, re.findall(r"^ *(\d+): ", told, re.MULTILINE)), default=0)
            fields = ("frame.number", "tcp.stream", "tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack")
            told = output("tshark", "-n", "-r", path, "-T", "fields", *(word for f in fields for word in ("-e", f)))
            frames = [line.split("\t") for line in told.splitlines()]
            found["packets"]["tshark"] = len(frames)
            found["connections"]["tshark"] = len({frame[1] for frame in frames} - {""})
            found["keep-alives"]["tshark"] = sum(frame[2] != "" for frame in frames)
            found["keep-alive ACKs"]["tshark"] = sum(frame[3] != "" for frame in frames)
        return found


def pin():
    """What has a command run on one processor, if anything can."""
    if not shutil.which("taskset"):
        return []
    return ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
