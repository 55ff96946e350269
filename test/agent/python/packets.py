"""Packets by hand, for what sockets do not send."""

import socket
import struct

ETH_IP = 0x0800
ETH_VLAN = 0x8100
TCP, UDP, SCTP = 6, 17, 132


def checksum(data):
    total = sum(struct.unpack(f"!{len(data + b' ') // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ethernet(source, destination, payload, tags=()):
    """tags: VLAN ids, the outer one first"""
    vlan = b"".join(struct.pack("!HH", ETH_VLAN, tag) for tag in tags)
    return mac(destination) + mac(source) + vlan + struct.pack("!H", ETH_IP) + payload


def ipv4(source, destination, protocol, payload):
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + ends
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def pseudo(source, destination, protocol, length):
    return socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!HH", protocol, length)


def udp(source, destination, source_port, port, payload):
    head = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0)
    total = checksum(pseudo(source, destination, UDP, 8 + len(payload)) + head + payload)
    return ipv4(source, destination, UDP, head[:6] + struct.pack("!H", total or 0xFFFF) + payload)


FIN, SYN, RST, ACK = 1, 2, 4, 16


def tcp(source, destination, source_port, port, sequence, acknowledged, flags):
    head = struct.pack("!HHIIBBHHH", source_port, port, sequence, acknowledged, 0x50, flags, 65535, 0, 0)
    total = checksum(pseudo(source, destination, TCP, len(head)) + head)
    return ipv4(source, destination, TCP, head[:16] + struct.pack("!HH", total, 0))


def sctp(source_port, port, tag, kind, body, flags=0):
    """One chunk. RFC 9260: the checksum is CRC32c, least significant byte first."""
    chunk = struct.pack("!BBH", kind, flags, 4 + len(body)) + body
    head = struct.pack("!HHI", source_port, port, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk
