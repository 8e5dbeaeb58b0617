"""Syntax highlighting: the style of each piece of text, from the grammar's terminals."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from ocpiq.errors import Span
from ocpiq.language.grammar import tables
from ocpiq.language.lalr import Token
from ocpiq.language.partial import parse_partial
from ocpiq.prompt.command_syntax import argument_start, split_command

Piece = tuple[str, str]  # style and text

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
    """Return the text in pieces with their styles: module, function, keyword, field, string, comment, …

    After a syntax error only strings and comments are recognised.
    """
    if split_command(text) is not None:
        start = argument_start(text) or len(text)
        return [piece for piece in (("command", text[:start]), ("", text[start:])) if piece[1]]
    read = parse_partial(text)
    pieces: list[Piece] = []
    position = 0
    for token in read.tokens:
        pieces += _between(text[position : token.span.start])
        pieces.append((_style(token, modules), token.text))
        position = token.span.end
    rest = text[position:]
    pieces += _after_error(rest) if read.unexpected is not None else _between(rest)
    return [piece for piece in pieces if piece[1]]


def mark_error(pieces: list[Piece], span: Span | None) -> Iterator[Piece]:
    """Yield the pieces with `span` marked as wrong; a span after the end marks the last character."""
    if span is None:
        yield from pieces
        return
    length = sum(len(text) for _, text in pieces)
    start, end = min(span.start, max(0, length - 1)), max(span.end, span.start + 1)
    position = 0
    for style, text in pieces:
        first, last = (min(max(0, place - position), len(text)) for place in (start, end))
        for part, wrong in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if part:
                yield (f"{style} wrong".strip() if wrong else style), part
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
