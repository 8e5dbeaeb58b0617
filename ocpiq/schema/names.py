"""Names of OCPI as parts of messages, each checked against those that OCPI has."""

from __future__ import annotations

from typing import Final, Self

from ocpiq.errors import MessagePart
from ocpiq.schema.fields import VERSIONS
from ocpiq.schema.load import modules

REQUESTS: Final = (
    "login",
    "versions",
    "version details",
    "credentials",
)  # requests that are not for a module


class ModuleName(MessagePart):
    """A module, or another request of OCPI."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        """Return the name. ValueError if OCPI has none like it."""
        if name not in modules() and name not in REQUESTS:
            raise ValueError("not a module of OCPI")
        return super().__new__(cls, name)


class VersionName(MessagePart):
    """A supported version of OCPI."""

    __slots__ = ()

    def __new__(cls, version: str) -> Self:
        """Return the version. ValueError if it is not supported."""
        if version not in VERSIONS:
            raise ValueError("not a version of OCPI")
        return super().__new__(cls, version)
