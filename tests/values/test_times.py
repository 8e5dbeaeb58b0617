"""Every form of DateTime that platforms send is read as the same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.values.times import epoch_us, lenient, moment, number_us, zone

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
        pytest.param("20260131T060504Z", MOMENT, id="basic format"),
        pytest.param("20260131T080504.5+0200", MOMENT + 500_000, id="basic format, fraction and offset"),
        pytest.param("20260131060504", MOMENT, id="basic format without T"),
        pytest.param("20260131", MOMENT - (6 * 3600 + 5 * 60 + 4) * 1_000_000, id="basic format, a date"),
        pytest.param("20261331T060504Z", None, id="basic format, no such month"),
        pytest.param("Sat, 31 Jan 2026 06:05:04 GMT", MOMENT, id="RFC 1123"),
        pytest.param("Sat, 31 Jan 2026 08:05:04 +0200", MOMENT, id="RFC 1123 with an offset"),
        pytest.param("31 JAN 2026 06:05:04", MOMENT, id="RFC 1123 without a weekday and zone"),
        pytest.param("Saturday, 31-Jan-2026 06:05:04 GMT", MOMENT, id="RFC 850 with four digits"),
        pytest.param("Sat, 31 Jum 2026 06:05:04 GMT", None, id="RFC 1123, no such month"),
        pytest.param("Thu, 01 Jan 1970 00:00:00 GMT", None, id="RFC 1123, unknown"),
        pytest.param(str(MOMENT // 1_000_000), MOMENT, id="seconds as text"),
        pytest.param(f"{MOMENT // 1_000_000}.5", MOMENT + 500_000, id="seconds with a fraction as text"),
        pytest.param(f" {MOMENT // 1000} ", MOMENT, id="milliseconds as text"),
        pytest.param(f"/Date({MOMENT // 1000})/", MOMENT, id="milliseconds as ASP.NET writes them"),
        pytest.param("0", None, id="zero as text"),
        pytest.param("12345", None, id="a small number as text"),
        pytest.param("9" * 15, None, id="milliseconds after the year 9999"),
        pytest.param(f"{MOMENT}000", MOMENT, id="nanoseconds as text"),
        pytest.param("9" * 30, None, id="a number that is too large"),
        pytest.param("10/01/2026 00:00", None, id="day or month first"),
        pytest.param("٢٠٢٦-٠١-٣١T٠٦:٠٥:٠٤Z", None, id="digits of other scripts"),
        pytest.param("yesterday", None, id="a word"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_epoch_us(text: str, expected: int | None) -> None:
    assert epoch_us(text) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (MOMENT // 10**6, MOMENT),
        (MOMENT / 10**6 + 0.25, MOMENT + 250_000),
        (MOMENT // 1000, MOMENT),
        (MOMENT, MOMENT),
        (MOMENT * 1000, MOMENT),
        (86_400, 86_400_000_000),
        (0, None),
        (86_399, None),
        (-5, None),
        (999_999_999_999, None),
        (10**30, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_the_size_of_a_number_tells_its_unit(number: float, expected: int | None) -> None:
    assert number_us(number) == expected


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
        pytest.param("20260131T150504", MOMENT, id="basic format, neither"),
        pytest.param("31 Jan 2026 06:05:04 GMT", MOMENT, id="GMT"),
        pytest.param(str(MOMENT // 1_000_000), MOMENT, id="seconds since 1970"),
    ],
)
def test_a_zone_counts_for_a_time_without_a_designator(text: str, expected: int | None) -> None:
    assert moment(text, zone("Asia/Tokyo")) == expected


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True))
def test_the_fast_path_agrees_with_the_lenient_one(text: str) -> None:
    assert epoch_us(text) == lenient(text)
