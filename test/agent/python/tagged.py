"""UDP in Ethernet frames with VLAN tags, sent as they are.

tagged.py INTERFACE SOURCE_MAC MAC SOURCE SOURCE_PORT ADDRESS PORT BYTES TIMES VLAN[,VLAN]
"""

import socket
import sys

from packets import ethernet, udp

interface, source_mac, to_mac, source, source_port, address, port, size, times, vlans = sys.argv[1:]
datagram = udp(source, address, int(source_port), int(port), b"v" * int(size))
frame = ethernet(source_mac, to_mac, datagram, [int(vlan) for vlan in vlans.split(",")])
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((interface, 0))
for _ in range(int(times)):
    raw.send(frame)
