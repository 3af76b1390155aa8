# SPDX-License-Identifier: BSD-2-Clause
"""The line as a program: its bounds, its command line, and packets that make no sense."""

import contextlib
import os
import random
import socket
import subprocess
import unittest

from faultlab import netns, runs
from faultlab.line import PROGRAM, Line
from faultlab.waiting import wait_until

from . import traffic


class Bounds(unittest.TestCase):
    """Memory has a limit, and what is over it is counted."""

    def setUp(self):
        self.run_of_lab = runs.Run()
        self.addCleanup(self.run_of_lab.remove)
        self.ends = [self.run_of_lab.namespace(name) for name in ("near", "far")]
        netns.ip([f"netns add {name}" for name in self.ends])

    def make_line(self, *options, rules=(), tap=False):
        """A line with further options; its ends have addresses."""
        near, far = self.ends
        line = Line("line", f"{near}:tun0:10.1.0.1/24,fd01::1/64",
                    f"{far}:tun0:10.1.0.2/24,fd01::2/64", self.run_of_lab.directory,
                    rules=rules, options=options, tap=tap)
        self.addCleanup(line.close)
        line.wait_ready()
        return line

    def sender(self):
        """A UDP socket at the near end."""
        with netns.inside(self.ends[0]):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        return sock

    def test_what_the_hold_queue_cannot_take_is_counted(self):
        line, sock = self.make_line("--hold", "20000", rules=["slow delay 3600s"]), self.sender()
        for _ in range(100):
            sock.sendto(b"x" * 972, ("10.1.0.2", 7001))
        wait_until(lambda: line.report()["out"]["packets"] == 100, 10, "all were seen")
        report = line.report()["out"]
        self.assertEqual(report["held"] + report["drops"]["hold_full"], 100)
        self.assertTrue(15 <= report["held"] < 20, report["held"])

    def test_flows_over_the_limit_push_out_the_oldest(self):
        line, sock = self.make_line("--flows", "4"), self.sender()
        # Nobody has this address, so nobody answers, and no other flow mixes in.
        for port in (*range(7000, 7010), 7006, 7010):
            sock.sendto(b"x", ("10.1.0.77", port))
        wait_until(lambda: line.report()["out"]["packets"] == 12, 10, "all were seen")
        report = line.report(flows=True)
        self.assertEqual([flow["far_port"] for flow in report["flows"]], [7010, 7006, 7009, 7008])
        self.assertEqual(report["flows_known"], 4)
        self.assertEqual(report["flows_evicted"], 7)

    def raw_sender(self):
        """A socket that puts whole IP packets on the near device."""
        with netns.inside(self.ends[0]):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.addCleanup(raw.close)
        return raw

    def test_headers_that_do_not_fit_are_malformed(self):
        line, raw = self.make_line(), self.raw_sender()
        tcp = "1b581b59000000010000000050100100" + "00" * 4
        v4 = bytes.fromhex("450000280000400040060000" "0a0100010a010002" + tcp)
        v6 = bytes.fromhex("6000000000140640" + "fd01" + "00" * 13 + "01"
                           + "fd01" + "00" * 13 + "02" + tcp)

        def changed(packet, at, value):
            return packet[:at] + bytes([value]) + packet[at + 1:]
        cases = ((True, v4), (True, v6), (False, v4[:19]), (False, v4[:39]), (False, v6[:39]),
                 (False, v6[:59]), (False, changed(v4, 0, 0x44)), (False, changed(v4, 0, 0x46)),
                 (False, changed(v4, 0, 0x55)), (False, changed(v4, 3, 41)),
                 (False, changed(v4, 3, 39)), (False, changed(v4, 32, 0x40)),
                 (False, changed(v4, 32, 0x60)), (False, changed(v6, 5, 19)),
                 (False, changed(v6, 52, 0x60)), (False, changed(v6, 6, 0)),
                 (True, changed(v4, 7, 1)), (False, b"E"), (False, changed(v4, 3, 20)[:20]))
        for number, (good, packet) in enumerate(cases, 1):
            before = line.report()["out"]
            raw.sendto(packet, ("tun0", 0x0800 if packet[0] >> 4 == 4 else 0x86DD))
            wait_until(lambda number=number: line.report()["out"]["packets"] == number, 10,
                       "it was seen")
            after = line.report()["out"]
            self.assertEqual(after["drops"]["malformed"] - before["drops"]["malformed"],
                             0 if good else 1, (number, packet.hex()))

    def test_packets_without_sense_are_counted_and_harm_nothing(self):
        line, chance = self.make_line(rules=["all corrupt 50%", "late delay 1ms",
                                             "third nth 1", "angry in reset both"]), \
            random.Random(7)
        raw = self.raw_sender()
        heads = {0x0800: bytes.fromhex("45000028000040004006") + bytes(2)
                 + bytes([10, 1, 0, 1, 10, 1, 0, 2]),
                 0x86DD: bytes.fromhex("6000000000140640") + bytes(32)}
        sent = 0
        for number in range(3000):
            kind = chance.choice(list(heads))
            packet = bytearray(heads[kind] + chance.randbytes(chance.randrange(0, 80)))
            for _ in range(chance.randrange(0, 4)):
                packet[chance.randrange(1, len(packet))] = chance.randrange(256)
            if number % 3 == 0:
                packet = packet[:chance.randrange(1, len(packet) + 1)]
            with contextlib.suppress(OSError):
                raw.sendto(packet, ("tun0", kind))
                sent += 1
        wait_until(lambda: line.report()["out"]["packets"] >= sent, 10, "all were seen")
        report = line.settled()["out"]
        self.assertGreater(report["drops"]["malformed"], 100)
        self.assertGreater(report["forwarded"], 100)
        self.assertEqual(report["packets"], report["forwarded"] + report["dropped"])

    def test_the_line_ends_with_its_standard_input(self):
        line = self.make_line()
        line.process.stdin.close()
        self.assertEqual(line.process.wait(), 0)
        self.assertFalse(os.path.exists(line.control))
        self.assertEqual(list(netns.links(self.ends[0])), ["lo"])

    def test_ctl_says_by_its_status_whether_the_command_was_taken(self):
        line = self.make_line()
        for words, status, text in ((["rule", "a", "loss", "1%"], 0, "ok\n"),
                                    (["rule", "a", "loss"], 1, "error: rule: loss: expected"),
                                    (["help"], 0, "ok: rule remove"), (["list"], 0, '[{"name"')):
            done = subprocess.run([PROGRAM, "ctl", line.control, *words], text=True,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, status, words)
            self.assertTrue(done.stdout.startswith(text), done.stdout)


class CommandLine(unittest.TestCase):
    """Mistakes on the command line."""

    def test_mistakes_are_named(self):
        ends = ["--a", "-:x0", "--b", "-:x1"]
        cases = ((["--a", "x"], 2, '--a: "x": expected NS:DEV'), ([], 2, "both ends"),
                 ([*ends, "--seed", "x"], 2, '--seed: "x"'), ([*ends, "y"], 2, "y: expected"),
                 ([*ends, "--mtu", "5"], 2, '--mtu: "5"'), (["--frob"], 2, "frob"),
                 (["--a", "-:x0:10.0.0.0/40", "--b", "-:x1"], 2, '"10.0.0.0/40"'),
                 (["--a", "-:a-name-of-16-byte", "--b", "-:x1"], 2, "a-name-of-16-byte"),
                 (["--a", "no-such:x0", "--b", "-:x1"], 1, "no-such:x0: cannot enter the name"),
                 (["ctl", "/nowhere"], 2, "SOCKET COMMAND"),
                 (["ctl", "/nowhere", "list"], 1, "/nowhere: No such file"))
        for words, status, text in cases:
            done = subprocess.run([PROGRAM, *words], text=True, capture_output=True, check=False,
                                  timeout=10)
            self.assertEqual(done.returncode, status, (words, done.stderr))
            self.assertIn(text, done.stderr)
        done = subprocess.run([PROGRAM, "--help"], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("reorder   P% TIME", done.stdout)


if __name__ == "__main__":
    unittest.main()
