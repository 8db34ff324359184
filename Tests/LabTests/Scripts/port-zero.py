"""Sends a handshake, a byte of data and two keep-alive probes from port 0 of an IPv4 address to its port 5000: port-zero.py ADDRESS"""
import socket
import struct
import sys

SYN, ACK = 2, 16
address = socket.inet_aton(sys.argv[1])
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data if len(data) % 2 == 0 else data + b"\0"))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def send(source, destination, sequence, acknowledgment, flags, data=b""):
    padded = data + b"\0" * (len(data) % 2)
    header = struct.pack("!HHIIBBHHH", source, destination, sequence, acknowledgment, 5 << 4, flags, 65535, 0, 0)
    pseudo = address * 2 + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(header) + len(data))
    total = checksum(pseudo + header + padded)
    segment = header[:16] + struct.pack("!H", total) + header[18:] + data
    packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, socket.IPPROTO_TCP, 0) + address * 2
    raw.sendto(packet + segment, (sys.argv[1], 0))


send(0, 5000, 100, 0, SYN)
send(5000, 0, 500, 101, SYN | ACK)
send(0, 5000, 101, 501, ACK)
send(0, 5000, 101, 501, ACK, b"x")
send(5000, 0, 501, 102, ACK)
for _ in range(2):
    send(0, 5000, 101, 501, ACK)
