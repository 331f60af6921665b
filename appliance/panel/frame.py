"""A laid-out screen before it is drawn: frozen items with their places, sizes and colours.

What a frame says can be read without looking at pixels: its text layer is `texts()`, and each
text that stems from a patient carries the tag of the encounter it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""


class Align(StrEnum):
    """Where a line of text stands in its box."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Kind(StrEnum):
    """A drawn sign.  Each has its own outline, so that none depends on its colour."""

    TICK = "tick"
    CROSS = "cross"
    DISC = "disc"
    RING = "ring"
    TRIANGLE = "triangle"
    OCTAGON = "octagon"
    DASH = "dash"
    NO_ENTRY = "no entry"
    HOURGLASS = "hourglass"
    POINTER = "pointer"
    EQUAL = "equal"
    NOT_EQUAL = "not equal"
    BAR = "bar"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle.  fill, outline: None means not drawn."""

    x: int
    y: int
    w: int
    h: int
    fill: Colour | None = None
    outline: Colour | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Words in a box, already broken into the lines that are drawn.

    text: the words as they were given, whole.  background: the colour they are drawn on.
    tag: the encounter they stem from, None for the appliance's own words.  name: the field
    of the view.  volatile: changes with time alone (an age, the clock).  key: what is
    printed on a key.
    """

    text: str
    x: int
    y: int
    w: int
    h: int
    size_px: int
    bold: bool
    colour: Colour
    background: Colour
    align: Align = Align.LEFT
    tag: int | None = None
    volatile: bool = False
    lines: tuple[str, ...] = ()
    name: str = ""
    key: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn sign in a box.

    says: what it says in words, empty where the words beside it say the same.
    share: how much of a BAR is filled, 0 to 1.  tag: as for Text.
    """

    kind: Kind
    x: int
    y: int
    w: int
    h: int
    colour: Colour
    background: Colour
    says: str = ""
    share: float = 0.0
    tag: int | None = None


Item = Box | Text | Shape


@dataclass(frozen=True, slots=True)
class Frame:
    """One screen, laid out.  items are drawn in their order.

    bilevel: of two colours alone; letters are then set without shades between them.
    baseline: where in a line all letters of the screen stand, as a share of their size.
    """

    name: str
    width: int
    height: int
    background: Colour
    items: tuple[Item, ...]
    bilevel: bool = False
    baseline: float = 0.93

    def texts(self) -> tuple[Text, ...]:
        """Return the text layer."""
        return tuple(item for item in self.items if isinstance(item, Text))

    def signature(self) -> tuple[object, ...]:
        """Return what tells this screen from another, time alone left out.

        Two frames that differ only in ages or in the clock have the same signature.  The
        tags of volatile texts count: another patient's age is another screen.
        """
        return (
            self.name,
            self.width,
            self.height,
            *(_without_time(item) for item in self.items),
        )


def _without_time(item: Item) -> object:
    if isinstance(item, Text) and item.volatile:
        return (item.name, item.tag)
    return item
