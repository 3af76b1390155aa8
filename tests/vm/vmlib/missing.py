# SPDX-License-Identifier: BSD-2-Clause
"""The list of what may be missing on which kernel (tests/vm/missing), and doctor held to it."""

import dataclasses
import pathlib
import re

from .errors import VmError

LIST = pathlib.Path(__file__).resolve().parents[1] / "missing"
HOOK = re.compile(r"(\S+) hook (\S+) (absent|refused|idle|denied)$")
TEST = re.compile(r"(\S+) test (\S+: .+)$")


@dataclasses.dataclass
class Missing:
    """What may be missing on one kernel, each with its reason."""
    hooks: dict     # name: (state, reason)
    tests: dict     # "FILE: NAME": reason


def read(kernel, path=LIST):
    """The list's part for one kernel. Raises VmError with the line that is wrong."""
    found = Missing({}, {})
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        entry, _, reason = (part.strip() for part in line.partition("  #"))
        if not entry or entry.startswith("#"):
            continue
        hook, test = HOOK.match(entry), TEST.match(entry)
        if not reason or not (hook or test):
            raise VmError(f"{path.name}:{number}: expected KERNEL hook NAME STATE or KERNEL test "
                          "FILE: NAME, and a reason behind two blanks and a #")
        if (hook or test).group(1) != kernel:
            continue
        if hook:
            found.hooks[hook.group(2)] = (hook.group(3), reason)
        else:
            found.tests[test.group(2)] = reason
    return found


def judge_hooks(report, missing):
    """(passed, text) for each hook of doctor's report."""
    for hook in report["hooks"]:
        name, state = hook["name"], hook["state"]
        listed = missing.hooks.get(name)
        if state == "in use":
            text = f"hook {name}: in use, {hook['way']}"
            yield (not listed, text + (", though it is listed as missing" if listed else ""))
        elif listed and listed[0] == state:
            lost = hook.get("lost") and hook.get("why")
            yield (bool(lost), f"hook {name}: {state} as listed ({listed[1]})"
                   + ("" if lost else ", but doctor does not say what is lost and why"))
        else:
            yield False, f"hook {name}: {state}, which is not listed: {hook.get('why')}"
    for name in missing.hooks.keys() - {hook["name"] for hook in report["hooks"]}:
        yield False, f"hook {name}: listed as missing, and doctor does not know it"
    yield report["main_job"], "the main job can run"
