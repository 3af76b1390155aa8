# SPDX-License-Identifier: BSD-2-Clause
"""What can be read of a host by ordinary means: its sockets, devices, queues, packets.

These are the lab's own eyes. None of it goes through the sensor, so that a proof by these means
says something about the sensor.
"""

import json
import re
import signal
import socket
import time

from .errors import LabError

_NUMBERS = re.compile(r"\b(rtt|rcv_rtt|backoff|unacked|retrans|lost|notsent|rwnd_limited|busy|rto|"
                      r"cwnd|bytes_received|bytes_acked|reord_seen|lastrcv):([0-9./]+)")


def sockets(host, listening=False):
    """The TCP sockets of a host, from ss, as dictionaries; times in ms."""
    flags = "-HOtin" + ("l" if listening else "a")
    found = []
    for line in host.run(["ss", flags]).stdout.splitlines():
        words = line.split()
        local, port = words[3].rsplit(":", 1)
        peer, peer_port = words[4].rsplit(":", 1)
        info = {}
        for name, value in _NUMBERS.findall(line):
            info[name] = float(value.split("/")[-1 if name == "retrans" else 0])
        found.append({"state": words[0], "recv_q": int(words[1]), "send_q": int(words[2]),
                      "address": _plain(local), "port": _number(port),
                      "peer": _plain(peer), "peer_port": _number(peer_port),
                      "rtt_ms": info.pop("rtt", None), "info": info})
    return found


def _plain(address):
    return address.strip("[]").removeprefix("::ffff:").split("%")[0]


def _number(port):
    return int(port) if port.isdigit() else 0


def device(host, name):
    """One device of a host as `ip -s -d -j link` shows it."""
    return json.loads(host.run(["ip", "-s", "-d", "-j", "link", "show", "dev", name]).stdout)[0]


def carrier_changes(host, name):
    """How often the device lost or got its carrier."""
    return int(host.run(["cat", f"/sys/class/net/{name}/carrier_changes"]).stdout)


def queue(host, name):
    """The root queueing discipline of a device with its counters, from tc."""
    text = host.run(["tc", "-s", "-j", "qdisc", "show", "dev", name, "root"]).stdout
    found = json.loads(text or "[]")
    return found[0] if found else {"kind": "noqueue", "drops": 0, "backlog": 0, "overlimits": 0}


def neighbour(host, address):
    """The state of a neighbour's entry: REACHABLE, STALE, FAILED…; "" when there is none."""
    words = host.run(["ip", "neigh", "show", address]).stdout.split()
    return words[-1] if words else ""


def handshake_ms(host, address, port, tries=3):
    """The quickest of some fresh connects, in ms: kernels do it, no application has a part in it.
    A socket's smoothed round trip is no such measure: the answer of a slow application carries the
    acknowledgement that would have told it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    took = []
    for _ in range(tries):
        with host.inside():
            probe = socket.socket(family, socket.SOCK_STREAM)
        with probe:
            probe.settimeout(5)
            began = time.monotonic()
            probe.connect((address, port))
            took.append(1000 * (time.monotonic() - began))
    return min(took)


class Filter:
    """An nftables table of the lab's own at a host, with a counter of what its rules hit."""

    def __init__(self, host, name="fault", family="inet"):
        self.host = host
        self._table = f"{family} {name}"

    def add(self, hook, rules, policy="accept"):
        """A base chain with rules; in a rule, `COUNT` stands for counting the hit."""
        chain = hook.split()[0]
        text = [f"add table {self._table}", f"add counter {self._table} hits",
                f"add chain {self._table} {chain} {{ type filter hook {hook} priority 10; "
                f"policy {policy}; }}"]
        text += [f"add rule {self._table} {chain} " + rule.replace("COUNT", "counter name hits")
                 for rule in rules]
        self.host.run(["nft", "-f", "-"], stdin_text="\n".join(text) + "\n")
        return self

    def hits(self):
        """How many packets were counted; 0 when the table is gone."""
        done = self.host.run(["nft", "-j", "list", "counters", "table", *self._table.split()],
                             check=False)
        if done.returncode:
            return 0
        return sum(entry["counter"]["packets"] for entry in json.loads(done.stdout)["nftables"]
                   if "counter" in entry)

    def remove(self):
        """Takes the table away."""
        self.host.run(["nft", "delete", "table", *self._table.split()])


class Capture:
    """Packets of a host that match a filter of tcpdump's, as lines of text."""

    def __init__(self, host, expression):
        # Not through a file, and each packet at once: what was sent before stop() is seen.
        self._process = host.spawn(
            ["tcpdump", "-nn", "-v", "-l", "--immediate-mode", "-i", host.device(), expression],
            name="tcpdump")
        self._process.wait_for(r"listening on", stream="err")

    def stop(self):
        """Ends it; returns one text for each packet."""
        self._process.signal(signal.SIGINT)
        self._process.wait(10)
        if "packets captured" not in self._process.errors():
            raise LabError(f"tcpdump: {self._process.errors()}")
        packets = []
        for line in self._process.output().splitlines():
            if line[:1].isspace() and packets:
                packets[-1] += line
            elif line:
                packets.append(line)
        return packets


def hop_limit(packet):
    """The TTL, or hop limit, in the text of a captured packet."""
    found = re.search(r"(?:ttl|hlim) (\d+)", packet)
    return int(found.group(1)) if found else None
