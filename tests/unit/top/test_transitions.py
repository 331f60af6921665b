"""The table itself: every mode can be left, and its drawing is the present one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from appliance.states import Mode
from appliance.transitions import TABLE

DRAW = Path(__file__).parents[3] / "docs" / "developer" / "draw_states.py"


def test_every_mode_has_a_row() -> None:
    assert set(TABLE) == set(Mode)


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_is_left_by_a_key_or_by_time(mode: Mode) -> None:
    ways = [a for a in TABLE[mode] if any(target is not mode for target in a.leads_to)]
    by_key = [a for a in ways if a.on[0] in "ABCD#*d" and not a.trigger.is_time]
    by_time = [a for a in ways if a.trigger.is_time]
    assert by_key or by_time


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_can_be_reached(mode: Mode) -> None:
    if mode is Mode.STARTING:
        return
    assert any(mode in a.leads_to for answers in TABLE.values() for a in answers)


def test_the_drawing_in_the_docs_is_made_from_this_table() -> None:
    spec = importlib.util.spec_from_file_location("draw_states", DRAW)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.FILE.read_text("utf-8") == module.drawing()
