"""Writes `bedside-status.txt` for the technician: `python -m appliance.card.status`.

A root program, run after the daemon has started and now and then after that
(bedside-status.service).  It asks the daemon, looks at the card, and writes only if there is
news.  It also sets the board up for the chosen display, which takes effect at the next start.
What fails is told in the journal by its code and harms nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.boots import Verdict
from appliance.card.board_files import Board, board_files
from appliance.card.boot_partition import write_files
from appliance.card.data_partition import data_partition
from appliance.card.form import PORTS
from appliance.card.notes import NOTES
from appliance.card.plugged import find_plugged
from appliance.card.provision import DEVICE_FILE, EFFECTIVE_FILE, Places
from appliance.card.status_text import CardFacts, same_but_for_time, status_text
from appliance.clock import SystemClock
from appliance.instruments.protocols import PROTOCOLS
from appliance.provisioned import report_on_settings
from appliance.settings import Settings, SettingsRefused, load_settings
from appliance.status import NotRunning, read_status

STATUS_FILE = "bedside-status.txt"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the facts are.

    places: of the provisioning.  remade: left by a re-making of the data partition.
    daemon: the daemon's run-time folder.  ports: devices by name.
    """

    places: Places = field(default_factory=Places)
    remade: Path = Path("/var/lib/bedside-card/data-remade")
    daemon: Path = Path("/run/bedside")
    ports: Path = Path(PORTS)


def main() -> int:
    """Write what is news; return 0, also where the partition takes no write."""
    sources = Sources()
    boot, settings = sources.places.boot, _settings(sources.places)
    text = status_text(collect(sources, settings))
    files = board_files(boot, Board(settings.display.variant, settings.header))
    if not same_but_for_time(_text_of(boot / STATUS_FILE), text):
        files[STATUS_FILE] = text.encode("utf-8")
    try:
        written = write_files(boot, files)
    except OSError as error:
        _tell(f"STATUS_NOT_WRITTEN errno={error.errno}")
    else:
        if written:
            _tell("STATUS_WRITTEN")
    return 0


def collect(sources: Sources, settings: Settings) -> CardFacts:
    """Return what there is to tell."""
    places, now = sources.places, SystemClock().now()
    plugged = find_plugged(sources.ports)
    written = "the clock is not set"
    if now.utc_s is not None:
        written = datetime.fromtimestamp(now.utc_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return CardFacts(
        version=__version__,
        device=_text_of(places.state / DEVICE_FILE).strip(),
        written=written,
        clock_set=now.utc_s is not None,
        settings=report_on_settings(settings),
        data=data_partition(places.state, _text_of(sources.remade).partition("\n")[0]),
        daemon=_ask(sources.daemon / "status"),
        held=_text_of(sources.daemon / "verdict").strip() == Verdict.HOLD,
        instruments=tuple((i.name, i.protocol, i.port) for i in settings.instruments),
        ports=plugged.ports,
        keypads=plugged.keypads,
    )


def _settings(places: Places) -> Settings:
    """Return the settings in use; where they are refused, the status tells all the rest."""
    try:
        return load_settings(places.run / EFFECTIVE_FILE, PROTOCOLS)
    except SettingsRefused:
        return Settings(provisioned=str(places.run), notes=str(NOTES))


def _ask(socket: Path) -> Mapping[str, Any] | None:
    try:
        return read_status(socket)
    except NotRunning:
        return None


def _text_of(path: Path) -> str:
    """Return the beginning of a small file; empty where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(65536).decode("utf-8", "replace")
    except OSError:
        return ""


def _tell(code: str) -> None:
    print(f"status event={code}", file=sys.stderr)  # noqa: T201 - the unit's journal


if __name__ == "__main__":
    sys.exit(main())
