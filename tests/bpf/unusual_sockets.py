#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Connections that begin or end in ways most programs never use, all over loopback.

Each function is one way.  None of them waits for time to pass; each ends what it began.
"""
import ctypes
import faulthandler
import select
import socket
import struct

HERE = "127.0.0.1"
LIBC = ctypes.CDLL(None, use_errno=True)
TCP_FASTOPEN = 23
MSG_FASTOPEN = 0x20000000
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds


def listener(port, family=socket.AF_INET, backlog=128):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::" if family == socket.AF_INET6 else HERE, port))
    server.listen(backlog)
    return server


def wait_readable(sock):
    select.select([sock], [], [])


def reused_after_disconnect(server):
    """One socket connects again and again; connect(AF_UNSPEC) ends each connection."""
    client = socket.socket()
    for size in range(1, 21):
        client.connect(server.getsockname())
        accepted, _ = server.accept()
        client.sendall(b"x" * size)
        accepted.recv(100)
        unspecified = struct.pack("HHI8x", socket.AF_UNSPEC, 0, 0)
        LIBC.connect(client.fileno(), unspecified, len(unspecified))
        accepted.close()
    client.close()


def connected_to_itself():
    sock = socket.socket()
    sock.bind((HERE, 6001))
    sock.connect((HERE, 6001))
    sock.sendall(b"hi")
    sock.recv(10)
    sock.close()


def refused_and_tried_again():
    sock = socket.socket()
    for _ in range(5):
        try:
            sock.connect((HERE, 9))
        except ConnectionRefusedError:
            pass
    sock.close()


def crossing_connects():
    """Two sockets connect to each other's port; who is refused is up to chance."""
    for _ in range(100):
        pair = socket.socket(), socket.socket()
        for sock, port in zip(pair, (7001, 7002)):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            sock.bind((HERE, port))
            sock.setblocking(False)
        for sock, port in zip(pair, (7002, 7001)):
            sock.connect_ex((HERE, port))
        for sock in pair:
            sock.close()


def fast_open():
    server = listener(5002)
    server.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
    for _ in range(20):
        client = socket.socket()
        client.sendto(b"hello", MSG_FASTOPEN, server.getsockname())
        accepted, _ = server.accept()
        accepted.recv(100)
        accepted.sendall(b"yo")
        client.recv(10)
        client.close()
        accepted.close()
    server.close()


def listener_closed_with_connections_waiting():
    server = listener(5003)
    clients = [socket.create_connection(server.getsockname()) for _ in range(10)]
    server.close()
    for client in clients:
        client.close()


def closed_with_unread_data(server):
    for _ in range(10):
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        accepted.sendall(b"x" * 10)
        wait_readable(client)
        client.close()
        accepted.close()


def data_for_an_orphan(server):
    """The client is closed; what still comes for it is answered with a reset after its end."""
    for _ in range(10):
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        client.close()
        wait_readable(accepted)
        accepted.send(b"x" * 10)
        accepted.close()


def listening_again(server):
    server.shutdown(socket.SHUT_RDWR)
    try:
        socket.create_connection(server.getsockname())
    except ConnectionRefusedError:
        pass
    server.listen(5)
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    client.close()
    accepted.close()


def aborted_from_both_families():
    server = listener(5005, socket.AF_INET6)
    for address in ("::1", "::ffff:127.0.0.1"):
        client = socket.socket(socket.AF_INET6)
        client.connect((address, 5005))
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        accepted.close()
        wait_readable(client)
        client.close()
    server.close()


def main():
    faulthandler.dump_traceback_later(60, exit=True)
    server = listener(5001)
    reused_after_disconnect(server)
    connected_to_itself()
    refused_and_tried_again()
    crossing_connects()
    fast_open()
    listener_closed_with_connections_waiting()
    closed_with_unread_data(server)
    data_for_an_orphan(server)
    listening_again(server)
    aborted_from_both_families()
    server.close()


if __name__ == "__main__":
    main()
