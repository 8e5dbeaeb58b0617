"""Whom a request is for, where a platform has several parties (OCPI: Message Routing Headers, GET All via Hubs)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from ocpiq.errors import IncompleteError, UsageError
from ocpiq.gate import OpenedPage
from ocpiq.ocpi.http.failures import Failure
from ocpiq.storage import Login, Party, PlatformParty

NO_ROUTING = ("hubclientinfo",)  # a configuration module: routing headers shall not be used with it
SENDERS = {"tokens": "EMSP", "terminals": "PTP", "financial_advice_confirmations": "PTP"}  # else a CPO
NOBODY = "none"

Page = tuple[OpenedPage, int | None]


def party(text: str) -> Party:
    """Return the party written `XX-YYY` (also `XX*YYY`, `XXYYY`). Raises UsageError."""
    found = re.fullmatch(r"([A-Za-z]{2})[-*]?([A-Za-z0-9]{3})", text.strip())
    if found is None:
        raise UsageError("a party is written XX-YYY", hint="country code and party id, such as NL-ABC")
    return Party(found[1].upper(), found[2].upper())


def asking(login: Login, whom: str) -> Login:
    """Return `login` for requests to one party (`XX-YYY`), or with `none` to nobody in particular.

    Raises UsageError.
    """
    if login.version == "2.1.1":
        raise UsageError("OCPI 2.1.1 cannot be asked for one party", hint="its requests name none")
    if whom.strip().casefold() == NOBODY:
        return replace(login, own=None)
    if login.own is None:
        raise UsageError(
            "whoever asks one party has to name his own",
            hint=f"log in to {login.name} again with --party XX-YYY",
        )
    return replace(login, parties=(PlatformParty(party(whom), ""),))


def receivers(login: Login, module: str) -> tuple[Party, ...]:
    """Return the parties that a request for `module` may name; none where it is to name nobody.

    Version 2.1.1 has no routing. A request that names its sender only would be an open routing request, which
    a list cannot be asked with. A hub is asked for the objects of all its parties.
    """
    if login.version == "2.1.1" or module in NO_ROUTING or login.own is None:
        return ()
    for role in ("HUB", SENDERS.get(module, "CPO"), None):
        there = dict.fromkeys(known.party for known in login.parties if role in (None, known.role))
        if there:
            return tuple(there)
    return ()


def routing(login: Login, module: str) -> tuple[Party, Party] | None:
    """Return the parties that a request for `module` comes from and goes to, or None where it is to name none."""
    found = receivers(login, module)
    return (login.own, found[0]) if login.own is not None and len(found) == 1 else None


def of_all(
    login: Login,
    module: str,
    pages: Callable[[Login, int | None], Iterator[Page]],
    warn: Callable[[str], None],
    newest: int | None,
) -> Iterator[Page]:
    """Yield what `pages` gives: asked of nobody in particular, or where that is refused, of each party in turn.

    The `newest` of all are not at the end of what each party has, so then everything is asked for.
    """
    several = receivers(login, module)
    try:
        yield from pages(login, newest)
        return
    except Failure as failure:
        if len(several) < 2 or not failure.refused:
            raise
    listed = ", ".join(map(str, several))
    warn(f"{module}: the platform wants to be asked for one party at a time: {listed}")
    before, failed = 0, list[tuple[Party, Failure | IncompleteError]]()
    for whom in several:
        total: int | None = None
        try:
            for opened, total in pages(replace(login, parties=(PlatformParty(whom, ""),)), None):
                yield opened, None if total is None else before + total
        except (Failure, IncompleteError) as error:
            failed.append((whom, error))
        before += total or 0
    if len(failed) == len(several) and all(isinstance(error, Failure) for _, error in failed):
        raise failed[0][1]
    if failed:
        missing = "; ".join(f"{error.message} (of {whom})" for whom, error in failed)
        raise IncompleteError(missing, hint=failed[0][1].hint)
