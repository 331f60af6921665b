"""What the documentation tells people to run is run, and what it points to is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.card.form import DISPLAYS, KEYPADS, card_rules
from appliance.card.header import CLOCKS
from appliance.clinical.quantities import QUANTITIES
from appliance.instruments.protocols import NO_SIGN_OF_LIFE_S, PROTOCOLS
from appliance.settings_form import INSTRUMENT
from hw_mocks.scenario import read_scenario

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WITHIN_S = 60.0

OURS = {
    ".venv/bin/python": [sys.executable],
    ".venv/bin/appliance": [sys.executable, "-m", "appliance"],
}
"""The environment that the tests run in stands for the one that the scripts make."""

SCRIPTS = ("deploy/desktop.sh", "deploy/test.sh", "deploy/image/build.sh")
"""They set up an environment, run these very tests or take minutes: only asked for their usage."""

LONG_SCRIPTS = ("deploy/endure.sh",)
"""So are those that run for hours."""


def blocks(page: Path, language: str) -> Iterator[str]:
    yield from re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def commands() -> list[str]:
    return sorted(
        {
            line.strip()
            for page in PAGES
            for block in blocks(page, "sh")
            for line in block.splitlines()
            if line.strip() and not line.strip().startswith("#")
        }
    )


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documentation_works(command: str) -> None:
    first, *rest = shlex.split(command)
    if first == "bash":
        assert rest[0] in (*SCRIPTS, *LONG_SCRIPTS), f"not run by any test: {command}"
        done = run(["bash", rest[0], "--help"])
        assert f"usage: bash {rest[0]}" in done.stdout
        return
    assert first in OURS, f"not run by any test: {command}"
    if rest[0] == "bench":
        rest = ["bench", "--help"]  # a minute of measuring: the bench tier runs it
    if rest[:3] == ["-m", "hw_mocks", "bench"]:
        rest = [*rest[:3], "--help"]  # open until Ctrl-C: test_bench_page.py opens it
    done = run([*OURS[first], *rest])
    assert done.stdout.strip()


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S)
    assert done.returncode == 0, done.stderr
    return done


def test_a_bench_that_cannot_keep_its_samples_says_so_before_it_measures(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    bundle = ROOT / "models" / "maternal-risk"
    command = [sys.executable, "-m", "appliance", "bench", "--bundle", str(bundle)]
    command += ["-o", str(taken / "times.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S)
    assert done.returncode == 5
    assert str(taken) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_two_commands_are_in_the_readme() -> None:
    assert {f"bash {script}" for script in SCRIPTS} <= set(commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text("utf-8"))
    inside = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    assert not [link for link in inside if not (page.parent / link).exists()]


def test_the_technicians_page_names_every_key_and_no_other() -> None:
    text = (ROOT / "docs" / "technician" / "configure.md").read_text("utf-8")
    table = text.partition("| key | may be |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([a-z_]+(?:\[\])?\.[a-z0-9_]+)`", table))
    keys = {f"{name}.{key}" for name, rules in card_rules(["x"]).items() for key in rules}
    assert named == keys | {f"instruments[].{key}" for key in INSTRUMENT}
    for word in (*PROTOCOLS, *KEYPADS, *DISPLAYS, *CLOCKS, "maternal-risk", "news2"):
        assert f'`"{word}"`' in table, word


def rows_of(section: str) -> dict[str, list[str]]:
    text = (ROOT / "docs" / "technician" / "instruments.md").read_text("utf-8")
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.partition(f"## {section}\n")[2].partition("\n## ")[0].splitlines()
        if line.startswith("| `")
    ]
    return {name: rest for first, *rest in cells for name in re.findall("`([^`]+)`", first)}


def test_the_technicians_page_says_how_long_each_value_is_good() -> None:
    rows = rows_of("What makes a value, and how long it is good")
    for name, protocol in PROTOCOLS.items():
        silent = protocol.silent_after_s
        words = "never" if silent == NO_SIGN_OF_LIFE_S else f"{silent:g} s"
        assert rows[name][1:] == [words, f"{protocol.pause_s:g} s"], name
    for name, quantity in QUANTITIES.items():
        if name not in rows:
            assert quantity.live_for_s is None, name
            continue
        live_s, usable_s = quantity.live_for_s, quantity.usable_for_s
        usable = "never" if usable_s == 0 else f"{(usable_s or 0) / 60:g} min"
        live, use, averaged = rows[name]
        assert live == ("-" if live_s is None else f"{live_s:g} s"), name
        assert use == ("the encounter" if usable_s is None else usable), name
        assert averaged, name


def test_the_example_of_a_scenario_is_one(tmp_path: Path) -> None:
    (example,) = blocks(ROOT / "docs" / "developer" / "scenarios.md", "toml")
    path = tmp_path / "example.toml"
    path.write_text(example, "utf-8")
    scenario = read_scenario(path)
    assert [step.kind for step in scenario.steps] == ["keys", "send"]
    assert tomllib.loads(example)["title"] == scenario.title
