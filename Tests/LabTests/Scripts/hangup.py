"""Runs a program on a new terminal and closes the terminal: hangup.py WORD PROGRAM...

When WORD is drawn, or the program has ended, the terminal is closed, as when a window or an ssh session is. Prints the
exit status of the program, or the negative number of the signal that ended it.
"""
import os
import pty
import signal
import sys

word = sys.argv[1].encode()
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[2], sys.argv[2:])
drawn = b""
while word not in drawn:
    try:
        bytes = os.read(terminal, 4096)
    except OSError:  # EIO: the other end is closed.
        break
    if not bytes:
        break
    drawn += bytes
os.close(terminal)
# A program that ignores the end of its terminal must not run on after the test.
signal.signal(signal.SIGALRM, lambda number, frame: os.kill(process, signal.SIGKILL))
signal.alarm(15)
print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
