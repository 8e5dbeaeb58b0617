"""The columns that a query's results will have, as far as its plan knows."""

from __future__ import annotations

import pytest

from ocpiq.plan.columns import Columns
from ocpiq.query import compile

CASES = {
    "an object of the query": ("{a: 1, b: {c: 2}}", "a b.c"),
    "what nobody can know stays open": (".[] | {a, b: .b.c}", "a? b?"),
    "plain JSON": (".[]", "?"),
    "a number": ("sessions | aggregate count", ""),
    "an array": ("[.[]]", ""),
    "groups": ("sessions | aggregate {n: count, kwh: sum(1)} by .country_code", "country_code n kwh"),
    "groups, sorted": (
        "sessions | aggregate count by .country_code | sort by .count | limit 2",
        "country_code count",
    ),
    "a source": ("sessions only id, kwh", "id kwh"),
    "a known object flattens": (
        "sessions only id, total_cost",
        "id total_cost.excl_vat total_cost.incl_vat total_cost?",
    ),
    "as far as it is shown": ("sessions only total_cost.incl_vat", "total_cost.incl_vat"),
    "inside an object": ("tariffs | {id, p: .min_price}", "id p.excl_vat p.incl_vat p?"),
    "a list of objects is one column": ("sessions | {id, p: .charging_periods}", "id p"),
    "items of a list": ("sessions | .charging_periods[] | {t: .tariff_id, d: .dimensions}", "t d"),
    "a blank": ("sessions | {kwh}", "kwh"),
    "a field that only another version has": ('sessions only "start_datetime", id', "id start_datetime"),
    "a vendor's field": ('sessions only "x_a", id', "id x_a?"),
    "one or the other": (".[] | {a, b: 1}, {b: 2, c: {d: 3}}", "a? b c.d"),
    "or null": ("{a: (if .a then {b: 1} else null end)}", "a.b"),
    "decimal text": ("locations pass coordinates | {id, c: .coordinates}", "id c.latitude, c.longitude, c?"),
    "decimal text or other": ('locations | {a: (.coordinates.latitude, "x")}', "a"),
    "an object or a number": ("{a: (if .a then {b: 1} else 1 end)}", "a?"),
}


def written(known: Columns, path: str = "") -> list[str]:
    """Return the paths of the columns, `?` after what is open, `,` after decimal text."""
    found = (
        [] if known.fields or known.open or not path else [f"{path}," if known.type == "decimal" else path]
    )
    for name, inner in known.fields.items():
        found += written(inner, f"{path}.{name}".lstrip("."))
    return [*found, f"{path}?"] if known.open else found


@pytest.mark.parametrize(("query", "expected"), CASES.values(), ids=CASES)
def test_columns(query: str, expected: str) -> None:
    assert written(compile(query).columns()) == expected.split()


def test_a_whole_object_has_the_fields_of_its_version() -> None:
    new, old = (compile("sessions", version=version).columns() for version in ("2.2.1", "2.1.1"))
    assert list(new.fields)[:4] == ["country_code", "party_id", "id", "start_date_time"]
    assert list(old.fields)[:2] == ["id", "start_datetime"]
    assert new.open and old.open


TYPES = {
    "fields of a source": (
        "sessions pass kwh | {id, kwh, t: .last_updated, s: .status, c: .cdr_token.uid}",
        "id string sessions.id, kwh number sessions.kwh, t DateTime sessions.last_updated #,"
        " s string sessions.status #, c string sessions.cdr_token.uid #",
    ),
    "int, boolean and decimal text": (
        "locations pass ., evses.coordinates | {p: .publish, o: .opening_times.twentyfourseven,"
        " g: .coordinates.latitude}",
        "p boolean locations.publish, o boolean locations.opening_times.twentyfourseven,"
        " g decimal locations.coordinates.latitude",
    ),
    "an integer": (
        "connectors pass . | {v: .max_voltage, e: .standard}",
        "v int connectors.max_voltage, e string connectors.standard",
    ),
    "a list": ("cdrs pass . | {p: .charging_periods, r: [.id]}", "p list cdrs.charging_periods, r list"),
    "an item of a list": (
        "cdrs | .charging_periods[] | {t: .tariff_id}",
        "t string cdrs.charging_periods.tariff_id",
    ),
    "a vendor's field": ('sessions pass "x_a" | {a: ."x_a"}', "a unknown"),
    "computed": (
        '{a: 1, b: "x", c: (1 == 2), d: null, e: .x}',
        "a number, b string, c boolean, d unknown, e unknown",
    ),
    "the common type": (
        '{a: (if .x then 1 else 2.5 end), b: (if .x then 1 else "x" end)}',
        "a number, b unknown",
    ),
    "builtins": (
        "sessions pass kwh, start_date_time, cdr_token.uid | {m: (.start_date_time | month), n: (.id | length),"
        ' r: (.kwh | round(1)), t: "\\(.cdr_token.uid)", h: (.start_date_time | hour), j: [.id]}',
        "m string, n int, r number, t string, h int, j list",
    ),
    "aggregates": (
        "sessions pass kwh, last_updated, status"
        " | aggregate {n: count, kwh: sum(.kwh), a: avg(.kwh), l: max(.last_updated),"
        " f: first(.id), d: count_distinct(.id), c: collect(.id)} by .status",
        "status string sessions.status, n int, kwh number, a number, l DateTime sessions.last_updated,"
        " f string sessions.id, d int, c list",
    ),
    "operators": (
        "sessions pass kwh, location_id | {a: (.kwh * 2), b: (.kwh - 1), c: (.kwh + .kwh), d: (.location_id + .id),"
        " e: (-.kwh), f: (.kwh > 1), g: (.kwh // 0), h: (.location_id / .id)}",
        "a number, b number, c number, d string, e number, f boolean, g number, h list",
    ),
    "a changed field": (
        'sessions pass kwh | {id, kwh} | .kwh |= round(1) | .n = 1 | .id += "x"',
        "id string, kwh number, n number",
    ),
    "slots": (
        "sessions pass start_date_time, end_date_time, kwh"
        ' | slots("hour"; .start_date_time; .end_date_time) | {slot, hours, start}',
        "slot string, hours number, start string",
    ),
    "one value": ("sessions | aggregate sum(1)", "value number"),
}


@pytest.mark.parametrize(("query", "expected"), TYPES.values(), ids=TYPES)
def test_types(query: str, expected: str) -> None:
    """Each column as its name, type, and schema path; `#` marks a blanked field."""
    found = [
        " ".join(filter(None, (column.name, column.type, column.path, "#" * column.blank)))
        for column in compile(query).columns().leaves()
    ]
    assert ", ".join(found) == expected
