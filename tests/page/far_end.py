# SPDX-License-Identifier: BSD-2-Clause
"""Answers each byte with a byte, and sends a byte each 20 ms on a feed.

Usage: far_end.py PORT [ADDRESS [FEED_PORT]]        without an address: on loopback
"""

import socketserver
import sys
import threading


class Echo(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self):
        while data := self.request.recv(64):
            self.request.sendall(data)


class Feed(socketserver.BaseRequestHandler):
    """One who listens to the feed."""

    def handle(self):
        tick = threading.Event()
        try:
            while not tick.wait(0.02):
                self.request.sendall(b"!")
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True


ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
with Server((ADDRESS, int(sys.argv[1])), Echo) as server:
    if len(sys.argv) > 3:
        feed = Server((ADDRESS, int(sys.argv[3])), Feed)
        threading.Thread(target=feed.serve_forever, daemon=True).start()
    print("listening", flush=True)
    server.serve_forever()
