"""The command line.  Every command prints facts as text or, with --json, as JSON.

Parts are imported by the command that needs them, so that `--help` is instant.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.exits import Exit
from appliance.output import drop_output, fail

SERVED_CONFIG = Path("/run/bedside-settings/appliance.toml")
"""On a card: the factory's settings with the technician's over them."""
FACTORY_CONFIG = Path("/etc/bedside/appliance.toml")
DEFAULT_CONFIG = SERVED_CONFIG if SERVED_CONFIG.exists() else FACTORY_CONFIG
DEFAULT_STATUS = Path("/run/bedside/status")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        code = command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        drop_output()
        return Exit.DONE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appliance",
        description="The bedside appliance: instruments in, one honest answer out.",
        epilog="Ends with 0 done, 2 bad usage or settings, 3 hardware fault, 4 model refused, "
        "5 input refused, 6 records store refused, 7 not running.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], words: str) -> Any:
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(command=command)
        return sub

    run = add("run", _run, "the daemon, in the foreground")
    run.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="settings file")

    check = add("check-config", _check_config, "name every fault of a settings file")
    check.add_argument("file", type=Path)
    _json_flag(check)

    predict = add("predict", _predict, "one assessment for each row of a CSV file")
    predict.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    predict.add_argument("--runtime", default="auto", choices=_RUNTIMES)
    predict.add_argument("input", type=Path, help="CSV; header = the bundle's feature names")
    predict.add_argument("-o", "--output", type=Path, help="CSV; standard output without it")

    decode = add("decode", _decode, "bytes of an instrument to one JSON object a line")
    decode.add_argument("--protocol", default="", help="name, e.g. line_nmea")
    form = decode.add_mutually_exclusive_group()
    form.add_argument("--hex", action="store_true", help="the input is hex text")
    form.add_argument("--recorded", action="store_true", help="the input is a recording")
    form.add_argument(
        "--record", type=Path, metavar="NEW", help="listen at the port FILE and record it in NEW"
    )
    decode.add_argument("--seconds", type=float, help="end the recording after so long")
    decode.add_argument("--line", default="", help="of a recorded port, e.g. 19200,8O1")
    decode.add_argument(
        "--ask", action="store_true", help="recording: start and answer the device as usual"
    )
    decode.add_argument("file", nargs="?", type=Path, help="standard input without it")

    instruments = add("instruments", _instruments, "ports, what is bound to them, counters")
    instruments.add_argument("--config", type=Path, help="settings file that names instruments")
    instruments.add_argument("--listen-s", type=float, default=3.0, help="seconds to listen")
    instruments.add_argument(
        "--who", action="store_true", help="open the other ports too and find out who speaks"
    )
    _json_flag(instruments)

    selftest = add("selftest", _selftest, "prove runtime, golden vectors, display and clock")
    selftest.add_argument("--bundle", type=Path, help="folder of one bundle")
    selftest.add_argument("--config", type=Path, help="settings file")
    selftest.add_argument("--runtime", default="auto", choices=_RUNTIMES)
    _json_flag(selftest)

    status = add("status", _status, "what the running daemon says of itself")
    status.add_argument("--socket", type=Path, default=DEFAULT_STATUS, help="the daemon's socket")
    _json_flag(status)

    bundle = add("bundle", _bundle, "verify a bundle, or show what it is")
    bundle.add_argument("what", choices=("verify", "show"))
    bundle.add_argument("folder", type=Path)
    bundle.add_argument("--runtime", default="auto", choices=_RUNTIMES)
    _json_flag(bundle)

    bench = add("bench", _bench, "times and memory on this machine")
    bench.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    bench.add_argument("-n", type=int, default=2000, help="samples of each short time")
    bench.add_argument("-o", "--output", type=Path, help="keep raw samples in this JSON file")
    _json_flag(bench)
    return parser


_RUNTIMES = ("auto", "tflite-runtime", "ai-edge-litert", "reference")


def _json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(arguments: argparse.Namespace) -> int:
    from appliance.instruments.protocols import PROTOCOLS
    from appliance.journal_stream import log_handler
    from appliance.settings import SettingsRefused, load_settings

    logging.basicConfig(level=logging.INFO, handlers=[log_handler()])
    try:
        settings = load_settings(arguments.config, PROTOCOLS)
    except SettingsRefused as refused:
        return _tell_faults(refused)
    from appliance.panel.keypad import KeypadError
    from appliance.panel.port import DisplayError
    from appliance.wiring import SimulationMissing, run_daemon

    try:
        run_daemon(settings)
    except (DisplayError, KeypadError) as error:
        return fail(Exit.HARDWARE, str(error))
    except SimulationMissing as error:
        return fail(Exit.BAD_USAGE, str(error))
    return Exit.DONE


def _check_config(arguments: argparse.Namespace) -> int:
    from appliance.check_command import check_config

    return check_config(arguments.file, arguments.json)


def _tell_faults(refused: Any) -> int:
    from appliance.check_command import tell_faults

    return tell_faults(refused.path, refused.faults)


def _predict(arguments: argparse.Namespace) -> int:
    from appliance.predict_command import predict

    return predict(arguments)


def _decode(arguments: argparse.Namespace) -> int:
    from appliance.decode_command import decode

    return decode(arguments)


def _instruments(arguments: argparse.Namespace) -> int:
    from appliance.instruments.protocols import PROTOCOLS
    from appliance.instruments.survey import ask_who, survey_ports
    from appliance.settings import Settings, SettingsRefused, load_settings
    from appliance.wiring_parts import instruments_of

    settings = Settings()
    config = arguments.config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)
    if config is not None:
        try:
            settings = load_settings(config, PROTOCOLS)
        except SettingsRefused as refused:
            return _tell_faults(refused)
    found = survey_ports(instruments_of(settings), arguments.listen_s)
    reports = [r.as_record() for r in (ask_who(found) if arguments.who else found)]
    if arguments.json:
        print(json.dumps(reports))
    elif not reports:
        print("No port is found and none is named in the settings.")
    else:
        for record in reports:
            _print_facts(record)
            print()
    return Exit.DONE


def _selftest(arguments: argparse.Namespace) -> int:
    from appliance.instruments.protocols import PROTOCOLS
    from appliance.selftest import run_selftest
    from appliance.settings import SettingsRefused, load_settings
    from appliance.wiring_parts import open_display

    settings = None
    if arguments.config is not None:
        try:
            settings = load_settings(arguments.config, PROTOCOLS)
        except SettingsRefused as refused:
            return _tell_faults(refused)
    folders = [arguments.bundle] if arguments.bundle else settings.bundles if settings else ()
    return run_selftest(folders, settings, arguments.runtime, arguments.json, open_display)


def _status(arguments: argparse.Namespace) -> int:
    from appliance.status import NotRunning, read_status

    try:
        facts = read_status(arguments.socket)
    except NotRunning as error:
        return fail(Exit.NOT_RUNNING, str(error))
    if arguments.json:
        print(json.dumps(facts))
    else:
        _print_facts(facts)
    return Exit.DONE


def _bundle(arguments: argparse.Namespace) -> int:
    from appliance.inference.refusals import BundleRefused
    from appliance.inference.showing import show_bundle, verify_bundle

    if arguments.what == "show":
        try:
            facts = show_bundle(arguments.folder)
        except BundleRefused as error:
            return fail(Exit.MODEL_REFUSED, str(error))
        code = Exit.DONE
    else:
        facts = verify_bundle(arguments.folder, arguments.runtime)
        code = Exit.DONE if facts["ok"] else Exit.MODEL_REFUSED
    if arguments.json:
        print(json.dumps(facts))
    else:
        _print_facts(facts)
    return code


def _bench(arguments: argparse.Namespace) -> int:
    from appliance.bench import run_bench

    return run_bench(arguments.bundle, arguments.n, arguments.output, arguments.json)


def _print_facts(facts: Mapping[str, Any], indent: str = "") -> None:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            print(f"{indent}{key}:")
            _print_facts(value, indent + "  ")
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            for each in value:
                print(f"{indent}{key}:")
                _print_facts(each, indent + "  ")
        else:
            print(f"{indent}{key}: {value}")
