"""Fields for aggregates only: what may stand around a total of them, and that all else is refused while compiling."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch

import pytest
from support.rows import careful_only

from ocpiq import query, sources
from ocpiq.errors import CompileError, OcpiqError, PrivacyError, WarningIssued
from ocpiq.plan.partial import Obstacle, split

E = "cdrs pass total_energy as aggregate"
C = f"{E}, cdr_location.city, cdr_location.id"
SUM = "aggregate sum(.total_energy)"
ONE = "a query can have one source with fields for aggregates only"
ONLY = "cdrs.total_energy is for aggregates only"
SHOWN = "cdrs.total_energy is for aggregates only, and the results show it"
OUTSIDE = "cdrs.total_energy is for aggregates only, and it is read outside of one"
ALONE = "an aggregate of total_energy takes it alone, added to other such fields, or times a number"
BEFORE = "an aggregate of total_energy does not allow this"

REFUSED = {
    # misuses 1 to 6 of the requirement
    f"{E} | select(.total_energy > 50) | aggregate count": f"{ONLY}, and select reads it",
    f"{E} | {SUM} by .total_energy": "cdrs.total_energy is for aggregates only, and cannot be a group",
    f"{E} | aggregate max(.total_energy)": "max would give one driver's value of cdrs.total_energy",
    f"{E} | {SUM} by .id": "id tells objects apart, so each group is one driver's",
    f'{E} | aggregate sum(if .id == "C1" then .total_energy else 0 end)': ALONE,
    f"{E} | limit 11 | {SUM}": "limit before an aggregate of total_energy singles out records",
    # ways out without an aggregate
    E: SHOWN,
    f"{E} | .total_energy": SHOWN,
    f"{E} | tojson": SHOWN,
    f"[{E}] | length": SHOWN,
    f'{E} | has("total_energy")': SHOWN,
    f"{E} | try .total_energy catch 1": SHOWN,
    f"{E} | .total_energy + 1": "cdrs.total_energy is for aggregates only",
    f"{E} | [.[]] | aggregate count": OUTSIDE,
    f"{E} | {{e: .total_energy}} | aggregate count": OUTSIDE,
    f"{E} | {SUM} by {{a: 1}} | input": None,  # results of an aggregate are values like any other
    f"{E} | sort by .total_energy": "cdrs.total_energy is for aggregates only, and sort by reads it",
    f"{E} | join locations as $l on .total_energy == $l.id": f"{ONLY}, and join reads it",
    f"{E} | distinct by .total_energy | .currency": "and distinct by reads it",
    f"{E} | .currency as $c | if .total_energy == 1 then $c else 0 end": "cdrs.total_energy is for aggregates only",
    f"{E} | floor": SHOWN,
    f"{E} | .total_energy | floor": "cdrs.total_energy is for aggregates only, and floor reads it",
    f"{E} | def f: .total_energy > 1; select(f)": "cdrs.total_energy is for aggregates only, and f reads it",
    # other functions
    f"{E} | aggregate min(.total_energy)": "min would give one driver's value",
    f"{E} | aggregate first(.total_energy)": "first would give one driver's value",
    f"{E} | aggregate last({{a: .total_energy}})": "last would give one driver's value",
    f"{E} | aggregate collect([.total_energy])": "collect would give one driver's value",
    f"{E} | aggregate median(.total_energy)": "median would give one driver's value",
    f"{E} | aggregate quantile(.total_energy; 0.5)": "quantile would give one driver's value",
    f"{E} | aggregate any(.total_energy > 5)": "cdrs.total_energy is for aggregates only, and any reads it",
    f"{E} | aggregate count(.total_energy > 5)": "cdrs.total_energy is for aggregates only, and count reads it",
    f"{E} | aggregate {{s: sum(.total_energy), m: max(.currency)}}": "max is not a total, and cannot stand beside",
    f"{E} | aggregate {{s: sum(.total_energy), m: collect(.currency)}}": "collect is not a total",
    # other forms of a total
    **dict.fromkeys(
        (
            f"{E} | aggregate {function}({form})"
            for function in ("sum", "avg", "stddev", "count_distinct")
            for form in (
                ".total_energy * .total_energy",
                ".total_energy + 1",
                "1 - .total_energy",
                "2 / .total_energy",
                ".total_energy / 0",
                ".total_energy / (1 - 1)",
                ".total_energy % 2",
                ".total_energy * 1e999",
                ".total_energy * .total_time",
                ".total_energy // 0",
                ".total_energy, .total_energy",
                ".total_energy.a",
                '.["total_energy"]',
                ".total_energy?",
                "select(.currency == \"EUR\") | .total_energy",
            )
        ),
        ALONE,
    ),
    f"{E} | aggregate sum(.total_energy | round)": "and round reads it",
    f"{E} | aggregate sum(.total_energy | tostring | length)": "for aggregates only",
    f'{E} | aggregate sum(.["total_" + "energy"])': OUTSIDE,
    f"{E} | aggregate sum(.[])": OUTSIDE,
    # what stands before
    f"cdrs newest 11 pass total_energy as aggregate | {SUM}": "newest before an aggregate of total_energy singles out",
    f"cdrs net pass total_energy as aggregate | {SUM}": "net subtracts objects",
    f"{E} | top 11 by .currency | {SUM}": "top before an aggregate of total_energy singles out records",
    f"{E} | distinct by .currency | {SUM}": "distinct by before an aggregate of total_energy singles out records",
    f"{E} | sort by .currency | {SUM}": "sort by before an aggregate of total_energy is not allowed",
    f"{E} | first(.) | {SUM}": BEFORE,
    f"limit(11; {E}) | {SUM}": BEFORE,
    f"first({E}) | {SUM}": BEFORE,
    f"{E} | (., .) | {SUM}": "a comma may count an object more than once",
    f'{E} | (., select(.currency == "EUR")) | {SUM}': "a comma may count an object more than once",
    f"{E}, charging_periods | {{total_energy, p: .charging_periods[]}} | {SUM}": "may count an object more than once",
    f'{E} | {SUM} by {{c: (.currency, "all")}}': "a comma may count an object more than once",
    f"{E} | {SUM} by {{c: range(3)}}": BEFORE,
    f"{E} | . as $c | {SUM}": BEFORE,
    f"{E} | . as $c | aggregate sum($c.total_energy)": BEFORE,
    f"{E} | select(input == 1) | {SUM}": BEFORE,
    f"{E} | select(now > 1) | {SUM}": BEFORE,
    f"{E} | debug | {SUM}": BEFORE,
    f"{E} | .total_time = 3 | {SUM}": OUTSIDE,
    f"{E} | del(.id) | {SUM}": OUTSIDE,
    f"{E} | map_values(.) | {SUM}": OUTSIDE,
    f"{E} | join each locations as $l on .cdr_location.id == $l.id | {SUM}": "join each may count an object more",
    "locations | join cdrs as $c pass total_energy as aggregate on .id == $c.id | aggregate sum($c.total_energy)":
        OUTSIDE,
    f"[{E}] as $all | $all[] | {SUM}": BEFORE,
    f"reduce ({E}) as $c (0; . + $c.total_energy)": "cdrs.total_energy is for aggregates only",
    # fields that tell objects or drivers apart, and times
    f"cdrs pass total_energy as aggregate, id as pseudonym | {SUM} by .id": "id tells objects apart",
    f'{E} | select(.id == "C1") | {SUM}': "id tells objects apart",
    f'{E} | select(.id | startswith("C")) | {SUM}': "id tells objects apart",
    f"{E} | {{id, total_energy}} | {SUM} by .id": "id tells objects apart",
    f"{E} | aggregate {{s: sum(.total_energy), i: count_distinct(.id)}}": "id tells objects apart",
    f"{E} | aggregate {{s: sum(.total_energy), i: count(.session_id == null)}}": "session_id tells objects apart",
    f"{E}, cdr_token | {SUM} by .cdr_token.uid": "cdr_token.uid tells drivers apart",
    f"{E}, cdr_token.contract_id as pseudonym | {SUM} by .cdr_token.contract_id": "tells drivers apart",
    f"{E}, cdr_token.contract_id as prefix(5) | {SUM} by .cdr_token.contract_id": "tells drivers apart",
    f"cdrs pass ., total_energy as aggregate | {SUM} by .cdr_location": "not cdr_location as a whole",
    f"cdrs pass ., total_energy as aggregate | {SUM} by {{t: type}}": "not cdrs as a whole",
    f"{E}, end_date_time | {SUM} by .end_date_time": "end_date_time is finer than a day",
    f"{E}, end_date_time as hour | {SUM} by .end_date_time": "end_date_time is finer than a day",
    f"{E}, end_date_time | {SUM} by {{m: (.end_date_time | month)}}": "end_date_time is finer than a day",
    f'{E}, end_date_time | select(.end_date_time > "2026-01") | {SUM}': "end_date_time is finer than a day",
    f"{E} | join sessions as $s on .session_id == $s.id | {SUM}": "session_id tells objects apart",
    f"{E} | join sessions as $s | {SUM}": "tells objects apart",
    f"{E} | join tokens as $t pass uid on .currency == $t.uid | {SUM}": "uid tells drivers apart",
    f"{E} | join locations as $l pass city newest 1 on .currency == $l.city | {SUM}": "newest before an aggregate",
    # windows
    f"cdrs since 2026-01-01T06:00Z pass total_energy as aggregate | {SUM}": "must consist of whole days",
    f"cdrs until 2026-01-01T00:00:01Z pass total_energy as aggregate | {SUM}": "must consist of whole days",
    # sources
    f"({E} | {SUM}), ({E} | select(.currency == \"EUR\") | {SUM})": ONE,
    f"({E} | {SUM}), (sessions pass kwh as aggregate | aggregate sum(.kwh))": ONE,
    f"{E} | join cdrs as $d pass total_cost.excl_vat as aggregate on .currency == $d.currency | aggregate {{a: sum(.total_energy), b: sum($d.total_cost.excl_vat)}}": ONE,  # noqa: E501
    f"def s(x): x, x; s({E} | {SUM})": ONE,
    f"({E} | {SUM}), (cdrs pass total_energy | .total_energy)": "cdrs.total_energy is passed in two ways",
    f"({E} | {SUM}), (cdrs pass total_energy as rounded(5) | .total_energy)": "cdrs.total_energy is passed in two ways",
    "cdrs pass total_energy as aggregate, total_energy": "cdrs.total_energy is passed in two ways",
    # fields and modules
    "cdrs pass total_energy as aggregate(5) | aggregate count": "aggregate takes no number",
    "cdrs pass currency as aggregate": "cdrs.currency is not a number",
    "cdrs pass total_cost as aggregate": "cdrs.total_cost is an object",
    "cdrs pass charging_periods.dimensions.volume as aggregate": "is in a list",
    "tariffs pass min_price.excl_vat as aggregate": "tariffs has no field that names a driver",
    "evses pass coordinates.latitude as aggregate": "evses.coordinates.latitude is not a number",
    "connectors pass max_voltage as aggregate": "connectors has no field that names a driver",
    "cdrs pass . as aggregate": "a treatment is for a field",
}  # fmt: skip


@pytest.mark.parametrize("decoder", [nullcontext, careful_only], ids=["typed", "untyped"])
@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=list(REFUSED))
def test_refused_while_compiling(text: str, message: str | None, decoder: Any) -> None:
    with decoder():
        if message is None:
            query.compile(text)
            return
        with pytest.raises(OcpiqError) as caught:
            query.compile(text)
    error = caught.value
    assert message in error.message
    assert isinstance(error, PrivacyError | CompileError)
    assert error.span is not None and error.span.end > error.span.start
    assert error.hint


def test_that_every_error_of_privacy_has_exit_code_7() -> None:
    for text in list(REFUSED)[:6]:
        with pytest.raises(PrivacyError):
            query.compile(text)


# ---------------------------------------------------------------- what runs

CDRS = [
    {
        "id": f"C{number}",
        "currency": "EUR",
        "total_energy": number,
        "total_cost": {"excl_vat": number / 4} if number != 3 else None,
        "cdr_location": {"id": f"L{number % 2}", "city": ("Utrecht", "Utrecht", "Delft")[number % 3]},
        "cdr_token": {"uid": f"U{number}", "contract_id": f"NL-{number}"},
        "end_date_time": f"2026-0{1 + number % 2}-03T10:00:00Z",
    }
    for number in range(24)
]
LOCATIONS = [{"id": "L0", "name": "North"}, {"id": "L1", "name": "South"}]
CITY = "{city: .cdr_location.city, total_energy}"
TOO_FEW = "fewer than 10 drivers: nothing can be shown"
ALL = sum(range(24))

ANSWERS: list[tuple[str, list[Any]]] = [
    (f"{E} | {SUM}", [ALL]),
    (f"{E} | aggregate avg(.total_energy)", [ALL / 24]),
    (f"{E} | aggregate stddev(.total_energy)", [50**0.5]),
    (f"{E} | aggregate stddev(.total_energy * -2)", [2 * 50**0.5]),
    (f"{E} | aggregate count_distinct(.total_energy)", [24]),
    (f"{E} | aggregate {{n: count, kwh: sum(.total_energy) / count}}", [{"n": 24, "kwh": ALL / 24}]),
    (f"{E} | aggregate sum(.total_energy * 2 - .total_energy / 4 + -.total_energy)", [ALL * 0.75]),
    (f"{E}, total_cost.excl_vat as aggregate | aggregate {{a: sum(.total_energy), b: sum(.total_cost.excl_vat * 4)}}",
     [{"a": ALL - 3, "b": ALL - 3}]),  # of C3, which has no cost, nothing counts
    (f"{E}, end_date_time as month | {SUM} by .end_date_time",
     [{"end_date_time": "2026-01", "sum_total_energy": 132}, {"end_date_time": "2026-02", "sum_total_energy": 144}]),
    (f"{C} | {{l: .cdr_location.id, e: .total_energy}} | aggregate {{e: sum(.e), n: count(.l == \"L1\")}} by .l",
     [{"l": "L0", "e": 132, "n": 0}, {"l": "L1", "e": 144, "n": 12}]),
    (f"{C} | join locations as $l pass name on .cdr_location.id == $l.id | {SUM} by {{place: $l.name}}",
     [{"place": "North", "sum_total_energy": 132}, {"place": "South", "sum_total_energy": 144}]),
    (f'def cost: .currency; {C} | select(cost == "EUR" and (.cdr_location.city | test("^U"))) | {SUM}', [176]),
    (f"{E} | if .credit then {{e: .total_energy}} else {{e: .total_energy}} end | aggregate sum(.e)", [ALL]),
    (f"def s(x): x | {SUM}; s({E})", [ALL]),
    (f"cdrs during 2026-01 pass total_energy as aggregate | {SUM}", [132]),
    (f"{E} | {SUM} | . / 2", [ALL / 2]),
    (f"{E} | {{total_energy: 3}} | {SUM}", [72]),  # a number of the query's own
    (f"{E} | aggregate count", [24]),
    # few drivers
    (f"{C} | {SUM} by {{city: .cdr_location.city}}", [{"city": "#other", "sum_total_energy": ALL}]),
    (f"{C} | select(.cdr_location.city == \"Delft\") | {SUM}", ["#NA", TOO_FEW]),
    (f"{C} | select(.cdr_location.city == \"Delft\") | aggregate {{n: count, s: sum(.total_energy)}}",
     [{"n": "#NA", "s": "#NA"}, TOO_FEW]),
    (f"{C} | select(.cdr_location.city == \"Delft\") | {SUM} by .currency", [TOO_FEW]),
    (f"{E} | select(.currency == \"USD\") | {SUM} by .currency", [TOO_FEW]),
    (f"{E} | select(.currency == \"USD\") | {SUM}", ["#NA", TOO_FEW]),
]  # fmt: skip


@pytest.mark.parametrize("decoder", [nullcontext, careful_only], ids=["typed", "untyped"])
@pytest.mark.parametrize(("text", "expected"), ANSWERS, ids=[text for text, _ in ANSWERS])
def test_totals(text: str, expected: list[Any], decoder: Any) -> None:
    assert answer(text, decoder) == expected


def answer(text: str, decoder: Any = nullcontext, drivers: int = 10, cdrs: Any = CDRS) -> list[Any]:
    """Return the results as they print, and the warnings about drivers."""
    warnings: list[str] = []

    def notify(notice: object) -> None:
        if isinstance(notice, WarningIssued) and "drivers" in notice.message:
            warnings.append(notice.message)

    with decoder():
        source = sources.memory({"cdrs": cdrs, "locations": LOCATIONS})
        results = list(query.compile(text).run(sources=source, notify=notify, drivers=drivers))
    return [printed(result) for result in results] + warnings


def printed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: printed(inner) for name, inner in value.items()}
    return getattr(value, "text", value)


def grouped(*sizes: int) -> list[dict[str, Any]]:
    """Return CDRs in groups A, B, … with so many drivers; each driver has two CDRs of 1 kWh."""
    return [
        {
            "id": f"{city}{driver}{twice}",
            "total_energy": 1,
            "cdr_location": {"city": city},
            "cdr_token": {"uid": "x", "contract_id": f"{city}{driver}"},
        }
        for city, size in zip("ABCDE", sizes, strict=False)
        for driver in range(size)
        for twice in (1, 2)
    ]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((10, 10), {"A": 20, "B": 20}),
        ((10, 9), {"#other": 38}),  # 9 alone is too few, and B would be the total minus A
        ((10, 9, 12), {"C": 24, "#other": 38}),  # the smallest group that is left joins
        ((10, 5, 5), {"A": 20, "#other": 20}),
        ((10, 4, 5), {"#other": 38}),
        ((11, 10, 1, 12), {"A": 22, "D": 24, "#other": 22}),
        ((9,), {}),
        ((5, 4), {}),
        ((), {}),
    ],
)
def test_small_groups_are_combined(sizes: tuple[int, ...], expected: dict[str, int]) -> None:
    text = (
        f"{C} | {{c: .cdr_location.city, total_energy}} | aggregate {{n: count, s: sum(.total_energy)}} by .c"
    )
    found = answer(text, cdrs=grouped(*sizes))
    rows = [row for row in found if isinstance(row, dict)]
    assert {row["c"]: row["s"] for row in rows} == expected
    assert [row["n"] for row in rows] == [row["s"] for row in rows]
    assert [row["c"] for row in rows] == list(expected)  # the combined group is the last
    assert (TOO_FEW in found) == (not expected)


def test_the_combined_group_is_not_a_city_of_that_name() -> None:
    text = f"{C} | {SUM} by {{c: .cdr_location.city}}"
    cdrs = [{**cdr, "cdr_location": {"city": "#other" if cdr["cdr_location"]["city"] == "A" else "X"}}
            for cdr in grouped(10, 10, 1)]  # fmt: skip
    found = answer(text, cdrs=cdrs)
    assert [row["c"] for row in found] == ["#other", "X"]
    with pytest.raises(PrivacyError, match="#other stands for several groups"):
        answer(f'{text} | select(.c == "#other")', cdrs=grouped(10, 9, 12))
    with pytest.raises(PrivacyError, match="the total is over too few drivers"):
        answer(f'{C} | select(.cdr_location.city == "B") | {SUM} | . + 1', cdrs=grouped(10, 9))


@pytest.mark.parametrize("decoder", [nullcontext, careful_only], ids=["typed", "untyped"])
@pytest.mark.parametrize(
    ("tokens", "drivers"),
    [
        ([{"contract_id": f"NL-{n}"} for n in range(10)], 10),
        ([{"contract_id": text} for text in ("NL-A-1", "nla1", "NL*A*1", " NL-A-1 ")], 1),
        ([{"contract_id": None, "uid": f"U{n}"} for n in range(10)], 10),
        ([{"contract_id": text, "uid": "U"} for text in (None, "", "#NA", [], {})], 1),
        ([{"uid": "U-1"}, {"uid": "U1"}], 2),  # a token may have any name
        ([{"contract_id": "X"}, {"uid": "X"}], 2),
        ([{}, None, {"uid": None}, {"uid": ""}], 1),  # without a driver: one and the same
        ([{"uid": 1}, {"uid": 2}], 2),
    ],
)
def test_drivers(tokens: list[Any], drivers: int, decoder: Any) -> None:
    cdrs = [{"id": f"C{n}", "total_energy": 1, "cdr_token": token} for n, token in enumerate(tokens)]
    few = [{"id": f"X{n}", "total_energy": 1, "cdr_token": {"contract_id": f"other{n}"}} for n in range(20)]
    with_some = [*cdrs, *few[: 20 - drivers]]
    assert answer(f"{E} | {SUM}", decoder, drivers=20, cdrs=with_some) == [len(with_some)]
    assert answer(f"{E} | {SUM}", decoder, drivers=21, cdrs=with_some)[0] == "#NA"


def test_tokens_of_2_1_1() -> None:
    cdrs = [{"id": f"C{n}", "total_energy": 1, "auth_id": f"A{n}"} for n in range(10)]
    compiled = query.compile(f"{E} | {SUM}", version="2.1.1")
    assert list(compiled.run(sources=sources.memory({"cdrs": cdrs}, version="2.1.1"))) == [10]


@pytest.mark.parametrize("decoder", [nullcontext, careful_only], ids=["typed", "untyped"])
@pytest.mark.parametrize("odd", [None, "1", True, [1], {"a": 1}, "absent"])
def test_only_numbers_count(odd: Any, decoder: Any) -> None:
    cdrs: list[dict[str, Any]] = grouped(11)
    for cdr in cdrs[:2]:  # of one driver
        if odd == "absent":
            del cdr["total_energy"]
        else:
            cdr["total_energy"] = odd
    assert answer(f"{E} | {SUM}", decoder, cdrs=cdrs) == [20]
    assert answer(f"{E} | {SUM}", decoder, drivers=11, cdrs=cdrs)[0] == "#NA"


@pytest.mark.parametrize("form", ["a page", "a large page", "signed zeros", "bad items"])
def test_every_way_through_the_gate(form: str, tmp_path: Any) -> None:
    cdrs: list[Any] = [{**cdr, "total_time": -0.0 if form == "signed zeros" else 1} for cdr in grouped(10, 4)]
    (tmp_path / "p.json").write_text(json.dumps([*cdrs, *([1] if form == "bad items" else [])]), "utf-8")
    text = f"{C}, total_time | select(.total_time != 7) | aggregate {{s: sum(.total_energy), n: count}}"
    with patch("ocpiq.gate.gate.LARGE", 1 if form == "a large page" else 1 << 24):
        found = list(query.compile(text).run(sources=sources.files({"cdrs": tmp_path}, version="2.2.1")))
    assert found == [{"s": 28, "n": 28}]


def test_factors_cannot_cut_single_values() -> None:
    """A number is never rounded before it is added: 5e-324 times 0.4 would be 0, and times 0.6 5e-324."""
    cdrs = [{**cdr, "total_energy": 0.4} for cdr in grouped(10)]
    tiny = "5e-324"
    assert answer(f"{E} | aggregate sum(.total_energy * {tiny})", cdrs=cdrs) == [8 * 5e-324]
    assert answer(f"{E} | aggregate sum(.total_energy * 1e308 * 100 / 1e308)", cdrs=cdrs) == [800]
    assert answer(f"{E} | aggregate count_distinct(.total_energy * {tiny} * {tiny})", cdrs=cdrs) == [1]


@pytest.mark.parametrize("drivers", [0, 4, -1])
def test_a_run_needs_at_least_5_drivers(drivers: int) -> None:
    with pytest.raises(OcpiqError, match="drivers must be at least 5"):
        answer(f"{E} | {SUM}", drivers=drivers)


def test_the_window_of_a_run_must_consist_of_whole_days() -> None:
    compiled = query.compile(f"cdrs since $from pass total_energy as aggregate | {SUM}", variables=["from"])
    source = sources.memory({"cdrs": CDRS})
    assert list(compiled.run(sources=source, variables={"from": "2026-01-01"})) is not None
    for moment in ("2026-01-01T00:00:01Z", 1767225601, "3 hours ago"):
        with pytest.raises(PrivacyError, match="must consist of whole days"):
            list(compiled.run(sources=source, variables={"from": moment}))
    in_zone = f"cdrs since 2026-01-01 pass total_energy as aggregate | {SUM}"
    query.compile(in_zone, zone="Europe/Amsterdam")
    with pytest.raises(PrivacyError):
        query.compile(in_zone.replace("01-01", "01-01T00:00Z"), zone="Europe/Amsterdam")


def test_a_run_in_parts_is_refused() -> None:
    """Each part would count its own drivers, by hashes that only its process knows."""
    with pytest.raises(Obstacle, match="a part of it could have few drivers"):
        split(query.compile(f"{E} | {SUM}").plan)


def test_an_imported_module_passes_nothing_for_aggregates_either(tmp_path: Any) -> None:
    (tmp_path / "m.jq").write_text(f"def f: {E};", "utf-8")
    with pytest.raises(OcpiqError, match="only the query itself may pass fields"):
        query.compile(f'import "m" as m; m::f | {SUM}', home=tmp_path)
    (tmp_path / "n.jq").write_text(f"def f(s): s | {SUM};", "utf-8")
    compiled = query.compile(f'import "n" as n; n::f({E})', home=tmp_path)
    assert list(compiled.run(sources=sources.memory({"cdrs": CDRS}))) == [ALL]
