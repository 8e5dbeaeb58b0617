"""Query text to syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import build, build_stages
from ocpiq.language.grammar import tables
from ocpiq.language.lalr import Parser, UnexpectedToken
from ocpiq.language.tree import Node, Pipeline, Program, children

MAX_DEPTH: Final = 300  # levels of nodes; a bracket adds two or three
Passed = dict[int, tuple[Node, int]]
"""Nodes by their identity, each with its depth in the tree."""

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


def refuse_too_deep(program: Program, passed: Passed | None = None) -> None:
    """Raise QuerySyntaxError if the tree is so deep that walking it could hit Python's recursion limit.

    The steps of a query that is written are looked at once: `passed` has those that were not too deep.
    """
    known: Passed = {} if passed is None else passed
    for part, depth in _parts(program):
        node, deepest = known.get(id(part), (None, 0))
        if node is part and deepest >= depth:
            continue
        level: list[Node] = [part]
        for _ in range(MAX_DEPTH - depth):
            level = [child for node in level for child in children(node)]
            if not level:
                break
        else:
            raise QuerySyntaxError(f"nested more than {MAX_DEPTH} levels deep", span=level[0].span)
        known[id(part)] = (part, depth)


def _parts(program: Program) -> Iterator[tuple[Node, int]]:
    """Yield the parts of a query, such as its definitions and steps, with their depth."""
    for child in children(program):
        if child is program.body and isinstance(child, Pipeline):
            yield from ((item, 2) for item in child.items)
        else:
            yield child, 1


@cache
def parser() -> Parser:
    """Return the parser, created on first use."""
    return Parser(tables(), ACTIONS)
