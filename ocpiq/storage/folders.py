"""The folders of ocpiq's own files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SYSTEM: str = sys.platform
CONFIG_VARIABLE = "OCPIQ_CONFIG"
STATE_VARIABLE = "OCPIQ_STATE"


def config_folder() -> Path:
    """Return the folder of logins and of the config file: `$OCPIQ_CONFIG`, else the user's own (XDG on Linux).

    Every run looks for a config file, so the XDG rule for Linux is repeated here: platformdirs takes 5 ms to import.
    """
    override = os.environ.get(CONFIG_VARIABLE)
    if override:
        return Path(override)
    if SYSTEM == "linux":
        xdg = os.environ.get("XDG_CONFIG_HOME", "")
        return Path(xdg if os.path.isabs(xdg) else os.path.expanduser("~/.config"), "ocpiq")  # noqa: PTH111, PTH117
    from platformdirs import user_config_path  # noqa: PLC0415 - slow to import

    return user_config_path("ocpiq", appauthor=False)


def jq_startup() -> Path | None:
    """Return the path of jq's `~/.jq`, which may not exist; None without a home folder."""
    try:
        return Path.home() / ".jq"
    except RuntimeError:
        return None


def state_folder() -> Path:
    """Return the folder of expendable files such as the history: `$OCPIQ_STATE`, else the user's own."""
    override = os.environ.get(STATE_VARIABLE)
    if override:
        return Path(override)
    from platformdirs import user_state_path  # noqa: PLC0415

    return user_state_path("ocpiq", appauthor=False)
