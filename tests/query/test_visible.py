"""The facts that stay visible of fields that are not passed, as PRIVACY.md lists them; its tests exist."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from ocpiq.errors import Message, Notice, UsageError, WarningIssued
from ocpiq.query import compile
from ocpiq.sources import files, memory
from ocpiq.values.json.codec import to_json

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "PRIVACY.md").read_text("utf-8")
ONE: dict[str, Any] = {
    "id": "s1",
    "kwh": 7,
    "charging_periods": [{"tariff_id": None}],
    "total_cost": {"excl_vat": 1},
}

VISIBLE = {
    "the number of objects": ("sessions | .kwh", [ONE], [ONE, ONE]),
    "their order": ("sessions | .id", [{"id": "s1"}, {"id": "s2"}], [{"id": "s2"}, {"id": "s1"}]),
    "which lie in a window": (
        "sessions since 2026-01-01",
        [ONE | {"last_updated": "2026-01-02T00:00:00Z"}],
        [ONE | {"last_updated": "2025-01-02T00:00:00Z"}],
    ),
    "in which period charging ended": (
        "sessions during 2026-01",
        [ONE | {"end_date_time": "2026-01-02T00:00:00Z"}],
        [ONE | {"end_date_time": "2026-02-02T00:00:00Z"}],
    ),
    "whether a field was sent": ("sessions", [ONE], [{"id": "s1"}]),
    "how long a list of objects is": ("sessions", [ONE], [ONE | {"charging_periods": [{}, {}]}]),
    "whether there is an object, a list or null": ("sessions", [ONE], [ONE | {"charging_periods": None}]),
    "fields that pass by default": ("sessions", [ONE], [ONE | {"id": "s2"}]),
}
HIDDEN = {
    "the value of a field": ("sessions", [ONE], [ONE | {"kwh": 8}]),
    "its type": ("sessions", [ONE], [ONE | {"kwh": {"a": [1]}}]),
    "that it is null": ("sessions", [ONE], [ONE | {"kwh": None}]),
    "how long a list of values is": (
        "locations | .evses[]",
        [{"evses": [{"accepted_service_providers": ["x"]}]}],
        [{"evses": [{"accepted_service_providers": ["x", "y"]}]}],
    ),
    "the values of unknown fields": ("sessions", [ONE | {"x": 1}], [ONE | {"x": [2]}]),
    "when it was last updated, within the window": (
        "sessions since 2026-01-01",
        [ONE | {"last_updated": "2026-01-02T00:00:00Z"}],
        [ONE | {"last_updated": "2026-05-02T00:00:00Z"}],
    ),
}


def results_and_warnings(query: str, objects: list[dict[str, Any]]) -> tuple[list[str], list[Notice]]:
    """Return the results as JSON, and the warnings."""
    notices: list[Notice] = []
    results = compile(query).run(
        sources=memory({"sessions": objects, "locations": objects}), notify=notices.append
    )
    return [to_json(value) for value in results], [
        notice for notice in notices if isinstance(notice, WarningIssued)
    ]


@pytest.mark.parametrize(("query", "one", "other"), VISIBLE.values(), ids=list(VISIBLE))
def test_visible_facts(query: str, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert results_and_warnings(query, one) != results_and_warnings(query, other)


@pytest.mark.parametrize(("query", "one", "other"), HIDDEN.values(), ids=list(HIDDEN))
def test_hidden_facts(query: str, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert results_and_warnings(query, one) == results_and_warnings(query, other)


def test_names_of_unknown_fields_are_visible() -> None:
    assert results_and_warnings("sessions", [ONE | {"x_depot": 1}])[1] == [
        WarningIssued(Message("sessions: 1 field is not OCPI's, left out: x_depot"))
    ]


def test_a_field_that_no_object_has_is_visible() -> None:
    assert results_and_warnings("sessions pass kwh | .kwh", [{"id": "s1", "kWh": 7}]) == (
        ["null"],
        [
            WarningIssued(Message("sessions: 1 field is not OCPI's, left out: kWh")),
            WarningIssued(Message("sessions: no object has kwh, which the query reads; they have kWh")),
        ],
    )


def test_whether_a_file_has_a_field_of_its_module_is_visible(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    for content, is_refused in ((b'[{"x": 1}]', True), (b'[{"x": 1, "kwh": 2}]', False)):
        path.write_bytes(content)
        with pytest.raises(UsageError) if is_refused else nullcontext():
            list(compile("sessions only id").run(sources=files({"sessions": path})))


def test_every_claim_names_an_existing_test() -> None:
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(tests) > 15
    for path, name in tests:
        assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), f"{path}::{name}"
    prose = re.sub(r"^    .*$", "", PAGE, flags=re.MULTILINE)  # without examples
    marks = set(re.findall(r"\[(\w+)\]", prose))
    assert marks == set(re.findall(r"^\| (\w+) \| `tests", PAGE, re.MULTILINE))
