"""The nearest real name to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name` (case ignored), or None where nothing is near."""
    folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, or nothing where no known name is near."""
    found = nearest(name, known)
    return f"did you mean {found}?" if found else ""


def choices(name: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, or `available: …` with every known name where none is near."""
    names = tuple(known)
    return did_you_mean(name, names) or f"available: {', '.join(names)}"


def shown(name: str) -> str:
    """Return a mistyped word as it can stand in a message: it may be anything, a token as well."""
    return name if len(name) <= 30 and name.isprintable() and name.isascii() else "…"
