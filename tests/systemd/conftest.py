"""Machines for the tests under a real systemd; skipped with the reason where there can be none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.systemd.machine import ROOT, Card, Machine, make_tree

Boot = Callable[[], Machine]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/systemd/"):
            item.add_marker(pytest.mark.systemd)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the Debian root file system, made once."""
    if os.getuid() != 0:
        pytest.skip("booting systemd needs root")
    missing = [name for name in ("mmdebstrap", "unshare", "nsenter") if not shutil.which(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (bash deploy/ci-packages.sh)")
    done = subprocess.run(
        ["bash", str(ROOT / "deploy/systemd-root.sh"), sys.executable],
        stdout=subprocess.PIPE,
        text=True,
        timeout=1200,
        check=True,
    )
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what is installed beside Debian."""
    tree = tmp_path_factory.mktemp("tree")
    make_tree(tree)
    return tree


@pytest.fixture
def card(tmp_path: Path) -> Card:
    """Return the card of all boots of a test."""
    return Card(tmp_path / "card")


@pytest.fixture
def boot(root: Path, tree: Path, tmp_path: Path, card: Card) -> Iterator[Boot]:
    """Return a function that boots a machine; all its boots have one card."""
    booted = 0
    with ExitStack() as machines:

        def boot() -> Machine:
            nonlocal booted
            booted += 1
            work = tmp_path / f"work-{booted}"
            work.mkdir()
            return machines.enter_context(Machine(root, tree, work, card))

        yield boot


@pytest.fixture
def machine(boot: Boot) -> Machine:
    """Return a machine on which the daemon is READY."""
    machine = boot()
    machine.wait_until(lambda: machine.show("ActiveState") == "active", "READY")
    return machine
