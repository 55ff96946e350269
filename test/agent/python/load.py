"""Traffic that counts itself, until standard input ends; a line asks for the counts so far, as JSON.

load.py ADDRESS TCP_PORT UDP_PORT   short connections, one that stays open, and datagrams, all answered threefold
"""

import json
import random
import select
import socket
import sys
import time

PAUSE_SECONDS = 0.002

address, tcp_port, udp_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
counts = {"connections": 0, "bytesSent": 0, "bytesReceived": 0, "datagrams": 0}


def exchange(spoken, size):
    spoken.sendall(b"l" * size)
    counts["bytesSent"] += size
    missing = 3 * size
    while missing > 0:
        got = len(spoken.recv(65536))
        if got == 0:
            raise ConnectionAbortedError("closed early")
        counts["bytesReceived"] += got
        missing -= got


def connect():
    counts["connections"] += 1
    return socket.create_connection((address, tcp_port), timeout=10)


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spoken:
        spoken.settimeout(10)
        spoken.sendto(b"d" * 10, (address, udp_port))
        counts["datagrams"] += 1
        spoken.recv(65536)


lasting = connect()
print("ready")
while True:
    with connect() as short:
        exchange(short, random.randint(1, 2000))
    exchange(lasting, 10)
    datagram()
    time.sleep(PAUSE_SECONDS)
    if select.select([sys.stdin], [], [], 0)[0]:
        if not sys.stdin.readline():
            break
        print(json.dumps(counts))
lasting.close()
print(json.dumps(counts))
