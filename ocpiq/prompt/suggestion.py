"""What suggestions are made from, and what they are. No data is among it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from msgspec import Struct

PREDEFINED: Final = "ARGS"  # the variable that every query has, and that few ask for

Named = TypeVar("Named")


class Surroundings(Struct, frozen=True):
    """The prompt's surroundings: OCPI version, modules, variables that are given, platforms, forms of results.

    `files` gives the names in a folder that is written as in a path, with a slash behind those of folders.
    """

    version: str
    modules: tuple[str, ...]
    variables: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    files: Callable[[str], Sequence[str]] = lambda folder: ()


class Suggestion(Struct, frozen=True):
    """A text that could stand at the cursor in place of the `replaces` characters before it.

    `kind` is what it is (module, clause, stage, function, field, …), `about` one line on it: for a field its type.
    `shown` is how it is listed where that is not `text`. `state` tells of a field whether a value is `open`,
    `blanked` or `passed`.
    """

    text: str
    replaces: int
    kind: str
    about: str = ""
    shown: str = ""
    state: str = ""


def rank_matches(found: Iterable[Named], word: str, name: Callable[[Named], str]) -> list[Named]:
    """Return what `word` may become, in its order: what begins with it, then what has a part that does.

    `date` fits `start_date_time`; case does not matter, and one letter is too little for a part.
    """
    folded = word.casefold()
    names = [(each, name(each).casefold()) for each in found]
    begins = [each for each, text in names if text.startswith(folded)]
    parts = [each for each, text in names if f"_{folded}" in text and not text.startswith(folded)]
    return begins + (parts if len(word) > 1 else [])
