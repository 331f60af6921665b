"""The commands' contract: what they print, and how they end (DESIGN 4)."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.clinical.assessment import assess
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import AUTO, open_engine

BUNDLE = Path(__file__).parents[2] / "models" / "maternal-risk"
RULE = Path(__file__).parents[2] / "models" / "news2"
ROOT = Path(__file__).parents[2]
WITHIN_S = 60.0

COMMANDS = (
    "run",
    "check-config",
    "predict",
    "decode",
    "instruments",
    "selftest",
    "status",
    "bundle",
    "bench",
)
NOT_YET = ("update", "records", "report")


def appliance(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=WITHIN_S,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=cwd or ROOT,
    )


def bad_bundle(tmp_path: Path) -> Path:
    bundle = tmp_path / "maternal-risk"
    shutil.copytree(BUNDLE, bundle)
    with (bundle / "model.tflite").open("ab") as file:
        file.write(b"x")
    return bundle


# --help and bad usage


def test_help_lists_the_commands_that_work_and_no_other() -> None:
    done = appliance("--help")
    assert done.returncode == 0
    listed = [
        line.split()[0]
        for line in done.stdout.decode().splitlines()
        if line.startswith("    ") and not line.startswith("     ")
    ]
    assert tuple(listed) == COMMANDS
    for command in NOT_YET:
        assert appliance(command).returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = appliance(command, "--help")
    assert done.returncode == 0
    assert done.stdout.decode().startswith(f"usage: appliance {command}")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("predict",),
        ("predict", "--bundle", "x"),
        ("decode",),
        ("bundle", "burn", "x"),
        ("bench",),
        ("check-config",),
        ("predict", "--bundle", "x", "--runtime", "none", "y.csv"),
        ("run", "--config", "no-such-file.toml"),
        ("check-config", "no-such-file.toml"),
        ("instruments", "--config", "no-such-file.toml"),
        ("selftest", "--config", "no-such-file.toml"),
        ("selftest",),
    ],
)
def test_bad_usage_ends_with_2_and_words(arguments: Sequence[str]) -> None:
    done = appliance(*arguments)
    assert done.returncode == 2
    assert done.stderr or b"FAIL" in done.stdout
    assert b"Traceback" not in done.stderr


# run


def test_run_without_its_display_ends_with_3(tmp_path: Path) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text('[display]\nkind = "framebuffer"\ndevice = "no-such-device"\n', "utf-8")
    done = appliance("run", "--config", config)
    assert done.returncode == 3
    assert b"no-such-device" in done.stderr
    assert b"Traceback" not in done.stderr


# predict

COLUMNS = ["row", "probability", "score", "category", "refusal", "rule", "flags", "raw_int8"]
HEADER = "age_years,systolic_mmhg,diastolic_mmhg,glucose_mmol_l,temp_degc,pulse_rate_bpm"
ROWS = """\
35,150,95,12.5,36.9,84
25,120,80,,36.6,76
25,80,90,7.0,36.6,76
30,175,115,7.5,36.8,130
25,high,80,7.0,36.6,76
25,120,80,7.0,36.6,76
9,118,76,6.8,36.7,76
25,120,80,7.0,36.6
25,170,400,7.0,36.6,76
"""


def predict(*arguments: str | Path, text: str = f"{HEADER}\n{ROWS}") -> list[dict[str, str]]:
    done = appliance("predict", "--bundle", BUNDLE, *arguments, "/dev/stdin", stdin=text.encode())
    assert done.returncode == 0, done.stderr
    return rows_of(done.stdout)


def rows_of(output: bytes) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(output.decode("utf-8")))
    rows = list(reader)
    assert reader.fieldnames == COLUMNS
    return rows


def test_predict_says_of_each_row_what_the_daemon_would() -> None:
    rows = predict()
    assert [row["row"] for row in rows] == [str(n) for n in range(1, 10)]
    answered, missing, impossible, severe, text, good, young, short, too_high = rows

    bundle = read_bundle(BUNDLE)
    engine = open_engine(AUTO, bundle.model)
    for row, line in ((answered, ROWS.splitlines()[0]), (good, ROWS.splitlines()[5])):
        values = dict(zip(HEADER.split(","), map(float, line.split(",")), strict=True))
        wanted = assess(bundle.task, values, engine.invoke)
        assert row["probability"] == f"{wanted.probability:.6f}"
        assert row["raw_int8"] == str(wanted.raw_int8)
        assert row["category"] == wanted.category
        assert row["refusal"] == ""
    engine.close()
    assert (answered["category"], answered["rule"]) == ("high", "high")
    assert (good["category"], good["rule"], good["flags"]) == ("not-high", "not-high", "")

    for refused in (missing, impossible, severe, text, young, short, too_high):
        assert (refused["probability"], refused["category"], refused["raw_int8"]) == ("", "", "")
        assert refused["refusal"]
    assert {row["score"] for row in rows} == {""}
    assert "missing: glucose_mmol_l" in missing["refusal"]
    assert "abstained" not in missing["refusal"]
    assert "diastolic_mmhg must be below systolic_mmhg" in impossible["refusal"]
    assert severe["refusal"].startswith("abstained: pulse_rate_bpm")
    assert severe["rule"] == "high"
    assert severe["flags"].split(";") == ["severe-hypertension", "very-fast-pulse"]
    assert text["refusal"] == "systolic_mmhg is not a number"
    assert young["refusal"].startswith("abstained: age_years")
    assert short["refusal"] == "the row has 5 cells and the header has 6"
    assert "diastolic_mmhg" in too_high["refusal"]
    # Nothing is made of a pressure that is impossible, and the other one still counts.
    assert too_high["flags"] == "severe-hypertension"


def test_predict_takes_the_columns_in_any_order_and_a_byte_order_mark() -> None:
    names, cells = HEADER.split(","), ROWS.splitlines()[0].split(",")
    text = "\ufeff" + ",".join(reversed(names)) + "\r\n" + ",".join(reversed(cells)) + "\r\n"
    assert predict(text=text) == predict()[:1]


def test_predict_writes_a_whole_file_or_none(tmp_path: Path) -> None:
    out, source = tmp_path / "out.csv", tmp_path / "in.csv"
    source.write_text(f"{HEADER}\n{ROWS}", "utf-8")
    done = appliance("predict", "--bundle", BUNDLE, source, "-o", out)
    assert (done.returncode, done.stdout) == (0, b"")
    assert rows_of(out.read_bytes()) == predict()
    before = out.read_bytes()
    source.write_bytes(f"{HEADER}\n{ROWS}".encode() + b"\xff\xfe\n")
    assert appliance("predict", "--bundle", BUNDLE, source, "-o", out).returncode == 5
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("age_years,mood\n1,2\n", "not known: mood"),
        (HEADER.replace(",", ";") + "\n", "separated by commas"),
        (f"{HEADER},age_years\n", "there twice: age_years"),
        (f'{HEADER}\n"25,120\n', "is not CSV"),
    ],
)
def test_predict_refuses_what_is_no_input(text: str, words: str) -> None:
    done = appliance("predict", "--bundle", BUNDLE, "/dev/stdin", stdin=text.encode())
    assert done.returncode == 5
    assert words in done.stderr.decode()


def test_predict_without_its_input_file_ends_with_5() -> None:
    done = appliance("predict", "--bundle", BUNDLE, "no-such.csv")
    assert done.returncode == 5
    assert b"no-such.csv: No such file" in done.stderr


def test_predict_with_a_refused_model_gives_rule_and_flags_and_ends_with_4(tmp_path: Path) -> None:
    text = f"{HEADER}\n{ROWS}".encode()
    done = appliance("predict", "--bundle", bad_bundle(tmp_path), "/dev/stdin", stdin=text)
    assert done.returncode == 4
    assert b"wrong hash" in done.stderr
    rows = rows_of(done.stdout)
    assert {(row["probability"], row["category"], row["raw_int8"]) for row in rows} == {
        ("", "", "")
    }
    for row, usual in zip(rows, predict(), strict=True):
        assert row["refusal"]
        assert (row["rule"], row["flags"]) == (usual["rule"], usual["flags"])


def test_predict_without_a_bundle_ends_with_4(tmp_path: Path) -> None:
    done = appliance("predict", "--bundle", tmp_path, "/dev/stdin")
    assert done.returncode == 4
    assert done.stdout == b""


@pytest.mark.parametrize("runtime", ["tflite-runtime", "ai-edge-litert", "reference"])
def test_predict_with_a_named_runtime(runtime: str) -> None:
    package = {"ai-edge-litert": "ai_edge_litert"}.get(runtime, "tflite_runtime")
    if not any((Path(each) / package).is_dir() for each in sys.path):
        pytest.skip(f"{runtime} is not installed here")
    rows = predict("--runtime", runtime)
    assert [bool(row["probability"]) for row in rows] == [bool(r["probability"]) for r in predict()]


# A reader that has had enough


@pytest.mark.parametrize("reads", [0, 1])
@pytest.mark.parametrize(
    "command",
    [
        f"predict --bundle {BUNDLE} few.csv",
        f"predict --bundle {BUNDLE} many.csv",
        f"bundle show {BUNDLE}",
        "decode --protocol line_nmea many.txt",
        "--help",
    ],
)
def test_a_reader_that_leaves_is_no_error(tmp_path: Path, command: str, reads: int) -> None:
    (tmp_path / "few.csv").write_text(f"{HEADER}\n{ROWS}", "utf-8")
    (tmp_path / "many.csv").write_text(f"{HEADER}\n" + ROWS * 2000, "utf-8")
    (tmp_path / "many.txt").write_bytes(b"".join(EXAMPLES) * 2000)
    with subprocess.Popen(
        [sys.executable, "-m", "appliance", *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(reads):
            assert process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()
        code = process.wait(WITHIN_S)
    assert (code, complaints.replace(XNNPACK_LINE, b"")) == (0, b"")


XNNPACK_LINE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"


# decode: the worked examples of the protocol's sheet

EXAMPLES = (
    b"$PBVS,1,041,TMP,36.7,Cel,V*5A\r\n",
    b"$PBVS,1,042,SPO2,,%,F*0D\r\n",
    b"$PBVS,1,043,WGT,71.35,kg,V*21\r\n",
)
DECODED = [
    ("temp_degc", 36.7, "Cel", "valid"),
    ("spo2_pct", None, "%", "missing"),
    ("weight_kg", 71.35, "kg", "valid"),
]


def records_of(output: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_decode_gives_the_sheets_examples(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(b"".join(EXAMPLES))
    for arguments, stdin in (
        ((path,), b""),
        ((), b"".join(EXAMPLES)),
        (("--hex",), b"".join(EXAMPLES).hex(" ").encode()),
        (("--hex",), b"".join(EXAMPLES).hex("\n").upper().encode()),
    ):
        done = appliance("decode", "--protocol", "line_nmea", *arguments, stdin=stdin)
        assert done.returncode == 0
        records = records_of(done.stdout)
        keys = {"quantity", "value", "unit", "status", "reason", "extra"}
        assert [set(record) for record in records] == [keys] * 3
        assert [tuple(r[k] for k in ("quantity", "value", "unit", "status")) for r in records] == (
            DECODED
        )
        assert records[1]["reason"] == "probe or finger off"


def test_decode_says_what_was_rejected_and_where() -> None:
    wrong = EXAMPLES[0].replace(b"36.7", b"39.7")
    done = appliance("decode", "--protocol", "line_nmea", stdin=EXAMPLES[2] + wrong + EXAMPLES[1])
    assert done.returncode == 0
    good, rejected, after = records_of(done.stdout)
    assert good["quantity"] == "weight_kg"
    assert rejected == {
        "error": "check does not match the line",
        "offset": len(EXAMPLES[2]),
        "bytes_hex": wrong.hex(),
    }
    assert after["quantity"] == "spo2_pct"


def test_decode_prints_each_record_as_soon_as_it_is_known() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "appliance", "decode", "--protocol", "line_nmea"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(EXAMPLES[0])
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], WITHIN_S)
        assert ready
        assert json.loads(process.stdout.readline())["value"] == 36.7
        process.stdin.close()
        assert process.wait(WITHIN_S) == 0


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (("--protocol", "smoke"), b"", 2, "line_nmea"),
        (("--protocol", "line_nmea", "no-such-file"), b"", 5, "no-such-file"),
        (("--protocol", "line_nmea", "/"), b"", 5, "/"),
        (("--protocol", "line_nmea", "--hex"), b"24 5", 5, "one digit"),
        (("--protocol", "line_nmea", "--hex"), b"24 zz", 5, "not a hex digit"),
    ],
)
def test_decode_refuses(arguments: Sequence[str], stdin: bytes, code: int, words: str) -> None:
    done = appliance("decode", *arguments, stdin=stdin)
    assert done.returncode == code
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# check-config


def test_check_config(tmp_path: Path) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text('[clinic]\nname = "A"\n', "utf-8")
    assert appliance("check-config", config).returncode == 0
    done = appliance("check-config", "--json", config)
    assert json.loads(done.stdout) == {"ok": True, "faults": []}
    config.write_text("[clinic]\nname = 3\n[lamps]\ngreen = 99\n", "utf-8")
    done = appliance("check-config", "--json", config)
    assert done.returncode == 2
    facts = json.loads(done.stdout)
    assert facts["ok"] is False
    assert [fault["key"] for fault in facts["faults"]] == ["clinic.name", "lamps.green"]
    assert [fault["line"] for fault in facts["faults"]] == [2, 4]
    assert all(set(fault) == {"line", "key", "value", "allowed"} for fault in facts["faults"])


# bundle


def test_bundle_verify(tmp_path: Path) -> None:
    done = appliance("bundle", "verify", BUNDLE, "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert (facts["ok"], facts["floor"], facts["task"]) == (True, True, "maternal-risk")
    assert facts["golden_vectors"] > 0
    done = appliance("bundle", "verify", bad_bundle(tmp_path), "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 4
    assert (facts["ok"], facts["floor"], facts["code"]) == (False, True, "bundle")
    assert "wrong hash" in facts["fault"]
    done = appliance("bundle", "verify", tmp_path / "none", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["floor"] is False


def test_bundle_show(tmp_path: Path) -> None:
    done = appliance("bundle", "show", BUNDLE, "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert [each["quantity"] for each in facts["inputs"]] == HEADER.split(",")
    assert "AUC" in facts["card"]
    assert facts["fault"] == ""
    text = appliance("bundle", "show", BUNDLE)
    assert text.returncode == 0
    assert facts["title"] in text.stdout.decode()
    assert appliance("bundle", "show", tmp_path / "none").returncode == 4


def test_bundle_verify_and_show_of_a_rule() -> None:
    facts = json.loads(appliance("bundle", "verify", RULE, "--json").stdout)
    assert (facts["ok"], facts["kind"], facts["key"]) == (True, "rule", "rule")
    assert "no model and no runtime" in facts["proof"]
    shown = json.loads(appliance("bundle", "show", RULE, "--json").stdout)
    assert (shown["score"]["most"], shown["rule"]) == (20, None)
    assert "Royal College of Physicians" in shown["card"]
    assert shown["model_sha256"] == facts["model_sha256"] != ""
    text = appliance("bundle", "show", RULE)
    assert text.returncode == 0
    assert "from_single: 3" in text.stdout.decode()


def test_predict_with_a_rule(tmp_path: Path) -> None:
    """The whole score or none of it; what was refused keeps its flags."""
    header = (
        "age_years,pregnant,respiratory_rate_bpm,spo2_pct,spo2_scale,supplemental_oxygen,"
        "systolic_mmhg,pulse_rate_bpm,consciousness,temp_degc"
    )
    rows = tmp_path / "rows.csv"
    rows.write_text(
        f"{header}\n50,no,16,97,1,no,125,72,alert,37.0\n50,no,16,97,2,yes,125,72,alert,38.05\n"
        "50,no,25,97,1,no,125,72,alert,37.0\n15,no,25,90,1,no,125,72,alert,37.0\n"
        "50,yes,16,97,1,no,125,72,alert,37.0\n50,no,16,80,1,no,125,72,alert,\n"
        "50,no,16,97,3,no,125,72,alert,37.0\n",
        "utf-8",
    )
    done = appliance("predict", "--bundle", RULE, rows)
    assert done.returncode == 0
    found = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [(row["score"], row["category"], row["flags"]) for row in found] == [
        ("0", "low", ""),
        ("6", "medium", "too-much-oxygen"),
        ("3", "low-medium", "breathing-rate"),
        ("", "", "low-oxygen"),
        ("", "", ""),
        ("", "", "low-oxygen"),
        ("", "", ""),
    ]
    assert all(row["probability"] == row["raw_int8"] == row["rule"] == "" for row in found)
    assert [bool(row["refusal"]) for row in found] == [False] * 3 + [True] * 4


def test_a_refused_rule_predicts_nothing_but_flags(tmp_path: Path) -> None:
    folder = tmp_path / "news2"
    shutil.copytree(RULE, folder)
    (folder / "golden.json").write_bytes(b"{}")
    rows = tmp_path / "rows.csv"
    header = json.loads((RULE / "golden.json").read_text())["quantities"]
    rows.write_text(",".join(header) + "\n50,no,30,97,1,no,125,72,alert,37.0\n", "utf-8")
    done = appliance("predict", "--bundle", folder, rows)
    assert done.returncode == 4
    assert b"The rule is refused" in done.stderr
    assert b"Rows carry red flags only." in done.stderr
    (row,) = csv.DictReader(io.StringIO(done.stdout.decode()))
    assert (row["score"], row["category"], row["flags"]) == ("", "", "breathing-rate")
    assert row["refusal"] == "the rule is not available"
    done = appliance("selftest", "--bundle", folder)
    assert done.returncode == 4
    assert done.stdout.decode().startswith("FAIL  rule news2")


# selftest


def test_selftest(tmp_path: Path) -> None:
    done = appliance("selftest", "--bundle", BUNDLE, "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert facts["ok"] is True
    assert {check["name"] for check in facts["checks"]} == {
        "model maternal-risk",
        "display",
        "clock",
    }
    assert all(check["passed"] for check in facts["checks"])
    done = appliance("selftest", "--bundle", bad_bundle(tmp_path))
    assert done.returncode == 4
    assert done.stdout.decode().startswith("FAIL  model maternal-risk")


def test_selftest_without_the_settings_display_ends_with_3(tmp_path: Path) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text(
        f'[tasks]\nbundles = ["{BUNDLE}"]\n[display]\ndevice = "{tmp_path}/none"\n', "utf-8"
    )
    done = appliance("selftest", "--config", config)
    assert done.returncode == 3
    assert b"FAIL  display" in done.stdout


# instruments


@contextmanager
def board(folder: Path) -> Iterator[Path]:
    """Run one simulated instrument; it is there when its first line is printed."""
    port = folder / "cuff"
    says = ("--value", "temp_degc=36.7", "--every-s", "0.2")
    with subprocess.Popen(
        [sys.executable, "-m", "hw_mocks", "instrument", "line_nmea", "--port", str(port), *says],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield port
        finally:
            process.terminate()


def settings_for(folder: Path, port: Path) -> Path:
    config = folder / "appliance.toml"
    config.write_text(
        f'[[instruments]]\nname = "cuff"\nprotocol = "line_nmea"\nport = "{port}"\n', "utf-8"
    )
    return config


def cuff_record(config: Path, *arguments: str) -> dict[str, object]:
    done = appliance("instruments", "--config", config, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)[0]
    assert record["instrument"] == "cuff"
    assert isinstance(record, dict)
    return record


def test_instruments_says_what_speaks(tmp_path: Path) -> None:
    with board(tmp_path) as port:
        config = settings_for(tmp_path, port)
        record = cuff_record(config, "--listen-s", "20")
        assert (record["state"], record["driver"]) == ("speaking", "line_nmea")
        counters = record["counters"]
        assert isinstance(counters, dict)
        assert counters["good"] >= 1
        assert counters["bytes_read"] > 0
        text = appliance("instruments", "--config", config)
        assert b"state: speaking" in text.stdout


def test_instruments_says_who_is_busy_and_who_is_gone(tmp_path: Path) -> None:
    with board(tmp_path) as port:
        config = settings_for(tmp_path, port)
        held = os.open(port, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert cuff_record(config, "--listen-s", "20")["state"] == "in use by another program"
        finally:
            os.close(held)
    config = settings_for(tmp_path, tmp_path / "nothing")
    assert cuff_record(config, "--listen-s", "0.5")["state"] == "absent"


def test_bench_says_at_once_that_it_cannot_keep_its_samples(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = appliance("bench", "--bundle", BUNDLE, "-o", tmp_path / "file" / "samples.json")
    assert done.returncode == 5
    assert b"Traceback" not in done.stderr
