# SPDX-License-Identifier: BSD-2-Clause
"""Two faults at once: each keeps its own verdict, and both have to be told."""

from .base import TABLE, Fault, entry


class Pair(Fault):
    """Two entries of the table, the second some time after the first."""

    members = ()
    gap_seconds = (0.0, 1.0)

    @property
    def faults(self):
        """The entries."""
        return [TABLE[each] for each in self.members]

    @property
    def watch_seconds(self):
        """As long as the slower of the two proofs needs."""
        return max(fault.watch_seconds for fault in self.faults)

    @property
    def settle_seconds(self):
        """Likewise."""
        return max(fault.settle_seconds for fault in self.faults)

    def draw(self, rng, day):
        drawn = [fault.draw(rng, day) for fault in self.faults]
        return {"each": drawn, "gap_s": round(rng.uniform(*self.gap_seconds), 2)}

    def _with(self, p):
        return zip(self.faults, p["each"])

    def prepare(self, day, p):
        for fault, own in self._with(p):
            fault.prepare(day, own)

    def inject(self, day, p):
        for number, (fault, own) in enumerate(self._with(p)):
            if number:
                day.pause(p["gap_s"])
            fault.inject(day, own)

    def captures(self, day, p):
        wanted = {}
        for fault, own in self._with(p):
            wanted.update(fault.captures(day, own))
        return wanted

    def proof(self, day, p, seen):
        return [claim for fault, own in self._with(p) for claim in fault.proof(day, own, seen)]

    def truths(self, p=None):
        drawn = p["each"] if p else [None] * len(self.faults)
        return [truth for fault, own in zip(self.faults, drawn) for truth in fault.truths(own)]


@entry
class LossAndSlowApp(Pair):
    """T1"""

    id, name = "T1", "the line loses packets and our application reads slowly"
    members = ("L1", "H3")

    def draw(self, rng, day):
        p = super().draw(rng, day)
        # The line's fault is not on the feed that we read slowly.
        p["each"][0]["party"] = "orders"
        return p


@entry
class TwoUnrelated(Pair):
    """T2"""

    id, name, members = "T2", "two unrelated packages fail within a second", ("S1", "E6")


@entry
class GatewayAfterSilence(Pair):
    """T3"""

    id, name = "T3", "the gateway dies while a far application is already silent"
    members, gap_seconds = ("E3", "I2"), (2.0, 4.0)
    topologies = ("basic", "two_gateways", "two_lines")

    def proof(self, day, p, seen):
        gateway = TABLE["I2"].proof(day, p["each"][1], seen)
        stopped = [claim for claim in TABLE["E3"].proof(day, p["each"][0], seen)
                   if claim.value == "T" or claim.text.startswith("state")]
        return [*stopped, *gateway]
