# SPDX-License-Identifier: BSD-2-Clause
"""What can go wrong in the lab, in words for whoever runs it."""


class LabError(Exception):
    """The lab could not do what it was asked to; the message names the object and the reason."""


class LineError(LabError):
    """A line refused a command, or is gone."""


class ProcessError(LabError):
    """A process ended, or did not print what was waited for; the message holds its output."""
