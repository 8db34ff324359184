"""Runs a program on a terminal of tmux: tmux.py FOLDER COLUMNS LINES COMMAND

Each line of standard input is a command of tmux in JSON, a list of words; its output follows, and a line `done`. The terminal and its
program end with this script.

It stands between the tests and tmux, because programs that Foundation starts have blocked signals.
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

folder, columns, lines, command = sys.argv[1:]
signal.pthread_sigmask(signal.SIG_SETMASK, [])
libc = ctypes.CDLL(None)
base = ["tmux", "-u", "-S", os.path.join(folder, f"tmux-{os.getpid()}"), "-f", "/dev/null"]


def run(*words):
    # -N: only the server below.
    return subprocess.run(
        [*base, "-N", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=20)


# PR_SET_PDEATHSIG: it is killed if this script is.
server = subprocess.Popen(
    [*base, "-D"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))
deadline = time.monotonic() + 20
while (start := run("new-session", "-d", "-x", columns, "-y", lines, command)).returncode and time.monotonic() < deadline:
    time.sleep(0.02)
print(start.stdout + "done", flush=True)
try:
    for line in sys.stdin:
        print(run(*json.loads(line)).stdout + "done", flush=True)
finally:
    run("kill-server")
    server.wait(20)
