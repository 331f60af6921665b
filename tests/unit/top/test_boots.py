"""The guard against loops of reboots: its rule, its two small files, and damage to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance import boots
from appliance.boots import (
    HELD_AFTER,
    STARTS_BEFORE_REBOOT,
    UNKNOWN,
    BootMemory,
    Counts,
    Verdict,
    count_start,
)


@pytest.fixture
def memory(tmp_path: Path) -> BootMemory:
    (tmp_path / "state").mkdir()
    (tmp_path / "run").mkdir()
    return BootMemory(tmp_path / "state", tmp_path / "run")


def switch_on_again(tmp_path: Path) -> BootMemory:
    """The power was off: what lay in the run-time directory is gone."""
    for each in (tmp_path / "run").iterdir():
        each.unlink()
    return BootMemory(tmp_path / "state", tmp_path / "run")


def crash_until_reboot(memory: BootMemory) -> None:
    for _ in range(STARTS_BEFORE_REBOOT):
        assert memory.begin() is Verdict.SERVE


def test_every_start_up_to_systemds_limit_serves_and_the_last_is_paid_for_beforehand() -> None:
    counts = Counts(0, 0)
    for start in range(1, STARTS_BEFORE_REBOOT + 1):
        counts, verdict = count_start(counts)
        assert verdict is Verdict.SERVE
        assert counts == Counts(int(start == STARTS_BEFORE_REBOOT), start)


def test_a_start_past_systemds_limit_is_refused() -> None:
    counts, verdict = count_start(Counts(0, STARTS_BEFORE_REBOOT))
    assert verdict is Verdict.STAY_DOWN
    assert counts.failed_boots == 0


def test_failed_boots_end_in_the_safe_state_and_then_in_no_start(
    memory: BootMemory, tmp_path: Path
) -> None:
    for failed in range(1, HELD_AFTER + 1):
        crash_until_reboot(memory)
        assert memory.counts().failed_boots == failed
        memory = switch_on_again(tmp_path)
    assert memory.begin() is Verdict.HOLD
    assert memory.verdict_of_start() is Verdict.HOLD
    assert memory.begin() is Verdict.STAY_DOWN
    assert memory.begin() is Verdict.STAY_DOWN


def test_off_and_on_gives_the_safe_state_one_more_chance(
    memory: BootMemory, tmp_path: Path
) -> None:
    for _ in range(HELD_AFTER):
        crash_until_reboot(memory)
        memory = switch_on_again(tmp_path)
    for _ in range(4):
        assert memory.begin() is Verdict.HOLD
        assert memory.begin() is Verdict.STAY_DOWN
        memory = switch_on_again(tmp_path)


def test_pulling_the_plug_is_no_failed_boot(memory: BootMemory, tmp_path: Path) -> None:
    for _ in range(20):
        assert memory.begin() is Verdict.SERVE
        memory = switch_on_again(tmp_path)
    assert memory.counts() == Counts(0, 0)
    assert not list((tmp_path / "state").iterdir()), "the card is not written to for nothing"


def test_health_forgets_everything(memory: BootMemory, tmp_path: Path) -> None:
    for _ in range(HELD_AFTER):
        crash_until_reboot(memory)
        memory = switch_on_again(tmp_path)
    assert memory.begin() is Verdict.HOLD
    memory.forget_failures()
    assert memory.counts() == Counts(0, 0)
    crash_until_reboot(memory)
    assert memory.counts().failed_boots == 1


def test_health_takes_back_the_boot_that_was_paid_for(memory: BootMemory) -> None:
    crash_until_reboot(memory)
    memory.forget_failures()
    assert memory.counts() == Counts(0, 0)


@pytest.mark.parametrize(
    "damage",
    [b"", b"\0\0\0\0", b"-1", b" 1", b"1_0", b"1\n", b"9" * 40, b"\xff\xfe", "\u0663".encode()],
)
def test_a_damaged_count_leaves_one_boot_and_then_holds(
    memory: BootMemory, tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / "state" / "failed-boots").write_bytes(damage)
    assert memory.counts().failed_boots == UNKNOWN < HELD_AFTER
    crash_until_reboot(memory)
    assert switch_on_again(tmp_path).begin() is Verdict.HOLD


def test_a_damaged_count_of_starts_begins_again(memory: BootMemory, tmp_path: Path) -> None:
    (tmp_path / "run" / "starts").write_bytes(b"\0\0")
    assert memory.begin() is Verdict.SERVE
    assert memory.counts().starts == 1


def test_a_folder_in_place_of_the_count_is_damage(memory: BootMemory, tmp_path: Path) -> None:
    (tmp_path / "state" / "failed-boots").mkdir()
    assert memory.counts().failed_boots == UNKNOWN


def test_a_reboot_that_cannot_be_counted_is_not_provoked(
    memory: BootMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Removing the folder stands for a card that takes no more writes, and works as root too.
    (tmp_path / "state").rmdir()
    for _ in range(STARTS_BEFORE_REBOOT - 1):
        assert memory.begin() is Verdict.SERVE
    assert memory.begin() is Verdict.STAY_DOWN


def test_without_a_run_time_directory_a_held_boot_is_not_started(
    memory: BootMemory, tmp_path: Path
) -> None:
    (tmp_path / "state" / "failed-boots").write_text(str(HELD_AFTER))
    (tmp_path / "run").rmdir()
    assert memory.begin() is Verdict.STAY_DOWN


def test_the_new_count_is_flushed_before_it_takes_the_olds_place(
    memory: BootMemory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    did: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(file: int) -> None:
        did.append("folder" if os.path.isdir(f"/proc/self/fd/{file}") else "file")
        real_fsync(file)

    def replace(old: Path, new: Path) -> None:
        did.append("rename")
        real_replace(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    (tmp_path / "state" / "failed-boots").write_text("2")
    did.clear()
    memory.forget_failures()
    assert did == ["file", "rename", "folder"] * 2


def test_whoever_is_asked_for_one_more_try_gets_one(memory: BootMemory, tmp_path: Path) -> None:
    (tmp_path / "state" / "failed-boots").write_text(str(HELD_AFTER))
    assert memory.begin() is Verdict.HOLD
    memory.allow_one_try()
    assert memory.begin() is Verdict.SERVE
    assert memory.begin() is Verdict.STAY_DOWN
    assert switch_on_again(tmp_path).begin() is Verdict.HOLD


def test_one_more_try_that_becomes_well_is_forgotten(memory: BootMemory, tmp_path: Path) -> None:
    (tmp_path / "state" / "failed-boots").write_text(str(HELD_AFTER))
    assert memory.begin() is Verdict.HOLD
    memory.allow_one_try()
    assert memory.begin() is Verdict.SERVE
    memory.forget_failures()
    assert switch_on_again(tmp_path).begin() is Verdict.SERVE


def test_a_torn_new_count_leaves_the_old_one(
    memory: BootMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state" / "failed-boots").write_text("2")

    def no_space(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", no_space)
    with pytest.raises(OSError, match="No space"):
        memory.forget_failures()
    assert memory.counts().failed_boots == 2


def test_nobody_counts_on_a_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert boots.memory_of_environment() is None
    assert boots.main() == 0


def test_the_condition_of_the_unit_ends_with_one_when_the_daemon_must_not_start(
    memory: BootMemory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    assert boots.main() == 0
    assert capsys.readouterr().err == ""
    (tmp_path / "state" / "failed-boots").write_text(str(HELD_AFTER))
    assert boots.main() == 1
    assert "verdict=STAY_DOWN start=2 failed=3" in capsys.readouterr().err


def test_held_words_say_what_to_do() -> None:
    words = " ".join(boots.held_words(3))
    assert "3 boots" in words
    assert "No patient's data is lost" in words
