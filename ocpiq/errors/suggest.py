"""Suggestions for a mistyped name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from ocpiq.errors.message import EMPTY, Message, UserText, join, say

CUTOFF: Final = 0.65  # how similar a name must be: `sin` is not suggested for `missing`
MOST: Final = 16  # names that a message lists


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, ignoring case, or None if none is similar."""
    return _nearest(name, tuple(known))


@lru_cache(maxsize=64)  # the prompt asks again at each key
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only after an error, and at the prompt

    folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), folded, n=1, cutoff=CUTOFF)
    return folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> Message:
    """Return `did you mean X?`, or "" if no known name is similar."""
    suggestion = nearest(name, known)
    return say("did you mean {suggestion}?", suggestion=UserText(suggestion)) if suggestion else EMPTY


def choices(name: str, known: Iterable[str], listing: Message = EMPTY) -> Message:
    """Return `did you mean X?`, with each name that the word is a part of, or `available: …` with all known names.

    If these are too many for a message, `listing` says where they are listed.
    """
    names = tuple(known)
    parts = [known_name for known_name in names if len(name) > 2 and name.casefold() in known_name.casefold()]
    if 0 < len(parts) <= MOST:
        return did_you_mean_one_of(parts)
    too_many = listing if len(names) > MOST else EMPTY
    return (
        did_you_mean(name, names) or too_many or say("available: {names}", names=join(map(UserText, names)))
    )


def did_you_mean_one_of(names: Sequence[str]) -> Message:
    """Return `did you mean A, B or C?`."""
    *first, last = names
    if not first:
        return say("did you mean {name}?", name=UserText(last))
    return say("did you mean {first} or {last}?", first=join(map(UserText, first)), last=UserText(last))


def safe_word(name: str) -> UserText:
    """Return a mistyped word if it is safe to repeat in a message: it could be anything, even a token."""
    return UserText(name if len(name) <= 30 and name.isprintable() and name.isascii() else "…")
