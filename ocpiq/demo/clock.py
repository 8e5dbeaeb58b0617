"""The demo's year, its moment "now", and local time. Every instant is an int: seconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400


def instant(text: str) -> int:
    """Return the seconds since 1970 of an ISO 8601 text in UTC, such as `2026-03-29T01:00`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def iso(seconds: int) -> str:
    """Return an instant as an OCPI DateTime ending in Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + "Z"


BEGIN: Final = instant("2025-11-01")
NOW: Final = instant("2026-11-01")  # the year ends here, and nothing in the data is later
DAYS: Final = (NOW - BEGIN) // DAY
SUMMER: Final = (instant("2026-03-29T01:00"), instant("2026-10-25T01:00"))  # of the EU and of the UK


class Zone(Struct, frozen=True):
    """A time zone of western Europe. Its rules are fixed here, so as not to depend on a machine's zone data."""

    name: str
    winter: int  # hours ahead of UTC in winter

    def offset(self, seconds: int) -> int:
        """Return how many seconds local time is ahead of UTC at that instant."""
        return (self.winter + (SUMMER[0] <= seconds < SUMMER[1])) * HOUR

    def local(self, seconds: int) -> int:
        """Return the instant's local wall clock, as seconds since 1970 on that clock."""
        return seconds + self.offset(seconds)

    def utc(self, wall: int) -> int:
        """Return the instant at which the local wall clock shows `wall`."""
        return wall - self.offset(wall - self.winter * HOUR)


def weekday(wall: int) -> int:
    """Return the day of the week of a wall clock, Monday = 0."""
    return (wall // DAY + 3) % 7  # 1970-01-01 was a Thursday


def month(seconds: int) -> int:
    """Return the month of an instant in UTC, January = 1."""
    return datetime.fromtimestamp(seconds, UTC).month
