#!/usr/bin/env python3
"""Records a terminal in which `watch` sees a peer die, as an animated SVG: recording.py TCPALIVE OUTPUT.svg

Everything on the screen is real: a shell on a host of a network of two (two-hosts.sh), into which this script types. Only
waiting is shortened. Needs the package termtosvg, next to the Python that runs this.
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 100, 30
TYPING = 0.05  # seconds a character
LONGEST_PAUSE = 1.5  # seconds, of what is shown
LIMIT = 60  # seconds, for any line to appear
SIZE_LIMIT = 300_000  # bytes

# The application on this host connects and is idle, and its peer loses power. It begins when the capture is running.
SCENE = """
peer tcpalive listen --send hello 5432 &
sleep 0.5
tcpalive client --idle 2 --interval 1 --count 4 192.0.2.20 5432 &
sleep 2.7
peer-dies
"""


class Terminal:
    """A shell in a pseudo-terminal, and what it printed when."""

    def __init__(self, environment):
        self.events = []
        self.text = ""
        self.start = time.monotonic()
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], environment)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def listen(self, seconds):
        """Records what is printed within a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.descriptor], [], [], left)[0]:
                printed = os.read(self.descriptor, 65536).decode(errors="replace")
                self.events.append((time.monotonic() - self.start, printed))
                self.text += printed

    def wait(self, pattern):
        """Records until a line matches that was printed after the last wait."""
        begin = time.monotonic()
        while not re.search(pattern, self.text):
            if time.monotonic() - begin > LIMIT:
                sys.exit(f"nothing like {pattern} appeared within {LIMIT} s:\n{self.text}")
            self.listen(0.05)
        self.text = self.text[re.search(pattern, self.text).end():]

    def type(self, keys):
        """Types keys at the pace of a person."""
        for key in keys:
            os.write(self.descriptor, key.encode())
            self.listen(TYPING)

    def end(self):
        """Ends the shell."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def record(tool):
    """The events of a session."""
    with tempfile.TemporaryDirectory() as programs:
        os.symlink(tool, os.path.join(programs, "tcpalive"))
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "xterm-256color", "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "PS1": "$ ", "HOME": programs}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        terminal = Terminal(environment)
        terminal.wait(r"\$ ")
        terminal.type("# The database on 192.0.2.20 is about to lose power\r")
        terminal.wait(r"\$ ")
        terminal.type("tcpalive watch -i eth0 port 5432\r")
        terminal.listen(1)
        scene = subprocess.Popen(["bash", "-c", SCENE], env=environment, **quiet)
        terminal.wait("failure.*peer_dead")
        terminal.listen(1.5)
        terminal.type("\x03")
        terminal.wait(r"\$ $")
        terminal.listen(0.2)
        terminal.end()
        scene.kill()
        return terminal.events


def shortened(events):
    """The events with pauses of at most LONGEST_PAUSE."""
    result, shown, last = [], 0.0, 0.0
    for at, printed in events:
        shown += min(at - last, LONGEST_PAUSE)
        last = at
        result.append([round(shown, 3), "o", printed])
    return result


def main():
    inside = "--inside" in sys.argv
    words = [word for word in sys.argv[1:] if word != "--inside"]
    if len(words) != 2:
        sys.exit(__doc__)
    tool, output = os.path.abspath(words[0]), os.path.abspath(words[1])
    if not inside:
        # The shell of a new process namespace needs a terminal of its own, so this runs inside as well.
        network = str(pathlib.Path(__file__).resolve().parent / "two-hosts.sh")
        os.execv(network, [network, sys.executable, os.path.abspath(__file__), "--inside", tool, output])
    events = shortened(record(tool))
    renderer = os.path.join(os.path.dirname(sys.executable), "termtosvg")
    with tempfile.TemporaryDirectory() as scratch:
        cast, image = os.path.join(scratch, "watch.cast"), os.path.join(scratch, "watch.svg")
        with open(cast, "w") as file:
            for line in [{"version": 2, "width": COLUMNS, "height": ROWS}, *events]:
                print(json.dumps(line), file=file)
        subprocess.run(
            [renderer, "render", cast, image, "-t", "window_frame", "-D", "6000", "-m", "30"], check=True,
            stdout=subprocess.DEVNULL)
        svg = pathlib.Path(image).read_bytes()
        if len(svg) > SIZE_LIMIT:
            sys.exit(f"the recording has {len(svg)} bytes, more than {SIZE_LIMIT}")
        pathlib.Path(output).write_bytes(svg)
    print(f"{output}: {len(svg)} bytes, {events[-1][0]:.1f} s and a pause")


main()
