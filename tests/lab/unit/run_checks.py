# SPDX-License-Identifier: BSD-2-Clause
"""The tool as a whole: does it prove only what happens, score a judge, find foreign evidence, and
leave nothing behind? Needs root and the built workload."""

import contextlib
import glob
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import faults
from faultlab import netns, prove, runs
from faultlab.waiting import wait_until
from faults.base import Claim, Fault

LAB = pathlib.Path(__file__).parent.parent
FAKE = str(LAB / "unit" / "fake_judge")


def run(*arguments, **environment):
    """The tool, to its end; returns its exit status and the objects it printed."""
    done = subprocess.run([sys.executable, "-B", LAB / "run", *arguments, "--json"], text=True,
                          capture_output=True, env={**os.environ, **environment}, timeout=120,
                          check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


class Nothing(Fault):
    """An entry that makes nothing, or is there always."""

    id, name, topologies = "X1", "nothing", ("flat",)

    def __init__(self, there):
        self.there = there

    def inject(self, day, p):
        pass

    def proof(self, day, p, seen):
        return [Claim("it is there", self.there, self.there)]


class Proofs(unittest.TestCase):
    """What counts as proved."""

    def prove(self, fault):
        """Its proof, without patience."""
        with mock.patch.dict(faults.TABLE, {"X1": fault}), \
                mock.patch.multiple(prove, MADE_SECONDS=0, LIFT_SECONDS=5):
            return prove.prove("X1")

    def test_what_does_not_happen_is_not_proved(self):
        """The time with the fault looks like the time without."""
        self.assertEqual(self.prove(Nothing(False)).result, "failed")

    def test_what_always_happens_is_not_proved(self):
        """The time without the fault looks like the time with it."""
        self.assertEqual(self.prove(Nothing(True)).result, "failed")


class Judged(unittest.TestCase):
    """Runs with a stand-in for the sensor, that knows closed ports."""

    fault = ("one", "E6", "--seed", "3", "--warm-up", "1", "--longest", "3", "--sensor", FAKE)

    def test_a_judge_is_scored(self):
        """Right, in time, resolved."""
        status, (record, total) = run(*self.fault)
        self.assertEqual(status, 0, record)
        self.assertEqual(record["score"]["verdicts"][0]["outcome"], "right")
        self.assertLess(record["score"]["verdicts"][0]["to_page"], 3)
        self.assertIsNotNone(record["score"]["verdicts"][0]["to_resolve"])
        self.assertEqual(total["outcomes"]["right"], 1)

    def test_a_recording_is_judged_as_the_run_was(self):
        """It is kept beside the truth, and gives the same score without a lab."""
        with tempfile.TemporaryDirectory() as directory:
            status, (record, _) = run(*self.fault, "--record", directory)
            self.assertEqual(status, 0, record)
            self.assertEqual(sorted(os.listdir(directory)),
                             [f"E6-{record['topology']}-3.{kind}" for kind in ("json", "rec")])
            status, (replayed, _) = run("replay", directory, "--sensor", FAKE)
            self.assertEqual((status, replayed["score"]), (0, record["score"]))

    def test_foreign_evidence_fails_the_run(self):
        """The line's far end is nobody that the trader talks to."""
        status, (record, total) = run(*self.fault, FAKE_PEER="10.77.255.2:7001")
        self.assertEqual(status, 1)
        self.assertIn("10.77.255.2", record["reason"])
        self.assertEqual(total["counted"], 0)

    def test_without_a_sensor_nothing_judges(self):
        """The run is made, and its verdict is none."""
        status, (record, total) = run(*self.fault[:-1], "/nonexistent")
        self.assertEqual((status, record["judge"]), (0, "absent"))
        self.assertEqual(record["score"]["verdicts"][0]["verdict"], "none")
        self.assertEqual(total["not_judged"], 1)


class Ends(unittest.TestCase):
    """Nothing is left, however a run ends."""

    def left(self, prefix):
        """What there is of a run."""
        return (netns.present(prefix + "-")
                + glob.glob(f"/sys/fs/cgroup/*/faultlab-{prefix}")
                + glob.glob(os.path.join(runs.RUNS_DIR, prefix)))

    def end(self, number):
        """A lab with a fault that reaches beyond its namespaces, and a signal."""
        tool = subprocess.Popen([sys.executable, "-B", LAB / "run", "up", "flat", "--seed", "1"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(tool.stdout.close)
        self.addCleanup(tool.stdin.close)
        prefix = f"fl{tool.pid:x}"
        for line in tool.stdout:
            if line == "ready\n":
                break
        tool.stdin.write("inject H10\nparts\n")
        tool.stdin.flush()
        told = io.StringIO()
        for line in tool.stdout:
            told.write(line)
            if "customers:" in line:
                break
        self.assertIn(f"{prefix}-trader", self.left(prefix))
        grouped = [path for path in self.left(prefix) if "cgroup" in path]
        self.assertEqual(bool(grouped), "NotHere" not in told.getvalue(), told.getvalue())
        if number:
            tool.send_signal(number)
        else:
            with contextlib.suppress(OSError):
                tool.stdin.close()
        tool.wait(30)
        wait_until(lambda: not self.left(prefix), 30, f"nothing left of {prefix}")

    def test_end_of_input(self):
        """The ordinary end."""
        self.end(None)

    def test_sigterm(self):
        """Asked to end."""
        self.end(signal.SIGTERM)

    def test_sigkill(self):
        """Not asked at all."""
        self.end(signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
