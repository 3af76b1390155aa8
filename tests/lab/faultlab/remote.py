# SPDX-License-Identifier: BSD-2-Clause
"""A lab in two machines: the trader on one, everything else on the other.

The tool runs beside the trader, because most of what it does to a host it does to that one. The
other machine runs this module as a program; it builds the topology without the trader and then does
to its hosts, lines and processes what it is asked to. Both speak over one stream of bytes (a port
between two guests), each message a length and a pickle; only our own two programs are at its ends.

Objects of the other machine are known here by numbers: a Proxy passes calls of methods on. The
output of processes comes by itself, so that waiting for it costs no question.
"""

import contextlib
import io
import itertools
import os
import pickle
import queue
import struct
import sys
import threading
import time
import tty

from .errors import LabError
from .line import Line
from .process import Output, Process
from .topology import Host, Lab, card_address
from .waiting import PATIENCE

HEADER = struct.Struct("<I")
ANSWER_SECONDS = 60
GREETING = b"faultline-lab-world\n"
# What is told of an object once, because it does not change.
FACTS = {"Host": ("name", "role", "plan", "namespace"), "Line": ("name", "process"),
         "Process": ("name", "pid")}


class Channel:
    """Messages over a pair of descriptors."""

    def __init__(self, reading, writing, name_of, object_of):
        """name_of(object): what stands for it in a message, or None when it is sent as it is;
        object_of(name): the other way."""
        self._reading, self._writing = reading, writing
        self._name_of, self._object_of = name_of, object_of
        self._lock = threading.Lock()

    def send(self, message):
        """Sends anything that pickle can write."""
        buffer = io.BytesIO()
        pickler = pickle.Pickler(buffer, protocol=4)
        pickler.persistent_id = self._name_of
        pickler.dump(message)
        data = buffer.getvalue()
        with self._lock:
            left = memoryview(HEADER.pack(len(data)) + data)
            while left:
                left = left[os.write(self._writing, left):]

    def _read(self, size):
        data = b""
        while len(data) < size:
            more = os.read(self._reading, min(65536, size - len(data)))
            if not more:
                # A port of a guest reads as empty while nobody is at its other end.
                time.sleep(0.05)
            data += more
        return data

    def receive(self):
        """The next message."""
        size, = HEADER.unpack(self._read(HEADER.size))
        unpickler = pickle.Unpickler(io.BytesIO(self._read(size)))
        unpickler.persistent_load = self._object_of
        return unpickler.load()


def open_port(path):
    """A port between guests, or a pair of descriptors for tests: "3,4"."""
    if "," in path:
        reading, writing = (int(each) for each in path.split(","))
        return reading, writing
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    if os.isatty(descriptor):
        tty.setraw(descriptor)
    return descriptor, descriptor


class World:
    """The program on the other machine."""

    def __init__(self, path):
        self._numbers = {}
        self._objects = {}
        self._count = itertools.count(1)
        self._lab = None
        self._lock = threading.Lock()
        self._channel = Channel(*open_port(path), self._name_of, self._object_of)

    def _name_of(self, thing):
        kind = type(thing).__name__
        if not isinstance(thing, (Host, Line, Process)):
            return None
        with self._lock:
            if id(thing) not in self._numbers:
                number = next(self._count)
                self._numbers[id(thing)] = number
                self._objects[number] = thing
            number = self._numbers[id(thing)]
        facts = {name: getattr(thing, name) for name in FACTS[kind] if name != "process"}
        return kind, number, facts, thing.process.pid if kind == "Line" else None

    def _object_of(self, name):
        return self._objects[name[1]]

    def _build(self, topology, seed, elsewhere, directory):
        """The hosts and lines; the directory is where the other side wants control FIFOs."""
        self._end()
        os.makedirs(directory, exist_ok=True)
        self._lab = Lab(topology, seed, elsewhere, self._listener_of)
        self._lab.__enter__()
        return dict(self._lab.hosts), dict(self._lab.lines)

    def _end(self):
        lab, self._lab = self._lab, None
        if lab:
            lab.close()
        self._numbers.clear()
        self._objects.clear()

    def _listener_of(self):
        """A listener for a process that is about to start: what it prints goes to the other side,
        under a number that it gets now."""
        number = next(self._count)

        def listen(stream, text):
            self._channel.send(("printed", number, stream, text))
        listen.number = number
        return listen

    def _spawn(self, host, arguments, keywords):
        process = host.spawn(*arguments, **keywords)
        with self._lock:
            self._numbers[id(process)] = process.listener.number
            self._objects[process.listener.number] = process
        return process

    def _do(self, thing, method, arguments, keywords):
        if method == "build":
            return self._build(*arguments)
        if method == "end":
            return self._end()
        if method == "time":
            return time.time()
        if method == "spawn":
            return self._spawn(thing, arguments, keywords)
        return getattr(thing, method)(*arguments, **keywords)

    def _answer(self, number, request):
        try:
            answer = ("answer", number, True, self._do(*request))
        except Exception as error:    # pylint: disable=broad-except
            # Whatever it is, it is told where it was asked for.
            known = isinstance(error, (LabError, OSError))
            answer = ("answer", number, False,
                      error if known else LabError(f"{type(error).__name__}: {error}"))
        self._channel.send(answer)

    def serve(self):
        """Does what it is asked to, each in a thread of its own, for ever."""
        while True:
            _, number, request = self._channel.receive()
            threading.Thread(target=self._answer, args=(number, request), daemon=True).start()


class Proxy:
    """An object of the other machine."""

    here = False

    def __init__(self, connection, number, facts):
        self._connection, self._number = connection, number
        self.__dict__.update(facts)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*arguments, **keywords):
            return self._connection.ask(self, name, arguments, keywords)
        return call

    def inside(self):
        """There is no way for a thread of ours into a namespace over there."""
        raise LabError(f"{self.name}: is on another machine")


class RemoteProcess(Output):
    """A process of the other machine: its output is here."""

    def __init__(self, connection, number, facts):
        super().__init__(facts["name"], facts["pid"])
        self._connection, self._number = connection, number
        self._status = None
        self.stdin = None

    def printed(self, stream, text):
        """What it printed comes in."""
        if stream == "end":
            self._status = text
            self._close()
        else:
            self._add(stream, text)

    def poll(self):
        """The exit status, or None while it runs."""
        return self._status

    def wait(self, timeout=10):
        """Waits for its end; returns the exit status."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self._changed:
            while not self._closed:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._describe(f"still runs after {timeout} s")
                self._changed.wait(left)
        return self._status

    def signal(self, number):
        """Sends a signal to this process alone."""
        self._connection.ask(self, "signal", (number,), {})

    def stop(self, timeout=5):
        """Ends it: politely, and by force when it does not follow."""
        return self._connection.ask(self, "stop", (timeout,), {})

    def close(self):
        """The other machine ends it with the lab."""


class Connection:
    """To the other machine. One for the life of the tool."""

    def __init__(self, path):
        self._things = {}
        self._early = {}    # of processes that are not known yet
        self._waiting = {}
        self._count = itertools.count(1)
        self._lock = threading.RLock()
        self._channel = Channel(*open_port(path), self._name_of, self._object_of)
        threading.Thread(target=self._receive, daemon=True).start()

    @staticmethod
    def _name_of(thing):
        if isinstance(thing, (Proxy, RemoteProcess)):
            return "", thing._number    # pylint: disable=protected-access
        return None

    def _object_of(self, name):
        kind, number, facts, pid = name
        with self._lock:
            if number not in self._things:
                if kind == "Process":
                    self._things[number] = RemoteProcess(self, number, facts)
                    for each in self._early.pop(number, []):
                        self._things[number].printed(*each)
                else:
                    if kind == "Line":
                        facts = {**facts, "process": Output(f"line-{facts['name']}", pid)}
                    self._things[number] = Proxy(self, number, facts)
            return self._things[number]

    def _receive(self):
        while True:
            message = self._channel.receive()
            if message[0] == "printed":
                with self._lock:
                    process = self._things.get(message[1])
                    if process is None:
                        self._early.setdefault(message[1], []).append(message[2:])
                if process is not None:
                    process.printed(*message[2:])
            else:
                self._waiting.pop(message[1]).put(message[2:])

    def ask(self, thing, method, arguments=(), keywords=None):
        """Has a method called over there; returns what it returns, or raises what it raises."""
        number, answer = next(self._count), queue.Queue()
        self._waiting[number] = answer
        self._channel.send(("ask", number, (thing, method, tuple(arguments), keywords or {})))
        try:
            good, result = answer.get(timeout=ANSWER_SECONDS * PATIENCE)
        except queue.Empty:
            raise LabError(f"the other machine does not answer: {method} {arguments}") from None
        if good:
            return result
        raise result

    def forget(self):
        """The lab over there is gone, and with it all its objects."""
        with self._lock:
            self._things.clear()
            self._early.clear()


class LocalHost(Host):
    """The trader, when its switch is on the other machine: its device is a network card."""

    def set_port(self, up):
        """The cable is pulled by the machine below both guests."""
        card = list(self.plan.on).index(self.device())
        self._lab.hypervisor(f"set_link card{card} {'on' if up else 'off'}")


class TwoMachineLab(Lab):
    """A lab whose trader is here and whose other hosts are on the other machine."""

    def __init__(self, topology, seed, connection, hypervisor):
        super().__init__(topology, seed)
        self._connection = connection
        self.hypervisor = hypervisor

    def _build(self):
        [name] = [each.name for each in self.description.hosts.values() if each.role == "trader"]
        plan = self.description.hosts[name]
        for network in plan.on:
            if self.description.networks[network].kind != "switch" or network in plan.cable:
                raise LabError(f"{self.description.name}: between two machines the trader's "
                               f"networks are switches, and {network} is none")
        self.hosts, self.lines = self._connection.ask(
            None, "build", (self.description.name, self.seed, [name], self.run.directory))
        trader = self.hosts[name] = LocalHost(self, name, plan)
        self._build_hosts([trader])
        for network in plan.on:
            self._take_card(trader, card_address(plan, network, 0), network,
                            self.description.networks[network].mtu)
        self.configure(trader.name)
        self._write_names([trader])
        trader.wait_carrying()

    def close(self):
        """Takes both parts down."""
        if self.run:
            with contextlib.suppress(LabError):
                self._connection.ask(None, "end")
            self._connection.forget()
            self.lines = {}
        super().close()


_connection = []


def lab_for(topology, seed):
    """The lab to use: in one machine, or where the environment names the port to another one,
    FAULTLINE_LAB_WORLD, in two."""
    path = os.environ.get("FAULTLINE_LAB_WORLD")
    if not path:
        return Lab(topology, seed=seed)
    if not _connection:
        _connection.append(Connection(path))
    return TwoMachineLab(topology, seed, _connection[0], _hypervisor)


def _hypervisor(command):
    """Has the machine below the guests do something: "set_link card0 off"."""
    path = os.environ.get("FAULTLINE_LAB_HYPERVISOR")
    if not path:
        raise LabError(f"there is no machine below this one that could do: {command}")
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(descriptor, command.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    if answer != b"ok\n":
        raise LabError(f"{command}: {answer.decode().strip()}")


def main():
    """The program: remote PORT."""
    World(sys.argv[1]).serve()


if __name__ == "__main__":
    main()
