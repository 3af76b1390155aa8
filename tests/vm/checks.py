# SPDX-License-Identifier: BSD-2-Clause
"""What needs no guest: the list of what may be missing, reading of TAP, paths that come back, and
messages between two machines."""

import os
import pathlib
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab")]

from faultlab import remote  # noqa: E402
from vmlib import kernels, matrix, missing  # noqa: E402
from vmlib.errors import VmError  # noqa: E402


def written(text):
    """A file with that text."""
    with tempfile.NamedTemporaryFile("w", delete=False, encoding="utf-8") as file:
        file.write(text)
    return pathlib.Path(file.name)


class MissingChecks(unittest.TestCase):
    """The list."""

    def read(self, text, kernel="debian-11"):
        """Reads a list."""
        path = written(text)
        self.addCleanup(path.unlink)
        return missing.read(kernel, path)

    def test_list_of_the_tree_is_readable(self):
        for kernel in kernels.RELEASES:
            missing.read(kernel)

    def test_a_line_counts_for_its_kernel_alone(self):
        found = self.read("debian-11 hook sys_exit idle  # why\nunstable test a: b c  # x\n")
        self.assertEqual(found.hooks, {"sys_exit": ("idle", "why")})
        self.assertEqual(found.tests, {})

    def test_a_reason_is_demanded(self):
        for text in ("debian-11 hook sys_exit idle\n", "debian-11 hook sys_exit  # why\n"):
            with self.assertRaisesRegex(VmError, ":1: expected KERNEL hook"):
                self.read(text)

    def test_hooks_are_as_listed_or_in_use(self):
        found = self.read("debian-11 hook a absent  # why\ndebian-11 hook b absent  # why\n"
                          "debian-11 hook gone absent  # why\n")
        report = {"main_job": True, "hooks": [
            {"name": "a", "state": "absent", "lost": "much", "why": "old"},
            {"name": "b", "state": "in use", "way": "tp"},
            {"name": "c", "state": "refused", "lost": "much", "why": "bad"},
            {"name": "d", "state": "in use", "way": "tp"}]}
        judged = [passed for passed, _ in missing.judge_hooks(report, found)]
        self.assertEqual(judged, [True, False, False, True, False, True])


class MatrixChecks(unittest.TestCase):
    """What a guest printed."""

    def judge(self, lines, status, tests=None):
        """The verdicts on one job."""
        job = matrix.Job("job", ("true",))
        listed = missing.Missing({}, tests or {})
        return [passed for passed, _, _ in matrix._judge_job(job, lines, status, listed)]

    def test_each_test_counts(self):
        self.assertEqual(self.judge(["1..2", "ok 1 a in 12ms", "not ok 2 b", "# why"], 1),
                         [True, False, None])

    def test_fewer_than_planned_is_a_failure(self):
        self.assertEqual(self.judge(["1..2", "ok 1 a"], 0), [True, False])
        self.assertEqual(self.judge([], None), [False])

    def test_a_bad_end_is_a_failure(self):
        self.assertEqual(self.judge(["1..1", "ok 1 a"], 1), [True, False])

    def test_what_is_listed_has_to_fail(self):
        listed = {"job: a": "why", "job: b": "why"}
        self.assertEqual(self.judge(["1..2", "not ok 1 a", "ok 2 b"], 1, listed), [True, False])

    def test_parts_stand_between_marks(self):
        parts = matrix._parts("x\n@@ begin 0\nok 1 a\n@@ end 0 3\ny\n@@ begin 1\nz\n")
        self.assertEqual(parts, {0: (["ok 1 a"], 3), 1: (["z"], None)})


class RemoteChecks(unittest.TestCase):
    """Questions to another machine, over two pipes."""

    def setUp(self):
        ours, theirs = os.pipe(), os.pipe()
        world = remote.World(f"{ours[0]},{theirs[1]}")
        threading.Thread(target=world.serve, daemon=True).start()
        self.connection = remote.Connection(f"{theirs[0]},{ours[1]}")

    def test_an_answer_comes_back(self):
        self.assertGreater(self.connection.ask(None, "time"), 1e9)

    def test_an_error_is_raised_here(self):
        with self.assertRaisesRegex(remote.LabError, "no such topology"):
            self.connection.ask(None, "build", ("nowhere", 1, ["trader"], "/tmp"))

    def test_questions_do_not_wait_for_each_other(self):
        answers = []
        askers = [threading.Thread(target=lambda: answers.append(
            self.connection.ask(None, "time"))) for _ in range(20)]
        for each in askers:
            each.start()
        for each in askers:
            each.join(20)
        self.assertEqual(len(answers), 20)


if __name__ == "__main__":
    unittest.main()
