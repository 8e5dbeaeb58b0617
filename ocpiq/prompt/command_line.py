"""What stands at the prompt: a query, or one of the prompt's own commands, which begin with a colon."""

from __future__ import annotations

import re
from typing import Final

ALIASES: Final = {"exit": ":quit", "quit": ":quit", "help": ":help", "?": ":help"}  # what other prompts take
COMMAND: Final = re.compile(r"\s*(:\S*)(\s*)", re.ASCII)


def split_command(text: str) -> tuple[str, str] | None:
    """Return the command's name and what follows it, without the space around that; None for a query."""
    if text.strip() in ALIASES:
        return ALIASES[text.strip()], ""
    match = COMMAND.match(text)
    return None if match is None else (match[1], text[match.end() :].rstrip())


def argument_start(text: str) -> int | None:
    """Return where the argument of a command begins; None in a query, and while its name is being written."""
    match = COMMAND.match(text)
    return match.end() if match and match[2] else None
