"""The text in colours, the mistake marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import Span
from ocpiq.prompt.highlight import highlight, mark_error

MODULES = ("sessions", "cdrs")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("sessions pass kwh", ["module", "keyword", "function"]),
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
