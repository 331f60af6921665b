"""Training again, in a new process, gives the same bytes of every file of the bundle.

Which Python has TensorFlow need not be the one that runs the tests: TRAINING_PYTHON names
another.  Where the prepared data are is told by MATERNAL_DATA.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "models" / "maternal-risk"
RESULTS = ROOT / "models" / "training" / "results" / "maternal-risk.json"
PYTHON = os.environ.get("TRAINING_PYTHON", sys.executable)
TELL = "import json, tensorflow, models.training.network as n; " + (
    "print(json.dumps([tensorflow.__version__, n.cpu_features()]))"
)


def _environment() -> dict[str, str]:
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def _require_same_circumstances() -> None:
    machine = json.loads(RESULTS.read_text(encoding="ascii"))["machine"]
    told = subprocess.run(
        [PYTHON, "-c", TELL], cwd=ROOT, env=_environment(), capture_output=True, text=True
    )
    if told.returncode:
        pytest.skip("TensorFlow is not installed (extra `train`, or TRAINING_PYTHON)")
    version, features = json.loads(told.stdout.splitlines()[-1])
    if version != machine["tensorflow"]:
        pytest.skip(f"TensorFlow {version} is not the {machine['tensorflow']} of the bundle")
    if features != machine["cpu_features"]:
        pytest.skip(f"this processor has {features}, the bundle was made with others")


@pytest.mark.train
@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_training_again_gives_the_same_bytes(tmp_path):
    data = os.environ.get("MATERNAL_DATA")
    if not data:
        pytest.skip("MATERNAL_DATA does not name the prepared data")
    _require_same_circumstances()
    out = tmp_path / "maternal-risk"
    out.mkdir()
    shutil.copy(SHIPPED / "golden.json", out)  # made by the device's runtimes; kept if it fits
    places = ["--data", data, "--out", str(out), "--results", str(RESULTS)]
    subprocess.run(
        [PYTHON, "-m", "models.training", "maternal-risk", *places, "--keep-figures"],
        cwd=ROOT,
        env=_environment(),
        check=True,
        capture_output=True,
        timeout=300,
    )
    for shipped in sorted(SHIPPED.iterdir()):
        assert (out / shipped.name).read_bytes() == shipped.read_bytes(), shipped.name
