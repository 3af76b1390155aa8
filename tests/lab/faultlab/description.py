# SPDX-License-Identifier: BSD-2-Clause
"""Reading a topology's description (TOML): networks, hosts, routes, names.

Everything is checked here, so that building never meets a mistake of the author; every message
names the place in the description. Routes of routers that are not given are found by the fewest
hops, ties by the order in the description.
"""

import collections
import dataclasses
import ipaddress
import os
import tomllib

from .errors import LabError

TOPOLOGIES_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                              "topologies")
KINDS = ("switch", "wire", "line", "stub")
ROLES = ("trader", "service", "resolver", "gateway", "carrier", "far", "customer")
DEVICE_NAME_MAX = 15


@dataclasses.dataclass
class Network:
    """A subnet and what carries it."""
    name: str
    kind: str
    prefixes: dict                  # 4 and 6 → ip_network; either may be missing
    mtu: int = 1500
    near: str = ""                  # of a line: the host at its end a
    far: str = ""
    rules: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class HostPlan:
    """A host as described."""
    name: str
    role: str
    on: dict                        # network name → number of the address
    forward: bool = False
    default: str = ""
    more: dict = dataclasses.field(default_factory=dict)    # network name → (first, last)
    cable: dict = dataclasses.field(default_factory=dict)   # network name → line name
    rules: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Description:
    """A whole topology."""
    name: str
    about: str
    networks: dict
    hosts: dict
    routes: list                    # (host, to, via) as described
    dns_server: str = ""
    names: dict = dataclasses.field(default_factory=dict)

    def address(self, host, network, family):
        """The address of a host on a network, or None when the network lacks the family."""
        prefix = self.networks[network].prefixes.get(family)
        return prefix[self.hosts[host].on[network]] if prefix else None

    def shared_network(self, one, other):
        """The first network that both hosts are on, or None."""
        for network in self.hosts[one].on:
            if network in self.hosts[other].on:
                return network
        return None

    def addresses(self, host, family):
        """All addresses of a host: one for each network, in order, then the further ones."""
        plan = self.hosts[host]
        found = [self.address(host, network, family) for network in plan.on]
        for network, (first, last) in plan.more.items():
            prefix = self.networks[network].prefixes.get(family)
            found += [prefix[number] for number in range(first, last + 1)] if prefix else []
        return [address for address in found if address is not None]


def _fail(place, problem):
    raise LabError(f"{place}: {problem}")


def _take(table, place, known):
    """The members of a table of the description; an unknown one is a mistake."""
    for key in table:
        if key not in known:
            _fail(f"{place}.{key}", f"unknown; expected one of {', '.join(sorted(known))}")
    return table


def _network(name, table):
    place = f"network.{name}"
    _take(table, place, {"kind", "v4", "v6", "mtu", "near", "far", "rules"})
    if len(name) > DEVICE_NAME_MAX:
        _fail(place, f"the name is also that of a device: at most {DEVICE_NAME_MAX} characters")
    kind = table.get("kind")
    if kind not in KINDS:
        _fail(f"{place}.kind", f"{kind!r}: expected one of {', '.join(KINDS)}")
    prefixes = {}
    for family, key in ((4, "v4"), (6, "v6")):
        if key not in table:
            continue
        try:
            prefixes[family] = ipaddress.ip_network(table[key])
        except ValueError as error:
            _fail(f"{place}.{key}", str(error))
        if prefixes[family].version != family:
            _fail(f"{place}.{key}", f"{table[key]} is not IPv{family}")
    if not prefixes:
        _fail(place, "needs v4 or v6")
    return Network(name, kind, prefixes, table.get("mtu", 1500), table.get("near", ""),
                   table.get("far", ""), table.get("rules", []))


def _host(name, table, networks):
    place = f"host.{name}"
    _take(table, place, {"role", "on", "forward", "default", "more", "cable"})
    if table.get("role") not in ROLES:
        _fail(f"{place}.role", f"{table.get('role')!r}: expected one of {', '.join(ROLES)}")
    plan = HostPlan(name, table["role"], table.get("on", {}), table.get("forward", False),
                    table.get("default", ""), table.get("more", {}), table.get("cable", {}))
    if not plan.on:
        _fail(f"{place}.on", "a host is on at least one network")
    for member in ("on", "more", "cable"):
        for network in getattr(plan, member):
            if network not in networks:
                _fail(f"{place}.{member}.{network}", "there is no network of that name")
    for network, number in plan.on.items():
        for prefix in networks[network].prefixes.values():
            if not isinstance(number, int) or not 0 < number < prefix.num_addresses:
                _fail(f"{place}.on.{network}", f"{number}: not a host number in {prefix}")
    return plan


def _check_networks(found):
    """A wire and a line join exactly two hosts; a line knows which is near."""
    for network in found.networks.values():
        place = f"network.{network.name}"
        members = [host.name for host in found.hosts.values() if network.name in host.on]
        if network.kind == "switch" and network.name in found.hosts:
            _fail(place, "the switch is a host of that name, but there is another one")
        if network.kind in ("wire", "line") and len(members) != 2:
            _fail(place, f"a {network.kind} joins two hosts, not {len(members)}: {members}")
        if network.kind == "stub" and len(members) != 1:
            _fail(place, f"a stub belongs to one host, not {len(members)}: {members}")
        if network.kind == "line" and {network.near, network.far} != set(members):
            _fail(place, f"near and far have to be {' and '.join(members)}")
        if network.kind != "line" and (network.near or network.far or network.rules):
            _fail(place, "near, far and rules belong to a line")
    for host in found.hosts.values():
        for network in host.cable:
            if found.networks[network].kind != "switch" or network not in host.on:
                _fail(f"host.{host.name}.cable.{network}", "a cable leads to a switch it is on")


def _check_routes(found):
    for host in found.hosts.values():
        if host.default:
            found.routes.append((host.name, "default", host.default))
    for host, to, via in found.routes:
        place = f"route on {host} to {to}"
        for name in (host, via):
            if name not in found.hosts:
                _fail(place, f"{name!r}: there is no such host")
        if not found.shared_network(host, via):
            _fail(place, f"{host} and {via} are on no network together")
        destinations(found, to, place)
    for name in [found.dns_server, *found.names.values()]:
        if name and name not in found.hosts:
            _fail("dns", f"{name!r}: there is no such host")


def destinations(found, to, place="route"):
    """What a route's `to` stands for: prefixes, as texts by family."""
    if to == "default":
        return {4: ["0.0.0.0/0"], 6: ["::/0"]}
    if to in found.networks:
        prefixes = found.networks[to].prefixes
        return {family: [str(prefix)] for family, prefix in prefixes.items()}
    if to in found.hosts:
        return {family: [f"{address}/{address.max_prefixlen}"
                         for address in found.addresses(to, family)] for family in (4, 6)}
    try:
        prefix = ipaddress.ip_network(to)
    except ValueError:
        _fail(place, f"{to!r}: expected a host, a network, a prefix, or default")
    return {prefix.version: [str(prefix)]}


def _first_hops(found, start):
    """For every network a router can reach: the router to hand it to, by the fewest hops."""
    hops, queue, seen = {}, collections.deque(), {start}
    for network in found.hosts[start].on:
        hops[network] = None
        queue.append((network, None))
    while queue:
        network, first = queue.popleft()
        for host in found.hosts.values():
            if not host.forward or host.name in seen or network not in host.on:
                continue
            seen.add(host.name)
            for beyond in host.on:
                if beyond not in hops:
                    hops[beyond] = first or host.name
                    queue.append((beyond, first or host.name))
    return {network: hop for network, hop in hops.items() if hop}


def route_lines(found, host):
    """The `ip route replace` commands of a host, the computed ones first."""
    wanted = []
    if found.hosts[host].forward:
        wanted += list(_first_hops(found, host).items())
    wanted += [(to, via) for on, to, via in found.routes if on == host]
    lines = []
    for to, via in wanted:
        shared = found.shared_network(host, via)
        for family, prefixes in destinations(found, to).items():
            gateway = found.address(via, shared, family)
            if gateway is None:
                continue
            lines += [f"route replace {prefix} via {gateway} dev {shared}"
                      for prefix in prefixes]
    return lines


def find(name):
    """The path of a topology by its name, or of a file."""
    if os.sep in name or name.endswith(".toml"):
        return name
    return os.path.join(TOPOLOGIES_DIR, f"{name}.toml")


def names():
    """The names of the topologies that come with the lab."""
    return sorted(entry.removesuffix(".toml") for entry in os.listdir(TOPOLOGIES_DIR)
                  if entry.endswith(".toml"))


def load(name):
    """Reads and checks a topology."""
    path = find(name)
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError:
        _fail(name, f"no such topology; there are {', '.join(names())}")
    except tomllib.TOMLDecodeError as error:
        _fail(path, str(error))
    try:
        return _read(os.path.basename(path).removesuffix(".toml"), table)
    except LabError as error:
        raise LabError(f"{path}: {error}") from None


def _read(name, table):
    _take(table, "the topology", {"about", "network", "host", "route", "dns"})
    networks = {key: _network(key, value) for key, value in table.get("network", {}).items()}
    hosts = {key: _host(key, value, networks) for key, value in table.get("host", {}).items()}
    routes = [(route.get("on", ""), route.get("to", ""), route.get("via", ""))
              for route in table.get("route", [])]
    dns = _take(table.get("dns", {}), "dns", {"server", "names"})
    found = Description(name, table.get("about", ""), networks, hosts, routes,
                        dns.get("server", ""), dns.get("names", {}))
    _check_networks(found)
    _check_routes(found)
    return found
