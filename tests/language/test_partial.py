"""Queries that are still being written: wherever one stops, it can go on, and it can be ended."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from programs import text_of, token_lists

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse
from ocpiq.language.partial import begun, state


@given(token_lists(), st.data())
def test_a_program_that_stops_anywhere_can_go_on_and_can_be_ended(
    tokens: list[tuple[str, str]], data: st.DataObject
) -> None:
    try:
        parse(text_of(tokens))
    except QuerySyntaxError:  # its words can stand where they are, and mean nothing there
        assume(False)
    length = data.draw(st.integers(0, len(tokens)))
    read = begun(text_of(tokens[:length]))
    assert read.stuck is None
    assert length == len(tokens) or tokens[length][0] in read.next()
    assert read.ended() is not None


@given(st.text(alphabet='sessions|pas kwh.()[]{}"\\#\n:,$1é', max_size=40))
def test_any_text_is_read_as_far_as_it_goes(text: str) -> None:
    read = begun(text)
    position = 0
    for token in read.tokens:
        assert token.span.start >= position
        assert text[token.span.start : token.span.end] == token.text
        position = token.span.end
    assert (read.stuck is None) == (state(text) != "wrong")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("sessions | select(.a", "sessions | select(.a)"),
        ("[{a: [1, ", "[{a: [1, .]}]"),
        ("if .a", "if .a then . end"),
        ('"a \\(.b', '"a \\(.b)"'),
        ("reduce .[]", "reduce .[] as $x (.; .)"),
        ("def f: 1", "def f: 1;"),
        ("sessions | sort", "sessions | sort"),
        ("sessions | top", "sessions | top"),
        ("sessions | limit 3 |", "sessions | limit 3 | ."),
    ],
)
def test_what_ends_a_query(text: str, whole: str) -> None:
    from ocpiq.language.printer import unparse

    program = begun(text).ended()
    assert program is not None
    assert unparse(program) == unparse(parse(whole))


def test_what_is_too_deep_is_not_ended() -> None:
    assert begun("[" * 100).ended() is not None
    assert begun("[" * 390).ended() is None
    assert begun("[" * 5000).ended() is None
