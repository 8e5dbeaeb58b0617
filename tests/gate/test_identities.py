"""The identities of rows for a state: the same, with the same hash of the row, in whichever way it is decoded."""

from __future__ import annotations

import json
import sys

import pytest

from ocpiq.delivery.increment import RowHash
from ocpiq.gate import Identity, KeySeal, Window, gate
from ocpiq.gate.keys import cipher
from ocpiq.query import compile
from ocpiq.schema import module

SECRET = bytes(range(32))
LATE = 1_767_225_600_000_000  # 2026-01-01
OBJECTS: list[dict[str, object]] = [
    {"country_code": "NL", "party_id": "ABC", "id": "C1", "kwh": 1, "last_updated": "2025-12-31T00:00:00Z"},
    {"country_code": "NL", "party_id": "ABC", "id": "C2", "kwh": 2.5, "last_updated": "2026-01-02T00:00:00Z"},
    {"id": "c2", "kwh": None, "last_updated": "nonsense"},
    {"kwh": 7},
]
QUERIES = [
    "sessions only id, kwh",
    "sessions only kwh | .kwh",
    "sessions",
    "sessions pass .",
    "sessions | .id",
]


def opened(query: str, objects: list[object], *, late: int | None = LATE) -> list[tuple[Identity, bytes]]:
    (part,) = compile(query).source_plans
    names = module("sessions", "2.2.1").key
    seal = KeySeal(SECRET, names, (True,) * len(names), late)
    found = gate(part.view, part.demand, window=Window(0, None), seal=seal).page(json.dumps(objects).encode())
    hashes = map(RowHash(SECRET).of, found.rows, found.identities)
    return list(zip(found.identities, hashes, strict=True))


def sealed(objects: list[tuple[Identity, bytes]]) -> list[tuple[bytes, bytes, bool, bytes]]:
    return [(found.key, found.name, found.late, hash_) for found, hash_ in objects]


@pytest.mark.parametrize("late", [None, LATE])
@pytest.mark.parametrize("query", QUERIES)
def test_every_way_gives_the_same(query: str, late: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = opened(query, list(OBJECTS), late=late)
    untyped = opened(query, [*OBJECTS, 1, {"id": {}, "kwh": {"a": 1}}], late=late)
    assert sealed(untyped[: len(OBJECTS)]) == sealed(at_once)
    monkeypatch.setattr(sys.modules["ocpiq.gate.gate"], "LARGE", 10)
    assert sealed(opened(query, list(OBJECTS), late=late)) == sealed(at_once)


def test_keys_names_and_lateness() -> None:
    seal = KeySeal(SECRET, ("country_code", "party_id", "id"), (True, False, True), LATE)
    one, two, three, none = (identity for identity, _ in opened("sessions only id, kwh", list(OBJECTS)))
    assert len({one.key, two.key, three.key}) == 3
    assert [one.late, two.late, three.late] == [True, False, False]
    assert none.key == none.name == b""
    same = Identity(["nl", "abc", "c1"], False, seal)
    assert same.key == one.key  # without case, and whatever is shown
    assert seal.parts(cipher(SECRET, same.key, same.name)) == {"country_code": "nl", "id": "c1"}
    assert b"c1" not in same.name
    assert Identity(same.parts, False, KeySeal(bytes(32), seal.names, seal.shown)).key != one.key


def test_rows_without_a_seal_have_no_identities() -> None:
    (part,) = compile("sessions only id").source_plans
    assert gate(part.view, part.demand).page(b'[{"id": "S1"}]').identities == ()


@pytest.mark.parametrize("with_seal", [True, False])
def test_windows_of_whole_objects_are_read_by_the_fast_decoder(
    monkeypatch: pytest.MonkeyPatch, *, with_seal: bool
) -> None:
    def refuse(raw: bytes) -> dict[str, bytes]:
        raise AssertionError

    for name in ("records", "slices"):
        monkeypatch.setattr(sys.modules[f"ocpiq.gate.{name}"], "fields", refuse)
    (part,) = compile("sessions").source_plans
    names = module("sessions", "2.2.1").key
    seal = KeySeal(SECRET, names, (True,) * len(names), LATE) if with_seal else None
    dates = [
        {"id": "S1", "last_updated": f"2026-01-0{day}T00:00:00Z", "end_date_time": None} for day in (1, 3)
    ]
    window = Window(None, 1_767_312_000_000_000)  # 2026-01-02
    found = gate(part.view, part.demand, window=window, seal=seal).page(json.dumps(dates).encode())
    assert len(found.rows) == 1
    assert len(found.identities) == with_seal
