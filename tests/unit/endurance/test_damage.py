"""The faults of a simulated line: seeded, the same for the same bytes, none but those asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_mocks.damage import Damage, DamageRefused, damage_of

BYTES = bytes(range(256)) * 20


def through(damage: Damage, *chunks: bytes, at_s: float = 0.0) -> bytes:
    return b"".join(piece for chunk in chunks for piece in damage.pieces(chunk, at_s))


@given(st.lists(st.integers(1, 300), max_size=20), st.integers(0, 5))
def test_the_same_bytes_suffer_the_same_however_they_are_cut(cuts: list[int], seed: int) -> None:
    def fresh() -> Damage:
        return Damage(drop=0.05, flip=0.05, insert=0.05, duplicate=0.05, seed=seed)

    chunks, rest = [], BYTES
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    assert through(fresh(), *chunks, rest) == through(fresh(), BYTES)


def test_another_seed_is_another_course() -> None:
    assert through(Damage(flip=0.1, seed=1), BYTES) != through(Damage(flip=0.1, seed=2), BYTES)


def test_without_faults_nothing_changes() -> None:
    assert through(Damage(), BYTES) == BYTES


@pytest.mark.parametrize(
    ("damage", "size"),
    [(Damage(drop=1.0), 0), (Damage(insert=1.0), 2), (Damage(duplicate=1.0), 2)],
)
def test_every_byte_can_be_lost_doubled_or_followed(damage: Damage, size: int) -> None:
    assert len(through(damage, BYTES)) == size * len(BYTES)


def test_a_flip_is_of_one_bit() -> None:
    changed = through(Damage(flip=1.0), BYTES)
    assert {(a ^ b).bit_count() for a, b in zip(changed, BYTES, strict=True)} == {1}


def test_seven_bits_with_even_parity() -> None:
    changed = through(Damage(parity=True), BYTES)
    assert all(byte.bit_count() % 2 == 0 for byte in changed)
    assert bytes(byte & 0x7F for byte in changed) == bytes(byte & 0x7F for byte in BYTES)


def test_split_gives_byte_by_byte_and_a_burst_waits() -> None:
    assert Damage(split=True).pieces(b"abc", 0.0) == [b"a", b"b", b"c"]
    damage = Damage(burst=4)
    assert damage.pieces(b"abc", 0.0) == []
    assert damage.pieces(b"de", 0.0) == [b"abcde"]


def test_a_stall_holds_back_and_gives_all_at_once() -> None:
    damage = Damage(stall_s=3.0)
    assert damage.pieces(b"ab", 10.0) == []
    assert damage.pieces(b"c", 12.9) == []
    assert damage.pieces(b"", 13.0) == [b"abc"]
    assert damage.pieces(b"d", 13.1) == [b"d"]


@pytest.mark.parametrize(
    "table",
    [
        {"melt": 1},
        {"drop": 2},
        {"drop": -0.1},
        {"drop": True},
        {"parity": 1},
        {"burst": 1.5},
        {"stall_s": -1},
        {"seed": "x"},
    ],
)
def test_what_is_no_fault_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(DamageRefused):
        damage_of(table)


def test_an_empty_table_mends_the_line() -> None:
    assert damage_of({}) is None
    assert damage_of({"drop": 0.5, "seed": 3}) is not None
