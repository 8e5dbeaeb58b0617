"""Which party a request is for, on platforms with several parties (OCPI: Message Routing Headers, GET All via Hubs)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Self

from msgspec.structs import replace

from ocpiq.errors import IncompleteError, Message, MessagePart, SourceError, UserText, join, say
from ocpiq.gate import OpenedPage
from ocpiq.ocpi.http.failures import Failure
from ocpiq.schema import ModuleName
from ocpiq.storage import Login, Party, PlatformParty

NO_ROUTING = ("hubclientinfo",)  # a configuration module: routing headers shall not be used with it
SENDERS = {"tokens": "EMSP", "terminals": "PTP", "financial_advice_confirmations": "PTP"}  # otherwise a CPO
NOBODY = "none"

Page = tuple[OpenedPage, int | None]


class PartyName(MessagePart):
    """A party in a message: as many characters as OCPI has."""

    __slots__ = ()

    def __new__(cls, party: Party) -> Self:
        """Return the party as `XX-YYY`."""
        return super().__new__(cls, f"{party.country_code[:2]}-{party.party_id[:3]}")


def parse_party(text: str) -> Party:
    """Return the party written `XX-YYY` (also `XX*YYY`, `XXYYY`). Raises UsageError."""
    match = re.fullmatch(r"([A-Za-z]{2})[-*]?([A-Za-z0-9]{3})", text.strip())
    if match is None:
        raise SourceError(
            say("not a party"), hint=say("write it as XX-YYY: country code and party id, such as NL-ABC")
        )
    return Party(match[1].upper(), match[2].upper())


def asked_party(recipient: str) -> Party | None:
    """Return the one party to ask (`XX-YYY`), or None for `none`. Raises UsageError."""
    return None if recipient.strip().casefold() == NOBODY else parse_party(recipient)


def for_party(login: Login, recipient: str) -> Login:
    """Return `login` for requests to one party (`XX-YYY`), or with `none` to no particular party.

    Raises UsageError.
    """
    if login.version == "2.1.1":
        raise SourceError(
            say("OCPI 2.1.1 cannot ask for one party"), hint=say("its requests do not name parties")
        )
    party = asked_party(recipient)
    if party is None:
        return replace(login, own=None)
    if login.own is None:
        raise SourceError(
            say("asking for one party requires your own party"),
            hint=say("log in to {name} again with --party XX-YYY", name=UserText(login.name)),
        )
    return replace(login, parties=(PlatformParty(party, ""),))


def receivers(login: Login, module: str) -> tuple[Party, ...]:
    """Return the parties that a request for `module` may name; empty if it names none.

    Version 2.1.1 has no routing. A request that names only its sender is an open routing request, which
    is not allowed for lists. A hub is asked for the objects of all its parties.
    """
    if login.version == "2.1.1" or module in NO_ROUTING or login.own is None:
        return ()
    for role in ("HUB", SENDERS.get(module, "CPO"), None):
        parties = dict.fromkeys(entry.party for entry in login.parties if role in (None, entry.role))
        if parties:
            return tuple(parties)
    return ()


def routing_parties(login: Login, module: str) -> tuple[Party, Party] | None:
    """Return the parties that a request for `module` comes from and goes to, or None if it names none."""
    parties = receivers(login, module)
    return (login.own, parties[0]) if login.own is not None and len(parties) == 1 else None


def pages_of_parties(
    login: Login,
    module: str,
    pages: Callable[[Login, int | None], Iterator[Page]],
    warn: Callable[[Message], None],
    newest: int | None,
) -> Iterator[Page]:
    """Yield the pages of all parties at once or, if the platform refuses that, of one party after another.

    The `newest` objects of all parties are not at the end of each party's list, so then all pages are read.
    """
    several = receivers(login, module)
    try:
        yield from pages(login, newest)
        return
    except Failure as failure:
        if len(several) < 2 or not failure.refused:
            raise
    text = say(
        "{module}: the platform must be asked for one party at a time: {parties}",
        module=ModuleName(module),
        parties=join(map(PartyName, several)),
    )
    warn(text)
    before, failed = 0, list[tuple[Party, Failure | IncompleteError]]()
    for recipient in several:
        total: int | None = None
        try:
            for opened, total in pages(replace(login, parties=(PlatformParty(recipient, ""),)), None):
                yield opened, None if total is None else before + total
        except (Failure, IncompleteError) as error:
            failed.append((recipient, error))
        before += total or 0
    if len(failed) == len(several) and all(isinstance(error, Failure) for _, error in failed):
        raise failed[0][1]
    if failed:
        missing = (
            say("{message} (of {party})", message=error.message, party=PartyName(recipient))
            for recipient, error in failed
        )
        raise IncompleteError(join(missing, "; "), hint=failed[0][1].hint)
