# SPDX-License-Identifier: BSD-2-Clause
"""What all checks of the line share: two hosts, a line, and the sums that always hold."""

import os
import unittest

from faultlab.errors import LabError
from faultlab.topology import Lab
from faultlab.waiting import wait_until

from . import traffic


class LineCase(unittest.TestCase):
    """A fresh pair of hosts with a line between them for each test."""

    topology = "pair"
    seed = 7

    def setUp(self):
        self.lab = Lab(self.topology, self.seed)
        self.lab.__enter__()
        self.addCleanup(self.lab.close)
        self.line = self.lab.line()
        if self.topology == "pair":
            self.near, self.far = self.lab.host("near"), self.lab.host("far")

    def datagrams(self, family=4, port=traffic.PORT, source=None, target=None):
        """Numbered datagrams from near to far, closed at the end of the test."""
        made = traffic.Datagrams(source or self.near, target or self.far, family, port)
        self.addCleanup(made.close)
        return made

    def capture(self, host):
        """A capture on the host's device, closed at the end of the test."""
        made = traffic.Capture(host)
        self.addCleanup(made.close)
        return made

    def log(self):
        """Starts the packet log; returns a function that reads its rows so far."""
        path = os.path.join(self.lab.run.directory, "packets.log")
        self.line.log(path)

        def rows():
            self.line.report()
            return traffic.read_log(path)
        return rows

    def send(self, datagrams, count, size=100):
        """Sends datagrams and waits until the line saw them all and let go of the last one.
        Returns the report, in which the sums are right."""
        before = self.line.report()["out"]["packets"]
        datagrams.send(count, size)
        wait_until(lambda: self.line.report()["out"]["packets"] >= before + count, 10,
                   f"the line sees {count} datagrams")
        return self.check_sums(self.line.settled())

    def eventually_equal(self, pair, what):
        """Calls pair() until its two values are equal; fails with the last ones after 10 s. For
        counters of packets that may still be on their way."""
        last = []

        def equal():
            last[:] = pair()
            return last[0] == last[1]
        try:
            wait_until(equal, 10, what)
        except LabError:
            self.assertEqual(*last, what)

    def check_sums(self, report):
        """Every packet is forwarded, held, or dropped for one cause."""
        for direction in ("out", "in"):
            part = report[direction]
            self.assertEqual(part["dropped"], sum(part["drops"].values()))
            self.assertEqual(part["packets"],
                             part["forwarded"] + part["held"] + part["dropped"], direction)
            self.assertEqual(part["lost_before_line"], 0)
            self.assertEqual(part["drops"]["malformed"], 0)
            self.assertEqual(part["drops"]["write_failed"], 0)
        return report
