"""Suggestions, and the information they are made from, which includes no data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

from ocpiq.schema import OwnForm, SchemaModule, module, read_as

DEMO: Final = "demo"  # the platform that is no login
KEPT: Final = "_"  # the variable of the last result; _1 is the one before it
PREDEFINED: Final = "ARGS"  # the variable that every query has and few use

Named = TypeVar("Named")


class Surroundings(Struct, frozen=True):
    """The OCPI version, modules, variables, platforms and output formats at the prompt.

    `files` returns the names in a folder, those of folders with a slash at the end. `library`, `home` and `zones` (the
    query's own, the default) are those of `ocpiq.query.compile`; `now` is the hour, in microseconds since 1970. `own`
    are the forms of the platforms whose objects are read in the form of `version`.
    """

    version: str
    modules: tuple[str, ...]
    variables: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    files: Callable[[str], Sequence[str]] = lambda folder: ()
    library: tuple[Path, ...] = ()
    home: Path | None = None
    zones: tuple[str | None, str | None] = (None, None)
    now: int = 0
    own: tuple[OwnForm, ...] = ()

    def module(self, name: str) -> SchemaModule:
        """Return the schema of a module: with `own` forms, the fields that can be read in all of them."""
        return read_as(name, self.version, self.own) if self.own else module(name, self.version)


class Suggestion(Struct, frozen=True):
    """A text that can replace the `replaces` characters before the cursor.

    `kind` is module, clause, stage, function, field, …; `about` is a line of help, or the type of a field. `shown` is
    how it is listed, if not as `text`. `state` says whether a field is `shown`, `blanked` or `passed`.
    """

    text: str
    replaces: int
    kind: str
    about: str = ""
    shown: str = ""
    state: str = ""


def rank_matches(items: Iterable[Named], word: str, name: Callable[[Named], str]) -> list[Named]:
    """Return the items whose name starts with `word`, then those with a part that does.

    `date` matches `start_date_time`. Case is ignored; a single letter matches no part.
    """
    folded = word.casefold()
    names = [(item, name(item).casefold()) for item in items]
    starts = [item for item, text in names if text.startswith(folded)]
    parts = [item for item, text in names if f"_{folded}" in text and not text.startswith(folded)]
    return starts + (parts if len(word) > 1 else [])
