"""Trials: a child parses first, and whatever becomes of it is a report."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.inference import trial
from appliance.inference.engines import AUTO, REFERENCE, open_engine
from appliance.inference.trial import (
    TrialReport,
    report_as_form,
    report_from_form,
    try_in_child,
)
from tests.unit.inference.toy import DELEGATING, damaged, golden, model

TIMEOUT_S = 30.0
INPUTS = [[0] * 6, [1, 2, 3, 4, 5, 6]]


def stub(tmp_path: Path, script: str) -> str:
    """Return a program that stands in for Python."""
    path = tmp_path / "stub"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("runtime", [*DELEGATING, REFERENCE])
def test_a_good_model_is_reported_as_our_own_engine_sees_it(runtime: str) -> None:
    report = try_in_child(model("dense6"), golden("dense6")["inputs"], runtime, TIMEOUT_S)
    engine = open_engine(runtime, model("dense6"))
    assert report.refusal == ""
    assert report.proof == engine.proof
    assert report.input_tensor == engine.input_tensor
    assert report.output_tensor == engine.output_tensor
    assert list(report.outputs) == golden("dense6")["keys"][engine.proof.key]
    engine.close()


@pytest.mark.parametrize("runtime", DELEGATING)
def test_a_model_that_kills_the_runtime_is_reported(runtime: str) -> None:
    report = try_in_child(damaged(), INPUTS, runtime, TIMEOUT_S)
    assert (report.refusal, report.words) == (
        "died",
        "the process that tried the model died of SIGSEGV",
    )


@pytest.mark.parametrize("runtime", DELEGATING)
@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"", {"unreadable"}),
        (model("dense6")[:1000], {"unreadable", "died"}),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), {"unreadable"}),
        (model("float"), {"proof"}),
        (model("wide_output"), {"proof"}),
    ],
    ids=["empty", "truncated", "foreign", "float", "wide"],
)
def test_a_bad_model_is_reported(runtime: str, content: bytes, codes: set[str]) -> None:
    report = try_in_child(content, INPUTS, runtime, TIMEOUT_S)
    assert report.refusal in codes
    assert report.words
    assert report.proof is None


def test_inputs_that_do_not_fit_are_reported() -> None:
    assert try_in_child(model("dense6"), [[0] * 5], AUTO, TIMEOUT_S).refusal == "failed"


def test_an_unknown_runtime_is_reported() -> None:
    assert try_in_child(model("dense6"), INPUTS, "onnx", TIMEOUT_S).refusal == "runtime"


def test_a_child_that_hangs_is_killed(tmp_path: Path) -> None:
    python = stub(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    began = time.monotonic()
    report = try_in_child(model("dense6"), INPUTS, AUTO, 0.6, python=python)
    assert (report.refusal, report.words) == ("hung", "the model gave no answer in 0.6 s")
    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_child_that_closes_its_ears_and_hangs_is_killed(tmp_path: Path) -> None:
    python = stub(tmp_path, "exec 0<&- 1>&-; exec sleep 600")
    assert try_in_child(bytes(500_000), INPUTS, AUTO, 0.6, python=python).refusal == "hung"


def test_waiting_ends_when_the_appliance_stops() -> None:
    asked = []

    def keep_waiting() -> bool:
        asked.append(1)
        return len(asked) < 2

    report = try_in_child(model("dense6"), INPUTS, AUTO, 60.0, keep_waiting=keep_waiting)
    assert len(asked) <= 2
    assert report.refusal in ("hung", "")


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("kill -ABRT $$", "died", "SIGABRT"),
        ("exit 3", "garbled", "not understood (3)"),
        ("cat > /dev/null; echo hello", "garbled", "not understood"),
        ('cat > /dev/null; echo \'{"refusal": ""}\'', "garbled", "not understood"),
        ("cat > /dev/null; echo '[]'", "garbled", "not understood"),
    ],
)
def test_a_child_that_talks_nonsense_is_refused(
    tmp_path: Path, script: str, code: str, words: str
) -> None:
    report = try_in_child(model("dense6"), INPUTS, AUTO, TIMEOUT_S, python=stub(tmp_path, script))
    assert report.refusal == code
    assert words in report.words


def test_a_python_that_is_not_there_is_reported(tmp_path: Path) -> None:
    report = try_in_child(b"", [], AUTO, TIMEOUT_S, python=str(tmp_path / "none"))
    assert report.refusal == "child"


def test_the_child_runs_our_code_wherever_we_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the working directory nor what lies in it may stand in for our modules."""
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    (tmp_path / "appliance.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert try_in_child(model("dense6"), INPUTS, AUTO, TIMEOUT_S).refusal == ""


def test_a_signal_without_a_name_is_reported_by_its_number() -> None:
    assert "signal 99" in trial._report(-99, b"").words


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["refusal", "words", "proof", "input_tensor", "outputs"]), inner
            )
        ),
    )
)
def test_whatever_a_child_says_is_a_report(said: Any) -> None:
    assert isinstance(trial._report(0, json.dumps(said).encode()), TrialReport)


def test_a_report_survives_the_way() -> None:
    report = try_in_child(model("soft_middle"), INPUTS, AUTO, TIMEOUT_S)
    assert report.proof is not None
    assert report_from_form(report_as_form(report)) == report
