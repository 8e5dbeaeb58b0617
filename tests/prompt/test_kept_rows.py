"""Rows that were pulled are kept for queries that ask no more: on a session of the demo, and on real terminals."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from support.platforms import TOKEN, Platform, Response, serving
from support.terminal import SIZES, Terminal
from test_prompt import Open, home, open_prompt

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.prompt.commands import run_command
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.snapshots import page_files
from ocpiq.sources import kept_rows
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
        self.platform.requests.clear()  # it answers a limited number
        run_command(self.session, line) if line.startswith(":") else run(self.session, line)
        out, err = self.captured.readouterr()
        return out + err, len(self.platform.pulls())


@pytest.fixture
def prompt(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Prompt]:
    for name, value in (("CONFIG", "config"), ("STATE", "state")):
        monkeypatch.setenv(f"OCPIQ_{name}", str(tmp_path / value))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LINES", "100000")
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
    assert prompt("cdrs | .id")[1] > 0


@pytest.mark.parametrize(
    ("first", "second", "pulls_again"),
    [
        ("sessions pass last_updated", "sessions since 2026-01-03", False),
        ("sessions since 2026-01-03", "sessions since 2026-01-03", False),
        ("sessions pass last_updated since 2026-01-03", "sessions since 2026-01-04 until 2026-01-05", False),
        ("sessions since 2026-01-03", "sessions", True),
        ("sessions since 2026-01-03", "sessions since 2026-01-02", True),
        (
            "sessions only id",
            "sessions only id since 2026-01-03",
            True,
        ),  # which objects that are cannot be told
        ("sessions pass last_updated", "sessions since 2 hours ago", True),
        ("sessions since 2 hours ago", "sessions since 2 hours ago", True),  # another moment
        ("sessions pass last_updated", "sessions since 2999-01-01", True),  # it begins after the pull
        ("sessions during last month", "sessions during last month", False),
        ("sessions newest 2", "sessions newest 2", True),
        ("sessions", "sessions newest 2", True),
    ],
)
def test_windows(prompt: Prompt, first: str, second: str, pulls_again: bool) -> None:
    assert prompt(f"{first} | .id")[1] > 0
    kept, pulls = prompt(f"{second} | .id")
    assert (pulls > 0) == pulls_again
    prompt(":keep off")
    assert prompt(f"{second} | .id")[0] == kept


EVERYTHING = "sessions pass kwh, status, cdr_token.type"
QUERIES = (
    EVERYTHING,
    "sessions",
    "sessions only id, kwh",
    "sessions pass kwh | .kwh",
    "sessions pass kwh as rounded(2), cdr_token.type as present",
    "sessions | to_entries, keys, tojson, [..]",
    "sessions pass status | del(.id) | .status |= ascii_downcase",
    'sessions | select(.status == null or .status != "COMPLETED") | .id',
    "sessions pass kwh | aggregate {n: count, kwh: sum(.kwh)} by .status",
    "sessions pass kwh | sort by .kwh desc | limit 2 | {id, kwh}",
    "sessions pass kwh | join sessions as $s pass kwh on .id == $s.id | {id, kwh: $s.kwh, token: $s.cdr_token}",
    "sessions pass kwh | join each (sessions only id, kwh) as $s on .id == $s.id | [.kwh, $s]",
    "sessions pass kwh | .kwh + 1",
    "[sessions] | length, .[0]",
    "sessions since 2026-01-03 pass kwh | [.id, .kwh, .last_updated]",
)


def odd(number: int) -> dict[str, object]:
    """A session with a null, or a value of another type, where a text or a number belongs."""
    values: list[object] = [None, {"a": 1}, [["x"]], True, "7", -0.0, 12.50, [], {}, "caf\u00e9 \ud800"]
    fields = ("kwh", "status", "cdr_token", "last_updated", "currency", "charging_periods", "id")
    return {name: values[(number * 3 + place) % len(values)] for place, name in enumerate(fields)}


ODD = [*OBJECTS, *map(odd, range(20))]
EXPONENTS = [*OBJECTS, {"id": "S9", "kwh": 1e300, "status": None}]


@pytest.mark.parametrize("objects", [OBJECTS, ODD, EXPONENTS], ids=["usual", "odd", "exponents"])
def test_every_query_says_what_it_says_of_the_platform(prompt: Prompt, objects: list[object]) -> None:
    prompt.platform.objects = objects
    prompt(EVERYTHING)
    kept = {query: prompt(query) for query in (*QUERIES, *QUERIES)}
    if objects is OBJECTS:  # a query that fails does not read to the end
        assert [query for query, (_, pulls) in kept.items() if pulls] == []  # the second time
    assert prompt(EVERYTHING)[1] == 0
    prompt(":keep off")
    for query, (text, _) in kept.items():
        assert without_warnings(prompt(query)[0]) == without_warnings(text), query


def test_whether_a_field_was_sent_is_not_told_by_its_treatment(prompt: Prompt) -> None:
    assert prompt("sessions pass meter_id as present | .meter_id")[0] == "false\n" * 6
    text, pulls = prompt("sessions | .meter_id")
    assert (text, pulls > 0) == ("null\n" * 6, True)


def without_warnings(text: str) -> list[str]:
    """Return the lines of results and errors: only the pull warns of what platforms send."""
    return [line for line in text.splitlines() if not line.startswith("warning: ")]


def test_rows_of_nested_modules(prompt: Prompt) -> None:
    evse = {
        "uid": "E1",
        "status": "AVAILABLE",
        "connectors": [{"id": "1", "power_type": "AC_3_PHASE"}, {"id": None}],
    }
    place = {
        "id": "L1",
        "city": "Utrecht",
        "coordinates": {"latitude": "52.0"},
        "evses": [evse, None, {**evse, "uid": 7}],
    }
    prompt.platform.objects = [place, {"id": "L2", "evses": None}, {"id": "L3", "evses": [evse]}]
    for query in (
        "evses",
        "connectors",
        "evses pass connectors | .connectors[]",
        "locations | .evses[]?.uid",
    ):
        fresh, pulls = prompt(query)
        assert pulls and prompt(query) == (fresh, 0), query


def test_kept_rows_hold_nothing_that_was_not_passed(prompt: Prompt, tmp_path: Path) -> None:
    prompt("sessions pass kwh, status | .id")
    (pull,) = prompt.session.rows.pulls
    lines = b"\n".join(
        line
        for folder in pull.folders.values()
        for pages in pull.pages.values()
        for file in pages.files
        for block in [page_files.lines(folder / "sessions", file)]
        for line in block
    )
    assert lines.count(b'"S') == 6 and b"5.5" in lines and b"COMPLETED" in lines
    assert b"MARKER" not in lines
    assert prompt("sessions | .cdr_token | tojson | limit 1")[0].count("#NA") == 2
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(b"COMPLETED" in data for data in files)  # nothing is on disk


def test_fields_for_aggregates_only_are_not_kept(prompt: Prompt) -> None:
    prompt("sessions pass kwh as aggregate | aggregate sum(.kwh)")
    assert not prompt.session.rows.pulls
    prompt("sessions pass kwh | .id")
    assert prompt("sessions pass kwh as aggregate | aggregate sum(.kwh)")[1] > 0


def test_incomplete_pulls_are_not_kept(prompt: Prompt) -> None:
    assert prompt("sessions only id | .id | limit 1")[1] == 1
    assert not prompt.session.rows.pulls
    prompt.platform.next = [None, Response(b"", 500), *[Response(b"", 500)] * 20]
    assert "error" in prompt("sessions only id | .id")[0]
    prompt.platform.next = []
    assert not prompt.session.rows.pulls
    assert prompt("sessions only id | .id")[1] > 0 and prompt("sessions only id | .id")[1] == 0


def test_rows_are_pulled_again_with_refresh_and_not_kept_with_keep_off(prompt: Prompt) -> None:
    assert prompt(":refresh")[0] == "error: no query to repeat yet (run a query, then :refresh)\n"
    prompt("sessions only id | .id")
    prompt.platform.objects = [*OBJECTS, {"country_code": "NL", "party_id": "ABC", "id": "new"}]
    assert "new" not in prompt("sessions only id | .id")[0]
    text, pulls = prompt(":refresh")
    assert pulls > 0 and "new" in text
    assert prompt("sessions only id | .id")[1] == 0
    assert prompt(":keep clear")[0] == "Rows that are pulled are kept: 0 of 256 MB\n"
    assert prompt("sessions only id | .id")[1] > 0
    assert prompt(":keep off")[0] == "Rows that are pulled are not kept\n"
    assert not prompt.session.rows.pulls
    assert prompt("sessions only id | .id")[1] > 0 and prompt("sessions only id | .id")[1] > 0
    assert prompt(":keep on")[0] == "Rows that are pulled are kept: 0 of 256 MB\n"
    prompt("sessions only id since 2026-01-01 | .id")
    listed = prompt(":keep")[0]
    assert re.match(r"sessions since 2026-01-01T00:00:00Z: 7 objects, 0 MB, pulled at \d\d:\d\d\n", listed), (
        listed
    )
    assert prompt(":keep maybe")[0] == "error: :keep takes on, off or clear\n"


def test_another_platform_and_a_logout_forget(prompt: Prompt) -> None:
    prompt("sessions only id | .id")
    prompt(":platform mine")
    assert not prompt.session.rows.pulls
    prompt("sessions only id | .id")
    assert prompt.session.rows.pulls
    subprocess.run([sys.executable, "-m", "ocpiq", "logout", "mine"], check=True, capture_output=True)
    prompt.session.read_logins()  # as before each prompt
    assert not prompt.session.rows.pulls


def test_another_form_and_another_recipient_have_rows_of_their_own(prompt: Prompt) -> None:
    recipients.add("utrecht", in_keyring=False)
    recipients.add("other", in_keyring=False)
    settings = prompt.session.settings
    other_form = structs.replace(settings.query, as_version="2.3.0")
    for change in (
        structs.replace(settings, recipient="utrecht"),
        structs.replace(settings, recipient="other"),
        structs.replace(settings, recipient="other", query=other_form),
    ):
        prompt.session.settings = change
        fresh, pulls = prompt("sessions pass kwh, cdr_token.uid as pseudonym | .kwh, .cdr_token.uid")
        assert pulls > 0
        kept = prompt("sessions pass kwh, cdr_token.uid as pseudonym | .kwh, .cdr_token.uid")
        assert kept == (fresh, 0)


def test_several_platforms(prompt: Prompt) -> None:
    login = ["login", prompt.platform.versions_url, "--party", "NL-ABC", "--name", "yours"]
    subprocess.run([sys.executable, "-m", "ocpiq", *login], check=True, capture_output=True)
    prompt(":platform mine,yours")
    for query in (
        "sessions | {platform, id}",
        "sessions",
        "sessions pass kwh | aggregate sum(.kwh) by .platform",
    ):
        fresh, _ = prompt(query)
        assert prompt(query) == (fresh, 0)
    assert "mine" in fresh and "yours" in fresh


def test_the_limit_holds(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt("sessions only id | .id")
    prompt("sessions only status, kwh, currency | .kwh")
    room = prompt.session.rows.size
    monkeypatch.setattr(kept_rows, "MAX_BYTES", room)
    assert prompt("sessions only id | .id")[1] == 0
    prompt("sessions only party_id | .party_id")  # the oldest has to go
    assert prompt("sessions only party_id | .party_id")[1] == 0
    assert prompt.session.rows.size <= room
    assert prompt("sessions only id | .id")[1] > 0
    monkeypatch.setattr(kept_rows, "MAX_BYTES", 10)
    assert prompt("sessions | .currency, .id, .evse_uid")[1] > 0
    assert prompt("sessions | .currency, .id, .evse_uid")[1] > 0  # larger than all room
    assert prompt.session.rows.size == 0


def test_each_run_on_kept_rows_has_its_audit_line(prompt: Prompt) -> None:
    recipients.add("utrecht", in_keyring=False)
    prompt.session.settings = structs.replace(prompt.session.settings, recipient="utrecht")
    prompt("sessions pass kwh | .kwh")
    assert prompt("sessions pass kwh | .kwh")[1] == 0
    entries = audit_trail.entries(audit_trail.default_path())
    ended = [entry for entry in entries if entry["event"] != "begun"]
    assert [(entry["exit"], entry["rows"], entry["objects"]) for entry in ended] == [
        (0, 6, {"sessions": 6})
    ] * 2
    assert ["as_of" in entry for entry in ended] == [False, True]


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_line_after_a_result_says_so(open_prompt: Open, tmp_path: Path, rows: int, columns: int) -> None:
    terminal: Terminal = open_prompt("demo (OCPI 2.2.1)", "--demo", rows=rows, columns=columns)
    terminal.run('sessions only id | select(.id == "x")')
    terminal.at_prompt("0 rows in ")
    terminal.run("sessions only id | limit 1 | .id")
    terminal.wait(lambda: "from rows kept at" in " ".join(terminal.text().split()), "kept rows")
    terminal.wait(
        lambda: ":refresh pulls again" in " ".join(terminal.text().split()), "the way to pull again"
    )
    terminal.run(":refresh")
    terminal.wait(lambda: terminal.text().count('"S0000001"') == 2, "the result once more")
    terminal.at_prompt()
    terminal.run(":keep off")
    terminal.at_prompt("are not kept")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"S0000002" in path.read_bytes() for path in files)
