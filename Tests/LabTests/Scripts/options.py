"""Prints the keep-alive options of sockets of several kinds, a line each: options.py HOST PORT

    options.py after FIFO HOST PORT closes what it inherits, and waits until FIFO is written to before
    options.py inherit COMMAND...   opens a listening and a connected socket, and becomes COMMAND with their numbers after it
    options.py inherited A B        prints the options of those, and of a connection that the first accepts
    options.py passed               prints those of a socket of its own, and of one of a process in another network namespace
"""
import ctypes
import os
import socket
import struct
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


def send_several(opened, peer):
    """Connects by sendmmsg(2), which Python lacks."""
    host = struct.pack("=H", socket.AF_INET) + struct.pack("!H", peer[1]) + socket.inet_aton(peer[0]) + bytes(8)
    address, data = ctypes.create_string_buffer(host, 16), ctypes.create_string_buffer(b"x", 1)
    vector = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(data), 1))
    # struct mmsghdr: its msghdr, and the number of bytes sent.
    message = ctypes.create_string_buffer(
        struct.pack("PIPNPNixxxxIxxxx", ctypes.addressof(address), 16, ctypes.addressof(vector), 1, 0, 0, 0, 0))
    if ctypes.CDLL(None).sendmmsg(opened.fileno(), message, 1, socket.MSG_FASTOPEN) != 1:
        sys.exit("sendmmsg failed")


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
if sys.argv[1] == "passed":
    ours, theirs = socket.socketpair()
    own = socket.socket()
    if os.fork() == 0:
        ctypes.CDLL(None).unshare(0x40000000)  # CLONE_NEWNET
        other = socket.socket()
        socket.send_fds(theirs, [b"x"], [other.fileno()])
        os._exit(0)
    os.wait()
    other = socket.socket(fileno=socket.recv_fds(ours, 1, 1)[1][0])
    for kind, opened in [("own", own), ("passed", other)]:
        set_own(opened)
        show(kind, opened)
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
several = socket.socket()
send_several(several, peer)
show("fast open of several", several)
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
