# SPDX-License-Identifier: BSD-2-Clause
"""Is a stream of incident events scored as it deserves?"""

import json
import pathlib
import subprocess
import tempfile
import unittest

from faultlab import score

RUN = str(pathlib.Path(__file__).parents[1] / "run")
STREAMS = pathlib.Path(__file__).parent / "streams"
INJECTED = score.seconds_of("2026-11-22T13:15:10.000Z")
LIFTED = INJECTED + 9.0


def record(stream, *truths, decoy=False, hard=False, may_abstain=False, **more):
    """A run during which the sensor said what is in the file."""
    lines = (STREAMS / f"{stream}.jsonl").read_text().splitlines() if stream else []
    made = {"fault": "X1", "seed": 1, "topology": "basic", "judge": "judging", "result": "done",
            "reason": "", "happened": True, "claims": [], "decoy": decoy, "hard": hard,
            "truths": [{"verdicts": [truth] if isinstance(truth, str) else list(truth),
                        "may_abstain": may_abstain} for truth in truths],
            "injected": INJECTED, "lifted": LIFTED, "events": [json.loads(each) for each in lines],
            **more}
    made["score"] = score.judge(made)
    return made


def first(made):
    """The score of the first truth."""
    return made["score"]["verdicts"][0]


class Verdicts(unittest.TestCase):
    """One run."""

    def test_a_right_verdict_with_its_times(self):
        """Page and resolution are timed from the fault and from its end."""
        found = first(record("right", "external/peer-app"))
        self.assertEqual(found["outcome"], "right")
        self.assertAlmostEqual(found["to_page"], 1.25)
        self.assertAlmostEqual(found["to_resolve"], 2.0)
        self.assertAlmostEqual(found["confidence"], 0.97)

    def test_the_same_verdict_can_be_wrong(self):
        """Another side is wrong, another place of the same side half right."""
        self.assertEqual(first(record("right", "infra/gateway"))["outcome"], "wrong")
        self.assertEqual(first(record("right", "external/path"))["outcome"], "side only")
        self.assertEqual(first(record("right", ("infra/nic", "external/peer-app")))["outcome"],
                         "right")

    def test_the_last_verdict_before_the_end_counts(self):
        """A correction counts, and the first verdict stays known."""
        found = first(record("corrected", "external/path"))
        self.assertEqual((found["outcome"], found["first"]), ("right", "infra/gateway"))

    def test_a_correction_after_the_fault_comes_too_late(self):
        """What is said once the fault is gone is no diagnosis."""
        made = record("corrected", "external/path", lifted=INJECTED + 2.0)
        self.assertEqual(first(made)["outcome"], "wrong")

    def test_a_page_may_follow_a_ticket(self):
        """The time to page is that of the page."""
        found = first(record("ticket_then_page", "external/peer-app"))
        self.assertEqual(found["outcome"], "right")
        self.assertAlmostEqual(found["to_page"], 3.5)
        self.assertIsNone(found["to_resolve"])

    def test_unknown_is_told_apart_from_allowed_unknown(self):
        """Only where the table says so a verdict may be withheld."""
        self.assertFalse(first(record("unknown", "external/path"))["abstained"])
        self.assertTrue(first(record("unknown", "external/path", may_abstain=True))["abstained"])
        self.assertEqual(first(record("unknown", "external/path"))["outcome"], "unknown")

    def test_silence_is_missed(self):
        """Neither nothing nor a mere note is a verdict."""
        self.assertEqual(first(record(None, "external/path"))["outcome"], "missed")
        self.assertEqual(first(record("info_only", "external/path"))["outcome"], "missed")

    def test_two_at_once_need_two_incidents(self):
        """Each truth gets the incident that fits, and what is left over is a false page."""
        made = record("two", "external/path", "internal/app")
        self.assertEqual([each["outcome"] for each in made["score"]["verdicts"]], ["right"] * 2)
        self.assertEqual(made["score"]["false_pages"], 1)
        made = record("right", "external/peer-app", "internal/app")
        self.assertEqual([each["outcome"] for each in made["score"]["verdicts"]],
                         ["right", "missed"])

    def test_pages_before_and_long_after_are_false(self):
        """Only the time of the fault is the time for pages."""
        made = record("early_and_late", "external/peer-app")
        self.assertEqual((first(made)["outcome"], made["score"]["false_pages"]), ("right", 2))

    def test_every_page_of_a_decoy_is_false(self):
        """Nothing may page; a ticket or a note is no page."""
        self.assertEqual(record("right", decoy=True)["score"]["false_pages"], 1)
        self.assertEqual(record("info_only", decoy=True)["score"]["false_pages"], 0)

    def test_without_a_judge_there_is_no_verdict(self):
        """It is said, and is neither right nor wrong."""
        made = record(None, "external/path", judge="no judge yet")
        self.assertEqual(first(made)["outcome"], "no judge")
        self.assertIn("verdict none (no judge yet)", score.run_line(made))
        total = score.summary([made])
        self.assertEqual(sum(total["outcomes"].values()), 0)
        self.assertEqual(total["not_judged"], 1)


class Totals(unittest.TestCase):
    """Many runs."""

    def setUp(self):
        self.records = [record("right", "external/peer-app", hard=True) for _ in range(8)]
        self.records += [record("right", "external/path"), record("unknown", "external/path"),
                         record(None, "infra/nic"), record("corrected", "internal/app"),
                         record("right", decoy=True), record("info_only", decoy=True)]
        self.total = score.summary(self.records)

    def test_outcomes_add_up(self):
        """Every truth has one outcome."""
        self.assertEqual(self.total["outcomes"], {"right": 8, "side only": 1, "unknown": 1,
                                                  "wrong": 1, "missed": 1})
        self.assertEqual(self.total["false_pages"], 1)

    def test_the_matrix(self):
        """Rows are true, columns were said; decoys have a row of their own."""
        matrix = self.total["matrix"]
        self.assertEqual(matrix["external/peer-app"], {"external/peer-app": 8})
        self.assertEqual(matrix["external/path"], {"external/peer-app": 1, "unknown": 1})
        self.assertEqual(matrix["infra/nic"], {"none": 1})
        self.assertEqual(matrix["nothing"], {"a page": 1, "none": 1})

    def test_a_right_verdict_is_never_off_the_diagonal(self):
        """Also when the table names another place first."""
        total = score.summary([record("right", ("infra/nic", "external/peer-app"))])
        self.assertEqual(total["matrix"], {"external/peer-app": {"external/peer-app": 1}})

    def test_percentiles(self):
        """The nearest rank."""
        values = list(range(1, 101))
        self.assertEqual([score.percentile(values, share) for share in (0.5, 0.95, 1.0)],
                         [50, 95, 100])
        self.assertEqual(score.percentile([7.0], 0.95), 7.0)
        self.assertIsNone(score.percentile([], 0.5))
        self.assertEqual(self.total["to_page_hard"]["count"], 8)
        self.assertAlmostEqual(self.total["to_page_hard"]["p95"], 1.25)

    def test_calibration(self):
        """Of nine verdicts stated at 0.97 for a fault eight are right, and the one for a decoy is
        not; unknown states nothing."""
        rows = {row["from"]: row for row in self.total["calibration"]["bins"]}
        self.assertEqual(rows[0.95]["count"], 10)
        self.assertAlmostEqual(rows[0.95]["right"], 0.8)
        self.assertAlmostEqual(rows[0.95]["stated"], 0.97)
        self.assertEqual(sum(row["count"] for row in rows.values()), 11)
        expected = (8 * 0.03 ** 2 + 2 * 0.97 ** 2 + 0.93 ** 2) / 11
        self.assertAlmostEqual(self.total["calibration"]["brier"], expected)

    def test_runs_without_hooks_are_told_apart(self):
        """A busy machine is no excuse, but it is a reason."""
        self.assertEqual(self.total["hooks_off"]["runs"], 0)
        self.records += [record(None, "external/path", sensor={"calls_traced": False}),
                         record("right", "external/peer-app", sensor={"calls_traced": True})]
        total = score.summary(self.records)
        self.assertEqual((total["hooks_off"]["runs"], total["hooks_off"]["outcomes"]["missed"]),
                         (1, 1))
        self.assertIn("in 1 runs the machine was so busy", score.summary_text(total))

    def test_fault_by_fault(self):
        """Each fault has its outcomes, its false pages and its times."""
        self.records.append(record("two", "external/path", fault="X2"))
        total = score.summary(self.records)
        self.assertEqual(total["faults"]["X1"]["runs"], 14)
        self.assertEqual(total["faults"]["X1"]["outcomes"], self.total["outcomes"])
        self.assertEqual(total["faults"]["X1"]["to_page"], self.total["to_page"])
        self.assertEqual(total["faults"]["X2"]["false_pages"], 2)
        self.assertEqual(total["faults"]["X2"]["verdicts"], {"external/path": 1})
        self.assertRegex(score.summary_text(total),
                         r"X2   of 1: right 1, 2 FALSE PAGES, page .* \| external/path 1")

    def test_runs_that_prove_nothing_are_not_counted(self):
        """A fault that did not happen, a run that failed, a machine that cannot."""
        self.records += [record("right", "external/path", happened=False),
                         record("right", "external/path", result="failed", reason="evidence"),
                         record("right", "external/path", result="not here", reason="no tc")]
        total = score.summary(self.records)
        self.assertEqual(total["outcomes"], self.total["outcomes"])
        self.assertEqual([len(total[key]) for key in ("did_not_happen", "failed", "not_here")],
                         [1, 1, 1])
        text = score.summary_text(total)
        for word in ("did not happen: X1", "failed: X1", "not possible here: X1"):
            self.assertIn(word, text)

    def test_the_text_says_the_numbers(self):
        """What people read is what was computed."""
        text = score.summary_text(self.total)
        self.assertIn("right 8 (66.7 %)", text)
        self.assertIn("false pages: 1", text)
        self.assertIn("of hard faults: p50 1.25 s", text)

    def test_results_add_up_over_runs(self):
        """Two files are one result, and a run that was made again replaces the former."""
        with tempfile.TemporaryDirectory() as directory:
            files = [pathlib.Path(directory, name) for name in ("one.jsonl", "two.jsonl")]
            for file, seeds, stream in zip(files, ((1, 2), (2, 3)), ("unknown", "right")):
                file.write_text("".join(
                    json.dumps(record(stream, "external/peer-app", seed=seed)) + "\n"
                    for seed in seeds))
            done = subprocess.run([RUN, "score", "--json", *map(str, files)], check=True,
                                  capture_output=True, text=True)
        total = json.loads(done.stdout)
        self.assertEqual((total["counted"], total["outcomes"]["right"],
                          total["outcomes"]["unknown"]), (3, 2, 1))


if __name__ == "__main__":
    unittest.main()
