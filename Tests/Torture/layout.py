"""The layout of captures: where each length, count, offset, type and time is, and where records, blocks and headers end."""
import struct
from typing import NamedTuple


class Field(NamedTuple):
    """A number in a capture. `kind` says which values are interesting: see mutate.py."""
    offset: int
    size: int
    order: str
    kind: str


class Layout:
    """The fields of a capture, its pieces (header, records or blocks) as (start, end), and where headers begin."""

    def __init__(self, data):
        self.data = data
        self.fields = []
        self.pieces = []
        self.cuts = {0, len(data)}
        # Whether the last piece is cut off, or no piece can be found after it.
        self.is_damaged = False
        if data[:4] == b"\x0a\x0d\x0d\x0a":
            pcapng(self)
        elif len(data) >= 24:
            pcap(self)


class Short(Exception):
    """There are fewer bytes than the header has."""


class Walk:
    """Reads the fields of headers from `start` to `end`, and notes them."""

    def __init__(self, layout, start, end, order=">"):
        self.layout, self.at, self.end, self.order = layout, start, end, order

    def u(self, size, kind, order=None):
        """The next number, which is noted as a field."""
        if self.at + size > self.end:
            raise Short
        order = order or self.order
        field = Field(self.at, size, order, kind)
        self.layout.fields.append(field)
        self.at += size
        return value(self.layout.data, field)

    def skip(self, count):
        if count < 0 or self.at + count > self.end:
            raise Short
        self.at += count

    def peek(self, count=1):
        if self.at + count > self.end:
            raise Short
        return int.from_bytes(self.layout.data[self.at:self.at + count], "big")

    def cut(self):
        self.layout.cuts.add(self.at)

    def within(self, count):
        """A walk over the next `count` bytes, which this one passes over."""
        inner = Walk(self.layout, self.at, min(self.at + max(count, 0), self.end), self.order)
        self.at = inner.end
        return inner


def value(data, field):
    """The number in `field` of `data`."""
    bytes = data[field.offset:field.offset + field.size]
    return int.from_bytes(bytes, "little" if field.order == "<" else "big")


# --- files ----------------------------------------------------------------------------------------------------------

MODIFIED, IXIA = 0xA1B2CD34, (0x1C0001AB, 0x1C0001AC)
MAGICS = (0xA1B2C3D4, 0xA1B23C4D, MODIFIED, *IXIA)


def pcap(layout):
    data = layout.data
    order = "<" if struct.unpack("<I", data[:4])[0] in MAGICS else ">"
    walk = Walk(layout, 0, len(data), order)
    magic = walk.u(4, "magic")
    for size, kind in ((2, "version"), (2, "version"), (4, "number"), (4, "number"), (4, "length")):
        walk.u(size, kind)
    link = walk.u(4, "link") & 0xFFFF
    extra = 8 if magic == MODIFIED else 0
    if magic in IXIA:
        walk.skip(4)
    layout.pieces.append((0, walk.at))
    walk.cut()
    while walk.at < len(data):
        start = walk.at
        try:
            walk.u(4, "time"), walk.u(4, "time")
            captured = walk.u(4, "length")
            walk.u(4, "length")
            walk.skip(extra)
            walk.cut()
            frame = walk.within(captured)
            if frame.end - frame.at < captured:
                raise Short
        except Short:
            layout.is_damaged = True
            return
        layout.pieces.append((start, walk.at))
        walk.cut()
        decode(frame, link)


def pcapng(layout):
    data = layout.data
    order, links = "<", []
    at = 0
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order, links = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">", []
        walk = Walk(layout, at, len(data), order)
        kind, length = walk.u(4, "block"), walk.u(4, "length")
        end = at + (length + 3 & ~3)
        if length < 12 or end > len(data):
            break
        layout.pieces.append((at, end))
        layout.fields.append(Field(end - 4, 4, order, "length"))
        layout.cuts.update((at, walk.at, end - 4))
        try:
            pcapng_block(walk.within(end - 4 - walk.at), kind, links)
        except Short:
            pass
        at = end
    layout.is_damaged = at != len(data)


def pcapng_block(walk, kind, links):
    if kind == 0x0A0D0D0A:
        walk.u(4, "magic"), walk.u(2, "version"), walk.u(2, "version"), walk.u(8, "length")
    elif kind == 1:
        links.append(walk.u(2, "link"))
        walk.u(2, "number"), walk.u(4, "length")
    elif kind in (2, 6):
        if kind == 6:
            number = walk.u(4, "count")
        else:
            number = walk.u(2, "count")
            walk.u(2, "count")
        walk.u(4, "time"), walk.u(4, "time")
        captured = walk.u(4, "length")
        walk.u(4, "length")
        walk.cut()
        frame = walk.within(captured)
        if number < len(links):
            inner = Walk(walk.layout, frame.at, frame.end)
            decode(inner, links[number])
        walk.skip(-captured % 4)
    elif kind == 3:
        captured = walk.u(4, "length")
        if links:
            decode(Walk(walk.layout, walk.at, min(walk.at + captured, walk.end)), links[0])
        return
    elif kind == 4:
        # Records of addresses and names.
        while walk.end - walk.at >= 4:
            walk.u(2, "option")
            length = walk.u(2, "length")
            walk.skip(length + 3 & ~3)
    elif kind == 5:
        walk.u(4, "count"), walk.u(4, "time"), walk.u(4, "time")
    elif kind == 10:
        walk.u(4, "number")
        length = walk.u(4, "length")
        walk.skip(length + 3 & ~3)
    else:
        if walk.end - walk.at >= 4:
            walk.u(4, "number")
        return
    while walk.end - walk.at >= 4:
        walk.cut()
        walk.u(2, "option")
        length = walk.u(2, "length")
        content = walk.within(length + 3 & ~3)
        if length in (1, 2, 4, 8):
            content.u(length, "number")


# --- link layers ----------------------------------------------------------------------------------------------------

def decode(walk, link):
    """Notes the headers of a frame of the link type; a frame that is too short ends it."""
    walk.order = ">"
    try:
        LINKS.get(link, lambda walk: None)(walk)
    except (Short, RecursionError):
        pass


def ethernet(walk):
    walk.cut()
    walk.skip(12)
    ethertype(walk)


def ethertype(walk):
    kind = walk.u(2, "ethertype")
    if kind <= 1500:
        return llc(walk)
    behind(walk, kind)


def behind(walk, kind):
    """The headers that an EtherType announces."""
    walk.cut()
    if kind == 0x0800:
        ipv4(walk)
    elif kind == 0x86DD:
        ipv6(walk)
    elif kind in (0x8100, 0x88A8, 0x9100):
        walk.u(2, "number")
        ethertype(walk)
    elif kind in (0x8847, 0x8848):
        mpls(walk)
    elif kind == 0x8864:
        walk.u(1, "nibbles"), walk.u(1, "number"), walk.u(2, "number"), walk.u(2, "length")
        ppp_protocol(walk)
    elif kind == 0x88E7:
        walk.u(4, "number")
        ethernet(walk)
    elif kind == 0x893F:
        walk.u(2, "number"), walk.u(4, "number")
        ethertype(walk)
    elif kind == 0x6558:
        ethernet(walk)
    elif kind == 0x8870:
        llc(walk)


def llc(walk):
    walk.cut()
    sap = walk.u(1, "sap")
    walk.u(1, "sap"), walk.u(1, "number")
    if sap == 0xAA:
        walk.u(3, "number")
        ethertype(walk)
    elif sap == 0x06:
        ipv4(walk)


def mpls(walk):
    while not walk.u(4, "number") & 0x100:
        walk.cut()
    front = walk.peek() >> 4
    if front == 4:
        ipv4(walk)
    elif front == 6:
        ipv6(walk)
    else:
        ethernet(walk)


def ppp(walk):
    if walk.peek(2) == 0xFF03:
        walk.skip(2)
    ppp_protocol(walk)


def ppp_protocol(walk):
    kind = walk.u(2, "ppp")
    {0x21: ipv4, 0x57: ipv6}.get(kind, lambda walk: None)(walk)


def either(walk):
    (ipv4 if walk.peek() >> 4 == 4 else ipv6)(walk)


def null(walk):
    walk.u(4, "family")
    either(walk)


def cooked1(walk):
    walk.u(2, "number"), walk.u(2, "number"), walk.u(2, "length"), walk.skip(8)
    ethertype(walk)


def cooked2(walk):
    kind = walk.u(2, "ethertype")
    walk.u(2, "number"), walk.u(4, "number"), walk.u(2, "number"), walk.u(1, "number"), walk.u(1, "length"), walk.skip(8)
    behind(walk, kind)


def nflog(walk):
    walk.u(1, "family"), walk.u(1, "version"), walk.u(2, "number")
    while walk.at < walk.end:
        walk.cut()
        length, kind = walk.u(2, "length", "<"), walk.u(2, "option", "<")
        content = walk.within(length - 4)
        if kind == 9:
            either(content)
        walk.skip(min(-length % 4, walk.end - walk.at))


def radiotap(walk):
    start = walk.at
    walk.u(1, "version"), walk.u(1, "number")
    length = walk.u(2, "length", "<")
    walk.u(4, "number", "<")
    walk.skip(start + length - walk.at)
    wlan(walk)


def wlan(walk):
    walk.cut()
    control = walk.u(2, "number")
    walk.u(2, "number"), walk.skip(18), walk.u(2, "number")
    if control & 0x8000:
        walk.u(2, "number")
    llc(walk)


def frame_relay(walk):
    walk.u(2, "number")
    if walk.peek() != 3:
        return ethertype(walk)
    walk.u(1, "number")
    {0xCC: ipv4, 0x8E: ipv6}.get(walk.u(1, "sap"), lambda walk: None)(walk)


def erf(walk):
    walk.skip(8), walk.u(1, "number"), walk.u(1, "number")
    walk.u(2, "length"), walk.u(2, "number"), walk.u(2, "length"), walk.u(2, "number")
    ethernet(walk)


def after(count, following):
    """A header of `count` bytes without a field to change, and what follows it."""
    def decode(walk):
        walk.skip(count)
        following(walk)
    return decode


LINKS = {
    0: null, 1: ethernet, 6: after(14, llc), 9: ppp, 10: after(13, llc), 12: either, 50: ppp, 100: llc, 101: either,
    104: after(2, ethertype), 105: wlan, 107: frame_relay, 108: null, 113: cooked1, 122: after(16, llc), 127: radiotap,
    192: radiotap, 197: erf, 204: after(1, ppp), 228: either, 229: either, 239: nflog, 276: cooked2,
}


# --- IP -------------------------------------------------------------------------------------------------------------

def ipv4(walk):
    walk.cut()
    start = walk.at
    length = (walk.u(1, "nibbles") & 15) * 4
    walk.u(1, "number"), walk.u(2, "length"), walk.u(2, "number")
    fragment = walk.u(2, "fragment")
    walk.u(1, "number")
    protocol = walk.u(1, "protocol")
    walk.u(2, "number"), walk.u(4, "address"), walk.u(4, "address")
    options(walk.within(start + length - walk.at), "option")
    if not fragment & 0x1FFF:
        transport(walk, protocol)


def options(walk, kind):
    """The options of IPv4 and TCP: kind, length, contents."""
    while walk.at < walk.end:
        walk.cut()
        if walk.u(1, kind) in (0, 1):
            continue
        length = walk.u(1, "length")
        contents = walk.within(length - 2)
        while contents.end - contents.at >= 4:
            contents.u(4, "number")


def ipv6(walk):
    walk.cut()
    walk.u(4, "number"), walk.u(2, "length")
    following = walk.u(1, "protocol")
    walk.u(1, "number"), walk.skip(12), walk.u(4, "address"), walk.skip(12), walk.u(4, "address")
    transport(walk, following)


def transport(walk, protocol):
    walk.cut()
    if protocol == 6:
        tcp(walk)
    elif protocol == 17:
        udp(walk)
    elif protocol in (0, 43, 60):
        following, length = walk.u(1, "protocol"), walk.u(1, "length")
        contents = walk.within(length * 8 + 6)
        if protocol != 43:
            options(contents, "option")
        transport(walk, following)
    elif protocol == 44:
        following = walk.u(1, "protocol")
        walk.u(1, "number")
        position = walk.u(2, "fragment")
        walk.u(4, "number")
        if position < 8:
            transport(walk, following)
    elif protocol == 51:
        following, length = walk.u(1, "protocol"), walk.u(1, "length")
        walk.skip(length * 4 + 6)
        transport(walk, following)
    elif protocol in (4, 41):
        either(walk)
    elif protocol == 47:
        gre(walk)
    elif protocol in (1, 58):
        walk.u(1, "icmp"), walk.u(1, "icmp"), walk.u(2, "number"), walk.u(4, "number")
        either(walk)


def tcp(walk):
    start = walk.at
    walk.u(2, "port"), walk.u(2, "port"), walk.u(4, "sequence"), walk.u(4, "sequence")
    length = (walk.u(1, "nibbles") >> 4) * 4
    walk.u(1, "flags"), walk.u(2, "number"), walk.u(2, "number"), walk.u(2, "number")
    options(walk.within(start + length - walk.at), "tcp option")
    walk.cut()


def udp(walk):
    walk.u(2, "port")
    port = walk.u(2, "port")
    walk.u(2, "length"), walk.u(2, "number")
    walk.cut()
    if port == 4789:
        walk.u(4, "number"), walk.u(4, "number")
        ethernet(walk)
    elif port == 6081:
        length = (walk.u(1, "number") & 63) * 4
        walk.u(1, "number")
        kind = walk.u(2, "ethertype")
        walk.u(4, "number")
        contents = walk.within(length)
        while contents.at < contents.end:
            contents.u(2, "number"), contents.u(1, "option")
            contents.skip((contents.u(1, "length") & 31) * 4)
        behind(walk, kind)
    elif port == 2152:
        flags = walk.u(1, "number")
        walk.u(1, "number"), walk.u(2, "length"), walk.u(4, "number")
        if flags & 7:
            walk.u(2, "number"), walk.u(1, "number"), walk.u(1, "option")
        either(walk)
    elif port == 1701:
        walk.u(2, "number"), walk.u(2, "number"), walk.u(2, "number")
        ppp(walk)
    elif port == 3544:
        either(walk)


def gre(walk):
    flags = walk.u(2, "number")
    kind = walk.u(2, "ethertype")
    for bit in (0xC000, 0x2000, 0x1000):
        if flags & bit:
            walk.u(4, "number")
    if kind in (0x88BE, 0x22EB):
        if flags & 0x1000:
            walk.u(4, "number"), walk.u(4, "number")
        return ethernet(walk)
    behind(walk, kind)
