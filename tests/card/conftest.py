"""A built image for the boot tests, and the machines it is booted on.

They run by `bash deploy/image/boot-test.sh` alone, which says where the image is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_mocks.scenario import Scenario, read_scenario
from tests.card.boot_partition import BootPartition
from tests.card.emulators import CARD_BYTES, HERE, HOOK_PORTS, TREES, BootFiles
from tests.card.hook import with_hook
from tests.card.screens import Expected, desktop_screens
from tests.card.torn_card import TornCard

ROOT = HERE.parents[1]
TIME_OUT_S = 900
"""For one test: some wait for a whole boot on an emulator, on a machine that has other work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/card/"):
            item.add_marker(pytest.mark.card)
            item.add_marker(pytest.mark.timeout(TIME_OUT_S))


@pytest.fixture(scope="session")
def image(request: pytest.FixtureRequest) -> Path:
    """Return the image.  Without one these tests fail: they are asked for by name only."""
    path = request.config.getoption("--card-image")
    if not path:
        pytest.fail("no image is named: run bash deploy/image/boot-test.sh")
    return Path(path).resolve(strict=True)


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which pictures of the machines are left."""
    folder = request.config.getoption("--pictures")
    if not folder:
        return tmp_path_factory.mktemp("pictures")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def new_card(image: Path) -> Iterator[TornCard]:
    """Return a card as it was just written; tests boot copies of it."""
    card = TornCard(image, CARD_BYTES)
    yield card
    card.close()


@pytest.fixture(scope="session")
def cards() -> dict[str, TornCard]:
    """Return cards that one module leaves for the next, by name."""
    return {}


class BootFolder:
    """Takes from a card what its board's firmware would load."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self, kind: str, card: TornCard) -> BootFiles:
        """Return the files to boot a kind of machine with."""
        boot = BootPartition(card, self._folder)
        kernel, initrd = self._folder / "vmlinuz", self._folder / f"initrd-{kind}"
        if not kernel.exists():
            kernel.write_bytes(boot.read("vmlinuz"))
        if not initrd.exists():
            initrd.write_bytes(with_hook(boot.read("initrd.img"), HOOK_PORTS[kind]))
        tree = self._tree(kind, boot.read(TREES[kind])) if kind in TREES else None
        line = boot.read("cmdline.txt").decode("ascii").strip()
        return BootFiles(kernel, initrd, line, tree)

    def _tree(self, kind: str, board: bytes) -> Path:
        target = self._folder / f"{kind}.dtb"
        source = _dtc(["-I", "dtb", "-O", "dts"], board) + (HERE / f"{kind}.dtsi").read_bytes()
        target.write_bytes(_dtc(["-I", "dts", "-O", "dtb"], source))
        return target


def _dtc(words: list[str], given: bytes) -> bytes:
    return subprocess.run(
        ["dtc", "-q", *words], input=given, stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout


@pytest.fixture(scope="session")
def boot_folder(tmp_path_factory: pytest.TempPathFactory) -> BootFolder:
    """Return a folder of what firmware would load, filled when it is asked for."""
    return BootFolder(tmp_path_factory.mktemp("boot"))


class Desktop:
    """Plays scenarios on this machine, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._played: dict[str, list[Expected]] = {}

    def scenario(self, name: str) -> Scenario:
        """Return a scenario of the boot test, or a built-in one."""
        own = HERE / "scenarios" / f"{name}.toml"
        return read_scenario(own if own.exists() else ROOT / f"hw_mocks/scenarios/{name}.toml")

    def screens(self, scenario: Scenario) -> list[Expected]:
        """Return what the desktop draws at each check, and at the end."""
        if scenario.name not in self._played:
            out = self._folder / scenario.name
            self._played[scenario.name] = desktop_screens(scenario, out, ROOT / "models")
        return self._played[scenario.name]


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    """Return what draws the screens to compare with."""
    return Desktop(tmp_path_factory.mktemp("desktop"))
