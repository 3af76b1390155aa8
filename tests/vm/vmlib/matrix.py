# SPDX-License-Identifier: BSD-2-Clause
"""The same tests on every kernel: one boot for each, its jobs one after the other.

A job is a program that speaks TAP. The guest prints a marker around each, and what comes between is
read here. What may be missing stands in the list (missing.py); everything else that is missing, a
job that ends badly or runs less than it planned, a panic and a hang are failures.

The guest is some ten times slower than this machine: traffic is scaled down, and what took longest
may be read later by one clock than by the other. Counts stay exact.
"""

import dataclasses
import json
import pathlib
import re
import shlex
import tempfile

from . import kernels, machine, missing
from .errors import GuestError

SECONDS = {"quick": 900, "usual": 1500, "full": 7200}
# When a call began and why a packet was dropped cannot be known on the oldest kernel: see missing.
WITHOUT_CALLS = WITHOUT_REASONS = ("debian-11",)
WITH_CALLS = WITH_REASONS = tuple(each for each in kernels.RELEASES if each != "debian-11")
ENVIRONMENT = {"FAULTLINE_TEST_SCALE": "5", "FAULTLINE_TEST_PATIENCE": "5",
               "FAULTLINE_TEST_LOST": "10", "BATS_TEST_TIMEOUT": "400",
               "FAULTLINE_TEST_OWN_KERNEL": "1"}
# On older kernels the ration of ICMP answers is the whole machine's.
PRELUDE = "sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000\n"
# The best variants of each hook: without them a new kernel is like an old one.
BEST_VARIANTS = ("tcp_retransmit_err_tp", "tcp_send_reset_reason_tp", "kfree_skb_receiver_tp",
                 "sk_data_ready_tp", "sock_send_length_tp", "sock_recv_length_tp")

RESULT = re.compile(r"(not )?ok \d+(?: -)? ?(.*?)(?: in \d+ms)?$")
PLAN = re.compile(r"1\.\.(\d+)$")


@dataclasses.dataclass(frozen=True)
class Job:
    """One program of the guest that speaks TAP."""
    name: str
    command: tuple
    kernels: tuple = tuple(kernels.RELEASES)
    denied: tuple = ()


def _bats(file, *names, kernels_=tuple(kernels.RELEASES), denied=(), label=None):
    """Tests of a bats file whose names hold one of these, or all."""
    words = ("bats", "--tap", "--timing")
    if names:
        words += ("-f", "|".join(names))
    return Job(label or file, words + (file,), kernels_, denied)


JOBS = (
    Job("denials", ("tests/vm/guest/denials.py",)),
    _bats("tests/bpf/counts.bats", "^IPv4:"),
    _bats("tests/bpf/counts.bats", "^IPv6:", denied=BEST_VARIANTS,
          label="counts without the best variants"),
    _bats("tests/bpf/denied.bats", "without tcp_retransmit_skb"),
    _bats("tests/bpf/waits.bats", "lies unread", "closes with unread", kernels_=WITH_CALLS),
    _bats("tests/bpf/waits.bats", "lies unread", kernels_=WITHOUT_CALLS),
    _bats("tests/bpf/host.bats", "cable pulled", "firewall drops on (output|input)",
          "too little memory", kernels_=WITH_REASONS),
    _bats("tests/bpf/host.bats", "cable pulled", "too little memory", kernels_=WITHOUT_REASONS),
)

# A required hook, one that others need, and one whose fallback is another way of counting.
QUICK_DENIED = ("tcp_retransmit_skb", "sys_enter", "sk_data_ready")
# The same tests, fewer of them: what each kernel's hooks are most likely to get wrong.
QUICK_JOBS = (
    Job("denials", ("tests/vm/guest/denials.py", *QUICK_DENIED)),
    _bats("tests/bpf/counts.bats", "^IPv4:"),
    _bats("tests/bpf/waits.bats", "lies unread"),
    _bats("tests/bpf/host.bats", "cable pulled", "firewall drops on output", kernels_=WITH_REASONS),
    _bats("tests/bpf/host.bats", "cable pulled", "too little memory", kernels_=WITHOUT_REASONS),
)

FULL_JOBS = (Job("denials", ("tests/vm/guest/denials.py",)),) + tuple(
    _bats(f"tests/bpf/{name}.bats") for name in
    ("counts", "denied", "reasons", "waits", "host", "links", "start", "unusual")) + (
        _bats("tests/bpf/counts.bats", denied=BEST_VARIANTS,
              label="counts without the best variants"),
        _bats("tests/bpf/waits.bats", denied=BEST_VARIANTS,
              label="waits without the best variants"))

CHOICES = {"quick": QUICK_JOBS, "usual": JOBS, "full": FULL_JOBS}


def script(jobs):
    """What the guest runs."""
    lines = [f"export {name}={value}" for name, value in ENVIRONMENT.items()]
    lines += [PRELUDE, "build/faultline doctor --json >/results/doctor.json"]
    for number, job in enumerate(jobs):
        denied = shlex.quote(" ".join(job.denied))
        lines += [f"echo '@@ begin {number}'",
                  f"FAULTLINE_TEST_DENY={denied} {shlex.join(job.command)} 2>&1",
                  f"echo '@@ end {number} '$?"]
    return "\n".join([*lines, "exit 0", ""])


def _parts(output):
    """{number of the job: (its lines, its exit status or None)}."""
    parts, lines, number = {}, None, None
    for line in output.splitlines():
        if match := re.match(r"@@ begin (\d+)", line):
            number, lines = int(match.group(1)), []
            parts[number] = (lines, None)
        elif match := re.match(r"@@ end (\d+) (\d+)", line):
            parts[number] = (lines, int(match.group(2)))
            lines = None
        elif lines is not None:
            lines.append(line)
    return parts


def _judge_job(job, lines, status, may_be_missing):
    """(passed, text, diagnostics) for each test of a job."""
    planned, ran, failed, said = 0, 0, 0, []
    for line in lines:
        result = RESULT.match(line)
        if plan := PLAN.match(line):
            planned += int(plan.group(1))
        elif result:
            ran += 1
            passed, name = not result.group(1), result.group(2)
            failed += not passed
            listed = may_be_missing.tests.get(f"{job.name}: {name}")
            if listed:
                yield (not passed, f"{job.name}: {name}: "
                       + (f"fails as listed ({listed})" if not passed else "passes, though it is "
                          "listed as missing"), said)
            else:
                yield passed, f"{job.name}: {name}", said
            said = []
        else:
            said.append(line)
    if ran < planned or not planned:
        yield False, f"{job.name}: ran {ran} of {planned} planned tests, status {status}", said
    elif status and not failed:
        yield False, f"{job.name}: status {status}, though every test passed", said
    elif said:
        # What a test says about its failure comes behind its line.
        yield None, "", said


def run_kernel(name, build, choice="usual", results=None):
    """Boots one kernel and yields (passed, text, diagnostics) for everything of a choice that is to
    be there; passed is None for diagnostics of what came before."""
    may_be_missing = missing.read(name)
    jobs = [job for job in CHOICES[choice] if name in job.kernels]
    with tempfile.TemporaryDirectory(prefix="faultline-matrix.") as directory:
        settings = machine.Settings(
            memory_mb=1280, seconds=SECONDS[choice], build=pathlib.Path(build),
            results=pathlib.Path(directory))
        output = pathlib.Path(results) / f"{name}.output" if results else None
        try:
            kernel = kernels.get(name)
            outcome = machine.run(kernel, script(jobs), settings)
        except GuestError as error:
            if output:
                output.write_text(error.output + error.console)
            yield False, "the guest ran to its end", [str(error), *error.output.splitlines()[-20:],
                                                      *error.console.splitlines()[-20:]]
            return
        if output:
            output.write_text(outcome.output)
        yield (True, f"boots Linux {kernel.version} in {outcome.boot_seconds:.1f} s, "
               f"jobs {outcome.job_seconds:.0f} s", [])
        report = json.loads((pathlib.Path(directory) / "doctor.json").read_text())
        for passed, text in missing.judge_hooks(report, may_be_missing):
            yield passed, text, []
    parts = _parts(outcome.output)
    for number, job in enumerate(jobs):
        lines, status = parts.get(number, ([], None))
        yield from _judge_job(job, lines, status, may_be_missing)
