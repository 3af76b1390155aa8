# SPDX-License-Identifier: BSD-2-Clause
"""A lab that stands with its workload, and a prompt to do things to it."""

import cmd
import json
import random
import shlex
import subprocess
import sys

import faults

from .day import Day
from .errors import LabError
from .topology import Lab


class Prompt(cmd.Cmd):
    """The prompt. The end of input takes the lab down."""

    prompt = "lab> "
    intro = "`help` lists the commands; the lab comes down at the end of input."

    def __init__(self, day, seed):
        super().__init__()
        self._day = day
        self._random = random.Random(f"prompt {seed}")
        self._made = []

    def onecmd(self, line):
        """Does a line; what goes wrong is said and is no end."""
        try:
            return super().onecmd(line)
        except (LabError, OSError, KeyError, faults.NotHere) as error:
            print(f"{type(error).__name__}: {error}")
            return False
        finally:
            sys.stdout.flush()

    def emptyline(self):
        """An empty line does nothing."""

    def do_hosts(self, _):
        """hosts: all hosts with their namespaces and addresses."""
        tell_hosts(self._day.lab)

    def do_shell(self, text):
        """shell HOST [COMMAND...]: a shell in a host, or one command there."""
        words = shlex.split(text) or ["trader"]
        command = words[1:] or ["bash", "--norc"]
        subprocess.run(self._day.lab.host(words[0]).command(command), check=False)

    def do_parts(self, _):
        """parts: the workload programs."""
        for part in self._day.parts.values():
            print(f"{part.name}: {part.program} on {part.host.name}, pid {part.pid}, "
                  f"state {part.state()}")

    def do_truth(self, text):
        """truth PART: what a workload program counted."""
        print(json.dumps(self._day.parts[text.strip()].truth(), indent=1))

    def do_tell(self, text):
        """tell PART LINE: a control line, for example: tell orders-srv set think_ms 100"""
        name, _, line = text.partition(" ")
        self._day.parts[name].tell(line)

    def do_line(self, text):
        """line NAME COMMAND...: a command to a line, for example: line line rule x out loss 3%"""
        name, _, command = text.partition(" ")
        print(self._day.lab.line(name).command(command))

    def do_inject(self, text):
        """inject FAULT: makes a fault with drawn parameters."""
        fault = faults.TABLE[text.strip()]
        drawn = fault.draw(self._random, self._day)
        print(f"{fault.name}: {drawn}")
        fault.prepare(self._day, drawn)
        fault.inject(self._day, drawn)

    def do_lift(self, _):
        """lift: takes back what was injected."""
        self._day.undo()

    def do_quit(self, _):
        """quit: takes the lab down."""
        return True

    def do_EOF(self, _):  # pylint: disable=invalid-name
        """The end of input: takes the lab down."""
        return True


def tell_hosts(lab):
    """One line for each host, and how to get into it."""
    for host in lab.hosts.values():
        addresses = host.addresses(4)[:1] + host.addresses(6)[:1] if host.plan else []
        print(f"{host.name}: {' '.join(addresses) or 'switch'}; "
              f"ip netns exec {host.namespace} bash")


def up(topology, seed, multicast=False):
    """Stands until the end of input."""
    with Lab(topology, seed=seed) as lab, Day(lab, seed, multicast=multicast) as day:
        tell_hosts(lab)
        print("ready", flush=True)
        prompt = Prompt(day, seed)
        prompt.use_rawinput = sys.stdin.isatty()
        if not prompt.use_rawinput:
            prompt.prompt = prompt.intro = ""
        prompt.cmdloop()
    return 0
