"""The demo's price list, and its tariffs as OCPI 2.2.1 has them."""

from __future__ import annotations

from functools import cache
from typing import Final

from msgspec.structs import replace

from ocpiq.demo.clock import HOUR, MINUTE, instant, iso
from ocpiq.demo.json import UNIT, Json, number
from ocpiq.demo.names import BELGIUM, BRITAIN, NETHERLANDS, SUPPLIER, Country
from ocpiq.demo.prices import Element, Tariff

WEEKDAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
WEEKEND: Final = (5, 6)
POUND: Final = 86  # pence per euro
CHANGE: Final = instant("2026-05-01")  # the motorway's new tariff
IDLE: Final = Element({"PARKING_TIME": 120_000}, after=45 * MINUTE)
ENERGY_MIX: Final = {
    "is_green_energy": True,
    "energy_sources": [{"source": "WIND", "percentage": 78}, {"source": "SOLAR", "percentage": 22}],
    "environ_impact": [{"category": "CARBON_DIOXIDE", "amount": 12}],
    "supplier_name": SUPPLIER,
}


def tariff(name: str, text: str, *elements: Element) -> Tariff:
    """Return a Dutch tariff for contracts."""
    return Tariff(f"NL-{name}", NETHERLANDS, text, elements)


def ad_hoc(name: str, energy: int) -> Tariff:
    """Return a Dutch tariff for ad hoc payment."""
    element = Element({"FLAT": 3500, "ENERGY": energy})
    return Tariff(f"NL-{name}-ADHOC", NETHERLANDS, "Pay on the spot", (element,), type="AD_HOC_PAYMENT")


# By kind of charging, in ten thousandths of a euro excluding VAT; the ad hoc tariff comes last.
PRICE_LIST: Final = {
    "street": (
        tariff(
            "STREET",
            "Night rate from 23:00 to 06:00",
            Element({"PARKING_TIME": 6000}, hours=(9 * 60, 22 * 60), after=4 * HOUR),
            Element({"ENERGY": 2700}, hours=(23 * 60, 6 * 60)),
            Element({"ENERGY": 3400}),
        ),
        ad_hoc("STREET", 4500),
    ),
    "garage": (
        tariff(
            "GARAGE",
            "Cheaper at the weekend",
            Element({"ENERGY": 3300, "PARKING_TIME": 5000}, days=WEEKEND),
            Element({"FLAT": 2500, "ENERGY": 3800, "TIME": 2000, "PARKING_TIME": 9000}),
        ),
        ad_hoc("GARAGE", 4900),
    ),
    "fast": (
        tariff(
            "FAST",
            "Please move your car when it is full",
            Element({"FLAT": 5000, "ENERGY": 5200, "PARKING_TIME": 60_000}),
        ),
        ad_hoc("FAST", 6500),
    ),
    "motorway": (
        replace(tariff("MOTORWAY-2025", "High power", Element({"ENERGY": 6900}), IDLE), end=CHANGE),
        replace(
            tariff(
                "MOTORWAY-2026",
                "High power, dearer from 15:00 to 19:00",
                Element({"ENERGY": 7200}, hours=(15 * 60, 19 * 60)),
                Element({"ENERGY": 6200}),
                IDLE,
            ),
            begin=CHANGE,
            created=instant("2026-04-10T08:00"),
        ),
        ad_hoc("MOTORWAY", 7900),
    ),
    "work": (tariff("FREE", "Free of charge", Element({"FLAT": 0})),),
    "home": (tariff("HOME", "At the price of the household", Element({"ENERGY": 2600})),),
}


@cache
def tariffs(country: Country, kind: str) -> tuple[Tariff, ...]:
    """Return a country's tariffs for one kind of charging, in the order of the price list."""
    dutch = PRICE_LIST[kind]
    return dutch if country is NETHERLANDS else tuple(foreign_tariff(tariff, country) for tariff in dutch)


def foreign_tariff(dutch: Tariff, country: Country) -> Tariff:
    """Return a Dutch tariff as it is in another country."""
    percent = POUND if country.currency == "GBP" else 100
    elements = tuple(
        replace(element, prices={name: price * percent // 100 for name, price in element.prices.items()})
        for element in dutch.elements
    )
    return replace(dutch, id=country.code + dutch.id[2:], country=country, elements=elements)


def all_tariffs() -> list[Tariff]:
    """Return all tariffs, the oldest first."""
    countries = (NETHERLANDS, BELGIUM, BRITAIN)
    found = [tariff for country in countries for kind in PRICE_LIST for tariff in tariffs(country, kind)]
    return sorted(found, key=lambda tariff: tariff.created)


def tariff_at(country: Country, kind: str, moment: int, ad_hoc: bool) -> Tariff:
    """Return the tariff of a charge that begins at `moment`."""
    valid = [tariff for tariff in tariffs(country, kind) if tariff.valid(moment)]
    return valid[-1] if ad_hoc else valid[0]


@cache
def tariff_object(tariff: Tariff) -> Json:
    """Return a tariff as OCPI 2.2.1 has it."""
    found: Json = {
        "country_code": tariff.country.operator.country_code,
        "party_id": tariff.country.operator.party_id,
        "id": tariff.id,
        "currency": tariff.country.currency,
        "type": tariff.type,
        "tariff_alt_text": [{"language": "en", "text": tariff.text}],
        "elements": [element_object(element, tariff.country.vat) for element in tariff.elements],
    }
    if tariff.begin is not None:
        found["start_date_time"] = iso(tariff.begin)
    if tariff.end is not None:
        found["end_date_time"] = iso(tariff.end)
    return found | {"energy_mix": ENERGY_MIX, "last_updated": iso(tariff.created)}


def element_object(element: Element, vat: int) -> Json:
    """Return a tariff element; `vat` in percent."""
    components = [
        {"type": dimension, "price": number(rate, UNIT), "vat": vat, "step_size": 1}
        for dimension, rate in element.prices.items()
    ]
    restrictions: Json = {}
    if element.hours is not None:
        begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in element.hours)
        restrictions |= {"start_time": begin, "end_time": end}
    if element.after:
        restrictions["min_duration"] = element.after
    if element.days:
        restrictions["day_of_week"] = [WEEKDAYS[day] for day in element.days]
    return {"price_components": components} | ({"restrictions": restrictions} if restrictions else {})
