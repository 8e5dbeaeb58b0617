"""The drivers, each with one token and one car. All are fictitious."""

from __future__ import annotations

from functools import cache
from typing import Final

from msgspec import Struct

from ocpiq.demo.chance import Chance, Weighted
from ocpiq.demo.clock import BEGIN, DAY, iso
from ocpiq.demo.json import Json, without_none
from ocpiq.demo.names import CITIES, PROVIDERS, SUPPLIER, City, Provider

DRIVERS: Final = 420
SEED: Final = 202


class Car(Struct, frozen=True):
    """A kind of car: battery in Wh, the most it takes from AC and DC in watts, and its DC plug."""

    battery: int
    ac: int
    dc: int
    dc_plug: str


CARS: Final = Weighted(
    (
        Car(40_000, 6_600, 46_000, "CHADEMO"),
        Car(52_000, 11_000, 80_000, "IEC_62196_T2_COMBO"),
        Car(64_000, 11_000, 110_000, "IEC_62196_T2_COMBO"),
        Car(77_000, 11_000, 170_000, "IEC_62196_T2_COMBO"),
        Car(93_000, 22_000, 240_000, "IEC_62196_T2_COMBO"),
        Car(13_000, 3_700, 0, ""),  # a plug-in hybrid
    ),
    (7, 24, 28, 22, 9, 10),
)
TYPES: Final = Weighted(("RFID", "APP_USER", "AD_HOC_USER", "OTHER"), (66, 22, 10, 2))
WHITELISTS: Final = Weighted(("ALLOWED", "ALWAYS", "ALLOWED_OFFLINE", "NEVER"), (50, 30, 15, 5))
PROVIDER: Final = Weighted(PROVIDERS, tuple(provider.weight for provider in PROVIDERS))


class Driver(Struct, frozen=True, eq=False):
    """A driver: `number` counts from 0, `weight` says how often this one charges, `token` is OCPI 2.2.1."""

    number: int
    city: City
    car: Car
    weight: int
    token: Json

    @property
    def ad_hoc(self) -> bool:
        """Tell whether the driver pays on the spot."""
        return bool(self.token["type"] == "AD_HOC_USER")


@cache
def drivers() -> tuple[Driver, ...]:
    """Return all drivers."""
    chance = Chance(SEED)
    return tuple(driver(chance, number) for number in range(DRIVERS))


def driver(chance: Chance, number: int) -> Driver:
    """Return driver `number`: from a city of the provider's country; few charge much, most now and then."""
    provider = PROVIDER.pick(chance)
    cities = [city for city in CITIES if city.country is provider.country]
    city = Weighted(cities, [city.weight for city in cities]).pick(chance)
    kind = TYPES.pick(chance)
    weight = 2 + chance.below(12) * chance.below(12)
    return Driver(number, city, CARS.pick(chance), weight, token(chance, number, kind, provider))


def token(chance: Chance, number: int, kind: str, provider: Provider) -> Json:
    """Return a token as OCPI 2.2.1 has it. Later numbers were issued later, the last ones within the year."""
    contract = f"{provider.country_code}-{provider.party_id}-C{10_000_000 + number * 7919:08}-{number % 10}"
    rfid = kind == "RFID"
    named = kind != "AD_HOC_USER"
    changed = BEGIN + (number - DRIVERS * 3 // 4) * DAY * 2 + chance.below(DAY)
    return without_none(
        country_code=provider.country_code,
        party_id=provider.party_id,
        uid=f"04{chance.digits(12, '0123456789ABCDEF')}"
        if rfid
        else f"{kind[:3]}{number:06}{chance.digits(6)}",
        type=kind,
        contract_id=contract,
        visual_number=f"{provider.party_id}{contract[8:16]}" if rfid else None,
        issuer=provider.name,
        group_id=f"FLEET{number % 9:03}" if named and number % 14 == 0 else None,
        valid=not chance.permille(40),
        whitelist=WHITELISTS.pick(chance),
        language=provider.country.language if named else None,
        default_profile_type=chance.pick(("GREEN", "CHEAP", "REGULAR")) if chance.permille(150) else None,
        energy_contract={"supplier_name": SUPPLIER, "contract_id": f"W{chance.digits(7)}"}
        if named and chance.permille(80)
        else None,
        last_updated=iso(changed),
    )
