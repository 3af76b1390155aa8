# SPDX-License-Identifier: BSD-2-Clause
"""Faults of the far application or the far host, and the same of our own database."""

from faultlab.host_tools import Filter, handshake_ms, hop_limit, sockets

from .base import Claim, Fault, answered, entry, log_uniform, silent, some_party

PEER_APP = ("external/peer-app",)


class SlowServer(Fault):
    """What answers thinks longer; the way there is as it was."""

    candidates = ()

    def draw(self, rng, day):
        return {"party": some_party(rng, day, *self.candidates),
                "think_ms": round(log_uniform(rng, 20, 500))}

    def inject(self, day, p):
        day.set(day.party(p["party"]).server, think_ms=p["think_ms"])

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        response = seen.spread(party.client.name, "response_us")["p50_us"] / 1000
        handshake = handshake_ms(day.trader, party.address, party.port)
        return [Claim("median response, ms", response, response > 0.6 * p["think_ms"]),
                Claim("a handshake, ms", handshake, handshake < 0.5 * p["think_ms"] + 5)]


@entry
class SlowFarServer(SlowServer):
    """E1"""

    id, name, verdicts = "E1", "slow server", PEER_APP
    candidates = ("orders", "api", "refdata")
    topologies = ("basic", "two_gateways", "two_lines", "flat")


@entry
class SlowDatabase(SlowServer):
    """S1"""

    id, name, verdicts = "S1", "our database is slow", ("internal/peer-app",)
    candidates = ("database",)
    topologies = ("basic", "two_gateways", "two_lines", "flat")


@entry
class SlowReader(Fault):
    """E2"""

    id, name, verdicts = "E2", "slow reader", PEER_APP
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    settle_seconds = 2.0

    def draw(self, rng, day):
        return {"rate": round(log_uniform(rng, 300, 2000))}

    def inject(self, day, p):
        day.set(day.party("orders").server, rcvbuf_bytes=4096, read_rate=p["rate"])

    def proof(self, day, p, seen):
        party = day.party("orders")
        unread = max([each["recv_q"] for each in day.sockets_of(party, party.server.host)] or [0])
        waiting = max([each["send_q"] for each in day.sockets_of(party)] or [0])
        read = seen.count(party.server.name, "bytes_in") / seen.seconds
        return [Claim("bytes unread at the far end", unread, unread > 1000),
                Claim("bytes waiting on our side", waiting, waiting > 1000),
                Claim("bytes it read a second", read, read < 1.5 * p["rate"] + 200)]


@entry
class FarAppStopped(Fault):
    """E3"""

    id, name, verdicts = "E3", "far application stopped", PEER_APP
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    settle_seconds = 0.3

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "rates", "orders")}

    def inject(self, day, p):
        server = day.party(p["party"]).server
        server.pause()
        day.on_undo(server.resume)

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        backing_off = max([each["info"].get("backoff", 0) for each in day.sockets_of(party)
                           if each["state"] == "ESTAB"] or [99])
        return [silent(seen, party),
                Claim("state of the far process", party.server.state(),
                      party.server.state() == "T"),
                Claim("the far kernel acknowledges: our back-off", backing_off, backing_off == 0)]


@entry
class FarHostFrozen(Fault):
    """E4: the machine neither takes nor sends a frame, ARP included, and nothing says so."""

    id, name = "E4", "far host frozen"
    verdicts, may_abstain = ("external/peer-host",), True
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    settle_seconds = 0.3

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "rates", "orders", "api")}

    def inject(self, day, p):
        host = day.party(p["party"]).server.host
        ice = Filter(host, "ice", "netdev")
        device = host.device()
        ice.add(f"ingress device {device}", ["COUNT drop"], "drop")
        day.on_undo(ice.remove)
        ice.add(f"egress device {device}", ["COUNT drop"], "drop")
        for part in day.parts.values():
            if part.host is host:
                part.pause()
                day.on_undo(part.resume)

    def captures(self, day, p):
        return {"from": ("trader", f"src host {day.party(p['party']).address}")}

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        others = [each for each in day.external()
                  if each.server.host is not party.server.host and not each.inbound]
        return [Claim("packets from the far host", len(seen.packets("from")),
                      not seen.packets("from")),
                silent(seen, party), *[answered(seen, each) for each in others]]


@entry
class FarAppCrashed(Fault):
    """E5"""

    id, name, verdicts, hard = "E5", "far application crashed", PEER_APP, True
    topologies = ("basic", "two_gateways", "two_lines", "flat")

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "rates", "orders", "api")}

    def inject(self, day, p):
        server = day.party(p["party"]).server
        server.kill()
        day.on_undo(server.start)

    def captures(self, day, p):
        address = day.party(p["party"]).address
        return {"from": ("trader", f"src host {address} and tcp")}

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        refused = seen.count(party.client.name, "connects.refused")
        resets = [each for each in seen.packets("from") if "Flags [R" in each]
        hops = {hop_limit(each) for each in seen.packets("from")}
        return [Claim("connects refused", refused, refused > 0),
                Claim("resets from the far end", len(resets), bool(resets)),
                Claim("hop limits of all its packets", sorted(hops), len(hops) == 1),
                Claim("the far process", party.server.state() or "gone",
                      party.server.process.poll() is not None)]


@entry
class FarPortClosed(Fault):
    """E6"""

    id, name, verdicts, hard = "E6", "far port closed", PEER_APP, True
    topologies = ("basic", "two_gateways", "two_lines", "flat")

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "api", "refdata", "orders")}

    def inject(self, day, p):
        server = day.party(p["party"]).server
        day.set(server, listening=0)
        server.tell("close")

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        refused = seen.count(party.client.name, "connects.refused")
        listening = [each for each in sockets(party.server.host, listening=True)
                     if each["port"] == party.port]
        return [Claim("connects refused", refused, refused > 0),
                Claim("listening sockets at the far end", len(listening), not listening),
                Claim("the far process lives", party.server.state(), party.server.running())]


@entry
class FarQueueFull(Fault):
    """E7"""

    id, name = "E7", "far accept queue full"
    verdicts, may_abstain = PEER_APP, True
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    settle_seconds = 1.0

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "api", "refdata"), "backlog": rng.randint(1, 4)}

    def inject(self, day, p):
        day.set(day.party(p["party"]).server, backlog=p["backlog"], accepting=0)

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        overflows = seen.nstat(party.server.host.name, "TcpExtListenOverflows")
        repeated = seen.nstat("trader", "TcpExtTCPSynRetrans")
        return [Claim("overflows of the far accept queue", overflows, overflows > 0),
                Claim("SYNs that we repeated", repeated, repeated > 0), silent(seen, party)]


@entry
class LoggedOut(Fault):
    """E8"""

    id, name, verdicts = "E8", "they log us out", PEER_APP
    topologies = ("basic", "two_gateways", "two_lines", "flat")

    def draw(self, rng, day):
        return {"after_ms": rng.randint(1, 60)}

    def inject(self, day, p):
        server = day.party("orders").server
        day.set(server, logout_after_logon=p["after_ms"])
        server.tell("reset")

    def proof(self, day, p, seen):
        party = day.party("orders")
        resets = seen.count(party.server.name, "resets")
        logons = seen.count(party.server.name, "logons")
        felt = seen.count(party.client.name, "errors.ECONNRESET")
        return [Claim("sessions reset by the far end", resets, resets > 0),
                Claim("logons that were answered", logons, logons > 0),
                Claim("resets that our application got", felt, felt > 0)]


@entry
class FarNamesFail(Fault):
    """E10"""

    id, name, verdicts = "E10", "their names do not resolve", ("external/name",)

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "api", "refdata"),
                "how": rng.choice(["servfail", "slow", "silent"]),
                "slow_ms": rng.randint(300, 900)}

    def inject(self, day, p):
        resolver, zone = day.parts["resolver"], day.party(p["party"]).zone
        day.set(resolver, slow_ms=p["slow_ms"])
        resolver.tell(f"zone {zone} {p['how']}")
        day.on_undo(lambda: resolver.tell(f"zone {zone} ok"))

    def proof(self, day, p, seen):
        name = day.party(p["party"]).client.name
        other = "refdata" if name == "api" else "api"
        slowest = seen.spread(name, "resolve_us")["max_us"] / 1000
        failures = seen.count(name, "resolve_failures")
        if p["how"] == "slow":
            bad = Claim("slowest lookup, ms", slowest, slowest >= 0.9 * p["slow_ms"])
        else:
            bad = Claim("lookups that failed", failures, failures > 0)
        fine = seen.count(other, "resolved")
        spoilt = seen.count(other, "resolve_failures")
        return [bad, Claim("lookups of other names that worked", fine, fine > 0),
                Claim("and that failed", spoilt, spoilt == 0)]
