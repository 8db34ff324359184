"""A process whose number another one had before: pid-reuse.py COMMAND...

Runs COMMAND, which prints a JSON record of each socket again and again. Opens a connection in a process, waits until it is
listed with a setting from the socket, ends that process, and opens another connection in a process with the same number. Prints
what its first records say, or `never`. Needs a process namespace of its own.
"""
import json
import os
import socket
import subprocess
import sys
import time

# On a busy machine, audit looks for new processes seldom.
LIMIT = 25
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
command = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)


def connect(number=None):
    """The number of a process with a connection, which has `number` if it is given, and the port."""
    if number:
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(number - 1))
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        connection.connect(("127.0.0.1", port))
        os.write(write, str(connection.getsockname()[1]).encode())
        time.sleep(3 * LIMIT)
        os._exit(0)
    kept.append(listener.accept()[0])
    return process, int(os.read(read, 10))


def settings(process, local):
    """Where the settings of a socket are from, in the first record that has them and its process."""
    end = time.monotonic() + LIMIT
    for line in command.stdout:
        record = json.loads(line)
        if record.get("local_port") == local and record.get("pid") == process:
            return record.get("settings_from"), record.get("count")
        if time.monotonic() > end:
            break
    return None


kept = []
first, local = connect()
if settings(first, local) != ("socket", 3):
    sys.exit("the first socket is not listed")
os.kill(first, 9)
os.waitpid(first, 0)
second, local = connect(first)
if second != first:
    sys.exit(f"the number is {second}, not {first}")
print(settings(second, local) or "never")
os.kill(second, 9)
command.kill()
