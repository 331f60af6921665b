"""The provisioning as the card runs it: a process, folders, and every bad state of every file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.card.kept import seal
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import Settings, load_settings
from appliance.settings_report import MISSING, Served, SettingsReport, read_report

ROOT = Path(__file__).parents[2]
GOOD = '[clinic]\nname = "Bhola"\n[timeouts]\nidle_clear_s = 60\n'
LAST = '[clinic]\nname = "before"\n'
WITHIN_S = 60.0


@dataclass
class Card:
    """The folders of a card: boot partition, data partition, memory."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("boot", "state", "run"):
            (self.folder / name).mkdir()
        self.boot_file = self.folder / "boot" / "bedside.toml"
        self.kept = self.folder / "state" / "good.toml"
        self.identity = self.folder / "state" / "device-id"
        self.effective = self.folder / "run" / "appliance.toml"
        self.factory = self.folder / "factory.toml"
        shutil.copyfile(ROOT / "appliance" / "factory.toml", self.factory)
        shutil.copyfile(self.factory, self.effective)  # as tmpfiles does

    def start(self, code: int = 0) -> str:
        """Provision as at a start; return the journal."""
        arguments = [f"--{name}={self.folder / name}" for name in ("boot", "state", "run")]
        done = subprocess.run(
            [sys.executable, "-m", "appliance.card.provision", f"--factory={self.factory}",
             *arguments],
            capture_output=True, text=True, timeout=WITHIN_S, cwd=ROOT, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    @property
    def settings(self) -> Settings:
        """What the daemon would serve with: it takes the file or refuses it."""
        return load_settings(self.effective, PROTOCOLS)

    @property
    def report(self) -> SettingsReport:
        return read_report((self.folder / "run" / "report.json").read_bytes())


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return Card(tmp_path)


def test_a_good_file_is_served_kept_and_reported(card: Card) -> None:
    card.boot_file.write_text(GOOD)
    journal = card.start()
    assert (card.settings.clinic, card.settings.timeouts.idle_clear_s) == ("Bhola", 60.0)
    assert card.kept.read_bytes() == seal(GOOD)
    assert card.report == SettingsReport(Served.FILE)
    assert "event=SETTINGS served=FILE faults=0" in journal
    assert "Bhola" not in journal


def test_a_second_start_writes_nothing_to_the_card(card: Card) -> None:
    card.boot_file.write_text(GOOD)
    card.start()
    before = {p.name: p.stat().st_mtime_ns for p in (card.folder / "state").iterdir()}
    journal = card.start()
    assert {p.name: p.stat().st_mtime_ns for p in (card.folder / "state").iterdir()} == before
    assert "IDENTITY_MADE" not in journal
    assert "SETTINGS_KEPT" not in journal


def test_an_edited_file_is_served_at_the_next_start_and_the_edit_before_stays_behind(
    card: Card,
) -> None:
    for clinic in ("first", "second", "third"):
        card.boot_file.write_text(f"[clinic]\nname = '{clinic}'")
        card.start()
        assert card.settings.clinic == clinic


BAD_FILES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\r\n\r\n",
    "binary": bytes(range(256)) * 40,
    "all zero": bytes(4096),
    "ten megabytes": b"# comment\n" * 1_048_576,
    "ten megabytes of one line": b"x" * 10_485_760,
    "unknown keys": b"[clinic]\nnmae = 'x'\n[dispaly]\nkind = 'hdmi'\n",
    "wrong types": b"clinic = 3\n[lamps]\nfitted = 'yes'\n[timeouts]\nidle_clear_s = '60'\n",
    "cut short": GOOD.encode()[:25],
    "word processor": "[clinic]\nname = \u201cBhola\u201d\n".encode(),
    "rich text": b"{\\rtf1\\ansi\\deff0 [clinic]}",
    "zipped": b"PK\x03\x04\x14\x00\x00\x00",
    "deep": b"x = " + b"[" * 100_000,
    "spiteful": b"a = [\n" + b"[1],\n" * 50_000 + b"]\n[clinic]\nname = 5\n",
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=list(BAD_FILES))
@pytest.mark.parametrize("kept", [True, False], ids=["good before", "first start"])
def test_a_bad_file_never_keeps_the_bedside(card: Card, content: bytes, kept: bool) -> None:
    if kept:
        card.kept.write_bytes(seal(LAST))
    card.boot_file.write_bytes(content)
    journal = card.start()
    assert card.settings.clinic == ("before" if kept else "")
    assert card.settings.bundles
    report = card.report
    assert report.served is (Served.LAST_GOOD if kept else Served.FACTORY)
    assert report.faults
    assert report.notes == ()
    assert f"event=SETTINGS served={report.served.name} faults={len(report.faults)}" in journal
    assert "event=SETTINGS_FAULT line=" in journal
    assert card.kept.exists() is kept
    if kept:
        assert card.kept.read_bytes() == seal(LAST)


def test_the_journal_holds_no_word_that_somebody_typed(card: Card) -> None:
    text = "maria = 'secret'\n[clinic]\nanna = 1\nname = 7\n[[instruments]]\nport = 'Olga'\n"
    card.boot_file.write_text(text)
    journal = card.start()
    assert len(card.report.faults) == 6
    for word in ("maria", "secret", "anna", "Olga"):
        assert word not in journal
    for line, key in ((4, "clinic.name"), (6, "instruments[1].port"), (1, "(not_known)")):
        assert f"event=SETTINGS_FAULT line={line} key={key}\n" in journal


def test_no_file_at_all(card: Card) -> None:
    card.start()
    assert card.report.served is Served.FACTORY
    (fault,) = card.report.faults
    assert (fault.line, fault.value) == (0, "No such file or directory")
    card.kept.write_bytes(seal(LAST))
    card.start()
    assert card.settings.clinic == "before"
    shutil.rmtree(card.folder / "boot")  # the partition itself could not be mounted
    card.start()
    assert card.settings.clinic == "before"


def test_a_folder_in_place_of_the_file(card: Card) -> None:
    card.boot_file.mkdir()
    card.start()
    assert card.report.faults[0].value == "Is a directory"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r\n").encode("utf-16"),
        b"\xfe\xff" + GOOD.encode("utf-16-be"),
        GOOD.replace("\n", "\r").encode(),
        GOOD.rstrip("\n").encode(),
    ],
    ids=["utf-8 with mark", "utf-16", "utf-16 big", "old mac", "no last line end"],
)
def test_a_good_file_of_any_laptop(card: Card, content: bytes) -> None:
    card.boot_file.write_bytes(content)
    card.start()
    assert card.report == SettingsReport(Served.FILE)
    assert card.settings.clinic == "Bhola"


def test_faults_have_their_lines_also_with_windows_line_ends(card: Card) -> None:
    text = "# one\n\n[clinic]\nname = 5\n\n[lamps]\nfitted = 1\n"
    for content in (text.encode(), b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()):
        card.boot_file.write_bytes(content)
        card.start()
        assert [(f.line, f.key) for f in card.report.faults] == [
            (4, "clinic.name"),
            (7, "lamps.fitted"),
        ]


STATES = {
    "empty": lambda whole: b"",
    "cut short": lambda whole: whole[: len(whole) // 2],
    "one byte short": lambda whole: whole[:-1],
    "zeros": lambda whole: bytes(len(whole)),
    "rubbish": lambda whole: b"\xff" * 300,
    "much too long": lambda whole: whole + bytes(300_000),
}


@pytest.mark.parametrize("state", STATES.values(), ids=list(STATES))
def test_every_state_that_a_cut_may_leave_of_every_file_of_ours(card: Card, state: object) -> None:
    assert callable(state)
    card.boot_file.write_text(GOOD)
    card.start()
    ours = [p for folder in ("state", "run") for p in (card.folder / folder).iterdir()]
    assert sorted(p.name for p in ours) == [
        "appliance.toml", "device-id", "good.toml", "report.json",
    ]  # fmt: skip
    whole = {path: path.read_bytes() for path in ours}
    for path in ours:
        # With a good file everything is made whole again.
        path.write_bytes(state(whole[path]))
        path.with_name(path.name + ".part").write_bytes(state(whole[path]))
        card.start()
        assert card.settings.clinic == "Bhola"
        assert card.report == SettingsReport(Served.FILE)
        assert card.kept.read_bytes() == seal(GOOD)
        assert len(card.identity.read_bytes()) == 33
        assert not list((card.folder / "state").glob("*.part"))
    # With a bad file the last good one is served only if it is whole.
    card.boot_file.write_bytes(b"\0")
    card.kept.write_bytes(state(whole[card.kept]))
    card.start()
    assert (card.settings.clinic, card.report.served) == ("", Served.FACTORY)
    assert "damaged" in card.report.notes[0]


def test_the_identity_is_random_and_stays(tmp_path: Path) -> None:
    identities = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        card = Card(tmp_path / name)
        card.start()
        first = card.identity.read_bytes()
        card.start()
        assert card.identity.read_bytes() == first
        identities.add(first)
    assert len(identities) == 2


def test_without_a_good_factory_file_what_stands_there_stays(card: Card) -> None:
    card.boot_file.write_text(GOOD)
    for content in (b"", b"typo = 1\n", b"\0\0"):
        before = card.effective.read_bytes()
        card.factory.write_bytes(content)
        if not content:
            card.factory.unlink()
        journal = card.start(code=1)
        assert "event=FACTORY_REFUSED faults=1" in journal
        assert card.effective.read_bytes() == before


def test_a_report_that_makes_no_sense_says_so() -> None:
    good = {"form": 1, "served": "bedside.toml", "faults": [], "more_faults": 0, "notes": []}
    assert read_report(json.dumps(good).encode()) == SettingsReport(Served.FILE)
    for wrong in (
        {**good, "form": 2}, {**good, "served": "x"}, {**good, "faults": [5]},
        {**good, "notes": None}, {**good, "faults": [{"line": "1"}]}, {}, 5,
    ):  # fmt: skip
        assert read_report(json.dumps(wrong).encode()) == MISSING
    for content in (b"", b"\0", b"[" * 100_000, b"\xff"):
        assert read_report(content) == MISSING
