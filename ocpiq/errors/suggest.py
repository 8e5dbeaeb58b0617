"""Suggestions for a mistyped name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, ignoring case, or None if none is similar."""
    folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, or "" if no known name is similar."""
    suggestion = nearest(name, known)
    return f"did you mean {suggestion}?" if suggestion else ""


def choices(name: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, or `available: …` with all known names if none is similar."""
    names = tuple(known)
    return did_you_mean(name, names) or f"available: {', '.join(names)}"


def shown(name: str) -> str:
    """Return a mistyped word if it is safe to repeat in a message: it could be anything, even a token."""
    return name if len(name) <= 30 and name.isprintable() and name.isascii() else "…"
