"""Shared by the scripts that compare tcpalive with tshark: running a program, and the version of tshark."""
import os
import re
import subprocess
import sys

MARKS = ("keep_alive", "keep_alive_ack", "zero_window_probe")


def run(*command, stdin=subprocess.DEVNULL):
    environment = {**os.environ, "TZ": "UTC"}
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, errors="replace", env=environment)


def tshark_version():
    """(major, minor) of the tshark on the PATH."""
    try:
        found = re.search(r"(\d+)\.(\d+)\.", run("tshark", "--version").stdout)
    except FileNotFoundError:
        found = None
    if not found:
        print("tshark is not installed: apt-get install tshark", file=sys.stderr)
        sys.exit(2)
    return int(found[1]), int(found[2])


def whose_marks(version):
    """The newest version that tcpalive knows and that is not newer than tshark's."""
    if version >= (4, 6):
        return "4.6"
    return "4.4" if version >= (4, 2) else "4.0"
