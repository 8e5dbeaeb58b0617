"""Which objects came before: a set of keys that forgets nothing up to its room, in 16 bytes a key at most."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.ocpi.pull.dedup import SeenKeys

KEYS = st.integers(0, 60).map(lambda number: hash(f"object {number}"))


def key(number: int) -> int:
    return hash(f"object {number}")


@given(st.lists(st.lists(KEYS, max_size=40), max_size=8))
def test_repeats_are_the_same_as_those_of_a_set(pages):
    found, seen = SeenKeys(), set()
    for page in pages:
        expected = []
        for place, key in enumerate(page):
            if key in seen:
                expected.append(place)
            seen.add(key)
        assert found.repeats(page) == expected
    assert found.exact


def test_many_keys_are_all_remembered_in_16_bytes_each():
    chance = random.Random(1)
    pages = [[chance.randrange(-(2**63), 2**63) for _ in range(500)] for _ in range(40)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    seen = SeenKeys()
    assert all(seen.repeats(page) == [] for page in pages)
    memory = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert memory / 20_000 <= 16
    assert all(seen.repeats(page) == list(range(500)) for page in pages)


@pytest.mark.parametrize("room", [2, 10, 100])
def test_beyond_its_room_the_latest_are_remembered(room):
    seen = SeenKeys(room)
    for number in range(room):
        assert seen.repeats([key(number)]) == []
        assert seen.exact
    for number in range(room, room * 3):
        assert seen.repeats([key(number)]) == []
        assert seen.repeats([key(number), key(number - room // 2 + 1)]) == [0, 1]
    assert not seen.exact
    assert seen.repeats([key(0)]) == []
