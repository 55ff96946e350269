"""TCP handshakes of a virtual machine, whose sockets are in no kernel that can be asked.

guest.py serve MAC ADDRESS PORT                          answers SYNs on eth0, and FINs; resets other ports
guest.py call MAC ADDRESS GATEWAY_MAC REMOTE PORT TIMES   connects and closes; prints how often it was answered
"""

import socket
import struct
import sys

from packets import ACK, ETH_IP, FIN, RST, SYN, TCP, ethernet, tcp

taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_IP))
taken.bind(("eth0", ETH_IP))
taken.settimeout(2)
own_mac, own = sys.argv[2:4]


def receive():
    """The next segment for this machine: (peer's mac, peer, its port, own port, sequence, acknowledged, flags)"""
    while True:
        frame, (_, _, kind, _, _) = taken.recvfrom(65536)
        if kind == socket.PACKET_OUTGOING or frame[23] != TCP or frame[30:34] != socket.inet_aton(own):
            continue
        segment = frame[14 + (frame[14] & 15) * 4 :]
        port, own_port, sequence, acknowledged, _, flags = struct.unpack_from("!HHIIBB", segment)
        peer_mac = ":".join(f"{byte:02x}" for byte in frame[6:12])
        return peer_mac, socket.inet_ntoa(frame[26:30]), port, own_port, sequence, acknowledged, flags


def answer(heard, sequence, consumed, flags):
    peer_mac, peer, port, own_port, theirs, _, _ = heard
    segment = tcp(own, peer, own_port, port, sequence, (theirs + consumed) & 0xFFFFFFFF, flags)
    taken.send(ethernet(own_mac, peer_mac, segment))


def serve(port):
    taken.settimeout(None)
    print("ready")
    while True:
        heard = receive()
        flags = heard[6]
        if flags & SYN and heard[3] != port:
            answer(heard, 0, 1, RST | ACK)
        elif flags & SYN:
            answer(heard, 1000, 1, SYN | ACK)
        elif flags & FIN:
            answer(heard, heard[5], 1, FIN | ACK)


def connect(gateway_mac, remote, port, own_port):
    """Whether a SYN was answered by SYN-ACK; the connection is then closed in order."""
    taken.send(ethernet(own_mac, gateway_mac, tcp(own, remote, own_port, port, 500, 0, SYN)))
    while True:
        heard = receive()
        if heard[3] != own_port:
            continue
        flags = heard[6]
        if flags & RST:
            return False
        if flags & SYN:
            answer(heard, 501, 1, ACK)
            answer(heard, 501, 1, FIN | ACK)
        if flags & FIN:
            answer(heard, 502, 1, ACK)
            return True


if sys.argv[1] == "serve":
    serve(int(sys.argv[4]))
else:
    gateway_mac, remote, port, times = sys.argv[4], sys.argv[5], int(sys.argv[6]), int(sys.argv[7])
    print(sum(connect(gateway_mac, remote, port, 30000 + i) for i in range(times)))
