"""What all benches share: raw samples are kept, figures are printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.bench import figures, machine
from appliance.bench_process import Samples, cpu_percent
from hw_mocks.rig import FRAMEBUFFER
from tests.scenario.worlds import World

OUT = Path(__file__).parents[2] / "out" / "bench"

DISPLAYS = ("framebuffer", "capture")

Keep = Callable[[str, Samples], None]


def display_settings(folder: Path, kind: str) -> dict[str, object]:
    """Return settings for a display: an ordinary file stands for a framebuffer."""
    if kind == "capture":
        return {}
    device = folder / "fb"
    device.write_bytes(bytes(FRAMEBUFFER.stride * FRAMEBUFFER.height))
    return {"display": {"kind": "framebuffer", "device": str(device)}}


def cpu_quietly(world: World, over_s: float) -> float:
    """Return the share of a core that the daemon uses, without what the simulation tells of it."""
    world.app.order({"quiet": True})
    percent = cpu_percent(world.app.pid, over_s)
    world.app.order({"quiet": False})
    return percent


@pytest.fixture
def keep() -> Keep:
    """Keep raw samples and print the figures."""

    def write(name: str, samples: Samples) -> None:
        OUT.mkdir(parents=True, exist_ok=True)
        facts = {"machine": machine(), "figures": figures(samples), "samples": samples}
        (OUT / f"{name}.json").write_text(json.dumps(facts), "utf-8")
        for words, figure in facts["figures"].items():  # type: ignore[attr-defined]
            print(f"{words:60} {figure}")

    return write
