"""The settings as the daemon uses them, read from one TOML file.

Reading either gives complete Settings or raises SettingsRefused with every fault of the
file at once.  `appliance.settings_form` is the table of keys.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from appliance.settings_fault import Fault
from appliance.settings_form import check_form
from appliance.settings_section import Section
from appliance.settings_text import TextRefused, decode_text, parse_text, read_bytes, with_lines
from appliance.timeouts import Timeouts


class SettingsRefused(Exception):
    """The settings cannot be used.  faults: all of them, in the order of the file."""

    def __init__(self, path: Path, faults: tuple[Fault, ...]) -> None:
        self.path = path
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


@dataclass(frozen=True, slots=True)
class InstrumentSettings:
    """One instrument: its name on the screen, what it speaks, and its port."""

    name: str
    protocol: str
    port: str


@dataclass(frozen=True, slots=True)
class KeypadSettings:
    """kind: matrix, evdev or none.

    rows, columns: BCM numbers of a matrix's lines, top and left first.
    device: path of a number pad's input device.
    """

    kind: str
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    device: str = ""


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """kind: framebuffer, capture or a small panel.  device: its file.  folder: of captures.

    may_be_absent: go on without it, say so by the lamps, and use it as soon as it is there.
    variant: which set-up of the board it needs; the card's provisioning sees to that.
    size: of the pictures, one of panel_kinds.CHOSEN_SIZES; empty: the usual one of its kind.
    large_type: words half as large again.
    """

    kind: str
    device: str
    folder: str
    may_be_absent: bool = False
    variant: str = ""
    size: str = ""
    large_type: bool = False


@dataclass(frozen=True, slots=True)
class LampSettings:
    """BCM numbers of lamps and buzzer."""

    green: int
    yellow: int
    red: int
    buzzer: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a clinic or a technician may set.

    bundles: folders of the tasks.  runtime: which one runs the models.
    require_xnnpack: refuse a model that is not proven to run in XNNPACK.
    power_button: BCM number of a button to ground that switches off, or None.
    status_socket: where `appliance status` asks; empty means systemd's RuntimeDirectory.
    simulation: control socket of the simulated hardware; empty on a real appliance.
    header: which set-up of the board's header is wanted; the card's provisioning sees to that.
    maintenance_key: public key of who may log in for maintenance; empty means nobody.
    provisioned: folder in which the card's provisioning left its report; empty without one.
    notes: folder of one-line notes that root programs left about this boot.
    """

    clinic: str = ""
    language: str = "en"
    utc_offset_min: int = 0
    bundles: tuple[Path, ...] = ()
    runtime: str = "auto"
    require_xnnpack: bool = True
    instruments: tuple[InstrumentSettings, ...] = ()
    keypad: KeypadSettings = KeypadSettings("none")
    display: DisplaySettings = DisplaySettings("framebuffer", "/dev/fb0", "")
    lamps: LampSettings | None = None
    power_button: int | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    status_socket: str = ""
    simulation: str = ""
    maintenance_key: str = ""
    header: str = ""
    provisioned: str = ""
    notes: str = ""


def load_settings(path: Path, protocols: Collection[str]) -> Settings:
    """Read and check one file; raise SettingsRefused with every fault in it.

    protocols: the names an instrument may speak.
    """
    try:
        text = decode_text(read_bytes(path))
        form = parse_text(text)
    except TextRefused as refused:
        raise SettingsRefused(path, (refused.fault,)) from refused
    checked = check_form(form, protocols)
    if checked.faults:
        raise SettingsRefused(path, with_lines(checked.faults, text))
    return settings_of(checked.values, path.parent)


def settings_of(values: Section, base: Path) -> Settings:
    """Make Settings of checked values; relative folders are relative to the file."""
    keypad, display = values.section("keypad"), values.section("display")
    tasks, clinic = values.section("tasks"), values.section("clinic")
    return Settings(
        clinic=clinic.text("name"),
        language=clinic.text("language"),
        utc_offset_min=clinic.whole("utc_offset_min"),
        bundles=tuple(base / folder for folder in tasks.texts("bundles")),
        runtime=tasks.text("runtime"),
        require_xnnpack=tasks.flag("require_xnnpack"),
        instruments=tuple(
            InstrumentSettings(each.text("name"), each.text("protocol"), each.text("port"))
            for each in values.sections("instruments")
        ),
        keypad=KeypadSettings(
            keypad.text("kind"),
            keypad.wholes("rows"),
            keypad.wholes("columns"),
            keypad.text("device"),
        ),
        display=DisplaySettings(
            display.text("kind"),
            display.text("device"),
            display.text("folder"),
            display.flag("may_be_absent"),
            display.text("variant"),
            display.text("size"),
            display.flag("large_type"),
        ),
        lamps=_lamps(values.section("lamps")),
        power_button=values.section("power").pin("button"),
        timeouts=Timeouts(**values.section("timeouts").numbers()),
        status_socket=values.section("status").text("socket"),
        simulation=values.section("simulation").text("control"),
        header=values.section("header").text("variant"),
        maintenance_key=values.section("maintenance").text("public_key"),
        provisioned=values.section("provisioned").text("folder"),
        notes=values.section("provisioned").text("notes"),
    )


def _lamps(section: Section) -> LampSettings | None:
    pins = [section.pin(name) for name in ("green", "yellow", "red", "buzzer")]
    given = [pin for pin in pins if pin is not None]
    return LampSettings(*given) if given else None
