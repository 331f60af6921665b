"""Simulated instruments as a person asks for them."""

import pytest

from hw_mocks.instruments.choice import (
    NIBP_ANSWERS,
    NIBP_FAULTS,
    OXIMETER_FAULTS,
    PROTOCOLS,
    ChoiceRefused,
    Chosen,
    board_for,
)


def board(*said, **settings):
    return board_for(Chosen(*said, **settings), "nowhere", None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_its_instrument(protocol):
    assert board(protocol).name == protocol


def test_values_and_faults_reach_the_instrument():
    oximeter = board("nonin_oem3:7", ["spo2_pct=88", "pulse_rate_bpm=140"], fault="artefact")
    assert (oximeter.data_format, oximeter.spo2_pct, oximeter.pulse_rate_bpm) == ("7", 88, 140)
    assert oximeter.artefact
    nibp = board("suntech_nibp", ["systolic_mmhg=190", "diastolic_mmhg=100"], fault="leak")
    assert (nibp.systolic_mmhg, nibp.diastolic_mmhg, nibp.mean_mmhg) == (190, 100, 130)
    assert nibp.fault.value == 87
    line = board("line_nmea", ["temp_degc=38.5"])
    assert line.streams["temp_degc"].value == 38.5


@pytest.mark.parametrize("fault", [*NIBP_FAULTS, *NIBP_ANSWERS, *OXIMETER_FAULTS])
def test_every_fault_has_an_instrument(fault):
    board("nonin_oem3:2" if fault in OXIMETER_FAULTS else "suntech_nibp", fault=fault)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("nonin_oem3:2", ["temp_degc=37"]), "spo2_pct"),
        (("nonin_oem3:2", ["spo2_pct=high"]), "QUANTITY=NUMBER"),
        (("suntech_nibp", [], 1.0, 0.0, "V", "leaks"), "arm_moved"),
        (("line_nmea", [], 1.0, 0.0, "V", "leak"), "--status"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(said, words):
    with pytest.raises(ChoiceRefused, match=words):
        board(*said)
