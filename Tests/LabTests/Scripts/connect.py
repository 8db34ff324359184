"""Connects to HOST PORT, without keep-alives, prints its process id, and stays until it is killed: connect.py HOST PORT"""
import os
import signal
import socket
import sys

connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print(f"process {os.getpid()} descriptor {connection.fileno()}", flush=True)
signal.pause()
