"""An everyday slice of `python -m tests.mutated_frames`."""

import pytest

from tests.mutated_frames import run
from tests.unit.instruments.sheets import SHEETS

SLICE = 500


@pytest.mark.parametrize("protocol", SHEETS)
def test_a_slice_of_mutated_frames_forges_nothing(protocol):
    tally = run(protocol, SLICE, seed=2)
    assert tally.mutated >= SLICE
    assert tally.taken > 0
    assert tally.forged == 0
    if tally.checked:
        assert tally.wrong <= tally.taken // 20  # an eight-bit sum lets one in 256 through
