"""The simulated instruments that came after the first three, by protocol."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hw_mocks.board_kind import Kind
from hw_mocks.instruments.and_scale import ScaleBoard
from hw_mocks.instruments.astm_lis01 import AstmBoard
from hw_mocks.instruments.contec_cms50 import ContecBoard, ContecV7Board
from hw_mocks.instruments.gy_mcu90614 import InfraredBoard
from hw_mocks.instruments.healthypi_openview import HealthyPiBoard
from hw_mocks.instruments.nonin_simple import NoninSimpleBoard
from hw_mocks.instruments.nonin_spot import NoninSpotBoard
from hw_mocks.instruments.onetouch_ultraeasy import MeterFault, UltraEasyBoard

_OXIMETER = {name: name for name in ("spo2_pct", "pulse_rate_bpm")}


def _faults(**faults: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    """Return faults by name, with "none", which takes every one of them away."""
    well: dict[str, object] = {}
    for fault in faults.values():
        well |= {name: _well(value) for name, value in fault.items()}
    named = {name.replace("_", " "): fault for name, fault in faults.items()}
    return {"none": well} | {name: {**well, **fault} for name, fault in named.items()}


def _well(value: object) -> object:
    return MeterFault.NONE if isinstance(value, MeterFault) else type(value)()


_STREAM: dict[str, Mapping[str, object]] = {
    "silent": {"silent": True},
    "damaged": {"damage_every": 5},
    "loses_bytes": {"lose_every": 5},
}
_FINGER: dict[str, Mapping[str, object]] = {
    "finger_off": {"finger_out": True},
    "searching": {"searching": True},
}


def _nonin(data_format: str) -> Kind:
    return Kind(
        lambda name, port, clock, _seed: NoninSimpleBoard(
            name, port, clock, data_format=data_format
        ),
        _OXIMETER,
        _faults(
            finger_off={"finger_out": True},
            no_sensor={"no_sensor": True},
            artefact={"artefact": True},
            out_of_track={"out_of_track": True},
            low_perfusion={"low_perfusion": True},
            **_STREAM,
        ),
    )


def _scale() -> Kind:
    return Kind(
        lambda name, port, clock, seed: ScaleBoard(name, port, clock, seed=seed),
        {"weight_kg": "weight_kg"},
        _faults(
            never_still={"never_still": True},
            overload={"overload": True},
            kitchen_balance={"grams": True},
            wrong_parity={"parity_spoiled": True},
            silent={"silent": True},
        ),
    )


def _infrared() -> Kind:
    return Kind(
        lambda name, port, clock, seed: InfraredBoard(name, port, clock, seed=seed),
        {"surface_temp_degc": "surface_temp_degc", "ambient_degc": "ambient_degc"},
        _faults(weather_board={"weather": True}, **_STREAM),
    )


MORE_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "nonin_oem3:1": _nonin("1"),
        "nonin_oem3:8": _nonin("8"),
        "nonin_oem3:13": Kind(
            lambda name, port, clock, _seed: NoninSpotBoard(name, port, clock),
            {**_OXIMETER, "clock_ahead_s": "clock_ahead_s"},
            _faults(
                from_memory={"from_memory": True},
                no_reading={"no_reading": True},
                battery_low={"battery_low": True},
            ),
        ),
        "contec_cms50:old": Kind(
            lambda name, port, clock, _seed: ContecBoard(name, port, clock),
            _OXIMETER,
            _faults(wrong_parity={"wrong_parity": True}, **_FINGER, **_STREAM),
        ),
        "contec_cms50:v7": Kind(
            lambda name, port, clock, _seed: ContecV7Board(name, port, clock),
            _OXIMETER,
            _faults(deaf={"deaf": True}, **_FINGER, **_STREAM),
        ),
        "and_scale": _scale(),
        "and_scale:8n1": _scale(),
        "gy_mcu90614": _infrared(),
        "gy_mcu90614:115200": _infrared(),
        "healthypi_openview": Kind(
            lambda name, port, clock, _seed: HealthyPiBoard(name, port, clock),
            {
                name: name
                for name in ("spo2_pct", "heart_rate_bpm", "respiratory_rate_bpm", "temp_degc")
            },
            _faults(
                finger_off={"finger_out": True},
                leads_off={"leads_off": True},
                frozen={"frozen": True},
                **_STREAM,
            ),
        ),
        "onetouch_ultraeasy": Kind(
            lambda name, port, clock, _seed: UltraEasyBoard(name, port, clock),
            {"glucose_mmol_l": "newest_mmol_l", "clock_ahead_s": "clock_ahead_s"},
            _faults(
                off={"fault": MeterFault.OFF},
                bad_crc={"fault": MeterFault.BAD_CRC},
                no_reply={"fault": MeterFault.NO_REPLY},
                refuses={"fault": MeterFault.REFUSES},
            ),
        ),
        "astm_lis01": Kind(
            lambda name, port, clock, _seed: AstmBoard(name, port, clock),
            {"glucose_mmol_l": "newest_mmol_l"},
            _faults(
                damaged={"damage": 1_000_000},
                short_frames={"short": True},
                contends={"contend": True},
            ),
        ),
    }
)
