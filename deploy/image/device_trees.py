"""Makes the device trees of every board in every variant ahead of time.

Debian's kernel package has no overlays for these boards, and its trees have no symbols that an
overlay could refer to.  So each tree is taken apart, our changes are put behind it, which name
nodes by path, and it is put together again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

from deploy.image.tools import output_of, run

HERE = Path(__file__).resolve().parent
PARTS = HERE / "device-trees"
CLOCKS = ("ds3231", "pcf8523", "pcf85063")
"""Battery-backed clocks on I2C that Debian's kernel drives."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice of what is on the header beside the serial port.

    i2c: "" for none, "i2c" for the bus alone, else the clock on it.
    """

    i2c: str = ""
    spi: bool = False

    @property
    def name(self) -> str:
        """Return its name: that of its folder and of its settings file."""
        words = [self.i2c] if self.i2c else []
        return "-".join([*words, "spi"] if self.spi else words) or "plain"

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the changes to a board's tree, in order."""
        bus = ("i2c.dtsi",) if self.i2c else ()
        clock = (f"rtc-{self.i2c}.dtsi",) if self.i2c in CLOCKS else ()
        return ("always.dtsi", *bus, *clock, *(("spi.dtsi",) if self.spi else ()))


PLAIN = Variant()
VARIANTS = tuple(Variant(*c) for c in product(("", "i2c", *CLOCKS), (False, True)))

_BOARDS = (
    # Sections of config.txt, the more particular later: the last that holds counts.
    # Source: Raspberry Pi documentation, config.txt, conditional filters.
    ("pi3", "bcm2837-rpi-3-b"),
    ("pi3+", "bcm2837-rpi-3-b-plus"),
    ("pi02", "bcm2837-rpi-zero-2-w"),
    ("pi4", "bcm2711-rpi-4-b"),
    ("pi400", "bcm2711-rpi-400"),
    ("cm4", "bcm2711-rpi-cm4-io"),
)


def make_trees(debian: Path, boot: Path) -> None:
    """Make all trees from the folder of Debian's.

    Plain ones go into the boot folder, where the firmware looks by itself, the others into
    dtb/<variant>, with a file that chooses them.  Raises BuildError when one cannot be made.
    """
    for variant in VARIANTS:
        folder = boot if variant == PLAIN else boot / "dtb" / variant.name
        folder.mkdir(parents=True, exist_ok=True)
        for tree in sorted(debian.glob("bcm*.dtb")):
            make_tree(tree, variant, folder / tree.name)
        if variant != PLAIN:
            (folder / "choose.txt").write_text(choosing(variant), "ascii")


def make_tree(debian: Path, variant: Variant, target: Path) -> None:
    """Make one board's tree.  Raises BuildError."""
    source = output_of(["dtc", "-q", "-I", "dtb", "-O", "dts", str(debian)])
    source += "".join((PARTS / name).read_text("ascii") for name in variant.parts)
    run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(target), "-"], text=source)


def choosing(variant: Variant) -> str:
    """Return the lines of config.txt that choose a variant, for each board by its section."""
    lines = [f"# Device trees: {variant.name}"]
    for section, board in _BOARDS:
        lines += [f"[{section}]", f"device_tree=dtb/{variant.name}/{board}.dtb"]
    return "\n".join([*lines, "[all]", ""])
