# SPDX-License-Identifier: BSD-2-Clause
"""Programs that only a newer distribution packages, for a guest: with the libraries of theirs.

They are fetched like kernels, and started by the loader that came with their own C library, so that
they need nothing of this machine and nothing of it changes.
"""

import fcntl
import shutil
import subprocess

from . import kernels
from .errors import VmError

RELEASE = kernels.RELEASES["debian-13"]
# The package of the programs, and what its programs are linked with.
PACKAGES = ("libbpf-tools", "libc6", "libelf1t64", "zlib1g", "libzstd1")
LIBRARIES, PROGRAMS = "usr/lib/x86_64-linux-gnu", "usr/sbin"
LOADER = "ld-linux-x86-64.so.2"
INSIDE = "/opt/newer"    # in the guest


def _unpack(cache, target):
    packages = kernels.Packages(RELEASE, cache / "apt" / "tools")
    packages.update()
    for package in PACKAGES:
        done = subprocess.run(["dpkg", "-x", packages.download(package), target],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise VmError(f"{package} cannot be unpacked: {done.stderr.strip()}")


def _tree():
    """Where they are, fetched now when they are not there."""
    cache = kernels.cache_directory()
    final = cache / "tools"
    with open(cache / "tools.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not final.exists():
            building = final.with_name("tools.new")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            _unpack(cache, building)
            building.rename(final)
    return final


def files(names):
    """(path here, path in the guest) for programs /usr/bin/NAME, each packaged as NAME-libbpf.
    Raises VmError."""
    tree = _tree()
    for library in sorted((tree / LIBRARIES).glob("*.so*")):
        yield library, f"{INSIDE}/{library.name}"
    for name in names:
        program = tree / PROGRAMS / f"{name}-libbpf"
        if not program.exists():
            raise VmError(f"{RELEASE.about} packages no {program.name}")
        starter = tree / f"{name}.sh"
        starter.write_text(f"#!/bin/sh\nexec {INSIDE}/{LOADER} --library-path {INSIDE} "
                           f'{INSIDE}/{name} "$@"\n')
        starter.chmod(0o755)
        yield program, f"{INSIDE}/{name}"
        yield starter, f"/usr/bin/{name}"
