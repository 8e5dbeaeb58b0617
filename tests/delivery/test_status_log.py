"""The status log through the command line: what it holds, what is left out, and what a crash leaves."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from support.changing_platform import START, ChangingPlatform, iso
from support.cli import Outcome, command
from support.platforms import TOKEN, Response, serving

from ocpiq.storage import owner_only

MINUTE = 60.0
EXAMPLES = Path(__file__).parents[2] / "examples"
KEY = {"country_code": "NL", "party_id": "TST"}


class Log:
    """A platform with a user who keeps a status log of it."""

    def __init__(self, platform: ChangingPlatform, folder: Path) -> None:
        self.platform = platform
        self.home = folder / "home"
        self.folder = folder / "log"
        self.home.mkdir()
        login = ["login", platform.versions_url, "--party", "NL-GOV", "--name", "mine", "--token", TOKEN]
        assert command(self.home, login).code == 0

    def run(self, *words: str) -> Outcome:
        return command(self.home, ["--status-log", str(self.folder), *words])

    def poll(self, *words: str) -> None:
        """Poll once, and let a minute pass."""
        outcome = self.run("-q", *(words or ("locations",)))
        assert (outcome.err, outcome.out, outcome.code) == ("", b"", 0)
        self.platform.step(MINUTE)

    def lines(self) -> list[dict[str, object]]:
        return [
            json.loads(line)
            for path in sorted(self.folder.glob("*.ndjson"))
            for line in path.read_bytes().splitlines()
        ]

    def changes(self) -> list[list[object]]:
        """Return the lines of statuses, short."""
        names = ("evse_uid", "status", "from", "seen", "by")
        return [[line[name] for name in names] for line in self.lines() if "status" in line]

    def ask(self, *words: str) -> list[dict[str, object]]:
        outcome = command(self.home, ["-c", "-q", "--source", f"statuses={self.folder}", *words])
        assert (outcome.err, outcome.code) == ("", 0)
        return [json.loads(line) for line in outcome.out.splitlines()]


def minute(number: float) -> str:
    return iso(START + number * MINUTE)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    platform = ChangingPlatform(modules=("locations",), size=1, offered=("2.2.1",))
    with serving(platform):
        yield Log(platform, tmp_path)


def test_a_file_has_changes_only_and_a_line_for_each_poll(log: Log) -> None:
    log.poll()
    log.poll()
    log.platform.set_status("L000001-1", "OUTOFORDER", moves_parent=False)
    log.platform.step(MINUTE / 2)
    log.poll()
    log.poll()
    start = {"seen": minute(0), "by": "start"}
    evses = [
        KEY | {"location_id": "L000001", "evse_uid": f"L000001-{n}", "status": "AVAILABLE", "from": minute(0)}
        for n in range(3)
    ]
    assert log.lines() == [
        {
            "status_log": 1,
            "platform": log.platform.versions_url,
            "version": "2.2.1",
            "scope": "public",
        },
        *(evse | start for evse in evses),
        {"poll": minute(0), "interval": 60},
        {"poll": minute(1), "interval": 60},
        evses[1] | {"status": "OUTOFORDER", "from": minute(2), "seen": minute(2.5), "by": "stamp"},
        {"poll": minute(2.5), "interval": 60},
        {"poll": minute(3.5), "interval": 60},
    ]
    assert [path.name for path in log.folder.iterdir() if path.name[0] != "."] == ["2026-01-05.ndjson"]
    if os.name == "posix":
        modes = {path.stat().st_mode & 0o777 for path in (log.folder, log.folder / "2026-01-05.ndjson")}
        assert modes == {0o700, 0o600}


@pytest.mark.parametrize(
    ("moves_stamp", "ahead", "expected"),
    [
        pytest.param(True, 0.0, ["stamp", 1.25], id="a stamp between the polls"),
        pytest.param(False, 0.0, ["poll", 2.0], id="a stamp that did not move"),
        pytest.param(True, 3600.0, ["poll", 2.0], id="a stamp of another clock, before the last poll"),
    ],
)
def test_when_a_status_began(log: Log, moves_stamp: bool, ahead: float, expected: list[object]) -> None:
    log.platform.skew = ahead
    log.poll()
    log.poll()
    log.platform.step(-MINUTE * 0.75)
    log.platform.set_status("L000001-0", "CHARGING", moves_stamp=moves_stamp)
    log.platform.step(MINUTE * 0.75)
    log.poll()
    by, since = expected
    begin = iso(START + ahead + since * MINUTE)  # type: ignore[operator]
    assert log.changes()[3:] == [["L000001-0", "CHARGING", begin, iso(START + ahead + 2 * MINUTE), by]]


def test_a_gap_is_unobserved(log: Log) -> None:
    log.poll()
    log.poll()
    log.platform.step(2 * MINUTE)  # three minutes in all: not yet a gap
    log.poll()
    log.platform.set_status("L000001-2", "CHARGING")
    log.platform.step(3 * MINUTE)
    log.poll()
    lost = [[f"L000001-{n}", "UNOBSERVED", minute(4), minute(8), "gap"] for n in range(3)]
    back = [
        [f"L000001-{n}", status, minute(8), minute(8), "start"]
        for n, status in enumerate(("AVAILABLE", "AVAILABLE", "CHARGING"))
    ]
    assert log.changes()[3:] == [*lost, *back]
    rows = log.ask(
        'statuses pass status, from, until | select(.evse_uid == "L000001-2") | [.status, .from, .until]'
    )
    assert rows == [
        ["AVAILABLE", minute(0), minute(4)],
        ["UNOBSERVED", minute(4), minute(8)],
        ["CHARGING", minute(8), minute(8)],
    ]


def test_the_interval_decides_what_a_gap_is(log: Log) -> None:
    for _ in range(2):
        log.poll("--poll", "5m", "locations")
        log.platform.step(10 * MINUTE)
    assert [change[4] for change in log.changes()] == ["start"] * 3
    log.poll("--poll", "3m", "locations")
    log.platform.step(14.1 * MINUTE)
    log.poll("--poll", "5m", "locations")
    assert [change[4] for change in log.changes()] == ["start"] * 3 + ["gap"] * 3 + ["start"] * 3


def test_an_evse_that_is_no_longer_listed_is_unobserved(log: Log) -> None:
    log.poll()
    evses = log.platform.current()[0]["evses"]
    log.platform.put("L000001", evses=evses[:2])
    log.poll()
    log.poll()
    log.platform.put("L000001", evses=evses)
    log.poll()
    assert log.changes()[3:] == [
        ["L000001-2", "UNOBSERVED", minute(1), minute(1), "poll"],
        ["L000001-2", "AVAILABLE", minute(3), minute(3), "start"],
    ]


def test_each_day_has_a_file_that_stands_alone(log: Log) -> None:
    log.platform.step(86_400 - 2 * MINUTE)
    log.poll()
    log.platform.set_status("L000001-0", "OUTOFORDER")
    log.poll()
    for _ in range(2):
        log.poll()
    files = sorted(log.folder.glob("*.ndjson"))
    assert [path.name for path in files] == ["2026-01-05.ndjson", "2026-01-06.ndjson"]
    query = 'statuses pass status, from, until | select(.evse_uid == "L000001-0") | [.status, .from, .until]'
    midnight = 24 * 60
    assert log.ask(query) == [
        ["AVAILABLE", minute(midnight - 2), minute(midnight - 1)],
        ["OUTOFORDER", minute(midnight - 1), minute(midnight + 1)],
    ]
    files[0].unlink()
    assert log.ask(query) == [["OUTOFORDER", minute(midnight), minute(midnight + 1)]]
    log.poll()
    assert log.ask(query) == [["OUTOFORDER", minute(midnight), minute(midnight + 2)]]


def test_a_day_that_is_missing_is_unobserved(log: Log) -> None:
    for _ in range(3):
        log.poll()
        log.platform.step(86_400 - MINUTE)
        log.poll("--poll", "1d", "locations")
        log.platform.step(86_400 - MINUTE)
    files = sorted(log.folder.glob("*.ndjson"))
    assert len(files) == 6
    for path in files[1:5]:
        path.unlink()
    query = 'statuses pass status, from, until | select(.evse_uid == "L000001-0") | [.status, .from, .until]'
    assert log.ask(query) == [
        ["AVAILABLE", minute(0), minute(0)],
        ["UNOBSERVED", minute(0), minute(5 * 1440)],
        ["AVAILABLE", minute(5 * 1440), minute(5 * 1440)],
    ]


# ---------------------------------------------------------------- privacy

PLACES = {
    "public": ({}, True),
    "not published": ({"publish": False}, False),
    "a driveway": ({"parking_type": "ON_DRIVEWAY"}, False),
    "a garage": ({"parking_type": "PARKING_GARAGE"}, True),
    "publish is missing": ({"publish": None}, False),
    "publish is a text": ({"publish": "true"}, False),
    "publish is an object": ({"publish": {"a": True}}, False),
    "a parking type that is none": ({"parking_type": {"a": 1}}, True),
}


@pytest.mark.parametrize(("members", "is_public"), PLACES.values(), ids=PLACES)
def test_only_public_evses_are_logged_by_default(
    log: Log, members: dict[str, object], is_public: bool
) -> None:
    log.platform.put("L000001", **members)
    outcome = log.run("locations")
    assert len(log.changes()) == 3 * is_public
    assert outcome.err.endswith(
        "status log: 3 EVSEs, 0 changes\n"
        if is_public
        else "status log: 0 EVSEs, 0 changes; 3 not public, left out (pass evses.status logs all)\n"
    )
    for query in ("locations pass evses.status", "locations only id, evses", "locations pass ."):
        folder = log.folder.with_name(f"log {len(query)}")
        assert command(log.home, ["-q", "--status-log", str(folder), query]).code == 0
        assert folder.joinpath("2026-01-05.ndjson").read_bytes().count(b"AVAILABLE") == 3


OLD_PLACES = {
    "ON_STREET": True,
    "PARKING_GARAGE": True,
    "UNDERGROUND_GARAGE": True,
    "PARKING_LOT": True,
    "OTHER": False,
    "UNKNOWN": False,
    None: False,
}


@pytest.mark.parametrize(("type_", "is_public"), OLD_PLACES.items())
def test_public_places_of_2_1_1(tmp_path: Path, type_: str | None, is_public: bool) -> None:
    platform = ChangingPlatform(
        modules=("locations",), size=1, offered=("2.1.1",), token_forms=("raw",), version="2.1.1"
    )
    with serving(platform):
        log = Log(platform, tmp_path)
        platform.put("L000001", type=type_)
        assert log.run("-q", "locations").code == 0
    assert len(log.changes()) == 3 * is_public
    assert all("country_code" not in line for line in log.lines())


def test_files_have_nothing_but_what_a_log_is_of(log: Log) -> None:
    log.platform.put("L000001", name="SECRET-1", address="SECRET-2", directions=[{"text": "SECRET-3"}])
    log.platform.put(
        "L000001", evses=[evse | {"evse_id": "SECRET-4"} for evse in log.platform.current()[0]["evses"]]
    )
    log.poll()
    log.platform.put("L000001", publish=False)
    log.platform.set_status("L000001-0", "CHARGING")
    log.poll()
    text = b"".join(path.read_bytes() for path in log.folder.iterdir())
    assert b"SECRET" not in text and b"CHARGING" not in text
    assert {name for line in log.lines() for name in line} == {
        *("status_log", "platform", "version", "scope", "poll", "interval"),
        *("country_code", "party_id", "location_id", "evse_uid", "status", "from", "seen", "by"),
    }


def test_times_and_statuses_are_private_when_a_log_is_read(log: Log) -> None:
    log.poll()
    rows = log.ask("statuses")
    assert rows[0] == KEY | {
        "location_id": "L000001",
        "evse_uid": "L000001-0",
        **dict.fromkeys(("status", "previous", "from", "earliest", "seen", "until", "until_earliest"), "#NA"),
        "by": "start",
    }


def test_a_status_that_is_none_is_logged_as_unknown(log: Log) -> None:
    evses = log.platform.current()[0]["evses"]
    statuses = ["available", "Faulted", {"secret": "x"}]
    log.platform.put(
        "L000001", evses=[evse | {"status": status} for evse, status in zip(evses, statuses, strict=True)]
    )
    outcome = log.run("-q", "locations")
    assert outcome.err == "warning: a status that OCPI does not have is logged as UNKNOWN\n"
    assert [change[1] for change in log.changes()] == ["AVAILABLE", "UNKNOWN", "UNKNOWN"]


def test_evses_without_a_name_are_not_logged(log: Log) -> None:
    evses = log.platform.current()[0]["evses"]
    log.platform.put("L000001", evses=[evses[0] | {"uid": ""}, evses[1] | {"uid": 7}, evses[2]])
    outcome = log.run("-q", "locations")
    assert outcome.err == "warning: EVSEs without an id or uid are not logged\n"
    assert [change[0] for change in log.changes()] == ["L000001-2"]


def test_a_run_is_audited_and_a_policy_applies(log: Log, tmp_path: Path) -> None:
    trail = tmp_path / "trail"
    log.poll("--audit", str(trail), "locations")
    begun, ended = [json.loads(line) for line in trail.read_text().splitlines()[-2:]]
    assert "evses.status" in json.dumps(begun) and str(log.folder) in json.dumps(begun)
    assert (ended["exit"], ended["rows"], ended["objects"]) == (0, 3, {"locations": 1})
    policy = tmp_path / "policy.toml"
    policy.write_text('[locations]\npass = ["id"]\n')
    before = log.lines()
    outcome = log.run("-q", "--policy", str(policy), "locations")
    assert (outcome.code, log.lines()) == (7, before)
    assert "does not allow" in outcome.err and "locations.evses.status" in outcome.err
    policy.write_text('formats = ["csv"]\n')
    assert "ndjson" in log.run("-q", "--policy", str(policy), "locations").err


# ---------------------------------------------------------------- crashes and damage


def test_a_poll_that_was_cut_off_is_left_out_and_overwritten(log: Log) -> None:
    log.poll()
    path = log.folder / "2026-01-05.ndjson"
    whole = path.read_bytes()
    log.platform.set_status("L000001-1", "CHARGING")
    log.poll()
    block = path.read_bytes()[len(whole) :]
    for length in range(0, len(block), 7):
        path.write_bytes(whole + block[:length])
        rows = log.ask("statuses pass status | .status")
        assert rows == ["AVAILABLE"] * 3
        log.platform.step(-MINUTE)
        log.poll()
        assert path.read_bytes().startswith(whole + b'{"country_code"')
        assert [change[1] for change in log.changes()] == ["AVAILABLE"] * 3 + ["CHARGING"]


def test_a_first_poll_that_was_cut_off_never_was(log: Log) -> None:
    log.poll()
    path = log.folder / "2026-01-05.ndjson"
    whole = path.read_bytes()
    for length in range(0, len(whole), 31):
        path.write_bytes(whole[:length])
        log.poll()
        assert [change[4] for change in log.changes()] == ["start"] * 3
        assert len(log.lines()) == 5


def test_a_full_disk_leaves_the_log_as_it_was(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for _ in range(2):
        before = log.lines()
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", full)
            outcome = log.run("-q", "locations")
        assert (outcome.code, outcome.err) == (
            2,
            f"error: could not write the status log {log.folder}: No space left on device\n",
        )
        assert log.lines() == before
        log.poll()


def test_an_incomplete_poll_is_not_logged(log: Log) -> None:
    log.poll()
    before = log.lines()
    log.platform.down = Response(b"", 401)
    outcome = log.run("-q", "locations")
    assert outcome.code == 6 and log.lines() == before
    log.platform.down = None
    log.platform.total = lambda count: str(count + 5)
    log.platform.special["locations"] = lambda request: Response(
        log.platform.envelope(log.platform.current()), headers={"X-Total-Count": "6"}
    )
    outcome = log.run("-q", "locations")
    assert outcome.code == 8 and log.lines() == before


def test_a_clock_that_does_not_move_on_is_not_logged(log: Log) -> None:
    log.poll()
    log.poll()
    before = log.lines()
    for seconds in (-MINUTE, -3600):
        log.platform.step(seconds)
        outcome = log.run("-q", "locations")
        assert (outcome.code, outcome.err) == (
            0,
            "warning: the platform's clock is not later than at the last poll, which is not logged again\n",
        )
        assert log.lines() == before


def without_stamp(log: Log) -> None:
    """Let the envelopes of the platform have no timestamp."""
    log.platform.special["locations"] = lambda request: Response(
        json.dumps({"data": log.platform.current(), "status_code": 1000}).encode()
    )


def test_the_time_may_stand_in_the_headers_only(log: Log) -> None:
    without_stamp(log)
    log.poll()
    log.platform.set_status("L000001-0", "OUTOFORDER")
    log.poll()
    assert [line["poll"] for line in log.lines() if "poll" in line] == [minute(0), minute(1)]
    assert log.changes()[3] == ["L000001-0", "OUTOFORDER", minute(1), minute(1), "stamp"]


def test_a_platform_without_a_time_is_refused(log: Log) -> None:
    without_stamp(log)
    log.platform.tells_date = False
    outcome = log.run("-q", "locations")
    assert outcome.code == 6
    assert "does not tell its time (ocpiq needs it in the timestamp" in outcome.err
    assert log.lines() == []


DAMAGES = {
    "not JSON": (1, b"x\n", "is damaged at line 2"),
    "a time that is none": (2, b'{"poll":"yesterday","interval":60}\n', "is damaged at line 3"),
    "a header that is none": (0, b'{"poll":1}\n', "is damaged at line 1"),
    "a later format": (
        0,
        b'{"status_log":2,"platform":"x","version":"2.2.1","scope":"all"}\n',
        "was written by a later version of ocpiq (install that version)",
    ),
}


@pytest.mark.parametrize(("number", "line", "said"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_log_is_refused(log: Log, number: int, line: bytes, said: str) -> None:
    log.poll()
    log.poll()
    path = log.folder / "2026-01-05.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = line
    path.write_bytes(b"".join(lines))
    for outcome in (
        log.run("-q", "locations"),
        command(log.home, ["--source", f"statuses={log.folder}", "statuses"]),
    ):
        assert outcome.code == 2 and f"{path} {said}" in outcome.err
        assert path.read_bytes() == b"".join(lines)


def test_a_log_is_of_one_platform_and_of_the_same_evses(log: Log) -> None:
    log.poll()
    outcome = log.run("-q", "locations pass evses.status")
    assert (outcome.code, outcome.err) == (
        2,
        f"error: {log.folder} has the statuses of public EVSEs, the query asks for all EVSEs"
        " (use another folder, or pass the same fields as before)\n",
    )
    outcome = log.run("-q", "--to-party", "NL-XYZ", "locations")
    assert (outcome.code, outcome.err) == (
        2,
        f"error: {log.folder} is the status log of another party (use another folder for this one)\n",
    )
    outcome = log.run("-q", "--demo", "locations")
    assert (outcome.code, outcome.err) == (
        2,
        f"error: {log.folder} is the status log of another platform (use another folder for this one)\n",
    )


def test_a_log_has_one_writer(log: Log) -> None:
    log.poll()
    code = "import sys,time; from pathlib import Path; from ocpiq.delivery.status_log import open_log\n"
    code += "from ocpiq.storage.status_log import Header\n"
    code += f"h = Header(1, {log.platform.versions_url!r}, '2.2.1', 'public')\n"
    code += f"with open_log(Path({str(log.folder)!r}), h): print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "open\n"
        outcome = log.run("-q", "locations")
        other.communicate("")
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: the status log {log.folder} is in use (pid {other.pid}, since 2")
    assert outcome.err.endswith("(wait for that run to end, or end it)\n")
    log.poll()


# ---------------------------------------------------------------- what is refused

REFUSED = {
    "another module": (["sessions"], 3, "takes locations only"),
    "evses": (["evses"], 3, "takes locations only"),
    "plain JSON": (["."], 3, "takes locations only"),
    "a window": (["locations since 2026-01-01"], 3, "polls all locations"),
    "the newest": (["locations newest 3"], 3, "polls all locations"),
    "a stage": (["locations | aggregate count"], 3, "takes select only"),
    "a projection": (["locations | .id"], 3, "takes select only"),
    "a treatment": (["locations pass evses.last_updated as month"], 3, "takes no treatment"),
    "a definition": (["def f: 1; locations"], 3, "takes no definitions"),
    "a field that is not passed": (['locations | select(.city == "x")'], 7, "city"),
    "a file": (["locations", "x.json"], 2, "reads a platform, not files"),
    "saved pages": (["locations", "--source", "locations=x"], 2, "reads a platform, not saved pages"),
    "an output": (["locations", "-o", "x.csv"], 2, "writes to its own folder"),
    "a format": (["locations", "--to", "csv"], 2, "writes to its own folder"),
    "a rotation": (["--follow", "--rotate", "day", "locations"], 2, "writes to its own folder"),
    "a manifest": (["--manifest", "locations"], 2, "writes to its own folder"),
    "a state": (["--state", "x", "locations"], 2, "needs no state"),
    "several platforms": (["--platform", "mine,other", "locations"], 2, "one platform"),
    "polls too often": (["--poll", "4s", "locations"], 2, "--poll is at least 5s"),
    "no time between polls": (["--poll", "0s", "locations"], 2, "--poll is at least 5s"),
    "a poll of 0": (["--poll", "0", "locations"], 2, "--poll takes a duration"),
    "not a length of time": (["--poll", "often", "locations"], 2, "--poll takes a duration"),
    "a heartbeat of one poll": (["--heartbeat", "5m", "locations"], 2, "--heartbeat needs --follow"),
}


@pytest.mark.parametrize(("words", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(log: Log, words: list[str], code: int, said: str) -> None:
    login = ["login", log.platform.versions_url, "--party", "NL-GOV", "--name", "other", "--token", TOKEN]
    assert command(log.home, login).code == 0
    log.platform.requests.clear()
    outcome = log.run(*words)
    assert outcome.code == code and said in outcome.err.splitlines()[0]
    assert not log.folder.exists() and not log.platform.pulls()


FOLDERS = {
    "a file": (lambda folder: folder.write_bytes(b""), "could not write the status log"),
    "another folder": (
        lambda folder: (folder.mkdir(), (folder / "photo.jpg").write_bytes(b"")),
        "is not a status log: it holds photo.jpg (a status log has a folder of its own)",
    ),
}


@pytest.mark.parametrize(("make", "said"), FOLDERS.values(), ids=FOLDERS)
def test_refused_folders(log: Log, make: object, said: str) -> None:
    make(log.folder)  # type: ignore[operator]
    outcome = log.run("-q", "locations")
    assert outcome.code == 2 and said in outcome.err


READING = {
    "no source": (["statuses"], 2, "no source for statuses (read a status log with --source statuses=DIR)"),
    "no folder": (["--source", "statuses=none", "statuses"], 2, "there is no status log none"),
    "a window": (["statuses since 2026-01-01"], 3, "since works on what a platform last updated"),
    "a period": (["statuses during 2026-01"], 3, "during works on what a platform last updated"),
    "a number": (["statuses newest 3"], 3, "newest works on what a platform last updated"),
    "not passed": (['statuses | .status == "CHARGING"'], 7, "status"),
}


@pytest.mark.parametrize(("words", "code", "said"), READING.values(), ids=READING)
def test_refused_reading(log: Log, words: list[str], code: int, said: str) -> None:
    outcome = command(log.home, words)
    assert outcome.code == code and said in outcome.err


def test_an_empty_log_is_refused(log: Log) -> None:
    owner_only.create_folder(log.folder)
    outcome = command(log.home, ["--source", f"statuses={log.folder}", "statuses"])
    assert (
        outcome.code == 2
        and "is empty (keep one with: ocpiq --follow --status-log DIR locations)" in outcome.err
    )


def test_a_query_may_choose_locations(log: Log) -> None:
    log.poll('locations | select(.country == "NLD")')
    assert len(log.changes()) == 3
    other = log.folder.with_name("other")
    assert (
        command(log.home, ["-q", "--status-log", str(other), 'locations | select(.country == "BEL")']).code
        == 0
    )
    assert (other / "2026-01-05.ndjson").read_bytes().count(b"\n") == 2


# ---------------------------------------------------------------- uptime, computed in another way

UP = {
    "uptime": {"AVAILABLE", "CHARGING", "RESERVED", "BLOCKED"},
    "uk_reliability": {"AVAILABLE", "CHARGING", "RESERVED", "UNKNOWN", "BLOCKED"},
    "nevi_uptime": {"AVAILABLE", "CHARGING", "RESERVED"},
}
NEITHER = {"PLANNED", "REMOVED"}
STATUSES = ("AVAILABLE", "CHARGING", "OUTOFORDER", "INOPERATIVE", "BLOCKED", "UNKNOWN", "PLANNED")


class Truth:
    """What the platform's EVSEs really were, and at which times they were polled."""

    def __init__(self) -> None:
        self.polls: list[tuple[float, dict[str, str]]] = []
        self.changes: list[tuple[float, str, str]] = []

    def bounds(self, uid: str, up: set[str], begin: float, end: float) -> tuple[float, float, float, float]:
        """Return the seconds up at least and at most, counted and observed: from poll to poll."""
        low = high = counted = observed = 0.0
        for (start, before), (stop, after) in zip(self.polls, self.polls[1:], strict=False):
            length = max(0.0, min(stop, end) - max(start, begin))
            if stop - start > 180:
                continue
            observed += length
            both = [status for status in (before[uid], after[uid]) if status not in NEITHER]
            if both:
                counted += length
                low += length * all(status in up for status in both)
                high += length * any(status in up for status in both)
        return low, high, counted, observed

    def really_up(self, uid: str, up: set[str], begin: float, end: float) -> float:
        """Return the seconds up between two times, of those that were observed."""
        total = 0.0
        times = [START, *(time for time, name, _ in self.changes if name == uid), end]
        statuses = ["AVAILABLE", *(status for _, name, status in self.changes if name == uid)]
        for start, stop, status in zip(times, times[1:], statuses, strict=False):
            if status in up:
                for (first, _), (last, _) in zip(self.polls, self.polls[1:], strict=False):
                    if last - first <= 180:
                        total += max(0.0, min(stop, last, end) - max(start, first, begin))
        return total


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Log, Truth]]:
    """A log of two hours with known changes and a gap, across midnight."""
    random, truth = Random(5), Truth()
    platform = ChangingPlatform(modules=("locations",), size=2, offered=("2.2.1",))
    with serving(platform):
        log = Log(platform, tmp_path_factory.mktemp("history"))
        platform.step(86_400 - 3600)
        uids = [evse["uid"] for place in platform.current() for evse in place["evses"]]
        for number in range(120):
            if not 70 <= number < 76:
                now = {evse["uid"]: evse["status"] for place in platform.current() for evse in place["evses"]}
                truth.polls.append((platform.now, now))
                assert log.run("-q", "locations").code == 0
            left = MINUTE
            while random.random() < 0.3:
                seconds = float(random.randrange(1, 20))
                platform.step(seconds)
                left -= seconds
                uid, status = random.choice(uids), random.choice(STATUSES)
                platform.set_status(
                    uid, status, moves_parent=random.random() < 0.8, moves_stamp=random.random() < 0.5
                )
                truth.changes.append((platform.now, uid, status))
                if left < 20:
                    break
            platform.step(left)
        yield log, truth


@pytest.mark.parametrize("hour", [23, 24])
def test_uptime_of_a_known_history(history: tuple[Log, Truth], hour: int) -> None:
    log, truth = history
    begin, end = START + hour * 3600, START + (hour + 1) * 3600
    period = f"2026-01-05T{hour}" if hour < 24 else "2026-01-06T00"
    rows = log.ask("-f", str(EXAMPLES / "uptime.ocpiq"), "--arg", "unit", "hour")
    rows = [row for row in rows if row["period"] == period]
    assert len(rows) == 6
    surprises = 0
    for row in rows:
        uid = str(row["evse_uid"])
        low, high, counted, observed = truth.bounds(uid, UP["uptime"], begin, end)
        assert row["uptime_low"] == pytest.approx(100 * low / counted, abs=0.0006)
        assert row["uptime_high"] == pytest.approx(100 * high / counted, abs=0.0006)
        assert row["observed"] == pytest.approx(100 * observed / 3600, abs=0.0006)
        assert low <= high
        surprises += low != high
        proven = {"met", "missed", "between the bounds"} if hour == 23 else {"not proven"}
        assert row["verdict"] in proven
    assert surprises


def test_the_bounds_hold_what_happened(history: tuple[Log, Truth]) -> None:
    """Where no outage lies within two polls, as here for EVSEs that changed at most once between them."""
    log, truth = history
    begin, end = START + 23 * 3600, START + 24 * 3600
    rows = log.ask("-f", str(EXAMPLES / "uptime.ocpiq"), "--arg", "unit", "hour")
    compared = 0
    for row in rows:
        uid = str(row["evse_uid"])
        mine = sorted(time for time, name, _ in truth.changes if name == uid)
        times = [time for time, _ in truth.polls]
        once = all(
            sum(first < time <= last for time in mine) <= 1 for first, last in itertools.pairwise(times)
        )
        neither = any(status in NEITHER for _, name, status in truth.changes if name == uid)
        if row["period"] != "2026-01-05T23" or not once or neither:
            continue
        really = 100 * truth.really_up(uid, UP["uptime"], begin, end) / 3600
        assert row["uptime_low"] - 0.001 <= really <= row["uptime_high"] + 0.001  # type: ignore[operator]
        compared += 1
    assert compared


def excluded(tmp_path: Path, evses: list[str], begin: float, end: float) -> str:
    lines = "".join(f"{uid},{iso(begin)},{iso(end)}\r\n" for uid in evses)
    path = tmp_path / "times.csv"
    path.write_text("evse_uid,from,until\r\n" + lines)
    return str(path)


def test_nevi_of_a_known_history(history: tuple[Log, Truth], tmp_path: Path) -> None:
    log, truth = history
    first, last = truth.polls[0][0], truth.polls[-1][0]
    begin, end = START + 23.25 * 3600, START + 23.75 * 3600
    uid = "L000001-1"
    up = UP["nevi_uptime"]
    for words in ([], ["--arg-file", "excluded", excluded(tmp_path, [uid], begin, end)]):
        rows = log.ask("-f", str(EXAMPLES / "nevi_uptime.ocpiq"), *words)
        row = next(row for row in rows if row["evse_uid"] == uid)
        low, high, counted, observed = truth.bounds(uid, up, first, last)
        if words:
            part_low, part_high, part_counted, _ = truth.bounds(uid, up, begin, end)
            low, high = low + part_counted - part_low, high + part_counted - part_high
        assert row["uptime_low"] == pytest.approx(100 * low / counted, abs=0.0006)
        assert row["uptime_high"] == pytest.approx(100 * high / counted, abs=0.0006)
        assert row["observed"] == pytest.approx(100 * observed / (365 * 86_400), abs=0.0006)
        assert row["verdict"] == "not proven"


def test_uk_of_a_known_history(history: tuple[Log, Truth], tmp_path: Path) -> None:
    log, truth = history
    first, last = truth.polls[0][0], truth.polls[-1][0]
    begin, end = START + 23.25 * 3600, START + 23.75 * 3600
    slow = log.platform.current()[1]
    connector = slow["evses"][0]["connectors"][0] | {"max_electric_power": 22_000}
    log.platform.put(slow["id"], evses=[evse | {"connectors": [connector]} for evse in slow["evses"]])
    rapid = [f"L000001-{n}" for n in range(3)]
    up = UP["uk_reliability"]
    for words in ([], ["--arg-file", "closed", excluded(tmp_path, rapid, begin, end)]):
        (row,) = log.ask("-f", str(EXAMPLES / "uk_reliability.ocpiq"), "--arg", "country", "NLD", *words)
        whole = [truth.bounds(uid, up, first, last) for uid in rapid]
        low, high, counted, observed = (sum(values) for values in zip(*whole, strict=True))
        if words:
            closed = [truth.bounds(uid, up, begin, end) for uid in rapid]
            part_low, part_high, part_counted, _ = (sum(values) for values in zip(*closed, strict=True))
            low, high, counted = low - part_low, high - part_high, counted - part_counted
        assert row["period"] in ("2026",) and row["evses"] == 3
        assert row["uptime_low"] == pytest.approx(100 * low / counted, abs=0.0006)
        assert row["uptime_high"] == pytest.approx(100 * high / counted, abs=0.0006)
        assert row["observed"] == pytest.approx(100 * observed / (3 * 365 * 86_400), abs=0.0006)
        assert row["verdict"] == "not proven"
