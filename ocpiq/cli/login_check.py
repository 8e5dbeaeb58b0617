"""`ocpiq login --check`: list the platform's modules and test each."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ocpiq.analysis.keys import OWNER
from ocpiq.app.progress import Progress, quantity
from ocpiq.errors import (
    IncompleteError,
    Notice,
    OcpiqError,
    PageRead,
    PlatformError,
    PullEnded,
    RequestEnded,
    WarningIssued,
)
from ocpiq.values.terminal import visible
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.sources import Source
    from ocpiq.storage import Login

SAMPLE_SIZE: Final = 1000  # objects at most, read to learn their owners and issuers
DRIVER: Final = ("cdr_token.country_code", "cdr_token.party_id", "cdr_token.contract_id", "auth_id")
ISSUERS: Final = {  # by module, the fields that name the issuer of the driver's token: a party, else a contract id
    "sessions": DRIVER,
    "cdrs": DRIVER,
    "tokens": ("country_code", "party_id", "contract_id", "auth_id"),
}
OWNED: Final = ("locations", "sessions", "cdrs", "tariffs")  # each object belongs to one CPO of the platform
PARTY: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{3}")
# A contract id is country, provider, C, eight characters, and an optional check digit (eMI3). OCPI 2.1.1 and 2.2 have
# nothing else that names the issuer. An id in another form names none.
CONTRACT: Final = re.compile(r"([A-Z]{2})[-*]?([A-Z0-9]{3})[-*]?C[A-Z0-9]{8}(?:[-*]?[A-Z0-9])?")


def check(login: Login, progress: Progress) -> int:
    """Print a report of each module.

    Return 0, or the exit code for a module that cannot be read, else for one that cannot be read completely.
    """
    from ocpiq.ocpi import redact, shown_address
    from ocpiq.schema import platform_modules
    from ocpiq.sources import platform

    supported = [module for module in login.endpoints if module in platform_modules()]
    unsupported = sorted(set(login.endpoints) - set(supported))
    sys.stdout.write(f"OCPI {login.version} at {shown_address(login)}\n")
    form = {"base64": "in Base64", "raw": "as it is"}[login.token.form] if login.token.value else "not needed"
    sys.stdout.write(f"token: {form}\n")
    if login.parties:
        names = (visible(f"{entry.party} {entry.role}".strip()) for entry in login.parties)
        sys.stdout.write(f"parties: {redact(', '.join(names), login.token.value, cut=False)}\n")
    codes = {0}
    with platform(login) as source:
        for module in supported:
            lines, module_code = module_report(module, login, source, progress)
            sys.stdout.writelines(f"{line}\n" for line in lines)
            codes.add(module_code)
    if unsupported:
        names_shown = ", ".join(name for name in unsupported if name.isprintable())
        sys.stdout.write(f"not supported by ocpiq: {redact(names_shown, login.token.value, cut=False)}\n")
    return PlatformError.exit_code if PlatformError.exit_code in codes else max(codes)


def module_report(module: str, login: Login, source: Source, progress: Progress) -> tuple[list[str], int]:
    """Return the lines of a module's report, and an exit code."""
    notices: list[Notice] = []
    try:
        owners, issuers, problem = read_sample(module, login, source, notices)
    except OcpiqError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return [f"{module}: {error.message.removeprefix(f'{module}: ')}{hint}"], PlatformError.exit_code
    for notice in notices:
        if isinstance(notice, WarningIssued | RequestEnded):
            progress(notice)
    lines = [f"{module}: {object_count(notices) if problem is None else problem}"]
    all_read = f"  all {len(issuers):,} objects read belong to"
    if single_party(issuers):
        lines.append(f"{all_read} drivers of {issuers[0]}: does this login see only some of the objects?")
    others = [
        entry.party for entry in login.parties if entry.role == "CPO" and str(entry.party) not in owners
    ]
    if single_party(owners) and others:
        lines.append(f"{all_read} {owners[0]}: --to-party {others[0]} asks for those of {others[0]}")
    return lines, 0 if problem is None else IncompleteError.exit_code


def single_party(parties: list[str]) -> bool:
    """Tell whether all of several objects belong to one party."""
    return len(parties) > 1 and len(set(parties)) == 1 and parties[0] != ""


def read_sample(
    module: str, login: Login, source: Source, notices: list[Notice]
) -> tuple[list[str], list[str], str | None]:
    """Read the first objects of a module; return owner and issuer of each, empty where the object does not say.

    The third value says why a pull is incomplete, if that shows already.
    """
    from ocpiq.query import compile

    owner = OWNER if module in OWNED else ()
    paths = (*owner, *ISSUERS.get(module, ()))
    quoted = ", ".join(f'"{path}"' for path in paths)  # of any version: platforms mix them
    fields = f" only {quoted}" if paths else ""
    text = f"{module}{fields} | limit {SAMPLE_SIZE + 1} | [{', '.join(f'.{path}' for path in paths)}]"
    results = compile(text, version=login.version).run(sources={module: source}, notify=notices.append)
    rows: list[list[Value]] = []
    problem: str | None = None
    try:
        rows.extend(row for row in results if isinstance(row, list))
    except IncompleteError as error:
        problem = error.message.removeprefix(f"{module}: ")
    sample = rows[:SAMPLE_SIZE] if paths else []
    owners = [party_in(row[: len(owner)]) for row in sample]
    return owners, [party_in(row[len(owner) :]) for row in sample], problem


def party_in(fields: list[Value]) -> str:
    """Return the party that country and party id name, else the one in a contract id; never more of a contract id."""
    country, party, *contracts = (
        field.upper() if isinstance(field, str) else "" for field in fields or [""] * 2
    )
    if PARTY.fullmatch(f"{country}-{party}"):
        return f"{country}-{party}"
    issuer = next((match for text in contracts if (match := CONTRACT.fullmatch(text.strip()))), None)
    return f"{issuer[1]}-{issuer[2]}" if issuer else ""


def object_count(notices: Sequence[Notice]) -> str:
    """Return the number of objects as a pull ended with it, as the platform announces it, or a lower bound."""
    if not (pages := [notice for notice in notices if isinstance(notice, PageRead)]):
        return "no objects"
    objects, total = pages[-1].objects, pages[-1].total
    if any(isinstance(notice, PullEnded) for notice in notices):
        return quantity(objects, "object") if objects else "no objects"
    if total is not None and total > objects:
        return f"{quantity(total, 'object')} announced"
    return f"{quantity(objects, 'object')} or more (the platform does not say how many)"
