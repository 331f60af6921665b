"""Coverage-guided fuzzing of the decoders: `python -m tests.fuzz_decoders --seconds 600`.

Needs the extra `fuzz` (atheris).  Each protocol is fuzzed by itself for so long, from good frames
and from the inputs kept in tests/golden/fuzz; the inputs that reach most code are kept there with
--keep, as few and as small as can be.  A finding stops the run with 1 and names its file, which
belongs in that folder once it is mended: tests/unit/instruments/test_fuzz_corpus.py decodes all of
it every day, without atheris.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

KEPT = Path(__file__).parent / "golden" / "fuzz"
LONGEST = 1024
"""Bytes of one input: several frames of every protocol."""
MOST_KEPT = 40
SAME_DECODER = ("and_scale:8n1", "gy_mcu90614:115200")
"""Variants of the line alone."""


class FoundFault(AssertionError):
    """A decoder did what none may do."""


def check(protocol: str, data: bytes) -> None:
    """Decode bytes and judge what came out.  Raises FoundFault, or whatever the decoder raised."""
    from appliance.clinical.measurement import Measurement, Origin, Source, Status
    from appliance.instruments.decoding import RAW_LIMIT, Decoded, Rejected
    from appliance.instruments.protocols import find_protocol
    from tests.unit.instruments.sheets import SHEETS

    spoken = find_protocol(protocol)
    whole = spoken.decoder()
    outputs = whole.feed(data) + whole.finish()
    pieces = spoken.decoder()
    in_pieces = []
    at, size = 0, 1 + len(data) % 7
    while at < len(data):
        in_pieces += pieces.feed(data[at : at + size])
        at, size = at + size, 1 + (size * 5 + data[at]) % 23
    if in_pieces + pieces.finish() != outputs:
        raise FoundFault("what is said depends on the chunks")
    source, end = Source(Origin.INSTRUMENT, "fuzz", protocol), 0
    taken: Counter[tuple[str, float]] = Counter()
    sheet = SHEETS.get(protocol)
    for output in outputs:
        if isinstance(output, Rejected):
            at, end = output.offset, output.offset + len(output.raw)
            if not 0 < len(output.raw) <= RAW_LIMIT or data[at:end] != output.raw:
                raise FoundFault("rejected bytes are not where they are said to be")
        elif isinstance(output, Decoded):
            Measurement(
                output.quantity, output.value, output.status, source, 0.0, reason=output.reason
            )
            counts = output.status is Status.VALID or (sheet is not None and sheet.checked)
            if output.value is not None and counts:
                taken[output.quantity, output.value] += 1
    if sheet is not None and (forged := taken - (sheet.could or sheet.possible)(data)):
        raise FoundFault(f"values that the judge knows from no good frame: {dict(forged)}")


def seeds(protocol: str) -> list[bytes]:
    """Return good frames to begin with."""
    from tests.unit.instruments.sheets import SHEETS, damaged

    sheet = SHEETS.get(protocol)
    if sheet is None:
        return []
    chance = Random(protocol)
    frames = [sheet.before + sheet.frame(chance) * min(sheet.in_a_row, 12) for _ in range(6)]
    return [*frames, *(damaged(each, chance) for each in frames)]


def kept(protocol: str) -> list[Path]:
    """Return the inputs that are kept for a protocol."""
    return sorted((KEPT / protocol.replace(":", "-")).glob("*"))


def fuzz(protocol: str, seconds: int, work: Path) -> int:
    """Fuzz one decoder in a process of its own; return its exit code."""
    corpus = work / protocol.replace(":", "-")
    corpus.mkdir(parents=True)
    inputs = seeds(protocol) + [each.read_bytes() for each in kept(protocol)]
    for number, data in enumerate(inputs):
        (corpus / f"seed-{number}").write_bytes(data[:LONGEST])
    return _child(protocol, f"-max_total_time={seconds}", f"-artifact_prefix={work}/", corpus)


def keep(protocol: str, work: Path) -> None:
    """Keep the smallest set of inputs that reaches as much code as all that were found."""
    name = protocol.replace(":", "-")
    merged = work / f"{name}-merged"
    merged.mkdir()
    if _child(protocol, "-merge=1", merged, work / name):
        raise FoundFault(f"the inputs of {protocol} could not be merged")
    smallest = sorted(merged.iterdir(), key=lambda each: each.stat().st_size)[:MOST_KEPT]
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, path in enumerate(smallest):
        (folder / f"{number:02d}").write_bytes(path.read_bytes())


def _child(protocol: str, *arguments: object) -> int:
    command = [sys.executable, "-m", "tests.fuzz_decoders", "--child", protocol]
    given = [str(each) for each in arguments]
    return subprocess.run(
        [*command, f"-max_len={LONGEST}", "-timeout=10", *given], check=False
    ).returncode


def _be_child(protocol: str, arguments: Sequence[str]) -> None:
    """Fuzz in this process; never returns."""
    import atheris

    with atheris.instrument_imports(include=["appliance.instruments", "appliance.clinical"]):
        from appliance.instruments.protocols import find_protocol

        find_protocol(protocol).decoder()
    # The fuzzer calls itself by this when it merges.
    itself = f"{sys.executable} -m tests.fuzz_decoders --child {protocol}"
    atheris.Setup([itself, *arguments], lambda data: check(protocol, data))
    atheris.Fuzz()


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz every decoder, or those that are named."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["--child"]:
        _be_child(given[1], given[2:])
        return 1
    from appliance.instruments.protocols import PROTOCOLS

    every = [name for name in PROTOCOLS if name not in SAME_DECODER]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600, help="for each protocol")
    parser.add_argument("--protocol", action="append", choices=every, help="all without it")
    parser.add_argument("--keep", action="store_true", help="keep what reaches most code")
    parser.add_argument("--work", type=Path, help="folder for what is found")
    arguments = parser.parse_args(given)
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("atheris is not installed: pip install '.[fuzz]'", file=sys.stderr)
        return 2
    work = arguments.work or Path(tempfile.mkdtemp(prefix="fuzz-"))
    found = []
    for protocol in arguments.protocol or every:
        print(f"== {protocol}: {arguments.seconds} s, in {work}", flush=True)
        with suppress(KeyboardInterrupt):
            if fuzz(protocol, arguments.seconds, work):
                found.append(protocol)
                continue
        if arguments.keep:
            keep(protocol, work)
    print(f"findings: {', '.join(found) or 'none'}; files in {work}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
