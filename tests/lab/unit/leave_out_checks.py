# SPDX-License-Identifier: BSD-2-Clause
"""What is a family's own evidence, and what is left when it is taken away?"""

import unittest

from faultlab import leave_out, refit, score

INJECTED = score.seconds_of("2026-11-22T13:15:10.000Z")
TABLE = {("process.stopped", leave_out.key({"app": 9.0, "path": -2.0})): "process.stopped+",
         ("response", leave_out.key({"peer-app": 2.0, "app": 1.0})): "response+",
         ("prior", leave_out.key({"path": 1.0})): "prior+",
         ("rtt", leave_out.key({"path": -3.0, "peer-app": -0.2})): "rtt-"}
WEIGHTS = {"process.stopped": {"internal/app": 9.0, "external/path": -2.0},
           "response": {"external/peer-app": 2.0, "internal/app": 1.0},
           "prior": {"external/path": 1.0},
           "rtt": {"external/path": -3.0, "external/peer-app": -0.2}}


def run(fault, verdict, *signals, at="2026-11-22T13:15:12.000Z", outcome="right"):
    """A judged run in which these spoke."""
    items = [{"signal": name, "weights": WEIGHTS[name]} for name in signals]
    return {"fault": fault, "seed": 1, "topology": "basic", "result": "done", "happened": True,
            "decoy": False, "truths": [{"verdicts": [verdict], "may_abstain": False}],
            "injected": INJECTED, "lifted": INJECTED + 9,
            "events": [{"event": "open", "time": at, "evidence": items[:1],
                        "against": items[1:]}],
            "score": {"false_pages": 0, "strays": [], "verdicts": [
                {"truth": verdict, "verdict": verdict, "outcome": outcome, "confidence": 0.9,
                 "probability": 0.9, "left": 1.0, "to_page": 1.0, "to_resolve": None}]}}


class LeaveOut(unittest.TestCase):
    """The choice, and the figures."""

    def test_own_is_what_helped_one_family_only(self):
        """What helped two is nobody's own; what spoke against the truth did not help."""
        found = leave_out.taken([run("H2", "internal/app", "process.stopped", "response", "rtt"),
                                 run("E1", "external/peer-app", "response", "rtt", "prior"),
                                 run("T1", "external/path", "rtt")], TABLE)
        self.assertEqual(found["H"], {"coarse": ["process.stopped+", "response+", "rtt-"],
                                      "blunt": ["process.stopped+"],
                                      "silent": ["process.stopped+"]})
        self.assertEqual(found["E"], {"coarse": ["response+", "rtt-"], "blunt": [], "silent": []})

    def test_what_spoke_before_the_fault_is_not_of_it(self):
        """Neither is the family of decoys and pairs one."""
        early = run("H2", "internal/app", "process.stopped", at="2026-11-22T13:15:09.000Z")
        self.assertEqual(leave_out.taken([early], TABLE)["H"]["coarse"], [])
        self.assertIsNone(leave_out.family(run("D1", "external/path")))
        self.assertIsNone(leave_out.family(run("T1", "external/path")))

    def test_the_figures(self):
        """Side only is not right, but the side is."""
        runs = [run("E1", "external/path", outcome=outcome)
                for outcome in ("right", "unknown", "side only", "wrong")]
        found = leave_out.row(runs)
        self.assertEqual((found["verdicts"], found["good"], found["side"]), (4, 0.5, 0.75))
        self.assertEqual(len(found["not_good"]), 2)
        fitted = leave_out.map_without(runs + [run("H2", "internal/app")], "E")
        self.assertEqual((fitted["count"], fitted["right"]), (4, 0.25))
        ways = {"taken": {way: [] for way in leave_out.WAYS}, "map": fitted,
                **{way: found for way in leave_out.COLUMNS}}
        self.assertIn("E      4", leave_out.text({"E": ways}))

    def test_a_fault_that_was_not_noticed_is_no_matter_of_weights(self):
        """It is told, and not counted as given."""
        found = leave_out.row([run("E1", "external/path", outcome=outcome)
                               for outcome in ("right", "missed")])
        self.assertEqual((found["verdicts"], found["good"], found["outcomes"]["missed"]),
                         (1, 1.0, 1))


class Refit(unittest.TestCase):
    """Weights as runs would have them."""

    def example(self, place, *rows):
        """What spoke when the fault was at a place."""
        return {"truth": {"verdicts": [place], "may_abstain": False},
                "places": ["external/path", "internal/app"], "rows": list(rows)}

    def test_what_was_right_weighs_more_and_what_was_not_less(self):
        """And what did not speak stays as it was written down."""
        good, bad = ("good", {"external/path": 1.0}), ("bad", {"internal/app": 1.0})
        factors = refit.fit([self.example("external/path", good, bad) for _ in range(20)])
        self.assertGreater(factors["good"], 1.2)
        self.assertLess(factors["bad"], 0.8)
        self.assertNotIn("silent", factors)
        tested = self.example("external/path", good, bad)
        self.assertEqual(refit.verdict(tested, {}), "unknown")
        self.assertEqual(refit.verdict(tested, factors), "external/path")
        self.assertEqual(refit.outcomes([tested], factors)["right"], 1)

    def test_the_example_is_what_stood_when_the_fault_ended(self):
        """The last event of the verdict's incident before it was lifted."""
        made = run("E1", "external/path", "response")
        made["score"]["verdicts"][0]["id"] = "a-1"
        events = [dict(made["events"][0], id="a-1", time=f"2026-11-22T13:15:{second}.000Z",
                       reckoning={"sums": {"external/path": float(second)}},
                       evidence=[{"signal": second, "weights": {}}])
                  for second in ("12", "14", "29")]
        (found,) = refit.examples(dict(made, events=events))
        self.assertEqual([signal for signal, _ in found["rows"]], ["14"])
