"""The remembered objects: what is staged is looked up, merged, forgotten and counted as in a dict, in little room."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.delivery import seen_set
from ocpiq.delivery.increment import Comparison
from ocpiq.delivery.seen_set import NOTHING, SCHEMA, SeenSet, Totals
from ocpiq.gate.keys import cipher

SECRET = bytes(range(32))
PERIODS = st.sampled_from([0, 3])


def key_of(number: int) -> bytes:
    return blake2b(b"%d" % number, digest_size=10).digest()


def hash_of(row: int, number: int) -> bytes:
    return blake2b(b"%d %d" % (row, number), digest_size=8).digest()


def name_of(number: int) -> bytes:
    return b"NL\0ABC\0\xc3\xa9%d" % number


@pytest.fixture(scope="module", autouse=True)
def small_leaves() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("MOST_ENTRIES", 8), ("FILL", 5), ("BATCH", 7), ("CACHED_LEAVES", 2)):
            patch.setattr(sys.modules["ocpiq.delivery.seen_set"], name, size)
        yield


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    return connection


def stage(connection: sqlite3.Connection, period: int, rows: dict[int, int]) -> SeenSet:
    """Stage rows, of which a negative one is gone."""
    seen = SeenSet(connection, SECRET, period)
    seen.stage(
        [
            (key, hash_of(row, number) if row >= 0 else None, cipher(SECRET, key, name_of(number)))  # type: ignore[misc]
            for number, row in rows.items()
            for key in [key_of(number)]
        ]
    )
    return seen


@given(st.lists(st.tuples(PERIODS, st.dictionaries(st.integers(0, 60), st.integers(-1, 3), max_size=40))))
def test_a_set_is_what_was_committed(runs: list[tuple[int, dict[int, int]]]) -> None:
    expected: dict[int, dict[int, int]] = {0: {}, 3: {}}
    totals = NOTHING
    with closing(database()) as connection:
        for period, rows in runs:
            seen = stage(connection, period, rows)
            known = expected[period] | rows
            found = seen.stored([key_of(number) for number in range(61)])
            assert found == {
                key_of(number): hash_of(row, number) if row >= 0 else None for number, row in known.items()
            }
            totals = seen_set.apply_staged(connection, SECRET, totals)
            expected[period] = {number: row for number, row in known.items() if row >= 0}
            assert totals == seen_set.totals_in(connection)
            assert totals.objects == sum(map(len, expected.values()))
        for period, rows in expected.items():
            seen = SeenSet(connection, SECRET, period)
            found = seen.stored([key_of(number) for number in range(61)])
            assert found == {key_of(number): hash_of(row, number) for number, row in rows.items()}
            here = [hash_of(row, number) for number, row in rows.items() if number % 2]
            comparison = Comparison(seen)
            assert comparison.unknown([*here, hash_of(9, 9)]) == [len(here)]
            gone = sorted(name_of(number) for number in rows if not number % 2)
            assert sorted(comparison.gone()) == gone
        seen_set.discard_staged(connection)
        rest = seen_set.forget(connection, 3, totals)
        assert rest == seen_set.totals_in(connection)
        assert rest.objects == len(expected[0])


def test_an_object_that_changed_is_not_gone() -> None:
    with closing(database()) as connection:
        stage(connection, 0, {1: 1, 2: 1})
        seen_set.apply_staged(connection, SECRET, NOTHING)
        comparison = Comparison(SeenSet(connection, SECRET))
        assert comparison.unknown([hash_of(2, 1)]) == [0]
        stage(connection, 0, {1: 2})
        assert comparison.gone() == [name_of(2)]


@pytest.mark.parametrize(
    ("name", "most"), [("C%012d", 26), ("NL\0ABC\0%d", 26), ("uuid", 42)], ids=["serial", "owned", "UUID"]
)
def test_an_object_takes_few_bytes(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for constant, size in (("MOST_ENTRIES", 512), ("FILL", 384), ("BATCH", 2000)):
        monkeypatch.setattr(seen_set, constant, size)
    count, totals = 20_000, Totals(0, 0)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("pragma page_size = 1024")
        connection.executescript(SCHEMA)
        seen = SeenSet(connection, SECRET)
        for start in (0, count // 2):  # the second run splits the leaves of the first
            for number in range(start, start + count // 2):
                key = key_of(number)
                uuid = str(UUID(bytes=blake2b(key, digest_size=16).digest()))
                text = (uuid if name == "uuid" else name % number).encode()
                seen.stage([(key, hash_of(0, number), cipher(SECRET, key, text))])
            totals = seen_set.apply_staged(connection, SECRET, totals)
        connection.commit()
        connection.execute("vacuum")
        (pages,) = connection.execute("pragma page_count").fetchone()
    assert totals.objects == count
    assert pages * 1024 / count < most
