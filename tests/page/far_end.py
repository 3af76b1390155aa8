# SPDX-License-Identifier: BSD-2-Clause
"""Answers each byte on a loopback port with a byte.  Usage: far_end.py PORT"""

import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self):
        while data := self.request.recv(64):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1])), Echo) as server:
    print("listening", flush=True)
    server.serve_forever()
