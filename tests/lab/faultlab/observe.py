# SPDX-License-Identifier: BSD-2-Clause
"""What happened in a day during a span of time, by means other than the sensor.

    seen = observe(day, 2.0, captures={"resets": ("trader", "tcp[tcpflags] & tcp-rst != 0")})
    seen.nstat("trader", "TcpRetransSegs")        # how much it grew
    seen.count("api", "connects.refused")         # of a part's truth, the same
    seen.spread("orders", "response_us")["p50_us"]
    seen.line("line", "in.drops.loss")
"""

import threading
import time

from .host_tools import Capture


class Snapshot:
    """Every counter of a day at one moment. Taking one starts a new window of all spreads."""

    def __init__(self, day):
        self.time = time.monotonic()
        self.nstat = {name: host.nstat() for name, host in day.lab.hosts.items()}
        self.truth = {name: part.truth() for name, part in day.parts.items()}
        self.lines = {name: line.report() for name, line in day.lab.lines.items()}
        self.schedule = {name: part.host.schedule(part.pid) for name, part in day.parts.items()}


class Seen:
    """The difference of two snapshots."""

    def __init__(self, before, after, captured):
        self._before = before
        self._after = after
        self._captured = captured
        self.seconds = after.time - before.time

    def nstat(self, host, key):
        """How much a counter of a host's kernel grew."""
        return self._after.nstat[host].get(key, 0) - self._before.nstat[host].get(key, 0)

    def count(self, part, path):
        """How much a counter in a part's truth grew; a restarted part began at 0."""
        before, after = _dig(self._before.truth[part], path), _dig(self._after.truth[part], path)
        return after - before if after >= before else after

    def now(self, part, path):
        """A figure of a part's last truth."""
        return _dig(self._after.truth[part], path)

    def spread(self, part, name):
        """A spread of latencies of a part during the span."""
        return self._after.truth[part].get(name) or {"count": 0, "p50_us": 0, "p99_us": 0,
                                                     "max_us": 0}

    def line(self, line, path):
        """How much a counter in a line's report grew."""
        return _dig(self._after.lines[line], path) - _dig(self._before.lines[line], path)

    def lost_at_lines(self):
        """Packets that the lines dropped, housekeeping that they never carry excepted."""
        return sum(self.line(line, f"{way}.dropped") - self.line(line, f"{way}.drops.link_local")
                   for line in self._after.lines for way in ("out", "in"))

    def waited_share(self, part):
        """The share of the span that a part waited for a processor though it could run."""
        waited = self._after.schedule[part][1] - self._before.schedule[part][1]
        return waited / 1e9 / self.seconds

    def packets(self, name):
        """The packets of a capture, as texts."""
        return self._captured[name]

    def data(self, party):
        """How many answers or updates a party got."""
        if party.feed:
            return (self.count(party.client.name, "updates")
                    + self.count(party.client.name, "heartbeats"))
        return self.count(party.client.name, "replies")


def _dig(tree, path):
    for key in path.split("."):
        tree = tree.get(key, 0) if isinstance(tree, dict) else 0
    return tree


def observe(day, seconds, captures=None):
    """Watches the day for a span."""
    running = {name: Capture(day.lab.host(host), expression)
               for name, (host, expression) in (captures or {}).items()}
    before = Snapshot(day)
    threading.Event().wait(max(0.0, before.time + seconds - time.monotonic()))
    after = Snapshot(day)
    return Seen(before, after, {name: capture.stop() for name, capture in running.items()})
