"""Scenarios that the bench can play: the built-in ones, and those that were saved at it."""

from __future__ import annotations

import re
from pathlib import Path

from hw_mocks.scenario import read_scenario

BUILT_IN = Path(__file__).parents[1] / "scenarios"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class Shelf:
    """Scenario files by name.  saved: folder of those that were saved at the bench."""

    def __init__(self, saved: Path) -> None:
        self._saved = saved

    def names(self) -> list[str]:
        """Return the names of all scenarios that can be played."""
        return sorted({p.stem for f in (BUILT_IN, self._saved) for p in f.glob("[!.]*.toml")})

    def path(self, name: str) -> Path:
        """Return the file of one of `names()`."""
        saved = self._saved / f"{name}.toml"
        return saved if saved.exists() else BUILT_IN / f"{name}.toml"

    def save(self, name: str, text: str) -> Path:
        """Write a scenario file, if it is one; never over one that is there.

        Raises ValueError with words for the person, ScenarioRefused among them.
        """
        if not NAME.fullmatch(name):
            raise ValueError("The name may hold small letters, digits and hyphens.")
        if name in self.names():
            raise ValueError(f"There is a scenario {name} already: give another name.")
        self._saved.mkdir(parents=True, exist_ok=True)
        draft, path = self._saved / f".{name}.draft", self._saved / f"{name}.toml"
        try:
            draft.write_text(text, "utf-8")
            read_scenario(draft)
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
        return path
