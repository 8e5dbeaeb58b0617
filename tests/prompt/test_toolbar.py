"""The bottom line."""

from __future__ import annotations

import pytest

from ocpiq.errors import UsageError
from ocpiq.prompt.literal_hint import literal_hint
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.prompt.toolbar import continuation, rows, status, warning
from ocpiq.prompt.validator import validate
from ocpiq.query import compile
from ocpiq.schema import modules


@pytest.mark.parametrize(
    ("query", "seen", "line"),
    [
        (".", {}, "mine (OCPI 2.2.1)"),
        ("sessions", {}, "mine (OCPI 2.2.1) | sessions passes nothing"),
        ("sessions pass kwh, cdr_token", {}, "mine (OCPI 2.2.1) | sessions passes kwh, cdr_token"),
        (
            "(sessions only id), cdrs",
            {"sessions": 12000, "cdrs": 1},
            "mine (OCPI 2.2.1) | sessions passes id | cdrs passes nothing | read: 12,000 sessions, 1 cdrs",
        ),
    ],
)
def test_status(query: str, seen: dict[str, int], line: str) -> None:
    assert status("mine", "2.2.1", compile(query).plan, seen) == line


def test_a_mistake_is_one_line_with_its_fix() -> None:
    assert warning(None) == ""
    assert warning(UsageError("wrong", hint="do this")) == "wrong (do this)"
    assert warning(UsageError("wrong", hint="do this"), "F2") == "wrong (do this); F2 fixes it"
    assert continuation("") == ""
    assert continuation("a quote") == "unfinished: a quote; Ctrl-C cancels"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("mine (OCPI 2.2.1)", 80, " mine (OCPI 2.2.1) "),
        ("one two three", 12, " one two \n three "),
        ("a bc-de-fgh ij", 12, " a \n bc-de-fgh \n ij "),
        ("one two three four five six seven", 12, " one two \n three four \n five six … "),
        ("one two", 1, " one two "),
    ],
)
def test_a_row_that_does_not_fit_goes_on_below(text: str, width: int, shown: str) -> None:
    assert rows(text, width) == shown


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('sessions pass cdr_token.uid | select(.cdr_token.uid == "A1")', ":arg uid VALUE, then write $uid"),
        ('tokens pass contract_id | select(.contract_id != "A")', ":arg contract_id VALUE"),
        ('sessions pass status | select(.status == "ACTIVE")', ""),
        ('sessions | select(.id == "S1")', ""),
        ("sessions pass cdr_token.uid | select(.cdr_token.uid == $uid)", ""),
        ('{id: "a"} | select(.id == "a")', ""),
    ],
)
def test_an_identifier_in_the_text_has_a_hint(text: str, hint: str) -> None:
    context, reader = Surroundings("2.2.1", modules("2.2.1"), ("uid",)), QueryReader()
    found = literal_hint(reader.parse(text).tokens, validate(text, context, reader).states)
    assert hint in found and bool(found) == bool(hint)
    assert "A1" not in found
