"""One field per line: names, texts, wrapping."""

from __future__ import annotations

import pytest

from ocpiq.sinks.cells import CellTexts
from ocpiq.sinks.lines import FieldLines
from ocpiq.values.blank import BLANK
from ocpiq.values.types import Value

TEXTS = CellTexts(visible=True)
RULE = "─[ 1 ]" + "─" * 34 + "\n"


def lines_of(*values: Value, width: int | None = None, sort_keys: bool = False) -> str:
    encoder = FieldLines(TEXTS, width, sort_keys=sort_keys)
    return b"".join([*map(encoder.write, values), encoder.flush(), encoder.end()]).decode()


RESULTS: dict[str, tuple[Value, str]] = {
    "an object": ({"a": 1, "long": "x"}, "a     1\nlong  x\n"),
    "objects in it": ({"a": {"b": 1, "c": {"d": None}}}, "a.b    1\na.c.d\n"),
    "an array": ({"a": [1, {"b": BLANK}]}, 'a  [1,{"b":"#NA"}]\n'),
    "an empty object in it": ({"a": {}}, "a  {}\n"),
    "an empty object": ({}, ""),
    "a string": ("x", "value  x\n"),
    "an array alone": ([1, 2], "value  [1,2]\n"),
    "a blank": ({"a": BLANK}, "a  #NA\n"),
    "controls": ({"a\n": "b\x1b[2J\nc"}, "a\\n  b\\u001b[2J\\nc\n"),
    "wide characters": ({"日本": 1, "abc": 2}, "日本  1\nabc   2\n"),
}


@pytest.mark.parametrize(("value", "text"), RESULTS.values(), ids=RESULTS)
def test_results(value: Value, text: str) -> None:
    assert lines_of(value) == RULE + text


def test_results_are_numbered_and_names_stay_aligned() -> None:
    text = lines_of({"long": 1}, {"a": 2}, {"longer": 3})
    assert [line for line in text.splitlines() if not line.startswith("─")] == [
        "long  1",
        "a     2",
        "longer  3",
    ]
    assert [line[:6] for line in text.splitlines() if line.startswith("─")] == ["─[ 1 ]", "─[ 2 ]", "─[ 3 ]"]


def test_keys_are_sorted_on_request() -> None:
    assert lines_of({"b": {"z": 1, "y": 2}, "a": 3}, sort_keys=True) == RULE + "a    3\nb.y  2\nb.z  1\n"


def test_a_long_text_is_wrapped_beside_the_names() -> None:
    text = lines_of({"ab": "one two three four five six seven"}, width=30)
    assert text == f"─[ 1 ]{'─' * 24}\nab  one two three four five\n    six seven\n"


@pytest.mark.parametrize("item", ["x" * 100, "日本" * 30, "a b " * 30])
def test_no_line_is_wider_than_the_terminal(item: str) -> None:
    from ocpiq.values.terminal import text_width

    text = lines_of({"name": item}, width=40)
    assert max(map(text_width, text.splitlines())) <= 40
    body = text.splitlines()[1:]
    assert "".join(line[6:] for line in body).replace(" ", "") == item.replace(" ", "")


def test_on_a_terminal_too_narrow_nothing_is_wrapped() -> None:
    assert lines_of({"a" * 30: "one two three four five"}, width=40).count("\n") == 2
