"""The table of help lines says something of every word, and of nothing else."""

from __future__ import annotations

from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.language.tables import tables
from ocpiq.repl.commands import COMMANDS
from ocpiq.repl.words import functions, words

# Functions of mathematics by their usual name, and two that only tell what jq was built with.
MATHEMATICS = """
    rint nearbyint cbrt significand logb exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh
    cosh tanh asinh acosh atanh erf erfc gamma lgamma tgamma lgamma_r frexp modf ldexp scalb scalbln nextafter
    nexttoward j0 j1 y0 y1 jn yn remainder pow10 have_decnum have_literal_numbers
"""


def test_every_function_has_a_line_but_those_of_mathematics() -> None:
    assert [f.written for f in functions() if not f.about and f.name not in MATHEMATICS.split()] == []


def test_every_aggregate_has_a_line() -> None:
    assert {(word.name, word.arity) for word in words("aggregate")} == set(AGGREGATES)


def test_every_keyword_has_a_line() -> None:
    keywords = {terminal.text for terminal in tables().terminals if terminal.word}
    said = {
        part for kind in ("clause", "stage", "word") for word in words(kind) for part in word.name.split()
    }
    assert keywords == said


def test_every_command_has_a_line() -> None:
    assert {word.name for word in words("command")} == set(COMMANDS)


def test_lines_are_short() -> None:
    kinds = ("clause", "stage", "aggregate", "word", "format", "function", "command")
    assert all(0 < len(word.about) <= 80 for kind in kinds for word in words(kind))
