# SPDX-License-Identifier: BSD-2-Clause
"""Is the fault table whole, and are its entries sound?"""

import random
import unittest

import faults
from faultlab import description

CATALOGUE = ("E1 E2 E3 E4 E5 E6 E7 E8 E10 L1 L2 L3 L4 L5 L7 L8 L9 L10 L11 L12 I1 I2 I4 I5 I7 I9 "
             "I10 I11 I13 H1 H2 H3 H5 H6 H7 H8 H9 H10 H12 H13 H14 S1 D1 D2 D3 D4 D5 D6 D7 D8 D9 "
             "D10 T1 T2 T3").split()
PLACES = {"external": {"peer-app", "peer-host", "path", "name"},
          "infra": {"gateway", "nic", "middlebox", "resolver"},
          "internal": {"app", "cpu", "memory", "disk", "kernel-net", "capacity", "peer-app",
                       "peer-host"}}


class Table(unittest.TestCase):
    """All entries."""

    def test_it_is_the_catalogue(self):
        """Every fault has its entry, in the catalogue's order."""
        self.assertEqual(faults.ids(), CATALOGUE)

    def test_verdicts_are_words_of_the_contract(self):
        """And decoys have none."""
        for name in faults.ids():
            fault = faults.TABLE[name]
            self.assertEqual(fault.decoy, name[0] == "D", name)
            for truth in fault.truths():
                for verdict in truth.verdicts:
                    side, place = verdict.split("/")
                    self.assertIn(place, PLACES[side], name)

    def test_topologies_exist(self):
        """Each entry can be made somewhere."""
        for name in faults.ids():
            self.assertTrue(faults.TABLE[name].topologies, name)
            self.assertLessEqual(set(faults.TABLE[name].topologies), set(description.names()))

    def test_selections(self):
        """Ids, groups, fast, full; anything else is refused by name."""
        self.assertEqual(faults.select("L9,S"), ["L9", "S1"])
        self.assertEqual(faults.select("full"), CATALOGUE)
        self.assertEqual(set(faults.select("fast")), set(faults.FAST))
        with self.assertRaisesRegex(KeyError, "Q7"):
            faults.select("Q7")

    def test_chance_is_seeded(self):
        """The same seed draws the same, another one something else."""
        fault = faults.TABLE["I9"]
        drawn = [fault.draw(random.Random(seed), None) for seed in (1, 1, 2)]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])

    def test_the_truth_can_depend_on_what_was_drawn(self):
        """No descriptors: the application. No ports: the kernel."""
        fault = faults.TABLE["H9"]
        self.assertEqual([fault.truths({"how": how})[0].verdicts[0]
                          for how in ("descriptors", "ports")],
                         ["internal/app", "internal/kernel-net"])


if __name__ == "__main__":
    unittest.main()
