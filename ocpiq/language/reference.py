"""The language reference, grammar/README.md: its entries by name, for `ocpiq help` and for the tests.

An entry is a line of four spaces, its forms, two or more spaces, and its description. Its examples follow, each a line:
eight spaces and `program → outputs`.
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
    """A program and its outputs: JSON texts separated by `, `, or `nothing`; `error: …` at the end."""

    program: str
    outputs: str


class Entry(Struct, frozen=True):
    """A construct or builtin in all its forms, such as `sort` and `sort_by(f)`."""

    group: str
    forms: tuple[str, ...]
    about: str
    examples: tuple[Example, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names to look it up by: its forms, and the literal words and signs in them."""
        bare = [_ARGUMENTS.sub("", form) for form in self.forms]
        words = {word.rstrip(";") for form in bare for word in form.split()}
        return frozenset((*self.forms, *bare, *filter(_WORD.fullmatch, words)))


def page() -> str:
    """Return the text of the reference."""
    return (grammar_folder() / PAGE).read_text("utf-8")


@cache
def entries() -> tuple[Entry, ...]:
    """Return all entries, in the order of the page."""
    result: list[Entry] = []
    group = ""
    lines = page().splitlines()
    for number, line in enumerate(lines):
        if heading := _HEADING.fullmatch(line):
            group = heading[1]
        entry = _ENTRY.fullmatch(line)
        if entry and (examples := _examples(lines[number + 1 :])):
            result.append(Entry(group, tuple(_BETWEEN_FORMS.split(entry[1])), entry[2], examples))
    return tuple(result)


def _examples(lines: list[str]) -> tuple[Example, ...]:
    examples: list[Example] = []
    for line in lines:
        match = _EXAMPLE.fullmatch(line)
        if match is None:
            break
        examples.append(Example(match[1], match[2]))
    return tuple(examples)


def entries_of(name: str) -> tuple[Entry, ...]:
    """Return the entries of a name, a sign, or a form or its first words."""
    exact = tuple(entry for entry in entries() if name in entry.names)
    return exact or tuple(
        entry for entry in entries() if any(form.startswith(f"{name} ") for form in entry.forms)
    )


def section(title: str) -> str:
    """Return the section whose heading begins with `title`, ignoring case; "" if there is none."""
    for part in page().split("\n## ")[1:]:
        if part.casefold().startswith(title.casefold()):
            return part.strip() + "\n"
    return ""
