#!/usr/bin/env python3
"""Writes what the tests expect: the report (.expected) and the marks (.marks) of each capture, and the help texts.

    expectations.py TCPALIVE DIRECTORY

The marks are those of tcpalive; `make agree` compares them with tshark's.
"""
import os
import subprocess
import sys

from capture_files import captures

# What is expected does not depend on the host or the terminal.
os.environ["TZ"] = "UTC"
for variable in ("COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
    os.environ.pop(variable, None)

HELP = os.path.join(os.path.dirname(__file__), "..", "SceneTests", "Help")


def output(tool, directory, *arguments):
    return subprocess.run([tool, "analyze", *arguments], cwd=directory, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=False).stdout


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tool, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    for path in captures([directory]):
        folder, name = os.path.split(path)
        for suffix, arguments in ((".expected", []), (".marks", ["--format", "tsv", "--marks"])):
            with open(path + suffix, "wb") as file:
                file.write(output(tool, folder, *arguments, name))
    for subcommand in ("", "analyze", "extract", "watch", "audit", "top", "tune", "run", "probe-path", "client", "listen", "lab", "interfaces", "explain"):
        text = subprocess.run([tool, *filter(None, [subcommand]), "--help"], stdout=subprocess.PIPE, check=True).stdout
        name = f"help-{subcommand}.txt" if subcommand else "help.txt"
        with open(os.path.join(HELP, name), "wb") as file:
            file.write(text)


main()
