#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace, a link in it, and everything that a sensor is asked to do in its life.

The far end is on the same loopback, so that one namespace is enough.  Each step waits for what the
sensor says and not for time; what it does not do within GRACE seconds it is not going to do.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

GRACE = 12
PORT, REFUSED_PORT, HTTP_PORT = 7001, 7002, 9435

CONFIG = """\
interval: 200ms
state_dir: {state}
listen: 127.0.0.1:{http}
links:
  - {{name: feed, kind: external, endpoints: ["127.0.0.1:{port}"]}}
  - {{name: orders, kind: external, endpoints: ["127.0.0.1:{refused}"]}}
pagers:
  - {{type: exec, command: [/bin/true]}}
"""


class Trouble(Exception):
    """The scene itself does not work."""


def serve(port):
    """A far end that echoes; runs for ever in a process of its own within the namespace."""
    listening = socket.create_server(("127.0.0.1", port), backlog=64)
    print("serving", flush=True)

    def echo(connection):
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)

    threading.Thread(target=steps, daemon=True).start()
    while True:
        threading.Thread(target=echo, args=(listening.accept()[0],), daemon=True).start()


def steps():
    """Does what it reads: talks over the link, is refused, asks over HTTP; says how it went."""
    for line in sys.stdin:
        try:
            print(json.dumps(STEPS[line.strip()]()), flush=True)
        except (OSError, http.client.HTTPException) as error:
            print(json.dumps(str(error)), flush=True)
    os._exit(0)


def talk():
    with socket.create_connection(("127.0.0.1", PORT), timeout=5) as link:
        for _ in range(20):
            link.sendall(b"x" * 32)
            link.recv(4096)
    return "talked"


def be_refused():
    for _ in range(5):
        socket.socket().connect_ex(("127.0.0.1", REFUSED_PORT))
    return "refused"


def ask():
    statuses = []
    for path in ("/metrics", "/api/status", "/api/incidents", "/"):
        connection = http.client.HTTPConnection("127.0.0.1", HTTP_PORT, timeout=5)
        connection.request("GET", path)
        statuses.append(connection.getresponse().status)
        connection.close()
    return statuses


STEPS = {"talk": talk, "refused": be_refused, "ask": ask}


class Scene:
    count = 0

    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = directory
        Scene.count += 1
        self.namespace = f"fl-torture-{os.getpid()}-{Scene.count}"
        os.makedirs(directory, exist_ok=True)
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        subprocess.run(["ip", "-n", self.namespace, "link", "set", "lo", "up"], check=True)
        self.far = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, sys.executable, os.path.abspath(__file__)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.far.stdout.readline().strip() != "serving":
            raise Trouble("the far end does not serve")

    def close(self):
        self.far.kill()
        self.far.wait()
        subprocess.run(["ip", "netns", "del", self.namespace], check=False)

    def do(self, step):
        self.far.stdin.write(step + "\n")
        self.far.stdin.flush()
        return json.loads(self.far.stdout.readline())

    def said(self, what):
        return what in self.text("log")

    def text(self, name):
        with open(os.path.join(self.directory, name), errors="replace", encoding="utf-8") as file:
            return file.read()

    def wait(self, condition, grace=GRACE):
        """Until the condition holds; False when the sensor ended or time is over."""
        end = time.monotonic() + grace * float(os.environ.get("FAULTLINE_TEST_PATIENCE", "1"))
        while not condition():
            if self.sensor.poll() is not None or time.monotonic() > end:
                return condition()
            time.sleep(0.02)
        return True

    def events(self):
        """The events on the stream; a line that was cut off is none."""
        events = []
        for line in self.text("out").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
        return events

    def opened(self):
        return any(event.get("event") == "open" for event in self.events())

    def command(self, *words):
        return subprocess.run([self.binary, *words, "--config", self.config], text=True,
                              capture_output=True, timeout=60, check=False)

    def begin(self, prefix):
        self.state = os.path.join(self.directory, "state")
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        self.config = os.path.join(self.directory, "faultline.yaml")
        self.write_config("")
        with open(os.path.join(self.directory, "out"), "wb") as out, \
                open(os.path.join(self.directory, "log"), "wb") as log:
            self.sensor = subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, *prefix, self.binary, "run", "--json",
                 "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def write_config(self, more):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(state=self.state, port=PORT, refused=REFUSED_PORT,
                                     http=HTTP_PORT) + more)

    def play(self, prefix, told, failed):
        """A sensor's life from start to stop.  What was wrong with it, or None.

        prefix: words before the command; told: what matches in the log when a loss is told;
        failed(): did a call fail until now?
        """
        self.begin(prefix)
        try:
            trouble = self.live(told, failed)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            trouble = f"the scene: {error!r}"
        if self.sensor.poll() is None:
            self.sensor.kill()
            self.sensor.wait()
        return trouble or self.judge_state(told, failed)

    def live(self, told, failed):
        def excused():
            return failed() and told.search(self.text("log"))

        if not self.wait(lambda: self.said("ready:")):
            return self.judge_end(told, failed, ready=False)
        links = None
        for _ in range(2):
            self.do("talk")
            links = self.command("links", "--json")
        self.do("ask")
        if links.returncode and not (failed() and links.stderr):
            return f"links: {links.stderr.strip()[-300:]}"
        self.do("refused")
        incident = self.wait(self.incident_or(excused))
        self.write_config("    # another text\n")
        if self.sensor.poll() is None:
            self.sensor.send_signal(signal.SIGHUP)
        reloaded = self.wait(lambda: self.said("reload:") or self.said("the configuration is wrong"))
        # Whatever failed, it goes on: what is asked now is answered.
        if self.sensor.poll() is None:
            last = self.command("links", "--json")
            if last.returncode and not (failed() and last.stderr):
                return f"links after the reload: {last.stderr.strip()[-300:]}"
        if self.sensor.poll() is None:
            self.sensor.send_signal(signal.SIGTERM)
        trouble = self.judge_end(told, failed, ready=True)
        if trouble:
            return trouble
        if not incident and not excused():
            return "no incident was told, and no word why"
        if not reloaded and not excused():
            return "the reload was not answered"
        return None

    def incident_or(self, excused):
        """Keeps the fault up until it is told."""
        def condition():
            if self.opened():
                return True
            self.do("refused")
            return False
        return condition

    def judge_end(self, told, failed, ready):
        try:
            status = self.sensor.wait(GRACE * 2)
        except subprocess.TimeoutExpired:
            return "it does not stop" if ready else "it neither begins nor ends"
        log = self.text("log").strip()
        if status == 0 and ready:
            return None
        if not failed():
            return f"status {status} without a fault: {log[-300:]}"
        if status not in (1, 3):
            return f"status {status}: {log[-300:]}"
        return None if told.search(log) else f"status {status} without a word: {log[-300:]}"

    def judge_state(self, told, failed):
        """Whatever happened, the log of incidents reads, and holds what was told."""
        path = os.path.join(self.state, "faultline.db")
        if not os.path.exists(path) or not os.path.getsize(path):
            return None
        with sqlite3.connect(path) as database:
            if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return "the database is damaged"
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables:
            return None
        audit = self.command("audit")
        if audit.returncode:
            return f"audit: {audit.stdout} {audit.stderr}"
        kept = self.command("incidents", "--json")
        if kept.returncode or (self.opened() and '"open"' not in kept.stdout
                               and '"event"' not in kept.stdout):
            if not (failed() and told.search(self.text("log"))):
                return f"incidents: {kept.stdout[-100:]} {kept.stderr}"
        return None


def show_life(binary, prefix):
    """One life of a sensor, without a fault; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="faultline-life-") as directory:
        scene = Scene(os.path.abspath(binary), directory)
        try:
            trouble = scene.play(prefix, re.compile("$^"), lambda: False)
            print(scene.text("log"))
            print(trouble or "all was done")
            return 1 if trouble else 0
        finally:
            scene.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--life"]:
        sys.exit(show_life(sys.argv[2], sys.argv[3:]))
    serve(PORT)
