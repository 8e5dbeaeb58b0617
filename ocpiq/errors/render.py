"""Errors as text: the message, and for an error with a place, the line of the query with carets below it."""

from __future__ import annotations

from collections.abc import Callable

from ocpiq.errors.kinds import OcpiqError, Span
from ocpiq.errors.message import Message, say

WIDEST = 100
INDENT = "    "


Measure = Callable[[str], int]
"""Tells how many columns of a terminal a text takes."""


def render(error: OcpiqError, query: str = "", name: str = "", width: int = 0, measure: Measure = len) -> str:
    """Return `error` as text for standard error; its span refers to `query`, which is from the file `name`.

    The line of the query is shortened to 100 columns, or to the `width` of the terminal.
    """
    text = f"error: {error.message}" + (f" ({error.hint})" if error.hint else "")
    if error.span is None or not query:
        return text
    where = f"{name or 'query'}, {location(query, error.span)}"
    widest = min(WIDEST, width - len(INDENT)) if width > len(INDENT) else WIDEST
    return f"{text}\n  {where}\n{excerpt(query, error.span, widest, measure)}"


def place(query: str, span: Span) -> tuple[int, int]:
    """Return the line and column of the start of the span, both counted from 1."""
    before = query[: span.start]
    return before.count("\n") + 1, span.start - (before.rfind("\n") + 1) + 1


def location(query: str, span: Span) -> Message:
    """Return the line and column of the start of the span, as part of a message."""
    line, column = place(query, span)
    return say("line {line}, column {column}", line=line, column=column)


def excerpt(query: str, span: Span, widest: int, measure: Measure = len) -> str:
    """Return the line that contains the span, shortened to `widest` columns around it, with carets below."""
    begin = query.rfind("\n", 0, span.start) + 1
    end = query.find("\n", begin)
    line = query[begin : end if end >= 0 else len(query)].expandtabs(1)
    column = span.start - begin
    width = max(1, min(span.end - span.start, len(line) - column))
    if max(measure(line), measure(line[:column]) + width) > widest:
        left = max(0, min(column - widest // 2, len(line) - widest + 1))  # room for a caret after the end
        line, column = line[left : left + widest], column - left
        while max(measure(line), measure(line[:column]) + 1) > widest:  # because of wide characters
            is_right = measure(line[:column]) > widest // 2
            line, column = (line[1:], column - 1) if is_right else (line[:-1], column)
        width = max(1, min(width, len(line) - column))
    marks = "^" * max(1, measure(line[column : column + width]))
    return f"{INDENT}{line}\n{INDENT}{' ' * measure(line[:column])}{marks}"
