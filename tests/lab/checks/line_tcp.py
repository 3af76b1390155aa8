# SPDX-License-Identifier: BSD-2-Clause
"""What the line does to TCP, against the kernel's own counters at both ends."""

import contextlib
import errno
import select
import socket
import unittest

from . import traffic
from .base import LineCase


TCP_CLOSE = 7


def tcp_state(sock):
    """The state of a socket as the kernel numbers it."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def flow_of(report, port):
    """The flow of a report that has this port at the near end."""
    [flow] = [flow for flow in report["flows"] if flow["near_port"] == port]
    return flow


class Segments(LineCase):
    """Loss of segments, exactly."""

    def test_segments_seen_are_those_the_kernels_count(self):
        for family in (4, 6):
            near, far = self.near.nstat(), self.far.nstat()
            before = self.line.report()
            self.line.rule("lossy", "data loss 3%")
            with traffic.connection(self.near, self.far, family) as (one, other):
                traffic.transfer(one, other, 1 << 20)
                traffic.transfer(other, one, 1 << 19)

            def out(key, before=before):
                return self.line.settled()["out"][key] - before["out"][key]

            def grown(host, before, *names):
                after = host.nstat()
                return sum(after[name] - before[name] for name in names)
            self.eventually_equal(lambda: (out("tcp_segments"), grown(
                self.near, near, "TcpOutSegs", "TcpRetransSegs")), "segments that near sent")
            self.eventually_equal(lambda: (out("tcp_segments") - out("data_dropped"), grown(
                self.far, far, "TcpInSegs")), "segments that far got")
            self.assertEqual(out("data_retransmitted"), grown(self.near, near, "TcpRetransSegs"))
            self.assertGreater(out("data_dropped"), 5)
            self.assertGreaterEqual(out("data_retransmitted"), out("data_dropped"))
            self.check_sums(self.line.report())

    def test_the_nth_data_segment_is_dropped_once(self):
        rows = self.log()
        self.line.rule("one", "out nth 5,9")
        with traffic.connection(self.near, self.far) as (one, other):
            traffic.transfer(one, other, 30000)
            port = one.getsockname()[1]
        report = self.check_sums(self.line.report(flows=True))
        self.assertEqual(report["out"]["drops"]["nth"], 2)
        self.assertEqual(flow_of(report, port)["out"]["data_dropped"], 2)
        fresh, dropped = [], []
        for row in rows():
            if row["dir"] == "out" and row["payload"] != "0":
                if row["seq"] not in fresh:
                    fresh.append(row["seq"])
                    dropped.append(row["verdict"] == "nth")
                else:
                    self.assertEqual(row["verdict"], "forward")
        self.assertEqual([number for number, hit in enumerate(dropped, 1) if hit], [5, 9])

    def test_the_nth_segment_is_dropped_again_when_it_comes_again(self):
        before = self.near.nstat()["TcpRetransSegs"]
        self.line.rule("thrice", "out nth 2 times 3")
        with traffic.connection(self.near, self.far, 6) as (one, other):
            traffic.transfer(one, other, 5000)
        self.assertEqual(self.line.report()["out"]["drops"]["nth"], 3)
        self.assertGreaterEqual(self.near.nstat()["TcpRetransSegs"] - before, 3)

    def test_each_flow_and_direction_counts_for_itself(self):
        self.line.rule("third", "nth 3")
        ports = []
        for _ in range(2):
            with traffic.connection(self.near, self.far) as (one, other):
                traffic.transfer(one, other, 10000)
                traffic.transfer(other, one, 10000)
                ports.append(one.getsockname()[1])
        report = self.line.report(flows=True)
        for port in ports:
            for direction in ("out", "in"):
                self.assertEqual(flow_of(report, port)[direction]["data_dropped"], 1)

    def test_every_damaged_segment_fails_its_checksum(self):
        for family in (4, 6):
            self.line.rule("damage", "out proto tcp corrupt 3%")
            errors = self.far.nstat()["TcpInCsumErrors"]
            before = self.line.report()["out"]["corrupted"]
            with traffic.connection(self.near, self.far, family) as (one, other):
                traffic.transfer(one, other, 500000)
            self.line.clear()
            damaged = self.line.settled()["out"]["corrupted"] - before
            self.assertGreater(damaged, 3)
            self.eventually_equal(
                lambda: (self.far.nstat()["TcpInCsumErrors"] - errors, damaged), "bad checksums")

    def test_known_flows_die_and_fresh_ones_pass(self):
        with traffic.connection(self.near, self.far) as (one, other):
            traffic.transfer(one, other, 1000)
            self.line.rule("forgotten", "old drop")
            one.sendall(b"lost")
            with traffic.connection(self.near, self.far, 4, 7002) as (new, end):
                traffic.transfer(new, end, 1000)
            self.assertEqual(select.select([other], [], [], 0)[0], [])
            self.line.remove("forgotten")
            self.assertEqual(traffic.receive(other, 4), b"lost")


class Resets(LineCase):
    """Forged resets are believed by the kernels that get them."""

    def expect_reset(self, sock):
        """The socket learns of a reset."""
        with self.assertRaises(OSError) as caught:
            sock.recv(1)
        self.assertEqual(caught.exception.errno, errno.ECONNRESET)

    def expect_quiet(self, sock):
        """The socket is untouched."""
        self.assertEqual(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)
        self.assertEqual(select.select([sock], [], [], 0)[0], [])

    def challenges(self):
        """How often either kernel doubted a segment."""
        return sum(host.nstat()["TcpExtTCPChallengeACK"] for host in (self.near, self.far))

    def test_resets_reach_the_chosen_ends_with_the_chosen_ttl(self):
        doubts = self.challenges()
        for family in (4, 6):
            for toward, ttl in (("near", 33), ("far", 44), ("both", 55)):
                near, far = self.capture(self.near), self.capture(self.far)
                with traffic.connection(self.near, self.far, family) as (one, other):
                    traffic.transfer(one, other, 20000)
                    traffic.transfer(other, one, 3000)
                    count = self.line.reset(f"{toward} ttl {ttl} port 7001")
                    self.assertEqual(count, 1)
                    for end, sock in (("near", one), ("far", other)):
                        if toward in (end, "both"):
                            self.expect_reset(sock)
                        else:
                            self.expect_quiet(sock)
                    self.assertEqual(near.resets(), [ttl] if toward != "far" else [])
                    self.assertEqual(far.resets(), [ttl] if toward != "near" else [])
                    self.assertEqual(self.line.reset(f"{toward} port 9999"), 0)
                self.line.reset("both")
                near.close()
                far.close()
        self.assertEqual(self.challenges(), doubts)

    def test_a_rule_resets_each_flow_once_when_data_passes(self):
        self.line.rule("angry", "out data skip 3 reset both ttl 7")
        before, doubts = self.line.report(), self.challenges()
        with traffic.connection(self.near, self.far) as (one, other):
            with contextlib.suppress(OSError):
                for _ in range(50):
                    one.sendall(b"x" * 1000)
                    traffic.receive(other, 1000)
            for sock in (one, other):
                self.lab.wait_until(lambda sock=sock: tcp_state(sock) == TCP_CLOSE, 10,
                                    "the socket is reset")
        self.assertEqual(self.challenges(), doubts)
        after = self.line.report()
        for direction in ("out", "in"):
            self.assertEqual(after[direction]["resets_injected"]
                             - before[direction]["resets_injected"], 1)

    def test_a_rule_resets_behind_the_packet_that_it_met(self):
        self.line.rule("angry", "out data skip 3 reset far ttl 7")
        with traffic.connection(self.near, self.far) as (one, other):
            for _ in range(3):
                one.sendall(b"x" * 1000)
                traffic.receive(other, 1000)
            one.sendall(b"x" * 1000)
            self.lab.wait_until(lambda: tcp_state(other) == TCP_CLOSE, 10, "the socket is reset")

    def test_resets_are_believed_after_a_loss(self):
        doubts = self.challenges()
        self.line.rule("third", "nth 3")
        with traffic.connection(self.near, self.far) as (one, other):
            traffic.transfer(one, other, 20000)
            traffic.transfer(other, one, 20000)
            self.line.reset("both")
            for sock in (one, other):
                self.expect_reset(sock)
        self.assertEqual(self.challenges(), doubts)

    def test_an_eaten_syn_is_refused(self):
        self.line.rule("wall", "out syn dport 7001 reset near ttl 60 times 100 eat")
        with traffic.listen(self.far), self.assertRaises(ConnectionRefusedError):
            traffic.connect(self.near, self.far)
        report = self.line.report()
        self.assertEqual(report["out"]["drops"]["reset"], 1)
        self.assertEqual(report["in"]["resets_injected"], 1)
        self.assertEqual(self.far.nstat()["TcpInSegs"], 0)

    def test_resets_are_believed_while_data_is_on_its_way(self):
        self.line.rule("slow", "delay 20ms")
        with traffic.connection(self.near, self.far) as (one, other):
            one.sendall(b"x" * 4000)
            self.lab.wait_until(lambda: self.line.report()["out"]["held"] >= 3, 10,
                                "data waits in the line")
            self.line.reset("far ttl 9")
            with self.assertRaises(ConnectionResetError):
                other.recv(1)
            self.expect_reset(one)


class Cable(LineCase):
    """A line of frames: between a host and its switch."""

    topology = "cable"

    def test_a_bad_cable_hurts_every_peer(self):
        cable, trader = self.lab.line("cable"), self.lab.host("trader")
        for family, peer in ((4, "db"), (6, "feed")):
            cable.rule("bad", "in proto tcp corrupt 5%")
            errors, before = trader.nstat()["TcpInCsumErrors"], cable.report()["in"]["corrupted"]
            with traffic.connection(trader, self.lab.host(peer), family) as (one, other):
                traffic.transfer(other, one, 300000)
            cable.clear()
            damaged = cable.report()["in"]["corrupted"] - before
            self.assertGreater(damaged, 3)
            self.eventually_equal(
                lambda: (trader.nstat()["TcpInCsumErrors"] - errors, damaged), "bad checksums")

    def test_resets_are_framed(self):
        cable, trader = self.lab.line("cable"), self.lab.host("trader")
        for family in (4, 6):
            with traffic.connection(trader, self.lab.host("db"), family) as (one, other):
                traffic.transfer(one, other, 2000)
                self.assertEqual(cable.reset("both ttl 12 port 7001"), 1)
                for sock in (one, other):
                    with self.assertRaises(ConnectionResetError):
                        sock.recv(1)


if __name__ == "__main__":
    unittest.main()
