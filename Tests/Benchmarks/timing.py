"""Runs commands in alternation, and compares those of the same round."""
import dataclasses
import random
import statistics
import subprocess
import sys


@dataclasses.dataclass
class Run:
    """What one run took: seconds, and bytes at most."""
    wall: float
    cpu: float
    peak: int


@dataclasses.dataclass
class Timed:
    """A program at work on `packets` packets, and its runs, one a round."""
    name: str
    command: list
    packets: int
    runs: list = dataclasses.field(default_factory=list)

    def median(self, what):
        return statistics.median(getattr(run, what) for run in self.runs)

    def speed(self, what):
        """Packets a second, by wall or CPU seconds."""
        return self.packets / self.median(what)

    def ratio(self, other, what):
        """How many times as fast as `other` this is, packet by packet: the median over the rounds."""
        return statistics.median((getattr(theirs, what) / other.packets) / (getattr(own, what) / self.packets)
                                 for own, theirs in zip(self.runs, other.runs))


class Stopwatch:
    """Runs commands by measure.c, `pin` before it."""

    def __init__(self, measure, pin):
        self.measure, self.pin = measure, pin

    def run(self, command, pinned=True):
        prefix = self.pin if pinned else []
        result = subprocess.run([*prefix, self.measure, *command], stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, errors="replace")
        if result.returncode:
            sys.exit(f"make bench: {result.stderr}")
        wall, cpu, peak, status = result.stdout.split()
        if status != "0":
            sys.exit(f"make bench: {' '.join(command)} ended with {status}: {result.stderr}")
        return Run(float(wall), float(cpu), int(peak))

    def rounds(self, programs, count, pinned=True):
        """One run of each of `programs`, `count` times, each time in another order, and in the same ones the next time.

        Whoever comes after a program with much memory pays for it: pages that it gave back are slow to be had again,
        above all in a virtual machine. That must not always be the same one.
        """
        for number in range(count):
            if sys.stderr.isatty():
                print(f"round {number + 1} of {count}", end="\r", file=sys.stderr, flush=True)
            for program in random.Random(number).sample(programs, len(programs)):
                program.runs.append(self.run(program.command, pinned))
