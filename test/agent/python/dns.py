"""Asks a DNS server, and prints the addresses of the answer.

dns.py {udp|tcp} SERVER NAME {A|AAAA}
"""

import socket
import struct
import sys
import time

A, AAAA = 1, 28
TYPES = {"A": A, "AAAA": AAAA}
PATIENCE_SECONDS = 5


def question(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 77, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def ask(transport, server, query):
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as spoken:
        spoken.settimeout(2)
        spoken.connect((server, 53))
        if transport == "udp":
            spoken.send(query)
            return spoken.recv(65536)
        spoken.sendall(struct.pack("!H", len(query)) + query)
        stream = spoken.makefile("rb")
        return stream.read(struct.unpack("!H", stream.read(2))[0])


def skip_name(answer, at):
    while answer[at]:
        if answer[at] >= 0xC0:
            return at + 2
        at += 1 + answer[at]
    return at + 1


def addresses(answer):
    at = skip_name(answer, 12) + 4
    for _ in range(struct.unpack_from("!H", answer, 6)[0]):
        at = skip_name(answer, at)
        kind, _, _, length = struct.unpack_from("!HHIH", answer, at)
        data = answer[at + 10 : at + 10 + length]
        at += 10 + length
        if kind in (A, AAAA):
            yield socket.inet_ntop(socket.AF_INET if kind == A else socket.AF_INET6, data)


transport, server, name, kind = sys.argv[1:]
deadline = time.monotonic() + PATIENCE_SECONDS
while True:
    try:
        print(*addresses(ask(transport, server, question(name, TYPES[kind]))))
        break
    except ConnectionRefusedError:
        # The server may not listen yet.
        if time.monotonic() > deadline:
            raise
        time.sleep(0.02)
