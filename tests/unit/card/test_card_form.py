"""The technician's file: what it may say, what that means, and every fault by line and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.card.choosing import CardText, read_card, read_factory
from appliance.card.form import DISPLAYS, PORTS, Factory, check_card
from appliance.card.toml_text import to_toml
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import KeypadSettings, LampSettings, Settings, load_settings
from appliance.settings_form import check_form
from appliance.timeouts import Timeouts

ROOT = Path(__file__).parents[3]
FACTORY_FILE = ROOT / "appliance" / "factory.toml"
EXAMPLE = ROOT / "deploy" / "card" / "bedside.toml"
TWO_TASKS = """
[tasks]
bundles = ["/opt/models/maternal-risk", "models/news2"]
runtime = "reference"
[keypad]
kind = "matrix"
rows = [5, 6, 13, 19]
columns = [12, 16, 20, 21]
[lamps]
green = 17
yellow = 27
red = 22
buzzer = 18
"""


@pytest.fixture
def factory(tmp_path: Path) -> Factory:
    path = tmp_path / "factory.toml"
    path.write_text(TWO_TASKS)
    return read_factory(path, PROTOCOLS)


def card(text: str, factory: Factory) -> CardText:
    return read_card(text.encode(), factory, PROTOCOLS)


def served(text: str, factory: Factory, tmp_path: Path) -> Settings:
    """Return what the daemon makes of this file, through the very text it is handed."""
    read = card(text, factory)
    assert read.faults == ()
    path = tmp_path / "effective.toml"
    path.write_text(to_toml(read.merged), "utf-8")
    return load_settings(path, PROTOCOLS)


def faults(text: str, factory: Factory) -> dict[str, tuple[int, str]]:
    return {f.key: (f.line, f.allowed) for f in card(text, factory).faults}


def test_the_factory_file_that_is_shipped_has_no_fault_and_names_what_is_installed() -> None:
    factory = read_factory(FACTORY_FILE, PROTOCOLS)
    assert factory.tasks == ("maternal-risk", "news2")
    assert factory.served_as_built == ("maternal-risk",)
    for task in factory.tasks:
        assert (ROOT / "models" / task / "bundle.toml").exists()


def test_what_is_only_installed_is_served_where_it_is_chosen(tmp_path: Path) -> None:
    factory = read_factory(FACTORY_FILE, PROTOCOLS)
    models = Path("/opt/bedside/models")
    chosen = served('[tasks]\nserve = ["news2", "maternal-risk"]', factory, tmp_path)
    assert chosen.bundles == (models / "news2", models / "maternal-risk")
    assert served("# nothing", factory, tmp_path).bundles == (models / "maternal-risk",)
    assert served('[tasks]\nserve = ["news2"]', factory, tmp_path).bundles == (models / "news2",)
    assert "maternal-risk, news2" in faults('[tasks]\nserve = ["x"]', factory)["tasks.serve"][1]
    assert "also_installed" in str(faults("[tasks]\nalso_installed = []", factory))
    assert "also_installed" not in str(card("# nothing", factory).merged), "it is settled by then"


def test_the_example_is_accepted_as_it_stands_and_changes_nothing(tmp_path: Path) -> None:
    factory = read_factory(FACTORY_FILE, PROTOCOLS)
    as_it_stands = served(EXAMPLE.read_text("utf-8"), factory, tmp_path)
    assert as_it_stands == served("#", factory, tmp_path)


def test_every_line_of_the_example_that_waits_for_its_mark_to_go_is_accepted(
    tmp_path: Path,
) -> None:
    factory = read_factory(FACTORY_FILE, PROTOCOLS)
    text = EXAMPLE.read_text("utf-8")
    used, count = re.subn(r"(?m)^#(?=[\[a-z])", "", text)
    assert count >= 16
    settings = served(used, factory, tmp_path)
    assert [each.name for each in settings.instruments] == ["Oximeter", "Cuff"]
    assert settings.instruments[1].port == f"{PORTS}uart"
    assert settings.maintenance_key.startswith("ssh-ed25519 ")


def test_the_example_names_every_protocol_kind_and_table_that_there_is() -> None:
    text = EXAMPLE.read_text("utf-8")
    words = (*PROTOCOLS, *DISPLAYS, "matrix", "usb", "none")
    assert [word for word in words if word not in text] == []


WHOLE = """
[clinic]
name = "Bhola"
language = "en"
utc_offset_min = 360
[tasks]
serve = ["news2"]
[keypad]
kind = "usb"
[display]
kind = "hdmi-800x480"
[lamps]
green = 4
[power]
button = 26
[timeouts]
idle_clear_s = 60
[[instruments]]
name = "cuff"
protocol = "suntech_nibp"
port = "usb-1.2"
"""


def test_a_whole_file(factory: Factory, tmp_path: Path) -> None:
    settings = served(WHOLE, factory, tmp_path)
    assert (settings.clinic, settings.utc_offset_min) == ("Bhola", 360)
    assert settings.bundles == (tmp_path / "models/news2",)
    assert settings.runtime == "reference"
    assert settings.keypad == KeypadSettings("evdev", device=f"{PORTS}keypad")
    assert (settings.display.kind, settings.display.variant) == ("framebuffer", "hdmi-800x480")
    assert settings.lamps == LampSettings(4, 27, 22, 18)
    assert settings.power_button == 26
    assert settings.timeouts == Timeouts(idle_clear_s=60.0)
    assert settings.instruments[0].port == f"{PORTS}usb-1.2"


def test_what_is_not_said_is_the_factorys(factory: Factory, tmp_path: Path) -> None:
    settings = served("[clinic]\nname = 'A'", factory, tmp_path)
    assert settings.bundles == (Path("/opt/models/maternal-risk"), tmp_path / "models/news2")
    assert settings.keypad == KeypadSettings("matrix", (5, 6, 13, 19), (12, 16, 20, 21))
    assert settings.lamps == LampSettings(17, 27, 22, 18)


def test_rows_alone_keep_the_factorys_columns(factory: Factory, tmp_path: Path) -> None:
    settings = served("[keypad]\nrows = [2, 3, 4, 7]", factory, tmp_path)
    assert settings.keypad == KeypadSettings("matrix", (2, 3, 4, 7), (12, 16, 20, 21))


@pytest.mark.parametrize(
    ("device", "path"), [("keypad-1.3", f"{PORTS}keypad-1.3"), ("/dev/input/x", "/dev/input/x")]
)
def test_a_number_pad_by_name_or_path(
    factory: Factory, tmp_path: Path, device: str, path: str
) -> None:
    text = f"[keypad]\nkind = 'usb'\ndevice = '{device}'"
    assert served(text, factory, tmp_path).keypad == KeypadSettings("evdev", device=path)


@pytest.mark.parametrize(
    ("table", "variant"),
    [
        ("", "plain"),
        ("clock = 'none'", "plain"),
        ("i2c = true", "i2c"),
        ("clock = 'ds3231'\ni2c = true", "ds3231"),
        ("spi = true", "spi"),
        ("i2c = true\nspi = true", "i2c-spi"),
        ("clock = 'pcf85063'\nspi = true", "pcf85063-spi"),
    ],
)
def test_what_hangs_on_the_header(
    factory: Factory, tmp_path: Path, table: str, variant: str
) -> None:
    assert served(f"[header]\n{table}", factory, tmp_path).header == variant


@pytest.mark.parametrize(
    ("kind", "header", "variant"),
    [
        ("ili9341", "", "spi"),
        ("st7789", "clock = 'ds3231'", "ds3231-spi"),
        ("ssd1306", "", "i2c"),
        ("sh1106", "clock = 'pcf8523'\nspi = true", "pcf8523-spi"),
    ],
)
def test_a_small_panel_switches_its_bus_on(
    factory: Factory, tmp_path: Path, kind: str, header: str, variant: str
) -> None:
    settings = served(f"[display]\nkind = '{kind}'\n[header]\n{header}", factory, tmp_path)
    assert (settings.display.kind, settings.header) == (kind, variant)
    assert settings.display.variant == "hdmi"


@pytest.mark.parametrize(
    ("kind", "table", "key", "pin"),
    [
        ("st7789", "[power]\nbutton = 24", "power.button", 24),
        ("ili9341", "[lamps]\ngreen = 25", "lamps.green", 25),
        ("ili9341", "[lamps]\ngreen = 10", "lamps.green", 10),
        ("sh1106", "[keypad]\nrows = [5, 6, 2, 19]", "keypad.rows", 2),
    ],
)
def test_pins_that_a_small_panel_takes_are_no_ones_elses(
    factory: Factory, kind: str, table: str, key: str, pin: int
) -> None:
    found = faults(f"[display]\nkind = '{kind}'\n{table}", factory)
    assert {k: allowed for k, (_, allowed) in found.items()} == {
        key: f"without pin {pin}, which display.kind takes"
    }


def test_pins_that_the_header_takes_are_no_ones_elses(factory: Factory, tmp_path: Path) -> None:
    keypad = "[keypad]\nrows = [2, 3, 4, 7]\n"
    served(keypad, factory, tmp_path)
    for header, pin, key in (
        ("clock = 'ds3231'", 2, "clock"), ("i2c = true", 2, "i2c"), ("spi = true", 7, "spi"),
    ):  # fmt: skip
        assert faults(f"{keypad}[header]\n{header}", factory) == {
            "keypad.rows": (2, f"without pin {pin}, which header.{key} takes")
        }
    assert list(faults("[power]\nbutton = 3\n[header]\ni2c = true", factory)) == ["power.button"]


def test_no_lamps(factory: Factory, tmp_path: Path) -> None:
    assert served("[lamps]\nfitted = false", factory, tmp_path).lamps is None


def test_no_keypad(factory: Factory, tmp_path: Path) -> None:
    settings = served("[keypad]\nkind = 'none'", factory, tmp_path)
    assert settings.keypad == KeypadSettings("none")


MANY = """
colour = "blue"
[clinic]
name = 5
language = "French"
[tasks]
serve = ["news3"]
bundles = ["/x"]
require_xnnpack = false
[keypad]
kind = "touch"
[simulation]
control = "/tmp/x"
[timeouts]
idle_clear_s = 4000
[[instruments]]
name = "cuff"
protocol = "smoke"
port = "/etc/passwd"
[[instruments]]
name = "cuff"
protocol = "line_nmea"
"""


def test_all_faults_are_named_together_each_with_line_and_what_is_allowed(
    factory: Factory,
) -> None:
    found = faults(MANY, factory)
    assert {key: line for key, (line, _) in found.items()} == {
        "colour": 2,
        "clinic.name": 4,
        "clinic.language": 5,
        "tasks.serve": 7,
        "tasks.bundles": 8,
        "tasks.require_xnnpack": 9,
        "keypad.kind": 11,
        "simulation": 12,
        "timeouts.idle_clear_s": 15,
        "instruments[1].protocol": 18,
        "instruments[1].port": 19,
        "instruments[2].port": 20,
        "instruments[2].name": 21,
    }
    assert found["clinic.language"][1] == "a language such as en, fr or bn"
    assert "maternal-risk, news2" in found["tasks.serve"][1]
    assert list(found) == sorted(found, key=lambda key: found[key][0])


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("clinic = 5", "clinic"),
        ("instruments = 5", "instruments"),
        ("[tasks]\nserve = []", "tasks.serve"),
        ("[tasks]\nserve = ['news2', 'news2']", "tasks.serve"),
        ("[tasks]\nserve = 'news2'", "tasks.serve"),
        ("[tasks]\nserve = [['news2']]", "tasks.serve"),
        ("[keypad]\nrows = [14, 4, 3, 2]", "keypad.rows"),
        ("[keypad]\nrows = [0, 4, 3, 2]", "keypad.rows"),
        ("[keypad]\nrows = [true, 4, 3, 2]", "keypad.rows"),
        ("[keypad]\nkind = 'usb'\nrows = [4, 7, 3, 2]", "keypad.rows"),
        ("[keypad]\nkind = 'evdev'", "keypad.kind"),
        ("[keypad]\ndevice = 'keypad'", "keypad.device"),
        ("[keypad]\nkind = 'usb'\ndevice = 'Key Pad'", "keypad.device"),
        ("[keypad]\nkind = ['usb']", "keypad.kind"),
        ("[display]\nkind = 'framebuffer'", "display.kind"),
        ("[display]\ndevice = '/dev/fb1'", "display.device"),
        ("[lamps]\ngreen = 15", "lamps.green"),
        ("[lamps]\nfitted = 'no'", "lamps.fitted"),
        ("[power]\nbutton = 17", "power.button"),
        ('[clinic]\nname = "a\\nb"', "clinic.name"),
        ("[clinic]\nname = 1979-05-27", "clinic.name"),
        ("[timeouts]\npage_s = nan", "timeouts.page_s"),
        ("[timeouts]\nassess_s = 5", "timeouts.assess_s"),
        ("[maintenance]\npublic_key = 'ssh-rsa AAAA'", "maintenance.public_key"),
        ("[status]\nsocket = 'x'", "status"),
        ("[header]\nclock = 'ds1307'", "header.clock"),
        ("[header]\nvariant = 'plain'", "header.variant"),
        ("[provisioned]\nfolder = 'x'", "provisioned"),
        ("[[instruments]]\nname='a'\nprotocol='line_nmea'\nport='../x'", "instruments[1].port"),
        ("[[instruments]]\nname='a'\nprotocol='line_nmea'\nport='/dev/../x'",
         "instruments[1].port"),
        ("[[instruments]]\nname='a'\nprotocol='suntech_nibp'\nport='/dev/ttyUSB0'",
         "instruments[1].port"),
    ],
)  # fmt: skip
def test_one_fault_and_no_other(factory: Factory, text: str, key: str) -> None:
    assert list(faults(text, factory)) == [key]


def test_two_names_of_one_port_are_one_port(factory: Factory) -> None:
    one = "[[instruments]]\nname = '{}'\nprotocol = 'line_nmea'\nport = '{}'\n"
    found = faults(one.format("a", "uart") + one.format("b", f"{PORTS}uart"), factory)
    assert list(found) == ["instruments[2].port"]


def test_a_pin_of_the_factorys_is_told_by_the_key_that_the_technician_wrote(
    factory: Factory,
) -> None:
    assert faults("[keypad]\nrows = [17, 4, 3, 2]", factory) == {
        "keypad.rows": (2, "different from lamps.green")
    }


def test_nothing_of_a_key_is_repeated(factory: Factory) -> None:
    text = "[maintenance]\npublic_key = 'b3BlbnNzaC1rZXk'"
    (fault,) = card(text, factory).faults
    assert "b3Bl" not in str(fault)


def test_a_file_without_a_word_is_refused_and_one_comment_is_all_as_built(
    factory: Factory, tmp_path: Path
) -> None:
    for text in ("", "\n", " \r\n\t"):
        (fault,) = card(text, factory).faults
        assert fault.value == "empty"
    assert served("# nothing", factory, tmp_path).runtime == "reference"


VALUES = st.recursive(
    st.one_of(
        st.booleans(), st.integers(-5, 5000), st.floats(), st.text(max_size=5),
        st.sampled_from(["usb", "matrix", "none", "hdmi", "uart", "news2", "line_nmea"]),
    ),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)  # fmt: skip
KEYS = st.sampled_from([
    "name", "language", "serve", "kind", "rows", "columns", "device", "fitted", "green",
    "button", "idle_clear_s", "public_key", "protocol", "port", "x",
])  # fmt: skip
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)
NAMES = st.sampled_from([
    "clinic", "tasks", "keypad", "display", "lamps", "power", "timeouts", "maintenance", "x",
])  # fmt: skip


@given(
    st.dictionaries(NAMES, st.one_of(TABLES, VALUES), max_size=5),
    st.one_of(st.none(), VALUES, st.lists(st.one_of(TABLES, VALUES), max_size=3)),
)
def test_whatever_stands_there_is_a_list_of_faults_or_settings_that_can_be_served(
    form: dict[str, object], instruments: object
) -> None:
    if instruments is not None:
        form = {**form, "instruments": instruments}
    factory = read_factory(FACTORY_FILE, PROTOCOLS)
    merged, found = check_card(form, factory, PROTOCOLS)
    keys = [fault.key for fault in found]
    assert len(keys) == len(set(keys))
    if not found:
        assert check_form(merged, PROTOCOLS).faults == ()
        to_toml(merged)


def test_language_size_and_large_type_reach_the_daemon(factory: Factory, tmp_path: Path) -> None:
    text = "[clinic]\nlanguage = 'bn'\n[display]\nsize = '1024x600'\nlarge_type = true"
    settings = served(text, factory, tmp_path)
    display = settings.display
    assert (settings.language, display.size, display.large_type) == ("bn", "1024x600", True)
    assert served("# nothing", factory, tmp_path).display.size == ""


def test_a_panel_of_one_size_has_no_other_and_a_tiny_one_no_large_type(factory: Factory) -> None:
    found = faults("[display]\nkind = 'ssd1306'\nsize = '1024x600'\nlarge_type = true", factory)
    assert found == {
        "display.size": (3, "absent: ssd1306 has one size"),
        "display.large_type": (4, "false: ssd1306 has no room for larger letters"),
    }
    assert list(faults("[display]\nsize = '640x480'", factory)) == ["display.size"]
    assert faults("[display]\nkind = 'ili9341'\nlarge_type = true", factory) == {}
