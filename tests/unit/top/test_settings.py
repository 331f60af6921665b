"""The settings file: every fault at once, each with key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.commanded import COMMANDED
from appliance.instruments.protocols import PROTOCOLS as REAL
from appliance.settings import KeypadSettings, Settings, SettingsRefused, load_settings
from appliance.settings_text import MAX_FILE_BYTES
from appliance.timeouts import Timeouts

PROTOCOLS = ("line_nmea",)

WHOLE = """
[clinic]
name = "Bhola clinic"
utc_offset_min = 360
[tasks]
bundles = ["models/maternal-risk"]
runtime = "tflite-runtime"
require_xnnpack = true
[[instruments]]
name = "cuff"
protocol = "line_nmea"
port = "/dev/ttyUSB0"
[keypad]
kind = "matrix"
rows = [5, 6, 13, 19]
columns = [12, 16, 20, 21]
[display]
kind = "framebuffer"
device = "/dev/fb1"
[lamps]
green = 17
yellow = 27
red = 22
buzzer = 18
[timeouts]
idle_clear_s = 90
"""

FIVE_FAULTS = """
[clinic]
utc_offset_min = "six hours"
[keypad]
kind = "touch"
[timeouts]
idle_clear_s = 900
[[instruments]]
name = "cuff"
protocol = "line_nemea"
port = "/dev/ttyUSB0"
[disply]
kind = "framebuffer"
"""


def load(tmp_path: Path, text: str | bytes) -> Settings:
    path = tmp_path / "appliance.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(path, PROTOCOLS)


def faults(tmp_path: Path, text: str | bytes) -> dict[str, tuple[str, str]]:
    with pytest.raises(SettingsRefused) as refused:
        load(tmp_path, text)
    return {f.key: (f.value, f.allowed) for f in refused.value.faults}


def test_a_whole_file(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE)
    assert settings.clinic == "Bhola clinic"
    assert settings.bundles == (tmp_path / "models/maternal-risk",)
    assert settings.instruments[0].port == "/dev/ttyUSB0"
    assert settings.keypad.rows == (5, 6, 13, 19)
    assert settings.display.device == "/dev/fb1"
    assert settings.lamps is not None
    assert settings.lamps.red == 22
    assert settings.timeouts == Timeouts(idle_clear_s=90.0)


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Settings()


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()
    assert load(tmp_path, text) == load(tmp_path, WHOLE)


def test_five_different_faults_are_all_named_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, FIVE_FAULTS)
    assert set(found) == {
        "clinic.utc_offset_min",
        "keypad.kind",
        "timeouts.idle_clear_s",
        "instruments[1].protocol",
        "disply",
    }
    assert found["timeouts.idle_clear_s"] == ("900", "seconds from 10 to 180")
    assert found["instruments[1].protocol"] == ("'line_nemea'", "one of line_nmea")
    assert "display" in found["disply"][1]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[clinic]\nname = 5", "clinic.name"),
        ("clinic = 5", "clinic"),
        ("[keypad]\nkind = 'matrix'", "keypad.rows"),
        ("[keypad]\nrows = [1, 2, 3, 3]", "keypad.rows"),
        ("[keypad]\nrows = [1, 2, 3, 28]", "keypad.rows"),
        ("[keypad]\nrows = [1, 2, 3, 4]\ncolumns = [4, 5, 6, 7]", "keypad.columns"),
        ("[keypad]\nkind = 'evdev'", "keypad.device"),
        ("[keypad]\nkind = 'evdev'\ndevice = 5", "keypad.device"),
        ("[keypad]\nkind = 'evdev'\ndevice = 'd'\nrows = [1, 2, 3, 4]", "keypad.rows"),
        ("[keypad]\nkind = 'evdev'\ndevice = 'd'\ncolumns = [1, 2, 3, 4]", "keypad.columns"),
        ("[keypad]\nkind = 'matrix'\ndevice = '/dev/input/event0'", "keypad.device"),
        ("[keypad]\nrows = [1, 2, 3, 4]", "keypad.rows"),
        ("[lamps]\ngreen = 3", "lamps.red"),
        ("[display]\nkind = 'capture'", "display.folder"),
        ("[tasks]\nrequire_xnnpack = 1", "tasks.require_xnnpack"),
        ("[timeouts]\nassess_s = true", "timeouts.assess_s"),
        ("[[instruments]]\nname = 'a'\nprotocol = 'line_nmea'", "instruments[1].port"),
        ("[[instruments]]\nname='a'\nprotocol='line_nmea'\nport='p'\nx=1", "instruments[1].x"),
        ("instruments = 3", "instruments"),
        ("[clinic\n", "(file)"),
        (b"\xff\xfe\x00", "(file)"),
        (b"#" * (MAX_FILE_BYTES + 1), "(file)"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path: Path, text: str | bytes, key: str) -> None:
    assert key in faults(tmp_path, text)


def test_a_number_pad_is_named_by_its_path(tmp_path: Path) -> None:
    text = "[keypad]\nkind = 'evdev'\ndevice = '/dev/input/by-id/usb-pad-event-kbd'"
    expected = KeypadSettings("evdev", device="/dev/input/by-id/usb-pad-event-kbd")
    assert load(tmp_path, text).keypad == expected


def test_keys_of_both_kinds_of_keypad_are_named_with_what_they_belong_to(tmp_path: Path) -> None:
    both = "[keypad]\nkind = 'evdev'\nrows = [1, 2, 3, 4]"
    assert faults(tmp_path, both) == {
        "keypad.rows": ("[1, 2, 3, 4]", 'absent, or keypad.kind "matrix"'),
        "keypad.device": ("(absent)", "a path such as /dev/input/by-id/usb-...-event-kbd"),
    }


def test_a_misspelt_kind_of_keypad_is_one_fault_and_not_three(tmp_path: Path) -> None:
    text = WHOLE.replace('kind = "matrix"', 'kind = "matrx"')
    assert faults(tmp_path, text) == {
        "keypad.kind": ("'matrx'", "one of none, matrix, evdev"),
    }


def test_two_instruments_may_share_neither_name_nor_port(tmp_path: Path) -> None:
    row = "[[instruments]]\nname = 'cuff'\nprotocol = 'line_nmea'\nport = '/dev/ttyUSB0'\n"
    assert set(faults(tmp_path, row * 2)) == {"instruments[2].name", "instruments[2].port"}


def cuff_on(port: str) -> str:
    return f"[[instruments]]\nname = 'cuff'\nprotocol = 'suntech_nibp'\nport = '{port}'\n"


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/ttyACM12"])
def test_a_cuff_needs_a_port_that_keeps_its_name(tmp_path: Path, port: str) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text(cuff_on(port))
    with pytest.raises(SettingsRefused, match="by-path"):
        load_settings(path, REAL)


@pytest.mark.parametrize("port", ["/dev/serial/by-path/x", "/dev/ttyAMA0", "/dev/bedside/cuff"])
def test_a_port_that_stays_is_taken_for_a_cuff(tmp_path: Path, port: str) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text(cuff_on(port))
    assert load_settings(path, REAL).instruments[0].port == port


def test_every_protocol_with_a_driver_counts_as_commanded() -> None:
    assert {name for name, protocol in REAL.items() if protocol.driver} == COMMANDED


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="No such file"):
        load_settings(tmp_path / "none.toml", PROTOCOLS)


@pytest.mark.parametrize(
    ("good", "bad", "key"),
    [
        ('"Bhola clinic"', '"Bhola\\u0007clinic"', "clinic.name"),
        ("[5, 6, 13, 19]", "[5, 6, 13, 13]", "keypad.rows"),
    ],
)
def test_text_that_cannot_be_printed_and_a_line_named_twice_are_faults(
    tmp_path: Path, good: str, bad: str, key: str
) -> None:
    path = tmp_path / "appliance.toml"
    assert good in WHOLE
    path.write_text(WHOLE.replace(good, bad))
    with pytest.raises(SettingsRefused) as refused:
        load_settings(path, PROTOCOLS)
    assert [fault.key for fault in refused.value.faults] == [key]


@pytest.mark.parametrize(
    "same", ["{d}/../{n}/tty", "/{d}//tty", "{d}/./tty", "{d}/link"], ids=["up", "//", ".", "link"]
)
def test_a_device_named_twice_is_found_however_it_is_written(tmp_path: Path, same: str) -> None:
    folder = tmp_path / "dev"
    folder.mkdir()
    (folder / "tty").touch()
    (folder / "link").symlink_to(folder / "tty")
    second = same.format(d=folder, n="dev")
    path = tmp_path / "appliance.toml"
    path.write_text(
        f'[[instruments]]\nname = "a"\nprotocol = "line_nmea"\nport = "{folder}/tty"\n'
        f'[[instruments]]\nname = "b"\nprotocol = "line_nmea"\nport = "{second}"\n',
        "utf-8",
    )
    with pytest.raises(SettingsRefused) as refused:
        load_settings(path, {"line_nmea"})
    assert [fault.key for fault in refused.value.faults] == ["instruments[2].port"]


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/./ttyUSB0", "/dev/../dev/ttyACM1"])
def test_a_cuffs_port_keeps_its_name_however_it_is_written(tmp_path: Path, port: str) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text(
        f'[[instruments]]\nname = "a"\nprotocol = "suntech_nibp"\nport = "{port}"\n', "utf-8"
    )
    with pytest.raises(SettingsRefused, match="stays when it is plugged again"):
        load_settings(path, {"suntech_nibp"})
