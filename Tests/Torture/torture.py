#!/usr/bin/env python3
"""Reads damaged captures with tcpalive and checks that it stays calm: torture.py TOOL RUN FOLDER [--seed S] [--first N] [--files N]

Makes files from the captures in captures/, each damaged in one or more ways (mutate.py), and checks of each:

- no crash, that is no signal and no stack trace; no hang above 2 seconds; no more than 64 MiB of memory
- the exit status is 0, 2 or 3, and the right one where it is known; 2 and 3 with a sentence on standard error, 0 without
- every record is valid JSON
- with --jobs 2, the same output; in shards, each record once; compressed, the same output as not compressed
- text, tables, the page, written files, a filter, standard input: status, sentences, no temporary file left behind

The same seed makes the same files. A file that fails is kept in FOLDER/findings, with the command that repeats it. RUN is
the program of run.c.
"""
import argparse
import collections
import json
import multiprocessing
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from mutate import Mutator

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir))

# Files that one process reads together, where a check allows that.
CHUNK = 16
SECONDS = 2
KILLED_AFTER = 30
MEMORY = 64 << 10  # KiB
# Of findings with the same words, so many are kept.
KEPT = 5

JSON = ["--format", "jsonl", "--connections", "all"]


class Result:
    """How a run of the tool ended."""

    def __init__(self, arguments, status, microseconds, processor, memory, output, errors):
        self.arguments, self.status, self.seconds, self.memory = arguments, status, microseconds / 1e6, memory
        self.processor = processor / 1e6
        self.output, self.errors = output, errors


class Runner:
    """Runs the tool through the program of run.c."""

    HEADER = struct.Struct("=iIIIII")

    def __init__(self, run, tool):
        self.tool = tool
        environment = {"PATH": os.environ.get("PATH", ""), "TZ": "UTC"}
        self.process = subprocess.Popen(
            [run, str(KILLED_AFTER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def __call__(self, arguments, standard_input="/dev/null"):
        words = [word.encode() for word in (standard_input, self.tool, *arguments)]
        request = struct.pack("=I", len(words)) + b"".join(struct.pack("=I", len(word)) + word for word in words)
        self.process.stdin.write(request)
        self.process.stdin.flush()
        header = self.process.stdout.read(self.HEADER.size)
        if len(header) < self.HEADER.size:
            raise RuntimeError(f"{self.process.args[0]} ended")
        *numbers, output, errors = self.HEADER.unpack(header)
        return Result(arguments, *numbers, self.process.stdout.read(output), self.process.stdout.read(errors))


class Worker:
    """Checks chunks of files in a folder of its own."""

    def __init__(self, options, number):
        self.options = options
        self.runner = Runner(options.run, options.tool)
        self.mutator = Mutator(os.path.join(ROOT, "captures"), options.seed)
        place = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.folder = tempfile.mkdtemp(prefix=f"tcpalive-torture-{number}-", dir=place)
        self.paths = [os.path.join(self.folder, f"f{index:02}") for index in range(CHUNK)]
        self.outputs = os.path.join(self.folder, "out")
        os.mkdir(self.outputs)
        self.findings = []
        self.statuses = collections.Counter()
        self.runs = 0
        self.largest = (0, 0)
        self.slowest = (0.0, 0)
        # The numbers of the files that are being checked.
        self.numbers = []

    def chunk(self, start, count):
        """Checks `count` files from number `start` on."""
        self.findings, self.statuses, self.runs = [], collections.Counter(), 0
        self.largest, self.slowest = (0, 0), (0.0, 0)
        mutants = [self.mutator.mutant(start + index) for index in range(count)]
        readable = []
        for index, mutant in enumerate(mutants):
            self.write(index, mutant.data)
            self.numbers = [start + index]
            result = self.run(["analyze", *JSON, self.paths[index]], mutant.statuses)
            self.statuses[result.status] += 1
            self.check_records(result)
            if mutant.twin is not None:
                self.check_twin(index, mutant, result)
            if result.status in (0, 3):
                readable.append(index)
        self.numbers = [start + index for index in readable]
        if readable:
            self.check_together([self.paths[index] for index in readable], (start - self.options.first) // CHUNK)
        return self.findings, self.statuses, self.runs, self.largest, self.slowest

    def write(self, index, data):
        with open(self.paths[index], "wb") as file:
            file.write(data)

    def found(self, words, result):
        """Records a finding and keeps the files."""
        arguments = " ".join(os.path.relpath(word, self.folder) if word.startswith(self.folder) else word
                             for word in result.arguments)
        files = {}
        for number in self.numbers:
            files[number] = (self.mutator.mutant(number).description, self.mutator.mutant(number).data)
        self.findings.append((words, arguments, result.errors.decode(errors="replace")[:500], files))

    # --- one run ----------------------------------------------------------------------------------------------------

    def run(self, arguments, statuses=None, standard_input="/dev/null"):
        """Runs the tool and checks what holds for every run; `statuses` are those that are right, if known."""
        result = self.runner(arguments, standard_input)
        for _ in range(2):
            # The machine may have been busy: only what is slow each time is a finding.
            if SECONDS < result.seconds < KILLED_AFTER:
                result = min(result, self.runner(arguments, standard_input), key=lambda result: result.seconds)
        is_busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
        if result.processor > SECONDS or result.seconds > SECONDS and not is_busy:
            self.found(f"it takes more than {SECONDS} s", result)
        self.runs += 1
        self.largest = max(self.largest, (result.memory, self.numbers[0]))
        self.slowest = max(self.slowest, (result.seconds, self.numbers[0]))
        if result.memory > MEMORY:
            self.found("it takes more than 64 MiB", result)
        errors = result.errors.decode(errors="replace")
        if result.status < 0:
            self.found(f"killed by signal {-result.status}", result)
        elif result.status not in (0, 2, 3):
            self.found(f"exit status {result.status}", result)
        elif statuses is not None and result.status not in statuses:
            self.found(f"exit status {result.status} instead of {sorted(statuses)}", result)
        elif (result.status == 0) != (not errors) and not (result.status == 0 and arguments[0] == "extract"):
            self.found(f"exit status {result.status} {'with' if errors else 'without'} a sentence", result)
        if re.search(r"Fatal error|Stack dump|\*\*\* ", errors):
            self.found("a stack trace", result)
        for line in errors.splitlines():
            if not line.startswith("tcpalive: ") or re.search(r"[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line):
                self.found("standard error has a line that is no sentence, or control characters", result)
                break
        return result

    def check_records(self, result):
        try:
            types = [json.loads(line)["type"] for line in result.output.splitlines()]
        except (ValueError, KeyError, TypeError) as error:
            return self.found(f"invalid JSON: {type(error).__name__}", result)
        if result.status in (0, 3) and types[-1:] != ["tcpalive.summary/2"]:
            self.found("no summary", result)

    def check_twin(self, index, mutant, result):
        """The same capture not compressed has the same report."""
        self.write(index, mutant.twin)
        twin = self.run(["analyze", *JSON, self.paths[index]], mutant.statuses)
        self.write(index, mutant.data)
        if (twin.status, twin.output) != (result.status, result.output):
            self.found("another report than without compression", result)

    # --- several files ----------------------------------------------------------------------------------------------

    def check_together(self, paths, number):
        """Checks files that can be read as one capture, in a way that changes with `number`."""
        one = self.run(["analyze", "--jobs", "1", *JSON, *paths], {0, 3})
        two = self.run(["analyze", "--jobs", "2", *JSON, *paths], {0, 3})
        if (one.status, one.output, one.errors) != (two.status, two.output, two.errors):
            self.found("another report with --jobs 2", two)
        checks = (self.check_shards, self.check_text, self.check_page, self.check_written, self.check_extract,
                  self.check_filter, self.check_document, self.check_standard_input)
        checks[number % len(checks)](paths, one)
        left = os.listdir(self.outputs)
        if left:
            self.found("a temporary file was left behind", one)
            for name in left:
                os.remove(os.path.join(self.outputs, name))

    def check_shards(self, paths, whole):
        shards = [self.run(["analyze", "--shard", f"{k}/3", *JSON, *paths], {0, 3}) for k in (1, 2, 3)]
        def records(outputs):
            return sorted(line for output in outputs for line in output.splitlines()
                          if not line.startswith((b'{"type":"tcpalive.summary/', b'{"type":"tcpalive.path/')))
        if records([whole.output]) != records([shard.output for shard in shards]):
            self.found("other records in 3 shards", shards[0])

    def check_text(self, paths, whole):
        for options in (["-v", "--connections", "all"], ["--format", "tsv"], ["--marks"]):
            result = self.run(["analyze", *options, *paths], {whole.status})
            if re.search(rb"[\0-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]", result.output):
                self.found("control characters in the output", result)

    def check_page(self, paths, whole):
        page = os.path.join(self.outputs, "page.html")
        result = self.run(["analyze", "-q", "--html", page, *paths], {whole.status})
        with open(page, "rb") as file:
            text = file.read()
        os.remove(page)
        if not text.endswith(b"</html>\n"):
            self.found("the page is incomplete", result)

    def check_written(self, paths, whole):
        self.check_file(["analyze", "-q"], paths, whole)

    def check_extract(self, paths, whole):
        self.check_file(["extract"], paths, whole)

    def check_file(self, command, paths, whole):
        written = os.path.join(self.outputs, "out.pcapng")
        result = self.run([*command, "-w", written, *paths], {whole.status})
        if not os.path.exists(written):
            return self.found("no file was written", result)
        again = self.run(["analyze", *JSON, written], {0})
        self.check_records(again)
        os.remove(written)
        if command[0] == "analyze":
            def packets(output):
                return json.loads(output.splitlines()[-1])["packets"]
            if packets(again.output) != packets(whole.output):
                self.found("the written file has another number of packets", result)

    def check_filter(self, paths, whole):
        # There are link types for which libpcap has no filters: 2, after the report of the files before.
        for options in (["tcp port 50000 or icmp"], ["--light"]):
            result = self.run(["analyze", *JSON, *paths, *options], {whole.status, 2})
            if result.status != 2:
                self.check_records(result)
        self.check_records(self.run(["analyze", "-c", "7", *JSON, *paths], {0, 3}))

    def check_document(self, paths, whole):
        result = self.run(["analyze", "--format", "json", "--connections", "all", *paths], {whole.status})
        try:
            json.loads(result.output)
        except ValueError:
            self.found("invalid JSON in --format json", result)

    def check_standard_input(self, paths, whole):
        for path in paths:
            # A pipe may have another variant of pcap, as its first records cannot be read ahead.
            self.check_records(self.run(["analyze", *JSON, "-"], None, path))


def work(options, number, starts, results):
    worker = Worker(options, number)
    try:
        while True:
            with starts.get_lock():
                start = starts.value
                starts.value += CHUNK
            end = min(start + CHUNK, options.first + options.files)
            if start >= end:
                return
            results.put((end - start, *worker.chunk(start, end - start)))
    finally:
        shutil.rmtree(worker.folder, ignore_errors=True)
        results.put(None)


def keep(options, finding, count):
    """Writes the files of a finding, with the command that repeats it."""
    words, arguments, errors, files = finding
    name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    folder = os.path.join(options.folder, "findings", f"{name}-{count}")
    os.makedirs(folder, exist_ok=True)
    first, last = min(files), max(files)
    lines = [words, f"tcpalive {arguments}", errors,
             f"repeat: make torture SEED={options.seed} FIRST={first} FILES={last - first + 1}"]
    for number, (description, data) in sorted(files.items()):
        with open(os.path.join(folder, f"{number}.capture"), "wb") as file:
            file.write(data)
        lines.append(f"{number}.capture: {description}")
    with open(os.path.join(folder, "finding.txt"), "w") as file:
        file.write("\n".join(lines) + "\n")
    return folder


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tool", type=os.path.abspath)
    parser.add_argument("run", type=os.path.abspath)
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    begin = time.monotonic()
    starts = multiprocessing.Value("q", options.first)
    results = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(options, number, starts, results), daemon=True)
               for number in range(options.workers)]
    for worker in workers:
        worker.start()
    shutil.rmtree(os.path.join(options.folder, "findings"), ignore_errors=True)
    counts, statuses = collections.Counter(), collections.Counter()
    files, runs, largest, slowest, ended = 0, 0, (0, 0), (0.0, 0), 0
    told = begin
    while ended < len(workers):
        result = results.get()
        if result is None:
            ended += 1
            continue
        number, findings, some, more, memory, seconds = result
        files, runs = files + number, runs + more
        statuses += some
        largest, slowest = max(largest, memory), max(slowest, seconds)
        for finding in findings:
            counts[finding[0]] += 1
            if counts[finding[0]] <= KEPT:
                print(f"{finding[0]}: {keep(options, finding, counts[finding[0]])}", flush=True)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"{files} of {options.files} files, {told - begin:.0f} s, {sum(counts.values())} findings", flush=True)
    if files != options.files:
        sys.exit(f"only {files} of {options.files} files were checked: a worker failed")
    print(f"{files} files with seed {options.seed} in {time.monotonic() - begin:.0f} s, {runs} runs;",
          "exit statuses", ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
    print(f"largest memory {largest[0] / 1024:.1f} MiB (file {largest[1]}), slowest run {slowest[0]:.2f} s (file {slowest[1]})")
    for words, count in counts.most_common():
        print(f"{count} times: {words}")
    if counts:
        sys.exit(f"findings in {options.folder}/findings")
    print("no finding")


if __name__ == "__main__":
    main()
