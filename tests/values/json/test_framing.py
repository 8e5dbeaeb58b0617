"""Streams of JSON texts, however they are laid out and cut into blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import thread_time

import jq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import InputError
from ocpiq.values.json.codec import to_json
from ocpiq.values.json.framing import Texts, values

STREAMS = {
    "nothing": (b"", []),
    "white space": (b" \n\t\r\n ", []),
    "a value a line": (b'{"a":1}\n2\n"x"\n', [{"a": 1}, 2, "x"]),
    "no newline at the end": (b"1\n2", [1, 2]),
    "empty lines": (b"\n1\n\n \n2\n\n", [1, 2]),
    "carriage returns": (b"1\r\n[2]\r\n", [1, [2]]),
    "several on a line": (b'1 2 [3]{"a":4}"x"\n5\n', [1, 2, [3], {"a": 4}, "x", 5]),
    "without space": (b'1[2]"x"3{}null', [1, [2], "x", 3, {}, None]),
    "over lines": (b'{\n "a": [\n1\n]\n}\n[\n]\n2', [{"a": [1]}, [], 2]),
    "over lines, not indented": (b'{\n"a":\n{\n"b":1\n}\n}\n7', [{"a": {"b": 1}}, 7]),
    "brackets in strings": (b'{"a":\n"}]\\"{"} ["["]\n', [{"a": '}]"{'}, ["["]]),
    "a byte order mark": (b"\xef\xbb\xbf1\n2", [1, 2]),
    "no utf-8": (b'"\xff"\n"a"\n', ["\ufffd", "a"]),
    "what only jq takes": (b"01\n.5\n+1\n", [1, 0.5, 1]),
}


def read(data: bytes, block: int = 1 << 18) -> list[object]:
    return list(values(Texts(blocks(data, block))))


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(("data", "expected"), STREAMS.values(), ids=STREAMS)
def test_values(data: bytes, expected: list[object], block: int) -> None:
    assert read(data, block) == expected


BAD = {
    "a word": (b"1\nx\n2\n", [1], "Invalid numeric literal at line 3, column 0"),
    "a word on a line": (b"1 x 2\n", [1], "Invalid numeric literal at line 1, column 4"),
    "a loose comma": (b"1\n2, 3\n", [1, 2], "Expected value before ',' at line 2, column 2"),
    "an unmatched bracket": (b'{"a":1}\n]\n', [{"a": 1}], "Unmatched ']' at line 2, column 1"),
    "an unfinished object": (b'1\n{"a":\n', [1], "Unfinished JSON term at EOF at line 3, column 0"),
    "an unfinished string": (b'1 "a\n', [1], "Unfinished string at EOF at line 2, column 0"),
    "inside, on a later line": (
        b"[1,\n2,\n 3 4]",
        [],
        "Expected separator between values at line 3, column 5",
    ),
    "inside, later on the line": (b"1 [2 3]", [1], "Expected separator between values at line 1, column 7"),
}


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize(("data", "before", "message"), BAD.values(), ids=BAD)
def test_what_is_no_json_ends_the_stream_at_its_place(
    data: bytes, before: list[object], message: str, block: int
) -> None:
    found = values(Texts(blocks(data, block)))
    assert [next(found) for _ in before] == before
    with pytest.raises(InputError) as caught:
        next(found)
    assert caught.value.value == message
    assert caught.value.exit_code == 5


BAD_THIRD = "Invalid literal at line 3, column 4"
BROKEN = {
    "the next line": (b'"a\\u263"\n"def"\n', ["Invalid \\uXXXX escape at line 1, column 8", "def"]),
    "what is left of the line is lost": (
        b"[1 2] 3\n4",
        ["Expected separator between values at line 1, column 5", 4],
    ),
    "an error that the line break shows": (b"tru\n1", ["Invalid literal at line 2, column 0", 1]),
    "a bracket that is open": (b"[1 x\n2\n", ["Invalid numeric literal at line 2, column 0", 2]),
    "an end that is missing": (b'1\n{"a":\n', [1, "Unfinished JSON term at EOF at line 3, column 0"]),
    "one after the other": (
        b"tru \n1 2\ntru \n3",
        ["Invalid literal at line 1, column 4", 1, 2, BAD_THIRD, 3],
    ),
}


@pytest.mark.parametrize("block", [1, 3, 1000])
@pytest.mark.parametrize(("data", "expected"), BROKEN.values(), ids=BROKEN)
def test_after_an_error_the_next_line_follows(data: bytes, expected: list[object], block: int) -> None:
    texts = Texts(blocks(data, block))
    found: list[object] = []
    while len(found) < len(expected):
        try:
            found += values(texts)
        except InputError as error:
            found.append(error.value)
    assert found == expected and list(values(texts)) == []


def seconds_for(errors: int) -> float:
    """Return the processor time of reading, which other processes do not add to."""
    texts = Texts(blocks(b"[1 x\n" * errors + b"7", 1 << 18))
    failures = 0
    begin = thread_time()
    while True:
        try:
            assert next(values(texts)) == 7
        except InputError:
            failures += 1
        else:
            assert failures == errors
            return thread_time() - begin


def test_time_grows_with_the_errors_not_with_their_square() -> None:
    few, many = (min(seconds_for(errors) for _ in range(5)) for errors in (4000, 32000))
    assert many / few < 24  # eight times as many; their square would be 64


def test_lines_are_counted() -> None:
    texts = Texts(iter([b"1\n\n[2,\n3]\n4 5\n6"]))
    assert [(value, texts.line) for value in values(texts)] == [(1, 1), ([2, 3], 4), (4, 4), (5, 5), (6, 6)]


def test_a_value_is_given_before_the_next_block_is_asked_for() -> None:
    def slow() -> Iterator[bytes]:
        yield b"1\n2\n"
        raise AssertionError("read too far")

    assert [value for _, value in zip(range(2), values(Texts(slow())), strict=False)] == [1, 2]


def test_a_long_value_is_read_in_few_steps() -> None:
    asked = 0

    def pieces() -> Iterator[bytes]:
        nonlocal asked
        for _ in range(4000):
            asked += 1
            yield b'"' + b"x" * 1000 + b'",' if asked > 1 else b"[ "
        yield b"1]"

    [value] = values(Texts(pieces()))
    assert isinstance(value, list) and len(value) == 4000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
LAYOUTS = st.sampled_from([None, 0, 1, 2, "\t"])
GAPS = st.sampled_from([" ", "\n", "\n\n", " \r\n\t "])


@given(st.lists(st.tuples(JSON, LAYOUTS, GAPS), max_size=6), st.integers(1, 40), st.booleans())
def test_any_values_in_any_layout_cut_anywhere(
    parts: list[tuple[object, object, str]], size: int, ascii_only: bool
) -> None:
    text = "".join(json.dumps(v, indent=i, ensure_ascii=ascii_only) + gap for v, i, gap in parts)  # type: ignore[arg-type]
    assert read(text.encode(), size) == [value for value, _, _ in parts]


@given(st.text(alphabet='[]{}",:1a\\ \n', max_size=25), st.integers(1, 10))
def test_any_text_gives_what_jq_gives(text: str, size: int) -> None:
    found = values(Texts(blocks(text.encode(), size)))
    theirs = iter(jq.compile("tojson").input_text(text))
    while True:
        try:
            expected = next(theirs, None)
        except ValueError:
            with pytest.raises(InputError):
                list(found)
            return
        if expected is None:
            assert list(found) == []
            return
        assert to_json(next(found)) == expected
