"""File names in `:save` and `:load`; `~` is the home folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def expand_path(name: str) -> Path:
    """Return the path with `~` expanded; the home of an unknown user stays as typed."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises


def list_folder(folder: str) -> Sequence[str]:
    """Return the names in a folder (default: the current one), folders with a slash. Raises nothing."""
    try:
        with os.scandir(expand_path(folder) if folder else ".") as entries:
            return [entry.name + "/" * entry.is_dir() for entry in entries if entry.name.isprintable()]
    except (OSError, ValueError):
        return ()
