"""A whole encounter by clicking at the bench in a real Chromium, at three panel sizes."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from hw_mocks.bench.server import Server
from tests.browser.chromium import Tab, chromium

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "out" / "browser"
SIZES = {"800x480": (800, 480), "ili9341": (320, 240), "ssd1306": (128, 64)}
PIXELS = "(() => { const c = document.getElementById('panel'); return c.toDataURL(); })()"


async def keys(tab: Tab, printed: str) -> None:
    """Click keys, each when the one before was answered."""
    for key in printed.replace(" ", ""):
        noted = await tab.value("timeline.textContent.split('KeyPressed').length")
        await tab.click(f"#keypad [data-key='{key}']")
        await tab.until(f"timeline.textContent.split('KeyPressed').length > {noted}")


async def slide(tab: Tab, quantity: str, value: float) -> None:
    """Put a slider where it is wanted."""
    await tab.value(
        f"(() => {{ const r = document.getElementById('board-{quantity}'); r.value = {value};"
        " r.dispatchEvent(new Event('input')); })()"
    )


async def send(tab: Tab, quantity: str, value: float) -> None:
    """Put a slider where it is wanted, and click what sends it."""
    await slide(tab, quantity, value)
    await tab.click(f"[data-instrument='board'] [data-sends='{quantity}']")
    await tab.until(f"timeline.textContent.includes('{quantity} {value:g}')")


async def mode(tab: Tab, wanted: str) -> None:
    await tab.until(f"document.body?.dataset.mode === '{wanted}'")


@pytest.mark.parametrize("panel", SIZES)
def test_a_whole_encounter_by_clicking(panel: str, tmp_path: Path) -> None:
    async def run() -> None:
        server = Server(ROOT / "models", tmp_path / "saved", 0)
        profile = tmp_path / "profile"
        profile.mkdir()
        try:
            await server.start()
            async with chromium(profile) as browser:
                tab, other = await browser.open(server.url), await browser.open(server.url)
                await encounter(tab, other, panel)
        finally:
            await server.stop()
            shutil.rmtree(profile, ignore_errors=True)

    asyncio.run(run())


async def encounter(tab: Tab, other: Tab, panel: str) -> None:
    width, height = SIZES[panel]
    await mode(tab, "idle")
    if panel != "800x480":
        await tab.choose("[data-choose=panel]", panel)
        await tab.until(f"document.getElementById('panel').width === {width}")
        await mode(tab, "idle")
    await tab.until(f"document.getElementById('panel').height === {height}")
    await tab.picture(PICTURES / f"{panel}-ready.png")
    await keys(tab, "A 1 A 3 5 A")
    await slide(tab, "diastolic_mmhg", 95)  # goes with the systolic one, as one reading
    for quantity, value in (
        ("systolic_mmhg", 150),
        ("temp_degc", 37.5),
        ("pulse_rate_bpm", 84),
        ("glucose_mmol_l", 12.5),
    ):
        await send(tab, quantity, value)
    await tab.picture(PICTURES / f"{panel}-values.png")
    await keys(tab, "A A")
    await mode(tab, "result")
    await tab.until("document.body.dataset.screen.startsWith('result')")
    await tab.picture(PICTURES / f"{panel}-result.png")
    # The other page looks at the same appliance, to the pixel; pages of small panels turn.
    async with asyncio.timeout(30):
        while await tab.value(PIXELS) != await other.value(PIXELS):
            await asyncio.sleep(0.05)
    await other.close()
    await keys(tab, "A")
    await mode(tab, "idle")
    assert await tab.value("document.getElementById('words').textContent") == ""
