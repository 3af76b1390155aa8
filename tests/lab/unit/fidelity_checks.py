# SPDX-License-Identifier: BSD-2-Clause
"""Is evidence found out that the trader's machine cannot have?"""

import copy
import types
import unittest

from faultlab import fidelity

WORLD = types.SimpleNamespace(addresses={"203.0.113.2", "2001:db8:1::2"}, devices={"lan", "gw"},
                              resolvers={"10.77.0.53"}, pids={41})
EVENT = {"id": "x", "scope": {"peers": ["203.0.113.2:7001", "[2001:db8:1::2]:7001", ":8080"],
                              "devices": ["gw", "10.77.0.53"]},
         "impact": {"processes": [{"pid": 41}]}}
LINKS = {"links": [{"retransmits": {"segments": 3}, "resets": {"sent": 1}, "segments_out": 96},
                   {"retransmits": {"segments": 2}, "resets": {"sent": 0}, "segments_out": 10}],
         "not_attributed": {"retransmits": 1, "resets_sent": 2}}
BEFORE = {"TcpRetransSegs": 10, "TcpOutRsts": 5, "TcpOutSegs": 1000}
AFTER = {"TcpRetransSegs": 16, "TcpOutRsts": 8, "TcpOutSegs": 1100}


class Events(unittest.TestCase):
    """What incident events name."""

    def complain(self, **changes):
        """The complaints about the event with changes in its scope, or of its process."""
        event = copy.deepcopy(EVENT)
        if "pid" in changes:
            event["impact"]["processes"].append({"pid": changes.pop("pid")})
        event["scope"].update(changes)
        return fidelity.complaints_about_events([event], WORLD)

    def test_an_honest_event(self):
        """All it names is there."""
        self.assertEqual(self.complain(), [])

    def test_what_is_not_the_traders(self):
        """A router's address, a switch's port, another machine's process."""
        self.assertEqual(len(self.complain(peers=["10.77.255.2:7001"])), 1)
        self.assertEqual(len(self.complain(peers=["[fd77:ff::2]:7001", "203.0.113.2:1"])), 1)
        self.assertEqual(len(self.complain(devices=["p-trader"])), 1)
        self.assertEqual(len(self.complain(pid=42)), 1)

    def test_addresses_of_peers(self):
        """With and without a port, of both families."""
        for text, address in (("192.0.2.1:80", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"),
                              ("[2001:db8::1]:80", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
                              (":8080", "")):
            self.assertEqual(fidelity.address_of(text), address)


class Counters(unittest.TestCase):
    """The sensor's sums against the kernel's."""

    def test_equal_sums_are_honest(self):
        """Six retransmits, three resets, a hundred and six segments with what was sent again."""
        self.assertEqual(fidelity.complaints_about_links(LINKS, BEFORE, AFTER), [])

    def test_one_more_than_the_kernel_is_too_much(self):
        """It must have been seen elsewhere."""
        for key in AFTER:
            less = {**AFTER, key: AFTER[key] - 1}
            found = fidelity.complaints_about_links(LINKS, BEFORE, less)
            self.assertEqual(len(found), 2 if key == "TcpRetransSegs" else 1, found)


if __name__ == "__main__":
    unittest.main()
