"""A policy: what a recipient may be given, as a file that the person who approves it can read. Data only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ocpiq.privacy.drivers import DRIVERS

CLEAR: Final = "clear"
PRESENT: Final = "present"
COARSER: Final = {
    "hour": ("day", "week", "month", "quarter", "year"),
    "day": ("week", "month", "quarter", "year"),
    "week": (),
    "month": ("quarter", "year"),
    "quarter": ("year",),
    "year": (),
}
"""The periods that each period lies in: a day lies in one month, a week may lie in two."""
WITH_NUMBER: Final = ("rounded", "prefix")
LENGTH: Final = re.compile(r"(\d{1,6})\s*([hdwmy])")
SHORTEST_DAYS: Final = {"h": 1 / 24, "d": 1, "w": 7, "m": 28, "y": 365}
LONGEST_DAYS: Final = {"h": 1 / 24, "d": 1, "w": 7, "m": 31, "y": 366}
CLOCK_CHANGE: Final = timedelta(hours=1)


class Permission(Struct, frozen=True):
    """A field that may be given, with all that is below it, in the `clear` or with a treatment such as `month`."""

    path: str
    treatment: str = CLEAR

    @property
    def depth(self) -> int:
        """The number of names in the path."""
        return 0 if self.path == "." else self.path.count(".") + 1

    def includes(self, path: str) -> bool:
        """Tell whether a field is the one of this path, or below it."""
        return self.path in (".", path) or path.startswith(f"{self.path}.")


class WindowLimits(Struct, frozen=True):
    """How long a window must be at least and may be at most, as written, such as `1d` and `1y`; empty for no limit."""

    shortest: str = ""
    longest: str = ""

    @property
    def are_contradictory(self) -> bool:
        """Whether every window is either too short or too long."""
        if not self.shortest or not self.longest:
            return False
        return _length(self.shortest, SHORTEST_DAYS) > _length(self.longest, LONGEST_DAYS)

    def too_short(self, length: timedelta) -> bool:
        """Tell whether a window is shorter than allowed; a day with a change of clocks is a day."""
        return bool(self.shortest) and length < _length(self.shortest, SHORTEST_DAYS) - CLOCK_CHANGE

    def too_long(self, length: timedelta) -> bool:
        """Tell whether a window is longer than allowed."""
        return bool(self.longest) and length > _length(self.longest, LONGEST_DAYS) + CLOCK_CHANGE


class ModulePolicy(Struct, frozen=True):
    """What may be given of a module."""

    permissions: tuple[Permission, ...]
    window: WindowLimits = WindowLimits()

    def allows(self, path: str, treatment: str) -> bool:
        """Tell whether a field may be given with a treatment: as in `pass`, the deepest path decides."""
        including = [permission for permission in self.permissions if permission.includes(path)]
        deepest = max((permission.depth for permission in including), default=0)
        return any(
            is_no_more(treatment, permission.treatment)
            for permission in including
            if permission.depth == deepest
        )


class Policy(Struct, frozen=True):
    """What a recipient may be given. `formats` is None if all are allowed, `expires` the first day without exports.

    `plain_json` permits JSON that does not belong to a module: files, standard input, `--slurpfile`. `sha256` is that
    of the file. `drivers` is the number of drivers that totals of fields for aggregates only need.
    """

    name: str
    modules: Mapping[str, ModulePolicy]
    formats: tuple[str, ...] | None = None
    expires: date | None = None
    plain_json: bool = False
    sha256: str = ""
    drivers: int = DRIVERS


def is_no_more(treatment: str, permitted: str) -> bool:
    """Tell whether a treatment says no more of a value than another one, or than the value in the clear."""
    if permitted in (CLEAR, treatment) or treatment == PRESENT:
        return True
    name, number = _parts(treatment)
    permitted_name, permitted_number = _parts(permitted)
    if name in COARSER.get(permitted_name, ()):
        return True
    if name != permitted_name or not number or not permitted_number:
        return False
    if name == "prefix":
        return Decimal(number) <= Decimal(permitted_number)
    return name == "rounded" and Decimal(number) % Decimal(permitted_number) == 0


def _parts(treatment: str) -> tuple[str, str]:
    name, _, number = treatment.partition("(")
    return name, number.removesuffix(")")


def _length(text: str, days: Mapping[str, float]) -> timedelta:
    match = LENGTH.fullmatch(text)
    assert match is not None
    return timedelta(days=int(match[1]) * days[match[2]])
