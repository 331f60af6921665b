"""The commands `export` and `compare` of `python -m models.training`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[3]
_RESULTS = _ROOT / "models/training/results"
PAGE = _ROOT / "docs/developer/runtimes.md"
DONE, BAD_USAGE, MODEL_REFUSED = 0, 2, 4


def add_commands(commands: Any) -> None:
    """Add both to the parser's commands."""
    export = commands.add_parser("export", help="write ONNX and Core ML files of a bundle's graph")
    _task(export)
    export.add_argument("--out", type=Path, required=True, help="folder for the files")
    export.set_defaults(run=lambda chosen: _careful(_export, chosen))
    compare = commands.add_parser("compare", help="measure every runtime on a bundle in one run")
    _task(compare)
    compare.add_argument("--results", type=Path, help="JSON file for the figures")
    compare.add_argument("--page", type=Path, default=PAGE, help="page written from all figures")
    compare.add_argument("--rounds", type=_count, default=1500, help="of timing (1500)")
    compare.add_argument("--starts", type=_count, default=5, help="processes for each (5)")
    compare.set_defaults(run=lambda chosen: _careful(_compare, chosen))


def stored_figures(folder: Path) -> list[dict[str, Any]]:
    """Return the stored comparisons of a folder, by the name of the task."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("compare-*.json"))]


def _task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", help="name of the task")
    parser.add_argument("--bundle", type=Path, help="its folder, if not models/TASK")


def _count(text: str) -> int:
    """Return a whole number of 1 or more; argparse says what is wrong with another."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _careful(command: Callable[[Any, argparse.Namespace], int], chosen: argparse.Namespace) -> int:
    """Read the bundle and run a command on it; turn what can go wrong into words."""
    from appliance.inference.proof import ProofFailed
    from appliance.inference.refusals import ModelRefused, ModelUnreadable, RuntimeRefused

    try:
        from models.training.runtimes.export import ExportDiffers
        from models.training.runtimes.graph import GraphRefused
        from models.training.runtimes.source import NothingToRun, read_source
    except ImportError as error:
        return _say(BAD_USAGE, _missing(error))
    try:
        source = read_source(chosen.bundle or _ROOT / "models" / chosen.task)
        return command(source, chosen)
    except NothingToRun as error:
        return _say(BAD_USAGE, str(error))
    except ImportError as error:
        return _say(BAD_USAGE, _missing(error))
    except RuntimeRefused as error:
        return _say(BAD_USAGE, f"Nothing was compared: {error}. {_EXTRA}")
    except OSError as error:
        return _say(BAD_USAGE, f"{error.filename} cannot be written or read: {error.strerror}")
    except (GraphRefused, ModelRefused, ModelUnreadable, ProofFailed, ExportDiffers) as error:
        return _say(MODEL_REFUSED, f"The bundle was refused, and nothing was written: {error}.")


_EXTRA = "Install the extra `export`, on Python 3.11: pip install '.[export]'"


def _missing(error: ImportError) -> str:
    return f"{error.name or error} is not installed. {_EXTRA}"


def _export(source: Any, chosen: argparse.Namespace) -> int:
    from models.training.runtimes.export import size_bytes, write_exports

    for kind, path in write_exports(source, chosen.out).items():
        _tell(f"{kind}: {path}, {size_bytes(path)} bytes")
    _tell("Both answer the golden inputs as the bundle does; predicting with Core ML needs macOS.")
    return DONE


def _compare(source: Any, chosen: argparse.Namespace) -> int:
    from models.training.runtimes.compare import Effort, compare, refused
    from models.training.runtimes.table import page, section

    figures = compare(source, _tell, Effort(chosen.rounds, chosen.starts))
    _tell("\n" + section(figures))
    faults = refused(figures)
    if faults:
        words = "; ".join(faults)
        return _say(
            MODEL_REFUSED,
            f"RELEASE REFUSED: {words}. A patient's category must not depend on the runtime. "
            "The stored figures were left as they were.",
        )
    results = chosen.results or _RESULTS / f"compare-{figures['task']}.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", "utf-8")
    chosen.page.write_text(page(stored_figures(results.parent)), "utf-8")
    _tell(f"figures: {results}; page: {chosen.page}")
    return DONE


def _say(code: int, words: str) -> int:
    print(words, file=sys.stderr)
    return code


def _tell(words: str) -> None:
    print(words, flush=True)
