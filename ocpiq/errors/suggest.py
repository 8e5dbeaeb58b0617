"""Suggestions for a mistyped name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ocpiq.errors.message import EMPTY, Message, UserText, join, say


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, ignoring case, or None if none is similar."""
    return _nearest(name, tuple(known))


@lru_cache(maxsize=64)  # the prompt asks again at each key
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only after an error, and at the prompt

    folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> Message:
    """Return `did you mean X?`, or "" if no known name is similar."""
    suggestion = nearest(name, known)
    return say("did you mean {suggestion}?", suggestion=UserText(suggestion)) if suggestion else EMPTY


def choices(name: str, known: Iterable[str]) -> Message:
    """Return `did you mean X?`, or `available: …` with all known names if none is similar."""
    names = tuple(known)
    return did_you_mean(name, names) or say("available: {names}", names=join(map(UserText, names)))


def safe_word(name: str) -> UserText:
    """Return a mistyped word if it is safe to repeat in a message: it could be anything, even a token."""
    return UserText(name if len(name) <= 30 and name.isprintable() and name.isascii() else "…")
