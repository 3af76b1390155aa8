# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for a condition, with a deadline, where nothing prints a line that could be waited for."""

import os
import threading
import time

from .errors import LabError

# Every deadline is so many times longer: for machines that are emulated.
PATIENCE = float(os.environ.get("FAULTLINE_LAB_PATIENCE", "1"))
STEP_SECONDS = 0.01 * PATIENCE


def wait_until(condition, timeout, what):
    """Calls condition() until it returns something true, and returns that; LabError naming what
    was waited for at the deadline."""
    deadline = time.monotonic() + timeout * PATIENCE
    pause = threading.Event()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise LabError(f"{timeout} s passed and still not: {what}")
        pause.wait(STEP_SECONDS)
