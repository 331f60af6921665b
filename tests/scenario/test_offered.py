"""An instrument that the settings do not name is offered by name on the real daemon, never used."""

from __future__ import annotations

from pathlib import Path

from appliance.status import read_status
from hw_mocks.boards import KINDS_OF_BOARD
from hw_mocks.ports import SimulatedPort
from tests.scenario.bedside import readings
from tests.scenario.test_bad_ports import link_is
from tests.scenario.worlds import prepare_world, running


def test_what_the_settings_do_not_name_is_offered_not_used(tmp_path: Path) -> None:
    socket = tmp_path / "status"
    world = prepare_world(
        tmp_path,
        instruments={"thermometer": "line_nmea"},
        settings={"status": {"socket": str(socket)}},
    )
    port = SimulatedPort(tmp_path / "ports" / "spare")
    stranger = KINDS_OF_BOARD["nonin_oem3:2"].make("spare", port, world.app.clock, 1)
    with running(world):
        world.ready()
        link_is(world, "thermometer", "speaking")
        stranger.start()
        try:
            world.wait_for_words("Not in the settings", "Nonin", "not used")
            (offer,) = read_status(socket)["ports_offered"]
            assert (offer["protocol"], offer["device"]) == ("nonin_oem3:2", str(port.path))
            world.keys("#")
            world.wait_for_words("Not in the settings", "nonin_oem3:2")
            world.keys("B A 1")
            world.wait(lambda: "97" not in world.words, "no number of it")
            assert readings(world, "spare") == []
            assert {
                e["fields"]["measurement"]["source"]["name"]
                for e in world.app.events
                if e["event"] == "MeasurementReceived"
            } <= {"thermometer"}
            world.keys("B B")
        finally:
            stranger.stop()
        world.wait(lambda: "Not in the settings" not in world.words, "the offer taken back")
        assert read_status(socket)["ports_offered"] == []
