"""The settings as the daemon uses them, read from one TOML file.

Reading either gives complete Settings or raises SettingsRefused with every fault of the
file at once.  `appliance.settings_form` is the table of keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from appliance.settings_form import Fault, Section, check_form
from appliance.states import Timeouts

MAX_FILE_BYTES = 256 * 1024
"""No honest settings file is larger; a larger one is not read into memory."""


class SettingsRefused(Exception):
    """The settings cannot be used.  faults: all of them, in the order of the file's table."""

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
    """kind: framebuffer or capture.  device: its file.  folder: where captures go."""

    kind: str
    device: str
    folder: str


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
    """

    clinic: str = ""
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


def load_settings(path: Path, protocols: Collection[str]) -> Settings:
    """Read and check one file; raise SettingsRefused with every fault in it.

    protocols: the names an instrument may speak.
    """
    form = check_form(_read_toml(path), protocols)
    if form.faults:
        raise SettingsRefused(path, form.faults)
    return _build(form.values, path.parent)


def _read_toml(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise SettingsRefused(path, (Fault("(file)", words, "a readable file"),)) from error
    if len(content) > MAX_FILE_BYTES:
        fault = Fault("(file)", "too large", f"at most {MAX_FILE_BYTES} bytes")
        raise SettingsRefused(path, (fault,))
    try:
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        fault = Fault("(file)", f"byte {error.start} is not text", "UTF-8 text")
        raise SettingsRefused(path, (fault,)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(path, (Fault("(file)", str(error), "TOML"),)) from error


def _build(values: Section, base: Path) -> Settings:
    """Make Settings of checked values; relative folders are relative to the file."""
    keypad, display = values.section("keypad"), values.section("display")
    tasks, clinic = values.section("tasks"), values.section("clinic")
    return Settings(
        clinic=clinic.text("name"),
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
            display.text("kind"), display.text("device"), display.text("folder")
        ),
        lamps=_lamps(values.section("lamps")),
        power_button=values.section("power").pin("button"),
        timeouts=Timeouts(**values.section("timeouts").numbers()),
        status_socket=values.section("status").text("socket"),
        simulation=values.section("simulation").text("control"),
    )


def _lamps(section: Section) -> LampSettings | None:
    pins = [section.pin(name) for name in ("green", "yellow", "red", "buzzer")]
    given = [pin for pin in pins if pin is not None]
    return LampSettings(*given) if given else None
