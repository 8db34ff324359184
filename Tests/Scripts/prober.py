"""Holds a connection over loopback, port 47114, that is probed each second, for at most 30 seconds."""
import socket
import time

listener = socket.create_server(("127.0.0.1", 47114))
client = socket.create_connection(("127.0.0.1", 47114))
server, _ = listener.accept()
client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
time.sleep(30)
