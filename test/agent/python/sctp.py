"""SCTP by raw socket, because a kernel need not have it.

sctp.py serve PORT            answers an INIT with INIT-ACK, and one to any other port with ABORT
sctp.py call ADDRESS PORT     sends an INIT and prints the name of the chunk that answers
"""

import os
import socket
import struct
import sys

from packets import SCTP, sctp

INIT, INIT_ACK, ABORT = 1, 2, 6
NAMES = {INIT: "INIT", INIT_ACK: "INIT-ACK", ABORT: "ABORT"}
INIT_BODY = struct.pack("!IIHHI", 7, 65536, 1, 1, 1)
COOKIE = struct.pack("!HHI", 7, 8, 0)


def receive(raw):
    packet, (sender, _) = raw.recvfrom(65536)
    segment = packet[(packet[0] & 15) * 4 :]
    source_port, port = struct.unpack_from("!HH", segment)
    return sender, source_port, port, segment[12]


def serve(raw, served):
    print("ready")
    while True:
        sender, source_port, port, kind = receive(raw)
        if kind != INIT:
            continue
        if port == served:
            raw.sendto(sctp(port, source_port, 7, INIT_ACK, INIT_BODY + COOKIE), (sender, 0))
        else:
            raw.sendto(sctp(port, source_port, 7, ABORT, b""), (sender, 0))


def call(raw, address, port):
    own = 40000 + os.getpid() % 20000
    raw.settimeout(5)
    raw.sendto(sctp(own, port, 0, INIT, INIT_BODY), (address, 0))
    while True:
        sender, source_port, to, kind = receive(raw)
        if (sender, source_port, to) == (address, port, own):
            print(NAMES[kind])
            return


raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, SCTP)
if sys.argv[1] == "serve":
    serve(raw, int(sys.argv[2]))
else:
    call(raw, sys.argv[2], int(sys.argv[3]))
