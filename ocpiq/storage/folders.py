"""The folders of ocpiq's own files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SYSTEM: str = sys.platform
CONFIG_VARIABLE = "OCPIQ_CONFIG"
STATE_VARIABLE = "OCPIQ_STATE"


def config_folder() -> Path:
    """Return the folder of logins, recipients and the config file: `$OCPIQ_CONFIG`, else the user's own."""
    override = os.environ.get(CONFIG_VARIABLE)
    if override:
        return Path(override)
    if SYSTEM == "linux":
        return _xdg("XDG_CONFIG_HOME", "~/.config")
    from platformdirs import user_config_path  # noqa: PLC0415 - slow to import

    return user_config_path("ocpiq", appauthor=False)


def _xdg(variable: str, default: str) -> Path:
    """Return ocpiq's folder by the XDG rule of Linux, which is repeated here: platformdirs takes 5 ms to import."""
    folder = os.environ.get(variable, "")
    return Path(folder if os.path.isabs(folder) else os.path.expanduser(default), "ocpiq")  # noqa: PTH111, PTH117


def jq_startup() -> Path | None:
    """Return the path of jq's `~/.jq`, which may not exist; None without a home folder."""
    try:
        return Path.home() / ".jq"
    except RuntimeError:
        return None


def state_folder() -> Path:
    """Return the folder of the history and the audit trail: `$OCPIQ_STATE`, else the user's own."""
    override = os.environ.get(STATE_VARIABLE)
    if override:
        return Path(override)
    if SYSTEM == "linux":
        return _xdg("XDG_STATE_HOME", "~/.local/state")
    from platformdirs import user_state_path  # noqa: PLC0415

    return user_state_path("ocpiq", appauthor=False)
