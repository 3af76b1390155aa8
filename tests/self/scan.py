# SPDX-License-Identifier: BSD-2-Clause
"""Connects to many ports, one after the other; or many times to one that does not answer.

Usage: scan.py ADDRESS FIRST_PORT COUNT          says "scanned COUNT" when all were refused
       scan.py ADDRESS PORT 1 SOCKETS            says "waiting SOCKETS" and keeps them
"""

import resource
import socket
import sys
import threading


def scan(address, first, count):
    """Each port once, the outcome whatever it is."""
    for port in range(first, first + count):
        with socket.socket() as one:
            one.connect_ex((address, port))
    print("scanned", count, flush=True)


def flood(address, port, count):
    """All at once, and nobody waits for an answer."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    held = []
    for _ in range(count):
        held.append(socket.socket())
        held[-1].setblocking(False)
        held[-1].connect_ex((address, port))
    print("waiting", count, flush=True)
    threading.Event().wait()


if len(sys.argv) > 4:
    flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[4]))
else:
    scan(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
