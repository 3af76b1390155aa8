# SPDX-License-Identifier: BSD-2-Clause
"""A part: one running workload program on one host of the lab, its knobs and what it says is true.

A part is told things over its control FIFO and answers on its standard output; the answers are
waited for, so when tell() returns the program does what it was told.
"""

import json
import os
import signal

from .errors import LabError
from .line import ROOT
from .waiting import wait_until

PROGRAMS = os.path.join(os.environ.get("FAULTLINE_BUILD", os.path.join(ROOT, "build")),
                        "tests", "lab", "workload")
PATIENCE_SECONDS = 15


class Part:
    """A workload program. Made by Day.add()."""

    def __init__(self, host, program, name, directory, seed=1, options=None):
        """options: the program's own, without the two dashes."""
        self.host = host
        self.program = program
        self.name = name
        self.options = dict(options or {})
        self.seed = seed
        self.process = None
        self.knobs = {}
        self._fifo = os.path.join(directory, f"{name}.ctl")
        self._starts = 0
        self._seen = 0
        self._last_truth = {}

    def __repr__(self):
        return f"{self.name} ({self.program} on {self.host.name})"

    @property
    def pid(self):
        """The program's process."""
        return self.process.pid

    def start(self):
        """Starts the program and waits until it is ready."""
        path = os.path.join(PROGRAMS, self.program)
        if not os.access(path, os.X_OK):
            raise LabError(f"{path} is not built: run `make tools`")
        command = [path, "--name", self.name, "--control", self._fifo,
                   "--seed", str(self.seed + self._starts)]
        for name, value in self.options.items():
            command += [f"--{name}", str(value)]
        self.host.remove_control(self._fifo)
        self._starts += 1
        self._seen = 0
        self._last_truth = {}
        self.process = self.host.spawn(command, name=f"{self.name}-{self._starts}")
        self.knobs = self._next_event("ready")["knobs"]

    def _events(self):
        lines = self.process.output().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def _next_event(self, *kinds, timeout=PATIENCE_SECONDS):
        """The first event of one of the kinds that was not yet taken."""
        def find():
            events = self._events()
            for number in range(self._seen, len(events)):
                if events[number]["event"] in kinds:
                    self._seen = number + 1
                    return events[number]
            if self.process.poll() is not None:
                raise LabError(f"{self}: ended: {self.process.errors()}")
            return None
        return wait_until(find, timeout, f"{self} says {' or '.join(kinds)}")

    def _write(self, line):
        self.host.write_control(self._fifo, line)

    def tell(self, line):
        """Gives a control line and waits until it is obeyed."""
        self._write(line)
        answer = self._next_event("set", "refused")
        if answer["event"] != "set" or answer["line"] != line:
            raise LabError(f"{self}: {line}: {answer}")

    def set(self, **knobs):
        """Sets knobs; returns their former values."""
        former = {name: self.knobs[name] for name in knobs}
        for name, value in knobs.items():
            self.tell(f"set {name} {value}")
            self.knobs[name] = value
        return former

    def running(self):
        """Does it run, and is it not stopped?"""
        return self.process.poll() is None and self.state() != "T"

    def state(self):
        """The state of the process: one letter, as in /proc/PID/stat; "" when it is gone."""
        return self.host.process_state(self.pid)

    def truth(self):
        """What the program counted. Of one that does not run: the last it said."""
        if self.running():
            try:
                self._write("truth")
                self._last_truth = self._next_event("truth")
            except (LabError, OSError):
                if self.running():
                    raise
        return self._last_truth

    def pause(self):
        """Stops the process."""
        self.process.signal(signal.SIGSTOP)
        wait_until(lambda: self.state() == "T", 5, f"{self} is stopped")

    def resume(self):
        """Lets a stopped process go on."""
        self.process.signal(signal.SIGCONT)

    def kill(self):
        """Ends the process without a chance to say good-bye."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ends the process politely."""
        if self.process:
            self.process.stop()

    def restart(self, **options):
        """Ends it, however it is, and starts it again, with further options."""
        self.stop()
        self.options.update(options)
        self.start()
