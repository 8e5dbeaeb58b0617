"""What is kept between runs, in the folders that the system has for it, readable by its owner only."""

from __future__ import annotations

from ocpiq.storage.folders import config_folder
from ocpiq.storage.logins import Login, Party, PlatformParty, Tls, Token

__all__ = ["Login", "Party", "PlatformParty", "Tls", "Token", "config_folder"]
