"""Help says something of every word, and of nothing else."""

from __future__ import annotations

import pytest

from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.calls import builtin_names
from ocpiq.language.grammar import tables
from ocpiq.prompt.commands import COMMANDS
from ocpiq.prompt.words import _file_words, words


def test_every_function_has_a_line() -> None:
    known = {f"{word.name}/{word.arity}" for word in words("function")}
    assert set(builtin_names()) <= known


def test_every_aggregate_has_a_line() -> None:
    assert {(word.name, word.arity) for word in words("aggregate")} == set(AGGREGATES)


def test_every_keyword_has_a_line() -> None:
    keywords = {terminal.text for terminal in tables().terminals if terminal.word}
    said = {
        part for kind in ("clause", "stage", "word") for word in words(kind) for part in word.name.split()
    }
    assert said == keywords


def test_every_command_has_a_line() -> None:
    assert {word.name for word in words("command")} == set(COMMANDS)


def test_each_is_listed_once_and_says_something() -> None:
    for kind in ("clause", "stage", "aggregate", "word", "format", "function", "command"):
        found = words(kind)
        assert len({(word.name, word.arity) for word in found}) == len(found) > 3
        assert all(word.about and word.written.startswith(word.name) for word in found)


@pytest.mark.parametrize("kind", ["clause", "stage", "aggregate", "word", "format", "function", "command"])
def test_no_two_names_share_a_line(kind: str) -> None:
    """`sum` and `avg` have one entry in the reference, and a line each here."""
    by_line: dict[str, set[str]] = {}
    for word in words(kind):
        by_line.setdefault(word.about, set()).add(word.name)
    assert not {line: names for line, names in by_line.items() if len(names) > 1}


def test_a_line_of_a_shared_entry_is_for_a_name_that_exists() -> None:
    for kind in ("clause", "aggregate", "format", "function"):
        own = [word.name for word in _file_words(kind)]
        assert len(set(own)) == len(own)
        assert set(own) <= {word.name for word in words(kind)}
