"""`python -m hw_mocks`: play a scenario, open the bench, run one instrument, or endure a day."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

from appliance.clock import SystemClock
from appliance.exits import Exit
from appliance.instruments.capture import CaptureRefused
from hw_mocks.appliance_process import SimulationFailed
from hw_mocks.instruments.choice import PROTOCOLS, ChoiceRefused, Chosen, board_for, replay_for
from hw_mocks.play import play
from hw_mocks.scenario import DEFAULT_CLOCK, ScenarioRefused, read_scenario

HERE = Path(__file__).parent
MISMATCH = 1


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return int(arguments.run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hw_mocks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    playing = commands.add_parser("play", help="play a scenario on the real daemon")
    playing.add_argument("scenario", type=Path, help="a TOML file, or the name of a built-in one")
    playing.add_argument("--out", type=Path, required=True, help="folder for what comes of it")
    playing.add_argument(
        "--models", type=Path, default=HERE.parent / "models", help="folder of the task bundles"
    )
    playing.add_argument("--show", action="store_true", help="print the last screen as text")
    playing.add_argument("--quiet", action="store_true", help="say nothing while playing")
    playing.set_defaults(run=_play)
    listing = commands.add_parser("scenarios", help="list the built-in scenarios")
    listing.set_defaults(run=_list)
    bench = commands.add_parser("bench", help="the whole appliance in a browser")
    bench.add_argument("--port", type=int, default=8137, help="of the loopback address; 0: any")
    bench.add_argument("--models", type=Path, default=HERE.parent / "models")
    bench.add_argument(
        "--saved", type=Path, default=Path("out/scenarios"), help="folder of saved scenarios"
    )
    bench.add_argument("--no-browser", action="store_true", help="only print the address")
    bench.add_argument(
        "--measure-memory", type=float, metavar="MINUTES", help="use it so long, tell its memory"
    )
    bench.set_defaults(run=_bench)
    enduring = commands.add_parser("endure", help="a day of encounters and troubles, all judged")
    enduring.add_argument("--hours", type=float, default=24.0, help="simulated hours")
    enduring.add_argument("--seed", type=int, default=1, help="chooses all that happens")
    enduring.add_argument("--speed", type=float, default=10.0, help="simulated seconds for a real")
    enduring.add_argument("--out", type=Path, required=True, help="folder for what comes of it")
    enduring.add_argument("--models", type=Path, default=HERE.parent / "models")
    enduring.add_argument("--no-deaths", action="store_true", help="the daemon is never killed")
    enduring.set_defaults(run=_endure)
    instrument = commands.add_parser("instrument", help="one simulated instrument on a pty")
    instrument.add_argument("protocol", choices=PROTOCOLS)
    instrument.add_argument("--port", type=Path, help="link that gets the port's name")
    instrument.add_argument(
        "--value", action="append", default=[], metavar="QUANTITY=NUMBER", help="send this"
    )
    instrument.add_argument("--every-s", type=float, default=1.0)
    instrument.add_argument("--noise", type=float, default=0.0)
    instrument.add_argument("--status", default="V")
    instrument.add_argument("--fault", default="", help="what is wrong with it, as `arm_moved`")
    instrument.add_argument("--replay", type=Path, help="say what this recording holds")
    instrument.add_argument("--for-s", type=float, default=float("inf"), help="then end")
    instrument.set_defaults(run=_instrument)
    return parser


def _play(arguments: argparse.Namespace) -> int:
    path: Path = arguments.scenario
    if not path.exists() and path.suffix == "":
        path = HERE / "scenarios" / f"{path.name}.toml"
    try:
        scenario = read_scenario(path)
    except ScenarioRefused as error:
        print(error, file=sys.stderr)
        return Exit.BAD_USAGE
    if not (arguments.models / scenario.task / "bundle.toml").is_file():
        print(f"There is no bundle {scenario.task} in {arguments.models}.", file=sys.stderr)
        return Exit.BAD_USAGE

    def say(words: str) -> None:
        if not arguments.quiet:
            print(words, flush=True)

    try:
        final = play(scenario, arguments.out, arguments.models, say)
    except SimulationFailed as error:
        print(f"{scenario.name}: {error}", file=sys.stderr)
        return MISMATCH
    if arguments.show:
        print(final["screen_text"])
    say(f"As expected. Pictures: {arguments.out / 'screens'}")
    return Exit.DONE


def _bench(arguments: argparse.Namespace) -> int:
    try:
        from hw_mocks.bench.command import run_bench
    except ModuleNotFoundError as error:
        print(
            f'The bench needs {error.name}: install the extra "bench", as'
            " bash deploy/desktop.sh --bench does.",
            file=sys.stderr,
        )
        return Exit.BAD_USAGE
    return run_bench(arguments)


def _endure(arguments: argparse.Namespace) -> int:
    from hw_mocks.endurance.run import endure
    from hw_mocks.endurance.world import Plan

    utc_s = datetime.fromisoformat(DEFAULT_CLOCK).timestamp()
    plan = Plan(
        arguments.seed,
        arguments.hours,
        arguments.speed,
        utc_s,
        arguments.models,
        0.0 if arguments.no_deaths else 1 / 60,
    )
    # Whoever ends it by a signal must not leave a daemon behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(MISMATCH))
    report = endure(plan, arguments.out, lambda words: print(words, flush=True))
    record = report.as_record()
    print(json.dumps({k: v for k, v in record.items() if "curves" not in k}, indent=1))
    if report.faults:
        print(f"{len(report.faults)} faults with seed {plan.seed}.", file=sys.stderr)
        return MISMATCH
    return Exit.DONE


def _list(_arguments: argparse.Namespace) -> int:
    for path in sorted((HERE / "scenarios").glob("*.toml")):
        print(f"{path.stem:32} {read_scenario(path).title}")
    return Exit.DONE


def _instrument(arguments: argparse.Namespace) -> int:
    path = arguments.port or Path.cwd() / f"simulated-{arguments.protocol.replace(':', '-')}"
    chosen = Chosen(
        arguments.protocol,
        arguments.value,
        arguments.every_s,
        arguments.noise,
        arguments.status,
        arguments.fault,
    )
    try:
        if arguments.replay is None:
            board = board_for(chosen, path, SystemClock())
        else:
            board = replay_for(chosen, arguments.replay, path, SystemClock())
    except (ChoiceRefused, CaptureRefused) as error:
        print(error, file=sys.stderr)
        return Exit.BAD_USAGE
    board.start()
    print(f"{arguments.protocol} on {path}; interrupt to end", flush=True)
    try:
        time.sleep(min(arguments.for_s, 1e8))
    except KeyboardInterrupt:
        pass
    finally:
        board.stop()
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
