"""Joins: OCPI's own keys in every version, matching, and that only the fields read are pulled."""

from __future__ import annotations

from typing import Any

import pytest

from ocpiq import query, schema, sources
from ocpiq.analysis.keys import REFERENCES
from ocpiq.errors import CompileError, RunError

Json = dict[str, Any]
OWNER = {"country_code": "NL", "party_id": "ABC"}
EVSE = {"uid": "E1", "connectors": [{"id": "1", "tariff_id": "T1", "tariff_ids": ["t1", "T2"]}]}
OLD_PLACE = {"id": "L1", "evses": [EVSE]}
OBJECTS: Json = {
    "locations": [{**OWNER, "id": "L1", "city": "Breda", "evses": [EVSE]}, {**OWNER, "id": "L2", "evses": None}],
    "tariffs": [{**OWNER, "id": "T1"}, {**OWNER, "id": "T2"}],
    "tokens": [{**OWNER, "uid": "U1", "type": "RFID", "auth_id": "A1"}],
    "sessions": [
        {**OWNER, "id": "S1", "location_id": "l1", "evse_uid": "e1", "connector_id": "1", "location": OLD_PLACE,
         "cdr_token": {**OWNER, "uid": "u1", "type": "RFID"}, "auth_id": "A1"},
        {**OWNER, "id": "S2", "location_id": "L9", "evse_uid": "#NA", "connector_id": None, "location": None},
    ],
    "cdrs": [
        {**OWNER, "id": "C1", "session_id": "s1", "location": OLD_PLACE, "auth_id": "A1",
         "cdr_location": {"id": "L1", "evse_uid": "E1", "connector_id": "1"}, "tariffs": [{"id": "T2"}, {"id": "T1"}]},
        {**OWNER, "id": "C2", "session_id": None, "credit_reference_id": "C1"},
    ],
}  # fmt: skip
NEW, OLD = "2.2.1", "2.1.1"


def run(text: str, version: str = NEW, objects: Json = OBJECTS) -> list[Any]:
    compiled = query.compile(text, version=version)
    parts = {"evses": "locations", "connectors": "locations"}
    listed = sources.memory(dict(objects), version)
    return list(compiled.run(sources={name: listed[parts.get(name, name)] for name in compiled.modules}))


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        (
            "sessions pass . | join locations as $l pass city | [.id, $l.city]",
            NEW,
            [["S1", "Breda"], ["S2", None]],
        ),
        (
            "sessions pass . | join locations as $l pass city | [.id, $l.city]",
            OLD,
            [["S1", "Breda"], ["S2", None]],
        ),
        ("sessions pass . | join evses as $e | $e.uid", NEW, ["E1", None]),
        ("sessions pass . | join evses as $e | $e.uid", OLD, ["E1", None]),
        ("sessions pass . | join connectors as $c | $c.id", NEW, ["1", None]),
        ("sessions pass . | join connectors as $c | $c.id", OLD, ["1", None]),
        ("cdrs | join sessions as $s | $s.id", NEW, ["S1", None]),
        ("sessions | join each cdrs as $c | [.id, $c.id]", NEW, [["S1", "C1"], ["S2", None]]),
        ("cdrs pass . | join locations as $l | $l.id", NEW, ["L1", None]),
        ("cdrs pass . | join locations as $l | $l.id", OLD, ["L1", None]),
        ("cdrs pass . | join evses as $e | $e.uid", OLD, ["E1", None]),
        ("cdrs pass . | join cdrs as $c | $c.id", NEW, [None, "C1"]),
        (
            "cdrs pass . | join each tariffs as $t | [.id, $t.id]",
            NEW,
            [["C1", "T2"], ["C1", "T1"], ["C2", None]],
        ),
        ("connectors | join each tariffs as $t | $t.id", NEW, ["T1", "T2"]),
        ("connectors | join tariffs as $t | $t.id", OLD, ["T1"]),
        ("evses | join locations as $l pass city | $l.city", NEW, ["Breda"]),
        ("locations | join each evses as $e | [.id, $e.uid]", NEW, [["L1", "E1"], ["L2", None]]),
        ("connectors | join evses as $e | $e.location_id", OLD, ["L1"]),
        ("sessions pass . | join tokens as $t pass . | $t.uid", NEW, ["U1", None]),
        ("sessions pass . | join tokens as $t pass . | $t.uid", OLD, ["U1", None]),
    ],
)
def test_keys_of_ocpi(text: str, version: str, expected: list[Any]) -> None:
    assert run(text, version) == expected


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda row: f"{row.left}-{row.right}-{row.versions[0]}")
def test_every_key_names_existing_fields(reference: Any) -> None:
    for version in reference.versions:
        for pair in reference.pairs:
            for module, path in zip((reference.left, reference.right), pair, strict=True):
                field = schema.module(module, version).root
                for name in path.replace("[]", "").replace("[0]", "").split("."):
                    field = field.children[name]
                assert version in field.versions or module in ("evses", "connectors")


OTHER = {"country_code": "NL", "party_id": "XYZ"}


def of_other(value: Any) -> Any:
    """Return objects with the same ids of another party."""
    if isinstance(value, list):
        return [of_other(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: of_other(item) for name, item in value.items()} | (OTHER if "party_id" in value else {})


HUB: Json = {name: [*objects, *of_other(objects)] for name, objects in OBJECTS.items()}
PAIRS = (
    "sessions locations", "sessions evses", "sessions connectors", "sessions tokens", "cdrs sessions", "cdrs locations",
    "cdrs evses", "cdrs connectors", "cdrs cdrs", "evses locations", "connectors locations", "connectors evses",
)  # fmt: skip
LISTS = (
    "cdrs tariffs", "connectors tariffs", "sessions cdrs", "locations evses", "locations connectors", "evses sessions",
    "tokens sessions", "tariffs connectors",
)  # fmt: skip


@pytest.mark.parametrize("pair", [*PAIRS, *LISTS])
def test_parties_of_a_hub_may_have_the_same_ids(pair: str) -> None:
    left, right = pair.split()
    each = "each" if pair in LISTS else ""
    results = "[.country_code, .party_id, $x.country_code, $x.party_id]"
    found = run(f"{left} pass . | join {each} {right} as $x pass . | select($x) | {results}", objects=HUB)
    own, other = list(OWNER.values()), list(OTHER.values())
    assert found and len(found) == 2 * len([row for row in found if row == own + own])
    assert {tuple(row) for row in found} == {tuple(own + own), tuple(other + other)}


WITHOUT_OWNER = {  # the keys of OCPI 2.2 and later that are no key of one party
    ("cdrs", "invoicereconciliation"): "an invoice has an issuer, who may be neither",
    ("terminals", "locations"): "a terminal may have no owner",
    ("terminals", "evses"): "a terminal may have no owner",
    ("sessions", "tokens"): "a token is a provider's: cdr_token names it since 2.2.1",
    ("cdrs", "tokens"): "a token is a provider's: cdr_token names it since 2.2.1",
}


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda row: f"{row.left}-{row.right}-{row.versions[0]}")
def test_the_owner_is_part_of_every_key(reference: Any) -> None:
    listed = (reference.left, reference.right) in WITHOUT_OWNER
    assert reference.owned is (reference.versions != (OLD,) and not listed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sessions | join locations as $l on .id == $l.id | $l", [None, None]),
        ("sessions | join locations as $l on .id == $l.id | $l.id", [None, None]),
        ("sessions | join cdrs as $c on $c.session_id == .id | $c.id", ["C1", None]),
        (
            "sessions pass . | join (locations | {k: .id, n: (.evses | length)}) as $l on .location_id == $l.k | $l.n",
            [1, None],
        ),
        ("sessions pass . | join (locations) as $l on .evse_uid == $l.evses[]?.uid | $l.id", ["L1", None]),
        ("tariffs | join each (connectors) as $c on .id == $c.tariff_ids[] | $c.id", ["1", "1"]),
        ("cdrs | join sessions as $s | select($s == null) | .id", ["C2"]),
        ("cdrs | join sessions as $s | select($s) | .id", ["C1"]),
        (
            "sessions | join each cdrs as $c | aggregate count($c != null) by .id",
            [{"id": "S1", "count": 1}, {"id": "S2", "count": 0}],
        ),
        ("cdrs | join sessions as $s | sort by $s.id desc | [.id, $s.id]", [["C1", "S1"], ["C2", None]]),
        (
            "cdrs | join sessions as $s | join cdrs as $c on $s.id == $c.session_id | [.id, $c.id]",
            [["C1", "C1"], ["C2", None]],
        ),
    ],
)
def test_matching(text: str, expected: list[Any]) -> None:
    assert run(text) == expected


PARTIES = [
    {
        "country_code": "NL",
        "party_id": party,
        "id": "L1",
        "evses": [{"uid": "1", "connectors": [{"id": "1"}]}],
    }
    for party in ("AAA", "BBB")
]


@pytest.mark.parametrize("left", ["evses", "connectors"])
def test_two_parties_may_use_the_same_ids(left: str) -> None:
    """As on a hub: an EVSE belongs to the location of its own party, and also without a party to its own location."""
    text = f"{left} | join locations as $l | [.party_id, $l.party_id]"
    assert run(text, objects={"locations": PARTIES}) == [["AAA", "AAA"], ["BBB", "BBB"]]
    nobody = [{"id": "L1", "evses": PARTIES[0]["evses"]}]
    assert run(f"{left} | join locations as $l | $l.id", objects={"locations": nobody}) == ["L1"]


def test_the_no_data_text_matches_nothing() -> None:
    listed = {
        "sessions": [{"id": "S", "evse_uid": "#NA"}],
        "locations": [{"id": "L", "evses": [{"uid": "#NA"}]}],
    }
    assert run("sessions pass . | join evses as $e on .evse_uid == $e.uid | $e", objects=listed) == [None]


def test_texts_that_are_not_identifiers_are_compared_with_case() -> None:
    listed = {"locations": [{"id": "L", "city": "Breda"}, {"id": "l2", "city": "breda"}]}
    text = "locations pass city | join each locations as $l pass city on .city == $l.city | [.id, $l.id]"
    assert run(text, objects=listed) == [["L", "L"], ["l2", "l2"]]


def test_a_second_match_is_an_error() -> None:
    with pytest.raises(RunError) as caught:
        run("locations pass . | join sessions as $s on .country_code == $s.country_code")
    assert caught.value.message == "2 values match one"
    assert "join each" in caught.value.hint


def test_only_the_fields_read_are_pulled() -> None:
    compiled = query.compile(
        "sessions pass location_id | join locations as $l pass city on .location_id == $l.id | $l.city"
    )
    assert {part.module: sorted(part.demand.fields) for part in compiled.plan.sources} == {
        "sessions": ["location_id"],
        "locations": ["city", "id"],
    }
    assert not any(part.demand.whole for part in compiled.plan.sources)


def test_a_match_alone_reads_no_other_field() -> None:
    compiled = query.compile("cdrs | join sessions as $s | select($s == null) | .id")
    assert [part.demand.whole for part in compiled.plan.sources if part.module == "sessions"] == [False]


def test_modules_without_a_key() -> None:
    with pytest.raises(CompileError) as caught:
        query.compile("cdrs | join sessions as $s", version="2.1.1")
    assert caught.value.message == "OCPI 2.1.1 has no key from cdrs to sessions"
