"""The language of verdicts.py and public_situations.py: a capture as text.

Parts are separated by `|`. A part that starts with a number is a segment or an ICMP error:

    TIME ENDS FLAGS SEQ ACK [WORD...]      a segment
    TIME ENDS icmp=TYPE/CODE [WORD...]     an ICMP error (ICMPv6 numbers in IPv6) about the last segment that the
                                           receiver sent, from a router

TIME is in seconds. ENDS are two letters, sender and receiver: A, C and E are clients, B, D and F servers, R and S
routers. E is the host of A and F the host of B, with another port. FLAGS are letters: F S R P A U, E (ECE), C (CWR) and
N (AE, formerly NS).

Words of a segment:
    len=10        bytes of payload (none)
    byte=0        value of these bytes (97)
    win=0         window (64240; 0 in a RST)
    ttl=57        TTL or hop limit (that of the sender)
    id=7          IP identification; does not advance the counter of the host. `id=next` advances it for a RST without
                  ACK, which otherwise has 0 as from a kernel without a socket
    ts=100/200    timestamp value and echo; `ts=none`: no timestamps
    sack=1-5,9-12 SACK or D-SACK blocks
    copy=0.00005  a duplicate of the packet after this time in seconds; `copy=0.00005/5`: with a TTL that is 5 lower

Words of an ICMP error:
    quote=28      bytes of the packet that are quoted (548 at most, as RFC 1812 says)
    mtu=1400      for "packet too big"
    ttl=62

Other parts are settings:
    ipv6          instead of IPv4
    public        documentation addresses: 192.0.2.10 and so on
    timestamps    TCP timestamps: a clock of 1 ms per host, echoes of the last value that the peer sent
    snaplen=54    cuts the frames
    A.ttl=128     default of a host; also `A.id=1000` (first IP identification) and `A.port=443`

Each host counts IP identifications up by one per packet, as one socket of Linux does.
"""
import ipaddress
import struct

import packets

FLAGS = {"F": packets.FIN, "S": packets.SYN, "R": packets.RST, "P": packets.PSH, "A": packets.ACK,
         "U": packets.URG, "E": packets.ECE, "C": packets.CWR, "N": packets.AE}
CLIENTS, SERVERS = "ACE", "BDF"
PRIVATE = {"A": ("10.0.0.1", "fd00::1"), "B": ("10.0.0.2", "fd00::2"), "C": ("10.0.0.3", "fd00::3"),
           "D": ("10.0.0.4", "fd00::4"), "E": ("10.0.0.1", "fd00::1"), "F": ("10.0.0.2", "fd00::2"),
           "R": ("10.0.0.254", "fd00::fe"), "S": ("10.0.0.253", "fd00::fd")}
PUBLIC = {"A": ("192.0.2.10", "2001:db8:1::10"), "B": ("198.51.100.21", "2001:db8:2::21"),
          "C": ("192.0.2.12", "2001:db8:1::12"), "D": ("198.51.100.22", "2001:db8:2::22"),
          "E": ("192.0.2.10", "2001:db8:1::10"), "F": ("198.51.100.21", "2001:db8:2::21"),
          "R": ("192.0.2.1", "2001:db8:1::1"), "S": ("198.51.100.1", "2001:db8:2::1")}
PORTS = {"A": 40000, "B": 50000, "C": 40001, "D": 50001, "E": 40002, "F": 50002, "R": 0, "S": 0}
FIRST_IDS = {"A": 0x1000, "B": 0x5000, "C": 0x2000, "D": 0x6000, "E": 0x3000, "F": 0x7000, "R": 0xA000, "S": 0xB000}
DONT_FRAGMENT = 0x4000


class Host:
    """The state of a host between its packets."""

    def __init__(self, letter):
        self.port, self.next_id, self.ttl = PORTS[letter], FIRST_IDS[letter], 64
        self.clock = 1_000_000 * (1 + "ABCDEFRS".index(letter))
        self.last_packet = b""
        self.heard = {}  # peer: its latest timestamp value


def number(text):
    return int(text, 0)


def parse(text):
    """(settings, parts in the order of time) of a scene; a part is its words."""
    settings, parts = [], []
    for part in text.split("|"):
        words = part.split()
        if words and words[0][0].isdigit():
            parts.append(words)
        elif words:
            settings.append(words[0])
    return settings, sorted(parts, key=lambda words: float(words[0]))


class Scene:
    def __init__(self, text):
        self.settings, self.parts = parse(text)
        self.hosts = {letter: Host(letter) for letter in PORTS}
        self.snaplen, self.version, self.has_timestamps = 262144, 4, False
        table = PRIVATE
        for setting in self.settings:
            name, _, value = setting.partition("=")
            if name == "ipv6":
                self.version = 6
            elif name == "public":
                table = PUBLIC
            elif name == "timestamps":
                self.has_timestamps = True
            elif name == "snaplen":
                self.snaplen = number(value)
            else:
                letter, attribute = name.split(".")
                setattr(self.hosts[letter], {"ttl": "ttl", "id": "next_id", "port": "port"}[attribute], number(value))
        self.addresses = {letter: ipaddress.ip_address(pair[self.version == 6]).packed
                          for letter, pair in table.items()}

    def options(self, time, sender, receiver, words):
        out = b""
        given = words.get("ts")
        if given == "none" or not (given or self.has_timestamps):
            pass
        else:
            if given:
                value, echo = (number(text) for text in given.split("/"))
            else:
                value = self.hosts[sender].clock + int(time * 1000)
                echo = self.hosts[sender].heard.get(receiver, 0)
            self.hosts[receiver].heard[sender] = value
            out += b"\1\1\x08\x0a" + struct.pack("!II", value, echo)
        if "sack" in words:
            blocks = [block.split("-") for block in words["sack"].split(",")]
            out += b"\1\1\x05" + bytes([2 + 8 * len(blocks)])
            out += b"".join(struct.pack("!II", number(left), number(right)) for left, right in blocks)
        return out

    def identification(self, host, flags, words):
        given = words.get("id")
        if given and given != "next":
            return number(given)
        if not given and flags & packets.RST and not flags & packets.ACK:
            return 0
        host.next_id += 1
        return host.next_id - 1 & 0xFFFF

    def wrap(self, sender, receiver, protocol, body, identification, ttl):
        source, destination = self.addresses[sender], self.addresses[receiver]
        if self.version == 6:
            return packets.ipv6(source, destination, protocol, body, ttl)
        return packets.ipv4(source, destination, protocol, body, identification, DONT_FRAGMENT, ttl=ttl)

    def segment(self, time, sender, receiver, letters, seq, ack, words):
        """(bytes, the same with another TTL) of a segment."""
        host = self.hosts[sender]
        flags = sum(FLAGS[letter] for letter in letters)
        payload = bytes([number(words.get("byte", "97"))]) * number(words.get("len", "0"))
        body = packets.tcp(
            self.addresses[sender], self.addresses[receiver], flags, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, payload,
            (host.port, self.hosts[receiver].port), self.options(time, sender, receiver, words),
            number(words.get("win", "0" if flags & packets.RST else "64240")))
        identification = self.identification(host, flags, words)
        ttl = number(words.get("ttl", str(host.ttl)))
        packet = self.wrap(sender, receiver, 6, body, identification, ttl)
        host.last_packet = packet
        return packet, lambda lower: self.wrap(sender, receiver, 6, body, identification, ttl - lower)

    def error(self, sender, receiver, numbers, words):
        host, quoting = self.hosts[sender], self.hosts[receiver]
        kind, code = (number(text) for text in numbers.split("/"))
        quoted = quoting.last_packet[:number(words.get("quote", "548"))]
        body = packets.icmp(self.addresses[sender], self.addresses[receiver], kind, code, quoted,
                            number(words.get("mtu", "0")))
        return self.wrap(sender, receiver, 58 if self.version == 6 else 1, body, self.identification(host, 0, words),
                         number(words.get("ttl", str(host.ttl))))

    def frames(self):
        """[(time in ns, Ethernet frame)] in the order of time."""
        out = []
        for time, ends, what, *rest in self.parts:
            sender, receiver = ends
            from_client = sender in CLIENTS or (sender in "RS" and receiver in SERVERS)
            nanoseconds = round(float(time) * 1_000_000_000)
            if what.startswith("icmp="):
                words = dict(word.split("=") for word in rest)
                packet = self.error(sender, receiver, what.removeprefix("icmp="), words)
                out.append((nanoseconds, packets.ethernet(packet, from_client)))
                continue
            seq, ack = number(rest[0]), number(rest[1])
            words = dict(word.split("=") for word in rest[2:])
            packet, again = self.segment(float(time), sender, receiver, what, seq, ack, words)
            out.append((nanoseconds, packets.ethernet(packet, from_client)))
            if "copy" in words:
                later, _, lower = words["copy"].partition("/")
                copied = again(number(lower or "0"))
                out.append((nanoseconds + round(float(later) * 1_000_000_000),
                            packets.ethernet(copied, from_client)))
        return sorted(out, key=lambda frame: frame[0])


def capture(text, start):
    """The pcap file of a scene; `start` is the time of its second 0, in ns."""
    scene = Scene(text)
    return packets.pcap([(start + time, frame) for time, frame in scene.frames()], snaplen=scene.snaplen)
