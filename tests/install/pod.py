# SPDX-License-Identifier: BSD-2-Clause
"""Stands in for a pod: a connection to itself, in the network that it is started in.

Usage: pod.py PORT      prints "connected" and then says something ten times a second until its end
"""

import socket
import subprocess
import sys
import time

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
print("connected", flush=True)
while True:
    near.sendall(b"x")
    far.recv(1)
    time.sleep(0.1)
