"""`python -m models.training`: makes bundles.  Run from the project's root."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models.training.data import DataRefused
from models.training.prepare import WHERE
from models.training.runtimes.commands import add_commands

TASK = "maternal-risk"
_ROOT = Path(__file__).parents[2]
DONE, BAD_USAGE, MODEL_REFUSED, INPUT_REFUSED = 0, 2, 4, 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (as in the appliance's own commands)."""
    chosen = _parser().parse_args(arguments)
    try:
        result: int = chosen.run(chosen)
    except DataRefused as error:
        print("The data were refused, and nothing was written:", file=sys.stderr)
        print(error, file=sys.stderr)
        return INPUT_REFUSED
    except ImportError as error:
        extra = "the extra `train` (pip install '.[train]')"
        print(f"{error.name or error} is not installed; this needs {extra}.", file=sys.stderr)
        return BAD_USAGE
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser(TASK, help="train, cross-validate and write the bundle")
    train.add_argument("--data", type=Path, required=True, help="prepared CSV file")
    train.add_argument("--out", type=Path, default=_ROOT / "models" / TASK)
    train.add_argument("--seed", type=int, default=None, help="another seed than the shipped one")
    train.add_argument(
        "--results", type=Path, default=_ROOT / "models/training/results" / f"{TASK}.json"
    )
    train.add_argument(
        "--keep-figures", action="store_true", help="use the stored figures; seconds, not minutes"
    )
    train.set_defaults(run=_train)
    prepare = commands.add_parser("prepare", help="turn the public original into our form")
    prepare.add_argument("task", choices=[TASK])
    prepare.add_argument("--original", type=Path, required=True, help=f"CSV file of {WHERE}")
    prepare.add_argument("--out", type=Path, required=True)
    prepare.set_defaults(run=_prepare)
    golden = commands.add_parser("golden", help="add the answers of the runtimes installed here")
    golden.add_argument("task", choices=[TASK])
    golden.add_argument("--bundle", type=Path, default=_ROOT / "models" / TASK)
    golden.add_argument(
        "--emulated", default="", metavar="BY", help="mark them as made under this emulator"
    )
    golden.set_defaults(run=_golden)
    vectors = commands.add_parser("vectors", help="write plausible and emergency vectors")
    vectors.add_argument("task", choices=[TASK])
    vectors.set_defaults(run=_vectors)
    add_commands(commands)
    return parser


def _train(chosen: argparse.Namespace) -> int:
    from models.training.maternal import SEED, Places, make_bundle

    seed = SEED if chosen.seed is None else chosen.seed
    places = Places(chosen.data, chosen.out, chosen.results)
    make_bundle(places, seed, keep_figures=chosen.keep_figures, tell=_tell)
    return DONE


def _prepare(chosen: argparse.Namespace) -> int:
    from models.training.prepare import prepare

    _tell(f"{prepare(chosen.original, chosen.out)} rows written to {chosen.out}")
    return DONE


def _golden(chosen: argparse.Namespace) -> int:
    from models.training.golden import GoldenDiffers, write_golden

    try:
        keys = write_golden(chosen.bundle, chosen.emulated)
    except GoldenDiffers as error:
        print(f"Nothing was written: {error}.", file=sys.stderr)
        return MODEL_REFUSED
    for key in keys:
        _tell(key)
    return DONE


def _vectors(_chosen: argparse.Namespace) -> int:
    from models.training.vector_files import FOLDER, write_vectors

    write_vectors()
    _tell(f"written to {FOLDER}")
    return DONE


def _tell(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
