"""The text at the prompt in colours: what each piece is, from the grammar's terminals. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from ocpiq.errors import Span
from ocpiq.language.grammar import tables
from ocpiq.language.lalr import Token
from ocpiq.language.partial import begun
from ocpiq.prompt.command_line import argument_start, split_command

Piece = tuple[str, str]  # what it is, and the text

STYLES: Final = {
    "FIELD": "field",
    "VARIABLE": "variable",
    "LOCATION": "variable",
    "FORMAT": "format",
    "NUMBER": "number",
    "INTEGER": "number",
    "DATE": "number",
    "PERIOD": "number",
    "AGO": "number",
    "RELATIVE_DAY": "number",
    "RELATIVE_PERIOD": "number",
    "LITERAL": "string",
    "_QUOTE": "string",
    "RESERVED": "field",
}
AFTER_ERROR: Final = re.compile(r'(?P<comment>#.*)|(?P<string>"(?:[^"\\]|\\.)*"?)|(?P<plain>[^"#]+)')


def highlight(text: str, modules: Collection[str]) -> list[Piece]:
    """Return the text in pieces, each with what it is: module, function, keyword, field, string, comment, …

    Behind a token that cannot stand where it is, only strings and comments are told apart.
    """
    if split_command(text) is not None:
        begins = argument_start(text) or len(text)
        return [each for each in (("command", text[:begins]), ("", text[begins:])) if each[1]]
    read = begun(text)
    found: list[Piece] = []
    position = 0
    for token in read.tokens:
        found += _between(text[position : token.span.start])
        found.append((_style(token, modules), token.text))
        position = token.span.end
    rest = text[position:]
    found += _after_error(rest) if read.stuck is not None else _between(rest)
    return [piece for piece in found if piece[1]]


def mark_error(found: list[Piece], span: Span | None) -> Iterator[Piece]:
    """Yield the pieces, those within `span` marked as wrong; where it is behind the text, the last character is."""
    if span is None:
        yield from found
        return
    length = sum(len(text) for _, text in found)
    start, end = min(span.start, max(0, length - 1)), max(span.end, span.start + 1)
    position = 0
    for kind, text in found:
        first, last = (min(max(0, place - position), len(text)) for place in (start, end))
        for part, wrong in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if part:
                yield (f"{kind} wrong".strip() if wrong else kind), part
        position += len(text)


def _style(token: Token, modules: Collection[str]) -> str:
    if token.kind == "NAME":
        return "module" if token.text in modules else "function"
    return STYLES.get(token.kind) or ("keyword" if token.kind in _keywords() else "")


def _between(text: str) -> Iterator[Piece]:
    """Yield the white space and comments between two tokens."""
    for match in re.finditer(r"#(?:\\\\|\\\r?\n|[^\n])*|[^#]+", text):
        yield "comment" if match[0].startswith("#") else "", match[0]


def _after_error(text: str) -> Iterator[Piece]:
    for match in AFTER_ERROR.finditer(text):
        yield (match.lastgroup or "").replace("plain", ""), match[0]


@cache
def _keywords() -> frozenset[str]:
    return frozenset(terminal.name for terminal in tables().terminals if terminal.word)
