"""Fixes for command lines that are one word off: a mistyped command, a query without its quotes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ocpiq.app.arguments import NAMES
from ocpiq.errors import CompileError, OcpiqError, UsageError, nearest

BARE: Final = r"[a-z][a-z-]+"  # what could be meant for a command
SUGGESTED: Final = r"did you mean (\S+)\?"
PATH_LIKE: Final = frozenset("./\\*?~")
LONGEST: Final = 70  # of a query that a message repeats


def advise(error: OcpiqError, words: Sequence[str]) -> None:
    """Add to an error of a query that was written on the command line how to fix the command line."""
    if isinstance(error, CompileError) and (command := meant_command(words[0], error.hint)):
        error.hint = f"did you mean ocpiq {command}?"
    elif isinstance(error, CompileError | UsageError) and (hint := quoted(words, error)):
        error.hint = f"{error.hint}; {hint}" if error.hint else hint


def meant_command(word: str, hint: str = "") -> str | None:
    """Return the command that a word is nearest to, unless the name in `hint` is nearer still."""
    command = nearest(word, NAMES) if re.fullmatch(BARE, word) else None
    if command is None:
        return None
    other = re.search(SUGGESTED, hint)
    return command if nearest(word, [command, *(other.groups() if other else ())]) == command else None


def quoted(words: Sequence[str], error: OcpiqError | None = None) -> str:
    """Return the advice to put a query in quotes that a shell has split into `words`; nothing if they are not one."""
    missing = next((number for number, word in enumerate(words) if number and not _exists(word)), None)
    if missing is None or (isinstance(error, UsageError) and PATH_LIKE & set(words[missing])):
        return ""
    for end in range(len(words), missing, -1):
        query = " ".join(words[:end])
        if _is_query(query):
            shown = f": {shlex.quote(query)}" if len(query) <= LONGEST and query.isprintable() else ""
            return f"put the query in quotes{shown}"
    return ""


def _exists(word: str) -> bool:
    try:
        return word == "-" or Path(word).exists()
    except (OSError, ValueError):
        return False


def _is_query(text: str) -> bool:
    from ocpiq.language import parse

    try:
        parse(text)
    except OcpiqError:
        return False
    return True
