# SPDX-License-Identifier: BSD-2-Clause
"""Control groups: less processor, disk or socket memory for some processes, until they are let go.

Version 1 and version 2 of control groups are known; what a machine has not, raises LabError. A
group is named after the run, holds only processes of the run, and disappears with release().
"""

import contextlib
import glob
import os

from .errors import LabError
from .waiting import wait_until

ROOT = "/sys/fs/cgroup"
SOCKET_MEMORY = "memory.kmem.tcp.limit_in_bytes"


class Group:
    """A control group for one controller."""

    def __init__(self, controller, name, pids):
        self.first = os.path.exists(os.path.join(ROOT, controller, "cgroup.procs"))
        parent = os.path.join(ROOT, controller) if self.first else ROOT
        if not self.first:
            with open(os.path.join(ROOT, "cgroup.controllers"), encoding="ascii") as file:
                if controller not in file.read().split():
                    raise LabError(f"this machine has no control groups for {controller}")
            self._write(os.path.join(ROOT, "cgroup.subtree_control"), f"+{controller}")
        self._parent = parent
        self.path = os.path.join(parent, f"faultlab-{name}")
        os.makedirs(self.path, exist_ok=True)
        for pid in pids:
            self.take(pid)

    @staticmethod
    def _write(path, text):
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write(str(text))
        except OSError as error:
            raise LabError(f"{path}: {text}: {error.strerror}") from error

    def take(self, pid):
        """Puts a process into the group."""
        self._write(os.path.join(self.path, "cgroup.procs"), pid)

    def write(self, name, text):
        """Sets a limit."""
        self._write(os.path.join(self.path, name), text)

    def read(self, name):
        """Reads a file of the group."""
        with open(os.path.join(self.path, name), encoding="ascii") as file:
            return file.read()

    def has(self, name):
        """Does this kernel have that limit?"""
        return os.path.exists(os.path.join(self.path, name))

    def release(self):
        """Lets the processes go and removes the group."""
        # Sockets stay with the group that they were made in, also when it is gone.
        if self.has(SOCKET_MEMORY):
            self.write(SOCKET_MEMORY, -1)
        for pid in self.read("cgroup.procs").split():
            with contextlib.suppress(LabError):
                self._write(os.path.join(self._parent, "cgroup.procs"), pid)

        def removed():
            try:
                os.rmdir(self.path)
            except FileNotFoundError:
                return True
            except OSError:
                return False
            return True
        wait_until(removed, 5, f"{self.path} is empty")


def remove_of(prefix):
    """Removes the groups that a run left behind; its processes have ended."""
    for path in glob.glob(f"{ROOT}/*/faultlab-{prefix}") + glob.glob(f"{ROOT}/faultlab-{prefix}"):
        with contextlib.suppress(OSError):
            os.rmdir(path)


def throttle_cpu(name, pids, quota_us, period_us):
    """A group that gets quota_us of every period_us of one processor."""
    group = Group("cpu", name, pids)
    if group.first:
        group.write("cpu.cfs_period_us", period_us)
        group.write("cpu.cfs_quota_us", quota_us)
    else:
        group.write("cpu.max", f"{quota_us} {period_us}")
    return group


def times_throttled(group):
    """How often the group was held back."""
    for line in group.read("cpu.stat").splitlines():
        if line.startswith("nr_throttled "):
            return int(line.split()[1])
    return 0


def throttle_writes(name, pids, directory, writes_per_second):
    """A group that may write so often a second to the disk that holds the directory."""
    number = os.stat(directory).st_dev
    disk = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not os.path.exists(disk):
        raise LabError(f"{directory} is on no disk")
    if os.path.exists(os.path.join(disk, "partition")):
        disk = os.path.dirname(disk)
    with open(os.path.join(disk, "dev"), encoding="ascii") as file:
        device = file.read().strip()
    controller = "blkio" if os.path.exists(os.path.join(ROOT, "blkio")) else "io"
    group = Group(controller, name, pids)
    if group.first:
        group.write("blkio.throttle.write_iops_device", f"{device} {writes_per_second}")
    else:
        group.write("io.max", f"{device} wiops={writes_per_second}")
    return group


def limit_socket_memory(name, pids, limit_bytes):
    """A group whose TCP sockets may hold so many bytes. Control groups of version 2 count socket
    memory together with all other, so only version 1 can do this."""
    group = Group("memory", name, [])
    if not group.has(SOCKET_MEMORY):
        group.release()
        raise LabError("this machine has no limit of socket memory for a group")
    group.write(SOCKET_MEMORY, limit_bytes)
    for pid in pids:
        group.take(pid)
    return group
