"""Opens connections whose keep-alive options are random and known.

    sockets.py ADDRESS NUMBER LONGEST [own | far [INTERFACE]]

Connects NUMBER times to ADDRESS, port 5000, with `own` (the default) to its own listener, with `far` to that of another
program, each bound to INTERFACE if that is given, and sets idle and interval from 1 to LONGEST seconds. Half of them send data, which the peer ignores. Prints the
options by local port, one JSON object, when all are open, and ends when standard input does.
"""
import json
import random
import resource
import socket
import sys

number, longest = int(sys.argv[2]), int(sys.argv[3])
is_own = sys.argv[4:5] != ["far"]
# A link-local address has an interface (fe80::1%eth0), which is one of four members of a socket address.
family, _, _, _, address = socket.getaddrinfo(sys.argv[1], 5000, type=socket.SOCK_STREAM)[0]
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
numbers = random.Random(longest)
listener = None
if is_own:
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(4096)
kept, truth = [], {}
for index in range(number):
    options = {name: numbers.randint(1, most) for name, most in (
        ("idle", longest), ("interval", longest), ("count", 127), ("user_timeout_ms", 1000 * longest))}
    if numbers.random() < 0.7:
        options["user_timeout_ms"] = 0
    connection = socket.socket(family)
    if sys.argv[5:]:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[5].encode())

    def apply(order):
        for option in order:
            if option == "on":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            elif option == "idle":
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, options["idle"])
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, options["interval"])
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, options["count"])
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, options["user_timeout_ms"])

    options["kind"] = ("before", "after", "off")[index % 3]
    if options["kind"] == "before":
        apply(["idle", "others", "on"])
    connection.connect(address)
    if options["kind"] == "after":
        apply(["on", "others", "idle"])
    kept.append(connection)
    if listener:
        kept.append(listener.accept()[0])
    options["has_sent"] = numbers.random() < 0.5
    if options["has_sent"]:
        connection.send(b"x")
    truth[connection.getsockname()[1]] = options
print(json.dumps(truth), flush=True)
sys.stdin.read()
