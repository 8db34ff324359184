#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets, made from captures/ and by hand.

    seeds.py CAPTURES FOLDER

FOLDER gets a folder for each target. `make fuzz` finds the rest; `make fuzz-corpus` keeps what has coverage of its own.
"""
import gzip
import lzma
import pathlib
import random
import struct
import subprocess
import sys
import zlib

CAPTURES, OUT = map(pathlib.Path, sys.argv[1:3])
# Those of FrameTarget.swift, in its order.
LINK_TYPES = [
    1, 1, 0, 108, 12, 14, 101, 228, 229, 113, 276, 9, 50, 204, 51, 104, 205, 107, 206, 219, 100, 106, 10, 6, 7, 129, 122,
    123, 138, 105, 127, 119, 163, 192, 239, 253, 197, 109, 117, 226, 8, 99, 242, 149, 258, 128, 240, 147]
LONGEST_FILE = 2048


def write(target, name, data):
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def sources():
    suffixes = (".pcap", ".pcapng")
    return [path for path in sorted(CAPTURES.rglob("*")) if path.suffix in suffixes]


def little_endian_packets(data):
    """The link type and the packets of a pcap file in little-endian order; None: it is another kind of file."""
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        return None
    link_type = struct.unpack_from("<I", data, 20)[0] & 0xFFFF
    packets, offset = [], 24
    while offset + 16 <= len(data):
        captured, original = struct.unpack_from("<II", data, offset + 8)
        packets.append((data[offset + 16:offset + 16 + captured], original))
        offset += 16 + captured
    return link_type, packets


def files():
    for path in sources():
        data = path.read_bytes()
        if len(data) <= LONGEST_FILE:
            write("file", path.name, data)
        elif path.suffix == ".pcap":
            # The records that fit.
            end = 24
            while end + 16 <= len(data):
                captured = struct.unpack_from("<I" if data[:1] in b"\xd4\x4d\x34" else ">I", data, end + 8)[0]
                if end + 16 + captured > LONGEST_FILE:
                    break
                end += 16 + captured
            write("file", path.name, data[:end])
    small = (CAPTURES / "formats" / "pcap-microseconds.pcap").read_bytes()[:400]
    for name, stream in compressed(small).items():
        write("file", f"compressed-{name}", stream)


def frames():
    for path in sources():
        found = little_endian_packets(path.read_bytes())
        if not found or found[0] not in LINK_TYPES:
            continue
        link_type, packets = found
        data = bytes([LINK_TYPES.index(link_type), 2])
        for packet, original in packets[:12]:
            missing = min(63, (original - len(packet)) // 8)
            packet = packet[:300]
            if len(data) + len(packet) > 1000:
                break
            data += struct.pack("<HB", len(packet), missing << 2 | 3 if missing > 0 else 0) + packet
        write("frame", path.name, data)


# Segments in the notation of SegmentGrammar.swift: head, numbers, sizes, detail.
def segment(side, flags, numbers=0x00, length=0, window=0, step=0, detail=0, special=None):
    sizes = length | window << 3 | (0xC0 if special is not None else 0)
    return bytes([side << 3 | flags << 4, numbers, sizes, detail << 4 | step]) + (special or b"")


def conversations():
    handshake = segment(0, 3) + segment(1, 4) + segment(0, 0)
    data = segment(0, 2, length=6) + segment(1, 0, step=3)
    probe, answer = segment(0, 0, numbers=0x01, step=10), segment(1, 0, step=3)
    return {
        "answered": handshake + data + (probe + answer) * 3,
        "dead": handshake + data + probe * 6 + segment(0, 7, step=10),
        "zero-window": handshake + data + segment(1, 0, window=3) + segment(0, 0, length=3, step=6) * 3
        + segment(1, 0, numbers=0x20, window=3) + segment(1, 0, numbers=0x20),
        "reuse": handshake + data + probe + answer + segment(0, 7) + handshake + probe,
        "same-isn": handshake + data + segment(0, 3, numbers=0x0B) + probe,
        "icmp": handshake + data + probe + segment(0, 0, special=b"\x05\x13") + probe * 2,
        "close": handshake + data + segment(0, 5) + segment(1, 5) + segment(0, 0),
        "half-close": handshake + data + segment(0, 5) + segment(1, 0, numbers=0x01, step=12) + segment(0, 6),
        "lost": handshake + data + segment(0, 2, length=7, step=13) + segment(0, 2, numbers=0x0D, length=7, step=5) * 4,
        "one-byte": handshake + data + segment(0, 2, numbers=0x01, length=3, step=10) * 3 + answer,
        "roles": handshake + b"".join(segment(0, 0, numbers=0x01, special=bytes([n, 0, 0])) for n in range(16)),
        "pairs": b"".join(
            bytes([connection | side << 3 | flags << 4, 0, 0, 0])
            for connection in range(8) for side, flags in ((0, 3), (1, 4), (0, 0), (1, 0))),
    }


def segments():
    numbers = random.Random(1)
    for name, conversation in conversations().items():
        for version in range(3):
            write("segments", f"{name}-{version}", bytes([version, numbers.choice([0x00, 0xA9, 0x31, 0x58])]) + conversation)
        for report in range(11):
            write("diagnosis", f"{name}-{report}", bytes([report, numbers.randrange(64), 0x00]) + conversation)
    for number in range(60):
        write("segments", f"random-{number}", numbers.randbytes(100))
        write("diagnosis", f"story-{number}", bytes([0x80 | number % 11, 16 | numbers.randrange(64), number]))
        write("diagnosis", f"change-{number}", bytes([0x80 | number % 11, 16, number]) + numbers.randbytes(6))


def sockets():
    header = struct.Struct("=IHHII")
    body = bytes([2, 1, 2, 3]) + b"\x12\x34\x56\x78" + b"\x0a\0\0\x02" + bytes(12) + b"\x0a\0\0\x01" + bytes(12) + bytes(4) \
        + struct.pack("=II", 7, 8) + struct.pack("=IIIII", 5000, 0, 0, 0, 1)
    message = header.pack(16 + len(body), 20, 2, 1, 1) + body
    other = header.pack(16 + len(body) + 6, 20, 2, 1, 1) + body.replace(b"\x02\x01\x02", b"\x0a\x01\x02") + bytes(8)
    information = struct.pack("=HH", 284, 2) + bytes([1]) + bytes(47) + struct.pack("=IIII", 9000, 9000, 1000, 1000) + bytes(216)
    attributes = body + struct.pack("=HHB", 5, 8, 1) + bytes(3) + information
    known = header.pack(16 + len(attributes), 20, 0x12, 1, 1) + attributes
    wrong = known.replace(struct.pack("=HH", 5, 8), struct.pack("=HH", 3, 8))
    done = header.pack(20, 3, 2, 1, 1) + bytes(4)
    error = header.pack(36, 2, 0, 1, 1) + bytes(20)
    for index, answer in enumerate([
            message, message + other + done, other + message, error, done, message[:50], known + message + done, wrong]):
        for kind in (6, 7):
            write("netlink", f"sockets-{kind}-{index}", bytes([kind]) + answer)
    quoted = bytes.fromhex("4500003c00004000400600000a0000010a000002") + b"\x12\x34\x56\x78\0\0\0\1"
    write("netlink", "icmp-4", b"\0" + bytes([3, 1, 0, 0, 0, 0, 0, 0]) + quoted)
    write("netlink", "icmp-4-options", b"\0" + bytes([11, 0, 0, 0, 0, 0, 0, 0]) + b"\x46" + quoted[1:20] + bytes(4) + quoted[20:])
    ends = [struct.pack(">QQ", 5, host) for host in (1, 2)]
    quoted = bytes.fromhex("6000000000140640") + b"".join(ends) + b"\x12\x34\x56\x78\0\0\0\1"
    write("netlink", "icmp-6", b"\1" + bytes([1, 3, 0, 0, 0, 0, 0, 0]) + quoted)
    extended = struct.pack("=IBBBBII", 113, 2, 3, 1, 0, 0, 0)
    write("netlink", "queue-4", b"\2" + extended + struct.pack("=H", 2) + bytes(2) + b"\x0a\0\0\xfe" + bytes(8))
    extended = struct.pack("=IBBBBII", 113, 3, 1, 3, 0, 0, 0)
    write("netlink", "queue-6", b"\2" + extended + struct.pack("=H", 10) + bytes(6) + ends[1] + bytes(4))
    write("netlink", "address-4", b"\3" + struct.pack("=H", 2) + b"\0\x50\x0a\0\0\xfe" + bytes(8))
    write("netlink", "address-6", b"\3" + struct.pack("=H", 10) + b"\0\x50" + bytes(4) + b"\xfe\x80" + bytes(6) + ends[0][8:] + b"\1\0\0\0")
    names = "TcpExt: TCPKeepAlive TCPWinProbe TCPAbortOnTimeout OutOfWindowIcmps\nTcpExt: 4 3 2 1\nIpExt: InOctets\n"
    write("netlink", "counters", b"\4" + names.encode())
    write("netlink", "information", b"\5" + bytes([8, 0, 1, 2, 3]) + bytes(range(227)))


def messages():
    """SocketQuestion, SocketAnswer and WireRecord: see there."""
    for version, address in ((4, bytes(12) + b"\x0a\0\0\1"), (6, b"\xfe\x80" + bytes(13) + b"\1")):
        question = struct.pack(">IB3xHHI", 7, version, 40000, 443, 2) + address + address
        write("messages", f"question-{version}", b"\0" + question)
    for flags in (0, 1, 3, 7, 15, 31, 29):
        answer = struct.pack(">IBB2xi6i4xQ", 7, flags, 4, 812, 60, 15, 4, 7000, -1, -1, 9) + b"psql" + bytes(12)
        write("messages", f"answer-{flags}", b"\1" + answer)
    end = struct.pack("<BQQH", 4, 0, 0x0A000001, 40000)
    other = struct.pack("<BQQH", 6, 0xFE80 << 48, 1, 443)
    stream = b""
    for index, (kind, code, number, text) in enumerate((
            (1, 0, 0, b""), (2, 0, 0, b"may not capture"), (3, 0, 3, b"keep-alive 3, +15.1 s"),
            (4, 2, 0, b"peer_dead\nThe peer is dead."), (5, 0, 12, b""), (3, 1, 0, b"answer \x1b[2J"))):
        body = struct.pack("<BB", kind, code) + end + other + struct.pack("<qqQ", 10**18, -2**63, number) + text
        record = struct.pack("<H", 2 + len(body)) + body
        write("messages", f"record-{index}", b"\2" + record)
        stream += record
    write("messages", "records", b"\2" + stream)


def run(command, data):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def compressed(data):
    """`data` compressed in every way, by name: small dictionaries, because a decoder allocates them."""
    streams = {"gzip": gzip.compress(data, mtime=0), "gzip-stored": gzip.compress(data, 0, mtime=0)}
    fixed = zlib.compressobj(9, zlib.DEFLATED, 31, 8, zlib.Z_FIXED)
    streams["gzip-fixed"] = fixed.compress(data) + fixed.flush()
    streams["gzip-name"] = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x03\0abcname\0comment\0" + b"\0\0" + gzip.compress(data, mtime=0)[10:]
    for check in (lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256):
        for extra in ([], [{"id": lzma.FILTER_DELTA, "dist": 4}], [{"id": lzma.FILTER_X86}]):
            filters = extra + [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 4096}]
            streams[f"xz-{check}-{len(extra)}-{extra[0]['id'] if extra else 0}"] = lzma.compress(data, check=check, filters=filters)
    for options in ("-1", "-19", "--no-check", "--fast=5", "--no-content-size"):
        streams[f"zstd{options}"] = run(["zstd", "-c", options, "--zstd=wlog=10"], data)
    for options in ("-1", "-9", "-BD", "-BX", "-B4", "--no-frame-crc", "--content-size"):
        streams[f"lz4{options}"] = run(["lz4", "-c", options], data)
    return streams


def streams():
    capture = (CAPTURES / "formats" / "pcap-microseconds.pcap").read_bytes()
    kinds = ["gzip", "zstd", "xz", "lz4"]
    payloads = {"capture": capture[:400], "zeros": bytes(300), "bytes": bytes(range(200)), "nothing": b"", "text": b"abcabcabcd" * 20}
    for title, payload in payloads.items():
        for name, stream in compressed(payload).items():
            kind = next(index for index, kind in enumerate(kinds) if name.startswith(kind))
            write("compressed", f"{name}-{title}", bytes([kind, 0x43]) + stream)
            if title == "zeros":
                write("compressed", f"{name}-twice", bytes([kind, 0x33]) + stream + stream)
                write("compressed", f"{name}-tail", bytes([kind, 0x10]) + stream + bytes(8))
                write("compressed", f"{name}-cut", bytes([kind, 0x10]) + stream[:-5])
    skippable = bytes.fromhex("502a4d180400000061626364")
    write("compressed", "skippable", bytes([1, 0x20]) + skippable + compressed(b"abc")["zstd-1"] + skippable)
    write("compressed", "skippable-lz4", bytes([3, 0x20]) + skippable + compressed(b"abc")["lz4-1"] + skippable)


files()
frames()
segments()
sockets()
messages()
streams()
