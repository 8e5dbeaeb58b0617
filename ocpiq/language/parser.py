"""Text to tree."""

from __future__ import annotations

from functools import cache
from typing import Final

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import build, build_stages
from ocpiq.language.grammar import tables
from ocpiq.language.lalr import Parser, UnexpectedToken
from ocpiq.language.tree import Node, Program, children

DEEPEST: Final = 300  # parts within parts; a bracket with something in it makes two or three
ACTIONS: Final = {**vars(build), **vars(build_stages)}


def parse(text: str) -> Program:
    """Return the tree of a query, a saved query file or a library.

    Raises QuerySyntaxError with the place of what is wrong.
    """
    try:
        program: Program = parser().parse(text)
    except UnexpectedToken as stuck:
        from ocpiq.language.syntax_errors import explain  # noqa: PLC0415 - most queries have none

        raise explain(stuck, text, parser()) from None
    refuse_too_deep(program)
    return program


def refuse_too_deep(program: Program) -> None:
    """Raise QuerySyntaxError where the tree is so deep that walking it could meet Python's limits."""
    level: list[Node] = [program]
    for _ in range(DEEPEST):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise QuerySyntaxError(f"nested more than {DEEPEST} levels deep", span=level[0].span)


@cache
def parser() -> Parser:
    """Return the parser, made when it is first needed."""
    return Parser(tables(), ACTIONS)
