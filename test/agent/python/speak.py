"""A client that does what its input says, a line at a time, and answers each with one line.

NAME tcp ADDRESS PORT [TIMEOUT]   connects
NAME udp ADDRESS PORT             makes a connected socket, so that ICMP errors come back
NAME bound ADDRESS PORT           makes a UDP socket on a port of its own
NAME hear                         waits for a datagram and answers its sender from now on
NAME send BYTES [TIMES]           sends so many bytes and waits for three times as many, each time
NAME say BYTES                    sends so many bytes
NAME get BYTES                    waits for so many bytes
NAME option LEVEL OPTION HEX      setsockopt
NAME retransmits                  how many segments the kernel sent again
NAME close
The answer is `ok`, or `error` with the name of the errno, or TIMEOUT.
"""

import errno
import socket
import struct
import sys

TCP_INFO_TOTAL_RETRANS = 100

sockets = {}


def open_socket(name, kind, address, timeout):
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    # Not settimeout, which makes it non-blocking: such a connect() hears of ICMP errors that TCP itself gets over.
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        made.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(timeout), int(timeout % 1 * 1e6)))
    sockets[name] = made
    return made


def connect(name, kind, address, port, timeout="5"):
    try:
        open_socket(name, kind, address, float(timeout)).connect((address, int(port)))
    except OSError:
        sockets.pop(name).close()
        raise


def bind(name, address, port):
    open_socket(name, socket.SOCK_DGRAM, address, 5.0).bind((address, int(port)))


def hear(name):
    _, sender = sockets[name].recvfrom(65536)
    sockets[name].connect(sender)


def get(name, count):
    missing = int(count)
    while missing > 0:
        got = sockets[name].recv(65536)
        if not got:
            raise ConnectionAbortedError(errno.ECONNABORTED, "closed early")
        missing -= len(got)


def send(name, count, times="1"):
    for _ in range(int(times)):
        sockets[name].sendall(b"q" * int(count))
        get(name, 3 * int(count))


def retransmits(name):
    info = sockets[name].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("I", info, TCP_INFO_TOTAL_RETRANS)[0]


def obey(name, verb, *rest):
    if verb == "tcp":
        connect(name, socket.SOCK_STREAM, *rest)
    elif verb == "udp":
        connect(name, socket.SOCK_DGRAM, *rest)
    elif verb == "bound":
        bind(name, *rest)
    elif verb == "hear":
        hear(name)
    elif verb == "send":
        send(name, *rest)
    elif verb == "say":
        sockets[name].sendall(b"q" * int(rest[0]))
    elif verb == "get":
        get(name, rest[0])
    elif verb == "option":
        level, option, value = rest
        sockets[name].setsockopt(int(level), int(option), bytes.fromhex(value))
    elif verb == "retransmits":
        return f"ok {retransmits(name)}"
    elif verb == "close":
        sockets.pop(name).close()
    else:
        raise ValueError(verb)
    return "ok"


print("ready")
for line in sys.stdin:
    try:
        print(obey(*line.split()))
    except OSError as error:
        late = error.errno in (errno.EAGAIN, errno.EINPROGRESS)
        print("error", "TIMEOUT" if late else errno.errorcode.get(error.errno, error))
