# SPDX-License-Identifier: BSD-2-Clause
"""The file system of a guest: programs and libraries of this machine, modules, and a job.

Nothing is installed for the guest: every program is this machine's own, with the libraries that
the loader says it needs, at the same paths. So a test that runs here finds the same tools there.
What the guest is given of the project is the built programs and the tests, below /faultline.
"""

import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

from .errors import VmError

ROOT = pathlib.Path(__file__).resolve().parents[3]
GUEST = pathlib.Path(__file__).resolve().parents[1] / "guest"
PROJECT = "/faultline"    # where the project is, in the guest
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Packages whose programs all go in, and programs of others.
PACKAGES = ("coreutils", "util-linux", "mount", "procps", "iproute2", "kmod")
PROGRAMS = ("bash", "sh", "bats", "awk", "sed", "grep", "find", "xargs", "tar", "jq", "nft",
            "ethtool", "tcpdump", "python3", "setpriv", "getcap", "setcap", "cmp", "diff",
            "which", "stdbuf")
OPTIONAL = ("bpftool", "strace", "ltrace", "gdb")
# Whole trees that programs read when they run; BATS is three of them.
TREES = ("/usr/lib/bats-core", "/usr/libexec/bats-core", "/usr/lib/tc", "/etc/iproute2",
         "/usr/share/iproute2", "/usr/libexec/coreutils",
         "/usr/lib/locale/C.utf8")
FILES = ("/etc/protocols", "/etc/services", "/usr/share/zoneinfo/UTC",
         "/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/tabset/vt100", "/lib/terminfo/l/linux",
         "/lib/terminfo/x/xterm", "/lib/terminfo/d/dumb")
# Libraries that are opened by name, so that no loader tells of them.
OPENED = ("libgcc_s.so.1", "libnss_files.so.2", "libpthread.so.0")
# Of Python's library, what nothing here wants.
NOT_PYTHON = ("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip",
              "site-packages", "dist-packages", "__pycache__", "pydoc_data", "config-*",
              "distutils", "*.a", "*.pyc")

# Modules by what they are for; those that they need themselves come along.
MODULES = ("drivers/virtio/*", "drivers/block/virtio_blk*", "drivers/block/loop*",
           "drivers/char/virtio_console*", "drivers/char/hw_random/virtio-rng*",
           "drivers/net/virtio_net*", "drivers/net/veth*", "drivers/net/tun*",
           "drivers/net/dummy*", "drivers/net/ifb*", "drivers/net/macvlan*",
           "drivers/net/vrf*", "net/sched/*", "net/netfilter/nf*", "net/netfilter/xt_*",
           "net/netfilter/x_tables*", "net/ipv4/*", "net/ipv6/*", "net/bridge/*", "net/802/*",
           "net/8021q/*", "net/llc/*", "net/packet/*", "net/unix/*", "net/core/*", "fs/ext4/*",
           "kernel/*")

BOOT_SCRIPT = "boot"


def _which(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":" + PATH)


def _package_programs(package):
    done = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False)
    if done.returncode:
        raise VmError(f"the guest is made from this machine's programs, and the package {package}"
                      " is not installed")
    return [line for line in done.stdout.splitlines()
            if os.path.dirname(line) in PATH.split(":") and os.path.isfile(line)]


def _libraries(paths):
    """Everything that the loader would open for these programs."""
    # One call for all; what is no dynamic program is complained about on stderr.
    done = subprocess.run(["ldd", *sorted(paths)], capture_output=True, text=True, check=False)
    found = set()
    for line in done.stdout.splitlines():
        words = line.split()
        found.update(word for word in words[:3] if word.startswith("/") and word[-1] != ":")
        if "not found" in line:
            raise VmError(f"a library is missing on this machine: {line.strip()}")
    return found


def _opened():
    done = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": os.environ.get("PATH", "") + ":" + PATH})
    wanted = set(OPENED)
    for line in done.stdout.splitlines():
        words = line.split()
        if words and words[0] in wanted and "x86-64" in line:
            wanted.discard(words[0])
            yield words[-1]


def _python():
    """(path in the guest, path here) of the Python that runs this, and its library."""
    # Of several installations the one that runs this is taken, under one plain name.
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    for directory, names, files in os.walk(library):
        names[:] = [each for each in names
                    if not any(fnmatch.fnmatch(each, pattern) for pattern in NOT_PYTHON)]
        for name in files:
            if not any(fnmatch.fnmatch(name, pattern) for pattern in NOT_PYTHON):
                path = os.path.join(directory, name)
                yield path, path


def programs():
    """Every program of the guest but Python: {path in the guest: path here}."""
    found = {}
    for package in PACKAGES:
        for path in _package_programs(package):
            found[path] = path
    for name in PROGRAMS + OPTIONAL:
        path = _which(name)
        if path and name != "python3":
            found["/usr/bin/" + os.path.basename(path)] = path
        elif not path and name not in OPTIONAL:
            raise VmError(f"{name} is missing on this machine; scripts/deps.sh --vm installs it")
    return found


def _tree(top, skip=()):
    for directory, names, files in os.walk(top):
        names[:] = sorted(each for each in names if each not in skip)
        for name in sorted(files):
            path = os.path.join(directory, name)
            if os.path.exists(path):
                yield path


def add_base(archive, build, extra_programs=()):
    """Programs, libraries (also of the build), Python and the program that boots."""
    for name in ("bin", "sbin", "lib", "lib64"):
        archive.directory(f"/usr/{name}")
        archive.link(f"/{name}", f"usr/{name}")
    for name in ("proc", "sys", "tmp", "run", "root", "results", "var/lib", "var/tmp", "mnt"):
        archive.directory("/" + name)
    archive.link("/var/run", "/run")
    archive.console()
    archive.file("/init", GUEST / "init")
    archive.text("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
                 "daemon:x:1:1::/:/bin/false\ntcpdump:x:100:100::/:/bin/false\n"
                 "nobody:x:65534:65534::/:/bin/false\n")
    archive.text("/etc/group", "root:x:0:\ndaemon:x:1:\nadm:x:4:\ntcpdump:x:100:\n"
                 "nogroup:x:65534:\n")
    archive.text("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    archive.text("/etc/nsswitch.conf", "hosts: files dns\n")
    archive.text("/etc/resolv.conf", "")
    found = programs()
    for path in extra_programs:
        found["/usr/bin/" + os.path.basename(path)] = path
    python = dict(_python())
    found["/usr/bin/python3"] = os.path.realpath(sys.executable)
    binaries = [os.path.realpath(each) for each in found.values()]
    binaries += [each for each in python if each.endswith(".so")]
    binaries += [str(each) for each in (pathlib.Path(build) / "faultline",
                                        *(pathlib.Path(build) / "tests").rglob("*"))
                 if each.is_file() and os.access(each, os.X_OK) and not each.suffix]
    libraries = _libraries(binaries) | set(_opened())
    for tree in TREES:
        python.update((each, each) for each in _tree(tree))
    for where, path in {**found, **python, **{each: each for each in (*libraries, *FILES)}}.items():
        if os.path.exists(path):
            where = os.path.realpath(os.path.dirname(where)) + "/" + os.path.basename(where)
            archive.file(where, path)
    # Python looks for its library from where it is, or where it is told.
    archive.text("/etc/guest.env", f"PYTHONHOME={sys.prefix}\nPATH={PATH}\n")


def add_modules(archive, kernel):
    """The modules that a guest needs, and the lists that modprobe reads."""
    top = kernel.modules / "lib" / "modules" / kernel.version
    needs = {}
    for line in (top / "modules.dep").read_text(encoding="ascii").splitlines():
        name, _, others = line.partition(":")
        needs[name] = others.split()
    chosen = set()
    for name, others in needs.items():
        inside = name.removeprefix("kernel/")
        if any(fnmatch.fnmatch(inside, pattern) for pattern in MODULES):
            chosen.update((name, *others))
    for name in sorted(chosen):
        archive.file(f"/lib/modules/{kernel.version}/{name}".replace("/lib/", "/usr/lib/", 1),
                     top / name)
    for path in top.glob("modules.*"):
        archive.file(f"/usr/lib/modules/{kernel.version}/{path.name}", path)


def add_project(archive, build):
    """The built programs, as build/, and the tests."""
    build = pathlib.Path(build)
    if not (build / "faultline").exists():
        raise VmError(f"{build}/faultline is not built")
    archive.file(f"{PROJECT}/build/faultline", build / "faultline")
    for path in _tree(build / "tests", skip=("fuzz",)):
        if os.access(path, os.X_OK) and not path.endswith((".o", ".d")):
            archive.file(f"{PROJECT}/build/{os.path.relpath(path, build)}", path)
    for path in _tree(ROOT / "tests", skip=("fuzz", "__pycache__", "unit", "replay")):
        archive.file(f"{PROJECT}/{os.path.relpath(path, ROOT)}", path)
