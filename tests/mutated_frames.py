"""Mutated frames by the million: `python -m tests.mutated_frames --frames 10000000`.

Every protocol gets the same share of frames that something happened to, between good ones.
Judged by checks that share nothing with the decoders (tests/unit/instruments/sheets.py): for
protocols with a check no value may come from a frame that fails it; for those without one the
share of wrong values that counted is measured.  The same seed gives the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from random import Random

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import Decoded, Output
from appliance.instruments.protocols import find_protocol
from tests.unit.instruments.sheets import SHEETS, Sheet, damaged

BATCH = 50
"""Mutated frames in one stream."""


@dataclass
class Tally:
    """What came of one protocol.

    mutated, good: frames sent.  taken: values that counted.  forged: values that the judge
    knows from no good frame; must be 0.  wrong: values that counted and that nobody sent.
    """

    protocol: str
    checked: bool
    mutated: int = 0
    good: int = 0
    taken: int = 0
    forged: int = 0
    wrong: int = 0
    seconds: float = 0.0


def run(protocol: str, frames: int, seed: int) -> Tally:
    """Send so many mutated frames of one protocol to its decoder."""
    sheet = SHEETS[protocol]
    tally = Tally(protocol, sheet.checked)
    began_s = time.monotonic()
    batch = 0
    while tally.mutated < frames:
        batch += 1
        _run_batch(sheet, Random(f"{protocol} {seed} {batch}"), tally)
    tally.seconds = time.monotonic() - began_s
    return tally


def _run_batch(sheet: Sheet, chance: Random, tally: Tally) -> None:
    stream, sent = _stream(sheet, chance, tally)
    decoder = find_protocol(sheet.protocol).decoder()
    outputs: list[Output] = []
    for start in range(0, len(stream), 512):
        outputs += decoder.feed(stream[start : start + 512])
    outputs += decoder.finish()
    taken = Counter(
        (output.quantity, float(output.value))
        for output in outputs
        if isinstance(output, Decoded)
        and output.value is not None
        and (sheet.checked or output.status is Status.VALID)
    )
    tally.taken += taken.total()
    tally.forged += (taken - sheet.possible(stream)).total()
    tally.wrong += sum(times for said, times in taken.items() if said not in sent)


def _stream(sheet: Sheet, chance: Random, tally: Tally) -> tuple[bytes, set[tuple[str, float]]]:
    """Return a stream of good and mutated frames, and the values of all that were sent."""
    pieces, sent = [], set()
    row = sheet.in_a_row + 2 if sheet.in_a_row < 10 else 2 * sheet.in_a_row
    mutated = 0
    while mutated < BATCH:
        frame = sheet.frame(chance)
        sent |= set(sheet.possible(frame * sheet.in_a_row))
        pieces.append(sheet.before)
        for _ in range(row):
            if chance.random() < (0.7 if sheet.checked else 0.3):
                pieces.append(damaged(frame, chance))
                mutated += 1
            else:
                pieces.append(frame)
                tally.good += 1
        if chance.random() < 0.1:
            pieces.append(chance.randbytes(chance.randint(1, 40)))
    tally.mutated += mutated
    return b"".join(pieces), sent


def main(argv: list[str] | None = None) -> int:
    """Run all protocols; 1 when any value was forged."""
    parser = argparse.ArgumentParser(prog="tests.mutated_frames", description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000, help="mutated ones, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--protocol", action="append", choices=SHEETS, help="only these")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args(argv)
    protocols = said.protocol or list(SHEETS)
    share = -(-said.frames // len(protocols))
    with ProcessPoolExecutor(said.processes) as pool:
        runs = [pool.submit(run, protocol, share, said.seed) for protocol in protocols]
        tallies = []
        for each in runs:
            tallies.append(each.result())
            words = json.dumps(asdict(tallies[-1])) if said.json else _words(tallies[-1])
            print(words, flush=True)
    forged = sum(tally.forged for tally in tallies)
    print(f"{sum(t.mutated for t in tallies)} mutated frames, {forged} values forged")
    return int(forged > 0)


def _words(tally: Tally) -> str:
    rate = f"{tally.wrong / tally.mutated * 1e6:9.2f} wrong in a million" if tally.mutated else ""
    return (
        f"{tally.protocol:20} {'check' if tally.checked else 'none ':5} {tally.mutated:9} mutated "
        f"{tally.good:9} good {tally.taken:9} values {tally.forged:3} forged {tally.wrong:5} wrong"
        f" {rate} {tally.seconds:7.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
