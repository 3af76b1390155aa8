# SPDX-License-Identifier: BSD-2-Clause
"""Did the sensor know only what the trader's own machine could know?

All hosts of the lab share one kernel, so a sensor that looks past its namespace could see the
gateway drop packets. A verdict won in this way is worth nothing, and its run fails: whatever an
event names (peers, devices, processes) has to exist in the trader's namespace, and no counter may
be larger than that namespace's own.
"""

import json
import os

from . import netns


class World:
    """What exists for the trader, gathered while the run lasts."""

    def __init__(self, day):
        self._day = day
        self.addresses = {"127.0.0.1", "::1", "0.0.0.0", "::"}
        self.devices = {gateway.name for gateway in day.gateways}
        self.pids = set()
        self.links = set(day.parties)
        self.resolvers = set()
        for host in {day.trader, day.service, *day.gateways, *(
                party.theirs.host for party in day.parties.values())}:
            self._add_addresses(host, near=host in day.gateways)
        for part in day.parts.values():
            if part.program == "resolver":
                self._add_addresses(part.host)
                self.resolvers.update(part.host.addresses(4) + part.host.addresses(6))
        self.gather()

    def _add_addresses(self, host, near=False):
        networks = [self._day.trader.device()] if near else list(host.plan.on)
        for network in networks:
            for family in (4, 6):
                self.addresses.add(host.address(network, family))
        if not near:
            self.addresses.update(host.addresses(4) + host.addresses(6))

    def gather(self):
        """Looks again: processes come and go."""
        self.pids.update(netns.processes([self._day.trader.namespace]))
        found = json.loads(self._day.trader.run(["ip", "-j", "link"]).stdout)
        self.devices.update(link["ifname"] for link in found)
        for entry in json.loads(self._day.trader.run(["ip", "-j", "neigh"]).stdout or "[]"):
            self.addresses.add(entry["dst"])


def address_of(peer):
    """The address in ADDRESS:PORT, [ADDRESS]:PORT, ADDRESS or :PORT; "" when there is none."""
    if peer.startswith("["):
        return peer[1:].split("]")[0]
    if peer.count(":") == 1:
        return peer.split(":")[0]
    return peer


def complaints_about_events(events, world):
    """One text for each thing in incident events that the trader's machine does not have."""
    found = []
    for event in events:
        scope = event.get("scope") or {}
        for peer in scope.get("peers") or []:
            address = address_of(peer)
            if address and address not in world.addresses:
                found.append(f"{event.get('id')}: peer {peer} is nobody the trader talks to")
        for device in scope.get("devices") or []:
            if device not in world.devices | world.resolvers:
                found.append(f"{event.get('id')}: device {device} is none of the trader's")
        for process in (event.get("impact") or {}).get("processes") or []:
            if process.get("pid") not in world.pids:
                found.append(f"{event.get('id')}: process {process.get('pid')} is not the trader's")
    return found


def complaints_about_links(links, before, after):
    """One text for each sum over links that is more than the kernel counted in the trader's
    namespace. before, after: Host.nstat(), taken before the sensor began and after it answered.

    Segments that came in are not compared: one of the kernel's counters counts packets that were
    merged as one, the other as many. OutSegs leaves out what was sent again, a socket's count does
    not."""
    grew = {key: after[key] - before[key]
            for key in ("TcpRetransSegs", "TcpOutRsts", "TcpOutSegs")}
    kernel = {"retransmits": grew["TcpRetransSegs"], "resets sent": grew["TcpOutRsts"],
              "segments out": grew["TcpOutSegs"] + grew["TcpRetransSegs"]}
    total = {"retransmits": links["not_attributed"]["retransmits"],
             "resets sent": links["not_attributed"]["resets_sent"], "segments out": 0}
    for link in links["links"]:
        total["retransmits"] += link["retransmits"]["segments"]
        total["resets sent"] += link["resets"]["sent"]
        total["segments out"] += link["segments_out"]
    return [f"{key}: the sensor counted {total[key]}, the trader's kernel {kernel[key]}"
            for key in kernel if total[key] > kernel[key]]


def own_namespace(pid, namespace):
    """Is the process in that network namespace?"""
    try:
        one, other = os.stat(f"/proc/{pid}/ns/net"), os.stat(netns.path(namespace))
    except OSError:
        return False
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
