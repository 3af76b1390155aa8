#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Both ends of connections that stand in a known way.

    signal_ends.py serve ADDRESS PORT           answers each line with one; what a line asks for:
                                                 "say N" N bytes, "reset" a reset, "think" nothing
    signal_ends.py ask ADDRESS PORT COUNT LINE... one connection for each of COUNT, that sends the
                                                 lines in turn and waits for the answer to each
                                                 but the last; then it stays until it is killed

The asking end prints "ready" when every connection has sent its last line.
"""
import selectors
import socket
import struct
import sys
import time


def address_of(host, port):
    return socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]


def answer(connection, line):
    word, *rest = line.split()
    if word == "say":
        connection.sendall(b"x" * (int(rest[0]) - 1) + b"\n")
    elif word == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    elif word != "think":
        raise ValueError(line)


def serve(host, port):
    family, kind, protocol, _, place = address_of(host, port)
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(place)
    listener.listen(512)
    chosen = selectors.DefaultSelector()
    chosen.register(listener, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in chosen.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                chosen.register(connection, selectors.EVENT_READ)
                continue
            try:
                data = key.fileobj.recv(65536)
            except OSError:
                data = b""
            if not data:
                chosen.unregister(key.fileobj)
                key.fileobj.close()
            for line in data.decode("ascii", "ignore").splitlines():
                if line.strip("."):
                    if line == "reset":
                        chosen.unregister(key.fileobj)
                    answer(key.fileobj, line)


def ask(host, port, count, lines):
    family, kind, protocol, _, place = address_of(host, port)
    connections = []
    for _ in range(int(count)):
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(20)
        connection.connect(place)
        connections.append(connection)
    for number, line in enumerate(lines):
        for connection in connections:
            connection.sendall(line.encode() + b"\n")
            if number + 1 == len(lines):
                continue
            data = b""
            while not data.endswith(b"\n"):
                data += connection.recv(65536)
    print("ready", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:4])
    else:
        ask(*sys.argv[2:5], sys.argv[5:])
