# SPDX-License-Identifier: BSD-2-Clause
"""Leave-one-family-out: how right is the judge about faults that nobody had thought of?

Fitted to runs is one thing only, the map from probability to confidence (calibrate.py). It chooses no
place; so it is fitted without the family, and tested on it.

The weights of the evidence are not fitted, they were written down with a reason each. What fitting
them would give is the second column (refit.py): factors on the weights, from all runs but those of
the family; what spoke in no other family keeps the weight of its reason. But whoever
wrote them knew the catalogue, so what could have come from a family is taken away from the judge,
and the family is judged anew, by a program that is linked for this test only (tests/lab/rejudge.c):

coarse  every reading that spoke in the family, whatever else it speaks in, loses what may have been
        adjusted to make the family's runs come out right: each weight becomes the middle of its class
        (hardly, positive, strong, very strong: Kass and Raftery, 1995). What is left is what
        can be said of packets and kernels without a run
blunt   a reading that is the family's own keeps its directions only: no weight is beyond 1, a factor
        of 2.7. Own is what spoke for the true place in this family and in no other, in runs of single
        faults: nothing but this family could have told how much it weighs
silent  its own readings have no say at all, as if the sensor did not have that sense. Nothing then tells a stopped
        process from a slow far end but what is left; `unknown` is the right answer, and this
        is the harshest question that can be asked without taking the trouble itself away
"""

import json
import os
import subprocess

from . import calibrate, recorded, refit, score
from .errors import LabError
from .line import ROOT

REJUDGE = os.path.join(os.environ.get("FAULTLINE_BUILD", os.path.join(ROOT, "build")),
                       "tests/lab/rejudge")
FAMILIES = ("E", "L", "I", "H", "S")
WAYS = ("coarse", "blunt", "silent")
COLUMNS = ("as it is", "refitted", *WAYS)


def family(record):
    """The family of a run of a single fault; None for decoys and pairs."""
    return record["fault"][0] if record["fault"][0] in FAMILIES else None


def readings(program=REJUDGE):
    """(signal, weights by place) → the reading that has them, as `rejudge` names it."""
    done = subprocess.run([program, "--table"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{program} --table ended with {done.returncode}: {done.stderr[-500:]}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {(row["reading"][:-1], key(row["weights"])): row["reading"] for row in rows}


def key(weights):
    """Weights by place as something that can be compared; nothing said is nothing."""
    return frozenset((place.split("/")[-1], round(weight, 2))
                     for place, weight in weights.items() if weight)


def spoke(record, names):
    """The readings that spoke in what was told while the fault lasted, and those of them that spoke
    for the true place."""
    places = {verdict.split("/")[1] for truth in record["truths"] for verdict in truth["verdicts"]}
    found, helped = set(), set()
    for event in record["events"]:
        now = score.seconds_of(event["time"])
        if event["event"] == "resolve" or not record["injected"] <= now <= record["lifted"]:
            continue
        for item in event.get("evidence", []) + event.get("against", []):
            weights = {place.split("/")[-1]: weight
                       for place, weight in item.get("weights", {}).items()}
            most = max(weights.values(), default=0.0)
            name = names.get((item["signal"], key(item.get("weights", {}))))
            if not name or item["signal"] == "prior":
                continue
            found.add(name)
            if any(weights.get(place, 0.0) > 0 and weights[place] >= most / 2 for place in places):
                helped.add(name)
    return found, helped


def taken(records, names):
    """Family → way → the readings that it takes away, in order."""
    heard = {each: set() for each in FAMILIES}
    helped = {each: set() for each in FAMILIES}
    for record in records:
        if family(record) and record["result"] == "done":
            found = spoke(record, names)
            heard[family(record)] |= found[0]
            helped[family(record)] |= found[1]
    made = {}
    for each in FAMILIES:
        own = sorted(helped[each] - set().union(
            *(helped[other] for other in FAMILIES if other != each)))
        made[each] = {"coarse": sorted(heard[each]), "blunt": own, "silent": own}
    return made


def judged_without(record, way, readings_, program=REJUDGE):
    """A kept run as the judge judges it when these readings are taken away."""
    words = [word for reading in readings_ for word in (f"--{way}", reading)]
    return recorded.judged(record, [program, *words])


def shares_of(outcomes):
    """How good outcomes are: of the verdicts that were given (whether a fault is noticed does not
    hang on weights), the shares that are right or unknown, by place and by side."""
    given = sum(outcomes.values()) - outcomes["missed"]
    good = outcomes["right"] + outcomes["unknown"]
    return {"verdicts": given, "outcomes": outcomes, "good": good / max(1, given),
            "side": (good + outcomes["side only"]) / max(1, given)}


def row(records):
    """How right a set of judged runs is, and which are not."""
    judged = [each for record in records if record["result"] == "done"
              for each in record["score"]["verdicts"]]
    outcomes = {name: sum(each["outcome"] == name for each in judged) for name in score.OUTCOMES}
    return {**shares_of(outcomes), "not_good": [
        score.run_line(record) for record in records if record["result"] != "done"
        or any(each["outcome"] not in ("right", "unknown", "missed")
               for each in record["score"]["verdicts"])]}


def refitted(records, left_out):
    """A family judged with weights that were fitted to all others."""
    done = [record for record in records if record["result"] == "done"]
    factors = refit.fit([each for record in done if family(record) != left_out
                         for each in refit.examples(record)])
    return {**shares_of(refit.outcomes([each for record in done if family(record) == left_out
                                        for each in refit.examples(record)], factors)),
            "not_good": []}


def map_without(records, left_out):
    """The map fitted to all other runs, and what it states of the family."""
    points = calibrate.fit(calibrate.told(
        [record for record in records if family(record) != left_out]))
    verdicts = calibrate.mapped(calibrate.told(
        [record for record in records if family(record) == left_out]), points)
    found = score.calibration(verdicts)
    return {"count": len(verdicts), "brier": found["brier"],
            "stated": sum(each["confidence"] for each in verdicts) / max(1, len(verdicts)),
            "right": sum(each["outcome"] == "right" for each in verdicts) / max(1, len(verdicts))}


def _shares(row_):
    return f"{100 * row_['good']:9.1f}/{100 * row_['side']:5.1f}"


def text(found):
    """The table, for people."""
    lines = ["right or unknown in %, by place/by side, of the verdicts given on a family:",
             f"{'':4}{'of':>4}" + "".join(f"{way:>15}" for way in COLUMNS)
             + "   the map, fitted without it: stated, right"]
    for each, ways in found.items():
        fitted = ways["map"]
        lines.append(f"{each:4}{ways['as it is']['verdicts']:4}"
                     + "".join(_shares(ways[way]) for way in COLUMNS)
                     + f"   {fitted['stated']:.3f}, {fitted['right']:.3f} of {fitted['count']}")
    for each, ways in found.items():
        lines.append(f"{each}: {len(ways['taken']['coarse'])} readings spoke, of its own are "
                     f"{', '.join(ways['taken']['silent']) or 'none'}")
        for way in COLUMNS:
            lines.append(f"   {way:8} " + ", ".join(
                f"{name} {count}" for name, count in ways[way]["outcomes"].items() if count))
            lines += [f"      {line}" for line in ways[way]["not_good"]]
    return "\n".join(lines)
