"""Ends loops of reboots: counts boots in which the daemon never stayed up, and says when to stop.

systemd reboots the machine after STARTS_BEFORE_REBOOT starts without health (bedside.service).
After HELD_AFTER such boots in a row the daemon is to start in a safe state: out of service,
nothing measured, no model loaded, until somebody tests it.  If it dies even there, it is not
started again until the power was off.

Run as `python -m appliance.boots`, as systemd's ExecCondition: counts this start, and ends
with 0 when the daemon may start and 1 when it must not.  The daemon reads the verdict with
`verdict_of_start` and, once healthy for HEALTHY_AFTER_S, calls `forget_failures`.

Two counts are kept.  Starts since boot or health lie in the run-time directory and vanish
with the power; failed boots lie in the state directory, written only when a boot fails.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

STARTS_BEFORE_REBOOT = 5
"""StartLimitBurst of the unit: the start after these is answered by a reboot."""
HEALTHY_AFTER_S = 300.0
"""A daemon that ran so long under its watchdog is well.

The unit's StartLimitIntervalSec is longer than STARTS_BEFORE_REBOOT times this, so that
starts none of which became well always reach the limit.
"""
HELD_AFTER = 3
"""Failed boots in a row after which the next boot is held in the safe state."""

UNKNOWN = HELD_AFTER - 1
"""Failed boots assumed when the count cannot be read: one more, and the next boot is held."""

_BOOTS_FILE = "failed-boots"
_STARTS_FILE = "starts"
_VERDICT_FILE = "verdict"
_MOST = 99_999
"""No count is larger; a larger number in a file is damage."""


class Verdict(StrEnum):
    """How the daemon may start."""

    SERVE = "serve"
    HOLD = "hold"
    STAY_DOWN = "stay down"


@dataclass(frozen=True, slots=True)
class Counts:
    """failed_boots: in a row.  starts: in this boot since its beginning or since health."""

    failed_boots: int
    starts: int


def count_start(counts: Counts) -> tuple[Counts, Verdict]:
    """Return the counts after one more start, and how the daemon may start this time.

    The last start before systemd would reboot counts the boot as failed beforehand: after
    it there may be no chance to write.  Health takes that back.
    """
    starts, failed = counts.starts + 1, counts.failed_boots
    if failed >= HELD_AFTER:
        return Counts(failed, starts), Verdict.HOLD if starts == 1 else Verdict.STAY_DOWN
    if starts > STARTS_BEFORE_REBOOT:
        # The reboot that was due did not come: somebody took systemd's limit away.
        return Counts(failed, starts), Verdict.STAY_DOWN
    if starts == STARTS_BEFORE_REBOOT:
        failed += 1
    return Counts(failed, starts), Verdict.SERVE


class BootMemory:
    """The two counts as files.

    state: survives the power; run: does not.  Reading never raises: what cannot be read
    counts as UNKNOWN failed boots, or as no start.
    """

    def __init__(self, state: Path, run: Path) -> None:
        self._boots = state / _BOOTS_FILE
        self._starts = run / _STARTS_FILE
        self._verdict = run / _VERDICT_FILE

    def begin(self) -> Verdict:
        """Count this start and keep the verdict for the daemon."""
        before = self.counts()
        after, verdict = count_start(before)
        if not self._keep_boots(before, after) and after.starts >= STARTS_BEFORE_REBOOT:
            # A reboot that cannot be counted could be repeated for ever.
            verdict = Verdict.STAY_DOWN
        try:
            _replace(self._starts, str(after.starts))
            _replace(self._verdict, verdict.value)
        except OSError:
            # Without a count of starts nothing bounds them but systemd's own limit; the
            # failed boots still end the loop, if they can be read.
            return Verdict.STAY_DOWN if before.failed_boots >= HELD_AFTER else verdict
        return verdict

    def counts(self) -> Counts:
        """Return the counts as they are now."""
        return Counts(_read(self._boots, damaged=UNKNOWN), _read(self._starts, damaged=0))

    def verdict_of_start(self) -> Verdict:
        """Return how this start may be made; SERVE where nobody counted, as on a desktop."""
        try:
            return Verdict(self._verdict.read_text("ascii"))
        except (OSError, ValueError):
            return Verdict.SERVE

    def forget_failures(self) -> None:
        """Record that the daemon is well.  Raises OSError when that cannot be kept."""
        _replace(self._starts, "0")
        if _read(self._boots, damaged=UNKNOWN):
            _replace(self._boots, "0")

    def allow_one_try(self) -> None:
        """Let the next start serve: somebody asked for it.  Raises OSError.

        It counts as the last start of this boot: if it does not become well, the daemon is
        not started again until the power was off.
        """
        _replace(self._boots, str(HELD_AFTER - 1))
        _replace(self._starts, str(STARTS_BEFORE_REBOOT - 1))

    def _keep_boots(self, before: Counts, after: Counts) -> bool:
        if before.failed_boots == after.failed_boots:
            return True
        try:
            _replace(self._boots, str(after.failed_boots))
        except OSError:
            return False
        return True


def memory_of_environment() -> BootMemory | None:
    """Return the memory in the directories that systemd gave us; None without them."""
    state, run = os.environ.get("STATE_DIRECTORY"), os.environ.get("RUNTIME_DIRECTORY")
    return BootMemory(Path(state), Path(run)) if state and run else None


def held_words(failed_boots: int) -> tuple[str, ...]:
    """Return what the screen says while held: what happened, what is kept, what to do."""
    return (
        f"It failed to start in {failed_boots} boots in a row. No patient's data is lost.",
        "Call a technician. To try once more, press [A].",
    )


def _read(path: Path, *, damaged: int) -> int:
    """Return the count in a file; 0 without one, `damaged` when it makes no sense."""
    try:
        text = path.read_bytes()[:16]
    except FileNotFoundError:
        return 0
    except OSError:
        return damaged
    # Not int() alone: it takes underscores, signs and digits of other scripts.
    if not text.isdigit() or int(text) > _MOST:
        return damaged
    return int(text)


def _replace(path: Path, text: str) -> None:
    """Put a whole new file in place so that a power cut leaves the old or the new one."""
    part = path.with_name(path.name + ".part")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def main() -> int:
    """Count this start; return 0 when the daemon may start, 1 when it must not."""
    memory = memory_of_environment()
    if memory is None:
        return 0
    verdict = memory.begin()
    counts = memory.counts()
    if verdict is not Verdict.SERVE or counts.starts > 1:
        # Left for the journal: a first start in good order says nothing.
        words = (
            f"event=START verdict={verdict.name} start={counts.starts} failed={counts.failed_boots}"
        )
        print(words, file=sys.stderr)  # noqa: T201
    return 1 if verdict is Verdict.STAY_DOWN else 0


if __name__ == "__main__":
    sys.exit(main())
