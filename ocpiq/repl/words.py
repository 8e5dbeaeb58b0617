"""What the prompt says of each word of the language and of its own commands, read from `words.txt`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from msgspec import Struct


class Word(Struct, frozen=True):
    """A word: its kind (clause, stage, function, …), how it is written with what it takes, what it does."""

    kind: str
    written: str
    about: str

    @property
    def name(self) -> str:
        """The word alone: `select` of `select(f)`, `:schema` of `:schema MODULE`."""
        return re.split(r"[( ]", self.written)[0] if self.kind != "stage" else self.written

    @property
    def arity(self) -> int:
        """How many arguments a function takes."""
        return self.written.count(";") + ("(" in self.written)


@cache
def words(kind: str) -> tuple[Word, ...]:
    """Return the words of a kind, in the order of the table."""
    return tuple(word for word in _table() if word.kind == kind)


@cache
def functions() -> tuple[Word, ...]:
    """Return all builtin functions; what mathematics has by the usual name goes without a line."""
    from ocpiq.analysis.calls import builtin_names  # noqa: PLC0415 - the rest needs no analysis

    described = {(word.name, word.arity): word for word in words("function")}
    found = []
    for text in builtin_names():
        name, _, arity = text.partition("/")
        written = f"{name}({'; '.join('xyz'[: int(arity)])})" if int(arity) else name
        found.append(described.get((name, int(arity))) or Word("function", written, ""))
    return tuple(found)


@cache
def _table() -> tuple[Word, ...]:
    text = files("ocpiq.repl").joinpath("words.txt").read_text("utf-8")
    lines = (re.split(r"  +", line, maxsplit=2) for line in text.splitlines() if not line.startswith("#"))
    return tuple(Word(kind, written, about) for kind, written, about in lines)
