"""Where things are kept."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG_VARIABLE = "OCPIQ_CONFIG"


def config_folder() -> Path:
    """Return the folder of logins: `$OCPIQ_CONFIG`, else the user's own (XDG on Linux)."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - most runs with files only never need it

    return user_config_path("ocpiq", appauthor=False)
