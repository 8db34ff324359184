"""Makes files that are damaged in a known way: file `number` of a seed is the same on every machine."""
import os
import random as randomness
import sys

import build
import layout
import wrappers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "Scripts"))
from capture_files import captures  # noqa: E402

# Larger captures take longer and show no more.
LARGEST_SEED = 16 << 10
# No mutation makes a longer file.
LONGEST = 512 << 10


class Mutant:
    """A file, how it was made, and what is known about reading it."""

    def __init__(self, data):
        self.data = data
        self.steps = []
        # The exit statuses that are right; None: not known.
        self.statuses = None
        # Other bytes that must give the same report; None: none.
        self.twin = None

    @property
    def description(self):
        return ", ".join(self.steps)


def seeds(directory):
    """(name, bytes) of the small captures below the directory."""
    found = []
    for path in captures([directory]):
        if os.path.getsize(path) <= LARGEST_SEED:
            with open(path, "rb") as file:
                found.append((os.path.relpath(path, directory), file.read()))
    return found


class Mutator:
    """Makes the mutants of a seed of the random numbers."""

    def __init__(self, directory, seed):
        self.seed = seed
        self.seeds = seeds(directory)
        self.layouts = {}
        self.compressed = [(name, data) for name, data in self.seeds if name.endswith(wrappers.KINDS)]
        self.plain = [(name, data) for name, data in self.seeds if not name.endswith(wrappers.KINDS)]

    def mutant(self, number):
        random = randomness.Random(f"{self.seed}/{number}")
        if random.random() < 0.02:
            name, data = random.choice(self.compressed)
            mutant = Mutant(data)
            mutant.steps.append(name)
            mutant.data = set_bytes(random, mutant, mutant.data)
            return mutant
        mutant, found = self.base(random)
        recipe = random.choices(RECIPES, RECIPE_WEIGHTS)[0]
        recipe(self, random, mutant, found)
        if random.random() < 0.2:
            wrapped(random, mutant)
        if len(mutant.data) > LONGEST:
            mutant.data, mutant.statuses, mutant.twin = mutant.data[:LONGEST], None, None
        return mutant

    def base(self, random):
        """A capture without damage, and its layout."""
        kind = random.random()
        if kind < 0.45:
            name, data = random.choice(self.plain)
            mutant = Mutant(data)
            mutant.steps.append(name)
            if name not in self.layouts:
                self.layouts[name] = layout.Layout(data)
            return mutant, self.layouts[name]
        packets, link = build.composed(random)
        if kind < 0.7:
            mutant = Mutant(build.as_pcap(random, packets, link))
        else:
            mutant = Mutant(build.as_pcapng(random, packets, link))
        mutant.steps.append(f"built {'pcap' if kind < 0.7 else 'pcapng'} of link type {link}")
        return mutant, layout.Layout(mutant.data)


# --- values ---------------------------------------------------------------------------------------------------------

LISTS = {
    "magic": (*layout.MAGICS, 0x0A0D0D0A, 0x1A2B3C4D, 0x4D3C2B1A, 0x28B52FFD, 0x1F8B0800, 0x04224D18),
    "version": (0, 1, 2, 3, 4, 543, 65535),
    "link": (*layout.LINKS, 51, 99, 117, 119, 123, 129, 138, 143, 163, 165, 177, 189, 195, 220, 224, 226, 240, 245, 253, 277),
    "ethertype": (
        0x0800, 0x86DD, 0x8100, 0x88A8, 0x9100, 0x8847, 0x8848, 0x8864, 0x88E7, 0x893F, 0x8909, 0x8926, 0x892F, 0xF1C1,
        0x88E5, 0x8903, 0x6558, 0x894F, 0x22F3, 0x8870, 0x880B, 0x88BE, 0x22EB, 0x6559, 0x883E, 0x6400, 0x0806),
    "protocol": (0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 108, 115, 132, 135, 137, 139, 140),
    "ppp": (0x21, 0x57, 0x3D, 0x31, 0x281, 0x283, 0x2B, 0x2F, 0x2D, 0xC021),
    "sap": (0xAA, 0x06, 0xFE, 0x42, 0xFF, 0xCC, 0x8E, 0x80, 0xCF),
    "block": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xBAD, 0x40000BAD, 0x204, 0x216, 0x221, 0x0A0D0D0A, 0x80000001),
    "option": (*range(16), 0x44, 0x82, 0x83, 0x88, 0x94, 2988, 2989, 0x8001),
    "tcp option": (*range(9), 19, 27, 28, 29, 30, 34, 69, 253, 254),
    "icmp": (0, 1, 2, 3, 4, 5, 8, 11, 12, 13, 128, 129, 137),
    "family": (2, 7, 10, 23, 24, 28, 30, 0x02000000, 0x1E000000),
    "port": (53, 443, 1701, 2152, 3544, 4789, 4790, 6081, 6343, 6635, 8472, 40000, 50000),
    "flags": tuple(range(64)),
    "fragment": (0, 1, 8, 0x2000, 0x2001, 0x3FFF, 0x1FFF, 0x4000, 0xFFF8, 0xFFF9),
}


def interesting(random, field, data):
    """A value for the field: of its kind, at a limit, or near the right one."""
    largest = (1 << 8 * field.size) - 1
    right = layout.value(data, field)
    if field.kind in LISTS and random.random() < 0.6:
        return random.choice(LISTS[field.kind]) & largest
    if field.kind == "nibbles":
        return random.choice((right & 0xF0 | random.randrange(16), right & 15 | random.randrange(16) << 4, random.randrange(256)))
    rest = len(data) - field.offset
    return random.choice((
        0, 1, 2, 3, 4, 5, 7, 8, largest, largest - 1, largest >> 1, (largest >> 1) + 1, right + 1, right - 1, right + 4,
        right - 4, right * 2, right // 2, right ^ 1 << random.randrange(8 * field.size), rest, rest - 1, rest - field.size,
        len(data), 65535, 65536, 262144, 262145, 1 << 20, 128 << 20, random.getrandbits(8 * field.size))) & largest


def put(data, field, number):
    data[field.offset:field.offset + field.size] = number.to_bytes(field.size, "little" if field.order == "<" else "big")


# --- recipes --------------------------------------------------------------------------------------------------------

def nothing(mutator, random, mutant, found):
    if not found.is_damaged and mutant.data[:4] != b"\x0a\x0d\x0d\x0a":
        mutant.statuses = {0}
    mutant.steps.append("unchanged")


def fields(mutator, random, mutant, found):
    """Sets some fields, most often those of lengths, counts, offsets and types."""
    data = bytearray(mutant.data)
    chosen = [field for field in found.fields if field.kind not in ("number", "address", "sequence")]
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        field = random.choice(chosen if random.random() < 0.8 else found.fields)
        number = interesting(random, field, mutant.data)
        put(data, field, number)
        mutant.steps.append(f"{field.kind} at {field.offset} = {number:#x}")
    mutant.data = bytes(data)


def everywhere(mutator, random, mutant, found):
    """Sets the same field of every record, such as each EtherType or each captured length."""
    kind = random.choice(found.fields).kind
    chosen = [field for field in found.fields if field.kind == kind]
    number = interesting(random, random.choice(chosen), mutant.data)
    data = bytearray(mutant.data)
    for field in chosen:
        put(data, field, number & (1 << 8 * field.size) - 1)
    mutant.data = bytes(data)
    mutant.steps.append(f"every {kind} = {number:#x}")


def truncated(mutator, random, mutant, found):
    end = random.choice(sorted(found.cuts))
    end = min(max(end + random.choice((0, 0, 0, -1, 1)), 0), len(mutant.data))
    if not found.is_damaged:
        ends = {end for _, end in found.pieces}
        header = found.pieces[0][1]
        is_pcapng = mutant.data[:4] == b"\x0a\x0d\x0d\x0a"
        # Half a file header is no capture; after a whole one, what is missing of a record is damage.
        if end not in ends:
            mutant.statuses = {2} if end < header else {3}
        elif not is_pcapng:
            mutant.statuses = {0}
    mutant.data = mutant.data[:end]
    mutant.steps.append(f"cut at {end}")


def spliced(mutator, random, mutant, found):
    """The front of one capture and the end of another, both at a boundary."""
    name, other = random.choice(mutator.seeds)
    if name not in mutator.layouts:
        mutator.layouts[name] = layout.Layout(other)
    front, back = random.choice(sorted(found.cuts)), random.choice(sorted(mutator.layouts[name].cuts))
    mutant.data = mutant.data[:front] + other[back:]
    mutant.steps.append(f"to {front}, then {name} from {back}")


def repeated(mutator, random, mutant, found):
    """A record or block, or some bytes between two boundaries, many times."""
    if random.random() < 0.7:
        start, end = random.choice(found.pieces)
    else:
        start, end = sorted(random.sample(sorted(found.cuts), 2))
    count = random.choice((2, 3, 17, 300, 3000))
    count = max(2, min(count, (LONGEST - len(mutant.data)) // max(1, end - start)))
    mutant.data = mutant.data[:start] + mutant.data[start:end] * count + mutant.data[end:]
    mutant.steps.append(f"{start} to {end} {count} times")


def reordered(mutator, random, mutant, found):
    """The pieces in another order, some twice, some left out."""
    pieces = found.pieces[1:]
    kind = random.randrange(4)
    if kind == 0:
        random.shuffle(pieces)
    elif kind == 1:
        pieces = pieces[::-1]
    elif kind == 2:
        pieces = [piece for piece in pieces for _ in range(random.randrange(3))]
    else:
        pieces = [random.choice(found.pieces) for _ in range(len(pieces))]
    mutant.data = b"".join(mutant.data[start:end] for start, end in found.pieces[:1] + pieces)
    if kind < 3 and not found.is_damaged and mutant.data[:4] != b"\x0a\x0d\x0d\x0a":
        # Of variants of pcap, the first records decide.
        mutant.statuses = {0} if mutant.data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else None
    mutant.steps.append(("shuffled", "reversed", "repeated and left out", "any pieces")[kind])


def stepped(mutator, random, mutant, found):
    """Times that step backwards and forwards."""
    times = [field for field in found.fields if field.kind == "time"]
    if not times:
        return fields(mutator, random, mutant, found)
    data = bytearray(mutant.data)
    step = random.choice((-1, 1, 1000, -1000, 1 << 31, 1 << 30, 1 << 29, -86400 * 365, 0xFFFFFFFF))
    start = random.randrange(len(times))
    for index, field in enumerate(times):
        if index >= start and index % 2 == start % 2:
            jitter = random.choice((0, 0, random.randrange(-100, 100)))
            put(data, field, layout.value(mutant.data, field) + step + jitter & (1 << 8 * field.size) - 1)
    mutant.data = bytes(data)
    mutant.steps.append(f"times from {start} on stepped by {step}")


def lengthened(mutator, random, mutant, found):
    """Bytes inserted or left out at a boundary, often with the length before it made right or wrong by one."""
    at = random.choice(sorted(found.cuts))
    count = random.choice((1, 2, 4, 8, 40, 1000))
    data = bytearray(mutant.data)
    change = count if random.random() < 0.6 else -count
    if random.random() < 0.7:
        before = [field for field in found.fields if field.kind == "length" and field.offset < at]
        for field in before[-random.randrange(1, 4):]:
            wrong = random.choice((0, 0, 0, 1, -1))
            put(data, field, layout.value(mutant.data, field) + change + wrong & (1 << 8 * field.size) - 1)
    if change > 0:
        data[at:at] = random.choice((bytes(count), random.randbytes(count), b"\xff" * count, bytes(data[at:at + count])))
    else:
        del data[at:at + count]
    mutant.data = bytes(data)
    mutant.steps.append(f"{change:+} bytes at {at}")


def changed(mutator, random, mutant, found):
    mutant.data = set_bytes(random, mutant, mutant.data)


def set_bytes(random, mutant, data):
    """Some bytes at any place changed."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 50))):
        at = random.randrange(len(data))
        data[at] = random.choice((0, 0xFF, 0x7F, 0x80, data[at] ^ 1 << random.randrange(8), random.randrange(256)))
    mutant.steps.append("changed bytes")
    mutant.statuses = mutant.twin = None
    return bytes(data)


RECIPES = (fields, everywhere, truncated, spliced, repeated, reordered, stepped, lengthened, changed, nothing)
RECIPE_WEIGHTS = (40, 8, 10, 8, 6, 6, 8, 8, 5, 3)


# --- compressed files -----------------------------------------------------------------------------------------------

def wrapped(random, mutant):
    """Compresses the file, and damages the compressed one, or not."""
    kind = random.choice(wrappers.KINDS)
    plain, inner = mutant.data, mutant.statuses
    data = wrappers.wrap(random, kind, plain)
    mutant.statuses = None
    # Of nothing, or of half a header, the compressed file may be refused for another reason.
    is_readable = len(plain) >= 64 and inner is not None and inner <= {0, 3}
    what = random.randrange(9)
    if what <= 2:
        mutant.data, mutant.statuses = data, inner
        # Formats that are found out by their first records are found out from a regular file only.
        if plain[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a"):
            mutant.twin = plain
        mutant.steps.append(f"in {kind}")
    elif what == 3:
        end = random.randrange(len(data))
        mutant.data = data[:end]
        # A file cut within its first packet, or that ends with padding, says so too.
        mutant.statuses = {2, 3} if is_readable else None
        mutant.steps.append(f"in {kind}, cut at {end}")
    elif what == 4:
        at = wrappers.checksum_offset(kind, data)
        mutant.data = data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1:]
        mutant.statuses = {2, 3} if is_readable else None
        mutant.steps.append(f"in {kind} with a wrong check")
    elif what == 5:
        other = random.choice((b"x", b"junk" * 100, bytes(512), data[:3], b"\xff" + random.randbytes(20)))
        mutant.data = data + other
        # Zeros may be padding.
        mutant.statuses = {2, 3} if is_readable and any(other) else None
        mutant.steps.append(f"in {kind}, then other bytes")
    elif what == 6:
        # A capture in several members, frames or streams, of which it is the sum.
        middle = random.randrange(len(plain) + 1)
        other = wrappers.wrap(random, kind, plain[:middle]) + wrappers.wrap(random, kind, plain[middle:])
        mutant.data, mutant.statuses = other, inner
        mutant.steps.append(f"in two parts of {kind}")
    elif what == 7:
        for _ in range(random.choice((1, 2, 20))):
            kind = random.choice(wrappers.KINDS)
            data = wrappers.wrap(random, kind, data)
        mutant.data, mutant.statuses = data, {2}
        mutant.steps.append(f"in {kind} within others")
    else:
        head = min(len(data), 40)
        changed = bytearray(data)
        for _ in range(random.choice((1, 2, 5))):
            changed[random.randrange(head)] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        mutant.data = bytes(changed)
        mutant.steps.append(f"in {kind} with a damaged header")
