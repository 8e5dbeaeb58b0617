"""The prompt with `--as`: it offers the fields that every platform's form has, and finds those that it lacks."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import settings
from ocpiq.prompt.session import Session
from ocpiq.prompt.suggest import suggest
from ocpiq.prompt.validator import validate


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session on a file of OCPI 2.1.1, read in the form of 2.2.1."""
    file = tmp_path / "cdrs.ndjson"
    file.write_text('{"id": "1"}', encoding="utf-8")
    words = ["--source", f"cdrs={file}", "--ocpi-version", "2.1.1", "--as", "2.2.1"]
    started = Session(settings(parse(words)), ExitStack())
    started.reopen(started.settings)
    return started


@pytest.mark.parametrize(
    ("text", "offered", "absent"),
    [
        ("cdrs pass ", "cdr_location", "location"),
        ("cdrs pass ", "end_date_time", "session_id"),
        ("cdrs pass total_cost.", "total_cost.excl_vat", "total_cost.incl_vat"),
        ("cdrs | .", ".end_date_time", ".stop_date_time"),
        ("cdrs | .", ".cdr_token", ".session_id"),
        ("cdrs | .cdr_token.", ".contract_id", ".uid"),
        ("", "locations", "hubclientinfo"),
    ],
)
def test_offered(session: Session, text: str, offered: str, absent: str) -> None:
    texts = [suggestion.text for suggestion in suggest(text, len(text), session.context())]
    assert offered in texts
    assert absent not in texts


def test_a_field_without_a_counterpart_is_a_mistake(session: Session) -> None:
    mistake = validate("cdrs | .session_id", session.context()).mistake
    assert mistake is not None
    assert str(mistake.message) == "cdrs.session_id of OCPI 2.2.1 has no counterpart in OCPI 2.1.1"
    assert validate("cdrs pass end_date_time | .end_date_time", session.context()).mistake is None


def test_the_bottom_line_shows_both_versions(session: Session) -> None:
    assert session.shown_version == "2.1.1 as 2.2.1"
    assert session.query_settings().query.as_version == "2.2.1"
