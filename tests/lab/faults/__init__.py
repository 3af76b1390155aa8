# SPDX-License-Identifier: BSD-2-Clause
"""The fault table: what the lab can do to a day, and what the verdict must be.

TABLE maps an id to its entry. The order is that of the catalogue.
"""

from . import far, line, infra, host, decoys, pairs  # noqa: F401 (each adds its entries)
from .base import TABLE, NotHere, happens

FAST = ("E1", "E5", "E6", "L1", "L9", "I2", "I5", "H2", "H7", "H12", "S1", "D7", "D9", "T2")

_GROUPS = "ELIHSDT"


def _place(name):
    return _GROUPS.index(name[0]), int(name[1:])


def ids():
    """All ids in the catalogue's order."""
    return sorted(TABLE, key=_place)


def select(text):
    """The ids that `fast`, `full`, or a comma-separated list of ids and groups means."""
    if text in ("full", "all"):
        return ids()
    if text == "fast":
        return [each for each in ids() if each in FAST]
    chosen = []
    for word in text.split(","):
        found = [each for each in ids() if each == word or (word in _GROUPS and each[0] == word)]
        if not found:
            raise KeyError(f"{word!r}: no such fault; there are {', '.join(ids())}")
        chosen += found
    return chosen


__all__ = ["TABLE", "FAST", "NotHere", "happens", "ids", "select"]
