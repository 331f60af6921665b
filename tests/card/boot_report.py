"""How long a boot took and what took it, in the machine's own seconds since its kernel began.

Under `-icount` a second is a billion instructions, so these are comparable between hosts; a
real board also waits for its card and its bus.
"""

from __future__ import annotations

import re
from typing import Any

from tests.card.machine import Machine

OURS = ("bedside-data.service", "bedside-provision.service", "bedside.service")
"""Our units between power and READY, one after another; all else is Debian's and the kernel's."""
_MARK = re.compile(r"^\[ *([0-9.]+)\] .*event=(\w+)", re.MULTILINE)


def report(machine: Machine) -> dict[str, Any]:
    """Return seconds to READY, the share of our own units, and marks on the way."""
    userspace_s = _moment_s(machine, "UserspaceTimestampMonotonic")
    spans = {unit: _span_s(machine, unit) for unit in OURS}
    ready_s = _moment_s(machine, "ActiveEnterTimestampMonotonic", "bedside.service")
    ours_s = sum(spans.values())
    journal = machine.run("journalctl --no-pager --boot --unit=bedside.service -o short-monotonic")
    return {
        "kernel_and_initrd_s": userspace_s,
        "ready_s": ready_s,
        "ours_s": round(ours_s, 3),
        "ours_share": round(ours_s / ready_s, 3),
        "our_units_s": spans,
        "marks_s": {name: float(at) for at, name in reversed(_MARK.findall(journal))},
        # Beside the spans, in which other units run too.  The daemon's goes on after READY.
        "processor_s": {unit: _moment_s(machine, "CPUUsageNSec", unit) / 1000 for unit in OURS},
        "analyze": machine.run("systemd-analyze").splitlines(),
        "blame": machine.run("systemd-analyze blame | head -n 20").splitlines(),
        "chain": machine.run("systemd-analyze critical-chain bedside.service").splitlines(),
    }


def _span_s(machine: Machine, unit: str) -> float:
    began = _moment_s(machine, "InactiveExitTimestampMonotonic", unit)
    return round(_moment_s(machine, "ActiveEnterTimestampMonotonic", unit) - began, 3)


def _moment_s(machine: Machine, key: str, unit: str = "") -> float:
    return int(machine.run(f"systemctl show --value --property={key} {unit}")) / 1e6
