"""TCP segments, IP packets, ICMP errors, Ethernet frames and pcap files as bytes; used by make-captures.py."""
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << bit for bit in range(9))

# Addresses of a manufacturer that Wireshark knows: by them it distinguishes a frame in MPLS from a control word.
MAC_A, MAC_B = bytes.fromhex("00000c000001"), bytes.fromhex("00000c000002")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, protocol, length):
    if len(source) == 4:
        return source + destination + struct.pack("!BBH", 0, protocol, length)
    return source + destination + struct.pack("!IxxxB", length, protocol)


def tcp(source, destination, flags, seq, ack, payload=b"", ports=(40000, 50000), options=b"\1\1\1\0",
        window=1000):
    offset = (20 + len(options)) // 4
    header = struct.pack(
        "!HHIIHHHH", *ports, seq, ack, offset << 12 | flags, window, 0, 0) + options
    length = len(header) + len(payload)
    total = checksum(pseudo_header(source, destination, 6, length) + header + payload)
    return header[:16] + struct.pack("!H", total) + header[18:] + payload


def ipv4(source, destination, protocol, payload, identification=1, fragment=0, options=b"", ttl=64):
    header = struct.pack(
        "!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), identification, fragment, ttl,
        protocol, 0) + source + destination + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, following, payload, hop_limit=64):
    return struct.pack("!IHBB", 6 << 28, len(payload), following, hop_limit) + source + destination + payload


def icmp(source, destination, kind, code, quoted, mtu=0):
    """The body of an ICMP or ICMPv6 error that quotes the packet `quoted`; the addresses decide which."""
    if len(source) == 4:
        body = struct.pack("!BBHHH", kind, code, 0, 0, mtu) + quoted
        return body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    body = struct.pack("!BBHI", kind, code, 0, mtu) + quoted
    total = checksum(pseudo_header(source, destination, 58, len(body)) + body)
    return body[:2] + struct.pack("!H", total) + body[4:]


def macs(from_a):
    return MAC_B + MAC_A if from_a else MAC_A + MAC_B


def etype(packet):
    return b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"


def ethernet(packet, from_a, tags=b"", pad=True):
    frame = macs(from_a) + tags + etype(packet) + packet
    return frame.ljust(60, b"\0") if pad else frame


def pcap(packets, link=1, order="<", nanoseconds=True, magic=None, record=lambda order, packet: b"", snaplen=262144,
         version=(2, 4)):
    """A pcap file of (time in ns, frame); frames are cut to `snaplen`."""
    magic = magic or (0xA1B23C4D if nanoseconds else 0xA1B2C3D4)
    out = struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, link)
    for time, packet in packets:
        fraction = time % 10**9 if nanoseconds else time % 10**9 // 1000
        cut = packet[:snaplen]
        out += struct.pack(order + "IIII", time // 10**9, fraction, len(cut), len(packet)) + record(order, cut) + cut
    return out
