"""Where things are kept."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG_VARIABLE = "OCPIQ_CONFIG"
STATE_VARIABLE = "OCPIQ_STATE"


def config_folder() -> Path:
    """Return the folder of logins: `$OCPIQ_CONFIG`, else the user's own (XDG on Linux)."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - most runs with files only never need it

    return user_config_path("ocpiq", appauthor=False)


def jq_startup() -> Path | None:
    """Return jq's `~/.jq`, whether it is there or not; None where there is no home."""
    try:
        return Path.home() / ".jq"
    except RuntimeError:
        return None


def state_folder() -> Path:
    """Return the folder of what may be lost, such as the prompt's history: `$OCPIQ_STATE`, else the user's own."""
    named = os.environ.get(STATE_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_state_path  # noqa: PLC0415

    return user_state_path("ocpiq", appauthor=False)
