"""Local time, which the tables of programs cannot cover, and dates of every century."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq import query
from ocpiq.runtime.dates.calendar import date_of, days_before, weekday, year_day
from ocpiq.values.types import Value


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


LOCAL = {
    "1425599621 | localtime": [2015, 2, 6, 0, 53, 41, 5, 64],
    "1436083200 | localtime": [2015, 6, 5, 10, 0, 0, 0, 185],
    "1425599621 | localtime | mktime": 1425603221,
    '1425599621 | strflocaltime("%H:%M %Z %z")': "00:53 CET +0100",
    '1436083200 | strflocaltime("%H:%M %Z %z")': "10:00 CEST +0200",
    '1425599621 | strftime("%H:%M %z")': "23:53 +0000",
    '1425599621 | gmtime | strflocaltime("%H %Z")': "23 CET",
    '1436083200 | localtime | strftime("%FT%T%z")': "2015-07-05T10:00:00+0000",
    '"1425599621" | strptime("%s")': [2015, 2, 6, 0, 53, 41, 5, 64],
}


@pytest.mark.parametrize(("program", "expected"), LOCAL.items(), ids=list(LOCAL))
@pytest.mark.usefixtures("berlin")
def test_local_time(program: str, expected: Value) -> None:
    assert list(query.compile(program).run()) == [expected]


def test_a_format_may_hold_any_letters() -> None:
    (text,) = query.compile('0 | strftime("%Y年 é %%")').run()
    assert text == "1970年 é %"


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))
def test_the_calendar_agrees_with_python(moment: datetime) -> None:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (day - datetime(1970, 1, 1)) // timedelta(days=1)
    assert days_before(day.year, day.month - 1) + day.day - 1 == days
    assert date_of(days) == (day.year, day.month - 1, day.day)
    assert weekday(days) == day.isoweekday() % 7
    assert year_day(day.year, day.month - 1, day.day) == day.timetuple().tm_yday - 1


@given(st.integers(-(10**9), 10**11))
def test_dates_round_trip(seconds: int) -> None:
    program = query.compile(
        '[todate, (todate | fromdate), (gmtime | mktime), (strftime("%c") | strptime("%c") | mktime)]'
    )
    ((text, *back),) = program.run(seconds)  # type: ignore[misc]
    assert back == [seconds] * 3
    assert text == (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
