"""What a play leaves in its output folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw_mocks.appliance_process import ApplianceProcess
from hw_mocks.scenario import Scenario


def final_record(scenario: Scenario, app: ApplianceProcess) -> dict[str, Any]:
    """Return what result.json holds: the last result that was given, and the last screen."""
    given = [r for r in app.results if r is not None]
    result = given[-1] if given else {"task": scenario.task, "outcome": None}
    return {
        **result,
        "scenario": scenario.name,
        "screen": app.frames[-1]["name"] if app.frames else None,
        "mode": app.mode,
        "standing": app.result is not None,
        "results": len(given),
        "texts": app.texts,
        "screen_text": app.frames[-1]["as_text"] if app.frames else "",
    }


def clear(out: Path) -> None:
    """Empty what an earlier play left; touch nothing else in the folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("screens", "ports"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("timeline.jsonl", "result.json", "daemon.log", "appliance.toml"):
        (out / name).unlink(missing_ok=True)
    (out / "screens").mkdir()


def write(out: Path, app: ApplianceProcess, final: Mapping[str, Any]) -> None:
    """Leave timeline and result in the folder."""
    with (out / "timeline.jsonl").open("w", encoding="utf-8") as file:
        for event in app.events:
            file.write(json.dumps(event) + "\n")
    (out / "result.json").write_text(json.dumps(final, indent=2) + "\n", "utf-8")
