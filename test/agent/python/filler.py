"""Frames of no protocol (IEEE's local experimental EtherType), to push what came before them out of a buffer.

filler.py INTERFACE MAC FRAMES
"""

import socket
import struct
import sys

from packets import mac

EXPERIMENTAL = 0x88B5

raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((sys.argv[1], 0))
frame = mac(sys.argv[2]) + bytes(6) + struct.pack("!H", EXPERIMENTAL) + bytes(1400)
for _ in range(int(sys.argv[3])):
    raw.send(frame)
