"""Sends small segments at a high rate until standard input ends.

    flood.py sink ADDRESS PORT      echoes all data
    flood.py source ADDRESS PORT    sends single bytes in bursts
"""

import os
import socket
import sys
import threading
import time

# At most BURST bytes and as many echoes in PAUSE seconds: so the capture buffer has room for them while `watch` does not
# run for a while.
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
