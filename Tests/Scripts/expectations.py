#!/usr/bin/env python3
"""Writes what the tests expect: of each capture its report (.expected) and marks (.marks), and the help texts.

    expectations.py TCPALIVE DIRECTORY

The marks are ours; `make agree` holds them against tshark.
"""
import os
import subprocess
import sys

HELP = os.path.join(os.path.dirname(__file__), "..", "SceneTests", "Help")
SUFFIXES = (".pcap", ".pcapng", ".gz", ".zst", ".xz", ".lz4")


def output(tool, directory, *arguments):
    return subprocess.run([tool, "analyze", *arguments], cwd=directory, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=False).stdout


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tool, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    for name in sorted(os.listdir(directory)):
        if name.endswith(SUFFIXES):
            for suffix, arguments in ((".expected", []), (".marks", ["--format", "tsv", "--marks"])):
                with open(os.path.join(directory, name + suffix), "wb") as file:
                    file.write(output(tool, directory, *arguments, name))
    for subcommand in ("", "analyze", "extract", "watch", "client", "listen", "interfaces", "explain"):
        text = subprocess.run([tool, *filter(None, [subcommand]), "--help"], stdout=subprocess.PIPE, check=True).stdout
        name = f"help-{subcommand}.txt" if subcommand else "help.txt"
        with open(os.path.join(HELP, name), "wb") as file:
            file.write(text)


main()
