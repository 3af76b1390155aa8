# SPDX-License-Identifier: BSD-2-Clause
"""An initramfs, written by hand: the "newc" format is a header of hex numbers before each file.

The kernel unpacks it into memory before the first program runs. Compressing it would cost the
guest more than reading it does.
"""

import os
import stat

BLOCK = 512


class Archive:
    """A cpio archive that is being written. Directories above an entry are made by themselves."""

    def __init__(self, path):
        self._file = open(path, "wb")
        self._made = set()
        self._inode = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._entry("TRAILER!!!", 0, b"")
        self._file.write(b"\0" * (-self._file.tell() % BLOCK))
        self._file.close()

    def _entry(self, name, mode, data, device=(0, 0)):
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        self._file.write(b"070701" + b"".join(b"%08x" % each for each in fields) + encoded)
        self._file.write(b"\0" * (-self._file.tell() % 4))
        self._file.write(data)
        self._file.write(b"\0" * (-self._file.tell() % 4))

    def has(self, name):
        """Is there an entry of that name already?"""
        return name.strip("/") in self._made

    def _new(self, name):
        name = name.strip("/")
        if not name or name in self._made:
            return None
        self.directory(os.path.dirname(name))
        self._made.add(name)
        return name

    def directory(self, name):
        """A directory."""
        if name := self._new(name):
            self._entry(name, stat.S_IFDIR | 0o755, b"")

    def link(self, name, target):
        """A symbolic link."""
        if name := self._new(name):
            self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def text(self, name, text, mode=0o644):
        """A file of its own."""
        if name := self._new(name):
            self._entry(name, stat.S_IFREG | mode, text.encode())

    def file(self, name, path):
        """The file at path, as it is; what a symbolic link points to."""
        if name := self._new(name):
            with open(path, "rb") as source:
                data = source.read()
            mode = stat.S_IMODE(os.stat(path).st_mode)
            self._entry(name, stat.S_IFREG | mode, data)

    def console(self):
        """The device that the first program writes to before it has mounted /dev."""
        if name := self._new("/dev/console"):
            self._entry(name, stat.S_IFCHR | 0o600, b"", (5, 1))
