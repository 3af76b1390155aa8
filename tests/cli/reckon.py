#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adds up the evidence of incident events by hand, and says where something else is stated.

Usage: reckon.py [CALIBRATION] <EVENTS
EVENTS holds one incident event a line. CALIBRATION is the source of the calibration table; with it
the calibrated probability is looked up as well. Prints how many events were added up; exit 1 when
one does not add up.
"""

import json
import math
import re
import sys

# Numbers of events are rounded to ten-thousandths, weights to thousandths.
ROUNDING = 0.5e-4 + 1e-9


def table_of(source):
    """The points (share, right) of the calibration, and the most that is stated."""
    with open(source, encoding="utf-8") as file:
        text = file.read()
    points = re.search(r"calibration\[\] = \{(.*?)\};", text, re.S).group(1)
    most = float(re.search(r"#define STATED_MAX\s+([0-9.]+)", text).group(1))
    return [tuple(map(float, pair)) for pair in
            re.findall(r"\{([0-9.]+), ([0-9.]+)\}", points)], most


def calibrated(table, probability):
    """Linear between the points of the table."""
    points, most = table
    for low, high in zip(points, points[1:]):
        if probability <= high[0] or high is points[-1]:
            part = (probability - low[0]) / (high[0] - low[0])
            return min(max(low[1] + part * (high[1] - low[1]), 0), most)
    raise ValueError("the table has no points")


def wrong_in(event, table):
    """What does not add up in one event."""
    said = event["reckoning"]
    sums = dict.fromkeys(said["sums"], 0.0)
    for row in event["evidence"] + event["against"]:
        for place, weight in row["weights"].items():
            sums[place] += weight
    for place, total in sums.items():
        if abs(total - said["sums"][place]) > 1e-6:
            yield f"the weights for {place} add up to {total:.3f}, not {said['sums'][place]:.3f}"
    highest = max(sums.values())
    parts = {place: math.exp((total - highest) / said["temperature"])
             for place, total in sums.items()}
    shares = {place: part / sum(parts.values()) for place, part in parts.items()}
    place = f"{event['side']}/{event['place']}"
    share = max(shares.values()) if event["place"] == "unknown" else shares[place]
    if abs(share - said["probability"]) > ROUNDING:
        yield f"the probability of {place} is {share:.4f}, not {said['probability']:.4f}"
    if table:
        # Only a verdict is calibrated; without one the probability is stated as it is.
        wanted = min(share, table[1]) if event["place"] == "unknown" else calibrated(table, share)
        if abs(wanted - said["calibrated"]) > ROUNDING:
            yield f"{share:.4f} is calibrated to {wanted:.4f}, not {said['calibrated']}"
    if abs(said["calibrated"] * said["left"] - event["confidence"]) > 2 * ROUNDING:
        yield f"{said['calibrated']} × {said['left']} is not {event['confidence']}"


def main():
    """Adds up every event of standard input."""
    table = table_of(sys.argv[1]) if len(sys.argv) > 1 else None
    count = failed = 0
    for line in sys.stdin:
        event = json.loads(line)
        if event.get("schema") != "faultline.incident/1":
            continue
        count += 1
        for text in wrong_in(event, table):
            print(f"{event['id']} {event['event']} {event['seq']}: {text}")
            failed = 1
    print(f"{count} events added up")
    sys.exit(failed)


if __name__ == "__main__":
    main()
