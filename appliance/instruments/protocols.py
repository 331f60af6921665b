"""The protocols that can be decoded, by name, each with its line and its patience.

Names are those of the protocol sheets, with the variant after a colon where a sheet has
several.  A new protocol is one decoder module and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from appliance.instruments.decoding import Decoder
from appliance.instruments.driver import Driver
from appliance.instruments.line_nmea import LineNmeaDecoder
from appliance.instruments.nonin_oem3 import FORMATS, NoninDecoder
from appliance.instruments.suntech_driver import SuntechDriver
from appliance.instruments.suntech_nibp import SuntechDecoder

GATHER_S = 0.015
"""How long after a first byte the rest of its batch is waited for: FTDI adapters deliver
every 16 ms, and few wake-ups keep the load small."""


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
    that measures on command; None for one that speaks by itself.  gather_s: how long after a
    first byte the rest of its batch is waited for; longer where bytes come all the time.
    pause_s: after so long without a byte, what was received in part is forgotten.
    """

    name: str
    words: str
    decoder: Callable[[], Decoder]
    line: LineSettings
    silent_after_s: float
    driver: Callable[[], Driver] | None = None
    gather_s: float = GATHER_S
    pause_s: float = PAUSE_S


_KNOWN = (
    SerialProtocol(
        name="line_nmea",
        words="checked text line of maker-built sensors",
        decoder=LineNmeaDecoder,
        line=LineSettings(),
        # The sheet asks for a sign of life every 5 s: two of them failed to come.
        silent_after_s=11.0,
    ),
    *(
        SerialProtocol(
            name=f"nonin_oem3:{data_format}",
            words=f"Nonin OEM III or Xpod oximeter, data format {data_format}",
            decoder=partial(NoninDecoder, data_format),
            line=LineSettings(),
            # The sheet: no good frame for 2 s is disconnected.
            silent_after_s=2.0,
            # 75 frames a second, three packets: ten batches a second lose nothing.
            gather_s=0.1,
        )
        for data_format in FORMATS
    ),
    SerialProtocol(
        name="suntech_nibp",
        words="SunTech blood-pressure module, Advantage family",
        decoder=SuntechDecoder,
        line=LineSettings(),
        # The driver asks every 2 s at rest: two answers failed to come.
        silent_after_s=5.0,
        driver=SuntechDriver,
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
