"""Inputs that fuzzing has found worth keeping are decoded again, and judged as it judges them."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.instruments.protocols import PROTOCOLS
from tests import fuzz_decoders
from tests.fuzz_decoders import KEPT, MOST_KEPT, SAME_DECODER, FoundFault, check, kept, seeds

FUZZED = sorted(set(PROTOCOLS) - set(SAME_DECODER))


@pytest.mark.parametrize("protocol", FUZZED)
def test_what_was_kept_finds_no_fault(protocol: str) -> None:
    inputs = [path.read_bytes() for path in kept(protocol)]
    assert 0 < len(inputs) <= MOST_KEPT
    for data in (*inputs, *seeds(protocol)):
        check(protocol, data)


def test_no_folder_is_left_of_a_protocol_that_is_not_fuzzed() -> None:
    names = {protocol.replace(":", "-") for protocol in FUZZED}
    assert {folder.name for folder in KEPT.iterdir()} == names
    assert sum(path.stat().st_size for path in Path(KEPT).rglob("*") if path.is_file()) < 400_000


def test_the_judge_of_the_fuzzer_sees_a_forged_value(monkeypatch: pytest.MonkeyPatch) -> None:
    from appliance.instruments import gy_mcu90614

    (frame, *_) = seeds("gy_mcu90614")
    check("gy_mcu90614", frame)
    monkeypatch.setattr(gy_mcu90614, "sum", lambda _: frame[-1], raising=False)
    forged = frame[:4] + bytes((frame[4] ^ 1,)) + frame[5:]
    with pytest.raises(FoundFault, match="no good frame"):
        check("gy_mcu90614", forged)


def test_without_atheris_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "atheris", None)
    assert fuzz_decoders.main(["--seconds", "1"]) == 2
    assert "pip install" in capsys.readouterr().err
