"""Blocks that every screen of a small panel is made of."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.panel import theme
from appliance.panel.frame import Colour, Kind
from appliance.panel.running import Block, Ground, Run
from appliance.panel.sheet import Field, field
from appliance.panel.small_looks import Look
from appliance.views import Shown


@dataclass(frozen=True, slots=True)
class Said:
    """A screen in blocks.

    head: on every page.  body: turned over.  keys: what the keys do now.  start: the block of
    the body that the first page shown must have.
    """

    head: tuple[Block, ...]
    body: tuple[Block, ...]
    keys: tuple[Block, ...]
    start: int = 0


def block(look: Look, ground: Ground, *runs: Run, size_px: int = 0, whole: bool = False) -> Block:
    """Make a block of words of the usual size, or of this one."""
    return Block(runs, size_px or look.text_px, ground, whole=whole)


def ink_of(look: Look, ground: Ground, colour: Colour) -> Colour | None:
    """Return a colour where there are colours, else that of the ground's words."""
    return None if look.mono or ground.fill in (theme.RED, theme.BLACK) else colour


def para(look: Look, name: str, text: Shown | str | None, *, bold: bool = False) -> list[Block]:
    """Make a block of one text; none of no words."""
    words_ = field(name, text)
    return [block(look, look.plain, Run(words_, bold))] if words_.text else []


def notice(look: Look, text: str) -> list[Block]:
    """Make the block of what somebody must notice; none of no words."""
    if not text:
        return []
    run = Run(Field("notice", text), bold=True, mark=Kind.TRIANGLE)
    return [block(look, look.caution, run)]
