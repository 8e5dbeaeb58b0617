"""Syntax highlighting: the style of each piece of text, from the grammar's terminals."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from ocpiq.errors import Span
from ocpiq.language.grammar import tables
from ocpiq.language.lalr import Token
from ocpiq.prompt.command_syntax import argument_start, split_command
from ocpiq.prompt.field_states import FieldStates
from ocpiq.prompt.reader import QueryReader

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


def highlight(
    text: str, modules: Collection[str], reader: QueryReader | None = None, states: FieldStates = ()
) -> list[Piece]:
    """Return the text in pieces with their styles: module, function, keyword, field, string, comment, …

    A field has the style of its state, such as blanked. After a syntax error only strings and comments are recognised.
    """
    if split_command(text) is not None:
        start = argument_start(text) or len(text)
        return [piece for piece in (("command", text[:start]), ("", text[start:])) if piece[1]]
    read = (reader or QueryReader()).parse(text)
    pieces: list[Piece] = []
    position = 0
    styles = _styles()
    of_fields = _field_styles(read.tokens, states)
    for number, token in enumerate(read.tokens):
        start, end = token.span.start, token.span.end
        if position < start:
            pieces += _between(text[position:start])
        style = styles.get(token.kind, "") if token.kind != "NAME" else "function"
        if number in of_fields:
            style = of_fields[number]
        elif style == "function" and token.text in modules:
            style = "module"
        pieces.append((style, token.text))
        position = end
    rest = text[position:]
    pieces += _after_error(rest) if read.unexpected is not None else _between(rest)
    return [piece for piece in pieces if piece[1]]


def _field_styles(tokens: list[Token], states: FieldStates) -> dict[int, str]:
    """Return the states of the tokens of fields: those of paths and keys, and those in `pass` and `only`."""
    styles = _clause_styles(tokens)
    starts = [token.span.start for token in tokens]
    for span, state in sorted(states, key=lambda item: item[0].start - item[0].end):  # inner ones last
        for number in range(bisect_left(starts, span.start), bisect_left(starts, span.end)):
            if tokens[number].kind in ("FIELD", "NAME", "RESERVED"):
                styles[number] = state
    return styles


def _clause_styles(tokens: list[Token]) -> dict[int, str]:
    """Return the states of the tokens in `pass` and `only`: passed, or treated if `as` follows the path."""
    styles: dict[int, str] = {}
    path: list[int] | None = None
    for number, token in enumerate(tokens):
        if token.kind in ("_PASS", "_ONLY"):
            path = []
        elif path is None:
            continue
        elif token.kind == "_COMMA":
            path = []
        elif token.kind == "_AS":
            styles.update(dict.fromkeys(path, "treated"))
        elif token.kind in ("NAME", "FIELD", "RESERVED", "LITERAL"):
            if tokens[number - 1].kind != "_AS":
                path.append(number)
                styles[number] = "passed"
        elif token.kind not in ("_QUOTE", "_DOT", "_LPAR", "NUMBER", "_RPAR"):
            path = None
    return styles


def pieces_from(pieces: list[Piece], start: int) -> list[Piece]:
    """Return the pieces of the text from an offset."""
    position = 0
    for number, (style, text) in enumerate(pieces):
        position += len(text)
        if position > start:
            return [(style, text[len(text) - (position - start) :]), *pieces[number + 1 :]]
    return []


def mark_error(pieces: list[Piece], span: Span | None) -> Iterator[Piece]:
    """Yield the pieces with `span` marked as wrong; a span after the end marks the last character."""
    if span is None:
        yield from pieces
        return
    length = sum(len(text) for _, text in pieces)
    start, end = min(span.start, max(0, length - 1)), max(span.end, span.start + 1)
    position = 0
    for style, text in pieces:
        if position + len(text) <= start or position >= end:
            yield style, text
            position += len(text)
            continue
        first, last = (min(max(0, place - position), len(text)) for place in (start, end))
        for part, wrong in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if part:
                yield (f"{style} wrong".strip() if wrong else style), part
        position += len(text)


def _between(text: str) -> Iterator[Piece]:
    """Yield the white space and comments between two tokens."""
    if "#" not in text:
        yield "", text
        return
    for match in re.finditer(r"#(?:\\\\|\\\r?\n|[^\n])*|[^#]+", text):
        yield "comment" if match[0].startswith("#") else "", match[0]


def _after_error(text: str) -> Iterator[Piece]:
    for match in AFTER_ERROR.finditer(text):
        yield (match.lastgroup or "").replace("plain", ""), match[0]


@cache
def _styles() -> dict[str, str]:
    """Return the style of each terminal that has one."""
    keywords = {terminal.name: "keyword" for terminal in tables().terminals if terminal.word}
    return {**keywords, **STYLES}
