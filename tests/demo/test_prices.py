"""What a charge costs: worked by hand, for each rule of a tariff."""

from __future__ import annotations

import pytest

from ocpiq.demo.clock import HOUR, MINUTE, Zone, instant
from ocpiq.demo.names import BELGIUM, BRITAIN, NETHERLANDS
from ocpiq.demo.prices import Cost, Element, PricedPeriod, Tariff, costs, total
from ocpiq.demo.tariffs import PRICE_LIST, tariff_at, tariffs

AMSTERDAM = Zone("Europe/Amsterdam", 1)
NOON = instant("2026-01-14T11:00")  # a Wednesday, 12:00 in Amsterdam


def tariff(*elements: Element) -> Tariff:
    return Tariff("T", NETHERLANDS, "", elements)


def charging(minutes: int, watt_hours: int = 0, start: int = NOON) -> PricedPeriod:
    return PricedPeriod(start, minutes * MINUTE, 1 if watt_hours else 0, watt_hours)


@pytest.mark.parametrize(
    ("elements", "periods", "expected"),
    [
        pytest.param(
            [Element({"ENERGY": 3500})], [charging(60, 10_000)], {"ENERGY": 35_000}, id="10 kWh at 0.35"
        ),
        pytest.param([Element({"FLAT": 5000})], [charging(60, 10_000)], {"FLAT": 5000}, id="a fee, once"),
        pytest.param(
            [Element({"TIME": 20_000})], [charging(90, 1)], {"TIME": 30_000}, id="90 minutes at 2.00"
        ),
        pytest.param([Element({"TIME": 20_000})], [charging(90)], {}, id="parking is not charging time"),
        pytest.param(
            [Element({"PARKING_TIME": 60_000})],
            [charging(10)],
            {"PARKING_TIME": 10_000},
            id="10 minutes parked",
        ),
        pytest.param(
            [Element({"ENERGY": 3333})], [charging(1, 1)], {"ENERGY": 3}, id="rounded to four decimals"
        ),
        pytest.param(
            [Element({"ENERGY": 3333})],
            [charging(1, 500), charging(1, 500)],
            {"ENERGY": 3333},
            id="rounded once, not per period",
        ),
        pytest.param(
            [Element({"ENERGY": 2000}, hours=(12 * 60, 13 * 60)), Element({"ENERGY": 4000})],
            [charging(60, 1000), charging(60, 1000, NOON + HOUR)],
            {"ENERGY": 6000},
            id="the first element that holds wins, by local time",
        ),
        pytest.param(
            [Element({"ENERGY": 2000}, hours=(23 * 60, 6 * 60))],
            [charging(60, 1000, NOON + 13 * HOUR), charging(60, 1000, NOON)],
            {"ENERGY": 2000},
            id="hours that wrap over midnight",
        ),
        pytest.param(
            [Element({"ENERGY": 2000}, days=(5, 6)), Element({"ENERGY": 3000, "FLAT": 100})],
            [charging(60, 1000)],
            {"FLAT": 100, "ENERGY": 3000},
            id="a weekend price on a Wednesday",
        ),
        pytest.param(
            [Element({"PARKING_TIME": 60_000}, after=HOUR)],
            [charging(60), charging(30, start=NOON + HOUR)],
            {"PARKING_TIME": 30_000},
            id="parking is free for the first hour",
        ),
    ],
)
def test_cost(elements: list[Element], periods: list[PricedPeriod], expected: dict[str, int]) -> None:
    found = costs(tariff(*elements), NOON, periods, AMSTERDAM)
    assert {dimension: cost.excl_vat for dimension, cost in found.items()} == expected


def test_vat_is_added_to_each_part() -> None:
    found = costs(tariff(Element({"FLAT": 10_000, "ENERGY": 5000})), NOON, [charging(60, 2000)], AMSTERDAM)
    assert found == {"FLAT": Cost(10_000, 12_100), "ENERGY": Cost(10_000, 12_100)}
    assert total(found) == Cost(20_000, 24_200)


@pytest.mark.parametrize(
    ("element", "begin", "end", "expected"),
    [
        pytest.param(Element({}), "2026-01-14T11:00", "2026-01-16T11:00", [], id="no restriction"),
        pytest.param(
            Element({}, hours=(540, 1320)),
            "2026-01-14T11:00",
            "2026-01-15T09:00",
            ["2026-01-14T21:00", "2026-01-15T08:00"],
            id="hours, in winter",
        ),
        pytest.param(
            Element({}, hours=(540, 1320)),
            "2026-07-14T06:00",
            "2026-07-14T22:00",
            ["2026-07-14T07:00", "2026-07-14T20:00"],
            id="hours, in summer",
        ),
        pytest.param(
            Element({}, hours=(540, 1320)),
            "2026-03-28T20:00",
            "2026-03-29T08:00",
            ["2026-03-28T21:00", "2026-03-29T07:00"],
            id="over the night in which clocks are put forward",
        ),
        pytest.param(
            Element({}, days=(5, 6)),
            "2026-01-16T20:00",
            "2026-01-17T20:00",
            ["2026-01-16T23:00"],
            id="midnight",
        ),
        pytest.param(
            Element({}, after=HOUR),
            "2026-01-16T20:00",
            "2026-01-16T22:00",
            ["2026-01-16T21:00"],
            id="a duration",
        ),
    ],
)
def test_cuts(element: Element, begin: str, end: str, expected: list[str]) -> None:
    assert tariff(element).cuts(instant(begin), instant(end), AMSTERDAM) == [
        instant(each) for each in expected
    ]


def test_a_tariff_is_replaced_by_its_successor() -> None:
    before, after = instant("2026-04-30T23:59"), instant("2026-05-01")
    assert tariff_at(BELGIUM, "motorway", before, ad_hoc=False).id == "BE-MOTORWAY-2025"
    assert tariff_at(BELGIUM, "motorway", after, ad_hoc=False).id == "BE-MOTORWAY-2026"
    assert tariff_at(BELGIUM, "motorway", after, ad_hoc=True).id == "BE-MOTORWAY-ADHOC"


def test_prices_abroad_are_in_the_money_of_the_country() -> None:
    [dutch, belgian, british] = [tariffs(each, "fast")[0] for each in (NETHERLANDS, BELGIUM, BRITAIN)]
    assert dutch is PRICE_LIST["fast"][0]
    assert (belgian.id, belgian.elements[0].prices["ENERGY"]) == ("BE-FAST", 5200)
    assert (british.id, british.elements[0].prices["ENERGY"]) == ("GB-FAST", 4472)
