"""Takes datagrams on a port and says nothing.

sink.py ADDRESS PORT
"""

import socket
import sys

sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind((sys.argv[1], int(sys.argv[2])))
print("ready")
while True:
    sink.recv(65536)
