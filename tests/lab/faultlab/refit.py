# SPDX-License-Identifier: BSD-2-Clause
"""Weights as runs would have them: what would the verdicts be if the sizes had been fitted?

Each reading gets one factor for all its weights, 1 when nothing is known. The factors are those that
make the true places of some runs likeliest (softmax regression), with a prior of 1 ± SPREAD for
each, found by plain gradient descent. What never spoke in these runs keeps the weight that it was
written down with. All functions are pure; an example is what the judge had before it when it gave
a verdict.
"""

import math

from . import score

SPREAD = 0.5
STEPS, RATE = 200, 0.02
VERDICT_MIN, SIDE_MIN = 0.6, 0.75  # as in user/judge/blame.h


def examples(record):
    """What led to each verdict of a judged run: the weights of the readings that spoke, and the
    places that were true."""
    found = []
    for truth, verdict in zip(record["truths"], record["score"]["verdicts"]):
        told = [event for event in record["events"] if event["id"] == verdict.get("id")
                and event["event"] != "resolve" and event.get("reckoning")]
        last = [event for number, event in enumerate(told)
                if not number or score.seconds_of(event["time"]) <= record["lifted"]]
        if last:
            items = last[-1]["evidence"] + last[-1]["against"]
            found.append({"truth": truth, "places": list(last[-1]["reckoning"]["sums"]),
                          "rows": [(item["signal"], item.get("weights", {})) for item in items]})
    return found


def shares(example, factors):
    """Place → probability."""
    sums = {place: sum(weights.get(place, 0.0) * factors.get(signal, 1.0)
                       for signal, weights in example["rows"]) for place in example["places"]}
    most = max(sums.values())
    parts = {place: math.exp(total - most) for place, total in sums.items()}
    whole = sum(parts.values())
    return {place: part / whole for place, part in parts.items()}


def fit(known):
    """Signal → factor."""
    known = [each for each in known if set(each["truth"]["verdicts"]) & set(each["places"])]
    factors = {signal: 1.0 for each in known for signal, _ in each["rows"] if signal != "prior"}
    for _ in range(STEPS):
        slope = {signal: (1.0 - factor) / SPREAD ** 2 for signal, factor in factors.items()}
        for each in known:
            share = shares(each, factors)
            true = {place: share.get(place, 0.0) for place in each["truth"]["verdicts"]}
            whole = sum(true.values()) or 1.0
            for signal, weights in each["rows"]:
                if signal in slope:
                    slope[signal] += sum(weight * (true.get(place, 0.0) / whole
                                                   - share.get(place, 0.0))
                                         for place, weight in weights.items())
        factors = {signal: min(3.0, max(0.0, factor + RATE * slope[signal]))
                   for signal, factor in factors.items()}
    return factors


def verdict(example, factors):
    """What the judge's rule makes of it."""
    share = shares(example, factors)
    best = max(share, key=share.get)
    side = sum(part for place, part in share.items()
               if place.split("/")[0] == best.split("/")[0])
    return best if share[best] >= VERDICT_MIN or side >= SIDE_MIN else "unknown"


def outcomes(tested, factors):
    """How often each outcome."""
    found = [score.outcome(each["truth"], verdict(each, factors)) for each in tested]
    return {name: found.count(name) for name in score.OUTCOMES}
