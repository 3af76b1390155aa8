# SPDX-License-Identifier: BSD-2-Clause
"""Recordings of runs: kept beside what was true, and judged anew without a new run.

A kept run is NAME.json, the record of the run, and what it names in "recordings": NAME.rec, and
NAME.2.rec when the sensor was started twice. The record is written last and at once, so whoever
reads the directory meanwhile finds whole runs only. A run whose fault did not happen is not kept.

The recording's clock is that of the run, so the times of the record hold for the replayed events.
What a restarted sensor knew from before is not in its recording: each one is judged from nothing.
"""

import contextlib
import glob
import json
import os
import subprocess

from . import score
from .errors import LabError

REPLAY_SECONDS = 120


class Keeper:
    """The recordings of one run, on their way into a directory."""

    def __init__(self, directory, name):
        os.makedirs(directory, exist_ok=True)
        self._directory = directory
        self._name = name
        self._made = []

    def _path(self, name):
        return os.path.join(self._directory, name)

    def next(self):
        """The file that a sensor about to start has to write; there is none of that name yet."""
        path = self._path(f".{self._name}.{os.getpid()}.{len(self._made) + 1}.rec")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self._made.append(path)
        return path

    def keep(self, record):
        """Keeps them with the record of the run, or throws all away when the run proves nothing."""
        made = [path for path in self._made if os.path.exists(path)]
        if not made or not record.get("happened"):
            for path in made:
                os.unlink(path)
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(f"{self._name}.json"))
        record["recordings"] = []
        for number, path in enumerate(made, 1):
            name = f"{self._name}.rec" if number == 1 else f"{self._name}.{number}.rec"
            os.rename(path, self._path(name))
            record["recordings"].append(name)
        new = self._path(f".{self._name}.{os.getpid()}.json")
        with open(new, "w", encoding="utf-8") as file:
            json.dump(record, file)
            file.write("\n")
        os.rename(new, self._path(f"{self._name}.json"))


def files(paths):
    """The records that directories and files name, in their order: NAME.json, or its NAME.rec."""
    found = []
    for path in paths:
        if os.path.isdir(path):
            found += sorted(glob.glob(os.path.join(glob.escape(path), "*.json")))
        else:
            found.append(path.removesuffix(".rec") + ".json" if path.endswith(".rec") else path)
    return found


def load(path):
    """A kept run; None when the file is something else, or was taken away meanwhile."""
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise LabError(f"{path}: {error}") from None
    if not isinstance(record, dict) or "recordings" not in record:
        return None
    record["directory"] = os.path.dirname(path) or "."
    return record


def events(program, path):
    """What the program says about a recording; with a list, what that command says."""
    words = [program, "replay", "--json"] if isinstance(program, str) else program
    done = subprocess.run([*words, path], capture_output=True, text=True,
                          check=False, timeout=REPLAY_SECONDS)
    if done.returncode:
        raise LabError(f"{path}: replay ended with {done.returncode}: {done.stderr[-500:]}")
    try:
        return [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError as error:
        raise LabError(f"{path}: replay printed what is no JSON: {error}") from None


def judged(record, program):
    """The record of a run with the verdicts that the program gives now."""
    found = dict(record, result="done", reason="", judge="judging", events=[])
    directory = found.pop("directory")
    try:
        for name in record["recordings"]:
            found["events"] += [event for event in events(program, os.path.join(directory, name))
                                if event["schema"].startswith("faultline.incident/")]
        found["score"] = score.judge(found)
    except (LabError, OSError, subprocess.TimeoutExpired) as error:
        found.update(result="failed", reason=str(error))
    return found


def _weights(item):
    weights = sorted(item.get("weights", {}).items(), key=lambda each: -each[1])
    return " ".join(f"{place} {weight:+.2f}" for place, weight in weights)


def _item(sign, item):
    subject = f" of {item['subject']}" if item.get("subject") else ""
    lines = [f"    {sign} {item.get('weight', 0.0):+6.2f}  {item.get('signal', '?')}{subject}: "
             f"{item.get('text', '')}"]
    return lines + ([f"              {_weights(item)}"] if item.get("weights") else [])


def explanation(record):
    """Each event of a judged run with its time from the fault on and all evidence, for people."""
    truths = " and ".join(" or ".join(truth["verdicts"]) for truth in record["truths"])
    lines = [f"{score.run_line(record)}",
             f"{record['name']}, parameters {record.get('parameters')}; truth "
             f"{truths or 'nothing may page'}; lifted after "
             f"{record['lifted'] - record['injected']:.2f} s"]
    for event in record["events"]:
        after = score.seconds_of(event["time"]) - record["injected"]
        lines.append(f"{after:+8.2f} s  {event['event']:7} {event.get('severity', ''):6} "
                     f"{score.verdict_of(event)} {event.get('confidence', 0.0):.3f}  "
                     f"{event['id']}  {', '.join(event.get('scope', {}).get('links', []))}")
        if event["event"] == "resolve":
            continue
        lines.append(f"    {event.get('summary', '')}")
        others = ", ".join(f"{each['side']}/{each['place']} {each['confidence']:.3f}"
                           for each in event.get("alternatives", []))
        lines += [f"    else: {others}"] if others else []
        if event.get("would_separate"):
            lines.append(f"    would separate: {event['would_separate']}")
        for sign, key in (("+", "evidence"), ("-", "against")):
            for item in event.get(key, []):
                lines += _item(sign, item)
    return "\n".join(lines)
