"""Traffic between pods two by two, by one process that goes from namespace to namespace.

pairs.py PORT BYTES NETNS ADDRESS NETNS ADDRESS ...   each first of two calls the second by TCP and UDP
"""

import ctypes
import os
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def enter(netns):
    with open(f"/run/netns/{netns}", "rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def made_in(netns, kind):
    enter(netns)
    made = socket.socket(socket.AF_INET, kind)
    made.settimeout(5)
    return made


def by_tcp(client, server, address, port, size):
    with made_in(server, socket.SOCK_STREAM) as listener:
        listener.bind(("0.0.0.0", port))
        listener.listen()
        with made_in(client, socket.SOCK_STREAM) as caller:
            caller.connect((address, port))
            caller.sendall(b"p" * size)
            caller.shutdown(socket.SHUT_WR)
            accepted, _ = listener.accept()
            with accepted:
                while accepted.recv(65536):
                    pass


def by_udp(client, server, address, port, size):
    with made_in(server, socket.SOCK_DGRAM) as heard, made_in(client, socket.SOCK_DGRAM) as spoken:
        heard.bind(("0.0.0.0", port))
        spoken.sendto(b"p" * size, (address, port))
        data, sender = heard.recvfrom(65536)
        heard.sendto(data, sender)
        spoken.recv(65536)


port, size, places = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
for at in range(0, len(places), 4):
    client, _, server, address = places[at : at + 4]
    by_tcp(client, server, address, port, size)
    by_udp(client, server, address, port, size)
