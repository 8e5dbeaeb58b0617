"""Every object of the demo by module and version, made on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from ocpiq.demo import cdrs, legacy, sessions, tariffs
from ocpiq.demo.charging import Charge, charges
from ocpiq.demo.clock import instant
from ocpiq.demo.drivers import drivers
from ocpiq.demo.json import Json
from ocpiq.demo.later import CONVERSIONS
from ocpiq.demo.sites import ChargingSpot, sites

MODULES: Final = ("locations", "sessions", "cdrs", "tariffs", "tokens")
VERSIONS: Final = ("2.1.1", "2.2", "2.2.1", "2.3.0")


Party = tuple[str, str]
"""Country code and party id."""


class ModuleList(Struct, frozen=True):
    """A module's objects: `updated` are their last_updated (instants), `parties` whose they are, `make` makes one."""

    updated: Sequence[int]
    parties: Sequence[Party]
    make: Callable[[int], Json]

    def between(self, since: float | None, until: float | None, party: Party | None = None) -> Sequence[int]:
        """Return the numbers of the objects with `since` <= last_updated < `until`, of one party or of all."""
        if since is None and until is None and party is None:
            return range(len(self.updated))
        low, high = (
            since if since is not None else float("-inf"),
            until if until is not None else float("inf"),
        )
        return [
            number
            for number, moment in enumerate(self.updated)
            if low <= moment < high and party in (None, self.parties[number])
        ]


@cache
def listing(module: str, version: str) -> ModuleList:
    """Return the objects of one of `MODULES` in one of `VERSIONS`, made on first use."""
    old = version == "2.1.1"
    convert = unchanged if old else CONVERSIONS[version].get(module, unchanged)
    match module:
        case "sessions":
            return session_list(charges(), old, convert)
        case "cdrs":
            return cdr_list([bill for bill in cdrs.bills() if bill.stands or not old], old, convert)
        case "locations":
            return stored_list(sites().locations, legacy.location if old else convert)
        case "tariffs":
            return stored_list(
                [tariffs.tariff_object(tariff) for tariff in tariffs.all_tariffs()],
                legacy.tariff if old else convert,
            )
        case "tokens":
            return stored_list([driver.token for driver in drivers()], legacy.token if old else convert)
        case _:
            raise KeyError(module)


def unchanged(source: Json) -> Json:
    """Return an object as it is."""
    return source


def stored_list(found: Sequence[Json], convert: Callable[[Json], Json]) -> ModuleList:
    """Return the list of objects few enough to keep in memory."""
    updated = [instant(item["last_updated"].removesuffix("Z")) for item in found]
    parties = [(item["country_code"], item["party_id"]) for item in found]
    return ModuleList(updated, parties, lambda n: convert(found[n]))


def session_list(found: Sequence[Charge], old: bool, convert: Callable[[Json], Json]) -> ModuleList:
    """Return the list of sessions, each made on demand."""

    def make(n: int) -> Json:
        made = sessions.session(found[n])
        return legacy.session(made, legacy_location(found[n].spot)) if old else convert(made)

    updated = [sessions.session_updated(charge) for charge in found]
    return ModuleList(updated, [party_of(charge) for charge in found], make)


def cdr_list(found: Sequence[cdrs.Bill], old: bool, convert: Callable[[Json], Json]) -> ModuleList:
    """Return the list of CDRs, each made on demand."""

    def make(n: int) -> Json:
        made = cdrs.cdr(found[n])
        return legacy.cdr(made, legacy_location(found[n].charge.spot)) if old else convert(made)

    return ModuleList([bill.created for bill in found], [party_of(bill.charge) for bill in found], make)


def party_of(charge: Charge) -> Party:
    """Return the CPO of a charge."""
    operator = charge.spot.city.country.operator
    return operator.country_code, operator.party_id


@cache
def legacy_location(spot: ChargingSpot) -> Json:
    """Return the location that a 2.1.1 session or CDR embeds: with one EVSE and one connector."""
    return legacy.place(sites().locations[spot.location], spot.evse_uid, spot.connector_id)


def objects(module: str, version: str = "2.2.1") -> Iterator[Json]:
    """Yield every object of a module as the demo platform lists it.

    `module` is one of `MODULES`, `version` one of `VERSIONS`.
    """
    found = listing(module, version)
    return map(found.make, range(len(found.updated)))
