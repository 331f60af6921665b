"""What runs before the daemon at every start of the card reads no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

CONTROLLER = {"appliance.states", "appliance.events", "appliance.views", "appliance.daemon"}
HEAVY = {"numpy", "PIL", "gpiozero", "serial", "tflite_runtime", "logging"}


@pytest.mark.parametrize("module", ["appliance.card.provision", "appliance.boots"])
def test_it_imports_neither_controller_nor_libraries(module: str) -> None:
    """Each module is read from the card while staff wait; these took most of the time."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    imported = set(done.stdout.split())
    assert module in imported
    assert not imported & (CONTROLLER | HEAVY)
