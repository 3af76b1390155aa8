# SPDX-License-Identifier: BSD-2-Clause
"""What looks like a fault and is none: D1 to D10. Nothing of this may page."""

from .base import Claim, Fault, answered, entry, some_party

EVERYWHERE = ("basic", "two_gateways", "two_lines", "cable", "flat")


class Decoy(Fault):
    """No verdict is right but silence."""

    topologies = EVERYWHERE


@entry
class LoadAtTheOpen(Decoy):
    """D1"""

    id, name = "D1", "ten- and twentyfold load at the open"
    alone = True

    def draw(self, rng, day):
        return {"times": rng.randint(10, 20)}

    def inject(self, day, p):
        for part, share in ((day.party("rates").server, 1.0), (day.party("orders").client, 1.0),
                            (day.party("database").client, 0.5)):
            day.set(part, rate=round(part.knobs["rate"] * p["times"] * share))

    def proof(self, day, p, seen):
        claims = []
        for name, key in (("rates", "updates"), ("orders", "replies")):
            pace = seen.count(name, key) / seen.seconds
            ordinary = 200 if name == "rates" else 40
            claims.append(Claim(f"{name} a second", pace, pace > 5 * ordinary * day.scale))
        return claims


@entry
class LogonStorm(Decoy):
    """D2"""

    id, name = "D2", "logon storm"

    def draw(self, rng, day):
        return {"sessions": rng.randint(40, 200), "callers": rng.randint(80, 200)}

    def inject(self, day, p):
        day.set(day.party("orders").client, sessions=p["sessions"])
        day.set(day.party("customers").client, rate=p["callers"], sessions=128)

    def proof(self, day, p, seen):
        callers = seen.count("customers", "connects.ok") / seen.seconds
        sessions = seen.now("orders", "up")
        return [Claim("order sessions that are up", sessions, sessions >= 0.8 * p["sessions"]),
                Claim("customers a second", callers, callers > 0.5 * p["callers"])]


@entry
class EndOfSession(Decoy):
    """D3: sessions end one after the other in a wave, some with a reset."""

    id, name = "D3", "end-of-session wave of FIN and RST"

    def draw(self, rng, day):
        return {"sessions": rng.randint(20, 80), "resets": rng.random() < 0.5}

    def prepare(self, day, p):
        orders = day.party("orders").client
        orders.set(sessions=p["sessions"])
        day.lab.wait_until(lambda: orders.truth()["up"] >= p["sessions"], 10, "all logged on")

    def inject(self, day, p):
        orders = day.party("orders").client
        if p["resets"]:
            orders.tell("reset")
        orders.tell("finish")
        day.on_undo(lambda: orders.tell("resume"))

    def proof(self, day, p, seen):
        up = seen.now("orders", "up")
        return [Claim("order sessions that are up", up, up == 0),
                answered(seen, day.party("rates"))]


@entry
class QuietMarket(Decoy):
    """D4"""

    id, name = "D4", "quiet market with heartbeats only"
    settle_seconds = 0.5
    watch_seconds = 3.0

    def draw(self, rng, day):
        return {"heartbeat_ms": rng.randint(500, 1000)}

    def inject(self, day, p):
        for name in ("rates", "news"):
            day.set(day.party(name).server, rate=0, heartbeat_ms=p["heartbeat_ms"])
        day.set(day.party("orders").client, rate=0)

    def proof(self, day, p, seen):
        updates = seen.count("rates", "updates") + seen.count("news", "updates")
        beats = seen.count("rates", "heartbeats")
        return [Claim("updates", updates, updates == 0), Claim("heartbeats", beats, beats > 0)]


@entry
class ProbesOnly(Decoy):
    """D5: now and then one segment is late, so that it is sent again for nothing."""

    id, name = "D5", "tail-loss probes and spurious retransmits only"
    topologies = ("basic", "two_gateways", "two_lines", "cable")
    watch_seconds = 6.0

    def draw(self, rng, day):
        return {"late_ms": rng.randint(240, 320), "every": rng.randint(60, 120)}

    def inject(self, day, p):
        orders = day.party("orders")
        day.set(orders.client, rate=15)
        for number in range(1, 6):
            day.rule(day.line(orders), f"out far {orders.address} port {orders.port} data "
                     f"skip {number * p['every'] // 6} limit 1 delay {p['late_ms']}ms",
                     f"late{number}")

    def proof(self, day, p, seen):
        signs = sum(seen.nstat("trader", "TcpExt" + key)
                    for key in ("TCPLossProbes", "TCPDSACKRecv", "TCPSpuriousRTOs"))
        dropped = seen.lost_at_lines()
        return [Claim("probes and repeats for nothing", signs, signs > 0),
                Claim("packets dropped", dropped, dropped == 0)]


@entry
class OurRestart(Decoy):
    """D6"""

    id, name = "D6", "our application restarts"

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "rates", "orders", "customers", "database")}

    def inject(self, day, p):
        part = day.party(p["party"]).ours
        day.note("restarted", part.pid)
        part.restart()

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        former = day.notes.get("restarted", party.ours.pid)
        return [Claim("its process is another", party.ours.pid, party.ours.pid != former),
                answered(seen, party)]


@entry
class FewLost(Decoy):
    """D7"""

    id, name = "D7", "one lost packet, or one burst of three"
    topologies = ("basic", "two_gateways", "two_lines", "cable")

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "rates", "orders"), "packets": rng.choice([1, 3])}

    def inject(self, day, p):
        party = day.party(p["party"])
        way = "in" if party.feed else "out"
        day.note("line", day.line(party).name)
        day.rule(day.line(party), f"{way} far {party.address} port {party.port} data "
                 f"limit {p['packets']} drop")

    def proof(self, day, p, seen):
        dropped = [rule[way]["acted"] for line in day.lab.lines.values() for rule in line.rules()
                   if rule["name"] == "fault" for way in ("in", "out")]
        return [Claim("packets dropped", sum(dropped), sum(dropped) == p["packets"])]


@entry
class CustomersAbort(Decoy):
    """D8"""

    id, name = "D8", "customers who abort"

    def draw(self, rng, day):
        return {"percent": rng.randint(20, 60)}

    def inject(self, day, p):
        day.set(day.party("customers").client, abort_percent=p["percent"])

    def proof(self, day, p, seen):
        aborted = seen.count("customers", "aborted")
        felt = seen.count("customers-srv", "errors.ECONNRESET")
        return [Claim("customers who aborted", aborted, aborted > 0),
                Claim("resets that our server felt", felt, felt > 0)]


@entry
class OrdinaryDay(Decoy):
    """D9: nothing happens; an hour in the full selection."""

    id, name, always = "D9", "one hour of ordinary traffic", True
    seconds = (3600.0, 3600.0)

    def inject(self, day, p):
        """There is nothing to make."""

    def proof(self, day, p, seen):
        dropped = seen.lost_at_lines()
        timeouts = sum(seen.count(each.client.name, "timeouts") for each in day.parties.values())
        return [Claim("packets dropped", dropped, dropped == 0),
                Claim("requests that timed out", timeouts, timeouts == 0),
                *[answered(seen, each) for each in day.parties.values()]]


@entry
class SensorRestarts(Decoy):
    """D10"""

    id, name, needs_sensor = "D10", "the sensor itself restarts", True

    def inject(self, day, p):
        day.note("sensor", day.sensor.pid)
        day.sensor.restart()

    def proof(self, day, p, seen):
        now = day.sensor.pid
        return [Claim("the sensor's process is another", now, now != day.notes.get("sensor", now))]
