# SPDX-License-Identifier: BSD-2-Clause
"""Waits for the end of its standard input, then removes the run that it is given, if it still is
there. The owner of the run holds the other end, and loses it however it dies."""

import os
import signal
import sys

from . import runs


def main():
    """The program: guardian PREFIX."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    if os.path.exists(os.path.join(runs.RUNS_DIR, sys.argv[1])):
        runs.remove(sys.argv[1])


if __name__ == "__main__":
    main()
