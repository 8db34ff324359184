#!/usr/bin/env python3
"""Checks that no packet has an allocation of its own: allocations.py TCPALIVE, a release build.

With the same 64 connections, four times the packets must not cost more than one further allocation per 1,000 packets,
which allows for batches and the randomness of hashes; with --jobs one per 100. Exits with 1 if they do. Only for Linux:
see allocations.c.
"""
import os
import subprocess
import sys
import tempfile

from programs import HERE, output

CONNECTIONS, FEW, MANY = 64, 100_000, 400_000
MOST_PER_MILLION = 1000
# Threads pass batches to each other, and each batch may cost some allocations.
MOST_WITH_JOBS = 10_000
CAPTURES = (("small", "pcap"), ("small", "pcapng"), ("mix", "pcap"), ("mix", "pcapng"), ("probes", "pcap"))
OPTIONS = (["-q"], ["--format", "jsonl"], ["--format", "csv", "--records", "events"], ["--format", "tsv", "--marks"])


def main():
    if len(sys.argv) != 2 or sys.platform != "linux":
        sys.exit(__doc__)
    tool = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        output("cc", "-O2", f"{HERE}/generate.c", "-o", f"{folder}/generate")
        output("cc", "-shared", "-fPIC", "-O2", f"{HERE}/allocations.c", "-o", f"{folder}/allocations.so")
        options = list(OPTIONS)
        if "--jobs" in output(tool, "analyze", "--help"):
            options.append(["-q", "--jobs", "2"])
        counting = {**os.environ, "LD_PRELOAD": f"{folder}/allocations.so"}

        def allocations(path, option):
            result = subprocess.run([tool, "analyze", *option, path], env=counting, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if result.returncode:
                sys.exit(f"make allocations: {tool} ended with {result.returncode}: {result.stderr}")
            return int(result.stderr.splitlines()[-1])

        print(f"**Allocations**, with {CONNECTIONS} connections\n")
        print(f"| capture | `tcpalive analyze` | allocations, {FEW:,} packets | {MANY:,} packets | more per million |")
        print("| --- | --- | --- | --- | --- |")
        failed = False
        for kind, suffix in CAPTURES:
            few, many = f"{folder}/few.{suffix}", f"{folder}/many.{suffix}"
            output(f"{folder}/generate", few, str(FEW), str(CONNECTIONS), kind)
            output(f"{folder}/generate", many, str(MANY), str(CONNECTIONS), kind)
            for option in options:
                counts = [allocations(path, option) for path in (few, many)]
                more = max(0, counts[1] - counts[0]) * 1_000_000 // (MANY - FEW)
                failed |= more > (MOST_WITH_JOBS if "--jobs" in option else MOST_PER_MILLION)
                print(f"| {kind}, {suffix} | `{' '.join(option)}` | {counts[0]} | {counts[1]} | {more} |", flush=True)
    if failed:
        sys.exit("make allocations: allocations grow with the number of packets")


main()
