#!/usr/bin/env python3
"""Writes the captures of file formats, link layers, tunnels, verdicts and public situations into folders of captures/.

`verdict-*` and `near-*` are the scenes of verdicts.py, `public-*` those of public_situations.py. Every other file holds
the same scene in a different envelope: a handshake, 100 bytes and their acknowledgment, two answered keep-alive probes,
and a third probe of one byte without an answer. The output is identical on every run.

    make-captures.py DIRECTORY
"""
import gzip
import ipaddress
import lzma
import os
import struct
import subprocess
import sys

import public_situations
import scene_language
import verdicts
from packets import (
    ACK, MAC_A, MAC_B, PSH, SYN, checksum, ethernet, etype, ipv4, ipv6, macs, pcap, tcp)

A4, B4 = (ipaddress.IPv4Address(a).packed for a in ("10.0.0.1", "10.0.0.2"))
A6, B6 = (ipaddress.IPv6Address(a).packed for a in ("fd00::1", "fd00::2"))
OUTER_A, OUTER_B = (ipaddress.IPv4Address(a).packed for a in ("192.0.2.1", "192.0.2.2"))
START = 1_700_000_000_000_000_000  # ns; 2023-11-14T22:13:20Z


# --- the scene: TCP and IP ------------------------------------------------------------------------------------------

def segments():
    """(time in ns, from A, TCP arguments) of the scene."""
    data = bytes(range(100))
    return [
        (0, True, (SYN, 999, 0)), (1_000_000, False, (SYN | ACK, 4999, 1000)), (2_000_000, True, (ACK, 1000, 5000)),
        (3_000_000, True, (PSH | ACK, 1000, 5000, data)), (4_000_000, False, (ACK, 5000, 1100)),
        (60_304_000_000, True, (ACK, 1099, 5000)), (60_305_000_123, False, (ACK, 5000, 1100)),
        (121_744_000_000, True, (ACK, 1099, 5000)), (121_745_000_000, False, (ACK, 5000, 1100)),
        (183_184_000_000, True, (ACK, 1099, 5000, b"\0")),
    ]


def scene(wrap=lambda packet, from_a: packet, version=4, protocol_of=lambda s, d, t: (6, t)):
    """[(time, bytes)]: the scene as IP packets, each wrapped; `protocol_of` may put headers between IP and TCP."""
    packets = []
    for number, (time, from_a, arguments) in enumerate(segments()):
        a, b = (A4, B4) if version == 4 else (A6, B6)
        source, destination = (a, b) if from_a else (b, a)
        ports = (40000, 50000) if from_a else (50000, 40000)
        protocol, body = protocol_of(source, destination, tcp(source, destination, *arguments, ports=ports))
        if version == 4:
            packet = ipv4(source, destination, protocol, body, identification=100 + number)
        else:
            packet = ipv6(source, destination, protocol, body)
        packets.append((START + time, wrap(packet, from_a)))
    return packets


# --- envelopes ------------------------------------------------------------------------------------------------------

def ethernet_payload(ethertype, payload, from_a):
    return (macs(from_a) + struct.pack("!H", ethertype) + payload).ljust(60, b"\0")


def tagged(tags):
    return lambda packet, from_a: ethernet(packet, from_a, bytes.fromhex(tags))


def behind(ethertype, prefix, suffix=b""):
    return lambda packet, from_a: ethernet_payload(ethertype, bytes.fromhex(prefix) + packet + suffix, from_a)


def llc(prefix):
    def wrap(packet, from_a):
        body = bytes.fromhex(prefix) + packet
        return (macs(from_a) + struct.pack("!H", len(body)) + body).ljust(60, b"\0")
    return wrap


def pppoe(packet, from_a):
    body = bytes.fromhex("0021" if packet[0] >> 4 == 4 else "0057") + packet
    return ethernet_payload(0x8864, struct.pack("!BBHH", 0x11, 0, 7, len(body)) + body, from_a)


def prefix(text):
    header = bytes.fromhex(text.replace(" ", ""))
    return lambda packet, from_a: header + packet


def outer(protocol, header):
    """The packet in IPv4 `protocol`, behind `header`, on Ethernet."""
    def wrap(packet, from_a):
        source, destination = (OUTER_A, OUTER_B) if from_a else (OUTER_B, OUTER_A)
        body = header(packet, from_a) if callable(header) else bytes.fromhex(header.replace(" ", "")) + packet
        return ethernet(ipv4(source, destination, protocol, body), from_a)
    return wrap


def udp(port, header):
    def body(packet, from_a):
        payload = header(packet, from_a) if callable(header) else bytes.fromhex(header.replace(" ", "")) + packet
        return struct.pack("!HHHH", 49152, port, 8 + len(payload), 0) + payload
    return outer(17, body)


def inner_ethernet(text):
    header = bytes.fromhex(text.replace(" ", ""))
    return lambda packet, from_a: header + ethernet(packet, from_a, pad=False)


def gtp(packet, from_a):
    return struct.pack("!BBHIHBB", 0x32, 255, len(packet) + 4, 7, 1, 0, 0) + packet


def teredo(packet, from_a):
    return bytes.fromhex("0000 f227 bffffffe".replace(" ", "")) + packet


def nflog(packet, from_a):
    family = 2 if packet[0] >> 4 == 4 else 10
    prefix_attribute = struct.pack("<HH", 10, 10) + b"a" + b"\0" * 7
    return struct.pack("!BBH", family, 0, 1) + prefix_attribute + struct.pack("<HH", 4 + len(packet), 9) + packet


def wlan(packet, from_a, qos=True):
    control = 0x8808 if qos else 0x0808
    header = struct.pack("!HH", control, 0) + MAC_B + MAC_A + MAC_B + b"\0\0"
    return header + (b"\0\0" if qos else b"") + bytes.fromhex("aaaa03000000") + etype(packet) + packet


def radiotap(packet, from_a):
    return struct.pack("<BBHI", 0, 0, 8, 0) + wlan(packet, from_a)


def aggregate(packet, from_a):
    """802.11 A-MSDU: the packet and a stranger's segment, two subframes in one frame."""
    stranger = ipv4(B4, OUTER_A, 6, tcp(B4, OUTER_A, ACK, 7, 7, ports=(1, 2)))
    frames = b""
    for number, inner in enumerate((stranger, packet)):
        body = bytes.fromhex("aaaa03000000") + etype(inner) + inner
        frame = MAC_A + MAC_B + struct.pack("!H", len(body)) + body
        frames += frame if number else frame.ljust(-(-len(frame) // 4) * 4, b"\0")
    header = struct.pack("!HH", 0x8808, 0) + MAC_B + MAC_A + MAC_B + b"\0\0" + b"\x80\0"
    return header + frames


def ppi(packet, from_a):
    return struct.pack("<BBHI", 0, 0, 8, 105) + wlan(packet, from_a, qos=False)


def frame_relay(packet, from_a):
    return bytes.fromhex("184103") + (b"\xcc" if packet[0] >> 4 == 4 else b"\x8e") + packet


def cooked1(packet, from_a):
    return struct.pack("!HHH", 0, 1, 6) + MAC_A + b"\0\0" + etype(packet) + packet


def cooked2(packet, from_a):
    return etype(packet) + struct.pack("!HIHBB", 0, 2, 1, 0, 6) + MAC_A + b"\0\0" + packet


def fddi(packet, from_a):
    return b"\x50" + macs(from_a) + bytes.fromhex("aaaa03000000") + etype(packet) + packet


def token_ring(packet, from_a):
    return b"\x10\x40" + macs(from_a) + bytes.fromhex("aaaa03000000") + etype(packet) + packet


def sflow(packet, from_a):
    """A flow sample of the packet: Wireshark decodes it and does not analyse it."""
    header = ethernet(packet, from_a, pad=False)[:64]
    padded = header.ljust(-(-len(header) // 4) * 4, b"\0")
    raw = struct.pack("!IIII", 1, len(header) + 4, 4, len(header)) + padded
    record = struct.pack("!II", 1, len(raw)) + raw
    sample = struct.pack("!IIIIIIII", 1, 0, 256, 256, 0, 1, 2, 1) + record
    return struct.pack("!II", 5, 1) + OUTER_A + struct.pack("!IIII", 0, 1, 1000, 1) + struct.pack(
        "!II", 1, len(sample)) + sample


def authenticated(source, destination, body):
    return 51, struct.pack("!BBHII", 6, 4, 0, 1, 1) + b"\0" * 12 + body


def hop_by_hop(source, destination, body):
    return 0, struct.pack("!BBBB", 60, 0, 1, 4) + b"\0" * 4 + struct.pack("!BBBB", 6, 0, 1, 4) + b"\0" * 4 + body


def fragments(version):
    """The scene with every segment that has payload in three fragments, the last one first."""
    packets = []
    for time, packet in scene(version=version):
        head = 20 if version == 4 else 40
        body = packet[head:]
        if len(body) <= 32:
            packets.append((time, ethernet(packet, True)))
            continue
        cuts = [(0, 16), (16, 48), (48, len(body))]
        for start, end in reversed(cuts):
            more = end < len(body)
            if version == 4:
                piece = ipv4(packet[12:16], packet[16:20], 6, body[start:end], 100, start // 8 | (0x2000 if more else 0))
            else:
                header = struct.pack("!BBHI", 6, 0, start | more, 100)
                piece = ipv6(packet[8:24], packet[24:40], 44, header + body[start:end])
            packets.append((time, ethernet(piece, True)))
    return packets


def erf(packet, from_a):
    frame = b"\0\0" + ethernet(packet, from_a)
    return struct.pack("<QBBHHH", 0, 2, 4, *(struct.unpack("<H", struct.pack("!H", v))[0] for v in (
        len(frame) + 16, 0, len(frame)))) + frame


ENVELOPES = {  # name: (link type, wrap)
    "ethernet": (1, ethernet), "ethernet-unpadded": (1, lambda p, a: ethernet(p, a, pad=False)),
    "vlan": (1, tagged("81000064")), "vlan-stacked": (1, tagged("88a8000a81000064")), "vlan-9100": (1, tagged("9100000a81000064")),
    "pbb": (1, lambda p, a: ethernet_payload(0x88E7, bytes.fromhex("00000064") + ethernet(p, a, pad=False), a)),
    "etag": (1, tagged("893f000000640000")),
    "mpls": (1, behind(0x8847, "00064140")), "mpls-stacked": (1, behind(0x8847, "0006404000065140")),
    "mpls-pseudowire": (1, lambda p, a: ethernet_payload(
        0x8847, bytes.fromhex("00064140") + ethernet(p, a), a)),
    "pppoe": (1, pppoe), "snap": (1, llc("aaaa03000000" + "0800")), "llc-ip": (1, llc("060603")),
    "null": (0, prefix("02000000")), "null-big-endian": (0, prefix("00000002")), "loop": (108, prefix("00000002")),
    "raw": (101, prefix("")), "raw-ipv4": (228, prefix("")), "raw-12": (12, prefix("")),
    "ppp": (9, prefix("ff030021")), "ppp-bare": (9, prefix("0021")), "ppp-hdlc": (50, prefix("ff030021")),
    "ppp-direction": (204, prefix("01ff030021")),
    "cisco-hdlc": (104, prefix("0f000800")),
    "frame-relay": (107, frame_relay), "frame-relay-cisco": (107, prefix("18410800")),
    "fddi": (10, fddi), "token-ring": (6, token_ring), "arcnet-linux": (129, prefix("01020000d4000001")),
    "atm-llc": (100, prefix("aaaa030000000800")), "ip-over-fc": (122, lambda p, a: (
        b"\0\0" + MAC_B + b"\0\0" + MAC_A + bytes.fromhex("aaaa030000000800") + p)),
    "cooked-v1": (113, cooked1), "cooked-v2": (276, cooked2), "nflog": (239, nflog),
    "ieee80211": (105, lambda p, a: wlan(p, a)), "radiotap": (127, radiotap), "radiotap-amsdu": (
        127, lambda p, a: struct.pack("<BBHI", 0, 0, 8, 0) + aggregate(p, a)),
    "ppi": (192, ppi), "erf-ethernet": (197, erf),
    "ipip": (1, outer(4, "")), "gre": (1, outer(47, "00000800")),
    "gre-key-sequence-checksum": (1, outer(47, "b0000800 00000000 0000002a 00000001")),
    "gre-ethernet": (1, outer(47, inner_ethernet("00006558"))),
    "erspan-1": (1, outer(47, inner_ethernet("000088be"))),
    "erspan-2": (1, outer(47, inner_ethernet("100088be 00000001 1001000100000000"))),
    "erspan-3": (1, outer(47, inner_ethernet("100022eb 00000001 200100010000000000000000"))),
    "vxlan": (1, udp(4789, inner_ethernet("0800000000006400"))),
    "geneve": (1, udp(6081, inner_ethernet("0000655800006400"))),
    "geneve-options": (1, udp(6081, inner_ethernet("0200655800006400 0102800100000000"))),
    "gtpu": (1, udp(2152, gtp)), "l2tp": (1, udp(1701, "000200010001 ff030021")),
    "sflow-not-analysed": (1, udp(6343, sflow)),
}
ENVELOPES_V6 = {
    "ethernet-ipv6": (1, ethernet), "raw-ipv6": (229, prefix("")), "null-ipv6": (0, prefix("1e000000")),
    "6in4": (1, outer(41, "")), "teredo": (1, udp(3544, teredo)), "ppp-ipv6": (9, prefix("ff030057")),
    "nflog-ipv6": (239, nflog), "cooked-v2-ipv6": (276, cooked2),
}
WITHIN = {  # name: (version, headers between IP and TCP)
    "ipv4-authenticated": (4, authenticated), "ipv6-authenticated": (6, authenticated),
    "ipv6-extension-headers": (6, hop_by_hop),
    "4in6": (6, lambda s, d, t: (4, ipv4(A4 if s == A6 else B4, B4 if s == A6 else A4, 6, tcp_again(s, t)))),
}


def tcp_again(source, segment):
    """The same segment with the checksum of IPv4 addresses."""
    a, b = (A4, B4) if source == A6 else (B4, A4)
    bare = segment[:16] + b"\0\0" + segment[18:]
    total = checksum(a + b + struct.pack("!BBH", 0, 6, len(bare)) + bare)
    return segment[:16] + struct.pack("!H", total) + segment[18:]


# --- file formats ---------------------------------------------------------------------------------------------------

def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value.ljust(-(-len(value) // 4) * 4, b"\0")


def block(order, kind, body):
    body = body.ljust(-(-len(body) // 4) * 4, b"\0")
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link=1, snaplen=0, resolution=None, offset=None):
    options = b""
    if resolution is not None:
        options += option(order, 9, bytes([resolution]))
    if offset is not None:
        options += option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + (
        options + option(order, 0, b"") if options else b""))


def ticks(time, resolution, offset=0):
    time -= offset * 10**9
    if resolution is None:
        return time // 1000
    if resolution & 0x80:
        return time * (1 << (resolution & 0x7F)) // 10**9
    return time * 10**resolution // 10**9


def enhanced(order, number, time, packet, resolution=None, offset=0):
    stamp = ticks(time, resolution, offset)
    return block(order, 6, struct.pack(
        order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(packet), len(packet)) + packet)


def obsolete(order, number, time, packet):
    stamp = ticks(time, None)
    return block(order, 2, struct.pack(
        order + "HHIIII", number, 0, stamp >> 32, stamp & 0xFFFFFFFF, len(packet), len(packet)) + packet)


def simple(order, packet):
    return block(order, 3, struct.pack(order + "I", len(packet)) + packet)


def pcapng_plain(order):
    out = section(order) + interface(order, resolution=9)
    return out + b"".join(enhanced(order, 0, time, packet, 9) for time, packet in scene(ethernet))


def pcapng_mixed():
    """Two sections of different byte order; interfaces of four link types and resolutions; strange blocks between."""
    packets = scene()
    out = section("<") + block("<", 0x4242, b"an unknown block") + interface("<") + interface("<", 101, resolution=9)
    out += interface("<", 113, resolution=0x80 | 30) + interface("<", 276, resolution=3, offset=1_000_000_000)
    wraps = [(ethernet, None, 0), (prefix(""), 9, 0), (cooked1, 0x80 | 30, 0), (cooked2, 3, 1_000_000_000)]
    for number, (time, packet) in enumerate(packets[:7]):
        wrap, resolution, offset = wraps[number % 4]
        out += enhanced("<", number % 4, time, wrap(packet, True), resolution, offset)
    out += block("<", 5, struct.pack("<III", 0, 0, 0)) + section(">") + interface(">", 101)
    for time, packet in packets[7:]:
        out += enhanced(">", 0, time, packet)
    return out


def formats():
    packets = scene(ethernet)
    modified = lambda order, packet: struct.pack(order + "IHBB", 2, 8, 0, 0)
    yield "pcap-microseconds.pcap", pcap(packets, nanoseconds=False)
    yield "pcap-microseconds-big-endian.pcap", pcap(packets, nanoseconds=False, order=">")
    yield "pcap-nanoseconds.pcap", pcap(packets)
    yield "pcap-nanoseconds-big-endian.pcap", pcap(packets, order=">")
    yield "pcap-modified.pcap", pcap(packets, nanoseconds=False, magic=0xA1B2CD34, record=modified)
    yield "pcap-modified-big-endian.pcap", pcap(packets, nanoseconds=False, magic=0xA1B2CD34, record=modified, order=">")
    yield "pcap-check-sequence.pcap", pcap([(t, p + b"\1\2\3\4") for t, p in packets], link=1 | 0x24000000)
    yield "pcap-cut-in-record.pcap", pcap(packets)[:-30]
    yield "pcap-cut-in-header.pcap", pcap(packets)[:-len(packets[-1][1]) - 5]
    yield "pcap-without-packets.pcap", pcap([])
    yield "pcapng.pcapng", pcapng_plain("<")
    yield "pcapng-big-endian.pcapng", pcapng_plain(">")
    yield "pcapng-sections-and-interfaces.pcapng", pcapng_mixed()
    yield "pcapng-simple-blocks.pcapng", section("<") + interface("<") + b"".join(simple("<", p) for _, p in packets)
    yield "pcapng-obsolete-blocks.pcapng", section("<") + interface("<") + b"".join(
        obsolete("<", 0, t, p) for t, p in packets)
    custom = block("<", 0x0BAD, struct.pack("<I", 32473) + b"counted as a frame")
    yield "pcapng-custom-block.pcapng", section("<") + interface("<") + custom + b"".join(
        enhanced("<", 0, t, p) for t, p in packets)
    yield "pcapng-cut.pcapng", pcapng_plain("<")[:-10]
    whole = bytearray(pcapng_plain("<"))
    whole[-4:] = b"\0\0\0\1"
    yield "pcapng-wrong-trailer.pcapng", bytes(whole)
    plain = pcap(packets)
    yield "compressed.pcap.gz", gzip.compress(plain, mtime=0)
    yield "compressed.pcap.xz", lzma.compress(plain)
    for program, suffix in (("zstd", "zst"), ("lz4", "lz4")):
        yield f"compressed.pcap.{suffix}", subprocess.run(
            [program, "-q", "-c"], input=plain, stdout=subprocess.PIPE, check=True).stdout


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    files = {f"formats/{name}": data for name, data in formats()}
    for name, (link, wrap) in ENVELOPES.items():
        files[f"links/link-{name}.pcap"] = pcap(scene(wrap), link=link)
    for name, (link, wrap) in ENVELOPES_V6.items():
        files[f"links/link-{name}.pcap"] = pcap(scene(wrap, version=6), link=link)
    for name, (version, within) in WITHIN.items():
        files[f"links/link-{name}.pcap"] = pcap(scene(ethernet, version, within))
    for version in (4, 6):
        files[f"links/fragments-ipv{version}.pcap"] = pcap(fragments(version))
    for name, text in (*verdicts.scenes(), *public_situations.scenes()):
        files[f"verdicts/{name}.pcap"] = scene_language.capture(text, START)
    for name, data in files.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


main()
