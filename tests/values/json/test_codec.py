"""JSON text as jq 1.8 writes it."""

from __future__ import annotations

import json
import math

import jq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import decode, encode, encode_read, excerpt, number_text, to_json, tostring
from ocpiq.values.json.writer import Style, write

NUMBERS = {
    "integer": (1, "1"),
    "negative": (-17, "-17"),
    "as read": (95.0, "95.0"),
    "shortest digits": (0.1 + 0.2, "0.30000000000000004"),
    "small, plain": (0.0001, "0.0001"),
    "small, exponent": (1e-05, "1e-05"),
    "small, fraction": (1.5e-07, "1.5e-07"),
    "smallest": (5e-324, "5e-324"),
    "large, plain": (1.5e16, "15000000000000000"),
    "large, exponent": (1e17, "1e+17"),
    "large, many digits": (1234567890123456789.0, "1234567890123456800"),
    "infinity": (math.inf, "1.7976931348623157e+308"),
    "minus infinity": (-math.inf, "-1.7976931348623157e+308"),
    "not a number": (math.nan, "null"),
    "over 64 bits": (10**30, "1" + "0" * 30),
    "longer than Python converts": (10**5000, "1" + "0" * 5000),
}


@pytest.mark.parametrize(("number", "text"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_have_one_form_everywhere(number: float, text: str) -> None:
    assert number_text(number) == text
    assert to_json(number) == text
    assert to_json([number, {"a": number, "b": None}]) == f'[{text},{{"a":{text},"b":null}}]'


@given(st.floats(allow_nan=False).filter(lambda x: not (x.is_integer() and abs(x) < 1e17)))
def test_a_computed_fraction_has_the_form_of_jq(number: float) -> None:
    [theirs] = jq.compile("(. + 0) | tojson").input_value(number).all()
    assert to_json(number) == theirs


DIGITS = st.text("0123456789", min_size=1, max_size=25)
EXPONENT = st.sampled_from(["", "e5", "E-7", "e-5", "e+16", "e400", "E-400", "e9999999999", "e-9999999999"])
READ = st.builds("{}{}.{}{}".format, st.sampled_from(["", "-"]), st.integers(0, 10**18), DIGITS, EXPONENT)
ODD = [
    "-0",
    "-0.0",
    "0.00001",
    "1e-5",
    "1e16",
    "1E17",
    "-1e999999999999",
    "Infinity",
    "-Infinity",
    "nan",
    "1.",
    "-.5",
]


@given(st.lists(st.one_of(READ, st.sampled_from(ODD)), max_size=3))
def test_a_number_that_was_read_has_one_form(texts: list[str]) -> None:
    for text in (*texts, "[" + ",".join([*texts, "null"]) + "]"):
        value = decode(text.encode())
        assert encode_read(value) == encode(value)


TEXTS = {
    "control characters": ("\x00\x01\t\n\x1f\x7f", r'"\u0000\u0001\t\n\u001f\u007f"'),
    "a lone surrogate": ("a\ud800b", '"a\ufffdb"'),
    "quotes, not slashes": ('"\\/', r'"\"\\/"'),
    "beyond the first plane": ("😀", '"😀"'),
    "like an odd number": (": 1e-7, 0.00001", '": 1e-7, 0.00001"'),
}


@pytest.mark.parametrize(("value", "text"), TEXTS.values(), ids=TEXTS)
def test_strings(value: str, text: str) -> None:
    assert to_json(value) == text
    assert to_json({value: [value]}) == f"{{{text}:[{text}]}}"
    assert write({value: [value]}) == f"{{{text}:[{text}]}}"


def test_a_blank_is_written_as_its_text_at_any_depth() -> None:
    blank = Blank("sessions", "kwh")
    assert to_json(blank) == '"#NA"'
    assert to_json({"kwh": blank, "all": [blank.formatted("<#NA>")]}) == '{"kwh":"#NA","all":["<#NA>"]}'
    assert tostring(blank) == "#NA"


def test_depth_is_no_limit() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert encode(value) == b"[" * 100_001 + b"]" * 100_001


def test_tostring_leaves_strings_alone() -> None:
    assert [tostring(value) for value in ("a", 1, None, {"b": [True]})] == ["a", "1", "null", '{"b":[true]}']


LONG = {
    "just fits": "a" * 27,
    "a string": "a" * 28,
    "two bytes each": "é" * 40,
    "four bytes each": "a" + "😀" * 40,
    "an array": list(range(50)),
    "an object": {str(number): number for number in range(50)},
}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
def test_excerpts_are_cut_where_jq_cuts_them(value: object) -> None:
    [message] = jq.compile("try (true + .) catch .").input_value(value).all()
    theirs = message.split(" and ", 1)[1].split(" (", 1)[1].removesuffix(") cannot be added")
    assert theirs == excerpt(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_the_careful_writer_and_the_fast_one_write_the_same(value: object) -> None:
    assert write(value) == to_json(value)


@given(JSON)
def test_what_is_written_reads_back(value: object) -> None:
    again = json.loads(to_json(value))
    assert to_json(again) == to_json(value)


@given(JSON)
def test_layout_changes_only_white_space_and_order(value: object) -> None:
    laid_out = write(value, Style(indent="   ", sort_keys=True))
    assert json.loads(laid_out) == json.loads(write(value))
    assert all(len(line) % 3 == len(line.lstrip()) % 3 for line in laid_out.split("\n"))
