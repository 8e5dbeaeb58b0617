"""Streaming events: those of jq's `tostream`, however a text is cut, before it is whole, in constant memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from itertools import islice

import jq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import InputError
from ocpiq.values.json.framing import Texts, events

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(data: bytes, size: int = 1 << 17, *, errors: bool = False) -> tuple[list[object], str]:
    """Return the events of `data`, and what is wrong with it."""
    found: list[object] = []
    try:
        for event in events(Texts(blocks(data, size)), errors=errors):
            found.append(event)
    except InputError as error:
        return found, error.message
    return found, ""


@given(st.lists(JSON, max_size=3), st.integers(1, 9))
def test_any_values_give_the_events_of_tostream(values: list[object], size: int) -> None:
    text = " ".join(map(json.dumps, values))
    expected = jq.compile("tostream").input_text(text).all() if values else []
    assert read(text.encode(), size) == (expected, "")


@given(JSON, st.integers(0, 60), st.integers(1, 9))
def test_a_cut_text_gives_what_was_complete(value: object, cut: int, size: int) -> None:
    text = json.dumps([value, 1]).encode()
    found, problem = read(text[:cut], size)
    assert found == read(text)[0][: len(found)]
    assert bool(problem) == (0 < cut < len(text))


BAD = {
    "a cut number may go on": (
        b"[1,[2,3",
        [[[0], 1], [[1, 0], 2]],
        "Unfinished JSON term at EOF at line 1, column 7",
    ),
    "a word": (b"[1,x]", [[[0], 1]], "Invalid numeric literal at line 1, column 5"),
    "a closed text before": (b"[1]\n]", [[[0], 1], [[0]]], "Unmatched ']' at line 2, column 1"),
    "a loose comma": (b"[1,]", [[[0], 1]], "Expected another array element at line 1, column 4"),
    "no value": (b'{"a":}', [], "Unmatched '}' at line 1, column 6"),
    "no key": (b'{"a":1,2}', [[["a"], 1]], "Objects must consist of key:value pairs at line 1, column 9"),
}


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(("data", "found", "problem"), BAD.values(), ids=BAD)
def test_what_is_not_json(data: bytes, found: list[object], problem: str, size: int) -> None:
    assert read(data, size) == (found, problem)


def test_a_key_that_is_sent_twice_is_two_events() -> None:
    assert read(b'{"a":1,"a":2}')[0] == [[["a"], 1], [["a"], 2], [["a"]]]


def test_errors_as_events_tell_where_they_are_and_the_next_line_follows() -> None:
    found, problem = read(b'["a",n, 7]\n{"b":{"c":tru }}\n[2]', errors=True)
    assert problem == ""
    assert found == [
        [[0], "a"],
        ["Invalid numeric literal at line 1, column 7", [1]],
        ["Invalid literal at line 2, column 14", ["b", "c"]],
        [[0], 2],
        [[0]],
    ]


def test_the_first_event_comes_with_the_first_block_and_memory_stays_small() -> None:
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        yield b"[0"
        while True:
            asked += 1
            yield b',{"i":"' + b"x" * 1000 + b'"}' * 1

    found = events(Texts(endless()))
    assert next(found) == [[0], 0] and asked <= 2
    tracemalloc.start()
    for _ in islice(found, 20_000):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert asked > 9_000 and peak < 1_000_000
