"""Treatments through the command line: what they show, and that every misuse is refused before any request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, serving
from support.recipients import config_with_recipient
from support.rows import careful_only

from ocpiq.cli.main import run

SESSIONS = [
    {
        "id": "S1",
        "kwh": 12.3,
        "start_date_time": "2026-01-31T23:30:00Z",
        "cdr_token": {"uid": "U1", "contract_id": "C-1"},
    },
    {
        "id": "S2",
        "kwh": 4,
        "start_date_time": "2026-02-01T10:00:00Z",
        "cdr_token": {"uid": "u1", "contract_id": None},
    },
]
CDRS = [{"id": "K1", "total_energy": 7, "cdr_token": {"uid": " U1 ", "contract_id": "c1"}}]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "sessions.json").write_text(json.dumps(SESSIONS))
    (tmp_path / "cdrs.json").write_text(json.dumps(CDRS))
    return folder


def ask(home: Path, *words: str, **variables: str) -> Outcome:
    """Run a query on the files."""
    files = [f"--source={module}={home.parent / f'{module}.json'}" for module in ("sessions", "cdrs")]
    return command(home, ["-q", "-c", *files, *words], OCPIQ_CONFIG=str(config_with_recipient()), **variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sessions only kwh as rounded(5) | .kwh", "10\n0\n"),
        ("sessions only start_date_time as month", '{"start_date_time":"2026-01"}\n{"start_date_time":"2026-02"}\n'),
        ("sessions only cdr_token.contract_id as present", '{"cdr_token":{"contract_id":true}}\n'
         '{"cdr_token":{"contract_id":false}}\n'),
        ("sessions only cdr_token.uid as prefix(1) | .cdr_token.uid", '"U"\n"u"\n'),
        ("sessions only start_date_time as month | aggregate count by .start_date_time",
         '{"start_date_time":"2026-01","count":1}\n{"start_date_time":"2026-02","count":1}\n'),
    ],
)  # fmt: skip
def test_treated_fields(home: Path, text: str, expected: str) -> None:
    found = ask(home, text)
    assert (found.out.decode(), found.code) == (expected, 0), found.err


def test_periods_are_in_the_time_zone_of_the_query(home: Path) -> None:
    found = ask(home, "--tz", "Europe/Amsterdam", "sessions only start_date_time as month | .start_date_time")
    assert found.out.decode() == '"2026-02"\n"2026-02"\n'


def test_pseudonyms_are_the_same_in_all_modules_and_runs(home: Path) -> None:
    text = (
        "(sessions only cdr_token.uid as pseudonym), (cdrs only cdr_token.uid as pseudonym) | .cdr_token.uid"
    )
    found = ask(home, "-r", "--recipient", "utrecht", text)
    pseudonyms = found.out.decode().split()
    assert len(pseudonyms) == 3 and len(set(pseudonyms)) == 1, found.err
    assert pseudonyms[0].startswith("tok_") and len(pseudonyms[0]) == 20
    assert ask(home, "-r", text, OCPIQ_RECIPIENT="utrecht").out == found.out


def test_pseudonyms_join(home: Path) -> None:
    text = (
        "sessions only id, cdr_token.contract_id as pseudonym | join cdrs as $c only id, cdr_token.contract_id as"
        " pseudonym on .cdr_token.contract_id == $c.cdr_token.contract_id | [.id, $c.id]"
    )
    assert ask(home, "--recipient=utrecht", text).out.decode() == '["S1","K1"]\n["S2",null]\n'


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ("kwh:rounded(5)", "10\n0\n"),
        ("id,kwh:rounded(0.5),cdr_token.uid:prefix(1)", "12.0\n4.0\n"),
        ("kwh:present", "true\ntrue\n"),
        ("kwh", "12.3\n4\n"),
    ],
)
def test_get_takes_treatments(home: Path, passed: str, expected: str) -> None:
    source = f"--source=sessions={home.parent / 'sessions.json'}"
    found = command(home, ["get", "sessions", "-q", "-c", source, "--privacy-pass", passed])
    shown = [json.dumps(json.loads(line)["kwh"]) for line in found.out.decode().splitlines()]
    assert shown == expected.split(), found.err


@pytest.mark.parametrize(
    "passed", ["kwh:", "kwh:rounded(5", "kwh:rounded(5) | debug", ":present", "kwh::day"]
)
def test_get_takes_nothing_else(home: Path, passed: str) -> None:
    found = command(home, ["get", "sessions", "--privacy-pass", passed])
    assert found.code == 2
    assert "--privacy-pass takes names of fields" in found.err


def test_explain_shows_treatments(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["explain", "sessions pass kwh as rounded(5), start_date_time as day | [.kwh, .start_date_time]"])
        == 0
    )
    assert "  passes      start_date_time as day, kwh as rounded(5)\n" in capsys.readouterr().out
    assert run(["explain", "--json", "sessions pass ., kwh as rounded(5) | .kwh"]) == 0
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert source["passes"] == [".", "kwh as rounded(5)"]
    assert [field["treatment"] for field in source["fields"] if field["path"] == "kwh"] == ["rounded(5)"]


MISUSES = {
    'cdrs pass cdr_token.contract_id as pseudonym | select(.cdr_token.contract_id == "C1")': (
        3,
        "a clear value",
    ),
    "sessions pass start_date_time as hour, end_date_time as hour | duration_hours(.end_date_time; .start_date_time)": (
        3,
        "sessions.end_date_time is cut to the hour, and is not a DateTime (pass it in the clear)",
    ),
    "(sessions pass kwh as rounded(5)), (sessions pass kwh)": (3, "sessions.kwh is passed in two ways"),
    "(sessions pass kwh as rounded(5)), (sessions pass kwh as rounded(7))": (
        3,
        "sessions.kwh is passed in two ways",
    ),
    "cdrs pass cdr_location.city as hour": (3, "cdrs.cdr_location.city is not a DateTime"),
    "cdrs pass total_energy as pseudonym": (3, "a number has no pseudonym"),
    "cdrs pass total_energy as bucket(5)": (3, "unknown treatment bucket (did you mean rounded?)"),
    "cdrs pass total_energy as $x": (3, "expected a treatment such as pseudonym"),
    "cdrs pass cdr_token.uid as pseudonym": (
        2,
        "pseudonyms, which are made for a recipient (use --recipient NAME",
    ),
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Platform]]:
    """Yield a home with a login, and the platform."""
    folder = tmp_path_factory.mktemp("platform") / "home"
    folder.mkdir()
    served = Platform(modules=("sessions", "cdrs"))
    with serving(served) as started:
        login = ["login", started.versions_url, "--party", "NL-GOV", "--name", "mine", "--token", TOKEN]
        done = command(folder, login)
        assert done.code == 0, done.err
        yield folder, served


@pytest.mark.parametrize("decoder", [nullcontext, careful_only], ids=["typed", "untyped"])
@pytest.mark.parametrize(("text", "expected"), MISUSES.items(), ids=list(MISUSES))
def test_a_misuse_is_refused_before_any_request(
    platform: tuple[Path, Platform],
    text: str,
    expected: tuple[int, str],
    decoder: Callable[[], AbstractContextManager[None]],
) -> None:
    folder, served = platform
    before = len(served.requests)
    with decoder():
        found = command(folder, [text])
    assert (found.code, found.out) == (expected[0], b"")
    assert expected[1] in found.err
    assert len(served.requests) == before
