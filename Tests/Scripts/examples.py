"""Builds the programs in Examples, which use the libraries from outside the package, and checks what they print.

examples.py SCRATCH-DIRECTORY CAPTURE, from the project's directory. CAPTURE has 4 frames that Wireshark marks as keep-alives.
"""
import os
import re
import socket
import subprocess
import sys

scratch, capture = sys.argv[1:]
build = ["swift", "build", "--package-path", "Examples", "--scratch-path", scratch]
subprocess.run(build, check=True)
programs = subprocess.run(build + ["--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()


def run(name, *arguments):
    """What the program prints, which must end within 20 seconds and with status 0."""
    result = subprocess.run(
        [os.path.join(programs, name), *arguments], capture_output=True, text=True, timeout=20)
    if result.returncode != 0:
        sys.exit(f"{name} ended with status {result.returncode}: {result.stderr}")
    return result.stdout


def check(name, printed, *patterns):
    """Ends the run unless the lines of `printed` match the patterns."""
    lines = printed.splitlines()
    if len(lines) != len(patterns) or not all(re.fullmatch(p, line) for p, line in zip(patterns, lines)):
        sys.exit(f"{name} printed:\n{printed}")
    print(f"{name}: {len(lines)} lines, as they should be")


check("MarkedFrames", run("MarkedFrames", capture), *[r"\d+ [0-9.]+:\d+ keep_alive"] * 4)
check("SegmentFindings", run("SegmentFindings"), r"peer_dead \(failure\): .* 4 unanswered probes.*", r".+\.")

if os.geteuid() != 0:
    print("LiveEvents: skipped, as capturing needs root")
    sys.exit(0)
# A connection over loopback that is probed each second.
with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as client, listener.accept()[0]:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        own = client.getsockname()[1]
        printed = run("LiveEvents", "lo", f"tcp port {port}")
        # A capture that begins between two probes sees an answer first.
        check(
            "LiveEvents", printed,
            *[rf"answer from 127\.0\.0\.1:{port} to 127\.0\.0\.1:{own}"] * (len(printed.splitlines()) - 1),
            rf"probe from 127\.0\.0\.1:{own} to 127\.0\.0\.1:{port}")
