"""Hints for the command line: a mistyped command, a query without quotes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ocpiq.app.arguments import NAMES
from ocpiq.errors import CompileError, OcpiqError, UsageError, nearest

BARE: Final = r"[a-z][a-z-]+"  # a word that may be a mistyped command
SUGGESTED: Final = r"did you mean (\S+)\?"
PATH_LIKE: Final = frozenset("./\\*?~")
MAX_REPEATED: Final = 70  # characters of a query that a message repeats


def advise(error: OcpiqError, words: Sequence[str]) -> None:
    """Add to an error of a query on the command line how to fix the command line."""
    if isinstance(error, CompileError) and (command := intended_command(words[0], error.hint)):
        error.hint = f"did you mean ocpiq {command}?"
    elif isinstance(error, CompileError | UsageError) and (hint := quoting_hint(words, error)):
        error.hint = f"{error.hint}; {hint}" if error.hint else hint


def intended_command(word: str, hint: str = "") -> str | None:
    """Return the command nearest to a word, unless the name in `hint` is nearer."""
    command = nearest(word, NAMES) if re.fullmatch(BARE, word) else None
    if command is None:
        return None
    other = re.search(SUGGESTED, hint)
    return command if nearest(word, [command, *(other.groups() if other else ())]) == command else None


def quoting_hint(words: Sequence[str], error: OcpiqError | None = None) -> str:
    """Return the hint to quote a query that the shell has split into `words`, "" if they are not a query."""
    missing = next((number for number, word in enumerate(words) if number and not _file_exists(word)), None)
    if missing is None or (isinstance(error, UsageError) and PATH_LIKE & set(words[missing])):
        return ""
    for end in range(len(words), missing, -1):
        query = " ".join(words[:end])
        if _is_query(query):
            repeated = f": {shlex.quote(query)}" if len(query) <= MAX_REPEATED and query.isprintable() else ""
            return f"put the query in quotes{repeated}"
    return ""


def _file_exists(word: str) -> bool:
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
