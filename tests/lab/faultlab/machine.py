# SPDX-License-Identifier: BSD-2-Clause
"""How much of the machine a run had to itself: a verdict of a crowded machine is worth less.

Shares are of the time since the last look: "waits" is the time in which something waited for a
processor, "stolen" the processors' time that the host of a virtual machine took. What the run does
itself is in them.
"""

import os
import time


def _waited_us():
    """Microseconds in which something waited for a processor; None where the kernel counts none."""
    try:
        with open("/proc/pressure/cpu", encoding="ascii") as file:
            return int(file.readline().rsplit("total=", 1)[1])
    except (OSError, IndexError, ValueError):
        return None


def _stolen_ticks():
    with open("/proc/stat", encoding="ascii") as file:
        return int(file.readline().split()[8])


class Machine:
    """Looks at the machine from time to time."""

    def __init__(self):
        self._last = time.monotonic(), _waited_us(), _stolen_ticks()

    def look(self):
        """The shares since the last look, or since the beginning."""
        before, self._last = self._last, (time.monotonic(), _waited_us(), _stolen_ticks())
        seconds, waited, stolen = (
            None if old is None or new is None else new - old
            for old, new in zip(before, self._last))
        all_ticks = seconds * os.sysconf("SC_CLK_TCK") * os.cpu_count()
        return {"waits": None if waited is None else round(waited / 1e6 / seconds, 3),
                "stolen": round(stolen / all_ticks, 3), "load": round(os.getloadavg()[0], 1)}
