"""Labels of calendar periods, such as 2026-01 for a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final


def week(day: date) -> str:
    """Return the label of an ISO week, such as 2026-W03."""
    year, number, _ = day.isocalendar()
    return f"{year:04}-W{number:02}"


LABELS: Final[dict[str, Callable[[date], str]]] = {
    "day": lambda day: day.isoformat()[:10],
    "week": week,
    "month": lambda day: day.isoformat()[:7],
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year:04}",
}
"""The label of the period that contains a day, by unit."""
