"""Echo requests, one after the other; prints how many were answered.

icmp.py ADDRESS TIMES BYTES [TIMEOUT]
"""

import socket
import struct
import sys

from packets import checksum

address, times, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
six = ":" in address
request, reply = (128, 129) if six else (8, 0)
raw = socket.socket(
    socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
)
raw.settimeout(float(sys.argv[4]) if len(sys.argv) > 4 else 5)


def message(number):
    body = struct.pack("!BBHHH", request, 0, 0, 77, number) + b"p" * size
    # The kernel fills in the checksum of ICMPv6, which covers addresses.
    return body if six else body[:2] + struct.pack("!H", checksum(body)) + body[4:]


answered = 0
for number in range(times):
    raw.sendto(message(number), (address, 0))
    try:
        while True:
            data = raw.recv(65536)
            body = data if six else data[(data[0] & 15) * 4 :]
            if body[0] == reply and struct.unpack_from("!HH", body, 4) == (77, number):
                answered += 1
                break
    except socket.timeout:
        pass
print(answered)
