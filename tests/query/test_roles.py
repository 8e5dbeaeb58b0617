"""The roles of `explain` are right: a field whose change shows in the results is listed for it.

A field of one object is changed. Where more of the results changes than which rows there are and in what order, the
field is shown or aggregated; where it is not listed at all, nothing changes.
"""

from __future__ import annotations

import copy
import json
import os
from collections import defaultdict
from functools import lru_cache
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from role_queries import CHANGED, PASSED, TIMES, WORDS, Query, each_form, queries, sessions

from ocpiq.analysis.explanation import Explanation, explain
from ocpiq.errors import CompileError, RunError
from ocpiq.query import compile
from ocpiq.sources.memory_source import MemorySource

EXAMPLES = 2000 if os.environ.get("CI") == "true" else 400
Json = dict[str, Any]


@lru_cache(maxsize=1)
def compiled(text: str) -> tuple[Any, Explanation]:
    """Return the query, and what `explain` says of it."""
    query = compile(text)
    return query, explain(query.plan, "2.2.1")


def results(text: str, objects: list[Json], locations: list[Json] | None = None) -> list[Any] | None:
    """Return the results of a query, None if it fails."""
    sources = {
        "sessions": MemorySource(objects, "2.2.1"),
        "locations": MemorySource(locations or [], "2.2.1"),
    }
    try:
        return list(compiled(text)[0].run(sources=sources))
    except RunError:
        return None


def changed(objects: list[Json], number: int, path: str, value: object) -> list[Json]:
    """Return the objects with another value of a field of one of them; of a list, in its first item."""
    objects = copy.deepcopy(objects)
    *parents, name = path.split(".")
    here: Any = objects[number]
    for parent in parents:
        here = here[parent]
        here = here[0] if isinstance(here, list) else here
    here[name] = value
    return objects


def roles(text: str, path: str, number: int = 0) -> set[str]:
    """Return the roles of a field that `explain` lists, its own and those of what holds it."""
    source = compiled(text)[1].sources[number]
    listed = [use for use in source.fields if path == use.path or path.startswith(f"{use.path}.")]
    return {role for use in listed for role in use.roles}


def rows(found: list[Any], key: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the results by the object or group that they are of."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for row in found:
        by_key[json.dumps([row[name] for name in key])].append(json.dumps(row))
    return by_key


def differs_in_a_row(query: Query, one: list[Any], other: list[Any]) -> bool:
    """Tell whether more differs than which rows there are, and in what order."""
    if not query.key:
        return one != other
    left, right = rows(one, query.key), rows(other, query.key)
    return any(
        len(left[key]) == len(right[key]) == 1 and left[key] != right[key] for key in left.keys() & right
    )


def check(query: Query, path: str, one: list[Any] | None, others: list[Json]) -> str:
    """Compare results with those on objects that differ in one field, and say what was seen."""
    return compare(query, one, results(query.text, others), path)


def compare(query: Query, one: list[Any] | None, other: list[Any] | None, path: str, number: int = 0) -> str:
    """Compare two results of a query that differ in a field of source `number`, and say what was seen."""
    if one is None or other is None:
        return "fails"
    listed = roles(query.text, path, number) & {"shown", "aggregated", "decides"}
    if not listed:
        assert one == other, (query.text, path)
    if not listed & {"shown", "aggregated"}:
        assert not differs_in_a_row(query, one, other), (query.text, path)
    return f"{', '.join(sorted(listed)) or 'not listed'}; changes: {one != other}"


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(queries(), sessions(), st.data())
def test_what_changes_is_listed(query: Query, objects: list[Json], data: st.DataObject) -> None:
    named = [path for path in CHANGED if f".{path.rpartition('.')[2]}" in query.text]
    path = data.draw(st.sampled_from(named if named and data.draw(st.integers(0, 7)) else list(CHANGED)))
    number = data.draw(st.integers(0, len(objects) - 1))
    others = changed(objects, number, path, data.draw(st.sampled_from(CHANGED[path])))
    assume(objects != others)
    try:
        event(check(query, path, results(query.text, objects), others))
    except CompileError as error:
        event(f"does not compile: {error.message}")


@pytest.mark.parametrize("query", list(each_form()), ids=lambda query: query.text.partition(" | ")[2])
def test_each_form_alone(query: Query) -> None:
    """Every field is changed to every other value, in one of some objects that differ."""
    objects = [session(number, number, WORDS[number % 3], TIMES[number % 3]) for number in range(4)]
    one = results(query.text, objects)
    for path, values in CHANGED.items():
        for value in values:
            others = changed(objects, 1, path, value)
            if others != objects:
                check(query, path, one, others)


def session(number: int, amount: float, word: str, time: str) -> Json:
    """Return a session whose numbers, words and times are these."""
    period = {
        "start_date_time": time,
        "dimensions": [{"type": "ENERGY", "volume": amount}],
        "tariff_id": word,
    }
    return {
        "country_code": "NL",
        "party_id": "ABC",
        "id": f"S{number}",
        "start_date_time": time,
        "kwh": amount,
        "cdr_token": {"uid": word, "type": "RFID", "contract_id": word},
        "location_id": word,
        "evse_uid": word,
        "meter_id": word,
        "charging_periods": [period, {**period, "tariff_id": "PENDING"}],
        "total_cost": {"excl_vat": amount},
        "status": word,
    }


JOINS = [
    ("", "{id, value: $l.city}"),
    ("each ", "{id, value: $l.city}"),
    ("", "{id, value: ($l == null)}"),
    ("", "{id, value: .kwh}"),
    ("each ", "{id, value: .kwh}"),
    ("", 'select($l.city == "PENDING") | {id, value: .kwh}'),
    ("", "aggregate {id: count, value: sum(.kwh)} by {city: $l.city}"),
    ("", "aggregate {id: 1, value: [count, sum(.kwh)]}"),
    ("", "{id, value: ($l // {city: .status}).city}"),
    ("", "[$l.name, .id] | {id: .[1], value: .[0]}"),
]


@pytest.mark.parametrize(("each", "rest"), JOINS)
def test_joins(each: str, rest: str) -> None:
    right = 'locations pass city, name | select(.name != "INVALID")'
    text = f"sessions pass {PASSED} | join {each}({right}) as $l on .location_id == $l.id | {rest}"
    query = Query(text, ("city",) if "by {" in rest else ("id",))
    objects = [session(number, number, WORDS[number % 3], TIMES[0]) for number in range(4)]
    locations = [
        {"id": word, "city": word, "name": other} for word, other in zip(WORDS, reversed(WORDS), strict=True)
    ]
    one = results(text, objects, locations)
    for path, value, number in product(("location_id", "kwh", "status"), (*WORDS, 7), (0, 1)):
        if isinstance(value, str) is not (path == "kwh"):
            compare(query, one, results(text, changed(objects, number, path, value), locations), path, 0)
    for path, value, number in product(("id", "city", "name"), (*WORDS, "other"), (0, 1)):
        others = changed(locations, number, path, value)
        if len({location["id"] for location in others}) == len(others):
            compare(query, one, results(text, objects, others), path, 1)
