#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A resolver that gives every query one code, and who asks it.

    names.py answer ADDRESS CODE              over UDP and TCP; prints "ready"
    names.py ask ADDRESS udp|tcp COUNT        queries, one after the other; over TCP on one connection
"""
import socket
import struct
import sys
import threading


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def answer_to(query, code):
    return query[:2] + struct.pack(">H", 0x8180 | code) + query[4:]


def take(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def serve_connection(connection, code):
    while length := take(connection, 2):
        query = take(connection, struct.unpack(">H", length)[0])
        connection.sendall(length + answer_to(query, code))


def serve_tcp(listener, code):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_connection, args=(connection, code), daemon=True).start()


def answer(address, code):
    listener = socket.socket(family_of(address), socket.SOCK_STREAM)
    listener.bind((address, 53))
    listener.listen()
    datagrams = socket.socket(family_of(address), socket.SOCK_DGRAM)
    datagrams.bind((address, 53))
    threading.Thread(target=serve_tcp, args=(listener, code), daemon=True).start()
    print("ready", flush=True)
    while True:
        query, asker = datagrams.recvfrom(512)
        datagrams.sendto(answer_to(query, code), asker)


def ask(address, way, count):
    kind = socket.SOCK_STREAM if way == "tcp" else socket.SOCK_DGRAM
    to = socket.socket(family_of(address), kind)
    to.settimeout(10)
    to.connect((address, 53))
    for number in range(count):
        query = struct.pack(">HHHHHH", number + 1, 0x0100, 1, 0, 0, 0) + b"\1x\0\0\1\0\1"
        if way == "tcp":
            to.sendall(struct.pack(">H", len(query)) + query)
            take(to, 2 + len(query))
        else:
            to.send(query)
            to.recv(512)


if __name__ == "__main__":
    if sys.argv[1] == "answer":
        answer(sys.argv[2], int(sys.argv[3]))
    else:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
