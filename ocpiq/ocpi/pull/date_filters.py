"""The date parameters of a pull, in the forms that platforms accept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

EARLIEST = "2010-01-01T00:00:00Z"  # sessions cannot be asked for without a date_from; none is older
EXCLUSIVE = timedelta(seconds=1)
"""Some platforms take date_from as exclusive, or compare dates as text: `…00.5Z` comes before `…00Z`."""
ANY_ZONE = timedelta(days=1)
"""A time without a zone may be the platform's local time."""

Filters = Mapping[str, str]
Form = Callable[[datetime], str]


def date_filters(module: str, since: str | None, until: str | None) -> tuple[Filters, ...]:
    """Return the date parameters to send, and the same in other forms, for platforms that refuse the first.

    They ask for somewhat more than `since` and `until`, OCPI DateTimes that end in Z: the gate compares exactly.
    """
    start = since or (EARLIEST if module == "sessions" else None)
    if start is None and until is None:
        return ({},)
    return tuple(
        {
            name: form(bound)
            for name, bound in (
                ("date_from", moved(start, -EXCLUSIVE - margin)),
                ("date_to", moved(until, margin)),
            )
            if bound is not None
        }
        for form, margin in FORMS
    )


def moved(text: str | None, by: timedelta) -> datetime | None:
    """Return a bound, moved by `by` as far as there are dates."""
    if text is None:
        return None
    bound = datetime.fromisoformat(text.removesuffix("Z"))
    try:
        return bound + by
    except OverflowError:
        return bound


FORMS: tuple[tuple[Form, timedelta], ...] = (
    (lambda bound: f"{bound.isoformat()}Z", timedelta()),
    (lambda bound: f"{bound.isoformat(timespec='milliseconds')}Z", timedelta()),
    (lambda bound: f"{bound.isoformat()}+00:00", timedelta()),
    (lambda bound: bound.isoformat(), ANY_ZONE),
    (lambda bound: bound.date().isoformat(), 2 * ANY_ZONE),
)
