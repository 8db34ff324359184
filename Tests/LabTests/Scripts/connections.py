"""Opens connections with given local ports and keep-alive options: connections.py HOST PORT LOCAL=SETTINGS...

SETTINGS are `off` or idle/interval/count, such as `40001=60/15/4`. Prints `ready`, and ends when standard input does.
"""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
kept = []
for word in sys.argv[3:]:
    local, settings = word.split("=")
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.bind(("::" if ":" in host else "0.0.0.0", int(local)))
    if settings != "off":
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        for option, value in zip(options, settings.split("/")):
            connection.setsockopt(socket.IPPROTO_TCP, option, int(value))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.connect((host, port))
    kept.append(connection)
print("ready", flush=True)
sys.stdin.read()
