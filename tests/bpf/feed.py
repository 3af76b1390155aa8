#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Feeds, and who listens to them; each prints what it did by its own clock.

    feed.py send ADDRESS PORT COUNT GAP_MS      sends datagrams, from DEVICE when ADDRESS is a group
    feed.py take ADDRESS PORT COUNT             reads them; prints "ready" when it would see them
    feed.py ask ADDRESS PORT                    a TCP connection that does what standard input says:
                                                "send" asks for an answer in a minute, "read" reads
                                                what there is; each line is answered with "done"
"""
import ipaddress
import json
import select
import socket
import struct
import sys
import time

DEVICE = "line"
ANSWER_IN_A_MINUTE = struct.pack("IIII16x", 60_000_000, 1, 0, 64)  # struct request of wait_far.c


def udp_socket(address):
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def send(address, port, count, gap_ms):
    sock = udp_socket(address)
    index = socket.if_nametoindex(DEVICE)
    if address.is_multicast and address.version == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    elif address.is_multicast:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                        struct.pack("4s4si", bytes(4), bytes(4), index))
    began, last, longest = time.monotonic(), None, 0
    for number in range(count):
        pause = began + number * gap_ms / 1000 - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        sock.sendto(b"tick", (str(address), port))
        now = time.monotonic()
        longest = max(longest, now - last if last else 0)
        last = now
    print(json.dumps({"sent": count, "longest_gap_us": longest * 1e6}))


def take(address, port, count):
    sock = udp_socket(address)
    sock.bind((str(address), port))
    index = socket.if_nametoindex(DEVICE)
    if address.is_multicast and address.version == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        address.packed + struct.pack("i", index))
    elif address.is_multicast:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        address.packed + struct.pack("4si", bytes(4), index))
    if count == 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    print("ready", flush=True)
    if count == 0:  # reads nothing until it is told to
        sys.stdin.readline()
        sock.setblocking(False)
    taken = 0
    try:
        while taken < count or count == 0:
            sock.recv(2048)
            taken += 1
    except BlockingIOError:
        pass
    print(json.dumps({"taken": taken}), flush=True)
    sys.stdin.readline()  # the socket stays open until it was looked at


def ask(address, port):
    sock = socket.create_connection((str(address), port))
    print("ready", flush=True)
    for line in sys.stdin:
        if line == "send\n":
            sock.sendall(ANSWER_IN_A_MINUTE)
        else:
            select.select([sock], [], [])
            sock.recv(1 << 20)
        print("done", flush=True)


def main():
    way, address, port, *numbers = sys.argv[1:]
    {"send": send, "take": take, "ask": ask}[way](
        ipaddress.ip_address(address), int(port), *map(int, numbers))


main()
