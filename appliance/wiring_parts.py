"""Makes single parts for the main loop from the settings; `wiring` puts them together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.catalogue import open_language
from appliance.clock import Clock
from appliance.commanded import COMMANDED
from appliance.events import Event, PanelFaulted
from appliance.heartbeat import Heartbeats
from appliance.instruments.abort import abort_all
from appliance.instruments.identity import ComPorts, system_ports
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.scouting import PortScout
from appliance.instruments.worker import PortWorker
from appliance.key_names import MATRIX, NUMBER_PAD
from appliance.orders import Order
from appliance.panel.capture import CaptureDisplay
from appliance.panel.font import has_letter
from appliance.panel.framebuffer import Framebuffer, Geometry
from appliance.panel.keypad import Keypad
from appliance.panel.keypad_evdev import EvdevKeypad, InputDevices
from appliance.panel.keypad_matrix import MatrixKeypad
from appliance.panel.lamps import LampPins, Lamps
from appliance.panel.late_display import LateDisplay
from appliance.panel.manner import Manner
from appliance.panel.opening import open_bus_panel
from appliance.panel.port import Display
from appliance.panel.power_button import PowerButton
from appliance.panel_kinds import PANELS, size_of
from appliance.parts import Instruments, Signals
from appliance.place import Place
from appliance.settings import Settings
from appliance.settings_report import SettingsReport
from appliance.views import Lamp, Sound

log = logging.getLogger("appliance")


def open_display(
    settings: Settings, *, every_frame: bool = False, layout: Geometry | None = None
) -> Display:
    """Open the display that the settings name; raise DisplayError unless it may be absent.

    every_frame: whether a capturing display keeps frames too that differ in ages alone.
    layout: of an ordinary file that stands for a framebuffer; None asks the device.
    """
    kind = settings.display.kind
    size = size_of(kind, settings.display.size)
    if kind == "capture":
        return CaptureDisplay(Path(settings.display.folder), size, every=every_frame)

    def open_it() -> Display:
        if kind in PANELS:
            return open_bus_panel(kind)
        return Framebuffer(Path(settings.display.device), size, layout)

    return LateDisplay(open_it, size) if settings.display.may_be_absent else open_it()


def manner_of(settings: Settings, post: Callable[[Event], None]) -> tuple[Manner, str]:
    """Return language and type of all screens, and what must be known of the translation.

    A language that cannot be used is told on the screen, once; English takes its place.
    """
    spoken = open_language(settings.language, has_letter)
    if spoken.fault:
        post(PanelFaulted("Language", spoken.fault))
    return Manner(spoken.tongue, settings.display.large_type), spoken.note


def instruments_of(settings: Settings) -> tuple[Instrument, ...]:
    """Return the instruments that the settings name."""
    return tuple(
        Instrument(i.name, i.port, find_protocol(i.protocol)) for i in settings.instruments
    )


def keypad_of(
    settings: Settings,
    clock: Clock,
    beats: Heartbeats,
    factory: Any | None,
    devices: InputDevices | None = None,
) -> Keypad | None:
    """Return the keypad that the settings name.

    factory None: gpiozero's default pins.  devices None: the system's input devices.
    """
    match settings.keypad.kind:
        case "matrix":
            rows, columns = settings.keypad.rows, settings.keypad.columns
            return MatrixKeypad(rows, columns, clock=clock, heartbeats=beats, factory=factory)
        case "evdev":
            device = settings.keypad.device
            if devices is None:
                return EvdevKeypad(device, clock=clock, heartbeats=beats)
            return EvdevKeypad(
                device,
                clock=clock,
                heartbeats=beats,
                open_device=devices.open,
                grab=devices.grab,
            )
        case _:
            return None


def keys_of(settings: Settings) -> Mapping[str, str]:
    """Return what is printed on the keypad's keys, by the matrix pad's prints."""
    return NUMBER_PAD if settings.keypad.kind == "evdev" else MATRIX


def place_of(settings: Settings, report: SettingsReport, translation: str) -> Place:
    """Return what the screens must know of the clinic."""
    clinic, offset_min = settings.clinic, settings.utc_offset_min
    return Place(clinic, offset_min, keys_of(settings), report, translation)


def power_button_of(settings: Settings, clock: Clock, factory: Any | None) -> PowerButton | None:
    """Return the power button, or None where the settings name no pin."""
    if settings.power_button is None:
        return None
    return PowerButton(settings.power_button, clock=clock, factory=factory)


class LampSignals(Signals):
    """Lamps and buzzer, or none where the settings name no pins."""

    def __init__(self, settings: Settings, factory: Any | None) -> None:
        pins = settings.lamps
        self._lamps: Lamps | None = None
        if pins is not None:
            self._lamps = Lamps(LampPins(pins.green, pins.yellow, pins.red, pins.buzzer), factory)

    def start(self, post: Callable[[Event], None]) -> None:
        """Begin to show; lamps that do not work are told on the screen."""
        if self._lamps is not None:
            self._lamps.start(lambda words: post(PanelFaulted("Lamps", words)))

    def show(self, lamp: Lamp) -> None:
        """Let the lamps say this."""
        if self._lamps is not None:
            self._lamps.show(lamp)

    def sound(self, sound: Sound) -> None:
        """Let the buzzer say this once."""
        if self._lamps is not None:
            self._lamps.sound(sound)

    def close(self) -> None:
        """Put all of them out and release the pins."""
        if self._lamps is not None:
            self._lamps.off()
            self._lamps.close()


class PortInstruments(Instruments):
    """Gives the controller's orders to the port of the instrument."""

    def __init__(self, ports: Sequence[PortWorker]) -> None:
        self._ports = {port.instrument.name: port for port in ports}

    def order(self, instrument: str, order: Order) -> None:
        """Give one order; never blocks."""
        self._ports[instrument].order(order)

    def facts(self) -> list[dict[str, object]]:
        """Return what the status tells of every instrument."""
        return [
            {
                "name": name,
                "protocol": port.instrument.protocol.name,
                "state": None if port.state is None else port.state.value,
                "counters": asdict(port.counters()),
            }
            for name, port in self._ports.items()
        ]


def scout_of(
    ports: Sequence[PortWorker],
    post: Callable[[Event], None],
    beats: Heartbeats,
    comports: ComPorts | None,
) -> PortScout:
    """Return who looks at the ports that these instruments do not have.

    comports: of a simulation; None is this machine's.
    """

    def own_devices() -> list[str]:
        return [found for port in ports if (found := port.device()) is not None]

    return PortScout(post, beats, own_devices, comports=comports or system_ports)


def empty_every_cuff(settings: Settings) -> None:
    """Before anything else, and in the safe state too: nobody knows how the last end was (H-09)."""
    ports = [each.port for each in settings.instruments if each.protocol in COMMANDED]
    for report in abort_all(ports):
        told = "yes" if report.written else "no"
        confirmed = "yes" if report.answered else "no"
        log.info("event=CUFF_ABORT told=%s confirmed=%s port=%s", told, confirmed, report.path)


def log_counts(ports: Sequence[PortWorker]) -> None:
    """Leave in the journal what each link did: numbers of frames and faults, never a value."""
    for port in ports:
        counts = port.counters()
        log.info(
            "event=COUNTS bytes=%d good=%d rejected=%d instrument=%s",
            counts.bytes_read,
            counts.good,
            counts.rejected,
            port.instrument.name,
        )
