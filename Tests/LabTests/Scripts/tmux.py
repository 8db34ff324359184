"""Runs a program on a terminal of tmux: tmux.py FOLDER COLUMNS LINES COMMAND

Each line of standard input is a command of tmux in JSON, a list of words; its output follows, and a line `done`. The terminal and its
program end when standard input does.

It stands between the tests and tmux, whose server keeps what the program that starts it has: Foundation waits until all copies of
its descriptors are closed, and starts programs with blocked signals.
"""
import json
import os
import signal
import subprocess
import sys

folder, columns, lines, command = sys.argv[1:]
signal.pthread_sigmask(signal.SIG_SETMASK, [])
path = os.path.join(folder, f"tmux-{os.getpid()}")


def tmux(*words):
    result = subprocess.run(
        ["tmux", "-u", "-S", path, "-f", "/dev/null", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=20)
    print(result.stdout + "done", flush=True)


# The server does not get the output of this script, which ends when nobody writes to it any more.
tmux("new-session", "-d", "-x", columns, "-y", lines, command)
try:
    for line in sys.stdin:
        tmux(*json.loads(line))
finally:
    tmux("kill-server")
