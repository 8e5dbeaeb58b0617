"""The language reference, grammar/README.md: its entries by name, for `ocpiq help` and for the tests.

An entry is a line of four blanks, its forms, two blanks or more and what it does; its examples follow, each a line of
eight blanks, `program → outputs`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from msgspec import Struct

from ocpiq.language.grammar import grammar_folder

PAGE: Final = "README.md"
_HEADING: Final = re.compile(r"#+ (.+)")
_ENTRY: Final = re.compile(r" {4}(\S++(?: \S++)*+) {2,}+(\S.*)")
_EXAMPLE: Final = re.compile(r" {8}(\S.*) → (.*)")
_BETWEEN_FORMS: Final = re.compile(r"(?<=\S), (?![^(\[{]*[)\]}])")
_ARGUMENTS: Final = re.compile(r"\(.*\)")
_WORD: Final = re.compile(r"[@$]?[a-z_][a-z_0-9]*|[-+*/%=<>!|,?.]+")


class Example(Struct, frozen=True):
    """A program and what comes of it: JSON texts with `, ` between, `nothing`, or `error: …` at the end."""

    program: str
    outputs: str


class Entry(Struct, frozen=True):
    """One thing of the language in all its forms, such as `sort` and `sort_by(f)`."""

    group: str
    forms: tuple[str, ...]
    about: str
    examples: tuple[Example, ...]

    @property
    def names(self) -> frozenset[str]:
        """What it can be asked for by: its forms, and the words and signs in them that stand for themselves."""
        bare = [_ARGUMENTS.sub("", form) for form in self.forms]
        words = {word.rstrip(";") for form in bare for word in form.split()}
        return frozenset((*self.forms, *bare, *filter(_WORD.fullmatch, words)))


def page() -> str:
    """Return the text of the reference."""
    return (grammar_folder() / PAGE).read_text("utf-8")


@cache
def entries() -> tuple[Entry, ...]:
    """Return every entry, in the order of the page."""
    found: list[Entry] = []
    group = ""
    lines = page().splitlines()
    for number, line in enumerate(lines):
        if heading := _HEADING.fullmatch(line):
            group = heading[1]
        entry = _ENTRY.fullmatch(line)
        if entry and (examples := _examples(lines[number + 1 :])):
            found.append(Entry(group, tuple(_BETWEEN_FORMS.split(entry[1])), entry[2], examples))
    return tuple(found)


def _examples(lines: list[str]) -> tuple[Example, ...]:
    found: list[Example] = []
    for line in lines:
        example = _EXAMPLE.fullmatch(line)
        if example is None:
            break
        found.append(Example(example[1], example[2]))
    return tuple(found)


def named(name: str) -> tuple[Entry, ...]:
    """Return the entries that a name, a sign or a form, or the beginning of one, belongs to."""
    exact = tuple(entry for entry in entries() if name in entry.names)
    return exact or tuple(
        entry for entry in entries() if any(form.startswith(f"{name} ") for form in entry.forms)
    )


def section(title: str) -> str:
    """Return the section whose heading begins with `title`, case ignored; "" where none does."""
    for part in page().split("\n## ")[1:]:
        if part.casefold().startswith(title.casefold()):
            return part.strip() + "\n"
    return ""
