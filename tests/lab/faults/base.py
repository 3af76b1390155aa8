# SPDX-License-Identifier: BSD-2-Clause
"""What an entry of the fault table is.

An entry is a class with the decorator @entry. It says how the fault is drawn from chance, made, and
proved to happen; everything it does to a day it does through day.set(), day.rule() and
day.on_undo(), so lifting it is undoing that. The proof is a list of claims about what was seen by
other means than the sensor; the fault happens when all hold. Of a proof it is asked that it fails
before the fault is made and after it is lifted.
"""

import dataclasses

TABLE = {}


class NotHere(Exception):
    """This machine cannot make the fault; the text says what it lacks."""


@dataclasses.dataclass(frozen=True)
class Claim:
    """Something that was seen, and whether it is what the fault looks like."""

    text: str
    value: object
    holds: bool

    def shown(self):
        """The value, as a text of sensible length."""
        return f"{self.value:.4g}" if isinstance(self.value, float) else str(self.value)

    def __str__(self):
        return f"{'yes' if self.holds else 'no '} {self.text}: {self.shown()}"


@dataclasses.dataclass(frozen=True)
class Truth:
    """The verdicts that are right for one fault, as SIDE/PLACE, the best first."""

    verdicts: tuple
    may_abstain: bool = False


class Fault:
    """The common part of all entries."""

    id = ""
    name = ""
    verdicts = ()  # of SIDE/PLACE; none: a decoy, nothing may page
    may_abstain = False
    hard = False  # the page is due within 2 s
    topologies = ("basic", "two_gateways", "two_lines", "cable")
    seconds = (5.0, 9.0)  # how long a run lets it last
    watch_seconds = 1.6  # how long the proof has to look
    settle_seconds = 0.0  # from making it until the proof may look
    always = False  # the proof also holds without it, by its nature
    needs_sensor = False
    alone = False  # it disturbs the whole machine, so no other run goes beside it

    def draw(self, rng, day):
        """Draws parameters, a dictionary of plain values."""
        del rng, day
        return {}

    def prepare(self, day, p):
        """Puts up what has to stand before the fault, and is no fault. Lasts to the day's end."""

    def inject(self, day, p):
        """Makes the fault."""
        raise NotImplementedError

    def captures(self, day, p):
        """Packets that the proof wants: name → (host, tcpdump filter)."""
        del day, p
        return {}

    def proof(self, day, p, seen):
        """The claims."""
        raise NotImplementedError

    def truths(self, p=None):
        """What is right, of the parameters when they are drawn; several when several things are
        broken at once."""
        del p
        return [Truth(tuple(self.verdicts), self.may_abstain)] if self.verdicts else []

    @property
    def decoy(self):
        """Is it no fault at all?"""
        return not self.truths()


def entry(kind):
    """Puts an entry into the table."""
    fault = kind()
    if fault.id in TABLE:
        raise ValueError(f"{fault.id} is in the table twice")
    TABLE[fault.id] = fault
    return kind


def happens(claims):
    """Do the claims together say that the fault happens?"""
    return bool(claims) and all(claim.holds for claim in claims)


def log_uniform(rng, low, high):
    """A number between low and high, each octave as likely as any other."""
    return low * (high / low) ** rng.random()


def some_party(rng, day, *names):
    """One of the parties that the topology has."""
    return rng.choice([name for name in names if name in day.parties])


def answered(seen, party):
    """The claim that a party works."""
    data = seen.data(party)
    return Claim(f"{party.name} works: answers or updates", data, data > 0)


def silent(seen, party):
    """The claim that a party brings nothing."""
    data = seen.data(party)
    return Claim(f"{party.name} brings nothing: answers or updates", data, data == 0)
