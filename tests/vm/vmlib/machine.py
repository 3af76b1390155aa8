# SPDX-License-Identifier: BSD-2-Clause
"""One guest under QEMU: boots a kernel, runs one job, hands back what came of it.

The processor is emulated in software, so that it works wherever QEMU does, and one thread emulates
all processors of a guest: with one each, a processor now and then runs instructions that another
has just replaced, as the kernel does when tracing begins. The guest hands its results out as a tar
on a disk, with the job's exit status, and then turns itself off. A kernel that panics, and an oops
is made one, ends QEMU at once and leaves no results.

A boot that dies before the first program of the guest is tried again: now and then an emulated
boot does. After that nothing is repeated: a job that makes the kernel panic is a finding.
"""

import contextlib
import dataclasses
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

from . import cpio, image
from .errors import GuestError, VmError

QEMU = "qemu-system-x86_64"
BOOT_SECONDS, BOOTS = 240, 3
RESULTS_BYTES = 256 << 20
FIRST_PROGRAM, PANIC = b"guest: first program", b"Kernel panic"
CONSOLE_TAIL = 40
POLL_SECONDS = 0.05
COMMAND_LINE = ("console=ttyS0 panic=-1 oops=panic loglevel=5 tsc=reliable nokaslr mitigations=off "
                "random.trust_cpu=on net.ifnames=0")


@dataclasses.dataclass
class Settings:
    """What a guest is made of."""
    cpus: int = 2
    memory_mb: int = 1024
    seconds: int = 300               # for the job, from the first program on
    build: pathlib.Path = image.ROOT / "build"
    results: pathlib.Path = None     # what the guest left in /results goes there
    files: tuple = ()                # (path here, path in the guest)
    programs: tuple = ()             # further programs of this machine, with their libraries
    append: str = ""                 # to the kernel's command line
    devices: tuple = ()              # further arguments of QEMU
    stream: object = None            # a binary stream that gets the output as it comes


@dataclasses.dataclass
class Outcome:
    """What came of a job."""
    status: int
    output: str
    boot_seconds: float
    job_seconds: float


def job_script(command, env=None):
    """The text of a job that runs one command."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in (env or {}).items()]
    return "\n".join([*lines, "exec " + shlex.join(command)]) + "\n"


class Guest:
    """A guest that is being run. Use run()."""

    def __init__(self, kernel, job, settings, directory):
        self._kernel, self._settings = kernel, settings
        self._directory = pathlib.Path(directory)
        self._console = self._directory / "console"
        self._output = self._directory / "output"
        self._disk = self._directory / "results.raw"
        self._process = None
        self._streamed = 0
        self._write_image(job)

    def _write_image(self, job):
        settings = self._settings
        with cpio.Archive(self._directory / "initramfs") as archive:
            image.add_base(archive, settings.build, settings.programs)
            image.add_modules(archive, self._kernel)
            image.add_project(archive, settings.build)
            archive.text("/job", job)
            for here, there in settings.files:
                archive.file(there, here)

    def _command(self):
        settings, directory = self._settings, self._directory
        return ["setpriv", "--pdeathsig", "KILL", "nice", "-n", "5", QEMU, "-nodefaults",
                "-no-user-config", "-display", "none", "-machine", "pc",
                "-accel", "tcg,thread=single", "-cpu", self._kernel.processor,
                "-smp", str(settings.cpus), "-m", str(settings.memory_mb), "-no-reboot",
                "-kernel", str(self._kernel.image), "-initrd", str(directory / "initramfs"),
                "-append", f"{COMMAND_LINE} {settings.append}".strip(),
                "-serial", f"file:{self._console}",
                "-drive", f"file={self._disk},format=raw,if=virtio,cache=unsafe",
                "-device", "virtio-serial-pci",
                "-chardev", f"file,id=output,path={self._output}",
                "-device", "virtserialport,chardev=output,name=output",
                "-object", "rng-random,id=rng,filename=/dev/urandom",
                "-device", "virtio-rng-pci,rng=rng", *settings.devices]

    def _start(self):
        self._console.write_bytes(b"")
        self._output.write_bytes(b"")
        with open(self._disk, "wb") as disk:
            disk.truncate(RESULTS_BYTES)
        try:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=open(self._directory / "qemu.err", "wb"))
        except FileNotFoundError as missing:
            raise VmError(f"{missing.filename} is missing; scripts/deps.sh --vm installs it") \
                from missing

    def stop(self):
        """Ends the guest at once, if it still runs."""
        if self._process and self._process.poll() is None:
            self._process.kill()
        if self._process:
            self._process.wait()

    def console(self):
        """What its console said so far."""
        return self._console.read_bytes().decode(errors="replace")

    def output(self):
        """What its job printed so far."""
        return self._output.read_text(errors="replace")

    def _failure(self, what):
        errors = (self._directory / "qemu.err").read_text(errors="replace").strip()
        return GuestError(f"{self._kernel.name} ({self._kernel.version}): {what}"
                          + (f": {errors}" if errors else ""), self.console(),
                          self.output())

    def _boot(self):
        """Until the first program says so; the seconds that took."""
        for boot in range(1, BOOTS + 1):
            began = time.monotonic()
            self._start()
            while time.monotonic() - began < BOOT_SECONDS:
                if FIRST_PROGRAM in self._console.read_bytes():
                    return time.monotonic() - began
                if self._process.poll() is not None:
                    break
                time.sleep(POLL_SECONDS)
            failure = self._failure(f"boot {boot} of {BOOTS} did not reach the first program")
            self.stop()
            if boot < BOOTS:
                print(f"vm: {failure}; once more", file=sys.stderr)
        raise failure

    def _pass_output_on(self):
        if self._settings.stream is None:
            return
        with open(self._output, "rb") as output:
            output.seek(self._streamed)
            new = output.read()
        if new:
            self._streamed += len(new)
            self._settings.stream.write(new)
            self._settings.stream.flush()

    def _wait(self):
        """Until the guest has ended itself; the seconds that took."""
        began = time.monotonic()
        while self._process.poll() is None:
            if time.monotonic() - began > self._settings.seconds:
                self.stop()
                self._pass_output_on()
                raise self._failure(f"not done after {self._settings.seconds} s")
            self._pass_output_on()
            time.sleep(POLL_SECONDS)
        self._pass_output_on()
        if PANIC in self._console.read_bytes():
            raise self._failure("the kernel panicked")
        return time.monotonic() - began

    def _results(self):
        """Unpacks the disk; the job's exit status."""
        target = self._directory / "results"
        target.mkdir()
        try:
            with tarfile.open(self._disk) as archive:
                archive.extractall(target, filter="data")
            status = int((target / ".exit").read_text())
        except (tarfile.TarError, OSError, ValueError) as error:
            raise self._failure(f"it ended without results ({error})") from error
        (target / ".exit").unlink()
        if self._settings.results:
            shutil.copytree(target, self._settings.results, dirs_exist_ok=True)
        return status

    def boot(self):
        """Starts it and waits for its first program; the seconds that took. Raises GuestError."""
        return self._boot()

    def run(self):
        """Boots, runs the job, takes the results. Raises GuestError."""
        return self.finish(self._boot())

    def finish(self, boot_seconds):
        """Waits for the end of a job of a guest that was booted. Raises GuestError."""
        job_seconds = self._wait()
        status = self._results()
        return Outcome(status, self.output(), boot_seconds, job_seconds)


def console_tail(error):
    """The end of a console, for people."""
    return "\n".join("console: " + line for line in error.console.splitlines()[-CONSOLE_TAIL:])


def run(kernel, job, settings):
    """Runs the text of a job (a shell script) on a kernel; an Outcome. Raises VmError."""
    with tempfile.TemporaryDirectory(prefix="faultline-vm.") as directory:
        guest = Guest(kernel, job, settings, directory)
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(guest.stop)
            return guest.run()
