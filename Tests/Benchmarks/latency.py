"""latency.py LABEL TARGET TOOL [OPTION...]

Measures the time from the capture of a keep-alive on lo to its line from `TOOL watch --format jsonl OPTION...`, and prints
a row of a Markdown table. 40 connections over lo probe every second. Exits with 1 if the median is not below TARGET ms.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

CONNECTIONS = 40
EVENTS = 600  # about 8 seconds: each probe and its answer
PATIENCE = 30


def fail(sentence):
    print(f"latency.py: {sentence}", file=sys.stderr)
    sys.exit(2)


def connect_probing(listener):
    """Both ends of a connection over lo; the first probes every second."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    client.connect(listener.getsockname())
    return client, listener.accept()[0]


def measure(tool):
    """Milliseconds from capture to arrival of each of EVENTS lines of the running `tool`."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []
    for _ in range(CONNECTIONS):
        held.append(connect_probing(listener))
        # Spread over the second, so that probes come at every phase of the kernel's timer.
        time.sleep(0.9 / CONNECTIONS)
    pipe = tool.stdout.fileno()
    delays, rest, deadline = [], b"", time.monotonic() + PATIENCE
    while len(delays) < EVENTS:
        if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
            fail(f"only {len(delays)} lines arrived within {PATIENCE} seconds")
        data = os.read(pipe, 1 << 16)
        arrival = time.time_ns()
        if not data:
            fail(f"tcpalive ended after {len(delays)} lines")
        *lines, rest = (rest + data).split(b"\n")
        for event in map(json.loads, lines):
            if event["type"].startswith("tcpalive.event/"):
                delays.append((arrival - event["ts_ns"]) / 1e6)
    return sorted(delays)


def main():
    label, target, *command = sys.argv[1:]
    command[1:1] = ["watch", "-i", "lo", "--format", "jsonl"]
    tool = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # End the tool too if this script is terminated.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        line = tool.stderr.readline()
        if b"capturing on" not in line:
            fail(f"tcpalive does not capture: {line.decode().strip()}")
        delays = measure(tool)
    finally:
        tool.kill()
        tool.wait()
    median, late = delays[len(delays) // 2], delays[len(delays) * 95 // 100]
    print(f"| {label} | {len(delays)} | {median:.2f} | {late:.2f} | {delays[-1]:.2f} |", flush=True)
    if median >= float(target):
        print(f"latency.py: {label}: the median is not below {target} ms", file=sys.stderr)
        sys.exit(1)


main()
