"""Runs commands in turns and compares the runs of the same round."""
import dataclasses
import random
import statistics
import subprocess
import sys


@dataclasses.dataclass
class Run:
    """The seconds and the peak memory (bytes) of one run."""
    wall: float
    cpu: float
    peak: int


@dataclasses.dataclass
class Timed:
    """A program that reads `packets` packets, and its runs, one per round."""
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
        """Its speed divided by that of `other`, per packet: the median over the rounds."""
        return statistics.median((getattr(theirs, what) / other.packets) / (getattr(own, what) / self.packets)
                                 for own, theirs in zip(self.runs, other.runs))


class Stopwatch:
    """Runs commands with measure.c, after the prefix `pin`."""

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
        """Runs each of `programs` `count` times, each time in another order; the orders are the same every time.

        A program that follows one with much memory is slower, because memory that was given back is slow to get again,
        especially in a virtual machine. Therefore the order changes.
        """
        for number in range(count):
            if sys.stderr.isatty():
                print(f"round {number + 1} of {count}", end="\r", file=sys.stderr, flush=True)
            for program in random.Random(number).sample(programs, len(programs)):
                program.runs.append(self.run(program.command, pinned))
