"""Words that run on, one behind the other, into the lines of a small panel.

A run is some words of one field with their look; runs of a block share lines.  Lines are
what pages are made of: nothing is cut, a block that is too high for one page goes on on the
next one.  Only a word that is wider than the panel is broken, as a name of 20 letters may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from appliance.panel.fitting import DoesNotFitError, Fitted
from appliance.panel.font import line_px, width_px
from appliance.panel.frame import Align, Colour, Kind
from appliance.panel.sheet import Area, Field, Sheet, Style

_CAP_PX = 3
"""Room at either side of what is printed on a key, for the key's outline."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one field.

    mark: sign before them.  says: what the sign says.  glued: never on another line than the
    word behind them, as a value and its unit.  colour: None for the block's own.
    """

    words: Field
    bold: bool = False
    colour: Colour | None = None
    mark: Kind | None = None
    says: str = ""
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What a block stands on: its colour, and that of words on it; edge: of its outline."""

    fill: Colour
    ink: Colour
    edge: Colour | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Runs that belong together.

    reserve_px: left free at the end of its first line.  whole: begins on a page of its own
    rather than being torn.  answer: the answer itself, on every page, as large as it fits.
    """

    runs: tuple[Run, ...]
    size_px: int
    ground: Ground
    align: Align = Align.LEFT
    reserve_px: int = 0
    whole: bool = False
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Fragment:
    """Words of one run in one line.  first: whether the run's sign stands before them."""

    run: Run
    text: str
    x: int
    w: int
    first: bool


@dataclass(slots=True)
class Line:
    """One line of a block: fragments with their places, from the left edge on."""

    block: Block
    fragments: list[Fragment] = field(default_factory=list)

    @property
    def height_px(self) -> int:
        """Height of the line."""
        return line_px(self.block.size_px)

    @property
    def end_px(self) -> int:
        """Where the last fragment ends."""
        last = self.fragments[-1] if self.fragments else None
        return 0 if last is None else last.x + last.w


def sign_px(size_px: int) -> int:
    """Return the room of a sign before words of this size, its distance to them included."""
    return round(size_px * 0.9) + max(2, size_px // 5)


def lines_of(block: Block, width: int, screen: str, *, tear: bool = True) -> list[Line]:
    """Return the block's lines.

    tear: break a word that is wider than a line; else it raises DoesNotFitError.
    """
    lines = [Line(block)]
    for group in _groups(block, width - block.reserve_px, tear):
        wide = _group_px(group, block)
        behind = lines[-1].end_px + _space_px(block) if lines[-1].fragments else 0
        if behind + wide > width - (block.reserve_px if len(lines) == 1 else 0):
            if wide > width or not lines[-1].fragments:
                name = group[0].run.words.name
                raise DoesNotFitError(screen, name, width, lines[-1].height_px)
            lines.append(Line(block))
        for word in group:
            _put(lines[-1], word)
    return [line for line in lines if line.fragments]


class _Word(NamedTuple):
    """One word of a run.  first: whether it is the run's first."""

    run: Run
    text: str
    first: bool


def _groups(block: Block, width: int, tear: bool) -> Iterator[list[_Word]]:
    """Yield words; those that must not be parted as one group, if a line can hold it.

    A figure is never parted from the word behind it, which is mostly its unit.
    """
    group: list[_Word] = []
    for run in block.runs:
        each = run.words.text.split()
        for index, text in enumerate(each):
            group.append(_Word(run, text, index == 0))
            glued = run.glued if index + 1 == len(each) else text[-1].isdigit()
            if not glued:
                yield from _narrow_enough(group, block, width, tear)
                group = []
    if group:
        yield from _narrow_enough(group, block, width, tear)


def _narrow_enough(
    group: list[_Word], block: Block, width: int, tear: bool
) -> Iterator[list[_Word]]:
    if _group_px(group, block) <= width:
        yield group
        return
    for word in group:
        yield from ([each] for each in (_torn(word, block, width) if tear else (word,)))


def _torn(word: _Word, block: Block, width: int) -> Iterator[_Word]:
    """Yield the word, in pieces of which each fits in a line if it does not itself."""
    rest = word
    while rest.text:
        most = len(rest.text)
        while most > 1 and _word_px(rest.run, rest.text[:most], block, rest.first) > width:
            most -= 1
        yield rest._replace(text=rest.text[:most])
        rest = _Word(rest.run, rest.text[most:], first=False)


def _group_px(group: Sequence[_Word], block: Block) -> int:
    wide = sum(_word_px(word.run, word.text, block, word.first) for word in group)
    return wide + _space_px(block) * (len(group) - 1)


def _space_px(block: Block) -> int:
    return width_px(" ", block.size_px, False) + 1


def _word_px(run: Run, word: str, block: Block, first: bool) -> int:
    wide = width_px(word, block.size_px, run.bold)
    if run.mark is not None and first:
        wide += sign_px(block.size_px)
    return wide + (2 * _CAP_PX if run.words.key else 0)


def _put(line: Line, word: _Word) -> None:
    """Add a word to the line: to the run's fragment if it has one there."""
    last = line.fragments[-1] if line.fragments else None
    if last is not None and last.run is word.run and not word.first:
        text = f"{last.text} {word.text}"
        wide = _word_px(word.run, text, line.block, last.first)
        line.fragments[-1] = replace(last, text=text, w=wide)
        return
    x = 0 if last is None else line.end_px + _space_px(line.block)
    wide = _word_px(word.run, word.text, line.block, word.first)
    line.fragments.append(Fragment(word.run, word.text, x, wide, word.first))


def draw_lines(sheet: Sheet, lines: Sequence[Line], top: int, margin: int) -> int:
    """Put lines one below the other, each on its block's ground; return where they end."""
    y = top
    for index, line in enumerate(lines):
        last_of_block = index + 1 == len(lines) or lines[index + 1].block is not line.block
        _draw_line(sheet, line, y, margin)
        y += line.height_px
        if last_of_block and line.block.ground.edge is not None:
            sheet.box(Area(0, y, sheet.width, 1), line.block.ground.edge)
            y += 1
    return y


def height_of(lines: Sequence[Line]) -> int:
    """Return the height that `draw_lines` takes."""
    edges = sum(
        line.block.ground.edge is not None
        for index, line in enumerate(lines)
        if index + 1 == len(lines) or lines[index + 1].block is not line.block
    )
    return sum(line.height_px for line in lines) + edges


def _draw_line(sheet: Sheet, line: Line, y: int, margin: int) -> None:
    block, high = line.block, line.height_px
    sheet.box(Area(0, y, sheet.width, high), block.ground.fill)
    spare = sheet.width - 2 * margin - line.end_px
    left = margin + {Align.LEFT: 0, Align.CENTRE: spare // 2, Align.RIGHT: spare}[block.align]
    for part in line.fragments:
        run, x, wide = part.run, left + part.x, part.w
        colour = run.colour or block.ground.ink
        if run.words.key:
            sheet.box(Area(x, y, wide, high - 1), None, colour)
            x, wide = x + _CAP_PX, wide - 2 * _CAP_PX
        if run.mark is not None and part.first:
            side = round(block.size_px * 0.9)
            spot = Area(x, y + (high - side) // 2, side, side)
            ground = block.ground.fill
            sheet.shape(run.mark, spot, colour, ground, says=run.says, tag=run.words.tag)
            x, wide = x + sign_px(block.size_px), wide - sign_px(block.size_px)
        style = Style(block.size_px, run.bold, colour, block.ground.fill)
        words = replace(run.words, text=part.text)
        sheet.place(words, Fitted(block.size_px, (part.text,)), Area(x, y, wide, high), style)
