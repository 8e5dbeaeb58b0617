"""Tells queries from the prompt's own commands, which begin with a colon."""

from __future__ import annotations

import re
from typing import Final

ALIASES: Final = {"exit": ":quit", "quit": ":quit", "help": ":help", "?": ":help"}  # usual in other prompts
ARGUMENT: Final = re.compile(r"(?:^|\s)([A-Za-z_]\w*)=('[^']*'|\"[^\"]*\"|\S*)")
COMMAND: Final = re.compile(r"\s*(:\S*)(\s*)", re.ASCII)


def split_command(text: str) -> tuple[str, str] | None:
    """Return the command's name and its stripped argument; None for a query."""
    if text.strip() in ALIASES:
        return ALIASES[text.strip()], ""
    match = COMMAND.match(text)
    return None if match is None else (match[1], text[match.end() :].rstrip())


def commands(text: str) -> list[str]:
    """Return the commands of a text: one, or several pasted lines that are all commands."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines if all(COMMAND.match(line) for line in lines) else [text]


def argument_start(text: str) -> int | None:
    """Return the offset of a command's argument; None in a query and while the name is being typed."""
    match = COMMAND.match(text)
    return match.end() if match and match[2] else None


def split_arguments(rest: str) -> tuple[str, dict[str, str]]:
    """Return the name and the values of `NAME parameter=value …`; a value with spaces is in quotes."""
    first = ARGUMENT.search(rest)
    name = rest if first is None else rest[: first.start()]
    values = {match[1]: _unquoted(match[2]) for match in ARGUMENT.finditer(rest, len(name))}
    return name.strip(), values


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
