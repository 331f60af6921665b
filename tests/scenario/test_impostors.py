"""Noise everywhere, twins, and modules that answer for others: no value is ever mistaken."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from hw_mocks.instruments.suntech_nibp import encode_reply
from tests.scenario.bedside import (
    BEDSIDE,
    PRESSURES,
    bedside,
    last_link,
    measure,
    phases,
    readings,
    start_cuff,
    wait_for,
)
from tests.scenario.test_bad_ports import link_is
from tests.scenario.worlds import World


def test_noise_on_every_port_at_once_is_never_a_value(tmp_path: Path) -> None:
    noise = random.Random(3)  # the same noise every time
    with bedside(tmp_path) as world:
        world.keys("A 1")
        for board in world.boards.values():
            board.port.wire = lambda data: noise.randbytes(len(data))

        def all_unclear() -> bool:
            for board in world.boards.values():
                board.send_raw(bytes(48))
            return all(last_link(world, name) in ("not understood", "silent") for name in BEDSIDE)

        world.wait(all_unclear, "no instrument to be understood")
        world.wait(lambda: "live" not in world.app.texts, "no value to be called live")
        taken = {name: len(readings(world, name)) for name in BEDSIDE}
        for _ in range(20):
            all_unclear()
        world.app.sync()
        assert {name: len(readings(world, name)) for name in BEDSIDE} == taken
        true = {"oximeter": {97.0, 72.0}, "cuff": {0.0}, "thermometer": set()}
        assert all({m["value"] for m in readings(world, name)} <= true[name] for name in BEDSIDE)
        for board in world.boards.values():
            board.port.wire = None
        for name in BEDSIDE:
            link_is(world, name, "speaking")
        assert world.app.mode == "collect"


def test_two_oximeters_are_never_mistaken_for_one_another(tmp_path: Path) -> None:
    pulses = {"left hand": "61", "right hand": "103"}
    with bedside(tmp_path, dict.fromkeys(pulses, "nonin_oem3:7")) as world:
        for name, pulse in pulses.items():
            world.boards[name].pulse_rate_bpm = int(pulse)
        world.keys("A 1")
        for name in (*pulses, *pulses):
            other = next(each for each in pulses if each != name)
            world.boards[name].unplug()
            link_is(world, name, "absent")
            world.wait(lambda o=other: shows_pulse_of(world, o), f"the pulse of {other}")
            world.boards[name].plug()
            link_is(world, name, "speaking")
        pairs = {pulse_row(frame) for frame in world.app.frames} - {None}
    assert {name for _, name in pairs} == set(pulses)
    # 72 is what both told before they were set.
    assert all(value in (pulses[name], "72") for value, name in pairs), pairs


def pulse_row(frame: Mapping[str, object]) -> tuple[str, str] | None:
    """Return value and source of the pulse on this frame, if it shows one."""
    texts = frame["texts"]
    assert isinstance(texts, list)
    words = [t["text"] for t in texts]
    if frame["name"] != "collect" or "Pulse" not in words:
        return None
    behind = words[words.index("Pulse") + 1 :]
    detail = next((each for each in behind if " ago, " in each), None)
    return None if detail is None else (behind[0], detail.partition(" ago, ")[2])


def shows_pulse_of(world: World, name: str) -> bool:
    row = pulse_row(world.app.frames[-1])
    return row is not None and row[1] == name


def test_of_two_cuffs_only_the_one_that_was_meant_is_ever_started(tmp_path: Path) -> None:
    cuffs = {"cuff": "suntech_nibp", "spare": "suntech_nibp"}
    with bedside(tmp_path, cuffs) as world:
        world.boards["spare"].systolic_mmhg = 177
        cuff = world.boards["cuff"]
        # So high that the cuff has soon bled far enough.
        cuff.systolic_mmhg, cuff.mean_mmhg, cuff.diastolic_mmhg = 152, 144, 136
        world.keys("A 1")
        world.type({"age_years": 31})
        start_cuff(world, lambda: any(m["value"] == 152.0 for m in readings(world, "cuff")))
        world.wait_for_words("152", "136")
        assert "start adult" in [each.name for each in cuff.told()]
        spare = {each.name for each in world.boards["spare"].told()}
        assert spare == {"abort", "get cuff pressure"}
        assert not [m for m in readings(world, "spare") if m["quantity"] in PRESSURES]
        assert "177" not in world.words


RESULT_OF_ANOTHER = encode_reply(
    (188).to_bytes(2, "little") + (99).to_bytes(2, "little") + bytes([22, 1])
    + bytes(8) + bytes([90, 0]) + (120).to_bytes(2, "little") + bytes(3)
)  # fmt: skip
DONE = encode_reply(b"K")


def test_a_module_that_answers_for_another_at_rest_is_never_believed(tmp_path: Path) -> None:
    with bedside(tmp_path, {"cuff": "suntech_nibp"}) as world:
        cuff = world.boards["cuff"]
        world.keys("A 1")
        for _ in range(5):
            cuff.send_raw(RESULT_OF_ANOTHER + DONE + RESULT_OF_ANOTHER)
            world.app.sync()
        world.keys("D")
        assert [m["value"] for m in readings(world, "cuff") if m["quantity"] in PRESSURES] == []
        assert "188" not in world.words
        link_is(world, "cuff", "speaking")


def test_modules_that_change_places_behind_their_adapters_give_no_reading(tmp_path: Path) -> None:
    # No port is lost, yet each module now answers for the other, and the one that rests still
    # holds an older reading.
    with bedside(tmp_path, {"cuff": "suntech_nibp", "spare": "suntech_nibp"}) as world:
        cuff, spare = world.boards["cuff"], world.boards["spare"]
        spare.hold_reading()
        measure(world)
        cuff.port, spare.port = spare.port, cuff.port
        wait_for(lambda: cuff.cuff_mmhg == 0.0, "the full cuff to be emptied")
        world.app.advance(131.0)
        world.wait(lambda: phases(world, "cuff")[-1] == "failed", "the measurement to fail")
        for name in ("cuff", "spare"):
            assert [m for m in readings(world, name) if m["quantity"] in PRESSURES] == []
        world.keys("D")
        assert not {"128", "79"} & set(world.app.texts)
