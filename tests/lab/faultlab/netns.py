# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces: making, entering, reading their counters, ending what runs in them.

Entering is done by the calling thread only and undone before anything else runs in it, so other
threads of the program never notice.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess

from .errors import LabError

NETNS_DIR = "/run/netns"
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def path(name):
    """The file that stands for the namespace."""
    return os.path.join(NETNS_DIR, name)


def ip(lines, namespace=None):
    """Runs a list of `ip` commands in one process, inside a namespace when one is given."""
    where = ["-n", namespace] if namespace else []
    done = subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"ip in {namespace or 'this namespace'}: {done.stderr.strip()}\n"
                       + "\n".join(f"  {number}: {line}" for number, line in enumerate(lines, 1)))


def links(namespace):
    """All devices of the namespace, as `ip -json link` describes them, by their names."""
    done = subprocess.run(["ip", "-n", namespace, "-json", "link"], text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"ip link in {namespace}: {done.stderr.strip()}")
    return {link["ifname"]: link for link in json.loads(done.stdout)}


def carries(link):
    """Is a device that is set up able to carry packets? The kernel says so some time later, and
    until then drops what is sent."""
    return "UP" not in link["flags"] or (link["operstate"] in ("UP", "UNKNOWN")
                                         and link["qdisc"] != "noop")


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


@contextlib.contextmanager
def inside(name):
    """The calling thread is in the namespace for the duration of the block."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        other = os.open(path(name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(other)
        finally:
            os.close(other)
        try:
            yield
        finally:
            _setns(own)
    finally:
        os.close(own)


def set_sysctls(name, values):
    """Writes settings, a dictionary of dotted names, inside the namespace."""
    with inside(name):
        for key, value in values.items():
            where = "/proc/sys/" + key.replace(".", "/")
            try:
                with open(where, "w", encoding="ascii") as file:
                    file.write(f"{value}\n")
            except OSError as error:
                raise LabError(f"{name}: sysctl {key}={value}: {error.strerror}") from error


def _pairs(text):
    """The counters of files like /proc/net/snmp: a line of names, then a line of numbers."""
    lines = text.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2]):
        group, _, names = names.partition(": ")
        _, _, numbers = numbers.partition(": ")
        for key, number in zip(names.split(), numbers.split()):
            yield group + key, int(number)


def counters(name):
    """The kernel's own counters of the namespace, named as nstat does: TcpRetransSegs, …"""
    result = {}
    with inside(name):
        for file_name in ("snmp", "netstat"):
            with open(f"/proc/thread-self/net/{file_name}", encoding="ascii") as file:
                result.update(_pairs(file.read()))
        with open("/proc/thread-self/net/snmp6", encoding="ascii") as file:
            for line in file:
                key, number = line.split()
                result[key] = int(number)
    return result


def present(prefix):
    """The names of all namespaces that start with the prefix."""
    try:
        return sorted(name for name in os.listdir(NETNS_DIR) if name.startswith(prefix))
    except FileNotFoundError:
        return []


def processes(names):
    """The pids of all processes whose main thread is in one of the namespaces, but our own."""
    wanted = set()
    for name in names:
        with contextlib.suppress(OSError):
            status = os.stat(path(name))
            wanted.add((status.st_dev, status.st_ino))
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{entry}/ns/net")
            if (status.st_dev, status.st_ino) in wanted:
                found.append(int(entry))
    return found


def start_time(pid):
    """When the process started, in the kernel's ticks; None when there is none, or when it is dead
    and only waits for its parent. With the pid it names a process for ever."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
        return None if words[0] in "ZX" else int(words[19])
    except (OSError, IndexError, ValueError):
        return None


def kill(pids, timeout=5):
    """Kills processes by their pids and waits until they are gone."""
    waiting = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            waiting.append(descriptor)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    for descriptor in waiting:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        gone = poller.poll(timeout * 1000)
        os.close(descriptor)
        if not gone:
            raise LabError("a killed process did not end")


def delete(names):
    """Deletes namespaces and the files that `ip netns exec` shows to their processes."""
    for name in names:
        where = os.path.join("/etc/netns", name)
        with contextlib.suppress(FileNotFoundError):
            for file_name in os.listdir(where):
                os.unlink(os.path.join(where, file_name))
            os.rmdir(where)
    # Somebody else may remove the same dead run at this moment, so only the outcome counts.
    subprocess.run(["ip", "-force", "-batch", "-"], text=True, capture_output=True, check=False,
                   input="".join(f"netns del {name}\n" for name in names))
    left = [name for name in names if os.path.exists(path(name))]
    if left:
        raise LabError(f"cannot delete the namespaces {', '.join(left)}")
