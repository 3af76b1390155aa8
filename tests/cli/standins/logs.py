#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Stands in for the journal or for a syslog daemon.

Usage: logs.py SOCKET FILE    Each datagram is appended to FILE as a line of JSON: the fields of the
journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), or {"line": TEXT}.
"""

import json
import socket
import struct
import sys


def journal_fields(data):
    fields = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = struct.unpack("<Q", data[:8])[0]
            value, data = data[8:8 + length], data[8 + length + 1:]
        fields[name.decode()] = value.decode()
    return fields


server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print("listening", flush=True)
while True:
    datagram = server.recv(1 << 20)
    is_line = datagram.startswith(b"<")
    text = {"line": datagram.decode()} if is_line else journal_fields(datagram)
    with open(sys.argv[2], "a", encoding="utf-8") as out:
        out.write(json.dumps(text) + "\n")
