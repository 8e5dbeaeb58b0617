"""Errors as text: the line of the query, shortened around the place of the error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import CompileError, Span, render
from ocpiq.values.terminal import text_width

LONG = "sessions " + "| select(.id) " * 10 + "| .kwhh | .id"


@pytest.mark.parametrize(
    ("query", "word", "width", "line", "carets"),
    [
        ("1 + x", "x", 0, "1 + x", "    ^"),
        ("1\n+ x", "x", 0, "+ x", "  ^"),
        ("1 + x", "x", 3, "1 + x", "    ^"),  # too narrow for a terminal: ignored
        (LONG, ".kwhh", 40, "ct(.id) | select(.id) | .kwhh | .id", " " * 24 + "^" * 5),
        (LONG, "sessions", 40, LONG[:36], "^" * 8),
        (LONG, "", 40, LONG[-35:], " " * 35 + "^"),  # after the end
        (LONG, LONG, 20, LONG[:16], "^" * 16),
    ],
)
def test_excerpt_shows_the_place(query: str, word: str, width: int, line: str, carets: str) -> None:
    start = query.index(word) if word else len(query)
    shown = render(CompileError("wrong", span=Span(start, start + len(word))), query, "", width)
    assert shown.splitlines()[2:] == [f"    {line}", f"    {carets}"]


@pytest.mark.parametrize(
    ("query", "word", "width", "line", "carets"),
    [
        ('{"東京": .x}', ".x", 0, '{"東京": .x}', " " * 9 + "^^"),
        ("東京 + 1", "東京", 0, "東京 + 1", "^^^^"),
        ("東" * 20 + " .x " + "京" * 20, ".x", 24, "東" * 4 + " .x " + "京" * 4, " " * 9 + "^^"),
    ],
)
def test_carets_stand_below_wide_text(query: str, word: str, width: int, line: str, carets: str) -> None:
    start = query.index(word)
    error = CompileError("wrong", span=Span(start, start + len(word)))
    shown = render(error, query, "", width, text_width).splitlines()[2:]
    assert shown == [f"    {line}", f"    {carets}"]


@given(st.text("ab東 \n", max_size=200), st.integers(0, 200), st.integers(0, 20), st.integers(6, 120))
def test_excerpt_of_wide_text_fits_the_terminal(query: str, start: int, size: int, width: int) -> None:
    start = min(start, len(query))
    error = CompileError("wrong", span=Span(start, min(start + size, len(query))))
    lines = render(error, query, "", width, text_width).splitlines()[2:]
    assert max(map(text_width, lines), default=0) <= min(width, 104)


@given(st.text("ab \n", max_size=200), st.integers(0, 200), st.integers(0, 20), st.integers(5, 120))
def test_excerpt_fits_the_terminal(query: str, start: int, size: int, width: int) -> None:
    start = min(start, len(query))
    error = CompileError("wrong", span=Span(start, min(start + size, len(query))))
    lines = render(error, query, "", width).splitlines()[2:]
    assert max(map(len, lines), default=0) <= min(width, 104)
