#!/usr/bin/env python3
"""Writes the captures that cost most per packet and compares their cost with that of ordinary ones.

worst.py TCPALIVE: prints the processor time per packet of each capture, the fastest of three runs less that of an empty
capture, and its ratio to the ordinary one. Exits with 1 if a ratio is above 10.
"""
import os
import resource
import struct
import subprocess
import sys
import tempfile

FIN, SYN, RST, ACK = 1, 2, 4, 16
COUNT = 400_000


def tcp(source, destination, flags, sequence, acknowledgment, length=0, window=500, ports=(1000, 80), time=0):
    """The record of a segment, whose payload is not captured."""
    header = struct.pack(">HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, acknowledgment & 0xFFFFFFFF, 0x50, flags, window, 0, 0)
    return packet(source, destination, header, length, time)


DATA = bytes(1400)


def packet(source, destination, payload, missing=0, time=0, fragment=0, identification=0, protocol=6):
    size = 20 + len(payload) + missing
    header = struct.pack(">BBHHHBBHII", 0x45, 0, size, identification, fragment, 64, protocol, 0, source, destination)
    return struct.pack("<IIII", time, 0, 20 + len(payload), size) + header + payload


def ordinary():
    """Data on 1000 connections, in packets of full size, and acknowledgments."""
    numbers = [[1, 1] for _ in range(1000)]
    for step in range(COUNT // 2):
        client = step * 7919 % 1000
        own, peer = numbers[client]
        header = struct.pack(">HHIIBBHHH", 1000, 80, own, peer, 0x50, ACK, 500, 0, 0)
        yield packet(0x0A000000 + client, 1, header + DATA)
        yield tcp(1, 0x0A000000 + client, ACK, peer, own + 1400, ports=(80, 1000))
        numbers[client][0] += 1400


def gaps():
    """10,000 ranges with gaps, and acknowledgments that advance within the first ones."""
    for step in range(10_000):
        yield tcp(2, 1, ACK, 1_000_000 + step * 200, 1, 100)
    yield tcp(1, 2, ACK, 1, 1_000_000, ports=(80, 1000))
    for step in range(COUNT):
        yield tcp(1, 2, ACK, 1, 1_000_000 + step % 100 * 4, ports=(80, 1000))


def refilled():
    """10,000 ranges; each acknowledgment removes one, and another one follows."""
    for step in range(10_000):
        yield tcp(2, 1, ACK, 1_000_000 + step * 200, 1, 100)
    for step in range(COUNT // 2):
        yield tcp(1, 2, ACK, 1, 1_000_100 + step * 200, ports=(80, 1000))
        yield tcp(2, 1, ACK, 3_000_000 + step * 200, 1, 100)


def overlaps():
    """10,000 copies of one range, and acknowledgments within it."""
    for step in range(10_000):
        yield tcp(2, 1, ACK, 1_000_000, 1, 60_000)
    for step in range(COUNT):
        yield tcp(1, 2, ACK, 1, 1_000_001 + step % 59_000, ports=(80, 1000))


def opposite():
    """10,000 ranges, and acknowledgments of numbers on the other side of the number space."""
    for step in range(10_000):
        yield tcp(2, 1, ACK, 1_000_000 + step * 200, 1, 100)
    for step in range(COUNT // 2):
        yield tcp(2, 1, ACK, 1_000_000 + (1 << 31) - 500 + step % 7, 1, 100)
        yield tcp(1, 2, ACK, 1, 1_000_000 - step % 50, ports=(80, 1000))


def window():
    """Zero-window probes and their answers."""
    yield tcp(2, 1, ACK, 1000, 1, 100)
    yield tcp(1, 2, ACK, 1, 1100, 0, 0, ports=(80, 1000))
    for step in range(COUNT // 2):
        yield tcp(2, 1, ACK, 1100, 1, 1, time=step)
        yield tcp(1, 2, ACK, 1, 1100, 0, 0, ports=(80, 1000), time=step)


def probes():
    """Keep-alives and their answers on many connections."""
    for step in range(COUNT // 2):
        client = step % 20_000
        yield tcp(0x0A000000 + client, 1, ACK, 999 + (step < 20_000), 1, time=60 * (step // 20_000))
        yield tcp(1, 0x0A000000 + client, ACK, 1, 1000, ports=(80, 1000), time=60 * (step // 20_000))


def fragments(offsets, size=8):
    """Fragments with these offsets, of a datagram that is never whole."""
    payload = bytes(size)
    for step in range(COUNT):
        yield packet(
            2, 1, payload, fragment=0x2000 | offsets(step % 8000), identification=step // 8000 & 0xFFFF)


def full_size():
    """First fragments of many datagrams."""
    payload = bytes(1480)
    for step in range(COUNT // 8):
        yield packet(2, 1 + step // 65536, payload, fragment=0x2000, identification=step & 0xFFFF)


def syns():
    for step in range(COUNT):
        yield tcp(0x0B000000 + step, 1, SYN, step, 0)


def acknowledgments():
    for step in range(COUNT):
        yield tcp(0x0B000000 + step, 1, ACK, step, 1)


def handshakes():
    for step in range(COUNT // 3):
        yield tcp(0x0B000000 + step, 1, SYN, 1, 0)
        yield tcp(1, 0x0B000000 + step, SYN | ACK, 1, 2, ports=(80, 1000))
        yield tcp(0x0B000000 + step, 1, ACK, 2, 2)


def resets():
    for step in range(COUNT // 2):
        yield tcp(0x0B000000 + step, 1, SYN, 1, 0)
        yield tcp(1, 0x0B000000 + step, RST | ACK, 0, 2, ports=(80, 1000))


def reuse():
    """The same ports again and again."""
    for step in range(COUNT // 2):
        yield tcp(0x0B000000 + step % 100, 1, SYN, step * 1000, 0)
        yield tcp(1, 0x0B000000 + step % 100, RST | ACK, 0, step * 1000 + 1, ports=(80, 1000))


def idle():
    """Many connections with idle periods, each evidence of its own."""
    for step in range(COUNT):
        client, time = step % 50_000, step // 50_000 * 100
        yield tcp(0x0B000000 + client, 1, ACK, 1 + time, 1, 100, time=time)


def days():
    """Many connections with two answered keep-alives that are days apart."""
    for client in range(COUNT // 6):
        a = 0x0B000000 + client
        for step in range(3):
            yield tcp(a, 1, ACK, 999 + (step == 0), 1, time=250_000 * step)
            yield tcp(1, a, ACK, 1, 1000, ports=(80, 1000), time=250_000 * step)


CAPTURES = {
    "ordinary": ordinary(), "ranges: gaps": gaps(), "ranges: refilled": refilled(), "ranges: overlaps": overlaps(),
    "ranges: opposite": opposite(), "window probes": window(), "keep-alives": probes(),
    "fragments in order": fragments(lambda step: step + 1), "fragments in reverse": fragments(lambda step: 8001 - step),
    "fragments in disorder": fragments(lambda step: step * 4001 % 8000 + 1),
    "fragments of full size": full_size(), "SYNs": syns(), "ACKs": acknowledgments(), "handshakes": handshakes(),
    "refused": resets(), "reused ports": reuse(), "idle periods": idle(),
    "days between probes": days(),
}


def seconds(arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cost(arguments):
    return min(seconds(arguments) for _ in range(3))


def main():
    command = [sys.argv[1], "analyze", "-q", "--memory", "32M"]
    header = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    average, failed = None, False
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "capture.pcap")
        with open(path, "wb") as file:
            file.write(header)
        empty = cost(command + [path])
        for name, records in CAPTURES.items():
            count = 0
            with open(path, "wb") as file:
                file.write(header)
                for record in records:
                    file.write(record)
                    count += 1
            time = (cost(command + [path]) - empty) / count
            average = average or time
            failed = failed or time > 10 * average
            print(f"{name:24} {time * 1e9:7.0f} ns {time / average:6.1f}", flush=True)
    sys.exit(failed)


main()
