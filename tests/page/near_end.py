# SPDX-License-Identifier: BSD-2-Clause
"""Asks a port again and again, over new connections too, and listens to a feed.

Usage: near_end.py PORT [ADDRESS [FEED_PORT]]        without an address: on loopback
"""

import socket
import sys
import threading

pause = threading.Event()


def ask(address, port):
    """Ten questions over one connection, or none when nobody is there."""
    try:
        with socket.create_connection((address, port), 5) as link:
            for _ in range(10):
                link.sendall(b"?")
                if not link.recv(1):
                    return
                pause.wait(0.02)
    except OSError:
        pause.wait(0.1)


def listen(address, port):
    """Takes what comes until it ends."""
    try:
        with socket.create_connection((address, port), 5) as link:
            link.settimeout(None)
            while link.recv(64):
                continue
    except OSError:
        pass
    pause.wait(0.1)


def again_and_again(what, *arguments):
    """For as long as this runs."""
    while True:
        what(*arguments)


ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
if len(sys.argv) > 3:
    threading.Thread(target=again_and_again, args=(listen, ADDRESS, int(sys.argv[3])),
                     daemon=True).start()
again_and_again(ask, ADDRESS, int(sys.argv[1]))
