# SPDX-License-Identifier: BSD-2-Clause
"""A sensor's control socket with made up answers, for what only asks it.

Usage: stand_in_sensor.py SOCKET FOLDER

A request of one word is answered with FOLDER/WORD.json as it is at that moment, whatever is in it.
"""

import pathlib
import socketserver
import sys


class Answer(socketserver.StreamRequestHandler):
    """One question, one answer."""

    def handle(self):
        word = self.rfile.readline().decode().strip()
        path = pathlib.Path(sys.argv[2]) / f"{word}.json"
        if word.isalpha() and path.exists():
            self.wfile.write(path.read_bytes())
        else:
            self.wfile.write(b"error: no such request\n")


with socketserver.UnixStreamServer(sys.argv[1], Answer) as server:
    print("listening", flush=True)
    server.serve_forever()
