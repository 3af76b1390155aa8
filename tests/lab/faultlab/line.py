# SPDX-License-Identifier: BSD-2-Clause
"""A running line: starting the program, giving it commands, reading its report."""

import contextlib
import json
import os
import socket
import subprocess
import threading

from .errors import LineError
from .process import Process
from .waiting import wait_until

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PROGRAM = os.path.join(os.environ.get("FAULTLINE_BUILD", os.path.join(ROOT, "build")),
                       "tests", "lab", "line")


class Line:
    """One line program. Its standard input is held open by us, so it never outlives us."""

    here = True    # on this machine

    def __init__(self, name, near, far, directory, seed=1, mtu=1500, tap=False, rules=(),
                 options=()):
        """near and far: `NAMESPACE:DEVICE[:ADDRESS/LEN,...]`; rules: texts as for `rule`;
        options: further words of the command line."""
        self.name = name
        self.control = os.path.join(directory, f"{name}.sock")
        self._base = [text.split()[0] for text in rules]
        self._lock = threading.Lock()
        self._socket = None
        self._answers = None
        command = [PROGRAM, "--a", near, "--b", far, "--seed", str(seed), "--mtu", str(mtu),
                   "--control", self.control, "--stdin", *options]
        if tap:
            command.append("--tap")
        for text in rules:
            command += ["--rule", text]
        if not os.access(PROGRAM, os.X_OK):
            raise LineError(f"{PROGRAM} is not built: run `make tools`")
        self.process = Process(command, f"line-{name}", directory, stdin=subprocess.PIPE)

    def wait_ready(self, timeout=10):
        """Waits until both ends are up."""
        self.process.wait_for(r"^ready$", timeout)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(self.control)
        self._answers = self._socket.makefile("r", encoding="utf-8")

    def command(self, text):
        """Gives one command; returns the answer, a text. LineError when it is refused."""
        if "\n" in text:
            raise LineError(f"{self.name}: a command is one line: {text!r}")
        try:
            with self._lock:
                self._socket.sendall(text.encode() + b"\n")
                answer = self._answers.readline()
        except OSError as error:
            raise LineError(f"{self.name}: {text}: {error}") from error
        if not answer:
            raise LineError(f"{self.name}: {text}: the line is gone: {self.process.errors()}")
        if answer.startswith("error: "):
            raise LineError(f"{self.name}: {answer.strip()}")
        return answer.strip()

    def rule(self, name, text):
        """Adds or replaces a rule: `[out|in|both] [MATCH...] ACTION`."""
        self.command(f"rule {name} {text}")

    def remove(self, name):
        """Removes a rule."""
        self.command(f"remove {name}")

    def rules(self):
        """The rules with their counts, a list of dictionaries."""
        return json.loads(self.command("list"))

    def clear(self):
        """Removes all rules but those of the topology."""
        for rule in self.rules():
            if rule["name"] not in self._base:
                self.remove(rule["name"])

    def report(self, flows=False):
        """What the line did so far, exactly."""
        return json.loads(self.command("report flows" if flows else "report"))

    def reset(self, text):
        """Forges resets now: `near|far|both [ttl N] [MATCH...]`. Returns the number of flows."""
        return json.loads(self.command(f"reset {text}"))["flows"]

    def log(self, path):
        """Logs each packet to the file; None ends that."""
        self.command(f"log {path or 'off'}")

    def settled(self, timeout=10):
        """Waits until no packet is held back, and returns the report of that moment."""
        def nothing_held():
            report = self.report()
            return report if not report["out"]["held"] + report["in"]["held"] else None
        return wait_until(nothing_held, timeout, f"{self.name} holds no packet")

    def close(self):
        """Ends the program, if it still runs; its devices disappear."""
        if self._socket:
            with contextlib.suppress(OSError):
                self._answers.close()
                self._socket.close()
        self.process.close()
