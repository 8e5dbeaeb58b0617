"""`ocpiq login --check`: what a platform has, module by module, in plain words."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from ocpiq.analysis.keys import OWNER
from ocpiq.app.progress import Progress, counted
from ocpiq.errors import (
    IncompleteError,
    Notice,
    OcpiqError,
    PageRead,
    PlatformError,
    RequestEnded,
    WarningIssued,
)
from ocpiq.values.terminal import visible
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.sources import Source
    from ocpiq.storage import Login

LOOKED_AT: Final = 1000  # objects at most, to see whose they are
DRIVER: Final = ("cdr_token.country_code", "cdr_token.party_id", "cdr_token.contract_id", "auth_id")
ISSUERS: Final = {  # by module, what tells who issued the driver's token: a party, else a contract id
    "sessions": DRIVER,
    "cdrs": DRIVER,
    "tokens": ("country_code", "party_id", "contract_id", "auth_id"),
}
OWNED: Final = ("locations", "sessions", "cdrs", "tariffs")  # each object by one of the platform's operators
PARTY: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{3}")
# A contract id names country and provider first, then C, eight characters, and maybe a check digit (eMI3; OCPI 2.1.1
# and 2.2 have nothing else that tells the issuer). What is written in another way is nobody's to guess from.
CONTRACT: Final = re.compile(r"([A-Z]{2})[-*]?([A-Z0-9]{3})[-*]?C[A-Z0-9]{8}(?:[-*]?[A-Z0-9])?")


def check(login: Login, progress: Progress) -> int:
    """Print what each module has; return the exit code: 0, or a platform's where a module cannot be read."""
    from ocpiq.ocpi import redact, shown_address
    from ocpiq.schema import modules
    from ocpiq.sources import platform

    known = [module for module in login.endpoints if module in modules()]
    others = sorted(set(login.endpoints) - set(known))
    sys.stdout.write(f"OCPI {login.version} at {shown_address(login)}\n")
    form = {"base64": "in Base64", "raw": "as it is"}[login.token.form] if login.token.value else "not needed"
    sys.stdout.write(f"token: {form}\n")
    if login.parties:
        named = (visible(f"{known.party} {known.role}".strip()) for known in login.parties)
        sys.stdout.write(f"parties: {redact(', '.join(named), login.token.value, cut=False)}\n")
    code = 0
    with platform(login) as source:
        for module in known:
            lines, failed = looked_at(module, login, source, progress)
            sys.stdout.writelines(f"{line}\n" for line in lines)
            code = code or failed
    if others:
        listed = ", ".join(name for name in others if name.isprintable())
        sys.stdout.write(f"not known here: {redact(listed, login.token.value, cut=False)}\n")
    return code


def looked_at(module: str, login: Login, source: Source, progress: Progress) -> tuple[list[str], int]:
    """Return the lines for a module, and an exit code."""
    heard: list[Notice] = []
    try:
        owners, issuers = whose(module, login, source, heard)
    except OcpiqError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return [f"{module}: {error.message.removeprefix(f'{module}: ')}{hint}"], PlatformError.exit_code
    pages = [notice for notice in heard if isinstance(notice, PageRead)]
    for notice in heard:
        if isinstance(notice, WarningIssued | RequestEnded):
            progress(notice)
    lines = [f"{module}: {count(pages[-1]) if pages else 'no objects'}"]
    all_looked_at = f"  all {len(issuers):,} looked at are of"
    if only(issuers):
        lines.append(f"{all_looked_at} drivers of {issuers[0]}: does this login see only a part?")
    others = [
        known.party for known in login.parties if known.role == "CPO" and str(known.party) not in owners
    ]
    if only(owners) and others:
        lines.append(f"{all_looked_at} {owners[0]}: --to-party {others[0]} asks for those of {others[0]}")
    return lines, 0


def only(parties: list[str]) -> bool:
    """Tell whether several objects are all of one party."""
    return len(parties) > 1 and len(set(parties)) == 1 and parties[0] != ""


def whose(module: str, login: Login, source: Source, heard: list[Notice]) -> tuple[list[str], list[str]]:
    """Read the first objects of a module and return owner and issuer of each, nothing where it cannot be told."""
    from ocpiq.query import compile

    owner = OWNER if module in OWNED else ()
    paths = (*owner, *ISSUERS.get(module, ()))
    text = f"{module} | limit 1 | []"
    if paths:
        text = f"{module} only {', '.join(paths)} | limit {LOOKED_AT} | [{', '.join(f'.{p}' for p in paths)}]"

    query = compile(text, version=login.version)
    try:
        found = query.run(sources={module: source}, notify=heard.append)
        rows = [value for value in found if isinstance(value, list)]
    except IncompleteError:
        rows = []
    return [party_in(row[: len(owner)]) for row in rows], [party_in(row[len(owner) :]) for row in rows]


def party_in(fields: list[Value]) -> str:
    """Return the party that is told by country and id, or by a contract id behind them; of a driver nothing."""
    country, party, *contracts = (
        field.upper() if isinstance(field, str) else "" for field in fields or [""] * 2
    )
    if PARTY.fullmatch(f"{country}-{party}"):
        return f"{country}-{party}"
    found = next((match for text in contracts if (match := CONTRACT.fullmatch(text.strip()))), None)
    return f"{found[1]}-{found[2]}" if found else ""


def count(page: PageRead) -> str:
    """Return how many objects there are, as far as the platform says."""
    if page.total is not None or not page.objects:
        return counted(page.total, "object") if page.total else "no objects"
    return f"{counted(page.objects, 'object')} or more (the platform does not say how many)"
