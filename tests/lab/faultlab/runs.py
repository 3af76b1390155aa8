# SPDX-License-Identifier: BSD-2-Clause
"""Runs of the lab: their names, their state on disk, and their end.

A run owns the namespaces and files that start with its prefix. Its directory holds the pid and the
start time of its owner, so that anybody can tell a dead run from a live one. A guardian, a process
that waits for the end of a pipe from the owner, removes the run when the owner dies in any way.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys

from . import limits, netns

RUNS_DIR = "/run/faultline-lab"


class Run:
    """A run of this process. Nothing is left of it after remove()."""

    def __init__(self):
        remove_dead()
        os.makedirs(RUNS_DIR, exist_ok=True)
        for suffix in itertools.chain([""], (f"n{number}" for number in itertools.count(2))):
            self.prefix = f"fl{os.getpid():x}{suffix}"
            self.directory = os.path.join(RUNS_DIR, self.prefix)
            with contextlib.suppress(FileExistsError):
                os.mkdir(self.directory, 0o700)
                break
        self.note_process("owner", os.getpid())
        package_home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "faultlab.guardian", self.prefix], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, start_new_session=True, cwd="/",
            env={**os.environ, "PYTHONPATH": package_home})

    def namespace(self, host):
        """The name of a host's namespace."""
        return f"{self.prefix}-{host}"

    def note_process(self, role, pid):
        """Writes down a process that has to end with the run."""
        path = os.path.join(self.directory, f"{role}.pid")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f"{pid} {netns.start_time(pid)}\n")
        # Nobody may read half of it, and take a live run for a dead one.
        os.rename(path + ".new", path)

    def remove(self):
        """Ends everything in the run's namespaces and removes them and its directory."""
        try:
            remove(self.prefix)
        finally:
            self._guardian.stdin.close()
            self._guardian.wait(30)


def _noted(directory):
    """The processes that were written down and still are the same: (role, pid)."""
    for entry in sorted(os.listdir(directory)):
        if not entry.endswith(".pid"):
            continue
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(directory, entry), encoding="ascii") as file:
                pid, started = file.read().split()
            if netns.start_time(int(pid)) == int(started):
                yield entry.removesuffix(".pid"), int(pid)


def is_alive(prefix):
    """Does the process that owns the run still live?"""
    try:
        return any(role == "owner" for role, _ in _noted(os.path.join(RUNS_DIR, prefix)))
    except FileNotFoundError:
        return False


def remove(prefix):
    """Removes a run, whoever owns it, except for the owner itself."""
    directory = os.path.join(RUNS_DIR, prefix)
    names = netns.present(prefix + "-")
    noted = []
    with contextlib.suppress(FileNotFoundError):
        noted = [pid for role, pid in _noted(directory) if role != "owner"]
    netns.kill(set(noted) | set(netns.processes(names)))
    netns.delete(names)
    limits.remove_of(prefix)
    shutil.rmtree(directory, ignore_errors=True)


def remove_dead():
    """Removes what runs left whose owner is dead; returns their prefixes."""
    try:
        prefixes = sorted(os.listdir(RUNS_DIR))
    except FileNotFoundError:
        return []
    dead = []
    for prefix in prefixes:
        written = os.path.exists(os.path.join(RUNS_DIR, prefix, "owner.pid"))
        if written and not is_alive(prefix):
            remove(prefix)
            dead.append(prefix)
    return dead
