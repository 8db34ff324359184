"""Sends keep-alive probes of one byte, like some other stacks and unlike Linux.

    one-byte-probes.py probe INTERFACE ADDRESS PORT COUNT
        connects without keep-alive, sends COUNT probes, and waits for the answer to each
    one-byte-probes.py forge INTERFACE PORT
        waits for the connection of another program, and sends a probe each time the kernel counts one of its own,
        until standard input ends

IPv4 on Ethernet.
"""

import os
import select
import socket
import struct
import sys

ETHERNET = 14
ETH_P_ALL = 3
ACK = 0x10


class Frame:
    """A captured frame with a TCP segment."""

    def __init__(self, bytes):
        self.bytes = bytes
        self.internet = bytes[ETHERNET:]
        header = (self.internet[0] & 15) * 4
        length = struct.unpack_from("!H", self.internet, 2)[0]
        self.segment = self.internet[header:length]
        self.source, self.destination, self.sequence, self.acknowledgment = struct.unpack_from("!HHII", self.segment)
        options = (self.segment[12] >> 4) * 4
        self.flags = self.segment[13]
        self.options = self.segment[20:options]
        self.payload = self.segment[options:]

    def first_sack(self):
        """The first block of a SACK option, or None."""
        rest = self.options
        while rest and rest[0] != 0:
            if rest[0] == 5:
                return struct.unpack_from("!II", rest, 2)
            rest = rest[1:] if rest[0] == 1 else rest[rest[1] :]
        return None


def frames(tap):
    """The TCP segments on the interface, in both directions."""
    while True:
        bytes = tap.recv(65535)
        if bytes[12:14] == b"\x08\x00" and bytes[ETHERNET + 9] == socket.IPPROTO_TCP:
            yield Frame(bytes)


def end_of_handshake(tap, port):
    """The first segment to `port` without data and with no flag but ACK: its sequence number is the next to be sent."""
    for frame in frames(tap):
        if frame.destination == port and frame.flags == ACK and not frame.payload:
            return frame


def checksum(bytes):
    if len(bytes) % 2:
        bytes += b"\0"
    total = sum(struct.unpack(f"!{len(bytes) // 2}H", bytes))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def one_byte_probe(frame):
    """`frame` with one byte of garbage and the sequence number before its own."""
    internet = bytearray(frame.internet[: len(frame.internet) - len(frame.segment)])
    segment = bytearray(frame.segment) + b"\0"
    struct.pack_into("!I", segment, 4, (frame.sequence - 1) & 0xFFFFFFFF)
    segment[16:18] = b"\0\0"
    pseudo_header = internet[12:20] + struct.pack("!HH", socket.IPPROTO_TCP, len(segment))
    struct.pack_into("!H", segment, 16, checksum(bytes(pseudo_header + segment)))
    struct.pack_into("!H", internet, 2, len(internet) + len(segment))
    internet[10:12] = b"\0\0"
    struct.pack_into("!H", internet, 10, checksum(bytes(internet)))
    return frame.bytes[:ETHERNET] + bytes(internet + segment)


def kernel_probes():
    """The counter TCPKeepAlive of TcpExt in this namespace."""
    with open("/proc/self/net/netstat") as file:
        names, values = (line.split() for line in file if line.startswith("TcpExt:"))
    return int(values[names.index("TCPKeepAlive")])


def probe(tap, address, port, count):
    connection = socket.create_connection((address, port))
    last = end_of_handshake(tap, port)
    for _ in range(count):
        tap.send(one_byte_probe(last))
        for frame in frames(tap):
            if frame.source == port and frame.flags == ACK and frame.acknowledgment == last.sequence:
                break
        if frame.first_sack() != ((last.sequence - 1) & 0xFFFFFFFF, last.sequence):
            sys.exit(f"no D-SACK in the answer: {frame.options.hex()}")
    print(f"{count} probes, each answered by a D-SACK", flush=True)
    connection.close()


def forge(tap, port):
    # A probe that is passed on late makes the next one, or the RST, look early. Other tests load the processors meanwhile.
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        print("no real-time priority: under load, probes may be late", file=sys.stderr)
    print("ready", flush=True)
    last = end_of_handshake(tap, port)
    sent = kernel_probes()
    print("connected", flush=True)
    # The kernel does not report changes of a counter, so it is read every millisecond.
    while not select.select([sys.stdin], [], [], 0.001)[0]:
        while sent < kernel_probes():
            tap.send(one_byte_probe(last))
            sent += 1


task, interface, *arguments = sys.argv[1:]
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
tap.bind((interface, 0))
if task == "probe":
    probe(tap, arguments[0], int(arguments[1]), int(arguments[2]))
else:
    forge(tap, int(arguments[0]))
