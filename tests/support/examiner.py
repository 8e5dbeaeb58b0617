"""The examiner of fields for aggregates only: asks many queries, and looks for a value of too few drivers.

Each object's numbers are a power of two of its own, so that a sum tells which objects are in it. The queries come from
parts that are allowed and parts that are not; of each answer, every number is taken apart, alone and against every
other one, and against the total that the examiner computes for itself. `python examiner.py COUNT` prints which
package it examined, how many queries ran, and what it found.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import ocpiq
from ocpiq import sources
from ocpiq.errors import OcpiqError
from ocpiq.query import compile

OBJECTS = 40
DRIVERS = 5
"""The fewest drivers that a total may be set to need: the smallest crowd to hide in."""

CITIES = ("Utrecht", "Delft", "#other", "Gouda")
CURRENCIES = ("EUR", "EUR", "EUR", "USD")
MONTHS = ("2026-01", "2026-02")

Object = dict[str, Any]
Test = Callable[[Object], bool]


class Part(NamedTuple):
    """A piece of a query, and which objects it keeps."""

    text: str
    keeps: Test = lambda _: True


class Form(NamedTuple):
    """The argument of a total, what it multiplies an object's number by, and whether it reads the second number."""

    text: str
    factor: Fraction
    reads_both: bool = False


class Asked(NamedTuple):
    """A query, the objects that its totals may be over, and the factor of each of its totals by name."""

    text: str
    kept: tuple[frozenset[int], ...]
    factors: dict[str, Fraction]


class Finding(NamedTuple):
    """A query that gives away a value of too few drivers, and how."""

    text: str
    how: str


# ---------------------------------------------------------------- the objects


def objects(draw: random.Random) -> list[Object]:
    """Return CDRs whose drivers come often or seldom; some have no driver, or lack a number."""
    drivers = [f"NL-MSP-C{number}" for number in range(draw.randint(4, 16))]
    made = []
    for number in range(OBJECTS):
        driver = draw.choice(drivers[: draw.randint(1, len(drivers))])
        token: Object = {
            "uid": f"U-{driver}",
            "contract_id": draw.choice((driver, driver.lower().replace("-", ""))),
        }
        if draw.random() < 0.1:
            token = draw.choice(({"uid": "T1", "contract_id": None}, {"uid": "", "contract_id": "#NA"}))
        month, day = draw.choice(MONTHS), draw.randint(1, 28)
        cdr: Object = {
            "id": f"C{number}",
            "currency": draw.choice(CURRENCIES),
            "cdr_location": {"id": f"L{draw.randint(0, 2)}", "city": draw.choice(CITIES)},
            "cdr_token": token,
            "end_date_time": f"{month}-{day:02}T{draw.randint(0, 23):02}:00:00Z",
            "last_updated": f"{month}-{day:02}T23:30:00Z",
            "total_time": draw.randint(0, 3),
            "total_energy": 2**number,
            "total_cost": {"excl_vat": 2**number},
        }
        if draw.random() < 0.1:
            cdr["total_energy"] = draw.choice((None, "x", [], {"a": 1}, True))
        if draw.random() < 0.1:
            cdr["total_cost"] = draw.choice((None, {}, {"excl_vat": "9"}))
        made.append(cdr)
    return made


def driver(cdr: Object) -> str:
    """Return whose object it is; all without a driver are of one."""
    token = cdr["cdr_token"]
    for name in (token.get("contract_id"), token.get("uid")):
        if name not in (None, "", "#NA"):
            return str(name).lower().replace("-", "")
    return ""


def has_number(value: object) -> bool:
    return type(value) is int


# ---------------------------------------------------------------- the parts of queries

WINDOWS = [
    *([Part("")] * 20),
    Part(" since 2026-01-01 until 2026-02-01", lambda cdr: cdr["last_updated"] < "2026-02"),
    Part(" since 2026-01-09", lambda cdr: cdr["last_updated"] > "2026-01-09"),
    Part(" since 2026-01-10 until 2026-01-11", lambda cdr: cdr["last_updated"][:10] == "2026-01-10"),
    Part(" during 2026-02", lambda cdr: cdr["end_date_time"][:7] == "2026-02"),
    Part(" during 2026-01-03", lambda cdr: cdr["end_date_time"][:10] == "2026-01-03"),
    Part(" since 2026-01-10T23:00Z until 2026-01-10T23:59Z"),
    Part(" newest 3"),
    Part(" net"),
]
FILTERS = [
    *([Part("")] * 30),
    Part(' | select(.cdr_location.city == "Utrecht")', lambda cdr: cdr["cdr_location"]["city"] == "Utrecht"),
    Part(' | select(.cdr_location.city != "Delft")', lambda cdr: cdr["cdr_location"]["city"] != "Delft"),
    Part(' | select(.currency == "EUR")', lambda cdr: cdr["currency"] == "EUR"),
    Part(
        ' | select(.currency == "USD" or .total_time > 1)',
        lambda cdr: cdr["currency"] == "USD" or cdr["total_time"] > 1,
    ),
    Part(" | select(.total_time > 2)", lambda cdr: cdr["total_time"] > 2),
    Part(' | select(.end_date_time == "2026-01")', lambda cdr: cdr["end_date_time"][:7] == "2026-01"),
    Part(" | if .total_time == 0 then empty else . end", lambda cdr: cdr["total_time"] != 0),
    Part(' | select(.id == "C7")'),
    Part(' | select(.id != "C7")'),
    Part(' | select(.cdr_token.contract_id == "NL-MSP-C1")'),
    Part(" | select(.total_energy > 50)"),
    Part(" | select(.total_energy)"),
    Part(' | select(has("total_energy"))'),
    Part(" | limit 4"),
    Part(" | top 4 by .total_time"),
    Part(" | distinct by .cdr_location.city"),
    Part(' | (., select(.cdr_location.city == "Gouda"))'),
    Part(" | (., .)"),
    Part(" | first(.)"),
    Part(" | . as $c | $c"),
]
SHAPES = [
    *([Part("")] * 10),
    *([Part(" | {total_energy, total_cost, city: .cdr_location.city, currency, month: .end_date_time}")] * 4),
    Part(' | {total_energy, total_cost, city: (.cdr_location.city, "all"), currency, month: .end_date_time}'),
    Part(
        ' | ({total_energy, total_cost, city: .cdr_location.city}, {total_energy, total_cost, city: "all"})'
    ),
    Part(" | join locations as $l pass name on .cdr_location.id == $l.id"),
    Part(" | join each locations as $l pass name on .currency == $l.city"),
    Part(" | join each cdrs as $c on .currency == $c.currency"),
]
FORMS = [
    *([Form("{e}", Fraction(1))] * 20),
    Form("{e} * 2", Fraction(2)),
    Form("3 * {e}", Fraction(3)),
    Form("-{e}", Fraction(-1)),
    Form("{e} / 4", Fraction(1, 4)),
    Form("{x}", Fraction(1), reads_both=True),
    Form("{e} + {x}", Fraction(2), reads_both=True),
    Form("({e} * 3 - {x}) / 2", Fraction(1), reads_both=True),
    Form("{e} * {e}", Fraction(1)),
    Form("{e} + 1", Fraction(1)),
    Form("{e} * 1e308 / 1e308", Fraction(1)),
    Form("select({e} > 9)", Fraction(1)),
    Form('if .currency == "USD" then {e} else 0 end', Fraction(1)),
    Form("{e} // 0", Fraction(1)),
]
FUNCTIONS = [
    *(["sum"] * 8),
    *(["avg"] * 5),
    *(["count_distinct", "stddev"] * 3),
    *("max", "min", "first", "median", "collect"),
]
GROUPS = [
    *([""] * 6),
    *([" by {{city: {city}}}"] * 9),
    *([" by {{month: {month}}}"] * 4),
    *([" by {{city: {city}, month: {month}}}"] * 7),
    " by {{city: {city}, currency: .currency, month: {month}}}",
    " by .currency",
    " by {{city: ({city}, 1)}}",
    " by {{n: $l.name}}",
    " by .id",
    " by .total_energy",
    " by .cdr_token.contract_id",
    " by .total_time",
]
AFTER = [*([""] * 6), " | limit 1", " | select(.n > 3)", " | sort by .s desc", " | [.]"]
ROLL_UP = " | aggregate {s: sum(.s)}"
PASSES = (
    "total_energy as aggregate, total_cost.excl_vat as aggregate, total_time, cdr_location, end_date_time as month,"
    " cdr_token"
)


def asked(draw: random.Random, cdrs: list[Object]) -> Asked:
    """Return a query: one source, or now and then several."""
    one = single(draw, cdrs)
    if draw.random() < 0.9:
        return one
    other = single(draw, cdrs)
    factors = one.factors | {
        name: factor for name, factor in other.factors.items() if name not in one.factors
    }
    return Asked(f"({one.text}), ({other.text})", (*one.kept, *other.kept), factors)


def single(draw: random.Random, cdrs: list[Object]) -> Asked:
    """Return a query of one source."""
    window, shape = draw.choice(WINDOWS), draw.choice(SHAPES)
    filters = [draw.choice(FILTERS) for _ in range(draw.choice((1, 1, 2)))]
    projected = shape.text.startswith((" | {", " | ({"))
    paths = {
        "e": ".total_energy",
        "x": ".total_cost.excl_vat",
        "city": ".city" if projected else ".cdr_location.city",
        "month": ".month" if projected else ".end_date_time",
    }
    factors: dict[str, Fraction] = {}
    totals, both = [], False
    for name in ("s", "t")[: draw.choice((1, 1, 2))]:
        form = draw.choice(FORMS)
        function = "sum" if name == "s" and draw.random() < 0.6 else draw.choice(FUNCTIONS)
        both = both or form.reads_both
        totals.append(f"{name}: {function}({form.text.format(**paths)})")
        if function in ("sum", "avg"):
            factors[f"{name} {function}"] = form.factor
    text = f"cdrs{window.text} pass {PASSES}{''.join(part.text for part in filters)}{shape.text}"
    text += f" | aggregate {{n: count, {', '.join(totals)}}}{draw.choice(GROUPS).format(**paths)}"
    text += draw.choice(AFTER if factors.keys() != {"s sum"} else [*AFTER, ROLL_UP])
    kept = frozenset(
        number
        for number, cdr in enumerate(cdrs)
        if all(part.keeps(cdr) for part in (window, shape, *filters)) and has_numbers(cdr, text, both)
    )
    return Asked(text, (kept,), factors)


def has_numbers(cdr: Object, text: str, both: bool) -> bool:
    """Tell whether an object has every number that a query reads."""
    energy, cost = cdr["total_energy"], (cdr["total_cost"] or {}).get("excl_vat")
    reads_energy, reads_cost = (
        ".total_energy" in text or "{total_energy" in text,
        both or "total_cost," in text,
    )
    return (has_number(energy) or not reads_energy) and (has_number(cost) or not reads_cost)


# ---------------------------------------------------------------- the answers


def numbers(value: object, name: str = "") -> Iterator[tuple[str, int | float]]:
    """Yield the numbers in an answer with the names of their fields."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def members(value: int | float, function: str, factor: Fraction) -> list[frozenset[int]]:
    """Return the objects that a total may be over: of a mean, several sets are possible."""
    possible = []
    for count in (1,) if function == "sum" else range(1, OBJECTS + 1):
        bits = round(Fraction(value) * count / factor)
        if (
            bits > 0
            and (function == "sum" or bits.bit_count() == count)
            and float(bits * factor / count) == value
        ):
            possible.append(frozenset(number for number in range(OBJECTS) if bits >> number & 1))
    return possible


def findings(query: Asked, results: list[object], cdrs: list[Object]) -> Iterator[str]:
    """Yield how the results of a query give away a value of too few drivers."""

    def too_few(found: Iterable[int]) -> bool:
        return 0 < len({driver(cdrs[number]) for number in found}) < DRIVERS

    functions = {name.split()[0]: (name.split()[1], factor) for name, factor in query.factors.items()}
    sets, is_certain = [], True
    for name, value in numbers(results):
        if name not in functions or not value:
            continue
        possible = members(value, *functions[name])
        if not possible:
            yield f"{name} is {value}, which is no total of objects"
        elif all(map(too_few, possible)):
            yield f"{name} is over few drivers"
        elif len(possible) == 1:
            sets += possible
        else:
            is_certain = False
    for one in sets:
        for other in sets:
            if too_few(one ^ other):
                yield "the difference of two totals is over few drivers"
    shows_all = len(query.kept) == 1 and " | limit" not in query.text and "select(.n" not in query.text
    if sets and is_certain and shows_all and too_few(query.kept[0] - frozenset().union(*sets)):
        yield "the total of all minus the totals shown is over few drivers"


def examine(count: int, seed: int = 1) -> tuple[int, list[Finding]]:
    """Ask `count` queries; return how many of them ran, and what they gave away."""
    draw = random.Random(seed)
    ran, found = 0, []
    for number in range(count):
        if number % 50 == 0:
            cdrs = objects(draw)
            locations = [
                {"id": f"L{place}", "name": f"Place {place // 2}", "city": "EUR"} for place in range(3)
            ]
            source = sources.memory({"cdrs": cdrs, "locations": locations})
        query = asked(draw, cdrs)
        try:
            results: list[object] = list(compile(query.text).run(sources=source, drivers=DRIVERS))
        except OcpiqError:
            continue
        ran += 1
        found += [Finding(query.text, how) for how in findings(query, results, cdrs)]
    return ran, found


if __name__ == "__main__":
    sys.stdout.write(json.dumps([ocpiq.__file__, examine(int(sys.argv[1]))]))
