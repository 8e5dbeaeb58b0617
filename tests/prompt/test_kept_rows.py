"""Rows that were pulled are kept for queries that ask no more: on a session of the demo, and on real terminals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from support.platforms import TOKEN, Platform, serving
from support.terminal import SIZES, Terminal
from test_prompt import Open, home, open_prompt

from ocpiq.app.arguments import parse
from ocpiq.app.settings import prompt_settings
from ocpiq.gate import can_be_kept, shows_no_more
from ocpiq.prompt.commands import run_command
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.query import compile
from ocpiq.sources import kept_source
from ocpiq.storage import audit_trail, recipients

__all__ = ["home", "open_prompt"]  # fixtures

OBJECTS: list[object] = [
    {
        "country_code": "NL",
        "party_id": "ABC",
        "id": f"S{number}",
        "kwh": number + 0.5,
        "cdr_token": {"uid": "MARKER", "type": "RFID", "contract_id": "MARKER"},
        "status": "COMPLETED",
        "last_updated": f"2026-01-0{number + 1}T00:00:00Z",
    }
    for number in range(6)
]


NO_MORE = {
    "the same": ("sessions pass kwh", "sessions pass kwh", True),
    "less": ("sessions", "sessions pass kwh", True),
    "fewer fields": ("sessions only id, kwh", "sessions pass id, kwh", True),
    "a field as it was sent, whatever its type": ("sessions only id", "sessions pass kwh", False),
    "more": ("sessions pass kwh", "sessions", False),
    "another field": ("sessions pass kwh", "sessions pass meter_id", False),
    "a field that was left out": ("sessions", "sessions only id, kwh", False),
    "a treatment of what is kept": ("sessions pass kwh as rounded(1)", "sessions pass kwh", True),
    "a treatment of what is blanked": ("sessions pass kwh as rounded(1)", "sessions", False),
    "for aggregates only": (
        "sessions pass kwh as aggregate | aggregate sum(.kwh)",
        "sessions pass kwh",
        False,
    ),
    "a field inside": ("sessions pass cdr_token.uid", "sessions pass cdr_token", True),
    "an object of which a field is kept": ("sessions pass cdr_token", "sessions pass cdr_token.uid", False),
}


@pytest.mark.parametrize(("query", "kept", "expected"), NO_MORE.values(), ids=NO_MORE)
def test_which_views_show_no_more(query: str, kept: str, expected: bool) -> None:
    asked, had = (compile(text).plan.sources[0].view for text in (query, kept))
    assert shows_no_more(asked, had) == expected


@pytest.mark.parametrize(
    "query", ["sessions pass kwh as rounded(1)", "sessions pass cdr_token.uid as present"]
)
def test_treated_rows_are_not_kept(query: str) -> None:
    assert not can_be_kept(compile(query).plan.sources[0].view)


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform(objects=OBJECTS, cap=4)
    with serving(platform):
        yield platform


class Prompt:
    """A prompt on a platform: what it prints, and how many pages it pulls."""

    def __init__(self, session: Session, platform: Platform, captured: pytest.CaptureFixture[str]) -> None:
        self.session, self.platform, self.captured = session, platform, captured

    def __call__(self, line: str) -> tuple[str, int]:
        before = len(self.platform.pulls())
        run_command(self.session, line) if line.startswith(":") else run(self.session, line)
        out, err = self.captured.readouterr()
        return out + err, len(self.platform.pulls()) - before


@pytest.fixture
def prompt(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Prompt]:
    for name, value in (("CONFIG", "config"), ("STATE", "state")):
        monkeypatch.setenv(f"OCPIQ_{name}", str(tmp_path / value))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("OCPIQ_TOKEN", TOKEN)
    login = ["login", platform.versions_url, "--party", "NL-ABC", "--name", "mine"]
    subprocess.run([sys.executable, "-m", "ocpiq", *login], check=True, capture_output=True)
    session = Session.start(prompt_settings(parse(["--platform", "mine", "-q"])))
    assert session is not None
    with session.stack:
        yield Prompt(session, platform, capfd)


def test_a_query_that_asks_no_more_pulls_nothing(prompt: Prompt) -> None:
    text, pulls = prompt("sessions pass kwh | .kwh")
    assert pulls > 1 and text.split() == ["0.5", "1.5", "2.5", "3.5", "4.5", "5.5"]
    assert prompt("sessions pass kwh | aggregate sum(.kwh)")[1] == 0
    assert prompt("sessions only kwh | .kwh") == (text, 0)
    assert prompt("sessions | .id") == ("".join(f'"S{n}"\n' for n in range(6)), 0)
    blanked, pulls = prompt("sessions | .kwh | limit 1")
    assert (blanked, pulls) == ('"#NA"\n', 0)
    assert prompt("sessions | .kwh + 1")[0].startswith("error: sessions.kwh is blanked")
    assert prompt("sessions pass kwh as rounded(2) | .kwh") == ("0\n0\n2\n2\n4\n4\n", 0)
    assert prompt("sessions pass cdr_token | .cdr_token.uid | limit 1")[1] > 0  # asks more
    assert prompt("sessions pass kwh since 2026-01-03 | .id")[1] > 0  # another window
    assert prompt("sessions since 2026-01-03 | .id") == ('"S2"\n"S3"\n"S4"\n"S5"\n', 0)
    assert prompt("cdrs | .id")[1] > 0


def test_kept_rows_hold_nothing_that_was_not_passed(prompt: Prompt) -> None:
    prompt("sessions pass kwh | .id")
    pages = [body for pull in prompt.session.rows.pulls for body, _ in pull.pages]
    assert pages and b"S5" in b"".join(pages) and b"MARKER" not in b"".join(pages)
    assert prompt("sessions | .cdr_token | tojson | limit 1")[0].count("#NA") == 2


def test_incomplete_pulls_are_not_kept(prompt: Prompt) -> None:
    assert prompt("sessions only id | .id | limit 1")[1] == 1
    assert prompt("sessions only id | .id")[1] > 0
    assert prompt("sessions newest 2 | .id")[1] > 0 and prompt("sessions newest 2 | .id")[1] > 0


def test_rows_are_pulled_again_with_refresh_and_not_kept_with_keep_off(prompt: Prompt) -> None:
    prompt("sessions only id | .id")
    prompt.platform.objects = [*OBJECTS, {"country_code": "NL", "party_id": "ABC", "id": "new"}]
    assert "new" not in prompt("sessions only id | .id")[0]
    text, pulls = prompt(":refresh")
    assert pulls > 0 and "new" in text
    assert prompt("sessions only id | .id")[1] == 0
    assert prompt(":keep off")[0] == "Rows that were pulled are not kept\n"
    assert not prompt.session.rows.pulls
    assert prompt("sessions only id | .id")[1] > 0 and prompt("sessions only id | .id")[1] > 0
    assert prompt(":keep on")[0] == "Rows that were pulled are kept\n"
    prompt("sessions only id | .id")
    assert prompt("sessions only id | .id")[1] == 0
    prompt(":platform mine")
    assert not prompt.session.rows.pulls
    assert prompt(":keep maybe")[0].startswith("error: :keep takes on or off")


def test_the_limit_holds(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_source, "MAX_BYTES", 200)
    prompt("sessions only id | .id")
    assert prompt("sessions only id | .id")[1] == 0
    prompt("sessions only kwh, id | .id")  # the older pull has to go
    assert prompt("sessions only kwh, id | .id")[1] == 0
    prompt("sessions | .id")  # larger than all room
    assert prompt("sessions | .id")[1] > 0
    assert sum(pull.size for pull in prompt.session.rows.pulls) <= 200


def test_each_run_on_kept_rows_has_its_audit_line(prompt: Prompt) -> None:
    recipients.add("utrecht", in_keyring=False)
    settings = prompt.session.settings
    prompt.session.settings = structs.replace(settings, recipient="utrecht")
    prompt("sessions pass kwh | .kwh")
    assert prompt("sessions pass kwh | .kwh")[1] == 0
    entries = audit_trail.entries(audit_trail.default_path())
    ended = [entry for entry in entries if entry["event"] != "begun"]
    assert [(entry["exit"], entry["rows"], entry["objects"]) for entry in ended] == [
        (0, 6, {"sessions": 6})
    ] * 2


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_line_after_a_result_says_so(open_prompt: Open, tmp_path: Path, rows: int, columns: int) -> None:
    terminal: Terminal = open_prompt("demo (OCPI 2.2.1)", "--demo", rows=rows, columns=columns)
    terminal.run('sessions only id | select(.id == "x")')
    terminal.at_prompt("0 rows in ")
    terminal.run("sessions only id | limit 1 | .id")
    terminal.wait(lambda: "kept rows of" in terminal.text().replace("\n", " "), "kept rows")
    terminal.run(":refresh")
    terminal.wait(lambda: terminal.text().count('"S0000001"') == 2, "the result once more")
    terminal.at_prompt()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"S0000002" in path.read_bytes() for path in files)
