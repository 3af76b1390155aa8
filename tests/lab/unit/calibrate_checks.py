# SPDX-License-Identifier: BSD-2-Clause
"""Does the map of the confidence rise, hold its ends, and believe few runs only a little?"""

import pathlib
import random
import tempfile
import unittest

from faultlab import calibrate, score

SEED = 20261122


def told(probability, right, count=1):
    """So many verdicts of which a share is right."""
    return [{"verdict": "external/path", "probability": probability, "confidence": probability,
             "left": 1.0, "outcome": "right" if number < right * count else "wrong"}
            for number in range(count)]


class Map(unittest.TestCase):
    """The fit."""

    def test_it_rises_and_holds_its_ends(self):
        """Whatever the runs were."""
        print(f"# seed {SEED}")
        rng = random.Random(SEED)
        for _ in range(200):
            points = calibrate.fit([each for _ in range(rng.randrange(40))
                                    for each in told(rng.random(), rng.choice((0, 1)))])
            self.assertEqual((points[0], points[-1][0]), ((0.0, 0.0), 1.0))
            for (x0, y0), (x1, y1) in zip(points, points[1:]):
                self.assertLess(x0, x1)
                self.assertLessEqual(y0, y1 + 1e-12)
            values = [calibrate.stated(points, number / 500) for number in range(501)]
            self.assertEqual(values, sorted(values))
            self.assertEqual(values[0], 0.0)
            self.assertLessEqual(values[-1], calibrate.STATED_MAX)

    def test_without_runs_nothing_is_mapped(self):
        """What is added up is what is stated."""
        self.assertAlmostEqual(calibrate.stated(calibrate.fit([]), 0.64), 0.64)

    def test_few_runs_change_little_and_many_much(self):
        """One verdict that is wrong is no proof; a hundred are."""
        few, many = (calibrate.stated(calibrate.fit(told(0.75, 0.0, count)), 0.75)
                     for count in (1, 100))
        self.assertGreater(few, 0.65)
        self.assertLess(few, 0.75)
        self.assertLess(many, 0.3)
        self.assertGreater(calibrate.stated(calibrate.fit(told(0.65, 1.0, 40)), 0.65), 0.8)

    def test_what_falls_becomes_one_pool(self):
        """0.85 was right less often than 0.65: both get what they are together."""
        points = calibrate.fit(told(0.65, 1.0, 200) + told(0.85, 0.5, 200))
        (pool,) = [right for probability, right in points if 0.6 < probability < 0.9]
        self.assertAlmostEqual(pool, 0.75, 2)

    def test_a_map_that_fits_scores_better(self):
        """The Brier score of verdicts that were modest falls."""
        verdicts = told(0.6, 0.9, 100) + told(0.99, 1.0, 100)
        points = calibrate.fit(verdicts)
        before, after = (score.calibration(calibrate.mapped(verdicts, chosen))["brier"]
                         for chosen in (None, points))
        self.assertLess(after, before)
        self.assertIn("as mapped", calibrate.text("all", verdicts, points))

    def test_it_goes_into_the_source(self):
        """And only where the table is."""
        points = calibrate.fit(told(0.65, 1.0, 20))
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "confidence.c")
            path.write_text("int a;\n} calibration[] = {{0, 0}, {1, 1}};\nint b;\n")
            calibrate.write(str(path), points)
            self.assertEqual(path.read_text(), "int a;\n} calibration[] = "
                             f"{calibrate.table(points)};\nint b;\n")
            path.write_text("int a;\n")
            with self.assertRaisesRegex(ValueError, "no table"):
                calibrate.write(str(path), points)
