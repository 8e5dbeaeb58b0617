"""Fields that a query reads and no object has: a warning names a similar field, or says that OCPI requires it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ocpiq
import ocpiq.sources
from ocpiq.errors import WarningIssued
from ocpiq.gate.missing_fields import similar

SESSION = {"id": "1", "currency": "EUR", "status": "COMPLETED", "kWh": 5}
CDR = {"id": "1", "cdrLocation": {"city": "Gent"}, "cdr_location": {"City": "Gent"}, "end_date_time": "x"}
EVSES = {"id": "L1", "evses": [{"uid": "E1", "state": "AVAILABLE"}]}


def near(path: str, other: str) -> str:
    return f"no object has {path}, which the query reads; they have {other}"


def required(*paths: str) -> str:
    return f"no object has {', '.join(paths)}, which the query reads and OCPI requires"


CASES: dict[str, tuple[str, str, list[Any], list[str]]] = {
    "in other letters": ("sessions pass kwh | aggregate sum(.kwh)", "2.2.1", [SESSION], [near("kwh", "kWh")]),
    "in an object": ("sessions pass kwh | {kwh}", "2.2.1", [SESSION], [near("kwh", "kWh")]),
    "named by only": ("sessions only id, kwh", "2.2.1", [SESSION], [near("kwh", "kWh")]),
    "named by pass": ("sessions pass kwh", "2.2.1", [SESSION], [near("kwh", "kWh")]),
    "one of two": ("sessions pass kwh | .kwh, .currency, .id", "2.2.1", [SESSION], [near("kwh", "kWh")]),
    "in another object": ("sessions pass kwh | .kwh", "2.2.1", [SESSION, {"id": "2", "kwh": 1}], []),
    "in the last object": (
        "sessions pass kwh | .kwh",
        "2.2.1",
        [*[SESSION] * 450, {"id": "2", "kwh": 1}],
        [],
    ),
    "in the last of whole objects": (
        "sessions pass kwh",
        "2.2.1",
        [*[SESSION] * 450, {"id": "2", "kwh": 1}],
        [],
    ),
    "in no object of many": ("sessions pass kwh", "2.2.1", [SESSION] * 450, [near("kwh", "kWh")]),
    "required": ("sessions pass kwh | .kwh", "2.2.1", [{"id": "1"}], [required("kwh")]),
    "two required": (
        "sessions pass kwh | .kwh, .currency",
        "2.2.1",
        [{"id": "1"}],
        [required("kwh", "currency")],
    ),
    "not required": ("sessions pass meter_id | .meter_id", "2.2.1", [{"id": "1"}], []),
    "not read": ("sessions pass kwh | .id", "2.2.1", [SESSION], []),
    "not an object": ("sessions | .id", "2.2.1", [], []),
    "below an object": (
        "cdrs pass cdr_location.city | .cdr_location.city",
        "2.2.1",
        [CDR],
        [near("cdr_location.city", "cdr_location.City")],
    ),
    "an object": (
        "cdrs pass cdr_location.city | .cdr_location.city",
        "2.2.1",
        [{"id": "1", "cdrLocation": {"city": "Gent"}}],
        [near("cdr_location", "cdrLocation")],
    ),
    "of another version": (
        "cdrs pass stop_date_time | .stop_date_time",
        "2.1.1",
        [CDR],
        [near("stop_date_time", "end_date_time")],
    ),
    "a vendor's own": (
        'sessions pass "x_depot.name" | .x_depot.name',
        "2.2.1",
        [{"id": "1", "xDepot": {"name": 1}}],
        [near("x_depot", "xDepot")],
    ),
    "a similar name outside of the view": (
        "cdrs only stop_date_time, id",
        "2.1.1",
        [CDR],
        [required("stop_date_time")],
    ),
    "a similar name that is not plain": (
        "sessions pass kwh | .kwh",
        "2.2.1",
        [{"id": "1", "k w h": 1}],
        [required("kwh")],
    ),
    "of a nested module": ("evses | .status", "2.2.1", [EVSES], [near("status", "state")]),
    "a key of a nested module": ("evses | .location_id", "2.2.1", [EVSES], []),
}


def warnings_of(query: str, version: str, source: Any) -> list[str]:
    notices: list[Any] = []
    list(ocpiq.compile(query, version=version).run(sources=source, notify=notices.append))
    said = [notice.message for notice in notices if isinstance(notice, WarningIssued)]
    return [text.partition(": ")[2] for text in said if "no object has" in text]


@pytest.mark.parametrize("form", ["pages", "lines", "memory"])
@pytest.mark.parametrize(("query", "version", "objects", "expected"), CASES.values(), ids=CASES)
def test_a_field_that_no_object_has(
    query: str, version: str, objects: list[Any], expected: list[str], form: str, tmp_path: Path
) -> None:
    module = query.split(maxsplit=1)[0]
    if form == "memory":
        source = ocpiq.sources.memory({module: objects}, version)
    else:
        lines = [json.dumps(item) for item in objects]
        text = f"[{','.join(lines)}]" if form == "pages" else "".join(f"{line}\n" for line in lines)
        (tmp_path / "saved").write_text(text)
        source = ocpiq.files({module: tmp_path / "saved"}, version=version)
    assert warnings_of(query, version, source) == expected


def test_what_was_read_before_an_early_stop(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_text("".join(json.dumps(item) + "\n" for item in [SESSION] * 300 + [{"id": "2", "kwh": 1}]))
    query = "sessions pass kwh | limit 3 | .kwh"
    assert warnings_of(query, "2.2.1", ocpiq.files({"sessions": path})) == [near("kwh", "kWh")]


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("kwh", ["kWh"], "kWh"),
        ("start_date_time", ["startDateTime", "start_date_times"], "startDateTime"),
        ("total_energy", ["total_energie"], "total_energie"),
        ("kwh", ["remark"], ""),
        ("kwh", [], ""),
    ],
)
def test_similar(name: str, others: list[str], expected: str) -> None:
    assert similar(name, others) == expected
