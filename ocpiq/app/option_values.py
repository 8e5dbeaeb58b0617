"""What the words of options mean: numbers, durations, paths and lists."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ocpiq.app.arguments import Arguments
from ocpiq.errors import UsageError
from ocpiq.values.patterns import lazy_pattern

DURATION: Final = lazy_pattern(r"([0-9]{1,7})([smhd])")
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(arguments: Arguments, name: str, least: int) -> int | None:
    """Return an option with a duration such as 90s, 10m, 2h or 7d, in seconds. Raises UsageError."""
    text = arguments.last(name)
    if text is None:
        return None
    seconds = seconds_of(text)
    if seconds is None:
        raise UsageError(f"--{name} takes a duration", hint="such as 90s, 10m, 2h or 7d")
    if seconds < least:
        raise UsageError(f"--{name} is at least {least}s")
    return seconds


def seconds_of(text: str) -> int | None:
    """Return the seconds of a duration such as 90s, 10m, 2h or 7d; None for any other text."""
    match = DURATION.fullmatch(text)
    return None if match is None else int(match[1]) * UNITS[match[2]]


def path_of(arguments: Arguments, name: str) -> Path | None:
    """Return the path in an option."""
    path = arguments.last(name)
    return Path(path) if path else None


def comma_list(arguments: Arguments, name: str) -> list[str]:
    """Return the comma-separated words of an option, of all its uses."""
    return [word.strip() for (text,) in arguments.every(name) for word in text.split(",")]


def whole_number(arguments: Arguments, name: str, minimum: int, maximum: int) -> int | None:
    """Return the number of an option. Raises UsageError."""
    text = arguments.last(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and minimum <= int(text) <= maximum):
        raise UsageError(f"--{name} takes a whole number from {minimum} to {maximum}")
    return int(text)
