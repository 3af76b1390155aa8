# SPDX-License-Identifier: BSD-2-Clause
"""The sensor on the lab's trader: its configuration, its process, its events.

Any program that understands `run --json --config FILE`, says "ready" on standard error and prints
events will do in its place.
"""

import json
import os
import subprocess

from .errors import LabError, ProcessError
from .line import ROOT

PROGRAM = os.path.join(os.environ.get("FAULTLINE_BUILD", os.path.join(ROOT, "build")), "faultline")
READY_SECONDS = 15


def judge_of(program):
    """What the program can do: "absent", "no judge yet" (it counts, but opens no incidents), or
    "judging"."""
    if not os.access(program, os.X_OK):
        return "absent"
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=False,
                          timeout=10)
    return "judging" if "incidents" in done.stdout else "no judge yet"


def configuration(day, directory):
    """The sensor's configuration for a day, as YAML."""
    text = ["interval: 1s", "scope: host", f"state_dir: {directory}/state", 'listen: ""',
            f"control: {directory}/faultline.sock", "links:"]
    for party in day.parties.values():
        fields = {"name": party.name, "kind": party.kind, "owner": f"{party.name}-oncall"}
        if party.inbound:
            fields["local_ports"] = f"[{party.port}]"
        else:
            fields["endpoints"] = f'["{party.endpoint}"]'
            fields["process"] = party.name
        if party.kind == "external":
            fields["via"] = f"[{day.gateway(party).name}]"
        if party.feed:
            fields["feed"] = "true"
        text.append("  - {" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + "}")
    text.append("devices:")
    for gateway in day.gateways:
        address = gateway.address(day.trader.device())
        text.append(f"  - {{name: {gateway.name}, address: {address}, side: infra}}")
    return "\n".join(text) + "\n"


class Sensor:
    """A running sensor. With a keeper (recorded.py) it records what it sees."""

    def __init__(self, day, program=PROGRAM, keeper=None):
        self.program = program
        self._keeper = keeper
        self.judge = judge_of(program)
        self._day = day
        self._earlier = []
        self.process = None
        self.nstat_before = {}
        self.directory = os.path.join(day.directory(), "sensor")
        os.makedirs(os.path.join(self.directory, "state"), exist_ok=True)
        self.config = os.path.join(self.directory, "faultline.yaml")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(configuration(day, self.directory))

    @property
    def pid(self):
        """Its process."""
        return self.process.pid

    def start(self):
        """Starts it and waits until it counts."""
        self.nstat_before = self._day.trader.nstat()
        recording = ["--record", self._keeper.next()] if self._keeper else []
        self.process = self._day.trader.spawn(
            [self.program, "run", "--json", *recording, "--config", self.config], name="sensor")
        self.process.wait_for(r"ready", READY_SECONDS, stream="err")
        return self

    def restart(self):
        """Ends it and starts it again."""
        self.stop()
        self.start()

    def stop(self):
        """Ends it; what it said stays known."""
        if not self.process:
            return
        status = self.process.stop(10)
        self._earlier += self._lines()
        process, self.process = self.process, None
        if status:
            raise LabError(f"the sensor ended with {status}: {process.errors()[-2000:]}")

    def _lines(self):
        found = []
        for line in self.process.output().split("\n")[:-1]:
            try:
                found.append(json.loads(line))
            except ValueError:
                raise LabError(f"the sensor printed what is no JSON: {line[:200]!r}") from None
        return found

    def events(self):
        """Everything it said on its stream so far."""
        return self._earlier + (self._lines() if self.process else [])

    def incidents(self):
        """The incident events of the stream."""
        return [event for event in self.events()
                if str(event.get("schema", "")).startswith("faultline.incident/")]

    def links(self):
        """What `faultline links --json` says; None when it does not answer."""
        try:
            done = self._day.trader.run(
                [self.program, "links", "--json", "--config", self.config], check=False)
            return json.loads(done.stdout) if done.returncode == 0 else None
        except (LabError, ProcessError, ValueError):
            return None
