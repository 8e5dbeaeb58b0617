"""`since`, `until`, `during`, `newest`: the request to the platform, the filter here, and time zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ocpiq import query, sources
from ocpiq.errors import IncompleteError, Message, Notice, Notify, OcpiqError, PullEnded, WarningIssued
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources import Ask

AMSTERDAM = "Europe/Amsterdam"


class RecordingSource:
    """A source that records its requests."""

    def __init__(self, source: sources.Source) -> None:
        self.source = source
        self.version = source.version
        self.repeats = False
        self.asks: list[Ask] = []

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        self.asks.append(ask)
        yield from self.source.pages(ask, gate, notify)


def session(
    id: object, end: object = None, updated: object = "2026-06-01T00:00:00Z", name: str = "end_date_time"
) -> dict[str, object]:
    return {"id": id, name: end, "last_updated": updated}


def run(
    text: str,
    objects: list[dict[str, object]],
    *,
    module: str = "sessions",
    version: str = "2.2.1",
    zone: str | None = None,
    **variables: object,
) -> tuple[list[object], Ask, list[str]]:
    notices: list[Notice] = []
    recording = RecordingSource(sources.memory({module: objects}, version)[module])
    compiled = query.compile(text, version=version, variables=tuple(variables), zone=zone)
    results = list(compiled.run(sources={module: recording}, variables=variables, notify=notices.append))  # type: ignore[arg-type]
    return (
        results,
        recording.asks[0],
        [notice.message for notice in notices if isinstance(notice, WarningIssued)],
    )


ENDS = {
    "before": "2026-03-28T22:59:59Z",
    "first second": "2026-03-28T23:00:00Z",
    "summer begins": "2026-03-29T01:30:00+00:00",
    "last second": "2026-03-29 21:59:59.9",
    "after": "2026-03-29T22:00:00Z",
    "in progress": None,
}


def test_a_day_of_a_zone_has_23_hours_when_summer_begins() -> None:
    objects = [session(id, end) for id, end in ENDS.items()]
    results, ask, warnings = run("sessions during 2026-03-29 | .id", objects, zone=AMSTERDAM)
    assert results == ["first second", "summer begins", "last second"]
    assert (ask.since, ask.until) == ("2026-03-27T23:00:00Z", None)
    assert warnings == []


@pytest.mark.parametrize("passed", ["", " pass end_date_time"], ids=["private", "passed"])
@pytest.mark.parametrize("end", [None, "", " ", "#NA", [], {}], ids=repr)
def test_an_end_that_is_empty_is_none(end: object, passed: str) -> None:
    results, _, warnings = run(f"sessions during 2026-03-29{passed} | .id", [session("running", end)])
    assert (results, warnings) == ([], [])


READABLE = (
    1774796400,
    1774796400.5,
    1774796400000,
    "1774796400",
    "1774796400000",
    "/Date(1774796400000)/",
    "20260329T150000Z",
    "20260329",
    "Sun, 29 Mar 2026 15:00:00 GMT",
    "2026-03-29 15:00:00 UTC",
)
UNREADABLE = ("1970-01-01T00:00:00Z", "29/03/2026 15:00", "soon", 0, 12, True, ["x"], {"at": 1}, "N/A")


@pytest.mark.parametrize("passed", ["", " pass end_date_time", " pass ."], ids=["private", "passed", "whole"])
def test_an_end_is_read_in_every_form_that_platforms_send(passed: str) -> None:
    objects = [session(number, end) for number, end in enumerate(READABLE)]
    results, _, warnings = run(f"sessions during 2026-03-29{passed} | .id", objects)
    assert results == list(range(len(READABLE)))
    assert warnings == []


@pytest.mark.parametrize("passed", ["", " pass end_date_time", " pass ."], ids=["private", "passed", "whole"])
@pytest.mark.parametrize("end", UNREADABLE, ids=repr)
def test_an_end_that_cannot_be_read_makes_the_pull_incomplete(end: object, passed: str) -> None:
    objects = [session("bad", end), session("good", "2026-03-29T15:00:00Z")]
    notices: list[Notice] = []
    source = sources.memory({"sessions": objects})
    found = query.compile(f"sessions during 2026-03-29{passed} | .id").run(
        sources=source, notify=notices.append
    )
    assert next(found) == "good"
    with pytest.raises(IncompleteError) as caught:
        next(found)
    assert caught.value.message == (
        "sessions: the end of charging of some objects cannot be read; "
        "incomplete: 1 of 2 objects could be compared with the period"
    )
    assert notices[-2:] == [
        WarningIssued(Message("sessions: 1 object is left out whose end of charging cannot be read")),
        PullEnded("sessions", 1, 2, False),
    ]


@pytest.mark.parametrize(
    ("written", "begin", "end"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-01", "2026-01-01", "2026-02-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2026-10-25", "2026-10-25", "2026-10-26"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", AMSTERDAM, "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("how", ["bare", "string", "variable"])
def test_periods(written: str, begin: str, end: str, zone: str, how: str) -> None:
    bounds = [datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp() for day in (begin, end)]
    seconds = [int(bound) + step for bound in bounds for step in (-1, 0)]
    objects = [session(at, datetime.fromtimestamp(at, ZoneInfo("UTC")).isoformat()) for at in seconds]
    said, variables = {
        "bare": (written, {}),
        "string": (f'"{written}"', {}),
        "variable": ("$p", {"p": written}),
    }[how]
    results, _, _ = run(f"sessions during {said} | .id", objects, zone=zone, **variables)
    assert results == seconds[1:3]


@pytest.mark.parametrize(
    ("module", "version", "name"),
    [
        ("sessions", "2.1.1", "end_datetime"),
        ("sessions", "2.2", "end_date_time"),
        ("cdrs", "2.1.1", "stop_date_time"),
        ("cdrs", "2.1.1", "end_date_time"),
        ("cdrs", "2.3.0", "end_date_time"),
    ],
)
@pytest.mark.parametrize("reads", [".id", ".", "to_entries | length"])
def test_the_end_of_charging_in_every_version(module: str, version: str, name: str, reads: str) -> None:
    objects = [
        session("in", "2026-01-15T10:00:00Z", name=name),
        session("out", "2026-02-01T00:00:00Z", name=name),
    ]
    results, _, _ = run(f"{module} during 2026-01 | {reads}", objects, module=module, version=version)
    assert len(results) == 1


@pytest.mark.parametrize(
    ("text", "zone", "since", "until"),
    [
        ("sessions since 2026-01-01 until 2026-02-01", None, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("sessions since 2026-07-01", AMSTERDAM, "2026-06-30T22:00:00Z", None),
        ("sessions since 2026-07-01T06:00", AMSTERDAM, "2026-07-01T04:00:00Z", None),
        ("sessions since 2026-07-01T06:00Z", AMSTERDAM, "2026-07-01T06:00:00Z", None),
        ('sessions since "2026-10-25T02:30"', AMSTERDAM, "2026-10-25T00:30:00Z", None),
        ('sessions until "2026-01-01T00:00:00.5Z"', None, None, "2026-01-01T00:00:01Z"),
        ("sessions since 2026-01-20 during 2026-01", None, "2026-01-20T00:00:00Z", None),
        ("sessions since 2025-12-01 during 2026-01", None, "2025-12-31T00:00:00Z", None),
        ('module {tz: "Europe/Amsterdam"}; sessions during 2026-01', None, "2025-12-30T23:00:00Z", None),
        ('module {tz: "Europe/Amsterdam"}; sessions during 2026-01', "UTC", "2025-12-31T00:00:00Z", None),
    ],
)
def test_request(text: str, zone: str | None, since: str | None, until: str | None) -> None:
    _, ask, _ = run(text, [], zone=zone)
    assert (ask.since, ask.until) == (since, until)


# A run that begins on Monday 30 March 2026 at half past midnight in Amsterdam, the day after the change to summer time.
RELATIVE = [
    ("sessions since today", AMSTERDAM, "2026-03-29T22:00:00Z", None),
    ("sessions since today", "UTC", "2026-03-29T00:00:00Z", None),
    ("sessions since yesterday until today", AMSTERDAM, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
    ("sessions since 90 minutes ago", AMSTERDAM, "2026-03-29T21:00:00Z", None),
    ("sessions since 1  week  ago", AMSTERDAM, "2026-03-22T23:00:00Z", None),
    ("sessions since 1 month ago", AMSTERDAM, "2026-02-27T23:00:00Z", None),
    ("sessions during yesterday", AMSTERDAM, "2026-03-27T23:00:00Z", None),  # a day earlier: clocks differ
    ("sessions during last month", AMSTERDAM, "2026-01-30T23:00:00Z", None),
    ("sessions during this year", AMSTERDAM, "2025-12-30T23:00:00Z", None),
]


@pytest.mark.parametrize(("text", "zone", "since", "until"), RELATIVE)
@pytest.mark.parametrize("how", ["bare", "string", "variable"])
def test_relative_windows(
    text: str, zone: str, since: str, until: str | None, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = datetime(2026, 3, 30, 0, 30, tzinfo=ZoneInfo(AMSTERDAM))
    monkeypatch.setattr("ocpiq.query.start.now", lambda: int(begin.timestamp() * 1_000_000))
    word, written = text.removeprefix("sessions ").split(" ", 1)
    written, rest = written.removesuffix(" until today"), " until today" if until else ""
    moment = {"bare": written, "string": f'"{" ".join(written.split())}"', "variable": "$m"}[how]
    variables = {"m": " ".join(written.split())} if how == "variable" else {}
    _, ask, _ = run(f"sessions {word} {moment}{rest}", [], zone=zone, **variables)
    assert (ask.since, ask.until) == (since, until)


def test_a_relative_period_filters_here() -> None:
    today = datetime.now(ZoneInfo("UTC"))
    ends = {"now": today, "last year": today.replace(year=today.year - 1, month=6, day=15)}
    objects = [session(name, end.isoformat()) for name, end in ends.items()]
    assert run("sessions during this year | .id", objects)[0] == ["now"]
    assert run("sessions during last year | .id", objects)[0] == ["last year"]


def test_objects_outside_the_window_are_filtered_here() -> None:
    objects = [session(n, updated=f"2026-01-0{n}T00:00:00Z") for n in range(1, 6)]
    results, _, _ = run("sessions since 2026-01-02 until 2026-01-04 | .id", objects)
    assert results == [2, 3]


def test_nested_objects_are_not_bounded_by_their_holders() -> None:
    evse = {"uid": "E", "last_updated": "2026-01-01T00:00:00Z"}
    objects = [{"id": "L", "evses": [evse], "last_updated": "2026-06-01T00:00:00Z"}]
    recording = RecordingSource(sources.memory({"locations": objects})["locations"])
    results = list(query.compile("evses until 2026-02-01 newest 1 | .uid").run(sources={"evses": recording}))
    assert (results, recording.asks) == (["E"], [Ask("evses")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sessions newest 2", [4, 5]),
        ("sessions newest 0", []),
        ("sessions newest 9", [1, 2, 3, 4, 5]),
        ("sessions newest $n", [5]),
        ("sessions newest 2 until 2026-01-04", [2, 3]),
        ("sessions newest 1 during 2026-01", [3]),
        ("sessions newest 4 | limit 1", [2]),
    ],
)
def test_newest(text: str, expected: list[int]) -> None:
    objects = [
        session(n, end="2026-01-02T00:00:00Z" if n <= 3 else None, updated=f"2026-01-0{n}T00:00:00Z")
        for n in range(1, 6)
    ]
    results, ask, _ = run(f"{text} | .id", objects, n="1")
    assert results == expected
    windowed = "until" in text or "during" in text
    assert (ask.newest is None) == windowed


NEWEST_FIRST = "the newest objects are first in the list, so the last ones are the oldest"
NO_ORDER = "the list is in no order of last_updated, so the last objects may not be the newest"
ORDERS: dict[str, tuple[list[int | None], str]] = {
    "oldest first": ([1, 2, 3, 4, 5, 6], ""),
    "the same time": ([1, 1, 1, 1], ""),
    "one": ([1], ""),
    "no dates": ([None, None, None], ""),
    "newest first": ([6, 5, 4, 3, 2, 1], NEWEST_FIRST),
    "newest first, some without a date": ([6, None, 5, 4, None, 1], NEWEST_FIRST),
    "no order": ([3, 6, 1, 5, 2, 4], NO_ORDER),
    "by creation, one updated later": ([1, 2, 3, 9, 5, 6, 7, 8], ""),
    "newest first, one updated later": ([8, 7, 3, 6, 5, 4, 2, 1], NEWEST_FIRST),
}


@pytest.mark.parametrize("passed", ["", "pass last_updated", "pass ."])
@pytest.mark.parametrize(("days", "said"), ORDERS.values(), ids=ORDERS)
def test_newest_says_if_the_list_is_in_another_order(days: list[int | None], said: str, passed: str) -> None:
    objects = [
        session(number, updated=day and f"2026-01-0{day}T00:00:00Z") for number, day in enumerate(days)
    ]
    results, _, warnings = run(f"sessions newest 2 {passed} | .id", objects)
    assert results == list(range(len(days)))[-2:]
    expected = f"sessions: {said} (write pass last_updated and top N by .last_updated)"
    assert warnings == ([expected] if said else [])
    assert run("sessions | .id", objects)[2] == []


@pytest.mark.parametrize(
    ("text", "variables", "message"),
    [
        ("sessions since $a", {"a": "tomorrow"}, "$a is not a date"),
        ("sessions since $a", {"a": "last month"}, "$a is not a date"),
        ("sessions during $a", {"a": "7 days ago"}, "$a is not a period"),
        ("sessions since 9999 years ago", {}, "9999 years ago is before the year 1"),
        ("sessions since yesterday until 7 days ago", {}, "the window ends before it starts"),
        ("sessions since 2026-01-31 until 99 years ago", {}, "the window ends before it starts"),
        ("sessions during $a", {"a": "2026-13"}, "$a is not a period"),
        ("sessions newest $a", {"a": "-1"}, "newest takes a whole number"),
    ],
)
def test_unreadable_variables(text: str, variables: dict[str, object], message: str) -> None:
    with pytest.raises(OcpiqError) as caught:
        run(text, [], **variables)
    assert caught.value.message == message


def test_an_unknown_zone() -> None:
    with pytest.raises(OcpiqError) as caught:
        query.compile("sessions", zone="Europe/Atlantis")
    assert caught.value.exit_code == 2
