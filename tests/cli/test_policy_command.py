"""A policy refuses a run before anything is fetched, whatever it reads from, and lists all that exceeds it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, serving

LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")
TRAIL = ".local/state/ocpiq/audit.ndjson"
POLICY = """
formats = ["ndjson", "csv"]
window_min = "1d"
window_max = "1m"

[sessions]
pass = ["id", "status", "kwh as rounded(5)", "start_date_time as month"]
"""


@pytest.fixture
def work(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    sessions = [{"id": "S1", "kwh": 13.7, "status": "ACTIVE", "start_date_time": "2026-01-02T03:04:05Z"}]
    sessions[0]["last_updated"] = "2026-01-02T05:00:00Z"
    Path("s.json").write_text(json.dumps(sessions))
    assert command(home, ["recipient", "add", "utrecht"]).code == 0
    policy(home).write_text(POLICY)
    return folder


@pytest.fixture
def platform(home: Path) -> Iterator[Platform]:
    with serving(Platform()) as served:
        assert command(home, ["login", served.versions_url, *LOGIN]).code == 0
        served.requests.clear()
        yield served


def policy(home: Path) -> Path:
    return home / ".config/ocpiq/recipients/utrecht.toml"


def run(home: Path, *words: str) -> Outcome:
    return command(home, ["-q", "--recipient", "utrecht", *words])


WINDOW = "during 2026-01"
ALLOWED = [
    f"sessions only id, kwh as rounded(5) {WINDOW}",
    f"sessions only kwh as rounded(10), start_date_time as quarter {WINDOW} | aggregate sum(.kwh) by .start_date_time",
    f'sessions only kwh as present, status {WINDOW} | select(.status == "ACTIVE")',
    f"sessions pass kwh as rounded(5) {WINDOW} | {{id, kwh}}",  # other fields of the view are not read
    "sessions only id since 2026-01-01 until 2026-02-01",
    "sessions only id during 2026-01-05",
]
EXCESS = {
    f"sessions only id, kwh {WINDOW}": "sessions.kwh",
    f"sessions only id, kwh as rounded(7) {WINDOW}": "sessions.kwh as rounded(7)",
    f"sessions only id, start_date_time as day {WINDOW}": "sessions.start_date_time as day",
    f"sessions {WINDOW} | {{id, currency}}": "sessions.currency",  # shown by default
    f'sessions {WINDOW} | select(.currency == "EUR") | .id': "sessions.currency",  # decides only
    f"sessions pass kwh {WINDOW} | aggregate sum(.kwh)": "sessions.kwh",
    f"sessions pass . {WINDOW}": "all of sessions",
    f"sessions pass charging_periods {WINDOW} | .charging_periods": "sessions.charging_periods",
    "sessions only id": "sessions without a window (at most 1m)",
    "sessions only id until 2026-01-01": "sessions without a window (at most 1m)",
    "sessions only id during 2026": "sessions for more than 1m",
    "sessions only id since 2020-01-01": "sessions for more than 1m",
    "sessions only id since 2026-01-01T00:00:00Z until 2026-01-01T02:00:00Z": "sessions for less than 1d",
    f"sessions only id {WINDOW} newest 3": "the newest of sessions (a window of at least 1d is needed)",
    "locations only id": "module locations",
    "cdrs only id, total_cost | aggregate count": "module cdrs",
    f"(sessions only id, kwh {WINDOW}), (locations only id), (sessions only id)": "sessions.kwh, module locations, "
    "sessions without a window (at most 1m)",
}


@pytest.mark.parametrize("query", ALLOWED)
def test_allowed(query: str, home: Path, work: Path) -> None:
    outcome = run(home, "--source", "sessions=s.json", query)
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(("query", "excess"), EXCESS.items(), ids=EXCESS)
def test_excess_is_refused_before_any_request(
    query: str, excess: str, home: Path, work: Path, platform: Platform
) -> None:
    outcome = run(home, "-o", "out.csv", query)
    message = f"error: the policy of utrecht does not allow: {excess} (nothing was fetched)\n"
    assert (outcome.err, outcome.out, outcome.code) == (message, b"", 7)
    assert platform.requests == []
    assert not Path("out.csv").exists()
    (entry,) = [json.loads(line) for line in (home / TRAIL).read_text().splitlines()]
    assert (entry["event"], ", ".join(entry["excess"])) == ("refused", excess)


PLAIN = "sessions only id, kwh during 2026-01"
WAYS: dict[str, tuple[tuple[str, ...], str]] = {
    "files": (("--source", "sessions=s.json", PLAIN), "sessions.kwh"),
    "the demo": (("--demo", PLAIN), "sessions.kwh"),
    "get": (("get", "--source", "sessions=s.json", "sessions", "--privacy-pass", "kwh"), "sessions."),
    "import": (("-L", ".", "--source", "sessions=s.json", 'import "lib" as l; l::all'), "sessions."),
    "a saved query": (("-f", "q.ocpiq", "--source", "sessions=s.json"), "sessions.kwh"),
    "a variable": (
        ("--arg", "m", "2026", "--source", "sessions=s.json", "sessions only id during $m"),
        "sessions for more than 1m",
    ),
    "a format": (("--to", "json", "--source", "sessions=s.json", ALLOWED[0]), "format json"),
    "a file's format": (("-o", "x.md", "--source", "sessions=s.json", ALLOWED[0]), "format markdown"),
    "input files": ((".", "s.json"), "plain JSON (files)"),
    "standard input": ((".",), "plain JSON (standard input)"),
    "a variable's file": (("-n", "--slurpfile", "x", "s.json", "$x"), "plain JSON (--slurpfile)"),
    "a variable's text": (("-n", "--rawfile", "x", "s.json", "$x"), "plain JSON (--rawfile)"),
    "imported data": (("-n", "-L", ".", 'import "s" as $s; $s'), "plain JSON (import)"),
    "data imported by an import": (("-n", "-L", ".", 'import "data" as d; d::s'), "plain JSON (import)"),
}


@pytest.mark.parametrize(("words", "excess"), WAYS.values(), ids=WAYS)
def test_every_way_in(words: tuple[str, ...], excess: str, home: Path, work: Path) -> None:
    Path("q.ocpiq").write_text(PLAIN)
    Path("lib.ocpiq").write_text("def all: sessions;")
    Path("data.ocpiq").write_text('import "s" as $s; def s: $s;')
    flags = ["-q", "--recipient", "utrecht"]
    outcome = command(home, [words[0], *flags, *words[1:]] if words[0] == "get" else [*flags, *words])
    assert (outcome.out, outcome.code) == (b"", 7), outcome.err
    assert outcome.err.startswith("error: the policy of utrecht does not allow: ")
    assert excess in outcome.err


def test_input_reads_nothing_under_a_policy(home: Path, work: Path) -> None:
    outcome = run(home, "-n", "[inputs]")
    assert (outcome.code, outcome.out) == (0, b"[]\n")


def test_a_policy_may_permit_plain_json(home: Path, work: Path) -> None:
    policy(home).write_text("plain_json = true")
    assert run(home, ".[0].id", "s.json")[:3] == (b'"S1"\n', "", 0)
    assert run(home, "-n", "input[0].id", "s.json").out == b'"S1"\n'


def test_expired(home: Path, work: Path) -> None:
    policy(home).write_text('expires = 2026-01-01\n[sessions]\npass = ["id"]')
    outcome = run(home, "--source", "sessions=s.json", "sessions only id")
    assert outcome.err == (
        "error: the policy of utrecht does not allow: anything since 2026-01-01 (nothing was fetched)\n"
    )


def test_two_policies_are_both_kept(home: Path, work: Path) -> None:
    Path("stricter.toml").write_text('[sessions]\npass = ["id"]')
    words = ("--source", "sessions=s.json", f"sessions only id, status {WINDOW}")
    assert run(home, *words).code == 0
    outcome = run(home, "--policy", "stricter.toml", *words)
    assert outcome.err == (
        "error: the policy stricter.toml does not allow: sessions.status (nothing was fetched)\n"
    )
    outcome = command(home, ["-q", "--policy", "stricter.toml", *words])
    assert outcome.code == 7


def test_a_policy_that_cannot_be_read_allows_nothing(home: Path, work: Path) -> None:
    mistakes = (
        "x",
        "[cdr]",
        "[sessions]\npass = 1",
        '[sessions]\npass = ["kwh as rounded(0.00)"]',
        'formats = ["cvs"]',
    )
    for text in mistakes:
        policy(home).write_text(text)
        outcome = run(home, "--source", "sessions=s.json", ALLOWED[0])
        assert (outcome.code, outcome.out) == (2, b"")
        assert outcome.err.startswith("error: the policy of utrecht")
    assert outcome.err == "error: the policy of utrecht: unknown format cvs (did you mean csv?)\n"
    outcome = run(home, "--policy", "missing.toml", "-n", "1")
    assert outcome.code == 2


def test_no_policy_allows_everything(home: Path, work: Path) -> None:
    policy(home).unlink()
    assert run(home, "--source", "sessions=s.json", "sessions pass .").code == 0


# ---------------------------------------------------------------- before a run


def test_explain_writes_a_policy_that_allows_the_query(home: Path, work: Path) -> None:
    query = f"sessions pass charging_periods, kwh as rounded(5) {WINDOW} | {{id, kwh, charging_periods}}"
    written = command(home, ["explain", "--to", "policy", query])
    assert (written.code, written.err) == (0, "")
    assert written.out.decode().splitlines()[-5:] == [
        "pass = [",
        '  "charging_periods",',
        '  "id",  # shown',
        '  "kwh as rounded(5)",  # shown',
        "]",
    ]
    policy(home).write_bytes(written.out)
    source = ("--source", "sessions=s.json")
    assert run(home, *source, query).code == 0
    assert run(home, *source, query.replace("kwh as rounded(5)", "kwh")).code == 7
    assert run(home, *source, query.replace("{id,", "{id, currency,")).code == 7


def test_check_lists_what_each_saved_query_exceeds(home: Path, work: Path) -> None:
    Path("q").mkdir()
    Path("q/a.ocpiq").write_text(ALLOWED[0])
    Path("q/b.ocpiq").write_text(PLAIN)
    Path("q/c.ocpiq").write_text("sessions only id during $month")
    Path("q/d.jq").write_text("def helper: 1;")
    Path("q/e.ocpiq").write_text('module {params: {m: {type: "string"}}}; sessions only id during $m')
    outcome = command(home, ["policy", "check", "utrecht", "q"])
    assert outcome.code == 7
    assert outcome.out.decode().splitlines() == [
        "q/a.ocpiq: allowed",
        "q/b.ocpiq: sessions.kwh",
        "q/e.ocpiq: allowed (its windows depend on parameters and are checked when it runs)",
    ]
    assert outcome.err.startswith("error: $month is not defined")
    assert command(home, ["policy", "check", "utrecht", "q/a.ocpiq"]).code == 0
    Path("own.toml").write_text(POLICY)
    assert command(home, ["policy", "check", "own.toml", "q/a.ocpiq", "q/b.ocpiq"]).code == 7


def test_show(home: Path, work: Path) -> None:
    assert command(home, ["policy", "show", "utrecht"]).out.decode() == POLICY
    assert str(policy(home)) in command(home, ["recipient", "show", "utrecht"]).out.decode()


def test_set_puts_a_policy_in_force_that_can_be_read(home: Path, work: Path) -> None:
    Path("new.toml").write_text('[sessions]\npass = ["id"]')
    run_ = command(home, ["policy", "set", "utrecht", "new.toml"])
    assert (run_.code, run_.err) == (0, f"the policy of utrecht is now in {policy(home)}\n")
    assert policy(home).read_text() == Path("new.toml").read_text()
    assert stat.S_IMODE(policy(home).stat().st_mode) == 0o600
    Path("new.toml").write_text("[session]")
    assert command(home, ["policy", "set", "utrecht", "new.toml"]).code == 2
    assert policy(home).read_text() == '[sessions]\npass = ["id"]'


DIFFS = {
    ("sessions only id", "sessions only id"): (0, []),
    ("sessions only id, kwh", "sessions only id, kwh as rounded(5)"): (0, []),
    ("sessions only id, kwh", "sessions only id | .id"): (0, []),
    ("sessions only id", "sessions only id, kwh"): (1, ["sessions.kwh"]),
    ("sessions only id, kwh as rounded(5)", "sessions only id, kwh"): (1, ["sessions.kwh"]),
    ("sessions only id", "locations only id"): (1, ["module locations"]),
    ("sessions only kwh | aggregate sum(.kwh)", "sessions only kwh | .kwh"): (
        1,
        ["sessions.kwh is now shown for each object"],
    ),
    ("sessions only kwh | .kwh", "sessions only kwh | aggregate sum(.kwh)"): (0, []),
    ("sessions only id during 2026-01", "sessions only id"): (
        1,
        ["sessions without a window, before during 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z"],
    ),
}


@pytest.mark.parametrize(("pair", "expected"), DIFFS.items(), ids=map(" / ".join, DIFFS))
def test_diff(pair: tuple[str, str], expected: tuple[int, list[str]], home: Path, work: Path) -> None:
    outcome = command(home, ["explain", "--diff", *pair])
    assert (outcome.code, outcome.out.decode().splitlines(), outcome.err) == (*expected, "")
    Path("old.ocpiq").write_text(pair[0])
    Path("new.ocpiq").write_text(pair[1])
    assert command(home, ["explain", "--diff", "old.ocpiq", "new.ocpiq"]).out == outcome.out


MISTAKES = {
    ("policy",): "ocpiq policy takes an action and a recipient (ocpiq policy show utrecht)",
    ("policy", "utrecht"): "unknown action of ocpiq policy (available: set, show, check)",
    ("policy", "chek", "utrecht"): "unknown action of ocpiq policy (did you mean check?)",
    (
        "policy",
        "set",
        "utrecht",
    ): "ocpiq policy set takes a recipient and a file (ocpiq policy set utrecht FILE)",
    ("policy", "check"): "ocpiq policy check takes a recipient (ocpiq policy check utrecht)",
    ("policy", "check", "utrecht"): "no queries to check (ocpiq policy check utrecht FILE or FOLDER)",
    ("policy", "check", "nobody", "q"): "unknown recipient 'nobody' (available: utrecht)",
    ("policy", "check", "utrecht", "."): "no saved queries in . (their names end in .ocpiq or .jq)",
    ("policy", "show", "none.toml"): "could not read the policy none.toml: No such file or directory",
    ("explain", "--to", "csv", "1"): "ocpiq explain writes text, json, markdown or policy, not csv",
    ("explain", "--diff", "1", "2", "3"): "ocpiq explain --diff takes two queries and no further words",
    ("--to", "policy", "1"): '--to: unknown format "policy"',
}


@pytest.mark.parametrize(("words", "message"), MISTAKES.items(), ids=map(" ".join, MISTAKES))
def test_mistakes(words: tuple[str, ...], message: str, home: Path, work: Path) -> None:
    outcome = command(home, words)
    assert (outcome.code, outcome.err.startswith(f"error: {message}")) == (2, True), outcome.err


def test_a_recipient_without_a_policy(home: Path, work: Path) -> None:
    policy(home).unlink()
    outcome = command(home, ["policy", "check", "utrecht", "q.ocpiq"])
    assert outcome.err == (
        "error: utrecht has no policy (ocpiq explain --to policy QUERY > FILE; ocpiq policy set utrecht FILE)\n"
    )
