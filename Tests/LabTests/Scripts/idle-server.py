"""Accepts connections and leaves them idle, until standard input ends.

    idle-server.py ADDRESS PORT limit N        closes those beyond N at once
    idle-server.py ADDRESS PORT every SECONDS  sends a byte on each connection again and again
    idle-server.py ADDRESS PORT farewell SECONDS  sends a line on each connection after that time, and closes it
"""
import selectors
import socket
import sys
import time

address, port, mode, number = sys.argv[1:]
listener = socket.create_server((address, int(port)), backlog=64)
# When something is due on each connection.
due = {}
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
print("ready", flush=True)


def close(connection):
    selector.unregister(connection)
    del due[connection]
    connection.close()


while True:
    waiting = min(due.values(), default=None) if mode != "limit" else None
    for key, _ in selector.select(None if waiting is None else max(0, waiting - time.monotonic())):
        if key.fileobj is sys.stdin:
            sys.exit()
        if key.fileobj is listener:
            connection, _ = listener.accept()
            if mode == "limit" and len(due) >= int(number):
                connection.close()
                continue
            due[connection] = time.monotonic() + float(number)
            selector.register(connection, selectors.EVENT_READ)
            continue
        try:
            is_open = key.fileobj.recv(4096)
        except OSError:
            is_open = False
        if not is_open:
            close(key.fileobj)
    if mode == "limit":
        continue
    for connection in [each for each, at in due.items() if at <= time.monotonic()]:
        try:
            connection.send(b"." if mode == "every" else b"goodbye\n")
        except OSError:
            pass
        due[connection] += float(number)
        if mode == "farewell":
            close(connection)
