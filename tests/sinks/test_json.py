"""The bytes that results are written as."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import RunError
from ocpiq.sinks.colors import colors, no_color
from ocpiq.sinks.json import JsonArrayEncoder, JsonStyle, encode_function
from ocpiq.values.blank import Blank

VALUE = {"b": [1, 2.5, {}], "a": {"ü": "😀\x7f", "e": []}, "n": None}

FORMS = {
    "one line": (JsonStyle(), '{"b":[1,2.5,{}],"a":{"ü":"😀\\u007f","e":[]},"n":null}\n'),
    "sorted": (JsonStyle(sort_keys=True), '{"a":{"e":[],"ü":"😀\\u007f"},"b":[1,2.5,{}],"n":null}\n'),
    "ascii": (
        JsonStyle(ascii_only=True),
        '{"b":[1,2.5,{}],"a":{"\\u00fc":"\\ud83d\\ude00\\u007f","e":[]},"n":null}\n',
    ),
    "seq": (JsonStyle(start=b"\x1e"), '\x1e{"b":[1,2.5,{}],"a":{"ü":"😀\\u007f","e":[]},"n":null}\n'),
    "raw": (JsonStyle(raw=True), '{"b":[1,2.5,{}],"a":{"ü":"😀\\u007f","e":[]},"n":null}\n'),
}


@pytest.mark.parametrize(("form", "text"), FORMS.values(), ids=FORMS)
def test_forms_on_one_line(form: JsonStyle, text: str) -> None:
    assert encode_function(form)(VALUE).decode() == text


INDENTED = """\
{
_"b": [
__1,
__2.5,
__{}
_],
_"a": {
__"ü": "😀\\u007f",
__"e": []
_},
_"n": null
}
"""


@pytest.mark.parametrize("indent", ["  ", "\t", " ", "       "])
def test_indented(indent: str) -> None:
    assert encode_function(JsonStyle(indent=indent))(VALUE).decode() == INDENTED.replace("_", indent)


STRINGS = {
    "raw": (JsonStyle(raw=True), "a\nb", b"a\nb\n"),
    "raw, no surrogates": (JsonStyle(raw=True), "a\ud800", "a\ufffd\n".encode()),
    "raw and ascii keeps the quotes, as jq does": (JsonStyle(raw=True, ascii_only=True), "ü", b'"\\u00fc"\n'),
    "joined": (JsonStyle(raw=True, end=b""), "a", b"a"),
    "with NUL": (JsonStyle(raw=True, end=b"\0"), "a\n", b"a\n\0"),
    "a blank": (JsonStyle(), Blank("cdrs", "remark"), b'"#NA"\n'),
    "a raw blank": (JsonStyle(raw=True), Blank("cdrs", "remark"), b"#NA\n"),
    "a formatted blank": (JsonStyle(raw=True), Blank("cdrs", "remark", "<#NA>"), b"<#NA>\n"),
    "seq has no mark before a raw string": (JsonStyle(raw=True, start=b"\x1e"), "a", b"a\n"),
}


@pytest.mark.parametrize(("form", "value", "data"), STRINGS.values(), ids=STRINGS)
def test_strings(form: JsonStyle, value: object, data: bytes) -> None:
    assert encode_function(form)(value) == data


def test_a_string_with_nul_cannot_be_ended_by_nul() -> None:
    with pytest.raises(RunError, match="NUL"):
        encode_function(JsonStyle(raw=True, end=b"\0"))("a\0b")


DEFAULT = colors({})


def test_colors_are_those_of_jq() -> None:
    """The escape sequences of jq 1.8 for `jq -nC '{a: [true, "x"], b: []}'` and `jq -nCc`, written down."""
    value = {"a": [True, "x"], "b": [], "c": None}
    line = (
        encode_function(JsonStyle(colors=DEFAULT))(value).decode().replace("\033[", "<").replace("m", ">", 0)
    )
    assert line == (
        '<1;39m{<0m<34;1m"a"<0m<1;39m:<0m<1;39m[<0m<0;39mtrue<0m<1;39m,<0m<0;32m"x"<0m<1;39m]<0m'
        '<1;39m,<0m<34;1m"b"<0m<1;39m:<0m<1;39m[]<0m<1;39m,<0m<34;1m"c"<0m<1;39m:<0m<0;90mnull<0m<1;39m}<0m\n'
    )


ENVIRONMENTS = {
    "none": ({}, ("0;90", "0;39", "34;1")),
    "some": ({"JQ_COLORS": "4;31:1"}, ("4;31", "1", "34;1")),
    "all and more": ({"JQ_COLORS": "1:2:3:4:5:6:7:8:9"}, ("1", "2", "8")),
    "empty ones count": ({"JQ_COLORS": ":1"}, ("", "1", "34;1")),
    "not colours": ({"JQ_COLORS": "red"}, ("0;90", "0;39", "34;1")),
}


@pytest.mark.parametrize(("environment", "expected"), ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_jq_colors(environment: dict[str, str], expected: tuple[str, str, str]) -> None:
    found = colors(environment)
    assert len(found) == 8
    assert (found[0], found[1], found[7]) == tuple(f"\033[{code}m" for code in expected)


def test_no_color() -> None:
    assert no_color({"NO_COLOR": "1"}) and not no_color({"NO_COLOR": ""}) and not no_color({})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
ANY_FORM = st.builds(
    JsonStyle,
    indent=st.sampled_from(["", " ", "  ", "\t"]),
    sort_keys=st.booleans(),
    ascii_only=st.booleans(),
    colors=st.sampled_from([(), DEFAULT]),
)


@given(JSON, ANY_FORM)
def test_any_form_holds_the_same_value(value: object, form: JsonStyle) -> None:
    text = encode_function(form)(value).decode()
    for escape in {*DEFAULT, "\033[0m"}:
        text = text.replace(escape, "")
    assert json.loads(text) == value
    assert text.isascii() or not form.ascii_only


@given(
    st.lists(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))),
    st.sampled_from(["", "  ", "\t"]),
    st.booleans(),
    st.sets(st.integers(0, 5)),
)
def test_an_array_holds_every_value(
    values: list[object], indent: str, always: bool, flushed: set[int]
) -> None:
    array = JsonArrayEncoder(encode_function(JsonStyle(indent=indent, end=b"")), indent, always=always)
    written = b""
    for number, value in enumerate(values):
        written += array.write(value)
        if number in flushed:
            written += array.flush()
    written += array.end()
    alone = len(values) == 1 and not always and 0 not in flushed
    assert json.loads(written) == (values[0] if alone else values)
