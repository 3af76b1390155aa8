# SPDX-License-Identifier: BSD-2-Clause
"""Processes on hosts of the lab: their output is kept, and can be waited for with a deadline.

One thread per process reads both streams, stores them in files and wakes who waits. Only the last
part of each stream is kept in memory for matching; the files hold all of it.
"""

import contextlib
import os
import re
import selectors
import signal
import subprocess
import threading
import time

from .errors import ProcessError
from .waiting import PATIENCE

KEPT_CHARACTERS = 4 << 20


class Output:
    """What a process printed so far, which can be waited for."""

    def __init__(self, name, pid=0):
        self.name = name
        self.pid = pid
        self._text = {"out": "", "err": ""}
        self._changed = threading.Condition()
        self._closed = False

    def _add(self, stream, text):
        with self._changed:
            self._text[stream] = (self._text[stream] + text)[-KEPT_CHARACTERS:]
            self._changed.notify_all()

    def _close(self):
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def output(self):
        """What it printed to standard output so far."""
        with self._changed:
            return self._text["out"]

    def errors(self):
        """What it printed to standard error so far."""
        with self._changed:
            return self._text["err"]

    def _describe(self, problem):
        return ProcessError(f"{self.name} (pid {self.pid}): {problem}\n"
                            f"--- standard output\n{self.output()[-4000:]}\n"
                            f"--- standard error\n{self.errors()[-4000:]}")

    def wait_for(self, pattern, timeout=10, stream="out"):
        """Waits until the regular expression matches the output (multi-line), and returns the
        match; ProcessError at the deadline, or when it ended without printing it."""
        expression = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + timeout * PATIENCE
        with self._changed:
            while True:
                match = expression.search(self._text[stream])
                if match:
                    return match
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    break
                self._changed.wait(left)
        problem = "ended" if self._closed else f"{timeout} s passed"
        raise self._describe(f"{problem} without {pattern!r}")


class Process(Output):
    """A running process. Made by Host.spawn(). The listener is called with ("out" or "err", text)
    as it prints, and with ("end", status)."""

    def __init__(self, command, name, directory, env=None, stdin=None, cwd=None, listener=None):
        super().__init__(name)
        self.stdout_path = os.path.join(directory, f"{name}.out")
        self.stderr_path = os.path.join(directory, f"{name}.err")
        self.listener = listener
        self._popen = subprocess.Popen(
            command, stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=cwd,
            start_new_session=True)
        self.pid = self._popen.pid
        self.stdin = self._popen.stdin
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with (selectors.DefaultSelector() as selector,
              open(self.stdout_path, "wb", buffering=0) as out,
              open(self.stderr_path, "wb", buffering=0) as err):
            selector.register(self._popen.stdout, selectors.EVENT_READ, ("out", out))
            selector.register(self._popen.stderr, selectors.EVENT_READ, ("err", err))
            while selector.get_map():
                for key, _ in selector.select():
                    stream, file = key.data
                    data = os.read(key.fd, 65536)
                    if not data:
                        selector.unregister(key.fileobj)
                        continue
                    file.write(data)
                    self._add(stream, data.decode(errors="replace"))
                    if self.listener:
                        self.listener(stream, data.decode(errors="replace"))
        self._popen.stdout.close()
        self._popen.stderr.close()
        self._close()
        if self.listener:
            self.listener("end", self._popen.wait())

    def poll(self):
        """The exit status, or None while it runs."""
        return self._popen.poll()

    def wait(self, timeout=10):
        """Waits for its end and all its output; returns the exit status."""
        try:
            status = self._popen.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise self._describe(f"still runs after {timeout} s") from None
        self._reader.join(timeout)
        return status

    def signal(self, number):
        """Sends a signal to this process alone; does nothing when it has ended."""
        if self._popen.poll() is None:
            self._popen.send_signal(number)

    def close(self):
        """Ends it by force if it still runs, and lets go of all that it held here."""
        if self.stdin:
            with contextlib.suppress(OSError):
                self.stdin.close()
        self.signal(signal.SIGKILL)
        self._popen.wait(5)
        self._reader.join(5)

    def stop(self, timeout=5):
        """Ends it: politely, and by force when it does not follow. Returns the exit status."""
        if self.stdin:
            with contextlib.suppress(OSError):
                self.stdin.close()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except ProcessError:
            self.signal(signal.SIGKILL)
            return self._popen.wait(timeout)
