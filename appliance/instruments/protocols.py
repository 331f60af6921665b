"""The protocols that can be decoded, by name, each with its line and its patience.

Names are those of the protocol sheets, with the variant after a colon where a sheet has
several.  A new protocol is one decoder module and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.instruments.decoding import Decoder
    from appliance.instruments.driver import Driver
    from appliance.instruments.talker import Talker

GATHER_S = 0.015
"""How long after a first byte the rest of its batch is waited for: FTDI adapters deliver
every 16 ms, and few wake-ups keep the load small."""


STREAM_GATHER_S = 0.1
"""The same where bytes come all the time: ten batches a second lose nothing."""
NO_SIGN_OF_LIFE_S = 86_400.0
"""For instruments that speak only when there is something to say: silence proves nothing."""
PAUSE_S = 2.0
"""No frame, packet or line of the sheets that stream pauses so long inside: what came before
belongs to another moment, and perhaps to another patient (nonin_oem3, decoder rule 5)."""


class UnknownProtocol(ValueError):
    """No protocol has this name; the message lists those that are known."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How the serial line is set.

    dtr: level of DTR while open.  Off by default: raising it resets many sensor boards.
    """

    baud: int = 9600
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1
    dtr: bool = False


@dataclass(frozen=True, slots=True)
class SerialProtocol:
    """One protocol variant.

    words: what it is, for a person who chooses.  decoder: makes a fresh decoder, one for
    each link.  line: the settings of the sheet.  silent_after_s: an instrument without a
    good frame for so long counts as silent.  driver: makes a fresh driver for an instrument
    that measures on command; talker: a fresh talker for one that must be asked or answered;
    both None for one that speaks by itself.  gather_s: how long after a first byte the rest of
    its batch is waited for; longer where bytes come all the time.  pause_s: after so long
    without a byte, what was received in part is forgotten.
    """

    name: str
    words: str
    decoder: Callable[[], Decoder]
    line: LineSettings
    silent_after_s: float
    driver: Callable[[], Driver] | None = None
    talker: Callable[[], Talker] | None = None
    gather_s: float = GATHER_S
    pause_s: float = PAUSE_S


def _from(module: str, name: str, *arguments: str) -> Callable[[], Any]:
    """Return what makes one part; its module is imported only by who needs it.

    Most clinics own two instruments: the daemon does not wait for the others at its start, and
    who reads settings wants names alone.
    """

    def make() -> Any:
        return getattr(import_module(f"{__package__}.{module}"), name)(*arguments)

    return make


_KNOWN = (
    SerialProtocol(
        name="line_nmea",
        words="checked text line of maker-built sensors",
        decoder=_from("line_nmea", "LineNmeaDecoder"),
        line=LineSettings(),
        # The sheet asks for a sign of life every 5 s: two of them failed to come.
        silent_after_s=11.0,
    ),
    *(
        SerialProtocol(
            name=f"nonin_oem3:{data_format}",
            words=f"Nonin OEM III or Xpod oximeter, data format {data_format}",
            decoder=_from("nonin_oem3", "NoninDecoder", data_format),
            line=LineSettings(),
            # The sheet: no good frame for 2 s is disconnected.
            silent_after_s=2.0,
            # 75 frames a second, three packets: ten batches a second lose nothing.
            gather_s=STREAM_GATHER_S,
        )
        for data_format in ("2", "7")
    ),
    *(
        SerialProtocol(
            name=f"nonin_oem3:{data_format}",
            words=f"Nonin oximeter, data format {data_format} (once a second, no checksum)",
            decoder=_from("nonin_simple", "NoninSimpleDecoder", data_format),
            line=LineSettings(),
            # One frame a second and no good one for 2 s is disconnected: half a second for
            # an adapter that delivers in lumps.
            silent_after_s=2.5,
        )
        for data_format in ("1", "8")
    ),
    SerialProtocol(
        name="nonin_oem3:13",
        words="Nonin oximeter, data format 13 (spot checks)",
        decoder=_from("nonin_spot", "NoninSpotDecoder"),
        line=LineSettings(),
        silent_after_s=NO_SIGN_OF_LIFE_S,
    ),
    SerialProtocol(
        name="contec_cms50:old",
        words="Contec CMS50 oximeter, first generation (5-byte stream)",
        decoder=_from("contec_cms50", "ContecDecoder"),
        # The sheet.  A mini UART has no parity: the stream then looks alive and is wrong.
        line=LineSettings(baud=19200, parity="O"),
        # As for the other oximeters: 60 frames a second.
        silent_after_s=2.0,
        gather_s=STREAM_GATHER_S,
    ),
    SerialProtocol(
        name="contec_cms50:v7",
        words="Contec CMS50 oximeter, V7 (firmware 4.6)",
        decoder=_from("contec_v7", "ContecV7Decoder"),
        line=LineSettings(baud=115200),
        silent_after_s=2.0,
        gather_s=STREAM_GATHER_S,
        talker=_from("stream_talkers", "ContecTalker"),
    ),
    SerialProtocol(
        name="and_scale",
        words="scale with A&D text lines, factory setting",
        decoder=_from("and_scale", "ScaleDecoder"),
        # The sheet: factory setting of many A&D models; others are set by menu.
        line=LineSettings(baud=2400, data_bits=7, parity="E"),
        # In key mode a scale speaks only when a person asks it to.
        silent_after_s=NO_SIGN_OF_LIFE_S,
        talker=_from("stream_talkers", "ScaleTalker"),
    ),
    SerialProtocol(
        name="and_scale:8n1",
        words="scale with A&D text lines or MT-SICS, 9600 baud without parity",
        decoder=_from("and_scale", "ScaleDecoder"),
        line=LineSettings(),
        silent_after_s=NO_SIGN_OF_LIFE_S,
        talker=_from("stream_talkers", "ScaleTalker"),
    ),
    SerialProtocol(
        name="gy_mcu90614",
        words="GY-MCU90614 infrared thermometer (surface temperature)",
        decoder=_from("gy_mcu90614", "InfraredDecoder"),
        line=LineSettings(),
        # The sheet: no good frame for 2 s is disconnected; 10 to 14 come in a second.
        silent_after_s=2.0,
        gather_s=STREAM_GATHER_S,
        talker=_from("stream_talkers", "InfraredTalker"),
    ),
    SerialProtocol(
        name="gy_mcu90614:115200",
        words="GY-MCU90615 infrared thermometer at 115200 baud (surface temperature)",
        decoder=_from("gy_mcu90614", "InfraredDecoder"),
        line=LineSettings(baud=115200),
        silent_after_s=2.0,
        gather_s=STREAM_GATHER_S,
        talker=_from("stream_talkers", "InfraredTalker"),
    ),
    SerialProtocol(
        name="healthypi_openview",
        words="ProtoCentral HealthyPi board (development kit)",
        decoder=_from("healthypi_openview", "HealthyPiDecoder"),
        # The sheet: over USB version 5 sends only while DTR is set.
        line=LineSettings(baud=115200, dtr=True),
        # 125 packets a second, vital signs once a second.
        silent_after_s=2.0,
        gather_s=STREAM_GATHER_S,
    ),
    SerialProtocol(
        name="onetouch_ultraeasy",
        words="LifeScan OneTouch UltraEasy or UltraMini glucose meter (stored results)",
        decoder=_from("onetouch_ultraeasy", "UltraEasyDecoder"),
        line=LineSettings(),
        silent_after_s=NO_SIGN_OF_LIFE_S,
        talker=_from("ultraeasy_talker", "UltraEasyTalker"),
    ),
    SerialProtocol(
        name="astm_lis01",
        words="laboratory device with ASTM E1381 or LIS01 (stored results)",
        decoder=_from("astm_lis01", "AstmDecoder"),
        line=LineSettings(),
        silent_after_s=NO_SIGN_OF_LIFE_S,
        # The sheet: the receiver gives up 30 s after the last good frame, not before.
        pause_s=30.0,
        talker=_from("astm_talker", "AstmTalker"),
    ),
    SerialProtocol(
        name="suntech_nibp",
        words="SunTech blood-pressure module, Advantage family",
        decoder=_from("suntech_nibp", "SuntechDecoder"),
        line=LineSettings(),
        # The driver asks every 2 s at rest: two answers failed to come.
        silent_after_s=5.0,
        driver=_from("suntech_driver", "SuntechDriver"),
    ),
)

PROTOCOLS = MappingProxyType({protocol.name: protocol for protocol in _KNOWN})


def find_protocol(name: str) -> SerialProtocol:
    """Return the protocol with this name.  Raises UnknownProtocol."""
    try:
        return PROTOCOLS[name]
    except KeyError:
        known = ", ".join(sorted(PROTOCOLS))
        raise UnknownProtocol(f"protocol {name!r} is not known; known are: {known}") from None
