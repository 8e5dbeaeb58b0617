"""The audit trail of runs, and `ocpiq audit`: written before anything is fetched, and never with a value."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, Request, Response, serving

TRAIL = ".local/state/ocpiq/audit.ndjson"
LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")


@pytest.fixture
def work(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with saved sessions, for a user with the recipient utrecht."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    sessions = [{"id": f"S{number}", "kwh": number, "currency": "EUR"} for number in range(5)]
    Path("sessions.json").write_text(json.dumps(sessions))
    assert command(home, ["recipient", "add", "utrecht"]).code == 0
    return folder


@pytest.fixture
def platform(home: Path) -> Iterator[Platform]:
    """A platform that was logged in to."""
    with serving(Platform()) as served:
        assert command(home, ["login", served.versions_url, *LOGIN]).code == 0
        yield served


FILES = ("-q", "--source", "sessions=sessions.json")


def run(home: Path, *words: str, **variables: str) -> Outcome:
    return command(home, [*FILES, *words], **variables)


def for_utrecht(home: Path, *words: str) -> Outcome:
    return run(home, "--recipient", "utrecht", *words)


def entries(home: Path) -> list[dict[str, object]]:
    path = home / TRAIL
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def listed(home: Path, *words: str) -> list[dict[str, object]]:
    outcome = command(home, ["audit", "--to", "ndjson", *words])
    assert (outcome.code, outcome.err) == (0, "")
    return [json.loads(line) for line in outcome.out.splitlines()]


QUERY = 'sessions pass kwh | select(.kwh > $least and .id != "S4") | {id, kwh}'


def test_a_run_is_told_before_and_after(home: Path, work: Path) -> None:
    outcome = for_utrecht(home, "--argjson", "least", "1", "-o", "out.csv", QUERY)
    assert outcome.code == 0, outcome.err
    begun, ended = entries(home)
    digest = hashlib.sha256(Path("out.csv").read_bytes()).hexdigest()
    key = re.search(rb"key ([0-9a-f]{8})", command(home, ["recipient", "list"]).out)
    assert key
    assert begun | {"time": "", "run": "", "user": "", "ocpiq": ""} == {
        "line": 1,
        "previous": "0" * 64,
        "event": "begun",
        "time": "",
        "run": "",
        "user": "",
        "ocpiq": "",
        "command": "query",
        "recipient": "utrecht",
        "key_id": key[1].decode(),
        "policy_sha256": None,
        "query": 'sessions pass kwh | select(.kwh > $least and .id != "…") | {id, kwh}',
        "query_sha256": hashlib.sha256(QUERY.encode()).hexdigest(),
        "query_file": None,
        "arguments": ["least"],
        "ocpi_version": "2.2.1",
        "sources": begun["sources"],
        "format": "csv",
        "file": str(work / "out.csv"),
    }
    assert ended["previous"] == hashlib.sha256((home / TRAIL).read_bytes().splitlines()[0]).hexdigest()
    assert {name: ended[name] for name in ("event", "run", "exit", "objects", "rows", "file", "sha256")} == {
        "event": "ended",
        "run": begun["run"],
        "exit": 0,
        "objects": {"sessions": 5},
        "rows": 2,
        "file": str(work / "out.csv"),
        "sha256": digest,
    }


def test_roles_and_windows_are_told(home: Path, work: Path) -> None:
    query = "sessions pass kwh since $from until 2026-02-01 | aggregate sum(.kwh) by .currency"
    for_utrecht(home, "--arg", "from", "2026-01-01", query)
    (source,) = entries(home)[0]["sources"]  # type: ignore[misc]
    assert (source["module"], source["from"], source["passes"]) == ("sessions", "files", ["kwh"])
    assert (source["since"], source["until"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert {"kwh", "currency"} <= {path for paths in source["roles"].values() for path in paths}


def test_no_value_is_in_the_trail(home: Path, work: Path) -> None:
    words = ["--arg", "person", "NL-SECRET-1", "--args"]
    query = 'sessions | select(.id == $person or .id == "NL-SECRET-2" or .id == "S1") # NL-SECRET-3'
    assert for_utrecht(home, *words, query, "NL-SECRET-4").code == 0
    trail = (home / TRAIL).read_text()
    assert "SECRET" not in trail
    assert '"S1"' not in trail
    assert '"arguments":["person"]' in trail


def test_values_that_are_not_passed_change_nothing_in_the_trail(home: Path, work: Path) -> None:
    told = []
    for kwh in (1, "a long text instead of a number", None):
        Path("sessions.json").write_text(json.dumps([{"id": "S1", "kwh": kwh}]))
        for_utrecht(home, "-o", "out.json", "sessions | {id, kwh}")
        told.append(
            [entry | dict.fromkeys(("line", "previous", "time", "run"), "") for entry in entries(home)[-2:]]
        )
    assert told[0] == told[1] == told[2]


AUDITED = {
    "nobody": ((), "", 0),
    "a recipient": (("--recipient", "utrecht"), "", 2),
    "the config file": ((), "audit = true", 2),
    "not the config file": ((), "audit = false", 0),
}


@pytest.mark.parametrize(("words", "config", "count"), AUDITED.values(), ids=AUDITED)
def test_which_runs_are_audited(words, config: str, count: int, home: Path, work: Path) -> None:
    (home / ".config/ocpiq/config.toml").write_text(config)
    for arguments in (["sessions | limit 1"], ["get", "sessions"]):
        before = len(entries(home))
        assert run(home, *words, *arguments).code == 0
        assert len(entries(home)) - before == count
    assert run(home, "-n", *words, "1").code == 0
    assert len(entries(home)) == 2 * count + (2 if words else 0)  # plain JSON only for a recipient


def test_another_trail(home: Path, work: Path) -> None:
    assert run(home, "--audit", "a/trail", "sessions | limit 1").code == 0
    assert run(home, "--recipient", "utrecht", "--audit", "a/trail", "sessions | limit 1").code == 0
    (home / ".config/ocpiq/config.toml").write_text(f'audit = "{work / "a/trail"}"')
    assert run(home, "sessions | limit 1").code == 0
    assert not entries(home)
    outcome = command(home, ["audit", "verify"])
    assert outcome.out.startswith(f"{work / 'a/trail'} is whole: 6 lines".encode())


def broken(request: Request) -> Response | None:
    return Response(b"", 403, {}) if int(request.query.get("offset", 0)) >= 4 else None


@pytest.mark.parametrize("path", ["out.ndjson", None])
def test_an_incomplete_run(path: str | None, home: Path, work: Path, platform: Platform) -> None:
    platform.special = {"sessions": broken}
    words = ["--recipient", "utrecht", "-q", *(["-o", path] if path else []), "sessions only id"]
    outcome = command(home, words)
    assert outcome.code == 8
    ended = entries(home)[-1]
    written = Path(f"{path}.partial").read_bytes() if path else outcome.out
    assert (ended["exit"], ended["objects"], ended["rows"]) == (8, {"sessions": 7}, 7)
    assert ended["file"] == (str(work / f"{path}.partial") if path else None)
    assert ended["sha256"] == hashlib.sha256(written).hexdigest()
    assert entries(home)[0]["sources"][0]["from"] == "test"  # type: ignore[index]


def test_a_failed_run_has_written_no_file(home: Path, work: Path) -> None:
    assert for_utrecht(home, "-o", "out.json", "sessions | .id | tonumber").code == 5
    ended = entries(home)[-1]
    assert (ended["exit"], ended["rows"], ended["file"], ended["sha256"]) == (5, 0, None, None)


def test_a_query_that_does_not_compile_is_not_a_run(home: Path, work: Path) -> None:
    assert for_utrecht(home, "sessions pass nothing").code == 3
    assert for_utrecht(home, "sessions | .kwh > 1").code == 7
    assert entries(home) == []


def test_what_cannot_be_audited_does_not_run(home: Path, work: Path, platform: Platform) -> None:
    platform.requests.clear()
    Path("file").write_text("")
    for trail in ("file/audit", ".", "/dev/null"):
        outcome = command(home, ["--audit", trail, "-o", "out.json", "sessions"])
        assert (outcome.code, outcome.out) == (2, b"")
        assert outcome.err.count("\n") == 1
    for_utrecht(home, "sessions | limit 1")
    (home / TRAIL).write_bytes((home / TRAIL).read_bytes().splitlines(keepends=True)[0])
    outcome = command(home, ["--recipient", "utrecht", "-o", "out.json", "sessions"])
    assert outcome.code == 2
    assert outcome.err.startswith(
        f"error: {home / TRAIL} is shorter than it was (keep both files as evidence"
    )
    assert platform.requests == []
    assert not Path("out.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs kill")
@pytest.mark.parametrize(("sent", "state"), [(signal.SIGINT, "ended"), (signal.SIGKILL, "not ended")])
def test_a_run_that_is_killed(sent: signal.Signals, state: str, home: Path, work: Path) -> None:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    words = ["-q", "-n", "--recipient", "utrecht", "-o", "out.json", "range(1e12)"]
    started = subprocess.Popen(
        [sys.executable, "-m", "ocpiq", *words], env=environment, stderr=subprocess.DEVNULL
    )
    while not entries(home):
        assert started.poll() is None
    started.send_signal(sent)
    started.wait()
    (told,) = listed(home)
    assert (told["state"], told["exit"]) == (state, None if state == "not ended" else 130)


def test_the_hash_of_a_file_finds_its_run(home: Path, work: Path) -> None:
    for_utrecht(home, "-o", "one.csv", "sessions only id | limit 1")
    for_utrecht(home, "-o", "two.csv", "sessions only id | limit 2")
    Path("three.json").write_bytes(for_utrecht(home, "sessions only id | limit 3").out)
    Path("moved.csv").write_bytes(Path("two.csv").read_bytes())
    assert [told["query"] for told in listed(home, "--file", "moved.csv")] == ["sessions only id | limit 2"]
    assert [told["query"] for told in listed(home, "--file", "three.json")] == ["sessions only id | limit 3"]
    Path("moved.csv").write_text("id\nother\n")
    outcome = command(home, ["audit", "--file", "moved.csv"])
    assert (outcome.code, outcome.out) == (1, b"")
    assert outcome.err == f"no run in {home / TRAIL} wrote moved.csv as it is now\n"


def test_the_hash_of_a_saved_query_is_that_of_its_file(home: Path, work: Path) -> None:
    Path("q.ocpiq").write_text("# a comment\nsessions only id\n| limit 1\n")
    for_utrecht(home, "-f", "q.ocpiq")
    (told,) = listed(home)
    assert told["query_file"] == "q.ocpiq"
    assert told["query_sha256"] == hashlib.sha256(Path("q.ocpiq").read_bytes()).hexdigest()


def test_the_list(home: Path, work: Path) -> None:
    command(home, ["recipient", "add", "delft"])
    for_utrecht(home, "-o", "one.csv", "sessions only id | limit 1")
    run(home, "--recipient", "delft", "sessions only id | limit 2")
    assert [told["recipient"] for told in listed(home)] == ["utrecht", "delft"]
    assert [told["recipient"] for told in listed(home, "--recipient", "delft")] == ["delft"]
    assert listed(home, "--since", "2999-01-01") == listed(home, "--until", "2000-01-01") == []
    assert len(listed(home, "--since", "yesterday", "--until", "2999-01-01")) == 2
    table = command(home, ["audit"]).out.decode().splitlines()
    assert table[0].split() == [
        "time",
        "recipient",
        "key",
        "user",
        "modules",
        "exit",
        "rows",
        "file",
        "query",
    ]
    assert (len(table), table[2].endswith("sessions only id | limit 1")) == (4, True)
    assert command(home, ["audit", "-o", "list.csv"]).code == 0
    assert Path("list.csv").read_text().startswith("time,recipient,key,user,modules,exit,rows,file,query\n")


def test_verify(home: Path, work: Path) -> None:
    for_utrecht(home, "sessions only id | limit 1")
    last = hashlib.sha256((home / TRAIL).read_bytes().splitlines()[1]).hexdigest()
    outcome = command(home, ["audit", "verify"])
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.decode() == f"{home / TRAIL} is whole: 2 lines, the last with hash {last}\n"
    (home / TRAIL).write_bytes((home / TRAIL).read_bytes().replace(b"utrecht", b"arnhem_"))
    outcome = command(home, ["audit", "verify"])
    assert (outcome.code, outcome.out) == (1, b"")
    assert outcome.err.startswith(f"error: line 1 of {home / TRAIL} was changed, or line 2 was (")
    assert command(home, ["audit"]).err.startswith("warning: line 1 of ")


MISTAKES = {
    ("audit",): "audit.ndjson (a run with --recipient or --audit begins one)",
    ("audit", "verfy"): "ocpiq audit has no action verfy (ocpiq audit, or ocpiq audit verify)",
    ("audit", "verify", "x"): "ocpiq audit has no action x (ocpiq audit, or ocpiq audit verify)",
    ("--since", "2026-01-01", "sessions"): "--since is an option of ocpiq audit",
}


@pytest.mark.parametrize(("words", "message"), MISTAKES.items(), ids=map(" ".join, MISTAKES))
def test_mistakes(words: tuple[str, ...], message: str, home: Path) -> None:
    outcome = command(home, words)
    assert (outcome.code, outcome.err.removesuffix("\n").endswith(message)) == (2, True), outcome.err


def test_mistaken_dates_and_files(home: Path, work: Path) -> None:
    for_utrecht(home, "sessions only id | limit 1")
    for words, message in {
        ("--since", "soon"): "--since takes a date (such as --since 2026-01-31)",
        ("--file", "missing"): "could not read missing: No such file or directory",
    }.items():
        outcome = command(home, ["audit", *words])
        assert (outcome.code, outcome.err) == (2, f"error: {message}\n")


def test_the_log_of_the_system(home: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "log"
    monkeypatch.setattr("ocpiq.storage.syslog.SOCKETS", (str(work / "none"), str(path)))
    words = ("--audit", "syslog", "sessions only id")
    none = run(home, *words)
    assert (none.code, none.out) == (2, b"")
    assert "could not write to the system's log" in none.err
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(path))
        assert run(home, *words).code == 0
        assert run(home, "--audit", "syslog", "-n", "1").code == 0  # reads no module
        assert for_utrecht(home, *words).code == 0
        log.setblocking(False)
        lines = [log.recv(65536) for _ in range(4)]
        with pytest.raises(BlockingIOError):
            log.recv(1)
    texts = [re.fullmatch(rb"<86>ocpiq\[\d+\]: (\{.*\})", line) for line in lines]
    sent = [json.loads(text[1]) for text in texts if text]
    assert [entry["event"] for entry in sent] == ["begun", "ended"] * 2
    assert [entry["event"] for entry in entries(home)] == [
        "begun",
        "ended",
    ]  # of utrecht, in the user's own trail
    listed_there = command(home, ["audit", "--audit", "syslog"])
    assert (listed_there.code, listed_there.err) == (
        2, "error: the system's log is not read here (such as journalctl -t ocpiq)\n"
    )  # fmt: skip
