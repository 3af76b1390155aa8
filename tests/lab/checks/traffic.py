# SPDX-License-Identifier: BSD-2-Clause
"""Small traffic between two hosts of a lab, with every byte and datagram accounted for."""

import contextlib
import socket
import struct
import threading

from faultlab.waiting import wait_until

SO_RCVBUFFORCE = 33
ETH_P_ALL = 3
PORT = 7001
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class Datagrams:
    """Numbered UDP datagrams from one host to another."""

    def __init__(self, source, target, family=4, port=PORT):
        with target.inside():
            self._receiver = socket.socket(FAMILIES[family], socket.SOCK_DGRAM)
        with source.inside():
            self._sender = socket.socket(FAMILIES[family], socket.SOCK_DGRAM)
        self._receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._receiver.bind((target.address(family=family), port))
        self._receiver.setblocking(False)
        self._sender.connect((target.address(family=family), port))
        self.port = self._sender.getsockname()[1]
        self.received = []

    def send(self, count, size=100):
        """Sends `count` datagrams with `size` bytes of payload, numbered from 0."""
        for number in range(count):
            self._sender.send(struct.pack("!I", number).ljust(size, b"\xa5"))

    def collect(self):
        """Takes what has arrived; returns how many did so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self._receiver.recv(65536)
                self.received.append(struct.unpack("!I", data[:4])[0])
        return len(self.received)

    def wait(self, count, timeout=10):
        """Waits until `count` arrived; returns their numbers in order of arrival, and forgets
        them."""
        wait_until(lambda: self.collect() >= count, timeout, f"{count} datagrams arrive")
        numbers, self.received = self.received, []
        return numbers

    def close(self):
        """Closes both ends."""
        self._receiver.close()
        self._sender.close()


def listen(host, family=4, port=PORT):
    """A listening TCP socket on the host."""
    with host.inside():
        return socket.create_server((host.address(family=family), port),
                                    family=FAMILIES[family])


def connect(source, target, family=4, port=PORT, timeout=10):
    """A TCP connection; the listener has to be there."""
    with source.inside():
        return socket.create_connection((target.address(family=family), port), timeout=timeout)


@contextlib.contextmanager
def connection(source, target, family=4, port=PORT):
    """An established TCP connection: its two sockets."""
    with listen(target, family, port) as listener, \
            connect(source, target, family, port) as one:
        listener.settimeout(10)
        other, _ = listener.accept()
        with other:
            other.settimeout(10)
            yield one, other


def receive(sock, size):
    """Reads exactly that many bytes."""
    parts, left = [], size
    while left:
        data = sock.recv(min(left, 1 << 16))
        if not data:
            raise EOFError(f"{left} of {size} bytes did not come")
        parts.append(data)
        left -= len(data)
    return b"".join(parts)


def transfer(source, target, size):
    """Sends `size` bytes over a connection and checks that the same arrive."""
    data = bytes(number * 37 % 251 for number in range(1 << 12)) * (size // (1 << 12) + 1)
    data = data[:size]
    sender = threading.Thread(target=source.sendall, args=(data,))
    sender.start()
    try:
        got = receive(target, size)
    finally:
        sender.join(20)
    if got != data:
        raise AssertionError("the bytes that arrived are not those that were sent")


class Capture:
    """Every packet that the host's device hands up or takes, since the capture was made."""

    def __init__(self, host, network=None):
        with host.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                         socket.htons(ETH_P_ALL))
            self._socket.bind((host.device(network), ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._socket.setblocking(False)
        self._incoming = []

    def resets(self):
        """TTLs (hop limits) of the incoming TCP resets so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data, where = self._socket.recvfrom(65536)
                if where[2] != socket.PACKET_OUTGOING:
                    self._incoming.append(data)
        return [ttl for ttl, flags in map(_ttl_and_flags, self._incoming) if flags & 4]

    def close(self):
        """Ends the capture."""
        self._socket.close()


def _ttl_and_flags(packet):
    """TTL and TCP flags of an IP packet; no flags when it is not TCP."""
    if packet[0] >> 4 == 4:
        header, ttl, proto = (packet[0] & 15) * 4, packet[8], packet[9]
    else:
        header, ttl, proto = 40, packet[7], packet[6]
    return ttl, packet[header + 13] if proto == socket.IPPROTO_TCP else 0


def read_log(path):
    """The rows of a line's packet log, as dictionaries."""
    with open(path, encoding="ascii") as file:
        names = file.readline().split()
        return [dict(zip(names, row.rstrip("\n").split("\t"))) for row in file]
