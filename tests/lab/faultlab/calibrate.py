# SPDX-License-Identifier: BSD-2-Clause
"""The map from the probability that evidence adds up to, to the confidence that may be stated.

Isotonic regression (Ayer and others, 1955; for verdicts Zadrozny and Elkan, 2002) on the bins of the
reliability table: a map that only has to rise, because all that is believed of it is that more
probable is more often right. Its known fault is to believe few runs too much, so each bin counts as
if PRIOR further verdicts had been right as often as they said: a bin with few runs stays near what
was stated, one with none stays there.

A verdict is right when its place is; what was told of nothing, before or after the fault, is wrong;
`unknown` states no confidence. All functions are pure.
"""

import bisect
import re

from . import score

PRIOR = 4.0
STATED_MAX = 0.995  # as in user/judge/confidence.c


def told(records):
    """Verdicts with the probability that they rest on, of runs that count."""
    return [each for each in score.stated(score.all_told(records))
            if each.get("probability") is not None]


def fit(verdicts):
    """Points (probability, confidence), both rising, from 0 to 1."""
    pools = []  # each: weight, sum of probabilities, sum of what was right
    for low, high in zip(score.BINS, score.BINS[1:]):
        inside = [each for each in verdicts if low <= each["probability"] < high]
        said = sum(each["probability"] for each in inside)
        right = sum(each["outcome"] == "right" for each in inside)
        mean = said / len(inside) if inside else (low + min(high, 1.0)) / 2
        pools.append((len(inside) + PRIOR, said + PRIOR * mean, right + PRIOR * mean))
        # Neighbours that fall instead of rising are one pool.
        while len(pools) > 1 and pools[-2][2] / pools[-2][0] >= pools[-1][2] / pools[-1][0]:
            last = pools.pop()
            pools[-1] = tuple(one + other for one, other in zip(pools[-1], last))
    points = [(said / weight, right / weight) for weight, said, right in pools]
    # What is more probable than the last bin's mean was not counted apart.
    return [(0.0, 0.0), *points, (1.0, points[-1][1])]


def stated(points, probability):
    """The confidence, linear between the points; as user/judge/confidence.c does it."""
    place = bisect.bisect_left([each[0] for each in points], probability)
    place = min(max(place, 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[place - 1], points[place]
    return min(max(y0 + (probability - x0) / (x1 - x0) * (y1 - y0), 0.0), STATED_MAX)


def mapped(verdicts, points):
    """The verdicts with the confidence that the map gives them; None: the probability itself."""
    return [dict(each, confidence=each["left"] * min(
        STATED_MAX, stated(points, each["probability"]) if points else each["probability"]))
            for each in verdicts]


def table(points):
    """The points as confidence.c has them."""
    rounded = [f"{{{round(x, 4):g}, {round(y, 4):g}}}" for x, y in points]
    return "{" + ", ".join(rounded) + "}"


def write(path, points):
    """Puts the points into confidence.c."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    new, count = re.subn(r"(calibration\[\] = ).*?;", lambda found: f"{found[1]}{table(points)};",
                         text, count=1, flags=re.DOTALL)
    if not count:
        raise ValueError(f"{path}: there is no table of the calibration")
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)


def text(name, verdicts, points):
    """The reliability of verdicts before and after the map, for people."""
    lines = [f"{name}: {len(verdicts)} verdicts"]
    for title, chosen in (("as added up", None), ("as mapped", points)):
        found = score.calibration(mapped(verdicts, chosen))
        if not found["bins"]:
            continue
        lines.append(f"  {title} (Brier score {found['brier']:.4f}):")
        lines += score.reliability_lines(found, "    ")
    return "\n".join(lines)
