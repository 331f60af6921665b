"""Provisioning on real file systems that are full or take no write (as root, nothing is booted)."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.card.kept import seal
from appliance.card.provision import NO_IDENTITY, NOT_KEPT
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import load_settings
from appliance.settings_report import Served, read_report

ROOT = Path(__file__).parents[2]
GOOD = '[clinic]\nname = "Bhola"\n'
LAST = '[clinic]\nname = "before"\n'
MEDIA = """
set -e
mount -t tmpfs -o size=64k tmpfs "$1"
if [ -n "$3" ]; then printf %s "$3" >"$1/device-id"; cp "$4" "$1/good.toml"; fi
case $2 in
full) cat /dev/zero >"$1/fill" 2>/dev/null || true ;;
read-only) mount -o remount,ro "$1" ;;
esac
shift 4
"$@"
"""
IDENTITY = "0123456789abcdef0123456789abcdef\n"


def start(folder: Path, which: str, kind: str, *, used: bool, code: int) -> str:
    """Provision with one of its folders on a small file system of this kind.

    used: identity and settings were kept there before.  Returns the journal.
    """
    for name in ("boot", "state", "run"):
        (folder / name).mkdir()
    (folder / "boot" / "bedside.toml").write_text(GOOD)
    (folder / "last").write_bytes(seal(LAST))
    identity = IDENTITY.rstrip() + "\n" if used else ""
    arguments = [f"--{name}={folder / name}" for name in ("boot", "state", "run")]
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", MEDIA, "sh",
         str(folder / which), kind, identity, str(folder / "last"),
         sys.executable, "-m", "appliance.card.provision",
         f"--factory={ROOT / 'appliance' / 'factory.toml'}", *arguments],
        capture_output=True, text=True, timeout=60, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


KINDS = {"full": errno.ENOSPC, "read-only": errno.EROFS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("used", [True, False], ids=["used before", "first start"])
def test_a_data_partition_that_takes_no_write_keeps_no_settings_from_being_served(
    tmp_path: Path, kind: str, used: bool
) -> None:
    journal = start(tmp_path, "state", kind, used=used, code=0)
    report = read_report((tmp_path / "run" / "report.json").read_bytes())
    assert load_settings(tmp_path / "run" / "appliance.toml", PROTOCOLS).clinic == "Bhola"
    assert (report.served, report.faults) == (Served.FILE, ())
    assert NOT_KEPT in report.notes
    assert (NO_IDENTITY in report.notes) is not used
    assert f"event=SETTINGS_NOT_KEPT errno={KINDS[kind]}" in journal


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_can_be_handed_over_it_ends_with_1_and_says_so(
    tmp_path: Path, kind: str
) -> None:
    journal = start(tmp_path, "run", kind, used=False, code=1)
    assert f"event=NOTHING_HANDED_OVER errno={KINDS[kind]}" in journal
    assert (tmp_path / "state" / "good.toml").read_bytes() == seal(GOOD)
