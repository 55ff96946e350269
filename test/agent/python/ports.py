"""Sends to many ports, one after the other.

ports.py {tcp|udp} ADDRESS FIRST COUNT   10 bytes to each, and waits for the answer
ports.py burst ADDRESS FIRST COUNT       one datagram to each, as fast as it goes
"""

import socket
import sys

kind, address, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
burst = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in range(first, first + count):
    if kind == "burst":
        burst.sendto(b"b" * 10, (address, port))
        continue
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as spoken:
        spoken.settimeout(5)
        spoken.connect((address, port))
        spoken.sendall(b"b" * 10)
        spoken.recv(65536)
