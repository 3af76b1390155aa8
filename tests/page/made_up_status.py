# SPDX-License-Identifier: BSD-2-Clause
"""Prints a made up answer to "status", as a sensor would give it.

Usage: made_up_status.py [links=N] [language=ja] [incident=PLACE] [pager=bad] [name=TEXT]
"""

import json
import sys

asked = dict(word.split("=", 1) for word in sys.argv[1:])


def figure(now, normal):
    """One figure of a link."""
    return {"now": now, "normal": normal}


def link(name, state):
    """One link."""
    return {
        "name": name, "kind": "external", "state": state, "declared": True, "sockets": 1,
        "peers": ["203.0.113.10:7001", "203.0.113.11:7001"],
        "way": {"interfaces": ["eth0"], "devices": ["edge-router"]},
        "contact": "Vendor NOC",
        "figures": {
            "response_p50": figure(0.0121, 0.0112), "response_p99": figure(0.02, None),
            "pickup_p99": figure(0.000853, 0.000801), "rtt_p50": figure(0.0021, 0.002),
            "retransmit_share": figure(0.00002, 0), "silence": figure(None, None),
        },
    }


names = [asked.get("name", "rates-feed")]
names += [f"link-{i:03}" for i in range(1, int(asked.get("links", "3")))]
place = asked.get("incident")
incidents = []
if place:
    side = {"path": "external", "app": "internal", "nic": "infra"}.get(place, "unknown")
    incidents.append({
        "event": "open", "id": "20261122-131500-rates-feed-1", "seq": 1, "severity": "page",
        "began": "2026-11-22T13:15:00.100Z", "side": side, "place": place, "confidence": 0.97,
        "scope": {"links": [names[0]], "devices": []}, "contact": "Vendor NOC +81-3-0000-0000",
        "summary": "rates-feed: segments get lost on the line",
        "evidence": [{"weight": 2.0, "text": "3.1% of segments sent are lost"}],
        "against": [{"weight": -0.7, "text": "other links lose nothing"}],
        "alternatives": [{"side": "infra", "place": "gateway", "confidence": 0.02},
                         {"side": "external", "place": "peer-app", "confidence": 0.01}],
    })
pagers = [{"name": "alertmanager", "well": True, "trouble": "", "queued": 0, "delivered": 7, "failed": 0}]
if asked.get("pager") == "bad":
    pagers.append({"name": "pagerduty", "well": False, "trouble": "answers 503", "queued": 4,
                   "delivered": 1, "failed": 9})

json.dump({
    "schema": "faultline.status/1", "time": "2026-11-22T13:20:00.000Z", "host": "trader-1",
    "language": asked.get("language", "en"),
    "links": [link(name, "faulty" if place and not i else "healthy") for i, name in enumerate(names)],
    "devices": [{"name": "edge-router", "address": "10.77.0.1", "interface": "eth0",
                 "neighbour": "reachable", "state": "healthy"}],
    "host_state": {"pressure": {"cpu_some_avg10": 1.5}, "load": {"cpus": 2}},
    "sensor": {"events_lost": 0, "cpu_seconds": 0.5},
    "incidents": incidents, "pagers": pagers,
}, sys.stdout)
