# SPDX-License-Identifier: BSD-2-Clause
"""One run: a day, a fault at a random moment, the sensor's verdict, and how right it was."""

import random
import time

from faults import TABLE, NotHere, happens

from . import fidelity, score
from .day import RATES, Day
from .errors import LabError
from .machine import Machine
from .observe import observe
from .recorded import Keeper
from .remote import lab_for
from .sensor import PROGRAM, Sensor, judge_of

SCHEMA = "faultline.lab-run/1"
WARM_UP_SECONDS = {"judging": (32.0, 40.0), "no judge yet": (2.0, 4.0), "absent": (2.0, 4.0)}
RESOLVE_SECONDS = 30


def trial(name, seed, topology=None, program=PROGRAM, warm_up=None, longest=60.0, keep=None):
    """Makes one run and returns its record, a dictionary for JSON. The recording is kept in the
    directory `keep`."""
    fault = TABLE[name]
    rng = random.Random(f"run {name} {seed}")
    topology = topology or rng.choice(fault.topologies)
    record = {"schema": SCHEMA, "fault": name, "name": fault.name, "seed": seed,
              "topology": topology, "hard": fault.hard, "decoy": fault.decoy,
              "truths": [],
              "judge": judge_of(program), "result": "failed", "reason": ""}
    warm_up = warm_up or rng.uniform(*WARM_UP_SECONDS[record["judge"]])
    # Where the day is slowed, a fault lasts until it has met as much work.
    lasts = min(longest, rng.uniform(*fault.seconds) / RATES)
    keeper = None
    if keep and record["judge"] == "judging":
        keeper = Keeper(keep, f"{name}-{topology}-{seed}")
    try:
        if topology not in fault.topologies:
            raise NotHere(f"not in the topology {topology}")
        if fault.needs_sensor and record["judge"] == "absent":
            raise NotHere(f"{program} is not built")
        with lab_for(topology, seed) as lab, Day(lab, seed) as day:
            def start():
                return Sensor(day, program, keeper).start()
            _run(record, fault, rng, day, start, warm_up, lasts)
    except NotHere as error:
        record.update(result="not here", reason=str(error))
    except (LabError, OSError) as error:
        record.update(reason=f"{type(error).__name__}: {error}")
    if keeper:
        keeper.keep(record)
    return record


def _run(record, fault, rng, day, start, warm_up, lasts):
    p = record["parameters"] = fault.draw(rng, day)
    record["truths"] = [{"verdicts": list(truth.verdicts), "may_abstain": truth.may_abstain}
                        for truth in fault.truths(p)]
    fault.prepare(day, p)
    world = fidelity.World(day)
    machine = Machine()
    if record["judge"] != "absent":
        day.sensor = start()
    day.pause(warm_up)
    world.gather()
    record["machine"] = {"before": machine.look()}
    record["injected"] = time.time()
    fault.inject(day, p)
    day.pause(fault.settle_seconds)
    claims = fault.proof(day, p, observe(day, fault.watch_seconds, fault.captures(day, p)))
    record["happened"] = happens(claims)
    record["claims"] = [str(claim) for claim in claims]
    lasts = p.get("lasts_s", lasts)
    day.pause(max(0.0, record["injected"] + lasts - time.time()))
    world.gather()
    record["lifted"] = time.time()
    record["machine"]["during"] = machine.look()
    day.undo()
    record["complaints"] = []
    if day.sensor:
        _listen(record, day, world)
    record["complaints"] = list(dict.fromkeys(record["complaints"]))
    record["score"] = score.judge(record)
    record["result"] = "failed" if record["complaints"] else "done"
    record["reason"] = "; ".join(record["complaints"])


def _listen(record, day, world):
    """Waits until the incidents are resolved, and takes down what the sensor said."""
    sensor = day.sensor
    if record["judge"] == "judging":
        deadline = time.monotonic() + RESOLVE_SECONDS
        while time.monotonic() < deadline and score.unresolved(sensor.incidents()):
            day.pause(0.2)
    links = sensor.links()
    after = day.trader.nstat()
    world.gather()
    if links:
        record["complaints"] += fidelity.complaints_about_links(links, sensor.nstat_before, after)
        record["sensor"] = links["sensor"]
    record["events"] = sensor.incidents()
    record["complaints"] += fidelity.complaints_about_events(record["events"], world)
    if not fidelity.own_namespace(sensor.pid, day.trader.namespace):
        record["complaints"].append("the sensor does not run in the trader's namespace")
    sensor.stop()
