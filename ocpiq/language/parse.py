"""Text to tree."""

from __future__ import annotations

from functools import cache
from typing import Final

from ocpiq.language import build, build_stages
from ocpiq.language.lalr import Parser, Stuck
from ocpiq.language.mistakes import explain
from ocpiq.language.tables import tables
from ocpiq.language.tree import Program

ACTIONS: Final = {**vars(build), **vars(build_stages)}


def parse(text: str, name: str = "") -> Program:
    """Return the tree of a query, a saved query file or a library.

    Raises QuerySyntaxError with the place of what is wrong; `name` is the file that the text comes from, for its message.
    """
    try:
        program: Program = parser().parse(text)
    except Stuck as stuck:
        raise explain(stuck, text) from None
    return program


@cache
def parser() -> Parser:
    """Return the parser, made when it is first needed."""
    return Parser(tables(), ACTIONS)
