"""The careful way reads what msgspec reads, goes on where it gives up, and looks at nothing that is not wanted."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.json_texts import good_values, listed, object_of, scalars, values
from support.rows import plain

from ocpiq.values.json import fragments, scanner
from ocpiq.values.json.codec import decode
from ocpiq.values.json.reader import BrokenError, parse_bytes
from ocpiq.values.numbers import LARGEST, LiteralNumber


@given(good_values)
def test_decodes_json_as_the_fast_decoder_does(raw: bytes) -> None:
    assert plain(parse_bytes(raw, lenient=True)) == plain(decode(raw))


@given(values)
def test_the_lenient_way_reads_what_the_strict_one_reads(raw: bytes) -> None:
    try:
        strict = parse_bytes(raw)
    except BrokenError as error:
        if "control characters" not in error.problem and "depth" not in error.problem:
            with pytest.raises(BrokenError):
                parse_bytes(raw, lenient=True)
    else:
        assert plain(parse_bytes(raw, lenient=True)) == plain(strict)


@given(st.lists(values, max_size=4))
def test_finds_the_items_that_were_sent(items: list[bytes]) -> None:
    expected = [item.strip(b" \r\n\t") for item in items if item]
    found = scanner.items(listed(items, b" "))
    assert [item for item in found if isinstance(item, bytes)] == [
        item for item in expected if item[:1] != b"["
    ]
    assert len(found) == len(expected)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_finds_the_fields_that_were_sent(sent: dict[str, bytes]) -> None:
    raw = object_of([(msgspec.json.encode(key), value) for key, value in sent.items()], b"\n")
    assert scanner.fields(raw) == {key: value.strip(b" \r\n\t") for key, value in sent.items()}


@given(st.lists(values, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "\u00e9"]), values))
def test_the_fast_way_finds_the_same_slices(items: list[bytes], sent: dict[str, bytes]) -> None:
    raw = object_of([(msgspec.json.encode(key), value) for key, value in sent.items()])
    assert fragments.fields(raw) == scanner.fields(raw)
    assert alike(fragments.items(listed(items)), scanner.items(listed(items)))


def alike(left: object, right: object) -> bool:
    """Compare lists in lists that may be deeper than `==` goes."""
    todo = [(left, right)]
    while todo:
        one, other = todo.pop()
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            todo += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"NaN", math.nan, id="NaN"),
        pytest.param(b"-nan", math.nan, id="-nan"),
        pytest.param(b"Infinity", 1.7976931348623157e308, id="Infinity"),
        pytest.param(b"-1e400", LiteralNumber(-math.inf, "-1E+400"), id="beyond the range"),
        pytest.param(b"1" * 4300, (10**4300 - 1) // 9, id="4,300 digits"),
        pytest.param(b"-" + b"1" * 4301, LiteralNumber(-LARGEST, "-" + "1" * 4301), id="4,301 digits"),
        pytest.param(b"007", 7, id="leading zeros"),
        pytest.param(b"+.5", 0.5, id="no digit before the point"),
        pytest.param(b'"\\ud800"', "\ufffd", id="a lone surrogate"),
        pytest.param(b'"\\ud800\\u0041"', "\ufffdA", id="half a pair"),
        pytest.param(b'"\\ud83d\\ude00"', "\U0001f600", id="a pair"),
        pytest.param(b'"a\xffb"', "a\ufffdb", id="no UTF-8"),
        pytest.param(b'"a\nb"', "a\nb", id="a control character"),
        pytest.param(b'{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}, id="a key twice"),
        pytest.param(b' [ 1 , {"a":[]} ] ', [1, {"a": []}], id="blanks"),
    ],
)
def test_decodes_what_nearly_is_json(raw: bytes, expected: object) -> None:
    assert plain(parse_bytes(raw, lenient=True)) == plain(expected)


NO_VALUES = [
    b"",
    b" ",
    b"tru",
    b"[1,]",
    b"[,1]",
    b'{"a":1,}',
    b'{"a"}',
    b"{1:2}",
    b"[1}",
    b"[1",
    b"1 2",
    b"]",
    b",",
]
NO_VALUES += [
    b'"\\x"',
    b'"',
    b'"\\u12"',
    b"'a'",
    b"0x10",
    b"1e",
    b"- 1",
    b'{"a" "b"}',
    b"nan1",
    b"[1 2]",
    b"{]",
]
NO_OBJECTS = [
    b'{"a":1',
    b'{"a:1}',
    b'{"a":1}}',
    b'{"a":1} x',
    b'{"a" 1}',
    b"{1:2}",
    b"[]",
    b"5",
    b"",
    b'{"a":"',
]


@pytest.mark.parametrize("raw", NO_VALUES)
def test_what_is_no_value_is_broken(raw: bytes) -> None:
    with pytest.raises(BrokenError):
        parse_bytes(raw, lenient=True)


@pytest.mark.parametrize("raw", NO_OBJECTS)
def test_what_is_no_object_has_no_fields(raw: bytes) -> None:
    with pytest.raises(BrokenError):
        scanner.fields(raw)
    with pytest.raises(BrokenError):
        fragments.fields(raw)


def test_depth_is_no_matter() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    raw = b'{"a":' + deep + b',"b":1}'
    assert scanner.fields(raw) == fragments.fields(raw) == {"a": deep, "b": b"1"}
    value, depth = parse_bytes(deep, lenient=True), 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    assert depth == 99_999


@given(values)
def test_an_error_says_nothing_of_the_value(raw: bytes) -> None:
    try:
        fragments.value(raw)
    except BrokenError as error:
        assert str(error) == "not JSON"
        assert error.__context__ is None or not getattr(error.__context__, "object", None)


@given(scalars, st.integers(0, 40))
def test_keys_are_found_in_what_is_cut_off(value: bytes, length: int) -> None:
    raw = object_of([(b'"data"', value), (b'"x"', b'{"inner":1}'), (b'"status"', b"1")])
    found = list(scanner.keys(raw[:length]))
    assert found == ["data", "x", "status"][: len(found)]
    assert list(scanner.keys(raw)) == ["data", "x", "status"] or value in (b"", b"1 2")
