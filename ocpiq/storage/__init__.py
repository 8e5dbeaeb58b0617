"""Files kept between runs, in the system's folders for them, readable by the owner only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpiq.storage.folders import config_folder

if TYPE_CHECKING:
    from ocpiq.storage.logins import AccessToken, Login, Party, PlatformParty, Tls

__all__ = ["AccessToken", "Login", "Party", "PlatformParty", "Tls", "config_folder"]


def __getattr__(name: str) -> object:
    """Import the logins on first use: every run looks for a config file, few for a login."""
    if name not in __all__:
        raise AttributeError(name)
    from ocpiq.storage import logins  # noqa: PLC0415

    return getattr(logins, name)
