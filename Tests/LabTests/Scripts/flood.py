"""A flood of small segments, until standard input ends.

    flood.py sink ADDRESS PORT      sends back what comes
    flood.py source ADDRESS PORT    writes bytes one by one, in bursts
"""

import os
import socket
import sys
import threading
import time

# At most so many bytes, and as many echoes, in so many seconds: the ring of an observer that gets no time for a while
# has room for them.
BURST = 20
PAUSE = 0.002


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()

task, address, port = sys.argv[1:]
if task == "sink":
    listener = socket.create_server((address, int(port)))
    print("ready", flush=True)
    connection, _ = listener.accept()
    while bytes := connection.recv(65536):
        connection.sendall(bytes)
else:
    connection = socket.create_connection((address, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print("flooding", flush=True)
    while True:
        for _ in range(BURST):
            connection.send(b"x")
        missing = BURST
        while missing:
            missing -= len(connection.recv(missing))
        time.sleep(PAUSE)
