# SPDX-License-Identifier: BSD-2-Clause
"""A trading day: who talks to whom in a standing lab, and what undoes what was done to them.

Every topology with hosts of the roles trader, service, resolver, far (three of them are used) and
customer can have one. Rates are drawn from the seed around an ordinary load; everything runs on a
fraction of a processor.
"""

import dataclasses
import os
import random
import threading

from .errors import LabError
from .host_tools import sockets
from .part import Part
from .waiting import wait_until

PORTS = {"rates": 7001, "news": 7002, "fixing": 7003, "orders": 7101, "api": 8443, "refdata": 8444,
         "database": 5432, "customers": 8080}
# All rates are multiplied by this: for machines that are emulated.
RATES = float(os.environ.get("FAULTLINE_LAB_RATES", "1"))
MULTICAST_GROUP = "239.77.0.1:7010"


@dataclasses.dataclass
class Party:
    """One link of the trader: both programs of it, and where the far end is."""

    name: str
    kind: str  # external or internal, as in the sensor's configuration
    client: Part
    server: Part
    address: str  # of the far end; of customers: one of them
    port: int  # of the service
    feed: bool = False
    inbound: bool = False
    zone: str = ""  # the name that is looked up before each connect ends in it

    @property
    def ours(self):
        """The program on the trader."""
        return self.server if self.inbound else self.client

    @property
    def theirs(self):
        """The program at the far end."""
        return self.client if self.inbound else self.server

    @property
    def endpoint(self):
        """ADDRESS:PORT of the service."""
        return endpoint(self.address, self.port)

    @property
    def family(self):
        """The word that nftables has for the address family."""
        return "ip6" if ":" in self.address else "ip"


def endpoint(address, port):
    """ADDRESS:PORT, with brackets where the family wants them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class Day:
    """All parts of a day. `with Day(lab, seed) as day:` starts them; leaving ends them."""

    def __init__(self, lab, seed=1, family=None, multicast=False):
        self.lab = lab
        self.random = random.Random(f"day {seed}")
        self.family = family or self.random.choice([4, 4, 4, 6])
        self.scale = self.random.uniform(0.7, 1.4) * RATES
        self.trader = self._only("trader")
        self.service = self._only("service")
        self.far = self._all("far")
        self.gateways = self._all("gateway")
        self.parts = {}
        self.parties = {}
        self.multicast = multicast
        self.sensor = None
        self.base_rtt_ms = {}
        self.notes = {}
        self._undo = []

    def __enter__(self):
        try:
            self._cast()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Undoes what is still to be undone and ends all parts."""
        try:
            self.undo()
        finally:
            if self.sensor and self.sensor.process:
                self.sensor.process.stop()
            for part in self.parts.values():
                part.stop()

    def _all(self, role):
        return [host for host in self.lab.hosts.values() if host.role == role]

    def _only(self, role):
        found = self._all(role)
        if not found:
            raise LabError(f"{self.lab.description.name} has no host of the role {role}")
        return found[0]

    def party(self, name):
        """The party of that name."""
        return self.parties[name]

    def external(self):
        """All parties that the trader reaches through a gateway."""
        return [party for party in self.parties.values() if party.kind == "external"]

    def gateway(self, party):
        """The gateway by which the trader reaches a party."""
        text = self.trader.run(["ip", "route", "get", party.address]).stdout
        words = text.split()
        hop = words[words.index("via") + 1] if "via" in words else ""
        for host in self.gateways:
            if hop in host.addresses(4) + host.addresses(6):
                return host
        raise LabError(f"{party.name}: the way there is by no gateway: {text.strip()}")

    def line(self, party):
        """The line that carries a party."""
        if len(self.lab.lines) == 1:
            return next(iter(self.lab.lines.values()))
        for line in self.lab.lines.values():
            flows = line.report(flows=True)["flows"]
            if any(flow["far"] == party.address for flow in flows) and line.name != "cable":
                return line
        raise LabError(f"no line carries {party.name}")

    # What is done to the day, and undone.

    def on_undo(self, action):
        """Notes what takes back what was just done."""
        self._undo.append(action)

    def note(self, name, value):
        """Keeps something about the fault in self.notes until undo()."""
        self.notes[name] = value
        self.on_undo(lambda: self.notes.pop(name))

    @staticmethod
    def pause(seconds):
        """Lets the day go on for a while."""
        threading.Event().wait(seconds)

    def undo(self):
        """Takes everything back, the last first. All of it is tried, then the first error told."""
        failed = None
        while self._undo:
            try:
                self._undo.pop()()
            except (LabError, OSError) as error:
                failed = failed or error
        if failed:
            raise LabError(f"could not be taken back: {failed}") from failed

    def set(self, part, **knobs):
        """Sets knobs of a part until undo()."""
        former = part.set(**knobs)
        self.on_undo(lambda: part.set(**former))

    def rule(self, line, text, name="fault"):
        """A rule at a line until undo()."""
        line.rule(name, text)
        self.on_undo(lambda: line.remove(name))

    def run_until_undo(self, host, do, undo):
        """A command now, and its opposite at undo()."""
        host.run(do)
        self.on_undo(lambda: host.run(undo))

    # The parts.

    def add(self, machine, program, name, **options):
        """A new part, not started yet. An option that is a word of Python's ends in `_`."""
        options = {option.rstrip("_"): value for option, value in options.items()}
        part = Part(machine, program, name, self.lab.run.directory,
                    seed=self.random.randrange(1 << 30), options=options)
        self.parts[name] = part
        return part

    def _rate(self, ordinary):
        return max(1, round(ordinary * self.scale * self.random.uniform(0.8, 1.25)))

    def _link(self, name, far, server, client, kind="external", feed=False, zone=""):
        """A party whose service is at the far end. server, client: (program, options)."""
        address = far.address() if zone else far.address(family=self.family)
        where = endpoint(address, PORTS[name])
        theirs = self.add(far, server[0], f"{name}-srv", listen=where, **server[1])
        ours = self.add(self.trader, client[0], name, connect=where, **client[1])
        self.parties[name] = Party(name, kind, ours, theirs, address, PORTS[name], feed=feed,
                                   zone=zone)

    def _cast(self):
        """Chooses the roles: three far ends, a resolver, a database, customers."""
        one, two, three = (self.far * 3)[:3]
        self._link("rates", one, ("feed_server", {"rate": self._rate(200)}), ("feed_client", {}),
                   feed=True)
        self._link("news", two, ("feed_server", {"rate": self._rate(60), "burst": 12,
                                                 "update_bytes": 300}),
                   ("feed_client", {}), feed=True)
        self._link("fixing", three, ("feed_server", {"rate": 0, "heartbeat_ms": 500}),
                   ("feed_client", {}), feed=True)
        self._link("orders", two, ("exchange_server", {"think_us": 400}),
                   ("exchange_client", {"rate": self._rate(40), "request_bytes": 400}))
        self._link("database", self.service, ("exchange_server", {"think_us": 300}),
                   ("exchange_client", {"rate": self._rate(50), "sessions": 4,
                                        "reply_bytes": 2000}), kind="internal")
        self._cast_calls({"refdata": one, "api": three})
        self._cast_customers()
        if self.multicast:
            self._cast_multicast(one)

    def _cast_calls(self, far):
        """Short calls to services that are found by name, where the topology has a resolver."""
        hosts = {name: f"{name}.{host.name}.example" for name, host in far.items()}
        named = {}
        for resolver in self._all("resolver")[:1]:
            where = endpoint(resolver.address(), 53)
            table = ",".join(f"{hosts[name]}={far[name].address()}" for name in far)
            self.add(resolver, "resolver", "resolver", listen=where, names=table)
            named = {"resolver": where}
        for name, host in far.items():
            options = {"rate": self._rate(8), "fresh": 1, "sessions": 32, "request_bytes": 3000,
                       "reply_bytes": 6000}
            if named:
                options.update(named, host=hosts[name])
            self._link(name, host, ("exchange_server", {"think_us": 800}),
                       ("exchange_client", options),
                       zone=f"{host.name}.example" if named else "")

    def _cast_customers(self):
        customers = self._all("customer")
        if not customers:
            return
        port = PORTS["customers"]
        addresses = customers[0].addresses(4)
        ours = self.add(self.trader, "exchange_server", "customers-srv",
                        listen=endpoint("0.0.0.0", port), think_us=500)
        theirs = self.add(customers[0], "exchange_client", "customers", fresh=1, sessions=32,
                          rate=self._rate(10), connect=endpoint(self.trader.address(), port),
                          from_=addresses[0], from_count=len(addresses))
        self.parties["customers"] = Party("customers", "external", theirs, ours, addresses[0], port,
                                          inbound=True)

    def _cast_multicast(self, sender):
        """A sender at a far end, the routers on its way to the trader, a receiver there."""
        def device_to(host, address):
            words = host.run(["ip", "-4", "route", "get", address]).stdout.split()
            return words[words.index("dev") + 1]
        group, source = MULTICAST_GROUP, sender.address()
        self.add(self.trader, "multicast", "ticker", role="receive", group=group,
                 interface=self.trader.device())
        for router in self._all("gateway") + self._all("carrier"):
            comes_by, leaves_by = (device_to(router, source),
                                   device_to(router, self.trader.address()))
            if comes_by != leaves_by:
                self.add(router, "multicast", f"relay-{router.name}", role="relay", group=group,
                         source=source, interface=leaves_by, from_=comes_by)
        self.add(sender, "multicast", "ticker-srv", role="send", group=group,
                 interface=sender.device(), rate=self._rate(100))

    def start(self):
        """Starts what serves, then what asks, and waits until every link works."""
        def order(part):
            return ("relay" not in part.name, part.name == "ticker-srv",
                    part.program not in ("resolver", "exchange_server", "feed_server"))
        for part in sorted(self.parts.values(), key=order):
            part.start()
        self.wait_well()
        self.base_rtt_ms = {name: self.rtt_ms(party) for name, party in self.parties.items()
                            if not party.inbound}

    def well(self, party, since=None):
        """Did the party get an answer, or data, since a truth of its client?"""
        truth = party.client.truth()
        before = since or {}
        if party.feed:
            return any(truth[key] > before.get(key, 0) for key in ("updates", "heartbeats"))
        return truth["replies"] > before.get("replies", 0)

    def wait_well(self, timeout=20):
        """Waits until every link brought something since now."""
        since = {name: party.client.truth() for name, party in self.parties.items()}
        missing = dict(self.parties)

        def all_well():
            for name, party in list(missing.items()):
                if self.well(party, since[name]):
                    del missing[name]
            return not missing
        try:
            wait_until(all_well, timeout, "every link works")
        except LabError:
            raise LabError(f"{timeout} s passed and nothing came on: {', '.join(missing)}"
                           ) from None

    def rtt_ms(self, party, host=None):
        """The kernel's smoothed round trip to a party, the median over its sockets; host: as
        another end of the connection sees it. None when no socket is there."""
        found = [socket["rtt_ms"] for socket in self.sockets_of(party, host)
                 if socket["state"] == "ESTAB" and socket["rtt_ms"] is not None]
        return sorted(found)[len(found) // 2] if found else None

    def sockets_of(self, party, host=None):
        """The TCP sockets of a party, listening ones excepted."""
        return [socket for socket in sockets(host or self.trader)
                if party.port in (socket["port"], socket["peer_port"])
                and socket["state"] != "LISTEN"]

    def ours(self):
        """All parts on the trader."""
        return [part for part in self.parts.values() if part.host is self.trader]

    def directory(self):
        """A directory of files of this run, gone with it."""
        path = os.path.join(self.lab.run.directory, "day")
        os.makedirs(path, exist_ok=True)
        return path
