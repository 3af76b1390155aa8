# SPDX-License-Identifier: BSD-2-Clause
"""Comparing what the sensor said with what was true, run by run and over many runs.

All functions here are pure: records of runs in, figures out. A record is what trial() makes, or a
line of a results file.
"""

import datetime
import math

GRACE_SECONDS = 5.0  # a page so long after the fault was lifted still belongs to it
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0001)
STATED = ("confidence", "probability", "left")  # what is said of how sure, and its reckoning
OUTCOMES = ("right", "side only", "unknown", "wrong", "missed")


def seconds_of(text):
    """RFC 3339 in UTC → seconds since 1970."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def verdict_of(event):
    """SIDE/PLACE."""
    side = event.get("side", "unknown")
    return "unknown" if side == "unknown" else f"{side}/{event.get('place', 'unknown')}"


def incidents_of(events, until=None):
    """The incidents of a stream in the order of their opening. The verdict is the last before
    `until` (seconds), the first verdict that of the page."""
    found = {}
    for event in events:
        now = seconds_of(event["time"])
        each = found.setdefault(event["id"], {
            "id": event["id"], "opened": now, "paged": None, "resolved": None, "told": False,
            "first": verdict_of(event), "verdict": verdict_of(event), "confidence": 0.0,
            "probability": None, "left": 1.0})
        if event["event"] == "resolve":
            each["resolved"] = now
            continue
        each["resolved"] = None
        each["told"] = each["told"] or event.get("severity") in ("page", "ticket")
        if event.get("severity") == "page" and each["paged"] is None:
            each["paged"] = now
            each["first"] = verdict_of(event)
        if until is None or now <= until or now == each["opened"]:
            reckoning = event.get("reckoning", {})
            each.update(verdict=verdict_of(event), confidence=event.get("confidence", 0.0),
                        probability=reckoning.get("probability"), left=reckoning.get("left", 1.0))
    return list(found.values())


def unresolved(events):
    """The ids of incidents that are open."""
    return [each["id"] for each in incidents_of(events) if each["resolved"] is None]


def outcome(truth, verdict):
    """How right a verdict (None: there was none) is for one truth."""
    if verdict is None:
        return "missed"
    if verdict in truth["verdicts"]:
        return "right"
    if verdict == "unknown":
        return "unknown"
    sides = {each.split("/")[0] for each in truth["verdicts"]}
    return "side only" if verdict.split("/")[0] in sides else "wrong"


def _assign(truths, incidents):
    """Gives each truth the incident that fits it best, each incident to one truth at most."""
    pairs = sorted((OUTCOMES.index(outcome(truth, each["verdict"])), number, place)
                   for number, truth in enumerate(truths)
                   for place, each in enumerate(incidents))
    chosen, used = {}, set()
    for _, number, place in pairs:
        if number not in chosen and place not in used:
            chosen[number] = incidents[place]
            used.add(place)
    left = [each for place, each in enumerate(incidents) if place not in used]
    return [chosen.get(number) for number in range(len(truths))], left


def _strays(truths, during, outside):
    """The incidents that belong to no truth. One that says of a fault what another one says already
    is one too many, but its place is right; without a fault nothing said is."""
    return [{"verdict": each["verdict"], **{key: each[key] for key in STATED},
             "outcome": "right" if each in during and any(
                 each["verdict"] in truth["verdicts"] for truth in truths) else "wrong"}
            for each in during + outside]


def judge(record):
    """The score of one run: a verdict for each truth, and the pages that nobody wanted."""
    if record["judge"] != "judging":
        return {"verdicts": [{"verdict": "none", "outcome": "no judge",
                              "truth": truth["verdicts"][0]} for truth in record["truths"]],
                "false_pages": 0}
    injected, lifted = record["injected"], record["lifted"]
    incidents = [each for each in incidents_of(record.get("events", []), lifted) if each["told"]]
    early = [each for each in incidents if each["opened"] < injected]
    during = [each for each in incidents
              if injected <= each["opened"] <= lifted + GRACE_SECONDS]
    late = [each for each in incidents if each["opened"] > lifted + GRACE_SECONDS]
    matched, left = _assign(record["truths"], during)
    verdicts = []
    for truth, each in zip(record["truths"], matched):
        verdict = each["verdict"] if each else None
        result = outcome(truth, verdict)
        verdicts.append({
            "truth": truth["verdicts"][0], "verdict": verdict or "none", "outcome": result,
            "abstained": result == "unknown" and truth["may_abstain"],
            "first": each["first"] if each else None, "id": each["id"] if each else None,
            **{key: each[key] if each else None for key in STATED},
            "to_page": each["paged"] - injected if each and each["paged"] else None,
            "to_resolve": max(0.0, each["resolved"] - lifted) if each and each["resolved"]
            else None})
    wanted_none = early + left + late
    return {"verdicts": verdicts, "strays": _strays(record["truths"], left, early + late),
            "false_pages": sum(1 for each in wanted_none if each["paged"] is not None)}


def percentile(values, share):
    """The smallest value that at least this share of the values does not exceed."""
    values = sorted(values)
    return values[max(0, math.ceil(len(values) * share) - 1)] if values else None


def stated(verdicts):
    """Those that name a place, and say how sure they are."""
    return [each for each in verdicts if each.get("confidence") is not None
            and each["verdict"] not in ("none", "unknown")]


def all_told(records):
    """Every verdict that somebody was told in runs that count, also where nothing was at fault."""
    return [each for record in records if record["result"] == "done" and record["happened"]
            for each in record["score"]["verdicts"] + record["score"].get("strays", [])]


def calibration(verdicts):
    """Of verdicts by their stated confidence: bins with how many were right, and the Brier
    score. A verdict is right when its place is; `unknown` states no confidence."""
    rows = []
    told = stated(verdicts)
    for low, high in zip(BINS, BINS[1:]):
        inside = [each for each in told if low <= each["confidence"] < high]
        if inside:
            right = sum(each["outcome"] == "right" for each in inside)
            rows.append({"from": low, "to": min(high, 1.0), "count": len(inside),
                         "stated": sum(each["confidence"] for each in inside) / len(inside),
                         "right": right / len(inside)})
    brier = [(each["confidence"] - (each["outcome"] == "right")) ** 2 for each in told]
    return {"bins": rows, "brier": sum(brier) / len(brier) if brier else None}


def summary(records):
    """Everything about many runs."""
    done = [record for record in records if record["result"] == "done"]
    counted = [record for record in done if record["happened"]]
    verdicts = [each for record in counted for each in record["score"]["verdicts"]]
    judged = [each for each in verdicts if each["outcome"] != "no judge"]
    matrix = {}
    for record in counted:
        for each in record["score"]["verdicts"]:
            # Where several places are right, a right one stands in its own row.
            truth = each["verdict"] if each["outcome"] == "right" else each["truth"]
            row = matrix.setdefault(truth, {})
            row[each["verdict"]] = row.get(each["verdict"], 0) + 1
        if record["decoy"]:
            row = matrix.setdefault("nothing", {})
            verdict = "a page" if record["score"]["false_pages"] else "none"
            row[verdict] = row.get(verdict, 0) + 1
    pages = [each["to_page"] for each in judged if each["to_page"] is not None]
    hard = [each["to_page"] for record in counted if record["hard"]
            for each in record["score"]["verdicts"] if each.get("to_page") is not None]
    resolves = [each["to_resolve"] for each in judged if each.get("to_resolve") is not None]
    return {
        "schema": "faultline.lab-score/1", "runs": len(records), "counted": len(counted),
        "failed": [f"{record['fault']} seed {record['seed']}: {record['reason']}"
                   for record in records if record["result"] == "failed"],
        "not_here": sorted({f"{record['fault']}: {record['reason']}" for record in records
                            if record["result"] == "not here"}),
        "did_not_happen": [f"{record['fault']} seed {record['seed']}" for record in done
                           if not record["happened"]],
        "judges": sorted({record["judge"] for record in records}),
        "outcomes": {name: sum(each["outcome"] == name for each in judged) for name in OUTCOMES},
        "abstained": sum(bool(each.get("abstained")) for each in judged),
        "not_judged": len(verdicts) - len(judged),
        "false_pages": sum(record["score"]["false_pages"] for record in counted),
        "to_page": _spread(pages), "to_page_hard": _spread(hard), "to_resolve": _spread(resolves),
        "hooks_off": _hooks_off(counted),
        "calibration": calibration(all_told(done)), "matrix": matrix, "faults": _by_fault(counted)}


def _hooks_off(counted):
    """The runs at whose end the sensor had taken hooks off, because the machine was so busy."""
    runs = [record for record in counted
            if (record.get("sensor") or {}).get("calls_traced") is False]
    verdicts = [each for record in runs for each in record["score"]["verdicts"]]
    return {"runs": len(runs),
            "outcomes": {name: sum(each["outcome"] == name for each in verdicts)
                         for name in OUTCOMES},
            "false_pages": sum(record["score"]["false_pages"] for record in runs)}


def _by_fault(counted):
    """Fault → how often each outcome and verdict, the false pages and the times to page."""
    found = {}
    for record in counted:
        row = found.setdefault(record["fault"], {
            "runs": 0, "outcomes": dict.fromkeys(OUTCOMES, 0), "false_pages": 0, "to_page": [],
            "verdicts": {}})
        row["runs"] += 1
        row["false_pages"] += record["score"]["false_pages"]
        for each in record["score"]["verdicts"]:
            if each["outcome"] in OUTCOMES:
                row["outcomes"][each["outcome"]] += 1
                row["verdicts"][each["verdict"]] = row["verdicts"].get(each["verdict"], 0) + 1
            if each.get("to_page") is not None:
                row["to_page"].append(each["to_page"])
    for row in found.values():
        row["to_page"] = _spread(row["to_page"])
    return found


def _spread(values):
    return {"count": len(values), "p50": percentile(values, 0.5), "p95": percentile(values, 0.95),
            "max": max(values) if values else None}


def _number(value, unit=""):
    return "–" if value is None else f"{value:.2f}{unit}"


def run_line(record):
    """One run, for people."""
    head = f"{record['fault']:4} seed {record['seed']:<4} {record['topology']:12}"
    if record["result"] != "done":
        return f"{head} {record['result'].upper()}: {record['reason']}"
    parts = []
    for each in record["score"]["verdicts"]:
        if each["outcome"] == "no judge":
            parts.append(f"truth {each['truth']}, verdict none ({record['judge']})")
        else:
            parts.append(f"truth {each['truth']}, verdict {each['verdict']}: {each['outcome']}, "
                         f"page {_number(each['to_page'], ' s')}, "
                         f"resolve {_number(each['to_resolve'], ' s')}")
    if record["decoy"]:
        parts.append("truth nothing" + ("" if record["judge"] == "judging"
                                        else f", verdict none ({record['judge']})"))
    if record["score"]["false_pages"]:
        parts.append(f"{record['score']['false_pages']} FALSE PAGES")
    if not record["happened"]:
        parts.append("DID NOT HAPPEN: " + "; ".join(record["claims"]))
    return f"{head} " + "; ".join(parts)


def reliability_lines(found, indent):
    """The bins of a calibration, for people."""
    return [f"{indent}{row['from']:.2f}–{row['to']:.2f}: stated {row['stated']:.3f}, "
            f"right {row['right']:.3f} of {row['count']}" for row in found["bins"]]


def matrix_text(matrix):
    """The confusion matrix: rows are true, columns were said."""
    columns = sorted({verdict for row in matrix.values() for verdict in row})
    width = max([len(name) for name in matrix] + [5])
    lines = [" " * width + "  " + "  ".join(columns)]
    for truth in sorted(matrix):
        cells = [str(matrix[truth].get(column, ".")).rjust(len(column)) for column in columns]
        lines.append(truth.ljust(width) + "  " + "  ".join(cells))
    return "\n".join(lines)


def _fault_text(name, row):
    """All runs of one fault, for people."""
    parts = [f"{outcome} {count}" for outcome, count in row["outcomes"].items() if count]
    if row["false_pages"]:
        parts.append(f"{row['false_pages']} FALSE PAGES")
    if row["to_page"]["count"]:
        parts.append(f"page p50 {_number(row['to_page']['p50'], ' s')}, "
                     f"max {_number(row['to_page']['max'], ' s')}")
    said = ", ".join(f"{verdict} {count}" for verdict, count in sorted(row["verdicts"].items()))
    return f"  {name:4} of {row['runs']}: {', '.join(parts) or 'no page'}" + (
        f" | {said}" if said else "")


def summary_text(total):
    """The summary, for people."""
    outcomes, judged = total["outcomes"], sum(total["outcomes"].values())
    lines = [f"{total['runs']} runs, {total['counted']} counted; judge: "
             + ", ".join(total["judges"])]
    if total["not_judged"]:
        lines.append(f"{total['not_judged']} verdicts: none, because nothing judges yet")
    if judged:
        lines.append(", ".join(f"{name} {count} ({100 * count / judged:.1f} %)"
                               for name, count in outcomes.items())
                     + f"; of the unknown {total['abstained']} may abstain")
    lines.append(f"false pages: {total['false_pages']}")
    off = total["hooks_off"]
    if off["runs"]:
        lines.append(f"of these, in {off['runs']} runs the machine was so busy that the sensor had "
                     "taken hooks off: "
                     + ", ".join(f"{name} {count}" for name, count in off["outcomes"].items())
                     + f"; false pages: {off['false_pages']}")
    for key, name in (("to_page", "time to page"), ("to_page_hard", "of hard faults"),
                      ("to_resolve", "time to resolve")):
        each = total[key]
        lines.append(f"{name}: p50 {_number(each['p50'], ' s')}, p95 {_number(each['p95'], ' s')},"
                     f" max {_number(each['max'], ' s')} of {each['count']}")
    if total["calibration"]["bins"]:
        lines.append(f"calibration (Brier score {total['calibration']['brier']:.3f}):")
        lines += reliability_lines(total["calibration"], "  ")
    if total["matrix"]:
        lines += ["truth ↓ verdict →", matrix_text(total["matrix"])]
    if len(total["faults"]) > 1:
        lines += ["fault by fault:"] + [_fault_text(name, row)
                                        for name, row in total["faults"].items()]
    for key, name in (("failed", "failed"), ("did_not_happen", "did not happen"),
                      ("not_here", "not possible here")):
        lines += [f"{name}: {each}" for each in total[key]]
    return "\n".join(lines)
