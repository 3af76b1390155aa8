#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How long waits took, by the sensor and by its peers on the same traffic at the same time. TAP.

A program asks a far end over a veth pair and waits for known times, while `syscount -L`, a script
of bpftrace, tcppktlat and the sensor all look on. Counts have to be the same. The sensor's median
has to be that of bpftrace, which prints every single time, within the error of the histogram and
what lies between two hooks of the same moment on an emulated processor.

Where definitions differ: syscount has only sums, so that its mean stands beside the mean of
bpftrace; tcppktlat begins anew with every packet, so that it tells how long the *last* unread
packet lay, the sensor how long the first did. Of answers in one packet that is the same.
"""

import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

TOOLS = "build/tests/bpf"
NEAR, FAR, AT, PORT = "near", "far", "10.82.0.2", 7000
GROUP = pathlib.Path("/sys/fs/cgroup/near")
CONFIG = "/tmp/waits.yaml"
READY_SECONDS, END_SECONDS = 180, 60
COUNT = 40
# A bucket of the histogram is at most 6.25 % off; hooks of one moment run one after the other.
PERCENT, BETWEEN_US = 6.25, 700
# The script sees nothing of the machine's other programs, and says when all of it is attached.
SCRIPT = """
tracepoint:syscalls:sys_enter_getppid { printf("first\\n"); }
tracepoint:syscalls:sys_enter_recvfrom /cgroup == cgroupid("%s")/ { @began[tid] = nsecs; }
tracepoint:syscalls:sys_exit_recvfrom /@began[tid]/
	{ printf("recv %%d\\n", (nsecs - @began[tid]) / 1000); delete(@began[tid]); }
tracepoint:syscalls:sys_enter_sendto /cgroup == cgroupid("%s")/ { printf("send\\n"); }
tracepoint:tcp:tcp_probe /args->dport == 7000 && args->data_len > 0 && !@came[args->sock_cookie]/
	{ @came[args->sock_cookie] = nsecs; }
tracepoint:tcp:tcp_rcv_space_adjust /@came[args->sock_cookie]/
	{ printf("pickup %%d\\n", (nsecs - @came[args->sock_cookie]) / 1000);
	  delete(@came[args->sock_cookie]); }
tracepoint:syscalls:sys_enter_getpgid { printf("last\\n"); }
END { clear(@began); clear(@came); }
"""


def run(*words, check=True):
    """A command's output."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"waits: {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def network():
    """Two namespaces and a veth pair."""
    for name in (NEAR, FAR):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "link", "add", "wire", "netns", NEAR, "type", "veth", "peer", "name", "wire",
        "netns", FAR)
    for name, address in ((NEAR, "10.82.0.1/24"), (FAR, f"{AT}/24")):
        run("ip", "-n", name, "addr", "add", address, "dev", "wire")
        run("ip", "-n", name, "link", "set", "wire", "up")
    GROUP.mkdir()


class Tool:
    """A program that looks on, and what it printed."""

    def __init__(self, name, command, ready):
        self.name, self._ready = name, ready
        self._path = pathlib.Path(f"/tmp/{name}.out")
        with open(self._path, "w", encoding="utf-8") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def said(self):
        """Everything so far."""
        return self._path.read_text(encoding="utf-8", errors="replace")

    def wait(self):
        """Until it is attached."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready(self.said()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"waits: {self.name} is not ready: {self.said()[-500:]}")
            time.sleep(0.3)

    def finish(self):
        """Ends it; everything it printed. Lines come as they are printed, so that one that does
        not end in time has said what it saw all the same."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"# {self.name} is slow to end, and is killed", flush=True)
            self._process.kill()
            self._process.wait()
        return self.said()


def script_ready(said):
    """The script is attached when its first and its last probe answer."""
    os.getppid()
    os.getpgid(0)
    return "first" in said and "last" in said


def onlookers():
    """All of them, ready."""
    near = ["ip", "netns", "exec", NEAR]
    script = SCRIPT % (GROUP, GROUP)
    tools = (
        Tool("faultline", near + ["build/faultline", "run", "--config", CONFIG],
             lambda said: "ready" in said),
        Tool("syscount", ["stdbuf", "-oL", "syscount", "-L", "-T", "50", "-c", str(GROUP)],
             lambda said: "racing" in said),
        Tool("bpftrace", ["stdbuf", "-oL", "bpftrace", "-B", "line", "-e", script], script_ready),
        Tool("tcppktlat", ["stdbuf", "-oL", "tcppktlat", "-r", str(PORT)],
             lambda said: "RADDR" in said))
    for tool in tools:
        tool.wait()
    return {tool.name: tool for tool in tools}


def in_group(command):
    """Runs a command in the near namespace and the control group that is looked at."""
    words = ["sh", "-c", f'echo $$ >{GROUP}/cgroup.procs && exec "$@"', "sh",
             "ip", "netns", "exec", NEAR, *command]
    return run(*words)


def ask_in_pieces():
    """Answers of three packets 10 ms apart, read 40 ms after the first came. Run in the group."""
    with socket.create_connection((AT, PORT)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(COUNT):
            connection.send(struct.pack("<8I", 5000, 3, 10000, 64, 0, 0, 0, 0))
            select.select([connection], [], [])
            time.sleep(0.04)
            left = 3 * 64
            while left:
                left -= len(connection.recv(left))


MODES = {"blocked": [f"{TOOLS}/wait_near", "blocked", AT, str(PORT), str(COUNT)],
         "late": [f"{TOOLS}/wait_near", "late", AT, str(PORT), str(COUNT)],
         "pieces": [sys.executable, __file__, "ask-in-pieces"]}


def sensor_now():
    """The link's figures and whether system calls are traced."""
    links = json.loads(run("build/faultline", "links", "--json", "--config", CONFIG))
    link = next((each for each in links["links"] if each["name"] == "far"), None)
    return link, links["sensor"]["calls_traced"]


def wait_for(what, condition):
    """Until it holds."""
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waits: waited in vain: {what}")
        time.sleep(0.2)


def look_at(mode):
    """What everybody says of one mode, as one dictionary of lists and sums."""
    tools = onlookers()
    wait_for("calls are traced", lambda: sensor_now()[1])
    in_group(MODES[mode])
    wait_for("the connection is closed", lambda: not re.search(
        r"ESTAB|FIN|CLOSE", run("ip", "netns", "exec", NEAR, "ss", "-Htan")))
    time.sleep(1.5)    # the sensor's tick
    link, _ = sensor_now()
    said = {name: tool.finish() for name, tool in tools.items()}
    script = said["bpftrace"]
    calls = {match[1]: (int(match[2]), float(match[3])) for match in
             re.finditer(r"^(\w+) +(\d+) +([\d.]+)$", said["syscount"], re.MULTILINE)}
    return {
        "link": link, "syscount": calls, "sends": len(re.findall(r"^send$", script, re.MULTILINE)),
        "recvs": [int(each) for each in re.findall(r"^recv (\d+)", script, re.MULTILINE)],
        "pickups": [int(each) for each in re.findall(r"^pickup (\d+)", script, re.MULTILINE)],
        # Its last column is milliseconds.
        "tcppktlat": [float(line.split()[-1]) * 1000 for line in said["tcppktlat"].splitlines()
                      if f" {PORT} " in line]}


class Tap:
    """Numbered results."""

    def __init__(self):
        self._number = self.failed = 0

    def result(self, passed, text):
        """One line."""
        self._number += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self._number} - {text}", flush=True)

    def same(self, what, sensor, peer, other):
        """Two counts."""
        self.result(sensor == other, f"{what}: sensor {sensor}, {peer} {other}")

    def close(self, what, sensor_us, peer, other_us, more_us=0.0):
        """Two times, within the histogram's error and the way between two hooks."""
        allowed = other_us * PERCENT / 100 + BETWEEN_US + more_us
        self.result(abs(sensor_us - other_us) <= allowed,
                    f"{what}: sensor {sensor_us:.0f} us, {peer} {other_us:.0f} us "
                    f"(within {allowed:.0f})")

    def plan(self):
        """The last line."""
        print(f"1..{self._number}")


def calls_agree(tap):
    """Receives that sleep 20 ms: beside syscount and the script."""
    seen = look_at("blocked")
    recv, send = (seen["link"]["latency"][each] for each in ("recv", "send"))
    missed = seen["link"]["not_measured"]
    count, total_us = seen["syscount"].get("recvfrom", (0, 0.0))
    recvs = seen["recvs"] or [0]
    mean = statistics.mean(recvs)
    tap.same("receives, measured or told as not", recv["count"] + missed.get("recv", 0),
             "syscount -L", count)
    tap.same("receives, measured or told as not", recv["count"] + missed.get("recv", 0),
             "bpftrace", len(seen["recvs"]))
    tap.same("sends, measured or told as not", send["count"] + missed.get("send", 0),
             "syscount -L", seen["syscount"].get("sendto", (0, 0))[0])
    tap.close("receive, median", recv.get("p50_us", 0), "bpftrace", statistics.median(recvs))
    tap.close("receive, longest", recv.get("max_us", 0), "bpftrace", max(recvs))
    tap.close("receive, the sensor's median and the mean of syscount -L", recv.get("p50_us", 0),
              "syscount -L", total_us / max(count, 1), abs(mean - statistics.median(recvs)))


def pickups_agree(tap):
    """Answers of one packet, read 30 ms late."""
    seen = look_at("late")
    pickup, pickups = seen["link"]["latency"]["pickup"], seen["pickups"] or [0]
    theirs = seen["tcppktlat"] or [0]
    tap.same("pickups of one packet", pickup["count"], "tcppktlat", len(seen["tcppktlat"]))
    tap.same("pickups of one packet", pickup["count"], "bpftrace", len(seen["pickups"]))
    tap.close("pickup, median", pickup.get("p50_us", 0), "tcppktlat", statistics.median(theirs))
    tap.close("pickup, median", pickup.get("p50_us", 0), "bpftrace", statistics.median(pickups))
    # A packet that came twice makes tcppktlat begin anew; its longest is of another thing.
    tap.close("pickup, longest", pickup.get("max_us", 0), "bpftrace", max(pickups))


def first_and_last_packet(tap):
    """Answers of three packets, read 40 ms after the first and 20 ms after the last."""
    seen = look_at("pieces")
    pickup, pickups = seen["link"]["latency"]["pickup"], seen["pickups"] or [0]
    theirs = statistics.median(seen["tcppktlat"] or [0])
    print(f"# pickups of three packets: sensor {json.dumps(pickup)}, not measured "
          f"{json.dumps(seen['link']['not_measured'])}\n# bpftrace {sorted(pickups)}\n"
          f"# tcppktlat {sorted(seen['tcppktlat'])}")
    tap.close("pickup of three packets, from the first, median", pickup.get("p50_us", 0),
              "bpftrace", statistics.median(pickups))
    tap.result(0 < theirs < pickup.get("p50_us", 0) - 10000,
               f"the same by tcppktlat, from the last: {theirs:.0f} us, at least 10 ms less")


PARTS = (calls_agree, pickups_agree, first_and_last_packet)


def main():
    """All parts, or those that the command line names."""
    if sys.argv[1:] == ["ask-in-pieces"]:
        ask_in_pieces()
        return 0
    network()
    pathlib.Path(CONFIG).write_text(
        'interval: 1s\nlisten: ""\nstate_dir: /tmp/waits\n'
        f'links:\n  - {{name: far, kind: external, endpoints: ["{AT}:{PORT}"]}}\n',
        encoding="ascii")
    serve = subprocess.Popen(["ip", "netns", "exec", FAR, f"{TOOLS}/wait_far", AT, str(PORT)],
                             stdout=subprocess.PIPE, text=True)
    tap = Tap()
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(serve.terminate)
        serve.stdout.readline()
        for part in PARTS:
            if part.__name__ in sys.argv or len(sys.argv) == 1:
                part(tap)
    tap.plan()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
