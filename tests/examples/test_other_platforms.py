"""All reports on platforms unlike the demo: fields left out, other forms of times, two parties with the same ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest

from ocpiq import demo, query, schema, sources
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.recipient import Recipient
from ocpiq.reports import find, names

Json = dict[str, Any]
Modules = dict[str, list[Json]]
NESTED = {"evses": "locations", "connectors": "locations"}
INSIDE = {"evses": ("evses",), "connectors": ("evses", "connectors")}
RECIPIENT = Recipient("university", b"k" * 32, "12345678")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
VARIABLES = {
    "period": "2026-10",
    "network_provider": "acme",
    "country": "NLD",
    "contact": "contact@example.com",
    "project": "P1",
    "provider": "ACME",
    "email": "contact@example.com",
    "currency": "EUR",
    "contract": "NL-DEM-C12898354-6",
    "least": 1,
}


@cache
def platform() -> Modules:
    """Return a part of the demo: the first locations, and what happened there in October."""
    places = list(demo.objects("locations"))[:12]
    ids = {place["id"] for place in places}
    sessions = [item for item in demo.objects("sessions") if item["location_id"] in ids and is_october(item)]
    cdrs = [item for item in demo.objects("cdrs") if item["cdr_location"]["id"] in ids and is_october(item)]
    tokens = list(demo.objects("tokens"))[:20]
    statuses = [
        status for place in places for evse in place["evses"] for status in history(place, evse["uid"])
    ]
    return {
        "locations": places,
        "sessions": sessions,
        "cdrs": cdrs,
        "tariffs": list(demo.objects("tariffs")),
        "tokens": tokens,
        "statuses": statuses,
    }


def is_october(item: Json) -> bool:
    return str(item.get("end_date_time", "")).startswith("2026-10")


def history(place: Json, uid: str) -> Iterator[Json]:
    """Yield the statuses of an EVSE in a log: it is out of order for a day."""
    times = [f"2026-10-{day}T00:00:00Z" for day in ("01", "10", "11", "31")]
    before = None
    for status, begin, end in zip(("AVAILABLE", "OUTOFORDER", "AVAILABLE"), times, times[1:], strict=False):
        known = {"earliest": begin, "from": begin, "seen": begin, "until": end, "until_earliest": end}
        key = {name: place[name] for name in ("country_code", "party_id")}
        key |= {"location_id": place["id"], "evse_uid": uid}
        yield key | known | {"status": status, "previous": before, "by": "poll"}
        before = status


@cache
def compiled(name: str) -> query.Query:
    report = find(name)
    parameters = [parameter.name for parameter in report.metadata.params]
    return query.compile(report.text, variables=parameters, home=report.path.parent)


def run(name: str, modules: Modules) -> list[Any]:
    report = compiled(name)
    parameters = {parameter.name for parameter in report.metadata.params}
    memory = sources.memory(modules)
    return list(
        report.run(
            sources={module: memory[NESTED.get(module, module)] for module in report.modules},
            variables={parameter: value for parameter, value in VARIABLES.items() if parameter in parameters},
            recipient=None if not report.needs_recipient else RECIPIENT,
        )
    )


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with each of its texts changed."""
    if isinstance(value, dict):
        return {name: changed(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def without(value: Any, steps: tuple[str, ...]) -> Any:
    """Return a value without the field at a path."""
    if isinstance(value, list):
        return [without(item, steps) for item in value]
    if not isinstance(value, dict) or steps[0] not in value:
        return value
    rest = {name: item for name, item in value.items() if name != steps[0]}
    return rest if len(steps) == 1 else rest | {steps[0]: without(value[steps[0]], steps[1:])}


def optional_fields(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield module and path of each field that a report reads and a platform may leave out."""
    for source in compiled(name).plan.sources:
        inside = INSIDE.get(source.module, ())
        yield from (
            (NESTED.get(source.module, source.module), (*inside, *path))
            for path in optional_below(schema.module(source.module, "2.2.1").root, source.demand)
        )


def optional_below(field: schema.SchemaField, demand: Demand) -> Iterator[tuple[str, ...]]:
    for name, child in field.children.items():
        if name in demand.fields or demand.whole:
            if not child.required:
                yield (name,)
            for path in optional_below(child, demand.fields.get(name) or Demand(whole=True)):
                yield (name, *path)


@pytest.mark.parametrize("name", names())
def test_every_optional_field_may_be_left_out(name: str) -> None:
    """And the others that some platform leaves out: the report has a row with an empty field, or none."""
    assert run(name, platform()) is not None
    for module, path in {*optional_fields(name)}:
        objects = [without(item, path) for item in platform()[module]]
        try:
            rows = run(name, platform() | {module: objects})
        except Exception as error:
            raise AssertionError(f"without {module}.{'.'.join(path)}: {error}") from error
        assert not re.search(r"\bnull\b", " ".join(texts(rows))), path


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


FORMS: dict[str, Callable[[datetime], str]] = {
    "an offset": lambda moment: moment.astimezone(timezone(timedelta(hours=2))).isoformat(),
    "offsets in turn": lambda moment: moment.astimezone(
        timezone(timedelta(hours=moment.minute % 3))
    ).isoformat(),
    "no zone": lambda moment: moment.replace(tzinfo=None).isoformat(),
    "fractions": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", names())
def test_times_in_other_forms_are_the_same_times(name: str, form: Callable[[datetime], str]) -> None:
    def write(text: str) -> str:
        return form(datetime.fromisoformat(text)) if TIME.fullmatch(text) else text

    modules = {module: changed(items, write) for module, items in platform().items()}
    assert changed(run(name, modules), in_utc) == changed(run(name, platform()), in_utc)


def in_utc(text: str) -> str:
    """Return a time in one form; other texts as they are."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat() if "T" in text else text


DOUBLED: dict[str, tuple[str, ...]] = {
    "afir_summary": ("evses", "complete", "missing"),
    "average_duration": ("sessions",),
    "city_month": ("sessions", "places"),
    "concession": ("evses", "sessions", "failed", "available_hours"),
    "nevi_power": ("sessions",),
    "occupancy": ("sessions",),
    "occupancy_heat_map": (),
    "power_classes": ("connectors",),
    "prices_and_durations": ("cdrs",),
    "thg_quota": (),
    "uk_reliability": ("evses",),
}
"""The reports that show totals, and their numbers that are twice as large for two parties with the same objects."""


@pytest.mark.parametrize("name", names())
def test_two_parties_with_the_same_ids_are_not_mixed_up(name: str) -> None:
    """As on a hub: each object belongs to those of its own party."""
    other = {module: [item | {"party_id": "XYZ"} for item in items] for module, items in platform().items()}
    both = {module: items + other[module] for module, items in platform().items()}
    rows = run(name, platform())
    if name in DOUBLED:
        twice = [row | {column: 2 * row[column] for column in DOUBLED[name]} for row in rows]
        keys = [
            column for column, value in rows[0].items() if isinstance(value, str) or column in DOUBLED[name]
        ]
        shown = [[row[column] for column in keys] for row in run(name, both)]
        assert shown == [[row[column] for column in keys] for row in twice]
    else:
        assert multiset(run(name, both)) == multiset([*rows, *run(name, other)])


def multiset(rows: list[Any]) -> Counter[str]:
    return Counter(str(row) for row in rows)
