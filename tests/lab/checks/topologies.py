# SPDX-License-Identifier: BSD-2-Clause
"""Topologies: everybody reaches whom they should, by the way they should, and nothing is left."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest

from faultlab import description, netns, runs
from faultlab.errors import LabError, ProcessError
from faultlab.process import Process
from faultlab.topology import Lab
from faultlab.waiting import wait_until

from . import traffic

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Reach(unittest.TestCase):
    """Connections through each topology, over IPv4 and IPv6."""

    def way_to(self, lab, peer):
        """The names of the lines that see a connection from the trader to the peer, and back."""
        before = {name: line.report() for name, line in lab.lines.items()}
        for family in (4, 6):
            source, target = lab.host("trader"), lab.host(peer)
            with traffic.connection(source, target, family) as (one, other):
                traffic.transfer(one, other, 20000)
                traffic.transfer(other, one, 20000)
                self.assertEqual(other.getpeername()[0], source.address(family=family))
        seen = {"out": set(), "in": set()}
        for name, line in lab.lines.items():
            after = line.report()
            for direction, names in seen.items():
                if after[direction]["data_segments"] > before[name][direction]["data_segments"]:
                    names.add(name)
        self.assertEqual(seen["out"], seen["in"])
        return seen["out"]

    def check(self, topology, expected):
        """Every peer is reached by the lines that are expected."""
        with Lab(topology) as lab:
            for peer, lines in expected.items():
                self.assertEqual(self.way_to(lab, peer), lines, f"{topology}: to {peer}")
            self.assertEqual(lab.host("trader").nstat()["TcpRetransSegs"], 0)
            for line in lab.lines.values():
                for direction in ("out", "in"):
                    self.assertEqual(line.report()[direction]["lost_before_line"], 0)

    def test_basic(self):
        line = {"line"}
        self.check("basic", {"db": set(), "resolver": set(), "feed": line, "broker": line,
                             "bank": line, "customers": line})

    def test_two_gateways(self):
        self.check("two_gateways", {"db": set(), "feed": {"line1"}, "broker": {"line1"},
                                    "bank": {"line2"}, "customers": {"line2"}})

    def test_two_lines(self):
        self.check("two_lines", {"db": set(), "feed": {"line1"}, "broker": {"line1"},
                                 "bank": {"line2"}, "customers": {"line2"}})

    def test_flat(self):
        self.check("flat", {"db": set(), "feed": set(), "bank": set(), "customers": set()})

    def test_cable(self):
        self.check("cable", {"db": {"cable"}, "feed": {"cable", "line"}})

    def test_customers_connect_in_from_many_addresses(self):
        with Lab("basic") as lab:
            customers, trader = lab.host("customers"), lab.host("trader")
            for family in (4, 6):
                addresses = customers.addresses(family)
                self.assertEqual(len(addresses), 31)
                with traffic.listen(trader, family, 8080) as listener:
                    for address in addresses[::10]:
                        with customers.inside():
                            sock = traffic.socket.create_connection(
                                (trader.address(family=family), 8080), 10, (address, 0))
                        accepted, where = listener.accept()
                        self.assertEqual(where[0], address)
                        sock.close()
                        accepted.close()

    def test_names_and_resolver_are_those_of_the_description(self):
        with Lab("basic") as lab:
            trader = lab.host("trader")
            self.assertIn("nameserver 10.77.0.53", trader.run(["cat", "/etc/resolv.conf"]).stdout)
            self.assertRegex(trader.run(["getent", "ahostsv4", "db.internal"]).stdout,
                             r"^10\.77\.0\.20 ")

    def test_a_link_goes_down_and_comes_back(self):
        with Lab("basic") as lab:
            trader = lab.host("trader")
            switch, port = trader.port()
            switch.set_link(port, up=False)
            lab.wait_until(lambda: "NO-CARRIER" in netns.links(trader.namespace)["lan"]["flags"],
                           10, "the trader sees no carrier")
            switch.set_link(port, up=True)
            trader.wait_carrying()
            trader.set_link(up=False)
            trader.set_link(up=True)
            trader.wait_carrying()
            self.assertEqual(self.way_to(lab, "feed"), {"line"})


class Processes(unittest.TestCase):
    """Commands on hosts."""

    def test_commands_run_on_their_host_and_output_can_be_waited_for(self):
        with Lab("pair") as lab:
            near = lab.host("near")
            self.assertIn("10.1.0.1/24", near.run(["ip", "addr"]).stdout)
            with self.assertRaisesRegex(LabError, "exit 3"):
                near.run(["sh", "-c", "exit 3"])
            process = near.spawn(["sh", "-c", "echo one; echo two >&2; read x; echo got $x"],
                                 stdin=subprocess.PIPE)
            process.wait_for("^one$")
            process.wait_for("^two$", stream="err")
            process.stdin.write(b"three\n")
            process.stdin.flush()
            self.assertEqual(process.wait_for("^got (.*)$")[1], "three")
            self.assertEqual(process.wait(), 0)
            with self.assertRaisesRegex(ProcessError, "ended without"):
                process.wait_for("four")
            with open(process.stdout_path, encoding="ascii") as file:
                self.assertEqual(file.read(), process.output())

    def test_a_stopped_process_still_ends(self):
        with Lab("pair") as lab:
            process = lab.host("near").spawn(["sh", "-c", "trap '' TERM; echo up; read x; read y"],
                                             stdin=subprocess.PIPE)
            process.wait_for("^up$")
            process.signal(signal.SIGSTOP)
            self.assertIsNotNone(process.stop(timeout=1))


class Teardown(unittest.TestCase):
    """Nothing is left of a run, however it ends."""

    def left_of(self, prefix):
        """Namespaces, files and processes that bear the prefix."""
        found = netns.present(prefix + "-")
        found += [path for path in (os.path.join(runs.RUNS_DIR, prefix),) if os.path.exists(path)]
        etc = "/etc/netns"
        found += [name for name in os.listdir(etc) if name.startswith(prefix + "-")]
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        words = file.read().split(b"\0")
                except OSError:
                    continue
                if any(word.startswith(f"{prefix}-".encode()) for word in words):
                    found.append(b" ".join(words).decode())
        return found

    def test_nothing_is_left_after_an_exception(self):
        with self.assertRaises(ZeroDivisionError), Lab("basic") as lab:
            prefix = lab.prefix
            lab.host("trader").spawn(["cat"], stdin=subprocess.PIPE)
            lab.host("db").spawn(["sh", "-c", "trap '' TERM HUP; tail -f /dev/null"])
            self.assertNotEqual(self.left_of(prefix), [])
            raise ZeroDivisionError
        self.assertEqual(self.left_of(prefix), [])

    def test_nothing_is_left_after_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
            with tempfile.TemporaryDirectory() as directory:
                process = Process([sys.executable, "-m", "faultlab.topology", "up", "basic"], "up",
                                  directory, env={**os.environ, "PYTHONPATH": HOME},
                                  stdin=subprocess.PIPE)
                trader = process.wait_for(r"^trader (\S+)")[1]
                process.wait_for("^ready$")
                process.signal(number)
                process.wait()
                process.close()
            prefix = trader.removesuffix("-trader")
            wait_until(lambda prefix=prefix: not self.left_of(prefix), 10,
                       f"nothing is left after {number.name}")

    def test_a_dead_run_is_removed_and_a_live_one_is_not(self):
        with Lab("pair") as lab:
            dead = "fl0dead"
            directory = os.path.join(runs.RUNS_DIR, dead)
            os.mkdir(directory)
            netns.ip([f"netns add {dead}-trader"])
            # Our pid, but another start: the pid was given to another process since.
            with open(os.path.join(directory, "owner.pid"), "w", encoding="ascii") as file:
                file.write(f"{os.getpid()} 1\n")
            subprocess.run([sys.executable, "-m", "faultlab.topology", "cleanup"], check=True,
                           env={**os.environ, "PYTHONPATH": HOME}, capture_output=True)
            self.assertEqual(self.left_of(dead), [])
            self.assertEqual(lab.line().command("clear"), "ok")

    def test_two_runs_stand_side_by_side(self):
        with Lab("pair") as one, Lab("pair") as two:
            self.assertNotEqual(one.prefix, two.prefix)
            two.line().rule("gone", "drop")
            with traffic.connection(one.host("near"), one.host("far")) as (near, far):
                traffic.transfer(near, far, 1000)
            self.assertEqual(two.line().report()["out"]["tcp_segments"], 0)


class Descriptions(unittest.TestCase):
    """Mistakes in a description are named with their place."""

    GOOD = ('[network.w]\nkind = "wire"\nv4 = "10.0.0.0/24"\n'
            '[host.a]\nrole = "trader"\non = {w = 1}\n[host.b]\nrole = "far"\non = {w = 2}\n')

    def load(self, text):
        """Reads a description from a text."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return description.load(file.name)

    def test_mistakes_are_named(self):
        self.load(self.GOOD)
        cases = ((self.GOOD.replace("wire", "rope"), r"network\.w\.kind: 'rope'"),
                 (self.GOOD.replace("/24", "/33"), r"network\.w\.v4"),
                 (self.GOOD.replace("trader", "boss"), r"host\.a\.role: 'boss'"),
                 (self.GOOD.replace("w = 2", "x = 2"), r"host\.b\.on\.x"),
                 (self.GOOD.replace("w = 2", "w = 900"), r"host\.b\.on\.w: 900"),
                 (self.GOOD + 'default = "c"\n', r"route on b to default: 'c'"),
                 (self.GOOD + "colour = 1\n", r"host\.b\.colour: unknown"),
                 (self.GOOD + '[[route]]\non = "a"\nto = "z"\nvia = "b"\n', r"to z: 'z'"),
                 (self.GOOD.replace("wire", "line"), r"near and far have to be"),
                 (self.GOOD + '[dns]\nserver = "q"\n', r"dns: 'q'"),
                 (self.GOOD + "[", r"toml"))
        for text, pattern in cases:
            with self.assertRaisesRegex(LabError, pattern):
                self.load(text)
        with self.assertRaisesRegex(LabError, "no such topology; there are basic"):
            description.load("nowhere")

    def test_all_that_come_with_the_lab_are_right(self):
        for name in description.names():
            self.assertTrue(description.load(name).about)


if __name__ == "__main__":
    unittest.main()
