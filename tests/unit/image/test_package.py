"""What the Debian package installs, and what it never does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from deploy.image.package import control_text
from deploy.image.package_tree import is_executable, lay_out, places_of, tracked

ROOT = Path(__file__).parents[3]
PACKAGES = "opt/bedside/lib/python3.11/site-packages/"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the package installs, with one small wheel instead of the real ones."""
    wheels, tree = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("tree")
    for name in ("toy/__init__.py", "toy/tests/test_toy.py", "toy-1.dist-info/RECORD"):
        (wheels / name).parent.mkdir(parents=True, exist_ok=True)
        (wheels / name).write_text("")
    (wheels / "toy-1.dist-info/METADATA").write_text("Name: toy\nVersion: 1\n")
    lay_out(ROOT, wheels, tree)
    return tree


def files(tree: Path) -> set[str]:
    return {str(p.relative_to(tree)) for p in tree.rglob("*") if not p.is_dir() or p.is_symlink()}


def test_program_is_all_there(tree: Path) -> None:
    program = {str(p) for p in tracked(ROOT, "appliance")}
    assert {PACKAGES + name for name in program} <= files(tree)
    assert "opt/bedside/models/maternal-risk/model.tflite" in files(tree)
    rule = "opt/bedside/models/news2/"
    assert {each for each in files(tree) if each.startswith(rule)} == {
        f"{rule}{name}" for name in ("MODEL_CARD.md", "bundle.toml", "golden.json")
    }


def test_nothing_that_simulates_tests_or_trains(tree: Path) -> None:
    forbidden = re.compile(r"(^|/)(hw_mocks|tests?|training|conftest\.py|.*\.egg-info|pip)(/|$)")
    assert [name for name in files(tree) if forbidden.search(name)] == []


def test_no_bytes_that_are_not_in_git(tree: Path) -> None:
    assert not [name for name in files(tree) if "__pycache__" in name or name.endswith(".part")]


def test_every_file_of_the_units_has_a_place() -> None:
    """A unit that is written and not installed does nothing on the card."""
    assert [u for u in tracked(ROOT, "systemd") if not places_of(u)] == []


def test_units_say_themselves_where_they_go() -> None:
    for source in tracked(ROOT, "systemd", "deploy/image/udev"):
        head = (ROOT / source).read_text("utf-8")[:400]
        stated = re.findall(r"[Ii]nstalled as (/\S+?)[.,;:]?\s", head)
        for place in stated:
            assert PurePosixPath(place[1:]) in places_of(source), source


def test_programs_alone_can_be_executed() -> None:
    assert is_executable(PurePosixPath("opt/bedside/bin/appliance"))
    assert is_executable(PurePosixPath("usr/lib/systemd/system-shutdown/bedside"))
    assert not is_executable(PurePosixPath("etc/bedside/appliance.toml"))


def test_command_is_isolated_and_works_where_it_is_installed(tree: Path) -> None:
    command = (tree / "opt/bedside/bin/appliance").read_text()
    assert command.startswith("#!/opt/bedside/bin/python -I\n")
    assert (tree / "opt/bedside/bin/python").readlink() == Path("python3.11")
    assert "include-system-site-packages = true" in (tree / "opt/bedside/pyvenv.cfg").read_text()


def test_settings_of_the_factory_are_where_the_units_look(tree: Path) -> None:
    assert (tree / "etc/bedside/appliance.toml").read_bytes() == (
        ROOT / "appliance/factory.toml"
    ).read_bytes()


def test_control_names_what_has_no_wheel() -> None:
    control = control_text("1.2.3", 42)
    assert "Version: 1.2.3\n" in control
    depends = re.search(r"^Depends: (.*(?:\n .*)*)", control, re.MULTILINE)
    assert depends is not None
    assert {"python3-systemd", "python3-evdev", "python3-spidev", "udev"} <= set(
        re.split(r",\s+", depends[1].replace("\n", " "))
    )


@pytest.mark.parametrize("script", ["postinst.sh", "prerm.sh"])
def test_scripts_of_the_package_are_sound(script: str) -> None:
    path = ROOT / "deploy/image/debian" / script
    assert subprocess.run(["sh", "-n", path]).returncode == 0
