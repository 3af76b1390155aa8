#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Ours beside what one would otherwise run, on the same traffic over real netem.

Each tool runs alone while the same traffic goes over a veth pair that loses packets by netem. What
it counted stands beside the kernel's own counters of that round, and what it cost: time in its BPF
programs by the kernel's accounting, and its own processor time. One JSON object a round, then a
table. Runs in a guest: the peers need kprobes.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

TOOLS = "build/tests/bpf"
NEAR, FAR, PORT = "near", "far", "7000"
LOSS = "3%"
READY_SECONDS, END_SECONDS = 120, 60
CONFIG = "scope: all\ninterval: 1s\nlisten: \"\"\nstate_dir: /tmp/peer\n"


def run(*words, check=True):
    """A command's output."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"peers: {' '.join(words)}: {done.stderr}")
    return done.stdout


def network():
    """Two namespaces and a veth pair; both ends lose."""
    for name in (NEAR, FAR):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "link", "add", "wire", "netns", NEAR, "type", "veth", "peer", "name", "wire",
        "netns", FAR)
    for name, address in ((NEAR, "10.82.0.1/24"), (FAR, "10.82.0.2/24")):
        run("ip", "-n", name, "addr", "add", address, "dev", "wire")
        run("ip", "-n", name, "link", "set", "wire", "up")
        run("tc", "-n", name, "qdisc", "add", "dev", "wire", "root", "netem", "delay", "2ms",
            "loss", LOSS, "limit", "10000")


def counters():
    """RetransSegs, ActiveOpens and PassiveOpens of both namespaces together."""
    total = {}
    for name in (NEAR, FAR):
        names, values = [line.split()[1:] for line in
                         run("ip", "netns", "exec", name, "cat", "/proc/net/snmp").splitlines()
                         if line.startswith("Tcp:")]
        for key, value in zip(names, values):
            total[key] = total.get(key, 0) + int(value)
    return {key: total[key] for key in ("RetransSegs", "ActiveOpens", "PassiveOpens")}


def traffic():
    """The same every time; returns the seconds it took."""
    serve = subprocess.Popen(["ip", "netns", "exec", FAR, f"{TOOLS}/serve", "::", PORT],
                             stdout=subprocess.PIPE, text=True)
    serve.stdout.readline()
    began = time.monotonic()
    for mode, count, more in (("short", "300", ()), ("bulk", "2", ("bytes=3000000",)),
                              ("fetch", "2", ("bytes=1500000",)), ("reset", "30", ())):
        run("ip", "netns", "exec", NEAR, f"{TOOLS}/traffic", mode, "10.82.0.2", PORT, count, *more)
    took = time.monotonic() - began
    serve.terminate()
    serve.wait()
    wait_rest()
    return took


def wait_rest():
    """Until no counter moves any more."""
    before = None
    for _ in range(END_SECONDS):
        now = counters()
        if now == before:
            return
        before = now
        time.sleep(1)


def bpf_ns():
    """Time in BPF programs, by the kernel's accounting."""
    found = json.loads(run("bpftool", "-j", "prog", "show", check=False) or "[]")
    return sum(each.get("run_time_ns", 0) for each in found), len(found)


def cpu_seconds(pid):
    """Of a process."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Peer:
    """A tool: how it is started, when it is ready, and what its output says."""

    def __init__(self, name, command, ready, counts):
        self.name, self.command, self.ready, self.counts = name, command, ready, counts

    def measure(self):
        """One round."""
        with open("/tmp/out", "w", encoding="utf-8") as out:
            process = subprocess.Popen(self.command, stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + READY_SECONDS
        while not re.search(self.ready, text()) and time.monotonic() < deadline:
            if process.poll() is not None:
                return {"tool": self.name, "failed": text()[-300:].strip()}
            time.sleep(0.2)
        time.sleep(1)
        before, spent = counters(), cpu_seconds(process.pid)
        began_ns, _ = bpf_ns()
        took = traffic()
        ended_ns, programs = bpf_ns()
        after, spent = counters(), cpu_seconds(process.pid) - spent
        counted = self.counts(text()) if self.name == "faultline" else None
        process.send_signal(signal.SIGINT)
        process.wait(END_SECONDS)
        return {"tool": self.name, "seconds": round(took, 2), "cpu_seconds": round(spent, 2),
                "bpf_ms": round((ended_ns - began_ns) / 1e6, 2), "programs": programs,
                "kernel": {key: after[key] - before[key] for key in after},
                "counted": counted or self.counts(text())}


def text():
    """What the tool printed."""
    with open("/tmp/out", encoding="utf-8", errors="replace") as file:
        return file.read()


def ours(_):
    """From the links."""
    links = json.loads(run("build/faultline", "links", "--json", "--config", "/tmp/peer.yaml"))
    connects = [link["connects"] for link in links["links"]]
    return {"RetransSegs": sum(link["retransmits"]["segments"] for link in links["links"])
            + links["not_attributed"]["retransmits"],
            "ActiveOpens": sum(each["ok"] + each["refused"] + each["timed_out"]
                               + each["unreachable"] for each in connects),
            "PassiveOpens": sum(each["accepted"] for each in connects)}


def lines(key, pattern):
    """A count of lines."""
    return lambda said: {key: len(re.findall(pattern, said, re.MULTILINE))}


def peers():
    """All there are here."""
    yield Peer("none", ["sleep", "100000"], "", lambda _: {})
    yield Peer("faultline", ["build/faultline", "run", "--config", "/tmp/peer.yaml"], "ready",
               ours)
    known = (("tcpretrans.bt", "tcpretrans.bt", "RADDR",
              lines("RetransSegs", r"^\d\d:\d\d:\d\d")),
             ("tcpconnect", "tcpconnect", "PID", lines("ActiveOpens", r"10\.82\.0\.2 +7000")),
             ("tcpstates", "tcpstates", "SKADDR",
              lines("ActiveOpens", r"SYN_SENT +-> +ESTABLISHED")),
             ("tcplife", "tcplife", "PID", lines("ActiveOpens", r"10\.82\.0\.2 +7000")))
    for name, program, ready, counts in known:
        path = shutil.which(program)
        if path:
            command = ["stdbuf", "-oL", path]
            if path.endswith(".bt"):
                command = ["stdbuf", "-oL", "bpftrace", path]
            yield Peer(name, command, ready, counts)


def main():
    """A round for each, then the table."""
    network()
    with open("/tmp/peer.yaml", "w", encoding="ascii") as file:
        file.write(CONFIG)
    run("sysctl", "-qw", "kernel.bpf_stats_enabled=1")
    rows = []
    for peer in peers():
        rows.append(peer.measure())
        print(json.dumps(rows[-1]), flush=True)
    print(f"\n{'tool':14} {'traffic s':>9} {'own CPU s':>9} {'in BPF ms':>9}  "
          "counted of the kernel's")
    for row in rows:
        if "failed" in row:
            print(f"{row['tool']:14} failed: {row['failed'].splitlines()[-1]}")
            continue
        counts = ", ".join(f"{key} {value} of {row['kernel'][key]}"
                           for key, value in row["counted"].items())
        print(f"{row['tool']:14} {row['seconds']:9} {row['cpu_seconds']:9} {row['bpf_ms']:9}  "
              f"{counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
