"""`ocpiq state`, and what a state refuses: other queries, other platforms, what is damaged, what it would falsify."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.changing_platform import START, ChangingPlatform
from support.cli import command, own_home
from support.deliveries import Client, client

from ocpiq import __version__
from ocpiq.delivery import state_file

MORE = 600  # seconds after which something may be new


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Client]:
    with client(tmp_path, ChangingPlatform(size=3, now=START + 60)) as made:
        yield made


def refused(found: Client, *words: str, code: int = 2) -> str:
    """Run, and return the error; nothing was asked for, and nothing is left."""
    before = sorted(found.folder.iterdir())
    done = found.run(*words)
    assert (done.code, done.out) == (code, b""), done.err
    assert sorted(found.folder.iterdir()) == before
    assert found.platform.requests == []
    return done.err


# ---------------------------------------------------------------- refused before anything is fetched

QUERIES = [
    ("sessions newest 3", "newest cannot be used with a state (leave it out)"),
    ("sessions since 2026-01-01", "(write since last, and --begin DATE for the first run)"),
    (
        "cdrs net pass total_energy since last | aggregate sum(.total_energy)",
        "(leave out net: a credit CDR is a row",
    ),
    (
        "sessions pass kwh as aggregate | aggregate sum(.kwh)",
        "fields for aggregates only need all objects of a period",
    ),
    ("sessions, cdrs", "(begin the query with the source: cdrs … | …)"),
    ("[sessions] | length", "a state needs one source at the left end"),
    ("reduce (sessions) as $s (0; . + 1)", "a state needs one source at the left end"),
    ("first(sessions)", "a state needs one source at the left end"),
    ("label $out | sessions | break $out", "a state needs one source at the left end"),
    ("if true then (sessions) else empty end", "a state needs one source at the left end"),
    ("sessions | {id, i: input}", "a state cannot be used with input and inputs"),
    ("sessions | (cdrs since last)", ""),
    (
        "sessions | join cdrs as $c pass session_id since last on .id == $c.session_id | .id",
        "since last is for the source at the left",
    ),
    (".", "a state is for a query that reads a module"),
    (
        "sessions since last | aggregate count",
        "aggregate would see only what changed since the last delivery",
    ),
    ("sessions since last | top 3 by .id", "top would see only what changed"),
    ("sessions since last | sort by .id", "sort by would see only what changed"),
    ("sessions since last | distinct by .id", "distinct by would see only what changed"),
    (
        "sessions since last | limit 3",
        "(use during for a whole period; --state-rows if that is what you want)",
    ),
]


@pytest.mark.parametrize(("query", "message"), QUERIES)
def test_queries_that_a_state_would_falsify(found: Client, query: str, message: str) -> None:
    found.query = query
    assert message in refused(found, code=3)


WORDS = [
    (("--source", "sessions=x.json"), "a state cannot be used with --source"),
    (("--platform", "test,test2"), "unknown platform 'test2'"),
    (("--every", "year"), "--every takes a period (choose from hour, day, week, month)"),
    (("--overlap", "10"), "--overlap takes a duration (such as 90s, 10m, 2h or 7d)"),
    (("--settle", "0s"), "--settle is at least 1s"),
    (("--begin", "2026-01-01"), "--begin and --all exclude each other"),
]


@pytest.mark.parametrize(("words", "message"), WORDS)
def test_options_that_make_no_sense(found: Client, words: tuple[str, ...], message: str) -> None:
    assert message in refused(found, *words)


NAMES = [
    ("x.csv", "(such as -o 'x_{from}_{to}.csv' or -o 'x_{seq}.csv')"),
    ("x_{from}.csv", "with a state, each delivery needs a file name of its own"),
    ("x_{module}.csv", "with a state, each delivery needs a file name of its own"),
    ("x_{until}_{seq}.csv", "-o: unknown field {until}"),
    ("x_{seqq}.csv", "-o: unknown field {seqq} (did you mean seq?)"),
]


@pytest.mark.parametrize(("name", "message"), NAMES)
def test_names_that_would_be_used_twice(found: Client, name: str, message: str) -> None:
    found.platform.requests.clear()
    done = found.run(name=name)
    assert (done.code, found.files(), found.platform.requests) == (2, [], [])
    assert message in done.err


def test_without_a_state(found: Client, tmp_path: Path) -> None:
    done = command(found.home, ["-q", found.query])
    assert (done.code, done.err) == (
        2,
        "error: since last needs a state (use --state NAME, which remembers what was delivered)\n",
    )
    done = command(found.home, ["-q", "--every", "day", found.query])
    assert done.err == "error: --every needs a state (--state NAME, a name of your choice)\n"
    (tmp_path / "in.json").write_text("1")
    done = command(found.home, ["-q", "--state", "d", "--all", found.query, str(tmp_path / "in.json")])
    assert "a state cannot be used with input files" in done.err
    done = command(found.home, ["-q", "--state", "../d", "--all", found.query])
    assert "is not a name for a state" in done.err


def test_the_first_run_says_where_it_begins(found: Client) -> None:
    found.options = ("--state", "d")
    assert (
        "there is no state d yet (for the first run, say where it begins: --begin 2026-01-01, or --all)"
        in refused(found)
    )
    found.options = ("--state", "d", "--begin", "2026-13-01")
    assert "--begin takes a date" in refused(found)
    found.options = ("--state", "d", "--begin", "2030-01-01")
    assert "--begin is in the future of the platform" in found.run().err
    assert not found.state.exists()


def test_a_file_is_never_replaced(found: Client) -> None:
    name = "x_{seq}.csv"
    (found.folder / "x_000001.csv").write_text("mine")
    done = found.run(name=name)
    assert (done.code, (found.folder / "x_000001.csv").read_text()) == (2, "mine")
    assert "already exists; a delivery never replaces a file (move it away, or use another name)" in done.err
    (found.folder / "x_000001.csv").unlink()
    assert found.run(name=name).code == 0


def test_several_platforms_need_several_states(found: Client) -> None:
    words = [
        "login",
        found.platform.versions_url,
        "--party",
        "NL-GOV",
        "--token",
        "s3cret-token",
        "--name",
        "two",
    ]
    assert command(found.home, words).code == 0
    assert "a state is of one platform" in refused(found, "--platform", "test,two")


# ---------------------------------------------------------------- of another query, platform or recipient

OTHERS: list[tuple[str, str, tuple[str, ...]]] = [
    ("sessions only id, kwh, status, currency since last", "the query", ()),
    ("sessions only id, kwh as rounded(5), status since last", "the query", ()),
    ("sessions only id, kwh, status since last | {id, kwh, status, x: 1}", "the query", ()),
    ("sessions only id, kwh, status since last", "the time zone", ("--tz", "Europe/Paris")),
    ("cdrs only id since last", "the query and the module", ()),
]


@pytest.mark.parametrize(("query", "what", "words"), OTHERS)
def test_another_query_is_refused_until_it_is_accepted(
    found: Client, query: str, what: str, words: tuple[str, ...]
) -> None:
    found.run()
    found.platform.step(MORE)
    found.query = query
    error = refused(found, *words)
    assert f"the query is not that of the state d: {what} changed" in error
    assert "to go on with it: ocpiq state accept d" in error
    assert command(found.home, ["state", "accept", "d"]).code == 0
    found.platform.modules = ("sessions", "cdrs")
    if "cdrs" not in query:
        assert found.run(*words).code == 0
        found.platform.step(MORE)
        assert found.run(*words).code == 0
        assert refused(found, *words, "--tz", "Asia/Tokyo")


SAME = [
    "sessions   only id, kwh, status since last # with a comment",
    "sessions only id, kwh, status",
    "sessions only id, kwh, status since last until 2027-01-01",
    "sessions only id, kwh, status since last until $end",
]


@pytest.mark.parametrize("query", SAME)
def test_what_is_no_other_query(found: Client, query: str) -> None:
    found.run()
    found.platform.step(MORE)
    found.query = query
    assert found.run("--arg", "end", "2027-01-01").code == 0


def test_parameters_of_the_rows_count(found: Client) -> None:
    found.query = "sessions only id since last | select(.id != $not)"
    assert found.run("--arg", "not", "S000001").code == 0
    found.platform.step(MORE)
    assert found.run("--arg", "not", "S000001").code == 0
    assert "a parameter of the query changed" in refused(found, "--arg", "not", "S000002")


def test_a_new_key_of_the_recipient_stops_the_state(found: Client) -> None:
    assert command(found.home, ["recipient", "add", "city"]).code == 0
    found.query = "sessions only id, cdr_token.uid as pseudonym since last"
    assert found.run("--recipient", "city").code == 0
    found.platform.step(MORE)
    assert found.run("--recipient", "city").code == 0
    assert command(found.home, ["recipient", "rotate", "city"]).code == 0
    assert "the recipient or its key changed" in refused(found, "--recipient", "city")
    command(found.home, ["state", "accept", "d"])
    assert found.run("--recipient", "city").code == 0


def test_another_platform_is_refused(found: Client, tmp_path: Path) -> None:
    found.run()
    with client(tmp_path / "other", ChangingPlatform(size=3, now=START + 60)) as other:
        shutil.copytree(found.state.parent, other.state.parent)
        assert "the platform changed" in refused(other)


def test_policy_and_audit_hold_for_each_run(found: Client, tmp_path: Path) -> None:
    policy, trail = tmp_path / "policy.toml", tmp_path / "trail"
    words = ("--policy", str(policy), "--audit", str(trail))
    policy.write_text('[sessions]\npass = ["id", "kwh"]\n')
    assert "does not allow: sessions.status" in refused(found, *words, code=7)
    policy.write_text('window_max = "1d"\n[sessions]\npass = ["id", "kwh", "status"]\n')
    done = found.run(*words)
    assert (done.code, found.files()) == (7, [])
    assert "sessions without a window (at most 1d)" in done.err
    found.options = ("--state", "d", "--begin", "2026-01-04T23:55Z")
    assert found.run(*words).code == 0
    found.platform.step(2 * 86_400)
    assert "sessions for more than 1d" in found.run(*words).err
    entries = [json.loads(line) for line in trail.read_text().splitlines()]
    assert [entry["event"] for entry in entries] == ["refused", "refused", "begun", "ended", "refused"]
    assert entries[2]["sources"][0]["since"] == "2026-01-04T23:55:00Z"
    assert entries[2]["sources"][0]["until"] == "2026-01-05T00:00:00Z"
    assert entries[3]["file"] == str(found.files()[0])
    shown = command(
        found.home, ["audit", "--audit", str(trail), "--file", str(found.files()[0]), "--to", "csv"]
    )
    assert shown.out.count(b"sessions,0,3,") == 1


# ---------------------------------------------------------------- ocpiq state


def test_list_and_show(found: Client) -> None:
    assert command(found.home, ["state"]).err == "no states yet (ocpiq --state NAME --begin DATE … QUERY)\n"
    found.run()
    found.platform.step(MORE)
    found.run()
    assert command(found.home, ["state", "list"]).out == (
        b"d  sessions  delivered up to 2026-01-05T00:10:00Z  3 objects\n"
    )
    shown = command(found.home, ["state", "show", "d"]).out.decode()
    for line in (
        "of                  since last",
        "module              sessions, OCPI 2.2.1",
        "begins              the beginning",
        "delivered up to     2026-01-05T00:10:00Z",
        "overlap             3600 s",
        "settle              60 s",
        "deliveries          2",
        "remembers           3 objects",
    ):
        assert f"\n{line}\n" in shown
    assert f"{found.files()[0]}, the beginning to 2026-01-05T00:00:00Z, 3 rows, SHA-256" in shown


def test_set_moves_the_mark_and_nothing_comes_twice(found: Client) -> None:
    found.run()
    assert command(found.home, ["state", "set", "d", "--mark", "2020-01-01"]).code == 0
    found.platform.step(MORE)
    assert found.run().code == 0
    assert found.platform.pulls()[-1].query["date_from"] == "2019-12-31T22:59:59Z"
    assert len(found.delivered()) == 3


def test_reset_begins_again(found: Client) -> None:
    found.run()
    found.platform.step(MORE)
    assert command(found.home, ["state", "reset", "d"]).code == 0
    assert not found.state.exists()
    found.options = ("--state", "d")
    assert "there is no state d yet" in refused(found)
    found.options = ("--state", "d", "--all")
    found.run()
    assert len(found.delivered()) == 6


MISTAKES = [
    (("state", "frobnicate"), "unknown action of ocpiq state"),
    (("state", "list", "d"), "ocpiq state list takes no name"),
    (("state", "show"), "ocpiq state show takes one name"),
    (("state", "show", "x"), "there is no state x (ocpiq state list)"),
    (("state", "reset", "x"), "there is no state x (ocpiq state list)"),
    (("state", "accept", "x"), "there is no state x (ocpiq state list)"),
    (("state", "set", "d"), "(ocpiq state set d --mark 2026-01-01)"),
    (("state", "set", "d", "--mark", "soon"), "(ocpiq state set d --mark 2026-01-01)"),
    (("state", "show", "d", "--mark", "2026-01-01"), "ocpiq state show has no option --mark"),
    (("state", "show", "a/b"), "is not a name for a state"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_mistakes(found: Client, words: tuple[str, ...], message: str) -> None:
    found.run()
    done = command(found.home, words)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_a_second_run_is_refused(found: Client) -> None:
    found.run()
    with own_home(found.home), state_file.locked("d"):
        process = found.process()
        _, error = process.communicate(timeout=60)
        assert process.returncode == 2
        assert b"error: the state d is in use (pid " in error
        assert b", since 20" in error
        listed = command(found.home, ["state", "list"]).out.decode()
        assert listed.startswith("d  the state d is in use (pid ")


# ---------------------------------------------------------------- damaged, foreign, newer


def cut(state: Path) -> None:
    path = state / "state.sqlite"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def emptied(state: Path) -> None:
    (state / "state.sqlite").write_bytes(b"")


def not_a_database(state: Path) -> None:
    (state / "state.sqlite").write_bytes(b"x" * 9000)


def without_database(state: Path) -> None:
    (state / "state.sqlite").unlink()


def without_secret(state: Path) -> None:
    (state / "secret.key").unlink()


def other_secret(state: Path) -> None:
    (state / "secret.key").write_bytes(bytes(32))


def short_secret(state: Path) -> None:
    (state / "secret.key").write_bytes(bytes(3))


def sql(state: Path, text: str, *values: object) -> None:
    connection = sqlite3.connect(state / "state.sqlite")
    connection.execute(text, values)
    connection.commit()
    connection.close()


def other_mark(state: Path) -> None:
    sql(state, "update record set text = replace(text, '2.2.1', '2.1.1')")


def no_record(state: Path) -> None:
    sql(state, "delete from record")


def entries(state: Path) -> bytes:
    connection = sqlite3.connect(state / "state.sqlite")
    (found,) = connection.execute("select entries from leaf").fetchone()
    connection.close()
    return bytes(found)


def forgotten_object(state: Path) -> None:
    sql(state, "update leaf set entries = ?", entries(state)[:-18])


def forgotten_objects(state: Path) -> None:
    sql(state, "delete from leaf")


def changed_object(state: Path) -> None:
    sql(state, "update leaf set entries = ?", entries(state)[:-1] + b"x")


def changed_name(state: Path) -> None:
    sql(state, "update leaf set names = zeroblob(length(names))")


def flipped_bit(state: Path) -> None:
    path = state / "state.sqlite"
    data = bytearray(path.read_bytes())
    data[data.index(entries(state)[:10]) + 12] ^= 1
    path.write_bytes(data)


def other_application(state: Path) -> None:
    sql(state, "pragma application_id = 1")


DAMAGES = [
    cut,
    emptied,
    not_a_database,
    without_database,
    without_secret,
    other_secret,
    short_secret,
    other_mark,
    no_record,
    forgotten_object,
    forgotten_objects,
    changed_object,
    changed_name,
    flipped_bit,
    other_application,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_never_a_first_run(found: Client, damage: Callable[[Path], None]) -> None:
    found.run()
    damage(found.state)
    assert "(restore its folder from a backup, or begin again: ocpiq state reset d)" in refused(found)
    assert command(found.home, ["state", "show", "d"]).code == 2
    assert "the state d" in command(found.home, ["state", "list"]).out.decode()
    assert command(found.home, ["state", "reset", "d"]).code == 0


def test_a_copy_under_another_name_is_refused(found: Client) -> None:
    found.run()
    shutil.copytree(found.state, found.state.with_name("e"))
    found.options = ("--state", "e", "--all")
    assert "holds the state 'd' (a copy would deliver twice" in refused(found)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("9.8.7", f"ocpiq 9.8.7 wrote the state d, this is {__version__} (update ocpiq)"),
        ("", "a later version of ocpiq wrote the state d (update ocpiq)"),
    ],
)
def test_a_state_of_a_later_version_is_refused(version: str, message: str, found: Client) -> None:
    found.run()
    shown = command(found.home, ["state", "show", "d"]).out.decode()
    assert f"written by          ocpiq {__version__}\n" in shown
    sql(found.state, "update record set text = replace(text, '\"format\":1', '\"format\":2')")
    was, becomes = (f'"version":"{text}"}}' for text in (__version__, version))
    sql(found.state, f"update record set text = replace(text, '{was}', '{becomes}')")
    assert message in refused(found)
