"""A server on any number of ports that answers every byte with three.

hear.py {tcp|udp} ADDRESS PORT ...   `::` takes IPv4 too
"""

import selectors
import socket
import sys

selector = selectors.DefaultSelector()


def listen(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    made.bind((address, int(port)))
    if kind == "tcp":
        made.listen(512)
    selector.register(made, selectors.EVENT_READ, accept if kind == "tcp" else answer_datagram)


def accept(listener):
    made, _ = listener.accept()
    selector.register(made, selectors.EVENT_READ, answer_stream)


def answer_datagram(heard):
    data, sender = heard.recvfrom(65536)
    heard.sendto(b"a" * (3 * len(data)), sender)


def answer_stream(heard):
    try:
        data = heard.recv(65536)
        if data:
            heard.sendall(b"a" * (3 * len(data)))
            return
    except ConnectionError:
        pass
    selector.unregister(heard)
    heard.close()


for at in range(1, len(sys.argv), 3):
    listen(*sys.argv[at : at + 3])
print("ready")
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
