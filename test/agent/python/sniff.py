"""What an interface really carries, told by the kernel's packet socket when standard input ends.

sniff.py INTERFACE   prints JSON: [[source, destination, protocol, packets, IP bytes], ...]
"""

import collections
import json
import select
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8


def parse(frame):
    kind, at = struct.unpack_from("!H", frame, 12)[0], 14
    while kind in (0x8100, 0x88A8):
        kind, at = struct.unpack_from("!H", frame, at + 2)[0], at + 4
    if kind == 0x0800:
        length, protocol = struct.unpack_from("!H", frame, at + 2)[0], frame[at + 9]
        ends = frame[at + 12 : at + 16], frame[at + 16 : at + 20]
        return [socket.inet_ntop(socket.AF_INET, end) for end in ends], protocol, length
    if kind == 0x86DD:
        length, protocol = struct.unpack_from("!H", frame, at + 4)[0] + 40, frame[at + 6]
        ends = frame[at + 8 : at + 24], frame[at + 24 : at + 40]
        return [socket.inet_ntop(socket.AF_INET6, end) for end in ends], protocol, length
    return None


def main():
    taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    taken.bind((sys.argv[1], ETH_P_ALL))
    seen = collections.defaultdict(lambda: [0, 0])
    print("ready")
    ending = False
    while True:
        ready, _, _ = select.select([taken] if ending else [taken, sys.stdin], [], [], 0.05 if ending else None)
        if taken in ready:
            found = parse(taken.recv(65536))
            if found:
                (source, destination), protocol, length = found
                count = seen[(source, destination, protocol)]
                count[0] += 1
                count[1] += length
        elif ending:
            break
        if sys.stdin in ready and not sys.stdin.readline():
            ending = True
    print(json.dumps([[*key, *count] for key, count in sorted(seen.items())]))


main()
