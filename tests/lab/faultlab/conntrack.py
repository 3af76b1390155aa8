# SPDX-License-Identifier: BSD-2-Clause
"""Makes a host's firewall forget every connection it knows, with one netlink message."""

import os
import socket
import struct

from .errors import LabError

NETLINK_NETFILTER = 12
NLM_F_REQUEST_ACK = 0x1 | 0x4
SUBSYSTEM_CONNTRACK = 1
MESSAGE_DELETE = 2
NLMSG_ERROR = 2


def forget_all(host):
    """Empties the host's table of connections."""
    body = struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)
    header = struct.pack("=IHHII", 16 + len(body), SUBSYSTEM_CONNTRACK << 8 | MESSAGE_DELETE,
                         NLM_F_REQUEST_ACK, 1, 0)
    with host.inside():
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    with link:
        link.settimeout(5)
        link.send(header + body)
        answer = link.recv(4096)
    kind, error = struct.unpack_from("=4xH10xi", answer)
    if kind != NLMSG_ERROR or error:
        raise LabError(f"{host.name}: connections not forgotten: {os.strerror(-error)}")
