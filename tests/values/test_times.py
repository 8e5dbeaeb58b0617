"""Every form of DateTime that platforms send is read as the same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.values.times import epoch_us, lenient, moment, zone

MOMENT = int(datetime(2026, 1, 31, 6, 5, 4, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-31T06:05:04Z", MOMENT, id="as specified"),
        pytest.param("2026-01-31T06:05:04z", MOMENT, id="small z"),
        pytest.param("2026-01-31T06:05:04", MOMENT, id="no designator is UTC"),
        pytest.param("2026-01-31 06:05:04", MOMENT, id="a blank for T"),
        pytest.param("2026-01-31 06:05:04Z", MOMENT, id="a blank for T, with Z"),
        pytest.param("2026-01-31T06:05:04+00:00", MOMENT, id="offset zero"),
        pytest.param("2026-01-31T08:05:04+02:00", MOMENT, id="offset east"),
        pytest.param("2026-01-31T08:05:04+0200", MOMENT, id="offset without colon"),
        pytest.param("2026-01-31T08:05:04+02", MOMENT, id="offset of hours"),
        pytest.param("2026-01-30T23:35:04-06:30", MOMENT, id="offset west, the day before"),
        pytest.param("2026-01-31T06:05:04.5Z", MOMENT + 500_000, id="one fraction digit"),
        pytest.param("2026-01-31T06:05:04.123Z", MOMENT + 123_000, id="milliseconds"),
        pytest.param("2026-01-31T06:05:04.123456", MOMENT + 123_456, id="microseconds"),
        pytest.param("2026-01-31T06:05:04.123456789Z", MOMENT + 123_456, id="nanoseconds are cut"),
        pytest.param("2026-01-31T06:05Z", MOMENT - 4_000_000, id="no seconds"),
        pytest.param("2026-01-31", MOMENT - (6 * 3600 + 5 * 60 + 4) * 1_000_000, id="a date"),
        pytest.param("2026-1-31T6:05:04Z", MOMENT, id="single digits"),
        pytest.param(" 2026-01-31T06:05:04Z ", MOMENT, id="surrounding blanks"),
        pytest.param("2026-01-31T06:04:64Z", MOMENT, id="seconds beyond 59"),
        pytest.param("2026-01-30T24:00:00Z", MOMENT - (6 * 3600 + 5 * 60 + 4) * 1_000_000, id="24 o'clock"),
        pytest.param("1969-12-31T00:00:00Z", -86_400_000_000, id="before 1970"),
        pytest.param("1970-1-1T00:00:00Z", None, id="1970-1-1 is unknown"),
        pytest.param("1970-01-01T00:00:00Z", None, id="1970-01-01 is unknown"),
        pytest.param("1970-01-02T00:00:00Z", 86_400_000_000, id="the day after is known"),
        pytest.param("2026-02-30T00:00:00Z", None, id="no such day"),
        pytest.param("2026-13-01T00:00:00Z", None, id="no such month"),
        pytest.param("2026-01-01T25:00:00Z", None, id="no such hour"),
        pytest.param("2026-01-01T24:30:00Z", None, id="beyond 24 o'clock"),
        pytest.param("2026-01-31T08:05:04+25:00", None, id="no such offset"),
        pytest.param("2026-01-31T08:05:04-2400", None, id="no such offset west"),
        pytest.param("2026-01-31T08:05:04+99", None, id="no such offset of hours"),
        pytest.param("2026-01-31T08:05:04+02:60", None, id="no such minutes of an offset"),
        pytest.param("2026-02-01T06:04:04+23:59", MOMENT, id="the largest offset"),
        pytest.param("2026-W01-1T00:00:00Z", None, id="a week date"),
        pytest.param("20260131T060504Z", None, id="basic format"),
        pytest.param("٢٠٢٦-٠١-٣١T٠٦:٠٥:٠٤Z", None, id="digits of other scripts"),
        pytest.param("yesterday", None, id="a word"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_epoch_us(text: str, expected: int | None) -> None:
    assert epoch_us(text) == expected


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-720, 720))
def test_an_offset_moves_the_clock_and_not_the_moment(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=UTC)
    shifted = aware.astimezone(timezone(timedelta(minutes=minutes)))
    assert epoch_us(shifted.isoformat()) == (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-31T06:05:04Z", MOMENT, id="Z"),
        pytest.param("2026-01-31T06:05:04 UTC", MOMENT, id="UTC"),
        pytest.param("2026-01-31T08:05:04+02:00", MOMENT, id="offset"),
        pytest.param("2026-01-31T08:05:04+02", MOMENT, id="offset of hours"),
        pytest.param("2026-01-31T15:05:04", MOMENT, id="neither"),
        pytest.param("2026-01-31T15:05:04+25:00", None, id="no such offset"),
    ],
)
def test_a_zone_counts_for_a_time_without_a_designator(text: str, expected: int | None) -> None:
    assert moment(text, zone("Asia/Tokyo")) == expected


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True))
def test_the_fast_path_agrees_with_the_lenient_one(text: str) -> None:
    assert epoch_us(text) == lenient(text)
