"""`ocpiq help`: the language reference, entry by entry."""

from __future__ import annotations

import re

import pytest

from ocpiq.app.reference import contents
from ocpiq.cli.main import run
from ocpiq.language.reference import Entry, entries, entries_of

LIMIT = """\
limit N    (Stages)
  the first N values; no more pages are requested after that

    sessions | limit 2 | .id
      → "S1", "S2"

limit(n; f)    (Outputs)
  the first n outputs of f

    [limit(2; 5, 6, 7)]
      → [5,6]
"""


def test_an_entry_for_each_meaning_of_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "limit"]) == 0
    assert capsys.readouterr().out == LIMIT


FOUND = {
    "a builtin": ("group_by", "group_by(f)"),
    "a form": ("first(f)", "first, first(f)"),
    "a format": ("@csv", "@csv, @tsv"),
    "a clause": ("during", "during PERIOD"),
    "a module": ("connectors", "evses, connectors"),
    "a stage": ("distinct", "distinct by K"),
    "an aggregate": ("quantile", "stddev(A), median(A), quantile(A; q)"),
    "a keyword": ("elif", "if A then B"),
    "an operator": ("//", "A // B"),
    "an assignment": ("//=", "A += B"),
    "a pattern": ("?//", "A as P ?// Q"),
    "a path": (".[A:B]", ".[A:B]"),
    "a variable": ("$__loc__", "$__loc__"),
    "what moves a blank": ("blanks", "What each operator, form and builtin does with a blank"),
    "a section": ("differences", "Differences from jq"),
    "a group": ("Arrays", "Arrays\n\n    map(f)"),
}


@pytest.mark.parametrize(("name", "begin"), FOUND.values(), ids=FOUND)
def test_what_is_found(name: str, begin: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", name]) == 0
    assert begin in re.split(r"\n\n(?=\S)", capsys.readouterr().out + "\n")[0]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.forms[0])
def test_every_form_finds_its_entry(entry: Entry) -> None:
    assert all(entry in entries_of(form) for form in entry.forms)


@pytest.mark.parametrize(
    ("name", "hint"), [("sort_bi", "did you mean sort_by?"), ("qqq", "ocpiq help lists all entries")]
)
def test_a_name_that_is_not_there(name: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", name]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: unknown entry or command ({hint})\n")


def test_the_list_has_every_group_and_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"]) == 0
    assert capsys.readouterr().out == contents()
    lines = contents().splitlines()
    assert max(map(len, lines)) <= 80
    assert {entry.group for entry in entries()} <= set(lines)


def test_the_page_on_platforms_comes_with_the_command_and_without_the_names_of_faults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["help", "platforms"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ocpiq platforms\n")
    assert "\n  Its next link fails.\n      What ocpiq does: Continues by offset.\n" in out
    assert "<!--" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_beginning_of_a_form_is_enough() -> None:
    assert [entry.forms[0] for entry in entries_of("sort by")] == ["sort by K"]
