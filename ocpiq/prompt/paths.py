"""The files that `:save` and `:load` name: `~` is the home folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def expand_path(written: str) -> Path:
    """Return the path that was meant. A home that is not known is left as it is written."""
    return Path(os.path.expanduser(written))  # noqa: PTH111 - Path.expanduser raises


def list_folder(folder: str) -> Sequence[str]:
    """Return what a folder holds, the current one where it is empty; a slash behind each folder. Nothing is raised."""
    try:
        with os.scandir(expand_path(folder) if folder else ".") as found:
            return [each.name + "/" * each.is_dir() for each in found if each.name.isprintable()]
    except (OSError, ValueError):
        return ()
