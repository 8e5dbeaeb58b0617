"""Relative moments and periods, by the start of a run and the time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.values.relative_times import (
    is_relative_moment,
    is_relative_period,
    relative_moment,
    relative_period,
)
from ocpiq.values.times import period

ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Auckland", "Pacific/Apia"]
UNITS = ["day", "week", "month", "quarter", "year"]


def us(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-03-31T12:00", "0 days ago", "2026-03-31"),
        ("2026-03-31T12:00", "1 day ago", "2026-03-30"),
        ("2026-03-31T12:00", "2 weeks ago", "2026-03-17"),
        ("2026-03-31T12:00", "1 month ago", "2026-02-28"),
        ("2024-03-31T12:00", "1 month ago", "2024-02-29"),
        ("2026-03-31T12:00", "3 months ago", "2025-12-31"),
        ("2026-05-31T12:00", "1 quarter ago", "2026-02-28"),
        ("2024-02-29T12:00", "1 year ago", "2023-02-28"),
        ("2026-03-31T12:00", "90 minutes ago", "2026-03-31T10:30"),
        ("2026-03-31T12:00", "36 hours ago", "2026-03-30T00:00"),
        ("2026-03-31T12:00", "today", "2026-03-31"),
        ("2026-01-01T00:00", "yesterday", "2025-12-31"),
    ],
)
def test_moments(now: str, text: str, expected: str) -> None:
    assert is_relative_moment(text)
    assert relative_moment(text, us(now), UTC) == us(expected)


@pytest.mark.parametrize("digits", [11, 40, 5000])
@pytest.mark.parametrize("unit", ["minutes", "hours", "days", "weeks", "months", "quarters", "years"])
def test_before_the_calendar(unit: str, digits: int) -> None:
    text = f"{'9' * digits} {unit} ago"
    assert is_relative_moment(text)
    assert relative_moment(text, us("2026-03-31"), UTC) is None


@pytest.mark.parametrize(
    ("now", "text", "written"),
    [
        ("2026-03-31T12:00", "this day", "2026-03-31"),
        ("2026-03-31T12:00", "today", "2026-03-31"),
        ("2026-03-01T12:00", "yesterday", "2026-02-28"),
        ("2026-01-01T12:00", "this week", "2026-W01"),
        ("2026-01-01T12:00", "last week", "2025-W52"),
        ("2027-01-01T12:00", "this week", "2026-W53"),
        ("2026-03-31T12:00", "last month", "2026-02"),
        ("2026-01-31T12:00", "last month", "2025-12"),
        ("2026-01-31T12:00", "last quarter", "2025-Q4"),
        ("2026-12-31T23:59", "this quarter", "2026-Q4"),
        ("2026-03-31T12:00", "last year", "2025"),
        ("2026-03-31T12:00", "this year", "2026"),
    ],
)
@pytest.mark.parametrize("zone", ZONES[:4])
def test_periods(now: str, text: str, written: str, zone: str) -> None:
    assert is_relative_period(text)
    assert relative_period(text, us(now, zone), ZoneInfo(zone)) == period(written, ZoneInfo(zone))


@given(st.integers(us("1990-01-01"), us("2100-01-01")), st.sampled_from(ZONES), st.sampled_from(UNITS))
def test_this_period_contains_now_and_follows_the_last_one(now: int, zone: str, unit: str) -> None:
    begin, end = relative_period(f"this {unit}", now, ZoneInfo(zone))
    assert begin <= now < end
    before, begins = relative_period(f"last {unit}", now, ZoneInfo(zone))
    assert before < begins == begin


@pytest.mark.parametrize(
    "text", ["tomorrow", "last", "last hour", "7 days", "-1 days ago", "7 days ago ", "Today"]
)
def test_other_texts_are_not_relative(text: str) -> None:
    assert not is_relative_moment(text)
    assert not is_relative_period(text)


@pytest.mark.parametrize(("text", "expected"), [("2025 years ago", "0001-03-31"), ("2026 years ago", None)])
def test_the_first_year(text: str, expected: str | None) -> None:
    moment = relative_moment(text, us("2026-03-31"), UTC)
    assert (moment is None) == (expected is None)
