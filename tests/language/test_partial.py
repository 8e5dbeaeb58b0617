"""Unfinished queries: cut anywhere, a query can be continued and completed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from programs import text_of, token_lists

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse
from ocpiq.language.partial import parse_partial, state


@given(token_lists(), st.data())
def test_a_program_cut_anywhere_can_be_continued_and_completed(
    tokens: list[tuple[str, str]], data: st.DataObject
) -> None:
    try:
        parse(text_of(tokens))
    except QuerySyntaxError:  # its tokens are possible there, but have no meaning
        assume(False)
    length = data.draw(st.integers(0, len(tokens)))
    read = parse_partial(text_of(tokens[:length]))
    assert read.unexpected is None
    assert length == len(tokens) or tokens[length][0] in read.next()
    assert read.complete() is not None


@given(st.text(alphabet='sessions|pas kwh.()[]{}"\\#\n:,$1é', max_size=40))
def test_any_text_is_parsed_as_far_as_possible(text: str) -> None:
    read = parse_partial(text)
    position = 0
    for token in read.tokens:
        assert token.span.start >= position
        assert text[token.span.start : token.span.end] == token.text
        position = token.span.end
    assert (read.unexpected is None) == (state(text) != "invalid")


@pytest.mark.parametrize(
    ("text", "completed"),
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
def test_completion(text: str, completed: str) -> None:
    from ocpiq.language.printer import unparse

    program = parse_partial(text).complete()
    assert program is not None
    assert unparse(program) == unparse(parse(completed))


def test_too_deep_queries_are_not_completed() -> None:
    assert parse_partial("[" * 100).complete() is not None
    assert parse_partial("[" * 390).complete() is None
    assert parse_partial("[" * 5000).complete() is None
