# SPDX-License-Identifier: BSD-2-Clause
"""Building a described topology out of namespaces, and taking it down again.

    with Lab("basic", seed=7) as lab:
        lab.line("line").rule("lossy", "out loss 3%")
        print(lab.host("trader").run(["ip", "route"]).stdout)

All hosts, switches, gateways and carriers are namespaces of one run; lines are programs between
two of them. Settings that only add chance are turned off: duplicate address detection, router
advertisements, rate limits of ICMP, metrics that one connection leaves to the next.
"""

import argparse
import atexit
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import zlib

from . import conntrack, description, netns, runs
from .errors import LabError
from .line import Line
from .process import Process
from .waiting import PATIENCE, wait_until

BRIDGE = "br0"

SYSCTLS = {
    "net.ipv6.conf.all.accept_dad": 0,
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv6.conf.all.accept_ra": 0,
    "net.ipv6.conf.default.accept_ra": 0,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
    "net.ipv4.icmp_ratelimit": 0,
    "net.ipv6.icmp.ratelimit": 0,
    "net.ipv4.tcp_no_metrics_save": 1,
    "net.ipv4.ping_group_range": "0 2147483647",
}
# A wire does not wait for a processor: the lab's lines go before all ordinary processes, so that a
# busy machine adds no delay that nobody asked for.
LINE_OPTIONS = ["--realtime", "1"]

ROUTER_SYSCTLS = {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1}


class Host:
    """A namespace of the run: a machine, or a switch."""

    here = True    # on this machine: its processes have pids here

    def __init__(self, lab, name, plan=None):
        self.name = name
        self.plan = plan
        self.role = plan.role if plan else "switch"
        self.namespace = lab.run.namespace(name)
        self._lab = lab
        self._spawned = 0

    def command(self, arguments):
        """The command line that runs `arguments` here, for use elsewhere."""
        return ["ip", "netns", "exec", self.namespace, *[str(each) for each in arguments]]

    def run(self, arguments, timeout=10, check=True, env=None, stdin_text=None):
        """Runs a command to its end; returns subprocess.CompletedProcess with texts. LabError
        with its output when it fails (unless check is False) or takes longer."""
        try:
            done = subprocess.run(self.command(arguments), timeout=timeout * PATIENCE, text=True,
                                  env=env,
                                  capture_output=True, check=False, input=stdin_text or "")
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name}: {arguments}: still runs after {timeout} s") from None
        if check and done.returncode:
            raise LabError(f"{self.name}: {arguments}: exit {done.returncode}\n"
                           f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def spawn(self, arguments, name=None, env=None, stdin=None, cwd=None):
        """Starts a command; returns its Process. It ends with the run at the latest."""
        self._spawned += 1
        label = f"{self.name}-{name or os.path.basename(str(arguments[0]))}-{self._spawned}"
        process = Process(self.command(arguments), label, self._lab.run.directory, env, stdin,
                          cwd, self._lab.listener_of())
        self._lab.processes.append(process)
        return process

    def address(self, network=None, family=4):
        """The address on that network, by default the first one, as a text."""
        network = network or next(iter(self.plan.on))
        return str(self._lab.description.address(self.name, network, family))

    def addresses(self, family=4):
        """All addresses of a family, as texts."""
        return [str(each) for each in self._lab.description.addresses(self.name, family)]

    def device(self, network=None):
        """The device that leads to that network."""
        return network or next(iter(self.plan.on))

    def port(self, network=None):
        """The switch that carries the network, and the name of our port there."""
        network = self.device(network)
        if network not in self._lab.hosts:
            raise LabError(f"{self.name}: {network} is not a switch")
        return self._lab.hosts[network], port_name(self.name)

    def set_link(self, network=None, up=True):
        """Takes our device down, or up again. The kernel forgets IPv6 addresses and routes of a
        device that goes down, so they are put back."""
        netns.ip([f"link set {self.device(network)} {'up' if up else 'down'}"], self.namespace)
        if up and self.plan:
            self._lab.configure(self.name, again=True)

    def set_port(self, up):
        """Takes the switch's port to us down, or up again, so that our carrier goes and comes."""
        switch, port = self.port()
        switch.run(["ip", "link", "set", port, "up" if up else "down"])

    def forget_connections(self):
        """Empties the firewall's table of connections."""
        conntrack.forget_all(self)

    def process_state(self, pid):
        """The state of a process of ours: one letter, as in /proc/PID/stat; "" when it is gone."""
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                return file.read().rpartition(")")[2].split()[0]
        except OSError:
            return ""

    def schedule(self, pid):
        """Time on a processor and time waiting for one, in ns, of a process of ours."""
        try:
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
                return [int(word) for word in file.read().split()]
        except OSError:
            return [0, 0, 0]

    def write_control(self, path, line):
        """Writes a line to the control FIFO of a program of ours."""
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(descriptor, line.encode() + b"\n")
        finally:
            os.close(descriptor)

    def remove_control(self, path):
        """Removes what a former program left as its control FIFO."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def wait_carrying(self, timeout=10):
        """Waits until every device that is up can carry packets."""
        wait_until(lambda: all(map(netns.carries, netns.links(self.namespace).values())), timeout,
                   f"the devices of {self.name} carry packets")

    def sysctl(self, key, value):
        """Writes a setting of this namespace."""
        netns.set_sysctls(self.namespace, {key: value})

    def nstat(self):
        """The kernel's counters of this namespace, named as nstat does."""
        return netns.counters(self.namespace)

    def inside(self):
        """A context in which the calling thread is in this namespace, for opening sockets."""
        return netns.inside(self.namespace)


def port_name(host):
    """The switch's port to a host."""
    return f"p-{host}"[:description.DEVICE_NAME_MAX]


def card_address(plan, network, end):
    """The address of the network card by which a host that is on another machine is on a network:
    end 0: on its own machine, end 1: at the switch."""
    return f"52:54:00:77:{end:02x}:{list(plan.on).index(network):02x}"


class Lab:
    """A topology that stands while the `with` block runs."""

    def __init__(self, topology, seed=1, elsewhere=(), listener_of=lambda: None):
        """elsewhere: hosts that another machine builds; network cards lead there. listener_of():
        makes a listener of a process's output, see process.py."""
        self.description = description.load(topology)
        self.elsewhere = tuple(elsewhere)
        self.listener_of = listener_of
        self.seed = seed
        self.run = None
        self.prefix = None
        self.hosts = {}
        self.lines = {}
        self.processes = []

    def __enter__(self):
        self._catch_signals()
        self.run = runs.Run()
        self.prefix = self.run.prefix
        atexit.register(self.close)
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _catch_signals():
        """SIGTERM and SIGHUP end the program the way an exception does."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, lambda number, _: sys.exit(128 + number))

    def close(self):
        """Takes everything down; does nothing the second time."""
        run, self.run = self.run, None
        if not run:
            return
        atexit.unregister(self.close)
        try:
            run.remove()
        finally:
            for each in [*self.lines.values(), *self.processes]:
                each.close()

    def host(self, name):
        """The host, or switch, of that name."""
        if name not in self.hosts:
            raise LabError(f"{self.description.name} has no host {name!r}; there are "
                           + ", ".join(self.hosts))
        return self.hosts[name]

    def line(self, name="line"):
        """The line of that name."""
        if name not in self.lines:
            raise LabError(f"{self.description.name} has no line {name!r}; there are "
                           + (", ".join(self.lines) or "none"))
        return self.lines[name]

    @staticmethod
    def wait_until(condition, timeout, what):
        """See waiting.wait_until()."""
        return wait_until(condition, timeout, what)

    def _build(self):
        plans, networks = self.description.hosts, self.description.networks
        for network in networks.values():
            if network.kind == "switch":
                self.hosts[network.name] = Host(self, network.name)
        for name, plan in plans.items():
            if name not in self.elsewhere:
                self.hosts[name] = Host(self, name, plan)
        self._build_hosts(self.hosts.values())
        for network in networks.values():
            getattr(self, f"_build_{network.kind}")(network)
        for line in self.lines.values():
            line.wait_ready()
        built = [name for name in plans if name in self.hosts]
        for name in built:
            for network in plans[name].cable:
                switch, port = self.hosts[name].port(network)
                netns.ip([f"link set {port} master {BRIDGE}"], switch.namespace)
        for name in built:
            self.configure(name)
        self._write_names(self.hosts.values())
        for host in self.hosts.values():
            host.wait_carrying()

    @staticmethod
    def _build_hosts(hosts):
        netns.ip([f"netns add {host.namespace}" for host in hosts])
        for host in hosts:
            router = ROUTER_SYSCTLS if host.plan and host.plan.forward else {}
            netns.set_sysctls(host.namespace, {**SYSCTLS, **router})

    @staticmethod
    def _take_card(host, address, name, mtu):
        """Gives a network card of this machine to a host, under a name. It comes back by itself
        when the host's namespace goes."""
        def find():
            for card in os.listdir("/sys/class/net"):
                with open(f"/sys/class/net/{card}/address", encoding="ascii") as file:
                    if file.read().strip() == address:
                        return card
            return None
        card = wait_until(find, 10, f"there is a network card {address}")
        netns.ip([f"link set {card} down", f"link set {card} netns {host.namespace} name {name}"])
        netns.ip([f"link set {name} mtu {mtu}"], host.namespace)

    def _build_switch(self, network):
        switch = self.hosts[network.name]
        netns.ip(["link set lo up",
                  f"link add {BRIDGE} mtu {network.mtu} type bridge stp_state 0 forward_delay 0 "
                  "mcast_snooping 0",
                  f"link set {BRIDGE} addrgenmode none", f"link set {BRIDGE} up"],
                 switch.namespace)
        for name, plan in self.description.hosts.items():
            if network.name not in plan.on:
                continue
            if name in self.elsewhere:
                self._take_card(switch, card_address(plan, network.name, 1), port_name(name),
                                network.mtu)
                self._join_port(switch, port_name(name))
                continue
            host, port = self.hosts[name], port_name(name)
            if network.name in plan.cable:
                self._start_line(plan.cable[network.name], f"{host.namespace}:{network.name}",
                                 f"{switch.namespace}:{port}", network, tap=True)
                continue
            netns.ip([f"link add {network.name} mtu {network.mtu} netns {host.namespace} "
                      f"type veth peer name {port} mtu {network.mtu} netns {switch.namespace}"])
            self._join_port(switch, port)

    @staticmethod
    def _join_port(switch, port):
        netns.ip([f"link set {port} addrgenmode none", f"link set {port} master {BRIDGE}",
                  f"link set {port} up"], switch.namespace)

    def _members(self, network):
        return [host for host in self.hosts.values() if host.plan and network.name in host.plan.on]

    def _build_wire(self, network):
        one, other = self._members(network)
        netns.ip([f"link add {network.name} mtu {network.mtu} netns {one.namespace} type veth "
                  f"peer name {network.name} mtu {network.mtu} netns {other.namespace}"])

    def _build_stub(self, network):
        [host] = self._members(network)
        netns.ip([f"link add {network.name} mtu {network.mtu} type dummy"], host.namespace)

    def _build_line(self, network):
        near, far = self.hosts[network.near], self.hosts[network.far]
        self._start_line(network.name, f"{near.namespace}:{network.name}",
                         f"{far.namespace}:{network.name}", network)

    def _start_line(self, name, near, far, network, tap=False):
        # Each line has its own seed, or lines with the same rules would drop the same packets.
        seed = zlib.crc32(name.encode()) << 32 | self.seed & 0xffffffff
        line = Line(name, near, far, self.run.directory, seed, network.mtu, tap,
                    network.rules, LINE_OPTIONS)
        self.run.note_process(f"line-{name}", line.process.pid)
        self.lines[name] = line

    def configure(self, name, again=False):
        """Addresses, devices up, and routes of a host; again: after a device was down."""
        plan, found, lines = self.description.hosts[name], self.description, []
        verb = "replace" if again else "add"
        lines.append("link set lo up")
        for network in plan.on:
            lines += self._address_lines(name, network, verb)
            if not again:
                lines.append(f"link set {network} up")
        lines += description.route_lines(found, name)
        netns.ip(lines, self.hosts[name].namespace)

    def _address_lines(self, name, network, verb):
        """Further addresses stand with a full-length prefix behind the first one."""
        plan, lines = self.description.hosts[name], []
        for family, prefix in self.description.networks[network].prefixes.items():
            nodad = " nodad" if family == 6 else ""
            first = self.description.address(name, network, family)
            lines.append(f"addr {verb} {first}/{prefix.prefixlen} dev {network}{nodad}")
            low, high = plan.more.get(network, (1, 0))
            lines += [f"addr {verb} {prefix[number]}/{prefix.prefixlen} dev {network}{nodad}"
                      for number in range(low, high + 1)]
        return lines

    def _write_names(self, hosts):
        """What `ip netns exec` puts over /etc/resolv.conf and /etc/hosts."""
        found = self.description
        texts = {"hosts": "127.0.0.1 localhost\n::1 localhost\n" + "".join(
            f"{address} {name}\n" for name, host in found.names.items()
            for address in found.addresses(host, 4)[:1] + found.addresses(host, 6)[:1])}
        if found.dns_server:
            server = found.addresses(found.dns_server, 4)[0]
            texts["resolv.conf"] = f"nameserver {server}\noptions timeout:1 attempts:2\n"
        for host in hosts:
            where = os.path.join("/etc/netns", host.namespace)
            os.makedirs(where)
            for file_name, text in texts.items():
                with open(os.path.join(where, file_name), "w", encoding="ascii") as file:
                    file.write(text)


def _up(arguments):
    with Lab(arguments.topology, arguments.seed) as lab:
        for host in lab.hosts.values():
            addresses = host.addresses(4)[:1] + host.addresses(6)[:1] if host.plan else []
            print(host.name, host.namespace, *addresses)
        for line in lab.lines.values():
            print("line", line.name, line.control)
        print("enter a host with: ip netns exec NAMESPACE sh")
        print("ready", flush=True)
        while True:
            select.select([sys.stdin], [], [])
            if not os.read(sys.stdin.fileno(), 4096):
                return


def main():
    """The program: topology list | up NAME | cleanup."""
    parser = argparse.ArgumentParser(prog="topology", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name the topologies")
    commands.add_parser("cleanup", help="remove what dead runs left")
    up = commands.add_parser("up", help="build one, until the end of input, ^C or SIGTERM")
    up.add_argument("topology")
    up.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        if arguments.command == "list":
            for name in description.names():
                print(f"{name}: {description.load(name).about}")
        elif arguments.command == "cleanup":
            for prefix in runs.remove_dead():
                print("removed", prefix)
        else:
            _up(arguments)
    except LabError as error:
        print(f"topology: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
