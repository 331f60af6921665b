"""Forged screens and a forged truth for the judge: drawn like real ones, told like real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.panel.capture import CaptureDisplay
from appliance.panel.drawing import draw
from appliance.panel.screens import lay_out
from appliance.views import InputRow, InputsView, KeyHint, RowState, Shown
from hw_mocks.endurance.answers import Oracle
from hw_mocks.endurance.judge import Judge
from hw_mocks.endurance.rules import Allowance
from hw_mocks.endurance.run import texts_of_bundle
from hw_mocks.endurance.seen import Seen, name_of, pictures_after, read_words
from hw_mocks.endurance.truth import Press, Truth
from hw_mocks.instruments.board import Said

BUNDLE = Path(__file__).parents[3] / "models" / "maternal-risk"
ORACLE = Oracle(BUNDLE)
FIXED = texts_of_bundle(BUNDLE)
RATE = 1.0
ALLOW = Allowance(RATE)
BEGAN_S = 1000.0
NOW_S = 1100.0
WALL_S = 1_796_112_900.0
"""2026-12-01 08:15 when the monotonic clock was 0."""
TAG = 7


class Bench:
    """A judge with a truth to fill, and screens to show it.

    The patient came at BEGAN_S by a key; the screen is shown at NOW_S for one second.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._display = CaptureDisplay(folder, every=True)
        self._number = 0
        self.truth = Truth()
        self.truth.wall_clock(0.0, WALL_S)
        self.truth.press(Press("1", BEGAN_S - 0.05, BEGAN_S + 0.05))
        self.truth.in_front(1, TAG, BEGAN_S)
        self.truth.press(Press("D", NOW_S - 60.0, NOW_S - 59.9))
        self.judge = Judge(self.truth, ALLOW, ORACLE, FIXED)

    def said(self, ago_s: float, port: str = "oximeter", **values: float) -> None:
        """Let an instrument have said valid numbers so long ago."""
        self.truth.hear(Said(NOW_S - ago_s, port, values, group=f"at {ago_s}"))

    def typed(self, ago_s: float, quantity: str, value: float) -> None:
        """Let a value have been typed so long ago."""
        self.truth.accept_typed(quantity, value, NOW_S - ago_s, 0.1)

    def picture(self, view: object) -> Seen:
        """Draw a view as the appliance does; return it as a frame that was shown."""
        frame = lay_out(view)
        self._display.show(draw(frame), frame)
        ((number, path),) = pictures_after(self._folder, self._number)
        self._number = number
        words = read_words(path.with_suffix(".json"))
        return Seen(number, name_of(path), 1, NOW_S, NOW_S + 1.0, words, path)

    def verdict(self, view: object, **changes: object) -> list[str]:
        """Judge a view; changes: of the frame as it was seen."""
        return self.judge.judge(replace(self.picture(view), **changes))


def row(
    label: str,
    value: str | None,
    detail: str = "",
    state: RowState = RowState.LIVE,
    *,
    unit: str = "per min",
    tag: int = TAG,
    hint: str = "",
) -> InputRow:
    """Return one row of a screen."""
    shown = None if value is None else Shown(value, tag)
    return InputRow(label, unit, state, shown, Shown(detail, tag) if detail else None, hint)


def inputs(*rows: InputRow, name: str = "collect", tag: int = TAG, notice: str = "") -> InputsView:
    """Return a screen with these rows."""
    keys = (KeyHint("B", "cancel"),)
    return InputsView(name, "Maternal risk", Shown(f"Patient {tag}", tag), rows, notice, keys)


def pulse(value: str = "84", detail: str = "1 s ago, oximeter", **more: object) -> InputRow:
    """Return the row of the pulse, live."""
    return row("Pulse", value, detail, **more)
