# SPDX-License-Identifier: BSD-2-Clause
"""Faults of our own host."""

import contextlib
import os
import resource

from faultlab.errors import LabError
from faultlab.host_tools import Filter, queue, sockets
from faultlab.limits import (limit_socket_memory, throttle_cpu, throttle_writes, times_throttled)
from faultlab.waiting import wait_until

from .base import Claim, Fault, NotHere, Truth, answered, entry, log_uniform, silent, some_party

ON_DISK = "/var/tmp"
EVERYWHERE = ("basic", "two_gateways", "two_lines", "cable", "flat")


def pin(day, pid, processors):
    """Keeps a process on some processors until undo."""
    former = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, processors)

    def release():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(pid, former)
    day.on_undo(release)


def keep_others_off(day, processor):
    """Keeps every program of the lab that runs on this machine, lines included, off a processor
    until undo."""
    others = os.sched_getaffinity(0) - {processor}
    pids = [part.pid for part in day.parts.values() if part.host.here]
    pids += [line.process.pid for line in day.lab.lines.values() if line.here]
    for pid in pids:
        pin(day, pid, others)


def start_hog(day, host, name, **options):
    """A hog until undo."""
    hog = day.add(host, "hog", name, **options)
    hog.start()

    def end():
        hog.stop()
        del day.parts[name]
    day.on_undo(end)
    return hog


@entry
class Starved(Fault):
    """H1"""

    id, name, verdicts, topologies = "H1", "our app starved of CPU", ("internal/cpu",), EVERYWHERE
    alone = True
    watch_seconds = 3.0
    settle_seconds = 0.5

    def draw(self, rng, day):
        processors = sorted(os.sched_getaffinity(0))
        return {"how": rng.choice(["hog", "quota"]) if len(processors) > 1 else "quota",
                "busy_ms": rng.randint(40, 90), "idle_ms": rng.randint(2, 5),
                "quota_us": rng.randint(1000, 2000), "period_us": rng.randint(120, 300) * 1000,
                "processor": rng.choice(processors)}

    def inject(self, day, p):
        if p["how"] == "quota":
            group = throttle_cpu(day.lab.prefix, [part.pid for part in day.ours()],
                                 p["quota_us"], p["period_us"])
            day.on_undo(group.release)
            day.note("group", group)
            return
        # Only our programs share a processor with the hog: everybody else runs as before.
        keep_others_off(day, p["processor"])
        for part in day.ours():
            pin(day, part.pid, {p["processor"]})
        start_hog(day, day.trader, "hog", busy_ms=p["busy_ms"], idle_ms=p["idle_ms"], fifo=50,
                  cpu=p["processor"])

    def proof(self, day, p, seen):
        ages = seen.spread("rates", "age_us")
        usual = day.base_rtt_ms["orders"]
        waited = max(seen.waited_share(part.name) for part in day.ours())
        group = day.notes.get("group")
        held = times_throttled(group) if group else 0
        rtt = day.rtt_ms(day.party("orders")) or 0.0
        return [Claim("age of updates when read, 99 % ms", ages["p99_us"] / 1000,
                      ages["p99_us"] > 1000 * usual + 15000),
                Claim(f"waited for a processor: {waited:.2f} of the time; held back", held,
                      waited > 0.05 or held > 0),
                Claim(f"round trip in ms, before {usual:.1f}", rtt, rtt < usual + 10)]


@entry
class OurAppStopped(Fault):
    """H2"""

    id, name, verdicts, topologies = "H2", "our app stopped", ("internal/app",), EVERYWHERE
    settle_seconds = 0.5

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "rates", "news", "customers")}

    def inject(self, day, p):
        part = day.party(p["party"]).ours
        part.pause()
        day.on_undo(part.resume)

    def proof(self, day, p, seen):
        party = day.party(p["party"])
        unread = sum(each["recv_q"] for each in day.sockets_of(party))
        return [Claim("state of our process", party.ours.state(), party.ours.state() == "T"),
                Claim("bytes that wait unread", unread, unread > 0)]


@entry
class OurAppSlow(Fault):
    """H3"""

    id, name, verdicts, topologies = "H3", "our app reads too slowly", ("internal/app",), EVERYWHERE
    settle_seconds = 2.0

    def draw(self, rng, day):
        return {"sleep_ms": round(log_uniform(rng, 80, 400)), "read_bytes": rng.randint(400, 1200)}

    def inject(self, day, p):
        day.set(day.party("rates").client, rcvbuf_bytes=4096, read_bytes=p["read_bytes"],
                read_sleep_ms=p["sleep_ms"])

    def proof(self, day, p, seen):
        unread = sum(each["recv_q"] for each in day.sockets_of(day.party("rates")))
        closed = seen.nstat("trader", "TcpExtTCPToZeroWindowAdv")
        shrunk = seen.nstat("trader", "TcpExtTCPWantZeroWindowAdv")
        age = seen.spread("rates", "age_us")["p50_us"] / 1000
        return [Claim(f"windows that we closed ({unread} bytes wait unread now)",
                      closed + shrunk, closed + shrunk > 0),
                Claim("median age of an update, ms", age, age > 50)]


@entry
class InterruptsStarved(Fault):
    """H5: a kernel thread handles packets to us, and a real-time hog sits on its processor."""

    id, name, verdicts = "H5", "soft interrupts starved", ("internal/cpu",)
    alone = True
    topologies = ("basic", "two_gateways", "two_lines", "flat")
    watch_seconds = 3.0
    settle_seconds = 0.5

    def draw(self, rng, day):
        return {"busy_ms": rng.randint(30, 80), "idle_ms": rng.randint(4, 10),
                "processor": rng.choice(sorted(os.sched_getaffinity(0)))}

    @staticmethod
    def _threads():
        found = set()
        for entry_name in os.listdir("/proc"):
            if entry_name.isdigit():
                try:
                    with open(f"/proc/{entry_name}/comm", encoding="utf-8") as file:
                        if file.read().startswith("napi/"):
                            found.add(int(entry_name))
                except OSError:
                    continue
        return found

    def prepare(self, day, p):
        # A veth device polls what comes from a peer that does not segment for it.
        device, (switch, port) = day.trader.device(), day.trader.port()
        switch.run(["ethtool", "-K", port, "tso", "off"])
        day.trader.run(["ethtool", "-K", device, "gro", "on"])
        before = self._threads()
        self._switch(day, device, 1)
        day.notes["threads"] = wait_until(lambda: self._threads() - before, 5,
                                          "a thread polls our device")

    @staticmethod
    def _switch(day, device, on):
        done = day.trader.run(["sh", "-c", f"echo {on} > /sys/class/net/{device}/threaded"],
                              check=False)
        if done.returncode:
            raise NotHere(f"no polling by a thread: {done.stderr.strip()}")

    def inject(self, day, p):
        others = os.sched_getaffinity(0) - {p["processor"]}
        if not others:
            raise NotHere("one processor only: the hog would starve everything")
        keep_others_off(day, p["processor"])
        for thread in day.notes["threads"]:
            os.sched_setaffinity(thread, {p["processor"]})
        start_hog(day, day.trader, "hog", busy_ms=p["busy_ms"], idle_ms=p["idle_ms"], fifo=50,
                  cpu=p["processor"])

    def proof(self, day, p, seen):
        orders = day.party("orders")
        rtt, usual = day.rtt_ms(orders) or 0.0, day.base_rtt_ms["orders"]
        response = seen.spread("orders", "response_us")["p99_us"] / 1000
        waited = seen.waited_share("orders")
        return [Claim(f"round trip in ms, before {usual:.1f}", rtt, rtt > usual + 4),
                Claim("slowest answers, 99 % ms", response, response > usual + 10),
                Claim("our process waited for a processor", waited, waited < 0.3)]


@entry
class OurQueue(Fault):
    """H6"""

    id, name, verdicts = "H6", "our own egress queue", ("internal/kernel-net",)
    topologies = EVERYWHERE
    settle_seconds = 1.0

    def draw(self, rng, day):
        demand = sum(day.parts[name].knobs["rate"] * size * 8 for name, size in
                     (("orders", 452), ("api", 3300), ("refdata", 3300), ("database", 172)))
        return {"bits": round(demand * rng.uniform(0.3, 0.6)),
                "limit_bytes": rng.randint(8000, 60000)}

    def inject(self, day, p):
        device = day.trader.device()
        day.run_until_undo(day.trader, ["tc", "qdisc", "add", "dev", device, "root", "tbf", "rate",
                                        f"{p['bits']}bit", "burst", "3200",
                                        "limit", str(p["limit_bytes"])],
                           ["tc", "qdisc", "del", "dev", device, "root"])

    def proof(self, day, p, seen):
        found = queue(day.trader, day.trader.device())
        response = seen.spread("orders", "response_us")["p50_us"] / 1000
        return [Claim("bytes in our queue, and drops", (found["backlog"], found["drops"]),
                      found["backlog"] > 1000 or found["drops"] > 0),
                Claim("median response of orders, ms", response,
                      response > day.base_rtt_ms["orders"] + 10)]


@entry
class OurFirewall(Fault):
    """H7"""

    id, name, verdicts = "H7", "our firewall drops", ("internal/kernel-net",)
    topologies = EVERYWHERE
    settle_seconds = 0.3
    watch_seconds = 4.0

    def draw(self, rng, day):
        party = some_party(rng, day, "rates", "orders", "database")
        # Of a feed we send acknowledgements only: losing some of them harms nobody.
        hook = "input" if day.party(party).feed else rng.choice(["input", "output"])
        return {"party": party, "hook": hook,
                "percent": rng.choice([100, round(log_uniform(rng, 3, 30))])}

    def inject(self, day, p):
        party = day.party(p["party"])
        way, port = ("saddr", "sport") if p["hook"] == "input" else ("daddr", "dport")
        table = Filter(day.trader)
        some = f"numgen random mod 100 < {p['percent']} " if p["percent"] < 100 else ""
        table.add(p["hook"], [f"{party.family} {way} {party.address} tcp {port} {party.port} "
                              f"{some}COUNT drop"])
        day.on_undo(table.remove)

    def proof(self, day, p, seen):
        dropped = Filter(day.trader).hits()
        party = day.party(p["party"])
        ends = [day.trader, party.server.host]
        repeated = sum(seen.nstat(host.name, "TcpRetransSegs") for host in ends)
        at_lines = seen.lost_at_lines()
        # What may not leave was never sent, so sending it later is no retransmit; but the answer
        # is late.
        late_ms = 0 if party.feed else seen.spread(party.name, "response_us")["p99_us"] / 1000
        felt = f"answers after {late_ms:.0f} ms, 99 %; nothing comes; or segments sent again"
        return [Claim("packets our own rules dropped", dropped, dropped > 0),
                Claim(felt, repeated, repeated > 0 or late_ms > 50 or seen.data(party) == 0),
                Claim("packets dropped by lines", at_lines, at_lines == 0)]


@entry
class OurQueueOfCallers(Fault):
    """H8"""

    id, name, verdicts = "H8", "our accept queue full", ("internal/app",)
    topologies = EVERYWHERE
    settle_seconds = 1.5

    def draw(self, rng, day):
        return {"backlog": rng.randint(2, 8)}

    def inject(self, day, p):
        day.set(day.party("customers").server, backlog=p["backlog"], accepting=0)

    def proof(self, day, p, seen):
        party = day.party("customers")
        overflows = seen.nstat("trader", "TcpExtListenOverflows")
        waiting = [(each["recv_q"], each["send_q"]) for each in sockets(day.trader, listening=True)
                   if each["port"] == party.port]
        return [Claim("overflows of our accept queue", overflows, overflows > 0),
                Claim("callers waiting, and the limit", waiting,
                      bool(waiting) and waiting[0][0] >= waiting[0][1])]


@entry
class Exhausted(Fault):
    """H9"""

    id, name = "H9", "descriptors or ports exhausted"
    verdicts, topologies = ("internal/app", "internal/kernel-net"), EVERYWHERE
    settle_seconds = 1.5

    def draw(self, rng, day):
        return {"how": rng.choice(["descriptors", "ports"]), "party": "api",
                "ports": rng.randint(2, 6)}

    def truths(self, p=None):
        if not p:
            return super().truths()
        return [Truth((self.verdicts[p["how"] == "ports"],))]

    def inject(self, day, p):
        if p["how"] == "ports":
            day.trader.sysctl("net.ipv4.ip_local_port_range", f"40000 {39999 + p['ports']}")
            day.on_undo(lambda: day.trader.sysctl("net.ipv4.ip_local_port_range", "32768 60999"))
            return
        pid = day.party(p["party"]).client.pid
        former = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        # Fewer than are open already: not one more can be had.
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, former[1]))
        day.on_undo(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, former))

    def proof(self, day, p, seen):
        name = day.party(p["party"]).client.name
        error = "EADDRNOTAVAIL" if p["how"] == "ports" else "EMFILE"
        failed = seen.count(name, f"errors.{error}")
        lookups = seen.count(name, "resolve_failures")
        opened = seen.count(name, "connects.ok")
        return [Claim(f"{error} on connecting, or lookups without a socket", failed + lookups,
                      failed + lookups > 0),
                Claim("connections opened", opened, opened <= failed + lookups)]


@entry
class NoSocketMemory(Fault):
    """H10: the limit is that of a control group, because tcp_mem is the whole machine's."""

    id, name, verdicts = "H10", "socket memory pressure", ("internal/kernel-net",)
    topologies = EVERYWHERE
    settle_seconds = 1.0
    watch_seconds = 4.0

    def draw(self, rng, day):
        return {"limit_bytes": rng.randint(1, 3) * 4096}

    def inject(self, day, p):
        pids = [part.pid for part in day.ours()]
        try:
            group = limit_socket_memory(day.lab.prefix, pids, p["limit_bytes"])
        except LabError as error:
            raise NotHere(str(error)) from error
        day.on_undo(group.release)
        # What is accounted to a group is decided when a socket is made.
        for part in day.ours():
            if part.program != "exchange_server":
                part.tell("reconnect")

    def proof(self, day, p, seen):
        signs = {key: seen.nstat("trader", "TcpExt" + key) for key in
                 ("PruneCalled", "RcvPruned", "OfoPruned", "TCPRcvQDrop", "TCPMemoryPressures",
                  "TCPRcvCollapsed", "TCPZeroWindowDrop", "TCPAbortOnMemory")}
        total = sum(signs.values())
        return [Claim("prunes and drops for want of memory: " + ", ".join(
            f"{key} {value}" for key, value in signs.items() if value), total, total >= 5)]


@entry
class RouteDeleted(Fault):
    """H12"""

    id, name, verdicts, hard = "H12", "route deleted", ("internal/kernel-net",), True
    topologies = EVERYWHERE
    settle_seconds = 0.5

    def inject(self, day, p):
        for family in ("-4", "-6"):
            routes = day.trader.run(["ip", family, "route", "show"]).stdout.splitlines()
            for route in routes:
                if " via " in route:
                    words = [word for word in route.split() if word not in ("linkdown", "onlink")]
                    day.run_until_undo(day.trader, ["ip", family, "route", "del", *words],
                                       ["ip", family, "route", "add", *words])

    def proof(self, day, p, seen):
        unreachable = seen.count("api", "errors.ENETUNREACH")
        there = day.trader.run(["ip", "route", "get", day.party("api").address], check=False)
        return [Claim("ENETUNREACH on connecting", unreachable, unreachable > 0),
                Claim("is there a route", there.returncode == 0, there.returncode != 0),
                # Feeds still come for a while: the far ends send until their windows are full.
                *[silent(seen, each) for each in day.external()
                  if not each.inbound and not each.feed],
                answered(seen, day.party("database"))]


@entry
class DiskStalls(Fault):
    """H13: each order is first synced to a journal, and the disk is slow."""

    id, name, verdicts = "H13", "disk stalls our app", ("internal/disk",)
    alone = True
    topologies = EVERYWHERE
    settle_seconds = 1.0
    watch_seconds = 3.0

    def draw(self, rng, day):
        storm = rng.random() < 0.5
        return {"writes_per_second": rng.randint(20, 60) if storm else rng.randint(3, 12),
                "storm": storm}

    def prepare(self, day, p):
        # On a disk: the run's directory is often in memory. Its name can go once it is open.
        journal = os.path.join(ON_DISK, f"{day.lab.prefix}.journal")
        day.party("orders").client.restart(journal=journal)
        os.unlink(journal)
        day.wait_well()

    def inject(self, day, p):
        pid = day.party("orders").client.pid
        try:
            group = throttle_writes(day.lab.prefix, [pid], ON_DISK, p["writes_per_second"])
        except LabError as error:
            raise NotHere(str(error)) from error
        day.on_undo(group.release)
        if p["storm"]:
            hog = start_hog(day, day.trader, "storm", what="disk", directory=ON_DISK,
                            block_bytes=16384)
            group.take(hog.pid)

    def proof(self, day, p, seen):
        slow = seen.spread("orders", "journal_us")["p99_us"] / 1000
        state = seen.spread("orders", "response_us")["p50_us"] / 1000
        return [Claim(f"syncs of the journal, 99 % ms (median answer {state:.1f})", slow,
                      slow > 40)]


@entry
class ClosesBadly(Fault):
    """H14"""

    id, name, verdicts = "H14", "our app closes badly", ("internal/app",)
    topologies = EVERYWHERE

    def draw(self, rng, day):
        return {"party": some_party(rng, day, "api", "refdata", "rates"),
                "percent": rng.randint(30, 100), "after_ms": rng.randint(100, 500)}

    def inject(self, day, p):
        party = day.party(p["party"])
        if party.feed:
            day.set(party.client, close_unread_ms=p["after_ms"])
        else:
            day.set(party.client, abandon_percent=p["percent"])

    def proof(self, day, p, seen):
        name = day.party(p["party"]).client.name
        closed = seen.count(name, "closed_unread") + seen.count(name, "abandoned")
        resets = seen.nstat("trader", "TcpOutRsts")
        aborts = seen.nstat("trader", "TcpExtTCPAbortOnClose")
        return [Claim("connections closed with data unread", closed, closed > 0),
                Claim("resets we sent", resets, resets > 0),
                Claim("that the kernel sent for data unread", aborts, aborts > 0)]
