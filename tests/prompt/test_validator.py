"""What Enter does with a text, and which mistakes are marked while it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from ocpiq.prompt.suggestion import Surroundings
from ocpiq.prompt.validator import validate
from ocpiq.schema import modules

CONTEXT = Surroundings("2.2.1", modules("2.2.1"))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        (".", "complete"),
        ("# a comment", "complete"),
        ("sessions pass kwh | limit 3", "complete"),
        ("sessions |", "unfinished"),
        ("sessions pass", "unfinished"),
        ("[1, 2", "unfinished"),
        ("{a: 1", "unfinished"),
        ("(1", "unfinished"),
        ('"text', "unfinished"),
        ('"\\(1', "unfinished"),
        ("if . then 1", "unfinished"),
        ("reduce .[] as $x (0;", "unfinished"),
        ("def f: 1", "unfinished"),
        ("sessions | top", "unfinished"),
        ("sessions | join ", "unfinished"),
        ("def top: 1; . | top", "complete"),
        ("limit", "complete"),
        ("1 2", "invalid"),
        ("]", "invalid"),
        ('"\\q"', "invalid"),
        (":help", "complete"),
        (":load [", "complete"),
        ("  :to json", "complete"),
        ("exit", "complete"),
    ],
)
def test_how_far_a_text_is(text: str, state: str) -> None:
    assert validate(text, CONTEXT).state == state


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("sessions | select(.kwh > 10)", "sessions.kwh is blanked"),
        ("sessions | select(.kwh > 10", "sessions.kwh is blanked"),
        ("sessions | select(.kwh > 10) | {", "sessions.kwh is blanked"),
        ("sessions | .kwh | length", "sessions.kwh is blanked"),
        ("sessions | .nope | .id", "sessions has no field nope"),
        ("sessions | .nope, [", "sessions has no field nope"),
        ("sessions | .nop", ""),  # may become a field
        ("1 2 3", 'unexpected "2"'),
        ("sessions | {id, kwh} |", ""),
        ("sessions | select(.", ""),
        ("$from", ""),
        ("sessions | top ", ""),  # may become `top 3 by .kwh`
        ("sessions | limit ", ""),
        ("sess ", "unknown module or function sess"),
        ("sessions | aggregate count by", ""),
        ("sessions | join locations as $l on .currency ==", ""),
    ],
)
def test_mistakes_while_writing(text: str, mistake: str) -> None:
    found = validate(text, structs.replace(CONTEXT, variables=("from",))).mistake_at(len(text))
    assert found.message.startswith(mistake) if found and mistake else (found is None and not mistake)


def test_a_mistake_at_the_cursor_is_shown_when_the_cursor_has_left_it() -> None:
    found = validate("sessions | .nop", CONTEXT)
    assert found.mistake_at(15) is None
    assert found.mistake_at(3) is not None


@pytest.mark.parametrize(
    "text",
    [
        "sessions pass kwh | select(.kwh >",
        "sessions pass kwh | select(.nope >",
        "sessions pass kwh | select(.status)",
        "sessions pass kwh | {",
    ],
)
def test_the_plan_is_there_in_spite_of_mistakes(text: str) -> None:
    plan = validate(text, CONTEXT).plan
    assert plan is not None and [source.module for source in plan.sources] == ["sessions"]
    assert plan.sources[0].view.children["kwh"].visibility == "shown"


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("sessions pass", []),
        ("sessions pass k", []),
        ("sessions pass kwh, ", ["kwh"]),
        ("sessions pass kwh, status, cdr", ["kwh", "status"]),
        ("sessions pass kwh, charging_periods.dim", ["kwh"]),
        ("sessions pass kwh since ", ["kwh"]),
        ("sessions only id, kwh pa", ["id", "kwh"]),
    ],
)
def test_a_begun_clause_passes_what_it_passes_so_far(text: str, passed: list[str]) -> None:
    plan = validate(text, CONTEXT).plan
    assert plan is not None
    [source] = plan.sources
    assert [name for name, node in source.view.children.items() if node.visibility == "shown"] == sorted(
        passed, key=list(source.view.children).index
    )


@pytest.mark.parametrize(
    ("text", "open"),
    [
        ('"abc\n', "the string starting at line 1, column 1 is not closed"),
        ("[1,\n", '"[" at line 1, column 1 is not closed'),
        ("sessions |\n", "expected a filter"),
        ("[1,", ""),  # the line is still being written
        ("1\n+ 1", ""),
    ],
)
def test_what_an_unfinished_text_of_several_lines_waits_for(text: str, open: str) -> None:
    assert validate(text, CONTEXT).open == open


def test_what_is_imported_is_found(tmp_path: Path) -> None:
    (tmp_path / "lib.jq").write_text("def two: 2;")
    text = 'import "lib" as l; l::two'
    assert validate(text, CONTEXT).mistake is not None
    assert validate(text, structs.replace(CONTEXT, library=(tmp_path,))).mistake is None
    assert validate(text, structs.replace(CONTEXT, home=tmp_path)).mistake is None
