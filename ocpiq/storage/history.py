"""The queries that were typed at the prompt, for the next time: one JSON string a line, in the order typed.

Results, tokens and values given to variables never come here. `OCPIQ_HISTORY=off` keeps nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ocpiq.storage import owner_only
from ocpiq.storage.folders import state_folder

VARIABLE = "OCPIQ_HISTORY"
MOST = 2000  # entries that are kept


def wanted() -> bool:
    """Tell whether there is to be a history."""
    return os.environ.get(VARIABLE, "").lower() not in ("off", "no", "0", "false")


def load() -> list[str]:
    """Return what was typed, the first first; a line that cannot be read is passed over. Raises OSError."""
    try:
        lines = owner_only.read(_file()).splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=str))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    if len(found) > 2 * MOST:
        found = found[-MOST:]
        owner_only.write(_file(), b"".join(msgspec.json.encode(text) + b"\n" for text in found))
    return found


def append(text: str) -> None:
    """Keep one more; those of several prompts do not mix within a line. Raises OSError."""
    owner_only.append(_file(), msgspec.json.encode(text) + b"\n")


def clear() -> None:
    """Forget everything. Raises OSError."""
    _file().unlink(missing_ok=True)


def _file() -> Path:
    return state_folder() / "history"
