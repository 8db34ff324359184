"""Prints the keep-alive options of sockets of several kinds, a line each: options.py HOST PORT

    options.py after FIFO HOST PORT closes what it inherits, and waits until FIFO is written to before
    options.py inherit COMMAND...   opens a listening and a connected socket, and becomes COMMAND with their numbers after it
    options.py inherited A B        prints the options of those, and of a connection that the first accepts
"""
import os
import socket
import sys
import threading

SOL, TCP = socket.SOL_SOCKET, socket.IPPROTO_TCP


def show(kind, opened):
    options = [opened.getsockopt(SOL, socket.SO_KEEPALIVE)]
    options += [opened.getsockopt(TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)]
    print(f"{kind}: {' '.join(map(str, options))}", flush=True)


def set_own(opened):
    opened.setsockopt(SOL, socket.SO_KEEPALIVE, 1)
    opened.setsockopt(TCP, socket.TCP_KEEPIDLE, 99)


def accepted(listener):
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    return client, server


if sys.argv[1] == "inherit":
    listener = socket.create_server(("127.0.0.1", 0))
    client, server = accepted(listener)
    for opened in (listener, client):
        opened.set_inheritable(True)
    os.execvp(sys.argv[2], sys.argv[2:] + [str(listener.fileno()), str(client.fileno())])
if sys.argv[1] == "inherited":
    listener, client = (socket.socket(fileno=int(word)) for word in sys.argv[2:4])
    show("inherited", client)
    show("accepted", accepted(listener)[1])
    sys.exit()
if sys.argv[1] == "after":
    # Foundation takes a program for running while a child has its descriptors.
    os.closerange(3, 4096)
    del sys.argv[1]
    with open(sys.argv.pop(1)) as fifo:
        fifo.read()

peer = (sys.argv[1], int(sys.argv[2]))
show("connected", socket.create_connection(peer))
before = socket.socket()
set_own(before)
before.connect(peer)
show("set before", before)
after = socket.create_connection(peer)
set_own(after)
show("set after", after)
after.setsockopt(SOL, socket.SO_KEEPALIVE, 0)
show("turned off", after)
thread = threading.Thread(target=lambda: show("thread", socket.create_connection(peer)))
thread.start()
thread.join()
show("accepted", accepted(socket.create_server(("127.0.0.1", 0)))[1])
fast = socket.socket()
fast.sendto(b"x", socket.MSG_FASTOPEN, peer)
show("fast open", fast)
waiting = socket.socket()
waiting.setblocking(False)
waiting.connect_ex(peer)
show("not blocking", waiting)
if os.fork() == 0:
    show("child", socket.create_connection(peer))
    os._exit(0)
os.wait()
# Other sockets are as ever.
local = socket.socket(socket.AF_UNIX)
local.bind("")
local.listen()
socket.socket(socket.AF_UNIX).connect(local.getsockname())
try:
    socket.socket(fileno=os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(error.strerror, flush=True)
