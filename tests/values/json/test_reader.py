"""JSON as jq's own parser reads it, with its messages."""

from __future__ import annotations

import math
import sys

import jq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocpiq.errors import InputError
from ocpiq.values.json.codec import decode, to_json
from ocpiq.values.json.reader import parse


def theirs(text: str) -> tuple[str, str]:
    try:
        values = jq.compile("[.] | tojson").input_text(text).all()
    except ValueError as error:
        return ("error", str(error).removeprefix("parse error: "))
    return ("value", values[0]) if len(values) == 1 else ("values", "")


def ours(text: str) -> tuple[str, str]:
    try:
        return ("value", to_json([parse(text.encode())]))
    except InputError as error:
        return ("error", str(error.value))


SAME = [
    "01",
    ".5",
    "+1",
    "Infinity",
    "-Infinity",
    "inf",
    "nan",
    "NaN",
    "-nan",
    "[nan]",
    "nan1",
    "NaN1",
    "truefalse",
    "tru",
    "nul",
    "nulll",
    "x",
    "'a'",
    "1e",
    "--1",
    "1-2",
    "1.2.3",
    "0x10",
    "1_0",
    "[1,]",
    "[1",
    "[}",
    "]",
    ",",
    ":",
    "[,1]",
    "[1:2]",
    '{"a":1,}',
    "{a:1}",
    '{"a"',
    "{1:2}",
    '{"a":}',
    "{:1}",
    '{"a",1}',
    '{"a":1:2}',
    "{'a':123}",
    '{"a":1,"a":2}',
    '"\\ud83d\\ude00"',
    '"\\udc00x"',
    '"\\x"',
    '"abc',
    '"\\u00"',
    '"\\u00g0"',
    '"\\',
    "[tru]",
    '["é",x]',
    '["é","é"}',
    "[1 2]",
    '["a" "b"]',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '"a\nb"',
    '"\t"',
    "x\n",
    "[1,\n x\n]",
    '{"a":1\n\n,}',
    "\x0c1",
]


@pytest.mark.parametrize("text", SAME)
def test_reads_or_refuses_as_jq_does(text: str) -> None:
    assert ours(text) == theirs(text)


DIFFERENT = {
    "a lone surrogate is not an error": ('"a\\ud800"', "a\ufffd"),
    "half a pair is not an error": ('"\\ud83d\\u0041"', "\ufffdA"),
    "beyond a double": ("1e400", math.inf),
    "far below zero": ("-1e400", -math.inf),
    "an integer over 64 bits is exact": ("123456789012345678901234567890", 123456789012345678901234567890),
    "an integer of 4,300 digits is exact": ("1" + "0" * 4299, 10**4299),
    "a longer one counts as the largest double": ("-1" + "0" * 4300, -sys.float_info.max),
    "zeros at the start are no digits": ("0" * 5000 + "7", 7),
}


@pytest.mark.parametrize(("text", "value"), DIFFERENT.values(), ids=DIFFERENT)
def test_reads_what_jq_loses_or_refuses(text: str, value: object) -> None:
    assert decode(text.encode()) == value


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    assert decode(b'{"a\xff":"\xc3"}') == {"a\ufffd": "\ufffd"}


def test_ten_thousand_levels_and_not_one_more() -> None:
    assert to_json(parse(b"[" * 10_000 + b"]" * 10_000)) == "[" * 10_000 + "]" * 10_000
    with pytest.raises(InputError, match="Exceeds depth limit for parsing at line 1, column 10001"):
        parse(b"[" * 10_001)


TOKENS = st.sampled_from(
    ["[", "]", "{", "}", ",", ":", '"a"', '"b"', "1", "-2.5", "null", "x", " ", "\n", '"']
)


@given(st.lists(TOKENS, max_size=12).map("".join))
@example('{"a":[1,{"b":[]}]}')
def test_any_token_soup_has_the_fate_that_jq_gives_it(text: str) -> None:
    kind, value = theirs(text)
    if kind == "value":
        assert ours(text) == (kind, value)
    elif ours(text)[0] == "value":
        assert value.endswith("EOF") or not text.strip() or kind == "values"


@given(st.binary(max_size=20))
def test_any_bytes_are_a_value_or_one_clear_error(data: bytes) -> None:
    try:
        decode(data)
    except InputError as error:
        assert "at line" in error.message or "at EOF at line" in error.message
