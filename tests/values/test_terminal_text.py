"""Text on a terminal: messages are wrapped at words, and what is too wide for a line is cut."""

from __future__ import annotations

import pytest

from ocpiq.values.terminal import text_width, truncate, wrap_words


@pytest.mark.parametrize(
    ("text", "width", "breaks", "rows"),
    [
        ("one two", 10, False, "one two"),
        ("one two three", 10, False, "one two\n  three"),
        ("one two\nthree four five", 10, False, "one two\nthree four\n  five"),
        ("  query, line 1", 12, False, "  query,\n  line 1"),
        ("    sessions | .kwh", 10, False, "    sessions | .kwh"),  # the line of a query, above its carets
        ("a-very-long-word b", 6, False, "a-very-long-word\n  b"),
        ("a-very-long-word b", 6, True, "a-very\n-long-\nword b"),
        ("東", 1, True, "東"),
        ("東京 東京 東京", 10, False, "東京 東京\n  東京"),
        ("a very-long-word", 6, True, "a very\n-long-\nword"),
        ("a 東京東京東京", 7, True, "a 東京\n東京東\n京"),
        ("", 10, False, ""),
        ("one two", 0, False, "one\n  two"),
    ],
)
def test_wrapped(text: str, width: int, breaks: bool, rows: str) -> None:
    assert wrap_words(text, width, breaks_words=breaks) == rows


def test_no_row_is_wider_than_the_terminal() -> None:
    text = "error: שלום 東京東京東京 of \u202eplatform é́ " * 20
    for width in range(4, 60):
        assert max(map(text_width, wrap_words(text, width, breaks_words=True).split("\n"))) <= width


@pytest.mark.parametrize(
    ("text", "cut"), [("quit", "quit"), ("quits", "qui…"), ("東京", "東京"), ("東京都", "東…"), ("", "")]
)
def test_only_what_does_not_fit_is_cut(text: str, cut: str) -> None:
    assert truncate(text, 4) == cut
