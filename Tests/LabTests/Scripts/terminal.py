"""Runs a program on a new terminal and prints what it draws: terminal.py COLUMNS WORD PROGRAM...

Prints a line for each control sequence ED or EL with the text after it. When WORD is drawn, the program gets SIGINT.
"""
import fcntl
import os
import pty
import signal
import struct
import sys
import termios

columns, word = int(sys.argv[1]), sys.argv[2].encode()
process, terminal = pty.fork()
if process == 0:
    # Set the size before anything is drawn.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execv(sys.argv[3], sys.argv[3:])
drawn = b""
interrupted = False
while True:
    try:
        bytes = os.read(terminal, 4096)
    except OSError:  # EIO: the other end is closed.
        break
    if not bytes:
        break
    drawn += bytes
    if word in drawn and not interrupted:
        interrupted = True
        os.kill(process, signal.SIGINT)
status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
for part in drawn.replace(b"\x1b[J", b"\nED ").replace(b"\x1b[K", b"\nEL ").split(b"\n"):
    print(part.decode().replace("\r", "<CR>"))
sys.exit(status)
