"""CSV for a spreadsheet, read by LibreOffice: cell by cell, with the formulas in it evaluated, as Excel does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import command
from support.office import read_csv
from test_csv import KEPT_AS_TEXT, LEFT_AS_THEY_ARE

pytestmark = pytest.mark.heavy

TEXTS = [*KEPT_AS_TEXT, *LEFT_AS_THEY_ARE, 'a "quote"', "a;b,c", "ü 😀", "a\nb", "=" * 300]
NUMBERS = [0, 1, -5, 1.5, -0.001, 1234567.25, 1e-7, 123456789012345]


def written(tmp_path: Path, words: str, rows: list[dict[str, object]]) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    values = tmp_path / "values.json"
    values.write_text(json.dumps(rows))
    path = tmp_path / "x.csv"
    outcome = command(home, ["--csv", words, "-o", str(path), ".[]", str(values)])
    assert outcome.code == 0, outcome.err
    return path


@pytest.mark.parametrize(
    ("words", "language", "separator"),
    [("excel:en", "en", ","), ("excel:nl", "nl", ";"), ("excel:de", "de", ";")],
)
def test_every_cell_is_what_was_written(words: str, language: str, separator: str, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"t": text, "n": NUMBERS[at % len(NUMBERS)]} for at, text in enumerate(TEXTS)
    ]
    found = read_csv(written(tmp_path, words, rows), language, separator)
    assert found[0][:2] == ["t", "n"]
    for row, cells in zip(rows, found[1:], strict=False):
        text, number = row["t"], row["n"]
        expected = "'" + str(text) if len(str(text)) > 255 else text or None
        assert cells[:2] == [expected, pytest.approx(number)], row


def test_without_it_text_becomes_something_else(tmp_path: Path) -> None:
    """The test above can fail."""
    found = read_csv(written(tmp_path, "bom", [{"t": "0012"}, {"t": "2026-01-31"}, {"t": "x"}]), "en", ",")
    assert found[1][0] == 12.0
    assert str(found[2][0]).startswith("a date")


def test_with_default_settings_libreoffice_shows_the_formula(tmp_path: Path) -> None:
    """As README says: nothing in CSV makes it text there, so it recommends xlsx."""
    found = read_csv(written(tmp_path, "excel:en", [{"t": "0012"}]), "en", ",", formulas=False)
    assert found[1][0] == '="0012"'
