"""Following a query: what comes to standard output and into rotating files, and what a crash leaves."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.changing_platform import START, ChangingPlatform, Rates, iso
from support.cli import Outcome, command
from support.deliveries import Client, client, doubled, lost
from support.following import FakeClock, use_clock
from support.platforms import Request, Response
from support.typed_files import FORMATS, TypedFormat

from ocpiq.app.follow_query import FollowedQuery
from ocpiq.delivery import commit, rotation
from ocpiq.delivery.rotation import rotating_windows
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import compact
from ocpiq.ocpi.pull.strategy import MOVES
from ocpiq.storage import owner_only

HOUR = 3600.0
BUSY = Rates(insert=60, update=90, hidden=20, late=0.2, lateness=60)
QUERY = "sessions only id, kwh, status"
FOLLOW = ("--follow", "--state", "d", "--overlap", "10m", "--poll", "2m")
ROTATE = (*FOLLOW, "--all", "--rotate", "hour")


class Killed(BaseException):
    """The end of a run that a test kills."""


def followed(
    followed_client: Client,
    hours: float,
    *words: str,
    on_wait: Callable[[float], object] = lambda seconds: None,
    query: str = QUERY,
) -> Outcome:
    """Follow for some hours of the platform's clock."""

    def step(seconds: float) -> None:
        followed_client.platform.step(seconds)
        if (
            len(followed_client.platform.requests) > 100
        ):  # else it takes the client for one that goes round in circles
            followed_client.platform.requests.clear()
        on_wait(seconds)

    followed_client.platform.requests.clear()
    with pytest.MonkeyPatch.context() as patch:
        use_clock(patch, FakeClock(hours * HOUR, step))
        return command(followed_client.home, [*words, query])


def problems(outcome: Outcome) -> list[str]:
    """Return what a run on a busy platform says, but that a list changed while it was read: some do, by chance."""
    return [line for line in outcome.err.splitlines() if not line.endswith(str(MOVES))]


def rows_of(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Client]:
    with client(tmp_path, ChangingPlatform(rates=BUSY, page_seconds=1.0, cap=10)) as found:
        yield found


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Client]:
    with client(tmp_path, ChangingPlatform(size=3)) as found:
        found.platform.step(120)
        yield found


# ---------------------------------------------------------------- standard output


def test_every_change_comes_once_and_on_a_line(busy: Client) -> None:
    outcome = followed(busy, 4, *FOLLOW, "--all")
    assert (outcome.code, problems(outcome)) == (0, [])
    rows = rows_of(outcome.out)
    settled = busy.platform.now - 300
    assert len(rows) > 300
    assert lost(busy.platform, rows, settled) == []
    assert doubled(rows) == []
    assert outcome.out.startswith(b'{"id":"S000001","kwh":')


def test_it_begins_now_and_goes_on_where_it_ended(busy: Client) -> None:
    busy.platform.step(HOUR)
    before = {row["id"]: row["last_updated"] for row in busy.platform.current()}
    begin = iso(busy.platform.now - 61)
    first = rows_of(followed(busy, 1, *FOLLOW).out)
    old = [row["id"] for row in first if before.get(row["id"], begin) < begin]
    changed = {change.id for change in busy.platform.changes if change.stamp > START + HOUR - 61}
    assert set(old) <= changed
    busy.platform.step(2 * HOUR)
    again = rows_of(followed(busy, 1, *FOLLOW).out)
    rows = first + again
    late = [change.id for change in busy.platform.changes if change.stamp > START + HOUR]
    assert doubled(rows) == []
    assert set(lost(busy.platform, rows, busy.platform.now - 300)).isdisjoint(late)


def test_an_absence_loses_nothing(busy: Client) -> None:
    def absent(seconds: float) -> None:
        busy.platform.down = (
            Response(b"", 404) if START + HOUR < busy.platform.now < START + 2 * HOUR else None
        )

    outcome = followed(busy, 4, *FOLLOW, "--all", on_wait=absent)
    rows = rows_of(outcome.out)
    assert outcome.code == 0 and doubled(rows) == []
    assert lost(busy.platform, rows, busy.platform.now - 300) == []
    assert "polling again in 60s" in outcome.err and "the platform is back after" in outcome.err


def test_a_poll_that_fails_is_repeated_at_least_once_each(quiet: Client) -> None:
    platform = quiet.platform
    platform.cap, until = 2, platform.now + 30

    def second_page_fails(request: Request) -> Response | None:
        return (
            Response(b"", 404) if request.query.get("offset", "0") != "0" and platform.now < until else None
        )

    platform.special = {"sessions": second_page_fails}
    outcome = followed(quiet, 0.5, *FOLLOW, "--all")
    assert [row["id"] for row in rows_of(outcome.out)] == [
        "S000001",
        "S000002",
        "S000001",
        "S000002",
        "S000003",
    ]


def test_refused_credentials_end_it(quiet: Client) -> None:
    quiet.platform.down = Response(b"", 401)
    outcome = followed(quiet, 24, *FOLLOW)
    assert outcome.code == 6
    assert len(quiet.platform.requests) == 3
    assert "refuses the token" in outcome.err.splitlines()[-1]


def test_a_query_that_fails_on_an_object_ends_it(quiet: Client) -> None:
    outcome = followed(
        quiet, 24, *FOLLOW, "--all", query='sessions | if .id == "S000002" then error("x") else .id end'
    )
    assert outcome.code == 5
    assert outcome.out == b'"S000001"\n'
    assert command(quiet.home, ["state", "show", "d"]).code == 0


def test_a_clock_that_goes_back_is_said_once_and_waited_out(quiet: Client) -> None:
    followed(quiet, 1, *FOLLOW, "--all")
    quiet.platform.step(-HOUR / 2)
    outcome = followed(quiet, 2, *FOLLOW)
    assert outcome.out == b""
    assert outcome.err == "warning: the platform's clock shows an earlier time than at the last delivery\n"


def test_a_warning_is_said_once(quiet: Client) -> None:
    quiet.platform.put("S000001", x_vendor=1)
    outcome = followed(quiet, 1, *FOLLOW, "--all")
    assert outcome.err == "warning: sessions: 1 field is not OCPI's, left out: x_vendor\n"


def test_heartbeats_tell_the_mark(quiet: Client) -> None:
    outcome = followed(quiet, 1, *FOLLOW, "--all", "--heartbeat", "30m")
    first = outcome.err.splitlines()[0]
    assert first.startswith("alive 2026-01-01T00:30:00Z mark 2026-01-05T00:") and first.endswith(" rows 3")


@pytest.mark.parametrize("words", [FOLLOW, (*FOLLOW, "--rotate", "hour", "-o", "{from}_{to}.csv")])
def test_the_same_rows_whatever_is_hidden(
    tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field that the query does not show changes neither rows, nor messages, nor files."""
    results = []
    for hidden in (0, 120):
        rates = Rates(insert=30, update=30, hidden=hidden)
        folder = tmp_path / str(hidden)
        with client(folder, ChangingPlatform(rates=rates, cap=1000)) as found:
            monkeypatch.chdir(found.folder)
            monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
            outcome = followed(found, 2.5, *words, "--all")
            files = {path.name: sorted(path.read_text().splitlines()) for path in found.folder.iterdir()}
            results.append((sorted(outcome.out.splitlines()), outcome.err, outcome.code, files))
    assert results[0] == results[1]
    assert results[0][0] or len(results[0][3]) == 4


# ---------------------------------------------------------------- rotating files


def rotated(followed_client: Client, hours: float, *words: str, **settings: Any) -> Outcome:
    name = settings.pop("name", "{from}_{to}.ndjson")
    return followed(
        followed_client, hours, *(words or ROTATE), "-o", str(followed_client.folder / name), **settings
    )


def hour(number: int) -> str:
    return "00010101T000000Z" if number == 0 else f"20260105T{number:02}0000Z"


def test_each_hour_has_a_file_that_is_whole_when_it_has_its_name(busy: Client) -> None:
    grew: list[int] = []

    def look(seconds: float) -> None:
        for path in busy.folder.iterdir():
            assert path.name.startswith(".") or path.read_bytes()[-1:] == b"\n"
        busy.move()
        grew.append(sum(path.stat().st_size for path in busy.folder.glob(".*.part")))

    busy.mover = True
    outcome = rotated(busy, 4.6, *ROTATE, "--poll", "5m", on_wait=look)
    assert (outcome.code, outcome.out, outcome.err) == (0, b"", "")
    hours = [f"20260105T{n:02}0000Z" for n in range(5)]
    names = [f"{begin}_{end}.ndjson" for begin, end in pairwise([hour(0), *hours])]
    assert sorted(busy.taken) == names
    rows = busy.delivered()
    assert doubled(rows) == [] and len(rows) > 300
    assert lost(busy.platform, rows, START + 4 * HOUR - 120) == []
    assert len([1 for before, after in itertools.pairwise(grew) if after > before]) > 30
    rotated(busy, 2.0, *ROTATE, "--poll", "5m", on_wait=look)
    rows = busy.delivered()
    assert doubled(rows) == [] and lost(busy.platform, rows, START + 6 * HOUR - 120) == []


def test_a_period_without_changes_has_a_file_too(quiet: Client) -> None:
    rotated(quiet, 3.2, name="{from}_{to}.csv")
    texts = [path.read_text() for path in quiet.files()]
    assert texts == [
        "id,kwh,status\nS000001,0,ACTIVE\nS000002,0,ACTIVE\nS000003,0,ACTIVE\n",
        *["id,kwh,status\n"] * 2,
    ]


@pytest.mark.parametrize(("ending", "separator"), [("csv", ","), ("tsv", "\t")])
def test_a_file_with_columns_has_one_header(busy: Client, ending: str, separator: str) -> None:
    rotated(busy, 2.2, name=f"{{from}}_{{to}}.{ending}")
    for path in busy.files():
        lines = path.read_text().splitlines()
        assert lines[0] == separator.join(("id", "kwh", "status"))
        assert len(lines) > 20 and lines.count(lines[0]) == 1


def database_rows(data: bytes, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of an SQLite file."""
    path = folder / "read.sqlite"
    path.write_bytes(data)
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from results order by rowid")]


def test_a_format_that_cannot_grow_is_made_at_the_end(busy: Client, tmp_path: Path) -> None:
    query = "sessions pass kwh | {id, kwh, status, meter_id, list: [.id, .meter_id]}"

    outcome = rotated(busy, 2.2, name="{from}_{to}.sqlite", query=query)
    assert (outcome.code, problems(outcome)) == (0, [])
    files = busy.files()
    assert [path.suffix for path in files] == [".sqlite"] * 3
    rows = [row for path in files for row in database_rows(path.read_bytes(), tmp_path)]
    assert len(rows) > 100 and {type(row["kwh"]) for row in rows} == {float}
    assert {row["meter_id"] for row in rows} == {None}  # a blank, as in any SQLite file
    assert {row["list"] for row in rows} == {f'["{row["id"]}","#NA"]' for row in rows}
    with closing(sqlite3.connect(files[0])) as connection:
        blanked = connection.execute("select name from _columns where blank").fetchall()
    assert ("meter_id",) in blanked
    assert len([path for path in busy.folder.iterdir() if path.name.startswith(".")]) == 1


@pytest.mark.parametrize("typed", FORMATS, ids=lambda typed: typed.name)
def test_a_typed_file_of_each_period(quiet: Client, typed: TypedFormat) -> None:
    typed.need()
    outcome = rotated(quiet, 3.2, *ROTATE, "--poll", "20m", name=f"{{from}}_{{to}}{typed.ending}")
    assert (outcome.code, outcome.err) == (0, "")
    rows = [typed.read(path).rows for path in quiet.files()]
    assert len(rows) > 1 and not any(rows[1:])
    assert [row["id"] for row in rows[0]] == ["S000001", "S000002", "S000003"]


def test_columns_that_change_are_refused(quiet: Client) -> None:
    def change(seconds: float) -> None:
        if quiet.platform.current()[1]["status"] == "ACTIVE":
            quiet.platform.put("S000002", status="COMPLETED", last_updated=iso(quiet.platform.now))

    outcome = rotated(
        quiet, 0.9, name="{from}_{to}.csv", query="sessions pass status | {(.status): .id}", on_wait=change
    )
    assert outcome.code == 2
    assert "the columns are not those that" in outcome.err


def test_a_late_run_closes_every_missed_period(quiet: Client) -> None:
    rotated(quiet, 0.5)
    quiet.platform.step(5 * HOUR)
    rotated(quiet, 0.1)
    assert [path.name for path in quiet.files()] == [
        f"{hour(n)}_20260105T{n + 1:02}0000Z.ndjson" for n in range(5)
    ]


def test_another_period_begins_with_the_next_file(quiet: Client) -> None:
    rotated(quiet, 0.5)
    rotated(quiet, 30, *FOLLOW, "--poll", "1h", "--rotate", "day")
    assert [path.name for path in quiet.files()] == [
        f"{hour(0)}_20260105T010000Z.ndjson",
        "20260105T010000Z_20260106T000000Z.ndjson",
    ]


def test_files_are_for_their_owner_or_as_mode_says(quiet: Client) -> None:
    rotated(quiet, 1.2)
    rotated(quiet, 2.2, *ROTATE, "--mode", "640")
    modes = [path.stat().st_mode & 0o777 for path in quiet.files()]
    if os.name == "posix":
        assert modes == [0o600, 0o640, 0o640]


STEPS: dict[str, tuple[object, str, bool]] = {
    "before the poll is journalled": (commit, "journal", False),
    "after the poll is journalled": (commit, "journal", True),
    "before the rows are on disk": (rotation.GrowingFile, "finish", False),
    "before the poll is committed": (commit, "commit", False),
    "after the poll is committed": (commit, "commit", True),
    "before a file begins": (rotation, "begin", False),
    "after a file begins": (rotation, "begin", True),
    "before a file closes": (rotation, "close", False),
    "after a file closes": (rotation, "close", True),
    "before a file is renamed": (rotation, "sha256_of", False),
    "after a file is renamed": (owner_only, "sync_folder", False),
    "before the state is written": (StateFile, "save", False),
    "after the state is written": (StateFile, "save", True),
}


CONVERTING: dict[str, tuple[object, str, bool]] = {
    "before the file is made": (FollowedQuery, "_convert", False),
    "after the file is made": (FollowedQuery, "_convert", True),
    "before the lines are removed": (rotation, "remove", False),
    "after the lines are removed": (rotation, "remove", True),
}
OF_A_FILE = ("close", "sha256_of", "sync_folder", "save", "_convert", "remove")  # steps, not of each poll
KILLS = [pytest.param("ndjson", *step, id=name) for name, step in STEPS.items()] + [
    pytest.param("sqlite", *step, id=f"{name}, SQLite", marks=pytest.mark.slow)
    for name, step in (STEPS | CONVERTING).items()
    if step[1] in OF_A_FILE
]


@pytest.mark.parametrize(("ending", "owner", "name", "after"), KILLS)
def test_a_run_that_is_killed_loses_and_doubles_nothing(
    busy: Client, tmp_path: Path, ending: str, owner: object, name: str, after: bool
) -> None:
    """Killed at one of the first calls of a step, again and again, with a mover that takes finished files."""
    busy.mover = True
    original = getattr(owner, name)
    kills = 0
    for number in range(5):
        left = 1 if name in OF_A_FILE else 1 + 2 * number

        def killing(*arguments: Any, **options: Any) -> Any:
            nonlocal left, kills
            left -= 1
            if left == 0 and not after:
                kills += 1
                raise Killed
            result = original(*arguments, **options)
            if left == 0:
                kills += 1
                raise Killed
            return result

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, killing)
            try:
                polled(busy, 1.2, ending)
            except Killed:
                busy.platform.step(600)
        busy.move()
    assert kills > 2
    polled(busy, 1.5, ending)
    busy.move()
    names = sorted(busy.taken)
    ends = [path[17:33] for path in names]
    assert [path[:16] for path in names] == [hour(0), *ends[:-1]]
    assert {end[-5:] for end in ends} == {"0000Z"}
    if ending == "ndjson":
        rows = busy.delivered()
    else:
        rows = [row for path in names for row in database_rows(busy.taken[path], tmp_path)]
    end = datetime.strptime(ends[-1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    assert doubled(rows) == []
    assert lost(busy.platform, rows, end - 120) == []
    assert len([path for path in busy.folder.iterdir() if path.name.startswith(".")]) == 1


def polled(busy: Client, hours: float, ending: str) -> None:
    """Follow with a poll each 5 minutes, while a mover takes files away."""
    outcome = rotated(
        busy, hours, *ROTATE, "--poll", "5m", name=f"{{from}}_{{to}}.{ending}", on_wait=lambda _: busy.move()
    )
    assert (outcome.code, problems(outcome)) == (0, [])


def test_a_part_that_was_changed_is_refused(quiet: Client) -> None:
    rotated(quiet, 0.5)
    (part,) = quiet.folder.glob(".*.part")
    whole = part.read_bytes()
    part.write_bytes(whole + b'{"id":"of a poll that was cut off"')
    rotated(quiet, 0.1)
    assert part.read_bytes() == whole
    part.write_bytes(whole[:-1])
    outcome = rotated(quiet, 0.1)
    assert outcome.code == 2 and "was changed or removed: it has less than was delivered to it" in outcome.err
    part.unlink()
    outcome = rotated(quiet, 0.1)
    assert outcome.code == 2 and "ocpiq state reset d" in outcome.err


@pytest.mark.parametrize("ending", ["ndjson", "sqlite"])
def test_reset_removes_the_open_file_of_a_period(quiet: Client, ending: str) -> None:
    rotated(quiet, 0.5, name=f"{{from}}_{{to}}.{ending}")
    assert len(list(quiet.folder.iterdir())) == 1
    assert command(quiet.home, ["state", "reset", "d"]).code == 0
    assert list(quiet.folder.iterdir()) == []


def test_a_file_is_never_replaced(quiet: Client) -> None:
    path = quiet.folder / f"{hour(0)}_20260105T010000Z.ndjson"
    path.write_bytes(b"mine")
    outcome = rotated(quiet, 0.5)
    assert outcome.code == 2 and "already exists; a delivery never replaces a file" in outcome.err
    assert path.read_bytes() == b"mine"


def test_a_full_disk_ends_it_and_nothing_is_lost(quiet: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(rotation.GrowingFile, "finish", full)
        outcome = rotated(quiet, 0.5)
    assert outcome.code == 2 and "No space left on device" in outcome.err
    rotated(quiet, 1.5)
    assert [row["id"] for row in quiet.delivered()] == ["S000001", "S000002", "S000003"]


def test_the_hour_that_clocks_repeat_has_two_names() -> None:
    begin, end = (int(datetime(2026, 10, day, tzinfo=UTC).timestamp()) * 1_000_000 for day in (25, 26))
    for zone in ("Europe/Amsterdam", "Australia/Lord_Howe", "UTC"):
        windows = list(rotating_windows(begin, end, "hour", ZoneInfo(zone)))
        names = [compact(part.window.start) for part in windows]
        assert len(names) == len(set(names)) in (24, 25)
        assert [part.window.end for part in windows] == [part.window.start for part in windows[1:]] + [end]
    (first, second) = list(rotating_windows(begin, end, "day", ZoneInfo("Europe/Amsterdam")))
    assert (second.window.start - first.window.start, first.period_end) == (
        23 * 3_600_000_000,
        first.window.end,
    )


# ---------------------------------------------------------------- what is refused

OUT = "x_{from}_{to}.ndjson"
REFUSED = {
    "no state": (["--follow", QUERY], 2, "--follow needs a state"),
    "a file": ([*FOLLOW, QUERY, "x.json"], 2, "--follow reads a platform, not files"),
    "saved pages": ([*FOLLOW, "--source", "sessions=x", QUERY], 2, "--follow reads a platform, not files"),
    "a poll of 0": ([*FOLLOW, "--poll", "0", QUERY], 2, "--poll takes a duration"),
    "a poll of no time": ([*FOLLOW, "--poll", "0s", QUERY], 2, "--poll is at least 5s"),
    "polls too often": ([*FOLLOW, "--poll", "4s", QUERY], 2, "--poll is at least 5s"),
    "--poll alone": (["--poll", "60s", QUERY], 2, "--poll needs --follow"),
    "--heartbeat alone": (["--heartbeat", "60s", QUERY], 2, "--heartbeat needs --follow"),
    "--rotate alone": (["--rotate", "hour", "-o", OUT, QUERY], 2, "--rotate needs --follow"),
    "no file to rotate": ([*FOLLOW, "--rotate", "hour", QUERY], 2, "--rotate needs a file"),
    "a device to rotate": (
        [*FOLLOW, "--rotate", "hour", "-o", "/dev/null", QUERY],
        2,
        "--rotate needs a file",
    ),
    "a file without --rotate": ([*FOLLOW, "-o", OUT, QUERY], 2, "--follow writes files by period"),
    "no fields in the name": (
        [*FOLLOW, "--rotate", "day", "-o", "x.csv", QUERY],
        2,
        "a file name of its own",
    ),
    "only one end": ([*FOLLOW, "--rotate", "day", "-o", "x_{to}.csv", QUERY], 2, "a file name of its own"),
    "an unknown period": ([*FOLLOW, "--rotate", "month", "-o", OUT, QUERY], 2, "--rotate takes a period"),
    "a table": ([*FOLLOW, "--to", "table", QUERY], 2, "writes a line for each result"),
    "CSV to standard output": ([*FOLLOW, "--to", "csv", QUERY], 2, "writes a line for each result"),
    "--every": ([*FOLLOW, "--every", "day", QUERY], 2, "--every cannot be used with --follow (see --rotate)"),
    "--fail-if-empty": ([*FOLLOW, "--fail-if-empty", QUERY], 2, "--fail-if-empty cannot be used"),
    "-e": ([*FOLLOW, "-e", QUERY], 2, "--exit-status cannot be used with --follow"),
    "--manifest": (
        [*FOLLOW, "--rotate", "day", "-o", OUT, "--manifest", QUERY],
        2,
        "--manifest cannot be used",
    ),
    "aggregate": ([*FOLLOW, "sessions | aggregate count"], 3, "aggregate has no result before the end"),
    "top": ([*FOLLOW, "sessions | top 3 by .id"], 3, "top has no result before the end"),
    "sort": ([*FOLLOW, "sessions | sort by .id"], 3, "sort by has no result before the end"),
    "distinct": ([*FOLLOW, "sessions | distinct by .id"], 3, "distinct by has no result before the end"),
    "limit": ([*FOLLOW, "sessions | limit 3"], 3, "limit has no result before the end"),
    "with --state-rows too": (
        [*FOLLOW, "--state-rows", "sessions | aggregate count"],
        3,
        "aggregate has no result",
    ),
    "reduce": ([*FOLLOW, "reduce (sessions) as $s (0; . + 1)"], 3, "one source at the left end"),
    "a window": ([*FOLLOW, "sessions since 2026-01-01"], 3, "the state has the beginning of the window"),
    "the newest": ([*FOLLOW, "sessions newest 3"], 3, "newest cannot be used with a state"),
    "a period": ([*FOLLOW, "sessions during 2026-01"], 3, "during has an end, which --follow never reaches"),
    "an end": ([*FOLLOW, "sessions until 2027-01-01"], 3, "until has an end"),
    "plain JSON": ([*FOLLOW, "."], 3, "a state is for a query that reads a module"),
    "several platforms": ([*FOLLOW, "--platform", "test,other", QUERY], 2, "a state is of one platform"),
}


@pytest.mark.parametrize(("words", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(quiet: Client, words: list[str], code: int, said: str) -> None:
    login = [
        "login",
        quiet.platform.versions_url,
        "--party",
        "NL-GOV",
        "--name",
        "other",
        "--token",
        "s3cret-token",
    ]
    assert command(quiet.home, login).code == 0
    quiet.platform.requests.clear()
    outcome = followed(quiet, 1, *words[:-1], query=words[-1])
    assert outcome.code == code and said in outcome.err.splitlines()[0]
    assert not quiet.platform.requests and not quiet.files()


def test_a_state_has_one_run(quiet: Client) -> None:
    def other(seconds: float) -> None:
        said.append(command(quiet.home, ["--state", "d", QUERY]).err)

    said: list[str] = []
    followed(quiet, 0.05, *FOLLOW, "--all", on_wait=other)
    assert all("the state d is in use (pid" in text for text in said) and said


# ---------------------------------------------------------------- real processes

posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")


def started(run_client: Client, *words: str) -> subprocess.Popen[bytes]:
    """Start the real command with pipes."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("OCPIQ_", "XDG_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "ocpiq", *words, QUERY],
        env={**environment, "HOME": str(run_client.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@posix
def test_a_closed_pipe_ends_it_with_success_and_the_poll_comes_again(quiet: Client) -> None:
    with started(quiet, *FOLLOW, "--all") as run:
        assert run.stdout is not None and run.stderr is not None
        run.stdout.close()
        assert (run.stderr.read(), run.wait(20)) == (b"", 0)
    with started(quiet, *FOLLOW, "--all") as run:
        assert run.stdout is not None and run.stderr is not None
        lines = [run.stdout.readline() for _ in range(3)]
        assert [json.loads(line)["id"] for line in lines] == ["S000001", "S000002", "S000003"]
        run.send_signal(signal.SIGTERM)
        assert run.communicate(timeout=20) == (b"", b"")
    assert run.returncode == 0


@posix
def test_a_reader_that_does_not_read_blocks_the_poll_until_a_signal(tmp_path: Path) -> None:
    with client(tmp_path, ChangingPlatform(size=5000, cap=1000)) as slow:
        slow.platform.step(120)
        with started(slow, *FOLLOW, "--all", "--poll", "5s") as run:
            deadline = time.monotonic() + 20
            while not slow.platform.pulls() and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(6)  # longer than an interval: the poll still waits, and there is no other
            pulls = len(slow.platform.pulls())
            time.sleep(1)
            assert len(slow.platform.pulls()) == pulls < 7
            run.send_signal(signal.SIGTERM)
            assert run.wait(10) == 0
        with started(slow, *FOLLOW, "--all") as run:
            assert run.stdout is not None
            rows = [json.loads(run.stdout.readline())["id"] for _ in range(5000)]
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=20)
    assert len(set(rows)) == 5000
