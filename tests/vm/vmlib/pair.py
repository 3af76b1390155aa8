# SPDX-License-Identifier: BSD-2-Clause
"""Two guests joined by a cable: the trader's, in which a job runs, and the world's.

The cable is a stream of frames between two network cards; nothing else leads from one to the other
but a port by which the lab's tool, beside the trader, has the other machine do things. A second
port leads to us: what only the machine below a guest can do, such as pulling its cable, is done by
QEMU's monitor on request of the tool.
"""

import contextlib
import json
import pathlib
import socket
import tempfile
import threading
import time

from . import machine
from .errors import GuestError, VmError
from .image import PROJECT

TRADER_CARD, WORLD_CARD = "52:54:00:77:00:00", "52:54:00:77:01:00"
WORLD_PORT, HYPERVISOR_PORT = "world", "hypervisor"
WORLD_JOB = (f"cd {PROJECT}/tests/lab && exec python3 -B -m faultlab.remote "
             "/dev/virtio-ports/trader\n")
APPEAR_SECONDS = 20


def _card(directory, address, server):
    return ("-netdev", f"stream,id=card0,server={server},addr.type=unix,"
            f"addr.path={directory}/cable",
            "-device", f"virtio-net-pci,netdev=card0,mac={address}")


def _port(directory, number, file, name, server):
    how = "on,wait=off" if server else "off"
    return ("-chardev", f"socket,id=port{number},path={directory}/{file},server={how}",
            "-device", f"virtserialport,chardev=port{number},name={name}")


def _world_devices(directory):
    return (*_card(directory, WORLD_CARD, "on"), *_port(directory, 1, "tool", "trader", True))


def _trader_devices(directory):
    return (*_card(directory, TRADER_CARD, "off"),
            *_port(directory, 1, "tool", WORLD_PORT, False),
            *_port(directory, 2, "hypervisor", HYPERVISOR_PORT, True),
            "-qmp", f"unix:{directory}/monitor,server=on,wait=off")


class _Monitor:
    """QEMU's monitor of a guest."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._lines.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        """Has it done; VmError when it is refused."""
        request = {"execute": name, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self._lines.readline())
            if "error" in answer:
                raise VmError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return


class _Hypervisor:
    """Answers what the tool asks of the machine below: `set_link card0 on|off`."""

    def __init__(self, directory):
        self._monitor = _Monitor(f"{directory}/monitor")
        self._port = socket.socket(socket.AF_UNIX)
        self._port.connect(f"{directory}/hypervisor")
        threading.Thread(target=self._serve, daemon=True).start()

    def _obey(self, words):
        if len(words) != 3 or words[0] != "set_link" or words[2] not in ("on", "off"):
            return f"unknown: {' '.join(words)}"
        try:
            self._monitor.command("set_link", name=words[1], up=words[2] == "on")
        except (VmError, OSError, ValueError) as error:
            return str(error)
        return "ok"

    def _serve(self):
        with contextlib.suppress(OSError):
            for line in self._port.makefile("r", encoding="utf-8"):
                self._port.sendall(self._obey(line.split()).encode() + b"\n")


def _wait_for(paths):
    deadline = time.monotonic() + APPEAR_SECONDS
    while not all(path.exists() for path in paths):
        if time.monotonic() > deadline:
            raise VmError(f"QEMU does not open {', '.join(map(str, paths))}")
        time.sleep(0.02)


def run(trader_kernel, world_kernel, job, settings):
    """Runs the text of a job in the trader's guest; an Outcome. Raises VmError."""
    with contextlib.ExitStack() as cleanup:
        top = pathlib.Path(cleanup.enter_context(
            tempfile.TemporaryDirectory(prefix="faultline-vm.")))
        for name in ("trader", "world"):
            (top / name).mkdir()
        world = machine.Guest(
            world_kernel, WORLD_JOB, machine.Settings(
                settings.cpus, settings.memory_mb, build=settings.build,
                devices=_world_devices(top)), top / "world")
        cleanup.callback(world.stop)
        settings.devices = _trader_devices(top)
        trader = machine.Guest(trader_kernel, job, settings, top / "trader")
        cleanup.callback(trader.stop)
        world.boot()
        _wait_for([top / "cable", top / "tool"])
        booted = trader.boot()
        _wait_for([top / "monitor", top / "hypervisor"])
        _Hypervisor(top)
        try:
            return trader.finish(booted)
        except GuestError as error:
            error.console += "\n--- the world's console\n" + world.console()
            error.output += "\n--- the world's output\n" + world.output()
            raise
