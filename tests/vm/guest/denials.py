#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Denies every hook that is in use, one by one, and holds doctor to its word. TAP on stdout.

    denials.py [HOOK...]    only these of them

Without a hook, that one is missing and says what is lost; those that need it are idle; every other
is as before, and the main job runs unless the hook is required.
"""

import json
import subprocess
import sys

FAULTLINE = "build/faultline"


def doctor(*denied):
    """(hooks by name, can the main job run, exit status) without these."""
    words = [word for each in denied for word in ("--deny-hook", each)]
    done = subprocess.run([FAULTLINE, "doctor", "--json", *words], capture_output=True, text=True,
                          check=False, timeout=120)
    report = json.loads(done.stdout)
    return {hook["name"]: hook for hook in report["hooks"]}, report["main_job"], done.returncode


def without(name, usual):
    """Complaints about what doctor says without one hook."""
    hooks, main_job, status = doctor(name)
    hook = hooks[name]
    if hook["state"] == "in use" or not hook.get("lost") or not hook.get("why"):
        yield f"{name} is {hook['state']}, lost: {hook.get('lost')}, why: {hook.get('why')}"
    for other, was in usual.items():
        expected = was["state"]
        if was.get("needs") == name and expected == "in use":
            expected = "idle"
        if other != name and hooks[other]["state"] != expected:
            yield f"{other} is {hooks[other]['state']}, not {expected}: {hooks[other].get('why')}"
    if main_job == hook["required"] or (status == 0) != main_job:
        yield f"main job: {main_job}, exit status {status}, required: {hook['required']}"


def main():
    """Prints a line for each hook."""
    usual, _, _ = doctor()
    names = [name for name, hook in usual.items() if hook["state"] == "in use"
             and (len(sys.argv) == 1 or name in sys.argv)]
    print(f"1..{len(names)}", flush=True)
    failed = 0
    for number, name in enumerate(names, 1):
        complaints = list(without(name, usual))
        for each in complaints:
            print(f"# {each}")
        failed += bool(complaints)
        print(f"{'not ' if complaints else ''}ok {number} without {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
