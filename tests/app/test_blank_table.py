"""What may be done with a blank, as `ocpiq help blanks` prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpiq.analysis.blank_table import blank_table
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.cli.main import run
from ocpiq.plan.blanks import FORMS

REFERENCE = Path(__file__).parents[2] / "grammar" / "README.md"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "blanks"]) == 0
    assert capsys.readouterr().out == blank_table()


def test_the_language_reference_holds_it() -> None:
    """A new builtin goes into the reference too: copy what `ocpiq help blanks` prints."""
    stale = "put what `ocpiq help blanks` prints between the fences of grammar/README.md"
    assert f"```text\n{blank_table()}```\n" in REFERENCE.read_text("utf-8"), stale


def test_it_is_complete() -> None:
    text = blank_table()
    words = text.split()
    assert [form for form in FORMS if form not in text] == []
    used = [b.name for b in BUILTINS.values() if b.name[0] != "_" and (b.reads or b.arity)]
    assert [name for name in used if name not in words] == []
