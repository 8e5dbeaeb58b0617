"""Syntax errors in words: what was found, what was expected, and which bracket is still open."""

from __future__ import annotations

from ocpiq.errors import QuerySyntaxError, Span
from ocpiq.language.lalr import Stuck


def explain(stuck: Stuck, text: str) -> QuerySyntaxError:
    """Return the error for the place where the parser got stuck."""
    token = stuck.token
    span = token.span if token else Span(stuck.position, min(stuck.position + 1, len(text)))
    found = f'"{text[span.start : span.end]}"' if span.end > span.start else "end of the query"
    return QuerySyntaxError(f"unexpected {found}", span=span)
