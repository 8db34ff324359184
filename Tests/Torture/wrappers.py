"""Compressed files: gzip, zstd, xz and lz4, with control over their fields.

zstd and lz4 have frames of stored blocks, made here; the frames of compressed blocks are those of captures/formats.
"""
import lzma
import struct
import zlib

KINDS = ("gz", "zst", "xz", "lz4")


def wrap(random, kind, data):
    """`data` in a file of the kind, with random optional fields."""
    return {"gz": gzip, "zst": zstd, "xz": xz, "lz4": lz4}[kind](random, data)


def checksum_offset(kind, wrapped):
    """A byte of a checksum of the contents, or of what has to agree with them."""
    return len(wrapped) - {"gz": 6, "zst": 2, "xz": 10, "lz4": 2}[kind]


def gzip(random, data):
    flags, fields = 0, b""
    if random.random() < 0.3:
        flags |= 4
        extra = random.randbytes(random.choice((0, 1, 40, 600)))
        fields += struct.pack("<H", len(extra)) + extra
    for flag in (8, 16):
        if random.random() < 0.3:
            flags |= flag
            fields += b"name" * random.choice((0, 1, 500)) + b"\0"
    header = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, flags, 0, 0, 3) + fields
    if random.random() < 0.2:
        header = header[:3] + bytes([flags | 2]) + header[4:]
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    engine = zlib.compressobj(random.choice((0, 1, 9)), zlib.DEFLATED, -15)
    body = engine.compress(data) + engine.flush()
    return header + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def xz(random, data):
    check = random.choice((lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256))
    dictionary = random.choice((4096, 1 << 20, 8 << 20))
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": dictionary, "preset": 0}]
    return lzma.compress(data, check=check, filters=filters)


def zstd(random, data):
    """A frame of raw blocks with a content checksum."""
    # Single segment, content size in 4 bytes, checksum.
    out = struct.pack("<IBI", 0xFD2FB528, 0xA4, len(data))
    size = random.choice((1, 100, 4096, 128 << 10)) if len(data) < 20_000 else 128 << 10
    starts = range(0, len(data), size) or (0,)
    for start in starts:
        block = data[start:start + size]
        last = start + size >= len(data)
        out += ((len(block) << 3) | last).to_bytes(3, "little") + block
    return out + struct.pack("<I", xxh64(data) & 0xFFFFFFFF)


def lz4(random, data):
    """A frame of stored blocks with a content checksum."""
    # Version 1, independent blocks, content checksum; blocks of 64 KiB.
    descriptor = bytes((0x64, 0x40))
    out = struct.pack("<I", 0x184D2204) + descriptor + bytes((xxh32(descriptor) >> 8 & 0xFF,))
    size = random.choice((100, 4096, 64 << 10)) if len(data) < 20_000 else 64 << 10
    for start in range(0, len(data), size):
        block = data[start:start + size]
        out += struct.pack("<I", len(block) | 0x80000000) + block
    return out + struct.pack("<II", 0, xxh32(data))


# --- xxHash, as in its specification ---------------------------------------------------------------------------------

def rotated(number, count, bits):
    return ((number << count) | (number >> (bits - count))) & ((1 << bits) - 1)


def xxh32(data):
    p1, p2, p3, p4, p5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393
    mask, at = 0xFFFFFFFF, 0
    if len(data) >= 16:
        lanes = [(p1 + p2) & mask, p2, 0, -p1 & mask]
        whole = len(data) // 16 * 16
        for words in struct.iter_unpack("<4I", data[:whole]):
            lanes = [rotated((lane + word * p2) & mask, 13, 32) * p1 & mask for lane, word in zip(lanes, words)]
        total = sum(rotated(lane, count, 32) for lane, count in zip(lanes, (1, 7, 12, 18)))
        at = whole
    else:
        total = p5
    total = (total + len(data)) & mask
    while at + 4 <= len(data):
        total = rotated((total + int.from_bytes(data[at:at + 4], "little") * p3) & mask, 17, 32) * p4 & mask
        at += 4
    for byte in data[at:]:
        total = rotated((total + byte * p5) & mask, 11, 32) * p1 & mask
    total = (total ^ total >> 15) * p2 & mask
    total = (total ^ total >> 13) * p3 & mask
    return total ^ total >> 16


def xxh64(data):
    p1, p2, p3 = 11400714785074694791, 14029467366897019727, 1609587929392839161
    p4, p5 = 9650029242287828579, 2870177450012600261
    mask, at = (1 << 64) - 1, 0

    def mixed(lane, word):
        return rotated((lane + word * p2) & mask, 31, 64) * p1 & mask

    if len(data) >= 32:
        lanes = [(p1 + p2) & mask, p2, 0, -p1 & mask]
        whole = len(data) // 32 * 32
        for words in struct.iter_unpack("<4Q", data[:whole]):
            lanes = [mixed(lane, word) for lane, word in zip(lanes, words)]
        total = sum(rotated(lane, count, 64) for lane, count in zip(lanes, (1, 7, 12, 18))) & mask
        for lane in lanes:
            total = ((total ^ mixed(0, lane)) * p1 + p4) & mask
        at = whole
    else:
        total = p5
    total = (total + len(data)) & mask
    while at + 8 <= len(data):
        total ^= mixed(0, int.from_bytes(data[at:at + 8], "little"))
        total = (rotated(total, 27, 64) * p1 + p4) & mask
        at += 8
    if at + 4 <= len(data):
        total ^= int.from_bytes(data[at:at + 4], "little") * p1 & mask
        total = (rotated(total, 23, 64) * p2 + p3) & mask
        at += 4
    for byte in data[at:]:
        total = rotated(total ^ byte * p5 & mask, 11, 64) * p1 & mask
    total = (total ^ total >> 33) * p2 & mask
    total = (total ^ total >> 29) * p3 & mask
    return total ^ total >> 32
