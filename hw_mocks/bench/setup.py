"""What stands on the bench: task, instruments, panel, language; and its settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import appliance
from appliance import panel_kinds
from appliance.panel_kinds import LARGE, PANELS
from hw_mocks.scenario import DEFAULT_CLOCK, Scenario, moment_of

USUAL_PANEL = f"{LARGE[0]}x{LARGE[1]}"
USUAL_LANGUAGE = "en"
SPEEDS = (1.0, 2.0, 5.0, 10.0)


def sizes_of_large() -> Mapping[str, tuple[int, int]]:
    """Return the sizes that a display may have which is none of the small panels, by name."""
    usual = {USUAL_PANEL: LARGE}
    return MappingProxyType(dict(getattr(panel_kinds, "CHOSEN_SIZES", usual)))


def panels() -> Mapping[str, str]:
    """Return what may be chosen as a panel: its name in the settings, and words for it."""
    large = {name: name.replace("x", " x ") for name in sizes_of_large()}
    small = {
        each.name: f"{each.size[0]} x {each.size[1]} ({each.name}, {each.bus})"
        for each in PANELS.values()
    }
    return MappingProxyType(large | small)


def languages() -> tuple[str, ...]:
    """Return the languages that the screens can be shown in."""
    folder = Path(appliance.__file__).parent / "languages"
    found = {path.parent.name for path in folder.glob("*/appliance.po")} - {USUAL_LANGUAGE}
    return (USUAL_LANGUAGE, *sorted(found))


def tasks(models: Path) -> tuple[str, ...]:
    """Return the tasks that there are bundles of."""
    return tuple(sorted(path.parent.name for path in models.glob("*/bundle.toml")))


@dataclass(frozen=True, slots=True)
class Setup:
    """What stands on the bench.

    scenario: task, instruments, clock, speed and settings; its steps are not looked at.
    panel: one of `panels()`.  language: one of `languages()`.
    """

    scenario: Scenario
    panel: str = USUAL_PANEL
    language: str = USUAL_LANGUAGE

    @property
    def repeatable(self) -> bool:
        """Whether `python -m hw_mocks play` shows the same screens: small panels it has none."""
        return self.panel in sizes_of_large()

    def settings(self) -> dict[str, object]:
        """Return the tables that a scenario needs to look the same elsewhere."""
        tables = dict(self.scenario.settings)
        if self.panel != USUAL_PANEL and self.repeatable:
            tables["display"] = {**_table(tables.get("display")), "size": self.panel}
        if self.language != USUAL_LANGUAGE:
            tables["clinic"] = {**_table(tables.get("clinic")), "language": self.language}
        return tables

    def on_the_bench(self, status: Path) -> Scenario:
        """Return what the daemon's settings are made of.  status: its status socket."""
        tables = self.settings()
        if not self.repeatable:
            tables["display"] = {"kind": self.panel}
        tables["status"] = {"socket": str(status)}
        return replace(self.scenario, settings=tables)


def usual_setup(task: str = "maternal-risk") -> Setup:
    """Return the bench as it is before anybody chose: cuff, oximeter and a sensor board."""
    instruments = {"cuff": "suntech_nibp", "oximeter": "nonin_oem3:7", "board": "line_nmea"}
    clock_s = moment_of(DEFAULT_CLOCK, [])
    settings = {"power": {"button": 26}}
    return Setup(
        Scenario("bench", "At the bench", task, 1.0, clock_s, instruments, settings, (), {})
    )


def _table(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {}
