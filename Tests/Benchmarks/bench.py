#!/usr/bin/env python3
"""Times tcpalive and other programs on generated captures and prints the tables of the article Performance.

    bench.py TCPALIVE

First all programs must give the same counts. Then they take turns, ROUNDS (7) times, each time in another order; the
tables show medians, and ratios within a round. QUICK=1 uses a twentieth of the packets, to test the script; its figures
mean nothing. Needs 3 GB in TMPDIR, and enough memory for a capture in the page cache.
"""
import contextlib
import datetime
import os
import platform
import shutil
import signal
import sys
import tempfile

from programs import Programs, output, pin
from timing import Stopwatch, Timed

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = int(os.environ.get("ROUNDS") or 7)
MOST_BYTES = 3_000_000_000
STARTS = 40
# In bytes per second, more than memory allows: a cat that seems faster splices and reads nothing.
FASTEST_READ = 30e9


def scaled(count):
    return count // 20 if QUICK else count


def millions(count):
    return f"{count / 1e6:.4g} million" if count >= 1_000_000 else f"{count:,}"


def times(ratio):
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.2f} times" if ratio >= 1 else f"{ratio:.2f} of"


def table(*rows):
    """Prints `rows`; the first is the header."""
    head, *body = rows
    for cells in (head, ["---"] * len(head), *body):
        print("| " + " | ".join(map(str, cells)) + " |")
    print(flush=True)


def read_from_disk(path):
    """Makes the page cache hold the file in large pages, as after reading, instead of the small ones after writing."""
    with open(path, "rb", buffering=0) as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while file.read(1 << 20):
            pass


class Bench:
    def __init__(self, tool, folder):
        self.tool, self.folder = tool, folder
        self.programs = Programs(tool, folder)
        self.stopwatch = Stopwatch(f"{folder}/measure", pin())

    @contextlib.contextmanager
    def capture(self, packets, connections, kind, suffix="pcap"):
        """A new capture and the numbers of its packets, connections and keep-alives. Removed on exit."""
        path = f"{self.folder}/{kind}-{packets}.{suffix}"
        print(f"{kind}, {millions(packets)} packets, {suffix}", file=sys.stderr)
        try:
            counts = self.programs.generate(path, packets, connections, kind)
            read_from_disk(path)
            yield path, counts
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)

    @contextlib.contextmanager
    def copy_in_pieces(self, path):
        """A copy that was written page by page, as tcpdump does, so that the page cache holds it in small pages."""
        copy = f"{path}.pieces"
        try:
            with open(path, "rb") as file, open(copy, "wb", buffering=0) as pieces:
                while piece := file.read(4096):
                    pieces.write(piece)
            yield copy
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.remove(copy)

    def agree(self, path, counts, floor, slow, options=()):
        """Exits if the programs or the generator, by its `counts`, differ about the contents of a capture."""
        questions = self.programs.answers(path, counts["connections"], floor, slow, options)
        for question, answers in questions.items():
            if question in counts:
                answers["generator"] = counts[question]
            if len(set(answers.values())) > 1:
                said = ", ".join(f"{count} by {program}" for program, count in answers.items())
                sys.exit(f"make bench: {os.path.basename(path)}: {question} differ: {said}")

    def compare(self, title, packets, connections, kind, floor=True, short=scaled(100_000), times_slow=False,
                options=()):
        """Prints the table of one capture, compared with its first row. Returns the rows of tcpalive and the counts.

        tcpalive gets `options`.
        """
        programs = self.programs
        with contextlib.ExitStack() as stack:
            path, counts = stack.enter_context(self.capture(packets, connections, kind))
            part, counts_of_part = stack.enter_context(self.capture(short, connections, kind))
            self.agree(path, counts, floor, slow=False, options=options)
            self.agree(part, counts_of_part, floor, slow=True, options=options)
            ours = Timed(" ".join(("`tcpalive analyze -q", *options)) + "`", programs.analyze(path, *options), packets)
            rows = [ours, Timed("`tcpalive analyze --marks`", programs.marks(path, *options), packets)]
            if floor and programs.has_floor:
                rows.append(Timed("the C floor", programs.floor(path, counts["connections"]), packets))
            rows += [Timed("a libpcap loop that counts", programs.count(path), packets),
                     Timed("`tcpdump -w /dev/null`", programs.tcpdump(path), packets),
                     Timed("`cat`", programs.cat(path), packets)]
            reading = rows[-1]
            if times_slow:
                rows += [Timed(f"tcptrace, {millions(short)} packets", programs.tcptrace(part), short),
                         Timed(f"tshark, {millions(short)} packets", programs.tshark(part), short)]
            self.stopwatch.rounds(rows, ROUNDS)
            if os.path.getsize(path) / reading.median("wall") > FASTEST_READ:
                reading.name = "`cat` (which reads nothing here)"
        print(f"**{title}**: {millions(packets)} packets, {millions(counts['connections'])} connections\n")
        table(("program", "CPU s", "wall s", "million packets a second", "tcpalive has", "peak memory, MB"),
              *((row.name, f"{row.median('cpu'):.3f}", f"{row.median('wall'):.3f}", f"{row.speed('cpu') / 1e6:.2f}",
                 "" if row is ours else f"{times(ours.ratio(row, 'cpu'))} this speed",
                 f"{row.median('peak') / 1e6:.1f}")
                for row in rows))
        return ours, rows[1], counts

    def compare_formats(self, packets, connections):
        """Prints the table of other formats, compression and two processors, each compared with a row of its own."""
        programs, rows = self.programs, []

        def add(name, command, base_name, base_command, pinned):
            """Times a command of tcpalive and another one."""
            ours, base = Timed(name, command, packets), Timed(base_name, base_command, packets)
            self.stopwatch.rounds([base, ours], ROUNDS, pinned)
            ratio = ours.ratio(base, "cpu" if pinned else "wall")
            rows.append((name, "one" if pinned else "all", f"{ours.median('cpu'):.3f}", f"{ours.median('wall'):.3f}",
                         f"{times(ratio)} {base_name}"))

        with self.capture(packets, connections, "small") as (path, counts):
            plain = programs.analyze(path)
            with self.capture(packets, connections, "small", "pcapng") as (other, counts_of_other):
                self.agree(other, counts_of_other, floor=False, slow=False)
                add("pcapng", programs.analyze(other), "pcap", plain, pinned=True)
            with self.copy_in_pieces(path) as pieces:
                add("pcap that was just written", programs.analyze(pieces), "pcap", plain, pinned=True)
            if programs.has_jobs:
                records = [self.tool, "analyze", "--format", "jsonl"]
                if output(*records, path) != output(*records, "--jobs", "2", path):
                    sys.exit("make bench: two jobs and one differ")
                add("pcap, `--jobs 2`", programs.analyze(path, "--jobs", "2"), "one job", plain, pinned=False)
            for compressor, suffix in (("gzip", "gz"), ("zstd", "zst")):
                print(f"small, {suffix}", file=sys.stderr)
                output(compressor, "-k", "-q", path)
                squeezed = f"{path}.{suffix}"
                read_from_disk(squeezed)
                if programs.summary(squeezed)["packets"] != counts["packets"]:
                    sys.exit(f"make bench: {suffix} does not hold all packets")
                alone = [compressor, "-dc", squeezed]
                add(suffix, programs.analyze(squeezed), f"`{compressor} -dc`", alone, pinned=False)
                os.remove(squeezed)
        print("**Formats, and both processors**: the capture of 66-byte frames again. On one processor CPU seconds are "
              "compared, on all of them wall seconds.\n")
        table(("`tcpalive analyze -q` reads", "processors", "CPU s", "wall s", "speed"), *rows)

    def start(self):
        """The time and the memory of a tiny file."""
        with self.capture(1000, 100, "small") as (path, counts):
            self.agree(path, counts, floor=False, slow=True)
            first = Timed("1,000 packets", self.programs.analyze(path), 1000)
            self.stopwatch.rounds([first], STARTS)
        return first

    def report(self):
        machine()
        print(f"\n{self.programs.versions()}. Medians of {ROUNDS} round{'s' if ROUNDS > 1 else ''} in which the "
              f"programs take turns, each time in another order{', on one processor' if self.stopwatch.pin else ''}; "
              "speeds are compared within a round, by CPU seconds a packet.\n")
        slow = scaled(400_000)
        self.compare("66-byte frames", scaled(10_000_000), scaled(100_000), "small", short=slow, times_slow=True)
        self.compare_formats(scaled(10_000_000), scaled(100_000))
        # By default some of them would be evicted.
        many, many_marks, counts = self.compare("66-byte frames, many connections", scaled(10_000_000), scaled(2_400_000),
                                                "small", options=("--memory", "2G"))
        self.compare("full-size frames", scaled(1_000_000), scaled(10_000), "full")
        mix, _, _ = self.compare("a mix of IPv4, IPv6, VLANs, UDP, handshakes, data", scaled(4_000_000), 10_000, "mix",
                              floor=False, short=slow, times_slow=True)
        probes, _, _ = self.compare("probes and answers alone", scaled(10_000_000), 10_000, "probes")
        # 15 of 16 packets are SYNs: 10 million.
        flood, _, counts_of_flood = self.compare("a flood of SYNs beside 1,000 connections", scaled(10_666_672), 1000,
                                            "flood", short=20_000)
        first = self.start()
        with self.capture(1, 1, "small") as (path, _):
            nothing = self.stopwatch.run(self.programs.analyze(path))
        print("**Memory and start-up**\n")
        each, each_marks = ((row.median("peak") - nothing.peak) / counts["connections"] for row in (many, many_marks))
        table(("`tcpalive analyze -q` of", "peak memory, MB", ""),
              (f"{millions(counts['connections'])} connections", f"{many.median('peak') / 1e6:.1f}",
               f"{each:.0f} bytes a connection, those included that are listed; {each_marks:.0f} with `--marks`"),
              ("10,000 connections, mix", f"{mix.median('peak') / 1e6:.1f}", ""),
              ("10,000 connections, probes and answers alone", f"{probes.median('peak') / 1e6:.1f}", ""),
              (f"a flood of {millions(counts_of_flood['connections'] - 1000)} SYNs", f"{flood.median('peak') / 1e6:.1f}",
               f"all {counts_of_flood['keep-alives']:,} keep-alives of the connections beside it found"),
              ("1,000 packets", f"{first.median('peak') / 1e6:.1f}",
               f"{first.median('wall') * 1e3:.1f} ms from start to end, median of {STARTS}"))


def machine():
    """Prints the machine, the system and the date."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration), open("/proc/cpuinfo") as lines:
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    system = platform.platform(aliased=True, terse=True)
    with contextlib.suppress(OSError, AttributeError):
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    print(f"{model}, {os.cpu_count()} processors, {system}, {platform.system()} {platform.release()}, "
          f"{datetime.date.today()}." + (" QUICK: these figures mean nothing." if QUICK else ""))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    # Remove the captures then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp()
    try:
        if shutil.disk_usage(folder).free < scaled(MOST_BYTES):
            sys.exit(f"make bench: needs {scaled(MOST_BYTES) / 1e9:g} GB in {tempfile.gettempdir()}: set TMPDIR")
        Bench(os.path.abspath(sys.argv[1]), folder).report()
    finally:
        shutil.rmtree(folder)


main()
