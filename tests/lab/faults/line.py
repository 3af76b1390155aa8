# SPDX-License-Identifier: BSD-2-Clause
"""Faults of the line between our gateway and the far ends.

With one line in the topology a fault concerns one peer, or else nothing would tell it from the
gateway's; with several it may concern all that one of them carries.
"""

from faultlab.host_tools import sockets

from .base import Claim, Fault, answered, entry, log_uniform, silent, some_party

PATH = ("external/path",)


class LineFault(Fault):
    """A rule at the line that carries a party, for its far end or for everything."""

    verdicts = PATH
    candidates = ("rates", "orders")
    whole_line = True

    def draw(self, rng, day):
        lines = [line for line in day.lab.lines.values() if line.name != "cable"]
        whole = self.whole_line and len(lines) > 1 and rng.random() < 0.5
        return {"party": some_party(rng, day, *self.candidates),
                "scope": "line" if whole else "peer", **self.strength(rng, day)}

    def strength(self, rng, day):
        """What is drawn beside the place."""
        raise NotImplementedError

    def line(self, day, p):
        """The line that has the fault."""
        return day.line(day.party(p["party"]))

    def rule(self, day, p, direction, action, name="fault"):
        """Adds a rule in the fault's scope; for a peer, one for each of its addresses."""
        if p["scope"] == "line":
            day.rule(self.line(day, p), f"{direction} {action}", name)
            return
        host = day.party(p["party"]).server.host
        for number, address in enumerate(host.addresses(4) + host.addresses(6)):
            day.rule(self.line(day, p), f"{direction} far {address} {action}", f"{name}{number}")

    def dropped(self, day, p, seen, direction, cause):
        """How many packets the line dropped of a cause."""
        return seen.line(self.line(day, p).name, f"{direction}.drops.{cause}")


# A loss of a few in a hundred is found by counting: 1 % of 20 segments a second takes 25 s on
# average, by design. A fault that is over before says nothing about who is right.
LONG_ENOUGH_TO_COUNT = (20.0, 30.0)


class Loss(LineFault):
    """Independent loss of one or both directions."""

    direction = "both"
    seconds = LONG_ENOUGH_TO_COUNT

    def strength(self, rng, day):
        del day
        return {"percent": round(log_uniform(rng, 0.3, 5), 2)}

    @property
    def watch_seconds(self):
        """Long enough that the weakest loss is seen: some ten packets at 0.3 %."""
        return 8.0

    def inject(self, day, p):
        self.rule(day, p, self.direction, f"loss {p['percent']}%")

    def lost(self, day, p, seen):
        """The losses by direction."""
        return [self.dropped(day, p, seen, way, "loss") for way in ("out", "in")]

    def repeated(self, day, seen):
        """Segments that anybody sent again, and that we sent again."""
        return (sum(seen.nstat(host.name, "TcpRetransSegs")
                    for host in [day.trader, *day.far]), seen.nstat("trader", "TcpRetransSegs"))


@entry
class LossBothWays(Loss):
    """L1"""

    id, name = "L1", "loss both ways"

    def proof(self, day, p, seen):
        lost, (repeated, _) = self.lost(day, p, seen), self.repeated(day, seen)
        return [Claim("packets lost out and in", lost, sum(lost) > 0),
                Claim("segments repeated by anybody", repeated, repeated > 0)]


@entry
class LossOut(Loss):
    """L2"""

    id, name, direction = "L2", "loss outbound only", "out"
    candidates = ("orders",)

    def strength(self, rng, day):
        del day
        return {"percent": round(log_uniform(rng, 1, 5), 2)}

    def proof(self, day, p, seen):
        lost, (_, repeated) = self.lost(day, p, seen), self.repeated(day, seen)
        return [Claim("packets lost out", lost[0], lost[0] > 0),
                Claim("packets lost in", lost[1], lost[1] == 0),
                Claim("segments we repeated", repeated, repeated > 0)]


@entry
class LossIn(Loss):
    """L3"""

    id, name, direction = "L3", "loss inbound only", "in"

    def proof(self, day, p, seen):
        lost, (repeated, ours) = self.lost(day, p, seen), self.repeated(day, seen)
        return [Claim("packets lost in", lost[1], lost[1] > 0),
                Claim("packets lost out", lost[0], lost[0] == 0),
                Claim("segments repeated by the far ends", repeated - ours, repeated > ours)]


@entry
class Delay(LineFault):
    """L4"""

    id, name = "L4", "delay"
    settle_seconds = 1.0

    def strength(self, rng, day):
        del day
        return {"ms": round(log_uniform(rng, 20, 200))}

    def inject(self, day, p):
        self.rule(day, p, "both", f"delay {p['ms'] * 500}us")

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        host = party.server.host if party.feed else None
        rtt, base = day.rtt_ms(party, host) or 0.0, day.base_rtt_ms[p["party"]] or 0.0
        return [Claim(f"round trip in ms, without it {base:.1f}", rtt, rtt > base + 0.6 * p["ms"])]


@entry
class Reordering(LineFault):
    """L5"""

    id, name = "L5", "jitter and reordering"
    watch_seconds = 4.0
    candidates = ("rates", "news")

    def strength(self, rng, day):
        del day
        return {"percent": round(log_uniform(rng, 3, 20), 1), "ms": rng.randint(12, 60)}

    def inject(self, day, p):
        self.rule(day, p, "in", f"delay 1ms jitter {p['ms'] // 2}ms loose", "jitter")
        self.rule(day, p, "in", f"reorder {p['percent']}% {p['ms']}ms")

    def proof(self, day, p, seen):
        reordered = seen.line(self.line(day, p).name, "in.reordered")
        queued = seen.nstat("trader", "TcpExtTCPOFOQueue")
        return [Claim("packets the line put out of order", reordered, reordered > 0),
                Claim("segments that came out of order", queued, queued > 0)]


@entry
class Corruption(LineFault):
    """L7"""

    id, name = "L7", "corruption"
    seconds = LONG_ENOUGH_TO_COUNT
    watch_seconds = 6.0

    def strength(self, rng, day):
        del day
        return {"percent": round(log_uniform(rng, 0.5, 5), 2),
                "direction": rng.choice(["out", "in"])}

    def inject(self, day, p):
        self.rule(day, p, p["direction"], f"corrupt {p['percent']}%")

    def proof(self, day, p, seen):
        corrupted = seen.line(self.line(day, p).name, f"{p['direction']}.corrupted")
        ends = [day.trader] if p["direction"] == "in" else day.far
        bad = sum(seen.nstat(host.name, "TcpInCsumErrors") for host in ends)
        return [Claim("packets the line corrupted", corrupted, corrupted > 0),
                Claim("segments with a bad checksum at the other end", bad, bad > 0)]


@entry
class RateLimit(LineFault):
    """L8: the feed's circuit has less rate than it needs, and a long queue."""

    id, name = "L8", "rate limit, bloated queue"
    candidates = ("rates",)
    whole_line = False
    settle_seconds = 3.0

    def strength(self, rng, day):
        demand = day.party("rates").server.knobs["rate"] * (120 + 60) * 8
        rate = round(demand * rng.uniform(0.5, 0.85))
        return {"bits": rate, "queue_bytes": round(rate / 8 * rng.uniform(0.25, 1.0))}

    def inject(self, day, p):
        far = day.party("rates")
        day.rule(self.line(day, p), f"in far {far.address} sport {far.port} "
                 f"rate {p['bits']}bit queue {p['queue_bytes']}")

    def proof(self, day, p, seen):
        age = seen.spread("rates", "age_us")["p50_us"] / 1000
        far = day.party("rates").server.host
        rtt = day.rtt_ms(day.party("rates"), far) or 0.0
        return [Claim("median age of an update, ms", age, age > 50),
                Claim("round trip as the far end sees it, ms", rtt, rtt > 50)]


class BlackHole(LineFault):
    """Everything of the scope is dropped."""

    def strength(self, rng, day):
        return {}

    def inject(self, day, p):
        self.rule(day, p, "both", "drop")

    def of_scope(self, day, p):
        """The parties that are in the hole and those that are not."""
        party = day.party(p["party"])
        inside = []
        for each in day.external():
            if each.inbound:
                continue
            same = (each.server.host is party.server.host if p["scope"] == "peer"
                    else day.line(each) is self.line(day, p))
            if same:
                inside.append(each)
        outside = [each for each in day.external() if each not in inside and not each.inbound]
        return inside, outside


@entry
class PeerBlackHole(BlackHole):
    """L9"""

    id, name, whole_line = "L9", "black hole to one peer", False
    may_abstain = True
    settle_seconds = 0.3
    candidates = ("rates", "orders", "api")

    def proof(self, day, p, seen):
        dropped = self.dropped(day, p, seen, "out", "drop")
        inside, outside = self.of_scope(day, p)
        return [Claim("packets the line dropped", dropped, dropped > 0),
                *[silent(seen, each) for each in inside],
                *[answered(seen, each) for each in outside]]


@entry
class RouteFlap(BlackHole):
    """L12: the whole line is dark for some seconds."""

    id, name = "L12", "route flap"
    watch_seconds = 1.5
    settle_seconds = 0.3

    def draw(self, rng, day):
        return {"party": some_party(rng, day, *self.candidates), "scope": "line",
                "lasts_s": round(rng.uniform(2, 5), 1)}

    def proof(self, day, p, seen):
        dropped = self.dropped(day, p, seen, "out", "drop")
        inside, _ = self.of_scope(day, p)
        return [Claim("packets the line dropped", dropped, dropped > 0),
                *[silent(seen, each) for each in inside],
                answered(seen, day.party("database"))]


@entry
class MtuBlackHole(LineFault):
    """L10"""

    id, name = "L10", "MTU black hole"
    verdicts = ("external/path", "infra/middlebox")
    candidates = ("api", "refdata")
    settle_seconds = 0.5

    def strength(self, rng, day):
        del day
        return {"mtu": rng.randint(700, 1400)}

    def inject(self, day, p):
        self.rule(day, p, "both", f"mtu {p['mtu']}")

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        dropped = self.dropped(day, p, seen, "out", "mtu")
        small = [each for each in day.external()
                 if each.feed and each.server.host is party.server.host]
        opened = seen.count(party.client.name, "connects.ok")
        return [Claim("long packets the line dropped", dropped, dropped > 0),
                Claim("connections opened", opened, opened > 0),
                silent(seen, party), *[answered(seen, each) for each in small]]


@entry
class BurstLoss(LineFault):
    """L11"""

    id, name = "L11", "loss in bursts"
    watch_seconds = 8.0
    seconds = LONG_ENOUGH_TO_COUNT
    candidates = ("rates",)

    def strength(self, rng, day):
        del day
        return {"enter": round(log_uniform(rng, 0.3, 1.5), 2), "leave": rng.randint(20, 50)}

    def inject(self, day, p):
        self.rule(day, p, "both", f"burst {p['enter']}% {p['leave']}%")

    def proof(self, day, p, seen):
        dropped = sum(self.dropped(day, p, seen, way, "burst") for way in ("out", "in"))
        repeated = sum(seen.nstat(host.name, "TcpRetransSegs") for host in [day.trader, *day.far])
        alive = [each for each in sockets(day.trader) if each["state"] == "ESTAB"]
        return [Claim("packets dropped in bursts", dropped, dropped > 0),
                Claim("segments repeated by anybody", repeated, repeated > 0),
                Claim("connections that live", len(alive), len(alive) > 0)]
