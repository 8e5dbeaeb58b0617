"""A line of help for each word, from the language reference and from `words.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from ocpiq.language.reference import entries
from ocpiq.schema import modules

STAGE: Final = re.compile(r"([a-z]+(?: by| each)?)\b.*")
CLAUSE: Final = re.compile(r"([a-z]+)(?: [A-Z]+)?")
CALL: Final = re.compile(r"(@?[A-Za-z_]\w*)(?:\(.*\))?")
SYNTAX: Final = {"stage": STAGE, "clause": CLAUSE}
GROUPS: Final = {"stage": "Stages", "clause": "Sources", "aggregate": "Aggregates"}
FILE_KINDS: Final = ("word", "command")


class Word(Struct, frozen=True):
    """A word: its kind (clause, stage, function, …), name, syntax and line of help."""

    kind: str
    name: str
    written: str
    about: str

    @property
    def arity(self) -> int:
        """The number of arguments of a function."""
        return self.written.count(";") + ("(" in self.written)


@cache
def words(kind: str) -> tuple[Word, ...]:
    """Return the words of a kind: clause, stage, aggregate, function, format, word (other keywords) or command."""
    entries = _file_words(kind) if kind in FILE_KINDS else _reference_words(kind)
    return tuple({(word.name, word.arity): word for word in reversed(list(entries))}.values())[::-1]


def _reference_words(kind: str) -> Iterator[Word]:
    own = {word.name: word.about for word in _file_words(kind)}  # of names that share an entry
    pattern = SYNTAX.get(kind, CALL)
    for entry in entries():
        if entry.group == GROUPS[kind] if kind in GROUPS else entry.group not in GROUPS.values():
            for form in entry.forms:
                match = pattern.fullmatch(form)
                if not match or match[1] in modules():
                    continue
                if kind in GROUPS or match[1].startswith("@") == (kind == "format"):
                    yield Word(kind, match[1], form, own.get(match[1], entry.about))


def _file_words(kind: str) -> Iterator[Word]:
    text = files("ocpiq.prompt").joinpath("words.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith(f"{kind} "):
            _, written, about = re.split(r"  +", line, maxsplit=2)
            yield Word(kind, written.split()[0], written, about)
