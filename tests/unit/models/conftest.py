import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stored_figures():
    path = ROOT / "models/training/results/maternal-risk.json"
    return json.loads(path.read_text(encoding="ascii"))
