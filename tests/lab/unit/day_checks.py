# SPDX-License-Identifier: BSD-2-Clause
"""Does the workload tell the truth? Its counts against the line's and the kernel's."""

import subprocess
import unittest

from faultlab.day import Day
from faultlab.host_tools import sockets
from faultlab.part import PROGRAMS
from faultlab.topology import Lab


class Truth(unittest.TestCase):
    """A day with a multicast feed."""

    @classmethod
    def setUpClass(cls):
        lab = Lab("basic", seed=5)
        cls.lab = cls.enterClassContext(lab)
        cls.day = cls.enterClassContext(Day(lab, 5, family=4, multicast=True))

    def test_multicast_gaps_are_the_packets_the_line_lost(self):
        """Sequence numbers show each datagram that did not come, and nothing else."""
        ticker, line = self.day.parts["ticker"], self.lab.line()
        line.rule("lossy", "in proto udp dst 239.77.0.1 loss 10%")
        received = ticker.truth()["received"]
        self.lab.wait_until(lambda: ticker.truth()["received"] > received + 100, 20, "datagrams")
        line.remove("lossy")
        lost = line.report()["in"]["drops"]["loss"]
        self.assertGreater(lost, 0)
        # A loss shows only when a later datagram has come.
        self.lab.wait_until(lambda: ticker.truth()["missed"] >= lost, 10, "the gaps are seen")
        self.assertEqual(ticker.truth()["missed"], lost)

    def test_a_slow_answer_is_as_slow_as_it_was_told(self):
        """Think time shows in the response, and goes when it is taken back."""
        orders = self.day.party("orders")
        self.day.set(orders.server, think_ms=120, think_jitter_percent=0)
        orders.client.truth()
        self.day.pause(1.0)
        response = orders.client.truth()["response_us"]
        self.assertGreaterEqual(response["p50_us"], 114000)
        self.day.undo()
        self.assertEqual(orders.server.knobs["think_ms"], 0)

    def test_sessions_are_the_kernels(self):
        """As many connections as the program says the kernel has."""
        party = self.day.party("database")
        found = [each for each in sockets(self.day.trader)
                 if each["peer_port"] == party.port and each["state"] == "ESTAB"]
        self.assertEqual(len(found), party.client.truth()["up"])

    def test_customers_come_from_many_addresses(self):
        """Several, and all of them are those of the customers' host."""
        server, seen = self.day.party("customers").server, set()

        def several():
            seen.update(each["peer"] for each in sockets(self.day.trader)
                        if each["port"] == 8080 and each["state"] != "LISTEN")
            return len(seen) >= 3
        self.day.set(server, think_ms=100)
        self.lab.wait_until(several, 20, "customers of three addresses")
        self.day.undo()
        self.assertLessEqual(seen, set(self.lab.host("customers").addresses(4)))

    def test_what_is_no_knob_is_refused(self):
        """On the command line with exit status 2, at run time with a word."""
        done = subprocess.run([f"{PROGRAMS}/hog", "--colour", "3"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--colour", done.stderr)
        with self.assertRaisesRegex(Exception, "refused"):
            self.day.parts["orders"].tell("set colour 3")


if __name__ == "__main__":
    unittest.main()
