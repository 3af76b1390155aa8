# SPDX-License-Identifier: BSD-2-Clause
"""Are recordings kept with what was true, and judged anew as the run was?"""

import json
import pathlib
import tempfile
import unittest

from faultlab import recorded, score
from faultlab.errors import LabError

HERE = pathlib.Path(__file__).parent
FAKE = str(HERE / "fake_judge")
INJECTED = score.seconds_of("2026-11-22T13:15:10.000Z")


def truth(**more):
    """The record of a run with one truth, as trial() makes it."""
    return {"fault": "E1", "name": "slow server", "seed": 1, "topology": "basic", "hard": False,
            "decoy": False, "judge": "judging", "result": "done", "reason": "", "happened": True,
            "claims": [], "truths": [{"verdicts": ["external/peer-app"], "may_abstain": False}],
            "injected": INJECTED, "lifted": INJECTED + 9.0, "events": [], **more}


class Recorded(unittest.TestCase):
    """A directory of recordings."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)

    def keep(self, *streams, name="E1-basic-1", **more):
        """Keeps a run during which the fake wrote these streams."""
        keeper = recorded.Keeper(str(self.directory), name)
        for stream in streams:
            text = (HERE / "streams" / f"{stream}.jsonl").read_text()
            pathlib.Path(keeper.next()).write_text(text)
        keeper.keep(truth(**more))

    def present(self):
        """All files."""
        return sorted(path.name for path in self.directory.iterdir())

    def only(self):
        """The one run that is kept."""
        (path,) = recorded.files([str(self.directory)])
        return recorded.load(path)

    def test_a_run_is_kept_with_its_truth(self):
        """The record names its recordings."""
        self.keep("right")
        self.assertEqual(self.present(), ["E1-basic-1.json", "E1-basic-1.rec"])
        self.assertEqual(self.only()["recordings"], ["E1-basic-1.rec"])
        self.assertEqual(self.only()["injected"], INJECTED)

    def test_a_restarted_sensor_has_two_recordings(self):
        """Both are judged, one after the other."""
        self.keep("early_and_late", "right")
        self.assertEqual(self.present(),
                         ["E1-basic-1.2.rec", "E1-basic-1.json", "E1-basic-1.rec"])
        found = recorded.judged(self.only(), FAKE)
        count = sum(len((HERE / "streams" / f"{name}.jsonl").read_text().splitlines())
                    for name in ("early_and_late", "right"))
        self.assertEqual(len(found["events"]), count)

    def test_what_did_not_happen_is_not_kept(self):
        """Neither is a run that failed before its fault."""
        self.keep("right", happened=False)
        record = truth()
        del record["happened"]
        keeper = recorded.Keeper(str(self.directory), "E1-basic-1")
        pathlib.Path(keeper.next()).write_text("")
        keeper.keep(record)
        self.assertEqual(self.present(), [])

    def test_a_run_replaces_its_predecessor(self):
        """The same fault, topology and seed is the same run."""
        self.keep("right")
        self.keep("unknown")
        found = recorded.judged(self.only(), FAKE)
        self.assertEqual(found["score"]["verdicts"][0]["outcome"], "unknown")

    def test_the_score_is_that_of_the_present_verdicts(self):
        """What the sensor said during the run counts no more."""
        lines = (HERE / "streams" / "unknown.jsonl").read_text().splitlines()
        self.keep("right", events=[json.loads(line) for line in lines])
        (verdict,) = recorded.judged(self.only(), FAKE)["score"]["verdicts"]
        self.assertEqual(verdict["outcome"], "right")
        self.assertAlmostEqual(verdict["to_page"], 1.25)

    def test_a_recording_that_cannot_be_judged_fails(self):
        """With the name of the file."""
        self.keep("right")
        (self.directory / "E1-basic-1.rec").write_text("no event\n")
        found = recorded.judged(self.only(), FAKE)
        self.assertEqual(found["result"], "failed")
        self.assertIn("E1-basic-1.rec", found["reason"])
        self.assertEqual(score.summary([found])["counted"], 0)
        (self.directory / "E1-basic-1.rec").unlink()
        self.assertIn("ended with 1", recorded.judged(self.only(), FAKE)["reason"])

    def test_files_by_name(self):
        """A recording means its record; other files are passed over, broken ones are not."""
        self.keep("right")
        name = str(self.directory / "E1-basic-1")
        self.assertEqual(recorded.files([name + ".rec"]), [name + ".json"])
        self.assertIsNone(recorded.load(str(self.directory / "absent.json")))
        other = self.directory / "other.json"
        other.write_text("[]")
        self.assertIsNone(recorded.load(str(other)))
        other.write_text("{")
        with self.assertRaisesRegex(LabError, "other.json"):
            recorded.load(str(other))

    def test_the_evidence_is_shown(self):
        """Each event with its time from the fault on, and each reading with its weights."""
        self.keep()
        event = {"schema": "faultline.incident/1", "event": "open", "id": "a-1", "seq": 1,
                 "time": "2026-11-22T13:15:11.500Z", "severity": "page", "side": "external",
                 "place": "peer-app", "confidence": 0.9, "scope": {"links": ["orders"]},
                 "summary": "orders answers late",
                 "alternatives": [{"side": "external", "place": "path", "confidence": 0.08}],
                 "evidence": [{"signal": "link.response", "subject": "orders", "weight": 3.5,
                               "text": "answers late",
                               "weights": {"external/path": -1.25, "external/peer-app": 3.5}}],
                 "against": [{"signal": "link.rtt", "subject": "orders", "weight": -0.5,
                              "text": "the way is as fast as ever", "weights": {}}]}
        made = truth(events=[event], parameters={"think_ms": 30})
        made["score"] = score.judge(made)
        text = recorded.explanation(made)
        for part in ("+1.50 s  open    page   external/peer-app 0.900  a-1  orders",
                     "orders answers late", "else: external/path 0.080",
                     "+  +3.50  link.response of orders: answers late",
                     "external/peer-app +3.50 external/path -1.25",
                     "-  -0.50  link.rtt of orders: the way is as fast as ever"):
            self.assertIn(part, text)


if __name__ == "__main__":
    unittest.main()
