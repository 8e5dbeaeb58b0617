"""A text that is parsed again after a change gives what it gives when it is parsed as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse
from ocpiq.language.partial import IncrementalParser, PartialParse, parse_partial

TEXT = (
    "def hours: duration_hours(.end_date_time; .start_date_time);\n"
    "sessions during last   quarter since 7  days ago pass start_date_time, kwh as rounded(5) # a note\n"
    '| select(.status? == "A \\(.kwh)" and .kwh > 1.5)\n| join locations as $l pass city on .location_id == $l.id\n'
    '| {id, "a b": .kwh, ($l.city): [1, 2.5, -3] | length}\n| reduce .[] as [$a, {b: $c}] (0; . + $a)\n'
    "| sort by .a desc, .b | try error catch . | .. | .[1:] ?// 2026-01-31T06:00Z"
)


def outcome(read: PartialParse) -> tuple[object, ...]:
    try:
        program: object = read.program()
    except QuerySyntaxError as error:
        program = (error.message, error.hint, error.span)
    return read.tokens, read.unexpected, read.state, read.next(), program


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TEXT)),
            st.integers(0, 6),
            st.sampled_from(
                ["", " ", "x", "|", ")", "(", '"', "1", "-01", "ago", "| .a", "#", "\n", "def f: 1;", "//"]
            ),
        ),
        max_size=6,
    )
)
def test_each_change_of_a_text(changes: list[tuple[int, int, str]]) -> None:
    parser, text = IncrementalParser(), TEXT
    parser.parse(text)
    for place, removed, added in changes:
        text = text[:place] + added + text[place + removed :]
        assert outcome(parser.parse(text)) == outcome(parse_partial(text))
        start = text[: place + len(added)]
        assert outcome(parser.parse(start)) == outcome(parse_partial(start))
        assert parser.parse(start).complete() == parse_partial(start).complete()


@pytest.mark.parametrize("size", [1, 3])
def test_a_text_that_is_typed(size: int) -> None:
    parser = IncrementalParser()
    for end in range(0, len(TEXT), size):
        assert outcome(parser.parse(TEXT[:end])) == outcome(parse_partial(TEXT[:end]))


def test_what_is_before_a_change_is_the_same_tree() -> None:
    parser = IncrementalParser()
    text = "sessions | " + " | ".join(f"select(.kwh > {number})" for number in range(20))
    first, second = parser.parse(text).program().body, parser.parse(text + " | .id").program().body
    same = [one is other for one, other in zip(first.items, second.items, strict=False)]  # type: ignore[union-attr]
    assert sum(same) > 15


def test_the_errors_are_those_of_a_whole_parse() -> None:
    for text in ("1 2", "sessions |", '"\\q"', "[1, ", "[" * 400 + "1" + "]" * 400, ""):
        with pytest.raises(QuerySyntaxError) as whole:
            parse(text or "|")
        with pytest.raises(QuerySyntaxError) as parts:
            IncrementalParser().parse(text or "|").program()
        assert (whole.value.message, whole.value.hint) == (parts.value.message, parts.value.hint)


@pytest.mark.parametrize("levels", range(295, 301))
def test_a_step_as_deep_as_allowed(levels: int) -> None:
    """A step that was not too deep can be so after a change around it: as the first of several, after a definition."""
    nested = "(" * levels + "1" + ")" * levels
    parser = IncrementalParser()
    for text in (
        nested,
        nested + " | .a",
        nested + " | .a | .b",
        "def f: 1; " + nested,
        nested,
        f"[{nested} | .a]",
    ):
        assert outcome(parser.parse(text)) == outcome(parse_partial(text))
