# SPDX-License-Identifier: BSD-2-Clause
"""Does the drawing show the matrix?"""

import unittest
import xml.etree.ElementTree as tree

from faultlab import chart

MATRIX = {"external/path": {"external/path": 7, "infra/gateway": 2, "unknown": 1},
          "nothing": {"none": 5, "a page": 1}}
SVG = "{http://www.w3.org/2000/svg}"


class Drawing(unittest.TestCase):
    """The SVG."""

    def setUp(self):
        self.root = tree.fromstring(chart.matrix_svg(MATRIX, "A < B"))
        self.texts = [each.text for each in self.root.iter(f"{SVG}text")]

    def test_every_number_and_name_is_there(self):
        """Nothing of the matrix is left out, and the title needs no care."""
        for word in ("A < B", "external/path", "infra/gateway", "unknown", "none", "a page", "7",
                     "2", "1", "5", "of 10", "of 6"):
            self.assertIn(word, self.texts)

    def test_one_cell_for_each_pair(self):
        """Two rows, five columns, and the paper."""
        boxes = list(self.root.iter(f"{SVG}rect"))
        self.assertEqual(len(boxes), 2 * 5 + 1)
        framed = [box for box in boxes if box.get("stroke") == "#2e8b57"]
        self.assertEqual(len(framed), 2)

    def test_all_lies_on_the_paper(self):
        """No cell and no row's text begins outside."""
        width, height = float(self.root.get("width")), float(self.root.get("height"))
        for each in self.root.iter():
            if each.get("x"):
                self.assertTrue(0 <= float(each.get("x")) < width)
                self.assertTrue(0 <= float(each.get("y")) < height)

    def test_an_empty_matrix_draws(self):
        """No runs are no reason to fail."""
        tree.fromstring(chart.matrix_svg({}, "nothing"))


if __name__ == "__main__":
    unittest.main()
