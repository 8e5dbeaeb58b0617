"""Query text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import Final

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import build, build_stages
from ocpiq.language.grammar import tables
from ocpiq.language.lalr import Parser, UnexpectedToken
from ocpiq.language.tree import Node, Program, children

MAX_DEPTH: Final = 300  # levels of nodes; a bracket adds two or three
ACTIONS: Final = {**vars(build), **vars(build_stages)}


def parse(text: str) -> Program:
    """Return the tree of a query, a saved query file or a library.

    Raises QuerySyntaxError with the place of the error.
    """
    try:
        program: Program = parser().parse(text)
    except UnexpectedToken as unexpected:
        from ocpiq.language.syntax_errors import explain  # noqa: PLC0415 - rarely needed

        raise explain(unexpected, text, parser()) from None
    refuse_too_deep(program)
    return program


def refuse_too_deep(program: Program) -> None:
    """Raise QuerySyntaxError if the tree is so deep that walking it could hit Python's recursion limit."""
    level: list[Node] = [program]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise QuerySyntaxError(f"nested more than {MAX_DEPTH} levels deep", span=level[0].span)


@cache
def parser() -> Parser:
    """Return the parser, created on first use."""
    return Parser(tables(), ACTIONS)
