"""A flood of small segments, until standard input ends.

    flood.py sink ADDRESS PORT      sends back what comes
    flood.py source ADDRESS PORT    writes octets one by one, ten a millisecond, which an observer
                                    that was built for debugging still takes
"""

import os
import socket
import sys
import threading
import time

BURST = 10


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()

task, address, port = sys.argv[1:]
if task == "sink":
    listener = socket.create_server((address, int(port)))
    print("ready", flush=True)
    connection, _ = listener.accept()
    while octets := connection.recv(65536):
        connection.sendall(octets)
else:
    connection = socket.create_connection((address, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        for _ in range(BURST):
            connection.send(b"x")
        missing = BURST
        while missing:
            missing -= len(connection.recv(missing))
        time.sleep(0.001)
