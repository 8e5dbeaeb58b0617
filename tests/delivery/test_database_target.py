"""`-o sqlite:FILE#TABLE` and `-o postgres://…#TABLE`: the table is what the platform has, after any interruption."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from support.changing_platform import ChangingPlatform, Rates
from support.cli import Outcome, command
from support.deliveries import Client, client
from support.postgres import server

KEY = ("country_code", "party_id", "id")
FIELDS = (*KEY, "kwh", "status")
QUERY = f"sessions only {', '.join(FIELDS)} since last"
BUSY = Rates(insert=40, update=60, hidden=20)
SETTLED = 4000.0  # seconds, after which everything was delivered


class Table:
    """A table of a database, as its user sees it."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name

    @property
    def target(self) -> str:
        return f"{self.url}#{self.name}"

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        connection: Any
        if self.url.startswith("sqlite:"):
            connection = sqlite3.connect(self.url.removeprefix("sqlite:"))
        else:
            connection = import_module("psycopg").connect(self.url)
        with closing(connection):
            found = connection.execute(text)
            rows = found.fetchall() if found.description else []
            connection.commit()
            return list(rows)

    def rows(self) -> dict[str, tuple[Any, ...]]:
        return {row[2]: row for row in self.ask(f"SELECT {', '.join(FIELDS)} FROM {self.name}")}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a database."""
    if request.param == "postgres":
        with server() as url:
            yield url
    else:
        yield f"sqlite:{tmp_path_factory.mktemp('database') / 'd.sqlite'}"


@pytest.fixture
def table(database: str, request: pytest.FixtureRequest) -> Table:
    return Table(database, f"t{abs(hash(request.node.name)) % 10**8}")


@contextmanager
def delivering(tmp_path: Path, platform: ChangingPlatform) -> Iterator[Client]:
    with client(tmp_path, platform) as found:
        yield found


def run(one: Client, table: Table, *words: str, query: str = QUERY) -> Outcome:
    one.platform.requests.clear()
    return command(one.home, ["-q", "-o", table.target, *words, query])


def present(platform: ChangingPlatform) -> dict[str, tuple[Any, ...]]:
    """Return what the platform has, as the query shows it."""
    return {item["id"]: tuple(item.get(name) for name in FIELDS) for item in platform.current()}


def test_the_table_has_what_is_new_and_changed(tmp_path: Path, table: Table) -> None:
    with delivering(tmp_path, ChangingPlatform(size=6)) as one:
        one.platform.step(60)
        first = run(one, table, "--all")
        assert (first.code, first.err) == (0, "")
        assert table.rows() == present(one.platform)
        one.platform.rates = BUSY
        for _ in range(6):
            one.platform.step(900)
            assert run(one, table).code == 0
        one.platform.rates = Rates()
        one.platform.step(SETTLED)
        assert run(one, table).code == 0
        assert table.rows() == present(one.platform)
        assert run(one, table, "--fail-if-empty").code == 9


def test_columns_have_types_and_a_key(tmp_path: Path, table: Table) -> None:
    query = (
        "sessions only country_code, party_id, id, kwh, start_date_time, cdr_token"
        " | {country_code, party_id, id, kwh, at: .start_date_time, token: .cdr_token.uid, n: (.kwh > 1)}"
    )
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        one.platform.step(60)
        done = run(one, table, "--all", query=query)
        assert done.code == 0, done.err
    [(kwh, at, token, larger)] = table.ask(f"SELECT kwh, at, token, n FROM {table.name} LIMIT 1")
    assert isinstance(kwh, float | int)
    assert str(at)[:4] == "2026"
    assert isinstance(token, str)
    assert larger in (True, False)
    key = ", ".join(KEY)
    with pytest.raises(Exception, match=r"(?i)unique"):
        table.ask(f"INSERT INTO {table.name} ({key}) SELECT {key} FROM {table.name}")


def process(one: Client, table: Table, *words: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OCPIQ_", "XDG_"))}
    words = ("-m", "ocpiq", "-q", "-o", table.target, "--all", *words, QUERY)
    environment = {**kept, "HOME": str(one.home)}
    return subprocess.Popen(
        [sys.executable, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("runs", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_at_any_moment_each_row_is_written_once(tmp_path: Path, table: Table, runs: int) -> None:
    """The rows and what is remembered of them change together: whatever is killed, the next run ends it."""
    moments = random.Random(runs)
    with delivering(tmp_path, ChangingPlatform(seed=5, size=30, cap=10, rates=BUSY)) as one:
        one.platform.step(60)
        for _ in range(runs):
            killed = process(one, table)
            time.sleep(moments.uniform(0.05, 0.9))
            killed.send_signal(signal.SIGKILL)
            killed.communicate()
            one.platform.step(900)
            if table.ask(remembered(table)):
                [(rows,)] = table.ask(f"SELECT count(*) FROM {table.name}")
                [(seen,)] = table.ask(f"SELECT count(*) FROM _ocpiq_seen WHERE target = '{table.name}'")
                assert rows == seen
        one.platform.rates = Rates()
        one.platform.step(SETTLED)
        done = run(one, table, "--all")
        assert done.code == 0, done.err
        assert table.rows() == present(one.platform)


def remembered(table: Table) -> str:
    exists = "sqlite_master WHERE name" if table.url.startswith("sqlite:") else "pg_tables WHERE tablename"
    return f"SELECT 1 FROM {exists} = '{table.name}'"


def test_nothing_is_written_if_the_pull_is_incomplete(tmp_path: Path, table: Table) -> None:
    with delivering(tmp_path, ChangingPlatform(size=30, cap=10)) as one:
        one.platform.step(60)
        assert run(one, table, "--all").code == 0
        before = table.rows()
        one.platform.put("S000001", kwh=99)
        one.platform.step(120)
        answer = one.platform.answer

        def failing(request: Any) -> Any:
            return answer(request) if "date_to" not in request.query else refused_response()

        one.platform.answer = failing  # type: ignore[method-assign]
        assert run(one, table).code in (6, 8)
        one.platform.answer = answer  # type: ignore[method-assign]
        assert table.rows() == before
        assert run(one, table).code == 0
        assert table.rows()["S000001"][3] == 99


def refused_response() -> Any:
    from support.platforms import Response

    return Response(b"", 403)


def test_a_new_column_is_refused_until_it_is_accepted(tmp_path: Path, table: Table) -> None:
    wider = f"sessions only {', '.join(FIELDS)}, currency since last"
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        one.platform.step(60)
        assert run(one, table, "--all").code == 0
        refused = run(one, table, query=wider)
        assert refused.code == 2
        assert "the query changed" in refused.err
        assert f"ocpiq state accept {table.target}" in refused.err
        assert command(one.home, ["state", "accept", table.target]).code == 0
        one.platform.put("S000001", kwh=7)
        one.platform.step(120)
        done = run(one, table, query=wider)
        assert done.code == 0, done.err
        [(currency,)] = table.ask(f"SELECT currency FROM {table.name} WHERE id = 'S000001'")
        assert currency == "EUR"
        text = run(one, table, "--text", "kwh", query=wider)
        assert text.code in (0, 2)


def test_another_run_at_the_same_time_is_refused(tmp_path: Path, table: Table) -> None:
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        one.platform.step(60)
        assert run(one, table, "--all").code == 0
        other: list[Outcome] = []
        answer = one.platform.answer

        def meanwhile(request: Any) -> Any:
            if not other:
                other.append(Outcome(b"", "", 0, {}))
                words = [sys.executable, "-m", "ocpiq", "-q", "-o", table.target, QUERY]
                environment = {**os.environ, "HOME": str(one.home)}
                done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
                other[0] = Outcome(b"", done.stderr, done.returncode, {})
            return answer(request)

        one.platform.answer = meanwhile  # type: ignore[method-assign]
        assert run(one, table).code == 0
        assert other[0].code == 2
        assert "another run writes to" in other[0].err


def test_a_foreign_table_and_a_changed_state_are_refused(tmp_path: Path, table: Table) -> None:
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        one.platform.step(60)
        foreign = Table(table.url, f"{table.name}f")
        foreign.ask(f"CREATE TABLE {foreign.name} (id TEXT)")
        refused = run(one, foreign, "--all")
        assert refused.code == 2
        assert f"the table {foreign.name} exists, and ocpiq did not make it" in refused.err
        assert run(one, table, "--all").code == 0
        other = "replace(record, '\"runs\":1', '\"runs\":2')"
        table.ask(f"UPDATE _ocpiq_state SET record = {other} WHERE target = '{table.name}'")
        changed = run(one, table)
        assert changed.code == 2
        assert f"the state of {table.name} was changed" in changed.err


def test_no_secret_and_no_hidden_value_is_in_the_database(tmp_path: Path, table: Table) -> None:
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        one.platform.put("S000001", cdr_token={"uid": "Sphinx-of-quartz"}, kwh=1)
        one.platform.step(120)
        query = (
            f"sessions only {', '.join(FIELDS)}, cdr_token.uid since last | select(.cdr_token.uid != null)"
        )
        shown = f"{query} | {{{', '.join(FIELDS)}}}"
        assert run(one, table, "--all", query=shown).code == 0
        [(count,)] = table.ask(f"SELECT count(*) FROM _ocpiq_seen WHERE target = '{table.name}'")
        assert count
        everything = repr(
            [table.ask(f"SELECT * FROM {name}") for name in (table.name, "_ocpiq_state", "_ocpiq_seen")]
        )
        assert "Sphinx" not in everything
        [secret] = (one.home / ".local/state/ocpiq/tables").glob("*.key")
        assert secret.read_bytes().hex() not in everything
        assert secret.stat().st_mode & 0o777 == 0o600


MISTAKES = {
    "no table": (["-o", "sqlite:d.sqlite"], QUERY, "needs the name of a table"),
    "our own table": (["-o", "sqlite:d.sqlite#_ocpiq_state"], QUERY, "needs the name of a table"),
    "no file": (["-o", "sqlite:#t"], QUERY, "sqlite: needs the name of a file"),
    "a password": (["-o", "postgres://me:word@host/d#t"], QUERY, "a password in a URL can be seen by others"),
    "a password as a parameter": (["-o", "postgres://host/d?password=word#t"], QUERY, "a password in a URL"),
    "a name as well": (["-o", "sqlite:d.sqlite#t", "--state", "d"], QUERY, "a table keeps its own state"),
    "a format": (["-o", "sqlite:d.sqlite#t", "--to", "csv"], QUERY, "a table has no output format"),
    "no beginning": (
        ["-o", "sqlite:d.sqlite#t"],
        QUERY,
        "has no rows yet (for the first run, say where it begins",
    ),
    "no key": (
        ["-o", "sqlite:d.sqlite#t", "--all"],
        "sessions | {id, status}",
        "country_code, party_id missing",
    ),
    "a changed key": (
        ["-o", "sqlite:d.sqlite#t", "--all"],
        "sessions | {country_code, party_id, id: (.id | ascii_downcase)}",
        "a table needs the key of the objects unchanged: id missing",
    ),
    "no object": (["-o", "sqlite:d.sqlite#t", "--all"], "sessions | .id", "a table needs the key"),
    "several rows": (
        ["-o", "sqlite:d.sqlite#t", "--all"],
        "sessions pass charging_periods | {country_code, party_id, id, p: .charging_periods[].start_date_time}",
        "a table has one row for each object, and the query may give several (collect them in a field)",
    ),
    "an unknown type": (
        ["-o", "sqlite:d.sqlite#t", "--all"],
        "sessions pass kwh, status | {country_code, party_id, id, t: (.kwh // .status)}",
        "the type of the column t is not known from the query (--type t=text)",
    ),
    "files": (
        ["-o", "sqlite:d.sqlite#t", "--all", "--source", "sessions=x"],
        QUERY,
        "cannot be used with --source",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_refused_before_any_request_for_rows(
    tmp_path: Path, mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, query, message = MISTAKES[mistake]
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        monkeypatch.chdir(one.folder)
        one.platform.requests.clear()
        refused = command(one.home, ["-q", *words, query])
        assert refused.code in (2, 3), refused.err
        assert message in refused.err
        assert one.platform.requests == []
        assert "word" not in refused.err.replace("password", "")


def test_without_the_extra_the_fix_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpiq.delivery.database_dialects.find_spec", lambda _: None)
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        refused = command(one.home, ["-q", "--all", "-o", "postgres://host/d#t", QUERY])
        assert refused.code == 2
        assert "postgres:// needs psycopg (pip install 'ocpiq[postgres]')" in refused.err


POLICY = """\
formats = ["csv"]
[sessions]
pass = ["country_code", "party_id", "id", "kwh", "status", "last_updated"]
"""


def test_a_policy_limits_the_table_like_a_file(tmp_path: Path) -> None:
    with delivering(tmp_path, ChangingPlatform(size=3)) as one:
        policy = one.folder / "policy.toml"
        policy.write_text(POLICY, "utf-8")
        target = f"sqlite:{one.folder}/d.sqlite#t"
        one.platform.requests.clear()
        refused = command(one.home, ["-q", "--all", "--policy", str(policy), "-o", target, QUERY])
        assert refused.code == 7, refused.err
        assert one.platform.requests == []
