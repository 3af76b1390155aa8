# SPDX-License-Identifier: BSD-2-Clause
"""Proves entries of the fault table: the fault is not there, is made, is there, is lifted, is gone.

The proof uses no sensor. It is as strict about the time without the fault as about the time with
it: a proof that says "it happens" on an ordinary day proves nothing.
"""

import random
import time

from faults import TABLE, NotHere, happens

from .day import Day
from .errors import LabError
from .observe import observe
from .remote import lab_for
from .sensor import Sensor

LIFT_SECONDS = 25
MADE_SECONDS = 6


class Proof:
    """What came of it."""

    def __init__(self, fault, seed, topology):
        self.fault = fault
        self.seed = seed
        self.topology = topology
        self.parameters = {}
        self.phases = []  # (phase, claims, should it happen)
        self.result = "failed"  # proved, failed, not here
        self.reason = ""
        self.seconds = 0.0

    def as_dict(self):
        """For JSON."""
        return {"fault": self.fault.id, "name": self.fault.name, "seed": self.seed,
                "topology": self.topology, "parameters": self.parameters, "result": self.result,
                "reason": self.reason, "seconds": round(self.seconds, 1),
                "phases": [{"phase": phase, "happens": happens(claims), "should": should,
                            "claims": [{"text": claim.text, "value": claim.shown(),
                                        "holds": claim.holds} for claim in claims]}
                           for phase, claims, should in self.phases]}


def text(proof, verbose=False):
    """A proof, as a dictionary, for people."""
    lines = [f"{proof['fault']:4} {proof['result']:9} {proof['name']} [{proof['topology']}, seed "
             f"{proof['seed']}, {proof['seconds']:.1f} s] {proof['parameters']}"]
    if proof["reason"]:
        lines.append(f"     {proof['reason']}")
    if verbose or proof["result"] == "failed":
        lines += [f"     {phase['phase']}: {'yes' if claim['holds'] else 'no '} {claim['text']}: "
                  f"{claim['value']}" for phase in proof["phases"] for claim in phase["claims"]]
    return "\n".join(lines)


def _look(day, fault, p, seconds):
    return fault.proof(day, p, observe(day, seconds, fault.captures(day, p)))


def _make(proof, day, fault, p):
    """Injects; looks at the span from then on, and a little longer when it needs it."""
    fault.inject(day, p)
    day.pause(fault.settle_seconds)
    deadline = time.monotonic() + MADE_SECONDS
    while True:
        claims = _look(day, fault, p, fault.watch_seconds)
        if happens(claims) or time.monotonic() > deadline:
            break
    proof.phases.append(("with the fault", claims, True))


def _lift(proof, day, fault, p):
    """Lifts, and waits until the proof says that it does not happen any more and all works."""
    day.undo()
    deadline = time.monotonic() + LIFT_SECONDS
    while True:
        claims = _look(day, fault, p, min(1.0, fault.watch_seconds))
        if not happens(claims) or time.monotonic() > deadline:
            break
    day.wait_well(LIFT_SECONDS)
    proof.phases.append(("lifted", claims, False))


def prove(name, seed=1, topology=None, sensor=None):
    """Proves one entry in a lab of its own; returns the Proof, or raises only on our own bugs."""
    fault = TABLE[name]
    rng = random.Random(f"{name} {seed}")
    topology = topology or fault.topologies[0]
    proof = Proof(fault, seed, topology)
    began = time.monotonic()
    try:
        if topology not in fault.topologies:
            raise NotHere(f"not in the topology {topology}")
        if fault.needs_sensor and not sensor:
            raise NotHere("needs the sensor: build it, then `make lab`")
        with lab_for(topology, seed) as lab, Day(lab, seed) as day:
            if fault.needs_sensor:
                sensor(day)
            p = proof.parameters = fault.draw(rng, day)
            fault.prepare(day, p)
            proof.phases.append(("before", _look(day, fault, p, min(1.0, fault.watch_seconds)),
                                 fault.always))
            _make(proof, day, fault, p)
            if not fault.always:
                _lift(proof, day, fault, p)
        if all(happens(claims) == should for _, claims, should in proof.phases):
            proof.result = "proved"
    except NotHere as error:
        proof.result, proof.reason = "not here", str(error)
    except (LabError, OSError) as error:
        proof.reason = f"{type(error).__name__}: {error}"
    proof.seconds = time.monotonic() - began
    return proof


def start_sensor(day):
    """The sensor beside a day, for entries that concern it."""
    day.sensor = Sensor(day).start()
