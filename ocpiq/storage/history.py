"""The history of queries typed at the prompt: one JSON string per line, oldest first.

It never contains results, tokens or the values of variables. `OCPIQ_HISTORY=off` disables it.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ocpiq.storage import owner_only
from ocpiq.storage.folders import state_folder

VARIABLE = "OCPIQ_HISTORY"
MAX_ENTRIES = 2000  # entries


def is_enabled() -> bool:
    """Tell whether queries are saved."""
    return os.environ.get(VARIABLE, "").lower() not in ("off", "no", "0", "false")


def load() -> list[str]:
    """Return the queries, oldest first; invalid lines are skipped. Raises OSError."""
    try:
        lines = owner_only.read(_file()).splitlines()
    except FileNotFoundError:
        return []
    queries = []
    for line in lines:
        try:
            queries.append(msgspec.json.decode(line, type=str))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    if len(queries) > 2 * MAX_ENTRIES:
        queries = queries[-MAX_ENTRIES:]
        owner_only.write(_file(), b"".join(msgspec.json.encode(text) + b"\n" for text in queries))
    return queries


def append(text: str) -> None:
    """Save a query as a whole line, even with several prompts open. Raises OSError."""
    owner_only.append(_file(), msgspec.json.encode(text) + b"\n")


def clear() -> None:
    """Delete the history. Raises OSError."""
    _file().unlink(missing_ok=True)


def _file() -> Path:
    return state_folder() / "history"
