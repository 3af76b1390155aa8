# SPDX-License-Identifier: BSD-2-Clause
"""Real servers from packages inside the lab: PostgreSQL, Redis, nginx, a FIX session.

Each has a directory of its own that goes with it, is waited for until it serves, carries a load
from the trader, and is ended by its pid. None uses or touches what the packages set up on this
machine. What is not installed is said and left out.
"""

import contextlib
import glob
import json
import os
import pwd
import re
import shutil
import signal
import tempfile

from .errors import LabError
from .part import PROGRAMS
from .topology import Lab
from .waiting import wait_until

READY_SECONDS = 30


def _find(name):
    """A program in the path, or where Debian puts PostgreSQL's."""
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin") or (
        places[-1] if places else None)


class RealServer:
    """A server on one host of the lab and its load on another."""

    name = ""
    programs = ()
    package = ""
    user = None
    host_role = "far"
    port = 0

    def __init__(self, lab):
        self.lab = lab
        self.host = next(host for host in lab.hosts.values() if host.role == self.host_role)
        self.trader = next(host for host in lab.hosts.values() if host.role == "trader")
        self.address = self.host.address()
        self.directory = None
        self.process = None

    @classmethod
    def missing(cls):
        """What is not installed, as a text; "" when all is there."""
        if cls.user:
            try:
                pwd.getpwnam(cls.user)
            except KeyError:
                return f"no user {cls.user}: install {cls.package}"
        lacking = [each for each in cls.programs if not _find(each)]
        return f"no {', '.join(lacking)}: install {cls.package}" if lacking else ""

    def __enter__(self):
        # In the run's directory, so that it goes with the run however that ends.
        os.chmod(self.lab.run.directory, 0o711)
        self.directory = tempfile.mkdtemp(prefix=f"{self.name}-", dir=self.lab.run.directory)
        try:
            if self.user:
                os.chown(self.directory, pwd.getpwnam(self.user).pw_uid, -1)
            self.start()
            self.wait_serving()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the server and removes its directory."""
        if self.process:
            self.process.stop(15)
        shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, *arguments):
        """The server's process, as its user."""
        self.process = self.host.spawn([*self.as_user(), *arguments], name=self.name)

    def as_user(self):
        """What goes before a command so that it runs as the server's user."""
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"
                ] if self.user else []

    def start(self):
        """Starts the server."""
        raise NotImplementedError

    def load(self, seconds):
        """Runs the load; returns a dictionary of what it measured."""
        raise NotImplementedError

    def wait_serving(self):
        """Waits until the port listens."""
        def listens():
            if self.process.poll() is not None:
                raise LabError(f"{self.name} ended: {self.process.output()}"
                               f"{self.process.errors()}")
            found = self.host.run(["ss", "-Htln", f"sport = :{self.port}"]).stdout
            return bool(found.strip())
        wait_until(listens, READY_SECONDS, f"{self.name} listens on port {self.port}")

    def figures(self, text, **patterns):
        """Numbers out of a load maker's report; LabError when one is not there."""
        found = {}
        for name, pattern in patterns.items():
            match = re.search(pattern, text)
            if not match:
                raise LabError(f"{self.name}: no {name} in the load maker's report:\n{text}")
            found[name] = float(match.group(1))
        return found


class Postgres(RealServer):
    """PostgreSQL as the internal database, with pgbench."""

    name, package, user, host_role, port = "postgres", "postgresql", "postgres", "service", 5433
    programs = ("initdb", "postgres", "pgbench")

    def start(self):
        data = os.path.join(self.directory, "data")
        self.host.run([*self.as_user(), _find("initdb"), "-D", data, "-A", "trust", "-N",
                       "--no-instructions"], timeout=60)
        with open(os.path.join(data, "pg_hba.conf"), "a", encoding="ascii") as file:
            file.write("host all all 10.0.0.0/8 trust\n")
        self.spawn(_find("postgres"), "-D", data, "-h", self.address, "-p", str(self.port),
                   "-k", self.directory, "-F", "-c", "shared_buffers=16MB")

    def wait_serving(self):
        self.process.wait_for(r"ready to accept connections", READY_SECONDS, stream="err")

    def load(self, seconds):
        common = ["-h", self.address, "-p", str(self.port), "-U", "postgres", "postgres"]
        self.trader.run([_find("pgbench"), "-i", "-q", "-s", "1", *common], timeout=60)
        done = self.trader.run([_find("pgbench"), "-c", "4", "-R", "100", "-n", "-T",
                                str(max(1, round(seconds))), *common], timeout=seconds + 30)
        return self.figures(done.stdout, transactions=r"actually processed: (\d+)",
                            latency_ms=r"latency average = ([0-9.]+)", failed=r"failed.*: (\d+)")


class Redis(RealServer):
    """Redis as an internal cache, with redis-benchmark."""

    name, package, host_role, port = "redis", "redis-server", "service", 6380
    programs = ("redis-server", "redis-benchmark")

    def start(self):
        self.spawn(_find("redis-server"), "--port", str(self.port), "--bind", self.address,
                   "--dir", self.directory, "--save", "", "--protected-mode", "no")

    def load(self, seconds):
        requests = max(1000, round(1000 * seconds))
        done = self.trader.run([_find("redis-benchmark"), "-h", self.address, "-p", str(self.port),
                                "-n", str(requests), "-c", "4", "-t", "get", "--csv"],
                               timeout=60)
        row = done.stdout.splitlines()[-1].replace('"', "").split(",")
        return {"requests_per_second": float(row[1]), "p50_ms": float(row[4]),
                "requests": requests}


class Nginx(RealServer):
    """nginx at a far end, with wrk."""

    name, package, port = "nginx", "nginx-light wrk", 8081
    programs = ("nginx", "wrk")

    def start(self):
        config = os.path.join(self.directory, "nginx.conf")
        temporary = " ".join(f"{kind}_temp_path {self.directory}/{kind};" for kind in
                             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(config, "w", encoding="ascii") as file:
            file.write(f"daemon off; master_process off; pid {self.directory}/pid;\n"
                       f"error_log {self.directory}/error.log;\n"
                       "events { worker_connections 256; }\n"
                       f"http {{ access_log off; {temporary}\n"
                       f"  server {{ listen {self.address}:{self.port};\n"
                       "    location / { return 200 'quote'; } } }\n")
        self.spawn(_find("nginx"), "-c", config, "-p", self.directory,
                   "-e", f"{self.directory}/error.log")

    def load(self, seconds):
        done = self.trader.run(["wrk", "-t1", "-c8", f"-d{max(1, round(seconds))}s",
                                f"http://{self.address}:{self.port}/"], timeout=seconds + 30)
        return self.figures(done.stdout, requests=r"(\d+) requests in",
                            requests_per_second=r"Requests/sec: +([0-9.]+)")


class Fix(RealServer):
    """A FIX session with the QuickFIX library: the venue at a far end, the firm on the trader."""

    name, package, port = "fix", "libquickfix-dev and g++, then `make tools`", 9878

    @classmethod
    def missing(cls):
        built = os.access(os.path.join(PROGRAMS, "fix_session"), os.X_OK)
        return "" if built else f"no fix_session: install {cls.package}"

    def start(self):
        self.spawn(os.path.join(PROGRAMS, "fix_session"), "accept", self.address, str(self.port))

    def load(self, seconds):
        firm = self.trader.spawn([os.path.join(PROGRAMS, "fix_session"), "initiate", self.address,
                                  str(self.port), "50"], name="fix-firm")
        firm.wait_for(r'"event":"ready"', READY_SECONDS)
        firm.signal(signal.SIGUSR1)
        firm.wait_for(r'"event":"truth"', READY_SECONDS)
        with contextlib.suppress(LabError):
            firm.wait(seconds)
        firm.stop()
        truth = json.loads(firm.output().splitlines()[-1])
        return {"orders": truth["orders"], "fills": truth["fills"],
                "p50_ms": truth["response_us"]["p50_us"] / 1000}


SERVERS = {each.name: each for each in (Postgres, Redis, Nginx, Fix)}


def run(which, seed, seconds, as_json, topology="basic"):
    """Starts the servers one by one, puts load on each, and tells what came of it. Returns the
    exit status: 1 when one did not work; what is not installed is only told."""
    for name in which:
        if name not in SERVERS:
            raise LabError(f"{name!r}: no such server; there are {', '.join(SERVERS)}")
    worst = 0
    with Lab(topology, seed=seed) as lab:
        for name in which or SERVERS:
            kind = SERVERS[name]
            told = {"server": name, "result": "works"}
            if kind.missing():
                told.update(result="not here", reason=kind.missing())
            else:
                try:
                    with kind(lab) as server:
                        told.update(host=server.host.name, **server.load(seconds))
                except (LabError, OSError) as error:
                    told.update(result="failed", reason=str(error))
                    worst = 1
            print(json.dumps(told) if as_json else " ".join(
                f"{key}={value}" for key, value in told.items()), flush=True)
    return worst
