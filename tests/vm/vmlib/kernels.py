# SPDX-License-Identifier: BSD-2-Clause
"""Kernels of distributions: fetched as packages, unpacked into the cache, ready to boot.

The package manager of this machine does the fetching, with lists, cache and sources of its own
below the cache directory, so nothing of the machine's own set-up is read or changed but its
keyring and how it reaches the network. What is fetched is checked by the package manager as ever.

A kernel is unpacked once and then needs no network; refresh() fetches the newest again. It ends up
as KERNELS/NAME/ with vmlinux (not compressed: the guest would spend seconds on it), modules/ (a
tree for modprobe, not compressed either) and the file "version".

Limit: amd64, because the other end of this is an emulated PC.
"""

import dataclasses
import fcntl
import glob
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import zlib

from .errors import VmError

MIRROR = os.environ.get("FAULTLINE_VM_MIRROR", "http://deb.debian.org/debian")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
META_PACKAGE = "linux-image-cloud-amd64"

# Where the header of a kernel image says what (Documentation/arch/x86/boot.rst).
SETUP_SECTORS, PAYLOAD_OFFSET, PAYLOAD_LENGTH, SECTOR = 0x1f1, 0x248, 0x24c, 512


@dataclasses.dataclass(frozen=True)
class Release:
    """A kernel that can be named."""
    name: str
    suite: str
    about: str
    processor: str    # what is emulated


# QEMU's CMPXCHG16B leaves wrong flags now and then. Kernels whose allocator uses it all the time do
# not survive that, and take another way when it is not there; since 6.18 socket storage cannot do
# without it ("slab: Introduce kmalloc_nolock() and kfree_nolock()"), and the allocator can.
WITHOUT, WITH = "max,-cx16", "max"

RELEASES = {each.name: each for each in (
    Release("debian-11", "bullseye", "Debian 11, Linux 5.10", WITHOUT),
    Release("debian-12", "bookworm", "Debian 12, Linux 6.1", WITHOUT),
    Release("debian-13", "trixie", "Debian 13, Linux 6.12", WITHOUT),
    Release("unstable", "sid", "Debian unstable, the newest Linux", WITH),
)}


@dataclasses.dataclass(frozen=True)
class Kernel:
    """An unpacked kernel."""
    name: str
    version: str
    image: pathlib.Path
    modules: pathlib.Path    # holds lib/modules/VERSION
    processor: str


def cache_directory():
    """Where everything is kept that is expensive to get; made when missing."""
    chosen = os.environ.get("FAULTLINE_VM_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = pathlib.Path(chosen) if chosen else pathlib.Path(home) / "faultline-vm"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def _run(command, what, **options):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False,
                          **options)
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise VmError(f"{what}: {command[0]} failed: " + " / ".join(said[-4:]))
    return done.stdout


class Packages:
    """The packages of one suite, by a package manager with a state of its own."""

    def __init__(self, release, directory):
        self._release = release
        self._directory = directory
        for part in ("lists/partial", "archives/partial", "packages"):
            (directory / part).mkdir(parents=True, exist_ok=True)
        (directory / "status").touch()
        (directory / "sources.list").write_text(
            f"deb [signed-by={KEYRING}] {MIRROR} {release.suite} main\n")
        self._options = [word for option in (
            f"Dir::State={directory}", f"Dir::State::lists={directory}/lists",
            f"Dir::State::status={directory}/status", f"Dir::Cache={directory}",
            f"Dir::Etc::sourcelist={directory}/sources.list", "Dir::Etc::sourceparts=-",
            "Dir::Etc::trusted=-", "Dir::Etc::trustedparts=-", "Dir::Etc::preferences=-",
            "Dir::Etc::preferencesparts=-",
            "Acquire::Languages=none", "Acquire::Retries=3", "APT::Sandbox::User=root",
            "APT::Architecture=amd64", "APT::Architectures=amd64",
            "APT::Update::Error-Mode=any") for word in ("-o", option)]

    def update(self):
        """Fetches the suite's list of packages."""
        if not os.path.exists(KEYRING):
            raise VmError(f"{KEYRING} is missing: install debian-archive-keyring")
        _run(["apt-get", *self._options, "-q", "update"],
             f"the packages of {self._release.about} cannot be listed")

    def dependencies(self, package):
        """Names that a package depends on, alternatives left out."""
        text = _run(["apt-cache", *self._options, "show", "--no-all-versions", package],
                    f"{self._release.suite} has no {package}")
        match = re.search(r"^Depends: (.*)$", text, re.MULTILINE)
        return [re.sub(r"[ (:].*", "", each.strip()) for each in
                (match.group(1) if match else "").split(",") if "|" not in each]

    def download(self, package):
        """The file of a package."""
        where = self._directory / "packages"
        for old in where.glob(f"{package}_*.deb"):
            old.unlink()
        _run(["apt-get", *self._options, "-q", "download", package],
             f"{package} cannot be fetched", cwd=where)
        return next(where.glob(f"{package}_*.deb"))


# Programs for what the standard library cannot read, by how it begins.
DECOMPRESSORS = {b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4"}


def _decompress(payload):
    """What a compressed kernel image holds."""
    if payload[:6] == b"\xfd7zXZ\0":
        return lzma.decompress(payload)
    if payload[:2] == b"\x1f\x8b":
        return zlib.decompress(payload, wbits=31)
    program = DECOMPRESSORS.get(payload[:4])
    if not program:
        raise VmError(f"the kernel image is compressed in an unknown way ({payload[:4].hex()})")
    done = subprocess.run([program, "-dcq"], input=payload, capture_output=True, check=False)
    if done.returncode:
        raise VmError(f"{program} cannot read the kernel image: "
                      f"{done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def vmlinux(image):
    """The uncompressed kernel inside a bootable image, as bytes."""
    sectors = image[SETUP_SECTORS] or 4
    offset, length = (struct.unpack_from("<I", image, at)[0]
                      for at in (PAYLOAD_OFFSET, PAYLOAD_LENGTH))
    start = (sectors + 1) * SECTOR + offset
    data = _decompress(image[start:start + length - 4])
    if data[:4] != b"\x7fELF":
        raise VmError("the kernel image holds no ELF file")
    return data


def _unpack_module(path):
    if path.suffix == ".xz":
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()
    elif path.suffix == ".zst":
        _run(["zstd", "-dq", "--rm", str(path)], f"{path.name} cannot be unpacked")


def _build(release, packages, target):
    """Fetches, unpacks and lays out a kernel in directory target."""
    packages.update()
    image = next((each for each in packages.dependencies(META_PACKAGE)
                  if each.startswith("linux-image-")), None)
    if not image:
        raise VmError(f"{META_PACKAGE} of {release.suite} names no kernel")
    wanted = [image] + [each for each in packages.dependencies(image)
                        if re.match(r"linux-(base|binary|modules)-\d", each)]
    root = target / "root"
    for package in wanted:
        _run(["dpkg", "-x", str(packages.download(package)), str(root)],
             f"{package} cannot be unpacked")
    found = glob.glob(f"{root}/boot/vmlinuz-*") + glob.glob(f"{root}/usr/lib/modules/*/vmlinuz")
    trees = [pathlib.Path(each) for each in
             glob.glob(f"{root}/lib/modules/*") + glob.glob(f"{root}/usr/lib/modules/*")]
    trees = [each for each in trees if (each / "kernel").is_dir()]
    if len(found) != 1 or len(trees) != 1:
        raise VmError(f"{image}: {len(found)} kernels and {len(trees)} module trees, not one each")
    (target / "vmlinux").write_bytes(vmlinux(pathlib.Path(found[0]).read_bytes()))
    version = trees[0].name
    modules = target / "modules" / "lib" / "modules"
    modules.mkdir(parents=True)
    shutil.move(trees[0], modules / version)
    for path in list((modules / version).rglob("*.ko.*")):
        _unpack_module(path)
    _run(["depmod", "-b", str(target / "modules"), version], "the modules cannot be listed",
         env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    shutil.rmtree(root)
    (target / "version").write_text(version + "\n")


def _kernel(name, path):
    return Kernel(name, (path / "version").read_text().strip(), path / "vmlinux",
                  path / "modules", RELEASES[name].processor)


def get(name, refresh=False):
    """The kernel of that name, from the cache or fetched now. Raises VmError."""
    if name not in RELEASES:
        raise VmError(f"{name}: no such kernel; there are {', '.join(RELEASES)}")
    cache = cache_directory()
    final = cache / "kernels" / name
    final.parent.mkdir(exist_ok=True)
    with open(cache / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not refresh and (final / "version").exists():
            return _kernel(name, final)
        building = final.with_name(name + ".new")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        _build(RELEASES[name], Packages(RELEASES[name], cache / "apt" / name), building)
        shutil.rmtree(final, ignore_errors=True)
        building.rename(final)
        shutil.rmtree(cache / "apt" / name / "packages", ignore_errors=True)
    return _kernel(name, final)
