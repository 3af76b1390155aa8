# SPDX-License-Identifier: BSD-2-Clause
"""Asks a loopback port again and again, over new connections too.  Usage: near_end.py PORT"""

import socket
import sys
import threading

pause = threading.Event()


def ask(port):
    """Ten questions over one connection, or none when nobody is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as link:
            for _ in range(10):
                link.sendall(b"?")
                if not link.recv(1):
                    return
                pause.wait(0.02)
    except OSError:
        pause.wait(0.1)


while True:
    ask(int(sys.argv[1]))
