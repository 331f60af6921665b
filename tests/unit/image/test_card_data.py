"""What becomes of a data partition in every state: the card's own script on real file systems.

The script is read for its functions; only mounting needs a real card, and the boot test.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.image.layout import FORMING_AT_BYTES, FORMING_MARK, MIB, NEW_DATA_MARK, SECTOR

SCRIPT = Path(__file__).parents[3] / "deploy/image/rootfs/usr/lib/bedside/card-data"
RUN = f'. {SCRIPT}; prepare "$1" "$2"; code=$?; echo "remade=$remade"; exit $code'
REPAIRED, REMADE = "data-repaired", "remade=yes"


@pytest.fixture
def partition(tmp_path: Path) -> Path:
    """Return a partition as it is on a card that was just written, which stands beside it."""
    disk_of(tmp_path / "partition").write_bytes(bytes(4 * MIB))
    path = tmp_path / "partition"
    with path.open("wb") as file:
        file.write(NEW_DATA_MARK)
        file.truncate(64 * MIB)
    return path


def disk_of(partition: Path) -> Path:
    return partition.parent / "disk"


def mark_of_forming(partition: Path) -> bytes:
    disk = disk_of(partition).read_bytes()
    return disk[FORMING_AT_BYTES : FORMING_AT_BYTES + SECTOR].rstrip(b"\0\n")


def prepare(partition: Path) -> tuple[int, str]:
    """Run the script's `prepare`; return its exit code and what it said."""
    return run(RUN, partition)


def run(commands: str, partition: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["sh", "-c", commands, "sh", str(partition), str(disk_of(partition))],
        env={"BEDSIDE_NOTES": str(partition.parent / "notes"), "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def notes(partition: Path) -> list[str]:
    folder = partition.parent / "notes"
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def debugfs(partition: Path, command: str, *, write: bool = False) -> str:
    how = ["-w"] if write else []
    return subprocess.run(
        ["debugfs", *how, "-R", command, partition], capture_output=True, text=True, check=True
    ).stdout


def is_sound(partition: Path) -> bool:
    return subprocess.run(["e2fsck", "-f", "-n", partition], capture_output=True).returncode == 0


def keep_a_record(partition: Path) -> None:
    record = partition.parent / "record"
    record.write_text("acknowledged")
    debugfs(partition, f"write {record} record", write=True)


def has_the_record(partition: Path) -> bool:
    return debugfs(partition, "cat record") == "acknowledged"


@pytest.fixture
def served(partition: Path) -> Path:
    """Return a partition that has been in use, with a record on it."""
    assert prepare(partition)[0] == 0
    keep_a_record(partition)
    return partition


def overwrite(partition: Path, first: int, size: int) -> None:
    with partition.open("r+b") as file:
        file.seek(first)
        file.write(bytes(size))


def test_new_card_is_formatted_without_a_note(partition: Path) -> None:
    code, said = prepare(partition)
    assert code == 0
    assert REMADE not in said
    assert notes(partition) == []
    assert is_sound(partition)
    assert partition.read_bytes()[:512] == bytes(512), "the mark would format it again"


def test_a_cut_while_a_new_card_is_formatted_lost_no_records(partition: Path) -> None:
    """Mkfs wipes the mark before all else: the disk's own stands until it is done."""
    cut = RUN.replace(
        "prepare ",
        'format() { sync; head -c 4096 /dev/zero | dd of="$1" \\\n'
        " conv=notrunc status=none; kill -9 $$; }; prepare ",
    )
    run(cut, partition)
    assert mark_of_forming(partition) == FORMING_MARK
    code, said = prepare(partition)
    assert code == 0
    assert REMADE not in said
    assert notes(partition) == []
    assert is_sound(partition)
    assert mark_of_forming(partition) == b"", "it would be formatted for ever"


def test_nothing_of_the_disk_but_the_mark_is_written(partition: Path) -> None:
    disk_of(partition).write_bytes(bytes(range(256)) * (4 * MIB // 256))
    assert prepare(partition)[0] == 0
    left = bytearray(bytes(range(256)) * (4 * MIB // 256))
    left[FORMING_AT_BYTES : FORMING_AT_BYTES + SECTOR] = bytes(SECTOR)
    assert disk_of(partition).read_bytes() == left


def test_card_that_takes_no_mark_is_not_formatted(partition: Path) -> None:
    disk_of(partition).unlink()
    disk_of(partition).mkdir()
    assert prepare(partition)[0] != 0
    assert partition.read_bytes().startswith(NEW_DATA_MARK)


def test_sound_partition_keeps_its_records(served: Path) -> None:
    code, said = prepare(served)
    assert code == 0
    assert REMADE not in said
    assert notes(served) == []
    assert has_the_record(served)


def test_power_cut_between_making_and_taking_the_mark_away(served: Path) -> None:
    """Then nothing was kept yet: it is made once more."""
    with served.open("r+b") as file:
        file.write(NEW_DATA_MARK)
    assert prepare(served)[0] == 0
    assert not has_the_record(served)
    assert served.read_bytes()[:512] == bytes(512)


def test_lost_superblock_is_mended_from_a_copy(served: Path) -> None:
    overwrite(served, 1024, 1024)
    code, said = prepare(served)
    assert code == 0
    assert REMADE not in said
    assert notes(served) == [REPAIRED]
    assert has_the_record(served)
    assert is_sound(served)


def test_zeroed_partition_is_made_anew(served: Path) -> None:
    overwrite(served, 0, 64 * MIB)
    code, said = prepare(served)
    assert code == 0
    assert REMADE in said
    assert notes(served) == []
    assert is_sound(served)


def test_partition_of_noise_is_made_anew(served: Path) -> None:
    served.write_bytes(bytes(range(7, 256)) * (64 * MIB // 249 + 1))
    with served.open("r+b") as file:
        file.truncate(64 * MIB)
    code, said = prepare(served)
    assert code == 0
    assert REMADE in said
    assert is_sound(served)


def test_cut_off_partition_is_left_alone(served: Path) -> None:
    """A table put back to an earlier size: records are there again once it is mended."""
    whole = served.read_bytes()
    with served.open("r+b") as file:
        file.truncate(40 * MIB)
    code, said = prepare(served)
    assert code != 0
    assert REMADE not in said
    served.write_bytes(whole)
    assert has_the_record(served)


def test_partition_that_takes_no_write_fails(tmp_path: Path) -> None:
    assert prepare(tmp_path / "nothing")[0] != 0


def test_notes_fit_the_screen() -> None:
    texts = [
        line.split('"')[1]
        for line in SCRIPT.read_text().splitlines()
        if line.partition("=")[0] in ("repaired_text", "remade_text", "volatile_text")
    ]
    assert len(texts) == 3
    assert all(len(text) <= 120 for text in texts)
