# SPDX-License-Identifier: BSD-2-Clause
"""Faults of what stands between our host and the line: switch, gateway, firewall, resolver."""

from faultlab.host_tools import Filter, carrier_changes, device, hop_limit, queue

from .base import Claim, Fault, answered, entry, log_uniform, silent, some_party
from .line import LONG_ENOUGH_TO_COUNT


def through(day, gateway):
    """The parties that are reached by a gateway and ask from our side."""
    return [each for each in day.external() if not each.inbound and day.gateway(each) is gateway]


@entry
class LossyGateway(Fault):
    """I1"""

    id, name = "I1", "gateway drops some of everything"
    verdicts, may_abstain = ("infra/gateway",), True
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    watch_seconds = 6.0
    seconds = LONG_ENOUGH_TO_COUNT

    def draw(self, rng, day):
        return {"percent": round(log_uniform(rng, 0.5, 8), 2), "gateway": day.gateways[0].name}

    def inject(self, day, p):
        per_myriad = round(p["percent"] * 100)
        table = Filter(day.lab.host(p["gateway"]))
        table.add("forward", [f"numgen random mod 10000 < {per_myriad} COUNT drop"])
        day.on_undo(table.remove)

    def proof(self, day, p, seen):
        dropped = Filter(day.lab.host(p["gateway"])).hits()
        ends = [day.trader, *day.far]
        repeated = sum(seen.nstat(host.name, "TcpRetransSegs") for host in ends)
        at_line = seen.lost_at_lines()
        return [Claim("packets the gateway dropped", dropped, dropped > 0),
                Claim("segments repeated by anybody", repeated, repeated > 0),
                Claim("packets dropped by lines", at_line, at_line == 0)]


@entry
class DeadGateway(Fault):
    """I2"""

    id, name, verdicts, hard = "I2", "gateway dead", ("infra/gateway",), True
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    settle_seconds = 0.5

    def draw(self, rng, day):
        return {"gateway": rng.choice(day.gateways).name}

    def inject(self, day, p):
        switch, port = day.lab.host(p["gateway"]).port(day.trader.device())
        day.run_until_undo(switch, ["ip", "link", "set", port, "down"],
                           ["ip", "link", "set", port, "up"])

    def proof(self, day, p, seen):
        gateway = day.lab.host(p["gateway"])
        state = device(gateway, day.trader.device())["operstate"]
        ours = device(day.trader, day.trader.device())["operstate"]
        return [Claim("the gateway's LAN port", state, state == "DOWN"),
                Claim("our own port", ours, ours == "UP"),
                *[silent(seen, each) for each in through(day, gateway)],
                answered(seen, day.party("database"))]


@entry
class FirewallForgets(Fault):
    """I4: a stateful firewall loses its table; of what it does not know only new flows pass."""

    id, name, verdicts = "I4", "firewall loses its state", ("infra/middlebox",)
    topologies = ("basic", "two_lines")
    settle_seconds = 0.5

    def prepare(self, day, p):
        self._table(day).add("forward", [
            "ct state established,related accept", "meta l4proto != tcp accept",
            "tcp flags & (syn|ack) == syn ct state new accept",
            "COUNT drop"])
        gateway = day.gateways[0]
        day.wait_well()
        gateway.sysctl("net.netfilter.nf_conntrack_tcp_loose", 0)

    @staticmethod
    def _table(day):
        return Filter(day.gateways[0], "firewall")

    def inject(self, day, p):
        gateway = day.gateways[0]
        gateway.forget_connections()

        def repair():
            gateway.sysctl("net.netfilter.nf_conntrack_tcp_loose", 1)
            self._table(day).remove()
        day.on_undo(repair)

    def proof(self, day, p, seen):
        dropped = self._table(day).hits()
        lasting = [each for each in day.external() if each.feed]
        fresh = [day.party("api"), day.party("refdata")]
        return [Claim("packets the firewall dropped", dropped, dropped > 0),
                *[silent(seen, each) for each in lasting],
                *[answered(seen, each) for each in fresh]]


@entry
class InjectedResets(Fault):
    """I5"""

    id, name, verdicts = "I5", "firewall injects resets", ("infra/middlebox",)
    topologies = ("basic", "two_gateways", "two_lines")

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "orders", "rates", "news"),
                "percent": round(log_uniform(rng, 3, 30))}

    def inject(self, day, p):
        party = day.party(p["party"])
        table = Filter(day.gateway(party))
        table.add("forward", [
            f"{party.family} daddr {party.address} tcp dport {party.port} "
            f"tcp flags & (syn|fin|rst) == 0 numgen random mod 100 < {p['percent']} "
            "COUNT reject with tcp reset"])
        day.on_undo(table.remove)

    def captures(self, day, p):
        party = day.party(p["party"])
        return {"from": ("trader", f"src host {party.address} and tcp src port {party.port}")}

    def proof(self, day, p, seen):
        rejected = Filter(day.gateway(day.party(p["party"]))).hits()
        resets = {hop_limit(each) for each in seen.packets("from") if "Flags [R" in each}
        usual = {hop_limit(each) for each in seen.packets("from") if "Flags [R" not in each}
        return [Claim("packets the gateway answered with a reset", rejected, rejected > 0),
                Claim(f"hop limits of resets, else {sorted(usual)}", sorted(resets),
                      bool(resets - usual))]


@entry
class PortFlap(Fault):
    """I7"""

    id, name, verdicts, hard = "I7", "port flap", ("infra/nic",), True
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    watch_seconds = 1.0

    def draw(self, rng, day):
        return {"lasts_s": round(rng.uniform(1.0, 3.0), 2)}

    def inject(self, day, p):
        day.note("changes", carrier_changes(day.trader, day.trader.device()))
        day.trader.set_port(up=False)
        day.on_undo(lambda: day.trader.set_port(up=True))

    def proof(self, day, p, seen):
        name = day.trader.device()
        state = device(day.trader, name)["operstate"]
        changes = carrier_changes(day.trader, name) - day.notes.get("changes", 0)
        return [Claim("our port", state, state != "UP"),
                Claim("changes of its carrier", changes, changes > 0),
                *[silent(seen, each) for each in day.parties.values() if not each.inbound]]


@entry
class Microburst(Fault):
    """I9: the switch's queue to us is small, and a feed speaks in large bursts."""

    id, name, verdicts = "I9", "switch microburst", ("infra/gateway", "infra/nic")
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    watch_seconds = 4.0

    def draw(self, rng, day):
        return {"mbit": rng.randint(8, 20), "limit_bytes": rng.randint(6000, 12000),
                "burst": rng.randint(60, 120)}

    def inject(self, day, p):
        switch, port = day.trader.port()
        day.run_until_undo(switch, ["tc", "qdisc", "add", "dev", port, "root", "tbf", "rate",
                                    f"{p['mbit']}mbit", "burst", "3200",
                                    "limit", str(p["limit_bytes"])],
                           ["tc", "qdisc", "del", "dev", port, "root"])
        news = day.party("news").server
        day.set(news, rate=news.knobs["rate"] + 2 * p["burst"], burst=p["burst"], update_bytes=600)

    def proof(self, day, p, seen):
        drops = queue(*day.trader.port())["drops"]
        repeated = sum(seen.nstat(host.name, "TcpRetransSegs") for host in day.far)
        return [Claim("packets the switch's queue dropped", drops, drops > 0),
                Claim("segments the far ends repeated", repeated, repeated > 0)]


@entry
class BadCable(Fault):
    """I10"""

    id, name, verdicts = "I10", "bad cable", ("infra/nic",)
    topologies = ("cable",)
    watch_seconds = 5.0

    def draw(self, rng, day):
        return {"percent": round(log_uniform(rng, 0.5, 5), 2)}

    def inject(self, day, p):
        day.rule(day.lab.line("cable"), f"both corrupt {p['percent']}%")

    def proof(self, day, p, seen):
        corrupted = [seen.line("cable", f"{way}.corrupted") for way in ("out", "in")]
        ours = seen.nstat("trader", "TcpInCsumErrors")
        theirs = sum(seen.nstat(host.name, "TcpInCsumErrors") for host in [*day.far, day.service])
        return [Claim("frames the cable corrupted, out and in", corrupted, min(corrupted) > 0),
                Claim("segments with a bad checksum here", ours, ours > 0),
                Claim("and at all others", theirs, theirs > 0)]


@entry
class BlockedPort(Fault):
    """I11"""

    id, name, verdicts = "I11", "rule blocks one port", ("infra/middlebox",)
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    settle_seconds = 0.5

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "api", "refdata", "orders"),
                "how": rng.choice(["drop", "reject with icmpx admin-prohibited"])}

    def inject(self, day, p):
        party = day.party(p["party"])
        table = Filter(day.gateway(party))
        table.add("forward", [f"tcp dport {party.port} COUNT {p['how']}"])
        day.on_undo(table.remove)

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        blocked = Filter(day.gateway(party)).hits()
        told = seen.nstat("trader", "IcmpInDestUnreachs") + seen.nstat("trader",
                                                                       "Icmp6InDestUnreachs")
        others = [each for each in day.external() if each.feed]
        return [Claim("packets the gateway blocked", blocked, blocked > 0),
                Claim("refusals that it told us by ICMP", told, (told > 0) == (p["how"] != "drop")),
                silent(seen, party), *[answered(seen, each) for each in others]]


@entry
class DeadResolver(Fault):
    """I13"""

    id, name, verdicts = "I13", "resolver dead or slow", ("infra/resolver",)
    settle_seconds = 0.5
    watch_seconds = 4.0

    def draw(self, rng, day):
        return {"how": rng.choice(["stopped", "slow"]), "slow_ms": rng.randint(300, 900)}

    def inject(self, day, p):
        resolver = day.parts["resolver"]
        if p["how"] == "stopped":
            resolver.pause()
            day.on_undo(resolver.resume)
            return
        day.set(resolver, slow_ms=p["slow_ms"])
        resolver.tell("zone . slow")
        day.on_undo(lambda: resolver.tell("zone . ok"))

    def proof(self, day, p, seen):
        claims = []
        for name in ("api", "refdata"):
            failures = seen.count(name, "resolve_failures")
            slowest = seen.spread(name, "resolve_us")["max_us"] / 1000
            if p["how"] == "stopped":
                claims.append(Claim(f"{name}: lookups that failed", failures, failures > 0))
            else:
                claims.append(Claim(f"{name}: slowest lookup, ms", slowest,
                                    slowest >= 0.9 * p["slow_ms"]))
        return [*claims, answered(seen, day.party("database")), answered(seen, day.party("rates"))]
