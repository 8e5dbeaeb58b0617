"""Files kept between runs, in the system's folders for them, readable by the owner only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpiq.storage.folders import config_folder

if TYPE_CHECKING:
    from ocpiq.storage.login import AccessToken, Login, Party, PlatformParty, Tls

__all__ = ["AccessToken", "Login", "Party", "PlatformParty", "Tls", "config_folder"]


def __getattr__(name: str) -> object:
    """Import what a login is on first use: every run looks for a config file, few for a login."""
    if name not in __all__:
        raise AttributeError(name)
    from ocpiq.storage import login  # noqa: PLC0415

    return getattr(login, name)
