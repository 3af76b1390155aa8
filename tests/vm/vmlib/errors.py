# SPDX-License-Identifier: BSD-2-Clause
"""What can go wrong with a guest, told apart by who has to do something about it."""


class VmError(Exception):
    """Something about the harness or this machine: no such kernel, no network, no QEMU."""


class GuestError(VmError):
    """The guest ended badly: a panic, a hang, no answer. The console's log tells how."""

    def __init__(self, message, console="", output=""):
        super().__init__(message)
        self.console = console
        self.output = output    # of the job, as far as it came
