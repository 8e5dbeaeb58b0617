"""What nothing calls is read all the same: no mistake may stand in it."""

from __future__ import annotations

import pytest

from ocpiq import query
from ocpiq.errors import CompileError, PrivacyError

MISTAKES = [
    ("def f: nosuch; 1", "unknown module or function nosuch"),
    ("def f(g): g | nosuch; 1", "unknown module or function nosuch"),
    ("def f($x): $x + $y; 1", r"\$y is not defined"),
    ("def f: def g: nosuch; 1; f", "unknown module or function nosuch"),
    ("def f: sessions pass kwhh; 1", "sessions has no field kwhh"),
    ("def f: break $out; 1", r"\$out is not a label here"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_in_an_uncalled_definition(text: str, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        query.compile(text)


def test_a_refusal_in_an_uncalled_definition() -> None:
    with pytest.raises(PrivacyError, match="kwh is blanked"):
        query.compile("def f: sessions | .kwh + 1; 1")


def test_an_uncalled_source_is_not_pulled() -> None:
    compiled = query.compile("def f: sessions; 1")
    assert compiled.modules == ()
    assert list(compiled.run()) == [1]
