"""Captures that are built: exchanges of segments in random headers, and pcapng files with every kind of block."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "Scripts"))
from packets import ACK, FIN, PSH, RST, SYN, ethernet, etype, icmp, ipv4, ipv6, macs, pcap, tcp  # noqa: E402

A4, B4 = b"\x0a\0\0\1", b"\x0a\0\0\2"
A6, B6 = b"\xfd" + b"\0" * 14 + b"\1", b"\xfd" + b"\0" * 14 + b"\2"
START = 1_700_000_000_000_000_000  # ns


# --- segments -------------------------------------------------------------------------------------------------------

def exchange(random):
    """[(time in ns, from A, segment as arguments of tcp)]: a connection with data, probes, and an end or none."""
    time, a, b = START, random.getrandbits(32), random.getrandbits(32)
    out = [(time, True, (SYN, a, 0)), (time + 1000, False, (SYN | ACK, b, a + 1)), (time + 2000, True, (ACK, a + 1, b + 1))]
    a, b = a + 1, b + 1
    for _ in range(random.randrange(2, 7)):
        time += random.choice((1_000_000, 1_000_000_000, 60_000_000_000, 7_200_000_000_000))
        step = random.randrange(6)
        if step == 0:
            data = random.randbytes(random.choice((1, 2, 100, 700)))
            out.append((time, True, (PSH | ACK, a, b, data)))
            a += len(data)
            out.append((time + 500_000, False, (ACK, b, a)))
        elif step == 1:
            out.append((time, True, (ACK, a - 1, b, random.choice((b"", b"\0")))))
            if random.random() < 0.7:
                out.append((time + 500_000, False, (ACK, b, a)))
        elif step == 2:
            out.append((time, False, (ACK, b - 1, a)))
        elif step == 3:
            out.append((time, random.random() < 0.5, (random.choice((RST, RST | ACK, FIN | ACK)), a, b)))
        elif step == 4:
            # A retransmission, or a segment that leaves a hole.
            out.append((time, True, (PSH | ACK, a + random.choice((-100, 1000)), b, random.randbytes(50))))
        else:
            out.append((time, False, (random.getrandbits(9), b, a)))
    return [(when, from_a, (flags, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, *data))
            for when, from_a, (flags, seq, ack, *data) in out]


def tcp_options(random):
    options = b""
    while random.random() < 0.6 and len(options) < 30:
        options += random.choice((
            b"\1", b"\2\4\5\xb4", b"\3\3\7", b"\4\2", b"\x08\x0a" + random.randbytes(8),
            b"\x05\x0a" + random.randbytes(8), b"\x05\x12" + random.randbytes(16), b"\x1e\x0c" + random.randbytes(10)))
    return options[:40] + b"\0" * (-len(options[:40]) % 4)


def ip(random, version, from_a, arguments, number):
    """Packets that carry one segment: one, or fragments."""
    a, b = (A4, B4) if version == 4 else (A6, B6)
    source, destination = (a, b) if from_a else (b, a)
    ports = (40000, 50000) if from_a else (50000, 40000)
    body = tcp(source, destination, *arguments, ports=ports, options=tcp_options(random),
               window=random.choice((0, 1000, 65535)))
    protocol = 6
    for _ in range(random.choice((0, 0, 0, 1, 2, 9))):
        # Destination options, hop-by-hop options, a routing header, or an authentication header.
        kind = random.choice((60, 0, 43, 51)) if version == 6 else 51
        header = struct.pack("!BB", protocol, 0) + bytes((1, 4, 0, 0, 0, 0))
        if kind == 51:
            header = struct.pack("!BBHII", protocol, 4, 0, 1, 1) + b"\0" * 12
        protocol, body = kind, header + body
    if random.random() < 0.1:
        # An ICMP error that quotes the segment.
        quoted = (ipv4 if version == 4 else ipv6)(source, destination, protocol, body)
        kind = random.choice((3, 11, 4)) if version == 4 else random.choice((1, 2, 3))
        error = icmp(destination, source, kind, random.randrange(5), quoted)
        return [(ipv4 if version == 4 else ipv6)(destination, source, 1 if version == 4 else 58, error)]
    if random.random() < 0.2 and len(body) > 32:
        return fragments(random, version, source, destination, protocol, body, number)
    if version == 6:
        return [ipv6(source, destination, protocol, body)]
    options = random.choice((b"", b"", b"\x94\4\0\0", b"\1\1\1\0", b"\x44\x0c\5\0" + b"\0" * 8, b"\x83\7\4\n\0\0\3\0"))
    return [ipv4(source, destination, protocol, body, number & 0xFFFF, options=options)]


def fragments(random, version, source, destination, protocol, body, number):
    cuts = sorted({0, len(body), *(random.randrange(0, len(body), 8) for _ in range(random.randrange(1, 4)))})
    packets = []
    for start, end in zip(cuts, cuts[1:]):
        # Sometimes they overlap.
        end = min(len(body), end + random.choice((0, 0, 0, 8)))
        more = end < len(body)
        if version == 4:
            packets.append(ipv4(source, destination, protocol, body[start:end], number & 0xFFFF,
                                start // 8 | (0x2000 if more else 0)))
        else:
            header = struct.pack("!BBHI", protocol, 0, start | more, number)
            packets.append(ipv6(source, destination, 44, header + body[start:end]))
    if random.random() < 0.5:
        random.shuffle(packets)
    return packets


# --- envelopes ------------------------------------------------------------------------------------------------------

def udp(port, payload):
    return ipv4(A4, B4, 17, struct.pack("!HHHH", 49152, port, 8 + len(payload), 0) + payload)


def plain(packet, from_a):
    return ethernet(packet, from_a, pad=False)


# A packet in another packet.
TUNNELS = (
    lambda p, a: ipv4(A4, B4, 4 if p[0] >> 4 == 4 else 41, p), lambda p, a: ipv6(A6, B6, 4 if p[0] >> 4 == 4 else 41, p),
    lambda p, a: ipv4(A4, B4, 47, b"\0\0" + etype(p) + p),
    lambda p, a: ipv4(A4, B4, 47, b"\xb0\0" + etype(p) + b"\0" * 4 + b"\0\0\0\7" + b"\0\0\0\1" + p),
    lambda p, a: ipv4(A4, B4, 47, b"\0\0\x65\x58" + plain(p, a)),
    lambda p, a: ipv4(A4, B4, 47, bytes.fromhex("100088be000000011001000100000000") + plain(p, a)),
    lambda p, a: udp(4789, bytes.fromhex("0800000000006400") + plain(p, a)),
    lambda p, a: udp(6081, bytes.fromhex("02006558000064000102800100000000") + plain(p, a)),
    lambda p, a: udp(2152, struct.pack("!BBHIHBB", 0x32, 255, len(p) + 4, 7, 1, 0, 0) + p),
    lambda p, a: udp(1701, bytes.fromhex("000200010001ff03") + (b"\0\x21" if p[0] >> 4 == 4 else b"\0\x57") + p),
    lambda p, a: udp(3544, bytes.fromhex("0000f227bffffffe") + p),
)


def tagged(random, packet, from_a):
    """Ethernet with any number of VLAN tags, MPLS labels, or PPPoE."""
    kind = random.randrange(4)
    if kind == 0:
        tags = b"".join(random.choice((b"\x81\0", b"\x88\xa8", b"\x91\0")) + b"\0\x64" for _ in range(random.choice((1, 2, 30))))
        return ethernet(packet, from_a, tags)
    if kind == 1:
        count = random.choice((1, 2, 30))
        labels = b"".join(struct.pack("!I", 0x64040 | (0x100 if n == count - 1 else 0)) for n in range(count))
        return macs(from_a) + b"\x88\x47" + labels + packet
    if kind == 2:
        body = (b"\0\x21" if packet[0] >> 4 == 4 else b"\0\x57") + packet
        return macs(from_a) + b"\x88\x64" + struct.pack("!BBHH", 0x11, 0, 7, len(body)) + body
    return ethernet(packet, from_a)


LINKS = {
    1: tagged, 101: lambda r, p, a: p, 0: lambda r, p, a: b"\2\0\0\0" + p,
    113: lambda r, p, a: bytes.fromhex("00000001000600000c0000010000") + etype(p) + p,
    276: lambda r, p, a: etype(p) + bytes.fromhex("0000000000020001000600000c0000010000") + p,
    9: lambda r, p, a: b"\xff\3\0" + (b"\x21" if p[0] >> 4 == 4 else b"\x57") + p,
    104: lambda r, p, a: b"\x0f\0" + etype(p) + p,
    127: lambda r, p, a: struct.pack("<BBHI", 0, 0, 8, 0) + bytes.fromhex("08080000") + macs(a) + b"\0" * 8
    + bytes.fromhex("aaaa03000000") + etype(p) + p,
}


def composed(random):
    """A capture of random exchanges: (packets as (time, frame), link type)."""
    link = random.choice(list(LINKS))
    tunnels = [random.choice(TUNNELS) for _ in range(random.choice((0, 0, 1, 1, 2, 3, 12)))]
    version = random.choice((4, 4, 6))
    packets = []
    for number, (time, from_a, arguments) in enumerate(exchange(random)):
        for packet in ip(random, version, from_a, arguments, number):
            for tunnel in tunnels:
                packet = tunnel(packet, from_a)
            packets.append((time, LINKS[link](random, packet, from_a)[:65535]))
    return packets, link


def as_pcap(random, packets, link):
    return pcap(packets, link, order=random.choice("<>"), nanoseconds=random.random() < 0.5,
                snaplen=random.choice((262144, 65535, 96, 60)))


# --- pcapng ---------------------------------------------------------------------------------------------------------

def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def options(random, order, table):
    """Some of the options in `table`: (code, value)."""
    chosen = [option(order, code, value) for code, value in table if random.random() < 0.3]
    if not chosen:
        return b""
    return b"".join(chosen) + (option(order, 0, b"") if random.random() < 0.9 else b"")


def text(random):
    return random.choice((b"", b"eth0", b"a comment", "\u202e\u0085\x1b[31m".encode(), b"\xff\xfe\0", b"n" * 300))


def section(random, order):
    body = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, random.choice((0, 0, 2)), -1)
    custom = (2988, struct.pack(order + "I", 32473) + text(random))
    return block(order, 0x0A0D0D0A, body + options(random, order, [*((n, text(random)) for n in (1, 2, 3, 4)), custom]))


def interface(random, order, link, resolution):
    table = [(1, text(random)), (2, text(random)), (3, text(random)), (4, b"\x0a\0\0\1\xff\xff\xff\0"), (5, b"\0" * 17),
             (6, b"\0" * 6), (8, struct.pack(order + "Q", 10**9)), (10, b"\0\0\0\0"), (11, b"\0tcp"), (12, text(random)),
             (13, random.choice((b"\0", b"\4"))), (14, struct.pack(order + "q", random.choice((0, 10**9, -1)))),
             (15, text(random)), (0x8000 | 7, b"\0" * 7)]
    chosen = options(random, order, table)
    if resolution is not None:
        chosen = option(order, 9, bytes((resolution,))) + chosen
    return block(order, 1, struct.pack(order + "HHI", link, 0, random.choice((0, 65535, 262144, 80))) + chosen)


def other_blocks(random, order):
    """Blocks that have no packet."""
    return random.choice((
        block(order, 5, struct.pack(order + "III", 0, 0, 0) + options(random, order, [
            (2, b"\0" * 8), (4, struct.pack(order + "Q", 7)), (5, struct.pack(order + "Q", 1))])),
        block(order, 4, struct.pack(order + "HH", 1, 9) + b"\x0a\0\0\1host\0\0\0\0" + b"\0" * 4),
        block(order, 10, struct.pack(order + "II", 0x544C534B, 6) + b"secret"),
        block(order, 9, b"__REALTIME_TIMESTAMP=1\n"),
        block(order, 0xBAD, struct.pack(order + "I", 32473) + b"custom"),
        block(order, 0x40000BAD, struct.pack(order + "I", 32473) + b"custom"),
        block(order, 0x204, b"\0" * 24), block(order, 0x4242, random.randbytes(random.randrange(40))),
    ))


def as_pcapng(random, packets, link):
    """The packets in a pcapng file with several interfaces, kinds of blocks and options, perhaps several sections."""
    order = random.choice("<>")
    out, resolutions = b"", []
    for number, (time, frame) in enumerate(packets):
        if number == 0 or random.random() < 0.05:
            order = random.choice("<>")
            out += section(random, order)
            resolutions = [random.choice((None, 9, 6, 3, 0, 0x80 | 30, 0x80 | 10)) for _ in range(random.choice((1, 1, 2, 5)))]
            out += b"".join(interface(random, order, link, resolution) for resolution in resolutions)
        if random.random() < 0.2:
            out += other_blocks(random, order)
        index = random.randrange(len(resolutions))
        resolution = 6 if resolutions[index] is None else resolutions[index]
        units = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
        stamp = time * units // 10**9 & (1 << 64) - 1
        flags = options(random, order, [
            (1, text(random)), (2, struct.pack(order + "I", 1)), (3, b"\2" + b"\0" * 16), (4, struct.pack(order + "Q", 3)),
            (5, b"\0" * 8), (6, b"\0" * 4), (7, b"\1" * 9)])
        kind = random.choice((6, 6, 6, 6, 2, 3))
        if kind == 6:
            head = struct.pack(order + "IIIII", index, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        elif kind == 2:
            head = struct.pack(order + "HHIIII", index, 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        else:
            head, flags = struct.pack(order + "I", len(frame)), b""
        out += block(order, kind, head + frame + b"\0" * (-len(frame) % 4) + flags)
    return out
