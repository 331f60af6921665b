"""How fast each decoder reads its frames.  Measures and keeps; asserts no time.

Run with `bash deploy/test.sh -m bench tests/bench/test_decoder_bench.py -s`.  Raw samples go to
out/bench/.  Where a public Python decoder of the same protocol is installed (extra `bench`), the
same frames go through it and the ratio is told.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from appliance.bench import Samples, figures, machine
from appliance.instruments.protocols import find_protocol
from tests.unit.instruments.sheets import SHEETS

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

OUT = Path(__file__).parents[2] / "out" / "bench"
BYTES = 200_000
CHUNK = 512
ROUNDS = 5


def frames_of(protocol: str) -> list[bytes]:
    """Return good frames in rows, as a device sends them."""
    sheet, chance = SHEETS[protocol], Random(1)
    frames: list[bytes] = []
    size = 0
    while size < BYTES:
        frames += [sheet.frame(chance)] * max(1, sheet.in_a_row)
        size += len(frames[-1]) * max(1, sheet.in_a_row)
    return frames


def seconds(work: Callable[[], None]) -> float:
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def ours(protocol: str, stream: bytes) -> Callable[[], None]:
    def work() -> None:
        decoder = find_protocol(protocol).decoder()
        for start in range(0, len(stream), CHUNK):
            decoder.feed(stream[start : start + CHUNK])
        decoder.finish()

    return work


def theirs(protocol: str, frames: list[bytes]) -> tuple[str, Callable[[], None]] | None:
    """Return a public decoder of whole frames, which do not even have to be found first."""
    try:
        if protocol == "line_nmea":
            parse = importlib.import_module("pynmea2").NMEASentence.parse
            lines = [frame.decode().strip() for frame in frames]
            return "pynmea2", lambda: [parse(line, check=True) for line in lines] and None
        if protocol == "astm_lis01":
            codec = importlib.import_module("astm.codec")
            sessions = [
                [b"\x02" + part for part in frame[1:-1].split(b"\x02")[1:]] for frame in frames
            ]
            return "astm", lambda: [codec.decode(f) for each in sessions for f in each] and None
    except ImportError:
        return None
    return None


@pytest.mark.parametrize("protocol", SHEETS)
def test_throughput(protocol: str) -> None:
    frames = frames_of(protocol)
    stream = b"".join(frames)
    samples: Samples = {"MB/s": [], "frames/s": []}
    for _ in range(ROUNDS):
        taken_s = seconds(ours(protocol, stream))
        samples["MB/s"].append(len(stream) / taken_s / 1e6)
        samples["frames/s"].append(len(frames) / taken_s)
    public = theirs(protocol, frames)
    if public is not None:
        name, work = public
        rate = max(len(frames) / seconds(work) for _ in range(ROUNDS))
        samples[f"times as fast as {name}"] = [max(samples["frames/s"]) / rate]
    OUT.mkdir(parents=True, exist_ok=True)
    facts = {"machine": machine(), "figures": figures(samples), "samples": samples}
    path = OUT / f"decoder-{protocol.replace(':', '-')}.json"
    path.write_text(json.dumps(facts), "utf-8")
    for words, figure in facts["figures"].items():  # type: ignore[attr-defined]
        print(f"{protocol:20} {words:30} {figure}")
