"""The text in colours, the mistake marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import Span
from ocpiq.prompt.field_states import STATES
from ocpiq.prompt.highlight import highlight, mark_error
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.prompt.validator import validate
from ocpiq.schema import modules

MODULES = ("sessions", "cdrs")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("sessions pass kwh", ["module", "keyword", "passed"]),
        ("pass | limit(1; .)", ["function", "", "keyword", "", "number", "", "", ""]),
        ("sessions | limit 1", ["module", "", "keyword", "number"]),
        ('"a \\(.b) c"', ["string", "string", "", "field", "", "string", "string"]),
        ("$x as $y", ["variable", "keyword", "variable"]),
        ("@csv # note", ["format", "comment"]),
        ("1 2 sessions # note", ["number", "", "comment"]),
        (":schema sessions", ["command", ""]),
        (" :schema sessions", ["command", ""]),
        ("exit", ["command"]),
    ],
)
def test_kinds(text: str, kinds: list[str]) -> None:
    assert [kind for kind, part in highlight(text, MODULES) if part.strip()] == kinds


@given(
    st.text(alphabet='sessions|pas kwh.()[]{}"\\#\n:,$1é', max_size=40), st.integers(0, 40), st.integers(0, 9)
)
def test_nothing_is_lost_and_the_mistake_is_marked(text: str, start: int, size: int) -> None:
    found = highlight(text, MODULES)
    assert "".join(part for _, part in found) == text
    shown = list(mark_error(found, Span(start, start + size)))
    assert "".join(part for _, part in shown) == text
    wrong = "".join(part for kind, part in shown if kind.endswith("wrong"))
    first = min(start, max(0, len(text) - 1))
    assert wrong == text[first : max(start + size, start + 1)]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("sessions | .kwh", {".kwh": "blanked"}),
        ("sessions pass kwh | .kwh, .id", {"kwh": "passed", ".kwh": "passed", ".id": "shown"}),
        ("sessions only kwh as rounded(5) | .kwh", {"kwh": "treated", ".kwh": "treated"}),
        ("sessions | select(.cdr_token.uid == 1)", {".cdr_token": "blanked", ".uid": "blanked"}),
        ("sessions | {id, kwh}", {"id": "shown", "kwh": "blanked"}),
        ("sessions | {energy: .kwh} | .energy", {".kwh": "blanked", ".energy": "blanked"}),
        ("sessions as $s | $s.kwh", {".kwh": "blanked"}),
        ("sessions | select(.kwh", {".kwh": "blanked"}),
        (
            "sessions pass kwh | select(.kwh > 1) | .status | {",
            {"kwh": "passed", ".kwh": "passed", ".status": "blanked"},
        ),
        ("sessions | join locations as $l pass city | $l.city", {"city": "passed", ".city": "passed"}),
        ("def f: .kwh; sessions | f", {".kwh": "blanked"}),
        ("[sessions | {a: [.kwh, .id]}]", {".kwh": "blanked", ".id": "shown"}),
        ("{a: 1} | .a", {".a": "field"}),
    ],
)
def test_a_field_has_the_colour_of_its_state(text: str, states: dict[str, str]) -> None:
    context = Surroundings("2.2.1", modules("2.2.1"))
    reader = QueryReader()
    for _ in range(2):
        pieces = highlight(text, context.modules, reader, validate(text, context, reader).states)
        kinds = {*STATES.values(), "field"}
        assert {part: style for style, part in pieces if style in kinds} == states
        validate(f"{text} ", context, reader)  # the steps that are known by now keep their fields
