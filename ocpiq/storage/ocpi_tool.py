"""The session of ocpi-tool, the EV Roaming Foundation's tool: where it is, and what it says as a login of ours."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from ocpiq.errors import UsageError
from ocpiq.schema import VERSIONS
from ocpiq.storage.login import AccessToken, Login, Party

SESSION_VARIABLE = "OCPI_SESSION_FILE"
NAME = "ocpi-tool"
PARTY_LENGTH = 5  # a country code and the party's three characters, without a dash


class Endpoint(Struct, frozen=True):
    """An endpoint as ocpi-tool keeps it; 2.1.1 has no roles."""

    identifier: str
    url: str
    role: str | None = None


class Session(Struct, frozen=True, rename="camel"):
    """A session of ocpi-tool 1.1."""

    token: str
    party_id: str
    version: str
    endpoints: tuple[Endpoint, ...]


class SessionFile(Struct, frozen=True):
    """The content of a session file."""

    session: Session


def named_session() -> Path | None:
    """Return the session file that `$OCPI_SESSION_FILE` names, which may not exist; None if it names none."""
    named = os.environ.get(SESSION_VARIABLE)
    return Path(named) if named else None


def session_path() -> Path | None:
    """Return the session file that ocpi-tool would use, if it exists."""
    try:
        path = named_session() or Path.home() / ".ocpi"
        return path if path.is_file() else None
    except RuntimeError:  # no home folder
        return None


def read(path: Path) -> Login:
    """Return a session of ocpi-tool as a login. Raises UsageError.

    The address of the platform is that of its first endpoint: the session does not keep the versions URL. The form of
    the token is the one that ocpi-tool tries first.
    """
    try:
        session = msgspec.json.decode(path.read_bytes(), type=SessionFile).session
    except OSError as error:
        raise UsageError(
            f"could not read {path}: {error.strerror}", hint="run ocpi login, or ocpiq login"
        ) from error
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"{path} is not a session of ocpi-tool", hint="ocpiq login URL --party XX-YYY"
        ) from error
    if session.version not in VERSIONS:
        raise UsageError(
            f"{path} is for an OCPI version that ocpiq does not read", hint=f"it reads {', '.join(VERSIONS)}"
        )
    endpoints: dict[str, tuple[str, ...]] = {}
    for endpoint in session.endpoints:
        if endpoint.role != "RECEIVER":
            endpoints[endpoint.identifier] = (*endpoints.get(endpoint.identifier, ()), endpoint.url)
    if not endpoints:
        raise UsageError(f"{path} has no endpoints", hint="ocpiq login URL --party XX-YYY")
    return Login(
        name=NAME,
        url=session.endpoints[0].url,
        token=AccessToken(session.token, "raw" if session.version == "2.1.1" else "base64"),
        version=session.version,
        endpoints=endpoints,
        own=party(session.party_id),
        parties=(),
        saved="",
    )


def party(text: str) -> Party | None:
    """Return the party `NLABC`; None if it is none."""
    return Party(text[:2].upper(), text[2:].upper()) if len(text) == PARTY_LENGTH else None
