"""`python -m models.training.rules NAME`: writes models/NAME from its chart.  No TensorFlow."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from appliance.clinical.task_form import TaskFormError, task_from_form
from models.training.rules.card import card_text

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
RULES = tuple(sorted(path.stem for path in _HERE.glob("*.toml")))
_FIRST_LINE = "# Made by models/training/rules; see docs/developer/training.md.\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one rule's bundle; return 0, or 4 when the chart is refused."""
    parser = argparse.ArgumentParser(prog="python -m models.training.rules", description=__doc__)
    parser.add_argument("name", choices=RULES)
    parser.add_argument("--out", type=Path, default=None, help="folder to write into")
    chosen = parser.parse_args(arguments)
    try:
        files = bundle_files(chosen.name)
    except TaskFormError as error:
        print(f"The chart is refused, and nothing was written: {error}", file=sys.stderr)
        return 4
    out = chosen.out or _ROOT / "models" / chosen.name
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    print(f"written to {out}")
    return 0


def bundle_files(name: str) -> Mapping[str, bytes]:
    """Return every file of the bundle; raise TaskFormError when its form is refused."""
    source = (_HERE / f"{name}.toml").read_text("utf-8")
    task = task_from_form(tomllib.loads(source))
    if task.score is None:
        raise TaskFormError(["kind: must be rule"])
    chart = importlib.import_module(f"models.training.rules.{name}")
    cases = chart.cases()
    lines = ",\n  ".join(json.dumps(each) for each in cases)
    golden = f'{{"quantities": {json.dumps(list(chart.QUANTITIES))},\n "cases": [{lines}]}}\n'
    files = {
        "MODEL_CARD.md": card_text(task, task.score, len(cases)).encode("utf-8"),
        "golden.json": golden.encode("ascii"),
    }
    hashes = "\n".join(
        f'"{name}" = "{hashlib.sha256(content).hexdigest()}"' for name, content in files.items()
    )
    text = _FIRST_LINE + source[source.index("schema =") :] + f"\n[files]\n{hashes}\n"
    return {**files, "bundle.toml": text.encode("utf-8")}


if __name__ == "__main__":
    sys.exit(main())
